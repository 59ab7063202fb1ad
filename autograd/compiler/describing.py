"""What a program found in its graph, in words and formulas: what each step computes, and what it sends back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..engine.op import Op
from ..engine.ops import LEAF
from ..reading.names import short_number
from .names import Names, place_of
from .passes.arrays import operands_of
from .passes.targets import wanted_places
from .planning.layout import Window
from .planning.plan import Alike, Inner, Plan, Product, Reduction, Rows, Single, Step
from .planning.tape import Numbers

__all__ = ["Description"]


class Description:
    """The steps of a plan in words and formulas.

    Args:
        plan: what is computed.
    """

    def __init__(self, plan: Plan) -> None:
        self.names = Names(plan)
        self._plan = plan
        leaves = np.zeros(plan.size, dtype=bool)
        leaves[[place for node, place in plan.leaves() if node._op is LEAF]] = True
        self._wanted = wanted_places(plan, leaves)
        self._messages = _messages(plan)

    def lines(self) -> Iterator[str]:
        """A line for each step in the order in which they are computed; below it, indented, its way back."""
        for level in self._plan.levels:
            for step in level:
                yield self.forward(step)
                back = self._back(step)
                if back:
                    yield f"  backward: {back}"

    def forward(self, step: Step) -> str:
        """What a step computes."""
        return self._layer(step) + self._told(step)

    def backward(self, step: Step) -> str:
        """What a step sends back: for a product or an activation its formulas, else what it computed."""
        return self._layer(step) + (self._back(step) or self._told(step))

    def _layer(self, step: Step) -> str:
        layer = self.names.of(step).layer
        return "" if layer is None else f"layer {layer}: "

    def _back(self, step: Step) -> str:
        """Where other steps send something to the same operand, there is += in place of =."""
        if isinstance(step, Product | Inner):
            return ", ".join(self._of_product(step))
        if isinstance(step, Alike | Reduction) and (product := self.names.activated(step)) is not None:
            tag = self.names.of(step).tag
            formula = f"dA{tag} * {step.op.name}'({self._arguments(step, product.out)})"
            return ", ".join(self._sent(step, product.out, f"dZ{tag}", formula))
        return ""

    def _of_product(self, step: Product | Inner) -> Iterator[str]:
        named = self.names.of(step)
        tag, x = named.tag, named.inputs
        if isinstance(step, Product):
            yield from self._sent(step, step.weights, f"dW{tag}", f"dZ{tag} {x}^T")
            yield from self._sent(step, step.inputs, f"d{x}", f"W{tag}^T dZ{tag}")
            several = step.out.shape[1] > 1
            total = f"sum of dZ{tag} over the batch" if several else f"dZ{tag}"
        else:
            yield from self._sent(step, step.weights, f"dw{tag}", f"dz{tag} {x}")
            yield from self._sent(step, step.inputs, f"d{x}", f"dz{tag} w{tag}")
            total = f"dz{tag}"
        if step.bias is not None:
            yield from self._sent(step, step.bias, f"db{tag}", total)

    def _sent(self, step: Step, to: Window, name: str, formula: str) -> Iterator[str]:
        """The formula of a message, if it is sent."""
        if self._wanted[to.places].any() and self._messages[step.out.places].any():
            yield f"{name} {'+=' if (self._messages[to.places] > 1).any() else '='} {formula}"

    def _told(self, step: Step) -> str:
        named = self.names.of(step)
        tag = named.tag
        if isinstance(step, Product):
            (rows, columns), terms = step.out.shape, step.inputs.shape[0]
            bias = step.bias is not None
            shapes = f"({rows}x{terms})({terms}x{columns})" + f"+({rows}x1)" * bias
            return f"Z{tag} = W{tag} {named.inputs}{f' + b{tag}' if bias else ''}, {shapes}"
        if isinstance(step, Inner):
            bias = step.bias is not None
            products = f"{step.weights.places.size:,} products"
            return f"z{tag} = w{tag}·{named.inputs}{f' + b{tag}' if bias else ''}, {products}"
        n = step.out.places.size
        if isinstance(step, Rows):
            return f"{n:,} dots of {step.inputs.shape[0]:,} products"
        if isinstance(step, Alike | Reduction) and (product := self.names.activated(step)) is not None:
            return f"A{tag} = {step.op.name}({self._arguments(step, product.out)}), {n:,} nodes at once"
        if isinstance(step, Reduction):
            return f"{_called(step.op)} of {step.count:,} nodes" + (f", {n:,} times" if n > 1 else "")
        if isinstance(step, Alike):
            return f"{_called(step.op)} of {n:,} nodes at once"
        return f"{n:,} node{'s' * (n != 1)} one by one"

    def _arguments(self, step: Alike | Reduction, z: Window) -> str:
        """The operands of an activation: Z, numbers, and dots for what is neither; then what its row is bound to."""
        at = place_of(z, step)
        operands = step.operands if isinstance(step, Alike) else list(step.operands.places.reshape(step.count, -1))
        named = f"Z{self.names.of(step).tag}"
        told = [named if i == at else self._plain(operand) for i, operand in enumerate(operands)]
        return ", ".join([*told, *map(short_number, step.op.params)])

    def _plain(self, operand: Window | Numbers | float) -> str:
        if isinstance(operand, float):
            return f"{operand:g}"
        if isinstance(operand, np.ndarray) and (operand == operand.flat[0]).all():
            number = self._plan.literals.get(int(operand.flat[0]))
            if number is not None:
                return f"{number:g}"
        return "..."


def _called(op: Op) -> str:
    """A row's name, with the numbers that it is bound to: power 2."""
    return " ".join([op.name.removeprefix("_"), *map(short_number, op.params)])


def _messages(plan: Plan) -> Numbers:
    """How many steps send something to each place, on the way back from the root."""
    count = np.zeros(plan.size, dtype=np.int64)
    count[plan.root] = 1
    for level in reversed(plan.levels):
        for step in level:
            if isinstance(step, Single):
                sent = count.tolist()
                for _, place, operands in reversed(list(step.nodes())):
                    if sent[place]:
                        for p in operands:
                            sent[p] += 1
                count[:] = sent
            elif count[step.out.places].any():
                for window in operands_of(step):
                    count[np.unique(window.places)] += 1
    return count
