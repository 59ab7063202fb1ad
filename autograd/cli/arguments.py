"""The arguments of the command, and the help on them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from .. import __version__

__all__ = ["parsed"]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Read what stands behind the command's name.

    Raises:
        SystemExit: after ``--help`` and ``--version`` (0) and for arguments that don't parse (2).

    Example:
        >>> options = parsed(["derive", "-x**2", "x=3", "--json"])
        >>> options.expression, options.values, options.json
        ('-x**2', ['x=3'], True)
    """
    return _parser().parse_args(_protected(arguments))


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
    one.add_argument("--html", metavar="FILE", type=_path, help="write it as a page that plays it in a browser")
    one.add_argument("--step", action="store_true", help="step through the worked example instead")

    site = commands.add_parser("site", help="write all five documents as linked pages for a browser")
    site.add_argument("directory", metavar="DIR", type=_path, help="where to write them; index.html is the first")

    check = commands.add_parser("check", help="check a file of derivatives derived by hand")
    check.add_argument("file", metavar="FILE", type=_path, help="three lines: f(x) = x**2 / f'(x) = 2*x / at x = 1, 3")

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
