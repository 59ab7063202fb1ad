"""The plan of a program: its steps, level by level, each with the places of its operands and results.

Two emitters write source from it, `numpy_source` and `namespace_source`; neither sees the graph again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..engine.op import Op
from ..engine.ops import DETACHED, LITERAL
from ..engine.value import Value
from .groups import Group, grouped, rewrite_sums
from .layout import Layout
from .steps import Alike, Inner, Product, Reduction, Rows, Single, Step, operands_of, outside
from .symbols import stack_of
from .tape import Mask, Tape

__all__ = ["Plan", "wanted_places"]


class Plan:
    """What a program does, in places of one array of `size` numbers.

    `roots` are the results, the program's own the last; `read` makes a tape of the graph below them. `place` says where
    each node of :meth:`nodes` is (-1: nowhere), `result` which of them is the program's own result, `root` where that
    is, `ops` which operations occur, `literals` which plain numbers are where. `steps` are those of all `levels`, and
    `number` counts them from 1.
    """

    def __init__(self, roots: Sequence[Value], read: Callable[[Sequence[Value]], Tape] = Tape) -> None:
        self.roots, self.read = roots, read
        tape = read(roots)
        self.result = tape.roots[-1]
        self.ops = set(tape.ops[3:])
        rewrite_sums(tape)
        levels = grouped(tape)
        layout = Layout(tape, levels)
        self.levels = [[_placed(group, tape, layout) for group in level] for level in levels]
        self.steps = [step for level in self.levels for step in level]
        self.number = {step: k for k, step in enumerate(self.steps, 1)}
        self.place = layout.place.astype(np.int32)
        self.size = layout.size
        self.root = int(layout.place[self.result])
        leaves = [i for node, i in tape.number.items() if layout.place[i] >= 0]
        self._fixed = layout.fixed
        self.literals = {int(layout.place[i]): tape.nodes[i]._data for i in leaves if tape.nodes[i]._row is LITERAL}
        self._leaves = {tape.nodes[i]: int(layout.place[i]) for i in leaves if tape.nodes[i]._row is not LITERAL}
        self._places = {node: int(layout.place[i]) for node, i in zip(roots, tape.roots, strict=True)}

    def nodes(self) -> list[Value]:
        """Every node, in the order of `place`; read from the graph again, since a plan that runs needs no nodes."""
        return self.read(self.roots).values()

    def rewritten(self) -> list[Value]:
        """Every node, with sums of products as single dots; only the leaves are the graph's own, all others new."""
        tape = self.read(self.roots)
        rewrite_sums(tape)
        return tape.made_anew(set(tape.number.values()))

    def place_of(self, node: Value) -> int:
        """Where a leaf, or a root, is."""
        return self._leaves[node] if node in self._leaves else self._places[node]

    def located(self, nodes: Sequence[Value]) -> dict[int, Value]:
        """Those of :meth:`nodes` that have a place, by place."""
        return {place: node for node, place in zip(nodes, self.place.tolist(), strict=True) if place >= 0}

    def leaves(self) -> list[tuple[Value, int]]:
        """The inputs that are read anew at every pass, with their places."""
        return list(self._leaves.items())

    def values(self) -> NDArray[np.float64]:
        """The array of numbers before the first pass: what never changes is in it."""
        array = np.zeros(self.size)
        array[list(self.literals)] = list(self.literals.values())
        for place, numbers in self._fixed:
            array[place : place + len(numbers)] = numbers
        return array


def _placed(group: Group, tape: Tape, layout: Layout) -> Step:
    """The same with windows in the place of nodes."""
    at = layout.window
    if isinstance(group, Product | Rows):
        bias = None if group.bias is None else at(group.bias.reshape(()) if group.out.size == 1 else group.bias)
        if isinstance(group, Rows):
            return Rows(at(group.out), at(group.weights), at(group.inputs), bias)
        if group.out.size == 1:
            return Inner(at(group.out.reshape(())), at(group.weights.ravel()), at(group.inputs.ravel()), bias)
        weights, inputs = at(group.weights), at(group.inputs)
        return Product(at(group.out), weights, inputs, bias, layout.folded(weights, inputs, bias))
    if isinstance(group, Reduction):
        of_one = len(group.out) == 1
        out, operands = (
            at(group.out.reshape(()) if of_one else group.out),
            group.operands[:, 0] if of_one else group.operands,
        )
        found = stack_of(group.op, group.count)
        if found is None:
            return Alike(group.op, out, [at(operand) for operand in operands])
        if found.apart is None:
            return Reduction(group.op, out, at(operands))
        return Reduction(group.op, out, at(operands[1:]), at(operands[0]))
    if isinstance(group, Alike):
        return Alike(group.op, at(group.out), [x if isinstance(x, float) else at(x) for x in group.operands])
    nodes, place = group.out, layout.place
    first, second = (
        np.where(column >= 0, place[column], -1).astype(np.int32) for column in (tape.first[nodes], tape.second[nodes])
    )
    many = {i: tuple(place[list(tape.operands(int(nodes[i])))].tolist()) for i in np.flatnonzero(first < 0).tolist()}
    return Single(tape.ops, tape.code[nodes], at(nodes), first, second, many)


def wanted_places(plan: Plan, leaves: Mask, stop: Op | None = DETACHED) -> Mask:
    """For which places a gradient is wanted: of `leaves`, and all that depend on them without `stop` between."""
    wanted = leaves.copy()
    for step in plan.steps:
        if isinstance(step, Single):
            before = outside(step)
            known = dict(zip(before, wanted[before].tolist(), strict=True))
            for op, place, operands in step.nodes():
                known[place] = op is not stop and any(known[p] for p in operands)
            wanted[step.out.places] = [known[p] for p in step.out.places.tolist()]
        elif isinstance(step, Alike):
            found = np.zeros(step.out.shape, dtype=bool)
            for window in operands_of(step) if step.op is not stop else ():
                found |= wanted[window.places]
            wanted[step.out.places] = found
        else:
            wanted[step.out.places] = any(wanted[window.places].any() for window in operands_of(step))
    return wanted
