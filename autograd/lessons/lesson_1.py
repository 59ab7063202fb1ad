"""Lesson 1: the chain rule and the delta rule."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import nn
from ..checking.check import check_derivative
from ..engine.graph import topological_order
from ..engine.value import Value
from ..functions.arrays import array, data, grads
from ..functions.derivatives import grad
from ..functions.elementary import dot, log, relu, sigmoid, sum, tanh
from ..nn import init, losses
from ..reading.paths import path_products
from ..render import matrix_svg, norms_svg
from ..render.rows import graph_rows
from .claims import Claims, Figure, Graph, Lesson, Nodes, close, exactly, holds, printed, shown, worked
from .examples import (
    chain,
    descend,
    edges,
    half_squared_error,
    judged,
    loss_svg,
    named,
    refused,
    repeated,
    slip_of,
    two_layer,
    uniform,
    verdict,
)

__all__ = ["LESSON"]

Floats = NDArray[np.float64]

claim = Claims()


def one_neuron() -> Graph:
    """x -> z = w x + b -> a = sigmoid(z) -> J = (a - y)^2 / 2; the numbers are ours."""
    x, y = Value(1.5, "x", constant=True), Value(1.0, "y", constant=True)
    w, b = Value(0.8, "w"), Value(-0.2, "b")
    z = dot([w], [x], b)
    a = sigmoid(z)
    return named(half_squared_error([a], [y]), z=z, a=a)


@claim(
    "1.1", "One neuron: the chain rule as three factors",
    "The gradient of a weight is the loss's slope in the activation, times the activation's slope in z, times z's "
    "slope in the weight: dJ/dw = dJ/da da/dz dz/dw.",
    one_neuron,
    idea="Each factor looks at one step of the computation only, so it can be worked out without knowing the others.",
)  # fmt: skip
def claim_1(J: Value, n: Nodes) -> list[Figure]:
    (dJ_da, da_dz, dz_dw), product = chain(J, n.a, n.z, n.w)
    a = n.a.data
    return [
        close("dJ/da", None, dJ_da, a - 1.0, 1e-15, note="J = (a - y)^2 / 2 with y = 1; the numbers are ours."),
        close("da/dz", None, da_dz, a * (1 - a), 1e-15),
        exactly("dz/dw", None, dz_dw, 1.5, note="This is the input x."),
        exactly("product", "dJ/da da/dz dz/dw", product, n.w.grad,
                note="The gradient that the backward pass left in w is the same product, to the last bit."),
    ]  # fmt: skip


# --- 1.2, 1.5: a batch, X W -------------------------------------------------------------------------------------------


def batch(m: int, k: int, loss: Callable[[Any], Value]) -> tuple[list[Floats], list[Floats]]:
    """Two layers of sigmoids on a batch of m examples, k outputs each, and a loss of A2 - Y.

    Returns what the document's function subtracts from W1, W2, b1 and b2, before the learning rate: products for the
    weights, means for the biases; and the gradients of the loss.
    """
    draw = np.random.RandomState(15)  # its stream is frozen, as default_rng's is not
    W1, b1, W2, b2 = (array(draw.uniform(-1, 1, shape)) for shape in ((2, 3), (1, 3), (3, k), (1, k)))
    X, Y = draw.uniform(-1, 1, (m, 2)), draw.uniform(0, 1, (m, k))
    hidden: Any = sigmoid(X @ W1 + b1)
    output: Any = sigmoid(hidden @ W2 + b2)
    loss(output - Y).backward()
    A1, A2 = data(hidden), data(output)
    D2 = (A2 - Y) * A2 * (1 - A2)
    D1 = D2 @ data(W2).T * A1 * (1 - A1)
    steps = [X.T @ D1, A1.T @ D2, D1.mean(axis=0, keepdims=True), D2.mean(axis=0, keepdims=True)]
    return steps, [grads(part) for part in (W1, W2, b1, b2)]


@claim(
    "1.2", "The slope of the mean squared error",
    "For mean squared error dJ/da = a - y; its function returns the mean of the squared errors.",
    idea="Squaring brings a factor 2 and a mean divides by what it counts. Only for half the squared error of one "
    "output do the two cancel.",
    errs="a - y is the slope of half the squared error, not of its mean",
)  # fmt: skip
def claim_2() -> list[Figure]:
    half, whole = (grad(lambda a, factor=factor: factor * (a - 0.8) ** 2)(0.646) for factor in (0.5, 1.0))
    figures = [
        close("dJ/da, J = (a-y)^2 / 2", "a - y", half, 0.646 - 0.8, 1e-15, note="At a = 0.646, y = 0.8."),
        close("dJ/da, J = (a-y)^2", "a - y", whole, 0.646 - 0.8, 1e-15, should_agree=False),
    ]
    for m, k in ((4, 3), (1, 1)):
        steps, slopes = batch(m, k, lambda error: (error**2).mean())
        W1, W2, b1, b2 = (slope / step for slope, step in zip(slopes, steps, strict=True))
        weights, biases = np.append(W1, W2), np.append(b1, b2)
        figures += [
            close(f"weights, m={m}, k={k}", None, [weights.min(), weights.max()], [2 / (m * k)] * 2,
                  note="The gradient of what its function returns, divided by the step that the function takes; the "
                  "smallest and the largest such factor. It is 2/(m k) for a batch of m with k outputs."
                  if m > 1 else "Only for one example with one output is it the factor 2 of the square."),
            close(f"biases, m={m}, k={k}", None, [biases.min(), biases.max()], [2 / k] * 2,
                  note="It is 2/k for the biases, whose step is a mean already (1.5)." if m > 1 else ""),
        ]  # fmt: skip
    return figures


def cross_entropy() -> Graph:
    """J = -y log a - (1 - y) log(1 - a) at a = 0.646 and y = 0.8."""
    y, a = Value(0.8, "y", constant=True), Value(0.646, "a")
    J = -y * log(a) - (1 - y) * log(1 - a)
    return named(J, J=J)


@claim(
    "1.3", "The slope of the cross-entropy", "For cross-entropy dJ/da = -y/a + (1-y)/(1-a).", cross_entropy,
    idea="The slope of log a is 1/a, so a confident wrong answer gets a very steep slope; at a = y it is 0.",
)  # fmt: skip
def claim_3(_: Value, n: Nodes) -> list[Figure]:
    a, y = n.a.data, n.y.data
    return [close("dJ/da", "-y/a + (1-y)/(1-a)", n.a.grad, -y / a + (1 - y) / (1 - a), 1e-14,
                  note="At a = 0.646, y = 0.8.")]  # fmt: skip


# --- 1.4: the delta rule for one example, W x -------------------------------------------------------------------------

TARGETS = np.array([1.0, 0.3])
SLOPES: list[tuple[Callable[[Any], Any], Callable[[Floats], Floats]]] = [
    (tanh, lambda z: 1 - np.tanh(z) ** 2),
    (sigmoid, lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    (relu, lambda z: (z > 0).astype(float)),
]


def random_net(seed: int = 14, hidden: Callable[[Any], Any] = tanh, loss: Any = half_squared_error) -> Graph:
    """Two inputs, three hidden nodes, two sigmoid outputs."""
    draw = random.Random(seed)
    W1, b1, W2, b2, x = (uniform(draw, *shape) for shape in ((3, 2), (3,), (2, 3), (2,), (2,)))
    return two_layer(W1, b1, W2, b2, x, TARGETS, hidden, loss)


def formulas(n: Nodes, slope: Callable[[Floats], Floats]) -> dict[str, Floats]:
    """delta2 = (a2 - y) a2 (1 - a2), delta1 = W2^T delta2 * g'(z1), and their outer products with the inputs."""
    a2 = data(n.a2)
    delta2 = (a2 - TARGETS) * a2 * (1 - a2)
    delta1 = data(n.W2).T @ delta2 * slope(data(n.z1))
    return {"z2": delta2, "z1": delta1, "W2": np.outer(delta2, data(n.a1)), "W1": np.outer(delta1, data(n.x))}


