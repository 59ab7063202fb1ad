"""Losses for numbers: how far predictions lie from targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..functions.elementary import clip
from .common import Reduction, check_reduction, pair, positive, reduced


def _of_differences(loss: str, term: Callable[[Any], Any], predictions: Any, targets: Any, reduction: Reduction) -> Any:
    check_reduction(loss, reduction)
    left, right = pair(loss, predictions, targets)
    return reduced([term(p - t) for p, t in zip(left.items, right.items, strict=True)], left, reduction)


def mse(predictions: Any, targets: Any, reduction: Reduction = "mean") -> Any:
    """The mean squared error, mean of (p - t)^2: two nodes for each element and one for the mean.

    Args:
        predictions: numbers and Values: one, a list, nested lists or an array.
        targets: the same shape. (n,) against (n, 1) is refused, where broadcasting would compare all with all.
        reduction: "mean"; "sum"; or "none" for the terms, in the shape of `predictions`.

    Returns:
        A Value, or a float if nothing but plain numbers went in.

    Raises:
        ShapeError: the shapes differ, or there is nothing to compare (a ValueError).
        ArgumentError: another `reduction` (a ValueError).

    Example:
        >>> from autograd import Value
        >>> p = [Value(1.0), Value(2.0)]
        >>> loss = mse(p, [0.0, 4.0])
        >>> loss.backward()
        >>> loss.data, [v.grad for v in p]
        (2.5, [1.0, -2.0])
    """
    return _of_differences("mse", lambda d: d**2, predictions, targets, reduction)


def mae(predictions: Any, targets: Any, reduction: Reduction = "mean") -> Any:
    """The mean absolute error, mean of |p - t|; slope 0 where p = t. PyTorch calls it l1_loss.

    Args:
        predictions, targets, reduction: see :func:`mse`.

    Returns:
        A Value, or a float if nothing but plain numbers went in.

    Raises:
        ShapeError, ArgumentError: see :func:`mse`.

    Example:
        >>> mae([1.0, 2.0], [0.0, 4.0])
        1.5
    """
    return _of_differences("mae", abs, predictions, targets, reduction)


def huber(predictions: Any, targets: Any, reduction: Reduction = "mean", delta: float = 1.0) -> Any:
    """d^2 / 2 for a difference d up to `delta`, delta (|d| - delta / 2) beyond: outliers pull with a bounded slope.

    Args:
        predictions, targets, reduction: see :func:`mse`.
        delta: where the parabola turns into straight lines, above 0.

    Returns:
        A Value, or a float if nothing but plain numbers went in.

    Raises:
        ArgumentError: `delta` is not above 0; and see :func:`mse`.

    Example:
        >>> huber([0.5, 3.0], [0.0, 0.0], reduction="none")
        [0.125, 2.5]

    Source: P. J. Huber, Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 35 (1964).
    """
    width = positive("huber", "delta", delta)
    return _of_differences("huber", lambda d: _bent(d, width), predictions, targets, reduction)


def smooth_l1(predictions: Any, targets: Any, reduction: Reduction = "mean", beta: float = 1.0) -> Any:
    """d^2 / (2 beta) for a difference d up to `beta`, |d| - beta / 2 beyond: Huber's loss divided by beta.

    Args:
        predictions, targets, reduction: see :func:`mse`.
        beta: where the parabola turns into straight lines, above 0. (As it goes to 0 this becomes :func:`mae`.)

    Returns:
        A Value, or a float if nothing but plain numbers went in.

    Raises:
        ArgumentError: `beta` is not above 0; and see :func:`mse`.

    Example:
        >>> smooth_l1([0.5, 3.0], [0.0, 0.0], reduction="none", beta=2.0)
        [0.0625, 2.0]
    """
    width = positive("smooth_l1", "beta", beta)
    return _of_differences("smooth_l1", lambda d: _bent(d, width) / width, predictions, targets, reduction)


def _bent(d: Any, width: float) -> Any:
    # With c = d inside and +-width outside, c (d - c/2) is both branches at once, with the right slope in each.
    c = clip(d, -width, width)
    return c * (d - 0.5 * c)
