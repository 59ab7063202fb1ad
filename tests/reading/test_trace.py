"""The records of one pass."""

from __future__ import annotations

import dataclasses
import math
import time

import pytest

from autograd import Value, atan2, detect_anomaly, dot, exp, lessons, log, no_grad, relu, sigmoid, steps, tanh
from autograd.errors import DivisionByZeroError, GraphError, OperandError
from autograd.reading.trace import Trace


def two_paths() -> tuple[Value, Value, Value]:
    a, b = Value(2.0, "a"), Value(1.0, "b")
    return (a + b) * (b + 1), a, b


def test_every_value_then_the_seed_then_every_visit() -> None:
    root, _, _ = two_paths()
    records = list(steps(root))
    assert [(r.index, r.kind, r.name) for r in records] == [
        (1, "forward", "a"), (2, "forward", "b"), (3, "forward", "1"), (4, "forward", "v1"), (5, "forward", "v2"),
        (6, "forward", "v3"), (7, "seed", "v3"), (8, "backward", "v3"), (9, "backward", "v2"), (10, "backward", "v1"),
    ]  # fmt: skip


def test_messages_carry_upstream_local_product_sum_and_what_is_still_to_come() -> None:
    root, _, _ = two_paths()
    messages = [m for r in steps(root) for m in r.messages]
    assert [(m.target, m.upstream, m.local, m.product, m.before, m.total, m.waiting) for m in messages] == [
        ("v1", 1.0, 2.0, 2.0, None, 2.0, 0), ("v2", 1.0, 3.0, 3.0, None, 3.0, 0),
        ("b", 3.0, 1.0, 3.0, None, 3.0, 1),
        ("a", 2.0, 1.0, 2.0, None, 2.0, 0), ("b", 2.0, 1.0, 2.0, 3.0, 5.0, 0),
    ]  # fmt: skip


def test_records_are_frozen_and_equal_over_runs() -> None:
    root, _, _ = two_paths()
    record = next(steps(root))
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.value = 3.0  # type: ignore[misc]
    assert list(steps(root)) == list(steps(root))


def test_nothing_is_written_to_the_graph() -> None:
    root, a, b = two_paths()
    root.backward(2.0)
    before = [root._grad, a._grad, b._grad]
    list(steps(root))
    assert [root._grad, a._grad, b._grad] == before


def test_the_values_are_those_of_the_moment_when_the_trace_was_made() -> None:
    root, a, b = two_paths()
    trace = Trace(root)
    a.data = 100.0
    assert trace[0].value == 2.0
    assert trace.gradient(b, len(trace)) == 5.0


def test_lesson_5_by_hand() -> None:
    root, node = lessons.get(5).graph()
    trace = Trace(root)
    assert [trace.gradient(node[name], len(trace)) for name in ("yhat", "z2", "a1", "m2", "m1")] == [2, 2, 1, 12, 2]
    assert str(trace[16]).splitlines()[1] == "  to a1: 2 * 0.5 = 1 (complete); to m2: 2 * 6 = 12 (complete)"


def test_state_after_k_records() -> None:
    root, a, b = two_paths()
    trace = Trace(root)
    assert [trace.gradient(b, k) for k in range(11)] == [None] * 9 + [3.0, 5.0]
    assert [trace.waiting(b, k) for k in (0, 8, 9, 10)] == [2, 2, 1, 0]
    assert [trace.value(root, k) for k in (5, 6)] == [None, 6.0]
    assert trace.complete_at(b) == 10
    assert trace.complete_at(root) == 7
    assert trace.complete_at(a) == 10
    assert [(s.op, m.product) for s, m in trace.contributions(b, 10)] == [("+", 3.0), ("+", 2.0)]


def test_looking_far_ahead_first_changes_nothing() -> None:
    root, _, b = two_paths()
    far, near = Trace(root), Trace(root)
    far[9]
    assert [far[k] for k in range(10)] == [near[k] for k in range(10)]
    assert [far.gradient(b, k) for k in range(11)] == [near.gradient(b, k) for k in range(11)]


def test_an_operand_used_twice_gets_two_messages() -> None:
    x = Value(3.0, "x")
    last = Trace(x * x)[-1]
    assert [(m.operand, m.total, m.waiting) for m in last.messages] == [(0, 3.0, 1), (1, 6.0, 0)]


def test_constants_get_no_message_and_no_visit_is_left_out() -> None:
    x, c = Value(3.0, "x"), Value(2.0, "c", constant=True)
    trace = Trace((c * c) * x)
    assert [r.name for r in trace if r.kind == "backward"] == ["v2", "v1"]
    assert trace[-1].messages == ()
    assert "operands are constants" in str(trace[-1])
    assert trace.complete_at(c) is None


def test_a_dot_serves_each_weight_with_its_input_and_then_the_bias() -> None:
    w, x, b = [Value(1.0, "w1"), Value(2.0, "w2")], [Value(3.0, "x1"), Value(4.0, "x2")], Value(5.0, "b")
    messages = Trace(dot(w, x, b))[-1].messages
    assert [(m.target, m.product) for m in messages] == [("w1", 3), ("x1", 1), ("w2", 4), ("x2", 2), ("b", 1)]


