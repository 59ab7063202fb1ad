"""Rows of a picture in which some boxes stand for one node and some for many.

What flows between two boxes is the exact sum of the messages between their nodes. What flows within a box isn't drawn.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, Literal, TypeAlias, get_args

from ..engine.copying import restore
from ..engine.graph import adjoints, is_constant, local_partials, topological_order
from ..engine.op import Op
from ..engine.ops import ADD, CONSTANT, DIV, DOT, LEAF, LITERAL, MEAN, MUL, SUM
from ..engine.value import Value, literal
from ..errors import ArgumentError, GraphError, OperandError, shown
from ..reading.names import short_number, suggestion
from ..reading.text import many
from ..reading.trace import Trace
from .parts import FOLLOWS, SHOWN, Part, Parts, Units
from .rows import (
    EDGE_LIMIT,
    NODE_LIMIT,
    EdgeRow,
    Graph,
    Joined,
    NodeRow,
    Rows,
    State,
    Stored,
    first_not_finite,
    joint_mark,
    joint_state,
)

__all__ = ["FEW", "Level", "Overview", "listed", "picture_rows"]

Level: TypeAlias = Literal["node", "neuron", "layer"]

FEW = 150  # nodes that are drawn one by one where nobody asked

_MOST_NAMES, _MOST_SYMBOLS = 6, 5


def picture_rows(
    root: Value,
    *,
    level: Level | None = None,
    expand: Any = (),
    trace: Trace | None = None,
    at_step: int | None = None,
    limit: int = FEW,
    symbolic: bool = False,
) -> Rows:
    """The rows of a picture that one can take in: single nodes while they are few, else boxes that stand for many.

    Boxes are layers, or neurons where these are asked for. What is outside the layers is one box for the inputs, one
    for the targets, and bands of steps for the rest; a graph without layers is bands of steps. What flows between two
    boxes is the exact sum of what flows between their nodes.

    Args:
        root: the node to read from, usually a loss.
        level: "node", "neuron" or "layer" in place of a choice by size.
        expand: what to open, one thing or several: a box by its name ("layer 2", "layer 1, neuron 3", "inputs",
            "steps 1 to 412"), or a node or its name. A layer opens to its neurons, a neuron to its nodes, a big band
            to smaller ones. A node comes with what is around it; where all nodes are drawn one by one, a dot, a sum
            or a mean opens into its products and sums.
        trace: a trace of `root` to take the numbers from.
        at_step: how many records of the trace have happened.
        limit: how many single nodes are few.
        symbolic: whether edges get their local derivative in symbols.
    """
    return rows_for(Graph(root, trace, at_step), level, expand, limit, symbolic)


def rows_for(graph: Graph, level: Level | None, expand: Any, limit: int = FEW, symbolic: bool = True) -> Rows:
    """The same for a graph that is being read."""
    if level is not None and level not in get_args(Level):
        raise ArgumentError(f"a level is one of {', '.join(get_args(Level))}, not {level!r}")
    small = len(graph.order) <= limit and graph.size()[0] <= limit and graph.size()[1] <= EDGE_LIMIT
    wanted = listed(expand)
    if graph.root.parents and (level in ("neuron", "layer") or (level is None and not small)):
        return _boxed(graph, level, wanted, symbolic)
    _check_size(*graph.size())
    rows = graph.rows(symbolic)
    if wanted:
        parts = Parts(Units(graph.order, graph.grouping))
        used = _open_boxes(parts, wanted)[1]
        for node in dict.fromkeys(_find(graph, thing, parts.top) for thing in wanted if thing not in used):
            rows = taken_apart(rows, node, graph, symbolic) if can_open(node) else rows
    return rows


def _boxed(graph: Graph, level: str | None, wanted: Sequence[Any], symbolic: bool) -> Rows:
    """The rows in boxes, the wanted ones opened, and the wanted nodes out of theirs."""
    parts = Parts(Units(graph.order, graph.grouping))
    boxes, used = _open_boxes(parts, wanted, to_neurons=level == "neuron")
    for thing in wanted:
        if not (isinstance(thing, str) and thing in used):
            place = parts.units.place[_find(graph, thing, boxes)]
            at = next((b for b, box in enumerate(boxes) if box.what != "node" and place in box.units), None)
            if at is not None:
                boxes[at : at + 1] = _around(parts, boxes[at], place)
    _check_size(len(boxes), 0)
    rows = Overview(parts, boxes, graph, symbolic).rows()
    _check_size(len(rows.nodes), len(rows.edges))
    return rows


def _around(parts: Parts, part: Part, place: int) -> list[Part]:
    """A part that is opened as far as one node asks for: its neuron, a small band; else the node on its own."""
    before: list[Part] = []
    after: list[Part] = []
    while part.children:
        at = next(i for i, child in enumerate(part.children) if place in child.units)
        before, after = [*before, *part.children[:at]], [*part.children[at + 1 :], *after]
        part = part.children[at]
    if len(part.units) <= SHOWN:
        return [*before, *parts.opened(part), *after]
    rest = replace(part, units=[u for u in part.units if u != place])
    return [*before, rest, parts.single(place, part.inner), *after]


def _find(graph: Graph, thing: Any, boxes: Sequence[Part]) -> Value:
    try:
        node: Value = graph.names.find(thing)
    except ArgumentError:
        if not isinstance(thing, str):
            raise
        parts = [name for part in boxes for name in (part.name, *[c.name for c in part.children]) if name]
        hint = suggestion(thing, [*parts, *graph.names.known()])
        raise ArgumentError(f"no part and no node of this picture is called {shown(thing)!r}; {hint}") from None
    if node._row is LITERAL:
        raise ArgumentError(f"the number {node._data!r} has nothing to open")
    return node


def _open_boxes(parts: Parts, wanted: Sequence[Any], to_neurons: bool = False) -> tuple[list[Part], set[str]]:
    """The boxes of the overview, the wanted ones opened; and which of the wanted names were those of boxes."""
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


def listed(expand: Any) -> list[Any]:
    """What is to be opened, as a list."""
    if isinstance(expand, str | Value):
        return [expand]
    if not isinstance(expand, Iterable):
        raise OperandError(f"expand is the name of a box, or a list of such names, got {expand!r}")
    return list(expand)


def _check_size(nodes: int, edges: int) -> None:
    if nodes > NODE_LIMIT or edges > EDGE_LIMIT:
        raise GraphError(
            f"a picture of {nodes:,} nodes{f' and {edges:,} edges' if edges else ''} can't be read; up to "
            f'{NODE_LIMIT:,} nodes and {EDGE_LIMIT:,} edges are drawn. Ask for level="layer", and open less of it'
        )


# --- rows for a choice of boxes ---------------------------------------------------------------------------------------


class Overview:
    """Rows for a choice of boxes, which hold every unit once, in order."""

    def __init__(self, parts: Parts, boxes: Sequence[Part], graph: Graph, symbolic: bool = False) -> None:
        self.parts, self.units, self.boxes = parts, parts.units, boxes
        self.graph, self.source, self.symbolic = graph, graph.source, symbolic
        self.box = [0] * len(self.units.node)
        for b, part in enumerate(boxes):
            for u in part.units:
                self.box[u] = b
        self.ids = [
            f"n{self.units.number[part.units[0]]}" if part.what == "node" else group_id(part.name) for part in boxes
        ]

    def rows(self) -> Rows:
        """The rows: boxes in their order, edges by target."""
        nodes: list[NodeRow] = []
        edges: list[EdgeRow] = []
        flows = self._flows()
        for b, part in enumerate(self.boxes):
            if part.what == "node":
                more_nodes, more_edges = self._single(part, self.ids[b])
                nodes += more_nodes
                edges += more_edges
            else:
                nodes.append(self._group(part, self.ids[b]))
                edges += [flow.row(self.ids[s], self.ids[b]) for s, flow in sorted(flows[b].items())]
        return Rows(tuple(nodes), tuple(edges), sum([row.members for row in nodes if row.kind == "group"]))

    def _single(self, part: Part, id_: str) -> tuple[list[NodeRow], list[EdgeRow]]:
        """The rows of one node, of the plain numbers that go with it, and of the edges into it."""
        i, graph = part.units[0], self.graph
        node = self.units.node[i]
        ends, nodes = [], []
        for k, (p, u) in enumerate(zip(node.parents, self.units.operands(i), strict=True) if node.parents else ()):
            if u == FOLLOWS:
                ends.append((f"n{self.units.use[i, k]}", True))
                nodes.append(graph.node(p, ends[k][0], part.cluster if self.parts.together(p, node) else ()))
            else:
                ends.append((self.ids[self.box[u]], self.boxes[self.box[u]].what == "node"))
        return [*nodes, graph.node(node, id_, part.cluster)], graph.edges(node, id_, ends, self.symbolic)

    def _group(self, part: Part, id_: str) -> NodeRow:
        units, source = self.units, self.source
        places = sorted(part.units)
        nodes = [units.node[u] for u in places]
        members = len(nodes) + sum([units.followers[u] for u in places if u < len(units.order)])
        mark, detail = joint_mark(nodes, source, self.graph.seed), detail_of(part, self.parts, source)
        learned = [node for node in nodes if node._row is LEAF and source.gradient(node) is not None]
        if learned and mark in ("", "vanishing"):  # a box vanishes where all of its parameters do
            mark = joint_mark(learned, source, self.graph.seed)
        if mark == "not finite" and (found := first_not_finite(nodes, source.value, source.gradient)):
            detail += f", {found[2]} first at {self.graph.names[found[0]]}"
        state = joint_state({source.state(node) for node in nodes})
        to_come = sum([source.to_come(node) for node in nodes]) if state else 0
        what, root = (id_, part.name, part.label, "", "", ""), len(units.order) - 1 in part.units
        more: dict[str, Any] = {
            "notes": (mark,) if mark else (),
            "members": members,
            "cluster": part.cluster,
            "detail": detail,
        }
        return NodeRow(*what, None, None, "group", root, state, to_come, **more)

    def _flows(self) -> defaultdict[int, dict[int, Joined]]:
        """What goes into each box of many: box -> box that it comes from -> flow."""
        units, box, source = self.units, self.box, self.source
        flows: defaultdict[int, dict[int, Joined]] = defaultdict(dict)
        single = [part.what == "node" for part in self.boxes]
        for i, node in enumerate(units.order):
            target = box[i]
            if single[target] or node._a is None:
                continue
            operands = units.operands(i)
            crossing = [k for k, u in enumerate(operands) if u != FOLLOWS and box[u] != target]
            if crossing:
                upstream, partials, into = source.upstream(node), source.locals(node), flows[target]
                for k in crossing:
                    u = operands[k]
                    flow = into.get(box[u]) or into.setdefault(box[u], Joined())
                    learns = upstream is not None and not units.constant[u]
                    flow.add(k, partials[k], upstream if learns else None, source.edge_state(node, units.node[u]))
        return flows


def group_id(name: str) -> str:
    """The id of a box of many nodes."""
    return "g_" + re.sub(r"[^a-z0-9]+", "_", name.lower())


# --- the inside of a node ---------------------------------------------------------------------------------------------


def can_open(node: Value) -> bool:
    """Whether there is something to see inside the node."""
    return node._row is DOT or (node._row in (SUM, MEAN) and len(node.parents) > 1)


def taken_apart(rows: Rows, node: Value, graph: Graph, symbolic: bool) -> Rows:
    """The rows with the products and sums of a node in its place, of which the last is the node itself."""
    source, name = graph.source, graph.names[node]
    at, whole = next((i, row) for i, row in enumerate(rows.nodes) if row.name == name and row.kind == "op")
    into = [edge for edge in rows.edges if edge.target == whole.id]
    operands = [
        restore(Value, source.number(p), graph.names[p], CONSTANT if is_constant(p) else LEAF, (), None)
        for p in node.parents
    ]
    last = take_apart(node, operands)
    last._data = source.number(node)
    order = topological_order(last)
    inside = copy(graph)
    names = {x: x._label or short_number(x._data) for x in order}
    inside.names = names  # type: ignore[assignment]  # rows ask for no more than a mapping
    inside.source = _Within(order, whole, into[0], source.upstream(node), {graph.root: graph.seed})
    ids = dict(zip(operands, [edge.source for edge in into], strict=True))
    nodes: list[NodeRow] = []
    edges: list[EdgeRow] = []
    for step in order:
        if step not in ids:  # a mean's n is a plain number
            ids[step] = f"{whole.id}_{len(nodes) + 1 if step.parents else 'n'}" if step is not last else whole.id
            nodes.append(inside.node(step, ids[step], whole.cluster))
            edges += inside.edges(step, ids[step], [(ids[p], True) for p in step.parents], symbolic)
    nodes[-1] = replace(whole, op=nodes[-1].op, symbol=nodes[-1].symbol, made_by=nodes[-1].made_by)
    rest, first = [edge for edge in rows.edges if edge not in into], rows.edges.index(into[0])
    return replace(
        rows, nodes=(*rows.nodes[:at], *nodes, *rows.nodes[at + 1 :]), edges=(*rest[:first], *edges, *rest[first:])
    )


class _Within(Stored):
    """Numbers inside a node: they are computed when it is, and get their gradients when it sends `upstream`."""

    def __init__(
        self, order: Sequence[Value], whole: NodeRow, into: EdgeRow, upstream: float | None,
        gradients: dict[Value, float | None],
    ) -> None:  # fmt: skip
        steps = [step for step in order if step.parents]
        found = {} if upstream is None else adjoints(steps, {steps[-1]: upstream}, slopes=local_partials)
        self.whole, self.into, self.gradients = whole, into, gradients | found

    def value(self, node: Value) -> float | None:
        return None if node.parents and self.whole.value is None else node._data

    def gradient(self, node: Value) -> float | None:
        return self.gradients.get(node)

    def state(self, node: Value) -> State:
        now = self.whole.state
        return "visited" if now == "current" else "waiting" if now == "reached" else now

    def edge_state(self, node: Value, parent: Value) -> State:
        return self.into.state


def take_apart(node: Value, operands: Sequence[Value]) -> Value:
    """What a dot, a sum or a mean is of these operands, made by products and sums; each is called by its formula."""
    names = [x._label for x in operands]
    if node._row is DOT:
        n = len(operands) // 2
        products = [
            _made(MUL, f"{w._label}*{x._label}", w, x) for w, x in zip(operands[:n], operands[n : 2 * n], strict=True)
        ]
        between = " + " if n == 2 else " + ... + "
        made = _made(SUM, products[0]._label + between + products[-1]._label, *products) if n > 1 else products[0]
        return _made(ADD, "", made, operands[-1]) if len(operands) % 2 else made
    made = operands[0]
    for k, x in enumerate(operands[1:], 1):
        made = _made(ADD, f"{names[0]} + {'' if k == 1 else '... + '}{names[k]}", made, x)
    return _made(DIV, "", made, literal(float(len(operands)))) if node._row is MEAN else made


def _made(op: Op, label: str, *parents: Value) -> Value:
    made: Value = restore(Value, op.forward(*[p._data for p in parents]), label, op, parents, None)
    return made


# --- what a box says of its many nodes --------------------------------------------------------------------------------


def detail_of(part: Part, parts: Parts, source: Stored) -> str:
    """The second line: what is in the box, under the names that its nodes have, and how large its gradients are."""
    order, grouping = parts.units.order, parts.grouping
    if part.what == "numbers" and not any(u < len(order) and order[u]._a is not None for u in part.units):
        return many(len(part.units), "number")
    if part.what in ("steps", "numbers"):
        symbols = Counter(order[u]._row.symbol or order[u]._row.name for u in part.units)
        listed = [symbol for symbol, _ in symbols.most_common(_MOST_SYMBOLS)]
        more = ", ..." if len(symbols) > _MOST_SYMBOLS else ""
        return f"{many(len(part.units), 'node')}: {', '.join(listed)}{more}"
    roles: Counter[str] = Counter()
    stems: dict[str, None] = {}
    neurons: set[tuple[int, int]] = set()
    for u in part.units:
        node = order[u]
        if (node._row is LEAF or node._label) and (found := grouping.of(node)):
            roles[found.role] += node._row is LEAF
            neurons.add((found.layer, found.neuron))
            if node._label:
                stems[node._label.partition("[")[0]] = None
    layers = len({layer for layer, _ in neurons})
    counts = [many(layers, "layer")] if layers > 1 else []
    counts += [many(len(neurons), "neuron")] if part.what == "layers" else []
    counts += [many(roles["weight"], "weight")] + ([many(roles["bias"], "bias", "biases")] if roles["bias"] else [])
    gradients = [g for u in part.units if order[u]._row is LEAF and (g := source.gradient(order[u])) is not None]
    counts += [f"|dW| = {math.hypot(*gradients):.3g}"] if gradients else []
    text = ", ".join(counts)
    return f"{', '.join(stems)}: {text}" if 0 < len(stems) <= _MOST_NAMES else text
