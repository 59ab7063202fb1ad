"""What a guess at a slip is, and the arithmetic that all guesses share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from ..engine import ops
from ..engine.op import Op
from ..errors import AutogradError
from .evidence import Array, Evidence

__all__ = ["MOST_EDGES", "PASS_ON", "Guess", "column", "edge_guess", "value_and_partial"]

PASS_ON = (ops.ADD, ops.SUB, ops.SUM, ops.MEAN, ops.DOT)  # nodes whose operands are terms
MOST_EDGES = 120  # for guesses that try every node on every edge


class Guess(NamedTuple):
    """One thing that may have gone wrong.

    Args:
        kind: as :class:`autograd.diagnosis.Diagnosis` has it.
        change: hand derivative minus right derivative, if this is it; a row for each point, a column for each variable.
        node: the node concerned, if any.
        text: makes the sentence.
        everywhere: whether the slip cannot have been made in some of the entries only.
    """

    kind: str
    change: Array
    node: Any
    text: Callable[[], str]
    everywhere: bool = False


def column(numbers: Array) -> Array:
    """One number for each point, to be multiplied with one entry for each variable."""
    standing: Array = numbers[:, None]
    return standing


def edge_guess(e: Evidence, i: int, k: int, partial: Array, kind: str, text: Callable[[], str]) -> Guess:
    """Another number in the place of one local derivative."""
    change = column(e.above[i] * (partial - e.partial[i, k])) * e.slopes_of(e.parents[i][k])
    return Guess(kind, change, e.order[i], text)


def value_and_partial(op: Op, operands: tuple[float, ...], k: int) -> tuple[float, float]:
    """An operation's value and its k-th local derivative at any operands; nan where there is none."""
    try:
        out = op.forward(*operands)
    except (ArithmeticError, ValueError, AutogradError):
        out = math.nan  # the slope may have a formula there all the same: 1/x for log x
    try:
        return out, float(op.float_partials(out, *operands)[k])
    except (ArithmeticError, ValueError, AutogradError):
        return out, math.nan
