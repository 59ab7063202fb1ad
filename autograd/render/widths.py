"""Text that has to keep to the columns of a terminal."""

from __future__ import annotations

from unicodedata import category, east_asian_width

from .text import label_text

__all__ = ["columns", "cut", "printable"]

_LONGEST = 1000  # characters of a name that are looked at


def columns(text: str) -> int:
    """How many columns of a terminal a text takes.

    Args:
        text: printable characters.

    Example:
        >>> columns("loss"), columns("損失"), columns("y\\N{COMBINING CIRCUMFLEX ACCENT}")
        (4, 4, 1)
    """
    return sum(0 if category(c) in ("Mn", "Me") else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def cut(text: str, room: int) -> str:
    """The text, or as much of it as leaves a column for an ellipsis.

    Args:
        text: printable characters.
        room: columns, 1 at the least.

    Example:
        >>> cut("weights", 7), cut("weights", 4), cut("損失", 3)
        ('weights', 'wei…', '損…')
    """
    if columns(text) <= room:
        return text
    shown, used = "", 0
    for character in text:
        used += columns(character)
        if used > room - 1:
            break
        shown += character
    return shown + "…"


def printable(text: str, room: int, ascii_only: bool = False) -> str:
    r"""Text of any kind as one line that takes `room` columns at most.

    Args:
        text: any text.
        room: columns, 1 at the least.
        ascii_only: write what is not ASCII as an escape, too; an ellipsis stays one.

    Example:
        >>> print(printable("a\nb", 10), printable("ŷ", 10, ascii_only=True), printable("損失 of the net", 9))
        a\nb \u0177 損失 of …
    """
    shown = label_text(text, _LONGEST)
    return cut(shown.encode("ascii", "backslashreplace").decode() if ascii_only else shown, room)
