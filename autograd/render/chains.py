"""Places for a long chain: rows of boxes from left to right, one below the other, as text is written.

In a row a value's arrow runs above the gradient's, and what stands beside them below both. Operands that no operation
made stand above the box that uses them. From row to row both arrows run between the rows.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .columns import Spot
from .curves import Point, rounded
from .rows import Rows

__all__ = ["Places", "chain_of", "in_lines"]

_GAP, _MORE = 56.0, 14.0  # between boxes: at least; more than the text there is wide
_APART = 7.0  # an arrow from the middle between the two that go together
_ABOVE, _ABOVE_NUMBER = 48.0, 16.0  # between a box and an operand above it: a leaf, a number
_BESIDE = 14.0  # between two operands
_BETWEEN = 32.0  # rows, where no text stands; the arrows run in its upper part
_MARGIN, _ROUND = 16.0, 9.0  # of arrows that turn, from the boxes; of their corners
_WIDEST, _HIGHEST, _PAGE = 1800.0, 1400.0, 1400.0  # points: as wide and high as a picture may be; as a page is wide
_FLATTEST, _RATIO = 2.95, 1.8  # of width to height: at most, and where that is free

Size = tuple[float, float]


@dataclass(slots=True)
class Places:
    """Where everything is; y grows upwards, and arrows are known by the ids that they have in a picture."""

    spots: dict[str, Spot] = field(default_factory=dict)
    ways: dict[str, list[Point]] = field(default_factory=dict)  # control points of curves, forward or back
    labels: dict[str, Point] = field(default_factory=dict)  # the middles of the texts
    legend: Point = (0.0, 0.0)
    fits: bool = True  # whether it is of a size that can be read

    def put(self, use: str, forward: Sequence[Point], back: Sequence[Point], label: Point, back_label: Point) -> None:
        """The two arrows of a use, by their corners, with their texts."""
        for id_, corners, text in ((use, forward, label), (f"{use}_back", back, back_label)):
            self.ways[id_], self.labels[id_] = rounded(corners, _ROUND), text


def chain_of(rows: Rows) -> list[tuple[str, list[str]]] | None:
    """The boxes of a chain in order, each with its other operands, in theirs; None: it is none."""
    into: dict[str, list[str]] = {}
    for edge in rows.edges:
        into.setdefault(edge.target, []).append(edge.source)
    uses = Counter(edge.source for edge in rows.edges)
    if max(uses.values(), default=2) > 1 or any(node.cluster for node in rows.nodes):
        return None
    named = {node.id for node in rows.nodes if node.kind != "constant"}
    found: list[tuple[str, list[str]]] = []
    for node in rows.nodes:
        operands = into.get(node.id, [])
        made = [id_ for id_ in operands if id_ in into]
        if len(made) > 1:
            return None
        if operands:
            before = made or [id_ for id_ in operands if id_ in named][:1]
            found += [(id_, []) for id_ in before if id_ not in into]
            found.append((node.id, [id_ for id_ in operands if id_ not in before]))
    return found


def in_lines(
    rows: Rows,
    chain: Sequence[tuple[str, list[str]]],
    sizes: Mapping[str, Size],
    labels: Mapping[str, Size],
    legend: Size,
) -> Places:
    """The places of a chain; `sizes` are those of the boxes by id, `labels` those of the texts by the arrow's id."""
    tried = [_Lines(rows, chain, sizes, labels, legend, count) for count in range(2, len(chain) + 1)]
    return min(tried, key=lambda each: (each.excess, each.strangeness)).places()


