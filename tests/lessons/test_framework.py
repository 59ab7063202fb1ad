"""The frame of the lessons: comparisons, claims, the registry, the report, and figures of the matrix form."""

from __future__ import annotations

import io
import json
import math
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, lessons
from autograd.engine.graph import topological_order
from autograd.errors import ArgumentError
from autograd.lessons import report
from autograd.lessons.claims import (
    Claim,
    Claims,
    Figure,
    Lesson,
    close,
    exactly,
    exit_status,
    holds,
    plain,
    printed,
    shown,
    worked,
)
from autograd.lessons.examples import chain, compiled, named, numbered
from autograd.lessons.report import Look
from autograd.lessons.signs import signs
from autograd.render.rows import graph_rows

IDS = [
    "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10", "1.11", "1.12", "1.13",
    "1.14", "1.15", "1.16",
    "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9", "2.10", "2.11", "2.12",
    "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7",
    "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9", "4.10", "4.11", "4.12", "4.13", "4.14",
    "4.15", "4.16", "4.17",
    "5.1", "5.2", "5.3", "5.4",
]  # fmt: skip

# --- nothing is missing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", IDS)
def test_every_claim_of_the_documents_is_there_and_computed(id: str) -> None:
    claim = lessons.get(int(id.split(".")[0])).claim(id)
    assert claim.title
    assert claim.says
    assert (claim.status, claim.waits_for) == ("computed", "")
    assert claim.run()


def test_no_claim_is_there_twice_or_without_a_row() -> None:
    found = [claim.id for lesson in lessons.all() for claim in lesson.claims]
    assert sorted(found) == sorted(IDS)


@pytest.mark.parametrize("id", IDS)
def test_a_figure_disagrees_only_where_it_should_and_the_note_says_why(id: str) -> None:
    for figure in lessons.get(int(id.split(".")[0])).claim(id).run():
        assert figure.agrees in (True, False, None)
        assert not figure.failed, figure
        if not figure.should_agree:
            assert figure.agrees is False, f"{figure.name} agrees after all"


@pytest.mark.parametrize("id", IDS)
def test_a_graph_is_fresh_each_time_has_no_gradient_yet_and_its_nodes_by_label(id: str) -> None:
    lesson = lessons.get(int(id.split(".")[0]))
    if lesson.claim(id).graph is None:
        with pytest.raises(ArgumentError, match="has no graph"):
            lesson.graph(id)
        return
    root, nodes = lesson.graph(id)
    assert all(node.label == label for label, node in nodes.items())
    assert [row.gradient for row in graph_rows(root).nodes if row.gradient is not None] == []
    root.backward()
    assert root.grad == 1.0
    again, others = lesson.graph(id)
    shared = set(topological_order(root)) & set(topological_order(again))
    assert all(node.constant and not node.label for node in shared)  # the engine's own nodes for numbers as 0.5
    assert set(others) == set(nodes)
    assert [row.gradient for row in graph_rows(again).nodes if row.gradient is not None] == []
    assert again.data == root.data


# --- comparisons -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "engine", "agrees"),
    [
        ("-0.003", -0.00345, True),
        ("-0.003", -0.00351, False),
        ("0.001", 0.0009765625, True),
        ("0.6", 0.6, True),
        ("0.6", 0.649, True),
        ("0.60", 0.649, False),
        ("12", 12.0, True),
        ("12", 12.6, False),
        ("0.13", 0.125, True),
        ("0.12", 0.125, True),
        ("1e-6", 1.4e-6, True),
        ("1.0e-6", 1.4e-6, False),
        ("[0.5, 0.3]", [0.5, 0.30000000000000004], True),
        ("[0.5, 0.3]", [0.5, 0.4], False),
        ("[0.5, 0.3]", [0.5], False),
        ("[0.5]", 0.5, False),
        ("0.5", [0.5], False),
        ("[[1, 2], [3, 4]]", [[1.0, 2.0], [3.0, 4.0]], True),
        ("1", math.inf, False),
        ("1", math.nan, False),
        ("1", "one", False),
    ],
)
def test_a_printed_figure_agrees_within_half_a_unit_of_its_last_decimal(
    text: str, engine: object, agrees: bool
) -> None:
    assert printed("name", text, engine).agrees is agrees


