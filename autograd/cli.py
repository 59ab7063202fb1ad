"""The command ``autograd``: lessons as text, data and pictures; hand derivations checked; expressions derived.

Exit status: 0 if all is as it should be, 1 if a figure disagrees that should agree, a derivation is wrong or a picture
could not be drawn, 2 for bad input.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NoReturn

from . import __version__, lessons
from .errors import ArgumentError, AutogradError, ExpressionError, GraphError, GraphvizMissingError, shown
from .lessons import Claim, Figure, Lesson, report
from .lessons.claims import exit_status

__all__ = ["main"]

Chosen = Sequence[tuple[Lesson, Sequence[Claim]]]
_INTERRUPTED, _BROKEN_PIPE = 128 + 2, 128 + 13  # what a shell reports for a program ended by these signals


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    With stdout closed (``>&-``) nothing is printed; pictures are written, and the exit status says the rest.

    Args:
        arguments: what stands behind the command's name; None: those of this process.

    Raises:
        SystemExit: after ``--help`` and ``--version`` (0) and for arguments that don't parse (2).
    """
    if sys.stdout is None:
        with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            return main(arguments)
    if hasattr(sys.stdout, "reconfigure") and sys.stdout.encoding.lower() != "utf-8":
        sys.stdout.reconfigure(errors="replace")  # an old terminal shows ? for a sign that it lacks
    try:
        status = _run(_parser().parse_args(_protected(sys.argv[1:] if arguments is None else arguments)))
        sys.stdout.flush()
    except ExpressionError as error:
        return _complain_with_place(error)
    except ArgumentError as error:
        return _complain(error)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:  # nobody reads stdout any more, or its disk is full
        # The interpreter flushes stdout once more on its way out; give it somewhere to write.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE if isinstance(error, BrokenPipeError) else _complain(f"cannot write: {error.strerror}")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="autograd", description="Five documents on backpropagation, checked number by number.")
    parser.add_argument("--version", action="version", version=f"scalar-autograd {__version__}")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND", required=True)

    every = commands.add_parser("lessons", help="work through all five documents")
    every.add_argument("--json", action="store_true", help="print data instead of text")
    every.add_argument("--pictures", metavar="DIR", type=_path, help="write an SVG of each worked example there")

    one = commands.add_parser("lesson", help="work through one document, or one of its claims")
    one.add_argument("number", metavar="N", help="the lesson: 1 to 5")
    one.add_argument("claim", metavar="CLAIM", nargs="?", help='one claim, as "5.3"')
    one.add_argument("--json", action="store_true", help="print data instead of text")
    one.add_argument("--svg", metavar="FILE", type=_path, help="draw the lesson's (or the claim's) worked example")
    one.add_argument("--step", action="store_true", help="step through the worked example instead")

    check = commands.add_parser("check", help="check a file of derivatives derived by hand")
    check.add_argument("file", metavar="FILE", type=_path, help="lines as: f(x) = x**2, f'(x) = 2*x, at x = 1, 3")

    derived = commands.add_parser("derive", help="compute an expression, its gradient and its graph")
    derived.add_argument("expression", metavar="EXPRESSION", help='as "sin(x**2)"; it is parsed, never executed')
    derived.add_argument("values", metavar="NAME=NUMBER", nargs="*", help="a value for each variable, as x=0.5")
    derived.add_argument("--json", action="store_true", help="print data instead of text")

    stepped = commands.add_parser("step", help="step through a forward and backward pass, forwards and backwards")
    stepped.add_argument(
        "what", metavar="WHAT", help='a lesson as 5, a claim as 5.2, or an expression as "(a+b)*(b+1)"'
    )
    stepped.add_argument("values", metavar="NAME=NUMBER", nargs="*", help="a value for each variable of an expression")
    return parser


def _protected(arguments: Sequence[str]) -> Sequence[str]:
    """Arguments in which an expression such as -x**2 is not taken for an option."""
    known = {"derive": ("--json", "-h", "--help"), "step": ("-h", "--help")}.get(arguments[0], ()) if arguments else ()
    if not known or "--" in arguments:
        return arguments
    options = [a for a in arguments[1:] if a in known]
    return [arguments[0], *options, "--", *(a for a in arguments[1:] if a not in options)]


def _path(text: str) -> Path:
    if not text:  # Path("") is the current directory
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(text)


def _run(options: argparse.Namespace) -> int:
    if options.command == "check":
        return _check(options.file)
    if options.command == "derive":
        return _derive(options.expression, options.values, options.json)
    if options.command == "step":
        return _step(options.what, options.values)
    if options.command == "lesson" and options.step:
        if options.json or options.svg:
            raise ArgumentError("--step takes no --json and no --svg; within it, draw FILE writes a picture")
        return _step_lesson(_lesson(options.number), [options.claim] if options.claim else [])
    return _run_lessons(options)


def _check(path: Path) -> int:
    from .commands import check_lines, derivations_of

    verdicts: Counter[str] = Counter()
    try:
        found = derivations_of(path)
    except ExpressionError as error:
        return _complain_with_place(error, str(path))
    _print(check_lines(found, verdicts))
    return int(verdicts["pass"] < len(found))


