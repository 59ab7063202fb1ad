"""The reverse sweep that writes gradients to the nodes: what `Value.backward` runs."""

from __future__ import annotations

from math import isfinite
from typing import Any

from ..errors import AnomalyError
from . import graph, modes
from .ops import ADD, DOT, LEAF, MUL

__all__ = ["backward"]


def backward(root: Any, seed: Any, create_graph: bool) -> None:
    """Write d root / d node, times `seed`, to every node below `root`; see :meth:`Value.backward`."""
    if create_graph or modes.anomalies_raise():
        _by_adjoints(root, seed, create_graph)
    else:
        _in_place(root, seed)


def _by_adjoints(root: Any, seed: Any, create_graph: bool) -> None:
    """Compute all gradients, and write them only when the last is there."""
    order = graph.topological_order(root)
    found = graph.adjoints(order, {root: seed}, create_graph=create_graph)
    reached = [node for node in order if not graph.is_constant(node)]
    gradients = [found.get(node, 0.0) for node in reached]
    for k, node in enumerate(reached):
        if node._row is LEAF and node._grad is not None:
            gradients[k] = node._grad + gradients[k]
            if modes.anomalies_raise() and not isfinite(graph.plain_of(gradients[k])):
                name = graph.name_of(node)
                raise AnomalyError(f"backward: the gradients of several passes add up to inf or nan at {name}")
    before = [node._grad for node in reached]
    try:
        for node, gradient in zip(reached, gradients, strict=True):
            node._grad = gradient
    except BaseException:  # Ctrl-C
        for node, gradient in zip(reached, before, strict=True):
            node._grad = gradient
        raise


def _in_place(root: Any, seed: float) -> None:
    """The sweep on floats, straight into the nodes; if anything raises, every gradient is put back."""
    # A float object of this call alone: a node that holds it has been visited, which saves a set of all nodes.
    zero = float("0")
    stack: list[Any] = [root]
    inner: list[Any] = []
    leaves: list[Any] = []
    holders: list[Any] = []  # nodes that held a gradient already
    earlier: list[Any] = []  # what they held
    try:
        _zero_below(stack, zero, inner, leaves, holders, earlier)
        if not graph.is_constant(root):
            root._grad = seed
        _sweep(inner)
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
    stack: list[Any], zero: float, inner: list[Any], leaves: list[Any], holders: list[Any], earlier: list[Any]
) -> None:
    """Set every gradient below the one node on the stack to `zero`, and sort the nodes on the way."""
    pop, push, finish = stack.pop, stack.append, inner.append
    visited: set[int] = set()  # ids of tuples of operands that are all visited: layers and batches share them
    while stack:
        node = pop()
        if node is None:
            finish(pop())
        elif (gradient := node._grad) is not zero:
            a = node._a
            if a is not None:
                push(node)
                push(None)
                if gradient is not None:
                    holders.append(node)
                    earlier.append(gradient)
                node._grad = zero
                b = node._b
                if type(a) is tuple:
                    if b is not None and len(a) > len(b) and a[-1]._a is not None:
                        # A bias that was computed: it comes behind the inputs, as in `parents`.
                        stack += [parent for parent in reversed(node.parents) if parent._grad is not zero]
                        continue
                    for group in (a,) if b is None else (b, a):
                        if id(group) not in visited:
                            unvisited = [parent for parent in group if parent._grad is not zero]
                            unvisited.reverse()
                            stack += unvisited
                            if not unvisited:
                                visited.add(id(group))
                else:
                    if b is not None and b._grad is not zero:
                        push(b)
                    if a._grad is not zero:
                        push(a)
            elif node._row is LEAF:
                if gradient is not None:
                    holders.append(node)
                    earlier.append(gradient)
                leaves.append(node)
                node._grad = zero


def _sweep(inner: list[Any]) -> None:
    """Send every node's messages, the latest node first. A gradient of None marks a constant: nothing is sent there."""
    for node in reversed(inner):
        upstream = node._grad
        op = node._row
        a = node._a
        b = node._b
        if op is MUL:
            if (gradient := a._grad) is not None:
                a._grad = gradient + upstream * b._data
            if (gradient := b._grad) is not None:
                b._grad = gradient + upstream * a._data
        elif op is ADD:
            if (gradient := a._grad) is not None:
                a._grad = gradient + upstream
            if (gradient := b._grad) is not None:
                b._grad = gradient + upstream
        elif op is DOT:
            if upstream == 0.0 and isfinite(node._data):
                continue  # a dead ReLU stands above: every operand is finite, and so every message is 0
            for weight, x in zip(a, b):  # noqa: B905  (the bias stands behind the weights)
                if (gradient := weight._grad) is not None:
                    weight._grad = gradient + upstream * x._data
                if (gradient := x._grad) is not None:
                    x._grad = gradient + upstream * weight._data
            if len(a) > len(b) and (gradient := a[-1]._grad) is not None:
                a[-1]._grad = gradient + upstream
        elif op.remarkable or op.variadic:
            remarkable = op.remarkable
            for parent, partial in zip(node.parents, graph.local_partials(node), strict=True):
                if (gradient := parent._grad) is not None:
                    if remarkable:
                        graph.warn_of_partial(node, parent, partial, upstream)
                    parent._grad = gradient + upstream * partial
        else:
            try:
                if b is None:
                    (partial,) = op.float_partials(node._data, a._data)
                else:
                    partial, other = op.float_partials(node._data, a._data, b._data)
            except (ArithmeticError, ValueError) as error:
                raise graph.no_derivative(node, error) from error
            if (gradient := a._grad) is not None:
                a._grad = gradient + upstream * partial
            if b is not None and (gradient := b._grad) is not None:
                b._grad = gradient + upstream * other
