"""Points and functions that a check gets wrong easily: each was wrong once."""

from __future__ import annotations

import math as m
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import check_derivative, gradcheck
from autograd.checking.points import points_of
from autograd.errors import ArgumentError, DerivativeError

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
        assert points_of(lambda x, y: x * y, at) == [{"x": 1.0, "y": 2.0}, {"x": 3.0, "y": 4.0}]


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
