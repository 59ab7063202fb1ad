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

from ..engine import op, ops
from ..engine.op import is_node
from ..engine.value import Value
from ..errors import ArgumentError, ShapeError
from ..functions import arrays, elementary
from ..functions.elementary import clip, dot, relu, softplus, sum
from .arguments import at_least, share

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

Reduction: TypeAlias = Literal["mean", "sum", "none"]
Shape: TypeAlias = tuple[int, ...]


class _Numbers(NamedTuple):
    """Numbers and Values in the order in which they stand, and the shape in which they came."""

    items: list[Any]
    shape: Shape
    is_array: bool  # came as an array, so that a result of the same shape is one too


def _read(loss: str, what: str, x: Any) -> _Numbers:
    """One argument of a loss; what is empty, ragged or no number is refused."""
    try:
        source = x if isinstance(x, np.ndarray) else np.array(x, dtype=object)
    except ValueError:
        raise ShapeError(f"{loss}: the rows of {what} have different lengths") from None
    items = source.ravel().tolist()
    if not items:
        raise ShapeError(f"{loss}: {what} are empty (shape {source.shape}), and there is no loss of nothing")
    if not set(map(type, items)) <= {Value, float}:
        if any(isinstance(item, list | tuple | np.ndarray) for item in items):
            raise ShapeError(f"{loss}: the rows of {what} have different lengths")
        items = [item if is_node(item) else op.number(item) for item in items]
    return _Numbers(items, source.shape, isinstance(x, np.ndarray) and source.ndim > 0)


def _unequal(predictions: Shape, targets: Shape) -> str:
    found = f"predictions have shape {predictions} and targets {targets}, which must be equal"
    try:
        together = np.broadcast_shapes(predictions, targets)
    except ValueError:
        return found
    found = f"{found}; broadcasting would give {together}, {math.prod(together)} terms that nobody meant"
    if math.prod(predictions) != math.prod(targets):
        return found
    return f"{found}; bring both to one shape first, as targets.reshape{predictions} does for an array"


def _chance(loss: str, t: Any, index: int, hint: str = "targets are 0 or 1, or a chance between them") -> Any:
    """A target, which has to lie between 0 and 1; of a node a part of the graph checks it, at every number it gets."""
    if is_node(t):
        return ops.CHANCE(t)
    if not 0.0 <= t <= 1.0:
        raise ArgumentError(f"{loss}: target {index} = {t!r} does not lie between 0 and 1; {hint}")
    return t


def _reduced(terms: list[Any], like: _Numbers, reduction: str, divisor: Any = None) -> Any:
    """One number of the terms, or the terms in the shape of `like`; `divisor`: the mean's, if not their number."""
    if like.shape and reduction == "none":
        result = np.empty(len(terms), dtype=object)
        result[:] = terms
        result = result.reshape(like.shape)
        if not like.is_array:
            return result.tolist()
        return result.astype(float) if all(type(term) is float for term in terms) else arrays.array(result)
    if like.shape and reduction == "mean" and divisor is None:
        return elementary.mean(terms)
    total = elementary.sum(terms) if like.shape else terms[0]
    return total / divisor if reduction == "mean" and divisor is not None else total


def _is(x: Any, number: float) -> bool:
    """Whether `x` is this very number and no node, so that a term with it may be left out of the graph."""
    return type(x) is float and x == number


def _read_both(loss: str, predictions: Any, targets: Any, reduction: str) -> tuple[_Numbers, _Numbers]:
    if reduction not in ("mean", "sum", "none"):
        raise ArgumentError(f"{loss}: reduction is 'mean', 'sum' or 'none', got {reduction!r}")
    return _read(loss, "predictions", predictions), _read(loss, "targets", targets)


def _of_pairs(
    loss: str, predictions: Any, targets: Any, reduction: Reduction,
    term: Callable[[Any, Any], Any], check: Callable[[str, Any, int], Any] | None = None,
) -> Any:  # fmt: skip
    """A loss with a term for each prediction and its target; `check` gives what goes in for a target, or refuses it."""
    left, right = _read_both(loss, predictions, targets, reduction)
    if left.shape != right.shape:
        raise ShapeError(f"{loss}: {_unequal(left.shape, right.shape)}")
    wanted = right.items if check is None else [check(loss, t, i) for i, t in enumerate(right.items)]
    return _reduced(list(map(term, left.items, wanted)), left, reduction)


