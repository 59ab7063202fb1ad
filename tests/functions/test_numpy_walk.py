"""NumPy's public namespace, walked on arrays of Values and on a Value: NumPy's number with its gradient, or a refusal.

Each function is called in every way of `CALLS` that NumPy itself takes on floats, so the walk follows the version of
NumPy that is there. Whatever NumPy gives as floats must come as Values of the same numbers, whose gradient along a
direction across all elements is that of differences; bools and indices come as they are. Anything else must be an error
of this package.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value
from autograd.errors import AutogradError, GradientWarning
from autograd.functions.arrays import _FUNCTIONS, ValueArray

X = np.array([[0.31, 0.74, 0.23], [0.62, 0.43, 0.91], [0.83, 0.17, 0.58]])
Y = np.array([[1.7, 0.66, 2.9], [0.47, 3.1, 0.13], [1.1, 0.89, 0.37]])
HALF = np.array([[True, False, True], [False, False, True], [True, True, False]])
for _array in (X, Y, HALF):
    _array.setflags(write=False)  # a function may take one for its `out`
H = 1e-6

CALLS: list[Callable[[Any, Any], Any]] = [
    lambda f, x: f(x),
    lambda f, x: f(x[0]),
    lambda f, x: f(x, 1),
    lambda f, x: f(x, 0.457),
    lambda f, x: f(0.457, x),
    lambda f, x: f(x, (3, 3)),
    lambda f, x: f(x, Y),
    lambda f, x: f(Y, x),
    lambda f, x: f(x, 0.5 * x.T),
    lambda f, x: f(x[0], x[1]),
    lambda f, x: f(x, 0, 1),
    lambda f, x: f(x, axis=1),
    lambda f, x: f(x, axis=0, keepdims=True),
    lambda f, x: f(x, axis=(0, 1)),
    lambda f, x: f(x, axis=None),
    lambda f, x: f(x, axis=1, where=HALF),
    lambda f, x: f(x, axis=0, initial=0.5, where=HALF),
    lambda f, x: f(x, axis=0, correction=1),
    lambda f, x: f(HALF, x),
    lambda f, x: f(x, HALF, 0.5),
    lambda f, x: f(x, HALF, [0.25, 0.75]),
    lambda f, x: f(x, [2, 0, 1], axis=0),
    lambda f, x: f(x, [1, 0, 2], Y[0], 0),
    lambda f, x: f(x, (1,), axis=1),
    lambda f, x: f([0, 1, 0], x),
    lambda f, x: f(x, min=0.3, max=0.6),
    lambda f, x: f(x, 0.3, Y),
]
SEQUENCES: list[Callable[[Any, Any], Any]] = [  # for those that ask the arrays of a list
    lambda f, x: f([x, Y]),
    lambda f, x: f((x[0], x[1])),
    lambda f, x: f([x, x.T], axis=1),
]
SPECIAL: dict[str, list[Callable[[Any, Any], Any]]] = {
    "apply_along_axis": [lambda f, x: f(lambda row: row * row[0], 1, x)],
    "apply_over_axes": [lambda f, x: f(np.sum, x, [0])],
    "block": [lambda f, x: f([[x, x[:, :1]], [x[:1], 2.0]])],
    "broadcast_arrays": [lambda f, x: f(x, x[0])],
    "concatenate": [lambda f, x: f([[x[0, 0], 2.0], x[1]])],
    "copyto": [lambda f, x: f(x, Y, where=HALF)],
    "cross": [lambda f, x: f(x, Y, axis=0)],
    "dsplit": [lambda f, x: f(x[None], 3)],
    "einsum": [
        lambda f, x: f("ij,jk->ik", x, x),
        lambda f, x: f("ij,jk,lk", x, Y, x, optimize=True),
        lambda f, x: f("...ii->...", x),
        lambda f, x: f("ij->ji", x),
        lambda f, x: f(x, [0, 1], Y, [1, 2], [0, 2]),
    ],
    "interp": [
        lambda f, x: f(x, [0.2, 0.5, 0.9], [1.0, 3.0, -2.0]),
        lambda f, x: f([0.1, 0.3, 0.7], [0.0, 0.5, 1.0], x[0]),
    ],
    "linalg.multi_dot": [lambda f, x: f([x, Y, x])],
    "linalg.norm": [lambda f, x, p=p: f(x[0], p) for p in (1, 2, 3, 2.5, np.inf, -np.inf)]
    + [lambda f, x, p=p: f(x, p) for p in ("fro", 1, -1, np.inf, -np.inf)]
    + [lambda f, x: f(x, 3, axis=1, keepdims=True), lambda f, x: f(x, np.inf, axis=(0, 1), keepdims=True)],
    "linalg.tensorsolve": [lambda f, x: f(x.reshape(3, 3), x[0])],
    "linspace": [lambda f, x: f(x[0], x[1], 4)],
    "matmul": [lambda f, x: f(np.stack([x, Y]), x), lambda f, x: f(x[0], Y)],
    "nan_to_num": [lambda f, x: f(np.where(HALF, x, np.nan), nan=0.5)],
    "pad": [lambda f, x, mode=mode: f(x, 1, mode=mode) for mode in ("constant", "edge", "reflect", "wrap", "mean")],
    "piecewise": [lambda f, x: f(x, [x > 0.457], [lambda v: v * v, -1.0])],
    "place": [lambda f, x: f(x, HALF, Y[0])],
    "put": [lambda f, x: f(x, [0, 4], [2.0, 3.0])],
    "put_along_axis": [lambda f, x: f(x, np.array([[0], [1], [2]]), 2.0, 1)],
    "quantile": [lambda f, x: f(x, [0.2, 0.55], axis=0)],
    "select": [lambda f, x: f([x > 0.6, x > 0.3], [x * x, 2.0 * x], 0.5)],
    "take_along_axis": [lambda f, x: f(x, np.array([[0], [1], [2]]), 1)],
    "tensordot": [lambda f, x: f(x, Y, 1), lambda f, x: f(x, Y, ([0, 1], [1, 0]))],
    "where": [lambda f, x: f(x > 0.457, x * x, Y)],
}
NAN_FUNCTIONS = [lambda f, x: f(np.where(HALF, x, np.nan)), lambda f, x: f(np.where(HALF, x, np.nan), axis=0)]
NAN_SHARES = [lambda f, x: f(np.where(HALF, x, np.nan), 0.3), lambda f, x: f(np.where(HALF, x, np.nan), 0.3, axis=1)]

JOINED = "column_stack concat concatenate dstack hstack row_stack stack vstack"
# NumPy reads these arrays without asking them. It gives a plain array of the same Values.
NOT_ASKED = "array asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray full require"
# These read files, memory, settings or text, make an np.matrix, or take no array.
LEFT_OUT = """
    asmatrix bartlett base_repr binary_repr blackman bmat busday_count busday_offset datetime_as_string
    datetime_data empty_like fft.test format_float_positional format_float_scientific from_dlpack frombuffer
    fromfile fromiter fromregex fromstring genfromtxt get_include hamming hanning info is_busday isdtype
    isfortran isscalar issubdtype iterable kaiser lib.stride_tricks.as_strided linalg.test load loadtxt
    mintypecode printoptions save savetxt savez savez_compressed set_printoptions setbufsize seterr seterrcall
    show_config show_runtime test typename"""
OF_MEMORY = "astype base ctypes data device dtype dump dumps flags flat itemsize nbytes setflags strides view"
TEXT = {"array2string", "array_repr", "array_str", "result_type"}


def functions() -> Iterator[tuple[str, Any]]:
    """Every function of the namespaces that people call, ufuncs aside."""
    for path in ("", "linalg.", "fft.", "lib.stride_tricks."):
        room = operator.attrgetter(path[:-1])(np) if path else np
        for name in sorted(dir(room)):
            function = getattr(room, name)
            ordinary = callable(function) and not isinstance(function, type | np.ufunc)
            if ordinary and name[0] != "_" and path + name not in LEFT_OUT.split():
                yield path + name, function


def leaves(result: Any) -> list[Any]:
    return [leaf for item in result for leaf in leaves(item)] if isinstance(result, list | tuple) else [result]


def on_floats(call: Callable[[Any], Any], x: Any, wide: bool = False) -> list[Any] | None:
    """What NumPy gives for floats, and what it left in the array; None: it does not take this."""
    if isinstance(x, np.ndarray):
        x = x.astype(np.longdouble) if wide else x.copy()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return [*leaves(call(x)), x]
        except Exception:
            return None


def floats(expected: list[Any]) -> list[float]:
    return np.nan_to_num([float(v) for leaf in expected if leaf is not None for v in np.ravel(leaf)]).tolist()


def check(call: Callable[[Any], Any], x: Any, plain: bool = False, text: bool = False, wide: bool = False) -> str:
    """Hold one call against NumPy's; returns "skipped", "refused" or "worked"."""
    expected = on_floats(call, x, wide)
    if expected is None or any(np.asarray(leaf).dtype.kind == "c" for leaf in expected):
        return "skipped"
    given = ag.array(x) if isinstance(x, np.ndarray) else Value(x)
    leaf_nodes = np.array(given, dtype=object).ravel().tolist()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy's own
            got = [*leaves(call(given)), given]
    except AutogradError:
        return "refused"
    if text:
        return "worked"
    assert len(got) == len(expected)
    nodes: list[Any] = []
    for found, wanted in zip(got, expected, strict=True):
        assert np.shape(found) == np.shape(wanted)
        kind = np.asarray(wanted).dtype.kind
        if wanted is None:
            assert found is None
        elif isinstance(found, ValueArray | Value) or (plain and np.asarray(found).dtype.kind == "O"):
            flat = np.array(found, dtype=object).ravel().tolist()
            assert all(type(v) is Value for v in flat)
            np.testing.assert_allclose(ag.data(found), wanted, rtol=1e-12, atol=1e-14)
            nodes += flat
        else:
            assert kind in "biuf", kind
            assert np.asarray(found).dtype.kind == kind
            assert np.array_equal(found, wanted, equal_nan=kind == "f")
            nodes += np.ravel(found).tolist()  # constants, whose numbers must not depend on x either
    weights = np.cos(np.arange(len(nodes)) + 1.0).tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GradientWarning)
        ag.dot(weights, [v if np.isfinite(v) else 0.0 for v in nodes]).backward()
    direction = np.sin(np.arange(np.size(x)) + 0.5).reshape(np.shape(x))
    sides = []
    for change in (H, 0.0, -H):
        moved = np.asarray(x) + change * direction
        there = on_floats(call, moved if isinstance(x, np.ndarray) else float(moved), wide)
        assert there is not None
        sides.append(np.dot(weights, floats(there)))
    right, left = (sides[0] - sides[1]) / H, (sides[1] - sides[2]) / H
    if abs(right - left) < 0.1 + 1e-3 * abs(left):  # else there is a jump
        slope = np.dot(direction.ravel(), [v.grad for v in leaf_nodes])
        assert slope == pytest.approx((right + left) / 2, rel=2e-5, abs=2e-6)
    return "worked"


