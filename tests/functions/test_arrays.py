"""NumPy: bare Values in its functions, arrays of Values, and a network written for plain arrays."""

from __future__ import annotations

import itertools
import math
import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, grads
from autograd.errors import AutogradError, OperandError, ShapeError

A_NUMBERS = np.array([[0.5, -1.5, 2.0], [3.0, 0.25, -0.75]])
ValueArray = type(ag.array([1.0]))

UFUNCS = [
    (np.exp, "exp"), (np.exp2, "exp2"), (np.expm1, "expm1"), (np.log1p, "log1p"), (np.cbrt, "cbrt"),
    (np.sin, "sin"), (np.cos, "cos"), (np.tan, "tan"), (np.arctan, "atan"), (np.sinh, "sinh"), (np.cosh, "cosh"),
    (np.tanh, "tanh"), (np.arcsinh, "asinh"), (np.negative, "neg"), (np.square, "power"), (np.absolute, "abs"),
    (np.fabs, "abs"), (np.log, "log"), (np.log2, "log2"), (np.log10, "log10"), (np.sqrt, "sqrt"),
    (np.arcsin, "asin"), (np.arccos, "acos"), (np.arctanh, "atanh"), (np.reciprocal, "/"),
]  # fmt: skip
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.mod, operator.floordiv, operator.pow]


