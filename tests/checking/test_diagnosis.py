"""One slip at a time, and what the diagnosis calls it."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd as ag
from autograd.checking.check import diagnose
from autograd.checking.diagnosis import KINDS, Diagnosis
from autograd.errors import ArgumentError


class Slip(NamedTuple):
    """A function, a wrong derivative of it, where to look, and what is wrong in kind and in words."""

    f: Callable[..., Any]
    derivative: Callable[..., Any]
    at: Any
    kind: str
    text: str


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def labelled(a: Any, b: Any) -> Any:
    """The first lesson's graph: e = (a + b) * (b + 1), with its intermediate names."""
    c, d = a + b, b + 1
    e = c * d
    if isinstance(e, ag.Value):
        c.label, d.label, e.label = "c", "d", "e"
    return e


def shared(x: Any) -> Any:
    """sin(h) h for h = x^2: h is used twice."""
    h = x**2
    return ag.sin(h) * h


def matrix(w11: Any, w12: Any, w21: Any, w22: Any) -> Any:
    return ag.tanh(w11 * 0.5 + w12 * 2.0) + 3.0 * ag.tanh(w21 * 0.5 + w22 * 2.0)


def matrix_gradient(w11: float, w12: float, w21: float, w22: float) -> Any:
    first = 1.0 - math.tanh(w11 * 0.5 + w12 * 2.0) ** 2
    second = 3.0 - 3.0 * math.tanh(w21 * 0.5 + w22 * 2.0) ** 2
    return [[first * 0.5, second * 0.5], [first * 2.0, second * 2.0]]


XS, YS = (0.5, -1.0, 2.0), (0.1, 0.4, -0.3)


def squares(w: Any) -> Any:
    return ag.sum([(w * x - y) ** 2 for x, y in zip(XS, YS, strict=True)])


def squares_slope(w: float) -> float:
    return sum(2.0 * x * (w * x - y) for x, y in zip(XS, YS, strict=True))


