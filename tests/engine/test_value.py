"""`Value`: what a node holds, its operators, comparisons and text."""

from __future__ import annotations

import ast
import itertools
import math
import numbers
import operator
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value
from autograd.engine import backward as sweep
from autograd.engine import graph, ops
from autograd.errors import ArgumentError, AutogradError, DivisionByZeroError, GradientWarning, OperandError

BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
]
NOT_NUMBERS = ["2", "", b"2", None, 1j, [1.0], (1.0,), {}, object, Decimal("1.5"), np.array([1.0, 2.0]), np.array(1j)]

ODD_LABELS = [
    'it\'s "quoted" `so`',
    "<b>&amp;</b> <script>alert(1)</script>",
    "\\frac{a}{b} $x$ %s {0} {x}",
    "line one\nline two\ttab\r\x00\x1b[31m\x7f",
    "Ünïcödé 数 🎲 \u202eright to left",
    "x" * 10_000,
    " ",
]


# --- what a node holds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [
        2,
        True,
        2.0,
        Fraction(1, 2),
        np.float64(2),
        np.float32(0.5),
        np.float16(0.5),
        np.int64(-3),
        np.uint8(7),
        np.array(2.5),
    ],
    ids=repr,
)
def test_any_real_number_becomes_a_float(number: Any) -> None:
    v = Value(number)
    assert type(v.data) is float
    assert v.data == float(number)
    assert (Value(1.0) * number).data == (number * Value(1.0)).data == float(number)


def test_numpy_bool_is_a_number_as_a_bool_is() -> None:
    assert Value(np.True_).data == 1.0
    assert (Value(2.0) * np.True_).data == (np.True_ * Value(2.0)).data == 2.0


@pytest.mark.parametrize("thing", NOT_NUMBERS, ids=repr)
def test_anything_else_is_a_type_error_that_names_the_type(thing: Any) -> None:
    with pytest.raises(OperandError, match=rf"got {type(thing).__name__}") as caught:
        Value(thing)
    assert isinstance(caught.value, TypeError)


def test_refusal_says_what_to_do() -> None:
    with pytest.raises(TypeError, match=r"convert it with float"):
        Value("2.5")
    with pytest.raises(TypeError, match=r"\.real"):
        Value(1 + 2j)
    with pytest.raises(TypeError, match=r"autograd\.array"):
        Value([1.0, 2.0])


def test_refusal_of_something_long_stays_short() -> None:
    with pytest.raises(TypeError) as caught:
        Value("a" * 100_000)
    assert len(str(caught.value)) < 200


def test_fresh_leaf() -> None:
    v = Value(2.0, "a")
    assert (v.data, v.grad, v.label, v.op, v.parents, v.constant) == (2.0, 0.0, "a", "", (), False)
    assert v.local_derivatives() == ()
    assert Value(2.0).label == ""
    assert Value(2.0, label="a").label == "a"


def test_node_records_parents_in_operand_order_with_repeats() -> None:
    a, b = Value(2.0), Value(3.0)
    assert list(map(id, (a - b).parents)) == [id(a), id(b)]
    assert list(map(id, (b - a).parents)) == [id(b), id(a)]
    assert [p is a for p in (a * a).parents] == [True, True]
    assert (a * a).local_derivatives() == (2.0, 2.0)
    assert list(map(id, ag.dot([a, b], [b, a], 1.0).parents[:4])) == [id(v) for v in (a, b, b, a)]


def test_local_derivative_is_a_closure_over_parameters_alone() -> None:
    x = Value(3.0)
    cube = x**3
    assert cube.local_derivative(8.0, 2.0) == (12.0,)
    held = [cell.cell_contents for cell in cube.local_derivative.__closure__ or ()]
    assert not any(isinstance(thing, Value) for thing in held)
    assert (x * 2.0).local_derivative(14.0, 7.0, 2.0) == (2.0, 7.0)


def test_constant_gets_no_gradient() -> None:
    x, c = Value(3.0), Value(2.0, "c", constant=True)
    (x * c).backward()
    assert (x.grad, c.grad, c.constant) == (2.0, 0.0, True)
    with pytest.raises(ArgumentError, match=r"\bc\b"):
        c.grad = 1.0


