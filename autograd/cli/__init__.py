"""The command ``autograd``: lessons as text, data, pictures and pages; hand derivations checked; expressions derived.

Exit status: 0 if all is as it should be, 1 if a figure disagrees that should agree, a derivation is wrong or a picture
could not be drawn, 2 for bad input.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from .. import __version__
from ..engine import COMPILED
from ..errors import AutogradError, ExpressionError
from ..lessons.report import DIGITS
from .output import complain, complain_with_place

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
        try:
            options = parsed(sys.argv[1:] if arguments is None else arguments)
            status: int = options.run(options)
        finally:  # --help leaves by SystemExit
            sys.stdout.flush()
    except ExpressionError as error:
        return complain_with_place(error)
    except AutogradError as error:
        return complain(error, getattr(error, "__notes__", ()))
    except KeyboardInterrupt:
        complain("interrupted")
        return _INTERRUPTED
    except OSError as error:  # nobody reads stdout any more, or its disk is full
        # The interpreter flushes stdout once more on its way out; give it somewhere to write.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE if isinstance(error, BrokenPipeError) else complain(f"cannot write: {error.strerror}")
    return status


_WELCOME = """\
Backpropagation with a graph that you can read, step through, draw and check.

  autograd lessons                   five documents on it, and where they err
  autograd lesson 5.3                one worked example: two weights by hand
  autograd step 5.3                  walk through it, forward and backward
  autograd derive "sin(x**2)" x=0.5  a value, its gradient, and each step
  autograd check FILE                check derivatives that you derived by hand
  autograd site DIR --open           all of it as pages for a browser

autograd COMMAND --help says more."""


# --- arguments --------------------------------------------------------------------------------------------------------


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Read what stands behind the command's name."""
    return _parser().parse_args(_protected(arguments))


def _protected(arguments: Sequence[str]) -> Sequence[str]:
    """Arguments in which an expression such as -x**2 is not taken for an option."""
    known = {"derive": ("--json", "-h", "--help"), "step": ("-h", "--help")}.get(arguments[0], ()) if arguments else ()
    if not known or "--" in arguments:
        return arguments
    options = [a for a in arguments[1:] if a in known]
    return [arguments[0], *options, "--", *(a for a in arguments[1:] if a not in options)]


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="autograd", description="Five documents on backpropagation, checked number by number.")
    compiled = " (engine compiled)" if COMPILED else ""
    parser.add_argument("--version", action="version", version=f"scalar-autograd {__version__}{compiled}")
    parser.set_defaults(run=lambda _: print(_WELCOME) or 0)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_documents(commands)
    _add_expressions(commands)
    return parser


def _add_documents(commands: Any) -> None:
    every = commands.add_parser("lessons", help="what five documents teach, and where they err")
    every.set_defaults(run=_from("lessons", "run_lessons"))
    every.add_argument("number", nargs="?", help=argparse.SUPPRESS)  # of one lesson: it is told what to type
    every.add_argument("--all", action="store_true", help="print every claim and every number")
    _add_text_options(every)
    every.add_argument("--pictures", metavar="DIR", type=_path, help="write an SVG of each worked example there")

    one = commands.add_parser("lesson", help="work through one document, or one of its claims")
    one.set_defaults(run=_from("lessons", "run_lesson"))
    one.add_argument("number", metavar="N", help="the lesson: 1 to 5; or a claim, as 5.3")
    one.add_argument("claim", metavar="CLAIM", nargs="?", help="one claim of lesson N, as 5.3")
    _add_text_options(one)
    ends = "draw the worked example; the file's end says as what, - is standard output"
    one.add_argument("--svg", metavar="FILE", type=_path, help=ends)
    one.add_argument("--html", metavar="FILE", type=_path, help="write it as a page that plays it; FILE as above")
    one.add_argument("--open", action="store_true", help="show the page in a browser, or the picture")
    step = _from("step", "run_lesson")
    one.add_argument(
        "--step", dest="run", action="store_const", const=step, help="step through the worked example instead"
    )

    site = commands.add_parser("site", help="write all five documents as linked pages for a browser")
    site.set_defaults(run=_from("lessons", "run_site"))
    site.add_argument("directory", metavar="DIR", type=_path, help="where to write them; index.html is the first")
    site.add_argument("--open", action="store_true", help="show them in a browser")


def _add_expressions(commands: Any) -> None:
    status = "Exit status: 0 if all derivations are right, 1 if one is wrong or undefined, 2 for what cannot be read."
    check = commands.add_parser("check", help="check files of derivatives derived by hand", epilog=status)
    check.set_defaults(run=_from("derive", "run_check"))
    forms = "three lines: f(x) = x**2 / f'(x) = 2*x / at x = 1, 3; - is standard input"
    check.add_argument("files", metavar="FILE", nargs="+", type=_path, help=forms)
    check.add_argument("--json", action="store_true", help=_JSON)

    derive = commands.add_parser("derive", help="compute an expression, its gradient and its graph")
    derive.set_defaults(run=_from("derive", "run_derive"))
    derive.add_argument("expression", metavar="EXPRESSION", help='as "sin(x**2)"; it is parsed, never executed')
    each = "a value for each variable, as x=0.5"
    derive.add_argument("values", metavar="NAME=NUMBER", nargs="*", default=(), help=each)
    derive.add_argument("--json", action="store_true", help=_JSON)

    step = commands.add_parser("step", help="step through a forward and backward pass, forwards and backwards")
    step.set_defaults(run=_from("step", "run_step"))
    what = 'a lesson as 5, a claim as 5.2, or an expression as "(a+b)*(b+1)"'
    step.add_argument("what", metavar="WHAT", help=what)
    each = "a value for each variable of an expression"
    step.add_argument("values", metavar="NAME=NUMBER", nargs="*", default=(), help=each)


_JSON = "print data instead of text"


def _add_text_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=_JSON)
    digits = "digits of the engine's numbers: 6; 17 are all that a double has"
    parser.add_argument("--digits", metavar="N", type=int, choices=range(1, 18), default=DIGITS, help=digits)


def _from(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """What runs a command, from a module that is imported only then."""
    return lambda options: int(getattr(import_module(f".{module}", __package__), name)(options))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _path(text: str) -> Path:
    if not text:  # Path("") is the current directory
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(text)
