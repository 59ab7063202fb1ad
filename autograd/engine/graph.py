"""Walks over a recorded graph: topological order, local derivatives, and the reverse sweep as a pure function.

Nothing here knows what a node computes: its row's ``partials`` give the local derivatives, and the chain rule is all
that is added. Every walk is a loop, never a recursion, so the depth of a graph is limited by memory alone.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence, Set
from math import isfinite
from typing import Any

from ..errors import AnomalyError
from . import modes
from .messages import in_words, name_of, no_derivative, note_origin, origin_below, warn_of_partial
from .native import COMPILED, EVERY, listen
from .op import Partials, plain
from .ops import CONSTANT, DOT, LITERAL


def topological_order(*roots: Any, stop: Container[Any] = ()) -> list[Any]:
    """Every node that `roots` depend on, themselves included, each behind all of its parents.

    Nodes in `stop` are included, but nothing behind them is. The order is that of a depth-first walk in operand order,
    so it depends on the graph alone.
    """
    order: list[Any] = []
    seen: set[Any] = set()
    stack: list[Any] = list(reversed(roots))
    listens: bool = COMPILED
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
            if listens and len(order) % EVERY == 0:
                listen()
        elif node not in seen:
            seen.add(node)
            parents = node.parents
            if parents and node not in stop:
                stack += (node, None)
                stack += [p for p in reversed(parents) if p not in seen]
            else:
                order.append(node)
    return order


def dependents(root: Any, inputs: Iterable[Any]) -> list[Any]:
    """The nodes on the paths from `inputs` to `root`, in topological order, without looking behind the inputs."""
    stop = set(inputs)
    return among_dependents(topological_order(root, stop=stop), stop)


def among_dependents(nodes: Iterable[Any], inputs: Set[Any]) -> list[Any]:
    """Those of the nodes, given in topological order, that are inputs or depend on one."""
    found: dict[Any, None] = {}  # a set that keeps its order
    for node in nodes:
        if node in inputs or not found.keys().isdisjoint(node.parents):
            found[node] = None
    return list(found)


def is_constant(node: Any) -> bool:
    """Whether no gradient is wanted for this node."""
    return node._row is LITERAL or node._row is CONSTANT


def adjoints(
    order: Sequence[Any],
    seeds: dict[Any, Any],
    create_graph: bool = False,
    slopes: Callable[[Any], Sequence[Any]] | None = None,
) -> dict[Any, Any]:
    """The reverse sweep as a pure function: from the seeds of some nodes to the adjoint of every node.

    Args:
        order: nodes in topological order; messages to nodes outside it are dropped.
        seeds: node -> adjoint to start from.
        create_graph: compute with Values, so that the adjoints can be differentiated again.
        slopes: gives what to multiply by, in the place of a node's own local derivatives. Then constants get messages
            like other nodes, and nothing is warned of or refused.

    Returns:
        node -> adjoint, for every node that a message reached.
    """
    anomaly = slopes is None and modes.anomalies_raise()
    if anomaly:
        _check_stored_values(order)
    inside = set(order)
    found = dict(seeds)
    for node in reversed(order):
        upstream = found.get(node)
        if upstream is None or not node.parents:
            continue
        parents, partials = node.parents, slopes(node) if slopes else local_partials(node, create_graph)
        for place in sending_order(node):
            parent = parents[place]
            if parent not in inside or (slopes is None and is_constant(parent)):
                continue
            partial = partials[place]
            if slopes is None:
                warn_of_partial(node, parent, partial, upstream)
            try:
                message = product(upstream, partial)
                found[parent] = found[parent] + message if parent in found else message
            except AnomalyError as error:  # met while the gradient's own nodes were made
                raise AnomalyError(f"backward: the gradient of {name_of(parent)}: {error}") from None
            if anomaly and not isfinite(plain(found[parent])):
                raise AnomalyError(
                    f"backward: the gradient of {name_of(parent)} became {plain(found[parent])!r} by a message from "
                    f"{name_of(node)}: upstream {plain(upstream)!r} times local derivative {plain(partial)!r}"
                )
    return found


def local_partials(node: Any, create_graph: bool = False) -> tuple[Any, ...]:
    """d node / d parent for each parent, in operand order; as Values if they are to be differentiated again."""
    if not create_graph:
        return partials_at(node, node._data, [p._data for p in node.parents])
    rule: Partials = node._row.partials
    try:
        partials = rule(node, *node.parents)
    except AnomalyError as error:
        what, where = in_words(origin_below(node))
        raise AnomalyError(f"backward: {what} is inf or nan at {where}") from error
    except (ArithmeticError, ValueError) as error:
        raise no_derivative(node, error) from error
    note_origin(node, partials)
    return partials


def sending_order(node: Any) -> Iterable[int]:
    """The places of the operands in the order in which a backward visit serves them.

    A dot serves each weight with its input, then the bias; where one node is an operand twice, the last bit tells.
    """
    if node._row is not DOT:
        return range(len(node.parents))
    n = len(node._b)
    return [place for i in range(n) for place in (i, n + i)] + [*range(2 * n, len(node.parents))]


def partials_at(node: Any, out: float, inputs: Sequence[float]) -> tuple[float, ...]:
    """The node's rule on numbers, which may be others than it stores."""
    rule: Partials = node._row.float_partials
    try:
        return rule(out, *inputs)
    except (ArithmeticError, ValueError) as error:
        raise no_derivative(node, error) from error


def _check_stored_values(order: Iterable[Any]) -> None:
    for node in order:
        if node.parents:
            try:
                now: Any = node._row.forward(*[p._data for p in node.parents])
            except (ArithmeticError, ValueError) as error:
                now = error
            if now != node._data and not (now != now and node._data != node._data):
                raise AnomalyError(
                    f"{name_of(node)} stores {node._data!r}, but its parents now give {now!r}: "
                    "data was changed after the forward pass; run it again"
                )


def product(a: Any, b: Any) -> Any:
    """a * b, sparing a node where one factor is exactly 1."""
    if type(a) is float and a == 1.0:
        return b
    return a if type(b) is float and b == 1.0 else a * b
