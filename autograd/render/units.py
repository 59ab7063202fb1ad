"""What a big picture is made of: the nodes of a graph, each with its place relative to the layers.

A plain number is part of the node that uses it, unless it goes into a neuron as an input. Such numbers are units of
their own, one for each place in a list of inputs, whichever neurons share the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine.graph import is_constant
from ..engine.ops import DOT, LEAF, LITERAL, MUL
from ..engine.value import Value
from ..reading.grouping import Grouping

__all__ = ["FOLLOWS", "Units"]

FOLLOWS = -1  # in place of the unit of an operand: a plain number, which is wherever its user is


class Units:
    """The units of a graph, and what each is made of and belongs to.

    Units below ``len(order)`` are the nodes at these places; plain numbers are none. Those above are inputs of neurons.

    Args:
        order: the nodes in topological order.
        shared_numbers: False: every plain number goes with the node that uses it.

    Example:
        >>> from autograd.engine.graph import topological_order
        >>> from autograd.nn import MLP
        >>> units = Units(topological_order(MLP(2, [3, 1])([1.0, 2.0]) - 5))
        >>> len(units.inputs), [units.node[u].data for u in units.inputs], len(units.behind)
        (2, [1.0, 2.0], 1)
    """

    def __init__(self, order: Sequence[Value], shared_numbers: bool = True) -> None:
        self.order = order
        self.place = {node: i for i, node in enumerate(order)}
        self.grouping = Grouping(order)
        self.node = list(order)
        self.layer = [0] * len(order)  # of each place; 0: none
        self.neurons: dict[tuple[int, int], list[int]] = {}
        for layer, size in enumerate(self.grouping.sizes, 1):
            for neuron in range(1, size + 1):
                nodes = self.grouping.nodes(layer, neuron)
                places = [self.place[node] for node in nodes if node._op is not LITERAL]
                self.neurons[layer, neuron] = places
                for i in places:
                    self.layer[i] = layer
        self._numbers: dict[tuple[int, int], int] = {}  # (a list of inputs or a place, place in it) -> unit
        self._sides: dict[int, list[int]] = {}  # by the id of a tuple of operands
        if shared_numbers:
            self._find_numbers()
        self.constant = bytearray([is_constant(node) for node in self.node])
        self._find_sections()

    def operands(self, i: int) -> list[int]:
        """The unit of each operand of the node at place `i`, or FOLLOWS."""
        node = self.order[i]
        a, b = node._a, node._b
        if type(a) is tuple:
            left = self._side(a)
            return left if b is None else left[: len(b)] + self._side(b) + left[len(b) :]
        if a is None:
            return []
        return [self._one(a, i, 0)] if b is None else [self._one(a, i, 0), self._one(b, i, 1)]

    def shared(self, i: int) -> tuple[tuple[Any, ...], ...]:
        """The tuples that the node keeps its operands in, as other nodes may."""
        node = self.order[i]
        if type(node._a) is not tuple:
            return ()
        return (node._a,) if node._b is None else (node._a, node._b)

    def _one(self, node: Value, i: int, k: int) -> int:
        return self._numbers.get((i, k), FOLLOWS) if node._op is LITERAL else self.place[node]

    def _side(self, nodes: tuple[Any, ...]) -> list[int]:
        found = self._sides.get(id(nodes))
        if found is None:
            found = self._sides[id(nodes)] = [
                self._numbers.get((id(nodes), k), FOLLOWS) if p._op is LITERAL else self.place[p]
                for k, p in enumerate(nodes)
            ]
        return found

    def _find_numbers(self) -> None:
        """Make units of the plain numbers that neurons have as inputs."""
        seen: set[int] = set()
        for i, node in enumerate(self.order):
            if not self.layer[i]:
                continue
            if node._op is DOT:
                for side in (node._a, node._b):
                    if id(side) not in seen:
                        seen.add(id(side))
                        of_inputs = side[: len(node._b)]
                        if not any(p._op is LEAF and self.layer[self.place[p]] for p in of_inputs):
                            self._add_numbers(id(side), of_inputs)
            elif node._op is MUL and any(p._op is LEAF and self.layer[self.place[p]] for p in node.parents):
                self._add_numbers(i, node.parents)

    def _add_numbers(self, key: int, nodes: Sequence[Value]) -> None:
        for k, p in enumerate(nodes):
            if p._op is LITERAL:
                self._numbers[key, k] = len(self.node)
                self.node.append(p)

    def _find_sections(self) -> None:
        """Sort what belongs to no layer.

        `inputs` feed the layers, and `targets` don't; `between` holds computations that feed a layer, by the layer
        that they come behind, and `behind` those that feed none.
        """
        feeds = self._feeding()
        after, places = list(self.layer), len(self.order)
        self.inputs = list(range(len(self.order), len(self.node)))
        self.targets: list[int] = []
        self.between: dict[int, list[int]] = {}
        self.behind: list[int] = []
        self.depth = [0] * len(self.node)  # in its section
        for i, node in enumerate(self.order):
            if self.layer[i] or node._op is LITERAL:
                continue
            if node._a is None:
                (self.inputs if feeds[i] or not self.grouping.layers else self.targets).append(i)
                continue
            level = deepest = 0
            operands = self.operands(i)
            for u in operands:
                if 0 <= u < places and not self.layer[u] and feeds[u] == feeds[i] and self.depth[u] > deepest:
                    deepest = self.depth[u]
                if 0 <= u < places and after[u] > level:
                    level = after[u]
            after[i] = level
            if feeds[i]:  # steps are counted from the layer that the section comes behind
                deepest = max([self.depth[u] for u in operands if 0 <= u < places and after[u] == level], default=0)
                self.between.setdefault(level, []).append(i)
            else:
                self.behind.append(i)
            self.depth[i] = deepest + 1

    def _feeding(self) -> bytearray:
        """Of each place outside the layers: whether something in a layer depends on it."""
        feeds = bytearray(len(self.order))
        seen: set[int] = set()
        for i in range(len(self.order) - 1, -1, -1):
            if not (self.layer[i] or feeds[i]):
                continue
            shared = self.shared(i)
            if shared and all(id(side) in seen for side in shared):
                continue
            seen.update(map(id, shared))
            for u in self.operands(i):
                if 0 <= u < len(feeds) and not self.layer[u]:
                    feeds[u] = 1
        return feeds
