"""The command ``autograd``: lessons as text, data, pictures and pages; hand derivations checked; expressions derived.

Exit status: 0 if all is as it should be, 1 if a figure disagrees that should agree, a derivation is wrong or a picture
could not be drawn, 2 for bad input.

`arguments` reads the command line, `documents` runs the lessons, `output` prints and writes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

from .. import __version__
from ..errors import ArgumentError, AutogradError, ExpressionError, shown
from ..lessons import Lesson, report
from .arguments import parsed
from .documents import lesson_of, run_lessons, run_site, title_of
from .output import complain, complain_with_place, print_lines

__all__ = ["main"]

_INTERRUPTED, _BROKEN_PIPE = 128 + 2, 128 + 13  # what a shell reports for a program ended by these signals


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
        status = _run(parsed(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except ExpressionError as error:
        return complain_with_place(error)
    except ArgumentError as error:
        return complain(error)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:  # nobody reads stdout any more, or its disk is full
        # The interpreter flushes stdout once more on its way out; give it somewhere to write.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE if isinstance(error, BrokenPipeError) else complain(f"cannot write: {error.strerror}")
    return status


def _run(options: argparse.Namespace) -> int:
    if options.command == "check":
        return _check(options.file)
    if options.command == "derive":
        return _derive(options.expression, options.values, options.json)
    if options.command == "step":
        return _step(options.what, options.values)
    if options.command == "site":
        return run_site(options.directory)
    if options.command == "lesson" and options.step:
        if options.json or options.svg or options.html:
            raise ArgumentError("--step takes no --json, --svg or --html; within it, draw FILE writes a picture")
        return _step_lesson(lesson_of(options.number), [options.claim] if options.claim else [])
    return run_lessons(options)


def _check(path: Path) -> int:
    from ..commands import check_lines, derivations_of

    verdicts: Counter[str] = Counter()
    try:
        found = derivations_of(path)
    except ExpressionError as error:
        return complain_with_place(error, str(path))
    print_lines(check_lines(found, verdicts))
    return int(verdicts["pass"] < len(found))


def _derive(text: str, values: Sequence[str], as_json: bool) -> int:
    from ..commands import derive, derived_data, derived_lines

    try:
        result = derive(text, values)
    except (ArgumentError, ExpressionError):
        raise
    except AutogradError as error:  # no value, or no derivative, at this point
        return complain(error, getattr(error, "__notes__", ()))
    if as_json:
        print(json.dumps({"version": __version__, **derived_data(result)}, indent=2, allow_nan=False))
    else:
        print_lines(derived_lines(result))
    return 0


def _step(what: str, more: Sequence[str]) -> int:
    from ..commands import build
    from ..terminal import walk

    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", what):  # no expression: there is nothing to step through in a number
        number, dot, _ = what.partition(".")
        return _step_lesson(lesson_of(number), [what, *more] if dot else more)
    try:
        built = build(what, more)
        values = ", ".join(f"{name} = {node.data:g}" for name, node in built.inputs.items())
        title = f"{built.expression} at {values}" if values else str(built.expression)
        return walk(built.root, title, report.wants_colour(sys.stdout))
    except (ArgumentError, ExpressionError):
        raise
    except AutogradError as error:  # no value at this point, or no operation
        return complain(error, getattr(error, "__notes__", ()))


def _step_lesson(lesson: Lesson, claims: Sequence[str]) -> int:
    from ..terminal import walk

    if len(claims) > 1:
        raise ArgumentError(f"one claim at a time, as: autograd step {shown(claims[0])}")
    claim = claims[0] if claims else None
    root, _ = lesson.graph(claim)
    return walk(root, title_of(lesson, claim), report.wants_colour(sys.stdout))
