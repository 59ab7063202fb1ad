"""What was seen at all points, laid out as arrays: a guess at a slip is then one line of arithmetic.

What is one number at a point is a column with a row for each point; what is one number for each variable has a column
for each. So a column times the derivative of a node by the variables is what the chain rule makes of them.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..engine import graph, ops
from ..engine.op import Op
from ..errors import AutogradError
from ..reading.formulas import local_derivative_text, name_of, slope_name, term_text, written
from .points import Observation

__all__ = [
    "LARGE",
    "MOST_EDGES",
    "MOST_RUN",
    "PASS_ON",
    "Array",
    "Edge",
    "Evidence",
    "Guess",
    "Sentence",
    "bracketed",
    "slip",
    "value_and_partials",
]

Array = NDArray[np.float64]
T = TypeVar("T")

_MOST_NODES = 4_000  # a larger graph is looked at as a whole only
LARGE = 250  # nodes; in a larger graph a slip is looked for in all places built alike, not in a single one
MOST_RUN = 80  # nodes of a graph that is swept once for every guess
_MOST_READ = 10_000  # nodes; a larger graph is not read
MOST_EDGES = 120  # for guesses that try every node on every edge
PASS_ON = (ops.ADD, ops.SUB, ops.SUM, ops.MEAN, ops.DOT)  # nodes whose operands are terms


# --- guesses ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)  # not frozen: there are thousands, and most are never told
class Sentence:
    """A sentence on a node and its k-th operand, whose words are found when it is told and not before.

    Args:
        form: the sentence with words in braces, those of `_WORDS` or of `words`.
        node, k: what it is about.
        words: more words, or what gives them.
        places: in how many places the same is wrong.
    """

    form: str
    node: Any
    k: int
    words: Mapping[str, str | Callable[[], str]]
    places: int = 1

    def __call__(self) -> str:
        text = self.form.format_map(self)
        return text + (f", and so in each of {self.places} such places" if self.places > 1 else "")

    def __getitem__(self, word: str) -> str:
        found = self.words[word] if word in self.words else _WORDS[word](self.node, self.k)
        return found if isinstance(found, str) else found()


_WORDS: dict[str, Callable[[Any, int], str]] = {
    "slope": local_derivative_text,
    "slope_name": slope_name,
    "term": term_text,
    "name": lambda node, k: name_of(node),
    "formula": lambda node, k: written(node, by_name=False),
    "operand": lambda node, k: written(node.parents[k]),
    "first": lambda node, k: name_of(node.parents[0]),
    "second": lambda node, k: name_of(node.parents[1]),
    "o": lambda node, k: bracketed(written(node, by_name=False)),
    "u": lambda node, k: bracketed(written(node.parents[k])),
}


def bracketed(text: str) -> str:
    """A formula as an operand: in brackets, unless it is a name."""
    return text if text.isidentifier() else f"({text})"


class Guess(NamedTuple):
    """One thing that may have gone wrong.

    Args:
        kind: as of a diagnosis.
        change: by how much the derivative changes, at every point and for every variable.
        node: where it sits.
        text: the sentence.
        edge: the operand where it sits.
        instead: the local derivative there, and the derivative of the operand; None: as they are.
        same: what the same slip elsewhere has in common with it; if that is text, at any node.
    """

    kind: str
    change: Array
    node: Any
    text: Sentence
    edge: Edge | None = None
    instead: tuple[Array | None, Array | None] = (None, None)
    same: Hashable = None


def slip(
    kind: str, change: Array, form: str, node: Any = None, k: int = 0, /, **words: str | Callable[[], str]
) -> Guess:
    """A guess by the change that it makes."""
    return Guess(kind, change, node, Sentence(form, node, k, words))


class Edge:
    """The k-th operand of node i, itself node p: what reaches the variables through it is above * partial * below."""

    def __init__(self, e: Evidence, i: int, k: int, p: int) -> None:
        self.e, self.i, self.k, self.p = e, i, k, p
        self.node, self.inner = e.order[i], e.order[p]
        self.op: Op = self.node._row
        self.partial = e.partial[i, k]
        self.below = e.slopes_of(p)

    @property
    def above(self) -> Array:
        """The derivative of the root by the node."""
        return self.e.above[self.i]

    @property
    def through(self) -> Array:
        """What reaches the variables through this operand."""
        return self.above * self.partial * self.below

    @property
    def operands(self) -> list[Array]:
        """The numbers of all operands of the node."""
        return [self.e.value[q] for q in self.e.parents[self.i]]

    def partial_at(self, numbers: Array, rows: Sequence[int] | None = None) -> Array:
        """The local derivative with other numbers in the place of the operand's, at all points or at some."""
        operands = self.operands
        operands[self.k] = numbers
        return self.e.rule_at(self.op, operands, rows)[1][self.k]

    def slip(
        self,
        kind: str,
        form: str,
        partial: Array | None = None,
        below: Array | None = None,
        node: Any = None,
        **words: str | Callable[[], str],
    ) -> Guess:
        """Other numbers in the place of the local derivative, or of the derivative of the operand."""
        through = (self.partial if partial is None else partial) * (self.below if below is None else below)
        change = self.above * (through - self.partial * self.below)
        node = self.node if node is None else node
        same = (kind, form, *[word for word in words.values() if isinstance(word, str)])
        return Guess(kind, change, node, Sentence(form, node, self.k, words), self, (partial, below), same)


