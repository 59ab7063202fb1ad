"""The reverse sweep that writes gradients to the nodes: what `Value.backward` runs."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from ..errors import AnomalyError
from . import graph, messages, modes
from .native import COMPILED, EVERY, listen
from .op import plain
from .ops import ADD, DOT, LEAF, MUL
from .together import attributes, commit

if TYPE_CHECKING:
    from .value import Value

__all__ = ["backward"]


def backward(root: Any, seed: Any, create_graph: bool) -> None:
    """Write d root / d node, times `seed`, to every node below `root`; see :meth:`Value.backward`."""
    if create_graph or modes.anomalies_raise():
        # Every gradient is computed before the first is written.
        order = graph.topological_order(root)
        found = graph.adjoints(order, {root: seed}, create_graph=create_graph)
        reached = [node for node in order if not graph.is_constant(node)]
        gradients = [found.get(node, 0.0) for node in reached]
        for k, node in enumerate(reached):
            if node._row is LEAF and node._grad is not None:
                gradients[k] = node._grad + gradients[k]
                if modes.anomalies_raise() and not isfinite(plain(gradients[k])):
                    name = messages.name_of(node)
                    raise AnomalyError(f"backward: the gradients of several passes add up to inf or nan at {name}")
        commit(attributes(reached, "_grad", gradients))
    else:  # nothing may stand behind either, where an interrupt would find the gradients written
        _in_place(root, seed)


def _in_place(root: Value, seed: float) -> None:
    """The sweep on floats, straight into the nodes; if anything raises, every gradient is put back."""
    # A float object of this call alone: a node that holds it has been visited, which saves a set of all nodes.
    zero: object = float("0")
    stack: list[Any] = [root]
    inner: list[Value] = []
    leaves: list[Value] = []
    holders: list[Value] = []  # nodes that held a gradient already
    earlier: list[Any] = []  # what they held
    try:
        _zero_below(stack, zero, inner, leaves, holders, earlier)
        if not graph.is_constant(root):
            root._grad = seed
        for end in range(len(inner), 0, -EVERY):
            _sweep(inner[max(end - EVERY, 0) : end])
            listen()
        for node, gradient in zip(holders, earlier, strict=True):
            if node._a is None:
                node._grad += gradient
    except BaseException:
        for node in inner + leaves + [node for node in stack if node is not None and node._grad is zero]:
            node._grad = None
        for node, gradient in zip(holders, earlier, strict=False):
            node._grad = gradient
        raise


def _zero_below(
    stack: list[Any], zero: object, inner: list[Value], leaves: list[Value], holders: list[Value], earlier: list[Any]
) -> None:
    """Set every gradient below the one node on the stack to `zero`, and sort the nodes on the way."""
    visited: set[int] = set()  # ids of tuples of operands that are all visited: layers and batches share them
    listens: bool = COMPILED
    while stack:
        node: Value | None = stack.pop()
        if node is None:
            inner.append(stack.pop())
            if listens and len(inner) % EVERY == 0:
                listen()
        elif (gradient := node._grad) is not zero:
            a, b = node._a, node._b
            if a is None:
                if node._row is LEAF:
                    if gradient is not None:
                        holders.append(node)
                        earlier.append(gradient)
                    leaves.append(node)
                    node._grad = zero
                continue
            stack.append(node)
            stack.append(None)
            if gradient is not None:
                holders.append(node)
                earlier.append(gradient)
            node._grad = zero
            if type(a) is not tuple:
                first: Value = a
                if b is not None:
                    second: Value = b
                    if second._grad is not zero:
                        stack.append(second)
                if first._grad is not zero:
                    stack.append(first)
            elif b is not None and len(a) > len(b) and a[-1]._a is not None:
                # A bias that was computed: it comes behind the inputs, as in `parents`.
                stack += [parent for parent in reversed(node.parents) if parent._grad is not zero]
            else:
                _push_group(b, zero, stack, visited)
                _push_group(a, zero, stack, visited)


def _push_group(group: tuple[Value, ...] | None, zero: object, stack: list[Any], visited: set[int]) -> None:
    """Put those operands on the stack that are not visited, the first on top."""
    if group is not None and id(group) not in visited:
        unvisited: list[Value] = [parent for parent in group if parent._grad is not zero]
        unvisited.reverse()
        stack += unvisited
        if not unvisited:
            visited.add(id(group))


def _sweep(inner: list[Value]) -> None:
    """Send every node's messages, the latest node first. A gradient of None marks a constant: nothing is sent there."""
    add, mul, dot = ADD, MUL, DOT
    gradient: float | None
    for node in reversed(inner):
        op = node._row
        upstream: float = node._grad
        if op is mul:
            left: Value = node._a
            right: Value = node._b
            if (gradient := left._grad) is not None:
                left._grad = gradient + upstream * right._data
            if (gradient := right._grad) is not None:
                right._grad = gradient + upstream * left._data
        elif op is add:
            left = node._a
            right = node._b
            if (gradient := left._grad) is not None:
                left._grad = gradient + upstream
            if (gradient := right._grad) is not None:
                right._grad = gradient + upstream
        elif op is dot:
            if upstream == 0.0 and isfinite(node._data):
                continue  # a dead ReLU stands above: every operand is finite, and so every message is 0
            _sweep_dot(node._a, node._b, upstream)
        elif op.remarkable or op.variadic:
            remarkable = op.remarkable
            for parent, partial in zip(node.parents, graph.local_partials(node), strict=True):
                if (gradient := parent._grad) is not None:
                    if remarkable:
                        messages.warn_of_partial(node, parent, partial, upstream)
                    parent._grad = gradient + upstream * partial
        else:
            a: Value = node._a
            b: Value | None = node._b
            try:
                if b is None:
                    (partial,) = op.float_partials(node._data, a._data)
                else:
                    partial, other = op.float_partials(node._data, a._data, b._data)
            except (ArithmeticError, ValueError) as error:
                raise messages.no_derivative(node, error) from error
            if (gradient := a._grad) is not None:
                a._grad = gradient + upstream * partial
            if b is not None and (gradient := b._grad) is not None:
                b._grad = gradient + upstream * other


def _sweep_dot(weights: tuple[Value, ...], inputs: tuple[Value, ...], upstream: float) -> None:
    """Send a dot's messages: each weight with its input, then the bias, which stands behind the weights."""
    gradient: float | None
    for weight, x in zip(weights, inputs):  # noqa: B905  # the bias has no input: not strict
        if (gradient := weight._grad) is not None:
            weight._grad = gradient + upstream * x._data
        if (gradient := x._grad) is not None:
            x._grad = gradient + upstream * weight._data
    if len(weights) > len(inputs) and (gradient := weights[-1]._grad) is not None:
        weights[-1]._grad = gradient + upstream
