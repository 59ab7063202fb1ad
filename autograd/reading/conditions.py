"""Conditions typed by a reader, such as ``abs(grad) < 1e-6 and value > 0``: where a walk through a pass is to stop.

They are read as expressions are (:mod:`autograd.functions.expressions`), and three things more: comparisons, chained
as in ``0 < a < 1``; the words ``and``, ``or`` and ``not``; the tests ``isnan(a)``, ``isinf(a)`` and ``isfinite(a)``.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeAlias

from ..errors import ArgumentError, OperandError
from ..functions.expressions import NAME, Expression, Reading, Source

__all__ = ["VARIABLES", "Condition", "parse_condition"]

Test: TypeAlias = Callable[[Mapping[str, float]], bool]

VARIABLES = ("value", "grad", "upstream", "local", "message")
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_TESTS: dict[str, Callable[[float], bool]] = {"isnan": math.isnan, "isinf": math.isinf, "isfinite": math.isfinite}

_EXAMPLE = "a condition compares, as abs(grad) < 1e-6"
_NAN = "nothing equals nan: write isnan(...)"
_INF = "write isinf(...), or compare with a large number as 1e300"
_MEANT = {  # signs and names of other languages; names without _ and in small letters
    "===": "write ==",
    "!==": "write !=",
    "<>": "write !=",
    "=<": "write <=",
    "=>": "write >=",
    "=": "write == to compare",
    "&&": "write and",
    "&": "write and",
    "!": "write not",
    "nan": _NAN,
    "inf": _INF,
    "infinity": _INF,
} | {name: f"write {name}" for name in ("and", "or", "not", *_TESTS)}
_PIECE = re.compile(rf"===|!==|<>|=<|=>|[<>=!]=|&&|[&=!]|[0-9.]+e?|{NAME}")


@dataclass(frozen=True)
class Condition:
    """A condition that was read. Made by :func:`parse_condition`.

    Args:
        text: as it was typed.
        names: the variables that it looks at.

    Example:
        >>> small = parse_condition("0 < abs(grad) < 1e-6")
        >>> small.holds({"grad": -1e-9}), small.holds({"grad": 0.5}), sorted(small.names)
        (True, False, ['grad'])
    """

    text: str
    names: frozenset[str]
    _test: Test = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[Callable[[str], Condition], tuple[str]]:
        return parse_condition, (self.text,)

    def holds(self, values: Mapping[str, float]) -> bool:
        """Whether it holds for these numbers.

        A comparison whose arithmetic has no value, as 1/0, does not hold. Nothing but != holds of nan.

        Args:
            values: a number for each of `names`; others are left unused.

        Raises:
            ArgumentError: a variable has no value (a ValueError).

        Example:
            >>> parse_condition("grad == 0 or 1/grad > 10").holds({"grad": 0.0})
            True
        """
        if missing := sorted(self.names - set(values)):
            raise ArgumentError(f"{self.text} needs a value for {missing[0]}")
        return self._test(values)


def parse_condition(text: str) -> Condition:
    """Read one condition.

    Args:
        text: what was typed: comparisons of VARIABLES, joined by ``and``, ``or`` and ``not``.

    Raises:
        ExpressionError: the text is no condition; the message shows the place and the way out (a ValueError).
        OperandError: `text` is no text (a TypeError).

    Example:
        >>> parse_condition("isnan(grad) or not 0.1 <= abs(message) < 10").holds({"grad": 1.0, "message": -20.0})
        True
        >>> parse_condition("gradient = 0")
        Traceback (most recent call last):
        ...
        autograd.errors.ExpressionError: column 10: write == to compare
          gradient = 0
                   ^
    """
    if not isinstance(text, str):
        raise OperandError(f"a condition is text, got {type(text).__name__}")
    source = Source(text)
    if not text.strip():
        raise source.error(f"there is no condition here; {_EXAMPLE}", 0)
    for piece in _PIECE.finditer(text):
        plain = piece[0].lower().replace("_", "")
        if plain in _MEANT and _MEANT[plain] != f"write {piece[0]}":
            raise source.error(_MEANT[plain], piece.start())
    reading = Reading(source, 0, len(text), VARIABLES, _TESTS)
    test = _read(reading, reading.tree)
    names = {node.id for node in ast.walk(reading.tree) if isinstance(node, ast.Name)}
    return Condition(text.strip(), frozenset(names & set(VARIABLES)), test)


def _read(reading: Reading, node: ast.expr) -> Test:
    match node:
        case ast.BoolOp(op=op, values=parts):
            tests = [_read(reading, part) for part in parts]
            combined = all if isinstance(op, ast.And) else any
            return lambda values: combined(test(values) for test in tests)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _read(reading, operand)
            return lambda values: not inner(values)
        case ast.Compare(left=left, ops=ops, comparators=others):
            signs = [_COMPARISONS[type(op)] for op in ops]
            return _of_numbers(
                list(map(reading.expression, (left, *others))),
                lambda numbers: all(sign(a, b) for sign, (a, b) in zip(signs, pairwise(numbers), strict=True)),
            )
        case ast.Call(func=ast.Name(id=name), args=[number]) if name in _TESTS:
            return _of_numbers([reading.expression(number)], lambda numbers: _TESTS[name](*numbers))
        case ast.Call(func=ast.Name(id=name)) if name in _TESTS:
            raise reading.source.error(f"{name} takes 1 argument", reading.place(node))
    reading.expression(node)  # if a condition stands within this number, that is what to say
    raise reading.source.error(_EXAMPLE, reading.place(node))


def _of_numbers(sides: Sequence[Expression], holds: Callable[[list[float]], bool]) -> Test:
    """A test of the values of a few expressions; without a value on one of the sides it does not hold."""

    def test(values: Mapping[str, float]) -> bool:
        try:
            numbers = [side.evaluate(values) for side in sides]
        except (ArithmeticError, ValueError):
            return False
        return holds(numbers)

    return test
