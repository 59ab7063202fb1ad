"""What a program computes at once: matrix products, rows of dots, reductions, nodes alike, and nodes one by one.

What a step reads and writes is given by nodes at first, by their numbers in the tape, as :mod:`.groups` finds them.
Then :mod:`.plan` says where they lie: a :class:`Window` stands in the place of each array of nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..engine.op import Op
from .tape import Numbers

__all__ = ["Alike", "Inner", "Product", "Reduction", "Rows", "Single", "Step", "Window", "operands_of", "outside"]


class Window:
    """Some places of the array of numbers, of any shape.

    `strides` is the distance from one place to the next along each axis, if it is the same everywhere; None: the
    numbers have to be gathered. Only then are the places themselves kept. `unique` says that no place occurs twice.
    """

    __slots__ = ("_places", "shape", "start", "strides", "unique")

    def __init__(self, places: Numbers, unique: bool | None = None) -> None:
        self.shape: tuple[int, ...] = places.shape
        self.start = int(places.flat[0])
        self.strides = strides_of(places)
        if unique is None:
            unique = places.ndim < 2 and self.strides is not None and all(self.strides)
            unique = unique or len(np.unique(places)) == places.size
        self.unique = unique
        self._places = places if self.strides is None else None

    @property
    def places(self) -> Numbers:
        if self._places is not None:
            return self._places
        found = np.array(self.start)
        for n, stride in zip(self.shape, self.strides or (), strict=True):
            found = found[..., None] + np.arange(n) * stride
        return found

    def share(self, index: Numbers) -> None:
        """Take the places from an index that is kept anyway, so that they are not kept twice."""
        self._places = index.reshape(self.shape)


def strides_of(places: Numbers) -> tuple[int, ...] | None:
    """The distance from one place to the next along each axis, if it is the same everywhere and never negative."""
    strides = []
    for axis, n in enumerate(places.shape):
        if n == 1:
            strides.append(1)
            continue
        steps = np.diff(places, axis=axis)
        step = int(steps.flat[0])
        if step < 0 or (steps != step).any():
            return None
        strides.append(step)
    return tuple(strides)


W = TypeVar("W", Numbers, Window)


@dataclass(eq=False)
class Dots(Generic[W]):
    """Dots of weights with inputs, each with a bias of its own; None: all without."""

    out: W
    weights: W
    inputs: W
    bias: W | None


@dataclass(eq=False)
class Product(Dots[W]):
    """out[r, c] = sum_k weights[r, k] inputs[k, c] + bias[r].

    Where `folded` is given, out = folded[0] @ folded[1], the bias in it.
    """

    folded: tuple[W, W] | None = None


class Inner(Dots[W]):
    """out = sum_k weights[k] inputs[k] + bias: one dot by itself."""


class Rows(Dots[W]):
    """out[n] = sum_k weights[k, n] inputs[k, n] + bias[n]: dots that have nothing in common."""


@dataclass(eq=False)
class Reduction(Generic[W]):
    """out[n] = op(operands[0, n], operands[1, n], ...); `apart` comes before these, where its slope is of its own."""

    op: Op
    out: W
    operands: W
    apart: W | None = None

    @property
    def count(self) -> int:
        """How many operands a result has."""
        return int(self.operands.shape[0]) + (self.apart is not None)


@dataclass(eq=False)
class Alike(Generic[W]):
    """out[n] = op(operands[0][n], operands[1][n], ...); a number stands for itself."""

    op: Op
    out: W
    operands: list[W | float]


@dataclass(eq=False)
class Single:
    """Nodes one after the other, operands first; their places lie next to each other.

    `code` is each node's place in `table`, the operations that occur. `first` and `second` are the places of the
    operands of a node of one or two, else -1; `many` has those of the other nodes, by the node's number in this step.
    """

    table: list[Op]
    code: NDArray[np.signedinteger[Any]]
    out: Window
    first: NDArray[np.int32]
    second: NDArray[np.int32]
    many: dict[int, tuple[int, ...]]

    def nodes(self) -> Iterator[tuple[Op, int, tuple[int, ...]]]:
        """Of each node its operation, its place, and its operands' places."""
        columns = (self.code, self.out.places, self.first, self.second)
        for i, (c, place, a, b) in enumerate(zip(*[column.tolist() for column in columns], strict=True)):
            yield self.table[c], place, (a, b) if b >= 0 else (a,) if a >= 0 else self.many[i]


Step = Product[Window] | Inner[Window] | Rows[Window] | Reduction[Window] | Alike[Window] | Single


def operands_of(step: Step) -> list[Window]:
    """The windows that a step reads, as arrays."""
    if isinstance(step, Dots):
        return [step.weights, step.inputs, *([] if step.bias is None else [step.bias])]
    if isinstance(step, Reduction):
        return [step.operands] if step.apart is None else [step.apart, step.operands]
    if isinstance(step, Alike):
        return [operand for operand in step.operands if isinstance(operand, Window)]
    return []


def outside(step: Single) -> list[int]:
    """The places of the operands that were computed before the step."""
    places = np.concatenate([step.first, step.second, *map(np.array, step.many.values())])
    places = np.unique(places[places >= 0]).astype(np.int64)
    low, high = step.out.places[0], step.out.places[-1]
    found: list[int] = places[(places < low) | (places > high)].tolist()
    return found
