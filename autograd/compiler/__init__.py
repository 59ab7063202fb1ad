"""From the scalar graph to the matrix form: a recorded graph as a program on arrays.

The graph is read once. Dots that share weights and inputs become matrix products, nodes of one operation are computed
at once, and what is left is computed one by one. The numbers are those of the scalar graph, to rounding.

Read the files in the order in which a graph passes through them: `recording` (the call of a function, watched), `tape`
(the graph as flat arrays), `steps` (the kinds of things that are computed at once), `groups` (which of them the graph
is made of), `layout` (where each number lies), `plan` (both together). `symbols` reads an operation's rules as
formulas, `formulas` those of a step, and `printing` makes source text of them; `numpy_source` and `namespace_source`
each write a plan's two passes with these. `program` is what users get; `scalar` is where it turns when a number is not
finite, `guards` watches the branches, and `describe` says in words what was found.
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
from .recording import Recorder, warn_of_state

__all__ = ["Program", "compile"]


def compile(root: Value | Callable[[], Value]) -> Program:
    """Make a program of a recorded graph.

    Args:
        root: a function without arguments that computes a result; or the result. A function is called once, and
            watched: every comparison that it makes on a Value (``<``, ``==``, ``if x:``, Python's ``max``, ``sorted``)
            is recorded with its outcome and checked at every replay, so the program follows the branches that were
            taken or says that it can't. What ``x.detach()`` and ``no_grad`` make is computed anew and has no gradient,
            as in eager code. A number that is read, as by ``x.data``, ``data(A)`` or ``x.grad``, leaves the graph: it
            is a constant of the program, no comparison of it is seen, and a
            :class:`autograd.errors.CompileWarning` says so once. Printing a Value, or ``f"{x:.3f}"``, leaves nothing
            behind and is not warned of. What the function draws at random is a constant, too; of `random` and
            ``np.random`` a warning says so, a generator of its own nobody sees. Modules are left as they were before
            the call; what a call makes of their buffers, as of BatchNorm's running mean, every forward pass of the
            program (every step of ``run``, every sample of ``vectorize``) makes of them, too.

            In a result that is there already nothing of this can be seen: its program goes on along the same branch,
            whatever the numbers are, and leaves buffers alone.

    Returns:
        A :class:`Program`: ``forward()`` computes the root anew from the leaves' ``data``, ``backward()`` adds to the
        leaves' ``grad``. Where a comparison comes out another way, ``forward()`` raises
        :class:`autograd.errors.BranchError`, which names it; the way on is to compile the function again there.

    Raises:
        OperandError: `root` is neither, or the function takes arguments or returns no Value.
        GraphError: a module that the function calls changes a number of its own that is no buffer, or a buffer by
            numbers that were read out of the graph; see :meth:`autograd.nn.Module.for_buffer`.

    Warns:
        CompileWarning: the function reads numbers out of the graph or draws random ones, or a module has changed its
            buffers while the result was computed.

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
        warn_of_state(root)
        return Program(root)
    if not callable(root):
        raise OperandError(f"compile takes a Value, or a function that computes one, got {type(root).__name__}")
    if not _takes_nothing(root):
        raise OperandError("the function to compile takes no arguments; give it what it needs: compile(lambda: f(x))")
    recorder = Recorder()
    result = recorder.record(root)
    for comparison in recorder.comparisons:  # a function that is compiled around this one has made them, too
        modes.compared(*comparison)
    if not isinstance(result, Value):
        raise OperandError(f"the function to compile returns a Value, got {type(result).__name__}")
    recorder.warn()
    return Program(result, guards_of(recorder.comparisons), recorder.buffers)


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
