r"""Mathematics as MathML, which browsers show by themselves: typeset from the LaTeX that `reading.formulas` writes.

Only the commands that stand there and in the op table are known. Two more mark a part for a script:
``\data{key}{body}`` gives the part's element the attribute data-of, ``\slot{key}{number}`` a number's data-slot.

>>> mathml(r"\frac{1}{2} x_{1}")
'<mfrac><mn>1</mn><mn>2</mn></mfrac><msub><mi>x</mi><mn>1</mn></msub>'
"""

from __future__ import annotations

import html
import re
from functools import lru_cache

from ...errors import ArgumentError
from ...functions.latex import GREEK

__all__ = ["mathml"]

# What holds text and no mathematics is one token with its braces, and a fence is one with its delimiter.
_TOKEN = re.compile(
    r"\\(?:text|data)\{[^{}]*\}|\\slot\{[^{}]*\}\{[^{}]*\}|\\(?:mathrm|operatorname)\{[^\W_]+\}|\\(?:left|right)(?:\\.|\S)"
    r"|\\sqrt\[\d+\]|\\(?:hat|grave)\{\}|\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S",
    re.DOTALL,
)
_TAKING = {  # commands that take arguments, and the element that these make
    r"\frac": "<mfrac>{0}{1}</mfrac>",
    r"\sqrt": "<msqrt>{0}</msqrt>",
    r"\underset": "<munder>{1}{0}</munder>",
    r"\mathrm": "{0}",
    r"\operatorname": "{0}",
} | {
    command: f'<mover accent="true">{{0}}<mo stretchy="false">{mark}</mo></mover>'
    for command, mark in {r"\hat": "^", r"\bar": "¯", r"\tilde": "~", r"\dot": "˙", r"\grave": "`"}.items()
}
_FUNCTIONS = frozenset(
    [r"\log", r"\sin", r"\cos", r"\tan", r"\arcsin", r"\arccos", r"\arctan", r"\sinh", r"\cosh", r"\tanh"]
)
_THIN = '<mspace width="0.17em"/>'
_LEAVES = [  # what other tokens look like, and the element that what stands in their brackets makes
    (r"\\text\{(.*)\}", "<mtext>{}</mtext>"),
    (r"\\slot\{(.*)\}\{(.*)\}", '<mn data-slot="{}">{}</mn>'),
    (r"\\(?:mathrm|operatorname)\{(.)\}", '<mi mathvariant="normal">{}</mi>'),
    (r"\\(?:mathrm|operatorname)\{(.+)\}", "<mi>{}</mi>"),
    (r"\\(?:left|right)\.", ""),
    (r"\\(?:left|right)\\?(.)", '<mo stretchy="true">{}</mo>'),
    (r"(\d.*)", "<mn>{}</mn>"),
    (r"([^\W\d_]|[∂∞])", "<mi>{}</mi>"),
    (r"\\,", _THIN),
    (r"\\ ", '<mspace width="0.3em"/>'),
    (r"\\?([()\[\]|⌊⌋^`])", '<mo stretchy="false">{}</mo>'),
    (r"\\?([\W_]|mod)", "<mo>{}</mo>"),
]
_SIGNS = {
    r"\cdot": "·", r"\times": "×", r"\cdots": "⋯", r"\pm": "±", r"\bmod": "mod", r"\lfloor": "⌊", r"\rfloor": "⌋",
    r"\sim": "~", r"\backslash": "\\", r"\hat{}": "^", r"\grave{}": "`", "-": "−", "'": "′",
    r"\partial": "∂", r"\infty": "∞",
} | {f"\\{variant}{name}": letter for name, letter in GREEK.items() for variant in ("", "var")}  # fmt: skip


def mathml(latex: str) -> str:
    """The inside of a ``<math>`` element.

    Raises:
        ArgumentError: a command is none of those that the package writes.
    """
    return "".join(_row(_TOKEN.findall(latex)[::-1]))  # tokens are taken from the end


def _row(tokens: list[str]) -> list[str]:
    """The elements up to the brace that closes this group, or to the end."""
    found: list[str] = []
    while tokens and (token := tokens.pop()) != "}":
        if token in ("^", "_") and found:
            found.append(_scripted(found.pop(), token, tokens))
        else:
            found.append(_element(token, tokens))
    return found


def _scripted(base: str, sign: str, tokens: list[str]) -> str:
    """A base with a subscript, a superscript or both."""
    scripts = {sign: _element(tokens.pop(), tokens)}
    if tokens and tokens[-1] in ("^", "_"):
        sign = tokens.pop()
        scripts[sign] = _element(tokens.pop(), tokens)
    tag = "m" + "sub" * ("_" in scripts) + "sup" * ("^" in scripts)
    return f"<{tag}>{base}{scripts.get('_', '')}{scripts.get('^', '')}</{tag}>"


def _element(token: str, tokens: list[str]) -> str:
    """What a token and its arguments stand for, as one element; a function has the space behind it as well."""
    if token == "{":
        row = _row(tokens)
        return row[0] if len(row) == 1 else f"<mrow>{''.join(row)}</mrow>"
    if token in _TAKING:
        element = _TAKING[token]
        return element.format(*[_element(tokens.pop(), tokens) for _ in range(element.count("{"))])
    if token.startswith(r"\sqrt["):
        return f"<mroot>{_element(tokens.pop(), tokens)}<mn>{token[6:-1]}</mn></mroot>"
    if token.startswith(r"\data{"):
        return re.sub(r"^<\w+", rf'\g<0> data-of="{token[6:-1]}"', _element(tokens.pop(), tokens))
    if token in _FUNCTIONS:
        is_called = tokens and tokens[-1][:5] in ("(", "^", "_", r"\left")
        return f"<mi>{token[1:]}</mi>" + ("" if is_called else _THIN)
    return _leaf(token)


@lru_cache(maxsize=1024)
def _leaf(token: str) -> str:
    """What a token without arguments stands for."""
    token = _SIGNS.get(token, token)
    for pattern, element in _LEAVES:
        if found := re.fullmatch(pattern, token):
            return element.format(*map(html.escape, found.groups()))
    raise ArgumentError(f"there is no MathML here for the command {token}")
