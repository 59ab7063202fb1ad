"""Lesson 1: the chain rule and the delta rule."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import nn
from ..checking.check import check_derivative
from ..engine.graph import topological_order
from ..engine.value import Value
from ..errors import ShapeError
from ..functions.arrays import array, data, grads
from ..functions.elementary import dot, log, relu, sigmoid, sum, tanh
from ..nn import init, losses, optim
from .claims import Claim, Figure, Graph, Lesson, close, exactly, holds, printed, shown
from .examples import TwoLayer, chain, half_squared_error, loss_svg, named, two_layer, verdict, worked

__all__ = ["LESSON"]

Floats = NDArray[np.float64]


# --- 1.1: one neuron --------------------------------------------------------------------------------------------------


def one_neuron() -> Graph:
    """x -> z = w x + b -> a = sigmoid(z) -> J = (a - y)^2 / 2; the numbers are ours."""
    x, y = Value(1.5, "x", constant=True), Value(1.0, "y", constant=True)
    w, b = Value(0.8, "w"), Value(-0.2, "b")
    z = dot([w], [x], b)
    a = sigmoid(z)
    z.label, a.label = "z", "a"
    return named(half_squared_error([a], [y]))


def claim_1() -> list[Figure]:
    """The three factors and their product, read off the path from J to w."""
    J, n = worked(one_neuron())
    (dJ_da, da_dz, dz_dw), product = chain(J, n["a"], n["z"], n["w"])
    a = n["a"].data
    return [
        close("dJ/da", None, dJ_da, a - 1.0, 1e-15, note="With J = (a - y)^2 / 2 and y = 1."),
        close("da/dz", None, da_dz, a * (1 - a), 1e-15),
        exactly("dz/dw", None, dz_dw, 1.5, note="The input x."),
        exactly("product", "dJ/da da/dz dz/dw", product, n["w"].grad,
                note="The gradient that the backward pass left in w is the same product, to the last bit."),
    ]  # fmt: skip


# --- 1.2, 1.5: a batch, X W -------------------------------------------------------------------------------------------


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


# --- 1.3: cross-entropy -----------------------------------------------------------------------------------------------


def cross_entropy() -> Graph:
    """J = -y log a - (1 - y) log(1 - a) at a = 0.646 and y = 0.8."""
    y, a = Value(0.8, "y", constant=True), Value(0.646, "a")
    J = -y * log(a) - (1 - y) * log(1 - a)
    J.label = "J"
    return named(J)


def claim_3() -> list[Figure]:
    """The slope of the cross-entropy, as the document writes it and as the graph has it."""
    _, n = worked(cross_entropy())
    a, y = n["a"].data, n["y"].data
    return [close("dJ/da", "-y/a + (1-y)/(1-a)", n["a"].grad, -y / a + (1 - y) / (1 - a), 1e-14)]


# --- 1.4: the delta rule for one example, W x -------------------------------------------------------------------------

TARGETS = np.array([1.0, 0.3])
SLOPES: list[tuple[Callable[[Any], Any], Callable[[Floats], Floats]]] = [
    (tanh, lambda z: 1 - np.tanh(z) ** 2),
    (sigmoid, lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    (relu, lambda z: (z > 0).astype(float)),
]


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


def summed_cross_entropy(outputs: Any, targets: Any) -> Value:
    """sum_i -y log a - (1 - y) log(1 - a)."""
    J: Value = sum([-y * log(a) - (1 - y) * log(1 - a) for a, y in zip(outputs, targets, strict=True)])
    J.label = "J"
    return J


def claim_4() -> list[Figure]:
    """Each formula against the graph; other activations and weights; the other loss."""
    net = random_net(14)
    net.J.backward()
    hand = formulas(net, SLOPES[0][1])
    other = random_net(14, loss=summed_cross_entropy)
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


# --- 1.6, 1.7: slopes -------------------------------------------------------------------------------------------------


def sigmoid_at_1() -> Graph:
    """a = sigmoid(z) at z = 1."""
    a = sigmoid(Value(1.0, "z"))
    a.label = "a"
    return named(a)


def slope_at(z: float, order: int = 1) -> float:
    """The first or second derivative of the sigmoid."""
    v = Value(z, "z")
    sigmoid(v).backward(create_graph=True)
    slope: Value = v.grad
    v.zero_grad()  # leaf and slope hold each other until this
    if order == 1:
        return slope.data
    slope.backward()
    return float(v.grad)


def claim_6() -> list[Figure]:
    """The table of slopes, and the maximum found rather than believed."""
    root, _ = sigmoid_at_1()
    slopes = [slope_at(k / 10) for k in range(-100, 101)]
    return [
        printed("sigmoid'(0)", "0.25", slope_at(0.0)),
        exactly("sigmoid''(0)", None, slope_at(0.0, order=2), 0.0,
                note="Called the maximum. The slope's own slope, found by differentiating the gradient's graph, is 0 "
                "there,"),
        holds("largest slope", "0.25", max(slopes), max(slopes) == 0.25,
              note="and of 201 slopes from z = -10 to 10 none is larger."),
        printed("sigmoid(1)", "0.7311", root, note="Rounded."),
        printed("sigmoid'(1)", "0.1966", slope_at(1.0), note="Rounded."),
        printed("sigmoid'(3)", "0.045", slope_at(3.0), note="Rounded; 0.0452 with one digit more."),
    ]  # fmt: skip


def four_slopes() -> Graph:
    """A chain of four nodes, each 0.2 times the one before it."""
    node = Value(1.0, "x")
    for i in range(1, 5):
        node = 0.2 * node
        node.label = f"h{i}"
    return named(node)


def claim_7() -> list[Figure]:
    """The gradient after one to four layers, walking back from the output."""
    _, n = worked(four_slopes())
    note = "No double is exactly 0.2, so its powers are off in the last place."
    order = (
        "Layers are numbered from the output here; everywhere else the document numbers them from the input, where "
        "layer 1 is the one with the smallest gradient."
    )
    return [
        printed("layer 1: dh4/dh3", "0.2", n["h3"].grad),
        printed("layer 2: dh4/dh2", "0.04", n["h2"].grad, note=note),
        printed("layer 3: dh4/dh1", "0.008", n["h1"].grad),
        printed("layer 4: dh4/dx", "0.0016", n["x"].grad, note=order),
    ]


def picture_7() -> str:
    """What is left of the gradient at each node."""
    from ..render import norms_svg  # costs time that the numbers alone need not pay

    _, n = worked(four_slopes())
    norms = {f"dh4/d{name}": abs(n[name].grad) for name in ("x", "h1", "h2", "h3", "h4")}
    return norms_svg(norms, title="A gradient that shrinks to a fifth per layer", note="from the input to the output")


# --- 1.8, 1.9, 1.12: the worked example, every printed digit met ------------------------------------------------------

W1, W2 = [[0.4, 0.2], [0.2, 0.2]], [0.95, 0.8]
X, Y, ALPHA = [1.0, 0.5], 0.8, 0.1
B2 = 0.6 - dot(W2, [sigmoid(dot(row, X)) for row in W1])  # what makes z2 = 0.6


def network() -> TwoLayer:
    """The example's network, with weights of ours that meet every digit that the document prints."""
    return two_layer(W1, [0.0, 0.0], [W2], [B2], X, [Y])


