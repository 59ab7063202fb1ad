"""Parts of an array as source text: views wherever the elements lie evenly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd.compiler.namespace_source import viewed


@pytest.mark.parametrize(
    ("shape", "at", "text"),
    [
        ((2, 3), [[3, 4, 5]], "w[1:2]"),
        ((2, 3), [[0, 3], [1, 4], [2, 5]], "w.T"),
        ((2, 3), [1, 4], "w[0:2, 1]"),
        ((6,), [[0, 1], [3, 4]], "w[0:6].reshape((2, 3))[:, :2]"),
        ((6,), [1, 3, 5], "w[1:6:2]"),
        ((2, 3), 4, "w[1, 1]"),
        ((6,), [5, 0], None),
    ],
)
def test_elements_that_lie_evenly_are_a_view(shape: tuple[int, ...], at: Any, text: str | None) -> None:
    index = np.array(at)
    found = viewed("w", shape, index)
    assert found == text
    if found is not None:
        assert np.array_equal(eval(found, {"w": np.arange(6).reshape(shape)}), index)
