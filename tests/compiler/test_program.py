"""Programs: what is refused, where leaves are, training in the arrays, and what a program costs."""

from __future__ import annotations

import functools
import gc
import itertools
import math
import operator
import random
import re
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile, dot, losses, optim, tanh
from autograd import sum as total
from autograd.compiler import Program
from autograd.compiler.leaves import Leaves, numbers_of
from autograd.compiler.numpy_source import Backward, Source
from autograd.compiler.plan import Plan
from autograd.engine import value
from autograd.errors import ArgumentError, AutogradError, OperandError, ShapeError
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
    "digits": (digits, 5, 69),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_takes_few_steps_however_it_is_written(name: str) -> None:
    make, steps, lines = NETWORKS[name]
    programs = [ag.compile(make(writing)[1]) for writing in WRITINGS]
    for program in programs:
        assert steps_of(program) == steps
        assert len(code(program.source)) <= lines
        # The scores of digits, the true class's first, are gathered and scattered once; in the others nothing is.
        gathered = [line for line in program.source.splitlines() if ".take(" in line and "out=" in line]
        assert max(len(gathered), program.source.count("np.add.at")) <= (name == "digits")
    assert programs[0].describe() == programs[1].describe()
    assert programs[0].forward() == pytest.approx(programs[1].forward(), rel=1e-13)


@pytest.mark.parametrize(("make", "made"), [(moons, 8_119), (regression, 5_348), (digits, 11_307)])
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

    def names(backward: Backward) -> set[str]:
        run: Any = backward.run
        return set(run.__code__.co_names)

    inputs = [x for row in rows for x in row]
    both = names(source.to_all)
    parameters, points = names(source.backward(net.parameters())), names(source.backward(inputs))
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


# ---- Wrong arguments of a program: one line that says what, and the way out

W = Value(2.0, "w")
ROOT = (W - 1) ** 2
PROGRAM = compile(ROOT)
SGD = optim.SGD([W], lr=0.1)

WRONG: list[tuple[Callable[[], Any], type[AutogradError], str]] = [
    (lambda: PROGRAM.run([W], 3), OperandError, "run takes an optimiser, as optim.SGD(net.parameters(), lr=0.1), got"),
    (lambda: PROGRAM.run(None), OperandError, "got NoneType"),
    (lambda: PROGRAM.run(SGD, 2.5), OperandError, "the number of steps is a whole number, got 2.5"),
    (lambda: PROGRAM.run(SGD, "3"), OperandError, "the number of steps is a whole number, got '3'"),
    (lambda: PROGRAM.run(SGD, -1), ArgumentError, "the number of steps is 0 or more, got -1"),
    (lambda: PROGRAM.set(W, "a"), OperandError, "expected real numbers, got str_; convert them with float(...) first"),
    (lambda: PROGRAM.set(W, None), OperandError, "expected real numbers, got None"),
    (lambda: PROGRAM.set(W, 1j), OperandError, "expected real numbers, got complex128"),
    (lambda: PROGRAM.set([W], [[1.0], [1.0, 2.0]]), ShapeError, "rows have different lengths"),
    (lambda: PROGRAM.read("W1"), ArgumentError, "'W1' is no leaf of this program; name leaves by their Values"),
    (lambda: PROGRAM.read(MLP(2, [1])), ArgumentError, "something of type MLP is no leaf of this program; name leaves"),
    (lambda: PROGRAM.read([[W], [W, W]]), ArgumentError, "in an array or nested lists of equal lengths"),
    (lambda: PROGRAM.read(ROOT), ArgumentError, "it was computed from others, so set those"),
    (lambda: PROGRAM.read(Value(1.0, "q")), ArgumentError, "the compiled graph does not depend on it"),
    (lambda: compile(lambda x: x), OperandError, "takes no arguments; give it what it needs: compile(lambda: f(x))"),  # type: ignore[arg-type]
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "said"), WRONG, ids=[said for _, _, said in WRONG])
def test_what_is_wrong_is_told_in_one_line(call: Callable[[], Any], kind: type[AutogradError], said: str) -> None:
    with pytest.raises(kind, match=re.escape(said)) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_an_error_inside_the_function_is_its_own() -> None:
    def wrong() -> Value:
        return Value(1.0) + len(3)  # type: ignore[arg-type]

    with pytest.raises(TypeError, match=r"object of type 'int' has no len\(\)"):
        compile(wrong)


def test_numbers_in_any_writing() -> None:
    for numbers in ([1, 2], (1.0, 2.0), np.array([1, 2]), np.array([1, 2], dtype=object), np.array([True, 2])):
        assert numbers_of(numbers).tolist() == [1.0, 2.0]
    assert PROGRAM.run(SGD, np.int64(2)).shape == (2,)


# ---- Where leaves are, and whose numbers are read


def four() -> tuple[list[Value], Leaves]:
    nodes = [Value(float(i), f"x{i}") for i in range(4)]
    return nodes, Leaves(list(zip(nodes, (7, 2, 5, 0), strict=True)), set())


