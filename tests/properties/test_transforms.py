"""Forward mode against reverse mode on random graphs; transforms in transforms against mpmath.

Both add up the same products of local derivatives along the same paths, in other orders. So they may differ by
rounding alone, and rounding scales with the path weight: the sum over all paths of |w_i| |product| |v_j|, found by
running the sweep on the absolute values of the partials.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import itertools
import math
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

import autograd as ag
from autograd import Value, detect_anomaly, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.engine import graph, messages
from autograd.engine.op import Op
from autograd.errors import AutogradError
from tests.helpers.oracle import form_of, row_id, rows
from tests.properties.test_random_graphs import Program, programs, run

BOUND = 1e-14


def function(program: Program) -> Any:
    """The program as a function of a list of its leaves; its results are the last three places."""
    return lambda leaves: run(program, list(leaves), "engine")[-3:]


def weight(program: Program, w: list[float], v: list[float]) -> float:
    """The sum of |w_i| |J path| |v_j| over every path from an input j to an output i."""
    inputs = [Value(x) for x in program.leaves]
    outputs = function(program)(inputs)
    size: dict[Any, float] = {}
    for cotangent, out in zip(w, outputs, strict=True):
        size[out] = size.get(out, 0.0) + abs(cotangent)
    for node in reversed(graph.topological_order(*outputs)):
        for parent, slope in zip(node.parents, node.local_derivatives() if node.parents else (), strict=True):
            size[parent] = size.get(parent, 0.0) + abs(slope) * size[node]
    return math.fsum(size.get(x, 0.0) * abs(tangent) for x, tangent in zip(inputs, v, strict=True))


directions = st.lists(st.floats(-2, 2, allow_subnormal=False).map(lambda x: round(x, 3)), min_size=4, max_size=4)


@settings(max_examples=400)
@given(programs(), directions, directions)
def test_dot_product(program: Program, w: list[float], v: list[float]) -> None:
    """<w, J v> = <J' w, v>."""
    w, v = w[:3], v[: len(program.leaves)]
    _, forward = jvp(function(program), (program.leaves,), (v,))
    _, pullback = vjp(function(program), program.leaves)
    (backward,) = pullback(w)
    left = math.fsum(a * b for a, b in zip(w, forward, strict=True))
    right = math.fsum(a * b for a, b in zip(backward, v, strict=True))
    assert abs(left - right) <= BOUND * weight(program, w, v), f"{left!r}, {right!r}"


@settings(max_examples=150)
@given(programs())
def test_jvp_is_the_column_and_vjp_the_row_of_the_jacobian(program: Program) -> None:
    f, x = function(program), program.leaves
    forward, backward = (jacobian(f, mode=mode)(x) for mode in ("forward", "reverse"))
    _, pullback = vjp(f, x)
    units = [[float(i == j) for i in range(len(x))] for j in range(len(x))]
    for j, e in enumerate(units):
        assert jvp(f, (x,), (e,))[1] == [row[j] for row in forward]
    for i in range(3):
        assert pullback([float(i == k) for k in range(3)])[0] == pytest.approx(backward[i], rel=1e-14, abs=1e-300)
        w = [float(i == k) for k in range(3)]
        for j, e in enumerate(units):
            assert abs(forward[i][j] - backward[i][j]) <= BOUND * weight(program, w, e)


@settings(max_examples=150)
@given(programs(), directions)
def test_value_and_linearity_of_jvp(program: Program, v: list[float]) -> None:
    f, x, v = function(program), program.leaves, v[: len(program.leaves)]
    out, once = jvp(f, (x,), (v,))
    assert out == [getattr(y, "data", y) for y in f(x)]
    assert vjp(f, x)[0] == out
    assert jvp(f, (x,), ([4 * a for a in v],))[1] == [4 * t for t in once]  # a power of two: exact


@settings(max_examples=100)
@given(programs(), directions, directions)
def test_hessian_is_symmetric_along_any_two_directions(program: Program, u: list[float], v: list[float]) -> None:
    """u' H v = v' H u, to 1e-9 of the larger terms: second derivatives have no path weight at hand."""
    n, x = len(program.leaves), program.leaves

    def f(leaves: Any) -> Any:
        return function(program)(leaves)[-1]

    left = [a * b for a, b in zip(u[:n], hvp(f, (x,), (v[:n],)), strict=True)]
    right = [a * b for a, b in zip(v[:n], hvp(f, (x,), (u[:n],)), strict=True)]
    scale = 1 + math.fsum(map(abs, left)) + math.fsum(map(abs, right))
    assert abs(math.fsum(left) - math.fsum(right)) <= 1e-9 * scale


# --- three transforms, one in another, in any order ------------------------------------------------------------------
#
# Whatever the transforms are, each number that comes out is a sum of partial derivatives of one of f's numbers, of some
# orders, with weights. `Reference` keeps these sums and does no arithmetic of derivatives; mpmath differentiates f.