def worked_network() -> TwoLayer:
    """The same network after a backward pass."""
    net = network()
    net.J.backward()
    return net


def example() -> Graph:
    """The example's graph and its nodes by label."""
    return named(network().J)


def claim_8() -> list[Figure]:
    """Every printed number of the example."""
    net = worked_network()
    J, z2, a2 = net.J, net.z2[0], net.a2[0]
    error, sigma = chain(J, a2).product, chain(a2, z2).product
    rounded = "Rounded."
    weights = [data(net.W1), data(net.W2)[0], data(net.b2)[0]]
    return [
        exactly("weights, ours", None, weights, [W1, W2, 0.6 - float(data(net.W2 @ net.a1)[0])],
                note="W1, W2 and b2 (b1 = 0). The document gives no weights, so its numbers can't be recomputed from "
                "what it says; these are one choice of many that give all of them."),
        printed("z1", "[0.5, 0.3]", net.z1),
        printed("a1", "[0.622, 0.574]", net.a1, note=rounded),
        printed("z2", "0.6", z2),
        printed("a2", "0.646", a2, note=rounded),
        printed("a2 - y", "-0.154", error, note="Rounded. The document calls this delta2, and its next line, the one "
                "that its formula for delta2 means, the output delta."),
        printed("sigma'(z2)", "0.229", sigma, note=rounded),
        printed("delta2 = dJ/dz2", "-0.035", z2.grad, note=rounded),
        printed("delta1 = dJ/dz1", "[-0.008, -0.007]", grads(net.z1), note=rounded),
        printed("dJ/dW2", "[-0.022, -0.020]", grads(net.W2)[0],
                note="Rounded; called Delta W2, but it is the gradient: the step has the other sign and a factor "
                "alpha (1.9)."),
        printed("dJ/dW1", "[[-0.008, -0.004], [-0.007, -0.003]]", grads(net.W1),
                note="Rounded: the last one is -0.00345, half of -0.0069, so it prints as -0.003 although half of the "
                "printed -0.007 would be -0.0035. A row for each hidden node: delta1 x^T."),
        *_freedom(net, error),
    ]  # fmt: skip


