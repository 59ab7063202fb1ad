"""Text: labels, numbers, and the width of both."""

import html
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.reading.text import LABEL_LIMIT, columns, cut, label_text, markup, number_text, text_width

any_text = st.text(st.characters(exclude_categories=()))  # lone surrogates, too


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (12345.0, "1.234e+04"),
        (5e-324, "4.941e-324"),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
        (float("nan"), "nan"),
        (None, "not computed"),
    ],
)
def test_numbers(x: float | None, shown: str) -> None:
    assert number_text(x) == shown


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("", ""),
        ("W1[0,1]", "W1[0,1]"),
        ("損失 λ ŷ", "損失 λ ŷ"),
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("\x00\x7f\x85\u2028", r"\x00\x7f\x85\u2028"),
        ("\ud800 \udfff", r"\ud800 \udfff"),
        ("\ufffe\uffff\U0001ffff", r"\ufffe\uffff\U0001ffff"),
        ("\u202eabc", r"\u202eabc"),  # would turn the rest of the line round
        ("\xa0", r"\xa0"),
        ("   ", "'   '"),
        (r"\alpha", r"\alpha"),
        ("x" * LABEL_LIMIT, "x" * LABEL_LIMIT),
        ("x" * (LABEL_LIMIT + 1), "x" * (LABEL_LIMIT - 1) + "…"),
        ("x" * 10_000, "x" * (LABEL_LIMIT - 1) + "…"),
    ],
)
def test_labels(label: str, shown: str) -> None:
    assert label_text(label) == shown


def test_an_escape_is_never_cut_in_two() -> None:
    assert label_text("\x00" * 100, limit=10) == r"\x00\x00…"


@given(any_text, st.integers(1, 40))
def test_every_label_is_one_short_printable_line(label: str, limit: int) -> None:
    shown = label_text(label, limit)
    assert len(shown) <= limit
    assert shown.isprintable()
    assert bool(shown.strip(" ")) == bool(label)
    shown.encode("utf-8")


@given(any_text)
def test_markup_can_not_be_left_and_can_be_read_back(text: str) -> None:
    marked = markup(text)
    assert not set(marked) & set("<>\"'")
    assert html.unescape(marked).replace("\\\\", "\\") == text
    assert all(len(run) % 2 == 0 for run in _runs_of_backslashes(marked))


def _runs_of_backslashes(text: str) -> list[str]:
    return "".join(c if c == "\\" else " " for c in text).split()


@given(any_text.map(label_text), st.integers(1, 40))
def test_room_grows_with_text_and_size(text: str, size: int) -> None:
    assert 0 <= text_width(text, size) <= size * len(text) + 1
    assert text_width(text, size) <= text_width(text + "m", size)
    assert text_width(text, size) <= text_width(text, size, bold=True) <= text_width(text, size) * 1.12 + 1


def test_a_mark_on_a_letter_takes_no_room() -> None:
    assert text_width(unicodedata.normalize("NFD", "ŷ"), 10) == text_width("y", 10)


# ---- How wide printed text is


def test_a_wide_character_is_not_cut_in_two() -> None:
    assert [cut("損失関数", room) for room in (8, 7, 6, 5, 2, 1)] == ["損失関数", "損失関…", "損失…", "損失…", "…", "…"]


def test_marks_stay_with_their_letter() -> None:
    assert cut("y\u0302abc", 2) == "y\u0302…"
    assert columns("y\u0302abc") == 4
