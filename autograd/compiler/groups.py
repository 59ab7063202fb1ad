"""What of a graph is computed at once: matrix products, rows of dots, reductions, nodes alike, and single nodes.

The arrays in a group hold nodes by their number in the tape. :func:`rewrite_sums` comes first: it makes dots of sums of
products that were written with + and *. Then :func:`grouped` sorts the nodes into groups, level by level, and
:func:`grids` the dots among them into matrix products.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..engine.op import Op
from ..engine.ops import ADD, DOT, LEAF, LITERAL, MUL, SUM
from .steps import Alike, Product, Reduction, Rows
from .symbols import stack_of
from .tape import DEAD, Mask, Numbers, Tape

__all__ = ["NARROW", "WORK", "Dot", "Grid", "Group", "Lone", "grids", "grouped", "rewrite_sums"]

NARROW = 24  # nodes of a level; fewer are computed one by one, on floats, which NumPy's calls would only slow down
LONGEST = 10_000  # single nodes of one step
WORK = 16  # multiplications of a matrix product; below it floats are as fast
LONG = 8  # terms without products that become one sum


@dataclass
class Lone:
    """Nodes that are computed one after the other, operands first."""

    out: Numbers


Group = Product[Numbers] | Rows[Numbers] | Reduction[Numbers] | Alike[Numbers] | Lone


class Dot(NamedTuple):
    """One dot: node = sum_k weights[k] inputs[k] (+ bias, the weight that has no input)."""

    node: int
    weights: tuple[int, ...]
    inputs: tuple[int, ...]


class Grid(NamedTuple):
    """Dots of some rows of weights with some columns of inputs, each with each: nodes[r][c] is row r times column c."""

    nodes: list[list[int]]
    rows: list[tuple[int, ...]]
    columns: list[tuple[int, ...]]

    @property
    def work(self) -> int:
        """How many multiplications it takes."""
        return len(self.rows) * len(self.columns) * len(self.columns[0])


# --- sums of products, written with + and *, become dots -------------------------------------------------------------
#
# w1*x1 + w2*x2 + b becomes dot(w, x) + b. A sum is read through the sums that stand in it and are used nowhere else,
# down to its terms. A term that is a product used nowhere else gives a weight and an input: the weight is the factor
# that is fewer operations away from the leaves; of two leaves, the one that is trained. The products of one sum whose
# factors are of the same kind make up one dot, and the rest is added to it. A dot is only made where it becomes part of
# a matrix product, or is long.


def rewrite_sums(tape: Tape) -> None:
    """Rewrite the tape's sums in place; nodes that are no longer needed get the code DEAD."""
    add, total, times = tape.code_of(ADD), tape.code_of(SUM), tape.code_of(MUL)
    is_sum = (tape.code == add) | (tape.code == total)
    if is_sum.any():
        sums = _Sums(tape, is_sum)
        if len(sums.node):
            sums.find_dots(times)
            sums.write()


