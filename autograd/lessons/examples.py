"""Small networks out of nodes, for the worked examples."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ..compiler import Program
from ..engine.graph import name_of, topological_order
from ..engine.value import Value
from ..errors import ArgumentError
from ..functions.arrays import array, grads
from ..functions.elementary import dot, sigmoid, sum
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
    """J = sum_i (a_i - y_i)^2 / 2, the loss whose slope is a - y.

    Example:
        >>> a = Value(3.0, "a")
        >>> J = half_squared_error([a], [1.0])
        >>> J.backward()
        >>> J.data, a.grad
        (2.0, 2.0)
    """
    halves = [0.5 * (a - y) ** 2 for a, y in zip(outputs, targets, strict=True)]
    J: Value = halves[0] if len(halves) == 1 else sum(halves)
    J.label = "J"
    return J


def layer(W: Any, inputs: Any, b: Any, activation: Callable[[Any], Any], number: int) -> tuple[Any, Any]:
    """One layer: z = W inputs + b, a node for each row of W, and a = activation(z), labelled with its number.

    Example:
        >>> z, a = layer(array([[1.0, 2.0]]), [3.0, 4.0], [0.5], sigmoid, 1)
        >>> z[0].data, z[0].label, a[0].op
        (11.5, 'z1', 'sigmoid')
    """
    z = array([dot(row, inputs, bias) for row, bias in zip(W, b, strict=True)])
    a = array([activation(node) for node in z])
    for nodes, letter in ((z, "z"), (a, "a")):
        for i, node in enumerate(nodes):
            node.label = f"{letter}{number}" + (f"[{i}]" if len(nodes) > 1 else "")
    return z, a


def two_layer(
    W1: Any, b1: Any, W2: Any, b2: Any, x: Any, y: Any,
    hidden: Callable[[Any], Any] = sigmoid,
    loss: Callable[[Any, Any], Value] = half_squared_error,
) -> TwoLayer:  # fmt: skip
    """Two layers on one example, the second with a sigmoid; numbers become labelled Values.

    Args:
        W1, b1, W2, b2: numbers, a row of each matrix for each node of its layer.
        x, y: one input vector and its targets; x gets gradients, y none.
        hidden: the activation of the first layer.
        loss: of outputs and targets.

    Example:
        >>> net = two_layer([[1.0]], [0.0], [[2.0]], [-1.0], [0.0], [1.0])
        >>> net.z2[0].data, net.a2[0].data
        (0.0, 0.5)
    """
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


# --- paths --------------------------------------------------------------------------------------------------------
#
# The chain rule along one path: what the documents write as a product of factors, read off the graph.


class Chain(NamedTuple):
    """The factors along a path, the root's first, and their product."""

    derivatives: tuple[float, ...]
    product: float


def chain(*nodes: Value) -> Chain:
    """Multiply the derivatives along a path.

    Args:
        nodes: from the root to the leaf. Each factor is the sum of the products along all paths from one to the
            next: where the next is a parent, the local derivative of that one step (for a parent that occurs twice,
            as x in x * x, the sum of both).

    Raises:
        ArgumentError: fewer than two nodes, or one does not lie below the one before it.

    Example:
        >>> w, x, y = Value(3.0, "w"), Value(2.0, "x"), Value(1.0, "y")
        >>> a = w * x
        >>> J = (a - y) ** 2
        >>> chain(J, a, w)
        Chain(derivatives=(10.0, 2.0), product=20.0)
    """
    if len(nodes) < 2:
        raise ArgumentError("a path has two nodes at least")
    factors = tuple(_factor(child, parent) for child, parent in pairwise(nodes))
    return Chain(factors, math.prod(factors))


def named(root: Value) -> Graph:
    """A root and its nodes by label: what a claim's `graph` returns. No backward pass is run.

    Example:
        >>> root, node = named(Value(3.0, "x") * Value(2.0, "w"))
        >>> sorted(node), node["w"].grad
        (['w', 'x'], 0.0)
    """
    return root, {node.label: node for node in topological_order(root) if node.label}


