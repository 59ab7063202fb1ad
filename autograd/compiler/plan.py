"""The plan of a program: what is computed at once, and where its operands and results lie.

:class:`Plan` holds the steps, level by level; a step is a group of :mod:`.groups` with windows in the place of nodes.
Two emitters write source from it, `numpy_source` and `namespace_source`; neither sees the graph again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.op import Op
from ..engine.ops import DETACHED, LITERAL
from ..engine.value import Value
from . import groups as found
from .groups import rewrite_sums
from .layout import Layout, Window
from .tape import Mask, Tape

__all__ = ["Alike", "Inner", "Plan", "Product", "Reduction", "Rows", "Single", "Step"]


@dataclass(eq=False)
class Product:
    """out = weights @ inputs + bias. Where `folded` is given, out = folded[0] @ folded[1], the bias in it."""

    out: Window
    weights: Window
    inputs: Window
    bias: Window | None
    folded: tuple[Window, Window] | None


@dataclass(eq=False)
class Inner:
    """out = weights · inputs + bias: one dot by itself."""

    out: Window
    weights: Window
    inputs: Window
    bias: Window | None


@dataclass(eq=False)
class Rows:
    """out = (weights * inputs).sum(axis=0) + bias."""

    out: Window
    weights: Window
    inputs: Window
    bias: Window | None


@dataclass(eq=False)
class Reduction:
    """out = op over the first axis of the operands; `count` is their number."""

    op: Op
    out: Window
    operands: Window

    @property
    def count(self) -> int:
        return self.operands.shape[0]


@dataclass(eq=False)
class Alike:
    """out = op(operands), element by element; a number stands for itself."""

    op: Op
    out: Window
    operands: list[Window | float]


@dataclass(eq=False)
class Single:
    """Nodes one after the other, operands first; their places lie next to each other.

    `code` is each node's place in `table`, the operations that occur. `first` and `second` are the places of the
    operands of a node of one or two, else -1; `many` has those of the other nodes, by the node's number in this step.
    """

    table: list[Op]
    code: NDArray[np.signedinteger[Any]]
    out: Window
    first: NDArray[np.int32]
    second: NDArray[np.int32]
    many: dict[int, tuple[int, ...]]

    def nodes(self) -> Iterator[tuple[Op, int, tuple[int, ...]]]:
        """Of each node its operation, its place, and its operands' places."""
        columns = (self.code, self.out.places, self.first, self.second)
        for i, (c, place, a, b) in enumerate(zip(*[column.tolist() for column in columns], strict=True)):
            yield self.table[c], place, (a, b) if b >= 0 else (a,) if a >= 0 else self.many[i]


Step = Product | Inner | Rows | Reduction | Alike | Single


@dataclass(eq=False)
class Plan:
    """What a program does, in places of one array of `size` numbers.

    `roots` are the results, the program's own the last; `read` makes a tape of the graph below them. `place` says where
    each node of :meth:`nodes` is (-1: nowhere), `result` which of them is the program's own result, `root` where that
    is, `ops` which operations occur, `literals` which plain numbers are where.
    """

    roots: Sequence[Value]
    read: Callable[[Sequence[Value]], Tape] = Tape
    place: NDArray[np.int32] = field(init=False)
    size: int = field(init=False)
    result: int = field(init=False)
    root: int = field(init=False)
    ops: set[Op] = field(init=False)
    literals: dict[int, float] = field(init=False)
    levels: list[list[Step]] = field(init=False)

    def __post_init__(self) -> None:
        tape = self.read(self.roots)
        self.result = tape.roots[-1]
        self.ops = set(tape.ops[3:])
        rewrite_sums(tape)
        grouped = found.grouped(tape)
        layout = Layout(tape, grouped)
        self.levels = [[_placed(group, tape, layout) for group in level] for level in grouped]
        self.place = layout.place.astype(np.int32)
        self.size = layout.size
        self.root = int(layout.place[self.result])
        leaves = [i for node, i in tape.number.items() if layout.place[i] >= 0]
        self._fixed = layout.fixed
        self.literals = {int(layout.place[i]): tape.nodes[i]._data for i in leaves if tape.nodes[i]._row is LITERAL}
        self._leaves = {tape.nodes[i]: int(layout.place[i]) for i in leaves if tape.nodes[i]._row is not LITERAL}
        self._places = {node: int(layout.place[i]) for node, i in zip(self.roots, tape.roots, strict=True)}

    @property
    def count(self) -> int:
        """How many steps there are."""
        return sum(map(len, self.levels))

    def nodes(self) -> list[Value]:
        """Every node, in the order of `place`; read from the graph again, since a plan that runs needs no nodes."""
        return self.read(self.roots).values()

    def place_of(self, node: Value) -> int:
        """Where a leaf, or a root, is."""
        return self._leaves[node] if node in self._leaves else self._places[node]

    def located(self, nodes: Sequence[Value]) -> dict[int, Value]:
        """Those of :meth:`nodes` that have a place, by place."""
        return {place: node for node, place in zip(nodes, self.place.tolist(), strict=True) if place >= 0}

    def leaves(self) -> list[tuple[Value, int]]:
        """The inputs that are read anew at every pass, with their places."""
        return list(self._leaves.items())

    def values(self) -> NDArray[np.float64]:
        """The array of numbers before the first pass: what never changes is in it."""
        array = np.zeros(self.size)
        array[list(self.literals)] = list(self.literals.values())
        for place, numbers in self._fixed:
            array[place : place + len(numbers)] = numbers
        return array


