"""A line of text cut into the numbers, names and signs of an expression, or refused at the place that does not fit."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from ..errors import ExpressionError

__all__ = ["MAX_LENGTH", "Source", "Token", "tokens"]

MAX_LENGTH = 2_000  # characters of a line

_PIECE = re.compile(
    r"(?P<space>[ \t]+)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<sign>\*\*|//|[-+*/%(),])"
)

_COMPARISON = "comparisons are no part of an expression; relu, max, min, abs and sign are"
_BRACKET = "only ( ) group; a vector's entries are variables of their own, as x1, x2"
_QUOTE = "text in quotes is no part of an expression"
_MEANT = {
    "^": "^ is not a power here: write **",
    "=": "an expression holds no =",
    "<": _COMPARISON,
    ">": _COMPARISON,
    "!": _COMPARISON,
    "[": _BRACKET,
    "]": _BRACKET,
    "{": _BRACKET,
    "}": _BRACKET,
    "'": _QUOTE,
    '"': _QUOTE,
    ".": "a dot stands only within a number: there are no attributes",
    "_": "a name begins with a letter",
    "|": "write abs(x) for |x|",
    "\n": "an expression is a single line",
    "\r": "an expression is a single line",
    "\0": "a NUL byte is no part of an expression",
    "−": "this is a minus sign of print: write -",
    "–": "this is a dash: write -",
    "×": "write * for a product",
    "·": "write * for a product",
    "⋅": "write * for a product",
    "÷": "write / for a quotient",
    "²": "write **2",
    "³": "write **3",
    "√": "write sqrt(x)",
    "π": "write pi",
    "\xa0": "this is a space of print: type a plain one",
}


class Source(NamedTuple):
    """A line, and where it comes from.

    Args:
        text: all of it.
        line: its number in its file, from 1; None: it comes from no file.
    """

    text: str
    line: int | None = None

    def error(self, reason: str, position: int) -> ExpressionError:
        """What to raise for something wrong at a place of this line."""
        return ExpressionError(reason, self.text, position, self.line)

    def check_length(self) -> None:
        """Refuse a line that is too long to be read."""
        if len(self.text) > MAX_LENGTH:
            reason = f"the text is {len(self.text):,} characters long; at most {MAX_LENGTH:,} are read"
            raise self.error(reason, MAX_LENGTH)


class Token(NamedTuple):
    """A number, a name, a sign or the end, and where it begins."""

    kind: str  # "number", "name", "sign" or "end"
    text: str
    position: int


def tokens(source: Source, start: int, stop: int) -> Iterator[Token]:
    """The tokens between two places of a line, and one of the kind "end".

    Raises:
        ExpressionError: there is something that no expression holds, or the line is too long.

    Example:
        >>> [token.text for token in tokens(Source("2.5*x**3"), 0, 8)]
        ['2.5', '*', 'x', '**', '3', '']
    """
    source.check_length()
    position = start
    while position < stop:
        found = _PIECE.match(source.text, position, stop)
        if found is None:
            raise source.error(_complaint(source.text[position]), position)
        kind, text = found.lastgroup or "", found.group()
        if kind == "number":
            _check_number(source, found)
        if kind == "name" and keyword.iskeyword(text):
            raise source.error(f"{text} is a word of Python, which is not what is read here", position)
        if kind != "space":
            yield Token(kind, text, position)
        position = found.end()
    yield Token("end", "", stop)


def _check_number(source: Source, found: re.Match[str]) -> None:
    rest = source.text[found.end() : found.end() + 1]
    if rest == "_":
        raise source.error("digits are written without _ between them", found.end())
    if found.group() == "0" and rest in ("x", "X", "b", "B", "o", "O") and source.text[found.end() + 1 :][:1].isdigit():
        raise source.error("only decimal numbers are read", found.start())
    if rest == ".":
        raise source.error("a number has one decimal point", found.end())


def _complaint(character: str) -> str:
    if character in _MEANT:
        return _MEANT[character]
    name = unicodedata.name(character, "") or "a character without a name"
    code = f"U+{ord(character):04X}"
    if not character.isascii():
        what = "only ASCII letters, digits and signs are" if character.isalnum() else "it is"
        return f"{name} ({code}) cannot stand here: {what.replace('it is', 'it is no sign that is')} read"
    return f"{character} is no sign of an expression" if character.isprintable() else f"{code} cannot stand here"
