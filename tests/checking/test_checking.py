from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, assert_derivative, check_derivative, gradcheck, primitive
from autograd.errors import ArgumentError, AutogradError, DerivativeError


def test_right_derivative_passes_for_every_way_to_write_f() -> None:
    for f in (math.sin, np.sin, ag.sin, lambda x: ag.sin(x) * 1.0, lambda x: np.sin(x)):
        assert check_derivative(f, math.cos, at=[0.0, 1.0, 100.0, 1e-9, -3]).verdict == "pass"


@pytest.mark.parametrize("off", [1e-7, -1e-6, 1e-3, 0.5, -2.0])
def test_derivative_that_is_off_fails(off: float) -> None:
    for f in (math.sin, ag.sin):
        report = check_derivative(f, lambda x: math.cos(x) * (1 + off), at=[1.0], diagnosed=False)
        assert report.verdict == "fail"
        assert not report


def test_points_are_numbers_tuples_dicts_and_lists_of_them() -> None:
    def f(x: Any, y: Any) -> Any:
        return ag.sin(x) * y

    def df(x: Any, y: Any) -> Any:
        return ag.cos(x) * y, ag.sin(x)

    report = check_derivative(f, df, at=[(1.0, 2.0), {"y": 3.0, "x": 2.0}])
    assert report.verdict == "pass"
    assert [e.point for e in report.entries[::2]] == [{"x": 1.0, "y": 2.0}, {"x": 2.0, "y": 3.0}]
    assert check_derivative(f, df, at=(1.0, 2.0)).verdict == "pass"
    with pytest.raises(ArgumentError, match="no argument 'z'"):
        check_derivative(f, df, at={"x": 1.0, "z": 2.0})
    with pytest.raises(ArgumentError, match="at least one point"):
        check_derivative(f, df, at=[])


def test_only_the_wrong_partial_fails() -> None:
    report = check_derivative(lambda x, y: x * x * y, lambda x, y: (2 * x * y, x), at=(3.0, 2.0), diagnosed=False)
    assert [e.verdict for e in report.entries] == ["pass", "fail"]


def test_verdicts_rank_fail_over_undefined_over_pass() -> None:
    report = check_derivative(abs, lambda x: 1.0, at=[1.0], diagnosed=False)
    assert report.verdict == "pass"
    report = check_derivative(math.floor, lambda x: 0.0, at=[1.5, 2.0], diagnosed=False)
    assert report.verdict == "undefined"
    report = check_derivative(math.floor, lambda x: 1.0, at=[1.5, 2.0], diagnosed=False)
    assert report.verdict == "fail"


@pytest.mark.parametrize("slope", [-1.0, 0.0, 0.3, 1.0])
def test_subgradient_passes_at_a_kink_with_a_note(slope: float) -> None:
    report = check_derivative(abs, lambda x: slope, at=0.0)
    assert report.verdict == "pass"
    assert "kink" in str(report)


@pytest.mark.parametrize("slope", [-1.001, 1.5, math.nan, math.inf])
def test_slope_outside_a_kink_fails(slope: float) -> None:
    assert check_derivative(abs, lambda x: slope, at=0.0, diagnosed=False).verdict == "fail"


def test_hand_derivative_with_noise_of_its_own_passes() -> None:
    assert check_derivative(ag.tanh, lambda x: 1 - math.tanh(x) ** 2, at=[10.0]).verdict == "pass"


def test_engine_that_disagrees_with_the_values_is_not_the_users_fault() -> None:
    def f(x: Any) -> Any:
        return ag.relu(x) - ag.relu(-x)  # x itself, but for the engine's 0 at 0

    report = check_derivative(f, lambda x: 1.0, at=0.0)
    assert report.verdict == "pass"
    assert "disagree" in str(report)


def test_function_with_partials_but_no_derivative_is_undefined() -> None:
    def f(x: float, y: float) -> float:
        return x * y / math.hypot(x, y) if x or y else 0.0

    assert check_derivative(f, lambda x, y: (0.0, 0.0), at=(0.0, 0.0)).verdict == "undefined"


@pytest.mark.parametrize("bad", [None, "1", (1.0, 2.0), math.nan, 1j])
def test_hand_derivative_that_is_no_number_fails_and_says_so(bad: Any) -> None:
    report = check_derivative(lambda x: x * x, lambda x: bad, at=1.0, diagnosed=False)
    assert report.verdict == "fail"
    assert "number" in str(report)


def test_report_is_short_and_tells_how_to_reproduce_it() -> None:
    points = [(float(k), 2.0) for k in range(1, 9)]
    report = check_derivative(lambda x, y: ag.exp(x) * y, lambda x, y: (1.0, 2.0), at=points, diagnosed=False)
    text = str(report)
    assert len(text.splitlines()) <= 25
    assert "check_derivative(f, df, at=[(1.0, 2.0)])" in text
    for word in ("yours", "numeric", "engine", "ratio"):
        assert word in text


def test_assert_derivative_raises_an_assertion_error_with_the_report() -> None:
    assert_derivative(lambda x: x**3, lambda x: 3 * x**2, at=[1.0, 2.0])
    with pytest.raises(AssertionError, match="yours") as caught:
        assert_derivative(lambda x: x**3, lambda x: 2 * x**2, at=[2.0])
    assert isinstance(caught.value, DerivativeError | AutogradError)


def test_gradcheck_passes_the_engine_and_catches_a_planted_rule() -> None:
    assert gradcheck(lambda A: (A @ np.array([1.0, 2.0])).sum(), np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert gradcheck(ag.relu, 0.0)
    assert gradcheck(ag.hypot, 3.0, Value(4.0))
    for factor in (2.001, 2.0 * (1 + 1e-7)):
        planted = primitive(lambda x: x * x, partials=lambda out, x, k=factor: (k * x,))
        with pytest.raises(AssertionError, match="defect"):
            gradcheck(planted, 1.5)


def test_gradcheck_refuses_a_function_that_leaves_the_graph() -> None:
    with pytest.raises(ArgumentError, match="leaves the graph"):
        gradcheck(lambda x: x.data * 2.0 if isinstance(x, Value) else x * 2.0, 1.0)


def test_textbook_formula_raises_a_false_alarm_and_shows_its_ratio() -> None:
    def deep(x: Any) -> Any:
        for _ in range(10):
            x = 1 / (1 + math.exp(-x))
        return x

    def slope(x: float) -> float:
        product = 1.0
        for _ in range(10):
            s = 1 / (1 + math.exp(-x))
            product, x = product * s * (1 - s), s
        return product

    report = check_derivative(deep, slope, at=0.5, method="central", diagnosed=False)
    assert report.verdict == "fail"
    assert "||g - gnum||" in str(report)
    assert check_derivative(deep, slope, at=0.5).verdict == "pass"
    with pytest.raises(ArgumentError, match="method"):
        check_derivative(deep, slope, at=0.5, method="magic")
