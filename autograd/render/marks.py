"""Marks on numbers that a reader should look at first: gradients that vanish or explode, and what is no number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .rows import NodeRow, Rows

__all__ = ["EXPLODING", "VANISHING", "first_not_finite", "mark_of"]

VANISHING, EXPLODING = 1e-6, 1e6  # of the gradient at the root, which a backward pass starts with


def mark_of(numbers: Sequence[float | None], seed: float | None) -> str:
    """The mark of a node, by its value and its gradient; of an arrow, by None and its message.

    "not finite" where one of them is infinite or nan; "vanishing" where the gradient is less than a millionth of the
    root's, and not 0; "exploding" where it is more than a million times that; else "".

    Args:
        numbers: a value and a gradient, or None in place of either.
        seed: the root's gradient, nearly always 1.

    Example:
        >>> mark_of((2.0, 1e-9), 1.0), mark_of((2.0, -3e7), 1.0), mark_of((float("inf"), None), None)
        ('vanishing', 'exploding', 'not finite')
    """
    if any(x is not None and not math.isfinite(x) for x in numbers):
        return "not finite"
    gradient = numbers[1]
    if not gradient:
        return ""
    whole = abs(seed) if seed and math.isfinite(seed) else 1.0
    ratio = abs(gradient) / whole
    return "vanishing" if ratio < VANISHING else "exploding" if ratio > EXPLODING else ""


def first_not_finite(rows: Rows) -> tuple[NodeRow, str, float] | None:
    """The node where inf or nan comes up first, which of its numbers it is, and the number; None: there is none.

    Values are made from the inputs to the root, and gradients after them, from the root to the inputs.

    Example:
        >>> from autograd import Value
        >>> from autograd.render.rows import graph_rows
        >>> x = Value(1e200, "x")
        >>> node, what, number = first_not_finite(graph_rows(x * x * x))
        >>> node.name, what, number
        ('v1', 'value', inf)
    """
    for node in rows.nodes:
        if node.value is not None and not math.isfinite(node.value):
            return node, "value", node.value
    for node in reversed(rows.nodes):
        if node.gradient is not None and not math.isfinite(node.gradient):
            return node, "gradient", node.gradient
    return None
