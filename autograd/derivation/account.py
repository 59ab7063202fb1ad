"""What there is to say of a derivative, before it is written in any style."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import isfinite
from typing import Any, TypeAlias

from ..functions.slopes import Slopes
from ..grouping import Grouping
from ..naming import Names
from ..paths import walk
from .chains import Count, Link, Links, Sweep, counted, is_name, merged, routes, swept
from .gathering import Gathered, gathered
from .measuring import measured, stale
from .writing import visible

__all__ = ["EXPLAINED", "Account", "Chain", "Marks", "Step", "account"]

_LISTED = 12  # paths, or groups of paths
_LENGTH = 3_000_000  # nodes on all listed paths together
EXPLAINED = 10  # factors
_ROUTES = 4  # of one merged factor
_STEPS = 8  # on all of them together

Step: TypeAlias = tuple[Any, Link]  # the node above, and the link down from it
_Key: TypeAlias = tuple[Any, Any, int | None]
Marks: TypeAlias = dict[_Key, str]


@dataclass(frozen=True)
class Chain:
    """One path: its nodes from the root down, and its links."""

    nodes: tuple[Any, ...]
    links: tuple[Link, ...]

    def shown(self) -> list[Step | None]:
        """The steps that are written out, and None for a gap."""
        return [None if i is None else (self.nodes[i], self.links[i]) for i in visible(len(self.links))]

    @cached_property
    def partials(self) -> tuple[float, ...]:
        """The factors."""
        return tuple(link.value for link in self.links)


@dataclass(frozen=True)
class Account:
    """What there is to say of d root / d wrt.

    Args:
        root, wrt: the nodes.
        order: every node that `root` depends on, in topological order.
        names: of its nodes.
        total: the derivative.
        numeric: the measured one; None: there was nothing to measure.
        sweep: between the two; None: `root` does not depend on `wrt`, or is it.
        links: the steps that chains are made of.
        kept: the nodes that chains pass, where others are merged.
        chains: the paths, if they are few.
        groups: the paths, if they are many.
        count: how many paths there are, every route through merged nodes counted.
        marks: what tells a step from others between the same two nodes.
    """

    root: Any
    wrt: Any
    order: Sequence[Any]
    names: Names
    total: float
    numeric: Slopes | None = None
    sweep: Sweep | None = None
    links: Links = field(default_factory=dict)
    kept: frozenset[Any] = frozenset()
    chains: tuple[Chain, ...] = ()
    groups: Gathered | None = None
    count: Count = 0
    marks: Marks = field(default_factory=dict)

    def mark(self, step: Step, marks: Marks | None = None) -> str:
        """What tells a step from others between the same two nodes; empty if there are none."""
        return (self.marks if marks is None else marks).get(_key(step), "")

    def mark_between(self, above: Any, below: Any) -> str:
        """The same for all steps between two nodes together."""
        return next((self.mark((above, k)) for k in self.links.get(above, ()) if k.below is below), "")

    def explained(self) -> list[Step]:
        """The steps that are explained one by one, each once, and the first that is not, if there are more."""
        found: dict[_Key, Step] = {}
        for step in self._steps():
            if len(found) > EXPLAINED:
                break
            found[_key(step)] = step
        return list(found.values())

    def _steps(self) -> Iterator[Step]:
        for chain in self.chains:
            yield from (step for step in chain.shown() if step is not None)
        if self.groups is None:
            return
        low = self.groups.shared.nodes[0]
        pairs = [pair for group in self.groups.groups for pair in pairwise(group.nodes) if pair[1] is low]
        pairs += [pair for _, pair in zip(range(EXPLAINED), pairwise(self.groups.shared.nodes), strict=False)]
        for above, below in pairs:
            links = [link for link in self.links[above] if link.below is below]
            if len(links) == 1:
                yield above, links[0]

    def routes(self, step: Step) -> tuple[list[Chain], Marks]:
        """The routes that a merged step stands for, and their marks; none if they are many."""
        above, link = step
        if link.routes > _ROUTES or self.sweep is None:
            return [], {}
        within = routes(self.sweep, above, link.below, self.kept)
        if sum(map(len, within.values())) > _STEPS:
            return [], {}
        chains = [Chain(*found) for found in walk(within, above, link.below)]
        return chains, _marks(chains)

    def first_not_finite(self) -> tuple[Any, Link | None] | None:
        """If the derivative is not finite, what made the first such number: a node, or a step back from it."""
        if isfinite(self.total):
            return None
        made = next(((node, None) for node in self.order if not isfinite(node._data)), None)
        return made or (self.sweep.culprit if self.sweep is not None else None)

    def first_stale(self) -> tuple[Any, float] | None:
        """The first node on the way whose operands no longer give what it stores, and what they give."""
        return None if self.sweep is None else stale(self.sweep.order[1:])

    def grouping(self) -> Grouping | None:
        """The neurons and layers, where paths are gathered."""
        return None if self.groups is None else Grouping(self.order)


def account(root: Any, wrt: Any, order: Sequence[Any], names: Names, merge: bool) -> Account:
    """Derive d root / d wrt.

    Args:
        root, wrt: nodes of one graph.
        order: every node that `root` depends on, in topological order.
        names: of its nodes.
        merge: whether nodes without a name of their own are passed over.
    """
    if root is wrt:
        return Account(root, wrt, order, names, 1.0, chains=(Chain((root,), ()),), count=1)
    sweep = swept(order, root, wrt)
    if not sweep.order:
        return Account(root, wrt, order, names, 0.0)
    operands = sum(len(node.parents) for node in sweep.order[1:])
    total, numeric = sweep.adjoint[wrt], measured(root, wrt, operands)
    passed, links = sweep.order, sweep.links
    named = {node for node in sweep.order if node._label and is_name(node._label)} | {root, wrt}
    between = merged(sweep, named) if merge and len(named) > 2 else None  # with two nothing would be left to derive
    if between is not None:
        passed, links = [node for node in sweep.order if node in named], between
    kept = frozenset(passed) if between is not None else frozenset()
    count = counted(links, passed)[wrt]
    listed = count if between is None else counted(links, passed, whole=False)[wrt]
    if listed <= _LISTED and listed * len(passed) <= _LENGTH:
        chains = tuple(Chain(*found) for found in walk(links, root, wrt))
        marks = _marks(chains)
        return Account(root, wrt, order, names, total, numeric, sweep, links, kept, chains, None, count, marks)
    groups = gathered(links, sweep, _LISTED)
    marks = _marks_of_groups(groups, links)
    return Account(root, wrt, order, names, total, numeric, sweep, links, kept, (), groups, count, marks)


def _key(step: Step) -> _Key:
    return step[0], step[1].below, step[1].place


def _marks(chains: Sequence[Chain]) -> Marks:
    """1st, 2nd, ... for steps between the same two nodes, "direct" where other paths lead a longer way round."""
    if len(chains) == 1:
        return {}
    places = [{node: i for i, node in enumerate(chain.nodes)} for chain in chains]
    found: dict[tuple[Any, Any], dict[_Key, None]] = {}
    for chain in chains:
        for step in zip(chain.nodes, chain.links, strict=False):
            found.setdefault((step[0], step[1].below), {})[_key(step)] = None
    marks = {}
    for (above, below), keys in found.items():
        if len(keys) > 1:
            marks.update({key: _ordinal(i) for i, key in enumerate(keys, 1)})
        elif any(at.get(below, 0) - at.get(above, len(at)) > 1 for at in places):
            marks[next(iter(keys))] = "direct"
    return marks


def _marks_of_groups(groups: Gathered, links: Links) -> Marks:
    low = groups.shared.nodes[0]
    marks: Marks = {}
    for group in groups.groups:
        for above, below in pairwise(group.nodes):
            if below is low and any(link.below is not low for link in links[above]):
                marks.update({_key((above, link)): "direct" for link in links[above] if link.below is low})
    return marks


def _ordinal(i: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}
    return f"{i}{ending.get(i if i < 20 else i % 10, 'th')}"
