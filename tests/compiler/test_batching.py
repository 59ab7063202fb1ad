"""One sample's graph on a batch: what a loop over the samples gives, its errors and warnings too."""

from __future__ import annotations

import gc
import math
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile, detect_anomaly, no_grad, optim
from autograd.compiler import program as batching
from autograd.compiler.tape import BatchTape, Sample
from autograd.errors import AnomalyError, ArgumentError, DomainError, GradientWarning, OperandError, ShapeError
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


# ---- One sample's graph on a batch: what is refused, and the errors and warnings of a loop over the samples

# --- what is refused -----------------------------------------------------------------------------------------------


def test_inputs_that_are_none() -> None:
    x, w, other = Value(1.0, "x"), Value(2.0, "w"), Value(3.0, "other")
    y = x * w
    program = compile(y + 7.0)
    (number,) = [p for p in (y + 7.0).parents if not p.label and not p.parents]
    for node in (other, y, number):
        with pytest.raises(ArgumentError, match=r"is no leaf of this graph, so it can't be an input of it"):
            program.vectorize([x, node])
    for inputs in ([x, x], []):
        with pytest.raises(ArgumentError, match="one or more leaves, each named once"):
            program.vectorize(inputs)


def test_rows_and_leaves_that_do_not_fit() -> None:
    x, w = leaves(2), Value(2.0, "w")
    program = compile(x[0] * w + x[1]).vectorize(x)
    for shape in ((3,), (3, 1), (0, 2), (2, 3, 2)):
        with pytest.raises(ShapeError, match=r"2 inputs take rows of shape \(batch, 2\), got"):
            program.set(x, np.zeros(shape))
    with pytest.raises(ArgumentError, match="there is no batch yet"):
        program.set([w], [1.0])
    program.set(x, np.ones((4, 2)))
    with pytest.raises(ArgumentError, match="is no leaf of this program"):
        program.set([x[0]], [1.0])
    with pytest.raises(ArgumentError, match="can't be trained by it"):
        program.run(optim.SGD(x, lr=0.1))
    assert program.forward() == 3.0


def test_a_function_that_compares_is_refused() -> None:
    x, w = Value(1.0, "x", constant=True), Value(2.0, "w")
    program = compile(lambda: w * x if x > 0.0 else -w * x)
    with pytest.raises(ArgumentError, match=r"compares Values, and each sample might take another branch"):
        program.vectorize([x])


def test_an_input_by_itself_is_told_from_a_stranger() -> None:
    x, w = leaves(2), Value(2.0, "w")
    program = compile(x[0] * w + x[1]).vectorize(x)
    program.set(x, np.ones((4, 2)))
    for call in (lambda: program.read(x), lambda: program.gradients([x[1]]), lambda: program.set([x[0]], [1.0])):
        with pytest.raises(ArgumentError, match=r"but an input, with a number for each sample: set\(inputs, X\)"):
            call()
    with pytest.raises(ArgumentError, match="the compiled graph does not depend on it"):
        program.read([Value(1.0)])
    with pytest.raises(ShapeError, match=r"got \(0, 2\), which has no row"):
        program.set(x, np.zeros((0, 2)))
    for wrong in ([["a", "b"]], [[None, 1.0]], [[1j, 2.0]]):
        with pytest.raises(OperandError, match="expected real numbers, got"):
            program.set(x, wrong)
    with pytest.raises(ShapeError, match="rows have different lengths"):
        program.set(x, [[1.0], [1.0, 2.0]])
    assert program.forward() == 3.0


# --- errors and warnings are those of the graph ----------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 50])
def test_one_sample_without_a_value(count: int) -> None:
    w, x = Value(2.0, "w"), Value(1.0, "x")
    program = compile((x * w).log() * w).vectorize([x])
    good = np.linspace(1.0, 2.0, count)[:, None]
    program.set([x], good)
    value = program.forward()
    program.backward()
    before = w.grad
    bad = good.copy()
    bad[count // 2] = -3.0
    program.set([x], bad)
    with pytest.raises(DomainError) as eager:
        one_by_one(lambda s: (s[0] * w).log() * w, bad)
    for call in (program.forward, program.backward, lambda: program.run(optim.SGD([w], lr=0.1))):
        with pytest.raises(DomainError) as met:
            call()
        assert str(met.value) == str(eager.value)
    assert (w.grad, w.data) == (before, 2.0)
    program.set([x], good)
    assert program.forward() == value


@pytest.mark.parametrize("count", [2, 50])
def test_an_infinite_slope_warns_as_the_graph_does(count: int) -> None:
    w, b, x = Value(2.0, "w"), Value(1.0, "b"), Value(1.0, "x")
    rows = np.arange(float(count))[:, None]
    told = []
    for compiled in (True, False):
        w.zero_grad()
        b.zero_grad()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            if compiled:
                program = compile((x * w).sqrt() + b * b).vectorize([x])
                program.set([x], rows)
                program.forward()
                program.backward()
            else:
                one_by_one(lambda s: (s[0] * w).sqrt() + b * b, rows).backward()
        told.append([*(str(warning.message) for warning in caught), w.grad, b.grad])
    assert told[0][:-2] == told[1][:-2]
    assert "sqrt has slope inf" in told[0][0]
    np.testing.assert_allclose(told[0][-2:], told[1][-2:], rtol=1e-12)


def test_infinite_slopes_are_written_to_the_parameters() -> None:
    w, x = Value(0.0, "w"), Value(1.0, "x")
    program = compile((x * w).sqrt()).vectorize([x])
    program.set([x], [[1.0], [2.0]])
    program.forward()
    with pytest.warns(GradientWarning):
        program.backward()
    assert w.grad == math.inf
    assert x._grad is None


def test_anomalies_are_found() -> None:
    w, x = Value(1e200, "w"), Value(1.0, "x")
    program = compile(x * w + w).vectorize([x])
    rows = np.ones((40, 1))
    rows[17] = 1e200
    program.set([x], rows)
    assert program.forward() == math.inf
    with detect_anomaly():
        with pytest.raises(AnomalyError) as eager:
            one_by_one(lambda s: s[0] * w + w, rows)
        program.set([x], rows[:20])
        with pytest.raises(AnomalyError) as met:
            program.forward()
        assert str(met.value) == str(eager.value)
        program.set([x], rows[:10])
        assert program.forward() == 2e200
        program.backward()
    assert w.grad == pytest.approx(2.0, rel=1e-14)


def test_no_grad_around_a_batch_changes_nothing() -> None:
    w, x = Value(4.0, "w"), Value(1.0, "x")
    program = compile((x * w).sqrt()).vectorize([x])
    with no_grad():
        program.set([x], [[0.0], [1.0]])
        program.forward()
        with pytest.warns(GradientWarning):
            program.backward()
    assert math.isnan(w.grad)  # inf * 0, as without it


def test_a_deep_sample() -> None:
    x, w = Value(0.5, "x"), Value(0.5, "w")
    y = x * w
    for _ in range(3_000):
        y = (y + w) * 0.5
    program = compile(y.sqrt()).vectorize([x])
    program.set([x], [[0.5], [1.0], [0.0]])
    assert program.forward() == pytest.approx(math.sqrt(0.5), rel=1e-12)
    program.set([x], [[math.inf], [math.nan]])
    assert math.isnan(program.forward())
