"""Random graphs against references that know nothing of reverse mode.

A program is plain data: leaves, and steps that name an operation and the places of its operands. The engine runs
it on Values; mpmath runs it at 50 digits and takes central differences of the whole. Programs of whole numbers are
differentiated exactly, forwards, by integers that carry their derivatives along.
"""

from __future__ import annotations

import itertools
import math
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

import autograd as ag
from autograd import Value, no_grad
from autograd.engine import graph

DIGITS = 50
STEP = mpf(10) ** -18
LIMIT = 30.0  # programs stay below this, so that no derivative of theirs outgrows the tolerance


class Kind(NamedTuple):
    """One operation, three times: for the engine, for mpmath, and where it is smooth and not steep."""

    arity: int
    engine: Callable[..., Any]
    reference: Callable[..., Any]
    smooth: Callable[..., bool] = lambda *xs: True


def apart(*xs: float) -> bool:
    ordered = sorted(xs)
    return all(b - a > 1e-3 for a, b in itertools.pairwise(ordered))


def logistic(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


KINDS: dict[str, Kind] = {
    "add": Kind(2, lambda a, b: a + b, lambda a, b: a + b),
    "sub": Kind(2, lambda a, b: a - b, lambda a, b: a - b),
    "mul": Kind(2, lambda a, b: a * b, lambda a, b: a * b),
    "div": Kind(2, lambda a, b: a / b, lambda a, b: a / b, lambda a, b: abs(b) > 0.3),
    "neg": Kind(1, lambda a: -a, lambda a: -a),
    "reflected sub": Kind(1, lambda a: 2 - a, lambda a: 2 - a),
    "reflected mul": Kind(1, lambda a: 3 * a, lambda a: 3 * a),
    "reflected div": Kind(1, lambda a: 1 / a, lambda a: 1 / a, lambda a: abs(a) > 0.3),
    "reflected pow": Kind(1, lambda a: 2**a, lambda a: mpf(2) ** a, lambda a: abs(a) < 4),
    "square": Kind(1, lambda a: a**2, lambda a: a * a),
    "cube": Kind(1, lambda a: a**3, lambda a: a * a * a),
    "power": Kind(1, lambda a: a**-0.5, lambda a: 1 / mp.sqrt(a), lambda a: a > 0.3),
    "pow": Kind(2, lambda a, b: a**b, mp.power, lambda a, b: a > 0.3 and abs(b) < 3),
    "mod": Kind(2, lambda a, b: a % b, lambda a, b: a - b * mp.floor(a / b), lambda a, b: b > 0.3 and off(a / b)),
    "exp": Kind(1, ag.exp, mp.exp, lambda a: a < 3),
    "log": Kind(1, ag.log, mp.log, lambda a: a > 0.3),
    "sqrt": Kind(1, ag.sqrt, mp.sqrt, lambda a: a > 0.1),
    "sin": Kind(1, ag.sin, mp.sin),
    "cos": Kind(1, ag.cos, mp.cos),
    "tanh": Kind(1, ag.tanh, mp.tanh),
    "atan": Kind(1, ag.atan, mp.atan),
    "asinh": Kind(1, ag.asinh, mp.asinh),
    "sigmoid": Kind(1, ag.sigmoid, logistic),
    "softplus": Kind(1, ag.softplus, lambda a: mp.log(1 + mp.exp(a))),
    "silu": Kind(1, ag.silu, lambda a: a * logistic(a)),
    "gelu": Kind(1, ag.gelu, lambda a: a * mp.ncdf(a)),
    "relu": Kind(1, ag.relu, lambda a: max(a, mpf(0)), lambda a: abs(a) > 1e-3),
    "leaky relu": Kind(1, ag.leaky_relu, lambda a: a if a > 0 else mpf(0.01) * a, lambda a: abs(a) > 1e-3),
    "abs": Kind(1, abs, abs, lambda a: abs(a) > 1e-3),
    "hypot": Kind(2, ag.hypot, mp.hypot, lambda a, b: abs(a) > 0.1),
    "maximum": Kind(3, ag.maximum, max, apart),
    "minimum": Kind(2, ag.minimum, min, apart),
    "sum": Kind(3, lambda *xs: ag.sum(xs), lambda *xs: mp.fsum(xs)),
    "prod": Kind(3, lambda *xs: ag.prod(xs), lambda *xs: mp.fprod(xs)),
    "mean": Kind(3, lambda *xs: ag.mean(xs), lambda *xs: mp.fsum(xs) / len(xs)),
    "logsumexp": Kind(2, lambda *xs: ag.logsumexp(xs), lambda *xs: mp.log(mp.fsum(map(mp.exp, xs)))),
    "dot": Kind(4, lambda a, b, c, d: ag.dot([a, b], [c, d]), lambda a, b, c, d: a * c + b * d),
    "neuron": Kind(5, lambda a, b, c, d, e: ag.dot([a, b], [c, d], e), lambda a, b, c, d, e: a * c + b * d + e),
}
WHOLE = ("add", "sub", "mul", "neg", "reflected sub", "reflected mul", "square", "cube", "sum", "prod", "dot", "neuron")


def off(x: float) -> bool:
    return 1e-3 < x % 1.0 < 1 - 1e-3


class Program(NamedTuple):
    """What to compute. A leaf is trained, a constant node, or a plain number."""

    leaves: list[float]
    roles: list[str]
    steps: list[tuple[str, tuple[int, ...]]]


def run(program: Program, inputs: list[Any], column: str) -> list[Any]:
    """All results of a program, its inputs first; `column` is "engine" or "reference"."""
    results = list(inputs)
    for name, places in program.steps:
        results.append(getattr(KINDS[name], column)(*(results[i] for i in places)))
    return results


@st.composite
def programs(draw: Any, names: tuple[str, ...] = tuple(KINDS), whole: bool = False) -> Program:
    """A program whose last step depends on a trained leaf; an operation that is steep at its place gives way."""
    decimals = st.floats(-2, 2, allow_subnormal=False).map(lambda x: round(x, 3))
    leaves = draw(st.lists(st.integers(-3, 3).map(float) if whole else decimals, min_size=2, max_size=4))
    role = st.sampled_from(["trained", "trained", "constant", "number"])
    roles = ["trained", *(draw(role) for _ in leaves[1:])]
    limit = 2**20 if whole else LIMIT
    steps: list[tuple[str, tuple[int, ...]]] = []
    values = leaves.copy()

    def add(name: str, places: tuple[int, ...]) -> None:
        kind, xs = KINDS[name], [values[i] for i in places]
        if not kind.smooth(*xs) or not abs(value := float(kind.reference(*map(mpf, xs)))) <= limit:
            name, places = ("sub", (places[0], 0)) if whole else ("tanh", places[:1])
            value = values[places[0]] - values[0] if whole else math.tanh(values[places[0]])
        steps.append((name, places))
        values.append(value)

    for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=9)):
        size = len(values)
        add(name, tuple(draw(st.integers(0, size - 1)) for _ in range(KINDS[name].arity)))
    for place in range(len(values) - 3, len(values)):  # the last results all count, and so does the first leaf
        add("mul" if place % 2 else "add", (0, place))
    steps.append(("sum", tuple(range(len(values) - 3, len(values)))))
    return Program(leaves, roles, steps)


