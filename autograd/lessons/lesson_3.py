"""Lesson 3: the learning loop: losses, the chain rule through two layers, and what a gradient tells a weight to do."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..engine.value import Value
from ..errors import DomainError, RangeError
from ..functions.arrays import array, grads
from ..functions.elementary import log, mean, sigmoid, sum, xlogy
from ..reading.paths import path_products
from .claims import Claim, Figure, Graph, Lesson, close, exactly, holds, shown
from .lesson_3_torch import claim_6
from .lesson_3_training import claim_2, first_steps, picture_2
from .lesson_3_troubles import clipped, oscillating, slow, vanishing
from .paths import chain, named, worked

__all__ = ["LESSON"]


# --- 3.1 ---------------------------------------------------------------------------------------------------

REGRESSION = ([2.5, 0.0, 2.0, 7.0], [3.0, -0.5, 2.0, 8.0])  # predicted, actual; the document has no numbers
CLASSES = ([0.7, 0.2, 0.1], [1.0, 0.0, 0.0])


def mse() -> Graph:
    """(1/n) sum (p - a)^2 of four predictions."""
    p, a = array(REGRESSION[0], "p"), REGRESSION[1]
    loss = mean([(prediction - actual) ** 2 for prediction, actual in zip(p, a, strict=True)])
    loss.label = "MSE"
    return named(loss)


def cross_entropy() -> Graph:
    """-sum a log(p) over three classes."""
    p, a = array(CLASSES[0], "p"), CLASSES[1]
    loss = -sum([actual * log(prediction) for prediction, actual in zip(p, a, strict=True)])
    loss.label = "CE"
    return named(loss)


def binary_cross_entropy(y: float, p: float = 0.9) -> Graph:
    """-[y log(p) + (1-y) log(1-p)]."""
    target, prediction = Value(y, "y", constant=True), Value(p, "p")
    loss = -(target * log(prediction) + (1 - target) * log(1 - prediction))
    loss.label = "BCE"
    return named(loss)


def claim_1() -> list[Figure]:
    """Values and gradients of the three losses, written out as the document's table has them."""
    p, a = np.array(REGRESSION)
    root, n = worked(mse())
    figures = [
        close("MSE", "(1/n) sum (p - a)^2", root, ((p - a) ** 2).mean(), 1e-15),
        close("dMSE/dp", None, grads([n[f"p[{i}]"] for i in range(4)]), 2 * (p - a) / 4, 1e-15,
              note="2/n (p - a). The table gives values only; the gradients are what training uses."),
    ]  # fmt: skip
    p, a = np.array(CLASSES)
    root, n = worked(cross_entropy())
    slopes = np.zeros(3) - a / p
    figures += [
        close("cross-entropy", "-sum a log(p)", root, -math.log(p[0]), 1e-15, note="log is the natural logarithm."),
        close("dCE/dp", None, grads([n[f"p[{i}]"] for i in range(3)]), slopes, 1e-15,
              note="-a/p: classes with a = 0 send nothing back to their own p."),
    ]  # fmt: skip
    for y in (1.0, 0.0):
        root, n = worked(binary_cross_entropy(y))
        value, slope = -y * math.log(0.9) - (1 - y) * math.log(1 - 0.9), -y / 0.9 + (1 - y) / (1 - 0.9)
        figures += [
            close(f"BCE, y = {y:g}, p = 0.9", "-[y log(p) + (1-y) log(1-p)]", root, value, 1e-15),
            close(f"dBCE/dp, y = {y:g}", None, n["p"].grad, slope, 1e-15, note="-y/p + (1-y)/(1-p)." if y else ""),
        ]
    return figures + _certain()


def _certain() -> list[Figure]:
    """Predictions of exactly 0 and 1, where the formulas stop."""
    message = ""
    try:
        binary_cross_entropy(1.0, 1.0)
    except DomainError as error:
        message = str(error)
    zero = Value(0.0, "p")
    return [
        holds("BCE, y = 1, p = 1", None, message, "log" in message,
              note="The prediction is right and the loss should be 0, but (1-y) log(1-p) asks for log(0) although its "
              "factor is 0. A loss on logits (lesson 4) never gets there."),
        exactly("xlogy(0, 0)", None, xlogy(0.0, zero), 0.0, note="a log(p) with 0 log(0) = 0, for such tables."),
    ]  # fmt: skip


