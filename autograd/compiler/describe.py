"""What a program found in its graph, in words and formulas: what each step computes, and what it sends back.

:class:`Description` makes the sentences. Its names come from :class:`Names`: layers have their number, as on paper, so
the product of layer 2 is Z2 = W2 A1 + b2 and its activation A2. Where a layer has several products, or a product
belongs to none, the step's number stands behind an underscore: Z_5 = W_5 X_5.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..engine.op import Op
from ..engine.ops import LEAF
from ..reading.grouping import Grouping, Part
from ..reading.names import short_number
from .plan import Plan, wanted_places
from .steps import Alike, Inner, Product, Reduction, Rows, Single, Step, Window, operands_of
from .tape import Numbers

__all__ = ["Description", "Names"]


class Description:
    """The steps of a plan in words and formulas."""

    def __init__(self, plan: Plan) -> None:
        self.names = Names(plan)
        self._plan = plan
        leaves = np.zeros(plan.size, dtype=bool)
        leaves[[place for node, place in plan.leaves() if node._row is LEAF]] = True
        self._wanted = wanted_places(plan, leaves)
        self._messages = _messages(plan)

    def lines(self) -> Iterator[str]:
        """A line for each step in the order in which they are computed; indented below it, its way back."""
        for step in self._plan.steps:
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
        layer = self.names.of[step].layer
        return "" if layer is None else f"layer {layer}: "

    def _back(self, step: Step) -> str:
        """The formulas of what a product or an activation sends back; "" for other steps.

        += in place of = where other steps send something to the same operand.
        """
        if isinstance(step, Product | Inner):
            return ", ".join(self._of_product(step))
        if isinstance(step, Alike | Reduction) and (product := self.names.activated(step)) is not None:
            tag = self.names.of[step].tag
            formula = f"dA{tag} * {step.op.name}'({self._arguments(step, product.out)})"
            return ", ".join(self._sent(step, product.out, f"dZ{tag}", formula))
        return ""

    def _of_product(self, step: Product[Window] | Inner[Window]) -> Iterator[str]:
        named = self.names.of[step]
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
        named = self.names.of[step]
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
        if isinstance(step, Alike | Reduction):
            product = self.names.activated(step)
            if product is not None:
                return f"A{tag} = {step.op.name}({self._arguments(step, product.out)}), {n:,} nodes at once"
            if step.op.variadic:
                return f"{_called(step.op)} of {len(each_operand(step)):,} nodes" + (f", {n:,} times" if n > 1 else "")
            return f"{_called(step.op)} of {n:,} nodes at once"
        return f"{n:,} node{'s' * (n != 1)} one by one"

    def _arguments(self, step: Alike[Window] | Reduction[Window], z: Window) -> str:
        """The operands of an activation (Z, numbers, and dots for what is neither), then the row's own parameters."""
        at = place_of(z, step)
        named = f"Z{self.names.of[step].tag}"
        told = [named if i == at else self._plain(operand) for i, operand in enumerate(each_operand(step))]
        return ", ".join([*told, *map(short_number, step.op.params)])

    def _plain(self, operand: Numbers | float) -> str:
        number = operand if isinstance(operand, float) else None
        if isinstance(operand, np.ndarray) and (operand == operand.flat[0]).all():
            number = self._plan.literals.get(int(operand.flat[0]))
        return "..." if number is None else f"{number:g}"


def _called(op: Op) -> str:
    """A row's name with its parameters, as in power 2."""
    return " ".join([op.name.removeprefix("_"), *map(short_number, op.params)])


def _messages(plan: Plan) -> Numbers:
    """How many steps send something to each place, on the way back from the root."""
    count = np.zeros(plan.size, dtype=np.int64)
    count[plan.root] = 1
    for step in reversed(plan.steps):
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


# --- names ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Named:
    """The names of one step: its `number` from 1, the `layer` that it belongs to, and what stands behind its letters.

    `tag` stands behind Z, W and b, or behind A where the step is an activation; "" where it has no such names. `inputs`
    is, of a product, what it multiplies the weights with.
    """

    number: int
    layer: int | None
    tag: str = ""
    inputs: str = ""


class Names:
    """The names of every step.

    Making them reads the graph for layers, which takes about as long as compiling it. Sums of products that became a
    matrix product count as the neurons that they are. `of` has the names of each step.
    """

    def __init__(self, plan: Plan) -> None:
        nodes = plan.rewritten()
        grouping, located = Grouping(nodes), plan.located(nodes)
        steps = plan.steps
        parts = {step: grouping.of(located[step.out.start]) for step in steps}
        layers = {step: None if part is None else part.layer for step, part in parts.items()}
        for step in steps:
            if isinstance(step, Single):  # holds nodes of many layers
                found = {grouping.of(located[place]) for place in step.out.places.tolist()}
                several = len({None if part is None else part.layer for part in found}) > 1
                layers[step] = None if several else layers[step]
        count = Counter(layers[step] for step in steps if isinstance(step, Product | Inner))
        self.product: dict[int, Product[Window] | Inner[Window]] = {}  # by layer, where a layer has just one
        for step in steps:
            layer = layers[step]
            if isinstance(step, Product | Inner) and layer is not None and count[layer] == 1:
                self.product[layer] = step
        self.activation: dict[int, Alike[Window] | Reduction[Window]] = self._activations(parts)
        self.of = {step: self._named(k, step, layers[step]) for step, k in plan.number.items()}
        self._source = self._in_source()

    def activated(self, step: Alike[Window] | Reduction[Window]) -> Product[Window] | Inner[Window] | None:
        """The product that a step is the activation of."""
        layer = self.of[step].layer
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
        for step, named in self.of.items():
            k, tag = named.number, named.tag or f"_{named.number}"
            to = {letter: f"{letter}{tag}" for letter in "WXZbwxz"}
            if isinstance(step, Product | Inner):
                to |= {"X": named.inputs, "x": named.inputs}
            for letter, name in to.items():
                names |= {f"{letter}{k}": name, f"d{letter}{k}": f"d{name}", f"{letter}{k}_": f"{name}_"}
            if isinstance(step, Alike | Reduction) and named.tag:
                names |= {f"y{k}": f"a{tag}", f"dy{k}": f"da{tag}"}
            if isinstance(step, Alike) and named.tag and sum(isinstance(x, Window) for x in step.operands) == 1:
                i = next(i for i, x in enumerate(step.operands) if isinstance(x, Window))
                names |= {f"x{k}_{i}": f"z{tag}", f"d{k}_{i}": f"dz{tag}"}
        return names

    def _activations(self, parts: dict[Step, Part | None]) -> dict[int, Alike[Window] | Reduction[Window]]:
        """By layer, the step that puts all of the layer's product through a function."""
        found: dict[int, Alike[Window] | Reduction[Window]] = {}
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


def each_operand(step: Alike[Window] | Reduction[Window]) -> list[Numbers | float]:
    """The operands of a step one by one: their places, or a number that stands for itself."""
    if isinstance(step, Alike):
        return [x.places if isinstance(x, Window) else x for x in step.operands]
    stacked = step.operands.places.reshape(step.operands.shape[0], -1)
    return [*stacked] if step.apart is None else [step.apart.places, *stacked]


def place_of(out: Window, step: Alike[Window] | Reduction[Window]) -> int | None:
    """Which operand of a step is all of `out`; None: none is."""
    return next(
        (i for i, x in enumerate(each_operand(step)) if not isinstance(x, float) and _same(x, out.places)), None
    )


def _same(places: Numbers, others: Numbers) -> bool:
    return places.size == others.size and np.array_equal(np.sort(places, axis=None), np.sort(others, axis=None))
