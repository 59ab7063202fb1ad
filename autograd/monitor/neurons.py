"""Neurons that have died: off for every sample of a batch, so that nothing can ever bring them back."""

from __future__ import annotations

from typing import Any

from ..engine.graph import local_partials
from ..reading.grouping import Grouping

__all__ = ["Deaths"]


class Deaths:
    """Which neurons of a graph are dead: output and slope of their activation exactly 0, for every sample.

    Args:
        grouping: the neurons of the graph.
        samples: for so many samples at least.
    """

    def __init__(self, grouping: Grouping, samples: int) -> None:
        self._neuron: dict[Any, tuple[int, int]] = {}  # of each weight and bias
        self._dead: dict[tuple[int, int], int] = {}  # with the number of its samples
        for layer in range(1, grouping.layers + 1):
            for neuron in range(1, grouping.sizes[layer - 1] + 1):
                nodes = [(v, part.role) for v in grouping.nodes(layer, neuron) if (part := grouping.of(v)) is not None]
                self._neuron.update({v: (layer, neuron) for v, role in nodes if role in ("weight", "bias")})
                activations = [v for v, role in nodes if role == "a"]
                if len(activations) >= samples and all(map(_off, activations)):
                    self._dead[layer, neuron] = len(activations)
        numbers = range(1, grouping.layers + 1)
        self._layers = [n for n in numbers if all((n, i + 1) in self._dead for i in range(grouping.sizes[n - 1]))]

    def among(self, parameters: list[Any]) -> tuple[list[int], int, int]:
        """The dead neurons that these parameters belong to, how many neurons there are, and how many samples."""
        own = sorted({self._neuron[p] for p in parameters if p in self._neuron})
        dead = [neuron for neuron in own if neuron in self._dead]
        return [number for _, number in dead], len(own), max((self._dead[neuron] for neuron in dead), default=0)

    def blocking(self, parameters: list[Any]) -> int | None:
        """The dead layer that leaves these parameters nothing: right before theirs, or anywhere behind it."""
        own = {self._neuron[p][0] for p in parameters if p in self._neuron}
        return next((n for n in self._layers if own and (n > max(own) or own == {n + 1})), None)


def _off(activation: Any) -> bool:
    """Whether an activation gives 0 and passes nothing back; a sigmoid only does so far out, where it is lost too."""
    return bool(activation._data == 0 and local_partials(activation)[0] == 0)
