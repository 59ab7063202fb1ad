"""Compiled programs under detect_anomaly, and at infinite slopes: what the eager engine says of them is said."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
from autograd import Value, compile, detect_anomaly, optim
from autograd.engine import graph
from autograd.errors import AnomalyError, GradientWarning
from tests.helpers.programs import KINDS, Recorded
from tests.helpers.replaying import UNDEFINED, Replay, every_count, every_threshold, forced, forget, inputs_of, seeded

pytestmark = pytest.mark.filterwarnings("ignore::autograd.errors.GradientWarning")


# --- anomalies -----------------------------------------------------------------------------------------------------


def eager_anomaly(replay: Replay, g: Recorded) -> str:
    """Which pass of the eager engine would stop: forward, backward, or none."""
    data = replay.numbers()
    if any(node.parents and not math.isfinite(x) for node, x in zip(replay.nodes, data, strict=True)):
        return "forward"
    for node, x in zip(replay.nodes, data, strict=True):
        node._data = x
    order = graph.topological_order(g.root)
    try:
        with detect_anomaly():
            graph.adjoints(order, {g.root: 1.0})
    except AnomalyError:
        return "backward"
    return ""


def stopped(program: Any) -> str:
    """Which pass of a program stops, by its message."""
    try:
        with detect_anomaly():
            program.forward()
            program.backward()
    except AnomalyError as error:
        return str(error).split(":")[0]
    return ""


@every_threshold
@pytest.mark.parametrize("name", KINDS)
def test_anomalies_are_found_where_the_eager_engine_finds_them(name: str, narrow: int | None) -> None:
    for seed in range(3):
        g, chance = KINDS[name](seeded(name, seed)), seeded(name, seed)
        if not inputs_of(g):
            continue
        with forced(narrow):
            program = compile(g.root)
        replay, before = Replay(g), [v.data for v in inputs_of(g)]
        for _ in range(3):
            for v in chance.sample(inputs_of(g), 1):
                v.data = chance.choice((1e200, 1e-200, 1e308, 0.0, math.inf, v.data))
            try:
                replay.run()
            except UNDEFINED:
                pass
            else:
                where = eager_anomaly(replay, g)
                forget(g)
                assert stopped(program) == where, f"{name}, seed {seed}"
                if where:
                    assert all(v._grad is None for v in g.leaves)
            for v, x in zip(inputs_of(g), before, strict=True):
                v.data = x


# --- warnings ------------------------------------------------------------------------------------------------------

INFINITE: list[tuple[str, Callable[[Any], Any], float, float]] = [
    ("sqrt", ag.sqrt, 1.0, 0.0), ("half power", lambda x: x**0.5, 1.0, 0.0), ("asin", ag.asin, 0.5, 1.0),
    ("acos", ag.acos, 0.5, -1.0), ("acosh", ag.acosh, 2.0, 1.0), ("cbrt", ag.cbrt, 1.0, 0.0),
    ("two thirds", lambda x: x ** (2 / 3), 1.0, 0.0), ("x to a leaf", lambda x: x ** Value(0.5, "p"), 1.0, 0.0),
    ("sqrt of a sum", lambda x: ag.sqrt(x * x + x * x), 1.0, 0.0), ("floor", ag.floor, 1.5, 2.5),
    ("sqrt of a constant", lambda x: ag.sqrt(x * Value(0.0, "c", constant=True) + x), 1.0, 0.0),
]  # fmt: skip


def warned(call: Callable[[], Any]) -> list[str]:
    """How the messages of the warnings begin, each once; the file that they point at is this one."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert all(w.category is GradientWarning for w in caught)
    assert all(w.filename == __file__ for w in caught)
    return list(dict.fromkeys(str(w.message).split(", operand")[0] for w in caught))


@every_threshold
@every_count
@pytest.mark.parametrize("how", ["backward", "run"])
@pytest.mark.parametrize(("f", "good", "bad"), [row[1:] for row in INFINITE], ids=[row[0] for row in INFINITE])
def test_infinite_slopes_warn_as_eager(
    f: Callable[[Any], Any], good: float, bad: float, how: str, count: int, narrow: int | None
) -> None:
    xs = [Value(good, f"x{i}") for i in range(count)]
    with forced(narrow):
        program = compile(ag.sum([f(x) for x in xs]))
    program.forward()
    normal = warned(program.backward)
    assert bool(normal) == (f is ag.floor)
    xs[-1].data = bad
    expected = warned(ag.sum([f(Value(x.data, x.label)) for x in xs]).backward)
    assert expected
    program.forward()
    found = warned(program.backward if how == "backward" else lambda: program.run(optim.SGD(xs, lr=0.0), 2))
    assert sorted(found) == sorted(expected)


@every_count
def test_a_warning_that_is_an_error_leaves_the_gradients(count: int) -> None:
    xs = [Value(1.0, f"x{i}") for i in range(count)]
    program = compile(ag.sum([ag.sqrt(x) for x in xs]))
    program.backward()
    xs[0].data = 0.0
    program.forward()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(GradientWarning):
            program.backward()
    assert [x.grad for x in xs] == [0.5] * count


@every_count
def test_infinite_slopes_of_a_constant_do_not_warn(count: int) -> None:
    c, xs = Value(0.0, constant=True), [Value(1.0) for _ in range(count)]
    program = compile(ag.sum([ag.sqrt(c) * x for x in xs]))
    eager_root = ag.sum([ag.sqrt(c) * x for x in xs])
    assert warned(program.backward) == warned(eager_root.backward) == []