def _freedom(net: TwoLayer, error: float) -> list[Figure]:
    """How far the printed digits fix the weights, and what the text read to the letter would need."""
    delta2, slopes = float(net.z2[0].grad), [chain(a, z).product for a, z in zip(net.a1, net.z1, strict=True)]
    # delta1 = W2 delta2 sigma'(z1): its printed digits bound it, and so W2. The -0.003 of dW1, half of delta1[1],
    # must not reach -0.0035, which is the tighter bound for the second weight.
    bounds = [(-0.0075, -0.0085), (-0.0065, -0.007)]
    low, high = ([ends[side] / (delta2 * slope) for ends, slope in zip(bounds, slopes, strict=True)] for side in (0, 1))
    biases = [0.6 - dot(end, data(net.a1)) for end in (high, low)]
    literal = [w * error * slope for w, slope in zip(W2, slopes, strict=True)]
    needed = [d / (error * slope) for d, slope in zip(data(grads(net.z1)), slopes, strict=True)]
    return [
        holds("W2[0] lies in", None, [low[0], high[0]], low[0] <= W2[0] <= high[0],
              note="Every W2[0] in this range, with W2[1] and b2 in theirs, prints the same digits for delta1 and dW1 "
              "once b2 is set to make z2 = 0.6."),
        holds("W2[1] lies in", None, [low[1], high[1]], low[1] <= W2[1] <= high[1]),
        holds("b2 lies in", None, biases, biases[0] <= B2 <= biases[1]),
        printed("delta1 from -0.154", "[-0.008, -0.007]", literal, should_agree=False,
                note="Read to the letter, with -0.154 as delta2 in the line for delta1, the same weights give four "
                "times as much. The formula section says delta2 = (a2 - y) a2 (1 - a2), and that decides."),
        shown("W2 for that reading", needed, note="What W2 would have to be near for the line to come out that way."),
    ]  # fmt: skip


