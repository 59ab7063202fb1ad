"""Lesson 2: the learning engine: what the forward pass saves, what the backward pass makes of it, what vanishes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import cache
from timeit import repeat
from typing import Any

import numpy as np

from .. import nn
from ..checking.check import check_derivative, gradcheck
from ..engine.graph import topological_order
from ..engine.modes import detect_anomaly
from ..engine.value import Value
from ..functions.arrays import array, data, grads
from ..functions.derivatives import grad, value_and_grad
from ..functions.elementary import dot, exp, leaky_relu, mean, relu, sigmoid, tanh
from ..nn import init, losses, monitor, optim
from ..reading.paths import path_products
from ..render import layer_norms, norms_svg
from .claims import Claims, Figure, Graph, Lesson, Nodes, close, exactly, holds, printed, shown, worked
from .examples import (
    Parameters,
    as_values,
    chain,
    compiled,
    descend,
    edges,
    judged,
    layer,
    loss_svg,
    named,
    numbered,
    refused,
    repeated,
    uniform,
)

__all__ = ["LESSON"]

claim = Claims()


# --- 2.1, 2.2: the two passes through two layers ----------------------------------------------------------------------


def two_layers() -> Graph:
    """x -> z1 -> ReLU -> z2 -> sigmoid -> half the squared error; the second hidden node is off. Our numbers."""
    x, y = numbered([1.0, 2.0], "x"), Value(1.0, "y", constant=True)
    W1, b1 = numbered([[0.5, 0.25], [-1.0, 0.25]], "W1"), numbered([0.1, 0.2], "b1")
    W2, b2 = numbered([[0.7, -0.4]], "W2"), Value(-0.5, "b2")
    _, a1 = layer(W1, x, b1, relu, 1)
    _, (output,) = layer(W2, a1, [b2], sigmoid, 2)
    loss = 0.5 * (output - y) ** 2
    return named(loss, output=output, L=loss)


@claim(
    "2.1", "The forward pass saves every value",
    "x, z1 = W1 x + b1, a1 = ReLU(z1), z2 = W2 a1 + b2 and output = sigmoid(z2) are all saved.",
    two_layers,
    idea="A node keeps its value and its parents, so the recorded graph is the document's list of saved values, and "
    "nothing else has to be cached.",
)  # fmt: skip
def claim_1(_: Value, n: Nodes) -> list[Figure]:
    z1 = data(n.W1) @ data(n.x) + data(n.b1)
    a1 = np.maximum(z1, 0.0)
    z2 = float(data(n.W2[0]) @ a1) + n.b2.data
    place = {v: i for i, v in enumerate(topological_order(n.output))}
    order = [v.label for v in place if v.parents or v.label.startswith("x")]
    sorted_out = all(place[p] < place[v] for v in place for p in v.parents)
    return [
        exactly("1: x", "x -> [save]", n.x, [1.0, 2.0],
                note="One example, as a column (W1 x), with numbers of ours; batches below are X W1^T."),
        close("2: z1", "W1 x + b1 -> [save]", n.z1, z1, 1e-15),
        close("3: a1", "ReLU(z1) -> [save]", n.a1, a1, 1e-15),
        close("4: z2", "W2 a1 + b2 -> [save]", n.z2, z2, 1e-15),
        close("5: output", "sigmoid(z2) -> [save]", n.output, 1 / (1 + np.exp(-z2)), 1e-15),
        holds("order in the graph", "each after its inputs", order, sorted_out,
              note="The document lists layer by layer, the graph neuron by neuron. In both every value comes after all "
              "that it is made from; the backward pass walks the order in reverse."),
    ]  # fmt: skip


@claim(
    "2.2", "Four gradients for each layer",
    "Each layer computes the gradient with respect to its output, its activation's input, its weights, and its inputs.",
    two_layers,
    idea="Step 4 of one layer is step 1 of the layer below: the same nodes, seen from both sides. That is the "
    "propagation.",
    omits="the biases: since dz/db = 1, a bias has the gradient of its z",
)  # fmt: skip
def claim_2(_: Value, n: Nodes) -> list[Figure]:
    output = n.output.data
    d_output = output - n.y.data
    d_z2 = d_output * output * (1 - output)
    d_a1 = data(n.W2[0]) * d_z2
    d_z1 = d_a1 * (data(n.z1) > 0)
    return [
        close("layer 2: output", "step 1", n.output.grad, d_output, 1e-15,
              note="The document names no loss; with half the squared error this is output - y."),
        close("layer 2: z2", "step 2", n.z2.grad, d_z2, 1e-15),
        close("layer 2: W2", "step 3", grads(n.W2[0]), d_z2 * data(n.a1), 1e-15),
        close("layer 2: b2", None, n.b2.grad, d_z2, 1e-15, note="The biases, which the four steps leave out."),
        close("layer 2: inputs a1", "step 4", grads(n.a1), d_a1, 1e-15),
        close("layer 1: output a1", "step 1", grads(n.a1), d_a1, 1e-15),
        close("layer 1: z1", "step 2", grads(n.z1), d_z1, 1e-15,
              note="The second ReLU is off and stops what reached it."),
        close("layer 1: W1", "step 3", grads(n.W1), np.outer(d_z1, data(n.x)), 1e-15),
        close("layer 1: b1", None, grads(n.b1), d_z1, 1e-15),
        close("layer 1: inputs x", "step 4", grads(n.x), data(n.W1).T @ d_z1, 1e-15),
    ]  # fmt: skip


# --- 2.3: the derivatives of the activations --------------------------------------------------------------------------


def steepest(function: Callable[[Any], Any]) -> float:
    """Where the slope is largest: a grid to find the hill, then bisection on the curvature, which is 0 at its top."""
    grid = np.linspace(-7.3, 9.1, 83).tolist()
    slope, curvature = grad(function), grad(grad(function))
    top = int(np.argmax([slope(x) for x in grid]))
    left, right = grid[top - 1], grid[top + 1]
    for _ in range(80):
        middle = (left + right) / 2
        left, right = (middle, right) if curvature(middle) > 0 else (left, middle)
    return float(right)


@claim(
    "2.3", "The derivatives of the activations",
    "ReLU passes all or nothing; the sigmoid's slope is at most 0.25, where its output is 0.5; tanh's is at most 1, "
    "where its output is 0.",
    idea="An activation's slope is the gate that a gradient must pass. The largest slopes are found here by search.",
)  # fmt: skip
def claim_3() -> list[Figure]:
    points = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])
    s, t = sigmoid(points), tanh(points)
    of_relu, of_sigmoid, of_tanh = ([grad(f)(x) for x in points] for f in (relu, sigmoid, tanh))
    middle, origin = steepest(sigmoid), steepest(tanh)
    return [
        exactly("ReLU' at -2 ... 2", "1 if input > 0, else 0", of_relu, [0, 0, 0, 1, 1],
                note="At -2, -0.5, 0, 0.5 and 2. At 0 there is no derivative; the document and the engine take 0."),
        close("sigmoid'", "output (1 - output)", of_sigmoid, s * (1 - s), 1e-15),
        printed("sigmoid, steepest", "0.25", grad(sigmoid)(middle),
                note="A grid over [-7.3, 9.1], then bisection for the zero of the second derivative."),
        printed("its output there", "0.5", sigmoid(middle)),
        close("tanh'", "1 - output^2", of_tanh, 1 - t * t, 1e-15),
        printed("tanh, steepest", "1", grad(tanh)(origin)),
        printed("tanh's output there", "0", tanh(origin), note="Zero but for the last step of the bisection."),
    ]  # fmt: skip


# --- 2.4: the gradient behind many sigmoids ---------------------------------------------------------------------------


def sigmoid_chain(layers: int = 10, weight: float = 1.0) -> Graph:
    """`layers` sigmoids in a row, each held at z = 0: after the first, the bias takes away weight * 0.5."""

    def step(a: Value, i: int) -> Value:
        z: Value = dot([Value(weight, f"w{i}")], [a], Value(0.0 if i == 1 else -0.5 * weight, f"b{i}"))
        z.label = f"z{i}"
        return sigmoid(z)

    return repeated(step, layers, x=0.0)


def picture_4() -> str:
    """The gradient at each of ten sigmoids, with weights that let it vanish and with weights that let it explode."""
    norms = {}
    for weight in (1.0, 8.0):
        root, _ = worked(sigmoid_chain(10, weight))
        norms[f"weights of {weight:g}, each layer times {weight / 4:g}"] = layer_norms(root)["|dL/dz|"]
    note = "d output / dz, each sigmoid where it is steepest: z = 0"
    return norms_svg(norms, title="The gradient behind ten sigmoids", note=note)


@claim(
    "2.4", "The gradient vanishes through sigmoids",
    "Each sigmoid multiplies the gradient by at most 0.25: by 0.25^2 = 0.0625 in 2 layers, 0.25^5 = 0.001 in 5 and "
    "0.25^10 = 0.000001 in 10.",
    sigmoid_chain, picture=picture_4,
    idea="The document says at most, and then computes as if every slope were 0.25 and every weight 1. A layer's "
    "factor is weight times slope: with weights of 8 the same ten sigmoids make the gradient explode.",
    omits="the weights, which decide as much as the slopes",
)  # fmt: skip
def claim_4(*_: Any) -> list[Figure]:
    figures = [
        printed(f"{layers} layers", text, worked(sigmoid_chain(layers))[1].x.grad,
                note="d(output)/d(input) of real chains, each sigmoid held at z = 0, where it is steepest, between "
                "weights of 1: at most this much is left." if layers == 2 else "")
        for layers, text in ((2, "0.0625"), (5, "0.001"), (10, "0.000001"))
    ]  # fmt: skip
    heavy, n = worked(sigmoid_chain(10, weight=8.0))
    return [
        *figures,
        exactly("powers of 0.25", "0.25^2, 0.25^5, 0.25^10", [f.engine for f in figures],
                [0.25**2, 0.25**5, 0.25**10]),
        exactly("10 layers, weight 8", None, n.x.grad, 2.0**10, note="Each layer's factor is 8 * 0.25 = 2."),
        holds("a10, z = 0 held", None, heavy, heavy.data == 0.5 and all(n[f"z{i}"].data == 0 for i in range(1, 11))),
    ]  # fmt: skip


# --- 2.5: a batch in matrix form --------------------------------------------------------------------------------------

# All different, so that a forgotten transpose can't hide in a square matrix.
M, INPUTS, HIDDEN, OUTPUTS = 4, 2, 3, 1
PARAMETERS = ("W2", "b2", "W1", "b1")  # as the backward pass reaches them


def numbers(m: int = M) -> tuple[Any, Any, Parameters]:
    """Numbers of our own; X and Y have a row for each example, W1 and W2 one for each node."""
    draw = np.random.default_rng(27)
    shapes = ((m, INPUTS), (m, OUTPUTS), (HIDDEN, INPUTS), (HIDDEN,), (OUTPUTS, HIDDEN), (OUTPUTS,))
    X, Y, *parameters = [draw.uniform(-1, 1, shape) for shape in shapes]
    return X, Y, Parameters(*parameters)


def batch(m: int = M) -> Graph:
    """The mean loss of m examples, each taken through the network on its own: one scalar node for each number."""
    X, Y, p = numbers(m)
    W1, b1, W2, b2 = as_values(p)
    rows, losses = [], []
    for x, y in zip(X, Y, strict=True):
        z1, a1 = layer(W1, x, b1, relu, 1)
        z2, a2 = layer(W2, a1, b2, sigmoid, 2)
        rows.append((z1, a1, z2, a2))
        losses += [0.5 * (a - target) ** 2 for a, target in zip(a2, y, strict=True)]
    for name, nodes in zip(("Z1", "A1", "Z2", "A2"), zip(*rows, strict=True), strict=True):
        numbered(list(map(list, nodes)), name)
    loss = mean(losses)  # one output, so as many losses as examples
    return named(loss, L=loss)


def forward(X: Any, p: Parameters) -> dict[str, Any]:
    """The forward pass in matrix form, X W^T, in NumPy: it takes arrays of floats and arrays of Values."""
    Z1 = X @ p.W1.T + p.b1
    A1 = np.maximum(Z1, 0.0)
    Z2 = A1 @ p.W2.T + p.b2
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": 1.0 / (1.0 + np.exp(-Z2))}


def matrix_form(X: Any, Y: Any, p: Parameters) -> dict[str, Any]:
    """Both passes; what the backward pass finds is averaged over the batch, by hand."""
    saved = forward(X, p)
    m, A1, A2 = len(X), saved["A1"], saved["A2"]
    dZ2 = (A2 - Y) * A2 * (1.0 - A2)
    dZ1 = (dZ2 @ p.W2) * (saved["Z1"] > 0)
    averaged = {"dW2": dZ2.T @ A1 / m, "db2": dZ2.mean(0), "dW1": dZ1.T @ X / m, "db1": dZ1.mean(0)}
    return {**saved, "dZ1": dZ1, "dZ2": dZ2, **averaged}


@claim(
    "2.5", "A batch in matrix form",
    "Z1 = X W1^T + b1, A1 = ReLU(Z1), Z2 = A1 W2^T + b2 for m examples at once; gradients have the same shapes and are "
    "averaged over the batch. One example after the other is slow.",
    batch,
    idea="A row of X is an example and a row of W1 a node; one matrix product pairs each with each. The sum over the "
    "batch hides in the product dZ^T X, the mean in a factor 1/m.",
    omits="the last line of its own network, A2 = sigmoid(Z2)",
)  # fmt: skip
def claim_5(_: Value, n: Nodes) -> list[Figure]:
    X, Y, p = numbers()
    matrix, values = matrix_form(X, Y, p), as_values(p)
    saved = forward(X, values)
    ((saved["A2"] - Y) ** 2).mean().backward(0.5)  # the same loss, so the gradients have its values too
    formulas = {"Z1": "X W1^T + b1", "A1": "ReLU(Z1)", "Z2": "A1 W2^T + b2", "A2": None}
    figures = [close(name, text, getattr(n, name).ravel(), matrix[name].ravel()) for name, text in formulas.items()]
    printed_shapes = {"Z1": "m x hidden_size", "Z2": "m x output_size"}
    figures += [
        exactly(f"shape of {name}", printed_shapes.get(name), saved[name].shape,
                [M, HIDDEN if "1" in name else OUTPUTS],
                note="By NumPy's own operators on an array of Values. X is 4 x 2 and W1 3 x 2: an example in each row, "
                "X W^T." if name == "Z1" else "")
        for name in formulas
    ]  # fmt: skip
    apart = 0.0
    for name in PARAMETERS:
        node, value, by_hand = getattr(n, name), getattr(values, name), matrix[f"d{name}"]
        figures += [
            close(f"d{name}, averaged", "average over the batch", grads(node).ravel(), by_hand.ravel()),
            exactly(f"shape of d{name}", f"as {name}", grads(value).shape, getattr(p, name).shape),
        ]
        apart = max(apart, float(np.abs(grads(value) - by_hand).max()))
    figures += [
        holds("all, from an array", None, apart, apart < 1e-12,
              note="The largest difference from the gradients that backward leaves in the array of Values."),
        close("m * dL/dZ1", None, M * grads(n.Z1).ravel(), matrix["dZ1"].ravel(),
              note="The matrix form averages only in its last lines; its dZ is m times the gradient of the mean loss."),
    ]  # fmt: skip
    return figures + _compiled() + _timed()


def _compiled() -> list[Figure]:
    """What the compiler finds in the scalar graph of a larger batch, and its gradients."""
    m = 100
    loss, n = worked(batch(m))
    matrix = matrix_form(*numbers(m))
    return compiled(
        loss, n, {name: matrix[f"d{name}"] for name in PARAMETERS},
        "The same network over 100 examples, one scalar node for each number: autograd.compile reads the graph, "
        "and program.describe() shows the matrices that it found. It puts an example in each column: its X is "
        "the document's X^T, its Z1 the document's Z1^T. The 1/m of the mean comes with dZ.",
        ("layer 1, found", "Z1 = X W1^T + b1", f"Z1 = W1 X + b1, (3x2)(2x{m})+(3x1)"),
        ("its activation", "A1 = ReLU(Z1)", f"A1 = relu(Z1), {3 * m} nodes at once"),
        ("layer 2, found", "Z2 = A1 W2^T + b2", f"Z2 = W2 A1 + b2, (1x3)(3x{m})+(1x1)"),
        ("layer 2, backward", "average over the batch",
         "dW2 = dZ2 A1^T, dA1 = W2^T dZ2, db2 = sum of dZ2 over the batch"),
        ("through the ReLU", None, "dZ1 = dA1 * relu'(Z1)"),
        ("layer 1, backward", "average over the batch", "dW1 = dZ1 X^T, db1 = sum of dZ1 over the batch"),
    )  # fmt: skip


def _timed() -> list[Figure]:
    X, Y, p = numbers(256)
    singly = [(X[e : e + 1], Y[e : e + 1], p) for e in range(256)]
    ways = (lambda: matrix_form(X, Y, p), lambda: [matrix_form(*one) for one in singly], lambda: worked(batch(256)))
    # The best of three, so that whatever else the machine does counts least.
    at_once, one_by_one, scalar = (min(repeat(way, number=1, repeat=3)) for way in ways)
    return [
        shown("time, 256 one by one", f"{one_by_one / at_once:.0f} times", measured=True,
              note="NumPy on single examples, against NumPy on all 256 at once, on your machine: slow, as it says."),
        shown("time, scalar graph", f"{scalar / at_once:.0f} times", measured=True,
              note="A node for each number is slower again. It is there to be read."),
    ]  # fmt: skip


# --- 2.6: troubles and their cures ------------------------------------------------------------------------------------


def naive_sigmoid(z: Any) -> Any:
    """1 / (1 + e^-z), letter by letter."""
    return 1.0 / (1.0 + exp(-z))


@claim(
    "2.6", "Troubles and their cures",
    "Exploding gradients: clip them. Dying ReLU: a leaky one, or better initial weights. Shapes that do not fit: track "
    "them. Overflow: stable functions and normalised inputs.",
    idea="Each trouble is shown, and then its cure. Clipping by norm shortens a gradient, clipping by value also turns "
    "it; a stable function hides overflow, and normalised inputs avoid it.",
    omits="which clipping it means, by norm or by value: they end in different directions",
)  # fmt: skip
def claim_6() -> list[Figure]:
    X, _, p = numbers()
    W1 = array(p.W1, "W1")
    heights = np.array([1560.0, 1630.0, 1720.0, 1790.0])  # of bodies, in millimetres
    scaled = (heights - heights.mean()) / heights.std()
    return [
        refused("1/(1 + e^1000)", "overflow", lambda: naive_sigmoid(Value(-1000.0, "z")), "exp", "1000"),
        exactly("sigmoid(-1000)", "use stable functions", list(value_and_grad(sigmoid)(-1000.0)), [0.0, 0.0],
                note="Value and slope. The stable form never raises e to a large power."),
        refused("X W1 for X W1^T", "dimensions don't align", lambda: X @ W1, "(4, 2)", "(3, 2)"),
        exactly("shape of X W1^T", None, (X @ W1.T).shape, [M, HIDDEN]),
        exactly("ReLU' at -2", "outputs 0 always", grad(relu)(-2.0), 0.0),
        exactly("leaky ReLU' at -2", "use leaky ReLU", grad(leaky_relu)(-2.0), 0.01),
        *first_layers(),
        refused("inputs near 1700", "overflow", lambda: naive_sigmoid(Value(-1.0, "w") * heights[0]), "exp",
                note="1/(1 + e^-z) on body heights in millimetres, weight -1."),
        exactly("stable sigmoid's slope", None, grad(lambda w: sigmoid(w * heights[0]))(-1.0), 0.0,
                note="The stable form has a value there and no gradient."),
        close("normalised inputs", "normalize inputs", naive_sigmoid(-array(scaled)), 1 / (1 + np.exp(scaled)), 1e-15,
              note="Minus their mean, over their standard deviation: z lies within 2 of 0."),
        holds("slope, normalised", None, grad(lambda w: naive_sigmoid(w * scaled[0]))(-1.0),
              lambda slope: abs(slope) > 0.1),
        *clipping(),
    ]  # fmt: skip


def first_layers() -> list[Figure]:
    """Sixteen ReLUs on 20 inputs: how many are off for every input, by the weights that they start from."""
    x = np.random.default_rng(2).uniform(-1.0, 1.0, (20, 4))
    dead = {}
    for bias in (-3.0, 0.0):
        linear = nn.Linear(4, 16)
        init.kaiming_uniform(linear.weight, nonlinearity="relu", rng=np.random.default_rng(3))
        init.constant(linear.bias, bias)
        a = nn.Sequential(linear, nn.ReLU())(x)
        dead[bias] = sum(all(node.data == 0 for node in a[:, neuron]) for neuron in range(16))
    return [
        holds("dead of 16, biases -3", "outputs 0 always", dead[-3.0], dead[-3.0] > 8,
              note="ReLUs that are off for each of 20 inputs, and so get no gradient."),
        exactly("dead of 16, biases 0", "careful initialization", dead[0.0], 0,
                note="The same weights, drawn by Kaiming's rule."),
    ]  # fmt: skip


def clipping() -> list[Figure]:
    """One gradient clipped by its norm, and by value."""
    by_norm, by_value = array([1.0, 1.0]), array([1.0, 1.0])
    for w in (by_norm, by_value):
        dot(w, [300.0, 4.0]).backward()
    whole = grads(by_norm)
    norm = optim.clip_grad_norm(by_norm, max_norm=5.0)
    optim.clip_grad_value(by_value, clip_value=5.0)
    scale = 5.0 / (math.hypot(300.0, 4.0) + 1e-6)
    directions = [float(w[1].grad / w[0].grad) for w in (by_norm, by_value)]
    return [
        exactly("gradient", "gradients become huge", whole, [300.0, 4.0]),
        close("its norm", None, norm, math.hypot(300.0, 4.0), 1e-15),
        close("clipped by norm, 5", "cap maximum gradient", grads(by_norm), [300.0 * scale, 4.0 * scale], 1e-15,
              note="The whole gradient times 5/(norm + 1e-6), as PyTorch does it."),
        exactly("clipped by value, 5", "cap maximum gradient", grads(by_value), [5.0, 4.0],
                note="Each entry by itself: now w2 moves nearly as far as w1."),
        close("direction, by norm", None, directions[0], 4.0 / 300.0, 1e-15,
              note="The entry of w2 over that of w1: as before clipping."),
        close("direction, by value", None, directions[1], 4.0 / 300.0, 1e-15, should_agree=False),
    ]  # fmt: skip


# --- 2.7: what one pass costs -----------------------------------------------------------------------------------------


def one_layer(inputs: Sequence[float], parameters: Sequence[Value]) -> Value:
    """A hidden layer of sigmoids and a linear output, from one flat list of parameters."""
    width = len(inputs) + 2  # each hidden node: its weights, its bias, and its weight in the output
    hidden = [parameters[i : i + width] for i in range(0, len(parameters) - 1, width)]
    nodes = [sigmoid(dot(own[:-2], inputs, own[-2])) for own in hidden]
    out: Value = dot([own[-1] for own in hidden], nodes, parameters[-1])
    return out


def count(hidden: int) -> tuple[int, int, int, float]:
    """The n parameters, the operations of one backward and n + 1 forward passes, and how far their gradients differ."""
    inputs, step = [0.5, -1.0, 0.25, 2.0], 1e-6
    start = array(uniform(random.Random(27), 6 * hidden + 1))
    root = one_layer(inputs, start)
    root.backward()
    total, apart = edges(root), 0.0
    for k, parameter in enumerate(start):
        ahead = array(data(start))
        ahead[k] = parameter.data + step
        moved = one_layer(inputs, ahead)
        total += edges(moved)
        apart = max(apart, abs((moved.data - root.data) / step - parameter.grad))
    return len(start), edges(root), total, apart


@claim(
    "2.7", "What one pass costs",
    "All gradients in one backward pass take O(n) operations; each on its own, O(n^2).",
    idea="Moving one parameter a little and computing the loss again costs a whole forward pass, which gives one "
    "gradient. The backward pass gives all n for about the same price.",
)  # fmt: skip
def claim_7() -> list[Figure]:
    n, backward, differences, apart = zip(*map(count, (4, 8, 16, 32)), strict=True)
    once, each = (float(np.polyfit(np.log(n), np.log(costs), 1)[0]) for costs in (backward, differences))
    return [
        shown("parameters n", n, note="Networks of 4 inputs and 4 to 32 hidden nodes."),
        shown("one backward pass", backward,
              note="Operations, counted as edges of the graph: one multiplication and addition along each."),
        holds("one pass: n to the", "O(n)", once, abs(once - 1.0) < 0.05,
              note="The slope of a straight line through the logarithms."),
        shown("n + 1 forward passes", differences,
              note="Finite differences: one pass as it is, and one for each parameter moved a little."),
        holds("n + 1 passes: n to the", "O(n^2)", each, abs(each - 2.0) < 0.05),
        holds("largest difference", None, max(apart), lambda difference: difference < 1e-5,
              note="Both ways find the same gradients, as far as finite differences go."),
    ]  # fmt: skip


# --- 2.8: ways to debug a backward pass, each one call ----------------------------------------------------------------


def one_neuron(w1: Any, w2: Any, b: Any) -> Any:
    """One neuron of a layer by itself, on the input (0.5, -1)."""
    return relu(dot([w1, w2], [0.5, -1.0], b))


def one_neuron_by_hand(w1: float, w2: float, b: float) -> tuple[float, float, float]:
    """Its gradient by hand: the input, and 1 for the bias, where the ReLU is active."""
    active = 1.0 if 0.5 * w1 - w2 + b > 0 else 0.0
    return 0.5 * active, -active, active


def overflowing() -> None:
    """A product that a double cannot hold, met by `detect_anomaly`."""
    with detect_anomaly():
        x = Value(1e200, "x")
        (x * x).backward()


@claim(
    "2.8", "How to debug backpropagation",
    "Check gradients against numbers, print shapes, look for NaN, infinity and zeros, test each layer alone.",
    idea="Each of the four is one call: gradcheck or check_derivative, an error that names both shapes, "
    "detect_anomaly() and monitor.report(net), and the same check on one layer.",
)  # fmt: skip
def claim_8() -> list[Figure]:
    engine = gradcheck(lambda x, y: sigmoid(x) * exp(y), 0.3, -1.0)
    at = [(1.0, -0.2, 0.1), (-1.0, 0.4, 0.1)]
    return [
        holds("gradcheck(f, 0.3, -1)", "Gradient checking", engine, engine),
        refused("shapes that do not fit", "Shape checking", lambda: array([[1.0, 2.0]]) @ array([1.0, 2.0, 3.0]),
                "do not fit"),
        refused("with detect_anomaly()", "Value checking", overflowing, "inf"),
        holds("monitor.report(net)", "Look for zeros", watched(bias=-9.0), lambda rows: "dead ReLU" in rows[0],
              note="Three ReLUs that no input switches on. The report names the cure, too."),
        holds("a healthy network", None, watched(bias=2.5), lambda rows: all("healthy" in row for row in rows)),
        judged("one layer, checked alone", "Unit tests", check_derivative(one_neuron, one_neuron_by_hand, at), "pass"),
    ]  # fmt: skip


def watched(bias: float) -> list[str]:
    """What the monitor says of a network whose hidden ReLUs have this bias."""
    net = nn.MLP(2, [3, 1], seed=4)
    for parameter in net.layers[0].parameters():
        if parameter.label.startswith("b"):
            parameter.data = bias
    loss = losses.mse(net(np.array([[0.5, -1.0], [1.0, 0.25]])), np.array([[1.0], [0.0]]))
    loss.backward()
    return [f"{row.name}: {row.verdict}" for row in monitor.report(net, root=loss).rows]


# --- 2.9: Adam --------------------------------------------------------------------------------------------------------

STRETCHED, ROUND = (100.0, 0.01), (1.0, 1.0)
KINDS: dict[str, Callable[..., optim.Optimizer]] = {"SGD": optim.SGD, "Adam": optim.Adam}


@cache
def bowl(curvatures: tuple[float, float], optimizer: str, rate: float, steps: int = 200) -> list[float]:
    """The loss (c1 w1^2 + c2 w2^2)/2 before each step from (1, 1), and after the last."""
    w = [Value(1.0, "w1"), Value(1.0, "w2")]
    return descend(lambda: 0.5 * dot(curvatures, [w[0] ** 2, w[1] ** 2]), w, steps, KINDS[optimizer], lr=rate)


def adam_by_hand(curvature: float, rate: float, steps: int = 200) -> float:
    """Where Adam brings one weight, from its published formulas in plain floats."""
    w, m, v = 1.0, 0.0, 0.0
    for t in range(1, steps + 1):
        g = curvature * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= rate * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


@cache
def xor(optimizer: str, rate: float) -> list[float]:
    """The first 150 losses of a small network on exclusive or."""
    x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])
    net = nn.MLP(2, [6, 1], activation="tanh", seed=1)
    return descend(lambda: losses.mse(net(x), y), net.parameters(), 149, KINDS[optimizer], lr=rate)


@claim(
    "2.9", "What comes next: Adam",
    "Optimisers such as Adam train much faster and more reliably than plain gradient descent.",
    picture=lambda: loss_svg(
        {f"{kind}, rate 0.1": xor(kind, 0.1) for kind in KINDS}, (*range(0, 150, 25), 149),
        "SGD and Adam on exclusive or", "the mean squared error", "step",
    ),
    idea="Adam divides each gradient by its own recent size, so that all weights move about alike. That helps where "
    "slopes differ by orders of magnitude, and costs something where they don't.",
    errs="in a round bowl plain gradient descent is faster by far",
)  # fmt: skip
def claim_9() -> list[Figure]:
    sgd, adam = bowl(STRETCHED, "SGD", 0.019), bowl(STRETCHED, "Adam", 0.05)
    a, b = ((1 - c * 0.019) ** 200 for c in STRETCHED)
    end = [adam_by_hand(c, 0.05) for c in STRETCHED]
    plain, other = bowl(ROUND, "SGD", 0.5, 50), bowl(ROUND, "Adam", 0.05, 50)
    return [
        close("stretched bowl, SGD", "plain gradient descent", sgd[-1], 0.5 * (100 * a * a + 0.01 * b * b), 1e-12,
              note="The loss (100 w1^2 + 0.01 w2^2)/2 from (1, 1) after 200 steps at rate 0.019. From 0.02 on w1 "
              "diverges, and at that rate w2 hardly moves."),
        close("stretched bowl, Adam", "train much faster", adam[-1], 0.5 * (100 * end[0] ** 2 + 0.01 * end[1] ** 2),
              1e-12, note="Rate 0.05, against Adam's published formulas in plain floats."),
        holds("Adam / SGD", "much faster", adam[-1] / sgd[-1], adam[-1] < 0.01 * sgd[-1]),
        holds("round bowl, SGD, Adam", "much faster", [plain[-1], other[-1]], other[-1] < plain[-1],
              should_agree=False,
              note="The loss (w1^2 + w2^2)/2 after 50 steps at rates 0.5 and 0.05: plain descent halves the weights at "
              "every step."),
        shown("first loss of a network", xor("SGD", 0.1)[0], note="Exclusive or, 2-6-1, tanh, mean squared error."),
        *[holds(f"after 150 steps, rate {rate:g}", "faster and more reliably", [xor(kind, rate)[-1] for kind in KINDS],
                lambda ends: ends[1] < ends[0], note="SGD, then Adam, from the same weights." if rate == 0.01 else "")
          for rate in (0.01, 0.1)],
    ]  # fmt: skip


# --- 2.10: ReLU and the vanishing gradient ----------------------------------------------------------------------------


def dead_neuron(weight: float = 0.5, bias: float = -3.0, activation: Callable[[Any], Any] = relu) -> Graph:
    """One neuron and four examples; the bias is so low that no example gets through the ReLU."""
    w, b = Value(weight, "w"), Value(bias, "b")
    losses = []
    for i, (x, y) in enumerate(((-1.0, 0.0), (0.5, 1.0), (1.0, 1.5), (2.0, 2.5)), 1):
        z = dot([w], [Value(x, f"x{i}", constant=True)], b)
        a = activation(z)
        z.label, a.label = f"z{i}", f"a{i}"
        losses.append((a - y) ** 2)
    loss = mean(losses)
    return named(loss, L=loss)


@claim(
    "2.10", "ReLU and the vanishing gradient",
    "A ReLU passes gradients or stops them, and has no vanishing gradient problem.",
    dead_neuron,
    idea="Where a ReLU is on it adds no factor below 1, and that much is right. Where it is off nothing at all comes "
    "through: the document's own list of troubles calls that a dying ReLU.",
    errs="a dead ReLU's gradient has vanished altogether",
)  # fmt: skip
def claim_10(loss: Value, n: Nodes) -> list[Figure]:
    parameters, losses = [n.w, n.b], []
    for _ in range(5):
        losses.append(loss.data)
        for p in parameters:
            p.data -= 0.1 * p.grad
        loss, _ = dead_neuron(*data(parameters))
    _, leaking = worked(dead_neuron(activation=leaky_relu))
    _, live = worked(repeated(lambda a, _: relu(a * 0.5)))
    return [
        holds("gradient of w and b", "no vanishing gradient problem", grads(parameters), any, should_agree=False,
              note="One neuron and four examples, all with z < 0."),
        holds("L over 5 steps", None, losses, len(set(losses)) == 1,
              note="Nothing moves: no number of steps brings this neuron back."),
        shown("with a leaky ReLU", [leaking.w.grad, leaking.b.grad],
              note="The document's cure: with slope 0.01 below 0 a small gradient is left."),
        exactly("10 live ReLUs, w 0.5", "pass through", live.x.grad, 0.5**10,
                note="Every ReLU passes all of it through, and each layer's weight still multiplies it."),
    ]  # fmt: skip


# --- 2.11, 2.12: two hidden layers, and tanh --------------------------------------------------------------------------


def two_hidden() -> Graph:
    """x -> hidden1 -> hidden2 -> output -> Loss, one sigmoid each; the numbers are ours."""
    a, weights = Value(1.5, "x", constant=True), [0.8, -1.2, 0.5]
    nodes = {}
    for i, (weight, name) in enumerate(zip(weights, ("hidden1", "hidden2", "output"), strict=True), 1):
        a = nodes[name] = sigmoid(Value(weight, f"W{i}") * a)
    loss = 0.5 * (a - 1.0) ** 2
    return named(loss, **nodes, Loss=loss)


@claim(
    "2.11", "The product over two hidden layers, and its waterfall",
    "dLoss/dW1 = dLoss/doutput doutput/dhidden2 dhidden2/dhidden1 dhidden1/dW1; it is drawn as water that falls from "
    "Loss to Input layer, and from layer to layer becomes gradient x weight.",
    two_hidden,
    idea="From one layer's output to the next the gradient is multiplied by the weight and by the activation's slope. "
    "A sigmoid's slope is at most 0.25, so what is left out is what makes the gradient vanish.",
    errs="its waterfall multiplies by weights only and leaves out the slopes",
)  # fmt: skip
def claim_11(loss: Value, n: Nodes) -> list[Figure]:
    (d_output, d_hidden2, d_hidden1, d_W1), product = chain(loss, n.output, n.hidden2, n.hidden1, n.W1)
    hidden1, hidden2, output, W2, W3 = data([n.hidden1, n.hidden2, n.output, n.W2, n.W3])
    slope1, slope2, slope3 = hidden1 * (1 - hidden1), hidden2 * (1 - hidden2), output * (1 - output)
    return [
        close("dLoss/doutput", "dLoss/doutput", d_output, output - 1.0, 1e-15,
              note="Of half the squared error, with y = 1."),
        close("doutput/dhidden2", "doutput/dhidden2", d_hidden2, slope3 * W3, 1e-15),
        close("dhidden2/dhidden1", "dhidden2/dhidden1", d_hidden1, slope2 * W2, 1e-15),
        close("dhidden1/dW1", "dhidden1/dW1", d_W1, slope1 * 1.5, 1e-15),
        close("their product", "dLoss/dW1", product, n.W1.grad, 1e-15),
        exactly("paths to W1", None, len(path_products(loss, n.W1)), 1),
        close("reaches hidden2", "gradient x weight", n.hidden2.grad, d_output * W3, 1e-15, should_agree=False),
        close("reaches hidden1", "gradient x weight", n.hidden1.grad, d_output * W3 * W2, 1e-15, should_agree=False,
              note="Nineteen times less than the drawing says."),
        close("with the slopes", None, n.hidden1.grad, d_output * slope3 * W3 * slope2 * W2, 1e-15),
    ]  # fmt: skip


def tanh_chain(x: float = 1.0, layers: int = 10, weight: float = 1.0) -> Graph:
    """`layers` times a = tanh(weight * a), from a = x."""
    return repeated(lambda a, _: tanh(a * weight), layers, x)


@claim(
    "2.12", "tanh vanishes, too",
    "tanh has slope 1 at 0, is better than the sigmoid, and can still vanish.",
    tanh_chain,
    idea="The slope 1 - a^2 is 1 only at a = 0. Each layer keeps a little less, and a weight away from 1 moves tanh to "
    "its flat ends or shrinks the gradient itself.",
)  # fmt: skip
def claim_12(_root: Value, n: Nodes) -> list[Figure]:
    def left(x: float, **options: Any) -> float:
        return float(worked(tanh_chain(x, **options))[1].x.grad)

    small, by_hand, a = n.x.grad, 1.0, 1.0
    for _ in range(10):
        a = math.tanh(a)
        by_hand *= 1 - a * a
    return [
        exactly("10 layers at 0", "maximum 1 (when output = 0)", left(0.0), 1.0,
                note="d(output)/d(input) with weights of 1, from the input 0."),
        close("10 layers from x = 1", "1 - output^2", small, by_hand, 1e-14),
        holds("tanh over sigmoid", "better than sigmoid", small / 0.25**10, small > 1000 * 0.25**10,
              note="Over the most that ten sigmoids leave (2.4)."),
        holds("100 layers from x = 1", "can still vanish", left(1.0, layers=100), lambda long: long < 0.1 * small),
        holds("10 layers, weight 3", "can still vanish", left(1.0, weight=3.0), lambda gradient: gradient < 1e-10,
              note="Every tanh sits at its flat end."),
        exactly("10 layers, weight 0.5", "can still vanish", left(0.0, weight=0.5), 0.5**10,
                note="At 0, where every slope is 1, and the weights alone shrink it."),
    ]  # fmt: skip


LESSON = Lesson(
    2,
    "The learning engine",
    "001_4791f67009255572.txt",
    tuple(claim),
    main="2.1",
    about="What a forward pass saves and what the backward pass makes of it, layer by layer and on a batch; what it "
    "costs, what goes wrong, and how to find out.",
    teaches="What the forward pass saves, what the backward pass makes of it, what fails.",
)
