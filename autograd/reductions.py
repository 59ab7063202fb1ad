"""The public functions of many operands: each is one node, whatever the number of its operands."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .engine import op as operation
from .engine import ops, special
from .engine.op import Op
from .engine.value import Value, lift, literal, node, record
from .errors import DomainError, OperandError, ShapeError

_missing: Any = object()


def _operands(values: Any, what: str) -> list[Any]:
    """The operands of a function of many, as a flat list; at least one."""
    if type(values) is list and values:
        return values
    if isinstance(values, np.ndarray):
        operands = values.ravel().tolist()
    elif isinstance(values, Iterable) and not isinstance(values, str | bytes | dict):
        operands = list(values)
    else:
        raise OperandError(f"{what} takes an iterable of numbers and Values, got {type(values).__name__}")
    if not operands:
        raise ShapeError(f"{what} of no values at all")
    return operands


def _apply(op: Op, operands: Sequence[Any]) -> Any:
    try:
        return record(op, tuple(operands))  # the common case, all of them Values, finds out for itself
    except AttributeError:
        pass
    if set(map(type, operands)) == {Value, float}:
        return record(op, tuple([x if type(x) is Value else literal(x) for x in operands]))
    for x in operands:
        if isinstance(x, np.ndarray | list | tuple):
            operation.number(x)  # raises: these functions take a flat sequence
    return op(*operands)


def sum(values: Any, start: Any = _missing) -> Any:
    """start + v1 + v2 + ... as one node.

    Args:
        values: an iterable or array of numbers and Values, added from left to right.
        start: what to begin with, 0 if not given.

    Raises:
        ShapeError: there are no values and no `start` is given (a ValueError).

    Example:
        >>> a, b = Value(2.0), Value(3.0)
        >>> total = sum([a, b, 4])
        >>> total.data, total.op, len(total.parents)
        (9.0, 'sum', 3)
    """
    if start is _missing:
        return _apply(ops.SUM, _operands(values, "sum"))
    rest = values.ravel().tolist() if isinstance(values, np.ndarray) else list(values)
    begins_at_zero = not _level(start) and operation.number(start) == 0.0
    operands = rest if rest and begins_at_zero else [start, *rest]
    return _apply(ops.SUM, operands)


def prod(values: Any) -> Any:
    """v1 * v2 * ... as one node. Each slope is the product of the others, so zeros do no harm.

    Example:
        >>> x = Value(0.0)
        >>> prod([x, 2.0, 3.0]).backward()
        >>> x.grad
        6.0
    """
    return _apply(ops.PROD, _operands(values, "prod"))


def mean(values: Any) -> Any:
    """(v1 + ... + vn) / n as one node.

    Example:
        >>> mean([1.0, 2.0, 6.0])
        3.0
    """
    return _apply(ops.MEAN, _operands(values, "mean"))


def std(values: Any, ddof: int = 1) -> Any:
    """The standard deviation sqrt(sum((v - mean)^2) / (n - ddof)) as one node.

    Args:
        values: more than `ddof` numbers and Values.
        ddof: 1 for a sample (as in PyTorch), 0 for a whole population (as in NumPy).

    Example:
        >>> std([1.0, 2.0, 3.0])
        1.0
    """
    operands = _operands(values, "std")
    if len(operands) <= ddof:
        raise ShapeError(
            f"std with ddof={ddof} needs more than {ddof} values, got {len(operands)}; a single value has no spread"
        )
    return _apply(ops.std(float(ddof)), operands)


def logsumexp(values: Any) -> Any:
    """log(e^v1 + ... + e^vn) as one node, without overflow; its slopes are the softmax.

    All values -inf give -inf with slopes 0, which is what a masked softmax needs.

    Example:
        >>> logsumexp([1000.0, 1001.0, 1002.0])
        1002.4076059644444
    """
    return _apply(ops.LOGSUMEXP, _operands(values, "logsumexp"))


def softmax(values: Any) -> Any:
    """e^vi / sum(e^vj) for each i, without overflow: the largest value is taken away first.

    Args:
        values: an iterable of n numbers and Values, or an array (over its last axis).

    Returns:
        A list of n results, or an array of the same shape.

    Example:
        >>> [f"{p:.8f}" for p in softmax([1000.0, 1001.0, 1002.0])]
        ['0.09003057', '0.24472847', '0.66524096']
    """
    if isinstance(values, np.ndarray) and values.ndim > 1:
        return np.stack([softmax(row) for row in values]).view(type(values))
    operands = _operands(values, "softmax")
    largest = max(x.data if _level(x) else operation.number(x) for x in operands)
    if largest == -math.inf:
        raise DomainError("softmax of values that are all -inf: every share would be 0/0")
    powers = [ops.SHIFTED_EXP(x, largest) for x in operands]
    total = sum(powers)
    results = [p / total for p in powers]
    return np.array(results).view(type(values)) if isinstance(values, np.ndarray) else results


def maximum(*values: Any) -> Any:
    """The largest of the values, as one node; for arrays element by element.

    Where several are largest they share the slope evenly. A nan among them makes the result nan.

    Example:
        >>> a, b = Value(1.0), Value(1.0)
        >>> maximum(a, b, 0).backward()
        >>> a.grad, b.grad
        (0.5, 0.5)
    """
    return _extreme(ops.MAXIMUM, values)


def minimum(*values: Any) -> Any:
    """The smallest of the values, as one node; for arrays element by element. See :func:`maximum`.

    Example:
        >>> minimum(3.0, 1, 2)
        1.0
    """
    return _extreme(ops.MINIMUM, values)


def _extreme(op: Op, values: tuple[Any, ...]) -> Any:
    if not values or (len(values) == 1 and isinstance(values[0], Iterable)):
        raise OperandError(f"{op.name} takes the values one by one: {op.name}(a, b, ...) or {op.name}(*values)")
    return op(*values)


def dot(weights: Any, inputs: Any, bias: Any = None) -> Any:
    """w1 x1 + ... + wn xn + b as one node: a neuron before its activation.

    Args:
        weights, inputs: iterables of n >= 1 numbers and Values, or 1-D arrays. (For matrices use ``@``.)
        bias: a number or Value to add; None: nothing.

    Returns:
        A node whose parents are the weights, the inputs and the bias, in that order; a float if all are numbers.

    Raises:
        ShapeError: the lengths differ, or are 0 (a ValueError).

    Example:
        >>> w = [Value(1.0), Value(2.0)]
        >>> z = dot(w, [3.0, 4.0], bias=0.5)
        >>> z.data, z.local_derivatives()
        (11.5, (3.0, 4.0, 1.0, 2.0, 1.0))
    """
    left, right = _operands(weights, "dot"), _operands(inputs, "dot")
    if len(left) != len(right):
        raise ShapeError(f"dot: {len(left)} weights for {len(right)} inputs")
    for operand in (weights, inputs):
        if isinstance(operand, np.ndarray) and operand.ndim != 1:
            raise ShapeError(f"dot takes one-dimensional operands, got shape {operand.shape}; use @ for matrices")
    return _apply(ops.DOT, (*left, *right) if bias is None else (*left, *right, bias))


def dot_rows(rows: Sequence[tuple[Value, ...]], inputs: Sequence[Any]) -> list[Any]:
    """A `dot` node for each row, all on the same inputs: a layer before its activations.

    The same nodes as :func:`dot` makes one by one, but the inputs are read once and shared.

    Args:
        rows: for each neuron its n weights and its bias, in one tuple; or, for all of them, the n weights alone.
        inputs: n numbers and Values.

    Example:
        >>> [z.data for z in dot_rows([(Value(1.0), Value(0.0)), (Value(2.0), Value(0.5))], [Value(3.0)])]
        [3.0, 6.5]
    """
    nodes = tuple(inputs)
    if set(map(type, nodes)) != {Value}:
        if max(map(_level, nodes), default=0) > 1:
            return [dot(row[: len(nodes)], inputs, *row[len(nodes) :]) for row in rows]
        nodes = tuple([lift(x) for x in nodes])
    numbers = [x._data for x in nodes]
    if rows and len(rows[0]) == len(nodes):
        return [node(special.inner([w._data for w in row], numbers), ops.DOT, row, nodes) for row in rows]
    # inner() ends with the inputs, before it comes to the bias
    return [node(special.inner([w._data for w in row], numbers) + row[-1]._data, ops.DOT, row, nodes) for row in rows]


def _level(x: Any) -> int:
    level: int = getattr(type(x), "op_level", 0)
    return level
