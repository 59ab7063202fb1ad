"""Expressions typed by a user: the grammar against Python's own, and everything hostile refused with its place."""

from __future__ import annotations

import contextlib
import copy
import math
import pickle
import time
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd
from autograd import Value, grad, jvp
from autograd.errors import ArgumentError, AutogradError, ExpressionError, OperandError, RangeError
from autograd.functions.expressions import FUNCTIONS, MAX_DEPTH, MAX_LENGTH, Formula, parse

# --- what it computes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2*3", 7.0),
        ("(1 + 2)*3", 9.0),
        ("10 - 3 - 2", 5.0),
        ("2**3**2", 512.0),
        ("-2**2", -4.0),
        ("2**-1", 0.5),
        ("2**-2**2", 2.0**-4),
        ("-2*-3", 6.0),
        ("--3", 3.0),
        ("+3", 3.0),
        ("-7 % 3", 2.0),
        ("-7 // 2", -4.0),
        ("7 / 2 / 2", 1.75),
        (".5 + 5. + 1e-3 + 1E+2", 105.501),
        ("pi", math.pi),
        ("2*e", 2 * math.e),
        ("\t sin( pi / 2 ) ", 1.0),
        ("max(1, 2, min(3, 4)) + abs(-1)", 4.0),
        ("hypot(3, 4)", 5.0),
        ("007 + 1.e0", 8.0),
        ("clip(7, 0, 1) + elu(2) + leaky_relu(-1) + leaky_relu(-1, 0.5)", 2.49),
        ("sum(1, 2, 3) + mean(1, 3) + prod(2, 2) + std(1, 2, 3)", 13.0),
    ],
)
def test_it_computes_what_python_does(text: str, expected: float) -> None:
    assert parse(text)() == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("x^2", "x**2"),
        ("-x^2", "-(x**2)"),
        ("2^-1^2", "2**(-(1**2))"),
        ("2^3^2", "2**(3**2)"),
        ("x² + x⁻¹ + x¹⁰", "x**2 + x**-1 + x**10"),
        ("-x²", "-(x**2)"),
        ("2^x²", "2**(x**2)"),
        ("(x + 1)³", "(x + 1)**3"),
        ("2x", "2*x"),
        ("2 x", "2*x"),
        ("2(x+1)", "2*(x + 1)"),
        ("(x+1)(x-1)y", "(x + 1)*(x - 1)*y"),
        ("-2x^2", "-(2*(x**2))"),
        ("2x^-1", "2*x**-1"),
        ("3x^2 y", "3*(x**2)*y"),
        ("x^2(x + 1)", "(x**2)*(x + 1)"),
        ("x²y", "(x**2)*y"),
        ("x - 2y/3", "x - (2*y)/3"),
        ("(1/2)x", "(1/2)*x"),
        ("1/(2x)", "1/(2*x)"),
        ("x sin(x)", "x*sin(x)"),
        ("2sin(x)cos(x)", "2*sin(x)*cos(x)"),
        ("sin(x)^2", "sin(x)**2"),
        ("sin(x)²", "sin(x)**2"),
        ("x e^x", "x*e**x"),
        ("e^-x", "e**-x"),
        ("e^(2x)", "e**(2*x)"),
        ("2πx", "2*pi*x"),
        ("π x²", "pi*x**2"),
        ("2 pi x", "2*pi*x"),
        ("|x|", "abs(x)"),
        ("|-x|²", "abs(-x)**2"),
        ("|x - |y| - 2|", "abs(x - abs(y) - 2)"),
        ("||x| - 2||y|", "abs(abs(x) - 2)*abs(y)"),
        ("2|x|y", "2*abs(x)*y"),
        ("max(|x|, |y|)", "max(abs(x), abs(y))"),
        ("3 × x · y ⋅ 2 ÷ 4 − 1 – 2", "3*x*y*2/4 - 1 - 2"),
        ("x\xa0+\xa01", "x + 1"),
        ("ln(x) + lg(x)", "log(x) + log10(x)"),
        ("arcsin(y) + arccos(y) + arctan(y)", "asin(y) + acos(y) + atan(y)"),
        ("arcsinh(x) + arccosh(x) + arctanh(y)", "asinh(x) + acosh(x) + atanh(y)"),
        ("arctan2(x, y)", "atan2(x, y)"),
        ("σ(x) + logistic(x) + swish(x) + sgn(x)", "2*sigmoid(x) + silu(x) + sign(x)"),
        ("pow(x, 3) + pow(2, y)", "x**3 + 2**y"),
        ("sec(x) + csc(x) + cot(x)", "1/cos(x) + 1/sin(x) + 1/tan(x)"),
        ("ceil(x) + ceil(-x) + ceil(2)", "2 - 1 + 2"),
    ],
)
@pytest.mark.filterwarnings("ignore::autograd.errors.GradientWarning")  # the floor within ceil stops every gradient
def test_what_people_type_means_what_python_writes(text: str, python: str) -> None:
    typed, written = parse(text, variables=("x", "y")), parse(python, variables=("x", "y"))
    values = {"x": 1.75, "y": -0.375}
    assert typed.evaluate(values) == pytest.approx(written.evaluate(values), rel=1e-15)
    result = typed.evaluate({name: Value(value) for name, value in values.items()})
    assert getattr(result, "data", result) == typed.evaluate(values)


