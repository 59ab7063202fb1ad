"""One sample's graph on a batch: what is refused, and the errors and warnings of a loop over the samples."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from autograd import Value, compile, detect_anomaly, no_grad, optim
from autograd.errors import AnomalyError, ArgumentError, DomainError, GradientWarning, OperandError, ShapeError
from tests.helpers.batches import leaves, one_by_one

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
