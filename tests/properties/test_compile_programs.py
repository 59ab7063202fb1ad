"""Compiled programs of many kinds, and random graphs, against a plain replay of the same graph."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Value
from autograd.engine import graph
from tests.helpers.programs import KINDS, Recorded, layered_graph, small_graph
from tests.helpers.programs.random_graphs import NUMBERS, TAME, TAME_PAIRS, calmed
from tests.helpers.programs.table import BINARY, UNARY
from tests.helpers.replaying import (
    AS_IS,
    HIGH,
    LOW,
    check_eager,
    check_forced,
    check_numbered,
    every_threshold,
    seeded,
    thresholds,
)

SEEDS = range(6)


pytestmark = pytest.mark.filterwarnings("ignore::autograd.errors.GradientWarning")


def test_there_are_five_hundred_programs_and_few_are_alike() -> None:
    sizes = {
        (name, seed): len(graph.topological_order(KINDS[name](seeded(name, seed)).root))
        for name in KINDS
        for seed in SEEDS
    }
    assert len(sizes) >= 500
    assert len(set(sizes.values())) >= 150


def test_the_compiler_has_a_threshold_to_force() -> None:
    assert thresholds()


@pytest.mark.parametrize("name", KINDS)
def test_the_replay_is_the_eager_engine(name: str) -> None:
    for seed in SEEDS:
        check_eager(KINDS[name](seeded(name, seed)))


@pytest.mark.parametrize("make", [small_graph, layered_graph])
def test_the_replay_is_the_eager_engine_on_random_graphs(make: object) -> None:
    for seed in range(300):
        check_eager(make(random.Random(seed)))  # type: ignore[operator]


@every_threshold
@pytest.mark.parametrize("name", KINDS)
def test_compiled_is_eager(name: str, narrow: int | None) -> None:
    for seed in SEEDS:
        g = KINDS[name](seeded(name, seed))
        check_forced(g, random.Random(seed), narrow, f"{name}, seed {seed}")


# ---- Compiled random graphs against a plain replay of the same graph; see tests/helpers/replaying.py for the tolerance


@pytest.mark.parametrize("start", range(0, 6000, 500))
def test_small_graphs(start: int) -> None:
    for seed in range(start, start + 500):
        check_numbered(small_graph, seed)


@settings(max_examples=50)
@given(st.randoms(use_true_random=False), st.sampled_from([LOW, AS_IS, HIGH]))
def test_drawn_layered_graphs(chance: random.Random, narrow: int | None) -> None:
    g = layered_graph(chance)
    check_forced(g, chance, narrow, "drawn layered graph")


steps = st.tuples(st.sampled_from(TAME + TAME_PAIRS), st.integers(0, 60), st.integers(0, 60))


@settings(max_examples=400)
@given(
    st.lists(st.floats(-2.0, 2.0).filter(lambda x: abs(x) > 1e-9 or x == 0.0), min_size=1, max_size=5),
    st.lists(steps, max_size=30),
    st.booleans(),
)
def test_drawn_graphs(numbers: list[float], drawn: list[tuple[str, int, int]], summed: bool) -> None:
    """A graph that Hypothesis makes small where it fails: operands are counted from the latest node backwards."""
    leaves = [Value(x) for x in numbers]
    constants = [Value(0.75, constant=True)]
    nodes: list[Any] = [*leaves, *constants]
    for op, i, j in drawn:
        a = nodes[-1 - i % len(nodes)]
        b = NUMBERS[j - 56] if j >= 56 else nodes[-1 - j % len(nodes)]
        nodes.append(calmed(UNARY[op](a) if op in UNARY else BINARY[op](a, b)))
    g = Recorded(ag.sum(nodes) if summed else nodes[-1], leaves, constants)
    for narrow in (LOW, AS_IS):
        check_forced(g, random.Random(0), narrow, "drawn graph")


# ---- Compiled random graphs in layers, whose nodes stand together as a network's do, against a plain replay


@pytest.mark.parametrize("start", range(0, 4000, 250))
def test_layered_graphs(start: int) -> None:
    for seed in range(start, start + 250):
        check_numbered(layered_graph, seed)
