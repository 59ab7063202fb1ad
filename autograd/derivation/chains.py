"""The paths between two nodes: swept, merged at the nodes that have names, listed where they are few.

A link is one step of a chain, from a node down to another. Singly it is one operand of the node; merged it stands
for every route between the two that passes through nodes without names alone.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple, TypeAlias

from ..engine import graph

__all__ = [
    "Link",
    "Links",
    "Sweep",
    "counted",
    "is_name",
    "merged",
    "routes",
    "swept",
]

Count: TypeAlias = int | float  # floats above 2^64, where the last digit no longer matters and integers grow long

_EXACT = 1 << 64
_NAME = re.compile(r"[^\W\d][\w.]*'*(\[[\w, ]*\])?(#\d+)?'*")


class Link(NamedTuple):
    """One step of a chain.

    Args:
        below: the node that it leads down to.
        value: d (the node above) / d below, along the routes that it stands for.
        place: which operand, where it is one; None: it is merged.
        routes: how many routes it stands for.
    """

    below: Any
    value: float
    place: int | None
    routes: Count = 1


Links: TypeAlias = dict[Any, list[Link]]


class Sweep(NamedTuple):
    """What one backward sweep between two nodes tells.

    Args:
        order: the nodes on the paths, in topological order, the lower end first.
        links: for each of them its operands that lie on a path.
        adjoint: d root / d node.
        culprit: the node and operand that made the first adjoint that is not finite.
    """

    order: list[Any]
    links: Links
    adjoint: dict[Any, float]
    culprit: tuple[Any, Link] | None


def is_name(label: str) -> bool:
    """Whether a label is a name, as x1 or W[0,1] is, rather than a formula, as "yhat - y" is."""
    return _NAME.fullmatch(label) is not None


def swept(order: Iterable[Any], root: Any, wrt: Any) -> Sweep:
    """Sweep back from `root` to `wrt`; nothing is written to any node.

    The sums are made in the engine's order, so that they equal its gradients to the last bit.

    Args:
        order: all nodes that `root` depends on, in topological order.
        root, wrt: from where to where.

    Raises:
        AutogradError: a rule has no value at its point.
    """
    inside, passed = {wrt}, [wrt]
    for node in order:
        if not inside.isdisjoint(node.parents) and node is not wrt:
            inside.add(node)
            passed.append(node)
    if root not in inside:
        return Sweep([], {}, {}, None)
    adjoint: dict[Any, float] = {root: 1.0}
    links: Links = {}
    culprit = None
    for node in reversed(passed[1:]):
        upstream, partials = adjoint[node], graph.local_partials(node)
        links[node] = made = [Link(p, float(partials[k]), k) for k, p in enumerate(node.parents) if p in inside]
        if len(made) > 1:
            at = {link.place: link for link in made}
            made = [at[k] for k in graph.sending_order(node) if k in at]
        for link in made:
            adjoint[link.below] = total = adjoint.get(link.below, 0.0) + upstream * link.value
            if culprit is None and not math.isfinite(total):
                culprit = (node, link)
    return Sweep(passed, links, adjoint, culprit)


def merged(sweep: Sweep, kept: Collection[Any]) -> Links | None:
    """Links between the kept nodes alone; None where there are too many pairs of them."""
    budget = 20 * sum(map(len, sweep.links.values())) + 10_000
    uses = Counter(link.below for links in sweep.links.values() for link in links)
    found: Links = {}
    reach: dict[Any, dict[Any, Link]] = {}  # of nodes without a name, until their last user has read it
    for node in sweep.order[1:]:
        out: dict[Any, Link] = {}
        for link in sweep.links[node]:
            further = [link._replace(value=1.0)] if link.below in kept else reach[link.below].values()
            budget -= len(further)
            if budget < 0:
                return None
            for end, value, _, count in further:
                place = link.place if end is link.below else None
                step = Link(end, link.value * value, place, count)
                out[end] = _together(out[end], step) if end in out else step
            uses[link.below] -= 1
            if not uses[link.below]:
                reach.pop(link.below, None)
        if node in kept:
            found[node] = list(out.values())
        else:
            reach[node] = out
    return found


def _together(a: Link, b: Link) -> Link:
    return Link(a.below, a.value + b.value, None, short(a.routes + b.routes))


def short(count: Count) -> Count:
    """A count that takes no more room than a double."""
    return count if count < _EXACT else float(count)


def counted(links: Links, order: list[Any], whole: bool = True) -> dict[Any, Count]:
    """For every node how many paths lead from the last node of `order` down to it.

    Args:
        links: over the nodes of `order`.
        order: in topological order.
        whole: count the routes that a merged link stands for; else it is one.
    """
    counts: dict[Any, Count] = {order[-1]: 1}
    for node in reversed(order):
        for link in links.get(node, ()):
            more = counts[node] * (link.routes if whole else 1)
            counts[link.below] = short(counts.get(link.below, 0) + more)
    return counts


def routes(sweep: Sweep, start: Any, end: Any, kept: Collection[Any]) -> Links:
    """The single links of all routes from `start` down to `end` that pass no other kept node."""
    users: dict[Any, list[Any]] = {end: []}
    region = [start]
    for node in region:  # it grows on the way
        for link in sweep.links[node]:
            if link.below not in users and link.below not in kept:
                region.append(link.below)
            users.setdefault(link.below, []).append(node)
    leading: set[Any] = set()
    stack = list(users[end])
    while stack:
        node = stack.pop()
        if node not in leading:
            leading.add(node)
            stack += users.get(node, ())
    onward = leading - {start}
    return {node: [k for k in sweep.links[node] if k.below is end or k.below in onward] for node in leading}
