"""The five documents as linked pages for a browser: what ``autograd site`` writes.

Pages of the site are an index, one for each document, one for each worked example and for each further picture. Every
text that goes into a page is escaped here, in the functions that write HTML, and `site.css` says how it looks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from typing import NamedTuple, TypeAlias

from ..errors import GraphError
from ..render import to_html, to_svg
from ..render.page.drawing import style_variables
from . import Claim, Figure, Lesson
from .report import HEADER, cells, comparison

__all__ = ["Page", "document", "figure_table", "pages", "picture", "table"]

Results: TypeAlias = Sequence[tuple[Lesson, Sequence[tuple[Claim, Sequence[Figure]]]]]
"""Lessons, each with its claims and the figures that these have computed."""

_TITLE = "Backpropagation in five documents, playable"

_MANY = {"agrees": "agree", "differs as noted": "differ as noted", "disagrees": "disagree", "shown": "shown"}

_VERDICTS = {"agrees": "yes", "differs as noted": "differs", "disagrees": "no", "shown": "shown"}

# These pages run no script and load nothing: all they need is their own style.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Page(NamedTuple):
    """A page: its file name, by which others link to it, and its HTML."""

    name: str
    text: str


def pages(results: Results) -> Iterator[Page]:
    """Make the pages, one at a time; the index comes first. The same results give the same pages in every run."""
    yield Page("index.html", document(_TITLE, _index(results)))
    shown = [claim for _, claims in results for claim, _ in claims if _pages_of(claim)]
    for lesson, claims in results:
        others = [(f"Lesson {other.number}", _address(other)) for other, _ in results if other is not lesson]
        way = [("All lessons", "index.html"), *others]
        yield Page(_address(lesson), document(_heading(lesson), _lesson(lesson, claims), links=way))
        for claim, figures in claims:
            back = [(_heading(lesson), f"{_address(lesson)}#{_anchor(claim)}"), ("All lessons", "index.html")]
            back += _beside(claim, shown)
            if claim.graph is not None:
                yield Page(_played_at(claim), _played(claim, figures, back))
            if claim.picture is not None:
                body = [*_said(claim, figures), picture(claim.picture(), claim.title)]
                if figures:
                    body.append(figure_table(f"Claim {claim.id}: the document and the engine", figures))
                yield Page(_pictured_at(claim), document(f"{claim.id}  {claim.title}", body, links=back))


def _pages_of(claim: Claim) -> list[str]:
    """The pages that a claim has of its own."""
    offered = [(claim.graph, _played_at(claim)), (claim.picture, _pictured_at(claim))]
    return [address for there, address in offered if there is not None]


def _beside(claim: Claim, shown: Sequence[Claim]) -> list[tuple[str, str]]:
    """Links to the claims before and after this one."""
    at = shown.index(claim) if claim in shown else 0
    before, after = shown[max(at - 1, 0) : at], shown[at + 1 : at + 2]
    return [
        *[(f"← {other.id} {other.title}", _pages_of(other)[0]) for other in before],
        *[(f"{other.id} {other.title} →", _pages_of(other)[0]) for other in after],
    ]


def _verdict(figures: Sequence[Figure]) -> str:
    """The verdict of a claim in words; nothing where nothing was computed."""
    return f"The document beside the engine, in figures: {_count(figures)}." if figures else ""


def _said(claim: Claim, figures: Sequence[Figure]) -> list[str]:
    """What the document says, and the verdict, as paragraphs."""
    return [f"<p>{escape(text)}</p>" for text in (claim.says, _verdict(figures)) if text]


def _index(results: Results) -> Iterator[str]:
    yield (
        "<p>Each claim of five documents on backpropagation: what the document says, what the engine computes, and "
        "whether the two agree. Worked examples play in the browser, step by step, forward and backward.</p>"
    )
    for lesson, claims in results:
        yield f"<section>\n<h2>{link(_address(lesson), _heading(lesson))}</h2>"
        yield f"<p>{escape(lesson.about)}</p>" if lesson.about else ""
        header = ("claim", "status", "figures", "to see")
        rows = [
            (
                link(f"{_address(lesson)}#{_anchor(claim)}", f"{claim.id} {claim.title}"),
                escape(claim.status),
                escape(_count(figures)),
                _to_see(claim),
            )
            for claim, figures in claims
        ]
        yield table(f"The claims of lesson {lesson.number}", header, rows)
        yield "</section>"


def _lesson(lesson: Lesson, claims: Sequence[tuple[Claim, Sequence[Figure]]]) -> Iterator[str]:
    yield f"<p>{escape(lesson.about)}</p>" if lesson.about else ""
    source = escape(lesson.source)
    yield f'<p class="faint">After the document {source}. "differs": as it should, and the verdict says why. '
    yield '"ours": the document prints nothing there, and a check of ours passes. "shown": compared with nothing.</p>'
    for claim, figures in claims:
        yield f'<section id="{_anchor(claim)}">\n<h2>{escape(claim.id)} {escape(claim.title)}</h2>'
        yield f"<p>{escape(claim.says)}</p>"
        if claim.waits_for:
            rest = "The rest is to come" if figures else "To come"
            yield f'<p class="faint">{rest}, with {escape(claim.waits_for)}.</p>'
        if figures:
            yield figure_table(f"Claim {claim.id}: the document and the engine", figures)
        if see := _to_see(claim):
            yield f"<p>{see}</p>"
        yield "</section>"


def _played(claim: Claim, figures: Sequence[Figure], back: list[tuple[str, str]]) -> str:
    """A worked example to play; of a graph that is too large for that, its picture."""
    assert claim.graph is not None
    title = f"{claim.id} {claim.title}"
    root, _ = claim.graph()
    try:
        return to_html(root, title=title, description=f"{claim.says}\n{_verdict(figures)}", links=back)
    except GraphError:
        root.backward()
        svg = to_svg(root)
    body = [
        *_said(claim, figures),
        "<p>This graph is too large to play on a page. In a terminal, "
        f"<code>autograd step {escape(claim.id)}</code> steps through it.</p>",
        picture(svg, f"The graph of claim {claim.id}, in groups"),
    ]
    return document(title, body, links=back)


def _to_see(claim: Claim) -> str:
    offered = [(claim.graph, _played_at(claim), "worked example"), (claim.picture, _pictured_at(claim), "picture")]
    return ", ".join(link(address, f"{words} {claim.id}") for there, address, words in offered if there is not None)


def _count(figures: Sequence[Figure]) -> str:
    """How many figures there are, by verdict."""
    verdicts = Counter(figure.verdict for figure in figures)
    return ", ".join(f"{n} {verdict if n == 1 else _MANY[verdict]}" for verdict, n in verdicts.items())


def _heading(lesson: Lesson) -> str:
    return f"Lesson {lesson.number}: {lesson.title}"


def _address(lesson: Lesson) -> str:
    return f"lesson-{lesson.number}.html"


def _played_at(claim: Claim) -> str:
    return f"claim-{claim.id}.html"


def _pictured_at(claim: Claim) -> str:
    return f"picture-{claim.id}.html"


def _anchor(claim: Claim) -> str:
    return f"claim-{claim.id}"


# --- pieces of HTML ---------------------------------------------------------------------------------------------------


def document(title: str, body: Iterable[str], *, links: Sequence[tuple[str, str]] = ()) -> str:
    """A whole page, with a navigation above its heading for `links`, which are (text, address)."""
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
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
{navigation}<main>
<h1>{escape(title)}</h1>
{content}
</main>
</body>
</html>
"""