# --- 3.3, 3.4 ----------------------------------------------------------------------------------------------


def two_weights(
    w1: float = 0.8, w2: float = -0.6, actual: float = 1.0, loss: Callable[[Value], Value] = lambda e: 0.5 * e**2
) -> Graph:
    """predicted = sigmoid(w2 * sigmoid(w1 * input)) and its loss; the numbers are ours."""
    given, target = Value(1.5, "input", constant=True), Value(actual, "actual", constant=True)
    first, second = Value(w1, "w1"), Value(w2, "w2")
    z1 = first * given
    hidden = sigmoid(z1)
    z2 = second * hidden
    predicted = sigmoid(z2)
    root = loss(predicted - target)
    z1.label, hidden.label, z2.label, predicted.label, root.label = "z1", "hidden", "z2", "predicted", "Loss"
    return named(root)


def claim_3() -> list[Figure]:
    """dLoss/dw1 factor by factor along its path."""
    loss, n = worked(two_weights())
    path = ("predicted", "z2", "hidden", "z1", "w1")
    factors, product = chain(loss, *[n[label] for label in path])
    p, h, w2 = n["predicted"].data, n["hidden"].data, n["w2"].data
    by_hand = (p - 1.0, p * (1 - p), w2, h * (1 - h), 1.5)
    names = (
        ("dLoss/dpredicted", "predicted - actual"), ("dpredicted/dz2", "activation'(z2)"), ("dz2/dhidden", "w2"),
        ("dhidden/dz1", "activation'(z1)"), ("dz1/dw1", "input"),
    )  # fmt: skip
    figures = [
        close(name, text, factor, expected, 1e-15)
        for (name, text), factor, expected in zip(names, factors, by_hand, strict=True)
    ]
    doubled, m = two_weights(loss=lambda e: mean([e**2]))
    three = [
        chain(loss, n["predicted"]),
        chain(n["predicted"], n["z2"], n["hidden"]),
        chain(n["hidden"], n["z1"], n["w1"]),
    ]
    return [
        *figures,
        close("their product", "dLoss/dw1", product, math.prod(by_hand), 1e-15),
        close("the one path to w1", None, [path.product for path in path_products(loss, n["w1"])], [product], 1e-15,
              note="Every path of the graph from Loss down to w1, each the product of all its local derivatives."),
        close("gradient of w1", None, n["w1"].grad, product, 1e-15, note="What the backward pass left in w1."),
        close("as three factors", "dLoss/doutput, doutput/dhidden, dhidden/dw1", math.prod(f.product for f in three),
              product, 1e-15),
        close("with its own MSE", "predicted - actual", chain(doubled, m["predicted"]).product, by_hand[0], 1e-15,
              should_agree=False,
              note="predicted - actual belongs to the loss (p - a)^2 / 2. The MSE of the document's own table gives "
              "2/n times that; n is 1 here, so twice as much."),
    ]  # fmt: skip


def claim_4() -> list[Figure]:
    """A weight moved along its gradient and against it, and a gradient near zero that means something else."""
    figures = []
    for actual, text in ((0.0, "large positive: decrease"), (1.0, "large negative: increase")):
        loss, n = worked(two_weights(actual=actual))
        g = n["w2"].grad
        down, up = (two_weights(w2=n["w2"].data + step, actual=actual)[0].data for step in (-g, g))
        figures += [
            holds(f"dLoss/dw2, actual {actual:g}", text, g, (g > 0) == (actual == 0.0)),
            holds(
                f"Loss, actual {actual:g}",
                None,
                [loss.data, down],
                down < loss.data,
                note="Before, and after w2 - 1.0 * gradient.",
            ),
            holds(f"other way, actual {actual:g}", None, up, up > loss.data),
        ]
    before, n = worked(two_weights())
    step = 1e-3
    change = two_weights(w2=n["w2"].data + step)[0].data - before.data
    stuck, m = worked(two_weights(w2=60.0, actual=0.0))
    return [
        *figures,
        close("change per unit of w2", "how much weight matters", change / step, n["w2"].grad, 1e-4,
              note="The size: w2 moved by 0.001 changes the loss by 0.001 times the gradient, to first order."),
        holds("saturated: dLoss/dw2", "near zero: little effect", [m["w2"].grad, stuck.data],
              abs(m["w2"].grad) < 1e-9 and stuck.data > 0.49,
              note="The gradient, and the loss. With w2 = 60 and actual 0 the prediction is as wrong as it can be, and "
              "the gradient is nearly 0: the sigmoid is saturated. Little effect of a small move is all that it "
              "means, not that the weight is right: the table's 'minimal change' leaves this loss where it is."),
        *first_steps(),
    ]  # fmt: skip


