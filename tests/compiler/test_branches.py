"""A compiled function follows the recorded branches, or says which comparison came out another way."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile
from autograd.errors import BranchError


def test_a_branch_that_stays_replays_and_one_that_flips_raises() -> None:
    x = Value(3.0, "x")
    program = compile(lambda: x * x if x > 1 else -x)
    x.data = 2.0
    assert program.forward() == 4.0
    x.data = 1.0
    with pytest.raises(BranchError, match=r"x > 1 was true \(3 > 1\); now it is false \(1 > 1\)"):
        program.forward()
    x.data = 4.0
    assert program.forward() == 16.0
    program.backward()
    assert x.grad == 8.0


def test_a_backward_pass_without_a_forward_one_is_checked_too() -> None:
    x = Value(3.0, "x")
    program = compile(lambda: x * x if x > 1 else -x)
    x.data = 0.0
    with pytest.raises(BranchError):
        program.backward()
    assert x.grad == 0.0


def test_newtons_iteration_replays_while_it_takes_as_many_steps() -> None:
    a = Value(2.0, "a")

    def root() -> Value:
        x = a * 0.5 + 0.5
        while abs(x * x - a) > 1e-12:
            x = (x + a / x) * 0.5
        return x

    program = compile(root)
    a.data = 2.01
    assert program.forward() == pytest.approx(math.sqrt(2.01), rel=1e-12)
    program.backward()
    assert a.grad == pytest.approx(0.5 / math.sqrt(2.01), rel=1e-9)
    for far, outcome in ((1.0, "true"), (1000.0, "false")):
        a.data = far
        with pytest.raises(BranchError, match=rf"abs\(\.\.\.\) > 1e-12 was {outcome}"):
            program.forward()
    a.data = 1000.0
    assert compile(root).forward() == pytest.approx(math.sqrt(1000.0), rel=1e-12)


def test_pythons_max_and_sorted_are_guarded() -> None:
    xs = [Value(float(i), f"x{i}") for i in (2, 0, 1)]
    biggest = compile(lambda: max(xs) * 10.0)
    middle = compile(lambda: sorted(xs)[1] * 10.0)
    for x, number in zip(xs, (2.5, 0.5, 1.5), strict=True):
        x.data = number
    assert (biggest.forward(), middle.forward()) == (25.0, 15.0)
    xs[1].data = 9.0
    for program in (biggest, middle):
        with pytest.raises(BranchError, match="x0"):
            program.forward()


def test_truth_and_equality_are_guarded() -> None:
    x, y = Value(0.0, "x"), Value(0.0, "y")
    by_truth = compile(lambda: y * 2.0 if x else y * 3.0)
    by_equality = compile(lambda: y * 2.0 if x == y else y * 3.0)
    by_membership = compile(lambda: y * 2.0 if x in (5.0, 0.0) else y * 3.0)
    x.data = -0.0
    assert [p.forward() for p in (by_truth, by_equality, by_membership)] == [0.0, 0.0, 0.0]
    x.data = 1.0
    for program, text in ((by_truth, r"bool\(x\) was false"), (by_equality, "x == y"), (by_membership, "x == 0")):
        with pytest.raises(BranchError, match=text):
            program.forward()


def test_branches_within_other_functions_are_guarded() -> None:
    x, w = Value(3.0, "x"), Value(2.0, "w")

    def leaky(v: Value) -> Value:
        return v if v > 0 else v * 0.1

    program = compile(lambda: ag.sum([leaky(x * k) for k in (w, -w)]))
    w.data = 5.0
    assert program.forward() == 15.0 - 1.5
    w.data = -5.0
    with pytest.raises(BranchError, match=r"x \* w > 0 was true \(6 > 0\); now it is false \(-15 > 0\)"):
        program.forward()


def test_branches_of_a_derivative_within_are_guarded() -> None:
    x = Value(3.0, "x")
    slope = ag.grad(lambda v: v * v if v > 1 else v)
    program = compile(lambda: slope(x) * 1.0)
    x.data = 4.0
    assert program.forward() == 8.0
    x.data = 0.0
    with pytest.raises(BranchError):
        program.forward()


def test_nan_compares_false_and_stays_so() -> None:
    x = Value(math.nan, "x")
    program = compile(lambda: x * 2.0 if x > 1 else x * 3.0)
    assert math.isnan(program.forward())
    x.data = 0.5
    assert program.forward() == 1.5
    x.data = 2.0
    with pytest.raises(BranchError, match=r"x > 1 was false \(nan > 1\)"):
        program.forward()


def test_arrays_of_values_are_compared_element_by_element() -> None:
    X = ag.array(np.arange(30.0) - 10.5, label="X")
    program = compile(lambda: np.where(X > 0, X, X * 0.1).sum())
    for v in X:
        v.data *= 2.0
    numbers = ag.data(X)
    assert program.forward() == pytest.approx(np.where(numbers > 0, numbers, numbers * 0.1).sum(), rel=1e-14)
    X[17].data = -1.0
    with pytest.raises(BranchError, match=r"'?X\[17\]'? > 0 was true"):
        program.forward()


def test_what_was_compared_need_not_lie_below_the_root() -> None:
    x, y = Value(3.0, "x"), Value(1.0, "y")
    program = compile(lambda: y * 2.0 if x * x > 4 else y)
    assert program.forward() == 2.0
    x.data = -3.0
    assert program.forward() == 2.0
    x.data = 1.0
    with pytest.raises(BranchError, match=r"x \*\* 2|x \* x > 4"):
        program.forward()
    constant = compile(lambda: ag.where(x > 0, 1.0, 0.0))
    assert constant.forward() == 1.0
    x.data = -1.0
    with pytest.raises(BranchError, match="x > 0"):
        constant.forward()


def test_a_result_that_is_there_already_has_no_guards() -> None:
    x = Value(3.0, "x")
    program = compile(x * x if x > 1 else -x)
    x.data = 0.5
    assert program.forward() == 0.25


def test_a_thousand_samples_with_a_branch_each() -> None:
    w = Value(1.0, "w")
    samples = np.linspace(-1.0, 1.0, 1000)

    def loss() -> Value:
        scores = [w * s for s in samples]
        return ag.sum([z if z > -2.0 else z * 0.5 for z in scores])

    program = compile(loss)
    w.data = 1.5
    assert program.forward() == pytest.approx(0.0, abs=1e-12)
    w.data = 3.0
    with pytest.raises(BranchError, match=r"w \* -1 > -2|w \* \(-1\) > -2"):
        program.forward()
