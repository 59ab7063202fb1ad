"""Lessons as text of three columns, as a table in a notebook, and as data.

Text is at most 80 columns wide and plain ASCII but for what a lesson itself quotes; colour is added last, so that
it can't disturb the layout.
"""

from __future__ import annotations

import html
import math
import os
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, TextIO

from .claims import Claim, Figure, Lesson, Plain

__all__ = [
    "Table",
    "as_data",
    "cells",
    "claim_lines",
    "comparison",
    "figure_lines",
    "lesson_lines",
    "summary",
    "wants_colour",
]

WIDTH = 80
HEADER = ("figure", "the document says", "the engine computes", "agrees")
_COLUMNS = (19, 20, 25, 7)  # name, document, engine, verdict; with an indent of 2 and gaps of 2 they make 79
_SHORT = {"agrees": "yes", "differs as noted": "differs", "disagrees": "NO", "shown": "-"}
_COLOURS = {"yes": "32", "differs": "33", "NO": "1;31", "-": "2", "title": "1", "faint": "2"}
_LONGEST_LIST = 8

_LEFT = ' style="text-align: left"'  # notebooks set numbers and text of a table to the right


def lesson_lines(lesson: Lesson, colour: bool = False) -> Iterator[str]:
    """The heading of a lesson."""
    yield _paint(f"Lesson {lesson.number}: {lesson.title}", "title", colour)
    yield _paint(f"after the document {lesson.source}", "faint", colour)
    yield ""


def claim_lines(claim: Claim, figures: Sequence[Figure], colour: bool = False) -> Iterator[str]:
    """A claim and its figures, one line of text at a time."""
    head = textwrap.wrap(f"{claim.id}  {claim.title}", WIDTH, subsequent_indent=" " * (len(claim.id) + 2))
    yield from (_paint(line, "title", colour) for line in head)
    yield from textwrap.wrap(claim.says, WIDTH, initial_indent="  ", subsequent_indent="  ")
    if claim.waits_for:
        waits = f"to come, with {claim.waits_for}" if not figures else f"the rest is to come, with {claim.waits_for}"
        wrapped = textwrap.wrap(waits, WIDTH, initial_indent="  ", subsequent_indent="  ")
        yield from (_paint(line, "faint", colour) for line in wrapped)
    if figures:
        yield ""
        yield from figure_lines(figures, colour)
    if claim.graph is not None:
        yield _paint(f"  Step through it: autograd step {claim.id}", "faint", colour)
    yield ""


def figure_lines(figures: Iterable[Figure], colour: bool = False) -> Iterator[str]:
    """A header and the lines of every figure."""
    yield _paint(_row(HEADER), "faint", colour)
    for figure in figures:
        yield from _one_figure(figure, colour)


def _one_figure(figure: Figure, colour: bool) -> Iterator[str]:
    row = cells(figure)
    verdict = row[-1]
    for number, line in enumerate(_wrapped_row(row)):
        text = line.rstrip()
        if number == 0:
            text = text.removesuffix(verdict) + _paint(verdict, verdict, colour)
        yield text
    for text in (comparison(figure), figure.note):
        yield from textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="    ")


def cells(figure: Figure) -> tuple[str, str, str, str]:
    """A figure's name, what the document has, what the engine computes and the verdict, as the table shows them."""
    document = "(not printed)" if figure.printed is None else figure.printed
    return figure.name, document, _cell(figure.engine), _SHORT[figure.verdict]


def comparison(figure: Figure) -> str:
    """The number that the engine's was compared with, where six digits tell the two apart; else nothing."""
    if figure.reference is None or _alike(figure.reference, figure.engine):
        return ""
    return f"Compared with {_cell(figure.reference, '.6g' if isinstance(figure.reference, list) else '')}."


def _cell(x: Plain, spec: str = "") -> str:
    if not isinstance(x, list):
        return str(x) if not isinstance(x, float) else format(x, spec) if spec else repr(x)
    flat = list(_flat(x))
    if len(flat) > _LONGEST_LIST:
        return f"[{_cell(flat[0], spec)}, {_cell(flat[1], spec)}, ... {_cell(flat[-1], spec)}] ({len(flat)} numbers)"
    return f"[{', '.join([_cell(item, spec) for item in x])}]"


def _flat(x: Plain) -> Iterator[Plain]:
    if isinstance(x, list):
        for item in x:
            yield from _flat(item)
    else:
        yield x


def _alike(x: Plain, y: Plain) -> bool:
    if isinstance(x, list) and isinstance(y, list):
        return len(x) == len(y) and all(map(_alike, x, y))
    if isinstance(x, int | float) and isinstance(y, int | float):
        return math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-12)
    return x == y