@pytest.mark.parametrize(("name", "function"), list(functions()), ids=[name for name, _ in functions()])
def test_function_gives_numpys_number_with_gradient_or_refuses(name: str, function: Any) -> None:
    ways = [*CALLS, *SPECIAL.get(name, [])]
    if name in JOINED.split():
        ways += SEQUENCES
    if name.startswith("nan") and name != "nan_to_num":
        ways += NAN_SHARES if name in ("nanquantile", "nanpercentile") else NAN_FUNCTIONS
    plain, text = name in NOT_ASKED.split(), name in TEXT
    seen = {check(lambda x, way=way: way(function, x), X, plain, text) for way in ways}
    seen |= {check(lambda x, way=way: way(function, x), 0.52, plain, text) for way in CALLS}
    assert function not in _FUNCTIONS or "worked" in seen, "it stands in the table, and works in no way"


UFUNCS = sorted({u for u in vars(np).values() if isinstance(u, np.ufunc)}, key=lambda u: u.__name__)
UFUNC_CALLS: list[Callable[[Any, Any], Any]] = [
    lambda u, x: u(x),
    lambda u, x: u(x, Y),
    lambda u, x: u(Y, x),
    lambda u, x: u(x, x.T + 0.01),
    lambda u, x: u(x, 0.457),
    lambda u, x: u(0.457, x),
    lambda u, x: u(x, 2),
    lambda u, x: u.reduce(x),
    lambda u, x: u.reduce(x, axis=1, keepdims=True),
    lambda u, x: u.reduce(x, axis=None),
    lambda u, x: u.reduce(x, axis=1, initial=0.5, where=HALF),
    lambda u, x: u.accumulate(x, axis=1),
    lambda u, x: u.outer(x[0], Y),
    lambda u, x: u.reduceat(x, [0, 2], axis=1),
    lambda u, x: u.at(x, (0, 1), 0.457),
    lambda u, x: u.at(x, (0, 1)),
]


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda u: u.__name__)
def test_ufunc_and_its_methods_give_numpys_number_with_gradient_or_refuse(ufunc: np.ufunc) -> None:
    for way in UFUNC_CALLS:
        if ufunc.nin == 1 and way is not UFUNC_CALLS[0] and way is not UFUNC_CALLS[-1]:
            continue  # the second argument would be where to store
        for x in (X, X + 1.3, X - 0.5, 0.457, 1.45):
            # With AVX-512, float64's own loops of these two leave out elements when they reduce a row (NumPy 2.4).
            check(lambda x, way=way: way(ufunc, x), x, wide=ufunc in (np.arctan2, np.power))


METHODS = {name for name in dir(np.ndarray) if name[0] != "_"} - set(OF_MEMORY.split())


@pytest.mark.parametrize("name", sorted(METHODS))
def test_method_of_the_array_gives_numpys_number_with_gradient_or_refuses(name: str) -> None:
    def method(array: Any, *more: Any, **named: Any) -> Any:
        if not isinstance(array, np.ndarray) or array is Y or array is HALF:
            raise TypeError("a method of another array")
        return getattr(array, name)(*more, **named)

    for way in CALLS:
        check(lambda x, way=way: way(method, x), X)
    check(lambda x: 1 if callable(getattr(x, name)) else getattr(x, name), X)
