"""A graph as flat arrays, and a batch's graph, made without recording its copies."""

from __future__ import annotations

import collections
import random

import pytest

import autograd as ag
from autograd import Value
from autograd.compiler.plan import Plan
from autograd.compiler.tape import BatchTape, Sample, Tape
from autograd.engine import graph
from autograd.engine.ops import ADD, DOT, LEAF, MUL, TANH, Op
from autograd.engine.value import record
from tests.helpers.batches import CASES, COUNTS, leaves, network, neurons_written_out


def labels(tape: Tape, nodes: tuple[int, ...]) -> list[str]:
    return [tape.nodes[i].label for i in nodes]


def a_graph(size: int, seed: int) -> Value:
    """Sums, products, dots, sums of many and functions of what is there already."""
    rng = random.Random(seed)
    nodes = [Value(rng.uniform(-1, 1), f"x{k}") for k in range(5)]
    for _ in range(size):
        a, b, *others = rng.choices(nodes, k=5)
        made = [a + b, a * b, a - 0.5, a.tanh(), ag.sum([a, b, *others]), ag.dot([a, b], others[:2], others[2])]
        nodes.append(rng.choice(made))
    return ag.sum(nodes)


@pytest.mark.parametrize("seed", range(5))
def test_operands_come_first_and_are_those_of_the_graph(seed: int) -> None:
    tape = Tape([a_graph(60, seed)])
    assert len({id(node) for node in tape.nodes}) == len(tape.nodes)
    for i, node in enumerate(tape.nodes):
        operands = tape.operands(i)
        assert all(p < i for p in operands)
        assert tuple(tape.nodes[p] for p in operands) == node.parents
        assert tape.ops[tape.code[i]] is node._row


@pytest.mark.parametrize("seed", range(5))
def test_uses_and_levels(seed: int) -> None:
    root = a_graph(60, seed)
    tape = Tape([root])
    used = collections.Counter(id(p) for node in tape.nodes for p in node.parents)
    used[id(root)] += 1
    assert tape.uses().tolist() == [used[id(node)] for node in tape.nodes]
    level: dict[int, int] = {}
    for node in tape.nodes:
        level[id(node)] = 1 + max([level[id(p)] for p in node.parents], default=-1)
    assert tape.levels().tolist() == list(level.values())


def test_a_node_of_one_and_of_two_operands() -> None:
    x, y = Value(1.0, "x"), Value(2.0, "y")
    tape = Tape([(y * x).tanh()])
    assert (tape.first.tolist(), tape.second.tolist()) == ([-1, -1, 0, 2], [-1, -1, 1, -1])
    assert labels(tape, (0, 1)) == ["y", "x"]
    assert [tape.ops[code] for code in tape.code[2:]] == [MUL, TANH]
    assert tape.many == {}


def test_the_same_operand_twice() -> None:
    x = Value(3.0, "x")
    tape = Tape([x * x])
    assert tape.operands(1) == (0, 0)
    assert tape.uses().tolist() == [2, 1]


def test_a_dot_keeps_weights_with_bias_and_inputs() -> None:
    w, x, b = [Value(1.0, "w0"), Value(2.0, "w1")], [Value(3.0, "x0"), Value(4.0, "x1")], Value(5.0, "b")
    tape = Tape([ag.dot(w, x, b)])
    weights, inputs = tape.many[tape.roots[0]]
    assert (labels(tape, weights), labels(tape, inputs)) == (["w0", "w1", "b"], ["x0", "x1"])
    assert labels(tape, tape.operands(tape.roots[0])) == ["w0", "w1", "x0", "x1", "b"]
    assert tape.code[tape.roots[0]] == tape.code_of(DOT)


def test_neurons_of_a_layer_share_their_inputs() -> None:
    net = ag.nn.Layer(3, 4)
    tape = Tape(net([Value(float(k)) for k in range(3)]))
    inputs = [groups[1] for groups in tape.many.values()]
    assert len(inputs) == 4
    assert len({id(group) for group in inputs}) == 1


