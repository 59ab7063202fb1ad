"""The commands `lessons`, `lesson` and `site`: the five documents as text, data, pictures and pages."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from .. import lessons
from ..errors import ArgumentError, GraphError, GraphvizMissingError, shown, visible
from ..lessons import Claim, Figure, Lesson, report
from ..lessons.claims import exit_status
from ..render import drawing
from ..render.engine import find_dot
from .output import complain, make_directory, page, print_data, print_lines, watched

__all__ = ["lesson_and_claim", "run_lesson", "run_lessons", "run_site", "title_of"]

_STDOUT = Path("-")

Chosen = Sequence[tuple[Lesson, Sequence[Claim]]]


File = tuple[Path, Callable[[], bytes]]
"""A file to write, and what makes its content."""


def lesson_and_claim(number: str, claim: str | None = None) -> tuple[Lesson, str | None]:
    """What is meant by 5, by 5.3 or by both: a lesson, and the id of one of its claims, or None."""
    whole, dot, _ = number.partition(".")
    if dot and claim is None:
        return lesson_and_claim(whole, number)
    if not (number.isdecimal() and number.isascii()):
        known = ", ".join(str(lesson.number) for lesson in lessons.all())
        raise ArgumentError(f"there is no lesson {number!r}; the lessons are {known}")
    lesson = lessons.get(int(number))
    other = re.fullmatch(r"([0-9]+)\.[0-9]+", claim or "")
    if other and int(other[1]) != lesson.number and int(other[1]) in [each.number for each in lessons.all()]:
        raise ArgumentError(f"claim {claim} belongs to lesson {other[1]}: autograd lesson {claim}")
    return lesson, claim


def title_of(lesson: Lesson, claim: str | None) -> str:
    """What a worked example is called: by its claim, or as the lesson's own."""
    return f"Lesson {lesson.number}: {lesson.title}" if claim is None else f"Claim {claim}: {lesson.claim(claim).title}"


def run_lessons(options: argparse.Namespace) -> int:
    """Print where all documents stand, or every number of theirs, after drawing what is asked for.

    Returns the exit status.
    """
    if options.number is not None:
        raise ArgumentError(f"lessons are all five; for one: autograd lesson {shown(options.number)}")
    chosen = [(lesson, lesson.claims) for lesson in lessons.all()]
    files: list[File] = []
    if options.pictures is not None:
        make_directory(options.pictures)
        drawn = [(lesson, claim.id) for lesson, claims in chosen for claim in claims if claim.graph or claim.picture]
        files = [_drawing(options.pictures / f"lesson-{claim}.svg", lesson, claim) for lesson, claim in drawn]
    written, drawing_status = _write_all(files)
    if options.json or options.all:
        figures = _print_json(chosen) if options.json else _print_text(chosen, options.digits)
    else:
        figures = _print_overview(chosen)
    if written:
        _say(f"wrote {len(written)} pictures into {visible(str(options.pictures))}", options.json)
    if not (options.json or options.all):
        print_lines(report.Look.of(sys.stdout).lines(_NEXT))
    return max(drawing_status, exit_status(figures))


_NEXT = "Next: autograd lesson 5.3 (one claim), step 5.3 (walk through), lessons --all"


def run_lesson(options: argparse.Namespace) -> int:
    """Print one lesson, or one claim, after writing the files that are asked for; return the exit status."""
    lesson, claim = lesson_and_claim(options.number, options.claim)
    chosen = [(lesson, [lesson.claim(claim)] if claim else lesson.claims)]
    asked = [(kind, path) for kind, path in (("svg", options.svg), ("html", options.html)) if path is not None]
    if any(path == _STDOUT for _, path in asked):
        if options.json or options.open or len(asked) > 1:
            raise ArgumentError("one thing at a time goes to standard output: - stands alone, without --json or --open")
        _, content = _drawing(_STDOUT, lesson, claim, asked[0][0])
        print(content().decode("utf-8"), end="")
        return 0
    if options.open and not asked:
        asked = [_of_its_own(lesson, claim)]
    # A picture that can't be made is bad input (2) when it is asked for by name, so drawing comes first.
    written, drawing_status = _write_all([_drawing(path, lesson, claim, kind) for kind, path in asked])
    figures = _print_json(chosen) if options.json else _print_text(chosen, options.digits)
    for path in written:
        _say(f"wrote {visible(str(path))}", options.json)
    if options.open and written:
        _open(written[-1])  # the page, if there is one
    order = [each.id for each in lesson.claims] if claim else [str(each.number) for each in lessons.all()]
    following = order[order.index(claim or str(lesson.number)) + 1 :]
    if following and not options.json:
        print(f"Next: autograd lesson {following[0]}")
    return max(drawing_status, exit_status(figures))


