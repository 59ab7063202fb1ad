"""Optimisers that divide each gradient by the size of those before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .arguments import at_least, flag
from .optimiser import Array, Optimizer
from .sums import towards, uphill_or_decayed

__all__ = ["Adagrad", "RMSprop"]


class RMSprop(Optimizer):
    """RMSprop: the gradient divided by the root of its mean square, v <- alpha v + (1 - alpha) g^2.

    w <- w - lr g / (sqrt(v) + eps); `centered` takes the mean gradient's square off v; with momentum, the quotient
    goes into b <- momentum b + g / (sqrt(v) + eps), and w <- w - lr b.

    Args:
        params: the Values to train, as from ``model.parameters()``.
        lr: the learning rate.
        alpha: how much of v is kept in a step.
        eps: what keeps the divisor from 0.
        weight_decay: the strength of the L2 penalty, added to the gradient.
        momentum: the share of the last direction that is kept; 0: none.
        centered: divide by an estimate of the gradient's standard deviation.
        maximize: go up instead of down.

    Raises:
        ArgumentError: no parameters, or a number out of range.

    Source:
        Tieleman and Hinton, "Lecture 6.5: rmsprop", 2012; the centred form is Graves's, 2013.

    Example:
        >>> from autograd import Value
        >>> w = Value(1.0, "w")
        >>> w.grad = 8.0
        >>> RMSprop([w], lr=0.25, alpha=0.75, eps=0.0).step()
        >>> w.data
        0.5
    """

    SCRATCH = 3

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {"alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__(params, lr, {**options, "centered": centered, "maximize": maximize})

    def _checked(self, options: dict[str, Any]) -> dict[str, Any]:
        names = ("alpha", "eps", "weight_decay", "momentum")
        checked: dict[str, Any] = {name: at_least(f"RMSprop: {name}", options[name]) for name in names}
        return {**checked, **{name: flag(f"RMSprop: {name}", options[name]) for name in ("centered", "maximize")}}

    def _layout(self) -> tuple[str, ...]:
        options = self._options
        return (
            "square_avg",
            *(("grad_avg",) if options["centered"] else ()),
            *(("momentum_buffer",) if options["momentum"] else ()),
        )

    def _constants(self) -> dict[str, float]:
        options = {name: self._options[name] for name in ("alpha", "eps", "momentum")}
        return {**options, "rest": 1 - options["alpha"]}

    def _rule(
        self, weights: Array, gradients: Array, state: tuple[Array, ...], work: tuple[Array, ...], count: int
    ) -> None:
        options, fixed = self._options, self._fixed
        a, b, c = work
        g = uphill_or_decayed(weights, gradients, options["maximize"], options["weight_decay"], c)
        v = state[0]
        np.multiply(v, fixed["alpha"], v)
        np.multiply(g, fixed["rest"], a)
        np.multiply(a, g, a)
        np.add(v, a, v)
        if options["centered"]:
            mean = state[1]
            towards(mean, g, fixed["alpha"], fixed["rest"], a)
            np.multiply(mean, mean, a)
            v = np.subtract(v, a, a)
        np.sqrt(v, a)
        np.add(a, fixed["eps"], a)
        if options["momentum"]:
            buffer = state[-1]
            np.multiply(buffer, fixed["momentum"], buffer)
            np.divide(g, a, b)
            np.add(buffer, b, buffer)
            np.multiply(buffer, self._lr, b)
        else:
            np.multiply(g, self._lr, b)
            np.divide(b, a, b)
        np.subtract(weights, b, weights)


class Adagrad(Optimizer):
    """Adagrad: the gradient divided by the root of the sum of all its squares so far, s <- s + g^2.

    In step t, w <- w - lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + eps).

    Args:
        params: the Values to train, as from ``model.parameters()``.
        lr: the learning rate.
        lr_decay: how fast the rate falls with the steps.
        weight_decay: the strength of the L2 penalty, added to the gradient.
        initial_accumulator_value: what s starts from.
        eps: what keeps the divisor from 0.
        maximize: go up instead of down.

    Raises:
        ArgumentError: no parameters, or a number out of range.

    Source:
        Duchi, Hazan and Singer, "Adaptive subgradient methods", 2011.

    Example:
        >>> from autograd import Value
        >>> w = Value(1.0, "w")
        >>> w.grad = 1000.0
        >>> Adagrad([w], lr=0.25).step()
        >>> print(f"{w.data:.6f}")
        0.750000
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        options = {"lr_decay": lr_decay, "weight_decay": weight_decay, "eps": eps, "maximize": maximize}
        super().__init__(params, lr, {**options, "initial_accumulator_value": initial_accumulator_value})

    def _checked(self, options: dict[str, Any]) -> dict[str, Any]:
        names = ("lr_decay", "weight_decay", "initial_accumulator_value", "eps")
        checked: dict[str, Any] = {name: at_least(f"Adagrad: {name}", options[name]) for name in names}
        return {**checked, "maximize": flag("Adagrad: maximize", options["maximize"])}

    def _layout(self) -> tuple[str, ...]:
        return ("sum",)

    def _start(self) -> float:
        return float(self._options["initial_accumulator_value"])

    def _constants(self) -> dict[str, float]:
        return {"eps": self._options["eps"]}

    def _rule(
        self, weights: Array, gradients: Array, state: tuple[Array, ...], work: tuple[Array, ...], count: int
    ) -> None:
        options = self._options
        a, b = work
        (total,) = state
        g = uphill_or_decayed(weights, gradients, options["maximize"], options["weight_decay"], b)
        np.multiply(g, g, a)
        np.add(total, a, total)
        np.sqrt(total, a)
        np.add(a, self._fixed["eps"], a)
        np.multiply(g, self._lr / (1 + (count - 1) * options["lr_decay"]), b)
        np.divide(b, a, b)
        np.subtract(weights, b, weights)
