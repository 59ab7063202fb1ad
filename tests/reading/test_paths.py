"""The chain rule written out: paths, their products, and their number."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given, settings

import autograd as ag
from autograd import Value, jvp, lessons
from autograd.errors import ArgumentError, GraphError
from autograd.reading.paths import Path, count_paths, path_products, replayed
from tests.properties.test_random_graphs import Program, build, programs, sizes


def test_every_path_in_operand_order_with_its_factors() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    s, p = a + b, a * b
    root = s * p
    first, second = path_products(root, a)
    assert first == Path((root, s, a), (6.0, 1.0))
    assert second == Path((root, p, a), (5.0, 3.0))
    assert (first.product, second.product) == (6.0, 15.0)
    root.backward()
    assert a.grad == 21.0


def test_operand_used_twice_makes_two_paths() -> None:
    x = Value(3.0)
    assert [p.partials for p in path_products(x * x, x)] == [(3.0,), (3.0,)]
    assert count_paths(x * x, x) == 2
    assert count_paths(ag.dot([x, x], [x, 1.0]), x) == 3


def test_no_path_and_the_empty_path() -> None:
    x, y = Value(3.0), Value(4.0)
    assert path_products(y * 2, x) == []
    assert count_paths(y * 2, x) == 0
    assert path_products(x, x) == [Path((x,), ())]
    assert path_products(x, x)[0].product == 1.0
    assert count_paths(x, x) == 1


def test_interior_nodes_and_constants_have_paths_too() -> None:
    x, c = Value(3.0), Value(2.0, constant=True)
    inner = c * x
    root = ag.exp(inner) * inner
    assert [len(p.nodes) for p in path_products(root, inner)] == [3, 2]
    assert math.fsum(p.product for p in path_products(root, c)) == pytest.approx(3 * math.exp(6) * 7)


def doubled(depth: int) -> tuple[Value, Value]:
    x = y = Value(1.0, "x")
    for _ in range(depth):
        y = y + y
    y.label = "top"
    return y, x


def test_too_many_paths_are_counted_and_refused() -> None:
    root, x = doubled(40)
    assert count_paths(root, x) == 2**40
    with pytest.raises(GraphError, match=r"1,099,511,627,776 paths lead from node top to node x, more than .* 1,000;"):
        path_products(root, x)
    root, x = doubled(10)
    assert len(path_products(root, x, limit=1024)) == 1024
    with pytest.raises(GraphError, match="1,024 paths"):
        path_products(root, x, limit=1023)


def test_counting_is_linear_in_the_graph() -> None:
    root, x = doubled(5000)
    assert count_paths(root, x) == 2**5000


@pytest.mark.parametrize("limit", [0, -1])
def test_limit_that_makes_no_sense(limit: int) -> None:
    with pytest.raises(ArgumentError, match="at least 1"):
        path_products(Value(1.0), Value(2.0), limit=limit)


def test_one_long_path_needs_neither_recursion_nor_quadratic_time() -> None:
    x = y = Value(1.0)
    for _ in range(100_000):
        y = y * 1.0
    start = time.process_time()
    (path,) = path_products(y, x)
    assert len(path.partials) == 100_000
    assert path.product == 1.0
    assert time.process_time() - start < 30  # copying every beginning of the path would take many minutes


@settings(max_examples=150)
@given(programs())
def test_products_add_up_to_the_gradient(program: Program) -> None:
    root, leaves = build(program)
    root.backward()
    weight = sizes(root)
    for leaf in leaves:
        count = count_paths(root, leaf)
        if count > 20_000:
            continue
        found = path_products(root, leaf, limit=20_000)
        assert len(found) == count
        assert all(path.nodes[0] is root and path.nodes[-1] is leaf for path in found)
        total = math.fsum(path.product for path in found)
        assert abs(total - leaf.grad) <= 1e-13 * weight.get(leaf, 0.0)
        assert math.fsum(abs(path.product) for path in found) == pytest.approx(weight.get(leaf, 0.0), rel=1e-12)


# --- what was recorded, computed again ---------------------------------------------------------------------------


def test_replay_gives_what_the_formula_gives() -> None:
    a, b = Value(2.0, "a"), Value(1.0, "b")
    total = a + b
    root = total * (b + 1)
    for x in (-1.5, 1.0, 3.0):
        assert replayed(root, b)(x) == (2.0 + x) * (x + 1.0)
        assert replayed(root, a)(x) == (x + 1.0) * 2.0
        assert replayed(root, total)(x) == x * 2.0
        assert replayed(root, root)(x) == x
    assert replayed(total, Value(7.0))(5) == 3.0
    assert (a.data, b.data, root.data, b.grad) == (2.0, 1.0, 6.0, 0.0)


def test_replay_on_values_gives_the_derivative() -> None:
    root, nodes = lessons.get(5).graph()
    again = replayed(root, nodes["m2"])
    x = Value(0.5)
    y = again(x)
    y.backward()
    assert (y.data, x.grad) == (2.0, 12.0)
    assert jvp(again, (0.5,), (1.0,)) == (2.0, 12.0)
    assert replayed(root, nodes["z2"])(-1) == 0.5  # the ReLU is off: (0 - 1)^2 / 2


def test_replay_of_operations_with_many_operands_and_with_parameters() -> None:
    x, y = Value(3.0), Value(4.0)
    root = ag.dot([x, y, x], [1.0, x, y], 2.0) + ag.leaky_relu(-x, 0.5) + ag.maximum(x, y, 1.0) + x**2.5
    assert replayed(root, x)(2.0) == 2.0 + 8.0 + 8.0 + 2.0 - 1.0 + 4.0 + 2.0**2.5


def test_replay_holds_the_numbers_that_there_were() -> None:
    x, y = Value(3.0), Value(4.0)
    again = replayed(x * y, x)
    y.data = 100.0
    assert again(2.0) == 8.0


def test_replay_raises_what_the_operation_raises() -> None:
    x = Value(3.0, "x")
    again = replayed(ag.log(x) + 1, x)
    with pytest.raises(ValueError, match="log"):
        again(-1.0)
    with pytest.raises(TypeError, match="str"):
        again("3")


def test_replay_of_a_long_chain_needs_no_recursion() -> None:
    x = y = Value(1.0)
    for _ in range(100_000):
        y = y + 1.0
    assert replayed(y, x)(0.0) == 100_000.0


@given(programs())
def test_replay_of_every_leaf_gives_the_root_again(program: Program) -> None:
    root, leaves = build(program)
    for leaf in leaves:
        assert replayed(root, leaf)(leaf.data) == root.data
