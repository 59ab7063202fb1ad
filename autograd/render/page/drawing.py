"""The picture of a page as SVG: boxes and arrows that a style sheet and a script can change.

Every box and arrow says by ``data-of`` which nodes it stands for ("3"), or which uses of nodes as operands ("5.1": the
second operand of node 5); of several it shows the range of the values and the sum of the gradients. Boxes have room for
the widest number, so nothing moves when numbers come, go, or change their sign.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from ...reading.text import label_text, number_text, range_text, text_width
from ..curves import Point, length, towards, written
from ..folding import Spot
from ..style import DARK, LIGHT, Palette

__all__ = [
    "HEADER", "NUMBER", "PAD", "ROOM", "ROW", "SO_FAR", "Arrow", "Box", "arrow_svg", "box_size", "box_svg",
    "escaped", "frame_svg", "graph_svg", "row_name", "style_variables",
]  # fmt: skip

NUMBER, RANGE, SO_FAR = 62, 96, 26  # points: "-1.235e-05" at 12, "-0.15 … 0.51", and " + …" behind a number
PAD, HEADER, ROW = 8, 24, 20  # points; the heights of a table's first line, and of the others
_LINE = 17
ROOM = 1240.0, 640.0  # points: a picture of this size can be read on a desktop without enlarging it
_MARGIN = 10
_TIP = 9  # the length of an arrow's head
_SYMBOL = 14  # characters of a local derivative in symbols; a longer one stands in the texts only

_EXTRA = {  # what a page has beyond a picture
    LIGHT: {
        "page": "#f4f5f7", "border": "#d5d8dc", "control": "#ffffff", "control-line": "#7d848c",
        "accent": "#1c5fa8", "on-accent": "#ffffff", "lit": "#cfe3f8",
    },
    DARK: {
        "page": "#0e1114", "border": "#333941", "control": "#242a31", "control-line": "#7d8792",
        "accent": "#7cb5ec", "on-accent": "#0e1114", "lit": "#264b70",
    },
}  # fmt: skip


@dataclass(slots=True)
class Box:
    """What is shown in one place.

    Args:
        id: of its element.
        kind: "leaf", "op", "constant", "row" (of a table) or "cell" (a neuron or an input among many).
        name: what it is called.
        of: the places of the nodes that it stands for.
        shown: of those whose numbers it shows.
        values, gradients: their numbers at the end of the pass.
        symbol: how its operation is marked; "" where none made it.
        made_by: how it is made, for those who can't see it, and in a box of a network for all.
        root: whether the backward pass starts there.
        trained: whether it is an input that gets a gradient.
    """

    id: str
    kind: str
    name: str
    of: Sequence[int]
    shown: Sequence[int]
    values: Sequence[float | None]
    gradients: Sequence[float | None]
    symbol: str = ""
    made_by: str = ""
    formula: str = ""
    root: bool = False
    trained: bool = False

    @property
    def value(self) -> str:
        """The number, or the smallest and the largest."""
        known = [x for x in self.values if x is not None]
        if len(known) < len(self.values):
            return "–"
        return range_text(known)

    @property
    def gradient(self) -> str:
        known = [x for x in self.gradients if x is not None]
        return number_text(sum(known)) if known else "–"

    @property
    def room(self) -> int:
        """How wide the value may become."""
        return RANGE if len(self.shown) > 1 else NUMBER

    @property
    def heading(self) -> str:
        return label_text(self.name) + (f" × {len(self.of)}" if len(self.of) > 1 and self.kind != "row" else "")


@dataclass(slots=True)
class Arrow:
    """From a box to another.

    Args:
        id: of its element.
        ends: the names of both.
        of: the uses that it stands for, as (place of the node, operand).
        symbolic: the local derivative in symbols.
        local, message: the numbers on it.
        constant: whether nothing flows back along it.
        look: "" for one that always shows its numbers, "quiet" for one that shows them while it is looked at, "thin"
            for a weight among many.
        way: its curve, 3n + 1 points of which the last is the tip.
        label: where its numbers stand.
    """

    id: str
    ends: tuple[str, str]
    of: Sequence[tuple[int, int]]
    symbolic: str
    local: float | None
    message: float | None
    constant: bool
    look: str = ""
    way: Sequence[Point] = ()
    label: Point = (0.0, 0.0)

    @property
    def said(self) -> str:
        """What stands before the local derivative: its symbol, where that is short and no number itself."""
        symbol = self.symbolic
        return f"{symbol} =" if len(symbol) <= _SYMBOL and any(map(str.isalpha, symbol)) else "local"


def graph_svg(parts: Iterable[str], width: float, height: float, title: str, describe: str) -> str:
    """The whole picture; `title` and `describe` say what it is and shows, for those who can't see it."""
    wide, high = length(width + 2 * _MARGIN), length(height + 2 * _MARGIN)
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" id="graph" role="group" aria-labelledby="graph-title graph-desc" '
        f'width="{wide}" height="{high}" viewBox="{-_MARGIN} {-_MARGIN} {wide} {high}">'
    )
    named = f'<title id="graph-title">{escaped(title)}</title><desc id="graph-desc">{escaped(describe)}</desc>'
    return "\n".join([head, named, *parts, "</svg>"])


