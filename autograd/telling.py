"""A record of a trace in words: one sentence, and one line of numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .engine.ops import LEAF
from .naming import is_plain_number, made_by, number_beside, short_number

if TYPE_CHECKING:
    from .records import Message, Step

__all__ = ["message_text", "told"]

_MOST = 6  # messages or operands in one line


def told(step: Step) -> str:
    """What happens at a record: the rule in words, what flows, and the sums so far.

    Example:
        >>> from autograd import Value, steps
        >>> print([*steps(Value(3.0, "a") * Value(2.0, "b"))][-1])
        Backward through v1 = a * b: a product passes to each factor the other factor.
          to a: 1 * 2 = 2 (complete); to b: 1 * 3 = 3 (complete)
    """
    sentence, numbers = (_forward, _seed, _backward)[("forward", "seed", "backward").index(step.kind)](step)
    if step.first_bad is not None:
        name, index = step.first_bad
        numbers += f"\n  not finite: {_culprit(step, name, index)}"
    return f"{sentence}\n  {numbers}"


def _culprit(step: Step, name: str, index: int) -> str:
    if index < step.index:
        return f"the first such number was made at step {index}, by {name}"
    return f"{name} is the first node to make such a number"


def _forward(step: Step) -> tuple[str, str]:
    value = f"{step.name} = {short_number(step.value)}"
    if is_plain_number(step.node):
        return f"{step.name} is a plain number; no gradient flows to it.", step.name
    if step.op is LEAF:
        return f"{step.name} is a leaf; it gets a gradient.", value
    if not step.operands:
        return f"{step.name} is a constant; no gradient flows to it.", value
    sentence = f"Forward: {step.name} = {_formula(step, step.operands)}."
    computed = _formula(step, tuple(map(short_number, step.numbers)))
    return sentence, f"{step.name} = {computed} = {short_number(step.value)}{_stale(step)}"


def _stale(step: Step) -> str:
    """A warning where an operand's number was changed after the node was computed."""
    try:
        now = step.op.forward(*step.numbers)
    except (ArithmeticError, ValueError):
        now = math.nan
    if now == step.value or (now != now and step.value != step.value):
        return ""
    return (
        f"\n  stale: the operands now give {short_number(now)}; data was changed after the forward pass, so compute "
        f"{step.name} again"
    )


def _seed(step: Step) -> tuple[str, str]:
    seed = short_number(step.gradient or 0.0)
    start = f"d{step.name}/d{step.name} = 1" if step.gradient == 1.0 else f"with the seed {seed}"
    return f"The backward pass starts at {step.name}: {start}.", f"gradient of {step.name} = {seed}"


def _backward(step: Step) -> tuple[str, str]:
    sentence = f"Backward through {step.name} = {_formula(step, step.operands)}: {step.op.because}."
    if step.op.kink and (0.0 in step.numbers or len(set(step.numbers)) < len(step.numbers)):
        sentence += f" ({step.op.kink})"
    if not step.messages:
        return sentence, "nothing is sent: its operands are constants"
    parts = [message_text(message) for message in step.messages[:_MOST]]
    if len(step.messages) > _MOST:
        parts.append(f"... and {len(step.messages) - _MOST} more")
    return sentence, "; ".join(parts)


def message_text(message: Message) -> str:
    """upstream * local = product, the sum so far and how much is still to come.

    Example:
        >>> from autograd import Value, steps
        >>> b = Value(1.0, "b")
        >>> [message_text(step.messages[0]) for step in steps((b + 2) * b) if step.messages]
        ['to v1: 1 * 1 = 1 (complete)', 'to b: 1 * 1 = 1, sum 3 + 1 = 4 (complete)']
    """
    m = message
    text = f"to {m.target}: {number_beside(m.upstream)} * {number_beside(m.local)} = {short_number(m.product)}"
    if m.before is not None:
        text += f", sum {short_number(m.before)} + {number_beside(m.product)} = {short_number(m.total)}"
    return text + (f" ({m.waiting} more to come)" if m.waiting else " (complete)")


def _formula(step: Step, operands: tuple[str, ...]) -> str:
    if len(operands) > _MOST:
        operands = (*operands[: _MOST // 2], "...", *operands[1 - _MOST // 2 :])
    return made_by(step.op, operands)
