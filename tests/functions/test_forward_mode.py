"""Forward mode: every row's own rule, only on the way to the result, and what it says at edges."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, grad, hessian, jacobian, jvp, no_grad
from autograd.engine.op import Op
from autograd.errors import GradientWarning, OperandError
from tests.helpers.oracle import cases, close, expected_warnings, form_of, row_id, slope, unit

CASES = list(cases())
every_case = pytest.mark.parametrize(("op", "point"), CASES, ids=[f"{row_id(op)}-{point}" for op, point in CASES])


def along(f: Callable[..., Any], direction: tuple[int, ...]) -> Callable[..., Any]:
    """The derivative of a function of numbers along a direction."""
    return lambda *point: jvp(f, point, tuple(map(float, direction)))[1]


@every_case
def test_tangent_of_every_row_is_its_slope(op: Op, point: tuple[float, ...]) -> None:
    for i in range(len(point)):
        with expected_warnings(op):
            out, tangent = jvp(op, point, tuple(map(float, unit(len(point), i))))
        expected = slope(form_of(op).function, point, unit(len(point), i))
        assert out == op(*point)
        assert close(tangent, expected, 1e-12)


@every_case
def test_second_tangent_of_every_row_is_its_curvature(op: Op, point: tuple[float, ...]) -> None:
    for i, j in itertools.product(range(len(point)), repeat=2):
        with expected_warnings(op):
            got = along(along(op, unit(len(point), i)), unit(len(point), j))(*point)
        orders = tuple(a + b for a, b in zip(unit(len(point), i), unit(len(point), j), strict=True))
        assert close(got, slope(form_of(op).function, point, orders), 1e-11, 1e-13)


def test_sums_of_products_over_all_operands() -> None:
    def tangent(f: Any) -> float:
        found: float = jvp(f, (3.0, 5.0), (1.0, 10.0))[1]
        return found

    assert tangent(lambda x, y: ag.dot([x, y, 2.0], [y, x, x], bias=x)) == 2 * (5 + 30) + 2 + 1
    assert tangent(lambda x, y: ag.sum([1.0, x], start=y)) == 11.0
    assert tangent(lambda x, y: ag.clip(4.0, x, y)) == 0.0
    assert tangent(lambda x, y: ag.clip(2.0, x, y)) == 1.0


def test_numpy_stays_in_the_graph() -> None:
    functions: list[Any] = [np.exp, np.arctan, np.tanh, np.log1p, np.square, np.sign, np.cbrt, np.absolute]
    for function in functions:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GradientWarning)
            measured = (function(0.5 + 1e-6) - function(0.5 - 1e-6)) / 2e-6
            assert jvp(function, (0.5,), (1.0,))[1] == pytest.approx(measured, abs=1e-8)
    assert jvp(lambda x: np.float64(2) * x, (0.5,), (1.0,))[1] == 2.0
    assert jvp(lambda x: np.maximum(x, 0.0), (0.5,), (1.0,))[1] == 1.0

    def bent(x: Any) -> Any:
        a = np.arange(3.0) * x
        return np.where(a > 0.7, a, -a)

    assert jvp(bent, (0.5,), (1.0,))[1].tolist() == [0.0, -1.0, 2.0]
    assert jvp(lambda x: (np.arange(3.0) * x) @ np.arange(3.0), (0.5,), (1.0,))[1] == 5.0


def test_no_grad_inside_makes_a_constant_as_in_reverse_mode() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            scale = x * x
        return scale * x

    assert jvp(f, (3.0,), (1.0,)) == (27.0, 9.0)


@pytest.mark.parametrize("other", ["a", None, 1j])
def test_operand_that_is_no_number(other: Any) -> None:
    with pytest.raises(OperandError, match="expected a real number"):
        jvp(lambda x: x * other, (1.0,), (1.0,))


# --- what does not reach the result, or does not move ----------------------------------------------------------------


def unused(edge: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """x^2, beside something whose derivative has no value."""

    def f(x: Any) -> Any:
        edge(x - 3.0)
        return x * x

    return f


EDGES: dict[str, Callable[[Any], Any]] = {
    "atan2": lambda x: ag.atan2(x, x),
    "atan2 of what stands still": lambda x: ag.atan2(0 * x, 0 * x),
    "an operation above atan2": lambda x: ag.exp(2.0 * ag.atan2(x, x)),
    "sqrt": ag.sqrt,
    "hypot's second derivative": lambda x: ag.hypot(x, x) ** 2,
    "floor": ag.floor,
    "log of next to nothing": lambda x: ag.log(x + 5e-324),
}
WAYS: dict[str, Callable[[Any], Any]] = {
    "jvp": lambda f: jvp(f, (3.0,), (1.0,)),
    "forward": lambda f: (f(3.0), jacobian(f, mode="forward")(3.0)),
    "grad": lambda f: (f(3.0), grad(f)(3.0)),
}
NESTED: dict[str, Callable[[Any], Any]] = {
    "jvp of grad": lambda f: jvp(grad(f), (3.0,), (1.0,)),
    "jvp of jvp": lambda f: jvp(along(f, (1,)), (3.0,), (1.0,)),
    "grad of jvp": lambda f: (along(f, (1,))(3.0), grad(along(f, (1,)))(3.0)),
    "hessian": lambda f: (grad(f)(3.0), hessian(f)(3.0)),
}


@pytest.mark.parametrize("edge", EDGES.values(), ids=EDGES)
def test_what_does_not_reach_the_result_is_not_differentiated(edge: Any) -> None:
    for way in WAYS.values():
        assert way(unused(edge)) == (9.0, 6.0)
    for way in NESTED.values():
        assert way(unused(edge)) == (6.0, 2.0)


def test_what_does_not_move_adds_nothing() -> None:
    assert jvp(lambda x, y: ag.sqrt(x) + y, (0.0, 1.0), (0.0, 1.0)) == (1.0, 1.0)  # sqrt's slope is infinite there
    assert jvp(lambda x: x * x + ag.atan2(0 * x, 0 * x), (3.0,), (1.0,)) == (9.0, 6.0)
    assert jvp(lambda x: x * x + ag.atan2(ag.relu(-x), ag.relu(-x)), (3.0,), (1.0,)) == (9.0, 6.0)


def test_slopes_that_backward_warns_of_are_warned_of() -> None:
    with pytest.warns(GradientWarning, match=r"sqrt has slope inf at an unlabelled leaf \(0\.0\) = 0\.0"):
        jvp(ag.sqrt, (0.0,), (1.0,))
    with pytest.warns(GradientWarning, match="floor is flat"):
        jvp(ag.floor, (0.0,), (1.0,))
    ways: list[Callable[[Any], Any]] = [
        lambda f: jvp(f, (0.0,), (1.0,)),
        lambda f: jvp(along(f, (1,)), (0.0,), (1.0,)),
        lambda f: grad(f)(0.0),
    ]
    for way in ways:
        with pytest.raises(
            ZeroDivisionError, match=r"atan2 has no derivative at .* 0\.0.* \(no slope.*division"
        ) as told:
            way(lambda x: ag.atan2(x, x))
        assert "/ with" not in str(told.value), "the rule's own division is nobody's operation"


def test_derivative_of_a_node_is_a_node() -> None:
    x, v = Value(2.0, "x"), Value(3.0, "v")
    out, tangent = jvp(lambda y: y**3, (x,), (v,))
    assert (out.data, tangent.data) == (8.0, 36.0)
    tangent.backward()
    assert (x.grad, v.grad) == (36.0, 12.0)
    assert jvp(lambda y: y**3, (2.0,), (v,))[1].data == 36.0
