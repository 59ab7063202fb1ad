"""Texts beside arrows, moved where a line of a laid out picture would strike them through.

`dot` keeps room for the text beside an arrow, and yet lets an arrow that crosses this one run through it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from xml.etree import ElementTree

from ..reading.text import text_width
from .cells import SMALL
from .curves import Point, along

__all__ = ["free_labels"]

_SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")
_CELL = 3.0  # points: what lies where is asked on a grid of this width
_BESIDE = (5.0, 12.0, 22.0, 36.0, 54.0, 80.0)  # points between an arrow and its text; the nearest that is free is taken
_UP, _DOWN = 0.72, 0.2  # how far a line of text reaches above and below its base, as parts of the font's size
_TRIED = 80  # places along an arrow

Cells = set[tuple[int, int]]


class _Room(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def cells(self) -> Cells:
        across = range(math.floor(self.left / _CELL), math.floor(self.right / _CELL) + 1)
        down = range(math.floor(self.top / _CELL), math.floor(self.bottom / _CELL) + 1)
        return {(i, j) for i in across for j in down}


def free_labels(tree: ElementTree.Element, widths: Mapping[str, Sequence[float]]) -> int:
    """Move each text that a line runs through to the nearest free place beside its own arrow, if there is one;
    return for how many there is none.

    `widths` are those of the lines of text by the id of the arrow, as they are at the end of the pass: so a text
    stands at the same place at every moment.
    """
    arrows: dict[str, ElementTree.Element] = {}
    taken: Cells = set()
    for group in tree.iter(f"{_SVG}g"):
        kinds = group.get("class", "").split()
        if "edge" in kinds:
            arrows[group.get("id", "")] = group
            taken |= {cell for x, y in _line(group) for cell in _Room(x - 1, y - 1, x + 1, y + 1).cells()}
        elif "node" in kinds:
            corners = [corner for each in group for corner in _corners(each.get("points") or each.get("d") or "")]
            taken |= _around(corners).cells() if corners else _Text(group).cells
    texts = {id_: _Text(group, widths[id_]) for id_, group in arrows.items() if id_ in widths}
    paper = _around([corner for each in tree.iter(f"{_SVG}polygon") for corner in _corners(each.get("points", ""))])
    struck = 0
    for id_, text in texts.items():
        text.cells = text.at(0, 0)
        others = [other.cells for other in texts.values() if other is not text]
        if taken.isdisjoint(text.cells) and all(map(text.cells.isdisjoint, others)):
            continue
        for x, y in sorted(_ways(text.room, list(_line(arrows[id_]))), key=lambda way: math.hypot(*way)):
            inside = paper.left <= text.room.left + x and text.room.right + x <= paper.right
            cells = text.at(x, y) if inside else taken
            if taken.isdisjoint(cells) and all(map(cells.isdisjoint, others)):
                text.move(x, y)
                break
        else:
            struck += 1
    return struck


class _Text:
    """The lines of text beside an arrow, or in a box without an outline."""

    def __init__(self, group: ElementTree.Element, widths: Sequence[float] = ()) -> None:
        self._lines = list(group.iter(f"{_SVG}text"))
        widths = widths or [text_width(line.text or "", SMALL) for line in self._lines]
        self._rooms = []
        for line, width in zip(self._lines, widths, strict=False):
            size, x, y = (float(line.get(name, "0")) for name in ("font-size", "x", "y"))
            self._rooms.append(_Room(x, y - _UP * size, x + width, y + _DOWN * size))
        self.room = _around([corner for room in self._rooms for corner in (room[:2], room[2:])])
        self.cells = self.at(0, 0)

    def at(self, x: float, y: float) -> Cells:
        return {cell for a, b, c, d in self._rooms for cell in _Room(a + x, b + y, c + x, d + y).cells()}

    def move(self, x: float, y: float) -> None:
        self.cells = self.at(x, y)
        for line in self._lines:
            line.set("x", f"{float(line.get('x', '0')) + x:.2f}")
            line.set("y", f"{float(line.get('y', '0')) + y:.2f}")


def _ways(room: _Room, line: Sequence[Point]) -> Iterator[Point]:
    """How far a text would move to stand right or left of a place of its arrow, or above or below it."""
    center, middle = (room.left + room.right) / 2, (room.top + room.bottom) / 2
    for x, y in line[:: max(1, len(line) // _TRIED)]:
        for apart in _BESIDE:
            yield x + apart - room.left, y - middle
            yield x - apart - room.right, y - middle
            yield x - center, y - apart - room.bottom
            yield x - center, y + apart - room.top


def _around(points: Sequence[Point]) -> _Room:
    xs, ys = [x for x, _ in points] or [0.0], [y for _, y in points] or [0.0]
    return _Room(min(xs), min(ys), max(xs), max(ys))


def _corners(outline: str) -> list[Point]:
    numbers = [float(number) for number in _NUMBER.findall(outline)]
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def _line(group: ElementTree.Element) -> Iterator[Point]:
    """Points along an arrow as `dot` writes it, less than a cell apart: a start, and curves with three points each."""
    for path in group.iter(f"{_SVG}path"):
        yield from along(_corners(path.get("d", "")), _CELL)
