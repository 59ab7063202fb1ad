"""Derivatives of functions: grad, value_and_grad, jacobian, hessian, hvp, vjp and jvp, to any order.

The names, arguments and meanings are JAX's. A function takes and returns numbers, arrays, or (nested) lists, tuples
and dicts of them; derivatives come back in the same structure, as floats. Inside another derivative they come back
as nodes or duals, so the transforms nest in any order.

Reverse mode (`_Reverse`) runs the function on fresh Values and sweeps back; forward mode (`_forward`) runs it on duals.
Both use the op table's one rule per operation. The helpers of the public functions stand behind them.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine import graph, ops
from ..engine.modes import differentiating, recorded
from ..engine.op import is_node
from ..engine.value import Value, lift
from ..errors import ArgumentError, GraphError, OperandError, ShapeError
from .duals import Dual, innermost, new_level
from .trees import Tree, flatten, packed

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]

Function = Callable[..., Any]
Argnums = int | Sequence[int]


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
        call = _Call(f, args, kwargs, argnums)
        run = _Reverse(call, one_number=True)
        return _outside(run.out[0], call.nested), call.tree.unflatten(run.pull(run.out[0], call.nested))

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
        call = _Call(f, args, kwargs, argnums)
        n = len(call.numbers)
        trees = []
        if mode != "forward":
            run = _Reverse(call)
            if mode == "reverse" or len(run.out) <= n:
                return _blocks([run.pull(y, call.nested) for y in run.out], run.tree, call.tree)
            trees.append(run.tree)
        columns = []
        for k in range(n):
            _, tangents, tree = _forward(call, [1.0 if i == k else 0.0 for i in range(n)])
            columns.append(tangents)
            trees.append(tree)
        for tree in trees:
            if tree != trees[0]:
                raise ShapeError(
                    f"{_name_of(f)} returned {trees[0]} at first and {tree} later; a function must return "
                    "the same structure at every call"
                )
        return _blocks([list(row) for row in zip(*columns, strict=True)], trees[0], call.tree)

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
    direction = _direction(primals, tangents)
    outs, changes, tree = _forward(_Call(f, tuple(primals), {}, range(len(primals))), direction)
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
    call = _Call(f, primals, {}, range(len(primals)))
    run = _Reverse(call)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        weights, given = flatten(cotangent)
        if given != run.tree:
            raise ShapeError(f"the cotangent is {given}, but {_name_of(f)} returned {run.tree}")
        with recorded():
            total = functools.reduce(operator.add, [w * y for w, y in zip(weights, run.out, strict=True)])
        gradients: tuple[Any, ...] = call.tree.unflatten(run.pull(total, call.nested or _is_nested(weights)))
        return gradients

    return run.tree.unflatten([_outside(y, call.nested) for y in run.out]), pullback


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
    _direction(primals, tangents)

    def slope(*point: Any) -> Any:
        change = jvp(f, point, tangents)[1]
        return change if is_node(change) else lift(change)

    argnums: Argnums = 0 if len(primals) == 1 else range(len(primals))
    return grad(slope, argnums)(*primals)


# --- one run of a function under a derivative -----------------------------------------------------------------------


def _is_nested(numbers: list[Any]) -> bool:
    """Whether another derivative is being taken around this one, so that results must stay differentiable."""
    return differentiating() or any(is_node(x) for x in numbers)


class _Call:
    """A function and its arguments, with the numbers to differentiate with respect to in one flat list."""

    def __init__(self, f: Function, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Argnums) -> None:
        if not callable(f):
            raise OperandError(f"a function is needed, got {type(f).__name__}")
        self.f, self.args, self.kwargs = f, args, kwargs
        self.several = isinstance(argnums, Sequence)
        self.wanted = list(argnums) if isinstance(argnums, Sequence) else [argnums]
        for k in self.wanted:
            if not isinstance(k, int | np.integer) or not -len(args) <= k < len(args):
                raise ArgumentError(
                    f"argnums names argument {k!r}, but {_name_of(f)} was called with {len(args)} "
                    f"positional argument{'s' if len(args) != 1 else ''}"
                )
        if len({k % len(args) for k in self.wanted}) < len(self.wanted):
            raise ArgumentError(f"argnums names an argument twice: {argnums!r}")
        given = tuple(args[k] for k in self.wanted)
        self.numbers, self.tree = flatten(given if self.several else given[0])
        if not self.numbers:
            raise ShapeError(f"there is no number in what {_name_of(f)} was to be differentiated with respect to")
        self.nested = _is_nested(self.numbers)

    def run(self, stand_ins: list[Any], one_number: bool = False) -> tuple[list[Any], Tree]:
        """The function's result, flat, with stand-ins in the places of the numbers; refused if it left the graph."""
        replaced, given = list(self.args), self.tree.unflatten(stand_ins)
        for k, argument in zip(self.wanted, given if self.several else [given], strict=True):
            replaced[k] = argument
        with recorded():
            result = self.f(*replaced, **self.kwargs)
        try:
            out, tree = flatten(result)
        except OperandError as error:
            raise OperandError(f"{_name_of(self.f)} returned something that has no derivative: {error}") from None
        if one_number and (tree.shapes != (None,) or tree.form != "number"):
            raise ShapeError(
                f"grad needs a function that returns one number, but {_name_of(self.f)} returned {tree}; "
                "use jacobian, or reduce it to a number first"
            )
        if not out:
            raise ShapeError(f"there is no number in what {_name_of(self.f)} returned")
        if not any(is_node(y) for y in out):
            returned = f"{out[0]!r}, a plain number," if len(out) == 1 else f"{len(out)} plain numbers"
            raise GraphError(
                f"{_name_of(self.f)} returned {returned} although its input was a Value: somewhere it left the "
                "graph. Usual causes: .data, float(...), math or a rounded copy; use autograd's functions instead. "
                "A function that is truly constant can return Value(number)."
            )
        return out, tree


