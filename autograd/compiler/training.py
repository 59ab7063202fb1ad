"""What a program keeps for the parameters of an optimiser: their places, and the backward pass to them alone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from operator import is_
from typing import Any

import numpy as np

from ..engine.value import Value
from .passes.arrays import Floats
from .passes.source import Source
from .planning.tape import Numbers

__all__ = ["Training"]


class Training:
    """Some parameters, side by side in the arrays or scattered over them.

    Args:
        parameters: in the optimiser's order.
        places: where each of them is.
        source: the program's passes and arrays.
    """

    def __init__(self, parameters: Sequence[Value], places: Numbers, source: Source) -> None:
        self._parameters = list(parameters)
        self._places = places
        self._values, self._gradients = source.values, source.gradients
        self.backward = source.backward(parameters)
        order = np.argsort(places)
        self._together = bool((np.diff(places[order]) == 1).all())
        self._order = order if self._together and (np.diff(order) != 1).any() else None
        block: Any = slice(places.min(), places.max() + 1) if self._together else places
        self._weights, self._slopes = self._values[block], self._gradients[block]

    def is_of(self, parameters: Sequence[Value]) -> bool:
        """Whether these are the parameters, in the same order."""
        return len(parameters) == len(self._parameters) and all(map(is_, parameters, self._parameters))

    def arranged(self, optimizer: Any) -> contextlib.AbstractContextManager[None]:
        """While inside, the optimiser's state stands in the order of the arrays."""
        return contextlib.nullcontext() if self._order is None else optimizer.arranged(self._order)

    def update(self, optimizer: Any) -> Callable[[], None]:
        """One step of the optimiser, from the gradients that are in the arrays."""
        step: Callable[[], None] = optimizer.prepare_update(self._weights, self._slopes)
        if self._together:
            return step

        def scattered() -> None:
            self._gradients.take(self._places, out=self._slopes)
            step()
            self._values[self._places] = self._weights

        return scattered

    def begin(self) -> None:
        """Read the parameters' numbers, where they are scattered."""
        if not self._together:
            self._weights[:] = self._values[self._places]

    def finish(self) -> None:
        """Bring the Values up to date."""
        weights: Floats = self._values[self._places]
        gradients: Floats = self._gradients[self._places]
        for p, weight, gradient in zip(self._parameters, weights.tolist(), gradients.tolist(), strict=True):
            p._data, p._grad = weight, gradient
