"""Which nodes of a recorded graph make up a neuron, and which neurons a layer.

Nothing records this: it is read off the shape of the graph. A neuron is a weighted sum z of its inputs, with an
activation behind it or none. The sum is one `dot` node, or is written with ``+`` and ``*``. Two sums with the same
weights are the same neuron at work on two samples. Its layer is one further from the inputs than the deepest neuron
that it depends on; where it works at several depths, as in a recurrent network, the smallest counts.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from ..engine.graph import is_constant
from ..engine.ops import ADD, CONSTANT, DOT, LEAF, LITERAL, MUL, SUM
from ..errors import ArgumentError

__all__ = ["Grouping", "Part", "Role"]

Role: TypeAlias = Literal["weight", "bias", "z", "a", "inner"]
_ROLES: tuple[Role, ...] = ("weight", "bias", "z", "a", "inner")
_WEIGHT, _BIAS, _Z, _A, _INNER = range(1, 6)  # places in _ROLES, counted from 1; 0 is no role

# --- what in a graph has the form of a weighted sum ---------------------------------------------------------------


_TERM, _WEIGHTED, _BIASED, _INSIDE, _ACTIVATED = 1, 2, 4, 8, 16


class _Terms(NamedTuple):
    weights: tuple[Any, ...]
    inputs: Sequence[Any]
    bias: Any  # a trainable leaf, or None
    inner: Sequence[Any]  # the nodes below the sum that are written out
    dotted: bool


class _Sums:
    """What has the form of a weighted sum: w x, a dot of weights and inputs, and sums of these with one bias.

    The state of a node says whether it can be a term of such a sum; whether weights and a bias are in it; whether it
    is a term of a larger one, and so no z itself; and whether its one consumer is an activation.
    """

    def __init__(self, order: Sequence[Any], place: dict[Any, int]) -> None:
        self._order, self._place = order, place
        self.uses = bytearray(len(order))  # 2 stands for several
        self._state = bytearray(len(order))
        self._sides: dict[int, bool] = {}
        self._count_uses()
        for i, node in enumerate(order):
            op = node._row
            if op is MUL:
                self._state[i] |= _TERM | _WEIGHTED if _product(node) else 0
            elif op is ADD or op is SUM:
                if not _of_several(node):
                    self._state[i] |= self._joined(node.parents)
            elif op is DOT:
                if self._weights_first(node) is not None:
                    self._state[i] |= _TERM | _WEIGHTED | (_BIASED if len(node._a) > len(node._b) else 0)
            elif op is LEAF:
                self._state[i] = _TERM | _BIASED
            elif op is LITERAL:
                self._state[i] = _TERM | _BIASED if node._data else _TERM  # 0 is where Python's sum starts

    def _count_uses(self) -> None:
        place, uses, state = self._place, self.uses, self._state
        one_more = (1, 2, 2)
        seen: set[int] = set()
        for node in self._order:
            a, b = node._a, node._b
            if a is None:
                continue
            if type(a) is not tuple or b is None:
                for p in node.parents:
                    uses[place[p]] = one_more[uses[place[p]]]
            else:
                # Neurons share these tuples, so each is looked at once. What a dot takes in counts as used several
                # times: it can't be a term of a larger sum.
                for group in (a, b):
                    if id(group) not in seen:
                        seen.add(id(group))
                        for p in group:
                            uses[place[p]] = 2
            if node._row.activation and (below := _only_operand(node)) is not None:
                state[place[below]] |= _ACTIVATED
        for i, count in enumerate(uses):
            if count != 1:
                state[i] = 0

    def _joined(self, operands: Sequence[Any]) -> int:
        """The state of a sum of these operands: 0 if one of them can't be a term, or if there are two biases."""
        place, state, uses = self._place, self._state, self.uses
        joined = _TERM
        for p in operands:
            i = place[p]
            flags = state[i]
            if not flags & _TERM or (p._a is not None and uses[i] != 1) or joined & flags & _BIASED:
                return 0
            joined |= flags & (_WEIGHTED | _BIASED)
        for p in operands:
            if p._a is not None:
                state[place[p]] |= _INSIDE
        return joined

    def _weights_first(self, node: Any) -> bool | None:
        """Whether the first side of a dot holds the weights, or else the second; None: neither does."""
        left, right = self._trainable(node._a, len(node._b)), self._trainable(node._b, len(node._b))
        if left and right:
            return _named_weight(node._a[0]) or not _named_weight(node._b[0])
        return left if left or right else None

    def _trainable(self, side: tuple[Any, ...], n: int) -> bool:
        """Whether the first `n` are all leaves, and not all constants."""
        found = self._sides.get(id(side))
        if found is None:
            ops = {p._row for p in side[:n]}
            found = self._sides[id(side)] = LEAF in ops and ops <= {LEAF, CONSTANT, LITERAL}
        return found

    def complete(self, i: int) -> bool:
        """Whether a weighted sum stands at place `i` that is no term of a larger one."""
        return self._state[i] & (_WEIGHTED | _INSIDE) == _WEIGHTED

    def activated(self, i: int) -> bool:
        """Whether the one consumer of the node at place `i` is an activation."""
        return bool(self._state[i] & _ACTIVATED)

    def terms(self, i: int) -> _Terms:
        """The weights, inputs and bias of the weighted sum at place `i`."""
        weights: list[Any] = []
        inputs: list[Any] = []
        inner: list[Any] = []
        bias, dotted = None, False
        stack = [self._order[i]]
        while stack:
            node = stack.pop()
            if node._row is LEAF:
                bias = node
            elif node._row is not LITERAL:
                inner.append(node)
                if node._row is MUL:
                    w, x = _product(node) or node.parents
                    weights.append(w)
                    inputs.append(x)
                elif node._row is DOT:
                    n, first, dotted = len(node._b), self._weights_first(node), True
                    weights += node._a[:n] if first else node._b
                    inputs += node._b if first else node._a[:n]
                    stack += [p for p in node._a[n:] if p._row is LEAF]
                else:
                    stack += reversed(node.parents)
        if len(inner) > 1 and any(x is bias for x in inputs):
            bias = None  # x itself is added on: a connection that skips the layer
        return _Terms(tuple(weights), inputs, bias, inner[1:], dotted)


