"""A graph as a `graphviz.Digraph`: boxes, solid arrows forward, dashed arrows back, layers as clusters, a legend.

What a node is shows in its outline as well as in its colour: rounded for a leaf, square for an operation, doubled for
the root, none for a constant. So does, at a moment of stepping, how far the pass has come: thin and dashed where it has
not been, thick where a gradient has begun to arrive, very thick where it is, as usual where it is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..engine.value import Value
from ..reading.text import label_text, markup, text_width
from ..reading.trace import Trace
from .cells import FONT, LEGEND, PADDING, SIZE, SMALL, SYMBOL, WARNING, cell, empty_drawing, sample, table
from .chains import Places, chain_of, in_lines
from .columns import written_way
from .curves import written
from .overview import FEW, Level, listed, rows_for
from .rows import KEPT, EdgeRow, Graph, NodeRow, Rows, mark_of
from .sentences import Sentences
from .shape import shape_for
from .style import BACK, Look, Palette, class_of, look_of, scale_of, sign_of
from .tables import NetworkPicture, network_picture

if TYPE_CHECKING:
    import graphviz


__all__ = [
    "Arrow",
    "Picture",
    "arrows",
    "label_widths",
    "picture_of",
    "picture_to_dot",
    "to_dot",
]


_OUTLINE = 4.0  # points between the two of a root
_BESIDE = 1  # points around the text beside an arrow; less than in boxes, since nothing frames it

_MOST_STEMS = 6  # names in the title of a layer

_OUT, _BACK_IN, _IN, _BACK_OUT = "out", "back", "in", "from"  # places of a box where arrows end
_SIDES = {
    "LR": ("e", "w"),
    "RL": ("w", "e"),
    "TB": ("s", "n"),
    "BT": ("n", "s"),
}  # where the solid arrows leave a box, and where they enter it
_ROOM = 4  # of a place, beside that of a constant

_WIDTHS = {"waiting": "0.8", "reached": "2.2", "current": "4.5"}  # of the outline of a box, in points


def to_dot(
    root: Value,
    *,
    rankdir: str | None = None,
    at_step: int | None = None,
    trace: Trace | None = None,
    level: Level | None = None,
    expand: Any = (),
    **options: Any,
) -> graphviz.Digraph:
    """Draw the graph that `root` depends on, as a Digraph to read, change, or render.

    Solid arrows go from operands to results. Once a backward has run, dashed ones go back, each with its local
    derivative and with what flowed along it: blue if that is positive and red if it is negative, the wider and the more
    saturated the larger it is. What is less than a millionth of the root's gradient is dotted with a hollow head.

    A network, made by `autograd.nn` or by `dot`, is drawn neuron by neuron: each is a table with a row for a weight,
    and an arrow meets the row of the weight that it is multiplied by. Once a backward has run the same arrow carries
    the gradient back. The samples of a batch are stacked, with the sums of their gradients.

    With `at_step` the graph is drawn as it stands in the middle of stepping: what is not computed then says so, and
    gradients are those so far (a "+ …" says that more is to come).

    Args:
        root: the node to draw from, usually a loss.
        rankdir: where the solid arrows point, Graphviz's name for `direction`.
        at_step: how many records of the trace have happened, see :func:`autograd.steps`. None: no moment, but what
            the nodes store; or the end of `trace`.
        trace: a trace of `root` to take the numbers from.
        level: what a box is: "node" (an operation), "neuron" or "layer". None: a neuron in a network, with a table of
            its weights while no layer has more than 6 neurons and 8 inputs, and else a cell; a layer where that would
            be wider than 1,800 points or higher than 1,400; a node in any other graph, while there are few.
        expand: what to open all the same: the tables of neurons ("layer 2, neuron 3") or of layers among cells; of a
            large graph its parts, see :func:`autograd.render.overview.picture_rows`.
        options: `show`, `direction`, `number_format`, `theme` and `legend`, see :class:`autograd.render.style.Look`.

    Returns:
        A Digraph. The nodes for operations are n0, n1, ... in topological order; ``.source`` is the same for the same
        graph in every run; ``.render(...)`` and ``.pipe(...)`` use the ``dot`` program that
        :func:`autograd.render.to_svg` uses.

    Raises:
        OperandError: `root` is not a Value, or `at_step` no whole number.
        ArgumentError: there is no such choice, no such step, or the trace is one of another root.
        GraphError: what is asked for is too large for a picture, or nothing in the graph is computed by steps.

    Example:
        >>> x = Value(3.0, "x")
        >>> drawing = to_dot(x * x)
        >>> ">not computed<" in drawing.source
        True
        >>> ">6<" in to_dot(x * x, at_step=3).source, ">6<" in to_dot(x * x, at_step=4).source
        (False, True)
    """
    look = look_of(rankdir, **options)
    return picture_to_dot(picture_of(root, look, trace=trace, at_step=at_step, level=level, expand=expand))


def picture_of(
    root: Value,
    look: Look,
    *,
    trace: Trace | None = None,
    at_step: int | None = None,
    level: Level | None = None,
    expand: Any = (),
) -> Picture | NetworkPicture:
    """A network neuron by neuron, else the rows to draw, and for a moment also those of the end of the pass."""
    graph = Graph(root, trace, at_step)
    if level != "node" and level != "layer" and look.direction in ("", "LR"):
        network = network_picture(graph, look, listed(expand))
        if network is not None and (network.fits or level == "neuron"):
            return network
        level = level if network is None else "layer"
    for limit in (FEW, 0):
        rows = rows_for(graph, level, expand, limit)
        final = rows if at_step is None else rows_for(graph.at_end(), level, expand, limit)
        picture = Picture(rows, look, final)
        if level is not None or listed(expand) or picture.places is None or picture.places.fits:
            break
    return picture


class Picture:
    """A graph as it stands at a moment or at the end, and what the parts of a picture need to know of the whole."""

    def __init__(self, rows: Rows, look: Look, final: Rows) -> None:
        self.rows, self.look, self.palette = rows, look, look.palette
        self.final = final  # the same rows when everything has happened: room is made for them, so that nothing moves
        self.backward = look.backward(rows)  # whether there are dashed arrows
        self.returning = any(node.gradient is not None for node in rows.nodes)  # whether the backward pass has begun
        self.scale = scale_of(edge.message for edge in final.edges)
        self.say, self.say_final = Sentences(rows, look), Sentences(final, look)
        self.seed = next((node.gradient for node in final.nodes if node.root), None)
        self.uses = Counter(edge.source for edge in rows.edges)  # of a node as an operand
        self.contributions = Counter(edge.source for edge in rows.edges if edge.message is not None)  # so far
        self.places: Places | None = None  # of a long chain; else they are `dot`'s affair
        self.symbols = 32  # as many characters of a local derivative stand beside its arrow
        self.dense = 0.0  # inches between lines of boxes, where `dot` keeps no room for texts beside arrows
        if not look.direction:  # as the end of the pass asks for, so that nothing moves from moment to moment
            legend = self.scale is not None and look.legend and self.backward
            found, dense = shape_for(final, self._longest_line, legend)
            chain = chain_of(final) if found == "TB" else None
            self.dense = 0.0 if chain else dense
            self.look = replace(look, direction="LR" if chain else found)
            if chain:
                self.symbols = 12
                sizes = {node.id: box_size(node, end, self) for node, end in self.nodes()}
                size = (180.0, 17.0 * (5 + len(_marks(self)))) if legend else (0.0, 0.0)
                widths = {id_: [text_width(t, SMALL, bold=True) for t in lines] for id_, lines in self.texts().items()}
                texts = {id_: (max(found) + 4.0, 14.0 * len(found)) for id_, found in widths.items()}
                self.places = in_lines(final, chain, sizes, texts, size)

    def texts(self) -> dict[str, tuple[str, ...]]:
        """The lines of text beside each arrow at the end of the pass, by the arrow's id."""
        end = copy(self)
        end.rows, end.say, end.backward = self.final, self.say_final, self.look.backward(self.final)
        return {arrow.id: arrow.lines for arrow in arrows(end) if arrow.lines}

    def titles(self) -> dict[str, str]:
        """What is said of each part, by its id."""
        paths = {node.cluster[:depth] for node in self.rows.nodes for depth in range(1, len(node.cluster) + 1)}
        titles = {node.id: self.say.node(node) for node in self.rows.nodes}
        titles |= {arrow.id: arrow.tooltip for arrow in arrows(self)}
        titles |= {cluster_id(path): " of ".join([cluster_title(path, self.rows), *path[-2::-1]]) for path in paths}
        return titles | {"legend": LEGEND}

    def _longest_line(self, edge: EdgeRow) -> str:
        """What stands beside an arrow, or "" where nothing does."""
        if self.say_final.by_id[edge.source].kind == "constant" or self.say_final.between_boxes(edge):
            return ""
        return self.say_final.local(edge) if self.look.show is None or self.look.shows("locals") else "← -0.0000"

    def nodes(self) -> list[tuple[NodeRow, NodeRow]]:
        """Each node as it is and as it will be."""
        return list(zip(self.rows.nodes, self.final.nodes, strict=True))


