"""Many nodes that are computed one by one: a loop over them, which after some passes is written out and compiled.

To write a pass out costs as much as some fifty passes of the loop, so a graph that runs once never pays for it.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np

from ..planning.plan import Single
from .arrays import Arrays
from .single import Mask, backward_lines, forward_lines, outside

__all__ = ["Loop", "LoopBack"]

PATIENCE = 50  # passes


class Loop:
    """The forward pass of single nodes; call it.

    Args:
        step: the nodes.
        arrays: where their numbers are.
    """

    def __init__(self, step: Single, arrays: Arrays) -> None:
        self.step, self.arrays = step, arrays
        self.before = np.array(outside(step), dtype=np.int64)
        self.first, self.second = array("i", self._local(step.first)), array("i", self._local(step.second))
        self.many = {i: tuple(self._local(np.array(places)).tolist()) for i, places in step.many.items()}
        self._forwards = [op.forward for op in step.table]
        self._place = slice(int(step.out.places[0]), int(step.out.places[-1]) + 1)
        self._written: Callable[[], None] | None = None
        self._passes = 0

    def _local(self, places: Any) -> Any:
        """Numbers by which the loop knows places: those from before come first."""
        own = places - int(self.step.out.places[0])
        found = np.where(
            (own >= 0) & (own < len(self.step.out.places)), own + len(self.before), np.searchsorted(self.before, places)
        )
        return np.where(places < 0, -1, found).astype(np.int32)

    def __call__(self) -> None:
        if self._written is not None:
            self._written()
            return
        numbers = self.arrays.values[self.before].tolist()
        append, forwards = numbers.append, self._forwards
        for i, (c, a, b) in enumerate(zip(self.step.code.tolist(), self.first, self.second, strict=True)):
            if b >= 0:
                append(forwards[c](numbers[a], numbers[b]))
            elif a >= 0:
                append(forwards[c](numbers[a]))
            else:
                append(forwards[c](*[numbers[k] for k in self.many[i]]))
        self.arrays.values[self._place] = numbers[len(self.before) :]
        self._passes += 1
        if self._passes == PATIENCE:
            self._written = written_out(forward_lines(self.step, self.arrays), self.arrays)


class LoopBack:
    """The backward pass of single nodes; call it.

    Args:
        loop: the forward pass.
        written: which places of G hold a gradient so far; brought up to date.
        wanted: for which places a gradient is wanted.
    """

    def __init__(self, loop: Loop, written: Mask, wanted: Mask) -> None:
        self._loop = loop
        own = loop.step.out.places
        self._own = slice(int(own[0]), int(own[-1]) + 1)
        places = np.concatenate([loop.before, own])
        self._masks = written[places], wanted[places]
        count = len(loop.before)
        sends = np.concatenate([np.zeros(count, dtype=bool), written[own]])  # has a gradient to send on
        wants = np.concatenate([wanted[loop.before], wanted[own]]).tolist()
        has = sends.tolist()
        self._active = bytearray(len(loop.step.code))
        for i in range(len(loop.step.code) - 1, -1, -1):
            if has[count + i]:
                for k in self._operands(i):
                    if wants[k]:
                        has[k] = True
                        self._active[i] = 1
        reached = np.array(has[:count], dtype=bool) & wanted[loop.before]
        self._read = written[own]
        new = reached & ~written[loop.before]
        self._new, self._old = np.flatnonzero(new), np.flatnonzero(reached & ~new)
        written[loop.before[reached]] = True
        self.reaches = bool(reached.any())
        self._rules = [op.float_partials for op in loop.step.table]
        self._written: Callable[[], None] | None = None
        self._passes = 0

    def _operands(self, i: int) -> tuple[int, ...]:
        a, b = self._loop.first[i], self._loop.second[i]
        return (a, b) if b >= 0 else (a,) if a >= 0 else self._loop.many[i]

    def __call__(self) -> None:
        if self._written is not None:
            self._written()
            return
        loop, arrays = self._loop, self._loop.arrays
        count = len(loop.before)
        numbers = [*arrays.values[loop.before].tolist(), *arrays.values[self._own].tolist()]
        gradients = [0.0] * count + np.where(self._read, arrays.gradients[self._own], 0.0).tolist()
        first, second, code, rules = loop.first, loop.second, loop.step.code.tolist(), self._rules
        for i in range(len(code) - 1, -1, -1):
            if not self._active[i]:
                continue
            upstream, out, rule, a, b = gradients[count + i], numbers[count + i], rules[code[i]], first[i], second[i]
            if b >= 0:
                s, t = rule(out, numbers[a], numbers[b])
                gradients[a] += upstream * s
                gradients[b] += upstream * t
            elif a >= 0:
                (s,) = rule(out, numbers[a])
                gradients[a] += upstream * s
            else:
                operands = loop.many[i]
                for k, s in zip(operands, rule(out, *[numbers[k] for k in operands]), strict=True):
                    gradients[k] += upstream * s
        found = np.array(gradients[:count])
        arrays.gradients[loop.before[self._new]] = found[self._new]
        arrays.gradients[loop.before[self._old]] += found[self._old]
        self._passes += 1
        if self._passes == PATIENCE:
            places = np.concatenate([loop.before, loop.step.out.places])
            masks = [np.zeros(len(arrays.values), dtype=bool) for _ in self._masks]
            for mask, known in zip(masks, self._masks, strict=True):
                mask[places] = known
            self._written = written_out(backward_lines(loop.step, arrays, *masks), arrays)


def written_out(lines: list[str], arrays: Arrays) -> Callable[[], None]:
    """Lines as a function."""
    names = dict(arrays.names)
    exec("\n".join(["def run():", *(f"    {line}" for line in lines)]), names)
    function: Callable[[], None] = names["run"]
    return function