def test_data_may_be_changed_and_is_checked() -> None:
    v = Value(2.0)
    v.data = 3
    assert (v.data, type(v.data)) == (3.0, float)
    for thing in NOT_NUMBERS:
        with pytest.raises(TypeError):
            v.data = thing
        with pytest.raises(TypeError):
            v.grad = thing if thing is not None else "None resets"
    assert (v.data, v.grad) == (3.0, 0.0)


def test_shared_number_cannot_be_changed() -> None:
    two = (Value(1.0) + 2.0).parents[1]
    with pytest.raises(ArgumentError, match="shared"):
        two.data = 3.0
    assert two.data == 2.0


def test_plain_number_is_one_constant_node_however_often_it_is_used() -> None:
    x = Value(1.0)
    assert (x + 2.0).parents[1] is (x * 2).parents[1]
    assert (2 - x).parents[0] is (x + 2.0).parents[1]


def test_minus_zero_and_zero_are_two_numbers() -> None:
    x = Value(1.0)
    nodes = [x * 0.0, x * -0.0, x * 0.0, x * 0]
    assert [math.copysign(1.0, n.data) for n in nodes] == [1.0, -1.0, 1.0, 1.0]


def test_shared_numbers_do_not_pile_up() -> None:
    from autograd.engine import value

    x = Value(1.0)
    for i in range(20_000):
        x * float(i)
    assert len(value._literals) <= 5000


def test_new_attributes_are_refused() -> None:
    with pytest.raises(AttributeError):
        Value(1.0).gradient = 2.0  # type: ignore[attr-defined]


def test_detach_keeps_the_number_and_the_label_and_drops_the_past() -> None:
    x = Value(3.0)
    y = x * x
    y.label = "y"
    cut = y.detach()
    assert (cut.data, cut.label, cut.parents, cut.constant) == (9.0, "y", (), True)
    (x * cut).backward()
    assert x.grad == 9.0


def test_zero_grad_forgets_this_nodes_own_gradient_only() -> None:
    x = Value(3.0)
    y = x * x
    y.backward()
    y.zero_grad()
    assert (y.grad, x.grad) == (0.0, 6.0)
    x.zero_grad()
    assert repr(x) == "Value(3.0)"


# --- labels ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ODD_LABELS, ids=lambda s: ascii(s)[:20])
def test_label_of_any_kind_is_kept_and_shown_so_that_it_reads_back(label: str) -> None:
    v = Value(2.0, label)
    assert v.label == label
    shown = repr(v)
    call = ast.parse(shown, mode="eval").body
    assert isinstance(call, ast.Call)
    assert ast.literal_eval(call.keywords[0].value) == label
    assert "\n" not in shown
    assert v.detach().label == label


@pytest.mark.parametrize("label", [None, 3, b"a", ["a"], Value(1.0)], ids=repr)
def test_label_that_is_no_text_is_refused(label: Any) -> None:
    with pytest.raises(OperandError, match="a label is text"):
        Value(2.0, label)
    v = Value(2.0, "kept")
    with pytest.raises(TypeError, match=type(label).__name__):
        v.label = label
    assert v.label == "kept"


@pytest.mark.parametrize("label", ODD_LABELS[3:6], ids=["control", "unicode", "long"])
def test_error_about_a_node_with_an_odd_label_stays_readable(label: str) -> None:
    for fails in (lambda v: ag.log(v), lambda v: 1 / v, lambda v: v**-1):
        with pytest.raises(AutogradError) as caught:
            fails(Value(0.0, label))
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 500


# --- operators ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", BINARY)
def test_operator_takes_a_number_on_either_side(op: Callable[[Any, Any], Any]) -> None:
    for left, right in ((Value(7.5), 2), (7.5, Value(2.0)), (Value(7.5), np.float64(2)), (np.float64(7.5), Value(2.0))):
        result = op(left, right)
        assert type(result) is Value
        assert result.data == op(7.5, 2.0)


