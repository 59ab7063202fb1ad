"""One forward and backward pass as a sequence of frozen records: what the stepper, pictures and tests all read.

A trace keeps flat arrays of numbers, filled as far as somebody has looked. Everything that is true after k records
is read off them, so it can't depend on how k was reached.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal, TypeAlias, overload

from ..engine import graph
from ..engine.op import Op, number
from ..engine.ops import LEAF
from ..engine.value import Value
from ..errors import GraphError, OperandError
from .formulas import in_one_line, made_by
from .names import Names, is_plain_number, number_beside, short_number

__all__ = ["Message", "Step", "Trace", "steps"]

_MOST = 6  # messages in one line
_LATEST = 200  # messages

Kind: TypeAlias = Literal["forward", "seed", "backward"]


@dataclass(frozen=True, slots=True)
class Message:
    """What a backward visit sends to one operand: upstream times local derivative.

    Args:
        target: the operand's name.
        operand: its place among the operands, from 0.
        upstream: d root / d (the node that sends).
        local: d (the node that sends) / d target.
        product: upstream times local, what is sent.
        before: the target's gradient without this message; None: this is the first.
        total: the target's gradient so far, this message included.
        waiting: how many contributions to the target are still to come.
        value: the number at the target.
        node: the target.
    """

    target: str
    operand: int
    upstream: float
    local: float
    product: float
    before: float | None
    total: float
    waiting: int
    value: float
    node: Any = field(compare=False, repr=False)

    @property
    def arithmetic(self) -> str:
        """upstream * local = product, in numbers."""
        return f"{number_beside(self.upstream)} * {number_beside(self.local)} = {short_number(self.product)}"

    def __str__(self) -> str:
        text = f"to {self.target}: {self.arithmetic}"
        if self.before is not None:
            text += f", sum {short_number(self.before)} + {number_beside(self.product)} = {short_number(self.total)}"
        return text + (f" ({self.waiting} more to come)" if self.waiting else " (complete)")


@dataclass(frozen=True, slots=True)
class Step:
    """One record: a node's forward value, the seed, or a node's backward visit.

    Args:
        index: its place in the trace, from 1.
        kind: "forward", "seed" or "backward".
        name: what the node is called.
        value: the number at the node.
        gradient: d root / d node, complete; None for a forward value.
        operands: the names of the node's operands, in order.
        numbers: the operands' values.
        messages: what a backward visit sends, in the order of sending; constants get nothing.
        op: the node's row.
        first_bad: the name of the node that made the first number that is not finite, and the index of that record, if
            this record holds such a number itself.
        node: the node.
    """

    index: int
    kind: Kind
    name: str
    value: float
    gradient: float | None
    operands: tuple[str, ...]
    numbers: tuple[float, ...]
    messages: tuple[Message, ...]
    op: Op = field(compare=False, repr=False)
    first_bad: tuple[str, int] | None
    node: Any = field(compare=False, repr=False)

    def __str__(self) -> str:
        """One sentence, and one line of numbers: the rule in words, what flows, and the sums so far."""
        if self.kind == "seed":
            sentence, numbers = self._seed()
        else:
            sentence, numbers = self._forward() if self.kind == "forward" else self._backward()
        if self.first_bad is not None:
            name, index = self.first_bad
            numbers += "\n  not finite: " + (
                f"the first such number was made at step {index}, by {name}"
                if index < self.index
                else f"{name} is the first node to make such a number"
            )
        return f"{sentence}\n  {numbers}"

    def _forward(self) -> tuple[str, str]:
        value = f"{self.name} = {short_number(self.value)}"
        if is_plain_number(self.node):
            return f"{self.name} is a plain number; no gradient flows to it.", self.name
        if self.op is LEAF:
            return f"{self.name} is a leaf; it gets a gradient.", value
        if not self.operands:
            return f"{self.name} is a constant; no gradient flows to it.", value
        computed = self._made_by([short_number(x) for x in self.numbers])
        numbers = f"{self.name} = {computed} = {short_number(self.value)}{self._stale()}"
        return f"Forward: {self.name} = {self._made_by(self.operands)}.", numbers

    def _stale(self) -> str:
        """A warning where an operand's number was changed after the node was computed."""
        try:
            now = self.op.forward(*self.numbers)
        except (ArithmeticError, ValueError):
            now = math.nan
        if now == self.value or (now != now and self.value != self.value):
            return ""
        return (
            f"\n  stale: the operands now give {short_number(now)}; data was changed after the forward pass, so "
            f"compute {self.name} again"
        )

    def _seed(self) -> tuple[str, str]:
        seed = short_number(self.gradient or 0.0)
        start = f"d{self.name}/d{self.name} = 1" if self.gradient == 1.0 else f"with the seed {seed}"
        return f"The backward pass starts at {self.name}: {start}.", f"gradient of {self.name} = {seed}"

    def _backward(self) -> tuple[str, str]:
        sentence = f"Backward through {self.name} = {self._made_by(self.operands)}: {self.op.because}."
        if self.op.kink and (0.0 in self.numbers or len(set(self.numbers)) < len(self.numbers)):
            sentence += f" ({self.op.kink})"
        if not self.messages:
            return sentence, "nothing is sent: its operands are constants"
        parts = [str(message) for message in self.messages[:_MOST]]
        if len(self.messages) > _MOST:
            parts.append(f"... and {len(self.messages) - _MOST} more")
        return sentence, "; ".join(parts)

    def _made_by(self, operands: Sequence[str]) -> str:
        return made_by(self.op, in_one_line(operands))


