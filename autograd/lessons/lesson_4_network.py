"""The claims of lesson 4 that run a network: one example, and a batch in NumPy.

The document writes W X: parameters have a row for each node, and a batch has an example in each column.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..compiler import compile
from ..engine.value import Value
from ..functions.arrays import array, data, grads
from ..functions.elementary import log, relu
from .claims import Figure, Graph, close, exactly, holds
from .matrices import Form, found, same_gradients
from .networks import TwoLayer, two_layer
from .paths import named

__all__ = ["batch", "claim_5", "claim_6", "example"]


class Parameters(NamedTuple):
    """Of a network with one hidden layer; floats, or Values, or gradients."""

    W1: Any
    b1: Any
    W2: Any
    b2: Any


class Passed(NamedTuple):
    """What a forward pass leaves behind."""

    Z1: Any
    A1: Any
    Z2: Any
    A2: Any


# The 2-3-1 network: the document gives shapes and no numbers, so these are ours; the second hidden node is off.
START = Parameters(
    W1=[[0.5, -0.2], [-0.8, 0.1], [0.3, 0.6]], b1=[0.1, 0.2, -0.4], W2=[[0.7, -0.5, 0.9]], b2=[-0.3]
)  # fmt: skip
X, Y = [1.0, 2.0], 1.0


def columns(p: Parameters) -> Parameters:
    """The biases as columns, as W X + b needs them."""
    return Parameters(np.array(p.W1), np.array(p.b1)[:, None], np.array(p.W2), np.array(p.b2)[:, None])


def as_values(p: Parameters) -> Parameters:
    """Arrays of labelled Values, new ones."""
    return Parameters(*[array(numbers, name) for name, numbers in zip(p._fields, p, strict=True)])


# --- 4.5: one example ----------------------------------------------------------------------------------------


def cross_entropy(outputs: Any, targets: Any) -> Value:
    """-[y log a + (1-y) log(1-a)] of one output."""
    (a,), (y,) = outputs, targets
    loss: Value = -(y * log(a) + (1 - y) * log(1 - a))
    loss.label = "L"
    return loss


def network() -> TwoLayer:
    """x -> z1 -> ReLU -> z2 -> sigmoid -> L."""
    return two_layer(*START, X, [Y], relu, cross_entropy)


def example() -> Graph:
    """The 2-3-1 network and its nodes by label."""
    return named(network().J)


def claim_5() -> list[Figure]:
    """All gradients of the 2-3-1 network against the document's formulas, and every shape."""
    net = network()
    net.J.backward()
    a1, a2 = data(net.a1), data(net.a2)
    dz2 = a2 - Y
    da1 = data(net.W2).T @ dz2
    dz1 = da1 * (data(net.z1) > 0)
    p = as_values(columns(START))
    x = array([[v] for v in X])
    passed = forward(x, p)
    return [
        holds("layer 1", "(3 x 2)(2 x 1) + (3 x 1)", shape_of(p.W1, x, p.b1),
              shape_of(p.W1, x, p.b1) == "(3 x 2)(2 x 1) + (3 x 1)", note="W x + b: x and b are columns."),
        holds("layer 2", "(1 x 3)(3 x 1) + (1 x 1)", shape_of(p.W2, passed.A1, p.b2),
              shape_of(p.W2, passed.A1, p.b2) == "(1 x 3)(3 x 1) + (1 x 1)"),
        exactly("shapes of z1, z2", "(3 x 1), (1 x 1)", [passed.Z1.shape, passed.Z2.shape], [[3, 1], [1, 1]]),
        close("a2", "sigma(z2)", net.a2, data(passed.A2)[0], note="Neuron by neuron, and as W X in NumPy."),
        close("L", "-[y log a2 + ...]", net.J, -np.log(a2[0]), note="y is 1, so the second term is 0."),
        close("dL/dz2", "a2 - y", grads(net.z2), dz2, 1e-15),
        close("dL/dW2", "dL/dz2 a1^T", grads(net.W2), np.outer(dz2, a1), 1e-15),
        close("dL/db2", "dL/dz2", grads(net.b2), dz2, 1e-15),
        close("dL/da1", "W2^T dL/dz2", grads(net.a1), da1, 1e-15),
        close("dL/dz1", "dL/da1 * (z1 > 0)", grads(net.z1), dz1, 1e-15, note="The second hidden node is off."),
        close("dL/dW1", "dL/dz1 x^T", grads(net.W1), np.outer(dz1, X), 1e-15),
        close("dL/db1", "dL/dz1", grads(net.b1), dz1, 1e-15),
        exactly("shapes of dW2, dW1", "(1 x 3), (3 x 2)", [grads(net.W2).shape, grads(net.W1).shape],
                [[1, 3], [3, 2]]),
    ]  # fmt: skip


