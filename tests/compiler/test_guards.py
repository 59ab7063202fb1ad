"""Guards: which comparisons are recorded, and the check of one and of many."""

from __future__ import annotations

import math
import operator
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, losses
from autograd.compiler.guards import Guard, checker, guards_of
from autograd.engine import modes
from autograd.errors import BranchError, GraphError
from autograd.nn import MLP

RELATIONS = [operator.lt, operator.le, operator.eq, operator.gt, operator.ge]
NUMBERS = [-1.0, -0.0, 0.0, 5e-324, 1.0, 2.0, math.inf, -math.inf, math.nan]


def recorded(f: Callable[[], Any]) -> list[Guard]:
    with modes.comparisons() as seen:
        f()
    return guards_of(seen)


def operands(guards: list[Guard]) -> list[tuple[Any, ...]]:
    return [(g.left, g.relation, g.right, g.outcome) for g in guards]


# --- what is recorded --------------------------------------------------------------------------------------------


def test_guards_keep_operands_outcome_and_order() -> None:
    x, y = Value(2.0, "x"), Value(1.0, "y")
    guards = recorded(lambda: (x > y, x <= 1, bool(y)))
    assert guards[0].left is x
    assert guards[0].right is y
    assert operands(guards[1:]) == [(x, operator.le, 1.0, False), (y, operator.truth, None, True)]
    assert [g.recorded for g in guards] == [(2.0, 1.0), (2.0, 1.0), (1.0, None)]


def test_repeats_and_plain_numbers_are_dropped() -> None:
    x, two, c = Value(2.0), ag.where(True, 2.0, 0.0), Value(2.0, constant=True)
    assert recorded(lambda: (two > 1, two == two, bool(two))) == []
    assert len(recorded(lambda: [x > 1.0 for _ in range(100)])) == 1
    assert len(recorded(lambda: [operator.lt(1.0, x), x > 1, x > np.float64(1)])) == 1
    assert len(recorded(lambda: c > 1)) == 1, "a constant's number may be changed"
    assert len(recorded(lambda: [v > 1 for v in (x, c)])) == 2, "equal numbers do not make one node"


def test_a_plain_node_beside_a_value_is_its_number() -> None:
    (guard,) = recorded(lambda: Value(1.0) < ag.where(True, 2.0, 0.0))
    assert type(guard.right) is float


def test_operands_of_duals_are_the_nodes_below() -> None:
    x = Value(2.0, "x")
    guards = recorded(lambda: ag.jvp(lambda v: v * v if v > 1 else v, (x,), (1.0,)))
    assert [(g.left is x, g.right) for g in guards] == [(True, 1.0)]
    assert recorded(lambda: ag.jvp(lambda v: v * v if v > 1 else v, (2.0,), (1.0,))) == []


def test_the_package_itself_compares_no_values() -> None:
    net = MLP(2, [3, 1])

    def f() -> Value:
        out = net([0.5, -0.5])
        loss: Value = losses.mse([out, out], [1.0, 0.0]) + ag.clip(out, 0, 1) + ag.maximum(out, 0.0) + ag.std([out, 1])
        return loss + losses.huber([out], [1.0]) + losses.hinge([out], [1.0]) + ag.logsumexp([out, 0.0]) + round(out)

    assert recorded(f) == []


# --- one guard ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("relation", RELATIONS)
def test_holds_is_pythons_comparison(relation: Any) -> None:
    for a in NUMBERS:
        for b in NUMBERS:
            for outcome in (True, False):
                guard = Guard(Value(0.0), relation, Value(0.0), outcome, (0.0, 0.0))
                assert guard.holds(a, b) is (bool(relation(a, b)) == outcome)


def test_truth_is_being_other_than_zero() -> None:
    guard = Guard(Value(1.0), operator.truth, None, True, (1.0, None))
    assert [guard.holds(a) for a in (0.0, -0.0, 5e-324, math.nan)] == [False, False, True, True]