# --- 3.5 ---------------------------------------------------------------------------------------------------


class Run(NamedTuple):
    """The losses of a run, and the message of the error that ended it; "" if none did."""

    losses: list[float]
    error: str


def diverge(square: Callable[[Value], Value], steps: int = 400, rate: float = 10.0) -> Run:
    """Fit w to 3 by gradient descent with a learning rate that is far too large."""
    w = Value(0.0, "w")
    losses: list[float] = []
    for _ in range(steps):
        d = w - 3.0
        d.label = "d"
        try:
            loss = square(d)
        except RangeError as error:
            return Run(losses, str(error))
        w.zero_grad()
        loss.backward()
        losses.append(loss.data)
        w.data -= rate * w.grad
    return Run(losses, "")


def claim_5() -> list[Figure]:
    """A loss that explodes, written in two ways, and its cures; then a vanishing, a slow and an oscillating run."""
    power, product = diverge(lambda d: d**2), diverge(lambda d: d * d)
    infinite = next(i for i, loss in enumerate(product.losses) if math.isinf(loss))
    undefined = next(i for i, loss in enumerate(product.losses) if math.isnan(loss))
    cured = diverge(lambda d: d**2, steps=50, rate=0.1)
    return [
        shown("first losses", power.losses[:3], note="Learning rate 10 on (w - 3)^2: d grows 19-fold each step."),
        holds("with d ** 2", "loss becomes NaN", power.error, math.isnan(power.losses[-1]), should_agree=False,
              note="The loss never becomes NaN: a power that overflows raises, as Python's own does, and the message "
              "names the node."),
        exactly("after how many steps", None, len(power.losses), infinite),
        holds("with d * d", "loss becomes NaN", product.losses[-1], math.isnan(product.losses[-1]),
              note="A product that overflows becomes inf without a word, as Python's own does."),
        holds("first inf, first NaN", None, [infinite, undefined], infinite < undefined,
              note="Steps counted from 0. inf turns into NaN when w itself has become infinite."),
        holds("learning rate 0.1", "lower learning rate", cured.losses[-1], cured.losses[-1] < 1e-6,
              note="The loss after 50 steps."),
        *clipped(),
        *vanishing(),
        *slow(),
        *oscillating(),
    ]  # fmt: skip


LESSON = Lesson(
    3,
    "The learning loop",
    "002_654cb4a17d661c38.txt",
    main="3.3",
    about=(
        "Losses and their slopes, the chain rule through two layers, what the sign of a gradient tells a weight to "
        "do, and the troubles of training."
    ),
    claims=(
        Claim(
            "3.1",
            "Three losses",
            "Mean squared error, cross-entropy and binary cross-entropy, by their formulas.",
            claim_1,
            mse,
        ),
        Claim(
            "3.2",
            "The loop and its words",
            "Data, forward pass, loss, backward pass, update, and again; epoch, iteration, batch, convergence, "
            "learning rate.",
            claim_2,
            picture=picture_2,
        ),
        Claim(
            "3.3",
            "The chain rule through two layers",
            "For output = activation(w2 activation(w1 input)) the gradient of w1 is (predicted - actual) "
            "activation'(z2) w2 activation'(z1) input.",
            claim_3,
            two_weights,
        ),
        Claim(
            "3.4",
            "What a gradient tells a weight",
            "Its sign says which way to move, its size how far; near zero, the weight hardly matters.",
            claim_4,
            two_weights,
        ),
        Claim(
            "3.5",
            "Four troubles of training",
            "Vanishing: early layers don't learn. Exploding: the loss becomes NaN; lower the learning rate. Slow, and "
            "oscillating.",
            claim_5,
        ),
        Claim(
            "3.6",
            "The PyTorch program",
            "Linear(10, 64), ReLU, Linear(64, 1), mean squared error, Adam with learning rate 0.001, 100 epochs.",
            claim_6,
        ),
    ),
)
