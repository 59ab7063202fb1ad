"""Rows to a `graphviz.Digraph`: how a graph looks.

A box per node with its operation, label, value and gradient; a solid arrow per use with the local derivative on it.
What a node is shows in its outline as well as in its colour: rounded for a leaf, square for an operation, doubled for
the root, none for a constant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ArgumentError, GraphError
from ..value import Value
from .rows import EdgeRow, NodeRow, Rows, graph_rows, graph_size
from .text import label_text, markup, number_text, text_width

if TYPE_CHECKING:
    import graphviz

__all__ = ["EDGE_LIMIT", "NODE_LIMIT", "rows_to_dot", "to_dot"]

NODE_LIMIT = 400
EDGE_LIMIT = 2000

_DIRECTIONS = ("LR", "TB", "RL", "BT")

_FONT = "Helvetica"  # `dot` knows its widths, and lets the SVG fall back on the viewer's own sans-serif
_SIZE, _SMALL, _SYMBOL, _PADDING = 12, 10, 18, 3  # points
_INK, _GREY = "#1a1a1a", "#6b6b6b"

_LOOKS = {
    "leaf": {"style": "rounded,filled", "fillcolor": "#e6f0fa", "color": "#1f5f99"},
    "op": {"style": "filled", "fillcolor": "#ffffff", "color": "#4d4d4d"},
    "constant": {"shape": "plain", "fontcolor": _GREY},
}
_ROOT = {"peripheries": "2", "fillcolor": "#fff3d6", "color": "#7a4b00"}


def to_dot(root: Value, *, rankdir: str = "LR") -> graphviz.Digraph:
    """Draw the graph that `root` depends on, as a Digraph to read, change, or render.

    Args:
        root: the node to draw from, usually a loss.
        rankdir: where the arrows point: "LR" (left to right), "RL", "TB" or "BT".

    Returns:
        A Digraph. Its nodes are n0, n1, ... in topological order; ``.source`` is the same for the same graph in every
        run; ``.render(...)`` and ``.pipe(...)`` use the ``dot`` program that :func:`autograd.render.to_svg` uses.

    Raises:
        OperandError: `root` is not a Value.
        ArgumentError: there is no such direction.
        GraphError: the graph is too large for a picture of its single nodes.

    Example:
        >>> x = Value(3.0, "x")
        >>> drawing = to_dot(x * x)
        >>> drawing.source.count("n0 -> n1"), ">not computed<" in drawing.source
        (2, True)
    """
    if rankdir not in _DIRECTIONS:
        raise ArgumentError(f"rankdir is one of {', '.join(_DIRECTIONS)}, not {rankdir!r}")
    nodes, edges = graph_size(root)
    if nodes > NODE_LIMIT or edges > EDGE_LIMIT:
        raise GraphError(
            f"this graph has {nodes:,} nodes and {edges:,} edges; up to {NODE_LIMIT:,} nodes and {EDGE_LIMIT:,} edges "
            "are drawn. Draw a part of it, from a node nearer to the inputs, or a smaller example of the same"
        )
    return rows_to_dot(graph_rows(root), rankdir)


def rows_to_dot(rows: Rows, rankdir: str) -> graphviz.Digraph:
    """The picture of rows, whatever graph they came from."""
    from .digraph import FoundDigraph

    drawing = FoundDigraph(
        "gradients",
        graph_attr={"rankdir": rankdir, "nodesep": "0.25", "ranksep": "0.45", "ordering": "in"},
        node_attr={"shape": "box", "fontname": _FONT, "fontsize": str(_SIZE), "fontcolor": _INK, "margin": "0.08,0.04"},
        edge_attr={"fontname": _FONT, "fontsize": str(_SMALL), "color": "#4d4d4d", "arrowsize": "0.7"},
    )
    kinds = {node.id: node.kind for node in rows.nodes}
    for node in rows.nodes:
        drawing.node(node.id, _node_label(node), **_node_look(node))
    for edge in rows.edges:
        drawing.edge(edge.source, edge.target, **_edge_look(edge, to_constant=kinds[edge.source] == "constant"))
    return drawing


def _node_look(node: NodeRow) -> dict[str, str]:
    look = {"id": node.id, "class": f"{node.kind} root" if node.root else node.kind, **_LOOKS[node.kind]}
    if node.root and node.kind != "constant":
        look |= _ROOT
    return look


def _edge_look(edge: EdgeRow, to_constant: bool) -> dict[str, str]:
    local = number_text(edge.local, missing="undefined")
    look = {"id": f"{edge.source}_{edge.target}_{edge.operand}", "label": _table([_cell(f"local {local}", _SMALL)])}
    if to_constant:  # no gradient is sent along it
        look |= {"color": "#b0b0b0", "fontcolor": _GREY, "penwidth": "0.7"}
    return look


def _node_label(node: NodeRow) -> str:
    """The HTML-like label of a node: label, value and gradient below each other, an operation's symbol to the left."""
    label, value, gradient = label_text(node.label), number_text(node.value), number_text(node.gradient)
    if node.kind == "constant":
        return _table([_cell(f"{label} = {value}" if label else value, _SMALL)])
    size = _SMALL if node.gradient is None else _SIZE
    # The numbers take all the room that a long label needs, so that they stay next to their names.
    beside = text_width(label, _SIZE, bold=True) - text_width("value", _SMALL)
    room = max(text_width(value, _SIZE), text_width(gradient, size), beside)
    lines = [_cell(label, _SIZE, bold=True, COLSPAN=2)] if label else []
    lines.append(_cell("value", _SMALL) + _cell(value, _SIZE, room=room))
    lines.append(_cell("grad", _SMALL) + _cell(gradient, size, room=room, grey=node.gradient is None))
    if node.kind == "op":
        symbol = label_text(node.symbol, limit=12)
        lines[0] = _cell(symbol, _SYMBOL if len(symbol) == 1 else _SIZE, ROWSPAN=len(lines)) + "<VR/>" + lines[0]
    return _table(lines)


def _cell(text: str, size: int, *, room: int = 0, bold: bool = False, grey: bool = False, **spans: int) -> str:
    """A cell of one line, at least `room` points wide inside its padding."""
    font = f'POINT-SIZE="{size}"' + (f' COLOR="{_GREY}"' if grey else "")
    inner = f"<FONT {font}>{markup(text)}</FONT>"
    width = max(room, text_width(text, size, bold)) + 2 * _PADDING
    written = "".join(f' {name}="{number}"' for name, number in spans.items())
    return f'<TD ALIGN="LEFT" WIDTH="{width}"{written}>{f"<B>{inner}</B>" if bold else inner}</TD>'


def _table(lines: list[str]) -> str:
    rows = "".join(f"<TR>{line}</TR>" for line in lines)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{_PADDING}">{rows}</TABLE>>'