def picture_to_dot(picture: Picture | NetworkPicture, tooltips: bool = True) -> graphviz.Digraph:
    """Write a picture as DOT; `tooltips` are for viewers that show them."""
    if not isinstance(picture, Picture):
        return picture.drawing(tooltips)
    places = picture.places
    drawing = _empty(picture)
    frames: dict[tuple[str, ...], graphviz.Digraph] = {(): drawing}  # by the path of the cluster
    ported = {node.id for node in picture.rows.nodes if node.kind in ("leaf", "op") and not places}
    constants = {node.id for node in picture.rows.nodes if node.kind == "constant"}
    operands: dict[str, list[bool]] = {node.id: [] for node in picture.rows.nodes}
    for edge in picture.rows.edges:
        operands[edge.target].append(edge.source in constants)
    for node, final in picture.nodes():
        look = {**node_look(node, picture.palette), **_tooltip(picture.say.node(node), tooltips)}
        if places:
            spot, outer = places.spots[node.id], 2 * _OUTLINE if node.root else 0.0
            look["pos"] = written((spot.x, spot.y))
            if node.kind != "constant":
                look |= {"width": f"{(spot.width - outer) / 72:.4f}", "height": f"{(spot.height - outer) / 72:.4f}"}
        label = node_label(node, final, picture)
        if node.id in ported:
            label = _with_places(label, operands[node.id], picture.look.direction)
        for depth in range(1, len(node.cluster) + 1):
            if (path := node.cluster[:depth]) not in frames:
                frames[path] = _frame(path, picture)
        frames[node.cluster].node(node.id, label, **look)
    for path in sorted(filter(None, frames), key=len, reverse=True):  # into the one around it, the innermost first
        frames[path[:-1]].subgraph(frames[path])
    for arrow in arrows(picture):
        look = {"id": arrow.id, **arrow.look, **_tooltip(arrow.tooltip, tooltips)}
        # A dashed one is written from its head, which keeps `dot` from laying out a graph that runs in circles.
        look |= {"dir": "back"} if arrow.backward else {}
        if places:
            way = places.ways[arrow.id]
            look["pos"] = written_way(way[::-1], tail=True) if arrow.backward else written_way(way, head=True)
            look |= {"lp": written(places.labels[arrow.id])} if arrow.label else {}
        look |= {"xlabel" if picture.dense else "label": arrow.label} if arrow.label else {}
        drawing.edge(*_places(arrow, ported, picture.look.direction), **look)
    if label := legend_label(picture):
        where = {"pos": written(places.legend)} if places else {}
        drawing.node("legend", label, id="legend", shape="plain", **where, **{"class": "legend"})
    return drawing


