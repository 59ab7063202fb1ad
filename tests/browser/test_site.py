"""The site in a browser: links that work from file://, nothing wider than a phone, no accessibility violations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograd import cli, lessons
from tests.browser.conftest import DESKTOP, PHONE, Opener, complaints_of_axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

KINDS = ["index.html", "lesson-5.html", "claim-5.3.html"]
PICTURES = sorted(f"picture-{c.id}.html" for lesson in lessons.all() for c in lesson.claims if c.picture is not None)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("site")
    assert cli.main(["site", str(where)]) == 0
    return where


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*KINDS, *PICTURES])
def test_axe_finds_nothing(name: str, scheme: str, site: Path, open_page: Opener) -> None:
    assert complaints_of_axe(open_page(site / name, color_scheme=scheme), scheme) == ""


@pytest.mark.parametrize("name", [*KINDS, *(f"lesson-{n}.html" for n in range(1, 5)), "claim-5.4.html", *PICTURES])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_is_wider_than_its_screen(name: str, viewport: dict[str, int], site: Path, open_page: Opener) -> None:
    page = open_page(site / name, viewport=viewport)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_every_picture_of_a_lesson_is_dark_in_a_dark_window(site: Path, open_page: Opener) -> None:
    page = open_page(site / "lesson-1.html", color_scheme="dark")
    papers = """[...document.querySelectorAll(".wide svg")].map((svg) => svg.querySelector("rect, polygon"))
        .map((paper) => getComputedStyle(paper).fill.match(/\\d+/g).map(Number))"""
    assert max(map(max, page.evaluate(papers))) < 64


@pytest.mark.parametrize("number", range(1, 6))
def test_a_picture_shrinks_to_the_window_and_its_text_stays_legible(number: int, site: Path, open_page: Opener) -> None:
    page = open_page(site / f"lesson-{number}.html", viewport=DESKTOP)
    cut = """[...document.querySelectorAll(".wide")].filter((box) => box.scrollWidth > box.clientWidth)
        .map((box) => box.ariaLabel)"""
    assert page.evaluate(cut) == []
    page.set_viewport_size(PHONE)
    sizes = """[...document.querySelectorAll(".wide svg text")].filter((text) => text.textContent).map((text) =>
        parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""
    assert min(page.evaluate(sizes)) > 8.99


def test_axe_finds_nothing_on_a_phone(site: Path, open_page: Opener) -> None:
    assert complaints_of_axe(open_page(site / "lesson-5.html", viewport=PHONE)) == ""


def test_one_can_walk_through_the_site(site: Path, open_page: Opener) -> None:
    page = open_page(site / "index.html")
    page.get_by_role("link", name="Lesson 5: Two weights by hand").click()
    assert heading(page) == "Lesson 5: Two weights by hand"
    page.get_by_role("link", name="play 5.3").click()
    assert heading(page) == "5.3 Two weights, one step by hand"
    page.get_by_role("link", name="Lesson 5").first.click()
    assert page.url.endswith("lesson-5.html#claim-5.3")
    page.get_by_role("link", name="← Lesson 4").first.click()
    page.get_by_role("navigation", name="Go on").get_by_role("link", name="All lessons").click()
    assert page.url.endswith("index.html")


def test_a_link_to_a_claim_shows_that_claim(site: Path, open_page: Opener) -> None:
    page = open_page(site / "index.html")
    page.get_by_role("link", name="4.14 Correct gradients guaranteed").click()
    top = page.locator('[id="claim-4.14"]').bounding_box()
    assert top is not None
    # site.css leaves half a rem, 8 pixels, above it. A browser scrolls by whole pixels of the device, and the claim may
    # begin between two of them: then it stands up to one such pixel higher or lower, and no more.
    assert abs(top["y"] - 8) <= 1 / page.evaluate("devicePixelRatio")


def test_a_narrow_table_still_is_one_and_names_each_cell(site: Path, open_page: Opener) -> None:
    page = open_page(site / "lesson-5.html", viewport=PHONE)
    page.evaluate("document.querySelector(\"[id='claim-5.3'] details\").open = true")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="m₂ after the step"))
    assert row.get_by_role("cell").all_inner_texts() == ["-0.7", "-0.7", "agrees"]
    label = row.get_by_role("cell").nth(1).evaluate("cell => getComputedStyle(cell, '::before').content")
    assert "the engine computes" in label
    widths = row.evaluate("row => [row.children[0], row].map(shown => shown.clientWidth)")
    assert widths[0] == widths[1]  # the row's name and note have all of its width


def test_the_first_tab_reaches_a_link_that_shows_it_has_the_focus(site: Path, open_page: Opener) -> None:
    page = open_page(site / "lesson-5.html")
    page.keyboard.press("Tab")
    focus = page.locator(":focus")
    assert focus.inner_text() == "All lessons"
    assert focus.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/index.html")


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()
