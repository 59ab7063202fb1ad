"""Small networks out of nodes, for the worked examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..engine.value import Value
from ..functions.arrays import array
from ..functions.elementary import dot, sigmoid, sum

__all__ = ["TwoLayer", "half_squared_error", "layer", "two_layer"]


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
