"""Labels that try to get out, and a policy that lets nothing in."""

from __future__ import annotations

import pytest

from autograd import Value, relu, tanh
from autograd.reading.trace import Trace
from autograd.render import to_html
from tests.browser.conftest import Opener, Watched
from tests.browser.player import graph_of, walk

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
    page = open_page(to_html(graph_of("lesson 5")))
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
