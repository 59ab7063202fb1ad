"""Sums of products, written with + and *, rewritten as dots: w1*x1 + w2*x2 + b becomes dot(w, x) + b.

A sum is read through the sums that stand in it and are used nowhere else, down to its terms. A term that is a product
used nowhere else gives a weight and an input: the weight is the factor nearer to the leaves, or of two leaves the one
that is trained. Products of one sum whose factors are of the same kind make up one dot, the rest is added after. A dot
is only made where it becomes part of a matrix product, or is long.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from ...engine.op import Op
from ...engine.ops import ADD, DOT, LEAF, LITERAL, MUL, SUM
from .groups import WORK
from .products import Dot, products
from .tape import DEAD, Mask, Numbers, Tape

__all__ = ["rewrite_sums"]

LONG = 8  # terms without products that become one sum


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
    """Every sum with its terms, sorted by sum: `node[k]` is a term of the sum `owner[k]`.

    Args:
        tape: the graph.
        is_sum: which of its nodes add.
    """

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
            for found in products(group):
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
            if leaves:  # which cannot come too late; what is trained goes first
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
