"""The five documents as linked pages for a browser: what ``autograd site`` writes.

Pages of the site are an index, one for each document, one for each worked example and for each further picture. Every
text that goes into a page is escaped here, in the functions that write HTML, and `site.css` says how it looks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from html import escape
from importlib.resources import files
from typing import NamedTuple, TypeAlias

from ..errors import GraphError
from ..reading.trace import Trace
from ..render import to_html, to_svg
from ..render.page.drawing import style_variables
from ..render.page.equations import model_equations
from . import Claim, Figure, Lesson
from .report import HEADER, cells, comparison
from .signs import signs

__all__ = ["Page", "apart", "document", "figure_table", "pages", "picture", "table"]

Results: TypeAlias = Sequence[tuple[Lesson, Sequence[tuple[Claim, Sequence[Figure]]]]]
"""Lessons, each with its claims and the figures that these have computed."""

_TITLE = "Backpropagation in five documents, playable"

_MANY = {"agrees": "agree", "differs as noted": "differ as noted", "disagrees": "disagree", "shown": "shown"}

_SHORT = 8  # rows of a table that is open from the start

# These pages run no script and load nothing: all they need is their own style.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Page(NamedTuple):
    """A page: its file name, by which others link to it, and what makes its HTML."""

    name: str
    make: Callable[[], str]


def pages(results: Results) -> Iterator[Page]:
    """The pages, of which each is made when it is asked for; the index comes first, and runs do not differ."""
    yield Page("index.html", lambda: document(_TITLE, _index(results)))
    headings = {_address(lesson): _heading(lesson) for lesson, _ in results}
    titles = {views[0].address: _title(claim) for _, told in results for claim, _ in told if (views := _views(claim))}
    for lesson, claims in results:
        here = _address(lesson)
        yield Page(here, partial(_lesson, lesson, claims, [_ALL, *_neighbours(headings, here)]))
        for claim, figures in claims:
            for view in (views := _views(claim)):
                back = [(_heading(lesson), f"{here}#{_anchor(claim)}"), _ALL, *_neighbours(titles, views[0].address)]
                yield Page(view.address, partial(view.make, claim, figures, back))


_ALL = ("All lessons", "index.html")


def _neighbours(all: Mapping[str, str], address: str) -> list[tuple[str, str]]:
    """Links to what comes before and after one of all, which are texts by address."""
    addresses = list(all)
    k = addresses.index(address)
    before = [(f"← {all[other]}", other) for other in addresses[max(k - 1, 0) : k]]
    return before + [(f"{all[other]} →", other) for other in addresses[k + 1 : k + 2]]


class _View(NamedTuple):
    """A page of a claim's own: its file name, what a link to it says, and what makes its HTML."""

    address: str
    words: str
    make: Callable[[Claim, Sequence[Figure], list[tuple[str, str]]], str]


def _views(claim: Claim) -> list[_View]:
    played = _View(f"claim-{claim.id}.html", f"play {claim.id}", _played)
    pictured = _View(f"picture-{claim.id}.html", f"picture {claim.id}", _pictured)
    return [view for what, view in ((claim.graph, played), (claim.picture, pictured)) if what is not None]


def _index(results: Results) -> Iterator[str]:
    yield (
        "<p>Each claim of five documents on backpropagation: what it teaches, and whether the document is right. "
        "Worked examples play in the browser, step by step, forward and backward.</p>"
    )
    for lesson, claims in results:
        yield f"<section>\n<h2>{link(_address(lesson), _heading(lesson))}</h2>"
        yield from _paragraphs(lesson.teaches or lesson.about)
        rows = [
            (
                link(f"{_address(lesson)}#{_anchor(claim)}", _title(claim)),
                _text(claim.idea or claim.says),
                "<br>".join(_verdicts(claim, figures, ("The document ", "The engine "))),
                _to_see(claim),
            )
            for claim, figures in claims
        ]
        header = ("claim", "what is to be learnt", "the document", "to see")
        yield table(f"The claims of lesson {lesson.number}", header, rows)
        yield "</section>"


def _lesson(lesson: Lesson, claims: Sequence[tuple[Claim, Sequence[Figure]]], way: Sequence[tuple[str, str]]) -> str:
    body = [*_paragraphs(lesson.about), f'<p class="faint">After the document {escape(lesson.source)}.</p>']
    for claim, figures in claims:
        see = [f"<p>{_to_see(claim)}</p>"] if _views(claim) else []
        body += [
            f'<section id="{_anchor(claim)}">\n<h2>{_text(_title(claim))}</h2>',
            *_told(claim, figures),
            *_shown(claim),
            *see,
            *_numbers(claim, figures),
            "</section>",
        ]
    return document(_heading(lesson), body, links=way)


def _shown(claim: Claim) -> Iterator[str]:
    """The formulas and pictures of a claim, fit for a page that holds those of others."""
    found: list[tuple[str, str]] = []
    if claim.graph is not None:
        root = deepcopy(claim.graph()[0])  # whose gradients stay as they are
        root.backward()
        if equations := model_equations(Trace(root)):
            typeset = "".join(f"<math>{each}</math>" for each in equations)
            yield f'<div class="formulas" role="group" tabindex="0" aria-label="Formulas">{typeset}</div>'
        found.append((to_svg(root), f"The graph of claim {claim.id}, with its gradients"))
    if claim.picture is not None:
        found.append((claim.picture(), _title(claim)))
    for k, (svg, caption) in enumerate(found):
        prefix = f"{_anchor(claim)}-{k}-".replace(".", "-")  # in a style a dot begins a class
        yield picture(apart(svg, prefix), caption)


def _told(claim: Claim, figures: Sequence[Figure]) -> Iterator[str]:
    """A claim in words: what the document says, the idea, and the verdict."""
    yield from _paragraphs(claim.says, claim.idea)
    yield from (f"<p>{verdict}</p>" for verdict in _verdicts(claim, figures))


