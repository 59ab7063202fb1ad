r"""Graphs as Mermaid text, read back by a strict reader of the few kinds of line that are ever written.

The escapes were found with Mermaid itself: it turns "1. x" into a list and, even where the signs are written as codes,
a backslash and an n into a line break, "fa:fa-x" into an icon, and "$$" into a formula.
"""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, dot
from autograd.errors import ArgumentError, GraphError, OperandError
from autograd.nn import MLP
from autograd.reading.text import label_text
from autograd.render import to_mermaid
from autograd.render.style import DARK, Look

ID = r"[a-zA-Z]\w*"
TEXT = r"(?:[^\W_ﬂß]|[ ,()=/+.…←↑→↓\-]|<br/>|#\d+;)*"
LINES = [
    re.compile(pattern)
    for pattern in (
        rf'{ID}(?:\(\["{TEXT}"\]\)|\["{TEXT}"\]|\("{TEXT}"\)|\[\["{TEXT}"\]\])',
        rf'{ID} -->(?:\|"{TEXT}"\|)? {ID}',
        rf'{ID} -\.-\|"{TEXT}"\| {ID}',
        rf'subgraph {ID}\["{TEXT}"\]',
        r"end",
        rf"style {ID} fill:none,stroke:#[0-9a-f]{{6}}",
        r"classDef [a-z]+ fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#[0-9a-f]{6}",
        rf"class {ID}(?:,{ID})* [a-z]+",
    )
]

any_text = st.text(st.characters(exclude_categories=()))
nasty = st.sampled_from(
    [
        '"',
        "]",
        "`",
        "<b>",
        "#quot;",
        "#35;",
        "\n",
        "%%",
        "end",
        "-->",
        "|",
        ";",
        "\\n",
        "$$",
        "fa:fa-car",
        "ﬂ°°35¶ß",
        "&lt;",
    ]
)
labels = st.lists(any_text | nasty, max_size=4).map("".join)


def read(text: str) -> list[str]:
    """The lines of a drawing, each of which is of a known kind."""
    first, *lines = text.splitlines()
    assert re.fullmatch("flowchart (LR|RL|TB|BT)", first)
    lines = [line.removeprefix("    ") for line in lines]
    for line in lines:
        assert any(kind.fullmatch(line) for kind in LINES), line
    assert sum(line.startswith("subgraph ") for line in lines) == lines.count("end")
    return lines


def shown(line: str) -> list[str]:
    """The lines of text in a box or on an arrow as a reader sees them."""
    found = re.search(r'"(.*)"', line)
    plain = re.sub(r"#(\d+);", lambda m: chr(int(m[1])), found[1].replace("<br/>", "\0")) if found else ""
    return plain.replace("\u2060", "").replace("\xa0", " ").split("\0")


def box(text: str, id_: str) -> list[str]:
    return next(shown(line) for line in read(text) if re.match(rf"{id_}[(\[]", line))


def test_boxes_hold_name_formula_value_and_gradient(lesson_5: Value) -> None:
    lesson_5.backward()
    text = to_mermaid(lesson_5)
    assert box(text, "n0") == ["m1", "value 3", "grad 2"]
    assert box(text, "n2") == ["a1 = m1 * x", "value 6", "grad 1"]
    assert box(text, "n1") == ["x = 2"]
    assert box(text, "n9") == ["2"]


def test_arrows_hold_local_derivatives_and_dotted_lines_what_flows_back(lesson_5: Value) -> None:
    assert not any("-.-" in line for line in read(to_mermaid(lesson_5)))
    lesson_5.backward()
    lines = read(to_mermaid(lesson_5))
    there = {line.split(" -->")[0]: shown(line) for line in lines if "-->" in line and line.endswith(" n4")}
    back = {line.split(" -.-")[0]: shown(line) for line in lines if "-.-" in line and line.endswith(" n4")}
    assert [texts[0].split()[-1] for texts in there.values()] == ["0.5", "6"]
    assert back == {"n2": ["← 1"], "n3": ["← 12"]}
    assert not any(line.startswith("n1 -.-") for line in lines), "nothing flows back to a constant"


def test_kinds_differ_in_shape_and_in_class(lesson_5: Value) -> None:
    lines = read(to_mermaid(lesson_5))
    assert any(line.startswith('n0(["') for line in lines)
    assert any(line.startswith('n2["') for line in lines)
    assert any(line.startswith('n1("') for line in lines)
    assert any(line.startswith('n10[["') for line in lines)
    assert {"class n0,n3 leaf", "class n10 root", "class n1,n6,n9 constant"} <= set(lines)


