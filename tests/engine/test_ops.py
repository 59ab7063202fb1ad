"""The class of operations, and the table of them."""

from __future__ import annotations

import dataclasses
import math
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, ops
from autograd.engine import op as operation
from autograd.errors import AutogradError, OperandError


def test_row_on_numbers_gives_a_float() -> None:
    for x in (2, 2.0, True, Fraction(4, 2), np.float64(2), np.int32(2)):
        result = ops.EXP(x)
        assert type(result) is float
        assert result == math.exp(float(x))


def test_row_on_a_value_gives_a_node() -> None:
    x = Value(2.0)
    for result in (ops.MUL(x, 3), ops.MUL(3, x), ops.MUL(x, x)):
        assert type(result) is Value
        assert result.op == "*"


def test_row_on_arrays_and_lists_of_numbers_gives_an_array_of_floats() -> None:
    for operand in ([1.0, 2.0], (1.0, 2.0), np.array([1.0, 2.0]), np.array([1, 2])):
        result = ops.EXP(operand)
        assert result.dtype == np.float64
        assert result.tolist() == np.exp([1.0, 2.0]).tolist()


def test_row_on_an_array_of_values_gives_an_array_of_nodes() -> None:
    A = ag.array([[1.0, 2.0]])
    result = ops.EXP(A)
    assert type(result) is type(A)
    assert [v.op for v in result.ravel()] == ["exp", "exp"]
    plain = np.array([Value(1.0), Value(2.0)])
    assert [v.op for v in ops.EXP(plain)] == ["exp", "exp"]
    mixed = ops.EXP([Value(1.0), 2])
    assert (mixed[0].op, mixed[1]) == ("exp", math.exp(2))


def test_row_on_a_value_and_an_array_broadcasts() -> None:
    x = Value(3.0)
    result = ops.HYPOT(x, np.array([4.0, 0.0]))
    assert [v.data for v in result] == [5.0, 3.0]
    ag.sum(result).backward()
    assert x.grad == 0.6 + 1.0


@pytest.mark.parametrize("thing", ["2", None, 1j, Decimal(2), {}, np.array(["a"]), [1.0, None], [1.0, "a"]], ids=repr)
def test_row_refuses_what_is_no_number(thing: Any) -> None:
    with pytest.raises(TypeError):
        ops.EXP(thing)
    with pytest.raises(TypeError):
        ops.MUL(Value(1.0), thing)


@pytest.mark.parametrize(
    "thing", [np.array([1j]), [1 + 1j], np.array([Value(1.0), 1j])], ids=["array", "list", "mixed"]
)
def test_row_refuses_complex_arrays(thing: Any) -> None:
    for row in (ops.EXP, ops.ABS, ops.SIGMOID, ops.ERF):
        with pytest.raises(TypeError):
            row(thing)


def test_failure_shows_labels_numbers_and_the_domain() -> None:
    with pytest.raises(AutogradError, match=r"^log with x = 0\.0: .*; log is defined for x > 0$"):
        ops.LOG(0.0)
    with pytest.raises(AutogradError, match=r"^/ with a = 1\.0, x2 = 0\.0: "):
        Value(1.0, "a") / Value(0.0)


def test_failure_of_many_operands_shows_a_few() -> None:
    many = [Value(1e308)] * 999 + [Value(math.inf)]
    failure = ops.MEAN.failure(OverflowError("too large"), tuple(v.data for v in many))
    assert len(str(failure)) < 200
    assert "1000 operands" in str(failure)


def test_number_gives_floats_and_names_what_is_none() -> None:
    assert [operation.number(x) for x in (1, True, 2.5, np.float32(0.5), np.array(3))] == [1.0, 1.0, 2.5, 0.5, 3.0]
    for thing, name in (("a", "str"), (None, "NoneType"), (1j, "complex"), (Decimal(1), "Decimal"), ([1], "list")):
        with pytest.raises(OperandError, match=f"got {name}"):
            operation.number(thing)


def test_integer_too_large_for_a_double_is_pythons_error() -> None:
    with pytest.raises(OverflowError):
        Value(10**400)


def test_unknown_row_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        operation.find("no such row")


def test_binding_is_made_once_and_kept() -> None:
    assert ops.power(2.0) is ops.power(2.0)
    assert ops.power(2.0) is not ops.power(3.0)
    assert (Value(3.0) ** 2)._row is (Value(5.0) ** 2.0)._row


def test_rows_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ops.EXP.symbol = "e"  # type: ignore[misc]


def test_pickle_of_a_row_is_its_name_and_parameters() -> None:
    for op in (ops.EXP, ops.power(3.0), ops.leaky_relu(0.25), ops.LEAF, ops.CONSTANT, ops.LITERAL):
        assert pickle.loads(pickle.dumps(op)) is op


def test_repr_is_short() -> None:
    assert repr(ops.EXP) == "<op exp>"
    assert repr(ops.clip(0.0, 1.0)) == "<op clip(0.0, 1.0)>"


def test_a_row_is_pickled_by_its_name() -> None:
    assert pickle.loads(b"cautograd.engine.op\nfind\n(S'power'\n(F3.0\nttR.") is ops.power(3.0)


def test_rules_from_elsewhere_are_their_own_float_view() -> None:
    def rule(out: Any, a: Any) -> tuple[Any, ...]:
        return (ops.COS(a),)

    assert operation.Op("mine", math.sin, rule).float_partials is rule
    assert ops.SIN.float_partials is not ops.SIN.partials


def test_is_node_and_plain_know_what_stands_in_a_graph() -> None:
    x = Value(2.0)
    assert [operation.is_node(each) for each in (x, 2.0, 2, "x", np.float64(2.0), None)] == [True] + [False] * 5
    assert [operation.plain(each) for each in (x, 3, 0.5)] == [2.0, 3.0, 0.5]


# ---- The table's rows, beside what tests/properties checks of each: values, rules, array forms


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
