"""The rules of the optimisers, each as one step on flat arrays, and clipping, the cure for gradients that explode."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...engine.op import number, plain
from ...engine.together import attributes, commit
from ...engine.value import Value
from ...errors import AnomalyError, ArgumentError
from ..arguments import at_least
from .optimiser import Array, Group, Optimizer, Rows, Work, trainable

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "RMSprop", "clip_grad_norm", "clip_grad_value"]

# The rules write into arrays that exist already, by NumPy's `out` and `+=`: as plain formulas they take up to 1.4 times
# as long. Of these arrays only `new` and `work` are theirs to write to.


def _uphill_or_decayed(w: Array, g: Array, options: dict[str, Any], out: Array) -> Array:
    """The gradient that a rule sees: negated to go up, the L2 penalty's slope added; in `out` if it is a new one."""
    if options["weight_decay"]:
        np.multiply(w, options["weight_decay"], out)
        return (np.subtract if options["maximize"] else np.add)(out, g, out)
    return np.negative(g, out) if options["maximize"] else g


def _mean(old: Array, g: Array, kept: Array, share: Array, new: Array, scratch: Array, slowly: bool) -> None:
    """A running mean moved towards g by its share; `slowly`, by less than half: in the order that rounds less then."""
    np.subtract(g, old, scratch)
    if slowly:
        scratch *= share
        np.add(old, scratch, new)
    else:
        scratch *= kept
        np.subtract(g, scratch, new)


def _mean_square(old: Array, g: Array, kept: Array, share: Array, new: Array, scratch: Array) -> None:
    """A running mean of squares with a share of the square of g."""
    np.multiply(old, kept, new)
    np.multiply(g, share, scratch)
    scratch *= g
    new += scratch


class SGD(Optimizer):
    """Gradient descent: w <- w - lr g, with momentum if asked for.

    With momentum m and dampening d, b <- m b + (1 - d) g (in the first step b = g) and w <- w - lr b; Nesterov's
    form goes along g + m b instead.

    Args:
        params, lr, weight_decay, maximize: see :class:`Optimizer`.
        momentum: the share of the last direction that is kept; 0: none.
        dampening: the share of the gradient that momentum leaves out.
        nesterov: look ahead along the momentum.

    Raises:
        ArgumentError: `nesterov` without momentum or with dampening, too.

    Example:
        >>> from autograd import Value
        >>> w = Value(1.0, "w")
        >>> (w * w).backward()
        >>> SGD([w], lr=0.25).step()
        >>> w.data
        0.5
    """

    STATE: ClassVar = {"momentum_buffer": "momentum"}

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0,
        weight_decay: float = 0.0, nesterov: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay,
            nesterov=nesterov, maximize=maximize,
        )  # fmt: skip

    @classmethod
    def _checked(cls, options: dict[str, Any]) -> dict[str, Any]:
        checked = super()._checked(options)
        if checked["nesterov"] and (checked["momentum"] == 0 or checked["dampening"] != 0):
            raise ArgumentError(
                "SGD: nesterov needs a momentum above 0 and a dampening of 0, "
                f"got momentum={checked['momentum']!r}, dampening={checked['dampening']!r}"
            )
        return checked

    def _rule(self, group: Group, w: Array, g: Array, old: Rows, new: Rows, work: Work, count: int) -> None:
        a, b = work
        g = _uphill_or_decayed(w, g, group, a)
        if group["momentum"]:
            buffer, momentum = new["momentum_buffer"], group.numbers["momentum"]
            if count == 1:
                np.copyto(buffer, g)
            else:
                np.multiply(old["momentum_buffer"], momentum, buffer)
                buffer += np.multiply(g, 1 - group["dampening"], b) if group["dampening"] else g
            g = np.add(g, np.multiply(buffer, momentum, b), b) if group["nesterov"] else buffer
        np.subtract(w, np.multiply(g, group.numbers["lr"], a), new["weights"])