def as_inputs(program: Program) -> list[Any]:
    makers: dict[str, Callable[[float], Any]] = {
        "trained": Value,
        "constant": lambda x: Value(x, constant=True),
        "number": float,
    }
    return [makers[role](x) for x, role in zip(program.leaves, program.roles, strict=True)]


def build(program: Program) -> tuple[Value, list[Value]]:
    """The root, and the trained leaves."""
    inputs = as_inputs(program)
    root = run(program, inputs, "engine")[-1]
    return root, [v for v, role in zip(inputs, program.roles, strict=True) if role == "trained"]


def trained(program: Program) -> list[int]:
    return [i for i, role in enumerate(program.roles) if role == "trained"]


def reference(program: Program, offsets: dict[int, Any]) -> Any:
    return run(program, [mpf(x) + offsets.get(i, 0) for i, x in enumerate(program.leaves)], "reference")[-1]


def sizes(root: Value) -> dict[Value, float]:
    """For every node the sum over all paths of the product of absolute slopes: what rounding errors scale with."""
    size = {root: 1.0}
    for node in reversed(graph.topological_order(root)):
        for parent, slope in zip(node.parents, node.local_derivatives(), strict=True):
            size[parent] = size.get(parent, 0.0) + abs(slope) * size[node]
    return size


