"""Lesson 4: forward and backward through a network."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .. import nn
from ..checking.check import check_derivative, gradcheck
from ..compiler import compile
from ..engine.graph import is_constant, topological_order
from ..engine.value import Value
from ..errors import DomainError, RangeError
from ..functions import elementary
from ..functions.arrays import array, data, grads
from ..functions.elementary import dot, exp, leaky_relu, log, logsigmoid, logsumexp, mean, relu, sigmoid, softmax, tanh
from ..nn import losses, monitor
from ..reading.paths import count_paths, path_products
from ..reading.stepper import Stepper
from ..render.dot import Picture, arrows
from ..render.rows import graph_rows
from ..render.style import Look
from .claims import Claim, Figure, Graph, Lesson, close, exactly, holds, shown
from .examples import Form, TwoLayer, chain, found, named, same_gradients, two_layer, worked

__all__ = ["LESSON"]


# --- 4.1, 4.3: the chain rule in one variable, and its drawing --------------------------------------------------------


def cube_of_a_sum(x: float = 2.0) -> Graph:
    """g = x^2, f = g + 1, y = f^3: the document's drawing, node by node."""
    g = Value(x, "x") ** 2
    f = g + 1
    y = f**3
    g.label, f.label, y.label = "g", "f", "y"
    return named(y)


def exact_up_to(agree: Callable[[int], bool]) -> int:
    """The last of the integers 0, 1, 2 ... before the first at which the two sides differ."""
    x = 0
    while agree(x + 1):
        x += 1
    return x


def claim_1() -> list[Figure]:
    """Value and derivative at 2, and the integers for which doubles hold both exactly."""
    y, n = worked(cube_of_a_sum())

    def same_value(x: int) -> bool:
        return cube_of_a_sum(x)[0].data == (x * x + 1) ** 3  # Python compares a float and an int exactly

    def same_slope(x: int) -> bool:
        slope: float = worked(cube_of_a_sum(x))[1]["x"].grad
        return slope == 3 * (x * x + 1) ** 2 * 2 * x

    value, slope = exact_up_to(same_value), exact_up_to(same_slope)
    return [
        exactly("y at x = 2", "(x^2 + 1)^3", y, (2**2 + 1) ** 3),
        exactly("dy/dx at x = 2", "3(x^2 + 1)^2 2x", n["x"].grad, 3 * (2**2 + 1) ** 2 * 2 * 2),
        exactly("dy/dg dg/dx", "3g^2 2x", chain(y, n["f"], n["x"]).product, n["x"].grad,
                note="The text calls x^2 + 1 g; the drawing (4.3) calls x^2 g and x^2 + 1 f. The names here are the "
                "drawing's, so the text's g is f."),
        holds("y exact up to x =", None, value, value >= 457,
              note="Compared with Python's whole numbers, one x after the other. At the next x, (x^2 + 1)^3 is odd and "
              "above 2^53, so no double holds it."),
        holds("dy/dx exact up to", None, slope, slope >= 1433),
    ]  # fmt: skip


def claim_3() -> list[Figure]:
    """The drawing's solid and dashed arrows, the local derivatives on them, and their product."""
    y, n = worked(cube_of_a_sum())
    rows = graph_rows(y, symbolic=True)
    names = {node.id: node.name for node in rows.nodes}
    drawn = [arrow for arrow in arrows(Picture(rows, Look(), rows)) if names[arrow.tail] in n]
    solid = [f"{names[a.tail]} -> {names[a.head]}" for a in drawn if not a.backward]
    dashed = {f"{names[a.tail]} -> {names[a.head]}": a.lines[0] for a in reversed(drawn) if a.backward}
    steps = chain(y, n["f"], n["g"], n["x"])
    x, f = n["x"].data, n["f"].data
    return [
        holds("solid arrows", "x -> g -> f -> y", ", ".join(solid), solid == ["x -> g", "g -> f", "f -> y"],
              note="The drawing that --svg writes has a fourth, from the 1 of f = g + 1."),
        holds("dashed arrows", "y -> f -> g -> x", ", ".join(dashed), list(dashed) == ["y -> f", "f -> g", "g -> x"]),
        holds("their labels", "3f^2, 1, 2x", list(dashed.values()),
              list(dashed.values()) == ["dy/df = 3f² = 75", "df/dg = 1", "dg/dx = 2x = 4"]),
        exactly("edge y to f", "dy/df = 3f^2", steps.derivatives[0], 3 * f**2),
        exactly("edge f to g", "df/dg = 1", steps.derivatives[1], 1.0),
        exactly("edge g to x", "dg/dx = 2x", steps.derivatives[2], 2 * x),
        exactly("along all three", None, steps.product, n["x"].grad,
                note="75 * 1 * 4: the gradient is the product of the numbers on the edges."),
    ]  # fmt: skip


# --- 4.2: two paths ---------------------------------------------------------------------------------------------------


def two_paths() -> Graph:
    """z = x y with x = t^2 and y = 3t + 1, at t = 2: two ways from z to t."""
    t = Value(2.0, "t")
    x, y = t**2, 3 * t + 1
    z = x * y
    x.label, y.label, z.label = "x", "y", "z"
    return named(z)


