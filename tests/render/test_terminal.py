"""The text drawing of a moment: read here as a whole, since what matters is how it looks."""

import re
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, dot, relu, sin
from autograd import sum as total
from autograd.errors import ArgumentError, OperandError
from autograd.reading.text import columns
from autograd.reading.trace import Trace
from autograd.render.terminal import neighbourhood_lines


def drawn(trace: Trace, k: int, **options: object) -> str:
    return "\n".join(neighbourhood_lines(trace, k, **options))  # type: ignore[arg-type]


def picture(text: str) -> str:
    return dedent(text).strip("\n")


# The network's records: forward m1 x a1 m2 z2 yhat y v1 v2 2 L (1 to 11), the seed (12), backward L v2 v1 yhat z2 a1.


def test_a_forward_value_goes_to_the_right(lesson_5: Value) -> None:
    assert drawn(Trace(lesson_5), 5) == picture("""
        a1 = 6   ──┬─ * ─ z2 = 3 ──→ yhat
        m2 = 0.5 ──┘
    """)


def test_messages_go_to_the_left(lesson_5: Value) -> None:
    assert drawn(Trace(lesson_5), 17) == picture("""
        a1 = 6   ←─ 2 * 0.5 = 1 ─┐
        grad 1                   ├─ * ─ z2 = 3 ←─ 2 ── yhat
        m2 = 0.5 ←─ 2 * 6 = 12 ──┘      grad 2
        grad 12
    """)


def test_a_constant_is_sent_nothing(lesson_5: Value) -> None:
    assert drawn(Trace(lesson_5), 18) == picture("""
        m1 = 3           ←─ 1 * 2 = 2 ─┐
        grad 2                         ├─ * ─ a1 = 6 ←─ 1 ── z2
        x = 2 (constant) ──────────────┘      grad 1
    """)


def test_the_seed_comes_from_outside(lesson_5: Value) -> None:
    assert drawn(Trace(lesson_5, 0.5), 12) == picture("""
        v2 = 4 ──┬─ / ─ L = 2    ←─ 0.5 ── (seed)
        2      ──┘      grad 0.5
    """)


def test_an_input_has_users_alone(expression: Value) -> None:
    assert drawn(Trace(expression), 2) == picture("""
        b = 1 ─┬─→ c
               └─→ d
    """)


def test_contributions_are_added_up() -> None:
    x = Value(3.0, "x")
    trace = Trace(x * x - 2 * x)
    assert drawn(trace, len(trace) - 1) == picture("""
        2                  ──────────────────┬─ * ─ v2 = 6  ←─ -1 ── v3
        x = 3              ←─ (-1) * 2 = -2 ─┘      grad -1
        grad -2, 2 to come
    """)
    assert drawn(trace, len(trace)) == picture("""
        x = 3                      ←─ 1 * 3 = 3 ─┐
        grad -2 + 3 = 1, 1 to come               ├─ * ─ v1 = 9 ←─ 1 ── v3
        x = 3                      ←─ 1 * 3 = 3 ─┘      grad 1
        grad 1 + 3 = 4
    """)


def test_in_ascii(lesson_5: Value) -> None:
    assert drawn(Trace(lesson_5), 17, ascii_only=True) == picture("""
        a1 = 6   <- 2 * 0.5 = 1 -+
        grad 1                   +- * - z2 = 3 <- 2 -- yhat
        m2 = 0.5 <- 2 * 6 = 12 --+      grad 2
        grad 12
    """)


def test_narrow(lesson_5: Value) -> None:
    assert drawn(Trace(lesson_5), 17, width=30) == picture("""
        z2 = 3, grad 2
        ← 2 from yhat
        * ┬ a1 = 6, grad 1
          │ ← 2 * 0.5 = 1
          └ m2 = 0.5, grad 12
            ← 2 * 6 = 12
    """)
    assert drawn(Trace(lesson_5), 5, width=30) == picture("""
        z2 = 3
        → yhat
        * ┬ a1 = 6
          └ m2 = 0.5
    """)


