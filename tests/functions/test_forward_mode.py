"""Dual numbers: every row's own rule, levels, NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, ops
from autograd.engine.op import Op
from autograd.errors import GradientWarning, OperandError
from autograd.functions.duals import Dual, innermost, new_level
from tests.helpers.oracle import cases, close, expected_warnings, form_of, row_id, slope, unit

CASES = list(cases())


@pytest.mark.parametrize(("op", "point"), CASES, ids=[f"{row_id(op)}-{point}" for op, point in CASES])
def test_tangent_of_every_row_is_its_slope(op: Op, point: tuple[float, ...]) -> None:
    for i in range(len(point)):
        level = new_level()
        with expected_warnings(op):
            out = op(*[Dual(x, float(j == i), level) for j, x in enumerate(point)])
        expected = slope(form_of(op).function, point, unit(len(point), i))
        assert out.primal == op(*point)
        assert close(out.tangent, expected, 1e-12)


@pytest.mark.parametrize(("op", "point"), CASES, ids=[f"{row_id(op)}-{point}" for op, point in CASES])
def test_second_tangent_of_every_row_is_its_curvature(op: Op, point: tuple[float, ...]) -> None:
    for i, j in itertools.product(range(len(point)), repeat=2):
        low, high = new_level(), new_level()
        with expected_warnings(op):
            out = op(*[Dual(Dual(x, float(k == i), low), float(k == j), high) for k, x in enumerate(point)])
        orders = tuple(a + b for a, b in zip(unit(len(point), i), unit(len(point), j), strict=True))
        expected = slope(form_of(op).function, point, orders)
        got = out.tangent.tangent if type(out.tangent) is Dual else 0.0
        assert close(got, expected, 1e-11, 1e-13)


def test_sums_of_products_over_all_operands() -> None:
    level = new_level()
    x, y = Dual(3.0, 1.0, level), Dual(5.0, 10.0, level)
    assert ag.dot([x, y, 2.0], [y, x, x], bias=x).tangent == 2 * (5 + 30) + 2 + 1
    assert ag.sum([1.0, x], start=y).tangent == 11.0
    assert ag.clip(4.0, x, y).tangent == 0.0
    assert ag.clip(2.0, x, y).tangent == 1.0


def test_operators_of_duals_with_numbers_values_and_duals_of_other_levels() -> None:
    low, high = new_level(), new_level()
    a, b, v = Dual(3.0, 1.0, low), Dual(5.0, 1.0, high), Value(2.0)
    for out in (a * b, b * a):
        assert (out.level, out.tangent.primal) == (high, 3.0)
        assert (out.primal.level, out.primal.tangent) == (low, 5.0)
    assert (v * a).tangent.data == (a * v).tangent.data == 2.0
    assert (v - a).tangent == (2.0 - a).tangent == -1.0
    assert (1 / a).tangent == pytest.approx(-1 / 9, rel=1e-15)
    assert (v**a).data == 8.0
    assert (2**a).tangent == pytest.approx(8 * np.log(2))
    assert (a % 2).data == 1.0
    assert (a // 2).data == 1.0
    assert (-a).tangent == -1.0
    assert divmod(a, 2)[1].tangent == 1.0


def test_a_direction_of_zero_makes_no_work_and_no_nan() -> None:
    level = new_level()
    out = ag.sqrt(Dual(0.0, 0.0, level)) + Dual(1.0, 1.0, level)  # sqrt's slope is infinite there
    assert out.tangent == 1.0


def test_comparisons_are_of_bare_numbers() -> None:
    level = new_level()
    x = Dual(Dual(3.0, 1.0, level), 1.0, new_level())
    assert x > 2
    assert x == 3.0
    assert x <= Value(3.0)
    assert bool(x)
    assert f"{x:.2f}" == "3.00"
    assert x.data == 3.0
    assert innermost(x) == 3.0
    assert repr(Dual(3.0, 1.0, level)) == "Dual(3.0, 1.0)"


def test_numpy_stays_on_duals() -> None:
    level = new_level()
    x = Dual(0.5, 1.0, level)
    functions: list[Any] = [np.exp, np.arctan, np.tanh, np.log1p, np.square, np.sign, np.cbrt, np.absolute]
    for function in functions:
        with np.errstate(all="raise"):
            assert function(x).tangent == pytest.approx((function(0.5 + 1e-6) - function(0.5 - 1e-6)) / 2e-6, abs=1e-8)
    assert (np.float64(2) * x).tangent == 2.0
    assert np.maximum(x, 0.0).tangent == 1.0
    a = np.arange(3.0) * x
    assert [v.tangent for v in np.where(a > 0.7, a, -a)] == [0.0, -1.0, 2.0]
    assert (a @ a).tangent == 5.0
    assert (a * a).sum().tangent == 5.0
    assert ag.data(a).tolist() == [0.0, 0.5, 1.0]
    assert (a.mean() + a.max() + a.std() + a.var()).level == level


@pytest.mark.parametrize("way_out", [float, int])
def test_no_silent_way_out(way_out: Any) -> None:
    with pytest.raises(OperandError, match="drop a Dual from the graph"):
        way_out(Dual(1.0, 1.0, new_level()))


@pytest.mark.parametrize("other", ["a", None, 1j])
def test_operand_that_is_no_number(other: Any) -> None:
    with pytest.raises(OperandError, match="expected a real number"):
        Dual(1.0, 1.0, new_level()) * other


def test_slopes_that_backward_warns_of_are_warned_of() -> None:
    x = Dual(0.0, 1.0, new_level())
    with pytest.warns(GradientWarning, match=r"sqrt has slope inf at 0\.0"):
        ag.sqrt(x)
    with pytest.warns(GradientWarning, match="floor is flat"):
        ops.FLOOR(x)
    with pytest.raises(ZeroDivisionError, match=r"atan2 has no derivative at 0\.0, 0\.0 \(no slope"):
        ag.atan2(x, x)
