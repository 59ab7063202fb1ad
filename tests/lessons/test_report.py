"""The report of the lessons: text of 80 columns, its colour, its summary, and the same as data."""

from __future__ import annotations

import io
import json
import math
import re

import numpy as np

from autograd.lessons import report
from autograd.lessons.claims import Claim, Lesson, close, exactly, holds, printed, shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_only_on_a_terminal_and_not_against_no_color() -> None:
    assert report.wants_colour(Terminal(), {})
    assert not report.wants_colour(io.StringIO(), {})
    assert not report.wants_colour(Terminal(), {"NO_COLOR": "1"})
    assert report.wants_colour(Terminal(), {"NO_COLOR": ""})
    assert not report.wants_colour(Terminal(), {"TERM": "dumb"})


LONG = Claim("9.1", "A title " * 20, "What it says. " * 20, list, waits_for="training " * 20)
FIGURES = [
    printed("a name that is longer than its column", "[0.123456789012345678901234567890]", [-1.2345678901234567e-30]),
    exactly(
        "matrix", "a formula of some length that needs several lines", np.ones((10, 10)) / 3, np.ones((10, 10)) / 3
    ),
    shown("text", "word " * 30, note="A note. " * 30),
]


def test_no_line_is_wider_than_80_columns_and_all_figures_are_there() -> None:
    lines = list(report.claim_lines(LONG, FIGURES))
    assert max(map(len, lines)) <= 80
    assert not any("\x1b" in line for line in lines)
    text = "\n".join(lines)
    assert "[-1.2345678901234567e-30" in text
    assert "(100" in text
    assert "the document says" in text
    assert "the engine computes" in text


def test_the_documents_column_holds_what_it_printed_and_nothing_else() -> None:
    figures = [
        exactly("m2", "-0.7", 0.5 - 0.1 * 12, 0.5 - 0.1 * 12),
        close("slope", "a - y", -0.308, -0.154, should_agree=False, note="Twice as much."),
        close("slopes", "a - y", [0.0, 1.0], [-0.0, 1.0 + 1e-15]),
        close("ours", None, 1.0, 1.1, 0.2),
    ]
    lines = list(report.claim_lines(Claim("9.1", "t", "s", list), figures))
    rows = [line for line in lines if line.rstrip().endswith(("yes", "differs"))]
    assert [line[23:43].strip() for line in rows] == ["-0.7", "a - y", "a - y", "(not printed)"]
    assert [line for line in lines if line.startswith("    ")] == [
        "    Compared with -0.154.", "    Twice as much.", "    Compared with 1.1.",
    ]  # fmt: skip


def test_the_summary_counts_what_is_shown_and_explains_only_what_occurs() -> None:
    figures = [shown("a", 1.0), exactly("b", None, 1.0, 1.0), holds("c", None, 1.0, True)]
    first, *legend = report.summary(figures)
    assert first == "3 figures: 2 yes, 0 differs, 0 NO, 1 shown"
    assert [line.split(":")[0] for line in legend if ":" in line] == ['"yes" beside "(not printed)"', '"-"']
    assert len(list(report.summary([printed("a", "1", 1.0)]))) == 1


def test_colour_changes_nothing_but_the_escape_codes() -> None:
    bare = list(report.claim_lines(LONG, FIGURES)) + list(report.summary(FIGURES, 2))
    coloured = list(report.claim_lines(LONG, FIGURES, True)) + list(report.summary(FIGURES, 2, True))
    assert any("\x1b" in line for line in coloured)
    assert [re.sub(r"\x1b\[[\d;]*m", "", line) for line in coloured] == bare


def test_data_is_valid_json_at_full_precision_with_inf_and_nan_as_text() -> None:
    claim = Claim("9.1", "t", "s", list)
    figures = [exactly("a", "0.3", [0.1 + 0.2, math.inf, -math.inf, math.nan], [0.3, 0.0, 0.0, 0.0]), FIGURES[0]]
    later = Claim("9.2", "t", "s", waits_for="training")
    lesson = Lesson(9, "t", "source", (claim, later))
    text = json.dumps(report.as_data(lesson, [(claim, figures), (later, ())]), allow_nan=False)
    computed, to_come = json.loads(text)["claims"]
    assert computed["figures"][0]["engine"] == [0.30000000000000004, "inf", "-inf", "nan"]
    assert computed["figures"][0]["document"] == "0.3"
    assert computed["figures"][0]["verdict"] == "disagrees"
    assert computed["figures"][1]["engine"] == [-1.2345678901234567e-30]
    assert (to_come["id"], to_come["status"], to_come["figures"]) == ("9.2", "to come", [])
