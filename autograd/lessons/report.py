"""Lessons as text for a terminal of any width, as a table in a notebook, and as data.

A claim is told in one order: what the document says, the idea, the numbers, the verdict. A number stands on one row
with what the document printed if there is room, and else over it; sentences are never cut into columns. Colour is
added last, so that it can't disturb the layout.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TextIO

from ..reading.text import as_json, many
from .claims import Claim, Figure, Lesson, Plain, is_near
from .signs import signs

__all__ = [
    "DIGITS",
    "Look",
    "Table",
    "as_data",
    "cells",
    "claim_lines",
    "comparison",
    "figure_lines",
    "lesson_lines",
    "overview_lines",
    "summary",
    "wants_colour",
]

HEADER = ("figure", "the document says", "the engine computes", "verdict")
DIGITS, ALL_DIGITS = 6, 17
_WORDS = {"agrees": "agrees", "differs as noted": "differs", "disagrees": "FAILS", "shown": "shown"}
_OURS = "ours"
_COLOURS = {"agrees": "32", "differs": "33", "FAILS": "1;31", "shown": "2", _OURS: "36", "title": "1", "faint": "2"}
_KINDS = {"agrees": "agrees", "errs": "differs", "omits": "differs", "disagrees": "FAILS", "ours": _OURS}
_LONGEST_LIST, _LONGEST_LINE, _SHORTEST_LINE = 8, 100, 40
_VERDICT = 7  # columns, of the longest word

_LEFT = ' style="text-align: left"'  # notebooks set numbers and text of a table to the right


@dataclass(frozen=True, slots=True)
class Look:
    """How text is laid out: columns, colour, the signs of mathematics or ASCII, digits of a number."""

    width: int = 80
    colour: bool = False
    signs: bool = False
    digits: int = DIGITS

    @classmethod
    def of(cls, stream: TextIO, digits: int = DIGITS) -> Look:
        """What suits a stream: as wide as its terminal, and the signs that its encoding has."""
        try:
            "ŷ∂σ₂ᵀ→".encode(getattr(stream, "encoding", None) or "ascii")
            has_signs = True
        except UnicodeEncodeError:
            has_signs = False
        return cls(max(shutil.get_terminal_size().columns, _SHORTEST_LINE), wants_colour(stream), has_signs, digits)

    def text(self, text: str) -> str:
        """A text of the lessons, its formulas in signs where there are any."""
        return signs(text) if self.signs else text

    def paint(self, text: str, style: str) -> str:
        """Text in a colour, or as it is."""
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if self.colour and text else text

    def lines(self, text: str, style: str = "", first: str = "", rest: str = "") -> Iterator[str]:
        """Whole sentences, broken between words; lines longer than a hundred columns are hard to read."""
        room = min(self.width, _LONGEST_LINE)
        # A short formula such as a = b - c stays on one line: textwrap breaks at ASCII spaces only.
        held = re.sub(r" ([-+=·×*]) (?=\S)", "\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", self.text(text))
        for line in _wrapped(held, room, first, rest):
            line = line.replace("\N{NO-BREAK SPACE}", " ")
            yield self.paint(line, style) if style else line


_PLAIN = Look()


def lesson_lines(lesson: Lesson, look: Look = _PLAIN) -> Iterator[str]:
    """The heading of a lesson."""
    yield look.paint(f"Lesson {lesson.number}: {lesson.title}", "title")
    yield from look.lines(lesson.about)
    yield look.paint(f"After the document {lesson.source}.", "faint")
    yield ""


def claim_lines(claim: Claim, figures: Sequence[Figure], look: Look = _PLAIN) -> Iterator[str]:
    """A claim, one line of text at a time: what the document says, the idea, the figures, and the verdict."""
    yield from look.lines(f"{claim.id}  {claim.title}", "title", rest=" " * (len(claim.id) + 2))
    yield from look.lines(f"The document: {claim.says}", first="  ", rest="  ")
    if claim.idea:
        yield from look.lines(f"The idea: {claim.idea}", first="  ", rest="  ")
    if figures:
        yield ""
        yield from figure_lines(figures, look)
        yield ""
    for kind, text in claim.verdicts(figures):
        yield from look.lines(text, _KINDS[kind], first="  ", rest="  ")
    if claim.graph is not None:
        yield look.paint(f"  Step through it: autograd step {claim.id}", "faint")
    yield ""


def figure_lines(figures: Sequence[Figure], look: Look = _PLAIN) -> Iterator[str]:
    """A row for each figure, with its note below it."""
    rows = [[*map(look.text, row[:3]), row[3]] for row in (cells(figure, look.digits) for figure in figures)]
    heads, limits, widths = ("", "document", "engine"), [], []
    room = look.width - 2 - 3 * 2 - _VERDICT  # an indent, and the gaps between four columns
    for i, share in enumerate((0.4, 0.5, 1.0)):  # of what is left; the engine's numbers take all that the others leave
        limits.append(int(room * share))
        widths.append(max([len(heads[i]), *(len(row[i]) for row in rows if len(row[i]) <= limits[i])]))
        room -= widths[i]

    def joined(row: Sequence[str]) -> str:
        return "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) + "  "

    def fit(row: Sequence[str], room: Sequence[int]) -> bool:
        return all(len(cell) <= limit for cell, limit in zip(row, room, strict=True))

    if any(fit(row[:3], limits) for row in rows):
        yield look.paint(joined(heads).rstrip(), "faint")
    for figure, (name, document, engine, word) in zip(figures, rows, strict=True):
        margin, verdict = len(joined(("", "", ""))), look.paint(word, word)
        if fit((document, engine), limits[1:]):
            if len(name) > limits[0]:
                yield from _wrapped(name, look.width)
                name = ""
            yield joined((name, document, engine)) + verdict
        else:  # each text on lines of its own
            *above, last = _wrapped(name, margin - 2)
            yield from above
            yield f"{last:<{margin}}{verdict}"
            for who, text in (("document", document), ("engine", engine)):
                if text != _NOTHING:
                    yield from _wrapped(text, min(look.width, _LONGEST_LINE), f"      {who:<8}  ", " " * 16)
        note = " ".join(filter(None, (comparison(figure, look.digits), figure.note)))
        yield from look.lines(note, "faint", first="      ", rest="      ")


def _wrapped(text: str, width: int, first: str = "  ", rest: str = "  ") -> list[str]:
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


_NOTHING = "-"  # what stands where the document prints nothing


def cells(figure: Figure, digits: int = DIGITS) -> tuple[str, str, str, str]:
    """A figure's name, what the document has, what the engine computes and the verdict, as the table shows them.

    Args:
        figure: what was computed.
        digits: of the engine's numbers; at least as many as the document printed, and all where fewer would hide a
            difference.
    """
    document = _NOTHING if figure.printed is None else figure.printed
    shown = _shown(figure.engine, _enough(figure, digits))
    return figure.name, document, shown, _OURS if figure.printed is None and figure.agrees else _WORDS[figure.verdict]


def comparison(figure: Figure, digits: int = DIGITS) -> str:
    """The number that the engine's was compared with, where six digits tell the two apart; else nothing."""
    if figure.reference is None or is_near(figure.reference, figure.engine, 1e-6, 1e-12):
        return ""
    return f"Compared with {_shown(figure.reference, _enough(figure, digits))}."