def _wrapped_row(cells: Sequence[str]) -> Iterator[str]:
    columns = [textwrap.wrap(cell, width, break_on_hyphens=False) for cell, width in zip(cells, _COLUMNS, strict=True)]
    for parts in zip_longest(*columns, fillvalue=""):
        yield _row(parts)


def _row(cells: Sequence[str]) -> str:
    return "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, _COLUMNS, strict=True)).rstrip()


def summary(figures: Iterable[Figure], to_come: int = 0, colour: bool = False) -> Iterator[str]:
    """How many figures agree, and each one that should and doesn't."""
    figures = list(figures)
    verdicts = [figure.verdict for figure in figures]
    counts = [f"{verdicts.count(verdict)} {verdict if s == '-' else s}" for verdict, s in _SHORT.items()]
    yield _paint(
        f"{len(figures)} figures: {', '.join(counts)}" + (f"; claims to come: {to_come}" if to_come else ""),
        "title",
        colour,
    )
    legend = []
    if "differs as noted" in verdicts:
        legend.append('"differs": as it should, and the note says why')
    if any(figure.agrees and figure.printed is None for figure in figures):
        legend.append('"yes" beside "(not printed)": it passes a check of ours, mostly its formula in plain floats')
    if "shown" in verdicts:
        legend.append('"-": shown, and compared with nothing')
    yield from (_paint(line, "faint", colour) for text in legend for line in textwrap.wrap(text, WIDTH))
    for figure in figures:
        if figure.failed:
            text = f"DISAGREES: {figure.name}: the document says {figure.printed}, the engine computes {figure.engine}"
            yield from (_paint(part, "NO", colour) for part in textwrap.wrap(text, WIDTH, subsequent_indent="  "))


def wants_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR is set to anything but the empty text, or it is dumb."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def _paint(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if colour and text else text


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
          figure               the document says     the engine computes        agrees
          2 + 2                4                     4                          yes
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
        lines = list(figure_lines(self.figures)) if self.figures else []
        return "\n".join([*lines, *self._remarks()])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col"{_LEFT}>{name}</th>' for name in HEADER)
        body = "\n".join(row for figure in self.figures for row in _rows(figure))
        table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>" if body else ""
        return "\n".join([table, *(f"<p>{html.escape(remark)}</p>" for remark in self._remarks())]).strip()

    def _remarks(self) -> Iterator[str]:
        if self.left_out:
            yield (
                f"{self.left_out} figure{'s' * (self.left_out != 1)} measured on your machine, different in each run, "
                f'left out; to see: lessons.table("{self.claim.id}", measured=True)'
            )
        if self.claim.waits_for:
            rest = "the rest is to come, with" if self.figures else "to come, with"
            yield f"{rest} {self.claim.waits_for}"


def _rows(figure: Figure) -> Iterator[str]:
    name, document, engine, verdict = map(html.escape, cells(figure))
    yield f'<tr><th scope="row"{_LEFT}>{name}</th>' + "".join(
        f"<td{_LEFT}>{cell}</td>" for cell in (document, engine, verdict)
    ) + "</tr>"  # fmt: skip
    note = " ".join(filter(None, (comparison(figure), figure.note)))
    if note:
        yield f'<tr><td></td><td colspan="3"{_LEFT}><small>{html.escape(note)}</small></td></tr>'


# --- as data ----------------------------------------------------------------------------------------------------------


def as_data(lesson: Lesson, results: Sequence[tuple[Claim, Sequence[Figure]]]) -> dict[str, Any]:
    """A lesson and its results as what JSON can hold: numbers at full precision, inf and nan as text."""
    return {
        "number": lesson.number,
        "title": lesson.title,
        "source": lesson.source,
        "claims": [
            {
                "id": claim.id,
                "title": claim.title,
                "says": claim.says,
                "status": claim.status,
                "waits_for": claim.waits_for or None,
                "graph": claim.graph is not None,
                "figures": [_figure_data(figure) for figure in figures],
            }
            for claim, figures in results
        ],
    }


def _figure_data(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "document": figure.printed,
        "engine": _json_number(figure.engine),
        "compared_with": _json_number(figure.reference),
        "agrees": figure.agrees,
        "should_agree": figure.should_agree,
        "verdict": figure.verdict,
        "measured": figure.measured,
        "note": figure.note,
    }


def _json_number(x: Plain | None) -> Any:
    if isinstance(x, list):
        return [_json_number(item) for item in x]
    return str(x) if isinstance(x, float) and not math.isfinite(x) else x