SLIPS = {
    "sign": Slip(
        lambda x: ag.cos(x), lambda x: math.sin(x), [0.3, 1.0], "sign", "the sign is the wrong way round"
    ),
    "sign of a term": Slip(
        lambda x: x**3 - ag.exp(x), lambda x: 3 * x**2 + math.exp(x), 0.5, "sign",
        "the sign of the term exp(x) is the wrong way round",
    ),
    "quotient rule the wrong way round": Slip(
        lambda x: x / (1 + x**2), lambda x: (2 * x * x - (1 + x**2)) / (1 + x**2) ** 2, 0.5, "sign",
        "the sign is the wrong way round",
    ),
    "missing factor": Slip(
        lambda x: ag.sin(x**2), lambda x: math.cos(x**2), [0.7, 1.3], "missing factor", "you left out d(x^2)/dx = 2x"
    ),
    "missing constant factor": Slip(
        lambda x: ag.exp(3 * x), lambda x: math.exp(3 * x), 0.4, "missing factor", "you left out d(3x)/dx = 3"
    ),
    "missing inner derivative": Slip(
        lambda x: ag.exp(ag.sin(x**2)), lambda x: math.exp(math.sin(x**2)), 0.4, "missing factor",
        "you left out the inner derivative, that of sin(x^2)",
    ),
    "missing divisor": Slip(
        lambda x: ag.sin(x) / x, lambda x: math.cos(x) * x - math.sin(x), 0.4, "missing factor",
        "you left out the division by x^2 in the quotient rule for sin(x)/x",
    ),
    "missing log 2": Slip(
        lambda x: ag.exp2(x), lambda x: 2.0**x, 0.4, "missing factor",
        "you left out the factor 0.693147 that the base brings into d(exp2(x))/dx = exp2(x)*0.693147",
    ),
    "extra factor": Slip(
        lambda x: ag.sin(x**2), lambda x: math.cos(x**2) * 4 * x**2, 0.7, "extra factor",
        "the factor d(x^2)/dx = 2x stands there twice",
    ),
    "constant factor": Slip(
        lambda x: x**2, lambda x: 5 * x, [1.0, 2.0], "constant factor", "your derivative is 5/2 times what it should be"
    ),
    "exponent left out": Slip(
        lambda x: x**2, lambda x: x, [1.0, 2.0], "missing factor",
        "you left out the exponent as a factor: d(x^2)/dx = 2x"
    ),
    "exponents left out": Slip(
        lambda x, y: x**0.3 * y**0.7, lambda x, y: (x**-0.7 * y**0.7, x**0.3 * y**-0.3), [(2.0, 3.0), (0.7, 1.4)],
        "missing factor",
        "you left out the exponent as a factor: d(y^0.7)/dy = 0.7*y^(-0.3), and so in each of 2 such places"
    ),
    "inner derivative of a node used twice": Slip(
        lambda x, y: (lambda r: ag.exp(-r) / r)(ag.sqrt(x * x + y * y)),
        lambda x, y: (lambda r: [-(1 + r) * math.exp(-r) / r**2] * 2)(math.hypot(x, y)), [(0.6, 0.9), (1.4, -0.3)],
        "missing factor", "you left out the inner derivative, that of sqrt(x*x + y*y)"
    ),
    "product of partial derivatives": Slip(
        lambda x, y: x**3 * y**4, lambda x, y: (12 * x**2 * y**3,) * 2, [(1.2, 0.7), (-0.5, 2.0)], "wrong function",
        "the derivative of the product x^3*y^4 is not the product of the derivatives"
    ),
    "n - 1": Slip(
        lambda x, y, z: ((x - (x + y + z) / 3)**2 + (y - (x + y + z) / 3)**2 + (z - (x + y + z) / 3)**2) / 3,
        lambda x, y, z: [v - (x + y + z) / 3 for v in (x, y, z)], (1.0, 2.5, 0.2), "mean for sum",
        "your derivative divides by 2 where f divides by 3"
    ),
    "sigma' too much": Slip(
        lambda w: ag.sum([ag.softplus(w * x) for x in (0.4, -1.2, 2.0)]),
        lambda w: sum(x * logistic(w * x)**2 * logistic(-w * x) for x in (0.4, -1.2, 2.0)), [0.3, -0.8],
        "extra factor", "a factor too much: sigmoid(w*0.4)*(1 - sigmoid(w*0.4)), and so in each of 3 such places"
    ),
    "a constant kept": Slip(
        lambda x: 5 * x**4 - 3 * x**2 + 7, lambda x: 20 * x**3 - 6 * x + 7, [0.5, -1.2], "wrong function",
        "the term 7 of 5x^4 - 3x^2 + 7 stands in your derivative as it is"
    ),
    "sign, though right where x < 0": Slip(
        lambda x: ag.acos(1 / x), lambda x: -1 / (x * math.sqrt(x**2 - 1)), [1.5, 3.0], "sign",
        "the sign is the wrong way round"
    ),
    "right within an interval": Slip(
        lambda x: ag.clip(x, -1, 1)**3, lambda x: 3 * x**2, [0.5, -0.2, -2.0, 3.0], "one side",
        "right for x between about -0.849273 and 1.49354, wrong outside"
    ),
    "half of x*x": Slip(
        lambda x: x * x, lambda x: x, [1.0, 2.0], "missing path",
        "perhaps x also reaches f directly, by d(x*x)/dx = x, the product rule's other term, or your derivative is 1/2 "
        "times what it should be"
    ),
    "quotient of the derivatives of 1 and x^3": Slip(
        lambda x: 1 / x**3, lambda x: 1 / (3 * x**2), [0.7, 2.0, -1.5], "wrong function",
        "the derivative of the quotient 1/x^3 is not the quotient of the derivatives"
    ),
    "taken at the inner rule": Slip(
        lambda x: ag.sin(ag.cos(x**2)), lambda x: -2 * x * math.sin(x**2) * math.cos(-math.sin(x**2)), [0.5, 1.2],
        "wrong point", "d(sin(cos(x^2)))/d(cos(x^2)) is taken at the derivative of cos(x^2) instead of at cos(x^2)"
    ),
    "sign of a rounded function": Slip(
        lambda x: round(1000 * math.sin(x), 2), lambda x: -1000 * math.cos(x), [0.5, 0.7], "sign",
        "the sign is the wrong way round"
    ),
    "a tiny scale": Slip(
        lambda E: ag.exp(-E / 4.14e-21), lambda E: -math.exp(-E / 4.14e-21), [4e-21, 1e-21], "missing factor",
        "you left out d((-E)/4.14e-21)/d(-E) = 1/4.14e-21"
    ),
    "a matrix beside a vector": Slip(
        lambda W, b: np.tanh(W @ np.array([1.0, -2.0, 0.5]) + b).sum(),
        lambda W, b: (
            np.outer(1 - np.tanh(W @ [1.0, -2.0, 0.5] + b) ** 2, [1.0, -2.0, 0.5]).T,
            1 - np.tanh(W @ [1.0, -2.0, 0.5] + b) ** 2,
        ),
        (np.arange(6.0).reshape(2, 3) / 7, np.array([0.1, -0.2])), "transposed",
        "the 2 x 3 matrix of the entries for W[0,0] to W[1,2] is transposed"
    ),
    "exponent on one branch": Slip(
        lambda w: sum((lambda r: r if r > 0 else 0.0)(1 - y * w) ** 2 for y in (0.3, 0.6, 0.9, -0.5)) + w**3,
        lambda w: sum(-y * max(0.0, 1 - y * w) for y in (0.3, 0.6, 0.9, -0.5)) + 3 * w**2, [0.3, 1.4], "missing factor",
        "you left out the exponent as a factor: d((1 - (-0.5w))^2)/d(1 - (-0.5w)) = 2*(1 - (-0.5w)), and so in each of "
        "4 such places; on another branch: you left out the exponent as a factor: d((1 - (-0.5w))^2)/d(1 - (-0.5w)) = "
        "2*(1 - (-0.5w)), and so in each of 3 such places"
    ),
    "a large factor": Slip(
        lambda x: ag.sin(1e7 * x), lambda x: math.cos(1e7 * x), [0.3, 1.0], "missing factor",
        "you left out d(1e+07*x)/dx = 1e+07"
    ),
    "constant factor of a term": Slip(
        lambda x: ag.sin(x) + x**2, lambda x: math.cos(x) + 6 * x, 1.0, "constant factor",
        "the derivative of the term x^2 is 3 times what it should be",
    ),
    "constant factor of any size": Slip(
        lambda x: ag.sin(x), lambda x: 2.001 * math.cos(x), 1.0, "constant factor",
        "your derivative is 2.001 times what it should be",
    ),
    "missing path": Slip(
        labelled, lambda a, b: (b + 1, a + b), (2.0, 1.0), "missing path",
        "in the entry for b: b also reaches e through c, the product rule's other term",
    ),
    "missing path to the variable itself": Slip(
        lambda x: x * ag.sin(x), lambda x: x * math.cos(x), 1.0, "missing path",
        "x also reaches f directly, by d(x*sin(x))/dx = sin(x), the product rule's other term",
    ),
    "missing path through a shared node": Slip(
        shared, lambda x: math.cos(x**2) * x**2 * 2 * x, 0.7, "missing path",
        "x also reaches f through x^2, the product rule's other term",
    ),
    "dropped term": Slip(
        lambda x: x**3 + x * ag.sin(x), lambda x: math.sin(x) + x * math.cos(x), 2.0, "dropped term",
        "you dropped the term x^3 of x^3 + x*sin(x)",
    ),
    "dropped term of one variable": Slip(
        lambda x, y: x**2 * y + y**3, lambda x, y: (2 * x * y, x**2), (1.0, 2.0), "dropped term",
        "you dropped the term y^3 of x^2*y + y^3",
    ),
    "dropped term of a dot product": Slip(
        lambda x: ag.dot([x, 2.0], [x**2, ag.sin(x)]), lambda x: 3 * x**2, 0.8, "dropped term",
        "you dropped the term 2*sin(x) of dot(x, 2, x^2, sin(x))",
    ),
    "swapped entries": Slip(
        lambda a, b: a**2 * b, lambda a, b: (a**2, 2 * a * b), (2.0, 3.0), "swapped",
        "the entries for a and b are swapped",
    ),
    "swapped operands": Slip(
        lambda w, x, b: ag.tanh(w * x + b),
        lambda w, x, b: tuple(s * (1 - math.tanh(w * x + b) ** 2) for s in (w, x, 1.0)),
        (0.5, -1.0, 0.3), "swapped", "the entries for w and x are swapped",
    ),
    "one operand for the other": Slip(
        lambda w, x: ag.tanh(w * x),
        lambda w, x: (x * (1 - math.tanh(w * x) ** 2), x * (1 - math.tanh(w * x) ** 2)),
        (0.5, -1.0), "swapped", "in the entry for x: in the derivative of w*x the operands w and x are swapped",
    ),
    "slope at the output": Slip(
        lambda z: ag.sigmoid(z), lambda z: logistic(logistic(z)) * (1 - logistic(logistic(z))), 0.3, "wrong point",
        "d(sigmoid(z))/dz is taken at sigmoid(z), the node's own output, instead of at z",
    ),
    "slope at the variable": Slip(
        lambda x: ag.sin(x**2), lambda x: 2 * x * math.cos(x), 0.7, "wrong point",
        "d(sin(x^2))/d(x^2) is taken at x instead of at x^2",
    ),
    "slope at the inner slope": Slip(
        lambda x: ag.sin(x**2), lambda x: math.cos(2 * x), 0.7, "wrong point",
        "d(sin(x^2))/d(x^2) is taken at the derivative of x^2 instead of at x^2",
    ),
    "the function for its derivative": Slip(
        lambda x: ag.sin(x), lambda x: math.sin(x), 0.7, "wrong function", "d(sin(x))/dx = cos(x), not sin(x)"
    ),
    "1/x for -1/x^2": Slip(
        lambda x: 1 / x, lambda x: 1 / x, 0.7, "wrong function", "d(1/x)/dx = -1/x^2, not 1/x"
    ),
    "1 - x^2 for 1 - tanh^2": Slip(
        lambda x: ag.tanh(x), lambda x: 1 - x**2, 0.7, "wrong function", "d(tanh(x))/dx = 1 - tanh(x)^2, not 1 - x^2"
    ),
    "the exponent kept": Slip(
        lambda x: x**3, lambda x: 3 * x**3, 0.7, "wrong function", "d(x^3)/dx = 3x^2, not 3x^3"
    ),
    "the product of the derivatives": Slip(
        lambda x: x**2 * ag.sin(x), lambda x: 2 * x * math.cos(x), 0.7, "wrong function",
        "the derivative of the product x^2*sin(x) is not the product of the derivatives",
    ),
    "the integral": Slip(
        lambda x: ag.tanh(x), lambda x: math.log(math.cosh(x)), 0.7, "wrong function",
        "d(tanh(x))/dx = 1 - tanh(x)^2, not log(cosh(x))",
    ),
    "one side": Slip(lambda x: abs(x), lambda x: 1.0, [-2.0, 3.0], "one side", "right for x > 0, wrong for x < 0"),
    "one side, points on the wrong one": Slip(
        lambda x: ag.relu(x), lambda x: 1.0, -2.0, "one side", "right for x > 0, wrong for x < 0"
    ),
    "one side of a kink elsewhere": Slip(
        lambda x: ag.maximum(x, 2.0) ** 2, lambda x: 2 * x, [1.0, 1.5, 3.0], "one side",
        "right for x > 2, wrong for x < 2",
    ),
    "degrees": Slip(
        lambda x: ag.sin(x), lambda x: math.cos(x) * math.pi / 180, 30.0, "degrees",
        "a factor of pi/180 too much: degrees in one place, radians in the other",
    ),
    "degrees inside": Slip(
        lambda x: ag.sin(x), lambda x: math.cos(math.radians(x)), 30.0, "degrees",
        "the slope of sin(x) is taken at degrees where f takes radians, or the other way round",
    ),
    "transposed": Slip(
        matrix, matrix_gradient, (0.3, -0.2, 0.1, 0.4), "transposed",
        "the 2 x 2 matrix of the entries for w11 to w22 is transposed",
    ),
    "mean for sum": Slip(
        squares, lambda w: squares_slope(w) / 3, [0.7, -1.0], "mean for sum",
        "f takes the sum of 3 terms, your derivative their mean: a factor of 1/3 too much",
    ),
    "sum for mean": Slip(
        lambda w: ag.mean([w * x for x in XS]) ** 2, lambda w: 3 * 2 * w * (0.5**2), [0.7, -1.0], "mean for sum",
        "f takes the mean of 3 terms, your derivative their sum: a factor of 1/3 is missing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_slip_is_named(slip: Slip) -> None:
    found = diagnose(slip.f, slip.derivative, slip.at)
    assert found is not None
    assert (found.kind, found.text) == (slip.kind, slip.text)


def test_a_slip_of_each_kind_stands_above_or_below() -> None:
    assert {slip.kind for slip in SLIPS.values()} == set(KINDS) - {"not a number", "unexplained"}


# --- no number -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("derivative", "text"),
    [
        (lambda x: math.nan, "your derivative gives nan at x = 0.5"),
        (lambda x: -math.inf, "your derivative gives -inf at x = 0.5"),
        (lambda x: None, "your derivative gives None, not a number at x = 0.5"),
        (lambda x: "2x", "your derivative gives the str '2x', not a number at x = 0.5"),
        (lambda x: 2j, "your derivative gives the complex 2j, not a number at x = 0.5"),
        (lambda x: (1.0, 2.0), "your derivative gives 2 numbers for 1 variable at x = 0.5"),
        (lambda x: math.log(-x), "your derivative raises ValueError: math domain error at x = 0.5"),
        (lambda x, y: x, "your derivative raises TypeError: "),
        (lambda x: {"y": 1.0}, "your derivative has an entry for 'y', which f does not take at x = 0.5"),
    ],
)
def test_no_number(derivative: Callable[..., Any], text: str) -> None:
    found = diagnose(lambda x: x**2, derivative, [0.5])
    assert found is not None
    assert found.kind == "not a number"
    assert found.text.startswith(text)


def test_no_number_in_one_entry() -> None:
    found = diagnose(lambda x, y: x * y, lambda x, y: (y, math.nan), (1.0, 2.0))
    assert found is not None
    assert found.text == "your derivative gives nan for y at x = 1, y = 2"


def test_too_few_entries() -> None:
    found = diagnose(lambda x, y: x * y, lambda x, y: y, (1.0, 2.0))
    assert found is not None
    assert found.text == "your derivative gives 1 number for 2 variables at x = 1, y = 2"


# --- right derivatives -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "derivative", "at"),
    [
        (lambda x: x**3, lambda x: 3 * x**2, [1.0, -2.0]),
        (math.sin, math.cos, [0.5, 30.0]),
        (lambda x: math.exp(-(x**2)), lambda x: -2 * x * math.exp(-(x**2)), 0.5),
        (labelled, lambda a, b: (b + 1, a + 2 * b + 1), [(2.0, 1.0), {"b": 3.0, "a": -1.0}]),
        (labelled, lambda a, b: {"b": a + 2 * b + 1, "a": b + 1}, {"a": 2.0, "b": 1.0}),
        (lambda x: np.exp(x) * 2, lambda x: np.exp(x) * 2, 1.0),
        (lambda x: ag.relu(x), lambda x: 0.3, 0.0),  # any slope from 0 to 1
        (lambda x: abs(x), lambda x: -0.5, 0.0),
        (lambda x: 1.0 - ag.tanh(x), lambda x: -(1.0 - math.tanh(x) ** 2), 12.0),  # rounding in the tail
        (lambda w, x: ag.dot(w, x), lambda w, x: (x, w), ([1.0, 2.0], [3.0, 4.0])),
        (lambda x: x**2, lambda x: 4.0, 2.0),  # right here, and no other place was asked for
    ],
)
def test_right_derivative(f: Callable[..., Any], derivative: Callable[..., Any], at: Any) -> None:
    assert diagnose(f, derivative, at) is None


