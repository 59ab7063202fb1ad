"""Everything that the parts of a picture need to know of the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from .flow import Scale, scale_of
from .look import Look
from .palette import Palette
from .rows import EdgeRow, NodeRow, Rows
from .sentences import Sentences

__all__ = ["Picture"]


@dataclass(frozen=True)
class Picture:
    """A graph as it stands at a moment or at the end, and the look to draw it with.

    Args:
        rows: the graph as it is to be drawn.
        look: the options.
        final: the same rows when everything has happened; room is made and the scale is taken from them, so that
            nothing moves or changes its width from one moment to the next.
    """

    rows: Rows
    look: Look
    final: Rows
    backward: bool = field(init=False)  # whether there are dashed arrows
    returning: bool = field(init=False)  # whether a moment is one of the backward pass
    scale: Scale | None = field(init=False)
    say: Sentences = field(init=False)
    say_final: Sentences = field(init=False)
    seed: float | None = field(init=False)
    uses: Mapping[str, int] = field(init=False)  # of a node as an operand
    contributions: Mapping[str, int] = field(init=False)  # to its gradient, so far

    def __post_init__(self) -> None:
        counts: Counter[str] = Counter()
        for edge in self.rows.edges:
            counts[edge.source] += edge.message is not None
        for name, value in (
            ("backward", self.look.backward(self.rows)),
            ("returning", any(node.gradient is not None for node in self.rows.nodes)),
            ("scale", scale_of(self.final)),
            ("say", Sentences(self.rows, self.look)),
            ("say_final", Sentences(self.final, self.look)),
            ("seed", next((node.gradient for node in self.final.nodes if node.root), None)),
            ("uses", Counter(edge.source for edge in self.rows.edges)),
            ("contributions", counts),
        ):
            object.__setattr__(self, name, value)

    @property
    def palette(self) -> Palette:
        """The colours to write."""
        return self.look.palette

    def nodes(self) -> list[tuple[NodeRow, NodeRow]]:
        """Each node as it is and as it will be."""
        return list(zip(self.rows.nodes, self.final.nodes, strict=True))

    def edges(self) -> list[tuple[EdgeRow, EdgeRow]]:
        """Each use as it is and as it will be."""
        return list(zip(self.rows.edges, self.final.edges, strict=True))