def largest_difference() -> float:
    """The largest difference between formula and gradient, over three activations and 20 sets of weights."""
    worst = 0.0
    for seed in range(20):
        for activation, slope in SLOPES:
            _, n = worked(random_net(seed, activation))
            for name, by_hand in formulas(n, slope).items():
                worst = max(worst, float(np.abs(grads(getattr(n, name)) - by_hand).max()))
    return worst


@claim(
    "1.4", "The delta rule for two layers",
    "With a sigmoid at the output delta2 = (a2-y) a2 (1-a2) and delta1 = W2^T delta2 * g'(z1); the gradients are "
    "dW2 = delta2 a1^T, dW1 = delta1 x^T, db2 = delta2 and db1 = delta1.",
    random_net,
    idea="delta is the loss's slope in z. W2^T shares it out to the nodes below, each by the weight that leads to it, "
    "and g' lets through what that node's activation passes.",
    omits="that this delta2 belongs to J = (a2 - y)^2 / 2; with the cross-entropy that it also gives, delta2 = a2 - y",
)  # fmt: skip
def claim_4(_: Value, n: Nodes) -> list[Figure]:
    hand = formulas(n, SLOPES[0][1])
    _, other = worked(random_net(loss=lambda outputs, targets: sum(
        [-y * log(a) - (1 - y) * log(1 - a) for a, y in zip(outputs, targets, strict=True)]
    )))  # fmt: skip
    delta2, a2 = grads(other.z2), data(other.a2)
    return [
        close("delta2", "(a2-y) a2 (1-a2)", grads(n.z2), hand["z2"],
              note="Two inputs, three hidden nodes with tanh, two outputs; a column for each vector, W x."),
        close("delta1", "W2^T delta2 * g'(z1)", grads(n.z1), hand["z1"]),
        close("dJ/dW2", "delta2 a1^T", grads(n.W2), hand["W2"]),
        close("dJ/dW1", "delta1 x^T", grads(n.W1), hand["W1"]),
        close("dJ/db2", "delta2", grads(n.b2), hand["z2"]),
        close("dJ/db1", "delta1", grads(n.b1), hand["z1"]),
        holds("largest difference", None, largest_difference(), lambda difference: difference < 1e-12,
              note="Over 60 networks: 20 sets of weights, with tanh, sigmoid and ReLU in the hidden layer."),
        close("delta2, cross-entropy", "(a2-y) a2 (1-a2)", delta2, (a2 - TARGETS) * a2 * (1 - a2),
              should_agree=False),
        close("delta2 is a2 - y there", None, delta2, a2 - TARGETS,
              note="The slope of the cross-entropy holds a2 (1-a2) below the line, which cancels the sigmoid's."),
    ]  # fmt: skip


