"""A graph as text for a terminal: a table of its nodes, and the neighbourhood of the node that a step is about."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any

from ..engine.graph import is_constant
from ..engine.value import Value
from ..reading.names import is_plain_number, number_beside, short_number
from ..reading.text import columns, cut, printable
from ..reading.trace import Message, Trace
from .rows import EdgeRow, NodeRow, checked_step, graph_rows

__all__ = ["neighbourhood_lines", "table_lines"]

_COLUMNS = (6, 23, 13, 20, 12)  # node, made by, value, local derivatives, gradient; with gaps of 1 they make 78
_HEADINGS = ("node", "made by", "value", "local derivatives", "gradient")
_INDENT = "  "  # of a line that goes on with the one above


def table_lines(root: Value) -> Iterator[str]:
    """The table of the graph below a node, at most 80 columns wide, operands before what is made of them."""
    rows = graph_rows(root)
    names = {node.id: node.name for node in rows.nodes}
    shown = {node.id for node in rows.nodes if _has_line(node)}
    edges: dict[str, list[EdgeRow]] = {node.id: [] for node in rows.nodes}
    for edge in rows.edges:
        edges[edge.target].append(edge)
    yield _line(_HEADINGS)
    for node in rows.nodes:
        if node.id in shown:
            slopes = [f"d/d{names[e.source]} = {_number(e.local)}" for e in edges[node.id] if e.source in shown]
            yield from _lines(node.name, node.made_by, _number(node.value), slopes, _number(node.gradient))


def _has_line(node: NodeRow) -> bool:
    return node.kind != "constant" or bool(node.label) or node.root


def _number(x: float | None) -> str:
    return "none" if x is None else short_number(x)


def _lines(name: str, how: str, value: str, slopes: list[str], gradient: str) -> Iterator[str]:
    """A node's line, and as many below it as its longest column needs."""
    columns = [
        textwrap.wrap(name, _COLUMNS[0]),
        textwrap.wrap(how, _COLUMNS[1], subsequent_indent=_INDENT),
        [value],
        [line for slope in slopes for line in textwrap.wrap(slope, _COLUMNS[3], subsequent_indent=_INDENT)],
        [gradient],
    ]
    for cells in zip_longest(*columns, fillvalue=""):
        yield _line(cells)


def _line(cells: tuple[str, ...]) -> str:
    padded = (f"{cell:{side}{width}}" for cell, side, width in zip(cells, "<<><>", _COLUMNS, strict=True))
    return " ".join(padded).rstrip()


# --- the neighbourhood of a node --------------------------------------------------------------------------------------

_OPERANDS, _USERS = 8, 4  # lines that they may take
_TRIES = (
    (40, True),
    (24, True),
    (16, True),
    (16, False),
    (10, False),
)  # columns of a name, and whether messages show factors
_NARROWEST = 10
_HIGHLIGHT, _PLAIN = "\x1b[1;7m", "\x1b[0m"
_GLYPHS = " ───│┌┐┬│└┘┴│├┤┼"  # by what they join: 1 right, 2 left, 4 below, 8 above
_ASCII = str.maketrans(dict.fromkeys("┌┐┬└┘┴├┤┼", "+") | {"─": "-", "│": "|", "→": ">", "←": "<", "…": "~"})


def neighbourhood_lines(
    trace: Trace, k: int, width: int = 80, colour: bool = False, ascii_only: bool = False
) -> list[str]:
    """Draw the node of the last record, its operands to the left and the nodes that use it to the right.

    In the forward phase values travel to the right. In the backward phase the node's gradient arrives from the right,
    and what it sends travels to the left: upstream times local derivative. Where the width is too small for that, the
    operands hang below the node.

    Args:
        trace: the trace.
        k: how many of its records have happened.
        width: how many columns of a terminal a line may take; 10 at the least.
        colour: mark the node with ANSI codes, which take no columns.
        ascii_only: draw with ASCII characters alone.

    Returns:
        At most 9 lines.
    """
    k, width = checked_step(trace, k), max(width, _NARROWEST)
    if not k:
        rows = [("", "", cut("before the first step", width))]
    else:
        moment = _Moment(trace, k, ascii_only)
        drawn = (_across(moment.scene(limit, full)) for limit, full in _TRIES)
        fitting = (rows for rows in drawn if max(sum(map(columns, row)) for row in rows) <= width)
        found = next(fitting, [])
        rows = found or _stacked(moment.scene(max(width - 20, 4), True, below=True), width)
    if ascii_only:
        rows = [(a.translate(_ASCII), b.translate(_ASCII), c.translate(_ASCII)) for a, b, c in rows]
    return [_neighbour_line(row, colour) for row in rows]


