"""Nodes that are computed one by one: plain Python on floats, written out."""

from __future__ import annotations

import functools
import re
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..operation import Op
from .arrays import Arrays
from .plan import Single
from .printing import float_code
from .symbols import Trace, partials

__all__ = ["backward_lines", "forward_lines"]

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


def _fetched(array: str, prefix: str, places: list[int], k: int, arrays: Arrays) -> list[str]:
    """Lines that fetch numbers as Python's floats."""
    if len(places) <= _FEW:
        return [f"{prefix}{p} = {array}.item({p})" for p in places]
    names = ", ".join(f"{prefix}{p}" for p in places)
    if places[-1] - places[0] == len(places) - 1:
        return [f"{names} = {array}[{places[0]}:{places[-1] + 1}].tolist()"]
    at = f"at{k}{array}{len(arrays.names)}"
    arrays.names[at] = np.array(places, dtype=np.int64)
    return [f"{names} = {array}.take({at}).tolist()"]


def _stored(array: str, prefix: str, places: list[int], sign: str, k: int, arrays: Arrays) -> list[str]:
    """Lines that put floats back into an array; `sign` is = or +=."""
    if len(places) <= _FEW:
        return [f"{array}[{p}] {sign} {prefix}{p}" for p in places]
    names = ", ".join(f"{prefix}{p}" for p in places)
    if places[-1] - places[0] == len(places) - 1:
        return [f"{array}[{places[0]}:{places[-1] + 1}] {sign} {names}"]
    at = f"to{k}{array}{len(arrays.names)}"
    arrays.names[at] = np.array(places, dtype=np.int64)
    return [f"{array}[{at}] {sign} {names}"]


def forward_lines(k: int, step: Single, arrays: Arrays) -> list[str]:
    """The lines that compute the nodes."""
    own = step.out.places.tolist()
    inside = set(own)
    before = sorted({p for operands in step.operands for p in operands if p not in inside})
    lines = []
    for op, place, operands in zip(step.ops, own, step.operands, strict=True):
        names = {f"x{i}": f"v{p}" for i, p in enumerate(operands)}
        code = float_code(_value(op, len(operands)), names, lambda row: arrays.bind(row, row.forward))
        lines.append(f"v{place} = {code}")
    return _fetched("V", "v", before, k, arrays) + lines + _stored("V", "v", own, "=", k, arrays)


def backward_lines(
    k: int, step: Single, arrays: Arrays, written: Any, wanted: Any, zeroed: Any
) -> list[str]:
    """The lines that send the nodes' messages.

    Args:
        written: which places of G hold a gradient so far; brought up to date.
        wanted: for which places a gradient is wanted.
        zeroed: places that have to be 0 before the pass; brought up to date.
    """
    own = step.out.places.tolist()
    inside = set(own)
    has = {p for p in own if written[p]}
    upstream = sorted(has)
    lines: list[str] = []

    def send(p: int, message: str) -> None:
        lines.append(f"g{p} {'+=' if p in has else '='} {message}")
        has.add(p)

    for op, place, operands in zip(step.ops[::-1], own[::-1], step.operands[::-1], strict=True):
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
    outside = sorted(p for p in has if p not in inside)
    if not outside:
        return []
    old = [p for p in outside if written[p]]
    new = [p for p in outside if not written[p]]
    written[outside] = True
    used = sorted({int(p) for line in lines for p in re.findall(r"\bv(\d+)\b", line)})
    return [
        *_fetched("V", "v", used, k, arrays),
        *_fetched("G", "g", upstream, k, arrays),
        *lines,
        *_stored("G", "g", new, "=", k, arrays),
        *_stored("G", "g", old, "+=", k, arrays),
    ]
