"""NumPy arrays whose elements are Values, and what makes NumPy's functions stay in the graph.

`ValueArray` is an ndarray of objects. NumPy hands every operation on one (or on a bare Value) to ``__array_ufunc__``
or ``__array_function__``. Tables say what each function is: `_UFUNCS` which function of numbers, element by element,
`_REDUCTIONS` which function of many numbers its ``reduce`` is, `_NAMES` and `_FUNCTIONS` how all others are done. What
is in no table is refused. A matrix product makes one `dot` node for each element of the result.
"""

from __future__ import annotations

import bisect
import contextlib
import functools
import inspect
import math
import operator
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import NDArray

from ..engine import modes, ops
from ..engine.op import boxed, is_node, plain
from ..engine.ops import BESIDES, COPYSIGN, FMOD, HEAVISIDE
from ..engine.value import Value, lift
from ..errors import ArgumentError, OperandError, ShapeError
from . import elementary

__all__ = ["ValueArray", "array", "data", "grads"]


def _reduction(name: str, function: Callable[[list[Any]], Any]) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _reduce(function, self, *args, name=name, **kwargs)

    return method


def _spread(name: str, function: Callable[..., Any]) -> Any:
    def method(
        self: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0, *args: Any, **named: Any
    ) -> Any:
        return _reduce(functools.partial(function, ddof=ddof), self, axis, dtype, out, *args, name=name, **named)

    return method


