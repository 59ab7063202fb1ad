"""Derivatives of functions: every composition against mpmath, structures, problems of the literature, bad input."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import pytest

import autograd as ag
from autograd import Value, grad, hessian, hvp, jacobian, jvp, no_grad, value_and_grad, vjp
from autograd.errors import ArgumentError, AutogradError, GradientWarning, GraphError, OperandError, ShapeError
from autograd.functions.derivatives import __all__ as TRANSFORMS

DIGITS = 60

# --- compositions of one variable ----------------------------------------------------------------------------------

FIRST: dict[str, Callable[[Any], Any]] = {
    "grad": grad,
    "value_and_grad": lambda f: lambda x: value_and_grad(f)(x)[1],
    "jvp": lambda f: lambda x: jvp(f, (x,), (1.0,))[1],
    "vjp": lambda f: lambda x: vjp(f, x)[1](1.0)[0],
    "forward": lambda f: jacobian(f, mode="forward"),
    "reverse": lambda f: jacobian(f, mode="reverse"),
}
SECOND: dict[str, Callable[[Any], Any]] = {
    "hessian": hessian,
    "hvp": lambda f: lambda x: hvp(f, (x,), (1.0,)),
}
FEW = ("grad", "jvp", "vjp", "forward")
COMPOSITIONS = [
    *((name,) for name in FIRST),
    *itertools.product(FIRST, repeat=2),
    *itertools.product(FIRST, repeat=3),
    *itertools.product(FEW, repeat=4),
    *((name,) for name in SECOND),
    *itertools.product(SECOND, repeat=2),
    *(order for first in FEW for second in SECOND for order in ((first, second), (second, first))),
    *(order for pair in itertools.product(FEW, repeat=2) for s in SECOND for order in ((*pair, s), (s, *pair))),
    *((a, s, b) for a in FEW for s in SECOND for b in FEW),
]


class Smooth(NamedTuple):
    """A function of one number in both worlds, and where to look at it."""

    engine: Callable[[Any], Any]
    reference: Callable[[Any], Any]
    at: float


SMOOTH = {
    "quotient": Smooth(
        lambda x: ag.exp(ag.sin(x)) * x**2 / (1 + x), lambda x: mp.exp(mp.sin(x)) * x * x / (1 + x), 0.7
    ),
    "activations": Smooth(
        lambda x: ag.tanh(2 * x) * ag.softplus(x) + ag.logsumexp([x, x * x, 1.0]),
        lambda x: mp.tanh(2 * x) * mp.log(1 + mp.exp(x)) + mp.log(mp.exp(x) + mp.exp(x * x) + mp.e),
        -0.4,
    ),
    "powers": Smooth(lambda x: x**x + 2**x + x**-1.5, lambda x: x**x + mp.mpf(2) ** x + x ** mp.mpf(-1.5), 1.3),
}


@pytest.mark.parametrize("smooth", SMOOTH.values(), ids=SMOOTH)
def test_compositions_in_every_order_are_the_derivatives(smooth: Smooth) -> None:
    with mp.workdps(DIGITS):
        expected = [float(mp.diff(smooth.reference, mp.mpf(smooth.at), n)) for n in range(5)]
    for names in COMPOSITIONS:
        f, order = smooth.engine, 0
        for name in names:
            f = {**FIRST, **SECOND}[name](f)
            order += 1 if name in FIRST else 2
        got = f(smooth.at)
        assert type(got) is float, names
        assert got == pytest.approx(expected[order], rel=2e-13), names


def test_sixth_order() -> None:
    f: Any = ag.sin
    for transform in ("grad", "jvp", "grad", "forward", "vjp", "reverse"):
        f = FIRST[transform](f)
    assert f(0.3) == pytest.approx(-math.sin(0.3), rel=1e-14)


LINE: dict[str, Callable[[Any], Any]] = {
    "2x": lambda x: 2.0 * x,
    "x": lambda x: x,
    "a constant": lambda x: Value(3.0),
    "0x": lambda x: 0 * x + 3,
    "relu": lambda x: ag.relu(x) + 3,
    "max": lambda x: ag.maximum(x, -x),
}


@pytest.mark.parametrize("line", LINE.values(), ids=LINE)
def test_derivatives_of_a_constant_derivative_are_zero(line: Any) -> None:
    for names in COMPOSITIONS:
        f, order = line, 0
        for name in names:
            f = {**FIRST, **SECOND}[name](f)
            order += 1 if name in FIRST else 2
        got = f(1.5)
        assert type(got) is float, names
        assert order == 1 or got == 0.0, names


# --- compositions of several variables -------------------------------------------------------------------------------


def waves(v: Any) -> Any:
    return ag.sin(v[0] * v[1]) * v[2] + v[0] ** 3 / v[2]


def waves_reference(a: Any, b: Any, c: Any) -> Any:
    return mp.sin(a * b) * c + a**3 / c


POINT = [0.6, -1.1, 1.7]


def partial(*orders: int) -> float:
    with mp.workdps(DIGITS):
        return float(mp.diff(waves_reference, tuple(map(mp.mpf, POINT)), orders))


def mixed(*which: int) -> float:
    return partial(*[which.count(i) for i in range(3)])


def tensor(order: int) -> np.ndarray:
    return np.array([mixed(*which) for which in itertools.product(range(3), repeat=order)]).reshape((3,) * order)


def test_hessian_in_every_way_there_is() -> None:
    expected = tensor(2)
    ways = [hessian(waves), *(jacobian(grad(waves), mode=m) for m in (None, "forward", "reverse"))]
    ways += [jacobian(jacobian(waves, mode=a), mode=b) for a in ("forward", "reverse") for b in ("forward", "reverse")]
    for way in ways:
        got = way(POINT)
        assert type(got) is list
        assert all(type(x) is float for row in got for x in row)
        np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-15)


def test_third_and_fourth_derivatives_of_three_variables() -> None:
    np.testing.assert_allclose(jacobian(hessian(waves))(POINT), tensor(3), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(hessian(hvp_along([1.0, 0.0, 0.0]))(POINT), tensor(4)[0, 0], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(hessian(lambda v: hessian(waves)(v)[0][0])(POINT), tensor(4)[0, 0], rtol=1e-12)


def hvp_along(direction: list[float]) -> Callable[[Any], Any]:
    return lambda v: hvp(waves, (v,), (direction,))[0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian_of_hvp_and_hvp_of_a_product_with_it(mode: str) -> None:
    direction = [0.3, -2.0, 0.5]
    expected = np.einsum("ijk,j->ik", tensor(3), direction)
    got = jacobian(lambda v: hvp(waves, (v,), (direction,)), mode=mode)(POINT)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


def test_hvp_is_the_hessian_times_the_vector_also_for_many_directions() -> None:
    for direction in ([1.0, 0.0, 0.0], [0.3, -2.0, 0.5]):
        np.testing.assert_allclose(hvp(waves, (POINT,), (direction,)), tensor(2) @ direction, rtol=1e-13)
    assert hvp(lambda x, y: x**2 * y, (3.0, 5.0), (1.0, 0.0)) == (10.0, 6.0)


def test_hvp_of_a_linear_function_is_zero() -> None:
    assert hvp(lambda v: 2 * v[0] + v[1], ([1.0, 2.0],), ([1.0, 1.0],)) == [0.0, 0.0]
    assert hvp(lambda x, y: 2 * x + y, (1.0, 2.0), (1.0, 1.0)) == (0.0, 0.0)
    assert hessian(lambda v: 2 * v[0] + v[1])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]


def test_derivative_with_respect_to_a_direction_and_to_a_cotangent() -> None:
    slope = grad(lambda t: jvp(waves, (POINT,), ([t, 2.0, 0.0],))[1])(0.5)
    assert slope == pytest.approx(mixed(0), rel=1e-14)
    _, pullback = vjp(lambda v: [v[0] * v[1], v[0]], [2.0, 3.0])
    assert grad(lambda w: pullback([w * w, w])[0][0])(5.0) == 2 * 5.0 * 3.0 + 1.0
    assert jvp(lambda w: pullback([w * w, w])[0][0], (5.0,), (1.0,)) == (5.0**2 * 3 + 5.0, 31.0)
    assert pullback([1.0, 0.0]) == ([3.0, 2.0],), "floats again, once no derivative is taken around it"


# --- perturbation confusion ----------------------------------------------------------------------------------------

OUTER = {"grad": grad, "jvp": FIRST["jvp"], "vjp": FIRST["vjp"], "forward": FIRST["forward"]}
PAIRS = list(itertools.product(OUTER.values(), OUTER.values()))
PAIR_IDS = ["-".join(p) for p in itertools.product(OUTER, OUTER)]


@pytest.mark.parametrize(("outer", "inner"), PAIRS, ids=PAIR_IDS)
class TestNestedDerivativesAreNotMixedUp:
    def test_inner_function_closes_over_the_outer_variable(self, outer: Any, inner: Any) -> None:
        # d/dx [x d/dy (x + y)] = d/dx x = 1; a confused engine says 2
        assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
        # d/dx [d/dy (x y^2) at y = 2] = d/dx 4 x
        assert outer(lambda x: inner(lambda y: x * y**2)(2.0))(3.0) == 4.0

    def test_both_at_the_same_point(self, outer: Any, inner: Any) -> None:
        # d/dx [d/dy (x^2 y^3) at y = x] = d/dx 3 x^4 = 12 x^3
        assert outer(lambda x: inner(lambda y: x**2 * y**3)(x))(2.0) == 96.0
        # d/dx [x d/dy (x y) at y = x] = d/dx x^2
        assert outer(lambda x: x * inner(lambda y: x * y)(x))(3.0) == 6.0

    def test_inner_function_that_ignores_the_outer_variable(self, outer: Any, inner: Any) -> None:
        assert outer(lambda x: x * inner(lambda y: y**3)(2.0))(5.0) == 12.0

    def test_inner_result_does_not_depend_on_its_own_variable(self, outer: Any, inner: Any) -> None:
        assert outer(lambda x: x + inner(lambda y: x * x)(2.0))(3.0) == 1.0

    def test_three_levels(self, outer: Any, inner: Any) -> None:
        # d/dx d/dy d/dz (x y z + x^2 z) at y = z = 1: d/dy (x y + x^2) = x
        f = outer(lambda x: inner(lambda y: outer(lambda z: x * y * z + x**2 * z)(1.0))(1.0))
        assert f(7.0) == 1.0


def test_function_is_told_apart_from_the_node_behind_it() -> None:
    x = Value(3.0)
    slope = grad(lambda y: x * y)(x)  # only y counts
    assert slope.data == 3.0
    slope.backward()
    assert x.grad == 1.0


# --- problems of the literature (More, Garbow, Hillstrom 1981) --------------------------------------------------------


class Problem(NamedTuple):
    """A test problem in both worlds, and its standard start."""

    engine: Callable[[Any], Any]
    reference: Callable[..., Any]
    start: list[float]


def helical_valley(v: Any) -> Any:
    x, y, z = v
    return 100 * ((z - 10 * ag.atan2(y, x) / (2 * math.pi)) ** 2 + (ag.hypot(x, y) - 1) ** 2) + z**2


def helical_valley_reference(x: Any, y: Any, z: Any) -> Any:
    theta = mp.atan(y / x) / (2 * mp.pi) + mp.mpf(1) / 2  # x < 0
    return 100 * ((z - 10 * theta) ** 2 + (mp.sqrt(x * x + y * y) - 1) ** 2) + z * z


def brown_dennis(v: Any) -> Any:
    ts = [i / 5 for i in range(1, 21)]
    return ag.sum(
        [((v[0] + t * v[1] - math.exp(t)) ** 2 + (v[2] + v[3] * math.sin(t) - math.cos(t)) ** 2) ** 2 for t in ts]
    )


def brown_dennis_reference(a: Any, b: Any, c: Any, d: Any) -> Any:
    ts = [mp.mpf(i) / 5 for i in range(1, 21)]
    return mp.fsum(((a + t * b - mp.exp(t)) ** 2 + (c + d * mp.sin(t) - mp.cos(t)) ** 2) ** 2 for t in ts)


PROBLEMS = {
    "Rosenbrock": Problem(
        lambda v: 100 * (v[1] - v[0] ** 2) ** 2 + (1 - v[0]) ** 2,
        lambda x, y: 100 * (y - x * x) ** 2 + (1 - x) ** 2,
        [-1.2, 1.0],
    ),
    "Wood": Problem(
        lambda v: (
            100 * (v[1] - v[0] ** 2) ** 2 + (1 - v[0]) ** 2 + 90 * (v[3] - v[2] ** 2) ** 2 + (1 - v[2]) ** 2
            + 10 * (v[1] + v[3] - 2) ** 2 + (v[1] - v[3]) ** 2 / 10
        ),
        lambda a, b, c, d: (
            100 * (b - a * a) ** 2 + (1 - a) ** 2 + 90 * (d - c * c) ** 2 + (1 - c) ** 2
            + 10 * (b + d - 2) ** 2 + (b - d) ** 2 / 10
        ),
        [-3.0, -1.0, -3.0, -1.0],
    ),
    "Powell singular": Problem(
        lambda v: (v[0] + 10 * v[1]) ** 2 + 5 * (v[2] - v[3]) ** 2 + (v[1] - 2 * v[2]) ** 4 + 10 * (v[0] - v[3]) ** 4,
        lambda a, b, c, d: (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4,
        [3.0, -1.0, 0.0, 1.0],
    ),
    "helical valley": Problem(helical_valley, helical_valley_reference, [-1.0, 0.0, 0.0]),
    "Brown-Dennis": Problem(brown_dennis, brown_dennis_reference, [25.0, 5.0, -5.0, -1.0]),
}  # fmt: skip


def reference_slopes(problem: Problem, order: int) -> np.ndarray:
    n = len(problem.start)
    with mp.workdps(DIGITS):
        at = tuple(map(mp.mpf, problem.start))
        slopes = [
            float(mp.diff(problem.reference, at, tuple(which.count(i) for i in range(n))))
            for which in itertools.product(range(n), repeat=order)
        ]
    return np.array(slopes).reshape((n,) * order)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_gradients_and_hessians_of_the_standard_problems(problem: Problem) -> None:
    first, second = reference_slopes(problem, 1), reference_slopes(problem, 2)
    tiny = 1e-15 * np.abs(second).max()  # where the derivative itself is 0
    np.testing.assert_allclose(grad(problem.engine)(problem.start), first, rtol=1e-12, atol=tiny)
    H = np.array(hessian(problem.engine)(problem.start))
    np.testing.assert_allclose(H, second, rtol=1e-12, atol=tiny)
    np.testing.assert_allclose(H, H.T, rtol=1e-14, atol=tiny)
    columns = [hvp(problem.engine, (problem.start,), (list(e),)) for e in np.eye(len(H))]
    np.testing.assert_allclose(columns, second, rtol=1e-12, atol=tiny)
    array = hessian(problem.engine)(np.array(problem.start))
    assert array.dtype == float
    assert array.tolist() == H.tolist()


def test_newton_steps_on_rosenbrock_reach_the_minimum() -> None:
    f, x = PROBLEMS["Rosenbrock"].engine, np.array([-1.2, 1.0])
    for _ in range(7):
        x = x - np.linalg.solve(hessian(f)(x), grad(f)(x))
    np.testing.assert_allclose(x, [1.0, 1.0], atol=1e-12)


# --- structures ------------------------------------------------------------------------------------------------------


class Pair(NamedTuple):
    w: Any
    b: Any


def test_gradient_has_the_structure_of_the_argument() -> None:
    assert grad(lambda x: x[0] * x[1])([2.0, 3.0]) == [3.0, 2.0]
    assert grad(lambda x: x[0] * x[1])((2, 3)) == (3.0, 2.0)
    assert grad(lambda p: p.w[0] * p.b + p.w[1])(Pair([2.0, 1.0], 3.0)) == Pair([3.0, 1.0], 2.0)
    nested = {"layers": [{"w": (2.0, 3.0), "b": 1.0}, {"w": (4.0,), "b": 0.0}], "scale": 5.0}
    got = grad(lambda p: p["scale"] * p["layers"][0]["w"][1] * p["layers"][1]["w"][0])(nested)
    assert got == {"layers": [{"w": (0.0, 20.0), "b": 0.0}, {"w": (15.0,), "b": 0.0}], "scale": 12.0}
    assert list(got) == ["layers", "scale"]


def test_arrays_come_back_as_float_arrays() -> None:
    W = np.array([[1.0, 2.0], [3.0, 4.0]])
    x = np.array([1.0, -1.0])
    G = grad(lambda W: (W @ x).sum())(W)
    assert type(G) is np.ndarray
    assert G.dtype == float
    assert G.tolist() == [[1.0, -1.0], [1.0, -1.0]]
    by_both = grad(lambda W, x: np.exp(W @ x).sum(), (0, 1))(W, x)
    e = np.exp(W @ x)
    np.testing.assert_allclose(by_both[0], np.outer(e, x))
    np.testing.assert_allclose(by_both[1], W.T @ e)
    assert grad(lambda a: (a * a).sum())(np.arange(3)).tolist() == [0.0, 2.0, 4.0]
    assert type(grad(lambda x: x * x)(np.array(3.0))) is float
    assert type(grad(lambda x: x * x)(np.float64(3.0))) is float
    assert grad(lambda p: p["W"].sum() * p["b"])({"W": W, "b": 2})["W"].tolist() == [[2.0, 2.0], [2.0, 2.0]]


def test_jacobian_puts_the_structure_of_the_argument_into_that_of_the_result() -> None:
    J = jacobian(lambda p: {"sum": p["a"] + p["b"], "both": [p["a"] * p["b"], p["b"]]})({"a": 2.0, "b": 3.0})
    assert J == {"sum": {"a": 1.0, "b": 1.0}, "both": [{"a": 3.0, "b": 2.0}, {"a": 0.0, "b": 1.0}]}
    W, x = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 3.0])
    by_W, by_x = jacobian(lambda W, x: W @ x, (0, 1))(W, x)
    assert by_W.shape == (2, 2, 3)
    np.testing.assert_array_equal(by_W, np.einsum("ik,j->ikj", np.eye(2), x))
    np.testing.assert_array_equal(by_x, W)
    assert jacobian(lambda x: x * x)(3.0) == 6.0
    assert hessian(lambda W: (W**3).sum())(W).shape == (2, 3, 2, 3)
    assert jacobian(lambda x: np.array([1.0, 2.0]) * x)(3.0).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("mode", [None, "forward", "reverse"])
def test_modes_of_jacobian_agree(mode: str | None) -> None:
    tall = jacobian(lambda v: [v[0] * v[1], ag.exp(v[0]), v[1], 1.0], mode=mode)([1.0, 2.0])
    assert tall == [[2.0, 1.0], [math.e, 0.0], [0.0, 1.0], [0.0, 0.0]]
    wide = jacobian(lambda v: (v[0] * v[1] * v[2],), mode=mode)([1.0, 2.0, 3.0])
    assert wide == ([6.0, 3.0, 2.0],)
    a = np.array([0.5, -1.0, 2.0])
    p = np.exp(a) / np.exp(a).sum()
    np.testing.assert_allclose(jacobian(ag.softmax, mode=mode)(a), np.diag(p) - np.outer(p, p), rtol=1e-14)


def looks(f: Any, x: Any, mode: str | None) -> int:
    """How many sweeps pass the first operation of f; f itself is called once."""
    sweeps, calls = 0, 0

    def slope(out: Any, x: Any) -> Any:
        nonlocal sweeps
        sweeps += 1
        return 1.0

    watched = ag.primitive(lambda x: x, slope)

    def counted(v: Any) -> Any:
        nonlocal calls
        calls += 1
        return f(watched(ag.sum(v)))

    jacobian(counted, mode=mode)(x)
    assert calls == 1
    return sweeps


def test_right_mode_is_chosen() -> None:
    many = list(map(float, range(8)))
    assert looks(lambda y: y, many, None) == looks(lambda y: y, many, "reverse") == 1
    assert looks(lambda y: y, many, "forward") == 8
    assert looks(lambda y: [y * k for k in many], [1.0], None) == 1
    assert looks(lambda y: [y * k for k in many], [1.0], "forward") == 1
    assert looks(lambda y: [y * k for k in many], [1.0], "reverse") == 8


def test_argnums() -> None:
    def f(a: Any, b: Any, c: Any) -> Any:
        return a * b**2 * c**3

    assert grad(f)(2.0, 3.0, 1.0) == 9.0
    assert grad(f, 1)(2.0, 3.0, 1.0) == 12.0
    assert grad(f, -1)(2.0, 3.0, 1.0) == 54.0
    assert grad(f, (2, 0))(2.0, 3.0, 1.0) == (54.0, 9.0)
    assert grad(f, [0])(2.0, 3.0, 1.0) == (9.0,)
    assert grad(f, np.int64(1))(2.0, 3.0, 1.0) == 12.0
    assert value_and_grad(f, (0, -1))(2.0, 3.0, 1.0) == (18.0, (9.0, 54.0))
    assert hessian(f, (0, 1))(2.0, 3.0, 1.0) == ((0.0, 6.0), (6.0, 4.0))
    assert jacobian(f, (0, 1), mode="forward")(2.0, 3.0, 1.0) == (9.0, 12.0)


def test_other_arguments_and_keywords_pass_as_they_are() -> None:
    def f(x: Any, how: str, *, power: int = 2) -> Any:
        return x**power if how == "power" else x

    assert grad(f)(3.0, "power") == 6.0
    assert grad(f)(3.0, "power", power=3) == 27.0
    assert hessian(f)(3.0, "power", power=3) == 18.0
    assert jacobian(f, mode="forward")(3.0, how="none") == 1.0


def test_value_comes_in_the_same_run() -> None:
    value, slope = value_and_grad(lambda v: v[0] * v[1])([2.0, 3.0])
    assert (value, slope) == (6.0, [3.0, 2.0])
    assert type(value) is float


def test_jvp_and_vjp_of_structures() -> None:
    out, tangent = jvp(lambda p: {"y": p["a"] * p["b"]}, ({"a": 2.0, "b": 3.0},), ({"b": 1.0, "a": 0.0},))
    assert (out, tangent) == ({"y": 6.0}, {"y": 2.0})
    W, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, -1.0])
    out, tangent = jvp(lambda W, x: W @ x, (W, x), (np.eye(2), np.zeros(2)))
    assert out.tolist() == [-1.0, -1.0]
    assert tangent.tolist() == [1.0, -1.0]
    assert tangent.dtype == float
    out, pullback = vjp(lambda W, x: W @ x, W, x)
    for _ in range(2):  # as often as one likes
        by_W, by_x = pullback(np.array([1.0, 2.0]))
        assert by_W.tolist() == [[1.0, -1.0], [2.0, -2.0]]
        assert by_x.tolist() == [7.0, 10.0]
    assert pullback(np.zeros(2))[1].tolist() == [0.0, 0.0]


def test_hessian_of_many_numbers_has_their_structure() -> None:
    assert hessian(lambda x: [x**2, x**3])(5.0) == [2.0, 30.0]
    H = hessian(lambda p: {"y": p["a"] * p["b"], "z": [p["a"] ** 2]})({"a": 2.0, "b": 3.0})
    assert H == {
        "y": {"a": {"a": 0.0, "b": 1.0}, "b": {"a": 1.0, "b": 0.0}},
        "z": [{"a": {"a": 2.0, "b": 0.0}, "b": {"a": 0.0, "b": 0.0}}],
    }
    t = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(hessian(lambda x: t**x)(1.0), t * np.log(t) ** 2, rtol=1e-14)
    H = hessian(lambda x: x**3)(t)
    assert H.shape == (3, 3, 3)
    assert H.tolist() == np.einsum("ij,jk,k->ijk", np.eye(3), np.eye(3), 6 * t).tolist()
    W, x = np.arange(6.0).reshape(2, 3), np.array([1.0, -1.0, 2.0])
    (WW, Wx), (xW, xx) = hessian(lambda W, x: W @ x, (0, 1))(W, x)
    assert (WW.shape, Wx.shape, xW.shape, xx.shape) == ((2, 2, 3, 2, 3), (2, 2, 3, 3), (2, 3, 2, 3), (2, 3, 3))
    assert not WW.any()
    assert not xx.any()
    assert Wx.tolist() == np.einsum("oi,jk->oijk", np.eye(2), np.eye(3)).tolist()
    assert xW.tolist() == Wx.transpose(0, 3, 1, 2).tolist()
    mixed = hessian(lambda p: p["W"] @ p["x"] * p["s"])({"W": W, "x": x, "s": 2.0})
    assert mixed["s"]["W"].shape == (2, 2, 3)
    np.testing.assert_array_equal(mixed["s"]["x"], W)
    assert hessian(lambda p: Pair(p.w * p.b**2, 1.0))(Pair(2.0, 3.0)) == Pair(
        Pair(Pair(0.0, 6.0), Pair(6.0, 4.0)), Pair(Pair(0.0, 0.0), Pair(0.0, 0.0))
    )


# --- has_aux ----------------------------------------------------------------------------------------------------------


def with_aux(x: Any) -> Any:
    return x**3, {"x": x, "pair": Pair(x * x, [2]), "array": np.array([x, 1.0]), "text": "seen", "none": None}


def check_aux(aux: Any, x: float) -> None:
    assert aux.pop("array").tolist() == [x, 1.0]
    assert aux == {"x": x, "pair": Pair(x * x, [2]), "text": "seen", "none": None}
    assert type(aux["x"]) is type(aux["pair"].w) is float
    assert type(aux["pair"].b[0]) is int


AUX: dict[str, Callable[[], tuple[Any, Any, Any]]] = {
    "grad": lambda: (*grad(with_aux, has_aux=True)(2.0), 12.0),
    "value_and_grad": lambda: (lambda both: ((both[0][0], both[1]), both[0][1], (8.0, 12.0)))(
        value_and_grad(with_aux, has_aux=True)(2.0)
    ),
    "reverse": lambda: (*jacobian(with_aux, mode="reverse", has_aux=True)(2.0), 12.0),
    "forward": lambda: (*jacobian(with_aux, mode="forward", has_aux=True)(2.0), 12.0),
    "hessian": lambda: (*hessian(with_aux, has_aux=True)(2.0), 12.0),
    "jvp": lambda: (lambda out, tangent, aux: ((out, tangent), aux, (8.0, 12.0)))(
        *jvp(with_aux, (2.0,), (1.0,), has_aux=True)
    ),
    "vjp": lambda: (lambda out, pullback, aux: ((out, pullback(1.0)), aux, (8.0, (12.0,))))(
        *vjp(with_aux, 2.0, has_aux=True)
    ),
    "grad of grad": lambda: (*grad(grad(with_aux, has_aux=True), has_aux=True)(2.0), 12.0),
}


@pytest.mark.parametrize("way", AUX.values(), ids=AUX)
def test_aux_is_handed_on_with_its_values_as_floats(way: Any) -> None:
    derivative, aux, expected = way()
    assert derivative == expected
    check_aux(aux, 2.0)


def test_aux_inside_another_derivative_can_be_differentiated() -> None:
    def f(x: Any) -> Any:
        slope, aux = grad(with_aux, has_aux=True)(x)
        return slope * aux["pair"].w  # 3 x^2 x^2

    assert grad(f)(2.0) == jvp(f, (2.0,), (1.0,))[1] == 96.0
    x = Value(2.0)
    assert grad(with_aux, has_aux=True)(x)[1]["x"].data == 2.0


def test_argnums_and_keywords_beside_aux() -> None:
    def f(a: Any, b: Any, *, scale: float) -> Any:
        return a * b**2 * scale, (a, scale)

    assert grad(f, (0, 1), has_aux=True)(2.0, 3.0, scale=2.0) == ((18.0, 24.0), (2.0, 2.0))


@pytest.mark.parametrize("result", [lambda x: x * x, lambda x: (x, x, x), lambda x: {"out": x, "aux": x}])
@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian], ids=lambda t: t.__name__)
def test_has_aux_without_an_aux(transform: Any, result: Any) -> None:
    with pytest.raises(OperandError, match=r"a function returns a pair \(result, aux\), but <lambda> returned"):
        transform(result, has_aux=True)(2.0)


def test_names_and_docstrings_of_functions_are_kept() -> None:
    def cube(x: Any) -> Any:
        """x^3."""
        return x**3

    assert grad(cube).__name__ == jacobian(cube).__name__ == "cube"
    assert grad(cube).__doc__ == "x^3."


# --- with the rest of the package -------------------------------------------------------------------------------------


def test_gradient_of_a_value_is_a_value_that_goes_on() -> None:
    x = Value(2.0, "x")
    slope = grad(lambda v: v**3)(x)
    assert slope.data == 12.0
    slope.backward()
    assert x.grad == 12.0
    assert grad(lambda v: v[0] * v[1])([x, 3.0])[0].data == 3.0
    assert grad(lambda v: v**3)(Value(2.0, constant=True)).data == 12.0


def test_closed_over_parameters_keep_their_gradients() -> None:
    w = Value(3.0)
    assert grad(lambda x: w * x)(2.0) == 3.0
    assert w.grad == 0.0


def test_parameters_of_a_network() -> None:
    rng = np.random.default_rng(3)
    parameters = [
        {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=3)},
        {"W": rng.normal(size=(1, 3)), "b": rng.normal(size=1)},
    ]
    x = np.array([0.5, -1.0])

    def loss(parameters: Any) -> Any:
        h = np.tanh(parameters[0]["W"] @ x + parameters[0]["b"])
        return ((parameters[1]["W"] @ h + parameters[1]["b"]) ** 2).sum()

    h = np.tanh(parameters[0]["W"] @ x + parameters[0]["b"])
    out = parameters[1]["W"] @ h + parameters[1]["b"]
    delta = (2 * out @ parameters[1]["W"]) * (1 - h * h)
    first, last = grad(loss)(parameters)
    np.testing.assert_allclose(first["W"], np.outer(delta, x), rtol=1e-14)
    np.testing.assert_allclose(first["b"], delta, rtol=1e-14)
    np.testing.assert_allclose(last["W"], np.outer(2 * out, h), rtol=1e-14)
    np.testing.assert_allclose(last["b"], 2 * out, rtol=1e-14)


def test_derivative_of_a_network_of_this_package_by_its_input() -> None:
    model = ag.nn.MLP(2, [3, 1])
    _, forward = jvp(model, ([0.5, -1.0],), ([1.0, 0.0],))
    assert grad(model)([0.5, -1.0])[0] == pytest.approx(forward, rel=1e-14)


@pytest.mark.parametrize("name", ["grad", "jvp", "vjp", "forward"])
def test_where_takes_the_branch_alone(name: str) -> None:
    f = FIRST[name](lambda x: ag.where(x > 0, lambda: ag.sqrt(x), 0.0))
    assert f(4.0) == 0.25
    assert f(0.0) == 0.0
    assert f(-4.0) == 0.0
    assert FIRST[name](lambda x: np.where(x > 0, x * x, -x))(-3.0) == -1.0


@pytest.mark.parametrize("name", FIRST)
def test_no_grad_around_a_derivative_does_not_take_it_away(name: str) -> None:
    with no_grad():
        assert FIRST[name](lambda x: x**3)(2.0) == 12.0
        assert FIRST[name](grad(lambda x: x**3))(2.0) == 12.0


def test_no_grad_inside_the_function_makes_a_constant() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            scale = x * x
        return scale * x

    assert grad(f)(3.0) == 9.0


@pytest.mark.parametrize("name", ["grad", "jvp"])
def test_primitives_of_the_user(name: str) -> None:
    @ag.primitive(partials=lambda out, x: (3 * x * x,))
    def cube(x: float) -> float:
        return x * x * x

    assert FIRST[name](cube)(2.0) == 12.0
    assert FIRST[name](FIRST["grad"](cube))(2.0) == 12.0
    assert FIRST[name](FIRST["jvp"](cube))(2.0) == 12.0


@pytest.mark.parametrize("name", ["grad", "jvp"])
def test_edges_are_those_of_backward(name: str) -> None:
    derivative = FIRST[name]
    assert derivative(ag.relu)(0.0) == derivative(ag.absolute)(0.0) == 0.0
    assert derivative(lambda x: ag.maximum(x, 0.0))(0.0) == 0.5
    with pytest.warns(GradientWarning, match="sqrt has slope inf"):
        assert derivative(ag.sqrt)(0.0) == math.inf
    with pytest.warns(GradientWarning, match="flat"):
        assert derivative(ag.floor)(1.5) == 0.0
    with pytest.raises(ValueError, match="log"):
        derivative(ag.log)(0.0)
    with pytest.raises(ZeroDivisionError, match="atan2 has no derivative"):
        derivative(lambda x: ag.atan2(x, x))(0.0)


@pytest.mark.parametrize("name", ["grad", "hvp"])
def test_deep_functions_need_no_recursion(name: str) -> None:
    def f(x: Any) -> Any:
        for _ in range(20_000):
            x = x * 1.0001
        return x * x

    factor = 1.0001**40_000
    assert {**FIRST, **SECOND}[name](f)(1.5) == pytest.approx(2 * factor * (1.5 if name == "grad" else 1.0), rel=1e-9)


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", [lambda x: [x, x], lambda x: [x], lambda x: np.array([1.0]) * x, lambda x: {"y": x}])
@pytest.mark.parametrize("transform", [grad, value_and_grad], ids=lambda t: t.__name__)
def test_grad_of_what_is_not_one_number_is_refused(transform: Any, result: Any) -> None:
    with pytest.raises(ShapeError, match=r"one number, but <lambda> returned (list|array|dict).*use jacobian"):
        transform(result)(2.0)


@pytest.mark.parametrize("argnums", [2, -3, (0, 5), 1.0, "0", None])
@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian], ids=lambda t: t.__name__)
def test_argument_that_is_not_there(transform: Any, argnums: Any) -> None:
    with pytest.raises(ArgumentError, match="called with 2 positional arguments"):
        transform(lambda x, y: x * y, argnums)(1.0, 2.0)


def test_argument_named_twice_or_only_by_keyword() -> None:
    with pytest.raises(ArgumentError, match="twice"):
        grad(lambda x, y: x * y, (0, -2))(1.0, 2.0)
    with pytest.raises(ArgumentError, match="0 positional arguments"):
        grad(lambda x: x)(x=1.0)


ESCAPES: dict[str, Callable[[Any], Any]] = {
    ".data": lambda x: x.data**2,
    "a constant": lambda x: 3.0,
    "several": lambda x: [x.data, x.data],
    "an array": lambda x: ag.data([x, x]),
}


@pytest.mark.parametrize("f", ESCAPES.values(), ids=ESCAPES)
@pytest.mark.parametrize("name", ["jvp", "vjp", "forward", "reverse", "whole vjp"])
def test_function_that_leaves_the_graph_is_told_so(name: str, f: Any) -> None:
    with pytest.raises(GraphError, match=r"<lambda> returned .* left the graph.*\.data, float"):
        FIRST[name](f)(2.0) if name in FIRST else vjp(f, 2.0)


def test_function_that_leaves_the_graph_by_one_number_is_told_so() -> None:
    with pytest.raises(GraphError, match=r"<lambda> returned 4\.0, a plain number, although its input was a Value"):
        grad(lambda x: x.data**2)(2.0)


@pytest.mark.parametrize("way_out", [float, math.exp, lambda x: float(x) ** 2, int])
@pytest.mark.parametrize("name", ["grad", "jvp", "forward"])
def test_float_and_math_raise_inside(name: str, way_out: Any) -> None:
    with pytest.raises(OperandError, match=r"drop a Value from the graph"):
        FIRST[name](way_out)(2.0)


@pytest.mark.parametrize("tangents", [(1.0, 2.0), ([1.0],), (), ({"a": 1.0},), (np.ones(1),)])
@pytest.mark.parametrize("transform", [jvp, hvp], ids=lambda t: t.__name__)
def test_tangents_of_another_structure(transform: Any, tangents: Any) -> None:
    with pytest.raises(ShapeError, match=r"the tangents are .*, but the primals are"):
        transform(lambda x: x**2, (2.0,), tangents)


@pytest.mark.parametrize("transform", [jvp, hvp], ids=lambda t: t.__name__)
def test_primals_and_tangents_are_tuples(transform: Any) -> None:
    with pytest.raises(OperandError, match="primals is a tuple with one entry for each argument, got float"):
        transform(lambda x: x**2, 2.0, 1.0)
    with pytest.raises(OperandError, match="tangents is a tuple"):
        transform(lambda x: x**2, (2.0,), 1.0)


@pytest.mark.parametrize("cotangent", [1.0, [1.0], [1.0, 2.0, 3.0], (1.0, 2.0), np.ones(2)])
def test_cotangent_of_another_structure(cotangent: Any) -> None:
    _, pullback = vjp(lambda x: [x, x], 2.0)
    with pytest.raises(ShapeError, match=r"the cotangent is .*, but <lambda> returned list\(number, number\)"):
        pullback(cotangent)


@pytest.mark.parametrize("x", ["abc", None, 1j, b"1", {1.0}, ["a"], np.array(["a"]), object()])
@pytest.mark.parametrize("name", ["grad", "jvp", "vjp", "forward", "hessian", "hvp"])
def test_argument_that_is_no_number(name: str, x: Any) -> None:
    with pytest.raises(OperandError, match="expected a real number or a Value, got"):
        {**FIRST, **SECOND}[name](lambda v: v)(x)


@pytest.mark.parametrize("result", [None, "abc", 1j, {1.0}])
@pytest.mark.parametrize("name", FIRST)
def test_result_that_is_no_number(name: str, result: Any) -> None:
    with pytest.raises(OperandError, match="<lambda> returned something that has no derivative"):
        FIRST[name](lambda x: result)(2.0)


@pytest.mark.parametrize("empty", [[], (), {}, np.ones(0)])
def test_nothing_to_differentiate(empty: Any) -> None:
    with pytest.raises(ShapeError, match="no number in what <lambda> was to be differentiated"):
        grad(lambda x: Value(1.0))(empty)
    with pytest.raises(ShapeError, match="no number in what <lambda> returned"):
        jacobian(lambda x: empty)(1.0)


@pytest.mark.parametrize("thing", [3.0, Value(3.0), "x**2", None])
def test_what_is_no_function(thing: Any) -> None:
    for use in (lambda: grad(thing)(1.0), lambda: jacobian(thing)(1.0), lambda: jvp(thing, (1.0,), (1.0,))):
        with pytest.raises(OperandError, match="a function is needed, got"):
            use()


def test_mode_of_jacobian_that_there_is_not() -> None:
    with pytest.raises(ArgumentError, match='"forward", "reverse" or None'):
        jacobian(lambda x: x, mode="backward")


def test_an_error_in_the_function_passes_and_leaves_nothing_behind() -> None:
    def broken(x: Any) -> Any:
        raise KeyError("mine")

    for f in (grad(broken), FIRST["jvp"](broken)):
        with pytest.raises(KeyError, match="mine"):
            f(1.0)
    assert type(grad(lambda x: x * x)(1.0)) is float  # the depth is back to none
    with pytest.raises(AutogradError):
        grad(ag.log)(0.0)
    assert type(jvp(ag.exp, (1.0,), (1.0,))[1]) is float


@pytest.mark.parametrize("name", TRANSFORMS)
def test_public_docstrings_are_complete(name: str) -> None:
    text = getattr(ag, name).__doc__
    assert all(part in text for part in ("Args:", "Returns:", "Raises:", "Example:"))