def test_a_root_may_lie_below_another_and_be_named_twice() -> None:
    x = Value(1.0, "x")
    y = x.exp()
    tape = Tape([y * 2.0, y, y])
    assert [tape.nodes[i] for i in tape.roots[1:]] == [y, y]
    assert len(tape.nodes) == 4
    assert tape.uses()[tape.roots[1]] >= 2


def test_a_leaf_alone() -> None:
    tape = Tape([Value(1.0)])
    assert (tape.levels().tolist(), tape.uses().tolist(), tape.operands(0)) == ([0], [1], ())


def test_rows_that_the_graph_does_not_use_have_a_code_too() -> None:
    tape = Tape([Value(1.0).tanh()])
    code = tape.code_of(ADD)
    assert tape.ops[code] is ADD
    assert tape.code_of(ADD) == code
    assert code not in tape.code


def test_a_shared_part_is_one_node() -> None:
    x = Value(0.5, "x")
    for _ in range(300):  # 2 ** 300 ways lead from the root to the leaf
        x = x + x
    tape = Tape([x])
    assert len(tape.nodes) == 301
    assert tape.levels().max() == 300


# ---- A batch's graph as flat arrays: that of copies recorded one by one, without recording them


def recorded(root: Value, inputs: list[Value], count: int) -> Value:
    """The mean over copies that share what does not depend on the inputs, recorded as Values."""
    results = []
    for _ in range(count):
        made: dict[Value, Value] = {x: Value(x.data, constant=True) for x in inputs}
        for node in graph.dependents(root, inputs):
            if node not in made:
                made[node] = record(node._row, tuple([made.get(p, p) for p in node.parents]))
        results.append(made[root])
    return ag.mean(results)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", CASES)
def test_the_tape_is_that_of_recorded_copies(name: str, count: int) -> None:
    function, _, width = CASES[name]()
    inputs = leaves(width)
    root = function(inputs)
    sample = Sample(root, inputs)
    got, expected = BatchTape(sample, count), Tape([recorded(root, inputs, count)])

    def ops(tape: Tape) -> list[Op]:
        return [tape.ops[code] for code in tape.code.tolist()]

    assert ops(got) == ops(expected)
    assert got.first.tolist() == expected.first.tolist()
    assert got.second.tolist() == expected.second.tolist()
    assert got.many == expected.many
    assert got.roots == expected.roots
    shared = {node: i for node, i in expected.number.items() if node in set(Tape([root]).nodes)}
    assert got.number == shared
    assert got.levels().tolist() == expected.levels().tolist()
    assert got.uses().tolist() == expected.uses().tolist()
    numbers = {node: i for i, node in enumerate(got.values())}
    assert [[numbers[p] for p in node.parents] for node in numbers] == [
        list(expected.operands(i)) for i in range(len(expected.nodes))
    ]
    assert [node._row for node in numbers] == ops(expected)
    assert all(node in numbers for node in shared)


def test_copies_share_what_the_sample_shares() -> None:
    function, _, width = network()
    inputs = leaves(width)
    tape = BatchTape(Sample(function(inputs), inputs), 5)
    first_layer = [groups for groups in tape.many.values() if len(groups) == 2 and len(groups[1]) == 2]
    assert len(first_layer) == 40
    assert len({id(groups[0]) for groups in first_layer}) == 8  # the weights: the same for all samples
    assert len({id(groups[1]) for groups in first_layer}) == 5  # the inputs: the same for a sample's neurons


def test_the_sample_is_not_changed() -> None:
    function, _, width = neurons_written_out()
    inputs = leaves(width)
    sample = Sample(function(inputs), inputs)
    before = [sample.tape.code.tolist(), sample.tape.first.tolist(), dict(sample.tape.many), list(sample.tape.ops)]
    Plan([inputs[0]], lambda _: BatchTape(sample, 30))
    assert [*(a.tolist() for a in (sample.tape.code, sample.tape.first)), sample.tape.many, sample.tape.ops] == before
    assert sample.inputs.tolist() == [sample.tape.number[x] for x in inputs]
    assert all(x._row is LEAF for x in inputs)
