"""Lesson 4: forward and backward through a network."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count, pairwise
from timeit import repeat
from typing import Any

import numpy as np

from .. import nn
from ..checking.check import check_derivative, gradcheck
from ..engine.graph import is_constant, topological_order
from ..engine.value import Value
from ..errors import DomainError
from ..functions import elementary
from ..functions.arrays import array, data, grads
from ..functions.derivatives import grad, jacobian
from ..functions.elementary import dot, exp, leaky_relu, log, logsigmoid, logsumexp, mean, relu, sigmoid, softmax, tanh
from ..nn import init, losses, monitor, optim
from ..reading.paths import count_paths, path_products
from ..reading.stepper import Stepper
from ..render import norms_svg
from ..render.dot import Picture, arrows
from ..render.rows import graph_rows
from ..render.style import Look
from .claims import Claims, Figure, Graph, Lesson, Nodes, close, exactly, holds, shown, worked
from .examples import (
    Parameters,
    as_values,
    chain,
    compiled,
    edges,
    judged,
    layer,
    named,
    numbered,
    refused,
    repeated,
    slip_of,
    two_layer,
    uniform,
)

__all__ = ["LESSON"]

claim = Claims()


# --- 4.1 to 4.3: the chain rule in one variable, along two paths, and drawn -------------------------------------------


def cube_of_a_sum(x: float = 2.0) -> Graph:
    """g = x^2, f = g + 1, y = f^3: the document's drawing, node by node."""
    g = Value(x, "x") ** 2
    f = g + 1
    y = f**3
    return named(y, g=g, f=f, y=y)


@claim(
    "4.1", "The chain rule in one variable", "y = (x^2 + 1)^3 has dy/dx = 3(x^2 + 1)^2 2x.", cube_of_a_sum,
    idea="The outer slope, taken where the inner function has arrived, times the inner slope. In whole numbers doubles "
    "are exact, and how far is found by comparing with Python's integers.",
)  # fmt: skip
def claim_1(y: Value, n: Nodes) -> list[Figure]:
    # The first x at which the float and the int differ, which Python compares exactly.
    value = next(x for x in count(1) if cube_of_a_sum(x)[0].data != (x * x + 1) ** 3)
    slope = next(x for x in count(1) if worked(cube_of_a_sum(x))[1].x.grad != 3 * (x * x + 1) ** 2 * 2 * x)
    return [
        exactly("y at x = 2", "(x^2 + 1)^3", y, (2**2 + 1) ** 3),
        exactly("dy/dx at x = 2", "3(x^2 + 1)^2 2x", n.x.grad, 3 * (2**2 + 1) ** 2 * 2 * 2),
        exactly("dy/dg dg/dx", "3g^2 2x", chain(y, n.f, n.x).product, n.x.grad,
                note="Here g is x^2 + 1; the document's drawing (4.3) calls x^2 g and x^2 + 1 f."),
        holds("y exact up to x =", None, value - 1, value > 457,
              note="At the next x, (x^2 + 1)^3 is odd and above 2^53: no double holds it."),
        holds("dy/dx exact up to", None, slope - 1, slope > 1433),
    ]  # fmt: skip


def two_paths() -> Graph:
    """z = x y with x = t^2 and y = 3t + 1, at t = 2: two ways from z to t."""
    t = Value(2.0, "t")
    x, y = t**2, 3 * t + 1
    z = x * y
    return named(z, x=x, y=y, z=z)


@claim(
    "4.2", "The chain rule along two paths",
    "For z = f(x, y) with x = g(t) and y = h(t), dz/dt = dz/dx dx/dt + dz/dy dy/dt.",
    two_paths,
    idea="Each path is a product of slopes, and the paths add up. In the graph the messages that meet in a node are "
    "added.",
)  # fmt: skip
def claim_2(z: Value, n: Nodes) -> list[Figure]:
    through_x, through_y = chain(z, n.x, n.t), chain(z, n.y, n.t)
    t, slope = n.t.data, n.t.grad
    return [
        exactly("dz/dx, dx/dt", "dz/dx dx/dt", through_x.derivatives, [3 * t + 1, 2 * t],
                note="z = x y, x = t^2, y = 3t + 1 at t = 2: our functions, the document leaves them open."),
        exactly("path through x", None, through_x.product, (3 * t + 1) * 2 * t),
        exactly("dz/dy, dy/dt", "dz/dy dy/dt", through_y.derivatives, [t**2, 3.0]),
        exactly("path through y", None, through_y.product, t**2 * 3),
        exactly("their sum", "dz/dt", through_x.product + through_y.product, slope),
        exactly("9t^2 + 2t", None, slope, 9 * t**2 + 2 * t, note="z = 3t^3 + t^2, differentiated by hand."),
    ]  # fmt: skip


@claim(
    "4.3", "Its drawing of a graph",
    "x -> g = x^2 -> f = g + 1 -> y = f^3 in solid arrows; dashed ones back, each with its local derivative.",
    cube_of_a_sum,
    idea="An arrow back carries the slope of one step, and the gradient is the product of the numbers on the arrows. "
    "The drawing that --svg writes has one arrow more, from the 1 of f = g + 1.",
)  # fmt: skip
def claim_3(y: Value, n: Nodes) -> list[Figure]:
    rows = graph_rows(y, symbolic=True)
    names = {node.id: node.name for node in rows.nodes}
    drawn = [arrow for arrow in arrows(Picture(rows, Look(), rows)) if names[arrow.tail] in n]
    solid = [f"{names[a.tail]} -> {names[a.head]}" for a in drawn if not a.backward]
    dashed = {f"{names[a.tail]} -> {names[a.head]}": a.lines[0] for a in reversed(drawn) if a.backward}
    steps = chain(y, n.f, n.g, n.x)
    return [
        holds("solid arrows", "x -> g -> f -> y", ", ".join(solid), solid == ["x -> g", "g -> f", "f -> y"]),
        holds("dashed arrows", "y -> f -> g -> x", ", ".join(dashed), list(dashed) == ["y -> f", "f -> g", "g -> x"]),
        holds("their labels", "3f^2, 1, 2x", list(dashed.values()),
              list(dashed.values()) == ["dy/df = 3f² = 75", "df/dg = 1", "dg/dx = 2x = 4"]),
        exactly("edge y to f", "dy/df = 3f^2", steps.derivatives[0], 3 * n.f.data**2),
        exactly("edge f to g", "df/dg = 1", steps.derivatives[1], 1.0),
        exactly("edge g to x", "dg/dx = 2x", steps.derivatives[2], 2 * n.x.data),
        exactly("along all three", None, steps.product, n.x.grad, note="75 * 1 * 4."),
    ]  # fmt: skip


# --- 4.4: cross-entropy behind a sigmoid ------------------------------------------------------------------------------


