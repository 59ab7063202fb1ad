"""Forward mode against reverse mode on random graphs.

Both add up the same products of local derivatives along the same paths, in other orders. So they may differ by
rounding alone, and rounding scales with the path weight: the sum over all paths of |w_i| |product| |v_j|, found by
running the sweep on the absolute values of the partials.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, hvp, jacobian, jvp, vjp
from autograd.engine import graph
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
