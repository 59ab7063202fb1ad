"""Pieces of HTML. Every text that comes in is escaped here, and only here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from ..lessons import Figure
from ..lessons.report import HEADER, cells, comparison
from ..render.page.drawing import style_variables

__all__ = ["document", "figure_table", "link", "picture", "table", "text"]

# These pages run no script and load nothing: all they need is their own style.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def document(title: str, body: Iterable[str], *, links: Sequence[tuple[str, str]] = ()) -> str:
    """A whole page.

    Args:
        title: its heading, and its name in the browser.
        body: the HTML below the heading.
        links: what the navigation above it offers, as (text, address).
    """
    way = "".join(f"<li>{link(address, words)}</li>" for words, address in links)
    navigation = f'<nav aria-label="Pages"><ul>{way}</ul></nav>\n' if way else ""
    style = style_variables() + files(__package__).joinpath("site.css").read_text("utf-8")
    content = "\n".join(body)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{text(title)}</title>
<style>
{style}</style>
</head>
<body>
{navigation}<main>
<h1>{text(title)}</h1>
{content}
</main>
</body>
</html>
"""


def text(words: str) -> str:
    """Text as HTML.

    Example:
        >>> text('<a & "b">')
        '&lt;a &amp; &quot;b&quot;&gt;'
    """
    return escape(words)


def link(address: str, words: str) -> str:
    """A link.

    Example:
        >>> link("lesson-5.html", "Lesson 5")
        '<a href="lesson-5.html">Lesson 5</a>'
    """
    return f'<a href="{escape(address)}">{escape(words)}</a>'


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column names its rows; cells are HTML.

    The roles say again what the elements mean because a narrow screen shows each row as a list, and a browser forgets
    what a table's elements mean once a style shows them as something else.
    """
    head = "".join(f'<th role="columnheader" scope="col">{text(name)}</th>' for name in header)
    lines = []
    for first, *more in rows:
        named = [
            f'<td role="cell" data-column="{text(name)}">{cell}</td>'
            for name, cell in zip(header[1:], more, strict=True)
        ]
        lines.append(f'<tr role="row"><th role="rowheader" scope="row">{first}</th>{"".join(named)}</tr>\n')
    return (
        f'<table role="table">\n<caption>{text(caption)}</caption>\n'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{"".join(lines)}</tbody>\n</table>'
    )


def figure_table(caption: str, figures: Iterable[Figure]) -> str:
    """What the document says beside what the engine computes, as the lessons' text shows it.

    Example:
        >>> from autograd.lessons.claims import printed
        >>> html = figure_table("Claim 9.1", [printed("a1", "6", 6.0)])
        >>> '<td role="cell" data-column="agrees"><span class="yes">yes</span></td>' in html
        True
    """
    return table(caption, HEADER, map(_figure_cells, figures))


def _figure_cells(figure: Figure) -> tuple[str, ...]:
    name, said, computed, verdict = cells(figure)
    if figure.measured:
        computed = "(measured anew in each run)"
    notes = [f"<small>{text(note)}</small>" for note in (comparison(figure), figure.note) if note]
    return (
        " ".join([text(name), *notes]),
        text(said),
        text(computed),
        f'<span class="{_VERDICTS[figure.verdict]}">{text(verdict)}</span>',
    )


_VERDICTS = {"agrees": "yes", "differs as noted": "differs", "disagrees": "no", "shown": "shown"}


def picture(svg: str, caption: str) -> str:
    """A picture that may be wider than the page: then it scrolls, by finger and by keyboard."""
    bare = re.sub(r"\A\s*<\?xml.*?\?>\s*", "", svg)
    return (
        f'<figure>\n<div class="wide" role="group" tabindex="0" aria-label="{text(caption)}">\n{bare.strip()}\n</div>\n'
        f"<figcaption>{text(caption)}</figcaption>\n</figure>"
    )