@pytest.mark.parametrize("op", BINARY)
@pytest.mark.parametrize("thing", ["2", b"2", None, 1j, [1.0], {}, object, Decimal(2)], ids=repr)
def test_operator_refuses_what_is_no_number_on_either_side(op: Callable[[Any, Any], Any], thing: Any) -> None:
    v = Value(2.0)
    for left, right in ((v, thing), (thing, v)):
        if op is operator.mod and left in ("2", b"2"):
            continue  # this is text formatting, and Python's own
        with pytest.raises(TypeError, match=type(thing).__name__):
            op(left, right)
    assert repr(v) == "Value(2.0)"


@pytest.mark.parametrize(
    ("build", "op", "parents"),
    [
        (lambda a, b: a - b, "-", 2),
        (lambda a, b: a / b, "/", 2),
        (lambda a, b: 2 * a, "*", 2),
        (lambda a, b: a * 2, "*", 2),
        (lambda a, b: 2 - a, "-", 2),
        (lambda a, b: 2 / a, "/", 2),
        (lambda a, b: a**2, "power", 1),
        (lambda a, b: a**-1, "power", 1),
        (lambda a, b: a**b, "**", 2),
        (lambda a, b: 2**a, "**", 2),
        (lambda a, b: a % b, "%", 2),
        (lambda a, b: 7 // a, "//", 2),
        (lambda a, b: -a, "neg", 1),
        (lambda a, b: abs(a), "abs", 1),
        (lambda a, b: round(a), "rounded", 1),
        (lambda a, b: math.floor(a), "floor", 1),
    ],
)
def test_operation_is_one_node(build: Callable[[Value, Value], Value], op: str, parents: int) -> None:
    a, b = Value(3.0), Value(2.0)
    result = build(a, b)
    assert (result.op, len(result.parents)) == (op, parents)
    assert all(not p.parents for p in result.parents)


def test_reflected_operators_have_their_slopes() -> None:
    for build, slope in [
        (lambda x: 7 + x, 1.0),
        (lambda x: 7 - x, -1.0),
        (lambda x: 7 * x, 7.0),
        (lambda x: 7 / x, -7 / 4),
        (lambda x: 3**x, 9 * math.log(3)),
        (lambda x: 7 % x, -3.0),
        (lambda x: 7 // x, 0.0),
    ]:
        x = Value(2.0)
        build(x).backward()
        assert x.grad == pytest.approx(slope, rel=1e-15)


def test_in_place_operators_make_new_nodes() -> None:
    first = x = Value(2.0)
    x += 1
    x *= x
    x -= 1.0
    x /= 2
    x **= 2
    x.backward()
    assert (first.data, x.data, first.grad) == (2.0, 16.0, 2 * 4.0 * 3.0)


def test_divmod_and_unary_plus() -> None:
    x = Value(7.0)
    quotient, rest = divmod(x, 2)
    assert (quotient.data, rest.data) == divmod(7.0, 2)
    quotient, rest = divmod(20, x)
    assert (quotient.data, rest.data) == divmod(20, 7.0)
    assert +x is x


@pytest.mark.parametrize(("x", "digits"), [(2.5, None), (3.5, None), (-2.675, 2), (1234.5, -2), (0.125, 2), (2.0, 0)])
def test_round_is_pythons(x: float, digits: int | None) -> None:
    assert round(Value(x), digits).data == (round(x) if digits is None else round(x, digits))


@pytest.mark.parametrize("digits", [1.5, "2"])
def test_round_to_digits_that_are_no_whole_number_is_refused(digits: Any) -> None:
    with pytest.raises(TypeError):
        round(2.5, digits)
    with pytest.raises(TypeError):
        round(Value(2.5), digits)


@pytest.mark.parametrize("op", [operator.truediv, operator.floordiv, operator.mod, divmod])
def test_division_by_zero_is_pythons_error_and_names_the_node(op: Callable[[Any, Any], Any]) -> None:
    a, b = Value(1.0, "a"), Value(0.0, "bottom")
    for left, right in ((a, b), (a, 0), (1, b)):
        with pytest.raises(DivisionByZeroError) as caught:
            op(left, right)
        assert isinstance(caught.value, ZeroDivisionError)
        if right is b:
            assert "bottom" in str(caught.value)


def test_sum_that_overflows_is_infinite_as_in_python() -> None:
    big = Value(1e308)
    assert (big + big).data == math.inf
    assert (big * 10).data == math.inf
    assert math.isnan((big * 10 - big * 10).data)


# --- comparisons, conversions, text ---------------------------------------------------------------------------------


@pytest.mark.parametrize("op", [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge])
def test_comparison_is_a_plain_bool_on_data(op: Callable[[Any, Any], Any]) -> None:
    for x in (1.0, 2.0, math.nan, math.inf):
        for y in (1.0, 2, True, math.nan, Fraction(3, 2), np.float64(2)):
            expected = bool(op(x, y))
            for got in (op(Value(x), Value(y)), op(Value(x), y), op(x, Value(y))):
                assert got == expected
                assert isinstance(got, bool | np.bool_)


@pytest.mark.parametrize(
    "big", [10**400, -(10**400), 2**53 + 1, Fraction(10**400)], ids=["big", "-big", "odd", "fraction"]
)
def test_comparison_with_a_number_that_no_float_holds_is_pythons(big: Any) -> None:
    for x in (1.0, 2.0**53, math.inf):
        assert (Value(x) == big) is (x == big)
        assert (Value(x) < big) is (x < big)
        assert (Value(x) >= big) is (x >= big)


def test_equal_data_does_not_make_one_key() -> None:
    a, b = Value(1.0), Value(1.0)
    assert a == b
    assert a != Value(2.0)
    assert len({a, b}) == 2
    assert {a: "a"}[a] == "a"


def test_comparison_with_what_is_no_number() -> None:
    v = Value(1.0)
    assert (v == "1", v != "1", v == None, v in [None, "x"]) == (False, True, False, False)  # noqa: E711
    for thing in ("1", None, 1j, [1.0]):
        with pytest.raises(TypeError):
            v < thing  # noqa: B015


def test_truth_is_being_other_than_zero() -> None:
    assert [bool(Value(x)) for x in (0.0, -0.0, 1e-320, -1.0, math.nan)] == [False, False, True, True, True]


@pytest.mark.parametrize("convert", [float, int, complex, math.exp, math.sqrt, math.trunc, math.isfinite, np.float64])
def test_silent_conversion_is_refused_with_the_way_out(convert: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError) as caught:
        convert(Value(1.0))
    if convert not in (math.trunc,):
        assert "autograd.exp" in str(caught.value)
        assert ".data" in str(caught.value)


def test_value_is_no_index_and_no_sequence() -> None:
    v = Value(1.0)
    for use in (lambda: [1, 2][v], lambda: range(v), lambda: len(v), lambda: list(v), lambda: v[0], lambda: iter(v)):
        with pytest.raises(TypeError):
            use()


def test_repr_shows_data_label_and_gradient_once_there_is_one() -> None:
    a = Value(2.0, "a")
    assert repr(a) == "Value(2.0, label='a')"
    (3 * a).backward()
    assert repr(a) == "Value(2.0, label='a', grad=3.0)"
    assert repr(Value(-0.0)) == "Value(-0.0)"
    x = Value(3.0)
    (x * x).backward(create_graph=True)
    assert repr(x) == "Value(3.0, grad=6.0)"


def test_format_is_that_of_the_number() -> None:
    v = Value(3.14159, "pi")
    assert f"{v:.3f}|{v:>8.2f}|{v:e}|{v:+.0f}" == f"{3.14159:.3f}|{3.14159:>8.2f}|{3.14159:e}|{3.14159:+.0f}"
    assert f"{v}" == str(v) == repr(v)
    with pytest.raises(ValueError, match="format"):
        f"{v:q}"


# --- backward ----------------------------------------------------------------------------------------------------


def test_leaves_accumulate_and_interior_nodes_do_not() -> None:
    a, b = Value(2.0), Value(3.0)
    product = a * b
    root = product * 2
    root.backward()
    root.backward()
    assert (a.grad, b.grad, product.grad, root.grad) == (12.0, 8.0, 2.0, 1.0)


def test_leaf_shared_by_two_graphs_adds_up() -> None:
    x = Value(3.0)
    (x * 2).backward()
    (x * x).backward()
    assert x.grad == 8.0


def test_backward_from_a_leaf_and_from_a_constant() -> None:
    x = Value(3.0)
    x.backward()
    x.backward(seed=2.0)
    assert x.grad == 3.0
    c = Value(3.0, constant=True)
    c.backward()
    assert c.grad == 0.0


def test_backward_through_constants_alone_reaches_nothing() -> None:
    c = Value(3.0, constant=True)
    root = c * c + 1
    root.backward()
    assert (root.grad, c.grad) == (1.0, 0.0)


@pytest.mark.parametrize("seed", ["1", None, 1j, [1.0]], ids=repr)
def test_seed_that_is_no_number_is_refused_and_nothing_is_lost(seed: Any) -> None:
    x = Value(3.0)
    y = x * x
    y.backward()
    for create_graph in (False, True):
        with pytest.raises(TypeError):
            y.backward(seed, create_graph=create_graph)
    assert (x.grad, y.grad) == (6.0, 1.0)


def test_seed_may_be_a_value() -> None:
    x = Value(3.0)
    (x * x).backward(seed=Value(2.0))
    assert x.grad == 12.0


def test_gradient_of_a_gradient_to_the_fifth_order() -> None:
    x = Value(0.7)
    y = ag.sin(x) * ag.exp(x)
    # the n-th derivative of e^x sin x is sqrt(2)^n e^x sin(x + n pi / 4)
    for n in range(1, 6):
        x.zero_grad()
        y.backward(create_graph=True)
        y = x.grad
        expected = math.sqrt(2) ** n * math.exp(0.7) * math.sin(0.7 + n * math.pi / 4)
        assert y.data == pytest.approx(expected, rel=1e-13)


def test_create_graph_gradients_are_values_at_every_node() -> None:
    x = Value(2.0)
    y = x**3
    z = 2 * y
    z.backward(create_graph=True)
    assert [type(v.grad) for v in (x, y, z)] == [Value] * 3
    assert [v.grad.data for v in (x, y, z)] == [24.0, 2.0, 1.0]


def test_create_graph_accumulates_on_leaves() -> None:
    x = Value(2.0)
    (x**2).backward()
    (x**3).backward(create_graph=True)
    gradient = x.grad
    assert gradient.data == 4.0 + 12.0
    x.zero_grad()
    gradient.backward()
    assert x.grad == 12.0  # 6 x: what the first, plain pass left is a number


def test_seed_of_a_recorded_pass_can_be_differentiated() -> None:
    x, s = Value(2.0), Value(5.0)
    (x**3).backward(seed=s, create_graph=True)
    gradient = x.grad
    for v in (x, s):
        v.zero_grad()
    gradient.backward()
    assert (x.grad, s.grad) == (5.0 * 12.0, 12.0)


@pytest.mark.parametrize("create_graph", [False, True])
def test_backward_that_raises_leaves_every_gradient_as_it_was(create_graph: bool) -> None:
    x, y = Value(0.0, "x"), Value(0.0, "y")
    angle = ag.atan2(y, x)
    root = angle * 3 + x * 2 + y
    (x * 5 + y * 7).backward()
    angle.grad = 0.25
    with pytest.raises(ZeroDivisionError):
        root.backward(create_graph=create_graph)
    assert (x.grad, y.grad, angle.grad) == (5.0, 7.0, 0.25)
    assert repr(root) == "Value(0.0)"


def test_warning_turned_into_an_error_leaves_every_gradient_as_it_was() -> None:
    x, y = Value(0.0), Value(2.0)
    root = ag.sqrt(x) + y * y  # filterwarnings = error makes the warning raise
    (3 * y).backward()
    with pytest.raises(GradientWarning):
        root.backward()
    assert (x.grad, y.grad) == (0.0, 3.0)
    assert repr(root) == "Value(4.0)"


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError, RuntimeError])
def test_interrupted_backward_leaves_every_gradient_as_it_was(error: type[BaseException], create_graph: bool) -> None:
    armed = True

    def slopes(out: Any, x: Any) -> Any:
        if armed:
            raise error
        return 2.0

    double = ag.primitive("double", lambda x: 2.0 * x, slopes)
    x, y = Value(1.0), Value(2.0)
    inner = y * x
    root = double(x) * 4 + inner + y
    (x + 10 * y).backward()
    before = [v.grad for v in (x, y, inner, root)]
    with pytest.raises(error):
        root.backward(create_graph=create_graph)
    assert [v.grad for v in (x, y, inner, root)] == before
    armed = False
    root.backward()
    assert (x.grad, y.grad) == (1.0 + 8.0 + 2.0, 10.0 + 1.0 + 1.0)