def test_many_operands_are_counted() -> None:
    weights, inputs = [Value(float(i), f"w{i}") for i in range(9)], [Value(2.0 * i, f"x{i}") for i in range(9)]
    trace = Trace(dot(weights, inputs, Value(1.0, "b")))
    assert drawn(trace, len(trace)) == picture("""
        w0 = 0      ←─ 1 * 0 = 0 ─┐
        grad 0                    │
        w1 = 1      ←─ 1 * 2 = 2 ─┤
        grad 2                    ├─ w·x ─ v1 = 409 ←─ 1 ── (seed)
        w2 = 2      ←─ 1 * 4 = 4 ─┤        grad 1
        grad 4                    │
        ... 16 more ──────────────┘
    """)


def test_many_users_are_counted() -> None:
    x = Value(1.0, "x")
    trace = Trace(total([x + i for i in range(2, 22)]))
    assert drawn(trace, 1) == picture("""
               ┌─→ v1
        x = 1 ─┼─→ v2
               ├─→ v3
               └─→ ... 17 more
    """)


def test_before_the_first_step(square: Value) -> None:
    assert drawn(Trace(square), 0) == "before the first step"
    assert drawn(Trace(square), 0, colour=True) == "before the first step"


def test_colour_marks_the_node_and_changes_nothing_else(lesson_5: Value) -> None:
    trace = Trace(lesson_5)
    for k in range(len(trace) + 1):
        for width in (80, 30):
            coloured = drawn(trace, k, width=width, colour=True)
            assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == drawn(trace, k, width=width)
            assert coloured.count("\x1b[1;7m") == coloured.count("\x1b[0m") <= 2
    assert "\x1b[1;7mz2 = 3\x1b[0m ←─ 2 ── yhat" in drawn(trace, 17, colour=True)


def test_wide_characters_stay_in_line() -> None:
    root = Value(2.0, "損失") * Value(3.0, "y\u0302")
    root.label = "結果"
    assert drawn(Trace(root), 3) == picture("""
        損失 = 2 ──┬─ * ─ 結果 = 6
        y\u0302 = 3    ──┘
    """)


@pytest.mark.parametrize("width", [10, 20, 30, 40, 60, 80, 200])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_hostile_labels(hostile: Value, width: int, ascii_only: bool) -> None:
    hostile.label = "\x1b[31m\x9b\x07\u202e"
    trace = Trace(hostile)
    for k in range(len(trace) + 1):
        check(neighbourhood_lines(trace, k, width, ascii_only=ascii_only), width, ascii_only)


def test_a_narrower_terminal_than_any_is_10_columns_wide(lesson_5: Value) -> None:
    assert max(map(columns, neighbourhood_lines(Trace(lesson_5), 17, width=0))) <= 10


@pytest.mark.parametrize("k", [-1, 19])
def test_a_step_out_of_range_is_refused(lesson_5: Value, k: int) -> None:
    with pytest.raises(ArgumentError, match="from 0 to 18"):
        neighbourhood_lines(Trace(lesson_5), k)
    with pytest.raises(OperandError):
        neighbourhood_lines(Trace(lesson_5), "1")  # type: ignore[arg-type]


def check(lines: list[str], width: int, ascii_only: bool) -> None:
    assert 1 <= len(lines) <= 9
    for line in lines:
        assert columns(line) <= width
        assert line.isprintable()
        assert line == line.rstrip()
        assert not ascii_only or line.isascii()


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    labels = st.just("") | st.text(max_size=60)
    numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-3, 3).map(float)
    nodes = [Value(draw(numbers), draw(labels)) for _ in range(draw(st.integers(1, 4)))]
    nodes.append(Value(draw(numbers), draw(labels), constant=True))
    for _ in range(draw(st.integers(1, 10))):
        a, b = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        make = draw(st.sampled_from([lambda a, b: a + b, lambda a, b: a * b, lambda a, b: relu(a), lambda a, b: 2 - a]))
        wide = draw(st.integers(1, 12))
        made = draw(st.sampled_from([make(a, b), total([a, b] * wide), sin(a) if abs(a.data) < 1e300 else -a]))
        made.label = draw(labels)
        nodes.append(made)
    return Trace(nodes[-1])


@settings(deadline=None)
@given(traces(), st.integers(10, 100), st.booleans())
def test_no_line_is_wider_than_the_terminal(trace: Trace, width: int, ascii_only: bool) -> None:
    for k in range(len(trace) + 1):
        check(neighbourhood_lines(trace, k, width, ascii_only=ascii_only), width, ascii_only)
