"""Functions that are spelled out, as 1/(1 + exp(-x)) for sigmoid(x), found by their numbers and written as one node.

Who differentiates a sigmoid thinks of s(1 - s), not of a quotient, and makes the mistakes that are made with sigmoids.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..engine import graph, ops
from ..engine.op import Op
from .evidence import Evidence, value_and_partials
from .points import Observation

__all__ = ["respelled"]

_KNOWN = (ops.SIGMOID, ops.TANH, ops.SOFTPLUS, ops.LOGSIGMOID, ops.TAN, ops.SINH, ops.COSH)


def respelled(seen: Sequence[Observation]) -> list[Observation]:
    """The same observations with one node for each function that is spelled out; none if there is none."""
    by_shape: dict[Any, list[int]] = {}
    for row, observed in enumerate(seen):
        if observed.order:
            by_shape.setdefault(observed.shape, []).append(row)
    result, changed = list(seen), False
    for rows in by_shape.values():
        e = Evidence([seen[row] for row in rows])
        if matches := _matches(e):
            changed = True
            places = [e.places[node] for node in e.seen[e.first].order]
            for row in rows:
                result[row] = replace(seen[row], order=tuple(_rebuilt(seen[row].order, places, matches)))
    return result if changed else []


def _matches(e: Evidence) -> dict[int, tuple[Op, int]]:
    """For the place of a node the function that it is, and the place of what it is a function of."""
    found: dict[int, tuple[Op, int]] = {}
    beyond: set[int] = set()  # the functions that were found, and what is made of them
    rows = {node._row for node in e.order}
    if not rows & {ops.EXP, ops.TANH, ops.SIN, ops.LOG1P}:
        return found
    row = int(np.argmax(e.same))
    by_value = sorted((float(e.value[i][row, 0]), i) for i in range(len(e.order)) if e.below[i] is not None)
    for p, below in enumerate(e.below):
        if below is None:
            continue
        for op in _KNOWN:
            value, _ = value_and_partials(op, (float(e.value[p][row, 0]),))
            off = 1e-10 * abs(value)
            near = by_value[
                bisect_left(by_value, (value - off, 0)) : bisect_left(by_value, (value + off, len(e.order)))
            ]
            for i in sorted(i for _, i in near):
                if i < p + 2 or i in found or e.order[i]._row is op or (i in beyond and p not in beyond):
                    continue  # 1 - s is no sigmoid(-x) where s is sigmoid(x)
                values, [partial] = e.rule_at(op, [e.value[p]])
                slopes = partial * below
                if np.allclose(e.value[i], values, 1e-10, 0.0) and np.allclose(e.slopes_of(i), slopes, 1e-7, 1e-300):
                    found[i] = op, p
                    for j in range(i, len(e.order)):
                        if j == i or not beyond.isdisjoint(e.parents[j]):
                            beyond.add(j)
    return found


def _rebuilt(order: Sequence[Any], places: Sequence[int], matches: dict[int, tuple[Op, int]]) -> list[Any]:
    """The graph with one node for each match; `places` leads from its nodes to those of the evidence."""
    new: dict[Any, Any] = {}
    of_place: dict[int, Any] = {}
    for node, place in zip(order, places, strict=True):
        if place in of_place:
            new[node] = of_place[place]
            continue
        if place in matches:
            op, p = matches[place]
            made = op(of_place[p])
        elif any(new[parent] is not parent for parent in node.parents):
            made = node._row(*(new[parent] for parent in node.parents))
        else:
            made = node
        if made is not node:
            made._label = node._label
        new[node] = of_place[place] = made
    return graph.topological_order(new[order[-1]])
