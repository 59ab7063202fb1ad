"""A graph as pure data: one row per node, one per edge.

Every picture starts from these rows, so that two of them can't disagree. Rows hold numbers and text only, know
nothing of how they will be drawn, and have no size limit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import index
from typing import Any, Literal, TypeAlias, TypeVar

from ..engine.graph import is_constant, partials_at, topological_order
from ..engine.ops import LITERAL
from ..engine.value import Value
from ..errors import ArgumentError, OperandError
from ..functions.slopes import exact_sum
from ..reading.formulas import made_by, slope_text
from ..reading.grouping import Grouping
from ..reading.names import Names
from ..reading.trace import Trace

__all__ = [
    "KEPT",
    "AtStep",
    "EdgeRow",
    "Graph",
    "Joined",
    "Kind",
    "NodeRow",
    "Rows",
    "State",
    "Stored",
    "checked_step",
    "cluster_of",
    "first_not_finite",
    "graph_rows",
    "joint_mark",
    "joint_state",
    "mark_of",
    "trace_of",
]

NODE_LIMIT, EDGE_LIMIT = 400, 2000  # what a picture holds before it is drawn by parts

Kind: TypeAlias = Literal["leaf", "constant", "op", "group"]

State: TypeAlias = Literal["", "waiting", "reached", "current", "visited"]

_Node = TypeVar("_Node")


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node.

    Args:
        id: "n0", "n1", ...: the node's place in topological order, which depends on the graph alone.
        name: what the node is called wherever it is spoken of, see :class:`autograd.reading.names.Names`.
        label: the node's own label, as it is; nothing is escaped here.
        op: the name of the operation that made it, "" for a leaf or a constant.
        symbol: how that operation is marked in a drawing.
        made_by: how the node is made of its operands, by their names; "leaf" or "constant" where it is of none.
        value: the number at the node; None: not computed at this moment.
        gradient: d root / d node as it is stored, or so far at this moment; None: not computed.
        kind: "leaf" (gradients flow to it), "constant" (they don't), "op", or "group" (many nodes in one box).
        root: whether the graph was read from here.
        state: "" where no moment was asked for. In the forward phase a node is "waiting", "current" (the last record
            is its own) or "visited". So it is in the backward phase, but for "reached": something of its gradient has
            arrived, and it has not been visited, as no leaf ever is.
        to_come: how many contributions to the gradient are still to come at this moment.
        members: how many nodes a group stands for.
        cluster: the clusters that it is drawn in, from the outside in: ("layer 1", "neuron 2").
        notes: marks on it, see :func:`autograd.render.rows.mark_of`.
        detail: the second line of a group: "16 neurons, 48 parameters".
    """

    id: str
    name: str
    label: str
    op: str
    symbol: str
    made_by: str
    value: float | None
    gradient: float | None
    kind: Kind
    root: bool
    state: State = ""
    to_come: int = 0
    members: int = 1
    cluster: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """A use of one node as an operand of another: ``x * x`` has two.

    Args:
        source: the operand's id.
        target: the id of the node that it goes into.
        operand: its place among the target's operands, from 0.
        local: d target / d source at the stored values; None: there is no such number, or the target's value is not
            computed.
        message: what flows back along the edge, the target's gradient times `local`; None: no gradient is known
            at the target, nothing has been sent yet, or the source is a constant, to which nothing is sent.
        state: "" where no moment was asked for; "waiting", "current" (the last record sent a number along it)
            or "visited" (the node that it leads to has been, in the same phase).
        count: how many edges an aggregated one stands for. With more than one, `local` is None and `message` is the
            exact sum of theirs.
        symbolic: the local derivative in symbols: "3f²", "w1".
    """

    source: str
    target: str
    operand: int
    local: float | None
    message: float | None
    state: State = ""
    count: int = 1
    symbolic: str = ""

    @property
    def id(self) -> str:
        """What a picture calls it: both ends, and the place among the operands."""
        return f"{self.source}_{self.target}_{self.operand}"


@dataclass(frozen=True, slots=True)
class Rows:
    """A graph: its nodes in topological order, and its edges by target and then by operand.

    `hidden` is how many nodes its groups stand for.
    """

    nodes: tuple[NodeRow, ...]
    edges: tuple[EdgeRow, ...]
    hidden: int = 0


