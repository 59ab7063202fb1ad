"""A recorded graph computed anew, node by node on floats: what compiled programs are held against.

The tolerance is what rounding allows: 1e-12 of the sum of the messages' magnitudes, and a multiple of what the
result moves by when every node is moved by a rounding error.
"""

from __future__ import annotations

import functools
import importlib
import math
import pkgutil
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

import autograd.compiler
from autograd.engine import graph
from autograd.engine.value import Value
from autograd.errors import AutogradError
from tests.helpers.programs import Recorded
from tests.helpers.second_looks import second_looks, silent, why

REL = 1e-12
EPS = 2.0**-52
TINY = 1e-305  # below 2e-308 numbers lose their digits one by one
UNDEFINED = (AutogradError, ArithmeticError, ValueError)


class Result(NamedTuple):
    """The root's number, and each leaf's gradient and the magnitude of the messages that made it."""

    value: float
    gradients: list[float]
    masses: list[float]


class Replay:
    """Forward and reverse over the leaves' numbers of now, by the rows' rules on floats."""

    def __init__(self, g: Recorded) -> None:
        self.nodes: list[Value] = graph.topological_order(g.root)
        place = {node: k for k, node in enumerate(self.nodes)}
        self.wanted = [place.get(v) for v in g.leaves]
        self.inputs = [(k, node) for k, node in enumerate(self.nodes) if not node.parents]
        self.inner = [
            (k, node, [place[p] for p in node.parents], self._rounds_more(node))
            for k, node in enumerate(self.nodes)
            if node.parents
        ]
        self.sends = [
            (k, node, [place[p] for p in node.parents], [i for i in graph.sending_order(node) if self._wants(node, i)])
            for k, node in enumerate(self.nodes)
            if node.parents
        ][::-1]

    @staticmethod
    def _wants(node: Value, i: int) -> bool:
        return not graph.is_constant(node.parents[i])  # a number's gradient is not wanted

    @staticmethod
    def _rounds_more(node: Value) -> bool:
        """Whether its operands' rounding may be larger than its own: a sum of things that were computed."""
        return node.op in ("+", "-", "sum", "mean") and any(p.parents for p in node.parents)

    def numbers(self, jitter: random.Random | None = None) -> list[float]:
        """Every node's number, in topological order."""
        data = [0.0] * len(self.nodes)
        for k, node in self.inputs:
            data[k] = node.data
        if jitter is None:
            for k, node, operands, _ in self.inner:
                data[k] = node._row.forward(*[data[p] for p in operands])
            return data
        scale = [abs(x) for x in data]
        for k, node, operands, adds in self.inner:
            inputs = [data[p] for p in operands]
            out = node._row.forward(*inputs)
            size = abs(out)
            if adds:
                size = sum(scale[p] for p in operands)
            elif node.op == "dot":
                half = len(inputs) // 2
                size += sum(abs(a * b) for a, b in zip(inputs[:half], inputs[half:], strict=False))
            scale[k] = size
            # a maximum is one of its operands, to the last bit
            data[k] = out if out in inputs else out + (2.0 if jitter.random() < 0.5 else -2.0) * EPS * size
        return data

    def failures(self) -> list[tuple[type[Exception], str]]:
        """The exceptions of all nodes that have no value though their operands have one, and how they begin."""
        data: list[float | None] = [None] * len(self.nodes)
        found = []
        for k, node in self.inputs:
            data[k] = node.data
        for k, node, operands, _ in self.inner:
            inputs = [x for p in operands if (x := data[p]) is not None]
            if len(inputs) < len(operands):
                continue
            try:
                data[k] = node._row.forward(*inputs)
            except (ArithmeticError, ValueError) as error:
                named = node._row.failure(error, tuple(inputs), tuple(p.label for p in node.parents))
                found.append((type(named), str(named).split(" = ")[0]))
        return found

    def run(self, jitter: random.Random | None = None, seed: float = 1.0) -> Result:
        """The root's number and the leaves' gradients; `jitter` moves every number by a rounding error or two."""
        data = self.numbers(jitter)
        upstream, mass = [0.0] * len(data), [0.0] * len(data)
        upstream[-1], mass[-1] = seed, abs(seed)
        for k, node, operands, places in self.sends:
            slope, weight = upstream[k], mass[k]
            out = data[k]
            partials = graph.partials_at(node, out, [data[p] for p in operands])
            if node.op == "dot" and slope == 0.0 and math.isfinite(out):
                continue
            for i in places:
                message = slope * partials[i]
                if jitter is not None:
                    message += (2.0 if jitter.random() < 0.5 else -2.0) * EPS * abs(message)
                upstream[operands[i]] += message
                mass[operands[i]] += weight * abs(partials[i])
        at = self.wanted
        return Result(
            data[-1], [0.0 if k is None else upstream[k] for k in at], [0.0 if k is None else mass[k] for k in at]
        )


def agrees(got: float, expected: float, slack: float) -> bool:
    if math.isnan(expected) or math.isinf(expected):
        return got == expected or (math.isnan(got) and math.isnan(expected))
    return abs(got - expected) <= slack + TINY


def compare(replay: Replay, value: float, gradients: list[float], times: float, what: str) -> None:
    """Hold a value and `times` times the gradients against the replay's."""
    expected = replay.run()
    if agrees(value, expected.value, 0.0) and all(
        agrees(got, times * want, REL * abs(want)) for got, want in zip(gradients, expected.gradients, strict=True)
    ):
        return
    others = moved_runs(replay)
    slack = REL * abs(expected.value) + 64 * spread([o.value for o in others], expected.value)
    assert agrees(value, expected.value, slack), f"{what}: value {value!r}, expected {expected.value!r}"
    for k, (got, want, mass) in enumerate(zip(gradients, expected.gradients, expected.masses, strict=True)):
        slack = REL * (abs(want) + mass) + 64 * spread([o.gradients[k] for o in others], want)
        assert agrees(got, times * want, times * slack), (
            f"{what}: gradient {k} is {got!r}, expected {times * want!r} (mass {mass!r})"
        )


