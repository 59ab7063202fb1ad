"""Compiled programs outside of what is defined: errors, anomalies and warnings are those of the eager engine."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
from autograd import Value, compile, detect_anomaly, optim
from autograd.engine import graph
from autograd.errors import AnomalyError, AutogradError, GradientWarning
from tests.helpers.programs import KINDS, Recorded, layered_graph
from tests.helpers.replaying import (
    UNDEFINED,
    Replay,
    compare,
    every_count,
    every_threshold,
    forced,
    forget,
    gradients_of,
    inputs_of,
    seeded,
)

pytestmark = pytest.mark.filterwarnings("ignore::autograd.errors.GradientWarning")


# --- any program at numbers that it may not be made for ------------------------------------------------------------


def met(call: Callable[[], Any]) -> Exception | None:
    """The error that a call raises, if any."""
    try:
        call()
    except AutogradError as error:
        return error
    return None


EXTREMES = (0.0, -0.0, -1.0, 1.0, -3.0, 1000.0, -1000.0, 1e200, -1e308, 1e-320, math.inf, -math.inf, math.nan)


def check_extremes(g: Recorded, chance: random.Random, what: str) -> None:
    """A few times some inputs are extreme: the same errors or the same numbers; then all is well again."""
    if not inputs_of(g):
        return
    program, replay = compile(g.root), Replay(g)
    before = [v.data for v in inputs_of(g)]
    for _ in range(3):
        for v in chance.sample(inputs_of(g), chance.randint(1, min(2, len(before)))):
            v.data = chance.choice(EXTREMES)
        forget(g)
        failures = replay.failures()
        error = met(program.forward)
        if error is None:
            assert not failures, f"{what}: forward gave {g.root.data!r}, expected one of {failures}"
            check_extreme_slopes(g, program, replay, what)
        else:
            assert any(type(error) is kind and str(error).startswith(start) for kind, start in failures), (
                f"{what}: {error!r} is none of {failures}"
            )
            with pytest.raises(type(error)):
                program.backward()
            assert all(v._grad is None for v in g.leaves), what
        for v, x in zip(inputs_of(g), before, strict=True):
            v.data = x
    forget(g)
    value = program.forward()
    program.backward()
    compare(replay, value, gradients_of(g), 1, f"{what}, afterwards")


def check_extreme_slopes(g: Recorded, program: Any, replay: Replay, what: str) -> None:
    try:
        replay.run()
    except UNDEFINED as error:
        with pytest.raises(type(error)):
            program.backward()
        assert all(v._grad is None for v in g.leaves), what
    else:
        program.backward()
        compare(replay, g.root.data, gradients_of(g), 1, what)


@every_threshold
@pytest.mark.parametrize("name", KINDS)
def test_programs_at_extreme_numbers(name: str, narrow: int | None) -> None:
    for seed in range(3):
        with forced(narrow):
            check_extremes(KINDS[name](seeded(name, seed)), seeded(name, -1 - seed), f"{name}, seed {seed}")


@every_threshold
def test_random_graphs_at_extreme_numbers(narrow: int | None) -> None:
    for seed in range(200):
        with forced(narrow):
            check_extremes(layered_graph(random.Random(seed)), random.Random(-seed), f"layered graph, seed {seed}")


# --- each domain ---------------------------------------------------------------------------------------------------

LEFT: list[tuple[str, Callable[[Any], Any], float, float]] = [
    ("log", ag.log, 1.0, -1.0), ("log of 0", ag.log, 1.0, 0.0), ("log2", ag.log2, 1.0, -2.0),
    ("log10", ag.log10, 1.0, 0.0), ("log1p", ag.log1p, 1.0, -1.0), ("sqrt", ag.sqrt, 1.0, -1.0),
    ("acos", ag.acos, 0.5, 1.5), ("asin", ag.asin, 0.5, -1.5), ("acosh", ag.acosh, 2.0, 0.5),
    ("atanh", ag.atanh, 0.5, 1.0), ("exp", ag.exp, 1.0, 1000.0), ("exp2", ag.exp2, 1.0, 5000.0),
    ("expm1", ag.expm1, 1.0, 1000.0), ("sinh", ag.sinh, 1.0, 1000.0), ("cosh", ag.cosh, 1.0, -1000.0),
    ("inverse", lambda x: 1 / x, 1.0, 0.0), ("inverse square", lambda x: x**-2, 1.0, 0.0),
    ("x / x", lambda x: x / x, 1.0, 0.0),
    ("half power", lambda x: x**0.5, 1.0, -1.0), ("cube", lambda x: x**3, 1.0, 1e200),
    ("x ** x", lambda x: x**x, 0.5, -0.5),
    ("base", lambda x: 2.0**x, 1.0, 5000.0), ("sin", ag.sin, 1.0, math.inf), ("cos", ag.cos, 1.0, -math.inf),
    ("tan", ag.tan, 1.0, math.inf), ("remainder", lambda x: 3.0 % x, 1.0, 0.0), ("floor", ag.floor, 1.5, math.inf),
    ("floor of nan", ag.floor, 1.5, math.nan), ("whole quotient", lambda x: 1.0 // x, 1.0, 0.0),
    ("xlogy", lambda x: ag.xlogy(2.0, x), 1.0, -1.0), ("round", lambda x: round(x, 1), 1.0, math.inf),
]  # fmt: skip


@every_threshold
@every_count
@pytest.mark.parametrize(("f", "good", "bad"), [row[1:] for row in LEFT], ids=[row[0] for row in LEFT])
def test_a_domain_that_is_left(
    f: Callable[[Any], Any], good: float, bad: float, count: int, narrow: int | None
) -> None:
    """One of many operands is bad; the message names it."""
    xs = [Value(good, f"x{i}") for i in range(count)]
    with forced(narrow):
        program = compile(ag.sum([f(x) * 0.5 for x in xs]))
    at_good = program.forward()
    k = count // 2
    xs[k].data = bad
    expected = met(lambda: f(Value(bad, f"x{k}")))
    if expected is None:
        assert not math.isfinite(program.forward())
        return
    for call in (program.forward, program.backward):
        with pytest.raises(type(expected)) as caught:
            call()
        assert str(caught.value) == str(expected)
    assert all(x._grad is None for x in xs)
    with pytest.raises(type(expected)):
        program.run(optim.SGD(xs, lr=0.1), 3)
    assert xs[k].data == bad or math.isnan(bad)
    xs[k].data = good
    assert program.forward() == at_good
    program.backward()
    assert all(x.grad == xs[0].grad for x in xs)


@every_count
def test_a_domain_that_is_left_on_the_way(count: int) -> None:
    """The parameters are those of the last step that could be made, as after an eager loop."""

    def f(xs: list[Value]) -> Value:
        return ag.sum([ag.log(x) for x in xs])

    xs, by_hand = ([Value(1.0 + i, f"x{i}") for i in range(count)] for _ in range(2))
    optimiser = optim.SGD(by_hand, lr=0.3)

    def loop() -> None:
        for _ in range(50):
            optimiser.zero_grad()
            f(by_hand).backward()
            optimiser.step()

    expected = met(loop)
    assert expected is not None
    program = compile(f(xs))
    with pytest.raises(type(expected)) as caught:
        program.run(optim.SGD(xs, lr=0.3), 50)
    assert str(caught.value).split(" = ")[0] == str(expected).split(" = ")[0]
    assert [x.data for x in xs] == pytest.approx([x.data for x in by_hand], rel=1e-12)
    for x in xs:
        x.data = 2.0
        x.zero_grad()
    assert program.forward() == pytest.approx(count * math.log(2.0))
    program.backward()
    assert [x.grad for x in xs] == [0.5] * count


@every_threshold
@every_count
def test_a_slope_that_does_not_exist(count: int, narrow: int | None) -> None:
    xs, ys = [Value(1.0, f"x{i}") for i in range(count)], [Value(1.0, f"y{i}") for i in range(count)]
    with forced(narrow):
        program = compile(ag.sum([ag.atan2(y, x) for x, y in zip(xs, ys, strict=True)]))
    xs[-1].data = ys[-1].data = 0.0
    expected = ag.atan2(ys[-1], xs[-1])
    error = met(expected.backward)
    assert error is not None
    program.forward()
    with pytest.raises(type(error)) as caught:
        program.backward()
    assert str(caught.value).split(" at ")[0] == str(error).split(" at ")[0]
    assert all(v._grad is None for v in (*xs, *ys))


# ---- Compiled programs under detect_anomaly, and at infinite slopes: what the eager engine says of them is said


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
