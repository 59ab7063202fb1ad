"""The claim of lesson 2 about cost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..engine.graph import topological_order
from ..engine.value import Value
from ..functions.elementary import dot, sigmoid
from .claims import Figure, holds, shown

__all__ = ["claim_7"]


def one_layer(inputs: Sequence[float], parameters: Sequence[Value]) -> Value:
    """A hidden layer of sigmoids and a linear output, from one flat list of parameters."""
    width = len(inputs) + 2  # each hidden node: its weights, its bias, and its weight in the output
    hidden = [parameters[i : i + width] for i in range(0, len(parameters) - 1, width)]
    nodes = [sigmoid(dot(own[:-2], inputs, own[-2])) for own in hidden]
    out: Value = dot([own[-1] for own in hidden], nodes, parameters[-1])
    return out


def operations(root: Value) -> int:
    """The edges below a root: a forward pass reads each once, a backward pass multiplies and adds once along each."""
    return sum(len(node.parents) for node in topological_order(root))


class Cost(NamedTuple):
    """Operations for all n gradients, both ways, and how far the two ways' numbers lie apart."""

    n: int
    backward: int
    differences: int
    apart: float


def count(hidden: int) -> Cost:
    """Run one backward pass, and n + 1 forward passes with one parameter moved in each but the first."""
    draw = random.Random(27)
    inputs = [0.5, -1.0, 0.25, 2.0]
    start = [draw.uniform(-1, 1) for _ in range(6 * hidden + 1)]
    parameters = [Value(p) for p in start]
    root = one_layer(inputs, parameters)
    root.backward()
    total, step, apart = operations(root), 1e-6, 0.0
    for k, p in enumerate(start):
        moved = one_layer(inputs, [Value(q) for q in [*start[:k], p + step, *start[k + 1 :]]])
        total += operations(moved)
        apart = max(apart, abs((moved.data - root.data) / step - parameters[k].grad))
    return Cost(len(start), operations(root), total, apart)


def claim_7() -> list[Figure]:
    """Operations counted for growing n, and the power of n that they grow with."""
    costs = [count(hidden) for hidden in (4, 8, 16, 32)]
    n = np.log([cost.n for cost in costs])
    once, each = (
        float(np.polyfit(n, np.log([getattr(cost, way) for cost in costs]), 1)[0])
        for way in ("backward", "differences")
    )
    return [
        shown("parameters n", [cost.n for cost in costs], note="Networks of 4 inputs and 4 to 32 hidden nodes."),
        shown("one backward pass", [cost.backward for cost in costs],
              note="Operations are counted as edges of the graph: one multiplication and addition along each."),
        holds("one pass: n to the", "O(n)", once, abs(once - 1.0) < 0.05),
        shown("n + 1 forward passes", [cost.differences for cost in costs],
              note="Finite differences: one pass as it is, and one for each parameter moved a little."),
        holds("n + 1 passes: n to the", "O(n^2)", each, abs(each - 2.0) < 0.05,
              note="Slopes of straight lines through the logarithms. Each single gradient costs a pass of O(n), and "
              "there are n of them."),
        holds("largest difference", None, max(cost.apart for cost in costs), max(cost.apart for cost in costs) < 1e-5,
              note="Both ways found the same gradients, as far as finite differences go."),
    ]  # fmt: skip