@claim(
    "1.5", "Its function on a batch",
    "Its NumPy function updates weights with a matrix product over the batch, A1^T delta2, and biases with the mean of "
    "delta2.",
    idea="A matrix product adds the examples up, so the weights follow the summed loss; a mean divides by their number "
    "m, so the biases follow the averaged loss. One function descends two losses at once; sum both, or average both.",
    errs="biases move m times less than the loss says, for a batch of m",
)  # fmt: skip
def claim_5() -> list[Figure]:
    (W1, W2, b1, b2), summed = batch(4, 1, lambda error: 0.5 * (error**2).sum())
    _, averaged = batch(4, 1, lambda error: 0.5 * (error**2).sum() / 4)
    ratios = np.append(summed[2] / b1, summed[3] / b2)
    return [
        close("dJ_sum/dW2", "A1^T delta2", summed[1], W2,
              note="J_sum is the loss summed over a batch of 4, given as X W with an example in each row."),
        close("dJ_sum/dW1", "X^T delta1", summed[0], W1),
        close("dJ_sum/db2", "mean of delta2", summed[3], b2, should_agree=False),
        close("dJ_sum/db1", "mean of delta1", summed[2], b1, should_agree=False),
        close("dJ_sum/db over its step", None, ratios, np.full(4, 4.0), note="For each of the four biases."),
        close("dJ_mean/db2", "mean of delta2", averaged[3], b2, note="J_mean is the loss averaged over the batch."),
        close("dJ_mean/db1", "mean of delta1", averaged[2], b1),
    ]  # fmt: skip


# --- 1.6, 1.7: slopes -------------------------------------------------------------------------------------------------


slope = grad(sigmoid)


@claim(
    "1.6", "The sigmoid and its slope",
    "The slope sigma(z) (1 - sigma(z)) is 0.25 at 0, where it is largest, 0.1966 at 1 and 0.045 at 3; "
    "sigma(1) = 0.7311.",
    lambda: named(a := sigmoid(Value(1.0, "z")), a=a),
    idea="The sigmoid flattens towards 0 and 1. A neuron that is sure of itself, either way, hardly learns.",
)  # fmt: skip
def claim_6(a: Value, n: Nodes) -> list[Figure]:
    return [
        printed("sigmoid'(0)", "0.25", slope(0.0)),
        exactly("sigmoid''(0)", None, abs(grad(slope)(0.0)), 0.0,
                note="At its maximum a slope has slope 0: found by differentiating the gradient's own graph."),
        holds("largest slope", "0.25", max(slope(k / 10) for k in range(-100, 101)), lambda largest: largest == 0.25,
              note="Of 201 slopes from z = -10 to 10."),
        printed("sigmoid(1)", "0.7311", a),
        printed("sigmoid'(1)", "0.1966", n.z.grad),
        printed("sigmoid'(3)", "0.045", slope(3.0)),
    ]  # fmt: skip


def four_slopes() -> Graph:
    """A chain of four nodes, each 0.2 times the one before it."""
    return repeated(lambda h, _: 0.2 * h, 4, label="h")


def picture_7() -> str:
    """What is left of the gradient at each node."""
    _, n = worked(four_slopes())
    norms = {f"dh4/d{name}": abs(n[name].grad) for name in ("x", "h1", "h2", "h3", "h4")}
    return norms_svg(norms, title="A gradient that shrinks to a fifth per layer", note="from the input to the output")


@claim(
    "1.7", "A gradient that shrinks to a fifth per layer",
    "Four layers with a factor of 0.2 each leave 0.2, 0.04, 0.008 and 0.0016 of a gradient.",
    four_slopes, picture=picture_7,
    idea="The chain rule multiplies one factor for each layer, and a product of small factors shrinks exponentially.",
    omits="that its layer 1 is the last one here, and the first one everywhere else",
)  # fmt: skip
def claim_7(_: Value, n: Nodes) -> list[Figure]:
    return [
        printed("layer 1: dh4/dh3", "0.2", n.h3.grad),
        printed("layer 2: dh4/dh2", "0.04", n.h2.grad),
        printed("layer 3: dh4/dh1", "0.008", n.h1.grad),
        printed("layer 4: dh4/dx", "0.0016", n.x.grad),
    ]


# --- 1.8, 1.9, 1.12: the worked example, every printed digit met ------------------------------------------------------

W1, W2 = [[0.4, 0.2], [0.2, 0.2]], [0.95, 0.8]
X, Y, ALPHA = [1.0, 0.5], 0.8, 0.1
B2 = 0.6 - dot(W2, [sigmoid(dot(row, X)) for row in W1])  # what makes z2 = 0.6


