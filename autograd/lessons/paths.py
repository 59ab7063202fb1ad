"""The chain rule along one path: what the documents write as a product of factors, read off the graph."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ..engine.graph import name_of, topological_order
from ..engine.value import Value
from ..errors import ArgumentError
from ..reading.paths import path_products
from .claims import Graph

__all__ = ["Chain", "chain", "labelled", "named", "worked"]


class Chain(NamedTuple):
    """The factors along a path, the root's first, and their product."""

    derivatives: tuple[float, ...]
    product: float


def chain(*nodes: Value) -> Chain:
    """Multiply the derivatives along a path.

    Args:
        nodes: from the root to the leaf. Each factor is the sum of the products along all paths from one to the
            next: where the next is a parent, the local derivative of that one step (for a parent that occurs twice,
            as x in x * x, the sum of both).

    Raises:
        ArgumentError: fewer than two nodes, or one does not lie below the one before it.

    Example:
        >>> w, x, y = Value(3.0, "w"), Value(2.0, "x"), Value(1.0, "y")
        >>> a = w * x
        >>> J = (a - y) ** 2
        >>> chain(J, a, w)
        Chain(derivatives=(10.0, 2.0), product=20.0)
    """
    if len(nodes) < 2:
        raise ArgumentError("a path has two nodes at least")
    factors = tuple(_factor(child, parent) for child, parent in pairwise(nodes))
    return Chain(factors, math.prod(factors))


def named(root: Value) -> Graph:
    """A root and its nodes by label: what a claim's `graph` returns. No backward pass is run.

    Example:
        >>> root, node = named(Value(3.0, "x") * Value(2.0, "w"))
        >>> sorted(node), node["w"].grad
        (['w', 'x'], 0.0)
    """
    return root, {node.label: node for node in topological_order(root) if node.label}


def labelled(nodes: dict[str, Value], name: str, shape: tuple[int, ...]) -> Any:
    """The array of the nodes that are labelled name[0,0], name[0,1], ...

    Example:
        >>> _, nodes = named(Value(3.0, "w[0]") * Value(2.0, "w[1]"))
        >>> [node.data for node in labelled(nodes, "w", (2,))]
        [3.0, 2.0]
    """
    found = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        found[index] = nodes[f"{name}[{','.join(map(str, index))}]"]
    return found


def worked(graph: Graph) -> Graph:
    """The same graph after one backward pass from its root.

    Example:
        >>> root, node = worked(named(Value(3.0, "x") ** 2))
        >>> node["x"].grad
        6.0
    """
    graph[0].backward()
    return graph


def _factor(node: Value, below: Value) -> float:
    paths = path_products(node, below)
    if not paths or node is below:
        raise ArgumentError(f"{name_of(below)} does not lie below {name_of(node)}")
    return math.fsum(path.product for path in paths)
