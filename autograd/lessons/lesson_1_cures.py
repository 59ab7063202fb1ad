"""Claim 1.10: four cures for a vanishing gradient, each switched on by itself on one deep network."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from .. import nn
from ..functions.arrays import data, grads
from ..nn import init, losses
from .claims import Figure, close, holds

__all__ = ["claim_10", "deep_net", "first_gradient", "picture_10"]

DEPTH, WIDTH, SAMPLES = 10, 8, 8


def deep_net(activation: str = "sigmoid", start: str = "small", residual: bool = False, normalise: bool = False) -> Any:
    """Ten layers of eight nodes and a linear output; every cure is one switch.

    Args:
        activation: "sigmoid", "tanh" or "relu".
        start: "small" (uniform within 0.5) or "xavier".
        residual: whether each layer's input is added to its output.
        normalise: whether a batch normalisation stands before each activation.
    """
    kinds = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}
    rng = np.random.default_rng(0)
    layers: list[Any] = []
    for _ in range(DEPTH):
        linear = _filled(nn.Linear(WIDTH, WIDTH), start, rng)
        parts = [linear, nn.BatchNorm(WIDTH)] if normalise else [linear]
        block = nn.Sequential(*parts, kinds[activation]())
        layers.append(nn.Residual(block) if residual else block)
    return nn.Sequential(*layers, _filled(nn.Linear(WIDTH, 1), start, rng))


def _filled(linear: Any, start: str, rng: np.random.Generator) -> Any:
    if start == "xavier":
        init.xavier_uniform(linear.weight, rng=rng)
    else:
        init.uniform(linear.weight, -0.5, 0.5, rng=rng)
    init.zeros(linear.bias)
    return linear


def samples() -> tuple[np.ndarray, np.ndarray]:
    """Eight inputs and targets, the same for every network."""
    rng = np.random.default_rng(1)
    x = rng.uniform(-1.0, 1.0, (SAMPLES, WIDTH))
    return x, x[:, :1] - x[:, 1:2]


@cache
def first_gradient(**switches: Any) -> tuple[float, float]:
    """The norm of the gradient of the first layer's weights, and of the last layer's."""
    net = deep_net(**switches)
    x, y = samples()
    losses.mse(net(x), y).backward()
    parameters = net.parameters()
    return _norm(parameters[: WIDTH * WIDTH]), _norm(parameters[-WIDTH - 1 : -1])


def _norm(parameters: list[Any]) -> float:
    return float(np.linalg.norm(grads(parameters)))


def by_hand() -> float:
    """The same norm for the network without any cure, from the delta rule in plain NumPy (batches as X W^T)."""
    parameters = data(deep_net().parameters())
    square, x, y = WIDTH * (WIDTH + 1), *samples()
    weights = [parameters[i * square : i * square + WIDTH * WIDTH].reshape(WIDTH, WIDTH) for i in range(DEPTH)]
    last = parameters[DEPTH * square : -1].reshape(1, WIDTH)
    a = [x]
    for W in weights:
        a.append(1 / (1 + np.exp(-a[-1] @ W.T)))
    error = (2 / SAMPLES) * (a[-1] @ last.T - y) @ last
    for W, below, above in zip(weights[::-1], a[-2::-1], a[:0:-1], strict=True):
        delta = error * above * (1 - above)
        error, gradient = delta @ W, delta.T @ below
    return float(np.linalg.norm(gradient))


CURES: tuple[tuple[str, str | None, dict[str, Any], str], ...] = (
    ("ReLU", "ReLU activation", {"activation": "relu"},
     "Its slope is 1 where it is on. It doesn't cure everything: the weights here are small and shrink the gradient "
     "by themselves."),
    ("Xavier", "Xavier initialisation", {"start": "xavier"},
     "Still a sigmoid, so still at most 0.25 per layer: Xavier's rule takes a slope of 1 for granted, and helps a "
     "little."),
    ("Xavier and tanh", None, {"start": "xavier", "activation": "tanh"},
     "With an activation of slope 1 at 0 it does what it promises."),
    ("residual", "residual connections", {"residual": True}, "x + layer(x): the gradient has a way around each layer."),
    ("batch normalisation", "batch normalisation", {"normalise": True},
     "Each z is brought to spread 1 over the batch, which undoes the small weights."),
)  # fmt: skip


def claim_10() -> list[Figure]:
    """The first layer's gradient without a cure, and with each; then how much is lost from the last to the first."""
    before, last = first_gradient()
    figures = [
        close("no cure", "nearly vanished", before, by_hand(), 1e-12 * before,
              note="The norm of dL/dW of the first of ten sigmoid layers, compared with the delta rule in plain NumPy. "
              "The document names four cures and gives no figures; network and data are ours."),
        holds("no cure, last layer", None, last, last > 1e4 * before),
    ]  # fmt: skip
    for name, text, switches, note in CURES:
        after, _ = first_gradient(**switches)
        figures.append(
            holds(name, text, [before, after], after > 3 * before, note=f"The same norm, before and after. {note}")
        )
    gains = [math.log10(first_gradient(**switches)[0] / before) for _, _, switches, _ in CURES]
    return [
        *figures,
        holds("powers of ten won", None, [round(gain, 1) for gain in gains], min(gains) > 0,
              note="In the order above. Every one helps, by very different amounts."),
    ]  # fmt: skip


def picture_10() -> str:
    """The first layer's gradient with each cure, on a logarithmic scale."""
    from ..render import norms_svg  # costs time that the numbers alone need not pay

    norms = {"no cure": first_gradient()[0]}
    norms |= {name: first_gradient(**switches)[0] for name, _, switches, _ in CURES}
    return norms_svg(norms, title="What reaches the first of ten layers", note="the norm of dL/dW1")
