"""The claims of lesson 2 about batches and troubles."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..compiler import compile
from ..engine.value import Value
from ..errors import RangeError, ShapeError
from ..functions.arrays import array, data, grads
from ..functions.elementary import exp, leaky_relu, mean, relu, sigmoid
from .claims import Figure, Graph, close, exactly, holds, shown
from .lesson_2_training import clipping, first_layers, inputs
from .matrices import Form, found, same_gradients
from .networks import layer
from .paths import labelled, named, worked

__all__ = ["batch", "claim_5", "claim_6"]

# m, inputs, hidden, outputs: all different, so that a forgotten transpose can't hide in a square matrix
M, INPUTS, HIDDEN, OUTPUTS = 4, 2, 3, 1


# --- 2.5 ---------------------------------------------------------------------------------------------------


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


# --- 2.6 ---------------------------------------------------------------------------------------------------


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
