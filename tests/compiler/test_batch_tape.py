"""A batch's graph as flat arrays: that of copies recorded one by one, without recording them."""

from __future__ import annotations

import pytest

import autograd as ag
from autograd import Value
from autograd.compiler.plan import Plan
from autograd.compiler.tape import BatchTape, Sample, Tape
from autograd.engine import graph
from autograd.engine.ops import LEAF, Op
from autograd.engine.value import record
from tests.helpers.batches import CASES, COUNTS, leaves, network, neurons_written_out


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
