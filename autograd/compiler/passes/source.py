"""The source of a program: written from a plan, with comments, and made into functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...engine.ops import LEAF
from ...engine.value import Value
from ..describing import Description
from ..planning.plan import Plan, Step
from ..planning.tape import Numbers
from .arrays import Arrays, Floats
from .backward import BackwardSource
from .forward import ForwardSource
from .header import header

__all__ = ["Backward", "Source"]


class Backward:
    """The backward pass that differentiates with respect to some leaves.

    Args:
        run: computes the gradients from a seed.
        leaves: these leaves.
        places: where their gradients lie.
    """

    def __init__(self, run: Callable[[float], None], leaves: Sequence[Value], places: Numbers) -> None:
        self.run = run
        self.leaves = leaves
        self.places = places
        together = len(places) > 0 and bool((np.diff(places) == 1).all())
        self.block: Any = slice(int(places[0]), int(places[-1]) + 1) if together else places


class Source:
    """The NumPy source of a plan, and its arrays.

    Args:
        plan: what is computed.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._arrays = Arrays(plan)
        self._steps = ForwardSource(plan, self._arrays)
        self._number: dict[Step, int] = {step: k for k, step, _ in self._steps.steps}
        self.forward: Callable[[], None] = self._made(self._forward_text(None), "forward")
        self._backward: dict[tuple[int, ...], Backward] = {}
        self._leaves = [(node, place) for node, place in plan.leaves() if node._op is LEAF]

    @property
    def values(self) -> Floats:
        """Every number, by place."""
        return self._arrays.values

    @property
    def gradients(self) -> Floats:
        """Every gradient, by place."""
        return self._arrays.gradients

    def backward(self, leaves: Sequence[Value] | None = None) -> Backward:
        """The backward pass to some leaves; None: to all that can be trained."""
        chosen = self._leaves if leaves is None else [(node, self._plan.place_of(node)) for node in leaves]
        places = np.array([place for _, place in chosen], dtype=np.int64)
        key = tuple(np.unique(places).tolist())
        found = self._backward.get(key)
        if found is None or not np.array_equal(found.places, places):
            text = self._backward_text(self._backward_steps(places), None)
            found = Backward(self._made(text, "backward"), [node for node, _ in chosen], places)
            self._backward[key] = found
        return found

    def _backward_steps(self, places: Numbers) -> BackwardSource:
        wanted = np.zeros(self._plan.size, dtype=bool)
        wanted[places] = True
        return BackwardSource(self._plan, self._number, self._steps.loops, self._arrays, wanted)

    def _made(self, text: str, name: str) -> Callable[..., None]:
        names = dict(self._arrays.names)
        exec(text, names)  # made above from numbers and names of our own: no label stands in it
        function: Callable[..., None] = names[name]
        return function

    def text(self) -> str:
        """Both passes, with a comment for every step, names from the layers, and first what the names stand for."""
        told = Description(self._plan)
        places = np.array([place for _, place in self._leaves], dtype=np.int64)
        backward = self._backward_text(self._backward_steps(places), told)
        forward = self._forward_text(told)
        numbers = "".join([f"{name} = np.array({_literal(x)})\n" for name, x in self._arrays.numbers.items()])
        above = "\n".join(part for part in (header(f"{numbers}{forward}{backward}"), numbers) if part)
        return f"{above}\n\n{forward}\n\n{backward}"

    def _forward_text(self, told: Description | None) -> str:
        lines = []
        for k, step, body in self._steps.steps:
            body = self._steps.gathers.get(k, []) + body
            lines += body if told is None else [f"# {told.forward(step)}", *told.names.in_lines(body)]
        return _function("forward()", lines)

    def _backward_text(self, backward: BackwardSource, told: Description | None) -> str:
        lines = [*backward.first, f"G[{self._plan.root}] = seed"]
        for step, body in backward.steps:
            if told is None:
                lines += body
                continue
            scatters = len(body) == 1 and body[0].startswith("np.add.at(")  # what the steps of a level have sent
            comment = "messages are added up where they go" if scatters else told.backward(step)
            lines += [f"# {comment}", *told.names.in_lines(body)]
        return _function("backward(seed)", lines)


def _literal(x: float) -> str:
    return repr(x) if math.isfinite(x) else f'float("{x}")'


def _function(head: str, lines: list[str]) -> str:
    return "\n".join([f"def {head}:", *(f"    {line}" for line in lines or ["pass"])]) + "\n"