def claim_9() -> list[Figure]:
    """The same numbers under their right names, and the step they lead to."""
    net = worked_network()
    delta2, slopes = float(net.z2[0].grad), np.array([chain(a, z).product for a, z in zip(net.a1, net.z1, strict=True)])
    step = -ALPHA * grads(net.W2)[0]
    W2_after, b2_after = data(net.W2)[0] + step, float(data(net.b2)[0] - ALPHA * grads(net.b2)[0])
    after = two_layer(data(net.W1) - ALPHA * grads(net.W1), -ALPHA * grads(net.b1), [W2_after], [b2_after], X, [Y])
    return [
        close("dJ/da1", "W2^T delta2", grads(net.a1), np.array(W2) * delta2, 1e-15,
              note="This is what the document's code calls hidden_error: no sigma' in it yet."),
        printed("dJ/da1 again", "[-0.008, -0.007]", grads(net.a1), should_agree=False,
                note="And this is what its example prints as the hidden error: that one has sigma' in it, and is "
                "delta1 = dJ/dz1, the code's hidden_delta."),
        close("delta1 = dJ/dz1", "W2^T delta2 sigma'(z1)", grads(net.z1), np.array(W2) * delta2 * slopes, 1e-15),
        printed("step of W2", "[-0.022, -0.020]", step, should_agree=False,
                note="The example heads its Delta W with 'weight updates'. They are gradients; a weight moves by "
                "-alpha times that, here with alpha = 0.1, the other way."),
        close("W2 after the step", "W2 - alpha dJ/dW2", W2_after, np.array(W2) - ALPHA * delta2 * data(net.a1), 1e-15),
        close("b2 after the step", "b2 - alpha dJ/db2", b2_after, B2 - ALPHA * delta2, 1e-15),
        holds("J before and after", None, [net.J.data, after.J.data], after.J < net.J,
              note="One step of all four, W1, b1, W2 and b2. The document stops before it."),
    ]  # fmt: skip


def claim_12() -> list[Figure]:
    """What the pictures show: the flow of 1.8, and its matrices before and after a step."""
    from ..render.rows import graph_rows  # costs time that the other claims need not pay

    net = worked_network()
    rows = graph_rows(net.J)
    arrived: dict[str, list[float]] = {node.id: [] for node in rows.nodes}
    for edge in rows.edges:
        if edge.message is not None:
            arrived[edge.source].append(edge.message)
    gradients = [(math.fsum(arrived[node.id]), node.gradient) for node in rows.nodes if arrived[node.id]]
    delta1, delta2 = data(grads(net.z1)), net.z2[0].grad
    dW1, dW2 = grads(net.W1), grads(net.W2)[0]
    W1, W2 = data(net.W1), data(net.W2)[0]
    picture = picture_12()
    numbers = [f"{x:.4g}" for x in np.concatenate([W1, dW1, W1 - ALPHA * dW1]).flat]
    return [
        holds("arrows into a node", None, f"its gradient, {len(gradients)} times",
              all(math.isclose(total, gradient or 0.0, rel_tol=1e-15) for total, gradient in gradients),
              note="The visualisation is a command: autograd lesson 1 1.8 --svg FILE draws the graph with what flows "
              "back along each arrow, --html FILE writes a page that plays it, and autograd step 1.8 goes through it "
              "in a terminal. What the arrows bring to a node adds up to its gradient."),
        shown("W1", W1, note="The explanation of an update is one, too: autograd lesson 1 1.12 --svg FILE draws W1, "
              "its gradient, and W1 after a step, with a row for each hidden node and a column for each input."),
        close("dJ/dW1", None, dW1, np.outer(delta1, X), 1e-15, note="delta1 x^T, as in 1.4."),
        close("W1 after the step", None, W1 - ALPHA * dW1, W1 - ALPHA * np.outer(delta1, X), 1e-15,
              note="With alpha = 0.1, as in 1.9. Every gradient is below 0, so every weight grows."),
        close("dJ/dW2", None, dW2, delta2 * data(net.a1), 1e-15,
              note="The other matrix in the same way: the larger an input of a neuron, the more its weight moves."),
        close("W2 after the step", None, W2 - ALPHA * dW2, W2 - ALPHA * delta2 * data(net.a1), 1e-15),
        holds("in the picture", None, f"{len(numbers)} numbers", all(f">{x}</text>" in picture for x in numbers),
              note="Each of the twelve numbers stands in its cell."),
    ]  # fmt: skip


def picture_12() -> str:
    """W1, its gradient, and W1 after one step, as heat maps."""
    from ..render import matrix_svg  # costs time that the numbers alone need not pay

    return matrix_svg(worked_network().W1, rate=ALPHA, name="W1", title="How W1 is updated in one step")


# --- 1.10: four cures for a vanishing gradient, each by itself on one deep network ------------------------------------

DEPTH, WIDTH, SAMPLES = 10, 8, 8

