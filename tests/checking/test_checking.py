"""Verdicts on hand derivations: easy points, hard ones, and how a point is observed."""

from __future__ import annotations

import json
import math
import math as m
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, assert_derivative, check_derivative, gradcheck, ops, primitive
from autograd.checking.guessing import fraction
from autograd.checking.points import argument_names, near, structured_points, variable_names
from autograd.checking.slips import constant_text, usual_mistakes
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


def test_a_dict_is_the_one_argument_or_the_arguments_by_name() -> None:
    for point in ({"w": 2.0, "b": 5.0}, {"w": np.array([2.0, 1.0]), "b": np.array([5.0, 4.0])}):
        report = check_derivative(
            lambda p: (p["w"] * p["b"]).sum() if np.ndim(p["w"]) else p["w"] * p["b"],
            lambda p: {"w": p["b"], "b": p["w"]},
            at=[point],
        )
        assert report.verdict == "pass"
    assert check_derivative(lambda w, b: w * b, lambda w, b: (b, w), at={"w": 2.0, "b": 5.0}).verdict == "pass"
    with pytest.raises(ArgumentError, match="no argument 'y'"):
        check_derivative(lambda x: x**2, lambda x: 2 * x, at={"y": 2.0})


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


@pytest.mark.parametrize("packed", [lambda y: [y], lambda y: (y,), lambda y: {"loss": y}, lambda y: ag.array([[y]])])
def test_the_only_output_may_stand_in_a_list(packed: Any) -> None:
    assert gradcheck(lambda x: packed(x * x), 1.5)
    assert check_derivative(lambda x: packed(x * x), lambda x: 2 * x, at=1.5).verdict == "pass"
    assert check_derivative(lambda x: packed(x * x), lambda x: 3 * x, at=1.5).verdict == "fail"


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


# ---- Points and functions that a check gets wrong easily: each was wrong once

