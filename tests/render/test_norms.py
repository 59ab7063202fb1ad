"""The figure of gradient norms."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, data, grads, sigmoid
from autograd.errors import ArgumentError, GraphError, OperandError
from autograd.render import layer_norms, norms_svg

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ET.fromstring(svg).iter(f"{SVG}text")]


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
def test_what_cannot_be_drawn_is_refused(norms: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        norms_svg(norms)


def test_without_a_backward_pass_it_says_what_to_run(network: tuple[Any, Any, Any, Value]) -> None:
    with pytest.raises(GraphError, match=r"run root\.backward\(\) first"):
        norms_svg(network[3])
