"""A graph as pure data: one row per node, one per edge.

Every picture starts from these rows, so that two of them can't disagree. Rows hold numbers and text only, know
nothing of how they will be drawn, and have no size limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import index
from typing import Any, Literal, TypeAlias

from ..engine.graph import is_constant, topological_order
from ..engine.ops import LITERAL
from ..engine.value import Value
from ..errors import ArgumentError, OperandError
from ..reading.grouping import Grouping
from ..reading.names import Names, made_by
from ..reading.trace import Trace
from .marks import mark_of
from .sources import Moment, State, Stored

__all__ = ["EdgeRow", "Kind", "NodeRow", "Rows", "State", "checked_step", "graph_rows", "graph_size", "trace_of"]

Kind: TypeAlias = Literal["leaf", "constant", "op", "group"]


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
        notes: marks on it, see :func:`autograd.render.marks.mark_of`.
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

    Raises:
        OperandError: `root` is not a Value, or `at_step` no whole number.
        ArgumentError: there are fewer records than that, or the trace is one of another root.
        GraphError: a moment of a graph in which nothing is computed.

    Example:
        >>> x = Value(3.0, "x")
        >>> y = x * x
        >>> y.backward()
        >>> for edge in graph_rows(y).edges:
        ...     print(edge.source, edge.target, edge.operand, edge.local, edge.message)
        n0 n1 0 3.0 3.0
        n0 n1 1 3.0 3.0
        >>> [(node.name, node.gradient, node.state) for node in graph_rows(y, at_step=3).nodes]
        [('x', None, 'waiting'), ('v1', 1.0, 'current')]
    """
    order: Sequence[Value]
    if trace is None and at_step is None:
        order = topological_order(_checked(root))
        names, source = Names(order), Stored()
    else:
        trace = trace_of(root, trace)
        order, names = trace.order, trace.names
        source = Moment(trace, len(trace) if at_step is None else checked_step(trace, at_step))
    nodes: list[NodeRow] = []
    edges: list[EdgeRow] = []
    ids: dict[Value, str] = {}
    cluster = _clusters(order)
    seed = source.gradient(root)

    def add(node: Value) -> str:
        id_ = f"n{len(nodes)}"
        op, operands = node._op, [names[p] for p in node.parents]
        kind: Kind = "constant" if is_constant(node) else "op" if node.parents else "leaf"
        what = (id_, names[node], node._label, op.name, op.symbol or op.name, made_by(op, operands))
        numbers = (source.value(node), source.gradient(node))
        state, to_come = source.state(node), source.to_come(node)
        notes = tuple(filter(None, [mark_of(numbers, seed)]))
        nodes.append(NodeRow(*what, *numbers, kind, node is root, state, to_come, cluster=cluster(node), notes=notes))
        return id_

    for node in order:
        # The first use of a literal takes the row at its own topological place, each further one a row of its own.
        sources = [(ids.pop(p, "") or add(p)) if p._op is LITERAL else ids[p] for p in node.parents]
        ids[node] = target = add(node)
        upstream = source.upstream(node)
        locals_ = source.locals(node)
        symbols = source.symbols(node) if symbolic else [""] * len(locals_)
        for k, (parent, id_, local) in enumerate(zip(node.parents, sources, locals_, strict=True)):
            message = None if local is None or upstream is None or is_constant(parent) else upstream * local
            state = source.edge_state(node, parent)
            edges.append(EdgeRow(id_, target, k, local, message, state, symbolic=symbols[k]))
    return Rows(tuple(nodes), tuple(edges))


def checked_step(trace: Trace, k: int) -> int:
    """`k` as a number of records of the trace.

    Raises:
        OperandError: it is no whole number.
        ArgumentError: it is out of range; the message names the range.

    Example:
        >>> checked_step(Trace(Value(2.0) * Value(3.0)), 9)
        Traceback (most recent call last):
        ...
        autograd.errors.ArgumentError: a moment is a number of records from 0 to 5, not 9
    """
    try:
        k = index(None if isinstance(k, bool) else k)  # type: ignore[arg-type]  # refused below
    except TypeError:
        raise OperandError(f"a moment is a whole number of records, not {type(k).__name__}") from None
    if not 0 <= k <= len(trace):
        raise ArgumentError(f"a moment is a number of records from 0 to {len(trace)}, not {k}")
    return k


def graph_size(root: Value) -> tuple[int, int]:
    """How many rows of nodes and of edges :func:`graph_rows` would give, without making them.

    Raises:
        OperandError: `root` is not a Value.

    Example:
        >>> x = Value(3.0, "x")
        >>> graph_size(2 * x + 2)
        (5, 4)
    """
    order = topological_order(_checked(root))
    if len(order) == 1:
        return 1, 0
    named = sum(node._op is not LITERAL for node in order)
    literals = sum(p._op is LITERAL for node in order for p in node.parents)
    return named + literals, sum(len(node.parents) for node in order)


def _checked(root: Any) -> Value:
    if not isinstance(root, Value):
        raise OperandError(f"a graph is read from a Value, got {type(root).__name__}")
    return root


def _clusters(order: Sequence[Value]) -> Callable[[Value], tuple[str, ...]]:
    """What a node is drawn in. A single neuron needs no frame, nor does one that is all of its layer."""
    grouping = Grouping(order)
    if sum(grouping.sizes) < 2:
        return lambda node: ()

    def cluster(node: Value) -> tuple[str, ...]:
        part = grouping.of(node)
        if part is None:
            return ()
        layer = grouping.layer_name(part.layer)
        return (layer,) if grouping.sizes[part.layer - 1] == 1 else (layer, f"neuron {part.neuron}")

    return cluster


def trace_of(root: Value, trace: Trace | None) -> Trace:
    """The trace that was given, or a new one.

    Raises:
        OperandError, GraphError: it is none, or there is none of this root.
        ArgumentError: it is one of another root.
    """
    if trace is None:
        return Trace(_checked(root))
    if not isinstance(trace, Trace):
        raise OperandError(
            f"trace is an autograd.reading.trace.Trace of the node to draw from, got {type(trace).__name__}"
        )
    if trace.root is not root:
        raise ArgumentError("the trace starts from another node than the one to draw from")
    return trace