def test_greek_letters_are_names_and_names_of_other_books_are_free() -> None:
    assert parse("λ·w² + Δ1*σ").names == ("λ", "w", "Δ1", "σ")
    assert parse("ln + sec*lg").names == ("ln", "sec", "lg")
    assert parse("πr + rπ").names == ("r",)
    assert parse("π*λ", variables=("π", "λ"))(π=2.0, λ=3.0) == 6.0
    with pytest.raises(ExpressionError, match="σ is a variable, not a function"):
        parse("σ(2)", variables=("σ",))
    assert parse("|abs|", variables=("abs",)).evaluate({"abs": -2.0}) == 2.0


class Typed(NamedTuple):
    """What somebody types, how strongly its outermost sign binds (1 a sum ... 5 one piece), and what it is worth."""

    text: str
    binds: int
    value: float

    def within(self, binds: int) -> str:
        return self.text if self.binds >= binds else f"({self.text})"


_X, _Y = 1.75, -0.375
_PIECES = st.sampled_from([Typed("x", 5, _X), Typed("λ", 5, _Y), Typed("π", 5, math.pi), Typed("0.5", 5, 0.5)])


def _typed(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    space = st.sampled_from(["", " "])
    less = st.sampled_from("-−–")
    times = st.sampled_from("*×·")
    over = st.sampled_from("/÷")
    power = st.sampled_from(["^", "**"])
    return st.one_of(
        st.builds(lambda a, b, s: Typed(f"{a.text}{s}+{s}{b.within(2)}", 1, a.value + b.value), inner, inner, space),
        st.builds(lambda a, b, m: Typed(f"{a.text} {m} {b.within(2)}", 1, a.value - b.value), inner, inner, less),
        st.builds(lambda a, b, t: Typed(a.within(2) + t + b.within(3), 2, a.value * b.value), inner, inner, times),
        st.builds(lambda a, b, t: Typed(a.within(2) + t + b.within(3), 2, divided(a, b)), inner, inner, over),
        st.builds(lambda n, a: Typed(f"{n}({a.text})", 2, n * a.value), st.integers(1, 9), inner),
        st.builds(lambda a, b, s: Typed(f"(({a.text}){s}| {b.text}|)", 5, a.value * abs(b.value)), inner, inner, space),
        st.builds(lambda a, b: Typed(f"(({a.text})sin({b.text}))", 5, a.value * math.sin(b.value)), inner, inner),
        st.builds(lambda a, m: Typed(m + a.within(4), 3, -a.value), inner, less),
        st.builds(lambda a, n, p: Typed(a.within(5) + p + str(n), 4, a.value**n), inner, st.integers(1, 3), power),
        st.builds(lambda a, n: Typed(a.within(5) + "⁰¹²³"[n], 4, a.value**n), inner, st.integers(1, 3)),
        st.builds(lambda a, p: Typed(f"2{p}{a.within(4)}", 4, 2.0**a.value), inner, power),
        st.builds(lambda a: Typed(f"|{a.text}|", 5, abs(a.value)), inner),
        st.builds(lambda a: Typed(f"arctan({a.text})", 5, math.atan(a.value)), inner),
    ).map(lambda typed: typed if abs(typed.value) < 1000 else typed._replace(value=math.nan))


def divided(a: Typed, b: Typed) -> float:
    return a.value / b.value if b.value else math.nan


@given(st.recursive(_PIECES, _typed, max_leaves=10))
def test_random_typing_is_worth_what_its_parts_are(typed: Typed) -> None:
    assume(math.isfinite(typed.value))
    expression = parse(typed.text, variables=("x", "λ"))
    assert expression.evaluate({"x": _X, "λ": _Y}) == pytest.approx(typed.value, rel=1e-9, abs=1e-9)


_NUMBERS = st.integers(1, 9).map(str) | st.sampled_from(["0.5", "2.25", "x", "y"])
_TEXTS = st.recursive(
    _NUMBERS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", " - ", "**"]), inner).map("".join)
        | inner.map("({})".format)
        | inner.map("-{}".format)
    ),
    max_leaves=12,
)


