"""One sample's graph on a batch: what a loop over the samples gives, at any size."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile, optim
from autograd.compiler import program as batching
from autograd.compiler.tape import BatchTape, Sample
from autograd.errors import ArgumentError
from tests.helpers.batches import CASES, COUNTS, batch_of, leaves, network, one_by_one, rows_of

# --- numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("constant", [False, True], ids=["leaves", "constants"])
@pytest.mark.parametrize("name", CASES)
def test_a_batch_is_a_loop_over_samples(name: str, constant: bool) -> None:
    function, trained, width = CASES[name]()
    inputs = leaves(width, constant)
    program = batch_of(function, inputs)
    for count in (*COUNTS, 7, 1):
        rows = rows_of(count, width, seed=count)
        program.set(inputs, rows)
        for p in trained:
            p.zero_grad()
        value = program.forward()
        assert program.root.data == value
        program.backward(2.0)
        found = [p.grad for p in trained]
        for p in trained:
            p.zero_grad()
        expected = one_by_one(function, rows)
        if trained:
            expected.backward(2.0)
        assert value == pytest.approx(expected.data, rel=1e-12, abs=1e-13)
        np.testing.assert_allclose(found, [p.grad for p in trained], rtol=1e-10, atol=1e-13)
    assert [x._grad for x in inputs] == [None] * width


def test_a_program_of_a_batch_tells_what_it_found() -> None:
    function, _, width = network()
    inputs = leaves(width)
    program = batch_of(function, inputs)
    assert repr(program) == "Program(no batch yet)"
    calls = (program.describe, lambda: program.source, lambda: program.read([]), lambda: program.to(np))
    for call in (*calls, lambda: program.gradients([]), lambda: program.vectorize([])):
        with pytest.raises(ArgumentError, match=re.escape("call set(inputs, X) with X of shape (batch, 3)")):
            call()
    program.set(inputs, rows_of(30, width))
    assert "layer 2: Z2 = W2 A1 + b2, (8x8)(8x30)+(8x1)" in program.describe()
    assert "def forward():" in program.source
    assert repr(program) == f"Program({105 + 1 + 30 * 39 + 1:,} nodes in 9 steps)"
    pure = program.to(np)
    assert float(pure.value(pure.theta())) == pytest.approx(program.forward(), rel=1e-12)


def test_a_batch_over_a_batch() -> None:
    x, w, c = Value(1.0, "x"), Value(2.0, "w"), Value(3.0, "c")
    first = compile(x * w + c).vectorize([x])
    first.set([x], [[1.0], [2.0], [6.0]])
    second = first.vectorize([w])
    second.set([w], [[1.0], [3.0]])
    assert second.forward() == 3.0 * 2.0 + 3.0
    second.backward()
    assert (x._grad, w._grad) == (None, None)
    assert c.grad == pytest.approx(1.0, rel=1e-14)


def test_a_batch_makes_no_values() -> None:
    function, _, width = network()
    inputs = leaves(width)
    program = batch_of(function, inputs)

    def values() -> int:
        gc.collect()
        return sum(type(x) is Value for x in gc.get_objects())

    before = values()
    program.set(inputs, rows_of(200, width))
    program.forward()
    program.backward()
    assert values() == before


# --- sizes ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes for which something was compiled."""
    sizes: list[int] = []

    def made(sample: Sample, count: int) -> BatchTape:
        sizes.append(count)
        return BatchTape(sample, count)

    monkeypatch.setattr(batching, "BatchTape", made)
    return sizes


def test_the_last_sizes_stay_compiled(compiled: list[int]) -> None:
    x, w = Value(1.0, "x"), Value(3.0, "w")
    program = compile(x * w).vectorize([x])

    def mean(count: int) -> float:
        program.set([x], np.full((count, 1), float(count)))
        return program.forward()

    for _ in range(3):
        assert [mean(k) for k in (32, 32, 5)] == [96.0, 96.0, 15.0]
    assert compiled == [32, 5]
    assert [mean(k) for k in (6, 7, 32, 8)] == [18.0, 21.0, 96.0, 24.0]  # five sizes: the 5 is the oldest
    assert compiled == [32, 5, 6, 7, 8]
    assert [mean(k) for k in (32, 6, 5, 7)] == [96.0, 18.0, 15.0, 21.0]
    assert compiled == [32, 5, 6, 7, 8, 5, 7]


def test_what_is_in_the_program_goes_along_to_another_size() -> None:
    x, v, w = Value(1.0, "x"), Value(2.0, "v"), Value(3.0, "w")
    program = compile(x * v + w).vectorize([x])
    program.set([x], [[1.0], [2.0]])
    program.set([v], [10.0])
    program.forward()
    program.backward()
    for count in (3, 2, 5):
        program.set([x], np.ones((count, 1)))
        np.testing.assert_array_equal(program.gradients([v, w]), [1.5, 1.0])
        assert program.read([v]) == 10.0
        assert program.forward() == 13.0
    w.data = 4.0
    program.set([x], np.ones((2, 1)))
    assert program.forward() == 14.0
    program.set([w, v], [5.0, 6.0])
    program.set([x], np.ones((3, 1)))
    assert program.forward() == 11.0


@pytest.mark.parametrize("make", [lambda ps: optim.SGD(ps, lr=0.05, momentum=0.9), lambda ps: optim.Adam(ps, lr=0.01)])
def test_training_over_sizes_is_that_of_an_eager_loop(make: Callable[[list[Value]], Any]) -> None:
    rows = rows_of(50, 3)
    batches = [rows[:16], rows[16:32], rows[32:48], rows[48:]] * 3
    told, weights = [], []
    for is_compiled in (True, False):
        function, trained, width = network()
        inputs = leaves(width)
        program, optimiser = batch_of(function, inputs), make(trained)
        losses: list[float] = []
        for batch in batches:
            if is_compiled:
                program.set(inputs, batch)
                losses += program.run(optimiser, 2).tolist()
                continue
            for _ in range(2):
                optimiser.zero_grad()
                loss = one_by_one(function, batch)
                loss.backward()
                optimiser.step()
                losses.append(loss.data)
        told.append(losses)
        weights.append([p.data for p in trained])
    np.testing.assert_allclose(told[0], told[1], rtol=1e-9)
    np.testing.assert_allclose(weights[0], weights[1], rtol=1e-8, atol=1e-12)


def test_parameters_that_were_set_and_then_trained_go_along() -> None:
    x, w = Value(1.0, "x"), Value(7.0, "w")
    program = compile((x - w) ** 2).vectorize([x])
    program.set([x], [[1.0], [1.0]])
    program.set([w], [2.0])
    program.run(optim.SGD([w], lr=0.25))
    assert w.data == 1.5
    program.set([x], [[1.0]])
    assert program.forward() == 0.25
