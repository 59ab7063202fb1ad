"""Traces of random graphs: to the last bit what backward computes, and the same however a position is reached."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autograd import Stepper, Value, dot, sigmoid, sum, tanh
from autograd.engine.graph import topological_order
from autograd.reading.trace import Trace


def random_graph(seed: int, size: int) -> Value:
    """Sums, products, differences, tanh and dots whose operands may be the same node several times."""
    draw = random.Random(seed)
    nodes = [Value(draw.uniform(-2, 2), constant=draw.random() < 0.2) for _ in range(4)]
    for _ in range(size):
        a, b = draw.choice(nodes), draw.choice(nodes)
        kind = draw.randrange(6)
        if kind == 5:
            row = [draw.choice(nodes) for _ in range(7)]
            nodes.append(dot(row[:3], row[3:6], row[6] if draw.random() < 0.5 else None))
        else:
            nodes.append((a + b, a * b, a - b, tanh(a), 0.5 * sigmoid(a))[kind])
    return sum(nodes[-4:])


@given(st.integers(0, 10**9), st.integers(1, 40))
def test_gradients_are_those_of_backward_to_the_last_bit(seed: int, size: int) -> None:
    root = random_graph(seed, size)
    trace = Trace(root)
    mine = [trace.gradient(node, len(trace)) for node in trace.order]
    root.backward()
    for node, gradient in zip(trace.order, mine, strict=True):
        if node._grad is not None:
            assert np.float64(gradient).tobytes() == np.float64(node._grad).tobytes()


@given(st.integers(0, 10**9), st.integers(1, 25), st.lists(st.integers(0, 10**6), min_size=2, max_size=6))
def test_any_walk_to_k_shows_the_same(seed: int, size: int, walk: list[int]) -> None:
    root = random_graph(seed, size)
    straight, wandering = Stepper(root), Stepper(root)
    for k in walk:
        wandering.goto(k % (len(wandering) + 1))
    straight.step(wandering.position)
    assert str(straight.trace()) == str(wandering.trace())
    assert repr(straight.where()) == repr(wandering.where())
    assert all(
        straight.records.gradient(n, straight.position) == wandering.records.gradient(m, wandering.position)
        or n.constant
        for n, m in zip(straight.records.order, wandering.records.order, strict=True)
    )


@given(st.integers(0, 10**9), st.integers(1, 25))
def test_messages_add_up_and_none_is_lost(seed: int, size: int) -> None:
    root = random_graph(seed, size)
    records = list(Trace(root))
    messages = [m for record in records for m in record.messages]
    uses = [p for node in topological_order(root) for p in node.parents if not p.constant]
    assert len(messages) == len(uses)
    for m in messages:
        assert m.total == (m.before or 0.0) + m.product
    for node in {m.node for m in messages}:
        arrived = [m for m in messages if m.node is node]
        assert [m.waiting for m in arrived] == list(range(len(arrived)))[::-1]
