"""What a program costs, counted rather than timed: steps, lines of source, bytes for each node, depth."""

from __future__ import annotations

import functools
import gc
import itertools
import math
import operator
import random
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, losses, optim
from autograd.compiler import Program
from autograd.compiler.numpy_source import Source
from autograd.compiler.plan import Plan
from autograd.nn import MLP
from tests.benchmarks.workloads import OURS, planned, random_plan

Score = Callable[[list[list[Value]]], list[list[Any]]]
WRITINGS = ("neurons", "+ and *")


def written(sizes: list[int], activation: str, writing: str) -> tuple[list[Value], Score]:
    """A network's parameters, and its outputs for rows of inputs: of our neurons, or of sums and products."""
    net = MLP(sizes[0], sizes[1:], activation=activation, seed=1)
    parameters = net.parameters()
    if writing == "neurons":
        return parameters, lambda rows: [y if isinstance(y, list) else [y] for y in map(net, rows)]
    numbers = iter(parameters)
    layers = [[[next(numbers) for _ in range(i + 1)] for _ in range(o)] for i, o in itertools.pairwise(sizes)]

    def score(rows: list[list[Value]]) -> list[list[Any]]:
        outputs = []
        for a in rows:
            for layer in layers:
                z = [sum((w * x for w, x in zip(row, a, strict=False)), row[-1]) for row in layer]
                a = z if layer is layers[-1] else [getattr(v, activation)() for v in z]
            outputs.append(a)
        return outputs

    return parameters, score


def steps_of(program: Program) -> int:
    return int(repr(program).split(" nodes in ")[1].split(" ")[0])


def code(source: str) -> list[str]:
    """The lines without those at the top that say what the names stand for."""
    return [line for line in source.splitlines() if not line.startswith("#")]


def nodes_of(program: Program) -> int:
    return int(repr(program).split("(")[1].split(" ")[0].replace(",", ""))


def rows_of(count: int, width: int) -> list[list[Value]]:
    rng = random.Random(0)
    return [[Value(rng.gauss(0, 1), constant=True) for _ in range(width)] for _ in range(count)]


def moons(writing: str) -> tuple[list[Value], Value]:
    """micrograd's demo: 2-16-16-1 on 100 points, hinge loss and a penalty on all parameters."""
    parameters, score = written([2, 16, 16, 1], "relu", writing)
    labels = [1.0, -1.0] * 50
    terms = [(1 + -y * out[0]).relu() for y, out in zip(labels, score(rows_of(100, 2)), strict=True)]
    return parameters, sum(terms) * (1.0 / len(terms)) + 1e-4 * sum(p * p for p in parameters)


def regression(writing: str) -> tuple[list[Value], Value]:
    parameters, score = written([10, 64, 1], "tanh", writing)
    errors = [out[0] + -math.sin(k + 1) for k, out in enumerate(score(rows_of(32, 10)))]
    return parameters, sum(e * e for e in errors) * (1.0 / 32)


def digits(writing: str) -> tuple[list[Value], Value]:
    parameters, score = written([64, 32, 10], "relu", writing)
    return parameters, losses.cross_entropy(score(rows_of(64, 64)), [k % 10 for k in range(64)])


