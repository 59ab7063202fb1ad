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
import re
from collections.abc import Sequence
from importlib.resources import files

from ...engine.value import Value
from ...errors import ArgumentError, GraphError
from ...reading.text import label_text
from ...reading.trace import Trace
from ..networks import Network, network_of
from ..rows import EDGE_LIMIT, NODE_LIMIT, Graph, trace_of
from .data import json_text, page_data
from .drawing import escaped, graph_svg, style_variables
from .equations import model_equations, record_html
from .layout import graph_parts
from .network import network_parts

__all__ = ["to_html"]

_SCRIPTS = (
    "arithmetic", "numbers", "sweep", "telling", "picture", "equations", "sums", "fields", "paths", "links", "predict",
    "learn", "controls",
)  # fmt: skip

_MOST = 6_000, 6_000  # nodes and edges of a network, whose neurons are single boxes; other graphs: see `rows`

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
    End and the space bar move it, and ``#step=7`` in the page's address is a link to one record. Networks are drawn by
    their neurons, with the samples of a batch as one; of many neurons in a layer each is a cell whose table opens.

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
    _check_size(root, *_MOST)
    trace = trace_of(root, trace)
    network = _network(trace)
    if network is None:
        _check_size(root, NODE_LIMIT, EDGE_LIMIT)
    name = trace.names[root]
    heading = title or f"Backpropagation through {label_text(name)}"
    style = style_variables() + _read("page.css")
    data, operations = page_data(trace)
    listed = "\n".join(["const OPS = [", *[f"  {operation}," for operation in operations], "];"])
    script = "\n".join(['"use strict";', _DATA, listed, *[_read(f"{part}.js") for part in _SCRIPTS]])
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    drawn = graph_parts(trace) if network is None else network_parts(trace, network)
    describe = f"Arrows lead from inputs to {name}; gradients flow back along them."
    parts = {
        "policy": policy,
        "title": escaped(heading),
        "style": style,
        "description": _described(description),
        "model": _model(trace),
        "links": _navigation(links),
        "picture": graph_svg(*drawn, f"The graph of {name}", describe),
        "steps": str(len(trace)),
        "equations": "\n".join(record_html(trace, step) for step in trace),
        "root": escaped(name),
        "data": json_text(data),
        "script": script,
    }
    # In one pass: what a part holds is never looked at.
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _read("page.html"))


def _check_size(root: Value, most_nodes: int, most_edges: int) -> None:
    nodes, edges = Graph(root).size()
    if nodes > most_nodes or edges > most_edges:
        raise GraphError(
            f"this graph has {nodes:,} nodes and {edges:,} edges; a page plays up to {most_nodes:,} nodes and "
            f"{most_edges:,} edges. Make one of a part of it, from a node nearer to the inputs, or of a smaller "
            "example of the same; autograd.render.to_svg draws large networks by neurons and layers"
        )


def _network(trace: Trace) -> Network | None:
    """The network that the graph is, with the numbers of the whole pass."""
    graph = Graph(trace.root, trace, len(trace))
    graph.order = trace.order  # boxes are called by the places that the script knows
    return network_of(graph) if graph.grouping.layers else None


def _described(description: str) -> str:
    paragraphs = "".join(f"<p>{escaped(line)}</p>" for line in description.split("\n") if line)
    return f'<div id="description">{paragraphs}</div>' if paragraphs else ""


def _model(trace: Trace) -> str:
    formulas = "".join(f"<math>{equation}</math>" for equation in model_equations(trace))
    return f'<div id="model" tabindex="0" role="region" aria-label="Formulas">{formulas}</div>' if formulas else ""


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
