"""What in a graph has the form of a weighted sum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..engine.graph import is_constant
from ..engine.ops import ADD, CONSTANT, DOT, LEAF, LITERAL, MUL, SUM

__all__ = ["Sums", "Terms", "named_weight", "only_operand"]

_TERM, _WEIGHTED, _BIASED, _INSIDE, _ACTIVATED = 1, 2, 4, 8, 16


class Terms(NamedTuple):
    weights: tuple[Any, ...]
    inputs: Sequence[Any]
    bias: Any  # a trainable leaf, or None
    inner: Sequence[Any]  # the nodes below the sum that are written out
    dotted: bool


class Sums:
    """What has the form of a weighted sum: w x, a dot of weights and inputs, and sums of these with one bias.

    `state` holds for each node: whether it can be a term of such a sum; whether weights and a bias are in it; whether
    it is a term of a larger one, and so no z itself; and whether its one consumer is an activation.
    """

    def __init__(self, order: Sequence[Any], place: dict[Any, int]) -> None:
        self._order, self._place = order, place
        self.uses = bytearray(len(order))  # 2 stands for several
        self._state = bytearray(len(order))
        self._sides: dict[int, bool] = {}
        self._count_uses()
        for i, node in enumerate(order):
            op = node._op
            if op is MUL:
                self._state[i] |= _TERM | _WEIGHTED if _product(node) else 0
            elif op is ADD:
                if not _side_by_side(node._a, node._b):
                    self._state[i] |= self._joined((node._a, node._b))
            elif op is DOT:
                if self._weights_first(node) is not None:
                    self._state[i] |= _TERM | _WEIGHTED | (_BIASED if len(node._a) > len(node._b) else 0)
            elif op is SUM:
                if not any(p._op is DOT for p in node._a):  # that is a sum over neurons or samples
                    self._state[i] |= self._joined(node._a)
            elif op is LEAF:
                self._state[i] = _TERM | _BIASED
            elif op is LITERAL:
                self._state[i] = _TERM | _BIASED if node._data else _TERM  # 0 is where Python's sum starts

    def _count_uses(self) -> None:
        place, uses, state = self._place, self.uses, self._state
        several = (1, 2, 2)
        seen: set[int] = set()
        for node in self._order:
            a, b = node._a, node._b
            if a is None:
                continue
            if type(a) is not tuple:
                uses[place[a]] = several[uses[place[a]]]
                if b is not None:
                    uses[place[b]] = several[uses[place[b]]]
            elif b is None:
                for p in a:
                    uses[place[p]] = several[uses[place[p]]]
            else:
                for group in (a, b):  # neurons share them; nothing goes on behind an operand of a dot
                    if id(group) not in seen:
                        seen.add(id(group))
                        for p in group:
                            uses[place[p]] = 2
            if node._op.activation and (below := only_operand(node)) is not None:
                state[place[below]] |= _ACTIVATED
        for i, count in enumerate(uses):
            if count != 1:
                state[i] = 0

    def _joined(self, operands: Sequence[Any]) -> int:
        """The state of a sum of these: 0 if one can't be a term, or there are two biases."""
        place, state, uses = self._place, self._state, self.uses
        joined = _TERM
        for p in operands:
            i = place[p]
            flags = state[i]
            if not flags & _TERM or (p._a is not None and uses[i] != 1) or joined & flags & _BIASED:
                return 0
            joined |= flags & (_WEIGHTED | _BIASED)
        for p in operands:
            if p._a is not None:
                state[place[p]] |= _INSIDE
        return joined

    def _weights_first(self, node: Any) -> bool | None:
        """Whether the first side of a dot holds the weights, or else the second; None: neither does."""
        left, right = self._trainable(node._a, len(node._b)), self._trainable(node._b, len(node._b))
        if left and right:
            return named_weight(node._a[0]) or not named_weight(node._b[0])
        return left if left or right else None

    def _trainable(self, side: tuple[Any, ...], n: int) -> bool:
        """Whether the first `n` are all leaves, and not all constants."""
        found = self._sides.get(id(side))
        if found is None:
            ops = {p._op for p in side[:n]}
            found = self._sides[id(side)] = LEAF in ops and ops <= {LEAF, CONSTANT, LITERAL}
        return found

    def complete(self, i: int) -> bool:
        """Whether a weighted sum stands at place `i` that is no term of a larger one."""
        return self._state[i] & (_WEIGHTED | _INSIDE) == _WEIGHTED

    def activated(self, i: int) -> bool:
        """Whether the one consumer of the node at place `i` is an activation."""
        return bool(self._state[i] & _ACTIVATED)

    def terms(self, i: int) -> Terms:
        """The weights, inputs and bias of the weighted sum at place `i`."""
        weights: list[Any] = []
        inputs: list[Any] = []
        inner: list[Any] = []
        bias, dotted = None, False
        stack = [self._order[i]]
        while stack:
            node = stack.pop()
            if node._op is LEAF:
                bias = node
            elif node._op is not LITERAL:
                inner.append(node)
                if node._op is MUL:
                    w, x = _product(node) or node.parents
                    weights.append(w)
                    inputs.append(x)
                elif node._op is DOT:
                    n, first, dotted = len(node._b), self._weights_first(node), True
                    weights += node._a[:n] if first else node._b
                    inputs += node._b if first else node._a[:n]
                    stack += [p for p in node._a[n:] if p._op is LEAF]
                else:
                    stack += reversed(node.parents)
        if len(inner) > 1 and any(x is bias for x in inputs):
            bias = None  # x itself is added on: a connection that skips the layer
        return Terms(tuple(weights), inputs, bias, inner[1:], dotted)


def _product(node: Any) -> tuple[Any, Any] | None:
    """The weight and the input of a product; None: it has no weight.

    A plain number is an input only behind its weight: 2*x is twice x.
    """
    a, b = node._a, node._b
    if a._op is LEAF and b._op is LEAF:
        if a is b:
            return None
        return (b, a) if named_weight(b) and not named_weight(a) else (a, b)
    if a._op is LEAF:
        return a, b
    return (b, a) if b._op is LEAF and a._op is not LITERAL else None


def _side_by_side(first: Any, second: Any) -> bool:
    """Whether these are two neurons of a layer, or one on two samples, rather than two parts of one sum."""
    return first._op is DOT and second._op is DOT and not set(first.parents).isdisjoint(second.parents)


def named_weight(node: Any) -> bool:
    """Whether its label says that it is a weight: what else tells w from x where both can be trained?"""
    return node._label[:1] in ("w", "W")


def only_operand(node: Any) -> Any:
    """The operand, if all others are constants; else None."""
    others = [p for p in node.parents if not is_constant(p)]
    return others[0] if len(others) == 1 else None
