"""Claim 3.6: the PyTorch program of the document, run by this engine and compared with PyTorch's own losses.

The document gives neither data nor weights. Both are made here by a rule in whole numbers divided by powers of two, so
that they are the same doubles wherever they are made, and need not be stored; `make_lesson_3_torch.py`, beside the
tests of the lessons, made the same in PyTorch and printed the losses in ``lesson_3_torch_losses.py``.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from .. import nn
from ..errors import ShapeError
from ..nn import losses, optim
from .claims import Figure, close, exactly, holds
from .lesson_3_torch_losses import LOSSES

__all__ = ["claim_6", "numbers", "train"]

EPOCHS = 100
SAMPLES = 16


class Numbers(NamedTuple):
    """What the program leaves open: inputs (16, 10), targets (16, 1), and the parameters to start from."""

    inputs: np.ndarray
    targets: np.ndarray
    parameters: tuple[np.ndarray, ...]


def numbers() -> Numbers:
    """Data and starting weights: each an integer over a power of two, so exact in any arithmetic of doubles.

    Example:
        >>> [part.shape for part in numbers().parameters]
        [(64, 10), (64,), (1, 64), (1,)]
    """
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
    parameters = (draw((64, 10), -40, 40, 128), draw((64,), -40, 40, 128), draw((1, 64), -32, 32, 256),
                  draw((1,), -32, 32, 256))  # fmt: skip
    return Numbers(inputs, targets, parameters)


@cache
def train() -> tuple[tuple[float, ...], tuple[int, ...], int]:
    """The document's loop: the loss of every epoch, before its step; the shapes of the predictions; the parameters."""
    given = numbers()
    model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))
    for parameter, number in zip(
        model.parameters(), np.concatenate([part.ravel() for part in given.parameters]), strict=True
    ):
        parameter.data = float(number)
    optimizer = optim.Adam(model.parameters(), lr=0.001)
    history = []
    for _ in range(EPOCHS):
        predictions = model(given.inputs)
        loss = losses.mse(predictions, given.targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.data)
    return tuple(history), predictions.shape, len(model.parameters())


def claim_6() -> list[Figure]:
    """The losses of 100 epochs beside PyTorch's, and the two things that the program leaves out."""
    history, shape, count = train()
    worst = max(abs(ours / theirs - 1) for ours, theirs in zip(history, LOSSES, strict=True))
    predictions = [[0.5], [1.0], [2.0]]
    try:
        losses.mse(predictions, [0.0, 1.0, 2.0])
        refused = "no error"
    except ShapeError as error:
        refused = str(error)
    return [
        exactly("parameters", "Linear(10, 64), Linear(64, 1)", count, 10 * 64 + 64 + 64 + 1),
        exactly("shape of the predictions", None, shape, [SAMPLES, 1],
                note="inputs and targets are not defined in the document. Ours are 16 samples made by a rule, and the "
                "starting weights likewise. PyTorch's convention: a row for each sample, X W^T + b."),
        *[close(f"loss, epoch {epoch}", None, history[epoch - 1], LOSSES[epoch - 1], 1e-10,
                note="Compared with PyTorch in float64, from the same weights and data." if epoch == 1 else "")
          for epoch in (1, 2, 10, 50, EPOCHS)],
        holds("all 100, off by", "for epoch in range(100)", worst, worst < 1e-10,
              note="The largest relative difference from PyTorch's losses."),
        exactly("iterations in an epoch", "loss.backward() once per epoch", len(history) / EPOCHS, 1.0,
                note="The whole set is one batch in this loop: an epoch is an iteration, although the document's table "
                "of terms tells them apart."),
        holds("targets of shape (3,)", "criterion(predictions, targets)", refused, refused != "no error",
              note="Predictions of shape (3, 1) against targets of shape (3,): PyTorch would broadcast them to 3 x 3 "
              "and train on nonsense, with a warning at most."),
    ]  # fmt: skip