def test_wrong_at_one_of_many_points() -> None:
    found = diagnose(lambda x: x**3, lambda x: 3 * x**2 if x < 2 else 0.0, [0.5, 1.0, 3.0])
    assert found is not None
    assert found.kind == "one side"
    assert found.text.startswith("right for x < about 1.")


# --- near misses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "derivative"),
    [
        (lambda x: ag.sin(x**2), lambda x: math.cos(x**2) * math.exp(x) + 0.3),
        (lambda x: ag.sin(x**2), lambda x: 17.0),
        (lambda x: ag.sin(x) * x, lambda x: -math.sin(x) * 2 * x),  # two slips
        (lambda x: math.sin(x**2), lambda x: math.cos(2 * x) + 1.0),
    ],
)
def test_two_slips_are_not_one(f: Callable[..., Any], derivative: Callable[..., Any]) -> None:
    found = diagnose(f, derivative, [0.7, 1.3])
    assert found is not None
    assert found.kind == "unexplained"
    assert found.node is None
    first, second, *_ = found.text.splitlines()
    assert first == "no simple slip explains it"
    assert all(word in second for word in ("at x = 0.7: yours", "right", "ratio", "difference"))


def test_a_slip_at_one_point_only_is_not_taken_for_one_at_all() -> None:
    found = diagnose(lambda x: x**2, lambda x: -2 * x if x == 1.0 else 2 * x, [1.0, 2.0])
    assert found is not None
    assert found.kind == "unexplained"


