"""What a terminal shows: lines wrapped to its width, and colour; elsewhere plain text as it is."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TextIO, TypeAlias

from ..reading.text import columns

__all__ = ["Screen", "Subject"]

Subject: TypeAlias = Callable[[int], str]

_STYLES = {"strong": "1", "faint": "2", "good": "32", "note": "33", "bad": "31", "node": "1;36"}
_NARROWEST = 10
_RECORD = re.compile(r"(?P<marker>(?:->|  ) )?\[\d+/\d+\]")


class Screen:
    """Prints to a stream.

    Args:
        stream: where to.
        colour: whether to colour; it is done last, so that it can't disturb the layout.
        environment: for the kind of terminal.

    Example:
        >>> import sys
        >>> Screen(sys.stdout, colour=False).show(["plain text"])
        plain text
    """

    def __init__(self, stream: TextIO, colour: bool, environment: Mapping[str, str] = os.environ) -> None:
        self.stream = stream
        self.colour = colour
        self.terminal = stream.isatty()
        self.draws = self.terminal and environment.get("TERM") != "dumb"

    @property
    def width(self) -> int | None:
        """How many columns there are; None: it is no terminal, and a line may be of any length."""
        return max(shutil.get_terminal_size().columns, _NARROWEST) if self.terminal else None

    @property
    def ascii_only(self) -> bool:
        """Whether the stream has no signs to draw lines with."""
        return not (self.stream.encoding or "ascii").lower().replace("-", "").startswith("utf")

    def show(self, lines: Iterable[str], style: str = "", subject: Subject | None = None) -> None:
        """Print lines.

        Args:
            lines: what to print; one may be wrapped to several.
            style: of all of them; "": each as what it says.
            subject: gives the name of the node that a record is about, for its number; the name is highlighted.
        """
        for line in lines:
            first, *rest = self._wrapped(line)
            print(self._first(first, style, subject), file=self.stream)
            for part in rest:
                print(self._painted(part, style or _style_of(line)), file=self.stream)

    def as_it_is(self, lines: Iterable[str]) -> None:
        """Print lines that fit already."""
        for line in lines:
            print(line, file=self.stream)

    def _wrapped(self, line: str) -> list[str]:
        width = self.width
        if width is None or columns(line) <= width:
            return [line]
        indent = len(line) - len(line.removeprefix("->").lstrip(" ")) + 2
        return list(_broken(line, width, " " * indent if indent <= width // 3 else "  "))

    def _first(self, line: str, style: str, subject: Subject | None) -> str:
        record = None if style else _RECORD.match(line)
        if record is None or not self.colour:
            return self._painted(line, style or _style_of(line))
        head, rest = record[0], line[record.end() :]
        if subject is not None:
            name = subject(int(re.findall(r"\d+", head)[0]))
            behind = re.match(r" \(layer [^)]*\)", rest)  # which neuron it is in comes first
            pattern = re.compile(rf"(?<![\w.\[,]){re.escape(name)}(?![\w.\[,])")
            place = pattern.search(rest, behind.end() if behind else 0)
            if place:
                rest = rest[: place.start()] + self._painted(name, "node") + rest[place.end() :]
        return self._painted(head, "strong" if record["marker"] == "-> " else "faint") + rest

    def _painted(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour and style and text else text


def _style_of(line: str) -> str:
    if line.startswith(("stopped:", "watching ")) or "not finite:" in line:
        return "note"
    return ""


def _broken(line: str, width: int, indent: str) -> Iterator[str]:
    """Parts of at most `width` columns, broken at spaces, or within a word that is longer than a line."""
    part, empty = "", True
    for word in re.findall(r" *[^ ]+", line):
        if columns(part) + columns(word) > width and not empty:
            yield part
            part, word, empty = indent, word.lstrip(" "), True
        while columns(part) + columns(word) > width:
            room = width - columns(part)
            cut = next((i for i in range(len(word), 0, -1) if columns(word[:i]) <= room), 1)
            yield part + word[:cut]
            part, word = indent, word[cut:]
        part += word
        empty = empty and not word
    yield part
