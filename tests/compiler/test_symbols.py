"""Rules read as formulas: what is one object, stacks of operands, and what is printed gives the numbers of the rows."""

from __future__ import annotations

import ast
import functools
import gc
import itertools
import math
import operator
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from autograd import ops, primitive
from autograd.compiler.printing import expression, float_code, numpy_lines
from autograd.compiler.symbols import ELEMENTS, Symbol, Trace, applied, below, forward, partials, slopes, stacked
from autograd.engine.ops import Op
from autograd.errors import ArgumentError
from tests.helpers.oracle import form_of, row_id, rows
from tests.helpers.printed import Runner, is_near, number, values

INF, NAN = math.inf, math.nan


def test_what_equals_the_rows_own_value_is_y() -> None:
    def texts(op: Op) -> list[str]:
        return list(map(repr, slopes(op, 1)))

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
    slopes(ops.HYPOT, 2)
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

    @primitive(partials=lambda out, x: ((x > 0.0) - (x < 0.0),))
    def comparing(x: float) -> float:
        return abs(x)

    @primitive(partials=lambda out, x: (2.0 * x,), array=lambda xp, x: np.sin(x))
    def outside(x: float) -> float:
        return x

    slope = partials(odd.op, 1)[0]  # type: ignore[attr-defined]
    assert float_code(slope, {"x0": "x", "y": "y"}, lambda op: "square") == "3.0 * square(x) / y"
    assert expression(slopes(odd.op, 1)[0], {"x0": "x", "y": "y"}) == "3.0 * (x * x) / y"  # type: ignore[attr-defined]
    with pytest.raises(ArgumentError, match="branching cannot be read as a formula"):
        partials(branching.op, 1)  # type: ignore[attr-defined]
    with pytest.raises(ArgumentError, match="comparing cannot be read as a formula"):
        slopes(comparing.op, 1)  # type: ignore[attr-defined]
    with pytest.raises(ArgumentError, match="outside cannot be read as a formula"):
        forward(outside.op, 1)  # type: ignore[attr-defined]
    assert repr(slopes(outside.op, 1)[0]) == "multiply(2.0, x0)"  # type: ignore[attr-defined]
    value = forward(odd.op, 1)  # type: ignore[attr-defined]
    with pytest.raises(ArgumentError, match="odd is computed number by number"):
        expression(value, {"x0": "x"})
    assert numpy_lines([(value, "t")], {"x0": "x"}, lambda kind: "s", lambda op: "f", repr) == ["t[...] = f(x)"]


# ---- Rules of reductions on a stack of operands: one call gives what the columns give

VARIADIC = [op for op in rows() if op.variadic and op is not ops.DOT]


@pytest.mark.parametrize("op", [op for op in VARIADIC if op.name not in {"prod", "_entry"}], ids=row_id)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 9, 40])
def test_stacked_form_gives_what_the_columns_give(op: Op, count: int) -> None:
    if count == 1 and (op.params == (1.0,) or op is ops.CROSS_ENTROPY):
        return  # a deviation of one value, over 0, and one class alone
    rng = random.Random(count)
    usual = [0.0, 0.5, 1.0] if op is ops.LOG_CHANCE else [-1.0, 0.5, 2.0, 700.0]
    samples = [[rng.choice([*usual, rng.uniform(usual[0], 1.0)]) for _ in range(count)] for _ in range(60)]
    samples += [[x] * count for x in (-0.0, 0.0, 3.0, 0.1)]
    if op.name in {"maximum", "minimum", "logsumexp", "sum"}:
        samples += [[special, *[1.0] * (count - 1)] for special in (INF, -INF, NAN)] + [[-INF] * count]
    legal = [tuple(sample) for sample in samples if values(op, tuple(sample)) is not None]
    assert len(legal) > 30
    form = stacked(op, count)
    assert form is not None
    stack = np.array(legal).T
    y = np.array([op.forward(*point) for point in legal])
    slopes = np.array([op.float_partials(out, *point) for out, point in zip(y.tolist(), legal, strict=True)]).T
    given, wanted = {"X": stack, "y": y}, [(form.forward, "start"), (form.partial, "slopes")]
    if form.apart is not None:
        given |= {"x0": stack[0], "X": stack[1:]}
        wanted.append((form.apart, "apart"))
    value, partial, *apart = Runner((len(legal),), len(given["X"])).run(wanted, given)
    partial = np.broadcast_to(partial, given["X"].shape)
    found = np.array([*[np.broadcast_to(slope, y.shape) for slope in apart], *partial])
    for k, point in enumerate(legal):
        assert is_near(value[k], y[k]), point
        assert math.copysign(1.0, value[k]) == math.copysign(1.0, y[k]) or value[k] != 0.0
        for i in range(count):
            assert abs(found[i, k] - slopes[i, k]) <= 1e-13 * (1.0 + abs(slopes[i, k])) or is_near(
                found[i, k], slopes[i, k]
            ), (point, i)
    with np.errstate(all="ignore"):
        for (symbol, _), expected in zip(wanted, (value, partial, *apart), strict=True):
            text = expression(symbol, {name: name for name in given})
            got = np.broadcast_to(eval(text, {"xp": np, **given}), np.shape(expected))
            assert np.allclose(got, expected, rtol=1e-12, atol=0.0, equal_nan=True), text


