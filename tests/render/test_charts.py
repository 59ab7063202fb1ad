"""Figures of numbers as SVG: the canvas, the weight-matrix view, and gradient norms."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, array, data, grads, sigmoid
from autograd.errors import ArgumentError, GraphError, OperandError, ShapeError
from autograd.render import layer_norms, matrix_svg, norms_svg
from autograd.render.charts import Canvas, room
from autograd.render.style import DARK, LIGHT, PRINT

SVG = "{http://www.w3.org/2000/svg}"
any_text = st.text(st.characters(exclude_categories=()))


def figure(text: str = "a", theme: str = "auto") -> str:
    canvas = Canvas("A title", "In words.", theme)  # type: ignore[arg-type]
    canvas.rect(1, 2, 3, 4, "positive", says=text, fill_opacity=0.5)
    canvas.rect(1, 2, 3, 4, stroke="grey", stroke_dasharray="3 2")
    canvas.add("line", stroke="cluster_line", x1=0, y1=0, x2=5, y2=5)
    canvas.add("polygon", "paper", "badge", points="0,0 1,0 0,1.5")
    canvas.text(5, 6, text, bold=True)
    return canvas.svg(20, 30)


@given(any_text)
def test_any_text_gives_valid_xml_that_shows_it(text: str) -> None:
    canvas = Canvas(text, text)
    canvas.text(0, 0, text)
    canvas.rect(0, 0, 1, 1, "ink", says=text)
    root = ET.fromstring(canvas.svg(10, 10))
    assert not root.findall(f".//{SVG}script")
    shown = [e.text or "" for e in root.iter(f"{SVG}text")]
    assert len(shown) == bool(text)
    if text.isprintable() and text.strip(" "):
        assert shown == [text]


def test_it_has_a_title_a_description_and_a_role() -> None:
    root = ET.fromstring(figure())
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert (title.text, description.text, root.get("role")) == ("A title", "In words.", "img")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_two_figures_of_a_page_share_no_ids_and_no_rules() -> None:
    one, other = ET.fromstring(figure("a")), ET.fromstring(figure("b"))
    ids = [{e.get("id") for e in root.iter() if e.get("id")} for root in (one, other)]
    assert not ids[0] & ids[1]
    style = one.findtext(f"{SVG}style") or ""
    assert all(rule.startswith(f"#{one.get('id')} .") for rule in style.partition("{")[2].split("}") if "{" in rule)


def test_the_same_text_every_time() -> None:
    assert figure() == figure()


@pytest.mark.parametrize(("theme", "palette"), [("auto", LIGHT), ("light", LIGHT), ("dark", DARK), ("print", PRINT)])
def test_a_theme_is_a_palette_and_auto_turns_dark_on_a_screen_alone(theme: str, palette: object) -> None:
    svg = figure(theme=theme)
    assert f'fill="{getattr(palette, "positive")}"' in svg  # noqa: B009
    assert ("@media screen and (prefers-color-scheme: dark)" in svg) == (theme == "auto")


def test_every_colour_has_its_dark_one() -> None:
    root = ET.fromstring(figure())
    style = root.findtext(f"{SVG}style") or ""
    for element in root.iter():
        for name in (element.get("class") or "").split():
            assert f".{name}{{" in style


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(ArgumentError, match="theme is one of auto, light, dark, print, not 'sepia'"):
        figure(theme="sepia")


def test_nothing_is_written_for_no_text() -> None:
    canvas = Canvas("t", "d")
    canvas.text(0, 0, "")
    assert "<text" not in canvas.svg(1, 1)


def test_room_is_that_of_the_widest() -> None:
    assert room(["a", "aaaa", "aa"], 10) == room(["aaaa"], 10) > 0
    assert room([], 10) == 0


# === the weight-matrix view ===========================================================================================


def texts(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ET.fromstring(svg).iter(f"{SVG}text")]


def size(svg: str) -> tuple[float, float]:
    root = ET.fromstring(svg)
    return float(root.get("width", "")), float(root.get("height", ""))


def test_every_number_before_and_after_is_in_its_cell_in_row_order() -> None:
    seen = texts(matrix_svg([[1.0, -2.0], [0.0, 0.5]], [[10.0, 0.0], [-4.0, 1.0]], rate=0.1))
    cells = [t for t in seen if re.fullmatch(r"-?\d+(\.\d+)?", t)]
    legend = {"-2", "2", "-10", "10", "0"}
    assert [cells[i : i + 4] for i in (0, 7, 14)] == [
        ["1", "-2", "0", "0.5"],
        ["10", "0", "-4", "1"],
        ["0", "-2", "0.4", "0.4"],
    ]
    assert set(cells[4:7]) | set(cells[11:14]) == legend
    assert {"W", "dJ/dW", "W after the step", "− 0.1 ×", "="} <= set(seen)
    assert seen.count("from x1") == 3
    assert seen.count("to neuron 2") == 1


def test_values_bring_their_gradients() -> None:
    W = array([[0.5, 2.0]], "W")
    ((W * np.array([[3.0, -1.0]])).sum()).backward()
    assert matrix_svg(W) == matrix_svg([[0.5, 2.0]], [[3.0, -1.0]])
    (W.sum() ** 2).backward(create_graph=True)  # the gradients are Values now
    assert ">dJ/dW<" in matrix_svg(W)


def test_a_vector_is_one_row() -> None:
    assert matrix_svg([1.0, 2.0], [0.0, 1.0]) == matrix_svg([[1.0, 2.0]], [[0.0, 1.0]])


def test_panels_that_do_not_fit_stand_below_each_other() -> None:
    W, dW = np.ones((2, 2)), np.ones((2, 2))
    wide, narrow = matrix_svg(W, dW), matrix_svg(W, dW, width=360)
    assert size(narrow)[0] <= 360 < size(wide)[0] <= 960
    assert size(narrow)[1] > 2 * size(wide)[1]
    assert "− 0.1 × dJ/dW" in texts(narrow)
    assert texts(narrow).count("to neuron 1") == 3


def shades(svg: str) -> list[tuple[str, str]]:
    rects = [r for r in ET.fromstring(svg).iter(f"{SVG}rect") if r.find(f"{SVG}title") is not None]
    return [(r.get("class") or "", r.get("fill-opacity") or "") for r in rects]


def test_blue_is_above_0_red_below_and_stronger_is_further() -> None:
    found = shades(matrix_svg([[2.0, 1.0, -1.0, 0.0]], np.zeros((1, 4))))
    assert [name for name, _ in found] == ["positive", "positive", "negative"] * 2
    assert float(found[0][1]) > float(found[1][1]) == float(found[2][1]) > 0


def test_the_two_matrices_share_a_scale_and_the_gradient_has_its_own() -> None:
    seen = texts(matrix_svg([[1.0]], [[-20.0]], rate=0.1))
    assert (seen.count("-3"), seen.count("-20"), seen.count("20")) == (2, 2, 1)  # -20 is in a cell as well


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK, PRINT])
@pytest.mark.parametrize("sign", ["positive", "negative"])
def test_numbers_can_be_read_in_the_strongest_cells(palette: Any, sign: str) -> None:
    strongest = max(float(shade) for _, shade in shades(matrix_svg([[1.0, -1.0]], [[1.0, -2.0]])))
    pairs = [(int(getattr(palette, sign)[i : i + 2], 16), int(palette.paper[i : i + 2], 16)) for i in (1, 3, 5)]
    mixed = "#" + "".join(f"{round(strongest * top + (1 - strongest) * below):02x}" for top, below in pairs)
    assert contrast(mixed, palette.ink) > 4.5


def test_a_big_matrix_has_colours_without_numbers_and_says_so() -> None:
    svg = matrix_svg(np.linspace(-1, 1, 750).reshape(25, 30), np.ones((25, 30)))
    seen = texts(svg)
    assert any("25 x 30" in t and "shades alone" in t for t in seen)
    assert not any("neuron" in t for t in seen)
    cells = [r for r in ET.fromstring(svg).iter(f"{SVG}rect") if r.get("class") in ("positive", "negative")]
    sizes = {(r.get("class"), r.get("width")) for r in cells if r.get("height") != "10"}  # but for the scales
    assert sizes == {("positive", "7"), ("negative", "5")}, "signs differ in size as well as in colour"


def test_24_rows_still_have_numbers() -> None:
    assert "to neuron 24" in texts(matrix_svg(np.ones((24, 1)), np.ones((24, 1))))


def test_what_is_not_finite_is_drawn_and_marked() -> None:
    svg = matrix_svg([[np.nan, np.inf, 1.0]], [[0.0, 1.0, -np.inf]])
    seen = texts(svg)
    assert (seen.count("nan"), seen.count("inf"), seen.count("-inf")) == (2, 3, 1)
    assert svg.count("stroke-dasharray") == 6


def test_labels_are_the_callers_and_are_escaped() -> None:
    svg = matrix_svg([[1.0]], [[1.0]], name="<b>", title="</svg>", rows=["to <y>"], columns=['"&"'])
    seen = texts(svg)
    assert {"<b>", "dJ/d<b>", "</svg>", "to <y>", '"&"'} <= set(seen)


def test_the_description_has_the_numbers() -> None:
    description = ET.fromstring(matrix_svg([[1.0]], [[-5.0]])).findtext(f"{SVG}desc") or ""
    assert "to neuron 1 from x1: 1 becomes 1.5" in description
    title = [t.text for t in ET.fromstring(matrix_svg([[1.0]], [[-5.0]])).iter(f"{SVG}title")]
    assert "to neuron 1, from x1: 1.0 − 0.1 × (-5.0) = 1.5" in title


@pytest.mark.parametrize("theme", ["dark", "print", "light"])
def test_themes(theme: Any) -> None:
    assert "<style>" not in matrix_svg([[1.0]], [[1.0]], theme=theme)


def test_black_and_white_does_not_speak_of_colours() -> None:
    assert not any("blue" in t for t in texts(matrix_svg([[1.0]], [[1.0]], theme="print")))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([[1.0]],), ArgumentError, "hold no gradient"),
        (([[Value(1.0)]],), ArgumentError, "no backward pass has reached"),
        (([[1.0]], [[1.0, 2.0]]), ShapeError, r"\(1, 1\) and a gradient of shape \(1, 2\)"),
        (([[[1.0]]], [[[1.0]]]), ShapeError, "rows and columns"),
        ((np.ones((0, 2)), np.ones((0, 2))), ShapeError, "rows and columns"),
        ((np.ones((129, 1)), np.ones((129, 1))), GraphError, r"W\[:24, :24\]"),
        (([["a"]], [[1.0]]), OperandError, "got str 'a'"),
        (([[1.0], [1.0, 2.0]], [[1.0]]), ShapeError, "different lengths"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments: tuple[Any, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        matrix_svg(*arguments)


@pytest.mark.parametrize("labels", [["a"], "ab", ["a", "b", "c"]])
def test_labels_that_do_not_fit_are_refused(labels: Any) -> None:
    with pytest.raises(ShapeError, match="2 rows takes 2 labels"):
        matrix_svg(np.ones((2, 1)), np.ones((2, 1)), rows=labels)


# === gradient norms ===================================================================================================


def marks(svg: str) -> list[tuple[float, bool]]:
    """Where each mark has its middle, and whether it is hollow."""
    found = []
    for polygon in ET.fromstring(svg).iter(f"{SVG}polygon"):
        corners = [float(pair.split(",")[0]) for pair in (polygon.get("points") or "").split()]
        found.append(((min(corners) + max(corners)) / 2, "paper" in (polygon.get("class") or "")))
    return found


@pytest.fixture
def network() -> tuple[Any, Any, Any, Value]:
    rng = np.random.default_rng(3)
    W1, W2 = array(rng.normal(size=(3, 2)), "W1"), array(rng.normal(size=(1, 3)), "W2")
    z1 = W1 @ np.array([0.5, -1.0])
    z2 = W2 @ sigmoid(z1)
    return W1, W2, z1, (z2[0] - 1.0) ** 2


def test_the_norm_of_a_layer_is_that_of_its_gradients(network: tuple[Any, Any, Any, Value]) -> None:
    W1, W2, z1, loss = network
    loss.backward()
    norms = layer_norms(loss)
    assert norms["|dL/dW|"]["layer 1"] == pytest.approx(np.linalg.norm(grads(W1)))
    assert norms["|dL/dW|"]["layer 2"] == pytest.approx(np.linalg.norm(grads(W2)))
    a1 = 1 / (1 + np.exp(-data(z1)))
    error = 2 * (float(data(W2)[0] @ a1) - 1.0)
    assert norms["|dL/dz|"]["layer 2"] == pytest.approx(abs(error))
    assert norms["|dL/dz|"]["layer 1"] == pytest.approx(np.linalg.norm(error * data(W2)[0] * a1 * (1 - a1)))
    assert set(texts(norms_svg(loss))) >= {"|dL/dz|", "|dL/dW|", "layer 1", "layer 2"}
    for v in W1.flat:
        v.zero_grad()
    for v in W2.flat:
        v.zero_grad()
    loss.backward(create_graph=True)
    again = layer_norms(loss)
    assert again["|dL/dW|"]["layer 1"] == pytest.approx(norms["|dL/dW|"]["layer 1"])


def test_each_number_stands_beside_its_mark_on_a_logarithmic_scale() -> None:
    svg = norms_svg({"a": 1.0, "b": 0.1, "c": 0.01})
    a, b, c = (x for x, _ in marks(svg))
    assert a - b == pytest.approx(b - c, abs=0.1)
    assert a > b > c
    assert texts(svg).count("0.1") == 2  # beside the mark and at the scale
    names = [t for t in texts(svg) if t in "abc"]
    assert names == ["a", "b", "c"]


def test_what_has_no_place_on_the_scale_is_told_in_words() -> None:
    svg = norms_svg({"zero": 0.0, "none": math.nan, "huge": math.inf, "one": 1.0, "two": 20.0})
    assert {"0: nothing arrives", "nan: no number", "inf: out of range"} <= set(texts(svg))
    (zero, a), (none, b), (huge, c), (one, d), (two, _) = marks(svg)
    assert (a, b, c, d) == (True, True, True, False)
    assert zero == none <= one < two < huge
    assert norms_svg({"zero": 0.0})


@pytest.mark.parametrize("norms", [{"a": 5e-324, "b": 1.7e308}, {"a": 1e-300}, {"a": 1.0}, {"a": 9.99999}])
def test_any_size_stays_inside(norms: dict[str, float]) -> None:
    svg = norms_svg(norms)
    width = float(ET.fromstring(svg).get("width", ""))
    assert all(0 < x < width for x, _ in marks(svg))
    ticks = [t for t in texts(svg) if t.startswith("1e") or t in ("0.1", "1", "10", "0.01")]
    assert len(ticks) <= 14


def test_series_differ_in_shape_and_are_named() -> None:
    svg = norms_svg({"before <b>": {"a": 1.0, "b": 2.0}, "after": {"b": 3.0}})
    assert {"before <b>", "after", "1", "2", "3"} <= set(texts(svg))
    shapes = {len((p.get("points") or "").split()): p.get("class") for p in ET.fromstring(svg).iter(f"{SVG}polygon")}
    corners = [(p.get("points") or "") for p in ET.fromstring(svg).iter(f"{SVG}polygon")]
    assert shapes
    assert len(corners) == 5  # two in the legend, two before, one after
    description = ET.fromstring(svg).findtext(f"{SVG}desc") or ""
    assert "before <b>: a 1, b 2; after: b 3" in description


def test_a_narrow_figure_is_narrow_and_its_legend_breaks() -> None:
    series = {f"a rather long name {i}": {"layer 1": 0.1} for i in range(4)}
    svg = norms_svg(series, width=320)
    assert float(ET.fromstring(svg).get("width", "")) <= 321
    places = [float(t.get("y", "")) for t in ET.fromstring(svg).iter(f"{SVG}text") if "long name" in (t.text or "")]
    assert len(set(places)) > 1


def test_title_and_note_are_escaped() -> None:
    svg = norms_svg({"<script>": 1.0}, title="a < b", note="& c")
    assert {"a < b", "& c", "<script>"} <= set(texts(svg))


def test_values_are_numbers() -> None:
    assert norms_svg({"a": Value(0.5)}) == norms_svg({"a": 0.5}) == norms_svg({"a": np.float64(0.5)})


@pytest.mark.parametrize(
    ("norms", "error", "message"),
    [
        ({}, ArgumentError, "from 1 to 100 names"),
        ({"a": -1.0}, ArgumentError, "take its absolute value"),
        ({"a": 1.0, "b": {"c": 1.0}}, ArgumentError, "not both"),
        ({str(i): 1.0 for i in range(101)}, ArgumentError, "got 101"),
        ({str(i): {"a": 1.0} for i in range(5)}, ArgumentError, "got 1 in 5"),
        ({"a": "1"}, OperandError, "got str '1'"),
        (3.0, OperandError, "Value or a mapping"),
        (Value(1.0) * 2, GraphError, "no layers"),
    ],
)
def test_norms_that_cannot_be_drawn_are_refused(norms: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        norms_svg(norms)


def test_without_a_backward_pass_it_says_what_to_run(network: tuple[Any, Any, Any, Value]) -> None:
    with pytest.raises(GraphError, match=r"run root\.backward\(\) first"):
        norms_svg(network[3])
