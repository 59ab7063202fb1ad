"""Nodes, arrows and a whole picture in plain sentences: for tooltips, and for who hears the picture read out."""

from __future__ import annotations

import math
from collections import defaultdict
from operator import attrgetter

from ..functions.slopes import exact_sum
from ..reading.formulas import TEXT
from ..reading.text import label_text, many
from .rows import KEPT, EdgeRow, NodeRow, Rows, first_not_finite
from .style import Look

__all__ = ["Sentences"]

_LIMIT = 80  # characters of a name in a sentence
_LISTED = 12  # leaves, or contributions


class Sentences:
    """What is said of the parts of a picture, with numbers as the look writes them."""

    def __init__(self, rows: Rows, look: Look) -> None:
        self.rows, self.look = rows, look
        self.by_id = {node.id: node for node in rows.nodes}
        self.arrived: defaultdict[str, list[float]] = defaultdict(list)  # at each node
        place = {node.id: i for i, node in enumerate(rows.nodes)}
        for edge in sorted(rows.edges, key=lambda e: -place[e.target]):  # as a backward pass sends them
            if edge.message is not None:
                self.arrived[edge.source].append(edge.message)

    def node(self, node: NodeRow) -> str:
        """As ``z2 = a1 * m2 = 3, gradient 2``."""
        if node.kind == "group":
            return _marked(f"{_name(node)}: {label_text(node.detail, 200)}", node)
        made = f" = {label_text(node.made_by, 120)}" if node.kind == "op" else ""
        value = self.look.number(node.value)
        if node.kind == "constant":
            return _marked(f"{_name(node)} = {value}, a constant" if node.label else f"the number {_name(node)}", node)
        return _marked(f"{_name(node)}{made} = {value}, gradient {self._gradient(node)}", node)

    def forward(self, edge: EdgeRow) -> str:
        """As ``a1 goes into z2 = a1 * m2``."""
        above, below = self.by_id[edge.target], self.by_id[edge.source]
        made = f" = {label_text(above.made_by, 120)}" if above.kind == "op" else ""
        return f"{_name(below)} goes into {_name(above)}{made}" + _times(edge)

    def backward(self, edge: EdgeRow) -> str:
        """As ``from y back to f: dy/df = 75; message = local x upstream: 300 = 75 * 4``."""
        above, below = self.by_id[edge.target], self.by_id[edge.source]
        text = f"from {_name(above)} back to {_name(below)}{_times(edge)}"
        message = self.look.number(edge.message)
        if self.between_boxes(edge):
            what = "the sum of the messages" if edge.count > 1 else "the message"
            return text if edge.message is None else f"{text}: {what} is {message}"
        text += f": {self.local(edge, 200)}"
        if edge.message is None:
            return text
        local = self.look.number(edge.local)
        return f"{text}; message = local x upstream: {message} = {local} * {self.look.number(above.gradient)}"

    def between_boxes(self, edge: EdgeRow) -> bool:
        """Whether an arrow has no local derivative of its own: it stands for several, or an end for many nodes."""
        return edge.count > 1 or "group" in (self.by_id[edge.source].kind, self.by_id[edge.target].kind)

    def local(self, edge: EdgeRow, limit: int = 32) -> str:
        """The local derivative in symbols and as a number: "dy/df = 3f² = 75"."""
        above, below = self.by_id[edge.target], self.by_id[edge.source]
        sides = [TEXT.ratio(label_text(above.name, 20), label_text(below.name, 20))]
        if edge.symbolic and len(edge.symbolic) <= limit:
            sides.append(edge.symbolic)
        return " = ".join([*sides, self.look.number(edge.local, missing="undefined")])

    def title(self) -> str:
        """The whole in one line: "L = 2; 11 nodes"."""
        root = next(node for node in self.rows.nodes if node.root)
        count = len(self.rows.nodes) + self.rows.hidden - sum(node.kind == "group" for node in self.rows.nodes)
        boxes = f" in {len(self.rows.nodes)} boxes" if self.rows.hidden else ""
        return f"{_name(root)} = {self.look.number(root.value)}; {many(count, 'node')}{boxes}"

    def description(self) -> str:
        """What a picture shows, for who can't see it: the leaves with their gradients, and what is wrong first."""
        root = next(node for node in self.rows.nodes if node.root)
        leaves = [node for node in self.rows.nodes if node.kind == "leaf" and not node.root]
        known = any(node.gradient is not None for node in self.rows.nodes)
        told = [f"The graph of {_name(root)}{f' = {label_text(root.made_by, 120)}' if root.kind == 'op' else ''}."]
        if not known:
            told.append("No gradients are computed yet.")
        elif leaves:
            said = [
                f"{_name(node)} {self.look.number(node.gradient, missing='not computed')}" for node in leaves[:_LISTED]
            ]
            more = f", and {len(leaves) - _LISTED} more" if len(leaves) > _LISTED else ""
            told.append(f"Gradients of the inputs: {', '.join(said)}{more}.")
        told += self.warnings()
        told.append("Solid arrows go from operands to results, dashed arrows carry gradients back.")
        return " ".join(told)

    def warnings(self) -> list[str]:
        """A sentence for each kind of mark in the picture; the first number that is not finite is named."""
        told = []
        first = first_not_finite(self.rows.nodes, attrgetter("value"), attrgetter("gradient"))
        if first is not None:
            node, what, number = first
            told.append(
                f"The first number that is not finite is the {what} of {_name(node)}: {self.look.number(number)}."
            )
        marks = {
            "vanishing": "vanish",
            "exploding": "explode",
            KEPT: "are not what the arrows bring, but kept from before",
        }
        for mark, said in marks.items():
            names = [_name(node) for node in self.rows.nodes if mark in node.notes]
            if names:
                more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
                told.append(f"The gradients of these {said}: {', '.join(names[:_LISTED])}{more}.")
        return told

    def _gradient(self, node: NodeRow) -> str:
        """The gradient, and the sum that it is. A leaf may hold more, from a backward before this one."""
        gradient, arrived = node.gradient, self.arrived.get(node.id, ())
        text = self.look.number(gradient) + (" so far" if node.to_come and gradient is not None else "")
        if gradient is None or len(arrived) < 2:
            return text
        numbers = map(self.look.number, arrived[:_LISTED])
        listed = " + ".join(f"({number})" if number.startswith("-") else number for number in numbers)
        listed += f" + {len(arrived) - _LISTED} more" if len(arrived) > _LISTED else ""
        if math.isclose(exact_sum(arrived), gradient, rel_tol=1e-9, abs_tol=1e-300) or not math.isfinite(gradient):
            return f"{text} = {listed}"
        return f"{text}; the last backward added {listed}"


def _name(node: NodeRow) -> str:
    return label_text(node.name, _LIMIT)


def _times(edge: EdgeRow) -> str:
    return f", {edge.count} arrows in one" if edge.count > 1 else ""


def _marked(text: str, node: NodeRow) -> str:
    return "; ".join([text, *node.notes])