def _enough(figure: Figure, digits: int) -> int:
    with suppress(ArithmeticError):  # where it is no number
        digits = max(digits, len(Decimal(figure.printed or "").as_tuple().digits))
    differs = figure.agrees is False and figure.reference is not None
    return ALL_DIGITS if differs and _shown(figure.reference, digits) == _shown(figure.engine, digits) else digits


def _shown(x: Plain | None, digits: int) -> str:
    """A number, or a list of numbers, to so many digits; whole numbers whole."""
    if isinstance(x, list):
        flat = _flat(x)
        if len(flat) > _LONGEST_LIST:
            first, second, last = (_shown(item, digits) for item in (flat[0], flat[1], flat[-1]))
            return f"[{first}, {second}, ... {last}] ({len(flat)} numbers)"
        return f"[{', '.join([_shown(item, digits) for item in x])}]"
    if not isinstance(x, float) or digits >= ALL_DIGITS:
        return str(x)
    return str(int(x)) if x.is_integer() and abs(x) < 1e15 else f"{x:.{digits}g}"


def _flat(x: Plain) -> list[Plain]:
    return [number for item in x for number in _flat(item)] if isinstance(x, list) else [x]


def summary(figures: Iterable[Figure], look: Look = _PLAIN) -> Iterator[str]:
    """How many figures there are of each kind, what the words mean, and each figure that should agree and doesn't."""
    figures = list(figures)
    words = [cells(figure)[-1] for figure in figures]
    meanings = {
        "agrees": ("agrees", "agree"),
        "differs": ("differs where the document errs or is brief", "differ where the document errs or is brief"),
        _OURS: ("is a check of our own", "are checks of our own"),
        "shown": ("is shown only", "are shown only"),
        "FAILS": ("FAILS", "FAIL"),
    }
    told = [f"{n} {meaning[n > 1]}" for word, meaning in meanings.items() if (n := words.count(word))]
    yield from look.lines(f"{many(len(figures), 'number')}: {', '.join(told)}.", "title")
    yield from _failures(figures, look)


def _failures(figures: Iterable[Figure], look: Look) -> Iterator[str]:
    for figure in figures:
        if figure.failed:
            text = f"DISAGREES: {figure.name}: the document says {figure.printed}, the engine computes {figure.engine}"
            yield from look.lines(text, "FAILS", rest="  ")


