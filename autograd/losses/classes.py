"""Losses for several classes: a row of numbers for each sample, one number for each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..engine import op
from ..errors import ArgumentError, ShapeError
from ..functions.elementary import dot, log, logsumexp, softplus, sum
from .common import Numbers, Reduction, check_reduction, check_share, class_weights, is_number, read, reduced


class Samples(NamedTuple):
    """Rows of predictions, and for each its class or its share of every class."""

    rows: list[list[Any]]
    labels: list[int] | None
    shares: list[list[Any]]  # empty if there are labels
    like: Numbers  # the terms' shape: one for each row


def _samples(loss: str, predictions: Any, targets: Any, may_be_shares: bool = True) -> Samples:
    left, right = read(loss, "predictions", predictions), read(loss, "targets", targets)
    if len(left.shape) not in (1, 2):
        raise ShapeError(
            f"{loss}: predictions have shape {left.shape}; it takes one sample (classes,) or several (samples, classes)"
        )
    classes = left.shape[-1]
    like = Numbers([], left.shape[:-1], left.is_array)
    rows = _rows(left.items, classes)
    if right.shape == like.shape:
        return Samples(rows, [_label(loss, t, i, classes) for i, t in enumerate(right.items)], [], like)
    if may_be_shares and right.shape == left.shape:
        for i, t in enumerate(right.items):
            check_share(loss, "target", t, i, "targets of the predictions' shape are shares of the classes")
        return Samples(rows, None, _rows(right.items, classes), like)
    shares = f", or {left.shape} for the shares of the classes" if may_be_shares else ""
    raise ShapeError(
        f"{loss}: predictions have shape {left.shape} and targets {right.shape}; "
        f"targets have shape {like.shape} for the numbers of classes{shares}"
    )


def _rows(items: list[Any], width: int) -> list[list[Any]]:
    return [items[i : i + width] for i in range(0, len(items), width)]


def _label(loss: str, target: Any, index: int, classes: int) -> int:
    number = op.plain(target)
    if not number.is_integer() or not 0.0 <= number < classes:
        kind = "a class" if number.is_integer() else "a whole number"
        hint = "; there is no ignore_index: leave out the samples that do not count" if number == -100.0 else ""
        raise ArgumentError(
            f"{loss}: target {index} = {number:g} is not {kind}; "
            f"{classes} classes are counted from 0 to {classes - 1}{hint}"
        )
    return int(number)


def cross_entropy(
    logits: Any,
    targets: Any,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
    weight: Sequence[float] | None = None,
) -> Any:
    """-sum over the classes of t log softmax(z), from scores z: exact however large they are.

    For a class number t this is log(sum(e^(z - z_t))). Its slopes are softmax(z) - t.

    Args:
        logits: scores before the softmax, of shape (classes,) or (samples, classes).
        targets: class numbers from 0, of shape () or (samples,); or the shares of the classes, of the logits' shape.
        reduction: "mean" over the samples; "sum"; or "none" for one term for each sample.
        label_smoothing: e from 0 to 1: a target t counts as (1 - e) t + e / classes.
        weight: how much each class counts; the mean over class numbers is then divided by the sum of their weights.

    Returns:
        A Value, or a float if nothing but plain numbers went in.

    Raises:
        ShapeError: shapes that do not fit, fewer than two classes, or no samples (a ValueError).
        ArgumentError: no class of this number, a share or `label_smoothing` outside 0 to 1, a negative weight, or
            another `reduction` (a ValueError).

    Example:
        >>> from autograd import Value
        >>> z = [Value(2.0), Value(0.0), Value(0.0)]
        >>> loss = cross_entropy(z, 0)
        >>> loss.backward()
        >>> round(loss.data, 6), [round(v.grad, 6) for v in z]
        (0.239545, [-0.213014, 0.106507, 0.106507])
    """
    loss = "cross_entropy"
    check_reduction(loss, reduction)
    smoothing = op.number(label_smoothing)
    if not 0.0 <= smoothing <= 1.0:
        raise ArgumentError(f"{loss}: label_smoothing lies between 0 and 1, got {smoothing!r}")
    rows, labels, shares, like = _samples(loss, logits, targets)
    classes = len(rows[0])
    if classes < 2:
        raise ShapeError(f"{loss}: one class alone has probability 1 always; for a single score use bce_with_logits")
    weights = class_weights(loss, weight, classes)
    if labels is not None and not smoothing:
        terms = [_weighted(_of_class(row, t), weights, t) for row, t in zip(rows, labels, strict=True)]
    else:
        if labels is not None:
            shares = [[float(c == t) for c in range(classes)] for t in labels]
        shares = [[_share(t, c, smoothing, classes, weights) for c, t in enumerate(row)] for row in shares]
        terms = [_of_shares(row, ts) for row, ts in zip(rows, shares, strict=True)]
    return reduced(terms, like, reduction, _total(weights, labels))


def _of_class(logits: list[Any], t: int) -> Any:
    # Differences first: logsumexp(z) - z_t would round at the size of z, and its slope in z_t would be share - 1.
    return _log_total([z - logits[t] for z in logits[:t] + logits[t + 1 :]])


def _log_total(differences: list[Any]) -> Any:
    """log(1 + sum of e^d), with all digits where the sum is far below 1."""
    return softplus(differences[0] if len(differences) == 1 else logsumexp(differences))


def _of_shares(logits: list[Any], shares: list[Any]) -> Any:
    present = [c for c, t in enumerate(shares) if not is_number(t, 0.0)]
    if len(present) == 1:
        share = shares[present[0]]
        term = _of_class(logits, present[0])
        return term if is_number(share, 1.0) else share * term
    top = max(range(len(logits)), key=lambda c: op.plain(logits[c]))  # then no term of the sum is below 0
    differences = {c: z - logits[top] for c, z in enumerate(logits) if c != top}
    present = [c for c in present if c != top]
    return dot(
        [sum(shares), *[-shares[c] for c in present]],
        [_log_total(list(differences.values())), *[differences[c] for c in present]],
    )


def _share(t: Any, c: int, smoothing: float, classes: int, weights: list[float] | None) -> Any:
    smoothed = (1.0 - smoothing) * t + smoothing / classes if smoothing else t
    return smoothed if weights is None else weights[c] * smoothed


def _weighted(term: Any, weights: list[float] | None, t: int) -> Any:
    return term if weights is None else weights[t] * term


def _total(weights: list[float] | None, labels: list[int] | None) -> float | None:
    """What the mean divides by if it is not the number of samples."""
    if weights is None or labels is None:
        return None
    total: float = sum([weights[t] for t in labels])
    return total


def categorical_cross_entropy(probabilities: Any, targets: Any, reduction: Reduction = "mean") -> Any:
    """-sum over the classes of t log p, from probabilities p as a softmax gives them.

    Args:
        probabilities: from 0 to 1, of shape (classes,) or (samples, classes).
        targets: class numbers from 0, of shape () or (samples,); or the shares of the classes (a one-hot row, for
            instance), of the probabilities' shape.
        reduction: "mean" over the samples; "sum"; or "none" for one term for each sample.

    Returns:
        A Value, or a float if nothing but plain numbers went in.

    Raises:
        DomainError: the probability of a class that a target asks for is 0 (a ValueError).
        ShapeError: shapes that do not fit, or no samples (a ValueError).
        ArgumentError: no class of this number, a number outside 0 to 1, or another `reduction` (a ValueError).

    Example:
        >>> categorical_cross_entropy([[0.5, 0.25, 0.25]], [[1, 0, 0]])
        0.6931471805599453
    """
    loss = "categorical_cross_entropy"
    check_reduction(loss, reduction)
    rows, labels, shares, like = _samples(loss, probabilities, targets)
    hint = "it is no probability; cross_entropy takes scores before the softmax"
    for i, row in enumerate(rows):
        for p in row:
            check_share(loss, "prediction of sample", p, i, hint)
    if labels is not None:
        terms = [-log(row[t]) for row, t in zip(rows, labels, strict=True)]
    else:
        terms = [_of_probabilities(row, ts) for row, ts in zip(rows, shares, strict=True)]
    return reduced(terms, like, reduction)


def _of_probabilities(row: list[Any], shares: list[Any]) -> Any:
    present = [(t, log(p)) for t, p in zip(shares, row, strict=True) if not is_number(t, 0.0)]
    if len(present) == 1 and is_number(present[0][0], 1.0):
        return -present[0][1]
    return dot([-t for t, _ in present], [logarithm for _, logarithm in present]) if present else 0.0


def nll(
    log_probabilities: Any, targets: Any, reduction: Reduction = "mean", weight: Sequence[float] | None = None
) -> Any:
    """The negative log-likelihood, -(log p)_t: of each row the entry of its class, with the sign turned.

    Args:
        log_probabilities: logarithms of probabilities, of shape (classes,) or (samples, classes).
        targets: class numbers from 0, of shape () or (samples,).
        reduction: "mean" over the samples; "sum"; or "none" for one term for each sample.
        weight: how much each class counts; the mean is then divided by the sum of the targets' weights.

    Returns:
        A Value, or a float if nothing but plain numbers went in.

    Raises:
        ShapeError: shapes that do not fit, or no samples (a ValueError).
        ArgumentError: no class of this number, a negative weight, or another `reduction` (a ValueError).

    Example:
        >>> nll([[-0.5, -1.5], [-3.0, -0.25]], [0, 1])
        0.375
    """
    check_reduction("nll", reduction)
    rows, labels, _, like = _samples("nll", log_probabilities, targets, may_be_shares=False)
    chosen = labels or []
    weights = class_weights("nll", weight, len(rows[0]))
    terms = [_weighted(-row[t], weights, t) for row, t in zip(rows, chosen, strict=True)]
    return reduced(terms, like, reduction, _total(weights, labels))