def interrupted(call: Callable[[], object], at: int) -> bool:
    """Press Ctrl-C, so to say, before the n-th line that runs in the sweep; whether it came so far."""
    lines = 0

    def trace(frame: Any, event: str, _: object) -> Any:
        nonlocal lines
        if frame.f_code.co_filename not in (graph.__file__, sweep.__file__):
            return None
        lines += event == "line"
        if lines == at and event == "line":
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.pure
@pytest.mark.parametrize("create_graph", [False, True])
def test_backward_interrupted_at_any_line_leaves_every_gradient_as_it_was(create_graph: bool) -> None:
    x, y, c = Value(0.5), Value(2.0), Value(3.0, constant=True)
    inner = ag.tanh(x) * y
    root = ag.dot([inner, x, c], [y, c, 4.0], y) + ag.sqrt(inner) + x
    nodes = graph.topological_order(root)
    for earlier in ([], [root], [root, root + inner]):  # untouched; used before; used within another graph too
        for v in earlier:
            v.backward()
        before = [repr(v) for v in nodes]
        at = 1
        while interrupted(lambda: root.backward(create_graph=create_graph), at):
            assert [repr(v) for v in nodes] == before, f"line {at}"
            at += 1
        assert at > 20
        for v in nodes:
            v.zero_grad()


