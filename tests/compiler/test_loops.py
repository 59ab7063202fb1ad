"""Single nodes as a loop, and the same written out after some passes."""

from __future__ import annotations

import math

import pytest

from autograd import Value, compile, sin
from autograd.compiler import groups
from autograd.compiler import single as loops
from autograd.compiler.numpy_source import FLAT
from autograd.compiler.plan import Single


def chain(x: Value, length: int) -> Value:
    """x -> sin(x) + 0.5 x, again and again: no two nodes can be computed at once."""
    for _ in range(length):
        x = sin(x) + 0.5 * x
    return x


def by_hand(x: float, length: int) -> tuple[float, float]:
    slope = 1.0
    for _ in range(length):
        x, slope = math.sin(x) + 0.5 * x, slope * (math.cos(x) + 0.5)
    return x, slope


def test_passes_before_and_after_it_is_written_out_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "PATIENCE", 4)
    x = Value(0.0, "x")
    program = compile(chain(x, FLAT))
    assert "loop1()" in program.source
    for k in range(8):
        x.data, x.grad = 0.1 * k, None
        value, slope = by_hand(x.data, FLAT)
        assert program.forward() == pytest.approx(value, rel=1e-12)
        program.backward()
        assert x.grad == pytest.approx(slope, rel=1e-12)


def test_a_long_run_is_cut_into_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "LONGEST", 50)
    monkeypatch.setattr(loops, "PATIENCE", 2)
    x = Value(0.7, "x")
    program = compile(chain(x, 100))
    steps = [step for level in program._plan.levels for step in level]
    assert [len(step.code) for step in steps if isinstance(step, Single)] == [50] * 6
    value, slope = by_hand(0.7, 100)
    for _ in range(4):
        x.grad = None
        assert program.forward() == pytest.approx(value, rel=1e-12)
        program.backward()
        assert x.grad == pytest.approx(slope, rel=1e-12)


def test_an_error_names_the_node_from_a_loop_as_well() -> None:
    x, y = Value(1.0, "x"), Value(2.0, "y")
    program = compile(chain(x, FLAT) / y)
    y.data = 0.0
    with pytest.raises(ZeroDivisionError, match="y = 0"):
        program.forward()
    y.data = 2.0
    assert program.forward() == pytest.approx(by_hand(1.0, FLAT)[0] / 2, rel=1e-12)