CURES: tuple[tuple[str, str | None, dict[str, Any], str], ...] = (
    ("ReLU", "ReLU activation", {"activation": "relu"},
     "Its slope is 1 where it is on. It doesn't cure everything: the weights here are small and shrink the gradient "
     "by themselves."),
    ("Xavier", "Xavier initialisation", {"start": "xavier"},
     "Still a sigmoid, so still at most 0.25 per layer: Xavier's rule takes a slope of 1 for granted, and helps a "
     "little."),
    ("Xavier and tanh", None, {"start": "xavier", "activation": "tanh"},
     "With an activation of slope 1 at 0 it does what it promises."),
    ("residual", "residual connections", {"residual": True}, "x + layer(x): the gradient has a way around each layer."),
    ("batch normalisation", "batch normalisation", {"normalise": True},
     "Each z is brought to spread 1 over the batch, which undoes the small weights."),
)  # fmt: skip


def deep_net(activation: str = "sigmoid", start: str = "small", residual: bool = False, normalise: bool = False) -> Any:
    """Ten layers of eight nodes and a linear output; every cure is one switch."""
    kinds = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}
    rng = np.random.default_rng(0)
    layers: list[Any] = []
    for _ in range(DEPTH):
        linear = _filled(nn.Linear(WIDTH, WIDTH), start, rng)
        parts = [linear, nn.BatchNorm(WIDTH)] if normalise else [linear]
        block = nn.Sequential(*parts, kinds[activation]())
        layers.append(nn.Residual(block) if residual else block)
    return nn.Sequential(*layers, _filled(nn.Linear(WIDTH, 1), start, rng))


def _filled(linear: Any, start: str, rng: np.random.Generator) -> Any:
    if start == "xavier":
        init.xavier_uniform(linear.weight, rng=rng)
    else:
        init.uniform(linear.weight, -0.5, 0.5, rng=rng)
    init.zeros(linear.bias)
    return linear


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
    parameters = net.parameters()
    return _norm(parameters[: WIDTH * WIDTH]), _norm(parameters[-WIDTH - 1 : -1])


def _norm(parameters: list[Any]) -> float:
    return float(np.linalg.norm(grads(parameters)))


def by_hand() -> float:
    """The same norm for the network without any cure, from the delta rule in plain NumPy (batches as X W^T)."""
    parameters = data(deep_net().parameters())
    square, x, y = WIDTH * (WIDTH + 1), *samples()
    weights = [parameters[i * square : i * square + WIDTH * WIDTH].reshape(WIDTH, WIDTH) for i in range(DEPTH)]
    last = parameters[DEPTH * square : -1].reshape(1, WIDTH)
    a = [x]
    for W in weights:
        a.append(1 / (1 + np.exp(-a[-1] @ W.T)))
    error = (2 / SAMPLES) * (a[-1] @ last.T - y) @ last
    for W, below, above in zip(weights[::-1], a[-2::-1], a[:0:-1], strict=True):
        delta = error * above * (1 - above)
        error, gradient = delta @ W, delta.T @ below
    return float(np.linalg.norm(gradient))


def claim_10() -> list[Figure]:
    """The first layer's gradient without a cure, and with each; then how much is lost from the last to the first."""
    before, last = first_gradient()
    figures = [
        close("no cure", "nearly vanished", before, by_hand(), 1e-12 * before,
              note="The norm of dL/dW of the first of ten sigmoid layers, compared with the delta rule in plain NumPy. "
              "The document names four cures and gives no figures; network and data are ours."),
        holds("no cure, last layer", None, last, last > 1e4 * before),
    ]  # fmt: skip
    for name, text, switches, note in CURES:
        after, _ = first_gradient(**switches)
        figures.append(
            holds(name, text, [before, after], after > 3 * before, note=f"The same norm, before and after. {note}")
        )
    gains = [math.log10(first_gradient(**switches)[0] / before) for _, _, switches, _ in CURES]
    return [
        *figures,
        holds("powers of ten won", None, [round(gain, 1) for gain in gains], min(gains) > 0,
              note="In the order above. Every one helps, by very different amounts."),
    ]  # fmt: skip


