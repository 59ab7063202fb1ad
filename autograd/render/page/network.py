"""The picture of a network on a page: neurons are tables while there are few of them, and cells in columns beyond that.

Who is a neuron is said in :mod:`autograd.render.networks`, and where boxes and arrows go in :mod:`..columns`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ...engine.graph import is_constant
from ...engine.ops import DOT
from ...engine.value import Value
from ...reading.formulas import made_by
from ...reading.text import text_width
from ...reading.trace import Trace
from .. import columns
from ..folding import Layout, Spot, folded
from ..networks import Box as Found
from ..networks import Flow, Network
from .drawing import (
    HEADER,
    NUMBER,
    PAD,
    ROOM,
    ROW,
    SO_FAR,
    Arrow,
    Box,
    arrow_svg,
    box_size,
    box_svg,
    frame_svg,
    row_name,
)

__all__ = ["network_parts"]

_CELL = 132.0, 22.0, 6.0  # points: width, height, and the space below
_MOST_BOXES = 8  # inputs that are drawn like all other boxes
_MOST_NAMED = 24  # cells of a column that have room for a name
_DENSE, _TALLEST = 22.0, 640.0  # the width of the cells of a longer column, and how high it may be
_EDGE = 70  # points: the least room for the two lines on an arrow


def network_parts(trace: Trace, network: Network) -> tuple[list[str], float, float]:
    """The elements of the picture in the order in which they are drawn, and its size."""
    return _Picture(trace, network).parts()


class _Picture:
    def __init__(self, trace: Trace, network: Network) -> None:
        self.trace, self.network, self.place = trace, network, trace.place
        self.small = network.is_small
        boxes = network.in_order(list(network.boxes.values()))
        self.crowd = Counter(box.rank for box in boxes)
        self.tables = {box: self._rows(box) for box in boxes if self.small and box.kind == "neuron"}
        self.single = {box: self._box(box) for box in boxes if box not in self.tables}
        self.spots = {box: self._spot(box) for box in boxes}
        for box in self.tables:
            self.spots[box].width = max(spot.width for spot in self.spots.values() if spot.column == box.rank)
        self.arrows = {flow: self._arrow(flow) for flow in network.flows.values()}
        self.links = {flow: self._link(flow, arrow) for flow, arrow in self.arrows.items()}
        columns.lay_out(list(self.spots.values()), list(self.links.values()))

    # --- what is shown ---

    def _made(self, nodes: Sequence[Value], shown: Sequence[Value], kind: str, name: str) -> Box:
        first, source = shown[0], self.network.source
        return Box(
            f"n{self.place[first]}",
            kind,
            name,
            of=[self.place[node] for node in nodes],
            shown=[self.place[node] for node in shown],
            values=[source.value(node) for node in shown],
            gradients=[source.gradient(node) for node in shown],
            symbol=first._row.symbol or first._row.name,
            made_by=made_by(first._row, [self.trace.names[p] for p in first.parents]),
            root=any(node is self.trace.root for node in nodes),
            trained=not first.parents and not is_constant(first),
        )

    def _rows(self, box: Found) -> list[Box]:
        """The lines of a table; the row of a sum also stands for the products before the bias is added."""
        found = []
        for n, line in enumerate(box.lines):
            inner = [p for node in line.nodes for p in node.parents if line.what == "z" and node._row is not DOT]
            row = self._made([*[p for p in inner if p._row is DOT], *line.nodes], line.nodes, "row", line.name)
            row.id, row.symbol = f"{box.id}_{n}", row.symbol if line.what == "a" else ""
            found.append(row)
        return found

    def _box(self, box: Found) -> Box:
        nodes = [node for line in box.lines for node in line.nodes] or box.nodes
        kind = {"input": "leaf", "neuron": "cell"}.get(box.kind, box.kind)
        if box.rank == 0 and not self.small and self.crowd[0] > _MOST_BOXES:
            kind = "cell"
        elif all(is_constant(node) for node in nodes):
            kind = "constant"
        made = self._made(nodes, box.shown, kind, box.lines[-1].name if box.lines else box.name)
        made.id = box.id
        if kind == "op":
            made.formula = self.network.formula(box)
        return made

    # --- where it stands ---

    def _spot(self, box: Found) -> columns.Spot:
        if rows := self.tables.get(box):
            names = max(text_width(text, 12, bold=True) for text in (self._title(box), *map(row_name, rows)))
            height = float(HEADER + ROW * len(rows))
            room = max(row.room for row in rows)
            return columns.Spot(
                box.rank, names + room + NUMBER + SO_FAR + 12 + 3 * PAD, height, 24.0, exit=1 - ROW / 2 / height
            )
        if self.single[box].kind == "cell":
            if self.crowd[box.rank] <= _MOST_NAMED:
                width, height, space = _CELL
                return columns.Spot(box.rank, width + self.single[box].room - NUMBER, height, space)
            low = min(14.0, _TALLEST / self.crowd[box.rank] - 2)
            return columns.Spot(box.rank, _DENSE, low, 2.0)
        follows, right = box.kind == "op", box.kind == "constant"
        return columns.Spot(box.rank, *box_size(self.single[box]), 18.0, follows=follows, at_right=right)

    def _link(self, flow: Flow, arrow: Arrow) -> columns.Link:
        source, target = self.spots[flow.source], self.spots[flow.target]
        if flow.line is not None and flow.target in self.tables:
            return columns.Link(source, target, (HEADER + ROW * (flow.line.place + 0.5)) / target.height)
        room = max(_EDGE, text_width(f"{arrow.said} ", 12) + 36) + 24 if not arrow.look else 0
        return columns.Link(source, target, room=room)

    def _arrow(self, flow: Flow) -> Arrow:
        node, operand = flow.uses[0]
        alone = len(self.network.into[flow.target, None]) == 1
        look = "thin" if flow.line is not None and not self.small else "" if flow.line is None and alone else "quiet"
        return Arrow(
            flow.id,
            (flow.source.lines[-1].name if flow.source.lines else flow.source.name, flow.target.name),
            [(self.place[node], k) for node, k in flow.uses],
            "" if flow.line is not None else self.network.source.symbols(node)[operand],
            flow.local,
            flow.message,
            not flow.messages,
            look,
        )

    # --- drawn ---

    def _title(self, box: Found) -> str:
        layer, number = box.address
        sizes = self.network.grouping.sizes
        if sizes == (1,):
            return "weighted sum"
        return f"layer {layer}" + (f", neuron {number}" if sizes[layer - 1] > 1 else "")

    def parts(self) -> tuple[list[str], float, float]:
        low, width, high = columns.extent(self.spots.values(), self.links.values())
        places = {box.id: Spot(spot.left, high - spot.top, spot.width, spot.height) for box, spot in self.spots.items()}
        ways, labels = {}, {}
        for flow, link in self.links.items():
            arrow = self.arrows[flow]
            way = ways[arrow.id] = [(x, high - y) for x, y in link.way]
            above = (way[0][0] + way[-1][0]) / 2, way[0][1] - 14
            labels[arrow.id] = above if link.is_level and not arrow.look else way[len(way) // 2]
            arrow.look = arrow.look or ("" if link.is_level else "quiet")
        layout = Layout(places, ways, labels, width, high - low)
        layout = folded(layout, ROOM) if self.small else layout
        for arrow in self.arrows.values():
            arrow.way, arrow.label = layout.ways[arrow.id], layout.labels[arrow.id]
        return [*self._drawn_arrows(), *self._drawn_boxes(layout.spots)], layout.width, layout.height

    def _drawn_arrows(self) -> Iterator[str]:
        """The weights into each layer of cells together, so that the strongest can be drawn over the others."""
        fans: dict[int, list[str]] = {}
        for flow, arrow in self.arrows.items():
            if arrow.look == "thin":
                fans.setdefault(flow.target.rank, []).append(arrow_svg(arrow))
            else:
                yield arrow_svg(arrow)
        for fan in fans.values():
            yield f'<g class="fan">{"".join(fan)}</g>'

    def _drawn_boxes(self, places: dict[str, Spot]) -> Iterator[str]:
        for box in self.spots:
            place = places[box.id]
            if box in self.single:
                yield box_svg(self.single[box], place)
                continue
            yield frame_svg(place, self._title(box))
            for n, row in enumerate(self.tables[box]):
                yield box_svg(row, Spot(place.left, place.top + HEADER + n * ROW, place.width, ROW))