def bits(nodes: list[Value]) -> list[str]:
    return [v.grad.hex() for v in nodes]


# --- against mpmath ----------------------------------------------------------------------------------------------


@settings(max_examples=250)
@given(programs())
def test_gradients_are_the_central_differences_of_the_program(program: Program) -> None:
    root, leaves = build(program)
    root.backward()
    scale = sizes(root)
    with mp.workdps(DIGITS):
        assert math.isclose(root.data, reference(program, {}), rel_tol=1e-9, abs_tol=1e-9)
        for leaf, i in zip(leaves, trained(program), strict=True):
            expected = float((reference(program, {i: STEP}) - reference(program, {i: -STEP})) / (2 * STEP))
            error = abs(leaf.grad - expected)
            assert error <= 1e-10 * (1 + scale.get(leaf, 0.0)), f"leaf {i}: {leaf.grad!r}, expected {expected!r}"


@settings(max_examples=100)
@given(programs())
def test_second_derivatives_are_the_second_differences_of_the_program(program: Program) -> None:
    root, leaves = build(program)
    root.backward(create_graph=True)
    first = leaves[0].grad
    for leaf in leaves:
        leaf.zero_grad()
    first.backward()
    scale = 1 + max(sizes(first).values(), default=0.0)
    h = mpf(10) ** -12
    with mp.workdps(DIGITS):
        for leaf, i in zip(leaves, trained(program), strict=True):

            def corner(a: int, b: int, i: int = i) -> Any:
                return reference(program, {0: (a + b) * h} if i == 0 else {0: a * h, i: b * h})

            expected = float((corner(1, 1) - corner(1, -1) - corner(-1, 1) + corner(-1, -1)) / (4 * h * h))
            assert abs(leaf.grad - expected) <= 1e-9 * (scale + abs(expected)), f"leaf {i}: {leaf.grad!r}, {expected!r}"


# --- exactly, in whole numbers -------------------------------------------------------------------------------------


class Whole:
    """An integer that carries its derivatives along: forward mode, of sums and products alone."""

    def __init__(self, value: int, slopes: dict[int, int]) -> None:
        self.value, self.slopes = value, slopes

    def __add__(self, other: Any) -> Whole:
        other = whole(other)
        keys = self.slopes.keys() | other.slopes.keys()
        return Whole(self.value + other.value, {k: self.slopes.get(k, 0) + other.slopes.get(k, 0) for k in keys})

    def __mul__(self, other: Any) -> Whole:
        other = whole(other)
        keys = self.slopes.keys() | other.slopes.keys()
        slopes = {k: self.slopes.get(k, 0) * other.value + other.slopes.get(k, 0) * self.value for k in keys}
        return Whole(self.value * other.value, slopes)

    def __neg__(self) -> Whole:
        return self * -1

    def __sub__(self, other: Any) -> Whole:
        return self + whole(other) * -1

    def __rsub__(self, other: Any) -> Whole:
        return whole(other) + self * -1

    __radd__, __rmul__ = __add__, __mul__


def whole(x: Any) -> Whole:
    return x if isinstance(x, Whole) else Whole(int(x), {})


def exact(program: Program) -> Whole:
    results = [
        Whole(int(x), {i: 1} if role == "trained" else {})
        for i, (x, role) in enumerate(zip(program.leaves, program.roles, strict=True))
    ]
    for name, places in program.steps:
        xs = [results[i] for i in places]
        if name == "sum":
            results.append(sum(xs, whole(0)))
        elif name == "prod":
            results.append(xs[0] * xs[1] * xs[2])
        else:
            results.append(KINDS[name].reference(*xs))
    return results[-1]


@settings(max_examples=300)
@given(programs(WHOLE, whole=True))
def test_gradients_of_whole_numbers_are_exact(program: Program) -> None:
    expected = exact(program)
    root, leaves = build(program)
    root.backward()
    wanted = [expected.slopes.get(i, 0) for i in trained(program)]
    if max(map(abs, wanted), default=0) < 2**50:
        assert root.data == expected.value
        assert [v.grad for v in leaves] == wanted


# --- the two sweeps ------------------------------------------------------------------------------------------------


def table_gradients(root: Value) -> dict[Value, float]:
    return graph.adjoints(graph.topological_order(root), {root: 1.0})