def _neighbour_line(row: tuple[str, str, str], colour: bool) -> str:
    before, node, after = row
    text = node.rstrip()
    if colour and text:
        node = f"{_HIGHLIGHT}{text}{_PLAIN}{node[len(text) :]}"
    return (before + node + after).rstrip()


class _Moment:
    """The current node and its neighbours, read once, and then described in as much detail as there is room for."""

    def __init__(self, trace: Trace, k: int, ascii_only: bool) -> None:
        self.trace = trace
        self.step = step = trace[k - 1]
        self.ascii_only = ascii_only
        self.backward = step.kind != "forward"
        self.sent = {message.operand: message for message in step.messages}
        self.users: list[tuple[Any, Message | None]]
        if self.backward:
            self.users = list(trace.contributions(step.node, k))
        else:
            self.users = [(user, None) for user in _users(trace, step.node)]

    def scene(self, limit: int, full: bool, below: bool = False) -> _Scene:
        """The moment in words: names cut to `limit` columns, messages with their factors or without."""
        step = self.step
        lines = [self._text(step.node, limit)]
        if step.gradient is not None:
            lines.append(f"grad {short_number(step.gradient)}")
        operands = (
            _operand(self._text(p, limit), self.sent.get(i), full, below) for i, p in enumerate(step.node.parents)
        )
        users = (
            _Entry(self._name(user, limit), flow=short_number(message.product) if message else "")
            for user, message in self.users
        )
        some_operands = _some(operands, len(step.node.parents), _OPERANDS - below)
        some_users = _some(users, len(self.users), _USERS)
        if self.backward and step.node is self.trace.root:
            some_users = [_Entry("(seed)", flow=short_number(self.trace.seed))]
        return _Scene(lines, self._symbol(), some_operands, some_users, self.backward)

    def _name(self, node: Any, limit: int) -> str:
        return printable(self.trace.names[node], limit, self.ascii_only)

    def _text(self, node: Any, limit: int) -> str:
        name = self._name(node, limit)
        if is_plain_number(node):
            return name
        value = short_number(self.trace.values[self.trace.place[node]])
        return f"{name} = {value} (constant)" if is_constant(node) else f"{name} = {value}"

    def _symbol(self) -> str:
        op = self.step.op
        symbol = op.symbol or op.name
        if self.ascii_only and not symbol.isascii():
            symbol = op.name
        return printable(symbol, 12, self.ascii_only)


@dataclass(frozen=True, slots=True)
class _Scene:
    node: list[str]  # its lines
    symbol: str
    operands: list[_Entry]
    users: list[_Entry]
    backward: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """An operand or a user: what it is called, its gradient, and the number that travels along its line."""

    text: str
    gradient: str = ""
    flow: str = ""


def _operand(text: str, message: Message | None, full: bool, below: bool) -> _Entry:
    if message is None:
        return _Entry(text)
    m, total = message, short_number(message.total)
    gradient = f"grad {total}"
    if m.before is not None and full and not below:
        gradient = f"grad {short_number(m.before)} + {number_beside(m.product)} = {total}"
    if m.waiting:
        gradient += f", {m.waiting} to come"
    product = short_number(m.product)
    text = f"{text}, {gradient}" if below else text
    return _Entry(
        text, gradient, f"{number_beside(m.upstream)} * {number_beside(m.local)} = {product}" if full else product
    )


def _users(trace: Trace, node: Any) -> list[Any]:
    later = islice(trace.order, trace.place[node] + 1, None)
    return [user for user in later if any(parent is node for parent in user.parents)]


def _some(entries: Iterable[_Entry], count: int, room: int) -> list[_Entry]:
    """As many entries as there is room for, counted in lines, and how many more there are."""
    taken: list[_Entry] = []
    for entry in entries:
        taken.append(entry)
        if _height(taken) > room:
            break
    if len(taken) == count and _height(taken) <= room:
        return taken
    while _height(taken) > room - 1:
        taken.pop()
    return [*taken, _Entry(f"... {count - len(taken)} more")]


