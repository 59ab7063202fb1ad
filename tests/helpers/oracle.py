"""Independent forms of the op table's functions in mpmath, and the check that holds a rule against them.

Nothing here knows a derivative: a form is the textbook definition of the *function*, and its slopes are numeric
differences of 60 digits. `check_rule` is what the property tests call on every row, and what the meta tests call
on wrong rules that were planted on purpose.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import mpmath as mp
from mpmath import mpf

from autograd import Value, ops
from autograd.engine.op import Op
from autograd.errors import GradientWarning

DIGITS = 60
WARN_ALWAYS = {"floor"}  # rows whose backward warns at every point; tests/engine/test_edge_semantics.py asserts it


class Form(NamedTuple):
    """A function of mpmath numbers, and points in its domain that are off every kink."""

    function: Callable[..., Any]
    points: tuple[tuple[float, ...], ...]


def unary(function: Callable[..., Any], *points: float) -> Form:
    """A form of one operand; without points it is one that is smooth everywhere but at 0."""
    return Form(function, tuple((x,) for x in points or (-2.3, -0.7, 0.4, 1.3, 3.1)))


def binary(function: Callable[..., Any], *points: tuple[float, float]) -> Form:
    """A form of two operands; without points it takes any numbers."""
    return Form(function, points or ((1.5, -2.25), (0.3, 0.7), (-3.0, 40.0), (-0.6, -0.4)))


def many(function: Callable[..., Any], *points: tuple[float, ...]) -> Form:
    """A form of one, two, three and five operands."""
    return Form(function, points or ((0.4,), (0.3, -1.7), (1.5, 0.2, -0.9), (0.1, 2.3, -0.4, 1.1, 0.7)))


def mp_dot(*operands: Any) -> Any:
    half = len(operands) // 2
    total = mp.fsum(w * x for w, x in zip(operands[:half], operands[half:], strict=False))
    return total + operands[-1] if len(operands) % 2 else total


def mp_std(ddof: float) -> Callable[..., Any]:
    def std(*values: Any) -> Any:
        centre = mp.fsum(values) / len(values)
        return mp.sqrt(mp.fsum((v - centre) ** 2 for v in values) / (len(values) - mpf(ddof)))

    return std


def mp_var(ddof: float) -> Callable[..., Any]:
    return lambda *values: mp_std(ddof)(*values) ** 2


def mp_cross_entropy(x: Any, *rest: Any) -> Any:
    return mp.log(mp.fsum(mp.exp(v - x) for v in (x, *rest)))


def mp_sinc(order: float) -> Callable[..., Any]:
    """The integral over t from 0 to 1 of t^n cos(pi x t + n pi / 2), times pi^n: sinc's derivative of order n."""
    n = int(order)
    return lambda a: mp.pi**n * mp.quad(lambda t: t**n * mp.cos(mp.pi * a * t + n * mp.pi / 2), [0, 0.5, 1])


def mp_bce(p: Any, t: Any) -> Any:
    return -t * mp.log(p) - (1 - t) * mp.log(1 - p)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def gelu_slope(x: Any) -> Any:
    return mp.ncdf(x) + x * mp.npdf(x)


def silu_slope(x: Any) -> Any:
    return sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x))


POSITIVE = (0.05, 0.6, 1.0, 2.5, 40.0)
INSIDE = (-0.95, -0.4, 0.1, 0.7, 0.99)
SEVERAL = ((0.3, -1.7), (1.5, 0.2, -0.9), (0.1, 2.3, -0.4, 1.1, 0.7))
POWERS = ((2.0, 3.0), (0.4, -1.5), (1.7, 0.3), (3.0, 1.0))