def link(address: str, words: str) -> str:
    """A link."""
    return f'<a href="{escape(address)}">{escape(words)}</a>'


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column names its rows; cells are HTML."""
    # The roles say again what the elements mean: a narrow screen shows each row as a list, and a browser forgets what
    # a table's elements mean once a style shows them as something else.
    head = "".join(f'<th role="columnheader" scope="col">{escape(name)}</th>' for name in header)
    lines = []
    for first, *more in rows:
        named = [
            f'<td role="cell" data-column="{escape(name)}">{cell}</td>'
            for name, cell in zip(header[1:], more, strict=True)
        ]
        lines.append(f'<tr role="row"><th role="rowheader" scope="row">{first}</th>{"".join(named)}</tr>\n')
    return (
        f'<table role="table">\n<caption>{escape(caption)}</caption>\n'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{"".join(lines)}</tbody>\n</table>'
    )


def figure_table(caption: str, figures: Iterable[Figure]) -> str:
    """What the document says beside what the engine computes, as the lessons' text shows it."""
    return table(caption, HEADER, map(_figure_cells, figures))


def _figure_cells(figure: Figure) -> tuple[str, ...]:
    name, said, computed, verdict = cells(figure)
    if figure.measured:
        computed = "(measured anew in each run)"
    notes = [f"<small>{escape(note)}</small>" for note in (comparison(figure), figure.note) if note]
    return (
        " ".join([escape(name), *notes]),
        escape(said),
        escape(computed),
        f'<span class="{_VERDICTS[figure.verdict]}">{escape(verdict)}</span>',
    )


def picture(svg: str, caption: str) -> str:
    """A picture that may be wider than the page: then it scrolls, by finger and by keyboard."""
    bare, said = re.sub(r"\A\s*<\?xml.*?\?>\s*", "", svg).strip(), escape(caption)
    return (
        f'<figure>\n<div class="wide" role="group" tabindex="0" aria-label="{said}">\n{bare}\n</div>\n'
        f"<figcaption>{said}</figcaption>\n</figure>"
    )
