"""The table's rows, beside what tests/properties checks of each: values, rules, array forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag
from autograd import Value, ops
from autograd.engine import op as operation


def test_row_without_an_array_form_goes_element_by_element() -> None:
    assert ops.ERF.array is None
    assert ops.ERF(np.array([[0.0, 0.5]])).tolist() == [[0.0, math.erf(0.5)]]


def test_xlogy_of_a_zero_value_and_an_array_keeps_its_slope() -> None:
    x = Value(0.0)
    ag.sum(ag.xlogy(x, np.array([2.0, 3.0]))).backward()
    assert x.grad == pytest.approx(math.log(6.0), rel=1e-15)


def test_rules_hold_no_numbers_of_their_own_graph() -> None:
    """A rule closes over parameters alone, so a node never refers to itself through its rule."""
    for row in (ops.power(3.0), ops.leaky_relu(0.1), ops.std(1.0), ops.clip(0.0, 1.0)):
        for cell in row.partials.__closure__ or ():
            assert isinstance(cell.cell_contents, int | float)


def test_float_rule_is_the_rule() -> None:
    """The view of a rule that eager backward uses gives what the rule gives, also where it raises."""
    from tests.helpers.oracle import cases

    for op, point in cases():
        out = op(*point)
        assert op.float_partials(out, *point) == op.partials(out, *point)
    with pytest.raises(ZeroDivisionError):
        ops.ATAN2.float_partials(0.0, 0.0, 0.0)


def test_names_that_moved_are_found_here_too() -> None:
    for name in ("TABLE", "Op", "Partials", "boxed", "find", "number", "plain"):
        assert getattr(ops, name) is getattr(operation, name)


def test_rows_are_laid_out_by_how_many_operands_they_take() -> None:
    w, x, b = ("w1", "w2"), ("x1", "x2"), ("b",)
    assert ops.laid_out(ops.LEAF, ()) == (None, None)
    assert ops.laid_out(ops.EXP, ("a",)) == ("a", None)
    assert ops.laid_out(ops.MUL, ("a", "b")) == ("a", "b")
    assert ops.laid_out(ops.SUM, ("a", "b")) == (("a", "b"), None)
    assert ops.laid_out(ops.DOT, w + x) == (w, x)
    assert ops.laid_out(ops.DOT, w + x + b) == (w + b, x)
