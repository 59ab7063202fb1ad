"""The op table as JavaScript: what is written, and what a browser computes with it."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import itertools
import math
import os
import random
import re
import shutil
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import pytest

import autograd as ag
from autograd import ops
from autograd.engine.op import Op
from autograd.errors import ArgumentError
from autograd.render.page.data import js_op, js_prelude
from tests.helpers.oracle import form_of, row_id, rows

INF, NAN = math.inf, math.nan
EDGES = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 1.5, -3.5, 20.0, -20.0, 710.0, -710.0, 746.0, 1e-320, 1e308),
    *(0.125, -2.675, 25.0, -0.004, 1234567.895, 12345678901234565.0, 99999999999999995.0),  # what rounding stumbles on
    *(-0.75, 1.77, -1.8, 2.5, -5.9, -26.5, -37.9, 27.2),  # where the forms of the error function take turns, or end
    *(INF, -INF, NAN),
)
ENDS = (0.0, -0.0, 1.0, -1.0, -2.0, 0.5, 3.0, 1e16, -1e16, 1e200, -1e-200, INF, -INF, NAN)
REL = 1e-13
GELU_SLOPE = 2e-16  # near its zero the browser's sum cancels, which the engine's series does not


class Kind(NamedTuple):
    """A row at a number of operands."""

    op: Op
    count: int

    def __str__(self) -> str:
        return f"{row_id(self.op)}/{self.count}"


def kinds() -> list[Kind]:
    counts = {op: sorted({len(point) for point in form_of(op).points}) for op in rows()}
    return [Kind(op, count) for op in counts for count in counts[op]]


KINDS = kinds()
every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


def source(kind: Kind) -> str:
    text = js_op(kind.op, kind.count)
    assert text is not None
    return text


# --- what is written ---------------------------------------------------------------------------------------------


def test_every_row_has_a_form_in_javascript() -> None:
    without = {op.name for op in rows() if not op.js}
    assert without == set(), "a page could not compute a graph with these again"


@every_kind
def test_source_is_one_balanced_line_and_always_the_same(kind: Kind) -> None:
    text = source(kind)
    assert text == source(kind)
    assert "\n" not in text
    bare = re.sub(r'"[^"]*"', "", text)
    for opening, closing in ("()", "[]", "{}"):
        assert bare.count(opening) == bare.count(closing)
    assert not re.search(r"--|\+\+|\b(nan|inf|None|True|False)\b", bare)


@every_kind
def test_every_line_of_a_rule_is_written_once(kind: Kind) -> None:
    lines = re.findall(r"const t\d+ = (.*?);", source(kind))
    assert len(lines) == len(set(lines))


def test_functions_that_the_sources_call_are_in_the_prelude() -> None:
    called = set(re.findall(r"\bag\.(\w+)", " ".join(map(source, KINDS))))
    offered = js_prelude().split("Object.freeze({")[1].split("})")[0]
    assert called == set(re.findall(r"\w+", offered))


def test_prelude_and_sources_stay_inside_a_script_element() -> None:
    for text in (js_prelude(), *map(source, KINDS)):
        assert "</" not in text
        assert "<!--" not in text


def test_parameters_are_written_with_all_their_digits() -> None:
    third = 1.0 / 3.0
    assert repr(third) in str(js_op(ops.leaky_relu(third)))
    assert "(-Infinity)" in str(js_op(ops.clip(-INF, 0.5)))
    assert js_op(ops.power(-0.5)) == js_op(ops.power(-0.5))


def test_a_rule_that_doubles_at_every_step_stays_short() -> None:
    def doubling(out: Any, a: Any) -> tuple[Any]:
        for _ in range(200):
            a = a * a + a
        return (a,)

    text = js_op(dataclasses.replace(ops.EXP, partials=doubling))
    assert text is not None
    assert text.count("const") == 400


def test_leaves_and_primitives_have_no_form() -> None:
    @ag.primitive(partials=lambda out, x: (3 * x**2,))
    def cube(x: float) -> float:
        return x * x * x

    for op in (ops.LEAF, ops.CONSTANT, ops.LITERAL, cube.op):
        assert js_op(op) is None


def test_a_row_whose_rule_needs_one_without_a_form_has_none() -> None:
    formless = dataclasses.replace(ops.COS, js="")
    assert js_op(dataclasses.replace(ops.SIN, partials=lambda out, a: (2.0 * formless(a),))) is None


def test_count_of_operands_is_asked_for_and_checked() -> None:
    assert js_op(ops.MUL, 2) == js_op(ops.MUL)
    assert str(js_op(ops.SUM, 3)).startswith("{f: (x1, x2, x3) => ag.sum(x1, x2, x3), ")
    with pytest.raises(ArgumentError, match=r"dot takes any number of operands.*js_op\(op, count\)"):
        js_op(ops.DOT)
    with pytest.raises(ArgumentError, match=r"\* takes 2 operands, not 3"):
        js_op(ops.MUL, 3)


# --- what a browser computes with it -------------------------------------------------------------------------------

HARNESS = """
([sources, cases]) => {
  const attempt = (run) => {
    try { return run(); } catch (e) { return e instanceof RangeError ? e.message : "!" + e; }
  };
  const table = new Function(PRELUDE + "; return [" + sources.join(",") + "];")();
  return cases.map(([i, out, point]) => [
    attempt(() => table[i].f(...point)),
    out === null ? null : attempt(() => table[i].d(out, ...point)),
  ]);
}
"""


def points(kind: Kind) -> list[tuple[float, ...]]:
    """The points of the row's form, the ends of the number line, and 200 at random, small and large."""
    draw = random.Random(str(kind))

    def anything() -> float:
        x = draw.choice((draw.gauss(0.0, 3.0), draw.uniform(-1.0, 1.0), draw.uniform(0.0, 40.0)))
        return draw.choice((x, x, x, float(round(x)), x * 10.0 ** draw.randint(-8, 8)))

    own = [point for point in form_of(kind.op).points if len(point) == kind.count]
    if kind.count == 1:
        ends = [(x,) for x in EDGES]
    elif kind.count == 2:
        ends = list(itertools.product(ENDS, repeat=2))
    else:
        ends = [tuple(draw.choices(ENDS, k=kind.count)) for _ in range(100)]
    return own + ends + [tuple(anything() for _ in range(kind.count)) for _ in range(200)]


