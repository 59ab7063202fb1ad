"""Places for boxes in columns, and ways for the arrows between them that touch no other box.

Columns stand from left to right, in each the boxes in their order. An arrow leaves its box to the right and enters
the next to the left, both level; one that goes past a column has a lane of its own between the boxes there. No two
arrows leave or enter a box at the same height.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from .curves import Point, along, straight, towards, written

__all__ = ["PAGE", "Link", "Spot", "extent", "is_clear", "lay_out", "written_way"]

_LANE = 16.0  # the height of a lane past a column
_ARROW = 7.0  # the length of an arrow's head
_PITCH = 9.0  # between arrows that leave or enter a box
_GAPS = (56.0, 5.0), (28.0, 4.8)  # between columns, and more for each arrow: with room, and for what is wide
_WIDEST_GAP = 140.0
PAGE = 1420.0  # points: what is wider is drawn with less room, so that a text of 10 points can be read at 1280 pixels


@dataclass(slots=True, eq=False)
class Spot:
    """A box: its size, and then its place. y grows upwards."""

    column: int
    width: float
    height: float
    space: float = 18.0  # above the next box
    follows: bool = False  # whether it stands at the height of what comes into it
    at_right: bool = False  # of its column, where it is narrower than that
    exit: float = 0.5  # where arrows leave: 0 is the top of the box, 1 its bottom
    x: float = 0.0  # of its centre
    y: float = 0.0

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        return self.y + self.height / 2

    @property
    def bottom(self) -> float:
        return self.y - self.height / 2

    @property
    def way_out(self) -> float:
        """The height at which arrows leave."""
        return self.top - self.exit * self.height


@dataclass(slots=True, eq=False)
class Link:
    """An arrow: where it enters its target, from 0 at the top to 1 at the bottom; and then its way."""

    source: Spot
    target: Spot
    entry: float | None = None  # None: wherever there is room
    room: float = 0.0  # the width of what is written on it
    way: Sequence[Point] = ()  # control points of a curve, 3 n + 1 of them
    start: float = 0.0
    end: float = 0.0
    lanes: list[Spot] = field(default_factory=list)

    @property
    def is_level(self) -> bool:
        return len(self.way) == 4 and abs(self.way[0][1] - self.way[-1][1]) < 0.01


def is_clear(link: Link, links: Sequence[Link], height: float) -> bool:
    """Whether so much room above a level link is free of others."""
    (left, y), (right, _) = link.way[0], link.way[-1]
    return not any(
        left < a < right and y < b < y + height
        for other in links
        if other is not link and other.way[0][0] < right and other.way[-1][0] > left
        for a, b in along(other.way, 4.0)
    )


def lay_out(spots: Sequence[Spot], links: Sequence[Link]) -> None:
    """Give every spot its place and every link its way; columns hold their spots in the order that these come in."""
    columns: dict[int, list[Spot]] = defaultdict(list)
    for spot in spots:
        columns[spot.column].append(spot)
    _stack(columns, links)
    for link in links:
        _make_lanes(link, columns)
    if any(link.lanes for link in links):
        _stack(columns, links)
    _find_ports(links)
    for gap, more in _GAPS:
        if _spread(columns, links, gap, more) <= PAGE:
            break
    for link in links:
        link.way = _way(link, columns)


def extent(spots: Collection[Spot], links: Collection[Link]) -> tuple[float, float, float]:
    """How far all that is drawn reaches down, to the right and up."""
    ways = [point for link in links for point in link.way]
    low = min([spot.bottom for spot in spots] + [y for _, y in ways])
    right = max([spot.right for spot in spots] + [x for x, _ in ways])
    return low, right, max([spot.top for spot in spots] + [y for _, y in ways])


def _stack(columns: dict[int, list[Spot]], links: Sequence[Link]) -> None:
    """Heights: columns are centred, and what follows others stands level with them where it can."""
    into: dict[Spot, list[Link]] = defaultdict(list)
    for link in links:
        into[link.target].append(link)
    for number in sorted(columns):
        column = columns[number]
        if all(spot.follows or not into[spot] for spot in column) and any(spot.follows for spot in column):
            _follow(column, into)
            continue
        y = sum(spot.height + spot.space for spot in column) / 2
        for spot in column:
            spot.y = y - (spot.height + spot.space) / 2
            y -= spot.height + spot.space


def _follow(column: list[Spot], into: dict[Spot, list[Link]]) -> None:
    """Each at the mean height of what it comes from, one below the other; what comes from nothing at the end."""
    heights = {spot: [link.source.way_out for link in into[spot]] for spot in column}
    wanted = {spot: sum(found) / len(found) if found else -1e9 for spot, found in heights.items()}
    column.sort(key=lambda spot: -wanted[spot])
    free = 1e9
    for spot in column:
        half = (spot.height + spot.space) / 2
        spot.y = min(wanted[spot] if wanted[spot] > -1e9 else free - half, free - half)
        free = spot.y - half
    follow = [spot for spot in column if spot.follows]
    over = sum(wanted[spot] - spot.y for spot in follow) / len(follow)
    for spot in column:  # where they push each other down, all move up by as much as the mean
        spot.y += over


def _make_lanes(link: Link, columns: dict[int, list[Spot]]) -> None:
    """A lane for each column that the link goes past, where it is nearest to the straight way."""
    first, last = link.source.column, link.target.column
    start, end = link.source.way_out, link.target.top - (link.entry or 0.5) * link.target.height
    for number in range(first + 1, last):
        column = columns.get(number)
        if not column:
            continue
        height = start + (end - start) * (number - first) / (last - first)
        lane = Spot(number, 0.0, _LANE, 4.0)
        borders = [column[0].top + 1, *[spot.bottom for spot in column]]
        at = min(range(len(borders)), key=lambda i: abs(borders[i] - height))
        while 0 < at < len(column) and column[at].width == 0.0 and column[at].y > height:
            at += 1  # lanes keep the order of their links
        lane.y = height
        column.insert(at, lane)
        link.lanes.append(lane)


def _find_ports(links: Sequence[Link]) -> None:
    """Heights at which the links leave and enter."""
    leaving: dict[Spot, list[Link]] = defaultdict(list)
    entering: dict[Spot, list[Link]] = defaultdict(list)
    for link in links:
        leaving[link.source].append(link)
        if link.entry is None:
            entering[link.target].append(link)
        link.end = link.target.y if link.entry is None else link.target.top - link.entry * link.target.height
    for spot, out in leaving.items():
        out.sort(key=lambda link: -(link.lanes[0].y if link.lanes else link.end))
        for link, height in zip(out, _ports(spot, len(out), spot.way_out), strict=True):
            link.start = height
    for spot, inward in entering.items():
        inward.sort(key=lambda link: -(link.lanes[-1].y if link.lanes else link.start))
        level = inward[0].start if len(inward) == 1 and not inward[0].lanes else spot.y
        inside = abs(level - spot.y) < spot.height / 2 - 3
        for link, height in zip(inward, _ports(spot, len(inward), level if inside else spot.y), strict=True):
            link.end = height


def _ports(spot: Spot, count: int, middle: float) -> list[float]:
    """So many heights on a side of a box, about a middle."""
    room = spot.height - 8.0
    pitch = min(_PITCH, room / max(1, count - 1))
    half = pitch * (count - 1) / 2
    middle = min(max(middle, spot.bottom + 4 + half), spot.top - 4 - half)
    return [middle + half - pitch * i for i in range(count)]


def _spread(columns: dict[int, list[Spot]], links: Sequence[Link], gap: float, more: float) -> float:
    """Where each column stands, as far from the one before as what goes between needs; and how wide that is."""
    crossing: dict[int, int] = defaultdict(int)
    room: dict[int, float] = defaultdict(float)
    for link in links:
        for number in range(link.source.column, link.target.column):
            crossing[number] += 1
        room[link.source.column] = max(room[link.source.column], link.room)
    x = end = 0.0
    for number in sorted(columns):
        width = max(spot.width for spot in columns[number])
        for spot in columns[number]:
            spot.x = x + (width - spot.width / 2 if spot.at_right else spot.width / 2)
        tall = sum(spot.height + spot.space for spot in columns[number]) if crossing[number] > 30 else 0.0
        usual = min(_WIDEST_GAP + tall / 10, gap + more * max(0, crossing[number] - 1))
        end = x + width
        x = end + max(usual, room[number])
    return end


def _way(link: Link, columns: dict[int, list[Spot]]) -> list[Point]:
    """A curve from box to box: level through columns, an S between them."""
    edges = {}
    for number in {link.source.column, link.target.column, *[lane.column for lane in link.lanes]}:
        boxes = [spot for spot in columns[number] if spot.width]
        edges[number] = (min(spot.left for spot in boxes), max(spot.right for spot in boxes))
    points: list[Point] = [(link.source.right, link.start)]
    _level(points, edges[link.source.column][1])
    for lane in link.lanes:
        left, right = edges[lane.column]
        _bend(points, left, lane.y)
        _level(points, right)
    _bend(points, edges[link.target.column][0], link.end)
    _level(points, link.target.left)
    return points


def _level(points: list[Point], x: float) -> None:
    here, y = points[-1]
    if x - here > 0.5:
        points += straight((here, y), (x, y))


def _bend(points: list[Point], x: float, y: float) -> None:
    here, level = points[-1]
    far = (x - here) * 0.5
    points += [(here + far, level), (x - far, y), (x, y)]


def written_way(way: Sequence[Point], tail: bool = False, head: bool = False) -> str:
    """A way as DOT has it, with room for the arrow's head at its start or at its end."""
    points = list(way)
    ends = ""
    if tail:
        ends += f"s,{written(points[0])} "
        points[0] = towards(points[0], points[1], _ARROW)
    if head:
        ends += f"e,{written(points[-1])} "
        points[-1] = towards(points[-1], points[-2], _ARROW)
    return ends + " ".join(map(written, points))
