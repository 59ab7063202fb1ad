import pytest

from autograd import Value, lessons
from autograd.render.rows import NodeRow, graph_rows
from autograd.render.sentences import Sentences
from autograd.render.style import Look


def said(root: Value) -> tuple[Sentences, dict[str, NodeRow]]:
    rows = graph_rows(root, symbolic=True)
    return Sentences(rows, Look()), {row.name: row for row in rows.nodes}


def test_a_node_in_words(expression: Value, lesson_5: Value) -> None:
    say, rows = said(expression)
    assert say.node(rows["c"]) == "c = a + b = 3, gradient not computed"
    expression.backward()
    say, rows = said(expression)
    assert say.node(rows["c"]) == "c = a + b = 3, gradient 2"
    assert say.node(rows["b"]) == "b = 1, gradient 5 = 3 + 2"  # as the pass sends them: by way of d, then of c
    assert say.node(rows["1"]) == "the number 1"
    say, rows = said(lesson_5)
    assert say.node(rows["x"]) == "x = 2, a constant"


def test_a_leaf_that_held_a_gradient_before_says_what_was_added(square: Value) -> None:
    square.backward()
    square.backward()
    say, rows = said(square)
    assert say.node(rows["x"]) == "x = 3, gradient 12; the last backward added 3 + 3; kept from before"


def test_the_whole_in_words() -> None:
    root, _ = lessons.get(5).graph()
    say, _ = said(root)
    assert say.title() == "L = 2; 11 nodes"
    assert "No gradients are computed yet." in say.description()
    root.backward()
    say, _ = said(root)
    assert "Gradients of the inputs: m1 2, m2 12." in say.description()


def test_the_first_number_that_is_not_finite_is_named() -> None:
    x = Value(1e200, "x")
    y = x * x
    y.label = "big"
    z = y - y
    z.backward()
    say, rows = said(z)
    assert "The first number that is not finite is the value of big: inf." in say.description()
    assert say.node(rows["big"]).endswith("; not finite")


@pytest.mark.parametrize(
    ("terms", "gradient"),
    [((1.0, 1.0, 1.0), "inf = 1e+308 + 1e+308 + 1e+308"), ((10.0, -10.0, 0.0), "nan = 0 + (-inf) + inf")],
)
def test_contributions_whose_sum_is_no_number_are_listed_all_the_same(terms: tuple[float, ...], gradient: str) -> None:
    x = Value(1.0, "x")
    first, second, third = (x * 1e308 * term for term in terms)
    root = first + second + third
    root.backward()
    say, rows = said(root)
    assert say.node(rows["x"]) == f"x = 1, gradient {gradient}; not finite"
