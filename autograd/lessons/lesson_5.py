"""Lesson 5: two weights by hand, then ten nodes to ten nodes."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..compiler import compile
from ..engine.value import Value
from ..functions.arrays import array, data, grads
from ..functions.elementary import dot, log, relu, sigmoid, sum, tanh
from ..reading.paths import path_products
from .claims import Claim, Figure, Graph, Lesson, close, exactly, holds, printed
from .examples import chain, found, named, same_gradients, worked

__all__ = ["LESSON"]

# --- 5.1: binary cross-entropy ----------------------------------------------------------------------------------------


def cross_entropy(y: float = 1.0, p: float = 0.8) -> Graph:
    """The binary cross-entropy of one prediction, as the document writes it."""
    target, prediction = Value(y, "y", constant=True), Value(p, "yhat")
    loss = -target * log(prediction) - (1 - target) * log(1 - prediction)
    loss.label = "L"
    return named(loss)


def claim_1() -> list[Figure]:
    """Loss and gradient for both kinds of target."""
    figures = []
    for y, p in ((1.0, 0.8), (0.0, 0.8), (1.0, 0.25)):
        root, node = worked(cross_entropy(y, p))
        by_hand = -y * math.log(p) - (1 - y) * math.log(1 - p)
        figures.append(close(f"L({y:g}, {p:g})", "-y log(yhat) - (1-y) log(1-yhat)", root, by_hand, 1e-15))
        figures.append(
            close(
                f"dL/dyhat at ({y:g}, {p:g})", None, node["yhat"].grad, -y / p + (1 - y) / (1 - p), 1e-15,
                note="The document names this derivative without working it out: -y/yhat + (1-y)/(1-yhat)."
                if not figures[1:] else "",
            )
        )  # fmt: skip
    return figures


# --- 5.2: one node per layer ------------------------------------------------------------------------------------------


def one_node_per_layer() -> Graph:
    """x -> z1 -> a1 -> z2 -> yhat -> L with g = tanh and F = sigmoid; the numbers are ours."""
    x, y = Value(1.5, "x", constant=True), Value(1.0, "y", constant=True)
    W1, b1, W2, b2 = Value(0.4, "W1"), Value(0.1, "b1"), Value(-0.6, "W2"), Value(0.2, "b2")
    z1 = dot([W1], [x], b1)
    a1 = tanh(z1)
    z2 = dot([W2], [a1], b2)
    yhat = sigmoid(z2)
    loss = 0.5 * (yhat - y) ** 2
    z1.label, a1.label, z2.label, yhat.label, loss.label = "z1", "a1", "z2", "yhat", "L"
    return named(loss)


def claim_2() -> list[Figure]:
    """The two path products, the biases that are left out, and the order of the updates."""
    loss, n = worked(one_node_per_layer())
    x, y, a1, yhat, W2 = n["x"].data, n["y"].data, n["a1"].data, n["yhat"].data, n["W2"].data
    delta2 = (yhat - y) * yhat * (1 - yhat)
    delta1 = W2 * delta2 * (1 - a1 * a1)
    to_z2, to_z1 = (loss, n["yhat"], n["z2"]), (loss, n["yhat"], n["z2"], n["a1"], n["z1"])
    figures = [
        close("delta2", "dL/dyhat F'(z2)", chain(*to_z2).product, delta2, 1e-15),
        close("dL/dW2", "delta2 a1", chain(*to_z2, n["W2"]).product, delta2 * a1, 1e-15),
        close("delta1", "W2 delta2 g'(z1)", chain(*to_z1).product, delta1, 1e-15),
        close("dL/dW1", "delta1 x", chain(*to_z1, n["W1"]).product, delta1 * x, 1e-15),
        close("the one path to each", None, [path.product for w in ("W2", "W1") for path in path_products(loss, n[w])],
              [delta2 * a1, delta1 * x], 1e-15, note="Every path of the graph from L down to W2, and to W1."),
        exactly("dL/dW2, dL/dW1", None, [chain(*to_z2, n["W2"]).product, chain(*to_z1, n["W1"]).product],
                [n["W2"].grad, n["W1"].grad], note="The products along the paths are the engine's gradients."),
        exactly("dL/db2, dL/db1", None, [n["b2"].grad, n["b1"].grad], [chain(*to_z2).product, chain(*to_z1).product],
                note="The document has biases in its forward pass and no update for them. They need one: "
                "b := b - alpha delta, since dz/db = 1."),
    ]  # fmt: skip
    right = n["W1"].grad
    n["W2"].data -= 0.1 * n["W2"].grad  # what the document's step 2 does before its step 3 reads W2
    figures.append(
        close(
            "dL/dW1, W2 moved first", "delta1 x", chain(*to_z1, n["W1"]).product, right, 1e-15,
            note="Step 2 of the document updates W2, and step 3 then uses W2 in delta1. Followed line by line that is "
            "the new W2 (here with alpha = 0.1), and no longer the gradient. Compute every gradient first, then "
            "move all weights.",
            should_agree=False,
        )
    )  # fmt: skip
    return figures


# --- 5.3: two weights, one step by hand -------------------------------------------------------------------------------


def two_weights(m1: float = 3.0, m2: float = 0.5) -> Graph:
    """yhat = ReLU(m1 x m2) and half its squared distance from y, for x = 2 and y = 1."""
    x, y = Value(2.0, "x", constant=True), Value(1.0, "y", constant=True)
    first, second = Value(m1, "m1"), Value(m2, "m2")
    a1 = first * x
    z2 = a1 * second
    yhat = relu(z2)
    error = yhat - y
    loss = 0.5 * error**2
    a1.label, z2.label, yhat.label, error.label, loss.label = "a1", "z2", "yhat", "yhat - y", "L"
    return named(loss)


class Step(NamedTuple):
    """The weights, and the loss that they give."""

    m1: float
    m2: float
    loss: float


def descend(alpha: float, steps: int) -> list[Step]:
    """The weights and the loss before the first step and after each, all gradients taken before any weight moves."""
    m1, m2 = 3.0, 0.5
    path = []
    for _ in range(steps + 1):
        loss, n = worked(two_weights(m1, m2))
        path.append(Step(m1, m2, loss.data))
        m1, m2 = m1 - alpha * n["m1"].grad, m2 - alpha * n["m2"].grad
    return path


def claim_3() -> list[Figure]:
    """The worked example, the step, and what the document does not look at: the step after it."""
    loss, n = worked(two_weights())
    to_m1 = (loss, n["yhat"], n["z2"], n["a1"], n["m1"])
    figures = [
        exactly("a1", "6", n["a1"], 6.0),
        exactly("z2", "3.0", n["z2"], 3.0),
        exactly("yhat", "3.0", n["yhat"], 3.0),
        exactly("L", "2.0", loss, 2.0),
        exactly("dL/dyhat", "2", n["yhat"].grad, 2.0),
        exactly("dyhat/dm2", "6", chain(n["yhat"], n["z2"], n["m2"]).product, 6.0),
        exactly("dL/dm2", "12", n["m2"].grad, 12.0),
        exactly("factors of dL/dm1", "[2, 1, 0.5, 2]", chain(*to_m1).derivatives, [2.0, 1.0, 0.5, 2.0],
                note="dL/dyhat, dyhat/dz2, dz2/da1, da1/dm1: the local derivatives along the path."),
        exactly("dL/dm1", "2", n["m1"].grad, 2.0),
    ]  # fmt: skip
    after = descend(0.1, 3)
    figures += [
        exactly("m2 after the step", "-0.7", after[1].m2, 0.5 - 0.1 * 12.0,
                note="0.1 is not a double, so 0.5 - 0.1 * 12 ends in ...02; to any precision worth printing it "
                "is -0.7."),
        exactly("m1 after the step", "2.8", after[1].m1, 3.0 - 0.1 * 2.0),
    ]  # fmt: skip
    n["m2"].data = after[1].m2
    figures.append(
        printed("m1, had m2 moved first", "2.8", 3.0 - 0.1 * chain(*to_m1).product,
                note="The example computes both gradients before it updates, which is right. Its recipe for two "
                "layers updates the second weight first: then dz2/da1 would read -0.7 in place of 0.5, dL/dm1 would be "
                "-2.8, and m1 would move the wrong way.", should_agree=False)
    )  # fmt: skip
    return figures + _after_the_step(after)


def _after_the_step(after: list[Step]) -> list[Figure]:
    _, n = worked(two_weights(after[1].m1, after[1].m2))
    gentle = descend(0.04, 3)
    return [
        close("z2 after the step", None, n["z2"], 2.8 * 2.0 * -0.7, 1e-15,
              note="The document stops before this: the step jumps across the ReLU's kink."),
        exactly("gradients there", None, [n["m1"].grad, n["m2"].grad], [0.0, 0.0],
                note="The ReLU is dead: it passes nothing on, so no later step can move either weight."),
        exactly("L, 3 steps of 0.1", None, [step.loss for step in after], [2.0, 0.5, 0.5, 0.5],
                note="The loss did fall, from 2 to 0.5, but only because yhat is now 0; it stays there."),
        holds("L, 3 steps of 0.04", None, [step.loss for step in gentle],
              all(later.loss < earlier.loss for earlier, later in pairwise(gentle)),
              note="With alpha = 0.04 z2 stays positive, the ReLU lives, and the loss goes on falling."),
    ]  # fmt: skip


# --- 5.4: ten nodes to ten nodes --------------------------------------------------------------------------------------

N = 10
ALPHA = 0.1


def ten_to_ten() -> Graph:
    """z_i = sum_j w_ij a_j + b_i for ten nodes and ten nodes; L = sum_i (z_i - t_i)^2 / 2, our choice."""
    draw = random.Random(54)
    W = [[Value(draw.uniform(-1, 1), f"w{i},{j}") for j in range(1, N + 1)] for i in range(1, N + 1)]
    b = [Value(draw.uniform(-1, 1), f"b{i}") for i in range(1, N + 1)]
    a = [Value(draw.uniform(0, 1), f"a{j}", constant=True) for j in range(1, N + 1)]
    z = [dot(weights, a, bias) for weights, bias in zip(W, b, strict=True)]
    for i, node in enumerate(z, 1):
        node.label = f"z{i}"
    loss = sum([0.5 * (node - draw.uniform(-1, 1)) ** 2 for node in z])
    loss.label = "L"
    return named(loss)


def claim_4() -> list[Figure]:
    """Every scalar of the graph against the matrix form in NumPy."""
    loss, n = worked(ten_to_ten())
    span = range(1, N + 1)
    weights = array([[n[f"w{i},{j}"] for j in span] for i in span])
    biases, a, z = (array([n[f"{letter}{i}"] for i in span]) for letter in "baz")
    W, A, B, delta = data(weights), data(a), data(biases), grads(z)
    moved = W - ALPHA * grads(weights)
    program = compile(loss)
    return [
        close("Z", "W A + b", z, W @ A + B,
              note="A is a column, W has a row for each node of layer 2, and Z is a column (this document and 003 "
              "write W A; 000 and 001 write batches as X W and X W^T)."),
        close("dL/dW", "delta_i a_j", grads(weights), np.outer(delta, A),
              note="All 100 at once: the column delta times the row A^T."),
        close("dL/dw11", "delta1 a1", chain(loss, n["z1"], n["w1,1"]).product, delta[0] * A[0],
              note="Here delta1 is the error term of node 1 in layer 2; in the two-layer recipe above it the same "
              "sign means all of layer 1."),
        close("dL/db", None, grads(biases), delta,
              note="Where the document derives dL/dw11 it writes z1 without b1. That changes dL/dw11 not at all, and "
              "hides that each bias has the gradient delta_i."),
        close("W after the step", "w_ij - alpha dL/dw_ij", moved, W - ALPHA * np.outer(delta, A)),
        holds("weights that moved", "10 x 10", int((moved != W).sum()), (moved != W).sum() == 100),
        exactly("parameters", None, weights.size + biases.size, 110,
                note="100 weights, and 10 biases that its update rule leaves out."),
        *found(program, [("found in the graph", "Z = W A + b", "Z1 = W1 X + b1, (10x10)(10x1)+(10x1)"),
                         ("backward", "dL/dw_ij = delta_i a_j", "dW1 = dZ1 X^T, db1 = dZ1")],
               "autograd.compile reads the 172 scalar nodes and finds this matrix product; program.describe() prints "
               "it. Its X is the document's A, the inputs of this one layer, and dZ1 the column delta."),
        *same_gradients(program, {"W": weights, "b": biases}, {"W": np.outer(delta, A), "b": delta}),
    ]  # fmt: skip


LESSON = Lesson(
    5,
    "Two weights by hand",
    "004_39540203f2e29e46.txt",
    main="5.3",
    about=(
        "A network of two weights, its loss, both gradients and one step of descent, all by hand; then one layer of "
        "ten nodes feeding ten."
    ),
    claims=(
        Claim(
            "5.1",
            "Binary cross-entropy of one prediction",
            "The loss of a prediction yhat for a target y that is 0 or 1 is -y log(yhat) - (1-y) log(1-yhat).",
            claim_1,
            cross_entropy,
        ),
        Claim(
            "5.2",
            "Two layers of one node each",
            "Each gradient is a product along the path from the loss to the weight: dL/dW2 = delta2 a1 and "
            "dL/dW1 = delta1 x, with delta2 = dL/dyhat F'(z2) and delta1 = W2 delta2 g'(z1).",
            claim_2,
            one_node_per_layer,
        ),
        Claim(
            "5.3",
            "Two weights, one step by hand",
            "With x = 2, y = 1, m1 = 3, m2 = 0.5, yhat = ReLU(m1 x m2) and L = (yhat - y)^2 / 2, one step with "
            "alpha = 0.1 takes m1 to 2.8 and m2 to -0.7.",
            claim_3,
            two_weights,
        ),
        Claim(
            "5.4",
            "Ten nodes to ten nodes",
            "Each z_i is a weighted sum of all ten a_j plus a bias, in matrix form Z = W A + b; "
            "dL/dw11 = delta1 a1; and every w_ij moves by -alpha times its gradient.",
            claim_4,
            ten_to_ten,
        ),
    ),
)
