"""The command: its output, its exit status, and what it does with bad input."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import autograd.render
from autograd import Value, __version__, cli, lessons
from autograd.cli.output import watched
from autograd.engine import COMPILED
from autograd.errors import GraphvizMissingError
from autograd.lessons.claims import Claim, Lesson, holds, printed
from autograd.lessons.examples import named

QUIET = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM", "PYTHONIOENCODING")}


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    options = {"capture_output": True, "text": True, "env": QUIET, "timeout": 120} | options
    return subprocess.run([sys.executable, "-m", "autograd", *arguments], check=False, **options)


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lesson 9 with one wrong figure."""
    x = Value(2.0, "x")
    wrong = Claim("9.1", "Planted", "One is two.", lambda: [printed("one", "2", 1.0)], lambda: named(x * x))
    noted = Claim("9.2", "Noted", "It is off.", lambda: [holds("off", "3", 4.0, False, should_agree=False)])
    lesson = Lesson(9, "Planted", "nowhere", (wrong, noted))
    monkeypatch.setattr(lessons, "get", lambda n: lesson)
    monkeypatch.setattr(lessons, "all", lambda: (lesson,))


# --- text --------------------------------------------------------------------------------------------------------


def test_the_first_command_fits_on_a_screen() -> None:
    done = run("lessons")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 30
    for lesson in lessons.all():
        assert f"{lesson.number}  {lesson.title}: {len(lesson.claims)} claims, " in done.stdout
    assert "lessons --all" in lines[-1]
    assert max(map(len, run("lessons", env=QUIET | {"COLUMNS": "60"}).stdout.splitlines())) <= 60


def test_all_lessons_in_a_pipe_are_plain_text_of_80_columns() -> None:
    done = run("lessons", "--all")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    for lesson in lessons.all():
        assert f"Lesson {lesson.number}: {lesson.title}" in done.stdout
        for claim in lesson.claims:
            assert re.search(rf"^{re.escape(claim.id)}  ", done.stdout, re.MULTILINE)
    assert "FAIL" not in done.stdout


def test_one_lesson_and_one_claim() -> None:
    whole, one, same, exact = (run("lesson", *which.split()) for which in ("5", "5 5.3", "5.3", "5.3 --digits 17"))
    assert {each.returncode for each in (whole, one, same, exact)} == {0}
    assert "5.1  " in whole.stdout
    assert "5.1  " not in one.stdout
    assert one.stdout == same.stdout
    assert "-0.7000000000000002" in exact.stdout
    assert "-0.7 " in one.stdout
    assert "0000" not in one.stdout


def test_without_arguments_it_says_what_to_type() -> None:
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    for line in re.findall(r"^  autograd (.*?)  ", done.stdout, re.MULTILINE):
        assert line.split()[0] in ("lessons", "lesson", "step", "derive", "check", "site")
    assert len(done.stdout.splitlines()) < 15
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("asked", "following"),
    [(["5.2"], ["Next: autograd lesson 5.3"]), (["3"], ["Next: autograd lesson 4"]), (["5.4"], []), (["5"], [])],
)
def test_a_lesson_says_what_comes_next(
    asked: list[str], following: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["lesson", *asked])
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("Next")] == following


