"""Every row of the op table, tested because it is there."""

from __future__ import annotations

import inspect
import math
import operator
import pickle
import string

import numpy as np
import pytest

from autograd import Value, ops
from autograd.engine.op import Op
from autograd.errors import AutogradError
from tests.helpers.oracle import (
    FORMS,
    PARAMETERS,
    cases,
    check_rule,
    check_value,
    expected_warnings,
    families,
    form_of,
    row_id,
    rows,
)

ROWS = list(rows())
CASES = list(cases())
every_row = pytest.mark.parametrize("op", ROWS, ids=row_id)
every_case = pytest.mark.parametrize(("op", "point"), CASES, ids=[f"{row_id(op)}@{point}" for op, point in CASES])

INF, NAN = math.inf, math.nan
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 1.5, -3.5, 20.0, -20.0, 710.0, -710.0, 1e-320, INF, -INF, NAN)
PAIRS = [(a, b) for a in (0.0, -0.0, 1.0, -2.0, 0.5, 3.0, INF, -INF, NAN) for b in (0.0, 1.0, -2.0, 0.5, 3.0, INF, NAN)]


def same(got: float, expected: float, rel: float = 0.0) -> bool:
    if math.isnan(expected):
        return math.isnan(got)
    return got == expected or abs(got - expected) <= rel * abs(expected)


def edge_points(op: Op) -> list[tuple[float, ...]]:
    """Points at the ends of the number line, of as many operands as the row takes."""
    arity = len(form_of(op).points[0])
    if op.name in {"std", "dot"}:
        return []  # their forms take at least two operands, in pairs
    return [(x,) for x in EDGES] if arity == 1 else PAIRS


# --- what a row holds ------------------------------------------------------------------------------------------


def test_every_row_has_an_independent_form() -> None:
    assert set(ops.TABLE) - {""} == set(FORMS), "tests/helpers/oracle.py and the table hold different rows"


def test_every_family_has_sample_parameters() -> None:
    assert set(families()) == set(PARAMETERS)


@every_row
def test_row_is_found_under_its_name(op: Op) -> None:
    found = ops.find(op.name, op.params)
    assert (found.name, found.params) == (op.name, op.params)
    if NAN not in op.params:
        assert found is op


@every_row
def test_row_survives_pickling(op: Op) -> None:
    point = form_of(op).points[0]
    restored = pickle.loads(pickle.dumps(op))
    assert restored(*point) == op(*point)
    assert repr(restored) == repr(op)


@every_row
def test_row_says_how_it_is_drawn_and_why_its_rule_holds(op: Op) -> None:
    assert op.symbol
    assert op.latex
    assert len(op.because) > 5


@every_row
def test_latex_takes_the_operands_and_balances(op: Op) -> None:
    fields = {field for _, field, _, _ in string.Formatter().parse(op.latex) if field is not None}
    arity = len(form_of(op).points[0])
    if fields:
        assert fields == {str(i) for i in range(arity)}
        text = op.latex.format(*"ab"[:arity])
        assert text.count("{") == text.count("}")
    else:
        assert len({len(p) for p in form_of(op).points}) > 1, "only a row of many operands may leave them out"


@every_row
def test_rule_takes_the_output_and_every_operand(op: Op) -> None:
    parameters = list(inspect.signature(op.partials).parameters.values())
    arity = len(form_of(op).points[0])
    assert parameters[-1].kind is inspect.Parameter.VAR_POSITIONAL or len(parameters) == 1 + arity


# --- value and rule against mpmath -----------------------------------------------------------------------------


@every_case
def test_value_is_that_of_the_independent_form(op: Op, point: tuple[float, ...]) -> None:
    check_value(op, form_of(op), point)


@every_case
def test_rule_gives_the_slopes_of_the_independent_form(op: Op, point: tuple[float, ...]) -> None:
    check_rule(op, form_of(op), point)


@every_case
def test_backward_gives_what_the_rule_gives(op: Op, point: tuple[float, ...]) -> None:
    inputs = [Value(x) for x in point]
    out = op(*inputs)
    with expected_warnings(op):
        out.backward(seed=-2.0)
    assert out.data == op(*point)
    assert out.op == op.name
    assert list(map(id, out.parents)) == list(map(id, inputs))
    assert [v.grad for v in inputs] == [-2.0 * p for p in out.local_derivatives()]


@every_case
def test_operands_may_be_constants_and_plain_numbers(op: Op, point: tuple[float, ...]) -> None:
    if len(point) < 2:
        return
    for i in range(len(point)):
        inputs = [Value(x) if n == i else x for n, x in enumerate(point)]
        out = op(*inputs)
        with expected_warnings(op):
            out.backward()
        assert inputs[i].grad == out.local_derivatives()[i]
        assert all(p.grad == 0.0 and p.constant for n, p in enumerate(out.parents) if n != i)


# --- arrays ----------------------------------------------------------------------------------------------------


def columns(points: list[tuple[float, ...]]) -> list[np.ndarray]:
    return [np.array(column) for column in zip(*points, strict=True)]