# --- boxes ---


def box_size(box: Box) -> tuple[int, int]:
    """Width and height of a box that is no row and no cell."""
    if box.kind == "constant":
        return text_width(_constant(box), 12) + 2 * PAD + (RANGE - NUMBER if len(box.shown) > 1 else 0), 24
    symbol = text_width(label_text(box.symbol, limit=12), 12) + 22 if box.symbol else 0
    texts = text_width(box.heading, 13, bold=True) + symbol, text_width(box.formula, 12)
    return max(text_width("value", 12) + 6 + box.room + 14, *texts) + 2 * PAD, 62 + (_LINE if box.formula else 0)


def _constant(box: Box) -> str:
    """A constant's name and number; a plain number is its own name. Room is kept for another number of its width."""
    return f"{box.heading} = {box.value}" if box.name else box.value


def box_svg(box: Box, spot: Spot) -> str:
    written = {"constant": _constant_svg, "row": _row_svg, "cell": _cell_svg}.get(box.kind, _node_svg)(box, spot)
    classes = " ".join(filter(None, ["node", box.kind, "leaf" if box.trained else "", "root" if box.root else ""]))
    name = box.name or box.value
    what = f"{escaped(name)}, {escaped(box.made_by)}" if box.made_by else escaped(name)
    shown = "" if list(box.shown) == list(box.of) else f' data-shown="{" ".join(map(str, box.shown))}"'
    return (
        f'<g id="{box.id}" class="{classes}" data-of="{" ".join(map(str, box.of))}"{shown} '
        f'data-name="{escaped(name)}" data-spoken="{what}" tabindex="0" role="button" '
        f'aria-label="{what}: show its paths">{written}</g>'
    )


def _node_svg(box: Box, spot: Spot) -> str:
    left, top = spot.left + PAD, spot.top + 18
    lines = [_rect("box", spot, 16 if box.kind == "leaf" else 3)]
    if box.root:
        inner = Spot(spot.left + 3, spot.top + 3, spot.width - 6, spot.height - 6)
        lines.append(_rect("inner", inner, 2))
    lines.append(_text("name", left, top, box.heading))
    if box.symbol:
        lines.append(_text("symbol", spot.right - PAD, top, label_text(box.symbol, limit=12)))
    if box.formula:
        top += _LINE
        lines.append(_text("key", left, top, box.formula))
    beside = left + text_width("value", 12) + 6
    for kind, key, number in (("value", "value", box.value), ("gradient", "grad", box.gradient)):
        top += _LINE + (3 if kind == "value" else 0)
        lines += [_text("key", left, top, key), _text(kind, beside, top, number)]
    return "".join(lines)


def _constant_svg(box: Box, spot: Spot) -> str:
    named = f"<tspan>{escaped(box.heading)} = </tspan>" if box.name else ""
    x, y = spot.left + spot.width / 2, spot.top + spot.height / 2 + 4
    number = f'<tspan class="value">{box.value}</tspan>'
    text = f'<text class="constant" x="{length(x)}" y="{length(y)}" text-anchor="middle">{named}{number}</text>'
    return _rect("box", spot, 12) + text


def _row_svg(box: Box, spot: Spot) -> str:
    base, right = spot.top + 14, spot.right - PAD
    numbers = _text("value end", right - NUMBER - SO_FAR - 6, base, box.value)
    numbers += _text("gradient end", right, base, box.gradient)
    return f"{_rect('box', spot)}{_text('name', spot.left + PAD, base, row_name(box))}{numbers}"