def composed(z: float = 0.7, y: float = 1.0) -> Graph:
    """-[y log a + (1-y) log(1-a)] of a = sigmoid(z), as the document composes it."""
    logit, target = Value(z, "z"), Value(y, "y", constant=True)
    a = sigmoid(logit)
    loss = -(target * log(a) + (1 - target) * log(1 - a))
    return named(loss, a=a, L=loss)


def on_logits(z: float, y: float) -> Graph:
    """The same loss with log a and log(1 - a) = log sigmoid(-z) as one operation each: it never sees a rounded a."""
    logit, target = Value(z, "z"), Value(y, "y", constant=True)
    loss = -(target * logsigmoid(logit) + (1 - target) * logsigmoid(-logit))
    return named(loss, L=loss)


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


@claim(
    "4.4", "Cross-entropy behind a sigmoid",
    "dL/da = -y/a + (1-y)/(1-a) times da/dz = a(1-a) is simply dL/dz = a - y.",
    composed,
    idea="a(1-a) cancels what stands below the lines. So the loss is best written as one function of z, "
    "-y log sigmoid(z) - (1-y) log sigmoid(-z): then nothing has to cancel in numbers.",
    omits="that step by step the result is lost for large z, where 1 - a has few digits left",
)  # fmt: skip
def claim_4(loss: Value, n: Nodes) -> list[Figure]:
    a = n.a.data
    points = [(z, y) for z in (0.7, -0.7, 40.0, -40.0, 1000.0, -1000.0) for y in (0.0, 1.0)]
    stable = {(z, y): worked(on_logits(z, y)) for z, y in points}
    apart = [abs(m.z.grad - (sigmoid(z) - y)) for (z, y), (_, m) in stable.items()]
    wrong, m = worked(composed(30.0, 0.0))
    exact, k = worked(on_logits(30.0, 0.0))
    first, message = last_value()
    return [
        close("dL/da", "-y/a + (1-y)/(1-a)", chain(loss, n.a).product, -1.0 / a, 1e-15, note="At z = 0.7 and y = 1."),
        close("da/dz", "a (1 - a)", chain(n.a, n.z).product, a * (1 - a), 1e-15),
        close("dL/dz", "a - y", n.z.grad, a - 1.0, 1e-15),
        holds("on logits, off by", "a - y", max(apart), lambda error: error <= 1e-15,
              note="The loss as one function of z: its largest error at z = 0.7, 40, 1000, both signs, y = 0 and 1."),
        exactly("L at z = +-1000", None, [stable[point][0] for point in points[-4:]],
                [1000.0, 0.0, 0.0, 1000.0], note="On logits, z = 1000 with y = 0 and 1, then z = -1000."),
        close("composed, z=30, y=0", "a - y", m.z.grad, sigmoid(30.0), should_agree=False,
              note="1 - a has three digits left, and the slope of log(1 - a) inherits their error."),
        close("L, composed, z=30, y=0", "-log(1 - a)", wrong, exact, should_agree=False,
              note="That is the loss on logits."),
        close("on logits, z=30, y=0", "a - y", k.z.grad, sigmoid(30.0), 1e-15),
        holds("composed, no value from z =", None, first, abs(first - 36.74) < 0.005,
              note="From here on a rounds to 1."),
        holds("the error there", None, message, "log" in message),
    ]  # fmt: skip


# --- 4.5: the 2-3-1 network on one example, W x -----------------------------------------------------------------------


# The 2-3-1 network: the document gives shapes and no numbers, so these are ours; the second hidden node is off.
START = Parameters(
    W1=[[0.5, -0.2], [-0.8, 0.1], [0.3, 0.6]], b1=[0.1, 0.2, -0.4], W2=[[0.7, -0.5, 0.9]], b2=[-0.3]
)  # fmt: skip
X, Y = [1.0, 2.0], 1.0


def columns(p: Parameters) -> Parameters:
    """The biases as columns, as W X + b needs them."""
    return Parameters(np.array(p.W1), np.array(p.b1)[:, None], np.array(p.W2), np.array(p.b2)[:, None])


def cross_entropy(outputs: Any, targets: Any) -> Value:
    """-[y log a + (1-y) log(1-a)] of one output."""
    (a,), (y,) = outputs, targets
    loss: Value = -(y * log(a) + (1 - y) * log(1 - a))
    loss.label = "L"
    return loss


def network() -> Graph:
    """x -> z1 -> ReLU -> z2 -> sigmoid -> L."""
    return two_layer(*START, X, [Y], relu, cross_entropy)


@claim(
    "4.5", "A 2-3-1 network, one example",
    "ReLU, sigmoid, cross-entropy; z1 is (3 x 2)(2 x 1) + (3 x 1) and z2 (1 x 3)(3 x 1) + (1 x 1), as W x with "
    "columns; and the gradient of every part.",
    network,
    idea="Every gradient has the shape of what it belongs to. That is a check by itself: dL/dW1 must be 3 x 2, and "
    "dL/dz1 x^T is the only product of those two that is.",
)  # fmt: skip
def claim_5(L: Value, n: Nodes) -> list[Figure]:
    a1, a2 = data(n.a1), data([n.a2])
    dz2 = a2 - Y
    da1 = data(n.W2).T @ dz2
    dz1 = da1 * (data(n.z1) > 0)
    p = as_values(columns(START))
    x = array([[v] for v in X])
    Z1, A1, Z2, A2 = forward(x, p)
    said = "(3 x 2)(2 x 1) + (3 x 1)", "(1 x 3)(3 x 1) + (1 x 1)"
    return [
        holds("layer 1", said[0], shape_of(p.W1, x, p.b1), lambda shape: shape == said[0],
              note="W x + b: x and b are columns."),
        holds("layer 2", said[1], shape_of(p.W2, A1, p.b2), lambda shape: shape == said[1]),
        exactly("shapes of z1, z2", "(3 x 1), (1 x 1)", [Z1.shape, Z2.shape], [[3, 1], [1, 1]]),
        close("a2", "sigma(z2)", a2, data(A2)[0],
              note="Neuron by neuron, and as W X in NumPy. The numbers are ours."),
        close("L", "-[y log a2 + ...]", L, -np.log(a2[0]), note="y is 1, so the second term is 0."),
        close("dL/dz2", "a2 - y", grads([n.z2]), dz2, 1e-15),
        close("dL/dW2", "dL/dz2 a1^T", grads(n.W2), np.outer(dz2, a1), 1e-15),
        close("dL/db2", "dL/dz2", grads([n.b2]), dz2, 1e-15),
        close("dL/da1", "W2^T dL/dz2", grads(n.a1), da1, 1e-15),
        close("dL/dz1", "dL/da1 * (z1 > 0)", grads(n.z1), dz1, 1e-15, note="The second hidden node is off."),
        close("dL/dW1", "dL/dz1 x^T", grads(n.W1), np.outer(dz1, X), 1e-15),
        close("dL/db1", "dL/dz1", grads(n.b1), dz1, 1e-15),
        exactly("shapes of dW2, dW1", "(1 x 3), (3 x 2)", [grads(n.W2).shape, grads(n.W1).shape], [[1, 3], [3, 2]]),
    ]  # fmt: skip


