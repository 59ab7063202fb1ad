"""Derivations in words: exact texts, exact sums, and every label harmless."""

from __future__ import annotations

import math
import random
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings

import autograd as ag
from autograd import Value, explain, lessons
from autograd.engine.graph import topological_order
from autograd.errors import ArgumentError, AutogradError, OperandError
from autograd.functions.slopes import slopes
from autograd.nn import MLP
from autograd.reading.chains import measured_text
from autograd.reading.explain import Derivation
from autograd.reading.formulas import latex_name, latex_number
from autograd.reading.names import is_plain_number
from autograd.reading.paths import count_paths
from autograd.reading.text import WIDTH, columns
from tests.properties.test_random_graphs import Program, build, programs, sizes
from tests.reading.test_paths import doubled

HOSTILE = [
    r"\end{aligned}$$<script>alert(1)</script>",
    "a}{b",
    "x_{1}^2 % & # ~",
    "two\nlines\x00",
    "</svg><img src=x onerror=alert(1)>",
    "dL/dx = 5",
    "損失" * 30,
    "\u202eabc",
    "w" * 500,
    "a 'b' \"c\" `d`",
    "x, y | z",
]
STYLES = ["text", "unicode", "latex"]


def without_measurement(found: Derivation) -> str:
    """The text up to the measured slope, whose last digits are the platform's."""
    text, _, measured = found.text.rpartition("\nmeasured: ")
    assert re.match(r"-?\d", measured)
    return text


def measured_is(found: Derivation, expected: float) -> bool:
    assert found.numeric is not None
    assert found.numeric.value is not None
    return abs(found.numeric.value - expected) <= 2 * found.numeric.error + 1e-12 * abs(expected)


# --- exact texts ---------------------------------------------------------------------------------------------------

TO_M1 = """\
dL/dm1 = dL/dyhat * dyhat/dz2 * dz2/da1 * da1/dm1 = 2 * 1 * 0.5 * 2 = 2

  dL/dyhat = dL/dv1 * dv1/d(yhat - y) * d(yhat - y)/dyhat = 0.5 * 4 * 1 = 2
    where v1 = (yhat - y) ** 2, L = 0.5 * v1
  dyhat/dz2 = step(z2) = 1 (a ReLU passes the gradient on where its input is
    above 0, and stops it elsewhere)
  dz2/da1 = m2 = 0.5 (a product passes to each factor the other factor)
  da1/dm1 = x = 2
"""
TO_M2 = """\
dL/dm2 = dL/dyhat * dyhat/dz2 * dz2/dm2 = 2 * 1 * 6 = 12

  dL/dyhat = dL/dv1 * dv1/d(yhat - y) * d(yhat - y)/dyhat = 0.5 * 4 * 1 = 2
    where v1 = (yhat - y) ** 2, L = 0.5 * v1
  dyhat/dz2 = step(z2) = 1 (a ReLU passes the gradient on where its input is
    above 0, and stops it elsewhere)
  dz2/dm2 = a1 = 6 (a product passes to each factor the other factor)
"""


@pytest.mark.parametrize(("name", "text", "total"), [("m1", TO_M1, 2.0), ("m2", TO_M2, 12.0)])
def test_worked_example_of_lesson_5(name: str, text: str, total: float) -> None:
    root, node = lessons.get(5).graph()
    found = explain(root, node[name])
    assert without_measurement(found) == text
    assert found.total == total
    assert measured_is(found, total)
    assert str(found) == repr(found) == found.text


def test_worked_example_has_its_chain_as_data() -> None:
    root, _ = lessons.get(5).graph()
    (path,) = explain(root, "m1").paths
    assert [n.label for n in path.nodes] == ["L", "yhat", "z2", "a1", "m1"]
    assert path.partials == (2.0, 1.0, 0.5, 2.0)
    assert path.product == 2.0
    (single,) = explain(root, "m1", merge=False).paths
    assert [n.label for n in single.nodes] == ["L", "", "yhat - y", "yhat", "z2", "a1", "m1"]
    assert single.partials == (0.5, 4.0, 1.0, 1.0, 0.5, 2.0)


def test_an_exponent_of_several_digits_is_raised_as_a_whole() -> None:
    x = Value(4.0, "x")
    y = x**1.5
    y.label = "y"
    assert r"\frac{\partial y}{\partial x} &= 1.5 \cdot x^{0.5} = 3 \\" in explain(y, x).latex


