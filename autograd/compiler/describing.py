"""What a program found in its graph, in words and formulas."""

from __future__ import annotations

from collections.abc import Iterator

from ..grouping import Grouping
from .plan import Alike, Inner, Plan, Product, Reduction, Rows, Step

__all__ = ["described"]


def described(plan: Plan) -> Iterator[str]:
    """One line for each step, in the order in which they are computed."""
    grouping = Grouping(plan.nodes)
    k = 0
    for level in plan.levels:
        for step in level:
            k += 1
            part = grouping.of(plan.node_at(int(step.out.places.flat[0])))
            layer = part.layer if part is not None else None
            yield f"{'' if layer is None else f'layer {layer}: '}{_told(step, k, layer)}"


def _told(step: Step, k: int, layer: int | None) -> str:
    if isinstance(step, Product):
        (rows, columns), terms = step.out.shape, step.inputs.shape[0]
        bias = step.bias is not None
        i = layer or k
        shapes = f"({rows}x{terms})({terms}x{columns})" + f"+({rows}x1)" * bias
        return f"Z{i} = W{i} X{f' + b{i}' if bias else ''}, {shapes}"
    if isinstance(step, Inner):
        bias = step.bias is not None
        return f"z{k} = w{k}·x{k}{f' + b{k}' if bias else ''}, {step.weights.places.size:,} products"
    if isinstance(step, Rows):
        return f"{step.out.places.size:,} dots of {step.inputs.shape[0]:,} products"
    if isinstance(step, Reduction):
        n = step.out.places.size
        return f"{step.op.name} of {step.count:,} nodes" + (f", {n:,} times" if n > 1 else "")
    if isinstance(step, Alike):
        return f"{step.op.name} of {step.out.places.size:,} nodes at once"
    n = len(step.ops)
    return f"{n:,} node{'s' * (n != 1)} one by one"