def claim_2() -> list[Figure]:
    """Each path on its own, and both."""
    z, n = worked(two_paths())
    through_x, through_y = chain(z, n["x"], n["t"]), chain(z, n["y"], n["t"])
    t = n["t"].data
    return [
        exactly("dz/dx, dx/dt", "dz/dx dx/dt", through_x.derivatives, [3 * t + 1, 2 * t],
                note="z = x y, x = t^2, y = 3t + 1 at t = 2: our functions, the document leaves them open."),
        exactly("path through x", None, through_x.product, (3 * t + 1) * 2 * t),
        exactly("dz/dy, dy/dt", "dz/dy dy/dt", through_y.derivatives, [t**2, 3.0]),
        exactly("path through y", None, through_y.product, t**2 * 3),
        exactly("their sum", "dz/dt", through_x.product + through_y.product, n["t"].grad,
                note="The gradient that backward leaves in t: messages that meet in a node are added."),
        exactly("9t^2 + 2t", None, n["t"].grad, 9 * t**2 + 2 * t, note="z = 3t^3 + t^2, differentiated by hand."),
    ]  # fmt: skip


# --- 4.4: cross-entropy behind a sigmoid ------------------------------------------------------------------------------


def composed(z: float = 0.7, y: float = 1.0) -> Graph:
    """-[y log a + (1-y) log(1-a)] of a = sigmoid(z), as the document composes it."""
    logit, target = Value(z, "z"), Value(y, "y", constant=True)
    a = sigmoid(logit)
    loss = -(target * log(a) + (1 - target) * log(1 - a))
    a.label, loss.label = "a", "L"
    return named(loss)


def on_logits(z: float, y: float) -> Graph:
    """The same loss with log a and log(1 - a) = log sigmoid(-z) as one operation each: it never sees a rounded a."""
    logit, target = Value(z, "z"), Value(y, "y", constant=True)
    loss = -(target * logsigmoid(logit) + (1 - target) * logsigmoid(-logit))
    loss.label = "L"
    return named(loss)


def last_value() -> tuple[float, str]:
    """The first z, to the last bit, at which the composed loss has no value for y = 0, and its error there."""
    low, high, message = 30.0, 40.0, ""
    while low < (middle := (low + high) / 2) < high:
        try:
            composed(middle, 0.0)
            low = middle
        except DomainError as error:
            high, message = middle, str(error)
    return high, message


def claim_4() -> list[Figure]:
    """a - y where the composed loss holds, then by the loss on logits, then where the composed one fails."""
    loss, n = worked(composed())
    a = n["a"].data
    to_a, to_z = chain(loss, n["a"]).product, chain(n["a"], n["z"]).product
    points = [(z, y) for z in (0.7, -0.7, 40.0, -40.0, 1000.0, -1000.0) for y in (0.0, 1.0)]
    stable = [worked(on_logits(z, y)) for z, y in points]
    apart = [abs(m["z"].grad - (sigmoid(z) - y)) for (z, y), (_, m) in zip(points, stable, strict=True)]
    wrong, m = worked(composed(30.0, 0.0))
    exact, k = worked(on_logits(30.0, 0.0))
    first, message = last_value()
    return [
        close("dL/da", "-y/a + (1-y)/(1-a)", to_a, -1.0 / a, 1e-15, note="At z = 0.7 and y = 1."),
        close("da/dz", "a (1 - a)", to_z, a * (1 - a), 1e-15),
        close("dL/dz", "a - y", n["z"].grad, a - 1.0, 1e-15),
        holds("on logits, off by", "a - y", max(apart), max(apart) <= 1e-15,
              note="The largest difference at z = 0.7, 40 and 1000, both signs, for y = 0 and 1, with the loss written "
              "as one function of z: y log sigmoid(z) + (1-y) log sigmoid(-z)."),
        exactly("L at z = +-1000", None, [v.data for (z, _), (v, _) in zip(points, stable, strict=True) if abs(z) > 40],
                [1000.0, 0.0, 0.0, 1000.0], note="z = 1000 with y = 0 and 1, then z = -1000: linear where it is wrong, "
                "0 where it is right."),
        close("composed, z=30, y=0", "a - y", m["z"].grad, sigmoid(30.0), should_agree=False,
              note="Followed step by step the simple result is lost: 1 - a has three digits left, and the slope of "
              "log(1 - a) inherits their error."),
        close("its loss", "-log(1 - a)", wrong, exact, should_agree=False,
              note="That is the loss on logits, whose gradient there is right:"),
        close("on logits, z=30, y=0", "a - y", k["z"].grad, sigmoid(30.0), 1e-15),
        holds("no value from z =", None, first, abs(first - 36.74) < 0.005,
              note="From here on a rounds to 1, and log(1 - a) asks for log(0)."),
        holds("its error", None, message, "log" in message),
    ]  # fmt: skip


# --- 4.5: the 2-3-1 network on one example, W x -----------------------------------------------------------------------


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


# --- 4.6: a batch in NumPy, W X ---------------------------------------------------------------------------------------


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