RIGHT: dict[str, tuple[Callable[..., Any], Callable[..., Any], Any]] = {
    "minimum of Rosenbrock": (
        lambda x, y: 100 * (y - x * x) ** 2 + (1 - x) ** 2,
        lambda x, y: (-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)),
        (1.0, 1.0),
    ),
    "inexact minimum": (lambda x, y: (x - y) ** 2, lambda x, y: (2 * (x - y), -2 * (x - y)), (0.3, 0.3)),
    "near the edge, slanted": (
        lambda x, y: m.acos(x * y),
        lambda x, y: (-y / m.sqrt(1 - (x * y) ** 2), -x / m.sqrt(1 - (x * y) ** 2)),
        (0.999, 1.0),
    ),
    "flat side": (
        lambda x, y: max(0, x - y) ** 2,
        lambda x, y: (2 * max(0, x - y), -2 * max(0, x - y)),
        (1.0, 1.0),
    ),
    "complex on the left": (lambda x: x**0.5, lambda x: 0.5 * x**-0.5, 1e-8),
    "edge closer than any step": (ag.log1p, lambda x: 1 / (1 + x), -1 + 1e-12),
    "faster than any step": (ag.sin, ag.cos, 1e12),
    "tiny scale": (lambda x: 1 / x, lambda x: -1 / x**2, 1e-100),
    "subgradient of two variables": (lambda x, y: max(x, y), lambda x, y: (0.5, 0.5), (1.0, 1.0)),
    "dict by name": (lambda x, y: x**2 * y, lambda x, y: {"y": x**2, "x": 2 * x * y}, (3.0, 2.0)),
    "keyword only": (lambda *, x, y: x * y, lambda *, x, y: (y, x), {"x": 1.0, "y": 2.0}),
    "cancellation near 0": (lambda x: m.exp(x) - 1, m.exp, [1e-8, -1e-6, 2e-7]),
    "faster than most steps": (lambda x: m.sin(1e7 * x), lambda x: 1e7 * m.cos(1e7 * x), [0.3, 1.0]),
    "hidden rounding": (lambda x: m.log(1 + x * x), lambda x: 2 * x / (1 + x * x), [-0.0010944612404735362, 3e-9]),
    "flat side of a joint": (lambda x: max(0, x) ** 2, lambda x: 2 * max(0, x), [-1e-6, 1e-6, 0.0]),
    "joint of two formulas": (
        lambda x: x if x > 0 else m.exp(x) - 1,
        lambda x: 1.0 if x > 0 else m.exp(x),
        [-1e-7, 1e-7, -1e-5],
    ),
    "jump further off": (lambda x: float(x > 0), lambda x: 0.0, [-1e-4, 1e-9]),
    "Boltzmann factor": (
        lambda E: m.exp(-E / (1.380649e-23 * 300)),
        lambda E: -m.exp(-E / (1.380649e-23 * 300)) / (1.380649e-23 * 300),
        4e-21,
    ),
    "scale 1 at a tiny point": (lambda x: m.exp(x) - 1, m.exp, 1e-20),
    "its own tiny scale": (m.log, lambda x: 1 / x, [1e-16, 1e-200]),
    "close to an edge": (m.asin, lambda x: 1 / m.sqrt((1 - x) * (1 + x)), 1 - 1e-12),
    "one side only": (lambda x: x**1.5 if x >= 0 else m.nan, lambda x: 1.5 * x**0.5, 0.0),
    "last point of a domain": (lambda p: p * m.log(p) if 0 < p <= 1 else m.nan, lambda p: m.log(p) + 1, 1.0),
    "rounded to cents": (lambda x: round(10 * m.sin(x), 3), lambda x: 10 * m.cos(x), [0.5, 2.0]),
    "single precision derivative": (lambda x: x**2, lambda x: np.float32(2) * np.float32(x), 0.7),
    "any keywords": (lambda **k: k["x"] * k["y"], lambda **k: (k["y"], k["x"]), {"x": 1.0, "y": 2.0}),
    "default left out": (
        lambda x, k=2.0, z=1.0: x**k * z,
        lambda x, k=2.0, z=1.0: (k * x ** (k - 1) * z, x**k),
        {"x": 2.0, "z": 3.0},
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_derivative_passes(name: str) -> None:
    f, derivative, at = RIGHT[name]
    assert check_derivative(f, derivative, at=at).verdict == "pass"


WRONG: dict[str, tuple[Callable[..., Any], Callable[..., Any], Any]] = {
    "sign far out": (m.sin, lambda x: -m.cos(x), 1e6),
    "factor far out": (ag.sin, lambda x: 2 * ag.cos(x), 1e6),
    "sign, fast": (lambda x: m.sin(1e6 * x), lambda x: -1e6 * m.cos(1e6 * x), 1.0),
    "a thousandth, steep": (lambda x: m.atan(1e5 * x), lambda x: 1.001e5 / (1 + (1e5 * x) ** 2), 0.0),
    "sign, Boltzmann factor": (lambda E: m.exp(-E / 4e-21), lambda E: m.exp(-E / 4e-21) / 4e-21, 4e-21),
    "sign, close to an edge": (m.asin, lambda x: -1 / m.sqrt((1 - x) * (1 + x)), 1 - 1e-12),
    "sign, rounded to cents": (lambda x: round(10 * m.sin(x), 2), lambda x: -10 * m.cos(x), 0.5),
    "one side only": (lambda x: x**1.5 + x if x >= 0 else m.nan, lambda x: 1.5 * x**0.5, 0.0),
    "a jump close by is no slope": (lambda x: float(x > 1e-9) + x, lambda x: 2.0, 0.0),
    "no subgradient above": (lambda x, y: max(x, y), lambda x, y: (1.0, 1.0), (1.0, 1.0)),
    "no subgradient below": (lambda x, y: max(x, y), lambda x, y: (0.0, 0.0), (1.0, 1.0)),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_derivative_fails(name: str) -> None:
    f, derivative, at = WRONG[name]
    assert check_derivative(f, derivative, at=at, diagnosed=False).verdict == "fail"


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: x ** (1 / 3), 0.0),
        (lambda x: x**x, 0.0),
        (ag.tan, m.pi / 2),
        (m.tan, m.pi / 2),
        (ag.sqrt, 0.0),
        (ag.log, -1.0),
    ],
)
def test_point_without_a_derivative_is_undefined(f: Callable[[float], float], x: float) -> None:
    assert check_derivative(f, lambda x: 1.0, at=x).verdict == "undefined"