def shape_of(W: Any, a: Any, b: Any) -> str:
    """The shapes in W a + b."""
    by = [" x ".join(map(str, matrix.shape)) for matrix in (W, a, b)]
    return f"({by[0]})({by[1]}) + ({by[2]})"


# --- 4.6: a batch in NumPy, W X ---------------------------------------------------------------------------------------


def forward(X: Any, p: Parameters) -> tuple[Any, Any, Any, Any]:
    """W X + b, ReLU, W A + b, sigmoid. It knows only NumPy, and takes floats and Values alike."""
    Z1 = np.dot(p.W1, X) + p.b1
    A1 = np.maximum(0, Z1)
    Z2 = np.dot(p.W2, A1) + p.b2
    return Z1, A1, Z2, 1 / (1 + np.exp(-Z2))


def cost(A2: Any, Y: Any) -> Any:
    """The binary cross-entropy, averaged over the batch."""
    return -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / Y.shape[1]


def gradients_by_hand(X: Any, Y: Any, p: Parameters) -> tuple[float, Parameters]:
    """The cost, and its gradients in floats, averaged over the batch."""
    m, (Z1, A1, _, A2) = X.shape[1], forward(X, p)
    dZ2 = A2 - Y
    dZ1 = (p.W2.T @ dZ2) * (Z1 > 0)
    averaged = [part / m for dZ, A in ((dZ1, X), (dZ2, A1)) for part in (dZ @ A.T, dZ.sum(1, keepdims=True))]
    return cost(A2, Y), Parameters(*averaged)


def engine_gradients(X: Any, Y: Any, p: Parameters) -> tuple[float, Parameters]:
    """The same by the engine."""
    values = as_values(p)
    J = cost(forward(X, values)[-1], Y)
    J.backward()
    return J.data, Parameters(*map(grads, values))


def examples(m: int = 8) -> tuple[Any, Any]:
    """Points of the plane, one in each column, and their classes: 1 if the coordinates have the same sign."""
    X = np.random.default_rng(46).uniform(-1, 1, (2, m))
    return X, (X[:1] * X[1:] > 0).astype(float)


def random_start() -> Parameters:
    """Small random weights; the document calls an initialize_parameters that it does not show."""
    draw = np.random.default_rng(64)
    return Parameters(draw.normal(size=(3, 2)), np.zeros((3, 1)), draw.normal(size=(1, 3)), np.zeros((1, 1)))


def batch(m: int = 2) -> Graph:
    """The averaged cost of a batch, made by NumPy's own operators out of arrays of Values."""
    X, Y = examples(m)
    passed = forward(X, as_values(columns(START)))
    for name, nodes in zip(("Z1", "A1", "Z2", "A2"), passed, strict=True):
        numbered(nodes, name)
    J: Value = cost(passed[-1], Y)
    return named(J, J=J)


def train(start: Parameters, gradients: Any = engine_gradients) -> tuple[list[float], Parameters]:
    """100 steps of plain gradient descent: the costs, and where it ended."""
    (X, Y), p, costs = examples(), start, []
    for _ in range(100):
        J, slopes = gradients(X, Y, p)
        costs.append(J)
        p = Parameters(*[old - 0.5 * slope for old, slope in zip(p, slopes, strict=True)])
    return costs, p


@claim(
    "4.6", "The same in NumPy, on a batch",
    "Forward, backward with averages over the batch, and update, as W X with an example in each column.",
    batch,
    idea="One function of np.dot, np.maximum and np.exp runs unchanged on floats and on Values, so that the backward "
    "pass written by hand can be held against the engine's. Its dZ is m times the gradient of the averaged cost; the "
    "1/m comes in with dW and db.",
    errs="it sums the bias over the batch in one place, averages in another",
    omits="initialize_parameters and the m of its train(); from zeros both weight matrices would stay 0 for ever",
)  # fmt: skip
def claim_6(*_: Any) -> list[Figure]:
    (X, Y), p = examples(), random_start()
    m = X.shape[1]
    values = as_values(p)
    _, _, Z2, A2 = forward(X, values)
    J = cost(A2, Y)
    J.backward()
    expected, by_hand = gradients_by_hand(X, Y, p)
    plain = forward(X, p)[-1]
    dZ2 = plain - Y
    costs, _ = train(p)
    stuck, end = train(Parameters(*[np.zeros_like(part) for part in p]))
    return [
        close("A2", "forward_propagation", A2, plain, note="Of 8 examples."),
        close("cost", "cost", J, expected),
        *[close(f"d{name}", f"d{name}", grads(getattr(values, name)), getattr(by_hand, name)) for name in p._fields],
        close("m * dJ/dZ2", "dZ2 = A2 - Y", m * grads(Z2), dZ2),
        close("m * dJ/db2", "sum over batch", m * grads(values.b2), dZ2.sum(axis=1, keepdims=True),
              note="Its recursion says to sum, its code and its section on batches to average: with an averaged cost "
              "the average is right."),
        *_compiled(),
        holds("cost, first and last", "training", [costs[0], costs[-1]], costs[-1] < 0.25 * costs[0],
              note="100 steps with learning rate 0.5."),
        close("last cost, by hand", None, costs[-1], train(p, gradients_by_hand)[0][-1], 1e-12),
        holds("from zeros: W1, W2", None, [end.W1, end.W2], not end.W1.any() and not end.W2.any(),
              note="W2 = 0 lets no gradient through to W1, and A1 = 0 gives W2 none."),
        holds("from zeros: cost", None, [stuck[0], stuck[-1]], stuck[-1] > 0.5,
              note="Only b2 moves, so every example gets the same prediction."),
    ]  # fmt: skip


