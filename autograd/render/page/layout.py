"""The picture of any graph on a page: `dot` lays it out from left to right, and what is too long goes on below.

A long layout is cut like a line of text. An arrow that crosses a cut leaves at the right and comes in again at the
left of the next line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from ...reading.text import text_width
from ...reading.trace import Trace
from ..curves import Point, halves, straight
from ..rows import NodeRow, graph_rows
from .drawing import Arrow, Box, Spot, arrow_svg, box_size, box_svg

__all__ = ["folded", "graph_parts"]

_EDGE, _LINE = 70, 17  # points: the least room for the two lines on an arrow, and the height of one
_CHAIN = 4  # a graph with fewer than so many arrows more than boxes is laid out as a chain
_ROOM = 1240.0, 640.0  # points: a picture of this size can be read on a desktop without enlarging it
_READABLE = 0.75  # of that size: the numbers are 9 pixels high
_MOST_LINES = 12
_GAIN = 1.15  # how much larger a picture in lines must be, or it stays whole
_COST = 0.98  # how much each arrow that is cut makes a picture worse, as if it were so much smaller
_GUTTER, _PITCH = 14.0, 7.0  # between two lines, and between the arrows that run there


def graph_parts(trace: Trace) -> tuple[list[str], float, float]:
    """The elements of the picture in the order in which they are drawn, and its size."""
    boxes, arrows = _described(trace)
    spots, (width, height) = _laid_out(boxes, arrows)
    spots, width, height = folded(spots, arrows, width, height)
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


# --- lines ------------------------------------------------------------------------------------------------------------


class _Cut(NamedTuple):
    """A place between two columns of boxes, and how many arrows cross it."""

    x: float
    crossed: int


def folded(
    spots: dict[str, Spot], arrows: Sequence[Arrow], width: float, height: float
) -> tuple[dict[str, Spot], float, float]:
    """The layout in as many lines as make it largest where a page shows it."""
    whole, cuts = _fit(width, height), _cuts(spots, arrows)
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
        good = _fit(*tried[1:]) * _COST ** sum(cut.crossed for cut in chosen)
        if good > best:
            best, found, kept = good, tried, [(arrow.way, arrow.label) for arrow in arrows]
    for arrow, (way, label) in zip(arrows, kept, strict=True):
        arrow.way, arrow.label = way, label
    return found


def _fit(width: float, height: float) -> float:
    return min(_ROOM[0] / width, _ROOM[1] / height)


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
    """The layout cut at these places; the arrows get their new ways."""

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
    labels = [(arrow.label[0], arrow.label[0] + _EDGE / 2) for arrow in arrows]
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