@settings(max_examples=300)
@given(programs(WHOLE, whole=True))
def test_fast_sweep_is_the_rules_of_the_table_exactly_on_whole_numbers(program: Program) -> None:
    root, _ = build(program)
    root.backward()
    by_table = table_gradients(root)
    if all(abs(g) < 2**50 for g in by_table.values()):
        assert {v: v.grad for v in by_table if not v.constant} == {v: g for v, g in by_table.items() if not v.constant}


@settings(max_examples=200)
@given(programs())
def test_fast_sweep_is_the_rules_of_the_table(program: Program) -> None:
    root, _ = build(program)
    root.backward()
    by_table, scale = table_gradients(root), sizes(root)
    for node in graph.topological_order(root):
        if node.constant:
            assert node.grad == 0.0
        else:
            assert abs(node.grad - by_table[node]) <= 1e-13 * scale[node]


@pytest.mark.parametrize("biased", [False, True], ids=["plain", "biased"])
@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_fast_sweep_of_a_dot_with_constants_anywhere(length: int, biased: bool) -> None:
    count = 2 * length + biased
    for mask in range(2**count if count < 7 else 2**7):
        operands = [Value(float(i + 2), constant=bool(mask >> i & 1)) for i in range(count)]
        root = ag.dot(operands[:length], operands[length : 2 * length], operands[-1] if biased else None)
        root.backward()
        halves = operands[length : 2 * length] + operands[:length]
        wanted = [v.data for v in halves] + [1.0] * biased
        assert [v.grad for v in operands] == [0.0 if v.constant else w for v, w in zip(operands, wanted, strict=True)]


def test_fast_sweep_of_a_dot_whose_operands_repeat() -> None:
    x, y = Value(3.0), Value(5.0)
    root = ag.dot([x, y, x, x], [x, x, y, 2.0], bias=x)  # x*x + y*x + x*y + 2*x + x
    root.backward()
    assert (root.data, x.grad, y.grad) == (9 + 15 + 15 + 6 + 3, 2 * 3 + 2 * 5 + 2 + 1, 2 * 3)
    assert table_gradients(root)[x] == x.grad


@settings(max_examples=100)
@given(programs())
def test_create_graph_gives_the_same_first_derivatives(program: Program) -> None:
    root, leaves = build(program)
    root.backward()
    eager = [v.grad for v in leaves]
    scale = sizes(root)
    again, same_leaves = build(program)
    again.backward(create_graph=True)
    for got, v, expected in zip(same_leaves, leaves, eager, strict=True):
        if v in scale:
            assert abs(got.grad.data - expected) <= 1e-13 * scale[v]
        else:
            assert got.grad == expected == 0.0  # the program makes no use of this leaf


# --- repeated and interrupted passes ---------------------------------------------------------------------------------


@given(programs())
def test_second_backward_adds_to_leaves_exactly_twice_and_to_nothing_else(program: Program) -> None:
    root, leaves = build(program)
    inner = [v for v in graph.topological_order(root) if v.parents]
    root.backward()
    once, inside = [v.grad for v in leaves], bits(inner)
    root.backward()
    assert [v.grad for v in leaves] == [2 * g for g in once]
    assert bits(inner) == inside


@given(programs())
def test_repeated_runs_are_identical_to_the_bit(program: Program) -> None:
    def result() -> list[str]:
        root, _ = build(program)
        root.backward()
        return [root.data.hex(), *bits(graph.topological_order(root))]

    assert result() == result()


@given(programs())
def test_gradients_are_linear_in_the_seed(program: Program) -> None:
    root, leaves = build(program)
    root.backward(seed=1.0)
    once = [v.grad for v in leaves]
    for v in leaves:
        v.zero_grad()
    root.backward(seed=-4.0)  # a power of two: exact
    assert [v.grad for v in leaves] == [-4.0 * g for g in once]


@given(programs())
def test_unpickled_graph_has_the_same_gradients_to_the_bit(program: Program) -> None:
    root, _ = build(program)
    restored = pickle.loads(pickle.dumps(root))
    root.backward()
    restored.backward()
    assert bits(graph.topological_order(restored)) == bits(graph.topological_order(root))


@given(programs())
def test_no_grad_changes_no_number(program: Program) -> None:
    root, _ = build(program)
    with no_grad():
        bare, _ = build(program)
    assert bare.data.hex() == root.data.hex()
    assert bare.parents == ()
