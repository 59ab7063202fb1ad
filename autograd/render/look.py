"""What a picture is to show, and how: the options that every kind of picture takes."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any, get_args

from ..errors import ArgumentError
from ..reading.text import number_text
from .palette import Palette, Theme, palette_of
from .rows import Rows

__all__ = ["DIRECTIONS", "PARTS", "THEMES", "Look", "look_of"]

PARTS = ("values", "gradients", "locals", "messages")
DIRECTIONS = ("LR", "TB", "RL", "BT")
THEMES: tuple[Theme, ...] = get_args(Theme)
_FORMAT = re.compile(r"[+ ]?,?(\.\d{1,2})?[eEfFgG]")


@dataclass(frozen=True, slots=True)
class Look:
    """The looks of a picture.

    Args:
        show: any of "values" and "gradients" (in the boxes), "locals" (the local derivatives) and "messages" (what
            flowed back), the last two on dashed arrows. None: all, but no dashed arrows before a backward has run.
        direction: where the forward arrows point: "LR" (left to right), "TB", "RL" or "BT".
        number_format: how numbers are written, as in ``format(x, ".4g")``.
        theme: "light", "dark", "print" (black on white), or "auto": as the viewer prefers, light or dark.
        legend: whether a legend explains colours and widths, where there are any.

    Raises:
        ArgumentError: there is no such choice; the message names those there are.

    Example:
        >>> Look().number(1 / 3), Look(number_format=".1e").number(1 / 3), Look().number(None)
        ('0.3333', '3.3e-01', 'not computed')
        >>> Look(theme="sepia")
        Traceback (most recent call last):
        ...
        autograd.errors.ArgumentError: theme is one of auto, light, dark, print, not 'sepia'
    """

    show: Collection[str] | None = None
    direction: str = "LR"
    number_format: str = ".4g"
    theme: Theme = "auto"
    legend: bool = True

    def __post_init__(self) -> None:
        if self.show is not None:
            parts = (self.show,) if isinstance(self.show, str) else self.show
            if not isinstance(parts, Collection) or not set(PARTS).issuperset(parts):
                raise ArgumentError(f"show is any of {', '.join(PARTS)}, not {self.show!r}")
            object.__setattr__(self, "show", tuple(part for part in PARTS if part in parts))
        if self.direction not in DIRECTIONS:
            raise ArgumentError(f"direction is one of {', '.join(DIRECTIONS)}, not {self.direction!r}")
        if self.theme not in THEMES:
            raise ArgumentError(f"theme is one of {', '.join(THEMES)}, not {self.theme!r}")
        if not isinstance(self.number_format, str) or not _FORMAT.fullmatch(self.number_format):
            raise ArgumentError(
                "number_format is a format of Python's with e, f or g, such as '.4g', '.2f' or '+.3e', not "
                f"{self.number_format!r}"
            )
        if not isinstance(self.legend, bool):
            raise ArgumentError(f"legend is True or False, not {self.legend!r}")

    @property
    def palette(self) -> Palette:
        """The colours to write."""
        return palette_of(self.theme)

    def shows(self, part: str) -> bool:
        """Whether a part is wanted."""
        return self.show is None or part in self.show

    def number(self, x: float | None, missing: str = "not computed") -> str:
        """A number, or what stands in place of one."""
        return number_text(x, missing, self.number_format)

    def backward(self, rows: Rows) -> bool:
        """Whether dashed arrows are drawn: gradients are known, or they were asked for, or it is a moment."""
        if not (self.shows("locals") or self.shows("messages")):
            return False
        return self.show is not None or any(e.message is not None or e.state for e in rows.edges)


def look_of(rankdir: str | None = None, **options: Any) -> Look:
    """The look for a function's keywords; `rankdir` is `direction` by the name that Graphviz has for it.

    Raises:
        ArgumentError: there is no such option or choice.

    Example:
        >>> look_of(rankdir="TB").direction
        'TB'
    """
    if rankdir is not None:
        if rankdir not in DIRECTIONS:
            raise ArgumentError(f"rankdir is one of {', '.join(DIRECTIONS)}, not {rankdir!r}")
        if options.get("direction", rankdir) not in (rankdir, "LR"):
            raise ArgumentError(f"rankdir={rankdir!r} and direction={options['direction']!r} contradict each other")
        options["direction"] = rankdir
    known = [f.name for f in fields(Look)]
    for name in options:
        if name not in known:
            raise ArgumentError(f"a picture has no option {name!r}; it has {', '.join(known)}")
    return Look(**options)
