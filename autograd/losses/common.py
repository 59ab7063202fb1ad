"""What all losses share: reading predictions and targets, refusing shapes that do not fit, and the last step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from ..engine import op
from ..engine.value import Value
from ..errors import ArgumentError, ShapeError, shown
from ..functions import arrays, elementary

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
        items = [item if getattr(type(item), "op_level", 0) else op.number(item) for item in items]
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
