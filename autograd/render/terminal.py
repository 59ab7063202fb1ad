"""A graph as text for a terminal: a table of its nodes."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from itertools import zip_longest

from ..engine.value import Value
from ..reading.text import number_text
from .rows import graph_rows

__all__ = ["table_lines"]

_COLUMNS = (6, 23, 13, 20, 12)  # node, made by, value, local derivatives, gradient; with gaps of 1 they make 78
_HEADINGS = ("node", "made by", "value", "local derivatives", "gradient")
_INDENT = "  "  # of a line that goes on with the one above

_number = partial(number_text, missing="none", number_format=".6g")


def table_lines(root: Value) -> Iterator[str]:
    """The table of the graph below a node, at most 80 columns wide, operands before what is made of them."""
    rows = graph_rows(root)
    names = {node.id: node.name for node in rows.nodes if node.kind != "constant" or node.label or node.root}
    slopes = defaultdict(list)
    for edge in rows.edges:
        if edge.source in names:
            slopes[edge.target].append(f"d/d{names[edge.source]} = {_number(edge.local)}")
    yield _line(_HEADINGS)
    for node in rows.nodes:
        if node.id in names:
            yield from _lines(node.name, node.made_by, _number(node.value), slopes[node.id], _number(node.gradient))


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
