"""Files of hand derivations: what is read from them, and what is said of a line that is wrong."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest

import autograd.checking.derivation_file as module
from autograd import check_derivative, diagnose, grad
from autograd.checking.derivation_file import MAX_FILE, MAX_POINTS, parse_derivations, read_derivations
from autograd.errors import ArgumentError, ExpressionError

GOOD = """\
# two functions
f(x) = sin(x**2)   # the square first
f'(x) = 2*x*cos(x**2)
at x = 0.5, 1
at pi/4

g(x, y) = x*y + y**2
  dg/dy = x + 2*y

  dg/dx = y
at (1, 2), (3, -4/2)
at y = 2, x = max(1, 2)
f(e) = e**2
df/de = 2*e
at e = 1
"""


def test_what_is_read() -> None:
    f, g, again = parse_derivations(GOOD)
    assert (str(f.function), f.function.line) == ("f(x) = sin(x**2)", 2)
    assert f.points == [0.5, 1.0, math.pi / 4]
    assert f.derivative(0.5) == grad(f.function)(0.5)
    assert (str(g.function), g.function.line) == ("g(x, y) = x*y + y**2", 7)
    assert g.points == [(1.0, 2.0), (3.0, -2.0), (2.0, 2.0)]
    assert g.derivative(3.0, 5.0) == g.derivative(y=5.0, x=3.0) == (5.0, 13.0)
    assert again.function(3.0) == 9.0
    assert again.derivative(3.0) == 6.0


def test_the_form_shown_in_the_docstring_is_read() -> None:
    assert module.__doc__ is not None
    example = module.__doc__.split("::")[1].split("- A line")[0]
    found = parse_derivations(example)
    assert [len(derivation.points) for derivation in found] == [3, 3]


def test_what_is_read_can_be_checked() -> None:
    for derivation in parse_derivations(GOOD):
        assert check_derivative(derivation.function, derivation.derivative, at=derivation.points).verdict == "pass"


def test_line_ends_signs_and_byte_order_marks_of_other_systems(tmp_path: Path) -> None:
    file = tmp_path / "derivations.txt"
    file.write_bytes(b"\xef\xbb\xbf" + "f(x,y)=x\r\n∂f/∂x=1\r\n\r\n∂f / ∂y = 0\r\nat (1,2)\r\n".encode())
    (derivation,) = read_derivations(file)
    assert derivation.derivative(1.0, 2.0) == (1.0, 0.0)


def test_lines_as_they_stand_in_a_notebook() -> None:
    text = "f(λ) = 2λ² − |λ|·ln(3)\nf′(λ) = 4λ - ln(3)\nat λ = 2π, 1\ng(x) = x e^x\ng’(x) = (x+1)e^x\nat -2^2"
    f, g = parse_derivations(text)
    assert f.points == [2 * math.pi, 1.0]
    assert g.points == [-4.0]
    for derivation in (f, g):
        assert check_derivative(derivation.function, derivation.derivative, at=derivation.points).verdict == "pass"


def test_no_derivations() -> None:
    assert parse_derivations("") == parse_derivations("\n\n  # nothing\n") == []


F = "f(x) = x\n"
DF = F + "f'(x) = 1\n"
G = "g(x, y) = x*y\n"


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("import os", 1, 1, "no line of a derivation"),
        ("\n  y = x**2", 2, 3, "no line of a derivation"),
        ("f'(x) = 2", 1, 1, "a function comes first"),
        ("at x = 2", 1, 1, "a function comes first"),
        ("df/dx = 2", 1, 1, "a function comes first"),
        (F + 'f"(x) = 1', 2, 1, "no line of a derivation"),
        (F + "f'(x) = x'", 2, 10, "quotes"),
        ("f(x) = x^", 1, 10, "ends where"),
        ("f(x) = 1/2x", 1, 11, "in the denominator"),
        ("f(lambda) = 1", 1, 3, "word of Python"),
        ("f(x, None) = x", 1, 6, "word of Python"),
        ("f(x) = open(x)", 1, 8, "no function open"),
        ("f(x) = x.y", 1, 9, "no attributes"),
        ("f(x) =", 1, 7, "no expression"),
        ("f(x) == x", 1, 7, "holds no ="),
        ("f(x) = y", 1, 8, "no variable y here; known: x"),
        ("f() = 1", 1, 3, "names with commas"),
        ("f(x, 2) = 1", 1, 6, "names with commas"),
        ("f(x,) = 1", 1, 5, "names with commas"),
        ("f(x, x) = 1", 1, 6, "stands twice"),
        ("f(sin) = 1", 1, 3, "name of a function"),
        (F + "f'(t) = 1", 2, 4, "a function of x"),
        (F + "h'(x) = 1", 2, 1, "stands below f"),
        (F + "dh/dx = 1", 2, 2, "stands below f"),
        (F + "df/dt = 1", 2, 5, "f has no variable t"),
        (DF + "df/dx = 1", 3, 2, "stands in line 2 already"),
        (G + "g'(x, y) = 1", 2, 2, r"write a line for each: dg/dx = \.\.\., dg/dy"),
        (F, 1, 1, r"the derivative is missing: write f'\(x\)"),
        (G + "dg/dx = y\nat (1, 2)", 1, 1, r"missing: write dg/dy = \.\.\. below"),
        (DF, 1, 1, r"no point to check it at: write at x = \.\.\."),
        (DF + "at", 3, 3, "no expression"),
        (DF + "at x = ", 3, 7, "no expression"),
        (DF + "at x = 1,", 3, 10, "no expression"),
        (DF + "at t = 1", 3, 4, "f has no variable t"),
        (DF + "at x = y", 3, 8, "no variable y"),
        (DF + "at x = 1, 1/0", 3, 11, "cannot be computed"),
        (DF + "at x = 1, 9**9**9", 3, 11, "too large"),
        (DF + "at x = 1e308*10", 3, 8, "this number is inf"),
        (G + "at 1, 2", 2, 4, r"written x = \.\.\., y = \.\.\., or \(x, y\)"),
        (G + "at (1, 2), 3", 2, 12, r"written x = \.\.\."),
        (G + "at (1, 2, 3)", 2, 4, "has 3 of the 2 numbers"),
        (G + "at (1)", 2, 4, "has 1 of the 2 numbers"),
        (G + "at x = 1", 2, 9, "no value for y"),
        (G + "at x = 1, 2", 2, 11, r"written x = \.\.\."),
        (G + "at x = 1, x = 2", 2, 11, r"written x = \.\.\."),
        (G + "at x = 1, z = 2", 2, 11, r"written x = \.\.\."),
        (G + "at (1, (2)", 2, 8, "never closed"),
        (DF + "at " + "1," * MAX_POINTS + "1", 3, 1, "more than 100 points"),
        ("f(x) = x\0", 1, 9, "NUL"),
        ("f(x) = " + "x" * 5000, 1, 2001, "longer than 2,000"),
        ("(" * 10_000, 1, 2001, "longer than 2,000"),
    ],
)
def test_a_wrong_line_is_refused_with_its_number_and_place(text: str, line: int, column: int, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason) as refused:
        parse_derivations(text)
    assert str(refused.value).startswith(f"line {line}, column {column}: ")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"cannot read .*No such file"):
        read_derivations(tmp_path / "nowhere.txt")
    with pytest.raises(ArgumentError, match="cannot read"):
        read_derivations(tmp_path)
    with pytest.raises(ArgumentError, match="cannot read"):
        read_derivations(Path("a\0b"))
    file = tmp_path / "latin.txt"
    file.write_bytes("f(x) = x\n# größer".encode("latin-1"))
    with pytest.raises(ArgumentError, match="line 2: byte 0xf6 is no UTF-8"):
        read_derivations(file)


def test_large_files_are_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "large.txt"
    file.write_text("f(x) = x\n" * 1_000_000)
    began = time.process_time()
    with pytest.raises(ArgumentError, match=f"larger than {MAX_FILE:,} bytes"):
        read_derivations(file)
    file.write_text("f(x) = x + x + x + x\n" * (MAX_FILE // 21))
    with pytest.raises(ExpressionError):
        read_derivations(file)
    assert time.process_time() - began < 10.0


# --- typed at a prompt ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "derivative", "at"),
    [
        ("x**2*sin(x)", "2*x*sin(x)+x**2*cos(x)", 2),
        ("2x^2 + ln(x)", "4x + 1/x", [1.0, 2.5]),
        ("w x^2".replace(" ", "*"), ("x^2", "2w*x"), [(2.0, 3.0)]),
        ("f(y, x) = x/y", {"x": "1/y", "y": "-x/y^2"}, [(2.0, 3.0)]),
        (r"\frac{x}{1+x^2}", r"\frac{1 - x^2}{\left(1+x^2\right)^2}", [0.5, 3.0]),
        ("arctan(x) + sec(x)", lambda x: 1 / (1 + x * x) + math.tan(x) / math.cos(x), 0.4),
        ("3", "0", 1.0),
    ],
)
def test_text_is_checked(f: str, derivative: object, at: object) -> None:
    assert check_derivative(f, derivative, at=at).verdict == "pass"


def test_a_wrong_text_is_diagnosed() -> None:
    report = check_derivative("sin(x^2)", "cos(x^2)", at=0.7)
    assert str(report).startswith("fail: you left out d(x^2)/dx = 2x (missing factor): 1 of 1 derivative of f")
    assert str(diagnose("sin(x^2)", "cos(x^2)", 0.7)) == "you left out d(x^2)/dx = 2x"


@pytest.mark.parametrize("derivative", ["y", ("y",), ("y", "x", "x"), {"x": "y"}, {"x": "y", "t": "x"}])
def test_text_has_a_derivative_for_each_variable(derivative: object) -> None:
    with pytest.raises(ArgumentError, match=r"has the variables x, y: write a derivative for each"):
        check_derivative("x*y", derivative, at=[(1.0, 2.0)])


def test_a_derivative_of_other_variables_is_refused() -> None:
    with pytest.raises(ExpressionError, match="no variable t here; known: x"):
        check_derivative("x^2", "2t", at=1.0)