def labelled(nodes: dict[str, Value], name: str, shape: tuple[int, ...]) -> Any:
    """The array of the nodes that are labelled name[0,0], name[0,1], ...

    Example:
        >>> _, nodes = named(Value(3.0, "w[0]") * Value(2.0, "w[1]"))
        >>> [node.data for node in labelled(nodes, "w", (2,))]
        [3.0, 2.0]
    """
    found = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        found[index] = nodes[f"{name}[{','.join(map(str, index))}]"]
    return found


def worked(graph: Graph) -> Graph:
    """The same graph after one backward pass from its root.

    Example:
        >>> root, node = worked(named(Value(3.0, "x") ** 2))
        >>> node["x"].grad
        6.0
    """
    graph[0].backward()
    return graph


def _factor(node: Value, below: Value) -> float:
    paths = path_products(node, below)
    if not paths or node is below:
        raise ArgumentError(f"{name_of(below)} does not lie below {name_of(node)}")
    return math.fsum(path.product for path in paths)


# --- matrices -----------------------------------------------------------------------------------------------------
#
# The matrix form that a compiled graph was found to have, as figures beside the document's formulas.


Form = tuple[str, str | None, str]
"""What a figure is called, the document's formula, and what the compiler should find."""


def found(program: Program, forms: list[Form], note: str) -> list[Figure]:
    """Look for each formula among those that the program found; the first figure has the note.

    Args:
        program: made by :func:`autograd.compile`.
        forms: see :data:`Form`; the lines of ``program.describe()``, without what stands before the formula.
        note: what the graph is, and how its names differ from the document's.

    Example:
        >>> from autograd import array, compile
        >>> W, x = array([[1.0, 2.0, 3.0, 4.0]] * 4, "W"), array([1.0, 0.0, 1.0, 0.0])
        >>> form = ("layer 1", "Z = W X", "Z1 = W1 X, (4x4)(4x1)")
        >>> found(compile((W @ x).sum()), [form], "Four nodes.")[0].verdict
        'agrees'
    """
    lines = [line.strip() for line in program.describe().splitlines()]
    formulas = [line.partition(": ")[2] or line for line in lines]
    figures: list[Figure] = []
    for name, document, expected in forms:
        result = expected.partition("=")[0]
        text = next((formula for formula in formulas if formula.startswith(result)), "not found")
        figures.append(exactly(name, document, text, expected, note="" if figures else note))
    return figures


def same_gradients(program: Program, leaves: dict[str, Any], by_hand: dict[str, Any]) -> list[Figure]:
    """Run the program, and compare its gradients with those of the scalar graph, and with the matrix form by hand.

    Args:
        program: of a graph whose leaves have their gradients already.
        leaves: arrays of leaves by name.
        by_hand: the same gradients worked out in NumPy.
    """
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


# --- curves -------------------------------------------------------------------------------------------------------
#
# Loss curves as a picture: the figure of gradient norms, with the words for a loss.


def loss_svg(curves: Mapping[str, Sequence[float]], steps: Sequence[int], title: str, note: str, unit: str) -> str:
    """Draw losses on a logarithmic scale, a line for each of the steps chosen.

    Args:
        curves: the losses of each run by its name, one for each step.
        steps: the steps that are drawn.
        title: of the figure.
        note: a line below the title.
        unit: what is counted, such as "step".

    Returns:
        One ``<svg>`` element.

    Example:
        >>> "size of the loss" in loss_svg({"run": [9.0, 0.1]}, [0, 1], "A run", "its loss", "step")
        True
    """
    from ..render import norms_svg  # costs time that the numbers alone need not pay

    series = {name: {f"{unit} {n}": losses[n] for n in steps} for name, losses in curves.items()}
    return norms_svg(series, title=title, note=note, what="loss")