@given(_TEXTS)
def test_random_expressions_are_read_as_python_reads_them(text: str) -> None:
    values: dict[str, Any] = {"x": 1.75, "y": 0.375}
    floats = "".join(f"{c}.0" if c.isdigit() else c for c in text.replace("0.5", "p").replace("2.25", "q"))
    try:
        expected = eval(floats.replace("p", "0.5").replace("q", "2.25"), {}, values)
    except ArithmeticError as error:
        with pytest.raises(type(error)):
            parse(text).evaluate(values)
        return
    if isinstance(expected, complex):
        with pytest.raises(ValueError, match="domain"):
            parse(text).evaluate(values)
        return
    assert parse(text).evaluate(values) == pytest.approx(expected, rel=1e-14, nan_ok=True)


def test_names_come_in_order_and_once() -> None:
    expression = parse("y*x + y - pi")
    assert expression.names == ("y", "x")
    assert str(expression) == expression.text == "y*x + y - pi"


def test_every_function_of_single_numbers_is_known() -> None:
    not_of_numbers = {"array", "data", "grads", "dot", "softmax", "where"}
    makers = {"detect_anomaly", "no_grad", "primitive", "grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad",
              "vjp", "gradcheck", "check_derivative", "assert_derivative", "diagnose", "steps", "explain",
              "compile", "draw"}  # fmt: skip
    ours = {name for name in autograd.__all__ if name[0].islower()}
    assert ours - not_of_numbers - makers <= set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore::autograd.errors.GradientWarning")  # floor stops every gradient
def test_every_function_runs_on_floats_values_and_duals(name: str) -> None:
    point = 1.25 if name == "acosh" else 0.25
    extra = {"clip": ", 0, 1"}.get(name, ", 0.75" * (FUNCTIONS[name].least - 1))
    f = Formula("f", ("x",), parse(f"{name}(x{extra})"))
    plain, node = f(point), f(Value(point))
    assert type(plain) is float
    assert isinstance(node, Value)
    assert node.data == plain
    assert jvp(f, (point,), (1.0,))[1] == pytest.approx(grad(f)(point), rel=1e-12)


def test_a_fixed_exponent_is_no_parent() -> None:
    assert parse("x**2")(x=Value(3.0)).op == "power"
    assert len(parse("x**(1 + 1)")(x=Value(3.0)).parents) == 1
    assert parse("2**x")(x=Value(3.0)).op == "**"


def test_a_negative_base_is_never_complex() -> None:
    with pytest.raises(ValueError, match="domain"):
        parse("(-8)**(1/3)")()


def test_variables_may_be_called_as_the_constants_are() -> None:
    assert parse("e*x", variables=("e", "x"))(e=2.0, x=3.0) == 6.0


def test_values_that_are_missing_or_no_numbers() -> None:
    with pytest.raises(ArgumentError, match="needs a value for y"):
        parse("x + y")(x=1.0)
    with pytest.raises(OperandError):
        parse("x")(x="1")
    assert parse("x + self")(x=1, self=2) == 3.0


def test_it_can_be_copied_and_pickled() -> None:
    expression = parse("sin(x)**2 - max(x, -x)")
    for same in (copy.deepcopy(expression), pickle.loads(pickle.dumps(expression))):
        assert same(x=0.5) == expression(x=0.5)


def test_a_formula_has_a_signature() -> None:
    f = Formula("f", ("x", "y"), parse("x - y"))
    assert f(5.0, 2.0) == f(5.0, y=2.0) == f(y=2.0, x=5.0) == 3.0
    with pytest.raises(TypeError):
        f(1.0)


# --- what it refuses ---------------------------------------------------------------------------------------------

