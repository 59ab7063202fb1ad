"""`graphviz.Digraph`, running the ``dot`` program that this package finds.

It has a file of its own because importing `graphviz` takes time that somebody who never draws should not pay.
"""

from __future__ import annotations

from typing import Any

import graphviz

from ..errors import GraphError
from .engine import found_dot

__all__ = ["FoundDigraph"]


class FoundDigraph(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no types
    """A Digraph whose pipe, render and view (and so notebooks, too) work wherever `to_svg` does."""

    def pipe(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._piped(*args, **kwargs)
        except GraphError as error:
            if "routesplines" not in str(error) and "lost" not in str(error):
                raise
        # Some versions of `dot` find no way for a curve through a crowded picture. Straight parts always fit.
        straight = self.copy()
        straight.graph_attr["splines"] = "line"
        return straight._piped(*args, **kwargs)

    def _piped(self, *args: Any, **kwargs: Any) -> Any:
        with found_dot():
            return super().pipe(*args, **kwargs)

    def render(self, *args: Any, **kwargs: Any) -> Any:
        with found_dot():
            return super().render(*args, **kwargs)
