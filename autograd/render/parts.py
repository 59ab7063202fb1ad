"""The parts of a big graph that a picture shows as one box each, and how each is opened.

A layer opens to its neurons, and a neuron to its nodes. What is outside the layers is cut into bands of steps, where
a step is as many operations away from the inputs as its number says; so no two bands feed each other both ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

from ..engine.graph import is_constant
from ..engine.ops import DOT, LEAF, LITERAL
from ..engine.value import Value
from ..reading.grouping import Grouping
from .rows import cluster_of

__all__ = ["FOLLOWS", "SHOWN", "Part", "Parts", "Units"]

FOLLOWS = -1  # in place of an operand's unit: a plain number, which is drawn wherever its user is

SHOWN = 60  # nodes that a part opens to at once; boxes in an overview
_FEW, _FEW_NUMBERS = 12, 4  # up to so many nodes, or plain numbers, are drawn one by one
_LAYERS, _BANDS, _INNER_BANDS = 36, 8, 20  # boxes for layers, for what is in none, inside a part

What: TypeAlias = Literal["node", "layers", "neuron", "numbers", "steps"]


@dataclass(frozen=True, slots=True)
class Part:
    """A box: one unit, or many."""

    what: What
    name: str  # what it is called, and what `expand` takes; "" for one unit
    units: Sequence[int]
    label: str = ""  # its name in the cluster that it is drawn in
    cluster: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()  # the cluster of what it opens to
    children: tuple[Part, ...] = ()  # what it opens to, where that is known
    prefix: str = ""  # what the names of the bands in it start with

    def holds(self, name: str) -> bool:
        """Whether what is inside has, or may have, that name."""
        if name.startswith(f"{self.name}, "):
            return True
        return any(child.name == name or name.startswith(f"{child.name}, ") for child in self.children)


class Parts:
    """The parts of a graph."""

    def __init__(self, units: Units) -> None:
        self.units = units
        self.grouping = units.grouping
        self.open: set[str] = set()  # names of parts so small that `top` draws their nodes one by one

    @cached_property
    def top(self) -> list[Part]:
        """The graph in at most 60 boxes, in topological order: layers, and what is around them."""
        units = self.units
        parts = [*self._numbers("inputs", units.inputs), *self._layers(), *self._numbers("targets", units.targets)]
        if len(units.behind) <= (_BANDS if self.grouping.layers else _FEW):
            return parts + [self.single(u) for u in units.behind]
        return parts + list(self._bands(units.behind, "loss, " if self.grouping.layers else "", (), _BANDS))

    def single(self, u: int, cluster: tuple[str, ...] | None = None) -> Part:
        """A box for one unit."""
        return Part("node", "", (u,), cluster=self._cluster(u) if cluster is None else cluster)

    def opened(self, part: Part) -> list[Part]:
        """The parts that a part consists of, down to single nodes."""
        if part.children:
            return list(part.children)
        if len(part.units) <= SHOWN:
            return [self.single(u, part.inner) for u in part.units]
        if len({self.units.depth[u] for u in part.units}) > 1:
            return list(self._bands(part.units, part.prefix, part.inner, _INNER_BANDS))
        return [
            Part(
                "numbers",
                name := f"{part.name}, {a + 1} to {b}",
                part.units[a:b],
                name,
                part.inner,
                (*part.inner, name),
            )
            for a, b in banded([1] * len(part.units), min(_INNER_BANDS, -(-len(part.units) // SHOWN)))
        ]

    def _numbers(self, name: str, units: Sequence[int]) -> list[Part]:
        if len(units) <= (_FEW_NUMBERS if self.grouping.layers else _FEW):
            self.open |= {name} if units else set()
            return [self.single(u) for u in units]
        return [Part("numbers", name, units, name, (), (name,))]

    def _layers(self) -> list[Part]:
        """Layers and what stands between them; several in one box where there are too many."""
        between = self.units.between
        boxes: list[list[Part]] = [[self._between(0)] if between.get(0) else []]
        for layer in range(1, self.grouping.layers + 1):
            boxes.append([self._layer(layer), *([self._between(layer)] if between.get(layer) else [])])
        if sum(map(len, boxes)) <= _LAYERS:
            return [part for box in boxes for part in box]
        joined = boxes[0]
        for a, b in banded([1] * self.grouping.layers, _LAYERS - 1):
            inside = tuple([part for box in boxes[a + 1 : b + 1] for part in box])
            if len(inside) == 1:
                joined += inside
                continue
            name = f"layers {a + 1} to {b}" if b - a > 1 else f"layer {b} and behind"
            joined.append(Part("layers", name, [u for p in inside for u in p.units], name, (), (), inside))
        return joined

    def _layer(self, layer: int) -> Part:
        name, size = self.grouping.layer_name(layer), self.grouping.sizes[layer - 1]
        neurons = []
        for neuron in range(1, size + 1):
            units, label = self.units.neurons[layer, neuron], f"neuron {neuron}"
            inner = self._cluster(units[0])
            whole = f"{name}, {label}"
            neurons.append(Part("neuron", whole, units, label, (name,), inner, prefix=f"{whole}, "))
        return Part("layers", name, [u for neuron in neurons for u in neuron.units], name, (), (name,), tuple(neurons))

    def _between(self, layer: int) -> Part:
        name = f"between layers {layer} and {layer + 1}" if layer else "before layer 1"
        return Part("steps", name, self.units.between[layer], name, (), (name,), prefix=f"{name}, ")

    def _bands(self, units: Sequence[int], prefix: str, cluster: tuple[str, ...], most: int) -> Iterator[Part]:
        depth = self.units.depth
        steps: dict[int, list[int]] = {}
        for u in units:
            steps.setdefault(depth[u], []).append(u)
        levels = [steps[step] for step in sorted(steps)]
        for a, b in banded([len(level) for level in levels], most):
            inside = [u for level in levels[a:b] for u in level]
            if len(inside) == 1:
                yield self.single(inside[0], cluster or None)
                continue
            first, last = depth[inside[0]], depth[inside[-1]]
            name = prefix + (f"step {first}" if first == last else f"steps {first} to {last}")
            yield Part("steps", name, inside, name, cluster, (*cluster, name), prefix=prefix)

    def together(self, a: Value, b: Value) -> bool:
        """Whether two nodes are of one neuron."""
        one, other = self.grouping.of(a), self.grouping.of(b)
        return one is not None and other is not None and (one.layer, one.neuron) == (other.layer, other.neuron)

    def _cluster(self, u: int) -> tuple[str, ...]:
        return cluster_of(self.units.node[u], self.grouping) if u < len(self.units.order) else ()


def banded(sizes: Sequence[int], most: int) -> list[tuple[int, int]]:
    """Join neighbours into at most `most` bands of about equal size; a band runs from a step up to another one."""
    if len(sizes) <= most:
        return [(i, i + 1) for i in range(len(sizes))]
    bands: list[tuple[int, int]] = []
    start, held, rest = 0, 0, sum(sizes)
    for i, size in enumerate(sizes):
        left = most - len(bands)  # bands that may still be made, with the one that is being filled
        if held and left > 1 and (held + size) * left > rest:
            bands.append((start, i))
            start, rest, held = i, rest - held, 0
        held += size
    return [*bands, (start, len(sizes))]


class Units:
    """What a picture is made of: the nodes of a graph, each with its place relative to the layers.

    Units below ``len(order)`` are the nodes at these places in topological order. A plain number belongs to the node
    that uses it, unless it goes into a neuron as an input: such numbers are units of their own, numbered behind the
    nodes, one for each place in a list of inputs, whichever neurons share the list.
    """

    def __init__(self, order: Sequence[Value], grouping: Grouping) -> None:
        self.order = order
        self.place = {node: FOLLOWS if node._row is LITERAL else i for i, node in enumerate(order)}
        self.grouping = grouping
        self.node = list(order)
        self.layer = [0] * len(order)  # of each place; 0: none
        self.neurons: dict[tuple[int, int], list[int]] = {}
        for layer, size in enumerate(self.grouping.sizes, 1):
            for neuron in range(1, size + 1):
                nodes = self.grouping.nodes(layer, neuron)
                places = [self.place[node] for node in nodes if node._row is not LITERAL]
                self.neurons[layer, neuron] = places
                for i in places:
                    self.layer[i] = layer
        self._numbers: dict[tuple[int, int], int] = {}  # (id of a list of inputs, place in it) -> unit
        self._sides: dict[int, list[int]] = {}  # by the id of a tuple of operands
        self._find_numbers()
        self.constant = bytearray([is_constant(node) for node in self.node])
        self._find_sections()
        self._count()

    def _count(self) -> None:
        """Ids as :func:`graph_rows` gives them, so that a node keeps its id whatever is open."""
        self.followers: list[int] = []  # how many plain numbers are drawn wherever a node is, in topological order
        self.number: list[int] = []  # of each unit
        self.use: dict[tuple[int, int], int] = {}  # the number of each use of a literal, by place and operand
        fresh: dict[Value, int] = {}  # numbers that are not used yet, by their place in order
        first: dict[int, int] = {}
        count = 0
        for i, node in enumerate(self.order):
            parents = node.parents  # which a node of many operands makes anew whenever it is asked
            literals = [k for k, p in enumerate(parents) if p._row is LITERAL]
            operands = self.operands(i) if literals else []
            for k in literals:
                number = fresh.pop(parents[k], count)
                count += number == count
                self.use[i, k] = number
                first.setdefault(operands[k], number)
            self.followers.append(operands.count(FOLLOWS))
            self.number.append(count)
            if node._row is LITERAL:
                fresh[node] = count
            count += 1
        self.number += [first[u] for u in range(len(self.order), len(self.node))]

    def operands(self, i: int) -> list[int]:
        """The unit of each operand of the node at place `i`, or FOLLOWS."""
        node = self.order[i]
        a, b = node._a, node._b
        if type(a) is not tuple:
            return [self.place[p] for p in node.parents]
        left = self._side(a)
        return left if b is None else left[: len(b)] + self._side(b) + left[len(b) :]

    def _side(self, nodes: tuple[Any, ...]) -> list[int]:
        found = self._sides.get(id(nodes))
        if found is None:
            found = self._sides[id(nodes)] = [
                self._numbers.get((id(nodes), k), self.place[p]) for k, p in enumerate(nodes)
            ]
        return found

    def _find_numbers(self) -> None:
        """Make units of the plain numbers that neurons have as inputs."""
        seen: set[int] = set()
        for node, layer in zip(self.order, self.layer, strict=True):
            for side in (node._a, node._b) if layer and node._row is DOT else ():
                if id(side) in seen:
                    continue
                seen.add(id(side))
                inputs = side[: len(node._b)]
                if any(p._row is LEAF and self.layer[self.place[p]] for p in inputs):
                    continue  # these are the weights
                for k, p in enumerate(inputs):
                    if p._row is LITERAL:
                        self._numbers[id(side), k] = len(self.node)
                        self.node.append(p)

    def _find_sections(self) -> None:
        """Sort what belongs to no layer.

        `inputs` feed the layers, and `targets` don't; `between` holds computations that feed a layer, by the layer
        that they come behind, and `behind` those that feed none.
        """
        feeds = self._feeding()
        rest = len(self.node) - len(self.order) + 1  # one more for FOLLOWS, so that it counts as what lies at no depth
        section = [*self.layer, *[0] * rest]  # the layer that something comes behind; -1: it feeds none
        self.inputs = list(range(len(self.order), len(self.node)))
        self.targets: list[int] = []
        self.between: dict[int, list[int]] = {}
        self.behind: list[int] = []
        self.depth = depth = [0] * len(section)  # in its section, so that steps are counted from the layer before it
        for i, node in enumerate(self.order):
            if self.layer[i] or node._row is LITERAL:
                continue
            if node._a is None:
                (self.inputs if feeds[i] or not self.grouping.layers else self.targets).append(i)
                continue
            operands, deepest = self.operands(i), 0
            section[i] = now = max([section[u] for u in operands]) if feeds[i] else -1
            (self.between.setdefault(now, []) if feeds[i] else self.behind).append(i)
            for u in operands:
                if section[u] == now and depth[u] > deepest:
                    deepest = depth[u]
            depth[i] = deepest + 1

    def _feeding(self) -> bytearray:
        """Of each place outside the layers: whether something in a layer depends on it."""
        feeds = bytearray(len(self.order))
        seen: set[int] = set()
        for i in range(len(self.order) - 1, -1, -1):
            if not (self.layer[i] or feeds[i]):
                continue
            # Neurons share the tuples that they keep their operands in, so each is looked at once.
            shared = {id(side) for side in (self.order[i]._a, self.order[i]._b) if type(side) is tuple}
            if shared and shared <= seen:
                continue
            seen |= shared
            for u in self.operands(i):
                if 0 <= u < len(feeds) and not self.layer[u]:
                    feeds[u] = 1
        return feeds
