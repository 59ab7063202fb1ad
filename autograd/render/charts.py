"""Figures of numbers as SVG, which need no ``dot``: a weight matrix and its step as heat maps, and gradient norms on a
logarithmic scale.

Every colour stands twice: as an attribute for light paper, which any viewer knows, and in a style sheet for readers
who asked for dark. What is printed stays light. Shades are the ink of a sign at some opacity, so that the same shade
is right on either paper.
"""

from __future__ import annotations

import hashlib
import html
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..engine.graph import topological_order
from ..engine.op import number, plain
from ..engine.value import Value
from ..errors import ArgumentError, GraphError, OperandError, ShapeError, visible
from ..functions.arrays import array, data, grads
from ..reading.grouping import Grouping
from ..reading.text import label_text, many, number_text, text_width
from .style import DARK, Look, Theme

__all__ = ["Canvas", "layer_norms", "matrix_svg", "norms_svg", "room"]

FONT = "Helvetica, Arial, sans-serif"

Floats: TypeAlias = NDArray[np.float64]

NUMBERED, LARGEST = 24, 128  # rows or columns: up to which cells hold numbers, up to which a matrix is drawn
_SIZE, _SMALL, _TITLE = 12, 11, 13  # of fonts, in points
_CELL, _GAP, _EDGE = 26, 10, 14  # of a cell's height, between panels, and around a figure, in points
_DEEPEST = 0.5  # the strongest shade; ink on it keeps a contrast above 4.5 : 1 on light paper and on dark

MOST_NAMES, MOST_SERIES = 100, 4
_ROW, _MARK = 20, 5  # of a line, and of a mark, in points
_COLOURS = ("leaf_line", "current_edge", "reached_line", "badge")
_SHAPES = (  # corners, as parts of a mark's size: they tell the series apart where colours can't
    ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    ((0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)),
    ((0, -1.25), (1.25, 1), (-1.25, 1)),
    ((-1.25, -1), (1.25, -1), (0, 1.25)),
)
_MOST_DECADES = 10  # that have a line of their own
_OFF_SCALE = {"0": "0: nothing arrives", "nan": "nan: no number", "inf": "inf: out of range"}


def matrix_svg(
    weights: Any, gradient: Any = None, *, rate: float = 0.1, name: str = "W", title: str = "",
    rows: Sequence[str] = (), columns: Sequence[str] = (), width: float = 960, theme: Theme = "auto",
) -> str:  # fmt: skip
    """Draw W, dW and W after a step of gradient descent side by side: W - rate * dW.

    Args:
        weights: a matrix with a row for each neuron, of Values (an `autograd.array`), whose stored gradients are read,
            or of numbers; a vector is taken for one row.
        gradient: the loss's gradient in it, of the same shape; None: the one that the Values hold.
        rate: the learning rate.
        name: what the matrix is called.
        title: of the figure; "": "How W is updated", with the name.
        rows: a label for each row; (): "to neuron 1", "to neuron 2", ...
        columns: a label for each column; (): "from x1", "from x2", ...
        width: in points; where three panels do not fit into it they stand below each other.
        theme: "light", "dark", "print" (black on white), or "auto": as the viewer prefers, light or dark.

    Returns:
        One ``<svg>`` element. Above 24 rows or columns the cells have colours and no numbers.

    Raises:
        ArgumentError: no gradient is known, there is no such theme, or the matrix is empty.
        ShapeError: weights and gradient, or the labels, do not fit together.
        OperandError: something in it is no number.
        GraphError: there are more than 128 rows or columns.

    Example:
        >>> svg = matrix_svg([[0.4, 0.2]], [[-0.5, 1.0]], rate=0.1)
        >>> [text in svg for text in (">0.45<", ">0.1<", "to neuron 1", "from x2")]
        [True, True, True, True]
    """
    W, dW = _matrix(weights), _matrix(_gradient(weights) if gradient is None else gradient)
    if W.shape != dW.shape:
        raise ShapeError(f"weights of shape {W.shape} and a gradient of shape {dW.shape} do not fit together")
    rate = number(rate)
    with np.errstate(all="ignore"):  # what is not finite is drawn, and marked
        after = W - rate * dW
    rows = _labels(rows, W.shape[0], "to neuron ", "rows")
    columns = _labels(columns, W.shape[1], "from x", "columns")
    name, scale = label_text(name), max(_largest(W), _largest(after))
    panels = [
        _Panel(name, "", W, scale),
        _Panel(f"dJ/d{name}", f"− {number_text(rate)} ×", dW, _largest(dW)),
        _Panel(f"{name} after the step", "=", after, scale),
    ]
    description = _description(name, panels, rate, rows, columns)
    canvas = Canvas(title or f"How {name} is updated", description, theme)
    figure = _Matrices(canvas, panels, rows, columns)
    if not figure.numbered:
        note = f"{W.shape[0]} x {W.shape[1]}, shades alone; blue: above 0, red and smaller: below"
    elif theme == "print":
        note = "the darker, the further from 0"
    else:
        note = "blue: above 0, red: below; the stronger, the further from it"
    return figure.svg(note, width)


