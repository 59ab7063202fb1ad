"""Lesson 2: the learning engine: what the forward pass saves, what the backward pass makes of it, what vanishes."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .. import nn
from ..checking.check import check_derivative, gradcheck
from ..compiler import compile
from ..engine.graph import topological_order
from ..engine.modes import detect_anomaly
from ..engine.value import Value
from ..errors import AnomalyError, RangeError, ShapeError
from ..functions.arrays import array, data, grads
from ..functions.elementary import dot, exp, leaky_relu, mean, relu, sigmoid, tanh
from ..nn import init, losses, monitor, optim
from .claims import Claim, Figure, Graph, Lesson, close, exactly, holds, printed, shown
from .examples import Form, found, labelled, layer, loss_svg, named, same_gradients, worked

__all__ = ["LESSON"]


# --- 2.1, 2.2: the two passes through two layers ----------------------------------------------------------------------


def two_layers() -> Graph:
    """x -> z1 -> ReLU -> z2 -> sigmoid -> half the squared error; the second hidden node is off. Our numbers."""
    x, y = array([1.0, 2.0], "x"), Value(1.0, "y", constant=True)
    W1, b1 = array([[0.5, 0.25], [-1.0, 0.25]], "W1"), array([0.1, 0.2], "b1")
    W2, b2 = array([0.7, -0.4], "W2"), Value(-0.5, "b2")
    _, a1 = layer(W1, x, b1, relu, 1)
    _, (output,) = layer([W2], a1, [b2], sigmoid, 2)
    loss = 0.5 * (output - y) ** 2
    output.label, loss.label = "output", "L"
    return named(loss)


def claim_1() -> list[Figure]:
    """The saved values of the document's list, in the order in which the graph holds them."""
    _, n = two_layers()
    x = data([n["x[0]"], n["x[1]"]])
    W1, b1 = data([[n[f"W1[{i},{j}]"] for j in (0, 1)] for i in (0, 1)]), data([n["b1[0]"], n["b1[1]"]])
    z1 = W1 @ x + b1
    a1 = np.maximum(z1, 0.0)
    z2 = float(data([n["W2[0]"], n["W2[1]"]]) @ a1) + n["b2"].data
    order = [v.label for v in topological_order(n["output"]) if v.parents or v.label.startswith("x")]
    place = {label: order.index(label) for label in order}
    steps = [["x[0]", "x[1]"], ["z1[0]", "z1[1]"], ["a1[0]", "a1[1]"], ["z2"], ["output"]]
    sorted_out = all(place[p.label] < place[label] for label in order for p in n[label].parents if p.label in place)
    return [
        exactly("1: x", "x -> [save]", [n[label] for label in steps[0]], [1.0, 2.0]),
        close("2: z1", "W1 x + b1 -> [save]", [n[label] for label in steps[1]], z1, 1e-15,
              note="A node keeps its value and its parents: the recorded graph is the document's list of saved "
              "values, and nothing else has to be cached."),
        close("3: a1", "ReLU(z1) -> [save]", [n[label] for label in steps[2]], a1, 1e-15),
        close("4: z2", "W2 a1 + b2 -> [save]", n["z2"], z2, 1e-15),
        close("5: output", "sigmoid(z2) -> [save]", n["output"], 1 / (1 + np.exp(-z2)), 1e-15),
        holds("order in the graph", "each after its inputs", order, sorted_out,
              note="The list goes layer by layer, the graph's own order neuron by neuron. Both are topological: "
              "every value comes after all that it is made from, and backward walks the order in reverse."),
    ]  # fmt: skip


def claim_2() -> list[Figure]:
    """All gradients of both layers, and the biases', against the four steps done by hand."""
    _, n = worked(two_layers())
    W1 = [[n[f"W1[{i},{j}]"] for j in (0, 1)] for i in (0, 1)]
    x, b1, z1, a1, W2 = ([n[f"{name}[{i}]"] for i in (0, 1)] for name in ("x", "b1", "z1", "a1", "W2"))
    output, target = n["output"].data, n["y"].data
    d_output = output - target
    d_z2 = d_output * output * (1 - output)
    d_a1 = data(W2) * d_z2
    d_z1 = d_a1 * (data(z1) > 0)
    return [
        close("layer 2: output", "step 1", n["output"].grad, d_output, 1e-15,
              note="The document names no loss; with half the squared error this is output - y."),
        close("layer 2: z2", "step 2", n["z2"].grad, d_z2, 1e-15),
        close("layer 2: W2", "step 3", grads(W2), d_z2 * data(a1), 1e-15),
        close("layer 2: b2", None, n["b2"].grad, d_z2, 1e-15,
              note="The four steps leave the biases out. dz/db is 1, so a bias has the gradient of its z."),
        close("layer 2: inputs a1", "step 4", grads(a1), d_a1, 1e-15),
        close("layer 1: output a1", "step 1", grads(a1), data(W2) * d_z2, 1e-15,
              note="Step 4 of layer 2 is step 1 of layer 1: the same nodes. That is the propagation."),
        close("layer 1: z1", "step 2", grads(z1), d_z1, 1e-15,
              note="The second ReLU is off and stops what reached it."),
        close("layer 1: W1", "step 3", grads(W1), np.outer(d_z1, data(x)), 1e-15),
        close("layer 1: b1", None, grads(b1), d_z1, 1e-15),
        close("layer 1: inputs x", "step 4", grads(x), data(W1).T @ d_z1, 1e-15),
    ]  # fmt: skip


