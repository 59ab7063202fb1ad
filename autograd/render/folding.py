"""What is too long goes on below, as a line of text does.

An arrow that crosses a cut leaves at the right and comes in again at the left of the next line.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    """A place between two columns of boxes, and how many arrows cross it."""

    x: float
    crossed: int


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


def _in_lines(layout: Layout, cuts: Sequence[float]) -> Layout:
    """The layout cut at these places."""
    spots = layout.spots.values()

    def line_of(x: float) -> int:
        return sum(x > cut for cut in cuts)

    pieces = {id_: _split(way, cuts) for id_, way in layout.ways.items()}
    first = {id_: line_of(way[0][0]) for id_, way in layout.ways.items()}
    starts = [0.0, *cuts]
    heights: list[list[float]] = [[] for _ in starts]
    for spot in spots:
        heights[line_of(spot.left)] += [spot.top, spot.top + spot.height]
    crossing: list[list[str]] = [[] for _ in cuts]  # by the height at which they cross, from the bottom
    for x, y in layout.labels.values():
        heights[line_of(x)] += [y - 18, y + 14]
    for id_, parts in pieces.items():
        for k, piece in enumerate(parts, first[id_]):
            heights[k] += [y for _, y in piece]
            if k > first[id_]:
                crossing[k - 1].append(id_)
    for k, crossed in enumerate(crossing):
        crossed.sort(key=lambda id_: -pieces[id_][k - first[id_]][-1][1])
    ends = [*cuts, 0.0]
    labels = [(x, x + _LABEL) for x, _ in layout.labels.values()]
    for left, right in [*((spot.left, spot.right) for spot in spots), *labels]:
        ends[line_of(left)] = max(ends[line_of(left)], right)
    width = max(end - start for start, end in zip(starts, ends, strict=True))
    margin = 8 + _PITCH * max(map(len, crossing))
    down, top = [], 0.0  # of each line, by how much it moves, and where the next one starts
    for k, found in enumerate(heights):
        down.append(top - min(found))
        top += max(found) - min(found) + 2 * _GUTTER + (_PITCH * len(crossing[k]) if k < len(cuts) else 0)

    def moved(point: Point, k: int) -> Point:
        return point[0] - starts[k] + margin, point[1] + down[k]

    ways = {}
    for id_, (part, *more) in pieces.items():
        way = ways[id_] = [moved(point, first[id_]) for point in part]
        for k, piece in enumerate(more, first[id_] + 1):
            at = crossing[k - 1].index(id_)
            right = margin + width + 8 + _PITCH * at
            between = max(heights[k - 1]) + down[k - 1] + _GUTTER + _PITCH * at
            left = margin - 8 - _PITCH * (len(crossing[k - 1]) - 1 - at)
            begin, *rest = [moved(point, k) for point in piece]
            corners = [(right, way[-1][1]), (right, between), (left, between), (left, begin[1]), begin]
            for corner in corners:
                way += straight(way[-1], corner)
            way += rest
    placed = {id_: Spot(*moved((s.left, s.top), line_of(s.left)), s.width, s.height) for id_, s in layout.spots.items()}
    texts = {id_: moved(label, line_of(label[0])) for id_, label in layout.labels.items()}
    return Layout(placed, ways, texts, width + 2 * margin, top - 2 * _GUTTER)


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