class _Panel(NamedTuple):
    heading: str
    sign: str  # what stands before it, so that the three panels read as one equation
    cells: Floats
    scale: float


class _Matrices:
    """Three panels of the same size."""

    def __init__(self, canvas: Canvas, panels: Sequence[_Panel], rows: Sequence[str], columns: Sequence[str]) -> None:
        self.canvas, self.panels, self.rows, self.columns = canvas, panels, rows, columns
        height, width = panels[0].cells.shape
        self.numbered = max(height, width) <= NUMBERED
        if self.numbered:
            numbers = [number_text(float(x)) for panel in panels for x in panel.cells.flat]
            self.cell = max(40, room(numbers, _SIZE), room(columns, _SMALL)) + 8, _CELL
            self.left, self.top = room(rows, _SMALL) + 8, _TITLE + 14 + _SMALL + 8
        else:
            self.cell = (5, 5) if max(height, width) > 64 else (7, 7)
            self.left, self.top = 0, _TITLE + 14
        self.grid = width * self.cell[0], height * self.cell[1]

    def svg(self, note: str, width: float) -> str:
        """The panels side by side, the rows labelled at the first; or below each other, labelled at each."""
        canvas = self.canvas
        signs = room([panel.sign for panel in self.panels], _TITLE, bold=True) + 2 * _GAP
        wide = max(self.grid[0], room([panel.heading for panel in self.panels], _TITLE, bold=True), 158)
        high = self.top + self.grid[1] + 44
        total = 2 * _EDGE + self.left + 3 * wide + 2 * signs
        abreast = total <= width
        if not abreast:
            total = max(2 * _EDGE + self.left + wide + signs, 330)
        x, y = _EDGE + self.left, canvas.head(note, total) + 12
        for panel in self.panels:
            if abreast:
                middle = y + self.top + self.grid[1] / 2 + 5
                canvas.text(x - signs / 2, middle, panel.sign, size=_TITLE, anchor="middle", bold=True)
                self._panel(panel, panel.heading, x, y, labelled=panel is self.panels[0])
                x += wide + signs
            else:
                self._panel(panel, f"{panel.sign} {panel.heading}".strip(), x, y)
                y += high + _GAP
        return canvas.svg(total, (y + high if abreast else y) + _EDGE)

    def _panel(self, panel: _Panel, heading: str, left: float, y: float, labelled: bool = True) -> None:
        canvas, (w, h), top = self.canvas, self.cell, y + self.top
        canvas.text(left, y + _TITLE, heading, size=_TITLE, bold=True)
        if self.numbered:
            for j, column in enumerate(self.columns):
                canvas.text(left + (j + 0.5) * w, top - 6, column, size=_SMALL, anchor="middle", colour="grey")
            for i, row in enumerate(self.rows if labelled else ()):
                canvas.text(left - 6, top + (i + 0.5) * h + 4, row, size=_SMALL, anchor="end", colour="grey")
        for (i, j), value in np.ndenumerate(panel.cells):
            says = ""
            if self.numbered:  # the step of one weight in numbers
                before, slope, after = (float(each.cells[i, j]) for each in self.panels)
                says = f"{self.rows[i]}, {self.columns[j]}: {before!r} {self.panels[1].sign} ({slope!r}) = {after!r}"
            self._cell(float(value), panel.scale, left + j * w, top + i * h, says)
        canvas.rect(left, top, *self.grid, stroke="grey")
        self._shades(panel.scale, left, top + self.grid[1] + 12)

    def _cell(self, value: float, scale: float, x: float, y: float, says: str) -> None:
        canvas, (w, h), finite = self.canvas, self.cell, math.isfinite(value)
        if not finite:
            dashes: dict[str, Any] = {"stroke_width": 2, "stroke_dasharray": "3 2"} if self.numbered else {}
            canvas.rect(x + 1, y + 1, w - 2, h - 2, stroke="ink", **dashes)
        elif value:
            inset = value < 0 and not self.numbered  # signs differ in size where there is nothing but colours
            place = x + inset, y + inset, w - 2 * inset, h - 2 * inset
            canvas.rect(*place, says=says, **_shade(value, scale))
        if self.numbered:
            canvas.rect(x, y, w, h, stroke="cluster_line")
            canvas.text(x + w / 2, y + h / 2 + 4, number_text(value), size=_SIZE, anchor="middle", bold=not finite)

    def _shades(self, scale: float, x: float, y: float) -> None:
        """The shades from the lowest number to the highest."""
        canvas, steps, w = self.canvas, 5, 14
        for k in (k for k in range(-steps, steps + 1) if k):
            canvas.rect(x + (k + steps) * w, y, w, 10, **_shade(k, steps))
        width = (2 * steps + 1) * w
        canvas.rect(x, y, width, 10, stroke="cluster_line")
        for k, anchor in enumerate(("start", "middle", "end")):
            canvas.text(x + k * width / 2, y + 22, number_text((k - 1) * scale), size=10, anchor=anchor, colour="grey")


