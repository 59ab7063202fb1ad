"""Who is a neuron, a layer, a row: the one description of networks that pictures and pages start from.

A network is boxes: one for each neuron with what it is made of, one for each input, one for each step of the loss.
Samples of a batch are stacked: what the same neuron computes for each of them stands in one box, and what flows along
an arrow is the exact sum over the samples.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..engine.graph import is_constant
from ..engine.ops import ADD, DOT, LITERAL
from ..engine.value import Value
from ..functions.slopes import exact_sum
from ..reading.formulas import made_by
from ..reading.grouping import Terms
from ..reading.names import is_plain_number
from ..reading.text import label_text
from .rows import AtStep, Graph, Joined, joint_mark

__all__ = ["Box", "Flow", "Line", "Network", "network_of"]

What: TypeAlias = Literal["weight", "bias", "z", "a"]
Address: TypeAlias = tuple[int, int]  # a neuron's layer, and its number there

_MOST_NEURONS, _MOST_INPUTS = 6, 8  # of a layer drawn as tables
_MOST_AROUND = 40  # boxes for what is no neuron and no input: more of them, and the graph is no plain network


@dataclass(slots=True, eq=False)
class Line:
    """A row of a neuron's table: a weight, the bias, the weighted sum or what an activation makes of it."""

    what: What
    name: str
    nodes: list[Value]  # one, or one for each sample
    place: int  # from the top


@dataclass(slots=True, eq=False)
class Box:
    """A neuron, an input, a constant or an operation, for one sample or for all that are stacked."""

    id: str
    kind: Literal["neuron", "input", "constant", "op"]
    name: str
    nodes: list[Value] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)  # of a neuron
    address: Address = (0, 0)  # of a neuron
    rank: int = 0  # its column, from the left
    chained: bool = False  # whether its nodes are the steps of one sum, of which the last counts

    @property
    def shown(self) -> list[Value]:
        """The nodes whose values and gradients are those of the box."""
        return self.nodes[-1:] if self.chained else self.nodes

    @property
    def sums(self) -> list[Value]:
        """The weighted sums of a neuron."""
        return next(line.nodes for line in self.lines if line.what == "z")


@dataclass(slots=True, eq=False, kw_only=True)
class Flow(Joined):
    """What goes from one box to another, or to one row of it, and the gradient that comes back."""

    source: Box
    target: Box
    line: Line | None  # of a neuron: the row that it meets
    uses: list[tuple[Value, int]] = field(default_factory=list)  # nodes of the target, and which operand it is there

    @property
    def id(self) -> str:
        return f"{self.source.id}_{self.target.id}" + ("" if self.line is None else f"_{self.line.place}")


