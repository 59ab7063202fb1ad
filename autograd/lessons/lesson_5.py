"""Lesson 5: two weights by hand, then ten nodes to ten nodes."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import numpy as np

from ..compiler import compile
from ..engine.value import Value
from ..functions.arrays import data, grads
from ..functions.elementary import dot, log, relu, sigmoid, sum, tanh
from ..reading.paths import path_products
from .claims import Claims, Figure, Graph, Lesson, close, exactly, holds, printed
from .examples import chain, found, labelled, named, numbered, same_gradients, worked

__all__ = ["LESSON"]

claim = Claims()


def cross_entropy(y: float = 1.0, p: float = 0.8) -> Graph:
    """The binary cross-entropy of one prediction, as the document writes it."""
    target, prediction = Value(y, "y", constant=True), Value(p, "yhat")
    loss = -target * log(prediction) - (1 - target) * log(1 - prediction)
    return named(loss, L=loss)


@claim(
    "5.1", "Binary cross-entropy of one prediction",
    "The loss of a prediction yhat for a target y that is 0 or 1 is L = -y log(yhat) - (1-y) log(1-yhat).",
    cross_entropy,
    idea="Only the term of the right class counts, and it grows without bound as the prediction nears the wrong one.",
    omits="the slope that its next step begins with: dL/dyhat = -y/yhat + (1-y)/(1-yhat)",
)  # fmt: skip
def claim_1() -> list[Figure]:
    figures: list[Figure] = []
    for y, p in ((1.0, 0.8), (0.0, 0.8), (1.0, 0.25)):
        root, node = worked(cross_entropy(y, p))
        at, value, slope = f"({y:g}, {p:g})", -y * math.log(p) - (1 - y) * math.log(1 - p), -y / p + (1 - y) / (1 - p)
        figures += [
            close(f"L{at}", "-y log(yhat) - (1-y) log(1-yhat)", root, value, 1e-15,
                  note="" if figures else "In brackets the target y, then the prediction yhat."),
            close(f"dL/dyhat at {at}", None, node["yhat"].grad, slope, 1e-15),
        ]  # fmt: skip
    return figures


def one_node_per_layer() -> Graph:
    """x -> z1 -> a1 -> z2 -> yhat -> L with g = tanh and F = sigmoid; the numbers are ours."""
    x, y = Value(1.5, "x", constant=True), Value(1.0, "y", constant=True)
    W1, b1, W2, b2 = Value(0.4, "W1"), Value(0.1, "b1"), Value(-0.6, "W2"), Value(0.2, "b2")
    z1 = dot([W1], [x], b1)
    a1 = tanh(z1)
    z2 = dot([W2], [a1], b2)
    yhat = sigmoid(z2)
    loss = 0.5 * (yhat - y) ** 2
    return named(loss, z1=z1, a1=a1, z2=z2, yhat=yhat, L=loss)


@claim(
    "5.2", "Two layers of one node each",
    "Each gradient is a product along the path from the loss to the weight: dL/dW2 = delta2 a1 and dL/dW1 = delta1 x, "
    "with delta2 = dL/dyhat F'(z2) and delta1 = W2 delta2 g'(z1).",
    one_node_per_layer,
    idea="One path leads from L down to each weight, and its gradient is the product of the slopes on that path. "
    "Compute every gradient first; then move all weights.",
    errs="its recipe moves W2 before it uses W2 in delta1",
    omits="the biases' update, b := b - alpha delta: since dz/db = 1, a bias has the gradient of its z",
)  # fmt: skip
def claim_2() -> list[Figure]:
    loss, n = worked(one_node_per_layer())
    x, y, a1, yhat, W2 = n["x"].data, n["y"].data, n["a1"].data, n["yhat"].data, n["W2"].data
    delta2 = (yhat - y) * yhat * (1 - yhat)
    delta1 = W2 * delta2 * (1 - a1 * a1)
    to_z2, to_z1 = (loss, n["yhat"], n["z2"]), (loss, n["yhat"], n["z2"], n["a1"], n["z1"])
    figures = [
        close("delta2", "dL/dyhat F'(z2)", chain(*to_z2).product, delta2, 1e-15,
              note="Here g is tanh, F the sigmoid and L = (yhat - y)^2 / 2; the numbers are ours."),
        close("dL/dW2", "delta2 a1", chain(*to_z2, n["W2"]).product, delta2 * a1, 1e-15),
        close("delta1", "W2 delta2 g'(z1)", chain(*to_z1).product, delta1, 1e-15),
        close("dL/dW1", "delta1 x", chain(*to_z1, n["W1"]).product, delta1 * x, 1e-15),
        close("the one path to each", None, [path.product for w in ("W2", "W1") for path in path_products(loss, n[w])],
              [delta2 * a1, delta1 * x], 1e-15, note="Every path of the graph from L down to W2, and to W1."),
        exactly("dL/dW2, dL/dW1", None, [chain(*to_z2, n["W2"]).product, chain(*to_z1, n["W1"]).product],
                [n["W2"].grad, n["W1"].grad], note="The products along the paths are the engine's gradients."),
        exactly("dL/db2, dL/db1", None, [n["b2"].grad, n["b1"].grad],
                [chain(*to_z2).product, chain(*to_z1).product]),
    ]  # fmt: skip
    right = n["W1"].grad
    n["W2"].data -= 0.1 * n["W2"].grad  # what the document's step 2 does before its step 3 reads W2
    wrong = close("dL/dW1, W2 moved first", "delta1 x", chain(*to_z1, n["W1"]).product, right, 1e-15,
                  note="Step 2 of the document updates W2 (here with alpha = 0.1), and step 3 then finds the new W2 in "
                  "delta1: that is no longer the gradient.", should_agree=False)  # fmt: skip
    return [*figures, wrong]


def two_weights(m1: float = 3.0, m2: float = 0.5) -> Graph:
    """yhat = ReLU(m1 x m2) and half its squared distance from y, for x = 2 and y = 1."""
    x, y = Value(2.0, "x", constant=True), Value(1.0, "y", constant=True)
    first, second = Value(m1, "m1"), Value(m2, "m2")
    a1 = first * x
    z2 = a1 * second
    yhat = relu(z2)
    error = yhat - y
    loss = 0.5 * error**2
    return named(loss, a1=a1, z2=z2, yhat=yhat, L=loss, **{"yhat - y": error})


def descent(alpha: float, steps: int) -> tuple[list[tuple[float, float]], list[float]]:
    """Both weights, and the loss, before the first step and after each; all gradients before any weight moves."""
    m1, m2 = 3.0, 0.5
    weights, losses = [], []
    for _ in range(steps + 1):
        loss, n = worked(two_weights(m1, m2))
        weights.append((m1, m2))
        losses.append(loss.data)
        m1, m2 = m1 - alpha * n["m1"].grad, m2 - alpha * n["m2"].grad
    return weights, losses


@claim(
    "5.3", "Two weights, one step by hand",
    "With x = 2, y = 1, m1 = 3, m2 = 0.5, a1 = m1 x, yhat = ReLU(a1 m2) and L = (yhat - y)^2 / 2, one step with "
    "alpha = 0.1 takes m1 to 2.8 and m2 to -0.7.",
    two_weights,
    idea="Walk back from L and multiply the slopes on the way: m2 feels a1 = 6, m1 only m2 x = 1, so that m2 moves six "
    "times as far, and the step jumps over the ReLU's kink.",
    omits="the next step: the ReLU is dead, and no weight moves again",
)  # fmt: skip
def claim_3() -> list[Figure]:
    loss, n = worked(two_weights())
    to_m1 = (loss, n["yhat"], n["z2"], n["a1"], n["m1"])
    weights, losses = descent(0.1, 3)
    m1, m2 = weights[1]
    gentle = descent(0.04, 3)[1]
    figures = [
        exactly("a1", "6", n["a1"], 6.0),
        exactly("z2", "3.0", n["z2"], 3.0),
        exactly("yhat", "3.0", n["yhat"], 3.0),
        exactly("L", "2.0", loss, 2.0),
        exactly("dL/dyhat", "2", n["yhat"].grad, 2.0),
        exactly("dyhat/dm2", "6", chain(n["yhat"], n["z2"], n["m2"]).product, 6.0),
        exactly("dL/dm2", "12", n["m2"].grad, 12.0),
        exactly("factors of dL/dm1", "[2, 1, 0.5, 2]", chain(*to_m1).derivatives, [2.0, 1.0, 0.5, 2.0],
                note="dL/dyhat, dyhat/dz2, dz2/da1 and da1/dm1, the slopes along the path."),
        exactly("dL/dm1", "2", n["m1"].grad, 2.0),
        exactly("m2 after the step", "-0.7", m2, 0.5 - 0.1 * 12.0),
        exactly("m1 after the step", "2.8", m1, 3.0 - 0.1 * 2.0),
    ]  # fmt: skip
    n["m2"].data = m2
    return [
        *figures,
        printed("m1, had m2 moved first", "2.8", 3.0 - 0.1 * chain(*to_m1).product, should_agree=False,
                note="Its own recipe (5.2) would move m2 first: then dz2/da1 is -0.7 in place of 0.5, dL/dm1 is -2.8, "
                "and m1 moves the wrong way."),
        close("z2 after the step", None, worked(two_weights(m1, m2))[1]["z2"], 2.8 * 2.0 * -0.7, 1e-15),
        exactly("gradients there", None, [worked(two_weights(m1, m2))[1][name].grad for name in ("m1", "m2")],
                [0.0, 0.0], note="Of m1 and m2: z2 is below 0, and the ReLU passes nothing on."),
        exactly("L, 3 steps of 0.1", None, losses, [2.0, 0.5, 0.5, 0.5],
                note="It fell from 2 to 0.5, but only because yhat is now 0; there it stays."),
        holds("L, 3 steps of 0.04", None, gentle, all(later < earlier for earlier, later in pairwise(gentle)),
              note="With alpha = 0.04 z2 stays positive, the ReLU lives, and the loss goes on falling."),
    ]  # fmt: skip


N, ALPHA = 10, 0.1


def ten_to_ten() -> Graph:
    """z_i = sum_j W_ij a_j + b_i for ten nodes and ten nodes; L = sum_i (z_i - t_i)^2 / 2, our choice."""
    draw = random.Random(54)
    W = numbered([[draw.uniform(-1, 1) for _ in range(N)] for _ in range(N)], "W")
    b = numbered([draw.uniform(-1, 1) for _ in range(N)], "b")
    a = numbered([Value(draw.uniform(0, 1), constant=True) for _ in range(N)], "a")
    z = numbered([dot(weights, a, bias) for weights, bias in zip(W, b, strict=True)], "z")
    loss = sum([0.5 * (node - draw.uniform(-1, 1)) ** 2 for node in z])
    return named(loss, L=loss)


@claim(
    "5.4", "Ten nodes to ten nodes",
    "Each z_i is a weighted sum of all ten a_j plus a bias, in matrix form Z = W A + b; dL/dw11 = delta1 a1; and every "
    "w_ij moves by -alpha times its gradient.",
    ten_to_ten,
    idea="One weight's gradient is the error of the node that it leads to, times the value that it multiplies; all 100 "
    "at once are the column delta times the row A^T.",
    omits="b1 where it derives dL/dw11 (which hides that a bias has the gradient delta_i), and every bias's update",
)  # fmt: skip
def claim_4() -> list[Figure]:
    loss, n = worked(ten_to_ten())
    weights, biases, a, z = labelled(n, "W", N, N), labelled(n, "b", N), labelled(n, "a", N), labelled(n, "z", N)
    W, A, B, delta = data(weights), data(a), data(biases), grads(z)
    moved = W - ALPHA * grads(weights)
    program = compile(loss)
    return [
        close("Z", "W A + b", z, W @ A + B,
              note="A and Z are columns, and W has a row for each node of layer 2. (This document and 003 write W A; "
              "000 writes a batch as X W, 001 as X W^T.)"),
        close("dL/dW", "delta_i a_j", grads(weights), np.outer(delta, A)),
        close("dL/dw11", "delta1 a1", chain(loss, n["z[1]"], n["W[1,1]"]).product, delta[0] * A[0],
              note="Here delta1 belongs to node 1 of layer 2; in the recipe for two layers above it the sign means "
              "all of layer 1."),
        close("dL/db", None, grads(biases), delta),
        close("W after the step", "w_ij - alpha dL/dw_ij", moved, W - ALPHA * np.outer(delta, A)),
        holds("weights that moved", "10 x 10", int((moved != W).sum()), (moved != W).sum() == 100),
        exactly("parameters", None, weights.size + biases.size, 110, note="100 weights and 10 biases."),
        *found(program,
               "autograd.compile reads the 172 scalar nodes and finds this matrix product; program.describe() prints "
               "it. Its X is the document's A, the inputs of this one layer, and dZ1 the column delta.",
               ("found in the graph", "Z = W A + b", "Z1 = W1 X + b1, (10x10)(10x1)+(10x1)"),
               ("backward", "dL/dw_ij = delta_i a_j", "dW1 = dZ1 X^T, db1 = dZ1")),
        *same_gradients(program, {"W": weights, "b": biases}, {"W": np.outer(delta, A), "b": delta}),
    ]  # fmt: skip


LESSON = Lesson(
    5,
    "Two weights by hand",
    "004_39540203f2e29e46.txt",
    tuple(claim),
    main="5.3",
    about=(
        "A network of two weights, its loss, both gradients and one step of descent, all by hand; then one layer of "
        "ten nodes feeding ten."
    ),
    teaches="Two gradients and a step of descent, all by hand; then ten nodes feeding ten.",
)