def slopes(function: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """d sum(function) / d x by central differences, for functions that are smooth around x."""
    h = 1e-6
    result = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[index] += h
        down[index] -= h
        result[index] = (np.sum(function(up)) - np.sum(function(down))) / (2 * h)
    return result


def agree(function: Callable[[Any], Any], x: np.ndarray) -> None:
    """Hold a function's values and gradients on an array of Values against NumPy on floats."""
    V = ag.array(x)
    result = function(V)
    expected = function(x)
    assert np.shape(result) == np.shape(expected)
    np.testing.assert_allclose(ag.data(result), expected, rtol=1e-13, atol=1e-15)
    total = ag.sum(result) if isinstance(result, np.ndarray) else result
    assert type(total) is Value
    total.backward()
    np.testing.assert_allclose(grads(V), slopes(function, x), rtol=1e-6, atol=1e-8)


# --- bare Values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ufunc", "op"), UFUNCS, ids=lambda thing: getattr(thing, "__name__", None))
def test_ufunc_of_a_value_stays_in_the_graph(ufunc: Any, op: str) -> None:
    x = Value(0.25)
    y = ufunc(x)
    assert type(y) is Value
    assert y.op == op
    assert y.data == pytest.approx(float(ufunc(0.25)), rel=1e-15)
    y.backward()
    assert x.grad == pytest.approx(slopes(ufunc, np.array([0.25]))[0], rel=1e-7)


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize(
    "number", [np.float64(2), np.float32(2), np.int64(2), np.int8(2), np.uint8(2), np.array(2.0)], ids=repr
)
def test_numpy_number_beside_a_value_is_a_number(op: Callable[[Any, Any], Any], number: Any) -> None:
    after, before = op(Value(3.5), number), op(number, Value(3.5))
    assert type(after) is type(before) is Value
    assert (after.data, before.data) == (op(3.5, 2.0), op(2.0, 3.5))
    assert len(after.parents) == (1 if op is operator.pow else 2)
    assert len(before.parents) == 2


def test_maximum_and_minimum_of_a_value_and_a_number() -> None:
    for x, expected in ((2.0, 1.0), (-2.0, 0.0), (0.0, 0.5)):
        for build in (lambda v: np.maximum(v, 0), lambda v: np.maximum(0, v), lambda v: -np.minimum(-v, 0.0)):
            v = Value(x)
            y = build(v)
            assert type(y) is Value
            y.backward()
            assert v.grad == expected


def test_two_values_in_a_ufunc() -> None:
    x, y = Value(3.0), Value(4.0)
    z = np.hypot(x, y)
    z.backward()
    assert (z.data, x.grad, y.grad) == (5.0, 0.6, 0.8)
    assert np.add(x, y).op == "+"
    assert np.arctan2(x, y).data == math.atan2(3.0, 4.0)
    assert np.logaddexp(x, y).op == "logsumexp"
    assert np.power(x, 2).data == 9.0


def test_array_beside_a_value_gives_an_array_of_nodes() -> None:
    x = Value(3.0)
    for result in (x * np.array([1.0, 2.0]), np.array([1.0, 2.0]) * x, np.array([1, 2]) * x):
        assert type(result) is ValueArray
        assert [v.data for v in result] == [3.0, 6.0]
    ag.sum(x ** np.array([1.0, 2.0]) + np.array([2.0, 1.0]) ** x - np.array([1.0, 1.0])).backward()
    assert x.grad == pytest.approx(1.0 + 6.0 + 8 * math.log(2), rel=1e-15)


def test_clip_and_where_of_a_bare_value_keep_it() -> None:
    x = Value(0.5)
    for build in (lambda: np.clip(x, 0, 1), lambda: np.where(True, x, 0.0)):
        x.zero_grad()
        ag.sum(np.ravel(build())).backward()
        assert x.grad == 1.0
    clipped = np.clip(Value(5.0), 0, 2)
    assert isinstance(clipped, Value), "a number would have left the graph without a word"


@pytest.mark.parametrize("ufunc", [np.spacing, np.signbit, np.bitwise_and, np.frexp, np.nextafter])
def test_ufunc_without_a_rule_says_so(ufunc: Any) -> None:
    operands = [Value(1.0)] * ufunc.nin
    with pytest.raises(OperandError, match=rf"np\.{ufunc.__name__}.*no rule.*primitive"):
        ufunc(*operands)
    with pytest.raises(OperandError):
        ufunc(*[ag.array([1.0])] * ufunc.nin)


def test_predicates_are_bools() -> None:
    x = Value(math.inf)
    assert (np.isinf(x), np.isfinite(x), np.isnan(x), np.isnan(Value(math.nan))) == (True, False, False, True)
    assert np.isfinite(ag.array([1.0, math.inf])).tolist() == [True, False]
    assert np.greater(Value(2.0), 1.0) is True
    assert (np.float64(2) > Value(1.0), np.float64(2) == Value(2.0), np.float64(2) <= Value(1.0)) == (True, True, False)


# --- making arrays and reading them back ---------------------------------------------------------------------------


def test_array_labels_its_elements() -> None:
    assert ag.array([[1.0, 2.0]], "W")[0, 1].label == "W[0,1]"
    assert ag.array([1.0, 2.0], label="b")[1].label == "b[1]"
    assert ag.array(1.0, "c")[()].label == "c"
    assert ag.array([1.0])[0].label == ""


@pytest.mark.parametrize(
    "source", [A_NUMBERS, A_NUMBERS.tolist(), A_NUMBERS.astype(np.float32), A_NUMBERS.T.copy().T, (1, 2), 5]
)
def test_array_takes_nested_numbers_of_every_kind(source: Any) -> None:
    V = ag.array(source)
    assert V.shape == np.shape(source)
    assert ag.data(V).tolist() == np.asarray(source, dtype=float).tolist()
    assert all(type(v) is Value for v in V.ravel())


def test_array_keeps_the_nodes_that_it_is_given() -> None:
    x = Value(2.0, "mine")
    V = ag.array([x, 3.0, x], "V")
    assert V[0] is x
    assert V[2] is x
    assert [v.label for v in V] == ["mine", "V[1]", "mine"]
    assert ag.array(V)[0] is x
    assert ag.array(np.array([x]))[0] is x


@pytest.mark.parametrize(
    "bad", [["1"], [None], [1j], [[1.0], ["a"]], np.array([1j]), np.array(["a"]), "abc", None, {}], ids=repr
)
def test_array_of_what_is_no_number_is_refused(bad: Any) -> None:
    with pytest.raises(TypeError):
        ag.array(bad)


@pytest.mark.parametrize("ragged", [[[1.0], [2.0, 3.0]], [[1.0, 2.0], 3.0], [[Value(1.0)], [1.0, 2.0]]], ids=repr)
def test_rows_of_different_lengths_are_refused(ragged: Any) -> None:
    with pytest.raises(ShapeError, match="different lengths"):
        ag.array(ragged)


def test_data_and_grads_read_floats() -> None:
    V = ag.array([[1.0, 2.0]])
    (V * V).sum().backward()
    for source in (V, [[V[0, 0], V[0, 1]]], np.array([[V[0, 0], V[0, 1]]])):
        assert ag.data(source).dtype == grads(source).dtype == np.float64
        assert ag.data(source).tolist() == [[1.0, 2.0]]
        assert grads(source).tolist() == [[2.0, 4.0]]
    assert ag.data([1, V[0, 1]]).tolist() == [1.0, 2.0]
    assert ag.data(V[0, 0]).shape == ()
    assert ag.data([]).shape == (0,)
    with pytest.raises(TypeError, match="gradient"):
        grads([1.0])
    with pytest.raises(TypeError):
        ag.data(["a"])


def test_grads_after_create_graph_are_floats() -> None:
    V = ag.array([3.0])
    (V**2).sum().backward(create_graph=True)
    assert grads(V).tolist() == [6.0]


# --- arithmetic on arrays ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ufunc", "op"), UFUNCS, ids=lambda thing: getattr(thing, "__name__", None))
def test_ufunc_of_an_array_is_numpys_with_gradients(ufunc: Any, op: str) -> None:
    agree(ufunc, np.array([[0.2, 0.5], [0.7, 0.9]]))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + 1,
        lambda x: 2.5 - x,
        lambda x: x * np.array([1.0, 2.0, 3.0]),
        lambda x: np.array([[1.0], [2.0]]) * x,
        lambda x: np.array([[1.0], [2.0]]) / (x * x + 1),
        lambda x: x / np.float64(4),
        lambda x: (x * x) ** 1.5,
        lambda x: 2.0**x,
        lambda x: (x * x + 1) ** x,
        lambda x: -x + abs(x),
        lambda x: np.maximum(0, x),
        lambda x: np.minimum(x, np.array([0.1, 0.2, 0.3])),
        lambda x: x - x.mean(),
        lambda x: x / x.sum(axis=1, keepdims=True),
        lambda x: x % 0.7,
    ],
)
def test_broadcasting_arithmetic_is_numpys_with_gradients(function: Callable[[Any], Any]) -> None:
    agree(function, A_NUMBERS)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.sum(),
        lambda x: x.sum(axis=0),
        lambda x: x.sum(axis=1, keepdims=True),
        lambda x: x.sum(axis=-1),
        lambda x: x.sum(axis=(0, 1)),
        lambda x: np.sum(x * x, axis=1),
        lambda x: np.sum(x, axis=1, keepdims=True),
        lambda x: x.mean(),
        lambda x: np.mean(x * x, axis=0),
        lambda x: x.prod(axis=1),
        lambda x: x.std(),
        lambda x: np.std(x, axis=1, ddof=1),
        lambda x: x.max(axis=0),
        lambda x: np.max(x),
        lambda x: np.min(x, axis=1),
        lambda x: np.add.reduce(x),
        lambda x: np.add.reduce(x, axis=None),
        lambda x: np.multiply.reduce(x, axis=1),
        lambda x: np.maximum.reduce(x, axis=1),
    ],
)
def test_reduction_is_numpys_with_gradients(function: Callable[[Any], Any]) -> None:
    agree(function, A_NUMBERS)