class Kind(NamedTuple):
    """A function of two numbers that gives two, in both worlds."""

    engine: Callable[[Any, Any], list[Any]]
    reference: Callable[[Any, Any], list[Any]]


KINDS = {
    "constant": Kind(lambda x, y: [Value(3.0), 5.0 + 0 * x], lambda x, y: [mpf(3), mpf(5)]),
    "linear": Kind(lambda x, y: [2 * x - 3 * y + 1, y], lambda x, y: [2 * x - 3 * y + 1, y]),
    "linear in one": Kind(lambda x, y: [2 * x, 7.0], lambda x, y: [2 * x, mpf(7)]),
    "piecewise linear": Kind(
        lambda x, y: [ag.relu(x) - abs(y) + ag.maximum(x, y, 0.5), ag.clip(x, -1.0, 1.0) + ag.leaky_relu(y, 0.25)],
        lambda x, y: [
            max(x, mpf(0)) - abs(y) + max(x, y, mpf(0.5)),
            min(max(x, mpf(-1)), mpf(1)) + (y if y > 0 else y / 4),
        ],
    ),
    "piecewise": Kind(
        lambda x, y: [ag.where(x > y, lambda: x * x * y, lambda: ag.sin(y)), ag.relu(y) ** 3 * x],
        lambda x, y: [x * x * y if x > y else mp.sin(y), max(y, mpf(0)) ** 3 * x],
    ),
    "polynomial": Kind(lambda x, y: [x**3 * y - y**2, x * y], lambda x, y: [x**3 * y - y * y, x * y]),
    "general": Kind(
        lambda x, y: [ag.exp(ag.sin(x)) / y, ag.tanh(x * y) + ag.hypot(x, y)],
        lambda x, y: [mp.exp(mp.sin(x)) / y, mp.tanh(x * y) + mp.sqrt(x * x + y * y)],
    ),
}
STRUCTURES: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any], tuple[Any, Any]]]] = {
    "list": (lambda x, y: [x, y], lambda p: (p[0], p[1])),
    "dict": (lambda x, y: {"b": [y], "a": x}, lambda p: (p["a"], p["b"][0])),
    "array": (lambda x, y: np.array([[x], [y]]), lambda p: (p[0, 0], p[1, 0])),
    "array in a tuple": (lambda x, y: (np.array([x]), y), lambda p: (p[0][0], p[1])),
}
CONTAINERS: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "tuple": tuple,
    "dict": lambda numbers: {f"{i:03d}": y for i, y in enumerate(numbers)},
    "nested": lambda numbers: [numbers[0], {"rest": tuple(numbers[1:])}],
    "array": ag.array,
}
POINTS = ((0.7, -1.3), (1.9, 0.4), (-0.6, -0.2))
TRANSFORMS = ("grad", "value_and_grad", "jvp", "vjp", "forward", "reverse", "either", "hessian", "hvp")

Orders = tuple[int, int]
Sum = dict[tuple[int, Orders], float]  # (which of f's numbers, orders of its derivative) -> weight


def flat(x: Any) -> list[Any]:
    if isinstance(x, dict):
        return [y for key in sorted(x) for y in flat(x[key])]
    if isinstance(x, np.ndarray):
        return list(x.ravel().tolist())
    return [y for item in x for y in flat(item)] if isinstance(x, list | tuple) else [x]


def derived(terms: Sum, k: int) -> Sum:
    return {(which, (a + (k == 0), b + (k == 1))): w for (which, (a, b)), w in terms.items()}


def weighted(parts: list[tuple[float, Sum]]) -> Sum:
    total: Sum = {}
    for factor, terms in parts:
        for key, w in terms.items():
            total[key] = total.get(key, 0.0) + factor * w
    return total


@functools.cache
def partial_derivative(kind: str, at: tuple[float, float], which: int, orders: Orders) -> float:
    with mp.workdps(80):
        f = KINDS[kind].reference
        return float(mp.diff(lambda x, y: f(x, y)[which], tuple(map(mpf, at)), orders))


def transformed(
    name: str, g: Any, outs: list[Sum], build: Any, container: Any, weights: list[float]
) -> tuple[Any, Any]:
    """A transform of `g`, which takes a structure and gives a list, and what its numbers then are."""
    v, n = weights[:2], range(2)
    pick = int(abs(weights[2]) * 100) % len(outs)
    w = [weights[i % len(weights)] for i in range(len(outs))]
    gradients = [[derived(terms, k) for k in n] for terms in outs]

    def one(p: Any) -> Any:
        y = g(p)[pick]
        return y if isinstance(y, Value) else Value(y)  # a bare number is taken for one that left the graph

    def contained(p: Any) -> Any:
        return container(g(p))

    along = [weighted([(v[k], row[k]) for k in n]) for row in gradients]
    if name == "grad":
        return grad(one), gradients[pick]
    if name == "value_and_grad":
        return value_and_grad(one), [outs[pick], *gradients[pick]]
    if name == "jvp":
        return lambda p: list(jvp(contained, (p,), (build(*v),))), [*outs, *along]
    if name == "vjp":
        pulled = [weighted([(w[i], row[k]) for i, row in enumerate(gradients)]) for k in n]
        return lambda p: vjp(contained, p)[1](ag.data(container(w)) if container is ag.array else container(w)), pulled
    if name == "hvp":
        return lambda p: hvp(one, (p,), (build(*v),)), [derived(along[pick], k) for k in n]
    if name == "hessian":
        return hessian(contained), [derived(slope, k) for row in gradients for slope in row for k in n]
    return jacobian(contained, mode=None if name == "either" else name), [slope for row in gradients for slope in row]


