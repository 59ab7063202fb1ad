"""The size of the gradient in each layer, on a logarithmic scale: what vanishing and exploding look like."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..engine.graph import topological_order
from ..engine.op import number
from ..engine.value import Value
from ..errors import ArgumentError, GraphError, OperandError
from ..reading.grouping import Grouping
from ..reading.text import label_text, number_text
from .figure import Canvas, room
from .palette import Theme

__all__ = ["layer_norms", "norms_svg"]

MOST_NAMES, MOST_SERIES = 100, 4
_SIZE, _SMALL = 12, 11
_EDGE, _PLOT, _ROW, _MARK = 14, 300, 20, 5  # points
_COLOURS = ("leaf_line", "current_edge", "reached_line", "badge")
_SHAPES = (  # corners, as parts of a mark's size: they tell the series apart where colours can't
    ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    ((0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)),
    ((0, -1.25), (1.25, 1), (-1.25, 1)),
    ((-1.25, -1), (1.25, -1), (0, 1.25)),
)
_MOST_DECADES = 10  # that have a line of their own


def layer_norms(root: Value) -> dict[str, dict[str, float]]:
    """How large the gradient is in each layer: the root of the sum of its squares, over the layer's nodes.

    Args:
        root: the node that a backward pass has started from.

    Returns:
        Under "|dL/dz|" the norm over the layer's weighted sums, under "|dL/dW|" that over its weights; L is the
        root. Layers are counted from the inputs.

    Raises:
        OperandError: `root` is not a Value.
        GraphError: the graph has no layers, or there are no gradients yet.

    Example:
        >>> from autograd.nn import MLP
        >>> loss = MLP(2, [3, 1])([1.0, 2.0])
        >>> loss.backward()
        >>> {name: list(norms) for name, norms in layer_norms(loss).items()}
        {'|dL/dz|': ['layer 1', 'layer 2'], '|dL/dW|': ['layer 1', 'layer 2']}
    """
    if not isinstance(root, Value):
        raise OperandError(f"norms are read from a Value or a mapping of names to numbers, got {type(root).__name__}")
    grouping = Grouping(topological_order(root))
    if not grouping.layers:
        raise GraphError("this graph has no layers; give the norms as a mapping, such as {'h1': 0.2, 'h2': 1.0}")
    if root._grad is None:
        raise GraphError("no backward pass has started from this node; run root.backward() first")
    found: dict[str, dict[str, float]] = {"|dL/dz|": {}, "|dL/dW|": {}}
    for layer in range(1, grouping.layers + 1):
        gradients: dict[str, list[float]] = {"|dL/dz|": [], "|dL/dW|": []}
        for node in grouping.nodes(layer):
            part = grouping.of(node)
            if part is not None and part.role in ("z", "weight"):
                gradients["|dL/dz|" if part.role == "z" else "|dL/dW|"].append(_plain(node.grad))
        for name, numbers in gradients.items():
            found[name][grouping.layer_name(layer)] = math.hypot(*numbers)
    return found


def norms_svg(
    norms: Value | Mapping[str, Any],
    *,
    title: str = "",
    note: str = "",
    what: str = "gradient",
    width: float = 640,
    theme: Theme = "auto",
) -> str:
    """Draw the size of gradients on a logarithmic scale, one line for each layer, with its number.

    Args:
        norms: names and numbers, in the order in which they are drawn from the top; several such series by name, such
            as ``{"before": {...}, "after": {...}}``; or a root, see :func:`layer_norms`.
        title: of the figure; "": "Gradient norms by layer".
        note: a line below the title.
        what: whose size is drawn, as the axis says.
        width: in points.
        theme: "light", "dark", "print" (black on white), or "auto": as the viewer prefers, light or dark.

    Returns:
        One ``<svg>`` element. 0, inf and nan have no place on the scale: they stand in words at its end.

    Raises:
        ArgumentError: there is nothing to draw or too much of it, a norm is negative, or there is no such theme.
        OperandError: a norm is no number, or `norms` is neither a Value nor a mapping.
        GraphError: as `layer_norms`.

    Example:
        >>> svg = norms_svg({"layer 1": 0.0016, "layer 2": 0.04, "layer 3": 0.0})
        >>> [text in svg for text in (">0.0016<", ">0.04<", ">0: nothing arrives<")]
        [True, True, True]
    """
    series = _series(norms)
    title = title or "Gradient norms by layer"
    return _Drawing(series, width, what).svg(title, note, theme)


class _Drawing:
    """Names on the left, a mark on the scale for each number, the number on the right."""

    def __init__(self, series: dict[str, dict[str, float]], width: float, what: str) -> None:
        self.what = what
        self.series = series
        self.names = list(dict.fromkeys(name for numbers in series.values() for name in numbers))
        positive = [x for numbers in series.values() for x in numbers.values() if 0 < x < math.inf]
        self.low = math.floor(math.log10(min(positive, default=0.1)))
        self.high = max(math.ceil(math.log10(max(positive, default=1.0))), self.low + 1)
        texts = [_words(x) for numbers in series.values() for x in numbers.values()]
        self.left = _EDGE + room(map(label_text, self.names), _SIZE) + 10
        self.right = room(texts, _SMALL) + 14 + _EDGE
        self.plot = max(120.0, width - self.left - self.right)
        self.band = max(_ROW, 17 * len(series)) + (6 if len(series) > 1 else 0)

    def svg(self, title: str, note: str, theme: Theme) -> str:
        canvas = Canvas(title, self.description(), theme)
        width = self.left + self.plot + self.right
        canvas.text(_EDGE, _EDGE + 15, title, size=17, bold=True, limit=max(12, int(width / 10)))
        y = _EDGE + 22.0
        if note:
            y += 14
            canvas.text(_EDGE, y, note, size=_SMALL, colour="grey", limit=max(16, int(width / 5.6)))
        if len(self.series) > 1:
            y = self.legend(canvas, y + 20, width)
        top = y + 16
        bottom = top + self.band * len(self.names)
        self.scale(canvas, top, bottom)
        for i, name in enumerate(self.names):
            self.layer(canvas, name, top + i * self.band)
        return canvas.svg(width, bottom + 44)

    def legend(self, canvas: Canvas, y: float, width: float) -> float:
        """The series side by side, or below each other where there is no room; returns the last one's baseline."""
        x = float(_EDGE)
        for k, name in enumerate(self.series):
            shown = label_text(name, 60)
            space = 30 + room([shown], _SMALL)
            if x > _EDGE and x + space > width:
                x, y = float(_EDGE), y + 18
            _mark(canvas, k, x + 7, y - 4)
            canvas.text(x + 18, y, shown, size=_SMALL)
            x += space
        return y

    def scale(self, canvas: Canvas, top: float, bottom: float) -> None:
        """The powers of ten."""
        most = min(_MOST_DECADES, max(2, int(self.plot / 42)))
        step = -(-(self.high - self.low) // most)
        for power in range(self.low, self.high + 1):
            if power % step == 0:
                x = self.place(power)
                canvas.line(x, top, x, bottom)
                text = f"{10.0**power:g}" if -4 < power < 5 else f"1e{power}"
                canvas.text(x, bottom + 16, text, size=_SMALL, anchor="middle", colour="grey")
        canvas.line(self.left, bottom, self.left + self.plot, bottom, "grey")
        middle = self.left + self.plot / 2
        text = f"size of the {self.what}" + (", each line ten times the one before" if step == 1 else "")
        canvas.text(middle, bottom + 34, text, size=_SMALL, anchor="middle", colour="grey")

    def layer(self, canvas: Canvas, name: str, top: float) -> None:
        """One name and a mark for each series that has it."""
        canvas.text(self.left - 10, top + self.band / 2 + 4, name, size=_SIZE, anchor="end", limit=32)
        for k, numbers in enumerate(self.series.values()):
            if name not in numbers:
                continue
            x, y = numbers[name], top + (k + 0.5) * self.band / len(self.series)
            at = self.left if not x > 0 else self.left + self.plot if x == math.inf else self.place(math.log10(x))
            on_scale = 0 < x < math.inf
            canvas.line(self.left, y, at, y, _COLOURS[k], thick=2)
            _mark(canvas, k, at, y, hollow=not on_scale)
            canvas.text(at + 11, y + 4, _words(x), size=_SMALL, bold=not on_scale)

    def place(self, power: float) -> float:
        return self.left + (power - self.low) / (self.high - self.low) * self.plot

    def description(self) -> str:
        """All numbers in words."""
        lines = []
        for series, numbers in self.series.items():
            listed = ", ".join(f"{name} {_words(x)}" for name, x in numbers.items())
            lines.append(f"{series}: {listed}" if series else listed)
        return f"Sizes of the {self.what} on a logarithmic scale. {'; '.join(lines)}."


def _series(norms: Any) -> dict[str, dict[str, float]]:
    """What is to be drawn, checked; a single series has no name."""
    if not isinstance(norms, Mapping):
        norms = layer_norms(norms)
    nested = [isinstance(x, Mapping) for x in norms.values()]
    if any(nested) and not all(nested):
        raise ArgumentError("norms are either one mapping of names to numbers or a mapping of such series, not both")
    series = {str(name): _checked(x) for name, x in norms.items()} if any(nested) else {"": _checked(norms)}
    names = {name for numbers in series.values() for name in numbers}
    if not names or len(names) > MOST_NAMES or len(series) > MOST_SERIES:
        raise ArgumentError(
            f"from 1 to {MOST_NAMES} names in up to {MOST_SERIES} series are drawn, got {len(names)} in {len(series)}"
        )
    return series


def _checked(numbers: Mapping[Any, Any]) -> dict[str, float]:
    checked = {str(name): number(_plain(x)) for name, x in numbers.items()}
    for name, x in checked.items():
        if x < 0:
            raise ArgumentError(f"a norm is not negative, got {x!r} for {label_text(name)}; take its absolute value")
    return checked


def _plain(x: Any) -> Any:
    """The number of a Value: after ``create_graph=True`` a gradient is one."""
    return x._data if isinstance(x, Value) else x


def _words(x: float) -> str:
    if x == 0:
        return "0: nothing arrives"
    if math.isnan(x):
        return "nan: no number"
    return "inf: out of range" if math.isinf(x) else number_text(x)


def _mark(canvas: Canvas, k: int, x: float, y: float, hollow: bool = False) -> None:
    canvas.polygon([(x + _MARK * dx, y + _MARK * dy) for dx, dy in _SHAPES[k]], _COLOURS[k], hollow=hollow)
