"""What every drawing in DOT is made of: labels of cells and lines, samples of arrows for a legend, the empty whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..reading.text import markup, text_width
from .style import Look, Palette, Scale

if TYPE_CHECKING:
    import graphviz

FONT = "Helvetica"  # `dot` knows its widths, and lets the SVG fall back on the viewer's own sans-serif
SIZE, SMALL, SYMBOL, PADDING = 12, 10, 18, 3  # points
WARNING = "⚠"
LEGEND = "Legend: how wide and how saturated an arrow is for the size of what flows along it"  # in words
_NONE: Mapping[str, str | int] = {}
_NO_MORE: Mapping[str, str] = {}


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


def empty_drawing(
    palette: Palette, whole: Mapping[str, str], boxes: Mapping[str, str], arrows: Mapping[str, str] = _NO_MORE
) -> graphviz.Digraph:
    """A drawing to put boxes and arrows into, with the attributes of the whole, of all boxes and of all arrows."""
    from .digraph import FoundDigraph

    font = {"fontname": FONT, "fontcolor": palette.ink}
    return FoundDigraph(
        "gradients",
        graph_attr={**whole, "bgcolor": palette.paper},
        node_attr={**font, **boxes},
        edge_attr={**font, "fontsize": str(SMALL), "arrowsize": "0.7", **arrows},
    )


def sample(scale: Scale, look: Look, size: float) -> list[str]:
    """Cells of a legend: a bar for each sign as an arrow of this size looks, and the size."""
    height = scale.width(size)
    bars = [
        f'<TD><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR><TD FIXEDSIZE="TRUE" WIDTH="28" '
        f'HEIGHT="{height}" BGCOLOR="{scale.colour(look.palette, message)}"></TD></TR></TABLE></TD>'
        for message in ((size,) if look.theme == "print" else (size, -size))
    ]
    return [*bars, cell(f"± {look.number(size)}", SMALL)]
