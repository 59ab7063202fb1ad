"""Rows of one node and of the edges into it, where the other ends of these may be boxes of many; or of its inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..engine.graph import is_constant
from ..engine.value import Value
from ..functions.slopes import exact_sum
from ..reading.names import Names, made_by, short_number
from .marks import mark_of
from .opening import opened
from .rows import EdgeRow, Kind, NodeRow
from .sources import Moment, State, Stored
from .summary import joint_state

__all__ = ["End", "Flow", "Singles"]


@dataclass(slots=True)
class Flow:
    """What the edges from one box to another carry.

    Args:
        operand: the first one's place among its target's operands.
        local: its local derivative.
        symbolic: the same in symbols.
    """

    operand: int
    local: float | None
    symbolic: str = ""
    count: int = 0
    messages: list[float] = field(default_factory=list)
    states: set[State] = field(default_factory=set)

    def row(self, source: str, target: str) -> EdgeRow:
        """The edge that stands for all of them."""
        local, symbolic = (self.local, self.symbolic) if self.count == 1 else (None, "")
        message = exact_sum(self.messages) if self.messages else None
        state = joint_state(self.states)
        shown: State = "visited" if state == "reached" else state  # an edge has no such state
        return EdgeRow(source, target, self.operand, local, message, shown, self.count, symbolic)


class End(NamedTuple):
    """Where an edge comes from: an operand, the id of its box, and whether the operand is alone there."""

    node: Value
    id: str
    alone: bool


class Singles:
    """Rows of single nodes.

    Args:
        root: the node that the graph was read from.
        names: what nodes are called.
        source: where their numbers come from.
        symbolic: whether edges get their local derivative in symbols.
    """

    def __init__(self, root: Value, names: Names, source: Stored, symbolic: bool) -> None:
        self.root, self.names, self.source, self.symbolic = root, names, source, symbolic
        self.seed = source.gradient(root)

    def node(self, node: Value, id_: str, cluster: tuple[str, ...]) -> NodeRow:
        """The row of a node, as :func:`autograd.render.rows.graph_rows` has it."""
        op, operands = node._op, [self.names[p] for p in node.parents]
        kind: Kind = "constant" if is_constant(node) else "op" if node.parents else "leaf"
        what = (id_, self.names[node], node._label, op.name, op.symbol or op.name, made_by(op, operands))
        numbers = (self.source.value(node), self.source.gradient(node))
        state, to_come = self.source.state(node), self.source.to_come(node)
        notes = tuple(filter(None, [mark_of(numbers, self.seed)]))
        return NodeRow(*what, *numbers, kind, node is self.root, state, to_come, cluster=cluster, notes=notes)

    def edges(self, node: Value, id_: str, ends: Sequence[End]) -> Iterator[EdgeRow]:
        """The edges into a node."""
        symbols = self.source.symbols(node) if self.symbolic else [""] * len(ends)
        return self._edges(node, id_, ends, self.source.locals(node), self.source.upstream(node), symbols)

    def _edges(
        self,
        node: Value,
        id_: str,
        ends: Sequence[End],
        partials: Sequence[float | None],
        upstream: float | None,
        symbols: Sequence[str],
    ) -> Iterator[EdgeRow]:
        flows: dict[str, Flow] = {}
        for k, (end, local) in enumerate(zip(ends, partials, strict=True)):
            message = None if local is None or upstream is None or is_constant(end.node) else upstream * local
            state = self.source.edge_state(node, end.node)
            if end.alone:
                yield EdgeRow(end.id, id_, k, local, message, state, symbolic=symbols[k])
                continue
            flow = flows.setdefault(end.id, Flow(k, local, symbols[k]))
            flow.count += 1
            flow.states.add(state)
            flow.messages += [] if message is None else [message]
        for source, flow in flows.items():
            yield flow.row(source, id_)

    def inside(
        self, node: Value, id_: str, cluster: tuple[str, ...], ends: Sequence[End]
    ) -> tuple[list[NodeRow], list[EdgeRow]]:
        """The rows of a node that is taken apart: its products and sums, of which the last is the node itself."""
        source, whole = self.source, self.node(node, id_, cluster)
        known = source.trace.values if isinstance(source, Moment) else None
        place = source.trace.place if isinstance(source, Moment) else {}
        numbers = [p._data if known is None else known[place[p]] for p in (*node.parents, node)]
        called = [self.names[p] for p in node.parents]
        inside = opened(node, called, numbers[:-1], numbers[-1], source.upstream(node))
        computed = Stored()
        name = {p: called[k] for p, k in inside.place.items()}
        end = {p: ends[k] for p, k in inside.place.items()}
        nodes: list[NodeRow] = []
        edges: list[EdgeRow] = []
        for j, (step, step_name) in enumerate(zip(inside.steps, inside.names, strict=True), 1):
            for p in step.parents:
                if p not in end:  # the number that a mean divides by
                    name[p], end[p] = short_number(p._data), End(p, f"{id_}_n", True)
                    nodes.append(NodeRow(f"{id_}_n", name[p], "", "", "", "constant", p._data, None, "constant", False))
            text = made_by(step._op, [name[p] for p in step.parents])
            if step is inside.steps[-1]:
                row = replace(whole, op=step._op.name, symbol=step._op.symbol or step._op.name, made_by=text)
            else:
                row = self._step(step, f"{id_}_{j}", step_name, text, whole)
            name[step], end[step] = row.name, End(node, row.id, True)
            nodes.append(row)
            partials = computed.locals(step) if whole.value is not None else [None] * len(step.parents)
            symbols = computed.symbols(step) if self.symbolic else [""] * len(partials)
            edges += self._edges(node, row.id, [end[p] for p in step.parents], partials, step._grad, symbols)
        return nodes, edges

    def _step(self, step: Value, id_: str, name: str, text: str, whole: NodeRow) -> NodeRow:
        """A product or a running sum. It is computed when the node is, and gets its gradient when the node sends."""
        op, value = step._op, None if whole.value is None else step._data
        notes = tuple(filter(None, [mark_of((value, step._grad), self.seed)]))
        state: State = "visited" if whole.state == "current" else "waiting" if whole.state == "reached" else whole.state
        what = (id_, name, name, op.name, op.symbol or op.name, text, value, step._grad)
        return NodeRow(*what, "op", False, state, cluster=whole.cluster, notes=notes)
