"""One run of a function under a derivative: fresh nodes or duals in the place of its inputs, and what comes out.

The transforms are written with these; nothing here knows which derivative is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from .duals import Dual, innermost, new_level
from .engine import graph, modes, ops
from .engine.value import Value, lift
from .errors import ArgumentError, GraphError, OperandError, ShapeError
from .trees import Tree, flatten, packed

Function = Callable[..., Any]
Argnums = int | Sequence[int]

_depth: ContextVar[int] = ContextVar("transforms", default=0)  # how many derivatives are being taken around us


class Traced:
    """One run of a function with fresh nodes in the place of its inputs, ready to be swept back."""

    def __init__(self, f: Function, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Argnums) -> None:
        wanted, numbers, self.tree = arguments(f, args, argnums)
        self.nested = is_nested(numbers)
        with _inside():
            self.inputs = [_fresh(innermost(x)) for x in numbers]
            stand_ins = [_with_innermost(x, node) for x, node in zip(numbers, self.inputs, strict=True)]
            self.out = f(*_replaced(args, wanted, stand_ins), **kwargs)

    def pull(self, out: Any, nested: bool | None = None) -> list[Any]:
        """d out / d input for each input; where `out` is a dual, the dual of the derivatives of its parts."""
        nested = self.nested if nested is None else nested
        if type(out) is Dual:
            parts = zip(self.pull(out.primal, nested), self.pull(out.tangent, nested), strict=True)
            return [Dual(primal, tangent, out.level) for primal, tangent in parts]
        if not isinstance(out, Value):
            return [0.0] * len(self.inputs)
        order = graph.dependents(out, self.inputs)
        found = graph.adjoints(order, {out: lift(1.0) if nested else 1.0}, create_graph=nested)
        return [found.get(x, 0.0) for x in self.inputs]


def push(
    f: Function, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Argnums, direction: list[Any]
) -> tuple[list[Any], list[Any], Tree]:
    """One run on duals: the flat outputs, their tangents, and their tree."""
    wanted, numbers, _ = arguments(f, args, argnums)
    level = new_level()
    duals = [Dual(x, t, level) for x, t in zip(numbers, direction, strict=True)]
    nested = is_nested(numbers + direction)
    with _inside():
        result = f(*_replaced(args, wanted, duals), **kwargs)
    out, tree = flat_output(f, result)
    check_in_graph(f, out)
    here = [type(y) is Dual and y.level == level for y in out]
    primals = [outside(y.primal if dual else y, nested) for y, dual in zip(out, here, strict=True)]
    tangents = [outside(y.tangent if dual else 0.0, nested) for y, dual in zip(out, here, strict=True)]
    return primals, tangents, tree


def is_nested(numbers: list[Any]) -> bool:
    """Whether another derivative is being taken around this one, so that results must stay differentiable."""
    return _depth.get() > 0 or any(getattr(type(x), "op_level", 0) for x in numbers)


@contextmanager
def _inside() -> Iterator[None]:
    token = _depth.set(_depth.get() + 1)
    try:
        with modes.recorded():
            yield
    finally:
        _depth.reset(token)


def arguments(f: Function, args: tuple[Any, ...], argnums: Argnums) -> tuple[list[int], list[Any], Tree]:
    """Which arguments are differentiated, their numbers in one flat list, and the tree of the result."""
    if not callable(f):
        raise OperandError(f"a function is needed, got {type(f).__name__}")
    several = isinstance(argnums, Sequence)
    wanted = list(argnums) if isinstance(argnums, Sequence) else [argnums]
    for k in wanted:
        if not isinstance(k, int | np.integer) or not -len(args) <= k < len(args):
            raise ArgumentError(
                f"argnums names argument {k!r}, but {name_of(f)} was called with {len(args)} "
                f"positional argument{'s' if len(args) != 1 else ''}"
            )
    if len({k % len(args) for k in wanted}) < len(wanted):
        raise ArgumentError(f"argnums names an argument twice: {argnums!r}")
    numbers, tree = flatten(tuple(args[k] for k in wanted) if several else args[wanted[0]])
    if not numbers:
        raise ShapeError(f"there is no number in what {name_of(f)} was to be differentiated with respect to")
    return wanted, numbers, tree


def _replaced(args: tuple[Any, ...], wanted: list[int], stand_ins: list[Any]) -> list[Any]:
    """The arguments with other numbers in the places that are differentiated."""
    replaced, start = list(args), 0
    for k in wanted:
        tree = flatten(args[k])[1]
        replaced[k] = tree.unflatten(stand_ins[start : start + tree.size])
        start += tree.size
    return replaced


def _fresh(x: Any) -> Value:
    """A new input node with this number; if it is a node already, a node behind it, told apart from it."""
    return ops.IDENTITY(x) if isinstance(x, Value) else Value(x)


def _with_innermost(x: Any, node: Value) -> Any:
    return Dual(_with_innermost(x.primal, node), x.tangent, x.level) if type(x) is Dual else node


def outside(x: Any, nested: bool) -> Any:
    """A result as the caller gets it: a float, unless another derivative is being taken around this one."""
    return x.data if isinstance(x, Value) and not nested else x


def flat_output(f: Function, result: Any) -> tuple[list[Any], Tree]:
    try:
        return flatten(result)
    except OperandError as error:
        raise OperandError(f"{name_of(f)} returned something that has no derivative: {error}") from None


def check_in_graph(f: Function, out: list[Any]) -> None:
    if not any(getattr(type(y), "op_level", 0) for y in out):
        if not out:
            raise ShapeError(f"there is no number in what {name_of(f)} returned")
        returned = f"{out[0]!r}, a plain number," if len(out) == 1 else f"{len(out)} plain numbers"
        raise GraphError(
            f"{name_of(f)} returned {returned} although its input was a Value: somewhere it left the "
            "graph. Usual causes: .data, float(...), math or a rounded copy; use autograd's functions instead. "
            "A function that is truly constant can return Value(number)."
        )


def check_same(f: Function, trees: list[Tree]) -> None:
    for tree in trees[1:]:
        if tree != trees[0]:
            raise ShapeError(
                f"{name_of(f)} returned {trees[0]} at first and {tree} later; a function must return "
                "the same structure at every call"
            )


def matching(of: Sequence[Any], given: Sequence[Any], what: str, whose: str) -> list[Any]:
    for name, sequence in ((whose, of), (what, given)):
        if not isinstance(sequence, list | tuple):
            raise OperandError(f"{name} is a tuple with one entry for each argument, got {type(sequence).__name__}")
    numbers, tree = flatten(tuple(given))
    expected = flatten(tuple(of))[1]
    if tree != expected:
        raise ShapeError(f"the {what} are {tree}, but the {whose} are {expected}")
    return numbers


def blocks(rows: list[list[Any]], out: Tree, into: Tree) -> Any:
    """Arrange a matrix of derivatives: out's structure, with the argument's structure for each place in it."""
    places = []
    for part, out_shape in zip(out.slices(), out.shapes, strict=True):
        inner = []
        for columns, in_shape in zip(into.slices(), into.shapes, strict=True):
            block = [row[columns] for row in rows[part]]
            if out_shape is None and in_shape is None:
                inner.append(block[0][0])
            else:
                inner.append(packed([v for row in block for v in row], (out_shape or ()) + (in_shape or ())))
        places.append(into.fill(inner))
    return out.fill(places)


def name_of(f: Function) -> str:
    return getattr(f, "__name__", type(f).__name__)
