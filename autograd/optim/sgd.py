"""Gradient descent, plain and with momentum."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError
from .arguments import at_least, flag
from .optimiser import Array, Optimizer
from .sums import uphill_or_decayed

__all__ = ["SGD"]


class SGD(Optimizer):
    """Gradient descent: w <- w - lr g, with momentum if asked for.

    With momentum m and dampening d, b <- m b + (1 - d) g (in the first step b = g) and w <- w - lr b; Nesterov's
    form goes along g + m b instead. Weight decay adds weight_decay w to g first.

    Args:
        params: the Values to train, as from ``model.parameters()``.
        lr: the learning rate.
        momentum: the share of the last direction that is kept; 0: none.
        dampening: the share of the gradient that momentum leaves out.
        weight_decay: the strength of the L2 penalty.
        nesterov: look ahead along the momentum.
        maximize: go up instead of down.

    Raises:
        ArgumentError: no parameters, a number out of range, or `nesterov` without momentum or with dampening.

    Example:
        >>> from autograd import Value
        >>> w = Value(1.0, "w")
        >>> (w * w).backward()
        >>> SGD([w], lr=0.25).step()
        >>> w.data
        0.5
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {"momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        super().__init__(params, lr, {**options, "nesterov": nesterov, "maximize": maximize})

    def _checked(self, options: dict[str, Any]) -> dict[str, Any]:
        checked = {
            "momentum": at_least("SGD: momentum", options["momentum"]),
            "dampening": at_least("SGD: dampening", options["dampening"], -math.inf),
            "weight_decay": at_least("SGD: weight_decay", options["weight_decay"]),
            "nesterov": flag("SGD: nesterov", options["nesterov"]),
            "maximize": flag("SGD: maximize", options["maximize"]),
        }
        if checked["nesterov"] and (checked["momentum"] == 0 or checked["dampening"] != 0):
            raise ArgumentError(
                "SGD: nesterov needs a momentum above 0 and a dampening of 0, "
                f"got momentum={checked['momentum']!r}, dampening={checked['dampening']!r}"
            )
        return checked

    def _layout(self) -> tuple[str, ...]:
        return ("momentum_buffer",) if self._options["momentum"] else ()

    def _constants(self) -> dict[str, float]:
        return {"momentum": self._options["momentum"], "share": 1 - self._options["dampening"]}

    def _rule(
        self, weights: Array, gradients: Array, state: tuple[Array, ...], work: tuple[Array, ...], count: int
    ) -> None:
        options, fixed = self._options, self._fixed
        a, b = work
        g = uphill_or_decayed(weights, gradients, options["maximize"], options["weight_decay"], a)
        if state:
            (buffer,) = state
            if count == 1:
                np.copyto(buffer, g)
            else:
                np.multiply(buffer, fixed["momentum"], buffer)
                if options["dampening"]:
                    np.multiply(g, fixed["share"], b)
                    np.add(buffer, b, buffer)
                else:
                    np.add(buffer, g, buffer)
            if options["nesterov"]:
                np.multiply(buffer, fixed["momentum"], b)
                np.add(g, b, b)
                g = b
            else:
                g = buffer
        np.multiply(g, self._lr, a)
        np.subtract(weights, a, weights)