def _empty(picture: Picture) -> graphviz.Digraph:
    placed = {"layout": "nop2", "inputscale": "72"}
    laid_out = {"rankdir": picture.look.direction, "nodesep": "0.2", "ranksep": "0.45"}
    laid_out |= {"nodesep": "0.4", "ranksep": f"{picture.dense:.2f}"} if picture.dense else {}
    if all(edge.operand < 2 for edge in picture.rows.edges):  # else `dot` finds fewer crossings by itself
        laid_out["ordering"] = "in"  # operands from left to right
    boxes = {"shape": "box", "fontsize": str(SIZE), "margin": "0.04,0.02"}
    return empty_drawing(
        picture.palette, placed if picture.places else laid_out, boxes, {"color": picture.palette.line}
    )


def _frame(path: tuple[str, ...], picture: Picture) -> graphviz.Digraph:
    """An empty cluster."""
    import graphviz

    palette, id_ = picture.palette, cluster_id(path)
    title = markup(label_text(cluster_title(path, picture.rows), 64))
    look = {
        "label": f'<<FONT POINT-SIZE="{SMALL}" COLOR="{palette.grey}">{title}</FONT>>',
        "id": id_,
        "style": "rounded,filled",
        "fillcolor": palette.cluster_fill if len(path) == 1 else palette.inner_fill,
        "color": palette.cluster_line,
        "fontname": FONT,
        "labeljust": "l",
    }
    return graphviz.Digraph(id_, graph_attr=look)


