"""The commands `check` and `derive`: their output, their exit status, and what they do with bad input."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from autograd import Value, cli, sin
from autograd.render.terminal import table_lines

RIGHT = "f(x) = sin(x**2)\nf'(x) = 2*x*cos(x**2)\nat x = 0.5, 1\n"
WRONG = "\ng(x, y) = x*y + y**2\ndg/dx = y\ndg/dy = x + y\nat (1, 2), (3, 4)\n"
UNDEFINED = "\nh(x) = log(x)\nh'(x) = 1/x\nat x = -1\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command line; give its status, its output and its complaints."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(arguments)
        written = capsys.readouterr()
        return status, written.out, written.err

    return run


def file_of(tmp_path: Path, text: str, name: str = "derivations.txt") -> str:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return str(file)


# --- check -------------------------------------------------------------------------------------------------------


def test_right_derivations(run: Any, tmp_path: Path) -> None:
    status, out, err = run("check", file_of(tmp_path, RIGHT + RIGHT))
    assert (status, err) == (0, "")
    first, second, summary = out.splitlines()
    assert first.startswith("line 1: f(x) = sin(x**2)  ")
    assert first.endswith("  pass, 2 points")
    assert second.startswith("line 4: ")
    assert summary == "2 pass, 0 fail, 0 undefined"


def test_wrong_and_undefined_derivations(run: Any, tmp_path: Path) -> None:
    status, out, err = run("check", file_of(tmp_path, RIGHT + WRONG + UNDEFINED))
    assert (status, err) == (1, "")
    lines = out.splitlines()
    assert [line.split("  ")[-1] for line in lines if line.startswith("line ")] == [
        "pass, 2 points",
        "fail, 2 points",
        "undefined, 1 point",
    ]
    assert any(line.startswith("  ") and "d/dy" in line for line in lines)
    assert "  line 10: log with x = -1.0: math domain error; log is defined for x > 0" in lines
    assert lines[-1] == "1 pass, 1 fail, 1 undefined"


def test_undefined_alone_is_no_success(run: Any, tmp_path: Path) -> None:
    assert run("check", file_of(tmp_path, UNDEFINED))[0] == 1


def test_a_right_derivation_keeps_its_note(run: Any, tmp_path: Path) -> None:
    status, out, _ = run("check", file_of(tmp_path, "f(x) = abs(x)\nf'(x) = 1\nat x = 0"))
    assert status == 0
    assert out.splitlines()[1] == "  note: a kink: any slope from -1 to 1 is a subgradient"


def test_a_long_function_does_not_widen_the_text(run: Any, tmp_path: Path) -> None:
    long = " + ".join(["x"] * 60)
    status, out, _ = run("check", file_of(tmp_path, f"f(x) = {long}\nf'(x) = 60\nat x = 1"))
    assert status == 0
    assert max(map(len, out.splitlines())) == 80


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "f(x) = x y",
            "line 1, column 10: an operator is missing; a product is written x*y\n  f(x) = x y\n           ^\n",
        ),
        ("f(x) = x", "line 1, column 1: the derivative is missing: write f'(x) = ... below\n  f(x) = x\n  ^\n"),
        ("f(x) = " + "(" * 10_000, "line 1, column 2001: "),
    ],
)
def test_bad_lines_are_shown_with_file_line_and_place(run: Any, tmp_path: Path, text: str, complaint: str) -> None:
    file = file_of(tmp_path, text)
    status, out, err = run("check", file)
    assert (status, out) == (2, "")
    assert err.startswith(f"autograd: {file}, {complaint}")


@pytest.mark.parametrize(("text", "reason"), [("", "holds no derivation"), ("# only a comment", "holds no derivation")])
def test_files_without_derivations(run: Any, tmp_path: Path, text: str, reason: str) -> None:
    status, _, err = run("check", file_of(tmp_path, text))
    assert status == 2
    assert reason in err
    assert err.count("\n") == 1


def test_a_missing_file(run: Any, tmp_path: Path) -> None:
    status, _, err = run("check", str(tmp_path / "nowhere.txt"))
    assert status == 2
    assert "No such file" in err


def test_a_python_file_is_not_executed(run: Any, tmp_path: Path) -> None:
    made = tmp_path / "made"
    status, out, err = run("check", file_of(tmp_path, f"open({str(made)!r}, 'w')\n", "test_it.py"))
    assert (status, out) == (2, "")
    assert "not executed here: run its tests with `pytest" in err
    assert not made.exists()
    assert run("check", file_of(tmp_path, "# nothing\n", "test_it.py"))[0] == 2
    assert run("check", file_of(tmp_path, RIGHT, "text.py"))[0] == 0


def test_reading_goes_on_after_a_bad_line(run: Any, tmp_path: Path) -> None:
    text = "k(x) = 2 +\nk'(x) = 0\nat x = 1\n" + RIGHT + "\nh(x) = x\nh'(x) = y\nat x = 1\nm(x) = x\nat x = 2\n"
    file = file_of(tmp_path, text)
    status, out, err = run("check", file)
    assert status == 2
    assert out.splitlines()[-1] == "1 pass, 0 fail, 0 undefined"
    assert out.startswith("line 4: f(x)")
    complaints = [line for line in err.splitlines() if line.startswith("autograd: ")]
    assert [c.split(", ")[1] for c in complaints] == ["line 1", "line 9", "line 11"]
    assert "the derivative is missing" in complaints[2]


def test_several_files_and_standard_input(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(WRONG.encode())))
    right = file_of(tmp_path, RIGHT)
    status, out, err = run("check", right, "-", str(tmp_path / "nowhere.txt"))
    assert status == 2
    assert "No such file" in err
    lines = out.splitlines()
    assert lines[0] == f"{right}:"
    assert "-:" in lines
    assert "  points right: dg/dx 2 of 2, dg/dy 0 of 2" in lines
    assert lines[-1] == "1 pass, 1 fail, 0 undefined"


def test_the_result_as_json(run: Any, tmp_path: Path) -> None:
    status, out, err = run("check", "--json", file_of(tmp_path, RIGHT + WRONG + "\nq(x) = (\n"))
    assert status == 2
    assert "line 10" in err
    data = json.loads(out)
    (file,) = data["files"]
    assert data["score"] == {"pass": 1, "fail": 1, "undefined": 0}
    assert [(e["line"], e["column"]) for e in file["errors"]] == [(10, 9)]
    first, second = file["derivations"]
    assert (first["verdict"], first["slip"], first["line"]) == ("pass", None, 1)
    assert second["slip"]["kind"] in ("constant factor", "missing factor")
    by_x, by_y = second["components"]
    assert (by_x["variable"], by_x["right"], by_y["right"]) == ("x", 2, 0)
    assert by_y["points"][0] == {
        "at": {"x": 1.0, "y": 2.0}, "verdict": "fail", "yours": 3.0, "right": 5.0, "note": by_y["points"][0]["note"]
    }  # fmt: skip


@pytest.mark.parametrize("word", ["lambda", "in", "None"])
def test_a_variable_that_is_a_word_of_python_is_one_complaint(run: Any, tmp_path: Path, word: str) -> None:
    text = f"f(x, {word}) = x**2\ndf/dx = 2*x\ndf/d{word} = 0\nat (1, 2)\n"
    status, out, err = run("check", file_of(tmp_path, text))
    assert (status, out) == (2, "")
    assert err.count("autograd: ") == 1
    assert f"{word} is a word of Python" in err


def test_exit_statuses_stand_in_the_help(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("check", "--help")
    told = " ".join(capsys.readouterr().out.split())
    assert "Exit status: 0 if all derivations are right, 1 if one is wrong or undefined, 2 for what" in told


# --- derive ------------------------------------------------------------------------------------------------------


def test_value_gradient_and_table(run: Any) -> None:
    status, out, err = run("derive", "sin(x**2)*y", "x=0.5", "y=pi/pi")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "sin(x**2)*y",
        "at x = 0.5",
        "at y = 1.0",
        "",
        "value  0.24740395925452294",
        "d/dx   0.9689124217106447",
        "d/dy   0.24740395925452294",
        "",
        "node   made by                         value local derivatives        gradient",
        "x      leaf                              0.5                          0.968912",
        "v1     x ** 2                           0.25 d/dx = 1                 0.968912",
        "v2     sin(v1)                      0.247404 d/dv1 = 0.968912                1",
        "y      leaf                                1                          0.247404",
        "v3     v2 * y                       0.247404 d/dv2 = 1                       1",
        "                                             d/dy = 0.247404",
    ]


def test_an_expression_that_begins_with_a_sign(run: Any) -> None:
    status, out, _ = run("derive", "-x**2", "x=-3")
    assert status == 0
    assert "value  -9.0" in out
    assert "d/dx   6.0" in out
    assert run("derive", "--", "-x**2", "x=-3")[1] == out


def test_variables_called_as_the_constants_are(run: Any) -> None:
    assert "d/de   3.0" in run("derive", "e*x", "e=2", "x=3")[1]
    assert "d/dx   2.718281828459045" in run("derive", "e*x", "x=3")[1]


def test_an_expression_as_it_stands_in_a_notebook(run: Any) -> None:
    status, out, err = run("derive", "2λ² − |λ| e^(2x)", "λ=−3", "x=π·0")
    assert (status, err) == (0, "")
    assert out.startswith("2λ² − |λ| e^(2x)\nat λ = -3.0\nat x = 0.0\n\nvalue  15.0\nd/dλ   -11.0\nd/dx   -6.0\n")


@pytest.mark.parametrize("text", ["lambda*x", "f'(x)", "e^2x", "1/2x", "\\frak{x}", "x ∈ ℝ"])
def test_what_is_not_read_is_a_line_with_its_place(run: Any, text: str) -> None:
    status, out, err = run("derive", text, "x=1")
    assert (status, out) == (2, "")
    assert err.startswith("autograd: column ")
    assert err.count("\n") == 3


def test_an_expression_without_variables(run: Any) -> None:
    status, out, _ = run("derive", "2*3")
    assert status == 0
    assert "value  6.0" in out


def test_an_infinite_slope_is_noted(run: Any) -> None:
    status, out, err = run("derive", "sqrt(x)", "x=0")
    assert (status, err) == (0, "")
    assert "d/dx   inf" in out
    assert "note: sqrt has slope inf" in out


def test_data(run: Any) -> None:
    status, out, _ = run("derive", "--json", "sqrt(x)*2", "x=0")
    assert status == 0
    document = json.loads(out, parse_constant=pytest.fail)
    assert (document["value"], document["gradient"]) == (0.0, {"x": "inf"})
    assert [node["op"] for node in document["nodes"]] == ["", "sqrt", "", "*"]
    assert document["nodes"][1]["operands"] == [{"node": "n0", "local_derivative": "inf"}]
    assert json.loads(run("derive", "x*2", "x=1", "--json")[1])["gradient"] == {"x": 2.0}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["x*y", "x=1"], "y needs a value: add y=0.5"),
        (["x*y"], "x, y needs a value: add x=0.5 y=0.5"),
        (["x", "x=1", "x=2"], "x is given twice"),
        (["x", "x=one"], "x=one is no number: there is no variable one here"),
        (["x", "x="], "x= is no number: there is no expression here"),
        (["x", "x=1/0"], "x=1/0 is no number: / with x1 = 1.0, x2 = 0.0: float division by zero"),
        (["x", "x=1e308*10"], "x=1e308*10 is inf; a value must be finite"),
        (["x", "x=nan"], "x=nan is no number"),
        (["x", "x"], "x gives no variable a value; write it as x=0.5"),
        (["x", "=1"], "=1 gives no variable a value"),
        (["x", "--jsn", "x=1"], "--jsn gives no variable a value"),
        (["x", "x=1", "z=1"], "z is no variable of the expression; its variables are x"),
        (["1", "z=1"], "z is no variable of the expression; it has none"),
        (["x", "x=__import__('os')"], "is no number: a name begins with a letter"),
    ],
)
def test_wrong_values_are_one_line(run: Any, arguments: list[str], complaint: str) -> None:
    status, out, err = run("derive", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"autograd: {complaint}") or complaint in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["x y", "x=1"], "autograd: column 3: an operator is missing; a product is written x*y\n  x y\n    ^\n"),
        (["9**9**9"], "autograd: ** with x1 = 9.0, x2 = 387420489.0: the result is too large for a double\n"),
        (["1 + log(x)", "x=-1"], "defined for x > 0\n  1 + log(x)\n      ^\n"),
        (["atan2(x, y)", "x=0", "y=0"], "autograd: atan2 has no derivative"),
        (["x.__class__", "x=1"], "no attributes\n  x.__class__\n   ^\n"),
        (["(" * 10_000], "at most 2,000 are read\n"),
        (["\x1b[31m\0\ud800"], "column 1: U+001B cannot stand here\n  \\x1b[31m\\x00\\ud800\n  ^\n"),
    ],
)
def test_what_cannot_be_derived_is_shown_with_its_place(run: Any, arguments: list[str], complaint: str) -> None:
    status, out, err = run("derive", *arguments)
    assert (status, out) == (2, "")
    assert complaint in err


def test_help_of_derive(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        cli.main(["derive", "--help"])
    assert leaving.value.code == 0
    assert "NAME=NUMBER" in capsys.readouterr().out
    with pytest.raises(SystemExit) as leaving:
        cli.main(["derive"])
    assert leaving.value.code == 2


# --- the table ---------------------------------------------------------------------------------------------------


def test_the_table_is_never_wider_than_80_columns() -> None:
    x = Value(-1.23456789e-123, "a label that is far longer than its column\nand has two lines")
    unnamed = Value(2.0)
    root = -sin(x) * x + unnamed - (2.0 * x) ** 2 + Value(1.0, constant=True)
    lines = list(table_lines(root))
    assert max(map(len, lines)) <= 80
    assert all(line.isprintable() for line in lines)
    assert "none" in lines[1]  # no gradient was computed


def test_the_line_of_the_wrong_derivative_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "derivations.txt"
    file.write_text("g(x, y) = x*exp(y)\ndg/dx = exp(y)\n\ndg/dy = x\nat (1, 2)\n")
    assert cli.main(["check", str(file)]) == 1
    text = capsys.readouterr().out
    assert "line 4 is wrong: dg_dy" in text
    assert "line 2 is wrong" not in text
