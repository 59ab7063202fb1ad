"""Nodes that are computed one by one, as plain Python on floats, written out line by line."""

from __future__ import annotations

import functools
import re
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.op import Op
from ..errors import ArgumentError
from .arrays import Arrays
from .plan import Single, outside
from .printing import float_code
from .symbols import Trace, partials

__all__ = ["Loop", "LoopBack", "backward_lines", "forward_lines"]

Mask = NDArray[np.bool_]

_FEW = 3  # numbers that are fetched one by one


@functools.lru_cache(maxsize=4096)
def _value(op: Op, count: int) -> Any:
    """A row applied to x0, x1, ..."""
    trace = Trace()
    return op(*[trace.input(f"x{i}") for i in range(count)])


@functools.lru_cache(maxsize=4096)
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
    """The lines that send the nodes' messages."""
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


# --- loops --------------------------------------------------------------------------------------------------------
#
# Many nodes that are computed one by one: a loop over them, which after some passes is written out and compiled.
#
# To write a pass out costs as much as some fifty passes of the loop, so a graph that runs once never pays for it.


PATIENCE = 50  # passes


class Loop:
    """The forward pass of single nodes; call it."""

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
    """The backward pass of single nodes; call it."""

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