# --- 2.3: the derivatives of the activations --------------------------------------------------------------------------


class Peak(NamedTuple):
    """Where a slope is largest."""

    x: float
    output: float
    slope: float


def slope(function: Callable[[Any], Any], x: float) -> float:
    """The engine's derivative of a function of one number."""
    v = Value(x)
    function(v).backward()
    return float(v.grad)


def curvature(function: Callable[[Any], Any], x: float) -> float:
    """The derivative of the derivative."""
    v = Value(x)
    function(v).backward(create_graph=True)
    first = v.grad
    v.zero_grad()
    first.backward()
    return float(v.grad)


def steepest(function: Callable[[Any], Any], low: float = -7.3, high: float = 9.1) -> Peak:
    """Search for the largest slope: a grid to find the hill, then bisection on the curvature, which is 0 at its top."""
    grid = np.linspace(low, high, 83)
    top = int(np.argmax([slope(function, float(x)) for x in grid]))
    left, right = float(grid[top - 1]), float(grid[top + 1])
    for _ in range(80):
        middle = (left + right) / 2
        left, right = (middle, right) if curvature(function, middle) > 0 else (left, middle)
    return Peak(right, float(function(right)), slope(function, right))


def claim_3() -> list[Figure]:
    """The three derivatives at some points, and the largest slopes, found by search."""
    points = [-2.0, -0.5, 0.0, 0.5, 2.0]
    s, t = [float(sigmoid(x)) for x in points], [float(tanh(x)) for x in points]
    of_sigmoid, of_tanh = steepest(sigmoid), steepest(tanh)
    return [
        exactly("ReLU' at -2 ... 2", "1 if input > 0, else 0", [slope(relu, x) for x in points], [0, 0, 0, 1, 1],
                note="At -2, -0.5, 0, 0.5 and 2. At 0 there is no derivative; 0 is the document's convention and the "
                "engine's."),
        close("sigmoid'", "output (1 - output)", [slope(sigmoid, x) for x in points], [v * (1 - v) for v in s], 1e-15),
        printed("sigmoid, steepest", "0.25", of_sigmoid.slope,
                note="Found by search: a grid over [-7.3, 9.1], then the zero of the second derivative."),
        printed("its output there", "0.5", of_sigmoid.output),
        close("tanh'", "1 - output^2", [slope(tanh, x) for x in points], [1 - v * v for v in t], 1e-15),
        printed("tanh, steepest", "1", of_tanh.slope),
        printed("tanh's output there", "0", of_tanh.output, note="Zero but for the last step of the bisection."),
    ]  # fmt: skip


# --- 2.4: the gradient behind many sigmoids ---------------------------------------------------------------------------


def sigmoid_chain(layers: int = 10, weight: float = 1.0) -> Graph:
    """`layers` sigmoids in a row, each held at z = 0: after the first, the bias takes away weight * 0.5."""
    a = x = Value(0.0, "x")
    for i in range(1, layers + 1):
        bias = Value(0.0 if a is x else -0.5 * weight, f"b{i}")
        z = dot([Value(weight, f"w{i}")], [a], bias)
        a = sigmoid(z)
        z.label, a.label = f"z{i}", f"a{i}"
    return named(a)


def claim_4() -> list[Figure]:
    """d output / d input of real chains, and what the weights do to it."""
    notes = {
        2: "Each sigmoid sits at z = 0 where its slope is 0.25, between weights of 1. The document says at most 0.25 "
        "and then computes as if every slope were 0.25 and every weight 1.",
        5: "Exactly 0.0009765625; the document prints three decimals.",
        10: "Exactly 0.00000095367431640625; the document prints six decimals.",
    }
    figures = [
        printed(f"{layers} layers", text, worked(sigmoid_chain(layers))[1]["x"].grad, note=notes[layers])
        for layers, text in ((2, "0.0625"), (5, "0.001"), (10, "0.000001"))
    ]
    heavy, n = worked(sigmoid_chain(10, weight=8.0))
    return [
        *figures,
        exactly("the same as powers", "0.25^2, 0.25^5, 0.25^10", [f.engine for f in figures],
                [0.25**2, 0.25**5, 0.25**10]),
        exactly("10 layers, weight 8", None, n["x"].grad, 2.0**10,
                note="A layer's factor is weight * slope. With weights of 8, still at z = 0, it is 2, and the gradient "
                "explodes: the sigmoid alone does not decide."),
        holds("a10, z = 0 held", None, heavy, heavy.data == 0.5 and all(n[f"z{i}"].data == 0 for i in range(1, 11))),
    ]  # fmt: skip


