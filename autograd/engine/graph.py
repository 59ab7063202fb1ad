"""Walks over a recorded graph: topological order, local derivatives, and the reverse sweep as a pure function.

Nothing here knows what a node computes: its row's ``partials`` give the local derivatives, and the chain rule is all
that is added. Every walk is a loop, never a recursion, so the depth of a graph is limited by memory alone.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from math import isfinite
from typing import Any
from weakref import KeyedRef

from ..errors import AnomalyError, ArgumentError, AutogradError, shown, translated, warn
from . import modes
from .op import Op, Partials, is_node
from .ops import ADD, CONSTANT, DOT, FLOOR, IDENTITY, LITERAL, SQRT, SUM


def topological_order(*roots: Any, stop: Container[Any] = ()) -> list[Any]:
    """Every node that `roots` depend on, themselves included, each behind all of its parents.

    Nodes in `stop` are included, but nothing behind them is. The order is that of a depth-first walk in operand order,
    so it depends on the graph alone.
    """
    order: list[Any] = []
    seen: set[Any] = set()
    stack: list[Any] = list(reversed(roots))
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
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
    found: set[Any] = set()
    order = []
    for node in topological_order(root, stop=stop):
        if node in stop or not found.isdisjoint(node.parents):
            found.add(node)
            order.append(node)
    return order


def name_of(node: Any) -> str:
    """How a message names a node: its label, else its operation."""
    node = behind(node)
    if node._label:
        return f"node {shown(node._label)}"
    if not node.parents:
        return f"the number {node._data!r}" if node._row is LITERAL else f"an unlabelled leaf ({node._data!r})"
    origin = _origin_of(node)
    kind = f"node of {_in_words(origin)[0]}" if origin else f"{node._row.public_name!r} node"
    return f"an unlabelled {kind} ({node._data!r})"


def behind(node: Any) -> Any:
    """The node that a derivative was taken by, where this is the derivative's own input; any other node itself."""
    while node._row is IDENTITY and not node._label:
        (node,) = node.parents
    return node


def is_constant(node: Any) -> bool:
    """Whether no gradient is wanted for this node."""
    return node._row is LITERAL or node._row is CONSTANT


def refuse_shared(made: Any, what: str) -> None:
    """Raise if the node is a plain number, of which there is one for all graphs."""
    if made._row is LITERAL:
        raise ArgumentError(
            f"the number {made._data!r} is shared by every graph that uses it and cannot be {what}; use "
            "Value(..., constant=True) for an input of your own"
        )


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
            if parent not in inside:
                continue
            partial = partials[place]
            if slopes is None:
                if is_constant(parent):
                    continue
                warn_of_partial(node, parent, partial, upstream)
            try:
                message = product(upstream, partial)
                found[parent] = found[parent] + message if parent in found else message
            except AnomalyError as error:  # met while the gradient's own nodes were made
                raise AnomalyError(f"backward: the gradient of {name_of(parent)}: {error}") from None
            if anomaly and not isfinite(plain_of(found[parent])):
                raise AnomalyError(
                    f"backward: the gradient of {name_of(parent)} became {plain_of(found[parent])!r} by a message from "
                    f"{name_of(node)}: upstream {plain_of(upstream)!r} times local derivative {plain_of(partial)!r}"
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
        what, where = _in_words(_origin_below(node))
        raise AnomalyError(f"backward: {what} is inf or nan at {where}") from error
    except (ArithmeticError, ValueError) as error:
        raise no_derivative(node, error) from error
    _note_origin(node, partials)
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


def warn_of_partial(node: Any, parent: Any, partial: Any, upstream: Any) -> None:
    """Say so where a slope is infinite or undefined although its operands are numbers, or where a step stops it."""
    op = node._row
    if op.singular and not isfinite(plain_of(partial)) and all(isfinite(p._data) for p in node.parents):
        what, where = _told(node, f"{_place(parent)}, operand of {name_of(node)}")
        hint = "; autograd.hypot has a slope at the origin" if op is SQRT and parent._row in (ADD, SUM) else ""
        warn(f"{what} has slope {plain_of(partial)!r} at {where}{hint}")
    elif op is FLOOR and plain_of(upstream) != 0.0:
        warn("floor is flat almost everywhere: no gradient passes through it")


def no_derivative(node: Any, error: Exception) -> Exception:
    """What to raise where a node's rule has no value."""
    if isinstance(error, AutogradError) and isinstance(error.__context__, ArithmeticError | ValueError):
        error = error.__context__  # what Python said, without the operation of the rule that it met
    what, where = _told(node, ", ".join([_place(p) for p in node.parents[:4]]))
    return translated(error, f"{what} has no derivative at {where}: {error}")


def _place(node: Any) -> str:
    return f"{name_of(node)} = {node._data!r}"


def _told(node: Any, place: str) -> tuple[str, str]:
    """What messages call a node's operation and the place of its operands, which is `place` if a user wrote it."""
    origin, op = _origin_of(node), node._row
    return _in_words(origin) if origin else (op.public_name, f"{place} ({op.kink})" if op.kink else place)


# Nodes that a rule makes of Values were written by nobody. A message names the operation that their derivative is of,
# and its operands (label and number). Kept by id, since equality of Values is that of their numbers; and the nodes
# themselves are not kept.
_Origin = tuple[Op, list[tuple[str, float]]]
_origins: dict[int, tuple[KeyedRef[int, Any], _Origin]] = {}


def _forget(made: KeyedRef[int, Any], origins: dict[int, Any] = _origins) -> None:
    origins.pop(made.key, None)


def _origin_of(node: Any) -> _Origin | None:
    """The operation whose derivative a node belongs to; None if it was not made by a rule."""
    found = _origins.get(id(node))
    return found[1] if found else None


def _origin_below(node: Any) -> _Origin:
    """The origin of what this node's rule makes."""
    return _origin_of(node) or (node._row, [(behind(p)._label, p._data) for p in node.parents[:4]])


def _note_origin(node: Any, partials: Iterable[Any]) -> None:
    """Note where the nodes come from that a node's rule has just made; those of a user's own rule are the user's."""
    known = {node, *node.parents}
    made = [p for p in partials if is_node(p) and p.parents and p not in known]
    if not made or node._row.user:
        return
    origin = _origin_below(node)
    while made:
        inner = made.pop()
        if inner.parents and inner not in known:
            known.add(inner)
            _origins[id(inner)] = KeyedRef(inner, _forget, id(inner)), origin
            made += inner.parents


def _in_words(origin: _Origin) -> tuple[str, str]:
    """Whose derivative it is, and where."""
    places = [f"{shown(label)} = {x!r}" if label else repr(x) for label, x in origin[1]]
    return f"a derivative of {origin[0].public_name}", ", ".join(places)


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


def plain_of(x: Any) -> float:
    """The number of a gradient, which is a float or a Value."""
    return x if type(x) is float else float(getattr(x, "data", x))


def product(a: Any, b: Any) -> Any:
    """a * b, sparing a node where one factor is exactly 1."""
    if type(a) is float and a == 1.0:
        return b
    return a if type(b) is float and b == 1.0 else a * b
