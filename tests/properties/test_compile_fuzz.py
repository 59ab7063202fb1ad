"""Compiled programs against a plain replay of the same graph, and the replay against the eager engine.

The tolerance is what rounding allows: 1e-12 of the sum of the messages' magnitudes, and a multiple of what the
result moves by when every node is moved by a rounding error.
"""

from __future__ import annotations

import math
import random
import warnings
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import compile, graph
from autograd.compiler.tape import NARROW
from autograd.errors import AutogradError, GradientWarning
from autograd.value import Value
from tests.programs import KINDS, Recorded, small_graph

REL = 1e-12
EPS = 2.0**-52


class Result(NamedTuple):
    """The root's number, and each leaf's gradient and the magnitude of the messages that made it."""

    value: float
    gradients: list[float]
    masses: list[float]


def replay(g: Recorded, jitter: random.Random | None = None) -> Result:
    """Forward and reverse over the leaves' numbers of now, by the rows' rules on floats."""
    order = graph.topological_order(g.root)
    data: dict[Value, float] = {}
    scale: dict[Value, float] = {}

    def moved(x: float, size: float) -> float:
        return x if jitter is None else x + jitter.choice([-2.0, 2.0]) * EPS * size

    for node in order:
        inputs = [data[p] for p in node.parents]
        data[node] = node._op.forward(*inputs) if inputs else node.data
        scale[node] = abs(data[node])
        if node.op in ("+", "-", "sum", "mean") and any(p.parents for p in node.parents):
            scale[node] = sum(scale[p] for p in node.parents)
        elif node.op == "dot":
            half = len(inputs) // 2
            scale[node] = sum(abs(a * b) for a, b in zip(inputs[:half], inputs[half:], strict=False)) + scale[node]
        if inputs and data[node] not in inputs:  # a maximum is one of its operands, to the last bit
            data[node] = moved(data[node], scale[node])
    upstream = dict.fromkeys(order, 0.0) | {g.root: 1.0}
    mass = dict(upstream)
    for node in reversed(order):
        if not node.parents:
            continue
        partials = graph.partials_at(node, data[node], [data[p] for p in node.parents])
        if node.op == "dot" and upstream[node] == 0.0 and math.isfinite(data[node]):
            continue
        for place in graph.sending_order(node):
            parent, partial = node.parents[place], partials[place]
            if graph.is_constant(parent):
                continue  # a number's gradient is not wanted
            upstream[parent] += moved(upstream[node] * partial, abs(upstream[node] * partial))
            mass[parent] += mass[node] * abs(partial)
    for v in g.leaves:
        upstream.setdefault(v, 0.0)
        mass.setdefault(v, 0.0)
    return Result(data[g.root], [upstream[v] for v in g.leaves], [mass[v] for v in g.leaves])


def agrees(got: float, expected: float, slack: float) -> bool:
    if math.isnan(expected) or math.isinf(expected):
        return got == expected or (math.isnan(got) and math.isnan(expected))
    return abs(got - expected) <= slack


def compare(g: Recorded, value: float, gradients: list[float], times: int, what: str) -> None:
    """Hold a value and `times` times the gradients against the replay's."""
    expected = replay(g)
    if agrees(value, expected.value, 0.0) and all(
        agrees(got, times * want, REL * abs(want)) for got, want in zip(gradients, expected.gradients, strict=True)
    ):
        return
    others = [replay(g, random.Random(k)) for k in range(3)]
    spread = max(abs(o.value - expected.value) for o in others)
    slack = REL * abs(expected.value) + 64 * spread
    assert agrees(value, expected.value, slack), f"{what}: value {value!r}, expected {expected.value!r}"
    for k, (got, want, mass) in enumerate(zip(gradients, expected.gradients, expected.masses, strict=True)):
        slack = REL * (abs(want) + mass) + 64 * max(abs(o.gradients[k] - want) for o in others)
        assert agrees(got, times * want, times * slack), (
            f"{what}: gradient {k} is {got!r}, expected {times * want!r} (leaf {g.leaves[k].data!r})"
        )


def forget(g: Recorded) -> None:
    for v in g.leaves:
        v.zero_grad()


def check_eager(g: Recorded) -> None:
    forget(g)
    g.root.backward()
    compare(g, g.root.data, [v.grad for v in g.leaves], 1, "eager")


def check_compiled(g: Recorded, chance: random.Random) -> None:
    """Forward and backward, the gradients of a second backward added, and both again at other numbers."""
    forget(g)
    program = compile(g.root)
    for round_ in range(2):
        if round_:
            before = [v.data for v in (*g.leaves, *g.constants)]
            for v in (*g.leaves, *g.constants):
                if v.data != 0.0:
                    v.data *= chance.uniform(0.8, 1.02)
            try:
                replay(g)
            except (AutogradError, ArithmeticError, ValueError):  # not defined there
                for v, x in zip((*g.leaves, *g.constants), before, strict=True):
                    v.data = x
        forget(g)
        value = program.forward()
        assert type(value) is float
        program.backward()
        compare(g, value, [v.grad for v in g.leaves], 1, f"round {round_}")
        program.backward()
        compare(g, value, [v.grad for v in g.leaves], 2, f"round {round_}, accumulated")
        assert all(v.grad == 0.0 for v in g.constants)


@pytest.fixture(autouse=True)
def _slopes_may_be_infinite() -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GradientWarning)
        yield


SEEDS = range(11)


@pytest.mark.parametrize("name", KINDS)
def test_the_replay_is_the_eager_engine(name: str) -> None:
    for seed in SEEDS:
        check_eager(KINDS[name](random.Random(seed)))


def test_the_replay_is_the_eager_engine_on_random_graphs() -> None:
    for seed in range(300):
        check_eager(small_graph(random.Random(seed)))


@pytest.mark.parametrize("narrow", [1, NARROW])
@pytest.mark.parametrize("name", KINDS)
def test_compiled_is_eager(name: str, narrow: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd.compiler.tape.NARROW", narrow)  # with 1, small graphs are computed in groups too
    for seed in SEEDS:
        g = KINDS[name](random.Random(seed))
        try:
            check_compiled(g, random.Random(seed))
        except Exception as error:
            error.add_note(f"{name}, seed {seed}")
            raise


@pytest.mark.parametrize("narrow", [1, NARROW])
@pytest.mark.parametrize("start", range(0, 2000, 500))
def test_compiled_is_eager_on_random_graphs(start: int, narrow: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd.compiler.tape.NARROW", narrow)
    for seed in range(start, start + 500):
        g = small_graph(random.Random(seed))
        try:
            check_compiled(g, random.Random(seed))
        except Exception as error:
            error.add_note(f"small graph, seed {seed}")
            raise


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_compiled_is_eager_on_drawn_graphs(chance: random.Random) -> None:
    check_compiled(small_graph(chance), chance)
