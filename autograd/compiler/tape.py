"""A recorded graph as flat arrays: its nodes by number, their operations and their operands.

:class:`Tape` reads a graph. :class:`Sample` and :class:`BatchTape` copy one sample's graph for every sample of a batch,
as arrays alone: no copy has a Value.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.copying import restore
from ..engine.op import Op
from ..engine.ops import CONSTANT, DOT, LEAF, LITERAL, MEAN
from ..engine.value import Value

__all__ = ["DEAD", "BatchTape", "Mask", "Numbers", "Sample", "Tape"]

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

DEAD = -1  # the code of a node that a rewriting has taken out


class Tape:
    """The nodes below some roots, operands first.

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
        literals: dict[str, int] = {}  # equal plain numbers are one, though the graph may hold several
        nodes, find, codes_of = self.nodes, number.get, self._codes
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
            op = node._row
            if op is LITERAL and (at := literals.setdefault(repr(node._data), len(nodes))) != len(nodes):
                number[stack.pop()] = at
                continue
            code = codes_of.get(op)
            if code is None:
                code = self.code_of(op)
            stack.pop()
            number[node] = len(nodes)
            nodes.append(node)
            codes.append(code)
            first.append(i)
            second.append(j)
        return number, codes, first, second

    def values(self) -> list[Value]:
        return self.nodes

    def made_anew(self, same: Container[int]) -> list[Value]:
        """The tape as new nodes; those whose numbers are in `same` stay the Values that they are."""
        made = list(self.nodes)
        for i in np.argsort(self.levels(), kind="stable").tolist():  # a sum that became a dot may have a later leaf
            if i not in same:
                code = self.code[i]
                op, operands = (LITERAL, ()) if code == DEAD else (self.ops[code], self.operands(i))
                made[i] = restore(Value, made[i]._data, "", op, tuple([made[p] for p in operands]), None)
        return made

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


class Sample:
    """The graph of one sample: its result, and the leaves `inputs` that differ from sample to sample.

    `changed` has the leaves in which a sample leaves a node's number for the next one. `varies` says which nodes of
    `tape` depend on the inputs or on such a leaf; copies share the others.
    """

    def __init__(self, root: Value, inputs: Sequence[Value], changed: Mapping[Value, Value] | None = None) -> None:
        changed = changed or {}
        states = list(dict.fromkeys([*changed.values(), *changed]))
        self.tape = Tape([*states, root])
        self.states: Numbers = np.array(self.tape.roots[:-1], dtype=np.int64)
        number = dict(zip(states, self.tape.roots, strict=False))
        self.left = {number[leaf]: number[result] for leaf, result in changed.items()}
        self.inputs: Numbers = np.array([self.tape.number[node] for node in inputs], dtype=np.int64)
        self.varies = _above(self.tape, [*self.inputs.tolist(), *self.left])
        self._rank: Numbers = np.cumsum(self.varies) - 1

    def numbers(self, nodes: NDArray[np.signedinteger[Any]], count: int) -> Numbers:
        """What numbers some nodes (-1: no node) have in each of `count` copies; of shape (count, len(nodes)).

        The first copy is the sample itself. Behind it come the nodes that vary of the second copy, of the third, ...
        In the place of a leaf that is `changed` stands what the copy before has left in it.
        """
        later = np.arange(count - 1)[:, None] * (self._rank[-1] + 1) + (len(self._rank) + self._rank[nodes])
        found = np.vstack([nodes, np.where(self.varies[nodes] & (nodes >= 0), later, nodes)])
        for i in np.flatnonzero(np.isin(nodes, list(self.left))).tolist() if self.left else ():
            found[1:, i] = self.numbers(np.array([self.left[int(nodes[i])]]), count)[:-1, 0]
        return found


class BatchTape(Tape):
    """The mean of a sample's result over a batch of `count`, as if a graph had been recorded for each sample.

    In `nodes`, a copy stands for the node that was copied. The copies of the inputs are constants.
    """

    def __init__(self, sample: Sample, count: int) -> None:
        one, varies = sample.tape, sample.varies
        self._sample = sample
        self.ops = list(one.ops)
        self._codes = {op: k for k, op in enumerate(self.ops)}
        self.number = {node: i for node, i in one.number.items() if not varies[i] or i in sample.left}
        copied = [node for node, is_copied in zip(one.nodes, varies.tolist(), strict=True) if is_copied]
        self.nodes = [*one.nodes, *copied * (count - 1), one.nodes[one.roots[-1]]]
        code = one.code.copy()
        code[sample.inputs] = self.code_of(CONSTANT)
        self.code = np.concatenate([code, np.tile(code[varies], count - 1), [self.code_of(MEAN)]], dtype=code.dtype)
        self.first, self.second = (
            np.concatenate([column, sample.numbers(column[varies], count)[1:].ravel(), [-1]], dtype=column.dtype)
            for column in (one.first, one.second)
        )
        self.many = dict(one.many)
        known: dict[int, list[tuple[int, ...]]] = {}  # of a tuple that nodes share, by its id, those of all copies
        for i, groups in one.many.items():
            if varies[i]:
                for group in groups:
                    if id(group) not in known:
                        known[id(group)] = _copies(sample, group, count)
                copies = sample.numbers(np.array([i]), count).ravel().tolist()
                operands = zip(*[known[id(group)] for group in groups], strict=True)
                self.many.update(zip(copies, operands, strict=True))
        last = len(self.nodes) - 1
        self.many[last] = (tuple(sample.numbers(np.array(one.roots[-1:]), count).ravel().tolist()),)
        ends = sample.numbers(sample.states, count)[-1].tolist()
        self.roots = [
            *(i if i in sample.left else end for i, end in zip(sample.states.tolist(), ends, strict=True)),
            last,
        ]

    def values(self) -> list[Value]:
        """The nodes as Values, as if the graph had been recorded; the copies still have the numbers of the sample."""
        return self.made_anew(set(np.flatnonzero(~self._sample.varies).tolist()))


def _above(tape: Tape, nodes: Iterable[int]) -> Mask:
    """Which nodes are among these or depend on them."""
    above = [False] * len(tape.nodes)
    for i in nodes:
        above[i] = True
    for i in range(len(above)):
        above[i] = above[i] or any(above[p] for p in tape.operands(i))
    return np.array(above)


def _copies(sample: Sample, group: tuple[int, ...], count: int) -> list[tuple[int, ...]]:
    """A tuple of operands in each copy; the same one where no operand varies."""
    nodes = np.array(group, dtype=np.int64)
    if not sample.varies[nodes].any():
        return [group] * count
    return list(map(tuple, sample.numbers(nodes, count).tolist()))
