"""Data sets: shapes, what the points look like, the same numbers everywhere; mini-batches cover everything once."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import datasets
from autograd.errors import ArgumentError, ShapeError


def test_xor_is_exclusive_or() -> None:
    x, y = datasets.xor()
    assert (x.shape, y.shape) == ((4, 2), (4, 1))
    assert [int(a) ^ int(b) for a, b in x] == y.ravel().tolist()


def test_moons_lie_on_their_half_circles() -> None:
    x, y = datasets.two_moons(21, noise=0.0)
    upper, lower = x[y[:, 0] == 0], x[y[:, 0] == 1]
    assert (len(upper), len(lower)) == (10, 11)
    np.testing.assert_allclose(np.hypot(*upper.T), 1, atol=2e-6)
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1, atol=2e-6)
    assert (upper[:, 1] >= 0).all()
    assert (lower[:, 1] <= 0.5).all()


def test_spirals_have_an_arm_for_each_class() -> None:
    x, y = datasets.spirals(30, classes=3, noise=0.0)
    assert x.shape == (30, 2)
    assert y.dtype.kind == "i"
    assert np.bincount(y).tolist() == [10, 10, 10]
    np.testing.assert_allclose(np.hypot(*x[y == 1].T), np.arange(1, 11) / 10, atol=2e-6)
    turned = np.array([[math.cos(t := 2 * math.pi / 3), math.sin(t)], [-math.sin(t), math.cos(t)]])
    np.testing.assert_allclose(x[y == 0] @ turned, x[y == 1], atol=3e-6)
    assert np.bincount(datasets.spirals(8, classes=3)[1]).tolist() == [3, 3, 2]


def test_regression_is_a_weighted_sum() -> None:
    x, y = datasets.regression(n=40, noise=0.0, seed=3)
    assert (x.shape, y.shape) == ((40, 10), (40, 1))
    design = np.hstack([x, np.ones((40, 1))])
    solution, residuals, *_ = np.linalg.lstsq(design, y, rcond=None)
    assert residuals[0] < 1e-10
    assert solution[-1, 0] == pytest.approx(0.5, abs=1e-6)


def test_noise_has_its_standard_deviation() -> None:
    x, _ = datasets.two_moons(4000, noise=0.2)
    clean, _ = datasets.two_moons(4000, noise=0.0)
    assert np.std(x - clean) == pytest.approx(0.2, rel=0.03)
    assert abs(np.mean(x - clean)) < 0.01


def test_numbers_are_the_same_everywhere() -> None:
    """Written down once: whoever changes them breaks every run that was made with them."""
    assert datasets.two_moons(4)[0].tolist()[1] == [-1.098943, -0.057536]
    assert datasets.regression(2)[1].ravel().tolist() == [-2.312632, 0.140718]


def test_seeds_differ_and_repeat_and_leave_the_global_state() -> None:
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
    for make in (datasets.two_moons, datasets.spirals, datasets.regression):
        one, again, other = make(seed=0)[0], make(seed=0)[0], make(seed=1)[0]
        assert (one == again).all()
        assert (one != other).any()
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # type: ignore[index]


@pytest.mark.parametrize(
    "make",
    [
        lambda: datasets.two_moons(1),
        lambda: datasets.two_moons(10.5),  # type: ignore[arg-type]
        lambda: datasets.two_moons(noise=-1),
        lambda: datasets.two_moons(noise=math.nan),
        lambda: datasets.spirals(classes=1),
        lambda: datasets.spirals(2, classes=3),
        lambda: datasets.regression(0),
        lambda: datasets.regression(features=True),
        lambda: datasets.batches([1], [1], 0),
        lambda: datasets.batches([1], [1], 1, seed="x"),
    ],
)
def test_senseless_arguments_are_refused(make: Any) -> None:
    with pytest.raises(ArgumentError, match="got"):
        make()


@given(st.integers(1, 40), st.integers(1, 50), st.booleans(), st.booleans())
def test_an_epoch_holds_every_row_once(n: int, size: int, shuffle: bool, drop_last: bool) -> None:
    x = np.arange(n)[:, None] * [[1, 10]]
    loader = datasets.batches(x, np.arange(n), size, shuffle=shuffle, seed=0, drop_last=drop_last)
    found = list(loader)
    assert len(found) == len(loader) == (n // size if drop_last else -(-n // size))
    rows = [row for _, targets in found for row in targets.tolist()]
    assert len(set(rows)) == len(rows) == (n // size * size if drop_last else n)
    assert all((inputs[:, 1] == 10 * targets).all() for inputs, targets in found)
    assert shuffle or rows == list(range(len(rows)))


def orders(loader: datasets.Batches) -> list[int]:
    return [int(t) for _, targets in loader for t in targets]


def test_epochs_differ_and_a_seed_repeats_them() -> None:
    one, same = (datasets.batches(range(20), range(20), 6, seed=5) for _ in range(2))
    first, second = orders(one), orders(one)
    assert first != second
    assert [first, second] == [orders(same), orders(same)]


def test_generators_go_on() -> None:
    for rng in (random.Random(2), np.random.default_rng(2)):
        assert orders(datasets.batches(range(9), range(9), 4, seed=rng)) != orders(
            datasets.batches(range(9), range(9), 4, seed=rng)
        )
    random.seed(4)
    first = orders(datasets.batches(range(9), range(9), 4))
    random.seed(4)
    assert first == orders(datasets.batches(range(9), range(9), 4))


def test_lengths_have_to_agree() -> None:
    with pytest.raises(ShapeError, match=r"\(3,\).*\(2,\)"):
        datasets.batches([1, 2, 3], [1, 2], 2)
    with pytest.raises(ShapeError):
        datasets.batches([], [], 2)
    with pytest.raises(ShapeError):
        datasets.batches(1.0, 2.0, 2)


def test_repr_counts_iterations() -> None:
    assert (
        repr(datasets.batches(range(10_000), range(10_000), 32))
        == "Batches of 32 of 10000 rows: 313 iterations an epoch"
    )
