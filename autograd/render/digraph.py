"""`graphviz.Digraph`, running the ``dot`` program that this package finds.

It has a file of its own because importing `graphviz` takes time that somebody who never draws should not pay.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import graphviz

from ..errors import GraphError
from .engine import drawn

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
        return drawn(lambda: super(FoundDigraph, self).pipe(*args, **kwargs))

    def render(self, *args: Any, **kwargs: Any) -> Any:
        return drawn(lambda: self._rendered(*args, **kwargs))

    def _rendered(self, *args: Any, **kwargs: Any) -> Any:
        written = Path(super().render(*args, **kwargs))
        empty = written.is_file() and not written.stat().st_size
        if empty or not written.exists():
            written.unlink(missing_ok=True)
            raise GraphError(f"`dot` wrote an empty picture to {written}")
        return str(written)
