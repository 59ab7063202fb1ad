"""A page that plays a graph: one self-contained HTML file, without network, that steps, predicts, edits and traces.

Picture, texts, data, style and script are put together here, with a policy that lets nothing else in.

>>> from autograd import Value
>>> from autograd.render import to_html
>>> x = Value(3.0, "x")
>>> page = to_html(x * x, title="A square")
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from ...engine.value import Value
from ...errors import ArgumentError, GraphError
from ...reading.text import label_text
from ...reading.trace import Trace
from ..rows import EDGE_LIMIT, NODE_LIMIT, graph_rows, graph_size
from .data import js_prelude, json_text, page_data, script_of_ops
from .drawing import drawing, escaped, style_variables
from .equations import MOST_MESSAGES, model_equations, record_equations
from .tables import in_reading_order, neuron_tables

__all__ = ["to_html"]

_SCRIPTS = ("numbers", "sweep", "telling", "picture", "panels", "links", "predict", "learn", "controls")

_DATA = 'const PAGE = JSON.parse(document.getElementById("data").textContent);'

_RELATIVE = re.compile(r"(?!/)[\w.\-/%~]*(\?[\w.\-=&%]*)?(#[\w.\-=&%]*)?", re.ASCII)


def to_html(
    root: Value,
    *,
    title: str = "",
    description: str = "",
    trace: Trace | None = None,
    links: Sequence[tuple[str, str]] = (),
) -> str:
    """A page that plays the forward and backward pass through the graph of `root`, as one HTML file.

    It needs nothing from outside and works from the file system. It opens at the end of the pass, and its slider stands
    on the records of :func:`autograd.steps`, each with its equation. Inputs can be dragged, and a step of gradient
    descent taken and undone; both passes are then computed again, as Python would compute them. The arrow keys, Home,
    End and the space bar move it, and ``#step=7`` in the page's address is a link to one record.

    Args:
        root: where the backward pass starts, usually a loss.
        title: the page's heading. "": the root's name.
        description: a paragraph below it, or several, each on a line of its own.
        trace: a trace of `root` to play. None: one made now.
        links: other pages of a site: what each is called, and a relative address. The address "" is this page.

    Returns:
        HTML, the same for the same graph in every run with the same ``dot``.

    Raises:
        OperandError: `root` is not a Value.
        ArgumentError: an address is not relative, or the trace is one of another root.
        GraphError: no operation made `root`, or the graph is too large for a page.
        GraphvizMissingError: there is no ``dot`` program; the message says what to install.

    Example:
        >>> a, b = Value(2.0, "a"), Value(1.0, "b")
        >>> page = to_html((a + b) * (b + 1), title="Two paths to b")
        >>> page.startswith("<!DOCTYPE html>"), "<h1>Two paths to b</h1>" in page
        (True, True)
    """
    nodes, edges = graph_size(root)
    if nodes > NODE_LIMIT or edges > EDGE_LIMIT:
        raise GraphError(
            f"this graph has {nodes:,} nodes and {edges:,} edges; a page plays up to {NODE_LIMIT:,} nodes and "
            f"{EDGE_LIMIT:,} edges. Make one of a part of it, from a node nearer to the inputs, or of a smaller "
            "example of the same; autograd.render.to_svg draws large networks by neurons and layers"
        )
    trace = Trace(root) if trace is None else trace
    rows = graph_rows(root, trace=trace, symbolic=True)
    data = page_data(trace, rows)
    tables = neuron_tables(trace, rows, [node["ids"] for node in data["nodes"]])
    place = {id_: n for n, id_ in enumerate(in_reading_order(rows, tables))}
    listed = sorted(data["nodes"], key=lambda node: place[node["ids"][0]])
    name = trace.names[root]
    heading = title or f"Backpropagation through {label_text(name)}"
    style = style_variables() + _read("page.css")
    script = "\n".join(
        ['"use strict";', js_prelude(), script_of_ops(trace), _DATA, *[_read(f"{part}.js") for part in _SCRIPTS]]
    )
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    describe = f"Arrows lead from inputs to {name}; gradients flow back along them."
    return _filled(
        _read("page.html"),
        {
            "policy": policy,
            "title": escaped(heading),
            "style": style,
            "description": _described(description),
            "model": _model(trace),
            "links": _navigation(links),
            "picture": drawing(rows, tables, f"The graph of {name}", describe),
            "steps": str(len(trace)),
            "equations": "\n".join(_equations(trace)),
            "sums": "\n".join(_sums(listed)),
            "inputs": "\n".join(_inputs(listed)),
            "root": escaped(name),
            "data": json_text(data),
            "script": script,
        },
    )


def _described(description: str) -> str:
    paragraphs = "".join(f"<p>{escaped(line)}</p>" for line in description.split("\n") if line)
    return f'<div id="description">{paragraphs}</div>' if paragraphs else ""


def _model(trace: Trace) -> str:
    formulas = "".join(f"<math>{equation}</math>" for equation in model_equations(trace))
    return f'<div id="model" tabindex="0" role="region" aria-label="Formulas">{formulas}</div>' if formulas else ""


def _filled(page: str, parts: dict[str, str]) -> str:
    """Every part in its place, in one pass: what a part holds is never looked at."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], page)


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _navigation(links: Sequence[tuple[str, str]]) -> str:
    items = []
    for name, address in links:
        if not _RELATIVE.fullmatch(address):
            raise ArgumentError(f"an address is relative, such as lesson-2.html, got {address!r} for {name!r}")
        current = ' aria-current="page"' if not address else ""
        items.append(f'<li><a href="{escaped(address or "#step=0")}"{current}>{escaped(name)}</a></li>')
    return f'<nav aria-label="Pages"><ul>{"".join(items)}</ul></nav>' if items else ""