def test_off_by_a_little() -> None:
    found = diagnose(lambda x: x**3, lambda x: 3 * x**2 * (1 + 1e-7), 2.0)
    assert found is not None
    assert (found.kind, found.text) == ("constant factor", "your derivative is 1.0000001 times what it should be")


# --- without a graph -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("derivative", "kind", "text"),
    [
        (lambda x: -2 * x * math.cos(x**2), "sign", "the sign is the wrong way round"),
        (lambda x: math.cos(x**2), "missing factor", "you left out the factor 2*x"),
        (lambda x: 4 * x**2 * math.cos(x**2), "extra factor", "a factor too much: 2*x"),
        (lambda x: x * math.cos(x**2), "constant factor", "your derivative is 1/2 times what it should be"),
        (
            lambda x: 2 * x * math.cos(x**2) * math.pi / 180,
            "degrees",
            "a factor of pi/180 too much: degrees in one place, radians in the other",
        ),
        (lambda x: 2 * abs(x) * math.cos(x**2), "one side", "right for x > 0, wrong for x < 0"),
    ],
)
def test_without_a_graph(derivative: Callable[..., Any], kind: str, text: str) -> None:
    found = diagnose(lambda x: math.sin(float(f"{x!r}") ** 2), derivative, [0.7, -1.1])  # no copy of it runs on Values
    assert found is not None
    assert (found.kind, found.node, found.text) == (kind, None, text)


