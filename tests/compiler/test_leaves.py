"""Where leaves are, and whose numbers are read."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Value
from autograd.compiler.leaves import Leaves
from autograd.errors import ArgumentError


def four() -> tuple[list[Value], Leaves]:
    nodes = [Value(float(i), f"x{i}") for i in range(4)]
    return nodes, Leaves(list(zip(nodes, (7, 2, 5, 0), strict=True)), set())


def test_numbers_are_read_to_their_places() -> None:
    nodes, leaves = four()
    values = np.full(8, -1.0)
    leaves.refresh(values)
    assert values.tolist() == [3.0, -1.0, 1.0, -1.0, -1.0, 2.0, -1.0, 0.0]
    nodes[0].data = 9.0
    leaves.refresh(values)
    assert values[7] == 9.0


def test_what_is_kept_is_not_read() -> None:
    nodes, leaves = four()
    leaves.keep([[nodes[1]], [nodes[2]]])
    values = np.full(8, -1.0)
    leaves.refresh(values)
    assert values[[2, 5]].tolist() == [-1.0, -1.0]
    assert values[[0, 7]].tolist() == [3.0, 0.0]


def test_places_have_the_block_s_shape() -> None:
    nodes, leaves = four()
    block = [nodes[:2], nodes[2:]]
    assert leaves.places(block).tolist() == [[7, 2], [5, 0]]
    block[0] = nodes[1::-1]  # the same list with other leaves
    assert leaves.places(block).tolist() == [[2, 7], [5, 0]]
    assert leaves.places(nodes[3]).tolist() == [0]


def test_no_leaf_and_one_named_twice_are_refused() -> None:
    nodes, leaves = four()
    with pytest.raises(ArgumentError, match="named twice"):
        leaves.places([nodes[0], nodes[0]])
    with pytest.raises(ArgumentError):
        leaves.places([Value(1.0)])
    with pytest.raises(ArgumentError):
        leaves.places(["x0"])
