"""The picture of a page: `dot` lays it out, and the boxes and arrows are written so that a style sheet and a script can
change how each looks and what each says.

Boxes have room for the widest number, so nothing moves when numbers come, go, or change their sign. The colours are
those of the pictures, and a few that only a page has.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from ...reading.text import label_text, number_text, text_width
from ..rows import EdgeRow, NodeRow, Rows
from ..style import DARK, LIGHT, Palette

__all__ = ["drawing", "escaped", "style_variables"]

_NUMBER = 66  # points: "-1.235e-05" at 12
_PAD, _LINE = 8, 17
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


def drawing(rows: Rows, title: str, describe: str) -> str:
    """The graph as one SVG element.

    Every box is a group with the id of its row, of class `node`, and every arrow one of class `edge`. Inside a box are
    texts of class `value` and `gradient`, on an arrow `local` and `message`: what they say is the script's to change.

    Args:
        rows: the graph, with its numbers.
        title, describe: what the picture is and shows, for those who can't see it.
    """
    from ..digraph import FoundDigraph

    sizes = {node.id: _size(node) for node in rows.nodes}
    # Arrows that fan out need room to turn; a chain is better read without scrolling.
    ranksep = "0.2" if len(rows.edges) < len(rows.nodes) + _CHAIN else "0.6"
    graph = FoundDigraph(
        "page",
        graph_attr={"rankdir": "LR", "nodesep": "0.25", "ranksep": ranksep, "ordering": "in"},
        node_attr={"shape": "box", "fixedsize": "true", "label": ""},
    )
    for id_, (wide, high) in sizes.items():
        graph.node(id_, width=f"{wide / 72:.4f}", height=f"{high / 72:.4f}")
    by_id = {node.id: node for node in rows.nodes}
    for edge in rows.edges:
        room = 0 if by_id[edge.source].kind == "constant" else _LINE
        wide = max(_EDGE, text_width(f"{_local(edge)} ", 10) + 36)
        cell = f'<TD FIXEDSIZE="TRUE" WIDTH="{wide}" HEIGHT="{18 + room}"></TD>'
        label = f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{cell}</TR></TABLE>>'
        graph.edge(edge.source, edge.target, label=label, id=edge.id)
    laid_out = json.loads(graph.pipe(format="json0", quiet=True, encoding="utf-8"))
    left, low, right, top = map(float, laid_out["bb"].split(","))
    width, height = right - left + 2 * _MARGIN, top - low + 2 * _MARGIN

    def place(text: str) -> tuple[float, float]:
        x, y = map(float, text.split(","))
        return x - left + _MARGIN, top - y + _MARGIN

    arrows = {edge["id"]: edge for edge in laid_out.get("edges", [])}
    parts = [_edge(edge, by_id, arrows[edge.id], place) for edge in rows.edges]
    boxes = {each["name"]: place(each["pos"]) for each in laid_out["objects"]}
    parts += [_node(node, *boxes[node.id], *sizes[node.id]) for node in rows.nodes]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="graph" role="group" aria-labelledby="graph-title graph-desc" '
        f'width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}">'
    )
    named = f'<title id="graph-title">{escaped(title)}</title><desc id="graph-desc">{escaped(describe)}</desc>'
    return "\n".join([head, named, *parts, "</svg>"])


def _size(node: NodeRow) -> tuple[int, int]:
    title = label_text(node.name)
    if node.kind == "constant":
        return text_width(_constant(node), 12) + 2 * _PAD, 24
    symbol = text_width(label_text(node.symbol, limit=12), 12) + 22 if node.kind == "op" else 0
    return max(text_width("value", 10) + 8 + _NUMBER + 22, text_width(title, 13, bold=True) + symbol) + 2 * _PAD, 62


def _constant(node: NodeRow) -> str:
    """A constant's name and number; a plain number is its own name. Room is kept for another number of its width."""
    return f"{label_text(node.label)} = {number_text(node.value)}" if node.label else number_text(node.value)


def _node(node: NodeRow, x: float, y: float, width: int, height: int) -> str:
    left, top, right = x - width / 2, y - height / 2, x + width / 2
    classes = f"node {node.kind}" + (" root" if node.root else "")
    what = f"{escaped(node.name)}, {escaped(node.made_by)}"
    head = (
        f'<g id="{node.id}" class="{classes}" data-name="{escaped(node.name)}" data-spoken="{what}" tabindex="0" '
        f'role="button" aria-label="{what}: show its paths">'
    )
    box = f'<rect class="box" x="{_n(left)}" y="{_n(top)}" width="{width}" height="{height}" rx="{_corner(node)}"/>'
    if node.kind == "constant":
        written = f"<tspan>{escaped(label_text(node.label))} = </tspan>" if node.label else ""
        number = f'<tspan class="value">{number_text(node.value)}</tspan>'
        text = f'<text class="constant" x="{_n(x)}" y="{_n(y + 4)}" text-anchor="middle">{written}{number}</text>'
        return f"{head}{box}{text}</g>"
    lines = [head, box]
    if node.root:
        inner = f'x="{_n(left + 3)}" y="{_n(top + 3)}" width="{width - 6}" height="{height - 6}" rx="2"'
        lines.append(f'<rect class="inner" {inner}/>')
    lines.append(_text("name", left + _PAD, top + 18, label_text(node.name)))
    if node.kind == "op":
        lines.append(_text("symbol", right - _PAD, top + 18, label_text(node.symbol, limit=12)))
    beside = left + _PAD + text_width("value", 10) + 6
    shown = [("value", "value", node.value), ("gradient", "grad", node.gradient)]
    for line, (kind, name, held) in enumerate(shown, start=2):
        base = top + 4 + line * _LINE
        lines += [_text("key", left + _PAD, base, name), _text(kind, beside, base, number_text(held, missing="–"))]
    return "".join(lines) + "</g>"


def _corner(node: NodeRow) -> int:
    return {"leaf": 16, "constant": 12}.get(node.kind, 3)


def _edge(edge: EdgeRow, by_id: dict[str, NodeRow], arrow: dict[str, Any], place: Any) -> str:
    tip, points = None, arrow["pos"].split()
    while points and points[0][0] in "es":
        if points[0][0] == "e":
            tip = place(points[0][2:])
        points = points[1:]
    curve = [place(point) for point in points]
    tip = tip or curve[-1]
    path = f"M{_p(curve[0])}C{' '.join(map(_p, curve[1:]))}"
    start, ahead = curve[0], curve[1]
    constant = by_id[edge.source].kind == "constant"
    names = by_id[edge.source].name, by_id[edge.target].name
    lines = [
        f'<g id="{edge.id}" class="edge{" to-constant" if constant else ""}" '
        f'data-source="{edge.source}" data-target="{edge.target}" data-operand="{edge.operand}" '
        f'data-local="{escaped(_local(edge))}">',
        f"<title>{escaped(names[0])} into {escaped(names[1])}</title>",
        f'<path class="line" d="{path}L{_p(tip)}"/><path class="head" d="{_head(curve[-1], tip)}"/>',
    ]
    if not constant:  # what flows back runs along the same line the other way
        away = _towards(start, ahead, 9)
        lines.append(f'<path class="flow" d="{path}L{_p(tip)}"/><path class="back" d="{_head(away, start)}"/>')
    x, y = place(arrow["lp"])
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
