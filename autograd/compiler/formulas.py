"""What steps compute and send back, as formulas over their operands, from which both emitters write.

A matrix product is no formula of its elements; each emitter writes it in its own way.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import kept
from .steps import Alike, Inner, Reduction, Rows, Window
from .symbols import Stacked, Trace, forward, messages, stack_of, weighted

__all__ = ["ByFormula", "operands", "sent", "value"]

ByFormula = Inner[Window] | Rows[Window] | Reduction[Window] | Alike[Window]

_forward = kept(forward)


def operands(step: ByFormula) -> dict[str, Window | float]:
    """The operands of a step by their names in its formulas."""
    if isinstance(step, Alike):
        return {f"x{i}": x for i, x in enumerate(step.operands)}
    if isinstance(step, Reduction):
        return {"X": step.operands} if step.apart is None else {"x0": step.apart, "X": step.operands}
    found: dict[str, Window | float] = {"w": step.weights, "x": step.inputs}
    return found if step.bias is None else found | {"b": step.bias}


def value(step: Alike[Window] | Reduction[Window]) -> Any:
    """The formula that a step computes.

    Raises:
        ArgumentError: the array form of a user's row can only be called.
    """
    if isinstance(step, Alike):
        return _forward(step.op, len(step.operands))
    return _stack(step).forward


def sent(step: ByFormula) -> list[tuple[str, Any]]:
    """The messages of a step: to which operand, and a formula over dy, y and the operands.

    Raises:
        ArgumentError: the rule of a user's row can only be called.
    """
    if isinstance(step, Alike):
        return [(f"x{i}", message) for i, message in enumerate(messages(step.op, len(step.operands)))]
    if isinstance(step, Reduction):
        stack = _stack(step)
        trace = Trace() if isinstance(stack.partial, float) else stack.partial.trace
        dy = trace.array_input("dy")
        apart = [] if stack.apart is None else [("x0", weighted(dy, stack.apart))]
        return [*apart, ("X", weighted(dy, stack.partial))]
    trace = Trace()
    dy, w, x = (trace.array_input(name, stacked=name != "dy") for name in ("dy", "w", "x"))
    if isinstance(step, Inner) and np.array_equal(step.weights.places, step.inputs.places):
        found = [("w", dy * 2.0 * x)]
    else:
        found = [("w", dy * x), ("x", dy * w)]
    return found if step.bias is None else [*found, ("b", dy)]


def _stack(step: Reduction[Window]) -> Stacked:
    found = stack_of(step.op, step.count)
    assert found is not None  # else the plan has no reduction
    return found
