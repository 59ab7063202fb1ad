"""What the command prints and complains of."""

from __future__ import annotations

import json
import os
import pydoc
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from .. import __version__
from ..errors import ArgumentError, ExpressionError, visible
from ..reading.text import as_json

__all__ = [
    "complain",
    "complain_with_place",
    "make_directory",
    "one_line",
    "page",
    "print_data",
    "print_lines",
    "watched",
]

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


def print_lines(lines: Iterator[str]) -> None:
    """Print lines as they come."""
    for line in lines:
        print(line)


def print_data(data: dict[str, Any]) -> None:
    """Print data as JSON, with this package's version; inf and nan are text."""
    print(json.dumps(as_json({"version": __version__, **data}), indent=2, allow_nan=False))


def page(lines: Iterator[str]) -> None:
    """Print lines through the reader's pager in a terminal, and elsewhere as they come."""
    if not (sys.stdout.isatty() and sys.stdin is not None and sys.stdin.isatty()):
        return print_lines(lines)
    os.environ.setdefault("LESS", "FRX")  # colours shown as such, and no waiting where all fits on the screen
    return pydoc.pager("\n".join(lines) + "\n")


def watched(
    items: Iterable[_Item], make: Callable[[_Item], _Made], name: Callable[[_Item], str]
) -> Iterator[tuple[_Item, _Made]]:
    """Make something of each item; a terminal shows meanwhile how far it is, in a line that goes away at the end."""
    items = list(items)
    shows = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    for k, item in enumerate(items, 1):
        if shows:
            line = f"{k} of {len(items)}: {visible(name(item))}"[: shutil.get_terminal_size().columns - 1]
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
        try:
            made = make(item)
        finally:
            if shows:
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        yield item, made


def complain(error: Exception | str, more: Iterable[str] = ()) -> int:
    """Say on stderr what is wrong, in one line and any lines `more`; return 2, the exit status for bad input."""
    if sys.stderr is not None:  # print would take None for stdout
        print(f"autograd: {visible(' '.join(str(error).split()))}", *more, sep="\n", file=sys.stderr)
    return 2


def complain_with_place(error: ExpressionError, file: str = "") -> int:
    """The same for text that could not be read, with the line of it in which the error stands."""
    first, _, place = str(error).partition("\n")
    return complain(f"{file}, {first}" if file else first, [place] if place else [])


def one_line(error: Exception) -> str:
    """What an error says, without the line that points at a place."""
    return " ".join(str(error).partition("\n")[0].split())


def make_directory(path: Path) -> None:
    """Make a directory and those above it, where there are none."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArgumentError(f"cannot make the directory {path}: {error.strerror or error}") from None