def _cell_svg(box: Box, spot: Spot) -> str:
    """A neuron or an input of many: its gradient as a colour, and beside it the value where there is room."""
    room = spot.height >= 18
    swatch = _rect("swatch", Spot(spot.left, spot.top, 14 if room else spot.width, spot.height), 2)
    if not room:
        return _rect("box", spot, 2) + swatch
    base = spot.top + spot.height / 2 + 4
    name = _text("key", spot.left + 20, base, label_text(box.name, limit=9))
    return f"{_rect('box', spot, 2)}{swatch}{name}{_text('value end', spot.right - 6, base, box.value)}"


def row_name(box: Box) -> str:
    """A node's name in a table, and what the activation is."""
    return f"{box.heading} = {label_text(box.symbol, limit=12)}" if box.symbol else box.heading


def frame_svg(spot: Spot, title: str) -> str:
    """A table's outline and the line above its rows."""
    base, right = spot.top + 16, spot.right - PAD
    heads = _text("key end", right - NUMBER - SO_FAR - 6, base, "value") + _text("key end", right, base, "grad")
    return f'<g class="table">{_rect("frame", spot)}{_text("name", spot.left + PAD, base, title)}{heads}</g>'


# --- arrows ---


def arrow_svg(arrow: Arrow) -> str:
    of = " ".join(f"{i}.{k}" for i, k in arrow.of)
    named = f"<title>{escaped(arrow.ends[0])} into {escaped(arrow.ends[1])}</title>"
    if arrow.look == "thin":
        return f'<path class="edge thin" data-of="{of}" d="{_path(arrow.way)}"/>'
    start, tip = arrow.way[0], arrow.way[-1]
    line = _path([*arrow.way[:-1], towards(tip, arrow.way[-2], _TIP)]) + f"L{written(tip)}"
    classes = " ".join(filter(None, ["edge", "to-constant" if arrow.constant else "", arrow.look]))
    parts = [f'<g id="{arrow.id}" class="{classes}" data-of="{of}" data-local="{escaped(arrow.said)}">{named}']
    parts.append(f'<path class="line" d="{line}"/><path class="head" d="{_head(arrow.way[-2], tip)}"/>')
    if not arrow.constant:  # what flows back runs along the same line the other way
        parts.append(f'<path class="flow" d="{line}"/><path class="back" d="{_head(arrow.way[1], start)}"/>')
    x, y = arrow.label
    local = f"{arrow.said} {number_text(arrow.local, missing='undefined')}" if len(arrow.of) == 1 else ""
    parts.append(_text("local", x, y + (3 if arrow.constant else -5), local, middle=True))
    if not arrow.constant:
        message = "" if arrow.message is None else f"← {number_text(arrow.message)}"
        parts.append(_text("message", x, y + 9, message, middle=True))
    return "".join(parts) + "</g>"


def _path(way: Sequence[Point]) -> str:
    return f"M{written(way[0])}C{' '.join(map(written, way[1:]))}"


def _head(before: Point, tip: Point) -> str:
    """A triangle whose point is `tip`, seen from `before`."""
    (x, y), (bx, by) = tip, towards(tip, before, _TIP)
    ux, uy = (x - bx) / _TIP * 4, (y - by) / _TIP * 4
    return f"M{written(tip)}L{written((bx - uy, by + ux))}L{written((bx + uy, by - ux))}Z"


# --- elements ---


def _rect(kind: str, spot: Spot, rx: int = 0) -> str:
    left, top, width, height = map(length, spot)
    corner = f' rx="{rx}"' if rx else ""
    return f'<rect class="{kind}" x="{left}" y="{top}" width="{width}" height="{height}"{corner}/>'


def _text(kind: str, x: float, y: float, text: str, middle: bool = False) -> str:
    anchor = ' text-anchor="middle"' if middle else ""
    return f'<text class="{kind}" x="{length(x)}" y="{length(y)}"{anchor}>{escaped(text)}</text>'


def escaped(text: str) -> str:
    """Text for the inside of an element or an attribute; what would not show is written as Python writes it."""
    return html.escape("".join(c if c.isprintable() or c == "\n" else label_text(c) for c in text))


def style_variables() -> str:
    """The colours as variables of a style sheet, light, and dark where the reader asks for dark."""

    def listed(palette: Palette) -> str:
        named = {f.name.replace("_", "-"): getattr(palette, f.name) for f in fields(palette)} | _EXTRA[palette]
        return " ".join(f"--{name}: {colour};" for name, colour in named.items())

    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {listed(DARK)} }} }}"
    return f"\n:root {{ {listed(LIGHT)} }}\n{dark}\n"