def _equations(trace: Trace) -> list[str]:
    found = []
    for step in trace:
        said = [f"<math>{equation}</math>" for equation in record_equations(trace, step)]
        if len(step.messages) > MOST_MESSAGES:
            said.append(f"<span>and {len(step.messages) - MOST_MESSAGES} more in the same way</span>")
        if step.kind == "backward" and not step.messages:
            said.append("<span>nothing is sent: its operands are constants</span>")
        note = "\n".join(line.strip() for line in str(step).split("\n")[2:])
        said.append(f'<span class="note">{escaped(note)}</span>')
        found.append(f'<li data-step="{step.index}">{"".join(said)}</li>')
    return found


def _sums(nodes: list[dict[str, Any]]) -> list[str]:
    cells = '<td class="value"></td><td class="gradient"></td><td class="waiting"></td>'
    return [
        f'<tr data-node="{node["ids"][0]}"><th scope="row">{escaped(node["name"])}</th>{cells}</tr>'
        for node in nodes
        if node["kind"] in ("leaf", "op")
    ]


def _inputs(nodes: list[dict[str, Any]]) -> list[str]:
    """A field for each input that has a name; one whose change could not be followed can only be read."""
    found = []
    for node in nodes:
        if node["kind"] not in ("leaf", "constant"):
            continue
        id_ = node["ids"][0]
        fixed = note = ""
        if "fixed" in node:
            why = escaped(f"The operation {node['fixed']} has no form in JavaScript, so this can't be changed here")
            fixed = f' readonly title="{why}" aria-describedby="why-{id_}"'
            note = f'<small id="why-{id_}">{why}.</small>'
        named = f'id="input-{id_}" data-node="{id_}" value="{_shortest(node["value"])}"'
        field = f'<input type="number" step="any" {named}{fixed}>'
        slider = ""
        if not fixed and isinstance(x := node["value"], float) and abs(x) < math.inf:
            far = _reach(x)
            ends = f'min="{-far:g}" max="{far:g}" step="any" value="{_shortest(x)}"'
            slider = f'<input type="range" aria-label="{escaped(node["name"])}, slider" {ends}>'
        label = f'<label for="input-{id_}">{escaped(node["name"])}</label>'
        found.append(f'<div data-node="{id_}">{label}{field}{slider}{note}</div>')
    return found


def _reach(x: float) -> float:
    """How far a slider goes on both sides of 0: a round number, at least twice as far as x."""
    wanted = max(2.0 * abs(x), 1.0)
    unit = 10.0 ** math.floor(math.log10(wanted))
    return next((n * unit for n in (1.0, 2.0, 5.0) if n * unit >= wanted), 10.0 * unit)


def _shortest(x: float) -> str:
    """The digits that give the same double back, as JavaScript writes whole numbers."""
    return repr(x).removesuffix(".0")
