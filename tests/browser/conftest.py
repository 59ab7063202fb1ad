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


def complaints_of_axe(page: Page) -> str:
    """What axe-core finds wrong with a page, one line for each; nothing if all is well."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
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


@pytest.fixture
def watched() -> Watched:
    """What the pages of a test did that they must not."""
    return Watched()


@pytest.fixture
def open_page(browser: Browser, watched: Watched, tmp_path: Path) -> Iterator[Opener]:
    """Open a file, or the text of a page, from file://; afterwards see that it kept to itself."""
    contexts: list[Any] = []

    def open_page(what: str | Path, fragment: str = "", **options: Any) -> Page:
        if isinstance(what, str):
            file = tmp_path / f"page-{len(contexts)}.html"
            file.write_text(what, encoding="utf-8")
        else:
            file = what
        context = browser.new_context(**({"viewport": DESKTOP} | options))
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: watched.requests.append(request.url))
        page.on("console", lambda message: watched.complaints.append(message.text))
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (watched.dialogs.append(dialog.message), dialog.dismiss()))
        page.set_default_timeout(10_000)
        page.goto(file.as_uri() + fragment)
        return page

    yield open_page
    for context in contexts:
        context.close()
    watched.requests = [url for url in watched.requests if not url.startswith("file://")]
    assert watched == Watched()
