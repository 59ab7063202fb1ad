"""Guesses at one gradient: what is right, and what is said of what is not. The numbers are worked out by hand."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import assume, given, settings

import autograd as ag
from autograd import Value, lessons
from autograd.checking.diagnosis import KINDS
from autograd.checking.guessing import GuessVerdict as Guess
from autograd.checking.guessing import judge_guess
from autograd.errors import ArgumentError, OperandError
from tests.properties.test_random_graphs import Program, build, programs, sizes


def judged(root: Value, node: Value, typed: str, **how: Any) -> Guess:
    """As the terminal asks: the text and the number that it says; backward's own gradients stay as they are."""
    found = judge_guess(root, node, float(typed), typed=typed, **how)
    assert node.grad == 0.0
    assert found.kind in (*KINDS, "right", "constant", "value", "another node")
    assert str(found) == found.text
    return found


# --- lesson 5's worked example: L = 0.5 (yhat - y)^2, yhat = relu(m1 x m2), x = 2, m1 = 3, m2 = 0.5, y = 1 --------


def worked() -> tuple[Value, dict[str, Value]]:
    root, nodes = lessons.get(5).graph()
    return root, nodes


@pytest.mark.parametrize(
    ("name", "typed"),
    [("m1", "2"), ("m1", "2.0"), ("m2", "12"), ("m2", "1.2e1"), ("a1", "1"), ("z2", "2"), ("yhat", "2"), ("L", "1")],
)
def test_the_worked_examples_gradients_are_right(name: str, typed: str) -> None:
    root, nodes = worked()
    found = judged(root, nodes[name], typed)
    assert found == Guess(True, float(typed), float(typed), f"right: dL/d{name} = {float(typed):g}", "right")


@pytest.mark.parametrize(
    ("name", "typed", "kind", "text"),
    [
        ("m1", "-2", "sign", "-2 is not dL/dm1: the sign is the wrong way round"),
        ("m1", "0.5", "missing factor", "you left out dv1/d(yhat - y) = 4"),
        ("m1", "4", "missing factor", "perhaps you left out dL/dv1 = 0.5, or you left out dz2/da1 = 0.5"),
        ("m2", "24", "missing factor", "24 is not dL/dm2: you left out dL/dv1 = 0.5"),
        ("m2", "2", "missing factor", "perhaps you left out dz2/dm2 = 6, or that is the gradient of m1"),
        ("m2", "6", "missing factor", "that is only the local derivative dz2/dm2, not times dL/dz2"),
        ("m2", "72", "extra factor", "72 is not dL/dm2: dz2/dm2 = 6 stands there twice"),
        ("m1", "6", "extra factor", "a factor too much: m1 = 3"),
        ("m1", "3", "value", "that is the value of m1, not its gradient"),
        ("m1", "12", "another node", "12 is not dL/dm1: that is the gradient of m2"),
        ("m1", "0", "missing path", "you forgot the path from L to m1 through a1"),
        ("m1", "7", "unexplained", "7 is not dL/dm1, and no single slip explains it"),
    ],
)
def test_slips_in_the_worked_example_are_named(name: str, typed: str, kind: str, text: str) -> None:
    root, nodes = worked()
    found = judged(root, nodes[name], typed)
    assert not found.right
    assert found.kind == kind
    assert text in found.text
    assert found.truth == {"m1": 2.0, "m2": 12.0}[name]


def test_a_factor_that_is_the_answer_itself_is_not_told() -> None:
    root, nodes = worked()
    assert "you left out da1/dm1, or" in judged(root, nodes["m1"], "1").text  # da1/dm1 = x = 2 = dL/dm1
    assert judged(root, nodes["m1"], "1", reveal=True).text.endswith("; it is 2")