def test_reduction_is_one_node_for_each_result() -> None:
    V = ag.array(A_NUMBERS)
    assert (V.sum().op, len(V.sum().parents)) == ("sum", 6)
    assert [(v.op, len(v.parents)) for v in V.mean(axis=0)] == [("mean", 2)] * 3


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.T,
        lambda x: x[0],
        lambda x: x[:, 1],
        lambda x: x[:, ::-1] * x,
        lambda x: x[x > 0],
        lambda x: x[[1, 0, 1]],
        lambda x: x.reshape(3, 2),
        lambda x: x.ravel(),
        lambda x: x[None, :, 0],
        lambda x: x.T @ x,
        lambda x: np.transpose(x),
        lambda x: np.where(x > 0, x * x, 0.1 * x),
        lambda x: np.where(np.array([True, False, True]), x, 7.0),
        lambda x: np.clip(x, -1.0, 1.0),
        lambda x: x.clip(-1, 1),
        lambda x: np.outer(x[0], x[1]),
        lambda x: np.inner(x[0], x[1]),
        lambda x: np.vdot(x, x),
        lambda x: np.exp(np.concatenate([x, x * x])),
        lambda x: np.maximum(np.stack([x, -x]), 0.125),
    ],
)
def test_shape_and_choice_are_numpys_with_gradients(function: Callable[[Any], Any]) -> None:
    agree(function, A_NUMBERS)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x @ np.ones((3, 2)),
        lambda x: np.ones((4, 2)) @ x,
        lambda x: x @ x.T,
        lambda x: np.dot(x, np.arange(3.0)),
        lambda x: np.dot(np.arange(2), x),
        lambda x: x.dot(np.eye(3)),
        lambda x: np.matmul(x, np.eye(3)),
        lambda x: x[0] @ x[1],
        lambda x: np.dot(2.0, x),
        lambda x: [1.0, 2.0] @ x,
    ],
)
def test_matrix_product_is_numpys_with_gradients(function: Callable[[Any], Any]) -> None:
    agree(function, A_NUMBERS)


def test_matrix_product_makes_one_dot_for_each_element() -> None:
    V = ag.array(A_NUMBERS)
    product = V @ np.ones((3, 2))
    assert product.shape == (2, 2)
    assert {(v.op, len(v.parents)) for v in product.ravel()} == {("dot", 6)}


@pytest.mark.parametrize(
    "function",
    [lambda V: V @ V, lambda V: np.dot(V, np.ones(2)), lambda V: V @ np.ones((2, 3)), lambda V: np.ones(3) @ V],
)
def test_matrices_that_do_not_fit_are_a_clear_error(function: Callable[[Any], Any]) -> None:
    with pytest.raises(ShapeError, match=r"\(2, 3\).*do not fit|shapes"):
        function(ag.array(A_NUMBERS))
    with pytest.raises(ShapeError):
        ag.array([1.0]) @ Value(2.0)


def test_broadcast_that_does_not_fit_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        ag.array(A_NUMBERS) + np.ones(2)


@pytest.mark.parametrize("axis", [2, -3, (0, 2)])
def test_axis_that_is_not_there_is_numpys_error(axis: Any) -> None:
    for function in (lambda x: x.sum(axis=axis), lambda x: np.mean(x, axis=axis)):
        with pytest.raises(np.exceptions.AxisError):
            function(A_NUMBERS)
        with pytest.raises(np.exceptions.AxisError):
            function(ag.array(A_NUMBERS))


@pytest.mark.parametrize("axis", [[0], 1.0, True, "x", (0, 0)])
def test_what_is_no_axis_is_numpys_error(axis: Any) -> None:
    for function in (lambda x: x.sum(axis=axis), lambda x: np.max(x, axis=axis), lambda x: np.add.reduce(x, axis)):
        with pytest.raises((TypeError, ValueError)) as numpys:
            np.add.reduce(A_NUMBERS, axis=axis)
        with pytest.raises(numpys.type, match=re.escape(str(numpys.value))):
            function(ag.array(A_NUMBERS))


