"""Compiled random graphs in layers, whose nodes stand together as a network's do, against a plain replay."""

from __future__ import annotations

import random
import warnings

import pytest

from autograd.errors import GradientWarning
from tests.programs import layered_graph
from tests.replaying import AS_IS, HIGH, LOW, check_compiled, forced


@pytest.mark.parametrize("start", range(0, 4000, 250))
def test_layered_graphs(start: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GradientWarning)
        for seed in range(start, start + 250):
            g = layered_graph(random.Random(seed))
            narrow = (LOW, LOW, AS_IS, HIGH)[seed % 4]
            try:
                with forced(narrow):
                    check_compiled(g, random.Random(seed))
            except BaseException as error:
                error.add_note(f"layered graph, seed {seed}, narrow {narrow}")
                raise