def picture_4() -> str:
    """The gradient at each of ten sigmoids, with weights that let it vanish and with weights that let it explode."""
    from ..render import layer_norms, norms_svg  # costs time that the numbers alone need not pay

    norms = {
        f"weights of {weight:g}, each layer times {weight / 4:g}": layer_norms(worked(sigmoid_chain(10, weight))[0])[
            "|dL/dz|"
        ]
        for weight in (1.0, 8.0)
    }
    return norms_svg(
        norms, title="The gradient behind ten sigmoids", note="d output / dz, each sigmoid where it is steepest: z = 0"
    )


# --- 2.5: a batch in matrix form --------------------------------------------------------------------------------------

# All different, so that a forgotten transpose can't hide in a square matrix.
M, INPUTS, HIDDEN, OUTPUTS = 4, 2, 3, 1


class Numbers(NamedTuple):
    """Data and parameters as NumPy arrays: X and Y have a row for each example, W1 and W2 one for each node."""

    X: Any
    Y: Any
    W1: Any
    b1: Any
    W2: Any
    b2: Any


def numbers(m: int = M) -> Numbers:
    """Numbers of our own; the document gives none."""
    draw = np.random.default_rng(27)
    shapes = ((m, INPUTS), (m, OUTPUTS), (HIDDEN, INPUTS), (HIDDEN,), (OUTPUTS, HIDDEN), (OUTPUTS,))
    return Numbers(*[draw.uniform(-1, 1, shape) for shape in shapes])


def batch(m: int = M) -> Graph:
    """The mean loss of m examples, each taken through the network on its own: one scalar node for each number."""
    given = numbers(m)
    W1, b1, W2, b2 = (array(getattr(given, name), name) for name in ("W1", "b1", "W2", "b2"))
    losses = []
    for e, (x, y) in enumerate(zip(given.X, given.Y, strict=True)):
        z1, a1 = layer(W1, x, b1, relu, 1)
        z2, a2 = layer(W2, a1, b2, sigmoid, 2)
        for name, values in (("Z1", z1), ("A1", a1), ("Z2", z2), ("A2", a2)):
            for j, value in enumerate(values):
                value.label = f"{name}[{e},{j}]"
        losses += [0.5 * (a - target) ** 2 for a, target in zip(a2, y, strict=True)]
    loss = mean(losses)  # one output, so as many losses as examples
    loss.label = "L"
    return named(loss)


def forward(given: Numbers) -> dict[str, Any]:
    """The forward pass in matrix form, X W^T, in NumPy: it takes arrays of floats and arrays of Values."""
    Z1 = given.X @ given.W1.T + given.b1
    A1 = np.maximum(Z1, 0.0)
    Z2 = A1 @ given.W2.T + given.b2
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": 1.0 / (1.0 + np.exp(-Z2))}


def backward(given: Numbers, saved: dict[str, Any]) -> dict[str, Any]:
    """The backward pass in matrix form, averaged over the batch, by hand."""
    X, Y, m = given.X, given.Y, len(given.X)
    A1, A2 = saved["A1"], saved["A2"]
    dZ2 = (A2 - Y) * A2 * (1.0 - A2)
    dZ1 = (dZ2 @ given.W2) * (saved["Z1"] > 0)
    averaged = {"dW2": dZ2.T @ A1 / m, "db2": dZ2.mean(0), "dW1": dZ1.T @ X / m, "db1": dZ1.mean(0)}
    return {"dZ1": dZ1, "dZ2": dZ2, **averaged}


def matrix_form(given: Numbers) -> dict[str, Any]:
    """Both passes."""
    saved = forward(given)
    return saved | backward(given, saved)


def claim_5() -> list[Figure]:
    """Scalar graph against matrix form, the shapes, and the time that single examples take."""
    _, n = worked(batch())
    given = numbers()
    matrix = matrix_form(given)
    values = given._replace(**{name: array(getattr(given, name), name) for name in ("W1", "b1", "W2", "b2")})
    saved = forward(values)
    ((saved["A2"] - given.Y) ** 2).mean().backward(0.5)  # the same loss, so the gradients have its values too

    def nodes(name: str, shape: tuple[int, ...]) -> list[Value]:
        return list(labelled(n, name, shape).ravel())

    formulas = (("Z1", "X W1^T + b1"), ("A1", "ReLU(Z1)"), ("Z2", "A1 W2^T + b2"), ("A2", None))
    notes = {"A2": "The document stops at Z2; the sigmoid of its network belongs here."}
    figures = [
        close(name, text, data(nodes(name, matrix[name].shape)), matrix[name].ravel(), note=notes.get(name, ""))
        for name, text in formulas
    ]
    shapes = {"Z1": [M, HIDDEN], "A1": [M, HIDDEN], "Z2": [M, OUTPUTS], "A2": [M, OUTPUTS]}
    printed_shapes = {"Z1": "m x hidden_size", "Z2": "m x output_size"}
    figures += [
        exactly(f"shape of {name}", printed_shapes.get(name), saved[name].shape, shape,
                note="NumPy's own operators, run on an array of Values. X is m x inputs and W1 hidden x inputs: an "
                "example in each row (X W^T)." if name == "Z1" else "")
        for name, shape in shapes.items()
    ]  # fmt: skip
    for name in ("W2", "b2", "W1", "b1"):
        shape, gradient = getattr(given, name).shape, grads(getattr(values, name))
        figures += [
            close(f"d{name}, averaged", "average over the batch", grads(nodes(name, shape)), matrix[f"d{name}"].ravel(),
                  note="The graph's gradients of L, the mean over the m examples." if name == "W2" else ""),
            exactly(f"shape of d{name}", f"as {name}", gradient.shape, shape),
        ]  # fmt: skip
    apart = [grads(getattr(values, name)) - matrix[f"d{name}"] for name in ("W2", "b2", "W1", "b1")]
    largest = max(float(np.abs(difference).max()) for difference in apart)
    figures += [
        holds("all, from an array", None, largest, largest < 1e-12,
              note="The largest difference from the gradients that backward leaves in the array of Values."),
        close("m * dL/dZ1", None, M * grads(nodes("Z1", (M, HIDDEN))), matrix["dZ1"].ravel(),
              note="The matrix form averages only in the last line; its dZ is m times the gradient of the mean loss."),
    ]  # fmt: skip
    return figures + _compiled() + _timed()


