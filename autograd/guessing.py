"""A reader's guess at one gradient, before it is shown: right or not, and what went wrong.

Whether it is right is for :mod:`autograd.checking` to say, which holds it against the recorded graph, computed again
as a function of the one node. What went wrong is found among the slips that a diagnosis knows.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from .checking import Entry, check_derivative
from .engine import graph
from .engine.op import number
from .errors import ArgumentError, GradientWarning, OperandError
from .reading.names import Names, short_number
from .reading.paths import replayed
from .slips.one_number import Case, explanations, fraction

__all__ = ["Guess", "judge_guess"]

_RTOL = 1e-8
_EXACTLY = 1e-9  # how far off a slip's number may be, relative to the guess, if that is not a rounded number


@dataclass(frozen=True)
class Guess:
    """A guess at a gradient, judged.

    Args:
        right: whether it is the gradient.
        guess: the number guessed.
        truth: the number that a backward pass gives; 0.0 where none flows.
        text: one sentence, which does not tell the truth as long as the guess is wrong and nobody asked.
        kind: "right", "constant", or what went wrong: one of :data:`autograd.diagnosis.KINDS`, "value" or
            "another node"; "unexplained" if no slip gives that number.
    """

    right: bool
    guess: float
    truth: float
    text: str
    kind: str

    def __str__(self) -> str:
        return self.text


def judge_guess(root: Any, node: Any, guess: float, *, typed: str | None = None, reveal: bool = False) -> Guess:
    """Judge a guess at d root / d node.

    Args:
        root: where backward would start.
        node: a leaf, a result or a constant of its graph.
        guess: what the reader thinks.
        typed: the guess as it was typed; where the right number rounds to these digits the guess is right.
        reveal: whether to tell the right number if the guess is wrong.

    Raises:
        ArgumentError: the guess is inf or nan, or is not the number that was typed; or the node's value is inf or nan.
        OperandError: the guess is no number, or `root` or `node` no Value (a TypeError).

    Example:
        >>> from autograd import Value
        >>> a, b = Value(2.0, "a"), Value(1.0, "b")
        >>> e = (a + b) * (b + 1)
        >>> print(judge_guess(e, b, 3))
        3 is not dv3/db: you forgot the path through v1
        >>> print(judge_guess(e, b, 5))
        right: dv3/db = 5
    """
    for what in (root, node):
        if getattr(type(what), "op_level", 0) != 1:
            raise OperandError(f"a gradient is that of one Value by another, got {type(what).__name__}")
    guess = number(guess)
    if not math.isfinite(guess):
        raise ArgumentError(f"a guess is a finite number, got {guess!r}")
    digits = _digits(guess, typed)
    order = graph.topological_order(root)
    names: Mapping[Any, str] = Names(order)
    if node not in names:
        names = Names([*order, node])
    if graph.is_constant(node):
        return Guess(guess == 0.0, guess, 0.0, f"no gradient flows to {names[node]}, a constant", "constant")
    if not math.isfinite(node._data):
        raise ArgumentError(f"{names[node]} is {node._data!r}: there is no slope to guess there")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GradientWarning)
        gradients = graph.adjoints(order, {root: 1.0})
        truth = gradients.get(node, 0.0)
        checked = check_derivative(replayed(root, node), lambda x: guess, at=node._data, rtol=_RTOL, diagnosed=False)
    entry = checked.entries[0]
    what = fraction(names[root], names[node])
    if praise := _praise(entry, guess, truth, digits, what):
        return Guess(True, guess, truth, praise, "right")
    kind, slip = "unexplained", ""
    if math.isfinite(truth):
        slack = _EXACTLY * max(abs(guess), abs(truth))
        kind, slip = _slip(Case(order, node, names, gradients, guess, slack), digits)
    text = f"{typed.strip() if typed else short_number(guess)} is not {what}{_hidden(slip, truth)}"
    if entry.verdict == "undefined":
        text += f" ({entry.note}, and backward takes a convention)"
    return Guess(False, guess, truth, text + f"; it is {short_number(truth)}" * reveal, kind)


def _praise(entry: Entry, guess: float, truth: float, digits: Decimal | None, what: str) -> str:
    """What to say of a guess that is right; nothing if it is not."""
    told = f"{what} = {short_number(truth)}"
    backwards = math.isfinite(truth) and abs(guess - truth) <= _RTOL * max(abs(guess), abs(truth))
    numeric = entry.numeric
    if entry.note.startswith("a kink:"):
        ends = (numeric.left.slope, numeric.right.slope, truth)
        if backwards or entry.verdict == "pass" or any(_rounds_to(end, digits) for end in ends):
            return f"right: {entry.note}, and backward takes {short_number(truth)}"
    elif backwards and entry.verdict == "undefined":
        return f"right by backward's convention: {told}; there is no derivative, for {entry.note}"
    elif backwards or (entry.verdict == "pass" and abs(guess - truth) <= entry.tolerance):
        return f"right: {told}"
    elif entry.verdict == "pass":
        return f"right by the function's values; backward gives {told} here, where kinks or rounding part the two"
    elif _rounds_to(truth, digits):
        return f"right to the digits you typed: {told}"
    return ""


def _slip(case: Case, digits: Decimal | None) -> tuple[str, str]:
    """The kind of the slip that gives the guess, or gives it when rounded; and the end of the sentence."""
    found = explanations(case)
    if not found and digits is not None and len(digits.as_tuple().digits) > 1:
        unit = 10.0 ** int(digits.as_tuple().exponent)
        found = explanations(replace(case, slack=0.5 * unit))
    if not found:
        return "unexplained", ", and no single slip explains it"
    texts = [slip.text() for slip in found[:2]]
    return found[0].kind, f": {texts[0]}" if len(texts) == 1 else f": perhaps {texts[0]}, or {texts[1]}"


def _hidden(text: str, truth: float) -> str:
    """A sentence without the numbers in it that are the truth."""

    def shorter(found: re.Match[str]) -> str:
        return "" if found[1] == short_number(truth) else found[0]

    return re.sub(r" = (-?[0-9.]+(?:e[+-][0-9]+)?)(?: here)?(?=[ ,:;)]|$)", shorter, text)


def _digits(guess: float, typed: str | None) -> Decimal | None:
    """The number that was typed, with as many digits as were typed; None if it was none, as 1/3."""
    try:
        digits = Decimal(typed or "")
    except InvalidOperation:
        return None
    if not digits.is_finite() or float(digits) != guess:
        raise ArgumentError(f"the guess is {guess!r}, but {typed} was typed")
    return digits


def _rounds_to(x: float, digits: Decimal | None) -> bool:
    """Whether x is what was typed, a decimal of two digits or more, when it is rounded to as many digits."""
    if digits is None or not digits or not math.isfinite(x):
        return False
    count = len(digits.as_tuple().digits)
    if count < 2 or int(digits.as_tuple().exponent) >= 0:
        return False  # "2" means 2, not anything from 1.5 to 2.5
    return any(Context(count, way).create_decimal_from_float(x) == digits for way in (ROUND_HALF_UP, ROUND_HALF_EVEN))
