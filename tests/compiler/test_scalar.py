"""Which rows never need a second look, and what is told where a number is no longer finite."""

from __future__ import annotations

import math
import random
import warnings

import numpy as np
import pytest

import autograd as ag
from autograd import Value
from autograd.compiler.scalar import is_plain
from autograd.engine.ops import Op
from autograd.errors import AutogradError, DomainError
from tests.helpers.oracle import form_of, row_id, rows

TOTAL = (
    "+", "-", "*", "neg", "atan", "tanh", "asinh", "hypot", "erf", "erfc", "sigmoid", "logsigmoid", "softplus",
    "softsign", "silu", "gelu", "relu", "abs", "copysign", "heaviside", "sum", "prod", "dot", "mean", "maximum",
    "minimum", "logsumexp", "norm", "cross_entropy",
)  # fmt: skip
# With an edge: no value somewhere, an infinite slope, or a value too large for a float.
EDGED = (
    "/", "%", "fmod", "//", "**", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "xlogy",
    "sin", "cos", "tan", "asin", "acos", "sinh", "cosh", "acosh", "atanh", "share", "bce",
)  # fmt: skip
PUBLIC = {op.name: op for op in rows()}


@pytest.mark.parametrize("name", TOTAL)
def test_rows_that_are_defined_everywhere_are_plain(name: str) -> None:
    assert is_plain(PUBLIC[name])


@pytest.mark.parametrize("name", EDGED)
def test_rows_with_an_edge_are_not(name: str) -> None:
    assert not is_plain(PUBLIC[name])


def test_rows_with_parameters_are_told_apart() -> None:
    x = Value(2.0)
    assert not is_plain((x**0.5)._row)
    assert not is_plain((x**-1)._row)
    assert is_plain(ag.leaky_relu(x, 0.1)._row)
    assert is_plain(ag.clip(x, -1.0, 1.0)._row)


def test_a_users_row_is_never_plain() -> None:
    @ag.primitive(partials=lambda out, x: (2.0,))
    def twice(x: float) -> float:
        return 2.0 * x

    assert not is_plain(twice(Value(1.0))._row)


@pytest.mark.parametrize("op", [op for op in rows() if is_plain(op)], ids=row_id)
def test_a_plain_row_has_a_value_and_finite_slopes_wherever_it_is_finite(op: Op) -> None:
    rng = random.Random(row_id(op))
    for count in {len(point) for point in form_of(op).points}:
        for _ in range(200):
            numbers = [rng.choice((-1, 1)) * 10 ** rng.uniform(-320, 102) for _ in range(count)]
            out = op.forward(*numbers)
            slopes = op.float_partials(out, *numbers)
            if math.isfinite(out):
                assert all(map(math.isfinite, slopes))


def wide(op: str, count: int) -> tuple[list[Value], Value]:
    xs = [Value(1.0, f"x{k}") for k in range(count)]
    return xs, ag.sum([getattr(x, op)() for x in xs])


@pytest.mark.parametrize("count", [1, 3, 60])
def test_an_error_leaves_the_gradients_as_they_were(count: int) -> None:
    xs, root = wide("log", count)
    program = ag.compile(root)
    program.forward()
    program.backward()
    xs[-1].data = -1.0
    with pytest.raises(DomainError, match=f"log with x{count - 1} = "):
        program.forward()
    with pytest.raises(DomainError):
        program.backward()
    assert [x.grad for x in xs] == [1.0] * count


@pytest.mark.parametrize("count", [1, 3, 60])
def test_an_infinite_slope_warns_as_the_graph_does(count: int) -> None:
    told = []
    for compiled in (False, True):
        xs, root = wide("sqrt", count)
        xs[0].data = 0.0
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            if compiled:
                program = ag.compile(root)
                program.forward()
                program.backward()
            else:
                root = ag.sum([x.sqrt() for x in xs])
                root.backward()
        told.append(([str(w.message) for w in caught], [x.grad for x in xs]))
    assert told[0] == told[1]
    assert told[0][0]
    assert told[0][1][0] == math.inf


def test_plain_programs_do_not_look_at_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network of sums, products and tanh runs without a pass over its numbers, nan or not."""
    xs, root = wide("tanh", 60)
    program = ag.compile(root)

    def refuse(*_: object) -> bool:
        raise AssertionError("a number was looked at")

    program.forward()
    program.backward()
    monkeypatch.setattr("autograd.compiler.scalar.math.isfinite", refuse)
    xs[0].data = math.nan
    assert math.isnan(program.forward())
    program.backward()
    xs, root = wide("exp", 60)
    with pytest.raises(AssertionError, match="looked at"):
        ag.compile(root).forward()


def test_infinite_numbers_that_the_graph_allows_pass() -> None:
    x = Value(1e200, "x")
    program = ag.compile(x * x - ag.log(Value(2.0)))
    assert program.forward() == math.inf
    assert not issubclass(AutogradError, ArithmeticError)


def test_a_second_look_changes_no_node_of_the_graph() -> None:
    xs, root = wide("sqrt", 60)
    xs[3].data = 0.0
    program = ag.compile(root)
    between = [node for node in root.parents if node.parents]
    before = [node.data for node in between]
    xs[0]._grad = 5.0
    program.forward()
    with np.errstate(all="raise"), pytest.warns(RuntimeWarning):
        program.backward()
    assert [node.data for node in between] == before
    assert xs[0].grad == 5.5


def test_every_row_is_either_in_the_lists_or_private_or_has_parameters() -> None:
    known = {*TOTAL, *EDGED, "sign", "floor", "atan2"}
    left = {op.name for op in rows() if not op.params and not op.name.startswith("_") and op.name not in known}
    assert left == set()


def test_a_second_look_starts_at_the_result_although_something_behind_it_was_compared() -> None:
    x, y = Value(0.0, "x"), Value(4.0, "y")
    program = ag.compile(lambda: root if (root := x.sqrt() + y) < y * 2.0 else y)
    with pytest.warns(RuntimeWarning, match="sqrt has slope inf"):
        program.backward()
    assert (x.grad, y.grad) == (math.inf, 1.0)
