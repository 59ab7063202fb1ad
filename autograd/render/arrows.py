"""The arrows of a picture: solid ones from operands to results, dashed ones with what flows back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..reading.text import text_width
from .boxes import WARNING
from .cells import SMALL, cell, table
from .marks import mark_of
from .picture import Picture
from .rows import EdgeRow
from .sentences import Sentences

__all__ = ["Arrow", "arrows"]

_BACK = {"LR": "←", "TB": "↑", "RL": "→", "BT": "↓"}  # where gradients go, by the direction of the forward arrows
_PADDING = 1  # points; less than in boxes, since nothing frames the text


@dataclass(frozen=True)
class Arrow:
    """One arrow.

    Args:
        id: "n0_n1_0" for the solid arrow of the use of n0 as operand 0 of n1, "n0_n1_0_back" for the dashed one.
        tail: where it starts.
        head: where it ends.
        backward: whether it is dashed.
        lines: what stands beside it: the local derivative, and what flowed along it.
        tooltip: the same in words.
        look: its attributes in DOT.
        label: its label in DOT.
    """

    id: str
    tail: str
    head: str
    backward: bool
    lines: tuple[str, ...]
    tooltip: str
    look: Mapping[str, str]
    label: str


def arrows(picture: Picture) -> list[Arrow]:
    """The arrows, each solid one before the dashed one that goes with it.

    Example:
        >>> from autograd import Value
        >>> from autograd.render.look import Look
        >>> from autograd.render.rows import graph_rows
        >>> x = Value(2.0, "x")
        >>> y = x**2
        >>> y.label = "y"
        >>> y.backward()
        >>> rows = graph_rows(y, symbolic=True)
        >>> for arrow in arrows(Picture(rows, Look(), rows)):
        ...     print(arrow.tail, arrow.head, "dashed" if arrow.backward else "solid", arrow.lines)
        n0 n1 solid ()
        n1 n0 dashed ('dy/dx = 2x = 4', '← 4')
    """
    constants = {node.id for node in picture.rows.nodes if node.kind == "constant"}
    pairs = Counter((edge.source, edge.target) for edge in picture.rows.edges)
    drawn = []
    for edge, final in picture.edges():
        to_constant = edge.source in constants
        several = pairs[edge.source, edge.target] > 1
        drawn.append(_forward(edge, to_constant, several, picture))
        nothing_sent = final.message is None and picture.scale is not None and picture.say.between_boxes(edge)
        if picture.backward and not to_constant and not nothing_sent:
            drawn.append(_backward(edge, final, picture))
    return drawn


def _forward(edge: EdgeRow, to_constant: bool, several: bool, picture: Picture) -> Arrow:
    """The solid arrow. Where there are no dashed ones, the local derivative stands beside it."""
    palette = picture.palette
    state = "visited" if edge.state and picture.returning else edge.state
    look = {"class": " ".join(filter(None, ["forward", state]))}
    if to_constant:  # no gradient is sent along it
        look |= {"color": palette.pale, "penwidth": "0.7"}
    if state == "waiting":
        look |= {"color": palette.pale, "penwidth": "0.7"}
    elif state == "current":
        look |= {"color": palette.current_edge, "penwidth": "3"}
    lines: tuple[str, ...] = ()
    label = " " if several and picture.backward else ""  # for `dot` to find each a way of its own
    if not picture.backward and picture.look.show is None and not to_constant and not picture.say.between_boxes(edge):
        lines = (picture.say.local(edge),)
        label = table([cell(lines[0], SMALL)])
    return Arrow(edge.id, edge.source, edge.target, False, lines, picture.say.forward(edge), look, label)


def _backward(edge: EdgeRow, final: EdgeRow, picture: Picture) -> Arrow:
    """The dashed arrow."""
    palette = picture.palette
    mark = mark_of((None, edge.message), picture.seed)
    stopped = edge.message == 0 or mark == "vanishing"
    state = "waiting" if edge.state and not picture.returning else edge.state
    classes = ["backward", state, mark.replace(" ", "-"), "" if edge.message is None else _sign(edge.message)]
    look = {"class": " ".join(filter(None, classes)), "style": "dashed", "color": palette.pale}
    if edge.message is None or picture.scale is None:
        look |= {"penwidth": "0.7"}
    else:
        look |= {
            "color": picture.scale.colour(palette, edge.message),
            "penwidth": "1" if stopped else picture.scale.width(edge.message),
        }
    if stopped:
        look |= {"style": "dotted", "arrowtail": "empty"}
    if state == "current" and edge.message is not None:
        look |= {"arrowsize": "1.1"}
    lines = _lines(edge, picture, picture.say)
    label = _label(edge, final, lines, mark, picture)
    return Arrow(f"{edge.id}_back", edge.target, edge.source, True, lines, picture.say.backward(edge), look, label)


def _lines(edge: EdgeRow, picture: Picture, say: Sentences) -> tuple[str, ...]:
    """The local derivative, where the value it is taken of is computed, and the message, where one was sent."""
    single = not say.between_boxes(edge) and say.by_id[edge.target].value is not None
    local = say.local(edge) if single and picture.look.shows("locals") else ""
    message = ""
    if edge.message is not None and picture.look.shows("messages"):
        back = _BACK[picture.look.direction]
        message = f"{back} {picture.look.number(edge.message)}" + (f" ({edge.count})" if edge.count > 1 else "")
        if mark := mark_of((None, edge.message), picture.seed):
            message += "" if mark == "vanishing" else f" {WARNING}"
    return tuple(filter(None, (local, message))) if not edge.state else (local, message)


def _label(edge: EdgeRow, final: EdgeRow, lines: tuple[str, ...], mark: str, picture: Picture) -> str:
    """At a moment both lines are there from the beginning, as wide as they will be, so that nothing moves."""
    if not lines:
        return ""
    palette = picture.palette
    widths = [0] * len(lines)
    if edge.state:
        ends = _lines(replace(final, state=edge.state), picture, picture.say_final)
        widths = [text_width(text, SMALL, bold=True) for text in ends]
    colour = ""
    if edge.message is not None:
        colour = palette.alarm if mark in ("exploding", "not finite") else _text_colour(edge.message, picture)
    cells = []
    for k, (text, room) in enumerate(zip(lines, widths, strict=True)):
        sent = edge.message is not None and k == len(lines) - 1 and picture.look.shows("messages")
        cells.append(cell(text, SMALL, room=room, bold=sent, colour=colour if sent else ""))
    vertical = picture.look.direction in ("TB", "BT")  # the label then stands at the arrow's side, and not below it
    return table(cells, CELLPADDING=_PADDING + 4 * vertical)


def _text_colour(message: float, picture: Picture) -> str:
    """Text is as strong as the sign's colour goes, since a pale number is hard to read."""
    palette = picture.palette
    return palette.grey if message == 0 else palette.positive if message > 0 else palette.negative


def _sign(message: float) -> str:
    return "positive" if message > 0 else "negative" if message < 0 else ""
