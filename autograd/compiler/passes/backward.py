"""The backward pass of a program as lines of NumPy.

The first message to reach a gradient is stored, later ones are added; so nothing has to be set to 0 before, but what
is gathered or only reached in part. Places that lie twice in a window get the sum of its messages.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...engine.op import Op
from ...errors import ArgumentError
from ..formulas.printing import numpy_lines
from ..formulas.symbols import INPUT, Trace, lowered, partials
from ..planning.layout import Window
from ..planning.plan import Alike, Inner, Plan, Product, Reduction, Rows, Single, Step
from ..planning.tape import Mask
from .arrays import Arrays, Scratch, operands_of
from .forward import elementwise, stack_of
from .loops import Loop, LoopBack
from .single import backward_lines
from .targets import Target, Targets, wanted_places

__all__ = ["BackwardSource"]


class _Message(NamedTuple):
    """What is sent to a window: a formula over dy and the step's numbers."""

    window: Window
    formula: Any


class BackwardSource:
    """Writes the backward pass.

    Args:
        plan: what was computed.
        numbered: the steps of the forward pass, with their numbers.
        loops: those of them that are loops.
        arrays: where, with the names that the forward pass uses.
        wanted: for which places of leaves a gradient is wanted.
    """

    def __init__(
        self, plan: Plan, numbered: dict[Step, int], loops: dict[Step, Loop], arrays: Arrays, wanted: Mask
    ) -> None:
        self._arrays = arrays
        self._scratch = Scratch(arrays.names)
        self._number = numbered
        self._loops = loops
        self._targets = Targets(plan, arrays, self._scratch, wanted_places(plan, wanted), plan.root)
        self.steps: list[tuple[Step, list[str]]] = []
        late: list[Step] = []
        for level in reversed(plan.levels):
            for step in level:
                if self._can_wait(step):
                    late.append(step)
                else:
                    self._write(step)
            self._flush(numbered[level[0]], level[0])
        for step in sorted(late, key=lambda step: step.out.places.size == 1):
            self._write(step)
        if late:  # a number of their own: the first step of a level may be one that waits
            self._flush(0, late[-1])
        self.first = self._targets.first_lines()
        self._scratch.allocate()

    def _flush(self, k: int, step: Step) -> None:
        """Write the line that scatters what has been sent since the last one, if anything has."""
        scatter = self._targets.flush(k)
        if scatter:
            self.steps.append((step, scatter))

    def _can_wait(self, step: Step) -> bool:
        """Whether nothing but leaves gets a message, at places that lie evenly."""
        return all(
            window.strides is not None and self._targets.is_leaf[window.places].all()
            for window in operands_of(step)
            if self._targets.wants(window)
        ) and not isinstance(step, Single)

    def _write(self, step: Step) -> None:
        self._scratch.release()
        if isinstance(step, Single):
            lines = self._single(self._number[step], step)
        elif not self._targets.reached(step.out):
            lines = []
        elif isinstance(step, Product):
            lines = self._product(self._number[step], step)
        elif isinstance(step, Inner):
            lines = self._inner(self._number[step], step)
        elif isinstance(step, Rows):
            lines = self._rows(self._number[step], step)
        elif isinstance(step, Reduction):
            lines = self._reduction(self._number[step], step)
        else:
            lines = self._alike(self._number[step], step)
        if lines:
            self.steps.append((step, lines))

    # --- one kind of step after the other ------------------------------------------------------------------------

    def _product(self, k: int, step: Product) -> list[str]:
        value = self._arrays.value
        dz = self._targets.upstream(step, f"dZ{k}")
        lines: list[str] = []
        if step.folded is not None and self._targets.wants(step.folded[0]):
            weights, inputs = step.folded
            lines += self._targets.send(weights, f"dW{k}", f"np.dot({dz}, {value(inputs, f'X{k}')}.T, out={{}})")
        else:
            if self._targets.wants(step.weights):
                x = value(step.inputs, f"X{k}" if step.folded is None else f"X{k}_")
                lines += self._targets.send(step.weights, f"dW{k}", f"np.dot({dz}, {x}.T, out={{}})")
            if step.bias is not None and self._targets.wants(step.bias):
                lines += self._targets.send(step.bias, f"db{k}", f"np.add.reduce({dz}, axis=1, out={{}})")
        if self._targets.wants(step.inputs):
            w = value(step.weights, f"W{k}" if step.folded is None else f"W{k}_")
            lines += self._targets.send(step.inputs, f"dX{k}", f"np.dot({w}.T, {dz}, out={{}})")
        return lines

    def _inner(self, k: int, step: Inner) -> list[str]:
        """One dot by itself: its messages are the other factor's numbers, times dz."""
        weights, inputs = step.weights, step.inputs
        trace = Trace()
        dy, w, x = (trace.array_input(name) for name in ("dy", "w", "x"))
        if np.array_equal(weights.places, inputs.places):
            messages = [_Message(weights, (dy * 2.0) * x)]
        else:
            messages = [_Message(weights, dy * x), _Message(inputs, dy * w)]
        names = {
            "dy": self._targets.upstream(step, f"dz{k}"),
            "w": self._arrays.value(weights, f"w{k}"),
            "x": self._arrays.value(inputs, f"x{k}"),
        }
        lines = self._sent(k, messages, names, (), weights.shape)
        if step.bias is not None and self._targets.wants(step.bias):
            lines += self._targets.send(step.bias, f"db{k}", f"np.copyto({{}}, {names['dy']})")
        return lines

    def _rows(self, k: int, step: Rows) -> list[str]:
        trace = Trace()
        dy, w, x = (trace.array_input(name, stacked=name != "dy") for name in ("dy", "w", "x"))
        messages = [_Message(step.weights, dy * x), _Message(step.inputs, dy * w)]
        if step.bias is not None:
            messages.append(_Message(step.bias, dy))
        names = {
            "dy": self._targets.upstream(step, f"dz{k}"),
            "w": self._arrays.value(step.weights, f"W{k}"),
            "x": self._arrays.value(step.inputs, f"X{k}"),
        }
        return self._sent(k, messages, names, step.out.shape, step.weights.shape)

    def _reduction(self, k: int, step: Reduction) -> list[str]:
        value = self._arrays.value
        found = stack_of(step.op, step.count)
        x = value(step.operands, f"X{k}")
        if found is None:
            return self._columns(k, step)
        trace = Trace() if isinstance(found.partial, float) else found.partial.trace
        message = _times(trace.array_input("dy"), found.partial)
        names = {"dy": self._targets.upstream(step, f"dy{k}"), "y": value(step.out, f"y{k}"), "X": x}
        return self._sent(k, [_Message(step.operands, message)], names, step.out.shape, step.operands.shape)

    def _columns(self, k: int, step: Reduction) -> list[str]:
        """A reduction whose rule has no form on a stack: called with the operands one by one, or number by number."""
        value, shape, op = self._arrays.value, step.operands.shape, step.op
        if op.user and _messages(op, step.count) is None:
            rule = self._arrays.bind(op, _by_number(op.float_partials), "each_rule_")
        else:
            rule = self._arrays.bind(op, op.partials, "rule_")
        dy = self._targets.upstream(step, f"dy{k}")
        s = self._scratch.local()
        lines = [f"{s} = {rule}({value(step.out, f'y{k}')}, *{value(step.operands, f'X{k}')})"]
        t = self._scratch.take(shape)
        lines += [f"for i, slope in enumerate({s}):", f"    np.multiply({dy}, slope, out={t}[i, ...])"]
        return lines + self._targets.send(step.operands, f"dX{k}", f"np.copyto({{}}, {t})")

    def _alike(self, k: int, step: Alike) -> list[str]:
        value = self._arrays.value
        names = {"dy": self._targets.upstream(step, f"dy{k}"), "y": value(step.out, f"y{k}")}
        for i, x in enumerate(step.operands):
            names[f"x{i}"] = value(x, f"x{k}_{i}") if isinstance(x, Window) else self._arrays.number(x)
        formulas = _messages(step.op, len(step.operands))
        assert formulas is not None, "only a user's rule may be unreadable, and its nodes make reductions"
        messages = [_Message(x, f) for x, f in zip(step.operands, formulas, strict=True) if isinstance(x, Window)]
        return self._sent(k, messages, names, step.out.shape, step.out.shape)

    def _single(self, k: int, step: Single) -> list[str]:
        written, wanted = self._targets.written, self._targets.wanted
        loop = self._loops.get(step)
        if loop is None:
            return backward_lines(step, self._arrays, written, wanted)
        back = LoopBack(loop, written, wanted)
        if not back.reaches:
            return []
        name = f"loop{k}_back"  # of this pass; one written before has the names of its time
        self._arrays.names[name] = back
        return [f"{name}()"]

    def _sent(
        self, k: int, messages: Sequence[_Message], names: dict[str, str], item: tuple[int, ...], stack: tuple[int, ...]
    ) -> list[str]:
        """The lines that compute messages and bring them where they belong."""
        wanted: list[tuple[Any, str | None]] = []
        after: list[str] = []
        for i, (window, formula) in enumerate(messages):
            if not self._targets.wants(window):
                continue
            is_plain = getattr(formula, "kind", "") == INPUT
            if is_plain and self._targets.alias(window, names["dy"]):
                continue
            target: Target = self._targets.target(window, f"d{k}_{i}")
            if is_plain and target.adds:
                after += target.finish(names["dy"])
            else:
                wanted.append((formula, target.name))
                after += target.finish(target.name)

        def scratch(kind: str) -> str:
            return self._scratch.local() if kind == "local" else self._scratch.take(stack if kind == "stack" else item)

        arrays = self._arrays
        lines, _ = numpy_lines(
            wanted, names, scratch, lambda op: arrays.bind(op, elementwise(op), "each_"), arrays.number
        )
        return lines + after


