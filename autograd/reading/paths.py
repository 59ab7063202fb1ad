"""The chain rule written out: every path from a root down to one node, each with the local derivatives along it.

A gradient is the sum over all paths of the product of the local derivatives along each. Backward never looks at
paths, because there can be exponentially many; here they are counted first, and listed only where they are few.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ..engine import graph
from ..engine.messages import name_of
from ..engine.op import Op, is_node, number
from ..errors import ArgumentError, GraphError

__all__ = ["Path", "count_paths", "path_products", "recomputed", "replayed", "walk"]

LIMIT = 1000

LinkT = TypeVar("LinkT", bound=tuple[Any, ...])  # the node below, and what else there is to know of the step


@dataclass(frozen=True)
class Path:
    """One way from the root down to a node.

    Args:
        nodes: from the root to the node, both included.
        partials: the local derivative of each node with respect to the next.
    """

    nodes: tuple[Any, ...]
    partials: tuple[float, ...]

    @property
    def product(self) -> float:
        """The product of the local derivatives, multiplied from the root down, as backward does it."""
        return functools.reduce(operator.mul, self.partials, 1.0)


def count_paths(root: Any, wrt: Any) -> int:
    """How many paths lead from `root` down to `wrt`, counted without listing them.

    An operand used twice by one node counts twice: x * x has two paths to x.

    Example:
        >>> from autograd import Value
        >>> x = y = Value(1.0)
        >>> for _ in range(60):
        ...     y = y + y
        >>> count_paths(y, x) == 2**60
        True
    """
    return _counts(root, wrt).get(root, 0)


def path_products(root: Any, wrt: Any, limit: int = LIMIT) -> list[Path]:
    """List the paths from `root` down to `wrt`; their products add up to d root / d wrt.

    Args:
        root, wrt: nodes of one graph.
        limit: the most paths to list.

    Returns:
        The paths, in operand order; none if `root` does not depend on `wrt`.

    Raises:
        GraphError: there are more than `limit` paths; the message says how many.

    Example:
        >>> from autograd import Value
        >>> b = Value(2.0)
        >>> e = b * (b + 1)
        >>> [path.partials for path in path_products(e, b)], sum(path.product for path in path_products(e, b))
        ([(3.0,), (2.0, 1.0)], 5.0)
    """
    if limit < 1:
        raise ArgumentError(f"limit is at least 1, got {limit}")
    counts = _counts(root, wrt)
    if counts.get(root, 0) > limit:
        raise GraphError(
            f"{counts[root]:,} paths lead from {name_of(root)} to {name_of(wrt)}, more than the limit of "
            f"{limit:,}; backward() adds them up without listing them, or choose a node nearer to the root"
        )
    if root not in counts:
        return []
    links = {
        node: [(p, float(d)) for p, d in zip(node.parents, graph.local_partials(node), strict=True) if p in counts]
        for node in counts
        if node is not wrt
    }
    return [Path(nodes, tuple(partial for _, partial in along)) for nodes, along in walk(links, root, wrt)]


def walk(
    links: Mapping[Any, Sequence[LinkT]], start: Any, end: Any
) -> Iterator[tuple[tuple[Any, ...], tuple[LinkT, ...]]]:
    """Every path from `start` down to another node, `end`: its nodes and its links.

    `links` has for each node on the way those that lead on to `end`; a link begins with the node below.
    """
    if start is end:
        yield (start,), ()
        return
    nodes: list[Any] = [start]
    along: list[LinkT] = []
    ahead = [iter(links[start])]
    while ahead:  # a walk in depth: one path is held at a time, however long it is
        link = next(ahead[-1], None)
        if link is None:
            ahead.pop()
            nodes.pop()
            if along:
                along.pop()
        elif link[0] is end:
            yield (*nodes, end), (*along, link)
        else:
            nodes.append(link[0])
            along.append(link)
            ahead.append(iter(links[link[0]]))


def replayed(root: Any, node: Any) -> Callable[[Any], Any]:
    """The root as a function of one node: what was recorded is computed again, with another number at the node.

    Whatever does not depend on the node is held at the number that it has now. The node may be a leaf or a result.

    Args:
        root, node: nodes of one graph.

    Returns:
        A function of one number. A float gives a float, a Value a Value; it raises what the operations raise.
        If `root` does not depend on `node` it is constant.

    Example:
        >>> from autograd import Value
        >>> a, b = Value(2.0, "a"), Value(1.0, "b")
        >>> of_b = replayed((a + b) * (b + 1), b)
        >>> of_b(1.0), of_b(3.0)
        (6.0, 20.0)
    """
    order = graph.dependents(root, [node])
    if not order:
        fixed: float = root._data
        return lambda x: fixed
    place = {n: i for i, n in enumerate(order)}
    plan = [(n._row, [(place.get(p, -1), p._data) for p in n.parents]) for n in order[1:]]

    def replay(x: Any) -> Any:
        numbers = [x if is_node(x) else number(x)]
        for op, operands in plan:
            numbers.append(op(*[numbers[i] if i >= 0 else stored for i, stored in operands]))
        return numbers[-1]

    return replay


def recomputed(op: Op, operands: Sequence[float], stored: float) -> float | None:
    """What the operands give now, if that is not what the node stores; nan: they give nothing."""
    try:
        now: float = op.forward(*operands)
    except (ArithmeticError, ValueError):
        now = math.nan
    return None if now == stored or (now != now and stored != stored) else now


def _counts(root: Any, wrt: Any) -> dict[Any, int]:
    """For every node on a path, how many paths lead from it down to `wrt`."""
    counts: dict[Any, int] = {}
    for node in graph.dependents(root, [wrt]):
        counts[node] = 1 if node is wrt else sum(counts.get(p, 0) for p in node.parents)
    return counts