FORMS: dict[str, Form | Callable[..., Form]] = {
    # arithmetic
    "+": binary(lambda a, b: a + b),
    "-": binary(lambda a, b: a - b),
    "*": binary(lambda a, b: a * b),
    "/": binary(lambda a, b: a / b),
    "neg": unary(lambda a: -a),
    "%": binary(lambda a, b: a - b * mp.floor(a / b), (5.5, 2.0), (-5.5, 2.0), (5.5, -2.0), (0.3, 7.0)),
    "//": binary(lambda a, b: mp.floor(a / b), (5.5, 2.0), (-5.5, 2.0), (5.5, -2.0)),
    "**": binary(mp.power, *POWERS),
    "power": lambda p: unary(lambda a: mp.power(a, p), *POSITIVE, *((-0.7, -3.0) if p % 1 == 0 else ())),
    # exponentials and logarithms
    "exp": unary(mp.exp),
    "exp2": unary(lambda a: mp.power(2, a)),
    "expm1": unary(mp.expm1),
    "log": unary(mp.log, *POSITIVE),
    "log2": unary(lambda a: mp.log(a, 2), *POSITIVE),
    "log10": unary(lambda a: mp.log(a, 10), *POSITIVE),
    "log1p": unary(lambda a: mp.log(1 + a), -0.9, -0.2, 0.3, 7.0),
    "sqrt": unary(mp.sqrt, *POSITIVE),
    "cbrt": unary(lambda a: mp.sign(a) * mp.root(abs(a), 3)),
    "xlogy": binary(lambda x, y: x * mp.log(y), (1.5, 0.4), (-2.0, 3.0), (0.3, 1.0)),
    # trigonometric and hyperbolic functions
    "sin": unary(mp.sin),
    "cos": unary(mp.cos),
    "tan": unary(mp.tan),
    "asin": unary(mp.asin, *INSIDE),
    "acos": unary(mp.acos, *INSIDE),
    "atan": unary(mp.atan),
    "sinh": unary(mp.sinh),
    "cosh": unary(mp.cosh),
    "tanh": unary(mp.tanh),
    "asinh": unary(mp.asinh),
    "acosh": unary(mp.acosh, 1.01, 1.5, 2.0, 30.0),
    "atanh": unary(mp.atanh, *INSIDE),
    "atan2": binary(mp.atan2),
    "hypot": binary(mp.hypot),
    "sinc": lambda order: unary(mp_sinc(order), -2.3, -0.7, 0.0, 0.4, 1.3, 3.1),
    # the error function and activations
    "erf": unary(mp.erf),
    "erfc": unary(mp.erfc),
    "sigmoid": unary(sigmoid),
    "logsigmoid": unary(lambda a: mp.log(sigmoid(a))),
    "softplus": unary(lambda a: mp.log(1 + mp.exp(a))),
    "softsign": unary(lambda a: a / (1 + abs(a))),
    "silu": unary(lambda a: a * sigmoid(a)),
    "gelu": unary(lambda a: a * mp.ncdf(a)),
    "relu": unary(lambda a: max(a, mpf(0))),
    "leaky_relu": lambda slope: unary(lambda a: a if a > 0 else mpf(slope) * a),
    "elu": lambda alpha: unary(lambda a: a if a > 0 else mpf(alpha) * (mp.exp(a) - 1)),
    # kinks and steps
    "abs": unary(abs),
    "sign": unary(mp.sign),
    "copysign": binary(lambda a, b: abs(a) if b >= 0 else -abs(a)),
    "fmod": binary(
        lambda a, b: a - b * mp.sign(a / b) * mp.floor(abs(a / b)), (5.5, 2.0), (-5.5, 2.0), (5.5, -2.0), (-0.3, 7.0)
    ),
    "heaviside": binary(lambda a, b: mpf(a > 0) if a else b, (0.7, 0.5), (-1.3, 2.0)),
    "floor": unary(mp.floor),
    "rounded": lambda digits: unary(lambda a: mp.nint(a * mpf(10) ** digits) / mpf(10) ** digits),
    "clip": lambda low, high: unary(lambda a: min(max(a, mpf(low)), mpf(high))),
    # operations of many operands
    "sum": many(lambda *xs: mp.fsum(xs)),
    "prod": many(lambda *xs: mp.fprod(xs)),
    "mean": many(lambda *xs: mp.fsum(xs) / len(xs)),
    "maximum": many(lambda *xs: max(xs)),
    "minimum": many(lambda *xs: min(xs)),
    "logsumexp": many(lambda *xs: mp.log(mp.fsum(mp.exp(x) for x in xs))),
    "dot": many(mp_dot, (2.0, -3.0), (2.0, -3.0, 0.5), (1.0, 2.0, 0.3, -4.0), (1.0, 2.0, 0.3, -4.0, 0.7)),
    "std": lambda ddof: many(mp_std(ddof), (0.3, -1.7), (1.5, 0.2, -0.9), (0.1, 2.3, -0.4, 1.1, 0.7)),
    "var": lambda ddof: many(mp_var(ddof), (0.3, -1.7), (1.5, 0.2, -0.9), (0.1, 2.3, -0.4, 1.1, 0.7)),
    "norm": many(lambda *xs: mp.sqrt(mp.fsum(x * x for x in xs))),
    "share": many(
        lambda x, *rest: x / mp.fsum((x, *rest)), (0.4,), (0.3, 1.7), (0.2, 1.5, 0.9), (0.1, 2.3, 0.4, 1.1, 0.7)
    ),
    # losses
    "cross_entropy": many(mp_cross_entropy, *SEVERAL),
    "bce": binary(mp_bce, (0.5, 1.0), (0.2, 0.0), (0.7, 0.3), (1e-5, 0.9)),
    # private rows
    "_chance": unary(lambda a: a, 0.1, 0.5, 0.75),
    "_log_chance": many(lambda x, *rest: mp.log(x), (0.25, 0.75), (0.1, 0.9, 0.5), (0.5,)),
    "_side": unary(lambda a: a, 1.0, -1.0),
    "_entry": many(
        lambda place, *entries: entries[int(mp.nint(place))], (0.0, 3.0), (1.0, 0.5, -2.0), (2.0, 5.0, 4.0, 3.0)
    ),
    "_divide": lambda zero_over_zero: binary(lambda a, b: a / b),
    "_identity": unary(lambda a: a),
    "_step": unary(lambda a: mpf(a > 0)),
    "_besides": binary(lambda a, b: b if mp.isnan(a) else a),
    "_equal": binary(lambda a, b: mpf(a == b)),
    "_sech2": unary(lambda a: 1 / mp.cosh(a) ** 2),
    "_sigmoid_slope": unary(lambda a: sigmoid(a) * sigmoid(-a)),
    "_silu_slope": unary(silu_slope),
    "_one_minus_square": unary(lambda a: 1 - a * a),
    "_sqrt_square_minus_one": unary(lambda a: mp.sqrt(a * a - 1), 1.01, 1.5, 2.0, 30.0),
    "_reciprocal_or_zero": unary(lambda a: 1 / a, *POSITIVE),
    "_log_or_zero": unary(mp.log, *POSITIVE),
    "_shifted_exp": binary(lambda a, b: mp.exp(a - b), (1.0, 2.5), (-3.0, 0.4)),
    "_power_total": binary(mp.power, *POWERS),
    "_power_slope": binary(lambda a, b: b * mp.power(a, b - 1), *POWERS),
    "_power": lambda p: unary(lambda a: mp.power(a, p), *POSITIVE),
    "_gaussian": lambda rate: unary(lambda a: mp.exp(-mpf(rate) * a * a)),
    "_normal_density": unary(mp.npdf),
    "_gelu_slope": unary(gelu_slope),
    "_inside": lambda low, high: unary(lambda a: mpf(low <= a <= high)),
}