def graph_rows(root: Value, *, trace: Trace | None = None, at_step: int | None = None, symbolic: bool = False) -> Rows:
    """Read everything that `root` depends on, itself included.

    A plain number is one shared node wherever it is used. Here it gets a row for each use, since to see the 2s of
    unrelated formulas tied together would mislead.

    Args:
        root: the node to read from.
        trace: a trace of `root`, whose numbers are read in place of the stored ones. None: the stored ones, or with
            `at_step` a trace made for this.
        at_step: how many records of the trace have happened. None: all of them if there is a trace.
        symbolic: whether edges get their local derivative in symbols too.

    Returns:
        The rows, in an order that depends on the graph alone.
    """
    return Graph(root, trace, at_step).rows(symbolic)


class Graph:
    """A graph that is read: its nodes, their names and neurons, and where their numbers come from."""

    def __init__(self, root: Value, trace: Trace | None = None, at_step: int | None = None) -> None:
        self.root = root
        self.order: Sequence[Value] = topological_order(_checked(root))
        if trace is None and at_step is None:
            self.names, self.source = Names(self.order), Stored()
        else:
            trace = trace_of(root, trace)
            self.names = trace.names
            self.source = AtStep(trace, len(trace) if at_step is None else checked_step(trace, at_step))

    @cached_property
    def grouping(self) -> Grouping:
        return Grouping(self.order)

    @property
    def seed(self) -> float | None:
        return self.source.gradient(self.root)

    def at_end(self) -> Graph:
        """The same graph when everything has happened."""
        end = copy(self)
        if isinstance(self.source, AtStep):
            end.source = AtStep(self.source.trace, len(self.source.trace))
        return end

    def size(self) -> tuple[int, int]:
        """How many rows of nodes and of edges :meth:`rows` would give, without making them."""
        if len(self.order) == 1:
            return 1, 0
        named = sum(node._row is not LITERAL for node in self.order)
        literals = sum(p._row is LITERAL for node in self.order for p in node.parents)
        return named + literals, sum(len(node.parents) for node in self.order)

    def rows(self, symbolic: bool) -> Rows:
        """A row for every node and every edge."""
        nodes: list[NodeRow] = []
        edges: list[EdgeRow] = []
        ids: dict[Value, str] = {}

        def add(node: Value) -> str:
            nodes.append(self.node(node, f"n{len(nodes)}", cluster_of(node, self.grouping)))
            return nodes[-1].id

        for node in self.order:
            # The first use of a literal takes the row at its own topological place, each further one its own row.
            ends = [((ids.pop(p, "") or add(p)) if p._row is LITERAL else ids[p], True) for p in node.parents]
            ids[node] = add(node)
            edges += self.edges(node, ids[node], ends, symbolic)
        return Rows(tuple(_marked_where_kept(nodes, edges) if type(self.source) is Stored else nodes), tuple(edges))

    def node(self, node: Value, id_: str, cluster: tuple[str, ...]) -> NodeRow:
        """The row of a node."""
        op, source = node._row, self.source
        kind: Kind = "constant" if is_constant(node) else "op" if node.parents else "leaf"
        made = made_by(op, [self.names[p] for p in node.parents])
        what = (id_, self.names[node], node._label, op.name, op.symbol or op.name, made)
        numbers = (source.value(node), source.gradient(node))
        state, to_come = source.state(node), source.to_come(node)
        notes = tuple(filter(None, [mark_of(numbers, self.seed)]))
        return NodeRow(*what, *numbers, kind, node is self.root, state, to_come, cluster=cluster, notes=notes)

    def edges(self, node: Value, id_: str, ends: Sequence[tuple[str, bool]], symbolic: bool) -> list[EdgeRow]:
        """The rows of the edges into a node; `ends` are the boxes of its operands, and whether these are alone there.

        Edges from a box of many nodes are one row.
        """
        source, upstream, partials = self.source, self.source.upstream(node), self.source.locals(node)
        symbols = source.symbols(node) if symbolic else [""] * len(ends)
        flows: dict[tuple[str, int], Joined] = {}  # by the box that they come from; -1: all of them together
        for k, (p, (end, alone), local) in enumerate(zip(node.parents, ends, partials, strict=True)):
            flow = flows.setdefault((end, k if alone else -1), Joined())
            flow.add(k, local, None if is_constant(p) else upstream, source.edge_state(node, p), symbols[k])
        single_first = sorted(flows.items(), key=lambda found: found[0][1] < 0)
        return [flow.row(end, id_) for (end, _), flow in single_first]


