"""Conditions typed by a reader: the grammar against Python's own, and everything else refused with its place."""

from __future__ import annotations

import copy
import math
import pickle
import time
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.errors import ArgumentError, ExpressionError, OperandError
from autograd.functions.expressions import MAX_DEPTH, MAX_LENGTH
from autograd.reading.conditions import VARIABLES, Condition, parse_condition

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("abs(grad) < 1e-6", {"grad": -1e-7}, True),
        ("abs(grad) < 1e-6", {"grad": -1e-6}, False),
        ("value > 100 and grad == 0", {"value": 101.0, "grad": 0.0}, True),
        ("value > 100 and grad == 0", {"value": 100.0, "grad": 0.0}, False),
        ("not (0.1 <= abs(message) < 10)", {"message": -10.0}, True),
        ("not (0.1 <= abs(message) < 10)", {"message": -0.1}, False),
        ("isnan(grad) or isinf(grad)", {"grad": -INF}, True),
        ("isnan(grad) or isinf(grad)", {"grad": 1e308}, False),
        ("isfinite(local*upstream)", {"local": 1e200, "upstream": 1e200}, False),
        ("grad != 0", {"grad": NAN}, True),
        ("not grad == grad", {"grad": NAN}, True),
        ("grad < 1 or grad >= 1", {"grad": NAN}, False),
        ("1/grad > 5", {"grad": 0.0}, False),
        ("1/grad != 5", {"grad": 0.0}, False),
        ("not 1/grad > 5", {"grad": 0.0}, True),
        ("grad == 0 or 1/grad > 5", {"grad": 0.0}, True),
        ("log(grad) < 1", {"grad": -1.0}, False),
        ("isnan(log(grad))", {"grad": -1.0}, False),
        ("exp(grad) > 1", {"grad": 1e6}, False),
        ("value**0.5 < 1", {"value": -1.0}, False),
        ("1<value<3<4>=4!=5", {"value": 2.0}, True),
        ("((value))*((2)) == (4)", {"value": 2.0}, True),
        ("((value < 3) or ((value > 5)))and(not(value == 2))", {"value": 2.0}, False),
        ("1 < 2", {}, True),
        ("pi < value < 2*e", {"value": 4.0}, True),
        ("max(value, grad) >= 1e+2", {"value": 1.0, "grad": 100.0}, True),
        ("\tvalue  >=-1 ", {"value": -1.0}, True),
        ("value^2 ≤ 1 and |grad| ≥ 2", {"value": -1.0, "grad": -2.0}, True),
        ("2value² ≠ 2 or |value||grad| < ln(2)", {"value": -1.0, "grad": -0.5}, True),
        ("not isnan(grad)and(grad)<1", {"grad": NAN}, False),
        ("value<1and grad<1or value<2", {"value": 1.0, "grad": 2.0}, True),
        ("value < 2 or grad < 0 and value < 0", {"value": 1.0, "grad": 1.0}, True),
    ],
)
def test_it_holds_where_it_should(text: str, values: dict[str, float], expected: bool) -> None:
    condition = parse_condition(text)
    assert condition.holds(values) is expected
    assert condition.names == {name for name in VARIABLES if name in text}
    assert condition.text == text.strip() == str(condition)


_NUMBERS = st.sampled_from(["value", "grad", "-1.0", "(grad + 1.0)", "2.0*value", "abs(grad)", "(value)"])
_SIGNS = st.sampled_from(["<", "<=", " > ", ">=", "==", " !="])
_CHAINS = st.tuples(_NUMBERS, st.lists(st.tuples(_SIGNS, _NUMBERS).map("".join), min_size=1, max_size=3)).map(
    lambda both: both[0] + "".join(both[1])
)
_TESTS = st.tuples(st.sampled_from(["isnan", "isinf", "isfinite"]), _NUMBERS).map(lambda both: f"{both[0]}({both[1]})")
_CONDITIONS = st.recursive(
    _CHAINS | _TESTS,
    lambda inner: (
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map("".join)
        | inner.map("({})".format)
        | inner.map("not {}".format)
    ),
    max_leaves=8,
)


