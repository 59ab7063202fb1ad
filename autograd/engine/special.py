"""Float functions that `math` lacks, each accurate to a few units in the last place over its whole range.

They exist because the textbook formulas lose digits where gradients vanish: ``1 - tanh(x)**2`` is 0 from
x = 19.1 on, ``s * (1 - s)`` is 0 from x = 36.8 on, and the sum in gelu's slope cancels near -0.75. Every
function here takes and returns floats and knows nothing of graphs; the op table gives them their derivatives.
"""

from __future__ import annotations

import functools
import math
import operator
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

from ..errors import ArgumentError

INF: Final[float] = math.inf
NAN: Final[float] = math.nan
LN2: Final[float] = math.log(2.0)
LN10: Final[float] = math.log(10.0)
TWO_OVER_SQRT_PI: Final[float] = 2.0 / math.sqrt(math.pi)
LOG_FLOOR: Final[float] = -100.0  # PyTorch lets no logarithm in its binary cross-entropy go below this
LEAST_SPREAD: Final[float] = 9.999999960041972e-13  # PyTorch's 1e-12 for p (1 - p), which it keeps in single precision
_SQRT_HALF: Final[float] = math.sqrt(0.5)
_INV_SQRT_TAU: Final[float] = 1.0 / math.sqrt(math.tau)
# 2**27 + 1 cuts a double into two halves of 26 bits (Dekker, Numerische Mathematik 18, 1971).
_SPLIT: Final[float] = 134217729.0


def sigmoid(x: float) -> float:
    """1 / (1 + e^-x), without overflow and with all digits in both tails."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def sigmoid_slope(x: float) -> float:
    """sigmoid'(x) = s(x) s(-x) = t / (1 + t)^2 with t = e^-|x|."""
    t = math.exp(-abs(x))
    return t / (1.0 + t) / (1.0 + t)


def sech2(x: float) -> float:
    """tanh'(x) = 1 / cosh(x)^2 = 4t / (1 + t)^2 with t = e^-2|x|."""
    t = math.exp(-2.0 * x if x >= 0.0 else 2.0 * x)
    return 4.0 * t / (1.0 + t) / (1.0 + t)


def softplus(x: float) -> float:
    """log(1 + e^x) = max(x, 0) + log1p(e^-|x|)."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x))) if x == x else NAN


def silu_slope(x: float) -> float:
    """silu'(x); the branch for x <= 0 keeps ``(1 + x) + e^x`` together, where the textbook sum cancels."""
    if x > 0.0:
        t = math.exp(-x)
        return (1.0 + t + (x * t if t else 0.0)) / ((1.0 + t) * (1.0 + t))
    e = math.exp(x)
    return e * ((1.0 + x) + e) / ((1.0 + e) * (1.0 + e)) if e else -0.0


def gaussian(x: float, rate: float) -> float:
    """e^(-rate x^2), with x split so that the rounding of x^2 is not blown up by the exponential."""
    if abs(x) > 1e3:
        return NAN if x != x else 0.0
    head = _head(x)
    return math.exp(-rate * head * head) * math.exp(-rate * (x - head) * (x + head))


def normal_density(x: float) -> float:
    """The standard normal density e^(-x^2/2) / sqrt(2 pi)."""
    return gaussian(x, 0.5) * _INV_SQRT_TAU


def normal_cdf(x: float) -> float:
    """The standard normal distribution function, erfc(-x / sqrt 2) / 2."""
    u = -x * _SQRT_HALF
    value = 0.5 * math.erfc(u)
    if -38.0 < x < -1.0:  # 2 u^2 should equal x^2; the difference, over 4u, is the error of u.
        lost = ((x * x - 2.0 * u * u) + (_product_rest(x, x) - 2.0 * _product_rest(u, u))) / (4.0 * u)
        value -= 0.5 * TWO_OVER_SQRT_PI * gaussian(u, 1.0) * lost
    return value


# The only real zero of gelu's slope, as a double and the rest of it, and the slope's Taylor coefficients there.
_GELU_ZERO: Final[float] = -0.7517915246935645
_GELU_ZERO_REST: Final[float] = 1.4956759177009883e-17


