"""Nodes that are computed one by one, on Python's floats: written out line by line, or in a loop.

A step of few nodes is written out at once: :func:`forward_lines` and :func:`backward_lines`. To write many nodes out
costs as much as some fifty passes of a loop over them, which never pays for a graph that runs once: a :class:`Loop`
goes through the nodes, and writes each of its passes out when it has run that often.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.op import Op, kept
from ..engine.ops import DOT
from ..errors import ArgumentError
from .arrays import Arrays
from .printing import float_code, function_text
from .steps import Single, outside
from .symbols import Trace, partials, stack_of
from .tape import Mask

__all__ = ["Loop", "backward_lines", "forward_lines"]

_LONG = 16  # operands of a row whose slopes may be long
_FEW = 3  # numbers that are fetched one by one
PATIENCE = 50  # passes of a loop before it is written out


@kept
def _value(op: Op, count: int) -> Any:
    """A row applied to x0, x1, ..."""
    trace = Trace()
    return op(*[trace.input(f"x{i}") for i in range(count)])


@kept
def _slopes(op: Op, count: int) -> tuple[Any, ...] | None:
    """A row's rule as formulas; None: it is called, since it can't be read, or each slope has all other operands."""
    try:
        return None if op is not DOT and count > _LONG and stack_of(op, count) is None else partials(op, count)
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


class _Patient:
    """A pass over single nodes: `loop` at first; after PATIENCE calls its `lines`, compiled."""

    def __init__(self, loop: Callable[[], None], lines: Callable[[], list[str]], arrays: Arrays) -> None:
        self._run, self._lines, self._arrays = loop, lines, arrays
        self._passes = 0

    def __call__(self) -> None:
        self._run()
        self._passes += 1
        if self._passes == PATIENCE:
            lines = self._lines()  # may enter names of its own
            names = dict(self._arrays.names)
            exec(function_text("run()", lines), names)
            self._run = names["run"]


class Loop:
    """Single nodes in a loop over lists: of the numbers that were computed before them, and of their own behind these.

    `forward` computes the nodes; :meth:`backward` makes the pass back.
    """

    def __init__(self, step: Single, arrays: Arrays) -> None:
        self._step, self._arrays = step, arrays
        self._before = np.array(outside(step), dtype=np.int64)
        self._own = slice(int(step.out.places[0]), int(step.out.places[-1]) + 1)
        self._first, self._second = array("i", self._local(step.first)), array("i", self._local(step.second))
        self._many = {i: tuple(self._local(np.array(places)).tolist()) for i, places in step.many.items()}
        self._forwards = [op.forward for op in step.table]
        self.forward = _Patient(self._loop, lambda: forward_lines(step, arrays), arrays)

    def _local(self, places: Any) -> Any:
        """Where the lists have these places."""
        own = places - self._own.start
        is_own = (own >= 0) & (own < len(self._step.code))
        found = np.where(is_own, own + len(self._before), np.searchsorted(self._before, places))
        return np.where(places < 0, -1, found).astype(np.int32)

    def _loop(self) -> None:
        numbers = self._arrays.values[self._before].tolist()
        append, forwards = numbers.append, self._forwards
        for i, (c, a, b) in enumerate(zip(self._step.code.tolist(), self._first, self._second, strict=True)):
            if b >= 0:
                append(forwards[c](numbers[a], numbers[b]))
            elif a >= 0:
                append(forwards[c](numbers[a]))
            else:
                append(forwards[c](*[numbers[k] for k in self._many[i]]))
        self._arrays.values[self._own] = numbers[len(self._before) :]

    def _senders(self, has: list[bool], wants: list[bool]) -> bytearray:
        """Which nodes send something back, where those that `has` marks can; marks there what they reach."""
        first, second, count = self._first, self._second, len(self._before)
        sends = bytearray(len(first))
        for i in range(len(sends) - 1, -1, -1):
            if has[count + i]:
                a, b = first[i], second[i]
                for k in (a, b) if b >= 0 else (a,) if a >= 0 else self._many[i]:
                    if wants[k]:
                        has[k] = True
                        sends[i] = 1
        return sends

    def backward(self, written: Mask, wanted: Mask) -> Callable[[], None] | None:
        """The pass back to the places that are `wanted`; None: it comes to none. It brings `written` up to date."""
        step, arrays, before, own = self._step, self._arrays, self._before, self._own
        first, second, many, count = self._first, self._second, self._many, len(self._before)
        places = np.concatenate([before, step.out.places])
        known = written[places], wanted[places]
        read = written[own]  # the gradients that are there to be sent on
        has = [False] * count + read.tolist()
        sends = self._senders(has, known[1].tolist())
        reached = np.array(has[:count], dtype=bool) & known[1][:count]
        if not reached.any():
            return None
        new, old = np.flatnonzero(reached & ~known[0][:count]), np.flatnonzero(reached & known[0][:count])
        written[before[reached]] = True
        rules = [op.float_partials for op in step.table]

        def loop() -> None:
            numbers = [*arrays.values[before].tolist(), *arrays.values[own].tolist()]
            gradients = [0.0] * count + np.where(read, arrays.gradients[own], 0.0).tolist()
            code = step.code.tolist()
            for i in range(len(code) - 1, -1, -1):
                if not sends[i]:
                    continue
                upstream, out, rule, a, b = (
                    gradients[count + i],
                    numbers[count + i],
                    rules[code[i]],
                    first[i],
                    second[i],
                )
                if b >= 0:
                    s, t = rule(out, numbers[a], numbers[b])
                    gradients[a] += upstream * s
                    gradients[b] += upstream * t
                elif a >= 0:
                    (s,) = rule(out, numbers[a])
                    gradients[a] += upstream * s
                else:
                    operands = many[i]
                    for k, s in zip(operands, rule(out, *[numbers[k] for k in operands]), strict=True):
                        gradients[k] += upstream * s
            found = np.array(gradients[:count])
            arrays.gradients[before[new]] = found[new]
            arrays.gradients[before[old]] += found[old]

        def lines() -> list[str]:
            masks = [np.zeros(len(arrays.values), dtype=bool) for _ in known]
            for mask, part in zip(masks, known, strict=True):
                mask[places] = part
            return backward_lines(step, arrays, *masks)

        return _Patient(loop, lines, arrays)