def test_worked_example_in_unicode_and_latex() -> None:
    root, _ = lessons.get(5).graph()
    first = explain(root, "m1", style="unicode").text.splitlines()[0]
    assert first == "∂L/∂m1 = ∂L/∂yhat · ∂yhat/∂z2 · ∂z2/∂a1 · ∂a1/∂m1 = 2 · 1 · 0.5 · 2 = 2"
    typeset = explain(root, "m1", style="latex")
    lines = typeset.text.splitlines()
    assert (lines[0], lines[-1]) == (r"\begin{aligned}", r"\end{aligned}")
    assert lines[1] == (
        r"\frac{\partial L}{\partial m_{1}} &= \frac{\partial L}{\partial \hat{y}} \cdot \frac{\partial \hat{y}}"
        r"{\partial z_{2}} \cdot \frac{\partial z_{2}}{\partial a_{1}} \cdot \frac{\partial a_{1}}{\partial m_{1}} \\"
    )
    assert lines[2:4] == [r"&= 2 \cdot 1 \cdot 0.5 \cdot 2 \\", r"&= 2 \\"]
    assert typeset._repr_latex_() == f"$$\n{typeset.latex}\n$$"
    assert explain(root, "m1").latex == typeset.text


def test_two_paths_add_up() -> None:
    a, b = Value(2.0, "a"), Value(1.0, "b")
    c, d = a + b, b + 1
    e = c * d
    c.label, d.label, e.label = "c", "d", "e"
    found = explain(e, b)
    assert (
        without_measurement(found)
        == """\
de/db is the sum over 2 paths:
  de/dc * dc/db = 2 * 1 = 2
  de/dd * dd/db = 3 * 1 = 3
de/db = 2 + 3 = 5

  de/dc = d = 2 (a product passes to each factor the other factor)
  dc/db = 1 (a sum passes the gradient on to both terms unchanged)
  de/dd = c = 3
"""
    )
    assert [path.product for path in found.paths] == [2.0, 3.0]
    assert (found.total, found.count) == (5.0, 2)


def test_a_node_that_is_both_operands_makes_two_paths() -> None:
    x = Value(3.0, "x")
    found = explain(x * x, x)
    assert without_measurement(found).startswith(
        """\
dv1/dx is the sum over 2 paths:
  dv1/dx|1st = 3
  dv1/dx|2nd = 3
dv1/dx = 3 + 3 = 6

  dv1/dx|1st = x = 3 (a product passes to each factor the other factor)
  dv1/dx|2nd = x = 3
  where v1 = x * x

|1st, |2nd, ... are operands"""
    )


def test_parallel_routes_past_unnamed_nodes_are_one_factor() -> None:
    x = Value(3.0, "x")
    y = x * x + 2 * x
    y.label = "y"
    z = y**2
    z.label = "z"
    text = without_measurement(explain(z, x))
    assert text.startswith("dz/dx = dz/dy * dy/dx = 30 * 8 = 240\n")
    assert "  dy/dx = dy/dv1 * dv1/dx|1st + dy/dv1 * dv1/dx|2nd + dy/dv2 * dv2/dx\n" in text
    assert "        = 1 * 3 + 1 * 3 + 1 * 2\n        = 8\n    where v1 = x * x, v2 = 2 * x, y = v1 + v2" in text


def test_a_step_beside_a_longer_way_round_is_marked() -> None:
    x = Value(3.0, "x")
    y = x**2
    y.label = "y"
    z = x * y
    z.label = "z"
    text = explain(z, x).text
    assert "  dz/dx|direct = 9\n  dz/dy * dy/dx = 3 * 6 = 18\ndz/dx = 9 + 18 = 27" in text
    assert "\n|direct is the step itself; " in text


# --- many paths ----------------------------------------------------------------------------------------------------


def test_diamonds_in_a_row_are_one_product() -> None:
    top, x = doubled(60)
    found = explain(top, x)
    lines = " ".join(found.text.split())
    assert found.count == count_paths(top, x) == 2**60
    assert found.paths == ()
    assert "is the sum over 1,152,921,504,606,846,976 paths, too many to list." in lines
    assert "= 2 * 2 * 2 * 2 * 2 * 2 * 2 * 2 * ... * 2 * 2 * 2 = 1.15292e+18" in lines
    (group,) = found.groups
    assert math.prod(group.partials) == found.total == 2.0**60


@pytest.mark.parametrize(("depth", "words"), [(200, "about 1.61e+60"), (2000, "more than 1e+308")])
def test_numbers_of_paths_beyond_all_integers(depth: int, words: str) -> None:
    text = " ".join(explain(*(doubled(depth))).text.split())
    assert f"is the sum over {words} paths" in text


