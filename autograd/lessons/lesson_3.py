"""Lesson 3: the learning loop: losses, the chain rule through two layers, and what a gradient tells a weight to do."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from .. import nn
from ..engine.graph import topological_order
from ..engine.value import Value
from ..functions.arrays import array, data, grads
from ..functions.elementary import absolute, log, mean, sigmoid, sum, xlogy
from ..nn import datasets, init, losses, optim
from ..reading.paths import path_products
from .claims import Claims, Figure, Graph, Lesson, Nodes, close, exactly, holds, shown, worked
from .examples import chain, descend, loss_svg, message_of, named, numbered, refused, verdict

__all__ = ["LESSON", "LOSSES"]

claim = Claims()


# --- 3.1: three losses ------------------------------------------------------------------------------------------------

REGRESSION = ([2.5, 0.0, 2.0, 7.0], [3.0, -0.5, 2.0, 8.0])  # predicted, actual; the document has no numbers
CLASSES = ([0.7, 0.2, 0.1], [1.0, 0.0, 0.0])


def mse() -> Graph:
    """(1/n) sum (p - a)^2 of four predictions."""
    p, a = numbered(REGRESSION[0], "p"), REGRESSION[1]
    loss = mean([(prediction - actual) ** 2 for prediction, actual in zip(p, a, strict=True)])
    return named(loss, MSE=loss)


def cross_entropy() -> Graph:
    """-sum a log(p) over three classes."""
    p, a = numbered(CLASSES[0], "p"), CLASSES[1]
    loss = -sum([actual * log(prediction) for prediction, actual in zip(p, a, strict=True)])
    return named(loss, CE=loss)


def binary_cross_entropy(y: float, p: float = 0.9) -> Graph:
    """-[y log(p) + (1-y) log(1-p)]."""
    target, prediction = Value(y, "y", constant=True), Value(p, "p")
    loss = -(target * log(prediction) + (1 - target) * log(1 - prediction))
    return named(loss, BCE=loss)


@claim(
    "3.1", "Three losses",
    "Mean squared error (1/n) sum (p - a)^2, cross-entropy -sum a log(p), and binary cross-entropy "
    "-[y log(p) + (1-y) log(1-p)].",
    mse,
    idea="A loss turns predictions p and actual values a into one number; what training uses of it is its slope in "
    "each p. log is the natural logarithm.",
    omits="the slopes: 2/n (p - a), -a/p, and -y/p + (1-y)/(1-p)",
)  # fmt: skip
def claim_1(loss: Value, n: Nodes) -> list[Figure]:
    p, a = np.array(REGRESSION)
    q, b = np.array(CLASSES)
    entropy, classes = worked(cross_entropy())
    figures = [
        close("MSE", "(1/n) sum (p - a)^2", loss, ((p - a) ** 2).mean(), 1e-15, note="Of four predictions of ours."),
        close("dMSE/dp", None, grads(n.p), 2 * (p - a) / 4, 1e-15),
        close("cross-entropy", "-sum a log(p)", entropy, -math.log(q[0]), 1e-15, note="p = [0.7, 0.2, 0.1], class 1."),
        close("dCE/dp", None, grads(classes.p), np.zeros(3) - b / q, 1e-15,
              note="Classes with a = 0 send nothing back to their own p."),
    ]  # fmt: skip
    for y in (1.0, 0.0):
        entropy, one = worked(binary_cross_entropy(y))
        value, slope = -y * math.log(0.9) - (1 - y) * math.log(1 - 0.9), -y / 0.9 + (1 - y) / (1 - 0.9)
        figures += [
            close(f"BCE, y = {y:g}, p = 0.9", "-[y log(p) + (1-y) log(1-p)]", entropy, value, 1e-15),
            close(f"dBCE/dp, y = {y:g}", None, one.p.grad, slope, 1e-15),
        ]
    return [
        *figures,
        refused("BCE, y = 1, p = 1", None, lambda: binary_cross_entropy(1.0, 1.0), "log",
                note="The prediction is right and the loss should be 0, but (1-y) log(1-p) asks for log(0) although "
                "its factor is 0. A loss on logits (4.4) never gets there."),
        exactly("xlogy(0, 0)", None, xlogy(0.0, Value(0.0, "p")), 0.0,
                note="xlogy(a, p) is a log(p) with 0 log(0) = 0, as a loss written out like this one needs."),
    ]  # fmt: skip


# --- 3.2: a training run that names each of its steps -----------------------------------------------------------------

BATCH, RATE, EPOCHS = 16, 0.1, 30


def points() -> tuple[np.ndarray, np.ndarray]:
    """Forty labelled examples: y = x1 - x2/2 + 1/4, a rule that a network of one neuron can learn."""
    x = np.random.default_rng(5).uniform(-1.0, 1.0, (40, 2))
    return x, (x[:, :1] - 0.5 * x[:, 1:] + 0.25)


@cache
def train() -> tuple[list[tuple[Any, ...]], list[float]]:
    """The loop of the document: data, forward, loss, backward, update, repeat.

    Returns of each iteration a prediction, the loss, the first weight, its gradient, the weight after the update, and
    the size of the batch; and the mean loss of each epoch.
    """
    model = nn.Linear(2, 1, seed=0)
    optimizer = optim.SGD(model.parameters(), lr=RATE)
    first = model.parameters()[0]
    iterations, epochs = [], []
    for epoch in range(EPOCHS):
        history = []
        for inputs, targets in datasets.batches(*points(), batch_size=BATCH, seed=epoch):
            predictions = model(inputs)  # forward pass
            loss = losses.mse(predictions, targets)  # error calculation
            optimizer.zero_grad()
            loss.backward()  # backward pass
            before = first.data, first.grad
            optimizer.step()  # weight update
            iterations.append((predictions[0, 0].data, loss.data, *before, first.data, len(inputs)))
            history.append(loss.data)
        epochs.append(math.fsum(history) / len(history))
    return iterations, epochs


@claim(
    "3.2", "The loop and its words",
    "Data, forward pass, loss, backward pass, update new_weight = old_weight - learning_rate * gradient, and again; an "
    "epoch is one pass through all data, an iteration one batch.",
    picture=lambda: loss_svg(
        {"learning rate 0.1": train()[1]}, range(0, EPOCHS, 3), "A run that converges",
        "the mean squared error, a mean over the batches of the epoch, counted from 0", "epoch",
    ),
    idea="A run of one neuron on 40 examples of y = x1 - x2/2 + 1/4, our own, names each word as it happens.",
    omits="that 10,000 images in batches of 32 make 313 iterations an epoch, the last of 16 images",
)  # fmt: skip
def claim_2() -> list[Figure]:
    iterations, epochs = train()
    prediction, loss, old, gradient, new, _ = iterations[0]
    images = np.zeros((10_000, 1))
    lengths = [len(inputs) for inputs, _ in datasets.batches(images, images, batch_size=32, shuffle=False)]
    settled = next(i for i, loss in enumerate(epochs, 1) if loss < 1e-3)
    return [
        exactly("1: data", "labeled dataset", [part.shape for part in points()], [[40, 2], [40, 1]],
                note="40 inputs with their correct outputs; rows are examples."),
        shown("2: forward, a prediction", prediction),
        shown("3: loss", loss, note="Mean squared error of the first batch."),
        shown("4: backward, a gradient", gradient, note="dLoss/dw of the first weight, from the first batch."),
        exactly("5: update", "old_weight - learning_rate * gradient", new, old - RATE * gradient,
                note="The first weight after its first step."),
        exactly("batch", "32 samples", [size for *_, size in iterations[:3]], [16, 16, 8],
                note="The batches of one epoch, 16 examples each here; the last gets what is left."),
        exactly("iterations in an epoch", "one forward + backward pass on a batch", len(iterations) / EPOCHS, 3.0),
        holds("6: repeat; epochs", "multiple epochs until convergence", epochs[-1], epochs[-1] < 1e-3 * epochs[0],
              note="The mean loss in the last of 30 epochs."),
        shown("convergence", f"epoch {settled}",
              note="The first epoch with a mean loss below 0.001. Where a loss no longer decreases significantly is "
              "for you to say: this one could go on to 0."),
        exactly("10,000 images by 32", "an epoch: 10,000; an iteration: 32", len(lengths), 313),
        exactly("the last batch", None, lengths[-1], 10_000 - 312 * 32),
    ]  # fmt: skip


# --- 3.3, 3.4: the chain rule through two layers, and what a gradient tells a weight ----------------------------------


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
    return named(root, z1=z1, hidden=hidden, z2=z2, predicted=predicted, Loss=root)


@claim(
    "3.3", "The chain rule through two layers",
    "For output = activation(w2 activation(w1 input)), dLoss/dw1 = (predicted - actual) activation'(z2) w2 "
    "activation'(z1) input.",
    two_weights,
    idea="One path leads from the loss to w1, and each step on it has its own slope. Grouped by layer the same five "
    "factors are the document's three.",
    errs="predicted - actual is half the slope of its own mean squared error",
)  # fmt: skip
def claim_3(loss: Value, n: Nodes) -> list[Figure]:
    factors, product = chain(loss, n.predicted, n.z2, n.hidden, n.z1, n.w1)
    p, h, w2 = data([n.predicted, n.hidden, n.w2])
    by_hand = {
        ("dLoss/dpredicted", "predicted - actual"): p - 1.0,
        ("dpredicted/dz2", "activation'(z2)"): p * (1 - p),
        ("dz2/dhidden", "w2"): w2,
        ("dhidden/dz1", "activation'(z1)"): h * (1 - h),
        ("dz1/dw1", "input"): 1.5,
    }
    three = chain(loss, n.predicted, n.hidden, n.w1).product
    doubled, m = two_weights(loss=lambda e: mean([e**2]))
    return [
        *[close(*names, factor, expected, 1e-15)
          for (names, expected), factor in zip(by_hand.items(), factors, strict=True)],
        close("their product", "dLoss/dw1", product, math.prod(by_hand.values()), 1e-15),
        close("the one path to w1", None, [path.product for path in path_products(loss, n.w1)], [product], 1e-15,
              note="Every path of the graph from Loss down to w1."),
        close("gradient of w1", None, n.w1.grad, product, 1e-15, note="What the backward pass left in w1."),
        close("as three factors", "dLoss/doutput, doutput/dhidden, dhidden/dw1", three, product, 1e-15),
        close("with its own MSE", "predicted - actual", chain(doubled, m.predicted).product, p - 1.0, 1e-15,
              should_agree=False, note="The MSE of its table gives 2/n times that, and n is 1 here."),
    ]  # fmt: skip


@claim(
    "3.4", "What a gradient tells a weight",
    "Its sign says which way to move, its size how far; near zero, the weight hardly matters.",
    two_weights,
    idea="The size is how much the loss changes for a small move, no more. Near zero may also mean that a neuron is "
    "saturated: then the loss stays bad, and no small move helps.",
    errs="with Adam a gradient's size does not decide how far a weight moves",
)  # fmt: skip
def claim_4(before: Value, n: Nodes) -> list[Figure]:
    figures = []
    for actual, text in ((0.0, "large positive: decrease"), (1.0, "large negative: increase")):
        loss, m = worked(two_weights(actual=actual))
        g = m.w2.grad
        down, up = (two_weights(w2=m.w2.data + step, actual=actual)[0] for step in (-g, g))
        figures += [
            holds(f"dLoss/dw2, actual {actual:g}", text, g, (g > 0) == (actual == 0.0)),
            holds(f"Loss, actual {actual:g}", None, [loss, down], down < loss,
                  note="Before, and after a step w2 - gradient."),
            holds(f"other way, actual {actual:g}", None, up, up > loss, note="After w2 + gradient."),
        ]  # fmt: skip
    step = 1e-3
    change = two_weights(w2=n.w2.data + step)[0].data - before.data
    stuck, m = worked(two_weights(w2=60.0, actual=0.0))
    return [
        *figures,
        close("change per unit of w2", "how much weight matters", change / step, n.w2.grad, 1e-4,
              note="w2 moved by 0.001 changes the loss by 0.001 times the gradient, to first order."),
        holds("saturated: dLoss/dw2", "near zero: little effect", [m.w2.grad, stuck],
              abs(m.w2.grad) < 1e-9 and stuck > 0.49,
              note="The gradient, and the loss. With w2 = 60 and actual 0 the prediction is as wrong as it can be."),
        *first_steps(),
    ]  # fmt: skip


def first_steps() -> list[Figure]:
    """The first step of gradient descent and of Adam, for gradients of three sizes."""
    g = np.array([1e-4, 1.0, 1e4])
    moved = []
    for kind in (optim.SGD, optim.Adam):
        weights = array([0.0, 0.0, 0.0])
        (weights * g).sum().backward()
        kind(weights, lr=0.001).step()
        moved.append(-data(weights))
    sgd, adam = moved
    return [
        close("SGD, first steps", "magnitude: how much", sgd, 0.001 * g, 1e-18,
              note="For gradients of 0.0001, 1 and 10000 and a learning rate of 0.001."),
        close("Adam, first steps", "magnitude: how much", adam, 0.001 * g, 1e-6, should_agree=False,
              note="Adam divides a gradient by its own size: about 0.001 each time."),
        close("Adam's by formula", None, adam, 0.001 * g / (g + 1e-8), 1e-15,
              note="lr g / (|g| + 1e-8): after one step both its averages are the gradient itself."),
    ]  # fmt: skip


# --- 3.5: troubles, each reproduced and cured -------------------------------------------------------------------------


def diverge(square: Callable[[Value], Value]) -> tuple[list[float], str]:
    """Fit w to 3 with a learning rate of 10, far too large: the losses, and the error that ends the run, if any."""
    w, losses = Value(0.0, "w"), []

    def loss() -> Value:
        d = w - 3.0
        d.label = "d"
        squared = square(d)
        losses.append(squared.data)
        return squared

    return losses, message_of(lambda: descend(loss, [w], 400, lr=10.0))


@claim(
    "3.5", "Four troubles of training",
    "Vanishing: early layers don't learn; use ReLU or batch normalisation. Exploding: the loss becomes NaN; clip the "
    "gradient or lower the learning rate. Slow: raise the rate, or Adam. Oscillating: lower it.",
    idea="Each is reproduced on the smallest problem that shows it, and cured as the document says. A falling loss "
    "doesn't say that all is well: the last layer of a vanishing network learns the mean of the targets.",
    omits="that overflow shows in more than one way, here as an error, as inf or as NaN",
)  # fmt: skip
def claim_5() -> list[Figure]:
    power, error = diverge(square)
    product, _ = diverge(lambda d: d * d)
    infinite, undefined = (next(i for i, x in enumerate(product) if odd(x)) for odd in (math.isinf, math.isnan))
    cured, _ = one_weight(square, 0.1, 49)
    clipped, _ = one_weight(square, rate=10.0, steps=200, clip=0.01)
    return [
        shown("first losses", power[:3], note="Learning rate 10 on (w - 3)^2: w - 3 = d grows 19-fold each step."),
        holds("with d ** 2", "loss becomes NaN", error, math.isnan(power[-1]), should_agree=False,
              note="A power that overflows raises, as Python's own does, and the message names the node."),
        exactly("after how many steps", None, len(power), infinite),
        holds("with d * d", "loss becomes NaN", product[-1], math.isnan(product[-1]),
              note="A product that overflows becomes inf without a word, as Python's own does."),
        holds("first inf, first NaN", None, [infinite, undefined], infinite < undefined,
              note="Steps counted from 0. inf turns into NaN when w itself has become infinite."),
        holds("learning rate 0.1", "lower learning rate", cured[-1], cured[-1] < 1e-6,
              note="The loss after 50 steps."),
        holds("clipped at 0.01", "gradient clipping", max(clipped), max(clipped) == clipped[0] == 9.0,
              note="Rate 10 as before, and no step can be longer than 0.1: the loss never rises above where it began."),
        holds("its last losses", None, clipped[-2:], max(clipped[-20:]) <= 0.01 + 1e-12,
              note="It doesn't settle: it stays within one step of the minimum. Only a lower rate lets it converge."),
        *vanishing(),
        *slow(),
        *oscillating(),
    ]  # fmt: skip


def one_weight(
    loss: Callable[[Value], Value], rate: float, steps: int, kind: Any = optim.SGD, clip: float = math.inf
) -> tuple[list[float], float]:
    """Move one weight, from 0, down a loss of w - 3: the losses before each step and after the last, and its end."""
    w = Value(0.0, "w")
    return descend(lambda: loss(w - 3.0), [w], steps, kind, clip, lr=rate), w.data


def square(d: Value) -> Value:
    """d^2."""
    power: Value = d**2
    return power


WIDTH = 6


def deep(cure: str = "") -> tuple[float, float, list[float]]:
    """Twenty steps of eight layers of six nodes on ten examples; `cure` is "", "ReLU" or "batch normalisation".

    Returns how far the weights of the first and of the last layer moved, and the losses before each step.
    """
    rng = np.random.default_rng(6)
    x = rng.uniform(-1.0, 1.0, (10, 3))
    y = x[:, :1] * x[:, 1:2]
    layers: list[Any] = []
    for depth in range(8):
        linear = nn.Linear(3 if depth == 0 else WIDTH, WIDTH, seed=depth)
        normal = [nn.BatchNorm(WIDTH)] if cure == "batch normalisation" else []
        layers += [linear, *normal, nn.ReLU() if cure == "ReLU" else nn.Sigmoid()]
        if cure == "ReLU":
            init.kaiming_normal(linear.weight, nonlinearity="relu", rng=rng)
    net = nn.Sequential(*layers, nn.Linear(WIDTH, 1, seed=8))
    start = data(net.parameters())
    history = descend(lambda: losses.mse(net(x), y), net.parameters(), 20, lr=0.05)
    moved = data(net.parameters()) - start
    first, last = (float(np.linalg.norm(part)) for part in (moved[: 3 * WIDTH], moved[-WIDTH - 1 : -1]))
    return first, last, history[:-1]


def vanishing() -> list[Figure]:
    """Eight sigmoid layers: the first ones stand still; then with ReLU, and with batch normalisation."""
    first, last, history = deep()
    return [
        holds("vanishing: first, last", "early layers don't learn", [first, last], first < 1e-4 * last,
              note="How far the weights of the first and of the last of nine layers moved in 20 steps, with sigmoids."),
        holds("with ReLU", "use ReLU", deep("ReLU")[:2], lambda moved: moved[0] > 1000 * first,
              note="With Kaiming's starting weights, as ReLUs need."),
        holds("with batch normalisation", "batch normalization", deep("batch normalisation")[:2],
              lambda moved: moved[0] > 1000 * first),
        holds("loss, sigmoids", None, [history[0], history[-1]], history[-1] < history[0],
              note="First and last: it falls a little all the same."),
    ]  # fmt: skip


def slow() -> list[Figure]:
    """A loss that decreases very slowly, with a larger rate, and with Adam."""
    (crawling, _), (faster, _) = one_weight(square, 1e-5, 100), one_weight(square, 0.1, 100)
    adam, _ = one_weight(square, 0.1, 100, optim.Adam)
    flat, helped = (one_weight(lambda d: 1e-6 * square(d), 0.1, 100, kind)[1] for kind in (optim.SGD, optim.Adam))
    return [
        close("slow: rate 0.00001", "decreases very slowly", crawling[-1], 9.0 * (1 - 2e-5) ** 200, 1e-12,
              note="The loss (w - 3)^2, 9 at first, after 100 steps."),
        close("rate 0.1", "increase learning rate", faster[-1], 9.0 * 0.8**200, 1e-12),
        holds("Adam, rate 0.1", "use Adam", adam[-1], faster[-1] < adam[-1] < 0.1,
              note="Better than the slow run, and worse than plain descent: one well-scaled weight needs no Adam."),
        holds("1e-6 (w - 3)^2, SGD, Adam", "use Adam", [flat, helped], flat < 1e-3 and abs(helped - 3) < 0.3,
              note="Where w got to in 100 steps at rate 0.1. Here the slope is tiny, and Adam is the cure."),
    ]  # fmt: skip


def oscillating() -> list[Figure]:
    """A loss that bounces, and one whose weight bounces while the loss falls."""
    (bouncing, _), (lower, _) = one_weight(absolute, 0.75, 40), one_weight(absolute, 0.01, 400)
    uneven, _ = one_weight(absolute, 0.7, 40)
    (across, _), (edge, _) = one_weight(square, 0.95, 20), one_weight(square, 1.0, 20)
    return [
        close("oscillating: |w - 3|", "bounces up and down", uneven[-4:], [0.5, 0.2, 0.5, 0.2], 1e-12,
              note="The last four losses at rate 0.7, of an error whose slope keeps its size: w is 2.8, 3.5, 2.8 ..."),
        exactly("what the monitor says", None, [verdict(uneven), verdict(one_weight(square, 1e-5, 100)[0])],
                ["oscillating", "crawling"], note="Of this run and of the slow one, by monitor.History."),
        exactly("rate 0.75", None, bouncing[4:8], [0.0, 0.0, 0.0, 0.0],
                note="A rate that lands on the minimum exactly stays: the slope of |d| at 0 counts as 0."),
        holds("rate 0.01", "decrease learning rate", max(lower[-20:]), max(lower[-20:]) <= 0.01 + 1e-12,
              note="Still from one side to the other, by no more than one step."),
        close("(w - 3)^2, rate 0.95", "bounces up and down", across[:4], [9.0 * 0.9 ** (2 * n) for n in range(4)],
              1e-12, note="The weight jumps across the minimum at every step, and the loss falls all the same."),
        exactly("(w - 3)^2, rate 1", None, [edge[0], edge[-1]], [9.0, 9.0],
                note="The first and the last loss: w is 0, 6, 0, 6 ... Above this rate the run diverges."),
    ]  # fmt: skip


# --- 3.6: the PyTorch program of the document, run by this engine -----------------------------------------------------

# The losses of claim 3.6 in PyTorch 2.13.0, float64, before each of 100 steps, as tests/data/make_lesson_3_torch.py
# prints them.
LOSSES = (
    0.8938851873797944, 0.8756804084447507, 0.8577708098642434, 0.8401205877507191, 0.8227576807517589,
    0.8056691102708557, 0.7888721607495135, 0.7724399741088653, 0.7562765724044543, 0.7404250412049054,
    0.7248656933601576, 0.7095459348740445, 0.6944965893987629, 0.6796813327189006, 0.6650801088717109,
    0.6506784653738935, 0.6364750407998017, 0.6224730669143331, 0.6086820928954848, 0.5950581682050196,
    0.5816213314626203, 0.5683450950792737, 0.5551739696444282, 0.5421244034371091, 0.5292354859106175,
    0.5166290428580548, 0.5042290140196501, 0.49195775833694677, 0.47982281170121277, 0.46782387098963063,
    0.45598714040052624, 0.4442952796816065, 0.43269022417907993, 0.4211990151618629, 0.40988641849099,
    0.3987530262605152, 0.3877644847563372, 0.3769182122854664, 0.3662107324325001, 0.35561742147958825,
    0.34518077818223447, 0.3348968626928539, 0.3247604313164443, 0.3147861120632555, 0.30499442837432,
    0.2953706576774453, 0.2859016872572203, 0.27660880919859143, 0.2674715320217743, 0.25849475828140256,
    0.24971910717001627, 0.24113051520036577, 0.23272655302728268, 0.22452435660035025, 0.2165295522804404,
    0.20873689991009986, 0.20115035116301422, 0.19376571690919356, 0.18658425938454964, 0.1795988945605562,
    0.1728248840574049, 0.1662575977943901, 0.1598908318347998, 0.15372221928049654, 0.1477471012111104,
    0.1419704861521895, 0.13640219987272878, 0.1310333355489497, 0.12584891956397432, 0.1208421335297009,
    0.11600653341625208, 0.11135827624761925, 0.10689515473303213, 0.10257766902364451, 0.09840481726062862,
    0.09437798584851702, 0.09049461040592363, 0.08676570140929396, 0.08317519564840131, 0.07970917466453668,
    0.0763808630702336, 0.0731766560006745, 0.07010292311021762, 0.06714855632944737, 0.0642916482564252,
    0.061547584382414845, 0.05889613433297902, 0.0563390236397732, 0.053884086425650624, 0.05154456308533553,
    0.0492920238610454, 0.04712279854182874, 0.045034675532294614, 0.04303403100165561, 0.041118968415216464,
    0.03928115467165572, 0.037523378936645535, 0.03583176194657966, 0.034207637125844126, 0.03264895897521555,
)  # fmt: skip

SAMPLES = 16


# The document gives neither data nor weights. Both are made by a rule in whole numbers divided by powers of two, so
# that they are the same doubles wherever they are made; make_lesson_3_torch.py made the same in PyTorch.
def numbers() -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Inputs (16, 10), targets (16, 1) and starting weights: each an integer over a power of two, so exact."""
    state = 1

    def draw(shape: tuple[int, ...], low: int, high: int, over: int) -> np.ndarray:
        nonlocal state
        drawn = []
        for _ in range(int(np.prod(shape))):
            state = (1103515245 * state + 12345) % 2**31
            drawn.append(((state >> 16) % (high - low + 1) + low) / over)
        return np.array(drawn).reshape(shape)

    inputs = draw((SAMPLES, 10), -32, 32, 32)
    targets = inputs[:, :1] - 0.5 * inputs[:, 1:2] + inputs[:, 2:3] * inputs[:, 3:4]
    # PyTorch draws a Linear layer's parameters within 1/sqrt(inputs): 0.316 and 0.125
    shapes = (((64, 10), 40, 128), ((64,), 40, 128), ((1, 64), 32, 256), ((1,), 32, 256))
    return inputs, targets, [draw(shape, -largest, largest, over) for shape, largest, over in shapes]


