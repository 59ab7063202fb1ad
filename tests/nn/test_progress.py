"""A line in a terminal, nothing elsewhere, and never an error."""

from __future__ import annotations

import io
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from autograd.nn.progress import progress, progress_line

SYS = "autograd.nn.progress.sys"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    stream = Terminal()
    monkeypatch.setattr(SYS, SimpleNamespace(stderr=stream))  # pytest itself exchanges sys.stderr
    return stream


def screen(text: str) -> str:
    """What one line of a terminal shows after all that was written."""
    cells: list[str] = []
    at = 0
    for c in text:
        if c == "\r":
            at = 0
        else:
            cells[at : at + 1] = [c]
            at += 1
    return "".join(cells).rstrip()


def test_nothing_is_written_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress(range(3), every=0)) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_the_line_tells_and_goes(terminal: Terminal) -> None:
    loop = progress(range(3), every=0, text=lambda: "loss 0.5")
    next(loop), next(loop)
    shown = screen(terminal.getvalue())
    assert shown.startswith("1/3 (33%), ")
    assert shown.endswith(" left, loss 0.5")
    assert list(loop) == [2]
    assert screen(terminal.getvalue()) == ""


def test_a_shorter_line_leaves_nothing_of_a_longer_one(terminal: Terminal) -> None:
    texts = iter(["a long text" * 3, "x", "y"])
    loop = progress(range(3), every=0, text=lambda: next(texts))
    next(loop), next(loop), next(loop)
    assert screen(terminal.getvalue()).endswith(", x")


def test_a_loop_that_is_left_early_cleans_up(terminal: Terminal) -> None:
    loop = progress(iter(range(9)), every=0)
    next(loop), next(loop)
    assert screen(terminal.getvalue()).startswith("1, ")
    loop.close()  # type: ignore[attr-defined]
    assert screen(terminal.getvalue()) == ""


def test_errors_of_the_loop_pass_and_others_do_not(terminal: Terminal) -> None:
    def things() -> Iterator[int]:
        yield 1
        yield 2
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(progress(things(), every=0))
    assert list(progress(range(3), every=0, text=lambda: 1 / 0)) == [0, 1, 2]
    assert screen(terminal.getvalue()) == ""


@pytest.mark.parametrize("stream", [None, object()])
def test_a_missing_stderr_does_no_harm(monkeypatch: pytest.MonkeyPatch, stream: Any) -> None:
    monkeypatch.setattr(SYS, SimpleNamespace(stderr=stream))
    assert list(progress(range(2))) == [0, 1]


def test_a_terminal_that_goes_away_does_no_harm(terminal: Terminal) -> None:
    loop = progress(range(4), every=0)
    next(loop)
    terminal.close()
    assert list(loop) == [1, 2, 3]


def test_lines_are_cut_and_escaped(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    loop = progress(range(9), every=0, text=lambda: "two\nlines \x1b[31m" + "x" * 99)
    next(loop), next(loop)
    assert "\n" not in terminal.getvalue()
    assert "\x1b" not in terminal.getvalue()
    assert len(screen(terminal.getvalue())) <= 39


def test_the_numbers_of_a_line() -> None:
    assert progress_line(1, 4, 2.0) == "1/4 (25%), 2.0 s each, 6 s left"
    assert progress_line(5, 4, 1.0) == "5, 5.0 per second"  # the total was wrong
    assert progress_line(0, 0, 0.0) == "0/0 (0%)"
    assert progress_line(1, 2000, 10.0).endswith("5 h 33 min left")
