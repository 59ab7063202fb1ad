"""Nodes that are computed one by one, on Python's floats: written out line by line, or in a loop.

A step of few nodes is written out at once: :func:`forward_lines` and :func:`backward_lines`. To write many nodes out
costs as much as some fifty passes of a loop over them, which never pays for a graph that runs once: a :class:`Loop` and
a :class:`LoopBack` go through the nodes, and write themselves out when they have run that often.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.op import Op, kept
from ..errors import ArgumentError
from .arrays import Arrays
from .printing import float_code, function_text
from .steps import Single, outside
from .symbols import Trace, partials
from .tape import Mask

__all__ = ["Loop", "LoopBack", "backward_lines", "forward_lines"]

_FEW = 3  # numbers that are fetched one by one
PATIENCE = 50  # passes of a loop before it is written out


@kept
def _value(op: Op, count: int) -> Any:
    """A row applied to x0, x1, ..."""
    trace = Trace()
    return op(*[trace.input(f"x{i}") for i in range(count)])


@kept
def _slopes(op: Op, count: int) -> tuple[Any, ...] | None:
    """A row's rule as formulas; None: it can only be called."""
    try:
        return partials(op, count)
    except ArgumentError:
        return None


def _among(places: list[int], arrays: Arrays) -> str:
    """How several places are written between brackets: a slice where they lie side by side, else an index."""
    low, high = places[0], places[-1]
    return f"{low}:{high + 1}" if high - low == len(places) - 1 else arrays.index(places)


def _fetched(array: str, prefix: str, places: list[int], arrays: Arrays) -> list[str]:
    """Lines that fetch numbers as Python's floats."""
    if len(places) <= _FEW:
        return [f"{prefix}{p} = {array}.item({p})" for p in places]
    return [f"{', '.join(f'{prefix}{p}' for p in places)} = {array}[{_among(places, arrays)}].tolist()"]


def _stored(array: str, prefix: str, places: list[int], sign: str, arrays: Arrays) -> list[str]:
    """Lines that put floats back into an array; `sign` is = or +=."""
    if len(places) <= _FEW:
        return [f"{array}[{p}] {sign} {prefix}{p}" for p in places]
    return [f"{array}[{_among(places, arrays)}] {sign} {', '.join(f'{prefix}{p}' for p in places)}"]


def forward_lines(step: Single, arrays: Arrays) -> list[str]:
    """The lines that compute the nodes."""
    lines = []
    for op, place, operands in step.nodes():
        names = {f"x{i}": f"v{p}" for i, p in enumerate(operands)}
        code = float_code(_value(op, len(operands)), names, lambda row: arrays.bind(row, row.forward))
        lines.append(f"v{place} = {code}")
    own = step.out.places.tolist()
    return _fetched("V", "v", outside(step), arrays) + lines + _stored("V", "v", own, "=", arrays)


def backward_lines(step: Single, arrays: Arrays, written: Mask, wanted: Mask) -> list[str]:
    """The lines that send the nodes' messages to the places that are `wanted`.

    `written` marks the places of G that hold a gradient so far, and is brought up to date.
    """
    own = step.out.places.tolist()
    inside = set(own)
    has = {p for p in own if written[p]}
    upstream = sorted(has)
    lines: list[str] = []

    def send(p: int, message: str) -> None:
        lines.append(f"g{p} {'+=' if p in has else '='} {message}")
        has.add(p)

    for op, place, operands in reversed(list(step.nodes())):
        if place not in has or not any(wanted[p] for p in operands):
            continue
        slopes = _slopes(op, len(operands))
        if slopes is None:
            rule = arrays.bind(op, op.float_partials, "rule_")
            lines.append(f"s = {rule}({', '.join(f'v{p}' for p in (place, *operands))})")
        names = {"y": f"v{place}"} | {f"x{i}": f"v{p}" for i, p in enumerate(operands)}
        for i, p in enumerate(operands):
            if not wanted[p]:
                continue
            if slopes is None:
                send(p, f"g{place} * s[{i}]")
            elif isinstance(slopes[i], float) and slopes[i] == 1.0:
                send(p, f"g{place}")
            else:
                slope = float_code(slopes[i], names, lambda row: arrays.bind(row, row.forward))
                send(p, f"g{place} * {slope}" if slope.isidentifier() else f"g{place} * ({slope})")
    sent = sorted(p for p in has if p not in inside)
    if not sent:
        return []
    old = [p for p in sent if written[p]]
    new = [p for p in sent if not written[p]]
    written[sent] = True
    used = sorted({int(p) for line in lines for p in re.findall(r"\bv(\d+)\b", line)})
    return [
        *_fetched("V", "v", used, arrays),
        *_fetched("G", "g", upstream, arrays),
        *lines,
        *_stored("G", "g", new, "=", arrays),
        *_stored("G", "g", old, "+=", arrays),
    ]