REFUSED = [
    ("", 0, "no expression"),
    ("   ", 3, "no expression"),
    ("x.data", 1, "no attributes"),
    ("(1).real", 3, "no attributes"),
    ("().__class__", 0, "nothing between"),
    ("x[0]", 1, "variables of their own"),
    ("{}", 0, "group"),
    ("__import__('os')", 0, "begins with a letter"),
    ("open('f')", 0, "no function open"),
    ('"text"', 0, "quotes"),
    ("system(x)", 0, "no function system"),
    ("eval(x)", 0, "no function eval"),
    ("lambda x: x", 0, "word of Python"),
    ("x if x else y", 2, "word of Python"),
    ("import os", 0, "word of Python"),
    ("None", 0, "word of Python"),
    ("x := 2", 2, "no sign"),
    ("x; y", 1, "no sign"),
    ("x @ y", 2, "no sign"),
    ("x = 2", 2, "holds no ="),
    ("x == 2", 2, "holds no ="),
    ("x < 2", 2, "comparisons"),
    ("x ≤ 2", 2, "comparisons"),
    ("< 2", 0, "comparisons"),
    ("not x", 0, "word of Python"),
    ("x and y", 2, "word of Python"),
    ("x ^", 3, "ends where"),
    ("²", 0, "² stands where"),
    ("x² ³", 3, "³ stands where"),
    ("x⁹" + "⁹" * 400, 1, "too large for a double"),
    ("|x", 0, "bar is never closed"),
    ("(1 - |x)", 5, "bar is never closed"),
    ("(x|", 3, "ends where"),
    ("|x, y|", 2, "comma"),
    ("||", 2, "ends where"),
    ("2||x||", 1, r"\* before a \|"),
    ("f'(x)", 1, "quotes"),
    ("f′(x)", 1, "quotes"),
    ("√2", 0, "sqrt"),
    ("х + 1", 0, "CYRILLIC SMALL LETTER HA"),
    ("ｘ", 0, "FULLWIDTH"),
    ("1２", 1, "FULLWIDTH DIGIT TWO"),
    ("\u202ex", 0, "RIGHT-TO-LEFT OVERRIDE"),
    ("x\0", 1, "NUL"),
    ("x\n+ 1", 1, "single line"),
    ("x\x1b[31m", 1, "U\\+001B"),
    ("\ud800", 0, "U\\+D800"),
    ("sinn(x)", 0, "did you mean sin"),
    ("arcsine(x)", 0, "did you mean arcsin"),
    ("ln(x, 2)", 0, "ln takes 1 argument, not 2"),
    ("ln x", 0, r"write ln\(\.\.\.\)"),
    ("f(x)", 0, "no function f; a product is written"),
    ("π(x)", 0, "π is a number, not a function; a product"),
    ("sin²(x)", 0, r"write sin\(\.\.\.\)"),
    ("isnan(x)", 0, "no function isnan"),
    ("lambda*x", 0, "word of Python, .* call the variable λ or lam"),
    ("ορ", 0, "GREEK SMALL LETTER OMICRON"),
    ("µ", 0, "MICRO SIGN"),
    ("sin", 0, r"write sin\(\.\.\.\)"),
    ("sin x", 0, r"write sin\(\.\.\.\)"),
    ("ln|x|", 0, r"write ln\(\.\.\.\)"),
    ("sin()", 3, "nothing between"),
    ("sin(x, y)", 0, "takes 1 argument, not 2"),
    ("hypot(x)", 0, "takes 2 arguments, not 1"),
    ("max(x)", 0, "takes 2 or more arguments, not 1"),
    ("elu(x, 1, 2)", 0, "takes 1 or 2 arguments, not 3"),
    ("hypot(x,)", 8, "is wanted"),
    ("hypot(,x)", 6, "is wanted"),
    ("x, y", 1, "comma"),
    ("(x, y)", 2, "comma"),
    ("x +", 3, "ends where"),
    ("* x", 0, "is wanted"),
    ("x ** * y", 5, "is wanted"),
    ("x */ y", 3, "is wanted"),
    ("(x", 0, "never closed"),
    ("sin(x", 3, "never closed"),
    ("x)", 1, "never opened"),
    (")", 0, "is wanted"),
    ("x y", 2, r"x\*y"),
    ("2 x y", 4, r"x\*y"),
    ("(x)2", 3, r"\(...\)\*2"),
    ("x 2", 2, r"x\*2"),
    ("2 3", 2, r"2\*3"),
    ("1/2x", 3, "in the denominator"),
    ("x - 1/2 (x + 1)", 8, "in the denominator"),
    ("x % 2|x|", 5, "in the denominator"),
    ("1/x²y", 4, "in the denominator"),
    ("e^2x", 3, "in the exponent"),
    ("e**-2sin(x)", 5, "in the exponent"),
    ("3j", 1, r"3\*j"),
    ("2.5J + 1", 3, r"2.5\*J"),
    ("2e - x", 1, r"as in 1e-3; .* 2\*e"),
    ("0x10", 0, "only decimal"),
    ("0xff", 0, "only decimal"),
    ("0b1", 0, "only decimal"),
    ("1_000", 1, "without _"),
    ("1.2.3", 3, "one decimal point"),
    ("1e999", 0, "too large for a double"),
    ("(" * 10_000 + "x" + ")" * 10_000, MAX_LENGTH, "20,001 characters"),
    ("(" * (MAX_DEPTH + 1), MAX_DEPTH, "within one another"),
    ("x+" * 3_000_000, MAX_LENGTH, "6,000,000 characters"),
    ("9" * 5_000_000, MAX_LENGTH, "5,000,000 characters"),
]