def _matrix(x: Any) -> Floats:
    """Numbers, or the numbers of Values, as two dimensions."""
    matrix = data(array(x))
    matrix = matrix.reshape(1, -1) if matrix.ndim == 1 else matrix
    if matrix.ndim != 2 or not matrix.size:
        raise ShapeError(f"a weight matrix has rows and columns, got an array of shape {matrix.shape}")
    if max(matrix.shape) > LARGEST:
        raise GraphError(
            f"this matrix has {matrix.shape[0]} rows and {matrix.shape[1]} columns; up to {LARGEST} of each are drawn. "
            f"Draw a part of it, such as W[:{NUMBERED}, :{NUMBERED}]"
        )
    return matrix


def _gradient(weights: Any) -> Floats:
    values = [v for v in np.asarray(weights, dtype=object).flat if isinstance(v, Value)]
    if not values:
        raise ArgumentError("these weights are plain numbers and hold no gradient; give it as `gradient`")
    if all(v._grad is None for v in values):
        raise ArgumentError("no backward pass has reached these weights; run loss.backward() first, or give `gradient`")
    return grads(weights)


def _labels(labels: Sequence[str], count: int, prefix: str, what: str) -> list[str]:
    if not labels:
        return [f"{prefix}{i}" for i in range(1, count + 1)]
    if isinstance(labels, str) or len(labels) != count:
        raise ShapeError(f"a matrix with {count} {what} takes {count} labels for them, got {labels!r}")
    return [label_text(label) for label in labels]


def _largest(cells: Floats) -> float:
    """The largest size of a finite number in it; 1 where all are 0, so that there is a scale."""
    return max((abs(x) for x in cells.flat if math.isfinite(x)), default=0.0) or 1.0


def _shade(value: float, scale: float) -> dict[str, Any]:
    """The ink of the sign, the stronger the further from 0."""
    strength = _DEEPEST * (0.08 + 0.92 * abs(value) / scale)
    return {"fill": "positive" if value > 0 else "negative", "fill_opacity": strength}


def _description(name: str, panels: Sequence[_Panel], rate: float, rows: list[str], columns: list[str]) -> str:
    height, width = panels[0].cells.shape
    size = f"{many(height, 'row')} and {many(width, 'column')}"
    text = f"Three heat maps of {size}: {name}, its gradient, and {name} minus {number_text(rate)} times the gradient."
    if height * width > 40:
        return f"{text} The largest gradient is {number_text(panels[1].scale)} in size."
    places = [f"{row} {column}" for row in rows for column in columns]
    steps = zip(places, panels[0].cells.flat, panels[2].cells.flat, strict=True)
    told = [f"{place}: {number_text(x)} becomes {number_text(y)}".strip() for place, x, y in steps]
    return f"{text} {'; '.join(told)}."