def network() -> Graph:
    """The example's network, with weights of ours that meet every digit that the document prints."""
    return two_layer(W1, [0.0, 0.0], [W2], [B2], X, [Y])


@claim(
    "1.8", "The worked example: two inputs, two hidden nodes, one output",
    "With x = [1, 0.5] and y = 0.8 it prints the forward values z1, a1, z2 and a2, the two deltas, and the gradients "
    "of W2 and W1, to three decimals.",
    network,
    idea="Everything but delta1 follows from z1 and z2. delta1 needs W2, too; its printed digits leave W2 and b2 a "
    "narrow range each.",
    errs='"delta2" names two numbers, -0.154 and -0.035; the second is meant',
    omits="the weights, so that nobody can compute its numbers again; ours meet every digit",
)  # fmt: skip
def claim_8(J: Value, n: Nodes) -> list[Figure]:
    error = chain(J, n.a2).product
    return [
        exactly("weights, ours", None, [n.W1, n.W2[0], n.b2], [W1, W2, 0.6 - dot(*data([n.W2[0], n.a1]))],
                note="W1, W2 and b2; b1 is 0. They are one choice of many."),
        printed("z1", "[0.5, 0.3]", n.z1),
        printed("a1", "[0.622, 0.574]", n.a1, note="The document rounds, here and below."),
        printed("z2", "0.6", n.z2),
        printed("a2", "0.646", n.a2),
        printed("a2 - y", "-0.154", error),
        printed("sigma'(z2)", "0.229", chain(n.a2, n.z2).product),
        printed("delta2 = dJ/dz2", "-0.035", n.z2.grad),
        printed("delta1 = dJ/dz1", "[-0.008, -0.007]", grads(n.z1)),
        printed("dJ/dW2", "[-0.022, -0.020]", grads(n.W2)[0]),
        printed("dJ/dW1", "[[-0.008, -0.004], [-0.007, -0.003]]", grads(n.W1),
                note="A row for each hidden node. The last one is half of -0.0069, which is -0.00345 and rounds to "
                "-0.003, although half of the printed -0.007 would be -0.0035."),
        *_freedom(n, error),
    ]  # fmt: skip


def slopes_of_a1(n: Nodes) -> Floats:
    """sigma'(z1), from the graph."""
    return np.array([chain(a, z).product for a, z in zip(n.a1, n.z1, strict=True)])


def _freedom(n: Nodes, error: float) -> list[Figure]:
    """How far the printed digits fix the weights, and what the text read to the letter would need."""
    slopes = slopes_of_a1(n)
    # delta1 = W2 delta2 sigma'(z1): its printed digits bound it, and so W2. The -0.003 of dW1, half of delta1[2],
    # must not reach -0.0035, which is the tighter bound for the second weight.
    low, high = np.array([[-0.0075, -0.0065], [-0.0085, -0.007]]) / (n.z2.grad * slopes)
    biases = [0.6 - dot(end, data(n.a1)) for end in (high, low)]
    return [
        holds("W2[1,1] lies in", None, [low[0], high[0]], low[0] <= W2[0] <= high[0],
              note="Any W2 and b2 in these ranges print the same digits, once b2 makes z2 = 0.6."),
        holds("W2[1,2] lies in", None, [low[1], high[1]], low[1] <= W2[1] <= high[1]),
        holds("b2 lies in", None, biases, biases[0] <= B2 <= biases[1]),
        printed("delta1 from -0.154", "[-0.008, -0.007]", np.array(W2) * error * slopes, should_agree=False,
                note="With -0.154 as delta2 the same weights give four times as much."),
        shown("W2 for that reading", grads(n.z1) / (error * slopes),
              note="What W2 would have to be near for delta1 to come out from -0.154."),
    ]  # fmt: skip


@claim(
    "1.9", "What its names mean, and the step it leads to",
    "W2^T delta2 * sigma'(z1) is called the hidden error, and the gradients are called weight updates; with "
    "alpha = 0.1 every parameter moves by -alpha times its gradient.",
    idea="dJ/da1 = W2^T delta2 is the error that arrives at a hidden node, delta1 = dJ/dz1 what is left of it behind "
    "the slope sigma'. A gradient points uphill; the update is -alpha times it.",
    errs="its code's hidden error lacks sigma'; its weight updates are gradients",
)  # fmt: skip
def claim_9() -> list[Figure]:
    J, n = worked(network())
    error, delta2 = np.array(W2) * n.z2.grad, n.z2.grad
    W1_after, W2_after, b1_after = (data(part) - ALPHA * grads(part) for part in (n.W1, n.W2[0], n.b1))
    b2_after = n.b2.data - ALPHA * n.b2.grad
    after, _ = two_layer(W1_after, b1_after, [W2_after], [b2_after], X, [Y])
    return [
        close("dJ/da1", "W2^T delta2", grads(n.a1), error, 1e-15, note="The document's code calls this hidden_error."),
        printed("dJ/da1 in its example", "[-0.008, -0.007]", grads(n.a1), should_agree=False,
                note="What the example prints as hidden error is delta1, the code's hidden_delta."),
        close("delta1 = dJ/dz1", "W2^T delta2 sigma'(z1)", grads(n.z1), error * slopes_of_a1(n), 1e-15),
        printed("step of W2", "[-0.022, -0.020]", -ALPHA * grads(n.W2)[0], should_agree=False,
                note='The example heads its gradients "weight updates"; a weight moves by -0.1 times that.'),
        close("W2 after the step", "W2 - alpha dJ/dW2", W2_after, np.array(W2) - ALPHA * delta2 * data(n.a1), 1e-15),
        close("b2 after the step", "b2 - alpha dJ/db2", b2_after, B2 - ALPHA * delta2, 1e-15),
        holds("J before and after", None, [J, after], after < J,
              note="One step of all four, W1, b1, W2 and b2. The document stops before it."),
    ]  # fmt: skip


