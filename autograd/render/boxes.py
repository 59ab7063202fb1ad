"""The boxes of a picture: a node's operation, label, value and gradient.

What a node is shows in its outline as well as in its colour: rounded for a leaf, square for an operation, doubled for
the root, none for a constant. So does, at a moment of stepping, how far the pass has come: thin and dashed where it
has not been, thick where a gradient has begun to arrive, very thick where it is, as usual where it is done.
"""

from __future__ import annotations

from ..reading.text import label_text, text_width
from .cells import SIZE, SMALL, SYMBOL, cell, table
from .palette import Palette
from .picture import Picture
from .rows import NodeRow, State

__all__ = ["WARNING", "badge", "node_label", "node_look"]

WARNING = "⚠"


def node_look(node: NodeRow, palette: Palette) -> dict[str, str]:
    """The attributes of a box."""
    classes = [node.kind, "root" if node.root else "", node.state, *(note.replace(" ", "-") for note in node.notes)]
    look = {"id": node.id, "class": " ".join(filter(None, classes))}
    if node.kind == "constant":
        look |= {"shape": "plain", "fontcolor": palette.grey}
        if node.state == "current":
            look |= {"shape": "box", "style": "filled", "margin": "0", **_moment("current", palette)}
        return look
    rounded = "rounded," if node.kind == "leaf" else ""
    look |= {
        "style": f"{rounded}filled",
        "fillcolor": str(getattr(palette, f"{node.kind}_fill")),
        "color": str(getattr(palette, f"{node.kind}_line")),
    }
    if node.kind == "group":
        look |= {"penwidth": "1.6"}
    if node.root:
        look |= {"peripheries": "2", "fillcolor": palette.root_fill, "color": palette.root_line}
    if node.notes:
        look |= {"color": palette.alarm, "penwidth": "2"}
    if node.state == "waiting":
        look["style"] += ",dashed"
    look |= _moment(node.state, palette)
    if node.root and node.state == "current":
        look["penwidth"] = "3"  # thicker, its two outlines would run into one
    return look


def _moment(state: State, palette: Palette) -> dict[str, str]:
    width = {"waiting": "0.8", "reached": "2.2", "current": "4.5"}.get(state)
    if width is None:
        return {}
    fill, line = getattr(palette, f"{state}_fill"), getattr(palette, f"{state}_line")
    return {"fillcolor": fill, "color": line, "penwidth": width}


def node_label(node: NodeRow, final: NodeRow, picture: Picture) -> str:
    """The HTML-like label of a node: name, value and gradient below each other, an operation's symbol to the left."""
    if node.kind == "constant":
        return _constant_label(node, picture)
    if node.kind == "group":
        return _group_label(node, picture)
    badges = badge(node, picture)
    wide: dict[str, str | int] = {"COLSPAN": 3 if badges else 2}
    lines = [_name_cell(node, picture, wide), *_number_lines(node, final, picture, badges)]
    if notes := node.notes or final.notes:
        room = text_width(_warning(notes), SMALL)
        lines.append(cell(_warning(node.notes), SMALL, room=room, colour=picture.palette.alarm, td=wide))
    if node.kind == "op":
        symbol = label_text(node.symbol, limit=12)
        lines[0] = cell(symbol, SYMBOL if len(symbol) == 1 else SIZE, td={"ROWSPAN": len(lines)}) + "<VR/>" + lines[0]
    return table(lines)


def _name_cell(node: NodeRow, picture: Picture, wide: dict[str, str | int]) -> str:
    """A label in bold; the name of a node without one small and grey."""
    if node.label:
        return cell(label_text(node.label), SIZE, bold=True, td=wide)
    return cell(label_text(node.name), SMALL, colour=_faint(node, picture), td=wide)


def _number_lines(node: NodeRow, final: NodeRow, picture: Picture, badges: str) -> list[str]:
    """The numbers, with the badge behind the gradient."""
    numbers = _numbers(node, picture)
    # They take all the room that a long label needs, so that they stay next to their names.
    room = text_width(label_text(node.label or node.name), SIZE, bold=bool(node.label)) - text_width("value", SMALL)
    room = max([room, *(text_width(text, size) for _, text, size in numbers)])
    if node.state:  # the boxes keep their places from one moment to the next
        ends = [text_width(text, size) for _, text, size in _numbers(final, picture)]
        room = max([room, text_width("not computed", SMALL), *ends])
    height: dict[str, str | int] = {"HEIGHT": 22} if node.state else {}
    lines = []
    for what, text, size in numbers:
        colour = _faint(node, picture) if size == SMALL else ""
        line = cell(what, SMALL, td=height) + cell(text, size, room=room, colour=colour)
        lines.append(line + ((badges if what == "grad" else "<TD></TD>") if badges else ""))
    return lines


def _faint(node: NodeRow, picture: Picture) -> str:
    return "" if node.state == "current" else picture.palette.grey  # grey is hard to read on that colour


def _warning(notes: tuple[str, ...]) -> str:
    return f"{WARNING} {', '.join(notes)}" if notes else " "


def badge(node: NodeRow, picture: Picture) -> str:
    """A cell that says how many contributions were added, "" where there are less than two to be."""
    places = picture.uses.get(node.id, 0) if picture.look.shows("gradients") else 0
    count = picture.contributions.get(node.id, 0)
    if places < 2 or (count < 2 and not node.state):
        return ""
    text = f"Σ {count}" if count > 1 else " "
    colour = picture.palette.badge
    frame: dict[str, str | int] = {"BORDER": 1, "COLOR": colour, "STYLE": "ROUNDED"} if count > 1 else {}
    return cell(
        text, SMALL, room=text_width(f"Σ {places}", SMALL), bold=True, colour=colour, td={"CELLPADDING": 1, **frame}
    )


def _numbers(node: NodeRow, picture: Picture) -> list[tuple[str, str, int]]:
    """What the lines with numbers are called, what stands in them, and how large."""
    look, told = picture.look, []
    if look.shows("values"):
        told.append(("value", look.number(node.value), SMALL if node.value is None else SIZE))
    if look.shows("gradients"):
        more = " + …" if node.gradient is not None and node.to_come else ""
        told.append(("grad", look.number(node.gradient) + more, SMALL if node.gradient is None else SIZE))
    return told


def _constant_label(node: NodeRow, picture: Picture) -> str:
    label, look = label_text(node.label), picture.look
    if label:
        return table([cell(f"{label} = {look.number(node.value)}" if look.shows("values") else label, SMALL)])
    # A plain number can be read before it is used.
    return table([cell(look.number(node.value, missing=node.name), SMALL)])


def _group_label(node: NodeRow, picture: Picture) -> str:
    lines = [cell(label_text(node.label or node.name), SIZE, bold=True)]
    if node.detail:
        lines.append(cell(label_text(node.detail, 64), SMALL))
    if node.notes:
        lines.append(cell(_warning(node.notes), SMALL, colour=picture.palette.alarm))
    return table(lines)
