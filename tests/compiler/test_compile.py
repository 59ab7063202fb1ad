"""Compiled programs: the same numbers as the scalar graph, and what was found in it."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile, datasets, detect_anomaly, dot, exp, log, losses, optim, sum
from autograd.errors import AnomalyError, ArgumentError, BranchError, DomainError, OperandError, RangeError, ShapeError
from autograd.nn import MLP


def moons(seed: int = 1) -> tuple[MLP, Value]:
    x, y = datasets.two_moons(60)
    net = MLP(2, [8, 8, 1], seed=seed)
    return net, losses.bce_with_logits(net(x), y)


def gradients(net: MLP) -> list[float]:
    return [p.grad for p in net.parameters()]


def test_forward_reads_the_leaves_anew_and_stores_the_root() -> None:
    x, y = Value(3.0, "x"), Value(2.0, "y", constant=True)
    root = x * y + exp(x - 3)
    program = compile(root)
    x.data, y.data = 4.0, 5.0
    assert program.forward() == 20.0 + math.e
    assert root.data == 20.0 + math.e


def test_backward_adds_to_leaves_as_eager_does() -> None:
    x, c = Value(3.0, "x"), Value(2.0, "c", constant=True)
    program = compile(x * x * c)
    program.forward()
    program.backward()
    program.backward(seed=0.5)
    assert x.grad == 12.0 + 6.0
    assert c._grad is None


def test_a_network_over_a_batch_becomes_matrix_products() -> None:
    net, loss = moons()
    loss.backward()
    expected = gradients(net)
    net.zero_grad()
    program = compile(loss)
    assert program.forward() == pytest.approx(loss.data, rel=1e-14)
    program.backward()
    np.testing.assert_allclose(gradients(net), expected, rtol=1e-12, atol=1e-16)
    lines = program.describe().splitlines()
    assert lines[0] == "layer 1: Z1 = W1 X + b1, (8x2)(2x60)+(8x1)"
    assert "layer 2: Z2 = W2 A1 + b2, (8x8)(8x60)+(8x1)" in lines
    assert "np.dot(W1, X, out=Z1)" in program.source
    assert "gathered" not in program.source


@pytest.mark.parametrize("make", [
    lambda ps: optim.SGD(ps, lr=0.1), lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, nesterov=True),
    lambda ps: optim.Adam(ps, lr=0.01), lambda ps: optim.RMSprop(ps, lr=0.01),
], ids=["SGD", "momentum", "Adam", "RMSprop"])  # fmt: skip
def test_a_hundred_steps_are_those_of_the_eager_engine(make: Any) -> None:
    x, y = datasets.two_moons(60)
    eager = MLP(2, [8, 8, 1], seed=1)
    by_hand = make(eager.parameters())
    told = []
    for _ in range(100):
        loss = losses.bce_with_logits(eager(x), y)
        told.append(loss.data)
        by_hand.zero_grad()
        loss.backward()
        by_hand.step()
    net, loss = moons()
    optimiser = make(net.parameters())
    program = compile(loss)
    found = [*program.run(optimiser, 40), *program.run(optimiser, 60)]
    np.testing.assert_allclose(found, told, rtol=1e-10)
    np.testing.assert_allclose([p.data for p in net.parameters()], [p.data for p in eager.parameters()], rtol=1e-9)
    np.testing.assert_allclose(gradients(net), gradients(eager), rtol=1e-7, atol=1e-12)


def test_blocks_go_in_and_out() -> None:
    xs = [Value(float(i), f"x{i}", constant=True) for i in range(30)]
    w = Value(2.0, "w")
    program = compile(sum([w * x for x in xs]))
    program.set(xs, np.ones(30))
    assert program.forward() == 60.0
    assert program.read(xs).tolist() == [1.0] * 30
    program.backward()
    assert w.grad == 30.0
    assert program.gradients([w]).tolist() == [30.0]
    with pytest.raises(ShapeError, match=r"\(30,\), the numbers \(3,\)"):
        program.set(xs, [1.0, 2.0, 3.0])
    with pytest.raises(ArgumentError, match="no leaf of this program"):
        program.read([Value(1.0)])


def test_messages_into_overlapping_operands_all_arrive() -> None:
    x = [Value(float(i + 1)) for i in range(25)]
    w = [Value(1.0), Value(10.0)]
    program = compile(sum([dot(w, x[i : i + 2]) for i in range(24)]))
    program.forward()
    program.backward()
    assert [v.grad for v in x] == [1.0] + [11.0] * 23 + [10.0]


@pytest.mark.parametrize("count", [1, 40])
def test_errors_are_those_of_the_eager_engine(count: int) -> None:
    xs = [Value(1.0, f"x{i}") for i in range(count)]
    program = compile(sum([log(x) for x in xs]))
    xs[-1].data = -1.0
    with pytest.raises(DomainError, match=f"log with x{count - 1} = -1.0"):
        program.forward()
    program = compile(sum([exp(x) for x in xs]))
    xs[0].data = 1000.0
    with pytest.raises(RangeError, match=r"exp with x0 = 1000\.0"):
        program.forward()


@pytest.mark.parametrize("count", [1, 40])
def test_anomalies_are_found(count: int) -> None:
    xs = [Value(1.0, f"x{i}") for i in range(count)]
    program = compile(sum([x * x for x in xs]))
    xs[0].data = 1e200
    program.forward()
    with detect_anomaly(), pytest.raises(AnomalyError, match="forward"):
        program.forward()


def test_a_function_is_called_once_and_returns_a_value() -> None:
    x = Value(3.0, "x")
    calls: list[Value] = []
    program = compile(lambda: calls.append(x) or x * x)
    assert program.forward() == 9.0
    assert len(calls) == 1
    for thing in (3.0, lambda: 3.0):
        with pytest.raises(OperandError):
            compile(thing)  # type: ignore[arg-type]


def test_a_leaf_alone() -> None:
    x = Value(3.0, "x")
    program = compile(x)
    assert program.forward() == 3.0
    program.backward()
    assert x.grad == 1.0


def test_foreign_parameters_are_refused() -> None:
    _, loss = moons()
    with pytest.raises(ArgumentError, match="no leaf of this program"):
        compile(loss).run(optim.SGD([Value(1.0, "q")], lr=0.1), 1)


def test_a_long_chain() -> None:
    y = x = Value(0.5, "x")
    for _ in range(20_000):
        y = y * 0.9999 + 0.0001
    program = compile(y)
    assert program.forward() == y.data
    program.backward()
    assert x.grad == pytest.approx(0.9999**20_000, rel=1e-9)


def test_one_sample_traced_and_many_run() -> None:
    x, y = datasets.two_moons(50)
    net = MLP(2, [8, 1], seed=2)
    inputs = [Value(0.0, "x1", constant=True), Value(0.0, "x2", constant=True)]
    target = Value(0.0, "y", constant=True)
    program = compile((net(inputs) - target) ** 2).vectorize([*inputs, target])
    with pytest.raises(ArgumentError, match="there is no batch yet"):
        program.forward()
    with pytest.raises(ShapeError, match=r"\(batch, 3\), got \(50, 2\)"):
        program.set([*inputs, target], x)
    program.set([*inputs, target], np.column_stack([x, y]))
    expected = losses.mse(net(x), y)
    assert program.forward() == pytest.approx(expected.data, rel=1e-13)
    program.backward()
    found = gradients(net)
    net.zero_grad()
    expected.backward()
    np.testing.assert_allclose(found, gradients(net), rtol=1e-11, atol=1e-15)
    assert "Z1 = W1 X + b1, (8x2)(2x50)+(8x1)" in program.describe()
    program.set([*inputs, target], np.column_stack([x, y])[:20])
    assert program.forward() == pytest.approx(losses.mse(net(x[:20]), y[:20]).data, rel=1e-13)
    losses_of_run = program.run(optim.Adam(net.parameters(), lr=0.01), 50)
    assert losses_of_run[-1] < losses_of_run[0]
    with pytest.raises(ArgumentError, match="no leaf of this graph"):
        compile(inputs[0] * 2).vectorize([target])


def test_after_an_error_nothing_is_mixed() -> None:
    x, y = Value(1.0, "x"), Value(2.0, "y")
    program = compile(log(x) * y)
    program.forward()
    x.data = -1.0
    for call in (program.forward, program.backward):
        with pytest.raises(DomainError):
            call()
    assert x._grad is None
    x.data = 1.0
    with pytest.raises(DomainError):
        program.run(optim.SGD([x], lr=0.6), 5)
    assert x.data == pytest.approx(1.0 - 0.6 * 2.0)


def test_a_list_of_leaves_that_changed_is_looked_up_again() -> None:
    x, y = Value(1.0, "x"), Value(2.0, "y")
    program = compile(x * 10 + y)
    leaves = [x]
    program.set(leaves, [3.0])
    leaves[0] = y
    program.set(leaves, [7.0])
    assert program.forward() == 37.0
    with pytest.raises(ArgumentError, match="named twice"):
        program.set([x, x], [1.0, 2.0])


def test_a_root_that_is_a_parameter() -> None:
    q = Value(4.0, "q")
    program = compile(q)
    program.run(optim.SGD([q], lr=0.1), 3)
    assert q.data == pytest.approx(3.7)


def test_what_was_set_stays_for_a_batch_of_another_size() -> None:
    x, w = Value(1.0, "x", constant=True), Value(2.0, "w")
    program = compile(x * w).vectorize([x])
    with pytest.raises(ArgumentError, match="there is no batch yet"):
        program.backward()
    program.set([x], [[1.0], [1.0]])
    program.set([w], [10.0])
    assert program.forward() == 10.0
    program.set([x], [[1.0], [1.0], [1.0]])
    assert program.forward() == 10.0


def test_blocks_have_the_shape_of_the_list_of_now() -> None:
    x = [Value(float(k)) for k in range(4)]
    program = compile(sum(x))
    block: list[Any] = [x[:2], x[2:]]
    assert program.read(block).shape == (2, 2)
    block[:] = x
    assert program.read(block).shape == (4,)  # the same list, and the same leaves in it


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_program_is_not_copied(copied: Any) -> None:
    with pytest.raises(TypeError, match="compile that"):
        copied(compile(Value(2.0) * 3))


def test_what_a_function_inside_compares_counts_outside() -> None:
    x = Value(2.0, "x")
    program = compile(lambda: compile(lambda: x * 3 if x > 0 else -x).root * 2)
    x.data = -1.0
    with pytest.raises(BranchError, match="x > 0 was true"):
        program.forward()