def _compiled() -> list[Figure]:
    """What the compiler finds in the scalar graph of a larger batch, and its gradients."""
    m = 100
    given = numbers(m)
    loss, n = worked(batch(m))
    program = compile(loss)
    names = ("W2", "b2", "W1", "b1")
    leaves = {name: labelled(n, name, getattr(given, name).shape) for name in names}
    matrix = matrix_form(given)
    forms: list[Form] = [
        ("layer 1, found", "Z1 = X W1^T + b1", f"Z1 = W1 X + b1, (3x2)(2x{m})+(3x1)"),
        ("its activation", "A1 = ReLU(Z1)", f"A1 = relu(Z1), {3 * m} nodes at once"),
        ("layer 2, found", "Z2 = A1 W2^T + b2", f"Z2 = W2 A1 + b2, (1x3)(3x{m})+(1x1)"),
        ("layer 2, backward", "average over the batch",
         "dW2 = dZ2 A1^T, dA1 = W2^T dZ2, db2 = sum of dZ2 over the batch"),
        ("through the ReLU", None, "dZ1 = dA1 * relu'(Z1)"),
        ("layer 1, backward", "average over the batch", "dW1 = dZ1 X^T, db1 = sum of dZ1 over the batch"),
    ]  # fmt: skip
    return [
        *found(program, forms,
               "The same network over 100 examples, one scalar node for each number: autograd.compile reads the graph, "
               "and program.describe() shows the matrices that it found. It puts an example in each column: its X is "
               "the document's X^T, its Z1 the document's Z1^T. The 1/m of the mean comes with dZ."),
        *same_gradients(program, leaves, {name: matrix[f"d{name}"] for name in names}),
    ]  # fmt: skip


def _timed() -> list[Figure]:
    given = numbers(256)
    singly = [given._replace(X=given.X[e : e + 1], Y=given.Y[e : e + 1]) for e in range(256)]
    whole = _seconds(lambda: matrix_form(given))
    return [
        shown("time, 256 one by one", _ratio(_seconds(lambda: [matrix_form(one) for one in singly]), whole),
              measured=True,
              note="NumPy on single examples, against NumPy on all 256 at once: the document is right that this is "
              "slow. The ratio is this machine's, now, and no verdict hangs on it."),
        shown("time, scalar graph", _ratio(_seconds(lambda: worked(batch(256))), whole), measured=True,
              note="A node for each number is slower again. It is there to be read."),
    ]  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    """The best of three, so that whatever else the machine does counts least."""
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def _ratio(longer: float, shorter: float) -> str:
    return f"{longer / shorter:.0f} times"


# --- 2.6: troubles and their cures ------------------------------------------------------------------------------------


def naive_sigmoid(z: Value) -> Value:
    """1 / (1 + e^-z), letter by letter."""
    return 1.0 / (1.0 + exp(-z))


def claim_6() -> list[Figure]:
    """Overflow, shapes, a dead ReLU and a gradient that explodes: the trouble, then the cure."""
    z = Value(-1000.0, "z")
    overflow, misfit = "", ""
    try:
        naive_sigmoid(z)
    except RangeError as error:
        overflow = str(error)
    stable = sigmoid(z)
    stable.backward()
    given = numbers()
    W1 = array(given.W1, "W1")
    try:
        given.X @ W1
    except ShapeError as error:
        misfit = str(error)
    dead, alive = Value(-2.0, "z"), Value(-2.0, "z")
    relu(dead).backward()
    leaky_relu(alive).backward()
    return [
        holds("1/(1 + e^1000)", "overflow", overflow, "exp" in overflow and "1000" in overflow,
              note="As Python's own floats do, the engine stops here; it says which operation and at what number."),
        exactly("sigmoid(-1000)", "use stable functions", [stable.data, z.grad], [0.0, 0.0],
                note="Value and slope. The stable form never raises e to a large power."),
        holds("X W1 for X W1^T", "dimensions don't align", misfit, "(4, 2)" in misfit and "(3, 2)" in misfit),
        exactly("shape of X W1^T", None, (given.X @ W1.T).shape, [M, HIDDEN]),
        exactly("ReLU' at -2", "outputs 0 always", dead.grad, 0.0),
        exactly("leaky ReLU' at -2", "use leaky ReLU", alive.grad, 0.01),
        *first_layers(),
        *inputs(),
        *clipping(),
    ]  # fmt: skip


