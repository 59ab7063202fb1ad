"""The functions that users compute with, `exp` ... `softmax`: each applies a row of the op table to what it is given.

Functions of one or two numbers take floats, Values and arrays, and have their text from their row. Functions
of many operands make one node, however many there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, overload

import numpy as np
from numpy.typing import NDArray

from ..engine import ops, special, value
from ..engine.op import Op, is_node, number
from ..engine.value import Number, Value, failure, lift, literal, node, record
from ..errors import ArgumentError, OperandError, ShapeError

Array = NDArray[Any]

_FEW = 12  # powers of a softmax; of more, the sum of a block stands for its powers in the other blocks' shares


class Unary(Protocol):
    """A function of one number: a float gives a float, a Value a Value, an array an array."""

    @overload
    def __call__(self, x: Value, /) -> Value: ...
    @overload
    def __call__(self, x: float, /) -> float: ...
    @overload
    def __call__(self, x: Array | list[Any], /) -> Array: ...


class Binary(Protocol):
    """A function of two numbers: a Value if either is one."""

    @overload
    def __call__(self, x: Value, y: Number, /) -> Value: ...
    @overload
    def __call__(self, x: float, y: Value, /) -> Value: ...
    @overload
    def __call__(self, x: float, y: float, /) -> float: ...
    @overload
    def __call__(self, x: Array, y: Array | Number, /) -> Array: ...


class OfMany(Protocol):
    """A function of many numbers, as an iterable or an array."""

    def __call__(self, values: Any) -> Any: ...


UNARY: dict[str, Unary] = {}  # by name, as they are made below
BINARY: dict[str, Binary] = {}


def _unary(op: Op, formula: str, example: str) -> Unary:
    forward = op.forward

    def function(x: Any, /) -> Any:
        if type(x) is not Value:
            return op(x)
        try:
            return value.node(forward(x._data), op, x)  # by the name that a count of nodes replaces
        except (ArithmeticError, ValueError) as error:
            raise failure(op, (x,), error) from None

    described: Unary = _described(function, op, formula, example)
    UNARY[function.__name__] = described
    return described


def _binary(op: Op, formula: str, example: str) -> Binary:
    def function(x: Any, y: Any, /) -> Any:
        return op(x, y)

    described: Binary = _described(function, op, formula, example)
    BINARY[function.__name__] = described
    return described


def _of_many(op: Op, formula: str, example: str) -> OfMany:
    name = op.name

    def function(values: Any) -> Any:
        return _apply(op, _operands(values, name))

    described: OfMany = _described(function, op, f"{formula}, as one node", example)
    return described


def _described(function: Any, op: Op, formula: str, example: str) -> Any:
    """The function with a name and a docstring, made from its row and from an example "call -> result"."""
    call, result = example.split(" -> ")
    lines = [f"{formula}, for floats, Values and arrays.", "", f"Derivative: {op.because}.", ""]
    lines += [f"Domain: {op.domain}; outside it Python's own exception."] if op.domain else []
    lines += [f"Where no derivative exists: {op.kink}."] if op.kink else []
    function.__name__ = function.__qualname__ = call.split("(")[0]
    function.__doc__ = "\n".join([*lines, "", "Example:", f"    >>> {call}", f"    {result}", ""])
    return function


exp = _unary(ops.EXP, "e^x", "exp(1.0) -> 2.718281828459045")
exp2 = _unary(ops.EXP2, "2^x", "exp2(10.0) -> 1024.0")
expm1 = _unary(ops.EXPM1, "e^x - 1, with all digits near 0", "expm1(1e-20) -> 1e-20")
log = _unary(ops.LOG, "The natural logarithm", "log(1.0) -> 0.0")
log2 = _unary(ops.LOG2, "The logarithm to base 2", "log2(8.0) -> 3.0")
log10 = _unary(ops.LOG10, "The logarithm to base 10", "log10(1000.0) -> 3.0")
log1p = _unary(ops.LOG1P, "log(1 + x), with all digits near 0", "log1p(1e-20) -> 1e-20")
sqrt = _unary(ops.SQRT, "The square root", "sqrt(9.0) -> 3.0")
cbrt = _unary(ops.CBRT, "The real cube root", "cbrt(-8.0) -> -2.0")
sin = _unary(ops.SIN, "The sine of x radians", "sin(0.0) -> 0.0")
cos = _unary(ops.COS, "The cosine of x radians", "cos(0.0) -> 1.0")
tan = _unary(ops.TAN, "The tangent of x radians", "tan(0.0) -> 0.0")
asin = _unary(ops.ASIN, "The arc sine in radians", "asin(0.0) -> 0.0")
acos = _unary(ops.ACOS, "The arc cosine in radians", "acos(1.0) -> 0.0")
atan = _unary(ops.ATAN, "The arc tangent in radians", "atan(0.0) -> 0.0")
sinh = _unary(ops.SINH, "The hyperbolic sine", "sinh(0.0) -> 0.0")
cosh = _unary(ops.COSH, "The hyperbolic cosine", "cosh(0.0) -> 1.0")
tanh = _unary(ops.TANH, "The hyperbolic tangent", "tanh(20.0) -> 1.0")
asinh = _unary(ops.ASINH, "The inverse of sinh", "asinh(0.0) -> 0.0")
acosh = _unary(ops.ACOSH, "The inverse of cosh", "acosh(1.0) -> 0.0")
atanh = _unary(ops.ATANH, "The inverse of tanh", "atanh(0.0) -> 0.0")
erf = _unary(ops.ERF, "The error function", "erf(0.0) -> 0.0")
erfc = _unary(ops.ERFC, "1 - erf(x), with all digits in the right tail", "erfc(0.0) -> 1.0")
sigmoid = _unary(ops.SIGMOID, "1 / (1 + e^-x), without overflow", "sigmoid(-710.0) -> 4.47628622567513e-309")
logsigmoid = _unary(ops.LOGSIGMOID, "log(sigmoid(x)), without overflow", "logsigmoid(-1000.0) -> -1000.0")
softplus = _unary(ops.SOFTPLUS, "log(1 + e^x), without overflow", "softplus(1000.0) -> 1000.0")
softsign = _unary(ops.SOFTSIGN, "x / (1 + |x|)", "softsign(1.0) -> 0.5")
relu = _unary(ops.RELU, "max(x, 0); nan stays nan", "relu(-3.0) -> 0.0")
gelu = _unary(ops.GELU, "x times the standard normal distribution function", "gelu(0.0) -> 0.0")
silu = _unary(ops.SILU, "x sigmoid(x), also called swish", "silu(0.0) -> 0.0")
absolute = _unary(ops.ABS, "|x|", "absolute(-2.0) -> 2.0")
sign = _unary(ops.SIGN, "-1, 0 or 1", "sign(-2.0) -> -1.0")
floor = _unary(ops.FLOOR, "The largest whole number not above x, as a float", "floor(2.5) -> 2.0")
hypot = _binary(ops.HYPOT, "sqrt(x^2 + y^2), without overflow", "hypot(3.0, 4.0) -> 5.0")
atan2 = _binary(ops.ATAN2, "The angle of the point (x, y), called as atan2(y, x)", "atan2(0.0, 1.0) -> 0.0")
xlogy = _binary(ops.XLOGY, "x log(y), and 0 for x = 0", "xlogy(0.0, 0.0) -> 0.0")
prod = _of_many(ops.PROD, "v1 * v2 * ... (zeros do no harm to the slopes)", "prod([2.0, 3.0, 4.0]) -> 24.0")
mean = _of_many(ops.MEAN, "(v1 + ... + vn) / n", "mean([1.0, 2.0, 6.0]) -> 3.0")
norm = _of_many(ops.NORM, "sqrt(v1^2 + ... + vn^2), without overflow", "norm([2.0, 3.0, 6.0]) -> 7.0")
logsumexp = _of_many(
    ops.LOGSUMEXP,
    "log(e^v1 + ... + e^vn), without overflow (all -inf give -inf, which a masked softmax needs)",
    "logsumexp([1000.0, 1001.0, 1002.0]) -> 1002.4076059644444",
)


def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """max(x, slope x) for a slope below 1: a ReLU that lets a little of the gradient through below 0.

    Derivative: 1 for x > 0, else `slope` (at 0 too).

    Example:
        >>> leaky_relu(-2.0), leaky_relu(-2.0, slope=0.1)
        (-0.02, -0.2)
    """
    return ops.leaky_relu(number(slope))(x)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x for x > 0, alpha (e^x - 1) below.

    Derivative: 1 for x > 0, else alpha e^x.

    Example:
        >>> elu(2.0), elu(-1000.0)
        (2.0, -1.0)
    """
    return ops.elu(number(alpha))(x)