@pytest.mark.parametrize("create_graph", [False, True])
def test_warning_points_at_the_line_that_called_backward(create_graph: bool) -> None:
    with pytest.warns(GradientWarning) as caught:
        ag.sqrt(Value(0.0)).backward(create_graph=create_graph)
    assert caught[0].filename == __file__


def test_a_shared_number_cannot_be_labelled() -> None:
    two = (Value(1.0) * 2).parents[1]
    with pytest.raises(ArgumentError, match=r"the number 2\.0 is shared by every graph"):
        two.label = "two"


@pytest.mark.parametrize(
    ("write", "row"),
    [
        (lambda a, b: a + b, ops.ADD),
        (lambda a, b: a - b, ops.SUB),
        (lambda a, b: a * b, ops.MUL),
        (lambda a, b: a / b, ops.DIV),
        (lambda a, b: -a, ops.NEG),
        (lambda a, b: a.relu(), ops.RELU),
        (lambda a, b: a.tanh(), ops.TANH),
        (lambda a, b: a.exp(), ops.EXP),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_operators_written_out_for_speed_are_the_rows(write: Callable[[Any, Any], Any], row: ops.Op) -> None:
    numbers = (-3.5, -0.0, 0.0, 0.1, 3.0, 1e308, math.inf, math.nan)
    for a, b in itertools.product(numbers, repeat=2):
        for x, y in ((Value(a), Value(b)), (Value(a), b), (a, Value(b))):
            if type(x) is float and row.name in ("neg", "relu", "tanh", "exp"):
                continue
            operands = (a, b) if row.name in "+-*/" else (a,)
            try:
                expected = row.forward(*operands)
            except (ArithmeticError, ValueError) as error:
                with pytest.raises(type(error)):
                    write(x, y)
                continue
            made = write(x, y)
            assert made._row is row
            assert repr(made.data) == repr(expected)
            assert [repr(p.data) for p in made.parents] == [repr(each) for each in operands]


# --- names that people know from elsewhere ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("sigmoid", "autograd.sigmoid(v)"),
        ("softplus", "autograd.softplus(v)"),
        ("sum", "autograd.sum(values)"),
        ("mean", "autograd.mean(values)"),
        ("pow", "v ** 2"),
        ("item", ".data"),
        ("numpy", ".data"),
        ("value", ".data"),
        ("gradient", ".grad"),
        ("requires_grad", "constant=True"),
        ("shape", "autograd.array"),
        ("children", ".parents"),
        ("name", ".label"),
        ("_backward", ".local_derivative"),
    ],
)
def test_name_from_elsewhere_says_what_to_write(name: str, instead: str) -> None:
    v = Value(2.0)
    with pytest.raises(AttributeError, match=re.escape(instead)):
        getattr(v, name)
    with pytest.raises(AttributeError, match=re.escape(instead)):
        setattr(v, name, 1.0)
    assert not hasattr(v, name)
    assert getattr(v, name, "default") == "default"
    assert name not in dir(v)


