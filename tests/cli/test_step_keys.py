"""The stepper in a pseudo-terminal: completion by Tab, history by arrow, Ctrl-C, narrow windows, colour."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd.reading.text import columns

if os.environ.get("CI"):
    import pexpect
else:
    pexpect = pytest.importorskip("pexpect")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

PROMPT = "(step) "
UP, TAB = "\x1b[A", "\t"
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[[0-9;]+m")

Start = Callable[..., Any]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `autograd step` in a terminal of its own and wait for the first prompt."""
    children = []

    def spawn(*arguments: str, wide: int = 80, **setting: str) -> Any:
        known = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "INPUTRC")}
        known |= {"TERM": "xterm", "XDG_STATE_HOME": str(tmp_path), "INPUTRC": os.devnull, "PYTHONUTF8": "1"}
        child = pexpect.spawn(
            sys.executable,
            ["-m", "autograd", *arguments],
            env=known | setting,
            dimensions=(40, wide),
            encoding="utf-8",
            timeout=60,
        )
        children.append(child)
        child.expect_exact(PROMPT)
        return child

    yield spawn
    for child in children:
        child.close(force=True)


def says(child: Any, line: str) -> str:
    """Type a line; return what is printed up to the next prompt."""
    child.sendline(line)
    child.expect_exact(PROMPT)
    return str(child.before)


def status(child: Any) -> int:
    child.expect(pexpect.EOF)
    child.close()
    return int(child.exitstatus)


def test_tab_completes_a_command_and_a_node(start: Start) -> None:
    child = start("step", "5")
    child.send(f"unt{TAB}")
    child.expect_exact("until")
    child.send(f" z{TAB}")
    child.expect_exact("z2")
    child.sendintr()
    child.expect_exact(PROMPT)
    child.sendintr()
    assert status(child) == 130
    child = start("step", "-x_one**2", "x_one=3")
    child.send(f"print x_{TAB}\r")
    child.expect_exact("x_one: not computed yet")
    child.expect_exact(PROMPT)


def test_arrow_up_brings_back_the_last_command_even_of_an_earlier_session(start: Start, tmp_path: Path) -> None:
    child = start("step", "5")
    says(child, "goto 4")
    child.sendline("predict m1")
    child.expect_exact("= ? ")
    child.sendline("77")
    child.expect_exact(PROMPT)
    child.send(UP)
    child.expect_exact("predict m1")  # the answer is no command
    child.send(UP)
    child.expect_exact("goto 4")
    child.send("\r")
    child.expect_exact("after 4 of 18 records")
    child.expect_exact(PROMPT)
    child.sendeof()
    assert status(child) == 0
    assert (tmp_path / "autograd" / "step_history").read_text().splitlines()[:2] == ["goto 4", "predict m1"]
    later = start("step", "5")
    later.send(UP)
    later.expect_exact("goto 4")


def test_a_history_that_cannot_be_kept_is_no_trouble(start: Start, tmp_path: Path) -> None:
    (tmp_path / "autograd").write_text("a file where a directory should be")
    child = start("step", "5")
    assert "[1/18]" in CODES.sub("", says(child, "s"))
    child.sendline("quit")
    assert status(child) == 0
    assert "Error" not in child.before


def test_control_c_asks_for_another_command_and_leaves_if_none_comes(start: Start) -> None:
    child = start("step", "5")
    says(child, "step")
    child.send("goto 1")  # half a line, which is forgotten
    child.sendintr()
    child.expect_exact(PROMPT)
    assert "Ctrl-C once more leaves" in child.before
    assert "after 1 of 18 records" in CODES.sub("", says(child, "where"))
    child.sendline("predict m1")
    child.expect_exact("= ? ")
    child.sendintr()  # not the second in a row
    child.expect_exact(PROMPT)
    child.sendintr()
    assert status(child) == 130
    assert "Traceback" not in child.before


EVERYTHING = ["help", "help next", "s", "n", "", "list", "where", "print", "why m1", "until m2", "predict m1 3",
              "nonsense", "watch m1", "break abs(grad) < 1e-6", "run", "restart", "run", "k", "explain m1",
              "goto 99"]  # fmt: skip


@pytest.mark.parametrize("wide", [30, 80])
def test_no_line_is_wider_than_the_window(wide: int, start: Start) -> None:
    child = start("step", "5", wide=wide)
    lines = str(child.before).splitlines()
    for command in EVERYTHING:
        lines += says(child, command).splitlines()[1:]  # the first is what was typed
    lines = [CODES.sub("", line) for line in lines]
    assert "Traceback" not in "".join(lines)
    assert max(map(columns, lines)) <= wide
    child.sendline("q")
    assert status(child) == 0


def test_a_terminal_has_colour(start: Start) -> None:
    text = says(start("step", "5"), "goto 13")
    assert "\x1b[1;36mL\x1b[0m" in text  # the node of the record
    assert "to v1: 1 * 0.5 = 0.5 (complete)" in CODES.sub("", text)


@pytest.mark.parametrize("plain", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_colour_can_be_left_out(plain: dict[str, str], start: Start) -> None:
    text = says(start("step", "5", **plain), "goto 13")
    assert not COLOUR.search(text)
    assert "to v1: 1 * 0.5 = 0.5 (complete)" in text


def test_a_terminal_that_knows_ascii_alone(start: Start) -> None:
    child = start("step", "5", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert "to v1: 1 * 0.5 = 0.5 (complete)" in CODES.sub("", says(child, "goto 13"))
    assert says(child, "goto 14").isascii()