def _gelu_series(terms: int = 34) -> tuple[float, ...]:
    """Coefficients of gelu'(r + h) / h at the zero r, from gelu'' = density - density'' and density' = -x density."""
    r = _GELU_ZERO
    density = [normal_density(r), -(r * normal_density(r))]  # its Taylor coefficients
    for n in range(1, terms + 1):
        density.append(-(r * density[n] + density[n - 1]) / (n + 1))
    return tuple([density[n] / (n + 1) - (n + 2) * density[n + 2] for n in reversed(range(terms))])


def gelu_slope(x: float) -> float:
    """gelu'(x) = cdf(x) + x density(x); near its zero the two cancel, and a Taylor series takes over."""
    if abs(x) == INF:
        return 1.0 if x > 0.0 else 0.0
    if -1.6 < x < 0.0:
        h = (x - _GELU_ZERO) - _GELU_ZERO_REST
        ratio = 0.0
        for coefficient in _GELU_SERIES:
            ratio = ratio * h + coefficient
        return h * ratio
    return normal_cdf(x) + x * normal_density(x)


def divide_total(a: float, b: float, zero_over_zero: float) -> float:
    """a / b where a zero b gives an infinity of a's sign, and 0 / 0 the given number, instead of an exception."""
    if b != 0.0:
        return a / b
    if a == 0.0:
        return zero_over_zero
    return math.copysign(INF, a) if a == a else NAN


def power(a: float, b: float) -> float:
    """a ** b as Python has it for floats, but a ValueError where Python would turn to complex numbers."""
    return math.pow(a, b) if a < 0.0 and b % 1.0 != 0.0 else a**b


def power_total(a: float, b: float) -> float:
    """a ** b that returns inf or nan where :func:`power` raises."""
    try:
        return power(a, b)
    except ZeroDivisionError:
        return INF
    except ValueError:
        return NAN
    except OverflowError:
        return -INF if a < 0.0 and b % 2.0 == 1.0 else INF


def sinc(x: float, order: int = 0) -> float:
    """sin(u) / u at u = pi x, or its derivative of some order by x: a series near 0, beyond by way of u f = sin u."""
    u = math.pi * x
    if abs(u) <= order + 1.5:
        return math.pi**order * math.fsum([c * u**power for power, c in sinc_series(order)])
    if math.isinf(u):
        return 0.0
    turned = (math.sin(u), math.cos(u), -math.sin(u), -math.cos(u))
    result = turned[0] / u
    for n in range(1, order + 1):
        result = (turned[n % 4] - n * result) / u
    return math.pi**order * result


def sinc_series(order: int) -> list[tuple[int, float]]:
    """The powers of u, and what they are multiplied by, in the derivative of sin(u) / u of some order."""
    first = (order + 1) // 2
    return [
        (2 * k - order, (-1.0) ** k / (math.factorial(2 * k - order) * (2 * k + 1)))
        for k in range(first, first + 20 + order)
    ]


def cbrt(x: float) -> float:
    """The real cube root: the C library's, put right to the last place by one Newton step on the exact residual."""
    root = math.cbrt(x)
    if not 1e-280 < abs(x) < INF:
        return root
    square = root * root
    residual = (square * root - x) + _product_rest(square, root) + _product_rest(root, root) * root
    return root - residual / (3.0 * square)


def sign(x: float) -> float:
    """-1, 0 or 1, and nan for nan."""
    if x > 0.0:
        return 1.0
    if x < 0.0:
        return -1.0
    return 0.0 if x == x else NAN


def step(x: float) -> float:
    """1 for x > 0, else 0; nan for nan."""
    if x > 0.0:
        return 1.0
    return 0.0 if x == x else NAN


def shifted_exp(a: float, b: float) -> float:
    """e^(a - b), which is 0 where both are -inf."""
    return 0.0 if a == b == -INF else math.exp(a - b)


def logsumexp(*values: float) -> float:
    """log(sum(e^v)), by way of the largest of them, whose power is the 1 in log(1 + the others)."""
    largest = maximum(*values)
    if not math.isfinite(largest):
        return largest
    return largest + math.log1p(math.fsum([-1.0, *[math.exp(v - largest) for v in values]]))