# --- what was seen ----------------------------------------------------------------------------------------------------


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
        self._kept: dict[Hashable, list[Any]] = {}
        self._lay_out(self.seen[self.first], merged)

    def _lay_out(self, first: Observation, merged: bool) -> None:
        """The graph of the first wrong point, with its numbers at all points that have the same graph."""
        count, width = self.gap.shape
        shape = first.shape if len(first.order) <= _MOST_READ else ()
        self.same = np.array([bool(shape) and s.shape == shape for s in self.seen])
        rows = np.flatnonzero(self.same)
        variables = {x: column for column, x in enumerate(first.inputs)}
        self.places: dict[Any, int] = {}  # of every node that was recorded, that of the one that stands for it
        self.value: list[Array] = []
        kept: list[int] = []
        known: dict[Any, int] = {}
        for i, node in enumerate(first.order if shape else ()):
            numbers = np.ones((count, 1))
            numbers[rows, 0] = [self.seen[row].order[i]._data for row in rows]
            made_of = tuple(self.places[p] for p in node.parents)
            key = (node._row, made_of) if made_of else node if node in variables else numbers.tobytes()
            self.places[node] = known.setdefault(key if merged else node, len(kept))
            if self.places[node] == len(kept):
                kept.append(i)
                self.value.append(numbers)
        if len(kept) > _MOST_NODES:
            kept, self.value, self.same = [], [], np.zeros(count, bool)
        self.order = tuple(first.order[i] for i in kept)
        self.parents = [tuple(self.places[p] for p in node.parents) for node in self.order]
        self.partial: dict[tuple[int, int], Array] = {
            (i, k): np.zeros((count, 1)) for i, parents in enumerate(self.parents) for k in range(len(parents))
        }
        for row in rows:
            for i, place in enumerate(kept):
                node = self.seen[row].order[place]
                for k, partial in enumerate(graph.local_partials(node) if node.parents else ()):
                    self.partial[i, k][row] = partial
        unit = np.eye(width)
        self.variables = {
            i: np.zeros((count, width)) + unit[variables[x]] for i, x in enumerate(self.order) if x in variables
        }
        self.below = self._swept({}, {})
        self.above = [np.zeros((count, 1)) for _ in kept]
        self.above[-1:] = [self.same[:, None] * 1.0] * len(self.above[-1:])
        for edge in self.edges:
            self.above[edge.p] = self.above[edge.p] + edge.above * edge.partial

    @functools.cached_property
    def edges(self) -> list[Edge]:
        """All operands that depend on a variable, from the root down."""
        return [
            Edge(self, i, k, p)
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

    @functools.cached_property
    def alike(self) -> list[int]:
        """A number for each node that two nodes share if they are built alike, whatever numbers and variables go in."""
        known: dict[Any, int] = {}
        kinds: list[int] = []
        for node, parents, below in zip(self.order, self.parents, self.below, strict=True):
            build = (node._row, tuple(kinds[p] for p in parents), below is None)
            kinds.append(known.setdefault(build, len(known)))
        return kinds

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
        uses = Counter(edge.p for edge in self.edges)
        return [group for group in self.kinds if len(group) > 1 or uses[group[0]] > 1]

    # --- the derivative with other numbers in it

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
        found = self._swept(edges, nodes)[-1]
        return np.zeros_like(self.gap) if found is None else found

    def _swept(
        self,
        edges: Mapping[tuple[int, int], tuple[Array | None, Array | None]],
        nodes: Mapping[int, Array | None],
    ) -> list[Array | None]:
        """The derivative of every node by the variables, with other numbers in it."""
        below: list[Array | None] = []
        given = {**self.variables, **nodes}
        for i, parents in enumerate(self.parents):
            terms = []
            for k, p in enumerate(() if i in given else parents):
                partial, inner = edges.get((i, k), (None, None))
                inner = below[p] if inner is None else inner
                if inner is not None:
                    terms.append((self.partial[i, k] if partial is None else partial) * inner)
            below.append(np.sum(terms, axis=0) if terms else given.get(i))
        return below

    def taken_at(self, inside: Mapping[int, int]) -> tuple[Array, Array]:
        """The derivative of f with other nodes in the place of some: with their inner derivatives, and with the old."""
        value, partial = list(self.value), dict[tuple[int, int], tuple[Array | None, Array | None]]()
        changed = set(inside)
        for i, p in inside.items():
            value[i] = self.value[p]
        for i, parents in enumerate(self.parents):
            if i not in inside and not changed.isdisjoint(parents):
                changed.add(i)
                value[i], partials = self.rule_at(self.order[i]._row, [value[p] for p in parents])
                partial |= {(i, k): (partials[k], None) for k in range(len(parents))}
        new = {i: self.below[p] for i, p in inside.items()}
        return self.gradient(partial, new), self.gradient(partial, {i: self.below[i] for i in inside})

    def rule_at(
        self, op: Op, operands: Sequence[Array], rows: Sequence[int] | None = None
    ) -> tuple[Array, list[Array]]:
        """The value and the local derivatives of an operation at any operands, at all points or at some."""
        places = np.flatnonzero(self.same) if rows is None else np.array(rows)
        found = [value_and_partials(op, tuple(row)) for row in np.hstack(operands)[places].tolist()]
        out, partials = np.ones((len(self.points), 1)), np.zeros((len(operands), len(self.points), 1))
        out[places, 0] = [value for value, _ in found]
        partials[:, places, 0] = np.transpose([row for _, row in found])
        return out, list(partials)

    # --- what explains the hand derivative

    def kept(self, make: Callable[[Evidence], Iterable[T]]) -> list[T]:
        """What `make` gives for this evidence; it is called once for each choice of wrong entries."""
        key = (make, tuple(self.columns))
        if key not in self._kept:
            self._kept[key] = list(make(self))
        return self._kept[key]

    def explains(self, change: Array) -> tuple[bool, bool]:
        """Whether a change of the right derivative gives the hand derivative: in all entries, in the wrong ones."""
        fits = np.abs(change - self.gap) <= self.slack
        return bool(fits.all()), bool(fits[:, self.columns].all())


def value_and_partials(op: Op, operands: tuple[float, ...]) -> tuple[float, Sequence[float]]:
    """An operation's value and its local derivatives at any operands; nan where there is none."""
    try:
        out = op.forward(*operands)
    except (ArithmeticError, ValueError, AutogradError):
        out = math.nan  # the slope may have a formula there all the same: 1/x for log x
    try:
        return out, [float(partial) for partial in op.float_partials(out, *operands)]
    except (ArithmeticError, ValueError, AutogradError):
        return out, [math.nan] * len(operands)