# --- 1.10: four cures for a vanishing gradient, each by itself on one deep network ------------------------------------

DEPTH, WIDTH, SAMPLES = 10, 8, 8

CURES: tuple[tuple[str, str | None, dict[str, Any], str], ...] = (
    ("ReLU", "ReLU activation", {"activation": nn.ReLU},
     "Its slope is 1 where it is on; the weights here are small and still shrink the gradient."),
    ("Xavier", "Xavier initialisation", {"xavier": True},
     "Its rule takes a slope of 1 for granted. A sigmoid has at most 0.25, so it helps little."),
    ("Xavier and tanh", None, {"xavier": True, "activation": nn.Tanh},
     "tanh has slope 1 at 0, and Xavier's rule does what it promises."),
    ("residual", "residual connections", {"residual": True}, "x + layer(x): the gradient has a way around each layer."),
    ("batch normalisation", "batch normalisation", {"norm": True},
     "Each z is brought to spread 1 over the batch, which undoes the small weights."),
)  # fmt: skip


def deep_net(activation: Any = nn.Sigmoid, xavier: bool = False, residual: bool = False, norm: bool = False) -> Any:
    """Ten layers of eight nodes and a linear output; every cure is one switch."""
    rng = np.random.default_rng(0)

    def linear(outputs: int) -> Any:
        made = nn.Linear(WIDTH, outputs)
        init.zeros(made.bias)
        if xavier:
            init.xavier_uniform(made.weight, rng=rng)
        else:
            init.uniform(made.weight, -0.5, 0.5, rng=rng)
        return made

    layers = []
    for _ in range(DEPTH):
        block = nn.Sequential(linear(WIDTH), *[nn.BatchNorm(WIDTH)] * norm, activation())
        layers.append(nn.Residual(block) if residual else block)
    return nn.Sequential(*layers, linear(1))


def samples() -> tuple[np.ndarray, np.ndarray]:
    """Eight inputs and targets, the same for every network."""
    rng = np.random.default_rng(1)
    x = rng.uniform(-1.0, 1.0, (SAMPLES, WIDTH))
    return x, x[:, :1] - x[:, 1:2]


@cache
def first_gradient(**switches: Any) -> tuple[float, float]:
    """The norm of the gradient of the first layer's weights, and of the last layer's."""
    net = deep_net(**switches)
    x, y = samples()
    losses.mse(net(x), y).backward()
    g = grads(net.parameters())
    return float(np.linalg.norm(g[: WIDTH * WIDTH])), float(np.linalg.norm(g[-WIDTH - 1 : -1]))


def by_hand() -> float:
    """The same norm for the network without any cure, from the delta rule in plain NumPy (batches as X W^T)."""
    *blocks, output = deep_net()
    weights, last = [data(block[0].weight) for block in blocks], data(output.weight)
    x, y = samples()
    a = [x]
    for W in weights:
        a.append(1 / (1 + np.exp(-a[-1] @ W.T)))
    error = (2 / SAMPLES) * (a[-1] @ last.T - y) @ last
    for W, below, above in zip(weights[::-1], a[-2::-1], a[:0:-1], strict=True):
        delta = error * above * (1 - above)
        error, gradient = delta @ W, delta.T @ below
    return float(np.linalg.norm(gradient))


def picture_10() -> str:
    """The first layer's gradient with each cure, on a logarithmic scale."""
    norms = {"no cure": first_gradient()[0]}
    norms |= {name: first_gradient(**switches)[0] for name, _, switches, _ in CURES}
    return norms_svg(norms, title="What reaches the first of ten layers", note="the norm of dL/dW1")