def test_swapped_in_plain_math() -> None:
    found = diagnose(lambda x, y: math.sin(x) * y, lambda x, y: (math.sin(x), math.cos(x) * y), (1.0, 2.0))
    assert found == Diagnosis("swapped", None, "the entries for x and y are swapped")


# --- the graph of plain math ------------------------------------------------------------------------------------------


def helper(x: float) -> float:
    return math.exp(x) + 1.0


class Unit:
    """A neuron in plain math, called as an object."""

    def __init__(self, w: float) -> None:
        self.w = w

    def __call__(self, x: float) -> float:
        return math.tanh(self.w * x) ** 2


def made(weight: float) -> Callable[[float], float]:
    root = math.sqrt

    def f(x: float, power: Callable[[float], float] = math.exp) -> float:
        return weight * root(1.0 + power(x))

    return f


@pytest.mark.parametrize(
    ("f", "derivative", "text"),
    [
        (lambda x: math.sin(x**2), lambda x: math.cos(x**2), "you left out d(x^2)/dx = 2x"),
        (lambda x: np.exp(-(x**2)) * x, lambda x: np.exp(-(x**2)), "dropped"),
        (lambda x: math.log(helper(2 * x)), lambda x: math.exp(2 * x) / helper(2 * x), "you left out d(2x)/dx = 2"),
        (Unit(3.0), lambda x: 6 * math.tanh(3 * x), "you left out d(tanh(3x))/d(3x) = 1 - tanh(3x)^2"),
        (made(2.0), lambda x: 1 / math.sqrt(1 + math.exp(x)), "you left out d(exp(x))/dx = exp(x)"),
        (
            lambda x: max(0.0, math.sinh(x)),
            lambda x: math.sinh(x) if x > 0 else 0.0,
            "d(sinh(x))/dx = cosh(x), not sinh(x)",
        ),
    ],
)
def test_plain_math_is_traced(f: Callable[..., Any], derivative: Callable[..., Any], text: str) -> None:
    found = diagnose(f, derivative, [0.7, 1.1])
    assert found is not None
    if text == "dropped":
        assert found.kind == "missing path"
    else:
        assert found.text == text