def clip(x: Any, low: float | None = None, high: float | None = None) -> Any:
    """x held between two numbers; None leaves that side open.

    Derivative: 1 from `low` to `high`, both included, else 0 (PyTorch's convention).

    Raises:
        ArgumentError: `low` is above `high`.

    Example:
        >>> clip(1.7, 0.0, 1.0)
        1.0
    """
    bottom = -math.inf if low is None else low
    top = math.inf if high is None else high
    if is_node(bottom) or is_node(top):
        return minimum(maximum(x, bottom), top)
    bottom, top = number(bottom), number(top)
    if bottom > top:
        raise ArgumentError(f"clip: low = {bottom!r} is above high = {top!r}")
    return ops.clip(bottom, top)(x)


def where(condition: Any, f: Any, g: Any) -> Any:
    """The value of `f` if the condition holds, else that of `g`; the other is never evaluated.

    Because of that no error, infinity or nan of the branch not taken reaches the result or its gradient.

    Args:
        condition: a bool, or a Value (true unless 0). For arrays of conditions use ``np.where``.
        f, g: functions of no arguments, or numbers.

    Returns:
        A Value: a number is made a constant, so that the result can be back-propagated either way.

    Example:
        >>> x = Value(0.0)
        >>> where(x > 0, lambda: sqrt(x), 0.0).data
        0.0
    """
    if isinstance(condition, np.ndarray) and condition.ndim:
        raise OperandError("where takes one condition; np.where takes arrays of them")
    chosen = f if (condition if is_node(condition) else number(condition)) else g
    result = chosen() if callable(chosen) else chosen
    return result if is_node(result) else literal(number(result))