def test_every_function_of_the_package_is_a_method_or_says_how_it_is_written() -> None:
    v = Value(0.5)
    names = [name for name in ag.__all__ if getattr(ag, name).__module__ == "autograd.functions.elementary"]
    assert len(names) > 40
    for name in set(names) - set(dir(v)):
        with pytest.raises(AttributeError, match=rf"autograd\.{name}\("):
            getattr(v, name)


def test_subclass_may_have_what_others_are_told_of() -> None:
    class Named(Value):
        def sigmoid(self) -> Any:
            return ag.sigmoid(self)

    class Slotted(Value):
        __slots__ = ("name",)

    v, w = Named(0.0), Slotted(1.0)
    v.name = w.name = "mine"
    assert (v.name, w.name, v.sigmoid().data) == ("mine", "mine", 0.5)
    assert {"name", "sigmoid"} <= set(dir(v))
    assert not hasattr(v, "value")
    del v.name
    with pytest.raises(AttributeError, match=r"\.label"):
        v.name  # noqa: B018
    with pytest.raises(AttributeError, match=r"\.label"):
        del v.name


def test_arguments_of_backward_from_elsewhere_say_what_to_write() -> None:
    v = Value(2.0)
    for keyword, instead in (("retain_graph", "leave it out"), ("gradient", "seed"), ("typo", "create_graph")):
        with pytest.raises(TypeError, match=f"'{keyword}'.*{instead}"):
            v.backward(**{keyword: True})
    assert v.grad == 0.0