class _Patient(ABC):
    """A pass over single nodes: a loop at first, lines that are compiled after PATIENCE calls."""

    def __init__(self, step: Single, arrays: Arrays) -> None:
        self.step, self.arrays = step, arrays
        self._written: Callable[[], None] | None = None
        self._passes = 0

    def __call__(self) -> None:
        if self._written is not None:
            self._written()
            return
        self._loop()
        self._passes += 1
        if self._passes == PATIENCE:
            lines = self._lines()  # may enter names of its own
            names = dict(self.arrays.names)
            exec(function_text("run()", lines), names)
            self._written = names["run"]

    @abstractmethod
    def _loop(self) -> None:
        """Go through the nodes."""

    @abstractmethod
    def _lines(self) -> list[str]:
        """The same, written out."""


class Loop(_Patient):
    """The forward pass of single nodes."""

    def __init__(self, step: Single, arrays: Arrays) -> None:
        super().__init__(step, arrays)
        self.before = np.array(outside(step), dtype=np.int64)
        self.first, self.second = array("i", self._local(step.first)), array("i", self._local(step.second))
        self.many = {i: tuple(self._local(np.array(places)).tolist()) for i, places in step.many.items()}
        self._forwards = [op.forward for op in step.table]
        self.own = slice(int(step.out.places[0]), int(step.out.places[-1]) + 1)

    def _local(self, places: Any) -> Any:
        """Where the loop's list of numbers has these places: it begins with those that were computed before."""
        own = places - int(self.step.out.places[0])
        is_own = (own >= 0) & (own < len(self.step.out.places))
        found = np.where(is_own, own + len(self.before), np.searchsorted(self.before, places))
        return np.where(places < 0, -1, found).astype(np.int32)

    def _loop(self) -> None:
        numbers = self.arrays.values[self.before].tolist()
        append, forwards = numbers.append, self._forwards
        for i, (c, a, b) in enumerate(zip(self.step.code.tolist(), self.first, self.second, strict=True)):
            if b >= 0:
                append(forwards[c](numbers[a], numbers[b]))
            elif a >= 0:
                append(forwards[c](numbers[a]))
            else:
                append(forwards[c](*[numbers[k] for k in self.many[i]]))
        self.arrays.values[self.own] = numbers[len(self.before) :]

    def _lines(self) -> list[str]:
        return forward_lines(self.step, self.arrays)


class LoopBack(_Patient):
    """The backward pass of single nodes to the places that are `wanted`; brings `written` up to date, as lines do."""

    def __init__(self, forward: Loop, written: Mask, wanted: Mask) -> None:
        super().__init__(forward.step, forward.arrays)
        self._forward = loop = forward
        own = loop.step.out.places
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

    def _operands(self, i: int) -> tuple[int, ...]:
        a, b = self._forward.first[i], self._forward.second[i]
        return (a, b) if b >= 0 else (a,) if a >= 0 else self._forward.many[i]

    def _loop(self) -> None:
        loop, arrays = self._forward, self.arrays
        count = len(loop.before)
        numbers = [*arrays.values[loop.before].tolist(), *arrays.values[loop.own].tolist()]
        gradients = [0.0] * count + np.where(self._read, arrays.gradients[loop.own], 0.0).tolist()
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

    def _lines(self) -> list[str]:
        places = np.concatenate([self._forward.before, self.step.out.places])
        masks = [np.zeros(len(self.arrays.values), dtype=bool) for _ in self._masks]
        for mask, known in zip(masks, self._masks, strict=True):
            mask[places] = known
        return backward_lines(self.step, self.arrays, *masks)
