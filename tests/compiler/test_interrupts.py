"""Whatever interrupts a run, parameters, gradients and the optimiser's state are those of the same number of steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autograd import Value, compile, optim
from autograd import sum as total
from tests.helpers.interrupting import cuts

Make = Callable[[list[Value]], optim.Optimizer]
RULES: dict[str, Make] = {
    "SGD": lambda ps: optim.SGD(ps, lr=0.01),
    "momentum": lambda ps: optim.SGD(ps, lr=0.01, momentum=0.9, nesterov=True),
    "Adam": lambda ps: optim.Adam(ps, lr=0.01, amsgrad=True),
    "AdamW": lambda ps: optim.AdamW(ps, lr=0.01),
    "RMSprop": lambda ps: optim.RMSprop(ps, lr=0.01, momentum=0.5, centered=True),
    "Adagrad": lambda ps: optim.Adagrad(ps, lr=0.1, lr_decay=0.01),
}
every = pytest.mark.parametrize("make", RULES.values(), ids=RULES)


class Problem:
    """Weights that are trained in an order of their own; `apart`: another leaf stands between them."""

    def __init__(self, make: Make, apart: bool = False) -> None:
        self.weights = [Value(x, f"w{i}") for i, x in enumerate((3.0, -2.0, 5.0))]
        self.program = compile(total([(w - 1) ** 2 for w in self.weights]))
        self.optimizer = make([self.weights[i] for i in ((2, 0) if apart else (2, 0, 1))])
        self.program.run(self.optimizer)  # what is made once is there

    def stands(self) -> str:
        """Everything that a step changes."""
        values = [(w.data, w.grad) for w in self.optimizer.parameters]
        return repr((values, [np.ravel(x).tolist() for x in self.optimizer.state_dict().values()]))

    def path(self, steps: int) -> list[str]:
        """How it stands after every number of steps, without any interrupt."""
        found = [self.stands()]
        for _ in range(steps):
            self.program.run(self.optimizer)
            found.append(self.stands())
        return found


def cut_anywhere(make: Make, apart: bool, run: Callable[[Problem], object]) -> tuple[int, set[int]]:
    """Cut a run off at every bytecode, going on from where it was left, and compare with a path without interrupts."""
    problem, whole = Problem(make, apart), Problem(make, apart)
    path, reached, cut = whole.path(3), set(), 0
    for _ in cuts(lambda: run(problem)):
        made = path.index(problem.stands())
        reached.add(made)
        path = path[made:] + whole.path(made)[1:]
        cut += 1
    return cut, reached


@every
@pytest.mark.parametrize("apart", [False, True], ids=["side by side", "apart"])
def test_a_run_cut_off_anywhere_has_made_whole_steps_and_goes_on_as_if_nothing_had_been(
    make: Make, apart: bool
) -> None:
    cut, reached = cut_anywhere(make, apart, lambda problem: problem.program.run(problem.optimizer, 1))
    assert cut > 500
    assert reached == {0, 1}
