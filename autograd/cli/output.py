"""What the command prints, complains of and writes."""

from __future__ import annotations

import os
import pydoc
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import ArgumentError, ExpressionError, visible

__all__ = ["complain", "complain_with_place", "make_directory", "page", "print_lines", "write"]


def print_lines(lines: Iterator[str]) -> None:
    """Print lines as they come."""
    for line in lines:
        print(line)


def page(lines: Iterator[str]) -> None:
    """Print lines through the reader's pager in a terminal, and elsewhere as they come."""
    if not (sys.stdout.isatty() and sys.stdin is not None and sys.stdin.isatty()):
        return print_lines(lines)
    os.environ.setdefault("LESS", "FRX")  # colours shown as such, and no waiting where all fits on the screen
    return pydoc.pager("\n".join(lines) + "\n")


def complain(error: Exception | str, more: Iterable[str] = ()) -> int:
    """Say on stderr what is wrong, in one line and any lines `more`; return 2, the exit status for bad input."""
    if sys.stderr is not None:  # print would take None for stdout
        print(f"autograd: {visible(' '.join(str(error).split()))}", *more, sep="\n", file=sys.stderr)
    return 2


def complain_with_place(error: ExpressionError, file: str = "") -> int:
    """The same for text that could not be read, with the line of it in which the error stands."""
    first, _, place = str(error).partition("\n")
    return complain(f"{file}, {first}" if file else first, [place] if place else [])


def make_directory(path: Path) -> None:
    """Make a directory and those above it, where there are none."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArgumentError(f"cannot make the directory {path}: {error.strerror or error}") from None


def write(path: Path, text: str) -> None:
    """Write a text file, the same bytes on every system."""
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ArgumentError(f"cannot write {path}: {error.strerror or error}") from None
