"""Lesson 1's delta rule and batch function: the formulas in NumPy, written out again, against the graph.

For one example the document writes W x with columns; its function takes a batch as X W, an example in each row.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine.value import Value
from ..functions.arrays import array, data, grads
from ..functions.elementary import log, relu, sigmoid, sum, tanh
from .claims import Figure, Graph, close, holds
from .networks import TwoLayer, half_squared_error, two_layer
from .paths import named

__all__ = ["claim_2", "claim_4", "claim_5", "delta_rule"]

Floats = NDArray[np.float64]


# --- 1.4: one example, W x -------------------------------------------------------------------------------------


def random_net(seed: int, hidden: Callable[[Any], Any] = tanh, loss: Any = half_squared_error) -> TwoLayer:
    """Two inputs, three hidden nodes, two sigmoid outputs."""
    draw = random.Random(seed)

    def numbers(*shape: int) -> list[Any]:
        return [numbers(*shape[1:]) if shape[1:] else draw.uniform(-1, 1) for _ in range(shape[0])]

    return two_layer(numbers(3, 2), numbers(3), numbers(2, 3), numbers(2), numbers(2), TARGETS, hidden, loss)


def delta_rule() -> Graph:
    """The network of claim 1.4."""
    return named(random_net(14).J)


class Deltas(NamedTuple):
    """The gradients as the document's formulas give them."""

    delta2: Floats
    delta1: Floats
    dW2: Floats
    dW1: Floats


def formulas(net: TwoLayer, slope: Callable[[Floats], Floats]) -> Deltas:
    """delta2 = (a2 - y) a2 (1 - a2), delta1 = W2^T delta2 * g'(z1), and their outer products with the inputs."""
    a2, a1, x = data(net.a2), data(net.a1), data(net.x)
    delta2 = (a2 - TARGETS) * a2 * (1 - a2)
    delta1 = data(net.W2).T @ delta2 * slope(data(net.z1))
    return Deltas(delta2, delta1, np.outer(delta2, a1), np.outer(delta1, x))


def cross_entropy(outputs: Any, targets: Any) -> Value:
    """sum_i -y log a - (1 - y) log(1 - a)."""
    J: Value = sum([-y * log(a) - (1 - y) * log(1 - a) for a, y in zip(outputs, targets, strict=True)])
    J.label = "J"
    return J


def claim_4() -> list[Figure]:
    """Each formula against the graph; other activations and weights; the other loss."""
    net = random_net(14)
    net.J.backward()
    hand = formulas(net, SLOPES[0][1])
    other = random_net(14, loss=cross_entropy)
    other.J.backward()
    delta2, a2 = grads(other.z2), data(other.a2)
    return [
        close("delta2", "(a2-y) a2 (1-a2)", grads(net.z2), hand.delta2,
              note="Two inputs, three hidden nodes with tanh, two outputs; a column for each vector, W x."),
        close("delta1", "W2^T delta2 * g'(z1)", grads(net.z1), hand.delta1),
        close("dJ/dW2", "delta2 a1^T", grads(net.W2), hand.dW2),
        close("dJ/dW1", "delta1 x^T", grads(net.W1), hand.dW1),
        close("dJ/db2", "delta2", grads(net.b2), hand.delta2),
        close("dJ/db1", "delta1", grads(net.b1), hand.delta1),
        holds("largest difference", None, (worst := largest_difference()), worst < 1e-12,
              note="Over 60 networks: 20 sets of weights, with tanh, sigmoid and ReLU in the hidden layer."),
        close("delta2, other loss", "(a2-y) a2 (1-a2)", delta2, (a2 - TARGETS) * a2 * (1 - a2), should_agree=False,
              note="The formula belongs to J = (a2 - y)^2 / 2. The document gives the slope of the cross-entropy just "
              "before it and does not say that delta2 changes with it:"),
        close("the same", None, delta2, a2 - TARGETS,
              note="with cross-entropy a2 (1-a2) cancels, and delta2 = a2 - y."),
    ]  # fmt: skip