def shape_of(W: Any, a: Any, b: Any) -> str:
    """The shapes in W a + b."""
    by = [" x ".join(map(str, matrix.shape)) for matrix in (W, a, b)]
    return f"({by[0]})({by[1]}) + ({by[2]})"


# --- 4.6: a batch in NumPy -----------------------------------------------------------------------------------


def forward(X: Any, p: Parameters) -> Passed:
    """W X + b, ReLU, W A + b, sigmoid. It knows only NumPy, and takes floats and Values alike."""
    Z1 = np.dot(p.W1, X) + p.b1
    A1 = np.maximum(0, Z1)
    Z2 = np.dot(p.W2, A1) + p.b2
    return Passed(Z1, A1, Z2, 1 / (1 + np.exp(-Z2)))


def cost(A2: Any, Y: Any) -> Any:
    """The binary cross-entropy, averaged over the batch."""
    return -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / Y.shape[1]


def backward(X: Any, Y: Any, p: Parameters, passed: Passed) -> tuple[Parameters, Any]:
    """The gradients by hand, for floats: those of the parameters averaged over the batch; and dZ2, which isn't."""
    m = X.shape[1]
    dZ2 = passed.A2 - Y
    dZ1 = (p.W2.T @ dZ2) * (passed.Z1 > 0)
    return Parameters(
        dZ1 @ X.T / m, dZ1.sum(axis=1, keepdims=True) / m, dZ2 @ passed.A1.T / m, dZ2.sum(axis=1, keepdims=True) / m
    ), dZ2


class Data(NamedTuple):
    """A batch: an example in each column."""

    X: Any
    Y: Any


def examples(m: int = 8) -> Data:
    """Points of the plane, in class 1 if their coordinates have the same sign."""
    X = np.random.default_rng(46).uniform(-1, 1, (2, m))
    return Data(X, (X[:1] * X[1:] > 0).astype(float))


def random_start() -> Parameters:
    """Small random weights; the document calls an initialize_parameters that it does not show."""
    draw = np.random.default_rng(64)
    return Parameters(draw.normal(size=(3, 2)), np.zeros((3, 1)), draw.normal(size=(1, 3)), np.zeros((1, 1)))


def batch(m: int = 2) -> Graph:
    """The averaged cost of a batch, made by NumPy's own operators out of arrays of Values."""
    given = examples(m)
    passed = forward(given.X, as_values(columns(START)))
    for name, nodes in zip(passed._fields, passed, strict=True):
        for (i, j), node in np.ndenumerate(nodes):
            node.label = f"{name}[{i},{j}]"
    J: Value = cost(passed.A2, given.Y)
    J.label = "J"
    return named(J)


class Run(NamedTuple):
    """The costs of a training run, and where it ended."""

    costs: list[float]
    end: Parameters


def train(start: Parameters, steps: int, rate: float = 0.5, by_hand: bool = False) -> Run:
    """Plain gradient descent, with the engine's gradients or with those derived by hand."""
    given, p, costs = examples(), start, []
    for _ in range(steps):
        if by_hand:
            passed = forward(given.X, p)
            costs.append(float(cost(passed.A2, given.Y)))
            slopes, _ = backward(*given, p, passed)
        else:
            values = as_values(p)
            J = cost(forward(given.X, values).A2, given.Y)
            J.backward()
            costs.append(J.data)
            slopes = Parameters(*map(grads, values))
        p = Parameters(*[old - rate * slope for old, slope in zip(p, slopes, strict=True)])
    return Run(costs, p)