def _compiled() -> list[Figure]:
    """What the compiler finds in the graph that NumPy's operators recorded, and its gradients."""
    m = 100
    (X, Y), values = examples(m), as_values(random_start())
    J = cost(forward(X, values)[-1], Y)
    J.backward()
    _, by_hand = gradients_by_hand(X, Y, random_start())
    return compiled(
        J, values, by_hand._asdict(),
        "100 examples, and the scalar graph that the same function records: autograd.compile reads it, and "
        "program.describe() shows the matrices that it found. The document's 1/m is in dZ here.",
        ("layer 1, found", "Z1 = np.dot(W1, X) + b1", f"Z1 = W1 X + b1, (3x2)(2x{m})+(3x1)"),
        ("layer 2, found", "Z2 = np.dot(W2, A1) + b2", f"Z2 = W2 A1 + b2, (1x3)(3x{m})+(1x1)"),
        ("layer 2, backward", "dW2 = (1/m) dZ2 A1^T, db2 = (1/m) sum dZ2, dA1 = W2^T dZ2",
         "dW2 = dZ2 A1^T, dA1 = W2^T dZ2, db2 = sum of dZ2 over the batch"),
        ("through the ReLU", "dZ1 = dA1 * relu_derivative(Z1)", "dZ1 = dA1 * maximum'(0, Z1)"),
        ("layer 1, backward", "dW1 = (1/m) dZ1 X^T, db1 = (1/m) sum dZ1",
         "dW1 = dZ1 X^T, db1 = sum of dZ1 over the batch"),
    )  # fmt: skip


# --- 4.7: the document's gradient check, where it goes wrong, and a better one ----------------------------------------


def sigmoid_chain(x: Any, *weights: Any) -> Any:
    """A network of one neuron a layer: a = sigmoid(w_l a), from a = x."""
    for w in weights:
        x = sigmoid(w * x)
    return x


def chain_by_hand(x: float, *weights: float) -> tuple[float, ...]:
    """Its gradient with respect to x and to each weight."""
    a = [x]
    for w in weights:
        a.append(sigmoid(w * a[-1]))
    delta, backward = 1.0, []
    for w, below, above in zip(weights[::-1], a[-2::-1], a[:0:-1], strict=True):
        delta *= above * (1 - above)
        backward.append(delta * below)
        delta *= w
    return delta, *backward[::-1]


def right_slopes(method: str) -> list[str]:
    """What a check says of the right slope in x of a chain of eight with all weights 1, at ten inputs."""
    ones = [1.0] * 8
    check = partial(check_derivative, lambda x: sigmoid_chain(x, *ones), lambda x: chain_by_hand(x, *ones)[0])
    return [check(at=k / 4 - 1.1, method=method, diagnosed=False).verdict for k in range(10)]


def wrong_signs(method: str) -> list[str]:
    """What a check says of the wrong sign in the first layer's gradient, of twenty networks of 12 layers."""

    def planted(*weights: float) -> tuple[float, ...]:
        _, first, *rest = chain_by_hand(0.7, *weights)
        return (-first, *rest)

    check = partial(check_derivative, lambda *weights: sigmoid_chain(0.7, *weights), planted)
    weights = [tuple(uniform(random.Random(seed), 12).tolist()) for seed in range(20)]
    return [check(at=at, method=method, diagnosed=False).verdict for at in weights]


@claim(
    "4.7", "Its gradient check",
    "Central differences with a step of 1e-7; the check passes if |g - gnum| / (|g| + |gnum|) < 1e-7.",
    idea="At a step of 1e-7 rounding alone is about 1e-9 |f|: small slopes drown in it. And one norm over all "
    "parameters hides an error in a small one. The better check judges every partial derivative by its own size.",
    errs="it fails right derivatives behind 8 sigmoids, and passes wrong signs",
    omits="layer_dims, compute_cost and both vector helpers, and what 0/0 means for a zero gradient",
)  # fmt: skip
def claim_7() -> list[Figure]:
    plain = check_derivative(lambda x: x**3, lambda x: 3 * x**2, at=2.0, method="central")
    deep, ours = right_slopes("central"), right_slopes("intervals")
    missed, caught = wrong_signs("central").count("pass"), 20 - wrong_signs("intervals").count("pass")
    zero = check_derivative(lambda x: 0.0 * x, lambda x: 0.0, at=1.0, method="central", diagnosed=False)
    return [
        judged("x^3 at 2", "difference < 1e-7: passed", plain, "pass"),
        holds("right, 8 sigmoids deep", "difference < 1e-7: passed", f"{deep.count('fail')} of 10 called wrong",
              "fail" not in deep, should_agree=False, note="The slope of eight sigmoids is about 1e-5 |f|."),
        holds("the better check there", None, f"{ours.count('pass')} of 10 pass", set(ours) == {"pass"}),
        holds("wrong sign, layer 1 of 12", "Gradient check failed", f"{missed} of 20 pass", missed == 0,
              should_agree=False),
        holds("the better check of it", None, f"{caught} of 20 fail", caught == 20),
        holds("a zero gradient", "passed", f"{zero.verdict}: 0/0", zero.verdict == "pass", should_agree=False,
              note="Both norms are 0, and the document's formula has no value."),
    ]  # fmt: skip


# --- 4.8: activations and their slopes --------------------------------------------------------------------------------

POINTS = [-2.0, -0.5, 0.0, 0.5, 2.0]
LOGITS = [1.0, -0.5, 2.0]


def slopes(function: Callable[[Any], Any]) -> list[float]:
    """The engine's derivative at each of the points."""
    return [grad(function)(z) for z in POINTS]


def softmax_loss(targets: tuple[float, ...] = (0.0, 1.0, 0.0)) -> Graph:
    """-sum y log a of a = softmax(z)."""
    a = numbered(softmax(numbered(LOGITS, "z")), "a")
    loss = -elementary.sum([y * log(p) for y, p in zip(targets, a, strict=True)])
    return named(loss, L=loss)