TARGETS = np.array([1.0, 0.3])
SLOPES: list[tuple[Callable[[Any], Any], Callable[[Floats], Floats]]] = [
    (tanh, lambda z: 1 - np.tanh(z) ** 2),
    (sigmoid, lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    (relu, lambda z: (z > 0).astype(float)),
]


def largest_difference() -> float:
    """The largest difference between formula and gradient, over three activations and 20 sets of weights."""
    worst = 0.0
    for seed in range(20):
        for activation, slope in SLOPES:
            net = random_net(seed, activation)
            net.J.backward()
            nodes = (net.z2, net.z1, net.W2, net.W1)
            for found, by_hand in zip(map(grads, nodes), formulas(net, slope), strict=True):
                worst = max(worst, float(np.abs(found - by_hand).max()))
    return worst


# --- 1.2, 1.5: a batch, X W ------------------------------------------------------------------------------------


class Batch(NamedTuple):
    """Two layers of sigmoids on a batch of m examples, k outputs each; a bias is a row."""

    X: Floats
    W1: Any
    b1: Any
    A1: Any
    W2: Any
    b2: Any
    A2: Any
    Y: Floats


def batch_net(m: int, k: int) -> Batch:
    """A network with two inputs and three hidden nodes; numbers from a fixed seed."""
    draw = np.random.RandomState(15)  # its stream is frozen, as default_rng's is not
    W1, b1, W2, b2 = (array(draw.uniform(-1, 1, shape)) for shape in ((2, 3), (1, 3), (3, k), (1, k)))
    X, Y = draw.uniform(-1, 1, (m, 2)), draw.uniform(0, 1, (m, k))
    A1: Any = sigmoid(X @ W1 + b1)
    A2: Any = sigmoid(A1 @ W2 + b2)
    return Batch(X, W1, b1, A1, W2, b2, A2, Y)


class Updates(NamedTuple):
    """What is subtracted from each parameter, before the learning rate."""

    W1: Floats
    b1: Floats
    W2: Floats
    b2: Floats


def its_updates(net: Batch) -> Updates:
    """The document's function in words of ours: products over the batch for weights, means over it for biases."""
    A1, A2 = data(net.A1), data(net.A2)
    D2 = (A2 - net.Y) * A2 * (1 - A2)
    D1 = D2 @ data(net.W2).T * A1 * (1 - A1)
    return Updates(net.X.T @ D1, D1.mean(axis=0, keepdims=True), A1.T @ D2, D2.mean(axis=0, keepdims=True))


def gradients(net: Batch, loss: Value) -> Updates:
    """The gradients of a loss with respect to each parameter."""
    parameters = (net.W1, net.b1, net.W2, net.b2)
    for v in [v for several in parameters for v in several.ravel()]:
        v.zero_grad()
    loss.backward()
    return Updates(*map(grads, parameters))


def claim_5(m: int = 4) -> list[Figure]:
    """The function's updates beside the gradients of the summed and of the averaged loss."""
    net = batch_net(m, k=1)
    summed_loss = 0.5 * ((net.A2 - net.Y) ** 2).sum()
    updates, summed = its_updates(net), gradients(net, summed_loss)
    averaged = gradients(net, summed_loss / m)
    ratios = np.concatenate([(summed.b1 / updates.b1).ravel(), (summed.b2 / updates.b2).ravel()])
    return [
        close("d sum/dW2", "A1^T delta2", summed.W2, updates.W2,
              note=f"A batch of {m} as X W, an example in each row. The matrix product adds the examples up: the "
              "weights get the gradient of the summed loss."),
        close("d sum/dW1", "X^T delta1", summed.W1, updates.W1),
        close("d sum/db2", "mean of delta2", summed.b2, updates.b2, should_agree=False,
              note="The biases get a mean instead. Against the gradient of the same loss,"),
        close("d sum/db1", "mean of delta1", summed.b1, updates.b1, should_agree=False),
        close("d sum/db : update", None, ratios, np.full(4, float(m)),
              note=f"they move {m} times less than it says, m times for a batch of m."),
        close("d mean/db2", "mean of delta2", averaged.b2, updates.b2,
              note="It is the gradient of the loss averaged over the batch. One function descends two losses at "
              "once; sum both, or average both."),
        close("d mean/db1", "mean of delta1", averaged.b1, updates.b1),
    ]  # fmt: skip


def claim_2() -> list[Figure]:
    """a - y belongs to half the squared error; what the function returns has another factor."""
    slopes = []
    for factor in (0.5, 1.0):
        a = Value(0.646, "a")
        (factor * (a - 0.8) ** 2).backward()
        slopes.append(a.grad)
    figures = [
        close("J = (a-y)^2 / 2", "a - y", slopes[0], 0.646 - 0.8, 1e-15, note="At a = 0.646, y = 0.8."),
        close("J = (a-y)^2", "a - y", slopes[1], 0.646 - 0.8, 1e-15, should_agree=False,
              note="The squared error itself has slope 2(a - y); a - y needs the half, which the document leaves out."),
    ]  # fmt: skip
    for m, k in ((4, 3), (1, 1)):
        net = batch_net(m, k)
        updates, mean = its_updates(net), gradients(net, ((net.A2 - net.Y) ** 2).mean())
        weights = np.concatenate([(mean.W1 / updates.W1).ravel(), (mean.W2 / updates.W2).ravel()])
        biases = np.concatenate([(mean.b1 / updates.b1).ravel(), (mean.b2 / updates.b2).ravel()])
        figures += [
            close(f"weights, m={m}, k={k}", None, [weights.min(), weights.max()], [2 / (m * k)] * 2,
                  note="The gradient of what its function returns, mean(error^2), divided by the step that the "
                  "function takes, smallest and largest over all weights: 2/(m k) for a batch of m with k outputs,"
                  if m > 1 else "Only for a single example with a single output is it the factor 2 of the square."),
            close(f"biases, m={m}, k={k}", None, [biases.min(), biases.max()], [2 / k] * 2,
                  note="and 2/k for the biases, whose step is a mean already (1.5)." if m > 1 else ""),
        ]  # fmt: skip
    return figures
