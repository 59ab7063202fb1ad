"""The picture of any graph on a page: `dot` lays it out from left to right, and what is too long goes on below.

A long layout is cut like a line of text, see :mod:`..folding`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from ...engine.graph import is_constant
from ...reading.text import text_width
from ...reading.trace import Trace
from ..curves import Point
from ..folding import Layout, Spot, folded
from ..rows import graph_rows
from .drawing import ROOM, Arrow, Box, arrow_svg, box_size, box_svg

__all__ = ["graph_parts"]

_EDGE, _LINE = 70, 17  # points: the least room for the two lines on an arrow, and the height of one
_CHAIN = 4  # a graph with fewer than so many arrows more than boxes is laid out as a chain


def graph_parts(trace: Trace) -> tuple[list[str], float, float]:
    """The elements of the picture in the order in which they are drawn, and its size."""
    boxes, arrows = _described(trace)
    layout = folded(_laid_out(boxes, arrows), ROOM)
    placed = [replace(arrow, way=layout.ways[arrow.id], label=layout.labels[arrow.id]) for arrow in arrows]
    drawn = [*map(arrow_svg, placed), *[box_svg(box, layout.spots[box.id]) for box in boxes]]
    return drawn, layout.width, layout.height


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
            named, constant = (by_id[edge.source].name, by_id[edge.target].name), is_constant(parent)
            arrows.append(Arrow(edge.id, named, [(i, k)], edge.symbolic, edge.local, edge.message, constant))
    boxes = []
    for row in rows.nodes:
        of, symbol = [place[row.id]], row.symbol if row.kind == "op" else ""
        name = row.label if row.kind == "constant" else row.name
        numbers = [row.value], [row.gradient]
        boxes.append(Box(row.id, row.kind, name, of, of, *numbers, symbol, row.made_by, root=row.root))
    return boxes, arrows


def _laid_out(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> Layout:
    """What `dot` makes of it."""
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
    edges = found.get("edges", [])
    ways = {}
    for edge in edges:  # a curve up to the tip of its head, which `dot` writes first
        tip, *points = edge["pos"].removeprefix("e,").split()
        ways[edge["id"]] = [*map(place, points[:-1]), place(tip)]
    labels = {edge["id"]: place(edge["lp"]) for edge in edges}
    return Layout(spots, ways, labels, right - left, top - low)


def _room(arrow: Arrow) -> str:
    """A label that keeps room for the two lines on an arrow."""
    wide = max(_EDGE, text_width(f"{arrow.said} ", 12) + 36)
    cell = f'<TD FIXEDSIZE="TRUE" WIDTH="{wide}" HEIGHT="{18 + (0 if arrow.constant else _LINE)}"></TD>'
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{cell}</TR></TABLE>>'