@claim(
    "1.10", "Cures for vanishing gradients",
    "ReLU, Xavier initialisation, residual connections and batch normalisation each help.",
    picture=picture_10,
    idea="A layer multiplies the gradient by its weights and by its activation's slope. Each cure raises one of the "
    "two, or leads the gradient around both.",
    omits="how much each helps: between them lie four powers of ten",
)  # fmt: skip
def claim_10() -> list[Figure]:
    before, last = first_gradient()
    figures = [
        close("no cure", "nearly vanished", before, by_hand(), 1e-12 * before,
              note="The norm of dL/dW1 in a network of ten sigmoid layers, ours. Compared with the delta rule in plain "
              "NumPy."),
        holds("no cure, last layer", None, last, last > 1e4 * before),
    ]  # fmt: skip
    won = []
    for name, text, switches, note in CURES:
        after, _ = first_gradient(**switches)
        won.append(round(math.log10(after / before), 1))
        figures.append(holds(name, text, [before, after], after > 3 * before, note=f"Before and after. {note}"))
    note = "By the five rows above, in their order."
    return [*figures, holds("powers of ten won", None, won, min(won) > 0, note)]


# --- 1.11: mistakes planted on purpose, and what catches each ---------------------------------------------------------

INPUT, ABOVE = (0.5, -1.0), (1.5, -0.4)  # the neurons' input, and their weights in J


def square_net(w11: Any, w12: Any, w21: Any, w22: Any) -> Any:
    """J = v . sigmoid(W x) for a square W; the gradient is the outer product delta x^T."""
    return ABOVE[0] * sigmoid(w11 * INPUT[0] + w12 * INPUT[1]) + ABOVE[1] * sigmoid(w21 * INPUT[0] + w22 * INPUT[1])


def outer(*w: float, transposed: bool = False) -> tuple[float, ...]:
    """delta x^T, row by row; or x delta^T, which has the same shape and is wrong."""
    a1, a2 = sigmoid(w[0] * INPUT[0] + w[1] * INPUT[1]), sigmoid(w[2] * INPUT[0] + w[3] * INPUT[1])
    d1, d2 = ABOVE[0] * a1 * (1 - a1), ABOVE[1] * a2 * (1 - a2)
    right = (d1 * INPUT[0], d1 * INPUT[1], d2 * INPUT[0], d2 * INPUT[1])
    return (right[0], right[2], right[1], right[3]) if transposed else right


RATES = {"too large": 1.05, "too small": 0.00001, "about right": 0.3}
RATE_NOTES = (
    "The losses (w - 3)^2 before steps 1, 11, 31 and 51. Each step multiplies w - 3 by 1 - 2 alpha = -1.1: the loss "
    "grows 1.21-fold.",
    "The factor is 0.99998: after 50 steps 99.8 % of the loss is left.",
    "The factor is 0.4.",
)


@cache
def loss_curve(rate: float) -> list[float]:
    """The loss (w - 3)^2 before each of 50 steps of gradient descent from w = 0, and after the last."""
    w = Value(0.0, "w")
    return descend(lambda: (w - 3.0) ** 2, [w], 50, lr=rate)


@claim(
    "1.11", "Four common mistakes",
    "A wrong derivative, a forgotten transpose, shapes that do not fit, and a learning rate too large or too small.",
    picture=lambda: loss_svg(
        {f"learning rate {rate:g}, {name}": loss_curve(rate) for name, rate in RATES.items()}, range(0, 31, 5),
        "Three learning rates", "the loss (w - 3)^2", "step",
    ),
    idea="Two of them raise no error: a wrong derivative runs, and so does a forgotten transpose of a square matrix. "
    "Only a check against numbers finds them; each is planted here.",
)  # fmt: skip
def claim_11() -> list[Figure]:
    # sigma'(a) in place of sigma'(z): the activation's derivative taken at its own output
    derivative = check_derivative(sigmoid, lambda z: slope(sigmoid(z)), at=[0.5, 1.0, 3.0])
    at = [(0.4, 0.2, -0.3, 0.1), (1.0, -0.5, 0.7, 0.3)]
    transposed = check_derivative(square_net, lambda *w: outer(*w, transposed=True), at=at)
    return [
        judged("wrong derivative", None, derivative, "fail", note="sigma'(a) written for sigma'(z)."),
        shown("the check's guess at it", slip_of(derivative)),
        judged("right gradient", None, check_derivative(square_net, outer, at=at), "pass"),
        judged("forgotten transpose", None, transposed, "fail",
               note="x delta^T written for delta x^T. W is square, so both have its shape."),
        shown("the check's guess there", slip_of(transposed)),
        refused("wrong shapes", None, lambda: array(np.ones((2, 3))) @ array([1.0, 2.0]), "do not fit"),
        *rates(),
    ]  # fmt: skip


def rates() -> list[Figure]:
    """Three curves: one diverges, one crawls, one converges; each against its closed form."""
    at = [0, 10, 30, 50]
    diverging, crawling, good = (loss_curve(rate) for rate in RATES.values())
    return [
        *[close(f"loss, rate {rate:g}", name, [loss_curve(rate)[n] for n in at],
                [9.0 * (1 - 2 * rate) ** (2 * n) for n in at], 1e-9, note=note)
          for (name, rate), note in zip(RATES.items(), RATE_NOTES, strict=True)],
        holds("diverges", "too large: diverges", diverging[-1] / diverging[0], lambda growth: growth > 1e4,
              note="The last loss over the first."),
        holds("crawls", "too small: slow convergence", crawling[-1] / crawling[0], lambda left: 0.99 < left < 1),
        holds("converges", None, good[-1], good[-1] < 1e-24),
        exactly("what the monitor says", None, [verdict(diverging), verdict(crawling)], ["exploding", "crawling"],
                note="Of the first two curves, by monitor.History."),
    ]  # fmt: skip


