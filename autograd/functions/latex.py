r"""LaTeX such as ``\frac{x}{1 + x^2}``, written out as the plain text that :mod:`.expressions` reads.

One pass over the text, with a stack of what is open. As in print, letters side by side are factors, ``xy`` is
``x*y``, and a function without parentheses takes what follows up to the next sign: ``\sin 2x + 1`` is ``sin(2*x) + 1``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ..errors import ExpressionError

__all__ = ["is_latex", "plain_text"]

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+\.?[0-9]*|\.[0-9]+|\s+|.", re.DOTALL)
_FUNCTION_POWER = re.compile(r"\s*\^\s*(?:\{\s*(-?[0-9]+)\s*\}|([0-9]))")
_BASE = re.compile(r"\s*_\s*(?:\{\s*(2|10|e)\s*\}|(2))")
_WORD = re.compile(r"\s*\{\s*([A-Za-z]+)\s*\}")
_ROOT = re.compile(r"\s*\[\s*([0-9]+)\s*\]")

_NAMES = "exp ln log lg sin cos tan sec csc cot arcsin arccos arctan sinh cosh tanh max min erf sigmoid relu softplus"
_FUNCTIONS = frozenset(_NAMES.split())
_WORDS = ("mathrm", "operatorname", "text", "mathit", "mathop", "textrm")
_SIGNS = {"cdot": "*", "times": "*", "ast": "*", "div": "/", "lvert": "|", "rvert": "|", "vert": "|", "mid": "|"}
_SPACES = ("quad", "qquad", "left", "right", "big", "Big", "bigl", "bigr", "displaystyle", "limits", "nolimits")
_SMALL = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega"
)
_LARGE = "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
_GREEK = {
    **dict(zip(_SMALL.split(), "αβγδεζηθικλμνξρστυφχψω", strict=True)),
    **dict(zip(_LARGE.split(), "ΓΔΘΛΞΠΣΦΨΩ", strict=True)),
    "pi": "π",
    "varepsilon": "ε",
    "vartheta": "θ",
    "varphi": "φ",
    "ell": "l",
}


class _Argument(NamedTuple):
    """What is written around the next group, and what follows it."""

    before: str
    after: str
    then: _Argument | None = None


class _Open(NamedTuple):
    """Something to be closed: a brace, a parenthesis, or a function without one."""

    sign: str
    after: str
    then: _Argument | None
    place: int
    began: int  # how much was written when it was opened


def is_latex(text: str) -> bool:
    """Whether a text is LaTeX: it has a command, or an exponent or index in braces."""
    return "\\" in text or re.search(r"[\^_]\s*\{", text) is not None


def plain_text(text: str, error: Callable[[str, int], ExpressionError]) -> str:
    r"""The same as plain text; `error` makes what is raised for something wrong at a place.

    Example:
        >>> plain_text(r"\frac{x}{1+x^2} + \sin^2 2x", lambda reason, place: ExpressionError(reason))
        '((x)/(1+x^(2)))+sin(2x)^2'
    """
    return _Translation(text, error).written


class _Translation:
    def __init__(self, text: str, error: Callable[[str, int], ExpressionError]) -> None:
        self._text = text
        self._error = error
        self._out: list[str] = []
        self._open: list[_Open] = []
        self._wanted: _Argument | None = None  # what the last command still takes
        self._letter = False  # whether a letter stands last
        place = 0
        while place < len(text):
            found = _TOKEN.match(text, place)
            token = found[0] if found else text[place]
            place = self._take(token, place)
        self._close_functions()
        if self._open:
            raise error(f"this {self._open[-1].sign} is never closed", self._open[-1].place)
        if self._wanted:
            raise error("an argument is missing at the end", len(text))

    @property
    def written(self) -> str:
        """The plain text."""
        return "".join(self._out)

    def _take(self, token: str, place: int) -> int:
        """Write one token; return where the next one begins."""
        end = place + len(token)
        name = token[1:]
        if token.isspace() or token == "~" or (token[0] == "\\" and (name in _SPACES or name in ",;:! ")):
            return end
        if self._wanted and token != "{":
            return self._single(token, place)
        if token == "{":
            wanted = self._wanted or _Argument("(", ")")
            self._wanted = None
            self._times(wanted.before)
            self._push("{", wanted.before, wanted.after, place, wanted.then)
        elif token == "(":
            self._times("(")
            self._push("(", "(", ")", place)
        elif token in ("}", ")"):
            self._close(token, place)
        elif token in ("^", "_"):
            self._wanted = _Argument("^(", ")") if token == "^" else _Argument("_", "")
            self._letter = False
        elif token[0] == "\\":
            return self._command(name, place, end)
        else:
            self._symbol(token, place)
        return end

    def _single(self, token: str, place: int) -> int:
        """An argument without braces: one digit, one letter or one command; an exponent may be a whole number."""
        wanted, self._wanted = self._wanted, None
        assert wanted is not None
        letter = token in _GREEK.values() or (len(token) == 1 and token.isalpha())
        if token[0].isdigit() and wanted.before not in ("^(", "_"):
            token = token[0]
        elif token[0] == "\\" and token[1:] in _GREEK:
            self._out += [wanted.before, _GREEK[token[1:]], wanted.after]
            self._wanted = wanted.then
            return place + len(token)
        elif not (letter or token[0].isdigit()):
            raise self._error("braces are wanted here, as in x^{-1}", place)
        self._out += [wanted.before, token, wanted.after]
        self._wanted = wanted.then
        self._letter = wanted.before == "_"
        return place + len(token)

    def _push(self, sign: str, before: str, after: str, place: int, then: _Argument | None = None) -> None:
        self._out.append(before)
        self._open.append(_Open(sign, after, then, place, len(self._out)))
        self._letter = False

    def _close(self, token: str, place: int) -> None:
        self._close_functions()
        if not self._open or self._open[-1].sign != {"}": "{", ")": "("}[token]:
            raise self._error(f"this {token} closes nothing", place)
        opened = self._open.pop()
        self._out.append(opened.after)
        self._wanted = opened.then
        self._letter = opened.after == ""  # of an index

    def _close_functions(self) -> None:
        while self._open and self._open[-1].sign == "function":
            opened = self._open.pop()
            if len(self._out) == opened.began:
                raise self._error("this function has nothing to be taken of", opened.place)
            self._out.append(opened.after)
            self._letter = False

    def _is_empty(self) -> bool:
        """Whether a function waits for the first sign of what it is taken of."""
        return bool(self._open) and self._open[-1].sign == "function" and len(self._out) == self._open[-1].began

    def _times(self, following: str) -> None:
        """The * between a letter and what follows it."""
        if self._letter and following[:1] not in ("^", "_"):
            self._out.append("*")
        self._letter = False

    def _symbol(self, token: str, place: int) -> None:
        if token.isalpha():
            self._times(token)
            self._out.append(token)
            self._letter = True
            return
        if token[0].isdigit() or token[0] == ".":
            self._times(token)
        elif token == "/" and self._open and self._open[-1].sign == "function":
            raise self._error("is this divided inside the function? write parentheses around what it is of", place)
        elif not (self._is_empty() and token in "+-|") and not (token == "|" and self._bars() % 2):
            self._close_functions()
        self._out.append(token)
        self._letter = False

    def _bars(self) -> int:
        began = self._open[-1].began if self._open else 0
        return "".join(self._out[began:]).count("|")

    def _command(self, name: str, place: int, end: int) -> int:
        if name in _WORDS and (word := _WORD.match(self._text, end)):
            name, end = word[1], word.end()
            if name not in _FUNCTIONS:
                self._times(name)
                self._out.append(name)
                self._letter = True
                return end
        if name in _FUNCTIONS:
            return self._function(name, place, end)
        if name in _GREEK:
            self._times(_GREEK[name])
            self._out.append(_GREEK[name])
            self._letter = name != "sigma" or not self._text[end:].lstrip().startswith(("(", "\\left("))
        elif name in ("frac", "dfrac", "tfrac"):
            self._times("(")
            self._wanted = _Argument("((", ")/", _Argument("(", "))"))
        elif name == "sqrt":
            root = _ROOT.match(self._text, end)
            self._times("(")
            self._wanted = _Argument("((", f")^(1/{root[1]}))") if root else _Argument("sqrt(", ")")
            return root.end() if root else end
        elif name in _SIGNS:
            self._symbol(_SIGNS[name], place)
        else:
            raise self._error(f"the command \\{name} is not read here", place)
        return end

    def _function(self, name: str, place: int, end: int) -> int:
        if not self._is_empty():
            self._close_functions()
        self._times(name)
        after = ")"
        if name == "log" and (base := _BASE.match(self._text, end)):
            name, end = {"e": "log"}.get(base[1] or base[2], f"log{base[1] or base[2]}"), base.end()
        if power := _FUNCTION_POWER.match(self._text, end):
            number, end = power[1] or power[2], power.end()
            if number == "-1":
                name = f"arc{name}" if name in ("sin", "cos", "tan", "sinh", "cosh", "tanh") else name
            elif number.startswith("-"):
                raise self._error("write this power behind the function", place)
            else:
                after = f")^{number}"
        group = re.compile(r"\s*(?:\\left\s*)?(\(|\{)").match(self._text, end)
        if group:
            self._push(group[1], f"{name}(", after, place)
            return group.end()
        self._push("function", f"{name}(", after, place)
        return end
