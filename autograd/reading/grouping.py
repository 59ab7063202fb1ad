"""Which nodes of a recorded graph make up a neuron, and which neurons a layer.

Nothing records this: it is read off the shape of the graph. A neuron is a `dot` of weights and inputs, as `autograd.nn`
and ``W @ x`` make them, with a bias in it or added to it, and an activation behind it or none. Two sums with the same
weights are the same neuron at work on two samples. Its layer is one further from the inputs than the deepest neuron
that it depends on; where it works at several depths, as in a recurrent network, the smallest counts.

What is written with ``+`` and ``*`` alone is left as it is: nothing tells a weight from any other factor.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any, Literal, NamedTuple, TypeAlias

from ..engine.graph import is_constant
from ..engine.ops import ADD, CONSTANT, DOT, LEAF, LITERAL
from ..errors import ArgumentError

__all__ = ["Grouping", "Part", "Terms"]

Role: TypeAlias = Literal["weight", "bias", "z", "a", "inner"]
_DIGITS = re.compile("[0-9]+")
_ROLES: tuple[Role, ...] = ("weight", "bias", "z", "a", "inner")
_WEIGHT, _BIAS, _Z, _A, _INNER = range(1, 6)  # places in _ROLES, counted from 1; 0 is no role


class Terms(NamedTuple):
    """What a weighted sum is made of."""

    weights: tuple[Any, ...]
    inputs: tuple[Any, ...]
    bias: Any  # a node, or None


def _named_weight(node: Any) -> bool:
    """Whether its label says that it is a weight: what else tells w from x where both can be trained?"""
    return node._label[:1] in ("w", "W")


def _numbers(label: str) -> list[int]:
    return [int(digits) for digits in _DIGITS.findall(label)]


def _only_operand(node: Any) -> Any:
    """The operand, if all others are constants; else None."""
    others = [p for p in node.parents if not is_constant(p)]
    return others[0] if len(others) == 1 else None


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
        self._place = {node: i for i, node in enumerate(order)}
        self._owner = array("q", [-1]) * len(order)  # of each node: its neuron, by first appearance
        self._role = bytearray(len(order))
        self._neurons: dict[tuple[Any, ...], int] = {}  # by their weights
        self._depth = array("q")  # of each neuron: the smallest at which it works
        self._uses = self._counted_uses()
        self._sides: dict[int, bool] = {}  # by the id of a tuple of operands: whether they can be weights
        self._terms: dict[Any, Terms] = {}  # of each dot that is a neuron's
        self._find_neurons()
        layer_at = {depth: layer for layer, depth in enumerate(sorted(set(self._depth)), 1)}
        sizes = [0] * len(layer_at)
        self._address = [(0, 0)] * len(self._depth)
        # By the numbers in the names of weights, where they have any: a loss may take its target's neuron first.
        for neuron, _ in sorted(enumerate(self._neurons), key=lambda found: _numbers(found[1][0]._label)):
            layer = layer_at[self._depth[neuron]]
            sizes[layer - 1] += 1
            self._address[neuron] = (layer, sizes[layer - 1])
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
            node, bias = z.parents if z._a._row is DOT else z.parents[::-1]
            return self.terms(node)._replace(bias=bias)
        found = self._terms.get(z)
        if found is None:
            n, first = len(z._b), self._weights_first(z)
            left, bias = tuple(z._a[:n]), z._a[n] if len(z._a) > n else None
            found = self._terms[z] = Terms(left, z._b, bias) if first else Terms(z._b, left, bias)
        return found

    def _counted_uses(self) -> bytearray:
        """How often each node is used; 2 stands for several, and for a use by a dot."""
        place, uses = self._place, bytearray(len(self._order))
        one_more = (1, 2, 2)
        seen: set[int] = set()
        for node in self._order:
            a, b = node._a, node._b
            if a is None:
                continue
            if type(a) is not tuple or b is None:
                for p in node.parents:
                    uses[place[p]] = one_more[uses[place[p]]]
                continue
            for group in (a, b):  # neurons share these tuples, so each is looked at once
                if id(group) not in seen:
                    seen.add(id(group))
                    for p in group:
                        uses[place[p]] = 2
        return uses

    def _find_neurons(self) -> None:
        """Give every node its neuron and role: sums before their activations, operands before sums."""
        place, owner, role, uses = self._place, self._owner, self._role, self._uses
        depths = array("q", bytes(8 * len(self._order)))  # how many neurons stand one behind another below a node
        known: dict[int, int] = {}  # by the id of a tuple of operands, which dots may share: that of its deepest node

        def deepest(nodes: tuple[Any, ...]) -> int:
            if id(nodes) not in known:
                known[id(nodes)] = max([depths[place[p]] for p in nodes], default=0)
            return known[id(nodes)]

        for i, node in enumerate(self._order):
            a, b = node._a, node._b
            if a is None:
                continue
            if type(a) is tuple:
                depth = deepest(a) if b is None else max(deepest(a), deepest(b))
            else:
                depth = depths[place[a]] if b is None else max(depths[place[a]], depths[place[b]])
            if node._row is DOT:
                if self._weights_first(node) is not None:
                    depth += 1
                    owner[i], role[i] = self._neuron(self.terms(node), depth), _Z
            elif node._row is ADD:
                self._add_bias(i)
            elif node._row.activation and (below := _only_operand(node)) is not None:
                j = place[below]
                if uses[j] == 1 and role[j] in (_Z, _A):
                    owner[i], role[i] = owner[j], _A
            depths[i] = depth

    def _add_bias(self, i: int) -> None:
        """Take an addition of a leaf to a dot without a bias as the neuron's z."""
        node, place = self._order[i], self._place
        for product, bias in ((node._a, node._b), (node._b, node._a)):
            j = place[product]
            if bias._row is not LEAF or product._row is not DOT or self._role[j] != _Z or self._uses[j] != 1:
                continue
            terms = self.terms(product)
            if terms.bias is None and all(x is not bias for x in terms.inputs):  # else x skips the layer
                self._owner[i], self._role[i], self._role[j] = self._owner[j], _Z, _INNER
                self._assign((bias,), self._owner[j], _BIAS)

    def _weights_first(self, node: Any) -> bool | None:
        """Whether the first side of a dot holds the weights, or else the second; None: neither does."""
        left, right = self._trainable(node._a, len(node._b)), self._trainable(node._b, len(node._b))
        if left and right:
            if all(map(is_, node._a, node._b)):
                return None  # a sum of squares
            return _named_weight(node._a[0]) or not _named_weight(node._b[0])
        return left if left or right else None

    def _trainable(self, side: tuple[Any, ...], n: int) -> bool:
        """Whether the first `n` are all leaves, and not all constants."""
        found = self._sides.get(id(side))
        if found is None:
            ops = {p._row for p in side[:n]}
            found = self._sides[id(side)] = LEAF in ops and ops <= {LEAF, CONSTANT, LITERAL}
        return found

    def _neuron(self, terms: Terms, depth: int) -> int:
        """The neuron with these weights, a new one if they are new."""
        neuron = self._neurons.get(terms.weights, -1)
        if neuron < 0:
            neuron = self._neurons[terms.weights] = len(self._neurons)
            self._depth.append(depth)
            self._assign(terms.weights, neuron, _WEIGHT)
        elif depth < self._depth[neuron]:
            self._depth[neuron] = depth
        if terms.bias is not None and terms.bias._row is LEAF:
            self._assign((terms.bias,), neuron, _BIAS)
        return neuron

    def _assign(self, nodes: Iterable[Any], neuron: int, role: int) -> None:
        for node in nodes:
            i = self._place[node]
            if not self._role[i]:
                self._owner[i], self._role[i] = neuron, role
