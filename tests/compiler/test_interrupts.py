"""Whatever interrupts a run, parameters, gradients and the optimiser's state are those of the same number of steps."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile, floor, optim
from autograd import sum as total
from autograd.errors import GradientWarning
from tests.helpers.interrupting import Interrupt, cuts

Make = Callable[[list[Value]], optim.Optimizer]
RULES: dict[str, Make] = {
    "SGD": lambda ps: optim.SGD(ps, lr=0.01),
    "momentum": lambda ps: optim.SGD(ps, lr=0.01, momentum=0.9, nesterov=True),
    "Adam": lambda ps: optim.Adam(ps, lr=0.01, amsgrad=True),
    "AdamW": lambda ps: optim.AdamW(ps, lr=0.01),
    "RMSprop": lambda ps: optim.RMSprop(ps, lr=0.01, momentum=0.5, centered=True),
    "Adagrad": lambda ps: optim.Adagrad(ps, lr=0.1, lr_decay=0.01),
    "groups": lambda ps: optim.SGD([{"params": ps[:1], "momentum": 0.9}, {"params": ps[1:], "lr": 0.1}], lr=0.01),
}
ORDERS = {"as they lie": (0, 1, 2), "in another order": (2, 0, 1), "apart": (2, 0)}


class Problem:
    """Three weights, some of them trained; one was set in the program, which then does not ask the Value."""

    def __init__(self, make: Make, order: tuple[int, ...]) -> None:
        self.weights = [Value(x, f"w{i}") for i, x in enumerate((3.0, -2.0, 5.0))]
        self.program = compile(total([(w - 1) ** 2 for w in self.weights]))
        self.program.set([self.weights[0]], [4.0])
        self.optimizer = make([self.weights[i] for i in order])
        self.program.run(self.optimizer)  # what is made once is there

    def stands(self) -> str:
        """Everything that a step changes."""
        values = [(w.data, w.grad) for w in self.optimizer.parameters]
        state = [np.ravel(x).tolist() for x in self.optimizer.state_dict().values()]
        return repr((values, state, self.program.read([self.weights[0]])))

    def path(self, steps: int) -> list[str]:
        """How it stands after every number of steps, without any interrupt."""
        found = [self.stands()]
        for _ in range(steps):
            self.program.run(self.optimizer)
            found.append(self.stands())
        return found


def followed(make: Make, order: tuple[int, ...], run: Callable[[Problem], object], stride: int = 1) -> set[int]:
    """How many steps were made by runs that are cut off; each goes on from where the last was left."""
    problem, whole = Problem(make, order), Problem(make, order)
    path, reached = whole.path(3), set()
    for _ in cuts(lambda: run(problem), stride):
        made = path.index(problem.stands())
        reached.add(made)
        path = path[made:] + whole.path(made)[1:]
    return reached


@pytest.mark.parametrize("make", RULES.values(), ids=RULES)
def test_a_run_cut_off_anywhere_has_made_whole_steps_and_goes_on_as_if_nothing_had_been(make: Make) -> None:
    assert followed(make, (2, 0, 1), lambda problem: problem.program.run(problem.optimizer)) == {0, 1}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_so_it_is_for_several_steps_and_parameters_in_any_places(order: tuple[int, ...]) -> None:
    reached = followed(RULES["momentum"], order, lambda problem: problem.program.run(problem.optimizer, 2), 3)
    assert reached == {0, 1, 2}


def test_an_interrupt_while_an_error_is_on_its_way_leaves_whole_steps() -> None:
    def run(problem: Problem) -> None:
        passes = iter((True, True, False))

        def check(values: Any) -> None:
            if not next(passes):
                raise ArithmeticError

        problem.program._guards = check
        with pytest.raises(ArithmeticError):
            problem.program.run(problem.optimizer, 3)

    assert followed(RULES["Adam"], (2, 0, 1), run, 3) == {0, 1, 2}


def test_an_interrupt_while_the_scalar_graph_computes_the_gradients_leaves_whole_steps() -> None:
    w, x = Value(2.5, "w"), Value(4.0, "x")
    program = compile((w * x - 1) ** 2 + floor(w))  # a floor is warned of, and the scalar graph does that
    program.set([x], [3.0])
    optimizer = optim.SGD([w], lr=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GradientWarning)
        program.run(optimizer)
        for _ in cuts(lambda: program.run(optimizer), stride=7):
            assert (w.data, w.grad, x.data, x.grad) == (2.5, 39.0, 4.0, 0.0)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no such timer")
def test_a_storm_of_signals_leaves_whole_steps() -> None:
    def stop(*_: Any) -> None:
        raise Interrupt

    def run(problem: Problem) -> None:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-5, 2e-3))
        for _ in range(500):
            problem.program.run(problem.optimizer)
        signal.setitimer(signal.ITIMER_REAL, 0)

    random, path = Random(0), Problem(RULES["Adam"], (2, 0, 1)).path(600)
    before = signal.signal(signal.SIGALRM, stop)
    cut = 0
    try:
        for _ in range(60):
            problem = Problem(RULES["Adam"], (2, 0, 1))
            try:
                run(problem)
            except Interrupt:
                cut += 1
            assert problem.stands() in path
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert cut
