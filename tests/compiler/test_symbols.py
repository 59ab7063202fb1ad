"""Rules read as formulas: what is one object, what is simplified, and what cannot be read."""

from __future__ import annotations

import gc
import math
import operator

import numpy as np
import pytest

from autograd import ops, primitive
from autograd.compiler.printing import expression, float_code, numpy_lines
from autograd.compiler.symbols import Symbol, Trace, applied, forward, lowered, partials, stacked
from autograd.engine.ops import Op
from autograd.errors import ArgumentError

NAN = math.nan


def test_what_equals_the_rows_own_value_is_y() -> None:
    def texts(op: Op) -> list[str]:
        return [repr(lowered(slope)) for slope in partials(op, 1)]

    assert texts(ops.RELU) == ["sign(y)"]
    assert texts(ops.EXP) == ["y"]
    assert texts(ops.TAN) == ["add(1.0, multiply(y, y))"]
    assert repr(forward(ops.RELU, 1)) == "maximum(x0, 0.0)"


def test_equal_expressions_are_one_object() -> None:
    trace = Trace()
    x, z = trace.array_input("x"), trace.array_input("z")
    assert trace.array_input("x") is x
    assert applied("exp", x * z) is applied("exp", x * z)
    assert x * z is not z * x
    assert x + 0.0 is not x + -0.0
    assert x + NAN is x + NAN
    assert Trace().array_input("x") is not x
    a = trace.input("a")
    assert ops.TANH(a) * a is ops.TANH(a) * a
    assert trace.input("x") is not x


def test_only_exact_simplifications_are_made() -> None:
    trace = Trace()
    for x in (trace.input("a"), trace.array_input("a")):
        assert all(same is x for same in (1.0 * x, x * 1.0, x / 1.0, operator.neg(-x), 1 * x))
        assert all(isinstance(kept, Symbol) and kept is not x for kept in (x + 0.0, x - 0.0, 0.0 * x, x - x, -1.0 * x))
    mask = trace.array_input("a") > 0.0
    assert mask * 1.0 is not mask  # which makes numbers of truth values


def test_a_trace_leaves_nothing_behind() -> None:
    gc.collect()
    before = sum(isinstance(x, Symbol) for x in gc.get_objects())
    stacked(ops.LOGSUMEXP, 5)
    lowered(partials(ops.HYPOT, 2)[0])
    gc.collect()
    assert sum(isinstance(x, Symbol) for x in gc.get_objects()) == before


def test_a_symbol_has_no_number() -> None:
    x = Trace().input("x")
    for asks in (lambda: x > 0.0, lambda: bool(x), lambda: float(x)):
        with pytest.raises((ArgumentError, TypeError)):
            asks()


def test_rules_of_a_users_row() -> None:
    @primitive(partials=lambda out, x: (3.0 * x**2 / out,))
    def odd(x: float) -> float:
        return math.asinh(x)

    @primitive(partials=lambda out, x: (1.0 if x > 0.0 else 2.0,))
    def branching(x: float) -> float:
        return x

    @primitive(partials=lambda out, x: (2.0 * x,), array=lambda xp, x: np.sin(x))
    def outside(x: float) -> float:
        return x

    slope = partials(odd.op, 1)[0]  # type: ignore[attr-defined]
    assert float_code(slope, {"x0": "x", "y": "y"}, lambda op: "square") == "3.0 * square(x) / y"
    assert expression(lowered(slope), {"x0": "x", "y": "y"}) == "3.0 * (x * x) / y"
    with pytest.raises(ArgumentError, match="branching cannot be read as a formula"):
        partials(branching.op, 1)  # type: ignore[attr-defined]
    with pytest.raises(ArgumentError, match="outside cannot be read as a formula"):
        forward(outside.op, 1)  # type: ignore[attr-defined]
    assert repr(lowered(partials(outside.op, 1)[0])) == "multiply(2.0, x0)"  # type: ignore[attr-defined]
    value = forward(odd.op, 1)  # type: ignore[attr-defined]
    with pytest.raises(ArgumentError, match="odd is computed number by number"):
        expression(value, {"x0": "x"})
    with pytest.raises(ArgumentError, match="odd has no array form"):
        numpy_lines([(value, "t")], {"x0": "x"}, lambda kind: "s")
    assert numpy_lines([(value, "t")], {"x0": "x"}, lambda kind: "s", lambda op: "f")[0] == ["t[...] = f(x)"]