_missing: Any = object()


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
    begins_at_zero = not is_node(start) and number(start) == 0.0
    return _apply(ops.SUM, rest if rest and begins_at_zero else [start, *rest])


def var(values: Any, ddof: int = 1) -> Any:
    """The variance sum((v - mean)^2) / (n - ddof) as one node.

    Args:
        values: more than `ddof` numbers and Values.
        ddof: 1 for a sample (as in PyTorch), 0 for a whole population (as in NumPy).

    Example:
        >>> var([1.0, 2.0, 6.0])
        7.0
    """
    return _apply(ops.var(float(ddof)), _spread("var", values, ddof))


def std(values: Any, ddof: int = 1) -> Any:
    """The standard deviation sqrt(sum((v - mean)^2) / (n - ddof)) as one node; see :func:`var`.

    Its slope counts as 0 where all values are equal.

    Example:
        >>> std([1.0, 2.0, 3.0])
        1.0
    """
    return _apply(ops.std(float(ddof)), _spread("std", values, ddof))


def _spread(what: str, values: Any, ddof: int) -> list[Any]:
    operands = _operands(values, what)
    if len(operands) <= ddof:
        raise ShapeError(
            f"{what} with ddof={ddof} needs more than {ddof} values, got {len(operands)}; a single value has no spread"
        )
    return operands


def softmax(values: Any) -> Any:
    """e^vi / sum(e^vj) for each i, without overflow: the largest value is taken away first.

    Each result is one node of its own power and the others, so that its slopes keep their digits where it is all but 1.

    Args:
        values: an iterable of n numbers and Values, or an array (over its last axis).

    Returns:
        A list of n results, or an array of the same shape.

    Raises:
        DomainError: all values are -inf (a ValueError).

    Example:
        >>> [f"{p:.8f}" for p in softmax([1000.0, 1001.0, 1002.0])]
        ['0.09003057', '0.24472847', '0.66524096']
    """
    if isinstance(values, np.ndarray) and values.ndim > 1:
        return np.stack([softmax(row) for row in values]).view(type(values))
    operands = _operands(values, "softmax")
    largest = _apply(ops.MAXIMUM, operands)
    powers = [ops.SHIFTED_EXP(x, largest) for x in operands]
    size = len(powers) if len(powers) <= _FEW else math.isqrt(len(powers))
    blocks = [powers[i : i + size] for i in range(0, len(powers), size)]
    sums = [_apply(ops.SUM, block) if len(block) > 1 else block[0] for block in blocks]
    results = [
        _apply(ops.SHARE, (p, *block[:i], *block[i + 1 :], *sums[:k], *sums[k + 1 :]))
        for k, block in enumerate(blocks)
        for i, p in enumerate(block)
    ]
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
    """The node that `dot` makes, for each row of weights (and a bias, or none); they share one tuple of inputs."""
    nodes = tuple(inputs)
    if set(map(type, nodes)) != {Value}:
        if any(is_node(x) and not isinstance(x, Value) for x in nodes):
            return [dot(row[: len(nodes)], inputs, *row[len(nodes) :]) for row in rows]
        nodes = tuple([lift(x) for x in nodes])
    numbers = [x._data for x in nodes]
    if rows and len(rows[0]) == len(nodes):
        return [node(special.inner([w._data for w in row], numbers), ops.DOT, row, nodes) for row in rows]
    # inner() stops where the inputs end, before it comes to the bias
    return [node(special.inner([w._data for w in row], numbers) + row[-1]._data, ops.DOT, row, nodes) for row in rows]


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
    except (AttributeError, TypeError):  # the compiled engine raises a TypeError
        pass
    if set(map(type, operands)) == {Value, float}:
        return record(op, tuple([x if type(x) is Value else literal(x) for x in operands]))
    for x in operands:
        if isinstance(x, np.ndarray | list | tuple):
            number(x)  # raises: these functions take a flat sequence
    return op(*operands)