def test_a_first_operand_with_a_slope_of_its_own_stays_apart() -> None:
    form = stacked(ops.CROSS_ENTROPY, 1000)
    assert form is not None
    assert repr(form.forward).count("maximum(X)") > 0  # all others at once
    assert repr(form.apart).startswith("multiply(negative(")


def test_a_row_that_is_no_reduction_has_no_stacked_form() -> None:
    assert stacked(ops.PROD, 3) is None  # each factor's slope leaves itself out
    assert stacked(ops.DOT, 4) is None
    assert stacked(ops.ENTRY, 4) is None


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_users_sum_keeps_the_sign_of_zero(count: int) -> None:
    @primitive(partials=lambda out, *xs: (1.0,) * len(xs), array=lambda xp, *xs: functools.reduce(operator.add, xs))
    def plain_sum(*xs: float) -> float:
        return functools.reduce(operator.add, xs)

    form = stacked(plain_sum.op, count)  # type: ignore[attr-defined]
    assert form is not None
    (value,) = Runner((1,), count).run([(form.forward, "t")], {"X": np.full((count, 1), -0.0)})
    assert math.copysign(1.0, value[0]) == -1.0


def test_a_reduction_is_one_call() -> None:
    form = stacked(ops.SUM, 1000)
    assert form is not None
    lines = numpy_lines([(form.forward, "s")], {"X": "X"}, lambda kind: "t", str, repr)
    assert lines == ["np.add.reduce(X, axis=0, out=s, initial=0.0)"]
    assert form.partial == 1.0


# ---- Rules read as formulas: what is printed gives the numbers of the rows themselves

EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 20.0, -20.0, 710.0, -710.0, 1e-320, 1e300, INF, -INF, NAN)
PAIRED = (0.0, -0.0, 1.0, -2.0, 0.5, 3.0, INF, -INF, NAN)
every_row = pytest.mark.parametrize("op", list(rows()), ids=row_id)


def points(op: Op) -> Iterator[list[tuple[float, ...]]]:
    """Legal operands, in lists of one length: the points of the row's form, random ones, and the edges."""
    rng = random.Random(row_id(op))
    for count, of_count in itertools.groupby(sorted(form_of(op).points, key=len), key=len):
        group = list(of_count)
        near = [tuple(x * rng.uniform(0.98, 1.01) for x in point) for point in group for _ in range(6)]
        edges = [(x,) for x in EDGES] if count == 1 else list(itertools.product(PAIRED, repeat=2)) if count == 2 else []
        legal = [point for point in [*group, *near, *edges] if values(op, point) is not None]
        if op.name.endswith("power") and op.params in {(0.5,), (1.5,)}:
            legal.remove((-INF,))  # NumPy takes a root here, which gives nan where C's pow gives inf
        yield legal


def arrays(legal: list[tuple[float, ...]]) -> dict[str, NDArray[Any]]:
    """Operands and result of a row as arrays, under their names."""
    return {f"x{i}": np.array(column) for i, column in enumerate(zip(*legal, strict=True))}


def wrong(got: list[Any], expected: list[list[float]], legal: list[tuple[float, ...]]) -> list[Any]:
    return [
        (point, float(x), value)
        for result, column in zip(got, expected, strict=True)
        for point, x, value in zip(legal, np.broadcast_to(result, len(legal)), column, strict=True)
        if not is_near(float(x), value)
    ]


