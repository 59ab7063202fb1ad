"""One sample's graph, run on many samples at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.graph import topological_order
from ..engine.ops import LITERAL
from ..engine.value import Value
from ..errors import ArgumentError, ShapeError
from .arguments import numbers_of
from .passes.source import Source
from .planning.batch_tape import BatchTape, Sample
from .planning.plan import Plan
from .planning.tape import Numbers
from .program import Program
from .pure.program import ArrayProgram
from .scalar import Scalar

__all__ = ["BatchProgram", "vectorized"]

_SIZES = 4  # sizes of batches that stay compiled: the last batch of an epoch is often a smaller one


class BatchProgram(Program):
    """The mean of one sample's result over a batch. Made by :func:`vectorized`; ``set(inputs, X)`` comes first.

    Args:
        root: the result of one sample.
        inputs: its input leaves, in order.

    Attributes:
        root: a leaf that holds the mean of the last forward pass.
    """

    def __init__(self, root: Value, inputs: Sequence[Value]) -> None:
        self.root = Value(0.0)
        self.sample = root
        self.inputs = list(inputs)
        self._graph = Sample(root, self.inputs)
        self._own = set()
        self._guards = None
        self._rows: Numbers | None = None  # the places of the inputs, a row for each sample
        self._compiled: dict[int, tuple[Scalar, Numbers]] = {}  # by the size of the batch; that of now is the last

    def set(self, leaves: Any, numbers: Any) -> None:
        """Put numbers into leaves; for the inputs of one sample, a row for each sample.

        The first batch of a size compiles a program for this size; those of the last few sizes are kept.

        Args:
            leaves: the inputs that the program was made for, or other leaves of the graph.
            numbers: of shape (batch, number of inputs); for other leaves, of their shape.

        Raises:
            ShapeError: the shapes don't fit.
            ArgumentError: other leaves come before the inputs, or one is no leaf of the graph.
        """
        flat = list(np.asarray(leaves, dtype=object).ravel())
        if len(flat) != len(self.inputs) or any(a is not b for a, b in zip(flat, self.inputs, strict=True)):
            super().set(leaves, numbers)
            return
        rows = numbers_of(numbers)
        if rows.ndim != 2 or rows.shape[1] != len(self.inputs) or not len(rows):
            empty = ", which has no row" if rows.ndim == 2 and not len(rows) else ""
            raise ShapeError(
                f"{len(self.inputs)} inputs take rows of shape (batch, {len(self.inputs)}), got {rows.shape}{empty}"
            )
        if self._rows is None or len(self._rows) != len(rows):
            self._resize(len(rows))
        self._values[self._rows] = rows
        self._is_fresh = False

    def _resize(self, count: int) -> None:
        """Go on with a batch of another size."""
        if count in self._compiled:
            scalar, rows = self._compiled.pop(count)
        else:
            scalar, rows = self._compile(count)
        self._compiled[count] = scalar, rows
        if len(self._compiled) > _SIZES:
            del self._compiled[next(iter(self._compiled))]
        before = None if self._rows is None else self._scalar
        self._run_on(scalar)
        self._rows = rows
        if before is not None:  # what was set, and the last gradients, stay
            old, new = ([place for _, place in plan.leaves()] for plan in (before.plan, scalar.plan))
            self._values[new] = before.source.values[old]
            self._gradients[new] = before.source.gradients[old]

    def _compile(self, count: int) -> tuple[Scalar, Numbers]:
        graph = self._graph
        plan = Plan([self.root], lambda _: BatchTape(graph, count))
        return Scalar(plan, Source(plan)), plan.place[graph.numbers(graph.inputs, count)].astype(np.int64)

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

    def vectorize(self, inputs: Any) -> Program:
        """As :meth:`Program.vectorize`, over other leaves; the samples stay those of now."""
        self._check()
        nodes, graph = self._plan.nodes(), self._graph
        copies = graph.numbers(graph.inputs, len(self._values[self._rows]))
        for i, x in zip(copies.ravel().tolist(), self._values[self._rows].ravel().tolist(), strict=True):
            nodes[i]._data = x
        return vectorized(nodes[self._plan.result], inputs)

    def to(self, xp: Any, inputs: Sequence[Any] = (), functions: Mapping[str, Any] | None = None) -> ArrayProgram:
        """As :meth:`Program.to`, of the mean; the samples are those of now."""
        self._check()
        return super().to(xp, inputs, functions)

    @property
    def source(self) -> str:
        """As :attr:`Program.source`, for a batch of this size."""
        self._check()
        return super().source

    def describe(self) -> str:
        """As :meth:`Program.describe`, of the batch."""
        self._check()
        return super().describe()

    def __repr__(self) -> str:
        return "Program(no batch yet)" if self._rows is None else super().__repr__()

    def _block(self, leaves: Any) -> Numbers:
        self._check()
        try:
            return super()._block(leaves)
        except ArgumentError:
            for node in np.asarray(leaves, dtype=object).ravel().tolist():
                if any(node is x for x in self.inputs):
                    raise ArgumentError(
                        f"{node!r} is no leaf of this program but an input, with a number for each sample: "
                        "set(inputs, X) takes all inputs together, in the order given to vectorize"
                    ) from None
            raise

    def _check(self) -> None:
        if self._rows is None:
            raise ArgumentError(
                f"there is no batch yet; call set(inputs, X) with X of shape (batch, {len(self.inputs)})"
            )


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