@dataclass(slots=True, eq=False)
class Joined:
    """What the edges from one box to another carry."""

    operand: int = 0  # the first one's place among its target's operands
    local: float | None = None  # its local derivative
    symbolic: str = ""
    upstream: float | None = None  # what it is multiplied by; None: no gradient goes back along it
    count: int = 0
    messages: list[float] = field(default_factory=list)
    states: set[State] = field(default_factory=set)

    def add(self, operand: int, local: float | None, upstream: float | None, state: State, symbolic: str = "") -> None:
        """One more edge; `upstream`: None where no gradient goes back along it."""
        if not self.count:
            self.operand, self.local, self.symbolic, self.upstream = operand, local, symbolic, upstream
        self.count += 1
        self.states.add(state)
        if local is not None and upstream is not None:
            self.messages.append(upstream * local)

    @property
    def message(self) -> float | None:
        """The exact sum of what flows back."""
        return exact_sum(self.messages) if self.messages else None

    def row(self, source: str, target: str) -> EdgeRow:
        """The edge that stands for all of them."""
        local, symbolic = (self.local, self.symbolic) if self.count == 1 else (None, "")
        state = joint_state(self.states)
        shown: State = "visited" if state == "reached" else state  # an edge has no such state
        return EdgeRow(source, target, self.operand, local, self.message, shown, self.count, symbolic)


def joint_state(states: set[State]) -> State:
    """The state that one box shows for many nodes."""
    if "current" in states:
        return "current"
    if len(states) == 1:
        return next(iter(states))
    return "reached" if states - {""} else ""


def _marked_where_kept(nodes: Sequence[NodeRow], edges: Sequence[EdgeRow]) -> Iterator[NodeRow]:
    """The nodes, marked where the stored gradient is not the sum of what the arrows bring."""
    arrived: dict[str, list[float | None]] = {}
    for edge in edges:
        arrived.setdefault(edge.source, []).append(edge.message)
    for node in nodes:
        messages = arrived.get(node.id, [])
        known = [message for message in messages if message is not None]
        if node.kind != "constant" and node.gradient is not None and known and len(known) == len(messages):
            off = math.fsum(known) - node.gradient if all(map(math.isfinite, (node.gradient, *known))) else 0.0
            if abs(off) > _ROUNDING * max(abs(node.gradient), *map(abs, known)):
                yield replace(node, notes=(*node.notes, KEPT))
                continue
        yield node


def cluster_of(node: Value, grouping: Grouping) -> tuple[str, ...]:
    """What a node is drawn in: a single neuron needs no frame, nor does one that is all of its layer."""
    part = grouping.of(node)
    if part is None or grouping.sizes == (1,):
        return ()
    layer = grouping.layer_name(part.layer)
    return (layer,) if grouping.sizes[part.layer - 1] == 1 else (layer, f"neuron {part.neuron}")


def trace_of(root: Value, trace: Trace | None) -> Trace:
    """The trace that was given, if it is one of this root, or a new one."""
    if trace is None:
        return Trace(_checked(root))
    if not isinstance(trace, Trace):
        raise OperandError(
            f"trace is an autograd.reading.trace.Trace of the node to draw from, got {type(trace).__name__}"
        )
    if trace.root is not root:
        raise ArgumentError("the trace starts from another node than the one to draw from")
    return trace


def checked_step(trace: Trace, k: int) -> int:
    """`k` as a number of records of the trace."""
    try:
        k = index(None if isinstance(k, bool) else k)  # type: ignore[arg-type]  # refused below
    except TypeError:
        raise OperandError(f"a moment is a whole number of records, not {type(k).__name__}") from None
    if not 0 <= k <= len(trace):
        raise ArgumentError(f"a moment is a number of records from 0 to {len(trace)}, not {k}")
    return k


def _checked(root: Any) -> Value:
    if not isinstance(root, Value):
        raise OperandError(f"a graph is read from a Value, got {type(root).__name__}")
    return root


# --- where the numbers come from: the nodes, or a trace of them at one of its moments ---------------------------------

_MOST_SYMBOLS = 64  # operands of a node whose local derivatives are written in symbols
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_EXPONENT = re.compile(r"\^(?:(\d+)|\((-\d+)\))(?![\w.])")


