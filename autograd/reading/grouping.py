"""Which nodes of a recorded graph make up a neuron, and which neurons a layer.

Nothing records this: it is read off the shape of the graph. A neuron is a `dot` of weights and inputs, as `autograd.nn`
and ``W @ x`` make them, with a bias in it or added to it, and an activation behind it or none. Two sums with the same
weights are the same neuron at work on two samples. Its layer is one further from the inputs than the deepest neuron
that it depends on; where it works at several depths, as in a recurrent network, the smallest counts.

What is written with ``+`` and ``*`` alone is left as it is: nothing tells a weight from any other factor.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import is_
from typing import Any, Literal, NamedTuple, TypeAlias

from ..engine.graph import is_constant
from ..engine.ops import ADD, CONSTANT, DOT, LEAF, LITERAL
from ..errors import ArgumentError

__all__ = ["Grouping", "Part", "Terms"]

Role: TypeAlias = Literal["weight", "bias", "z", "a", "inner"]
_DIGITS = re.compile("[0-9]+")


class Terms(NamedTuple):
    """What a weighted sum is made of."""

    weights: tuple[Any, ...]
    inputs: tuple[Any, ...]
    bias: Any  # a node, or None


@dataclass(frozen=True, slots=True)
class Part:
    """What a node is to the neuron that it belongs to.

    Args:
        layer: the neuron's layer, from 1, counted from the inputs.
        neuron: its number in the layer, from 1.
        role: "weight", "bias", "z" (the weighted sum), "a" (an activation of it) or "inner" (the dot of a z to which
            the bias is added).
    """

    layer: int
    neuron: int
    role: Role

    def __str__(self) -> str:
        return f"layer {self.layer}, neuron {self.neuron}: {self.role}"


class Grouping:
    """The layers and neurons of a graph.

    Losses, inputs, constants, and everything else outside the layers belong to no part.

    Args:
        order: every node of the graph, as :func:`autograd.engine.graph.topological_order` gives them.

    Example:
        >>> from autograd import Value, dot, tanh
        >>> from autograd.engine.graph import topological_order
        >>> w, x, b = Value(2.0, "w"), Value(1.0, "x", constant=True), Value(0.5, "b")
        >>> z = dot([w], [x], b)
        >>> grouping = Grouping(topological_order((tanh(z) - 1) ** 2))
        >>> grouping.sizes, grouping.text(z), grouping.text(w), grouping.text(x)
        ((1,), 'layer 1, neuron 1: z', 'layer 1, neuron 1: weight', '')
    """

    def __init__(self, order: Sequence[Any]) -> None:
        self._order = order
        self._parts: dict[Any, tuple[int, Role]] = {}  # of each node: its neuron, by first appearance, and its role
        self._sums: dict[Any, Terms] = {}  # of each dot that is a neuron's
        self._neurons: dict[tuple[Any, ...], int] = {}  # by their weights
        self._depths: list[int] = []  # of each neuron: the smallest at which it works
        if any(node._row is DOT for node in order):
            self._find_neurons()
        layer_at = {depth: layer for layer, depth in enumerate(sorted(set(self._depths)), 1)}
        sizes = Counter[int]()
        self._address: dict[int, tuple[int, int]] = {}  # of each neuron: its layer, and its number there
        # By the numbers in the names of weights, where they have any: a loss may take its target's neuron first.
        for weights in sorted(self._neurons, key=lambda weights: _numbers(weights[0]._label)):
            neuron = self._neurons[weights]
            layer = layer_at[self._depths[neuron]]
            sizes[layer] += 1
            self._address[neuron] = layer, sizes[layer]
        self._sizes = tuple(sizes[layer] for layer in layer_at.values())

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
        if node not in self._parts:
            return None
        neuron, role = self._parts[node]
        return Part(*self._address[neuron], role)

    def text(self, node: Any) -> str:
        """The same in words, such as "layer 2, neuron 3: z"; "" for what belongs to no neuron."""
        part = self.of(node)
        return "" if part is None else str(part)

    def layer_name(self, layer: int) -> str:
        """What a layer is called.

        Raises:
            ArgumentError: there is no such layer.
        """
        self._check(layer)
        return f"layer {layer}"

    def nodes(self, layer: int, neuron: int | None = None) -> list[Any]:
        """The nodes of a layer, neuron by neuron, or of one neuron of it: parameters too, in topological order.

        Raises:
            ArgumentError: there is no such layer or neuron.
        """
        self._check(layer, neuron)
        if neuron is not None:
            return list(self._nodes[layer, neuron])
        return [node for number in range(1, self.sizes[layer - 1] + 1) for node in self._nodes[layer, number]]

    @cached_property
    def _nodes(self) -> dict[tuple[int, int], list[Any]]:
        found: dict[tuple[int, int], list[Any]] = {address: [] for address in self._address.values()}
        for node in self._order:
            if node in self._parts:
                found[self._address[self._parts[node][0]]].append(node)
        return found

    def _check(self, layer: int, neuron: int | None = None) -> None:
        if not 1 <= layer <= self.layers:
            there_are = f"the layers are 1 to {self.layers}" if self.layers else "this graph has none"
            raise ArgumentError(f"there is no layer {layer!r}; {there_are}")
        if neuron is not None and not 1 <= neuron <= self.sizes[layer - 1]:
            raise ArgumentError(f"there is no neuron {neuron!r} in layer {layer}; it has {self.sizes[layer - 1]}")

    def terms(self, z: Any) -> Terms:
        """The weights, inputs and bias of a node whose role is "z".

        Example:
            >>> from autograd import Value, dot
            >>> from autograd.engine.graph import topological_order
            >>> z = dot([Value(2.0, "w")], [3.0], Value(0.5, "b"))
            >>> Grouping(topological_order(z)).terms(z).bias.label
            'b'
        """
        if z._row is ADD:
            product, bias = z.parents if z._a._row is DOT else z.parents[::-1]
            return self.terms(product)._replace(bias=bias)
        return self._sums[z]

    def _find_neurons(self) -> None:
        """Give every node its neuron and role: sums before their activations, operands before sums."""
        made = [node for node in self._order if node.parents]
        uses = Counter(chain.from_iterable(node.parents for node in made if node._row is not DOT))
        # Dots share the tuples of their operands, so what is asked of a tuple is found once, by its id. Counted once,
        # too, they tell that a node has another use than those above.
        sides = {id(side): (side, len(node._b)) for node in made if node._row is DOT for side in (node._a, node._b)}
        uses.update(chain.from_iterable(side for side, _ in sides.values()))
        can_be_weights = {i: _can_be_weights(side[:n]) for i, (side, n) in sides.items()}
        # Of each node: how many neurons stand one behind another below it. All are there from the start: in a graph
        # that the compiler has rewritten, an operand may stand behind what it goes into.
        depths = dict.fromkeys(self._order, 0)
        deepest: dict[int, int] = {}  # of each tuple: the depth of its deepest node
        for node in made:
            if node._row is DOT:
                for i in (id(node._a), id(node._b)):
                    if i not in deepest:
                        deepest[i] = max(map(depths.__getitem__, sides[i][0]))
                depths[node] = max(deepest[id(node._a)], deepest[id(node._b)])
                terms = _weighted_sum(node, can_be_weights)
                if terms is not None:
                    depths[node] += 1
                    self._sums[node] = terms
                    self._parts[node] = self._neuron(terms, depths[node]), "z"
                continue
            depths[node] = max(map(depths.__getitem__, node.parents))
            if node._row is ADD:
                for product, bias in ((node._a, node._b), (node._b, node._a)):
                    if product._row is DOT and bias._row is LEAF and uses[product] == 1:
                        self._add_bias(node, product, bias)
            elif node._row.activation and (below := _only_operand(node)) in self._parts and uses[below] == 1:
                neuron, role = self._parts[below]
                if role in ("z", "a"):
                    self._parts[node] = neuron, "a"

    def _neuron(self, terms: Terms, depth: int) -> int:
        """The neuron with these weights, a new one if they are new."""
        neuron = self._neurons.setdefault(terms.weights, len(self._neurons))
        if neuron == len(self._depths):
            self._depths.append(depth)
            self._assign(terms.weights, neuron, "weight")
        self._depths[neuron] = min(depth, self._depths[neuron])
        if terms.bias is not None and terms.bias._row is LEAF:
            self._assign((terms.bias,), neuron, "bias")
        return neuron

    def _add_bias(self, z: Any, product: Any, bias: Any) -> None:
        """Take the addition of a leaf to a neuron's dot that has no bias as the neuron's z."""
        terms = self._sums.get(product)
        if terms is None or terms.bias is not None:
            return
        if all(x is not bias for x in terms.inputs):  # else x skips the layer
            neuron, _ = self._parts[product]
            self._parts[z], self._parts[product] = (neuron, "z"), (neuron, "inner")
            self._assign((bias,), neuron, "bias")

    def _assign(self, nodes: Iterable[Any], neuron: int, role: Role) -> None:
        part = neuron, role
        for node in nodes:
            self._parts.setdefault(node, part)


def _weighted_sum(node: Any, can_be_weights: Mapping[int, bool]) -> Terms | None:
    """A dot as a neuron's sum; None: neither side can be weights, or it is a sum of squares."""
    n = len(node._b)
    left, right, bias = node._a[:n], node._b, node._a[n] if len(node._a) > n else None
    weights_first = can_be_weights[id(node._a)]
    if can_be_weights[id(right)]:
        if weights_first and all(map(is_, left, right)):
            return None
        weights_first = weights_first and (_is_named_weight(left[0]) or not _is_named_weight(right[0]))
    elif not weights_first:
        return None
    return Terms(left, right, bias) if weights_first else Terms(right, left, bias)


def _can_be_weights(side: tuple[Any, ...]) -> bool:
    """Whether they are all leaves, and not all constants."""
    rows = {p._row for p in side}
    return LEAF in rows and rows <= {LEAF, CONSTANT, LITERAL}


def _is_named_weight(node: Any) -> bool:
    """Whether its label says that it is a weight: what else tells w from x where both can be trained?"""
    return node._label[:1] in ("w", "W")


def _numbers(label: str) -> list[int]:
    return [int(digits) for digits in _DIGITS.findall(label)]


def _only_operand(node: Any) -> Any:
    """The operand, if all others are constants; else None."""
    others = [p for p in node.parents if not is_constant(p)]
    return others[0] if len(others) == 1 else None
