"""Lesson 5: two weights by hand, then ten nodes to ten nodes."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import Any

import numpy as np

from ..engine.value import Value
from ..functions.arrays import data, grads
from ..functions.elementary import dot, log, relu, sigmoid, sum, tanh
from ..reading.paths import path_products
from .claims import Claims, Figure, Graph, Lesson, Nodes, close, exactly, holds, printed, worked
from .examples import chain, compiled, named, numbered, uniform

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
def claim_1(*_: Any) -> list[Figure]:
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
def claim_2(loss: Value, n: Nodes) -> list[Figure]:
    x, y, a1, yhat, W2 = data([n.x, n.y, n.a1, n.yhat, n.W2])
    delta2 = (yhat - y) * yhat * (1 - yhat)
    delta1 = W2 * delta2 * (1 - a1 * a1)
    path = (loss, n.yhat, n.z2, n.a1, n.z1, n.W1)
    to_z2, to_W2, to_z1, to_W1 = (chain(*way).product for way in (path[:3], (*path[:3], n.W2), path[:5], path))
    alone = [one.product for w in (n.W2, n.W1) for one in path_products(loss, w)]
    n.W2.data -= 0.1 * n.W2.grad  # what the document's step 2 does before its step 3 reads W2
    return [
        close("delta2", "dL/dyhat F'(z2)", to_z2, delta2, 1e-15,
              note="Here g is tanh, F the sigmoid and L = (yhat - y)^2 / 2; the numbers are ours."),
        close("dL/dW2", "delta2 a1", to_W2, delta2 * a1, 1e-15),
        close("delta1", "W2 delta2 g'(z1)", to_z1, delta1, 1e-15),
        close("dL/dW1", "delta1 x", to_W1, delta1 * x, 1e-15),
        close("the one path to each", None, alone, [delta2 * a1, delta1 * x], 1e-15,
              note="Every path of the graph from L down to W2, and to W1."),
        exactly("dL/dW2, dL/dW1", None, [to_W2, to_W1], [n.W2.grad, n.W1.grad],
                note="The products along the paths are the engine's gradients."),
        exactly("dL/db2, dL/db1", None, [n.b2.grad, n.b1.grad], [to_z2, to_z1]),
        close("dL/dW1, W2 moved first", "delta1 x", chain(*path).product, n.W1.grad, 1e-15, should_agree=False,
              note="Step 2 of the document updates W2 (here with alpha = 0.1), and step 3 then finds the new W2 in "
              "delta1: that is no longer the gradient."),
    ]  # fmt: skip


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
def claim_3(loss: Value, n: Nodes) -> list[Figure]:
    to_m1 = (loss, n.yhat, n.z2, n.a1, n.m1)
    factors = chain(*to_m1).derivatives
    weights, losses = descent(0.1, 3)
    n.m2.data = weights[1][1]
    _, after = worked(two_weights(*weights[1]))
    return [
        exactly("a1", "6", n.a1, 6.0),
        exactly("z2", "3.0", n.z2, 3.0),
        exactly("yhat", "3.0", n.yhat, 3.0),
        exactly("L", "2.0", loss, 2.0),
        exactly("dL/dyhat", "2", n.yhat.grad, 2.0),
        exactly("dyhat/dm2", "6", chain(n.yhat, n.z2, n.m2).product, 6.0),
        exactly("dL/dm2", "12", n.m2.grad, 12.0),
        exactly("factors of dL/dm1", "[2, 1, 0.5, 2]", factors, [2.0, 1.0, 0.5, 2.0],
                note="dL/dyhat, dyhat/dz2, dz2/da1 and da1/dm1, the slopes along the path."),
        exactly("dL/dm1", "2", n.m1.grad, 2.0),
        exactly("m2 after the step", "-0.7", after.m2, 0.5 - 0.1 * 12.0),
        exactly("m1 after the step", "2.8", after.m1, 3.0 - 0.1 * 2.0),
        printed("m1, had m2 moved first", "2.8", 3.0 - 0.1 * chain(*to_m1).product, should_agree=False,
                note="Its own recipe (5.2) would move m2 first: then dz2/da1 is -0.7 in place of 0.5, dL/dm1 is -2.8, "
                "and m1 moves the wrong way."),
        close("z2 after the step", None, after.z2, 2.8 * 2.0 * -0.7, 1e-15),
        exactly("gradients there", None, [after.m1.grad, after.m2.grad], [0.0, 0.0],
                note="Of m1 and m2: z2 is below 0, and the ReLU passes nothing on."),
        exactly("L, 3 steps of 0.1", None, losses, [2.0, 0.5, 0.5, 0.5],
                note="It fell from 2 to 0.5, but only because yhat is now 0; there it stays."),
        holds("L, 3 steps of 0.04", None, descent(0.04, 3)[1],
              lambda losses: all(later < earlier for earlier, later in pairwise(losses)),
              note="With alpha = 0.04 z2 stays positive, the ReLU lives, and the loss goes on falling."),
    ]  # fmt: skip


N, ALPHA = 10, 0.1


def ten_to_ten() -> Graph:
    """z_i = sum_j W_ij a_j + b_i for ten nodes and ten nodes; L = sum_i (z_i - t_i)^2 / 2, our choice."""
    draw = random.Random(54)
    W, b = numbered(uniform(draw, N, N), "W"), numbered(uniform(draw, N), "b")
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
def claim_4(loss: Value, n: Nodes) -> list[Figure]:
    W, A, delta = data(n.W), data(n.a), grads(n.z)
    moved = W - ALPHA * grads(n.W)
    return [
        close("Z", "W A + b", n.z, W @ A + data(n.b),
              note="A and Z are columns, and W has a row for each node of layer 2. (This document and 003 write W A; "
              "000 writes a batch as X W, 001 as X W^T.)"),
        close("dL/dW", "delta_i a_j", grads(n.W), np.outer(delta, A)),
        close("dL/dw11", "delta1 a1", chain(loss, n["z[1]"], n["W[1,1]"]).product, delta[0] * A[0],
              note="Here delta1 belongs to node 1 of layer 2; in the recipe for two layers above it the sign means "
              "all of layer 1."),
        close("dL/db", None, grads(n.b), delta),
        close("W after the step", "w_ij - alpha dL/dw_ij", moved, W - ALPHA * np.outer(delta, A)),
        holds("weights that moved", "10 x 10", int((moved != W).sum()), lambda count: count == 100),
        exactly("parameters", None, n.W.size + n.b.size, 110, note="100 weights and 10 biases."),
        *compiled(loss, n, {"W": np.outer(delta, A), "b": delta},
                  "autograd.compile reads the 172 scalar nodes and finds this matrix product; program.describe() "
                  "prints it. Its X is the document's A, the inputs of this one layer, and dZ1 the column delta.",
                  ("found in the graph", "Z = W A + b", "Z1 = W1 X + b1, (10x10)(10x1)+(10x1)"),
                  ("backward", "dL/dw_ij = delta_i a_j", "dW1 = dZ1 X^T, db1 = dZ1")),
    ]  # fmt: skip


LESSON = Lesson(
    5,
    "Two weights by hand",
    "004_39540203f2e29e46.txt",
    tuple(claim),
    main="5.3",
    about="A network of two weights, its loss, both gradients and one step of descent, all by hand; then one layer of "
    "ten nodes feeding ten.",
    teaches="Two gradients and a step of descent, all by hand; then ten nodes feeding ten.",
)
