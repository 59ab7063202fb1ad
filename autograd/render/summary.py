"""What a box that stands for many nodes says of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from ..engine.ops import LEAF
from ..engine.value import Value
from ..reading.names import Names
from .marks import mark_of
from .parts import Part, Parts
from .sources import State, Stored

__all__ = ["detail_of", "first_bad", "joint_state", "notes_of"]

_MOST_NAMES, _MOST_SYMBOLS = 6, 5


def detail_of(part: Part, parts: Parts, source: Stored) -> str:
    """The second line: what is in the box, under the names that its nodes have, and how large its gradients are.

    Example:
        >>> from autograd import dot, tanh
        >>> from autograd.engine.graph import topological_order
        >>> from autograd.render.units import Units
        >>> rows = [[Value(0.5, f"W1[{i},{j}]") for j in range(2)] for i in range(2)]
        >>> root = sum(tanh(dot(row, [1.0, 2.0])) for row in rows)
        >>> parts = Parts(Units(topological_order(root)))
        >>> [detail_of(part, parts, Stored()) for part in parts.top if part.name == "layer 1"]
        ['W1: 2 neurons, 4 weights']
    """
    order, grouping = parts.units.order, parts.grouping
    if part.what == "numbers" and not any(u < len(order) and order[u]._a is not None for u in part.units):
        return _gradients(part, parts, source, [_many(len(part.units), "number")])
    if part.what in ("steps", "numbers"):
        symbols = Counter(order[u]._op.symbol or order[u]._op.name for u in part.units)
        listed = [symbol for symbol, _ in symbols.most_common(_MOST_SYMBOLS)]
        more = ", ..." if len(symbols) > _MOST_SYMBOLS else ""
        return f"{_many(len(part.units), 'node')}: {', '.join(listed)}{more}"
    roles: Counter[str] = Counter()
    stems: dict[str, None] = {}
    neurons: set[tuple[int, int]] = set()
    for u in part.units:
        node = order[u]
        if (node._op is LEAF or node._label) and (found := grouping.of(node)):
            roles[found.role] += node._op is LEAF
            neurons.add((found.layer, found.neuron))
            if node._label:
                stems[node._label.partition("[")[0]] = None
    layers = len({layer for layer, _ in neurons})
    counts = [_many(layers, "layer")] if layers > 1 else []
    counts += [_many(len(neurons), "neuron")] if part.what == "layers" else []
    counts += [_many(roles["weight"], "weight")] + ([_many(roles["bias"], "bias", "biases")] if roles["bias"] else [])
    text = _gradients(part, parts, source, counts)
    return f"{', '.join(stems)}: {text}" if 0 < len(stems) <= _MOST_NAMES else text


def notes_of(nodes: Sequence[Value], source: Stored, seed: float | None) -> tuple[str, ...]:
    """The mark of the whole box.

    "not finite" or "exploding" if one of its nodes is; "vanishing" if all of its parameters are, or all of its nodes if
    it has no parameters.
    """
    values = [x for node in nodes if (x := source.value(node)) is not None]
    gradients = [g for node in nodes if (g := source.gradient(node)) is not None]
    if not all(map(math.isfinite, values)) or not all(map(math.isfinite, gradients)):
        return ("not finite",)
    mark = mark_of((None, max(map(abs, gradients), default=None)), seed)
    learned = [g for node in nodes if node._op is LEAF and (g := source.gradient(node)) is not None]
    if learned and mark != "exploding":
        mark = mark_of((None, max(map(abs, learned))), seed)
    return (mark,) if mark else ()


def first_bad(nodes: Sequence[Value], names: Names, source: Stored) -> str:
    """The first node, on the way forward and then back, with a number that is not finite.

    Args:
        nodes: the nodes of a box, in topological order.
        names: what they are called.
        source: where their numbers come from.
    """
    for ordered, what in ((nodes, source.value), (nodes[::-1], source.gradient)):
        for node in ordered:
            number = what(node)
            if number is not None and not math.isfinite(number):
                return f"{number} first at {names[node]}"
    return ""


def joint_state(states: set[State]) -> State:
    """The state of many in one."""
    if "current" in states:
        return "current"
    if len(states) == 1:
        return next(iter(states))
    return "reached" if states - {""} else ""


def _gradients(part: Part, parts: Parts, source: Stored, counts: list[str]) -> str:
    """Counts, and behind them the length of the gradient of the parameters."""
    nodes = [parts.units.node[u] for u in part.units]
    found = [g for node in nodes if node._op is LEAF and (g := source.gradient(node)) is not None]
    if part.what in ("layers", "neuron") and found:
        counts.append(f"|dW| = {math.hypot(*found):.3g}")
    return ", ".join(counts)


def _many(n: int, one: str, several: str = "") -> str:
    return f"{n:,} {one if n == 1 else several or one + 's'}"
