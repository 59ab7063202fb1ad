"""Dots sorted into matrix products."""

from __future__ import annotations

from autograd.compiler.groups import Dot, Product, products


def grid(rows: range, columns: range, missing: tuple[tuple[int, int], ...] = ()) -> list[Dot]:
    """Dot (r, c) is node 10 r + c, its weights are (r, -r), its inputs (100 + c, 200 + c)."""
    return [Dot(10 * r + c, (r, -r), (100 + c, 200 + c)) for c in columns for r in rows if (r, c) not in missing]


def nodes(found: list[Product]) -> list[list[list[int]]]:
    return [product.nodes for product in found]


def test_a_full_grid_is_one_product() -> None:
    (product,) = products(grid(range(1, 4), range(2)))
    assert product.nodes == [[10, 11], [20, 21], [30, 31]]
    assert product.rows == [(1, -1), (2, -2), (3, -3)]
    assert product.columns == [(100, 200), (101, 201)]
    assert product.work == 3 * 2 * 2


def test_the_order_of_the_dots_only_permutes_it() -> None:
    (product,) = products(grid(range(1, 4), range(4))[::-1])
    assert sorted(map(sorted, product.nodes)) == [[10, 11, 12, 13], [20, 21, 22, 23], [30, 31, 32, 33]]
    for row, weights in zip(product.nodes, product.rows, strict=True):
        assert [node // 10 for node in row] == [weights[0]] * 4
        assert [100 + node % 10 for node in row] == [column[0] for column in product.columns]


def test_columns_that_meet_other_rows_are_another_product() -> None:
    found = products([*grid(range(1, 3), range(2)), *grid(range(3, 5), range(2, 4))])
    assert nodes(found) == [[[10, 11], [20, 21]], [[32, 33], [42, 43]]]


def test_an_incomplete_grid_falls_into_full_ones() -> None:
    found = products(grid(range(1, 4), range(3), missing=((3, 2),)))
    assert nodes(found) == [[[10, 11], [20, 21], [30, 31]], [[12], [22]]]
    assert [product.columns for product in found] == [[(100, 200), (101, 201)], [(102, 202)]]


def test_the_same_dot_once_more_is_a_product_of_its_own() -> None:
    found = products([*grid(range(1, 3), range(2)), Dot(99, (1, -1), (100, 200))])
    assert nodes(found) == [[[10, 11], [20, 21]], [[99]]]


def test_weights_and_inputs_may_be_the_same_nodes() -> None:
    (product,) = products([Dot(9, (1, 2), (1, 2))])
    assert (product.rows, product.columns, product.nodes) == ([(1, 2)], [(1, 2)], [[9]])


def test_every_dot_is_in_one_product() -> None:
    dots = grid(range(1, 7), range(8), missing=((1, 0), (2, 3), (5, 5), (6, 7), (1, 7)))
    found = sorted(node for product in products(dots) for row in product.nodes for node in row)
    assert found == sorted(dot.node for dot in dots)


def test_nothing() -> None:
    assert products([]) == []
