"""What the steps of a program and their numbers are called: layers by their number, as on paper, the rest by step.

The product of layer 2 is Z2 = W2 A1 + b2, its activation A2. A bare number is a layer's; where a layer has several
products, or a product belongs to none, the step's number stands behind an underscore: Z_5 = W_5 X_5.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from ..reading.grouping import Grouping, Part
from .planning.layout import Window
from .planning.plan import Alike, Inner, Plan, Product, Reduction, Single, Step
from .planning.tape import Numbers

__all__ = ["Named", "Names", "place_of"]


@dataclass(frozen=True)
class Named:
    """The names of one step.

    Args:
        number: the step's, from 1.
        layer: the layer that it belongs to.
        tag: what stands behind Z, W and b, or behind A where the step is an activation; "" where it has no such names.
        inputs: of a product, what it multiplies the weights with.
    """

    number: int
    layer: int | None
    tag: str = ""
    inputs: str = ""


class Names:
    """The names of every step.

    Args:
        plan: what is computed. Its graph is read for layers, which takes about as long as compiling it.
    """

    def __init__(self, plan: Plan) -> None:
        nodes = plan.nodes()
        grouping, located = Grouping(nodes), plan.located(nodes)
        steps = [step for level in plan.levels for step in level]
        parts = {step: grouping.of(located[step.out.start]) for step in steps}
        layers = {step: None if part is None else part.layer for step, part in parts.items()}
        for step in steps:
            if isinstance(step, Single):  # holds nodes of many layers
                found = {grouping.of(located[place]) for place in step.out.places.tolist()}
                several = len({None if part is None else part.layer for part in found}) > 1
                layers[step] = None if several else layers[step]
        count = Counter(layers[step] for step in steps if isinstance(step, Product | Inner))
        self.product: dict[int, Product | Inner] = {}  # by layer, where a layer has just one
        for step in steps:
            layer = layers[step]
            if isinstance(step, Product | Inner) and layer is not None and count[layer] == 1:
                self.product[layer] = step
        self.activation: dict[int, Alike | Reduction] = self._activations(parts)
        self._of: dict[Step, Named] = {}
        for k, step in enumerate(steps, 1):
            self._of[step] = self._named(k, step, layers[step])
        self._source = self._in_source()

    def activated(self, step: Alike | Reduction) -> Product | Inner | None:
        """The product that a step is the activation of."""
        layer = self._of[step].layer
        return self.product[layer] if layer is not None and self.activation.get(layer) is step else None

    def in_lines(self, lines: list[str]) -> list[str]:
        """Lines of the source with these names in them."""
        return [re.sub(r"[A-Za-z_]\w*", lambda word: self._source.get(word[0], word[0]), line) for line in lines]

    def _in_source(self) -> dict[str, str]:
        """What the names in the source, which count steps, become.

        A layer's product and its activation have matrices with capital letters. Where an activation is computed, both
        are plain rows of numbers, with small letters.
        """
        names: dict[str, str] = {}
        for step, named in self._of.items():
            k, tag = named.number, named.tag or f"_{named.number}"
            to = {letter: f"{letter}{tag}" for letter in "WXZbwxz"}
            if isinstance(step, Product | Inner):
                to |= {"X": named.inputs, "x": named.inputs}
            for letter, name in to.items():
                names |= {f"{letter}{k}": name, f"d{letter}{k}": f"d{name}", f"{letter}{k}_": f"{name}_"}
            if isinstance(step, Inner):
                names |= {f"d{k}_0": f"dw{tag}", f"d{k}_1": f"d{named.inputs}"}
            if isinstance(step, Alike | Reduction) and named.tag:
                names |= {f"y{k}": f"a{tag}", f"dy{k}": f"da{tag}"}
            if isinstance(step, Alike) and named.tag and sum(isinstance(x, Window) for x in step.operands) == 1:
                i = next(i for i, x in enumerate(step.operands) if isinstance(x, Window))
                names |= {f"x{k}_{i}": f"z{tag}", f"d{k}_0": f"dz{tag}"}
        return names

    def of(self, step: Step) -> Named:
        """The names of a step."""
        return self._of[step]

    def _activations(self, parts: dict[Step, Part | None]) -> dict[int, Alike | Reduction]:
        """The steps that are all of a layer's product, put through a function."""
        found: dict[int, Alike | Reduction] = {}
        for step, part in parts.items():
            if part is None or part.role != "a" or not isinstance(step, Alike | Reduction):
                continue
            product = self.product.get(part.layer)
            if product is not None and place_of(product.out, step) is not None:
                found[part.layer] = step
        return found

    def _named(self, k: int, step: Step, layer: int | None) -> Named:
        if isinstance(step, Alike | Reduction):
            is_activation = layer is not None and self.activation.get(layer) is step
            return Named(k, layer, str(layer) if is_activation else "")
        if not isinstance(step, Product | Inner):
            return Named(k, layer)
        if layer is None or self.product.get(layer) is not step:
            return Named(k, layer, f"_{k}", f"{'X' if isinstance(step, Product) else 'x'}_{k}")
        before = self.activation.get(layer - 1)
        if before is not None and _same(before.out.places, step.inputs.places):
            return Named(k, layer, str(layer), f"A{layer - 1}")
        return Named(k, layer, str(layer), "X" if layer == 1 else f"X{layer}")


def place_of(out: Window, step: Alike | Reduction) -> int | None:
    """Which operand of a step is all of `out`; None: none is."""
    if isinstance(step, Reduction):
        places: list[Numbers | None] = list(step.operands.places.reshape(step.count, -1))
    else:
        places = [operand.places if isinstance(operand, Window) else None for operand in step.operands]
    return next((i for i, operand in enumerate(places) if operand is not None and _same(operand, out.places)), None)


def _same(places: Numbers, others: Numbers) -> bool:
    return places.size == others.size and np.array_equal(np.sort(places, axis=None), np.sort(others, axis=None))
