"""The picture of a page: `dot` lays it out, and the boxes and arrows are written so that a style sheet and a script can
change how each looks and what each says.

Boxes have room for the widest number, so nothing moves when numbers come, go, or change their sign. The colours are
those of the pictures, and a few that only a page has.
"""

from __future__ import annotations

import html
import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, NamedTuple, TypeAlias

from ...reading.text import label_text, number_text, text_width
from ..rows import EdgeRow, NodeRow, Rows
from ..style import DARK, LIGHT, Palette
from .tables import Table, columns, owners, row_name

__all__ = ["drawing", "escaped", "style_variables"]

_NUMBER = 62  # points: "-1.235e-05" at 12
_PAD, _LINE = 8, 17
_HEADER, _ROW = 24, 20  # points: the height of a table's first line, and of the others
_EDGE = 70  # points: the least room for the two lines on an arrow
_MARGIN = 10
_CHAIN = 4  # a graph with fewer than so many arrows more than boxes is laid out as a chain
_SYMBOL = 14  # characters of a local derivative in symbols; a longer one stands in the texts only

_EXTRA = {  # what a page has beyond a picture
    LIGHT: {
        "page": "#f4f5f7", "border": "#d5d8dc", "control": "#ffffff", "control-line": "#7d848c",
        "accent": "#1c5fa8", "on-accent": "#ffffff", "lit": "#cfe3f8",
    },
    DARK: {
        "page": "#0e1114", "border": "#333941", "control": "#242a31", "control-line": "#7d8792",
        "accent": "#7cb5ec", "on-accent": "#0e1114", "lit": "#264b70",
    },
}  # fmt: skip


