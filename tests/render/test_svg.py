"""Pictures as SVG, and what a notebook shows."""

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Stepper, Value, lessons
from autograd.errors import ArgumentError, GraphError
from autograd.nn import MLP
from autograd.reading.text import label_text
from autograd.render import set_dot, to_svg
from autograd.render import svg as svg_module
from autograd.render.engine import _from_package, _lays_out
from autograd.render.rows import graph_rows
from autograd.render.style import DARK, LIGHT
from autograd.render.svg import mimebundle

SVG = "{http://www.w3.org/2000/svg}"
any_text = st.text(st.characters(exclude_categories=()))
nasty = st.sampled_from(["\x00", "\ud800", "\ufffe", "\\N", "\\", '"', "<b>", "&amp;", "&#0;", "-->", "]]>", "\u202e"])
labels = st.lists(any_text | nasty, max_size=4).map("".join)


def texts(svg: str) -> list[str]:
    """The lines of text that a reader sees; `dot` writes some spaces as no-break spaces."""
    return ["".join(t.itertext()).replace("\xa0", " ") for t in ET.fromstring(svg).iter(f"{SVG}text")]


def group(svg: str, id_: str) -> ET.Element:
    return next(g for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("id") == id_)


def test_everything_that_a_reader_needs_is_there_as_text(dot: Path, lesson_5: Value) -> None:
    assert texts(to_svg(lesson_5)).count("not computed") == 8
    lesson_5.backward()
    seen = texts(to_svg(lesson_5))
    for text in (
        "L",
        "yhat",
        "m1",
        "m2",
        "ReLU",
        "12",
        "x = 2",
        "dz2/dm2 = a1 = 6",
        "dL/dv2 = 1/2 = 0.5",
        "← 12",
        "value",
    ):
        assert text in seen
    assert "not computed" not in seen


def test_nodes_and_edges_have_stable_ids_and_classes(dot: Path, square: Value) -> None:
    svg = to_svg(square)
    assert group(svg, "n0").get("class") == "node leaf"
    assert group(svg, "n1").get("class") == "node op root"
    assert len(re.findall('id="n0_n1_[01]" class="edge forward"', svg)) == 2
    square.backward()
    assert len(re.findall('id="n0_n1_[01]_back" class="edge backward positive"', to_svg(square))) == 2


def test_it_is_one_bare_element_without_versions(dot: Path, square: Value) -> None:
    svg = to_svg(square)
    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>\n")
    assert "<!" not in svg
    assert "graphviz" not in svg.lower()


def test_the_same_every_time(dot: Path, expression: Value) -> None:
    assert to_svg(expression) == to_svg(expression)


def test_options_are_those_of_to_dot(dot: Path, expression: Value) -> None:
    def height(svg: str) -> float:
        return float(ET.fromstring(svg).get("viewBox", "").split()[3])

    assert height(to_svg(expression, rankdir="LR")) < height(to_svg(expression, rankdir="TB"))
    with pytest.raises(ArgumentError):
        to_svg(expression, rankdir="up")


def test_a_moment_is_an_option(dot: Path, lesson_5: Value) -> None:
    svg = to_svg(lesson_5, at_step=14)  # the last record is the visit of (yhat - y)^2
    assert group(svg, "n8").get("class") == "node op current"
    assert group(svg, "n7").get("class") == "node op reached"
    assert group(svg, "n10").get("class") == "node op root visited"
    assert group(svg, "n7_n8_0_back").get("class") == "edge backward current positive"
    assert group(svg, "n7_n8_0").get("class") == "edge forward visited"
    seen = texts(svg)
    assert {"← 0.5", "← 2"} <= set(seen)
    assert seen.count("not computed") == 5  # the gradients of m1, m2, a1, z2, yhat


def test_every_moment_is_of_the_same_size(dot: Path, lesson_5: Value) -> None:
    assert len({ET.fromstring(to_svg(lesson_5, at_step=k)).get("viewBox") for k in (0, 5, 9, 13, 18)}) == 1


@pytest.mark.parametrize("k", range(0, 8))
def test_hostile_labels_at_a_moment(dot: Path, hostile: Value, k: int) -> None:
    assert "<b>bold</b>" in texts(to_svg(hostile, at_step=k))


def test_hostile_labels_are_shown_as_what_they_are(dot: Path, hostile: Value) -> None:
    seen = texts(to_svg(hostile))
    assert "<b>bold</b>" in seen
    assert label_text('"></TD>\\N\\G\\"];}<script>&amp;&#60;') in seen
    assert "'  ' = nan" in seen
    assert {"-inf", "0"} <= set(seen)
    assert "-0" not in seen


@settings(deadline=None, max_examples=100)
@given(labels, labels)
def test_any_label_gives_valid_xml_that_shows_it(dot: Path, label: str, other: str) -> None:
    root = Value(2.0, label) + Value(3.0, other, constant=True)
    root.label = label
    seen = texts(to_svg(root))
    assert seen.count(label_text(label)) >= (2 if label else 0)
    assert (f"{label_text(other)} = 3" if other else "3") in seen
    assert not ET.fromstring(to_svg(root)).findall(f".//{SVG}script")


