"""Claim 3.5: vanishing, slow and oscillating runs, each reproduced and cured; and clipping, for the exploding one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from .. import nn
from ..engine.value import Value
from ..functions.arrays import data
from ..functions.elementary import absolute
from ..nn import init, losses, monitor, optim
from .claims import Figure, close, exactly, holds

__all__ = ["clipped", "descend", "oscillating", "slow", "vanishing"]


class Descent(NamedTuple):
    """The losses of a run, before each step and after the last, and where it ended."""

    losses: tuple[float, ...]
    w: float


def descend(
    loss: Callable[[Value], Value], rate: float, steps: int, kind: str = "SGD", clip: float | None = None
) -> Descent:
    """Move one weight, from 0, down a loss of w - 3.

    Example:
        >>> descend(lambda d: d**2, 0.25, 2)
        Descent(losses=(9.0, 2.25, 0.5625), w=2.25)
    """
    w = Value(0.0, "w")
    kinds: dict[str, Callable[..., Any]] = {"SGD": optim.SGD, "Adam": optim.Adam}
    optimizer = kinds[kind]([w], lr=rate)
    history = []
    for _ in range(steps):
        now = loss(w - 3.0)
        history.append(now.data)
        optimizer.zero_grad()
        now.backward()
        if clip is not None:
            optim.clip_grad_value([w], clip_value=clip)
        optimizer.step()
    return Descent((*history, loss(w - 3.0).data), w.data)


def square(d: Value) -> Value:
    """d^2."""
    power: Value = d**2
    return power


def tiny(d: Value) -> Value:
    """A millionth of d^2."""
    return 1e-6 * square(d)


WIDTH = 6

# --- vanishing ---------------------------------------------------------------------------------------------


class Deep(NamedTuple):
    """What training did: the loss before and after, and how far the first and the last layer's weights moved."""

    losses: tuple[float, float]
    first: float
    last: float


@cache
def deep(cure: str = "", steps: int = 20) -> Deep:
    """Train eight layers of six nodes on ten examples; `cure` is "", "ReLU" or "batch normalisation"."""
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
    parameters = net.parameters()
    optimizer = optim.SGD(parameters, lr=0.05)
    start, history = data(parameters), []
    for _ in range(steps):
        loss = losses.mse(net(x), y)
        history.append(loss.data)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    moved = data(parameters) - start
    return Deep(
        (history[0], history[-1]),
        float(np.linalg.norm(moved[: 3 * WIDTH])),
        float(np.linalg.norm(moved[-WIDTH - 1 : -1])),
    )


def vanishing() -> list[Figure]:
    """Eight sigmoid layers: the first ones stand still; then with ReLU, and with batch normalisation."""
    before, relus, normal = deep(), deep("ReLU"), deep("batch normalisation")
    return [
        holds("vanishing: first, last", "early layers don't learn", [before.first, before.last],
              before.first < 1e-4 * before.last,
              note="How far the weights of the first and of the last of nine layers moved in 20 steps, with sigmoids."),
        holds("with ReLU", "use ReLU", [relus.first, relus.last], relus.first > 1000 * before.first,
              note="With Kaiming's starting weights, as ReLUs need."),
        holds("with batch normalisation", "batch normalization", [normal.first, normal.last],
              normal.first > 1000 * before.first),
        holds("loss, sigmoids", None, list(before.losses), before.losses[1] < before.losses[0],
              note="First and last. It falls a little all the same: the last layer learns the mean of the targets. A "
              "falling loss doesn't say that the early layers learn."),
    ]  # fmt: skip


# --- exploding, slow, oscillating ----------------------------------------------------------------------------


def clipped() -> list[Figure]:
    """The diverging run again, with its gradient clipped."""
    run = descend(square, rate=10.0, steps=200, clip=0.01)
    return [
        holds("clipped at 0.01", "gradient clipping", max(run.losses), max(run.losses) == run.losses[0] == 9.0,
              note="Rate 10 as before, and no step can be longer than 0.1: the loss never rises above where it began."),
        holds("and its last losses", None, list(run.losses[-2:]), max(run.losses[-20:]) <= 0.01 + 1e-12,
              note="It doesn't settle either: it stays within one step of the minimum. Clipping bounds the step; only "
              "a lower rate lets the run converge."),
    ]  # fmt: skip


def slow() -> list[Figure]:
    """A loss that decreases very slowly, with a larger rate, and with Adam."""
    crawling, faster, adam = (
        descend(square, 1e-5, 100),
        descend(square, 0.1, 100),
        descend(square, 0.1, 100, kind="Adam"),
    )
    flat, helped = descend(tiny, 0.1, 100), descend(tiny, 0.1, 100, kind="Adam")
    return [
        close("slow: rate 0.00001", "decreases very slowly", crawling.losses[-1], 9.0 * (1 - 2e-5) ** 200, 1e-12,
              note="The loss (w - 3)^2, 9 at first, after 100 steps."),
        close("rate 0.1", "increase learning rate", faster.losses[-1], 9.0 * 0.8**200, 1e-12),
        holds("Adam, rate 0.1", "use Adam", adam.losses[-1], faster.losses[-1] < adam.losses[-1] < 0.1,
              note="Better than the slow run, and worse than plain descent at the same rate: on one well-scaled weight "
              "Adam has nothing to offer."),
        holds("1e-6 (w - 3)^2, SGD, Adam", "use Adam", [flat.w, helped.w], flat.w < 1e-3 and abs(helped.w - 3) < 0.3,
              note="Where w got to in 100 steps at rate 0.1. Here the slope is tiny, and Adam is the cure."),
    ]  # fmt: skip


def _verdict(run: Descent) -> str:
    history = monitor.History()
    for loss in run.losses:
        history.record(loss)
    return history.verdict


def oscillating() -> list[Figure]:
    """A loss that bounces, and one whose weight bounces while the loss falls."""
    bouncing, lower = descend(absolute, 0.75, 40), descend(absolute, 0.01, 400)
    uneven = descend(absolute, 0.7, 40)
    across, edge = descend(square, 0.95, 20), descend(square, 1.0, 20)
    return [
        close("oscillating: |w - 3|", "bounces up and down", uneven.losses[-4:], [0.5, 0.2, 0.5, 0.2], 1e-12,
              note="Rate 0.7 on the absolute error, whose slope keeps its size: w goes 2.1, 2.8, 3.5, 2.8, 3.5 ... "
              "for ever. The last four losses."),
        exactly("what the monitor says", None, [_verdict(uneven), _verdict(descend(square, 1e-5, 100))],
                ["oscillating", "crawling"], note="Of this run and of the slow one, by monitor.History."),
        exactly("rate 0.75", None, bouncing.losses[4:8], [0.0, 0.0, 0.0, 0.0],
                note="A rate that happens to land on the minimum exactly stays: the slope of |d| at 0 counts as 0."),
        holds("rate 0.01", "decrease learning rate", max(lower.losses[-20:]), max(lower.losses[-20:]) <= 0.01 + 1e-12,
              note="Still from one side to the other, by no more than one step."),
        close("(w - 3)^2, rate 0.95", "bounces up and down", list(across.losses[:4]),
              [9.0 * 0.9 ** (2 * n) for n in range(4)], 1e-12,
              note="The weight jumps across the minimum at every step, and the loss falls all the same."),
        exactly("rate 1", None, [edge.losses[0], edge.losses[-1]], [9.0, 9.0],
                note="The edge: w is 0, 6, 0, 6 ... with the same loss. Above it the run diverges; on a parabola a "
                "loss can fall or grow, but not bounce."),
    ]  # fmt: skip