class Network:
    """The boxes of a network, and what flows between them at the moment of `source`."""

    def __init__(self, graph: Graph) -> None:
        self.order, self.names, self.root, self.grouping = graph.order, graph.names, graph.root, graph.grouping
        self.boxes: dict[Any, Box] = {}  # by what makes nodes the same but for the sample
        self._box: dict[Value, Box] = {}
        self._place = {node: i for i, node in enumerate(graph.order)}
        self._stacked = False
        self._terms: dict[Value, Terms] = {}  # of each weighted sum; they keep the tuples of inputs alive
        # By the id of such a tuple: the boxes that its nodes are in, and whether gradients flow to them.
        self._known: dict[int, list[tuple[Box, bool]]] = {}
        self._put_neurons()
        self._put_inputs()
        self._put_operations()
        self._read(graph)

    def at(self, graph: Graph) -> Network:
        """The same boxes with the numbers that the graph has at another moment."""
        network = copy(self)
        network._read(graph)
        return network

    def _read(self, graph: Graph) -> None:
        self.source, self.seed, self._moment = graph.source, graph.seed, isinstance(graph.source, AtStep)
        self.flows: dict[tuple[Box, Box, Line | None], Flow] = {}
        self._find_flows()
        self.into: dict[tuple[Box, Line | None], list[Flow]] = defaultdict(list)
        for flow in self.flows.values():
            self.into[flow.target, flow.line].append(flow)
        self.notes = {box: self._notes(box) for box in self.boxes.values()}

    @property
    def neurons(self) -> list[Box]:
        """Layer by layer, in order."""
        return sorted((box for box in self.boxes.values() if box.kind == "neuron"), key=lambda box: box.address)

    def gradient(self, nodes: Sequence[Value]) -> float | None:
        """The sum of their gradients; None: none is computed."""
        known = [g for node in nodes if (g := self.source.gradient(node)) is not None]
        return exact_sum(known) if known else None

    def message(self, box: Box, line: Line) -> float | None:
        """What flows back from a row of a table."""
        known = [message for flow in self.into.get((box, line), ()) if (message := flow.message) is not None]
        return exact_sum(known) if known else None

    @property
    def samples(self) -> int:
        """How many samples are stacked."""
        return max(len(box.nodes) for box in self.neurons)

    @property
    def is_small(self) -> bool:
        """Whether there is room for a table of each neuron."""
        weights = (sum(line.what == "weight" for line in box.lines) for box in self.neurons)
        return max(self.grouping.sizes) <= _MOST_NEURONS and max(weights) <= _MOST_INPUTS

    def formula(self, box: Box) -> str:
        """How an operation is made, with "…" for a number that is another one in each sample."""
        node = box.nodes[0]
        if len(node.parents) > 3:
            return f"= {node._row.name} of {len(node.parents)}"
        used = itertools.zip_longest(*[other.parents for other in box.nodes])  # by all samples, operand by operand
        operands = [
            "…" if is_plain_number(ps[0]) and len({p._data for p in ps if p is not None}) > 1 else self.names[ps[0]]
            for ps in itertools.islice(used, len(node.parents))
        ]
        return "= " + label_text(made_by(node._row, operands), 24)

    def in_order(self, boxes: Sequence[Box]) -> list[Box]:
        """Column by column: inputs and neurons as they are counted, then all else."""
        order = {"input": 0, "neuron": 1, "op": 2, "constant": 3}
        made = {box: i for i, box in enumerate(self.boxes.values())}
        return sorted(boxes, key=lambda box: (box.rank, order[box.kind] if box.rank else 0, box.address, made[box]))

    # --- boxes ---

    def _put_neurons(self) -> None:
        stages: defaultdict[Address, list[list[Value]]] = defaultdict(list)  # sums, then activation by activation
        stage: dict[Value, int] = {}
        for node in self.order:
            part = self.grouping.of(node)
            if part is not None and part.role in ("z", "a"):
                stage[node] = 0 if part.role == "z" else 1 + next(stage[p] for p in node.parents if p in stage)
                found = stages[part.layer, part.neuron]
                found += [[]] if len(found) == stage[node] else []
                found[stage[node]].append(node)
        for (layer, number), found in sorted(stages.items()):
            self._terms.update((z, self.grouping.terms(z)) for z in found[0])
            weights, _, bias = self._terms[found[0][0]]
            rows: list[tuple[What, list[Value]]] = [("weight", [w]) for w in weights]
            rows += [] if bias is None else [("bias", [bias])]
            rows += [("a" if k else "z", nodes) for k, nodes in enumerate(found)]
            lines = [Line(what, self.names[nodes[0]], nodes, place) for place, (what, nodes) in enumerate(rows)]
            id_, name, address = f"g_layer_{layer}_neuron_{number}", f"neuron {number}", (layer, number)
            box = self.boxes[address] = Box(id_, "neuron", name, found[-1], lines, address)
            self._stacked |= len(found[0]) > 1
            for nodes in found:
                self._box.update(dict.fromkeys(nodes, box))
            for x in (*weights, bias):
                if x is not None and not x.parents and x._row is not LITERAL:
                    self._box.setdefault(x, box)

    def _put_inputs(self) -> None:
        """A box for each place in the lists of inputs that neurons share, where no operation makes what is there."""
        users: dict[tuple[int, ...], set[Address]] = defaultdict(set)
        lists: dict[tuple[int, ...], tuple[Value, ...]] = {}
        self._key: dict[int, tuple[int, ...]] = {}  # neurons may share a tuple of inputs, or have equal ones
        neurons = self.neurons
        for neuron in neurons:
            for z in neuron.sums:
                inputs = self._terms[z].inputs
                key = self._key.get(id(inputs)) or self._key.setdefault(id(inputs), tuple(map(id, inputs)))
                users[key].add(neuron.address)
                lists.setdefault(key, inputs)
        self._users = {key: frozenset(found) for key, found in users.items()}
        for key, inputs in lists.items():
            for j, x in enumerate(inputs):
                if x.parents or (x in self._box and x._row is not LITERAL):
                    continue
                place = (self._users[key], j)
                if place not in self.boxes:
                    plain = is_plain_number(x)
                    id_ = f"input_{len(self.boxes) - len(neurons) + 1}" if plain else f"n{self._place[x]}"
                    self.boxes[place] = Box(id_, "input", f"input {j + 1}" if plain else self.names[x])
                self.boxes[place].nodes.append(x)
                if x._row is not LITERAL:
                    self._box[x] = self.boxes[place]

    def _put_operations(self) -> None:
        """A box for each operation around the neurons; in a batch one for what is done alike to each sample."""
        keys: dict[Value, Any] = {}
        for node in self.order:
            if not node.parents or node in self._box or self.grouping.of(node) is not None:
                continue
            operands = tuple(dict.fromkeys(self._alike(p, keys) for p in node.parents))
            key: Any = (node._row, operands) if self._stacked else node
            if self._stacked and node._row is ADD:  # a running sum is one box
                key = next(
                    (k for k in operands if k in self.boxes and k[:1] == (ADD,) and k[1][-1] == operands[-1]), key
                )
            if key not in self.boxes:
                self.boxes[key] = Box(f"n{self._place[node]}", "op", node._label or self.names[node])
            box, keys[node] = self.boxes[key], key
            box.chained |= any(self._box.get(p) is box for p in node.parents)
            box.nodes.append(node)
            self._box[node] = box
        for box in [box for box in self.boxes.values() if box.kind == "op"]:
            for node in box.nodes:
                for k, p in enumerate(node.parents):
                    if p in self._box or p._row is LITERAL:
                        continue
                    key = ("constant", box.id, k) if len(box.nodes) > 1 else p
                    if key not in self.boxes:
                        kind: Any = "constant" if is_constant(p) else "input"
                        self.boxes[key] = Box(f"n{self._place[p]}", kind, self.names[p])
                    self.boxes[key].nodes.append(p)
                    self._box[p] = self.boxes[key]

    def _alike(self, node: Value, keys: dict[Value, Any]) -> Any:
        if node in keys:
            return keys[node]
        box = self._box.get(node)
        return "leaf" if box is None else box.id

    # --- flows ---

    def _find_flows(self) -> None:
        for box in self.boxes.values():
            if box.kind == "neuron":
                for z in box.sums:
                    self._flows_into_neuron(box, z)
            elif box.kind == "op":
                for node in box.nodes:
                    partials, upstream = self.source.locals(node), self.source.upstream(node)
                    for k, p in enumerate(node.parents):
                        if p._row is not LITERAL and self._box[p] is not box:
                            sent = None if is_constant(p) else upstream
                            self._add(self._box[p], box, None, node, k, partials[k], sent)

    def _flows_into_neuron(self, box: Box, z: Value) -> None:
        weights, inputs, bias = self._terms[z]
        product = z if z._row is DOT else next(p for p in z.parents if p._row is DOT)
        partials, upstream = self.source.locals(product), self.source.upstream(product)
        first = len(weights) if product._a[0] is weights[0] else 0
        for j, (source, learns) in enumerate(self._sources(inputs)):
            self._add(source, box, box.lines[j], product, first + j, partials[first + j], upstream if learns else None)
        if bias is not None and bias.parents:
            last, local = len(z.parents) - 1, self.source.locals(z)[-1]
            self._add(self._box[bias], box, box.lines[len(weights)], z, last, local, self.source.upstream(z))

    def _sources(self, inputs: tuple[Value, ...]) -> list[tuple[Box, bool]]:
        """The boxes of a list of inputs, which neurons share, and whether gradients flow to each."""
        found = self._known.get(id(inputs))
        if found is None:
            users = self._users[self._key[id(inputs)]]
            boxes = [self.boxes[users, j] if x._row is LITERAL else self._box[x] for j, x in enumerate(inputs)]
            found = [(box, not is_constant(x)) for box, x in zip(boxes, inputs, strict=True)]
            self._known[id(inputs)] = found
        return found

    def _add(
        self, source: Box, target: Box, line: Line | None, node: Value, operand: int, local: float | None,
        upstream: float | None,
    ) -> None:  # fmt: skip
        """One more use by `node`, from a box to a row of another; `upstream`: what flows back to it, before `local`."""
        flow = self.flows.get((source, target, line))
        if flow is None:
            flow = self.flows[source, target, line] = Flow(source=source, target=target, line=line)
        flow.add(operand, local, upstream, self.source.edge_state(node, node.parents[operand]) if self._moment else "")
        flow.uses.append((node, operand))

    # --- marks ---

    def _notes(self, box: Box) -> tuple[str, ...]:
        if box.kind == "constant":
            return ()
        if self._dead(box):
            return ("dead",)
        nodes = [node for line in box.lines for node in line.nodes] or box.nodes
        return tuple(filter(None, [joint_mark(nodes, self.source, self.seed)]))

    def _dead(self, box: Box) -> bool:
        """Whether an activation lets no gradient through for any sample."""
        for line in box.lines:
            if line.what == "a" and all(self.source.value(node) is not None for node in line.nodes):
                found = (
                    (p, slope) for n in line.nodes for p, slope in zip(n.parents, self.source.locals(n), strict=True)
                )
                if all(slope == 0 for p, slope in found if not is_constant(p)):
                    return True
        return False