def _box(node: ET.Element) -> tuple[float, float]:
    outline = node.find(f"{SVG}path") if node.find(f"{SVG}path") is not None else node.find(f"{SVG}polygon")
    assert outline is not None
    points = re.findall(r"(-?[\d.]+),-?[\d.]+", outline.get("d") or outline.get("points") or "")
    return min(map(float, points)), max(map(float, points))


# Widths in ems as DejaVu Sans has them, the widest of the fonts that viewers commonly fall back on.
_DEJAVU = {"0": 0.64, "-": 0.36, ".": 0.32, "e": 0.62, "+": 0.84, "n": 0.63, "t": 0.39, "c": 0.55, "m": 0.97, " ": 0.32}
_BOLD = {"W": 1.10, "m": 1.04, "0": 0.70, "_": 0.50, "i": 0.34}


@pytest.mark.parametrize("label", ["", "W" * 31, "m" * 31, "iiii", "0_0_0", "損" * 20])
def test_text_stays_inside_its_box_in_wider_fonts_too(dot: Path, label: str) -> None:
    x = Value(-0.0001234, label)
    svg = to_svg(x * -1.234e-200)
    left, right = _box(group(svg, "n0"))
    for text in group(svg, "n0").iter(f"{SVG}text"):
        widths = _BOLD if text.get("font-weight") == "bold" else _DEJAVU
        content = "".join(text.itertext())
        width = float(text.get("font-size", "0")) * sum(widths.get(c, 1.0 if c > "\u2000" else 0.64) for c in content)
        start = float(text.get("x", "0"))
        assert left < start
        assert start + width < right, (content, width, right)


@pytest.mark.skipif("sys.platform == 'win32'")
@pytest.mark.parametrize("output", ["", "<svg", "<html/>", "\\377"])
def test_a_program_that_gives_no_svg_is_named_as_the_cause(tmp_path: Path, square: Value, output: str) -> None:
    program = tmp_path / "dot"
    program.write_text(f"#!/bin/sh\ncat > /dev/null\nprintf '{output}'\n")
    program.chmod(0o755)
    set_dot(program)
    try:
        with pytest.raises(GraphError, match=r"SVG|empty picture"):
            to_svg(square)
    finally:
        set_dot(None)


# --- what is read out ----------------------------------------------------------------------------------------------


def titles(svg: str) -> dict[str, str]:
    groups = ET.fromstring(svg).iter(f"{SVG}g")
    return {g.get("id", ""): g.findtext(f"{SVG}title", "") for g in groups if g.find(f"{SVG}title") is not None}


def test_the_whole_and_every_part_has_a_title_in_words(dot: Path, expression: Value) -> None:
    expression.backward()
    tree = ET.fromstring(to_svg(expression))
    assert tree.get("role", "").startswith("graphics-document")
    by_id = {element.get("id"): element for element in tree}
    assert by_id[tree.get("aria-labelledby")].text == "e = 6; 6 nodes"
    assert "Gradients of the inputs: a 2, b 5." in (by_id[tree.get("aria-describedby")].text or "")
    found = titles(to_svg(expression))
    assert found["n1"] == "b = 1, gradient 5 = 3 + 2"
    assert found["n1_n4_0"] == "b goes into d = b + 1"
    assert found["n1_n4_0_back"].endswith("dd/db = 1; message = local x upstream: 3 = 1 * 3")
    drawn = [g for g in tree.iter(f"{SVG}g") if g.get("class", "").split()[0] in ("node", "edge")]
    assert len(drawn) == 7 + 6 + 5
    assert all(found[g.get("id", "")] and g.get("role") == "img" for g in drawn)
    assert not any("gradients" in title for title in found.values())


def test_two_pictures_in_one_page_keep_their_titles_apart(dot: Path, square: Value, expression: Value) -> None:
    first, second = (ET.fromstring(to_svg(root)).get("aria-labelledby") for root in (square, expression))
    assert first != second


def test_layers_are_frames_with_names(dot: Path) -> None:
    found = titles(to_svg(MLP(2, [2, 1])([1.0, 2.0]), level="node"))
    assert found["cluster_layer_2"] == "layer 2: W2, b2, z2"
    assert found["cluster_layer_1_neuron_2"] == "neuron 2 of layer 1"


def test_contributions_that_are_added_have_a_badge(dot: Path, expression: Value) -> None:
    assert not any(text.startswith("Σ 2") for text in texts(to_svg(expression)))
    expression.backward()
    assert texts(to_svg(expression)).count("Σ 2") == 1


def test_a_legend_is_there_where_something_flows(dot: Path, square: Value) -> None:
    assert "legend" not in titles(to_svg(square))
    square.backward()
    assert {"± 3", "± 0.3", "± 0.03", "blue: positive, red: negative"} <= set(texts(to_svg(square)))
    assert "legend" not in titles(to_svg(square, legend=False))
    assert "blue: positive, red: negative" not in texts(to_svg(square, theme="print"))


