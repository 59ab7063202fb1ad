"""Rows of a picture in which some boxes stand for one node and some for many.

What flows between two boxes is the exact sum of the messages between their nodes. What flows within a box isn't drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..engine.value import Value
from ..reading.names import Names
from .numbering import Numbering, group_id
from .parts import Part, Parts
from .rows import EdgeRow, NodeRow, Rows
from .singles import End, Flow, Singles
from .sources import Moment, Stored
from .summary import detail_of, first_bad, joint_state, notes_of
from .units import FOLLOWS

__all__ = ["Overview"]


class Overview:
    """Rows for a choice of boxes.

    Args:
        parts: the parts of the graph.
        boxes: those to draw, which hold every unit once, in the order of the rows.
        names: what the nodes are called.
        source: where their numbers come from.
        apart: the nodes to take apart.
        symbolic: whether edges get their local derivative in symbols.

    Example:
        >>> from autograd.engine.graph import topological_order
        >>> from autograd.nn import MLP
        >>> from autograd.render.units import Units
        >>> root = MLP(8, [4, 1])([0.5] * 8)
        >>> order = topological_order(root)
        >>> parts = Parts(Units(order))
        >>> rows = Overview(parts, parts.top, Names(order), Stored()).rows()
        >>> [(edge.source, edge.target, edge.count) for edge in rows.edges]
        [('g_inputs', 'g_layer_1', 32), ('g_layer_1', 'g_layer_2', 4)]
    """

    def __init__(
        self,
        parts: Parts,
        boxes: Sequence[Part],
        names: Names,
        source: Stored,
        apart: Iterable[Value] = (),
        symbolic: bool = False,
    ) -> None:
        self.parts, self.units, self.boxes = parts, parts.units, boxes
        self.names, self.source, self.apart = names, source, frozenset(apart)
        self.singles = Singles(self.units.order[-1], names, source, symbolic)
        self.box = [0] * len(self.units.node)
        for b, part in enumerate(boxes):
            for u in part.units:
                self.box[u] = b
        self.numbering = Numbering(self.units)
        self.ids = [
            f"n{self.numbering.number[part.units[0]]}" if part.what == "node" else group_id(part.name) for part in boxes
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
                edges += [flow.row(self.ids[s], self.ids[b]) for s, flow in sorted(flows.get(b, {}).items())]
        return Rows(tuple(nodes), tuple(edges), sum([row.members for row in nodes if row.kind == "group"]))

    def _single(self, part: Part, id_: str) -> tuple[list[NodeRow], list[EdgeRow]]:
        """The rows of one node, of the plain numbers that go with it, and of the edges into it."""
        i, singles, use = part.units[0], self.singles, self.numbering.use
        node = self.units.node[i]
        if i >= len(self.units.order) or node._a is None:
            return [singles.node(node, id_, part.cluster)], []
        ends, nodes = [], []
        for k, (p, u) in enumerate(zip(node.parents, self.units.operands(i), strict=True)):
            if u == FOLLOWS:
                ends.append(End(p, f"n{use[i, k]}", True))
                nodes.append(singles.node(p, ends[k].id, part.cluster if self.parts.together(p, node) else ()))
            else:
                ends.append(End(p, self.ids[self.box[u]], self.boxes[self.box[u]].what == "node"))
        if node in self.apart:
            more, edges = singles.inside(node, id_, part.cluster, ends)
            return nodes + more, edges
        return [*nodes, singles.node(node, id_, part.cluster)], list(singles.edges(node, id_, ends))

    def _group(self, part: Part, id_: str) -> NodeRow:
        units, source, followers = self.units, self.source, self.numbering.followers
        places = sorted(part.units)
        nodes = [units.node[u] for u in places]
        members = len(nodes) + sum([followers[u] for u in places if u < len(units.order)])
        notes, detail = notes_of(nodes, source, self.singles.seed), detail_of(part, self.parts, source)
        if "not finite" in notes:
            detail += f", {first_bad(nodes, self.names, source)}"
        state, to_come = source.state(nodes[0]), 0
        if state:
            state = joint_state({source.state(node) for node in nodes})
            to_come = sum([source.to_come(node) for node in nodes])
        what, root = (id_, part.name, part.label, "", "", ""), len(units.order) - 1 in part.units
        more: dict[str, Any] = {"members": members, "cluster": part.cluster, "notes": notes, "detail": detail}
        return NodeRow(*what, None, None, "group", root, state, to_come, **more)

    def _flows(self) -> dict[int, dict[int, Flow]]:
        """What goes into each box of many: box -> box that it comes from -> flow."""
        units, box, source, constant = self.units, self.box, self.source, self.units.constant
        single = [part.what == "node" for part in self.boxes]
        moment = isinstance(source, Moment)
        known: dict[tuple[int, ...], list[int]] = {}  # by shared operands and box
        flows: dict[int, dict[int, Flow]] = {}
        for i, node in enumerate(units.order):
            target = box[i]
            if single[target] or node._a is None:
                continue
            operands = units.operands(i)
            key = (*map(id, units.shared(i)), target)
            crossing = known.get(key) if len(key) > 1 else None
            if crossing is None:
                crossing = [k for k, u in enumerate(operands) if u != FOLLOWS and box[u] != target]
                if len(key) > 1:
                    known[key] = crossing
            if not crossing:
                continue
            upstream, partials = source.upstream(node), source.locals(node)
            into = flows.setdefault(target, {})
            for k in crossing:
                u, local = operands[k], partials[k]
                flow = into.get(box[u])
                if flow is None:
                    flow = into[box[u]] = Flow(k, local)
                flow.count += 1
                if local is not None and upstream is not None and not constant[u]:
                    flow.messages.append(upstream * local)
                if moment:
                    flow.states.add(source.edge_state(node, units.node[u]))
        return flows
