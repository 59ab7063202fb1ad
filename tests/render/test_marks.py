import math

import pytest

from autograd import Value, sigmoid
from autograd.render.rows import first_not_finite, graph_rows, mark_of


@pytest.mark.parametrize(
    ("gradient", "seed", "mark"),
    [
        (1e-7, 1.0, "vanishing"),
        (-1e-7, 1.0, "vanishing"),
        (1e-7, 1e-3, ""),
        (1e-6, 1.0, ""),
        (0.0, 1.0, ""),
        (None, 1.0, ""),
        (1e7, 1.0, "exploding"),
        (1e7, 100.0, ""),
        (1e7, 0.0, "exploding"),
        (math.inf, 1.0, "not finite"),
        (math.nan, 1.0, "not finite"),
    ],
)
def test_a_mark_is_by_the_gradient_of_the_root(gradient: float | None, seed: float, mark: str) -> None:
    assert mark_of((1.0, gradient), seed) == mark


def test_a_chain_of_sigmoids_vanishes_from_the_place_where_it_does() -> None:
    y = x = Value(2.0, "x")
    for i in range(12):
        y = sigmoid(y)
        y.label = f"a{i + 1}"
    y.backward()
    marked = {row.name: row.notes for row in graph_rows(y).nodes}
    gradients = {row.name: row.gradient for row in graph_rows(y).nodes}
    for name, gradient in gradients.items():
        assert gradient is not None
        assert marked[name] == (("vanishing",) if gradient < 1e-6 else ())
    assert marked["x"] == ("vanishing",)
    assert x.grad < 1e-6


def test_the_first_number_that_is_not_finite_is_found() -> None:
    x = Value(1e200, "x")
    big = x * x
    big.label = "big"
    y = big - big
    assert first_not_finite(graph_rows(x)) is None
    found = first_not_finite(graph_rows(y))
    assert found is not None
    assert (found[0].name, found[1], found[2]) == ("big", "value", math.inf)


def test_gradients_come_after_values_and_from_the_root() -> None:
    x = Value(0.0, "x")
    y = (x * 1e300) * 1e300
    y.backward()
    found = first_not_finite(graph_rows(y))
    assert found is not None
    assert (found[0].name, found[1]) == ("x", "gradient")