# --- 4.7: the document's gradient check, where it goes wrong, and a better one ----------------------------------------


def sigmoid_chain(depth: int) -> tuple[Callable[..., Any], Callable[..., tuple[float, ...]]]:
    """A network of one neuron a layer, a = sigmoid(w_l a), as a function of its weights, and its gradient by hand."""

    def f(*weights: Any) -> Any:
        a: Any = 0.7
        for w in weights:
            a = sigmoid(w * a)
        return a

    def gradient(*weights: float) -> tuple[float, ...]:
        activations = [0.7]
        for w in weights:
            activations.append(sigmoid(w * activations[-1]))
        delta, backward = 1.0, []
        for w, below, a in zip(weights[::-1], activations[-2::-1], activations[:0:-1], strict=True):
            delta *= a * (1 - a)
            backward.append(delta * below)
            delta *= w
        return tuple(backward[::-1])

    return f, gradient


def weights_of(depth: int, seed: int) -> tuple[float, ...]:
    """Random weights, the same at every run."""
    chance = random.Random(seed)
    return tuple(chance.uniform(-1, 1) for _ in range(depth))


def one_variable(depth: int) -> tuple[Callable[[Any], Any], Callable[[float], float]]:
    """The same chain with all weights 1, as a function of its input."""

    def f(x: Any) -> Any:
        for _ in range(depth):
            x = sigmoid(x)
        return x

    def slope(x: float) -> float:
        product = 1.0
        for _ in range(depth):
            a = sigmoid(x)
            product, x = product * a * (1 - a), a
        return product

    return f, slope


def verdicts(depth: int, method: str) -> list[str]:
    """What a check says of the right slope of a chain, at ten inputs."""
    f, slope = one_variable(depth)
    points = [k / 4 - 1.1 for k in range(10)]
    return [check_derivative(f, slope, at=x, method=method, diagnosed=False).verdict for x in points]


def wrong_sign_passes(method: str) -> int:
    """Of twenty networks of 12 layers, how many pass with the wrong sign in the first layer's gradient."""
    f, gradient = sigmoid_chain(12)

    def planted(*weights: float) -> tuple[float, ...]:
        first, *rest = gradient(*weights)
        return (-first, *rest)

    points = [weights_of(12, seed) for seed in range(20)]
    return sum(check_derivative(f, planted, at=p, method=method, diagnosed=False).verdict == "pass" for p in points)


def claim_7() -> list[Figure]:
    """The check as the document states it, on right and wrong derivatives; then the better one."""
    plain = check_derivative(lambda x: x**3, lambda x: 3 * x**2, at=2.0, method="central")
    deep, ours = verdicts(8, "central"), verdicts(8, "intervals")
    missed, caught = wrong_sign_passes("central"), 20 - wrong_sign_passes("intervals")
    zero = check_derivative(lambda x: 0.0 * x, lambda x: 0.0, at=1.0, method="central", diagnosed=False)
    return [
        holds("x^3 at 2", "difference < 1e-7: passed", plain.verdict, plain.verdict == "pass"),
        holds("right, 8 sigmoids deep", "difference < 1e-7: passed", f"{deep.count('fail')} of 10 called wrong",
              "fail" not in deep, should_agree=False,
              note="At a step of 1e-7 rounding alone is about 1e-9 |f|, and the slope of eight sigmoids is about "
              "1e-5 |f|: the formula cries wrong at right derivatives."),
        holds("the better check there", None, f"{ours.count('pass')} of 10 pass", set(ours) == {"pass"}),
        holds("wrong sign, layer 1 of 12", "Gradient check failed", f"{missed} of 20 pass", missed == 0,
              should_agree=False,
              note="The norm is that of the last layers; the first layer's gradient is too small to be seen in it."),
        holds("the better check of it", None, f"{caught} of 20 fail", caught == 20,
              note="It judges every partial derivative by its own size."),
        holds("a zero gradient", "passed", f"{zero.verdict}: 0/0", zero.verdict == "pass", should_agree=False,
              note="Both norms are 0. The document's formula has no value there; its layer_dims, compute_cost and "
              "both vector helpers are not defined in it either."),
    ]  # fmt: skip


# --- 4.8: activations and their slopes --------------------------------------------------------------------------------

POINTS = [-2.0, -0.5, 0.0, 0.5, 2.0]
LOGITS = [1.0, -0.5, 2.0]


def slopes(function: Callable[[Any], Any]) -> list[float]:
    """The engine's derivative at each of the points."""
    z = array(POINTS)
    for v in z:
        function(v).backward()
    return [float(g) for g in grads(z)]


def softmax_loss(targets: tuple[float, ...] = (0.0, 1.0, 0.0)) -> Graph:
    """-sum y log a of a = softmax(z)."""
    z = array(LOGITS, "z")
    a = softmax(z)
    for i, node in enumerate(a):
        node.label = f"a[{i}]"
    loss = -elementary.sum([y * log(p) for y, p in zip(targets, a, strict=True)])
    loss.label = "L"
    return named(loss)