class Trace(Sequence[Step]):
    """The records of one forward and one backward pass, made when they are asked for.

    The graph's values are read once, when the trace is made; its gradients are neither read nor written.

    Args:
        root: where the backward pass starts, usually a loss.
        seed: the gradient that it starts from.

    Raises:
        OperandError: `root` is not a Value.
        GraphError: no operation made `root`, so there is nothing to step through.

    Example:
        >>> from autograd import Value
        >>> a, b = Value(2.0, "a"), Value(1.0, "b")
        >>> trace = Trace((a + b) * (b + 1))
        >>> len(trace), trace[7].name, [(m.target, m.product) for m in trace[7].messages]
        (10, 'v3', [('v1', 2.0), ('v2', 3.0)])
    """

    def __init__(self, root: Any, seed: float = 1.0) -> None:
        if not isinstance(root, Value):
            raise OperandError(f"a trace starts from a Value, got {type(root).__name__}")
        if not root.parents:
            raise GraphError(
                f"no operation made {graph.name_of(root)}, so there is nothing to step through; start from a result "
                "(under no_grad results keep no operands)"
            )
        self.root = root
        self.seed = number(seed)
        self.order = graph.topological_order(root)
        self.names = Names(self.order)
        self.place = {node: i for i, node in enumerate(self.order)}
        self.values = array("d", [node._data for node in self.order])
        self._visited = array("q", [i for i, node in enumerate(self.order) if node.parents][::-1])
        self._visit_of = {i: v for v, i in enumerate(self._visited)}
        self._edge = array("q", [0])  # of each visit made: where its messages start; and where they end
        self._target, self._operand = array("q"), array("q")
        self._local, self._total = array("d"), array("d")
        self._slot = self._slots()
        self._arrived = array("q", bytes(8 * len(self.order)))
        self._incoming = array("q", bytes(8 * self._slot[-1]))
        bad = next((k for k, x in enumerate((*self.values, self.seed)) if not isfinite(x)), None)
        # The record and the node's place of the first number that is not finite; the seed belongs to the last node.
        self._bad = None if bad is None else (bad, min(bad, len(self.order) - 1))

    def _slots(self) -> array[int]:
        """Where each node's list of incoming messages starts."""
        uses = [0] * len(self.order)
        place = self.place
        for i in self._visited:
            for parent in self.order[i].parents:
                if not graph.is_constant(parent):
                    uses[place[parent]] += 1
        slots, start = array("q"), 0
        for count in uses:
            slots.append(start)
            start += count
        slots.append(start)
        return slots

    # --- the records -------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.order) + 1 + len(self._visited)

    @overload
    def __getitem__(self, k: int) -> Step: ...
    @overload
    def __getitem__(self, k: slice) -> list[Step]: ...
    def __getitem__(self, k: int | slice) -> Step | list[Step]:
        if isinstance(k, slice):
            return [self[i] for i in range(*k.indices(len(self)))]
        if k < 0:
            k += len(self)
        if not 0 <= k < len(self):
            raise IndexError(f"there are {len(self)} records")
        forward = len(self.order)
        if k < forward:
            return self._step(k, "forward", k, None, ())
        if k == forward:
            return self._step(k, "seed", forward - 1, self.seed, ())
        visit = k - forward - 1
        self._extend(visit)
        i = self._visited[visit]
        upstream = self._complete(i)
        messages = tuple(self._message(e, upstream) for e in range(self._edge[visit], self._edge[visit + 1]))
        return self._step(k, "backward", i, upstream, messages)

    def _step(self, k: int, kind: Kind, i: int, gradient: float | None, messages: tuple[Message, ...]) -> Step:
        node = self.order[i]
        operands = tuple(self.names[p] for p in node.parents)
        numbers = tuple(self.values[self.place[p]] for p in node.parents)
        value = self.values[i]
        bad = None
        if self._bad is not None and self._bad[0] <= k:
            held = (value,) if kind == "forward" else (gradient or 0.0, *[m.total for m in messages])
            if not all(map(isfinite, held)):
                bad = (self.names[self.order[self._bad[1]]], self._bad[0] + 1)
        return Step(k + 1, kind, self.names[node], value, gradient, operands, numbers, messages, node._row, bad, node)

    def _message(self, e: int, upstream: float) -> Message:
        target = self._target[e]
        first = self._slot[target]
        nth = bisect_left(self._incoming, e, first, first + self._arrived[target]) - first
        waiting = self._slot[target + 1] - first - nth - 1
        node, local = self.order[target], self._local[e]
        before = self._total[self._incoming[first + nth - 1]] if nth else None
        name, operand, total = self.names[node], self._operand[e], self._total[e]
        value = self.values[target]
        return Message(name, operand, upstream, local, upstream * local, before, total, waiting, value, node)

    # --- what is true after k records ----------------------------------------------------------------------------

    def gradient(self, node: Any, k: int) -> float | None:
        """The node's gradient as it stands after `k` records; None: nothing has reached it yet."""
        i = self.place[node]
        if node is self.root:
            return self.seed if k > len(self.order) else None
        last = self._last(i, k)
        return None if last is None else self._total[last]

    def value(self, node: Any, k: int) -> float | None:
        """The node's value if the first `k` records have computed it."""
        i = self.place[node]
        return self.values[i] if i < k else None

    def waiting(self, node: Any, k: int) -> int:
        """How many contributions to the node's gradient are still to come after `k` records."""
        i = self.place[node]
        if node is self.root:
            return int(k <= len(self.order))
        return self._slot[i + 1] - self._slot[i] - self._count(i, k)

    def contributions(self, node: Any, k: int) -> list[tuple[Any, Message]]:
        """The messages that have reached the node in the first `k` records, each behind the node that sent it."""
        i = self.place[node]
        first = self._slot[i]
        found = []
        for e in self._incoming[first : first + self._count(i, k)]:
            visit = bisect_left(self._edge, e + 1) - 1
            sender = self._visited[visit]
            found.append((self.order[sender], self._message(e, self._complete(sender))))
        return found

    def complete_at(self, node: Any) -> int | None:
        """After how many records the node's gradient is complete; None: a constant, which gets none."""
        i = self.place[node]
        if node is self.root:
            return len(self.order) + 1
        if graph.is_constant(node):
            return None
        first, last = self._slot[i], self._slot[i + 1]
        while self._arrived[i] < last - first:
            self._extend(len(self._edge) - 1)
        visit = bisect_left(self._edge, self._incoming[last - 1] + 1) - 1
        return len(self.order) + 1 + visit + 1

    def visited_at(self, node: Any) -> int | None:
        """After how many records the node's backward visit is done; None: it has no operands to visit."""
        visit = self._visit_of.get(self.place[node])
        return None if visit is None else len(self.order) + 2 + visit

    def outline(self, k: int) -> tuple[Kind, Any]:
        """The kind and the node of record `k` (from 0), without computing it."""
        forward = len(self.order)
        if k <= forward:
            return ("forward", self.order[k]) if k < forward else ("seed", self.root)
        return "backward", self.order[self._visited[k - forward - 1]]

    def under_way(self, k: int, limit: int) -> list[Any]:
        """Up to `limit` nodes that one of the latest messages before `k` has reached and that wait for more."""
        self._count(0, k)
        visits = max(0, min(k - len(self.order) - 1, len(self._visited)))
        end = self._edge[visits]
        latest = dict.fromkeys(self.order[self._target[e]] for e in range(end - 1, max(end - _LATEST, 0) - 1, -1))
        return [node for node in latest if self.waiting(node, k)][:limit][::-1]

    # --- the sweep -------------------------------------------------------------------------------------------------

    def _count(self, i: int, k: int) -> int:
        visits = k - len(self.order) - 1
        if visits <= 0:
            return 0
        self._extend(min(visits, len(self._visited)) - 1)
        first = self._slot[i]
        end = self._edge[min(visits, len(self._visited))]
        return bisect_left(self._incoming, end, first, first + self._arrived[i]) - first

    def _last(self, i: int, k: int) -> int | None:
        count = self._count(i, k)
        return self._incoming[self._slot[i] + count - 1] if count else None

    def _complete(self, i: int) -> float:
        """The gradient of a node whose contributions have all arrived."""
        if self.order[i] is self.root:
            return self.seed
        return self._total[self._incoming[self._slot[i + 1] - 1]]

    def _extend(self, visit: int) -> None:
        """Send the messages of every visit up to and including `visit`."""
        while len(self._edge) - 1 <= visit:
            i = self._visited[len(self._edge) - 1]
            node, upstream = self.order[i], self._complete(i)
            parents, partials = node.parents, self._partials(i)
            for operand in graph.sending_order(node):
                parent, local = parents[operand], partials[operand]
                if graph.is_constant(parent):
                    continue
                target, e = self.place[parent], len(self._target)
                slot = self._slot[target] + self._arrived[target]
                before = self._total[self._incoming[slot - 1]] if self._arrived[target] else 0.0
                total = before + upstream * local
                self._incoming[slot] = e
                self._arrived[target] += 1
                self._target.append(target)
                self._operand.append(operand)
                self._local.append(local)
                self._total.append(total)
                if self._bad is None and not isfinite(total):
                    self._bad = (len(self.order) + len(self._edge), i)
            self._edge.append(len(self._target))

    def _partials(self, i: int) -> tuple[float, ...]:
        """The local derivatives at the values that the trace has read."""
        node = self.order[i]
        inputs = [self.values[self.place[p]] for p in node.parents]
        return graph.partials_at(node, self.values[i], inputs)


def steps(root: Any, seed: float = 1.0) -> Iterator[Step]:
    """Yield the records of one forward and one backward pass.

    First every node's forward value, operands before what is made of them; then the seed; then the backward visit of
    every node that an operation made, with each message that it sends.

    Args:
        root: where the backward pass starts, usually a loss.
        seed: the gradient that it starts from.

    Raises:
        OperandError, GraphError: as :class:`Trace`.
        AutogradError: while iterating, at a node whose rule has no derivative there.

    Example:
        >>> from autograd import Value
        >>> x = Value(3.0, "x")
        >>> for step in steps(x * x):
        ...     print(step.index, step.kind, step.name, [(m.product, m.total, m.waiting) for m in step.messages])
        1 forward x []
        2 forward v1 []
        3 seed v1 []
        4 backward v1 [(3.0, 3.0, 1), (3.0, 6.0, 0)]
    """
    return iter(Trace(root, seed))
