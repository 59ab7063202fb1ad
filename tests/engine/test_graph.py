"""Walks over graphs, and what a graph costs: order, sharing, depth, width, memory, and how it is freed."""

from __future__ import annotations

import contextlib
import copy
import gc
import pickle
import sys
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import autograd as ag
from autograd import Value
from autograd.engine import graph, messages, ops
from autograd.errors import AutogradError


def chain(length: int) -> tuple[Value, Value]:
    """A chain of binary operations, and the leaf it starts from."""
    start = x = Value(0.5)
    scale, shift = Value(0.999), Value(0.001)
    for _ in range(length // 2):
        x = x * scale + shift
    return x, start


def alive() -> int:
    """How many nodes there are now, but for plain numbers, of which some are kept for later graphs."""
    return sum(isinstance(x, Value) and x._row is not ops.LITERAL for x in gc.get_objects())


@pytest.fixture
def without_collector() -> Iterator[None]:
    """Count references only: nothing here may wait for the cycle collector."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# --- order -------------------------------------------------------------------------------------------------------


def test_every_node_stands_behind_its_parents_and_once() -> None:
    a, b = Value(2.0), Value(3.0)
    shared = a * b
    root = ag.sum([shared, shared * a, ag.sin(shared), b])
    order = graph.topological_order(root)
    place = {v: i for i, v in enumerate(order)}
    assert len(order) == len(place) == 6
    assert order[-1] is root
    assert all(place[p] < place[v] for v in order for p in v.parents)


def test_order_follows_the_operands() -> None:
    a, b, c = Value(1.0, "a"), Value(2.0, "b"), Value(3.0, "c")
    assert [v.label for v in graph.topological_order((a * b) + c) if v.label] == ["a", "b", "c"]
    assert [v.label for v in graph.topological_order(c - (b * a)) if v.label] == ["c", "b", "a"]


def test_order_of_two_roots_holds_what_they_share_once() -> None:
    x = Value(1.0)
    y, z = x + x, x * x
    assert list(map(id, graph.topological_order(y, z))) == list(map(id, [x, y, z]))
    assert graph.topological_order() == []


def test_adjoints_are_a_pure_function() -> None:
    x = Value(3.0)
    y = x * x
    found = graph.adjoints(graph.topological_order(y), {y: 2.0})
    assert found == {y: 2.0, x: 12.0}
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_adjoints_stop_at_the_nodes_that_are_given() -> None:
    x = Value(3.0)
    y = x * x
    z = y + x
    assert graph.adjoints([y, z], {z: 1.0}) == {z: 1.0, y: 1.0}


def test_message_names_a_node_by_its_label_else_by_what_it_is() -> None:
    x = Value(2.0, "speed")
    assert "speed" in messages.name_of(x)
    assert "leaf (2.0)" in messages.name_of(Value(2.0))
    assert messages.name_of((x * 3.0).parents[1]) == "the number 3.0"
    assert "'*'" in messages.name_of(x * x)
    assert len(messages.name_of(Value(1.0, "x" * 10_000))) < 100


# --- sixty doublings, and other work that must not double ------------------------------------------------------------


def test_sixty_doublings_are_exact_and_visit_every_node_once() -> None:
    calls = 0

    def slopes(out: Any, a: Any, b: Any) -> tuple[float, float]:
        nonlocal calls
        calls += 1
        return 1.0, 1.0

    add = ag.primitive("counted addition", lambda a, b: a + b, slopes)
    for double in (lambda x: x + x, lambda x: add(x, x), lambda x: ag.sum([x, x]), lambda x: ag.dot([x], [2.0])):
        start = x = Value(1.0)
        for _ in range(60):
            x = double(x)
        assert len(graph.topological_order(x)) <= 62
        x.backward()
        assert x.data == start.grad == 2.0**60
    assert calls == 60  # paths number 2**60


def test_second_order_of_repeated_squaring_grows_with_the_nodes() -> None:
    sizes = []
    for depth in (10, 20, 40):
        start = x = Value(1.0)
        for _ in range(depth):
            x = x * x
        x.backward(create_graph=True)
        sizes.append(len(graph.topological_order(start.grad)))
        assert start.grad.data == 2.0**depth
    assert sizes[2] - sizes[1] <= 2.2 * (sizes[1] - sizes[0])
    assert sizes[2] < 10 * 40


# --- depth and width -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_collector")  # its full passes over a million nodes would take most of the time
def test_a_chain_of_a_million_nodes_goes_through_everything() -> None:
    assert sys.getrecursionlimit() <= 1000, "the default, which no walk may depend on"
    length, before = 1_000_000, alive()
    root, start = chain(length)
    root.backward()
    expected = 1.0
    for _ in range(length // 2):
        expected *= 0.999
    assert start.grad == expected  # it underflows, just as this loop does
    copied = copy.deepcopy(root)
    assert copied is not root
    assert (copied.data, copied.grad) == (root.data, root.grad)
    assert alive() > before + 2 * length
    del copied
    assert length < alive() - before < length + 10
    stored, data = pickle.dumps(root), root.data
    del root
    assert alive() - before < 10
    restored = pickle.loads(stored)
    assert (restored.data, restored.grad) == (data, 1.0)
    count, node = 0, restored
    while node.parents:
        count, node = count + 1, node.parents[0]
    assert (count, node.data) == (length, 0.5)
    del node, restored
    assert alive() - before < 10


@pytest.mark.parametrize("step", [lambda x: ag.sin(x), lambda x: x**2, lambda x: ag.sum([x, 0.1]), lambda x: x.relu()])
def test_deep_chains_of_every_kind_of_node_are_walked_and_freed(step: Callable[[Value], Value]) -> None:
    before = alive()
    start = x = Value(0.5)
    for _ in range(20_000):
        x = step(x)
    x.backward()
    copied = pickle.loads(pickle.dumps(copy.deepcopy(x)))
    assert (copied.data, copied.op) == (x.data, x.op)
    del x, copied
    assert alive() - before < 10
    assert not start.parents


def test_second_order_of_a_deep_chain() -> None:
    start = x = Value(1.0)
    for _ in range(20_000):
        x = x * 1.0 + 0.0
    (x * x).backward(create_graph=True)
    gradient = start.grad
    start.zero_grad()
    gradient.backward()
    assert (gradient.data, start.grad) == (2.0, 2.0)


def test_fan_in_of_100_000() -> None:
    count = 100_000
    leaves = [Value(float(i)) for i in range(count)]
    root = ag.sum(leaves)
    root.backward()
    assert root.data == count * (count - 1) / 2
    assert all(v.grad == 1.0 for v in leaves)
    neuron = ag.dot(leaves, leaves, 1.0)
    neuron.backward()
    assert [v.grad for v in leaves] == [1.0 + 2.0 * i for i in range(count)]
    wide = ag.sum(leaves[:10_000])
    assert len(pickle.loads(pickle.dumps(wide)).parents) == len(copy.deepcopy(wide).parents) == 10_000


def test_fan_out_of_100_000() -> None:
    count = 100_000
    x = Value(3.0)
    root = ag.sum([x * float(i) for i in range(count)])
    root.backward()
    assert x.grad == count * (count - 1) / 2
    repeated = ag.sum([x] * count)
    x.zero_grad()
    repeated.backward()
    assert x.grad == count
    total = 0
    for _ in range(count):
        total = total + x
    x.zero_grad()
    total.backward()
    assert x.grad == count


# --- memory ----------------------------------------------------------------------------------------------------------


def small_graph() -> Value:
    """The root of a graph of many kinds of nodes that has been back-propagated."""
    a, b, c = Value(0.5, "a"), Value(-2.0), Value(3.0, constant=True)
    z = ag.dot([a, b], [b, 2.5], c)
    y = ag.sum(
        [a * a, z.tanh() / 2, a**3, 2**a, abs(b), ag.maximum(a, b, 0.0), ag.where(a > 0, lambda: ag.log(a), 0.0)]
    )
    y = y + ag.mean([ag.sigmoid(a), *ag.softmax([a, b, c])]) - ag.std([a, b])
    y.backward()
    y.backward()
    return y


@pytest.mark.usefixtures("without_collector")
def test_graph_is_freed_the_moment_that_nobody_holds_its_root() -> None:
    before, root = alive(), small_graph()
    assert alive() > before + 20
    del root
    assert alive() == before
    assert gc.collect() == 0


@pytest.mark.usefixtures("without_collector")
def test_copies_and_pickles_are_freed_too() -> None:
    root = small_graph()
    gc.collect()
    before = alive()
    copied, restored = copy.deepcopy(root), pickle.loads(pickle.dumps(root))
    assert alive() > before + 40
    del copied, restored
    assert alive() == before
    assert gc.collect() == 0


@pytest.mark.usefixtures("without_collector")
def test_graph_is_freed_after_a_backward_that_raised() -> None:
    def attempt() -> None:
        x = Value(0.0)
        root = ag.atan2(x, x) + x
        with contextlib.suppress(AutogradError):
            root.backward()

    before = alive()
    attempt()
    assert alive() == before


@pytest.mark.usefixtures("without_collector")
def test_recorded_gradients_are_freed_once_leaves_forget_them() -> None:
    x = Value(2.0)
    before = alive()
    y = x * x
    y.backward(create_graph=True)
    held = alive()
    x.zero_grad()
    y.zero_grad()
    del y
    assert alive() < held - 3
    assert gc.collect() == 0
    assert alive() == before


class Labelled(Value):
    """A subclass, whose nodes have attributes of their own."""


@pytest.mark.usefixtures("without_collector")
def test_weak_references_end_with_their_node() -> None:
    ended: list[Any] = []
    nodes = [Value(2.0), Value(2.0) * 3.0, Labelled(2.0)]
    references = [weakref.ref(v, ended.append) for v in nodes]
    known = weakref.WeakSet(nodes)
    assert [r() is v for r, v in zip(references, nodes, strict=True)] == [True] * 3
    nodes.clear()
    assert [r() for r in references] == [None] * 3
    assert set(map(id, ended)) == set(map(id, references))
    assert len(known) == 0


def test_weak_references_end_with_a_cycle_and_along_a_deep_chain() -> None:
    root, _ = chain(50_000)
    references = [weakref.ref(v) for v in graph.topological_order(root) if v.parents]
    del root
    assert all(r() is None for r in references)
    held = Labelled(2.0)
    held.itself = held  # type: ignore[attr-defined]
    reference = weakref.ref(held)
    del held
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("build", [lambda x, y: x * y, lambda x, y: x + 1.0, lambda x, y: ag.exp(x), lambda x, y: x**2])
def test_node_costs_the_collector_at_most_two_objects(build: Callable[[Value, Value], Value]) -> None:
    x, y = Value(0.5), Value(0.25)
    build(x, y).backward()
    count = 1000
    gc.collect()
    gc.disable()
    before = len(gc.get_objects())
    nodes = [build(x, y) for _ in range(count)]
    after = len(gc.get_objects())
    gc.enable()
    assert len(nodes) == count
    assert after - before <= 2 * count + 2


def test_binary_node_takes_at_most_136_bytes_before_and_after_backward() -> None:
    # From 3.12 on, CPython keeps the place of weak references beside one for a dict that nodes do not have.
    most = 136 if sys.version_info < (3, 12) else 144
    count = 20_000
    chain(10)[0].backward()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    root, _ = chain(count)
    built = tracemalloc.get_traced_memory()[0] - before
    root.backward()
    swept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert built / count <= swept / count < most + 0.5  # the rest is the ends of the chain


def test_backward_keeps_nothing_but_the_gradients() -> None:
    root, _ = chain(20_000)
    root.backward()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(3):
        root.backward()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown <= 24 * 20_000 + 4096  # a float for each node, and the old ones were not traced
