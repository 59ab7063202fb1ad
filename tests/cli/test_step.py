"""The command `autograd step`: what it steps through, what it refuses, and whole sessions as transcripts.

The files in tests/golden named step-*.txt hold sessions as they are printed. After a change that was meant, write them
anew, read them, and commit them:

    AUTOGRAD_REWRITE_GOLDEN=1 python -m pytest tests/cli/test_step.py"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd.cli.step
from autograd import Stepper, Value, cli, lessons
from autograd.cli import shell as words
from autograd.cli.shell import Screen, history_file
from autograd.cli.step import StepShell, walk
from autograd.errors import ArgumentError, GraphvizMissingError
from autograd.nn import MLP
from autograd.reading.conditions import VARIABLES
from autograd.reading.text import columns

GOLDEN = Path(__file__).parents[1] / "golden"
REWRITE = "AUTOGRAD_REWRITE_GOLDEN"
TWO_PATHS = ["(a+b)*(b+1)", "a=2", "b=1"]
Session = Callable[..., str]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Session:
    """Run `autograd` with lines to read, and return what it printed."""

    def run(arguments: list[str], *lines: str, status: int = 0) -> str:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        assert cli.main(arguments) == status
        done = capsys.readouterr()
        assert done.err == ""
        assert "\x1b" not in done.out
        return done.out

    return run


def compare(name: str, text: str) -> None:
    file = GOLDEN / f"step-{name}.txt"
    if os.environ.get(REWRITE):
        file.write_bytes(text.encode())
    assert text == file.read_bytes().decode(), f"not what {file} holds; see this module's docstring"


# --- whole sessions ----------------------------------------------------------------------------------------------


def test_lesson_5_from_the_first_record_to_the_last(session: Session) -> None:
    lines = ["help", "step", "", "next", "where", "next", "next", "list", "why m2", "n", "until m2", "watch m1"]
    lines += ["print", "back", "w", "goto 13", "print v1", "run", "why m1", "list 17 18", "restart", "quit"]
    compare("lesson-5", session(["step", "5"], *lines))


def test_an_expression_with_guesses(session: Session) -> None:
    lines = ["goto 7", "predict b 3", "predict b", "5", "predict a 2*1", "predict a", "", "predict b = 5"]
    lines += ["until b", "why b"]
    compare("guesses", session(["step", *TWO_PATHS], *lines))


def test_bad_input(session: Session) -> None:
    lines = ["", "nxt", "xyzzy", "pr", "!ls", "(b)", "a", "?", "help foo", "? goto", "step x", "step -1", "step 99"]
    lines += ["step 9999999999999999999", "goto", "goto 11", "goto(3)", "back 5", "next foo", "next layer"]
    lines += ["until", "until c", "until 1", "print c", "why", "run b", "quit now", "list 0", "list 4 2", "list a"]
    lines += ["predict", "predict c 1", "predict b five", "predict b 1/0", "predict 1 2", "predict b __import__('os')"]
    lines += ["break x < 1", "break abs(grad", "break", "watch c", "watch", "draw no/such/directory/x.svg", "draw ."]
    lines += ["tab\there", "bell\x07", "s" * 100]
    compare("bad-input", session(["step", *TWO_PATHS], *lines))


def test_a_network_layer_by_layer(
    session: Session, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["next", "next layer", "next neuron", "n layer", "where", "break abs(grad) < 0.02", "break", "run"]
    lines += ["clear", "until W1[1,1]", "run", "next", "predict x[1] -0.1"]
    compare("network", session(["step", "4.5"], *lines))


# --- what is stepped through -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        (["step", "5"], f"Lesson 5: {lessons.get(5).title}"),
        (["step", "5.2"], f"Claim 5.2: {lessons.get(5).claim('5.2').title}"),
        (["step", "5", "5.2"], f"Claim 5.2: {lessons.get(5).claim('5.2').title}"),
        (["lesson", "5", "--step"], f"Lesson 5: {lessons.get(5).title}"),
        (["lesson", "1", "1.4", "--step"], f"Claim 1.4: {lessons.get(1).claim('1.4').title}"),
        (["step", *TWO_PATHS], "(a+b)*(b+1) at a = 2, b = 1"),
        (["step", "-x**2", "x=1/4"], "-x**2 at x = 0.25"),
        (["step", "--", "-x**2", "x=-3"], "-x**2 at x = -3"),
    ],
)
def test_it_says_what_is_stepped_through(arguments: list[str], title: str, session: Session) -> None:
    first, count, hint, prompt = session(arguments).splitlines()
    assert (first, prompt) == (title, "(step) ")
    assert " records: " in count
    assert "help" in hint


@pytest.mark.parametrize("claim", [c.id for n in range(1, 6) for c in lessons.get(n).claims if c.graph is not None])
def test_every_claim_with_a_graph_can_be_stepped_through_and_ends_at_its_gradients(
    claim: str, session: Session
) -> None:
    root, _ = lessons.get(int(claim[0])).graph(claim)
    root.backward()
    seen, stack, leaves = {root}, [root], 0
    while stack:
        node = stack.pop()
        leaves += not node.parents and node.grad != 0.0
        stack += set(node.parents) - seen
        seen |= set(node.parents)
    out = session(["step", claim], "run")
    assert out.count("\n  d ") + out.count("\n  ... and ") >= min(leaves, 40)
    assert f"after 0 of {out.partition(' ')[0]}" not in out
    hint = f"Step through it: autograd step {claim}\n"
    assert hint in session(["lesson", claim[0], claim])


def test_a_claim_without_a_graph_offers_no_stepping(session: Session) -> None:
    assert "autograd step" not in session(["lesson", "1", "1.10"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["step"], "required: WHAT"),
        (["step", "6"], "there is no lesson 6; the lessons are 1, 2, 3, 4, 5"),
        (["step", "9.9"], "there is no lesson 9"),
        (["step", "5.9"], "lesson 5 has no claim '5.9'; did you mean"),
        (["step", "1.10"], "claim 1.10 has no graph; those with one are"),
        (["step", "5", "5.2", "5.3"], "one claim at a time"),
        (["step", "5", "x=1"], "lesson 5 has no claim 'x=1'"),
        (["step", "a+b", "a=1"], "b needs a value"),
        (["step", "a+b", "a=1", "b"], "b gives no variable a value"),
        (["step", "a b", "a=1"], "column 3"),
        (["step", "__import__('os')"], "column 1"),
        (["step", ""], "there is no expression here"),
        (["step", "x", "x=2"], "nothing to step through"),
        (["step", "2+3"], "nothing to step through"),
        (["step", "1/x", "x=0"], "division"),
        (["step", "-x**2"], "x needs a value"),
        (["lesson", "6", "--step"], "there is no lesson 6"),
        (["lesson", "5", "--step", "--json"], "--step takes no --json"),
        (["lesson", "5", "--svg", "x.svg", "--step"], "--step takes no --json, --svg or --html"),
    ],
)
def test_what_it_refuses_gets_one_line_and_exit_status_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status: Any = cli.main(arguments)
    except SystemExit as leaving:
        status = leaving.code
    done = capsys.readouterr()
    assert (status, done.out) == (2, "")
    complaint = [line for line in done.err.splitlines() if not line.startswith("  ")]  # but for the place in the text
    assert len(complaint) == 1
    assert says in complaint[0]


# --- single commands ---------------------------------------------------------------------------------------------


def replies(out: str) -> list[str]:
    """What was printed between the prompts."""
    return [part.partition("\n")[2] for part in out.split("(step) ")][1:]


def test_a_step_back_shows_the_same_as_a_step_forward(session: Session) -> None:
    shown = replies(session(["step", *TWO_PATHS], "goto 9", "where", "s", "back", "where", "run", "k", "w"))
    assert shown[1] == shown[4] == shown[7]
    assert "[9/10]" in shown[1]


def test_a_guess_is_judged_before_anything_is_shown(session: Session) -> None:
    asked, right, where = replies(session(["step", *TWO_PATHS], "predict b 3", "predict b 5", "where"))[:3]
    assert "5" not in asked or "right" not in asked
    assert "right" in right
    assert where.startswith("after 0 of 10 records")


def test_list_names_what_is_to_come_without_its_numbers(session: Session) -> None:
    (shown, *_) = replies(session(["step", *TWO_PATHS], "goto 8", "list"))[1:]
    assert "-> [8/10] Backward through v3" in shown
    assert "   [9/10] to come: the backward visit of v2" in shown
    assert "3 * 1" not in shown


def test_a_blank_line_repeats_and_an_unknown_one_is_not_repeated(session: Session) -> None:
    shown = replies(session(["step", *TWO_PATHS], "s", "", "nonsense", "", "w"))
    assert [text[:6] for text in shown[:5]] == ["[1/10]", "[2/10]", "there ", "[3/10]", "after "]


def test_end_of_input_within_a_question_ends_the_session(session: Session) -> None:
    assert session(["step", *TWO_PATHS], "predict b").endswith("d v3 / d b = ? \n")


def test_draw_writes_this_very_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session: Session) -> None:
    monkeypatch.chdir(tmp_path)
    out = session(["step", *TWO_PATHS], "draw", "goto 9", "draw", "run", "draw named file.svg", "draw")
    assert out.count("wrote ") == 4
    names = {"step-0.svg", "step-9.svg", "step-10.svg", "named file.svg"}
    assert {path.name for path in tmp_path.iterdir()} == names
    pictures = {name: (tmp_path / name).read_text("utf-8") for name in names}
    assert all(text.startswith("<svg") for text in pictures.values())
    assert len(set(pictures.values())) == 3
    assert pictures["named file.svg"] == pictures["step-10.svg"]


def test_draw_writes_what_the_name_ends_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session: Session) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["a.png", "a.mmd", "a.dot", "a.html", "a.tex", "a.foo", "a"]
    said = replies(session(["step", *TWO_PATHS], "goto 9", *[f"draw {name}" for name in names]))[1:]
    assert said[:3] == [f"wrote {name}\n" for name in names[:3]]
    assert all(reply.startswith("a .") and "whole pass" in reply for reply in said[3:5])
    assert all(reply.startswith("the end of a picture's name says what it becomes") for reply in said[5:7])
    assert {path.name for path in tmp_path.iterdir()} == set(names[:3])
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a.mmd").read_text("utf-8").startswith("flowchart")
    assert (tmp_path / "a.dot").read_text("utf-8").startswith("digraph")


def test_without_dot_drawing_says_so_in_one_line(monkeypatch: pytest.MonkeyPatch, session: Session) -> None:
    def missing(root: Value, path: Path, **options: Any) -> Path:
        raise GraphvizMissingError("no dot:\ninstall graphviz-pure")

    monkeypatch.setattr(autograd.cli.step, "draw", missing)
    drawn, after = replies(session(["step", *TWO_PATHS], "draw", "s"))[:2]
    assert drawn == "no dot:\n"
    assert after.startswith("[1/10]")


def test_a_rule_that_raises_is_one_line_and_nothing_moves(session: Session) -> None:
    shown = replies(session(["step", "atan2(y, x)", "x=0", "y=0"], "goto 4", "step", "where", "run", "next", "w"))
    assert shown[1].count("\n") == shown[3].count("\n") == 1
    assert "atan2" in shown[1]
    assert shown[2] == shown[5]
    assert shown[2].startswith("after 4 of 5 records")


def test_the_first_node_with_a_number_that_is_not_finite_is_named(session: Session) -> None:
    out = session(["step", "sqrt(x)*3", "x=0"], "run", "why x", "predict x 1")
    assert "not finite: v1 is the first node to make such a number" in out
    assert "d v2 / d x = inf" in out


def test_many_records_are_not_all_printed(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    out = session(["step", "5.4"], "run", "list 2 3", "print")
    assert "records not shown; list FROM TO shows them)" in out
    assert "   [3/214] " in out
    assert out.count("\n") < 150


def test_a_node_whose_name_holds_spaces(session: Session) -> None:
    shown = replies(session(["step", "5"], "print yhat - y", "goto 14", "predict yhat - y 2", "predict yhat - y", "2"))
    assert shown[0] == "yhat - y: not computed yet\n"
    assert "right" in shown[2]
    assert shown[3].startswith("d L / d yhat - y = ? 2\nright")


def test_explain_writes_the_chain_rule_out(session: Session) -> None:
    (shown, *_) = replies(session(["step", *TWO_PATHS], "explain b"))
    assert "path" in shown
    assert "= 5" in shown


def test_several_nodes_and_watching(session: Session) -> None:
    shown = replies(session(["step", *TWO_PATHS], "print a b", "watch a b", "goto 8", "n", "n", "clear", "watch"))
    assert shown[0] == "a: not computed yet\nb: not computed yet\n"
    assert "watching b = 1, gradient 3 (1 more to come)" in shown[3]
    assert "watching a = 2, gradient 2 (complete)" in shown[4]
    assert shown[6] == "nothing is watched; watch NODE does\n"


def test_any_graph_can_be_walked_through(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", None)  # closed: as an empty one
    x = [Value(0.5, "x0"), Value(-1.0, "x1")]
    loss = MLP(2, [3, 1])(x) ** 2
    assert walk(loss, "a network") == 0
    assert capsys.readouterr().out.startswith("a network\n")


# --- as a process ------------------------------------------------------------------------------------------------

QUIET = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM", "PYTHONIOENCODING")}


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    options = {"capture_output": True, "env": QUIET, "timeout": 120} | options
    return subprocess.run([sys.executable, "-m", "autograd", *arguments], check=False, **options)


def test_piped_lines_that_are_no_text_are_no_trouble() -> None:
    done = process("step", "5", input=b"s\n\xff\xfe\x00\x1b[31m\n" + "schritt für schritt\n".encode() + b"print m1")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout
    assert done.stdout.endswith(b"(step) print m1\nm1: not computed yet\n(step) \n".replace(b"\n", os.linesep.encode()))


def test_a_reader_that_leaves_early_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    done = process("step", "5", input=b"run\n" * 10_000, capture_output=False, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_closed_stream_is_no_trouble(closed: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m autograd step 5 {closed}', sys.executable],
        check=False, input=b"run\nquit\n", capture_output=True, env=QUIET, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")


def test_it_writes_no_history_where_there_is_no_terminal(tmp_path: Path) -> None:
    process("step", "5", input=b"s\n", env=QUIET | {"XDG_STATE_HOME": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []


# === the terminal's parts: words and help, lines that fit, completion, and where the history is kept ==================


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


def test_the_help_on_breaks_names_every_variable() -> None:
    text = " ".join(words.help_lines(command=words.find("break")))
    assert all(name in text for name in VARIABLES)


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
    Screen(stream, colour).show(texts, subject=lambda i: "v1")
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
    assert screen.width is None


def test_the_name_that_is_highlighted_is_the_nodes() -> None:
    stream = Terminal()
    Screen(stream, True).show(["[3/9] Backward through a = w: a product passes"], subject=lambda i: "a")
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
