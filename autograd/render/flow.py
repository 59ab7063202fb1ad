"""How much flows along an arrow, as a width and a colour: log|message| on a scale of the whole picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .palette import STEPS, Palette, flow_colour
from .rows import Rows

__all__ = ["Scale", "scale_of"]

_THINNEST, _THICKEST = 1.0, 5.0  # points
_FEWEST, _MOST = 2.0, 6.0  # decades that the scale spans


@dataclass(frozen=True, slots=True)
class Scale:
    """From a message's size to its strength: 1 is the largest of the picture, 0 is `decades` powers of ten below.

    Example:
        >>> scale = Scale(100.0, 2.0)
        >>> scale.strength(-100.0), scale.strength(10.0), scale.strength(1e-5), scale.width(10.0)
        (1.0, 0.5, 0.0, '3')
    """

    largest: float
    decades: float

    def strength(self, message: float) -> float:
        """From 0 to 1; inf and nan are as strong as anything."""
        if not math.isfinite(message):
            return 1.0
        if message == 0:
            return 0.0
        below = math.log10(self.largest) - math.log10(abs(message))
        return min(1.0, max(0.0, 1 - below / self.decades))

    def width(self, message: float) -> str:
        """In points, as DOT has it."""
        return f"{_THINNEST + (_THICKEST - _THINNEST) * self.strength(message):.3g}"

    def colour(self, palette: Palette, message: float) -> str:
        """Blue or red by its sign, as saturated as it is strong; 0 has no sign, and nan none either."""
        if not math.isfinite(message):
            return palette.alarm
        if message == 0:
            return palette.grey
        return flow_colour(palette, message > 0, round(STEPS * self.strength(message)))

    def samples(self) -> list[float]:
        """Sizes for a legend, from the largest down."""
        return [self.largest / 10 ** (self.decades * i / 2) for i in range(3)]


def scale_of(rows: Rows) -> Scale | None:
    """The scale for the messages of a picture; None: nothing flows in it."""
    sizes = [abs(e.message) for e in rows.edges if e.message and math.isfinite(e.message)]
    if not sizes:
        return None
    span = math.log10(max(sizes)) - math.log10(min(sizes))
    return Scale(max(sizes), min(_MOST, max(_FEWEST, math.ceil(span))))
