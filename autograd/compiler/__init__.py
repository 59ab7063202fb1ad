"""From the scalar graph to the matrix form: a recorded graph as a program on arrays.

The graph is read once. Dots that share weights and inputs become matrix products, nodes of one operation are computed
at once, and what is left is computed one by one. The numbers are those of the scalar graph, to rounding.
"""

from __future__ import annotations

from collections.abc import Callable

from .. import modes
from ..errors import ArgumentError, OperandError
from ..value import Value
from .program import Program

__all__ = ["Program", "compile"]


def compile(root: Value | Callable[[], Value]) -> Program:
    """Make a program of a recorded graph.

    Args:
        root: a result; or a function without arguments that computes one. Comparisons that led to a result cannot be
            seen in it: where a program branched on a number, the compiled one goes on along the same branch. A function
            is watched while it runs, and refused if it compares Values.

    Returns:
        A :class:`Program`: ``forward()`` computes the root anew from the leaves' ``data``, ``backward()`` adds to the
        leaves' ``grad``.

    Raises:
        OperandError: `root` is neither, or the function returns no Value.
        ArgumentError: the function compares Values.

    Example:
        >>> from autograd import Value
        >>> from autograd import compile
        >>> x, y = Value(3.0, "x"), Value(2.0, "y")
        >>> program = compile(x * y + x)
        >>> x.data = 5.0
        >>> program.forward()
        15.0
        >>> program.backward()
        >>> x.grad, y.grad
        (3.0, 5.0)
    """
    if not isinstance(root, Value):
        if not callable(root):
            raise OperandError(f"compile takes a Value, or a function that computes one, got {type(root).__name__}")
        with modes.comparisons() as seen:
            root = root()
        if not isinstance(root, Value):
            raise OperandError(f"the function to compile returns a Value, got {type(root).__name__}")
        if seen:
            raise ArgumentError(
                f"the function compares Values ({len(seen)} times), and a compiled graph cannot follow another branch; "
                "use relu, maximum, minimum, absolute, clip or where's operands instead"
            )
    return Program(root)