def test_network_is_gathered_by_the_neurons_next_to_the_input() -> None:
    random.seed(1)
    model = MLP(2, [4, 4, 1])
    x = Value(1.0, "x1")
    out = model([x, Value(-2.0, "x2")])
    found = explain(out, x)
    out.backward()
    assert found.total == x.grad
    assert found.count == 16
    assert [group.ways for group in found.groups] == [4, 4, 4, 4]
    assert math.fsum(group.product for group in found.groups) == pytest.approx(x.grad, rel=1e-12)
    for group, neuron in zip(found.groups, model.layers[0].neurons, strict=True):
        assert group.partials[1] == neuron.w[0].data
        assert group.partials[0] == group.nodes[1].grad
    text = " ".join(found.text.split())
    assert "Here they are gathered by the nodes that are made of x1 directly" in text
    for k in range(1, 5):
        assert f"is layer 1, neuron {k}: z)" in text


def test_shared_steps_stand_apart() -> None:
    random.seed(1)
    model = MLP(2, [4, 4, 4, 1])
    out = model([1.0, -2.0])
    found = explain(out, model.layers[0].neurons[3].w[0])
    out.backward()
    assert found.total == model.layers[0].neurons[3].w[0].grad
    assert "All of them end in\n" in found.text
    assert math.fsum(group.product for group in found.groups) == pytest.approx(found.total, rel=1e-12)


def test_of_very_many_groups_the_largest_are_listed() -> None:
    x = Value(1.0, "x")
    weights = [Value(float(k), f"w{k}") for k in range(1, 31)]
    out = ag.sum([ag.sin(w * x) for w in weights])
    found = explain(out, x)
    expected = math.fsum(k * math.cos(k) for k in range(1, 31))
    assert found.total == pytest.approx(expected, rel=1e-13)
    assert len(found.groups) == 11
    assert "all others together = " in found.text
    assert "(19 paths)" in found.text


# --- sums are exact ------------------------------------------------------------------------------------------------


@given(programs())
@settings(max_examples=100)
def test_products_add_up_to_the_gradient(program: Program) -> None:
    root, leaves = build(program)
    for i, node in enumerate(topological_order(root)):
        if not is_plain_number(node):
            node.label = ("", f"n{i}", "a - b")[i % 3]
    root.backward()
    weight = sizes(root)
    for leaf in leaves:
        for merge in (True, False):
            found = explain(root, leaf, merge=merge)
            assert found.total == leaf.grad
            assert all(columns(line) <= WIDTH for line in found.text.splitlines())
            assert safe(found.latex)
            if "all others together" not in found.text:
                total = math.fsum(part.product for part in (*found.paths, *found.groups))
                assert abs(total - leaf.grad) <= 1e-12 * weight.get(leaf, 0.0)


def test_nothing_is_written_to_the_graph() -> None:
    root, node = lessons.get(5).graph()
    root.backward()
    node["m1"].grad = 7.0
    before = {label: n.grad for label, n in node.items()}
    explain(root, "m1")
    assert {label: n.grad for label, n in node.items()} == before


# --- which nodes ---------------------------------------------------------------------------------------------------


def test_unknown_names_are_answered_with_near_ones() -> None:
    root, _ = lessons.get(5).graph()
    with pytest.raises(ArgumentError, match=r"no node is called 'yhta'; did you mean .*yhat"):
        explain(root, "yhta")


def test_root_by_name_within_a_graph() -> None:
    root, node = lessons.get(5).graph()
    assert explain("yhat", "m1", within=root).total == 1.0
    assert explain("yhat", "m1", within=root).root is node["yhat"]
    with pytest.raises(OperandError, match="within=loss"):
        explain("yhat", "m1")
    with pytest.raises(OperandError, match="starts from a Value, got float"):
        explain(3.0, "m1")


def test_unknown_style() -> None:
    x = Value(1.0, "x")
    with pytest.raises(ArgumentError, match="style is 'text', 'unicode' or 'latex', got 'html'"):
        explain(x * x, x, style="html")


@pytest.mark.parametrize("style", STYLES)
def test_a_node_that_is_not_below(style: str) -> None:
    x, other = Value(3.0, "x"), Value(2.0, "u")
    y = x * x
    y.label = "y"
    for wrt in (other, y):
        found = explain(x, wrt, style=style)
        assert (found.total, found.paths, found.groups, found.count, found.numeric) == (0.0, (), (), 0, None)
    assert explain(x, other).text == "dx/du = 0, as x does not depend on u"
    assert explain(x, y).text == "dx/dy = 0, as x does not depend on y; y depends on it"


