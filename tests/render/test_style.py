"""The options of a picture, its colours, and the scale of its arrows."""

import math
import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value
from autograd.errors import ArgumentError
from autograd.render import to_dot
from autograd.render.rows import graph_rows
from autograd.render.style import (
    DARK,
    LIGHT,
    PRINT,
    STEPS,
    Look,
    Palette,
    Scale,
    dark_style,
    flow_colour,
    look_of,
    scale_of,
)


@pytest.mark.parametrize(
    ("option", "bad", "named"),
    [
        ("show", ("values", "arrows"), "values, gradients, locals, messages"),
        ("show", 3, "values, gradients"),
        ("direction", "up", "LR, TB, RL, BT"),
        ("theme", "sepia", "auto, light, dark, print"),
        ("number_format", "4", "'.4g'"),
        ("number_format", "<9.4g", "'.4g'"),
        ("number_format", ".999f", "'.4g'"),
        ("number_format", None, "'.4g'"),
        ("legend", "yes", "True or False"),
    ],
)
def test_a_choice_that_is_none_is_refused_and_those_there_are_are_named(option: str, bad: Any, named: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        to_dot(Value(1.0), **{option: bad})
    assert named in str(caught.value)
    assert repr(bad) in str(caught.value)


def test_rankdir_is_another_name_for_direction() -> None:
    assert (
        look_of("TB").direction == look_of(direction="TB").direction == look_of("TB", direction="TB").direction == "TB"
    )
    with pytest.raises(ArgumentError, match="contradict"):
        look_of("TB", direction="BT")


def test_parts_are_kept_in_one_order_so_that_pictures_are_the_same() -> None:
    assert Look(show={"messages", "values"}).show == Look(show=["values", "messages"]).show == ("values", "messages")
    assert Look(show="locals").show == ("locals",)


def test_dashed_arrows_are_there_once_gradients_are_or_when_asked_for(square: Value) -> None:
    rows = graph_rows(square)
    assert not Look().backward(rows)
    assert Look(show=["locals"]).backward(rows)
    assert not Look(show=["values", "gradients"]).backward(rows)
    assert Look().backward(graph_rows(square, at_step=0))
    square.backward()
    assert Look().backward(graph_rows(square))


def test_numbers_are_written_as_asked() -> None:
    assert [Look(number_format=spec).number(1234.5) for spec in (".4g", ".2f", "+.1e", ",.0f")] == [
        "1234",
        "1234.50",
        "+1.2e+03",
        "1,234",
    ]
    assert Look(number_format=".2f").number(float("nan")) == "nan"


# === colours ==========================================================================================================


def test_every_light_colour_has_one_dark_one() -> None:
    light = [getattr(LIGHT, field.name) for field in fields(Palette)]
    assert len(set(light)) == len(light)
    style = dark_style(".autograd")
    for field in fields(Palette):
        assert f'.autograd [fill="{getattr(LIGHT, field.name)}"]{{fill:{getattr(DARK, field.name)}}}' in style
    selectors = re.findall(r'\[stroke="(#\w+)"\]', style)
    assert len(set(selectors)) == len(selectors)
    assert {flow_colour(LIGHT, sign, i) for sign in (True, False) for i in range(STEPS + 1)} <= set(selectors)


# === the scale ========================================================================================================


def test_a_scale_is_that_of_the_largest_message() -> None:
    x, w = Value(2.0, "x"), Value(5.0, "w")
    y = (x * w) * 1e3
    assert scale_of(edge.message for edge in graph_rows(y).edges) is None
    y.backward()
    scale = scale_of(edge.message for edge in graph_rows(y).edges)
    assert scale is not None
    assert scale.largest == 5000.0  # to x: 1000 * 5
    assert scale.samples() == pytest.approx([5000.0, 500.0, 50.0])


def test_inf_nan_and_0_make_no_scale() -> None:
    x = Value(0.0, "x")
    y = x * float("inf")
    y.backward()
    assert scale_of(edge.message for edge in graph_rows(y).edges) is None
    assert Scale(1.0, 2.0).strength(math.nan) == Scale(1.0, 2.0).strength(-math.inf) == 1.0


@given(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300))
def test_what_is_larger_is_never_drawn_thinner(a: float, b: float) -> None:
    scale = Scale(max(a, b), 6.0)
    small, large = sorted((a, b))
    assert float(scale.width(small)) <= float(scale.width(-large)) == 5.0


def test_the_sign_is_a_hue_and_the_size_its_saturation() -> None:
    scale = Scale(1.0, 2.0)
    for palette in (LIGHT, DARK):
        assert scale.colour(palette, 1.0) == palette.positive
        assert scale.colour(palette, -1.0) == palette.negative
        assert scale.colour(palette, 0.001) == palette.weak_positive
    assert scale.colour(PRINT, 1.0) == scale.colour(PRINT, -1.0) == "#000000"


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK, PRINT], ids=["light", "dark", "print"])
def test_text_and_lines_stand_out(palette: type[LIGHT]) -> None:  # type: ignore[valid-type]
    for text in ("ink", "grey", "positive", "negative", "alarm", "badge", "current_edge"):
        assert contrast(getattr(palette, text), palette.paper) >= 4.5, text
        assert contrast(getattr(palette, text), palette.inner_fill) >= 4.5, text
    for fill in ("leaf_fill", "op_fill", "group_fill", "root_fill", "waiting_fill", "reached_fill", "current_fill"):
        assert contrast(palette.ink, getattr(palette, fill)) >= 4.5, fill
        assert contrast(palette.alarm, getattr(palette, fill)) >= 3 or fill == "current_fill", fill
