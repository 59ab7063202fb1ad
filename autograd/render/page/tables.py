"""Neurons as tables: which nodes of a graph stand together in one, and in which order the tables stand.

A neuron is a dot product with its weights and bias, where nothing else uses these, and the activation of its sum.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ...reading.text import label_text
from ..rows import EdgeRow, NodeRow, Rows

__all__ = ["Table", "columns", "in_reading_order", "neuron_tables", "owners", "row_name"]


class Table(NamedTuple):
    """One neuron.

    Args:
        title: what stands above it.
        members: the ids of its rows: weights, bias, weighted sum, activation.
        names: what the rows are called, for their width.
        z: the id of the weighted sum.
        weights: the ids of all weights, in order, also of those that are no rows.
        inputs: the ids of its inputs, in order.
    """

    title: str
    members: tuple[str, ...]
    names: tuple[str, ...]
    z: str
    weights: tuple[str, ...]
    inputs: tuple[str, ...]

    def entrance(self, operand: int) -> str:
        """The row where the arrow of an operand of the weighted sum arrives: that of the weight that it meets."""
        pair = operand - len(self.weights)
        weight = self.weights[pair] if 0 <= pair < len(self.weights) else self.z
        return weight if weight in self.members else self.z


def neuron_tables(rows: Rows) -> dict[str, Table]:
    """The tables of a graph, by a name of their own."""
    by_id = {node.id: node for node in rows.nodes}
    uses = Counter(edge.source for edge in rows.edges)
    into: dict[str, list[EdgeRow]] = {}
    users: dict[str, list[NodeRow]] = {}
    for edge in rows.edges:
        into.setdefault(edge.target, []).append(edge)
        users.setdefault(edge.source, []).append(by_id[edge.target])
    found: dict[str, Table] = {}
    for node in rows.nodes:
        if node.op != "dot":
            continue
        operands = [edge.source for edge in sorted(into[node.id], key=lambda edge: edge.operand)]
        half = len(operands) // 2
        own = [id_ for id_ in (*operands[:half], *operands[2 * half :]) if uses[id_] == 1 and id_ not in into]
        own = [id_ for id_ in own if by_id[id_].label]
        if not own:
            continue
        members = [*own, node.id]
        after = users.get(node.id, [])
        if len(after) == 1 and len(into[after[0].id]) == 1 and not after[0].root:
            members.append(after[0].id)
        names = tuple(row_name(by_id[id_]) for id_ in members)
        title = label_text(", ".join(node.cluster)) if node.cluster else "weighted sum"
        found[f"table-{node.id}"] = Table(
            title, tuple(members), (*names, title), node.id, tuple(operands[:half]), tuple(operands[half : 2 * half])
        )
    return found


def row_name(node: NodeRow) -> str:
    """A node's name in a table, and what the activation is."""
    name = label_text(node.name)
    return f"{name} = {label_text(node.symbol, limit=12)}" if node.kind == "op" and node.op != "dot" else name


def in_reading_order(rows: Rows, tables: dict[str, Table]) -> list[str]:
    """The ids of all nodes: neuron by neuron as they are numbered, then what is in no table."""
    numbered = sorted(tables.values(), key=lambda table: _numbers(table.title))
    listed = [member for table in numbered for member in table.members]
    return list(dict.fromkeys([*listed, *(node.id for node in rows.nodes)]))


def owners(tables: dict[str, Table]) -> dict[str, str]:
    """For each node in a table the name of that table."""
    return {member: key for key, table in tables.items() for member in table.members}


def columns(rows: Rows, tables: dict[str, Table]) -> list[list[str]]:
    """What stands in one column, from top to bottom: the neurons of a layer, and the inputs of the first."""
    owner = owners(tables)
    layers: dict[tuple[str, ...], list[str]] = {}
    for key, table in tables.items():
        layers.setdefault(table.inputs, []).append(key)
    place = {id_: n for inputs in layers for n, id_ in enumerate(inputs)}
    found: list[list[str]] = []
    for inputs, keys in layers.items():
        found.append(sorted(keys, key=lambda key: _order(tables[key], place)))
        leaves = [id_ for id_ in dict.fromkeys(inputs) if id_ not in owner and not _made(rows, id_)]
        if len(leaves) == len(set(inputs)) and not any(set(leaves) & set(column) for column in found):
            found.append(leaves)
    return [column for column in found if len(column) > 1]


def _order(table: Table, place: dict[str, int]) -> tuple[int, Sequence[int]]:
    """By the place where the next layer takes the neuron in; of the last layer, by the numbers in its title."""
    taken = [place[member] for member in table.members if member in place]
    return (taken[0] if taken else 0), _numbers(table.title)


def _numbers(text: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"[0-9]+", text)]


def _made(rows: Rows, id_: str) -> bool:
    return any(edge.target == id_ for edge in rows.edges)
