"""Nested lists, tuples, dicts and arrays of numbers, taken apart into flat lists and put together again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine.op import is_node, number
from .arrays import ValueArray

__all__ = ["Tree", "flatten"]

Shape = tuple[int, ...] | None  # None: a bare number


@dataclass(frozen=True)
class Tree:
    """What stands where in a structure, without the numbers. Two structures fit when their trees are equal.

    Args:
        shapes: the shape of each place that holds a number (None) or an array.
        form: the containers around them, as text.
    """

    shapes: tuple[Shape, ...]
    form: str
    fill: Callable[[list[Any]], Any]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and (self.shapes, self.form) == (other.shapes, other.form)

    def __hash__(self) -> int:
        return hash((self.shapes, self.form))

    def __str__(self) -> str:
        return self.form

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return sum(_count(shape) for shape in self.shapes)

    def slices(self) -> list[slice]:
        """Where the numbers of each place stand in the flat list."""
        result, start = [], 0
        for shape in self.shapes:
            result.append(slice(start, start + _count(shape)))
            start = result[-1].stop
        return result

    def unflatten(self, numbers: Sequence[Any]) -> Any:
        """Put numbers (or Values) back where they came from."""
        places = [
            numbers[where.start] if shape is None else packed(numbers[where], shape)
            for where, shape in zip(self.slices(), self.shapes, strict=True)
        ]
        return self.fill(places)


def flatten(x: Any) -> tuple[list[Any], Tree]:
    """Take a structure apart.

    Args:
        x: a number, a Value, a dual, an array, or (nested) lists, tuples, named tuples and dicts of them.

    Returns:
        The numbers in a fixed order (of a dict by sorted keys), and the tree that puts them together again.

    Raises:
        OperandError: something in it is none of these.

    Example:
        >>> numbers, tree = flatten({"w": [1.0, 2.0], "b": 3.0})
        >>> numbers, tree.unflatten([10.0, 20.0, 30.0])
        ([3.0, 1.0, 2.0], {'w': [20.0, 30.0], 'b': 10.0})
    """
    if isinstance(x, list | tuple):
        return _joined([flatten(item) for item in x], type(x).__name__, lambda items: _sequence(x, items))
    if isinstance(x, dict):
        keys = sorted(x, key=repr)  # two dicts fit whatever the order that they were written in
        form = f"dict[{', '.join(map(repr, keys))}]"
        return _joined(
            [flatten(x[key]) for key in keys], form, lambda items: _dict(x, dict(zip(keys, items, strict=True)))
        )
    if isinstance(x, np.ndarray) and x.ndim == 0:
        x = x[()]
    if isinstance(x, np.ndarray):
        numbers = [v if is_node(v) else number(v) for v in x.ravel().tolist()]
        return numbers, Tree((x.shape,), f"array{x.shape}", lambda places: places[0])
    if not is_node(x):
        x = number(x)
    return [x], Tree((None,), "number", lambda places: places[0])


def packed(numbers: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """An array of numbers; of Values and duals if there are any among them."""
    if not any(is_node(v) for v in numbers):
        return np.array(numbers, dtype=float).reshape(shape)
    result = np.empty(len(numbers), dtype=object)
    result[:] = numbers
    return result.reshape(shape).view(ValueArray)


def _joined(
    parts: list[tuple[list[Any], Tree]], form: str, build: Callable[[list[Any]], Any]
) -> tuple[list[Any], Tree]:
    trees = [tree for _, tree in parts]

    def fill(places: list[Any]) -> Any:
        items, start = [], 0
        for tree in trees:
            items.append(tree.fill(places[start : start + len(tree.shapes)]))
            start += len(tree.shapes)
        return build(items)

    numbers = [v for part, _ in parts for v in part]
    shapes = tuple(shape for tree in trees for shape in tree.shapes)
    return numbers, Tree(shapes, f"{form}({', '.join(tree.form for tree in trees)})", fill)


def _sequence(like: Any, items: list[Any]) -> Any:
    if isinstance(like, tuple):
        return type(like)(*items) if hasattr(like, "_fields") else tuple(items)
    return items


def _dict(like: dict[Any, Any], items: dict[Any, Any]) -> dict[Any, Any]:
    return {key: items[key] for key in like}


def _count(shape: Shape) -> int:
    return 1 if shape is None else int(np.prod(shape))
