"""Big graphs in few boxes: neurons, layers, bands of steps; and any part of them opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Literal, TypeAlias, get_args

from ..engine.graph import topological_order
from ..engine.ops import LITERAL
from ..engine.value import Value
from ..errors import ArgumentError, GraphError, OperandError, shown
from ..reading.names import Names
from ..reading.trace import Trace
from .opening import can_open
from .overview import Overview
from .parts import SHOWN, Part, Parts
from .rows import NodeRow, Rows, checked_step, graph_rows, graph_size, trace_of
from .sources import Moment, Stored
from .units import Units

__all__ = ["Level", "collapsed_rows", "picture_rows"]

Level: TypeAlias = Literal["node", "neuron", "layer"]

_COMPARED = 10_000  # names


def picture_rows(
    root: Value,
    *,
    level: Level | None = None,
    expand: Any = (),
    trace: Trace | None = None,
    at_step: int | None = None,
    limit: int = 150,
    symbolic: bool = False,
) -> Rows:
    """The rows of a picture that one can take in: single nodes while they are few, else boxes that stand for many.

    Boxes are neurons if that makes an overview of at most 60, else layers. What is outside the layers is one box for
    the inputs, one for the targets, and bands of steps for the rest; a graph without layers is bands of steps. What
    flows between two boxes is the exact sum of what flows between their nodes.

    Args:
        root: the node to read from, usually a loss.
        level: "node", "neuron" or "layer" in place of a choice by size.
        expand: what to open, one thing or several: a box by its name ("layer 2", "layer 1, neuron 3", "inputs",
            "steps 1 to 412"), or a node or its name. A layer opens to its neurons, a neuron to its nodes, a big band
            to smaller ones. A node comes with what is around it; a dot, a sum or a mean opens into its products
            and sums.
        trace: a trace of `root` to take the numbers from.
        at_step: how many records of the trace have happened.
        limit: how many single nodes are few.
        symbolic: whether edges get their local derivative in symbols.

    Raises:
        OperandError: `root` is not a Value, or `at_step` no whole number.
        ArgumentError: there is no such level or step, nothing to expand of that name (the message names the nearest),
            or the trace is one of another root.
        GraphError: more would be drawn than a picture can hold, or nothing in the graph is computed by steps.

    Example:
        >>> from autograd.nn import MLP
        >>> model = MLP(8, [16, 16, 1])
        >>> rows = picture_rows(model([0.5] * 8))
        >>> [(row.id, row.members) for row in rows.nodes]
        [('g_inputs', 8), ('g_layer_1', 176), ('g_layer_2', 304), ('g_layer_3', 18)]
        >>> rows = picture_rows(model([0.5] * 8), expand="layer 3, neuron 1")
        >>> sum(row.kind == "op" for row in rows.nodes), rows.hidden
        (1, 488)
    """
    if level is not None and level not in get_args(Level):
        raise ArgumentError(f"a level is one of {', '.join(get_args(Level))}, not {level!r}")
    if not isinstance(root, Value):
        return graph_rows(root)  # which refuses it
    graph = _Graph(root, trace, at_step)
    if root.parents and (level in ("neuron", "layer") or (level is None and not graph.is_small(limit))):
        return graph.boxed(level, _listed(expand), symbolic)
    _check_size(*graph_size(root))
    wanted = _listed(expand)
    if not wanted:
        return graph_rows(root, trace=trace, at_step=at_step, symbolic=symbolic)
    found = graph.nodes(wanted, _opened(graph.parts, wanted)[1], [])
    units = Units(graph.order, shared_numbers=False)
    parts = Parts(units)
    boxes = [parts.single(i) for i, node in enumerate(graph.order) if node._op is not LITERAL or not root.parents]
    rows = Overview(parts, boxes, graph.names, graph.source, found, symbolic).rows()
    return replace(rows, nodes=tuple(sorted(rows.nodes, key=_place_in_order)))


def collapsed_rows(
    root: Value,
    *,
    level: Literal["neuron", "layer"] | None = None,
    expand: Any = (),
    trace: Trace | None = None,
    at_step: int | None = None,
    symbolic: bool = False,
) -> Rows:
    """The rows of a picture in boxes, whatever the size of the graph; see :func:`picture_rows`.

    Args:
        root, expand, trace, at_step, symbolic: as `picture_rows` takes them.
        level: None: neurons if that makes a picture that one can take in, else layers.

    Raises:
        OperandError, ArgumentError, GraphError: as `picture_rows`.

    Example:
        >>> from autograd.nn import MLP
        >>> rows = collapsed_rows(MLP(2, [3, 1])([1.0, 2.0]), level="layer")
        >>> [row.detail for row in rows.nodes][2:]
        ['W1, b1, z1, a1: 3 neurons, 6 weights, 3 biases', 'W2, b2, z2: 1 neuron, 3 weights, 1 bias']
    """
    if not isinstance(root, Value) or not root.parents:
        return graph_rows(root, trace=trace, at_step=at_step, symbolic=symbolic)
    return _Graph(root, trace, at_step).boxed(level, _listed(expand), symbolic)


class _Graph:
    """A graph, its parts, and where its numbers come from."""

    def __init__(self, root: Value, trace: Trace | None, at_step: int | None) -> None:
        if trace is None and at_step is None:
            self.order: Sequence[Value] = topological_order(root)
            self.names, self.source = Names(self.order), Stored()
        else:
            trace = trace_of(root, trace)
            self.order, self.names = trace.order, trace.names
            self.source = Moment(trace, len(trace) if at_step is None else checked_step(trace, at_step))

    @cached_property
    def units(self) -> Units:
        return Units(self.order)

    @cached_property
    def parts(self) -> Parts:
        return Parts(self.units)

    def is_small(self, limit: int) -> bool:
        """Whether there are no more than `limit` single nodes, and not too many edges between them."""
        if len(self.order) > limit:  # and nodes for each use of a number come on top
            return False
        nodes, edges = graph_size(self.order[-1])
        return nodes <= limit and edges <= _limits()[1]

    def boxed(self, level: str | None, wanted: Sequence[Any], symbolic: bool) -> Rows:
        """The rows in boxes."""
        if level is None:  # what is opened has no say in this
            level = "neuron" if self.parts.readable(_opened(self.parts, [], to_neurons=True)[0]) else "layer"
        boxes, used = _opened(self.parts, wanted, to_neurons=level == "neuron")
        apart = self.nodes(wanted, used, boxes)
        _check_size(len(boxes), 0)
        rows = Overview(self.parts, boxes, self.names, self.source, apart, symbolic).rows()
        _check_size(len(rows.nodes), len(rows.edges))
        return rows

    def nodes(self, wanted: Sequence[Any], used: set[str], boxes: list[Part]) -> list[Value]:
        """The wanted things that are nodes. They come out of their boxes, and those with an inside are returned."""
        apart = []
        for thing in wanted:
            if isinstance(thing, str) and thing in used:
                continue
            node = self._find(thing, boxes)
            if can_open(node):
                apart.append(node)
            place = self.units.place[node]
            at = next((b for b, box in enumerate(boxes) if box.what != "node" and place in box.units), None)
            if at is not None:
                boxes[at : at + 1] = self._around(boxes[at], place)
        return apart

    def _around(self, part: Part, place: int) -> list[Part]:
        """A part that is opened as far as one node asks for: its neuron, a small band; else the node on its own."""
        before: list[Part] = []
        after: list[Part] = []
        while part.children:
            at = next(i for i, child in enumerate(part.children) if place in child.units)
            before, after = [*before, *part.children[:at]], [*part.children[at + 1 :], *after]
            part = part.children[at]
        if len(part.units) <= SHOWN:
            return [*before, *self.parts.opened(part), *after]
        rest = replace(part, units=[u for u in part.units if u != place])
        return [*before, rest, self.parts.single(place, part.inner), *after]

    def _find(self, thing: Any, boxes: Sequence[Part]) -> Value:
        try:
            node: Value = self.names.find(thing)
        except ArgumentError:
            if not isinstance(thing, str):
                raise
            parts = [name for part in boxes for name in (part.name, *[c.name for c in part.children]) if name]
            known = [*parts, *self.names.known()]
            near = get_close_matches(thing, known if len(known) <= _COMPARED else parts, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known[:6])}, ..."
            raise ArgumentError(f"no part and no node of this picture is called {shown(thing)!r}; {hint}") from None
        if node._op is LITERAL:
            raise ArgumentError(f"the number {node._data!r} has nothing to open")
        return node


def _opened(parts: Parts, wanted: Sequence[Any], to_neurons: bool = False) -> tuple[list[Part], set[str]]:
    """The boxes of the overview with those opened that are wanted, and which names these were."""
    names = [thing for thing in wanted if isinstance(thing, str)]
    boxes: list[Part] = []
    stack = parts.top[::-1]
    used = set(parts.open)
    while stack:
        part = stack.pop()
        asked = [name for name in names if name == part.name or part.holds(name)] if part.what != "node" else []
        if asked or (to_neurons and part.what == "layers"):
            used.update(name for name in asked if name == part.name)
            stack += reversed(parts.opened(part))
        else:
            boxes.append(part)
    return boxes, used


def _listed(expand: Any) -> list[Any]:
    if isinstance(expand, str | Value):
        return [expand]
    if not isinstance(expand, Iterable):
        raise OperandError(f"expand is the name of a box, or a list of such names, got {expand!r}")
    return list(expand)


def _limits() -> tuple[int, int]:
    from .dot import EDGE_LIMIT, NODE_LIMIT  # which draws these rows

    return NODE_LIMIT, EDGE_LIMIT


def _check_size(nodes: int, edges: int) -> None:
    most_nodes, most_edges = _limits()
    if nodes > most_nodes or edges > most_edges:
        raise GraphError(
            f"a picture of {nodes:,} nodes{f' and {edges:,} edges' if edges else ''} can't be read; up to "
            f'{most_nodes:,} nodes and {most_edges:,} edges are drawn. Ask for level="layer", and open less of it'
        )


def _place_in_order(row: NodeRow) -> tuple[int, int, int]:
    """Where a row stands in topological order: what is inside a node in front of it."""
    number, _, step = row.id[1:].partition("_")
    return (int(number), 1, 0) if not step else (int(number), 0, int(step) if step.isdecimal() else 0)
