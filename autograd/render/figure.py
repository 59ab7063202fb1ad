"""A small writer of SVG figures, for those that are no graphs and so need no ``dot``.

Every colour stands twice: as an attribute for light paper, which any viewer knows, and in a style sheet for readers
who asked for dark. What is printed stays light. Shades are the ink of a sign at some opacity, so that the same shade
is right on either paper.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterable, Sequence
from typing import Literal

from ..reading.text import label_text, text_width
from .look import Look
from .palette import DARK, Theme

__all__ = ["Canvas", "room"]

FONT = "Helvetica, Arial, sans-serif"


class Canvas:
    """Shapes on a figure, in points from its upper left corner; `svg` gives the text.

    Args:
        title: what the figure is, in a few words: read aloud first, and shown by a viewer.
        description: what it shows, in words, for those who don't see it.
        theme: as :class:`autograd.render.look.Look` has it. A colour is the name of a field of its palette.

    Raises:
        ArgumentError: there is no such theme.

    Example:
        >>> canvas = Canvas("A mark", "One square.")
        >>> canvas.rect(0, 0, 10, 10, "positive")
        >>> canvas.text(5, 8, "a < b", anchor="middle")
        >>> svg = canvas.svg(20, 20)
        >>> svg.startswith("<svg "), "a &lt; b" in svg
        (True, True)
    """

    def __init__(self, title: str, description: str, theme: Theme = "auto") -> None:
        self._title, self._description, self._theme = title, description, theme
        self._palette = Look(theme=theme).palette
        self._parts: list[str] = []
        self._used = {"paper"}

    def rect(
        self, x: float, y: float, width: float, height: float, colour: str, *, shade: float = 1.0, says: str = ""
    ) -> None:
        """A filled rectangle.

        Args:
            x, y: its upper left corner.
            width, height: its size.
            colour: the name of one of the colours.
            shade: from 0, the bare paper, to 1.
            says: what a viewer shows when pointed at it.
        """
        faint = "" if shade >= 1 else f' fill-opacity="{_short(shade)}"'
        self._add("rect", f"{_box(x, y, width, height)}{self._paint(fill=colour)}{faint}", says)

    def frame(
        self, x: float, y: float, width: float, height: float, colour: str = "grey", *, dashed: bool = False
    ) -> None:
        """The outline of a rectangle."""
        dashes = ' stroke-dasharray="3 2"' if dashed else ""
        self._add("rect", f"{_box(x, y, width, height)}{self._paint(stroke=colour, thick=1 + dashed)}{dashes}")

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str = "cluster_line", *, thick: float = 1
    ) -> None:
        """A straight line."""
        ends = f'x1="{_short(x1)}" y1="{_short(y1)}" x2="{_short(x2)}" y2="{_short(y2)}"'
        self._add("line", ends + self._paint(stroke=colour, thick=thick))

    def polygon(self, points: Sequence[tuple[float, float]], colour: str, *, hollow: bool = False) -> None:
        """A closed outline, filled with its colour or, hollow, with the paper's."""
        corners = " ".join(f"{_short(x)},{_short(y)}" for x, y in points)
        self._add("polygon", f'points="{corners}"{self._paint("paper" if hollow else colour, colour, 2)}')

    def text(
        self, x: float, y: float, text: str, *, size: float = 12, anchor: Literal["start", "middle", "end"] = "start",
        colour: str = "ink", bold: bool = False, limit: int = 0,
    ) -> None:  # fmt: skip
        """One line of text, escaped; nothing for no text.

        Args:
            x, y: where its baseline starts, has its middle or ends, by `anchor`.
            text: any text; what would not show is written as an escape.
            size: of the font.
            anchor: "start", "middle" or "end".
            colour: the name of one of the colours.
            bold: whether it is.
            limit: characters, beyond which it ends in an ellipsis; 0: none.
        """
        if not text:
            return
        shown = html.escape(label_text(text, limit or 10 * len(text) + 1))
        align = "" if anchor == "start" else f' text-anchor="{anchor}"'
        weight = ' font-weight="bold"' if bold else ""
        place = f'x="{_short(x)}" y="{_short(y)}" font-size="{_short(size)}"'
        self._parts.append(f"<text {place}{align}{weight}{self._paint(colour)}>{shown}</text>")

    def svg(self, width: float, height: float) -> str:
        """The figure as one ``<svg>`` element: the same text for the same calls, and valid XML whatever was written."""
        title, description = (html.escape(_visible(text)) for text in (self._title, self._description))
        body = "\n".join(self._parts)
        mark = "f" + hashlib.sha256(f"{title}{description}{body}".encode()).hexdigest()[:10]
        w, h = _short(width), _short(height)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" '
            f'aria-labelledby="{mark}-title {mark}-desc" id="{mark}" font-family="{FONT}" '
            f'style="max-width:100%">\n'
            f'<title id="{mark}-title">{title}</title>\n<desc id="{mark}-desc">{description}</desc>\n'
            f"{self._style(mark)}"
            f'<rect width="{w}" height="{h}"{self._paint("paper")}/>\n{body}\n</svg>\n'
        )

    def _style(self, mark: str) -> str:
        """The dark colours: rules for this figure's id alone, since a page shares all its style sheets."""
        if self._theme != "auto":
            return ""
        rules = "".join(
            f"#{mark} .{name}{{fill:{getattr(DARK, name)}}}#{mark} .{name}-stroke{{stroke:{getattr(DARK, name)}}}"
            for name in sorted(self._used - {""})
        )
        return f"<style>@media screen and (prefers-color-scheme: dark){{{rules}}}</style>\n"

    def _paint(self, fill: str = "", stroke: str = "", thick: float = 1) -> str:
        """The attributes for a fill and a stroke, by the names of their colours; "": none."""
        self._used |= {fill, stroke}
        classes = " ".join(filter(None, (fill, f"{stroke}-stroke" if stroke else "")))
        drawn = f' stroke="{getattr(self._palette, stroke)}" stroke-width="{_short(thick)}"' if stroke else ""
        return f' class="{classes}" fill="{getattr(self._palette, fill) if fill else "none"}"{drawn}'

    def _add(self, tag: str, attributes: str, says: str = "") -> None:
        inner = f"><title>{html.escape(_visible(says))}</title></{tag}>" if says else "/>"
        self._parts.append(f"<{tag} {attributes}{inner}")


def room(texts: Iterable[str], size: float, bold: bool = False) -> int:
    """The width of the widest of some lines, in points.

    Example:
        >>> room(["loss", "0"], 10)
        24
    """
    return max([text_width(text, size, bold) for text in texts], default=0)


def _box(x: float, y: float, width: float, height: float) -> str:
    return f'x="{_short(x)}" y="{_short(y)}" width="{_short(width)}" height="{_short(height)}"'


def _visible(text: str) -> str:
    """Text of any length as XML may hold it: escapes for what would not show."""
    return label_text(text, 10 * len(text) + 1)


def _short(x: float) -> str:
    return f"{x:.2f}".rstrip("0").rstrip(".")
