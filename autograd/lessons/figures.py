"""One figure of a lesson: what the document printed beside what the engine computes, and whether they agree.

Four ways to compare, each a function that returns a :class:`Figure`: `printed` (at the precision the document
printed), `exactly` (the same double), `close` (within a tolerance) and `holds` (any condition). `shown` is for a
number that the document leaves out and nothing is compared with.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from ..engine.value import Value
from ..errors import ArgumentError
from ..functions.arrays import data

__all__ = ["Figure", "Plain", "close", "exactly", "holds", "plain", "printed", "shown"]

Plain: TypeAlias = "float | int | bool | str | list[Plain]"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a lesson.

    Attributes:
        name: what is computed.
        printed: what the document has there, a number or a formula as text; None: it prints nothing.
        engine: what the engine computes: a number, text, or a list of these.
        agrees: the verdict; None where there was nothing to compare with.
        note: why, where a printed figure is rounded, truncated, wrong or under-determined.
        should_agree: False where the document is known to be wrong, so that differing from it is right.
        reference: the number that the engine's is compared with, where that is not `printed` itself; None: none.
        measured: whether it differs from run to run, as a time does; such a figure is never compared.
    """

    name: str
    printed: str | None
    engine: Plain
    agrees: bool | None
    note: str = ""
    should_agree: bool = True
    reference: Plain | None = None
    measured: bool = False

    @property
    def failed(self) -> bool:
        """Whether this figure disagrees although it should agree."""
        return self.agrees is False and self.should_agree

    @property
    def verdict(self) -> str:
        """The verdict as words: agrees, differs as noted, disagrees, or shown."""
        if self.agrees is None:
            return "shown"
        return "agrees" if self.agrees else "disagrees" if self.should_agree else "differs as noted"


def printed(name: str, text: str, engine: Any, note: str = "", should_agree: bool = True) -> Figure:
    """Compare with a figure of the document at the precision that it printed.

    The engine's number agrees if it lies within half a unit of the last printed decimal.

    Args:
        name: what is computed.
        text: the figure as printed: a number, or a list of numbers in brackets, nested as you like.
        engine: a number, Value, array or list of the same shape.
        note, should_agree: see :class:`Figure`.

    Raises:
        ArgumentError: `text` is neither a number nor a list of numbers.

    Example:
        >>> printed("dW1", "[-0.003, 0.5]", [-0.00345, 0.5]).agrees
        True
        >>> printed("dW1", "-0.0035", -0.003452).agrees, printed("dW1", "-0.0034", -0.003452).agrees
        (True, False)
    """
    number = plain(engine)
    return Figure(name, text, number, _matches(number, _decimals(text), _rounds_to), note, should_agree)


def exactly(name: str, text: str | None, engine: Any, reference: Any, note: str = "") -> Figure:
    """Compare with the same double, or list of doubles: what the document's formula gives in the same arithmetic.

    Example:
        >>> exactly("m2", "0.5 - 0.1 * 12", -0.7000000000000002, 0.5 - 0.1 * 12).agrees
        True
    """
    number, expected = plain(engine), plain(reference)
    return Figure(name, text, number, _matches(number, expected, _is_same), note, reference=expected)


def close(
    name: str,
    text: str | None,
    engine: Any,
    reference: Any,
    tolerance: float = 1e-12,
    note: str = "",
    should_agree: bool = True,
) -> Figure:
    """Compare within a tolerance: absolute below 1, relative above.

    Args:
        name: what is computed.
        text: what the document prints: a formula, say.
        engine, reference: numbers, Values, arrays or lists of one shape.
        tolerance: the largest difference allowed, times the reference where that is above 1.
        note, should_agree: see :class:`Figure`.

    Example:
        >>> close("sum", "0.1 + 0.2", 0.3, 0.1 + 0.2).agrees
        True
    """

    def near(x: Plain, y: Any) -> bool:
        if isinstance(x, int | float) and isinstance(y, int | float):
            return math.isclose(x, y, rel_tol=tolerance, abs_tol=tolerance)
        return bool(x == y)

    number, expected = plain(engine), plain(reference)
    return Figure(name, text, number, _matches(number, expected, near), note, should_agree, expected)


def holds(
    name: str, text: str | None, engine: Any, condition: Any, note: str = "", should_agree: bool = True
) -> Figure:
    """A figure whose verdict is any condition.

    Example:
        >>> holds("largest slope", "at most 0.25", 0.25, 0.25 <= 0.25).verdict
        'agrees'
    """
    return Figure(name, text, plain(engine), bool(condition), note, should_agree)


def shown(name: str, engine: Any, note: str = "", measured: bool = False) -> Figure:
    """A number that the document leaves out and nothing is compared with.

    Example:
        >>> shown("time, ms", 1.5, measured=True).verdict
        'shown'
    """
    return Figure(name, None, plain(engine), None, note, measured=measured)


def plain(x: Any) -> Plain:
    """Numbers, Values, arrays and sequences as Python's own numbers, text and lists.

    Example:
        >>> plain((Value(2.0), np.float64(1.5), "text"))
        [2.0, 1.5, 'text']
    """
    if isinstance(x, Value):
        return x.data
    if isinstance(x, np.ndarray):
        listed: Plain = (data(x) if x.dtype == object else x).tolist()
        return listed
    if isinstance(x, np.generic):
        return plain(x.item())
    if isinstance(x, list | tuple):
        return [plain(item) for item in x]
    if isinstance(x, bool | int | float | str):
        return x
    raise ArgumentError(f"a figure is a number, text or a list of these, got {type(x).__name__}")


def _decimals(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except json.JSONDecodeError:
        raise ArgumentError(f"{text!r} is neither a number nor a list of numbers; compare it with holds()") from None


def _matches(engine: Plain, expected: Any, same: Callable[[Plain, Any], bool]) -> bool:
    if isinstance(engine, list) and isinstance(expected, list):
        return len(engine) == len(expected) and all(map(lambda x, y: _matches(x, y, same), engine, expected))
    return not isinstance(engine, list) and not isinstance(expected, list) and same(engine, expected)


def _rounds_to(x: Plain, decimal: Decimal) -> bool:
    if not isinstance(x, int | float) or not math.isfinite(x):
        return False
    unit = Fraction(10) ** int(decimal.as_tuple().exponent)
    return abs(Fraction(x) - Fraction(decimal)) <= unit / 2


def _is_same(x: Plain, y: Any) -> bool:
    return bool(x == y)