def spread(moved: list[float], x: float) -> float:
    """How far the finite ones of some numbers are from x."""
    return max((abs(y - x) for y in moved if math.isfinite(y)), default=0.0)


def moved_runs(replay: Replay) -> list[Result]:
    """The graph at numbers that are a rounding error away, where it is defined there."""
    found = []
    for k in range(3):
        try:
            found.append(replay.run(random.Random(k)))
        except UNDEFINED:
            continue
    return found


def inputs_of(g: Recorded) -> list[Value]:
    return [*g.leaves, *g.constants]


def forget(g: Recorded) -> None:
    for v in g.leaves:
        v.zero_grad()


def gradients_of(g: Recorded) -> list[float]:
    return [v.grad for v in g.leaves]


def move(g: Recorded, chance: random.Random, replay: Replay) -> bool:
    """Other numbers for the inputs: anywhere if the graph is defined there, else near. False: it stays."""
    before = [v.data for v in inputs_of(g)]
    for low, high, share in ((-1.5, 1.5, 1.0), (0.8, 1.02, 1.0), (0.98, 1.0, 0.3)):
        for v, x in zip(inputs_of(g), before, strict=True):
            v.data = x * chance.uniform(low, high) if x != 0.0 and chance.random() < share else x
        try:
            replay.run()
        except UNDEFINED:
            continue
        return True
    for v, x in zip(inputs_of(g), before, strict=True):
        v.data = x
    return False


def check_eager(g: Recorded) -> None:
    forget(g)
    g.root.backward()
    compare(Replay(g), g.root.data, gradients_of(g), 1, "eager")


def check_compiled(g: Recorded, chance: random.Random) -> None:
    """Forward and backward, the gradients of a second backward added, and both again at other numbers.

    Where every number is finite the source has to find them by itself, without the scalar graph's help.
    """
    forget(g)
    program, replay = autograd.compiler.compile(g.root), Replay(g)
    asked = second_looks(program)
    for round_ in range(2):
        if round_ and not move(g, chance, replay):
            break
        forget(g)
        asked.clear()
        value = program.forward()
        assert type(value) is float
        assert g.root.data == value or value != value
        so_far = len(asked)
        program.backward()
        if program._scalar._has_floor:  # of which the scalar graph warns
            del asked[so_far:]
        compare(replay, value, gradients_of(g), 1, f"round {round_}")
        with silent(program):
            program.backward(0.5)
        compare(replay, value, gradients_of(g), 1.5, f"round {round_}, accumulated")
        if asked and is_tame(replay):
            message = f"round {round_}: the source left finite numbers to the scalar graph"
            raise AssertionError(message) from why(program)
        assert all(v._grad is None for v in g.constants)


def is_tame(replay: Replay) -> bool:
    """Whether all numbers and messages are finite, and their sums, here and a rounding error away."""
    try:
        for jitter in (None, *map(random.Random, range(3))):
            sizes = [*replay.numbers(jitter), *replay.run(jitter).masses]
            if not math.isfinite(sum(map(abs, sizes))):
                return False
    except UNDEFINED:
        return False
    return True


def used(g: Recorded) -> Recorded:
    """The same, without the inputs that the root doesn't depend on."""
    below = set(graph.topological_order(g.root))
    return Recorded(g.root, [v for v in g.leaves if v in below], [v for v in g.constants if v in below])


@functools.cache
def thresholds() -> list[tuple[Any, str, int]]:
    """Where the compiler's modules say from how many nodes on NumPy computes them, and the number."""
    names = [m.name for m in pkgutil.walk_packages(autograd.compiler.__path__, "autograd.compiler.")]
    modules = [autograd.compiler, *map(importlib.import_module, names)]
    return [(m, n, vars(m)[n]) for m in modules for n in vars(m) if n.isupper() and "NARROW" in n]


@contextmanager
def forced(narrow: int | None) -> Iterator[None]:
    """Inside, levels are computed on arrays from `narrow` nodes on; None: as the compiler has it."""
    found = thresholds()
    try:
        for module, name, _ in found if narrow is not None else []:
            setattr(module, name, narrow)
        yield
    finally:
        for module, name, number in found:
            setattr(module, name, number)


LOW, AS_IS, HIGH = 1, None, 10**9
every_threshold = pytest.mark.parametrize("narrow", [LOW, AS_IS, HIGH], ids=["wide", "as it is", "narrow"])
every_count = pytest.mark.parametrize("count", [1, 5, 40, 100])  # on both sides of the compiler's own threshold


def check_forced(g: Recorded, chance: random.Random, narrow: int | None, what: str) -> None:
    """`check_compiled` at a threshold; a failure says of what it is."""
    try:
        with forced(narrow):
            check_compiled(g, chance)
    except BaseException as error:
        error.add_note(f"{what}, narrow {narrow}")
        raise


def check_numbered(make: Callable[[random.Random], Recorded], seed: int) -> None:
    """The random graph of a seed, which chooses the threshold too."""
    narrow = (LOW, LOW, AS_IS, HIGH)[seed % 4]
    check_forced(make(random.Random(seed)), random.Random(seed), narrow, f"{make.__name__}, seed {seed}")


def seeded(name: str, seed: int) -> random.Random:
    """A source of chance for one program of a kind; kinds of equal seeds do not look alike."""
    return random.Random(f"{name} {seed}")
