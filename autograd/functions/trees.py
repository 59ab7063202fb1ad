"""Nested lists, tuples, dicts and arrays of numbers, taken apart into flat lists and put together again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..engine.op import is_node, number
from .arrays import ValueArray

__all__ = ["Tree", "changed", "flatten", "packed"]

Shape = tuple[int, ...] | None  # None: a bare number


@dataclass(frozen=True)
class Tree:
    """What stands where in a structure, without the numbers. Two structures fit when their trees are equal.

    Args:
        shapes: the shape of each place that holds a number (None) or an array.
        form: the containers around them, as text.
        fill: makes the structure, from an iterator over what stands in its places.
    """

    shapes: tuple[Shape, ...]
    form: str
    fill: Callable[[Iterator[Any]], Any] = field(compare=False)

    def __str__(self) -> str:
        return self.form

    def slices(self) -> list[slice]:
        """Where the numbers of each place stand in the flat list."""
        result, start = [], 0
        for shape in self.shapes:
            result.append(slice(start, start + math.prod(shape or ())))
            start = result[-1].stop
        return result

    def unflatten(self, numbers: Sequence[Any]) -> Any:
        """Put numbers (or Values) back where they came from."""
        return self.fill(packed(numbers[part], shape) for part, shape in zip(self.slices(), self.shapes, strict=True))


def flatten(x: Any) -> tuple[list[Any], Tree]:
    """Take a structure apart.

    Args:
        x: a number, a Value, an array, or (nested) lists, tuples, named tuples and dicts of them.

    Returns:
        The numbers in a fixed order (of a dict by sorted keys), and the tree that puts them together again.

    Raises:
        OperandError: something in it is none of these.
    """
    if isinstance(x, list):
        return _joined(x, type(x).__name__, list)
    if isinstance(x, tuple):
        return _joined(x, type(x).__name__, lambda items: _tuple_like(x, items))
    if isinstance(x, dict):
        keys = sorted(x, key=repr)  # two dicts fit whatever the order that they were written in

        def in_own_order(items: list[Any]) -> dict[Any, Any]:
            found = dict(zip(keys, items, strict=True))
            return {key: found[key] for key in x}

        return _joined([x[key] for key in keys], f"dict[{', '.join(map(repr, keys))}]", in_own_order)
    if isinstance(x, np.ndarray) and x.ndim:
        return [v if is_node(v) else number(v) for v in x.ravel().tolist()], Tree((x.shape,), f"array{x.shape}", next)
    if isinstance(x, np.ndarray):
        x = x[()]
    return [x if is_node(x) else number(x)], Tree((None,), "number", next)


def changed(change: Callable[[Any], Any], x: Any) -> Any:
    """Any structure, with what `change` makes of each Value in the place of it; everything else stays as it is."""
    if is_node(x):
        return change(x)
    if isinstance(x, dict):
        return {key: changed(change, item) for key, item in x.items()}
    if isinstance(x, np.ndarray) and x.dtype.kind == "O":
        return packed([changed(change, item) for item in x.ravel().tolist()], x.shape)
    if isinstance(x, tuple):
        return _tuple_like(x, [changed(change, item) for item in x])
    return [changed(change, item) for item in x] if isinstance(x, list) else x


def packed(numbers: Sequence[Any], shape: Shape) -> Any:
    """The only number, where there is no shape; else an array of them, of objects if there are Values."""
    if shape is None:
        return numbers[0]
    if not any(is_node(v) for v in numbers):
        return np.array(numbers, dtype=float).reshape(shape)
    result = np.empty(len(numbers), dtype=object)
    result[:] = numbers
    return result.reshape(shape).view(ValueArray)


def _joined(items: Sequence[Any], form: str, build: Callable[[list[Any]], Any]) -> tuple[list[Any], Tree]:
    """The numbers and the tree of a container, which `build` makes from its items."""
    parts = [flatten(item) for item in items]
    trees = [tree for _, tree in parts]
    numbers = [v for part, _ in parts for v in part]
    shapes = tuple(shape for tree in trees for shape in tree.shapes)
    form = f"{form}({', '.join(tree.form for tree in trees)})"
    return numbers, Tree(shapes, form, lambda places: build([tree.fill(places) for tree in trees]))


def _tuple_like(x: tuple[Any, ...], items: list[Any]) -> tuple[Any, ...]:
    """A tuple of these items, named as `x` is."""
    return type(x)(*items) if hasattr(x, "_fields") else tuple(items)
