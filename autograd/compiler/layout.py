"""Where each node's number lives in one array, so that operands are views of it wherever that is possible.

Leaves come first, those of matrix products row by row with their bias, then group by group. Behind the inputs of a
product with a bias comes a row of ones: weights and bias are then one matrix, inputs and ones another.
"""

from __future__ import annotations

import numpy as np

from ..engine.ops import LITERAL
from .groups import Group
from .steps import Alike, Product, Reduction, Window, strides_of
from .tape import Numbers, Tape

__all__ = ["Layout"]


class Layout:
    """A place for every node, and for the numbers of a graph that never change.

    Nodes alike, and the terms of a product, are put into the order in which their operands lie.
    """

    def __init__(self, tape: Tape, levels: list[list[Group]]) -> None:
        self.place = np.full(len(tape.nodes), -1, dtype=np.int64)
        self.fixed: list[tuple[int, list[float]]] = []  # from a place on, numbers that stay
        self.size = 0
        self._tape = tape
        self._is_literal = tape.code == tape.code_of(LITERAL)
        self._is_leaf = (tape.first < 0) & (tape.code >= 0)
        self._is_leaf[list(tape.many)] = False
        groups = [group for level in levels for group in level]
        found = [group for group in groups if isinstance(group, Product)]
        self._biased = {int(g.inputs.min()): g.inputs for g in found if g.bias is not None}
        found.sort(key=lambda product: product.out.size == 1)  # sums over all parameters come last
        for product in found:
            weights, bias = product.weights, product.bias
            self._put(weights if bias is None else np.column_stack([weights, bias]), True)
        inputs = [product.inputs.ravel() for product in found] or [self.place[:0]]
        others = self._is_leaf & (tape.code == 0)
        others[np.concatenate(inputs)] = False
        self._put(np.flatnonzero(others))  # the other parameters
        for product in found:
            self._put(product.inputs, True)
        self._put(np.flatnonzero(self._is_leaf & ~self._is_literal))
        self._put(np.flatnonzero(self._is_literal))
        readers = {
            (int(group.operands.min()), group.operands.size): group.operands.ravel()
            for group in groups
            if isinstance(group, Reduction)
        }
        for group in groups:
            if isinstance(group, Product):
                _sort_terms(group, self.place)
            elif isinstance(group, Alike):
                _sort(group, self.place, readers.get((int(group.out.min()), group.out.size)))
            self._put(group.out)

    def _put(self, nodes: Numbers, leaves_only: bool = False) -> None:
        """Give the next places to nodes that have none; with `leaves_only`, not to plain numbers or results."""
        flat = nodes.ravel()
        flat = flat[self.place[flat] < 0]
        if leaves_only:
            flat = flat[self._is_leaf[flat] & ~self._is_literal[flat]]
        if not len(flat):
            return
        _, first = np.unique(flat, return_index=True)
        flat = flat[np.sort(first)] if len(first) < len(flat) else flat
        self.place[flat] = np.arange(self.size, self.size + len(flat))
        self.size += len(flat)
        inputs = self._biased.get(int(flat.min()))
        if inputs is not None and np.array_equal(np.sort(flat), np.unique(inputs)):
            self._fix([1.0] * inputs.shape[1])

    def _fix(self, numbers: list[float]) -> Numbers:
        """Places for numbers that stay."""
        self.fixed.append((self.size, numbers))
        self.size += len(numbers)
        return np.arange(self.size - len(numbers), self.size)

    def window(self, nodes: Numbers) -> Window:
        """Where these nodes are; plain numbers that differ get new places, side by side."""
        literal = self._is_literal[nodes]
        if literal.all() and nodes.size > 1:
            numbers = [self._tape.nodes[i]._data for i in nodes.ravel().tolist()]
            if len(set(map(repr, numbers))) > 1:
                places = self._fix(numbers).reshape(nodes.shape)
                if nodes.ndim == 2:  # the inputs of a product
                    self._fix([1.0] * nodes.shape[1])
                return Window(places, unique=True)
        return Window(self.place[nodes])

    def folded(self, weights: Window, inputs: Window, bias: Window | None) -> tuple[Window, Window] | None:
        """Weights and bias as one matrix, and the inputs with a row of ones below, where they lie so."""
        if bias is None or weights.strides is None or inputs.strides is None:
            return None
        whole = Window(np.column_stack([weights.places, bias.places]))
        below = inputs.places[-1] + (inputs.strides[0] if inputs.shape[0] > 1 else inputs.shape[1])
        ones = any(
            len(numbers) == len(below) and place == below[0] and set(numbers) == {1.0} for place, numbers in self.fixed
        )
        if whole.strides is None or not whole.unique or not ones or (np.diff(below) != 1).any():
            return None
        return whole, Window(np.vstack([inputs.places, below]))


def _sort_terms(product: Product[Numbers], place: Numbers) -> None:
    """Put the terms of a product into the order in which the inputs of its first column lie, or else its weights."""
    for lead in (product.inputs[:, 0], product.weights[0]):
        places = place[lead]
        if (places >= 0).all():
            if (np.diff(places) < 0).any():
                order = np.argsort(places, kind="stable")
                product.inputs, product.weights = product.inputs[order], product.weights[:, order]
            return


def _sort(group: Alike[Numbers], place: Numbers, reader: Numbers | None) -> None:
    """Put nodes alike into the order in which those of their operands lie that were computed last.

    If these lie in no order, `reader` counts: the same nodes in the order in which a reduction takes them.
    """
    columns = [column for column in group.operands if not isinstance(column, float)]
    if not columns:
        return
    last = max(columns, key=lambda column: int(place[column[0]]))
    order = np.argsort(place[last], kind="stable")
    if strides_of(place[last][order]) is None:
        by_node = np.argsort(group.out)
        if reader is None or not np.array_equal(group.out[by_node], np.sort(reader)):
            return
        order = by_node[np.searchsorted(group.out[by_node], reader)]
    if (np.diff(order) != 1).any():
        group.out = group.out[order]
        group.operands = [x if isinstance(x, float) else x[order] for x in group.operands]
