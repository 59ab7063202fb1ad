"""Claims 3.2 and 3.4: a training run that names each of its steps, and Adam's first step."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from .. import nn
from ..engine.value import Value
from ..functions.arrays import grads
from ..nn import datasets, losses, optim
from .claims import Figure, close, exactly, holds, shown
from .curves import loss_svg

__all__ = ["claim_2", "first_steps", "picture_2"]

BATCH, RATE, EPOCHS = 16, 0.1, 30


class Run(NamedTuple):
    """What a run leaves behind."""

    prediction: float  # the first of all
    first_loss: float
    weight: tuple[float, float, float]  # the first weight before its first update, its gradient, and after
    epochs: tuple[float, ...]  # the mean loss of each
    iterations: int
    sizes: tuple[int, ...]  # of the batches of an epoch


def data() -> tuple[np.ndarray, np.ndarray]:
    """Forty labelled examples: y = x1 - x2/2 + 1/4, a rule that a network of one neuron can learn."""
    x = np.random.default_rng(5).uniform(-1.0, 1.0, (40, 2))
    return x, (x[:, :1] - 0.5 * x[:, 1:] + 0.25)


@cache
def train() -> Run:
    """The loop of the document: data, forward, loss, backward, update, repeat."""
    x, y = data()
    model = nn.Linear(2, 1, seed=0)
    optimizer = optim.SGD(model.parameters(), lr=RATE)
    first = model.parameters()[0]
    epochs, seen = [], []
    for epoch in range(EPOCHS):
        history, sizes = [], []
        for inputs, targets in datasets.batches(x, y, batch_size=BATCH, seed=epoch):
            predictions = model(inputs)  # forward pass
            loss = losses.mse(predictions, targets)  # error calculation
            optimizer.zero_grad()
            loss.backward()  # backward pass
            before = first.data, first.grad
            optimizer.step()  # weight update
            seen.append((predictions[0, 0].data, loss.data, (*before, first.data)))
            history.append(loss.data)
            sizes.append(len(inputs))
        epochs.append(math.fsum(history) / len(history))
    return Run(*seen[0], tuple(epochs), len(seen), tuple(sizes))


def claim_2() -> list[Figure]:
    """Every word of the document's list, met in one run."""
    run = train()
    old, gradient, new = run.weight
    images = np.zeros((10_000, 1))
    lengths = [len(inputs) for inputs, _ in datasets.batches(images, images, batch_size=32, shuffle=False)]
    settled = next(i for i, loss in enumerate(run.epochs, 1) if loss < 1e-3)
    return [
        exactly("1: data", "labeled dataset", [part.shape for part in data()], [[40, 2], [40, 1]],
                note="40 inputs with their correct outputs, ours: y = x1 - x2/2 + 1/4. Rows are examples."),
        shown("2: forward, a prediction", run.prediction),
        shown("3: loss", run.first_loss, note="Mean squared error of the first batch."),
        shown("4: backward, a gradient", gradient, note="dLoss/dw of the first weight, from the first batch."),
        exactly("5: update", "old_weight - learning_rate * gradient", new, old - RATE * gradient,
                note="The first weight after its first step."),
        exactly("batch", "32 samples", run.sizes, [16, 16, 8],
                note="The batches of one epoch here, 16 examples each; the last gets what is left."),
        exactly("iterations in an epoch", "one forward + backward pass on a batch", run.iterations / EPOCHS, 3.0),
        holds("6: repeat; epochs", "multiple epochs until convergence", run.epochs[-1],
              run.epochs[-1] < 1e-3 * run.epochs[0], note="The mean loss in the last of 30 epochs."),
        shown("convergence", f"epoch {settled}",
              note="The first epoch with a mean loss below 0.001. Where 'stops decreasing significantly' begins is for "
              "the reader to say; here the loss could go on to 0, since the data follow the rule exactly."),
        exactly("10,000 images by 32", "an epoch: 10,000; an iteration: 32", len(lengths), 313,
                note="Iterations in one epoch: 312 full batches, and one of 16."),
        exactly("the last batch", None, lengths[-1], 10_000 - 312 * 32),
    ]  # fmt: skip


def picture_2() -> str:
    """The mean loss of the epochs on a logarithmic scale, one line for each third."""
    note = "the mean squared error, a mean over the batches of the epoch, counted from 0"
    return loss_svg({"learning rate 0.1": train().epochs}, range(0, EPOCHS, 3), "A run that converges", note, "epoch")


# --- 3.4 ---------------------------------------------------------------------------------------------------


def first_steps() -> list[Figure]:
    """The first step of gradient descent and of Adam, for gradients of three sizes."""
    slopes = [1e-4, 1.0, 1e4]
    moved = {}
    for name in ("SGD", "Adam"):
        weights = [Value(0.0, f"w{i}") for i in range(3)]
        optimizer = optim.SGD(weights, lr=0.001) if name == "SGD" else optim.Adam(weights, lr=0.001)
        for w, slope in zip(weights, slopes, strict=True):
            (w * slope).backward()
        exactly_given = grads(weights).tolist() == slopes
        optimizer.step()
        moved[name] = [-w.data for w in weights] if exactly_given else []
    return [
        close("SGD, first steps", "magnitude: how much", moved["SGD"], [0.001 * g for g in slopes], 1e-18,
              note="For gradients of 0.0001, 1 and 10000 and a learning rate of 0.001: as large as the gradient says."),
        close("Adam, first steps", "magnitude: how much", moved["Adam"], [0.001 * g for g in slopes], 1e-6,
              should_agree=False,
              note="About 0.001 each time. Adam, which the document's own program uses, divides a gradient by its own "
              "size: the sign decides the first step, the size does not."),
        close("the same by formula", None, moved["Adam"], [0.001 * g / (g + 1e-8) for g in slopes], 1e-15,
              note="lr g / (|g| + 1e-8): after one step both averages are the gradient itself."),
    ]  # fmt: skip