def picture_10() -> str:
    """The first layer's gradient with each cure, on a logarithmic scale."""
    from ..render import norms_svg  # costs time that the numbers alone need not pay

    norms = {"no cure": first_gradient()[0]}
    norms |= {name: first_gradient(**switches)[0] for name, _, switches, _ in CURES}
    return norms_svg(norms, title="What reaches the first of ten layers", note="the norm of dL/dW1")


# --- 1.11: mistakes planted on purpose, and what catches each ---------------------------------------------------------

INPUT, ABOVE = (0.5, -1.0), (1.5, -0.4)  # the neurons' input, and their weights in J


def square_net(w11: Any, w12: Any, w21: Any, w22: Any) -> Any:
    """J = v . sigmoid(W x) for a square W; the gradient is the outer product delta x^T."""
    return ABOVE[0] * sigmoid(w11 * INPUT[0] + w12 * INPUT[1]) + ABOVE[1] * sigmoid(w21 * INPUT[0] + w22 * INPUT[1])


def deltas(w11: float, w12: float, w21: float, w22: float) -> tuple[float, float]:
    """dJ/dz for the two neurons."""
    a1, a2 = sigmoid(w11 * INPUT[0] + w12 * INPUT[1]), sigmoid(w21 * INPUT[0] + w22 * INPUT[1])
    return ABOVE[0] * a1 * (1 - a1), ABOVE[1] * a2 * (1 - a2)


def right_gradient(*w: float) -> tuple[float, ...]:
    """delta x^T, row by row."""
    d = deltas(*w)
    return d[0] * INPUT[0], d[0] * INPUT[1], d[1] * INPUT[0], d[1] * INPUT[1]


def forgotten_transpose(*w: float) -> tuple[float, ...]:
    """x delta^T, which has the same shape and is wrong."""
    d = deltas(*w)
    return d[0] * INPUT[0], d[1] * INPUT[0], d[0] * INPUT[1], d[1] * INPUT[1]


def wrong_place(z: float) -> float:
    """sigma'(a) in place of sigma'(z): the activation's derivative taken at its own output."""
    a = sigmoid(z)
    return sigmoid(a) * (1 - sigmoid(a))


def claim_11() -> list[Figure]:
    """A wrong derivative and a forgotten transpose fail the check; shapes that do not fit raise; three loss curves."""
    derivative = check_derivative(sigmoid, wrong_place, at=[0.5, 1.0, 3.0])
    at = [(0.4, 0.2, -0.3, 0.1), (1.0, -0.5, 0.7, 0.3)]
    transposed = check_derivative(square_net, forgotten_transpose, at=at)
    right = check_derivative(square_net, right_gradient, at=at)
    try:
        array(np.ones((2, 3))) @ array([1.0, 2.0])
        message = "no error"
    except ShapeError as error:
        message = str(error)
    return [
        holds("wrong derivative", None, derivative.verdict, derivative.verdict == "fail",
              note="sigma'(a) written for sigma'(z)."),
        *_slip("its slip", derivative),
        holds("right gradient", None, right.verdict, right.verdict == "pass"),
        holds("forgotten transpose", None, transposed.verdict, transposed.verdict == "fail",
              note="W is square here: x delta^T has the shape of delta x^T, no error is raised, and only the check "
              "finds it."),
        *_slip("its slip", transposed),
        holds("wrong shapes", None, message, "do not fit" in message),
        *rates(),
    ]  # fmt: skip


def _slip(name: str, report: Any) -> list[Figure]:
    return [shown(name, report.diagnosis.text.splitlines()[0])] if report.diagnosis is not None else []


RATES = {"too large": 1.05, "too small": 0.00001, "about right": 0.3}
STEPS = 50


@cache
def loss_curve(rate: float, steps: int = STEPS) -> tuple[float, ...]:
    """The loss (w - 3)^2 before each step of gradient descent from w = 0, and after the last."""
    w = Value(0.0, "w")
    descent = optim.SGD([w], lr=rate)
    losses = []
    for _ in range(steps + 1):
        loss = (w - 3.0) ** 2
        losses.append(loss.data)
        descent.zero_grad()
        loss.backward()
        descent.step()
    return tuple(losses)