# --- 1.12 to 1.16: scripts, drawings and promises ---------------------------------------------------------------------


def picture_12() -> str:
    """W1, its gradient, and W1 after one step, as heat maps."""
    return matrix_svg(worked(network())[1].W1, rate=ALPHA, name="W1", title="How W1 is updated in one step")


@claim(
    "1.12", "Two promised scripts",
    "It lists a script that visualises backpropagation, and one that explains how a weight matrix is updated.",
    picture=picture_12,
    idea="Both are commands here. autograd lesson 1.8 --svg FILE draws the flow, --html FILE writes a page that plays "
    "it; autograd lesson 1.12 --svg FILE draws W1, its gradient, and W1 after a step.",
    omits="the scripts themselves",
)  # fmt: skip
def claim_12() -> list[Figure]:
    J, n = worked(network())
    rows = graph_rows(J)
    arrived: dict[str, float] = {}
    for edge in rows.edges:
        if edge.message is not None:
            arrived[edge.source] = arrived.get(edge.source, 0.0) + edge.message
    gradient = {node.id: node.gradient or 0.0 for node in rows.nodes}
    delta1, delta2 = grads(n.z1), n.z2.grad
    W1, W2, dW1, dW2 = data(n.W1), data(n.W2)[0], grads(n.W1), grads(n.W2)[0]
    picture = picture_12()
    numbers = [f"{x:.4g}" for x in np.concatenate([W1, dW1, W1 - ALPHA * dW1]).flat]
    return [
        holds("arrows into a node", None, f"its gradient, {len(arrived)} times",
              all(math.isclose(total, gradient[node], rel_tol=1e-15) for node, total in arrived.items()),
              note="In the drawing of 1.8, what the arrows bring back to a node adds up to its gradient."),
        shown("W1", W1, note="A row for each hidden node, a column for each input."),
        close("dJ/dW1", None, dW1, np.outer(delta1, X), 1e-15, note="It is delta1 x^T, as in 1.4."),
        close("W1 after the step", None, W1 - ALPHA * dW1, W1 - ALPHA * np.outer(delta1, X), 1e-15,
              note="With alpha = 0.1, as in 1.9. Every gradient is below 0, so every weight grows."),
        close("dJ/dW2", None, dW2, delta2 * data(n.a1), 1e-15,
              note="The larger an input of a neuron, the more its weight moves."),
        close("W2 after the step", None, W2 - ALPHA * dW2, W2 - ALPHA * delta2 * data(n.a1), 1e-15),
        holds("in the picture", None, f"{len(numbers)} numbers", all(f">{x}</text>" in picture for x in numbers),
              note="Each number of the three matrices stands in its cell."),
    ]  # fmt: skip


def flow() -> Graph:
    """x -> z1 -> a1 -> z2 -> a2 -> J with w1 and w2 beside the path; the numbers are ours."""
    x, y = Value(1.0, "x"), Value(0.8, "y", constant=True)
    w1, w2 = Value(0.5, "w1"), Value(1.2, "w2")
    z1 = w1 * x
    a1 = sigmoid(z1)
    z2 = w2 * a1
    a2 = sigmoid(z2)
    return named(half_squared_error([a2], [y]), z1=z1, a1=a1, z2=z2, a2=a2)


@claim(
    "1.13", "The flow of values and gradients, drawn",
    "Values flow x -> z1 -> a1 -> z2 -> a2 -> J; gradients are drawn flowing back through w2 and w1.",
    flow,
    idea="A gradient goes back along the very path that the values came. A weight is a leaf beside that path: it "
    "receives a gradient, and on the path itself it is a factor.",
    errs="its drawing sends the gradient on through w2 and w1, where it ends",
)  # fmt: skip
def claim_13(J: Value, n: Nodes) -> list[Figure]:
    path = [node.label for node in n.values() if any(below is n.x for below in topological_order(node))]
    said = "x -> z1 -> a1 -> z2 -> a2 -> J"
    return [
        holds("forward", said, " -> ".join(path), lambda found: found == said,
              note="The nodes that x reaches, in order."),
        holds("backward", "x <- w1 <- a1 <- w2 <- a2 <- error", " <- ".join(path), "w1" in path, should_agree=False),
        exactly("nodes below w1, w2", None, [len(n.w1.parents), len(n.w2.parents)], [0, 0],
                note="Nothing flows on from a weight."),
        exactly("dJ/dw2", None, chain(J, n.a2, n.z2, n.w2).product, n.w2.grad,
                note="The path to w2 leaves the main path at z2."),
        exactly("dJ/dw1", None, chain(J, n.a2, n.z2, n.a1, n.z1, n.w1).product, n.w1.grad,
                note="The path to w1 leaves it at z1."),
        exactly("dz2/da1, dz1/dx", None, [chain(n.z2, n.a1).product, chain(n.z1, n.x).product], [n.w2, n.w1],
                note="On the path the slopes are the weights."),
    ]  # fmt: skip


