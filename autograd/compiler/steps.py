"""The steps of a program: how each group is computed forwards, and how it sends its messages back.

No rule is written here: values come from a row's `array` or `forward`, derivatives from its `partials`, which take
arrays as well as numbers. Only the matrix product is written out, as the rule of a dot over a whole grid.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import modes
from ..errors import AnomalyError
from ..graph import name_of, partials_at
from ..ops import Op
from .buffers import Layout, Window
from .tape import Batch, Grid, Loop, Places, Tape

__all__ = ["BatchStep", "GridStep", "LoopStep", "Step"]

_WORDS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "**": "power", "%": "mod", "//": "floordiv"}


class Step(ABC):
    """One group: the lines of code that compute it, and the names that these lines use.

    Args:
        k: the step's number, which ends its names.
    """

    def __init__(self, k: int) -> None:
        self.k = k
        self.names: dict[str, Any] = {}

    @abstractmethod
    def forward(self) -> list[str]:
        """The lines that compute the group's numbers."""

    @abstractmethod
    def backward(self) -> list[str]:
        """The lines that send the group's messages to its operands."""

    def _read(self, name: str, window: Window) -> str:
        """How the numbers of a window are written; a view is a name of its own."""
        if window.value is not None:
            self.names[name] = window.value
            return name
        self.names[f"at_{name}"] = window.places
        return f"V.take(at_{name})"

    def _send(self, name: str, window: Window, message: str) -> str:
        """How a message is added to the gradients of a window."""
        if window.gradient is not None and window.unique:  # in an overlapping view messages would get lost
            self.names[f"d{name}"] = window.gradient
            return f"np.add(d{name}, {message}, out=d{name})"
        self.names[f"at_{name}"] = window.places
        return f"G[at_{name}] += {message}" if window.unique else f"np.add.at(G, at_{name}, {message})"


class GridStep(Step):
    """Z = W X + b; dW = dZ X^T, dX = W^T dZ, db = the sums of dZ along its rows."""

    def __init__(self, k: int, grid: Grid, tape: Tape, window: Callable[[Any], Window]) -> None:
        super().__init__(k)
        self.nodes = [tape.nodes[row[0]] for row in grid.nodes]
        out = window(np.array(grid.nodes))
        self._weights = window(np.array(grid.weights))
        self._inputs = window(np.array(grid.inputs).T)
        self._bias = window(np.array(grid.bias)) if grid.bias else None
        self._to_weights = any(tape.needs[i] for row in grid.weights for i in row)
        self._to_inputs = any(tape.needs[i] for column in grid.inputs for i in column)
        self._to_bias = any(tape.needs[i] for i in grid.bias)
        rows, columns, length = len(grid.weights), len(grid.inputs), len(grid.inputs[0])
        self.has_bias = bool(grid.bias)
        self.shapes = f"({rows}x{length})({length}x{columns})" + (f"+({rows}x1)" if grid.bias else "")
        self.names |= {f"Z{k}": out.value, f"dZ{k}": out.gradient}

    def forward(self) -> list[str]:
        k = self.k
        lines = [f"np.matmul({self._read(f'W{k}', self._weights)}, {self._read(f'X{k}', self._inputs)}, out=Z{k})"]
        if self._bias is not None:
            lines.append(f"np.add(Z{k}, {self._read(f'b{k}', self._bias)}[:, None], out=Z{k})")
        return lines

    def backward(self) -> list[str]:
        k, lines = self.k, []
        if self._to_weights:
            message = f"dZ{k} @ {self._read(f'X{k}', self._inputs)}.T"
            lines.append(self._send(f"W{k}", self._weights, message))
        if self._to_inputs:
            message = f"{self._read(f'W{k}', self._weights)}.T @ dZ{k}"
            lines.append(self._send(f"X{k}", self._inputs, message))
        if self._bias is not None and self._to_bias:
            lines.append(self._send(f"b{k}", self._bias, f"dZ{k}.sum(axis=1)"))
        return lines or ["pass"]


