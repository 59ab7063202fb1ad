"""Losses for two classes: one number for each sample."""

from __future__ import annotations

import math
from typing import Any

from ..engine import op
from ..errors import ArgumentError
from ..functions.elementary import dot, log, log1p, relu, softplus
from .common import Reduction, check_reduction, check_share, is_number, pair, reduced

LOG_FLOOR = -100.0  # PyTorch lets no logarithm in bce go below this
LEAST_SPREAD = 9.999999960041972e-13  # PyTorch's 1e-12 for p (1 - p), which it keeps in single precision

_TARGET_HINT = "targets are 0 or 1, or a chance between them"


def bce(probabilities: Any, targets: Any, reduction: Reduction = "mean") -> Any:
    """Binary cross-entropy, -[t log p + (1 - t) log(1 - p)], with PyTorch's values and slopes at the ends.

    Near p = 0 and p = 1 the formula and its slope are infinite. As in PyTorch a logarithm counts as no less than
    -100, and where p (1 - p) < 1e-12 the slope is (p - t) / 1e-12, which points the right way and is finite. There
    the slope is not that of the value, which a numeric check will tell. From the scores before a sigmoid,
    :func:`bce_with_logits` needs none of this.

    Args:
        probabilities: from 0 to 1; numbers and Values: one, a list, nested lists or an array.
        targets: from 0 to 1, the same shape.
        reduction: "mean"; "sum"; or "none" for the terms, in the shape of `probabilities`.

    Returns:
        A Value, or a float if nothing but plain numbers went in.

    Raises:
        ArgumentError: a probability or a target is outside 0 to 1, or another `reduction` (a ValueError).
        ShapeError: the shapes differ, or there is nothing to compare (a ValueError).

    Example:
        >>> from autograd import Value
        >>> p = Value(0.8)
        >>> loss = bce(p, 1.0)
        >>> loss.backward()
        >>> round(loss.data, 6), p.grad
        (0.223144, -1.25)
    """
    check_reduction("bce", reduction)
    left, right = pair("bce", probabilities, targets)
    hint = "it is no probability; bce_with_logits takes scores before the sigmoid"
    for i, (p, t) in enumerate(zip(left.items, right.items, strict=True)):
        check_share("bce", "prediction", p, i, hint)
        check_share("bce", "target", t, i, _TARGET_HINT)
    return reduced([_bce(p, t) for p, t in zip(left.items, right.items, strict=True)], left, reduction)


def _bce(p: Any, t: Any) -> Any:
    number = op.plain(p)
    if number * (1.0 - number) < LEAST_SPREAD:
        return _bce_at_an_end(p, number, t)
    if is_number(t, 1.0):
        return -log(p)
    if is_number(t, 0.0):
        return -log1p(-p)
    return -dot([t, 1.0 - t], [log(p), log1p(-p)])


def _bce_at_an_end(p: Any, number: float, t: Any) -> Any:
    # The value from numbers, plus a straight line through 0 that brings the bounded slope.
    left = max(math.log(number), LOG_FLOOR) if number > 0.0 else LOG_FLOOR
    right = max(math.log1p(-number), LOG_FLOOR) if number < 1.0 else LOG_FLOOR
    value = dot([t, 1.0 - t], [-left, -right])
    return dot([(number - op.plain(t)) / LEAST_SPREAD], [p - number], value)


def bce_with_logits(logits: Any, targets: Any, reduction: Reduction = "mean", pos_weight: float | None = None) -> Any:
    """Binary cross-entropy of sigmoid(z), t softplus(-z) + (1 - t) softplus(z): exact however large z is.

    Its slope is sigmoid(z) - t.

    Args:
        logits: scores before the sigmoid; numbers and Values: one, a list, nested lists or an array.
        targets: from 0 to 1, the same shape.
        reduction: "mean"; "sum"; or "none" for the terms, in the shape of `logits`.
        pos_weight: how much more a sample of class 1 counts than one of class 0; None: the same.

    Returns:
        A Value, or a float if nothing but plain numbers went in.

    Raises:
        ArgumentError: a target outside 0 to 1, a negative `pos_weight` or another `reduction` (a ValueError).
        ShapeError: the shapes differ, or there is nothing to compare (a ValueError).

    Example:
        >>> bce_with_logits([1000.0, -1000.0, -1000.0], [1.0, 0.0, 1.0], reduction="none")
        [0.0, 0.0, 1000.0]
    """
    check_reduction("bce_with_logits", reduction)
    left, right = pair("bce_with_logits", logits, targets)
    weight = 1.0 if pos_weight is None else op.number(pos_weight)
    if not 0.0 <= weight < math.inf:
        raise ArgumentError(f"bce_with_logits: pos_weight is at least 0 and finite, got {weight!r}")
    for i, t in enumerate(right.items):
        check_share("bce_with_logits", "target", t, i, _TARGET_HINT)
    terms = [_bce_with_logit(z, t, weight) for z, t in zip(left.items, right.items, strict=True)]
    return reduced(terms, left, reduction)


def _bce_with_logit(z: Any, t: Any, weight: float) -> Any:
    if is_number(t, 0.0):
        return softplus(z)
    if is_number(t, 1.0):
        return softplus(-z) if weight == 1.0 else weight * softplus(-z)
    return dot([t if weight == 1.0 else weight * t, 1.0 - t], [softplus(-z), softplus(z)])


def hinge(scores: Any, targets: Any, reduction: Reduction = "mean") -> Any:
    """max(0, 1 - t s): nothing to pay once a score s is on the right side by at least 1. Slope 0 at that point.

    Args:
        scores: numbers and Values: one, a list, nested lists or an array.
        targets: -1 or 1, the same shape.
        reduction: "mean"; "sum"; or "none" for the terms, in the shape of `scores`.

    Returns:
        A Value, or a float if nothing but plain numbers went in.

    Raises:
        ArgumentError: a target that is neither -1 nor 1, or another `reduction` (a ValueError).
        ShapeError: the shapes differ, or there is nothing to compare (a ValueError).

    Example:
        >>> hinge([0.5, 3.0, 0.5], [1, 1, -1], reduction="none")
        [0.5, 0.0, 1.5]
    """
    check_reduction("hinge", reduction)
    left, right = pair("hinge", scores, targets)
    for i, t in enumerate(right.items):
        if op.plain(t) not in (-1.0, 1.0):
            hint = "; labels of 0 and 1 become these by 2 * t - 1" if op.plain(t) == 0.0 else ""
            raise ArgumentError(f"hinge: target {i} = {op.plain(t)!r}, but targets are -1 or 1{hint}")
    return reduced([relu(_shortfall(s, t)) for s, t in zip(left.items, right.items, strict=True)], left, reduction)


def _shortfall(s: Any, t: Any) -> Any:
    if is_number(t, 1.0):
        return 1.0 - s
    return 1.0 + s if is_number(t, -1.0) else 1.0 - t * s
