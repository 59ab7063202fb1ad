"""The float functions that `math` lacks, against mpmath; their promises at the ends of the number line."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import mpmath as mp
import pytest
from mpmath import mpf

from autograd.engine import ops, special

INF, NAN = math.inf, math.nan


def s(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


FORMS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": s,
    "sigmoid_slope": lambda x: s(x) * s(-x),
    "sech2": lambda x: mp.sech(x) ** 2,
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "logsigmoid": lambda x: -mp.log1p(mp.exp(-x)),
    "silu": lambda x: x * s(x),
    "silu_slope": lambda x: s(x) + x * s(x) * s(-x),
    "normal_density": mp.npdf,
    "normal_cdf": mp.ncdf,
    "gelu": lambda x: x * mp.ncdf(x),
    "gelu_slope": lambda x: mp.ncdf(x) + x * mp.npdf(x),
}
# Where silu's slope passes 0 the rounding of x alone moves it by more than any relative bound.
ZERO_OF_SILU_SLOPE = -1.2784645427610738


def named(name: str) -> Callable[..., Any]:
    """The float function of this name; where it is a single formula it stands in the row of the table."""
    return getattr(special, name, None) or ops.TABLE[name].forward  # type: ignore[union-attr]  # no parametrised row


def points() -> list[float]:
    rng = random.Random(0)
    far = [rng.uniform(-36, 36) for _ in range(200)]
    near = [rng.choice((-1, 1)) * 10 ** rng.uniform(-12, 1) for _ in range(200)]
    return [*far, *near, 0.0, 1.0, -1.0, -0.7517915246935645, -1.6, 5e-324, -1e-300]


def ulps(got: float, expected: float) -> float:
    return abs(got - expected) / math.ulp(expected)


@pytest.mark.parametrize("name", FORMS)
def test_function_is_accurate_to_four_units_in_the_last_place(name: str) -> None:
    function = named(name)
    with mp.workdps(60):
        for x in points():
            if name == "silu_slope" and abs(x - ZERO_OF_SILU_SLOPE) < 0.01:
                continue
            expected = float(FORMS[name](mpf(x)))
            assert ulps(function(x), expected) <= 4, x


def test_silu_slope_beside_its_zero_is_accurate_in_absolute_terms() -> None:
    with mp.workdps(60):
        for n in range(-50, 51):
            x = ZERO_OF_SILU_SLOPE + n * 1e-4
            assert abs(special.silu_slope(x) - float(FORMS["silu_slope"](mpf(x)))) < 1e-16


def test_gelu_slope_passes_its_zero_with_all_digits() -> None:
    with mp.workdps(60):
        for n in range(-20, 21):
            x = -0.7517915246935645 + n * 1e-13
            assert ulps(special.gelu_slope(x), float(FORMS["gelu_slope"](mpf(x)))) <= 4


def test_gelu_slope_joins_its_series_without_a_step() -> None:
    for x in (-1.6, -0.0):
        left, right = special.gelu_slope(math.nextafter(x, -INF)), special.gelu_slope(math.nextafter(x, INF))
        assert abs(left - right) <= 4e-16


@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_gaussian_does_not_blow_up_the_rounding_of_the_square(rate: float) -> None:
    with mp.workdps(60):
        for n in range(1, 260):
            x = n * 0.1037
            assert ulps(special.gaussian(x, rate), float(mp.exp(-mpf(rate) * mpf(x) ** 2))) <= 4


@pytest.mark.parametrize(
    ("name", "at_minus_infinity", "at_infinity"),
    [
        ("sigmoid", 0.0, 1.0),
        ("sigmoid_slope", 0.0, 0.0),
        ("sech2", 0.0, 0.0),
        ("softplus", 0.0, INF),
        ("logsigmoid", -INF, 0.0),
        ("silu", 0.0, INF),
        ("silu_slope", 0.0, 1.0),
        ("normal_density", 0.0, 0.0),
        ("normal_cdf", 0.0, 1.0),
        ("gelu", 0.0, INF),
        ("gelu_slope", 0.0, 1.0),
        ("sign", -1.0, 1.0),
        ("step", 0.0, 1.0),
    ],
)
def test_function_is_total(name: str, at_minus_infinity: float, at_infinity: float) -> None:
    function = named(name)
    for x in (1e4, 1e308, INF):
        assert function(-x) == max(at_minus_infinity, -x)
        assert function(x) == min(at_infinity, x)
    assert math.isnan(function(NAN))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [(1.0, 0.0, INF), (-1.0, 0.0, -INF), (1.0, -0.0, INF), (0.0, 0.0, 7.0), (-6.0, 3.0, -2.0), (NAN, 0.0, NAN)],
)
def test_division_is_total(a: float, b: float, expected: float) -> None:
    assert str(special.divide_total(a, b, 7.0)) == str(expected)


def test_power_is_pythons_without_complex_numbers() -> None:
    assert special.power(-2.0, 3.0) == -8.0
    assert special.power(0.0, 0.0) == 1.0
    assert special.power(-8.0, 2.0) == 64.0
    assert special.power(-2.0, math.inf) == math.inf
    for base, exponent, error in [
        (-8.0, 1 / 3, ValueError),
        (0.0, -1.0, ZeroDivisionError),
        (10.0, 400.0, OverflowError),
    ]:
        with pytest.raises(error):
            special.power(base, exponent)


def test_power_total_returns_where_power_raises() -> None:
    assert special.power_total(0.0, -1.0) == INF
    assert special.power_total(10.0, 400.0) == INF
    assert special.power_total(-10.0, 401.0) == -INF
    assert math.isnan(special.power_total(-8.0, 1 / 3))
    assert ops.POWER_SLOPE(0.0, 0.0) == 0.0
    assert ops.POWER_SLOPE(0.0, 0.5) == INF
    assert ops.POWER_SLOPE(3.0, 2.0) == 6.0


@pytest.mark.parametrize("function", [special.maximum, special.minimum])
def test_extremes_do_not_overlook_a_nan(function: Callable[..., float]) -> None:
    for values in ((1.0, NAN), (NAN, 1.0), (1.0, NAN, 2.0), (NAN,)):
        assert math.isnan(function(*values))


def test_mean_of_numbers_whose_sum_overflows_or_cancels() -> None:
    assert special.mean(1e16, 1.0, -1e16, 1.0) == 0.5
    assert special.mean(INF, 1.0) == INF
    assert math.isnan(special.mean(INF, -INF))
    assert special.mean(1e308, 1e308) == INF


def test_logsumexp_of_infinities() -> None:
    assert special.logsumexp(-INF, -INF) == -INF
    assert special.logsumexp(INF, 0.0) == INF
    assert math.isnan(special.logsumexp(NAN, 0.0))
    assert special.logsumexp(-1000.0) == -1000.0


def test_std_of_numbers_far_from_zero() -> None:
    assert special.std(1e8 + 1, 1e8 + 2, 1e8 + 3, ddof=1.0) == 1.0
    assert special.std(2.0, 2.0, ddof=0.0) == 0.0


def test_steps_treat_infinities_as_python_does() -> None:
    for x, error in [(-INF, OverflowError), (NAN, ValueError)]:
        with pytest.raises(error):
            ops.FLOOR(x)
    assert ops.FLOOR(-0.5) == -1.0
    assert ops.rounded(2.0)(2.675) == round(2.675, 2)
    assert ops.rounded(0.0)(INF) == INF


def test_small_conventions() -> None:
    assert ops.XLOGY(0.0, 0.0) == 0.0
    assert math.isnan(ops.XLOGY(0.0, NAN))
    assert ops.LOG_OR_ZERO(0.0) == 0.0
    assert math.isnan(ops.LOG_OR_ZERO(-1.0))
    assert ops.SHIFTED_EXP(-INF, -INF) == 0.0
    assert ops.EQUAL(INF, INF) == 1.0
    assert math.isnan(ops.EQUAL(NAN, NAN))
    assert ops.SQRT_SQUARE_MINUS_ONE(1.0) == 0.0
    assert ops.SQRT_SQUARE_MINUS_ONE(1e200) == 1e200
