"""The picture of any graph on a page: `dot` lays it out from left to right, and what is too long goes on below.

A long layout is cut like a line of text, see :mod:`..folding`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...reading.text import text_width
from ...reading.trace import Trace
from ..curves import Point
from ..folding import Spot, folded
from ..rows import NodeRow, graph_rows
from .drawing import ROOM, Arrow, Box, arrow_svg, box_size, box_svg

__all__ = ["graph_parts"]

_EDGE, _LINE = 70, 17  # points: the least room for the two lines on an arrow, and the height of one
_CHAIN = 4  # a graph with fewer than so many arrows more than boxes is laid out as a chain


def graph_parts(trace: Trace) -> tuple[list[str], float, float]:
    """The elements of the picture in the order in which they are drawn, and its size."""
    boxes, arrows = _described(trace)
    spots, (width, height) = _laid_out(boxes, arrows)
    spots, width, height = folded(spots, arrows, (width, height), ROOM)
    drawn = [arrow_svg(arrow) for arrow in arrows] + [box_svg(box, spots[box.id]) for box in boxes]
    return drawn, width, height


def _described(trace: Trace) -> tuple[list[Box], list[Arrow]]:
    """A box for each row, and an arrow for each use; a plain number has a box for each use."""
    rows = graph_rows(trace.root, trace=trace, symbolic=True)
    by_id = {node.id: node for node in rows.nodes}
    place: dict[str, int] = {}
    arrows, edges = [], iter(rows.edges)
    for i, node in enumerate(trace.order):
        for k, parent in enumerate(node.parents):
            edge = next(edges)
            place[edge.source], place[edge.target] = trace.place[parent], i
            source, target = by_id[edge.source], by_id[edge.target]
            constant = source.kind == "constant"
            named = source.name, target.name
            arrows.append(Arrow(edge.id, named, [(i, k)], edge.symbolic, edge.local, edge.message, constant))
    return [_box(node, place[node.id]) for node in rows.nodes], arrows


def _box(node: NodeRow, place: int) -> Box:
    constant = node.kind == "constant"
    return Box(
        node.id,
        node.kind,
        node.label if constant else node.name,
        [place],
        [place],
        [node.value],
        [node.gradient],
        symbol=node.symbol if node.kind == "op" else "",
        made_by=node.made_by,
        root=node.root,
    )


def _laid_out(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> tuple[dict[str, Spot], tuple[float, float]]:
    """Where `dot` puts each box, and the size of the whole; the arrows get their ways."""
    from ..digraph import FoundDigraph

    sizes = {box.id: box_size(box) for box in boxes}
    # Arrows that fan out need room to turn; a chain is better read without scrolling.
    ranksep = "0.05" if len(arrows) < len(boxes) + _CHAIN else "0.2"
    attributes = {"rankdir": "LR", "nodesep": "0.25", "ranksep": ranksep, "ordering": "in"}
    graph = FoundDigraph("page", graph_attr=attributes, node_attr={"shape": "box", "fixedsize": "true", "label": ""})
    for id_, (wide, high) in sizes.items():
        graph.node(id_, width=f"{wide / 72:.4f}", height=f"{high / 72:.4f}")
    for arrow in arrows:
        source, target, _ = arrow.id.split("_")
        graph.edge(source, target, id=arrow.id, label=_room(arrow), weight="1" if arrow.constant else "8")
    found = json.loads(graph.pipe(format="json0", quiet=True, encoding="utf-8"))
    left, low, right, top = map(float, found["bb"].split(","))

    def place(text: str) -> Point:
        x, y = map(float, text.split(","))
        return x - left, top - y

    spots = {}
    for each in found["objects"]:
        (x, y), (wide, high) = place(each["pos"]), sizes[each["name"]]
        spots[each["name"]] = Spot(x - wide / 2, y - high / 2, wide, high)
    ways = {edge["id"]: edge for edge in found.get("edges", [])}
    for arrow in arrows:
        arrow.way, arrow.label = _way(ways[arrow.id]["pos"], place), place(ways[arrow.id]["lp"])
    return spots, (right - left, top - low)


def _room(arrow: Arrow) -> str:
    """A label that keeps room for the two lines on an arrow."""
    wide = max(_EDGE, text_width(f"{arrow.said} ", 12) + 36)
    cell = f'<TD FIXEDSIZE="TRUE" WIDTH="{wide}" HEIGHT="{18 + (0 if arrow.constant else _LINE)}"></TD>'
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{cell}</TR></TABLE>>'


def _way(text: str, place: Any) -> list[Point]:
    """A curve up to the tip of its head, which `dot` writes first."""
    tip, *points = text.removeprefix("e,").split()
    return [*map(place, points[:-1]), place(tip)]
