"""The plan of a program: what is computed at once, and where its operands and results lie.

Two emitters write source from it; neither sees the graph again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..operation import Op
from ..ops import LITERAL
from ..value import Value
from . import groups as found
from .forms import rewrite_sums
from .layout import Layout, Window
from .tape import Numbers, Tape

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
        return len(self.operands.places)


@dataclass(eq=False)
class Alike:
    """out = op(operands), element by element; a number stands for itself."""

    op: Op
    out: Window
    operands: list[Window | float]


@dataclass(eq=False)
class Single:
    """Nodes one after the other, operands first.

    Args:
        table: the operations that occur.
        code: of each node, its operation's place in the table.
        out: where the nodes are, next to each other.
        first, second: where the operands of a node of one or two operands are, else -1.
        many: where those of the other nodes are, by the node's number in this step.
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

    Args:
        roots: the results; the program's own is the last.
    """

    roots: Sequence[Value]
    nodes: list[Value] = field(init=False)
    place: Numbers = field(init=False)
    size: int = field(init=False)
    levels: list[list[Step]] = field(init=False)

    def __post_init__(self) -> None:
        tape = Tape(self.roots)
        rewrite_sums(tape)
        grouped = found.grouped(tape)
        self.layout = layout = Layout(tape, grouped)
        self.nodes = tape.nodes
        self._root = tape.roots[-1]
        self._at: Numbers | None = None
        self.levels = [[_placed(group, tape, layout) for group in level] for level in grouped]
        self.place = layout.place
        self.size = layout.size
        self._leaves: Numbers = np.array(
            [i for i, node in enumerate(tape.nodes) if node._a is None and self.place[i] >= 0], dtype=np.int64
        )
        kept = [(tape.nodes[i], int(self.place[i])) for i in [*self._leaves.tolist(), *tape.roots]]
        self._places: dict[Value, int] = dict(kept)
        self._literal = np.array([tape.nodes[i]._op is LITERAL for i in self._leaves.tolist()], dtype=bool)

    @property
    def root(self) -> int:
        """The place of the result."""
        return int(self.place[self._root])

    @property
    def count(self) -> int:
        """How many steps there are."""
        return sum(map(len, self.levels))

    def place_of(self, node: Value) -> int:
        """Where a leaf, or a root, is."""
        return self._places[node]

    def node_at(self, place: int) -> Value:
        """The node whose number lies here."""
        if self._at is None:
            self._at = np.full(self.size, -1, dtype=np.int64)
            self._at[self.place[self.place >= 0]] = np.flatnonzero(self.place >= 0)
        return self.nodes[int(self._at[place])]

    def leaves(self) -> list[tuple[Value, int]]:
        """The inputs that are read anew at every pass, with their places."""
        own = self._leaves[~self._literal]
        return [(self.nodes[i], p) for i, p in zip(own.tolist(), self.place[own].tolist(), strict=True)]

    def values(self) -> NDArray[np.float64]:
        """The array of numbers before the first pass: what never changes is in it."""
        array = np.zeros(self.size)
        for place, numbers in self.layout.fixed:
            array[place : place + len(numbers)] = numbers
        own = self._leaves[self._literal]
        array[self.place[own]] = [self.nodes[i]._data for i in own.tolist()]
        return array


def _placed(group: found.Group, tape: Tape, layout: Layout) -> Step:
    """The group with windows in the place of nodes."""
    out = layout.window(group.nodes)
    if isinstance(group, found.Product) and group.nodes.size == 1:
        bias = layout.window(group.bias.reshape(())) if len(group.bias) else None
        weights, inputs = layout.window(group.weights.ravel()), layout.window(group.inputs.ravel())
        return Inner(layout.at(out.places.reshape(())), weights, inputs, bias)
    if isinstance(group, found.Product):
        weights, inputs = layout.window(group.weights), layout.window(group.inputs)
        bias = layout.window(group.bias) if len(group.bias) else None
        return Product(out, weights, inputs, bias, layout.folded(weights, inputs, bias))
    if isinstance(group, found.Rows):
        bias = layout.window(group.bias) if len(group.bias) else None
        return Rows(out, layout.window(group.weights), layout.window(group.inputs), bias)
    if isinstance(group, found.Reduction):
        one = len(group.nodes) == 1
        operands = layout.window(group.operands[:, 0] if one else group.operands)
        return Reduction(group.op, layout.at(out.places.reshape(())) if one else out, operands)
    if isinstance(group, found.Alike):
        return Alike(group.op, out, [layout.operand(column) for column in group.operands])
    nodes, place = group.nodes, layout.place
    first, second = (
        np.where(column >= 0, place[column], -1).astype(np.int32) for column in (tape.first[nodes], tape.second[nodes])
    )
    many = {i: tuple(place[list(tape.operands(int(nodes[i])))].tolist()) for i in np.flatnonzero(first < 0).tolist()}
    return Single(tape.ops, tape.code[nodes], out, first, second, many)
