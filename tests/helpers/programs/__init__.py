"""Graphs of many shapes for the compiler's tests, each made from a seeded source of chance.

A kind is a function of that source which returns a recorded graph: its root, and the leaves and constants whose
numbers may be changed. Everything is at points where the numbers are safe to compute with.
"""

from tests.helpers.programs import algebra, corners, models, networks, neurons, numerics, sequences, table
from tests.helpers.programs.making import KINDS, MAKERS, MODELS, Maker, Recorded
from tests.helpers.programs.random_graphs import layered_graph, small_graph

__all__ = [
    "KINDS", "MAKERS", "MODELS", "Maker", "Recorded", "algebra", "corners", "layered_graph", "models", "networks",
    "neurons", "numerics", "sequences", "small_graph", "table",
]  # fmt: skip