def test_the_error_names_the_comparison_and_the_way_out() -> None:
    x, y = Value(2.0, "x"), Value(1.0)
    cases = {
        "x > 1 was true (2 > 1); now it is false (0.5 > 1)": lambda: x > 1,
        "x <= 1e-12 was false (2 <= 1e-12); now it is true (0.5 <= 1e-12)": lambda: x <= 1e-12,
        "bool(x) was true (bool(2)); now it is false (bool(0.5))": lambda: bool(x),
        "x - 1 > a leaf without a label was false (1 > 1)": lambda: x - 1 > y,
        "abs(...) > 1": lambda: abs(x * x - y) > 1,
        "sum(x, ..., 3, ...) > 1": lambda: ag.sum([x, y * y, 3.0, x]) > 1,
    }
    for text, compares in cases.items():
        (guard,) = recorded(compares)
        error = guard.error(0.5, guard.right)
        assert text in str(error)
        assert "compile it again" in str(error)
        assert isinstance(error, GraphError)


# --- many guards -------------------------------------------------------------------------------------------------


def test_checker_agrees_with_every_guard_by_itself() -> None:
    rng = np.random.default_rng(3)
    nodes = [Value(0.0, f"v{i}") for i in range(len(NUMBERS))]
    place = {node: i for i, node in enumerate(nodes)}
    others = [*nodes, *NUMBERS, 2**53 + 1, Fraction(1, 3)]
    numbers = np.array(NUMBERS)
    for _ in range(300):
        guards = []
        for _ in range(int(rng.integers(1, 12))):
            left, right = nodes[rng.integers(len(nodes))], others[rng.integers(len(others))]
            relation: Any = [*RELATIONS, operator.truth][rng.integers(6)]
            right = None if relation is operator.truth else right
            guards.append(Guard(left, relation, right, bool(rng.random() < 0.5), (0.0, 0.0)))
        now = [[NUMBERS[place[v]] if isinstance(v, Value) else v for v in (g.left, g.right)] for g in guards]
        failing = [(g, pair) for g, pair in zip(guards, now, strict=True) if not g.holds(*pair)]
        check = checker(guards, place)
        if not failing:
            check(numbers)
            continue
        with pytest.raises(BranchError) as caught:
            check(numbers)
        guard, pair = failing[0]
        assert str(caught.value) == str(guard.error(*pair))


def test_the_first_that_fails_in_recorded_order_is_named() -> None:
    x, y = Value(2.0, "x"), Value(1.0, "y")
    guards = recorded(lambda: (x < 5, y > 0, x > 1))
    check = checker(guards, {x: 1, y: 0})
    check(np.array([1.0, 2.0]))
    with pytest.raises(BranchError, match="where y > 0 was true"):
        check(np.array([-1.0, 0.0]))
    with pytest.raises(BranchError, match="where x < 5 was true"):
        check(np.array([-1.0, 9.0]))


def test_a_number_that_no_double_holds_is_compared_exactly() -> None:
    x = Value(2.0**53, "x")
    guards = recorded(lambda: (x < 2**53 + 1, x < 10**400, x > -Fraction(1, 3)))
    check = checker(guards, {x: 0})
    check(np.array([2.0**53]))
    with pytest.raises(BranchError, match=r"x < 9007199254740993 was true"):
        check(np.array([2.0**53 + 2]))


def test_no_guards_need_no_check() -> None:
    checker([], {})(np.array([1.0]))


def test_ten_thousand_guards_take_less_than_one_comparison_each() -> None:
    nodes = [Value(float(i), f"v{i}") for i in range(10_000)]
    guards = recorded(lambda: [v >= i for i, v in enumerate(nodes)])
    check = checker(guards, {v: i for i, v in enumerate(nodes)})
    numbers = np.arange(10_000.0)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        check(numbers)
        times.append(time.perf_counter() - start)
    start = time.perf_counter()
    assert all(v >= i for i, v in enumerate(nodes))
    assert min(times) < time.perf_counter() - start
    numbers[7_000] = 0.0
    with pytest.raises(BranchError, match="v7000 >= 7000"):
        check(numbers)
