"""What the benchmarks run: the same code for our library and for micrograd, with only two names changed."""

from __future__ import annotations

import math
import os
import platform
import random
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd
import autograd.nn

try:
    import micrograd.engine
    import micrograd.nn
except ImportError:  # eager.py cannot do without it, compile.py can
    HAS_MICROGRAD = False
else:
    HAS_MICROGRAD = True


class Library(NamedTuple):
    """The two names that a workload needs. Nothing else in it may depend on the library."""

    Value: Any
    MLP: Any


OURS = Library(autograd.Value, autograd.nn.MLP)


def tanh_for_micrograd(self: Any) -> Any:
    """The tanh that micrograd's release lacks, made the way its own operations are: a node and a closure."""
    out = micrograd.engine.Value(math.tanh(self.data), (self,), "tanh")

    def _backward() -> None:
        self.grad += (1 - out.data * out.data) * out.grad

    out._backward = _backward
    return out


if HAS_MICROGRAD:
    THEIRS = Library(micrograd.engine.Value, micrograd.nn.MLP)
    micrograd.engine.Value.tanh = tanh_for_micrograd


class Outcome(NamedTuple):
    """What a workload made: its root, and the leaves whose gradients both libraries must agree on."""

    root: Any
    leaves: list[Any]


Run = Callable[[], Outcome]
Workload = Callable[[Library], Run]


class Plan(NamedTuple):
    """A random graph as data, so that both libraries build the same one and no draw is timed."""

    leaves: list[float]
    steps: list[tuple[str, int, int]]  # operation, and the places of its operands
    depth: int


def random_plan(size: int, seed: int = 0) -> Plan:
    """A graph of `size` nodes under + * tanh, one leaf in a hundred nodes, every node reaching the root.

    The first operand is the node that has waited longest for a use and the second is any earlier node, which
    keeps the graph about as shallow as it can be: micrograd's recursive sort copes with a depth of some 950.
    Where a sum or product would leave [-2, 2], tanh takes its place, so nothing overflows.
    """
    rng = random.Random(seed)
    values = [rng.uniform(-1, 1) for _ in range(max(2, size // 100))]
    leaves = values.copy()
    unused = deque(range(len(values)))
    depths = [0] * len(values)
    steps: list[tuple[str, int, int]] = []
    for n in range(len(values), size):
        i = unused.popleft()
        closing = size - n <= len(unused)  # from here on only sums of two unused nodes, down to one root
        j = unused.popleft() if closing else rng.randrange(n)
        op = "+" if closing else rng.choice("+*t")
        result = {"+": values[i] + values[j], "*": values[i] * values[j], "t": math.tanh(values[i])}
        if not closing and abs(result[op]) > 2:
            op = "t"
        values.append(result[op])
        depths.append(1 + (depths[i] if op == "t" else max(depths[i], depths[j])))
        steps.append((op, i, j))
        unused.append(n)
    return Plan(leaves, steps, depths[-1])


def planned(plan: Plan, library: Library) -> Outcome:
    """Build the planned graph."""
    Value = library.Value
    leaves = [Value(x) for x in plan.leaves]
    nodes = leaves.copy()
    add = nodes.append
    for op, i, j in plan.steps:
        if op == "+":
            add(nodes[i] + nodes[j])
        elif op == "*":
            add(nodes[i] * nodes[j])
        else:
            add(nodes[i].tanh())
    return Outcome(nodes[-1], leaves)


def random_graph(plan: Plan) -> Workload:
    """Build the planned graph and send a gradient back through it."""

    def workload(library: Library) -> Run:
        def run() -> Outcome:
            outcome = planned(plan, library)
            outcome.root.backward()
            return outcome

        return run

    return workload


def readme_expression(times: int) -> Workload:
    """The example expression of micrograd's README (MIT licence), `times` times over."""

    def workload(library: Library) -> Run:
        Value = library.Value

        def run() -> Outcome:
            for _ in range(times):
                a = Value(-4.0)
                b = Value(2.0)
                c = a + b
                d = a * b + b**3
                c += c + 1
                c += 1 + c + (-a)
                d += d * 2 + (b + a).relu()
                d += 3 * d + (b - a).relu()
                e = c - d
                f = e**2
                g = f / 2.0
                g += 10.0 / f
                g.backward()
            return Outcome(g, [a, b])

        return run

    return workload


def two_moons(count: int = 100, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Two interleaved half circles: points of shape (count, 2) and labels -1 or 1 of shape (count,)."""
    rng = np.random.default_rng(1337)
    angle = np.linspace(0, np.pi, count // 2)
    outer = np.column_stack([np.cos(angle), np.sin(angle)])
    inner = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    points = np.concatenate([outer, inner]) + rng.normal(0, noise, (2 * len(angle), 2))
    return points, np.repeat([-1, 1], len(angle))


def two_moons_step(as_floats: bool) -> Workload:
    """One training step of micrograd's demo: MLP(2, [16, 16, 1]), hinge loss, L2 1e-4, all points at once.

    The demo feeds NumPy's scalars to `Value`, which micrograd keeps and computes with; `as_floats` feeds
    plain floats, which are kinder to it. Both libraries start from the same weights.
    """
    points, labels = two_moons()
    xs, ys = (points.tolist(), labels.tolist()) if as_floats else (points, labels)
    rng = random.Random(1337)
    weights = [rng.uniform(-1, 1) for _ in range(2 * 16 + 16 + 16 * 16 + 16 + 16 + 1)]

    def workload(library: Library) -> Run:
        Value = library.Value
        model = library.MLP(2, [16, 16, 1])
        for p, w in zip(model.parameters(), weights, strict=True):
            p.data = w

        def run() -> Outcome:
            inputs = [list(map(Value, x)) for x in xs]
            scores = list(map(model, inputs))
            losses = [(1 + -y * score).relu() for y, score in zip(ys, scores, strict=True)]
            data_loss = sum(losses) * (1.0 / len(losses))
            penalty = 1e-4 * sum(p * p for p in model.parameters())
            loss = data_loss + penalty
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p.data -= 0.1 * p.grad
            return Outcome(loss, model.parameters())

        return run

    return workload


def build_chain(size: int) -> autograd.Value:
    """A chain of `size` binary operations, products and sums in turn."""
    scale, shift = autograd.Value(0.999), autograd.Value(0.001)
    x = autograd.Value(0.5)
    for _ in range(size // 2):
        x = x * scale + shift
    return x


def machine() -> str:
    """The processor's name where the system gives one, with the number of cores."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        name = named[0].partition(":")[2].strip() if named else name
    return f"{platform.system()} {platform.machine()}, {name}, {os.cpu_count()} cores"