@pytest.mark.parametrize(("text", "position", "reason"), REFUSED, ids=[ascii(text[:20]) for text, _, _ in REFUSED])
def test_what_is_no_expression_is_refused_at_its_place(text: str, position: int, reason: str) -> None:
    began = time.process_time()
    with pytest.raises(ExpressionError, match=reason) as refused:
        parse(text)
    assert time.process_time() - began < 10.0
    error = refused.value
    assert error.position == position
    message = str(error)
    assert len(message) < 400
    assert all(c.isprintable() or c == "\n" for c in message)
    assert isinstance(error, ValueError)
    if text:
        first, shown, caret = message.split("\n")
        assert first.startswith(f"column {position + 1}: ")
        assert caret.endswith("^")
        assert len(shown) <= 400
    assert str(pickle.loads(pickle.dumps(error))) == message


def test_the_caret_stands_below_the_place() -> None:
    with pytest.raises(ExpressionError) as refused:
        parse("1 + 日^2", line=12)
    assert str(refused.value).split("\n")[1:] == ["  1 + 日^2", "      ^"]
    assert str(refused.value).startswith("line 12, column 5: ")
    for written in ("2πλ² − ", "|x| × 3x^2 (x+1) ÷ ", "1e3 - --0.50 + "):  # what is written otherwise than it was typed
        with pytest.raises(ExpressionError) as refused:
            parse(written + "sin(x, y)")
        assert refused.value.position == len(written)
    with pytest.raises(ExpressionError) as refused:
        parse("x + 1 + " * 100 + "^" + " + x" * 100)
    _, shown, caret = str(refused.value).split("\n")
    assert (shown[2], shown[len(caret) - 1], shown[-1]) == ("…", "^", "…")


def test_unknown_variables_where_they_are_stated() -> None:
    with pytest.raises(ExpressionError, match=r"no variable weigth here; known: weight") as refused:
        parse("weigth*2", variables=("weight", "bias"))
    assert refused.value.position == 0
    with pytest.raises(ExpressionError, match=r"x is a variable, not a function"):
        parse("x(x + 1)", variables=("x",))
    with pytest.raises(ExpressionError, match=r"no variable x here\n"):
        parse("x", variables=())


@pytest.mark.parametrize(
    ("text", "position"),
    [("9**9**9", 1), ("1 + exp(1000)", 4), ("prod(1, 9**999)", 9), ("2**" * 9 + "1", 13), ("|π − 3| + (9)^999", 13)],
)
def test_a_result_too_large_is_refused_at_once_with_its_place(text: str, position: int) -> None:
    expression = parse(text)
    began = time.process_time()
    with pytest.raises(RangeError) as refused:
        expression()
    assert time.process_time() - began < 10.0
    assert [note.split("\n")[1].index("^") for note in refused.value.__notes__] == [position + 2]


def test_values_keep_the_exception_of_floats_and_show_the_place() -> None:
    for x in (0.0, Value(0.0, "x")):
        with pytest.raises(ZeroDivisionError) as refused:
            parse("1 + 1/x")(x=x)
        assert refused.value.__notes__ == ["  1 + 1/x\n       ^"]


@pytest.mark.parametrize("thing", [None, 3, b"x", ["x"]])
def test_only_text_is_read(thing: Any) -> None:
    with pytest.raises(OperandError, match="an expression is text"):
        parse(thing)


