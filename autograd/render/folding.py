"""What is too long goes on below, as a line of text does.

An arrow that crosses a cut leaves at the right and comes in again at the left of the next line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from .curves import Point, halves, straight

__all__ = ["Arrow", "Spot", "folded"]

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


class Arrow(Protocol):
    """A way with a label."""

    way: Sequence[Point]
    label: Point


class _Cut(NamedTuple):
    """A place between two columns of boxes, and how many arrows cross it."""

    x: float
    crossed: int


def folded(
    spots: dict[str, Spot], arrows: Sequence[Arrow], size: Point, room: Point, behind: float = 0.0
) -> tuple[dict[str, Spot], float, float]:
    """The layout in as many lines as make it largest in this room, cut only `behind` so much of its width.

    One that can be read as it is stays whole. The arrows get their new ways.
    """
    width, height = size
    whole, cuts = _fit(size, room), [cut for cut in _cuts(spots, arrows) if cut.x > behind]
    found, best = (spots, width, height), _GAIN * whole
    ways = [(arrow.way, arrow.label) for arrow in arrows]
    kept = ways
    for count in range(2, _MOST_LINES + 1):
        if whole >= _READABLE or best >= 1 or len(cuts) < count:
            break
        chosen = _chosen(cuts, width, count)
        for arrow, (way, label) in zip(arrows, ways, strict=True):
            arrow.way, arrow.label = way, label
        tried = _in_lines(spots, arrows, [cut.x for cut in chosen])
        good = _fit(tried[1:], room) * _COST ** sum(cut.crossed for cut in chosen)
        if good > best:
            best, found, kept = good, tried, [(arrow.way, arrow.label) for arrow in arrows]
    for arrow, (way, label) in zip(arrows, kept, strict=True):
        arrow.way, arrow.label = way, label
    return found


def _fit(size: Point, room: Point) -> float:
    return min(room[0] / size[0], room[1] / size[1])


def _cuts(spots: dict[str, Spot], arrows: Sequence[Arrow]) -> list[_Cut]:
    """Where no box is in the way."""
    found, right = [], 0.0
    for spot in sorted(spots.values()):
        if spot.left > right + 12 and right:
            x = spot.left - 6
            found.append(_Cut(x, sum(arrow.way[0][0] < x < arrow.way[-1][0] for arrow in arrows)))
        right = max(right, spot.right)
    return found


def _chosen(cuts: Sequence[_Cut], width: float, count: int) -> list[_Cut]:
    """Of the places about where a line should end those that fewest arrows cross."""
    part = width / count
    chosen = (min(cuts, key=lambda c: abs(c.x - n * part) / part + 0.3 * c.crossed) for n in range(1, count))
    return sorted(set(chosen))


def _in_lines(
    spots: dict[str, Spot], arrows: Sequence[Arrow], cuts: Sequence[float]
) -> tuple[dict[str, Spot], float, float]:
    """The layout cut at these places."""

    def line_of(x: float) -> int:
        return sum(x > cut for cut in cuts)

    pieces = [_split(arrow.way, cuts) for arrow in arrows]
    first = [line_of(arrow.way[0][0]) for arrow in arrows]
    starts = [0.0, *cuts]
    heights: list[list[float]] = [[] for _ in starts]
    for spot in spots.values():
        heights[line_of(spot.left)] += [spot.top, spot.top + spot.height]
    crossing: list[list[int]] = [[] for _ in cuts]  # by the height at which they cross, from the bottom
    for n, arrow in enumerate(arrows):
        heights[line_of(arrow.label[0])] += [arrow.label[1] - 18, arrow.label[1] + 14]
        for k, piece in enumerate(pieces[n]):
            heights[first[n] + k] += [y for _, y in piece]
            if k:
                crossing[first[n] + k - 1].append(n)
    for k, crossed in enumerate(crossing):
        crossed.sort(key=lambda n: -pieces[n][k - first[n]][-1][1])
    ends = [*cuts, 0.0]
    labels = [(arrow.label[0], arrow.label[0] + _LABEL) for arrow in arrows]
    for left, right in [*((spot.left, spot.right) for spot in spots.values()), *labels]:
        ends[line_of(left)] = max(ends[line_of(left)], right)
    width = max(end - start for start, end in zip(starts, ends, strict=True))
    margin = 8 + _PITCH * max(map(len, crossing))
    down, top = [], 0.0  # of each line, by how much it moves, and where the next one starts
    for k, found in enumerate(heights):
        down.append(top - min(found))
        top += max(found) - min(found) + 2 * _GUTTER + (_PITCH * len(crossing[k]) if k < len(cuts) else 0)

    def moved(point: Point, k: int) -> Point:
        return point[0] - starts[k] + margin, point[1] + down[k]

    for n, arrow in enumerate(arrows):
        arrow.label = moved(arrow.label, line_of(arrow.label[0]))
        way = [moved(point, first[n]) for point in pieces[n][0]]
        for k, piece in enumerate(pieces[n][1:], first[n] + 1):
            at = crossing[k - 1].index(n)
            right = margin + width + 8 + _PITCH * at
            between = max(heights[k - 1]) + down[k - 1] + _GUTTER + _PITCH * at
            left = margin - 8 - _PITCH * (len(crossing[k - 1]) - 1 - at)
            begin, *rest = [moved(point, k) for point in piece]
            corners = [(right, way[-1][1]), (right, between), (left, between), (left, begin[1]), begin]
            for corner in corners:
                way += straight(way[-1], corner)
            way += rest
        arrow.way = way
    placed = {id_: Spot(*moved((s.left, s.top), line_of(s.left)), s.width, s.height) for id_, s in spots.items()}
    return placed, width + 2 * margin, top - 2 * _GUTTER


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
