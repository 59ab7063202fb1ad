"""Derivatives of functions: grad, value_and_grad, jacobian, hessian, hvp, vjp and jvp, to any order.

The names, arguments and meanings are JAX's. A function takes and returns numbers, arrays, or (nested) lists, tuples
and dicts of them; derivatives come back in the same structure, as floats. Inside another derivative they come back
as Values, so the transforms nest in any order.

The function is run once on fresh Values (`_Run`). Reverse mode sweeps that graph back from the results, forward mode
sweeps it up from the inputs; both multiply by the op table's one rule per operation, and only on the way between the
two. The helpers of the public functions stand behind them.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine import graph, messages, ops
from ..engine.modes import differentiating, recorded
from ..engine.op import is_node, plain
from ..engine.value import Value, lift
from ..errors import ArgumentError, GraphError, OperandError, ShapeError
from .trees import Tree, changed, flatten, packed

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]

Function = Callable[..., Any]
Argnums = int | Sequence[int]


def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The gradient of a scalar function, by reverse mode: (df/dx1, ..., df/dxn).

    Args:
        f: returns one number; takes numbers, arrays, or lists, tuples and dicts of them, and anything else where it
            is not differentiated.
        argnums: which positional argument to differentiate with respect to; a tuple of several gives a tuple.
        has_aux: whether `f` returns a pair (result, aux), of which only the result is differentiated. The aux, anything
            at all, is handed on with its Values as floats.

    Returns:
        A function of the same arguments that returns the gradient in the structure of that argument: floats and
        float arrays; Values where an argument is a Value or another derivative is being taken around it. With
        `has_aux` it returns (gradient, aux).

    Raises:
        ShapeError: `f` returned more than one number; use :func:`jacobian` (a ValueError).
        GraphError: `f` returned a plain number, so it left the graph somewhere.
        ArgumentError: there is no argument of that number (a ValueError).
        OperandError: the argument or the result holds something that is no real number, or there is no aux (a
            TypeError).

    Example:
        >>> grad(lambda x: x**3)(2.0)
        12.0
        >>> grad(grad(lambda x: x**3))(2.0)
        12.0
        >>> grad(lambda w: w["a"] * w["b"])({"a": 2.0, "b": 5.0})
        {'a': 5.0, 'b': 2.0}
        >>> grad(lambda x: (x**3, {"square": x * x}), has_aux=True)(2.0)
        (12.0, {'square': 4.0})
    """
    both = value_and_grad(f, argnums, has_aux)

    @functools.wraps(f, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, slopes = both(*args, **kwargs)
        return (slopes, value[1]) if has_aux else slopes

    return gradient


def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The value and the gradient of a scalar function from one run: (f(x), (df/dx1, ..., df/dxn)).

    Args:
        f, argnums, has_aux: as for :func:`grad`.

    Returns:
        A function of the same arguments that returns (value, gradient); ((value, aux), gradient) with `has_aux`.

    Raises:
        AutogradError: as for :func:`grad`.

    Example:
        >>> value_and_grad(lambda x: x**3)(2.0)
        (8.0, 12.0)
    """

    @functools.wraps(f, updated=())
    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        run = _Run(f, args, kwargs, argnums, has_aux)
        if run.tree.form != "number":
            raise ShapeError(
                f"grad needs a function that returns one number, but {_name_of(f)} returned {run.tree}; "
                "use jacobian, or reduce it to a number first"
            )
        return run.with_aux(run.result()), run.into.unflatten(run.pull([1.0]))

    return both


def jacobian(f: Function, argnums: Argnums = 0, mode: str | None = None, has_aux: bool = False) -> Function:
    """All partial derivatives of a function of many numbers that returns many: J[i][j] = d out_i / d in_j.

    Args:
        f: returns numbers in any structure.
        argnums, has_aux: as for :func:`grad`.
        mode: "forward" sweeps the graph once for each input, "reverse" once for each output; None takes the one that
            needs fewer. `f` is called once.

    Returns:
        A function of the same arguments. Its result has the structure of f's result, with the structure of the
        argument in the place of each number; for arrays the shape is ``out.shape + in.shape``. With `has_aux` it
        returns (J, aux).

    Raises:
        ArgumentError: there is no such mode, or no argument of that number (a ValueError).
        GraphError: `f` returned plain numbers only, so it left the graph somewhere.

    Example:
        >>> jacobian(lambda v: [v[0] * v[1], v[0] + v[1]])([2.0, 3.0])
        [[3.0, 2.0], [1.0, 1.0]]
    """
    if mode not in (None, "forward", "reverse"):
        raise ArgumentError(f'mode is "forward", "reverse" or None, got {mode!r}')

    @functools.wraps(f, updated=())
    def matrix(*args: Any, **kwargs: Any) -> Any:
        run = _Run(f, args, kwargs, argnums, has_aux)
        n, m = len(run.inputs), len(run.outs)
        if mode == "forward" or (mode is None and n < m):
            rows = list(zip(*[run.push(_unit(n, k)) for k in range(n)], strict=True))
        else:
            rows = [tuple(run.pull(_unit(m, k))) for k in range(m)]
        return run.with_aux(_blocks(rows, run.tree, run.into))

    return matrix


def hessian(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The second derivatives, the jacobian of the jacobian: H[i][j] = d2 f / d in_i d in_j.

    Args:
        f: returns a number, or numbers in any structure.
        argnums, has_aux: as for :func:`grad`.

    Returns:
        A function of the same arguments. For a list of n numbers it returns n lists of n, for an array of shape s an
        array of shape ``s + s``, and so for each number of f's result; for arrays the shape is
        ``out.shape + s + s``. With `has_aux` it returns (H, aux).

    Raises:
        AutogradError: as for :func:`jacobian`.

    Example:
        >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
        [[10.0, 6.0], [6.0, 0.0]]
        >>> hessian(lambda x: [x**2, x**3])(5.0)
        [2.0, 30.0]
    """
    return jacobian(jacobian(f, argnums, "reverse", has_aux), argnums, "reverse", has_aux)


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> tuple[Any, ...]:
    """The value and its derivative along a direction, J v, by forward mode: one sweep up from the inputs.

    Args:
        f: a function of as many arguments as there are primals.
        primals: the arguments.
        tangents: the direction, of the same structure.
        has_aux: as for :func:`grad`.

    Returns:
        (out, tangent), both in the structure of f's result; (out, tangent, aux) with `has_aux`.

    Raises:
        ShapeError: the tangents have another structure than the primals (a ValueError).
        OperandError: primals or tangents are no tuple or list, or hold something that is no number (a TypeError).
        GraphError: `f` returned plain numbers only, so it left the graph somewhere.

    Example:
        >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
        (6.0, 3.0)
    """
    direction = _direction(primals, tangents)
    run = _Run(f, tuple(primals), {}, range(len(primals)), has_aux)
    pair = run.result(), run.tree.unflatten(run.push(direction))
    return (*pair, run.aux) if has_aux else pair


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value, and a function that pulls a cotangent w of the result back to the arguments, J' w, by reverse mode.

    Args:
        f: a function of as many arguments as there are primals.
        primals: the arguments.
        has_aux: as for :func:`grad`.

    Returns:
        (out, pullback), with `has_aux` (out, pullback, aux). ``pullback(cotangent)`` takes the structure of `out` and
        returns a tuple with one entry for each argument; it can be called any number of times.

    Raises:
        GraphError: `f` returned plain numbers only, so it left the graph somewhere.
        ShapeError: from the pullback: the cotangent has another structure than the result (a ValueError).

    Example:
        >>> out, pullback = vjp(lambda x, y: x * y, 2.0, 3.0)
        >>> out, pullback(1.0)
        (6.0, (3.0, 2.0))
    """
    run = _Run(f, primals, {}, range(len(primals)), has_aux)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        weights, given = flatten(cotangent)
        if given != run.tree:
            raise ShapeError(f"the cotangent is {given}, but {_name_of(f)} returned {run.tree}")
        gradients: tuple[Any, ...] = run.into.unflatten(run.pull(weights))
        return gradients

    return (run.result(), pullback, run.aux) if has_aux else (run.result(), pullback)


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
    argnums: Argnums = 0 if len(primals) == 1 else range(len(primals))
    return grad(lambda *point: jvp(f, point, tangents)[1], argnums)(*primals)


# --- one run of a function under a derivative -----------------------------------------------------------------------


def _is_nested(numbers: list[Any]) -> bool:
    """Whether another derivative is being taken around this one, so that results must stay differentiable."""
    return differentiating() or any(is_node(x) for x in numbers)


class _Run:
    """One run of a function on fresh Values, and the two ways to sweep the graph that it leaves.

    `inputs` are the numbers to differentiate with respect to and `into` is their structure; `outs` and `tree` are
    those of the result.
    """

    def __init__(
        self, f: Function, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Argnums, has_aux: bool
    ) -> None:
        if not callable(f):
            raise OperandError(f"a function is needed, got {type(f).__name__}")
        several = isinstance(argnums, Sequence)
        wanted = _places(argnums if isinstance(argnums, Sequence) else [argnums], f, len(args))
        numbers, self.into = flatten(tuple(args[k] for k in wanted) if several else args[wanted[0]])
        if not numbers:
            raise ShapeError(f"there is no number in what {_name_of(f)} was to be differentiated with respect to")
        self.nested = _is_nested(numbers)
        with recorded():
            # a node that is given gets an input of our own on top, told apart from it
            self.inputs = [ops.IDENTITY(x) if isinstance(x, Value) else Value(x) for x in numbers]
            stand_ins = self.into.unflatten(self.inputs)
            replaced = dict(enumerate(args)) | dict(zip(wanted, stand_ins if several else [stand_ins], strict=True))
            result = f(*replaced.values(), **kwargs)
        self.has_aux, self.aux = has_aux, None
        if has_aux:
            if not isinstance(result, tuple | list) or len(result) != 2:
                raise OperandError(
                    f"with has_aux a function returns a pair (result, aux), but {_name_of(f)} returned {result!r:.60}"
                )
            result, aux = result
            self.aux = changed(self._outside, aux)
        try:
            self.outs, self.tree = flatten(result)
        except OperandError as error:
            raise OperandError(f"{_name_of(f)} returned something that has no derivative: {error}") from None
        if not self.outs:
            raise ShapeError(f"there is no number in what {_name_of(f)} returned")
        if not any(is_node(y) for y in self.outs):
            m = len(self.outs)
            returned = f"{m} plain numbers" if m > 1 else f"{self.outs[0]!r}, a plain number,"
            raise GraphError(
                f"{_name_of(f)} returned {returned} although its input was a Value: somewhere it left the "
                "graph. Usual causes: .data, float(...), math or a rounded copy; use autograd's functions instead. "
                "A function that is truly constant can return Value(number)."
            )

    def result(self) -> Any:
        """What the function returned, as the caller gets it."""
        return self.tree.unflatten([self._outside(y) for y in self.outs])

    def with_aux(self, x: Any) -> Any:
        """`x`, beside the aux if there is one."""
        return (x, self.aux) if self.has_aux else x

    def pull(self, weights: list[Any]) -> list[Any]:
        """J' w: the adjoint of each input, by a sweep back from the weighted sum of the results."""
        nested = self.nested or _is_nested(weights)
        pairs = zip(weights, self.outs, strict=True)
        found: dict[Any, Any] = {}
        with recorded():
            terms = [graph.product(w, y) for w, y in pairs if isinstance(y, Value) and not _is_zero(w)]
            if terms:
                total = functools.reduce(operator.add, terms)
                order = graph.dependents(total, self.inputs)
                found = graph.adjoints(order, {total: lift(1.0) if nested else 1.0}, create_graph=nested)
        return [self._outside(found.get(x, 0.0), nested) for x in self.inputs]

    def push(self, direction: list[Any]) -> list[Any]:
        """J v: the tangent of each result, by a sweep up from the inputs: the sum of partial times tangent."""
        nested = self.nested or _is_nested(direction)
        tangents = {x: t for x, t in zip(self.inputs, direction, strict=True) if not _is_zero(t)}
        with recorded():
            for node in self._order:
                parents = node.parents
                moved = [k for k, parent in enumerate(parents) if parent in tangents]
                if not moved:
                    continue
                partials = graph.local_partials(node, create_graph=nested)
                for k in moved:
                    messages.warn_of_partial(node, parents[k], partials[k], tangents[parents[k]])
                changes = [graph.product(partials[k], tangents[parents[k]]) for k in moved]
                tangent = functools.reduce(operator.add, changes)
                if not _is_zero(tangent):
                    tangents[node] = tangent
        return [self._outside(tangents.get(y, 0.0), nested) for y in self.outs]

    @functools.cached_property
    def _order(self) -> list[Value]:
        """The nodes that the results depend on, behind the inputs."""
        inputs = set(self.inputs)
        roots = [y for y in self.outs if isinstance(y, Value)]
        return [node for node in graph.topological_order(*roots, stop=inputs) if node not in inputs]

    def _outside(self, x: Any, nested: bool = False) -> Any:
        """A number as the caller gets it: a float, but a Value if another derivative is being taken around us."""
        return lift(x) if nested or self.nested else plain(x)


def _places(argnums: Sequence[Any], f: Function, count: int) -> list[int]:
    """The wanted arguments, counted from 0, of a call with `count` positional ones."""
    for k in argnums:
        if not isinstance(k, int | np.integer) or not -count <= k < count:
            raise ArgumentError(
                f"argnums names argument {k!r}, but {_name_of(f)} was called with {count} "
                f"positional argument{'s' if count != 1 else ''}"
            )
    wanted = [int(k) % count for k in argnums]
    if len(set(wanted)) < len(wanted):
        raise ArgumentError(f"argnums names an argument twice: {argnums!r}")
    return wanted


def _is_zero(x: Any) -> bool:
    """Whether this is 0 once and for all, and not a Value that happens to be 0 here."""
    return plain(x) == 0.0 and (type(x) is float or graph.is_constant(x))


def _unit(n: int, k: int) -> list[float]:
    """The k-th unit vector of n numbers."""
    return [float(i == k) for i in range(n)]


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


def _blocks(rows: list[tuple[Any, ...]], out: Tree, into: Tree) -> Any:
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