# --- gradient norms ---------------------------------------------------------------------------------------------------


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
        parts = [(part.role, plain(node.grad)) for node in grouping.nodes(layer) if (part := grouping.of(node))]
        for name, role in zip(found, ("z", "weight"), strict=True):
            found[name][grouping.layer_name(layer)] = math.hypot(*[x for its, x in parts if its == role])
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
    names = list(dict.fromkeys(name for numbers in series.values() for name in numbers))
    numbers = [x for each in series.values() for x in each.values()]
    left = _EDGE + room(map(label_text, names), _SIZE) + 10
    beside = room(map(_words, numbers), _SMALL) + 14 + _EDGE  # the room for the number behind the last mark
    scale = _Scale.of(numbers, left, max(left + 120.0, width - beside))
    band = max(_ROW, 17 * len(series)) + (6 if len(series) > 1 else 0)

    listed = [(name, ", ".join(f"{at} {_words(x)}" for at, x in each.items())) for name, each in series.items()]
    told = "; ".join(f"{name}: {texts}" if name else texts for name, texts in listed)
    description = f"Sizes of the {what} on a logarithmic scale. {told}."
    canvas = Canvas(title or "Gradient norms by layer", description, theme)
    y = canvas.head(note, scale.right + beside)
    if len(series) > 1:
        y = _legend(canvas, series, y + 20, scale.right + beside)
    top, bottom = y + 16, y + 16 + band * len(names)
    scale.draw(canvas, top, bottom, what)
    for i, name in enumerate(names):
        canvas.text(left - 10, top + (i + 0.5) * band + 4, name, size=_SIZE, anchor="end", limit=32)
        for k, each in enumerate(series.values()):
            if name in each:
                x, y, is_off = scale.place(each[name]), top + (i + (k + 0.5) / len(series)) * band, _is_off(each[name])
                canvas.add("line", stroke=_COLOURS[k], stroke_width=2, x1=left, y1=y, x2=x, y2=y)
                _mark(canvas, k, x, y, hollow=is_off)
                canvas.text(x + 11, y + 4, _words(each[name]), size=_SMALL, bold=is_off)
    return canvas.svg(scale.right + beside, bottom + 44)


