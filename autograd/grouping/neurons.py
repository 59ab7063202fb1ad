"""Neurons and layers, found in one walk from the inputs to the root."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ..engine.ops import CONSTANT, LITERAL
from ..errors import ArgumentError
from .sums import Sums, Terms, named_weight, only_operand

__all__ = ["Grouping", "Part", "Role"]

Role: TypeAlias = Literal["weight", "bias", "z", "a", "inner"]
_ROLES: tuple[Role, ...] = ("weight", "bias", "z", "a", "inner")
_NONE, _WEIGHT, _BIAS, _Z, _A, _INNER = range(6)


@dataclass(frozen=True, slots=True)
class Part:
    """What a node is to the neuron that it belongs to.

    Args:
        layer: the neuron's layer, from 1, counted from the inputs.
        neuron: its number in the layer, from 1.
        role: "weight", "bias", "z" (the weighted sum), "a" (an activation of it) or "inner" (the products and partial
            sums of a z written with + and *).
    """

    layer: int
    neuron: int
    role: Role

    def __str__(self) -> str:
        return f"layer {self.layer}, neuron {self.neuron}: {self.role}"


class Grouping:
    """The layers and neurons of a graph.

    Losses, inputs, constants, and everything else outside the layers belong to no part. Where an expression could be a
    neuron or not, such as ``x*y + z``, it is one if something speaks for it: an activation behind it, a constant or
    another neuron's output as its input, several products and a bias, or weights that are labelled w.

    Args:
        order: every node of the graph in topological order, as :func:`autograd.engine.graph.topological_order` gives them.

    Example:
        >>> from autograd import Value, tanh
        >>> from autograd.engine.graph import topological_order
        >>> w, x, b = Value(2.0, "w"), Value(1.0, "x", constant=True), Value(0.5, "b")
        >>> z = w * x + b
        >>> grouping = Grouping(topological_order((tanh(z) - 1) ** 2))
        >>> grouping.sizes, grouping.text(z), grouping.text(w), grouping.text(x)
        ((1,), 'layer 1, neuron 1: z', 'layer 1, neuron 1: weight', '')
    """

    def __init__(self, order: Sequence[Any]) -> None:
        self._order = order
        self._place = {node: i for i, node in enumerate(order)}
        self._owner = array("q", [-1]) * len(order)  # of each node: its neuron, by first appearance
        self._role = bytearray(len(order))
        self._neurons: dict[tuple[Any, ...], int] = {}  # by their weights
        self._depth = array("q")  # of each neuron: the smallest at which it works
        self._find_neurons(Sums(order, self._place))
        layer_at = {depth: layer for layer, depth in enumerate(sorted(set(self._depth)), 1)}
        sizes = [0] * len(layer_at)
        self._address: list[tuple[int, int]] = []
        for depth in self._depth:
            layer = layer_at[depth]
            sizes[layer - 1] += 1
            self._address.append((layer, sizes[layer - 1]))
        self._sizes = tuple(sizes)
        self._nodes: dict[tuple[int, int], list[Any]] | None = None

    @property
    def layers(self) -> int:
        """How many layers there are; 0 where nothing looks like a neuron."""
        return len(self._sizes)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many neurons each layer has."""
        return self._sizes

    def of(self, node: Any) -> Part | None:
        """What the node belongs to; None: an input, a constant, part of a loss, or no node of this graph.

        A weight or bias belongs to the neuron that uses it first.
        """
        i = self._place.get(node, -1)
        if i < 0 or self._owner[i] < 0:
            return None
        layer, neuron = self._address[self._owner[i]]
        return Part(layer, neuron, _ROLES[self._role[i] - 1])

    def text(self, node: Any) -> str:
        """The same in words, such as "layer 2, neuron 3: z"; "" for what belongs to no neuron."""
        part = self.of(node)
        return "" if part is None else str(part)

    def layer_name(self, layer: int) -> str:
        """What a layer is called.

        Raises:
            ArgumentError: there is no such layer.

        Example:
            >>> from autograd.nn import MLP
            >>> from autograd.engine.graph import topological_order
            >>> Grouping(topological_order(MLP(2, [3, 1])([1.0, 2.0]))).layer_name(2)
            'layer 2'
        """
        self._check(layer)
        return f"layer {layer}"

    def nodes(self, layer: int, neuron: int | None = None) -> list[Any]:
        """The nodes of a layer, neuron by neuron, or of one neuron of it: parameters too, in topological order.

        Raises:
            ArgumentError: there is no such layer or neuron.
        """
        self._check(layer, neuron)
        if self._nodes is None:
            self._nodes = {address: [] for address in self._address}
            for node, owner in zip(self._order, self._owner, strict=True):
                if owner >= 0:
                    self._nodes[self._address[owner]].append(node)
        if neuron is not None:
            return list(self._nodes[layer, neuron])
        return [node for number in range(1, self.sizes[layer - 1] + 1) for node in self._nodes[layer, number]]

    def _check(self, layer: int, neuron: int | None = None) -> None:
        if not 1 <= layer <= self.layers:
            there_are = f"the layers are 1 to {self.layers}" if self.layers else "this graph has none"
            raise ArgumentError(f"there is no layer {layer!r}; {there_are}")
        if neuron is not None and not 1 <= neuron <= self.sizes[layer - 1]:
            raise ArgumentError(f"there is no neuron {neuron!r} in layer {layer}; it has {self.sizes[layer - 1]}")

    # --- one walk from the inputs to the root ----------------------------------------------------------------------

    def _find_neurons(self, sums: Sums) -> None:
        """Give every node its neuron and role: sums before their activations, operands before sums."""
        place, owner, role = self._place, self._owner, self._role
        uses = sums.uses
        depths = array("q", bytes(8 * len(self._order)))  # how many neurons stand one behind another below a node
        known: dict[int, int] = {}  # by the id of a tuple that dots share: the depth of its deepest node

        def deepest(nodes: tuple[Any, ...]) -> int:
            if id(nodes) not in known:
                known[id(nodes)] = max([depths[place[p]] for p in nodes], default=0)
            return known[id(nodes)]

        for i, node in enumerate(self._order):
            a, b = node._a, node._b
            if a is None:
                continue
            if type(a) is not tuple:
                depth = depths[place[a]]
                if b is not None:
                    depth = max(depth, depths[place[b]])
            elif b is not None:
                depth = max(deepest(a), deepest(b))
            else:
                depth = max([depths[place[p]] for p in a], default=0)
            if sums.complete(i):
                neuron = self._neuron(sums, i, depth + 1)
                if neuron >= 0:
                    depth += 1
                    owner[i], role[i] = neuron, _Z
            elif node._op.activation and (below := only_operand(node)) is not None:
                j = place[below]
                if uses[j] == 1 and role[j] in (_Z, _A):
                    owner[i], role[i] = owner[j], _A
            depths[i] = depth

    def _neuron(self, sums: Sums, i: int, depth: int) -> int:
        """The neuron whose weighted sum stands at place `i`, a new one if its weights are new; -1: it is none."""
        terms = sums.terms(i)
        weights = terms.weights
        if not (terms.dotted or self._plausible(terms, sums.activated(i))):
            return -1
        neuron = self._neurons.get(weights, -1)
        if neuron < 0:
            neuron = self._neurons[weights] = len(self._neurons)
            self._depth.append(depth)
            self._assign(weights, neuron, _WEIGHT)
        elif depth < self._depth[neuron]:
            self._depth[neuron] = depth
        if terms.bias is not None:
            self._assign((terms.bias,), neuron, _BIAS)
        if terms.inner:
            self._assign(terms.inner, neuron, _INNER)
        return neuron

    def _assign(self, nodes: Iterable[Any], neuron: int, role: int) -> None:
        for node in nodes:
            i = self._place[node]
            if not self._role[i]:
                self._owner[i], self._role[i] = neuron, role

    def _plausible(self, terms: Terms, activated: bool) -> bool:
        """Whether a sum of products is meant as a neuron. A `dot` says so itself."""
        inputs, biased = terms.inputs, terms.bias is not None
        named = any(named_weight(w) for w in terms.weights)
        several = len(inputs) > 1
        outputs = any(self._role[self._place[x]] in (_Z, _A) for x in inputs)
        if not outputs and all(x._a is not None for x in inputs):
            return biased and (several or named)  # nothing known goes in: a batch-norm's scale and shift look like this
        if not biased and all(x._op is LITERAL for x in inputs):
            return False  # x*2, a multiple of x
        return named or activated or outputs or (several and biased) or any(x._op is CONSTANT for x in inputs)