class _Spot(NamedTuple):
    """Where something stands, in points of the picture."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def drawing(rows: Rows, tables: dict[str, Table], title: str, describe: str) -> str:
    """The graph as one SVG element.

    Every box is a group with the id of its row, of class `node`, and every arrow one of class `edge`. Inside a box are
    texts of class `value` and `gradient`, on an arrow `local` and `message`: what they say is the script's to change.
    A neuron is one table whose rows are boxes: its weights, bias, weighted sum and activation.

    Args:
        rows: the graph, with its numbers.
        tables: its neurons.
        title, describe: what the picture is and shows, for those who can't see it.
    """
    by_id = {node.id: node for node in rows.nodes}
    boxes, routes, width, height = _laid_out(rows, tables)
    spots = dict(boxes)
    for key, table in tables.items():
        left, top, wide, _ = boxes[key]
        for n, member in enumerate(table.members):
            spots[member] = _Spot(left, top + _HEADER + n * _ROW, wide, _ROW)
    owner = owners(tables)
    parts = [_frame(table, boxes[key]) for key, table in tables.items()]
    fans = _fans(rows, tables, spots, boxes)
    for edge in rows.edges:
        if owner.get(edge.source, edge.source) == owner.get(edge.target, edge.target):
            parts.append(f"{_edge_head(edge, by_id)}</g>")
        elif edge.id in fans:
            parts.append(_edge(edge, by_id, *fans[edge.id], quiet=True))
        else:
            parts.append(_edge(edge, by_id, *routes[edge.id], quiet=edge.target in owner))
    for node in rows.nodes:
        parts.append(_row(node, spots[node.id]) if node.id in owner else _node(node, spots[node.id]))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="graph" role="group" aria-labelledby="graph-title graph-desc" '
        f'width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}">'
    )
    named = f'<title id="graph-title">{escaped(title)}</title><desc id="graph-desc">{escaped(describe)}</desc>'
    return "\n".join([head, named, *parts, "</svg>"])


_Route: TypeAlias = "tuple[list[tuple[float, float]], tuple[float, float], tuple[float, float]]"
"""The points of a curve, its tip, and where its label stands."""


def _laid_out(rows: Rows, tables: dict[str, Table]) -> tuple[dict[str, _Spot], dict[str, _Route], float, float]:
    """Where `dot` puts each box and table, how it leads each arrow between them, and the size of the whole."""
    from ..digraph import FoundDigraph

    by_id, owner = {node.id: node for node in rows.nodes}, owners(tables)
    sizes = {node.id: _size(node) for node in rows.nodes if node.id not in owner}
    sizes |= {key: (_table_width(table), _HEADER + _ROW * len(table.members)) for key, table in tables.items()}
    # Arrows that fan out need room to turn; a chain is better read without scrolling.
    ranksep = "0.05" if len(rows.edges) < len(rows.nodes) + _CHAIN else "0.6"
    attributes = {"rankdir": "LR", "nodesep": "0.25", "ranksep": ranksep} | ({} if tables else {"ordering": "in"})
    graph = FoundDigraph("page", graph_attr=attributes, node_attr={"shape": "box", "fixedsize": "true", "label": ""})
    for key, (wide, high) in sizes.items():
        graph.node(key, width=f"{wide / 72:.4f}", height=f"{high / 72:.4f}")
    for column in columns(rows, tables):
        with graph.subgraph() as same:
            same.attr(rank="same")
            for above, below in itertools.pairwise(column):
                same.edge(above, below, style="invis")
    for edge in rows.edges:
        source, target = (owner.get(end, end) for end in (edge.source, edge.target))
        if source == target:
            continue
        way = {"minlen": "2"} if target in tables else {"label": _room(edge, by_id)}
        graph.edge(source, target, id=edge.id, **way)
    laid_out = json.loads(graph.pipe(format="json0", quiet=True, encoding="utf-8"))
    left, low, right, top = map(float, laid_out["bb"].split(","))

    def place(text: str) -> tuple[float, float]:
        x, y = map(float, text.split(","))
        return x - left + _MARGIN, top - y + _MARGIN

    boxes = {}
    for each in laid_out["objects"]:
        if each["name"] in sizes:
            (x, y), (wide, high) = place(each["pos"]), sizes[each["name"]]
            boxes[each["name"]] = _Spot(x - wide / 2, y - high / 2, wide, high)
    routes = {edge["id"]: _route(edge, place) for edge in laid_out.get("edges", []) if "id" in edge}
    return boxes, routes, right - left + 2 * _MARGIN, top - low + 2 * _MARGIN


def _room(edge: EdgeRow, by_id: dict[str, NodeRow]) -> str:
    """A label that keeps room for the two lines on an arrow."""
    room = 0 if by_id[edge.source].kind == "constant" else _LINE
    wide = max(_EDGE, text_width(f"{_local(edge)} ", 12) + 36)
    cell = f'<TD FIXEDSIZE="TRUE" WIDTH="{wide}" HEIGHT="{18 + room}"></TD>'
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{cell}</TR></TABLE>>'


def _route(arrow: dict[str, Any], place: Any) -> _Route:
    tip, points = None, arrow["pos"].split()
    while points and points[0][0] in "es":
        if points[0][0] == "e":
            tip = place(points[0][2:])
        points = points[1:]
    curve = [place(point) for point in points]
    label = place(arrow["lp"]) if "lp" in arrow else curve[len(curve) // 2]
    return curve, tip or curve[-1], label


def _fans(rows: Rows, tables: dict[str, Table], spots: dict[str, _Spot], boxes: dict[str, _Spot]) -> dict[str, _Route]:
    """Curves for the arrows into tables, each to the row of its weight; none where one would run through a box.

    Those that leave one box do so from top to bottom in the order in which they arrive, so that none crosses another
    at its start.
    """
    owner, z_of = owners(tables), {table.z: table for table in tables.values()}
    leaving: dict[str, list[tuple[float, EdgeRow, _Spot]]] = {}
    for edge in rows.edges:
        table = z_of.get(edge.target)
        if table is None or owner.get(edge.source) == owner[edge.target]:
            continue
        end = spots[table.entrance(edge.operand)]
        leaving.setdefault(edge.source, []).append((end.middle, edge, end))
    found: dict[str, _Route] = {}
    for source, ends in leaving.items():
        start, (_, _, _, high) = spots[source], spots[source]
        step = min(14.0, (high - 8) / len(ends))
        for n, (y, edge, end) in enumerate(sorted(ends, key=lambda each: each[0])):
            begin = start.right, start.middle + (n - (len(ends) - 1) / 2) * step
            tip = end.left, y
            bend = (tip[0] - begin[0]) / 2
            own = {owner.get(source, source), owner[edge.target]}
            across = [b for key, b in boxes.items() if key not in own and b.left < tip[0] and b.right > begin[0] + 24]
            if bend <= 0 or any(b.top < max(begin[1], y) and b.top + b.height > min(begin[1], y) for b in across):
                continue
            curve = [begin, (begin[0] + bend, begin[1]), (tip[0] - bend, y), (tip[0] - 9, y)]
            found[edge.id] = curve, tip, ((begin[0] + tip[0]) / 2, (begin[1] + y) / 2)
    return found


def _size(node: NodeRow) -> tuple[int, int]:
    title = label_text(node.name)
    if node.kind == "constant":
        return text_width(_constant(node), 12) + 2 * _PAD, 24
    symbol = text_width(label_text(node.symbol, limit=12), 12) + 22 if node.kind == "op" else 0
    return max(text_width("value", 12) + 6 + _NUMBER + 14, text_width(title, 13, bold=True) + symbol) + 2 * _PAD, 62


def _constant(node: NodeRow) -> str:
    """A constant's name and number; a plain number is its own name. Room is kept for another number of its width."""
    return f"{label_text(node.label)} = {number_text(node.value)}" if node.label else number_text(node.value)