def test_tracing_leaves_the_users_objects_alone() -> None:
    calls: list[float] = []
    unit = Unit(2.0)

    def f(x: float) -> float:
        calls.append(1.0)
        return unit(x) + math.log(x, 10)

    before = (f.__globals__["math"], dict(vars(unit)), Unit.__call__)
    diagnose(f, lambda x: 1.0, [0.7, 1.1])
    assert (f.__globals__["math"], dict(vars(unit)), Unit.__call__) == before
    assert set(calls) == {1.0}


def test_a_function_that_cannot_be_traced_is_measured() -> None:
    def rounded(x: float) -> float:
        return int(x) + math.sin(x)

    found = diagnose(rounded, lambda x: -math.cos(x), [0.3, 0.6])
    assert found is not None
    assert (found.kind, found.node) == ("sign", None)


def test_a_copy_whose_value_is_another_is_not_used() -> None:
    def by_type(x: Any) -> Any:
        return math.sin(x) if isinstance(x, float) else math.exp(x)

    found = diagnose(by_type, lambda x: math.exp(x), [0.3, 0.6])
    assert found is not None
    assert found.node is None


# --- the same slip in many places -------------------------------------------------------------------------------------

SAMPLES = ((0.5, 1.0), (-1.2, 0.0), (2.0, 1.0), (0.3, 0.0))


def likelihood(w: float, b: float) -> float:
    terms = ((logistic(w * x + b), y) for x, y in SAMPLES)
    return -sum(y * math.log(p) + (1 - y) * math.log(1 - p) for p, y in terms)


def likelihood_gradient(
    w: float, b: float, factor: Callable[[float], float] = lambda s: 1.0, x_too: bool = True
) -> Any:
    errors = [(x, logistic(w * x + b) - y, factor(logistic(w * x + b))) for x, y in SAMPLES]
    return sum(s * r * (x if x_too else 1.0) for x, r, s in errors), sum(s * r for _, r, s in errors)


def spread(a: float, b: float, c: float) -> float:
    m = (a + b + c) / 3
    v = ((a - m) ** 2 + (b - m) ** 2 + (c - m) ** 2) / 3
    return (a - m) / math.sqrt(v + 1e-5)


