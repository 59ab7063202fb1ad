"""Labels as DOT's tables: a cell, a table of lines, and the sample of an arrow in a legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..reading.text import markup, text_width
from .style import Look, Scale

FONT = "Helvetica"  # `dot` knows its widths, and lets the SVG fall back on the viewer's own sans-serif
SIZE, SMALL, SYMBOL, PADDING = 12, 10, 18, 3  # points
WARNING = "⚠"
LEGEND = "Legend: how wide and how saturated an arrow is for the size of what flows along it"  # in words
_NONE: Mapping[str, str | int] = {}


def cell(
    text: str, size: int, *, room: int = 0, bold: bool = False, colour: str = "", td: Mapping[str, str | int] = _NONE
) -> str:
    """A cell of one line, at least `room` points wide inside its padding; `td` are more attributes of it."""
    font = f'POINT-SIZE="{size}"' + (f' COLOR="{colour}"' if colour else "")
    inner = f"<FONT {font}>{markup(text) or ' '}</FONT>"  # `dot` takes no empty one
    width = max(room, text_width(text, size, bold)) + 2 * PADDING
    written = "".join(f' {name}="{value}"' for name, value in td.items())
    return f'<TD ALIGN="LEFT" WIDTH="{width}"{written}>{f"<B>{inner}</B>" if bold else inner}</TD>'


def table(lines: Sequence[str], **attributes: str | int) -> str:
    """A label of lines of cells; `attributes` are the TABLE's."""
    rows = "".join(f"<TR>{line}</TR>" for line in lines)
    attributes = {"BORDER": 0, "CELLBORDER": 0, "CELLSPACING": 0, "CELLPADDING": PADDING, **attributes}
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<<TABLE{written}>{rows}</TABLE>>"


def sample(scale: Scale, look: Look, size: float) -> list[str]:
    """Cells of a legend: a bar for each sign as an arrow of this size looks, and the size."""
    height = scale.width(size)
    bars = [
        f'<TD><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR><TD FIXEDSIZE="TRUE" WIDTH="28" '
        f'HEIGHT="{height}" BGCOLOR="{scale.colour(look.palette, message)}"></TD></TR></TABLE></TD>'
        for message in ((size,) if look.theme == "print" else (size, -size))
    ]
    return [*bars, cell(f"± {look.number(size)}", SMALL)]