def test_themes(dot: Path, square: Value) -> None:
    square.backward()
    auto, light, dark = (to_svg(square, theme=theme) for theme in ("auto", "light", "dark"))
    assert "prefers-color-scheme:dark" in auto
    assert "<style" not in light + dark
    assert LIGHT.paper in light
    assert DARK.paper in dark
    printed = re.findall('"#(..)(..)(..)"', to_svg(square, theme="print"))
    assert printed
    assert all(r == g == b for r, g, b in printed)
    colours = set(re.findall('(?:fill|stroke)="([^"]+)"', auto)) - {"none", "transparent"}
    assert all(f'[fill="{colour}"]' in auto for colour in colours)  # nothing stays as it is in the dark


def engines() -> list[Path]:
    found = [Path(path)] if (path := shutil.which("dot")) and _lays_out(Path(path)) else []
    pure = _from_package()
    return [*found, *([pure] if pure else [])]


@pytest.mark.parametrize("engine", engines(), ids=lambda path: path.name)
@pytest.mark.parametrize(("number", "claim"), [(1, "1.8"), (4, "4.3"), (4, "4.5"), (5, None)])
def test_every_engine_draws_the_lessons(engine: Path, number: int, claim: str | None) -> None:
    root, _ = lessons.get(number).graph(claim)
    root.backward()
    set_dot(engine)
    try:
        svg = to_svg(root, level="node")
    finally:
        set_dot(None)
    found = titles(svg)
    assert {row.id for row in graph_rows(root).nodes} <= set(found)
    back = [g for g in ET.fromstring(svg).iter(f"{SVG}g") if "backward" in g.get("class", "")]
    assert len(back) == sum(edge.message is not None for edge in graph_rows(root).edges)
    for g in back:
        assert any(path.get("stroke-dasharray") for path in g.iter(f"{SVG}path")), g.get("id")
    for g in ET.fromstring(svg).iter(f"{SVG}g"):
        if "forward" in g.get("class", ""):
            assert not any(path.get("stroke-dasharray") for path in g.iter(f"{SVG}path"))


# === notebooks ========================================================================================================


def test_a_value_shows_its_graph_and_its_text(dot: Path, square: Value) -> None:
    square.backward()
    assert mimebundle(square) == {"image/svg+xml": to_svg(square), "text/plain": "Value(9.0, grad=1.0)"}


def test_it_is_what_ipython_asks_a_value_for(dot: Path, square: Value) -> None:
    bundle = square._repr_mimebundle_(include=None, exclude=None)  # type: ignore[attr-defined]
    assert set(bundle) == {"image/svg+xml", "text/plain"}


def test_only_what_is_wanted_is_made(dot: Path, square: Value, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(mimebundle(square, include={"image/svg+xml"})) == {"image/svg+xml"}
    monkeypatch.setattr(svg_module, "to_svg", lambda root: pytest.fail("a picture that nobody asked for"))
    assert set(mimebundle(square, include=["text/plain"])) == {"text/plain"}
    assert set(mimebundle(square, exclude=["image/svg+xml"])) == {"text/plain"}
    assert mimebundle(square, include=["text/html"]) == {}


def test_without_dot_there_is_the_text(square: Value, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRAD_DOT", "no-such-program")
    assert mimebundle(square) == {"text/plain": "Value(9.0)"}


def test_a_large_graph_is_drawn_in_groups(dot: Path) -> None:
    y = x = Value(1.0)
    for _ in range(1000):
        y = y * x
    shown = mimebundle(y)
    assert shown["text/plain"] == "Value(1.0)"
    assert shown["image/svg+xml"].count('class="node') < 200


def test_nothing_that_goes_wrong_in_a_drawing_is_raised(square: Value, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(root: Value) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(svg_module, "to_svg", broken)
    assert mimebundle(square) == {"text/plain": "Value(9.0)"}


def test_a_moment_of_stepping_shows_the_graph_as_it_stands_then(dot: Path, square: Value) -> None:
    s = Stepper(square)
    s.step(2)
    moment = s.where()
    assert moment._repr_mimebundle_() == {
        "image/svg+xml": to_svg(square, trace=s.records, at_step=2),
        "text/plain": repr(moment),
    }
    assert "not computed" not in s.goto(len(s))._repr_mimebundle_()["image/svg+xml"]
    assert set(moment._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
    assert set(moment._repr_mimebundle_(exclude=["text/plain"])) == {"image/svg+xml"}


def test_a_moment_without_dot_is_its_text(square: Value, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRAD_DOT", "no-such-program")
    moment = Stepper(square).where()
    assert moment._repr_mimebundle_() == {"text/plain": repr(moment)}


def test_importing_the_package_does_not_import_graphviz() -> None:
    program = "import sys, autograd, autograd.render; sys.exit('graphviz' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
