"""What the lessons share: small networks of nodes, the chain rule along a path, the matrix form of a compiled graph,
and curves of losses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ..compiler import Program
from ..engine.graph import topological_order
from ..engine.messages import name_of
from ..engine.value import Value
from ..errors import ArgumentError
from ..functions.arrays import array, grads
from ..functions.elementary import dot, sigmoid, sum
from ..nn import monitor
from ..reading.paths import path_products
from .claims import Figure, Graph, exactly, holds

__all__ = [
    "Form",
    "TwoLayer",
    "chain",
    "found",
    "half_squared_error",
    "labelled",
    "layer",
    "loss_svg",
    "named",
    "same_gradients",
    "two_layer",
    "verdict",
    "worked",
]


class TwoLayer(NamedTuple):
    """x -> z1 -> a1 -> z2 -> a2 -> J for one example; a matrix has a row for each node (W x, columns)."""

    x: Any
    W1: Any
    b1: Any
    z1: Any
    a1: Any
    W2: Any
    b2: Any
    z2: Any
    a2: Any
    J: Value


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
) -> TwoLayer:  # fmt: skip
    """Two layers on one example, the second with a sigmoid; numbers become labelled Values, y constant ones."""
    inputs = array(x, "x")
    (rows1, biases1), (rows2, biases2) = _parameters(W1, b1, 1), _parameters(W2, b2, 2)
    targets = [Value(t, f"y[{i}]" if len(y) > 1 else "y", constant=True) for i, t in enumerate(y)]
    z1, a1 = layer(rows1, inputs, biases1, hidden, 1)
    z2, a2 = layer(rows2, a1, biases2, sigmoid, 2)
    return TwoLayer(inputs, rows1, biases1, z1, a1, rows2, biases2, z2, a2, loss(a2, targets))


def _parameters(W: Any, b: Any, number: int) -> tuple[Any, Any]:
    """Weights W1[i,j] and biases b1[i]; a layer of one node has W2[j] and b2."""
    if len(W) == 1:
        return array([list(array(W[0], f"W{number}"))]), array([Value(b[0], f"b{number}")])
    return array(W, f"W{number}"), array(b, f"b{number}")


def layer(W: Any, inputs: Any, b: Any, activation: Callable[[Any], Any], number: int) -> tuple[Any, Any]:
    """One layer: z = W inputs + b, a node for each row of W, and a = activation(z), labelled with its number."""
    z = array([dot(row, inputs, bias) for row, bias in zip(W, b, strict=True)])
    a = array([activation(node) for node in z])
    for nodes, letter in ((z, "z"), (a, "a")):
        for i, node in enumerate(nodes):
            node.label = f"{letter}{number}" + (f"[{i}]" if len(nodes) > 1 else "")
    return z, a


def named(root: Value) -> Graph:
    """A root and its nodes by label: what a claim's `graph` returns. No backward pass is run."""
    return root, {node.label: node for node in topological_order(root) if node.label}


def labelled(nodes: dict[str, Value], name: str, shape: tuple[int, ...]) -> Any:
    """The array of the nodes that are labelled name[0,0], name[0,1], ..."""
    found = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        found[index] = nodes[f"{name}[{','.join(map(str, index))}]"]
    return found


def worked(graph: Graph) -> Graph:
    """The same graph after one backward pass from its root."""
    graph[0].backward()
    return graph


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
    factors = tuple(_factor(child, parent) for child, parent in pairwise(nodes))
    return Chain(factors, math.prod(factors))


def _factor(node: Value, below: Value) -> float:
    paths = path_products(node, below)
    if not paths or node is below:
        raise ArgumentError(f"{name_of(below)} does not lie below {name_of(node)}")
    return math.fsum(path.product for path in paths)


# --- the matrix form that the compiler finds --------------------------------------------------------------------------

Form = tuple[str, str | None, str]
"""What a figure is called, the document's formula, and what the compiler should find."""


def found(program: Program, forms: list[Form], note: str) -> list[Figure]:
    """Look for each formula among the lines of ``program.describe()``; the first figure has the note."""
    lines = [line.strip() for line in program.describe().splitlines()]
    formulas = [line.partition(": ")[2] or line for line in lines]
    figures: list[Figure] = []
    for name, document, expected in forms:
        result = expected.partition("=")[0]
        text = next((formula for formula in formulas if formula.startswith(result)), "not found")
        figures.append(exactly(name, document, text, expected, note="" if figures else note))
    return figures


def same_gradients(program: Program, leaves: dict[str, Any], by_hand: dict[str, Any]) -> list[Figure]:
    """Run the program, and compare its gradients with those that the leaves have already, and with those by hand."""
    scalar = {name: grads(nodes) for name, nodes in leaves.items()}
    program.forward()
    program.backward()
    compiled = {name: program.gradients(nodes) for name, nodes in leaves.items()}
    figures: list[Figure] = []
    for name, others in (("graph", scalar), ("NumPy", by_hand)):
        apart = max(float(np.abs(compiled[k] - others[k]).max()) for k in leaves)
        figures.append(
            holds(f"compiled vs {name}", None, apart, apart < 1e-12,
                  note="" if figures else f"The largest difference of the compiled gradients of {', '.join(leaves)} "
                  "from those of backward() on the graph, and from the matrix form in NumPy.")
        )  # fmt: skip
    return figures


# --- training runs ----------------------------------------------------------------------------------------------------


def verdict(losses: Iterable[float]) -> str:
    """What the monitor says of a run with these losses."""
    history = monitor.History()
    for loss in losses:
        history.record(loss)
    return history.verdict


def loss_svg(curves: Mapping[str, Sequence[float]], steps: Sequence[int], title: str, note: str, unit: str) -> str:
    """Draw losses on a logarithmic scale, one curve for each run, at the steps chosen."""
    from ..render import norms_svg  # costs time that the numbers alone need not pay

    series = {name: {f"{unit} {n}": losses[n] for n in steps} for name, losses in curves.items()}
    return norms_svg(series, title=title, note=note, what="loss")
