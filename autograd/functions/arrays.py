"""NumPy arrays whose elements are Values, and what makes NumPy's functions stay in the graph.

`ValueArray` is an ndarray of objects. NumPy hands every operation on one (or on a bare Value) to
``__array_ufunc__`` or ``__array_function__``, and these apply rows of the op table element by element. A matrix
product makes one `dot` node for each element of the result.

A function of NumPy's is one line in a table below: `_UFUNCS` and `_PREDICATES` for those that go element by element,
`_REDUCTIONS` for their ``reduce``, `_FUNCTIONS` for all others.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine import modes, ops
from ..engine.op import boxed, is_node, plain
from ..engine.value import Value, lift
from ..errors import OperandError, ShapeError
from . import elementary

__all__ = ["ValueArray", "array", "data", "grads"]


def _reduction(function: Callable[[list[Any]], Any]) -> Any:
    """A method with the parameters of NumPy's, except `where` and `initial`."""

    def method(self: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        return _reduce(function, self, axis, keepdims, out)

    method.__qualname__ = f"ValueArray.{function.__name__}"  # messages name it
    return method


class ValueArray(np.ndarray[Any, Any]):
    """An ndarray of Values; made by :func:`array` and by operations on one.

    NumPy's reductions, `sum` ... `var`, make one node for each element of the result.
    """

    @classmethod
    def apply_elementwise(cls, function: Callable[..., Any], operands: Sequence[Any]) -> Any:
        """Apply a function of scalars to broadcast operands."""
        return _wrapped(np.frompyfunc(function, len(operands), 1)(*[_bare(x) for x in operands]))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return _on_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        own = _FUNCTIONS.get(func)
        return own(*args, **kwargs) if own else super().__array_function__(func, types, args, kwargs)

    sum = _reduction(elementary.sum)
    mean = _reduction(elementary.mean)
    prod = _reduction(elementary.prod)

    def std(  # type: ignore[override]  # narrower than NumPy's: no `where`, no `initial`
        self, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0, keepdims: bool = False
    ) -> Any:
        return _reduce(lambda values: elementary.std(values, ddof), self, axis, keepdims, out)

    def var(  # type: ignore[override]  # narrower than NumPy's: no `where`, no `initial`
        self, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0, keepdims: bool = False
    ) -> Any:
        return _reduce(lambda values: elementary.var(values, ddof), self, axis, keepdims, out)

    def max(self, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:  # type: ignore[override]  # as std
        return _reduce(_REDUCTIONS[np.maximum], self, axis, keepdims, out)

    def min(self, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:  # type: ignore[override]  # as std
        return _reduce(_REDUCTIONS[np.minimum], self, axis, keepdims, out)

    def clip(self, min: Any = None, max: Any = None, out: Any = None, **_: Any) -> Any:
        """Each element held between two numbers."""
        _refuse(out)
        return self.apply_elementwise(lambda v: elementary.clip(v, min, max), [self])

    def round(self, decimals: int = 0, out: Any = None) -> Any:  # type: ignore[override]  # NumPy's takes complex too
        """Each element rounded, by a step that stops gradients."""
        _refuse(out)
        return self.apply_elementwise(lambda v: round(v, decimals), [self])

    def dot(self, other: Any, out: Any = None) -> Any:
        """The matrix product, one `dot` node for each element of the result."""
        return _dot(self, other, out)

    def __setitem__(self, index: Any, items: Any) -> None:
        """Store Values; plain numbers are made Values first, as :func:`array` does."""
        values = _bare(array(items))
        super().__setitem__(index, values if values.ndim else values[()])


def array(x: Any, label: str = "") -> Any:
    """Make an array of Values.

    Args:
        x: numbers and Values, nested in lists or arrays of any shape. Values stay the nodes that they are.
        label: the elements are labelled ``label[i,j]`` (a single number: just ``label``).

    Returns:
        A ValueArray of the same shape. ``@``, ``np.dot``, broadcasting, slicing, ``.T``, ``.sum()``, ``np.exp``,
        ``np.maximum`` and the like stay in the graph.

    Raises:
        OperandError: an element is not a real number (a TypeError).
        ShapeError: rows of different lengths (a ValueError).

    Example:
        >>> W = array([[1.0, 2.0], [3.0, 4.0]], label="W")
        >>> loss = (W @ np.array([1.0, -1.0])).sum()
        >>> loss.backward()
        >>> grads(W).tolist()
        [[1.0, -1.0], [1.0, -1.0]]
    """
    try:
        source = np.array(x, dtype=object) if not isinstance(x, np.ndarray) else x.astype(object)
    except ValueError as error:
        raise ShapeError(f"rows of different lengths do not make an array: {error}") from None
    result = np.empty(source.shape, dtype=object)
    for index, item in np.ndenumerate(source):
        if isinstance(item, list | tuple):
            raise ShapeError("rows of different lengths do not make an array")
        name = label + (f"[{','.join(map(str, index))}]" if index and label else "")
        result[index] = item if is_node(item) else Value(item, name)
    return result.view(ValueArray)


def data(x: Any) -> NDArray[np.float64]:
    """The numbers of an array (or nested list) of Values, as floats.

    Example:
        >>> data(array([1, 2]) * 2).tolist()
        [2.0, 4.0]
    """
    return _read(x, plain)


def grads(x: Any) -> NDArray[np.float64]:
    """The gradients of an array (or nested list) of Values, as floats; 0.0 where no backward has been.

    Example:
        >>> x = array([3.0, 4.0])
        >>> (x * x).sum().backward()
        >>> grads(x).tolist()
        [6.0, 8.0]
    """

    def gradient(v: Any) -> float:
        if not isinstance(v, Value):
            raise OperandError(f"only a Value has a gradient, got {type(v).__name__} {v!r}")
        return float(getattr(v.grad, "data", v.grad))

    return _read(x, gradient)


def _read(x: Any, function: Callable[[Any], float]) -> NDArray[np.float64]:
    source = np.asarray(_bare(x), dtype=object)
    if modes.entered and (watch := modes.watcher()) is not None:
        watch.read(source.ravel().tolist(), sys._getframe(2))
    return np.asarray(np.frompyfunc(function, 1, 1)(source), dtype=np.float64)


def _bare(x: Any) -> Any:
    """What NumPy's own loops may see: no subclass, no bare Value that would call back here."""
    if isinstance(x, ValueArray):
        return x.view(np.ndarray)
    if isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f":
        return x.astype(np.float64)  # a longdouble would hand the operation back to NumPy, for ever
    return boxed(x)


def _wrapped(result: Any) -> Any:
    return result.view(ValueArray) if isinstance(result, np.ndarray) and result.dtype == object else result


_PREDICATES: dict[Any, Callable[..., Any]] = {  # these give bools
    np.greater: operator.gt, np.greater_equal: operator.ge, np.less: operator.lt, np.less_equal: operator.le,
    np.equal: operator.eq, np.not_equal: operator.ne, np.logical_not: operator.not_,
    np.isnan: lambda v: v != v, np.isfinite: lambda v: -math.inf < v < math.inf,
    np.isinf: lambda v: v in (-math.inf, math.inf),
}  # fmt: skip
_UFUNCS: dict[Any, Callable[..., Any]] = {
    **_PREDICATES,
    np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul, np.divide: operator.truediv,
    np.power: operator.pow, np.float_power: operator.pow, np.remainder: operator.mod,
    np.floor_divide: operator.floordiv,
    np.negative: operator.neg, np.positive: operator.pos, np.square: lambda v: v**2, np.reciprocal: lambda v: 1.0 / v,
    np.absolute: elementary.absolute, np.fabs: elementary.absolute, np.sign: elementary.sign,
    np.floor: elementary.floor, np.rint: round,
    np.exp: elementary.exp, np.exp2: elementary.exp2, np.expm1: elementary.expm1,
    np.log: elementary.log, np.log2: elementary.log2, np.log10: elementary.log10, np.log1p: elementary.log1p,
    np.sqrt: elementary.sqrt, np.cbrt: elementary.cbrt, np.hypot: elementary.hypot,
    np.sin: elementary.sin, np.cos: elementary.cos, np.tan: elementary.tan,
    np.arcsin: elementary.asin, np.arccos: elementary.acos, np.arctan: elementary.atan, np.arctan2: elementary.atan2,
    np.sinh: elementary.sinh, np.cosh: elementary.cosh, np.tanh: elementary.tanh,
    np.arcsinh: elementary.asinh, np.arccosh: elementary.acosh, np.arctanh: elementary.atanh,
    np.maximum: elementary.maximum, np.minimum: elementary.minimum,
    np.fmax: elementary.maximum, np.fmin: elementary.minimum,
    np.logaddexp: lambda a, b: elementary.logsumexp([a, b]),
}  # fmt: skip
_REDUCTIONS: dict[Any, Callable[[list[Any]], Any]] = {
    np.add: elementary.sum, np.multiply: elementary.prod, np.logaddexp: elementary.logsumexp,
    np.maximum: lambda values: elementary.maximum(*values), np.minimum: lambda values: elementary.minimum(*values),
}  # fmt: skip


def _on_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    reducing = method == "reduce" and ufunc in _REDUCTIONS
    if not reducing and not (method == "__call__" and (ufunc in _UFUNCS or ufunc is np.matmul)):
        raise OperandError(
            f"np.{ufunc.__name__}{'' if method == '__call__' else '.' + method} has no rule for Values; "
            "see autograd.ops for those that have, or declare one with autograd.primitive"
        )
    out = kwargs.pop("out", None)
    unknown = set(kwargs) - ({"dtype", "axis", "keepdims"} if reducing else {"dtype", "casting", "order", "subok"})
    if unknown:
        raise OperandError(f"np.{ufunc.__name__} of Values takes no {', '.join(sorted(unknown))}")
    if reducing:
        result = _reduce(_REDUCTIONS[ufunc], inputs[0], kwargs.get("axis", 0), kwargs.get("keepdims", False))
    elif ufunc is np.matmul:
        result = _matmul(*inputs)
    else:
        result = ValueArray.apply_elementwise(_UFUNCS[ufunc], inputs)
        if ufunc in _PREDICATES:
            result = _bare(result).astype(bool) if isinstance(result, np.ndarray) else bool(result)
    if out is None:
        return result
    out[0][...] = result
    return out[0]


def _refuse(out: Any) -> None:
    if out is not None:
        raise OperandError("out=... takes no Values here; write the result there yourself: target[...] = result")


def _reduce(function: Callable[[Any], Any], x: Any, axis: Any, keepdims: bool, out: Any = None) -> Any:
    """Apply a function of many operands along axes."""
    _refuse(out)
    bare = np.asarray(_bare(x), dtype=object)
    np.empty((1,) * bare.ndim).sum(axis=axis)  # NumPy's own error for an axis that is not there
    axes = tuple(range(bare.ndim)) if axis is None else tuple(a % bare.ndim for a in np.atleast_1d(axis))
    kept = [a for a in range(bare.ndim) if a not in axes]
    rows = bare.transpose(*kept, *axes).reshape(*[bare.shape[a] for a in kept], -1)
    result = np.empty(rows.shape[:-1], dtype=object)
    for index in np.ndindex(*result.shape):
        result[index] = function(rows[index].tolist())
    if keepdims:
        result = result.reshape([1 if a in axes else n for a, n in enumerate(bare.shape)])
    return _wrapped(result) if result.ndim else result[()]


def _dot(a: Any, b: Any, out: Any = None) -> Any:
    """np.dot: a matrix product, or plain multiplication where an operand is a single number."""
    _refuse(out)
    return _matmul(a, b) if np.ndim(_bare(a)) and np.ndim(_bare(b)) else np.multiply(a, b)


def _matmul(a: Any, b: Any) -> Any:
    """A matrix product: one `dot` node for each element of the result."""
    left, right = np.asarray(_bare(a), dtype=object), np.asarray(_bare(b), dtype=object)
    if left.ndim == 0 or right.ndim == 0:
        raise ShapeError("@ needs arrays; use * for a number")
    if left.ndim > 2 or right.ndim > 2:
        raise ShapeError(f"a matrix product of Values takes one or two dimensions, got {left.shape} and {right.shape}")
    if left.shape[-1] != right.shape[0]:
        raise ShapeError(
            f"shapes {left.shape} and {right.shape} do not fit: the columns of the first must match the "
            "rows of the second (a forgotten transpose?)"
        )
    rows = [row.tolist() for row in left.reshape(-1, left.shape[-1])]
    columns = [column.tolist() for column in right.reshape(right.shape[0], -1).T]
    result = np.empty((len(rows), len(columns)), dtype=object)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            result[i, j] = elementary.dot(row, column)
    shape = left.shape[:-1] + right.shape[1:]
    return _wrapped(result.reshape(shape)) if shape else result[0, 0]


def _where(condition: Any, *branches: Any) -> Any:
    holds = np.asarray(_bare(condition)).astype(bool)
    return ValueArray.apply_elementwise(_chosen, (holds, *branches)) if branches else np.where(holds)


def _chosen(first: bool, x: Any, y: Any) -> Any:
    taken = x if first else y
    return taken if is_node(taken) else lift(taken)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """np.linalg.norm: the Euclidean one as one node, all others as NumPy makes them of what there is."""
    if ord is None or (ord == 2 and (np.ndim(_bare(x)) == 1 or isinstance(axis, int))):
        return _reduce(elementary.norm, x, axis, keepdims)
    return np.ndarray.__array_function__(np.empty(()), np.linalg.norm, (), (x, ord, axis, keepdims), {})


def _sinc(x: Any) -> Any:
    return ops.sinc(0.0)(x)


def _reducer(method: str) -> Callable[..., Any]:
    def function(a: Any, axis: Any = None, **kwargs: Any) -> Any:
        return getattr(array(a), method)(axis=axis, **kwargs)

    return function


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.dot: _dot, np.where: _where, np.linalg.norm: _norm, np.sinc: _sinc,
    np.sum: _reducer("sum"), np.mean: _reducer("mean"), np.prod: _reducer("prod"), np.max: _reducer("max"),
    np.min: _reducer("min"), np.std: _reducer("std"), np.var: _reducer("var"),
    np.round: lambda a, decimals=0, out=None: array(a).round(decimals, out),
    np.clip: lambda a, a_min=None, a_max=None, out=None: array(a).clip(a_min, a_max, out),
    np.outer: lambda a, b: array(a).ravel()[:, None] * array(b).ravel()[None, :],
    np.inner: lambda a, b: _dot(a, np.transpose(b)), np.vdot: lambda a, b: _dot(np.ravel(a), np.ravel(b)),
}  # fmt: skip


def _function_on_bare_value(self: Any, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
    own = _FUNCTIONS.get(func)
    result = own(*args, **kwargs) if own else np.ndarray.__array_function__(np.empty(()), func, (), args, kwargs)
    return result[()] if isinstance(result, np.ndarray) and result.ndim == 0 else result


Value.__array_ufunc__ = ValueArray.__array_ufunc__  # type: ignore[attr-defined]
Value.__array_function__ = _function_on_bare_value  # type: ignore[attr-defined]