class _Sums:
    """Every sum of a tape with its terms, sorted by sum: `node[k]` is a term of the sum `owner[k]`."""

    def __init__(self, tape: Tape, is_sum: Mask) -> None:
        self.tape = tape
        member, operand = _slots(tape, is_sum)
        consumer = np.full(len(tape.nodes), -1, dtype=np.int64)
        consumer[operand] = member
        self.inside = (tape.uses() == 1) & (consumer >= 0)  # used by one sum and nowhere else
        absorbed = self.inside & is_sum
        self.root = np.where(absorbed, consumer, np.arange(len(consumer)))
        while not np.array_equal(further := self.root[self.root], self.root):
            self.root = further
        is_term = ~absorbed[operand]
        owner, node = self.root[member[is_term]], operand[is_term]
        order = np.lexsort((node, owner))
        self.owner, self.node = owner[order], node[order]
        self.absorbed = absorbed
        self.dots: dict[int, list[Dot]] = defaultdict(list)  # by the sum that they are terms of
        self.taken = np.zeros(len(consumer), dtype=bool)  # products that a dot has taken in

    def find_dots(self, times: int) -> None:
        """Collect the products of each sum as dots, and keep those dots that pay."""
        tape = self.tape
        is_product = self.inside[self.node] & (tape.code[self.node] == times)
        owner, product = self.owner[is_product], self.node[is_product]
        if not len(owner):
            return
        level = tape.levels()
        trained = tape.code == tape.code_of(LEAF)
        a, b = tape.first[product].astype(np.int64), tape.second[product].astype(np.int64)
        swap = (level[b] < level[a]) | ((level[b] == level[a]) & trained[b] & ~trained[a])
        weight, x = np.where(swap, b, a), np.where(swap, a, b)
        kind = ((level[weight] * 2 + trained[weight]) * (int(level.max()) + 1) + level[x]) * 2 + trained[x]
        order = np.lexsort((weight, x, kind, owner))
        owner, product, weight, x, kind = (array[order] for array in (owner, product, weight, x, kind))
        starts = np.flatnonzero(np.r_[True, (owner[1:] != owner[:-1]) | (kind[1:] != kind[:-1])])
        ends = np.r_[starts[1:], len(owner)]
        several = ends - starts > 1
        starts, ends = starts[several], ends[several]
        weights, inputs = weight.tolist(), x.tolist()
        alike: dict[tuple[int, int], list[Dot]] = defaultdict(list)
        where: dict[int, tuple[int, int, int]] = {}
        # The last product of a dot comes behind all of its factors, so its number can be the dot's.
        names = [int(product[s:e].max()) for s, e in zip(starts, ends, strict=True)]
        places = zip(names, kind[starts].tolist(), owner[starts].tolist(), starts.tolist(), ends.tolist(), strict=True)
        for name, of_kind, of_sum, s, e in places:
            alike[of_kind, e - s].append(Dot(name, tuple(weights[s:e]), tuple(inputs[s:e])))
            where[name] = of_sum, s, e
        for group in alike.values():
            for found in grids(group):
                if found.work >= WORK:
                    for r, row in enumerate(found.nodes):
                        for c, name in enumerate(row):
                            of_sum, s, e = where[name]
                            self.dots[of_sum].append(Dot(name, found.rows[r], found.columns[c]))
                            self.taken[product[s:e]] = True

    def write(self) -> None:
        """Put the dots, and sums of many terms, in the place of the nodes that they were read from."""
        tape, dot_code = self.tape, self.tape.code_of(DOT)
        starts = np.flatnonzero(np.r_[True, self.owner[1:] != self.owner[:-1]])
        ends = np.r_[starts[1:], len(self.owner)]
        owners = self.owner[starts]
        recorded = (tape.code == dot_code) & self.inside  # dots to which a sum adds something
        wanted = np.logical_or.reduceat(recorded[self.node], starts) | (ends - starts >= LONG)
        wanted |= np.isin(owners, list(self.dots))
        gone = self.absorbed & np.isin(self.root, owners[wanted]) | self.taken
        tape.code[gone] = DEAD
        tape.first[gone] = tape.second[gone] = -1
        for i in np.flatnonzero(gone).tolist():
            tape.many.pop(i, None)
        nodes, is_dot = self.node.tolist(), recorded[self.node].tolist()
        for root, s, e in zip(owners[wanted].tolist(), starts[wanted].tolist(), ends[wanted].tolist(), strict=True):
            dots = self.dots.get(root, []) + [Dot(nodes[k], *tape.many[nodes[k]]) for k in range(s, e) if is_dot[k]]
            self._put(root, dots, [nodes[k] for k in range(s, e) if not is_dot[k] and not self.taken[nodes[k]]])

    def _put(self, root: int, dots: list[Dot], rest: list[int]) -> None:
        """Make `root` the sum of `dots` and of the nodes `rest`."""
        tape = self.tape
        some = [t for t in rest if tape.ops[tape.code[t]] is not LITERAL or repr(tape.nodes[t]._data) != "0.0"]
        rest = some if some or dots else rest[:1]  # Python's sum begins with 0
        if len(dots) == 1 and len(dots[0].weights) == len(dots[0].inputs):
            leaves = [t for t in rest if tape.first[t] < 0 and t not in tape.many and t not in dots[0].inputs]
            if leaves:  # a leaf is there from the start; one that is trained is preferred
                bias = min(leaves, key=lambda t: (int(tape.code[t]), t))
                rest.remove(bias)
                dots[0] = dots[0]._replace(weights=(*dots[0].weights, bias))
        if len(dots) == 1 and not rest:
            tape.code[dots[0].node] = DEAD
            tape.many.pop(dots[0].node, None)
            dots = [dots[0]._replace(node=root)]
        for dot in dots:
            self._write(dot.node, DOT, (dot.weights, dot.inputs))
        terms = (*[dot.node for dot in dots], *rest)
        if len(terms) == 2:
            self._write(root, ADD, ())
            tape.first[root], tape.second[root] = terms
        elif terms != (root,):
            self._write(root, SUM, (terms,))

    def _write(self, node: int, op: Op, groups: tuple[tuple[int, ...], ...]) -> None:
        tape = self.tape
        tape.many.pop(node, None)
        tape.code[node] = tape.code_of(op)
        tape.first[node] = tape.second[node] = -1
        if groups:
            tape.many[node] = groups


