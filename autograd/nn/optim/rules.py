"""Gradient descent, plain and with momentum."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ...engine.op import number
from ...engine.value import Value
from ...errors import AnomalyError, ArgumentError, OperandError
from .optimiser import Array, Optimizer, at_least, flag, trainable

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "RMSprop", "clip_grad_norm", "clip_grad_value"]

# --- sums ---------------------------------------------------------------------------------------------------------
#
# Steps that several rules share, on arrays that exist already.


def uphill_or_decayed(weights: Array, gradients: Array, maximize: bool, weight_decay: float, out: Array) -> Array:
    """The gradient that a rule sees: negated to go up, the L2 penalty's slope added; in `out` if it is a new one."""
    if weight_decay:
        np.multiply(weights, weight_decay, out)
        (np.subtract if maximize else np.add)(out, gradients, out)
        return out
    return np.negative(gradients, out) if maximize else gradients


def towards(mean: Array, g: Array, kept: Any, share: Any, scratch: Array) -> None:
    """Move a running mean towards g by its share, in the order of operations that rounds least."""
    np.subtract(g, mean, scratch)
    if share < 0.5:
        np.multiply(scratch, share, scratch)
        np.add(mean, scratch, mean)
    else:
        np.multiply(scratch, kept, scratch)
        np.subtract(g, scratch, mean)


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


# --- adam ---------------------------------------------------------------------------------------------------------
#
# Adam and AdamW: momentum, and a step size for each parameter.


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


# --- adaptive -----------------------------------------------------------------------------------------------------
#
# Optimisers that divide each gradient by the size of those before it.


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


# --- clipping -----------------------------------------------------------------------------------------------------
#
# Clipping: the cure for gradients that explode, by their common norm or one by one.


def clip_grad_norm(
    params: Iterable[Any] | Value, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> float:
    """Scale all gradients by one factor so that their norm is at most `max_norm`; their direction stays.

    The factor is min(1, max_norm / (norm + 1e-6)). Gradients are changed in place and become plain numbers; a
    parameter that no backward has reached is left out.

    Args:
        params: the Values whose gradients are clipped; one alone will do.
        max_norm: the largest norm that stays as it is.
        norm_type: p of the p-norm; ``inf`` for the largest absolute value.
        error_if_nonfinite: refuse a norm that is infinite or NaN, with all gradients as they were; else it passes
            through, as in PyTorch.

    Returns:
        The norm before clipping; 0.0 without gradients.

    Raises:
        AnomalyError: the norm is infinite or NaN, and `error_if_nonfinite`.
        ArgumentError: `max_norm` is negative or NaN, or `norm_type` NaN.

    Example:
        >>> a, b = Value(0.0), Value(0.0)
        >>> a.grad, b.grad = 30.0, 40.0
        >>> clip_grad_norm([a, b], max_norm=5.0)
        50.0
        >>> print(f"{a.grad:.4f} {b.grad:.4f}")
        3.0000 4.0000
    """
    p = number(float(norm_type) if isinstance(norm_type, str) else norm_type)
    limit = number(max_norm)
    if math.isnan(p) or not limit >= 0:
        raise ArgumentError(f"clip_grad_norm: max_norm is at least 0, norm_type a number; got {limit!r} and {p!r}")
    reached = _reached(params, "clip_grad_norm")
    gradients = np.array([getattr(v._grad, "_data", v._grad) for v in reached], dtype=np.float64)
    norm = _norm(gradients, p)
    if error_if_nonfinite and not math.isfinite(norm):
        raise AnomalyError(
            f"clip_grad_norm: the norm of the gradients is {norm!r}, so they cannot be scaled; detect_anomaly() "
            "finds where it comes from, error_if_nonfinite=False lets it pass"
        )
    scale = limit / (norm + 1e-6)
    _write(reached, [g * (1.0 if scale > 1.0 else scale) for g in gradients.tolist()])
    return norm


def clip_grad_value(params: Iterable[Any] | Value, clip_value: float) -> None:
    """Cut every gradient to [-clip_value, clip_value], each for itself; their direction changes.

    Args:
        params: the Values whose gradients are clipped; one alone will do.
        clip_value: the largest absolute value that stays as it is.

    Raises:
        ArgumentError: `clip_value` is negative, infinite or NaN.

    Example:
        >>> a, b = Value(0.0), Value(0.0)
        >>> a.grad, b.grad = 30.0, 0.4
        >>> clip_grad_value([a, b], 1.0)
        >>> a.grad, b.grad
        (1.0, 0.4)
    """
    limit = at_least("clip_grad_value: clip_value", clip_value)
    reached = _reached(params, "clip_grad_value")
    gradients = [float(getattr(v._grad, "_data", v._grad)) for v in reached]
    _write(reached, [limit if g > limit else -limit if g < -limit else g for g in gradients])


def _reached(params: Iterable[Any] | Value, who: str) -> list[Value]:
    found = trainable([params] if isinstance(params, Value) else params, who)
    return [v for v in found if v._grad is not None]


def _write(reached: list[Value], gradients: list[float]) -> None:
    for v, gradient in zip(reached, gradients, strict=True):
        v._grad = gradient


def _norm(gradients: np.ndarray[Any, np.dtype[np.float64]], p: float) -> float:
    """(sum |g|^p)^(1/p), over numbers divided by their largest first: 1e200 squared would overflow."""
    sizes = np.abs(gradients)
    if not sizes.size:
        return 0.0
    if np.isnan(sizes).any():
        return math.nan
    if p == 2:
        return math.hypot(*gradients.tolist())
    if p == 0:
        return float(np.count_nonzero(sizes))
    largest = float(sizes.max())
    if math.isinf(p) or largest in (0.0, math.inf):
        return float(sizes.min()) if p < 0 else largest
    with np.errstate(all="ignore"):
        return float(largest * np.sum((sizes / largest) ** p) ** (1 / p))
