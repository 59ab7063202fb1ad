import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value
from autograd.render.rows import graph_rows
from autograd.render.style import DARK, LIGHT, PRINT, Scale, scale_of


def test_a_scale_is_that_of_the_largest_message() -> None:
    x, w = Value(2.0, "x"), Value(5.0, "w")
    y = (x * w) * 1e3
    assert scale_of(graph_rows(y)) is None
    y.backward()
    scale = scale_of(graph_rows(y))
    assert scale is not None
    assert scale.largest == 5000.0  # to x: 1000 * 5
    assert scale.samples() == pytest.approx([5000.0, 500.0, 50.0])


def test_inf_nan_and_0_make_no_scale() -> None:
    x = Value(0.0, "x")
    y = x * float("inf")
    y.backward()
    assert scale_of(graph_rows(y)) is None
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
