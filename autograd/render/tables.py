"""A network drawn neuron by neuron: columns of tables while it is small, of cells coloured by gradient beyond that.

Places and ways are computed here and written into the DOT, so that it looks the same with anybody's `dot`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..engine.graph import is_constant
from ..engine.ops import DOT
from ..engine.value import Value
from ..reading.text import label_text, markup, range_text, text_width
from . import folding
from .cells import LEGEND, PADDING, SMALL, WARNING, cell, empty_drawing, sample, table
from .columns import PAGE, Link, Spot, extent, is_clear, lay_out, written_way
from .curves import written
from .networks import Box, Flow, Line, Network, network_of
from .rows import AtStep, Graph, State, mark_of
from .style import Look, class_of, scale_of, sign_of

if TYPE_CHECKING:
    import graphviz

__all__ = ["NetworkPicture", "network_picture"]

WIDEST, HIGHEST = 1800.0, 1400.0  # points, of a picture that nobody asked for by name
_ROOM = 0.75 * PAGE, 1000.0  # points: a picture is cut into lines where it is a third larger

_MOST_CELLS = 72  # of a layer drawn as cells; more inputs are one box
_MOST_LINES, _STRONGEST = 1600, 12  # weights drawn as lines; flows drawn over them, for each layer
_LISTED = 48  # weights of an opened neuron that are listed, the strongest

_SIZE = 11  # of text, in points
_HEAD, _NAMES, _ROW = 19, 14, 16  # heights of the rows of a table
_TITLE = 22  # above a column


def network_picture(graph: Graph, look: Look, expand: Sequence[Any] = ()) -> NetworkPicture | None:
    """The picture of a graph as a network, with cells where tables would be too many; None: it is none.

    Args:
        graph, look: what is drawn, and how.
        expand: neurons and layers whose tables are opened among cells; None comes back if there are other things.
    """
    if not any(node._row is DOT for node in graph.order) or not graph.grouping.layers:
        return None
    final = network_of(graph.at_end())
    if final is None:
        return None
    named: defaultdict[Any, set[tuple[int, int]]] = defaultdict(set, inputs=set())  # the neurons, by what opens them
    for layer, neuron in (box.address for box in final.neurons):
        named[f"layer {layer}"].add((layer, neuron))
        named[f"layer {layer}, neuron {neuron}"].add((layer, neuron))
    if not all(isinstance(thing, str) and thing in named for thing in expand):
        return None
    opened = {address for thing in expand for address in named[thing]}
    now = final.at(graph) if isinstance(graph.source, AtStep) else final
    if final.is_small:
        picture = NetworkPicture(now, final, look, True, opened)
        if picture.fits:
            return picture
    return NetworkPicture(now, final, look, False, opened)


class NetworkPicture:
    """A network as it stands now, laid out for the numbers that it has in the end."""

    def __init__(
        self, now: Network, final: Network, look: Look, as_tables: bool, opened: Collection[tuple[int, int]]
    ) -> None:
        self.now, self.final, self.look, self.as_tables, self.opened = now, final, look, as_tables, opened
        self.palette = look.palette
        self.scale = scale_of(flow.message for flow in final.flows.values()) if look.shows("messages") else None
        self.warmth = scale_of(final.gradient(box.shown) for box in final.boxes.values())
        self._flows = {flow.id: flow for flow in now.flows.values()}
        self._boxes = {box.id: box for box in final.boxes.values()}
        values, gradients = "value" if look.shows("values") else "", "grad" if look.shows("gradients") else ""
        self._headings = "back" if self.scale is not None else "", "", values, gradients  # of a table's columns
        self.spots: dict[str, Spot] = {}
        self.links: dict[str, Link] = {}
        self._widths: dict[int, tuple[int, ...]] = {}  # of the cells of a table, by column; 0: there is no such cell
        inputs = {box.id for box in final.boxes.values() if box.kind == "input" and box.rank == 0}
        self._crowd = inputs if len(inputs) > _MOST_CELLS else set()  # too many, and drawn as one box
        self._lay_out()

    @property
    def say(self) -> NetworkPicture:
        return self

    @cached_property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of all that is drawn."""
        low, right, high = extent(self.spots.values(), self.links.values())
        return 0.0, low + min([y - 10 for _, _, y in self._legend_places()], default=0.0), right, high + _TITLE

    @property
    def fits(self) -> bool:
        """Whether it is of a size that can be read, and no layer is too long a column."""
        left, low, right, high = self.extent
        return right - left <= WIDEST and high - low <= HIGHEST and max(self.final.grouping.sizes) <= _MOST_CELLS

    # --- layout ---

    def _lay_out(self) -> None:
        boxes = self.final.in_order([box for box in self.final.boxes.values() if box.id not in self._crowd])
        columns = {rank: list(column) for rank, column in groupby(boxes, lambda box: box.rank)}
        if self._crowd:
            self.spots["inputs"] = Spot(0, text_width(self._crowd_text(), _SIZE, bold=True) + 14.0, 40.0)
        for rank, column in columns.items():
            self._widths[rank] = self._widths_of(column)
            self.spots.update({box.id: self._spot(box, column) for box in column})
            widest = max(spot.width for spot in self.spots.values() if spot.column == rank)
            for box in column:
                if box.kind != "constant" and (box.kind != "neuron" or self.is_table(box)):
                    self.spots[box.id].width = widest
        for flow in self._drawn_flows():
            source = "inputs" if flow.source.id in self._crowd else flow.source.id
            link = Link(self.spots[source], self.spots[flow.target.id], self._entry(flow))
            if flow.target.kind == "op" and self.look.shows("messages"):
                link.room = max([text_width(text, SMALL, bold=True) for text in self._beside(flow)], default=0) + 10.0
            self.links[flow.id] = link
        lay_out(list(self.spots.values()), list(self.links.values()))
        self._fold()

    def _fold(self) -> None:
        """Where it is wider than a page, what comes behind the neurons goes on below them, if that makes it fit."""
        low, right, high = extent(self.spots.values(), self.links.values())
        behind = max(self.spots[box.id].right for box in self.final.neurons)
        places = {id_: folding.Spot(s.left, -s.top, s.width, s.height) for id_, s in self.spots.items()}
        ways = {id_: [(x, -y) for x, y in link.way] for id_, link in self.links.items()}  # lines go downwards
        labels = {id_: way[len(way) // 2] for id_, way in ways.items()}
        found = folding.folded(folding.Layout(places, ways, labels, right, high - low), _ROOM, behind)
        if found.ways is ways or found.width > PAGE:
            return
        for id_, place in found.spots.items():
            self.spots[id_].x, self.spots[id_].y = place.left + place.width / 2, -place.top - place.height / 2
        for id_, way in found.ways.items():
            self.links[id_].way = [(x, -y) for x, y in way]

    def is_table(self, box: Box) -> bool:
        return box.kind == "neuron" and (self.as_tables or box.address in self.opened)

    def lines(self, box: Box) -> list[Line]:
        """The rows of a table: of very many weights those that count most."""
        weights = [line for line in box.lines if line.what == "weight"]
        if len(weights) <= _LISTED:
            return box.lines
        flowing = {line: abs(self.final.source.gradient(line.nodes[0]) or 0.0) for line in weights}
        weakest_last = sorted(weights, key=lambda line: -(flowing[line] + 1e-9 * abs(line.nodes[0]._data)))
        kept = set(weakest_last[:_LISTED])
        return [line for line in box.lines if line.what != "weight" or line in kept]

    def _spot(self, box: Box, column: Sequence[Box]) -> Spot:
        width = sum(self._widths[box.rank]) + 2.0
        if self.is_table(box):
            rows = len(self.lines(box))
            height = _HEAD + _NAMES + _ROW * rows + 2.0
            return Spot(box.rank, width, height, 20.0, exit=1 - (_ROW / 2 + 1) / height)
        if box.kind == "neuron":
            dense = len(column) > 24
            width += 0 if any(map(self.is_table, column)) else 12  # beside the text there is the gradient's colour
            return Spot(box.rank, 18.0 if dense else width, 14.0 if dense else 22.0, 4.0 if dense else 12.0)
        if box.kind == "input" and box.rank == 0 and not self.as_tables and len(column) > 24:
            return Spot(box.rank, width, 14.0, 4.0)
        rows = len(self._numbers(self.final, box))
        height = _HEAD + (_NAMES if box.kind == "op" else 0) + _ROW * rows + 2.0
        space, constant = 18.0 if self.as_tables else 8.0, box.kind == "constant"
        if constant:
            width = self._widths_of([box])[1] + 2.0
        return Spot(box.rank, width, height, space, follows=box.kind == "op", at_right=constant)

    def _entry(self, flow: Flow) -> float | None:
        """Where an arrow meets its row of a table; None: wherever there is room."""
        box = flow.target
        if flow.line is None or not self.is_table(box):
            return None
        above = self.lines(box).index(flow.line)
        return (1 + _HEAD + _NAMES + _ROW * (above + 0.5)) / self.spots[box.id].height

    def _drawn_flows(self) -> list[Flow]:
        """What is drawn as an arrow: of very many weights the largest, and all that flow strongest."""
        between, rest = [], []
        for flow in self.final.flows.values():
            if flow.line is None or (self.is_table(flow.target) and flow.line in self.lines(flow.target)):
                rest.append(flow)
            elif not self.is_table(flow.target):
                between.append(flow)
        if self._crowd:
            one_each = {flow.target: flow for flow in between if flow.source.id in self._crowd}
            between = [flow for flow in between if flow.source.id not in self._crowd] + [*one_each.values()]
        if len(between) > _MOST_LINES:
            kept = set(sorted(between, key=lambda flow: -abs(self.weight(flow)))[:_MOST_LINES]) | self._strongest
            between = [flow for flow in between if flow in kept]
        return between + rest

    @cached_property
    def _strongest(self) -> set[Flow]:
        """Among cells, the strongest flows into each layer."""
        found: set[Flow] = set()
        for layer in range(1, self.final.grouping.layers + 1):
            into = [f for f in self.final.flows.values() if f.target.address[0] == layer and f.message]
            into = [f for f in into if f.source.id not in self._crowd]
            found.update(sorted(into, key=lambda flow: -abs(flow.message or 0.0))[:_STRONGEST])
        return found

    @staticmethod
    def weight(flow: Flow) -> float:
        assert flow.line is not None
        return flow.line.nodes[0]._data

    # --- text ---

    def _widths_of(self, boxes: Sequence[Box]) -> tuple[int, ...]:
        """The widths that the cells of a column need, now and in the end."""
        texts: list[tuple[str, str, str, str]] = []
        names = [0]
        for box in boxes:
            for network in (self.now, self.final):
                if self.is_table(box):
                    texts += [self._line_texts(network, box, line) for line in self.lines(box)]
                    texts.append(("", *self._headings[1:]))
                    head = text_width(f"{box.name}  {self._note(box)}", _SIZE, bold=True) + 2 * PADDING + 6
                elif box.kind == "neuron":
                    texts.append(("", "", self._cell_text(network, box, self.final.notes[box]), ""))
                    head = 0
                else:
                    title, *rest = self._heads(box)
                    rows = self._numbers(network, box)
                    lines = [text_width(f"{title} {self._note(box)}".strip(), _SIZE, bold=True)]
                    lines += [text_width(text, SMALL) for text in rest]
                    lines += [text_width(f"{title} = {text}", SMALL) for _, text in rows if not self.as_tables]
                    lines += [text_width("value", SMALL) + text_width(text, _SIZE) + 2 * PADDING for _, text in rows]
                    head = max(lines) + 4 * PADDING
                names.append(head)
        widths = [max([text_width(t[k], _SIZE if k else SMALL) for t in texts], default=0) for k in range(4)]
        widths[0] = widths[0] and max(widths[0], text_width(self._headings[0], SMALL))
        room = [width + 2 * PADDING + 2 if width else 0 for width in widths]
        room[1] = max(room[1], max(names) - room[0] - room[2] - room[3])
        return tuple(room)

    def _line_texts(self, network: Network, box: Box, line: Line) -> tuple[str, str, str, str]:
        """What stands in a row: the message that goes back, the name, the value and the gradient."""
        message = network.message(box, line) if self.scale is not None else None
        name = label_text(line.name, 24)
        if line.what == "a":
            name += f" = {label_text(line.nodes[0]._row.name, 12)}"
        value = self._values(network, line.nodes) if self.look.shows("values") else ""
        gradient = self._number(network.gradient(line.nodes)) if self.look.shows("gradients") else ""
        return "" if message is None else self._number(message), name, value, gradient

    def _number(self, x: float | None) -> str:
        return self.look.number(x, missing="–")

    def _values(self, network: Network, nodes: Sequence[Value]) -> str:
        """A value; of several samples the smallest and the largest."""
        known = [x for node in nodes if (x := network.source.value(node)) is not None]
        return range_text(known, self._number) if len(known) == len(nodes) else "–"

    def _heads(self, box: Box) -> list[str]:
        """The name of a box that is no neuron, and how it is made."""
        name = label_text(box.name, 24)
        if len(box.nodes) > 1:
            name += f" × {len(box.nodes)}"
        if box.kind != "op":
            return [name]
        return [name, self.final.formula(box)]

    def _numbers(self, network: Network, box: Box) -> list[tuple[str, str]]:
        """What stands in a box that is no neuron, and what it is called."""
        told = [("value", self._values(network, box.shown))] if self.look.shows("values") else []
        if self.look.shows("gradients") and box.kind != "constant" and not self._is_constant(box):
            told.append(("grad", self._number(network.gradient(box.shown))))
        return told

    @staticmethod
    def _is_constant(box: Box) -> bool:
        return all(is_constant(node) for node in box.nodes)

    def _cell_text(self, network: Network, box: Box, notes: tuple[str, ...]) -> str:
        note = "" if not notes else "dead" if "dead" in notes else WARNING
        roomy = self.look.shows("values") and (not note or len(box.nodes) < 2)
        value = self._values(network, box.nodes) if roomy else ""
        return f"{value} {note}".strip() or f"{box.address[1]}"

    def _note(self, box: Box) -> str:
        notes = self.now.notes[box]
        return ", ".join(notes) if notes in ((), ("dead",)) else f"{WARNING} {', '.join(notes)}"

    def _beside(self, flow: Flow) -> list[str]:
        """What stands on an arrow of the loss: the local derivative and the message."""
        told = []
        if flow.count == 1 and self.look.shows("locals") and flow.local is not None:
            told.append(f"× {self._number(flow.local)}")
        if flow.message is not None:
            told.append(f"← {self._number(flow.message)}")
        return told

    def _crowd_text(self) -> str:
        return f"{len(self._crowd):,} inputs"

    # --- DOT ---

    def drawing(self, tooltips: bool = True) -> graphviz.Digraph:
        import graphviz

        palette = self.palette
        placed = {"layout": "nop2", "inputscale": "72", "outputorder": "edgesfirst"}
        drawing = empty_drawing(palette, placed, {"shape": "plain", "fontsize": str(_SIZE)})
        said = self.titles()

        def told(id_: str) -> dict[str, str]:
            return {"tooltip": graphviz.escape(said[id_])} if tooltips and id_ in said else {}

        for id_, spot in self.spots.items():
            if id_ == "inputs":
                td = _td(self._crowd_text(), int(spot.width) - 2, 38, _SIZE, bold=True)
                label, classes = _box([_line(td)], palette.leaf_fill, palette.leaf_line), "group"
            else:
                box = self._boxes[id_]
                label, classes = self._label(box, spot), class_of(box.kind, *self.now.notes[box])
            drawing.node(id_, label, id=id_, pos=written((spot.x, spot.y)), **{"class": classes}, **told(id_))
        for id_, link in self.links.items():
            self._edge(drawing, self._flows[id_], link, told(id_))
        self._titles_of_columns(drawing)
        legend = self._legend_places()
        low = self.extent[1] - min([y - 10 for _, _, y in legend], default=0.0)
        for k, (label, x, y) in enumerate(legend):
            id_ = f"legend_{k}" if k else "legend"
            drawing.node(id_, label, id=id_, pos=written((x, low + y)), **{"class": "legend"})
        return drawing

    def _label(self, box: Box, spot: Spot) -> str:
        if self.is_table(box):
            return self._table(box)
        if box.kind == "neuron":
            return self._cell(box, spot)
        palette = self.palette
        width = int(spot.width) - 2
        fill, line = palette.paper, palette.cluster_line
        if box.kind != "constant":
            is_root = any(node is self.now.root for node in box.nodes)  # values may be equal
            fill, line = palette.look_of("root" if is_root else "op" if box.kind == "op" else "leaf").values()
        state, notes = self._state(box.nodes), self._note(box)
        fill = getattr(palette, f"{state}_fill") if state in ("current", "reached", "waiting") else fill
        line = palette.alarm if notes else line
        heads = self._heads(box)
        if spot.height < 20:
            numbers = self._numbers(self.now, box)
            text = f"{heads[0]} = {numbers[0][1]}" if numbers else heads[0]
            return _box([_line(_td(text, width, int(spot.height) - 2, 9))], fill, line)
        lines = [_line(_td(f"{heads[0]} {notes}".strip(), width, _HEAD, _SIZE, bold=True, span=2))]
        lines += [_line(_td(text, width, _NAMES, SMALL, colour=palette.grey, span=2)) for text in heads[1:]]
        for what, text in self._numbers(self.now, box):
            colour = self.palette.of_sign(self.now.gradient(box.shown)) if what == "grad" else ""
            name = text_width("value", SMALL) + 3 * PADDING
            label = _td(what, name, _ROW, SMALL, colour=palette.grey)
            lines.append(_line(label, _td(text, width - name, _ROW, _SIZE, colour=colour)))
        return _box(lines, fill, line)

    def _table(self, box: Box) -> str:
        """A neuron: a head, and a row for each weight, the bias, the sum and the activation."""
        palette, widths, note = self.palette, self._widths[box.rank], self._note(box)
        dead = "dead" in self.now.notes[box]
        ink = palette.grey if dead else ""
        head = _td(box.name, sum(widths), _HEAD, _SIZE, bold=True, colour=ink, span=4, note=note, alarm=palette.alarm)
        lines = [_line(head, fill=palette.inner_fill if not note or dead else palette.root_fill)]
        named = [(k, name, width) for k, (name, width) in enumerate(zip(self._headings, widths, strict=True)) if width]
        lines.append(_line(*[_td(name, w, _NAMES, SMALL, colour=palette.grey, right=k > 1) for k, name, w in named]))
        for line in self.lines(box):
            texts = self._line_texts(self.now, box, line)
            back, gradient = self.now.message(box, line), self.now.gradient(line.nodes)
            colours = palette.of_sign(back), ink, ink, palette.of_sign(gradient)
            state = self._state(line.nodes)
            fill = palette.current_fill if state == "current" else palette.cluster_fill if line.what in "za" else ""
            cells = [
                _td(text, width, _ROW, _SIZE if k else SMALL, colour=colour, right=k > 1)
                for k, (text, width, colour) in enumerate(zip(texts, widths, colours, strict=True))
                if width
            ]
            lines.append(_line(*cells, fill=fill))
        outline = palette.alarm if note and not dead else palette.pale if dead else palette.op_line
        return _box(lines, palette.cluster_fill if dead else palette.op_fill, outline)

    def _cell(self, box: Box, spot: Spot) -> str:
        """A neuron in a column of many: its value on the colour of its gradient, or the colour alone."""
        palette, gradient = self.palette, self.now.gradient(box.shown)
        warm = self.warmth
        colour = palette.cluster_fill if gradient is None or warm is None else warm.colour(palette, gradient)
        notes = self.now.notes[box]
        dead = "dead" in notes
        if gradient == 0 or dead:
            colour = palette.cluster_line
        outline = palette.pale if dead else palette.alarm if notes else palette.op_line
        width, height = int(spot.width) - 2, int(spot.height) - 2
        if height < 16:
            return _box([_line(_td("", width, height, 8), fill=colour)], palette.op_fill, outline)
        swatch = _td("", 12, height, 8).replace("<TD", f'<TD BGCOLOR="{colour}"', 1)
        td = _td(self._cell_text(self.now, box, notes), width - 12, height, _SIZE, colour=palette.grey if dead else "")
        return _box([_line(swatch, td)], palette.cluster_fill if dead else palette.op_fill, outline)

    def _state(self, nodes: Sequence[Value]) -> State:
        states = {self.now.source.state(node) for node in nodes}
        return next((state for state in ("current", "reached", "waiting") if state in states), "")

    def _edge(self, drawing: graphviz.Digraph, flow: Flow, link: Link, told: dict[str, str]) -> None:
        palette, message = self.palette, flow.message
        ends = source, _ = "inputs" if flow.source.id in self._crowd else flow.source.id, flow.target.id
        final = self.final.flows[flow.source, flow.target, flow.line]
        mark = mark_of((None, message), self.now.seed)
        look = {"id": flow.id, "class": class_of("flow", sign_of(message), mark), **told}
        between_cells = flow.line is not None and not self.is_table(flow.target)
        if between_cells and (message is None or final not in self._strongest):  # it shows the weight
            weight = self.weight(flow)
            colour = palette.weak_positive if weight > 0 else palette.weak_negative
            width = 0.3 + 1.2 * min(1.0, abs(weight) / (self._heaviest or 1.0))
            colour = palette.cluster_line if source == "inputs" else colour
            look |= {"color": colour, "penwidth": f"{width:.2g}", "dir": "none", "pos": written_way(link.way)}
        elif message is None or self.scale is None:
            waiting = "waiting" in flow.states or final.message is None
            current = "current" in flow.states
            colour = palette.current_edge if current else palette.pale if waiting else palette.line
            look |= {"color": colour, "penwidth": "2" if current else "1", "pos": written_way(link.way, head=True)}
        else:
            stopped, wide = message == 0 or mark == "vanishing", float(self.scale.width(message))
            if not self.as_tables and flow.target.kind == "neuron":
                wide = 1 + (wide - 1) / 2  # among many lines
            look |= {"color": self.scale.colour(palette, message), "penwidth": "1" if stopped else f"{wide:.3g}"}
            look |= {"style": "dotted", "arrowtail": "empty"} if stopped else {}
            if between_cells:  # written from its head, so that it is drawn over the lines into the same layer
                ends = ends[::-1]
                look |= {"pos": written_way(link.way[::-1], head=True), "dir": "forward"}
            else:
                look |= {"pos": written_way(link.way, tail=True), "dir": "back"} | self._on_arrow(flow, link)
        drawing.edge(*ends, **look)

    def _on_arrow(self, flow: Flow, link: Link) -> dict[str, str]:
        """The texts on an arrow of the loss that goes straight to where no other does, if there is room above it."""
        told = self._beside(flow)
        alone = flow.target.kind == "op" and len(self.final.into[flow.target, None]) == 1
        if not (alone and link.is_level and is_clear(link, list(self.links.values()), 4 + 14.0 * len(told))):
            return {}
        (left, y), (right, _) = link.way[0], link.way[-1]
        cells = [cell(text, SMALL, colour=self.palette.grey) for text in told[:-1]]
        cells.append(cell(told[-1], SMALL, bold=True, colour=self.palette.of_sign(flow.message)))
        return {"label": table(cells, CELLPADDING=0), "lp": written(((left + right) / 2, y + 4 + 7 * len(cells)))}

    @cached_property
    def _heaviest(self) -> float:
        return max([abs(line.nodes[0]._data) for b in self.final.neurons for line in b.lines if line.what == "weight"])

    def _titles_of_columns(self, drawing: graphviz.Digraph) -> None:
        for layer, count in enumerate(self.final.grouping.sizes, 1):
            box = next(b for b in self.final.neurons if b.address[0] == layer)
            text = f"layer {layer}" + (f" ({count})" if not self.as_tables else "")
            where = written((self.spots[box.id].x, self.extent[3] - 8))
            label = table([cell(text, SMALL, bold=True, colour=self.palette.grey)], CELLPADDING=1)
            drawing.node(f"title_{layer}", label, id=f"title_{layer}", pos=where)

    def _legend(self) -> list[tuple[str, float]]:
        """Labels with their widths: a bar for each sample of the scale, and in words what the rest means."""
        scale = self.scale
        if scale is None or not self.look.legend:
            return []
        bars = "".join("".join(sample(scale, self.look, size)) for size in scale.samples())
        told = ["values go right; gradients come back along the arrows"]
        if self.look.theme != "print":
            told.append("blue: positive, red: negative")
        if any(flow.message == 0 for flow in self.final.flows.values()):
            told.append("dotted: 0 or vanishing")
        if self.final.samples > 1:
            told.append(f"{self.final.samples} samples in one: values from … to, gradients are sums")
        if not self.as_tables:
            told.append("thin lines: weights; swatch: the neuron's gradient")
        wide = sum(text_width(f"± {self.look.number(size)}", SMALL) + 2 * 34 + 6 for size in scale.samples())
        return [(table([bars]), wide)] + [
            (table([cell(text, SMALL, colour=self.palette.grey)]), text_width(text, SMALL) + 6.0) for text in told
        ]

    def _legend_places(self) -> list[tuple[str, float, float]]:
        """Where each label stands: in lines below the picture, as many in a line as it is wide."""
        widest = max(spot.right for spot in self.spots.values())
        places, x, line = [], 0.0, 0
        for label, wide in self._legend():
            if x and x + wide > widest:
                x, line = 0.0, line + 1
            places.append((label, x + wide / 2, -18.0 * line - 16))
            x += wide + 14
        return places

    # --- words ---

    def titles(self) -> dict[str, str]:
        """What is said of each box and arrow, by its id."""
        said = {id_: self._box_said(self._boxes[id_]) for id_ in self.spots if id_ != "inputs"}
        said |= {id_: self._flow_said(self._flows[id_]) for id_ in self.links}
        if self._crowd:
            said["inputs"] = self._crowd_text()
        return said | {"legend": LEGEND}

    def _box_said(self, box: Box) -> str:
        number = self.look.number
        if box.kind != "neuron":
            text = f"{' '.join(label_text(t, 60) for t in self._heads(box))} = {self._values(self.now, box.nodes)}"
            if box.kind != "constant" and not self._is_constant(box):
                text += f", gradient {number(self.now.gradient(box.shown))}"
            return "; ".join([text, *self.now.notes[box]])
        parts = [
            f"{label_text(line.name, 40)} = {self._values(self.now, line.nodes)}, "
            f"gradient {number(self.now.gradient(line.nodes))}"
            for line in box.lines
            if line.what in ("z", "a") or len(box.lines) <= 12
        ]
        return "; ".join([f"layer {box.address[0]}, neuron {box.address[1]}", *parts, *self.now.notes[box]])

    def _flow_said(self, flow: Flow) -> str:
        number = self.look.number
        source = label_text(flow.source.lines[-1].name if flow.source.lines else flow.source.name, 40)
        of_sum = (line.name for line in flow.target.lines if line.what == "z")
        target = label_text(next(of_sum, flow.target.name), 40)
        text = f"{source} goes into {target}"
        if flow.line is not None:
            text += f" by {label_text(flow.line.name, 40)} = {number(self.weight(flow))}"
        if flow.count == 1:
            text += f"; d{target}/d{source} = {number(flow.local, missing='undefined')}"
        message = flow.message
        if message is not None and flow.count == 1:
            factors = f"{number(flow.local)} * {number(flow.upstream)}"
            text += f"; back: message = local x upstream: {number(message)} = {factors}"
        elif message is not None:
            text += f"; back: the sum of {flow.count} messages is {number(message)}"
        return text

    def title(self) -> str:
        """The whole in one line."""
        sizes = ", ".join(map(str, self.now.grouping.sizes))
        root = self.now.root
        name = label_text(self.now.names[root], 80)
        return f"{name} = {self.look.number(self.now.source.value(root))}; a network with layers of {sizes} neurons"

    def description(self) -> str:
        """What the picture shows, for who can't see it."""
        told = [f"The network that {label_text(self.now.names[self.now.root], 80)} depends on, layer by layer."]
        marked = [(box, notes) for box, notes in self.now.notes.items() if notes]
        for box, notes in marked[:13]:
            neuron = f"Layer {box.address[0]}, neuron {box.address[1]}"
            told.append(f"{neuron if box.kind == 'neuron' else label_text(box.name, 80)}: {', '.join(notes)}.")
        if all(flow.message is None for flow in self.now.flows.values()):
            told.append("No gradients are computed yet.")
        told.append("Arrows lead from left to right; where they are coloured, gradients flow back along them.")
        return " ".join(told)


# --- pieces of labels -------------------------------------------------------------------------------------------------


def _td(
    text: str, width: float, height: float, size: int, *, bold: bool = False, colour: str = "", span: int = 1,
    right: bool = False, note: str = "", alarm: str = "",
) -> str:  # fmt: skip
    font = f'POINT-SIZE="{size}"' + (f' COLOR="{colour}"' if colour else "")
    # A space that is not broken at keeps text off the edge: padding would make the rows higher.
    held = f"{markup(text)}\u00a0" if right else f"\u00a0{markup(text)}"
    inner = f"<FONT {font}>{held}</FONT>" if text.strip() else ""
    inner = f"<B>{inner}</B>" if bold and inner else inner
    if note:
        inner += f'<FONT POINT-SIZE="{size}" COLOR="{alarm}"><B>  {markup(note)}</B></FONT>'
    more = f' COLSPAN="{span}"' if span > 1 else ""
    align = "RIGHT" if right else "LEFT"
    return f'<TD ALIGN="{align}" WIDTH="{width:g}" HEIGHT="{height:g}"{more}>{inner}</TD>'


def _line(*cells: str, fill: str = "") -> str:
    row = "".join(cells)
    if fill:
        row = row.replace("<TD ", f'<TD BGCOLOR="{fill}" ')
    return f"<TR>{row}</TR>"


def _box(lines: Sequence[str], fill: str, line: str) -> str:
    return (
        f'<<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1" BGCOLOR="{fill}" COLOR="{line}">'
        f"{''.join(lines)}</TABLE>>"
    )
