"""A plan as pure expressions over an array namespace: no array is written into, so they can be traced and sharded."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ...engine.op import Op
from ..describing import Description
from ..formulas.stacking import stacked
from ..formulas.symbols import Symbol, Trace, forward, lowered, partials
from ..planning.layout import Window
from ..planning.plan import Alike, Inner, Plan, Product, Reduction, Rows, Single, Step
from ..planning.tape import Mask, Numbers
from .blocks import Block, Blocks, Number, Term
from .formulas import Formulas
from .messages import Messages

__all__ = ["ArraySource"]


@functools.lru_cache(maxsize=4096)
def _slopes(op: Op, count: int) -> tuple[Any, ...]:
    """A row's rule as formulas of array functions."""
    return tuple([lowered(slope) for slope in partials(op, count)])


class ArraySource:
    """Writes both passes of a plan.

    Args:
        plan: what is computed.
        blocks: where everything is. The arguments are there already.
        varies: which places depend on the arguments; what does not is not computed.
        wanted: for which places a gradient is wanted.
        formulas: writes the expressions.
    """

    def __init__(self, plan: Plan, blocks: Blocks, varies: Mask, wanted: Mask, formulas: Formulas) -> None:
        self._plan, self._blocks, self._varies = plan, blocks, varies
        self._formula = formulas.written
        self._messages = Messages(blocks, wanted)
        self._below: dict[Step, str] = {}  # of a product, its inputs with a row of ones below
        self._told = Description(plan)

    def forward(self) -> list[str]:
        """The lines that compute the result, without the last, which returns it."""
        lines: list[str] = []
        self._blocks.lines = lines
        for k, step in self._steps():
            if not self._varies[step.out.places].any():
                continue
            lines.append(f"# {self._told.forward(step)}")
            if isinstance(step, Single):
                self._singles(step)
            elif isinstance(step, Product):
                self._product(step)
            elif isinstance(step, Inner):
                self._line(f"z{self._told.names.of(step).tag}", self._inner(step), step.out.places)
            elif isinstance(step, Rows):
                self._line(f"z_{k}", self._rows(step), step.out.places)
            elif isinstance(step, Reduction):
                self._reduction(k, step)
            else:
                self._alike(k, step)
        return lines

    def backward(self) -> list[str]:
        """The lines that bring messages to the arguments, after those of the forward pass."""
        blocks = self._blocks
        lines: list[str] = []
        blocks.lines = lines
        self._messages.send(np.array(self._plan.root), 1.0)
        for _, step in reversed(list(self._steps())):
            if not self._varies[step.out.places].any() or not self._messages.wants(step.out.places):
                continue
            begin = len(lines)
            if isinstance(step, Single):
                self._singles_back(step)
            else:
                dy = self._messages.gradient(blocks.block_of(step.out.places))
                if dy is not None:
                    self._back(step, dy)
            if len(lines) > begin:
                lines.insert(begin, f"# {self._told.backward(step)}")
        return lines

    def gradient(self, block: Block) -> Number | None:
        """What the backward pass brought to an argument; None: nothing."""
        return self._messages.gradient(block)

    def _steps(self) -> Iterator[tuple[int, Step]]:
        return enumerate([step for level in self._plan.levels for step in level], 1)

    def _read(self, window: Window | Numbers, prefix: str) -> Number:
        return self._blocks.read(window.places if isinstance(window, Window) else window, prefix)

    def _full(self, window: Window | Numbers, prefix: str) -> str:
        """The name of an array of the window's own shape."""
        return self._blocks.full(self._read(window, prefix), window.shape)

    def _line(self, name: str, text: str, places: Numbers) -> None:
        """Assign a step's result to its name."""
        self._blocks.lines.append(f"{name} = {text}")
        self._blocks.add(places, name)

    # --- expressions -------------------------------------------------------------------------------------------------

    def _named(self, number: Number, prefix: str = "m") -> Number:
        return Term(self._blocks.named(number.text, prefix), number.shape) if isinstance(number, Term) else number

    def _message(self, window: Window | Numbers, op: Op | None, formula: Any, given: Mapping[str, Number]) -> None:
        """Send a formula's numbers to a window."""
        places = window.places if isinstance(window, Window) else window
        if self._messages.wants(places):
            self._messages.send(places, self._named(self._formula(op, formula, given)))

    # --- forward -----------------------------------------------------------------------------------------------------

    def _product(self, step: Product) -> None:
        blocks, named = self._blocks, self._told.names.of(step)
        z, w, x = f"Z{named.tag}", f"W{named.tag}", named.inputs
        if self._is_folded(step):
            assert step.bias is not None
            weights = self._full(np.column_stack([step.weights.places, step.bias.places]), w)
            ones, fixed = np.ones((1, step.out.shape[1])), blocks.fixed(step.inputs.places)
            if fixed is not None:
                self._below[step] = blocks.constant(np.vstack([fixed, ones])).text
            else:
                below = f"xp.concatenate([{self._full(step.inputs, x)}, {blocks.constant(ones).text}])"
                self._below[step] = blocks.named(below, x)
            self._line(z, f"{weights} @ {self._below[step]}", step.out.places)
            return
        text = f"{self._full(step.weights, w)} @ {self._full(step.inputs, x)}"
        if step.bias is not None:
            text += f" + {self._bias(self._read(step.bias.places[:, None], 'b'))}"
        self._line(z, text, step.out.places)

    def _is_folded(self, step: Product) -> bool:
        """Whether the bias lies behind the weights, so that both are one matrix."""
        return step.bias is not None and self._blocks.is_matrix(
            np.column_stack([step.weights.places, step.bias.places])
        )

    @staticmethod
    def _bias(number: Number) -> str:
        return number.text if isinstance(number, Term) else repr(number)

    def _inner(self, step: Inner) -> str:
        text = f"{self._full(step.weights, 'w')} @ {self._full(step.inputs, 'x')}"
        return text if step.bias is None else f"{text} + {self._bias(self._read(step.bias, 'b'))}"

    def _rows(self, step: Rows) -> str:
        text = f"xp.sum({self._full(step.weights, 'W')} * {self._bias(self._read(step.inputs, 'X'))}, axis=0)"
        return text if step.bias is None else f"{text} + {self._bias(self._read(step.bias, 'b'))}"

    def _reduction(self, k: int, step: Reduction) -> None:
        found = stacked(step.op, step.count)
        if found is not None:
            given: dict[str, Number] = {"X": Term(self._full(step.operands, "X"), step.operands.shape)}
            result = self._formula(step.op, found.forward, given)
        else:
            given = {f"x{i}": self._read(step.operands.places[i], "x") for i in range(step.count)}
            result = self._formula(step.op, forward(step.op, step.count), given)
        self._result(self._output(k, step), result, step.out.places)

    def _output(self, k: int, step: Alike | Reduction) -> str:
        """The name of a step's results: A2 for the activations of layer 2."""
        tag = self._told.names.of(step).tag
        return f"A{tag}" if tag else f"y{k}"

    def _result(self, name: str, result: Number, places: Numbers) -> None:
        if isinstance(result, float) or result.shape != places.shape:
            result = Term(self._blocks.full(self._named(result), places.shape), places.shape)
        self._line(name, result.text, places)

    def _alike(self, k: int, step: Alike) -> None:
        shape = self._shape(step)
        places = step.out.places.reshape(shape)
        symbol = forward(step.op, len(step.operands))
        result = self._formula(step.op, symbol, self._given(step, shape))
        self._result(self._output(k, step), result, places)

    def _shape(self, step: Alike) -> tuple[int, ...]:
        """The shape of an operand that is a block of its own: a batch's axis stays an axis."""
        n = step.out.places.size
        for window in step.operands:
            if isinstance(window, Window):
                shape = self._blocks.shape_of(window.places)
                if shape is not None and window.places.size == n:
                    return tuple(m for m in shape if m != 1) or (n,)
        return (n,)

    def _given(self, step: Alike, shape: tuple[int, ...]) -> dict[str, Number]:
        return {
            f"x{i}": self._read(x.places.reshape(shape), "x") if isinstance(x, Window) else x
            for i, x in enumerate(step.operands)
        }

    def _singles(self, step: Single) -> None:
        for op, place, operands in step.nodes():
            if self._varies[place]:
                given = {f"x{i}": self._read(np.array(p), "v") for i, p in enumerate(operands)}
                self._result(f"v{place}", self._formula(op, forward(op, len(operands)), given), np.array(place))

    # --- backward ----------------------------------------------------------------------------------------------------

    def _back(self, step: Step, dy: Number) -> None:
        """The messages of a step that got `dy`."""
        blocks, trace = self._blocks, Trace()
        if isinstance(step, Product):
            self._product_back(step, blocks.full(dy, step.out.shape))
        elif isinstance(step, Inner | Rows):
            names = {"dy": dy}
            same = isinstance(step, Inner) and np.array_equal(step.weights.places, step.inputs.places)
            names |= {"w": self._read(step.weights, "w"), "x": self._read(step.inputs, "x")}
            sy, w, x = (trace.array_input(name) for name in ("dy", "w", "x"))
            self._message(step.weights, None, sy * 2.0 * x if same else sy * x, names)
            if not same:
                self._message(step.inputs, None, sy * w, names)
            if step.bias is not None:
                self._message(step.bias, None, sy, names)
        elif isinstance(step, Reduction):
            self._reduction_back(step, dy)
        elif isinstance(step, Alike):
            block = blocks.block_of(step.out.places)
            given = self._given(step, block.shape) | {"y": Term(block.name, block.shape), "dy": dy}
            for operand, slope in zip(step.operands, _slopes(step.op, len(step.operands)), strict=True):
                if isinstance(operand, Window):
                    self._message(operand.places.reshape(block.shape), step.op, _times(slope), given)

    def _product_back(self, step: Product, dz: str) -> None:
        blocks, named = self._blocks, self._told.names.of(step)
        dw, w, x = f"dW{named.tag}", f"W{named.tag}", named.inputs
        if step in self._below:
            assert step.bias is not None
            places = np.column_stack([step.weights.places, step.bias.places])
            if self._messages.wants(places):
                self._messages.send(places, Term(blocks.named(f"{dz} @ {self._below[step]}.T", dw), places.shape))
        else:
            if self._messages.wants(step.weights.places):
                text = f"{dz} @ {self._full(step.inputs, x)}.T"
                self._messages.send(step.weights.places, Term(blocks.named(text, dw), step.weights.shape))
            if step.bias is not None and self._messages.wants(step.bias.places):
                total = blocks.named(f"xp.sum({dz}, axis=1)", f"db{named.tag}")
                self._messages.send(step.bias.places, Term(total, step.bias.shape))
        if self._messages.wants(step.inputs.places):
            text = f"{self._full(step.weights, w)}.T @ {dz}"
            self._messages.send(step.inputs.places, Term(blocks.named(text, f"d{x}"), step.inputs.shape))

    def _reduction_back(self, step: Reduction, dy: Number) -> None:
        block = self._blocks.block_of(step.out.places)
        given: dict[str, Number] = {"y": Term(block.name, block.shape), "dy": dy}
        found = stacked(step.op, step.count)
        if found is not None:
            given["X"] = Term(self._full(step.operands, "X"), step.operands.shape)
            self._message(step.operands, step.op, _times(found.partial), given)
            return
        given |= {f"x{i}": self._read(step.operands.places[i], "x") for i in range(step.count)}
        for places, slope in zip(step.operands.places, _slopes(step.op, step.count), strict=True):
            self._message(places, step.op, _times(slope), given)

    def _singles_back(self, step: Single) -> None:
        blocks = self._blocks
        for op, place, operands in reversed(list(step.nodes())):
            if not self._varies[place] or not self._messages.wants(np.array(place)):
                continue
            dy = self._messages.gradient(blocks.block_of(np.array(place)))
            if dy is None or not any(self._messages.wants(np.array(p)) for p in operands):
                continue
            given: dict[str, Number] = {f"x{i}": self._read(np.array(p), "v") for i, p in enumerate(operands)}
            given |= {"y": Term(f"v{place}", ()), "dy": dy}
            for p, slope in zip(operands, _slopes(op, len(operands)), strict=True):
                self._message(np.array(p), op, _times(slope), given)


def _times(slope: Any) -> Any:
    """A message: what came, times the slope."""
    trace = slope.trace if isinstance(slope, Symbol) else Trace()
    dy = trace.array_input("dy")
    return -dy if isinstance(slope, float) and slope == -1.0 else dy * slope
