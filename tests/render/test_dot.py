"""How a graph is written as DOT.

The files in tests/golden hold the DOT of a few graphs. After a change to the looks that was meant, write them anew,
look at what they draw, and commit them:

    AUTOGRAD_REWRITE_GOLDEN=1 python -m pytest tests/render/test_dot.py
    for f in tests/golden/*.dot; do graphviz-pure -Tsvg -O "$f"; done"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, lessons, primitive, relu, sigmoid
from autograd.errors import ArgumentError, GraphError, OperandError
from autograd.nn import MLP
from autograd.reading.trace import Trace
from autograd.render import to_dot
from autograd.render.dot import Arrow, Picture, arrows
from autograd.render.rows import graph_rows
from autograd.render.style import Look

GOLDEN = Path(__file__).parents[1] / "golden"
REWRITE = "AUTOGRAD_REWRITE_GOLDEN"
any_text = st.text(st.characters(exclude_categories=()))
breakouts = st.sampled_from(
    ['"', '"]; evil -> n0 [label="', "\\", "\\N", '\\"', "<", ">", "<>", "</TABLE>>]; evil", "<!--", "-->", "]]>", "&"]
)
labels = st.lists(any_text | breakouts, max_size=4).map("".join)


@pytest.mark.parametrize("backward", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", ["expression", "square", "lesson_5", "hostile", "network"])
def test_golden(name: str, backward: bool, request: pytest.FixtureRequest) -> None:
    root: Value = request.getfixturevalue(name)
    if backward:
        root.backward()
    file = GOLDEN / f"{name}_{'after' if backward else 'before'}.dot"
    source = to_dot(root).source
    if os.environ.get(REWRITE):
        file.write_bytes(source.encode())
    assert source == file.read_bytes().decode(), f"not what {file} holds; see this module's docstring"


@pytest.mark.parametrize("k", [4, 9])
def test_golden_moment(k: int, expression: Value) -> None:
    file = GOLDEN / f"expression_step_{k}.dot"
    source = to_dot(expression, at_step=k).source
    if os.environ.get(REWRITE):
        file.write_bytes(source.encode())
    assert source == file.read_bytes().decode(), f"not what {file} holds; see this module's docstring"


def lines_of(root: Value, start: str, at_step: int | None = None) -> list[str]:
    source = to_dot(root, at_step=at_step).source
    return [line.strip() for line in source.splitlines() if line.strip().startswith(start)]


def words(line: str) -> str:
    """What can be read in a node or on an edge."""
    found = re.findall(r">([^<>]+)<", line.partition("label=")[2].partition(">> ")[0] + ">>")
    return " ".join(" ".join(found).split())


def test_a_node_shows_symbol_label_value_and_gradient(expression: Value) -> None:
    expression.backward()
    assert words(lines_of(expression, "n0 [")[0]) == "a value 2 grad 2"
    assert words(lines_of(expression, "n5 [")[0]) == "* e value 6 grad 1"


def test_before_any_backward_gradients_are_not_computed(expression: Value) -> None:
    source = to_dot(expression).source
    assert source.count(">not computed<") == 5
    assert words(lines_of(expression, "n0 [")[0]) == "a value 2 grad not computed"


def test_a_gradient_of_0_is_shown_as_0() -> None:
    y = relu(Value(-1.0))
    y.backward()
    assert words(lines_of(y, "n0 [")[0]) == "v1 value -1 grad 0"


def edges_of(root: Value, at_step: int | None = None, backward: bool = False) -> list[str]:
    return [line for line in lines_of(root, "n", at_step) if "->" in line and ("dir=back" in line) is backward]


def ends(line: str) -> str:
    """Which boxes an arrow joins, without the places at them."""
    return re.sub(r":\w+", "", line.split(" [")[0])


def test_every_edge_has_its_local_derivative_in_symbols_and_as_a_number(expression: Value) -> None:
    assert [(ends(line), words(line)) for line in edges_of(expression)] == [
        ("n0 -> n2", "dc/da = 1"),
        ("n1 -> n2", "dc/db = 1"),
        ("n1 -> n4", "dd/db = 1"),
        ("n3 -> n4", ""),  # nothing is differentiated by a plain number
        ("n2 -> n5", "de/dc = d = 2"),
        ("n4 -> n5", "de/dd = c = 3"),
    ]


def test_after_a_backward_dashed_edges_carry_local_derivatives_and_messages(expression: Value) -> None:
    expression.backward()
    assert [words(line) for line in edges_of(expression)] == [""] * 6
    back = edges_of(expression, backward=True)
    assert all("style=dashed" in line for line in back)
    assert [(ends(line), words(line)) for line in back] == [  # written from the head that they point to
        ("n0 -> n2", "dc/da = 1 ← 2"),
        ("n1 -> n2", "dc/db = 1 ← 2"),
        ("n1 -> n4", "dd/db = 1 ← 3"),
        ("n2 -> n5", "de/dc = d = 2 ← 2"),
        ("n4 -> n5", "de/dd = c = 3 ← 3"),
    ]
    assert "message = local x upstream: 3 = 1 * 3" in back[2]


def test_x_times_x_is_two_edges_with_ids_of_their_own(square: Value) -> None:
    assert re.findall(r"n0:out:\w -> n1:in\d:\w .* id=(\w+)", to_dot(square).source) == ["n0_n1_0", "n0_n1_1"]


def test_leaf_constant_operation_and_root_are_told_apart_without_colour(lesson_5: Value) -> None:
    x, m1, a1 = (lines_of(lesson_5, f"{n} [")[0] for n in ("n1", "n0", "n2"))
    root = lines_of(lesson_5, "n10 [")[0]
    assert words(x) == "x = 2"
    assert "shape=plain" in x
    assert "rounded" in m1
    assert "rounded" not in a1
    assert "peripheries=2" in root
    assert "peripheries" not in a1


def test_a_constant_is_small_and_grey() -> None:
    line = lines_of(Value(1.0) + 2, "n1 [")[0]
    assert words(line) == "2"
    assert 'POINT-SIZE="10"' in line
    assert "class=constant" in line
    assert 'fontcolor="#636363"' in line


def test_arrows_point_forward_and_are_solid(expression: Value) -> None:
    source = to_dot(expression, rankdir="LR").source
    assert "rankdir=LR" in source
    assert "dir=" not in source.replace("rankdir=", "")
    assert "dashed" not in source


def test_direction_is_an_option(square: Value) -> None:
    assert "rankdir=TB" in to_dot(square, rankdir="TB").source


# --- moments: the records are forward a b c 1 d e (1 to 6), the seed (7), backward e d c (8 to 10) -----------------


def test_what_is_not_computed_yet_says_so(expression: Value) -> None:
    expression.backward()
    assert words(lines_of(expression, "n0 [", 3)[0]) == "a value 2 grad not computed"
    assert words(lines_of(expression, "n5 [", 3)[0]) == "* e value not computed grad not computed"
    assert words(lines_of(expression, "n3 [", 3)[0]) == "1"  # a plain number can be read at any time


def test_a_constant_input_that_is_not_read_yet_says_so(lesson_5: Value) -> None:
    assert words(lines_of(lesson_5, "n1 [", 0)[0]) == "x = not computed"
    assert words(lines_of(lesson_5, "n1 [", 1)[0]) == "x = 2"


def test_a_gradient_that_is_not_complete_says_so(expression: Value) -> None:
    assert words(lines_of(expression, "n1 [", 9)[0]) == "b value 1 grad 3 + …"
    assert words(lines_of(expression, "n1 [", 10)[0]) == "b value 1 grad 5 Σ 2"


def test_a_message_is_on_its_edge_once_it_is_sent(expression: Value) -> None:
    def sent(k: int) -> list[str]:
        return [words(line) for line in edges_of(expression, k, backward=True)]

    known = ["dc/da = 1", "dc/db = 1", "dd/db = 1", "de/dc = d = 2", "de/dd = c = 3"]
    assert sent(0) == [""] * 5
    assert sent(4) == ["dc/da = 1", "dc/db = 1", "", "", ""]
    assert sent(7) == known
    assert sent(9) == [*known[:2], "dd/db = 1 ← 3", "de/dc = d = 2 ← 2", "de/dd = c = 3 ← 3"]


@pytest.mark.parametrize(("rankdir", "back"), [("LR", "←"), ("RL", "→"), ("TB", "↑"), ("BT", "↓")])
def test_messages_point_against_the_arrows(square: Value, rankdir: str, back: str) -> None:
    assert to_dot(square, rankdir=rankdir, at_step=4).source.count(f">{back} 3<") == 2


def test_states_are_told_apart_by_outline_and_by_colour(expression: Value) -> None:
    def look(id_: str, k: int) -> tuple[bool, float, str, str]:
        line = lines_of(expression, f"{id_} [", k)[0].rpartition(">>")[2]
        width = re.search(r"penwidth=([\d.]+)", line)
        fill, outline = re.search(r'fillcolor="(\S+)"', line), re.search(r' color="(\S+)"', line)
        assert fill
        assert outline
        return "dashed" in line, float(width[1]) if width else 1.0, fill[1], outline[1]

    looks = [look("n0", 9), look("n2", 9), look("n4", 9), look("n4", 10)]
    waiting, reached, current, visited = looks
    assert waiting[0]
    assert not reached[0] | current[0] | visited[0]
    assert waiting[1] < visited[1] < reached[1] - 1 < current[1] - 3
    assert len({(fill, outline) for *_, fill, outline in looks}) == 4


def test_kinds_are_told_apart_at_every_moment(expression: Value) -> None:
    for k in range(11):
        a, root = lines_of(expression, "n0 [", k)[0], lines_of(expression, "n5 [", k)[0]
        assert "rounded" in a
        assert "rounded" not in root
        assert "peripheries=2" in root
        assert f'"op root {"waiting" if k < 6 else "current" if k < 9 else "visited"}"' in root


def test_edges_of_the_last_record_stand_out(expression: Value) -> None:
    def current(k: int, backward: bool) -> list[str]:
        return [ends(line) for line in edges_of(expression, k, backward) if "current" in line]

    assert current(5, False) == ["n1 -> n4", "n3 -> n4"]
    assert all("penwidth=3" in line for line in edges_of(expression, 5) if "current" in line)
    assert current(8, True) == ["n2 -> n5", "n4 -> n5"]
    assert current(9, True) == ["n1 -> n4"]
    assert current(5, True) == current(9, False) == []


def test_a_trace_gives_the_numbers(square: Value) -> None:
    trace = Trace(square, 10.0)
    square.parents[0].data = 100.0
    assert ">60<" in to_dot(square, trace=trace).source
    assert to_dot(square, trace=trace, at_step=4).source == to_dot(square, trace=trace).source


def test_a_step_out_of_range_is_refused(square: Value) -> None:
    with pytest.raises(ArgumentError, match="from 0 to 4, not 5"):
        to_dot(square, at_step=5)


@pytest.mark.parametrize("direction", ["lr", "", "LR]; evil"])
def test_an_unknown_direction_is_refused(square: Value, direction: str) -> None:
    with pytest.raises(ArgumentError, match="LR, TB, RL, BT"):
        to_dot(square, rankdir=direction)


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(OperandError, match="list"):
        to_dot([Value(1.0)])  # type: ignore[arg-type]


def chain(length: int) -> Value:
    y = x = Value(1.0)
    for _ in range(length):
        y = y * x
    return y


def test_a_large_graph_is_drawn_in_boxes() -> None:
    assert len([line for line in lines_of(chain(20_000), "") if "class=group" in line or 'class="group' in line]) > 2


def test_more_than_a_picture_can_hold_is_refused_with_its_size_and_a_hint() -> None:
    with pytest.raises(GraphError, match=r"20,001 nodes.*up to 400 nodes") as caught:
        to_dot(chain(20_000), level="node")
    assert "40,000 edges" in str(caught.value)


def test_a_part_of_a_large_graph_can_be_opened() -> None:
    root = MLP(8, [16, 16, 1])([0.5] * 8)
    assert "n0 [" not in to_dot(root).source
    assert "cluster_layer_3" in to_dot(root, level="layer", expand="layer 3").source


def test_a_primitive_is_drawn_by_its_symbol() -> None:
    cube = primitive("cube", lambda x: x**3, lambda out, x: (3 * x**2,), symbol='<"³\\N">')
    assert words(lines_of(cube(Value(2.0)), "n1 [")[0]).startswith("&lt;&quot;³\\\\N&quot;&gt; v2 value 8")


def structure(root: Value) -> object:
    """The nodes and edges that `dot` itself finds in the picture."""
    read = json.loads(to_dot(root).pipe(format="dot_json", quiet=True))
    nodes = [(node["_gvid"], node["name"]) for node in read["objects"]]
    return read["name"], nodes, [(edge["tail"], edge["head"]) for edge in read["edges"]]


@settings(deadline=None, max_examples=60)
@given(labels, labels)
def test_no_label_changes_what_dot_reads(dot: Path, first: str, second: str) -> None:
    def graph(x: str, y: str, z: str) -> Value:
        root = Value(2.0, x) * Value(3.0, y, constant=True)
        root.label = z
        return root

    assert structure(graph(first, second, first)) == structure(graph("x", "y", "z"))


def test_the_same_in_every_run(tmp_path: Path, dot: Path) -> None:
    program = (
        "from autograd import Value, tanh\n"
        "from autograd.render import to_dot, to_svg\n"
        "leaves = [Value(float(i), f'x{i}') for i in range(8)]\n"
        "y = tanh(sum(a * b * 2 for a in leaves for b in leaves[:3]))\n"
        "y.backward()\n"
        "print(to_dot(y).source, ascii(to_svg(y)))\n"
        "print(to_dot(y, at_step=100).source, ascii(to_svg(y, at_step=100)))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "12345")
    }
    assert len(outputs) == 1
    assert b"<svg" in outputs.pop()


# === arrows ===========================================================================================================


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
    for arrow in dashed(root, direction="LR"):
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
    assert dashed(y, direction="LR")[0].lines == ("dv1/dx = 1e+09", "← 1e+09 ⚠")
    z = x * float("inf")
    z.backward()
    assert dashed(z, direction="LR")[0].lines[-1] == "← inf ⚠"
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
