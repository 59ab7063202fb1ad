r"""LaTeX such as ``\frac{x}{1 + x^2}``, written out as the plain text that :mod:`.expressions` reads.

As in print, letters side by side are factors, ``xy`` is ``x*y``, and a function without parentheses takes what follows
up to the next sign: ``\sin 2x + 1`` is ``sin(2*x) + 1``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from ..errors import ExpressionError

__all__ = ["GREEK", "MAX_DEPTH", "is_latex", "plain_text"]

MAX_DEPTH = 100  # parentheses within parentheses

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+\.?[0-9]*|\.[0-9]+|\s+|.", re.DOTALL)
_FUNCTION_POWER = re.compile(r"\s*\^\s*(?:\{\s*(-?[0-9]+)\s*\}|([0-9]))")
_BASE = re.compile(r"\s*_\s*(?:\{\s*(2|10|e)\s*\}|(2))")
_WORD = re.compile(r"\s*\{\s*([A-Za-z]+)\s*\}")
_ROOT = re.compile(r"\s*\[\s*([0-9]+)\s*\]")
_GROUP = re.compile(r"\s*(?:\\left\s*)?(\(|\{)")

_NAMES = "exp ln log lg sin cos tan sec csc cot arcsin arccos arctan sinh cosh tanh max min erf sigmoid relu softplus"
_FUNCTIONS = frozenset(_NAMES.split())
_INVERTED = ("sin", "cos", "tan", "sinh", "cosh", "tanh")
_WORDS = ("mathrm", "operatorname", "text", "mathit", "mathop", "textrm")
_SPACES = ("quad", "qquad", "left", "right", "big", "Big", "bigl", "bigr", "displaystyle", "limits", "nolimits")
_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
GREEK = {name: html.unescape(f"&{name};") for name in _LETTERS.split()}
_PLAIN = {  # commands that stand for a single letter or sign
    **{name: letter for name, letter in GREEK.items() if name != "Upsilon"},  # which looks like a Y
    "varepsilon": "ε",
    "vartheta": "θ",
    "varphi": "φ",
    "ell": "l",
    **dict.fromkeys(("cdot", "times", "ast"), "*"),
    "div": "/",
    **dict.fromkeys(("lvert", "rvert", "vert", "mid"), "|"),
}
_CLOSING = {"{": "}", "(": ")", "": ""}


def is_latex(text: str) -> bool:
    """Whether a text is LaTeX: it has a command, or an exponent or index in braces."""
    return "\\" in text or re.search(r"[\^_]\s*\{", text) is not None


def plain_text(text: str, error: Callable[[str, int], ExpressionError]) -> str:
    r"""The same as plain text; `error` makes what is raised for something wrong at a place.

    Example:
        >>> plain_text(r"\frac{x}{1+x^2} + \sin^2 2x", lambda reason, place: ExpressionError(reason))
        '((x)/(1+x^(2)))+sin(2x)^2'
    """
    return _Translation(text, error).part("")


class _Translation:
    def __init__(self, text: str, error: Callable[[str, int], ExpressionError]) -> None:
        self._text = text
        self._error = error
        self._began = self._end = 0  # of the last token
        self._depth = -1  # the text itself stands in no parentheses

    def _next(self) -> str:
        """The next token, "" at the end of the text; what plain text has a letter or a sign for, as that."""
        while found := self._take(_TOKEN):
            token, name, self._began = found[0], found[0][1:], found.start()
            if token.isspace() or token == "~" or (token[0] == "\\" and (name in _SPACES or name in ",;:! ")):
                continue
            if token[0] == "\\" and name in _WORDS and (word := self._take(_WORD)):
                return f"\\{word[1]}" if word[1] in _FUNCTIONS else word[1]
            return _PLAIN.get(name, token) if token[0] == "\\" else token
        self._began = self._end
        return ""

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self._end)
        self._end = found.end() if found else self._end
        return found

    def part(self, opened: str) -> str:
        """What follows the last token, up to the end of what it opened: "{", "(", a "function", or "" for the text."""
        place, written, after_letter = self._began, "", False
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(f"more than {MAX_DEPTH} parentheses within one another", place)
        while (token := self._next()) not in _CLOSING.values():
            if opened == "function" and self._ends_function(token, written):
                break
            calls = token == "σ" and self._text[self._end :].lstrip().startswith(("(", "\\left("))
            piece = self._piece(token)
            times = after_letter and (piece[0].isalnum() or piece[0] in "(.")
            written += f"*{piece}" if times else piece
            after_letter = token == "_" or (token.isalpha() and not calls)
        self._depth -= 1
        if opened == "function":
            self._end = self._began  # what ends it belongs to the part around it
            if not written:
                raise self._error("this function has nothing to be taken of", place)
        elif token != _CLOSING[opened]:
            if token:
                raise self._error(f"this {token} closes nothing", self._began)
            raise self._error(f"this {opened} is never closed", place)
        return written

    def _ends_function(self, token: str, written: str) -> bool:
        """Whether a function without parentheses is taken of what is written, and not of this as well."""
        if written.count("|") % 2:  # between bars
            return False
        if token[0] == "\\":
            return written != "" and token[1:] in _FUNCTIONS
        if token == "/":
            reason = "is this divided inside the function? write parentheses around what it is of"
            raise self._error(reason, self._began)
        if token[0].isalnum() or token[0] in "({.^_":
            return False
        return written != "" or token not in "+-|"

    def _piece(self, token: str) -> str:
        """A token, with what belongs to it."""
        if token in ("(", "{"):
            return f"({self.part(token)})"
        if token == "^":
            return f"^({self._argument()})"
        if token == "_":
            return f"_{self._argument()}"
        if token[0] != "\\":
            return token
        if token[1:] in _FUNCTIONS:
            return self._function(token[1:])
        if token in (r"\frac", r"\dfrac", r"\tfrac"):
            return f"(({self._argument(digits=1)})/({self._argument(digits=1)}))"
        if token == r"\sqrt":
            root = self._take(_ROOT)
            inside = self._argument(digits=1)
            return f"(({inside})^(1/{root[1]}))" if root else f"sqrt({inside})"
        raise self._error(f"the command {token} is not read here", self._began)

    def _argument(self, digits: int | None = None) -> str:
        """What stands in braces; or else a letter, or a number, of which so many digits are taken."""
        token = self._next()
        if token == "{":
            return self.part("{")
        if token[:1].isdigit():
            self._end = self._began + len(token[:digits])
            return token[:digits]
        if not token.isalpha():
            reason = "braces are wanted here, as in x^{-1}" if token else "an argument is missing at the end"
            raise self._error(reason, self._began)
        return token

    def _function(self, name: str) -> str:
        power = ""
        if name == "log" and (base := self._take(_BASE)):
            name = {"e": "log"}.get(base[1] or base[2], f"log{base[1] or base[2]}")
        if found := self._take(_FUNCTION_POWER):
            number = found[1] or found[2]
            if number == "-1" and name in _INVERTED:
                name = f"arc{name}"
            elif number.startswith("-"):
                raise self._error("write this power behind the function", self._began)
            else:
                power = f"^{number}"
        group = self._take(_GROUP)
        return f"{name}({self.part(group[1] if group else 'function')}){power}"
