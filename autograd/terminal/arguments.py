"""What stands behind a command, as the number or the nothing that it has to be."""

from __future__ import annotations

import re
from collections.abc import Set

from ..errors import ArgumentError, AutogradError, ExpressionError
from ..functions.expressions import parse
from .shell import one_line
from .words import quoted

__all__ = ["bare", "count", "node_and_rest", "nothing", "number"]


def bare(argument: str) -> str:
    """The argument without the brackets and quotes of Python, which a hint of the library may show.

    Example:
        >>> bare('("layer")')
        'layer'
    """
    return argument.strip("()\"' ")


def nothing(argument: str, command: str, hint: str = "") -> None:
    """Refuse an argument where there is none to give.

    Raises:
        ArgumentError: there is one; `hint` is the end of the message.
    """
    if bare(argument):
        raise ArgumentError(f"nothing stands behind {command}, got {quoted(argument)}{hint}")


def count(argument: str, command: str, default: int | None = None) -> int:
    """A whole number; with a default it may be missing.

    Raises:
        ArgumentError: it is missing, or no whole number.

    Example:
        >>> count("3", "step"), count("", "step", 1), count("(8)", "goto")
        (3, 1, 8)
    """
    text = bare(argument)
    if not text and default is not None:
        return default
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        got = f", got {quoted(argument)}" if argument else ""
        raise ArgumentError(f"{command} takes a whole number, as {command} 3{got}")
    return int(text)


def number(typed: str) -> float:
    """The number that an expression without variables makes.

    Raises:
        ArgumentError: it makes none.

    Example:
        >>> number("2*3"), number("1/4")
        (6.0, 0.25)
    """
    try:
        found: float = parse(typed, variables=()).evaluate({})
    except AutogradError as error:
        reason = error.reason if isinstance(error, ExpressionError) else one_line(error)
        raise ArgumentError(f"{quoted(typed)} is no number: {reason}") from None
    return found


def node_and_rest(argument: str, names: Set[str]) -> tuple[str, str]:
    """The longest name that the argument begins with, and what stands behind it; else its first word, and nothing.

    Example:
        >>> node_and_rest("yhat - y 2*3", {"yhat", "y", "yhat - y"})
        ('yhat - y', '2*3')
        >>> node_and_rest("z 5", {"yhat"}), node_and_rest("yhat = 5", {"yhat"})
        (('z', ''), ('yhat', '5'))
    """
    for space in [len(argument), *[match.start() for match in re.finditer(r"\s+", argument)][::-1]]:
        if argument[:space] in names:
            return argument[:space], argument[space:].strip().removeprefix("=").strip()
    return argument.partition(" ")[0], ""