@every_row
def test_printed_lines_give_the_rows_own_numbers(op: Op) -> None:
    for legal in points(op):
        count = len(legal[0])
        expected = [list(column) for column in zip(*[values(op, point) or [] for point in legal], strict=True)]
        inputs = arrays(legal)
        value = Runner((len(legal),)).run([(forward(op, count), "target")], inputs)
        wanted = [(slope, f"target{i}") for i, slope in enumerate(slopes(op, count))]
        got = Runner((len(legal),)).run(wanted, inputs | {"y": np.array(expected[0])})
        assert not wrong([*value, *got], expected, legal), "(point, lines, float)"


@every_row
def test_expression_over_numpy_gives_the_rows_own_numbers(op: Op) -> None:
    for legal in points(op):
        count = len(legal[0])
        expected = [list(column) for column in zip(*[values(op, point) or [] for point in legal], strict=True)]
        names = {name: name for name in ("y", *(f"x{i}" for i in range(count)))}
        scope = arrays(legal) | {"y": np.array(expected[0]), "xp": np}
        for symbol, column in zip([forward(op, count), *slopes(op, count)], expected, strict=True):
            if any(part.kind == ELEMENTS for part in below([symbol])):
                with pytest.raises(ArgumentError, match="is computed number by number"):
                    expression(symbol, names)
                continue
            text = expression(symbol, names)
            with np.errstate(all="ignore"):
                assert not wrong([eval(text, scope)], [column], legal), f"(point, {text}, float)"


@every_row
def test_float_code_is_the_rule_bit_for_bit(op: Op) -> None:
    for legal in points(op):
        count = len(legal[0])
        bound: dict[str, Any] = {"math": math}

        def bind(row: Op, bound: dict[str, Any] = bound) -> str:
            return bound.setdefault(f"f{len(bound)}", row.forward) and f"f{len(bound) - 1}"

        names = {"y": "y", **{f"x{i}": f"x[{i}]" for i in range(count)}}
        code = [float_code(slope, names, bind) for slope in partials(op, count)]
        for point in legal:
            out, *slopes = values(op, point) or []
            got = [eval(text, bound | {"y": out, "x": point}) for text in code]
            assert list(map(repr, got)) == list(map(repr, slopes)), f"{code} at {point}"


# --- what is printed -----------------------------------------------------------------------------------------------


def brackets(text: str) -> Iterator[str]:
    """The text without each pair of brackets that isn't a call's."""
    for i, sign in enumerate(text):
        if sign == "(" and not text[i - 1 : i].isalnum():
            depth, j = 1, i
            while depth:
                j += 1
                depth += {"(": 1, ")": -1}.get(text[j], 0)
            yield text[:i] + text[i + 1 : j] + text[j + 1 :]


def parsed(text: str) -> str | None:
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return None


@pytest.mark.parametrize("seed", range(60))
def test_float_code_of_random_expressions_is_right_and_has_no_needless_brackets(seed: int) -> None:
    rng = random.Random(seed)
    trace = Trace()
    at = {"a": 1.37, "b": -0.41, "c": 2.9}
    made: list[tuple[Any, float]] = [(trace.input(name), x) for name, x in at.items()]
    for _ in range(8):
        op = rng.choice([ops.ADD, ops.SUB, ops.MUL, ops.DIV, ops.NEG, ops.TANH])
        picked = [rng.choice([*made, (number := rng.uniform(-2.0, 2.0), number)]) for _ in range(2)]
        picked = picked[:1] if op in (ops.NEG, ops.TANH) else picked
        made.append((op(*[symbol for symbol, _ in picked]), op.forward(*[x for _, x in picked])))
    symbol, expected = made[-1]
    text = float_code(symbol, {**{name: name for name in at}, "b": "-0.41"}, lambda op: "tanh")
    assert repr(eval(text, at | {"tanh": math.tanh})) == repr(expected), text
    assert all(parsed(shorter) != parsed(text) for shorter in brackets(text)), text


def test_infinite_numbers_have_names() -> None:
    x = Trace().array_input("x")
    assert expression(x * INF - NAN, {"x": "x"}) == "x * xp.inf - xp.nan"
    assert numpy_lines([(x * -INF, "t")], {"x": "x"}, str, str, number) == ["np.multiply(x, -np.inf, out=t)"]
    assert float_code(Trace().input("x") * -INF, {"x": "x"}, repr) == "x * -math.inf"


