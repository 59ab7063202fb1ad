"""Programs of many kinds as pure functions over NumPy: the numbers of a replay of the scalar graph."""

from __future__ import annotations

import random
import warnings
from typing import Any

import numpy as np
import pytest

from autograd import compile
from autograd.errors import ArgumentError, GradientWarning
from tests.helpers.programs import KINDS, Recorded
from tests.helpers.replaying import AS_IS, LOW, Replay, compare, forced, move, seeded, used

SEEDS = range(3)


@pytest.fixture(autouse=True)
def _numbers_may_overflow() -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", GradientWarning)
        yield


def check(g: Recorded, chance: random.Random) -> bool:
    """Value and gradient, with the constants as an input, at two sets of numbers. False: a row has no array form."""
    g = used(g)
    inputs = [g.constants] if g.constants else []
    try:
        pure = compile(g.root).to(np, inputs=inputs)
    except ArgumentError as error:
        if "number by number" not in str(error) and "cannot be read" not in str(error):
            raise
        return False
    replay = Replay(g)
    for round_ in range(2):
        if round_ and not move(g, chance, replay):
            break
        theta, arguments = pure.theta(), [np.array([v.data for v in block]) for block in inputs]
        kept = [a.copy() for a in (theta, *arguments)]
        value, gradient = pure.value_and_grad(theta, *arguments)
        at = {p: k for k, p in enumerate(pure.parameters)}
        assert set(at) >= set(g.leaves)
        assert gradient.shape == theta.shape
        compare(replay, float(value), [float(gradient[at[v]]) for v in g.leaves], 1, f"round {round_}")
        assert repr(float(pure.value(theta, *arguments))) == repr(float(value))
        for a, b in zip(kept, (theta, *arguments), strict=True):
            assert np.array_equal(a, b, equal_nan=True)
            assert not np.shares_memory(gradient, b)
    return True


@pytest.mark.parametrize("narrow", [LOW, AS_IS], ids=["wide", "as it is"])
@pytest.mark.parametrize("name", KINDS)
def test_over_numpy_it_is_the_scalar_graph(name: str, narrow: int | None) -> None:
    for seed in SEEDS:
        g = KINDS[name](seeded(name, seed))
        try:
            with forced(narrow):
                check(g, random.Random(seed))
        except BaseException as error:
            error.add_note(f"{name}, seed {seed}, narrow {narrow}")
            raise


def test_most_kinds_of_programs_have_an_array_form() -> None:
    expressed = [check(KINDS[name](seeded(name, 0)), random.Random(0)) for name in KINDS]
    assert sum(expressed) >= 0.85 * len(KINDS)
