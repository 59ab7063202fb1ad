"""The legend: what colours and widths stand for, with the numbers of this picture, and the marks that occur in it."""

from __future__ import annotations

from .boxes import WARNING
from .cells import SMALL, cell, table
from .picture import Picture

__all__ = ["legend_label"]


def legend_label(picture: Picture) -> str:
    """A table with a bar for each sample of the scale, as thick and as saturated as an arrow; "" where none is due."""
    scale, palette = picture.scale, picture.palette
    if scale is None or not (picture.look.legend and picture.backward):
        return ""
    head = cell("what flows back", SMALL, bold=True, colour=palette.grey, td={"COLSPAN": 3})
    lines = [head, *("".join(_sample(picture, size)) for size in scale.samples())]
    lines += [cell(text, SMALL, colour=palette.grey, td={"COLSPAN": 3}) for text in _marks(picture)]
    return table(lines, BORDER=1, COLOR=palette.cluster_line, STYLE="ROUNDED")


def _sample(picture: Picture, size: float) -> list[str]:
    scale, palette = picture.scale, picture.palette
    assert scale is not None
    height = scale.width(size)
    bars = [
        f'<TD><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR><TD FIXEDSIZE="TRUE" WIDTH="28" '
        f'HEIGHT="{height}" BGCOLOR="{scale.colour(palette, message)}"></TD></TR></TABLE></TD>'
        for message in ((size,) if picture.look.theme == "print" else (size, -size))
    ]
    return [*bars, cell(f"± {picture.look.number(size)}", SMALL)]


def _marks(picture: Picture) -> list[str]:
    """A line for each mark that is anywhere in the picture, now or at its end."""
    notes = {note for node in picture.final.nodes for note in node.notes}
    zero = any(edge.message == 0 for edge in picture.final.edges)
    badges = max(picture.say_final.arrived.values(), key=len, default=())[1:]
    told = [
        ("" if picture.look.theme == "print" else "blue: positive, red: negative"),
        "Σ n: the sum of n contributions" if badges else "",
        "dotted, hollow head: vanishing or 0" if zero or "vanishing" in notes else "",
        f"{WARNING} exploding, or not finite" if notes & {"exploding", "not finite"} else "",
    ]
    return [text for text in told if text]