@pytest.mark.parametrize("axis", [0, -1, None, ()])
def test_a_number_has_the_axes_that_numpy_gives_it(axis: Any) -> None:
    assert ag.array(2.5).sum(axis=axis).data == np.array(2.5).sum(axis=axis)
    with pytest.raises(np.exceptions.AxisError, match="dimension 0"):
        ag.array(2.5).sum(axis=1)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.add.reduce(x, initial=5.0),
        lambda x: np.add.reduce(x, where=np.array([[True], [False]])),
        lambda x: np.sum(x, initial=5.0),
        lambda x: np.sum(x, where=np.array([[True], [False]])),
        lambda x: np.max(x, initial=5.0),
        lambda x: np.add(x, 1.0, where=np.array([True, False, True])),
        lambda x: np.cumsum(x, axis=1),
        lambda x: np.add.outer(x[0], x[1]),
        lambda x: np.var(x),
        lambda x: np.linalg.norm(x),
        lambda x: np.clip(x, a_min=0.0, a_max=1.0),
        lambda x: np.ptp(x, axis=0),
    ],
)
def test_what_is_not_supported_is_refused_and_never_silently_wrong(function: Callable[[Any], Any]) -> None:
    try:
        result = function(ag.array(A_NUMBERS))
    except TypeError:
        return  # said plainly
    np.testing.assert_allclose(ag.data(result), function(A_NUMBERS), rtol=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, out: x.sum(axis=0, out=out),
        lambda x, out: x.mean(0, None, out),
        lambda x, out: x.prod(axis=0, out=out),
        lambda x, out: x.std(axis=0, out=out),
        lambda x, out: x.var(axis=0, out=out),
        lambda x, out: x.max(0, out),
        lambda x, out: x.min(axis=0, out=out),
        lambda x, out: x.clip(-1.0, 1.0, out=out),
        lambda x, out: x.round(1, out),
        lambda x, out: x.dot(x.T, out),
        lambda x, out: np.sum(x, axis=0, out=out),
        lambda x, out: np.max(x, axis=0, out=out),
        lambda x, out: np.clip(x, -1.0, 1.0, out=out),
        lambda x, out: np.round(x, 1, out),
        lambda x, out: np.dot(x, x.T, out=out),
    ],
)
def test_out_is_refused_and_none_is_none(function: Callable[[Any, Any], Any]) -> None:
    np.testing.assert_allclose(ag.data(function(ag.array(A_NUMBERS), None)), function(A_NUMBERS, None), rtol=1e-12)
    out = np.zeros_like(function(A_NUMBERS, None), dtype=object)
    with pytest.raises(OperandError, match="out="):
        function(ag.array(A_NUMBERS), out)
    assert not out.any()


def test_comparison_is_an_array_of_bools() -> None:
    V = ag.array(A_NUMBERS)
    for op in (operator.gt, operator.ge, operator.lt, operator.le, operator.eq, operator.ne):
        for left, right in ((V, 0.25), (V, A_NUMBERS), (A_NUMBERS.T.copy().T, V), (V, V)):
            got = op(left, right)
            assert got.dtype == bool
            expected = op(ag.data(left) if left is V else left, ag.data(right) if right is V else right)
            assert got.tolist() == expected.tolist()


def test_in_place_operators_change_the_array_and_record() -> None:
    x = ag.array([1.0, 2.0])
    total = x.copy()
    total += x
    total *= 3.0
    total[0] -= 1
    total[1:] = total[1:] * 2
    assert [v.data for v in total] == [5.0, 24.0]
    total.sum().backward()
    assert grads(x).tolist() == [6.0, 12.0]


def test_writing_values_into_an_array_of_floats_is_refused() -> None:
    floats = np.ones(2)
    for write in (lambda: floats.__iadd__(ag.array([1.0, 2.0])), lambda: floats.__setitem__(0, Value(2.0))):
        with pytest.raises(TypeError):
            write()
    assert floats.tolist() == [1.0, 1.0]


def test_conversion_to_floats_is_refused_with_the_way_out() -> None:
    for convert in (lambda V: V.astype(float), lambda V: np.asarray(V, dtype=float), lambda V: float(V[0])):
        with pytest.raises(TypeError, match=r"\.data"):
            convert(ag.array([1.0, 2.0]))


def test_errors_of_elements_are_the_usual_ones() -> None:
    with pytest.raises(ValueError, match=r"log with x\[1\] = 0\.0"):
        np.log(ag.array([1.0, 0.0], "x"))
    with pytest.raises(ZeroDivisionError):
        1 / ag.array([1.0, 0.0])
    with pytest.raises(TypeError):
        ag.array([1.0]) + "a"
    with pytest.raises(TypeError):
        ag.array([1.0]) * np.array([1j])
    with pytest.raises(TypeError):
        ag.array([1.0]) + None


def test_plain_object_arrays_work_where_numpys_own_loops_do() -> None:
    x = [Value(1.0), Value(2.0)]
    plain = np.array(x)
    assert plain.dtype == object
    total = (np.exp(plain) * 2 + plain**2).sum() + np.dot(plain, plain)
    total.backward()
    assert [v.grad for v in x] == pytest.approx([2 * math.exp(v.data) + 4 * v.data for v in x], rel=1e-14)
    assert (np.std(x).data, np.var(x).data) == (0.5, 0.25)


def test_array_is_shown_and_iterated_like_any_array() -> None:
    V = ag.array([[1.0, 2.0]], "V")
    assert "Value(1.0, label='V[0,0]')" in repr(V)
    assert [[v.data for v in row] for row in V] == [[1.0, 2.0]]
    assert V.size == 2
    assert V.tolist()[0][0] is V[0, 0]


