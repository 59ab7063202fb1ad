"""One forward and backward pass as a sequence of frozen records: what the stepper, pictures and tests all read.

A trace keeps flat arrays of numbers, filled as far as somebody has looked. Everything that is true after k records
is read off them, so it can't depend on how k was reached.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from math import isfinite
from typing import Any, Literal, TypeAlias, overload

from ..engine import graph
from ..engine.messages import name_of
from ..engine.op import Op, number
from ..engine.ops import LEAF
from ..engine.value import Value
from ..errors import GraphError, OperandError
from .formulas import in_one_line, made_by
from .grouping import Grouping
from .names import Names, is_plain_number, number_beside, short_number
from .paths import recomputed

__all__ = ["Message", "Step", "Trace"]

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
        told = {"forward": self._forward, "seed": self._seed, "backward": self._backward}
        sentence, numbers = told[self.kind]()
        if self.first_bad is not None:
            name, index = self.first_bad
            numbers += "\n  not finite: " + (
                f"the first such number was made at step {index}, by {name}"
                if index < self.index
                else f"{name} is the first node to make such a number"
            )
        return f"{sentence}\n  {numbers}"

    def _forward(self) -> tuple[str, str]:
        number = short_number(self.value)
        if is_plain_number(self.node):
            return f"{self.name} is a plain number; no gradient flows to it.", self.name
        if not self.operands:
            kind = "a leaf; it gets a gradient" if self.op is LEAF else "a constant; no gradient flows to it"
            return f"{self.name} is {kind}.", f"{self.name} = {number}"
        numbers = f"{self.name} = {self._made_by([short_number(x) for x in self.numbers])} = {number}"
        if (now := recomputed(self.op, self.numbers, self.value)) is not None:
            numbers += (
                f"\n  stale: the operands now give {short_number(now)}; data was changed after the forward pass, so "
                f"compute {self.name} again"
            )
        return f"Forward: {self._rule()}.", numbers

    def _seed(self) -> tuple[str, str]:
        seed = short_number(self.gradient or 0.0)
        start = f"d{self.name}/d{self.name} = 1" if self.gradient == 1.0 else f"with the seed {seed}"
        return f"The backward pass starts at {self.name}: {start}.", f"gradient of {self.name} = {seed}"

    def _backward(self) -> tuple[str, str]:
        sentence = f"Backward through {self._rule()}: {self.op.because}."
        if self.op.kink and (0.0 in self.numbers or len(set(self.numbers)) < len(self.numbers)):
            sentence += f" ({self.op.kink})"
        if not self.messages:
            return sentence, "nothing is sent: its operands are constants"
        parts = [str(message) for message in self.messages[:_MOST]]
        if len(self.messages) > _MOST:
            parts.append(f"... and {len(self.messages) - _MOST} more")
        return sentence, "; ".join(parts)

    def _rule(self) -> str:
        """The node's name and how it is made; one of them where the name says it, as yhat - y."""
        made = self._made_by(self.operands)
        return made if made == self.name else f"{self.name} = {made}"

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
                f"no operation made {name_of(root)}, so there is nothing to step through; start from a result "
                "(under no_grad results keep no operands)"
            )
        self.root = root
        self.seed = number(seed)
        self.names = Names(graph.topological_order(root))
        self.order = list(self.names)
        self.place = {node: i for i, node in enumerate(self.order)}
        self.values = array("d", [node._data for node in self.order])
        # The leaves come first, and all others are visited in the backward pass, from the last one back.
        self._leaves = next(i for i, node in enumerate(self.order) if node.parents)
        self._expected = array("q", bytes(8 * len(self.order)))  # of each node: how many messages are sent to it
        for node in self.order[self._leaves :]:
            for parent in node.parents:
                self._expected[self.place[parent]] += 1
        for i, leaf in enumerate(self.order[: self._leaves]):
            if graph.is_constant(leaf):
                self._expected[i] = 0
        self._expected[-1] = 1
        # Of each message sent so far; the first is the seed, which the root gets.
        self._target, self._operand = array("q", [len(self.order) - 1]), array("q", [0])
        self._local, self._total = array("d", [1.0]), array("d", [self.seed])
        self._ends = array("q", [0, 1])  # after each number of records that send: how many messages have been sent
        self._received: list[Any] = [()] * len(self.order)  # of each node: the messages that have reached it
        self._received[-1] = [0]
        bad = next((k for k, x in enumerate(chain(self.values, [self.seed])) if not isfinite(x)), None)
        # The record and the node's place of the first number that is not finite; the seed belongs to the last node.
        self._bad = None if bad is None else (bad, min(bad, len(self.order) - 1))

    @cached_property
    def grouping(self) -> Grouping:
        """The neurons and layers of the graph."""
        return Grouping(self.order)

    # --- the records -------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return 2 * len(self.order) + 1 - self._leaves

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
        kind, node = self.outline(k)
        i, gradient, messages = self.place[node], None, tuple[Message, ...]()
        if kind == "seed":
            gradient = self.seed
        elif kind == "backward":
            sent = k - len(self.order)
            self._send(sent + 1)
            gradient = upstream = self._complete(i)
            messages = tuple(self._message(m, upstream) for m in range(self._ends[sent], self._ends[sent + 1]))
        operands = tuple(self.names[p] for p in node.parents)
        numbers = tuple(self.values[self.place[p]] for p in node.parents)
        value = self.values[i]
        bad = None
        if self._bad is not None and self._bad[0] <= k:
            held = (value,) if gradient is None else (gradient, *[m.total for m in messages])
            if not all(map(isfinite, held)):
                bad = (self.names[self.order[self._bad[1]]], self._bad[0] + 1)
        return Step(k + 1, kind, self.names[node], value, gradient, operands, numbers, messages, node._row, bad, node)

    def _message(self, m: int, upstream: float) -> Message:
        i = self._target[m]
        received, node = self._received[i], self.order[i]
        nth = bisect_left(received, m)
        local = self._local[m]
        return Message(
            target=self.names[node],
            operand=self._operand[m],
            upstream=upstream,
            local=local,
            product=upstream * local,
            before=self._total[received[nth - 1]] if nth else None,
            total=self._total[m],
            waiting=self._expected[i] - nth - 1,
            value=self.values[i],
            node=node,
        )

    # --- what is true after k records ----------------------------------------------------------------------------

    def gradient(self, node: Any, k: int) -> float | None:
        """The node's gradient as it stands after `k` records; None: nothing has reached it yet."""
        count = self._arrived(node, k)
        return self._total[self._received[self.place[node]][count - 1]] if count else None

    def value(self, node: Any, k: int) -> float | None:
        """The node's value if the first `k` records have computed it."""
        i = self.place[node]
        return self.values[i] if i < k else None

    def waiting(self, node: Any, k: int) -> int:
        """How many contributions to the node's gradient are still to come after `k` records."""
        return self._expected[self.place[node]] - self._arrived(node, k)

    def contributions(self, node: Any, k: int) -> list[tuple[Any, Message]]:
        """The messages that have reached the node in the first `k` records, each behind the node that sent it."""
        found = []
        for m in self._received[self.place[node]][: self._arrived(node, k)]:
            if m:  # it is not the seed
                sender = len(self.order) + 1 - bisect_left(self._ends, m + 1)
                found.append((self.order[sender], self._message(m, self._complete(sender))))
        return found

    def complete_at(self, node: Any) -> int | None:
        """After how many records the node's gradient is complete; None: a constant, which gets none."""
        i = self.place[node]
        if not self._expected[i]:
            return None
        while len(self._received[i]) < self._expected[i]:
            self._send(len(self._ends))
        return len(self.order) + bisect_left(self._ends, self._received[i][-1] + 1)

    def visited_at(self, node: Any) -> int | None:
        """After how many records the node's backward visit is done; None: it has no operands to visit."""
        return 2 * len(self.order) + 1 - self.place[node] if node.parents else None

    def outline(self, k: int) -> tuple[Kind, Any]:
        """The kind and the node of record `k` (from 0), without computing it."""
        forward = len(self.order)
        if k <= forward:
            return ("forward", self.order[k]) if k < forward else ("seed", self.root)
        return "backward", self.order[2 * forward - k]

    def announced(self, k: int) -> str:
        """What record `k` (from 0) is to be, in words: "the value of v1"; so it can be told before it happens."""
        kind, node = self.outline(k)
        what = {"forward": "the value of", "seed": "the seed, at", "backward": "the backward visit of"}[kind]
        return f"{what} {self.names[node]}"

    def under_way(self, k: int, limit: int) -> list[Any]:
        """Up to `limit` nodes that one of the latest messages before `k` has reached and that wait for more."""
        end = self._sent(k)
        latest = dict.fromkeys(self.order[i] for i in reversed(self._target[max(end - _LATEST, 0) : end]))
        return [node for node in latest if self.waiting(node, k)][:limit][::-1]

    # --- the sweep -------------------------------------------------------------------------------------------------

    def _sent(self, k: int) -> int:
        """How many messages the first `k` records send; they have then been sent."""
        records = max(0, min(k, len(self)) - len(self.order))
        self._send(records)
        return self._ends[records]

    def _arrived(self, node: Any, k: int) -> int:
        """How many messages have reached the node in the first `k` records."""
        sent = self._sent(k)
        return bisect_left(self._received[self.place[node]], sent)

    def _complete(self, i: int) -> float:
        """The gradient of a node whose contributions have all arrived."""
        total: float = self._total[self._received[i][-1]]
        return total

    def _send(self, records: int) -> None:
        """Send the messages of the first so many records that send any, as far as they have not been sent."""
        while len(self._ends) <= records:
            i = len(self.order) + 1 - len(self._ends)
            node, parents, upstream = self.order[i], self.order[i].parents, self._complete(i)
            # The local derivatives at the values that the trace has read.
            partials = graph.partials_at(node, self.values[i], [self.values[self.place[p]] for p in parents])
            for operand in graph.sending_order(node):
                parent, local = parents[operand], partials[operand]
                if graph.is_constant(parent):
                    continue
                target, message = self.place[parent], len(self._target)
                received = self._received[target]
                total = (self._total[received[-1]] if received else 0.0) + upstream * local
                if received:
                    received.append(message)
                else:
                    self._received[target] = [message]
                self._target.append(target)
                self._operand.append(operand)
                self._local.append(local)
                self._total.append(total)
                if self._bad is None and not isfinite(total):
                    self._bad = (len(self.order) + len(self._ends) - 1, i)
            self._ends.append(len(self._target))