def test_a_node_by_itself() -> None:
    x = Value(3.0, "x")
    found = explain(x, x)
    assert (found.text, found.total, found.count) == ("dx/dx = 1: both are the same node", 1.0, 1)
    assert [path.partials for path in found.paths] == [()]


def test_a_constant_has_a_derivative_and_no_gradient() -> None:
    root, _ = lessons.get(5).graph()
    found = explain(root, "x")
    assert found.total == 2 * 1 * 0.5 * 3
    assert "x is a constant: backward stores no gradient for it." in found.text
    y = 5 * Value(2.0, "y")
    assert explain(y, y.parents[0]).total == 2.0


# --- what goes wrong -----------------------------------------------------------------------------------------------


def test_infinite_slope_names_the_step() -> None:
    x = Value(0.0, "x")
    s = ag.sqrt(x)
    s.label = "s"
    found = explain(3 * s, x)
    assert found.total == math.inf
    text = " ".join(found.text.split())
    assert "not finite: the first step that made it so goes back through s = sqrt(x), ds/dx = inf." in text
    assert "not measured: there are no values on one side" in text


def test_value_that_is_not_finite_is_named() -> None:
    x = Value(1e308, "x")
    y = x * 10
    y.label = "y"
    found = explain(y * y, x)
    assert not math.isfinite(found.total)
    assert "y = x * 10 is inf in the forward pass already." in found.text


def test_rule_without_a_value_raises() -> None:
    x, y = Value(0.0, "x"), Value(0.0, "y")
    with pytest.raises(AutogradError, match="atan2 has no derivative"):
        explain(ag.atan2(y, x), x)


def test_kink_says_what_is_measured_and_what_is_taken() -> None:
    x = Value(0.0, "x")
    text = " ".join(explain(x.relu(), x).text.split())
    assert "measured: 0.0000000 from the left and 1.0000000 from the right, a kink; derived is 0 (relu: 0 at 0)" in text


def test_data_changed_after_the_forward_pass_is_seen() -> None:
    x = Value(3.0, "x")
    y = x * x
    y.label = "y"
    z = y + 1
    z.label = "z"
    x.data = 5.0
    text = " ".join(explain(z, x).text.split())
    assert "y stores 9, but its operands now give 25: data was changed after the forward pass; run it again." in text


@ag.primitive(partials=lambda out, x: 3.0 * x)
def wrong_square(x: float) -> float:
    return x * x


def test_wrong_rule_is_seen_in_the_measurement() -> None:
    x = Value(2.0, "x")
    assert ", which is not the 6 derived" in explain(wrong_square(x), x).text


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (math.floor, "the value jumps here"),
        (lambda x: math.copysign(abs(x) ** 0.5, x), "the slope grows without bound"),
        (lambda x: x * math.sin(1 / x) if x else 0.0, "the differences settle on no slope"),
        (math.sqrt, "there are no values on one side"),
    ],
)
def test_what_is_measured_where_there_is_no_slope(f: Any, words: str) -> None:
    assert measured_text(slopes(f, 0.0), 0.0).startswith(f"not measured: {words}")


def test_groups_that_are_not_listed_may_add_up_to_more_than_a_double() -> None:
    x = Value(1.0, "x")
    top = ag.sum([x * 1e308 for _ in range(20)])
    top.label = "top"
    found = explain(top, x)
    assert found.total == math.inf
    assert len(found.groups) == 11
    assert "  all others together = inf (9 paths)\n" in found.text


def test_nothing_is_measured_from_infinity() -> None:
    x = Value(math.inf, "x")
    found = explain(x * 2, x)
    assert (found.total, found.numeric) == (2.0, None)
    assert "not measured: there is no finite number to start from" in found.text


# --- labels --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_do_no_harm(label: str, style: str) -> None:
    x, w = Value(3.0, label), Value(2.0, label)
    y = w * x
    y.label = label
    z = ag.tanh(y) * x
    z.label = label
    found = explain(z, x, style=style, merge=False)
    if style == "latex":
        assert safe(found.text)
    else:
        assert all(columns(line) <= WIDTH and line.isprintable() for line in found.text.splitlines())