def test_the_truth_is_told_only_when_asked() -> None:
    x = Value(0.7, "x")
    root = ag.sin(3 * x)
    truth = 3 * math.cos(2.1)
    for typed in ("1.51", "0.863", "-0.505", "0.7", "9", "0.5"):
        hidden, told = judged(root, x, typed), judged(root, x, typed, reveal=True)
        assert hidden.truth == pytest.approx(truth, rel=1e-14)
        assert f"{truth:.6g}" not in hidden.text
        assert told.text == f"{hidden.text}; it is {truth:.6g}"


# --- (a + b)(b + 1) with a = 2, b = 1: db gets 2 through the sum and 3 through b + 1 -------------------------------


def shared() -> tuple[Value, Value, Value]:
    a, b = Value(2.0, "a"), Value(1.0, "b")
    return (a + b) * (b + 1), a, b


def test_a_forgotten_path_is_named() -> None:
    root, a, b = shared()
    assert judged(root, b, "5").text == "right: dv3/db = 5"
    three, two = judged(root, b, "3"), judged(root, b, "2")
    assert (three.kind, three.text) == ("missing path", "3 is not dv3/db: you forgot the path through v1")
    assert two.kind == "missing path"
    assert "perhaps you forgot the path through v2, or that is the gradient of a" in two.text
    assert judged(root, b, "0").text == "0 is not dv3/db: you forgot both paths"
    assert judged(root, a, "5").text == "5 is not dv3/da: that is the gradient of b"
    assert judged(root, a, "2").right


def test_paths_that_no_single_node_tells_apart() -> None:
    x = Value(3.0, "x")
    assert "you forgot one of the times that x goes into v1" in judged(x * x, x, "3").text
    assert "you forgot the direct path from v2 to x" in judged(x * x + x, x, "6").text
    one = Value(1.0, "x")  # as large as its square
    assert "you forgot the direct path from v2 to x" in judged(one * one + one, one, "2").text
    y = Value(5.0, "y")
    root = (x * y + x) * (x + 2)  # 30 + 15 = (y + 1)(x + 2) + (x y + x)
    assert judged(root, x, "48").right
    assert "you forgot the 2 paths through v2" in judged(root, x, "18").text
    assert "you forgot the path through v3" in judged(root, x, "30").text
    assert "you forgot the path through v1" in judged(root, x, "23").text
    assert "you took only the path through v1; there are 3 paths" in judged(root, x, "25").text


def test_a_mean_taken_for_a_sum() -> None:
    u, v, w = Value(1.0, "u"), Value(2.0, "v"), Value(3.0, "w")
    found = judged(ag.mean([u * u, v * v, w * w]), w, "6")
    assert found.kind == "mean for sum"
    assert "perhaps" not in found.text


def test_operands_of_a_product_that_are_swapped() -> None:
    a, b = Value(2.0, "a"), Value(5.0, "b")
    p = a + 2  # 4
    root = 3 * (p * (b * 1.4))  # dp gets 3 * 7
    assert judged(root, p, "21").right
    found = judged(root, p, "12")
    assert found.kind == "swapped"
    assert "are swapped" in found.text


# --- rounding ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("0.33", True),
        ("0.333", True),
        ("0.3", False),
        (".3333333", True),
        ("3.3e-1", True),
        ("0.330", False),
        ("0.34", False),
        ("0.32", False),
        ("0.3334", False),
        ("0.3333333333333333", True),
        ("-0.33", False),
        ("0", False),
        ("0.0", False),
    ],
)
def test_as_many_digits_as_were_typed(typed: str, right: bool) -> None:
    x = Value(3.0, "x")
    found = judged(ag.log(x), x, typed)
    assert found.right is right
    exact = len(typed) > 12
    assert not right or found.text == f"right{'' if exact else ' to the digits you typed'}: dv1/dx = 0.333333"


def test_ties_may_be_rounded_either_way() -> None:
    x = Value(1.0, "x")
    for typed, right in (("0.13", True), ("0.12", True), ("0.125", True), ("0.11", False), ("0.14", False)):
        assert judged(0.125 * x, x, typed).right is right


