"""Compiled random graphs in layers, whose nodes stand together as a network's do, against a plain replay."""

from __future__ import annotations

import pytest

from tests.helpers.programs import layered_graph
from tests.helpers.replaying import check_numbered

pytestmark = pytest.mark.filterwarnings("ignore::autograd.errors.GradientWarning")


@pytest.mark.parametrize("start", range(0, 4000, 250))
def test_layered_graphs(start: int) -> None:
    for seed in range(start, start + 250):
        check_numbered(layered_graph, seed)
