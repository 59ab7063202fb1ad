"""Guards: which comparisons a compiled function follows, and what it says of one that came out another way."""

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
from autograd import Value, compile, losses
from autograd.compiler import Program
from autograd.compiler.guards import Guard, checker, guards_of
from autograd.engine import modes
from autograd.errors import AutogradError, BranchError, GraphError
from autograd.nn import MLP

RELATIONS = [operator.lt, operator.le, operator.eq, operator.gt, operator.ge]
INF, NAN = math.inf, math.nan
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


def test_operands_inside_a_derivative_are_the_nodes_behind_its_inputs() -> None:
    x = Value(2.0, "x")
    f = lambda v: v * v if v > 1 else v  # noqa: E731
    for take in (lambda: ag.jvp(f, (x,), (1.0,)), lambda: ag.grad(f)(x), lambda: ag.grad(ag.grad(f))(x)):
        assert [(g.left is x, g.right) for g in recorded(take)] == [(True, 1.0)]


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


# ---- A compiled function follows the recorded branches, or says which comparison came out another way


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


# ---- functions of the package branch in the graph alone: a program follows them without a guard

THREE = ((0.0, 1.0, 2.0), (1000.0, 0.0, -1000.0), (40.0, 0.0, 1.0), (1.0, 1.0, 1.0))
MASKED = ((-INF, 0.0, 1.0), (0.0, -INF, -INF), (-INF, -INF, -INF))
CHANCES = ((0.1, 0.2, 0.7), (0.0, 1.0, 0.5), (1.0, 0.0, 0.0), (1.2, 0.1, 0.1), (0.5, -0.1, 0.5), (0.5, 0.5, NAN))
SIZES = ((0.0, 0.0, 0.0), (1e200, 2e200, 0.0), (1e-200, 3e-200, 0.0), (2.0, 2.0, 2.0))
LABELLED = ((0.5, 0.1, 2.0), (0.3, 0.9, 0.0), (0.2, 0.0, 1.0), (0.2, 0.4, 3.0), (0.2, 0.4, 0.5))
TARGETS = ((0.5, 1.0, 0.0), (0.0, 0.5, 1.0), (1.0, 0.25, 0.25), (0.3, 1.5, 0.0), (0.3, 0.0, -0.5))

BRANCHING: dict[str, tuple[Callable[[list[Value]], Any], tuple[tuple[float, ...], ...]]] = {
    "softmax": (lambda v: ag.softmax(v)[0], THREE + MASKED),
    "logsumexp": (ag.logsumexp, (*THREE, *MASKED, (0.0, -40.0, -50.0), (INF, 0.0, 1.0))),
    "std": (ag.std, THREE + SIZES),
    "var": (lambda v: np.var(ag.array(v)), THREE),
    "norm": (lambda v: np.linalg.norm(ag.array(v)), (*THREE, *SIZES, (INF, NAN, 0.0))),
    "sinc": (lambda v: np.sinc(ag.array(v)).sum(), ((0.0, 1.0, 2.5), (1e-9, 0.3, -1.0), (100.5, -3.25, 0.0))),
    "gelu": (lambda v: ag.gelu(v[0]) + ag.elu(v[1]) + ag.silu(v[2]), (*THREE, (-40.0, -1e9, -800.0))),
    "huber": (lambda v: losses.huber(v, [0.0] * 3), (*THREE, (-5.0, 0.1, INF), (1.0, -1.0, 0.0))),
    "hinge": (lambda v: losses.hinge(v, [1, -1, 1]), THREE),
    "hinge, sides": (lambda v: losses.hinge(v[:2], [v[2], 1.0]), ((0.5, 1.0, -1.0), (2.0, 1.0, 1.0), (2.0, 1.0, 0.0))),
    "bce": (lambda v: losses.bce(v, [1.0, 0.0, 0.5]), (*CHANCES, (1e-13, 1.0 - 1e-13, 1e-300))),
    "bce, targets": (lambda v: losses.bce(v[:2], [v[2], 0.5]), CHANCES),
    "bce_with_logits, targets": (lambda v: losses.bce_with_logits([v[0], 0.3], v[1:]), TARGETS),
    "cross_entropy": (lambda v: losses.cross_entropy(v, 0), THREE + MASKED[:2]),
    "cross_entropy of shares": (lambda v: losses.cross_entropy(v, [0.2, 0.3, 0.5]), THREE),
    "cross_entropy, shares": (lambda v: losses.cross_entropy([v[0], 0.3], v[1:]), TARGETS),
    "cross_entropy, label": (
        lambda v: losses.cross_entropy([[v[0], v[1], 0.5]], v[2:], label_smoothing=0.1, weight=[1.0, 2.0, 3.0]),
        LABELLED,
    ),
    "nll, label": (lambda v: losses.nll([v[0], v[1], -0.5], v[2]), LABELLED),
    "categorical_cross_entropy": (lambda v: losses.categorical_cross_entropy(v, 0), CHANCES),
    "categorical_cross_entropy of shares": (lambda v: losses.categorical_cross_entropy(v, [0, 0.4, 0.6]), CHANCES),
    "categorical_cross_entropy, label": (
        lambda v: losses.categorical_cross_entropy([v[0], v[1], 0.5], v[2]), LABELLED
    ),
}  # fmt: skip