def _placed(group: found.Group, tape: Tape, layout: Layout) -> Step:
    out = layout.window(group.nodes)
    if isinstance(group, found.ProductGroup) and group.nodes.size == 1:
        bias = layout.window(group.bias.reshape(())) if len(group.bias) else None
        weights, inputs = layout.window(group.weights.ravel()), layout.window(group.inputs.ravel())
        return Inner(Window(out.places.reshape(())), weights, inputs, bias)
    if isinstance(group, found.ProductGroup):
        weights, inputs = layout.window(group.weights), layout.window(group.inputs)
        bias = layout.window(group.bias) if len(group.bias) else None
        return Product(out, weights, inputs, bias, layout.folded(weights, inputs, bias))
    if isinstance(group, found.Rows):
        bias = layout.window(group.bias) if len(group.bias) else None
        return Rows(out, layout.window(group.weights), layout.window(group.inputs), bias)
    if isinstance(group, found.Reduction):
        one = len(group.nodes) == 1
        operands = layout.window(group.operands[:, 0] if one else group.operands)
        return Reduction(group.op, Window(out.places.reshape(())) if one else out, operands)
    if isinstance(group, found.Alike):
        return Alike(group.op, out, [layout.operand(column) for column in group.operands])
    nodes, place = group.nodes, layout.place
    first, second = (
        np.where(column >= 0, place[column], -1).astype(np.int32) for column in (tape.first[nodes], tape.second[nodes])
    )
    many = {i: tuple(place[list(tape.operands(int(nodes[i])))].tolist()) for i in np.flatnonzero(first < 0).tolist()}
    return Single(tape.ops, tape.code[nodes], out, first, second, many)


def operands_of(step: Step) -> list[Window]:
    """The windows that a step reads, as arrays."""
    if isinstance(step, Product | Inner | Rows):
        return [step.weights, step.inputs, *([] if step.bias is None else [step.bias])]
    if isinstance(step, Reduction):
        return [step.operands]
    if isinstance(step, Alike):
        return [operand for operand in step.operands if isinstance(operand, Window)]
    return []


def outside(step: Single) -> list[int]:
    """The places of the operands that were computed before the step."""
    places = np.concatenate([step.first, step.second, *map(np.array, step.many.values())])
    places = np.unique(places[places >= 0]).astype(np.int64)
    low, high = step.out.places[0], step.out.places[-1]
    found: list[int] = places[(places < low) | (places > high)].tolist()
    return found


def wanted_places(plan: Plan, leaves: Mask, stop: Op | None = DETACHED) -> Mask:
    """For which places a gradient is wanted: of `leaves`, and all that depend on them without `stop` between."""
    wanted = leaves.copy()
    for level in plan.levels:
        for step in level:
            if isinstance(step, Single):
                before = outside(step)
                known = dict(zip(before, wanted[before].tolist(), strict=True))
                for op, place, operands in step.nodes():
                    known[place] = op is not stop and any(known[p] for p in operands)
                wanted[step.out.places] = [known[p] for p in step.out.places.tolist()]
            elif isinstance(step, Alike):
                found = np.zeros(step.out.shape, dtype=bool)
                for window in operands_of(step) if step.op is not stop else ():
                    found |= wanted[window.places]
                wanted[step.out.places] = found
            else:
                wanted[step.out.places] = any(wanted[window.places].any() for window in operands_of(step))
    return wanted
