"""Conditions typed by a reader, such as ``abs(grad) < 1e-6 and value > 0``: where a walk through a pass is to stop.

The grammar, from what binds least to what binds most, is Python's::

    or
    and
    not
    a < b   <=  >  >=  ==  !=     chained as in 0 < a < 1
    isnan(a)   isinf(a)   isfinite(a)   (condition)

What stands on either side of a comparison is an expression of `functions.expressions`; this module
reads only what is around it. A parenthesis belongs to a condition if a comparison, a test or a word stands in it, and
to an expression if not. Nothing is handed to Python, and reading and holding go through lists, so nothing that can be
typed exhausts the stack.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from ..errors import ArgumentError, OperandError
from ..functions.expressions import MAX_DEPTH, Expression, Source, parse_part

__all__ = ["VARIABLES", "Condition", "parse_condition"]

VARIABLES = ("value", "grad", "upstream", "local", "message")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_TESTS: dict[str, Callable[[float], bool]] = {"isnan": math.isnan, "isinf": math.isinf, "isfinite": math.isfinite}
_WORDS = ("or", "and", "not")
_BINDS = {"(": 0, ")": 1, "or": 1, "and": 2, "not": 3}  # a word makes those wait no longer that bind as much

_EXAMPLE = "a condition compares, as abs(grad) < 1e-6"
_MEANT = {
    "=": "write == to compare",
    "===": "write ==",
    "!==": "write !=",
    "=<": "write <=",
    "=>": "write >=",
    "<>": "write !=",
    "!": "write not",
    "&&": "write and",
    "&": "write and",
    "||": "write or",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write !=",
    "nan": "nothing equals nan: write isnan(...)",
    "inf": "write isinf(...), or compare with a large number as 1e300",
}
_PIECE = re.compile(
    r"(?P<mistake>===|!==|<>|=<|=>|&&|\|\||&|[≤≥≠]|=(?!=)|!(?!=))"
    r"|(?P<sign><=|>=|==|!=|<|>)"
    r"|(?P<open>\()|(?P<close>\))"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<other>[0-9.]+(?:[eE][+-]?[0-9]+)?|[^ \t])"
)


class _Piece(NamedTuple):
    """A piece of the text, as far as conditions look at it, and where it begins."""

    kind: str  # "word", "sign", "open", "close", "test" or "other"
    text: str
    start: int


class _Leaf(NamedTuple):
    """Expressions with a sign between each two, or one with a test."""

    sides: tuple[Expression, ...]
    signs: tuple[str, ...]

    def holds(self, values: Mapping[str, float]) -> bool:
        """Whether it holds; without a value on one of the sides it doesn't."""
        try:
            numbers = [side.evaluate(values) for side in self.sides]
        except (ArithmeticError, ValueError):
            return False
        if len(numbers) == 1:
            return _TESTS[self.signs[0]](numbers[0])
        return all(_COMPARISONS[sign](a, b) for sign, (a, b) in zip(self.signs, pairwise(numbers), strict=True))


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
    _steps: tuple[_Leaf | str, ...] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.text

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
        stack: list[bool] = []
        for step in self._steps:
            if not isinstance(step, str):
                stack.append(step.holds(values))
            elif step == "not":
                stack.append(not stack.pop())
            else:
                right, left = stack.pop(), stack.pop()
                stack.append(left and right if step == "and" else left or right)
        return stack[0]


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
    source.check_length()
    steps = tuple(_Reader(source).read())
    names = {name for step in steps if not isinstance(step, str) for side in step.sides for name in side.names}
    return Condition(text.strip(), frozenset(names), steps)


def _pieces(source: Source) -> list[_Piece]:
    found = []
    for match in _PIECE.finditer(source.text):
        kind, text, start = str(match.lastgroup), match.group(), match.start()
        if kind == "mistake":
            raise source.error(_MEANT[text], start)
        found.append(_Piece(_kind_of_name(source, text, start) if kind == "name" else kind, text, start))
    return found


def _kind_of_name(source: Source, name: str, start: int) -> str:
    plain = name.lower().replace("_", "")
    if plain in _WORDS or plain in _TESTS:
        if name != plain:
            raise source.error(f"write {plain}", start)
        return "word" if name in _WORDS else "test"
    if plain in ("nan", "inf", "infinity"):
        raise source.error(_MEANT[plain[:3]], start)
    return "other"