class Stored:
    """Numbers as the nodes store them."""

    def number(self, node: Value) -> float:
        """The node's value, whether or not this is a moment at which it is computed."""
        return node._data

    def value(self, node: Value) -> float | None:
        return node._data

    def gradient(self, node: Value) -> float | None:
        """The stored gradient as a number: after ``create_graph=True`` it is a Value."""
        gradient = node._grad
        return gradient._data if isinstance(gradient, Value) else gradient

    def upstream(self, node: Value) -> float | None:
        """The gradient that the node has sent on to its operands."""
        return self.gradient(node)

    def locals(self, node: Value) -> list[float | None]:
        """The local derivatives in operand order, None where the rule has none to give."""
        if self.value(node) is not None:
            with suppress(Exception):  # whatever a rule raises: a picture is where one looks for what is wrong
                found = partials_at(node, self.number(node), list(map(self.number, node.parents)))
                return [p._data if isinstance(p, Value) else float(p) for p in found]
        return [None] * len(node.parents)

    def symbols(self, node: Value) -> list[str]:
        """The local derivatives in symbols, in operand order, "" where that is long or no more than a number."""
        if len(node.parents) > _MOST_SYMBOLS:
            return [""] * len(node.parents)
        return ["" if is_constant(p) else _symbolic(node, k) for k, p in enumerate(node.parents)]

    def state(self, node: Value) -> State:
        return ""

    def edge_state(self, node: Value, parent: Value) -> State:
        return ""

    def to_come(self, node: Value) -> int:
        return 0


class AtStep(Stored):
    """Numbers and states as they are after `k` records of a trace."""

    def __init__(self, trace: Trace, k: int) -> None:
        self.trace = trace
        self.k = k
        self.backward = k > len(trace.order)
        self.current = trace.outline(k - 1)[1] if k else None

    def number(self, node: Value) -> float:
        number: float = self.trace.values[self.trace.place[node]]
        return number

    def value(self, node: Value) -> float | None:
        return self.trace.value(node, self.k)

    def gradient(self, node: Value) -> float | None:
        return self.trace.gradient(node, self.k)

    def upstream(self, node: Value) -> float | None:
        done = self.trace.visited_at(node)
        return None if done is None or done > self.k else self.gradient(node)

    def state(self, node: Value) -> State:
        if node is self.current:
            return "current"
        if not self.backward:
            return "waiting" if self.value(node) is None else "visited"
        if self.upstream(node) is not None:
            return "visited"
        return "waiting" if self.gradient(node) is None else "reached"

    def edge_state(self, node: Value, parent: Value) -> State:
        used = self.value(node) if not self.backward else self.upstream(node)
        if used is None:
            return "waiting"
        sent = not self.backward or not is_constant(parent)
        return "current" if sent and node is self.current else "visited"

    def to_come(self, node: Value) -> int:
        return self.trace.waiting(node, self.k)


def _symbolic(node: Value, k: int) -> str:
    with suppress(Exception):  # a picture is where one looks for what is wrong
        text = slope_text(node, k)
        if not _is_number(text):
            return _EXPONENT.sub(lambda found: (found[1] or found[2]).translate(_RAISED), text)
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# --- marks on numbers that a reader should look at first --------------------------------------------------------------

KEPT = "kept from before"  # of a gradient: it holds more than the arrows bring, or something else
_ROUNDING = 1e-9  # up to which a sum counts as the same

VANISHING, EXPLODING = 1e-6, 1e6  # times the gradient at the root, which a backward pass starts with


def mark_of(numbers: Sequence[float | None], seed: float | None) -> str:
    """The mark of a node, by its value and its gradient; of an arrow, by None and its message.

    "not finite" where one of them is infinite or nan; "vanishing" where the gradient is less than a millionth of the
    root's, and not 0; "exploding" where it is more than a million times that; else "".
    """
    if any(x is not None and not math.isfinite(x) for x in numbers):
        return "not finite"
    gradient = numbers[1]
    if not gradient:
        return ""
    whole = abs(seed) if seed and math.isfinite(seed) else 1.0
    ratio = abs(gradient) / whole
    return "vanishing" if ratio < VANISHING else "exploding" if ratio > EXPLODING else ""


def joint_mark(nodes: Sequence[Value], source: Stored, seed: float | None) -> str:
    """The mark of many nodes: "not finite" or "exploding" if one of them is, "vanishing" if all gradients are."""
    gradients = [g for node in nodes if (g := source.gradient(node)) is not None]
    values = [x for node in nodes if (x := source.value(node)) is not None]
    if not all(map(math.isfinite, values)) or not all(map(math.isfinite, gradients)):
        return "not finite"
    return mark_of((None, max(map(abs, gradients), default=None)), seed)


def first_not_finite(
    nodes: Sequence[_Node], value: Callable[[_Node], float | None], gradient: Callable[[_Node], float | None]
) -> tuple[_Node, str, float] | None:
    """The node where inf or nan comes up first, which of its numbers it is, and the number; None: there is none.

    Values are made from the inputs to the root, and gradients after them, from the root to the inputs.
    """
    for ordered, what, number in ((nodes, "value", value), (nodes[::-1], "gradient", gradient)):
        for node in ordered:
            found = number(node)
            if found is not None and not math.isfinite(found):
                return node, what, found
    return None
