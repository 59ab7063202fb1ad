"""Wrong arguments of a program: one line that says what, and the way out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile, optim
from autograd.compiler.leaves import numbers_of
from autograd.errors import ArgumentError, AutogradError, OperandError, ShapeError
from autograd.nn import MLP

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
