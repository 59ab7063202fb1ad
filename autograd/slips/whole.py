"""Slips in the derivative as a whole: its sign, its unit, the order of its entries, a mean for a sum."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from functools import partial as later
from typing import Any

import numpy as np

from ..engine import ops
from ..reading.formulas import written
from .evidence import Evidence
from .guesses import Guess, column, edge_guess, value_and_partial

__all__ = ["degrees", "mean_for_sum", "sign_of_the_whole", "swapped_entries", "transposed"]

DEGREE = math.pi / 180.0
_TURNS = (ops.SIN, ops.COS, ops.TAN, ops.ASIN, ops.ACOS, ops.ATAN)


def sign_of_the_whole(e: Evidence) -> Iterator[Guess]:
    """Minus the derivative."""
    yield Guess("sign", -2.0 * e.right, None, lambda: "the sign is the wrong way round")


def degrees(e: Evidence) -> Iterator[Guess]:
    """A factor of pi/180 or 180/pi, on the whole or on the slope of an angle; or such a slope taken at degrees."""
    for factor, name in ((DEGREE, "pi/180"), (1.0 / DEGREE, "180/pi")):
        text = f"a factor of {name} too much: degrees in one place, radians in the other"
        yield Guess("degrees", (factor - 1.0) * e.right, None, text.__str__)
        for i, k, p in e.edges():
            node = e.order[i]
            if node._op not in _TURNS:
                continue
            taken = np.array([value_and_partial(node._op, (float(x),), 0)[1] for x in e.value[p] * factor])
            for numbers in (taken, factor * taken):
                yield edge_guess(e, i, k, numbers, "degrees", later(_degrees_text, node))
            yield edge_guess(e, i, k, factor * e.partial[i, k], "degrees", text.__str__)


def _degrees_text(node: Any) -> str:
    return f"the slope of {written(node, False)} is taken at degrees where f takes radians, or the other way round"


def transposed(e: Evidence) -> Iterator[Guess]:
    """The entries of a matrix column by column instead of row by row."""
    if len(e.columns) < 2:
        return
    places = np.arange(len(e.names))
    for start, rows, columns in _layouts(e.names):
        end = start + rows * columns
        for turned in (places[start:end].reshape(rows, columns).T, places[start:end].reshape(columns, rows).T):
            order = np.concatenate([places[:start], turned.ravel(), places[end:]])
            text = later(_transposed_text, rows, columns, e.names[start], e.names[end - 1])
            yield Guess("transposed", e.right[:, order] - e.right, None, text)


def _transposed_text(rows: int, columns: int, first: str, last: str) -> str:
    return f"the {rows} x {columns} matrix of the entries for {first} to {last} is transposed"


def _layouts(names: tuple[str, ...]) -> Iterator[tuple[int, int, int]]:
    """(start, rows, columns) of everything among the variables that may be a matrix, laid out row by row."""
    indices = [_matrix_index(name) for name in names]
    for letter, group in itertools.groupby(range(len(names)), lambda i: indices[i][0]):
        block = list(group)
        width = len({indices[i][1] for i in block})
        if letter and width > 1 and len(block) > width and len(block) % width == 0:
            yield block[0], len(block) // width, width
    side = math.isqrt(len(names))
    if side >= 2 and side * side == len(names):
        yield 0, side, side
    for side in range(3, 9):
        for start in range(len(names) - side * side + 1):
            yield start, side, side


def _matrix_index(name: str) -> tuple[str, str]:
    """The letter and the column of a name such as w12, w_1_2, w[0][1] or W[0,1]; empty if it is none."""
    found = re.fullmatch(r"(\D*?)[\[_]*(\d+?)(?:\]\[|,|_)?(\d+)\]?", name)
    return (found[1], found[3]) if found else ("", "")


def swapped_entries(e: Evidence) -> Iterator[Guess]:
    """Entries that are right, but for another variable; or right for other values of the variables."""
    if len(e.columns) < 2:
        return
    order = list(range(len(e.names)))
    free = [int(c) for c in e.columns]
    for i in map(int, e.columns):
        fits = [j for j in free if j != i and np.all(np.abs(e.right[:, j] - e.yours[:, i]) <= e.slack[:, i])]
        if not fits:
            return
        order[i] = fits[0]
        free.remove(fits[0])
    yield Guess("swapped", e.right[:, order] - e.right, None, later(_entries_text, [e.names[i] for i in e.columns]))


def _entries_text(names: list[str]) -> str:
    listed = " and ".join([", ".join(names[:-1]), names[-1]])
    return f"the entries for {listed} are {'swapped' if len(names) == 2 else 'in the wrong order'}"


def mean_for_sum(e: Evidence) -> Iterator[Guess]:
    """A factor of 1/n where f has a sum of n terms that are built alike; or n, where it has a mean."""
    for i, node in enumerate(e.order):
        if e.below[i] is None or not node.parents:
            continue
        n = len(node.parents) if node._op in (ops.SUM, ops.MEAN) else _terms_alike(e, i)
        factor = float(n) if node._op is ops.MEAN else 1.0 / max(n, 1)
        if n > 1:
            change = (factor - 1.0) * column(e.above[i]) * e.slopes_of(i)
            yield Guess("mean for sum", change, node, later(_mean_text, n, node._op is ops.MEAN), everywhere=True)


def _mean_text(n: int, mean: bool) -> str:
    if mean:
        return f"f takes the mean of {n} terms, your derivative their sum: a factor of 1/{n} is missing"
    return f"f takes the sum of {n} terms, your derivative their mean: a factor of 1/{n} too much"


def _terms_alike(e: Evidence, i: int) -> int:
    """How many terms a chain of additions has, if they are all built alike, as for the samples of a batch."""
    terms, unread = [], [i]
    while unread:
        j = unread.pop()
        if e.order[j]._op is ops.ADD:
            unread += e.parents[j]
        elif e.order[j].parents or e.order[j]._data != 0.0:  # Python's sum begins with 0
            terms.append(j)
    alike = len(terms) > 1 and all(e.parents[j] for j in terms) and len({_build(e, j, 0) for j in terms}) == 1
    return len(terms) if alike else 0


def _build(e: Evidence, j: int, depth: int) -> Any:
    return e.order[j]._op, tuple(_build(e, p, depth + 1) for p in e.parents[j]) if depth < 4 else ()