@pytest.mark.parametrize(
    ("at", "count"),
    [
        (np.float64(3), 1),
        ([np.float32(0.1)], 1),
        (np.linspace(0, 1, 5), 5),
        (list(np.linspace(0, 1, 3)), 3),
        (np.array(3.0), 1),
        (range(1, 4), 3),
    ],
    ids=repr,
)
def test_numpy_points_are_points(at: Any, count: int) -> None:
    assert len(check_derivative(np.sin, np.cos, at=at).entries) == count


def test_rows_of_a_matrix_are_points_of_several_variables() -> None:
    for at in (np.array([[1.0, 2.0], [3.0, 4.0]]), [[1.0, 2.0], [3.0, 4.0]]):
        assert [p.named() for p in structured_points(lambda x, y: x * y, at)] == [
            {"x": 1.0, "y": 2.0},
            {"x": 3.0, "y": 4.0},
        ]


@pytest.mark.parametrize("at", [(), [()], {}, [], m.nan, m.inf, "1", [[[1.0]]]], ids=repr)
def test_what_is_no_point_is_refused(at: Any) -> None:
    with pytest.raises(ArgumentError):
        check_derivative(m.sin, m.cos, at=at)


def test_gradcheck_says_what_it_cannot_check() -> None:
    for f, x in ((ag.sqrt, 0.0), (ag.floor, 2.0), (ag.sign, 0.0)):
        with pytest.raises(DerivativeError, match="no derivative here"):
            gradcheck(f, x)
    assert gradcheck(lambda x: [x, 1.0], 2.0), "a constant output has slope 0"


def test_derivative_that_raises_pages_of_text_keeps_the_report_short() -> None:
    def derivative(x: float) -> float:
        raise ValueError("boom\n" * 100)

    assert len(str(check_derivative(m.sin, derivative, at=1.0)).splitlines()) <= 25


def test_pass_that_says_little_says_so() -> None:
    assert "cannot tell" in str(check_derivative(m.tanh, lambda x: 0.0, at=18.0))


@pytest.mark.parametrize(
    ("f", "derivative", "at", "why"),
    [
        (lambda v: 1 / m.sqrt(1 - (v / 3e8) ** 2) - 1, lambda v: v / 9e16, 3.0, "values do not change"),
        (lambda x: round(10 * m.sin(x), 1), lambda x: 10 * m.cos(x), 0.5, "a staircase with steps of 0.1"),
    ],
)
def test_values_that_cannot_tell_say_why_and_what_to_try(f: Any, derivative: Any, at: float, why: str) -> None:
    report = check_derivative(f, derivative, at=at)
    assert report.verdict == "undefined"
    assert "cannot tell at this point, because" in str(report)
    assert why in str(report)
    assert "; try " in str(report)


@pytest.mark.parametrize("f", [lambda x: struct.unpack("d", struct.pack("d", x))[0] ** 2, lambda x: Decimal(x) ** 2])
def test_a_function_that_takes_floats_only_is_judged_by_its_values(f: Callable[..., Any]) -> None:
    assert check_derivative(f, lambda x: 2 * x, at=0.7).verdict == "pass"
    assert check_derivative(f, lambda x: x, at=0.7).verdict == "fail"


def test_a_table_that_ends_has_no_values_further_on() -> None:
    table = [0.0, 1.0, 4.0, 9.0]

    def f(x: float) -> float:
        return table[int(x)] + (x - int(x)) * (table[int(x) + 1] - table[int(x)])

    assert check_derivative(f, lambda x: 5.0, at=2.99).verdict == "pass"
    assert check_derivative(f, lambda x: 4.0, at=2.99, diagnosed=False).verdict == "fail"


