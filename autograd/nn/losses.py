"""Losses: how wrong predictions are, as one number to differentiate.

Each is called as ``loss(predictions, targets, reduction="mean")``, on single numbers, lists, nested lists or arrays, of
plain numbers or Values, and is made of ordinary nodes, so that it draws and steps like everything else. Names of
keywords and defaults are PyTorch's. Shapes have to be equal: nothing is broadcast.

>>> from autograd import Value, losses
>>> w = Value(3.0)
>>> loss = losses.mse([w * x for x in (1.0, 2.0)], [2.0, 4.0])
>>> loss.backward()
>>> loss.data, w.grad
(2.5, 5.0)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from ..engine import op
from ..engine.op import is_node
from ..engine.value import Value
from ..errors import ArgumentError, ShapeError, shown
from ..functions import arrays, elementary
from ..functions.elementary import clip, dot, log, log1p, logsumexp, relu, softplus, sum

__all__ = [
    "bce",
    "bce_with_logits",
    "categorical_cross_entropy",
    "cross_entropy",
    "hinge",
    "huber",
    "mae",
    "mse",
    "nll",
    "smooth_l1",
]

# --- common -------------------------------------------------------------------------------------------------------
#
# What all losses share: reading predictions and targets, refusing shapes that do not fit, and the last step.


Reduction: TypeAlias = Literal["mean", "sum", "none"]
Shape: TypeAlias = tuple[int, ...]

REDUCTIONS = ("mean", "sum", "none")
_KINDS = {Value, float}


class Numbers(NamedTuple):
    """Numbers and Values in the order in which they stand, and the shape in which they came."""

    items: list[Any]
    shape: Shape
    is_array: bool  # came as an array, so that a result of the same shape is one too


def read(loss: str, what: str, x: Any) -> Numbers:
    """Read one argument of a loss, refusing what is empty, ragged or no number."""
    try:
        source = x if isinstance(x, np.ndarray) else np.array(x, dtype=object)
    except ValueError:
        raise ShapeError(f"{loss}: the rows of {what} have different lengths") from None
    items = source.ravel().tolist()
    if not items:
        raise ShapeError(f"{loss}: {what} are empty (shape {source.shape}), and there is no loss of nothing")
    if not set(map(type, items)) <= _KINDS:
        if any(isinstance(item, list | tuple | np.ndarray) for item in items):
            raise ShapeError(f"{loss}: the rows of {what} have different lengths")
        items = [item if is_node(item) else op.number(item) for item in items]
    return Numbers(items, source.shape, isinstance(x, np.ndarray) and source.ndim > 0)


def pair(loss: str, predictions: Any, targets: Any) -> tuple[Numbers, Numbers]:
    """Read predictions and targets that have to be of one shape."""
    left, right = read(loss, "predictions", predictions), read(loss, "targets", targets)
    if left.shape != right.shape:
        raise ShapeError(f"{loss}: {_unequal(left.shape, right.shape)}")
    return left, right


def _unequal(predictions: Shape, targets: Shape) -> str:
    found = f"predictions have shape {predictions} and targets {targets}, which must be equal"
    try:
        together = np.broadcast_shapes(predictions, targets)
    except ValueError:
        return found
    sizes = [int(np.prod(shape)) for shape in (together, predictions, targets)]
    way_out = ""
    if sizes[1] == sizes[2]:
        way_out = f"; bring both to one shape first, as targets.reshape{predictions} does for an array"
    return f"{found}; broadcasting would give {together}, {sizes[0]} terms that nobody meant{way_out}"


def check_reduction(loss: str, reduction: str) -> None:
    """Refuse a reduction that does not exist, before any node is made."""
    if reduction not in REDUCTIONS:
        raise ArgumentError(f"{loss}: reduction is 'mean', 'sum' or 'none', got {reduction!r}")


def reduced(terms: list[Any], like: Numbers, reduction: str, divisor: float | None = None) -> Any:
    """Make one number of the terms, or give them the shape of what they came from.

    Args:
        terms: the loss of each element, or of each sample.
        like: what they came from; its shape is that of the terms.
        reduction: see :data:`REDUCTIONS`.
        divisor: what the mean divides by; None: the number of terms.
    """
    if reduction == "none":
        return _shaped(terms, like)
    if reduction == "mean" and divisor is not None:
        return (terms[0] if not like.shape else elementary.sum(terms)) / divisor
    if not like.shape:
        return terms[0]
    return elementary.mean(terms) if reduction == "mean" else elementary.sum(terms)


def _shaped(terms: list[Any], like: Numbers) -> Any:
    if not like.shape:
        return terms[0]
    result = np.empty(len(terms), dtype=object)
    result[:] = terms
    result = result.reshape(like.shape)
    if not like.is_array:
        return result.tolist()
    return result.astype(float) if all(type(term) is float for term in terms) else arrays.array(result)


def check_share(loss: str, what: str, x: Any, index: int, hint: str) -> None:
    """Refuse what is no probability, naming the node and the number."""
    number = op.plain(x)
    if not 0.0 <= number <= 1.0:
        name = shown(getattr(x, "label", "")) or f"{what} {index}"
        raise ArgumentError(f"{loss}: {name} = {number!r} does not lie between 0 and 1; {hint}")


def is_number(x: Any, number: float) -> bool:
    """Whether `x` is this very number and no node, so that a term with it may be left out of the graph."""
    return type(x) is float and x == number


def positive(loss: str, name: str, x: Any) -> float:
    """Read a width such as Huber's delta."""
    number = op.number(x)
    if not number > 0.0:
        raise ArgumentError(f"{loss}: {name} is a width and must be above 0, got {number!r}")
    return number


def class_weights(loss: str, weight: Sequence[float] | None, classes: int) -> list[float] | None:
    """Read the weights of the classes, one for each."""
    if weight is None:
        return None
    numbers = [op.number(w) for w in weight]
    if len(numbers) != classes:
        raise ShapeError(f"{loss}: weight holds {len(numbers)} numbers for {classes} classes")
    if not all(0.0 <= w < float("inf") for w in numbers):
        raise ArgumentError(f"{loss}: the weight of a class is at least 0 and finite, got {numbers}")
    return numbers


# --- regression ---------------------------------------------------------------------------------------------------
#
# Losses for numbers: how far predictions lie from targets.


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


# --- binary -------------------------------------------------------------------------------------------------------
#
# Losses for two classes: one number for each sample.


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


# --- classes ------------------------------------------------------------------------------------------------------
#
# Losses for several classes: a row of numbers for each sample, one number for each class.


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
