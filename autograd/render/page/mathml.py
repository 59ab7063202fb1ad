r"""Mathematics as MathML, which browsers show by themselves: typeset from the LaTeX that `reading.formulas` writes.

Only the commands that stand there and in the op table are known. Two more mark a part for a script:
``\data{key}{body}`` gives the part's element the attribute data-of, ``\slot{key}{number}`` a number's data-slot.

>>> mathml(r"\frac{1}{2} x_{1}")
'<mfrac><mn>1</mn><mn>2</mn></mfrac><msub><mi>x</mi><mn>1</mn></msub>'
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Sequence

from ...errors import ArgumentError
from ...reading.formulas import GREEK

__all__ = ["mathml"]

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[^\s]", re.DOTALL)
_ACCENTS = {r"\hat": "^", r"\bar": "¯", r"\tilde": "~", r"\dot": "˙", r"\grave": "`"}
_OPERATORS = {
    r"\cdot": "·", r"\times": "×", r"\cdots": "⋯", r"\pm": "±", r"\bmod": "mod", r"\lfloor": "⌊", r"\rfloor": "⌋",
    r"\sim": "~", r"\backslash": "\\", "-": "−", "'": "′",
}  # fmt: skip
_FUNCTIONS = frozenset(
    [r"\log", r"\sin", r"\cos", r"\tan", r"\arcsin", r"\arccos", r"\arctan", r"\sinh", r"\cosh", r"\tanh"]
)
_THIN = '<mspace width="0.17em"/>'
_SPACES = {r"\,": _THIN, r"\ ": '<mspace width="0.3em"/>'}
_FENCES = frozenset("()[]|⌊⌋")


def mathml(latex: str) -> str:
    """The inside of a ``<math>`` element.

    Raises:
        ArgumentError: a command is none of those that the package writes.
    """
    return "".join(_Reader(latex).row())


class _Reader:
    """Reads tokens from the left; every method returns finished elements of MathML."""

    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.at = 0

    def row(self) -> list[str]:
        """All up to the brace that closes this group, or to the end."""
        found: list[str] = []
        while (token := self.token()) not in ("", "}"):
            if token in ("^", "_") and found:
                found.append(self.script(token, found.pop()))
            else:
                found += self.atom(token)
        return found

    def token(self) -> str:
        match = _TOKEN.search(self.latex, self.at)
        self.at = match.end() if match else self.at
        return match[0] if match else ""

    def peek(self) -> str:
        match = _TOKEN.search(self.latex, self.at)
        return match[0] if match else ""

    def argument(self) -> str:
        """The next group or atom, as one element."""
        return _one(self.atom(self.token()))

    def words(self) -> str:
        """The next group as it stands."""
        start = self.latex.index("{", self.at) + 1
        self.at = start
        depth = 1
        while depth:
            depth += {"{": 1, "}": -1}.get(self.token(), 0)
        return self.latex[start : self.at - 1]

    def script(self, sign: str, base: str) -> str:
        first = self.argument()
        if self.peek() == ("_" if sign == "^" else "^"):
            self.token()
            both = [self.argument(), first] if sign == "^" else [first, self.argument()]
            return _element("msubsup", base, *both)
        return _element("msup" if sign == "^" else "msub", base, first)

    def atom(self, token: str) -> list[str]:
        """What a token and its arguments stand for: one element, or none, or a function and the space after it."""
        if token == "{":
            return [_one(self.row())]
        if token in _COMMANDS:
            return _COMMANDS[token](self)
        if token in _ACCENTS:
            base = self.argument()
            mark = f'<mo stretchy="false">{_ACCENTS[token]}</mo>'
            return [mark if base == "<mrow></mrow>" else f'<mover accent="true">{base}{mark}</mover>']
        if token in _FUNCTIONS:
            return [f"<mi>{token[1:]}</mi>", *([] if self.peek() in ("(", "^", "_", r"\left") else [_THIN])]
        if token in _SPACES:
            return [_SPACES[token]]
        if token[0].isdigit():
            return [f"<mn>{token}</mn>"]
        if token.isalpha():
            return [f"<mi>{token}</mi>"]
        if token in _OPERATORS or token[0] != "\\":
            return [_operator(_OPERATORS.get(token, token))]
        return [f"<mi>{_letter(token[1:])}</mi>" if token[1].isalpha() else _operator(token[1])]


def _fraction(read: _Reader) -> list[str]:
    return [_element("mfrac", read.argument(), read.argument())]


def _root(read: _Reader) -> list[str]:
    if read.peek() != "[":
        return [_element("msqrt", read.argument())]
    _, degree, _ = read.token(), read.token(), read.token()
    return [_element("mroot", read.argument(), f"<mn>{degree}</mn>")]


def _fence(read: _Reader) -> list[str]:
    token = read.token()
    return [] if token == "." else [f'<mo stretchy="true">{html.escape(token)}</mo>']


def _upright(read: _Reader) -> list[str]:
    inside = read.words()
    if not inside.isalnum():
        return [_one(_Reader(inside).row())]
    return [f'<mi mathvariant="normal">{inside}</mi>' if len(inside) == 1 else f"<mi>{inside}</mi>"]


def _beneath(read: _Reader) -> list[str]:
    """A part and what stands below it, without the brace: browsers draw one well only where a font for it is there."""
    part, _ = read.argument(), read.token()
    return [_element("munder", part, read.argument())]


def _marked(read: _Reader) -> list[str]:
    key = read.words()
    return [re.sub(r"^<\w+", lambda tag: f'{tag[0]} data-of="{key}"', read.argument(), count=1)]


def _slot(read: _Reader) -> list[str]:
    return [f'<mn data-slot="{read.words()}">{html.escape(read.words())}</mn>']


_COMMANDS: dict[str, Callable[[_Reader], list[str]]] = {
    r"\frac": _fraction,
    r"\sqrt": _root,
    r"\left": _fence,
    r"\right": _fence,
    r"\mathrm": _upright,
    r"\operatorname": _upright,
    r"\text": lambda read: [f"<mtext>{html.escape(read.words())}</mtext>"],
    r"\underbrace": _beneath,
    r"\data": _marked,
    r"\slot": _slot,
}


def _letter(name: str) -> str:
    """The letter or sign that a command stands for."""
    if name in ("partial", "infty"):
        return {"partial": "∂", "infty": "∞"}[name]
    plain = name.removeprefix("var")
    if plain not in GREEK:
        raise ArgumentError(f"there is no MathML here for the command \\{name}")
    size = "CAPITAL" if plain[0].isupper() else "SMALL"
    return unicodedata.lookup(f"GREEK {size} LETTER {plain.upper().replace('LAMBDA', 'LAMDA')}")


def _operator(sign: str) -> str:
    more = ' stretchy="false"' if sign in _FENCES else ""
    return f"<mo{more}>{html.escape(sign)}</mo>"


def _element(tag: str, *parts: str) -> str:
    return f"<{tag}>{''.join(parts)}</{tag}>"


def _one(parts: Sequence[str]) -> str:
    """Elements as one."""
    return parts[0] if len(parts) == 1 else _element("mrow", *parts)