@claim(
    "4.8", "Activations and their derivatives",
    "Sigmoid a(1-a), tanh 1-a^2, ReLU 1 or 0, leaky ReLU 1 or 0.01; softmax's Jacobian is a_i (delta_ij - a_j), and "
    "with cross-entropy the gradient is a - y.",
    softmax_loss,
    idea="Most slopes can be had from the output alone, without z. Each output of a softmax depends on every z, so its "
    "derivative is a matrix; behind cross-entropy it collapses to a - y. At 0 the engine's ReLU takes slope 0.",
    omits="that a - y needs targets that sum to 1; in general it is a sum(y) - y",
)  # fmt: skip
def claim_8(_: Value, n: Nodes) -> list[Figure]:
    z = np.array(POINTS)
    s, t, on = 1 / (1 + np.exp(-z)), (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)), z > 0
    e = np.exp(LOGITS)
    a = e / e.sum()
    soft = (0.2, 0.3, 0.1)
    dz, dm = grads(n.z), grads(worked(softmax_loss(soft))[1].z)
    return [
        close("sigmoid", "1/(1 + e^-z)", sigmoid(z), s, 1e-15, note="All at z = -2, -0.5, 0, 0.5 and 2."),
        close("sigmoid'", "a (1 - a)", slopes(sigmoid), s * (1 - s), 1e-15,
              note="Where the document blames vanishing gradients on slopes below 0.25, read at most 0.25."),
        close("tanh", "(e^z - e^-z)/(e^z + e^-z)", tanh(z), t, 1e-15),
        close("tanh'", "1 - a^2", slopes(tanh), 1 - t * t, 1e-15),
        exactly("ReLU", "max(0, z)", relu(z), np.maximum(0, z)),
        exactly("ReLU'", "1 if z > 0, else 0", slopes(relu), on.astype(float),
                note="At 0 the document allows 0 or 1."),
        close("leaky ReLU", "max(0.01 z, z)", leaky_relu(z), np.maximum(0.01 * z, z), 1e-15),
        exactly("leaky ReLU'", "1 if z > 0, else 0.01", slopes(leaky_relu), np.where(on, 1.0, 0.01)),
        close("softmax", "e^z_i / sum e^z_j", [float(p) for p in softmax(LOGITS)], a, 1e-15,
              note="Of z = [1, -0.5, 2]."),
        close("its Jacobian", "a_i (delta_ij - a_j)", jacobian(softmax, mode="reverse")(LOGITS),
              np.diag(a) - np.outer(a, a), 1e-15),
        close("with cross-entropy", "a - y", dz, a - [0.0, 1.0, 0.0], 1e-15, note="y = [0, 1, 0]."),
        close("y = [0.2, 0.3, 0.1]", "a - y", dm, a - np.array(soft), 1e-15, should_agree=False,
              note="These targets sum to 0.6."),
        close("a sum(y) - y, same y", None, dm, a * np.sum(soft) - np.array(soft), 1e-15),
    ]  # fmt: skip


# --- 4.9: operations, memory and paths, counted on graphs -------------------------------------------------------------


def tanh_layers(sizes: Sequence[int], m: int = 1) -> Graph:
    """Layers of tanh neurons run on m examples x, and the sum of all outputs."""
    draw = random.Random(49)
    layers = [array(uniform(draw, k, n)) for n, k in pairwise(sizes)]
    outputs = []
    for a in numbered(uniform(draw, m, sizes[0]), "x"):
        for rows in layers:
            a = [tanh(dot(row, a)) for row in rows]
        outputs += a
    return named(elementary.sum(outputs))