def test_text_that_is_no_number_is_refused_as_a_printed_figure() -> None:
    with pytest.raises(ArgumentError, match="neither a number"):
        printed("name", "a - y", 1.0)


def test_exactly_wants_the_same_double_and_close_a_tolerance() -> None:
    assert exactly("a", "0.3", 0.1 + 0.2, 0.3).agrees is False
    assert exactly("a", "0.3", [0.1 + 0.2], [0.30000000000000004]).agrees is True
    assert close("a", None, 0.1 + 0.2, 0.3).agrees is True
    assert close("a", None, 1.0 + 1e-9, 1.0).agrees is False
    assert close("a", None, 1.0 + 1e-9, 1.0, 1e-8).agrees is True
    assert close("a", None, [1.0, 2.0], [1.0]).agrees is False
    assert close("a", None, math.nan, math.nan).agrees is False


def test_values_arrays_and_numpy_numbers_become_plain() -> None:
    assert plain([Value(1.0), array([2.0, 3.0]), np.array([[4, 5]]), np.float64(6.0), np.True_, "x", (7,)]) == [
        1.0, [2.0, 3.0], [[4, 5]], 6.0, True, "x", [7],
    ]  # fmt: skip
    assert type(plain(np.float64(6.0))) is float
    with pytest.raises(ArgumentError, match="dict"):
        plain({})


@pytest.mark.parametrize(
    ("figure", "verdict", "failed"),
    [
        (holds("a", None, 1.0, True), "agrees", False),
        (holds("a", None, 1.0, False), "disagrees", True),
        (holds("a", None, 1.0, False, should_agree=False), "differs as noted", False),
        (shown("a", 1.0), "shown", False),
    ],
)
def test_verdicts(figure: Figure, verdict: str, failed: bool) -> None:
    assert figure.verdict == verdict
    assert figure.failed is failed
    assert exit_status([holds("fine", None, 0.0, True), figure]) == int(failed)


# --- claims and lessons ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 6, -1, 10**30])
def test_an_unknown_lesson_is_refused_and_the_known_ones_named(n: int) -> None:
    with pytest.raises(ArgumentError, match=r"there is no lesson .*; the lessons are 1, 2, 3, 4, 5"):
        lessons.get(n)


@pytest.mark.parametrize("n", [5.0, True, False, "5", "five", None, [5], np.array([5, 4]), np.float64(5), math.nan])
def test_the_number_of_a_lesson_must_be_an_int(n: Any) -> None:
    with pytest.raises(ArgumentError, match=r"is an int such as 5, got .*; the lessons are 1, 2, 3, 4, 5"):
        lessons.get(n)


def test_the_number_of_a_lesson_may_be_numpys() -> None:
    assert lessons.get(int(np.int64(5))) is lessons.get(np.int64(5))  # type: ignore[arg-type]


@pytest.mark.parametrize("id", [5.3, 0.0, 5, True, ["5.3"]])
def test_the_id_of_a_claim_must_be_text(id: Any) -> None:
    for look_up in (lessons.get(5).claim, lessons.get(5).graph):
        with pytest.raises(ArgumentError, match=r'the id of a claim is text such as "5\.3", got '):
            look_up(id)


def test_an_unknown_claim_is_refused_and_the_nearest_named() -> None:
    with pytest.raises(ArgumentError, match=r"did you mean 5\.3\?"):
        lessons.get(5).claim("3")
    for id in ("nonsense", ""):
        with pytest.raises(ArgumentError, match=r"no claim .*5\.1, 5\.2, 5\.3"):
            lessons.get(5).graph(id)


def test_the_main_worked_example_is_the_named_one_or_the_first_with_a_graph() -> None:
    x = Value(2.0, "x")
    claims = (
        Claim("9.1", "no graph", "says", list),
        Claim("9.2", "first", "says", list, lambda: named(x * 3)),
        Claim("9.3", "second", "says", list, lambda: named(x * 5)),
    )
    assert Lesson(9, "title", "source", claims).graph()[0].data == 6.0
    assert Lesson(9, "title", "source", claims, main="9.3").graph()[0].data == 10.0
    with pytest.raises(ArgumentError, match=r"claim 9\.1 has no graph; those with one are 9\.2, 9\.3"):
        Lesson(9, "title", "source", claims).graph("9.1")
    with pytest.raises(ArgumentError, match="lesson 9 has no graph"):
        Lesson(9, "title", "source", claims[:1]).graph()


