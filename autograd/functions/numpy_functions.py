"""NumPy's functions on arrays of Values: which work, and how. `arrays.py` hands them to :func:`apply`.

A function either only moves elements (`_moved`, `_joined`, `_stored`), or is NumPy's own code, made of ufuncs, methods
and other functions that work (`_composed`), or is a method of the array (`_method`), or gives plain bools, indices or
facts of the array (`_read`), or multiplies and adds (`_multilinear`), or has a function of its own here. All others are
refused. What steers, as a sort does, compares Values, so that a compiled function watches the comparisons.
"""

from __future__ import annotations

import bisect
import contextlib
import functools
import inspect
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine import ops
from ..engine.op import is_node
from ..errors import ArgumentError, OperandError, ShapeError
from . import arrays, elementary
from .arrays import ValueArray, array

__all__ = ["apply"]


def apply(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function of NumPy's, of arguments among which there are Values."""
    own = _FUNCTIONS.get(function)
    if own is None:
        raise arrays.no_rule(_name(function))
    try:
        return own(*args, **kwargs)
    except TypeError:
        try:
            inspect.signature(own).bind(*args, **kwargs)
        except TypeError as error:  # ours takes fewer arguments than NumPy's
            raise OperandError(f"{_name(function)} of Values: {error}") from None
        raise


def _name(function: Any) -> str:
    return f"{function.__module__.replace('numpy', 'np', 1)}.{function.__name__}"


# --- how ---------------------------------------------------------------------------------------------------------


def _values(x: Any) -> Any:
    return x if isinstance(x, ValueArray) else array(x)


def _argument(x: Any) -> Any:
    """An argument as NumPy may see it without asking here again: arrays without their class, Values in arrays."""
    if type(x) not in (list, tuple) or not arrays.holds_nodes(x):
        return arrays.stripped(x)
    return type(x)(map(_argument, x)) if _holds_arrays(x) else np.array(x, dtype=object)


def _holds_arrays(x: Any) -> bool:
    return any(map(_holds_arrays, x)) if isinstance(x, list | tuple) else isinstance(x, np.ndarray)


def _moved(function: Any, *args: Any, **kwargs: Any) -> Any:
    named = {name: _argument(x) for name, x in kwargs.items()}
    return arrays.dressed(function(*map(_argument, args), **named))


def _joined(function: Any, sequence: Any, *args: Any, **kwargs: Any) -> Any:
    return arrays.dressed(function([_argument(x) for x in sequence], *args, **kwargs))


def _stored(function: Any, target: Any, *args: Any, **kwargs: Any) -> None:
    if not isinstance(target, ValueArray):
        raise OperandError(f"{_name(function)} puts Values into an array made by autograd.array only")
    _moved(function, target, *args, **kwargs)
    target[...] = target  # what was a plain number becomes a constant


def _composed(function: Any, *args: Any, **kwargs: Any) -> Any:
    given = tuple([_values(x) if is_node(x) else x for x in args])
    return arrays.dressed(np.ndarray.__array_function__(np.empty(()), function, (), given, kwargs))


def _method(function: Any, a: Any, *args: Any, **kwargs: Any) -> Any:
    # NumPy's own function would try again on a plain array where the method refuses.
    return getattr(_values(a), function.__name__)(*args, **kwargs)


def _read(function: Any, *args: Any, **kwargs: Any) -> Any:
    return function(*map(_argument, args), **kwargs)


def _multilinear(function: Any, *operands: Any, optimize: Any = None, **kwargs: Any) -> Any:
    return arrays.multilinear(function, *operands, **kwargs)  # a chain of products in another order is the same node


# --- functions of their own --------------------------------------------------------------------------------------


def _dot(a: Any, b: Any, out: Any = None) -> Any:
    """A matrix product, or plain multiplication where an operand is a single number."""
    arrays.refuse("np.dot", out=out)
    dimensions = np.ndim(arrays.stripped(a)), np.ndim(arrays.stripped(b))
    if 0 in dimensions:
        return np.multiply(a, b)
    return arrays.matmul(a, b) if max(dimensions) <= 2 else arrays.multilinear(np.dot, a, b)


def _where(condition: Any, *branches: Any) -> Any:
    holds = np.asarray(arrays.stripped(condition)).astype(bool)
    if not branches:
        return np.where(holds)
    with np.errstate(invalid="ignore"):  # a nan
        return ValueArray.apply_elementwise(lambda first, x, y: arrays.lifted(x if first else y), (holds, *branches))


def _sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    a = _values(a)
    return np.take_along_axis(a, a.argsort(axis), axis)


def _quantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: Any = None, method: str = "linear",
    keepdims: Any = False, *, weights: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    """Between the two elements in whose middle the share q of all lies, in proportion; ties and all follow the sort."""
    arrays.refuse("np.quantile", weights=weights, method=None if method == "linear" else method)
    if arrays.holds_nodes(q):
        raise OperandError("the share q of a quantile is a plain number")
    if np.ndim(q):
        return np.stack([_quantile(a, share, axis, out, None, method, keepdims, where=where) for share in q])
    if not 0.0 <= q <= 1.0:
        raise ArgumentError(f"a quantile's share is between 0 and 1, got {q!r}")

    def quantile(values: list[Any]) -> Any:
        ordered = [values[i] for i in arrays.in_order(values)]
        place = q * (len(ordered) - 1)
        low = math.floor(place)
        if ordered[-1] != ordered[-1]:
            return ordered[-1]  # a nan
        if place == low:
            return ordered[low]
        return elementary.dot([low + 1 - place, place - low], ordered[low : low + 2])

    return arrays.reduced(quantile, a, axis, None, out, keepdims, where=where)


def _median(a: Any, axis: Any = None, out: Any = None, overwrite_input: Any = None, *args: Any, **more: Any) -> Any:
    return _quantile(a, 0.5, axis, out, None, "linear", *args, **more)


def _besides_nan(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction of the elements that are not nan."""

    def skipping(a: Any, *args: Any, where: Any = True, **kwargs: Any) -> Any:
        a = _values(a)
        return function(a, *args, where=np.logical_and(where, a == a), **kwargs)

    return skipping


def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    return _values(a).clip(a_min if min is None else min, a_max if max is None else max, out)


def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    arrays.refuse("np.nan_to_num", copy=None if copy else copy)
    largest = np.finfo(float).max
    high, low = largest if posinf is None else posinf, -largest if neginf is None else neginf

    def finite(v: Any) -> Any:
        return arrays.lifted(nan if v != v else high if v == math.inf else low if v == -math.inf else v)

    with np.errstate(invalid="ignore"):
        return ValueArray.apply_elementwise(finite, [x])


def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    """On the line through the two points (xp, fp) around x; at a point that of the piece to its right."""
    places, heights = list(xp), list(fp)
    if not len(places) == len(heights) > 0:
        raise ShapeError(f"np.interp: {len(places)} places xp for {len(heights)} heights fp")

    def height(v: Any) -> Any:
        if v < places[0]:
            return arrays.lifted(heights[0] if left is None else left)
        if v > places[-1] or len(places) == 1:
            return arrays.lifted(heights[-1] if right is None or not v > places[-1] else right)
        i = min(bisect.bisect_right(places, v), len(places) - 1)
        rise, run = heights[i] - heights[i - 1], places[i] - places[i - 1]
        return heights[i - 1] + rise / run * (v - places[i - 1])

    with np.errstate(invalid="ignore"):
        return ValueArray.apply_elementwise(height, [x])


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    x = _values(x)
    pair = np.ndim(axis) == 1 or (axis is None and x.ndim == 2)
    if ord is None or (pair and ord == "fro"):
        return arrays.reduced(elementary.norm, x, axis, keepdims=keepdims)
    if not pair:
        return arrays.reduced(functools.partial(_norm_of, ord), x, axis, keepdims=keepdims)
    rows, columns = (0, 1) if axis is None else axis
    if ord not in (1, -1, math.inf, -math.inf):  # which need the singular values
        raise arrays.no_rule(f"np.linalg.norm of matrices with ord={ord!r}")
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
        raise arrays.no_rule(f"np.linalg.norm with ord={ord!r}")
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
        raise arrays.no_rule(f"np.pad with mode={mode!r}")
    return _moved(np.pad, a, pad_width, mode, **kwargs)


def _isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Any:
    a, b = _values(a), _values(b)
    near = (abs(a - b) <= atol + rtol * abs(b)) & np.isfinite(b) | (a == b)
    return near | (a != a) & (b != b) if equal_nan else near


# --- NumPy function -> how -----------------------------------------------------------------------------------------

_NAMES = {
    _moved: """
        append array_split atleast_1d atleast_2d atleast_3d block broadcast_arrays broadcast_to choose compress copy
        delete diag diagflat diagonal dsplit expand_dims extract flip fliplr flipud full_like hsplit imag insert
        matrix_transpose meshgrid moveaxis ones_like ravel real real_if_close repeat reshape resize roll rollaxis rot90
        select split squeeze swapaxes take take_along_axis tile transpose tril trim_zeros triu unstack vsplit zeros_like
        fft.fftshift fft.ifftshift lib.stride_tricks.sliding_window_view""",
    _joined: "column_stack concatenate dstack hstack row_stack stack vstack",
    _stored: "copyto fill_diagonal place put put_along_axis putmask",
    _composed: """
        all amax amin any apply_along_axis apply_over_axes array2string array_repr array_str cumulative_prod
        cumulative_sum diff ediff1d kron linspace max mean min piecewise polyadd polyder polyint polymul polysub
        polyval prod ptp std sum trace trapezoid vander var linalg.cross linalg.diagonal linalg.matmul
        linalg.matrix_norm linalg.matrix_power linalg.matrix_transpose linalg.multi_dot linalg.outer linalg.tensordot
        linalg.trace linalg.vecdot linalg.vector_norm""",
    _method: "argmax argmin argsort cumprod cumsum round",
    _read: """
        argwhere array_equiv count_nonzero diag_indices_from flatnonzero iscomplex iscomplexobj isreal isrealobj
        may_share_memory ndim nonzero result_type shape shares_memory size tril_indices_from triu_indices_from""",
    _multilinear: "convolve correlate einsum inner tensordot",
}
_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.dot: _dot, np.vdot: lambda a, b: _dot(np.ravel(a), np.ravel(b)), np.cross: _cross, np.linalg.norm: _norm,
    np.where: _where, np.clip: _clip, np.interp: _interp, np.pad: _pad, np.sort: _sort, np.median: _median,
    np.quantile: _quantile, np.percentile: lambda a, q, *args, **more: _quantile(a, np.divide(q, 100.0), *args, **more),
    np.average: lambda a, axis=None, weights=None, *, keepdims=False: _composed(
        np.average, a, axis, weights, keepdims=keepdims
    ),
    np.nan_to_num: _nan_to_num, np.nansum: _besides_nan(np.sum), np.nanprod: _besides_nan(np.prod),
    np.nanmax: _besides_nan(np.max), np.nanmin: _besides_nan(np.min), np.nanmean: _besides_nan(np.mean),
    np.nanstd: _besides_nan(np.std), np.nanvar: _besides_nan(np.var), np.nanmedian: _besides_nan(_median),
    np.nanquantile: _besides_nan(_quantile),
    np.nancumsum: lambda a, *args, **more: np.cumsum(np.where(a == a, a, 0.0), *args, **more),
    np.nancumprod: lambda a, *args, **more: np.cumprod(np.where(a == a, a, 1.0), *args, **more),
    np.isclose: _isclose, np.allclose: lambda *args, **more: bool(np.all(_isclose(*args, **more))),
    np.array_equal: lambda a, b, equal_nan=False: np.shape(a) == np.shape(b) and np.allclose(a, b, 0, 0, equal_nan),
    np.isposinf: lambda x, out=None: np.equal(x, math.inf, out=out),
    np.isneginf: lambda x, out=None: np.equal(x, -math.inf, out=out),
    np.outer: lambda a, b, out=None: np.multiply.outer(np.ravel(a), np.ravel(b), out=out),
    np.sinc: ops.sinc(0.0),
    np.fix: lambda x, out=None: np.trunc(x, out=out), np.empty_like: np.zeros_like,
    np.around: lambda a, decimals=0, out=None: np.round(a, decimals, out),
}  # fmt: skip
_FUNCTIONS[np.nanpercentile] = _besides_nan(_FUNCTIONS[np.percentile])
for _how, _names in _NAMES.items():
    for _each in _names.split():
        with contextlib.suppress(AttributeError):  # another version of NumPy has it
            _function = operator.attrgetter(_each)(np)
            _FUNCTIONS.setdefault(_function, functools.partial(_how, _function))