def rows_of(point: tuple[float, ...], usual: tuple[float, ...], copies: int) -> list[tuple[float, ...]]:
    return [usual] * (copies - 1) + [point]


def loop(f: Callable[[list[Value]], Any], rows: list[tuple[float, ...]]) -> Any:
    """The mean over the rows and its gradients as the scalar graph has them; or the kind of its error."""
    leaves = [[Value(x) for x in row] for row in rows]
    try:
        root = ag.mean([f(row) for row in leaves])
        root.backward()
    except AutogradError as error:
        return type(error)
    return [root.data, *[v.grad for row in leaves for v in row]]


def replayed(program: Program, leaves: list[list[Value]]) -> Any:
    for row in leaves:
        for v in row:
            v.zero_grad()
    try:
        value = program.forward()
        program.backward()
    except AutogradError as error:
        return type(error)
    return [value, *[v.grad for row in leaves for v in row]]


def agree(got: Any, expected: Any) -> bool:
    if isinstance(got, type) or isinstance(expected, type):
        return got is expected
    return np.allclose(got, expected, rtol=1e-12, atol=1e-300, equal_nan=True)


@pytest.mark.filterwarnings("ignore::autograd.errors.GradientWarning")
@pytest.mark.parametrize("copies", [1, 30])
@pytest.mark.parametrize("name", BRANCHING)
def test_functions_of_the_package_give_the_loops_number_or_its_error(name: str, copies: int) -> None:
    f, points = BRANCHING[name]
    usual = points[0]
    expected = {point: loop(f, rows_of(point, usual, copies)) for point in points}
    recorded = [point for point in points if not isinstance(expected[point], type)]
    assert len(recorded) > 1
    for start in recorded if copies == 1 else recorded[-1:]:
        leaves = [[Value(x) for x in row] for row in rows_of(start, usual, copies)]
        program = compile(lambda leaves=leaves: ag.mean([f(row) for row in leaves]))
        for point in points:
            for v, x in zip(leaves[-1], point, strict=True):
                v.data = x
            assert agree(replayed(program, leaves), expected[point]), (start, point)


@pytest.mark.filterwarnings("ignore::autograd.errors.GradientWarning")
@pytest.mark.parametrize("name", BRANCHING)
def test_each_sample_of_a_batch_takes_its_own_branch(name: str) -> None:
    f, points = BRANCHING[name]
    expected = {point: loop(f, [point]) for point in points}
    finite = [point for point in points if not isinstance(expected[point], type) and math.isfinite(expected[point][0])]
    for start in (finite[0], finite[-1]):
        leaves = [Value(x) for x in start]
        batch = compile(lambda leaves=leaves: f(leaves)).vectorize(leaves)
        batch.set(leaves, finite)
        assert batch.forward() == pytest.approx(np.mean([expected[point][0] for point in finite]), rel=1e-12)
        for point in points:
            batch.set(leaves, [point, *finite])
            if isinstance(expected[point], type):
                with pytest.raises(expected[point]):
                    batch.forward()


@pytest.mark.parametrize("name", [name for name in BRANCHING if name not in ("sinc", "gelu")])  # no form there
def test_over_an_array_namespace_what_the_loop_refuses_is_nan(name: str) -> None:
    f, points = BRANCHING[name]
    leaves = [Value(x) for x in points[0]]
    pure = compile(lambda: f(leaves)).to(np, inputs=[leaves])
    for point in points:
        expected = loop(f, [point])
        with np.errstate(all="ignore"):
            value = float(pure.value(pure.theta(), np.array(point)))
        assert agree([value], [NAN] if isinstance(expected, type) else expected[:1]), point


def test_whether_a_number_is_finite_is_a_branch_as_any_other() -> None:
    x = Value(1.0, "x")
    for predicate in (np.isfinite, np.isinf, np.isnan):
        x.data = 1.0
        program = compile(lambda predicate=predicate: x * 2 if predicate(x) else x * 3)
        assert program.forward() in (2.0, 3.0)
        x.data = NAN if predicate is np.isnan else INF
        with pytest.raises(BranchError):
            program.forward()
