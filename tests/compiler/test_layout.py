"""Places in one array, windows that are views where that is possible, and their source text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value
from autograd.compiler.groups import Group, grouped
from autograd.compiler.layout import Layout
from autograd.compiler.namespace_source import viewed
from autograd.compiler.steps import Alike, Product, Window, strides_of
from autograd.compiler.tape import Tape

ROWS, TERMS, COLUMNS = 2, 3, 4


def leaves(letter: str, count: int, constant: bool = False) -> list[Value]:
    return [Value(0.5 + k, f"{letter}{k}", constant=constant) for k in range(count)]


class Laid:
    """A graph laid out, read by labels."""

    def __init__(self, *roots: Value) -> None:
        self.tape = Tape(roots)
        self.levels = grouped(self.tape)
        self.layout = Layout(self.tape, self.levels)

    def group(self, kind: type[Any]) -> Any:
        (found,) = (group for level in self.levels for group in level if isinstance(group, kind))
        return found

    def place(self, label: str) -> int:
        (found,) = (int(p) for node, p in zip(self.tape.nodes, self.layout.place, strict=True) if node.label == label)
        return found


def a_layer(bias: bool = True) -> Laid:
    w, b = [leaves(f"w{r}", TERMS) for r in range(ROWS)], leaves("b", ROWS)
    x = [leaves(f"x{c}", TERMS, constant=True) for c in range(COLUMNS)]
    outputs = [ag.dot(w[r], x[c], b[r] if bias else None) for c in range(COLUMNS) for r in range(ROWS)]
    return Laid(ag.sum(outputs) * Value(1.0, "q"))


def test_every_number_that_is_needed_has_a_place_of_its_own() -> None:
    layout = a_layer().layout
    fixed = [place + k for place, numbers in layout.fixed for k in range(len(numbers))]
    assert sorted([*layout.place.tolist(), *fixed]) == list(range(layout.size))


def test_parameters_come_first_weights_row_by_row_with_their_bias() -> None:
    laid = a_layer()
    names = ["w00", "w01", "w02", "b0", "w10", "w11", "w12", "b1", "q"]
    assert [laid.place(name) for name in names] == list(range(9))


def test_the_inputs_of_a_product_are_a_matrix_with_ones_below() -> None:
    laid = a_layer()
    first = laid.place("x00")
    expected = first + np.arange(TERMS * COLUMNS).reshape(TERMS, COLUMNS)
    assert [[laid.place(f"x{c}{k}") for c in range(COLUMNS)] for k in range(TERMS)] == expected.tolist()
    assert laid.layout.fixed == [(first + TERMS * COLUMNS, [1.0] * COLUMNS)]


def test_weights_and_bias_are_then_one_matrix() -> None:
    laid = a_layer()
    product = laid.group(Product)
    windows = [laid.layout.window(nodes) for nodes in (product.weights, product.inputs, product.bias)]
    folded = laid.layout.folded(*windows)
    assert folded is not None
    weights, inputs = folded
    assert weights.places.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert inputs.places.tolist() == (laid.place("x00") + np.arange(16).reshape(4, 4)).tolist()


def test_without_a_bias_there_are_no_ones() -> None:
    laid = a_layer(bias=False)
    product = laid.group(Product)
    assert laid.layout.fixed == []
    weights, inputs = laid.layout.window(product.weights), laid.layout.window(product.inputs)
    assert (weights.strides, inputs.strides) == ((TERMS, 1), (COLUMNS, 1))
    assert laid.layout.folded(weights, inputs, None) is None


def test_one_bias_of_all_rows_cannot_be_folded_in() -> None:
    w, b = [leaves(f"w{r}", TERMS) for r in range(ROWS)], Value(1.0, "b")
    x = [leaves(f"x{c}", TERMS) for c in range(COLUMNS)]
    laid = Laid(ag.sum([ag.dot(row, column, b) for column in x for row in w]))
    product = laid.group(Product)
    weights, inputs, bias = (laid.layout.window(nodes) for nodes in (product.weights, product.inputs, product.bias))
    assert laid.layout.folded(weights, inputs, bias) is None
    assert (bias.strides, bias.unique) == ((0,), False)


def test_results_lie_as_they_are_computed_and_are_the_next_ones_inputs() -> None:
    xs = leaves("x", 30)
    laid = Laid(ag.sum([x.exp().tanh() for x in reversed(xs)]))
    exps, tanhs = (group for level in laid.levels for group in level if isinstance(group, Alike))
    places = laid.layout.place
    assert np.diff(places[exps.out]).tolist() == [1] * 29
    assert places[tanhs.operands[0]].tolist() == places[exps.out].tolist()


@pytest.mark.parametrize(("numbers", "kept"), [([2.0] * 30, 2.0), ([-0.0] + [0.0] * 29, None)])
def test_a_number_that_all_share_stands_for_itself(numbers: list[float], kept: float | None) -> None:
    laid = Laid(ag.sum([x * c for x, c in zip(leaves("x", 30), numbers, strict=True)]))
    operand = laid.group(Alike).operands[1]
    if kept is not None:
        assert operand == kept
    else:  # 0.0 and -0.0 are equal, and not the same
        operand = laid.layout.window(operand)
        (place, fixed) = laid.layout.fixed[-1]
        assert operand.places.tolist() == list(range(place, place + 30))
        assert list(map(repr, fixed)) == list(map(repr, numbers))


def test_numbers_that_share_nodes_are_repeated_in_places_of_their_own() -> None:
    numbers = [1.0, -1.0, 3.0] * 10
    laid = Laid(ag.sum([x * c for x, c in zip(leaves("x", 30), numbers, strict=True)]))
    window: Any = laid.layout.window(laid.group(Alike).operands[1])
    assert (window.strides, window.unique) == ((1,), True)
    assert laid.layout.fixed[-1][1] == numbers


@pytest.mark.parametrize(
    ("places", "strides", "unique"),
    [
        ([3, 4, 5], (1,), True),
        ([3, 5, 7], (2,), True),
        ([5, 4, 3], None, True),
        ([3, 4, 6], None, True),
        ([3, 3, 3], (0,), False),
        ([3, 4, 3], None, False),
        ([7], (1,), True),
        ([[0, 1], [2, 3]], (2, 1), True),
        ([[0, 2], [1, 3]], (1, 2), True),
        ([[0, 1], [1, 2]], (1, 1), False),
        ([[0, 1], [0, 1]], (0, 1), False),
        ([[0, 1], [3, 5]], None, True),
        ([[4, 6]], (1, 2), True),
    ],
)
def test_strides_and_repeats_of_a_window(places: Any, strides: tuple[int, ...] | None, unique: bool) -> None:
    window = Window(np.array(places, dtype=np.int64))
    assert (window.strides, window.unique, window.shape) == (strides, unique, np.shape(places))
    assert strides_of(np.array(places)) == strides


def test_places_do_not_depend_on_the_order_in_which_nodes_alike_were_made() -> None:
    xs = leaves("x", 40)
    shuffled = np.random.default_rng(0).permutation(40)
    laid = Laid(ag.sum([xs[i].exp() for i in shuffled], start=ag.sum([x * x for x in xs])))
    groups: list[Group] = [group for level in laid.levels for group in level if isinstance(group, Alike)]
    for group in groups:
        assert isinstance(group, Alike)
        assert laid.layout.window(group.operands[0]).strides == (1,)
        assert laid.layout.window(group.out).strides == (1,)


# ---- Parts of an array as source text: views wherever the elements lie evenly


@pytest.mark.parametrize(
    ("shape", "at", "text"),
    [
        ((2, 3), [[3, 4, 5]], "w[1:2]"),
        ((2, 3), [[0, 3], [1, 4], [2, 5]], "w.T"),
        ((2, 3), [1, 4], "w[0:2, 1]"),
        ((6,), [[0, 1], [3, 4]], "w[0:6].reshape((2, 3))[:, :2]"),
        ((6,), [1, 3, 5], "w[1:6:2]"),
        ((2, 3), 4, "w[1, 1]"),
        ((6,), [5, 0], None),
    ],
)
def test_elements_that_lie_evenly_are_a_view(shape: tuple[int, ...], at: Any, text: str | None) -> None:
    index = np.array(at)
    found = viewed("w", shape, index)
    assert found == text
    if found is not None:
        assert np.array_equal(eval(found, {"w": np.arange(6).reshape(shape)}), index)
