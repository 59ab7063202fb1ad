"""The terminal's parts: words and help, lines that fit, completion, and where the history is kept."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from autograd import Stepper, Value
from autograd.cli import shell as words
from autograd.cli.shell import Screen, history_file
from autograd.cli.step import StepShell
from autograd.errors import ArgumentError
from autograd.reading.text import columns


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def shell() -> StepShell:
    a, b, c = Value(2.0, "alpha"), Value(1.0, "beta"), Value(3.0, "beta squared - 1")
    return StepShell(Stepper((a + b) * c), Screen(io.StringIO(), colour=False))


# --- words -------------------------------------------------------------------------------------------------------


def test_every_name_short_form_and_clear_beginning_finds_its_command() -> None:
    names = [command.name for command in words.COMMANDS]
    shorts = [command.short for command in words.COMMANDS if command.short]
    assert len(set(names + shorts)) == len(names) + len(shorts)
    for command in words.COMMANDS:
        assert words.find(command.name) is words.find(command.name.upper()) is command
        assert not command.short or words.find(command.short) is command
        for length in range(1, len(command.name)):
            beginning = command.name[:length]
            if beginning not in [*shorts, "c", "cont"] and sum(name.startswith(beginning) for name in names) == 1:
                assert words.find(beginning) is command


@pytest.mark.parametrize(
    ("word", "name"), [("s", "step"), ("n", "next"), ("b", "break"), ("w", "where"), ("p", "print"), ("l", "list"),
                       ("h", "help"), ("q", "quit"), ("c", "run"), ("continue", "run"), ("r", "run"), ("exit", "quit")]
)  # fmt: skip
def test_short_forms_of_the_python_debugger(word: str, name: str) -> None:
    assert words.find(word).name == name


@pytest.mark.parametrize(
    ("word", "says"),
    [("nxt", "did you mean next"), ("pr", "print or predict"), ("", "no command ''"), ("x" * 10_000, "no command")],
)
def test_unknown_words(word: str, says: str) -> None:
    with pytest.raises(ArgumentError, match=says) as error:
        words.find(word)
    assert len(str(error.value)) < 120


@pytest.mark.parametrize("width", [200, 80, 60, 59, 30, 20])
def test_the_help_fits_and_names_every_command(width: int, shell: StepShell) -> None:
    lines = list(words.help_lines(width))
    assert max(map(len, lines)) <= min(width, 80)
    for command in words.COMMANDS:
        assert any(command.name in line for line in lines)
        assert callable(getattr(shell, f"do_{command.name}"))
        alone = list(words.help_lines(width, command))
        assert max(map(len, alone)) <= width
        assert alone[0].startswith(command.name)


def test_every_command_is_in_the_help(shell: StepShell) -> None:
    known = {name.removeprefix("do_") for name in dir(shell) if name.startswith("do_")} - {"EOF"}
    assert known == {command.name for command in words.COMMANDS}


# --- the screen --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [10, 30, 80])
@pytest.mark.parametrize("colour", [False, True])
def test_lines_on_a_terminal_fit_and_lose_nothing(width: int, colour: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    stream = Terminal()
    texts = [
        "[3/10] Forward: v1 = a + b.",
        "  v1 = 2 + 1 = 3; " * 20,
        "stopped: " + "x" * 99,
        "",
        "損失" * 30,
        "   -> ",
    ]
    Screen(stream, colour, {}).show(texts, subject=lambda i: "v1")
    written = stream.getvalue()
    assert ("\x1b" in written) is colour
    for code in ("0", "2", "33", "1;36"):
        written = written.replace(f"\x1b[{code}m", "")
    assert "\x1b" not in written
    assert max(map(columns, written.splitlines())) <= width
    assert "".join(written.split()) == "".join("".join(texts).split())


def test_elsewhere_lines_stay_as_they_are() -> None:
    stream = io.StringIO()
    screen = Screen(stream, colour=False)
    screen.show(["x " * 500])
    assert stream.getvalue() == "x " * 500 + "\n"
    assert not screen.draws
    assert screen.width is None


def test_a_dumb_terminal_has_no_drawings() -> None:
    assert Screen(Terminal(), False, {"TERM": "xterm"}).draws
    assert not Screen(Terminal(), False, {"TERM": "dumb"}).draws


def test_the_name_that_is_highlighted_is_the_nodes() -> None:
    stream = Terminal()
    Screen(stream, True, {}).show(["[3/9] Backward through a = w: a product passes"], subject=lambda i: "a")
    assert "through \x1b[1;36ma\x1b[0m = w: a product" in stream.getvalue()


# --- completion --------------------------------------------------------------------------------------------------


def completed(shell: StepShell, line: str) -> list[str]:
    start = line.rfind(" ") + 1
    return shell.completedefault(line[start:], line, start, len(line))


def test_completion_of_commands(shell: StepShell) -> None:
    assert shell.completenames("pr") == ["print", "predict"]
    assert shell.completenames("") == [command.name for command in words.COMMANDS]
    assert shell.complete_help("go") == ["goto "]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("print al", ["alpha"]),
        ("p al", ["alpha"]),
        ("why b", ["beta", "beta squared - 1"]),
        ("until beta squ", ["squared - 1"]),
        ("until beta squared -", ["- 1"]),
        ("print alpha be", ["beta", "beta squared - 1"]),
        ("print zzz", []),
        ("next ", ["node", "neuron", "layer"]),
        ("n l", ["layer"]),
        ("break gr", ["grad"]),
        ("goto 1", []),
        ("nonsense a", []),
    ],
)
def test_completion_of_what_stands_behind_a_command(line: str, found: list[str], shell: StepShell) -> None:
    assert sorted(completed(shell, line)) == sorted(found)


# --- the history -------------------------------------------------------------------------------------------------


def test_where_the_history_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert history_file({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "autograd" / "step_history"
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    monkeypatch.setenv("USERPROFILE", os.fspath(tmp_path))
    for setting in ({}, {"XDG_STATE_HOME": ""}, {"XDG_STATE_HOME": "not/absolute"}):
        assert history_file(setting) == tmp_path / ".local" / "state" / "autograd" / "step_history"
