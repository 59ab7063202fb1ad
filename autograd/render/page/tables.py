"""Neurons as tables on a page: which boxes stand together in one, and in which order the tables stand.

Who is a neuron is said in :mod:`autograd.render.networks`. A page shows every node, so a neuron that works on several
samples has no table there, nor has one whose weights are not its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ...engine.ops import DOT
from ...reading.grouping import Grouping
from ...reading.text import label_text
from ...reading.trace import Trace
from ..networks import Address, neurons_of
from ..rows import NodeRow, Rows

__all__ = ["Table", "columns", "in_reading_order", "neuron_tables", "owners", "row_name"]


class Table(NamedTuple):
    """One neuron.

    Args:
        title: what stands above it.
        address: its layer, and its number there.
        members: the ids of its rows: weights, bias, weighted sum, activation.
        names: what the rows are called, for their width.
        z: the id of the sum of products, with the bias or before it is added.
        weights: the ids of all weights, in order, also of those that are no rows.
        inputs: the ids of its inputs, in order.
        first: the place of the first weight among the operands of `z`.
    """

    title: str
    address: Address
    members: tuple[str, ...]
    names: tuple[str, ...]
    z: str
    weights: tuple[str, ...]
    inputs: tuple[str, ...]
    first: int

    def entrance(self, operand: int) -> str:
        """The row where the arrow of an operand of the weighted sum arrives: that of the weight that it meets."""
        pair = operand - (0 if self.first else len(self.weights))
        weight = self.weights[pair] if 0 <= pair < len(self.weights) else self.z
        return weight if weight in self.members else self.z


def neuron_tables(trace: Trace, rows: Rows, ids: Sequence[Sequence[str]]) -> dict[str, Table]:
    """The tables of a graph, by a name of their own; `ids` are those of each node's boxes."""
    by_id = {node.id: node for node in rows.nodes}
    uses = Counter(edge.source for edge in rows.edges)
    operands = {(edge.target, edge.operand): edge.source for edge in rows.edges}
    found: dict[str, Table] = {}
    for neuron in neurons_of(trace.order, Grouping(trace.order)):
        own = [ids[trace.place[leaf]][0] for leaf in neuron.leaves]
        own = [id_ for id_ in own if uses[id_] == 1 and by_id[id_].label]
        if len(neuron.sums) > 1 or not own:
            continue
        made = [nodes[0] for nodes in neuron.stages]
        product = made[0] if made[0]._row is DOT else next(p for p in made[0].parents if p._row is DOT)
        made = [product, *made] if product is not made[0] else made
        members = [*own, *[ids[trace.place[node]][0] for node in made if node is product or node is not trace.root]]
        z, n = ids[trace.place[product]][0], len(product._b)
        first = 0 if product._a[0] is neuron.terms[0].weights[0] else n
        weights, inputs = (tuple(operands[z, start + k] for k in range(n)) for start in (first, n - first))
        cluster = by_id[z].cluster
        title = label_text(", ".join(cluster)) if cluster else "weighted sum"
        names = (*[row_name(by_id[id_]) for id_ in members], title)
        found[f"table-{z}"] = Table(title, neuron.address, tuple(members), names, z, weights, inputs, first)
    return found


def row_name(node: NodeRow) -> str:
    """A node's name in a table, and what the activation is."""
    name = label_text(node.name)
    return f"{name} = {label_text(node.symbol, limit=12)}" if node.kind == "op" and node.op != "dot" else name


def in_reading_order(rows: Rows, tables: dict[str, Table]) -> list[str]:
    """The ids of all nodes: neuron by neuron as they are numbered, then what is in no table."""
    return list(dict.fromkeys([*owners(tables), *(node.id for node in rows.nodes)]))


def owners(tables: dict[str, Table]) -> dict[str, str]:
    """For each node in a table the name of that table."""
    return {member: key for key, table in tables.items() for member in table.members}


def columns(rows: Rows, tables: dict[str, Table]) -> list[list[str]]:
    """What stands in one column, from top to bottom: the neurons of a layer, and the inputs of the first."""
    taken = set(owners(tables)) | {edge.target for edge in rows.edges}
    layers: dict[int, list[str]] = {}
    found: list[list[str]] = []
    for key, table in tables.items():
        layers.setdefault(table.address[0], []).append(key)
        leaves = list(dict.fromkeys(table.inputs))
        if taken.isdisjoint(leaves):
            found.append(leaves)
            taken.update(leaves)
    return [column for column in [*layers.values(), *found] if len(column) > 1]