def first_layers() -> list[Figure]:
    """Sixteen ReLUs on 20 inputs: how many are off for every input, by the weights that they start from."""
    x = np.random.default_rng(2).uniform(-1.0, 1.0, (20, 4))
    dead = {}
    for name, bias in (("careless", -3.0), ("careful", 0.0)):
        linear = nn.Linear(4, 16)
        init.kaiming_uniform(linear.weight, nonlinearity="relu", rng=np.random.default_rng(3))
        init.constant(linear.bias, bias)
        a = nn.Sequential(linear, nn.ReLU())(x)
        dead[name] = sum(all(node.data == 0 for node in a[:, neuron]) for neuron in range(16))
    return [
        holds("dead of 16, biases -3", "outputs 0 always", dead["careless"], dead["careless"] > 8,
              note="ReLUs that are off for each of 20 inputs, and so get no gradient."),
        exactly("dead of 16, biases 0", "careful initialization", dead["careful"], 0,
                note="The same weights, drawn by Kaiming's rule, with biases of 0."),
    ]  # fmt: skip


def inputs() -> list[Figure]:
    """Body heights in millimetres, and the same ones normalised."""
    heights = np.array([1560.0, 1630.0, 1720.0, 1790.0])
    w = Value(-1.0, "w")
    try:
        1.0 / (1.0 + exp(-(w * heights[0])))
        raw = "no error"
    except RangeError as error:
        raw = str(error)
    sigmoid(w * heights[0]).backward()
    saturated, scaled = w.grad, (heights - heights.mean()) / heights.std()
    w = Value(-1.0, "w")
    outputs = [1.0 / (1.0 + exp(-(w * height))) for height in scaled]
    outputs[0].backward()
    expected = [1 / (1 + math.exp(height)) for height in scaled]
    return [
        holds("inputs near 1700", "overflow", raw, "exp" in raw,
              note="1/(1 + e^-z) on body heights in millimetres, weight -1."),
        exactly("stable sigmoid's slope", None, saturated, 0.0,
                note="The stable form has a value there and no gradient: it hides the trouble."),
        close("normalised inputs", "normalize inputs", outputs, expected, 1e-15,
              note="Minus their mean, over their standard deviation: z lies within 2 of 0."),
        holds("and the slope", None, w.grad, abs(w.grad) > 0.1),
    ]  # fmt: skip


def steep() -> list[Value]:
    """Two weights whose gradient is (300, 4)."""
    w = [Value(1.0, "w1"), Value(1.0, "w2")]
    dot(w, [300.0, 4.0]).backward()
    return w


def clipping() -> list[Figure]:
    """One gradient clipped by its norm, and by value."""
    whole, by_norm, by_value = steep(), steep(), steep()
    norm = optim.clip_grad_norm(by_norm, max_norm=5.0)
    optim.clip_grad_value(by_value, clip_value=5.0)
    scale = 5.0 / (math.hypot(300.0, 4.0) + 1e-6)
    return [
        exactly("gradient", "gradients become huge", grads(whole), [300.0, 4.0]),
        close("its norm", None, norm, math.hypot(300.0, 4.0), 1e-15),
        close("clipped by norm, 5", "cap maximum gradient", grads(by_norm), [300.0 * scale, 4.0 * scale], 1e-15,
              note="The whole gradient times 5/(norm + 1e-6), as PyTorch does it: shorter, and in the same direction."),
        exactly("clipped by value, 5", "cap maximum gradient", grads(by_value), [5.0, 4.0],
                note="Each entry for itself: now it points elsewhere, and w2 moves nearly as far as w1. The document's "
                "words fit both."),
        close("direction, by norm", None, _slope(by_norm), 4.0 / 300.0, 1e-15),
        close("direction, by value", None, _slope(by_value), 4.0 / 300.0, 1e-15, should_agree=False,
              note="The ratio of the entries, w2 to w1."),
    ]  # fmt: skip


def _slope(w: list[Value]) -> float:
    return float(w[1].grad / w[0].grad)


# --- 2.7: what one pass costs -----------------------------------------------------------------------------------------


def one_layer(inputs: Sequence[float], parameters: Sequence[Value]) -> Value:
    """A hidden layer of sigmoids and a linear output, from one flat list of parameters."""
    width = len(inputs) + 2  # each hidden node: its weights, its bias, and its weight in the output
    hidden = [parameters[i : i + width] for i in range(0, len(parameters) - 1, width)]
    nodes = [sigmoid(dot(own[:-2], inputs, own[-2])) for own in hidden]
    out: Value = dot([own[-1] for own in hidden], nodes, parameters[-1])
    return out


def operations(root: Value) -> int:
    """The edges below a root: a forward pass reads each once, a backward pass multiplies and adds once along each."""
    return sum(len(node.parents) for node in topological_order(root))