def cluster_id(path: tuple[str, ...]) -> str:
    """The id of a cluster in the picture."""
    return "_".join(["cluster", *(part.replace(" ", "_") for part in path)])


def cluster_title(path: tuple[str, ...], rows: Rows) -> str:
    """What stands at a cluster: a layer with the names of what is in it, as the documents write them."""
    if len(path) > 1:
        return path[-1]
    labels = [node.label for node in rows.nodes if node.cluster[: len(path)] == path and node.kind in ("leaf", "op")]
    stems = list(dict.fromkeys(label.partition("[")[0].strip() for label in labels))
    named = [stem for stem in stems if stem]
    return f"{path[-1]}: {', '.join(named)}" if 0 < len(named) <= _MOST_STEMS and "" not in stems else path[-1]


def _tooltip(text: str, wanted: bool) -> Mapping[str, str]:
    import graphviz

    return {"tooltip": graphviz.escape(text)} if wanted else {}


# --- boxes ------------------------------------------------------------------------------------------------------------


def node_look(node: NodeRow, palette: Palette) -> dict[str, str]:
    """The attributes of a box."""
    look = {"id": node.id, "class": class_of(node.kind, "root" if node.root else "", node.state, *node.notes)}
    if node.kind == "constant":
        look |= {"shape": "plain", "fontcolor": palette.grey}
        if node.state == "current":
            look |= {"shape": "box", "style": "filled", "margin": "0", "width": "0", "height": "0"}
            look |= palette.look_of("current") | {"penwidth": _WIDTHS["current"]}
        return look
    look |= {"style": "rounded,filled" if node.kind == "leaf" else "filled", **palette.look_of(node.kind)}
    if node.kind == "group":
        look |= {"penwidth": "1.6"}
    if node.root:
        look |= {"peripheries": "2", **palette.look_of("root")}
    if node.notes:
        look |= {"color": palette.alarm, "penwidth": "2"}
    if node.state == "waiting":
        look["style"] += ",dashed"
    if node.state in _WIDTHS:
        look |= palette.look_of(node.state) | {"penwidth": _WIDTHS[node.state]}
    if node.root and node.state == "current":
        look["penwidth"] = "3"  # thicker, its two outlines would run into one
    return look


def node_label(node: NodeRow, final: NodeRow, picture: Picture) -> str:
    """The HTML-like label of a node: name, value and gradient below each other, an operation's symbol to the left."""
    if node.kind == "constant":
        return _constant_label(node, picture)
    alarm, name = picture.palette.alarm, label_text(node.label or node.name)
    if node.kind == "group":
        lines = [cell(name, SIZE, bold=True)]
        lines += [cell(label_text(node.detail, 64), SMALL)] if node.detail else []
        return table(lines + ([cell(_warning(node.notes), SMALL, colour=alarm)] if node.notes else []))
    badges = badge(node, picture)
    wide: dict[str, str | int] = {"COLSPAN": 3 if badges else 2}
    faint = "" if node.state == "current" else picture.palette.grey  # which is hard to read on that colour
    lines = _number_lines(node, final, picture, badges, faint)
    if node.label:
        lines.insert(0, cell(name, SIZE, bold=True, td=wide))
    else:
        lines.insert(0, cell(name, SMALL, colour=faint, td=wide))
    if notes := node.notes or final.notes:
        room = text_width(_warning(notes), SMALL)
        lines.append(cell(_warning(node.notes), SMALL, room=room, colour=alarm, td=wide))
    if node.kind == "op":
        symbol = label_text(node.symbol, limit=12)
        lines[0] = cell(symbol, SYMBOL if len(symbol) == 1 else SIZE, td={"ROWSPAN": len(lines)}) + "<VR/>" + lines[0]
    return table(lines, CELLPADDING=1 if picture.dense else PADDING)