def claim_6() -> list[Figure]:
    """NumPy code run on Values against its hand-written backward; a training run; a start from zeros."""
    given, p = examples(), random_start()
    m = given.X.shape[1]
    values = as_values(p)
    passed, plain = forward(given.X, values), forward(given.X, p)
    J = cost(passed.A2, given.Y)
    J.backward()
    by_hand, dZ2 = backward(*given, p, plain)
    figures = [
        close("A2", "forward_propagation", passed.A2, plain.A2,
              note="One function of np.dot, np.maximum and np.exp, run unchanged on Values and on floats. W X: an "
              "example in each column, here 8 of them."),
        close("cost", "cost", J, cost(plain.A2, given.Y),
              note="The document's train() divides by an m that it never sets, and gets its start from an "
              "initialize_parameters that it does not show."),
    ]  # fmt: skip
    figures += [
        close(f"d{name}", f"d{name}", grads(getattr(values, name)), getattr(by_hand, name)) for name in p._fields
    ]
    figures += [
        close("m * dJ/dZ2", "dZ2 = A2 - Y", m * grads(passed.Z2), dZ2,
              note="Its dZ is m times the gradient of the averaged cost; the 1/m comes in with dW and db."),
        close("m * dJ/db2", "sum over batch", m * grads(values.b2), dZ2.sum(axis=1, keepdims=True),
              note="Its recursion says to sum the bias over the batch, its code and its section on batches to "
              "average. With a cost averaged over the batch the gradient is the average, as in the code."),
    ]  # fmt: skip
    return figures + _compiled() + _training(p)


def _compiled() -> list[Figure]:
    """What the compiler finds in the graph that NumPy's operators recorded, and its gradients."""
    m = 100
    given, p = examples(m), random_start()
    values = as_values(p)
    J = cost(forward(given.X, values).A2, given.Y)
    J.backward()
    by_hand, _ = backward(*given, p, forward(given.X, p))
    program = compile(J)
    forms: list[Form] = [
        ("layer 1, found", "Z1 = np.dot(W1, X) + b1", f"Z1 = W1 X + b1, (3x2)(2x{m})+(3x1)"),
        ("layer 2, found", "Z2 = np.dot(W2, A1) + b2", f"Z2 = W2 A1 + b2, (1x3)(3x{m})+(1x1)"),
        ("layer 2, backward", "dW2 = (1/m) dZ2 A1^T, db2 = (1/m) sum dZ2, dA1 = W2^T dZ2",
         "dW2 = dZ2 A1^T, dA1 = W2^T dZ2, db2 = sum of dZ2 over the batch"),
        ("through the ReLU", "dZ1 = dA1 * relu_derivative(Z1)", "dZ1 = dA1 * maximum'(0, Z1)"),
        ("layer 1, backward", "dW1 = (1/m) dZ1 X^T, db1 = (1/m) sum dZ1",
         "dW1 = dZ1 X^T, db1 = sum of dZ1 over the batch"),
    ]  # fmt: skip
    return [
        *found(program, forms,
               "100 examples, and the scalar graph that the same function records: autograd.compile reads it, and "
               "program.describe() shows the matrices that it found. W X again. The document's 1/m is in dZ here: dZ "
               "is the gradient of the averaged cost."),
        *same_gradients(program, values._asdict(), by_hand._asdict()),
    ]  # fmt: skip


def _training(p: Parameters) -> list[Figure]:
    run, same = train(p, 100), train(p, 100, by_hand=True)
    zeros = Parameters(*[np.zeros_like(part) for part in p])
    stuck = train(zeros, 100)
    return [
        holds("cost, first and last", "training", [run.costs[0], run.costs[-1]], run.costs[-1] < 0.25 * run.costs[0],
              note="100 steps with learning rate 0.5."),
        close("the same by hand", None, run.costs[-1], same.costs[-1], 1e-12),
        holds("from zeros: W1, W2", None, [stuck.end.W1, stuck.end.W2],
              not stuck.end.W1.any() and not stuck.end.W2.any(),
              note="What if the missing initialize_parameters gave zeros? Both weight matrices stay at 0 for ever: W2 "
              "= 0 lets no gradient through to W1, and A1 = 0 gives W2 none."),
        holds("from zeros: cost", None, [stuck.costs[0], stuck.costs[-1]], stuck.costs[-1] > 0.5,
              note="Only b2 moves, so every example gets the same prediction."),
    ]  # fmt: skip