def share(x: float, *rest: float) -> float:
    """x / (x + sum(v)), the first one's share of all."""
    whole = _exact_total([x, *rest])
    if whole == 0.0:
        raise ValueError("the share would be 0/0")
    return x / whole


def cross_entropy(x: float, *rest: float) -> float:
    """log(1 + sum(e^(v - x))), from differences to the largest value alone."""
    largest = maximum(x, *rest)
    powers = [math.exp(v - largest) for v in rest]
    return (largest - x) + math.log1p(math.fsum([-1.0, math.exp(x - largest), *powers]))


def chance(x: float) -> float:
    """x, which has to lie between 0 and 1."""
    if not 0.0 <= x <= 1.0:
        raise ArgumentError(f"{x!r} does not lie between 0 and 1")
    return x


def log_chance(x: float, *others: float) -> float:
    """The logarithm of the first of some chances."""
    for other in others:
        chance(other)
    return math.log(chance(x))


def bce(p: float, t: float) -> float:
    """-[t log p + (1 - t) log(1 - p)], where no logarithm is below -100."""
    left = max(math.log(chance(p)), LOG_FLOOR) if p else LOG_FLOOR
    right = max(math.log1p(-p), LOG_FLOOR) if p < 1.0 else LOG_FLOOR
    return -(chance(t) * left + (1.0 - t) * right)


def side(x: float) -> float:
    """x, which has to be -1 or 1."""
    if abs(x) != 1.0:
        raise ArgumentError(f"{x!r} is neither -1 nor 1")
    return x


def entry(place: float, *entries: float) -> float:
    """The entry at a place, counted from 0."""
    if place not in range(len(entries)):
        raise ArgumentError(f"{place:g} is none of the numbers from 0 to {len(entries) - 1}")
    return entries[int(place)]


def maximum(*values: float) -> float:
    """The largest; nan if any is nan."""
    return max(values) if all(v == v for v in values) else NAN


def minimum(*values: float) -> float:
    """The smallest; nan if any is nan."""
    return min(values) if all(v == v for v in values) else NAN


def _exact_total(values: list[float]) -> float:
    """The sum without rounding on the way, where that is finite."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return float(total(values))


def mean(*values: float) -> float:
    """The arithmetic mean."""
    return _exact_total([*values]) / len(values)


def norm(*values: float) -> float:
    """sqrt(sum(v^2)), without overflow; nan if any is nan."""
    return math.hypot(*values) if all(v == v for v in values) else NAN


def var(*values: float, ddof: float) -> float:
    """sum((v - mean)^2) / (n - ddof)."""
    centre = mean(*values)
    return _exact_total([(v - centre) * (v - centre) for v in values]) / (len(values) - ddof)


def std(*values: float, ddof: float) -> float:
    """sqrt(sum((v - mean)^2) / (n - ddof)), where no square over- or underflows."""
    centre = mean(*values)
    return norm(*[v - centre for v in values]) / math.sqrt(len(values) - ddof)


def _total(values: Iterable[Any]) -> Any:
    return functools.reduce(operator.add, values, 0.0)


# The sum from left to right, as a loop of additions gives it: from Python 3.12 on, sum() compensates.
total: Callable[[Iterable[Any]], Any] = _total if sys.version_info >= (3, 12) else sum


def inner(a: Iterable[Any], b: Iterable[Any]) -> Any:
    """a1 b1 + a2 b2 + ..., from left to right; of floats or arrays."""
    return total(map(operator.mul, a, b))


def _head(x: float) -> float:
    """The leading 26 bits of x, so that its square is exact."""
    c = _SPLIT * x
    return c - (c - x)


def _product_rest(a: float, b: float) -> float:
    """What the rounding of a * b dropped, exactly."""
    a_head, b_head = _head(a), _head(b)
    a_tail, b_tail = a - a_head, b - b_head
    return (((a_head * b_head - a * b) + a_head * b_tail) + a_tail * b_head) + a_tail * b_tail


_GELU_SERIES = _gelu_series()
