"""A real Chromium. Every test here fails if its page asks for anything, complains, or opens a dialog."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Opener: TypeAlias = "Callable[..., Page]"

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


@dataclass
class Watched:
    """What a page did that it must not."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


def lacking(what: str) -> None:
    """Skip, but fail where everything has to be there."""
    reason = f"{what}: the pages are tested in a real browser"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def complaints_of_axe(page: Page, scheme: str = "light") -> str:
    """What axe-core finds wrong with a page, one line for each; nothing if all is well.

    A page that is dark differs from the light one by its colours alone, and these have a rule of their own.
    """
    from axe_playwright_python.sync_playwright import Axe

    options = {"resultTypes": ["violations"]} | ({"runOnly": ["color-contrast"]} if scheme == "dark" else {})
    found = Axe().run(page, options=options).response["violations"]
    return "\n".join(f"{v['id']}: {v['help']}: {node['html'][:200]}" for v in found for node in v["nodes"])


@pytest.fixture(scope="module")  # while it lives, the thread has an event loop, which other tests can't have
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        lacking("no playwright (pip install playwright axe-playwright-python)")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        lacking("no Chromium (on Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@dataclass
class Tab:
    """A page of the browser that the tests of a file take in turn, and who watches it."""

    page: Page
    watched: Watched


@pytest.fixture(scope="module")
def tabs(browser: Browser) -> dict[str, list[Tab]]:
    """The pages that are open, by what their contexts were made with: to make a context takes longer than a test."""
    return {}


@pytest.fixture
def watched() -> Watched:
    """What the pages of a test did that they must not."""
    return Watched()


@pytest.fixture
def open_page(browser: Browser, tabs: dict[str, list[Tab]], watched: Watched, tmp_path: Path) -> Iterator[Opener]:
    """Open a file, or the text of a page, from file://; afterwards see that it kept to itself."""
    taken: list[Tab] = []

    def open_page(what: str | Path, fragment: str = "", **options: Any) -> Page:
        if isinstance(what, str):
            file = tmp_path / f"page-{len(taken)}.html"
            file.write_text(what, encoding="utf-8")
        else:
            file = what
        viewport = options.pop("viewport", DESKTOP)
        free = tabs.setdefault(repr(sorted(options.items())), [])
        tab = next((tab for tab in free if tab not in taken), None)
        if tab is None:
            tab = _new_tab(browser, options)
            free.append(tab)
        taken.append(tab)
        tab.watched = watched
        tab.page.set_viewport_size(viewport)
        tab.page.goto(file.as_uri() + fragment)
        return tab.page

    yield open_page
    for tab in taken:
        tab.page.goto("about:blank")  # what still runs there stops
    watched.requests = [url for url in watched.requests if not url.startswith("file://") and url != "about:blank"]
    assert watched == Watched()


def _new_tab(browser: Browser, options: dict[str, Any]) -> Tab:
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(10_000)
    tab = Tab(page, Watched())
    page.on("request", lambda request: tab.watched.requests.append(request.url))
    page.on("console", lambda message: tab.watched.complaints.append(message.text))
    page.on("pageerror", lambda error: tab.watched.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (tab.watched.dialogs.append(dialog.message), dialog.dismiss()))
    return tab