def _of_its_own(lesson: Lesson, claim: str | None) -> tuple[str, Path]:
    """A file for what --open shows where no file is named: the page that plays a graph, or the picture of a claim."""
    kind = "svg" if claim and lesson.claim(claim).graph is None and lesson.claim(claim).picture else "html"
    with tempfile.NamedTemporaryFile(prefix=f"lesson-{claim or lesson.number}-", suffix=f".{kind}", delete=False) as f:
        return kind, Path(f.name)


def _open(path: Path) -> None:
    if not webbrowser.open(path.resolve().as_uri()):
        complain(f"found no browser; open {path.resolve()} in yours")


def _say(text: str, as_json: bool) -> None:
    """Tell what was written, beside data on stderr."""
    if (stream := sys.stderr if as_json else sys.stdout) is not None:
        print(text, file=stream)


def run_site(options: argparse.Namespace) -> int:
    """Write all lessons as linked pages, and show them in a browser; return the exit status."""
    from ..lessons.site import Page, pages  # costs time that whoever reads in the terminal need not pay

    def file_of(page: Page) -> File:
        return options.directory / page.name, lambda: page.make().encode("utf-8")

    make_directory(options.directory)
    results = [(lesson, list(_computed(lesson.claims))) for lesson in lessons.all()]
    # dot is looked for before the first page, so that none is left that leads nowhere.
    written, status = _write_all(list(map(file_of, pages(results))), find_dot)
    if status:
        return status
    print(f"wrote {len(written)} pages; open {visible(str(written[0]))} in a browser")
    if options.open:
        _open(written[0])
    return exit_status(figure for _, found in results for _, figures in found for figure in figures)


def _drawing(path: Path, lesson: Lesson, claim: str | None, kind: str = "svg") -> File:
    """A worked example as what the file's end says, on standard output as `kind`.

    Of a claim without one it is the figure that it has instead.
    """
    kind = kind if path == _STDOUT else drawing.kind_of(path)

    def content() -> bytes:
        chosen = None if claim is None else lesson.claim(claim)
        if chosen is not None and chosen.graph is None and chosen.picture is not None:
            if kind != "svg":
                raise ArgumentError(f"claim {claim} has a figure, and no graph; it is drawn as .svg, not {path.name!r}")
            return chosen.picture().encode("utf-8")
        root, _ = lesson.graph(claim)
        if kind == "html":
            about = lesson.about if chosen is None else chosen.says
            return drawing.rendered(root, kind, title=title_of(lesson, claim), description=about)
        root.backward()  # a picture shows the gradients too
        return drawing.rendered(root, kind)

    return path, content


def _write_all(files: Sequence[File], first: Callable[[], object] = lambda: None) -> tuple[list[Path], int]:
    """Write files after doing something first; return the paths of those written, and 1 if one could not be drawn."""
    written: list[Path] = []
    try:
        first()
        for (path, _), made in watched(files, lambda file: file[1](), lambda file: file[0].name):
            drawing.replace_file(path, made)
            written.append(path)
    except (GraphvizMissingError, GraphError) as error:
        complain(error)
        return written, 1
    return written, 0


def _computed(claims: Sequence[Claim]) -> Iterator[tuple[Claim, Sequence[Figure]]]:
    return watched(claims, Claim.run, lambda claim: f"{claim.id} {claim.title}")


def _print_overview(chosen: Chosen) -> list[Figure]:
    """A screen: of each document what it teaches, and where it errs."""
    look = report.Look.of(sys.stdout)
    found: list[Figure] = []
    print_lines(look.lines("Five documents on backpropagation: what they teach, and where they err.", "faint"))
    for lesson, claims in chosen:
        results = list(_computed(claims))
        print_lines(report.overview_lines(lesson, results, look))
        found += [figure for _, figures in results for figure in figures]
    return found


def _print_text(chosen: Chosen, digits: int) -> list[Figure]:
    """Every claim; whole lessons through a pager."""
    look = report.Look.of(sys.stdout, digits)
    found: list[Figure] = []

    def lines() -> Iterator[str]:
        for lesson, claims in chosen:
            yield from report.lesson_lines(lesson, look) if len(claims) > 1 else ()
            for claim, figures in _computed(claims):
                yield from report.claim_lines(claim, figures, look)
                found.extend(figures)
        yield from report.summary(found, look)

    page(lines()) if len(chosen[0][1]) > 1 else print_lines(lines())
    return found


def _print_json(chosen: Chosen) -> list[Figure]:
    results = [(lesson, list(_computed(claims))) for lesson, claims in chosen]
    figures = [figure for _, found in results for _, several in found for figure in several]
    told = [report.as_data(lesson, found) for lesson, found in results]
    print_data({"ok": exit_status(figures) == 0, "lessons": told})
    return figures