def test_lessons_are_in_order_and_claims_too() -> None:
    assert [lesson.number for lesson in lessons.all()] == [1, 2, 3, 4, 5]
    for lesson in lessons.all():
        minors = [int(claim.id.removeprefix(f"{lesson.number}.")) for claim in lesson.claims]
        assert minors == sorted(minors)


# --- path products -----------------------------------------------------------------------------------------------


def test_a_chain_multiplies_local_derivatives_and_bridges_what_lies_between() -> None:
    w, x = Value(3.0, "w"), Value(2.0, "x")
    a = w * x
    J = (a - 1.0) ** 2
    assert chain(J, J.parents[0], a, w) == ((10.0, 1.0, 2.0), 20.0)
    assert chain(J, a, w) == ((10.0, 2.0), 20.0)
    assert chain(x * x, x).product == 4.0
    assert x.grad == 0.0  # reading a path writes no gradient


def test_a_chain_of_nodes_that_do_not_lie_on_a_path_is_refused() -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")
    with pytest.raises(ArgumentError, match="node b does not lie below"):
        chain(a * 2.0, b)
    with pytest.raises(ArgumentError, match="two nodes"):
        chain(a)


def test_nodes_of_one_name_are_an_array_and_a_node_alone_is_itself() -> None:
    W, b = numbered([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "W"), Value(0.5, "b")
    _, n = named((W @ np.ones(3)).sum() + b)
    assert n.b is b
    assert n.W.shape == (2, 3)
    assert all(n.W[i, j] is n[f"W[{i + 1},{j + 1}]"] is W[i, j] for i in range(2) for j in range(3))
    with pytest.raises(AttributeError, match="no node is named W1"):
        _ = n.W1


def test_a_claim_with_a_graph_hands_its_function_the_nodes_after_a_backward_pass() -> None:
    claim = Claims()

    @claim("9.1", "Squares", "The slope is 2x.", lambda: named(Value(3.0, "x") ** 2))
    def squares(root: Value, n: Any) -> list[Figure]:
        return [exactly("dy/dx", "2x", n.x.grad, 2 * 3.0), exactly("y", "x^2", root, 9.0)]

    assert [figure.verdict for figure in claim[0].run()] == ["agrees", "agrees"]


def test_worked_runs_backward_once_and_named_not_at_all() -> None:
    x = Value(3.0, "x")
    assert named(x * x)[1]["x"].grad == 0.0
    assert worked(named(x * x))[1]["x"].grad == 6.0


# === the report: text of 80 columns, its colour, its summary, and the same as data ====================================


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_only_on_a_terminal_and_not_against_no_color() -> None:
    assert report.wants_colour(Terminal(), {})
    assert not report.wants_colour(io.StringIO(), {})
    assert not report.wants_colour(Terminal(), {"NO_COLOR": "1"})
    assert report.wants_colour(Terminal(), {"NO_COLOR": ""})
    assert not report.wants_colour(Terminal(), {"TERM": "dumb"})


LONG = Claim("9.1", "A title " * 20, "What it says. " * 20, list, omits="training " * 20)
FIGURES = [
    printed("a name that is longer than its column", "[0.123456789012345678901234567890]", [-1.2345678901234567e-30]),
    exactly(
        "matrix", "a formula of some length that needs several lines", np.ones((10, 10)) / 3, np.ones((10, 10)) / 3
    ),
    shown("text", "word " * 30, note="A note. " * 30),
]


@pytest.mark.parametrize("width", [40, 60, 80, 140])
def test_no_line_is_wider_than_asked_and_all_figures_are_there(width: int) -> None:
    lines = list(report.claim_lines(LONG, FIGURES, Look(width)))
    assert max(map(len, lines)) <= width
    assert not any("\x1b" in line for line in lines)
    text = "\n".join(lines)
    assert "[-1.23457e-30]" in text
    assert "(100" in text


def rows_of(figures: list[Figure], **look: Any) -> list[list[str]]:
    lines = list(report.claim_lines(Claim("9.1", "t", "s", list), figures, Look(**look)))
    rows = [re.split(r"  +", line.strip()) for line in lines]
    return [row for row in rows if row[-1] in ("agrees", "differs", "ours", "shown", "FAILS")]


def test_the_documents_column_holds_what_it_printed_and_nothing_else() -> None:
    figures = [
        exactly("m2", "-0.7", 0.5 - 0.1 * 12, 0.5 - 0.1 * 12),
        close("slope", "a - y", -0.308, -0.154, should_agree=False, note="Twice as much."),
        close("slopes", "a - y", [0.0, 1.0], [-0.0, 1.0 + 1e-15]),
        close("by hand", None, 1.0, 1.1, 0.2),
    ]
    assert rows_of(figures) == [
        ["m2", "-0.7", "-0.7", "agrees"],
        ["slope", "a - y", "-0.308", "differs"],
        ["slopes", "a - y", "[0, 1]", "agrees"],
        ["by hand", "-", "1", "ours"],
    ]
    lines = list(report.claim_lines(Claim("9.1", "t", "s", list), figures))
    assert [line for line in lines if line.startswith("    ")][1:] == [
        "      Compared with -0.154. Twice as much.", "      Compared with 1.1.",
    ]  # fmt: skip


def test_numbers_have_six_digits_or_as_many_as_were_printed_and_all_where_fewer_would_hide_a_difference() -> None:
    third = [printed("third", "0.33333333", 1 / 3), shown("third", 1 / 3), shown("large", 1e20), shown("whole", 3.0)]
    assert [row[-2] for row in rows_of(third)] == ["0.33333333", "0.333333", "1e+20", "3"]
    assert [row[-2] for row in rows_of(third, digits=17)] == ["0.3333333333333333"] * 2 + ["1e+20", "3.0"]
    near = exactly("sum", None, 0.1 + 0.2, 0.3)
    assert (near.verdict, rows_of([near])[0][2]) == ("disagrees", "0.30000000000000004")


def test_a_text_that_is_too_long_for_its_column_stands_on_lines_of_its_own() -> None:
    lines = list(report.figure_lines([shown("text", "word " * 30), printed("one", "1", 1.0)]))
    assert [line.split() for line in lines[:2]] == [["document", "engine"], ["text", "shown"]]
    assert " ".join(lines[2:-1]).split() == ["engine", *["word"] * 30]
    assert lines[-1].split() == ["one", "1", "1", "agrees"]


def test_verdicts_are_whole_sentences() -> None:
    wrong, right = printed("2 + 2", "5", 4), printed("2 + 2", "4", 4)
    claim = Claim("9.1", "t", "s", list, errs="it is four", omits="the four")
    assert claim.verdicts([right]) == [
        ("errs", "The document is wrong here: it is four."), ("omits", "The document leaves out the four."),
    ]  # fmt: skip
    assert claim.verdicts([wrong])[0] == ("disagrees", "The engine disagrees, and should not: 2 + 2.")
    bare = Claim("9.1", "t", "s", list)
    assert [bare.verdicts(found)[0].kind for found in ([right], [shown("x", 1.0)])] == ["agrees", "ours"]
    assert bare.verdicts([]) == []


def test_the_summary_counts_and_names_only_what_occurs() -> None:
    figures = [shown("a", 1.0), exactly("b", None, 1.0, 1.0), holds("c", None, 1.0, True)]
    assert list(report.summary(figures)) == ["3 numbers: 2 are checks of our own, 1 is shown only."]
    assert list(report.summary([printed("a", "1", 1.0)])) == ["1 number: 1 agrees."]


def test_colour_changes_nothing_but_the_escape_codes() -> None:
    bare, painted = Look(), Look(colour=True)
    lesson = Lesson(9, "t", "source", (LONG,))
    text, coloured = (
        [
            *report.claim_lines(LONG, FIGURES, look),
            *report.summary(FIGURES, look),
            *report.overview_lines(lesson, [(LONG, FIGURES)], look),
        ]
        for look in (bare, painted)
    )
    assert any("\x1b" in line for line in coloured)
    assert [re.sub(r"\x1b\[[\d;]*m", "", line) for line in coloured] == text


@pytest.mark.parametrize(
    ("plain_text", "expected"),
    [
        ("dL/dyhat F'(z2)", "∂L/∂ŷ F′(z₂)"),
        ("delta1 = W2^T delta2 * sigma'(z1)", "δ₁ = W₂ᵀ δ₂ · σ′(z₁)"),
        ("dL/dW1[2,1], W1 and b1.", "∂L/∂W₁[2,1], W₁ and b₁."),
        ("a_i (delta_ij - a_j), w_ij, alpha", "aᵢ (δᵢⱼ - aⱼ), wᵢⱼ, α"),
        ("dy/dx = 3(x^2 + 1)^2 2x", "dy/dx = 3(x² + 1)² 2x"),
        ("the delta rule, 0.25^10, 1e-7, e^-z", "the delta rule, 0.25¹⁰, 1e-7, e⁻ᶻ"),
        ("autograd lesson 1 1.12 --svg FILE", "autograd lesson 1 1.12 --svg FILE"),
        ("clip_grad_norm, W1.T, float32, relu_derivative", "clip_grad_norm, W1.T, float32, relu_derivative"),
        ("(3 x 2)(2 x 1), m x inputs", "(3 × 2)(2 × 1), m x inputs"),
    ],
)
def test_signs_of_mathematics(plain_text: str, expected: str) -> None:
    assert signs(plain_text) == expected


def test_data_is_valid_json_at_full_precision_with_inf_and_nan_as_text() -> None:
    claim = Claim("9.1", "t", "s", list)
    figures = [exactly("a", "0.3", [0.1 + 0.2, math.inf, -math.inf, math.nan], [0.3, 0.0, 0.0, 0.0]), FIGURES[0]]
    lesson = Lesson(9, "t", "source", (claim,))
    text = json.dumps(report.as_data(lesson, [(claim, figures)]), allow_nan=False)
    (computed,) = json.loads(text)["claims"]
    assert (computed["id"], computed["status"], computed["waits_for"]) == ("9.1", "computed", None)
    assert computed["figures"][0]["engine"] == [0.30000000000000004, "inf", "-inf", "nan"]
    assert computed["figures"][0]["document"] == "0.3"
    assert computed["figures"][0]["verdict"] == "disagrees"
    assert computed["figures"][1]["engine"] == [-1.2345678901234567e-30]


# === figures of the matrix form, where the compiler finds something else ==============================================


BY_HAND = np.tile([1.0, -1.0, 2.0, 0.5], (4, 1))


def product() -> tuple[Any, SimpleNamespace]:
    W = array(np.arange(16.0).reshape(4, 4), "W")
    loss = (W @ BY_HAND[0]).sum()
    loss.backward()
    return loss, SimpleNamespace(W=W)


def test_what_is_found_is_shown_even_if_it_is_not_what_was_expected() -> None:
    loss, leaves = product()
    same, other, none, *_ = compiled(
        loss,
        leaves,
        {"W": BY_HAND},
        "Ours.",
        ("same", "Z = W X", "Z1 = W1 X, (4x4)(4x1)"),
        ("other", None, "Z1 = W1 X, (9x9)(9x1)"),
        ("none", None, "Q = 1"),
    )
    assert (same.verdict, same.printed, same.note) == ("agrees", "Z = W X", "Ours.")
    assert (other.verdict, other.engine, other.note) == ("disagrees", "Z1 = W1 X, (4x4)(4x1)", "")
    assert (none.verdict, none.engine) == ("disagrees", "not found")


def test_gradients_are_compared_with_both_others() -> None:
    loss, leaves = product()
    graph, by_hand = compiled(loss, leaves, {"W": BY_HAND}, "Ours.")
    assert graph.agrees
    assert by_hand.agrees
    leaves.W[0, 0].grad = 5.0
    graph, by_hand = compiled(loss, leaves, {"W": np.zeros((4, 4))}, "Ours.")
    assert not graph.agrees
    assert not by_hand.agrees
    assert by_hand.engine == 2.0


def test_a_lesson_shows_its_claims_in_a_prompt() -> None:
    head, *claims, hint = repr(lessons.get(5)).splitlines()
    assert head == f"Lesson 5: {lessons.get(5).title}"
    assert [line.split()[0] for line in claims] == [claim.id for claim in lessons.get(5).claims]
    assert repr(lessons.get(5).claim("5.3")).startswith("Claim 5.3: ")
    assert "lessons.table(" in hint
    assert max(map(len, [head, *claims, hint])) <= 100