@functools.lru_cache(maxsize=4096)
def _messages(op: Op, count: int) -> list[Any] | None:
    """dy times each of a row's slopes, as formulas; None: the rule can only be called."""
    try:
        slopes = [lowered(slope) for slope in partials(op, count)]
    except ArgumentError:
        return None
    trace = next((slope.trace for slope in slopes if not isinstance(slope, float)), None) or Trace()
    dy = trace.array_input("dy")
    return [-dy if isinstance(slope, float) and slope == -1.0 else dy * slope for slope in slopes]


def _times(dy: Any, slope: Any) -> Any:
    """dy * slope; of a product of which one factor is stacked, dy goes to the other one, which is smaller."""
    if getattr(slope, "fn", None) == "multiply":
        large = [x for x in slope.operands if getattr(x, "stacked", False)]
        if len(large) == 1:
            (small,) = [x for x in slope.operands if x is not large[0]]
            return dy * small * large[0]
    return dy * slope


def _by_number(rule: Callable[..., tuple[float, ...]]) -> Callable[..., Any]:
    """A rule on arrays, called with floats: it may branch on them, and use `math`."""

    def apply(*arrays: Any) -> Any:
        columns = [np.ravel(array).tolist() for array in arrays]
        slopes = np.array([rule(*numbers) for numbers in zip(*columns, strict=True)])
        return slopes.T.reshape(-1, *np.shape(arrays[0]))

    return apply