def _derive(text: str, values: Sequence[str], as_json: bool) -> int:
    from .commands import derive, derived_data, derived_lines

    try:
        result = derive(text, values)
    except (ArgumentError, ExpressionError):
        raise
    except AutogradError as error:  # no value, or no derivative, at this point
        return _complain(error, getattr(error, "__notes__", ()))
    if as_json:
        print(json.dumps({"version": __version__, **derived_data(result)}, indent=2, allow_nan=False))
    else:
        _print(derived_lines(result))
    return 0


def _step(what: str, more: Sequence[str]) -> int:
    from .commands import build
    from .terminal import walk

    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", what):  # no expression: there is nothing to step through in a number
        number, dot, _ = what.partition(".")
        return _step_lesson(_lesson(number), [what, *more] if dot else more)
    try:
        built = build(what, more)
        values = ", ".join(f"{name} = {node.data:g}" for name, node in built.inputs.items())
        title = f"{built.expression} at {values}" if values else str(built.expression)
        return walk(built.root, title, report.wants_colour(sys.stdout))
    except (ArgumentError, ExpressionError):
        raise
    except AutogradError as error:  # no value at this point, or no operation
        return _complain(error, getattr(error, "__notes__", ()))


def _step_lesson(lesson: Lesson, claims: Sequence[str]) -> int:
    from .terminal import walk

    if len(claims) > 1:
        raise ArgumentError(f"one claim at a time, as: autograd step {shown(claims[0])}")
    root, _ = lesson.graph(*claims)
    title = (
        f"Claim {claims[0]}: {lesson.claim(claims[0]).title}" if claims else f"Lesson {lesson.number}: {lesson.title}"
    )
    return walk(root, title, report.wants_colour(sys.stdout))


def _run_lessons(options: argparse.Namespace) -> int:
    pictures: list[tuple[Path, Lesson, str | None]] = []
    chosen: Chosen
    if options.command == "lessons":
        chosen = [(lesson, lesson.claims) for lesson in lessons.all()]
        if options.pictures is not None:
            _make_directory(options.pictures)
            drawn = [(lesson, c.id) for lesson, claims in chosen for c in claims if c.graph is not None]
            pictures = [(options.pictures / f"lesson-{id}.svg", lesson, id) for lesson, id in drawn]
    else:
        lesson = _lesson(options.number)
        chosen = [(lesson, [lesson.claim(options.claim)] if options.claim else lesson.claims)]
        pictures = [(options.svg, lesson, options.claim)] if options.svg else []
    # A picture that can't be made is bad input (2) when it is asked for by name, so drawing comes first.
    written, drawing_status = _draw(pictures)
    figures = _print_json(chosen) if options.json else _print_text(chosen)
    for path in written:
        if (stream := sys.stderr if options.json else sys.stdout) is not None:
            print(f"wrote {path}", file=stream)
    return max(drawing_status, exit_status(figures))


def _lesson(text: str) -> Lesson:
    if text.isdecimal() and text.isascii():
        return lessons.get(int(text))
    number, dot, _ = text.partition(".")
    hint = f"; one claim is: autograd lesson {number} {text}" if dot and number.isdecimal() else ""
    known = ", ".join(str(lesson.number) for lesson in lessons.all())
    raise ArgumentError(f"there is no lesson {text!r}; the lessons are {known}{hint}")


def _print_text(chosen: Chosen) -> list[Figure]:
    colour = report.wants_colour(sys.stdout)
    found: list[Figure] = []
    to_come = 0
    for lesson, claims in chosen:
        _print(report.lesson_lines(lesson, colour))
        for claim in claims:
            figures = claim.run()
            _print(report.claim_lines(claim, figures, colour))
            found += figures
            to_come += claim.status == "to come"
    _print(report.summary(found, to_come, colour))
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


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        print(line)


def _draw(pictures: Sequence[tuple[Path, Lesson, str | None]]) -> tuple[list[Path], int]:
    """Write the pictures; return those written, and 1 if one could not be drawn."""
    written: list[Path] = []
    for path, lesson, claim in pictures:
        from .render import to_svg  # costs time that a lesson without a picture need not pay

        root, _ = lesson.graph(claim)
        root.backward()  # a picture shows the gradients too
        try:
            svg = to_svg(root)
        except (GraphvizMissingError, GraphError) as error:
            _complain(error)
            return written, 1
        try:
            path.write_text(svg, encoding="utf-8")
        except OSError as error:
            raise ArgumentError(f"cannot write {path}: {error.strerror or error}") from None
        written.append(path)
    return written, 0


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArgumentError(f"cannot make the directory {path}: {error.strerror or error}") from None


def _complain(error: Exception | str, more: Iterable[str] = ()) -> int:
    if sys.stderr is not None:  # print would take None for stdout
        print(f"autograd: {' '.join(str(error).split())}", *more, sep="\n", file=sys.stderr)
    return 2


def _complain_with_place(error: ExpressionError, file: str = "") -> int:
    first, _, place = str(error).partition("\n")
    return _complain(f"{file}, {first}" if file else first, [place] if place else [])