EXPONENTS = tuple((p,) for p in (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0))
PARAMETERS: dict[str, tuple[tuple[float, ...], ...]] = {
    "power": EXPONENTS,
    "_power": EXPONENTS,
    "leaky_relu": ((0.01,), (0.2,), (0.0,)),
    "elu": ((1.0,), (0.5,)),
    "clip": ((-1.0, 1.0), (0.0, math.inf), (-math.inf, 0.5)),
    "_inside": ((-1.0, 1.0), (0.0, math.inf)),
    "rounded": ((0.0,), (2.0,), (-1.0,)),
    "std": ((0.0,), (1.0,)),
    "var": ((0.0,), (1.0,)),
    "sinc": ((0.0,), (1.0,), (2.0,)),
    "_divide": ((math.nan,), (0.0,)),
    "_gaussian": ((0.5,), (1.0,)),
}


def families() -> list[str]:
    """The names of the rows that take parameters; the row of leaves is none."""
    return [name for name, row in ops.TABLE.items() if name and not isinstance(row, Op)]


def rows() -> Iterator[Op]:
    """Every row of the table as it stands, a family bound to each of its sample parameters."""
    for name, row in ops.TABLE.items():
        if isinstance(row, Op):
            yield row
        else:
            yield from (row(*params) for params in PARAMETERS.get(name, ()))