class BatchStep(Step):
    """One operation on many operands at once."""

    def __init__(self, k: int, batch: Batch, tape: Tape, window: Callable[[Any], Window]) -> None:
        super().__init__(k)
        self.op = batch.op
        self.nodes = [tape.nodes[i] for i in batch.nodes]
        out = window(np.array(batch.nodes))
        self._operands = [window(np.array(column)) for column in batch.operands]
        self._needs = [any(tape.needs[i] for i in column) for column in batch.operands]
        array = self.op.array or (lambda xp, *inputs: _one_by_one(self.op, inputs))
        self.names |= {f"y{k}": out.value, f"dy{k}": out.gradient, f"check{k}": self._check}
        self.names |= {self._row: array, f"{self._row}_partials": self.op.partials}

    @property
    def _row(self) -> str:
        word = "".join(c if c.isalnum() else "" for c in self.op.name) or _WORDS.get(self.op.name, "row")
        return f"{word}{self.k}"

    def forward(self) -> list[str]:
        k = self.k
        inputs = ", ".join(self._read(f"x{k}_{i}", operand) for i, operand in enumerate(self._operands))
        return [
            f"in{k}[:] = {inputs},",
            f"y{k}[...] = {self._row}(np, *in{k})",
            f"if not np.isfinite(y{k}).all():",
            f"    check{k}(in{k}, y{k})",
        ]

    def backward(self) -> list[str]:
        k = self.k
        lines = []
        self.names[f"in{k}"] = [None] * len(self._operands)
        slopes = ", ".join(f"s{i}" if needed else "_" for i, needed in enumerate(self._needs))
        if any(self._needs):
            lines.append(f"{slopes}, = {self._row}_partials(y{k}, *in{k})")
        for i, (needed, operand) in enumerate(zip(self._needs, self._operands, strict=True)):
            if needed:
                lines.append(self._send(f"x{k}_{i}", operand, f"dy{k} * s{i}"))
        return lines or ["pass"]

    def _check(self, inputs: list[Any], out: NDArray[np.float64]) -> None:
        """Raise what eager code raises, and as it names it; what passes there passes here."""
        for k in np.flatnonzero(~np.isfinite(out)):
            numbers = tuple([float(np.broadcast_to(x, out.shape)[k]) for x in inputs])
            _checked(self.op, self.nodes[k], numbers)


class LoopStep(Step):
    """Nodes one by one, on floats."""

    def __init__(self, k: int, loop: Loop, tape: Tape, layout: Layout, values: Any, gradients: Any) -> None:
        super().__init__(k)
        self.names |= {f"forward{k}": self._forward, f"backward{k}": self._backward}
        self._values, self._gradients = values, gradients
        inside = set(loop.nodes)
        before = list(dict.fromkeys(p for i in loop.nodes for p in tape.parents[i] if p not in inside))
        local = {i: k for k, i in enumerate([*before, *loop.nodes])}
        self._before: Places = layout.place[before]
        self._own: Places = layout.place[loop.nodes]
        self._count = len(before)
        self._work = [
            (tape.nodes[i], tape.nodes[i]._op, tuple([local[p] for p in tape.parents[i]])) for i in loop.nodes
        ]
        self._numbers: list[float] = []
        self.size = len(loop.nodes)

    def forward(self) -> list[str]:
        return [f"forward{self.k}()"]

    def backward(self) -> list[str]:
        return [f"backward{self.k}()"]

    def _forward(self) -> None:
        numbers = self._values[self._before].tolist()
        for node, op, operands in self._work:
            inputs = [numbers[k] for k in operands]
            try:
                numbers.append(op.forward(*inputs))
            except (ArithmeticError, ValueError) as error:
                raise op.failure(error, tuple(inputs), tuple(p._label for p in node.parents)) from None
            if modes.entered and modes.anomalies_raise():
                _checked(op, node, tuple(inputs))
        self._values[self._own] = numbers[self._count :]
        self._numbers = numbers

    def _backward(self) -> None:
        numbers = self._numbers
        gradients = [0.0] * self._count + self._gradients[self._own].tolist()
        for at in range(len(self._work) - 1, -1, -1):
            node, _, operands = self._work[at]
            out = self._count + at
            upstream = gradients[out]
            partials = partials_at(node, numbers[out], [numbers[k] for k in operands])
            for k, partial in zip(operands, partials, strict=True):
                gradients[k] += upstream * partial
        np.add.at(self._gradients, self._before, gradients[: self._count])


def _one_by_one(op: Op, inputs: Sequence[Any]) -> Any:
    """A row without an array form. Where it raises for one number, that number is found again by the caller."""

    def total(*numbers: float) -> float:
        try:
            return op.forward(*numbers)
        except (ArithmeticError, ValueError):
            return float("nan")

    return np.frompyfunc(total, len(inputs), 1)(*inputs).astype(float)


def _checked(op: Op, node: Any, numbers: tuple[float, ...]) -> None:
    labels = tuple(p._label for p in node.parents)
    try:
        result = op.forward(*numbers)
    except (ArithmeticError, ValueError) as error:
        raise op.failure(error, numbers, labels) from None
    if modes.entered and modes.anomalies_raise() and result - result != 0.0:
        raise AnomalyError(f"forward: {name_of(node)} ({op.name}) became {result!r}")