class _Scale(NamedTuple):
    """A logarithmic scale: powers of ten between two places."""

    low: int
    high: int
    left: float
    right: float

    @classmethod
    def of(cls, numbers: Iterable[float], left: float, right: float) -> _Scale:
        positive = [x for x in numbers if not _is_off(x)]
        low = math.floor(math.log10(min(positive, default=0.1)))
        return cls(low, max(math.ceil(math.log10(max(positive, default=1.0))), low + 1), left, right)

    def place(self, x: float) -> float:
        """Where a number stands; one that has no place on the scale stands at its end."""
        if _is_off(x):
            return self.right if x == math.inf else self.left
        return self.left + (math.log10(x) - self.low) / (self.high - self.low) * (self.right - self.left)

    def draw(self, canvas: Canvas, top: float, bottom: float, what: str) -> None:
        most = min(_MOST_DECADES, max(2, int((self.right - self.left) / 42)))
        step = -(-(self.high - self.low) // most)
        for power in (power for power in range(self.low, self.high + 1) if power % step == 0):
            text = f"1e{power}"
            x = self.place(float(text))
            canvas.add("line", stroke="cluster_line", x1=x, y1=top, x2=x, y2=bottom)
            text = f"{float(text):g}" if -4 < power < 5 else text
            canvas.text(x, bottom + 16, text, size=_SMALL, anchor="middle", colour="grey")
        canvas.add("line", stroke="grey", x1=self.left, y1=bottom, x2=self.right, y2=bottom)
        text = f"size of the {what}" + (", each line ten times the one before" if step == 1 else "")
        canvas.text((self.left + self.right) / 2, bottom + 34, text, size=_SMALL, anchor="middle", colour="grey")


def _legend(canvas: Canvas, names: Iterable[str], y: float, width: float) -> float:
    """The series side by side, or below each other where there is no room; returns the last one's baseline."""
    x = float(_EDGE)
    for k, name in enumerate(names):
        shown = label_text(name, 60)
        space = 30 + room([shown], _SMALL)
        if x > _EDGE and x + space > width:
            x, y = float(_EDGE), y + 18
        _mark(canvas, k, x + 7, y - 4)
        canvas.text(x + 18, y, shown, size=_SMALL)
        x += space
    return y


def _mark(canvas: Canvas, k: int, x: float, y: float, hollow: bool = False) -> None:
    """The mark of the k-th series; a hollow one stands off the scale."""
    corners = " ".join(f"{_short(x + _MARK * dx)},{_short(y + _MARK * dy)}" for dx, dy in _SHAPES[k])
    canvas.add("polygon", "paper" if hollow else _COLOURS[k], _COLOURS[k], stroke_width=2, points=corners)


def _is_off(x: float) -> bool:
    """Whether a number has no place on a logarithmic scale."""
    return not 0 < x < math.inf


def _words(x: float) -> str:
    text = number_text(x)
    return _OFF_SCALE.get(text, text)


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
    checked = {str(name): plain(x) for name, x in numbers.items()}
    for name, x in checked.items():
        if x < 0:
            raise ArgumentError(f"a norm is not negative, got {x!r} for {label_text(name)}; take its absolute value")
    return checked


# --- the writer of both -----------------------------------------------------------------------------------------------


class Canvas:
    """Shapes on a figure, placed in points from its upper left corner; colours are named as the fields of a palette."""

    def __init__(self, title: str, description: str, theme: Theme = "auto") -> None:
        self._title, self._description, self._theme = title, description, theme
        self._palette = Look(theme=theme).palette
        self._parts: list[str] = []
        self._used: set[str] = set()

    def head(self, note: str, width: float) -> float:
        """The title and a line below it; returns the baseline of the last."""
        self.text(_EDGE, _EDGE + 15, self._title, size=17, bold=True, limit=max(12, int(width / 10)))
        self.text(_EDGE, _EDGE + 36, note, size=_SMALL, colour="grey", limit=max(16, int(width / 5.6)))
        return _EDGE + (36.0 if note else 22.0)

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str = "", stroke: str = "", *,
        says: str = "", **more: float | str,
    ) -> None:  # fmt: skip
        """A rectangle; what it `says` is shown when pointed at."""
        told = f"<title>{html.escape(visible(says))}</title>" if says else ""
        self.add("rect", fill, stroke, told, x=x, y=y, width=width, height=height, **more)

    def text(
        self, x: float, y: float, text: str, *, size: float = 12, anchor: str = "start",
        colour: str = "ink", bold: bool = False, limit: int = 0,
    ) -> None:  # fmt: skip
        """One line of text, escaped, cut behind `limit` characters if that is not 0; nothing for no text."""
        if text:
            bolder: dict[str, Any] = {"font_weight": "bold"} if bold else {}
            shown = html.escape(label_text(text, limit) if limit else visible(text))
            self.add("text", colour, inside=shown, x=x, y=y, font_size=size, text_anchor=anchor, **bolder)

    def add(self, tag: str, fill: str = "", stroke: str = "", inside: str = "", **attributes: float | str) -> None:
        """An element with a fill and a stroke, by the names of their colours; "": none."""
        classes = [name for colour, name in ((fill, fill), (stroke, f"{stroke}-stroke")) if colour]
        self._used.update(classes)
        attributes |= {"class": " ".join(classes), "fill": getattr(self._palette, fill) if fill else "none"}
        if stroke:
            attributes |= {"stroke": getattr(self._palette, stroke)}
        written = "".join(
            f' {name.replace("_", "-")}="{x if isinstance(x, str) else _short(x)}"' for name, x in attributes.items()
        )
        self._parts.append(f"<{tag}{written}>{inside}</{tag}>")

    def svg(self, width: float, height: float) -> str:
        """The figure as one ``<svg>`` element: the same text for the same calls, and valid XML whatever was written."""
        shapes, self._parts = self._parts, []
        self.rect(0, 0, width, height, "paper")
        title, description = (html.escape(visible(text)) for text in (self._title, self._description))
        body = "\n".join([*self._parts, *shapes])
        mark = "f" + hashlib.sha256(f"{title}{description}{body}".encode()).hexdigest()[:10]
        rules = ""  # for dark paper, each for this figure's id alone, since a page shares all its style sheets
        for used in sorted(self._used):
            colour, _, stroke = used.partition("-")
            rules += f"#{mark} .{used}{{{stroke or 'fill'}:{getattr(DARK, colour)}}}"
        dark = f"<style>@media screen and (prefers-color-scheme: dark){{{rules}}}</style>\n"
        w, h = _short(width), _short(height)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" '
            f'aria-labelledby="{mark}-title {mark}-desc" id="{mark}" font-family="{FONT}" '
            f'style="max-width:100%;height:auto">\n'
            f'<title id="{mark}-title">{title}</title>\n<desc id="{mark}-desc">{description}</desc>\n'
            f"{dark if self._theme == 'auto' else ''}{body}\n</svg>\n"
        )


def room(texts: Iterable[str], size: float, bold: bool = False) -> int:
    """The width of the widest of some lines, in points."""
    return max([text_width(text, size, bold) for text in texts], default=0)


def _short(x: float) -> str:
    return f"{x:.2f}".rstrip("0").rstrip(".")
