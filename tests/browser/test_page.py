"""The page in a browser: what it shows at every step is what Python says, however one gets there."""

from __future__ import annotations

import re

import pytest

from autograd import Value, primitive
from autograd.engine.graph import topological_order
from autograd.reading.trace import Trace
from autograd.render import to_html
from tests.browser.conftest import Opener
from tests.browser.player import (
    GRAPHS,
    box,
    edit,
    graph_of,
    lines_of,
    lines_on,
    play_until,
    recompute,
    step_of,
    wait_for_step,
    walk,
)

# --- what it says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GRAPHS)
def test_every_step_says_what_python_says(name: str, open_page: Opener) -> None:
    trace = Trace(graph_of(name))
    page = open_page(to_html(graph_of(name)))
    assert walk(page) == [lines_of(trace, k) for k in range(len(trace))]


@pytest.mark.parametrize(
    ("name", "leaf", "number"),
    [
        ("lesson 5", "m1", 0.1),
        ("lesson 5", "m2", -1.25),
        ("lesson 5", "x", 1e-7),
        ("4.5", "W1[0,1]", 0.3),
        ("4.5", "x[0]", -7.123456789),
        ("2.1", "W1[0,0]", 1 / 3),
        ("4.2", "t", -0.7),
        ("4.4", "z", 30.0),
    ],
)
def test_an_edited_input_gives_pythons_numbers_at_every_step(
    name: str, leaf: str, number: float, open_page: Opener
) -> None:
    root = graph_of(name)
    labels = [node.label for node in topological_order(root) if not node.parents]
    assert leaf in labels, labels
    page = open_page(to_html(root))
    edit(page, leaf, repr(number))
    assert page.locator("#problem").text_content() == ""
    recompute(root, leaf, number)
    trace = Trace(root)
    assert walk(page) == [lines_of(trace, k) for k in range(len(trace))]


def test_picture_and_sums_change_with_the_numbers(open_page: Opener) -> None:
    page = open_page(to_html(graph_of("lesson 5")))
    edit(page, "m1", "4")
    page.keyboard.press("Escape")
    page.evaluate("location.hash = '#step=18'")
    wait_for_step(page, 18)
    root = graph_of("lesson 5")
    recompute(root, "m1", 4.0)
    root.backward()
    for node in topological_order(root):
        if node.label in ("m1", "m2", "a1", "z2", "L"):
            shown = page.locator(box(page, node.label))
            assert shown.locator(".value").text_content() == f"{node.data:.4g}"
            assert shown.locator(".gradient").text_content() == f"{node.grad:.4g}"
            row = page.locator("#sums tr").filter(has=page.get_by_role("rowheader", name=node.label, exact=True))
            assert row.locator(".value").text_content() == f"{node.data:.6g}"


def test_reset_brings_the_original_numbers_back(open_page: Opener) -> None:
    trace = Trace(graph_of("lesson 5"))
    page = open_page(to_html(graph_of("lesson 5")))
    edit(page, "m1", "4")
    page.locator("#reset").click()
    assert walk(page) == [lines_of(trace, k) for k in range(len(trace))]


@pytest.mark.parametrize("text", ["", "-", "e", "1e999", "1e", "<img src=x>"])
def test_what_is_no_number_is_refused_and_the_last_numbers_stay(text: str, open_page: Opener) -> None:
    page = open_page(to_html(graph_of("lesson 5")))
    edit(page, "m1", text)
    assert "m1" in (page.locator("#problem").text_content() or "")
    assert page.locator("#inputs input[aria-invalid=true]").count() == 1
    page.evaluate("location.hash = '#step=4'")
    wait_for_step(page, 4)
    assert lines_on(page)[1] == "a1 = 3 * 2 = 6"


@pytest.mark.parametrize("text", ["0", "-3", ""])
def test_a_refused_edit_changes_nothing_that_the_page_shows(text: str, open_page: Opener) -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    page = open_page(to_html(x.log() * y + x), "#step=9")
    edit(page, "x", "4")
    page.locator(box(page, "x")).click()
    panes = ("#picture", "#now", "#equations", "#sums", "#paths")
    before = [page.locator(pane).inner_html() for pane in panes]
    edit(page, "x", text)
    assert "keeps the last numbers that work" in (page.locator("#problem").text_content() or "")
    assert [page.locator(pane).inner_html() for pane in panes] == before
    edit(page, "y", "5")  # an edit that is taken says what every field stands for
    assert [field.input_value() for field in page.locator("#inputs input").all()] == ["4", "5"]
    assert page.locator("#inputs input[aria-invalid]").count() == 0
    assert page.locator("#problem").text_content() == ""


def test_an_input_outside_a_domain_is_refused(open_page: Opener) -> None:
    x = Value(2.0, "x")
    page = open_page(to_html(x.log()))
    edit(page, "x", "-1")
    assert "x > 0" in (page.locator("#problem").text_content() or "")
    edit(page, "x", "4")
    assert page.locator("#problem").text_content() == ""


