"""Very many paths in few groups, by the nodes next to the lower end."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ..functions.slopes import exact_sum
from .chains import Count, Links, Sweep, counted, short

__all__ = ["Gathered", "Group", "gathered"]


class Group(NamedTuple):
    """The paths that share their lowest steps.

    Args:
        nodes: root, the node at which they meet, and where they go from there.
        partials: d root / d (the node at which they meet), which stands for all of them, and the shared steps.
        product: what they add to the derivative.
        ways: how many paths they are.
    """

    nodes: tuple[Any, ...]
    partials: tuple[float, ...]
    product: float
    ways: Count


class Gathered(NamedTuple):
    """All paths in groups.

    Args:
        groups: in topological order; none if all steps are shared.
        others: what the groups that are not listed add up to; None: all are listed.
        shared: the steps at the lower end that all paths have in common; no partials: there are none.
    """

    groups: list[Group]
    others: Group | None
    shared: Group


def gathered(links: Links, sweep: Sweep, most: int) -> Gathered:
    """All paths, by the node at which they reach the steps that all of them share, or the lowest node itself.

    The nodes nearest to the lower end make an exact partition: d root / d end is the sum over everything c that is
    made of it directly of (d root / d c) * (d c / d end). Where there is one such c alone, the same is done for it.

    Args:
        links: over kept nodes.
        sweep: of the same two nodes.
        most: how many groups to return; of more than these the largest are kept.

    """
    order = [node for node in sweep.order if node in links or node is sweep.order[0]]
    counts = counted(links, order)
    users: dict[Any, list[Any]] = {}
    for node in order[1:]:
        for below in {link.below: None for link in links[node]}:
            users.setdefault(below, []).append(node)
    root, end = order[-1], order[0]
    shared: list[tuple[Any, float, Count]] = []  # a node, the derivative of what is above it by it, and the routes
    low: Any = end
    count: Count = 1
    while low is not root and len(users[low]) == 1:
        value, several = _between(links, users[low][0], low)
        shared.append((low, value, several))
        low = users[low][0]
        count = short(count * several)
    steps = [value for _, value, _ in reversed(shared)]
    below = Group((low, *[node for node, _, _ in reversed(shared)]), tuple(steps), math.prod(steps), count)
    if low is root:
        return Gathered([], None, below)
    groups = []
    for top in users[low]:
        value, several = _between(links, top, low)
        nodes: tuple[Any, ...] = (top, low)
        partials: tuple[float, ...] = (value,)
        if top is not root:
            nodes, partials = (root, *nodes), (sweep.adjoint[top], *partials)
        if low is not end:
            nodes, partials = (*nodes, end), (*partials, below.product)
        groups.append(Group(nodes, partials, math.prod(partials), short(counts[top] * several * count)))
    if len(groups) <= most:
        return Gathered(groups, None, below)
    largest = sorted(
        range(len(groups)), key=lambda i: (groups[i].product == groups[i].product, -abs(groups[i].product))
    )
    chosen = set(largest[: most - 1])
    rest = [group for i, group in enumerate(groups) if i not in chosen]
    others = Group((), (), exact_sum([g.product for g in rest]), short(sum(g.ways for g in rest)))
    return Gathered([groups[i] for i in sorted(chosen)], others, below)


def _between(links: Links, above: Any, below: Any) -> tuple[float, Count]:
    found = [link for link in links[above] if link.below is below]
    return sum(link.value for link in found), short(sum(link.routes for link in found))
