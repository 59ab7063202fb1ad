"""What the nodes of a graph are called, and how each was made of the others, as text.

The stepper, derivations, tables and pictures all take their names from here, so that a reader can carry a name from
one to the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ..engine.op import Op, is_node
from ..engine.ops import CONSTANT, LEAF, LITERAL
from ..errors import ArgumentError, shown

__all__ = ["Names", "is_plain_number", "made_by", "number_beside", "short_number"]

_BETWEEN = frozenset({"+", "-", "*", "/", "//", "%", "**"})  # stand between their operands
_PREFIXES = "vutpqr"


class Names(Mapping[Any, str]):
    """A name for every node: its label; v1, v2, ... for nodes without one; a plain number's own digits.

    Where several nodes share a label the second is called label#2, the third label#3, and so on. The numbers are
    places in topological order, so the names depend on the graph alone.

    Args:
        order: the nodes in topological order.

    Example:
        >>> from autograd import Value
        >>> from autograd.engine.graph import topological_order
        >>> x = Value(3.0, "x")
        >>> order = topological_order((x * 2) ** 2)
        >>> list(Names(order).values())
        ['x', '2', 'v1', 'v2']
    """

    def __init__(self, order: Sequence[Any]) -> None:
        labels = [_written(node._label) if node._label else "" for node in order]
        taken = set(labels)
        prefix = next((p for p in _PREFIXES if not any(_numbered(label, p) for label in taken)), "node ")
        seen: Counter[str] = Counter()
        count = 0
        self._names: dict[Any, str] = {}
        for node, label in zip(order, labels, strict=True):
            if label:
                seen[label] += 1
                name = label if seen[label] == 1 else _free(f"{label}#{seen[label]}", taken)
            elif is_plain_number(node):
                name = short_number(node._data)
            else:
                count += 1
                name = f"{prefix}{count}"
            self._names[node] = name
        self._nodes: dict[str, Any] = {}

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
            raise ArgumentError(f"{name!r} is no node of this graph, nor the name of one{self._examples('')}")
        if not self._nodes:
            self._nodes = {found: node for node, found in self._names.items() if not is_plain_number(node)}
        node = self._nodes.get(name)
        node = self._nodes.get(_written(name)) if node is None else node
        if node is None:
            raise ArgumentError(f"no node is called {shown(name)!r}{self._examples(name)}")
        return node

    def known(self) -> Iterable[str]:
        """Every name that `find` takes, in topological order."""
        return [found for node, found in self._names.items() if not is_plain_number(node)]

    def _examples(self, name: str) -> str:
        known = list(self.known())
        near = get_close_matches(name, known, n=3, cutoff=0.5) if len(known) <= 10_000 else []
        if near:
            return f"; did you mean {' or '.join(near)}?"
        return f"; there are {', '.join(known[:6])}{', ...' if len(known) > 6 else ''}"


def is_plain_number(node: Any) -> bool:
    """Whether a node is no more than a number in a formula: it has no name and no line of its own."""
    return node._row is LITERAL or (node._row is CONSTANT and not node._label)


def short_number(x: float) -> str:
    """A number with as many digits as a line has room for.

    >>> short_number(3.0), short_number(0.1 + 0.2), short_number(-1e-7)
    ('3', '0.3', '-1e-07')
    """
    return f"{x:.6g}"


def number_beside(x: float) -> str:
    """A number as it stands beside a sign: a negative one in brackets.

    >>> number_beside(3.0), number_beside(-2.5), number_beside(-0.0)
    ('3', '(-2.5)', '(-0)')
    """
    return _bracketed(short_number(x))


def made_by(op: Op, operands: Sequence[str]) -> str:
    """How a node is made of its operands.

    Args:
        op: the node's row.
        operands: their names, in order.

    Example:
        >>> from autograd import ops
        >>> made_by(ops.SIN, ["x"]), made_by(ops.ADD, ["a", "b"]), made_by(ops.power(2.0), ["x"])
        ('sin(x)', 'a + b', 'x ** 2')
        >>> made_by(ops.power(2.0), ["yhat - y"]), made_by(ops.SUB, ["a", "-1"])
        ('(yhat - y) ** 2', 'a - (-1)')
    """
    if op is LEAF:
        return "leaf"
    if not operands:
        return "constant"
    if op.name in _BETWEEN and len(operands) == 2:
        return f" {op.name} ".join(map(_bracketed, operands))
    if op.name.removeprefix("_") == "power":
        return f"{_bracketed(operands[0])} ** {_bracketed(short_number(op.params[0]))}"
    if op.name == "neg":
        return f"-{_bracketed(operands[0])}"
    parameters = [f"{short_number(x)}" for x in op.params]
    return f"{op.name.removeprefix('_')}({', '.join([*operands, *parameters])})"


def _bracketed(operand: str) -> str:
    """An operand that is one thing: a negative number and a label such as "yhat - y" stand in brackets."""
    return f"({operand})" if operand.startswith("-") or " " in operand else operand


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
