"""Dots that make up matrix products."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Dot", "Product", "products"]


class Dot(NamedTuple):
    """One dot: node = sum_k weights[k] inputs[k] (+ bias, the weight that has no input)."""

    node: int
    weights: tuple[int, ...]
    inputs: tuple[int, ...]


class Product(NamedTuple):
    """Dots of some rows of weights with some columns of inputs, each with each: nodes[r][c] is row r times column c."""

    nodes: list[list[int]]
    rows: list[tuple[int, ...]]
    columns: list[tuple[int, ...]]

    @property
    def work(self) -> int:
        """Multiplications, of which each goes with an addition."""
        return len(self.rows) * len(self.columns) * len(self.columns[0])


def products(dots: Iterable[Dot]) -> list[Product]:
    """Sort dots into matrix products: columns that meet the same rows go together.

    Args:
        dots: of one level, so that none needs another, and of one length, all with a bias or all without.
    """
    found: list[Product] = []
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
            found.append(Product(table, [rows[r] for r in members], together))
        left = again
    return found
