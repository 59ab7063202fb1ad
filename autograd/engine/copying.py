"""Copies and pickles of graphs, made by loops.

Python's own `deepcopy` and `pickle` follow parents by recursion and fail on deep graphs. Here a node hands them its
whole past as a flat list, oldest first, so that whatever is met later is known already. What is shared within the
things copied or pickled together stays shared.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Container, Iterator
from typing import Any

from . import graph
from .op import Op
from .ops import LITERAL, laid_out


class _Expected(threading.local):
    """The ids of the nodes that this thread's running pickle will meet with all their parents known."""

    def __init__(self) -> None:
        self.ids: set[int] = set()


_expected = _Expected()
_OWN = ("_a", "_b", "_data", "_grad", "_label", "_row")  # what `restore` sets


def restore(kind: Any, data: float, label: str, op: Op, parents: tuple[Any, ...], grad: Any) -> Any:
    """Put a node of this class together from what it holds."""
    made: Any = kind.__new__(kind)  # whatever mode we are in: nothing is computed here
    made._data, made._label, made._row, made._grad = data, label, op, grad
    made._a, made._b = laid_out(op, parents)
    return made


def shallow_copy(node: Any) -> Any:
    """A node with the same parents, gradient and attributes."""
    made = restore(type(node), node._data, node._label, node._row, node.parents, node._grad)
    set_attributes(made, attributes(node))
    return made


def attributes(node: Any) -> dict[str, Any]:
    """What a subclass of Value has of its own, in its `__dict__` or in slots."""
    if "_data" in vars(type(node)):
        return {}  # this is Value itself
    # Python's own answer, whatever the subclass makes of `__getstate__`: what it has as dict, and what as slots.
    state: Any = object.__getstate__(node)
    own, slots = state if isinstance(state, tuple) else (state, {})
    return {**(own or {}), **{name: x for name, x in slots.items() if name not in _OWN}}


def set_attributes(node: Any, found: dict[str, Any]) -> None:
    """Give a node of a subclass what :func:`attributes` found."""
    for name, x in found.items():
        object.__setattr__(node, name, x)


def deepcopy(root: Any, memo: dict[int, Any]) -> Any:
    """Copy a node with everything that it depends on and that is not copied yet."""
    reached = _reached(root, _Copied(memo))
    more: list[tuple[Any, dict[str, Any]]] = []
    for node in reached:
        if id(node) not in memo:
            parents = tuple([memo[id(p)] for p in node.parents])
            memo[id(node)] = node if node._row is LITERAL else restore(*_fields(node, parents))
            if found := attributes(node):
                more.append((memo[id(node)], found))
    for made, found in more:
        set_attributes(made, copy.deepcopy(found, memo))
    for node in reached:
        if hasattr(node._grad, "parents"):
            memo[id(node)]._grad = memo[id(node._grad)]
    return memo[id(root)]


class _Copied:
    """The nodes that a running deepcopy has copied already, as a container of them."""

    def __init__(self, memo: dict[int, Any]) -> None:
        self._memo = memo

    def __contains__(self, node: object) -> bool:
        return id(node) in self._memo


def reduce(node: Any) -> tuple[Any, ...]:
    """What pickle is told of a node: a flat list of its past, then the node itself."""
    fields, found = _fields(node, node.parents), attributes(node)
    make: tuple[Any, ...] = (restore, fields)
    rest: Any = []
    grads: list[tuple[Any, Any]] = []
    if id(node) in _expected.ids:
        _expected.ids.discard(id(node))
    else:
        past = graph.topological_order(*node.parents)
        if past or hasattr(node._grad, "parents"):
            make = (_restore_behind, (_OldestFirst(past), *fields))
            reached = _reached(node)
            grads = [(n, n._grad) for n in reached if hasattr(n._grad, "parents")]
            rest = _OldestFirst(reached) if grads else []
    return (*make, (rest, grads, found), None, None, _set_state) if grads or found else make


def _restore_behind(past: list[Any], *fields: Any) -> Any:
    return restore(*fields)


def _set_state(node: Any, state: tuple[list[Any], list[tuple[Any, Any]], dict[str, Any]]) -> None:
    """Give a node what may depend on the node itself: gradients that are Values, and a subclass's attributes."""
    _, grads, found = state
    for holder, grad in grads:
        holder._grad = grad
    set_attributes(node, found)


class _OldestFirst:
    """A list of nodes in topological order that pickles its elements one by one, each with its parents known."""

    def __init__(self, nodes: list[Any]) -> None:
        self.nodes = nodes

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (), None, self._marked()

    def _marked(self) -> Iterator[Any]:
        marked: set[int] = set()
        try:
            for node in self.nodes:
                marked.add(id(node))
                _expected.ids.add(id(node))
                yield node
        finally:
            _expected.ids.difference_update(marked)


def _reached(root: Any, known: Container[Any] = ()) -> list[Any]:
    """Everything below `root`, and below the gradients that are Values, each behind its parents."""
    roots: dict[int, Any] = {id(root): root}
    while True:
        order = graph.topological_order(*roots.values(), stop=known)
        more = {id(n._grad): n._grad for n in order if hasattr(n._grad, "parents")}
        if more.keys() <= roots.keys():
            return order
        roots |= more


def _fields(node: Any, parents: tuple[Any, ...]) -> tuple[Any, ...]:
    """What `restore` makes the node of again, but for a gradient that is a Value."""
    grad = None if hasattr(node._grad, "parents") else node._grad
    return type(node), node._data, node._label, node._row, parents, grad