def rates() -> list[Figure]:
    """Three curves: one diverges, one crawls, one converges; each against its closed form."""
    figures = []
    notes = {
        "too large": "Each step multiplies w - 3 by 1 - 2 alpha = -1.1, so that the loss grows 1.21-fold: it diverges.",
        "too small": "The factor is 0.99998: the loss falls at every step, and after 50 steps 99.8 % of it is left.",
        "about right": "The factor is 0.4. The losses before steps 1, 11, 31 and 51, against 9 (1 - 2 alpha)^(2n).",
    }
    for name, rate in RATES.items():
        curve = loss_curve(rate)
        at = [0, 10, 30, 50]
        figures.append(close(f"loss, rate {rate:g}", name, [curve[n] for n in at],
                             [9.0 * (1 - 2 * rate) ** (2 * n) for n in at], 1e-9, note=notes[name]))  # fmt: skip
    diverging, crawling, good = (loss_curve(rate) for rate in RATES.values())
    return [
        *figures,
        holds("diverges", "too large: diverges", diverging[-1] / diverging[0], diverging[-1] > 1e4 * diverging[0],
              note="Last loss over first."),
        holds("crawls", "too small: slow convergence", crawling[-1] / crawling[0],
              0.99 < crawling[-1] / crawling[0] < 1),
        holds("converges", None, good[-1], good[-1] < 1e-24),
        exactly("what the monitor says", None, [verdict(diverging), verdict(crawling)], ["exploding", "crawling"],
                note="Of the first two curves, by monitor.History."),
    ]  # fmt: skip


def picture_11() -> str:
    """The three loss curves on a logarithmic scale, one line for each fifth step."""
    curves = {f"learning rate {rate:g}, {name}": loss_curve(rate) for name, rate in RATES.items()}
    return loss_svg(curves, range(0, 31, 5), "Three learning rates", "the loss (w - 3)^2", "step")


# --- 1.13: the drawing ------------------------------------------------------------------------------------------------


def flow() -> Graph:
    """x -> z1 -> a1 -> z2 -> a2 -> J with w1 and w2 beside the path; the numbers are ours."""
    x, y = Value(1.0, "x"), Value(0.8, "y", constant=True)
    w1, w2 = Value(0.5, "w1"), Value(1.2, "w2")
    z1 = w1 * x
    a1 = sigmoid(z1)
    z2 = w2 * a1
    a2 = sigmoid(z2)
    z1.label, a1.label, z2.label, a2.label = "z1", "a1", "z2", "a2"
    return named(half_squared_error([a2], [y]))


def claim_13() -> list[Figure]:
    """Which nodes lie on the path between x and J, and which only beside it."""
    J, n = worked(flow())
    path = [node.label for node in n.values() if _feeds(n["x"], node)]
    backward = " <- ".join([label for label in path if label != "J"] + ["J"])
    return [
        holds("forward", "x -> z1 -> a1 -> z2 -> a2 -> J", " -> ".join(path),
              " -> ".join(path) == "x -> z1 -> a1 -> z2 -> a2 -> J", note="The nodes that x reaches, in order."),
        holds("backward", "x <- w1 <- a1 <- w2 <- a2 <- error", backward, "w1" in path, should_agree=False,
              note="The gradient goes back along the very path that the values came, through z2 and z1. The drawing "
              "puts w2 and w1 in their places, but nothing flows on from a weight: it is a leaf."),
        exactly("nodes below w1, w2", None, [len(n["w1"].parents), len(n["w2"].parents)], [0, 0]),
        exactly("dJ/dw2", None, chain(J, n["a2"], n["z2"], n["w2"]).product, n["w2"].grad,
                note="The path to w2 leaves the main path at z2,"),
        exactly("dJ/dw1", None, chain(J, n["a2"], n["z2"], n["a1"], n["z1"], n["w1"]).product, n["w1"].grad,
                note="and the path to w1 at z1."),
        exactly("dz2/da1, dz1/dx", None, [chain(n["z2"], n["a1"]).product, chain(n["z1"], n["x"]).product],
                [n["w2"].data, n["w1"].data],
                note="On the path itself the weights occur as what the gradient is multiplied by."),
    ]  # fmt: skip