@given(st.text(max_size=60) | st.text("xy12.+-*/%(),^|²πσ−× ejsin_=<'", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        expression = parse(text)
        expression.evaluate(dict.fromkeys(expression.names, 0.5))
    except AutogradError:
        return


def test_the_longest_texts_that_are_allowed_run() -> None:
    assert parse("-" * (MAX_LENGTH - 1) + "x")(x=2.0) == -2.0
    assert parse("(" * MAX_DEPTH + "x" + ")" * MAX_DEPTH)(x=2.0) == 2.0
    assert parse("(" * MAX_DEPTH + r"\alpha" + ")" * MAX_DEPTH)(α=2.0) == 2.0
    assert parse("+".join(["x"] * (MAX_LENGTH // 2)))(x=Value(1.0)).data == MAX_LENGTH // 2


# --- LaTeX ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"\frac{x}{1+x^2}", "x/(1+x^2)"),
        (r"\frac12 x^2 - \dfrac x y", "0.5x^2 - x/y"),
        (r"\sin^2 2x + 1", "sin(2x)^2 + 1"),
        (r"\sqrt{x^{2}+1}\,\sqrt[3]{x}", "sqrt(x^2+1)*cbrt(x)"),
        (r"xe^{-x^2/2}", "x*exp(-x^2/2)"),
        (r"\ln\left(1+e^{x}\right)", "log(1+exp(x))"),
        (r"x\sin x\cos x", "x*sin(x)*cos(x)"),
        (r"\log_{10} x + \log_2(x)", "log10(x) + log2(x)"),
        (r"\arctan\frac{x}{2} + \cos^{-1}(x)", "atan(x/2) + acos(x)"),
        (r"2\pi x\cdot y \div 3", "2*pi*x*y/3"),
        (r"\left|x-y\right| + \sinh |x|", "abs(x-y) + sinh(abs(x))"),
        (r"\sigma(x)(1-\sigma(x))", "sigmoid(x)*(1 - sigmoid(x))"),
        (r"\operatorname{tanh} x + \mathrm{e}^x", "tanh(x) + exp(x)"),
        (r"xy^{2}+x(y+1)", "x*y**2 + x*(y + 1)"),
        (r"\frac{1}{\sqrt{2\pi}}e^{-\frac{x^2}{2}}", "exp(-x^2/2)/sqrt(2*pi)"),
        (r"\sin\cos x - \tan -x", "sin(cos(x)) + tan(x)"),
        (r"\max(x, \sin y)", "max(x, sin(y))"),
        (r"(1+x)^{2}(1-x)^{-1}", "(1+x)**2/(1-x)"),
        (r"\sin |\cos x - y/2| + 1", "sin(abs(cos(x) - y/2)) + 1"),
        (r"σ(x)x", "sigmoid(x)*x"),
    ],
)
def test_latex_is_read(latex: str, plain: str) -> None:
    values = {"x": 0.7, "y": 1.3}
    assert parse(latex).evaluate(values) == pytest.approx(parse(plain).evaluate(values), rel=1e-14)
    assert str(parse(latex)) == latex


def test_names_in_latex() -> None:
    assert parse(r"x_{1}\beta + x_2 + \mathrm{lr} + x_\mathrm{up}").names == ("x_1", "β", "x_2", "lr", "x_up")


@pytest.mark.parametrize(
    ("latex", "column", "reason"),
    [
        (r"x + \foo x", 5, r"command \\foo is not read"),
        (r"\sin x/2", 7, "divided inside the function"),
        (r"\sin", 1, "nothing to be taken of"),
        (r"\frac{x}{", 9, "never closed"),
        (r"\frac{x}", 9, "an argument is missing"),
        (r"x^{2}}", 6, "closes nothing"),
        (r"(x^{2)}", 6, "closes nothing"),
        (r"x^\frac12", 3, "braces are wanted"),
        (r"\sin^{-2} x", 1, "power behind the function"),
        (r"\ln^{-1} x", 1, "power behind the function"),
    ],
)
def test_wrong_latex_is_refused_with_its_place(latex: str, column: int, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason) as refused:
        parse(latex)
    assert refused.value.position == column - 1


@given(st.text(alphabet="\\{}()^_|fracsinqtx12+-*/ ", max_size=60))
def test_any_latex_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        parse("\\sin " + text)


def test_latex_nested_deeply_is_refused() -> None:
    with pytest.raises(ExpressionError):
        parse(r"\frac{" * 300 + "x" + "}{2}" * 300)