@given(_CONDITIONS, *[st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, INF, NAN])] * 2)
def test_random_conditions_hold_where_python_says_so(text: str, value: float, grad: float) -> None:
    known: dict[str, Any] = {"value": value, "grad": grad}
    tests = {"isnan": math.isnan, "isinf": math.isinf, "isfinite": math.isfinite, "abs": abs}
    assert parse_condition(text).holds(known) is eval(text, tests, known)


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("", 0, "there is no condition here; a condition compares, as"),
        ("   ", 0, "no condition here"),
        ("grad = 0", 5, "write == to compare"),
        ("grad === 0", 5, "write =="),
        ("grad !== 0", 5, "write !="),
        ("grad =< 0", 5, "write <="),
        ("grad => 0", 5, "write >="),
        ("grad <> 0", 5, "write !="),
        ("grad < 0 && value > 1", 9, "write and"),
        ("grad < 0 & value > 1", 9, "write and"),
        ("grad < 0 || value > 1", 9, "write or"),
        ("grad<0||value>1", 6, "write or"),
        ("grad < 0 | value > 1", 9, "and or or is missing here"),
        ("|grad < 1", 0, "bar is never closed"),
        ("!(grad < 0)", 0, "write not"),
        ("grad < 0 AND value > 1", 9, "write and"),
        ("is_nan(grad)", 0, "write isnan"),
        ("isNaN(grad)", 0, "write isnan"),
        ("grad == nan", 8, r"nothing equals nan: write isnan\(\.\.\.\)"),
        ("grad == -inf", 9, r"write isinf\(\.\.\.\)"),
        ("gradient == 0", 0, "there is no variable gradient here; known: grad"),
        ("1 < msg", 4, "there is no variable msg here; known: "),
        ("gradient", 0, "there is no variable gradient here; known: grad"),
        ("grad", 0, "a condition compares, as abs"),
        ("(grad)", 1, "a condition compares, as abs"),
        ("grad < 1 and value", 13, "a condition compares, as abs"),
        ("grad + 1 or value < 1", 0, "a condition compares, as abs"),
        ("grad <", 5, "a number is missing after <"),
        ("< 1", 0, "a number is missing before <"),
        ("0 < < 1", 2, "a number is missing after <"),
        ("grad < 1 and", 9, "a condition is missing after and"),
        ("grad < 1 and and value > 2", 9, "a condition is missing after and"),
        ("or grad < 1", 0, "a condition is missing before or"),
        ("not", 0, "a condition is missing after not"),
        ("(grad < 1 or)", 10, "a condition is missing after or"),
        ("(and grad < 1)", 1, "a condition is missing before and"),
        ("grad < not value", 5, "a number is missing after <"),
        ("(grad < 1", 0, "never closed"),
        ("grad < 1)", 8, "never opened"),
        ("(grad < 1) value > 2", 11, "and or or is missing here"),
        ("(grad < 1) < 2", 1, "a condition stands here where a number is wanted"),
        ("isnan(grad) == 1", 0, "a condition stands here where a number is wanted"),
        ("isnan(grad) not isinf(grad)", 12, "and or or is missing here"),
        ("2*(grad < 1)", 3, "a condition stands here where a number is wanted"),
        ("abs(grad < 1)", 4, "a condition stands here where a number is wanted"),
        ("1 + isnan(grad)", 4, "a condition stands here where a number is wanted"),
        ("isnan(grad < 1)", 6, "a condition stands here where a number is wanted"),
        ("(grad < 1)(value > 2)", 11, "a condition stands here where a number is wanted"),
        ("1 + not grad < 1", 4, "a condition stands here where a number is wanted"),
        ("max(1, not grad) < 1", 7, "a condition stands here where a number is wanted"),
        ("abs(not grad < 1) < 1", 4, "a condition stands here where a number is wanted"),
        ("isnan(grad, value)", 0, "isnan takes 1 argument"),
        ("isnan grad", 0, r"isnan is a test: write isnan\(\.\.\.\)"),
        ("isnan()", 5, "nothing between these parentheses"),
        ("()", 0, "nothing between these parentheses"),
        ("grad < 2x", 8, "there is no variable x here"),
        ("grad < 1 value > 2", 9, "and or or is missing here"),
        ("grad < 2 3", 9, "and or or is missing here"),
        ("2 grad < 1", 2, "or a sign as \\*"),
        ("grad < 1/2value", 10, "in the denominator"),
        ("grad < (1 + )", 12, "where a number, a name or"),
        ("sin < 1", 0, "sin is a function"),
        ("grad < log(2, 3)", 7, "log takes 1 argument, not 2"),
        ("grad is 0", 5, "is is a word of Python"),
        ("True", 0, "True is a word of Python"),
        ("__import__('os').system('x') == 0", 0, "a name begins with a letter"),
        ("grad.real < 0", 4, "no attributes"),
        ("grad < 1\nvalue < 2", 8, "single line"),
    ],
)
def test_what_is_no_condition_is_refused_at_its_place(text: str, position: int, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason) as refused:
        parse_condition(text)
    assert refused.value.position == position
    assert refused.value.text == text


