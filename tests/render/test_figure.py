"""The writer of SVG figures."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.errors import ArgumentError
from autograd.render.charts import Canvas, room
from autograd.render.style import DARK, LIGHT, PRINT

SVG = "{http://www.w3.org/2000/svg}"
any_text = st.text(st.characters(exclude_categories=()))


def figure(text: str = "a", theme: str = "auto") -> str:
    canvas = Canvas("A title", "In words.", theme)  # type: ignore[arg-type]
    canvas.rect(1, 2, 3, 4, "positive", shade=0.5, says=text)
    canvas.frame(1, 2, 3, 4, dashed=True)
    canvas.line(0, 0, 5, 5)
    canvas.polygon([(0, 0), (1, 0), (0, 1.5)], "badge", hollow=True)
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
