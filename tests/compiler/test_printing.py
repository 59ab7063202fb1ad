"""Rules read as formulas: what is printed gives the numbers of the rows themselves."""

from __future__ import annotations

import ast
import itertools
import math
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from autograd import ops
from autograd.compiler.printing import expression, float_code, numpy_lines
from autograd.compiler.symbols import ELEMENTS, Trace, applied, below, forward, lowered, partials
from autograd.engine.ops import Op
from autograd.errors import ArgumentError
from tests.helpers.oracle import form_of, row_id, rows
from tests.helpers.printed import Runner, is_near, values

INF, NAN = math.inf, math.nan
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 20.0, -20.0, 710.0, -710.0, 1e-320, 1e300, INF, -INF, NAN)
PAIRED = (0.0, -0.0, 1.0, -2.0, 0.5, 3.0, INF, -INF, NAN)
every_row = pytest.mark.parametrize("op", list(rows()), ids=row_id)


def points(op: Op) -> Iterator[list[tuple[float, ...]]]:
    """Legal operands, in lists of one length: the points of the row's form, random ones, and the edges."""
    rng = random.Random(row_id(op))
    for count, group in itertools.groupby(sorted(form_of(op).points, key=len), key=len):
        near = [tuple(x * rng.uniform(0.98, 1.01) for x in point) for point in group for _ in range(6)]
        edges = [(x,) for x in EDGES] if count == 1 else list(itertools.product(PAIRED, repeat=2)) if count == 2 else []
        legal = [point for point in [*near, *edges] if values(op, point) is not None]
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
        slopes = [lowered(slope) for slope in partials(op, count)]
        for targets in ([f"target{i}" for i in range(count)], [None] * count):
            got = Runner((len(legal),)).run(
                list(zip(slopes, targets, strict=True)), inputs | {"y": np.array(expected[0])}
            )
            assert not wrong([*value, *got], expected, legal), "(point, lines, float)"


@every_row
def test_expression_over_numpy_gives_the_rows_own_numbers(op: Op) -> None:
    for legal in points(op):
        count = len(legal[0])
        expected = [list(column) for column in zip(*[values(op, point) or [] for point in legal], strict=True)]
        names = {name: name for name in ("y", *(f"x{i}" for i in range(count)))}
        scope = arrays(legal) | {"y": np.array(expected[0]), "xp": np}
        for symbol, column in zip([forward(op, count), *map(lowered, partials(op, count))], expected, strict=True):
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
    assert numpy_lines([(x * -INF, "t")], {"x": "x"}, str)[0] == ["np.multiply(x, -np.inf, out=t)"]
    assert float_code(Trace().input("x") * -INF, {"x": "x"}, repr) == "x * -math.inf"


def test_expression_has_the_standard_names_and_takes_numbers_where_every_namespace_does() -> None:
    trace = Trace()
    x = trace.array_input("x")
    texts = {
        "xp.clip(x, 0.5, None)": applied("maximum", x, 0.5),
        "xp.clip(x, None, 0.5)": applied("minimum", 0.5, x),
        "xp.atan2(xp.asarray(1.0), x)": applied("arctan2", 1.0, x),
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
    for kept in ([None] * 4, ["t0", "t1", "t2", "t3"], ["t0", None, "t2", None], ["x0", "x2", "t", "x1"]):
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
    lines, places = numpy_lines([(symbol, "t")], {"x": "x"}, lambda kind: handed.append(kind) or "s")  # type: ignore[func-returns-value]
    assert handed == ["item"]
    assert len(lines) == 100
    assert lines[-1] == "np.multiply(s, 0.5, out=t)"
    assert places == ["t"]


def test_what_is_shared_is_computed_once() -> None:
    slopes = [lowered(slope) for slope in partials(ops.ATAN2, 2)]
    wanted = [(slope, f"target{i}") for i, slope in enumerate(slopes)]
    lines, _ = numpy_lines(wanted, {"x0": "y", "x1": "x"}, Runner((1,)).scratch)
    assert sum("hypot" in line for line in lines) == 1


def test_inputs_and_numbers_are_copied_only_where_a_target_is_given() -> None:
    x = Trace().array_input("x")
    assert numpy_lines([(x, None), (2.0, None)], {"x": "x5"}, str) == ([], ["x5", "2.0"])
    assert numpy_lines([(x, "t"), (2.0, "s")], {"x": "x5"}, str) == (["t[...] = x5", "s[...] = 2.0"], ["t", "s"])
    assert numpy_lines([(-x, "t"), (-x, "s")], {"x": "x"}, str)[0] == ["np.negative(x, out=t)", "s[...] = t"]
