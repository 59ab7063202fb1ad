"""Names of nodes."""

from __future__ import annotations

import math

import pytest

from autograd import Value, ops
from autograd.engine.graph import topological_order
from autograd.errors import ArgumentError
from autograd.reading.formulas import made_by, written
from autograd.reading.names import Names, number_beside


def names(root: Value) -> list[str]:
    return list(Names(topological_order(root)).values())


def test_labels_numbers_and_plain_numbers() -> None:
    x = Value(3.0, "x")
    assert names((x * 2) ** 2 + Value(1.5, constant=True)) == ["x", "2", "1.5", "v1", "v2", "v3"]


def test_a_label_like_a_number_of_ours_changes_the_prefix() -> None:
    assert names(Value(1.0, "v1") * Value(2.0)) == ["v1", "u1", "u2"]


def test_repeated_labels_are_told_apart() -> None:
    a, b, c = Value(1.0, "w"), Value(2.0, "w"), Value(3.0, "w#2")
    root = (a * b) * c
    found = names(root)
    assert found[:2] == ["w", "w#2'"]
    assert "w#2" in found
    assert len(set(found)) == len(found)


def test_only_what_begins_with_a_minus_stands_in_brackets() -> None:
    minus_nan = math.copysign(math.nan, -1.0)  # as inf - inf is, and written like any other
    assert [number_beside(x) for x in (-math.inf, -0.0, 0.0, minus_nan)] == ["(-inf)", "0", "0", "nan"]


@pytest.mark.parametrize("label", ["two\nlines", "\x1b[31m", "x" * 100, '"', "‮"])
def test_hostile_labels_become_printable_and_are_found_as_they_are_and_as_they_read(label: str) -> None:
    node = Value(1.0, label)
    known = Names(topological_order(node * 2))
    assert known[node].isprintable()
    assert known.find(label) is node
    assert known.find(known[node]) is node


def test_unknown_names_come_with_the_nearest() -> None:
    known = Names(topological_order(Value(1.0, "alpha") * Value(2.0, "beta")))
    with pytest.raises(ArgumentError, match="no node is called 'alhpa'; did you mean alpha"):
        known.find("alhpa")
    with pytest.raises(ArgumentError, match="there are alpha, beta, v1"):
        known.find("zzz")
    with pytest.raises(ArgumentError, match="is no node of this graph"):
        known.find(Value(1.0, "alpha"))
    with pytest.raises(ArgumentError, match="is no node of this graph"):
        known.find(3)


def test_plain_numbers_have_no_name_to_find() -> None:
    known = Names(topological_order(Value(1.0, "a") * 2))
    assert list(known.known()) == ["a", "v1"]
    with pytest.raises(ArgumentError):
        known.find("2")


@pytest.mark.parametrize(
    ("op", "operands", "text"),
    [
        (ops.SUB, ["yhat - y", "-1"], "(yhat - y) - (-1)"),
        (ops.power(-0.5), ["x"], "x ** (-0.5)"),
        (ops.NEG, ["-3"], "-(-3)"),
        (ops.DOT, ["w", "x", "b"], "dot(w, x, b)"),
        (ops.LEAF, [], "leaf"),
        (ops.CONSTANT, [], "constant"),
    ],
)
def test_made_by(op: ops.Op, operands: list[str], text: str) -> None:
    assert made_by(op, operands) == text


def test_a_power_of_a_power_keeps_its_brackets() -> None:
    x, y = Value(3.0, "x"), Value(2.0, "y")
    assert written(3 * (x**2) ** y) == "3*(x^2)^y"
    assert written(x ** (y**2)) == "x^(y^2)"
    assert written((x**y) ** 2) == "(x^y)^2"
