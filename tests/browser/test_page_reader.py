"""What a reader does on the page: predict a step, follow paths, and all of it by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from autograd import Value
from autograd.engine.graph import topological_order
from autograd.reading.paths import path_products
from autograd.reading.trace import Trace
from autograd.render import to_html
from tests.browser.conftest import DESKTOP, PHONE, Opener, complaints_of_axe
from tests.browser.player import box, edit, graph_of, guess, lines_of, lines_on, recompute, step_of, verdict

if TYPE_CHECKING:
    from playwright.sync_api import Page


# --- hide and predict --------------------------------------------------------------------------------------------


def test_predict_hides_what_is_to_come_and_judges_the_guess(open_page: Opener) -> None:
    page = open_page(to_html(graph_of("lesson 5")), "#step=16")
    page.locator("#predict").check()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    question = page.locator("#asked").inner_text()
    assert "a1" in question
    assert "12" not in page.locator("main").inner_text()
    assert page.locator(box(page, "m2")).locator(".gradient").text_content() == "–"
    guess(page, "0.5")
    assert "not yet" in verdict(page).lower()
    assert "upstream" in verdict(page)
    guess(page, "nonsense")
    assert "number" in verdict(page)
    guess(page, "1")
    assert verdict(page) == "Right: 2 * 0.5 = 1."
    assert "m2" in page.locator("#asked").inner_text()
    guess(page, "6")
    assert "Not yet" in verdict(page)
    guess(page, "-12")
    assert "sign" in verdict(page)
    guess(page, "12")
    assert verdict(page) == "Right: 2 * 6 = 12."
    assert not page.locator("#question").is_visible()
    assert lines_on(page)[1:] == ["to a1: 2 * 0.5 = 1 (complete)", "to m2: 2 * 6 = 12 (complete)"]


@pytest.mark.parametrize("change", ["edit", "reset"])
def test_other_numbers_take_back_what_was_said_of_a_guess(change: str, open_page: Opener) -> None:
    page = open_page(to_html(graph_of("lesson 5")), "#step=17")
    page.locator("#predict").check()
    guess(page, "1")
    assert verdict(page) == "Right: 2 * 0.5 = 1."
    page.locator("#guess").fill("12")
    if change == "edit":
        edit(page, "m2", "0.75")
    else:
        page.locator("#reset").click()
    assert verdict(page) == ""
    assert page.locator("#guess").input_value() == ""
    assert "a1" in page.locator("#asked").inner_text()


def test_a_guess_at_a_sum_is_told_apart_from_a_message(open_page: Opener) -> None:
    a, b = Value(2.0, "a"), Value(1.0, "b")
    trace = Trace((a + b) * (b + 1))
    last = len(trace)
    page = open_page(to_html((a + b) * (b + 1)), f"#step={last}")
    page.locator("#predict").check()
    guess(page, "2")  # to a
    assert "Right" in verdict(page)
    guess(page, "2")  # to b, which has 3 already
    assert "add it to the 3" in verdict(page)
    guess(page, "5")
    assert "Right" in verdict(page)


def test_show_gives_the_answer(open_page: Opener) -> None:
    page = open_page(to_html(graph_of("lesson 5")), "#step=17")
    page.locator("#predict").check()
    page.locator("#reveal").click()
    assert lines_on(page)[-1] == "to m2: 2 * 6 = 12 (complete)"


# --- paths -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "wanted"), [("lesson 5", "m1"), ("4.2", "t"), ("4.5", "x[0]"), ("4.5", "W1[0,1]")])
def test_a_click_lists_all_paths_with_their_products(name: str, wanted: str, open_page: Opener) -> None:
    root = graph_of(name)
    node = next(node for node in topological_order(root) if node.label == wanted)
    expected = path_products(root, node)
    page = open_page(to_html(root))
    page.locator(box(page, wanted)).locator(".box").click()
    texts = page.locator("#paths li").all_inner_texts()
    assert len(texts) == len(expected)
    for text, path in zip(texts, expected, strict=True):
        assert text.strip().endswith(f"= {path.product:.6g}")
        assert text.count("→") == len(path.partials)
    page.locator("#close-paths").click()
    assert page.locator("#paths li").count() == 0


def test_paths_follow_an_edited_number(open_page: Opener) -> None:
    page = open_page(to_html(graph_of("lesson 5")))
    page.locator(box(page, "m1")).locator(".box").click()
    edit(page, "m2", "2")
    root = graph_of("lesson 5")
    recompute(root, "m2", 2.0)
    (path,) = path_products(root, next(n for n in topological_order(root) if n.label == "m1"))
    assert page.locator("#paths li").inner_text().strip().endswith(f"= {path.product:.6g}")


def test_too_many_paths_are_counted(open_page: Opener) -> None:
    y = Value(1.0, "x")
    for _ in range(12):
        y = y + y
    page = open_page(to_html(y))
    page.locator(box(page, "x")).locator(".box").click()
    assert "4096 paths" in page.locator("#paths").inner_text()
    assert page.locator("#paths li").count() == 0


# --- by keyboard alone, for everyone -----------------------------------------------------------------------------


def test_everything_can_be_done_by_keyboard(open_page: Opener) -> None:
    page = open_page(to_html(graph_of("lesson 5")))
    tab_to(page, "at => at.matches('#graph .node[data-name=m2]')")
    page.keyboard.press("Enter")
    assert page.locator("#paths li").count() == 1
    assert step_of(page) == 0
    page.keyboard.press("Escape")
    assert page.locator("#paths li").count() == 0
    tab_to(page, "at => at.id === 'step'")
    page.keyboard.press("ArrowRight")
    assert step_of(page) == 1
    tab_to(page, "at => at.id === 'predict'")
    page.keyboard.press("Space")
    assert page.locator("#predict").is_checked()
    assert step_of(page) == 1
    tab_to(page, "at => at.matches('#inputs input:not([readonly])')")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("4")
    page.keyboard.press("Tab")
    assert page.locator("#problem").text_content() == ""


def tab_to(page: Page, wanted: str) -> None:
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(f"({wanted})(document.activeElement)"):
            outline = page.evaluate("(s => s.outlineStyle + s.boxShadow)(getComputedStyle(document.activeElement))")
            assert outline != "nonenone" or page.evaluate("document.activeElement.closest('#graph') !== null")
            return
    raise AssertionError(f"no Tab leads to {wanted}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["lesson 5", "4.5"])
def test_axe_finds_nothing(name: str, scheme: str, open_page: Opener) -> None:
    page = open_page(to_html(graph_of(name), title="A title", links=[("Back", "index.html")]), color_scheme=scheme)
    assert complaints_of_axe(page) == ""
    page.keyboard.press("End")
    page.locator("#graph .node").nth(1).focus()
    page.keyboard.press("Enter")
    page.locator("#predict").check()
    page.locator("#legend summary").click()
    edit(page, "x" if name == "lesson 5" else "x[0]", "-")
    assert complaints_of_axe(page) == ""


def test_axe_finds_nothing_on_a_phone(open_page: Opener) -> None:
    assert complaints_of_axe(open_page(to_html(graph_of("4.5")), viewport=PHONE)) == ""


@pytest.mark.parametrize("name", ["lesson 5", "4.5"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP, {"width": 320, "height": 568}], ids=["phone", "desktop", "small"])
def test_nothing_is_wider_than_the_screen(name: str, viewport: dict[str, int], open_page: Opener) -> None:
    page = open_page(to_html(graph_of(name), title="A rather long title " * 4), viewport=viewport)
    for key in ("Home", "End"):
        page.keyboard.press(key)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_buttons_are_large_enough_for_a_finger(open_page: Opener) -> None:
    page = open_page(to_html(graph_of("lesson 5")), viewport=PHONE, has_touch=True)
    for id in ("first", "back", "play", "forward", "last"):
        size = page.locator(f"#{id}").bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 40
    page.locator("#forward").tap()
    assert step_of(page) == 1


def test_nothing_moves_where_less_motion_is_asked_for(open_page: Opener) -> None:
    page = open_page(to_html(graph_of("4.5")), reduced_motion="reduce")
    durations = page.evaluate(
        """[...document.querySelectorAll('*')].flatMap(e => {
             const s = getComputedStyle(e);
             return (s.transitionDuration + ', ' + s.animationDuration).split(', ').map(parseFloat);
           })"""
    )
    assert max(durations) < 0.01


def test_without_a_script_the_whole_pass_is_written_out(open_page: Opener) -> None:
    trace = Trace(graph_of("lesson 5"))
    page = open_page(to_html(graph_of("lesson 5")), java_script_enabled=False)
    written = page.locator("#equations").inner_text()
    for k in range(len(trace)):
        for line in lines_of(trace, k)[1:]:
            assert line.split(" (")[0] in written