@claim(
    "3.6", "The PyTorch program",
    "Linear(10, 64), ReLU, Linear(64, 1), mean squared error, Adam with learning rate 0.001, 100 epochs.",
    idea="The same network runs in this engine, on 16 samples and starting weights made by a rule; PyTorch was given "
    "the same, in float64. X W^T + b, a row for each sample, as PyTorch does it.",
    omits="inputs and targets; and its loop has no batches: an epoch is one iteration, against its own table of terms",
)  # fmt: skip
def claim_6() -> list[Figure]:
    inputs, targets, start = numbers()
    model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))
    parameters = model.parameters()
    for parameter, number in zip(parameters, np.concatenate([part.ravel() for part in start]), strict=True):
        parameter.data = float(number)
    history = descend(lambda: losses.mse(model(inputs), targets), parameters, 100, optim.Adam, lr=0.001)[:-1]
    worst = max(abs(ours / theirs - 1) for ours, theirs in zip(history, LOSSES, strict=True))
    return [
        exactly("parameters", "Linear(10, 64), Linear(64, 1)", len(parameters), 10 * 64 + 64 + 64 + 1),
        exactly("shape of the predictions", None, model(inputs).shape, [SAMPLES, 1]),
        *[close(f"loss, epoch {epoch}", None, history[epoch - 1], LOSSES[epoch - 1], 1e-10,
                note="Compared with PyTorch's." if epoch == 1 else "") for epoch in (1, 2, 10, 50, len(LOSSES))],
        holds("all 100, off by", "for epoch in range(100)", worst, worst < 1e-10,
              note="The largest relative difference from PyTorch's losses."),
        exactly("iterations in an epoch", "loss.backward() once per epoch", len(history) / len(LOSSES), 1.0),
        refused("targets of shape (3,)", "criterion(predictions, targets)",
                lambda: losses.mse([[0.5], [1.0], [2.0]], [0.0, 1.0, 2.0]), "(3, 1)", "(3,)",
                note="Predictions of shape (3, 1) against targets of shape (3,): PyTorch would broadcast them to 3 x 3 "
                "and train on nonsense, with a warning at most."),
    ]  # fmt: skip