def test_easy_checks_are_cheap_and_all_calls_are_counted() -> None:
    calls = 0

    def f(x: float) -> float:
        nonlocal calls
        calls += 1
        return math.exp(math.sin(float(x)))

    report = check_derivative(f, lambda x: math.cos(x) * math.exp(math.sin(x)), at=0.7)
    assert report.verdict == "pass"
    assert report.evaluations == calls <= 40
    calls = 0
    report = check_derivative(f, lambda x: math.exp(math.sin(x)), at=0.7)
    assert report.verdict == "fail"
    assert calls <= report.evaluations <= 150  # a copy of f, with its own `calls`, has run on Values


# ---- Arrays, structures and functions of several outputs

A = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0]])
WEIGHTS = np.array([1.0, -2.0, 0.5])


def softmax(z: Any) -> Any:
    return np.exp(z) / np.exp(z).sum()


ARRAYS: dict[str, tuple[Callable[..., Any], Callable[..., Any], Any]] = {
    "vector": (lambda w: (w**2).sum(), lambda w: 2 * w, WEIGHTS),
    "list of a vector": (
        lambda z: np.log(np.exp(z).sum()) - z[1],
        lambda z: softmax(z) - np.array([0, 1, 0]),
        [WEIGHTS],
    ),
    "matrix": (lambda W: (np.sin(W) ** 2).sum(), lambda W: np.sin(2 * W), A),
    "arguments": (lambda W, w: (W @ w).sum(), lambda W, w: (np.outer(np.ones(2), w), W.sum(axis=0)), (A, WEIGHTS)),
    "arguments by name": (
        lambda W, w: (W @ w).sum(),
        lambda W, w: {"w": W.sum(axis=0), "W": np.outer(np.ones(2), w)},
        {"w": WEIGHTS, "W": A},
    ),
    "one argument, a dict": (
        lambda p: (p["W"] @ p["w"]).sum(),
        lambda p: {"w": p["W"].sum(axis=0), "W": np.outer(np.ones(2), p["w"])},
        {"w": WEIGHTS, "W": A},
    ),
    "any number of arguments": (lambda *x: x[0] * x[1], lambda *x: (x[1], x[0]), (1.0, 2.0)),
    "one argument, a tuple": (lambda x: x[0] * x[1], lambda x: (x[1], x[0]), (1.0, 2.0)),
    "Jacobian": (lambda w: np.tanh(A @ w), lambda w: (1 - np.tanh(A @ w) ** 2)[:, None] * A, WEIGHTS),
    "Jacobian of floats": (softmax, lambda z: np.diag(softmax(z)) - np.outer(softmax(z), softmax(z)), WEIGHTS),
    "Hessian": (lambda w: 4 * w**3, lambda w: np.diag(12 * w**2), WEIGHTS),
    "pairs": (lambda x, y: (x * y, x + y), lambda x, y: ((y, x), (1.0, 1.0)), (2.0, 3.0)),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_right_derivative_of_arrays_passes_and_a_double_one_fails(name: str) -> None:
    f, derivative, at = ARRAYS[name]
    assert check_derivative(f, derivative, at=at).verdict == "pass"

    def double(*args: Any) -> Any:
        found = derivative(*args)
        if isinstance(found, dict):
            return {key: 2 * entry for key, entry in found.items()}
        return tuple(2 * np.array(entry) for entry in found) if isinstance(found, tuple) else 2 * found

    if name != "arguments by name":
        assert check_derivative(f, double, at=at, diagnosed=False).verdict == "fail"


def test_entries_of_arrays_have_names_with_their_places() -> None:
    wrong = 2 * A
    wrong[1, 2] = 0.0
    report = check_derivative(lambda W: (W**2).sum(), lambda W: wrong, at=A)
    assert [e.variable for e in report.entries if e.verdict == "fail"] == ["W[1,2]"]
    assert "df/dW[1,2]" in str(report).replace("d/d", "df/d")


def test_a_jacobian_that_is_transposed_is_called_so() -> None:
    report = check_derivative(lambda w: A @ w, lambda w: A.T, at=WEIGHTS)
    assert report.verdict == "fail"
    assert report.diagnosis is not None
    assert report.diagnosis.kind == "transposed"
    assert "df[0]/dw[1]" in str(report)


def by_bisection(y: float) -> float:
    low, high = 0.0, 10.0
    while high - low > 1e-6:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if middle + math.log(middle) < y else (low, middle)
    return 0.5 * (low + high)


@pytest.mark.parametrize(
    ("f", "derivative", "wrong", "at"),
    [
        (math.lgamma, lambda x: 0.03648997397857652, lambda x: 1.0, 1.5),
        (lambda x, y: math.lgamma(x) + y, lambda x, y: (0.03648997397857652, 1.0), lambda x, y: (1.0, 1.0), (1.5, 0.2)),
        (math.asin, lambda x: 707106.78, lambda x: 1.0, 1 - 1e-12),
        (lambda x: math.sqrt(x) ** 3, lambda x: 1.5 * math.sqrt(x), lambda x: 1.0, 0.0),
        (by_bisection, lambda y: 1.0 / (1.0 + 1.0 / by_bisection(y)), lambda y: 2.0, 0.5),
        (abs, lambda x: 0.5, lambda x: 2.0, 0.0),
        (
            lambda x, y, z: x * y + math.gamma(z),
            lambda *x: (0.3, 1e3, -0.5772156649015329),
            lambda *x: (1, 1, 1),
            (1e3, 0.3, 1.0),
        ),
    ],
)
def test_a_point_costs_few_calls_of_f(f: Any, derivative: Any, wrong: Any, at: Any) -> None:
    passing = check_derivative(f, derivative, at=at)
    assert (passing.verdict, passing.evaluations <= 40) == ("pass", True)
    failing = check_derivative(f, wrong, at=at)
    assert (failing.verdict, failing.evaluations <= 150) == ("fail", True)


def test_numbers_of_other_kinds_are_points() -> None:
    for at in (Decimal("0.7"), np.array(0.7), np.array([0.7]), np.float32(0.7)):
        assert check_derivative(lambda x: x * x, lambda x: 2 * x, at=at).verdict == "pass"


def test_tensors_are_points() -> None:
    torch = pytest.importorskip("torch")
    for at in (torch.tensor(2.0, dtype=torch.float64), torch.tensor([2.0, 1.0, 3.0], dtype=torch.float64)):
        assert check_derivative(lambda x: (x**2).sum(), lambda x: 2 * x, at=at).verdict == "pass"
        found = check_derivative(lambda x: (x**2).sum(), lambda x: -2 * x, at=at).diagnosis
        assert found is not None
        assert found.kind == "sign"


def test_where_values_lose_the_change_the_engine_judges() -> None:
    def f(v: Any) -> Any:
        return 1 / ag.sqrt(1 - (v / 3e8) ** 2) - 1

    assert check_derivative(f, lambda v: v / 9e16, at=3.0).verdict == "pass"
    assert check_derivative(f, lambda v: -v / 9e16, at=3.0).verdict == "fail"
    assert check_derivative(lambda v: float(f(float(v))), lambda v: -v / 9e16, at=3.0).verdict == "undefined"


def test_an_entry_that_counts_for_little_is_checked_too() -> None:
    report = check_derivative(lambda x, y: 1e9 * x + math.gamma(y), lambda x, y: (1e9, 2.0), at=(1.0, 2.0))
    assert [e.verdict for e in report.entries] == ["pass", "fail"]


def test_many_entries_are_checked_along_directions_and_singly_where_one_fails() -> None:
    at = np.linspace(-1.0, 1.0, 200)

    def f(w: Any) -> float:
        return math.fsum(math.exp(0.1 * float(x)) for x in w)

    def derivative(w: Any) -> Any:
        return [0.1 * math.exp(0.1 * float(x)) for x in w]

    def one_wrong(w: Any) -> Any:
        return [1.01 * d if i == 77 else d for i, d in enumerate(derivative(w))]

    right = check_derivative(f, derivative, at=at)
    assert (right.verdict, len(right.entries)) == ("pass", 200)
    assert right.evaluations < 60
    report = check_derivative(f, one_wrong, at=at, diagnosed=False)
    assert [e.variable for e in report.entries if e.verdict == "fail"] == ["w[77]"]
    assert report.evaluations < 700


@pytest.mark.parametrize(
    ("f", "derivative", "at", "words"),
    [
        (lambda w: (w**2).sum(), lambda w: 2 * w, [1.0, 2.0], "a list is several points"),
        (lambda x: x.nothing, lambda x: 1.0, 1.0, "AttributeError"),
    ],
)
def test_a_function_that_cannot_be_called_says_why(f: Any, derivative: Any, at: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        check_derivative(f, derivative, at=at)


@pytest.mark.parametrize(
    ("f", "derivative", "words"),
    [
        (lambda w: (w**4).sum(), lambda w: np.diag(12 * w**2), "to check a Hessian, give the gradient as f"),
        (lambda w: A @ w, lambda w: A[:, :2], "its shape is (2, 3): one row for each output"),
    ],
)
def test_a_derivative_of_another_shape_says_which_is_right(f: Any, derivative: Any, words: str) -> None:
    report = check_derivative(f, derivative, at=WEIGHTS, diagnosed=False)
    assert report.verdict == "fail"
    assert words in report.entries[0].note


# ---- What a report can be turned into


def test_a_report_as_data_as_a_line_and_as_a_table() -> None:
    report = check_derivative(lambda x, y: ag.sin(x) * y, lambda x, y: (ag.cos(x), ag.sin(x)), at=[(1.0, 2.0)])
    found = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert found["verdict"] == "fail"
    assert found["diagnosis"]["kind"] == "missing factor"
    assert found["points"] == [{"x": 1.0, "y": 2.0}]
    assert [e["verdict"] for e in found["entries"]] == ["fail", "pass"]
    assert repr(report).startswith("<fail: ")
    assert "\n" not in repr(report)
    assert str(report).splitlines()[0] == repr(report)[1:-1]
    page = report._repr_html_()
    assert "<td>d/dx</td>" in page
    assert "&lt;lambda&gt;" in page


def test_a_ratio_is_never_minus_0() -> None:
    assert "yours / right = 0\n" in str(check_derivative(lambda x: -x * x, lambda x: 0.0, at=1.0))


# ---- Small parts of a check: how points are read and named, points nearby, common wrong rules, constants in words


def test_points_are_read_in_the_order_of_the_arguments() -> None:
    at = [(1.0, 2.0), {"y": 4.0, "x": 3.0}]
    assert [p.named() for p in structured_points(lambda x, y: x * y, at)] == [
        {"x": 1.0, "y": 2.0},
        {"x": 3.0, "y": 4.0},
    ]
    assert [point.numbers for point in structured_points(lambda x, y: x * y, at)] == [(1.0, 2.0), (3.0, 4.0)]


def test_arguments_keep_their_names_if_there_are_enough() -> None:
    assert argument_names(lambda x, *rest, y=1.0: x) == ["x", "y"]
    assert variable_names(["a", "b"], 1) == ["a"]
    assert variable_names([], 1) == ["x"]
    assert variable_names(["a"], 2) == ["x1", "x2"]


def test_points_nearby_are_always_the_same_and_keep_the_sign() -> None:
    (point,) = structured_points(abs, 2.0)
    assert [f"{p.numbers[0]:.3f}" for p in near(point, 3)] == ["1.683", "1.967", "2.250"]
    (point,) = structured_points(lambda x, y: x, (-1e-3, 5.0))
    assert all(p.numbers[0] < 0.0 < p.numbers[1] for p in near(point, 50))


def test_the_function_itself_is_the_first_mistake_with_a_power() -> None:
    x = np.array([2.0])
    mistakes = [(mistake.text, mistake.partial.item()) for mistake in usual_mistakes(ops.power(3.0), 0, [x], x**3)]
    assert mistakes[:3] == [("{o}", 8.0), ("3{u}^3", 24.0), ("4{u}^2", 16.0)]


def test_constants_have_names() -> None:
    assert [constant_text(x) for x in (1.5, math.pi, -1.0 / math.pi, 0.1234)] == ["3/2", "pi", "-1/(pi)", "0.1234"]


def test_sums_stand_in_brackets_in_a_derivative() -> None:
    assert fraction("L", "yhat") == "dL/dyhat"
    assert fraction("yhat - y", "a") == "d(yhat - y)/da"