def test_expression_has_the_standard_names() -> None:
    trace = Trace()
    x = trace.array_input("x")
    texts = {
        "xp.atan2(x, x)": applied("arctan2", x, x),
        "xp.round(x, decimals=2)": applied("round", x, 2),
        "xp.acos(xp.abs(x))": applied("arccos", abs(x)),
        "(-x) ** -3.0": applied("power", -x, -3.0),
        "-x ** 3.0": -applied("power", x, 3.0),
        "xp.where((x < 1.0) | xp.isnan(x), 0.0, x)": applied("where", (x < 1.0) | applied("isnan", x), 0.0, x),
    }
    for text, symbol in texts.items():
        assert expression(symbol, {"x": "x"}) == text


# --- scratch arrays ------------------------------------------------------------------------------------------------


def some_expressions(rng: random.Random, inputs: list[Any]) -> list[Any]:
    made = list(inputs)
    for _ in range(rng.randint(5, 25)):
        a, b, c = (rng.choice(made[-6:] + inputs) for _ in range(3))
        made.append(
            rng.choice(
                [
                    lambda a, b, c: a + b,
                    lambda a, b, c: a - 0.5 * b,
                    lambda a, b, c: applied("maximum", a, b),
                    lambda a, b, c: applied("tanh", a),
                    lambda a, b, c: applied("round", a, 1),
                    lambda a, b, c: applied("where", (a < b) & (b > 0.1), c, a),
                    lambda a, b, c: applied("where", a == b, 1.0, b),
                    lambda a, b, c: applied("clip", a * b, -1.0, 1.0),
                    lambda a, b, c: -abs(a),
                ]
            )(a, b, c)
        )
    return made


@pytest.mark.parametrize("seed", range(150))
def test_no_scratch_array_is_written_while_it_is_needed(seed: int) -> None:
    rng = random.Random(seed)
    trace = Trace()
    scope = {f"x{i}": np.array([rng.uniform(-2.0, 2.0) for _ in range(7)]) for i in range(3)}
    names = {name: name for name in scope}
    made = some_expressions(rng, [trace.array_input(name) for name in scope])
    wanted = [made[-1], *rng.sample(made[3:], 3)]
    expected = [eval(expression(symbol, names), scope | {"xp": np}) for symbol in wanted]
    for kept in (["t0", "t1", "t2", "t3"], ["x0", "x2", "t", "x1"]):
        runner = Runner((7,))
        got = runner.run(list(zip(wanted, kept, strict=True)), {name: x.copy() for name, x in scope.items()})
        for x, y in zip(got, expected, strict=True):
            assert np.array_equal(x, y)


def test_a_chain_needs_one_scratch_array_and_ends_in_its_target() -> None:
    trace = Trace()
    symbol = trace.array_input("x")
    for _ in range(50):
        symbol = applied("sin", symbol) * 0.5
    handed: list[str] = []
    lines = numpy_lines([(symbol, "t")], {"x": "x"}, lambda kind: handed.append(kind) or "s", str, repr)  # type: ignore[func-returns-value]
    assert handed == ["item"]
    assert len(lines) == 100
    assert lines[-1] == "np.multiply(s, 0.5, out=t)"


def test_what_is_shared_is_computed_once() -> None:
    wanted = [(slope, f"target{i}") for i, slope in enumerate(slopes(ops.ATAN2, 2))]
    lines = numpy_lines(wanted, {"x0": "y", "x1": "x"}, Runner((1,)).scratch, str, repr)
    assert sum("hypot" in line for line in lines) == 1


def test_inputs_and_numbers_and_what_is_wanted_twice_are_copied() -> None:
    x = Trace().array_input("x")
    assert numpy_lines([(x, "t"), (2.0, "s")], {"x": "x5"}, str, str, repr) == ["t[...] = x5", "s[...] = 2.0"]
    assert numpy_lines([(x, "x5")], {"x": "x5"}, str, str, repr) == []
    assert numpy_lines([(-x, "t"), (-x, "s")], {"x": "x"}, str, str, repr) == ["np.negative(x, out=t)", "s[...] = t"]