def box_size(node: NodeRow, final: NodeRow, picture: Picture) -> tuple[float, float]:
    """About the width and height of a box, never less than they are."""
    if node.kind == "constant":
        name, number = label_text(node.label), picture.look.number(final.value, missing=node.name)
        return text_width(f"{name} = {number}" if name else number, SMALL) + 12.0, 18.0
    title = text_width(label_text(node.label or node.name), SIZE, bold=True)
    if node.kind == "group":
        wide = max(title, text_width(label_text(node.detail, 64), SMALL))
        return wide + 26.0, 62.0 if node.notes or final.notes else 44.0
    wide = max(title, text_width("value", SMALL) + _number_room(node, final, picture) + 6)
    symbol, room = label_text(node.symbol, limit=12), 0
    if node.kind == "op":
        room = text_width(symbol, SYMBOL if len(symbol) == 1 else SIZE) + 10
    notes = node.notes or final.notes
    lines = 1 + len(_numbers(final, picture)) + bool(notes)
    outer, high = 2 * _OUTLINE if node.root else 0.0, 22.0 if node.state else 20.5
    return room + max(wide, text_width(_warning(notes), SMALL)) + 20.0 + outer, high * lines + 6 + outer


def _number_lines(node: NodeRow, final: NodeRow, picture: Picture, badges: str, faint: str) -> list[str]:
    """The numbers, with the badge behind the gradient."""
    numbers = _numbers(node, picture)
    # They take all the room that a long label needs, so that they stay next to their names.
    room = text_width(label_text(node.label or node.name), SIZE, bold=bool(node.label)) - text_width("value", SMALL)
    room = max(room, _number_room(node, final, picture))
    height: dict[str, str | int] = {"HEIGHT": 18 if picture.dense else 22} if node.state else {}
    lines = []
    for what, text, size in numbers:
        line = cell(what, SMALL, td=height) + cell(text, size, room=room, colour=faint if size == SMALL else "")
        lines.append(line + ((badges if what == "grad" else "<TD></TD>") if badges else ""))
    return lines


def _number_room(node: NodeRow, final: NodeRow, picture: Picture) -> int:
    """The room for numbers: at a moment that of the end, too, since boxes keep their places from one to the next."""
    widths = [text_width(text, size) for row in (node, final) for _, text, size in _numbers(row, picture)]
    return max([*widths, text_width("not computed", SMALL) if node.state else 0])


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
    frame: dict[str, str | int] = {"CELLPADDING": 1}
    frame |= {"BORDER": 1, "COLOR": colour, "STYLE": "ROUNDED"} if count > 1 else {}
    return cell(text, SMALL, room=text_width(f"Σ {places}", SMALL), bold=True, colour=colour, td=frame)


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
    label, look, room = label_text(node.label), picture.look, 0
    if not label:  # a plain number can be read before it is used
        text = look.number(node.value, missing=node.name)
    elif not look.shows("values"):
        text = label
    else:  # at a moment there is room for what stands there before it is used: boxes keep their places
        text = f"{label} = {look.number(node.value)}"
        room = text_width(f"{label} = not computed", SMALL) if node.state else 0
    return table([cell(text, SMALL, room=room)])


# --- where arrows meet boxes ------------------------------------------------------------------------------------------

# A value leaves its box at one place, and what flows back arrives at another beside it. On the side where operands come
# in, each has two places of its own, in their order: so no two arrows merge, and operands stand as they are written.


