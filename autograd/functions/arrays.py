"""NumPy arrays whose elements are Values, and what makes NumPy's functions stay in the graph.

`ValueArray` is an ndarray of objects. NumPy hands every operation on one (or on a bare Value) to
``__array_ufunc__`` or ``__array_function__``, and these apply rows of the op table element by element. A matrix
product makes one `dot` node for each element of the result.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine import op as operation
from ..engine.op import is_node
from ..engine.value import Value, lift
from ..errors import OperandError, ShapeError
from . import elementary
from . import elementary as functions
from .duals import Dual

__all__ = ["ValueArray", "array", "data", "grads"]


class ValueArray(np.ndarray[Any, Any]):
    """An ndarray of Values; made by :func:`array` and by operations on one."""

    @classmethod
    def apply_elementwise(cls, function: Callable[..., Any], operands: Iterable[Any]) -> Any:
        """Apply a function of scalars to broadcast operands."""
        operands = list(operands)
        return _wrapped(np.frompyfunc(function, len(operands), 1)(*[_bare(x) for x in operands]))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return _on_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        own = _FUNCTIONS.get(func)
        return own(*args, **kwargs) if own else super().__array_function__(func, types, args, kwargs)

    def sum(  # type: ignore[override]  # narrower than NumPy's: no `where`, no `initial`
        self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False
    ) -> Any:
        """The sum over `axis`, one node for each element of the result."""
        return _reduce(elementary.sum, self, axis, keepdims, out)

    def mean(  # type: ignore[override]  # narrower than NumPy's: no `where`, no `initial`
        self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False
    ) -> Any:
        """The mean over `axis`, one node for each element of the result."""
        return _reduce(elementary.mean, self, axis, keepdims, out)

    def prod(  # type: ignore[override]  # narrower than NumPy's: no `where`, no `initial`
        self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False
    ) -> Any:
        """The product over `axis`, one node for each element of the result."""
        return _reduce(elementary.prod, self, axis, keepdims, out)

    def std(  # type: ignore[override]  # narrower than NumPy's: no `where`, no `initial`
        self, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0, keepdims: bool = False
    ) -> Any:
        """The standard deviation over `axis` (NumPy's ddof of 0), one node for each element of the result."""
        return _reduce(lambda values: elementary.std(values, ddof=ddof), self, axis, keepdims, out)

    def max(self, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:  # type: ignore[override]  # as sum
        """The maximum over `axis`, one node for each element of the result."""
        return _reduce(lambda values: elementary.maximum(*values), self, axis, keepdims, out)

    def min(self, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:  # type: ignore[override]  # as sum
        """The minimum over `axis`, one node for each element of the result."""
        return _reduce(lambda values: elementary.minimum(*values), self, axis, keepdims, out)

    def clip(self, min: Any = None, max: Any = None, out: Any = None, **_: Any) -> Any:
        """Each element held between two numbers."""
        _refuse(out)
        return self.apply_elementwise(lambda v: functions.clip(v, min, max), [self])

    def var(  # type: ignore[override]  # narrower than NumPy's: no `where`, no `initial`
        self, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0, keepdims: bool = False
    ) -> Any:
        """The variance over `axis` (NumPy's ddof of 0), the square of a node for each element of the result."""
        return self.std(axis=axis, out=out, ddof=ddof, keepdims=keepdims) ** 2

    def round(self, decimals: int = 0, out: Any = None) -> Any:  # type: ignore[override]  # NumPy's takes complex too
        """Each element rounded, by a step that stops gradients."""
        _refuse(out)
        return self.apply_elementwise(lambda v: round(v, decimals), [self])

    def __setitem__(self, index: Any, items: Any) -> None:
        """Store Values; plain numbers are made Values first, as :func:`array` does."""
        values = _bare(array(items))
        super().__setitem__(index, values if values.ndim else values[()])

    def dot(self, other: Any, out: Any = None) -> Any:
        """The matrix product, one `dot` node for each element of the result."""
        return _dot(self, other, out)


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
    return _read(x, operation.plain)


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
    return np.asarray(np.frompyfunc(function, 1, 1)(source), dtype=np.float64)


def _bare(x: Any) -> Any:
    """What NumPy's own loops may see: no subclass, no bare Value that would call back here."""
    if isinstance(x, ValueArray):
        return x.view(np.ndarray)
    if isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f":
        return x.astype(np.float64)  # a longdouble would hand the operation back to NumPy, for ever
    return operation.boxed(x)


def _wrapped(result: Any) -> Any:
    return result.view(ValueArray) if isinstance(result, np.ndarray) and result.dtype == object else result


_UFUNCS: dict[Any, Callable[..., Any]] = {
    np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul, np.divide: operator.truediv,
    np.power: operator.pow, np.float_power: operator.pow, np.remainder: operator.mod,
    np.floor_divide: operator.floordiv,
    np.negative: operator.neg, np.positive: operator.pos, np.square: lambda v: v**2, np.reciprocal: lambda v: 1.0 / v,
    np.absolute: functions.absolute, np.fabs: functions.absolute, np.sign: functions.sign, np.floor: functions.floor,
    np.exp: functions.exp, np.exp2: functions.exp2, np.expm1: functions.expm1,
    np.log: functions.log, np.log2: functions.log2, np.log10: functions.log10, np.log1p: functions.log1p,
    np.sqrt: functions.sqrt, np.cbrt: functions.cbrt, np.rint: round,
    np.sin: functions.sin, np.cos: functions.cos, np.tan: functions.tan,
    np.arcsin: functions.asin, np.arccos: functions.acos, np.arctan: functions.atan, np.arctan2: functions.atan2,
    np.sinh: functions.sinh, np.cosh: functions.cosh, np.tanh: functions.tanh,
    np.arcsinh: functions.asinh, np.arccosh: functions.acosh, np.arctanh: functions.atanh,
    np.hypot: functions.hypot,
    np.maximum: elementary.maximum, np.minimum: elementary.minimum,
    np.fmax: elementary.maximum, np.fmin: elementary.minimum,
    np.logaddexp: lambda a, b: elementary.logsumexp([a, b]),
    np.greater: operator.gt, np.greater_equal: operator.ge, np.less: operator.lt, np.less_equal: operator.le,
    np.equal: operator.eq, np.not_equal: operator.ne,
    np.isnan: lambda v: v != v, np.isfinite: lambda v: math.isfinite(operation.plain(v)),
    np.isinf: lambda v: math.isinf(operation.plain(v)), np.logical_not: operator.not_,
}  # fmt: skip
_PREDICATES = {np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.isnan, np.isfinite,
               np.isinf, np.logical_not}  # fmt: skip
_REDUCTIONS: dict[Any, Callable[[Any], Any]] = {
    np.add: elementary.sum, np.multiply: elementary.prod,
    np.maximum: lambda v: elementary.maximum(*v), np.minimum: lambda v: elementary.minimum(*v),
    np.logaddexp: elementary.logsumexp,
}  # fmt: skip


def _on_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not (method == "__call__" and (ufunc in _UFUNCS or ufunc is np.matmul)) and not (
        method == "reduce" and ufunc in _REDUCTIONS
    ):
        raise OperandError(
            f"np.{ufunc.__name__}{'' if method == '__call__' else '.' + method} has no rule for Values; "
            "see autograd.ops for those that have, or declare one with autograd.primitive"
        )
    out = kwargs.pop("out", None)
    unknown = set(kwargs) - {"dtype", *(("axis", "keepdims") if method == "reduce" else ("casting", "order", "subok"))}
    if unknown:
        raise OperandError(f"np.{ufunc.__name__} of Values takes no {', '.join(sorted(unknown))}")
    if method == "reduce":
        result: Any = _reduce(_REDUCTIONS[ufunc], inputs[0], kwargs.get("axis", 0), kwargs.get("keepdims", False))
    elif ufunc is np.matmul:
        result = _dot(inputs[0], inputs[1], stacked=True)
    else:
        scalar_function: Any = np.frompyfunc(_UFUNCS[ufunc], len(inputs), 1)
        result = scalar_function(*[_bare(x) for x in inputs])
        if ufunc in _PREDICATES:
            result = result.astype(bool) if isinstance(result, np.ndarray) else bool(result)
        result = _wrapped(result)
    if out is not None:
        out[0][...] = result
        return out[0]
    return result


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


def _dot(a: Any, b: Any, out: Any = None, *, stacked: bool = False) -> Any:
    """np.dot and @: one `dot` node for each element of the result."""
    _refuse(out)
    left, right = np.asarray(_bare(a), dtype=object), np.asarray(_bare(b), dtype=object)
    if left.ndim == 0 or right.ndim == 0:
        if stacked:
            raise ShapeError("@ needs arrays; use * for a number")
        return _on_ufunc(np.multiply, "__call__", (a, b), {})
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
    if len(branches) != 2:
        return np.where(np.asarray(_bare(condition)).astype(bool))
    chosen, x, y = np.broadcast_arrays(_bare(condition), *[np.asarray(_bare(b), dtype=object) for b in branches])
    result = np.empty(chosen.shape, dtype=object)
    for index in np.ndindex(*chosen.shape):
        branch = x[index] if chosen[index] else y[index]
        result[index] = branch if is_node(branch) else lift(branch)
    return _wrapped(result) if result.ndim else result[()]


def _reducer(method: str) -> Callable[..., Any]:
    def function(a: Any, axis: Any = None, **kwargs: Any) -> Any:
        return getattr(array(a), method)(axis=axis, **kwargs)

    return function


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.dot: _dot, np.where: _where,
    np.sum: _reducer("sum"), np.mean: _reducer("mean"), np.prod: _reducer("prod"), np.std: _reducer("std"),
    np.var: _reducer("var"),
    np.max: _reducer("max"), np.min: _reducer("min"),
    np.round: lambda a, decimals=0, out=None: array(a).round(decimals, out),
    np.clip: lambda a, a_min=None, a_max=None, out=None: array(a).clip(a_min, a_max, out),
    np.outer: lambda a, b: array(a).ravel()[:, None] * array(b).ravel()[None, :],
    np.inner: lambda a, b: _dot(a, np.transpose(b)), np.vdot: lambda a, b: _dot(np.ravel(a), np.ravel(b)),
}  # fmt: skip


def _on_bare_value(self: Any, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    return _on_ufunc(ufunc, method, inputs, kwargs)


def _function_on_bare_value(self: Any, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
    own = _FUNCTIONS.get(func)
    result = own(*args, **kwargs) if own else np.ndarray.__array_function__(np.empty(()), func, (), args, kwargs)
    return result[()] if isinstance(result, np.ndarray) and result.ndim == 0 else result


_SCALARS: tuple[Any, ...] = (Value, Dual)
for _scalar in _SCALARS:
    _scalar.__array_ufunc__ = _on_bare_value
    _scalar.__array_function__ = _function_on_bare_value
