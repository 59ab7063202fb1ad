"""The counter that the demos show in a terminal, and only there."""

from __future__ import annotations

import importlib.util
import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

if not os.environ.get("CI"):  # there it must run
    pytest.importorskip("matplotlib", reason="the demos need matplotlib")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def shared() -> Any:
    path = Path(__file__).parents[2] / "demos" / "_shared.py"
    spec = importlib.util.spec_from_file_location("_shared_of_the_demos", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_is_written_where_there_is_no_terminal(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(shared.progress(range(3))) == [0, 1, 2]
    assert stream.getvalue() == ""


def test_the_line_counts_and_goes_even_when_the_loop_is_left(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stream, clock = Terminal(), iter(range(99))
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(shared, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    loop = shared.progress(iter("abc"), text=lambda: "loss 0.5")
    assert [next(loop), next(loop)] == ["a", "b"]
    assert stream.getvalue() == "\r\x1b[K1 loss 0.5"
    loop.close()
    assert stream.getvalue().endswith("\r\x1b[K")