class Cost(NamedTuple):
    """Operations for all n gradients, both ways, and how far the two ways' numbers lie apart."""

    n: int
    backward: int
    differences: int
    apart: float


def count(hidden: int) -> Cost:
    """Run one backward pass, and n + 1 forward passes with one parameter moved in each but the first."""
    draw = random.Random(27)
    inputs = [0.5, -1.0, 0.25, 2.0]
    start = [draw.uniform(-1, 1) for _ in range(6 * hidden + 1)]
    parameters = [Value(p) for p in start]
    root = one_layer(inputs, parameters)
    root.backward()
    total, step, apart = operations(root), 1e-6, 0.0
    for k, p in enumerate(start):
        moved = one_layer(inputs, [Value(q) for q in [*start[:k], p + step, *start[k + 1 :]]])
        total += operations(moved)
        apart = max(apart, abs((moved.data - root.data) / step - parameters[k].grad))
    return Cost(len(start), operations(root), total, apart)


def claim_7() -> list[Figure]:
    """Operations counted for growing n, and the power of n that they grow with."""
    costs = [count(hidden) for hidden in (4, 8, 16, 32)]
    n = np.log([cost.n for cost in costs])
    once, each = (
        float(np.polyfit(n, np.log([getattr(cost, way) for cost in costs]), 1)[0])
        for way in ("backward", "differences")
    )
    return [
        shown("parameters n", [cost.n for cost in costs], note="Networks of 4 inputs and 4 to 32 hidden nodes."),
        shown("one backward pass", [cost.backward for cost in costs],
              note="Operations are counted as edges of the graph: one multiplication and addition along each."),
        holds("one pass: n to the", "O(n)", once, abs(once - 1.0) < 0.05),
        shown("n + 1 forward passes", [cost.differences for cost in costs],
              note="Finite differences: one pass as it is, and one for each parameter moved a little."),
        holds("n + 1 passes: n to the", "O(n^2)", each, abs(each - 2.0) < 0.05,
              note="Slopes of straight lines through the logarithms. Each single gradient costs a pass of O(n), and "
              "there are n of them."),
        holds("largest difference", None, max(cost.apart for cost in costs), max(cost.apart for cost in costs) < 1e-5,
              note="Both ways found the same gradients, as far as finite differences go."),
    ]  # fmt: skip


# --- 2.8: ways to debug a backward pass, each one call ----------------------------------------------------------------


def one_neuron(w1: Any, w2: Any, b: Any) -> Any:
    """One neuron of a layer by itself, on the input (0.5, -1)."""
    return relu(dot([w1, w2], [0.5, -1.0], b))


def one_neuron_by_hand(w1: float, w2: float, b: float) -> tuple[float, float, float]:
    """Its gradient by hand: the input, and 1 for the bias, where the ReLU is active."""
    active = 1.0 if 0.5 * w1 - w2 + b > 0 else 0.0
    return 0.5 * active, -active, active


def message_of(kind: type[Exception], act: Any) -> str:
    """What an act that should raise says."""
    try:
        act()
    except kind as error:
        return str(error)
    return "no error"


def overflowing() -> None:
    """A product that a double cannot hold, met by `detect_anomaly`."""
    with detect_anomaly():
        x = Value(1e200, "x")
        (x * x).backward()


def claim_8() -> list[Figure]:
    """A gradient check, a shape check, a check for infinities and zeros, and a test of one layer."""
    engine = gradcheck(lambda x, y: sigmoid(x) * exp(y), 0.3, -1.0)
    by_hand = check_derivative(one_neuron, one_neuron_by_hand, at=[(1.0, -0.2, 0.1), (-1.0, 0.4, 0.1)])
    shapes = message_of(ShapeError, lambda: array([[1.0, 2.0]]) @ array([1.0, 2.0, 3.0]))
    infinite = message_of(AnomalyError, overflowing)
    return [
        holds("gradcheck(f, 0.3, -1)", "Gradient checking", engine, engine),
        holds("shapes that do not fit", "Shape checking", shapes, "do not fit" in shapes),
        holds("with detect_anomaly()", "Value checking", infinite, "inf" in infinite),
        *watched(),
        holds("one layer, checked alone", "Unit tests", by_hand.verdict, by_hand.verdict == "pass"),
    ]


def watched() -> list[Figure]:
    """What the monitor says of a healthy network, and of one whose hidden ReLUs are all off."""
    x, y = np.array([[0.5, -1.0], [1.0, 0.25]]), np.array([[1.0], [0.0]])
    verdicts = {}
    for name, bias in (("healthy", 2.5), ("dead", -9.0)):
        net = nn.MLP(2, [3, 1], seed=4)
        for parameter in net.layers[0].parameters():
            if parameter.label.startswith("b"):
                parameter.data = bias
        loss = losses.mse(net(x), y)
        loss.backward()
        verdicts[name] = [f"{row.name}: {row.verdict}" for row in monitor.report(net, root=loss).rows]
    return [
        holds("monitor.report(net)", "Look for zeros", verdicts["dead"], "dead ReLU" in verdicts["dead"][0],
              note="Three ReLUs that no input switches on. The report has two lines for each weight matrix and each "
              "bias, and names the cure."),
        holds("the same, healthy", None, verdicts["healthy"], all("healthy" in row for row in verdicts["healthy"])),
    ]  # fmt: skip


