"""The figures of a claim as a table that a notebook shows."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass

from .claims import Claim, Figure
from .report import HEADER, cells, comparison, figure_lines

__all__ = ["Table"]

_LEFT = ' style="text-align: left"'  # notebooks set numbers and text of a table to the right


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
