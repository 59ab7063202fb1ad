"""Where each node's number lives in one array, and views of that array."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from .tape import Batch, Grid, Group, Loop, Places, Tape

__all__ = ["Layout", "Window"]


class Layout:
    """A place for every node: operands of a group lie next to each other wherever that is possible.

    Args:
        tape: the graph.
        groups: what is computed together.
    """

    def __init__(self, tape: Tape, groups: list[Group]) -> None:
        self.place = np.full(len(tape.nodes), -1, dtype=np.int64)
        self._next = 0
        for group in groups:
            if isinstance(group, Grid):
                for r, row in enumerate(group.weights):
                    self._put([p for p in (*row, *group.bias[r : r + 1]) if not tape.parents[p]])
                self._put([p for column in zip(*group.inputs, strict=True) for p in column if not tape.parents[p]])
        self._put([i for i, parents in enumerate(tape.parents) if not parents])
        for group in groups:
            if isinstance(group, Grid):
                self._put([i for row in group.nodes for i in row])
            elif isinstance(group, Loop):
                self._put(group.nodes)
            else:
                _sort(group, self.place, tape.level)
                self._put(group.nodes)

    def _put(self, nodes: list[int]) -> None:
        for i in nodes:
            if self.place[i] < 0:
                self.place[i] = self._next
                self._next += 1


def _sort(batch: Batch, place: Places, level: list[int]) -> None:
    """Order a batch by the place of its deepest operand, so that this one becomes a view."""
    deepest = max(range(len(batch.operands)), key=lambda k: level[batch.operands[k][0]])
    order = np.argsort(place[batch.operands[deepest]], kind="stable").tolist()
    batch.nodes = [batch.nodes[i] for i in order]
    batch.operands = [[column[i] for i in order] for column in batch.operands]


class Window:
    """Some places of the buffers, as a view where they lie at even distances, else gathered.

    Args:
        places: of one or two dimensions.
        values, gradients: the buffers.
    """

    def __init__(self, places: Places, values: NDArray[np.float64], gradients: NDArray[np.float64]) -> None:
        self.places = places
        steps = _steps(places)
        self.value = self.gradient = None
        if steps is not None:
            self.value, self.gradient = (_view(array, places, steps) for array in (values, gradients))
        self.unique = len(np.unique(places)) == places.size


def _steps(places: Places) -> tuple[int, ...] | None:
    """The distance from one place to the next along each axis, if it is the same everywhere."""
    first = int(places.flat[0])
    steps = []
    for axis in range(places.ndim):
        steps.append(int(np.take(places, 1, axis).flat[0]) - first if places.shape[axis] > 1 else 1)
    even = first + sum(np.arange(n).reshape([-1 if a == k else 1 for a in range(places.ndim)]) * s
                       for k, (n, s) in enumerate(zip(places.shape, steps, strict=True)))  # fmt: skip
    return tuple(steps) if np.array_equal(even, places) and min(steps) >= 0 else None


def _view(array: NDArray[np.float64], places: Places, steps: tuple[int, ...]) -> NDArray[np.float64]:
    start = array[int(places.flat[0]) :]
    return as_strided(start, places.shape, [8 * step for step in steps])
