r"""Names as LaTeX mathematics: subscripts, hats and Greek letters, and nothing that a label could do harm with."""

from __future__ import annotations

import re
import unicodedata

from .text import label_text

__all__ = ["latex_name", "latex_number"]

_GREEK = frozenset(
    re.findall(
        "[A-Za-z]+",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
        "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega",
    )
)
_ACCENTS = {"hat": r"\hat", "bar": r"\bar", "tilde": r"\tilde", "dot": r"\dot"}
_MARKS = {"\u0302": r"\hat", "\u0304": r"\bar", "\u0303": r"\tilde", "\u0307": r"\dot"}
_SIGNS = {
    "\\": r"\backslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "^": r"\hat{}",
    "~": r"\sim{}",
    " ": r"\ ",
    "<": "{<}",  # a notebook's page would take `<` and a letter for a tag
    ">": "{>}",
    "`": r"\grave{}",
    "@": "{@}",  # KaTeX takes it for a letter of the command before it
}
_TOKEN = re.compile(r"[^\W\d_]+\d*(?:_[^\W_]+)*|\d+|.", re.DOTALL)
_NAME = re.compile(r"([^\W\d_]+)(\d*)((?:_[^\W_]+)*)")


def latex_name(label: str) -> str:
    r"""A label in mathematics mode.

    Digits at the end and what follows an underscore become subscripts, yhat gets its hat, and the name of a Greek
    letter becomes that letter. Whatever LaTeX would take for a command, a group or a comment is written so that it
    stands for itself; what would not show is written as in :func:`~autograd.render.text.label_text`.

    Args:
        label: any text.

    Example:
        >>> print(latex_name("m1"), latex_name("yhat"), latex_name("delta2"), latex_name("loss"), latex_name("w_ij"))
        m_{1} \hat{y} \delta_{2} \mathrm{loss} w_{ij}
        >>> print(latex_name("yhat - y"), latex_name(r"\end{x}$"))
        \hat{y}\ -\ y \backslash{}\mathrm{end}\{x\}\$
    """
    return "".join(map(_token, _TOKEN.findall(label_text(unicodedata.normalize("NFC", label))))) or "{}"


def latex_number(text: str) -> str:
    r"""A number as Python prints it, in mathematics mode.

    Example:
        >>> print(latex_number("0.5"), latex_number("1e-07"), latex_number("-2.5e+20"), latex_number("-inf"))
        0.5 10^{-7} -2.5 \times 10^{20} -\infty
    """
    if "inf" in text:
        return text.replace("inf", r"\infty")
    if "nan" in text:
        return r"\mathrm{nan}"
    digits, _, exponent = text.partition("e")
    if not exponent:
        return digits
    power = f"10^{{{int(exponent)}}}"
    return {"1": power, "-1": f"-{power}"}.get(digits, rf"{digits} \times {power}")


def _token(token: str) -> str:
    match = _NAME.fullmatch(token)
    if match is not None:
        word, digits, rest = match.groups()
        below = [part for part in (digits, *rest.split("_")[1:]) if part]
        subscripts = ",".join(part if part.isascii() else rf"\text{{{part}}}" for part in below)
        return _word(word) + (f"_{{{subscripts}}}" if below else "")
    if token in _SIGNS:
        return _SIGNS[token]
    if unicodedata.category(token[0]) in ("Mn", "Me"):
        token = f"\u25cc{token}"  # an accent needs a letter below it; this circle stands for one
    return token if token.isascii() else rf"\text{{{token}}}"


def _word(word: str) -> str:
    for ending, accent in _ACCENTS.items():
        letter = word.removesuffix(ending)
        if letter != word and (len(letter) == 1 or letter in _GREEK):
            return f"{accent}{{{_letters(letter)}}}"
    return _letters(word)


def _letters(word: str) -> str:
    if word in _GREEK:
        return f"\\{word}"
    if len(word) == 1:
        taken_apart = unicodedata.normalize("NFD", word)
        if len(taken_apart) == 2 and taken_apart[1] in _MARKS:
            return f"{_MARKS[taken_apart[1]]}{{{_letters(taken_apart[0])}}}"
        kind, _, name = unicodedata.name(word, "").rpartition(" LETTER ")
        name = name.lower() if kind == "GREEK SMALL" else name.capitalize()
        if kind in ("GREEK SMALL", "GREEK CAPITAL") and name in _GREEK:
            return f"\\{name}"
    if not word.isascii():
        return rf"\text{{{word}}}"
    return word if len(word) == 1 else rf"\mathrm{{{word}}}"