def network_of(graph: Graph) -> Network | None:
    """The network that a graph with neurons is, with a column for each box; None: it is none, or runs in circles."""
    network = Network(graph)
    around = sum(box.kind in ("op", "constant") for box in network.boxes.values())
    return network if around <= _MOST_AROUND and _ranked(network) else None


def _ranked(network: Network) -> bool:
    """Give each box its column: inputs on the left, layers and operations as far right as their operands ask for, and
    what has nothing to do with neurons beside its users.
    """
    boxes = list(network.boxes.values())
    layers: dict[int, list[Box]] = defaultdict(list)
    for box in network.neurons:
        layers[box.address[0]].append(box)
    pairs = {(flow.source, flow.target) for flow in network.flows.values()}
    for _ in range(len(boxes) + 1):
        before = [box.rank for box in boxes]
        for source, target in pairs:
            target.rank = max(target.rank, source.rank + 1)
        for members in layers.values():
            rank = max(box.rank for box in members)
            for box in members:
                box.rank = rank
        if before == [box.rank for box in boxes]:
            break
    else:
        return False
    feeds = {source for source, target in pairs if target.kind == "neuron"}
    boxes.sort(key=lambda box: box.rank)
    apart: set[Box] = set()  # from the network: nothing in these boxes comes out of a neuron or goes into one
    for box in boxes:
        made_of = {source for source, target in pairs if target is box}
        if box.kind != "neuron" and box not in feeds and made_of <= apart:
            apart.add(box)
    for box in boxes[::-1]:
        users = [target.rank for source, target in pairs if source is box]
        if box in apart and users:
            box.rank = min(users) - 1
    return True