def operations(root: Value) -> tuple[int, int, int]:
    """Multiplications of the two passes, and the values kept for the second.

    Forward: one for each weight and input of a dot. Backward: one for each message from a dot.
    """
    nodes = topological_order(root)
    dots = [node for node in nodes if node.op == "dot"]
    messages = [parent for node in dots for parent in node.parents if not is_constant(parent)]
    kept = [node for node in nodes if node.op in ("dot", "tanh")]
    return sum([len(node.parents) // 2 for node in dots]), len(messages), len(kept)


@claim(
    "4.9", "What both passes cost",
    "Both take O(W) operations, and O(sum n_l m) memory; backpropagation brings the cost of all gradients from "
    "exponential to linear in depth.",
    idea="The paths from the output to an input multiply with every layer, the edges that they share only add up. The "
    "backward pass walks edges.",
    omits="the batch in its total: an iteration on m examples costs O(W m)",
)  # fmt: skip
def claim_9() -> list[Figure]:
    weights = np.array([4 * h + h * h + 2 * h for h in (4, 8, 16)])
    forward, backward, _ = np.array([operations(tanh_layers((4, h, h, 2))[0]) for h in (4, 8, 16)]).T
    batches = np.array([1, 2, 4, 8])
    of_batch, _, kept = np.array([operations(tanh_layers((4, 4, 4, 2), m)[0]) for m in batches]).T
    depths = [1, 2, 4, 8, 16]
    deep = [worked(tanh_layers((3,) * (depth + 1))) for depth in depths]
    ways = [sum([count_paths(root, x) for x in n.x.ravel()]) for root, n in deep]
    added = np.diff([edges(root) for root, _ in deep]) / np.diff(depths)
    four, n = deep[2]
    every = [path.product for path in path_products(four, n.x[0, 0])]
    return [
        exactly("forward, per weight", "O(W)", forward / weights, [1.0] * 3,
                note="Multiplications of one example, for 40, 112 and 352 weights."),
        holds("backward, per weight", "O(W), as forward", backward / weights, (backward <= 2 * forward).all(),
              note="Two for each weight: one message to the weight, one to what it multiplies."),
        exactly("forward, m examples", "O(W) per iteration", of_batch / weights[0], batches.astype(float),
                note="Per weight, for m = 1, 2, 4 and 8."),
        exactly("values kept", "O(sum n_l m)", kept, 2 * (4 + 4 + 2) * batches,
                note="Each node of each layer keeps z and a, for each of m = 1, 2, 4 and 8 examples."),
        shown("depth", depths, note="Layers of 3 nodes, for the rows below."),
        exactly("paths", "exponential", ways, [3 * 3**depth for depth in depths],
                note="From the output to the inputs."),
        exactly("edges per layer", "linear in depth", added, [added[0]] * len(added),
                note="Edges for each layer more, from one depth to the next: always as many."),
        close("one by one, depth 4", None, math.fsum(every), n.x[0, 0].grad,
              note=f"The sum over all {len(every)} paths to the first input is its gradient."),
    ]  # fmt: skip


# --- 4.10: exponentials that overflow ---------------------------------------------------------------------------------

LARGE = [1000.0, 1001.0, 1002.0]


@claim(
    "4.10", "Exponentials that overflow",
    "Subtract the maximum before a softmax or sigmoid; use log-sum-exp.",
    lambda: named(root := logsumexp(numbered(LARGE, "z")), logsumexp=root),
    idea="A softmax stays the same if all z are shifted, so the largest can be made 0. A sigmoid looks at one z and "
    "does not. It needs e to negative powers only: 1/(1 + e^-z) for z >= 0, and e^z/(1 + e^z) below.",
    errs="subtracting the maximum makes a sigmoid wrong",
)  # fmt: skip
def claim_10(root: Value, n: Nodes) -> list[Figure]:
    z = numbered(LARGE, "z")
    shifted = np.exp(z - np.max(z, axis=0, keepdims=True))
    stable = data(shifted / np.sum(shifted, axis=0, keepdims=True))
    low = Value(-1000.0, "z")
    terms = np.exp([-2.0, -1.0, 0.0])
    return [
        refused("naive softmax", "overflow", lambda: np.exp(z) / np.sum(np.exp(z)), "exp",
                note="Of z = [1000, 1001, 1002]; our numbers."),
        close("subtract the maximum", "stable_softmax(z)", stable, terms / terms.sum(), 1e-15,
              note="The document's way in NumPy, on an array of Values; axis 0, as a column of W X."),
        close("the engine's softmax", None, [p.data for p in softmax(z)], stable, 1e-15),
        close("log-sum-exp", "log-sum-exp trick", root, 1002 + math.log(math.fsum(terms)), 1e-15),
        close("its gradient", None, grads(n.z), stable, 1e-15, note="The softmax again."),
        refused("naive sigmoid(-1000)", "overflow", lambda: 1 / (1 + exp(-low)), "exp"),
        close("sigmoid(z - max)", "subtract max before softmax/sigmoid", [sigmoid(v) for v in z - 1002.0],
              [1.0, 1.0, 1.0], should_agree=False, note="The sigmoids at 1000, 1001 and 1002 are 1."),
        exactly("sigmoid(-1000) and z", None, [sigmoid(low), *sigmoid(z)], [0.0, 1.0, 1.0, 1.0],
                note="The engine's, without overflow."),
    ]  # fmt: skip


# --- 4.11: the numbers of a PyTorch program ---------------------------------------------------------------------------


def two_outputs() -> Graph:
    """loss = sum((sigmoid(w x + b) - [0, 1])^2) for the document's x, w and b."""
    x, w, b = numbered([1.0, 2.0], "x"), numbered([[1.0, 2.0], [3.0, 4.0]], "w"), numbered([0.5, 0.5], "b")
    a = numbered(sigmoid(numbered(w @ x + b, "z")), "a")
    loss = elementary.sum((a - np.array([0.0, 1.0])) ** 2)
    return named(loss, loss=loss)


@claim(
    "4.11", "The PyTorch program",
    "x = [1, 2], w = [[1, 2], [3, 4]], b = [0.5, 0.5]: the gradients of sum((sigmoid(w x + b) - [0, 1])^2).",
    two_outputs,
    idea="The engine runs the same program in float64 and compares with the formulas in NumPy. PyTorch's default is "
    "float32: there 1 - a has few digits left, and so has the second gradient of b.",
    omits="the numbers that its program prints, and the gradient of x, which it asks for",
)  # fmt: skip
def claim_11(loss: Value, n: Nodes) -> list[Figure]:
    w, x, z, a = map(data, (n.w, n.x, n.z, n.a))
    dz = 2 * (a - [0.0, 1.0]) * a * (1 - a)
    single = np.float32(1) / (np.float32(1) + np.exp(-z.astype(np.float32)))
    last = 2 * (single[1] - 1) * (1 - single[1]) * single[1]
    return [
        exactly("z", "matmul(w, x) + b", z, w @ x + data(n.b), note="W x: x is a column."),
        close("a", "sigmoid(z)", a, 1 / (1 + np.exp(-z)), 1e-15),
        close("loss", "((a - [0, 1])^2).sum()", loss, ((a - [0.0, 1.0]) ** 2).sum(), 1e-15),
        close("w.grad", None, grads(n.w), np.outer(dz, x), 1e-14),
        close("b.grad", None, grads(n.b), dz, 1e-14),
        close("x.grad", None, grads(n.x), w.T @ dz, 1e-14),
        shown("b.grad[1] in float32", float(last), note="Counted from 0, as PyTorch does: three digits are right."),
    ]  # fmt: skip


# --- 4.12: watching gradients -----------------------------------------------------------------------------------------


def vanishing_net() -> tuple[Any, Value]:
    """Eight sigmoid layers of two nodes and a linear output, and their loss, after one backward pass."""
    layers = [part for depth in range(8) for part in (nn.Linear(2, 2, seed=depth), nn.Sigmoid())]
    net = nn.Sequential(*layers, nn.Linear(2, 1, seed=8))
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


@claim(
    "4.12", "Watching gradients",
    "Print each parameter's gradient mean and standard deviation; look for very small, very large, NaN and infinite "
    "ones.",
    idea="A gradient that has vanished is small compared with others, not with 0.0001. The monitor prints powers of "
    "ten and a verdict per layer, and names the cures.",
    omits="that four decimals show a vanishing gradient as 0.0000, and that one element has no standard deviation",
)  # fmt: skip
def claim_12() -> list[Figure]:
    net, loss = vanishing_net()
    g = grads(net.parameters())
    average, spread = statistics.fmean(g[:4]), statistics.stdev(g[:4])
    four = f"mean={average:.4f}, std={spread:.4f}"
    broken = nn.Sequential(nn.Linear(2, 1, seed=0))
    for parameter in broken.parameters():
        parameter.grad = math.nan
    report = monitor.report(net, root=loss)
    table = str(report)
    return [
        close("mean of a first gradient", "param.grad.mean()", g[:4].mean(), average, 1e-18,
              note="The weights of the first of nine layers, eight of them sigmoids."),
        close("its std", "param.grad.std()", g[:4].std(ddof=1), spread, 1e-18, note="PyTorch's std divides by n - 1."),
        exactly("to four decimals", "mean=...:.4f, std=...:.4f", four.replace("-", ""), "mean=0.0000, std=0.0000"),
        shown("gradient of the last bias", [g[-1]],
              note="One element has no standard deviation: n - 1 is 0. PyTorch prints nan, and whoever looks for NaN "
              "finds trouble where there is none."),
        holds("monitor: dash, not nan", None, "  -  " in table, "  -  " in table and "nan" not in table),
        _watched("monitor, eight sigmoids", "very small gradients", report, "vanishing",
                 note="A verdict for the first and the last group of parameters."),
        _watched("monitor, large weights", "very large gradients", monitor.report(exploding_net()), "exploding"),
        _watched("monitor, NaN planted", "NaN or Inf values", monitor.report(broken), "not finite"),
    ]  # fmt: skip


def _watched(name: str, document: str, report: monitor.Report, expected: str, note: str = "") -> Figure:
    """The monitor's verdicts on the first and the last group of parameters, and whether the first is as expected."""
    rows = [f"{row.name}: {row.verdict}" for row in (report.rows[0], report.rows[-1])]
    return holds(name, document, rows, rows[0].endswith(expected), note)


# --- 4.13: the five steps of debugging, on planted errors -------------------------------------------------------------

PAIRS = ((0.5, 1.0), (-1.0, 0.0), (2.0, 0.5))  # inputs and targets


def small_example(w: Any, b: Any) -> Any:
    """The mean of half the squared errors of one sigmoid neuron on three examples."""
    return mean([0.5 * (sigmoid(w * x + b) - y) ** 2 for x, y in PAIRS])


def by_hand(w: float, b: float, m: int = 3, slope: Callable[[float], float] = lambda a: a * (1 - a)) -> Any:
    """Its gradient by the delta rule; another m or another slope plants an error."""
    dw = db = 0.0
    for x, y in PAIRS:
        a = 1 / (1 + math.exp(-(w * x + b)))
        delta = (a - y) * slope(a)
        dw, db = dw + delta * x, db + delta
    return dw / m, db / m


@claim(
    "4.13", "How to debug, in five steps",
    "Forward pass, a small example, backward pass, a gradient check on it, then the full network; the common errors "
    "are shapes, transposes, averages and wrong derivatives.",
    idea="The five steps are taken here in that order, with the command for each; then two of the errors are planted, "
    "and the check finds them. Shapes and transposes are planted in 1.11.",
)  # fmt: skip
def claim_13() -> list[Figure]:
    w, b = Value(0.4, "w"), Value(-0.2, "b")
    loss = small_example(w, b)
    plain = sum(0.5 * (1 / (1 + math.exp(-(0.4 * x - 0.2))) - y) ** 2 for x, y in PAIRS) / 3
    loss.backward()
    at = [(0.4, -0.2), (-1.0, 0.5)]
    summed = check_derivative(small_example, lambda w, b: by_hand(w, b, m=1), at=at)
    missing = check_derivative(small_example, lambda w, b: by_hand(w, b, slope=lambda a: 1.0), at=at)
    return [
        close("1: forward pass", "Implement forward pass", loss, plain, 1e-15,
              note="Written with Values; here against plain floats. autograd derive shows the graph of a formula."),
        holds("2: small example, steps", "Test on small example", len(Stepper(loss)), lambda steps: steps > 10,
              note="One neuron, three examples. autograd step 4.5 walks through a network, number by number."),
        close("3: backward pass", "Implement backward pass", [w.grad, b.grad], by_hand(0.4, -0.2), 1e-15,
              note="Yours, against the engine's."),
        judged("4: gradient check", "Gradient check on small example", check_derivative(small_example, by_hand, at=at),
               "pass", note="check_derivative(f, yours, at=...), or autograd check FILE."),
        *_full_network(),
        judged("not averaged", "Not averaging over batch", summed, "fail"),
        holds("the check's guess at it", None, slip_of(summed), lambda slip: "mean of 3 terms" in slip),
        judged("sigma' left out", "Incorrect activation derivatives", missing, "fail"),
        shown("shapes and transposes", "claim 1.11"),
    ]  # fmt: skip


def _full_network() -> list[Figure]:
    net = nn.MLP(3, [4, 4, 1], activation="tanh", seed=2)
    start = data(net.parameters())
    x, y = np.array([[0.5, -1.0, 0.25], [1.0, 0.5, -0.5]]), np.array([[1.0], [0.0]])
    direction = np.random.default_rng(7).normal(size=len(start))

    def along(t: float) -> Value:
        for p, value in zip(net.parameters(), start + t * direction, strict=True):
            p.data = float(value)
        loss: Value = losses.mse(net(x), y)
        return loss

    h = 1e-5
    slope = (along(h).data - along(-h).data) / (2 * h)
    along(0.0).backward()
    engine = gradcheck(lambda a, c: sigmoid(a) * c, 0.3, 2.0)
    return [
        close("5: the full network", "Scale to full network", float(grads(net.parameters()) @ direction), slope, 1e-8,
              note="41 parameters and one random direction: two forward passes check them all at once, where one "
              "after the other takes 82."),
        holds("the engine itself", None, engine, engine, note="gradcheck(f, inputs)."),
    ]  # fmt: skip


# --- 4.14: gradients at a kink ----------------------------------------------------------------------------------------


def identity_by_relus(x: float = 0.0) -> Graph:
    """relu(x) - relu(-x), which is x."""
    v = Value(x, "x")
    up, down = relu(v), relu(-v)
    y = up - down
    return named(y, **{"relu(x)": up, "relu(-x)": down, "y": y})


@claim(
    "4.14", "Correct gradients guaranteed",
    "Frameworks that differentiate automatically guarantee correct gradients.",
    identity_by_relus,
    idea="What is guaranteed is the chain rule. At a kink every framework takes some slope, here 0 for both ReLUs of "
    "relu(x) - relu(-x), which is x; then the chain rule gives 0 where the derivative is 1.",
    errs="at a kink the chain rule need not give the derivative",
)  # fmt: skip
def claim_14(y: Value, n: Nodes) -> list[Figure]:
    points = [-2.0, -1e-300, 1e-300, 2.0]
    around = [worked(identity_by_relus(x)) for x in points]
    one, zero = (
        check_derivative(lambda x: relu(x) - relu(-x), lambda x, slope=slope: slope, at=0.0, diagnosed=False)
        for slope in (1.0, 0.0)
    )
    return [
        exactly("y at -2 ... 2", None, [v for v, _ in around], points),
        exactly("dy/dx there", "correct gradients", [m.x.grad for _, m in around], [1.0] * 4),
        exactly("y at 0", None, y, 0.0),
        holds("dy/dx at 0", "guaranteed", n.x.grad, n.x.grad == 1.0, should_agree=False),
        judged("the check, slope 1", None, one, "pass", note=f"{one.entries[0].note.capitalize()}."),
        judged("the check, slope 0", None, zero, "fail", note="Measured from the function's values, the slope is 1."),
    ]  # fmt: skip


# --- 4.15: exploding gradients and their cures ------------------------------------------------------------------------


DEPTH, NODES = 8, 6


def exploding(times_xavier: float = 4.0, normalise: bool = False) -> tuple[list[Value], float]:
    """The parameters of eight linear layers after one backward pass, and the norm of the first one's gradient."""
    rng = np.random.default_rng(15)
    layers: list[Any] = []
    for _ in range(DEPTH):
        linear = nn.Linear(NODES, NODES)
        init.xavier_uniform(linear.weight, gain=times_xavier, rng=rng)
        init.zeros(linear.bias)
        layers += [linear, *[nn.BatchNorm(NODES)] * normalise]
    net = nn.Sequential(*layers)
    x = rng.uniform(-1.0, 1.0, (8, NODES))
    losses.mse(net(x), x).backward()
    parameters = net.parameters()
    return parameters, float(np.linalg.norm(grads(parameters[: NODES * NODES])))


@claim(
    "4.15", "Exploding gradients and their cures",
    "Repeated multiplication by large values makes gradients very large; clip them, initialise properly, normalise the "
    "batch, or lower the learning rate.",
    lambda: repeated(lambda a, i: Value(3.0, f"W{i}") * a),
    picture=lambda: norms_svg(
        {"large weights": exploding()[1], "Xavier": exploding(1.0)[1], "batch norm": exploding(normalise=True)[1]},
        title="What reaches the first of eight layers", note="the norm of dL/dW1",
    ),
    idea="The same product as in a vanishing gradient, with factors above 1. Initialisation and batch normalisation "
    "change the factors; clipping cuts the result; a lower rate only shortens the step.",
    omits="that a lower learning rate leaves the gradient as large as it was",
)  # fmt: skip
def claim_15(_: Value, n: Nodes) -> list[Figure]:
    parameters, large = exploding()
    g = grads(parameters)
    whole = optim.clip_grad_norm(parameters, max_norm=1.0)
    fast, slow = (float(np.linalg.norm(rate * g)) for rate in (1e-9, 1e-12))
    return [
        exactly("10 factors of 3", "repeated multiplication", n.x.grad, 3.0**10,
                note="d(output)/d(input) of ten linear layers with weight 3."),
        holds("large weights", "gradients become very large", large, large > 1e6,
              note="The norm of dL/dW1 in eight linear layers of six nodes, four times Xavier's weights."),
        holds("proper initialisation", "proper initialization", exploding(1.0)[1], lambda norm: norm < 1e-4 * large,
              note="Xavier's weights themselves."),
        holds("batch normalisation", "batch normalization", exploding(normalise=True)[1],
              lambda norm: norm < 1e-4 * large,
              note="The large weights again; each layer's z brought to spread 1 over the batch."),
        close("clipped to norm 1", "gradient clipping", np.linalg.norm(grads(parameters)), 1.0, 1e-5),
        close("norm before clipping", None, whole, np.linalg.norm(g), 1e-12),
        close("step, rate / 1000", "lower learning rate", slow, fast / 1000, 1e-12,
              note="How far all weights move: a thousandth, along the same gradient."),
    ]  # fmt: skip


# --- 4.16: the loop over any number of layers -------------------------------------------------------------------------

SIZES = (2, 5, 4, 3, 1)


def loop_forward(a: Any, layers: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """For l = 1 to L: z = W a + b, a = g(z), both stored; tanh, and a sigmoid at the end. Floats or Values."""
    stored = []
    for i, (W, b) in enumerate(layers, 1):
        z = np.dot(W, a) + b
        a = 1 / (1 + np.exp(-z)) if i == len(layers) else np.tanh(z)
        stored.append((z, a))
    return stored


def loop_backward(x: Any, y: Any, layers: Sequence[tuple[Any, Any]], stored: Sequence[tuple[Any, Any]]) -> list[Any]:
    """For l = L down to 1: dz, dW = dz a^T, db = dz, and da for the layer below, as (dW, db, dz) from layer 1."""
    below = [x, *(a for _, a in stored[:-1])]
    backward, da = [], None
    for (W, _), (_, a), under in zip(layers[::-1], stored[::-1], below[::-1], strict=True):
        dz = a - y if da is None else da * (1 - a * a)
        backward.append((dz @ under.T, dz, dz))
        da = W.T @ dz
    return backward[::-1]


def four_layers() -> tuple[list[tuple[Any, Any]], Any, Any]:
    """Weights and biases of a 2-5-4-3-1 network, one input as a column, and its target."""
    draw = np.random.default_rng(416)
    layers = [(draw.normal(size=(k, n)), draw.normal(size=(k, 1))) for n, k in pairwise(SIZES)]
    return layers, np.array([[0.5], [-1.0]]), np.array([[1.0]])


def four_layer_graph() -> Graph:
    """The same network neuron by neuron, and its loss."""
    layers, x, y = four_layers()
    a = numbered(x[:, 0], "x")
    for i, (W, b) in enumerate(layers, 1):
        activation = sigmoid if i == len(layers) else tanh
        _, a = layer(numbered(W, f"W{i}"), a, numbered(b[:, 0], f"b{i}"), activation, i)
    return named(cross_entropy(a, y[0]))


@claim(
    "4.16", "The loop over any number of layers",
    "For l = 1 to L: z_l = W_l a + b_l, a_l = g(z_l), store both. For l = L down to 1: dL/dz_l = dL/da_l * g'(z_l), "
    "dL/dW_l = dL/dz_l times the a below it, transposed, dL/db_l = dL/dz_l, and dL/da below it is W_l^T dL/dz_l.",
    four_layer_graph,
    idea="Every layer does the same four lines, so a program needs no other line for ten layers than for two. Here the "
    "loop runs through four layers, 2-5-4-3-1, and the engine has no idea of layers at all.",
)  # fmt: skip
def claim_16(_: Value, n: Nodes) -> list[Figure]:
    layers, x, y = four_layers()
    stored = loop_forward(x, layers)
    by_hand = loop_backward(x, y, layers, stored)
    figures = [close("output", "a_L", [n.a4], stored[-1][1][:, 0], note="One example, as a column: W a.")]
    for i, (dW, db, dz) in enumerate(by_hand, 1):
        z, W, b = (grads(getattr(n, f"{name}{i}")) for name in "zWb")
        figures += [
            close(f"dL/dz{i}", f"dL/da{i} * g'(z{i})", z.ravel(), dz[:, 0]),
            close(f"dL/dW{i}", f"dL/dz{i} {f'a{i - 1}' if i > 1 else 'x'}^T", W, dW),
            close(f"dL/db{i}", f"dL/dz{i}", b, db[:, 0]),
        ]
    return [*figures, exactly("parameters", None, sum(W.size + b.size for W, b in layers), 58)]


# --- 4.17: larger batches ---------------------------------------------------------------------------------------------


@claim(
    "4.17", "Larger batches, memory and speed",
    "A larger batch takes more memory and is potentially faster.",
    idea="Every example keeps its own z and a until the backward pass, so memory grows with m. The time for an example "
    "falls as long as a matrix product can share its overhead, and no further.",
    omits="that the gain ends: time for an example stops falling once the machine is busy",
)  # fmt: skip
def claim_17() -> list[Figure]:
    p, sizes = random_start(), (1, 10, 100, 1000, 10_000)
    kept, times = [], []
    for m in sizes:
        given = examples(m)
        kept.append(sum(part.size for part in forward(given[0], p)) / m)
        both_passes = partial(gradients_by_hand, *given, p)
        times.append(min(repeat(both_passes, number=1, repeat=3)) / m)
    return [
        shown("examples m", list(sizes), note="The 2-3-1 network of 4.6 in NumPy."),
        exactly("values kept for an example", "more memory", kept, [8.0] * len(sizes),
                note="z and a of three hidden nodes and of one output, whatever m is: memory is 8 m numbers."),
        shown("examples a second", f"{', '.join([f'{times[0] / t:.0f}' for t in times])} times m = 1", measured=True,
              note="Forward and backward, for each m above, on your machine."),
    ]  # fmt: skip


LESSON = Lesson(
    4,
    "Forward and backward through a network",
    "003_696c4c6bfcb783dd.txt",
    tuple(claim),
    main="4.5",
    about="From the chain rule in one variable to a 2-3-1 network trained on a batch, with a gradient check of every "
    "number.",
    teaches="From one variable to a network trained on a batch, its gradients checked.",
)
