"""How a run goes: the loss step by step, and what its curve says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ..engine.op import number
from ..engine.value import Value
from ..errors import shown
from .groups import Statistics, groups_of, parameters_of, plain
from .limits import Finding, Limits

__all__ = ["History"]


class History:
    """The losses of a run, and what is wrong with them.

    Where an epoch has many mini-batches, record the mean of their losses: single batches bounce by nature.

    Args:
        limits: from where on something counts as trouble.

    Example:
        >>> history = History()
        >>> for step in range(20):
        ...     history.record(1.0 + 0.5 * (-1) ** step)
        >>> history.verdict, history.findings[0].cure
        ('oscillating', 'lower the learning rate')
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.losses: list[float] = []
        self.norms: list[float] = []  # of the gradient, for every step recorded with a model
        self._first_bad = ""
        self._before: dict[Any, float] = {}
        self._now: dict[Any, float] = {}

    def record(self, loss: Any, model: Any = None) -> None:
        """Note down the loss of a step, once a step, behind ``optimizer.step()``.

        Args:
            loss: a number or a Value.
            model: as :func:`report` takes it: the size of its gradient tells a run that crawls from one that has
                arrived, and its weights tell the size of a step.

        Raises:
            OperandError: `loss` is no number.
        """
        self.losses.append(number(loss._data if isinstance(loss, Value) else loss))
        if not self._first_bad and not math.isfinite(self.losses[-1]):
            self._first_bad = f"the loss is {self.losses[-1]} in step {len(self.losses)}"
        if model is None:
            return
        members = parameters_of(model)
        gradients = [0.0 if p._grad is None else plain(p._grad) for p in members]
        self.norms.append(Statistics.of(gradients).norm)
        self._before, self._now = self._now, {p: p._data for p in members}
        if not self._first_bad:
            bad = [
                (p, x) for p, g in zip(members, gradients, strict=True) for x in (g, p._data) if not math.isfinite(x)
            ]
            if bad:
                names = {p: name for group in groups_of(model) for name, p in group.members}
                self._first_bad = f"{shown(names[bad[0][0]])} or its gradient is {bad[0][1]} in step {len(self.losses)}"

    @property
    def before(self) -> dict[Any, float] | None:
        """The weights at the record before the last; None: there is none."""
        return self._before or None

    @property
    def verdict(self) -> str:
        """ "not finite", "exploding", "oscillating", "crawling", "converged" or "healthy"."""
        if self.findings:
            return self.findings[0].verdict
        return "converged" if self._arrived() else "healthy"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong; empty where nothing is, or where there are too few losses to tell."""
        if self._first_bad:
            return (Finding("not finite", self._first_bad),)
        recent, limits = self.losses[-self.limits.window :], self.limits
        smallest = min(self.losses, default=0.0)
        if len(recent) > 1 and recent[-1] > recent[0] and recent[-1] > limits.blown * smallest > 0:
            return (Finding("exploding", f"the loss is {recent[-1]:.2e}, and was {smallest:.2e}"),)
        if len(recent) < limits.window:
            return ()
        bounce = _bounce(recent, limits)
        if bounce:
            return (Finding("oscillating", bounce),)
        fall = _fall(recent)
        if fall < limits.slow and not self._arrived():
            return (Finding("crawling", f"the loss falls by {fall:.2e} of itself in a step"),)
        return ()

    def _arrived(self) -> bool:
        """Whether the loss stands still because there is nothing left to gain."""
        recent = self.losses[-self.limits.window :]
        if len(recent) < self.limits.window or _fall(recent) >= self.limits.slow:
            return False
        return recent[-1] == 0 or (len(self.norms) > 1 and self.norms[-1] <= self.limits.converged * max(self.norms))

    def __repr__(self) -> str:
        last = f", the last loss {self.losses[-1]:.6g}" if self.losses else ""
        return f"History of {len(self.losses)} steps{last}: {self.verdict}"


def _bounce(losses: Sequence[float], limits: Limits) -> str:
    """In words, how the loss goes up and down without getting anywhere; "" if it doesn't."""
    steps = [b - a for a, b in pairwise(losses)]
    turns = [a * b < 0 for a, b in pairwise(steps)]
    size = math.fsum(map(abs, steps)) / len(steps)
    middle = math.fsum(losses) / len(losses)
    half = len(losses) // 2
    progress = abs(math.fsum(losses[:half]) - math.fsum(losses[-half:])) / half
    if sum(turns) < limits.turns * len(turns) or size <= limits.bounce * abs(middle) or progress > size:
        return ""
    return (
        f"the loss turned round in {sum(turns)} of its last {len(turns)} steps, by {size / abs(middle):.1%} of itself"
    )


def _fall(losses: Sequence[float]) -> float:
    """By which part of itself the loss falls in a step, on average; a negative loss counts by its size."""
    first, last = losses[0], losses[-1]
    if first > 0 and last > 0:
        return 1 - math.exp(math.log(last / first) / (len(losses) - 1)) if last / first > 0 else 1.0
    return (first - last) / (max(abs(first), abs(last)) or 1.0) / (len(losses) - 1)
