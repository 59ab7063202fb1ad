"""What was seen at all points, laid out as arrays: a guess at a slip is then one line of arithmetic."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..engine import graph, ops
from ..engine.op import Op
from ..errors import AutogradError
from .points import Observation

__all__ = [
    "LARGE",
    "MOST_EDGES",
    "MOST_NODES",
    "PASS_ON",
    "Array",
    "Evidence",
    "Guess",
    "column",
    "edge_guess",
    "value_and_partial",
]

Array = NDArray[np.float64]
T = TypeVar("T")

MOST_NODES = 4_000  # a larger graph is looked at as a whole only
LARGE = 250  # nodes of a graph in which a slip is looked for in all places that are built alike, not in a single one
MOST_RUN = 80  # nodes of a graph that is swept once for every guess
_MOST_READ = 10_000  # of the nodes of which some may be the same


class Evidence:
    """What was seen at all points, as arrays.

    Args:
        seen: the observations.
        merged: whether nodes that compute the same from the same are taken for one, as a mean in every term of a sum.
    """

    def __init__(self, seen: Sequence[Observation], merged: bool = True) -> None:
        self.seen = list(seen)
        self.names = seen[0].point.names
        self.points = np.array([s.point.numbers for s in seen])
        self.yours = np.array([s.yours for s in seen])
        self.right = np.array([s.right for s in seen])
        self.gap = self.yours - self.right
        wrong = np.abs(self.gap) > np.array([s.slack for s in seen])
        self.is_right = ~wrong.any(axis=1)
        self.columns = np.flatnonzero(wrong.any(axis=0))
        self.rounding = 2.0 * np.array([s.rounding for s in seen]) + 1e-13 * (np.abs(self.yours) + np.abs(self.right))
        self.slack = self.rounding + 1e-7 * np.minimum(np.abs(self.gap), np.abs(self.yours))
        self.first = int(np.argmin(self.is_right))
        self.order: tuple[Any, ...] = ()
        self._kept: dict[Hashable, list[Any]] = {}
        self._lay_out(self.seen[self.first], merged)

    def _lay_out(self, first: Observation, merged: bool) -> None:
        """The graph of the first wrong point, with its numbers at all points that have the same graph."""
        count, width = self.gap.shape
        shape = first.shape if len(first.order) <= _MOST_READ else ()
        self.same = np.array([bool(shape) and s.shape == shape for s in self.seen])
        rows = np.flatnonzero(self.same)
        columns = {x: column for column, x in enumerate(first.inputs)}
        kept: list[int] = []
        self.places: dict[Any, int] = {}  # of every node that was recorded, that of the one that stands for it
        known: dict[Any, int] = {}
        for i, node in enumerate(first.order if shape else ()):
            numbers = np.ones(count)
            numbers[rows] = [self.seen[row].order[i]._data for row in rows]
            made_of = tuple(self.places[p] for p in node.parents)
            key = (node._row, made_of) if made_of else node if node in columns else numbers.tobytes()
            self.places[node] = known.setdefault(key if merged else node, len(kept))
            if self.places[node] == len(kept):
                kept.append(i)
        if len(kept) > MOST_NODES:
            kept, self.same = [], np.zeros(count, bool)
        self.order = tuple(first.order[i] for i in kept)
        self.parents = [tuple(self.places[p] for p in node.parents) for node in self.order]
        self.value = [np.ones(count) for _ in self.order]
        self.partial: dict[tuple[int, int], Array] = {
            (i, k): np.zeros(count) for i, parents in enumerate(self.parents) for k in range(len(parents))
        }
        for row in rows if kept else ():
            for i, place in enumerate(kept):
                node = self.seen[row].order[place]
                self.value[i][row] = node._data
                if node.parents:
                    for k, partial in enumerate(graph.local_partials(node)):
                        self.partial[i, k][row] = partial
        self.below: list[Array | None] = [None] * len(kept)
        for i, node in enumerate(self.order):
            if node in columns:
                self.below[i] = np.zeros((count, width)) + np.eye(width)[columns[node]]
            elif terms := [
                self.partial[i, k][:, None] * b
                for k, p in enumerate(self.parents[i])
                if (b := self.below[p]) is not None
            ]:
                self.below[i] = np.sum(terms, axis=0)
        self.above = [np.zeros(count) for _ in kept]
        self.above[-1:] = [self.same * 1.0] * len(self.above[-1:])
        for i, k, p in self.edges:
            self.above[p] = self.above[p] + self.above[i] * self.partial[i, k]

    @functools.cached_property
    def edges(self) -> list[tuple[int, int, int]]:
        """(node, operand, place of the operand) wherever the operand depends on a variable, from the root down."""
        return [
            (i, k, p)
            for i in reversed(range(len(self.order)))
            for k, p in enumerate(self.parents[i])
            if self.below[p] is not None
        ]

    def slopes_of(self, i: int) -> Array:
        """d node / d variables; zeros for a node that depends on none."""
        below = self.below[i]
        return np.zeros_like(self.gap) if below is None else below

    def reaches(self, i: int, column: int) -> bool:
        """Whether a node depends on a variable."""
        below = self.below[i]
        return below is not None and bool(np.any(below[:, column]))

    def through(self, i: int, k: int) -> Array:
        """What reaches the variables through the k-th operand of node i: above * partial * below."""
        product: Array = (self.above[i] * self.partial[i, k])[:, None] * self.slopes_of(self.parents[i][k])
        return product

    @functools.cached_property
    def alike(self) -> list[int]:
        """A number for each node that two nodes share if they are built alike, whatever numbers and variables go in."""
        known: dict[Any, int] = {}
        kinds: list[int] = []
        for node, parents, below in zip(self.order, self.parents, self.below, strict=True):
            build = (node._row, tuple(kinds[p] for p in parents), below is None)
            kinds.append(known.setdefault(build, len(known)))
        return kinds

    def gradient(
        self,
        edges: Mapping[tuple[int, int], tuple[Array | None, Array | None]] = MappingProxyType({}),
        nodes: Mapping[int, Array | None] = MappingProxyType({}),
    ) -> Array:
        """The derivative by all variables with other numbers in it.

        Args:
            edges: for an operand of a node another local derivative, and another derivative of the operand.
            nodes: for a node another derivative by the variables; None: it counts as a constant.
        """
        below = list(self.below)
        for i, parents in enumerate(self.parents):
            if i in nodes:
                below[i] = nodes[i]
            elif parents:
                terms = []
                for k, p in enumerate(parents):
                    partial, inner = edges.get((i, k), (None, None))
                    inner = below[p] if inner is None else inner
                    if inner is not None:
                        terms.append((self.partial[i, k] if partial is None else partial)[:, None] * inner)
                below[i] = np.sum(terms, axis=0) if terms else None
        found = below[-1] if below else None
        return np.zeros_like(self.gap) if found is None else found

    def taken_at(self, inside: Mapping[int, int]) -> tuple[Array, Array]:
        """The derivative of f with other nodes in the place of some: with their inner derivatives, and with the old."""
        value, partial = list(self.value), dict(self.partial)
        changed = set(inside)
        for i, p in inside.items():
            value[i] = self.value[p]
        for i, parents in enumerate(self.parents):
            if i not in inside and not changed.isdisjoint(parents):
                changed.add(i)
                rows = zip(*(value[p] for p in parents), strict=True)
                found = [_value_and_partials(self.order[i]._row, tuple(map(float, row))) for row in rows]
                value[i] = np.where(self.same, [out for out, _ in found], self.value[i])
                for k in range(len(parents)):
                    partial[i, k] = np.where(self.same, [partials[k] for _, partials in found], 0.0)
        edges = {(i, k): (partial[i, k], None) for i in changed - set(inside) for k in range(len(self.parents[i]))}
        new = {i: self.below[p] for i, p in inside.items()}
        return self.gradient(edges, new), self.gradient(edges, {i: self.below[i] for i in inside})

    @functools.cached_property
    def kinds(self) -> list[list[int]]:
        """The nodes between the variables and the result; those that are built alike stand together."""
        found: dict[int, list[int]] = {}
        for i, node in enumerate(self.order[:-1]):
            if node.parents and self.below[i] is not None:
                found.setdefault(self.alike[i], []).append(i)
        return list(found.values())

    @functools.cached_property
    def shared(self) -> list[list[int]]:
        """The kinds of which there are several nodes, or one that is used several times."""
        uses = Counter(p for _, _, p in self.edges)
        return [group for group in self.kinds if len(group) > 1 or uses[group[0]] > 1]

    def kept(self, make: Callable[[Evidence], Iterable[T]]) -> list[T]:
        """What a function makes of this evidence, made once for these wrong entries."""
        key = (make, tuple(self.columns))
        if key not in self._kept:
            self._kept[key] = list(make(self))
        return self._kept[key]

    def explains(self, change: Array) -> tuple[bool, bool]:
        """Whether a change of the right derivative gives the hand derivative: in all entries, in the wrong ones."""
        fits = np.abs(change - self.gap) <= self.slack
        return bool(fits.all()), bool(fits[:, self.columns].all())


# --- guesses: the arithmetic that all of them share -------------------------------------------------------------------

PASS_ON = (ops.ADD, ops.SUB, ops.SUM, ops.MEAN, ops.DOT)  # nodes whose operands are terms
MOST_EDGES = 120  # for guesses that try every node on every edge


class Guess(NamedTuple):
    """One thing that may have gone wrong.

    Args:
        kind: as of a diagnosis.
        change: by how much the derivative changes, at every point and for every variable.
        node: where it sits.
        text: the sentence.
        everywhere: it is no slip of single entries.
        edge: (node, operand) where it sits.
        instead: the local derivative there, and the derivative of the operand; None: as they are.
        same: what the same slip elsewhere has in common with it.
    """

    kind: str
    change: Array
    node: Any
    text: Callable[[], str]
    everywhere: bool = False
    edge: tuple[int, int] | None = None
    instead: tuple[Array | None, Array | None] = (None, None)
    same: Hashable = None


def column(numbers: Array) -> Array:
    """One number for each point, to be multiplied with one entry for each variable."""
    standing: Array = numbers[:, None]
    return standing


def edge_guess(
    e: Evidence, i: int, k: int, partial: Array | None, kind: str, text: Callable[[], str], below: Array | None = None
) -> Guess:
    """Other numbers in the place of one local derivative, or of the derivative of the operand."""
    p = e.parents[i][k]
    through = column(e.partial[i, k] if partial is None else partial) * (e.slopes_of(p) if below is None else below)
    change = column(e.above[i]) * (through - column(e.partial[i, k]) * e.slopes_of(p))
    told = getattr(text, "func", None)
    words = tuple(x for x in text.args if isinstance(x, str)) if isinstance(text, functools.partial) else text()
    return Guess(kind, change, e.order[i], text, False, (i, k), (partial, below), (kind, told, words))


def value_and_partial(op: Op, operands: tuple[float, ...], k: int) -> tuple[float, float]:
    """An operation's value and its k-th local derivative at any operands; nan where there is none."""
    out, partials = _value_and_partials(op, operands)
    return out, partials[k]


def _value_and_partials(op: Op, operands: tuple[float, ...]) -> tuple[float, Sequence[float]]:
    try:
        out = op.forward(*operands)
    except (ArithmeticError, ValueError, AutogradError):
        out = math.nan  # the slope may have a formula there all the same: 1/x for log x
    try:
        return out, [float(partial) for partial in op.float_partials(out, *operands)]
    except (ArithmeticError, ValueError, AutogradError):
        return out, [math.nan] * len(operands)