# --- 2.9: Adam --------------------------------------------------------------------------------------------------------

STRETCHED = (100.0, 0.01)
ROUND = (1.0, 1.0)


@cache
def bowl(curvatures: tuple[float, float], optimizer: str, rate: float, steps: int = 200) -> tuple[float, ...]:
    """The loss (c1 w1^2 + c2 w2^2)/2 before each step from (1, 1), and after the last."""
    w = [Value(1.0, "w1"), Value(1.0, "w2")]
    kinds: dict[str, Callable[..., Any]] = {"SGD": optim.SGD, "Adam": optim.Adam}
    chosen = kinds[optimizer](w, lr=rate)
    curve = []
    for _ in range(steps + 1):
        loss = 0.5 * dot(curvatures, [w[0] ** 2, w[1] ** 2])
        curve.append(loss.data)
        chosen.zero_grad()
        loss.backward()
        chosen.step()
    return tuple(curve)


def adam_by_hand(curvature: float, rate: float, steps: int = 200) -> float:
    """Where Adam brings one weight, from its published formulas in plain floats."""
    w, m, v = 1.0, 0.0, 0.0
    for t in range(1, steps + 1):
        g = curvature * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= rate * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


@cache
def xor(optimizer: str, rate: float, steps: int = 150) -> tuple[float, ...]:
    """The losses of a small network on exclusive or."""
    x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])
    net = nn.MLP(2, [6, 1], activation="tanh", seed=1)
    chosen = {"SGD": optim.SGD, "Adam": optim.Adam}[optimizer](net.parameters(), lr=rate)
    curve = []
    for _ in range(steps):
        loss = losses.mse(net(x), y)
        curve.append(loss.data)
        chosen.zero_grad()
        loss.backward()
        chosen.step()
    return tuple(curve)


def claim_9() -> list[Figure]:
    """A stretched bowl, where Adam is right; a round one, where it is not; and a network."""
    sgd, adam = bowl(STRETCHED, "SGD", 0.019), bowl(STRETCHED, "Adam", 0.05)
    a, b = ((1 - c * 0.019) ** 200 for c in STRETCHED)
    end = [adam_by_hand(c, 0.05) for c in STRETCHED]
    plain, other = bowl(ROUND, "SGD", 0.5, 50), bowl(ROUND, "Adam", 0.05, 50)
    return [
        close("stretched bowl, SGD", "plain gradient descent", sgd[-1], 0.5 * (100 * a * a + 0.01 * b * b), 1e-12,
              note="(100 w1^2 + 0.01 w2^2)/2 from (1, 1) after 200 steps at rate 0.019: from 0.02 on w1 diverges, and "
              "at that rate w2 hardly moves. Against its closed form."),
        close("stretched bowl, Adam", "train much faster", adam[-1], 0.5 * (100 * end[0] ** 2 + 0.01 * end[1] ** 2),
              1e-12, note="Rate 0.05, against Adam's formulas in plain floats."),
        holds("Adam / SGD", "much faster", adam[-1] / sgd[-1], adam[-1] < 0.01 * sgd[-1],
              note="Adam divides each gradient by its own size, so that both weights move alike."),
        holds("round bowl, SGD, Adam", "much faster", [plain[-1], other[-1]], other[-1] < plain[-1],
              should_agree=False,
              note="(w1^2 + w2^2)/2, 50 steps, rates 0.5 and 0.05: plain descent halves the weights at every step and "
              "wins by far. Faster depends on the problem and on both rates."),
        *_network(),
    ]  # fmt: skip


def _network() -> list[Figure]:
    reached = {(kind, rate): xor(kind, rate)[-1] for kind in ("SGD", "Adam") for rate in (0.01, 0.1)}
    return [
        shown("first loss of a network", xor("SGD", 0.1)[0], note="Exclusive or, 2-6-1, tanh, mean squared error."),
        *[
            holds(f"after 150 steps, rate {rate:g}", "faster and more reliably",
                  [reached["SGD", rate], reached["Adam", rate]], reached["Adam", rate] < reached["SGD", rate],
                  note="SGD, then Adam, from the same weights." if rate == 0.01 else "")
            for rate in (0.01, 0.1)
        ],
    ]  # fmt: skip


def picture_9() -> str:
    """The loss curves of SGD and Adam on a logarithmic scale."""
    curves = {f"{kind}, rate 0.1": xor(kind, 0.1) for kind in ("SGD", "Adam")}
    return loss_svg(curves, (*range(0, 150, 25), 149), "SGD and Adam on exclusive or", "the mean squared error", "step")


# --- 2.10: ReLU and the vanishing gradient ----------------------------------------------------------------------------