def test_dead_end_of_an_error_loses_nothing() -> None:
    V = ag.array([1.0, 2.0])
    loss = (V * V).sum()
    loss.backward()
    with pytest.raises(AutogradError):
        V @ np.ones(3)
    with pytest.raises(AutogradError):
        np.spacing(V)
    loss.backward()
    assert grads(V).tolist() == [4.0, 8.0]


# --- NumPy's functions, beside the walk over all of them in test_numpy_walk.py ---------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda A: np.concatenate([A, A]), lambda A: np.concatenate([A, [[1.0, A[0, 0]]]]), lambda A: np.stack([A, A]),
        lambda A: np.vstack([A, A]), lambda A: np.hstack([A, A]), lambda A: np.dstack([A, A]),
        lambda A: np.column_stack([A, [1.0, 2.0]]), lambda A: np.hstack([A[0, 0], 2.0]), lambda A: np.append(A, 1.0),
        lambda A: np.append([A[0, 0], 3.0], A), lambda A: np.block([[A, A], [A[0, 0], np.ones((1, 3))]]),
        lambda A: np.pad(A, 1), lambda A: np.einsum("ij->ji", A), lambda A: np.tensordot(A, np.ones(2), 1),
        lambda A: np.tile(A, 2), lambda A: np.repeat(A, 2), lambda A: np.roll(A, 1), lambda A: np.flip(A),
        lambda A: np.transpose(A), lambda A: np.split(A, 2)[0], lambda A: np.take(A, [0]), lambda A: np.kron(A, A),
        lambda A: np.where([True, False], A, 0.0), lambda A: np.insert(A, 0, 5.0), lambda A: np.zeros_like(A),
        lambda A: np.vectorize(lambda v: v * v)(A), lambda A: np.frompyfunc(lambda v: v * 2, 1, 1)(A),
        lambda A: np.ones((2, 2)).dot(A), lambda A: np.ravel(A[0, 0]), lambda A: np.meshgrid(A[0], A[1])[0],
    ],
)  # fmt: skip
def test_whatever_holds_values_is_an_array_of_values(function: Callable[[Any], Any]) -> None:
    result = function(ag.array([[0.0, 2.0], [3.0, 4.0]]))
    assert type(result) is ValueArray
    assert all(type(v) is Value for v in result.ravel())


def test_users_function_that_leaves_the_graph_gives_what_it_gives() -> None:
    names = np.frompyfunc(lambda v: f"{v.data}", 1, 1)(ag.array([1.0, 2.0]))
    assert type(names) is np.ndarray
    assert names.tolist() == ["1.0", "2.0"]


def test_ties_after_a_concatenation_are_those_of_this_package() -> None:
    A = ag.array([0.0, 2.0])
    np.maximum(np.concatenate([A, A]), 0).sum().backward()
    assert grads(A).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "function",
    [
        lambda A, B: np.einsum("ij,jk->ik", A, B), lambda A, B: np.einsum("ij,jk", A, B, optimize=True),
        lambda A, B: np.tensordot(A, B, 1), lambda A, B: np.inner(A, B), lambda A, B: np.dot(A[None], B),
        lambda A, B: np.stack([A, B]) @ B, lambda A, B: np.vecdot(A, B), lambda A, B: np.linalg.multi_dot([A, B]),
        lambda A, B: np.convolve(A[0], B[0], "valid"), lambda A, B: np.linalg.matrix_power(A, 2),
    ],
)  # fmt: skip
def test_sum_of_products_is_one_dot_for_each_element(function: Callable[[Any, Any], Any]) -> None:
    B = np.array([[1.0, -2.0], [0.5, 3.0]])
    result = function(ag.array([[0.5, 2.0], [3.0, 4.0]]), B)
    assert {(v.op, len(v.parents)) for v in result.ravel()} == {("dot", 4)}


def test_product_of_three_is_a_sum_of_products() -> None:
    A = ag.array([[0.5, 2.0], [3.0, 4.0]])
    result = np.einsum("ij,jk,kl->il", A, A, np.eye(2))
    assert result[0, 0].op == "sum"
    np.testing.assert_allclose(ag.data(result), ag.data(A) @ ag.data(A), rtol=1e-15)


