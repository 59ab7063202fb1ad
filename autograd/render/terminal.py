"""A graph as text for a terminal: a table of its nodes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import zip_longest

from ..engine.value import Value
from ..reading.names import short_number
from .rows import EdgeRow, NodeRow, graph_rows

__all__ = ["table_lines"]

_COLUMNS = (6, 23, 13, 20, 12)  # node, made by, value, local derivatives, gradient; with gaps of 1 they make 78
_HEADINGS = ("node", "made by", "value", "local derivatives", "gradient")
_INDENT = "  "  # of a line that goes on with the one above


def table_lines(root: Value) -> Iterator[str]:
    """The table of the graph below a node, at most 80 columns wide, operands before what is made of them."""
    rows = graph_rows(root)
    names = {node.id: node.name for node in rows.nodes}
    shown = {node.id for node in rows.nodes if _has_line(node)}
    edges: dict[str, list[EdgeRow]] = {node.id: [] for node in rows.nodes}
    for edge in rows.edges:
        edges[edge.target].append(edge)
    yield _line(_HEADINGS)
    for node in rows.nodes:
        if node.id in shown:
            slopes = [f"d/d{names[e.source]} = {_number(e.local)}" for e in edges[node.id] if e.source in shown]
            yield from _lines(node.name, node.made_by, _number(node.value), slopes, _number(node.gradient))


def _has_line(node: NodeRow) -> bool:
    return node.kind != "constant" or bool(node.label) or node.root


def _number(x: float | None) -> str:
    return "none" if x is None else short_number(x)


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