@claim(
    "1.14", "A second drawing: the error through the matrices",
    "Error <- Output Layer <- [W2^T] <- Hidden Layer <- [W1^T] <- Input Layer.",
    network,
    idea="Values go from the input to the error, gradients from the error to the input: W2^T hands delta2 down to the "
    "hidden layer, and W1^T would hand delta1 down to the input, where nobody needs it.",
    errs="its arrows point at the error, and gradients come from there",
    omits="the slopes sigma' between the matrices: W2^T alone does not lead to delta1",
)  # fmt: skip
def claim_14(J: Value, n: Nodes) -> list[Figure]:
    order = [node.label for node in reversed(topological_order(J)) if node.label[:1] in ("a", "z", "x")]
    delta1, error, slopes = grads(n.z1), data(n.W2).T @ [n.z2.grad], data(n.a1) * (1 - data(n.a1))
    return [
        holds("reached first and last", "Input Layer, Error", [order[0], order[-1]], order[0] == "x[1]",
              should_agree=False, note="By the engine's backward pass."),
        close("dJ/da1", "[W2^T]", grads(n.a1), error, 1e-15, note="W2^T delta2, in numbers."),
        close("delta1", "[W2^T]", delta1, error, 1e-15, should_agree=False),
        close("W2^T delta2 * sigma'(z1)", None, delta1, error * slopes, 1e-15),
        close("dJ/dx", "[W1^T]", grads(n.x), data(n.W1).T @ delta1, 1e-15,
              note="W1^T delta1. No parameter depends on it."),
    ]  # fmt: skip


@claim(
    "1.15", "The sigmoid's slope, from z or from a",
    "sigmoid_derivative(1.0) = 0.7311 (1 - 0.7311): it is given z, in the code too. The function of that name in "
    "document 003 is given a = sigma(z), and returns a (1 - a).",
    idea="Both give the same slope, each from its own argument. Whoever takes the function from one document and the "
    "call from the other gets a plausible number that is wrong, and no error.",
)  # fmt: skip
def claim_15() -> list[Figure]:
    _, n = worked(network())
    z, a = n.z2.data, n.a2.data
    right = chain(n.a2, n.z2).product
    swapped = check_derivative(sigmoid, lambda z: z * (1 - z), at=[0.6, 1.0, 3.0], diagnosed=False)
    return [
        printed("given z = 1", "0.1966", slope(1.0)),
        close("given z2 = 0.6", "0.229", slope(z), right, 1e-15, note="The slope of 1.8's output, in the graph."),
        close("003's, given a2 = 0.646", "a (1 - a)", a * (1 - a), right, 1e-15),
        holds("000's, given a2", None, slope(a), lambda wrong: abs(wrong - right) > 0.003,
              note="Wrong, though by little."),
        holds("003's, given z2", None, z * (1 - z), lambda wrong: abs(wrong - right) > 0.01,
              note="Wrong, and above z = 1 even negative."),
        judged("the check of the latter", None, swapped, "fail"),
    ]  # fmt: skip


@claim(
    "1.16", "One pass, reuse, any depth",
    "Backpropagation computes all gradients in one backward pass, reuses what the forward pass computed, and works for "
    "networks of any depth.",
    idea="Paths to different weights share most of their steps. The backward pass walks each step once, and uses the "
    "values that the forward pass left in the nodes.",
    omits="that working is not learning: at great depth the right gradient may be too small to use (1.7)",
)  # fmt: skip
def claim_16() -> list[Figure]:
    J, n = worked(network())
    parameters = [*n.W1.ravel(), *n.b1, *n.W2.ravel(), n.b2]
    singly = math.fsum(len(path.partials) for p in parameters for path in path_products(J, p))
    _, deep = worked(repeated(lambda h, _: (1 + 2.0**-12) * h, 10_000, label="h"))
    return [
        exactly("gradients from one pass", "all gradients in one pass", sum([p.grad != 0 for p in parameters]), 9,
                note="Of 1.8's network: four and two weights, two and one biases."),
        holds("steps of that pass", "one backward pass", edges(J), lambda steps: steps < singly,
              note="One multiplication along each edge of the graph."),
        shown("steps, path by path", singly, note="Each parameter's chain rule worked out by itself."),
        close("dJ/dW2 from saved values", "reuses forward pass computations", grads(n.W2)[0],
              n.z2.grad * data(n.a1), 1e-15, note="delta2 a1: the a1 is the forward pass's own."),
        close("10,000 layers", "works for any depth", deep.x.grad, math.exp(10_000 * math.log1p(2.0**-12)), 1e-9,
              note="Each multiplies by 1 + 2^-12; compared with the power."),
    ]  # fmt: skip


LESSON = Lesson(
    1,
    "The chain rule and the delta rule",
    "000_19022d00cf7f13e9.txt",
    tuple(claim),
    main="1.8",
    about="How the chain rule gives the gradient of each weight of a network with one hidden layer, in symbols and in "
    "numbers, and what the vanishing gradient does to it.",
    teaches="How the chain rule gives each weight its gradient, and how gradients vanish.",
)
