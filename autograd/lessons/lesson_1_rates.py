"""Claim 1.11, its fourth mistake: a learning rate that is too large, and one that is too small."""

from __future__ import annotations

from functools import cache

from ..engine.value import Value
from ..nn import monitor, optim
from .claims import Figure, close, exactly, holds
from .curves import loss_svg

__all__ = ["loss_curve", "picture_11", "rates"]

RATES = {"too large": 1.05, "too small": 0.00001, "about right": 0.3}
STEPS = 50


@cache
def loss_curve(rate: float, steps: int = STEPS) -> tuple[float, ...]:
    """The loss (w - 3)^2 before each step of gradient descent from w = 0, and after the last.

    Example:
        >>> loss_curve(0.5, steps=1)
        (9.0, 0.0)
    """
    w = Value(0.0, "w")
    descent = optim.SGD([w], lr=rate)
    losses = []
    for _ in range(steps + 1):
        loss = (w - 3.0) ** 2
        losses.append(loss.data)
        descent.zero_grad()
        loss.backward()
        descent.step()
    return tuple(losses)


def rates() -> list[Figure]:
    """Three curves: one diverges, one crawls, one converges; each against its closed form."""
    figures = []
    notes = {
        "too large": "Each step multiplies w - 3 by 1 - 2 alpha = -1.1, so that the loss grows 1.21-fold: it diverges.",
        "too small": "The factor is 0.99998: the loss falls at every step, and after 50 steps 99.8 % of it is left.",
        "about right": "The factor is 0.4. The losses before steps 1, 11, 31 and 51, against 9 (1 - 2 alpha)^(2n).",
    }
    for name, rate in RATES.items():
        curve = loss_curve(rate)
        at = [0, 10, 30, 50]
        figures.append(close(f"loss, rate {rate:g}", name, [curve[n] for n in at],
                             [9.0 * (1 - 2 * rate) ** (2 * n) for n in at], 1e-9, note=notes[name]))  # fmt: skip
    diverging, crawling, good = (loss_curve(rate) for rate in RATES.values())
    return [
        *figures,
        holds("diverges", "too large: diverges", diverging[-1] / diverging[0], diverging[-1] > 1e4 * diverging[0],
              note="Last loss over first."),
        holds("crawls", "too small: slow convergence", crawling[-1] / crawling[0],
              0.99 < crawling[-1] / crawling[0] < 1),
        holds("converges", None, good[-1], good[-1] < 1e-24),
        exactly("what the monitor says", None, [_verdict(diverging), _verdict(crawling)], ["exploding", "crawling"],
                note="Of the first two curves, by monitor.History."),
    ]  # fmt: skip


def _verdict(curve: tuple[float, ...]) -> str:
    history = monitor.History()
    for loss in curve:
        history.record(loss)
    return history.verdict


def picture_11() -> str:
    """The three loss curves on a logarithmic scale, one line for each fifth step."""
    curves = {f"learning rate {rate:g}, {name}": loss_curve(rate) for name, rate in RATES.items()}
    return loss_svg(curves, range(0, 31, 5), "Three learning rates", "the loss (w - 3)^2", "step")