class Adam(Optimizer):
    """Adam: momentum, divided by the root of the mean squared gradient, both corrected for their start at 0.

    m <- beta1 m + (1 - beta1) g; v <- beta2 v + (1 - beta2) g^2; and in step t
    w <- w - lr / (1 - beta1^t) * m / (sqrt(v / (1 - beta2^t)) + eps). The first step is about lr, whatever the
    gradient's size.

    Args:
        params, lr, weight_decay, maximize: see :class:`Optimizer`.
        betas: how much of m and of v is kept in a step.
        eps: what keeps the divisor from 0.
        amsgrad: divide by the largest v so far.

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

    STATE: ClassVar = {"exp_avg": "", "exp_avg_sq": "", "max_exp_avg_sq": "amsgrad"}

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize
        )

    @classmethod
    def _numbers(cls, options: dict[str, Any]) -> dict[str, float]:
        beta1, beta2 = options["betas"]
        return {"beta1": beta1, "rest1": 1 - beta1, "beta2": beta2, "rest2": 1 - beta2, "eps": 0.0, "rate": 0.0}

    def _decayed(self, group: Group, w: Array, g: Array, out: Array, shrunk: Array) -> tuple[Array, Array]:
        """Weights and gradient as the rule sees them: the penalty's slope is added; AdamW shrinks the weights."""
        return w, _uphill_or_decayed(w, g, group, out)

    def _rule(self, group: Group, w: Array, g: Array, old: Rows, new: Rows, work: Work, count: int) -> None:
        a, b = work
        fixed = group.numbers
        beta1, beta2 = group["betas"]
        w, g = self._decayed(group, w, g, b, new["weights"])
        m, v = new["exp_avg"], new["exp_avg_sq"]
        _mean(old["exp_avg"], g, fixed["beta1"], fixed["rest1"], m, a, 1 - beta1 < 0.5)
        _mean_square(old["exp_avg_sq"], g, fixed["beta2"], fixed["rest2"], v, a)
        if group["amsgrad"]:
            v = np.maximum(old["max_exp_avg_sq"], v, out=new["max_exp_avg_sq"])
        # sqrt(v / (1 - beta2^t)) + eps stands in the divisor; its factor goes into eps and the rate, which are numbers.
        scale = (1 - beta2**count) ** 0.5
        fixed["eps"][()] = group["eps"] * scale
        fixed["rate"][()] = group["lr"] * scale / (1 - beta1**count)
        np.sqrt(v, a)
        a += fixed["eps"]
        np.divide(m, a, a)
        a *= fixed["rate"]
        np.subtract(w, a, new["weights"])


class AdamW(Adam):
    """Adam with decoupled weight decay: w <- (1 - lr weight_decay) w, then Adam's step by the gradient alone.

    Args:
        weight_decay: the share of a weight, times lr, that goes in every step.
        params, lr, betas, eps, amsgrad, maximize: as for :class:`Adam`.

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
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def _decayed(self, group: Group, w: Array, g: Array, out: Array, shrunk: Array) -> tuple[Array, Array]:
        if group["weight_decay"]:
            w = np.multiply(w, 1 - group["lr"] * group["weight_decay"], shrunk)
        return w, np.negative(g, out) if group["maximize"] else g


class RMSprop(Optimizer):
    """RMSprop: the gradient divided by the root of its mean square, v <- alpha v + (1 - alpha) g^2.

    w <- w - lr g / (sqrt(v) + eps); `centered` takes the mean gradient's square off v; with momentum, the quotient
    goes into b <- momentum b + g / (sqrt(v) + eps), and w <- w - lr b.

    Args:
        params, lr, weight_decay, maximize: see :class:`Optimizer`.
        alpha: how much of v is kept in a step.
        eps: what keeps the divisor from 0.
        momentum: the share of the last direction that is kept; 0: none.
        centered: divide by an estimate of the gradient's standard deviation.

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
    STATE: ClassVar = {"square_avg": "", "grad_avg": "centered", "momentum_buffer": "momentum"}

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum,
            centered=centered, maximize=maximize,
        )  # fmt: skip

    @classmethod
    def _numbers(cls, options: dict[str, Any]) -> dict[str, float]:
        return {**super()._numbers(options), "rest": 1 - options["alpha"]}

    def _rule(self, group: Group, w: Array, g: Array, old: Rows, new: Rows, work: Work, count: int) -> None:
        a, b, c = work
        fixed = group.numbers
        g = _uphill_or_decayed(w, g, group, c)
        v = new["square_avg"]
        _mean_square(old["square_avg"], g, fixed["alpha"], fixed["rest"], v, a)
        if group["centered"]:
            m = new["grad_avg"]
            _mean(old["grad_avg"], g, fixed["alpha"], fixed["rest"], m, a, 1 - group["alpha"] < 0.5)
            v = np.subtract(v, np.multiply(m, m, a), a)
        np.sqrt(v, a)
        a += fixed["eps"]
        if group["momentum"]:
            buffer = np.multiply(old["momentum_buffer"], fixed["momentum"], new["momentum_buffer"])
            buffer += np.divide(g, a, b)
            np.multiply(buffer, fixed["lr"], b)
        else:
            np.multiply(g, fixed["lr"], b)
            b /= a
        np.subtract(w, b, new["weights"])


