"""Where the parts of an SVG of a graph lie, and what is wrong with that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

Point = tuple[float, float]

_SVG = "{http://www.w3.org/2000/svg}"
_APART = 3.0  # points between the places that stand for a curve


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def shrunk(self, by: float) -> Box:
        return Box(self.left + by, self.top + by, self.right - by, self.bottom - by)

    def overlaps(self, other: Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def holds(self, point: Point) -> bool:
        return self.left < point[0] < self.right and self.top < point[1] < self.bottom


class Arrow(NamedTuple):
    id: str
    ends: tuple[str, str]
    points: Sequence[Point]
    labels: Sequence[Box]


class Layout(NamedTuple):
    """Sizes in points; the y axis goes down."""

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
        labels = [(arrow.id, box) for arrow in self.arrows for box in arrow.labels]
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


def layout_of(svg: str) -> Layout:
    """The layout of what `to_svg` draws."""
    tree = ElementTree.fromstring(svg)
    _, _, width, height = map(float, tree.get("viewBox", "").split())
    nodes: dict[str, Box] = {}
    arrows: list[Arrow] = []
    for group in tree.iter(f"{_SVG}g"):
        id_, kinds = group.get("id", ""), group.get("class", "").split()
        texts = [_text(text) for text in group.iter(f"{_SVG}text") if (text.text or "").strip("\xa0 ")]
        if "node" in kinds:
            outlines = [each.get("points") or each.get("d") or "" for each in group if each.tag != f"{_SVG}text"]
            corners = [corner for outline in outlines for corner in _pairs(outline)]
            nodes[id_] = _around(corners or [corner for box in texts for corner in (box[:2], box[2:])])
        elif "edge" in kinds:
            points = [point for path in group.iter(f"{_SVG}path") for point in _on_curves(_pairs(path.get("d", "")))]
            below, above = id_.split("_")[:2]
            arrows.append(Arrow(id_, (below, above), points, texts))
    return Layout(width, height, nodes, arrows)


def _text(text: ElementTree.Element) -> Box:
    """A line of text, about as wide as Helvetica is."""
    size, x, y = (float(text.get(name, "0")) for name in ("font-size", "x", "y"))
    assert text.get("text-anchor") == "start"
    return Box(x, y - 0.7 * size, x + 0.5 * size * len(text.text or ""), y + 0.15 * size)


def _around(points: Sequence[Point]) -> Box:
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


def _pairs(text: str) -> list[Point]:
    numbers = list(map(float, re.findall(r"-?[\d.]+", text)))
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def _on_curves(corners: Sequence[Point]) -> Iterator[Point]:
    for i in range(0, len(corners) - 3, 3):
        four = np.array(corners[i : i + 4])
        t = np.linspace(0, 1, 2 + int(np.linalg.norm(np.diff(four, axis=0), axis=1).sum() / _APART))[:, None]
        x, y = (
            (1 - t) ** 3 * four[0] + 3 * t * (1 - t) ** 2 * four[1] + 3 * t**2 * (1 - t) * four[2] + t**3 * four[3]
        ).T
        yield from zip(x.tolist(), y.tolist(), strict=True)
