"""The matrix form that a compiled graph was found to have, as figures beside the document's formulas."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiler import Program
from ..functions.arrays import grads
from .claims import Figure, exactly, holds

__all__ = ["Form", "found", "same_gradients"]

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
    figures: list[Figure] = []
    for name, document, expected in forms:
        result = expected.partition("=")[0]
        text = next((formula for formula in formulas if formula.startswith(result)), "not found")
        figures.append(exactly(name, document, text, expected, note="" if figures else note))
    return figures


def same_gradients(program: Program, leaves: dict[str, Any], by_hand: dict[str, Any]) -> list[Figure]:
    """Run the program, and compare its gradients with those of the scalar graph, and with the matrix form by hand.

    Args:
        program: of a graph whose leaves have their gradients already.
        leaves: arrays of leaves by name.
        by_hand: the same gradients worked out in NumPy.
    """
    scalar = {name: grads(nodes) for name, nodes in leaves.items()}
    program.forward()
    program.backward()
    compiled = {name: program.gradients(nodes) for name, nodes in leaves.items()}
    figures: list[Figure] = []
    for name, others in (("graph", scalar), ("NumPy", by_hand)):
        apart = max(float(np.abs(compiled[k] - others[k]).max()) for k in leaves)
        figures.append(
            holds(f"compiled vs {name}", None, apart, apart < 1e-12,
                  note="" if figures else f"The largest difference of the compiled gradients of {', '.join(leaves)} "
                  "from those of backward() on the graph, and from the matrix form in NumPy.")
        )  # fmt: skip
    return figures
