"""What is too long goes on below, as a line of text does.

An arrow that crosses a cut leaves at the right and comes in again at the left of the next line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .curves import Point, halves, straight

__all__ = ["Layout", "Spot", "folded"]

_READABLE = 0.75  # of the size that a picture has by itself: the numbers are then 9 pixels high
_MOST_LINES = 12
_GAIN = 1.15  # how much larger a picture in lines must be, or it stays whole
_COST = 0.98  # how much each arrow that is cut makes a picture worse, as if it were so much smaller
_GUTTER, _PITCH = 14.0, 7.0  # between two lines, and between the arrows that run there
_LABEL = 35.0  # how far a label reaches to the right of its middle, about


class Spot(NamedTuple):
    """Where something stands, in points of the picture; y grows downwards."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width


class Layout(NamedTuple):
    """Boxes, and arrows with their labels, by their ids; and the size of the whole."""

    spots: dict[str, Spot]
    ways: dict[str, list[Point]]
    labels: dict[str, Point]
    width: float
    height: float


class _Cut(NamedTuple):
    x: float  # between two columns of boxes
    crossed: int  # by so many arrows


def folded(layout: Layout, room: Point, behind: float = 0.0) -> Layout:
    """The layout in as many lines as make it largest in this room, cut only `behind` so much of its width.

    One that can be read as it is stays whole.
    """
    whole, cuts = _fit(layout, room), [cut for cut in _cuts(layout) if cut.x > behind]
    found, best = layout, _GAIN * whole
    for count in range(2, _MOST_LINES + 1):
        if whole >= _READABLE or best >= 1 or len(cuts) < count:
            break
        chosen = _chosen(cuts, layout.width, count)
        tried = _in_lines(layout, [cut.x for cut in chosen])
        good = _fit(tried, room) * _COST ** sum(cut.crossed for cut in chosen)
        if good > best:
            best, found = good, tried
    return found


def _fit(layout: Layout, room: Point) -> float:
    return min(room[0] / layout.width, room[1] / layout.height)


def _cuts(layout: Layout) -> list[_Cut]:
    """Where no box is in the way."""
    found, right = [], 0.0
    for spot in sorted(layout.spots.values()):
        if spot.left > right + 12 and right:
            x = spot.left - 6
            found.append(_Cut(x, sum(way[0][0] < x < way[-1][0] for way in layout.ways.values())))
        right = max(right, spot.right)
    return found


def _chosen(cuts: Sequence[_Cut], width: float, count: int) -> list[_Cut]:
    """Of the places about where a line should end those that fewest arrows cross."""
    part = width / count
    chosen = (min(cuts, key=lambda c: abs(c.x - n * part) / part + 0.3 * c.crossed) for n in range(1, count))
    return sorted(set(chosen))


@dataclass(slots=True)
class _Line:
    """What stands between two cuts, and how it moves."""

    start: float
    end: float  # how far something reaches to the right
    heights: list[float] = field(default_factory=list)  # of all that stands here
    leaving: list[tuple[float, str]] = field(default_factory=list)  # arrows that go on in the next line
    left: float = 0.0
    down: float = 0.0

    def take(self, right: float, *heights: float) -> None:
        self.end = max(self.end, right)
        self.heights += heights

    def moved(self, point: Point) -> Point:
        return point[0] - self.start + self.left, point[1] + self.down


def _in_lines(layout: Layout, cuts: Sequence[float]) -> Layout:
    """The layout cut at these places."""
    lines = [_Line(start, end) for start, end in zip([0.0, *cuts], [*cuts, 0.0], strict=True)]

    def line_of(x: float) -> _Line:
        return lines[bisect_left(cuts, x)]

    for spot in layout.spots.values():
        line_of(spot.left).take(spot.right, spot.top, spot.top + spot.height)
    for x, y in layout.labels.values():
        line_of(x).take(x + _LABEL, y - 18, y + 14)
    pieces = {id_: _split(way, cuts) for id_, way in layout.ways.items()}
    crossed = {id_: lines[bisect_left(cuts, way[0][0]) :] for id_, way in layout.ways.items()}
    for id_, parts in pieces.items():
        for line, piece in zip(crossed[id_], parts, strict=False):
            line.heights += [y for _, y in piece]
            line.leaving += [(piece[-1][1], id_)] if piece is not parts[-1] else []
    width = max(line.end - line.start for line in lines)
    margin = 8 + _PITCH * max(len(line.leaving) for line in lines)
    top = 0.0
    for line in lines:
        line.leaving.sort(key=lambda leaving: -leaving[0])  # from the bottom
        line.left, line.down = margin, top - min(line.heights)
        top += max(line.heights) - min(line.heights) + 2 * _GUTTER + _PITCH * len(line.leaving)
    ways = {}
    for id_, parts in pieces.items():
        way = ways[id_] = [crossed[id_][0].moved(point) for point in parts[0]]
        for above, line, piece in zip(crossed[id_], crossed[id_][1:], parts[1:], strict=False):
            begin, *rest = map(line.moved, piece)
            at = [other for _, other in above.leaving].index(id_)
            right, left = margin + width + 8 + _PITCH * at, margin - 8 - _PITCH * (len(above.leaving) - 1 - at)
            between = max(above.heights) + above.down + _GUTTER + _PITCH * at
            for corner in ((right, way[-1][1]), (right, between), (left, between), (left, begin[1]), begin):
                way += straight(way[-1], corner)
            way += rest
    spots = {id_: Spot(*line_of(s.left).moved(s[:2]), s.width, s.height) for id_, s in layout.spots.items()}
    texts = {id_: line_of(label[0]).moved(label) for id_, label in layout.labels.items()}
    return Layout(spots, ways, texts, width + 2 * margin, top - 2 * _GUTTER)


def _split(way: Sequence[Point], cuts: Sequence[float]) -> list[list[Point]]:
    """A curve in pieces that end where it crosses a cut."""
    pieces = [[way[0]]]
    for n in range(1, len(way), 3):
        rest = list(way[n - 1 : n + 3])
        for x in cuts:
            if rest[0][0] < x < rest[3][0]:
                before, rest = halves(rest, x)
                pieces[-1] += before[1:]
                pieces.append([rest[0]])
        pieces[-1] += rest[1:]
    return pieces
