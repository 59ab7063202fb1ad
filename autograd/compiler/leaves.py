"""The inputs of a program: where they are, which are read anew at every pass, and which keep what was set."""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any

import numpy as np

from ..engine.value import Value
from ..errors import ArgumentError
from .arguments import no_leaf
from .passes.arrays import Floats
from .planning.tape import Numbers

__all__ = ["Leaves"]

_KEPT = 64  # blocks of leaves whose places are remembered


class Leaves:
    """The leaves of a graph, with their places.

    Args:
        leaves: each with its place.
        own: those whose numbers were set in the program, and are not read; it grows with :meth:`keep`.
    """

    def __init__(self, leaves: Sequence[tuple[Value, int]], own: set[Value]) -> None:
        self.place = dict(leaves)
        self._own = own
        self._known: dict[int, tuple[list[Any], Numbers]] = {}
        self._choose()

    def _choose(self) -> None:
        """Say which are read, and where to."""
        self._read = [node for node in self.place if node not in self._own]
        self._places: Numbers = np.array([self.place[node] for node in self._read], dtype=np.int64)

    def refresh(self, values: Floats) -> None:
        """Read the leaves' numbers anew."""
        values[self._places] = np.fromiter([node._data for node in self._read], float, len(self._read))

    def keep(self, leaves: Any) -> None:
        """From now on these are not read."""
        nodes = np.asarray(leaves, dtype=object).ravel().tolist()
        if not self._own.issuperset(nodes):
            self._own.update(nodes)
            self._choose()

    def places(self, leaves: Any) -> Numbers:
        """Where the leaves of a block are, in its shape.

        Raises:
            ArgumentError: one is no leaf of the graph, or is named twice.
        """
        nodes = np.asarray(leaves, dtype=object)
        flat = nodes.ravel().tolist()
        known = self._known.get(id(leaves))  # which another list may have had before
        if known is not None and known[1].shape == (nodes.shape or (1,)) and all(map(is_, known[0], flat)):
            return known[1]
        for node in flat:
            if not isinstance(node, Value) or node not in self.place:
                raise no_leaf(node)
        if len(set(flat)) != len(flat):
            raise ArgumentError("a leaf is named twice")
        places = np.atleast_1d(np.array([self.place[node] for node in flat], dtype=np.int64).reshape(nodes.shape))
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[id(leaves)] = flat, places
        return places