def python(function: Callable[..., Any], *inputs: float) -> Any:
    """What a row's function gives, None where it raises."""
    try:
        return function(*inputs)
    except (ArithmeticError, ValueError):
        return None


def missing(component: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"CI has to open pages: {component} is not installed")
    pytest.skip(f"{component} is not installed")


def in_a_browser(work: list[Any]) -> list[Any]:
    """The harness's answer. In a thread of its own: another test's browser may hold this thread's event loop."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("Playwright")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        missing("Chromium")

    def visit() -> list[Any]:
        with sync_playwright() as session:
            browser = session.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page()
            page.evaluate("text => { window.PRELUDE = text; }", js_prelude())
            answer: list[Any] = page.evaluate(HARNESS, work)
            browser.close()
            return answer

    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        return threads.submit(visit).result()


@pytest.fixture(scope="module")
def answers() -> dict[str, list[tuple[tuple[float, ...], Any, Any]]]:
    """For each kind its points, each with the value and the partials (or the message) that the browser gave."""
    cases = [
        (kind, i, point, python(kind.op.forward, *point)) for i, kind in enumerate(KINDS) for point in points(kind)
    ]
    sources = [source(kind) for kind in KINDS]
    got = in_a_browser([sources, [[i, out, list(point)] for _, i, point, out in cases]])
    found: dict[str, list[tuple[tuple[float, ...], Any, Any]]] = {str(kind): [] for kind in KINDS}
    for (kind, _, point, _), (value, slopes) in zip(cases, got, strict=True):
        found[str(kind)].append((point, value, slopes))
    return found


def agree(got: float, expected: float, floor: float = 0.0) -> bool:
    if expected == 0.0:
        return got == 0.0 and math.copysign(1.0, got) == math.copysign(1.0, expected)
    if math.isnan(expected):
        return math.isnan(got)
    return math.isclose(got, expected, rel_tol=REL, abs_tol=max(floor, 1e-315))  # below it doubles have no 13 digits


def test_agreement_is_strict() -> None:
    assert agree(1.0 + 1e-15, 1.0)
    for got, expected in ((1.0 + 1e-12, 1.0), (0.0, -0.0), (1e-300, 0.0), (NAN, 1.0), (INF, 1e308), (-INF, INF)):
        assert not agree(got, expected)


@every_kind
def test_browser_gives_the_value_and_raises_where_python_raises(kind: Kind, answers: Any) -> None:
    for point, got, _ in answers[str(kind)]:
        expected = python(kind.op.forward, *point)
        if expected is None:
            assert isinstance(got, str), f"{kind} at {point}: {got!r}, Python raises"
            assert got.startswith(f"{kind.op.name} with "), got
        else:
            assert not isinstance(got, str), f"{kind} at {point}: {got}; Python {expected!r}"
            floor = GELU_SLOPE if kind.op is ops.GELU_SLOPE else 0.0
            assert agree(got, expected, floor), f"{kind} at {point}: {got!r}, Python {expected!r}"


@every_kind
def test_browser_gives_the_partials_of_the_rows_rule(kind: Kind, answers: Any) -> None:
    for point, value, got in answers[str(kind)]:
        if isinstance(value, str):
            continue
        expected = python(kind.op.float_partials, kind.op.forward(*point), *point)
        if expected is None:
            assert isinstance(got, str), f"{kind} at {point}: {got!r}, Python's rule raises"
            assert " with " in got
        else:
            assert not isinstance(got, str), f"{kind} at {point}: {got}; Python {expected!r}"
            floor = GELU_SLOPE if kind.op is ops.GELU else 0.0
            agreed = [agree(g, e, floor) for g, e in zip(got, expected, strict=True)]
            assert all(agreed), f"{kind} at {point}: {got!r}, Python {expected!r}"


@pytest.mark.parametrize(
    ("kind", "point", "message"),
    [
        ("log/1", (-1.0,), "log with x = -1: log is defined for x > 0"),
        ("exp/1", (746.0,), "exp with x = 746: the result is too large for a double"),
        ("//2", (1.0, -0.0), "/ with x1 = 1, x2 = -0: / is defined for a divisor other than 0"),
        ("floor/1", (INF,), "floor with x = Infinity: floor is defined for finite x"),
    ],
)
def test_refusal_names_the_operation_the_numbers_and_the_domain(
    kind: str, point: tuple[float, ...], message: str, answers: Any
) -> None:
    given = {repr(at): value for at, value, _ in answers[kind]}
    assert given[repr(point)] == message
