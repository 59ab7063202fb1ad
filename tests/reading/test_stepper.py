"""The stepper: moving both ways, stopping, answering, and writing only when told to."""

from __future__ import annotations

import warnings

import pytest

from autograd import Stepper, Value, atan2, lessons, sqrt
from autograd.errors import ArgumentError, DivisionByZeroError, ExpressionError, GraphError, OperandError
from autograd.nn import MLP


def two_paths() -> tuple[Value, Value, Value]:
    a, b = Value(2.0, "a"), Value(1.0, "b")
    return (a + b) * (b + 1), a, b


@pytest.fixture
def s() -> Stepper:
    return Stepper(two_paths()[0])


def test_it_stands_before_the_first_record(s: Stepper) -> None:
    assert s.position == 0
    assert len(s) == 10
    assert repr(s) == "Stepper(v3, after 0 of 10 records)"
    assert repr(s.trace()) == "still after 0 of 10 records"


def test_step_back_and_goto(s: Stepper) -> None:
    assert [r.index for r in s.step(3)] == [1, 2, 3]
    assert s.back().position == 2
    assert s.goto(10).position == 10
    assert s.step(0).stop == 10
    assert s.back(0).position == 10


def test_the_same_state_however_it_was_reached() -> None:
    root, *_ = two_paths()
    seen: dict[int, tuple[str, ...]] = {}
    s = Stepper(root)

    def state() -> tuple[str, ...]:
        nodes = s.records.order
        texts = [repr(s.look(n)) for n in nodes if s.records.names[n] != "1"]
        return (str(s.trace()), repr(s.where()), *texts, *(repr(s.why("b")) for _ in range(1)))

    for k in range(11):
        seen[k] = state()
        if k < 10:
            s.step()
    for k in (3, 10, 0, 9, 8, 7, 10, 4):
        s.goto(k)
        assert state() == seen[k]
    for k in range(10, -1, -1):
        s.goto(10)
        s.back(10 - k)
        assert state() == seen[k]


def test_next_goes_to_backward_visits(s: Stepper) -> None:
    assert s.next()[-1].name == "v3"
    assert [r.name for r in s.next()] == ["v2"]
    s.next()
    with pytest.raises(ArgumentError, match="the pass is over"):
        s.next()


def test_next_tells_nodes_of_equal_value_apart() -> None:
    s = Stepper(Value(2.0, "x") * 1.0 * 1.0)
    assert [s.next()[-1].name, s.next()[-1].name] == ["v2", "v1"]


def test_until_stops_when_a_gradient_is_complete(s: Stepper) -> None:
    assert s.until("v2").stop == 8
    assert "the gradient of b is complete" in repr(s.until("b"))
    assert s.look("b").gradient == 5.0
    with pytest.raises(ArgumentError, match=r"complete since record 10; goto\(10\)"):
        s.until("b")


def test_until_a_constant_has_its_value() -> None:
    x, c = Value(1.0, "x"), Value(2.0, "c", constant=True)
    s = Stepper(x * c)
    assert "gets no gradient" in repr(s.until("c"))
    assert s.position == 1  # an input comes before what is trained


def test_run_stops_at_a_condition_and_goes_on_behind_it(s: Stepper) -> None:
    s.break_when("grad == 5")
    assert "break 1: grad == 5 holds at b" in repr(s.run())
    assert s.position == 10
    s.clear()
    s.goto(0)
    s.break_when("value > 5")
    assert s.run().stop == 6
    assert s.run().stop == 10
    assert repr(s.breaks[0]) == "break 1: value > 5"


def test_a_condition_looks_at_complete_gradients_alone(s: Stepper) -> None:
    s.break_when("grad == 3")  # v2's, though b's first contribution is 3 as well
    assert "holds at v2" in repr(s.run())
    assert s.run().stop == 10


def test_messages_can_be_looked_at_too(s: Stepper) -> None:
    s.break_when("message == 3 and upstream == 3")
    assert s.run().stop == 9


@pytest.mark.parametrize("text", ["abs(grad <", "grad", "gradient > 3", "__import__('os') == 1", ""])
def test_conditions_that_do_not_parse(s: Stepper, text: str) -> None:
    with pytest.raises(ExpressionError):
        s.break_when(text)
    assert s.breaks == ()


def test_watching(s: Stepper) -> None:
    assert repr(s.watch("b")) == "b: not computed yet"
    s.goto(8)
    assert repr(s.step()).splitlines()[-1] == "watching b = 1, gradient 3 (1 more to come)"
    assert "watching" not in repr(s.trace())


def test_why() -> None:
    root, _, b = two_paths()
    s = Stepper(root)
    assert repr(s.why("b")) == "nothing has reached b yet; 2 contributions to come"
    s.goto(9)
    assert repr(s.why(b)).splitlines()[0] == "gradient of b = 3 (so far; 1 more contribution to come)"
    s.run()
    assert repr(s.why("b")).splitlines()[-1] == "  sum: 3 + 2 = 5"
    assert "the pass starts here" in repr(s.why(root))


