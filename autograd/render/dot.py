"""Rows to a `graphviz.Digraph`: how a graph looks.

A box per node with its operation, label, value and gradient; a solid arrow per use with the local derivative on it.
What a node is shows in its outline as well as in its colour: rounded for a leaf, square for an operation, doubled for
the root, none for a constant. So does, at a moment of stepping, how far the pass has come: thin and dashed where it
has not been, thick where a gradient has begun to arrive, very thick where it is, as usual where it is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ArgumentError, GraphError
from ..trace import Trace
from ..value import Value
from .rows import EdgeRow, NodeRow, Rows, State, graph_rows, graph_size
from .text import label_text, markup, number_text, text_width

if TYPE_CHECKING:
    import graphviz

__all__ = ["EDGE_LIMIT", "NODE_LIMIT", "rows_to_dot", "to_dot"]

NODE_LIMIT = 400
EDGE_LIMIT = 2000

_BACK = {"LR": "←", "TB": "↑", "RL": "→", "BT": "↓"}  # where gradients go, by the direction of the arrows

_FONT = "Helvetica"  # `dot` knows its widths, and lets the SVG fall back on the viewer's own sans-serif
_SIZE, _SMALL, _SYMBOL, _PADDING = 12, 10, 18, 3  # points
_INK, _GREY = "#1a1a1a", "#6b6b6b"

_LOOKS = {
    "leaf": {"style": "rounded,filled", "fillcolor": "#e6f0fa", "color": "#1f5f99"},
    "op": {"style": "filled", "fillcolor": "#ffffff", "color": "#4d4d4d"},
    "constant": {"shape": "plain", "fontcolor": _GREY},
}
_ROOT = {"peripheries": "2", "fillcolor": "#fff3d6", "color": "#7a4b00"}
_MOMENT: dict[State, dict[str, str]] = {
    "waiting": {"fillcolor": "#ffffff", "color": "#8c8c8c", "penwidth": "0.8"},
    "reached": {"fillcolor": "#e3f5e1", "color": "#2e7d32", "penwidth": "2.2"},
    "current": {"fillcolor": "#ffc24d", "color": "#1a1a1a", "penwidth": "4.5"},
}
_EDGES: dict[State, dict[str, str]] = {
    "waiting": {"style": "dashed", "color": "#8c8c8c", "penwidth": "0.8"},
    "current": {"color": "#b35900", "penwidth": "3"},
}


def to_dot(
    root: Value, *, rankdir: str = "LR", at_step: int | None = None, trace: Trace | None = None
) -> graphviz.Digraph:
    """Draw the graph that `root` depends on, as a Digraph to read, change, or render.

    With `at_step` it is drawn as it stands in the middle of stepping: what is not computed then says so, gradients are
    those so far (a "+ …" says that more is to come), and an arrow says what has been sent back along it.

    Args:
        root: the node to draw from, usually a loss.
        rankdir: where the arrows point: "LR" (left to right), "RL", "TB" or "BT".
        at_step: how many records of the trace have happened, see :func:`autograd.steps`. None: no moment, but what
            the nodes store; or the end of `trace`.
        trace: a trace of `root` to take the numbers from.

    Returns:
        A Digraph. Its nodes are n0, n1, ... in topological order; ``.source`` is the same for the same graph in every
        run; ``.render(...)`` and ``.pipe(...)`` use the ``dot`` program that :func:`autograd.render.to_svg` uses.

    Raises:
        OperandError: `root` is not a Value, or `at_step` no whole number.
        ArgumentError: there is no such direction, no such step, or the trace is one of another root.
        GraphError: the graph is too large for a picture of its single nodes, or nothing in it is computed by steps.

    Example:
        >>> x = Value(3.0, "x")
        >>> drawing = to_dot(x * x)
        >>> drawing.source.count("n0 -> n1"), ">not computed<" in drawing.source
        (2, True)
        >>> ">6<" in to_dot(x * x, at_step=3).source, ">6<" in to_dot(x * x, at_step=4).source
        (False, True)
    """
    if rankdir not in _BACK:
        raise ArgumentError(f"rankdir is one of {', '.join(_BACK)}, not {rankdir!r}")
    nodes, edges = graph_size(root)
    if nodes > NODE_LIMIT or edges > EDGE_LIMIT:
        raise GraphError(
            f"this graph has {nodes:,} nodes and {edges:,} edges; up to {NODE_LIMIT:,} nodes and {EDGE_LIMIT:,} edges "
            "are drawn. Draw a part of it, from a node nearer to the inputs, or a smaller example of the same"
        )
    return rows_to_dot(graph_rows(root, trace=trace, at_step=at_step), rankdir)


def rows_to_dot(rows: Rows, rankdir: str) -> graphviz.Digraph:
    """The picture of rows, whatever graph they came from."""
    from .digraph import FoundDigraph

    drawing = FoundDigraph(
        "gradients",
        graph_attr={"rankdir": rankdir, "nodesep": "0.25", "ranksep": "0.45", "ordering": "in"},
        node_attr={"shape": "box", "fontname": _FONT, "fontsize": str(_SIZE), "fontcolor": _INK, "margin": "0.08,0.04"},
        edge_attr={"fontname": _FONT, "fontsize": str(_SMALL), "color": "#4d4d4d", "arrowsize": "0.7"},
    )
    by_id = {node.id: node for node in rows.nodes}
    for node in rows.nodes:
        drawing.node(node.id, _node_label(node), **_node_look(node))
    for edge in rows.edges:
        label = _edge_label(edge, by_id[edge.target], _BACK[rankdir])
        look = _edge_look(edge, to_constant=by_id[edge.source].kind == "constant")
        drawing.edge(edge.source, edge.target, label, **look)
    return drawing


def _node_look(node: NodeRow) -> dict[str, str]:
    classes = [node.kind, "root" if node.root else "", node.state]
    look = {"id": node.id, "class": " ".join(filter(None, classes)), **_LOOKS[node.kind]}
    if node.kind == "constant":
        if node.state == "current":
            look |= {"shape": "box", "style": "filled", "margin": "0", **_MOMENT["current"]}
        return look
    if node.root:
        look |= _ROOT
    if node.state == "waiting":
        look["style"] += ",dashed"
    look |= _MOMENT.get(node.state, {})
    if node.root and node.state == "current":
        look["penwidth"] = "3"  # thicker, its two outlines would run into one
    return look


def _edge_look(edge: EdgeRow, to_constant: bool) -> dict[str, str]:
    look = {"id": f"{edge.source}_{edge.target}_{edge.operand}"}
    if to_constant:  # no gradient is sent along it
        look |= {"color": "#b0b0b0", "fontcolor": _GREY, "penwidth": "0.7"}
    if edge.state:
        look |= {"class": edge.state, **_EDGES.get(edge.state, {})}
    if edge.state == "current" and edge.message is not None:
        look |= {"dir": "back"}
    return look


def _edge_label(edge: EdgeRow, target: NodeRow, back: str) -> str:
    """The local derivative; at a moment, what was sent below it. Both lines are there at every moment, as wide as they
    commonly get, so that the boxes keep their places from one picture to the next."""
    local = "" if target.value is None else f"local {number_text(edge.local, missing='undefined')}"
    if not edge.state:
        return _table([_cell(local, _SMALL)])
    message = "" if edge.message is None else f"{back} {number_text(edge.message)}"
    room = text_width("local -0.1234", _SMALL)
    bold = edge.state == "current"
    return _table([_cell(local, _SMALL, room=room), _cell(message, _SMALL, room=room, bold=bold)])


def _node_label(node: NodeRow) -> str:
    """The HTML-like label of a node: label, value and gradient below each other, an operation's symbol to the left."""
    label, value, gradient = label_text(node.label), number_text(node.value), number_text(node.gradient)
    if node.kind == "constant":
        plain = number_text(node.value, missing=node.name)  # a plain number can be read before it is used
        return _table([_cell(f"{label} = {value}" if label else plain, _SMALL)])
    if node.gradient is not None and node.to_come:
        gradient += " + …"
    # The numbers take all the room that a long label needs, so that they stay next to their names.
    room = text_width(label, _SIZE, bold=True) - text_width("value", _SMALL)
    if node.state:  # the boxes keep their places from one moment to the next
        room = max(room, text_width("not computed", _SMALL))
    height = 22 if node.state else 0
    numbers = [(value, node.value is None), (gradient, node.gradient is None)]
    sizes = [_SMALL if missing else _SIZE for _, missing in numbers]
    room = max(room, *(text_width(text, size) for (text, _), size in zip(numbers, sizes, strict=True)))
    lines = [_cell(label, _SIZE, bold=True, COLSPAN=2)] if label else []
    for name, (text, missing), size in zip(("value", "grad"), numbers, sizes, strict=True):
        lines.append(_cell(name, _SMALL, height=height) + _cell(text, size, room=room, grey=missing))
    if node.kind == "op":
        symbol = label_text(node.symbol, limit=12)
        lines[0] = _cell(symbol, _SYMBOL if len(symbol) == 1 else _SIZE, ROWSPAN=len(lines)) + "<VR/>" + lines[0]
    return _table(lines)


def _cell(
    text: str, size: int, *, room: int = 0, height: int = 0, bold: bool = False, grey: bool = False, **spans: int
) -> str:
    """A cell of one line, at least `room` points wide inside its padding, and `height` points high with it."""
    font = f'POINT-SIZE="{size}"' + (f' COLOR="{_GREY}"' if grey else "")
    inner = f"<FONT {font}>{markup(text) or ' '}</FONT>"  # `dot` takes no empty one
    width = max(room, text_width(text, size, bold)) + 2 * _PADDING
    if height:
        spans |= {"HEIGHT": height}
    written = "".join(f' {name}="{number}"' for name, number in spans.items())
    return f'<TD ALIGN="LEFT" WIDTH="{width}"{written}>{f"<B>{inner}</B>" if bold else inner}</TD>'


def _table(lines: list[str]) -> str:
    rows = "".join(f"<TR>{line}</TR>" for line in lines)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{_PADDING}">{rows}</TABLE>>'