def _with_places(label: str, operands: Sequence[bool], direction: str) -> str:
    """A label between empty cells that arrows begin and end at; `operands` says of each whether it is a constant."""
    entries = []
    for k, constant in enumerate(operands):  # nothing goes back to a constant, and its place is small
        entries += [(f"{_IN}{k}", 1)] if constant else [(f"{_IN}{k}", _ROOM), (f"{_BACK_OUT}{k}", _ROOM)]
    upright = direction in ("TB", "BT")
    parts = [_strip(entries, upright), f"<TD>{label[1:-1]}</TD>", _strip([(_OUT, _ROOM), (_BACK_IN, _ROOM)], upright)]
    parts = [part for part in (parts[::-1] if direction in ("BT", "RL") else parts) if part]
    return table(parts if upright else ["".join(parts)], CELLPADDING=0)


def _strip(places: Sequence[tuple[str, int]], upright: bool) -> str:
    """A cell with places for arrows along it, of some room each; "" for none."""
    across = "COLSPAN" if upright else "ROWSPAN"
    cells = [f'<TD PORT="{name}" {across}="{room}"></TD>' for name, room in places]
    inner = table(["".join(cells)] if upright else cells, CELLPADDING=0)[1:-1]
    return f"<TD>{inner}</TD>" if cells else ""


def _places(arrow: Arrow, ported: Collection[str], direction: str) -> tuple[str, str]:
    """The operand's end of an arrow and then the result's, as DOT names them."""
    below, above = (arrow.head, arrow.tail) if arrow.backward else (arrow.tail, arrow.head)
    one, other = (_BACK_IN, _BACK_OUT) if arrow.backward else (_OUT, _IN)
    ahead, behind = _SIDES[direction]
    return (
        f"{below}:{one}:{ahead}" if below in ported else below,
        f"{above}:{other}{arrow.operand}:{behind}" if above in ported else above,
    )


# --- arrows -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrow:
    id: str  # "n0_n1_0" for the solid arrow of the use of n0 as operand 0 of n1, "n0_n1_0_back" for the dashed one
    tail: str
    head: str
    operand: int  # its place among those of the node that the solid one leads to
    backward: bool  # whether it is dashed
    lines: tuple[str, ...]  # what stands beside it: the local derivative, and what flowed along it
    tooltip: str  # the same in words
    look: Mapping[str, str]  # its attributes in DOT
    label: str


def arrows(picture: Picture) -> list[Arrow]:
    """The arrows, each solid one before the dashed one that goes with it."""
    constants = {node.id for node in picture.rows.nodes if node.kind == "constant"}
    pairs = Counter((edge.source, edge.target) for edge in picture.rows.edges)
    drawn = []
    for edge, final in zip(picture.rows.edges, picture.final.edges, strict=True):
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
    look = {"class": class_of("forward", state)}
    if to_constant:  # no gradient is sent along it, and it is short
        look |= {"color": palette.pale, "penwidth": "0.7", "weight": "2"}
    if state == "waiting":
        look |= {"color": palette.pale, "penwidth": "0.7"}
    elif state == "current":
        look |= {"color": palette.current_edge, "penwidth": "3"}
    lines: tuple[str, ...] = ()
    # With a label `dot` draws each of several arrows on its own way.
    label = " " if several and picture.backward and not picture.dense else ""
    if not picture.backward and picture.look.show is None and not to_constant and not picture.say.between_boxes(edge):
        lines = (picture.say.local(edge, picture.symbols),)
        label = table([cell(lines[0], SMALL)])
    return Arrow(edge.id, edge.source, edge.target, edge.operand, False, lines, picture.say.forward(edge), look, label)


def _backward(edge: EdgeRow, final: EdgeRow, picture: Picture) -> Arrow:
    """The dashed arrow."""
    palette = picture.palette
    mark = mark_of((None, edge.message), picture.seed)
    stopped = edge.message == 0 or mark == "vanishing"
    state = "waiting" if edge.state and not picture.returning else edge.state
    look = {"class": class_of("backward", state, mark, sign_of(edge.message)), "style": "dashed"}
    if edge.message is None or picture.scale is None:
        look |= {"color": palette.pale, "penwidth": "0.7"}
    else:
        look |= {"color": picture.scale.colour(palette, edge.message)}
        look |= {"penwidth": "1" if stopped else picture.scale.width(edge.message)}
    if stopped:
        look |= {"style": "dotted", "arrowtail": "empty"}
    if state == "current" and edge.message is not None:
        look |= {"arrowsize": "1.1"}
    lines = _lines(edge, picture, picture.say)
    label = _label(edge, final, lines, mark, picture)
    ends = (edge.target, edge.source, edge.operand)
    return Arrow(f"{edge.id}_back", *ends, True, lines, picture.say.backward(edge), look, label)