class _Reverse:
    """A call run on fresh Values, ready to be swept back."""

    def __init__(self, call: _Call, one_number: bool = False) -> None:
        with recorded():
            self.inputs = [_fresh(innermost(x)) for x in call.numbers]
        stand_ins = [_with_innermost(x, node) for x, node in zip(call.numbers, self.inputs, strict=True)]
        self.out, self.tree = call.run(stand_ins, one_number)

    def pull(self, out: Any, nested: bool) -> list[Any]:
        """d out / d input for each input; where `out` is a dual, the dual of the derivatives of its parts."""
        if type(out) is Dual:
            parts = zip(self.pull(out.primal, nested), self.pull(out.tangent, nested), strict=True)
            return [Dual(primal, tangent, out.level) for primal, tangent in parts]
        if not isinstance(out, Value):
            return [0.0] * len(self.inputs)
        order = graph.dependents(out, self.inputs)
        found = graph.adjoints(order, {out: lift(1.0) if nested else 1.0}, create_graph=nested)
        return [found.get(x, 0.0) for x in self.inputs]


def _forward(call: _Call, direction: list[Any]) -> tuple[list[Any], list[Any], Tree]:
    """A call run on duals: the flat outputs, their tangents, and their tree."""
    level = new_level()
    nested = call.nested or _is_nested(direction)
    out, tree = call.run([Dual(x, t, level) for x, t in zip(call.numbers, direction, strict=True)])
    pairs = [(y.primal, y.tangent) if type(y) is Dual and y.level == level else (y, 0.0) for y in out]
    return [_outside(y, nested) for y, _ in pairs], [_outside(t, nested) for _, t in pairs], tree


def _fresh(x: Any) -> Value:
    """A new input node with this number; if it is a node already, a node behind it, told apart from it."""
    return ops.IDENTITY(x) if isinstance(x, Value) else Value(x)


def _with_innermost(x: Any, node: Value) -> Any:
    return Dual(_with_innermost(x.primal, node), x.tangent, x.level) if type(x) is Dual else node


def _outside(x: Any, nested: bool) -> Any:
    """A result as the caller gets it: a float, unless another derivative is being taken around this one."""
    return x.data if isinstance(x, Value) and not nested else x


def _direction(primals: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
    """The tangents as a flat list; they must fit the primals."""
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, list | tuple):
            raise OperandError(f"{name} is a tuple with one entry for each argument, got {type(given).__name__}")
    numbers, tree = flatten(tuple(tangents))
    expected = flatten(tuple(primals))[1]
    if tree != expected:
        raise ShapeError(f"the tangents are {tree}, but the primals are {expected}")
    return numbers


def _blocks(rows: list[list[Any]], out: Tree, into: Tree) -> Any:
    """Arrange a matrix of derivatives: out's structure, with the argument's structure for each place in it."""
    places = []
    for part, out_shape in zip(out.slices(), out.shapes, strict=True):
        inner = []
        for columns, in_shape in zip(into.slices(), into.shapes, strict=True):
            shape = None if out_shape is None and in_shape is None else (out_shape or ()) + (in_shape or ())
            inner.append(packed([v for row in rows[part] for v in row[columns]], shape))
        places.append(into.fill(iter(inner)))
    return out.fill(iter(places))


def _name_of(f: Function) -> str:
    return getattr(f, "__name__", type(f).__name__)