def softmax_jacobian() -> list[list[float]]:
    """d a_i / d z_j, a backward pass for each row."""
    rows = []
    for i in range(len(LOGITS)):
        z = array(LOGITS, "z")
        softmax(z)[i].backward()
        rows.append([float(g) for g in grads(z)])
    return rows


def claim_8() -> list[Figure]:
    """Values and slopes of the five activations."""
    z = np.array(POINTS)
    s, t, on = 1 / (1 + np.exp(-z)), (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)), z > 0
    e = np.exp(LOGITS)
    a = e / e.sum()
    _, n = worked(softmax_loss())
    soft = (0.2, 0.3, 0.1)
    _, m = worked(softmax_loss(soft))
    dz, dm = (grads([nodes[f"z[{i}]"] for i in range(3)]) for nodes in (n, m))
    return [
        close("sigmoid", "1/(1 + e^-z)", sigmoid(z), s, 1e-15, note="All at z = -2, -0.5, 0, 0.5 and 2."),
        close("sigmoid'", "a (1 - a)", slopes(sigmoid), s * (1 - s), 1e-15,
              note="0.25 at 0. Where the document blames vanishing gradients on slopes below 0.25, read at most 0.25."),
        close("tanh", "(e^z - e^-z)/(e^z + e^-z)", tanh(z), t, 1e-15),
        close("tanh'", "1 - a^2", slopes(tanh), 1 - t * t, 1e-15),
        exactly("ReLU", "max(0, z)", relu(z), np.maximum(0, z)),
        exactly("ReLU'", "1 if z > 0, else 0", slopes(relu), on.astype(float),
                note="At 0 the document allows 0 or 1; the engine takes 0."),
        close("leaky ReLU", "max(0.01 z, z)", leaky_relu(z), np.maximum(0.01 * z, z), 1e-15),
        exactly("leaky ReLU'", "1 if z > 0, else 0.01", slopes(leaky_relu), np.where(on, 1.0, 0.01)),
        close("softmax", "e^z_i / sum e^z_j", [float(p) for p in softmax(LOGITS)], a, 1e-15,
              note="Of z = [1, -0.5, 2]."),
        close("its Jacobian", "a_i (delta_ij - a_j)", softmax_jacobian(), np.diag(a) - np.outer(a, a), 1e-15),
        close("with cross-entropy", "a - y", dz, a - [0.0, 1.0, 0.0], 1e-15, note="y = [0, 1, 0]."),
        close("y = [0.2, 0.3, 0.1]", "a - y", dm, a - np.array(soft), 1e-15, should_agree=False,
              note="a - y holds for targets that sum to 1. In general the gradient is a sum(y) - y:"),
        close("and in general", None, dm, a * np.sum(soft) - np.array(soft), 1e-15),
    ]  # fmt: skip


# --- 4.9: operations, memory and paths, counted on graphs -------------------------------------------------------------


class Network(NamedTuple):
    """A graph and what it was made of."""

    root: Value
    weights: int
    inputs: list[Value]


def tanh_layers(sizes: Sequence[int], m: int = 1) -> Network:
    """Layers of tanh neurons run on m examples, and the sum of all outputs."""
    draw = random.Random(49)
    shapes = list(pairwise(sizes))
    layers = [[[Value(draw.uniform(-1, 1)) for _ in range(n)] for _ in range(k)] for n, k in shapes]
    inputs, outputs = [], []
    for _ in range(m):
        a: list[Value] = [Value(draw.uniform(-1, 1)) for _ in range(sizes[0])]
        inputs += a
        for layer in layers:
            a = [tanh(dot(row, a)) for row in layer]
        outputs += a
    root = elementary.sum(outputs)
    root.backward()
    return Network(root, sum([n * k for n, k in shapes]), inputs)


class Count(NamedTuple):
    """Multiplications of the two passes, and the values kept for the second."""

    forward: int
    backward: int
    kept: int


