"""Values of operations over an array namespace, where no single function of NumPy or JAX gives them.

Each takes the namespace `xp` and arrays, and gives inf or nan where the float function of the row raises.
"""

from __future__ import annotations

import functools
import math
import sys
from typing import Any

from . import special


def divide_total(xp: Any, a: Any, b: Any, zero_over_zero: float) -> Any:
    b = b + 0.0  # -0.0 becomes 0.0, and what is divided by it gets the sign of a
    return a / (xp.where((a == 0) & (b == 0), 1.0, b) if zero_over_zero == 0.0 else b)


def reciprocal_or_zero(xp: Any, a: Any) -> Any:
    sign = xp.sign(a)
    some = sign * sign  # 1, or 0 where there is nothing to divide by
    return some / (a + (1.0 - some))


def sigmoid(xp: Any, a: Any) -> Any:
    return xp.exp(xp.minimum(a, 0.0)) / (1.0 + xp.exp(-abs(a)))


def sech2(xp: Any, a: Any) -> Any:
    e = xp.exp(a)
    half = 2.0 / (e + 1.0 / e)
    return half * half


def sigmoid_slope(xp: Any, a: Any) -> Any:
    e = xp.exp(-abs(a))
    return e / (1.0 + e) / (1.0 + e)


def sinc(xp: Any, a: Any, order: int) -> Any:
    turn = math.pi * a
    near = abs(turn) <= order + 1.5
    u, far = xp.where(near, turn, 0.0), xp.where(near | xp.isinf(turn), 1.0, turn)
    series = special.total(c * u**power for power, c in special.sinc_series(order))
    turned = (xp.sin(far), xp.cos(far), -xp.sin(far), -xp.cos(far))
    result = turned[0] / far
    for n in range(1, order + 1):
        result = (turned[n % 4] - n * result) / far
    return math.pi**order * xp.where(near, series, xp.where(xp.isinf(turn), 0.0, result))


def largest_of(xp: Any, x: Any, *rest: Any) -> Any:
    return xp.maximum(x, functools.reduce(xp.maximum, rest or (x,)))


def cross_entropy(xp: Any, x: Any, *rest: Any) -> Any:
    largest = largest_of(xp, x, *rest)
    others = special.total(xp.exp(v - largest) for v in rest)
    return (largest - x) + xp.log1p((xp.exp(x - largest) - 1.0) + others)


def logsumexp(xp: Any, *xs: Any) -> Any:
    largest = functools.reduce(xp.maximum, xs)
    # an infinity less itself would be nan
    near = xp.maximum(xp.minimum(largest, sys.float_info.max), -sys.float_info.max)
    powers = [xp.exp(x - near) for x in xs]  # the largest is 1, and the logarithm is of 1 + all others
    others = special.total(xp.where(power == 1.0, 0.0, power) for power in powers)
    return largest + xp.log1p(others + (special.total(xp.where(power == 1.0, 1.0, 0.0) for power in powers) - 1.0))


def norm(xp: Any, *xs: Any) -> Any:
    largest = functools.reduce(xp.maximum, [abs(x) for x in xs])
    scale = xp.where((largest == 0.0) | xp.isinf(largest), 1.0, largest)
    return scale * xp.sqrt(special.total((x / scale) * (x / scale) for x in xs))


def _off_mean(xs: tuple[Any, ...]) -> list[Any]:
    centre = special.total(xs) / len(xs)
    return [x - centre for x in xs]


def var(xp: Any, *xs: Any, ddof: float) -> Any:
    return special.total(d * d for d in _off_mean(xs)) / (len(xs) - ddof)


def std(xp: Any, *xs: Any, ddof: float) -> Any:
    return norm(xp, *_off_mean(xs)) / math.sqrt(len(xs) - ddof)


def log_chance(xp: Any, x: Any, *others: Any) -> Any:
    lowest, largest = -largest_of(xp, -x, *[-v for v in others]), largest_of(xp, x, *others)
    return xp.log(xp.where((x > 0.0) & (lowest >= 0.0) & (largest <= 1.0), x, math.nan))


def entry(xp: Any, place: Any, *entries: Any) -> Any:
    found: Any = math.nan
    for k, entry in enumerate(entries):
        found = xp.where(place == k, entry, found)
    return found


def bce(xp: Any, p: Any, t: Any) -> Any:
    left, right = xp.maximum(xp.log(p), special.LOG_FLOOR), xp.maximum(xp.log1p(-p), special.LOG_FLOOR)
    return xp.where((t >= 0.0) & (t <= 1.0), -(t * left + (1.0 - t) * right), math.nan)