class _Reader:
    """Words wait on a list until one that binds less follows; leaves and words come out in the order of holding."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.pieces = _pieces(source)
        self.closing: dict[int, int] = {}  # the place of each opening parenthesis -> that of the closing one
        self.of_conditions: set[int] = set()  # the places of the parentheses that hold conditions
        self._match()

    def _match(self) -> None:
        """Find which parentheses belong together, and which of them hold conditions."""
        unclosed: list[int] = []
        for i, piece in enumerate(self.pieces):
            if piece.kind == "open":
                unclosed.append(i)
                if len(unclosed) > MAX_DEPTH:
                    raise self.source.error(f"more than {MAX_DEPTH} parentheses within one another", piece.start)
            elif piece.kind == "close":
                if not unclosed:
                    raise self.source.error("this parenthesis was never opened", piece.start)
                self.closing[unclosed.pop()] = i
            elif piece.kind != "other":
                self.of_conditions.update(unclosed)
        if unclosed:
            raise self.source.error("this parenthesis is never closed", self.pieces[unclosed[-1]].start)

    def read(self) -> list[_Leaf | str]:
        if not self.pieces:
            raise self.source.error(f"there is no condition here; {_EXAMPLE}", 0)
        steps: list[_Leaf | str] = []
        waiting: list[str] = []
        wants_condition = True
        i = 0
        while i < len(self.pieces):
            piece = self.pieces[i]
            if not wants_condition:
                if piece.text not in ("and", "or", ")"):
                    raise self._no_word(piece)
                while waiting and _BINDS[waiting[-1]] >= _BINDS[piece.text]:
                    steps.append(waiting.pop())
                if piece.text == ")":
                    waiting.pop()
                else:
                    waiting.append(piece.text)
                    wants_condition = True
                i += 1
            elif piece.text == "not" or i in self.of_conditions:
                waiting.append(piece.text)
                i += 1
            else:
                leaf, i = self._test(i) if piece.kind == "test" else self._comparison(i)
                steps.append(leaf)
                wants_condition = False
        if wants_condition:
            raise self._nothing_beside(self.pieces[-1], "after")
        return steps + waiting[::-1]

    def _no_word(self, piece: _Piece) -> Exception:
        if piece.kind == "sign":
            return self.source.error("what stands before this is a condition already and is not compared", piece.start)
        return self.source.error("and or or is missing here", piece.start)

    def _test(self, i: int) -> tuple[_Leaf, int]:
        """isnan(...) and its like, and where to go on."""
        name = self.pieces[i]
        if i + 1 not in self.closing:
            raise self.source.error(f"{name.text} is a test: write {name.text}(...)", name.start)
        if i + 1 in self.of_conditions:
            raise self.source.error(f"{name.text} looks at a number, not at a condition", self.pieces[i + 1].start)
        end = self.closing[i + 1]
        inner = self._expression(self.pieces[i + 1].start + 1, self.pieces[end].start)
        return _Leaf((inner,), (name.text,)), end + 1

    def _comparison(self, i: int) -> tuple[_Leaf, int]:
        """Expressions and the signs between them up to a word, a closing parenthesis or the end; where to go on."""
        first = start = self.pieces[i].start
        sides: list[Expression] = []
        signs: list[_Piece] = []
        while True:
            piece = self.pieces[i] if i < len(self.pieces) else _Piece("end", "", len(self.source.text))
            if piece.kind in ("sign", "word", "close", "end"):
                if not self.source.text[start : piece.start].strip():
                    raise self._nothing_beside(signs[-1] if signs else piece, "after" if signs else "before")
                sides.append(self._expression(start, piece.start))
                if piece.kind != "sign":
                    break
                signs.append(piece)
                start = piece.start + len(piece.text)
            elif piece.kind == "test" or i in self.of_conditions:
                raise self.source.error("a condition stands here where a number is wanted", piece.start)
            elif piece.kind == "open":
                i = self.closing[i]
            i += 1
        if not signs:
            raise self.source.error(_EXAMPLE, first)
        return _Leaf(tuple(sides), tuple(sign.text for sign in signs)), i

    def _nothing_beside(self, piece: _Piece, where: str) -> Exception:
        what = "a number" if piece.kind == "sign" else "a condition"
        return self.source.error(f"{what} is missing {where} {piece.text}; {_EXAMPLE}", piece.start)

    def _expression(self, start: int, stop: int) -> Expression:
        return parse_part(self.source, start, stop, VARIABLES)