def count(root: Value) -> Count:
    """Forward: one multiplication for each weight and input of a dot. Backward: one for each message from a dot."""
    nodes = topological_order(root)
    dots = [node for node in nodes if node.op == "dot"]
    messages = [parent for node in dots for parent in node.parents if not is_constant(parent)]
    kept = [node for node in nodes if node.op in ("dot", "tanh")]
    return Count(sum([len(node.parents) // 2 for node in dots]), len(messages), len(kept))


def edges(root: Value) -> int:
    """Edges of a graph: what one backward pass walks."""
    return sum([len(node.parents) for node in topological_order(root)])


def claim_9() -> list[Figure]:
    """Operations against W and m, values kept against nodes and m, paths against edges as depth grows."""
    sizes = [(4, h, h, 2) for h in (4, 8, 16)]
    nets = [tanh_layers(s) for s in sizes]
    counts = [count(net.root) for net in nets]
    batches = {m: count(tanh_layers(sizes[0], m).root) for m in (1, 2, 4, 8)}
    W = nets[0].weights
    nodes = sum(sizes[0][1:])
    depths = [1, 2, 4, 8, 16]
    deep = [tanh_layers((3,) * (depth + 1)) for depth in depths]
    ways = [sum([count_paths(net.root, x) for x in net.inputs]) for net in deep]
    walked = [edges(net.root) for net in deep]
    added = [(b - a) / (e - d) for (a, b), (d, e) in zip(pairwise(walked), pairwise(depths), strict=True)]
    x = deep[2].inputs[0]
    every = [path.product for path in path_products(deep[2].root, x)]
    return [
        exactly("forward, per weight", "O(W)", [c.forward / net.weights for c, net in zip(counts, nets, strict=True)],
                [1.0] * 3, note="Multiplications of one example, for 40, 112 and 352 weights."),
        holds("backward, per weight", "O(W), as forward",
              [c.backward / net.weights for c, net in zip(counts, nets, strict=True)],
              all(c.backward <= 2 * c.forward for c in counts),
              note="Two for each weight: one message to the weight, one to what it multiplies."),
        exactly("forward, m examples", "O(W) per iteration", [c.forward / W for c in batches.values()],
                [float(m) for m in batches], note="Per weight, for m = 1, 2, 4 and 8: an iteration on a batch costs "
                "O(W m), which the document's total leaves out."),
        exactly("values kept", "O(sum n_l m)", [c.kept for c in batches.values()], [2 * nodes * m for m in batches],
                note="Each node of each layer keeps z and a, for each of m = 1, 2, 4 and 8 examples."),
        shown("depth", depths, note="Layers of 3 nodes."),
        exactly("paths", "exponential", ways, [3 * 3**depth for depth in depths],
                note="From the output to the inputs; adding them up one by one is the chain rule without reuse."),
        exactly("edges per layer", "linear in depth", added, [added[0]] * len(added),
                note="Edges for each layer more, from one depth to the next: always as many, so what a backward pass "
                "walks is linear in depth."),
        close("one by one, depth 4", None, math.fsum(every), x.grad,
              note=f"The sum over all {len(every)} paths to the first input is its gradient."),
    ]  # fmt: skip


# --- 4.10: exponentials that overflow ---------------------------------------------------------------------------------

LARGE = [1000.0, 1001.0, 1002.0]


def log_sum_exp() -> Graph:
    """log(e^1000 + e^1001 + e^1002)."""
    root = logsumexp(array(LARGE, "z"))
    root.label = "logsumexp"
    return named(root)


def _failure(naive: Callable[[], object]) -> str:
    try:
        naive()
    except RangeError as error:
        return str(error)
    return ""


def claim_10() -> list[Figure]:
    """The naive softmax failing, the stable one, and why a sigmoid needs another cure."""
    z = array(LARGE, "z")
    shifted = np.exp(z - np.max(z, axis=0, keepdims=True))
    stable = data(shifted / np.sum(shifted, axis=0, keepdims=True))
    root, n = worked(log_sum_exp())
    naive = _failure(lambda: np.exp(z) / np.sum(np.exp(z)))
    low = Value(-1000.0, "z")
    naive_sigmoid = _failure(lambda: 1 / (1 + exp(-low)))
    terms = np.exp([-2.0, -1.0, 0.0])
    tails = [sigmoid(low), *sigmoid(z)]
    return [
        holds("naive softmax", "overflow", naive, "exp" in naive,
              note="Of z = [1000, 1001, 1002]; the numbers are ours."),
        close("subtract the maximum", "stable_softmax(z)", stable, terms / terms.sum(), 1e-15,
              note="The document's way in NumPy, on an array of Values; axis 0, as a column of W X."),
        close("the engine's softmax", None, [p.data for p in softmax(z)], stable, 1e-15),
        close("log-sum-exp", "log-sum-exp trick", root, 1002 + math.log(math.fsum(terms)), 1e-15),
        close("its gradient", None, grads([n[f"z[{i}]"] for i in range(3)]), stable, 1e-15,
              note="The softmax again."),
        holds("naive sigmoid(-1000)", "overflow", naive_sigmoid, "exp" in naive_sigmoid),
        close("sigmoid(z - max)", "subtract max before softmax/sigmoid", [sigmoid(v) for v in z - 1002.0],
              [1.0, 1.0, 1.0], should_agree=False,
              note="Wrong for a sigmoid. A softmax stays the same if all z are shifted; a sigmoid looks at one z and "
              "does not: at 1000, 1001 and 1002 it is 1."),
        exactly("sigmoid(-1000) and z", None, tails, [0.0, 1.0, 1.0, 1.0],
                note="What a sigmoid needs instead: e to negative powers only, that is 1/(1 + e^-z) for z >= 0 and "
                "e^z/(1 + e^z) below."),
    ]  # fmt: skip


# --- 4.11: the numbers of a PyTorch program ---------------------------------------------------------------------------


def two_outputs() -> Graph:
    """loss = sum((sigmoid(w x + b) - [0, 1])^2) for the document's x, w and b."""
    x, w, b = array([1.0, 2.0], "x"), array([[1.0, 2.0], [3.0, 4.0]], "w"), array([0.5, 0.5], "b")
    z = w @ x + b
    a = sigmoid(z)
    for name, nodes in (("z", z), ("a", a)):
        for i, node in enumerate(nodes):
            node.label = f"{name}[{i}]"
    loss = elementary.sum((a - np.array([0.0, 1.0])) ** 2)
    loss.label = "loss"
    return named(loss)


def claim_11() -> list[Figure]:
    """The numbers that the program would print."""
    loss, n = worked(two_outputs())
    x, b, z, a = ([n[f"{name}[{i}]"] for i in (0, 1)] for name in "xbza")
    w = [[n[f"w[{i},{j}]"] for j in (0, 1)] for i in (0, 1)]
    outputs = data(a)
    dz = 2 * (outputs - [0.0, 1.0]) * outputs * (1 - outputs)
    single = np.float32(1) / (np.float32(1) + np.exp(-data(z).astype(np.float32)))
    last = 2 * (single[1] - 1) * (1 - single[1]) * single[1]
    note = "The document prints no numbers; ours are compared with its formulas in NumPy."
    return [
        exactly("z", "matmul(w, x) + b", data(z), data(w) @ data(x) + data(b), note="W x: x is a column."),
        close("a", "sigmoid(z)", outputs, 1 / (1 + np.exp(-data(z))), 1e-15),
        close("loss", "((a - [0, 1])^2).sum()", loss, ((outputs - [0.0, 1.0]) ** 2).sum(), 1e-15, note=note),
        close("w.grad", None, grads(w), np.outer(dz, data(x)), 1e-14),
        close("b.grad", None, grads(b), dz, 1e-14),
        close("x.grad", None, grads(x), data(w).T @ dz, 1e-14,
              note="Asked for by requires_grad, and never printed."),
        shown("b.grad[1] in float32", float(last),
              note="NumPy in single precision, which is what the program computes in: only three digits of the "
              "gradient are right, since 1 - a has so few left."),
    ]  # fmt: skip


# --- 4.12: watching gradients -----------------------------------------------------------------------------------------


@cache
def deep_net(scale: float = 1.0) -> tuple[Any, Value]:
    """Eight sigmoid layers of two nodes and a linear output, after one backward pass; `scale` multiplies weights."""
    layers: list[Any] = []
    for depth in range(8):
        layers += [nn.Linear(2, 2, seed=depth), nn.Sigmoid()]
    net = nn.Sequential(*layers, nn.Linear(2, 1, seed=8))
    for parameter in net.parameters():
        parameter.data *= scale
    x = np.array([[0.5, -1.0], [1.0, 0.25], [-0.75, 0.5]])
    loss = losses.mse(net(x), np.array([[1.0], [0.0], [0.5]]))
    loss.backward()
    return net, loss


def exploding_net() -> Any:
    """Eight linear layers with large weights."""
    net = nn.Sequential(*[nn.Linear(2, 2, seed=depth) for depth in range(8)])
    for parameter in net.parameters():
        parameter.data *= 20.0
    losses.mse(net(np.array([[0.5, -1.0]])), np.array([[1.0, 0.0]])).backward()
    return net


def claim_12() -> list[Figure]:
    """The document's line of mean and std per parameter, and what the monitor makes of it."""
    net, loss = deep_net()
    first, last = net.parameters()[:4], net.parameters()[-1:]
    g = [p.grad for p in first]
    average, spread = statistics.fmean(g), statistics.stdev(g)
    four = f"mean={average:.4f}, std={spread:.4f}"
    report, exploding = monitor.report(net, root=loss), monitor.report(exploding_net())
    broken = nn.Sequential(nn.Linear(2, 1, seed=0))
    for parameter in broken.parameters():
        parameter.grad = math.nan
    poisoned = monitor.report(broken)
    table = str(report)
    return [
        close("mean of a first gradient", "param.grad.mean()", grads(first).mean(), average, 1e-18,
              note="The weights of the first of nine layers, eight of them sigmoids."),
        close("its std", "param.grad.std()", grads(first).std(ddof=1), spread, 1e-18,
              note="PyTorch's std divides by n - 1."),
        exactly("to four decimals", "mean=...:.4f, std=...:.4f", four.replace("-", ""), "mean=0.0000, std=0.0000",
                note="The document prints four decimals: a gradient that has vanished looks like one that is 0. The "
                "monitor prints powers of ten."),
        shown("gradient of the last bias", grads(last).tolist(),
              note="One element has no standard deviation: n - 1 is 0, PyTorch warns and prints nan, and 'look for "
              "NaN' then finds trouble where there is none. The monitor has a dash there."),
        holds("monitor: dash, not nan", None, "  -  " in table, "  -  " in table and "nan" not in table),
        holds("monitor, eight sigmoids", "very small gradients", _verdicts(report),
              _verdicts(report)[0].endswith("vanishing"),
              note="A verdict for the first and the last group of parameters. The report names the cures, too."),
        holds("monitor, large weights", "very large gradients", _verdicts(exploding),
              _verdicts(exploding)[0].endswith("exploding")),
        holds("monitor, NaN planted", "NaN or Inf values", _verdicts(poisoned),
              _verdicts(poisoned)[0].endswith("not finite")),
    ]  # fmt: skip


def _verdicts(report: monitor.Report) -> list[str]:
    rows = report.rows
    return [f"{row.name}: {row.verdict}" for row in (rows[0], rows[-1])]


# --- 4.13: the five steps of debugging, on planted errors -------------------------------------------------------------

PAIRS = ((0.5, 1.0), (-1.0, 0.0), (2.0, 0.5))  # inputs and targets


def small_example(w: Any, b: Any) -> Any:
    """The mean of half the squared errors of one sigmoid neuron on three examples."""
    return mean([0.5 * (sigmoid(w * x + b) - y) ** 2 for x, y in PAIRS])


def by_hand(w: float, b: float, average: bool = True, slope: str = "a (1 - a)") -> tuple[float, float]:
    """Its gradient by the delta rule; two switches plant an error each."""
    dw = db = 0.0
    for x, y in PAIRS:
        a = 1 / (1 + math.exp(-(w * x + b)))
        delta = (a - y) * {"a (1 - a)": a * (1 - a), "none": 1.0}[slope]
        dw, db = dw + delta * x, db + delta
    m = len(PAIRS) if average else 1
    return dw / m, db / m


def claim_13() -> list[Figure]:
    """Each of the five steps, and the command for it; then four planted errors, and what finds each."""
    w, b = Value(0.4, "w"), Value(-0.2, "b")
    loss = small_example(w, b)
    plain = sum(0.5 * (1 / (1 + math.exp(-(0.4 * x - 0.2))) - y) ** 2 for x, y in PAIRS) / 3
    loss.backward()
    steps = len(Stepper(small_example(Value(0.4, "w"), Value(-0.2, "b"))))
    at = [(0.4, -0.2), (-1.0, 0.5)]
    right = check_derivative(small_example, by_hand, at=at)
    return [
        close("1: forward pass", "Implement forward pass", loss, plain, 1e-15,
              note="Written with Values; here against plain floats. autograd derive shows the graph of a formula."),
        holds("2: small example, steps", "Test on small example", steps, steps > 10,
              note="One neuron, three examples. autograd step 4.5 walks through a network, number by number."),
        close("3: backward pass", "Implement backward pass", [w.grad, b.grad], by_hand(0.4, -0.2), 1e-15,
              note="Yours, against the engine's."),
        holds("4: gradient check", "Gradient check on small example", right.verdict, right.verdict == "pass",
              note="check_derivative(f, yours, at=...), or autograd check FILE."),
        *_full_network(),
        *_planted(at),
    ]  # fmt: skip


def _full_network() -> list[Figure]:
    net = nn.MLP(3, [4, 4, 1], activation="tanh", seed=2)
    start = [p.data for p in net.parameters()]
    x, y = np.array([[0.5, -1.0, 0.25], [1.0, 0.5, -0.5]]), np.array([[1.0], [0.0]])
    direction = np.random.default_rng(7).normal(size=len(start))

    def along(t: float) -> float:
        for p, value, step in zip(net.parameters(), start, direction, strict=True):
            p.data = value + t * float(step)
        return float(losses.mse(net(x), y).data)

    h = 1e-5
    slope = (along(h) - along(-h)) / (2 * h)
    along(0.0)
    losses.mse(net(x), y).backward()
    engine = gradcheck(lambda a, c: sigmoid(a) * c, 0.3, 2.0)
    return [
        close("5: the full network", "Scale to full network", float(grads(net.parameters()) @ direction), slope, 1e-8,
              note="41 parameters and one random direction: two forward passes check them all at once, where one "
              "after the other takes 82."),
        holds("and the engine itself", None, engine, engine, note="gradcheck(f, inputs)."),
    ]  # fmt: skip


def _planted(at: list[tuple[float, float]]) -> list[Figure]:
    summed = check_derivative(small_example, lambda w, b: by_hand(w, b, average=False), at=at)
    missing = check_derivative(small_example, lambda w, b: by_hand(w, b, slope="none"), at=at)
    slip = summed.diagnosis.text.splitlines()[0] if summed.diagnosis is not None else ""
    return [
        holds("not averaged", "Not averaging over batch", summed.verdict, summed.verdict == "fail"),
        holds("its slip", None, slip, "mean of 3 terms" in slip),
        holds("sigma' left out", "Incorrect activation derivatives", missing.verdict, missing.verdict == "fail"),
        shown("shapes and transposes", "claim 1.11",
              note="Wrong matrix dimensions and a forgotten transpose are planted there."),
    ]  # fmt: skip


# --- 4.14: gradients at a kink ----------------------------------------------------------------------------------------


def identity_by_relus(x: float = 0.0) -> Graph:
    """relu(x) - relu(-x), which is x."""
    v = Value(x, "x")
    up, down = relu(v), relu(-v)
    y = up - down
    up.label, down.label, y.label = "relu(x)", "relu(-x)", "y"
    return named(y)


def claim_14() -> list[Figure]:
    """A function that is the identity, and its gradient around and at 0."""
    points = [-2.0, -1e-300, 1e-300, 2.0]
    around = [worked(identity_by_relus(x)) for x in points]
    y, n = worked(identity_by_relus())
    return [
        exactly("y at -2 ... 2", None, [v for v, _ in around], points, note="relu(x) - relu(-x) is x."),
        exactly("dy/dx there", "correct gradients", [m["x"].grad for _, m in around], [1.0] * 4),
        exactly("y at 0", None, y, 0.0),
        holds("dy/dx at 0", "guaranteed", n["x"].grad, n["x"].grad == 1.0, should_agree=False,
              note="The function is x, so its derivative at 0 is 1. Both ReLUs take slope 0 at their kink, and the "
              "gradient is 0, here and in every framework with that convention. What is guaranteed is the chain rule; "
              "at a kink it need not give the derivative."),
        *verdicts_at_a_kink(),
    ]  # fmt: skip


def verdicts_at_a_kink() -> list[Figure]:
    """What the check says at 0 of relu(x) - relu(-x), where two kinks cancel: its values have slope 1."""

    def f(x: Any) -> Any:
        return relu(x) - relu(-x)

    one = check_derivative(f, lambda x: 1.0, at=0.0, diagnosed=False)
    zero = check_derivative(f, lambda x: 0.0, at=0.0, diagnosed=False)
    return [
        holds("the check, slope 1", None, one.verdict, one.verdict == "pass",
              note=f"{one.entries[0].note.capitalize()}."),
        holds("the check, slope 0", None, zero.verdict, zero.verdict == "fail",
              note="Measured from the function's values, the slope is 1."),
    ]  # fmt: skip


LESSON = Lesson(
    4,
    "Forward and backward through a network",
    "003_696c4c6bfcb783dd.txt",
    main="4.5",
    about=(
        "From the chain rule in one variable to a 2-3-1 network trained on a batch, with a gradient check of every "
        "number."
    ),
    claims=(
        Claim(
            "4.1",
            "The chain rule in one variable",
            "y = (x^2 + 1)^3 has dy/dx = 3(x^2 + 1)^2 2x.",
            claim_1,
            cube_of_a_sum,
        ),
        Claim(
            "4.2",
            "The chain rule along two paths",
            "For z = f(x, y) with x = g(t) and y = h(t), dz/dt adds what comes through x and what comes through y.",
            claim_2,
            two_paths,
        ),
        Claim(
            "4.3",
            "Its drawing of a graph",
            "x -> g = x^2 -> f = g + 1 -> y = f^3 in solid arrows; dashed ones back, each with its local derivative.",
            claim_3,
            cube_of_a_sum,
        ),
        Claim(
            "4.4",
            "Cross-entropy behind a sigmoid",
            "dL/da = -y/a + (1-y)/(1-a) times da/dz = a(1-a) is simply dL/dz = a - y.",
            claim_4,
            composed,
        ),
        Claim(
            "4.5",
            "A 2-3-1 network, one example",
            "ReLU, sigmoid, cross-entropy; z1 is (3 x 2)(2 x 1) + (3 x 1) and z2 (1 x 3)(3 x 1) + (1 x 1), as W x with "
            "columns; and the gradient of every part.",
            claim_5,
            example,
        ),
        Claim(
            "4.6",
            "The same in NumPy, on a batch",
            "Forward, backward with averages over the batch, and update, as W X with an example in each column.",
            claim_6,
            batch,
        ),
        Claim(
            "4.7",
            "Its gradient check",
            "Central differences with a step of 1e-7; the check passes if |g - gnum| / (|g| + |gnum|) < 1e-7.",
            claim_7,
        ),
        Claim(
            "4.8",
            "Activations and their derivatives",
            "Sigmoid, tanh, ReLU, leaky ReLU and softmax; softmax's Jacobian is a_i (delta_ij - a_j), and with "
            "cross-entropy the gradient is a - y.",
            claim_8,
            softmax_loss,
        ),
        Claim(
            "4.9",
            "What both passes cost",
            "Both take O(W) operations, and O(sum n_l m) memory; backpropagation brings the cost of all gradients from "
            "exponential to linear in depth.",
            claim_9,
        ),
        Claim(
            "4.10",
            "Exponentials that overflow",
            "Subtract the maximum before a softmax or sigmoid; use log-sum-exp.",
            claim_10,
            log_sum_exp,
        ),
        Claim(
            "4.11",
            "The PyTorch program",
            "x = [1, 2], w = [[1, 2], [3, 4]], b = [0.5, 0.5]: the gradients of sum((sigmoid(w x + b) - [0, 1])^2).",
            claim_11,
            two_outputs,
        ),
        Claim(
            "4.12",
            "Watching gradients",
            "Print each parameter's gradient mean and standard deviation; look for very small, very large, NaN and "
            "infinite ones.",
            claim_12,
        ),
        Claim(
            "4.13",
            "How to debug, in five steps",
            "Forward pass, a small example, backward pass, a gradient check on it, then the full network; the common "
            "errors are shapes, transposes, averages and wrong derivatives.",
            claim_13,
        ),
        Claim(
            "4.14",
            "Correct gradients guaranteed",
            "Frameworks that differentiate automatically guarantee correct gradients.",
            claim_14,
            identity_by_relus,
        ),
    ),
)
