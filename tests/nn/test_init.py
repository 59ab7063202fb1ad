"""First weights: PyTorch's formulas and bounds, spreads that are what they should be, the same numbers for a seed."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, init
from autograd.errors import AutogradError

TORCH = json.loads((Path(__file__).parents[1] / "data" / "torch_parity.json").read_text())["init"]

DRAWN: dict[str, Callable[..., Any]] = {
    "uniform": init.uniform,
    "normal": init.normal,
    "xavier_uniform": init.xavier_uniform,
    "xavier_normal": init.xavier_normal,
    "kaiming_uniform": init.kaiming_uniform,
    "kaiming_normal": init.kaiming_normal,
}


@pytest.mark.parametrize(("name", "gain"), TORCH["gains"].items())
def test_gain_is_pytorchs(name: str, gain: float) -> None:
    nonlinearity, *param = name.split()
    assert init.calculate_gain(nonlinearity, *map(float, param)) == gain


def test_gain_of_leaky_relu_has_pytorchs_default() -> None:
    assert init.calculate_gain("leaky_relu") == init.calculate_gain("leaky_relu", 0.01)
    assert init.calculate_gain("leaky_relu", 0) == init.calculate_gain("relu") == math.sqrt(2)


@pytest.mark.parametrize("case", TORCH["bounds"], ids=lambda case: f"{case['fan_in']}->{case['fan_out']}")
def test_bounds_are_pytorchs(case: dict[str, float]) -> None:
    inputs, outputs = int(case["fan_in"]), int(case["fan_out"])
    assert init.fans((outputs, inputs)) == (inputs, outputs)
    assert init.xavier_uniform_bound(inputs, outputs) == case["xavier_uniform_bound"]
    assert init.xavier_std(inputs, outputs) == case["xavier_normal_std"]
    assert init.kaiming_uniform_bound(inputs, nonlinearity="relu") == case["kaiming_uniform_relu_bound"]
    assert init.kaiming_std(inputs, nonlinearity="relu") == case["kaiming_normal_relu_std"]
    assert init.kaiming_uniform_bound(inputs, 0.01) == case["kaiming_uniform_leaky_0_01_bound"]
    default = init.kaiming_uniform_bound(inputs, math.sqrt(5))  # what PyTorch's Linear begins with
    assert default == pytest.approx(case["linear_default_weight_bound"], rel=1e-15)


def test_fans_of_a_kernel_count_its_field() -> None:
    assert init.fans((16, 3, 5, 5)) == (75, 400)
    assert init.fans(ag.array(np.zeros((4, 3)))) == (3, 4)


# --- spread --------------------------------------------------------------------------------------------------------

SHAPE = (200, 300)


@pytest.mark.parametrize(
    ("scheme", "bound"),
    [
        (lambda rng: init.uniform(SHAPE, -2.0, 2.0, rng), 2.0),
        (lambda rng: init.xavier_uniform(SHAPE, rng=rng), math.sqrt(6 / 500)),
        (lambda rng: init.xavier_uniform(SHAPE, gain=2.0, rng=rng), 2 * math.sqrt(6 / 500)),
        (lambda rng: init.kaiming_uniform(SHAPE, rng=rng), math.sqrt(6 / 300)),
        (lambda rng: init.kaiming_uniform(SHAPE, mode="fan_out", rng=rng), math.sqrt(6 / 200)),
        (lambda rng: init.kaiming_uniform(SHAPE, a=math.sqrt(5), rng=rng), math.sqrt(1 / 300)),
        (lambda rng: init.kaiming_uniform(SHAPE, nonlinearity="tanh", rng=rng), 5 / 3 * math.sqrt(3 / 300)),
    ],
)
def test_uniform_schemes_fill_their_range_evenly(scheme: Callable[[int], Any], bound: float) -> None:
    w = scheme(0) / bound
    n = w.size
    assert abs(w).max() <= 1.0
    assert abs(w).max() > 1 - 20 / n  # the odds against are e^-20
    assert abs(w.mean()) < 5 * math.sqrt(1 / 3 / n)
    share = np.histogram(w, bins=10, range=(-1, 1))[0] / n
    assert abs(share - 0.1).max() < 5 * math.sqrt(0.09 / n)


@pytest.mark.parametrize(
    ("scheme", "std"),
    [
        (lambda rng: init.normal(SHAPE, 0.0, 3.0, rng), 3.0),
        (lambda rng: init.xavier_normal(SHAPE, rng=rng), math.sqrt(2 / 500)),
        (lambda rng: init.xavier_normal(SHAPE, gain=5 / 3, rng=rng), 5 / 3 * math.sqrt(2 / 500)),
        (lambda rng: init.kaiming_normal(SHAPE, rng=rng), math.sqrt(2 / 300)),
        (lambda rng: init.kaiming_normal(SHAPE, mode="fan_out", rng=rng), math.sqrt(2 / 200)),
        (lambda rng: init.kaiming_normal(SHAPE, nonlinearity="linear", rng=rng), math.sqrt(1 / 300)),
    ],
)
def test_normal_schemes_have_their_spread(scheme: Callable[[int], Any], std: float) -> None:
    w = scheme(0) / std
    n = w.size
    assert abs(w.mean()) < 5 / math.sqrt(n)
    assert abs(w.std() - 1) < 5 / math.sqrt(2 * n)
    for k, share in ((1, 0.6827), (2, 0.9545)):
        assert abs((abs(w) < k).mean() - share) < 5 * math.sqrt(0.25 / n)


def test_mean_and_constants() -> None:
    assert init.normal((10_000,), 7.0, 0.1, rng=1).mean() == pytest.approx(7.0, abs=0.005)
    assert init.normal((3,), 7.0, 0.0).tolist() == [7.0] * 3
    assert init.zeros((2, 2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert init.ones((2,)).tolist() == [1.0, 1.0]
    assert init.constant((2,), 0.25).tolist() == [0.25, 0.25]


# --- determinism ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", DRAWN.values(), ids=DRAWN)
def test_a_seed_gives_the_same_numbers_and_leaves_global_states_alone(scheme: Callable[..., Any]) -> None:
    before = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
    first = scheme((3, 4), rng=5)
    assert first.tolist() == scheme((3, 4), rng=5).tolist()
    assert first.tolist() == scheme((3, 4), rng=np.random.default_rng(5)).tolist()
    assert first.tolist() != scheme((3, 4), rng=6).tolist()
    assert scheme((3, 4)).tolist() != scheme((3, 4)).tolist()
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # type: ignore[index]
    rng = np.random.default_rng(5)
    assert scheme((3, 4), rng=rng).tolist() != scheme((3, 4), rng=rng).tolist()


# --- filling in place ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", DRAWN.values(), ids=DRAWN)
def test_weights_are_filled_in_place(scheme: Callable[..., Any]) -> None:
    weights = ag.array(np.zeros((3, 4)), label="W")
    nodes = weights.ravel().tolist()
    assert scheme(weights, rng=2) is weights
    assert [id(v) for v in weights.ravel()] == [id(v) for v in nodes]
    assert ag.data(weights).tolist() == scheme((3, 4), rng=2).tolist()
    assert weights[2, 3].label == "W[2,3]"


def test_lists_and_single_rows_are_filled_too() -> None:
    rows = [[Value(0.0), Value(0.0)], [Value(0.0), Value(0.0)]]
    assert init.ones(rows) is rows
    assert [[v.data for v in row] for row in rows] == [[1.0, 1.0], [1.0, 1.0]]
    bias = (Value(1.0), Value(2.0))
    assert [v.data for v in init.zeros(bias)] == [0.0, 0.0]


def test_names_with_an_underscore_are_the_same_functions() -> None:
    for name in [*DRAWN, "constant", "zeros", "ones"]:
        assert getattr(init, f"{name}_") is getattr(init, name)


@pytest.mark.parametrize(
    ("call", "kind", "says"),
    [
        (lambda: init.xavier_uniform((3,)), ValueError, "a bias is best zeros"),
        (lambda: init.zeros(()), ValueError, "nothing to initialise"),
        (lambda: init.zeros((3, 0)), ValueError, "nothing to initialise"),
        (lambda: init.zeros([]), ValueError, "nothing to initialise"),
        (lambda: init.zeros([1.0, 2.0]), TypeError, "weights to fill are Values, got float"),
        (lambda: init.zeros([Value(1.0, "w") * 2]), ValueError, "no weight"),
        (lambda: init.zeros([Value(1.0, "c", constant=True)]), ValueError, "node c is no weight"),
        (lambda: init.uniform((2,), 1.0, -1.0), ValueError, "above b"),
        (lambda: init.normal((2,), std=-1.0), ValueError, "std"),
        (lambda: init.uniform((2,), rng=random.Random(0)), TypeError, "numpy.random.Generator, got Random"),
        (lambda: init.kaiming_normal((2, 2), mode="fan"), ValueError, "'fan_in' or 'fan_out', got 'fan'"),
        (lambda: init.kaiming_normal((2, 2), nonlinearity="gelo"), ValueError, "'gelo'.*relu"),
        (lambda: init.xavier_std(0, 3), ValueError, "at least 1"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(call: Callable[[], Any], kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says) as caught:
        call()
    assert isinstance(caught.value, AutogradError)


def test_weights_stay_as_they_were_if_one_of_them_is_refused() -> None:
    weights = [Value(1.0), Value(2.0), 3.0]
    with pytest.raises(TypeError):
        init.zeros(weights)
    assert weights[0].data == 1.0  # type: ignore[union-attr]