class _Lines:
    """So many boxes in a line."""

    def __init__(
        self, rows: Rows, chain: Sequence[tuple[str, list[str]]], sizes: Mapping[str, Size],
        labels: Mapping[str, Size], legend: Size, count: int,
    ) -> None:  # fmt: skip
        self.sizes, self.labels, self.legend = sizes, labels, legend
        self.use = {edge.source: edge.id for edge in rows.edges}
        self.numbers = {node.id for node in rows.nodes if node.kind == "constant"}
        self.lines = [chain[i : i + count] for i in range(0, len(chain), count)]
        self.cells = [max(self._cell(line[k]) for line in self.lines if k < len(line)) for k in range(count)]
        self.gaps = [max(self._gap(line[k]) for line in self.lines if k < len(line)) for k in range(count)]
        self.above = [max(map(self._above, line)) for line in self.lines]
        self.heights = [max(sizes[id_][1] for id_, _ in line) for line in self.lines]
        self.below = [_BETWEEN + self._text(self.use[line[-1][0]])[1] for line in self.lines[:-1]] + [0.0]
        self.width = sum(self.cells) + sum(self.gaps[:-1]) + 2 * (_MARGIN + 3 * _APART if self.lines[1:] else 0)
        last = len(self.lines[-1])
        rest = sum(self.cells[last:]) + sum(self.gaps[last - 1 : -1])
        high = sum(self.above) + sum(self.heights) + sum(self.below)
        more = max(0.0, legend[1] - self.heights[-1] - self.above[-1])
        # The legend stands at the end of the last line, or below where there is no room, or where all would be flat.
        self.beside = rest > legend[0] + 20 and self.width <= _FLATTEST * (high + more)
        if self.beside:
            self.above[-1] += more
        self.height = high + (more if self.beside else 0.0)
        self.height += 0 if self.beside or not legend[1] else legend[1] + _MARGIN

    @property
    def excess(self) -> float:
        """How far it is larger than a page."""
        over = self.width - _WIDEST, self.height - _HIGHEST, self.width - _FLATTEST * self.height
        return sum(max(0.0, by) for by in over)

    @property
    def strangeness(self) -> float:
        """The less, the more it is like a page of full lines."""
        short = 1 - len(self.lines[-1]) / len(self.cells)
        turns = 0.3 if self.lines[1:] else 0.0
        return abs(math.log(self.width / self.height / _RATIO)) + (self.width > _PAGE) + short + turns

    def _text(self, use: str) -> Size:
        """The size of what stands beside the arrows of a use."""
        forward, back = self.labels.get(use, (0.0, 0.0)), self.labels.get(f"{use}_back", (0.0, 0.0))
        return max(forward[0], back[0]), max(forward[1], back[1])

    def _gap(self, item: tuple[str, list[str]]) -> float:
        """The room behind a box: for the text there, and for what stands beside the arrow of an operand above it."""
        id_, sides = item
        over = self._side(sides[0])[1] - self.sizes[id_][0] / 2 if len(sides) == 1 else 0.0
        return max(_GAP, self._text(self.use[id_])[0] + _MORE, over) if id_ in self.use else over

    def _side(self, id_: str) -> tuple[float, float]:
        """How far an operand above a box reaches to the left of its arrow, and to the right."""
        half = self.sizes[id_][0] / 2
        return half, max(half, _APART + 10 + self._text(self.use[id_])[0])

    def _cell(self, item: tuple[str, list[str]]) -> float:
        id_, sides = item
        if len(sides) == 1:
            return max(self.sizes[id_][0], self.sizes[sides[0]][0])
        return max(self.sizes[id_][0], sum(map(sum, map(self._side, sides))) + _BESIDE * max(0, len(sides) - 1))

    def _above(self, item: tuple[str, list[str]]) -> float:
        return max([self.sizes[id_][1] + self._distance(id_) for id_ in item[1]], default=0.0)

    def _distance(self, id_: str) -> float:
        return _ABOVE_NUMBER if id_ in self.numbers else max(_ABOVE, self._text(self.use[id_])[1] + 20)

    def places(self) -> Places:
        found = Places(fits=self.width <= _WIDEST and self.height <= _HIGHEST)
        start = _MARGIN + 3 * _APART if self.lines[1:] else 0.0
        y = 0.0
        for n, line in enumerate(self.lines):
            y -= self.above[n] + self.heights[n] / 2
            x = start
            for (id_, sides), cell, gap in zip(line, self.cells, self.gaps, strict=False):
                spot = found.spots[id_] = Spot(0, *self.sizes[id_], x=x + cell / 2, y=y)
                self._put_sides(found, sides, spot)
                x += cell + gap
            y -= self.heights[n] / 2
            for (a, _), (b, _) in pairwise(line):
                self._join(found, a, found.spots[a], found.spots[b])
            if n:
                self._turn(found, self.lines[n - 1][-1][0], line[0][0], start, y + self.heights[n] + self.above[n])
            y -= self.below[n]
        wide, high = self.legend
        beside = self.width - wide / 2, y + high / 2
        found.legend = beside if self.beside else (start + wide / 2, y - _MARGIN - high / 2)
        return found

    def _put_sides(self, found: Places, sides: Sequence[str], user: Spot) -> None:
        """Operands above a box, and their arrows down to it."""
        reaches = [self._side(id_) for id_ in sides]
        x = user.x - (sum(map(sum, reaches)) + _BESIDE * (len(sides) - 1)) / 2
        for k, (id_, (left, right)) in enumerate(zip(sides, reaches, strict=True)):
            number = id_ in self.numbers
            middle = user.x if len(sides) == 1 else x + left
            y = user.top + self._distance(id_) + self.sizes[id_][1] / 2
            spot = found.spots[id_] = Spot(0, *self.sizes[id_], x=middle, y=y)
            low, use, apart = spot.bottom, self.use[id_], 0.0 if number else _APART
            end = user.left + user.width / (len(sides) + 1) * (k + 1)
            wide, high = self._text(use)
            label = max(middle, end) + _APART + 6 + wide / 2, low - 8 - high / 2
            forward = [(middle - apart, low), (end - apart, user.top)]
            found.put(use, forward, [(end + apart, user.top), (middle + apart, low)], label, label)
            x += left + right + _BESIDE

    def _join(self, found: Places, id_: str, a: Spot, b: Spot) -> None:
        """The arrows between neighbours in a line, level."""
        use, above, below, middle = self.use[id_], a.y + _APART, a.y - _APART, (a.right + b.left) / 2
        apart = 4 + self._text(use)[1] / 2
        ways = [(a.right, above), (b.left, above)], [(b.left, below), (a.right, below)]
        found.put(use, *ways, (middle, above + apart), (middle, below - apart))

    def _turn(self, found: Places, last: str, first: str, left: float, top: float) -> None:
        """The arrows from the end of a line to the start of the next, whose boxes begin below `top`."""
        use, a, b = self.use[last], found.spots[last], found.spots[first]
        high = self._text(use)[1]
        upper = top + high + 14
        ways = []
        for side in (_APART, -_APART):  # forward above and outside where it leaves, so that the two never cross
            out, back = a.right + _MARGIN + _APART + side, left - _MARGIN - _APART + side
            start, y, end = a.y + side, upper - side, b.y + side
            ways.append([(a.right, start), (out, start), (out, y), (back, y), (back, end), (b.left, end)])
        label = (a.right + b.left) / 2, upper - _APART - 6 - high / 2
        found.put(use, ways[0], ways[1][::-1], label, label)
