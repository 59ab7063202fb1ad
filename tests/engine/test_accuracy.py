"""First derivatives within 4 units in the last place and second ones within 1e-13, far into every tail.

Two sources of truth: the rows of tests/data/unary_oracle.json, and a denser set of points whose derivatives are
computed here from textbook formulas with enough digits that their cancellation does not matter.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import mpmath as mp
import pytest
from mpmath import mpf

import autograd as ag
from autograd import Value

ORACLE: dict[str, list[list[float]]] = json.loads(
    (Path(__file__).parents[1] / "data" / "unary_oracle.json").read_text()
)["ops"]

FUNCTIONS: dict[str, Callable[[Value], Value]] = {
    name: getattr(ag, name) for name in ORACLE if name not in ("square", "reciprocal")
}
FUNCTIONS["square"] = lambda x: x**2
FUNCTIONS["reciprocal"] = lambda x: 1 / x

ULPS = 4
SECOND = 1e-13


class Textbook(NamedTuple):
    """f, f' and f'' as a textbook writes them, and where to look."""

    value: Callable[..., Any]
    first: Callable[..., Any]
    second: Callable[..., Any]
    low: float = -math.inf
    high: float = math.inf
    zeros: tuple[float, ...] = ()  # of f' or f'', where a difference of two terms has no relative accuracy to give


def s(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def density(x: Any) -> Any:
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def bell(x: Any) -> Any:
    return 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)


LN2, LN10 = (lambda: mp.log(2)), (lambda: mp.log(10))
SILU_ZEROS = (-1.2784645427610738, 2.3993572805154677, -2.3993572805154677)
GELU_ZEROS = (-0.7517915246935645, math.sqrt(2), -math.sqrt(2))