def test_a_number_that_was_not_typed_must_be_right_to_the_checkers_tolerance() -> None:
    x = Value(3.0, "x")
    root = ag.log(x)
    assert judge_guess(root, x, 1 / 3).right
    assert judge_guess(root, x, 1 / 3, typed="1/3").text == "right: dv1/dx = 0.333333"
    assert judge_guess(root, x, 0.3333333333).right
    assert not judge_guess(root, x, 0.33).right
    assert not judge_guess(root, x, 0.3333333).right


def test_a_slip_may_be_rounded_too() -> None:
    x = Value(3.0, "x")
    root = 2 * ag.log(x)
    assert judged(root, x, "0.33").text == "0.33 is not dv2/dx: you left out dv2/dv1 = 2"
    assert judged(root, x, "0.32").kind == "unexplained"


# --- chains, kinks, constants ------------------------------------------------------------------------------------


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_a_chain_of_sigmoids() -> None:
    x, w = Value(0.5, "x"), Value(-1.5, "w")
    first = ag.sigmoid(w * x)
    second = ag.sigmoid(2 * first)
    s1 = logistic(-0.75)
    s2 = logistic(2 * s1)
    slope1, slope2 = s1 * (1 - s1), s2 * (1 - s2)
    assert judged(second, x, repr(slope2 * 2 * slope1 * -1.5)).right
    assert judged(second, w, f"{slope2 * 2 * slope1 * 0.5:.3g}").right
    assert judged(second, first, repr(2 * slope2)).right
    no_inner = judged(second, x, repr(slope2 * 2 * -1.5))
    assert no_inner.text.endswith(f": you left out dv2/dv1 = {slope1:.6g}")
    assert judged(second, x, repr(slope2 * slope1 * -1.5)).text.endswith(": you left out dv3/dv2 = 2")
    assert judged(second, x, repr(slope2 * 2 * slope1)).text.endswith(": you left out dv1/dx = -1.5")
    assert judged(second, x, repr(-slope2 * 2 * slope1)).kind == "unexplained"  # two slips
    assert judged(second, x, repr(slope2 * 2 * slope1 * 0.5)).text.endswith(": that is the gradient of w")
    twice = judged(second, x, repr(slope2 * 2 * slope1**2 * -1.5))
    assert (twice.kind, "dv2/dv1" in twice.text) == ("extra factor", True)


def test_wrong_rules_are_known_as_to_the_diagnosis() -> None:
    x = Value(0.6, "x")
    found = judged(ag.sigmoid(ag.sin(x)), x, repr(logistic(math.sin(0.6)) * math.cos(0.6)))
    assert found.kind == "wrong function"
    found = judged(3 * ag.cos(x), x, repr(3 * math.sin(0.6)))
    assert found.kind == "sign"
    found = judged(x**2 * ag.exp(x), x, repr(2 * 0.6 * math.exp(0.6)))
    assert found.kind == "missing path"


def test_at_a_kink_every_subgradient_is_right() -> None:
    z = Value(0.0, "z")
    for typed in ("0", "0.5", "1"):
        found = judged(ag.relu(z), z, typed)
        assert found.right
        assert found.text == "right: a kink: any slope from 0 to 1 is a subgradient, and backward takes 0"
    assert not judged(ag.relu(z), z, "1.5").right
    assert not judged(ag.relu(z), z, "-0.1").right
    third = abs(z) / 3
    assert [judged(third, z, t).right for t in ("0.33", "-0.33", "0.34", "0.3334")] == [True, True, False, False]
    other = 2 * abs(z) / 3
    assert [judged(other, z, t).right for t in ("0.67", "0.68")] == [True, False]  # 0.67 is above 2/3


def test_kinks_that_cancel() -> None:
    z = Value(0.0, "z")
    root = ag.relu(z) - ag.relu(-z)  # z, but backward gives 0
    assert judged(root, z, "0").text == "right: dv4/dz = 0"
    assert judged(root, z, "1").text.startswith("right by the function's values; backward gives dv4/dz = 0 here")
    assert not judged(root, z, "2").right