@pytest.mark.parametrize("width", [60, 80, 140])
def test_text_is_as_wide_as_the_terminal(width: int) -> None:
    widest = max(map(len, run("lesson", "4", env=QUIET | {"COLUMNS": str(width)}).stdout.splitlines()))
    assert width - 15 < widest <= width


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_whole_lesson_goes_through_the_pager_of_a_terminal(tmp_path: Path) -> None:
    import pty

    outer, inner = pty.openpty()
    pager = f"cat > {tmp_path / 'paged'}"
    for arguments in (("lesson", "5"), ("lesson", "5.1")):
        run(*arguments, env=QUIET | {"TERM": "xterm", "PAGER": pager}, capture_output=False, stdin=inner, stdout=inner)
    os.close(inner)
    direct = os.read(outer, 100_000).decode()
    os.close(outer)
    paged = (tmp_path / "paged").read_text("utf-8")
    assert "Lesson 5" in paged
    assert "Lesson 5" not in direct
    assert "5.1" in direct


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("setting", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_in_a_terminal_unless_no_color_is_set(setting: dict[str, str], coloured: bool) -> None:
    import pty

    outer, inner = pty.openpty()
    done = run("lesson", "5", "5.1", env=QUIET | {"TERM": "xterm"} | setting, capture_output=False, stdout=inner)
    os.close(inner)
    text = os.read(outer, 100_000).decode()
    os.close(outer)
    assert done.returncode == 0
    assert ("\x1b[" in text) is coloured


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_formulas_are_in_signs_where_the_encoding_has_them(encoding: str) -> None:
    done = run("lesson", "5.3", env=QUIET | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}, encoding=encoding)
    assert done.returncode == 0, done.stderr
    assert ("∂ŷ/∂m₂" in done.stdout) is (encoding == "utf-8")
    assert ("dyhat/dm2" in done.stdout) is (encoding != "utf-8")
    assert "?" not in done.stdout


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    compiled = " (engine compiled)" if COMPILED else ""
    assert run("--version").stdout.strip() == f"scalar-autograd {__version__}{compiled}"
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--help"])
    assert leaving.value.code == 0
    assert "lessons" in capsys.readouterr().out


# --- data --------------------------------------------------------------------------------------------------------


