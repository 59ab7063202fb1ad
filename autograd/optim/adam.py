"""Adam and AdamW: momentum, and a step size for each parameter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError, OperandError
from .arguments import at_least, flag
from .optimiser import Array, Optimizer
from .sums import towards, uphill_or_decayed

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """Adam: momentum, divided by the root of the mean squared gradient, both corrected for their start at 0.

    m <- beta1 m + (1 - beta1) g; v <- beta2 v + (1 - beta2) g^2; and in step t
    w <- w - lr / (1 - beta1^t) * m / (sqrt(v / (1 - beta2^t)) + eps). The first step is about lr, whatever the
    gradient's size.

    Args:
        params: the Values to train, as from ``model.parameters()``.
        lr: the learning rate.
        betas: how much of m and of v is kept in a step.
        eps: what keeps the divisor from 0.
        weight_decay: the strength of the L2 penalty, added to the gradient.
        amsgrad: divide by the largest v so far.
        maximize: go up instead of down.

    Raises:
        ArgumentError: no parameters, or a number out of range.

    Source:
        Kingma and Ba, "Adam: a method for stochastic optimization", 2015.

    Example:
        >>> from autograd import Value
        >>> w = Value(1.0, "w")
        >>> (w * 1000).backward()
        >>> Adam([w], lr=0.25).step()
        >>> print(f"{w.data:.6f}")
        0.750000
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {"betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        super().__init__(params, lr, {**options, "maximize": maximize})

    def _checked(self, options: dict[str, Any]) -> dict[str, Any]:
        who = type(self).__name__
        betas = options["betas"]
        if not isinstance(betas, tuple | list | np.ndarray):
            raise OperandError(f"{who}: betas is a pair of numbers, got a {type(betas).__name__}")
        if len(betas) != 2:
            raise ArgumentError(f"{who}: betas is a pair of numbers, got {len(betas)}")
        return {
            "betas": tuple(at_least(f"{who}: betas[{i}]", beta, below=1.0) for i, beta in enumerate(betas)),
            "eps": at_least(f"{who}: eps", options["eps"]),
            "weight_decay": at_least(f"{who}: weight_decay", options["weight_decay"]),
            "amsgrad": flag(f"{who}: amsgrad", options["amsgrad"]),
            "maximize": flag(f"{who}: maximize", options["maximize"]),
        }

    def _layout(self) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")[: 3 if self._options["amsgrad"] else 2]

    def _constants(self) -> dict[str, float]:
        options = self._options
        beta1, beta2 = options["betas"]
        return {"beta1": beta1, "rest1": 1 - beta1, "beta2": beta2, "rest2": 1 - beta2, "eps": 0.0, "rate": 0.0}

    def _decayed(self, weights: Array, gradients: Array, out: Array) -> Array:
        """The gradient, with the penalty's slope; AdamW shrinks the weights instead."""
        return uphill_or_decayed(weights, gradients, self._options["maximize"], self._options["weight_decay"], out)

    def _rule(
        self, weights: Array, gradients: Array, state: tuple[Array, ...], work: tuple[Array, ...], count: int
    ) -> None:
        fixed = self._fixed
        a, b = work
        beta1, beta2 = self._options["betas"]
        g = self._decayed(weights, gradients, b)
        m, v = state[0], state[1]
        towards(m, g, fixed["beta1"], fixed["rest1"], a)
        np.multiply(v, fixed["beta2"], v)
        np.multiply(g, fixed["rest2"], a)
        np.multiply(a, g, a)
        np.add(v, a, v)
        if len(state) == 3:
            v = np.maximum(state[2], v, out=state[2])
        # sqrt(v / (1 - beta2^t)) + eps stands in the divisor; its factor goes into eps and the rate, which are numbers.
        scale = (1 - beta2**count) ** 0.5
        fixed["eps"][()] = self._options["eps"] * scale
        fixed["rate"][()] = self._lr * scale / (1 - beta1**count)
        np.sqrt(v, a)
        np.add(a, fixed["eps"], a)
        np.divide(m, a, a)
        np.multiply(a, fixed["rate"], a)
        np.subtract(weights, a, weights)


class AdamW(Adam):
    """Adam with decoupled weight decay: w <- (1 - lr weight_decay) w, then Adam's step by the gradient alone.

    Args:
        params: the Values to train, as from ``model.parameters()``.
        lr: the learning rate.
        betas: how much of the mean and of the mean square is kept in a step.
        eps: what keeps the divisor from 0.
        weight_decay: the share of a weight, times lr, that goes in every step.
        amsgrad: divide by the largest mean square so far.
        maximize: go up instead of down.

    Raises:
        ArgumentError: no parameters, or a number out of range.

    Source:
        Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.

    Example:
        >>> from autograd import Value
        >>> w = Value(1.0, "w")
        >>> w.grad = 0.0
        >>> AdamW([w], lr=0.5, weight_decay=0.5).step()
        >>> w.data
        0.75
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def _decayed(self, weights: Array, gradients: Array, out: Array) -> Array:
        if self._options["weight_decay"]:
            np.multiply(weights, 1 - self._lr * self._options["weight_decay"], weights)
        return np.negative(gradients, out) if self._options["maximize"] else gradients