TEXTBOOK: dict[str, Textbook] = {
    "exp": Textbook(mp.exp, mp.exp, mp.exp, -700, 700),
    "expm1": Textbook(mp.expm1, mp.exp, mp.exp, -700, 700),
    "exp2": Textbook(lambda x: 2**x, lambda x: 2**x * LN2(), lambda x: 2**x * LN2() ** 2, -1000, 1000),
    "log": Textbook(mp.log, lambda x: 1 / x, lambda x: -1 / x**2, 1e-150),
    "log1p": Textbook(lambda x: mp.log(1 + x), lambda x: 1 / (1 + x), lambda x: -1 / (1 + x) ** 2, -1 + 1e-15),
    "log2": Textbook(lambda x: mp.log(x, 2), lambda x: 1 / x / LN2(), lambda x: -1 / x**2 / LN2(), 1e-150),
    "log10": Textbook(mp.log10, lambda x: 1 / x / LN10(), lambda x: -1 / x**2 / LN10(), 1e-150),
    "sqrt": Textbook(mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), lambda x: -1 / (4 * x * mp.sqrt(x)), 1e-200),
    "reciprocal": Textbook(lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3),
    "square": Textbook(lambda x: x * x, lambda x: 2 * x, lambda x: mpf(2)),
    "sin": Textbook(mp.sin, mp.cos, lambda x: -mp.sin(x)),
    "cos": Textbook(mp.cos, lambda x: -mp.sin(x), lambda x: -mp.cos(x)),
    "tan": Textbook(mp.tan, lambda x: mp.sec(x) ** 2, lambda x: 2 * mp.tan(x) * mp.sec(x) ** 2),
    "asin": Textbook(mp.asin, lambda x: 1 / mp.sqrt(1 - x * x), lambda x: x / mp.sqrt(1 - x * x) ** 3, -1, 1),
    "acos": Textbook(mp.acos, lambda x: -1 / mp.sqrt(1 - x * x), lambda x: -x / mp.sqrt(1 - x * x) ** 3, -1, 1),
    "atan": Textbook(mp.atan, lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2),
    "sinh": Textbook(mp.sinh, mp.cosh, mp.sinh, -700, 700),
    "cosh": Textbook(mp.cosh, mp.sinh, mp.cosh, -700, 700),
    "tanh": Textbook(mp.tanh, lambda x: 1 - mp.tanh(x) ** 2, lambda x: -2 * mp.tanh(x) * (1 - mp.tanh(x) ** 2)),
    "asinh": Textbook(mp.asinh, lambda x: 1 / mp.sqrt(1 + x * x), lambda x: -x / mp.sqrt(1 + x * x) ** 3),
    "acosh": Textbook(mp.acosh, lambda x: 1 / mp.sqrt(x * x - 1), lambda x: -x / mp.sqrt(x * x - 1) ** 3, 1),
    "atanh": Textbook(mp.atanh, lambda x: 1 / (1 - x * x), lambda x: 2 * x / (1 - x * x) ** 2, -1, 1),
    "sigmoid": Textbook(s, lambda x: s(x) * (1 - s(x)), lambda x: s(x) * (1 - s(x)) * (1 - 2 * s(x))),
    "logsigmoid": Textbook(lambda x: mp.log(s(x)), lambda x: 1 - s(x), lambda x: -s(x) * (1 - s(x))),
    "softplus": Textbook(lambda x: mp.log(1 + mp.exp(x)), s, lambda x: s(x) * (1 - s(x))),
    "silu": Textbook(
        lambda x: x * s(x),
        lambda x: s(x) + x * s(x) * (1 - s(x)),
        lambda x: s(x) * (1 - s(x)) * (2 + x * (1 - 2 * s(x))),
        zeros=SILU_ZEROS,
    ),
    "gelu": Textbook(
        lambda x: x * mp.ncdf(x),
        lambda x: mp.ncdf(x) + x * density(x),
        lambda x: (2 - x * x) * density(x),
        -37,
        37,
        zeros=GELU_ZEROS,
    ),
    "softsign": Textbook(
        lambda x: x / (1 + abs(x)),
        lambda x: 1 / (1 + abs(x)) ** 2,
        lambda x: -2 * mp.sign(x) / (1 + abs(x)) ** 3,
    ),
    "elu": Textbook(
        lambda x: x if x > 0 else mp.expm1(x),
        lambda x: mpf(1) if x > 0 else mp.exp(x),
        lambda x: mpf(0) if x > 0 else mp.exp(x),
    ),
    "erf": Textbook(mp.erf, bell, lambda x: -2 * x * bell(x), -26, 26),
    "erfc": Textbook(mp.erfc, lambda x: -bell(x), lambda x: 2 * x * bell(x), -26, 26),
    "cbrt": Textbook(
        lambda x: mp.sign(x) * mp.root(abs(x), 3),
        lambda x: 1 / (3 * mp.root(abs(x), 3) ** 2),
        lambda x: -2 * mp.sign(x) / (9 * mp.root(abs(x), 3) ** 5),
    ),
}

ROUND = (1e-20, 1e-8, 1e-4, 0.01, 0.1, 0.25, 0.5, 0.9, 0.999, 0.999999, 1.000000000001, 1.001, 1.5, 2.0, 3.0, 5.0)
FAR = (8.0, 10.0, 15.0, 18.0, 19.5, 20.5, 25.0, 30.0, 36.0, 40.0, 100.0, 300.0, 600.0, 700.0, 1e4, 1e8)


def points(book: Textbook) -> Iterator[float]:
    """Both signs of the round numbers, then 140 that are evenly spread, in magnitude and in place."""
    magnitudes = [*ROUND, *FAR, *(10 ** (-6 + n / 8.3) for n in range(70))]
    spread = [-8.03 + 0.2297 * n for n in range(70)]
    near_ends = [book.low + 10.0**-k for k in (2, 5, 9)] + [book.high - 10.0**-k for k in (2, 5, 9)]
    for x in [*magnitudes, *(-m for m in magnitudes), *spread, *near_ends]:
        if book.low < x < book.high and math.isfinite(x):
            yield x


def derivatives(name: str, x: float) -> tuple[float, float, float, float]:
    """f' by eager backward and through `create_graph`, and f'' by a backward and by a second `create_graph`."""
    v = Value(x)
    FUNCTIONS[name](v).backward()
    eager = v.grad
    v.zero_grad()
    FUNCTIONS[name](v).backward(create_graph=True)
    first = v.grad
    v.zero_grad()
    first.backward()
    second = v.grad
    v.zero_grad()
    first.backward(create_graph=True)
    return eager, first.data, second, v.grad.data