# --- 3.7: the drawings ------------------------------------------------------------------------------------------------


@claim(
    "3.7", "Both passes, drawn",
    "Forward Input [x] -> [w1] -> Hidden [h] -> [w2] -> Output [yhat] -> Loss [L]; backward "
    "Input [x] <- [dL/dw1] <- Hidden [h] <- [dL/dw2] <- Output [yhat] <- Loss [L].",
    two_weights,
    idea="A weight stands beside the path and multiplies what passes. Its gradient is an end: what goes on from the "
    "output to the hidden node is not dL/dw2, but what reached z2, times w2. (1.13 finds the same in document 000.)",
    errs="it sends the gradient on through dL/dw2 and dL/dw1, where it ends",
)  # fmt: skip
def claim_7(_: Value, n: Nodes) -> list[Figure]:
    on_path = [node.label for node in n.values() if any(below is n.input for below in topological_order(node))]
    w2, hidden = n.w2.data, n.hidden.data
    return [
        holds("backward", "x <- dL/dw1 <- h <- dL/dw2 <- yhat <- L", " <- ".join(on_path), "w1" in on_path,
              should_agree=False, note="The nodes that the values passed; the gradient goes back through the same."),
        close("dL/dhidden", None, n.hidden.grad, n.z2.grad * w2, 1e-15, note="dL/dz2 times the weight w2."),
        close("dL/dw2", None, n.w2.grad, n.z2.grad * hidden, 1e-15, note="dL/dz2 times the hidden value."),
        close("dL/dhidden by dL/dw2", None, n.hidden.grad / n.w2.grad, w2 / hidden, 1e-14,
              note="The one holds w2 and the other the hidden value: none of them leads to the other."),
        exactly("nodes below w1, w2", None, [len(n.w1.parents), len(n.w2.parents)], [0, 0],
                note="Nothing flows on from a weight."),
    ]  # fmt: skip


LESSON = Lesson(
    3,
    "The learning loop",
    "002_654cb4a17d661c38.txt",
    tuple(claim),
    main="3.3",
    about="Losses and their slopes, the chain rule through two layers, what the sign of a gradient tells a weight to "
    "do, and the troubles of training.",
    teaches="Losses, the training loop, what a gradient tells a weight, four troubles.",
)
