"""Which way a picture's arrows point where nobody asked: left to right while that fits a page, else from the top down.

The size of a layout is estimated from the sizes of boxes and labels, so that DOT can be written without running `dot`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from ..reading.text import label_text, text_width
from .rows import EdgeRow, NodeRow, Rows

__all__ = ["shape_for"]

WIDEST = 1400.0  # points: at 1280 pixels the smallest text is then 9 pixels high
_HIGHEST, _DENSE = 1400.0, 58.0  # points; the height of a line of boxes without room around their texts
_RATIO = 2.4  # of width to height; the real one stays below 3
_BOX = 70.0, 64.0  # of a box without its name, width and height; of one with a name, the name's room more
_NUMBER = 24.0  # the height of a plain number
_GAP, _BETWEEN = 40.0, 22.0  # between ranks, and between boxes side by side
_LABEL = 30.0  # height of the text beside an arrow
_LEGEND = 130.0  # its height and, about, its width


def shape_for(rows: Rows, label: Callable[[EdgeRow], str], legend: bool) -> tuple[str, float]:
    """Left to right or top down; and how many inches may be between lines of boxes where that is too high, else 0.

    `label` is the longest line beside an arrow, "" where there is none.
    """
    ranks = _ranks(rows)
    across, down = (_size(rows, ranks, label, upright, legend) for upright in (False, True))
    if across[0] <= min(WIDEST, _RATIO * across[1]):
        return "LR", 0.0
    if down[0] <= _RATIO * down[1] or down[0] / down[1] < across[0] / across[1]:
        room = _HIGHEST / (1 + max(ranks.values())) - _DENSE
        return "TB", min(max(0.25, room / 72), 0.6) if down[1] > _HIGHEST else 0.0
    return "LR", 0.0


def _ranks(rows: Rows) -> dict[str, int]:
    """How far each node is from the inputs; a leaf stands just before the first node that uses it."""
    below: defaultdict[str, list[str]] = defaultdict(list)
    users: defaultdict[str, list[str]] = defaultdict(list)
    for edge in rows.edges:
        below[edge.target].append(edge.source)
        users[edge.source].append(edge.target)
    ranks: dict[str, int] = {}
    for node in rows.nodes:
        ranks[node.id] = 1 + max((ranks[id_] for id_ in below[node.id]), default=-1)
    for node in rows.nodes:
        if not below[node.id] and users[node.id]:
            ranks[node.id] = min(ranks[id_] for id_ in users[node.id]) - 1
    return ranks


def _size(
    rows: Rows, ranks: dict[str, int], label: Callable[[EdgeRow], str], upright: bool, legend: bool
) -> tuple[float, float]:
    """About how wide and how high a layout is."""
    boxes: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    labels: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for node in rows.nodes:
        boxes[ranks[node.id]].append(_box(node))
    for edge in rows.edges:
        if text := label(edge):
            labels[(ranks[edge.source] + ranks[edge.target]) // 2].append((text_width(text, 10), _LABEL))
    if legend:
        boxes[0].append((_LEGEND, _LEGEND))
    along, beside = (1, 0) if upright else (0, 1)
    length = sum(max(size[along] for size in found) + _GAP for found in boxes.values())
    length += sum(max(size[along] for size in found) for found in labels.values())
    thickness = max(sum(size[beside] + _BETWEEN for size in found) for found in [*boxes.values(), *labels.values()])
    return (thickness, length) if upright else (length, thickness)


def _box(node: NodeRow) -> tuple[float, float]:
    if node.kind == "constant":
        return text_width(label_text(node.label or node.name), 10) + 30.0, _NUMBER
    name = max(text_width(label_text(text), 12) for text in (node.label or node.name, node.detail))
    return max(_BOX[0], name) + (_NUMBER if node.kind == "op" else 0) + 20, _BOX[1]