def test_layers_are_subgraphs(network: Value) -> None:
    lines = read(to_mermaid(network))
    first = next(i for i, line in enumerate(lines) if line.startswith("subgraph") and '"layer 1"' in line)
    assert any('"neuron 2"' in line for line in lines[first:])
    assert sum(line.startswith("subgraph") for line in lines) == 4


@pytest.mark.parametrize(("direction", "arrow"), [("LR", "←"), ("RL", "→"), ("TB", "↑"), ("BT", "↓")])
def test_what_flows_back_points_back(square: Value, direction: str, arrow: str) -> None:
    square.backward()
    text = to_mermaid(square, rankdir=direction)
    assert text.startswith(f"flowchart {direction}\n")
    assert text.count(f'"{arrow} 3"') == 2
    assert text == to_mermaid(square, direction=direction)


def test_options_of_the_look(lesson_5: Value) -> None:
    lesson_5.backward()
    bare = to_mermaid(lesson_5, show=())
    assert box(bare, "n0") == ["m1"]
    assert "n2 --> n4" in read(bare)
    assert "-.-" not in bare
    assert box(to_mermaid(lesson_5, number_format=".2f"), "n0") == ["m1", "value 3.00", "grad 2.00"]
    assert f"fill:{DARK.leaf_fill}" in to_mermaid(lesson_5, theme="dark")
    assert Look().palette.leaf_fill in to_mermaid(lesson_5)


def test_a_moment(expression: Value) -> None:
    text = to_mermaid(expression, at_step=9)
    assert box(text, "n1") == ["b", "value 1", "grad 3 + …"]
    assert box(to_mermaid(expression, at_step=0), "n5") == ["e = c * d", "value not computed", "grad not computed"]


def test_a_big_network_collapses() -> None:
    loss = MLP(8, [16, 16, 1])([0.5] * 8)
    loss.backward()
    text = to_mermaid(loss)
    assert box(text, "g_layer_1")[0] == "layer 1"
    assert any('"256 arrows"' in line for line in read(text))
    assert len(read(to_mermaid(loss, expand="layer 3"))) > len(read(text))


def test_a_graph_of_few_nodes_and_too_many_arrows_collapses_too() -> None:
    loss = MLP(4, [10, 10])([0.5] * 4)[0]
    loss = dot([Value(1.0, "w")] * 300, [loss] * 300)
    loss.backward()
    assert len(read(to_mermaid(loss))) < 60
    with pytest.raises(GraphError, match=r"arrows.*Mermaid draws up to 500 arrows.*level='layer'"):
        to_mermaid(loss, level="node")


@given(labels, labels)
def test_no_label_breaks_out_and_each_is_seen_as_it_is(label: str, other: str) -> None:
    root = Value(2.0, label) * Value(3.0, other, constant=True)
    root.label = other
    text = to_mermaid(root)
    read(text)
    assert "<" not in text.replace("<br/>", "")
    if re.fullmatch(r"[^\W\d][^\W\d]+", label) and label.isprintable() and len(label) < 30:
        assert label_text(label) in {line for id_ in ("n0", "n1") for line in box(text, id_)}


@pytest.mark.parametrize(
    "label",
    ['"];}', "1. list", "1) list", "- x", "+ x", "# x", "> x", "===", "`x`", "**b** _i_", "fa:fa-car", "$$x$$",
     "ﬂ°°35¶ß", "  two  spaces ", "%% no", "www.example.com", "損失 ŷ é", "<img src=x onerror=alert(1)>", "&lt;",
     "#quot;", "W1[1,2]"],
)  # fmt: skip
def test_signs_that_mean_something_to_mermaid(label: str) -> None:
    lines = read(to_mermaid(Value(2.0, label) * 3))
    name = next(shown(line)[0] for line in lines if '(["' in line)
    assert name == label
    written = next(line for line in lines if '(["' in line)
    assert html.escape(label) == label or label not in written
    assert not re.search(r"\$\$|\\n|:fa-|ﬂ°|¶ß", re.sub(r"#(\d+);", lambda m: chr(int(m[1])), written))


def test_the_same_every_time(hostile: Value) -> None:
    assert to_mermaid(hostile) == to_mermaid(hostile)


@pytest.mark.parametrize("arguments", [{"rankdir": "up"}, {"level": "atom"}, {"expand": "layer 9"}, {"theme": "x"}])
def test_choices_that_there_are_not(square: Value, arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        to_mermaid(square, **arguments)


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(OperandError):
        to_mermaid(3.0)  # type: ignore[arg-type]
