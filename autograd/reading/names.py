"""What the nodes of a graph are called.

The stepper, derivations, tables and pictures all take their names from here, so that a reader can carry a name from
one to the other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from ..engine.op import is_node
from ..engine.ops import CONSTANT, DOT, LEAF, LITERAL
from ..errors import ArgumentError, shown

__all__ = ["Names", "is_name", "is_plain_number", "number_beside", "short_number", "suggestion"]

_NAME = re.compile(r"[^\W\d][\w.]*'*(\[[\w, ]*\])?(#\d+)?'*")
_PREFIXES = "vutpqr"
_COMPARED = 10_000  # names, among which a near one is looked for


class Names(Mapping[Any, str]):
    """A name for every node: its label; v1, v2, ... for nodes without one; a plain number's own digits.

    Where several nodes share a label the second is called label#2, the third label#3, and so on. The numbers are
    places in the order in which a reader meets the nodes, which is also the order of this mapping: see
    :func:`leaves_first`. So the names depend on the graph alone.

    Args:
        order: the nodes in topological order.

    Example:
        >>> from autograd import Value
        >>> from autograd.engine.graph import topological_order
        >>> x = Value(3.0, "x")
        >>> order = topological_order((2 * x) ** 2)
        >>> list(Names(order).values())
        ['x', '2', 'v1', 'v2']
    """

    def __init__(self, order: Sequence[Any]) -> None:
        order = leaves_first(order)
        taken = {_written(node._label) for node in order if node._label}
        prefix = next((p for p in _PREFIXES if not any(_numbered(label, p) for label in taken)), "node ")
        seen: Counter[str] = Counter()
        count = 0
        self._names: dict[Any, str] = {}
        for node in order:
            if node._label:
                label = _written(node._label)
                seen[label] += 1
                name = label if seen[label] == 1 else _free(f"{label}#{seen[label]}", taken)
            elif node._row is LITERAL or node._row is CONSTANT:
                name = short_number(node._data)
            else:
                count += 1
                name = f"{prefix}{count}"
            self._names[node] = name

    def __getitem__(self, node: Any) -> str:
        return self._names[node]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def find(self, name: Any) -> Any:
        """The node of that name; a node of the graph stands for itself.

        Raises:
            ArgumentError: there is none, and the message says which names come nearest.
        """
        if not isinstance(name, str):
            if is_node(name) and name in self._names:
                return name
            raise ArgumentError(
                f"{name!r} is no node of this graph, nor the name of one; {suggestion('', self.known())}"
            )
        node = self._nodes.get(name, self._nodes.get(_written(name)))
        if node is None:
            raise ArgumentError(f"no node is called {shown(name)!r}; {suggestion(name, self.known())}")
        return node

    def known(self) -> list[str]:
        """Every name that `find` takes, in order."""
        return list(self._nodes)

    @cached_property
    def _nodes(self) -> dict[str, Any]:
        return {name: node for node, name in self._names.items() if not is_plain_number(node)}


def leaves_first(order: Sequence[Any]) -> list[Any]:
    """The nodes as a reader meets them: the leaves, then what operations made of them, in topological order.

    The longer the way from a leaf to the root, the earlier it comes: the inputs and weights of the first layer, then
    those of the next, at the end what only the loss uses. Of leaves at one distance inputs come before weights. Plain
    numbers come last.
    """
    away = dict.fromkeys(order, 0)  # steps of the longest way from the root
    fed: set[Any] = set()  # the inputs of neurons
    leaves, made = [], []
    for node in reversed(order):
        steps = away[node] + 1
        parents = node.parents
        for parent in parents:
            if away[parent] < steps:
                away[parent] = steps
        if parents or steps == 1:  # the latter is a root
            made.append(node)
            if node._row is DOT:
                fed.update(node._b)
        else:
            leaves.append(node)
    leaves.reverse()
    leaves.sort(key=lambda leaf: (is_plain_number(leaf), -away[leaf], leaf._row is LEAF and leaf not in fed))
    return leaves + made[::-1]


def suggestion(name: str, known: Sequence[str]) -> str:
    """What an unknown name may be meant to be, or else some of those there are."""
    near = get_close_matches(name, known[:_COMPARED], n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"there are {', '.join(known[:6])}{', ...' if len(known) > 6 else ''}"


def is_plain_number(node: Any) -> bool:
    """Whether a node is no more than a number in a formula: it has no name and no line of its own."""
    return node._row is LITERAL or (node._row is CONSTANT and not node._label)


def is_name(label: str) -> bool:
    """Whether a label is a name, as x1 or W[0,1] is, rather than a formula, as "yhat - y" is."""
    return _NAME.fullmatch(label) is not None


def short_number(x: float) -> str:
    """A number with as many digits as a line has room for: 3, 0.3, -1e-07; 0 for -0, which would look like a slip."""
    return f"{x + 0.0:.6g}"


def number_beside(x: float) -> str:
    """A number as it stands beside a sign: a negative one in brackets."""
    text = short_number(x)
    return f"({text})" if text.startswith("-") else text


def _written(label: str) -> str:
    """A label as a name: in quotes where it would read as a plain number, or as nothing at all."""
    try:
        float(label)
    except ValueError:
        return shown(label) if label.strip() else repr(label)
    return repr(label)


def _numbered(label: str, prefix: str) -> bool:
    return label.startswith(prefix) and label[len(prefix) :].isdecimal()


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "'"
    taken.add(name)
    return name
