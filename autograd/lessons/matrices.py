"""The matrix form that a compiled graph was found to have, as figures beside the document's formulas."""

from __future__ import annotations

from ..compiler import Program
from .claims import Figure, exactly

__all__ = ["Form", "found"]

Form = tuple[str, str | None, str]
"""What a figure is called, the document's formula, and what the compiler should find."""


def found(program: Program, forms: list[Form], note: str) -> list[Figure]:
    """Look for each formula among those that the program found; the first figure has the note.

    Args:
        program: made by :func:`autograd.compile`.
        forms: see :data:`Form`; the lines of ``program.describe()``, without what stands before the formula.
        note: what the graph is, and how its names differ from the document's.

    Example:
        >>> from autograd import array, compile
        >>> W, x = array([[1.0, 2.0, 3.0, 4.0]] * 4, "W"), array([1.0, 0.0, 1.0, 0.0])
        >>> form = ("layer 1", "Z = W X", "Z1 = W1 X, (4x4)(4x1)")
        >>> found(compile((W @ x).sum()), [form], "Four nodes.")[0].verdict
        'agrees'
    """
    lines = [line.strip() for line in program.describe().splitlines()]
    formulas = [line.partition(": ")[2] or line for line in lines]
    figures = []
    for name, document, expected in forms:
        text = expected if expected in formulas else "not found"
        figures.append(exactly(name, document, text, expected, note="" if figures else note))
    return figures