@pytest.mark.parametrize(
    ("function", "x", "value", "slopes"),
    [
        (lambda x: np.linalg.norm(x), [0.0, 0.0], 0.0, [0.0, 0.0]),
        (lambda x: np.linalg.norm(x, 3), [0.0, 0.0], 0.0, [0.0, 0.0]),
        (lambda x: np.linalg.norm(x, 3), [0.0, -2.0], 2.0, [0.0, -1.0]),
        (lambda x: np.linalg.norm(x, 4), [1e200, 0.0], 1e200, [1.0, 0.0]),
        (lambda x: np.linalg.norm(x, 1), [0.0, -2.0], 2.0, [0.0, -1.0]),
        (lambda x: np.linalg.norm(x, np.inf), [2.0, -2.0], 2.0, [0.5, -0.5]),
        (lambda x: np.max(x, initial=1.0), [1.0, 1.0, 0.0], 1.0, [1 / 3, 1 / 3, 0.0]),
        (lambda x: np.max(x, where=[True, False, True], initial=-9.0), [1.0, 7.0, 1.0], 1.0, [0.5, 0.0, 0.5]),
        (lambda x: np.sum(x, initial=5.0, where=[True, False]), [1.0, 7.0], 6.0, [1.0, 0.0]),
        (lambda x: np.sum(x, where=False), [1.0, 7.0], 0.0, [0.0, 0.0]),
        (lambda x: np.prod(x, where=x > 0.0), [0.0, 2.0, 3.0], 6.0, [0.0, 3.0, 2.0]),
        (lambda x: np.mean(x, where=[True, False, True]), [1.0, 7.0, 2.0], 1.5, [0.5, 0.0, 0.5]),
        (lambda x: np.var(x, correction=1), [1.0, 3.0], 2.0, [-2.0, 2.0]),
        (lambda x: x.clip(min=0.0, max=1.0).sum(), [-1.0, 0.0, 0.5, 1.0, 2.0], 2.5, [0.0, 1.0, 1.0, 1.0, 0.0]),
        (lambda x: np.clip(x, np.array([0.0, 2.0]), None).sum(), [1.0, 1.0], 3.0, [1.0, 0.0]),
        (lambda x: np.fmax(x, 2.0).sum(), [math.nan, 2.0, 3.0], 7.0, [0.0, 0.5, 1.0]),
        (lambda x: np.fmin(x, x[1]).sum(), [math.nan, 2.0, 3.0], 6.0, [0.0, 3.0, 0.0]),
        (lambda x: np.nansum(x), [math.nan, 2.0, 3.0], 5.0, [0.0, 1.0, 1.0]),
        (lambda x: np.nanmean(x), [math.nan, 2.0, 3.0], 2.5, [0.0, 0.5, 0.5]),
        (lambda x: np.nanprod(x), [math.nan, 2.0, 3.0], 6.0, [0.0, 3.0, 2.0]),
        (lambda x: np.nanmax(x), [math.nan, 3.0, 3.0], 3.0, [0.0, 0.5, 0.5]),
        (lambda x: np.nanvar(x), [math.nan, 1.0, 3.0], 1.0, [0.0, -1.0, 1.0]),
        (lambda x: np.nanmedian(x), [math.nan, 1.0, 3.0], 2.0, [0.0, 0.5, 0.5]),
        (lambda x: np.nancumsum(x).sum(), [1.0, math.nan, 3.0], 6.0, [3.0, 0.0, 1.0]),
        (lambda x: np.nan_to_num(x).sum(), [math.nan, 2.0, 3.0], 5.0, [0.0, 1.0, 1.0]),
        (lambda x: np.nan_to_num(x, posinf=7.0).sum(), [math.inf, 2.0], 9.0, [0.0, 1.0]),
        (lambda x: np.median(x), [3.0, 1.0, 2.0], 2.0, [0.0, 0.0, 1.0]),
        (lambda x: np.median(x), [4.0, 1.0, 2.0, 9.0], 3.0, [0.5, 0.0, 0.5, 0.0]),
        (lambda x: np.median(x), [2.0, 2.0, 2.0], 2.0, [0.0, 1.0, 0.0]),
        (lambda x: np.quantile(x, 0.25), [0.0, 1.0, 3.0], 0.5, [0.5, 0.5, 0.0]),
        (lambda x: np.percentile(x, 100), [0.0, 4.0, 3.0], 4.0, [0.0, 1.0, 0.0]),
        (lambda x: np.sort(x) @ [1.0, 2.0, 4.0], [5.0, 0.0, 5.0], 30.0, [2.0, 1.0, 4.0]),
        (lambda x: np.cumprod(x).sum(), [0.0, 2.0, 3.0], 0.0, [9.0, 0.0, 0.0]),
        (lambda x: np.cumsum(x).sum(), [0.0, 2.0, 3.0], 7.0, [3.0, 2.0, 1.0]),
        (lambda x: np.diff(x) @ [1.0, 10.0], [1.0, 3.0, 3.0], 2.0, [-1.0, -9.0, 10.0]),
        (lambda x: np.ptp(x), [1.0, 3.0, 3.0], 2.0, [-1.0, 0.5, 0.5]),
        (lambda x: np.trace(np.outer(x, x)), [1.0, 3.0], 10.0, [2.0, 6.0]),
        (lambda x: np.average(x, weights=[1.0, 3.0]), [4.0, 8.0], 7.0, [0.25, 0.75]),
        (lambda x: np.heaviside(x, 0.5).sum(), [-1.0, 0.0, 2.0], 1.5, [0.0, 0.0, 0.0]),
        (lambda x: np.heaviside(0.0, x).sum(), [4.0], 4.0, [1.0]),
        (lambda x: np.copysign(x, [-1.0, -0.0, 0.0]).sum(), [2.0, -3.0, 5.0], 0.0, [-1.0, 1.0, 1.0]),
        (lambda x: np.copysign(-2.0, x).sum(), [-1.0, 0.0, -0.0], -2.0, [0.0, 0.0, 0.0]),
        (lambda x: np.fmod(x, 3.0).sum(), [7.0, -7.0, 0.0], 0.0, [1.0, 1.0, 1.0]),
        (lambda x: np.fmod([7.0, -7.0], x).sum(), [3.0, -3.0], 0.0, [-2.0, -2.0]),
        (lambda x: divmod(x, 3.0)[1].sum() + divmod(x, 3.0)[0] @ [1.0, 10.0], [7.0, 5.0], 15.0, [1.0, 1.0]),
        (lambda x: np.modf(x)[0].sum() + x[1], [7.5, -5.5], -5.5, [1.0, 2.0]),
        (lambda x: np.fmax(x, [math.nan, 2.0, 3.0]).sum(), [1.0, math.nan, 3.0], 6.0, [1.0, 0.0, 0.5]),
        (lambda x: np.maximum(x, 2.0)[1:].sum(), [math.nan, 3.0], 3.0, [0.0, 1.0]),
        (lambda x: np.logaddexp2(x[0], x[1]), [3.0, 3.0], 4.0, [0.5, 0.5]),
        (lambda x: np.deg2rad(x).sum(), [180.0], math.pi, [math.pi / 180]),
        (
            lambda x: np.interp(x, [0.0, 1.0, 3.0], [0.0, 2.0, 8.0]).sum(),
            [-1.0, 0.5, 1.0, 3.0, 4.0],
            19.0,
            [0, 2, 3, 3, 0],
        ),
        (lambda x: np.interp(0.5, [0.0, 1.0], x), [4.0, 8.0], 6.0, [0.5, 0.5]),
        (lambda x: np.interp([0.0, 2.0], [1.0], x, left=-1.0).sum(), [4.0], 3.0, [1.0]),
        (lambda x: np.cross(x, [0.0, 0.0, 1.0]) @ [1.0, 2.0, 4.0], [3.0, 5.0, 7.0], -1.0, [-2.0, 1.0, 0.0]),
    ],
)
def test_value_and_slopes_at_ties_zeros_and_nans(
    function: Callable[[Any], Any], x: list[float], value: float, slopes: list[float]
) -> None:
    V = ag.array(x)
    result = function(V)
    assert type(result) is Value
    assert result.data == pytest.approx(value, rel=1e-15)
    result.backward()
    assert grads(V).tolist() == pytest.approx(slopes, rel=1e-15)