def within_ulps(got: float, expected: float, ulps: float = ULPS) -> bool:
    return abs(got - expected) <= ulps * math.ulp(expected)


def second_agrees(got: float, expected: float) -> bool:
    subnormal_spacing = 8 * math.ulp(0.0)  # below the normal doubles there are no 1e-13 to be had
    return abs(got - expected) <= SECOND * abs(expected) + subnormal_spacing


def rounded(x: Any) -> float:
    return float(mp.mpf(x))


def test_all_32_functions_are_public_or_operators() -> None:
    assert len(ORACLE) == 32
    assert set(TEXTBOOK) == set(ORACLE) == set(FUNCTIONS)
    assert set(ORACLE) - {"square", "reciprocal"} <= set(ag.__all__)


@pytest.mark.parametrize("name", ORACLE)
def test_every_row_of_the_oracle_is_met(name: str) -> None:
    wrong = []
    for x, value, first, second in ORACLE[name]:
        eager, graphed, *seconds = derivatives(name, x)
        if not within_ulps(FUNCTIONS[name](Value(x)).data, value):
            wrong.append(("f", x, value))
        wrong += [("f'", x, got, first) for got in (eager, graphed) if not within_ulps(got, first)]
        if second is not None:
            wrong += [("f''", x, got, second) for got in seconds if not second_agrees(got, second)]
    assert not wrong


@pytest.mark.parametrize("name", TEXTBOOK)
def test_derivatives_hold_on_a_dense_set_of_points(name: str) -> None:
    """Relative accuracy everywhere but beside the zeros of a derivative.

    There f' or f'' is a difference of two nearly equal numbers, and the rounding of x alone moves it by far more
    than any relative bound, so within 0.01 of one an absolute bound of a few units of the larger term holds.
    """
    book = TEXTBOOK[name]
    wrong = []
    seen = 0
    for x in points(book):
        digits = 40 + (700 if abs(x) > 40 and name in LONG_TAILS else 320 if name in LONG_TAILS else 0)
        with mp.workdps(digits):
            first, second = (rounded(f(mpf(x))) for f in (book.first, book.second))
        if math.isinf(first) or math.isinf(second):
            continue
        seen += 1
        slack = 4e-16 if any(abs(x - zero) < 0.01 for zero in book.zeros) else 0.0
        eager, graphed, *seconds = derivatives(name, x)
        wrong += [
            ("f'", x, got, first)
            for got in (eager, graphed)
            if not within_ulps(got, first) and abs(got - first) > slack
        ]
        wrong += [
            ("f''", x, got, second) for got in seconds if not second_agrees(got, second) and abs(got - second) > slack
        ]
    assert seen >= 60
    assert not wrong, f"{len(wrong)} of {seen}: (which, x, got, expected) {wrong[:8]}"


LONG_TAILS = {"tanh", "sigmoid", "logsigmoid", "softplus", "silu", "gelu"}  # their textbook forms take 1 from 1


@pytest.mark.parametrize("name", TEXTBOOK)
def test_textbook_formulas_used_here_are_the_derivatives_of_the_function(name: str) -> None:
    book = TEXTBOOK[name]
    inside = [x for x in (-2.7, -0.6, 0.3, 0.8, 1.7, 5.2) if book.low < x < book.high]
    with mp.workdps(40):
        for x in map(mpf, inside):
            assert mp.almosteq(mp.diff(book.value, x), book.first(x), 1e-18)
            assert mp.almosteq(mp.diff(book.value, x, 2), book.second(x), 1e-12, 1e-12)


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "silu", "tanh", "gelu", "erf"])
def test_gradients_do_not_vanish_before_doubles_do(name: str) -> None:
    """The textbook formulas give 0 from about 19 (tanh) or 37 (sigmoid) on; the true slopes are small, not 0."""
    ends = {"sigmoid": (-700.0, 700.0), "softplus": (-700.0,), "silu": (-700.0,), "tanh": (-350.0, 350.0)}
    for x in ends.get(name, (-26.0,)):
        v = Value(x)
        FUNCTIONS[name](v).backward()
        assert 0.0 < abs(v.grad) < 1e-100
        assert abs(v.grad) > sys.float_info.min
