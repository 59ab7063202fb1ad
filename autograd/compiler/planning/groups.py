"""What of a graph is computed at once: matrix products, rows of dots, reductions, nodes alike, and single nodes.

The arrays in a group hold nodes by their number in the tape.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from ...engine.op import Op
from ...engine.ops import DOT, LEAF
from .products import Dot, products
from .tape import Numbers, Tape

__all__ = ["NARROW", "WORK", "Alike", "Group", "Product", "Reduction", "Rows", "Single", "grouped"]

NARROW = 24  # nodes of a level; fewer are computed one by one, on floats, which NumPy's calls would only slow down
LONGEST = 10_000  # single nodes of one step
WORK = 16  # multiplications of a matrix product; below it floats are as fast


@dataclass
class Product:
    """nodes[r, c] = sum_k weights[r, k] inputs[k, c] + bias[r]; without a bias the last array is empty."""

    nodes: Numbers
    weights: Numbers
    inputs: Numbers
    bias: Numbers


@dataclass
class Rows:
    """nodes[n] = sum_k weights[k, n] inputs[k, n] + bias[n]: dots that have nothing in common."""

    nodes: Numbers
    weights: Numbers
    inputs: Numbers
    bias: Numbers


@dataclass
class Reduction:
    """nodes[n] = op(operands[0, n], operands[1, n], ...), for rows of any number of operands."""

    op: Op
    nodes: Numbers
    operands: Numbers


@dataclass
class Alike:
    """nodes[n] = op(operands[0][n], operands[1][n], ...)."""

    op: Op
    nodes: Numbers
    operands: list[Numbers]


@dataclass
class Single:
    """Nodes one after the other, operands first."""

    nodes: Numbers


Group = Product | Rows | Reduction | Alike | Single


def grouped(tape: Tape) -> list[list[Group]]:
    """Everything that is computed, level by level; the groups of one level need nothing of each other."""
    level = tape.levels()
    level[tape.code < 0] = 0
    ids = np.flatnonzero(level)
    order = ids[np.lexsort((ids, tape.code[ids], level[ids]))]
    counts = np.bincount(level[order], minlength=1)
    ends = np.cumsum(counts)
    starts = ends - counts
    # Runs of narrow levels without dots and reductions are taken at once.
    special = np.zeros(len(counts), dtype=bool)
    special[level[list(tape.many)]] = True
    wide = special | (counts >= NARROW)
    stops = np.flatnonzero(wide).tolist()
    found: list[list[Group]] = []
    single: list[Numbers] = []  # nodes that can wait until something needs them
    before = 1
    for stop in [*stops, len(counts)]:
        if stop > before:
            single.append(order[starts[before] : ends[stop - 1]])
        if stop < len(counts):
            members = order[starts[stop] : ends[stop]]
            groups, rest = _of_level(tape, members)
            if groups:
                if single and _needs(tape, np.setdiff1d(members, rest, assume_unique=True), np.concatenate(single)):
                    found += _pieces(single)
                    single = []
                found.append(groups)
            if len(rest):
                single.append(rest)
        before = stop + 1
    return found + (_pieces(single) if single else [])


def _pieces(single: list[Numbers]) -> list[list[Group]]:
    """Single nodes, in steps of a size that Python can compile when they run often."""
    nodes = np.concatenate(single)
    return [[Single(nodes[start : start + LONGEST])] for start in range(0, len(nodes), LONGEST)]


def _needs(tape: Tape, nodes: Numbers, single: Numbers) -> bool:
    """Whether one of the nodes has one of those for an operand."""
    among = np.zeros(len(tape.nodes), dtype=bool)
    among[single] = True
    for column in (tape.first[nodes], tape.second[nodes]):
        if among[column[column >= 0]].any():
            return True
    groups = {id(group): group for i in nodes.tolist() for group in tape.many.get(i, ())}
    return any(among[list(group)].any() for group in groups.values())


def _of_level(tape: Tape, nodes: Numbers) -> tuple[list[Group], Numbers]:
    """The groups of one level, and what is left over for single nodes."""
    codes = tape.code[nodes]
    cuts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1], True])
    groups: list[Group] = []
    left: list[Numbers] = []
    fewest = NARROW // 3 if len(nodes) >= NARROW else NARROW
    for s, e in itertools.pairwise(cuts):
        members, op = nodes[s:e], tape.ops[codes[s]]
        if op is DOT:
            rest = _products(tape, members, groups)
        elif int(members[0]) in tape.many:
            rest = _reductions(tape, op, members, groups)
        elif len(members) >= fewest:
            columns = [column[members].astype(np.int64) for column in (tape.first, tape.second)]
            groups.append(Alike(op, members, [c for c in columns if c[0] >= 0]))
            continue
        else:
            rest = members
        if len(rest):
            left.append(rest)
    return groups, np.sort(np.concatenate(left)) if left else nodes[:0]


def _products(tape: Tape, members: Numbers, groups: list[Group]) -> Numbers:
    """Sort dots into matrix products and rows; what is left over."""
    shapes: dict[tuple[int, int], list[Dot]] = defaultdict(list)
    trained = tape.code_of(LEAF)  # with a bias, what is trained is the weight, whichever side it was written on
    for i in members.tolist():
        weights, inputs = tape.many[i]
        if len(weights) > len(inputs) > 0 and tape.code[weights[0]] != trained == tape.code[inputs[0]]:
            weights, inputs = inputs + weights[len(inputs) :], weights[: len(inputs)]
        shapes[len(weights), len(inputs)].append(Dot(i, weights, inputs))
    left: list[int] = []
    for (_, inputs_length), dots in shapes.items():
        lone: list[Dot] = []
        for found in products(dots):
            if len(found.rows) * len(found.columns) == 1 and len(dots) > 1:
                lone.append(Dot(found.nodes[0][0], found.rows[0], found.columns[0]))
            elif found.work >= WORK:
                rows = np.array(found.rows)
                nodes, columns = np.array(found.nodes), np.array(found.columns).T
                groups.append(Product(nodes, rows[:, :inputs_length], columns, rows[:, inputs_length:].ravel()))
            else:
                left += [node for row in found.nodes for node in row]
        if len(lone) * inputs_length >= WORK and inputs_length <= len(lone) * 8:
            nodes, rows = np.array([dot.node for dot in lone]), np.array([dot.weights for dot in lone]).T
            columns = np.array([dot.inputs for dot in lone]).T
            groups.append(Rows(nodes, rows[:inputs_length], columns, rows[inputs_length:].ravel()))
        elif inputs_length >= WORK:
            groups += [
                Product(
                    np.array([[dot.node]]),
                    np.array([dot.weights[:inputs_length]]),
                    np.array([dot.inputs]).T,
                    np.array(dot.weights[inputs_length:], dtype=np.int64),
                )
                for dot in lone
            ]
        else:
            left += [dot.node for dot in lone]
    return np.array(left, dtype=np.int64)


def _reductions(tape: Tape, op: Op, members: Numbers, groups: list[Group]) -> Numbers:
    """Sort nodes of a row of any number of operands by that number; what is left over."""
    lengths: dict[int, list[int]] = defaultdict(list)
    for i in members.tolist():
        lengths[len(tape.many[i][0])].append(i)
    left: list[int] = []
    for length, nodes in lengths.items():
        if length * len(nodes) >= NARROW:
            groups.append(Reduction(op, np.array(nodes), np.array([tape.many[i][0] for i in nodes]).T))
        else:
            left += nodes
    return np.array(left, dtype=np.int64)
