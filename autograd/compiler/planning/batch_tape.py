"""One sample's graph, copied for every sample of a batch: on arrays of numbers, without a Value for a copy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engine.copying import restore
from ...engine.ops import CONSTANT, MEAN
from ...engine.value import Value
from .tape import Mask, Numbers, Tape

__all__ = ["BatchTape", "Sample"]


class Sample:
    """The graph of one sample.

    Args:
        root: its result.
        inputs: the leaves that differ from sample to sample.

    `varies` says which nodes of `tape` depend on the inputs; copies share the others.
    """

    def __init__(self, root: Value, inputs: Sequence[Value]) -> None:
        self.tape = Tape([root])
        self.inputs: Numbers = np.array([self.tape.number[node] for node in inputs], dtype=np.int64)
        self.varies = _above(self.tape, self.inputs.tolist())
        self._rank: Numbers = np.cumsum(self.varies) - 1

    def numbers(self, nodes: NDArray[np.signedinteger[Any]], count: int) -> Numbers:
        """What numbers nodes have in each of `count` copies.

        The first copy is the sample itself. Behind it come the nodes that vary of the second copy, of the third, ...

        Args:
            nodes: by their number in the sample; -1 stands for no node.

        Returns:
            Of shape (count, len(nodes)).
        """
        later = np.arange(count - 1)[:, None] * (self._rank[-1] + 1) + (len(self._rank) + self._rank[nodes])
        return np.vstack([nodes, np.where(self.varies[nodes] & (nodes >= 0), later, nodes)])


class BatchTape(Tape):
    """The mean of a sample's result over a batch, as if a graph had been recorded for each sample.

    Args:
        sample: the graph of one.
        count: how many there are.

    Of a copy, `nodes` has the node that was copied. The copies of the inputs are constants.
    """

    def __init__(self, sample: Sample, count: int) -> None:
        one, varies = sample.tape, sample.varies
        self._sample = sample
        self.ops = list(one.ops)
        self._codes = {op: k for k, op in enumerate(self.ops)}
        self.number = {node: i for node, i in one.number.items() if not varies[i]}
        copied = [node for node, is_copied in zip(one.nodes, varies.tolist(), strict=True) if is_copied]
        self.nodes = [*one.nodes, *copied * (count - 1), one.nodes[-1]]
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
        self.many[last] = (tuple(sample.numbers(np.array(one.roots), count).ravel().tolist()),)
        self.roots = [last]

    def values(self) -> list[Value]:
        """The nodes as Values: the graph that might have been recorded. Its copies have no numbers of their own yet."""
        varies = self._sample.varies
        made: list[Value] = []
        for i, (node, code) in enumerate(zip(self.nodes, self.code.tolist(), strict=True)):
            if i < len(varies) and not varies[i]:
                made.append(node)
            else:
                made.append(restore(node._data, "", self.ops[code], tuple([made[p] for p in self.operands(i)]), None))
        return made


def _above(tape: Tape, nodes: Iterable[int]) -> Mask:
    """Which nodes are among these or depend on them."""
    above = [False] * len(tape.nodes)
    for i in nodes:
        above[i] = True
    known: dict[int, bool] = {}  # of a tuple that nodes share, by its id
    for i, (a, b) in enumerate(zip(tape.first.tolist(), tape.second.tolist(), strict=True)):
        if a >= 0:
            above[i] = above[a] or (b >= 0 and above[b])
        elif i in tape.many:
            for group in tape.many[i]:
                if id(group) not in known:
                    known[id(group)] = any(above[p] for p in group)
                above[i] = above[i] or known[id(group)]
    return np.array(above)


def _copies(sample: Sample, group: tuple[int, ...], count: int) -> list[tuple[int, ...]]:
    """A tuple of operands in each copy; the same one where no operand varies."""
    nodes = np.array(group, dtype=np.int64)
    if not sample.varies[nodes].any():
        return [group] * count
    return list(map(tuple, sample.numbers(nodes, count).tolist()))
