"""Graphs as equations, read back by a small reader of LaTeX."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import (
    Value,
    array,
    data,
    dot,
    exp,
    grads,
    lessons,
    maximum,
    mean,
    primitive,
    prod,
    sigmoid,
    sin,
    sqrt,
    std,
    tanh,
)
from autograd import sum as total
from autograd.errors import GraphError, OperandError
from autograd.reading.formulas import latex_name
from autograd.render import to_latex

any_text = st.text(st.characters(exclude_categories=()))
nasty = st.sampled_from(
    ["\\", "{", "}", "\\end{aligned}", "$", "&", "\\\\", "[x]", "*", "%", "#", "^", "~", "_", "\u0302", "'"]
)
labels = st.lists(any_text | nasty, max_size=4).map("".join)

TOKEN = re.compile(r"\\([A-Za-z]+|.)|([{}&\n])|([^\\{}&])", re.DOTALL)


def rows(latex: str) -> list[tuple[str, str]]:
    """Left and right sides; groups are closed, and nothing ends the environment before its end."""
    lines = latex.split("\n")
    assert (lines[0], lines[-1]) == (r"\begin{aligned}", r"\end{aligned}")
    body = lines[1:-1]
    assert all(line.endswith(r" \\") for line in body[:-1])
    found = []
    for line in body:
        depth = fences = signs = 0
        for match in TOKEN.finditer(line.removesuffix(r" \\")):
            command, mark, _ = match.groups()
            assert command not in ("begin", "end", "\\", "input", "def")
            depth += {"{": 1, "}": -1}.get(mark, 0)
            fences += {"left": 1, "right": -1}.get(command, 0)
            signs += mark == "&"
            assert depth >= 0
            assert fences >= 0
        assert (depth, fences, signs) == (0, 0, 1), line
        assert not line.startswith(("[", "*")), "they would be arguments of the line break before them"
        left, _, right = line.removesuffix(r" \\").partition("&=")
        found.append((left.strip(), right.strip()))
    return found


def partial(above: str, below: str) -> str:
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"


def test_forward_and_backward_of_a_neuron() -> None:
    w, x, b = Value(2.0, "w"), Value(3.0, "x", constant=True), Value(-1.0, "b")
    z = dot([w], [x], b)
    z.label = "z1"
    assert rows(to_latex(z)) == [
        ("z_{1}", r"w \, x + b = 2 \cdot 3 + (-1) = 5"),
        (partial("z_{1}", "z_{1}"), "1"),
        (partial("z_{1}", "b"), rf"{partial('z_{1}', 'z_{1}')} \cdot {partial('z_{1}', 'b')} = 1 \cdot 1 = 1"),
        (partial("z_{1}", "w"), rf"{partial('z_{1}', 'z_{1}')} \cdot {partial('z_{1}', 'w')} = 1 \cdot 3 = 3"),
    ]


def test_without_the_backward_pass() -> None:
    x = Value(3.0, "x")
    assert rows(to_latex(x * 2, backward=False)) == [("v_{1}", r"x \cdot 2 = 3 \cdot 2 = 6")]


def test_contributions_of_all_uses_are_added() -> None:
    x = Value(3.0, "x")
    y = x * x + sin(x)
    last = rows(to_latex(y))[-3:]
    assert last[0][1].count(r"\cdot") == 3
    assert r"\right|_{\text{operand 1}}" in last[0][1]
    assert r"\right|_{\text{operand 2}}" in last[0][1]
    assert last[1][1].count(r"1 \cdot 3") == 2
    assert float(last[2][1]) == pytest.approx(6 + math.cos(3.0), rel=1e-5)


def test_the_last_number_of_each_row_is_the_gradient() -> None:
    root, n = lessons.get(1).graph()
    latex = to_latex(root)
    assert n["W1[1,1]"].grad == 0.0, "nothing is stored"
    root.backward()
    texts = " ".join(f"{left} = {right}" for left, right in rows(latex))
    for label, name in (("W1[1,1]", "W_{1}[1,1]"), ("b2", "b_{2}"), ("z2", "z_{2}"), ("a2", "a_{2}")):
        after = texts.split(f"{partial('J', name)} =", 1)[1].split(r"\frac{\partial J}{\partial", 2)
        assert f"{n[label].grad:.6g}" in "".join(after)


def test_stored_gradients_are_neither_read_nor_written() -> None:
    x = Value(3.0, "x")
    y = x**2
    y.backward()
    y.backward()
    assert x.grad == 12.0
    assert rows(to_latex(y))[-1][1].endswith("= 6")
    assert x.grad == 12.0


@pytest.mark.parametrize(
    ("make", "written"),
    [
        (lambda a, b: a + b, "a + b"),
        (lambda a, b: a / b, r"\frac{a}{b}"),
        (lambda a, b: a**2, "a^{2}"),
        (lambda a, b: exp(a), "e^{a}"),
        (lambda a, b: sqrt(a), r"\sqrt{a}"),
        (lambda a, b: tanh(a), r"\tanh a"),
        (lambda a, b: sigmoid(a), r"\sigma(a)"),
        (lambda a, b: total([a, b, a]), "a + b + a"),
        (lambda a, b: prod([a, b]), r"a \cdot b"),
        (lambda a, b: mean([a, b]), r"\frac{1}{2} \left(a + b\right)"),
        (lambda a, b: dot([a, a], [b, b]), r"a \, b + a \, b"),
        (lambda a, b: maximum(a, b), r"\operatorname{\mathrm{max}}(a, b)"),
        (lambda a, b: std([a, b], ddof=1), r"\operatorname{\mathrm{std}}(a, b; 1)"),
        (lambda a, b: a - -1, "a - (-1)"),
        (lambda a, b: a * 1e-9, r"a \cdot (10^{-9})"),
    ],
)
def test_operations_are_written_as_their_rows_say(make: Any, written: str) -> None:
    latex = to_latex(make(Value(2.0, "a"), Value(3.0, "b")), backward=False)
    assert rows(latex)[0][1].startswith(f"{written} = ")


def test_a_primitive_of_a_user_has_its_name() -> None:
    cube = primitive(lambda x: x**3, lambda out, x: (3 * x**2,), name="my_cube")
    assert rows(to_latex(cube(Value(2.0, "a"))))[0][1].startswith(r"\operatorname{\mathrm{my}_{cube}}(a) = ")


def test_a_label_that_is_its_formula_is_not_repeated() -> None:
    a, b = Value(3.0, "a"), Value(1.0, "b")
    d = a - b
    d.label = "a - b"
    square = d**2
    found = rows(to_latex(square))
    assert found[0] == (r"a\ -\ b", "3 - 1 = 2")
    assert found[1][1] == r"\left(a\ -\ b\right)^{2} = 2^{2} = 4"


def test_long_sums_leave_out_the_middle_and_long_rows_are_broken() -> None:
    xs = [Value(float(i), f"x{i}") for i in range(40)]
    found = rows(to_latex(total(xs), backward=False))
    assert found[0][1].startswith(r"x_{0} + x_{1}")
    assert found[0][1].endswith(r"+ \cdots + x_{39} = 0 + 1 + 2 + 3 + 4 + 5 + \cdots + 39 = 780")
    W = array([[0.123456] * 6], "W")
    left, right = zip(*rows(to_latex((W @ array([0.5] * 6, "x"))[0], backward=False)), strict=True)
    assert left == ("v_{1}", "", "")
    assert right[-1] == "0.370368"


def test_numbers_that_are_none() -> None:
    found = rows(to_latex(Value(math.inf, "a") * Value(math.nan, "b")))
    assert found[0][1] == r"a \cdot b = \infty \cdot \mathrm{nan} = \mathrm{nan}"
    assert found[2][1].endswith(r"= 1 \cdot \infty = \infty")


@given(labels, labels)
def test_no_label_breaks_out(label: str, other: str) -> None:
    root = (Value(2.0, label) * Value(3.0, other) - 1) ** 2
    root.label = other
    rows(to_latex(root))


def test_signs_that_a_reader_of_latex_would_take_for_something_else() -> None:
    assert latex_name("\u0302x") == "\\text{\u25cc\u0302}x"  # an accent over nothing
    assert latex_name("λ1") == r"\lambda_{1}"  # Unicode calls this letter LAMDA
    assert latex_name("Ω@") == r"\Omega{@}"  # else KaTeX reads one command


def test_the_same_every_time(hostile: Value) -> None:
    assert to_latex(hostile) == to_latex(hostile)


def test_a_large_graph_is_refused_with_a_way_out() -> None:
    x = Value(1.0, "x")
    for _ in range(200):
        x = x * 1.0
    with pytest.raises(GraphError, match=r"401 nodes; up to 150 .*autograd\.explain"):
        to_latex(x)


def test_what_has_no_equations_is_refused() -> None:
    with pytest.raises(GraphError, match="no operation made node x"):
        to_latex(Value(1.0, "x"))
    with pytest.raises(OperandError):
        to_latex(1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("id", ["1.8", "2.1", "3.1", "4.1", "5.3"])
def test_the_documents_graphs_can_be_written(id: str) -> None:
    lesson = lessons.get(int(id[0]))
    claim = next(c.id for c in lesson.claims if c.graph is not None) if lesson.claim(id).graph is None else id
    root, _ = lesson.graph(claim)
    assert rows(to_latex(root))
    assert data(grads([root])) == 0.0
