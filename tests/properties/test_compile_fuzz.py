"""Compiled random graphs against a plain replay of the same graph; see tests/helpers/replaying.py for the tolerance."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Value
from tests.helpers.programs import Recorded, layered_graph, small_graph
from tests.helpers.programs.random_graphs import NUMBERS, TAME, TAME_PAIRS, calmed
from tests.helpers.programs.table import BINARY, UNARY
from tests.helpers.replaying import AS_IS, HIGH, LOW, check_forced, check_numbered

pytestmark = pytest.mark.filterwarnings("ignore::autograd.errors.GradientWarning")


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
