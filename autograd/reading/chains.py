"""The paths between two nodes, in few chains: merged at the nodes that have names, gathered where they are many.

A link is one step of a chain, from a node down to another. A single link is one operand of the node; a merged link
stands for every route between the two nodes that passes only nodes without names.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, NamedTuple, TypeAlias

from ..engine import graph
from ..functions.slopes import EPS, Side, Slopes, exact_sum, slopes
from .formulas import shown_of_many
from .names import short_number
from .paths import recomputed, replayed, walk

Count: TypeAlias = int | float  # floats above 2^64, where the last digit no longer matters and integers grow long

_EXACT = 1 << 64


class Link(NamedTuple):
    """One step of a chain, with the derivative of the node above by the node below."""

    below: Any
    above: Any
    value: float
    place: int | None  # which operand; None: the link is merged
    routes: Count = 1  # how many routes it stands for
    mark: str = ""  # tells it from other ways between the same two nodes


Links: TypeAlias = dict[Any, list[Link]]  # of a node: the steps down from it


@dataclass(frozen=True)
class Chain:
    """Links one below the other.

    Args:
        start: the node at the upper end.
        links: from there down.
    """

    start: Any
    links: tuple[Link, ...]

    @property
    def nodes(self) -> tuple[Any, ...]:
        """The nodes from the upper end down."""
        return (self.start, *[link.below for link in self.links])

    @property
    def shown(self) -> list[Link | None]:
        """The links that are written out, and None for a gap."""
        return shown_of_many(self.links)

    @cached_property
    def partials(self) -> tuple[float, ...]:
        """The factors."""
        return tuple(link.value for link in self.links)

    @property
    def product(self) -> float:
        """What it adds to the derivative of the upper end by the lower one."""
        return math.prod(self.partials)

    @property
    def ways(self) -> Count:
        """How many paths it stands for."""
        count: Count = 1
        for link in self.links:
            count = short(count * link.routes)
        return count


# --- the steps between two nodes ----------------------------------------------------------------------------------


class Sweep(NamedTuple):
    """What one reverse sweep between two nodes tells."""

    order: list[Any]  # the nodes on the paths, in topological order, the lower end first; empty: there is no path
    links: Links  # from each of them but the lower end
    adjoint: dict[Any, float]  # d root / d node

    def first_not_finite(self) -> Link | None:
        """The first link whose message makes an adjoint that is not finite."""
        so_far: dict[Any, float] = {}
        for node in reversed(self.order[1:]):
            for link in self.links[node]:
                so_far[link.below] = so_far.get(link.below, 0.0) + self.adjoint[node] * link.value
                if not math.isfinite(so_far[link.below]):
                    return link
        return None


def swept(nodes: Iterable[Any], root: Any, wrt: Any) -> Sweep:
    """Sweep back from `root` to another node; `nodes` are all that `root` depends on, in topological order."""
    order = graph.among_dependents(nodes, {wrt})
    inside = set(order)
    if root not in inside:
        return Sweep([], {}, {})
    links: Links = {}

    def slopes(node: Any) -> tuple[float, ...]:
        if node is wrt:
            return ()
        partials = graph.local_partials(node)
        links[node] = [Link(p, node, float(partials[k]), k) for k, p in enumerate(node.parents) if p in inside]
        return partials

    start = {**dict.fromkeys(order, 0.0), root: 1.0}  # from 0, as backward does: 0 + -0 is 0
    return Sweep(order, links, graph.adjoints(order, start, slopes=slopes))


def merged(sweep: Sweep, kept: Set[Any]) -> Sweep:
    """The same with links between the kept nodes alone; unchanged where there are too many pairs of them."""
    budget = 20 * sum(map(len, sweep.links.values())) + 10_000
    uses = Counter(link.below for links in sweep.links.values() for link in links)
    found: Links = {}
    reach: dict[Any, dict[Any, Link]] = {}  # of nodes without a name, until their last user has read it
    for node in sweep.order[1:]:
        out: dict[Any, Link] = {}
        for link in sweep.links[node]:
            further = [link]
            if link.below not in kept:
                onward = reach[link.below].values()
                further = [step._replace(above=node, value=link.value * step.value, place=None) for step in onward]
            budget -= len(further)
            if budget < 0:
                return sweep
            for step in further:
                out[step.below] = _together(out[step.below], step) if step.below in out else step
            uses[link.below] -= 1
            if not uses[link.below]:
                reach.pop(link.below, None)
        if node in kept:
            found[node] = list(out.values())
        else:
            reach[node] = out
    return sweep._replace(order=[node for node in sweep.order if node in kept], links=found)


def _together(a: Link, b: Link) -> Link:
    """Two links between the same two nodes as one."""
    return a._replace(value=a.value + b.value, place=None, routes=short(a.routes + b.routes))


def routes(sweep: Sweep, link: Link, kept: Set[Any]) -> Links:
    """The single links of all routes that a merged one stands for: those that pass no other kept node."""
    nodes = graph.topological_order(link.above, stop=kept - {link.above})
    inner = [node for node in nodes if node not in kept or node is link.above or node is link.below]
    order = graph.among_dependents(inner, {link.below})
    inside = set(order)
    return {node: [k for k in sweep.links[node] if k.below in inside] for node in order[1:]}


# --- few paths, one by one ----------------------------------------------------------------------------------------


def short(count: Count) -> Count:
    """A count that takes no more room than a double."""
    return count if count < _EXACT else float(count)


def counted(sweep: Sweep, whole: bool = True) -> dict[Any, Count]:
    """For every node how many paths lead from the root down to it; a merged link is one if not `whole`."""
    counts: dict[Any, Count] = dict.fromkeys(sweep.order[-1:], 1)
    for node in reversed(sweep.order[1:]):
        for link in sweep.links[node]:
            more = counts[node] * (link.routes if whole else 1)
            counts[link.below] = short(counts.get(link.below, 0) + more)
    return counts


def listed(links: Links, start: Any, end: Any) -> list[Chain]:
    """Every path from one node down to another, with marks where several ways lead from a node to the same one."""
    marked = dict(links)
    for node, steps in links.items():
        if len(steps) > 1:
            marked[node] = [link._replace(mark=_mark(link, steps, links)) for link in steps]
    return [Chain(start, along) for _, along in walk(marked, start, end)]


def _mark(link: Link, steps: Sequence[Link], links: Links) -> str:
    """1st, 2nd, ... for steps between the same two nodes, "direct" where other paths lead a longer way round."""
    same = [other for other in steps if other.below is link.below]
    if len(same) > 1:
        return ("1st", "2nd", "3rd", *[f"{i}th" for i in range(4, len(same) + 1)])[same.index(link)]
    seen = {other.below for other in steps if other is not link}
    below = list(seen)
    for node in below:  # it grows on the way
        fresh = {further.below for further in links.get(node, ())} - seen
        if link.below in fresh:
            return "direct"
        seen |= fresh
        below += fresh
    return ""


# --- very many paths in few chains --------------------------------------------------------------------------------


def gathered(sweep: Sweep, most: int) -> tuple[list[Chain], Link | None, Chain]:
    """Gather all paths by the nodes that are made of the lowest node directly; of more than `most` keep the largest.

    That is exact: d root / d end is the sum over everything c that is made of `end` of (d root / d c) * (d c / d end).
    Where there is one such c alone, that step is shared by all paths, and the same is done for c.

    Returns:
        The chains; what those that are not listed add up to, None where all are; the steps at the lower end that all
        paths have in common, which may have no links. Where all paths pass the same nodes these are the one chain.
    """
    counts = counted(sweep)
    users = defaultdict[Any, list[Any]](list)
    for node in sweep.order[1:]:
        for below in {link.below for link in sweep.links[node]}:
            users[below].append(node)

    def between(above: Any, below: Any) -> Link:
        link = reduce(_together, [link for link in sweep.links[above] if link.below is below])
        # What leads to another node leads to `below` from there, as all paths do.
        is_longer = any(other.below is not below for other in sweep.links[above])
        return link._replace(mark="direct") if is_longer else link

    root, end = sweep.order[-1], sweep.order[0]
    low, shared_links = end, []
    while len(users[low]) == 1:
        shared_links.append(between(users[low][0], low))
        low = users[low][0]
    shared = Chain(low, tuple(reversed(shared_links)))
    if low is root:
        return [shared], None, shared
    chains = []
    for top in users[low]:
        above = [] if top is root else [Link(top, root, sweep.adjoint[top], None, counts[top])]
        below = [] if low is end else [Link(end, low, shared.product, None, shared.ways)]
        chains.append(Chain(root, (*above, between(top, low), *below)))
    if len(chains) <= most:
        return chains, None, shared
    products = [chain.product for chain in chains]
    largest = sorted(range(len(chains)), key=lambda i: (products[i] == products[i], -abs(products[i])))  # nan first
    rest = largest[most - 1 :]
    ways = short(sum(chains[i].ways for i in rest))
    others = Link(end, root, exact_sum([products[i] for i in rest]), None, ways)
    return [chains[i] for i in sorted(largest[: most - 1])], others, shared


# --- the derivative measured: the graph's operations run again with one node moved a little -----------------------


_THOROUGH = 50_000  # operands; in a larger graph a few runs have to do
_UNDEFINED = {
    "jump": "the value jumps here, so that there is no slope to measure",
    "vertical": "the slope grows without bound towards this point",
    "no limit": "the differences settle on no slope",
    "edge": "there are no values on one side of this point at least",
}


def measured(sweep: Sweep) -> Slopes | None:
    """The slope of the root by the lower end; None: there is no finite number to start from."""
    wrt = sweep.order[0]
    if not math.isfinite(wrt._data):
        return None
    replay = replayed(sweep.order[-1], wrt)
    operands = sum(len(node.parents) for node in sweep.order[1:])
    return slopes(replay, wrt._data) if operands <= _THOROUGH else _central(replay, wrt._data, operands)


def _central(f: Callable[[float], float], x: float, operands: int) -> Slopes:
    """Central differences with two steps; what they differ by, and the rounding of every operation, is the error."""
    step = 2.0 ** round(math.log2(math.cbrt(EPS) * max(1.0, abs(x))))
    wide = narrow = noise = math.nan
    try:
        wide = (f(x + step) - f(x - step)) / (2.0 * step)
        up, down = f(x + step / 2.0), f(x - step / 2.0)
        narrow, noise = (up - down) / step, EPS * operands * max(abs(up), abs(down))
    except (ArithmeticError, ValueError):
        pass  # what has no value has no slope
    error = abs(wide - narrow) + 4.0 * noise / step
    settled = math.isfinite(error)
    side = Side(narrow, error, "slope") if settled else Side(math.nan, math.inf, "no limit")
    return Slopes(side, side, side if settled else None, "smooth" if settled else "no limit", noise, 4)


def stale(order: Iterable[Any]) -> tuple[Any, float] | None:
    """The first node that stores something else than its operands now give, and what they give; None: there is none."""
    for node in order:
        now = recomputed(node._row, [p._data for p in node.parents], node._data)
        if now is not None:
            return node, now
    return None


def measured_text(found: Slopes | None, total: float, plus_minus: str = "+-") -> str:
    """What was measured, in words, and whether it is what was derived."""
    if found is None:
        return "not measured: there is no finite number to start from"
    if found.both is not None:
        value, error = measured_digits(found.both)
        return f"measured: {value}{f' {plus_minus} {error}' if error else ''}{disagreement(found.both, total)}"
    if found.kind == "kink":
        left, right = (measured_digits(side)[0] for side in (found.left, found.right))
        return f"measured: {left} from the left and {right} from the right, a kink; derived is {short_number(total)}"
    return f"not measured: {_UNDEFINED[found.kind]}"


def disagreement(side: Side, total: float) -> str:
    """What to add where a measured slope is not the derived one; else empty."""
    is_near = abs(side.slope - total) <= 4.0 * side.error + 1e-9 * abs(total)
    return "" if is_near else f", which is not the {total:.8g} derived"


def measured_digits(side: Side) -> tuple[str, str]:
    """The digits that the error bound leaves, eight at the most, and the bound; empty if it is 0."""
    size, error = abs(side.slope), side.error
    digits = 8 if not size or not error else max(1, min(8, math.ceil(math.log10(size / error)) if size > error else 1))
    text = f"{side.slope + 0.0:#.{digits}g}".removesuffix(".")
    if not error:
        return text, ""
    mantissa, _, exponent = f"{error:.0e}".partition("e")
    return text, f"{mantissa}e{int(exponent)}"
