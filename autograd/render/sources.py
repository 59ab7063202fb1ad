"""Where the numbers of a picture come from: the nodes, or a trace of them at one of its moments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from ..engine.graph import is_constant, local_partials, partials_at
from ..engine.value import Value
from ..reading.formulas import local_derivative_text
from ..reading.trace import Trace

__all__ = ["Moment", "State", "Stored"]

State: TypeAlias = Literal["", "waiting", "reached", "current", "visited"]

_MOST_SYMBOLS = 64  # operands; each is written on its own, and some rules then write all of them
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_EXPONENT = re.compile(r"\^(?:(\d+)|\((-\d+)\))(?![\w.])")


class Stored:
    """Numbers as the nodes store them."""

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
        """The local derivatives in operand order, None where the rule has none to give.

        Whatever a rule raises is no reason not to draw: a picture is where one looks for what is wrong.
        """
        try:
            return [p._data if isinstance(p, Value) else float(p) for p in self._partials(node)]
        except Exception:
            return [None] * len(node.parents)

    def _partials(self, node: Value) -> Sequence[Any]:
        return local_partials(node)

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


class Moment(Stored):
    """Numbers and states as they are after `k` records of a trace."""

    def __init__(self, trace: Trace, k: int) -> None:
        self.trace = trace
        self.k = k
        self.backward = k > len(trace.order)
        self.current = trace.outline(k - 1)[1] if k else None

    def value(self, node: Value) -> float | None:
        return self.trace.value(node, self.k)

    def gradient(self, node: Value) -> float | None:
        return self.trace.gradient(node, self.k)

    def upstream(self, node: Value) -> float | None:
        done = self.trace.visited_at(node)
        return None if done is None or done > self.k else self.gradient(node)

    def locals(self, node: Value) -> list[float | None]:
        return [None] * len(node.parents) if self.value(node) is None else super().locals(node)

    def _partials(self, node: Value) -> Sequence[Any]:
        values, place = self.trace.values, self.trace.place
        return partials_at(node, values[place[node]], [values[place[p]] for p in node.parents])

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
    try:
        name, whole = local_derivative_text(node, k, whole=False), local_derivative_text(node, k)
    except Exception:  # a picture is where one looks for what is wrong
        return ""
    text = whole.removeprefix(f"{name} = ")
    if text.endswith(" here") or _is_number(text):
        return ""
    return _EXPONENT.sub(lambda found: (found[1] or found[2]).translate(_RAISED), text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