def test_numbers_are_read_to_their_places() -> None:
    nodes, leaves = four()
    values = np.full(8, -1.0)
    leaves.refresh(values)
    assert values.tolist() == [3.0, -1.0, 1.0, -1.0, -1.0, 2.0, -1.0, 0.0]
    nodes[0].data = 9.0
    leaves.refresh(values)
    assert values[7] == 9.0


def test_what_is_kept_is_not_read() -> None:
    nodes, leaves = four()
    leaves.keep([[nodes[1]], [nodes[2]]])
    values = np.full(8, -1.0)
    leaves.refresh(values)
    assert values[[2, 5]].tolist() == [-1.0, -1.0]
    assert values[[0, 7]].tolist() == [3.0, 0.0]


def test_places_have_the_block_s_shape() -> None:
    nodes, leaves = four()
    block = [nodes[:2], nodes[2:]]
    assert leaves.places(block).tolist() == [[7, 2], [5, 0]]
    block[0] = nodes[1::-1]  # the same list with other leaves
    assert leaves.places(block).tolist() == [[2, 7], [5, 0]]
    assert leaves.places(nodes[3]).tolist() == [0]


def test_no_leaf_and_one_named_twice_are_refused() -> None:
    nodes, leaves = four()
    with pytest.raises(ArgumentError, match="named twice"):
        leaves.places([nodes[0], nodes[0]])
    with pytest.raises(ArgumentError):
        leaves.places([Value(1.0)])
    with pytest.raises(ArgumentError):
        leaves.places(["x0"])


# ---- Training in the arrays: parameters side by side, in another order, and scattered

Make = Callable[[list[Value]], optim.Optimizer]
RULES: list[Make] = [
    lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9),
    lambda ps: optim.Adam(ps, lr=0.1),
    lambda ps: optim.SGD([{"params": ps[::2], "momentum": 0.9}, {"params": ps[1::2], "maximize": True}], lr=0.01),
    lambda ps: optim.Adam([{"params": ps[:1], "amsgrad": True}, {"params": ps[1:], "lr": 0.01}], lr=0.1),
]


def problem(seed: int) -> tuple[list[Value], Value]:
    """Twelve weights; some are only in a sum of squares, so that their places lie apart."""
    rng = np.random.default_rng(seed)
    weights = [Value(x) for x in rng.normal(size=12).tolist()]
    rows = [[Value(x, constant=True) for x in row] for row in rng.normal(size=(30, 4)).tolist()]
    neurons = [tanh(dot(weights[k : k + 3], row[:3], weights[k + 3])) for row in rows for k in (0, 4)]
    return weights, total([n * n for n in neurons]) + total([w**2 * 0.1 for w in weights])


@pytest.mark.parametrize("make", RULES)
@pytest.mark.parametrize("order", ["as they are", "backwards", "some", "shuffled"])
def test_a_run_is_a_loop_of_passes_and_steps(make: Make, order: str) -> None:
    chosen = {"as they are": range(12), "backwards": range(11, -1, -1), "some": (9, 2, 5), "shuffled": (3, 0, 2, 1)}
    reached = []
    for at_once in (True, False):
        weights, loss = problem(5)
        trained = [weights[i] for i in chosen[order]]
        optimiser = make(trained)
        program = compile(loss)
        if at_once:
            losses = np.concatenate([program.run(optimiser, 3), program.run(optimiser, 4)]).tolist()
        else:
            losses = []
            for _ in range(7):
                for w in weights:
                    w.grad = None
                losses.append(program.forward())
                program.backward()
                optimiser.step()
        reached.append((losses, [w.data for w in weights], optimiser.state_dict()))
    np.testing.assert_allclose(reached[0][0], reached[1][0], rtol=1e-12)
    np.testing.assert_allclose(reached[0][1], reached[1][1], rtol=1e-12)
    for name, row in reached[0][2].items():
        if isinstance(row, np.ndarray):
            np.testing.assert_allclose(row, reached[1][2][name], rtol=1e-10, atol=1e-15)


def test_after_an_error_the_optimiser_s_state_is_in_its_own_order() -> None:
    weights, loss = problem(6)
    optimiser = optim.Adam(weights[::-1], lr=0.1)
    program = compile(loss * Value(1.0, "scale") ** -1.0)
    program.run(optimiser, 2)
    before = {name: row for name, row in optimiser.state_dict().items() if isinstance(row, np.ndarray)}
    (scale,) = [node for node in program._leaves.place if node.label == "scale"]
    scale.data = 0.0
    with pytest.raises(ZeroDivisionError):
        program.run(optimiser, 1)
    after = optimiser.state_dict()
    for name, row in before.items():
        assert row.tolist() == after[name].tolist()


@pytest.mark.pure
def test_equal_plain_numbers_are_one_however_many_nodes_hold_them() -> None:
    def made(forget: bool) -> str:
        weights = [Value(0.3 + i, f"w{i}") for i in range(3)]
        errors = []
        for n in range(20):
            if forget and n == 7:
                value._literals.clear()  # as where a graph holds thousands of numbers
            hidden = [(w * (0.1 * n) + 1.0).relu() for w in weights]
            errors.append((sum(hidden) - 1.0) ** 2)
        return compile(ag.mean(errors)).describe()

    assert made(forget=True) == made(forget=False)
