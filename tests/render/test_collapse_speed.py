"""Big graphs in little time."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autograd import Value
from autograd.render import to_svg
from autograd.render.overview import picture_rows
from autograd.render.rows import graph_size

from .test_collapse import batch, tangle


@pytest.mark.parametrize("make", [lambda: batch(735), lambda: tangle(50_000), lambda: tangle(50_000, near=50)])
def test_fifty_thousand_nodes_make_a_picture_of_at_most_60_boxes_in_two_seconds(
    dot: Path, make: Callable[[], Value]
) -> None:
    root = make()
    root.backward()
    assert graph_size(root)[0] >= 50_000
    assert len(picture_rows(root).nodes) <= 60
    start = time.process_time()  # of this process: what `dot` takes for so few boxes is little, and its own affair
    to_svg(root)
    assert time.process_time() - start < 2.0


def test_a_long_chain_is_read_without_recursion() -> None:
    y = x = Value(1.0, "x")
    for _ in range(50_000):
        y = y + x
    assert len(picture_rows(y).nodes) <= 60