def test_names_of_the_package_from_elsewhere_say_what_to_write() -> None:
    for name, instead in {
        "Tensor": "Value",
        "tensor": "Value",
        "MLP": "autograd.nn.MLP",
        "to_svg": "autograd.render.to_svg",
        "SGD": "autograd.optim.SGD",
        "jit": "autograd.compile",
        "enable_grad": "no_grad",
    }.items():
        with pytest.raises(AttributeError, match=instead):
            getattr(ag, name)
    assert not hasattr(ag, "nowhere")


def test_numbers_of_an_inner_node_may_be_set_with_a_warning_those_of_leaves_without() -> None:
    x = Value(2.0, "x")
    y = x * 3
    y.label = "y"
    x.data = 5.0
    with pytest.warns(GradientWarning, match=r"node y .* set by hand.* run again") as caught:
        y.data = 7.0
    assert [w.filename for w in caught] == [__file__]
    assert y.data == 7.0
    y.backward()
    assert x.grad == 3.0


# --- as a number beside others ------------------------------------------------------------------------------------


@pytest.mark.parametrize("swapped", [False, True])
def test_pytest_approx_compares_values(swapped: bool) -> None:
    def equal(values: Any, wanted: Any) -> bool:
        return bool(wanted == values if swapped else values == wanted)

    v = Value(0.1) + 0.2
    A = ag.array([[0.1, 0.2]]) + 0.2
    for values, near, far in [
        (v, 0.3, 0.4),
        ([v, v], [0.3, 0.3], [0.3, 0.4]),
        ({"a": v}, {"a": 0.3}, {"a": 0.4}),
        (A, np.array([[0.3, 0.4]]), np.array([[0.3, 0.5]])),
        (A[0], [0.3, 0.4], [0.3, 0.5]),
    ]:
        assert equal(values, pytest.approx(near))
        assert not equal(values, pytest.approx(far))
    with pytest.raises(TypeError, match=r"\.data"):
        equal(0.3, pytest.approx(v))
    assert not equal(0.3, pytest.approx(0.4))


def test_fractions_compare_and_compute_with_values_on_either_side() -> None:
    v, half = Value(0.5), Fraction(1, 2)
    assert v == half
    assert half == v
    assert (half + v).data == (v + half).data == 1.0
    assert isinstance(v, numbers.Number)
    assert not isinstance(v, numbers.Real)
    assert (v.real is v, v.imag) == (True, 0.0)
    with pytest.raises(TypeError, match=r"\.data is its bare number"):
        Value(v)