NETWORKS: dict[str, tuple[Callable[[str], tuple[list[Value], Value]], int, int]] = {  # with its steps and lines
    "two moons": (moons, 11, 76),
    "regression": (regression, 6, 52),
    "digits": (digits, 7, 84),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_takes_few_steps_however_it_is_written(name: str) -> None:
    make, steps, lines = NETWORKS[name]
    programs = [ag.compile(make(writing)[1]) for writing in WRITINGS]
    for program in programs:
        assert steps_of(program) == steps
        assert len(code(program.source)) <= lines
        # The scores of digits, less the true class's, are gathered and scattered once; in the others nothing is.
        gathered = [line for line in program.source.splitlines() if ".take(" in line and "out=" in line]
        assert max(len(gathered), program.source.count("np.add.at")) <= (name == "digits")
    assert programs[0].describe() == programs[1].describe()
    assert programs[0].forward() == pytest.approx(programs[1].forward(), rel=1e-13)


@pytest.mark.parametrize(("make", "made"), [(moons, 8_119), (regression, 5_348), (digits, 11_947)])
def test_node_counts(make: Any, made: int) -> None:
    """With our neurons: leaves, numbers, and two nodes for each neuron and sample."""
    assert nodes_of(ag.compile(make("neurons")[1])) == made


@pytest.mark.parametrize("name", NETWORKS)
def test_the_parameters_of_a_network_are_one_view(name: str) -> None:
    parameters, loss = NETWORKS[name][0]("neurons")
    plan = Plan([loss])
    assert sorted(plan.place_of(p) for p in parameters) == list(range(len(parameters)))


def test_a_pass_is_for_what_is_asked_and_no_more() -> None:
    """Inputs that could be trained, but are not: the pass of an optimiser has no gradient for them."""
    net = MLP(4, [8, 1], seed=0)
    rows = [[Value(float(i + k)) for k in range(4)] for i in range(8)]
    plan = Plan([losses.mse(net(rows), [[0.0]] * 8)])
    source = Source(plan)

    def names(leaves: list[Value] | None) -> set[str]:
        run: Any = source.backward(leaves).run
        return set(run.__code__.co_names)

    inputs = [x for row in rows for x in row]
    both, parameters, points = names(None), names(net.parameters()), names(inputs)
    assert both == parameters | points
    # What only the inputs need is one gradient and the weights beside it; what only the parameters need, theirs.
    assert {name[:2] for name in points - parameters if name.startswith("d")} == {"dX"}
    assert {name[:2] for name in parameters - points if name.startswith("d")} == {"dW"}


def test_run_sends_nothing_to_leaves_that_it_does_not_train() -> None:
    net = MLP(4, [8, 1], seed=0)
    rows = [[Value(float(i + k)) for k in range(4)] for i in range(8)]
    program = ag.compile(losses.mse(net(rows), [[0.0]] * 8))
    program.run(optim.Adam(net.parameters(), lr=0.01), 3)
    assert not program.gradients(rows).any()
    assert program.gradients(net.parameters()).any()


def test_a_random_graph_takes_a_few_lines_for_each_level() -> None:
    program = ag.compile(planned(random_plan(5_000), OURS).root)
    steps = steps_of(program)
    assert steps <= 320
    assert program.source.count("np.add.at") + program.source.count("V.take(") <= steps
    assert len(code(program.source)) <= 10 * steps


# --- memory and depth ----------------------------------------------------------------------------------------------


def chain(count: int) -> Value:
    y = Value(0.5, "x")
    for _ in range(count // 2):
        y = y * 0.9999 + 0.0001
    return y


def wide(count: int) -> Value:
    return ag.sum([Value(k % 7 - 3.0).tanh() for k in range(count)])


def matrices(count: int) -> Value:
    """Sums of products; in each sample 16 neurons of 16 weights."""
    w, b = [[Value(0.1 * i - 0.01 * j) for j in range(16)] for i in range(16)], [Value(0.1) for _ in range(16)]
    made = []
    for x in rows_of(count // 500, 16):
        made += [
            functools.reduce(operator.add, map(operator.mul, row, x), c).tanh() for row, c in zip(w, b, strict=True)
        ]
    return ag.sum(made)


@pytest.mark.parametrize(
    ("make", "kept", "most"), [(chain, 160, 300), (wide, 450, 1100), (matrices, 180, 300)], ids=["chain", "wide", "net"]
)
def test_a_program_keeps_few_bytes_for_each_node(make: Callable[[int], Value], kept: int, most: int) -> None:
    root = make(20_000)
    Program(root)  # formulas of rows are read once and kept
    gc.collect()
    tracemalloc.start()
    try:
        program = Program(root)
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert now / nodes_of(program) < kept
    assert peak / nodes_of(program) < most


def test_a_program_is_freed_with_its_last_reference() -> None:
    root = wide(2_000)
    program = Program(root)
    program.forward()
    program.backward()
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(3):
            again = Program(root)
            again.forward()
            del again
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 50_000


def test_a_chain_of_200_000_nodes() -> None:
    root = chain(200_000)
    program = ag.compile(root)
    assert program.forward() == root.data
    program.backward()
    leaf = root
    while leaf.parents:
        leaf = leaf.parents[0]
    assert leaf.grad == pytest.approx(0.9999**100_000, rel=1e-9)


def test_a_graph_of_100_000_nodes_side_by_side() -> None:
    xs = [Value(k % 7 - 3.0) for k in range(50_000)]
    total = xs[0].tanh()
    for x in xs[1:]:
        total = total + x.tanh()
    program = ag.compile(total)
    numbers = np.tanh([x.data for x in xs])
    assert program.forward() == pytest.approx(math.fsum(numbers), rel=1e-9)
    program.backward()
    np.testing.assert_allclose([x.grad for x in xs], 1 - numbers**2, rtol=1e-10)
    assert steps_of(program) <= 3