def test_inputs_of_an_operation_without_a_script_are_read_only(open_page: Opener) -> None:
    @primitive(partials=lambda out, x: (2 * x * out,))
    def bell(x: float) -> float:
        return float(2.718281828459045 ** (x * x))

    a, b = Value(0.5, "a"), Value(2.0, "b")
    root = bell(a) * b
    trace = Trace(root)
    page = open_page(to_html(root))
    fixed = page.locator("#inputs input[readonly], #inputs input[disabled]")
    assert fixed.count() == 1
    assert fixed.get_attribute("data-node") == page.locator(box(page, "a")).get_attribute("id")
    assert "bell" in page.locator("#inputs").inner_text()
    edit(page, "b", "3")
    recompute(root, "b", 3.0)
    trace = Trace(root)
    assert walk(page) == [lines_of(trace, k) for k in range(len(trace))]


# --- moving through it -------------------------------------------------------------------------------------------


def test_slider_buttons_and_keys(open_page: Opener) -> None:
    page = open_page(to_html(graph_of("lesson 5")))
    last = int(page.locator("#step").get_attribute("max") or 0)
    assert last == len(Trace(graph_of("lesson 5")))
    assert step_of(page) == 0
    for key, expected in [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", last), ("Home", 0)]:
        page.keyboard.press(key)
        assert step_of(page) == expected
    for id, expected in [("forward", 1), ("forward", 2), ("back", 1), ("last", last), ("first", 0), ("back", 0)]:
        page.locator(f"#{id}").click(force=True)
        assert step_of(page) == expected
    slider = page.locator("#step")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert step_of(page) == 1
    assert lines_on(page)[0] == "0.5 is a plain number; no gradient flows to it."
    slider.evaluate("s => { s.value = 7; s.dispatchEvent(new Event('input', {bubbles: true})); }")
    assert lines_on(page)[1] == "yhat = relu(3) = 3"
    assert page.url.endswith("#step=7")
    page.keyboard.press("End")
    assert step_of(page) == last
    page.locator("#forward").click(force=True)  # it says that it is disabled
    assert step_of(page) == last


def test_the_slider_says_where_it_is(open_page: Opener) -> None:
    page = open_page(to_html(graph_of("lesson 5")), "#step=7")
    assert re.search(r"7.*yhat", page.locator("#step").get_attribute("aria-valuetext") or "")
    assert page.locator("#sentence").get_attribute("aria-live") == "polite"


def test_play_and_pause(open_page: Opener) -> None:
    page = open_page(to_html(graph_of("4.2")))
    page.locator("#speed").select_option("fast")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    assert page.locator("#play").get_attribute("aria-label") == "Pause"
    play_until(page, 2)
    page.keyboard.press("Space")
    assert page.locator("#play").get_attribute("aria-label") == "Play"
    here = step_of(page)
    page.wait_for_timeout(700)
    assert step_of(page) == here
    page.locator("#play").click()
    play_until(page, here + 1)
    page.keyboard.press("ArrowLeft")
    assert page.locator("#play").get_attribute("aria-label") == "Play"


def test_play_stops_at_the_end_and_starts_again_from_there(open_page: Opener) -> None:
    page = open_page(to_html(graph_of("4.2")))
    page.locator("#speed").select_option("fast")
    page.locator("#last").click()
    page.locator("#back").click()
    page.locator("#play").click()
    wait_for_step(page, len(Trace(graph_of("4.2"))))
    page.get_by_role("button", name="Play").wait_for()
    page.locator("#play").click()
    assert step_of(page) == 0


@pytest.mark.parametrize(
    ("fragment", "expected"), [("#step=7", 7), ("#step=0", 0), ("#step=99999", 18), ("#step=-1", 0), ("#<b>", 0)]
)
def test_a_link_to_a_step(fragment: str, expected: int, open_page: Opener) -> None:
    page = open_page(to_html(graph_of("lesson 5")), fragment)
    assert step_of(page) == expected


def test_a_changed_hash_moves_the_page(open_page: Opener) -> None:
    page = open_page(to_html(graph_of("lesson 5")), "#step=7")
    page.evaluate("location.hash = '#step=17'")
    wait_for_step(page, 17)
    assert lines_on(page)[1:] == ["to a1: 2 * 0.5 = 1 (complete)", "to m2: 2 * 6 = 12 (complete)"]


def test_keys_typed_into_a_field_move_nothing(open_page: Opener) -> None:
    page = open_page(to_html(graph_of("lesson 5")), "#step=7")
    page.locator("#inputs input").first.focus()
    for key in ("ArrowLeft", "ArrowRight", "Home", "End"):
        page.keyboard.press(key)
        assert step_of(page) == 7
