"""Why a factor is what it is: the local derivative as a formula, the rule's own sentence, how a node is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..engine import graph
from ..engine.ops import LEAF
from ..errors import AutogradError
from ..naming import Names, is_plain_number, made_by, short_number
from ..slips.wording import local_derivative_text
from .chains import is_name
from .writing import TEXT, Style

__all__ = ["definition", "formula", "kinks"]

_MOST = 6  # operands that are written out
_SEEN = 64  # nodes of a formula that are looked at


def formula(node: Any, place: int, names: Names) -> str:
    """The derivative of a node by one operand over names; empty where it is a number or too long to write.

    Example:
        >>> from autograd import Value
        >>> from autograd.engine.graph import topological_order
        >>> x, y = Value(3.0, "x"), Value(2.0, "y")
        >>> z = x * y
        >>> formula(z, 0, Names(topological_order(z)))
        'y'
    """
    try:
        partial = graph.local_partials(node, create_graph=True)[place]
    except AutogradError:
        return ""
    if not getattr(type(partial), "op_level", 0) or not _legible(partial, names):
        return ""
    head = local_derivative_text(node, place, whole=False)
    text = local_derivative_text(node, place)[len(head) + 3 :]
    number = short_number(float(graph.local_partials(node)[place]))
    return "" if text in (number, f"{number} here") else text


def _legible(partial: Any, names: Names) -> bool:
    """Whether every node in the formula has a name of its own, which stands in no need of brackets."""
    stack, seen = [partial], 0
    while stack and seen < _SEEN:
        node = stack.pop()
        seen += 1
        if not node.label and (node.parents or is_plain_number(node)):
            stack += node.parents
        elif not is_name(node.label) or names.get(node, node.label) != node.label:
            return False
    return not stack


def definition(node: Any, names: Names, style: Style = TEXT) -> str:
    """How a node is made of its operands.

    Example:
        >>> from autograd import Value
        >>> from autograd.engine.graph import topological_order
        >>> x = Value(3.0, "x")
        >>> y = 2 * x
        >>> definition(y, Names(topological_order(y)))
        'v1 = 2 * x'
    """
    name = style.name(names[node])
    if not node.parents:
        return f"{name} = {short_number(node._data)} ({'an input' if node._op is LEAF else 'a constant'})"
    shown: list[Any] = list(node.parents)
    if len(shown) > _MOST:
        shown[_MOST // 2 : 1 - _MOST // 2] = [None]
    operands = [style.dots if p is None else style.name(names[p]) for p in shown]
    return f"{name} = {made_by(node._op, operands)}"


def kinks(nodes: Iterable[Any]) -> list[str]:
    """What the operations among the nodes take for a derivative where they have none."""
    found = {f"{node._op.name}: {node._op.kink}": None for node in nodes if node._op.kink}
    return list(found)