def test_without_a_derivative_backwards_number_is_right() -> None:
    x = Value(2.0, "x")
    found = judged(ag.floor(x) * x, x, "2")
    assert found.right
    assert found.text == "right by backward's convention: dv2/dx = 2; there is no derivative, for f jumps here"
    wrong = judged(ag.floor(x) * x, x, "7")
    assert wrong.text.endswith("(f jumps here, and backward takes a convention)")
    z = Value(0.0, "z")
    assert not judged(ag.sqrt(z), z, "1e300").right
    assert judge_guess(ag.sqrt(z), z, 0.0, reveal=True).text.endswith("; it is inf")


def test_constants_get_nothing() -> None:
    root, nodes = worked()
    for guess in (0.0, 3.0):
        found = judge_guess(root, nodes["x"], guess)
        assert found == Guess(guess == 0.0, guess, 0.0, "no gradient flows to x, a constant", "constant")
    assert judge_guess(root, Value(1.0, "c", constant=True), 0).kind == "constant"


def test_a_node_that_the_root_does_not_depend_on() -> None:
    root, _, _ = shared()
    q = Value(3.0, "q")
    assert judged(root, q, "0").text == "right: dv3/dq = 0"
    assert judged(root, q, "2").text == "2 is not dv3/dq: that is the gradient of a"
    assert judged(root, q, "9").kind == "unexplained"


# --- what is refused, and what is large --------------------------------------------------------------------------


@pytest.mark.parametrize("guess", [math.inf, -math.inf, math.nan])
def test_a_guess_is_finite(guess: float) -> None:
    root, a, _ = shared()
    with pytest.raises(ArgumentError, match="a guess is a finite number, got"):
        judge_guess(root, a, guess)


def test_what_makes_no_guess() -> None:
    root, a, _ = shared()
    with pytest.raises(ArgumentError, match=r"the guess is 2\.0, but 3 was typed"):
        judge_guess(root, a, 2.0, typed="3")
    with pytest.raises(ArgumentError, match="but snan was typed"):
        judge_guess(root, a, 2.0, typed="snan")
    with pytest.raises(OperandError, match="str"):
        judge_guess(root, a, "2")  # type: ignore[arg-type]
    with pytest.raises(OperandError, match="one Value by another, got float"):
        judge_guess(root, 2.0, 2.0)
    v = Value(math.inf, "v")
    with pytest.raises(ArgumentError, match="v is inf: there is no slope"):
        judge_guess(v * 2, v, 2.0)


def test_it_is_frozen() -> None:
    root, a, _ = shared()
    found = judge_guess(root, a, 2)
    with pytest.raises(FrozenInstanceError):
        found.right = False  # type: ignore[misc]


def test_gradients_that_are_there_stay() -> None:
    root, a, b = shared()
    root.backward()
    judge_guess(root, b, 7.0)
    assert (a.grad, b.grad, root.grad) == (2.0, 5.0, 1.0)


def test_a_large_graph() -> None:
    x = y = Value(2.0, "x")
    for _ in range(5_000):
        y = y * 1.0
    assert judged(y * x, x, "4").right
    assert judged(y * x, x, "-4").kind == "sign"
    assert judged(y * x, x, "7").kind == "unexplained"


@settings(max_examples=60)
@given(programs())
def test_the_right_number_is_right_and_a_near_one_is_not(program: Program) -> None:
    root, leaves = build(program)
    root.backward()
    weight = sizes(root)
    for leaf in leaves:
        truth = leaf.grad
        assert judge_guess(root, leaf, truth, typed=repr(truth)).right
        assert judge_guess(root, leaf, truth).right
        assume(abs(truth) > 1e-6 * weight.get(leaf, 0.0))
        near = truth * (1 + 1e-4)
        assert not judge_guess(root, leaf, near, typed=repr(near)).right
