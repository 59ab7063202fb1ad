"""Rows of many operands as formulas over one stacked array.

A sum of X0, X1, X2 written out is ``f(f(g(X0), g(X1)), g(X2))``: a fold of g(X) along the first axis. A rule's
partials are one formula if they differ in nothing but the operand that they read. Both are seen by reading the
formulas for the real number of operands, so what depends on that number (1/n in a mean) is right.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...engine.op import Op
from ...errors import ArgumentError
from .symbols import FUNCTION, INPUT, REDUCTION, ArraySymbol, Symbol, Trace, below, forward, lowered, partials

__all__ = ["Stacked", "stacked"]

_FOLDS = frozenset({"add", "multiply", "maximum", "minimum"})


class Stacked(NamedTuple):
    """A row of many operands over X, their stack.

    Args:
        forward: the value; it has one axis less than X.
        partial: the slopes to all operands at once, over X and y: of X's shape, or one for all of them.
    """

    forward: ArraySymbol
    partial: ArraySymbol | float


class _Part(NamedTuple):
    """What an expression is on the stack.

    Args:
        formula: over X and y, or a number.
        reads: the one operand that is read; None: none by itself.
        reach: a fold of the formula over operands 0 to reach - 1, not yet over all; 0: it is no fold.
        fold, start: the fold's function, and what stands in front of it.
    """

    formula: Any
    reads: int | None = None
    reach: int = 0
    fold: str = ""
    start: tuple[float, ...] = ()


class _Unreadable(Exception):
    """This expression has no form on the stack."""


def stacked(op: Op, count: int) -> Stacked | None:
    """A row of many operands as a reduction of their stack, if it is one.

    Args:
        op: the row.
        count: how many operands.

    Returns:
        The two formulas; None if the row or its rule is none on a stack, such as a product's rule.

    Example:
        >>> from autograd.engine.ops import MEAN, PROD
        >>> stacked(MEAN, 4)
        Stacked(forward=divide(add(X, 0.0), 4.0), partial=0.25)
        >>> stacked(PROD, 4)
    """
    try:
        value, slopes = forward(op, count), [lowered(slope) for slope in partials(op, count)]
        reader = _Reader(count)
        result = reader.read(value)
        if result.reads is not None:  # a fold of one operand leaves it as it is
            result = _Part(reader.reduced("add", result.formula))
        first, *others = [reader.read(slope) for slope in slopes]
    except (ArgumentError, _Unreadable):
        return None
    if result.reach or first.reach or first.reads not in (0, None) or not isinstance(result.formula, ArraySymbol):
        return None
    for i, other in enumerate(others, 1):
        if (
            not _same(first.formula, other.formula)
            or other.reach
            or other.reads != (None if first.reads is None else i)
        ):
            return None
    return Stacked(result.formula, first.formula)


def _same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is float and repr(a) == repr(b))


class _Reader:
    """Reads expressions over x0, x1, ... as ones over X."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._trace = Trace()
        self._parts: dict[Symbol, _Part] = {}

    def reduced(self, fold: str, formula: Any, start: tuple[float, ...] = ()) -> Any:
        if fold == "add" and not start:
            start = (-0.0,)  # NumPy itself would start at 0.0, which turns a sum of -0.0 into 0.0
        return self._trace.made(ArraySymbol, REDUCTION, fold, (formula, *start))

    def read(self, expression: Any) -> _Part:
        """What an expression is on the stack."""
        for symbol in below([expression], self._parts):
            self._parts[symbol] = self._read_one(symbol)
        return self._parts[expression] if isinstance(expression, Symbol) else _Part(expression)

    def _read_one(self, symbol: Symbol) -> _Part:
        if symbol.kind == INPUT:
            if symbol.fn == "y":
                return _Part(self._trace.array_input("y"))
            return _Part(self._trace.array_input("X", stacked=True), int(symbol.fn[1:]))
        parts = [self._parts[x] if isinstance(x, Symbol) else _Part(x) for x in symbol.operands]
        if symbol.kind == FUNCTION and symbol.fn in _FOLDS:
            fold = _folded(symbol.fn, *parts)
            if fold is not None:
                return fold if fold.reach < self._count else _Part(self.reduced(fold.fold, fold.formula, fold.start))
        read = {part.reads for part in parts if part.reads is not None}
        if len(read) > 1 or any(part.reach for part in parts):
            raise _Unreadable
        formula = self._trace.made(ArraySymbol, symbol.kind, symbol.fn, tuple([part.formula for part in parts]))
        return _Part(formula, min(read, default=None))


def _folded(fold: str, left: _Part, right: _Part) -> _Part | None:
    """A fold that is begun or goes on here: the right side is the next operand's formula."""
    formula = right.formula
    if right.reads is None or right.reach:
        return None
    if left.reach:
        fits = left.fold == fold and left.formula is formula and left.reach == right.reads
        return left._replace(reach=left.reach + 1) if fits else None
    if (left.reads, right.reads) != (0, 1):
        return None
    if left.formula is formula:
        return _Part(formula, None, 2, fold)
    begun = left.formula  # a sum begins with 0 + x0, which counts where x0 is -0
    if begun.fn == fold and type(begun.operands[0]) is float and begun.operands[1] is formula:
        return _Part(formula, None, 2, fold, (begun.operands[0],))
    return None