def _height(entries: Sequence[_Entry]) -> int:
    return sum(2 if entry.gradient else 1 for entry in entries)


def _across(scene: _Scene) -> list[tuple[str, str, str]]:
    """Every line in three parts: the operands, the node, its users."""
    left, left_middle = _left(scene)
    right, right_middle = _right(scene)
    middle = max(left_middle, right_middle)
    height = middle + max(len(left) - left_middle, len(right) - right_middle, len(scene.node))
    befores = _placed(left, middle - left_middle, height)
    nodes = _placed(_padded(scene.node), middle, height)
    afters = _placed(right, middle - right_middle, height)
    return list(zip(befores, nodes, afters, strict=True))


def _left(scene: _Scene) -> tuple[list[str], int]:
    """The operands' lines, and which of them leads to the node."""
    if not scene.operands:
        return [""], 0
    cells: list[str] = []
    links: list[str | None] = []
    for entry in scene.operands:
        cells += [entry.text, entry.gradient] if entry.gradient else [entry.text]
        links.append(f"←─ {entry.flow} ─" if entry.flow else "─")
        if entry.gradient:
            links.append(None)
    spine, middle = _spine([link is not None for link in links], outward=1, inward=2)
    room = max(2, *(columns(link) for link in links if link))
    drawn = [" " * room if link is None else link + "─" * (room - columns(link)) for link in links]
    joints = _padded([f"─ {scene.symbol} ─ " if row == middle else "" for row in range(len(cells))])
    return [
        " ".join([cell, a + b + c]) for cell, a, b, c in zip(_padded(cells), drawn, spine, joints, strict=True)
    ], middle


def _right(scene: _Scene) -> tuple[list[str], int]:
    """The users' lines, and which of them the node leads to."""
    if not scene.users:
        return [""], 0
    spine, middle = _spine([True] * len(scene.users), outward=2, inward=1)
    start = "←" if scene.backward else "─"
    lines = []
    for row, (user, joint) in enumerate(zip(scene.users, spine, strict=True)):
        link = "─→" if not scene.backward else f"─ {user.flow} ──" if user.flow else "─"
        lines.append(f" {start if row == middle else ' '}{joint}{link.removeprefix('─') if len(spine) == 1 else link} ")
    return [line + user.text for line, user in zip(_padded(lines), scene.users, strict=True)], middle


def _spine(linked: Sequence[bool], outward: int, inward: int) -> tuple[list[str], int]:
    """The upright line that joins several lines to one, and the row of that one."""
    rows = [row for row, link in enumerate(linked) if link]
    middle = (rows[0] + rows[-1]) // 2
    glyphs = []
    for row, link in enumerate(linked):
        joined = 8 * (rows[0] < row <= rows[-1]) + 4 * (rows[0] <= row < rows[-1])
        glyphs.append(_GLYPHS[joined + inward * link + outward * (row == middle)])
    return glyphs, middle


def _placed(lines: Sequence[str], start: int, height: int) -> list[str]:
    blank = " " * max(map(columns, lines))
    return [*[blank] * start, *lines, *[blank] * (height - start - len(lines))]


def _padded(lines: Sequence[str]) -> list[str]:
    room = max(map(columns, lines))
    return [line + " " * (room - columns(line)) for line in lines]


def _stacked(scene: _Scene, width: int) -> list[tuple[str, str, str]]:
    """The node, its users in one line, and its operands as branches."""
    lines = [", ".join(scene.node)]
    if scene.users:
        from_each = (f"{user.flow} from {user.text}" if user.flow else user.text for user in scene.users)
        lines.append(f"{'←' if scene.backward else '→'} {', '.join(from_each)}")
    indent = " " * (columns(scene.symbol) + 1)
    for i, entry in enumerate(scene.operands):
        last = i == len(scene.operands) - 1
        branch = ("└" if i else "─") if last else "├" if i else "┬"
        lines.append(f"{indent if i else scene.symbol + ' '}{branch} {entry.text}")
        if entry.flow:
            lines.append(f"{indent}{' ' if last else '│'} ← {entry.flow}")
    return [("", cut(lines[0], width), ""), *(("", "", cut(line, width)) for line in lines[1:])]