numbers = st.floats(-2, 2).map(lambda x: round(x, 2))


@settings(max_examples=400)
@given(
    st.sampled_from(sorted(KINDS)),
    st.sampled_from(POINTS),
    st.sampled_from(sorted(STRUCTURES)),
    st.lists(st.tuples(st.sampled_from(TRANSFORMS), st.sampled_from(sorted(CONTAINERS))), min_size=3, max_size=3),
    st.lists(numbers, min_size=3, max_size=3),
)
def test_three_transforms_one_in_another(
    kind: str, at: tuple[float, float], structure: str, layers: list[tuple[str, str]], weights: list[float]
) -> None:
    build, read = STRUCTURES[structure]
    outs: list[Sum] = [{(0, (0, 0)): 1.0}, {(1, (0, 0)): 1.0}]

    def base(p: Any) -> list[Any]:
        return KINDS[kind].engine(*read(p))

    g: Any = base
    for name, container in layers:
        if container == "array" and structure != "array":
            container = "list"  # a block of a Jacobian then holds several rows: another order of the same numbers
        inner, outs = transformed(name, g, outs, build, CONTAINERS[container], weights)
        g = functools.partial(lambda f, p: flat(f(p)), inner)
    got = g(build(*at))
    assert all(type(x) is float for x in got)
    assert len(got) == len(outs)
    for x, terms in zip(got, outs, strict=True):
        parts = [w * partial_derivative(kind, at, which, orders) for (which, orders), w in terms.items()]
        assert abs(x - math.fsum(parts)) <= 1e-11 * (1.0 + math.fsum(map(abs, parts)))


# --- what is said of higher derivatives ------------------------------------------------------------------------------

PUBLIC = [op for op in rows() if not op.name.startswith("_")]
EDGES = (0.0, 1.0, -1.0, -3.5, 710.0, 1e-320, math.inf, -math.inf, math.nan)
PAIRS = [(a, b) for a in (0.0, -2.0, math.inf) for b in (0.0, 1.0, math.inf, math.nan)]
WHO = r"^(?:a derivative of )?(\S+) has |a derivative of (\S+)|unlabelled '(\S+)' node|forward: (\S+) of |^(\S+) with "


def told(op: Op, point: tuple[float, ...], order: int, mode: str, strict: bool) -> Iterator[str]:
    """What is warned of or raised when the derivatives of an order are taken."""
    f = functools.partial(lambda op, v: op(*v), op)
    for _ in range(order):
        f = jacobian(f, mode=mode)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with detect_anomaly() if strict else contextlib.nullcontext():
                f(list(point))
        except AutogradError as error:
            yield str(error)
    yield from (str(warning.message) for warning in caught)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("op", PUBLIC, ids=row_id)
def test_messages_name_the_operation_that_was_differentiated(op: Op, mode: str) -> None:
    points = PAIRS if op.variadic or len(form_of(op).points[0]) == 2 else [(x,) for x in EDGES]
    allowed = {op.name, "*", "+"}  # the chain rule's own product and sum
    for point, order, strict in itertools.product(points, (1, 2, 3), (False, True)):
        for text in told(op, point, order, mode, strict):
            assert not re.search(r"(?<!\w)_[a-z]", text), text
            named = {name for found in re.findall(WHO, text) for name in found if name}
            assert named <= allowed, f"{op.name} at {point}: {text}"


def test_messages_of_higher_derivatives_name_the_operands() -> None:
    x = Value(1.0, "ratio")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        hessian(ag.asin)(x)
        ag.asin(x).backward(create_graph=True)
        x.grad.backward()
    texts = [str(warning.message) for warning in caught]
    assert any(re.match(r"asin has slope inf at node ratio = 1\.0, operand of", text) for text in texts)
    assert len([text for text in texts if re.match(r"a derivative of asin has .* at ratio = 1\.0$", text)]) > 1


def test_what_is_remembered_of_a_derivative_goes_with_its_graph() -> None:
    def noted() -> int:
        return sum(isinstance(v, Value) and messages._OriginNote.of(v) is not None for v in gc.get_objects())

    gc.collect()
    before = noted()
    for _ in range(3):
        hessian(lambda v: ag.exp(ag.hypot(v[0], ag.sin(v[1]))))([1.0, 2.0])
    assert noted() == before
    x = Value(2.0)
    slope = grad(ag.tanh)(x)
    assert noted() > before
    del slope
    assert noted() == before
