"""The commands `lessons`, `lesson` and `site`: the five documents as text, data, pictures and pages."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .. import __version__, lessons
from ..errors import ArgumentError, GraphError, GraphvizMissingError, visible
from ..lessons import Claim, Figure, Lesson, report
from ..lessons.claims import exit_status
from .output import complain, make_directory, print_lines, write

__all__ = ["lesson_of", "run_lessons", "run_site", "title_of"]

_STDOUT = Path("-")

Chosen = Sequence[tuple[Lesson, Sequence[Claim]]]


class _File(NamedTuple):
    """A file to write, and what makes its text."""

    path: Path
    content: Callable[[], bytes]


def lesson_of(text: str) -> Lesson:
    """The lesson that an argument names."""
    if text.isdecimal() and text.isascii():
        return lessons.get(int(text))
    number, dot, _ = text.partition(".")
    hint = f"; one claim is: autograd lesson {number} {text}" if dot and number.isdecimal() else ""
    known = ", ".join(str(lesson.number) for lesson in lessons.all())
    raise ArgumentError(f"there is no lesson {text!r}; the lessons are {known}{hint}")


def title_of(lesson: Lesson, claim: str | None) -> str:
    """What a worked example is called: by its claim, or as the lesson's own."""
    return f"Lesson {lesson.number}: {lesson.title}" if claim is None else f"Claim {claim}: {lesson.claim(claim).title}"


def run_lessons(options: argparse.Namespace) -> int:
    """Print all lessons, or one, or one claim, after writing the files that are asked for; return the exit status."""
    files: list[_File] = []
    chosen: Chosen
    if options.command == "lessons":
        chosen = [(lesson, lesson.claims) for lesson in lessons.all()]
        if options.pictures is not None:
            make_directory(options.pictures)
            drawn = [(lesson, claim) for lesson, claims in chosen for claim in claims if claim.graph or claim.picture]
            files = [_drawing(options.pictures / f"lesson-{claim.id}.svg", lesson, claim.id) for lesson, claim in drawn]
    else:
        lesson = lesson_of(options.number)
        chosen = [(lesson, [lesson.claim(options.claim)] if options.claim else lesson.claims)]
        asked = [("svg", options.svg), ("html", options.html)]
        files = [_drawing(path, lesson, options.claim, kind) for kind, path in asked if path is not None]
        if any(path == _STDOUT for _, path in asked):
            if options.json or len(files) > 1:
                raise ArgumentError("one thing at a time goes to standard output: - stands alone, without --json")
            print(files[0].content().decode("utf-8"), end="")
            return 0
    # A picture that can't be made is bad input (2) when it is asked for by name, so drawing comes first.
    written, drawing_status = _write_all(files)
    figures = _print_json(chosen) if options.json else _print_text(chosen)
    for path in written:
        if (stream := sys.stderr if options.json else sys.stdout) is not None:
            print(f"wrote {visible(str(path))}", file=stream)
    return max(drawing_status, exit_status(figures))


def run_site(directory: Path) -> int:
    """Write all lessons as linked pages; return the exit status."""
    from ..lessons.site import pages
    from ..render.engine import find_dot

    make_directory(directory)
    results = [(lesson, [(claim, claim.run()) for claim in lesson.claims]) for lesson in lessons.all()]
    count = 0
    try:
        find_dot()  # before the first page, so that none is left that leads nowhere
        for page in pages(results):
            write(directory / page.name, page.text)
            count += 1
    except (GraphvizMissingError, GraphError) as error:
        complain(error)
        return 1
    print(f"wrote {count} pages; open {visible(str(directory / 'index.html'))} in a browser")
    return exit_status(figure for _, found in results for _, figures in found for figure in figures)


def _drawing(path: Path, lesson: Lesson, claim: str | None, kind: str = "svg") -> _File:
    """A worked example as what the file's end says, on standard output as `kind`.

    Of a claim without one it is the figure that it has instead.
    """
    from ..render import drawing  # costs time that a lesson without a picture need not pay

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

    return _File(path, content)


def _write_all(files: Sequence[_File]) -> tuple[list[Path], int]:
    """Write files; return the paths of those written, and 1 if one could not be drawn."""
    from ..render.drawing import replace_file

    written: list[Path] = []
    for path, content in files:
        try:
            made = content()
        except (GraphvizMissingError, GraphError) as error:
            complain(error)
            return written, 1
        replace_file(path, made)
        written.append(path)
    return written, 0


def _print_text(chosen: Chosen) -> list[Figure]:
    colour = report.wants_colour(sys.stdout)
    found: list[Figure] = []
    to_come = 0
    for lesson, claims in chosen:
        print_lines(report.lesson_lines(lesson, colour))
        for claim in claims:
            figures = claim.run()
            print_lines(report.claim_lines(claim, figures, colour))
            found += figures
            to_come += claim.status == "to come"
    print_lines(report.summary(found, to_come, colour))
    return found


def _print_json(chosen: Chosen) -> list[Figure]:
    results = [(lesson, [(claim, claim.run()) for claim in claims]) for lesson, claims in chosen]
    figures = [figure for _, found in results for _, several in found for figure in several]
    document: dict[str, Any] = {
        "version": __version__,
        "ok": exit_status(figures) == 0,
        "lessons": [report.as_data(lesson, found) for lesson, found in results],
    }
    print(json.dumps(document, indent=2, allow_nan=False))
    return figures
