"""The weight-matrix view."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

from autograd import Value, array
from autograd.errors import ArgumentError, GraphError, OperandError, ShapeError
from autograd.render import matrix_svg
from autograd.render.style import DARK, LIGHT, PRINT

SVG = "{http://www.w3.org/2000/svg}"


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
