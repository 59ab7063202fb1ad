"""The frozen records that a trace is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from .engine.op import Op
from .telling import told

__all__ = ["Kind", "Message", "Step"]

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
        return told(self)