def _group(node: NodeRow, more: str = "") -> str:
    """The start of a node's group: what it is, and that it can be chosen."""
    classes = f"node {node.kind}" + (" root" if node.root else "") + more
    what = f"{escaped(node.name)}, {escaped(node.made_by)}"
    return (
        f'<g id="{node.id}" class="{classes}" data-name="{escaped(node.name)}" data-spoken="{what}" tabindex="0" '
        f'role="button" aria-label="{what}: show its paths">'
    )


def _node(node: NodeRow, spot: _Spot) -> str:
    left, top, width, height = spot
    right, x, y = spot.right, left + width / 2, spot.middle
    head = _group(node)
    box = _rect("box", spot, rx=f' rx="{_corner(node)}"')
    if node.kind == "constant":
        written = f"<tspan>{escaped(label_text(node.label))} = </tspan>" if node.label else ""
        number = f'<tspan class="value">{number_text(node.value)}</tspan>'
        text = f'<text class="constant" x="{_n(x)}" y="{_n(y + 4)}" text-anchor="middle">{written}{number}</text>'
        return f"{head}{box}{text}</g>"
    lines = [head, box]
    if node.root:
        inner = f'x="{_n(left + 3)}" y="{_n(top + 3)}" width="{_n(width - 6)}" height="{_n(height - 6)}" rx="2"'
        lines.append(f'<rect class="inner" {inner}/>')
    lines.append(_text("name", left + _PAD, top + 18, label_text(node.name)))
    if node.kind == "op":
        lines.append(_text("symbol", right - _PAD, top + 18, label_text(node.symbol, limit=12)))
    beside = left + _PAD + text_width("value", 12) + 6
    shown = [("value", "value", node.value), ("gradient", "grad", node.gradient)]
    for line, (kind, name, held) in enumerate(shown, start=2):
        base = top + 4 + line * _LINE
        lines += [_text("key", left + _PAD, base, name), _text(kind, beside, base, number_text(held, missing="–"))]
    return "".join(lines) + "</g>"


def _corner(node: NodeRow) -> int:
    return {"leaf": 16, "constant": 12}.get(node.kind, 3)


def _table_width(table: Table) -> int:
    return _name_width(table) + 2 * (_NUMBER + 6) + 3 * _PAD


def _name_width(table: Table) -> int:
    return max(text_width(name, 12, bold=True) for name in table.names)


def _frame(table: Table, spot: _Spot) -> str:
    """A table's outline and the line above its rows."""
    left, base = spot.left + _PAD, spot.top + 16
    heads = _text("key end", spot.right - _NUMBER - 6 - _PAD, base, "value")
    heads += _text("key end", spot.right - _PAD, base, "grad")
    return f'<g class="table">{_rect("frame", spot)}{_text("name", left, base, table.title)}{heads}</g>'


def _row(node: NodeRow, spot: _Spot) -> str:
    """One row of a table: a box like any other, in one line."""
    left, base = spot.left + _PAD, spot.top + 14
    numbers = "".join(
        _text(f"{kind} end", spot.right - back, base, number_text(x, missing="–"))
        for kind, back, x in (("value", _NUMBER + 6 + _PAD, node.value), ("gradient", _PAD, node.gradient))
    )
    return f"{_group(node, ' row')}{_rect('box', spot)}{_text('name', left, base, row_name(node))}{numbers}</g>"


