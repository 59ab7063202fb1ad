"""Functions of several numbers held against mpmath at extremes, to units in the last place times the condition number.

The forms are the textbook definitions of functions; their slopes are differences of hundreds of digits, so that no rule
is held against a rule.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import mpmath as mp
from mpmath import mpf

from autograd import Value

ULPS = 4


class Precision(NamedTuple):
    """How many digits a form is computed with, and the steps of first slopes and of the slopes of these."""

    digits: int
    first: Any
    second: Any


SCALED = Precision(1000, mpf("1e-440"), mpf("1e-380"))  # steps far below the smallest numbers of the grid
EXPONENTIAL = Precision(500, mpf("1e-100"), mpf("1e-60"))  # digits enough for a difference of e^-745

USUAL: tuple[tuple[float, ...], ...] = (
    (0.3, -1.7, 2.2), (1.5, 1.5, 1.5), (40.0, 0.0, -3.0), (0.5, 41.0, 0.5), (-745.0, 0.0, 3.0), (800.0, 0.0, 1.0),
    (1000.0, 1001.0, 1002.0), (1000.0, 0.0, -1000.0), (-1000.0, -999.5, -1003.0), (1e-20, 1e-9, -1e-20),
    (1e8, 1e8 + 1.0, 1e8 - 2.0), (-1e12, 0.0, 0.5), (-1e30, 1.0, 1.5), (1e30, -1.0, 2.0), (0.0, -40.0, -50.0),
    (1e-200, 2e-200, -1e-200), (1e-290, 3e-290, -2e-290),
)  # fmt: skip
LARGE = ((1e150, -1e150, 3e149), (1e200, 2e200, -1e200), (1e307, -1e307, 1e306))


def slopes(form: Callable[..., Any], point: Sequence[Any], step: Any) -> list[Any]:
    """The slopes of a form, by central differences."""

    def moved(i: int, by: Any) -> Any:
        return form(*[x + by if k == i else x for k, x in enumerate(point)])

    return [(moved(i, step) - moved(i, -step)) / (2 * step) for i in range(len(point))]


def check(
    function: Callable[[list[Any]], Any],
    form: Callable[..., Any],
    point: tuple[float, ...],
    precision: Precision = SCALED,
) -> int:
    """Hold value and slopes against the form; return how many numbers were compared, those in the range of a double.

    Raises:
        AssertionError: one is off by more than `ULPS` units in the last place times its condition number.
    """
    return compare(function, point, expected(form, point, precision))


def expected(form: Callable[..., Any], point: tuple[float, ...], precision: Precision) -> list[tuple[Any, Any]]:
    """The value and the slopes, each with its size times its condition number, the sum of |x slope|."""
    with mp.workdps(precision.digits):
        exact = [mpf(x) for x in point]
        value, first = form(*exact), slopes(form, exact, precision.first)
        seconds = slopes(lambda *xs: mp.matrix(slopes(form, xs, precision.first)), exact, precision.second)
        rows = [first, *[[second[i] for second in seconds] for i in range(len(point))]]
        spreads = [mp.fsum(abs(x * s) for x, s in zip(exact, row, strict=True)) for row in rows]
        return list(zip([value, *first], spreads, strict=True))


def compare(
    function: Callable[[list[Any]], Any], point: tuple[float, ...], wanted: list[tuple[Any, Any]], divisor: float = 1.0
) -> int:
    """As :func:`check`, against numbers that are there, `divisor` times too large."""
    leaves = [Value(x) for x in point]
    if abs(wanted[0][0]) > sys.float_info.max:
        return 0
    root = function(leaves)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        root.backward()
    compared = 0
    for i, (got, (exact, spread)) in enumerate(zip([root.data, *[x.grad for x in leaves]], wanted, strict=True)):
        if abs(exact) <= sys.float_info.max:
            off = abs(mpf(got) - exact / divisor)
            unit = max(abs(exact), spread) / divisor * mpf(2) ** -52 + mpf(5e-324)
            assert off <= ULPS * unit, (
                f"{'slope ' + str(i - 1) if i else 'value'} at {point}: got {got!r}, expected "
                f"{mp.nstr(exact / divisor, 20)}, {mp.nstr(off / unit, 3)} units times the condition number"
            )
            compared += 1
    return compared
