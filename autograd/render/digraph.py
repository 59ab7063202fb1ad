"""`graphviz.Digraph`, running the ``dot`` program that this package finds.

Apart from the other modules because importing `graphviz` takes time that somebody who never draws should not pay.
"""

from __future__ import annotations

from typing import Any

import graphviz

from .engine import found_dot

__all__ = ["FoundDigraph"]


class FoundDigraph(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no types
    """A Digraph whose pipe, render and view (and so notebooks, too) work wherever `to_svg` does."""

    def pipe(self, *args: Any, **kwargs: Any) -> Any:
        """As ``graphviz.Digraph.pipe``."""
        with found_dot():
            return super().pipe(*args, **kwargs)

    def render(self, *args: Any, **kwargs: Any) -> Any:
        """As ``graphviz.Digraph.render``."""
        with found_dot():
            return super().render(*args, **kwargs)