def _rect(kind: str, spot: _Spot, rx: str = "") -> str:
    left, top, width, height = map(_n, spot)
    return f'<rect class="{kind}" x="{left}" y="{top}" width="{width}" height="{height}"{rx}/>'


def _edge_head(edge: EdgeRow, by_id: dict[str, NodeRow], more: str = "") -> str:
    constant = by_id[edge.source].kind == "constant"
    names = by_id[edge.source].name, by_id[edge.target].name
    return (
        f'<g id="{edge.id}" class="edge{" to-constant" if constant else ""}{more}" '
        f'data-source="{edge.source}" data-target="{edge.target}" data-operand="{edge.operand}" '
        f'data-local="{escaped(_local(edge))}"><title>{escaped(names[0])} into {escaped(names[1])}</title>'
    )


def _edge(
    edge: EdgeRow,
    by_id: dict[str, NodeRow],
    curve: list[tuple[float, float]],
    tip: tuple[float, float],
    label: tuple[float, float],
    quiet: bool = False,
) -> str:
    """An arrow; a quiet one shows its numbers only while it is looked at."""
    path = f"M{_p(curve[0])}C{' '.join(map(_p, curve[1:]))}"
    start, ahead = curve[0], curve[1]
    constant = by_id[edge.source].kind == "constant"
    lines = [
        _edge_head(edge, by_id, " quiet" if quiet else ""),
        f'<path class="line" d="{path}L{_p(tip)}"/><path class="head" d="{_head(curve[-1], tip)}"/>',
    ]
    if not constant:  # what flows back runs along the same line the other way
        away = _towards(start, ahead, 9)
        lines.append(f'<path class="flow" d="{path}L{_p(tip)}"/><path class="back" d="{_head(away, start)}"/>')
    x, y = label
    local = number_text(edge.local, missing="undefined")
    message = "" if edge.message is None else f"← {number_text(edge.message)}"
    lines.append(_text("local", x, y + (3 if constant else -5), f"{_local(edge)} {local}", middle=True))
    if not constant:
        lines.append(_text("message", x, y + 9, message, middle=True))
    return "".join(lines) + "</g>"


def _local(edge: EdgeRow) -> str:
    """What stands before the local derivative: its symbol, where that is short and no number itself."""
    symbol = edge.symbolic
    return f"{symbol} =" if len(symbol) <= _SYMBOL and any(map(str.isalpha, symbol)) else "local"


def _towards(start: tuple[float, float], end: tuple[float, float], far: float) -> tuple[float, float]:
    length = math.dist(start, end) or 1.0
    return start[0] + (end[0] - start[0]) * far / length, start[1] + (end[1] - start[1]) * far / length


def _head(base: tuple[float, float], tip: tuple[float, float]) -> str:
    """A triangle whose point is `tip`, seen from `base`."""
    length = math.dist(base, tip) or 1.0
    ux, uy = (tip[0] - base[0]) / length, (tip[1] - base[1]) / length
    back = tip[0] - 9 * ux, tip[1] - 9 * uy
    corners: Sequence[tuple[float, float]] = (
        tip,
        (back[0] - 4 * uy, back[1] + 4 * ux),
        (back[0] + 4 * uy, back[1] - 4 * ux),
    )
    return "M" + "L".join(map(_p, corners)) + "Z"


def _text(kind: str, x: float, y: float, text: str, middle: bool = False) -> str:
    anchor = ' text-anchor="middle"' if middle else ""
    return f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}"{anchor}>{escaped(text)}</text>'


def _p(point: tuple[float, float]) -> str:
    return f"{_n(point[0])},{_n(point[1])}"


def _n(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


def escaped(text: str) -> str:
    """Text for the inside of an element or an attribute; what would not show is written as Python writes it."""
    return html.escape("".join(c if c.isprintable() or c == "\n" else label_text(c) for c in text))


def style_variables() -> str:
    """The colours as variables of a style sheet, light, and dark where the reader asks for dark."""

    def listed(palette: Palette) -> str:
        named = {f.name.replace("_", "-"): getattr(palette, f.name) for f in fields(palette)} | _EXTRA[palette]
        return " ".join(f"--{name}: {colour};" for name, colour in named.items())

    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {listed(DARK)} }} }}"
    return f"\n:root {{ {listed(LIGHT)} }}\n{dark}\n"