def _slots(tape: Tape, is_sum: Mask) -> tuple[Numbers, Numbers]:
    """Every pair of a sum and one of its operands."""
    pairs = np.flatnonzero(is_sum & (tape.first >= 0))
    many = [(i, p) for i in np.flatnonzero(is_sum & (tape.first < 0)).tolist() for p in tape.many[i][0]]
    member = np.concatenate([pairs, pairs, np.array([i for i, _ in many], dtype=np.int64)])
    operand = np.concatenate([tape.first[pairs], tape.second[pairs], np.array([p for _, p in many], dtype=np.int64)])
    return member, operand.astype(np.int64)


# --- groups, level by level -------------------------------------------------------------------------------------------


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
    return [[Lone(nodes[start : start + LONGEST])] for start in range(0, len(nodes), LONGEST)]


def _needs(tape: Tape, nodes: Numbers, single: Numbers) -> bool:
    """Whether one of these nodes has one of the `single` ones for an operand."""
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
            groups.append(Alike(op, members, [_operand(tape, column) for column in columns if column[0] >= 0]))
            continue
        else:
            rest = members
        if len(rest):
            left.append(rest)
    return groups, np.sort(np.concatenate(left)) if left else nodes[:0]


def _operand(tape: Tape, nodes: Numbers) -> Numbers | float:
    """One operand of nodes alike; a plain number that all of them share is given as it is."""
    shared = tape.ops[tape.code[nodes[0]]] is LITERAL and (nodes == nodes[0]).all()
    return tape.nodes[int(nodes[0])]._data if shared else nodes


def _products(tape: Tape, members: Numbers, groups: list[Group]) -> Numbers:
    """Add the dots to `groups` as matrix products and rows; return those that stay single."""
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
        for found in grids(dots):
            if len(found.rows) * len(found.columns) == 1 and len(dots) > 1:
                lone.append(Dot(found.nodes[0][0], found.rows[0], found.columns[0]))
            elif found.work >= WORK:
                groups.append(_product(found))
            else:
                left += [node for row in found.nodes for node in row]
        if len(lone) * inputs_length >= WORK and inputs_length <= len(lone) * 8:
            nodes, rows = np.array([dot.node for dot in lone]), np.array([dot.weights for dot in lone]).T
            columns = np.array([dot.inputs for dot in lone]).T
            bias = rows[-1] if len(rows) > inputs_length else None
            groups.append(Rows(nodes, rows[:inputs_length], columns, bias))
        elif inputs_length >= WORK:
            groups += [_product(Grid([[dot.node]], [dot.weights], [dot.inputs])) for dot in lone]
        else:
            left += [dot.node for dot in lone]
    return np.array(left, dtype=np.int64)


def _product(grid: Grid) -> Product[Numbers]:
    rows, columns = np.array(grid.rows), np.array(grid.columns).T
    terms = len(columns)
    return Product(np.array(grid.nodes), rows[:, :terms], columns, rows[:, -1] if rows.shape[1] > terms else None)


def _reductions(tape: Tape, op: Op, members: Numbers, groups: list[Group]) -> Numbers:
    """Add nodes of many operands to `groups`, sorted by the number of operands; return those that stay single."""
    lengths: dict[int, list[int]] = defaultdict(list)
    for i in members.tolist():
        lengths[len(tape.many[i][0])].append(i)
    left: list[int] = []
    for length, nodes in lengths.items():
        is_lone = len(nodes) == 1 and stack_of(op, length) is None  # one call on floats, but many on arrays
        if length * len(nodes) >= NARROW and not is_lone:
            groups.append(Reduction(op, np.array(nodes), np.array([tape.many[i][0] for i in nodes]).T))
        else:
            left += nodes
    return np.array(left, dtype=np.int64)


def grids(dots: Iterable[Dot]) -> list[Grid]:
    """Sort dots into the grids of matrix products: columns that meet the same rows go together.

    The dots are of one level, so that none needs another, and of one length, all with a bias or all without.
    """
    found: list[Grid] = []
    left = list(dots)
    while left:
        number: dict[tuple[int, ...], int] = {}
        columns: dict[tuple[int, ...], dict[int, int]] = defaultdict(dict)
        again = []
        for dot in left:
            row = number.setdefault(dot.weights, len(number))
            nodes = columns[dot.inputs]
            if row in nodes:
                again.append(dot)  # the same dot once more
            else:
                nodes[row] = dot.node
        rows = list(number)
        alike: dict[tuple[int, ...], list[tuple[int, ...]]] = defaultdict(list)
        for column, nodes in columns.items():
            alike[tuple(sorted(nodes))].append(column)
        for members, together in alike.items():
            table = [[columns[column][r] for column in together] for r in members]
            found.append(Grid(table, [rows[r] for r in members], together))
        left = again
    return found
