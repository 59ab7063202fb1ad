"""Measured slopes, and what a derivative costs in calls."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from autograd import Value, dot, grad
from autograd.functions.slopes import exact_sum, slopes
from tests.benchmarks.derivatives import (
    CHAIN,
    FUNCTIONS,
    GRADIENT,
    HVP,
    cost,
    counting,
    per_variable,
    power,
    rosenbrock,
)

SMOOTH: dict[str, tuple[Callable[[float], float], float, float]] = {
    "exp": (math.exp, 1.0, math.e),
    "fast oscillation": (lambda x: math.sin(1000 * x), 0.3, 1000 * math.cos(300)),
    "far out": (math.sin, 1e4, math.cos(1e4)),
    "log near its pole": (math.log, 1e-8, 1e8),
    "cancellation": (lambda x: (1e8 + x) - 1e8, 1.0, 1.0),
    "cubic at zero": (lambda x: x**3 - x, 0.0, -1.0),
    "tiny x": (math.exp, 1e-20, 1.0),
    "constant": (lambda x: 3.0, 1.0, 0.0),
    "kink nearby": (lambda x: abs(x - 1.001), 1.0, -1.0),
    "saturated": (math.tanh, 10.0, 1 / math.cosh(10) ** 2),
    "rough power": (lambda x: abs(x) ** 1.5, 0.0, 0.0),
    "spike beside": (lambda x: math.sin(x) + (x == 0.5 + 5 / 128), 0.5, math.cos(0.5)),
    "single precision": (lambda x: float(np.float32(math.sin(x))), 0.5, math.cos(0.5)),
    "edge nearby": (math.asin, 0.999999, 1 / math.sqrt(1 - 0.999999**2)),
    "damped oscillation": (lambda x: x * x * math.sin(1 / x) if x else 0.0, 0.0, 0.0),
    "flat to all orders": (lambda x: math.exp(-1 / x) if x > 0 else 0.0, 0.0, 0.0),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_slope_lies_within_its_bound(name: str) -> None:
    f, x, slope = SMOOTH[name]
    found = slopes(f, x)
    assert found.kind == "smooth"
    assert found.value is not None
    assert abs(found.value - slope) <= found.error + 4e-16 * abs(slope)
    assert found.error <= 2e-5 * max(1.0, abs(slope))
    assert found.evaluations < 60


TROUBLE: dict[str, tuple[Callable[[float], float], float, str]] = {
    "abs": (abs, 0.0, "kink"),
    "maximum": (lambda x: max(x, x * x), 1.0, "kink"),
    "floor": (math.floor, 1.0, "jump"),
    "step": (lambda x: float(x > 0), 0.0, "jump"),
    "cbrt": (math.cbrt, 0.0, "vertical"),
    "root of abs": (lambda x: math.sqrt(abs(x)), 0.0, "vertical"),
    "sqrt": (math.sqrt, 0.0, "edge"),
    "asin": (math.asin, 1.0, "edge"),
    "pole": (lambda x: 1 / x, 0.0, "edge"),
    "x sin 1/x": (lambda x: x * math.sin(1 / x) if x else 0.0, 0.0, "no limit"),
    "sin 1/x": (lambda x: math.sin(1 / x) if x else 0.0, 0.0, "no limit"),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_point_without_a_derivative_is_recognised(name: str) -> None:
    f, x, kind = TROUBLE[name]
    found = slopes(f, x)
    assert found.kind == kind
    assert found.value is None


def test_kink_has_both_slopes() -> None:
    found = slopes(lambda x: 3 * x if x > 2 else -5 * x + 16, 2.0)
    assert found.kind == "kink"
    assert found.left.slope == pytest.approx(-5, rel=1e-12)
    assert found.right.slope == pytest.approx(3, rel=1e-12)


def test_one_side_that_exists_is_measured_at_an_edge() -> None:
    found = slopes(lambda x: x**1.5 + 2 * x if x >= 0 else math.sqrt(x), 0.0)
    assert found.kind == "edge"
    assert found.left.kind == "outside"
    assert found.right.slope == pytest.approx(2, abs=1e-3)


# ---- Derivatives of functions cost what they may, counted in operations (tests/benchmarks/derivatives.py)

SIZES = (2, 10, 100, 400)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradient_costs_a_few_evaluations_whatever_the_number_of_inputs(name: str) -> None:
    costs = [cost(FUNCTIONS[name], n) for n in SIZES]
    assert all(c.gradient <= GRADIENT * c.evaluation for c in costs)
    assert all(c.jvp <= GRADIENT * c.evaluation for c in costs)
    assert all(c.hvp <= HVP * c.gradient for c in costs)


@pytest.mark.pure
def test_chained_rosenbrock_is_linear_in_its_variables() -> None:
    costs = [cost(rosenbrock, n) for n in CHAIN]
    for counts, each in (
        ([c.evaluation for c in costs], 8.0),
        ([c.gradient for c in costs], 19.0),
        ([c.hvp for c in costs], 36.0),
    ):
        assert per_variable(CHAIN, counts) == [each] * (len(CHAIN) - 1)
        assert abs(power(CHAIN, counts) - 1.0) < 0.03


@pytest.mark.pure
def test_what_is_counted() -> None:
    x, y, z = Value(2.0), Value(3.0), Value(4.0)
    with counting() as counter:
        x * y + 1.0
    assert counter.operations == 2
    with counting() as counter:
        dot([x, y, z], [x, y, z], bias=x)  # three products, three additions
    assert counter.operations == 6
    with counting() as counter:
        grad(lambda v: v * y)(x)  # the product; its slope is y itself
    assert counter.operations <= 2


def test_quadratic_growth_is_seen() -> None:
    assert power([10, 100, 1000], [n * n for n in (10, 100, 1000)]) == pytest.approx(2.0)


# --- sums without rounding in between


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([0.1] * 10, 1.0),
        ([1e16, 1.0, -1e16], 1.0),
        ([1e308, 1e308, -1e308, 0.5], 1e308),
        ([1e308, 1e308], math.inf),
        ([-1e308, -1e308], -math.inf),
        ([math.inf, 1.0], math.inf),
        ([], 0.0),
    ],
)
def test_exact_sums(numbers: list[float], expected: float) -> None:
    assert exact_sum(numbers) == expected


def test_a_sum_of_opposite_infinities_is_nan() -> None:
    assert math.isnan(exact_sum([math.inf, -math.inf]))
