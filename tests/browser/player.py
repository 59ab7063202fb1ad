"""What the tests of a page share: graphs to play, what Python says of them, and hands to work the page with."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from autograd import Value, lessons
from autograd.engine.graph import topological_order
from autograd.reading.trace import Trace
from autograd.render import to_html

if TYPE_CHECKING:
    from playwright.sync_api import Page

GRAPHS = {"lesson 5": (5, None), "4.5": (4, "4.5"), "2.1": (2, "2.1"), "4.2": (4, "4.2"), "4.4": (4, "4.4")}


def graph_of(name: str) -> Value:
    number, claim = GRAPHS[name]
    return lessons.get(number).graph(claim)[0]


@functools.cache
def page_of(name: str) -> str:
    """The page of a graph, made once."""
    return to_html(graph_of(name))


def lines_of(trace: Trace, k: int) -> list[str]:
    """What Python says of a record: a sentence, and its numbers, one message a line; a zero has no sign on a page."""
    said = re.sub(r"(?<![\w.])-0(?![\w.])", "0", str(trace[k]).replace("(-0)", "0"))
    sentence, *numbers = [line.strip() for line in said.split("\n")]
    return [sentence, *"\n".join(numbers).replace("; to ", "\nto ").split("\n")]


def lines_on(page: Page) -> list[str]:
    sentence, numbers = page.locator("#sentence").text_content(), page.locator("#numbers").text_content()
    return [sentence or "", *(numbers or "").split("\n")]


def step_of(page: Page) -> int:
    return int(page.locator("#step").input_value())


def wait_for_step(page: Page, k: int) -> None:
    from playwright.sync_api import expect

    expect(page.locator("#step")).to_have_value(str(k))


def play_until(page: Page, k: int) -> None:
    """Wait until step k or a later one: a busy machine may not look in time to see each."""
    for _ in range(200):
        if step_of(page) >= k:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"still at step {step_of(page)}, not {k}")


def walk(page: Page) -> list[list[str]]:
    """What the page says at every step, from the first record to the last."""
    told = page.evaluate(
        """() => {
          const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
          const says = (id) => document.getElementById(id).textContent;
          const told = [];
          press("Home");
          for (let k = 0; k < Number(document.getElementById("step").max); k++) {
            press("ArrowRight");
            told.push([says("sentence"), says("numbers")]);
          }
          return told;
        }"""
    )
    return [[sentence, *numbers.split("\n")] for sentence, numbers in told]


def box(page: Page, name: str) -> str:
    """The selector of a node's box."""
    return f'#graph .node[data-name="{name}"]'


def edit(page: Page, name: str, text: str, place: str | None = None) -> None:
    place = place or page.locator(box(page, name)).first.get_attribute("data-of")
    field = page.locator(f"#input-{place}")
    field.fill("")
    field.press_sequentially(text)
    field.press("Enter")


def recompute(root: Value, name: str, number: float) -> None:
    """Forward again through the recorded graph, in plain floats, with another number at a leaf."""
    for node in topological_order(root):
        if node.label == name and not node.parents:
            node.data = number
        elif node.parents:
            node._data = node._row.forward(*[parent.data for parent in node.parents])


def guess(page: Page, text: str) -> None:
    page.locator("#guess").fill(text)
    page.locator("#check").click()


def verdict(page: Page) -> str:
    return page.locator("#verdict").text_content() or ""
