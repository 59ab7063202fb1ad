"""A recorded graph as flat data: its nodes by number, and which of them can be computed together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import graph
from ..ops import DOT, Op
from ..value import Value

__all__ = ["Batch", "Grid", "Group", "Loop", "Places", "Tape"]

Places = NDArray[np.int64]

NARROW = 24  # nodes of a level; below it plain Python on floats is faster than NumPy's calls


@dataclass
class Batch:
    """Nodes of one operation that are computed at once: operands[k][i] is the k-th operand of nodes[i]."""

    op: Op
    nodes: list[int]
    operands: list[list[int]]


@dataclass
class Grid:
    """A matrix product: nodes[r][c] = sum_k weights[r][k] inputs[c][k] + bias[r]."""

    nodes: list[list[int]]
    weights: list[tuple[int, ...]]
    inputs: list[tuple[int, ...]]
    bias: list[int]


@dataclass
class Loop:
    """Nodes that are computed one by one, on floats."""

    nodes: list[int]


Group = Batch | Grid | Loop


class Tape:
    """The nodes below a root in topological order, by number.

    Args:
        root: where the graph was read from.
    """

    def __init__(self, root: Value) -> None:
        self.nodes: list[Value] = graph.topological_order(root)
        self.root = len(self.nodes) - 1
        number = {node: i for i, node in enumerate(self.nodes)}
        self.parents: list[tuple[int, ...]] = []
        self.level: list[int] = []
        self.needs: list[bool] = []
        known: dict[int, tuple[int, ...]] = {}  # by the id of a tuple of operands, which many nodes share
        self.dots: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        level, needs = self.level, self.needs
        for i, node in enumerate(self.nodes):
            if node._a is None:
                operands: tuple[int, ...] = ()
            elif node._op is DOT:
                pair = []
                for group in (node._a, node._b):
                    found = known.get(id(group))
                    if found is None:
                        found = known[id(group)] = tuple([number[p] for p in group])
                    pair.append(found)
                self.dots[i] = pair[0], pair[1]
                operands = pair[0][: len(pair[1])] + pair[1] + pair[0][len(pair[1]) :]
            else:
                operands = tuple([number[p] for p in node.parents])
            self.parents.append(operands)
            if operands:
                level.append(1 + max([level[p] for p in operands]))
                needs.append(any(needs[p] for p in operands))
            else:
                level.append(0)
                needs.append(not graph.is_constant(node))

    def groups(self) -> list[Group]:
        """Everything that is computed, in an order in which operands come first."""
        by_level: dict[int, list[int]] = defaultdict(list)
        for i, level in enumerate(self.level):
            if level:
                by_level[level].append(i)
        found: list[Group] = []
        for level in sorted(by_level):
            members = by_level[level]
            wide, rest = self._wide(members) if len(members) >= NARROW else ([], members)
            found += wide
            if rest:
                if not wide and found and isinstance(found[-1], Loop):
                    found[-1].nodes += rest
                else:
                    found.append(Loop(list(rest)))
        return found

    def _wide(self, members: list[int]) -> tuple[list[Group], list[int]]:
        """The groups of one level, and the nodes that are left over for a loop."""
        kinds: dict[Any, list[int]] = defaultdict(list)
        for i in members:
            op = self.nodes[i]._op
            shape = (len(self.parents[i]), len(self.dots[i][0])) if op is DOT else len(self.parents[i])
            kinds[op, shape].append(i)
        groups: list[Group] = []
        rest: list[int] = []
        for (op, _), nodes in kinds.items():
            grid = self._grid(nodes) if op is DOT else None
            if grid is not None:
                groups.append(grid)
            elif len(nodes) >= NARROW and len(self.parents[nodes[0]]) <= len(nodes):
                operands = [list(column) for column in zip(*[self.parents[i] for i in nodes], strict=True)]
                groups.append(Batch(op, nodes, operands))
            else:
                rest += nodes
        return groups, rest

    def _grid(self, nodes: list[int]) -> Grid | None:
        """The matrix product that dots make up, if every row of weights meets every column of inputs once."""
        rows = list(dict.fromkeys(self.dots[i][0] for i in nodes))
        columns = list(dict.fromkeys(self.dots[i][1] for i in nodes))
        if len(rows) * len(columns) != len(nodes):
            return None
        place = {self.dots[i]: i for i in nodes}
        if len(place) != len(nodes):
            return None
        length = len(columns[0])
        bias = [row[-1] for row in rows] if len(rows[0]) > length else []
        table = [[place[row, column] for column in columns] for row in rows]
        return Grid(table, [row[:length] for row in rows], columns, bias)
