"""Derivatives of functions: grad, value_and_grad, jacobian, hessian, hvp, vjp and jvp, to any order.

The names, arguments and meanings are JAX's. A function takes and returns numbers, arrays, or (nested) lists, tuples
and dicts of them; derivatives come back in the same structure, as floats. Inside another derivative they come back
as nodes or duals, so the transforms nest in any order.

Reverse mode runs the function on Values and sweeps back; forward mode runs it on duals. Both use the op table's one
rule per operation.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

from .engine.modes import recorded
from .engine.value import lift
from .errors import ArgumentError, ShapeError
from .tracing import (
    Argnums,
    Function,
    Traced,
    arguments,
    blocks,
    check_in_graph,
    check_same,
    flat_output,
    is_nested,
    matching,
    name_of,
    outside,
    push,
)
from .trees import flatten

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]


def grad(f: Function, argnums: Argnums = 0) -> Function:
    """The gradient of a scalar function, by reverse mode: (df/dx1, ..., df/dxn).

    Args:
        f: returns one number; takes numbers, arrays, or lists, tuples and dicts of them, and anything else where it
            is not differentiated.
        argnums: which positional argument to differentiate with respect to; a tuple of several gives a tuple.

    Returns:
        A function of the same arguments that returns the gradient in the structure of that argument: floats and
        float arrays; Values where an argument is a Value or another derivative is being taken around it.

    Raises:
        ShapeError: `f` returned more than one number; use :func:`jacobian` (a ValueError).
        GraphError: `f` returned a plain number, so it left the graph somewhere.
        ArgumentError: there is no argument of that number (a ValueError).
        OperandError: the argument or the result holds something that is no real number (a TypeError).

    Example:
        >>> grad(lambda x: x**3)(2.0)
        12.0
        >>> grad(grad(lambda x: x**3))(2.0)
        12.0
        >>> grad(lambda w: w["a"] * w["b"])({"a": 2.0, "b": 5.0})
        {'a': 5.0, 'b': 2.0}
    """
    both = value_and_grad(f, argnums)

    @functools.wraps(f, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def value_and_grad(f: Function, argnums: Argnums = 0) -> Function:
    """The value and the gradient of a scalar function from one run: (f(x), (df/dx1, ..., df/dxn)).

    Args:
        f, argnums: as for :func:`grad`.

    Returns:
        A function of the same arguments that returns (value, gradient).

    Raises:
        AutogradError: as for :func:`grad`.

    Example:
        >>> value_and_grad(lambda x: x**3)(2.0)
        (8.0, 12.0)
    """

    @functools.wraps(f, updated=())
    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        traced = Traced(f, args, kwargs, argnums)
        out, tree = flat_output(f, traced.out)
        if tree.shapes != (None,) or tree.form != "number":
            raise ShapeError(
                f"grad needs a function that returns one number, but {name_of(f)} returned {tree}; "
                "use jacobian, or reduce it to a number first"
            )
        check_in_graph(f, out)
        gradients = traced.pull(out[0])
        return outside(out[0], traced.nested), traced.tree.unflatten(gradients)

    return both


def jacobian(f: Function, argnums: Argnums = 0, mode: str | None = None) -> Function:
    """All partial derivatives of a function of many numbers that returns many: J[i][j] = d out_i / d in_j.

    Args:
        f: returns numbers in any structure.
        argnums: as for :func:`grad`.
        mode: "forward" runs f once for each input, "reverse" sweeps once for each output; None takes the one that
            needs fewer.

    Returns:
        A function of the same arguments. Its result has the structure of f's result, with the structure of the
        argument in the place of each number; for arrays the shape is ``out.shape + in.shape``.

    Raises:
        ArgumentError: there is no such mode, or no argument of that number (a ValueError).
        GraphError: `f` returned plain numbers only, so it left the graph somewhere.
        ShapeError: `f` returned one structure in one run and another in the next (a ValueError).

    Example:
        >>> jacobian(lambda v: [v[0] * v[1], v[0] + v[1]])([2.0, 3.0])
        [[3.0, 2.0], [1.0, 1.0]]
    """
    if mode not in (None, "forward", "reverse"):
        raise ArgumentError(f'mode is "forward", "reverse" or None, got {mode!r}')

    @functools.wraps(f, updated=())
    def matrix(*args: Any, **kwargs: Any) -> Any:
        _, numbers, tree = arguments(f, args, argnums)
        columns, trees = [], []
        if mode != "forward":
            traced = Traced(f, args, kwargs, argnums)
            out, out_tree = flat_output(f, traced.out)
            if mode == "reverse" or len(out) <= len(numbers):
                check_in_graph(f, out)
                return blocks([traced.pull(y) for y in out], out_tree, tree)
            trees.append(out_tree)
        for k in range(len(numbers)):
            direction = [1.0 if i == k else 0.0 for i in range(len(numbers))]
            _, tangents, out_tree = push(f, args, kwargs, argnums, direction)
            columns.append(tangents)
            trees.append(out_tree)
        check_same(f, trees)
        return blocks([list(row) for row in zip(*columns, strict=True)], trees[0], tree)

    return matrix


def hessian(f: Function, argnums: Argnums = 0) -> Function:
    """The second derivatives of a scalar function, the jacobian of its gradient: H[i][j] = d2 f / d in_i d in_j.

    Args:
        f, argnums: as for :func:`grad`.

    Returns:
        A function of the same arguments. For a list of n numbers it returns n lists of n, for an array of shape s an
        array of shape ``s + s``.

    Raises:
        AutogradError: as for :func:`grad`.

    Example:
        >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
        [[10.0, 6.0], [6.0, 0.0]]
    """
    return jacobian(grad(f, argnums), argnums, mode="reverse")


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value and its derivative along a direction, J v, by forward mode: one run of f on dual numbers.

    Args:
        f: a function of as many arguments as there are primals.
        primals: the arguments.
        tangents: the direction, of the same structure.

    Returns:
        (out, tangent), both in the structure of f's result.

    Raises:
        ShapeError: the tangents have another structure than the primals (a ValueError).
        OperandError: primals or tangents are no tuple or list, or hold something that is no number (a TypeError).
        GraphError: `f` returned plain numbers only, so it left the graph somewhere.

    Example:
        >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
        (6.0, 3.0)
    """
    direction = matching(primals, tangents, "tangents", "primals")
    outs, changes, tree = push(f, tuple(primals), {}, range(len(primals)), direction)
    return tree.unflatten(outs), tree.unflatten(changes)


