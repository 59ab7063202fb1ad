"""A recorded graph as flat arrays: its nodes by number, their operations and their operands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engine.op import Op
from ...engine.ops import CONSTANT, DOT, LEAF, LITERAL
from ...engine.value import Value

__all__ = ["DEAD", "Mask", "Numbers", "Tape"]

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

DEAD = -1  # the code of a node that a rewriting has taken out


class Tape:
    """The nodes below some roots, operands first.

    Args:
        roots: where the graph is read from.

    A node of one or two operands has their numbers in `first` and `second` (else -1). A dot or a row of any number
    of operands has them in `many`: one tuple, or for a dot the tuple of the weights (the bias behind them) and
    the tuple of the inputs. Nodes share these tuples as the graph does.
    """

    def __init__(self, roots: Sequence[Value]) -> None:
        self.ops: list[Op] = [LEAF, CONSTANT, LITERAL, DOT]
        self._codes = {op: k for k, op in enumerate(self.ops)}
        self.many: dict[int, tuple[tuple[int, ...], ...]] = {}
        self.nodes: list[Value] = []
        number, codes, first, second = self._read(roots)
        self.roots = [number[root] for root in roots]
        self.number = {node: number[node] for node in self.nodes if node._a is None}
        narrow = len(self.ops) < 30_000
        self.code: NDArray[np.signedinteger[Any]] = np.array(codes, dtype=np.int16 if narrow else np.int64)
        self.first = np.array(first, dtype=np.int32)
        self.second = np.array(second, dtype=np.int32)

    def _read(self, roots: Sequence[Value]) -> tuple[dict[Value, int], list[int], list[int], list[int]]:
        """Number every node behind its operands, in the order of a depth-first walk."""
        number: dict[Value, int] = {}
        codes: list[int] = []
        first: list[int] = []
        second: list[int] = []
        known: dict[int, tuple[int, ...]] = {}  # by the id of a tuple of operands, which many nodes share
        nodes, find, code_of = self.nodes, number.get, self._codes
        stack = list(reversed(roots))
        while stack:
            node = stack[-1]
            if node in number:
                stack.pop()
                continue
            a, b = node._a, node._b
            i = j = -1
            if type(a) is tuple:
                groups = (a,) if b is None else (a, b)
                missing = [p for group in groups if id(group) not in known for p in group if p not in number]
                if missing:
                    missing.reverse()
                    stack += missing
                    continue
                self.many[len(nodes)] = tuple([_numbered(group, number, known) for group in groups])
            elif a is not None:
                found = find(a)
                if b is not None:
                    other = find(b)
                    if other is None:
                        stack.append(b)
                        if found is None:
                            stack.append(a)
                        continue
                    j = other
                if found is None:
                    stack.append(a)
                    continue
                i = found
            op = node._op
            code = code_of.get(op)
            if code is None:
                code = code_of[op] = len(self.ops)
                self.ops.append(op)
            stack.pop()
            number[node] = len(nodes)
            nodes.append(node)
            codes.append(code)
            first.append(i)
            second.append(j)
        return number, codes, first, second

    def values(self) -> list[Value]:
        """The nodes as Values, by number."""
        return self.nodes

    def code_of(self, op: Op) -> int:
        """The code of a row, whether or not the graph has used it yet."""
        code = self._codes.get(op)
        if code is None:
            code = self._codes[op] = len(self.ops)
            self.ops.append(op)
        return code

    def operands(self, i: int) -> tuple[int, ...]:
        """The operands of a node, in operand order; a dot's bias last."""
        if i in self.many:
            groups = self.many[i]
            if len(groups) == 1:
                return groups[0]
            weights, inputs = groups
            return weights[: len(inputs)] + inputs + weights[len(inputs) :]
        return tuple([int(p) for p in (self.first[i], self.second[i]) if p >= 0])

    def uses(self) -> Numbers:
        """How often each node is an operand; a root counts as used once more."""
        n = len(self.nodes)
        count = np.bincount(self.first[self.first >= 0], minlength=n)
        count += np.bincount(self.second[self.second >= 0], minlength=n)
        times: dict[tuple[int, ...], int] = {}
        for groups in self.many.values():
            for group in groups:
                times[group] = times.get(group, 0) + 1
        for group, k in times.items():
            np.add.at(count, list(group), k)
        count[self.roots] += 1
        return count

    def levels(self) -> Numbers:
        """The length of the longest way from a leaf to each node."""
        level = [0] * len(self.nodes)
        deepest: dict[int, int] = {}  # of a shared tuple, by its id
        for i, (a, b) in enumerate(zip(self.first.tolist(), self.second.tolist(), strict=True)):
            if b >= 0:
                x, y = level[a], level[b]
                level[i] = (x if x > y else y) + 1
            elif a >= 0:
                level[i] = level[a] + 1
            elif (groups := self.many.get(i)) is not None:
                top = 0
                for group in groups:
                    found = deepest.get(id(group))
                    if found is None:
                        found = deepest[id(group)] = max([level[p] for p in group], default=0)
                    if found > top:
                        top = found
                level[i] = top + 1
        return np.array(level, dtype=np.int64)


def _numbered(group: tuple[Any, ...], number: dict[Value, int], known: dict[int, tuple[int, ...]]) -> tuple[int, ...]:
    found = known.get(id(group))
    if found is None:
        found = known[id(group)] = tuple([number[p] for p in group])
    return found
