"""What a program found in its graph, in words and formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..grouping import Grouping
from .steps import BatchStep, GridStep, LoopStep, Step

__all__ = ["described"]


def described(steps: Sequence[Step], grouping: Grouping) -> Iterator[str]:
    """One line for each step.

    Args:
        steps: of the program.
        grouping: the neurons and layers of its graph.
    """
    for k, step in enumerate(steps, 1):
        if isinstance(step, GridStep):
            part = grouping.of(step.nodes[0])
            name, i = (f"layer {part.layer}", part.layer) if part is not None else (f"product {k}", k)
            bias = f" + b{i}" if step.has_bias else ""
            yield f"{name}: Z{i} = W{i} X{bias}, {step.shapes}"
        elif isinstance(step, BatchStep):
            part = grouping.of(step.nodes[0])
            where = f"layer {part.layer}: " if part is not None else ""
            yield f"{where}{step.op.name} of {len(step.nodes):,} nodes at once"
        elif isinstance(step, LoopStep):
            yield f"{step.size:,} node{'s' * (step.size != 1)} one by one"