def _product(node: Any) -> tuple[Any, Any] | None:
    """The weight and the input of a product; None: it has no weight.

    A plain number is an input only behind its weight: 2*x is twice x.
    """
    a, b = node._a, node._b
    if a._row is LEAF and b._row is LEAF:
        if a is b:
            return None
        return (b, a) if _named_weight(b) and not _named_weight(a) else (a, b)
    if a._row is LEAF:
        return a, b
    return (b, a) if b._row is LEAF and a._row is not LITERAL else None


def _of_several(node: Any) -> bool:
    """Whether a sum adds up several neurons, or one neuron on several samples, rather than the parts of one neuron."""
    if node._row is SUM:
        return any(p._row is DOT for p in node._a)
    first, second = node._a, node._b
    return first._row is DOT and second._row is DOT and not set(first.parents).isdisjoint(second.parents)


def _named_weight(node: Any) -> bool:
    """Whether its label says that it is a weight: what else tells w from x where both can be trained?"""
    return node._label[:1] in ("w", "W")


def _only_operand(node: Any) -> Any:
    """The operand, if all others are constants; else None."""
    others = [p for p in node.parents if not is_constant(p)]
    return others[0] if len(others) == 1 else None


# --- neurons and layers -------------------------------------------------------------------------------------------


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
        order: every node of the graph, as :func:`autograd.engine.graph.topological_order` gives them.

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
        self._find_neurons(_Sums(order, self._place))
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

    def _find_neurons(self, sums: _Sums) -> None:
        """Give every node its neuron and role: sums before their activations, operands before sums."""
        place, owner, role = self._place, self._owner, self._role
        uses = sums.uses
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
            if sums.complete(i):
                neuron = self._neuron(sums, i, depth + 1)
                if neuron >= 0:
                    depth += 1
                    owner[i], role[i] = neuron, _Z
            elif node._row.activation and (below := _only_operand(node)) is not None:
                j = place[below]
                if uses[j] == 1 and role[j] in (_Z, _A):
                    owner[i], role[i] = owner[j], _A
            depths[i] = depth

    def _neuron(self, sums: _Sums, i: int, depth: int) -> int:
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

    def _plausible(self, terms: _Terms, activated: bool) -> bool:
        """Whether a sum of products is meant as a neuron. A `dot` says so itself."""
        inputs, biased = terms.inputs, terms.bias is not None
        named = any(_named_weight(w) for w in terms.weights)
        several = len(inputs) > 1
        outputs = any(self._role[self._place[x]] in (_Z, _A) for x in inputs)
        if not outputs and all(x._a is not None for x in inputs):
            return biased and (several or named)  # nothing known goes in: a batch-norm's scale and shift look like this
        if not biased and all(x._row is LITERAL for x in inputs):
            return False  # x*2, a multiple of x
        return named or activated or outputs or (several and biased) or any(x._row is CONSTANT for x in inputs)
