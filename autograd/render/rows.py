"""A graph as pure data: one row per node, one per edge.

Every picture starts from these rows, so that two of them can't disagree. Rows hold numbers and text only, know
nothing of how they will be drawn, and have no size limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ..errors import OperandError
from ..graph import is_constant, local_partials, topological_order
from ..ops import LITERAL
from ..value import Value

__all__ = ["EdgeRow", "Kind", "NodeRow", "Rows", "graph_rows", "graph_size"]

Kind: TypeAlias = Literal["leaf", "constant", "op"]


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node.

    Args:
        id: "n0", "n1", ...: the node's place in topological order, which depends on the graph alone.
        label: the node's own label, as it is; nothing is escaped here.
        op: the name of the operation that made it, "" for a leaf or a constant.
        symbol: how that operation is marked in a drawing.
        value: the number at the node.
        gradient: d root / d node as it is stored; None: not computed.
        kind: "leaf" (gradients flow to it), "constant" (they don't), or "op".
        root: whether the graph was read from here.
    """

    id: str
    label: str
    op: str
    symbol: str
    value: float
    gradient: float | None
    kind: Kind
    root: bool


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """A use of one node as an operand of another: ``x * x`` has two.

    Args:
        source: the operand's id.
        target: the id of the node that it goes into.
        operand: its place among the target's operands, from 0.
        local: d target / d source at the stored values; None: there is no such number.
        message: what flows back along the edge, the target's gradient times `local`; None: no gradient is known
            at the target, or the source is a constant, to which none is sent.
    """

    source: str
    target: str
    operand: int
    local: float | None
    message: float | None


@dataclass(frozen=True, slots=True)
class Rows:
    """A graph: its nodes in topological order, and its edges by target and then by operand."""

    nodes: tuple[NodeRow, ...]
    edges: tuple[EdgeRow, ...]


def graph_rows(root: Value) -> Rows:
    """Read everything that `root` depends on, itself included.

    A plain number is one shared node wherever it is used. Here it gets a row for each use, since to see the 2s of
    unrelated formulas tied together would mislead.

    Args:
        root: the node to read from.

    Returns:
        The rows, in an order that depends on the graph alone.

    Raises:
        OperandError: `root` is not a Value.

    Example:
        >>> x = Value(3.0, "x")
        >>> y = x * x
        >>> y.backward()
        >>> for edge in graph_rows(y).edges:
        ...     print(edge)
        EdgeRow(source='n0', target='n1', operand=0, local=3.0, message=3.0)
        EdgeRow(source='n0', target='n1', operand=1, local=3.0, message=3.0)
    """
    nodes: list[NodeRow] = []
    edges: list[EdgeRow] = []
    ids: dict[Value, str] = {}

    def add(node: Value) -> str:
        id_ = f"n{len(nodes)}"
        nodes.append(_node_row(id_, node, node is root))
        return id_

    for node in topological_order(_checked(root)):
        # The first use of a literal takes the row at its own topological place, each further one a row of its own.
        sources = [(ids.pop(p, "") or add(p)) if p._op is LITERAL else ids[p] for p in node.parents]
        ids[node] = target = add(node)
        gradient = _gradient(node)
        for operand, (parent, source, local) in enumerate(zip(node.parents, sources, _locals(node), strict=True)):
            sent = None if local is None or gradient is None or is_constant(parent) else gradient * local
            edges.append(EdgeRow(source, target, operand, local, sent))
    return Rows(tuple(nodes), tuple(edges))


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


def _node_row(id_: str, node: Value, root: bool) -> NodeRow:
    kind: Kind = "constant" if is_constant(node) else "op" if node.parents else "leaf"
    op = node._op
    return NodeRow(id_, node._label, op.name, op.symbol or op.name, node._data, _gradient(node), kind, root)


def _gradient(node: Value) -> float | None:
    """The stored gradient as a number: after ``create_graph=True`` it is a Value."""
    gradient = node._grad
    return gradient._data if isinstance(gradient, Value) else gradient


def _locals(node: Value) -> list[float | None]:
    """The local derivatives in operand order, None where the rule has none to give.

    Whatever a rule raises is no reason not to draw: a picture is where one looks for what is wrong.
    """
    try:
        return [p._data if isinstance(p, Value) else float(p) for p in local_partials(node)]
    except Exception:
        return [None] * len(node.parents)
