"""A node of many operands taken apart: a dot into its products and their sum, a sum or a mean into its running sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from ..engine.copying import restore
from ..engine.graph import local_partials
from ..engine.op import Op
from ..engine.ops import ADD, DIV, DOT, LEAF, MEAN, MUL, SUM
from ..engine.value import Value, literal

__all__ = ["Opened", "can_open", "opened"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A small graph of its own that computes what a node computes.

    Args:
        steps: its nodes in topological order; the last stands for the node itself.
        names: what they are called.
        place: of each of its inputs, which of the node's operands it stands for.
    """

    steps: tuple[Value, ...]
    names: tuple[str, ...]
    place: dict[Value, int]


def can_open(node: Value) -> bool:
    """Whether there is something to see inside the node.

    >>> from autograd import dot, tanh
    >>> x = Value(2.0)
    >>> can_open(dot([x], [3.0], 1.0)), can_open(tanh(x))
    (True, False)
    """
    return node._op is DOT or (node._op in (SUM, MEAN) and len(node.parents) > 1)


def opened(node: Value, names: Sequence[str], numbers: Sequence[float], out: float, gradient: float | None) -> Opened:
    """Take a node apart.

    Args:
        node: a dot, a sum or a mean.
        names: what its operands are called.
        numbers: their values.
        out: the node's own value.
        gradient: d root / d node; None: not computed.

    Returns:
        The graph inside, with the gradients that the node's gradient gives.

    Example:
        >>> from autograd import dot
        >>> z = dot([Value(2.0), Value(3.0)], [5.0, 7.0], Value(1.0))
        >>> inside = opened(z, ["w1", "w2", "5", "7", "b"], [2.0, 3.0, 5.0, 7.0, 1.0], 32.0, 0.5)
        >>> [(name, step.data, step.grad) for name, step in zip(inside.names, inside.steps)]
        [('w1*5', 10.0, 0.5), ('w2*7', 21.0, 0.5), ('w1*5 + w2*7', 31.0, 0.5), ('', 32.0, 0.5)]
    """
    operands = [restore(x, name, LEAF, (), None) for x, name in zip(numbers, names, strict=True)]
    steps = _of_dot(operands) if node._op is DOT else _running_sums(operands)
    if node._op is MEAN:
        steps.append(("", _made(DIV, steps[-1][1], literal(float(len(operands))))))
    made = tuple([step for _, step in steps])
    made[-1]._data, made[-1]._grad = out, gradient
    if gradient is not None:
        inside = set(made)
        for step in reversed(made):  # each is used once, by a later one
            for parent, partial in zip(step.parents, local_partials(step), strict=True):
                if parent in inside:
                    parent._grad = step._grad * partial
    return Opened(made, (*[name for name, _ in steps[:-1]], ""), {p: k for k, p in enumerate(operands)})


def _of_dot(operands: list[Value]) -> list[tuple[str, Value]]:
    n, biased = divmod(len(operands), 2)
    pairs = zip(operands[:n], operands[n : 2 * n], strict=True)
    steps = [(f"{w._label}*{x._label}", _made(MUL, w, x)) for w, x in pairs]
    if n > 1:
        between = " + " if n == 2 else " + ... + "
        steps.append((steps[0][0] + between + steps[-1][0], _made(SUM, *[product for _, product in steps])))
    if biased:
        steps.append(("", _made(ADD, steps[-1][1], operands[-1])))
    return steps


def _running_sums(operands: list[Value]) -> list[tuple[str, Value]]:
    sums = list(accumulate(operands, lambda total, x: _made(ADD, total, x)))
    return [
        (f"{operands[0]._label} + {'' if k == 1 else '... + '}{operands[k]._label}", sums[k])
        for k in range(1, len(operands))
    ]


def _made(op: Op, *parents: Value) -> Value:
    made: Value = restore(op.forward(*[p._data for p in parents]), "", op, parents, None)
    return made