@every_row
def test_array_form_is_the_float_form(op: Op) -> None:
    for count in {len(p) for p in form_of(op).points}:
        points = [p for p in form_of(op).points if len(p) == count]
        got = op(*columns(points))
        assert got.shape == (len(points),)
        for x, point in zip(got, points, strict=True):
            assert same(x, op(*point), 1e-14), f"{row_id(op)} at {point}: array {x!r}, float {op(*point)!r}"


@every_row
def test_array_form_is_the_float_form_at_the_edges(op: Op) -> None:
    def value(point: tuple[float, ...]) -> float | None:
        try:
            return op(*point)
        except AutogradError:
            return None  # here arrays have inf or nan, as NumPy does

    points = [p for p in edge_points(op) if value(p) is not None]
    if op.params == (0.5,) and op.name.endswith("power"):
        points.remove((-INF,))  # NumPy takes a root here, which gives nan where C's pow gives inf
    if points:
        with np.errstate(all="ignore"):
            results = op(*columns(points))
        wrong = [(p, x, value(p)) for p, x in zip(points, results, strict=True) if not same(x, value(p), 1e-13)]
        assert not wrong, f"(point, array, float): {wrong}"


@every_row
def test_rule_on_arrays_is_the_rule_on_floats(op: Op) -> None:
    for count in {len(p) for p in form_of(op).points}:
        points = [p for p in form_of(op).points if len(p) == count]
        inputs = columns(points)
        by_operand = op.partials(op(*inputs), *inputs)
        for i, partial in enumerate(by_operand):
            for x, point in zip(np.broadcast_to(partial, len(points)), points, strict=True):
                expected = op.partials(op(*point), *point)[i]
                assert same(x, expected, 1e-13), f"{row_id(op)} at {point}, operand {i}: {x!r}, float {expected!r}"


# --- where Python raises ---------------------------------------------------------------------------------------

PYTHON = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": operator.mod,
    "//": operator.floordiv, "**": math.pow, "neg": operator.neg, "abs": abs,
    "exp": math.exp, "exp2": math.exp2, "expm1": math.expm1, "log": math.log, "log2": math.log2, "log10": math.log10,
    "log1p": math.log1p, "sqrt": math.sqrt, "cbrt": math.cbrt, "sin": math.sin, "cos": math.cos, "tan": math.tan,
    "asin": math.asin, "acos": math.acos, "atan": math.atan, "sinh": math.sinh, "cosh": math.cosh, "tanh": math.tanh,
    "asinh": math.asinh, "acosh": math.acosh, "atanh": math.atanh, "atan2": math.atan2, "hypot": math.hypot,
    "erf": math.erf, "erfc": math.erfc, "fmod": math.fmod,
}  # fmt: skip


def test_every_public_row_with_a_domain_is_held_against_python() -> None:
    with_domain = {op.name for op in ROWS if op.domain and not op.name.startswith("_")}
    assert with_domain - set(PYTHON) == {"power", "xlogy", "share", "bce"}, "these have tests of their own"


def outcome(function: object, point: tuple[float, ...]) -> float | type[Exception]:
    try:
        return getattr(result := function(*point), "data", result)  # type: ignore[operator]
    except (ArithmeticError, ValueError) as error:
        kinds = (ZeroDivisionError, OverflowError, ValueError)
        return next(kind for kind in kinds if isinstance(error, kind))


@pytest.mark.parametrize("name", PYTHON)
def test_row_returns_and_raises_as_python_does(name: str) -> None:
    op = ops.find(name)
    for point in [*edge_points(op), (1e308,) * len(form_of(op).points[0])]:
        expected = outcome(PYTHON[name], point)
        if name == "**" and expected is ValueError and point[0] == 0.0:
            expected = ZeroDivisionError  # math.pow and the ** of floats differ in this; ** is meant
        for got in (outcome(op, point), outcome(lambda *x: op(*map(Value, x)), point)):
            if isinstance(expected, type) or isinstance(got, type):
                assert got is expected, f"{name} at {point}"
            else:
                assert same(got, expected, 1e-15), f"{name} at {point}: {got!r}, Python {expected!r}"


@pytest.mark.parametrize("exponent", [-2.0, -1.0, -0.5, 0.5, 1.5, 2.0, 3.0, 400.0])
def test_fixed_power_returns_and_raises_as_python_does(exponent: float) -> None:
    for x in EDGES:
        try:
            python = x**exponent
        except (ArithmeticError, ValueError) as error:
            with pytest.raises(type(error)):
                Value(x) ** exponent
        else:
            if isinstance(python, complex):
                with pytest.raises(ValueError, match="power"):
                    Value(x) ** exponent
            else:
                assert same((Value(x) ** exponent).data, python)


@pytest.mark.parametrize(
    ("name", "point"), [("log", (0.0,)), ("/", (1.0, 0.0)), ("exp", (1000.0,)), ("xlogy", (1.0, 0.0))]
)
def test_what_is_raised_is_one_of_ours_and_names_the_operation_and_the_numbers(
    name: str, point: tuple[float, ...]
) -> None:
    for operands in (point, tuple(map(Value, point))):
        with pytest.raises(AutogradError) as caught:
            ops.find(name)(*operands)
        assert str(caught.value).startswith(f"{name} with ")
        assert all(repr(x) in str(caught.value) for x in point)
