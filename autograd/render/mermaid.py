"""A graph as Mermaid text, which code hosts and note-taking programs draw without any other program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..engine.value import Value
from ..errors import GraphError
from ..reading.text import label_text
from ..reading.trace import Trace
from .overview import Level, picture_rows
from .rows import EdgeRow, NodeRow, Rows
from .style import BACK, Look, Palette, look_of

__all__ = ["to_mermaid"]

EDGE_LIMIT, TEXT_LIMIT = 500, 50_000  # Mermaid draws no more, unless a page is set up for it

# Letters, digits, and what a formula mostly needs are left as they are. Whatever else there is could mean something to
# Mermaid, to Markdown, which it reads inside labels (so "1. x", "1) x" and "+ x" would be lists), or to HTML, and is
# written as its number.
_UNSAFE = re.compile(r"[^\w ,()=/+.]|[_ﬂß]|^\W|\.(?!\d)|(?<=\d)\)(?= )| (?= )| $")
# These are left as they are and mean something to Mermaid all the same: a line break, an icon, a formula, and Mermaid's
# own signs around a number. A word joiner, which takes no room, keeps their parts from being seen together.
_LOADED = re.compile(r"\\(?=n)|:(?=fa-)|\$(?=\$)|[ﬂ¶]")
_JOINER = "\u2060"
_NO_BREAK_SPACE = 0xA0

_SHAPES = {"leaf": ('(["', '"])'), "op": ('["', '"]'), "constant": ('("', '")'), "group": ('[["', '"]]')}
_SHAPES["root"] = _SHAPES["group"]


def to_mermaid(
    root: Value, *, rankdir: str | None = None, level: Level | None = None, expand: Any = (),
    at_step: int | None = None, trace: Trace | None = None, **options: Any,
) -> str:  # fmt: skip
    """Write the graph that `root` depends on as a Mermaid flowchart.

    Put between a line "```mermaid" and a line "```" of a Markdown file, it is drawn by GitHub, GitLab and others. Solid
    arrows go forward, with the local derivative; dotted lines beside them hold what flows back, once that is known.
    (They have no heads: Mermaid takes an arrow's direction for the order of the boxes, and would mix that up.)

    Args:
        root: the node to draw from, usually a loss.
        rankdir: where the arrows point: "LR" (left to right, if not said), "RL", "TB" or "BT".
        level: "node", "neuron" or "layer": what a box stands for; None: as large as the graph asks for.
        expand: what to open all the same, see :func:`autograd.render.overview.picture_rows`.
        at_step: how many records of the trace have happened, as in :func:`autograd.render.to_dot`.
        trace: a trace of `root` to take the numbers from.
        options: `show`, `direction`, `number_format` and `theme`, see :class:`autograd.render.style.Look`.

    Returns:
        The text, the same for the same graph in every run; labels stand for themselves whatever they hold.

    Raises:
        GraphError: there are more arrows, or there is more text, than Mermaid draws.
        OperandError, ArgumentError: as `to_dot`.

    Example:
        >>> x = Value(3.0, "x")
        >>> y = x * x
        >>> y.backward()
        >>> print(to_mermaid(y))  # doctest: +ELLIPSIS
        flowchart LR
            n0(["x<br/>value 3<br/>grad 6"])
            n1[["v1 = x #42; x<br/>value 9<br/>grad 1"]]
            n0 -->|"local x = 3"| n1
            n0 -.-|"← 3"| n1
            n0 -->|"local x = 3"| n1
            n0 -.-|"← 3"| n1
            classDef leaf ...
    """
    look = look_of(rankdir, **options)
    look = replace(look, direction=look.direction or "LR")
    levels: list[Level | None] = [level] if level else [None, "layer"]
    for chosen in levels:
        rows = picture_rows(root, level=chosen, expand=expand, trace=trace, at_step=at_step, symbolic=True)
        arrows = [line for edge in rows.edges for line in _edge(edge, look)]
        lines = [f"flowchart {look.direction}", *_nodes(rows, look), *arrows, *_classes(rows.nodes, look.palette)]
        text = "\n    ".join(lines) + "\n"
        if len(arrows) <= EDGE_LIMIT and len(text) <= TEXT_LIMIT:
            return text
    raise GraphError(
        f"this drawing has {len(arrows):,} arrows and {len(text):,} characters; Mermaid draws up to {EDGE_LIMIT} "
        f"arrows and {TEXT_LIMIT:,} characters. Draw fewer boxes, with level='layer' and without expand, or a part of "
        "the graph"
    )


def _nodes(rows: Rows, look: Look) -> Iterator[str]:
    """The boxes, those of a cluster inside it; a cluster stands where its first box does."""
    inside: dict[tuple[str, ...], list[NodeRow | tuple[str, ...]]] = {(): []}
    for node in rows.nodes:
        for depth in range(1, len(node.cluster) + 1):
            path = node.cluster[:depth]
            if path not in inside:
                inside[path] = []
                inside[path[:-1]].append(path)
        inside[node.cluster].append(node)
    numbers = {path: f"c{i}" for i, path in enumerate(inside)}
    stack: list[NodeRow | tuple[str, ...] | str] = [*reversed(inside[()])]
    while stack:
        item = stack.pop()
        if isinstance(item, NodeRow):
            first, last = _SHAPES["root" if item.root else item.kind]
            yield f"{item.id}{first}{'<br/>'.join(_lines(item, look))}{last}"
        elif isinstance(item, str):
            yield item
        else:
            yield f'subgraph {numbers[item]}["{_escaped(item[-1])}"]'
            yield f"style {numbers[item]} fill:none,stroke:{look.palette.cluster_line}"
            stack += ["end", *reversed(inside[item])]


def _lines(node: NodeRow, look: Look) -> Iterator[str]:
    """What stands in a box: how it is made, its value, its gradient, and what is to be noted of it."""
    name = _escaped(node.name)
    if node.kind == "constant":
        value = look.number(node.value, missing="")
        yield f"{name} = {value}" if node.label and value else value or name
        return
    yield f"{name} = {_escaped(node.made_by, limit=60)}" if node.kind == "op" else name
    if node.detail:
        yield _escaped(node.detail, limit=60)
    if node.kind != "group":
        if look.shows("values"):
            yield f"value {look.number(node.value)}"
        if look.shows("gradients"):
            yield f"grad {look.number(node.gradient)}" + (" + …" if node.gradient is not None and node.to_come else "")
    yield from map(_escaped, node.notes)


def _edge(edge: EdgeRow, look: Look) -> Iterator[str]:
    label = ""
    if edge.count > 1:
        label = f"{edge.count} arrows"
    elif edge.local is not None and look.shows("locals"):
        symbols, number = edge.symbolic, look.number(edge.local)
        label = f"local {number}" if symbols in ("", number) else f"local {_escaped(symbols)} = {number}"
    written = f'|"{label}"|' if label else ""
    yield f"{edge.source} -->{written} {edge.target}"
    if edge.message is not None and look.shows("messages"):
        yield f'{edge.source} -.-|"{BACK[look.direction]} {look.number(edge.message)}"| {edge.target}'


def _classes(nodes: Sequence[NodeRow], palette: Palette) -> Iterator[str]:
    """Colours, which repeat what the shapes say, for those kinds of box that there are."""
    members: dict[str, list[str]] = {}
    for node in nodes:
        members.setdefault("root" if node.root else node.kind, []).append(node.id)
    for kind, ids in members.items():
        fill, stroke, ink = palette.paper, palette.pale, palette.grey
        if kind != "constant":
            (fill, stroke), ink = palette.look_of(kind).values(), palette.ink
        yield f"classDef {kind} fill:{fill},stroke:{stroke},color:{ink}"
        yield f"class {','.join(ids)} {kind}"


def _escaped(text: str, limit: int = 32) -> str:
    """Text for the inside of a quoted label, where each sign then stands for itself alone."""
    parted = _LOADED.sub(lambda match: match[0] + _JOINER, label_text(text, limit))
    return _UNSAFE.sub(lambda match: f"#{_NO_BREAK_SPACE if match[0] == ' ' else ord(match[0])};", parted)