def first_only(a: float, b: float, c: float) -> tuple[float, float, float]:
    m = (a + b + c) / 3
    return 1 / math.sqrt(((a - m) ** 2 + (b - m) ** 2 + (c - m) ** 2) / 3 + 1e-5), 0.0, 0.0


@pytest.mark.parametrize(
    ("f", "derivative", "at", "kind", "text"),
    [
        (
            likelihood, lambda w, b: likelihood_gradient(w, b, x_too=False), [(0.4, 0.1), (-0.3, 0.7)],
            "missing factor", "and so in each of 4 such places",
        ),
        (
            likelihood, lambda w, b: likelihood_gradient(w, b, lambda s: s * (1 - s)), [(0.4, 0.1), (-0.3, 0.7)],
            "extra factor", "stands there twice, and so in each of 4 such places",
        ),
        (
            likelihood, lambda w, b: likelihood_gradient(w, b, lambda s: 0.25), [(0.4, 0.1), (-0.3, 0.7)],
            "mean for sum", "f takes the sum of 4 terms, your derivative their mean",
        ),
        (
            lambda s: sum(-math.log(s) - math.log(1 + (x / s) ** 2) for x in XS),
            lambda s: sum(2 * x * x / (s**3 * (1 + (x / s) ** 2)) for x in XS), [0.7, 1.5],
            "dropped term", "you dropped the term",
        ),
        (spread, first_only, [(1.0, 2.0, 4.0), (0.3, -0.4, 0.9)], "missing path", "you held (a + b + c)/3 and "),
        (
            lambda x: math.sin(x) ** 2, lambda x: math.cos(x) ** 2, [0.4, 1.1],
            "wrong function", "the derivative of the power sin(x)^2 is not the power of the derivative",
        ),
        (
            lambda x: (x + 1) * (x + 2) * (x + 3), lambda x: 1.0, [0.4, 1.1],
            "wrong function", "is not the product of the derivatives",
        ),
        (
            logistic, lambda x: x * (1 - x), [0.5, -1.0, 2.0],
            "wrong function", "d(sigmoid(x))/dx = sigmoid(x)*(1 - sigmoid(x)), not x*(1 - x)",
        ),
        (
            lambda x: math.log(1 + math.exp(3 * x)) / 3, logistic, [0.5, -1.3],
            "wrong point", "d(softplus(3x))/d(3x) is taken at x instead of at 3x",
        ),
        (
            lambda x: x if x > 0 else 0.01 * x, lambda x: 1.0 if x > 0 else 0.0, [0.4, -1.1],
            "one side", "right for x > 0, wrong for x < 0: x also reaches f directly, by d(0.01x)/dx = 0.01",
        ),
        (
            lambda r: sum(k * math.log(r) - r for k in (1, 3, 2)), lambda r: 6 / r - 1, [0.4, 1.1],
            "sign", "perhaps the sign of the term r is the wrong way round, or ",
        ),
        (
            lambda x, y: math.log(x**2 + y**2), lambda x, y: (x / (x * x + y * y), y / (x * x + y * y)), [(1.0, 2.0)],
            "missing factor", "you left out the exponent as a factor",
        ),
        (math.hypot, lambda x, y: (x, y), [(1.0, 2.0)], "missing factor", "you left out the division by hypot("),
    ],
)  # fmt: skip
def test_slip_of_many_places(f: Any, derivative: Any, at: Any, kind: str, text: str) -> None:
    found = diagnose(f, derivative, at)
    assert found is not None
    assert found.kind == kind
    assert text in found.text


def test_a_factor_is_a_number_that_people_write() -> None:
    found = diagnose(lambda x: math.exp(x**2), lambda x: x**2 * math.exp(x**2 - 1), [0.4, -1.1, 1.3])
    assert found is not None
    assert "0.18" not in found.text


def test_a_derivative_of_0_has_no_ratio_of_minus_0() -> None:
    found = diagnose(lambda x: -x * math.exp(x) - 3.0 * x, lambda x: 0.0 if x == 1.0 else 7.0 * x, [1.0, 2.0])
    assert found is not None
    assert "ratio 0," in found.text


# --- what comes back -------------------------------------------------------------------------------------------------


def test_the_node_is_where_the_slip_sits() -> None:
    found = diagnose(lambda x: ag.sin(x**2), lambda x: math.cos(x**2), 3.0)
    assert found is not None
    assert (found.node.op, found.node.data, found.node.parents[0].label) == ("power", 9.0, "x")


def test_a_diagnosis_is_frozen_and_reads_as_its_sentence() -> None:
    found = diagnose(lambda x: x**2, lambda x: -2 * x, 1.0)
    assert found is not None
    assert str(found) == found.text
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.kind = "none"  # type: ignore[misc]


