"""What the lessons share: small networks of nodes, the chain rule along a path, the matrix form of a compiled graph,
runs of gradient descent and curves of them.

Nodes of networks are named as the documents write them, counted from 1: W1[2,3] is layer 1's weight to its node 2 from
input 3. A layer of one node has z2, a2 and b2.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..checking.check import Report
from ..compiler import compile
from ..engine.graph import topological_order
from ..engine.messages import name_of
from ..engine.value import Value
from ..errors import ArgumentError, AutogradError
from ..functions.arrays import array, grads
from ..functions.elementary import dot, sigmoid, sum
from ..nn import monitor, optim
from ..reading.paths import path_products
from ..render import norms_svg
from .claims import Figure, Graph, Nodes, exactly, holds

__all__ = [
    "Parameters",
    "as_values",
    "chain",
    "compiled",
    "descend",
    "edges",
    "half_squared_error",
    "judged",
    "layer",
    "loss_svg",
    "message_of",
    "named",
    "numbered",
    "refused",
    "repeated",
    "slip_of",
    "two_layer",
    "uniform",
    "verdict",
]


def half_squared_error(outputs: Any, targets: Any) -> Value:
    """J = sum_i (a_i - y_i)^2 / 2, the loss whose slope is a - y."""
    halves = [0.5 * (a - y) ** 2 for a, y in zip(outputs, targets, strict=True)]
    J: Value = halves[0] if len(halves) == 1 else sum(halves)
    J.label = "J"
    return J


def two_layer(
    W1: Any, b1: Any, W2: Any, b2: Any, x: Any, y: Any,
    hidden: Callable[[Any], Any] = sigmoid,
    loss: Callable[[Any, Any], Value] = half_squared_error,
) -> Graph:  # fmt: skip
    """x -> z1 -> a1 -> z2 -> a2 -> J for one example, the second layer with a sigmoid; W x, a row for each node."""
    targets = of_layer([Value(t, constant=True) for t in y], "y")
    _, a1 = layer(numbered(W1, "W1"), numbered(x, "x"), of_layer(b1, "b1"), hidden, 1)
    _, a2 = layer(numbered(W2, "W2"), a1, of_layer(b2, "b2"), sigmoid, 2)
    return named(loss(a2, targets))


def layer(W: Any, inputs: Any, b: Any, activation: Callable[[Any], Any], number: int) -> tuple[Any, Any]:
    """One layer: z = W inputs + b, a node for each row of W, and a = activation(z), labelled with its number."""
    z = [dot(row, inputs, bias) for row, bias in zip(W, b, strict=True)]
    return of_layer(z, f"z{number}"), of_layer([activation(node) for node in z], f"a{number}")


def numbered(values: Any, name: str) -> Any:
    """An array, of new nodes where it holds numbers, named from 1: name[1], or name[1,1]."""
    nodes = array(values)
    for index, node in np.ndenumerate(nodes):
        node.label = f"{name}[{','.join(str(i + 1) for i in index)}]"
    return nodes


def of_layer(values: Any, name: str) -> Any:
    """The same for the nodes of one layer; one alone has no index."""
    nodes = numbered(values, name)
    if len(nodes) == 1:
        nodes[0].label = name
    return nodes


class Parameters(NamedTuple):
    """Of a network with one hidden layer; floats, or Values, or gradients."""

    W1: Any
    b1: Any
    W2: Any
    b2: Any


def as_values(p: Parameters) -> Parameters:
    """Arrays of labelled Values, new ones."""
    return Parameters(*[numbered(part, name) for name, part in zip(p._fields, p, strict=True)])


def repeated(step: Callable[[Value, int], Value], times: int = 10, x: float = 1.0, label: str = "a") -> Graph:
    """x -> a1 -> a2 -> ...: each node is `step` of the one before it and of its number."""
    node = Value(x, "x")
    for i in range(1, times + 1):
        node = step(node, i)
        node.label = f"{label}{i}"
    return named(node)


def named(root: Value, **labels: Value) -> Graph:
    """A root and its nodes by label, after naming those given: what a claim's `graph` returns."""
    for label, node in labels.items():
        node.label = label
    return root, Nodes({node.label: node for node in topological_order(root) if node.label})


def uniform(draw: random.Random, *shape: int) -> NDArray[np.float64]:
    """An array of numbers between -1 and 1."""
    return np.array([draw.uniform(-1, 1) for _ in range(math.prod(shape))]).reshape(shape)


def message_of(act: Callable[[], object]) -> str:
    """What the error says that an act ends in; "no error" if there is none."""
    try:
        act()
    except AutogradError as error:
        return str(error)
    return "no error"


