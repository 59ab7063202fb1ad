"""A graph as a table of plain text: how each node was made, its value, its slopes and its gradient."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import zip_longest

from ..value import Value
from .rows import EdgeRow, NodeRow, Rows, graph_rows
from .text import label_text

__all__ = ["made_by", "names_of", "table_lines"]

_COLUMNS = (6, 23, 13, 20, 12)  # node, made by, value, local derivatives, gradient; with gaps of 1 they make 78
_HEADINGS = ("node", "made by", "value", "local derivatives", "gradient")
_BETWEEN = frozenset({"+", "-", "*", "/", "//", "%", "**"})  # stand between their operands
_INDENT = "  "  # of a line that goes on with the one above


def table_lines(root: Value) -> Iterator[str]:
    """The table of the graph below a node, at most 80 columns wide, operands before what is made of them.

    A node without a label is called #1, #2, ...; a plain number stands where it is used and has no line of its own.

    Args:
        root: the node to read from.

    Example:
        >>> x = Value(3.0, "x")
        >>> y = x**2 + 1
        >>> y.backward()
        >>> print(*table_lines(y), sep="\\n")
        node   made by                         value local derivatives        gradient
        x      leaf                                3                                 6
        #1     x ** 2                              9 d/dx = 6                        1
        #2     #1 + 1                             10 d/d#1 = 1                       1
    """
    rows = graph_rows(root)
    names = names_of(rows)
    shown = {node.id for node in rows.nodes if _has_line(node)}
    edges: dict[str, list[EdgeRow]] = {node.id: [] for node in rows.nodes}
    for edge in rows.edges:
        edges[edge.target].append(edge)
    yield _line(_HEADINGS)
    for node in rows.nodes:
        if node.id in shown:
            slopes = [f"d/d{names[e.source]} = {_number(e.local)}" for e in edges[node.id] if e.source in shown]
            how = made_by(node, [names[e.source] for e in edges[node.id]])
            yield from _lines(names[node.id], how, _number(node.value), slopes, _number(node.gradient))


def names_of(rows: Rows) -> dict[str, str]:
    """What each node is called in the table, by its id: its label, a number of its own, or the plain number it is."""
    names: dict[str, str] = {}
    count = 0
    for node in rows.nodes:
        if node.label:
            names[node.id] = label_text(node.label, 20)
        elif not _has_line(node):
            names[node.id] = f"{node.value:.6g}"
        else:
            count += 1
            names[node.id] = f"#{count}"
    return names


def made_by(node: NodeRow, operands: list[str]) -> str:
    """How a node was made of its operands, as text.

    Example:
        >>> row = NodeRow("n1", "", "sin", "sin", 0.0, None, "op", True)
        >>> made_by(row, ["x"])
        'sin(x)'
    """
    if node.kind != "op":
        return node.kind
    if node.op in _BETWEEN and len(operands) == 2:
        return f" {node.op} ".join(operands)
    if node.op == "power":
        return f"{operands[0]} ** {node.symbol.removeprefix('^')}"
    if node.op == "neg":
        return f"-({operands[0]})" if operands[0].startswith("-") else f"-{operands[0]}"
    return f"{node.op}({', '.join(operands)})"


def _has_line(node: NodeRow) -> bool:
    return node.kind != "constant" or bool(node.label) or node.root


def _number(x: float | None) -> str:
    return "none" if x is None else f"{x:.6g}"


def _lines(name: str, how: str, value: str, slopes: list[str], gradient: str) -> Iterator[str]:
    """A node's line, and as many below it as its longest column needs."""
    columns = [
        textwrap.wrap(name, _COLUMNS[0]),
        textwrap.wrap(how, _COLUMNS[1], subsequent_indent=_INDENT),
        [value],
        [line for slope in slopes for line in textwrap.wrap(slope, _COLUMNS[3], subsequent_indent=_INDENT)],
        [gradient],
    ]
    for cells in zip_longest(*columns, fillvalue=""):
        yield _line(cells)


def _line(cells: tuple[str, ...]) -> str:
    padded = (f"{cell:{side}{width}}" for cell, side, width in zip(cells, "<<><>", _COLUMNS, strict=True))
    return " ".join(padded).rstrip()
