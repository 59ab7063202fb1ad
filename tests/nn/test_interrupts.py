"""Whatever interrupts, a step, a schedule's step and what is loaded have happened as a whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Value, optim, saving
from autograd.nn import BatchNorm, Linear, Sequential
from tests.helpers.interrupting import cuts

RULES: dict[str, Callable[[list[Value]], optim.Optimizer]] = {
    "SGD": lambda ps: optim.SGD(ps, lr=0.1),
    "momentum": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.1),
    "Adam": lambda ps: optim.Adam(ps, lr=0.1, amsgrad=True),
    "AdamW": lambda ps: optim.AdamW(ps, lr=0.1, maximize=True),
    "RMSprop": lambda ps: optim.RMSprop(ps, momentum=0.5, centered=True),
    "Adagrad": lambda ps: optim.Adagrad(ps, lr_decay=0.1),
    "groups": lambda ps: optim.SGD([{"params": ps[:1], "momentum": 0.9}, {"params": ps[1:]}], lr=0.1),
}
every = pytest.mark.parametrize("make", RULES.values(), ids=RULES)


def stands(*things: Any) -> str:
    """Everything that these hold."""
    found: list[Any] = []
    for it in things:
        if isinstance(it, Value):
            found.append((it.data, it._grad))
        else:
            found += [np.ravel(np.asarray(x, dtype=object)).tolist() for x in it.state_dict().values()]
    return repr(found)


def both(act: Callable[[], object], again: Callable[[], object], *things: Any, stride: int = 1) -> None:
    """Cut `act` off everywhere: things stand as before it or as after it. `again` takes them back to before it."""
    before = stands(*things)
    act()
    after = stands(*things)
    assert after != before
    again()
    met = []
    for _ in cuts(act, stride):
        met.append(stands(*things))
        again()
        assert stands(*things) == before
    assert set(met) <= {before, after}
    assert stride > 1 or after in met
    assert met == sorted(met, key=[before, after].index)


def made(make: Any) -> tuple[list[Value], optim.Optimizer, Callable[[], None]]:
    """Two parameters after two steps, and the way back to there."""
    ps = [Value(0.5, "a"), Value(-2.0, "b")]
    optimizer = make(ps)
    for gradient in (1.0, -0.5):
        ps[0].grad = ps[1].grad = gradient
        optimizer.step()
    state, numbers = optimizer.state_dict(), [p.data for p in ps]

    def again() -> None:
        optimizer.load_state_dict(state)
        for p, number in zip(ps, numbers, strict=True):
            p.data, p.grad = number, 3.0

    again()
    return ps, optimizer, again


@every
def test_a_step(make: Any) -> None:
    ps, optimizer, again = made(make)
    both(optimizer.step, again, optimizer, *ps)


@every
def test_a_step_where_a_parameter_has_no_gradient(make: Any) -> None:
    ps, optimizer, again = made(make)

    def but_one() -> None:
        again()
        ps[0].grad = None

    but_one()
    both(optimizer.step, but_one, optimizer, *ps)


@every
def test_a_step_on_plain_arrays(make: Any) -> None:
    _, optimizer, again = made(make)
    weights, gradients = np.ones(2), np.array([1.0, -3.0])

    class Arrays:
        def state_dict(self) -> dict[str, Any]:
            return {"weights": weights}

    def back() -> None:
        again()
        weights[:] = 1.0

    both(optimizer.prepare_update(weights, gradients), back, optimizer, Arrays())


@every
def test_the_state_of_an_optimiser(make: Any) -> None:
    ps, optimizer, again = made(make)
    other = make([Value(1.0), Value(2.0)])
    for p in other.parameters:
        p.grad = 7.0
    other.step()
    other.lr = 0.7
    loaded = other.state_dict()
    both(lambda: optimizer.load_state_dict(loaded), again, optimizer, *ps)


@every
def test_a_group_is_added(make: Any) -> None:
    optimizers = [made(make)[1]]

    def stands() -> tuple[int, ...]:
        o = optimizers[-1]
        return len(o.parameters), len(o.param_groups), len(o.state_dict()["step"])

    before, met = stands(), set()
    for _ in cuts(lambda: optimizers[-1].add_param_group({"params": [Value(7.0)], "maximize": True}), 3):
        met.add(stands())
        optimizers.append(made(make)[1])
    assert met == {before, (before[0] + 1, before[1] + 1, before[2] + 1)}


def test_an_option_of_a_group() -> None:
    optimizer = optim.SGD([Value(1.0)], lr=1.0)
    both(
        lambda: optimizer.param_groups[0].update(lr=0.5, weight_decay=0.1),
        lambda: optimizer.param_groups[0].update(lr=1.0, weight_decay=0.0),
        optimizer,
    )


def test_gradients_are_forgotten_and_clipped_together() -> None:
    layer = Linear(2, 1, seed=0)
    ps = layer.parameters()
    optimizer = optim.SGD(ps)

    def again() -> None:
        for p in ps:
            p.grad = 5.0

    for act in (
        optimizer.zero_grad,
        layer.zero_grad,
        lambda: optim.clip_grad_norm(ps, 1.0),
        lambda: optim.clip_grad_value(ps, 1.0),
    ):
        again()
        both(act, again, *ps)


SCHEDULES: dict[str, Callable[[optim.Optimizer], Any]] = {
    "StepLR": lambda o: optim.StepLR(o, step_size=1),
    "ExponentialLR": lambda o: optim.ExponentialLR(o, gamma=0.5),
    "CosineAnnealingLR": lambda o: optim.CosineAnnealingLR(o, T_max=5),
    "LambdaLR": lambda o: optim.LambdaLR(o, lambda epoch: 1.0 / (1 + epoch)),
    "ReduceLROnPlateau": lambda o: optim.ReduceLROnPlateau(o, patience=0, cooldown=2),
}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_a_schedule(schedule: Any) -> None:
    optimizer = optim.Adam([{"params": [Value(0.0)]}, {"params": [Value(0.0)], "lr": 0.1}], lr=1.0)
    scheduler = schedule(optimizer)
    step: Any = scheduler.step
    if isinstance(scheduler, optim.ReduceLROnPlateau):
        scheduler.step(1.0)
        step = partial(scheduler.step, 2.0)
    state, states = optimizer.state_dict(), [scheduler.state_dict()]

    def again() -> None:
        optimizer.load_state_dict(state)
        scheduler.load_state_dict(states[0])

    both(step, again, scheduler, optimizer)
    step()
    states.append(scheduler.state_dict())
    again()
    both(lambda: scheduler.load_state_dict(states[1]), again, scheduler, optimizer)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")  # the file
def test_the_state_of_a_module_buffers_too(tmp_path: Path) -> None:
    def network(seed: int) -> Sequential:
        net = Sequential(Linear(1, 1, seed=seed), BatchNorm(1))
        net([[1.0 * seed], [3.0], [4.0]])
        return net

    net, other = network(1), network(2)
    state, loaded = net.state_dict(), other.state_dict()
    saving.save_parameters(other, tmp_path / "other.npz")

    def again() -> None:
        net.load_state_dict(state)

    both(lambda: net.load_state_dict(loaded), again, net, stride=11)
    again()
    both(lambda: saving.load_parameters(net, tmp_path / "other.npz"), again, net, stride=31)
