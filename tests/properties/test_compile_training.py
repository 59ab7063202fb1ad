"""Compiled programs in use: many steps of an optimiser, blocks of numbers in and out, and batches of samples."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile, optim
from autograd.errors import AutogradError
from tests.helpers.programs import KINDS, Recorded, layered_graph
from tests.helpers.replaying import (
    AS_IS,
    LOW,
    REL,
    UNDEFINED,
    Replay,
    agrees,
    check_compiled,
    compare,
    forced,
    forget,
    gradients_of,
    inputs_of,
    move,
    seeded,
    used,
)

Make = Callable[[list[Value]], Any]


pytestmark = pytest.mark.filterwarnings("ignore::autograd.errors.GradientWarning")


SGD: Make = lambda ps: optim.SGD(ps, lr=0.01)  # noqa: E731
MOMENTUM: Make = lambda ps: optim.SGD(ps, lr=0.01, momentum=0.9, nesterov=True)  # noqa: E731
ADAM: Make = lambda ps: optim.Adam(ps, lr=0.01)  # noqa: E731
OPTIMISERS = {"SGD": SGD, "momentum": MOMENTUM, "Adam": ADAM}


def programs(names: Any = tuple(KINDS), seeds: Any = (0, 1)) -> list[Recorded]:
    return [used(KINDS[name](seeded(name, seed))) for name in names for seed in seeds]


class Course:
    """What an eager loop of training meets: the losses, and the parameters and gradients that it ends with."""

    def __init__(self, g: Recorded, trained: list[Value], make: Make, steps: int, jitter: int | None = None) -> None:
        before = [v.data for v in g.leaves]
        replay, optimiser = Replay(g), make(trained)
        self.losses: list[float] = []
        self.error: Exception | None = None
        self.gradients: list[float] = []
        try:
            for k in range(steps):
                found = replay.run(None if jitter is None else random.Random(jitter + k))
                self.losses.append(found.value)
                gradients = dict(zip(g.leaves, found.gradients, strict=True))
                self.gradients = [gradients[p] for p in trained]
                for p in trained:
                    p.grad = gradients[p]
                optimiser.step()
        except UNDEFINED as error:
            self.error = error
        self.weights = [p.data for p in trained]
        for v, x in zip(g.leaves, before, strict=True):
            v.data = x
        forget(g)

    def numbers(self) -> list[float]:
        return [*self.losses, *self.weights, *self.gradients]


def check_run(g: Recorded, make: Make, steps: int, what: str, chance: random.Random) -> None:
    """`run` in two parts against the eager loop."""
    trained = chance.sample(g.leaves, len(g.leaves))
    if len(trained) > 2 and chance.random() < 0.3:
        trained.pop()  # a leaf that is not trained stays
    if not trained:
        return
    expected = Course(g, trained, make, steps)
    program, optimiser = compile(g.root), make(trained)
    first = steps // 3
    found: list[float] = []
    met: Exception | None = None
    try:
        found += program.run(optimiser, first).tolist()
        found += program.run(optimiser, steps - first).tolist()
    except AutogradError as error:
        met = error
    assert (met is None) == (expected.error is None), f"{what}: {met!r}, and the eager loop met {expected.error!r}"
    if met is not None:
        return
    got = [*found, *[p.data for p in trained], *[p.grad for p in trained]]
    assert g.root.data == found[-1] or math.isnan(found[-1])
    if all(agrees(x, y, REL * abs(y)) for x, y in zip(got, expected.numbers(), strict=True)):
        return
    others = [Course(g, trained, make, steps, jitter=1000 * k) for k in (1, 2, 3)]
    if any(o.error is not None for o in others):
        return
    largest = max((abs(x) for x in expected.gradients if math.isfinite(x)), default=0.0)
    for k, (x, y, *moved) in enumerate(zip(got, expected.numbers(), *[o.numbers() for o in others], strict=True)):
        size = abs(y) + (largest if k >= len(got) - len(trained) else 0.0)
        slack = 10 * REL * size + 200 * max(abs(z - y) if math.isfinite(z) else 0.0 for z in moved)
        assert agrees(x, y, slack), f"{what}: number {k} of {len(got)} is {x!r}, expected {y!r} (slack {slack!r})"


@pytest.mark.parametrize("narrow", [LOW, AS_IS], ids=["wide", "as it is"])
@pytest.mark.parametrize("name", KINDS)
def test_twenty_steps_are_those_of_an_eager_loop(name: str, narrow: int | None) -> None:
    with forced(narrow):
        for seed, (who, make) in enumerate(OPTIMISERS.items()):
            g = used(KINDS[name](seeded(name, seed)))
            if len(Replay(g).nodes) < 300:
                check_run(g, make, 20, f"{name}, seed {seed}, {who}", seeded(name, seed))


LONG = [name for name in KINDS if name.startswith(("network: sum", "network: dot", "nn", "conv", "recurrent", "class"))]


@pytest.mark.parametrize("name", LONG)
def test_a_hundred_steps_are_those_of_an_eager_loop(name: str) -> None:
    seed = next(s for s in range(50) if 20 < len(Replay(KINDS[name](seeded(name, s))).nodes) < 120)
    for who, make in OPTIMISERS.items():
        g = used(KINDS[name](seeded(name, seed)))
        check_run(g, make, 100, f"{name}, seed {seed}, {who}", seeded(name, seed))


def test_no_steps_change_nothing() -> None:
    for g in programs(seeds=(0,)):
        before = [v.data for v in g.leaves]
        if g.leaves:
            assert compile(g.root).run(optim.SGD(g.leaves, lr=0.1), 0).shape == (0,)
        assert before == [v.data for v in g.leaves] or any(map(math.isnan, before))


# --- blocks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("narrow", [LOW, AS_IS], ids=["wide", "as it is"])
@pytest.mark.parametrize("name", KINDS)
def test_blocks_of_numbers_go_in_and_out(name: str, narrow: int | None) -> None:
    for seed in (0, 1):
        g, chance = used(KINDS[name](seeded(name, seed))), seeded(name, seed)
        with forced(narrow):
            program = compile(g.root)
        replay, leaves = Replay(g), inputs_of(g)
        chance.shuffle(leaves)
        if not leaves:
            continue
        leaves = leaves[: chance.randint(1, len(leaves))]
        square = len(leaves) // 2 * 2
        block: Any = [leaves[:2], *[leaves[i : i + 2] for i in range(2, square, 2)]] if square else leaves
        for round_ in range(2):
            if round_ and not move(g, chance, replay):
                continue
            numbers = np.vectorize(lambda v: v.data, otypes=[float])(np.array(block, dtype=object))
            kept = [v.data for v in leaves]
            program.set(block, numbers)
            for v in np.array(block, dtype=object).ravel():
                v.data = 1e9  # what was set is kept, whatever the leaves say
            value = program.forward()
            np.testing.assert_array_equal(program.read(block), numbers)
            program.backward()
            found = program.gradients(block)
            for v, x in zip(leaves, kept, strict=True):
                v.data = x
            compare(replay, value, gradients_of(g), 1, f"{name}, seed {seed}, round {round_}")
            told = {id(v): v.grad for v in g.leaves}
            for v, x in zip(np.array(block, dtype=object).ravel(), found.ravel(), strict=True):
                if id(v) in told:
                    assert x == told[id(v)] or math.isnan(x)
            program.backward(3.0)
            compare(replay, value, list(program.gradients(g.leaves)) if g.leaves else [], 3, f"{name}, seed {seed}")
            forget(g)


# --- batches -------------------------------------------------------------------------------------------------------


def check_batch(g: Recorded, chance: random.Random, count: int, what: str) -> None:
    """The mean over samples, against one replay for each sample."""
    replay = Replay(g)
    inputs = chance.sample(inputs_of(g), chance.randint(1, min(4, len(inputs_of(g)))))
    before = [v.data for v in inputs]
    rows, values = [], []
    others = [v for v in g.leaves if v not in set(inputs)]
    total, mass = np.zeros(len(others)), np.zeros(len(others))
    for _ in range(count):
        for v, x in zip(inputs, before, strict=True):
            v.data = x * chance.uniform(0.8, 1.02)
        try:
            found = replay.run()
        except UNDEFINED:
            continue
        rows.append([v.data for v in inputs])
        values.append(found.value)
        kept = [k for k, v in enumerate(g.leaves) if v not in set(inputs)]
        total += [found.gradients[k] for k in kept]
        mass += [found.masses[k] for k in kept]
    for v, x in zip(inputs, before, strict=True):
        v.data = x
    if not rows or not np.isfinite([*values, *total]).all():
        return
    forget(g)
    program = compile(g.root).vectorize(inputs)
    program.set(inputs, np.array(rows))
    n = len(rows)
    assert program.forward() == pytest.approx(sum(values) / n, rel=1e-11, abs=1e-12 * max(map(abs, values))), what
    program.backward()
    for v, want, size in zip(others, total / n, mass / n, strict=True):
        assert v.grad == pytest.approx(want, rel=1e-10, abs=1e-11 * size + 1e-300), what


@pytest.mark.parametrize("name", KINDS)
def test_a_batch_is_a_loop_over_samples(name: str) -> None:
    for seed, count in ((0, 3), (1, 5), (2, 30)):
        g = used(KINDS[name](seeded(name, seed)))
        if inputs_of(g) and len(Replay(g).nodes) * count < 2500:
            with forced((LOW, AS_IS, AS_IS)[seed]):
                check_batch(g, seeded(name, seed), count, f"{name}, seed {seed}")


def test_a_batch_of_a_random_graph_is_a_loop_over_samples() -> None:
    for seed in range(150):
        g = used(layered_graph(random.Random(seed)))
        if len(Replay(g).nodes) < 150 and inputs_of(g):
            with forced(LOW if seed % 2 else AS_IS):
                check_batch(g, random.Random(seed), 2 + seed % 7, f"layered graph, seed {seed}")


def test_a_program_goes_on_after_training() -> None:
    for name in ("nn_mlp", "network: sum + b", "convolution", "recurrent", "attention", "kalman"):
        g = used(KINDS[name](seeded(name, 3)))
        program = compile(g.root)
        program.run(optim.Adam(g.leaves, lr=0.01), 3)
        forget(g)
        value = program.forward()
        program.backward()
        compare(Replay(g), value, gradients_of(g), 1, name)
        check_compiled(g, random.Random(0))
