"""`primitive`: operations of the user's own."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import weakref
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd as ag
from autograd import Value, primitive, render
from autograd.errors import ArgumentError, AutogradError, GradientWarning, OperandError


@primitive(partials=lambda out, x: (3 * x**2,), symbol="x³", latex="{0}^3", because="the power rule", domain="any x")
def cube(x: float) -> float:
    """The cube of x."""
    return x * x * x


@primitive(partials=lambda out, a, b: (b, a))
def product(a: float, b: float) -> float:
    return a * b


class Shelf:
    @primitive(partials=lambda out, x: 0.5)
    def half(x: float) -> float:
        return x / 2


def test_primitive_is_a_function_of_floats_values_and_arrays() -> None:
    assert cube(2.0) == 8.0
    assert type(cube(2)) is float
    assert cube(Value(2.0)).data == 8.0
    assert cube(np.array([1.0, 2.0])).tolist() == [1.0, 8.0]
    A = cube(ag.array([1.0, 2.0]))
    A.sum().backward()
    assert [v.parents[0].grad for v in A] == [3.0, 12.0]


def test_primitive_makes_one_node_like_a_row() -> None:
    x = Value(2.0)
    y = cube(x)
    assert (y.op, y.local_derivatives()) == ("cube", (12.0,))
    assert [p is x for p in y.parents] == [True]
    assert (y._row.symbol, y._row.latex, y._row.because, y._row.domain) == ("x³", "{0}^3", "the power rule", "any x")
    assert (cube.__name__, cube.__doc__) == ("cube", "The cube of x.")


def test_primitive_has_every_order_of_derivative_that_its_rule_has() -> None:
    x = Value(2.0)
    y = cube(x)
    orders = []
    for _ in range(3):
        x.zero_grad()
        y.backward(create_graph=True)
        y = x.grad
        orders.append(y.data)
    assert orders == [12.0, 12.0, 6.0]


def test_rule_in_terms_of_math_serves_first_order_and_says_why_not_second() -> None:
    sine = primitive("sine", math.sin, lambda out, x: math.cos(x))
    x = Value(1.0)
    sine(x).backward()
    assert x.grad == math.cos(1.0)
    with pytest.raises(TypeError, match=r"autograd\.exp"):
        sine(x).backward(create_graph=True)
    assert x.grad == math.cos(1.0)


def test_primitive_of_two_operands_takes_numbers_too() -> None:
    x = Value(3.0)
    for y in (product(x, 2), product(2, x)):
        y.backward()
    assert x.grad == 4.0
    assert product(x, x).local_derivatives() == (3.0, 3.0)


def test_every_way_of_declaring_one() -> None:
    def forward(x: float) -> float:
        return 2 * x

    def slope(out: Any, x: Any) -> float:
        return 2.0

    for op in (
        primitive(forward, slope),
        primitive("twice", forward, slope),
        primitive(forward=forward, partials=slope, name="twice"),
        primitive(partials=slope)(forward),
        primitive("twice", partials=slope)(forward),
    ):
        x = Value(1.0)
        op(x).backward()
        assert x.grad == 2.0


@pytest.mark.parametrize(
    "arguments",
    [(), ("name",), (math.sin,), (math.sin, "cos"), (1, 2), (math.sin, math.cos, math.tan)],
    ids=["nothing", "a name", "no partials", "text for a rule", "numbers", "too many"],
)
def test_declaration_that_makes_no_sense_is_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ArgumentError):
        primitive(*arguments)


def test_wrong_number_of_partials_is_named() -> None:
    wrong = primitive("wrong", lambda a, b: a + b, lambda out, a, b: (1.0,))
    x, y = Value(1.0), Value(2.0)
    root = wrong(x, y)
    for create_graph in (False, True):
        with pytest.raises(AutogradError, match=r"wrong.*1.*2 operands"):
            root.backward(create_graph=create_graph)
    assert (x.grad, y.grad) == (0.0, 0.0)


@pytest.mark.parametrize("result", ["1", None, 1j, [1.0]], ids=repr)
def test_forward_or_partial_that_is_no_number_is_refused(result: Any) -> None:
    bad_value = primitive("bad", lambda x: result, lambda out, x: 1.0)
    with pytest.raises(OperandError):
        bad_value(Value(1.0))
    bad_slope = primitive("bad", lambda x: x, lambda out, x: (result,))
    x = Value(1.0)
    with pytest.raises(TypeError):
        bad_slope(x).backward()
    assert x.grad == 0.0


def test_partials_that_are_whole_numbers_are_fine() -> None:
    x = Value(1.0)
    primitive("twice", lambda x: 2 * x, lambda out, x: 2)(x).backward()
    assert (x.grad, type(x.grad)) == (2.0, float)


def test_errors_of_a_primitive_are_translated_and_named() -> None:
    root = primitive("root", math.sqrt, lambda out, x: 0.5 / out, domain="x >= 0")
    with pytest.raises(AutogradError, match=r"^root with level = -1\.0: .*x >= 0") as caught:
        root(Value(-1.0, "level"))
    assert isinstance(caught.value, ValueError)
    x = Value(0.0, "level")
    with pytest.raises(ZeroDivisionError, match=r"root.*level"):
        root(x).backward()
    assert x.grad == 0.0


def test_infinite_slope_of_a_primitive_is_warned_of() -> None:
    steep = primitive("steep", lambda x: x, lambda out, x: math.inf)
    with pytest.warns(GradientWarning, match="steep"):
        steep(Value(1.0)).backward()


def test_primitive_without_operands_is_refused() -> None:
    with pytest.raises(OperandError, match="cube"):
        cube()


@pytest.mark.parametrize("thing", ["2", None, 1j], ids=repr)
def test_primitive_refuses_what_is_no_number(thing: Any) -> None:
    with pytest.raises(TypeError):
        cube(thing)
    with pytest.raises(TypeError):
        product(Value(1.0), thing)


def test_primitive_pickles_by_its_place() -> None:
    x = Value(3.0)
    for node in (cube(x), product(x, x), Shelf.half(x)):
        restored = pickle.loads(pickle.dumps(node))
        assert restored._row is node._row
        assert restored.local_derivatives() == node.local_derivatives()


def test_local_primitive_cannot_be_pickled_and_says_so() -> None:
    local = primitive("local one", lambda x: x, lambda out, x: 1.0)
    with pytest.raises(pickle.PicklingError, match=r"'local one'.*top level"):
        pickle.dumps(local(Value(1.0)))
    assert copy.deepcopy(local(Value(1.0))).data == 1.0


def test_primitive_may_have_an_array_form() -> None:
    fast = primitive("fast", lambda x: 2 * x, lambda out, x: 2.0, array=lambda xp, x: xp.add(x, x) + 0.5)
    assert fast(np.array([1.0, 2.0])).tolist() == [2.5, 4.5]  # the half shows that it was asked
    assert fast(1.0) == 2.0


# --- its texts, which are the user's like labels -------------------------------------------------------------------

HOSTILE = [
    "f\x1b[31mRED\x9b0m",
    "a\0b\x0b\x7f",
    "a\ud800b\u202ec",
    "a\r\nb\u2028c",
    "<b>x</b> <<i>y</i>> &amp;",
    '\\N \\G \\"];}',
    "</script><script>alert(1)</script>",
    "\"\"\"\nimport os\n'''",
    "{0} {x} %s `code` $\\input{y}$ |{z}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("where", ["name", "symbol", "because", "domain", "kink"])
def test_text_of_a_primitive_stands_for_itself_wherever_it_is_shown(where: str, text: str) -> None:
    square = primitive(
        forward=lambda x: x * x,
        partials=lambda out, x: 2 * x,
        array=lambda xp, x: x * x,
        **{"name": "square", where: text},
    )
    x = Value(2.0, "x")
    y = square(x) * 2
    y.backward()
    program = ag.compile(y)
    compile(program.source, "<source>", "exec")
    shown = [
        *map(str, ag.steps(y)),
        str(ag.explain(y, x)),
        ag.explain(y, x).latex,
        str(ag.check_derivative(square, lambda x: 3 * x, at=[1.0])),
        str(square.op.failure(ValueError("none"), (1.0,))),
        repr(square.op),
        program.source,
        str(program.describe()),
        render.to_latex(y),
        render.to_mermaid(y),
        render.to_dot(y).source.replace("\t", " "),  # which the graphviz package indents with
    ]
    assert all(c.isprintable() or c == "\n" for told in shown for c in told)
    page, picture = render.to_html(y), render.to_svg(y)
    assert ElementTree.fromstring(picture) is not None
    assert "<script>alert" not in page + picture


def test_newlines_of_its_texts_do_not_break_lines() -> None:
    f = primitive("a\nb", lambda x: x, lambda out, x: 1.0, because="one\ntwo")
    assert (f(Value(1.0)).op, f.op.because, f.__name__) == (r"a\nb", r"one\ntwo", r"a\nb")


# --- how long it lives -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "use",
    [
        lambda f: f(Value(1.0)).backward(create_graph=True),
        lambda f: f(ag.array([1.0, 2.0])).sum().backward(),
        lambda f: ag.hessian(f)(1.0),
        lambda f: ag.jvp(f, (1.0,), (1.0,)),
        lambda f: copy.deepcopy(f(Value(1.0))),
        lambda f: [str(step) for step in ag.steps(f(Value(1.0)))],
        lambda f: render.to_svg(f(Value(1.0))),
        lambda f: ag.compile(f(Value(1.0)) * 2).backward(),
        lambda f: ag.compile(f(ag.array([1.0, 2.0, 3.0])).sum()).backward(),
    ],
    ids=["backward", "array", "hessian", "jvp", "copy", "steps", "picture", "compiled", "compiled array"],
)
def test_primitive_is_freed_with_its_last_user(use: Any) -> None:
    class Held:
        pass

    def used() -> weakref.ref[Held]:
        held = Held()

        @primitive(partials=lambda out, x: 2 * x, array=lambda xp, x: x * x)
        def square(x: float) -> float:
            assert held is not None
            return x * x

        use(square)
        return weakref.ref(held)

    alive = used()
    gc.collect()
    assert alive() is None
