from hypothesis import given
from hypothesis import strategies as st

from autograd.reading.text import columns, cut, printable

any_text = st.text(st.characters(exclude_categories=()))  # lone surrogates, too


@given(any_text, st.integers(1, 30), st.booleans())
def test_printable_text_keeps_to_its_room(text: str, room: int, ascii_only: bool) -> None:
    shown = printable(text, room, ascii_only)
    assert columns(shown) <= room
    assert shown.isprintable()
    assert not ascii_only or shown.replace("…", "").isascii()


def test_a_wide_character_is_not_cut_in_two() -> None:
    assert [cut("損失関数", room) for room in (8, 7, 6, 5, 2, 1)] == ["損失関数", "損失関…", "損失…", "損失…", "…", "…"]


def test_marks_stay_with_their_letter() -> None:
    assert cut("y\u0302abc", 2) == "y\u0302…"
    assert columns("y\u0302abc") == 4


def test_ascii_escapes_what_is_not() -> None:
    assert printable("ŷ\n", 20, ascii_only=True) == r"\u0177\n"
