"""Points, and ways between them: curves of 3 n + 1 points, as DOT and SVG have them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

__all__ = ["Point", "along", "halves", "length", "rounded", "straight", "towards", "written"]

Point: TypeAlias = "tuple[float, float]"


def straight(start: Point, end: Point) -> list[Point]:
    """What a way goes on with to run straight to its end."""
    (x, y), (to_x, to_y) = start, end
    return [(x + (to_x - x) / 3, y + (to_y - y) / 3), (x + (to_x - x) * 2 / 3, y + (to_y - y) * 2 / 3), end]


def towards(start: Point, end: Point, far: float) -> Point:
    """So far from the start."""
    whole = math.dist(start, end) or 1.0
    return start[0] + (end[0] - start[0]) * far / whole, start[1] + (end[1] - start[1]) * far / whole


def rounded(corners: Sequence[Point], radius: float) -> list[Point]:
    """A way along straight lines, with round corners."""
    way = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        start, end = (towards(corner, p, min(radius, math.dist(corner, p) / 2)) for p in (before, after))
        way += [*straight(way[-1], start), corner, corner, end]
    return way + straight(way[-1], corners[-1])


def along(way: Sequence[Point], apart: float) -> Iterator[Point]:
    """Points on a way, no further apart than that."""
    for i in range(0, len(way) - 3, 3):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = four = way[i : i + 4]
        steps = math.ceil(math.fsum(map(math.dist, four, four[1:])) / apart) or 1
        for t in (k / steps for k in range(steps + 1)):
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            yield a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3


def halves(curve: Sequence[Point], x: float) -> tuple[list[Point], list[Point]]:
    """A curve of four points in two, where it reaches x."""
    low, high = 0.0, 1.0
    for _ in range(30):
        t = (low + high) / 2
        first, second = _at(curve, t)
        low, high = (t, high) if first[-1][0] < x else (low, t)
    return first, second


def _at(curve: Sequence[Point], t: float) -> tuple[list[Point], list[Point]]:
    levels = [list(curve)]
    while len(levels[-1]) > 1:
        levels.append([(x + (to_x - x) * t, y + (to_y - y) * t) for (x, y), (to_x, to_y) in pairwise(levels[-1])])
    return [level[0] for level in levels], [level[-1] for level in reversed(levels)]


def written(point: Point) -> str:
    return f"{length(point[0])},{length(point[1])}"


def length(x: float) -> str:
    """A length as pictures have it, to a tenth of a point."""
    return f"{x + 0.0:.1f}".removesuffix(".0")