def refused(name: str, document: str | None, act: Callable[[], object], *words: str, note: str = "") -> Figure:
    """The message of the error that an act ends in, and whether these words stand in it."""
    return holds(name, document, message_of(act), lambda message: all(word in message for word in words), note)


def judged(
    name: str, document: str | None, report: Report, expected: str, note: str = "", should_agree: bool = True
) -> Figure:
    """The verdict of a check on a derivative, and whether it is the one expected."""
    return holds(name, document, report.verdict, report.verdict == expected, note, should_agree)


def slip_of(report: Report) -> str:
    """The check's guess at what went wrong, in a line."""
    return report.diagnosis.text.splitlines()[0] if report.diagnosis is not None else ""


def edges(root: Value) -> int:
    """The edges below a root: a forward pass reads each once, a backward pass multiplies and adds once along each."""
    return len([parent for node in topological_order(root) for parent in node.parents])


# --- the chain rule along one path ------------------------------------------------------------------------------------


class Chain(NamedTuple):
    """The factors along a path, the root's first, and their product."""

    derivatives: tuple[float, ...]
    product: float


def chain(*nodes: Value) -> Chain:
    """Multiply the derivatives along a path, from the root to the leaf.

    Each factor is the sum of the products along all paths from one node to the next: where the next is a parent, the
    local derivative of that one step (for a parent that occurs twice, as x in x * x, the sum of both).
    """
    if len(nodes) < 2:
        raise ArgumentError("a path has two nodes at least")
    factors = []
    for node, below in pairwise(nodes):
        paths = path_products(node, below)
        if not paths or node is below:
            raise ArgumentError(f"{name_of(below)} does not lie below {name_of(node)}")
        factors.append(math.fsum(path.product for path in paths))
    return Chain(tuple(factors), math.prod(factors))


# --- the matrix form that the compiler finds --------------------------------------------------------------------------


def compiled(
    root: Value, leaves: Any, by_hand: Mapping[str, Any], note: str, *forms: tuple[str, str | None, str]
) -> list[Figure]:
    """What ``autograd.compile`` finds in a graph that `backward` has been through, and whether its gradients are right.

    Args:
        root: of the graph.
        leaves: has an attribute for each array of leaves, such as W1.
        by_hand: gradients from the matrix form in NumPy, by the name of the leaves.
        note: on the first figure.
        forms: a figure's name, the document's formula, and what should stand among the lines of ``describe()``.
    """
    program = compile(root)
    lines = [line.strip() for line in program.describe().splitlines()]
    formulas = [line.partition(": ")[2] or line for line in lines]
    figures: list[Figure] = []
    for name, document, expected in forms:
        result = expected.partition("=")[0]
        text = next((formula for formula in formulas if formula.startswith(result)), "not found")
        figures.append(exactly(name, document, text, expected, note="" if figures else note))
    from_graph = {name: grads(getattr(leaves, name)) for name in by_hand}
    program.forward()
    program.backward()
    apart = [
        max(float(np.abs(program.gradients(getattr(leaves, name)) - others[name]).max()) for name in by_hand)
        for others in (from_graph, by_hand)
    ]
    return [
        *figures,
        holds("compiled vs graph", None, apart[0], apart[0] < 1e-12,
              note=f"The largest difference of the compiled gradients of {', '.join(by_hand)} "
              "from those of backward() on the graph. The next row: from the matrix form in NumPy."),
        holds("compiled vs NumPy", None, apart[1], apart[1] < 1e-12),
    ]  # fmt: skip


# --- training runs ----------------------------------------------------------------------------------------------------


def descend(
    loss: Callable[[], Value], parameters: Sequence[Value], steps: int,
    kind: Callable[..., optim.Optimizer] = optim.SGD, clip: float = math.inf, **options: Any,
) -> list[float]:  # fmt: skip
    """Train: the losses before each step, and after the last."""
    optimizer, losses = kind(parameters, **options), []
    for _ in range(steps):
        now = loss()
        losses.append(now.data)
        optimizer.zero_grad()
        now.backward()
        if clip < math.inf:
            optim.clip_grad_value(parameters, clip_value=clip)
        optimizer.step()
    return [*losses, loss().data]


def verdict(losses: Iterable[float]) -> str:
    """What the monitor says of a run with these losses."""
    history = monitor.History()
    for loss in losses:
        history.record(loss)
    return history.verdict


def loss_svg(curves: Mapping[str, Sequence[float]], steps: Sequence[int], title: str, note: str, unit: str) -> str:
    """Draw losses on a logarithmic scale, one curve for each run, at the steps chosen."""
    series = {name: {f"{unit} {n}": losses[n] for n in steps} for name, losses in curves.items()}
    return norms_svg(series, title=title, note=note, what="loss")
