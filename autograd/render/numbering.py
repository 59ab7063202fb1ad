"""Ids that do not depend on what is open: a node has the one that it has in a picture of all single nodes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..engine.ops import LITERAL
from ..engine.value import Value
from .units import FOLLOWS, Units

__all__ = ["Numbering", "group_id"]


class Numbering:
    """The numbers of nodes and of uses of plain numbers, as :func:`autograd.render.rows.graph_rows` counts them.

    `literals` holds for each place in topological order which operands are plain numbers; `followers` how many of these
    go with the node; `number` the number of each unit; `use` that of each use of a plain number, by place and operand.

    Example:
        >>> from autograd.engine.graph import topological_order
        >>> x = Value(3.0, "x")
        >>> numbering = Numbering(Units(topological_order(2 * x + 2)))
        >>> numbering.number, numbering.use
        ([0, 1, 2, 4], {(2, 0): 0, (3, 1): 3})
    """

    def __init__(self, units: Units) -> None:
        self.literals = _literals(units.order)
        self.followers: list[int] = []
        self.number: list[int] = []
        self.use: dict[tuple[int, int], int] = {}
        fresh: dict[Value, int] = {}  # the first use of a number takes the row at its own topological place
        first: dict[int, int] = {}
        count = 0
        for i, node in enumerate(units.order):
            follow = 0
            if self.literals[i]:
                operands, parents = units.operands(i), node.parents
                for k in self.literals[i]:
                    number = fresh.pop(parents[k], count)
                    count += number == count
                    self.use[i, k] = number
                    first.setdefault(operands[k], number)
                    follow += operands[k] == FOLLOWS
            self.followers.append(follow)
            self.number.append(count)
            if node._op is LITERAL:
                fresh[node] = count
            count += 1
        self.number += [first[u] for u in range(len(units.order), len(units.node))]


def group_id(name: str) -> str:
    """The id of a box of many nodes.

    >>> group_id("layer 2, neuron 3")
    'g_layer_2_neuron_3'
    """
    return "g_" + re.sub(r"[^a-z0-9]+", "_", name.lower())


def _literals(order: Sequence[Value]) -> list[Sequence[int]]:
    """Which operands of each node are plain numbers. Operands that nodes share are looked at once."""
    known: dict[int, bool] = {}
    found: list[Sequence[int]] = []
    for node in order:
        a, b = node._a, node._b
        if type(a) is tuple:
            some = False
            for side in (a,) if b is None else (a, b):
                if id(side) not in known:
                    known[id(side)] = any(p._op is LITERAL for p in side)
                some |= known[id(side)]
        else:
            some = a is not None and (a._op is LITERAL or (b is not None and b._op is LITERAL))
        found.append([k for k, p in enumerate(node.parents) if p._op is LITERAL] if some else ())
    return found
