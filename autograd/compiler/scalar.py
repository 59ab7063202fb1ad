"""What runs a program's passes. Where a number is no longer finite, the scalar graph computes, with its own errors."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np

from ..engine import backward as sweep
from ..engine import modes
from ..engine.copying import restore
from ..engine.op import Op, kept
from ..engine.ops import CONSTANT, DETACHED, FLOOR, LITERAL
from ..engine.value import Value
from .numpy_source import Backward, Source
from .plan import Plan

__all__ = ["Scalar", "is_plain"]

_PROBES = (-math.inf, -1e308, -1.5, -1.0, -5e-324, -0.0, 0.0, 5e-324, 0.5, 1.0, 1e308, math.inf, math.nan)


@kept
def is_plain(op: Op) -> bool:
    """Whether a row has a value at all numbers and a finite slope at all finite ones, judged by the extreme ones."""
    if op.user or op.remarkable:
        return False
    count = 2 if op.variadic else op.partials.__code__.co_argcount - 1
    for numbers in itertools.product(_PROBES, repeat=count):
        try:
            out = op.forward(*numbers)
            slopes = op.float_partials(out, *numbers)
        except (ArithmeticError, ValueError):
            return False
        if all(map(math.isfinite, (out, *numbers))) and not all(map(math.isfinite, slopes)):
            return False
    return True


class Scalar:
    """Runs a program's passes, and lets the scalar graph compute where a number is not finite."""

    def __init__(self, plan: Plan, source: Source) -> None:
        self.plan = plan
        self.source = source
        self._is_plain = all(map(is_plain, plan.ops))
        self._has_floor = FLOOR in plan.ops
        self.check: Callable[..., None] | None = None  # of the branches taken, before an error is raised

    def forward(self) -> None:
        """Compute every number.

        Raises:
            AutogradError: what the scalar graph raises.
        """
        try:
            self.source.forward()
        except (ArithmeticError, ValueError):
            self._replay()
        else:
            looks = not self._is_plain or (modes.entered and modes.anomalies_raise())
            if looks and not math.isfinite(np.add.reduce(self.source.values)):
                self._replay()

    def backward(self, backward: Backward, seed: float, aloud: bool = True) -> None:
        """Compute every gradient that `backward` is for, into the array of gradients.

        With `aloud`, a floor that stops a gradient is warned of, too.

        Raises:
            AutogradError: what the scalar graph raises.
        """
        gradients = self.source.gradients
        if not (aloud and self._has_floor):
            try:
                backward.run(seed)
            except (ArithmeticError, ValueError):
                pass
            else:
                if self._is_plain and not backward.in_part and not (modes.entered and modes.anomalies_raise()):
                    return
                if math.isfinite(np.add.reduce(gradients[backward.block])):
                    return
        gradients[backward.places] = self._swept(backward, seed)

    def _replay(self) -> tuple[list[Value], list[float]]:
        """All nodes with their numbers, computed one by one; those that have a place are put there."""
        values, nodes = self.source.values, self.plan.nodes()
        at = {node: i for i, node in enumerate(nodes)}
        numbers: list[float] = []
        for node, p in zip(nodes, self.plan.place.tolist(), strict=True):
            if node._a is None:
                numbers.append(node._data if p < 0 else float(values[p]))
                continue
            parents, op = node.parents, node._row
            # A plain number may stand in several nodes, of which the plan knows one.
            inputs = tuple([parent._data if parent._row is LITERAL else numbers[at[parent]] for parent in parents])
            labels = tuple([parent._label for parent in parents])
            try:
                result = op.forward(*inputs)
            except (ArithmeticError, ValueError) as error:
                if self.check is not None:
                    self.check(values, self.plan.place[: len(numbers)])
                raise op.failure(error, inputs, labels) from None
            if modes.entered and modes.anomalies_raise() and not math.isfinite(result):
                raise modes.made_badly(op, labels, inputs, result)
            numbers.append(result)
            if p >= 0:
                values[p] = result
        return nodes, numbers

    def _swept(self, backward: Backward, seed: float) -> list[float]:
        """The gradients as the scalar graph's own backward finds them, on a copy: the graph itself is not changed."""
        nodes, numbers = self._replay()
        copies: dict[Value, Value] = {}
        for node, x in zip(nodes, numbers, strict=True):
            parents = tuple([copies.get(parent, parent) for parent in node.parents])
            op, parents = (CONSTANT, ()) if node._row is DETACHED else (node._row, parents)
            copies[node] = restore(type(node), x, node._label, op, parents, None)
        sweep.backward(copies[nodes[self.plan.result]], seed, create_graph=False)
        return [0.0 if copies[leaf]._grad is None else copies[leaf]._grad for leaf in backward.leaves]