def vjp(f: Function, *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value, and a function that pulls a cotangent w of the result back to the arguments, J' w, by reverse mode.

    Args:
        f: a function of as many arguments as there are primals.
        primals: the arguments.

    Returns:
        (out, pullback). ``pullback(cotangent)`` takes the structure of `out` and returns a tuple with one entry for
        each argument; it can be called any number of times.

    Raises:
        GraphError: `f` returned plain numbers only, so it left the graph somewhere.
        ShapeError: from the pullback: the cotangent has another structure than the result (a ValueError).

    Example:
        >>> out, pullback = vjp(lambda x, y: x * y, 2.0, 3.0)
        >>> out, pullback(1.0)
        (6.0, (3.0, 2.0))
    """
    traced = Traced(f, primals, {}, range(len(primals)))
    out, tree = flat_output(f, traced.out)
    check_in_graph(f, out)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        weights, given = flatten(cotangent)
        if given != tree:
            raise ShapeError(f"the cotangent is {given}, but {name_of(f)} returned {tree}")
        nested = traced.nested or is_nested(weights)
        with recorded():
            total = functools.reduce(operator.add, [w * y for w, y in zip(weights, out, strict=True)])
        gradients: tuple[Any, ...] = traced.tree.unflatten(traced.pull(total, nested))
        return gradients

    return tree.unflatten([outside(y, traced.nested) for y in out]), pullback


def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The Hessian of a scalar function times a vector, without the Hessian: the gradient of a directional derivative.

    Args:
        f: returns one number.
        primals, tangents: as for :func:`jvp`.

    Returns:
        H v in the structure of the argument (of the tuple of arguments, where there are several).

    Raises:
        AutogradError: as for :func:`grad` and :func:`jvp`.

    Example:
        >>> hvp(lambda v: v[0] ** 2 * v[1], ([3.0, 5.0],), ([1.0, 0.0],))
        [10.0, 6.0]
    """
    matching(primals, tangents, "tangents", "primals")

    def slope(*point: Any) -> Any:
        change = jvp(f, point, tangents)[1]
        return change if getattr(type(change), "op_level", 0) else lift(change)

    argnums: Argnums = 0 if len(primals) == 1 else range(len(primals))
    return grad(slope, argnums)(*primals)