@pytest.mark.parametrize("thing", [None, 3, b"grad < 1", True])
def test_only_text_is_read(thing: Any) -> None:
    with pytest.raises(OperandError, match="a condition is text"):
        parse_condition(thing)


def test_a_variable_without_a_value() -> None:
    with pytest.raises(ArgumentError, match="grad < 1 or value > 2 needs a value for grad"):
        parse_condition("grad < 1 or value > 2").holds({"value": 1.0})


@pytest.mark.parametrize(
    "text",
    [
        "(" * 900 + "grad < 1" + ")" * 900,
        "(" * (MAX_DEPTH + 1) + "grad" + ")" * (MAX_DEPTH + 1) + " < 1",
        "abs(" * 300 + "grad" + ")" * 300 + " < 1",
        "grad < 1 or " * 1000 + "grad < 1",
        "(" * 1_000_000,
    ],
)
def test_too_long_and_too_deep_is_refused_at_once(text: str) -> None:
    start = time.process_time()
    with pytest.raises(ExpressionError, match=r"within one another|characters long"):
        parse_condition(text)
    assert time.process_time() - start < 30


@pytest.mark.parametrize(
    "text",
    [
        "not " * ((MAX_LENGTH - 8) // 8 * 2) + "grad < 1",
        "(" * MAX_DEPTH + "grad < 1" + ")" * MAX_DEPTH,
        "not(" * MAX_DEPTH + "grad < 1" + ")" * MAX_DEPTH,
        "<".join(["0"] * 10) + "<1 or " + " or ".join(["grad<1"] * 190),
        "grad < 1 and " * 152 + "grad < 1",
        "-" * (MAX_LENGTH - 8) + "1 < grad" if MAX_LENGTH % 2 else "-" * (MAX_LENGTH - 9) + "1 <1-grad",
    ],
)
def test_the_longest_that_are_allowed_hold(text: str) -> None:
    assert len(text) <= MAX_LENGTH
    assert parse_condition(text).holds({"grad": 0.5})


_SCRAPS = ["grad", "<", "=", "(", ")", " not ", " and ", " ", "1", "isnan", "!", "-", "é", "|", "or", "!=", "+", "log"]


@given(st.lists(st.sampled_from(_SCRAPS), max_size=12).map("".join) | st.text(max_size=20))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    refused = None
    try:
        parse_condition(text).holds(dict.fromkeys(VARIABLES, 1.0))
    except ExpressionError as error:
        refused = error
    assert refused is None or (0 <= refused.position <= len(text) and str(refused))


def test_it_is_frozen_and_can_be_copied_compared_and_pickled() -> None:
    condition = parse_condition("not isnan(grad) and 1/value < 2")
    for again in (copy.deepcopy(condition), pickle.loads(pickle.dumps(condition))):
        assert isinstance(again, Condition)
        assert again == condition
        assert again.holds({"grad": 0.0, "value": 1.0})
    assert len({condition, parse_condition("not isnan(grad) and 1/value < 2")}) == 1
    with pytest.raises(FrozenInstanceError):
        condition.text = "x"  # type: ignore[misc]