def test_sum_and_product_of_nothing_are_constants() -> None:
    V = ag.array([[], []])
    assert ag.data(V.sum(axis=1)).tolist() == [0.0, 0.0]
    assert np.prod(V).data == 1.0
    assert np.max(V, initial=2.0).data == 2.0


def test_steps_warn_that_no_gradient_passes() -> None:
    for ufunc, expected in ((np.ceil, [-1.0, 0.0, 2.0, 3.0]), (np.trunc, [-1.0, 0.0, 1.0, 2.0]), (np.fix, None)):
        V = ag.array([-1.7, -0.0, 1.2, 2.9])
        result = ufunc(V)
        assert ag.data(result).tolist() == (expected or [-1.0, 0.0, 1.0, 2.0])
        with pytest.warns(ag.errors.GradientWarning):
            result.sum().backward()
        assert not grads(V).any()


def test_indices_and_answers_are_plain() -> None:
    V = ag.array([[3.0, 1.0], [1.0, math.nan]])
    assert (int(np.argmax(V)), V[0].argmin(), np.argmax(V[:, 0])) == (3, 1, 0)
    assert np.argmin(V, axis=1, keepdims=True).tolist() == [[1], [1]]
    assert np.argsort(V, axis=None).tolist() == [1, 2, 0, 3]
    assert V.argmax(axis=0).dtype == np.intp
    assert np.nonzero(V - 1.0)[0].tolist() == [0, 1]
    assert (np.any(V > 2.0), np.all(V > 0.0), np.count_nonzero(V)) == (True, False, 4)
    assert (np.allclose(V, V), np.allclose(V, V, equal_nan=True), np.array_equal(V[0], [3.0, 1.0])) == (
        False,
        True,
        True,
    )
    assert np.logical_and(V > 1.0, V).tolist() == [[True, False], [False, False]]


def test_place_of_a_write_keeps_the_graph() -> None:
    V, w = ag.array([[1.0, 2.0], [3.0, 4.0]]), Value(5.0)
    np.fill_diagonal(V, 0)
    np.put(V, [1], [w])
    V[1:, :1] = 7
    assert all(type(v) is Value for v in V.ravel())
    assert V[0, 1] is w
    for write in (lambda: np.copyto(np.zeros(2), V[0]), lambda: V.fill(2.0), lambda: np.put(np.zeros(2), [0], [w])):
        with pytest.raises(TypeError):
            write()


REFUSED: dict[str, Callable[[Any, Any], Any]] = {
    "np.linalg.det": lambda M, v: np.linalg.det(M), "np.linalg.inv": lambda M, v: np.linalg.inv(M),
    "np.linalg.solve": lambda M, v: np.linalg.solve(M, np.ones(2)), "np.linalg.svd": lambda M, v: np.linalg.svd(M),
    "np.linalg.eig": lambda M, v: np.linalg.eig(M), "np.linalg.norm": lambda M, v: np.linalg.norm(M, 2),
    "np.cov": lambda M, v: np.cov(M), "np.histogram": lambda M, v: np.histogram(M),
    "np.fft.fft": lambda M, v: np.fft.fft(M), "np.unique": lambda M, v: np.unique(M),
    "np.pad": lambda M, v: np.pad(M, 1, mode="mean"),
    "np.add.reduceat": lambda M, v: np.add.reduceat(M, [0]), "np.greater.reduce": lambda M, v: np.greater.reduce(M),
    "np.save": lambda M, v: np.save("nowhere", M), "ndarray.searchsorted": lambda M, v: M[0].searchsorted(1.5),
    "np.bincount": lambda M, v: np.bincount(M[0]), "np.angle": lambda M, v: np.angle(v),
}  # fmt: skip