def test_json_has_every_claim_with_figures_at_full_precision() -> None:
    def refused(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    done = run("lessons", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout, parse_constant=refused)
    assert document["ok"] is True
    claims = {claim["id"]: claim for lesson in document["lessons"] for claim in lesson["claims"]}
    assert set(claims) == {claim.id for lesson in lessons.all() for claim in lesson.claims}
    for claim in claims.values():
        assert (claim["status"], claim["waits_for"]) == ("computed", None)
        assert claim["figures"]
    figures = {figure["name"]: figure for figure in claims["5.3"]["figures"]}
    after = figures["m2 after the step"]
    assert (after["document"], after["engine"], after["verdict"]) == ("-0.7", -0.7000000000000002, "agrees")
    assert after["agrees"] is True


def test_json_of_one_claim() -> None:
    document = json.loads(run("lesson", "1", "1.7", "--json").stdout)
    (claim,) = document["lessons"][0]["claims"]
    assert claim["id"] == "1.7"
    assert [figure["engine"] for figure in claim["figures"]] == [
        0.2, 0.04000000000000001, 0.008000000000000002, 0.0016000000000000005,
    ]  # fmt: skip


def test_json_is_the_same_every_time_but_for_what_is_measured() -> None:
    def reproducible() -> list[dict[str, Any]]:
        document = json.loads(run("lessons", "--json").stdout)
        claims = [claim for lesson in document["lessons"] for claim in lesson["claims"]]
        figures = [figure for claim in claims for figure in claim["figures"]]
        measured = [figure for figure in figures if figure["measured"]]
        assert [(figure["agrees"], figure["verdict"]) for figure in measured] == [(None, "shown")] * 3
        return [figure for figure in figures if not figure["measured"]]

    assert reproducible() == reproducible()


# --- exit status -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("arguments", [["lessons"], ["lesson", "9"], ["lesson", "9", "9.1"], ["lessons", "--json"]])
def test_a_planted_wrong_figure_makes_the_exit_status_1(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 1
    out = capsys.readouterr().out
    if "--json" in arguments:
        assert json.loads(out)["ok"] is False
    else:
        assert ("1 FAIL" if arguments == ["lessons"] else "one  2         1       FAILS") in out
        assert "DISAGREES: one: the document says 2, the engine computes 1.0" in out


@pytest.mark.usefixtures("planted")
def test_a_noted_difference_leaves_it_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lesson", "9", "9.2"]) == 0
    assert "FAIL" not in capsys.readouterr().out


# --- pictures ----------------------------------------------------------------------------------------------------


def test_a_picture_of_the_main_example_and_of_a_claim(tmp_path: Path) -> None:
    main, claim = tmp_path / "main.svg", tmp_path / "claim.svg"
    done = run("lesson", "5", "--svg", str(main))
    assert done.returncode == 0, done.stderr
    assert f"wrote {main}" in done.stdout
    assert "m2" in main.read_text("utf-8")
    assert "not computed" not in main.read_text("utf-8")
    done = run("lesson", "5", "5.2", "--svg", str(claim), "--json")
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)
    assert f"wrote {claim}" in done.stderr
    assert claim.read_text("utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("option", "name", "begins"),
    [
        ("--svg", "a.png", b"\x89PNG"),
        ("--svg", "a.dot", b"digraph"),
        ("--svg", "a.html", b"<!DOCTYPE html>"),
        ("--html", "a.mmd", b"flowchart"),
        ("--html", "a.SVG", b"<svg"),
    ],
)
def test_the_end_of_a_files_name_says_what_is_written(tmp_path: Path, option: str, name: str, begins: bytes) -> None:
    assert cli.main(["lesson", "5", "5.3", option, str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_bytes().startswith(begins)


@pytest.mark.parametrize(("option", "begins", "ends"), [("--svg", "<svg", "</svg>"), ("--html", "<!DOC", "</html>")])
def test_a_dash_is_standard_output(
    option: str, begins: str, ends: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lesson", "5", "5.3", option, "-"]) == 0
    written = capsys.readouterr().out
    assert written.startswith(begins)
    assert written.rstrip().endswith(ends)
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_every_worked_example(tmp_path: Path) -> None:
    where = tmp_path / "new" / "directory"
    done = run("lessons", "--pictures", str(where))
    assert done.returncode == 0, done.stderr
    expected = {f"lesson-{c.id}.svg" for lesson in lessons.all() for c in lesson.claims if c.graph or c.picture}
    assert {path.name for path in where.iterdir()} == expected
    assert {"lesson-1.8.svg", "lesson-1.12.svg", "lesson-5.3.svg"} <= expected
    assert f"wrote {len(expected)} pictures into {where}" in done.stdout


def test_without_dot_the_lessons_are_still_printed_and_the_exit_status_is_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(root: Value, **options: Any) -> str:
        raise GraphvizMissingError("no dot: install graphviz-pure")

    monkeypatch.setitem(autograd.render.drawing._TEXTS, "svg", missing)
    assert cli.main(["lesson", "5", "--svg", str(tmp_path / "x.svg")]) == 1
    done = capsys.readouterr()
    assert "Lesson 5" in done.out
    assert done.err == "autograd: no dot: install graphviz-pure\n"
    assert list(tmp_path.iterdir()) == []
    assert cli.main(["lessons", "--pictures", str(tmp_path)]) == 1


@pytest.mark.parametrize(
    ("arguments", "opened"),
    [
        (["lesson", "5.3", "--open"], r"lesson-5\.3-.*\.html"),
        (["lesson", "5", "--open"], r"lesson-5-.*\.html"),
        (["lesson", "1.12", "--open"], r"lesson-1\.12-.*\.svg"),
        (["lesson", "5.3", "--svg", "mine.svg", "--open"], r"/mine\.svg"),
    ],
)
def test_open_shows_the_page_or_the_picture(
    arguments: list[str], opened: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    addresses: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("webbrowser.open", lambda address: bool(addresses.append(address)))
    assert cli.main(arguments) == 0
    (address,) = addresses
    assert re.fullmatch(rf"file://.*{opened}", address)
    (file,) = tmp_path.iterdir()
    assert file.read_text("utf-8")[0] == "<"
    assert f"found no browser; open {file}" in capsys.readouterr().err


@pytest.mark.usefixtures("planted")
def test_open_shows_the_first_page_of_the_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: addresses.append(address) or True)
    assert cli.main(["site", str(tmp_path), "--open"]) == 1  # a figure of the planted lesson is wrong
    assert addresses == [(tmp_path / "index.html").as_uri()]


# --- bad input ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lesson", "6"], "the lessons are 1, 2, 3, 4, 5"),
        (["lesson", "-1"], "unrecognized|required|the lessons are"),
        (["lesson", "five"], "the lessons are 1, 2, 3, 4, 5"),
        (["lesson", "5", "4.3"], "claim 4.3 belongs to lesson 4: autograd lesson 4.3"),
        (["lesson", "6.1"], "the lessons are 1, 2, 3, 4, 5"),
        (["lesson", "5.3", "5.2"], "there is no lesson '5.3'"),
        (["lesson", "5", "--digits", "0"], "invalid choice"),
        (["lesson", "²"], "the lessons are"),
        (["lesson", "5", "5.9"], r"did you mean 5\.2, 5\.3, 5\.4\?"),
        (["lesson", "5", "a\nb"], r"no claim 'a\\nb'"),
        (["lesson", "1", "1.9", "--svg", "x.svg"], "1.9 has no graph; those with one are 1.1"),
        (["lesson", "5", "--svg", "no/such/directory/x.svg"], "cannot write"),
        (["lesson", "5", "--svg", "."], "the end of a picture's name says what it becomes"),
        (["lesson", "5", "--svg", "x.abc"], r"says what it becomes: \.svg, .* got 'x\.abc'"),
        (["lesson", "1", "1.12", "--svg", "x.png"], "claim 1.12 has a figure, and no graph; it is drawn as .svg"),
        (["lesson", "5", "--svg", "-", "--json"], "one thing at a time goes to standard output"),
        (["lesson", "5", "--svg", "-", "--html", "-"], "one thing at a time goes to standard output"),
        (["lesson", "5", "--svg", ""], "--svg: the name is empty"),
        (["lessons", "--pictures", ""], "--pictures: the name is empty"),
        (["lessons", "--pictures", "pyproject.toml/x"], "cannot make the directory"),
        (["lesson"], "required: N"),
        (["step"], r"required: WHAT \(see"),
        (["lessons", "5.3"], "lessons are all five; for one: autograd lesson 5.3"),
        (["nonsense"], "invalid choice"),
        (["lessons", "--nonsense"], "unrecognized arguments"),
    ],
)
def test_bad_input_gets_one_line_and_exit_status_2(arguments: list[str], says: str) -> None:
    done = run(*arguments, cwd=Path(__file__).parents[2])
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert re.search(says, done.stderr)
    assert not Path("x.svg").exists()


def test_a_reader_that_leaves_early_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    done = run("lesson", "1", capture_output=False, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert done.stderr == ""
    assert done.returncode == 141


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("arguments", "status"),
    [("lesson 5 5.3", 0), ("lesson 5 5.3 --json", 0), ("lesson 5 --svg x.svg", 0), ("--help", 0), ("lesson 6", 2)],
)
def test_a_closed_stdout_is_no_trouble(arguments: str, status: int, tmp_path: Path) -> None:
    command = f'"$0" -m autograd {arguments}'
    options: dict[str, Any] = {"cwd": tmp_path, "env": QUIET, "capture_output": True, "text": True, "timeout": 120}
    quiet = subprocess.run(["sh", "-c", command + " >&-", sys.executable], check=False, **options)
    assert quiet.returncode == status
    assert quiet.stderr.count("\n") == (status == 2)
    assert (tmp_path / "x.svg").exists() is ("--svg" in arguments)
    silent = subprocess.run(["sh", "-c", command + " 2>&-", sys.executable], check=False, **options)
    assert silent.returncode == status
    assert "no lesson" not in silent.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_plainly() -> None:
    with open("/dev/full", "w") as full:
        done = run("lesson", "5", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.stderr == "autograd: cannot write: No space left on device\n"
    assert done.returncode == 2


def test_ctrl_c_leaves_with_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(n: int) -> Lesson:
        raise KeyboardInterrupt

    monkeypatch.setattr(lessons, "get", interrupted)
    assert cli.main(["lesson", "5"]) == 130
    assert capsys.readouterr().err == "autograd: interrupted\n"


def test_a_terminal_sees_how_far_long_work_is_in_a_line_that_goes_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert list(watched("ab", str.upper, repr)) == [("a", "A"), ("b", "B")]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(watched("ab", str.upper, repr)) == [("a", "A"), ("b", "B")]
    gone = "\r\x1b[K"
    assert capsys.readouterr().err == f"\r1 of 2: 'a'\x1b[K{gone}\r2 of 2: 'b'\x1b[K{gone}"


@pytest.mark.skipif(sys.platform == "win32", reason="a closed pipe is told otherwise there")
@pytest.mark.parametrize("arguments", [["--help"], [], ["lesson", "5.3", "--json"], ["derive", "x**2", "x=3"]])
def test_a_pipe_that_nobody_reads_ends_a_command_in_silence(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "autograd", *arguments]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 141 or arguments == ["--help"]  # argparse may swallow it
