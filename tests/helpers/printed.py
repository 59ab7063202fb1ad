"""What the compiler prints of a rule, run: and the numbers of the row itself to hold them against."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.compiler.printing import literal, numpy_lines
from autograd.engine.ops import Op


def values(op: Op, point: tuple[float, ...]) -> list[float] | None:
    """The row's value and its slopes, on floats; None where one of them raises."""
    try:
        out = op.forward(*point)
        return [out, *op.float_partials(out, *point)]
    except (ArithmeticError, ValueError):
        return None


def is_near(got: float, expected: float) -> bool:
    if math.isnan(expected):
        return math.isnan(got)
    return got == expected or abs(got - expected) <= 1e-13 * abs(expected) + 1e-307


def elementwise(op: Op) -> Callable[..., NDArray[Any]]:
    return lambda *xs: np.frompyfunc(op.forward, len(xs), 1)(*xs).astype(float)


def number(x: float) -> str:
    """A number as it stands in printed lines that run where only np is known."""
    return literal(x, "np")


class Runner:
    """Runs printed lines: scratch arrays hold nonsense at first, and every name is handed out once."""

    def __init__(self, shape: tuple[int, ...], count: int = 1) -> None:
        self.shape, self.count = shape, count
        self.names: dict[str, Any] = {"np": np}
        self.handed: list[str] = []

    def scratch(self, kind: str) -> str:
        name = f"{kind}{len(self.handed)}"
        self.handed.append(name)
        if kind != "local":
            self.names[name] = np.full(self.shape if kind == "item" else (self.count, *self.shape), 777.0)
        return name

    def bind(self, op: Op) -> str:
        name = f"row{len(self.names)}"
        self.names[name] = elementwise(op)
        return name

    def run(self, wanted: list[tuple[Any, str]], inputs: dict[str, NDArray[Any]]) -> list[Any]:
        self.names |= inputs
        for symbol, target in wanted:
            if target not in self.names:
                is_stacked = getattr(symbol, "stacked", False)
                self.names[target] = np.full((self.count, *self.shape) if is_stacked else self.shape, 777.0)
        lines = numpy_lines(wanted, {name: name for name in inputs}, self.scratch, self.bind, number)
        with np.errstate(all="ignore"):
            exec("\n".join(lines), self.names)
        return [self.names[target] for _, target in wanted]