def _place(extreme: Callable[..., int]) -> Any:
    """A method for the index of the first nan, or else of the first extreme element, as a plain number."""

    def index(values: list[Any]) -> int:
        return min(_nans(values) or [extreme(range(len(values)), key=values.__getitem__)])

    def method(self: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
        places = _reduce(index, self, axis, None, out, keepdims, name=f"arg{extreme.__name__}")
        return data(places).astype(np.intp)[()]

    return method


class ValueArray(np.ndarray[Any, Any]):
    """An ndarray of Values; made by :func:`array` and by operations on one.

    The reductions, `sum` ... `var`, make one node for each element of the result. Comparisons, `any`, `argmax`,
    `argsort` and the like give plain bools and indices. README lists the functions that work; any other is refused
    with an OperandError.

    NumPy asks no array before ``np.array(x)``, ``np.asarray(x)``, ``np.full(shape, v)`` and the functions of
    ``np.random`` and ``np.polynomial``: these give plain object arrays of Values, which :func:`array` takes. ``np.ma``
    makes arrays of its own.
    """

    __array_priority__ = 1.0  # a plain X.dot(W), where NumPy asks nobody, gives W's class

    @classmethod
    def apply_elementwise(cls, function: Callable[..., Any], operands: Sequence[Any]) -> Any:
        """Apply a function of scalars to broadcast operands."""
        with np.errstate(invalid="ignore"):  # NumPy hears of each comparison with nan
            return _wrapped(np.frompyfunc(function, len(operands), 1)(*[_bare(x) for x in operands]))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return _on_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _on_function(func, args, kwargs)

    imag = property(lambda self: np.zeros_like(self))  # Values are real

    # The methods that NumPy's own code for arrays of objects does not make of ufuncs, as it makes `max` and `cumsum`;
    # and `sum`, which is then faster.

    sum = _reduction("sum", elementary.sum)
    mean = _reduction("mean", elementary.mean)
    std = _spread("std", elementary.std)
    var = _spread("var", elementary.var)
    argmax = _place(max)
    argmin = _place(min)

    def clip(self, min: Any = None, max: Any = None, out: Any = None, **others: Any) -> Any:
        """Each element held between two numbers, or between those of two arrays."""
        _refuse("clip", out=out, **others)
        low, high = -math.inf if min is None else min, math.inf if max is None else max
        return self.apply_elementwise(elementary.clip, [self, low, high])

    def round(self, decimals: int = 0, out: Any = None) -> Any:  # type: ignore[override]  # NumPy's takes complex too
        """Each element rounded, by a step that stops gradients."""
        _refuse("round", out=out)
        return self.apply_elementwise(lambda v: round(v, decimals), [self])

    def dot(self, other: Any, out: Any = None) -> Any:
        """The matrix product, one `dot` node for each element of the result."""
        return np.dot(self, other, out)

    def argsort(self, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
        """The indices that sort the elements, equal ones in their order, nans last."""
        array, along = (self.ravel(), -1) if axis is None or self.ndim == 0 else (self, axis)
        rows = np.moveaxis(_bare(array), along, -1)
        result = np.empty(rows.shape, dtype=np.intp)
        for index in np.ndindex(*rows.shape[:-1]):
            result[index] = _in_order(rows[index].tolist())
        return np.moveaxis(result, -1, along)

    def sort(self, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
        """Sort in place; nans last."""
        self[...] = np.take_along_axis(_bare(self), self.argsort(axis), axis)

    def __setitem__(self, index: Any, items: Any) -> None:
        """Store Values; plain numbers are made Values first, as :func:`array` does."""
        values = _bare(array(items))
        super().__setitem__(index, values if values.ndim else values[()])


def _refused(name: str) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise _no_rule(f"ndarray.{name}")

    return method


_REFUSED = (
    "argpartition byteswap choose fill getfield partition put resize searchsorted setfield tobytes tofile tostring"
)
for _name in _REFUSED.split():
    setattr(ValueArray, _name, _refused(_name))


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


def _lifted(x: Any) -> Any:
    return x if is_node(x) else lift(x)


def _dressed(result: Any) -> Any:
    """A result of NumPy's code, or each one in a list or tuple: objects as an array of Values, numbers as constants."""
    if type(result) in (list, tuple):
        return type(result)(map(_dressed, result))
    if not (isinstance(result, np.ndarray) and result.dtype == object):
        return result
    kinds = set(map(type, result.ravel().tolist()))
    if not all(getattr(kind, "op_level", 0) for kind in kinds):
        result = np.asarray(np.frompyfunc(_lifted, 1, 1)(result), dtype=object)
    return result.view(ValueArray)


def _truths(x: Any) -> Any:
    return np.asarray(_bare(x)).astype(bool)[()]


# --- ufuncs ------------------------------------------------------------------------------------------------------
#
# What steers compares Values and reads no number of theirs: a compiled function then watches the comparison.

_PREDICATES: dict[Any, Callable[..., Any]] = {  # these give bools
    np.greater: operator.gt, np.greater_equal: operator.ge, np.less: operator.lt, np.less_equal: operator.le,
    np.equal: operator.eq, np.not_equal: operator.ne, np.isnan: lambda v: v != v,
    np.isfinite: lambda v: -math.inf < v < math.inf, np.isinf: lambda v: v in (math.inf, -math.inf),
}  # fmt: skip
_LOGICAL = (np.logical_and, np.logical_or, np.logical_xor, np.logical_not)


def _trunc(v: Any) -> Any:
    return elementary.sign(v) * elementary.floor(abs(v))


def _besides_nan(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: function(BESIDES(a, b), BESIDES(b, a))


_SHARED = {name: function for name, function in (elementary.UNARY | elementary.BINARY).items() if hasattr(np, name)}
_UFUNCS: dict[Any, Callable[..., Any]] = {
    **_PREDICATES, **{getattr(np, name): function for name, function in _SHARED.items()},  # np.sin, np.hypot, ...
    np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul, np.divide: operator.truediv,
    np.power: operator.pow, np.float_power: operator.pow, np.remainder: operator.mod, np.fmod: FMOD,
    np.floor_divide: operator.floordiv, np.ldexp: lambda v, n: v * 2.0**n,
    np.negative: operator.neg, np.positive: operator.pos, np.conjugate: operator.pos,
    np.square: lambda v: v**2, np.reciprocal: lambda v: 1.0 / v,
    np.fabs: elementary.absolute, np.copysign: COPYSIGN, np.heaviside: HEAVISIDE,
    np.ceil: lambda v: -elementary.floor(-v), np.trunc: _trunc, np.rint: round,
    np.deg2rad: lambda v: v * (math.pi / 180.0), np.radians: lambda v: v * (math.pi / 180.0),
    np.rad2deg: lambda v: v * (180.0 / math.pi), np.degrees: lambda v: v * (180.0 / math.pi),
    np.maximum: elementary.maximum, np.minimum: elementary.minimum,
    np.fmax: _besides_nan(elementary.maximum), np.fmin: _besides_nan(elementary.minimum),
    np.logaddexp: lambda a, b: elementary.logsumexp([a, b]),
    np.logaddexp2: lambda a, b: elementary.logsumexp([a * math.log(2.0), b * math.log(2.0)]) / math.log(2.0),
}  # fmt: skip
_PAIRS: dict[Any, tuple[Callable[..., Any], Callable[..., Any]]] = {  # these give two results
    np.divmod: (operator.floordiv, operator.mod), np.modf: (lambda v: FMOD(v, 1.0), _trunc),
}  # fmt: skip
_REDUCTIONS: dict[Any, Callable[[list[Any]], Any]] = {  # those of one node; the others go from left to right
    np.add: elementary.sum, np.multiply: elementary.prod, np.logaddexp: elementary.logsumexp,
    np.maximum: lambda values: elementary.maximum(*values), np.minimum: lambda values: elementary.minimum(*values),
}  # fmt: skip
_OF_NOTHING: dict[Any, float] = {elementary.sum: 0.0, elementary.prod: 1.0}


def _on_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    function = _UFUNCS.get(ufunc)
    if function is not None and (method == "__call__" or (method in _METHODS and ufunc not in _PREDICATES)):
        return _METHODS[method](ufunc, function, *inputs, **kwargs)
    name = f"np.{ufunc.__name__}{'' if method == '__call__' else '.' + method}"
    if ufunc in _LOGICAL and method in _METHODS:
        _refuse(name, out=next((x for x in kwargs.get("out", ()) if _holds_nodes(x)), None))
        return getattr(ufunc, method)(*[_truths(x) for x in inputs], **kwargs)
    if method == "__call__" and ufunc in _PAIRS:
        _refuse(name, **kwargs)
        pair = [ValueArray.apply_elementwise(function, inputs) for function in _PAIRS[ufunc]]
        return tuple([x if isinstance(x, np.ndarray) else _lifted(x) for x in pair])
    if ufunc.signature:  # a product of matrices or vectors
        return _matmul(*inputs) if ufunc is np.matmul and not kwargs else _multilinear(ufunc, *inputs, **kwargs)
    if set("".join(ufunc.types)) <= set("O->"):  # the user's own, made by np.frompyfunc, takes any object
        result = getattr(ufunc, method)(*[_bare(x) for x in inputs], **kwargs)
        return _dressed(result) if _holds_nodes(result) else result
    raise _no_rule(name)


def _no_rule(name: str) -> OperandError:
    """What is raised for a function of NumPy's that stands in no table."""
    hint = "+ - * / and @" if name.startswith("np.linalg.") else "functions that have one (README lists them)"
    return OperandError(
        f"{name} has no rule for Values: write it out with {hint}, declare it with autograd.primitive, or compute on "
        "the numbers, autograd.data(x), without gradients"
    )


def _refuse(name: str, **given: Any) -> None:
    """Refuse arguments that would change what is computed, or where it is stored."""
    for argument, x in given.items():
        if argument == "dtype" and x is not None and np.dtype(x) not in (np.dtype(float), np.dtype(object)):
            raise OperandError(f"{name} of Values takes no dtype={np.dtype(x)}: their numbers are float64")
        if argument == "out" and x is not None:
            raise OperandError("out=... takes no Values here; write the result there yourself: target[...] = result")
        if argument not in ("dtype", "out") and x is not None and x is not True:
            raise OperandError(f"{name} of Values takes no {argument}=")


def _call(
    ufunc: Any, function: Any, *inputs: Any, out: Any = None, dtype: Any = None, casting: Any = None,
    order: Any = None, subok: Any = None, **others: Any,
) -> Any:  # fmt: skip
    """A ufunc element by element."""
    if dtype is not None or others:
        _refuse(f"np.{ufunc.__name__}", dtype=dtype, **others)
    result = ValueArray.apply_elementwise(function, inputs)
    if ufunc in _PREDICATES:
        result = _bare(result).astype(bool) if isinstance(result, np.ndarray) else bool(result)
    if out is None:
        return result
    out[0][...] = result
    return out[0]


def _fold(ufunc: Any, function: Any, x: Any, axis: Any = 0, *args: Any, **kwargs: Any) -> Any:
    """A ufunc's `reduce`: of many operands at once, or of two after two, from left to right."""
    many = _REDUCTIONS.get(ufunc) or functools.partial(functools.reduce, function)
    return _reduce(many, x, axis, *args, name=f"np.{ufunc.__name__}.reduce", **kwargs)


def _accumulate(ufunc: Any, function: Any, x: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """A ufunc's `accumulate`: the results of its `reduce` on the way."""
    _refuse(f"np.{ufunc.__name__}.accumulate", dtype=dtype, out=out)
    rows = np.moveaxis(_bare(x).copy(), axis, 0)
    for i in range(1, len(rows)):
        rows[i, ...] = _bare(ValueArray.apply_elementwise(function, [rows[i - 1], rows[i]]))
    return _wrapped(np.moveaxis(rows, 0, axis))  # the first is as it was


def _outer(ufunc: Any, function: Any, a: Any, b: Any, **kwargs: Any) -> Any:
    """A ufunc's `outer`: of each element of the first with each of the second."""
    a, b = _bare(a), _bare(b)
    return _call(ufunc, function, np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b, **kwargs)


_METHODS: dict[str, Callable[..., Any]] = {
    "__call__": _call, "reduce": _fold, "accumulate": _accumulate, "outer": _outer,
}  # fmt: skip


# --- functions of many elements ------------------------------------------------------------------------------------


def _reduce(
    function: Callable[[list[Any]], Any], x: Any, axis: Any = None, dtype: Any = None, out: Any = None,
    keepdims: Any = False, initial: Any = None, where: Any = True, *, name: str = "", **others: Any,
) -> Any:  # fmt: skip
    """Apply a function of many operands along axes, to `initial` and to those elements where `where` holds."""
    if dtype is not None or out is not None or others:
        _refuse(name, dtype=dtype, out=out, **others)
    bare = np.asarray(_bare(x), dtype=object)
    np.add.reduce(np.empty((1,) * bare.ndim), axis=axis)  # NumPy's own error for what is no axis, or not there
    every = tuple(range(bare.ndim))
    axes = every if axis is None or not every else normalize_axis_tuple(axis, bare.ndim)
    kept = [a for a in every if a not in axes]
    shape = (*[bare.shape[a] for a in kept], math.prod([bare.shape[a] for a in axes]))
    rows = bare.transpose(*kept, *axes).reshape(shape)
    if where is not True:
        where = np.broadcast_to(_truths(where), bare.shape).transpose(*kept, *axes).reshape(shape)
    result = np.empty(rows.shape[:-1], dtype=object)
    for index in np.ndindex(*result.shape):
        row = rows[index].tolist() if where is True else rows[index][where[index]].tolist()
        operands = row if initial is None else [initial, *row]
        if not operands and function not in _OF_NOTHING:
            raise ShapeError(f"{name} of no values at all")
        result[index] = function(operands or [_OF_NOTHING[function]])
    if keepdims:
        result = result.reshape([1 if a in axes else n for a, n in enumerate(bare.shape)])
    return _wrapped(result) if result.ndim else _lifted(result[()])


def _nans(values: list[Any]) -> list[int]:
    return [i for i, v in enumerate(values) if v != v]


def _in_order(values: list[Any]) -> list[int]:
    """The indices that sort the values, equal ones in their order, nans last."""
    nans = _nans(values)
    return sorted(sorted(set(range(len(values))) - set(nans)), key=values.__getitem__) + nans


def _matmul(a: Any, b: Any) -> Any:
    """A matrix product: one `dot` node for each element of the result."""
    left, right = np.asarray(_bare(a), dtype=object), np.asarray(_bare(b), dtype=object)
    if left.ndim == 0 or right.ndim == 0:
        raise ShapeError("@ needs arrays; use * for a number")
    if left.ndim > 2 or right.ndim > 2:
        return _multilinear(np.matmul, left, right)
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


class _Terms:
    """A product, or the sum of two such, that a loop of NumPy's writes down, to become one node of many operands."""

    def __init__(self, *factors: Any, parts: tuple[_Terms, ...] = ()) -> None:
        self.factors = factors
        self.parts = parts

    def __mul__(self, other: Any) -> _Terms:
        return _Terms(*self.factors, *(other.factors if isinstance(other, _Terms) else (other,)))

    def __rmul__(self, other: Any) -> _Terms:
        return _Terms(other, *self.factors)

    def __add__(self, other: Any) -> _Terms:
        return _Terms(parts=(self, other)) if isinstance(other, _Terms) else self  # a loop may begin at 0

    __radd__ = __add__

    def conjugate(self) -> _Terms:
        return self

    def node(self) -> Any:
        products, waiting = [], [self]
        while waiting:
            term = waiting.pop()
            waiting.extend(reversed(term.parts))
            if not term.parts:
                products.append(term.factors)
        if len(products[0]) == 2:
            return elementary.dot(*zip(*products, strict=True))
        terms = [factors[0] if len(factors) == 1 else elementary.prod(factors) for factors in products]
        return terms[0] if len(terms) == 1 else elementary.sum(terms)


def _multilinear(
    function: Any, *operands: Any, out: Any = None, dtype: Any = None, optimize: Any = None, **kwargs: Any
) -> Any:
    """Apply a function of NumPy's that only multiplies and adds elements: one node for each element of its result.

    The order of products, which `optimize` would choose, makes no difference to the node.
    """
    _refuse(f"np.{function.__name__}", out=out, dtype=dtype)
    terms = [np.frompyfunc(_Terms, 1, 1)(x) if _holds_nodes(x) else x for x in map(_bare, operands)]
    result = np.asarray(function(*terms, **kwargs), dtype=object)
    result = np.frompyfunc(lambda x: x.node() if isinstance(x, _Terms) else _lifted(x), 1, 1)(result)
    return _wrapped(result)


def _holds_nodes(x: Any) -> bool:
    """Whether a Value stands in an array or a list of any depth."""
    if isinstance(x, np.ndarray):
        return x.dtype == object and any(map(is_node, x.flat))
    return any(map(_holds_nodes, x)) if isinstance(x, list | tuple) else is_node(x)


# --- functions that are no ufuncs ------------------------------------------------------------------------------------
#
# A function either only moves elements or says what is plain to see: bools, indices, a shape (`_moved`, `_joined`,
# `_stored`); or is NumPy's own code, made of ufuncs and functions that work (`_composed`); or is a method of the array
# (`_method`), or multiplies and adds (`_multilinear`), or has a function of its own here.


def _on_function(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function of NumPy's, of arguments among which there are Values."""
    own = _FUNCTIONS.get(function)
    if own is None:
        raise _no_rule(_title(function))
    try:
        return own(*args, **kwargs)
    except TypeError:
        try:
            inspect.signature(own).bind(*args, **kwargs)
        except TypeError as error:  # ours takes fewer arguments than NumPy's
            raise OperandError(f"{_title(function)} of Values: {error}") from None
        raise


def _title(function: Any) -> str:
    return f"{function.__module__.replace('numpy', 'np', 1)}.{function.__name__}"


def _values(x: Any) -> Any:
    return x if isinstance(x, ValueArray) else array(x)


def _argument(x: Any) -> Any:
    """An argument as NumPy may see it without asking here again: arrays without their class, Values in arrays."""
    if type(x) not in (list, tuple) or not _holds_nodes(x):
        return _bare(x)
    return type(x)(map(_argument, x)) if _holds_arrays(x) else np.array(x, dtype=object)


def _holds_arrays(x: Any) -> bool:
    return any(map(_holds_arrays, x)) if isinstance(x, list | tuple) else isinstance(x, np.ndarray)


def _moved(function: Any, *args: Any, **kwargs: Any) -> Any:
    named = {name: _argument(x) for name, x in kwargs.items()}
    return _dressed(function(*map(_argument, args), **named))


def _joined(function: Any, sequence: Any, *args: Any, **kwargs: Any) -> Any:
    return _dressed(function([_argument(x) for x in sequence], *args, **kwargs))


def _stored(function: Any, target: Any, *args: Any, **kwargs: Any) -> None:
    if not isinstance(target, ValueArray):
        raise OperandError(f"{_title(function)} puts Values into an array made by autograd.array only")
    _moved(function, target, *args, **kwargs)
    target[...] = target  # what was a plain number becomes a constant


def _composed(function: Any, *args: Any, **kwargs: Any) -> Any:
    given = tuple([_values(x) if is_node(x) else x for x in args])
    return _dressed(np.ndarray.__array_function__(np.empty(()), function, (), given, kwargs))


def _method(function: Any, a: Any, *args: Any, **kwargs: Any) -> Any:
    # NumPy's own function would try again on a plain array where the method refuses.
    return getattr(_values(a), function.__name__)(*args, **kwargs)


# --- functions of their own --------------------------------------------------------------------------------------


def _dot(a: Any, b: Any, out: Any = None) -> Any:
    """A matrix product, or plain multiplication where an operand is a single number."""
    _refuse("np.dot", out=out)
    dimensions = np.ndim(_bare(a)), np.ndim(_bare(b))
    if 0 in dimensions:
        return np.multiply(a, b)
    return _matmul(a, b) if max(dimensions) <= 2 else _multilinear(np.dot, a, b)


def _where(condition: Any, *branches: Any) -> Any:
    holds = _truths(condition)
    if not branches:
        return np.where(holds)
    return ValueArray.apply_elementwise(lambda first, x, y: _lifted(x if first else y), (holds, *branches))


def _quantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: Any = None, method: str = "linear",
    keepdims: Any = False, *, weights: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    """Between the two elements in whose middle the share q of all lies, in proportion; ties and all follow the sort."""
    _refuse("np.quantile", weights=weights, method=None if method == "linear" else method)
    if _holds_nodes(q):
        raise OperandError("the share q of a quantile is a plain number")
    if np.ndim(q):
        return np.stack([_quantile(a, share, axis, out, None, method, keepdims, where=where) for share in q])
    if not 0.0 <= q <= 1.0:
        raise ArgumentError(f"a quantile's share is between 0 and 1, got {q!r}")

    def quantile(values: list[Any]) -> Any:
        ordered = [values[i] for i in _in_order(values)]
        place = q * (len(ordered) - 1)
        low = math.floor(place)
        if ordered[-1] != ordered[-1]:
            return ordered[-1]  # a nan
        if place == low:
            return ordered[low]
        return elementary.dot([low + 1 - place, place - low], ordered[low : low + 2])

    return _reduce(quantile, a, axis, None, out, keepdims, where=where)


def _median(a: Any, axis: Any = None, out: Any = None, overwrite_input: Any = None, *args: Any, **more: Any) -> Any:
    return _quantile(a, 0.5, axis, out, None, "linear", *args, **more)


def _without_nans(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction of the elements that are not nan."""

    def skipping(a: Any, *args: Any, where: Any = True, **kwargs: Any) -> Any:
        a = _values(a)
        return function(a, *args, where=np.logical_and(where, a == a), **kwargs)

    return skipping


def _filled(function: Callable[..., Any], filling: float) -> Callable[..., Any]:
    """The same with another number in the place of each nan."""
    return lambda a, *args, **kwargs: function(ValueArray.apply_elementwise(BESIDES, [a, filling]), *args, **kwargs)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    return _values(a).clip(a_min if min is None else min, a_max if max is None else max, out)


def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    _refuse("np.nan_to_num", copy=None if copy else copy)
    largest = np.finfo(float).max
    high, low = largest if posinf is None else posinf, -largest if neginf is None else neginf

    if posinf is neginf is None:
        return ValueArray.apply_elementwise(lambda v, n: elementary.clip(BESIDES(v, n), low, high), [x, nan])

    def finite(v: Any, n: Any, above: Any, below: Any) -> Any:
        return _lifted(n if v != v else above if v == math.inf else below if v == -math.inf else v)

    return ValueArray.apply_elementwise(finite, [x, nan, high, low])


def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    """On the line through the two points (xp, fp) around x; at a point that of the piece to its right."""
    places, heights = list(xp), list(fp)
    if not len(places) == len(heights) > 0:
        raise ShapeError(f"np.interp: {len(places)} places xp for {len(heights)} heights fp")

    def height(v: Any) -> Any:
        if v < places[0]:
            return _lifted(heights[0] if left is None else left)
        if v > places[-1] or len(places) == 1:
            return _lifted(heights[-1] if right is None or not v > places[-1] else right)
        i = min(bisect.bisect_right(places, v), len(places) - 1)
        rise, run = heights[i] - heights[i - 1], places[i] - places[i - 1]
        return heights[i - 1] + rise / run * (v - places[i - 1])

    return ValueArray.apply_elementwise(height, [x])


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    x = _values(x)
    pair = np.ndim(axis) == 1 or (axis is None and x.ndim == 2)
    if ord is None or (pair and ord == "fro"):
        return _reduce(elementary.norm, x, axis, keepdims=keepdims)
    if not pair:
        return _reduce(functools.partial(_norm_of, ord), x, axis, keepdims=keepdims)
    rows, columns = (0, 1) if axis is None else axis
    if ord not in (1, -1, math.inf, -math.inf):  # which need the singular values
        raise _no_rule(f"np.linalg.norm of matrices with ord={ord!r}")
    added, chosen = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = np.sum(abs(x), axis=added, keepdims=True)
    result = (np.max if ord > 0 else np.min)(sums, axis=chosen, keepdims=True)
    return result if keepdims else result.squeeze((rows, columns))[()]


def _norm_of(ord: Any, values: list[Any]) -> Any:
    """(|v1|^p + ... + |vn|^p)^(1/p)."""
    if not isinstance(ord, int | float):
        raise ArgumentError(f"np.linalg.norm of vectors has no ord={ord!r}")
    if ord == 2:
        return elementary.norm(values)
    sizes = [abs(v) for v in values]
    if abs(ord) == math.inf:
        return (elementary.maximum if ord > 0 else elementary.minimum)(*sizes)
    if ord == 1:
        return elementary.sum(sizes)
    if ord <= 0:
        raise _no_rule(f"np.linalg.norm with ord={ord!r}")
    largest = elementary.maximum(*sizes)
    if largest == 0.0:
        return elementary.norm(values)  # whose slopes are 0 there
    return largest * elementary.sum([(size / largest) ** ord for size in sizes]) ** (1.0 / ord)


def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(_values(a), axisa, -1), np.moveaxis(_values(b), axisb, -1)
    if (a.shape[-1], b.shape[-1]) != (3, 3):
        raise OperandError("np.cross of Values takes vectors of three elements")
    turned = np.roll(a, -1, -1) * np.roll(b, -2, -1) - np.roll(a, -2, -1) * np.roll(b, -1, -1)
    return np.moveaxis(turned, -1, axisc)


def _pad(a: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap") or kwargs.get("reflect_type", "even") != "even":
        raise _no_rule(f"np.pad with mode={mode!r}")
    return _moved(np.pad, a, pad_width, mode, **kwargs)


def _isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Any:
    a, b = _values(a), _values(b)
    near = (abs(a - b) <= atol + rtol * abs(b)) & np.isfinite(b) | (a == b)
    return near | (a != a) & (b != b) if equal_nan else near


# --- NumPy function -> how -----------------------------------------------------------------------------------------

_NAMES: dict[Callable[..., Any], str] = {
    _moved: """
        append array_split atleast_1d atleast_2d atleast_3d block broadcast_arrays broadcast_to choose compress copy
        delete diag diagflat diagonal dsplit expand_dims extract flip fliplr flipud full_like hsplit imag insert
        matrix_transpose meshgrid moveaxis ones_like ravel real real_if_close repeat reshape resize roll rollaxis rot90
        select split squeeze swapaxes take take_along_axis tile transpose tril trim_zeros triu unstack vsplit zeros_like
        fft.fftshift fft.ifftshift lib.stride_tricks.sliding_window_view
        argwhere array_equiv count_nonzero diag_indices_from flatnonzero iscomplex iscomplexobj isreal isrealobj
        may_share_memory ndim nonzero result_type shape shares_memory size tril_indices_from triu_indices_from""",
    _joined: "column_stack concatenate dstack hstack row_stack stack vstack",
    _stored: "copyto fill_diagonal place put put_along_axis putmask",
    _composed: """
        all amax amin any apply_along_axis apply_over_axes array2string array_repr array_str cumulative_prod
        cumulative_sum diff ediff1d kron linspace max mean min outer piecewise polyadd polyder polyint polymul polysub
        polyval prod ptp sort std sum trace trapezoid vander var linalg.cross linalg.diagonal linalg.matmul
        linalg.matrix_norm linalg.matrix_power linalg.matrix_transpose linalg.multi_dot linalg.outer linalg.tensordot
        linalg.trace linalg.vecdot linalg.vector_norm""",
    _method: "argmax argmin argsort cumprod cumsum round",
    _multilinear: "convolve correlate einsum inner tensordot",
}
_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.dot: _dot, np.vdot: lambda a, b: _dot(np.ravel(a), np.ravel(b)), np.cross: _cross, np.linalg.norm: _norm,
    np.where: _where, np.clip: _clip, np.interp: _interp, np.pad: _pad, np.median: _median,
    np.quantile: _quantile, np.percentile: lambda a, q, *args, **more: _quantile(a, np.divide(q, 100.0), *args, **more),
    np.average: lambda a, axis=None, weights=None, *, keepdims=False: _composed(
        np.average, a, axis, weights, keepdims=keepdims
    ),
    np.nan_to_num: _nan_to_num, np.nansum: _filled(np.sum, 0.0), np.nanprod: _filled(np.prod, 1.0),
    np.nancumsum: _filled(np.cumsum, 0.0), np.nancumprod: _filled(np.cumprod, 1.0),
    np.nanmax: _without_nans(np.max), np.nanmin: _without_nans(np.min), np.nanmean: _without_nans(np.mean),
    np.nanstd: _without_nans(np.std), np.nanvar: _without_nans(np.var), np.nanmedian: _without_nans(_median),
    np.nanquantile: _without_nans(_quantile),
    np.isclose: _isclose, np.allclose: lambda *args, **more: bool(np.all(_isclose(*args, **more))),
    np.array_equal: lambda a, b, equal_nan=False: np.shape(a) == np.shape(b) and np.allclose(a, b, 0, 0, equal_nan),
    np.isposinf: lambda x, out=None: np.equal(x, math.inf, out=out),
    np.isneginf: lambda x, out=None: np.equal(x, -math.inf, out=out),
    np.sinc: lambda x: ops.sinc(0.0)(x),
    np.fix: lambda x, out=None: np.trunc(x, out=out), np.empty_like: np.zeros_like,
    np.around: lambda a, decimals=0, out=None: np.round(a, decimals, out),
}  # fmt: skip
_FUNCTIONS[np.nanpercentile] = _without_nans(_FUNCTIONS[np.percentile])
for _how, _names in _NAMES.items():
    for _each in _names.split():
        with contextlib.suppress(AttributeError):  # another version of NumPy has it
            _function = operator.attrgetter(_each)(np)
            _FUNCTIONS.setdefault(_function, functools.partial(_how, _function))


def _function_on_value(self: Any, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
    result = _on_function(func, args, kwargs)
    return result[()] if isinstance(result, np.ndarray) and result.ndim == 0 else result


# The engine knows nothing of arrays, so its class does not declare what NumPy asks a Value for.
Value.__array_ufunc__ = ValueArray.__array_ufunc__  # type: ignore[attr-defined]  # see above
Value.__array_function__ = _function_on_value  # type: ignore[attr-defined]  # see above
