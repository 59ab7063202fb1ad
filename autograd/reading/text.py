"""Text that keeps to its room: numbers and labels of pictures, columns of a terminal, lines of at most eighty columns.

Whatever a label holds, what is made of it here is short and harmless.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any
from unicodedata import category, east_asian_width

from ..engine.special import total
from ..errors import columns, visible

__all__ = [
    "LABEL_LIMIT",
    "as_json",
    "columns",
    "cut",
    "equation",
    "filled",
    "label_text",
    "many",
    "markup",
    "number_text",
    "range_text",
    "sentence",
    "text_width",
]

LABEL_LIMIT = 32  # characters; a longer label would push the rest of the picture out of sight

_NARROW, _WIDE = frozenset(" !'(),-./:;I[]fijlrt|"), frozenset("%@MW^m+<>=~w…—")


def number_text(x: float | None, missing: str = "not computed", number_format: str = ".4g") -> str:
    """A number as pictures write it: to four significant digits, a zero of either sign as 0.

    Args:
        x: the number, or None where there is none.
        missing: what to write in its place; never 0, which is a number.
        number_format: of another precision, or another form.

    Example:
        >>> [number_text(x) for x in (2.0, 0.1234567, 1e-7, -0.0, float("-inf"), float("nan"), None)]
        ['2', '0.1235', '1e-07', '0', '-inf', 'nan', 'not computed']
    """
    return missing if x is None else format(x + 0.0, number_format)  # -0.0 + 0.0 is 0.0


def many(n: int, what: str, several: str = "") -> str:
    """So many of something; `several`: its plural, where that is not made with an s.

    Example:
        >>> many(1, "path"), many(1200, "path"), many(2, "bias", "biases")
        ('1 path', '1,200 paths', '2 biases')
    """
    return f"{n:,} {what if n == 1 else several or what + 's'}"


def range_text(numbers: Sequence[float], text: Callable[[float], str] = number_text) -> str:
    """The smallest and the largest, or the one number that they all are; the first and the last if some is no number.

    Example:
        >>> range_text([0.5, -1.25, 3.0]), range_text([2.0, 2.0])
        ('-1.2 … 3', '2')
    """
    low, high = (min(numbers), max(numbers)) if all(map(math.isfinite, numbers)) else (numbers[0], numbers[-1])
    return text(low) if text(low) == text(high) else f"{low + 0.0:.2g} … {high + 0.0:.2g}"


def label_text(label: str, limit: int = LABEL_LIMIT) -> str:
    r"""One line of printable text for a label of any kind.

    What would not show (control characters, lone surrogates, marks that turn the direction of writing, ...) is
    written as the escape that a Python string has for it. A label that takes more than `limit` characters ends in an
    ellipsis, one of spaces alone stands in quotes.

    Example:
        >>> print(label_text("a\nb"), label_text("weights of the very first hidden layer"), label_text("  "))
        a\nb weights of the very first hidde… '  '
    """
    if label and not label.strip(" "):
        label = repr(label)
    pieces = [visible(character) for character in label[: limit + 1]]
    if len("".join(pieces)) <= limit:
        return "".join(pieces)
    kept = sum(used < limit for used in accumulate(map(len, pieces)))  # one character is kept for the ellipsis
    return "".join(pieces[:kept]) + "…"


def markup(text: str) -> str:
    r"""Text for the inside of an HTML-like DOT label, where it then stands for itself alone.

    Quotes and angle brackets can't end the label or open a tag, and a backslash can't begin one of DOT's own
    escapes, which ``\N`` (the name of the node) is even inside markup.

    Example:
        >>> print(markup(r'<b>"\N" & co'))
        &lt;b&gt;&quot;\\N&quot; &amp; co
    """
    return html.escape(text).replace("\\", "\\\\")


def text_width(text: str, size: float, bold: bool = False) -> int:
    """A generous estimate of the room that a line takes in any common sans-serif font, in points.

    `dot` has no fonts of its own to measure with: it takes Helvetica's widths, and far too little for anything that
    is not ASCII, while the viewer may show a wider font. Room asked for by this estimate is enough in either case.

    Args:
        text: one line.
        size: of the font, in points.
        bold: whether it is bold, which is wider.

    Example:
        >>> text_width("loss", 10), text_width("損失", 10)
        (24, 20)
    """
    ems: float = total(map(_ems, text))
    return math.ceil(size * ems * (1.12 if bold else 1.0))


def _ems(character: str) -> float:
    if character in _NARROW:
        return 0.4
    if character in _WIDE or east_asian_width(character) in "WF":
        return 1.0
    if category(character) in ("Mn", "Me"):
        return 0.0  # it stands above or around the character before it
    return 0.66 if character.islower() or character.isdecimal() else 0.8


# --- columns of a terminal ----------------------------------------------------------------------------------------


def cut(text: str, room: int, dots: str = "…") -> str:
    """Printable text, or as much of it as leaves room for the dots, in so many columns.

    Example:
        >>> cut("weights", 7), cut("weights", 4), cut("損失", 3)
        ('weights', 'wei…', '損…')
    """
    if columns(text) <= room:
        return text
    kept = sum(used <= room - len(dots) for used in accumulate(map(columns, text)))
    return text[:kept] + dots


def as_json(data: Any) -> Any:
    """Data of dicts and lists as JSON can hold it: a number that is not finite as text, "inf", "-inf" or "nan".

    Example:
        >>> as_json({"x": [0.5, float("-inf")], "y": None})
        {'x': [0.5, '-inf'], 'y': None}
    """
    if isinstance(data, dict):
        return {key: as_json(value) for key, value in data.items()}
    if isinstance(data, list):
        return list(map(as_json, data))
    return str(data) if isinstance(data, float) and not math.isfinite(data) else data


# --- lines --------------------------------------------------------------------------------------------------------


WIDTH = 80  # columns
_FARTHEST = 18  # columns, for the sign that the lines below are aligned at


def equation(sides: Sequence[Sequence[str]], indent: int = 0) -> list[str]:
    """Lines for side = side = ...: one if it fits, else one or more for each side, the signs below each other.

    A side is given as the pieces between which a line may be broken; one equal to the side before it is left out.
    """
    kept = [side for i, side in enumerate(sides) if not i or list(side) != list(sides[i - 1])]
    margin = " " * indent
    whole = margin + " = ".join(" ".join(side) for side in kept)
    if columns(whole) <= WIDTH:
        return [whole]
    left = margin + " ".join(kept[0])
    if columns(left) <= _FARTHEST:
        lines, hanging = [], " " * columns(left)
    else:
        lines, left = filled(kept[0], margin, f"{margin}  "), ""
        hanging = f"{margin}   "
    for side in kept[1:]:
        lines += filled(["=", *side], f"{left or hanging} ", f"{hanging}   ")
        left = ""
    return lines


def filled(pieces: Sequence[str], first: str = "", rest: str = "") -> list[str]:
    """Lines that hold as many pieces as fit, a blank between two; the first begins with `first`, others with `rest`."""
    lines = [first + pieces[0]]
    for piece in pieces[1:]:
        if columns(lines[-1]) + 1 + columns(piece) <= WIDTH:
            lines[-1] += f" {piece}"
        else:
            lines.append(rest + piece)
    return lines


def sentence(text: str, first: str = "", rest: str = "") -> list[str]:
    """A sentence, broken between words."""
    return filled(text.split(), first, rest)