def _verdicts(claim: Claim, figures: Sequence[Figure], without: Sequence[str] = ()) -> list[str]:
    """The sentences of the verdict, `without` a subject that the heading of a column names."""
    found = []
    for kind, text in claim.verdicts(figures):
        for subject in without:
            text = text.removeprefix(subject)
        found.append(f'<span class="{kind}">{_text(text)}</span>')
    return found


def _numbers(claim: Claim, figures: Sequence[Figure]) -> Iterator[str]:
    """The numbers as a table, open where it is short."""
    if figures:
        is_open = " open" * (len(figures) <= _SHORT)
        verdicts = Counter(figure.verdict for figure in figures)
        told = ", ".join(f"{n} {verdict if n == 1 else _MANY[verdict]}" for verdict, n in verdicts.items())
        yield f"<details{is_open}>\n<summary>The numbers: {told}</summary>"
        yield figure_table(f"Claim {claim.id}: the document and the engine", figures)
        yield "</details>"


def _played(claim: Claim, figures: Sequence[Figure], back: list[tuple[str, str]]) -> str:
    """A worked example to play; of a graph that is too large for that, its picture."""
    assert claim.graph is not None
    title = _title(claim)
    said = [claim.says, claim.idea, *[text for _, text in claim.verdicts(figures)]]
    root, _ = claim.graph()
    try:
        return to_html(root, title=title, description=signs("\n".join(filter(None, said))), links=back)
    except GraphError:
        svg = to_svg(root, trace=Trace(root))
    body = [
        *_told(claim, figures),
        "<p>This graph is too large to play on a page. In a terminal, "
        f"<code>autograd step {escape(claim.id)}</code> steps through it.</p>",
        picture(svg, f"The graph of claim {claim.id}, in groups"),
    ]
    return document(title, body, links=back)


def _pictured(claim: Claim, figures: Sequence[Figure], back: list[tuple[str, str]]) -> str:
    assert claim.picture is not None
    body = [*_told(claim, figures), picture(claim.picture(), claim.title), *_numbers(claim, figures)]
    return document(_title(claim), body, links=back)


def _to_see(claim: Claim) -> str:
    return ", ".join(link(view.address, view.words) for view in _views(claim))


def _title(claim: Claim) -> str:
    return f"{claim.id} {claim.title}"


def _heading(lesson: Lesson) -> str:
    return f"Lesson {lesson.number}: {lesson.title}"


def _address(lesson: Lesson) -> str:
    return f"lesson-{lesson.number}.html"


def _anchor(claim: Claim) -> str:
    return f"claim-{claim.id}"


# --- pieces of HTML ---------------------------------------------------------------------------------------------------


def _text(text: str) -> str:
    """A text of the lessons, with the signs of mathematics."""
    return escape(signs(text))


def _paragraphs(*texts: str) -> Iterator[str]:
    return (f"<p>{_text(text)}</p>" for text in texts if text)


def document(title: str, body: Iterable[str], *, links: Sequence[tuple[str, str]] = ()) -> str:
    """A whole page, with a navigation above its heading and at its end for `links`, which are (text, address)."""
    way = "".join(f"<li>{link(address, words)}</li>" for words, address in links)
    above, below = (f'<nav aria-label="{name}"><ul>{way}</ul></nav>\n' if way else "" for name in ("Pages", "Go on"))
    style = style_variables() + files(__package__).joinpath("site.css").read_text("utf-8")
    content = "\n".join(body)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{_text(title)}</title>
<style>
{style}</style>
</head>
<body>
{above}<main>
<h1>{_text(title)}</h1>
{content}
</main>
{below}</body>
</html>
"""


def link(address: str, words: str) -> str:
    """A link."""
    return f'<a href="{escape(address)}">{_text(words)}</a>'


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
    rows = []
    for figure in figures:
        name, said, computed, verdict = cells(figure)
        computed = "(measured anew in each run)" if figure.measured else computed
        notes = [f"<small>{_text(note)}</small>" for note in (comparison(figure), figure.note) if note]
        word = f'<span class="{figure.verdict.split()[0]}">{escape(verdict)}</span>'
        rows.append((" ".join([_text(name), *notes]), _text(said), _text(computed), word))
    return table(caption, HEADER, rows)


def apart(svg: str, prefix: str) -> str:
    """A picture whose ids stand behind a prefix, for a page that holds several."""

    def named(found: re.Match[str]) -> str:
        return f'{found[1]}="{" ".join(prefix + id for id in found[2].split())}"'

    svg = re.sub(r'(?<=[\s])(id|aria-labelledby|aria-describedby)="([^"]*)"', named, svg)
    # A figure's rules for dark paper are for its id alone.
    svg = re.sub(r"<style>.*?</style>", lambda style: re.sub(r"(?<=[{}])#", f"#{prefix}", style[0]), svg)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}", svg)


def picture(svg: str, caption: str) -> str:
    """A picture as wide as the page; one with text too small for that scrolls, by finger and by keyboard."""
    bare, said = re.sub(r"\A\s*<\?xml.*?\?>\s*", "", svg).strip(), escape(caption)
    box = re.search(r'viewBox="\S+ \S+ (\S+) ', bare)
    legible = f' style="--legible: {_LEGIBLE * float(box[1]):.0f}px"' if box else ""
    return (
        f'<figure>\n<div class="wide" role="group" tabindex="0" aria-label="{said}"{legible}>\n{bare}\n</div>\n'
        f"<figcaption>{said}</figcaption>\n</figure>"
    )


_LEGIBLE = 0.9  # pixels for each unit of a picture: its smallest text, of 10 units, is then 9 pixels high