def test_a_seed() -> None:
    root, _, b = two_paths()
    assert Trace(root, seed=-2.0).gradient(b, 10) == -10.0


def test_indexing_like_a_list() -> None:
    root, _, _ = two_paths()
    trace = Trace(root)
    assert trace[-1].index == 10
    assert [r.index for r in trace[2:4]] == [3, 4]
    assert len(trace) == 10
    with pytest.raises(IndexError):
        trace[10]


def test_the_first_number_that_is_not_finite_is_named() -> None:
    x = Value(0.0, "x")
    with pytest.warns(RuntimeWarning):
        (x**0.5).backward()
    trace = Trace(3 * x**0.5)
    assert trace[-1].first_bad == ("v1", trace[-1].index)
    assert "not finite: v1 is the first node to make such a number" in str(trace[-1])


def test_a_later_record_points_back_at_the_first() -> None:
    big = Value(1e300, "big")
    square = big + big * 1e10
    trace = Trace((square * 1.0) * Value(2.0, "c"))
    assert trace[2].first_bad is None or trace[2].first_bad[0] == "v1"
    infinite = [r for r in trace if r.first_bad]
    assert infinite
    assert len({r.first_bad for r in infinite}) == 1


def test_a_rule_without_a_value_raises_where_it_is_reached() -> None:
    x = Value(0.0, "x")
    trace = Trace(atan2(x, Value(0.0, "y")) * 2)
    assert trace[4].kind == "forward"
    with pytest.raises(DivisionByZeroError, match="atan2 has no derivative"):
        trace[-1]


@pytest.mark.parametrize("root", [Value(2.0, "x"), Value(2.0, constant=True)])
def test_nothing_to_step_through(root: Value) -> None:
    with pytest.raises(GraphError, match="no operation made"):
        Trace(root)


def test_no_grad_leaves_nothing_to_step_through() -> None:
    with no_grad():
        y = Value(2.0, "x") * 3
    with pytest.raises(GraphError, match="no_grad"):
        steps(y)


def test_only_values() -> None:
    with pytest.raises(OperandError, match="starts from a Value, got float"):
        Trace(2.0)


def test_modes_do_not_matter() -> None:
    root, _, _ = two_paths()
    with no_grad(), detect_anomaly():
        assert len(list(steps(root))) == 10


def test_words() -> None:
    x, c = Value(-1.0, "x"), Value(2.0, "c", constant=True)
    told = [str(r) for r in steps(relu(x * c) + exp(log(c)) - 3)]
    assert told[:4] == [
        "c is a constant; no gradient flows to it.\n  c = 2",
        "x is a leaf; it gets a gradient.\n  x = -1",
        "3 is a plain number; no gradient flows to it.\n  3",
        "Forward: v1 = x * c.\n  v1 = (-1) * 2 = -2",
    ]
    difference = x - c
    difference.label = "x - c"  # which says how it is made
    assert str(steps(difference)[2]) == "Forward: x - c.\n  x - c = (-1) - 2 = -3"
    assert str(steps(difference)[-1]).startswith("Backward through x - c: a difference passes")


def test_a_pass_begins_with_the_inputs_then_the_weights_and_what_only_the_loss_uses_comes_last() -> None:
    x, y = [Value(1.0, "x1"), Value(2.0, "x2", constant=True)], Value(1.0, "y", constant=True)
    hidden = [tanh(dot([Value(0.1, f"u{k}1"), Value(0.2, f"u{k}2")], x, Value(0.0, f"b{k}"))) for k in (1, 2)]
    p = sigmoid(dot([Value(0.3, "v1"), Value(0.4, "v2")], hidden, Value(0.0, "c")))
    order = [r.name for r in steps(-y * log(p) - (1 - y) * log(1 - p)) if r.kind == "forward" and not r.operands]
    assert " ".join(order) == "x1 x2 u11 u12 b1 u21 u22 b2 v1 v2 c y 1"


def test_a_zero_has_no_sign() -> None:
    x, y = Value(-0.0, "x"), Value(-2.0, "y")
    assert "-0" not in "".join(map(str, steps(-(x * y * 0.0 * -1.0))))


def test_a_long_operand_list_is_cut_in_the_text_alone() -> None:
    xs = [Value(float(i), f"x{i}") for i in range(50)]
    last = Trace(dot(xs, xs))[-1]
    assert len(last.messages) == 100
    assert "... and 94 more" in str(last)
    assert "..., x48, x49" in str(last)


def test_a_chain_of_a_million_nodes() -> None:
    y = x = Value(1.0, "x")
    for _ in range(300_000):
        y = -(y * 1.0)
    started = time.process_time()
    trace = Trace(y)
    assert trace[-1].messages[0].product == 1.0
    assert math.isclose(trace.gradient(x, len(trace)) or 0.0, 1.0)
    assert time.process_time() - started < 60
