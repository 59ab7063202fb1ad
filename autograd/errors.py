"""Everything that the package raises or warns of on its own account.

One root, :class:`AutogradError`, so that ``except AutogradError`` catches all of it. Each kind is also the
built-in exception that plain Python would raise in the same place, so that code which already catches
``ValueError`` or ``ZeroDivisionError`` goes on working when floats become Values.
"""

from __future__ import annotations

import os
import sys
import warnings
from types import FrameType
from unicodedata import category, east_asian_width

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class AutogradError(Exception):
    """The root of every exception raised by this package.

    Its text may quote labels, names of files and what another program said, and steers no terminal by it.
    """

    def __str__(self) -> str:
        return "\n".join(map(visible, super().__str__().split("\n")))


class DomainError(AutogradError, ValueError):
    """A function was asked for a value outside its domain, as ``math.log(0)`` is."""


class DivisionByZeroError(AutogradError, ZeroDivisionError):
    """A division by zero, or zero to a negative power."""


class RangeError(AutogradError, OverflowError):
    """A result too large for a double where Python raises, as ``math.exp(1000)`` does."""


class OperandError(AutogradError, TypeError):
    """Something that is not a real number stood where a number or a Value belongs."""


class ShapeError(AutogradError, ValueError):
    """Lengths or shapes that do not fit together."""


class GraphError(AutogradError, RuntimeError):
    """A graph cannot be used in the way asked for, for instance because it is too large to draw."""


class BranchError(GraphError):
    """A compiled function was run at numbers at which it would branch another way than when it was recorded."""


class AnomalyError(AutogradError, ArithmeticError):
    """``detect_anomaly`` met the first inf or NaN, or a stored value that its parents no longer give."""


class ArgumentError(AutogradError, ValueError):
    """An argument has the right type and a value that makes no sense here."""


class ExpressionError(AutogradError, ValueError):
    """Text that is no expression, or no derivation, of the small grammar; the message points at the place.

    Args:
        reason: what is wrong and the way out, in one line.
        text: the whole line in which it stands; empty: there is none to show.
        position: where in `text`, in characters from 0.
        line: the line's number in its file, from 1; None: it comes from no file.

    Example:
        >>> print(ExpressionError("powers are written **", "x^2", 1, line=7))
        line 7, column 2: powers are written **
          x^2
           ^
    """

    def __init__(self, reason: str, text: str = "", position: int = 0, line: int | None = None) -> None:
        super().__init__(reason, text, position, line)
        self.reason = reason
        self.text = text
        self.position = position
        self.line = line

    def __str__(self) -> str:
        where = [f"line {self.line}"] if self.line is not None else []
        where += [f"column {self.position + 1}"] if self.text else []
        place = f"{', '.join(where)}: " if where else ""
        return f"{place}{self.reason}" + (f"\n{pointed(self.text, self.position)}" if self.text else "")


class GraphvizMissingError(AutogradError, RuntimeError):
    """No ``dot`` program could be found; the message says what to install."""


class DerivativeError(AutogradError, AssertionError):
    """A derivative does not belong to its function; the text shows where, and names the slip if it is a known one."""


class GradientWarning(RuntimeWarning):
    """A gradient that is legal but seldom meant: an infinite slope, or a step that stops every gradient."""


class CompileWarning(UserWarning):
    """A function read numbers out of its graph while it was compiled, so its program keeps the numbers of that time."""


_KINDS: dict[type[Exception], type[AutogradError]] = {
    ZeroDivisionError: DivisionByZeroError,
    OverflowError: RangeError,
    ValueError: DomainError,
}


def translated(error: Exception, message: str) -> AutogradError:
    """This package's kind of `error`, which stays an instance of the same built-in exception."""
    if isinstance(error, AutogradError):
        return type(error)(message)
    for builtin, ours in _KINDS.items():
        if isinstance(error, builtin):
            return ours(message)
    return AutogradError(message)


def warn(message: str, kind: type[Warning] = GradientWarning) -> None:
    """Give a warning that points at the first line outside this package."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and is_own(frame):
        level, frame = level + 1, frame.f_back
    warnings.warn(visible(message), kind, stacklevel=level)


def is_own(frame: FrameType) -> bool:
    """Whether the code that runs in this frame is this package's."""
    return frame.f_code.co_filename.startswith(_PACKAGE)


def shown(label: str) -> str:
    """A label as a message shows it: as it is if it is short and printable, else quoted and cut."""
    if len(label) <= 40 and label.isprintable():
        return label
    return ascii(label if len(label) <= 40 else label[:39] + "…")


def visible(text: str) -> str:
    """The text, with the escape of a Python string for each sign that would not show or would steer a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def pointed(text: str, position: int) -> str:
    """A line of any text, cut to what surrounds one place in it, and a caret below that place.

    What would not show is written as the escape that a Python string has for it.
    """
    start = max(0, min(position - 32, len(text) - 64))
    end = start + 64
    before, after = ("…" if start else ""), ("…" if end < len(text) else "")
    signs = [visible(c) for c in text[start:end]]
    left, right = before + "".join(signs[: position - start]), "".join(signs[position - start :]) + after
    columns = sum(0 if category(c) in ("Mn", "Me") else 2 if east_asian_width(c) in "WF" else 1 for c in left)
    return f"  {left}{right}\n  {' ' * columns}^"