def _feeds(source: Value, node: Value) -> bool:
    return any(below is source for below in topological_order(node))


LESSON = Lesson(
    1,
    "The chain rule and the delta rule",
    "000_19022d00cf7f13e9.txt",
    main="1.8",
    about=(
        "How the chain rule gives the gradient of each weight of a network with one hidden layer, in symbols and in "
        "numbers, and what the vanishing gradient does to it."
    ),
    claims=(
        Claim(
            "1.1",
            "One neuron: the chain rule as three factors",
            "The gradient of a weight is the loss's slope in the activation, times the activation's slope in z, "
            "times z's slope in the weight: dJ/dw = dJ/da da/dz dz/dw.",
            claim_1,
            one_neuron,
        ),
        Claim(
            "1.2",
            "The slope of the mean squared error",
            "For mean squared error dJ/da = a - y; its function returns the mean of the squared errors.",
            claim_2,
        ),
        Claim(
            "1.3",
            "The slope of the cross-entropy",
            "For cross-entropy dJ/da = -y/a + (1-y)/(1-a).",
            claim_3,
            cross_entropy,
        ),
        Claim(
            "1.4",
            "The delta rule for two layers",
            "With a sigmoid at the output delta2 = (a2-y) a2 (1-a2) and delta1 = W2^T delta2 * g'(z1); the gradients "
            "are dW2 = delta2 a1^T, dW1 = delta1 x^T, db2 = delta2 and db1 = delta1.",
            claim_4,
            delta_rule,
        ),
        Claim(
            "1.5",
            "Its function on a batch",
            "Its NumPy function updates weights with a matrix product over the batch, and biases with a mean over it.",
            claim_5,
        ),
        Claim(
            "1.6",
            "The sigmoid and its slope",
            "The slope sigma(z) (1 - sigma(z)) is 0.25 at 0, where it is largest, 0.1966 at 1 and 0.045 at 3; "
            "sigma(1) = 0.7311.",
            claim_6,
            sigmoid_at_1,
        ),
        Claim(
            "1.7",
            "A gradient that shrinks to a fifth per layer",
            "Four layers with a factor of 0.2 each leave 0.2, 0.04, 0.008 and 0.0016 of a gradient.",
            claim_7,
            four_slopes,
            picture=picture_7,
        ),
        Claim(
            "1.8",
            "The worked example: two inputs, two hidden nodes, one output",
            "With x = [1, 0.5] and y = 0.8 it prints the forward values z1, a1, z2 and a2, the two deltas, and the "
            "gradients of W2 and W1, to three decimals.",
            claim_8,
            example,
        ),
        Claim(
            "1.9",
            "What its names mean, and the step it leads to",
            "W2^T delta2 * sigma'(z1) is called the hidden error, and the gradients are called weight updates; with "
            "alpha = 0.1 every parameter moves by -alpha times its gradient.",
            claim_9,
        ),
        Claim(
            "1.10",
            "Cures for vanishing gradients",
            "ReLU, Xavier initialisation, residual connections and batch normalisation each help.",
            claim_10,
            picture=picture_10,
        ),
        Claim(
            "1.11",
            "Four common mistakes",
            "A wrong derivative, a forgotten transpose, shapes that do not fit, and a learning rate too large or too "
            "small.",
            claim_11,
            picture=picture_11,
        ),
        Claim(
            "1.12",
            "Two promised scripts",
            "A visualisation of backpropagation and an explanation of how a weight matrix is updated, which the "
            "document lists and does not contain.",
            claim_12,
            picture=picture_12,
        ),
        Claim(
            "1.13",
            "The flow of values and gradients, drawn",
            "Values flow x -> z1 -> a1 -> z2 -> a2 -> J; gradients are drawn flowing back through w2 and w1.",
            claim_13,
            flow,
        ),
    ),
)
