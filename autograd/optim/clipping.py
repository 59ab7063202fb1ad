"""Clipping: the cure for gradients that explode, by their common norm or one by one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..engine.op import number
from ..engine.value import Value
from ..errors import AnomalyError, ArgumentError
from .arguments import at_least, trainable

__all__ = ["clip_grad_norm", "clip_grad_value"]


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