class Adagrad(Optimizer):
    """Adagrad: the gradient divided by the root of the sum of all its squares so far, s <- s + g^2.

    In step t, w <- w - lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + eps).

    Args:
        params, lr, weight_decay, maximize: see :class:`Optimizer`.
        lr_decay: how fast the rate falls with the steps.
        initial_accumulator_value: what s starts from.
        eps: what keeps the divisor from 0.

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
        self, params: Iterable[Any], lr: float = 1e-2, lr_decay: float = 0.0, weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0, eps: float = 1e-10, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, lr_decay=lr_decay, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, eps=eps, maximize=maximize,
        )  # fmt: skip

    @classmethod
    def _layout(cls, options: dict[str, Any]) -> dict[str, float]:
        return {"sum": options["initial_accumulator_value"]}

    def _rule(self, group: Group, w: Array, g: Array, old: Rows, new: Rows, work: Work, count: int) -> None:
        a, b = work
        g = _uphill_or_decayed(w, g, group, b)
        total = np.add(old["sum"], np.multiply(g, g, a), new["sum"])
        np.sqrt(total, a)
        a += group.numbers["eps"]
        np.multiply(g, group["lr"] / (1 + (count - 1) * group["lr_decay"]), b)
        b /= a
        np.subtract(w, b, new["weights"])


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
    reached, gradients = _reached(params, "clip_grad_norm")
    norm = _norm(np.array(gradients), p)
    if error_if_nonfinite and not math.isfinite(norm):
        raise AnomalyError(
            f"clip_grad_norm: the norm of the gradients is {norm!r}, so they cannot be scaled; detect_anomaly() "
            "finds where it comes from, error_if_nonfinite=False lets it pass"
        )
    scale = limit / (norm + 1e-6)
    commit(attributes(reached, "_grad", [g * (1.0 if scale > 1.0 else scale) for g in gradients]))
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
    reached, gradients = _reached(params, "clip_grad_value")
    cut = [limit if g > limit else -limit if g < -limit else g for g in gradients]
    commit(attributes(reached, "_grad", cut))


def _reached(params: Iterable[Any] | Value, who: str) -> tuple[list[Value], list[float]]:
    """The parameters that a backward pass has reached, and their gradients."""
    found = trainable([params] if isinstance(params, Value) else params, who)
    reached = [v for v in found if v._grad is not None]
    return reached, [plain(v._grad) for v in reached]


def _norm(gradients: Array, p: float) -> float:
    """(sum |g|^p)^(1/p), over numbers divided by their largest first: 1e200 squared would overflow."""
    sizes = np.abs(gradients)
    largest = float(sizes.max(initial=0.0))
    if math.isnan(largest) or not sizes.size:
        return largest
    if p == 2:
        return math.hypot(*sizes.tolist())
    scale = largest if p and math.isfinite(p) and 0.0 < largest < math.inf else 1.0
    with np.errstate(all="ignore"):
        return float(scale * np.linalg.norm(sizes / scale, p))
