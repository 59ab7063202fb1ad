"""Formulas of the lessons in the signs of mathematics: yhat becomes ŷ, dL/dW2 ∂L/∂W₂, W2^T delta2 W₂ᵀδ₂.

The lessons are written in ASCII, as one types. What is replaced are only words and marks that mean one thing wherever
they stand, so that whole sentences can be given, and file names and commands come out as they went in.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["signs"]

_LOW = str.maketrans("0123456789aijklmnrt+-", "₀₁₂₃₄₅₆₇₈₉ₐᵢⱼₖₗₘₙᵣₜ₊₋")
_HIGH = str.maketrans("0123456789nzTxt+-", "⁰¹²³⁴⁵⁶⁷⁸⁹ⁿᶻᵀˣᵗ⁺⁻")
_GREEK = {"alpha": "α", "beta": "β", "delta": "δ", "eps": "ε", "eta": "η", "sigma": "σ", "theta": "θ"}
_MARKS = {"->": "→", "<-": "←", "<=": "≤", ">=": "≥", "+-": "±", "!=": "≠"}
# What stands alone with a number or an index behind it: one letter, one Greek letter, or d and one of these.
_NAME = rf"d?(?:[A-Za-z]|{'|'.join(_GREEK)})"
_PLAIN = r"dy/dx|dy/dg|dg/dx|dx/dt|dy/dt|dz/dt"  # derivatives of functions of one variable


def _slope(found: re.Match[str]) -> str:
    return found[0] if re.fullmatch(_PLAIN, found[0]) else f"∂{found[1]}/∂{found[2]}"


_RULES: list[tuple[str, Callable[[re.Match[str]], str] | str]] = [
    (r"\bd(yhat|[a-z]+(?:_[a-z]+)?\d*|[A-Z][A-Za-z]*\d*(?:_[a-z]+)?)/d(yhat|[A-Za-z]+_[ijl]+|[A-Za-z]+\d*)\b", _slope),
    (r"\bd\(", "∂("),
    (r"(?<=/)d\(", "∂("),
    (r"\byhat\b", "ŷ"),
    (r"\b(sigma|sigmoid|tanh|ReLU|relu|maximum|activation|act|[gfF])''(?!\w)", r"\1″"),
    (r"\b(sigma|sigmoid|tanh|ReLU|relu|maximum|activation|act|[gfF])'(?!\w)", r"\1′"),
    (rf"(?<![\w.])({_NAME})(\d+)(?!\w|\.\w)", lambda m: m[1] + m[2].translate(_LOW)),
    (rf"(?<=∂)({_NAME}|[a-z]+)(\d+)\b", lambda m: m[1] + m[2].translate(_LOW)),
    (rf"(?<![\w.])(∂?{_NAME})_([ijklmn]{{1,2}})\b", lambda m: m[1] + m[2].translate(_LOW)),
    (r"\^\((2n)\)", "²ⁿ"),
    (r"\^(-?(?:\d+|[nzTxt]))(?!\w|\.\w)", lambda m: m[1].translate(_HIGH)),
    (r"\bsum_([ij])\b", lambda m: "Σ" + m[1].translate(_LOW)),
    (r"\bsum (?=\(p|a log|e\^|nₗ|dZ)", "Σ "),
    (r"\bsqrt\(", "√("),
    (r"\bDelta (?=W)", "Δ"),
    (r"\bdelta(?=[₀-₉ᵢⱼᵀ]|\b(?! rule))", "δ"),
    (rf"(?<=∂)({'|'.join(_GREEK)})", lambda m: _GREEK[m[1]]),
    (r"\b(alpha|sigma|theta|eps)(?![\w(]*\()", lambda m: _GREEK[m[1]]),
    (r"\bsigma(?=\()", "σ"),
    (r"(?<=\d) x (?=\d)", " × "),
    (r"(?<=[\w)\]]) \* (?=\S)", " · "),
    ("|".join(map(re.escape, _MARKS)), lambda m: _MARKS[m[0]]),
]
_COMPILED = [(re.compile(pattern), new) for pattern, new in _RULES]


def signs(text: str) -> str:
    """Write the formulas in a text with the signs of mathematics.

    Example:
        >>> print(signs("delta1 = W2^T delta2 * g'(z1), dL/dyhat = yhat - y, alpha = 0.1"))
        δ₁ = W₂ᵀ δ₂ · g′(z₁), ∂L/∂ŷ = ŷ - y, α = 0.1
        >>> print(signs("Type autograd lesson 1 1.8; the delta rule; w_ij a_j, W1[1,2], 0.25^10, dy/dx, e^-z"))
        Type autograd lesson 1 1.8; the delta rule; wᵢⱼ aⱼ, W₁[1,2], 0.25¹⁰, dy/dx, e⁻ᶻ
    """
    for pattern, new in _COMPILED:
        text = pattern.sub(new, text)
    return text
