"""Derivatives of functions cost what they may, counted in operations (tests/benchmarks/derivatives.py)."""

from __future__ import annotations

import pytest

from autograd import Value, dot, grad
from tests.benchmarks.derivatives import (
    CHAIN,
    FUNCTIONS,
    GRADIENT,
    HVP,
    cost,
    counting,
    per_variable,
    power,
    rosenbrock,
)

SIZES = (2, 10, 100, 400)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradient_costs_a_few_evaluations_whatever_the_number_of_inputs(name: str) -> None:
    costs = [cost(FUNCTIONS[name], n) for n in SIZES]
    assert all(c.gradient <= GRADIENT * c.evaluation for c in costs)
    assert all(c.jvp <= GRADIENT * c.evaluation for c in costs)
    assert all(c.hvp <= HVP * c.gradient for c in costs)


def test_chained_rosenbrock_is_linear_in_its_variables() -> None:
    costs = [cost(rosenbrock, n) for n in CHAIN]
    for counts, each in (
        ([c.evaluation for c in costs], 8.0),
        ([c.gradient for c in costs], 19.0),
        ([c.hvp for c in costs], 36.0),
    ):
        assert per_variable(CHAIN, counts) == [each] * (len(CHAIN) - 1)
        assert abs(power(CHAIN, counts) - 1.0) < 0.03


def test_what_is_counted() -> None:
    x, y, z = Value(2.0), Value(3.0), Value(4.0)
    with counting() as counter:
        x * y + 1.0
    assert counter.operations == 2
    with counting() as counter:
        dot([x, y, z], [x, y, z], bias=x)  # three products, three additions
    assert counter.operations == 6
    with counting() as counter:
        grad(lambda v: v * y)(x)  # the product; its slope is y itself
    assert counter.operations <= 2


def test_quadratic_growth_is_seen() -> None:
    assert power([10, 100, 1000], [n * n for n in (10, 100, 1000)]) == pytest.approx(2.0)
