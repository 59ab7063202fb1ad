"""The page in a browser: what it shows is what Python says, whatever the labels hold and whatever a reader does."""

from __future__ import annotations

import math
import random
import re
from typing import TYPE_CHECKING

import pytest

from autograd import Value, lessons, losses, nn, primitive, relu, tanh, xlogy
from autograd.engine.graph import topological_order
from autograd.reading.names import Names
from autograd.reading.paths import path_products
from autograd.reading.trace import Trace
from autograd.render import to_html
from tests.browser.conftest import DESKTOP, PHONE, Opener, Watched, complaints_of_axe
from tests.browser.player import (
    GRAPHS,
    box,
    edit,
    graph_of,
    guess,
    lines_of,
    lines_on,
    page_of,
    play_until,
    recompute,
    step_of,
    verdict,
    wait_for_step,
    walk,
)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_step_says_what_python_says(name: str, open_page: Opener) -> None:
    trace = Trace(graph_of(name))
    page = open_page(page_of(name))
    assert walk(page) == [lines_of(trace, k) for k in range(len(trace))]


@pytest.mark.parametrize(
    ("name", "leaf", "number"),
    [
        ("lesson 5", "m1", 0.1),
        ("lesson 5", "m2", -1.25),
        ("lesson 5", "x", 1e-7),
        ("4.5", "W1[1,2]", 0.3),
        ("4.5", "x[1]", -7.123456789),
        ("2.1", "W1[1,1]", 1 / 3),
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
    page = open_page(page_of("lesson 5"))
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
            assert row.locator(".value").text_content() == f"{node.data:.4g}"


def test_reset_brings_the_original_numbers_back(open_page: Opener) -> None:
    trace = Trace(graph_of("lesson 5"))
    page = open_page(page_of("lesson 5"))
    edit(page, "m1", "4")
    page.locator("#reset").click()
    assert walk(page) == [lines_of(trace, k) for k in range(len(trace))]


@pytest.mark.parametrize("text", ["", "-", "e", "1e999", "1e", "<img src=x>"])
def test_what_is_no_number_is_refused_and_the_last_numbers_stay(text: str, open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"))
    edit(page, "m1", text)
    assert "m1" in (page.locator("#problem").text_content() or "")
    assert page.locator("#inputs input[aria-invalid=true]").count() == 1
    page.evaluate("location.hash = '#step=6'")
    wait_for_step(page, 6)
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
    assert [field.input_value() for field in page.locator("#inputs input[type=number]").all()] == ["4", "5"]
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
    assert fixed.get_attribute("id") == f"input-{page.locator(box(page, 'a')).get_attribute('data-of')}"
    assert "bell" in page.locator("#inputs").inner_text()
    edit(page, "b", "3")
    recompute(root, "b", 3.0)
    trace = Trace(root)
    assert walk(page) == [lines_of(trace, k) for k in range(len(trace))]


# --- moving through it -------------------------------------------------------------------------------------------


def test_slider_buttons_and_keys(open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"))
    last = int(page.locator("#step").get_attribute("max") or 0)
    assert last == len(Trace(graph_of("lesson 5")))
    assert step_of(page) == last  # the numbers are there when the page opens
    page.keyboard.press("Home")
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
    assert lines_on(page)[0] == "x is a constant; no gradient flows to it."
    slider.evaluate("s => { s.value = 8; s.dispatchEvent(new Event('input', {bubbles: true})); }")
    assert lines_on(page)[1] == "yhat = relu(3) = 3"
    assert page.url.endswith("#step=8")
    page.keyboard.press("End")
    assert step_of(page) == last
    page.locator("#forward").click(force=True)  # it says that it is disabled
    assert step_of(page) == last


def test_the_slider_says_where_it_is(open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"), "#step=8")
    assert re.search(r"8.*yhat", page.locator("#step").get_attribute("aria-valuetext") or "")
    assert page.locator("#sentence").get_attribute("aria-live") == "polite"


def test_play_and_pause(open_page: Opener) -> None:
    page = open_page(page_of("4.2"))
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
    page = open_page(page_of("4.2"))
    page.locator("#speed").select_option("fast")
    page.locator("#back").click()
    page.locator("#play").click()
    wait_for_step(page, len(Trace(graph_of("4.2"))))
    page.get_by_role("button", name="Play").wait_for()
    page.locator("#speed").select_option("slow")  # so that a busy machine sees where it starts
    page.locator("#play").click()
    assert step_of(page) == 0


@pytest.mark.parametrize(
    ("fragment", "expected"), [("#step=7", 7), ("#step=0", 0), ("#step=99999", 18), ("#step=-1", 18), ("#<b>", 18)]
)
def test_a_link_to_a_step(fragment: str, expected: int, open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"), fragment)
    assert step_of(page) == expected


def test_a_changed_hash_moves_the_page(open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"), "#step=7")
    page.evaluate("location.hash = '#step=17'")
    wait_for_step(page, 17)
    assert lines_on(page)[1:] == ["to a1: 2 * 0.5 = 1 (complete)", "to m2: 2 * 6 = 12 (complete)"]


def test_keys_typed_into_a_field_move_nothing(open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"), "#step=7")
    page.locator("#inputs input").first.focus()
    for key in ("ArrowLeft", "ArrowRight", "Home", "End"):
        page.keyboard.press(key)
        assert step_of(page) == 7


@pytest.mark.parametrize(
    "where", ["#forward", "#descend", "#graph .node >> nth=0", "#inputs input[type=range] >> nth=0", "#step", "summary"]
)
def test_space_plays_wherever_the_focus_is(where: str, open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"), "#step=16")
    page.locator(where).focus()
    page.evaluate("window.played = 0; playing = (on) => { window.played += on ? 1 : 100; }; 0")
    page.keyboard.press("Space")
    assert page.evaluate("window.played") == 1


# === numbers: written as Python writes them, and computed again as Python computed them ===============================


DRAWN = [(lesson.number, claim.id) for lesson in lessons.all() for claim in lesson.claims if claim.graph is not None]
# Halfway between two candidates, at the edges of a notation, and at the ends of the range of doubles.
AWKWARD = [
    0.0, -0.0, 0.5, 100000.5, 100001.5, 1234.5, 1235.5, 0.125, 2.5, 999999.5, 99999.95, 1e6, 1e-4, 1e-5, 0.1 + 0.2,
    5e-324, 1.7976931348623157e308, 2.2250738585072014e-308, 123456.5, 123457.5, -99995.0, 0.00012345, -1e22,
]  # fmt: skip


def test_numbers_are_written_as_python_writes_them(open_page: Opener) -> None:
    draw = random.Random(0)
    numbers = [draw.uniform(-1, 1) * 10 ** draw.randint(-320, 308) for _ in range(3000)]
    numbers += [draw.randint(-(10**8), 10**8) / 2 ** draw.randint(0, 6) for _ in range(5000)]
    page = open_page(to_html(Value(2.0) * Value(3.0)))
    written = page.evaluate("texts => texts.map(text => [short(Number(text)), brief(Number(text))])", [
        repr(x) for x in AWKWARD + numbers
    ])  # fmt: skip
    assert written == [[f"{x + 0.0:.6g}", f"{x + 0.0:.4g}"] for x in AWKWARD + numbers]
    assert page.evaluate("[NaN, Infinity, -Infinity].map(short)") == ["nan", "inf", "-inf"]


@pytest.mark.parametrize(("number", "claim"), DRAWN, ids=[claim for _, claim in DRAWN])
def test_every_input_put_in_again_gives_the_same_bits(number: int, claim: str, open_page: Opener) -> None:
    page = open_page(to_html(lessons.get(number).graph(claim)[0]))
    different = page.evaluate(
        """() => {
          const first = given(nodes);
          const inputs = nodes.flatMap((node, i) => (node.kind === "leaf" || node.kind === "constant") ? [i] : []);
          return inputs.flatMap((i) => {
            const again = edited(nodes, first, [[i, first.values[i]]]);
            return nodes.filter((node, k) =>
              !Object.is(again.values[k], first.values[k]) ||
              again.locals[k].some((local, n) => !Object.is(local, first.locals[k][n]))
            ).map((node) => node.name);
          });
        }"""
    )
    assert different == []


# === labels that try to get out, and a policy that lets nothing in ====================================================


HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    '"><img src=x onerror="window.hacked = 1">',
    "'-alert(1)-'\" onmouseover=window.hacked=1 x=\"",
    "<!--<script>",
    "javascript:window.hacked=1",
    "\u202etfel ot thgir\u202c \u2028 \x00 \x1b[31m",
    "</title></style><svg onload=window.hacked=1>",
    "\\u003cimg src=x onerror=window.hacked=1\\u003e ${window.hacked=1} `",
]


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_execute_nothing(label: str, open_page: Opener) -> None:
    x, w = Value(0.5, label), Value(2.0, f"w {label}", constant=True)
    root = tanh(relu(x * w) + x)
    root.label = f"root {label}"
    page = open_page(to_html(root, title=label, description=label, links=[(label, "index.html")]))
    walked = walk(page)
    assert len(walked) == len(Trace(root))
    for node in page.locator("#graph .node").all():
        node.focus()
        page.keyboard.press("Enter")
    page.locator("#predict").check()
    page.evaluate(f"location.hash = '#step={len(walked)}'")
    page.locator("#guess").fill(label)
    page.locator("#check").click()
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, iframe, object, embed, main script").count() == 0
    assert page.locator("script").count() == 2


def test_a_link_that_is_a_script_is_refused_or_harmless(open_page: Opener) -> None:
    try:
        html = to_html(graph_of("lesson 5"), links=[("Click", "javascript:window.hacked=1")])
    except ValueError:
        return
    page = open_page(html)
    assert page.locator('a[href^="javascript:"]').count() == 0


def test_the_policy_stops_what_would_get_in(open_page: Opener, watched: Watched) -> None:
    page = open_page(page_of("lesson 5"))
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.hacked = 1";
          document.body.append(script);
          const image = document.createElement("img");
          image.src = "https://example.invalid/x.png";
          document.body.append(image);
          const holder = document.createElement("div");
          holder.innerHTML = "<b onclick='window.hacked = 1'>x</b>";
          document.body.append(holder);
          holder.firstChild.click();
          return fetch("https://example.invalid/").catch(() => null);
        }"""
    )
    assert page.evaluate("window.hacked") is None
    assert len(watched.complaints) >= 3
    assert all("Content Security Policy" in text for text in watched.complaints)
    watched.complaints.clear()
    watched.requests[:] = [url for url in watched.requests if "example.invalid" not in url]


# === what a reader does: predict a step, follow paths, and all of it by keyboard ======================================


if TYPE_CHECKING:
    from playwright.sync_api import Page

# --- hide and predict --------------------------------------------------------------------------------------------


def test_predict_hides_what_is_to_come_and_judges_the_guess(open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"), "#step=16")
    page.locator("#predict").check()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    question = page.locator("#asked").inner_text()
    assert "a1" in question
    assert "12" not in page.locator("main").inner_text()
    assert page.locator(box(page, "m2")).locator(".gradient").text_content() == "–"
    guess(page, "0.5")
    assert verdict(page) == "Not yet: 0.5 is not dL/da1: that is only the local derivative dz2/da1, not times dL/dz2."
    guess(page, "nonsense")
    assert "number" in verdict(page)
    guess(page, "1")
    assert verdict(page) == "Right: 2 * 0.5 = 1."
    assert "m2" in page.locator("#asked").inner_text()
    guess(page, "6")
    assert "6 is not dL/dm2" in verdict(page)
    guess(page, "-12")
    assert verdict(page) == "Not yet: -12 is not dL/dm2: the sign is the wrong way round."
    guess(page, "12")
    assert verdict(page) == "Right: 2 * 6 = 12."
    assert not page.locator("#question").is_visible()
    assert lines_on(page)[1:] == ["to a1: 2 * 0.5 = 1 (complete)", "to m2: 2 * 6 = 12 (complete)"]


def test_the_pass_can_be_predicted_with_the_number_keys_and_enter_alone(open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"), "#step=16")
    page.locator("#predict").check()
    page.locator("#forward").focus()
    for answers in (["1", "12"], ["2"]):
        page.keyboard.press("Enter")
        for answer in answers:
            assert page.evaluate("document.activeElement.id") == "guess"
            page.keyboard.type(answer)
            page.keyboard.press("Enter")
            assert verdict(page).startswith("Right")
        assert page.evaluate("document.activeElement.id") == "forward"
    assert step_of(page) == 18


@pytest.mark.parametrize("change", ["edit", "reset"])
def test_other_numbers_take_back_what_was_said_of_a_guess(change: str, open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"), "#step=17")
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
    page = open_page(page_of("lesson 5"), "#step=17")
    page.locator("#predict").check()
    page.locator("#reveal").click()
    assert lines_on(page)[-1] == "to m2: 2 * 6 = 12 (complete)"


# --- paths -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "wanted"), [("lesson 5", "m1"), ("4.2", "t"), ("4.5", "x[1]"), ("4.5", "W1[1,2]")])
def test_a_click_lists_all_paths_with_their_products(name: str, wanted: str, open_page: Opener) -> None:
    root = graph_of(name)
    node = next(node for node in topological_order(root) if node.label == wanted)
    expected = path_products(root, node)
    page = open_page(to_html(root))
    page.locator(box(page, wanted)).locator(".box").click()
    texts = page.locator("#paths li").all_inner_texts()
    assert len(texts) == len(expected)
    for text, path in zip(texts, expected, strict=True):
        assert text.strip().endswith(f"= {path.product + 0.0:.4g}")
        assert text.count("→") == len(path.partials)
    page.locator("#close-paths").click()
    assert page.locator("#paths li").count() == 0


def test_paths_follow_an_edited_number(open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"))
    page.locator(box(page, "m1")).locator(".box").click()
    edit(page, "m2", "2")
    root = graph_of("lesson 5")
    recompute(root, "m2", 2.0)
    (path,) = path_products(root, next(n for n in topological_order(root) if n.label == "m1"))
    assert page.locator("#paths li").inner_text().strip().endswith(f"= {path.product + 0.0:.4g}")


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
    page = open_page(page_of("lesson 5"))
    tab_to(page, "at => at.matches('#graph .node[data-name=m2]')")
    page.keyboard.press("Enter")
    assert page.locator("#paths li").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("#paths li").count() == 0
    tab_to(page, "at => at.id === 'step'")
    page.keyboard.press("Home")
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
    assert complaints_of_axe(page, scheme) == ""
    page.keyboard.press("End")
    page.locator("#graph .node").nth(1).focus()
    page.keyboard.press("Enter")
    page.locator("#predict").check()
    page.locator("#legend summary").click()
    edit(page, "x" if name == "lesson 5" else "x[1]", "-")
    assert complaints_of_axe(page, scheme) == ""


def test_axe_finds_nothing_on_a_phone(open_page: Opener) -> None:
    assert complaints_of_axe(open_page(page_of("4.5"), viewport=PHONE)) == ""


@pytest.mark.parametrize("name", ["lesson 5", "4.5"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP, {"width": 320, "height": 568}], ids=["phone", "desktop", "small"])
def test_nothing_is_wider_than_the_screen(name: str, viewport: dict[str, int], open_page: Opener) -> None:
    page = open_page(to_html(graph_of(name), title="A rather long title " * 4), viewport=viewport)
    for key in ("Home", "End"):
        page.keyboard.press(key)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_buttons_are_large_enough_for_a_finger(open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"), viewport=PHONE, has_touch=True)
    for id in ("first", "back", "play", "forward", "last"):
        size = page.locator(f"#{id}").bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 40
    page.locator("#back").tap()
    assert step_of(page) == 17


def test_nothing_moves_where_less_motion_is_asked_for(open_page: Opener) -> None:
    page = open_page(page_of("4.5"), reduced_motion="reduce")
    durations = page.evaluate(
        """[...document.querySelectorAll('*')].flatMap(e => {
             const s = getComputedStyle(e);
             return (s.transitionDuration + ', ' + s.animationDuration).split(', ').map(parseFloat);
           })"""
    )
    assert max(durations) < 0.01


def test_without_a_script_the_whole_pass_is_written_out(open_page: Opener) -> None:
    trace = Trace(graph_of("lesson 5"))
    page = open_page(page_of("lesson 5"), java_script_enabled=False)
    for k, item in enumerate(page.locator("#equations li").all()):
        assert item.is_visible()
        held = [trace[k].value] if trace[k].kind == "forward" else [m.total for m in trace[k].messages]
        written = item.locator("[data-slot]").all_text_contents()
        assert {f"{x:.4g}" for x in held} <= set(written)


def wait_until(page: Page, condition: str) -> None:
    """As `wait_for_function`, which the page's own policy forbids: that one compiles its text within the page."""
    for _ in range(500):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(10)
    pytest.fail(f"five seconds, and not {condition}")


# --- it fits -----------------------------------------------------------------------------------------------------


def in_sight(page: Page) -> bool:
    found: bool = page.evaluate(
        """() => {
          const room = document.getElementById("picture").getBoundingClientRect();
          return [...document.querySelectorAll("#graph .node")].every((node) => {
            const box = node.getBoundingClientRect();
            return box.left >= room.left - 1 && box.right <= room.right + 1 &&
              box.top >= room.top - 1 && box.bottom <= room.bottom + 1;
          });
        }"""
    )
    return found


@pytest.mark.parametrize("name", ["lesson 5", "4.5"])
@pytest.mark.parametrize("width", [320, 390, 800, 1280, 2000])
def test_all_of_the_picture_is_in_sight(name: str, width: int, open_page: Opener) -> None:
    page = open_page(page_of(name), viewport={"width": width, "height": 840})
    assert step_of(page) == len(Trace(graph_of(name)))
    assert in_sight(page)
    for _ in range(6):
        page.locator("#zoom-in").click()
    assert not in_sight(page)
    page.locator("#zoom-fit").click()
    assert in_sight(page)
    page.set_viewport_size({"width": 500, "height": 700})
    wait_until(page, "fitted && byId('graph').getBoundingClientRect().width <= 500")
    assert in_sight(page)


@pytest.mark.parametrize("name", ["lesson 5", "4.5"])
def test_text_is_large_enough_on_a_desktop(name: str, open_page: Opener) -> None:
    page = open_page(page_of(name), viewport={"width": 1280, "height": 760})
    smallest = """Math.min(...[...document.querySelectorAll("#graph text")].filter((t) => t.textContent)
      .map((t) => parseFloat(getComputedStyle(t).fontSize) * scale))"""
    assert page.evaluate(smallest) >= 9


# --- an explorable: drag, descend, undo --------------------------------------------------------------------------


def drag(page: Page, name: str, number: float) -> None:
    slider = page.get_by_role("slider", name=f"{name}, slider", exact=True)
    slider.evaluate("(s, x) => { s.value = x; s.dispatchEvent(new Event('input', {bubbles: true})); }", number)
    wait_until(page, "dragged === null")


def number_at(page: Page, name: str, kind: str) -> str:
    return page.locator(f"{box(page, name)} .{kind}").text_content() or ""


def test_both_passes_follow_a_slider(open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"))
    drag(page, "m1", 4.0)
    root = graph_of("lesson 5")
    recompute(root, "m1", 4.0)
    root.backward()
    for node in topological_order(root):
        if node.label in ("m1", "m2", "a1", "z2", "L"):
            assert number_at(page, node.label, "value") == f"{node.data:.4g}"
            assert number_at(page, node.label, "gradient") == f"{node.grad:.4g}"
    assert page.locator("#inputs input[type=number]").first.input_value() == "4"
    assert page.locator("#shown [data-slot=t0]").text_content() == "2" or "m1" in page.locator("#sentence").inner_text()


def descend(page: Page, alpha: str, steps: int) -> list[str]:
    page.locator("#alpha").fill(alpha)
    for _ in range(steps):
        page.locator("#descend").click()
    return [page.evaluate("String(played.numbers.values[nodes.length - 1])"), page.locator("#outcome").inner_text()]


def test_steps_of_two_lengths_in_lesson_5(open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"))
    assert "m2: 0.5 − 0.1 · 12 = −0.7" in page.locator("#rule").inner_text()
    loss, said = descend(page, "0.1", 1)
    assert float(loss) == 0.5  # yhat = relu(2.8 * 2 * -0.7) = 0, and 0.5 * (0 - 1)^2
    assert "Every gradient is 0 now" in said
    assert "yhat passes nothing back" in said
    assert page.locator(box(page, "yhat")).evaluate("box => box.classList.contains('stopped')")
    assert float(descend(page, "0.1", 1)[0]) == 0.5
    page.locator("#undo").click()
    page.locator("#undo").click()
    assert page.locator("#undo").get_attribute("aria-disabled") == "true"
    assert number_at(page, "m2", "value") == "0.5"
    loss, said = descend(page, "0.04", 1)
    m1, m2 = 3 - 0.04 * 2, 0.5 - 0.04 * 12
    assert float(loss) == pytest.approx(0.5 * (max(m1 * 2 * m2, 0) - 1) ** 2, rel=1e-12)
    assert "fell" in said
    assert page.locator("#losses circle.now").count() == 2
    page.locator("#reset").click()
    descend(page, "0.1", 2)
    assert page.locator("#losses polyline").count() == 2  # the run before stays, to compare
    assert "alpha 0.04" in (page.locator("#losses").text_content() or "")


def test_a_step_that_leaves_a_domain_is_refused(open_page: Opener) -> None:
    x = Value(0.1, "x")
    page = open_page(to_html(x.log()))
    loss, _ = descend(page, "1", 1)
    assert float(loss) == pytest.approx(-2.302585092994046)
    assert "keeps the last numbers" in (page.locator("#problem").text_content() or "")
    for alpha in ("0", "-1", ""):
        descend(page, alpha, 1)
        assert "alpha needs a number above 0" in (page.locator("#problem").text_content() or "")


def test_a_step_moves_weights_and_not_the_data_of_a_weighted_sum(open_page: Opener) -> None:
    page = open_page(page_of("4.5"))
    descend(page, "0.5", 1)
    root = graph_of("4.5")
    root.backward()
    for node in topological_order(root):
        if node.label == "x[1]":
            assert number_at(page, node.label, "value") == f"{node.data:.4g}"
        if node.label in ("W1[1,2]", "b2"):
            assert number_at(page, node.label, "value") == f"{node.data - 0.5 * node.grad:.4g}"


def test_a_constant_needs_no_derivative(open_page: Opener) -> None:
    x = Value(2.0, "x")
    page = open_page(to_html(xlogy(0.0, x) + x))
    edit(page, "x", "-1")
    x = Value(-1.0, "x")
    root = xlogy(0.0, x) + x
    root.backward()
    assert page.locator("#problem").text_content() == ""
    assert number_at(page, "x", "gradient") == f"{x.grad:.4g}"


# --- equations, and what lights up -------------------------------------------------------------------------------


def test_equations_are_mathematics_with_the_numbers_beneath(open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"), "#step=17")
    first = page.locator("#shown math").first
    assert first.locator("mfrac").count() == 3
    beneath = first.locator("munder > :last-child").all_text_contents()
    assert beneath == ["2", "m2=0.5"]
    assert first.evaluate("m => m.getBoundingClientRect().height < 100 && m.getBoundingClientRect().width > 100")


def test_a_pointer_on_one_lights_all(open_page: Opener) -> None:
    page = open_page(page_of("lesson 5"))
    page.locator(box(page, "a1")).hover()
    place = page.evaluate("nodes.findIndex((node) => node.name === 'a1')")
    assert page.locator(f'#equations [data-of="{place}"]').count() > 3
    assert page.locator(f'#equations [data-of="{place}"]:not(.lit)').count() == 0
    assert page.locator("#sums tr.lit th").inner_text() == "a1"
    page.locator("#shown [data-of*='.']").first.hover()
    assert page.locator("#graph .edge.lit").count() == 1
    assert page.locator("#graph .node.lit").count() == 0


def test_the_whole_number_is_shown_under_the_pointer(open_page: Opener) -> None:
    x = Value(1 / 3, "x")
    page = open_page(to_html(x * x))
    page.locator(f"{box(page, 'x')} .value").hover()
    assert page.locator("#tip").inner_text() == "0.3333333333333333"
    assert number_at(page, "x", "value") == "0.3333"


def test_zero_has_no_sign_anywhere(open_page: Opener) -> None:
    x = Value(-1.0, "x")
    page = open_page(to_html(relu(x) * -0.0 - x * 0.0))
    for k in range(1, len(Trace(relu(x) * -0.0 - x * 0.0)) + 1):
        page.evaluate(f"go({k})")
        assert not re.search(r"[-−]0(?![.\d])", page.locator("body").inner_text())


# --- networks: tables, samples as one, and cells whose tables open -------------------------------------------------


def network(*sizes: int, samples: int = 1) -> Value:
    """The mean squared error of an MLP on made-up samples."""
    draw = random.Random(1)
    net = nn.MLP(sizes[0], list(sizes[1:]), seed=0)
    points = [[round(draw.uniform(-1, 1), 2) for _ in range(sizes[0])] for _ in range(samples)]
    if sizes[-1] > 1:
        return losses.cross_entropy([net(point) for point in points], [3] * samples)
    if samples == 1:
        return losses.mse([net([Value(x, f"x{i}") for i, x in enumerate(points[0], 1)])], [1.0])
    return losses.mse([net(point) for point in points], [0.5] * samples)


def test_a_neuron_of_a_wide_network_opens_its_table(open_page: Opener) -> None:
    root = network(2, 16, 16, 1)
    page = open_page(to_html(root))
    assert page.locator("#graph .cell").count() == 33
    assert page.locator("#graph .edge.thin").count() == 2 * 16 + 16 * 16 + 16
    assert page.locator("#graph .edge.strong").count() == 3 * 12
    assert in_sight(page)
    assert page.locator("#inputs input[type=number]").count() == 2  # x1 and x2
    cell = page.locator(box(page, "a2[2]"))
    cell.locator(".box").click()
    root.backward()
    node = {node.label or name: node for node, name in Names(topological_order(root)).items()}["W2[2,3]"]
    row = page.locator("#opened tr").filter(has=page.get_by_role("rowheader", name="W2[2,3]", exact=True))
    assert [row.locator(kind).inner_text() for kind in (".value", ".gradient")] == [
        f"{node.data:.4g}", f"{node.grad + 0.0:.4g}",
    ]  # fmt: skip
    assert page.locator("#opened tbody tr").count() == 16 + 1 + 2  # weights, bias, z and a
    assert page.locator("#inputs input[type=number]").count() == 2 + 17
    assert page.locator("#paths li").count() == 1
    page.locator("#opened th", has_text="W2[2,3]").hover()
    assert "lit" in (cell.get_attribute("class") or "")
    edit(page, "W2[2,3]", "2", place=row.get_attribute("data-of"))
    assert row.locator(".value").inner_text() == "2"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    assert not page.locator("#opened").is_visible()
    assert page.locator("#inputs input[type=number]").count() == 2
    assert page.locator("#sums tbody .value", has_text="–").count() == 0
    page.locator("#first").click()
    page.evaluate("playing(true); tick(); tick(); 0")
    assert page.evaluate("nodes[played.records[step - 1].i].kind") == "op"  # not weight by weight


def test_axe_finds_nothing_in_cells_and_an_open_table(open_page: Opener) -> None:
    page = open_page(to_html(network(2, 7, 1)))
    page.locator(f"{box(page, 'a1[2]')} .box").click()
    assert page.locator("#opened").is_visible()
    assert complaints_of_axe(page) == ""


def test_a_network_of_2550_nodes_has_a_page(open_page: Opener) -> None:
    page = open_page(to_html(network(64, 32, 10)))
    assert page.locator("#graph .cell").count() == 64 + 32 + 10
    assert in_sight(page)
    before = page.evaluate("played.numbers.values.at(-1)")
    page.locator("#descend").click()
    assert page.evaluate("played.numbers.values.at(-1)") < before


def test_samples_stand_in_one_table_with_their_sums(open_page: Opener) -> None:
    root = network(2, 3, 1, samples=4)
    page = open_page(to_html(root))
    assert page.locator("#graph .table").count() == 4
    root.backward()
    names = Names(topological_order(root))
    z = [node for node in topological_order(root) if node.op == "dot" and names[node].startswith("z1[1]")]
    shown = page.locator(box(page, names[z[0]])).first
    assert len(z) == 4
    assert shown.locator(".gradient").text_content() == f"{math.fsum(node.grad for node in z):.4g}"
    low, high = min(z).data, max(z).data
    assert shown.locator(".value").text_content() == f"{low:.2g} … {high:.2g}"
    for k in (len(names), len(names) + 3):
        page.evaluate(f"go({k})")
        assert page.locator("#graph .node.current").count() == 1


# --- how it lies: measured as somebody would look at it ------------------------------------------------------------


def chain(n: int) -> Value:
    x = Value(0.5, "x")
    for _ in range(n // 2):
        x = (x * 1.5).tanh()
    return x


def expression(seed: int) -> Value:
    """Thirty operations, each on two of the nodes made last."""
    draw = random.Random(seed)
    nodes = [Value(draw.uniform(0.5, 2.0), name) for name in "abcdef"]
    while len(nodes) < 36:
        a, b = draw.choice(nodes[-8:]), draw.choice(nodes[-8:])
        nodes.append(draw.choice([a + b, a * b, a.tanh(), a - b, a * 0.5]))
    return nodes[-1] + nodes[-2]


LAID_OUT = {
    "lesson 5": lambda: graph_of("lesson 5"),
    "4.5": lambda: graph_of("4.5"),
    "3-4-4-1": lambda: network(3, 4, 4, 1),
    "2-16-16-1": lambda: network(2, 16, 16, 1),
    "4 samples": lambda: network(2, 3, 1, samples=4),
    "expression": lambda: expression(0),
    "chain": lambda: chain(40),
}


@pytest.mark.parametrize("name", LAID_OUT)
def test_nothing_lies_on_anything_else_and_all_can_be_read(name: str, open_page: Opener) -> None:
    root = LAID_OUT[name]()
    page = open_page(to_html(root))
    assert in_sight(page)
    overlapping, through, size = page.evaluate(
        """() => {
          const at = (element) => element.getBoundingClientRect();
          const all = [...document.querySelectorAll("#graph .node")];
          const frames = [...document.querySelectorAll("#graph .table")];
          const solid = [...frames, ...all.filter((node) => !node.matches(".row"))].map((each) => [each, at(each)]);
          const within = (low, high, end, start) => low < end - 1 && start < high - 1;
          const meet = (a, b) => within(a.left, a.right, b.right, b.left) && within(a.top, a.bottom, b.bottom, b.top);
          const holds = (box, p) => meet(box, { left: p.x - 1, right: p.x + 1, top: p.y - 1, bottom: p.y + 1 });
          const overlapping = [];
          solid.forEach(([a, ra], i) => solid.slice(i + 1).forEach(([b, rb]) => {
            if (meet(ra, rb)) overlapping.push([a.textContent, b.textContent]);
          }));
          // Points along each arrow, but for its ends, lie in no box.
          const to = document.getElementById("graph").getScreenCTM();
          const through = [];
          for (const edge of document.querySelectorAll("#graph .edge:not(.thin) .line, #graph path.thin")) {
            const length = edge.getTotalLength();
            for (let part = 0.04; part < 0.96; part += 0.02) {
              const point = edge.getPointAtLength(length * part).matrixTransform(to);
              const hit = solid.find(([, box]) => holds(box, point));
              if (hit) through.push([edge.parentElement.textContent, hit[0].textContent]);
            }
          }
          return [overlapping, through, 12 * scale];
        }"""
    )
    assert overlapping == []
    assert through == []
    assert size >= {"lesson 5": 9, "chain": 8}.get(name, 7)
    # The equation of the last step is there, from its beginning.
    assert page.evaluate(
        """() => {
          const pane = document.querySelector("#equations-card .scroll");
          const [box, item] = [pane, pane.querySelector("li.current")].map((each) => each.getBoundingClientRect());
          return pane.scrollLeft === 0 && item.top >= box.top - 1 && item.top < box.bottom;
        }"""
    )


def test_small_numbers_have_their_exponents_in_equations(open_page: Opener) -> None:
    page = open_page(to_html(chain(40)))
    assert page.locator("#shown [data-slot=t0]").text_content() == "5.455·10⁻⁸"
    assert page.evaluate("[-1.5e-7, 2e21, -Infinity, -0].map(inMathematics)") == ["−1.5·10⁻⁷", "2·10²¹", "−∞", "0"]


def test_a_use_is_told_by_its_place_only_where_one_node_is_used_twice(open_page: Opener) -> None:
    a, b = Value(2.0, "a"), Value(2.0, "b")
    page = open_page(to_html(a * b + a * a))
    said = page.locator("#equations").text_content() or ""
    assert said.count("operand") == 2
