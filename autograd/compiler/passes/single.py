"""Nodes that are computed one by one, as plain Python on floats, written out line by line."""

from __future__ import annotations

import functools
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engine.op import Op
from ...errors import ArgumentError
from ..formulas.printing import float_code
from ..formulas.symbols import Trace, partials
from ..planning.plan import Single
from .arrays import Arrays

__all__ = ["backward_lines", "forward_lines", "outside"]

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


def outside(step: Single) -> list[int]:
    """The places of the operands that were computed before the step."""
    places = np.concatenate([step.first, step.second, *map(np.array, step.many.values())])
    places = np.unique(places[places >= 0]).astype(np.int64)
    low, high = step.out.places[0], step.out.places[-1]
    found: list[int] = places[(places < low) | (places > high)].tolist()
    return found


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
    """The lines that send the nodes' messages.

    Args:
        written: which places of G hold a gradient so far; brought up to date.
        wanted: for which places a gradient is wanted.
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