@pytest.mark.parametrize(("name", "call"), REFUSED.items(), ids=list(REFUSED))
def test_function_without_a_rule_is_refused_by_name_with_the_way_out(
    name: str, call: Callable[[Any, Any], Any]
) -> None:
    with pytest.raises(
        OperandError, match=rf"{name}\b.* has no rule for Values: .*autograd\.primitive.*autograd\.data"
    ):
        call(ag.array([[1.0, 2.0], [3.0, 5.0]]), Value(0.3))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sum(x, dtype=int), lambda x: np.cumsum(x, dtype=int), lambda x: np.std(x, mean=1.0),
        lambda x: np.interp(x, [0, 1], [0, 1], period=2), lambda x: np.average(x, returned=True),
        lambda x: np.quantile(x, 0.5, method="lower"), lambda x: np.quantile(x, x[0]), lambda x: np.cross(x, x),
        lambda x: np.add(x, 1.0, where=[True, False]), lambda x: np.nan_to_num(x, copy=False),
        lambda x: np.einsum("i,i", x, x, out=np.zeros(())), lambda x: np.logical_not(x, out=x),
    ],
)  # fmt: skip
def test_argument_that_has_no_meaning_here_is_refused(call: Callable[[Any], Any]) -> None:
    with pytest.raises(OperandError):
        call(ag.array([0.25, 0.5]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.interp(x, [0.0, 1.0], [1.0]), "2 places xp for 1 heights"),
        (lambda x: np.quantile(x, 1.5), "between 0 and 1"),
        (lambda x: np.linalg.norm(x, "fro"), "no ord='fro'"),
        (lambda x: np.nanmean(np.where(x > 9.0, x, math.nan)), "mean of no values"),
        (lambda x: np.max(x[:0]), "maximum.reduce of no values"),
        (lambda x: x[:0].argmin(), "argmin of no values"),
    ],
)
def test_argument_of_a_wrong_size_or_value_is_a_value_error(call: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(ag.array([0.25, 0.5]))


# --- claim 4.6: a network in plain NumPy ---------------------------------------------------------------------------


def forward(X: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> tuple[Any, Any, Any]:
    """Two layers, W X + b with the examples in columns. Nothing here knows of this package."""
    Z1 = np.dot(W1, X) + b1
    A1 = np.maximum(0, Z1)
    Z2 = np.dot(W2, A1) + b2
    return Z1, A1, 1 / (1 + np.exp(-Z2))


def cost_of(A2: Any, Y: Any) -> Any:
    """The mean binary cross-entropy."""
    m = Y.shape[1]
    return -(1 / m) * np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))


def backward(X: Any, Y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> list[np.ndarray]:
    """The gradients of the cost, derived by hand: with a sigmoid the output error is A2 - Y."""
    m = X.shape[1]
    Z1, A1, A2 = forward(X, W1, b1, W2, b2)
    E2 = (A2 - Y) / m
    E1 = (W2.T @ E2) * (Z1 > 0)
    return [E1 @ X.T, E1.sum(axis=1, keepdims=True), E2 @ A1.T, E2.sum(axis=1, keepdims=True)]


def batch(seed: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(2, 7)), rng.integers(0, 2, size=(1, 7)).astype(float)
    return X, Y, [rng.normal(size=(3, 2)), rng.normal(size=(3, 1)), rng.normal(size=(1, 3)), rng.normal(size=(1, 1))]


@pytest.mark.parametrize("seed", range(5))
def test_numpy_forward_runs_on_values_and_agrees_with_its_hand_written_backward(seed: int) -> None:
    X, Y, parameters = batch(seed)
    values = [ag.array(p, name) for p, name in zip(parameters, ("W1", "b1", "W2", "b2"), strict=True)]
    *_, A2 = forward(X, *values)
    cost = cost_of(A2, Y)
    assert type(cost) is Value
    assert cost.data == pytest.approx(float(cost_of(forward(X, *parameters)[-1], Y)), rel=1e-14)
    cost.backward()
    for V, expected in zip(values, backward(X, Y, *parameters), strict=True):
        np.testing.assert_allclose(grads(V), expected, rtol=1e-12, atol=1e-14)


def test_training_with_these_gradients_brings_the_cost_down() -> None:
    X, Y, parameters = batch(0)
    costs = []
    for _ in range(30):
        values = [ag.array(p) for p in parameters]
        cost = cost_of(forward(X, *values)[-1], Y)
        cost.backward()
        costs.append(cost.data)
        parameters = [p - 0.5 * grads(V) for p, V in zip(parameters, values, strict=True)]
    assert all(after < before for before, after in itertools.pairwise(costs))
    assert costs[-1] < 0.6 * costs[0]