def safe(latex: str) -> bool:
    """Whether every group that opens closes, and nothing but known commands is left."""
    assert latex.count(r"\begin{") == latex.count(r"\end{") == 1
    known = r"\\(frac|partial|cdot|cdots|text|left|right|hat|bar|tilde|grave|mathrm|sim|backslash|pm|times|quad|infty"
    rest = latex.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}")
    rest = re.sub(known + r"|tanh)(?![A-Za-z])|\\[{}$&%#_ \\.|]", "", rest)
    depth = 0
    for c in rest:
        depth += {"{": 1, "}": -1}.get(c, 0)
        assert depth >= 0
    assert not depth
    assert not re.search(r"[\\$%#~]|<[^}]", rest), rest
    return all(row.count("&") <= 3 for row in rest.splitlines())


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("x", "x"),
        ("m1", "m_{1}"),
        ("yhat", r"\hat{y}"),
        ("yhat2", r"\hat{y}_{2}"),
        ("xbar", r"\bar{x}"),
        ("alpha", r"\alpha"),
        ("Delta3", r"\Delta_{3}"),
        ("sigma_max", r"\sigma_{max}"),
        ("w_1_2", "w_{1,2}"),
        ("loss", r"\mathrm{loss}"),
        ("bar", r"\mathrm{bar}"),
        ("ŷ", r"\hat{y}"),
        ("δ2", r"\delta_{2}"),
        ("Ω", r"\Omega"),
        ("損失", r"\text{損失}"),
        ("W[0,1]", "W[0,1]"),
        ("a#2", r"a\#2"),
        ("50%", r"50\%"),
        ("a<b", "a{<}b"),
        ("", "{}"),
    ],
)
def test_labels_in_latex(label: str, expected: str) -> None:
    assert latex_name(label) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1e-07", "10^{-7}"), ("-1e+20", "-10^{20}"), ("2.5e+20", r"2.5 \times 10^{20}"), ("nan", r"\mathrm{nan}")],
)
def test_numbers_in_latex(text: str, expected: str) -> None:
    assert latex_number(text) == expected


def test_same_label_twice_is_told_apart_and_kept_out_of_formulas() -> None:
    x, other = Value(3.0, "x"), Value(2.0, "x")
    y = x * other
    y.label = "y"
    text = explain(y, x).text
    assert text.startswith("dy/dx = 2\n")
    assert "dy/dx = x" not in text


def test_a_quotient_is_derived_in_symbols_where_what_is_shown_has_names() -> None:
    a, b, c = Value(3.0, "a"), Value(2.0, "b"), Value(5.0, "c d")
    whole = a / b
    whole.label = "a per b"
    assert " = (-a)/b^2 = -0.75" in explain(whole, b).text
    assert "/b^2" not in explain(c / b, b).text


# --- size ----------------------------------------------------------------------------------------------------------


def test_a_million_nodes_in_a_row() -> None:
    x = y = Value(1.0, "x")
    for _ in range(1_000_000):
        y = y + 1e-9
    start = time.process_time()
    found = explain(y, x)
    assert time.process_time() - start < 60
    assert (found.total, found.count, len(found.paths[0].partials)) == (1.0, 1, 1_000_000)
    assert len(found.text) < 3000
    assert measured_is(found, 1.0)


def test_names_along_a_long_chain() -> None:
    x = y = Value(1.0, "x")
    for i in range(20_000):
        y = y * 1.0001 if i % 2 else y + x * 1e-6
        if i % 100 == 99:
            y.label = f"n{i}"
    y.backward()
    found = explain(y, x)
    assert found.total == x.grad
    assert len(found.text.splitlines()) < 60


# --- without a leaf: all of them --------------------------------------------------------------------------------


def test_every_leaf_in_the_order_of_the_formula() -> None:
    w, x, b = Value(2.0, "w"), Value(3.0, "x", constant=True), Value(1.0, "b")
    z = ag.dot([w], [x], b)
    found = explain(z)
    assert [each.wrt.label for each in found] == ["w", "b"]
    assert str(found) == repr(found) == f"{explain(z, w)}\n\n{explain(z, b)}"
    assert [each.total for each in z.explain()] == [3.0, 1.0]
    assert str(z.explain("w")) == str(explain(z, w))
    assert found._repr_latex_().count("$$") == 4


def test_of_many_leaves_the_products_alone() -> None:
    xs = [Value(float(i), f"x{i}") for i in range(50)]
    found = explain(ag.dot(xs[:25], xs[25:]))
    *heads, blank, hint = str(found).splitlines()
    assert (len(found), found.more, heads[0], blank) == (40, 10, "dv1/dx25 = 0", "")
    assert "the 10 leaves that are not listed" in hint


def test_a_graph_without_a_leaf_to_derive_by() -> None:
    assert "every one is a constant" in str(explain(Value(2.0, "c", constant=True) * 3))
