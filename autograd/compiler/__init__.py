"""From the scalar graph to the matrix form: a recorded graph as a program on arrays.

The graph is read once. Dots that share weights and inputs become matrix products, nodes of one operation are computed
at once, and what is left is computed one by one. The numbers are those of the scalar graph, to rounding.

Read the files in the order in which a graph passes through them: `tape` (the graph as flat arrays), `steps` (the kinds
of things that are computed at once), `groups` (which of them the graph is made of), `layout` (where each number lies),
`plan` (both together). `symbols` and `printing` make
source text of an operation's formula; `numpy_source` and `namespace_source` each write a plan's two passes with them.
`program` is what users get; `scalar` is where it turns when a number is not finite, `guards` watches the branches, and
`describe` says in words what was found.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..engine import modes
from ..engine.value import Value
from ..errors import OperandError
from .guards import guards_of
from .program import Program

__all__ = ["Program", "compile"]


def compile(root: Value | Callable[[], Value]) -> Program:
    """Make a program of a recorded graph.

    Args:
        root: a function without arguments that computes a result; or the result. A function is called once, and
            watched: every comparison that it makes on a Value (``<``, ``==``, ``if x:``, Python's ``max``, ``sorted``)
            is recorded with its outcome and checked at every replay, so the program follows the branches that were
            taken or says that it can't. In a result that is there already no comparison can be seen: its program goes
            on along the same branch, whatever the numbers are. What leaves the graph, as ``x.data``, ``x.detach()`` and
            what is computed under ``no_grad`` do, is a constant of the program, and no comparison of it is seen.

    Returns:
        A :class:`Program`: ``forward()`` computes the root anew from the leaves' ``data``, ``backward()`` adds to the
        leaves' ``grad``. Where a comparison comes out another way, ``forward()`` raises
        :class:`autograd.errors.BranchError`, which names it; the way on is to compile the function again there.

    Raises:
        OperandError: `root` is neither, or the function takes arguments or returns no Value.

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

        A function that branches:

        >>> program = compile(lambda: x * y if x > y else y - x)
        >>> x.data = 1.0
        >>> program.forward()
        Traceback (most recent call last):
        ...
        autograd.errors.BranchError: the function was recorded where x > y was true (5 > 2); now it is false (1 > 2), \
so the function would take another branch: compile it again at these numbers, or write the choice with relu, maximum, \
minimum or clip
    """
    if isinstance(root, Value):
        return Program(root)
    if not callable(root):
        raise OperandError(f"compile takes a Value, or a function that computes one, got {type(root).__name__}")
    if not _takes_nothing(root):
        raise OperandError("the function to compile takes no arguments; give it what it needs: compile(lambda: f(x))")
    with modes.comparisons() as seen:
        result = root()
    for comparison in seen:  # a function that is compiled around this one has made them, too
        modes.compared(*comparison)
    if not isinstance(result, Value):
        raise OperandError(f"the function to compile returns a Value, got {type(result).__name__}")
    return Program(result, guards_of(seen))


def _takes_nothing(function: Callable[..., Any]) -> bool:
    """Whether the function can be called without arguments, as far as its signature tells."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # a builtin that has none
        return True
    try:
        signature.bind()
    except TypeError:
        return False
    return True