# --- numbers: how far predictions lie from targets ------------------------------------------------------------------


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
    return _of_pairs("mse", predictions, targets, reduction, lambda p, t: (p - t) ** 2)


def mae(predictions: Any, targets: Any, reduction: Reduction = "mean") -> Any:
    """The mean absolute error, mean of |p - t|; slope 0 where p = t. PyTorch calls it l1_loss.

    Args:
        predictions, targets, reduction: see :func:`mse`.

    Returns, Raises: see :func:`mse`.

    Example:
        >>> mae([1.0, 2.0], [0.0, 4.0])
        1.5
    """
    return _of_pairs("mae", predictions, targets, reduction, lambda p, t: abs(p - t))


def huber(predictions: Any, targets: Any, reduction: Reduction = "mean", delta: float = 1.0) -> Any:
    """d^2 / 2 for a difference d up to `delta`, delta (|d| - delta / 2) beyond: outliers pull with a bounded slope.

    Args:
        predictions, targets, reduction: see :func:`mse`.
        delta: where the parabola turns into straight lines, above 0.

    Returns, Raises: see :func:`mse`; an ArgumentError too if `delta` is not above 0.

    Example:
        >>> huber([0.5, 3.0], [0.0, 0.0], reduction="none")
        [0.125, 2.5]

    Source: P. J. Huber, Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 35 (1964).
    """
    width = _width("huber: delta", delta)
    return _of_pairs("huber", predictions, targets, reduction, lambda p, t: _bent(p - t, width))


def smooth_l1(predictions: Any, targets: Any, reduction: Reduction = "mean", beta: float = 1.0) -> Any:
    """d^2 / (2 beta) for a difference d up to `beta`, |d| - beta / 2 beyond: Huber's loss divided by beta.

    Args:
        predictions, targets, reduction: see :func:`mse`.
        beta: where the parabola turns into straight lines, above 0. (As it goes to 0 this becomes :func:`mae`.)

    Returns, Raises: see :func:`mse`; an ArgumentError too if `beta` is not above 0.

    Example:
        >>> smooth_l1([0.5, 3.0], [0.0, 0.0], reduction="none", beta=2.0)
        [0.0625, 2.0]
    """
    width = _width("smooth_l1: beta", beta)
    return _of_pairs("smooth_l1", predictions, targets, reduction, lambda p, t: _bent(p - t, width) / width)


def _width(name: str, x: Any) -> float:
    width = op.number(x)
    if not width > 0.0:
        raise ArgumentError(f"{name} is a width and must be above 0, got {width!r}")
    return width


def _bent(d: Any, width: float) -> Any:
    # With c = d inside and +-width outside, c (d - c/2) is both branches at once, with the right slope in each.
    c = clip(d, -width, width)
    return c * (d - 0.5 * c)