def test_iterating_steps_through_the_rest(s: Stepper) -> None:
    s.goto(7)
    assert [r.index for r in s] == [8, 9, 10]
    assert s.position == 10


def test_nothing_is_written_before_apply() -> None:
    root, a, b = two_paths()
    s = Stepper(root)
    s.run()
    assert (a._grad, b._grad, root._grad) == (None, None, None)
    assert s.apply() == "wrote the gradients of 5 nodes, after 10 of 10 records"
    assert (a.grad, b.grad, root.grad) == (2.0, 5.0, 1.0)


def test_apply_adds_to_leaves_as_backward_does_and_only_once() -> None:
    root, a, b = two_paths()
    root.backward()
    s = Stepper(root)
    s.run()
    s.apply()
    s.apply()
    assert (a.grad, b.grad, root.grad) == (4.0, 10.0, 1.0)
    s.goto(0)
    s.apply()
    assert (a.grad, b.grad) == (2.0, 5.0)
    b.zero_grad()
    s.run()
    s.apply()
    assert (a.grad, b.grad) == (4.0, 5.0)


def test_apply_of_half_a_pass() -> None:
    root, a, b = two_paths()
    s = Stepper(root)
    s.goto(9)
    s.apply()
    assert (a._grad, b.grad) == (None, 3.0)


@pytest.mark.parametrize("call", [
    lambda s: s.step(11), lambda s: s.step(-1), lambda s: s.back(1), lambda s: s.back(-1), lambda s: s.goto(11),
    lambda s: s.goto(-1), lambda s: s.step(1.5), lambda s: s.goto("three"), lambda s: s.step(True),
    lambda s: s.next("house"), lambda s: s.next("layer"), lambda s: s.until("c"), lambda s: s.watch("c"),
    lambda s: s.why(3), lambda s: s.look("1"),
])  # fmt: skip
def test_bad_requests_leave_it_where_it_is(s: Stepper, call: object) -> None:
    with pytest.raises(ArgumentError):
        call(s)  # type: ignore[operator]
    assert s.position == 0


def test_a_step_beyond_the_end_says_how_many_are_left(s: Stepper) -> None:
    s.goto(8)
    with pytest.raises(ArgumentError, match=r"2 records are left, got 5 \(this is after 8 of 10\)"):
        s.step(5)


def test_roots_that_cannot_be_stepped() -> None:
    with pytest.raises(GraphError):
        Stepper(Value(1.0))
    with pytest.raises(OperandError):
        Stepper("loss")


def test_a_rule_without_a_value_leaves_the_position() -> None:
    s = Stepper(atan2(Value(0.0, "y"), Value(0.0, "x")))
    s.goto(4)
    for move in (s.step, s.run, s.next, lambda: s.goto(5)):
        with pytest.raises(DivisionByZeroError):
            move()
        assert s.position == 4


def test_an_infinite_slope_is_named_and_passes_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        s = Stepper(sqrt(Value(0.0, "x")))
        assert "not finite: v1 is the first node" in repr(s.run())


def test_networks_by_neuron_and_layer() -> None:
    root, _ = lessons.get(5).graph("5.2")
    s = Stepper(root)
    s.next("layer")
    assert s.grouping.of(s.trace()[-1].node).layer == 2  # type: ignore[union-attr]
    s.next("layer")
    assert s.grouping.of(s.trace()[-1].node).layer == 1  # type: ignore[union-attr]
    with pytest.raises(ArgumentError, match="no other layer"):
        s.next("layer")
    assert "layer 1, neuron 1" in repr(s.where())


def test_neurons_of_an_mlp() -> None:
    net = MLP(2, [3, 1])
    s = Stepper(net([1.0, -2.0]) ** 2)
    places = []
    while True:
        try:
            places.append(s.grouping.of(s.next("neuron")[-1].node))
        except ArgumentError:
            break
    assert [(p.layer, p.neuron) for p in places if p] == [(2, 1), (1, 3), (1, 2), (1, 1)]
    s.run()
    s.apply()
    grads = [p.grad for p in net.parameters()]
    net.zero_grad()
    s.records.root.backward()
    assert [p.grad for p in net.parameters()] == grads


def test_reprs_stay_short_on_large_graphs() -> None:
    y = Value(1.0, "x")
    for _ in range(20_000):
        y = y * 1.0
    s = Stepper(y)
    for answer in (s.run(), s.where(), s.trace(), s.why("x"), s.watch("x")):
        assert len(repr(answer).splitlines()) < 30
    assert "records not shown" in repr(s.trace())
    assert s.goto(25_000).position == 25_000
