"""The forward pass of a program as lines of NumPy."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.op import Op
from ...errors import ArgumentError
from ..formulas.printing import numpy_lines
from ..formulas.stacking import Stacked, stacked
from ..formulas.symbols import forward
from ..planning.layout import Window
from ..planning.plan import Alike, Inner, Plan, Product, Reduction, Rows, Step
from .arrays import Arrays, Scratch, operands_of
from .loops import Loop
from .single import forward_lines

_MANY = 16  # operands
FLAT = 100  # single nodes that are written out at once

__all__ = ["ForwardSource", "elementwise", "readable", "stack_of"]


def elementwise(op: Op) -> Callable[..., Any]:
    """A row on arrays, number by number. Where it raises, the result is nan, and the caller looks at that number."""

    def total(*numbers: float) -> float:
        try:
            return op.forward(*map(float, numbers))
        except (ArithmeticError, ValueError):
            return float("nan")

    def apply(*arrays: Any) -> Any:
        return np.frompyfunc(total, len(arrays), 1)(*arrays)

    return apply


@functools.lru_cache(maxsize=256)
def stack_of(op: Op, count: int) -> Stacked | None:
    """A row of many operands on their stack; kept, for layers and batches ask again and again."""
    if count > _MANY and not op.user:
        # A row whose formula is the same for seven operands and for nine has no use for their number.
        few, more = stacked(op, 7), stacked(op, 9)
        if repr(few) == repr(more):
            return few
    return stacked(op, count)


@functools.lru_cache(maxsize=4096)
def readable(op: Op, count: int) -> Any:
    """A row's value as a formula; None: it has to be computed number by number."""
    try:
        return forward(op, count) if op.array is not None else None
    except ArgumentError:
        return None


class ForwardSource:
    """Writes the forward pass, step by step.

    Args:
        plan: what is computed.
        arrays: where.
    """

    def __init__(self, plan: Plan, arrays: Arrays) -> None:
        self.steps: list[tuple[int, Step, list[str]]] = []  # number, step, lines
        self.gathers: dict[int, list[str]] = {}  # by the number of a level's first step
        self.loops: dict[Step, Loop] = {}
        self._arrays = arrays
        self._scratch = Scratch(arrays.names)
        k = 0
        for level in plan.levels:
            windows = [window for step in level for window in operands_of(step)]
            self.gathers[k + 1] = arrays.gather(k + 1, windows)
            for step in level:
                k += 1
                self._scratch.release()
                self.steps.append((k, step, self._lines(k, step)))
        self._scratch.allocate()

    def _lines(self, k: int, step: Step) -> list[str]:
        if isinstance(step, Product):
            return self._product(k, step)
        if isinstance(step, Inner):
            return self._inner(k, step)
        if isinstance(step, Rows):
            return self._rows(k, step)
        if isinstance(step, Reduction):
            return self._reduction(k, step)
        if isinstance(step, Alike):
            return self._alike(k, step)
        if len(step.code) <= FLAT:
            return forward_lines(step, self._arrays)
        self.loops[step] = self._arrays.names[f"loop{k}"] = Loop(step, self._arrays)
        return [f"loop{k}()"]

    def _product(self, k: int, step: Product) -> list[str]:
        value = self._arrays.value
        z = value(step.out, f"Z{k}")
        if step.folded is not None:
            weights, inputs = step.folded
            return [f"np.dot({value(weights, f'W{k}')}, {value(inputs, f'X{k}')}, out={z})"]
        return [
            f"np.dot({value(step.weights, f'W{k}')}, {value(step.inputs, f'X{k}')}, out={z})",
            *self._bias(k, step, z, "[:, None]"),
        ]

    def _bias(self, k: int, step: Product | Inner | Rows, z: str, shaped: str = "") -> list[str]:
        """The line that adds the bias, if there is one."""
        if step.bias is None:
            return []
        return [f"np.add({z}, {self._arrays.value(step.bias, f'b{k}')}{shaped}, out={z})"]

    def _inner(self, k: int, step: Inner) -> list[str]:
        value = self._arrays.value
        z = value(step.out, f"z{k}")
        return [
            f"np.dot({value(step.weights, f'w{k}')}, {value(step.inputs, f'x{k}')}, out={z})",
            *self._bias(k, step, z),
        ]

    def _rows(self, k: int, step: Rows) -> list[str]:
        value = self._arrays.value
        z, t = value(step.out, f"z{k}"), self._scratch.take(step.weights.shape)
        return [
            f"np.multiply({value(step.weights, f'W{k}')}, {value(step.inputs, f'X{k}')}, out={t})",
            f"np.add.reduce({t}, axis=0, out={z})",
            *self._bias(k, step, z),
        ]

    def _reduction(self, k: int, step: Reduction) -> list[str]:
        value = self._arrays.value
        y, x = value(step.out, f"y{k}"), value(step.operands, f"X{k}")
        found = stack_of(step.op, step.count)
        if found is None:
            return self._by_columns(k, step.op, y, [f"{x}[{i}]" for i in range(step.count)], step.out)
        return self._written(found.forward, y, {"X": x}, step.out, step.operands.shape)

    def _alike(self, k: int, step: Alike) -> list[str]:
        value = self._arrays.value
        operands = [
            value(x, f"x{k}_{i}") if isinstance(x, Window) else self._arrays.number(x)
            for i, x in enumerate(step.operands)
        ]
        return self._by_columns(k, step.op, value(step.out, f"y{k}"), operands, step.out)

    def _by_columns(self, k: int, op: Op, y: str, operands: list[str], out: Window) -> list[str]:
        symbol = readable(op, len(operands))
        if symbol is None:
            return [f"{y}[...] = {self._arrays.bind(op, elementwise(op), 'each_')}({', '.join(operands)})"]
        return self._written(symbol, y, {f"x{i}": x for i, x in enumerate(operands)}, out, ())

    def _written(self, symbol: Any, y: str, names: dict[str, str], out: Window, stack: tuple[int, ...]) -> list[str]:
        def scratch(kind: str) -> str:
            return (
                self._scratch.local()
                if kind == "local"
                else self._scratch.take(stack if kind == "stack" else out.shape)
            )

        bind = functools.partial(_bind_elementwise, self._arrays)
        return numpy_lines([(symbol, y)], names, scratch, bind, self._arrays.number)[0]


def _bind_elementwise(arrays: Arrays, op: Op) -> str:
    return arrays.bind(op, elementwise(op), "each_")
