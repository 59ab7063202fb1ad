"""Compiled programs of many kinds against a plain replay of the same graph, and the replay against the eager engine."""

from __future__ import annotations

import random

import pytest

from autograd.engine import graph
from tests.helpers.programs import KINDS, layered_graph, small_graph
from tests.helpers.replaying import check_eager, check_forced, every_threshold, seeded, thresholds

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