def row_id(op: Op) -> str:
    return repr(op).removeprefix("<op ").removesuffix(">")


def form_of(op: Op) -> Form:
    """The independent form of a row."""
    if op.name not in FORMS:
        raise AssertionError(f"row {op.name!r} has no mpmath form: add one to FORMS in tests/helpers/oracle.py")
    form = FORMS[op.name]
    return form if isinstance(form, Form) else form(*op.params)


def cases() -> Iterator[tuple[Op, tuple[float, ...]]]:
    """Every row at every point of its form."""
    for op in rows():
        if op.name in FORMS:
            yield from ((op, point) for point in form_of(op).points)


def slope(function: Callable[..., Any], point: tuple[float, ...], orders: tuple[int, ...]) -> float:
    """A partial derivative of any order, by differences of numbers of 60 digits."""
    with mp.workdps(DIGITS):
        arguments = tuple(mpf(x) for x in point)
        if len(point) == 1:
            return float(mp.diff(lambda x: mp.mpf(function(x)), arguments[0], orders[0]))
        return float(mp.diff(function, arguments, orders))


@contextlib.contextmanager
def expected_warnings(op: Op) -> Iterator[None]:
    """Let pass what a row warns of by design, and nothing else."""
    with warnings.catch_warnings():
        if op.name in WARN_ALWAYS:
            warnings.simplefilter("ignore", GradientWarning)
        yield


def close(got: float, expected: float, rel: float, floor: float = 1e-15) -> bool:
    """Whether two numbers agree to `rel`, or to `floor` where what is expected is next to 0."""
    return abs(got - expected) <= rel * abs(expected) + floor


def check_value(op: Op, form: Form, point: tuple[float, ...]) -> None:
    """Hold a row's value against its form."""
    with mp.workdps(DIGITS):
        expected = float(form.function(*map(mpf, point)))
    got = op(*point)
    assert close(got, expected, 1e-14), f"{row_id(op)} at {point}: got {got!r}, expected {expected!r}"


def check_rule(op: Op, form: Form, point: tuple[float, ...]) -> None:
    """Hold a row's rule against the differences of its form: first order, and second through `create_graph`.

    Raises:
        AssertionError: they differ; the message names the point, the operand, what was got and what was expected.
    """
    count = len(point)
    partials = op.partials(op(*point), *point)
    assert len(partials) == count, f"{row_id(op)} at {point}: {len(partials)} partials for {count} operands"
    for i, got in enumerate(partials):
        expected = slope(form.function, point, unit(count, i))
        assert close(got, expected, 1e-12), (
            f"{row_id(op)} at {point}: d/d operand {i} is {got!r}, expected {expected!r}"
        )
    inputs = [Value(x) for x in point]
    with expected_warnings(op):
        op(*inputs).backward(create_graph=True)
    gradients = [v.grad for v in inputs]
    for i, gradient in enumerate(gradients):
        assert gradient.data == partials[i], (
            f"{row_id(op)} at {point}: create_graph gives {gradient.data!r} for operand {i}, floats {partials[i]!r}"
        )
    for i, j in itertools.product(range(count), repeat=2):
        for v in inputs:
            v.zero_grad()
        with expected_warnings(op):
            gradients[i].backward()
        got = inputs[j].grad
        orders = tuple(a + b for a, b in zip(unit(count, i), unit(count, j), strict=True))
        expected = slope(form.function, point, orders)
        assert close(got, expected, 1e-11, 1e-13), (
            f"{row_id(op)} at {point}: d2/d operand {i} d operand {j} is {got!r}, expected {expected!r}"
        )


def unit(count: int, i: int) -> tuple[int, ...]:
    return tuple(int(n == i) for n in range(count))