# --- two classes: one number for each sample ------------------------------------------------------------------------


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

    Returns, Raises: see :func:`mse`; an ArgumentError too if a probability or a target is outside 0 to 1.

    Example:
        >>> from autograd import Value
        >>> p = Value(0.8)
        >>> loss = bce(p, 1.0)
        >>> loss.backward()
        >>> round(loss.data, 6), p.grad
        (0.223144, -1.25)
    """
    return _of_pairs(
        "bce", probabilities, targets, reduction, ops.BCE, lambda loss, t, i: t if is_node(t) else _chance(loss, t, i)
    )


def bce_with_logits(logits: Any, targets: Any, reduction: Reduction = "mean", pos_weight: float | None = None) -> Any:
    """Binary cross-entropy of sigmoid(z), t softplus(-z) + (1 - t) softplus(z): exact however large z is.

    Its slope is sigmoid(z) - t.

    Args:
        logits: scores before the sigmoid; numbers and Values: one, a list, nested lists or an array.
        targets: from 0 to 1, the same shape.
        reduction: "mean"; "sum"; or "none" for the terms, in the shape of `logits`.
        pos_weight: how much more a sample of class 1 counts than one of class 0; None: the same.

    Returns, Raises: see :func:`mse`; an ArgumentError too for a target outside 0 to 1 or a negative `pos_weight`.

    Example:
        >>> bce_with_logits([1000.0, -1000.0, -1000.0], [1.0, 0.0, 1.0], reduction="none")
        [0.0, 0.0, 1000.0]
    """
    weight = 1.0 if pos_weight is None else at_least("bce_with_logits: pos_weight", pos_weight)

    def term(z: Any, t: Any) -> Any:
        if _is(t, 0.0):
            return softplus(z)
        if _is(t, 1.0):
            return softplus(-z) if weight == 1.0 else weight * softplus(-z)
        return dot([t if weight == 1.0 else weight * t, 1.0 - t], [softplus(-z), softplus(z)])

    return _of_pairs("bce_with_logits", logits, targets, reduction, term, _chance)


def hinge(scores: Any, targets: Any, reduction: Reduction = "mean") -> Any:
    """max(0, 1 - t s): nothing to pay once a score s is on the right side by at least 1. Slope 0 at that point.

    Args:
        scores: numbers and Values: one, a list, nested lists or an array.
        targets: -1 or 1, the same shape.
        reduction: "mean"; "sum"; or "none" for the terms, in the shape of `scores`.

    Returns, Raises: see :func:`mse`; an ArgumentError too for a target that is neither -1 nor 1.

    Example:
        >>> hinge([0.5, 3.0, 0.5], [1, 1, -1], reduction="none")
        [0.5, 0.0, 1.5]
    """
    return _of_pairs("hinge", scores, targets, reduction, _hinge, _side)


def _side(loss: str, t: Any, index: int) -> Any:
    if is_node(t):
        return ops.SIDE(t)
    if t not in (-1.0, 1.0):
        hint = "; labels of 0 and 1 become these by 2 * t - 1" if t == 0.0 else ""
        raise ArgumentError(f"{loss}: target {index} = {t!r}, but targets are -1 or 1{hint}")
    return t


def _hinge(s: Any, t: Any) -> Any:
    if _is(t, 1.0):
        return relu(1.0 - s)
    return relu(1.0 + s if _is(t, -1.0) else 1.0 - t * s)


# --- several classes: a row of numbers for each sample, one for each class ------------------------------------------


class _Samples(NamedTuple):
    """Rows of predictions, and the target of each: its class, or a list of its share of every class."""

    rows: list[list[Any]]
    targets: list[Any]
    like: _Numbers  # the terms' shape: one for each row


def _samples(loss: str, predictions: Any, targets: Any, reduction: str, may_be_shares: bool = True) -> _Samples:
    left, right = _read_both(loss, predictions, targets, reduction)
    if len(left.shape) not in (1, 2):
        raise ShapeError(
            f"{loss}: predictions have shape {left.shape}; it takes one sample (classes,) or several (samples, classes)"
        )
    classes, like = left.shape[-1], left._replace(shape=left.shape[:-1])

    def in_rows(items: list[Any]) -> list[list[Any]]:
        return [items[i : i + classes] for i in range(0, len(items), classes)]

    if right.shape == like.shape:
        labels = [_label(loss, t, i, classes) for i, t in enumerate(right.items)]
        return _Samples(in_rows(left.items), labels, like)
    if may_be_shares and right.shape == left.shape:
        hint = "targets of the predictions' shape are shares of the classes"
        shares = [_chance(loss, t, i, hint) for i, t in enumerate(right.items)]
        return _Samples(in_rows(left.items), in_rows(shares), like)
    alternative = f", or {left.shape} for the shares of the classes" if may_be_shares else ""
    raise ShapeError(
        f"{loss}: predictions have shape {left.shape} and targets {right.shape}; "
        f"targets have shape {like.shape} for the numbers of classes{alternative}"
    )


def _label(loss: str, target: Any, index: int, classes: int) -> Any:
    """A class number; a node stays one, and picks among the classes anew whenever its number changes."""
    if is_node(target):
        return target
    if not target.is_integer() or not 0.0 <= target < classes:
        kind = "a class" if target.is_integer() else "a whole number"
        hint = "; there is no ignore_index: leave out the samples that do not count" if target == -100.0 else ""
        raise ArgumentError(
            f"{loss}: target {index} = {target:g} is not {kind}; "
            f"{classes} classes are counted from 0 to {classes - 1}{hint}"
        )
    return int(target)


def _class_weights(loss: str, weight: Sequence[float] | None, classes: int) -> list[float] | None:
    if weight is None:
        return None
    numbers = [at_least(f"{loss}: weight[{c}]", w) for c, w in enumerate(weight)]
    if len(numbers) != classes:
        raise ShapeError(f"{loss}: weight holds {len(numbers)} numbers for {classes} classes")
    return numbers


def _at(label: Any, classes: int, entry: Callable[[int], Any]) -> Any:
    """The entry of a class; for a node, which may become any class, those of all are in the graph."""
    return ops.ENTRY(label, *map(entry, range(classes))) if is_node(label) else entry(label)


def _of_rows(
    samples: _Samples, reduction: str, entry: Callable[[list[Any], int], Any], *,
    negated: bool = False, weights: list[float] | None = None, smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """A loss with a term for each row: the entry of its class, or the entries of all by their shares."""
    classes, are_shares = len(samples.rows[0]), isinstance(samples.targets[0], list)

    def weight_of(label: Any) -> Any:
        return _at(label, classes, lambda c: weights[c] if weights else 1.0)

    def share_of(target: Any, c: int) -> Any:
        t = target[c] if are_shares else _at(target, classes, lambda k: float(c == k))
        t = (1.0 - smoothing) * t + smoothing / classes if smoothing else t
        return t if weights is None else weights[c] * t

    def term(row: list[Any], target: Any) -> Any:
        if not are_shares and not smoothing:
            found = _at(target, classes, lambda c: entry(row, c)) if is_node(target) else entry(row, target)
            found = -found if negated else found
            return found if weights is None else weight_of(target) * found
        shares = [share_of(target, c) for c in range(classes)]
        present = [(t, entry(row, c)) for c, t in enumerate(shares) if not _is(t, 0.0)]
        if len(present) == 1 and _is(present[0][0], 1.0):
            return -present[0][1] if negated else present[0][1]
        return dot([-t if negated else t for t, _ in present], [it for _, it in present]) if present else 0.0

    terms = list(map(term, samples.rows, samples.targets))
    divisor = None if weights is None or are_shares else sum(list(map(weight_of, samples.targets)))
    return _reduced(terms, samples.like, reduction, divisor)


def cross_entropy(
    logits: Any, targets: Any, reduction: Reduction = "mean",
    label_smoothing: float = 0.0, weight: Sequence[float] | None = None,
) -> Any:  # fmt: skip
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
    smoothing = share(f"{loss}: label_smoothing", label_smoothing)
    samples = _samples(loss, logits, targets, reduction)
    classes = len(samples.rows[0])
    if classes < 2:
        raise ShapeError(f"{loss}: one class alone has probability 1 always; for a single score use bce_with_logits")
    weights = _class_weights(loss, weight, classes)

    def entry(row: list[Any], c: int) -> Any:
        return ops.CROSS_ENTROPY(row[c], *row[:c], *row[c + 1 :])  # the entry asked for comes first

    return _of_rows(samples, reduction, entry, weights=weights, smoothing=smoothing)


def categorical_cross_entropy(probabilities: Any, targets: Any, reduction: Reduction = "mean") -> Any:
    """-sum over the classes of t log p, from probabilities p as a softmax gives them.

    Args:
        probabilities: from 0 to 1, of shape (classes,) or (samples, classes).
        targets: class numbers from 0, of shape () or (samples,); or the shares of the classes (a one-hot row, for
            instance), of the probabilities' shape.
        reduction: "mean" over the samples; "sum"; or "none" for one term for each sample.

    Returns, Raises: see :func:`cross_entropy`; an ArgumentError too for a probability outside 0 to 1, and a DomainError
        (a ValueError) where the probability of a class that a target asks for is 0.

    Example:
        >>> categorical_cross_entropy([[0.5, 0.25, 0.25]], [[1, 0, 0]])
        0.6931471805599453
    """
    samples = _samples("categorical_cross_entropy", probabilities, targets, reduction)
    return _of_rows(samples, reduction, lambda row, c: ops.LOG_CHANCE(row[c], *row[:c], *row[c + 1 :]), negated=True)


def nll(
    log_probabilities: Any, targets: Any, reduction: Reduction = "mean", weight: Sequence[float] | None = None
) -> Any:
    """The negative log-likelihood, -(log p)_t: of each row the entry of its class, with the sign turned.

    Args:
        log_probabilities: logarithms of probabilities, of shape (classes,) or (samples, classes).
        targets: class numbers from 0, of shape () or (samples,).
        reduction: "mean" over the samples; "sum"; or "none" for one term for each sample.
        weight: how much each class counts; the mean is then divided by the sum of the targets' weights.

    Returns, Raises: see :func:`cross_entropy`.

    Example:
        >>> nll([[-0.5, -1.5], [-3.0, -0.25]], [0, 1])
        0.375
    """
    samples = _samples("nll", log_probabilities, targets, reduction, may_be_shares=False)
    weights = _class_weights("nll", weight, len(samples.rows[0]))
    return _of_rows(samples, reduction, list.__getitem__, negated=True, weights=weights)