def overview_lines(lesson: Lesson, results: Sequence[tuple[Claim, Sequence[Figure]]], look: Look) -> Iterator[str]:
    """A lesson in a few lines: what it teaches, how many claims agree, and where the document errs."""
    kinds = [verdict.kind for claim, figures in results for verdict in claim.verdicts(figures)[:1]]  # the gravest
    counted = [
        (len(results), "claim claims", "title"),
        (kinds.count("agrees") + kinds.count("ours"), "agrees agree", "agrees"),
        (kinds.count("omits"), "omits omit", "differs"),
        (kinds.count("errs"), "errs err", "differs"),
        (kinds.count("disagrees"), "FAILS FAIL", "FAILS"),
    ]
    told = [(f"{n} {words.split()[n > 1]}", style) for n, words, style in counted if n]
    title, painted = f"{lesson.number}  {lesson.title}", ", ".join(look.paint(text, style) for text, style in told)
    gap = " " if len(title) + sum([len(text) + 2 for text, _ in told]) < look.width else "\n   "
    yield from f"{look.paint(title, 'title')}:{gap}{painted}".split("\n")
    yield from look.lines(lesson.teaches or lesson.about, first="   ", rest="   ")
    for claim, _ in results:
        text = claim.errs or (f"leaves out {claim.omits}" if claim.id == lesson.main and claim.omits else "")
        if text:
            yield from look.lines(f"{claim.id:<5} {text}", "differs", first="   ", rest=" " * 9)
    yield from _failures([figure for _, figures in results for figure in figures], look)


def wants_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR is set to anything but the empty text, or it is dumb."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


# --- for notebooks ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """The figures of a claim: HTML in a notebook, 80 columns of text elsewhere.

    Args:
        claim: it is computed when the table is made, by :meth:`of`.
        figures: what it computed.
        left_out: how many figures differ from run to run and are not among them.

    Example:
        >>> from autograd.lessons.claims import exactly
        >>> Table.of(Claim("9.1", "Sums", "Two and two are four.", lambda: [exactly("2 + 2", "4", 2 + 2, 4)]))
                 document  engine
          2 + 2  4         4       agrees
        The engine agrees.
    """

    claim: Claim
    figures: tuple[Figure, ...]
    left_out: int = 0

    @classmethod
    def of(cls, claim: Claim, measured: bool = False) -> Table:
        """Compute a claim; `measured`: keep the figures that differ from run to run, such as times."""
        found = claim.run()
        kept = tuple([figure for figure in found if measured or not figure.measured])
        return cls(claim, kept, len(found) - len(kept))

    def __repr__(self) -> str:
        return "\n".join([*figure_lines(self.figures), *self._remarks()])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col"{_LEFT}>{name}</th>' for name in HEADER)
        body = "\n".join(row for figure in self.figures for row in _rows(figure))
        table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>" if body else ""
        return "\n".join([table, *(f"<p>{html.escape(signs(remark))}</p>" for remark in self._remarks())]).strip()

    def _remarks(self) -> Iterator[str]:
        yield from (verdict.text for verdict in self.claim.verdicts(self.figures))
        if self.left_out:
            yield (
                f"{many(self.left_out, 'figure')} measured on your machine, different in each run, "
                f'left out; to see: lessons.table("{self.claim.id}", measured=True)'
            )


def _rows(figure: Figure) -> Iterator[str]:
    name, document, engine, verdict = (html.escape(signs(cell)) for cell in cells(figure))
    yield f'<tr><th scope="row"{_LEFT}>{name}</th>' + "".join(
        f"<td{_LEFT}>{cell}</td>" for cell in (document, engine, verdict)
    ) + "</tr>"  # fmt: skip
    note = " ".join(filter(None, (comparison(figure), figure.note)))
    if note:
        yield f'<tr><td></td><td colspan="3"{_LEFT}><small>{html.escape(signs(note))}</small></td></tr>'


# --- as data ----------------------------------------------------------------------------------------------------------


def as_data(lesson: Lesson, results: Sequence[tuple[Claim, Sequence[Figure]]]) -> dict[str, Any]:
    """A lesson and its results as what JSON can hold: numbers at full precision, inf and nan as text."""
    texts = ("id", "title", "says", "idea", "errs", "omits", "status", "waits_for")
    claims = [
        {
            **{name: getattr(claim, name) or None for name in texts},
            "graph": claim.graph is not None,
            "figures": [_figure_data(figure) for figure in figures],
        }
        for claim, figures in results
    ]
    return {"number": lesson.number, "title": lesson.title, "source": lesson.source, "claims": claims}


def _figure_data(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "document": figure.printed,
        "engine": as_json(figure.engine),
        "compared_with": as_json(figure.reference),
        "agrees": figure.agrees,
        "should_agree": figure.should_agree,
        "verdict": figure.verdict,
        "measured": figure.measured,
        "note": figure.note,
    }
