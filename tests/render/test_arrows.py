from typing import Any

import pytest

from autograd import Value, lessons, relu, sigmoid
from autograd.render.dot import Arrow, Picture, arrows
from autograd.render.rows import graph_rows
from autograd.render.style import Look


def drawn(root: Value, at_step: int | None = None, **look: Any) -> list[Arrow]:
    rows = graph_rows(root, symbolic=True, at_step=at_step)
    final = rows if at_step is None else graph_rows(root, symbolic=True, at_step=None)
    return arrows(Picture(rows, Look(**look), final))


def dashed(root: Value, **look: Any) -> list[Arrow]:
    return [arrow for arrow in drawn(root, **look) if arrow.backward]


def test_the_drawing_of_the_fourth_document() -> None:
    y, _ = lessons.get(4).graph("4.3")
    y.backward()
    names = {row.id: row.name for row in graph_rows(y).nodes}
    back = [(names[a.tail], names[a.head], a.lines) for a in reversed(dashed(y))]
    assert back == [
        ("y", "f", ("dy/df = 3f² = 75", "← 75")),
        ("f", "g", ("df/dg = 1", "← 75")),
        ("g", "x", ("dg/dx = 2x = 4", "← 300")),
    ]
    assert "message = local x upstream: 300 = 4 * 75" in dashed(y)[0].tooltip
    solid = [(names[a.tail], names[a.head]) for a in drawn(y) if not a.backward]
    assert solid == [("x", "g"), ("g", "f"), ("1", "f"), ("f", "y")]


def test_what_is_shown_can_be_chosen(square: Value) -> None:
    square.backward()
    assert [a.lines for a in dashed(square, show="locals")] == [("dv1/dx = x = 3",)] * 2
    assert [a.lines for a in dashed(square, show="messages")] == [("← 3",)] * 2
    assert dashed(square, show=["values"]) == []
    assert dashed(square, number_format=".2f")[0].lines == ("dv1/dx = x = 3.00", "← 3.00")


def test_sign_size_and_nothing_at_all_look_different() -> None:
    x, y, z = Value(2.0, "x"), Value(1.0, "y"), Value(-1.0, "z")
    root = 100 * x - y + relu(z) + 1e-9 * x
    root.backward()
    looks = {}
    for arrow in dashed(root):
        looks[arrow.lines[-1]] = arrow.look
    assert looks["← 100"]["color"] != looks["← -1"]["color"]
    assert "positive" in looks["← 100"]["class"]
    assert "negative" in looks["← -1"]["class"]
    assert float(looks["← 100"]["penwidth"]) > float(looks["← 1"]["penwidth"])
    for nothing in ("← 0", "← 1e-09"):
        assert looks[nothing]["style"] == "dotted"
        assert looks[nothing]["arrowtail"] == "empty"
    assert "vanishing" in looks["← 1e-09"]["class"]
    assert looks["← 1"]["style"] == "dashed"


def test_exploding_and_not_finite_are_marked() -> None:
    x = Value(1.0, "x")
    y = x * 1e9
    y.backward()
    assert dashed(y)[0].lines == ("dv1/dx = 1e+09", "← 1e+09 ⚠")
    z = x * float("inf")
    z.backward()
    assert dashed(z)[0].lines[-1] == "← inf ⚠"
    assert "not-finite" in dashed(z)[0].look["class"]


def test_nothing_flows_to_a_constant() -> None:
    y = Value(2.0, "w") * Value(3.0, "x", constant=True)
    y.backward()
    assert [a.head for a in dashed(y)] == ["n0"]


def test_a_long_symbol_stands_in_the_tooltip_alone() -> None:
    x = Value(0.5, "a_long_name")
    y = sigmoid(x)
    y.backward()
    (arrow,) = dashed(y)
    assert arrow.lines[0] == "dv1/da_long_name = 0.235"
    assert arrow.tooltip.count("sigmoid(a_long_name)") == 2


@pytest.mark.parametrize("k", range(11))
def test_at_a_moment_every_arrow_is_there(expression: Value, k: int) -> None:
    assert [a.id for a in drawn(expression, at_step=k)] == [a.id for a in drawn(expression, at_step=10)]
    sent = [a for a in drawn(expression, at_step=k) if a.backward and a.lines[-1]]
    assert len(sent) == (0 if k < 8 else 2 if k == 8 else 3 if k == 9 else 5)


def test_an_x_of_a_label_is_no_exponent() -> None:
    x = Value(2.0, "x")
    assert dashed(x**0.5, show="locals")[0].lines == ("dv1/dx = 0.5*x^(-0.5) = 0.3536",)
    assert dashed(x**-2, show="locals")[0].lines == ("dv1/dx = -2*x⁻³ = -0.25",)
