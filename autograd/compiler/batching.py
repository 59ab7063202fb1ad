"""One sample's graph, run on many samples at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, ShapeError
from ..graph import dependents, topological_order
from ..ops import LITERAL
from ..reductions import mean
from ..value import Value, record
from .program import Program

__all__ = ["BatchProgram", "vectorized"]


class BatchProgram(Program):
    """The mean of one sample's result over a batch. Made by :func:`vectorized`; ``set(inputs, X)`` comes first.

    Args:
        root: the result of one sample.
        inputs: its input leaves, in order.
    """

    def __init__(self, root: Value, inputs: Sequence[Value]) -> None:
        self.sample = root
        self.inputs = list(inputs)
        self._columns: NDArray[Any] | None = None
        self._others: list[tuple[Any, Any]] = []  # what else was set, to be set again for a batch of another size

    def set(self, leaves: Any, numbers: Any) -> None:
        """Put numbers into leaves; for the inputs of one sample, a row for each sample.

        Args:
            leaves: the inputs that the program was made for, or other leaves of the graph.
            numbers: of shape (batch, number of inputs); for other leaves, of their shape.

        Raises:
            ShapeError: the shapes don't fit.
            ArgumentError: other leaves come before the inputs, or one is no leaf of the graph.
        """
        flat = list(np.asarray(leaves, dtype=object).ravel())
        if len(flat) != len(self.inputs) or any(a is not b for a, b in zip(flat, self.inputs, strict=True)):
            self._check()
            super().set(leaves, numbers)
            self._others.append((list(flat), np.array(numbers, dtype=float).ravel()))
            return
        rows = np.asarray(numbers, dtype=float)
        if rows.ndim != 2 or rows.shape[1] != len(self.inputs) or not len(rows):
            raise ShapeError(
                f"{len(self.inputs)} inputs take rows of shape (batch, {len(self.inputs)}), got {rows.shape}"
            )
        if self._columns is None or len(self._columns) != len(rows):
            made = [[Value(x, constant=True) for x in row] for row in rows.tolist()]
            self._columns = np.array(made, dtype=object)
            super().__init__(mean([self._copy(row) for row in self._columns]))
            for others, kept in self._others:
                super().set(others, kept)
        super().set(self._columns, rows)

    def forward(self) -> float:
        """The mean over the batch, at the parameters' present numbers."""
        self._check()
        return super().forward()

    def backward(self, seed: float = 1.0) -> None:
        """As :meth:`Program.backward`, of the mean."""
        self._check()
        super().backward(seed)

    def run(self, optimizer: Any, steps: int = 1) -> NDArray[np.float64]:
        """As :meth:`Program.run`, on the batch."""
        self._check()
        return super().run(optimizer, steps)

    def _check(self) -> None:
        if self._columns is None:
            raise ArgumentError(
                f"there is no batch yet; call set(inputs, X) with X of shape (batch, {len(self.inputs)})"
            )

    def _copy(self, row: Sequence[Value]) -> Value:
        """The sample's graph with other inputs; what does not depend on them is shared."""
        made: dict[Value, Value] = dict(zip(self.inputs, row, strict=True))
        for node in dependents(self.sample, self.inputs):
            if node not in made:
                made[node] = record(node._op, tuple([made.get(p, p) for p in node.parents]))
        return made[self.sample]


def vectorized(root: Value, inputs: Any) -> BatchProgram:
    """A program whose root is the mean of `root` over a batch of inputs.

    Raises:
        ArgumentError: an input is no leaf of the graph, or occurs twice, or the result depends on none.
    """
    nodes = list(np.asarray(inputs, dtype=object).ravel())
    below = set(topological_order(root))
    for node in nodes:
        if node not in below or node.parents or node._op is LITERAL:
            raise ArgumentError(f"{node!r} is no leaf of this graph, so it can't be an input of it")
    if len(set(nodes)) != len(nodes) or not nodes:
        raise ArgumentError("the inputs are one or more leaves, each named once")
    return BatchProgram(root, nodes)
