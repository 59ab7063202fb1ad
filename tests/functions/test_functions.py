"""Functions and reductions: values, slopes, graphs, refusals."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import autograd as ag
from autograd import Value, dot
from autograd.errors import ArgumentError, AutogradError, OperandError, ShapeError
from autograd.functions.elementary import dot_rows
from tests.helpers.extremes import EXPONENTIAL, LARGE, USUAL, check
from tests.helpers.oracle import mp_std

UNARY = [
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos",
    "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
    "erf", "erfc", "sigmoid", "logsigmoid", "softplus", "softsign", "relu", "gelu", "silu", "absolute", "sign",
    "floor", "leaky_relu", "elu", "clip",
]  # fmt: skip
MANY: dict[str, Callable[[Any], Any]] = {
    "sum": ag.sum,
    "prod": ag.prod,
    "mean": ag.mean,
    "std": ag.std,
    "logsumexp": ag.logsumexp,
    "softmax": ag.softmax,
    "dot with itself": lambda values: ag.dot(values, values),
}
SINGLE = {name: function for name, function in MANY.items() if name != "softmax"}


def numbers(result: Any) -> list[float]:
    results = result if isinstance(result, list | np.ndarray) else [result]
    return [r.data if isinstance(r, Value) else float(r) for r in results]


# --- functions of one and two numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", UNARY)
def test_float_gives_float_value_gives_value_array_gives_array(name: str) -> None:
    function = getattr(ag, name)
    x = 1.25 if name == "acosh" else 0.25
    expected = function(x)
    assert type(expected) is float
    assert type(function(Value(x))) is Value
    assert function(Value(x)).data == expected
    assert function(np.array([x, x])).tolist() == pytest.approx([expected] * 2, rel=1e-15)
    assert [v.data for v in function(ag.array([x, x]))] == [expected] * 2
    assert function(np.float64(x)) == expected


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("thing", ["0.5", None, 1j, {}, Decimal("0.5")], ids=repr)
def test_unary_function_refuses_what_is_no_number(name: str, thing: Any) -> None:
    with pytest.raises(TypeError, match=type(thing).__name__):
        getattr(ag, name)(thing)


@pytest.mark.parametrize("name", ["hypot", "atan2", "xlogy"])
def test_binary_function_takes_any_mix(name: str) -> None:
    function = getattr(ag, name)
    expected = function(3.0, 4.0)
    for x, y in ((Value(3.0), 4), (3, Value(4.0)), (Value(3.0), Value(4.0)), (np.float64(3), Value(4.0))):
        result = function(x, y)
        assert type(result) is Value
        assert result.data == expected
        assert result.op == name
    with pytest.raises(TypeError):
        function(Value(1.0), "2")
    with pytest.raises(TypeError):
        function(Value(1.0))


@pytest.mark.parametrize("name", UNARY)
def test_function_has_a_docstring_with_an_example_and_its_own_name(name: str) -> None:
    function = getattr(ag, name)
    assert function.__name__ == name
    assert ">>> " in function.__doc__


def test_atan2_takes_the_ordinate_first_as_math_does() -> None:
    assert ag.atan2(1.0, -1.0) == math.atan2(1.0, -1.0)


def test_leaky_relu_and_elu_take_their_parameter() -> None:
    for x, slope in ((-2.0, 0.3), (2.0, 1.0)):
        v = Value(x)
        ag.leaky_relu(v, slope=0.3).backward()
        assert v.grad == slope
    v = Value(-1.0)
    ag.elu(v, alpha=2.0).backward()
    assert v.grad == 2.0 * math.exp(-1.0)
    with pytest.raises(TypeError):
        ag.leaky_relu(v, slope="0.3")
    with pytest.raises(TypeError):
        ag.elu(v, alpha=None)


def test_parameter_that_is_a_value_is_refused_rather_than_dropped() -> None:
    with pytest.raises(TypeError):
        ag.leaky_relu(Value(-1.0), slope=Value(0.1))


@pytest.mark.parametrize(
    ("arguments", "x", "value", "slope"),
    [
        ((0.0, 1.0), 0.5, 0.5, 1.0),
        ((0.0, 1.0), 1.5, 1.0, 0.0),
        ((0.0, 1.0), -1.5, 0.0, 0.0),
        ((None, 1.0), -1.5, -1.5, 1.0),
        ((0.0, None), 7.0, 7.0, 1.0),
        ((), 7.0, 7.0, 1.0),
        ((2, 2), 7.0, 2.0, 0.0),
    ],
)
def test_clip(arguments: tuple[Any, ...], x: float, value: float, slope: float) -> None:
    v = Value(x)
    result = ag.clip(v, *arguments)
    result.backward()
    assert (result.data, v.grad) == (value, slope)


def test_clip_to_values_trains_the_bounds() -> None:
    x, low, high = Value(5.0), Value(0.0), Value(1.0)
    result = ag.clip(x, low, high)
    result.backward()
    assert (result.data, x.grad, low.grad, high.grad) == (1.0, 0.0, 0.0, 1.0)


def test_clip_with_its_bounds_exchanged_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"low = 2\.0.*high = 1\.0"):
        ag.clip(Value(1.0), 2.0, 1.0)
    with pytest.raises(TypeError):
        ag.clip(Value(1.0), "0")


# --- where -------------------------------------------------------------------------------------------------------


def test_where_evaluates_one_branch_and_gives_a_value_either_way() -> None:
    x = Value(4.0)
    calls: list[str] = []

    def left() -> Value:
        calls.append("left")
        return x * 2

    def right() -> Value:
        calls.append("right")
        return x * 3

    taken = ag.where(x > 0, left, right)
    taken.backward()
    assert (taken.data, x.grad, calls) == (8.0, 2.0, ["left"])
    assert ag.where(x < 0, left, right).data == 12.0
    assert calls == ["left", "right"]
    assert ag.where(True, 1, 2).data == 1.0
    assert ag.where(False, x, lambda: 2).data == 2.0
    assert ag.where(True, x, 0.0) is x


def test_where_refuses_arrays_of_conditions_and_branches_that_are_no_numbers() -> None:
    with pytest.raises(OperandError, match=r"np\.where"):
        ag.where(np.array([True, False]), 1.0, 2.0)
    with pytest.raises(TypeError):
        ag.where(True, "1", 2.0)
    with pytest.raises(TypeError):
        ag.where(True, lambda: None, 2.0)


# --- functions of many operands ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MANY)
def test_function_of_many_takes_iterables_and_arrays_of_any_mix(name: str) -> None:
    function = MANY[name]
    plain = [0.5, 2.0, -1.0]
    expected = numbers(function(plain))
    assert all(type(r) is float for r in (function(plain) if name == "softmax" else [function(plain)]))
    mixes: list[Any] = [
        [Value(x) for x in plain],
        [Value(0.5), 2, -1.0],
        (np.float64(0.5), Value(2.0), -1),
        ag.array(plain),
        np.array([Value(x) for x in plain]),
        np.array(plain),
        dict.fromkeys(plain).keys(),
    ]
    for values in mixes:
        assert numbers(function(values)) == pytest.approx(expected, rel=1e-15)
    if not name.startswith("dot"):
        assert numbers(function(Value(x) for x in plain)) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("name", SINGLE)
def test_function_of_many_is_one_node_of_all_operands_in_order(name: str) -> None:
    values = [Value(0.5), Value(2.0), Value(-1.0)]
    result = SINGLE[name](values)
    expected = values * 2 if name.startswith("dot") else values
    assert list(map(id, result.parents)) == list(map(id, expected))
    assert result.op == name.split()[0]


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("values", ["12", b"12", None, 5, 1.5, {1.0: 2.0}, Value(1.0)], ids=repr)
def test_function_of_many_refuses_what_is_no_collection(name: str, values: Any) -> None:
    with pytest.raises(TypeError):
        MANY[name](values)


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("bad", ["1", None, 1j, [1.0], (), Decimal(1), np.array([1.0, 2.0])], ids=repr)
def test_function_of_many_refuses_an_operand_that_is_no_number(name: str, bad: Any) -> None:
    for values in ([Value(1.0), bad, 2.0], [bad, 1.0], [1.0, bad]):
        with pytest.raises(TypeError):
            MANY[name](values)


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("empty", [[], (), np.array([]), iter(())], ids=["list", "tuple", "array", "iterator"])
def test_function_of_nothing_is_a_value_error(name: str, empty: Any) -> None:
    with pytest.raises(ValueError, match=r"no values|needs more") as caught:
        MANY[name](empty)
    assert isinstance(caught.value, ShapeError)


def test_sum_starts_where_it_is_told() -> None:
    x = Value(2.0)
    assert ag.sum([], start=0) == 0.0
    assert ag.sum([], start=x).data == 2.0
    assert ag.sum([x, x], 5).data == 9.0
    assert len(ag.sum([x, x], 0).parents) == 2
    assert len(ag.sum([x, x], 1.5).parents) == 3
    total = ag.sum([1.0, 2.0], start=x)
    total.backward()
    assert (total.data, x.grad) == (5.0, 1.0)
    for start in ("", None, [], 1j):
        with pytest.raises(TypeError):
            ag.sum([x], start)


def test_sum_is_taken_from_left_to_right() -> None:
    values = [1e16, 1.0, -1e16, 1.0]
    assert ag.sum(values) == ((1e16 + 1.0) - 1e16) + 1.0
    assert ag.sum([Value(v) for v in values]).data == ag.sum(values)
    assert ag.dot(values, [1.0] * 4) == ag.sum(values)


def test_builtin_sum_works_too() -> None:
    x = Value(2.0)
    total = sum([x, x, 1.0])
    total.backward()
    assert (total.data, x.grad) == (5.0, 2.0)


def test_prod_gives_each_factor_the_product_of_the_others() -> None:
    for values in ((2.0, 3.0, 4.0), (0.0, 3.0, 4.0), (0.0, 0.0, 4.0), (5.0,)):
        leaves = [Value(x) for x in values]
        ag.prod(leaves).backward()
        for i, leaf in enumerate(leaves):
            assert leaf.grad == math.prod(values[:i] + values[i + 1 :])


def test_prod_of_zeros_has_second_derivatives() -> None:
    x, y, z = Value(0.0), Value(0.0), Value(4.0)
    ag.prod([x, y, z]).backward(create_graph=True)
    slope = x.grad
    for v in (x, y, z):
        v.zero_grad()
    slope.backward()
    assert (x.grad, y.grad, z.grad) == (0.0, 4.0, 0.0)


def test_std_is_that_of_a_sample_unless_told() -> None:
    values = [1.0, 2.0, 4.0, 8.0]
    assert ag.std(values) == pytest.approx(np.std(values, ddof=1), rel=1e-15)
    assert ag.std(values, ddof=0) == pytest.approx(np.std(values), rel=1e-15)
    with pytest.raises(ShapeError, match="ddof"):
        ag.std([Value(1.0)])
    assert ag.std([3.0], ddof=0) == 0.0


def test_logsumexp_and_softmax_of_large_numbers() -> None:
    assert ag.logsumexp([1000.0, 1001.0, 1002.0]) == 1002.4076059644444
    assert [round(p, 8) for p in ag.softmax([1000.0, 1001.0, 1002.0])] == [0.09003057, 0.24472847, 0.66524096]
    with pytest.raises(OverflowError):
        ag.log(ag.sum([ag.exp(Value(z)) for z in (1000.0, 1001.0, 1002.0)]))


@pytest.mark.parametrize("shift", [0.0, 500.0, -500.0, 1e6])
def test_logsumexp_slopes_are_the_softmax_wherever_it_is_shifted(shift: float) -> None:
    offsets = (0.25, -1.5, 3.0)
    with mp.workdps(40):
        powers = [mp.exp(x) for x in offsets]
        expected = [float(p / mp.fsum(powers)) for p in powers]
    leaves = [Value(shift + x) for x in offsets]
    ag.logsumexp(leaves).backward()
    assert [v.grad for v in leaves] == pytest.approx(expected, rel=1e-14)
    assert [p.data for p in ag.softmax(leaves)] == pytest.approx(expected, rel=1e-14)


def test_softmax_jacobian_is_a_i_times_delta_ij_minus_a_j() -> None:
    z = [Value(x) for x in (0.3, -1.2, 2.0)]
    a = [p.data for p in ag.softmax(z)]
    for i, j in itertools.product(range(3), repeat=2):
        for v in z:
            v.zero_grad()
        ag.softmax(z)[i].backward()
        assert z[j].grad == pytest.approx(a[i] * ((i == j) - a[j]), abs=1e-15)


def test_softmax_of_an_array_keeps_shape_and_kind_and_runs_over_the_last_axis() -> None:
    Z = ag.array([[0.0, 1.0], [2.0, 2.0]])
    P = ag.softmax(Z)
    assert type(P) is type(Z)
    assert P.shape == (2, 2)
    assert ag.data(P).sum(axis=1).tolist() == [1.0, 1.0]
    assert type(ag.softmax(Z[0])) is type(Z)
    assert ag.softmax(np.array([0.0, 0.0])).tolist() == [0.5, 0.5]


def test_masked_softmax_gives_masked_places_nothing() -> None:
    z = [Value(0.0), Value(-math.inf), Value(0.0)]
    chances = ag.softmax(z)
    assert [p.data for p in chances] == [0.5, 0.0, 0.5]
    chances[0].backward()
    assert [v.grad for v in z] == [0.25, 0.0, -0.25]


@pytest.mark.parametrize("make", [float, Value])
def test_softmax_of_nothing_but_masks_is_a_named_error(make: Callable[[float], Any]) -> None:
    with pytest.raises(AutogradError):
        ag.softmax([make(-math.inf)] * 2)


# --- extremes: to units in the last place times the condition number --------------------------------------------------


def mp_share(*xs: Any) -> Any:
    return mp.exp(xs[0]) / mp.fsum(map(mp.exp, xs))


SCALED_REDUCTIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "sum": (ag.sum, lambda *xs: mp.fsum(xs)),
    "mean": (ag.mean, lambda *xs: mp.fsum(xs) / len(xs)),
    "prod": (ag.prod, lambda *xs: mp.fprod(xs)),
    "std": (ag.std, mp_std(1.0)),
    "population std": (lambda xs: np.std(ag.array(xs)), mp_std(0.0)),
    "var": (lambda xs: np.var(ag.array(xs), ddof=1), lambda *xs: mp_std(1.0)(*xs) ** 2),
    "norm": (lambda xs: np.linalg.norm(ag.array(xs)), lambda *xs: mp.sqrt(mp.fsum(x * x for x in xs))),
    "hypot": (lambda xs: ag.hypot(xs[0], xs[1]), lambda x, y, _: mp.sqrt(x * x + y * y)),
}
OF_EXPONENTIALS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "logsumexp": (ag.logsumexp, lambda *xs: mp.log(mp.fsum(map(mp.exp, xs)))),
    "softmax": (lambda xs: ag.softmax(xs)[0], mp_share),
    "softmax, another": (lambda xs: ag.softmax(xs)[2], lambda x, y, z: mp_share(z, y, x)),
}


@pytest.mark.parametrize("name", SCALED_REDUCTIONS)
def test_reductions_keep_their_digits_at_extremes(name: str) -> None:
    compared = [check(*SCALED_REDUCTIONS[name], point) for point in USUAL + LARGE]
    assert sum(count == 4 for count in compared) >= len(compared) - (3 if name in ("prod", "var") else 0)


@pytest.mark.parametrize("name", OF_EXPONENTIALS)
def test_reductions_of_exponentials_keep_their_digits_at_extremes(name: str) -> None:
    for point in USUAL:
        assert check(*OF_EXPONENTIALS[name], point, EXPONENTIAL) == 4


@pytest.mark.parametrize("z", [30.0, 40.0, 50.0, 700.0])
def test_a_saturated_softmax_has_the_slopes_of_a_sigmoid(z: float) -> None:
    slope = ag.grad(lambda x: ag.softmax([x, 0.0])[0])
    assert slope(z) == pytest.approx(ag.grad(ag.sigmoid)(z), rel=1e-15)
    assert ag.grad(slope)(z) == pytest.approx(ag.grad(ag.grad(ag.sigmoid))(z), rel=1e-14)


def test_a_logsumexp_near_0_keeps_its_digits() -> None:
    assert ag.logsumexp([0.0, -40.0]) == math.log1p(math.exp(-40.0))


def test_a_variance_is_a_polynomial_where_all_values_are_equal_too() -> None:
    n = 4
    hessian = np.array(ag.hessian(lambda x: np.var(x))(np.full(n, 3.0)))
    np.testing.assert_allclose(hessian, 2 / n * (np.eye(n) - 1 / n), rtol=1e-15)

    def layer_norm(x: Any) -> Any:
        return ((((x - x.mean()) / np.sqrt(x.var() + 1e-5)) ** 3) * np.arange(4.0)).sum()

    assert np.array(ag.hessian(layer_norm)(np.ones(n))).tolist() == np.zeros((n, n)).tolist()


def test_a_length_of_0_has_slope_0_and_its_square_too() -> None:
    assert ag.grad(lambda v: np.linalg.norm(v))(np.zeros(3)).tolist() == [0.0] * 3
    assert ag.grad(lambda v: np.linalg.norm(v) ** 2)(np.zeros(3)).tolist() == [0.0] * 3
    V = ag.array([[3.0, 4.0], [0.0, 0.0]])
    assert [(v.op, v.data, len(v.parents)) for v in np.linalg.norm(V, axis=1)] == [("norm", 5.0, 2), ("norm", 0.0, 2)]
    assert np.linalg.norm(V, axis=1, keepdims=True).shape == (2, 1)
    assert np.linalg.norm(V[0], 1).data == 7.0  # all others are made of what there is


def test_sinc_is_smooth_at_0() -> None:
    f = np.sinc
    for expected in (0.0, -(math.pi**2) / 3, 0.0, math.pi**4 / 5):
        f = ag.grad(f)
        assert f(0.0) == pytest.approx(expected, rel=1e-15)
    hessian = np.array(ag.hessian(lambda v: np.sinc(v).sum())(np.array([0.0, 0.5])))
    np.testing.assert_allclose(hessian, [[-(math.pi**2) / 3, 0.0], [0.0, -1.1902271282389356]], rtol=1e-14)
    with mp.workdps(60):
        for x in (1e-9, 0.3, 0.49, 0.5, 1.0, 2.7, -30.25):
            exact = mp.sinc(mp.pi * mp.mpf(x))
            assert np.sinc(Value(x)).data == pytest.approx(float(exact), rel=1e-15, abs=2e-16)
            slope = float(mp.diff(lambda t: mp.sinc(mp.pi * t), mp.mpf(x)))
            assert ag.grad(np.sinc)(x) == pytest.approx(slope, rel=1e-14)


def test_gelus_curvature_is_0_far_out() -> None:
    for x in (1e155, -1e300):
        assert ag.grad(ag.grad(ag.gelu))(x) == 0.0


def test_a_dot_keeps_its_digits_at_extremes() -> None:
    for point in USUAL:
        assert check(lambda v: ag.dot([v[0], v[1]], [v[1], v[2]], v[0]), lambda a, b, c: a * b + b * c + a, point) == 4


# --- maximum, minimum, dot ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("function", "builtin"), [(ag.maximum, max), (ag.minimum, min)])
def test_extreme_takes_values_one_by_one(function: Callable[..., Any], builtin: Callable[..., Any]) -> None:
    assert function(3.0, 1, 2) == builtin(3.0, 1, 2)
    leaves = [Value(x) for x in (3.0, 1.0, 2.0)]
    result = function(*leaves)
    result.backward()
    assert result.data == builtin(3.0, 1.0, 2.0)
    assert [v.grad for v in leaves] == [float(v.data == result.data) for v in leaves]
    assert function(Value(1.0)).data == 1.0
    for wrong in ((), ([1.0, 2.0],), ("12",)):
        with pytest.raises(TypeError, match="one by one"):
            function(*wrong)
    with pytest.raises(TypeError):
        function(Value(1.0), "2")
    assert math.isnan(function(Value(math.nan), 1.0).data)
    assert math.isnan(function(1.0, Value(math.nan)).data)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("function", [ag.gelu, ag.erf, ag.erfc, ag.sigmoid, ag.softplus, ag.relu])
def test_nan_goes_through_arrays_without_a_warning(function: Any) -> None:
    assert [math.isnan(y) for y in function(np.array([math.nan, 1.0]))] == [True, False]


def test_functions_of_many_take_their_values_by_name_too() -> None:
    functions = (ag.sum, ag.prod, ag.mean, ag.std, ag.logsumexp, ag.softmax)
    assert [f(values=[1.0, 2.0]) for f in functions] == [f([1.0, 2.0]) for f in functions]


def test_dot_is_a_neuron_before_its_activation() -> None:
    w, x, b = [Value(2.0), Value(-1.0)], [Value(3.0), Value(4.0)], Value(0.5)
    z = ag.dot(w, x, b)
    assert (z.data, z.op) == (2.5, "dot")
    assert list(map(id, z.parents)) == list(map(id, [*w, *x, b]))
    assert z.local_derivatives() == (3.0, 4.0, 2.0, -1.0, 1.0)
    assert ag.dot([1.0, 2.0], [3.0, 4.0], 5) == 16.0
    assert ag.dot(w, [3, 4.0]).data == 2.0


@pytest.mark.parametrize(
    ("weights", "inputs"),
    [([], [1.0]), ([1.0], []), ([1.0, 2.0], [1.0]), ([Value(1.0)], [Value(1.0)] * 3), ([], [])],
)
def test_dot_of_unequal_or_no_lengths_is_a_value_error(weights: list[Any], inputs: list[Any]) -> None:
    with pytest.raises(ShapeError, match=r"dot") as caught:
        ag.dot(weights, inputs)
    assert isinstance(caught.value, ValueError)


def test_dot_of_matrices_points_at_the_matrix_product() -> None:
    with pytest.raises(ShapeError, match="@"):
        ag.dot(np.eye(2), np.eye(2))
    with pytest.raises(ShapeError, match="@"):
        ag.dot(ag.array([[1.0, 2.0]]), [1.0, 2.0])


@pytest.mark.parametrize("bias", ["1", 1j, [1.0], ()], ids=repr)
def test_dot_with_a_bias_that_is_no_number_is_refused(bias: Any) -> None:
    with pytest.raises(TypeError):
        ag.dot([Value(1.0)], [1.0], bias)
    with pytest.raises(TypeError):
        ag.dot([1.0], [1.0], bias)


def test_refusal_loses_nothing() -> None:
    x = Value(2.0, "x")
    y = x * x
    y.backward()
    for bad in (lambda: ag.sum([x, "1"]), lambda: ag.dot([x], [x, x]), lambda: y + None, lambda: ag.log(x - 2)):
        with pytest.raises(AutogradError):
            bad()
    y.backward()
    assert (repr(x), repr(y)) == ("Value(2.0, label='x', grad=8.0)", "Value(4.0, grad=1.0)")


# ---- `dot_rows`: the nodes of `dot`, made for a whole layer at once


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("as_numbers", [True, False])
def test_dot_rows_makes_the_nodes_of_dot(biased, as_numbers):
    x = [Value(0.5), Value(-2.0)]
    rows = [(Value(3.0), Value(4.0), Value(0.25)), (Value(-1.0), Value(7.0), Value(0.125))]
    rows = rows if biased else [row[:2] for row in rows]
    made = dot_rows(rows, [0.5, -2.0] if as_numbers else x)
    assert [z.data for z in made] == ([-6.25, -14.375] if biased else [-6.5, -14.5])
    for z, row in zip(made, rows, strict=True):
        assert z.op == "dot"
        alone = dot(row[:2], x, *row[2:])
        assert z.local_derivatives() == alone.local_derivatives()
        assert len(z.parents) == len(alone.parents)


def test_dot_rows_without_biases_sends_gradients():
    x, w = [Value(0.5), Value(-2.0)], (Value(3.0), Value(4.0))
    dot_rows([w, w], x)[0].backward()
    assert [v.grad for v in (*w, *x)] == [0.5, -2.0, 3.0, 4.0]


def test_dot_rows_of_no_rows_is_empty():
    assert dot_rows([], [Value(1.0)]) == []
