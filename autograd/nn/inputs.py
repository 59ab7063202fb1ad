"""What a module is called on: one sample, or an array whose rows are samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import OperandError, ShapeError
from ..functions.arrays import ValueArray

__all__ = ["as_rows", "is_batch", "stacked"]


def is_batch(x: Any) -> bool:
    """Whether these are several samples: an array of more than one dimension, or a list of lists.

    Example:
        >>> is_batch([1.0, 2.0]), is_batch([[1.0, 2.0]])
        (False, True)
    """
    if isinstance(x, np.ndarray):
        return x.ndim > 1
    return isinstance(x, list | tuple) and len(x) > 0 and isinstance(x[0], list | tuple | np.ndarray)


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of one sample or of several."""
    if isinstance(x, np.ndarray):
        return tuple(x.shape)
    if not is_batch(x):
        return (len(x),) if hasattr(x, "__len__") else ()
    widths = {len(row) for row in x}
    if len(widths) > 1:
        raise ShapeError(f"the rows have different lengths: {', '.join(map(str, sorted(widths)))}")
    return len(x), widths.pop()


def as_rows(x: Any, features: int, who: Callable[[], str], noun: str = "weights") -> tuple[list[Any], bool]:
    """The samples as a list of sequences, each of `features` numbers and Values; and whether it is a batch.

    Args:
        x: one sample (a single feature may come bare), or rows.
        features: how many there have to be.
        who: gives the name of the layer, for messages.
        noun: what the layer has one of for each feature.

    Raises:
        ShapeError: the shape is another.
        OperandError: a sample is a dict, a set or an iterator, which have no places to go by.
    """
    for sample in x if is_batch(x) else (x,):
        if isinstance(sample, dict | set | frozenset):
            raise OperandError(
                f"{who()} takes a list or array of numbers and Values, got {type(sample).__name__}; "
                "list the features in their order"
            )
    if is_batch(x):
        try:
            shape = shape_of(x)
        except ShapeError as error:
            raise ShapeError(f"{who()}: expects inputs of shape (n, {features}), but {error}") from None
        if len(shape) != 2 or shape[1] != features:
            raise ShapeError(f"{who()}: expects inputs of shape (n, {features}), got {shape}")
        return x.tolist() if isinstance(x, np.ndarray) else list(x), True
    if not hasattr(x, "__len__") or (isinstance(x, np.ndarray) and not x.ndim):
        if hasattr(x, "__next__"):
            raise OperandError(f"{who()} takes a list or array of numbers and Values, got {type(x).__name__}")
        x = [x]
    if len(x) != features:
        raise ShapeError(
            f"{who()}: {features} {noun}, got {len(x)} inputs; "
            f"it takes one sample of shape ({features},) or rows of shape (n, {features})"
        )
    return [x], False


def stacked(rows: Sequence[Sequence[Any]], columns: int) -> Any:
    """An array of Values from rows of them, without copying any.

    Example:
        >>> from autograd import Value
        >>> stacked([[Value(1.0)], [Value(2.0)]], 1).shape
        (2, 1)
    """
    result = np.empty(len(rows) * columns, dtype=object)
    result[:] = [v for row in rows for v in row]
    return result.reshape(len(rows), columns).view(ValueArray)