def _lines(edge: EdgeRow, picture: Picture, say: Sentences) -> tuple[str, ...]:
    """The local derivative, where the value it is taken of is computed, and the message, where one was sent."""
    single = not (picture.dense or say.between_boxes(edge)) and say.by_id[edge.target].value is not None
    local = say.local(edge, picture.symbols) if single and picture.look.shows("locals") else ""
    message = ""
    if edge.message is not None and picture.look.shows("messages"):
        back = BACK[picture.look.direction]
        message = f"{back} {picture.look.number(edge.message)}" + (f" ({edge.count})" if edge.count > 1 else "")
        if mark := mark_of((None, edge.message), picture.seed):
            message += "" if mark == "vanishing" else f" {WARNING}"
    return tuple(filter(None, (local, message))) if not edge.state else (local, message)


def _label(edge: EdgeRow, final: EdgeRow, lines: tuple[str, ...], mark: str, picture: Picture) -> str:
    """The label of a dashed arrow; at a moment it has its final width from the beginning, so that nothing moves."""
    if not lines:
        return ""
    palette = picture.palette
    widths = [0] * len(lines)
    if edge.state:
        ends = _lines(replace(final, state=edge.state), picture, picture.say_final)
        widths = [text_width(text, SMALL, bold=True) for text in ends]
    colour = ""
    if edge.message is not None:
        colour = palette.alarm if mark in ("exploding", "not finite") else palette.of_sign(edge.message)
    cells = []
    for k, (text, room) in enumerate(zip(lines, widths, strict=True)):
        sent = edge.message is not None and k == len(lines) - 1 and picture.look.shows("messages")
        cells.append(cell(text, SMALL, room=room, bold=sent, colour=colour if sent else ""))
    vertical = picture.look.direction in ("TB", "BT")  # the label then stands at the arrow's side, and not below it
    return table(cells, CELLPADDING=_BESIDE + 2 * vertical)


def label_widths(picture: Picture) -> dict[str, list[int]]:
    """How wide the lines of text beside each arrow are at the end of the pass, by the arrow's id."""
    return {id_: [text_width(line, SMALL) for line in lines] for id_, lines in picture.texts().items()}


# --- the legend -------------------------------------------------------------------------------------------------------


def legend_label(picture: Picture) -> str:
    """A bar for each sample of the scale, as thick and as saturated as an arrow, and the marks; "" if none is due."""
    scale, palette = picture.scale, picture.palette
    if scale is None or not (picture.look.legend and picture.backward):
        return ""
    head = cell("what flows back", SMALL, bold=True, colour=palette.grey, td={"COLSPAN": 3})
    lines = [head, *("".join(sample(scale, picture.look, size)) for size in scale.samples())]
    lines += [cell(text, SMALL, colour=palette.grey, td={"COLSPAN": 3}) for text in _marks(picture)]
    return table(lines, BORDER=1, COLOR=palette.cluster_line, STYLE="ROUNDED")


def _marks(picture: Picture) -> list[str]:
    """A line for each mark that is anywhere in the picture, now or at its end."""
    notes = {note for node in picture.final.nodes for note in node.notes}
    zero = any(edge.message == 0 for edge in picture.final.edges)
    badges = max(picture.say_final.arrived.values(), key=len, default=())[1:]
    told = [
        ("" if picture.look.theme == "print" else "blue: positive, red: negative"),
        "Σ n: the sum of n contributions" if badges else "",
        "dotted, hollow head: vanishing or 0" if zero or "vanishing" in notes else "",
        f"{WARNING} {KEPT}: not what the arrows bring" if KEPT in notes else "",
        f"{WARNING} exploding, or not finite" if notes & {"exploding", "not finite"} else "",
    ]
    return [text for text in told if text]
