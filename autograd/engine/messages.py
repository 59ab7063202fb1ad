"""What messages call a node, and what they say of a shared number and of a slope that is infinite or missing."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any, TypeAlias

from ..errors import ArgumentError, AutogradError, shown, translated, warn
from .notes import Note
from .op import Op, is_node, plain
from .ops import ADD, FLOOR, IDENTITY, LITERAL, SQRT, SUM


def name_of(node: Any) -> str:
    """How a message names a node: its label, else its operation."""
    node = behind(node)
    if node._label:
        return f"node {shown(node._label)}"
    if not node.parents:
        return f"the number {node._data!r}" if node._row is LITERAL else f"an unlabelled leaf ({node._data!r})"
    origin = _OriginNote.of(node)
    kind = f"node of {in_words(origin)[0]}" if origin else f"{node._row.public_name!r} node"
    return f"an unlabelled {kind} ({node._data!r})"


def behind(node: Any) -> Any:
    """The node that a derivative was taken by, where this is the derivative's own input; any other node itself."""
    while node._row is IDENTITY and not node._label:
        (node,) = node.parents
    return node


def warn_of_partial(node: Any, parent: Any, partial: Any, upstream: Any) -> None:
    """Say so where a slope is infinite or undefined although its operands are numbers, or where a step stops it."""
    op = node._row
    if op.singular and not isfinite(plain(partial)) and all(isfinite(p._data) for p in node.parents):
        what, where = _told(node, f"{_place(parent)}, operand of {name_of(node)}")
        hint = "; autograd.hypot has a slope at the origin" if op is SQRT and parent._row in (ADD, SUM) else ""
        warn(f"{what} has slope {plain(partial)!r} at {where}{hint}")
    elif op is FLOOR and plain(upstream) != 0.0:
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
    origin, op = _OriginNote.of(node), node._row
    return in_words(origin) if origin else (op.public_name, f"{place} ({op.kink})" if op.kink else place)


# Nodes that a rule makes of Values were written by nobody. A message names the operation that their derivative is of,
# and its operands (label and number).
_Origin: TypeAlias = tuple[Op, list[tuple[str, float]]]


class _OriginNote(Note):
    """On a node that a rule made: the operation whose derivative it belongs to."""

    __slots__ = ()


def origin_below(node: Any) -> _Origin:
    """The origin of what this node's rule makes."""
    return _OriginNote.of(node) or (node._row, [(behind(p)._label, p._data) for p in node.parents[:4]])


def note_origin(node: Any, partials: Iterable[Any]) -> None:
    """Note where the nodes come from that a node's rule has just made; those of a user's own rule are the user's."""
    known = {node, *node.parents}
    made = [p for p in partials if is_node(p) and p.parents and p not in known]
    if not made or node._row.user:
        return
    origin = origin_below(node)
    while made:
        inner = made.pop()
        if inner.parents and inner not in known:
            known.add(inner)
            _OriginNote.put(inner, origin)
            made += inner.parents


def in_words(origin: _Origin) -> tuple[str, str]:
    """Whose derivative it is, and where."""
    places = [f"{shown(label)} = {x!r}" if label else repr(x) for label, x in origin[1]]
    return f"a derivative of {origin[0].public_name}", ", ".join(places)


def refuse_shared(made: Any, what: str) -> None:
    """Raise if the node is a plain number, of which there is one for all graphs."""
    if made._row is LITERAL:
        raise ArgumentError(
            f"the number {made._data!r} is shared by every graph that uses it and cannot be {what}; use "
            "Value(..., constant=True) for an input of your own"
        )
