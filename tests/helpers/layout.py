"""Where the parts of a drawing lie, read from what `dot` says of its own layout, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Point = tuple[float, float]

_CURVE_STEPS = 12  # points that stand for one piece of a curve


class Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float

    def shrunk(self, by: float) -> Box:
        return Box(self.left + by, self.bottom + by, self.right - by, self.top - by)

    def overlaps(self, other: Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top

    def holds(self, point: Point) -> bool:
        return self.left < point[0] < self.right and self.bottom < point[1] < self.top


class Arrow(NamedTuple):
    id: str
    ends: tuple[str, str]
    points: Sequence[Point]
    labels: Sequence[Box]


class Layout(NamedTuple):
    """Sizes in points; the y axis goes up."""

    width: float
    height: float
    nodes: Mapping[str, Box]
    arrows: Sequence[Arrow]

    def overlapping_nodes(self) -> list[tuple[str, str]]:
        boxes = list(self.nodes.items())
        return [(a, b) for i, (a, box) in enumerate(boxes) for b, other in boxes[i + 1 :] if box.overlaps(other)]

    def arrows_through_nodes(self) -> list[tuple[str, str]]:
        return [
            (arrow.id, name)
            for arrow in self.arrows
            for name, box in self.nodes.items()
            if name not in arrow.ends and any(map(box.shrunk(1).holds, arrow.points))
        ]

    def labels_on_something(self) -> list[tuple[str, str]]:
        """A label that covers a box, another label, or a line."""
        labels = [(arrow.id, box.shrunk(1)) for arrow in self.arrows for box in arrow.labels]
        found = [(a, name) for a, box in labels for name, node in self.nodes.items() if box.overlaps(node)]
        found += [
            (a, b)
            for i, (a, box) in enumerate(labels)
            for b, other in labels[i + 1 :]
            if a != b and box.overlaps(other)
        ]
        return found + [
            (a, f"line of {arrow.id}")
            for a, box in labels
            for arrow in self.arrows
            if any(map(box.holds, arrow.points))
        ]


def layout_of(drawing: Any) -> Layout:
    """The layout of a `graphviz.Digraph`."""
    read = json.loads(drawing.pipe(format="json", quiet=True))
    left, bottom, right, top = map(float, read["bb"].split(","))
    parts = read.get("objects", [])
    nodes = {part["name"]: _node_box(part) for part in parts if "pos" in part}
    names = {part["_gvid"]: part["name"] for part in parts}
    arrows = [
        Arrow(edge["id"], (names[edge["tail"]], names[edge["head"]]), _points(edge["pos"]), list(_texts(edge)))
        for edge in read.get("edges", [])
        if edge.get("style") != "invis"
    ]
    return Layout(right - left, top - bottom, nodes, arrows)


def _node_box(part: Mapping[str, Any]) -> Box:
    x, y = map(float, part["pos"].split(","))
    across, up = 36 * float(part["width"]), 36 * float(part["height"])  # half of it, from inches to points
    return Box(x - across, y - up, x + across, y + up)


def _points(spline: str) -> list[Point]:
    points: list[Point] = []
    for curve in spline.split(";"):
        tips, corners = [], []
        for part in curve.split():
            numbers = part.split(",")
            (tips if len(numbers) == 3 else corners).append((float(numbers[-2]), float(numbers[-1])))
        points += tips
        for i in range(0, len(corners) - 1, 3):
            points += [_on_curve(corners[i : i + 4], k / _CURVE_STEPS) for k in range(_CURVE_STEPS + 1)]
    return points


def _on_curve(corners: Sequence[Point], t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    x, y = (
        weights[0] * a + weights[1] * b + weights[2] * c + weights[3] * d for a, b, c, d in zip(*corners, strict=True)
    )
    return x, y


def _texts(edge: Mapping[str, Any]) -> Iterator[Box]:
    """The boxes of the lines of text beside an arrow."""
    size = 10.0
    for drawn in edge.get("_ldraw_", ()):
        if drawn["op"] == "F":
            size = drawn["size"]
        elif drawn["op"] == "T" and drawn["text"].strip():
            x, y = drawn["pt"]
            left = x - {"l": 0, "c": drawn["width"] / 2, "r": drawn["width"]}[drawn["align"]]
            yield Box(left, y - 0.2 * size, left + drawn["width"], y + 0.75 * size)