def test_the_same_slip_in_several_entries_of_their_own() -> None:
    found = diagnose(
        lambda x, y: ag.sin(x**2) + ag.exp(y**3), lambda x, y: (math.cos(x**2), math.exp(y**3)), (0.7, 0.4)
    )
    assert found is not None
    assert found.kind == "missing factor"
    assert found.text == (
        "in the entry for x: you left out d(x^2)/dx = 2x; in the entry for y: you left out d(y^3)/dy = 3y^2"
    )


def test_no_points() -> None:
    with pytest.raises(ArgumentError, match="at least one point"):
        diagnose(lambda x: x, lambda x: 1.0, [])


def test_an_argument_that_f_does_not_have() -> None:
    with pytest.raises(ArgumentError, match="f has no argument 'z'"):
        diagnose(lambda x: x, lambda x: 1.0, {"z": 1.0})


def test_the_same_answer_every_time() -> None:
    answers = {str(diagnose(shared, lambda x: math.cos(x**2) * 3.7 + x, 0.7)) for _ in range(3)}
    assert len(answers) == 1


def test_leaves_the_gradients_of_the_user_alone() -> None:
    w = ag.Value(2.0, "w")
    diagnose(lambda x: w * x**2, lambda x: x, 1.0)
    assert w.grad == 0.0


@pytest.mark.parametrize("derivative", [lambda x: 17.0, lambda x: math.cos(x**2)])
def test_a_small_function_takes_less_than_a_tenth_of_a_second(derivative: Callable[..., Any]) -> None:
    diagnose(shared, derivative, [0.7, 1.1])
    start = time.process_time()
    diagnose(shared, derivative, [0.7, 1.1])
    assert time.process_time() - start < 10.0


def test_a_deep_function_is_bounded() -> None:
    def deep(x: Any) -> Any:
        for _ in range(2000):
            x = 1.0001 * x + 0.001
        return x

    start = time.process_time()
    found = diagnose(deep, lambda x: math.sin(x), 0.4)
    assert found is not None
    assert found.kind == "unexplained"
    assert time.process_time() - start < 30.0


RNG = np.random.default_rng(0)
ROWS, TARGETS = RNG.normal(size=(60, 3)), RNG.integers(0, 2, 60)


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def slope(z: Any) -> Any:
    return sigmoid(z) * (1 - sigmoid(z))


def squared(w: Any) -> Any:
    return ((sigmoid(ROWS @ w) - TARGETS) ** 2).mean()


def likelihood(w: Any) -> Any:
    return (np.log(1 + np.exp(ROWS @ w)) - TARGETS * (ROWS @ w)).sum()


def right_squared(w: Any) -> Any:
    s = sigmoid(ROWS @ w)
    return 2 * ROWS.T @ ((s - TARGETS) * s * (1 - s)) / 60


@pytest.mark.parametrize(
    ("f", "derivative", "kind"),
    [
        (squared, lambda w: 2 * ROWS.T @ (sigmoid(ROWS @ w) - TARGETS) / 60, "missing factor"),
        (
            squared,
            lambda w: 2 * ROWS.T @ ((sigmoid(ROWS @ w) - TARGETS) * slope(sigmoid(ROWS @ w))) / 60,
            "wrong point",
        ),
        (likelihood, lambda w: ROWS.T @ ((sigmoid(ROWS @ w) - TARGETS) * slope(ROWS @ w)), "extra factor"),
        (squared, lambda w: 60 * right_squared(w), "mean for sum"),
        (squared, lambda w: right_squared(w) * np.array([1, -1, 1]), "sign"),
        (likelihood, lambda w: np.ones(3) * (sigmoid(ROWS @ w) - TARGETS).sum(), "missing factor"),
        (likelihood, lambda w: ROWS.T @ sigmoid(ROWS @ w), "dropped term"),
    ],
)
def test_a_slip_in_every_row_of_a_batch_of_many_nodes(f: Any, derivative: Any, kind: str) -> None:
    found = diagnose(f, derivative, np.array([0.3, -0.2, 0.8]))
    assert found is not None
    assert found.kind == kind


def test_the_slip_in_a_jacobian_is_named() -> None:
    def f(v: Any) -> Any:
        return np.array([v[0] * v[1], v[0] ** 2])

    def jacobian(v: Any) -> Any:
        return np.array([[v[1], v[0]], [2 * v[0], 0.0]])

    at = np.array([1.0, 2.0])
    found = [diagnose(f, df, at) for df in (jacobian, lambda v: jacobian(v).T, lambda v: -jacobian(v))]
    assert [d and d.kind for d in found] == [None, "transposed", "sign"]
