"""What the lessons share: small networks of nodes, the chain rule along a path, the matrix form of a compiled graph,
runs of gradient descent and curves of them.

Nodes of networks are named as the documents write them, counted from 1: W1[2,3] is layer 1's weight to its node 2 from
input 3. A layer of one node has z2, a2 and b2.
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
from ..errors import ArgumentError, AutogradError
from ..functions.arrays import array, grads
from ..functions.elementary import dot, sigmoid, sum
from ..nn import monitor, optim
from ..reading.paths import path_products
from .claims import Figure, Graph, exactly, holds

__all__ = [
    "TwoLayer",
    "chain",
    "descend",
    "edges",
    "found",
    "half_squared_error",
    "labelled",
    "layer",
    "loss_svg",
    "message_of",
    "named",
    "norms_svg",
    "numbered",
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
    inputs, rows1, rows2 = numbered(x, "x"), numbered(W1, "W1"), numbered(W2, "W2")
    biases1, biases2 = _named_nodes(array(b1), "b1"), _named_nodes(array(b2), "b2")
    targets = _named_nodes([Value(t, constant=True) for t in y], "y")
    z1, a1 = layer(rows1, inputs, biases1, hidden, 1)
    z2, a2 = layer(rows2, a1, biases2, sigmoid, 2)
    return TwoLayer(inputs, rows1, biases1, z1, a1, rows2, biases2, z2, a2, loss(a2, targets))


def layer(W: Any, inputs: Any, b: Any, activation: Callable[[Any], Any], number: int) -> tuple[Any, Any]:
    """One layer: z = W inputs + b, a node for each row of W, and a = activation(z), labelled with its number."""
    z = array([dot(row, inputs, bias) for row, bias in zip(W, b, strict=True)])
    a = array([activation(node) for node in z])
    return _named_nodes(z, f"z{number}"), _named_nodes(a, f"a{number}")


def numbered(values: Any, name: str) -> Any:
    """An array, of new nodes where it holds numbers, named from 1: name[1], or name[1,1]."""
    nodes = array(values)
    for index, node in np.ndenumerate(nodes):
        node.label = _at(name, index)
    return nodes


def _named_nodes(nodes: Any, name: str) -> Any:
    """The same for a layer's nodes; one alone has no index."""
    for i, node in enumerate(nodes):
        node.label = _at(name, (i,)) if len(nodes) > 1 else name
    return nodes


def _at(name: str, index: Iterable[int]) -> str:
    return f"{name}[{','.join(str(i + 1) for i in index)}]"


def labelled(nodes: Mapping[str, Value], name: str, *shape: int) -> Any:
    """The array of the nodes that are named name[1,1], name[1,2], ..."""
    picked = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        picked[index] = nodes[_at(name, index)]
    return picked


def named(root: Value, **labels: Value) -> Graph:
    """A root and its nodes by label, after naming those given: what a claim's `graph` returns."""
    for label, node in labels.items():
        node.label = label
    return root, {node.label: node for node in topological_order(root) if node.label}


def worked(graph: Graph) -> Graph:
    """The same graph after one backward pass from its root."""
    graph[0].backward()
    return graph


def message_of(act: Callable[[], object]) -> str:
    """What the error says that an act ends in; "no error" if there is none."""
    try:
        act()
    except AutogradError as error:
        return str(error)
    return "no error"


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
    factors = tuple(_factor(child, parent) for child, parent in pairwise(nodes))
    return Chain(factors, math.prod(factors))


def _factor(node: Value, below: Value) -> float:
    paths = path_products(node, below)
    if not paths or node is below:
        raise ArgumentError(f"{name_of(below)} does not lie below {name_of(node)}")
    return math.fsum(path.product for path in paths)


# --- the matrix form that the compiler finds --------------------------------------------------------------------------


def found(program: Program, note: str, *forms: tuple[str, str | None, str]) -> list[Figure]:
    """Look for formulas among the lines of ``program.describe()``; the first figure has the note.

    A form is a figure's name, the document's formula, and what the compiler should find.
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
                  "from those of backward() on the graph. The next row: from the matrix form in NumPy.")
        )  # fmt: skip
    return figures


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


def norms_svg(*norms: Any, **options: Any) -> str:
    """The same as :func:`autograd.render.norms_svg`, which takes time to import that the numbers alone need not pay."""
    from .. import render

    return render.norms_svg(*norms, **options)