def dead_neuron(bias: float = -3.0, activation: Callable[[Any], Any] = relu) -> Graph:
    """One neuron and four examples; the bias is so low that no example gets through the ReLU."""
    w, b = Value(0.5, "w"), Value(bias, "b")
    losses = []
    for i, (x, y) in enumerate(((-1.0, 0.0), (0.5, 1.0), (1.0, 1.5), (2.0, 2.5)), 1):
        z = dot([w], [Value(x, f"x{i}", constant=True)], b)
        a = activation(z)
        z.label, a.label = f"z{i}", f"a{i}"
        losses.append((a - y) ** 2)
    loss = mean(losses)
    loss.label = "L"
    return named(loss)


def relu_chain(layers: int = 10, weight: float = 0.5) -> Graph:
    """ReLUs in a row, all of them on, with a weight between one and the next."""
    a = Value(1.0, "x")
    for i in range(1, layers + 1):
        a = relu(a * Value(weight, f"w{i}"))
        a.label = f"a{i}"
    return named(a)


def claim_10() -> list[Figure]:
    """A ReLU whose gradient has vanished altogether, and a chain of live ones whose gradient fades."""
    loss, n = worked(dead_neuron())
    losses = []
    for _ in range(5):
        losses.append(loss.data)
        for p in (n["w"], n["b"]):
            p.data -= 0.1 * p.grad
        loss, n = worked(dead_neuron(n["b"].data))
    _, leaking = worked(dead_neuron(activation=leaky_relu))
    gradient = worked(relu_chain())[1]["x"].grad
    return [
        holds("gradient of w and b", "no vanishing gradient problem", [n["w"].grad, n["b"].grad],
              n["w"].grad != 0 or n["b"].grad != 0, should_agree=False,
              note="Every example has z < 0, so every local derivative is 0. The document's own list of troubles calls "
              "this a dying ReLU; it is a gradient that has vanished completely."),
        holds("L over 5 steps", None, losses, all(a == b for a, b in pairwise(losses)),
              note="Nothing moves: no number of steps brings this neuron back."),
        shown("with a leaky ReLU", [leaking["w"].grad, leaking["b"].grad],
              note="The document's cure: with slope 0.01 below 0 a small gradient is left."),
        exactly("10 live ReLUs, w 0.5", "pass through", gradient, 0.5**10,
                note="Each ReLU passes all of it through, as the document says, and still the gradient fades, since "
                "each layer multiplies it by its weight too. What is right: the ReLU itself adds no factor below 1 "
                "where it is on."),
    ]  # fmt: skip


LESSON = Lesson(
    2,
    "The learning engine",
    "001_4791f67009255572.txt",
    main="2.1",
    about=(
        "What a forward pass saves and what the backward pass makes of it, layer by layer and on a batch; what it "
        "costs, what goes wrong, and how to find out."
    ),
    claims=(
        Claim(
            "2.1",
            "The forward pass saves every value",
            "x, z1 = W1 x + b1, a1 = ReLU(z1), z2 = W2 a1 + b2 and output = sigmoid(z2) are all saved. One example "
            "here, as a column: W1 x; its batches below are X W1^T.",
            claim_1,
            two_layers,
        ),
        Claim(
            "2.2",
            "Four gradients for each layer",
            "With respect to the layer's output, its activation's input, its weights, and its inputs.",
            claim_2,
            two_layers,
        ),
        Claim(
            "2.3",
            "The derivatives of the activations",
            "ReLU passes all or nothing; the sigmoid's slope is at most 0.25, where its output is 0.5; tanh's is at "
            "most 1, where its output is 0.",
            claim_3,
        ),
        Claim(
            "2.4",
            "The gradient vanishes through sigmoids",
            "Each sigmoid multiplies the gradient by at most 0.25: by 0.0625 in 2 layers, 0.001 in 5, 0.000001 in 10.",
            claim_4,
            sigmoid_chain,
            picture=picture_4,
        ),
        Claim(
            "2.5",
            "A batch in matrix form",
            "Z1 = X W1^T + b1, A1 = ReLU(Z1), Z2 = A1 W2^T + b2 for m examples at once; gradients have the same "
            "shapes and are averaged over the batch. One example after the other is slow.",
            claim_5,
            batch,
        ),
        Claim(
            "2.6",
            "Troubles and their cures",
            "Exploding gradients: clip them. Dying ReLU: a leaky one, or better initial weights. Shapes that do not "
            "fit: print them. Overflow: stable functions and normalised inputs.",
            claim_6,
        ),
        Claim(
            "2.7",
            "What one pass costs",
            "All gradients in one backward pass take O(n) operations; each on its own, O(n^2).",
            claim_7,
        ),
        Claim(
            "2.8",
            "How to debug backpropagation",
            "Check gradients against numbers, print shapes, look for NaN, infinity and zeros, test each layer alone.",
            claim_8,
        ),
        Claim(
            "2.9",
            "What comes next: Adam",
            "Optimisers such as Adam train much faster and more reliably than plain gradient descent.",
            claim_9,
            picture=picture_9,
        ),
        Claim(
            "2.10",
            "ReLU and the vanishing gradient",
            "A ReLU passes gradients or stops them, and has no vanishing gradient problem.",
            claim_10,
            dead_neuron,
        ),
    ),
)
