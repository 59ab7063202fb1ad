"""A weight matrix, its gradient, and the matrix after one step, as three heat maps with their numbers.

Blue is above zero, red below, and the stronger the shade the further from it; the number stands in every cell, so that
nothing rests on the colour. The matrix before and after the step share one scale, the gradient has its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..engine.op import number
from ..engine.value import Value
from ..errors import ArgumentError, GraphError, ShapeError
from ..functions.arrays import array, data, grads
from ..reading.text import label_text, number_text
from .figure import Canvas, room
from .palette import Theme

__all__ = ["LARGEST", "matrix_svg"]

Floats: TypeAlias = NDArray[np.float64]

NUMBERED, LARGEST = 24, 128  # rows or columns: up to which cells hold numbers, up to which a matrix is drawn
_SIZE, _SMALL, _TITLE = 12, 11, 13  # of fonts, in points
_CELL, _EDGE, _GAP = 26, 12, 10  # heights and distances in points
_DEEPEST = 0.5  # the strongest shade; ink on it keeps a contrast above 4.5 : 1 on light paper and on dark


class _Panel(NamedTuple):
    heading: str
    sign: str  # what stands before it, so that the three panels read as one equation
    cells: Floats
    scale: float


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
    name = label_text(name)
    scale = max(_largest(W), _largest(after))
    panels = [
        _Panel(name, "", W, scale),
        _Panel(f"dJ/d{name}", f"− {number_text(rate)} ×", dW, _largest(dW)),
        _Panel(f"{name} after the step", "=", after, scale),
    ]
    title = title or f"How {name} is updated"
    canvas = Canvas(title, _description(name, panels, rate, rows, columns), theme)
    drawing = _Drawing(canvas, panels, rows, columns)
    if not drawing.numbered:
        note = f"{W.shape[0]} x {W.shape[1]}, shades alone; blue: above 0, red and smaller: below"
    elif theme == "print":
        note = "the darker, the further from 0"
    else:
        note = "blue: above 0, red: below; the stronger, the further from it"
    return drawing.svg(title, note, width)


class _Drawing:
    """The layout of three panels of the same size."""

    def __init__(self, canvas: Canvas, panels: Sequence[_Panel], rows: Sequence[str], columns: Sequence[str]) -> None:
        self.canvas, self.panels, self.rows, self.columns = canvas, panels, rows, columns
        height, width = panels[0].cells.shape
        self.numbered = max(height, width) <= NUMBERED
        if self.numbered:
            numbers = [number_text(float(x)) for panel in panels for x in panel.cells.flat]
            self.cell = max(40, room(numbers, _SIZE), room(columns, _SMALL)) + 8, _CELL
            self.left = room(rows, _SMALL) + 8
        else:
            self.cell, self.left = (5, 5) if max(height, width) > 64 else (7, 7), 0
        self.top = _TITLE + 14 + (_SMALL + 8 if self.numbered else 0)
        self.grid = width * self.cell[0], height * self.cell[1]
        self.signs = room([panel.sign for panel in panels], _TITLE, bold=True) + 2 * _GAP
        headings = room([panel.heading for panel in panels], _TITLE, bold=True)
        self.panel = max(self.grid[0], headings, 158), self.top + self.grid[1] + 44

    def svg(self, title: str, note: str, width: float) -> str:
        """The panels side by side, the rows labelled at the first; or below each other, labelled at each."""
        beside = 2 * _EDGE + self.left + 3 * self.panel[0] + 2 * self.signs
        abreast = beside <= width
        total = beside if abreast else max(2 * _EDGE + self.left + self.panel[0] + self.signs, 330)
        self._head(title, note, total)
        x, y = _EDGE + self.left, _EDGE + 46.0
        for i, panel in enumerate(self.panels):
            if abreast:
                middle = y + self.top + self.grid[1] / 2 + 5
                self.canvas.text(x - self.signs / 2, middle, panel.sign, size=_TITLE, anchor="middle", bold=True)
                self._panel(panel, panel.heading, x, y, labelled=not i)
                x += self.panel[0] + self.signs
            else:
                self._panel(panel, f"{panel.sign} {panel.heading}".strip(), x, y)
                y += self.panel[1] + _GAP
        return self.canvas.svg(total, (y + self.panel[1] if abreast else y) + _EDGE)

    def _head(self, title: str, note: str, width: float) -> None:
        self.canvas.text(_EDGE, _EDGE + 15, title, size=17, bold=True, limit=max(12, int(width / 10)))
        self.canvas.text(_EDGE, _EDGE + 34, note, size=_SMALL, colour="grey")

    def _panel(self, panel: _Panel, heading: str, left: float, y: float, labelled: bool = True) -> None:
        canvas, (w, h), top = self.canvas, self.cell, y + self.top
        canvas.text(left, y + _TITLE, heading, size=_TITLE, bold=True)
        if self.numbered:
            for j, column in enumerate(self.columns):
                canvas.text(left + (j + 0.5) * w, top - 6, column, size=_SMALL, anchor="middle", colour="grey")
            for i, row in enumerate(self.rows if labelled else ()):
                canvas.text(left - 6, top + (i + 0.5) * h + 4, row, size=_SMALL, anchor="end", colour="grey")
        for i, line in enumerate(panel.cells.tolist()):
            for j, value in enumerate(line):
                self._cell(value, panel.scale, left + j * w, top + i * h, self._says(i, j))
        canvas.frame(left, top, *self.grid)
        self._legend(panel.scale, left, top + self.grid[1] + 12)

    def _cell(self, value: float, scale: float, x: float, y: float, says: str) -> None:
        canvas, (w, h) = self.canvas, self.cell
        if not math.isfinite(value):
            canvas.frame(x + 1, y + 1, w - 2, h - 2, "ink", dashed=self.numbered)
        elif value:
            inset = 1 if value < 0 and not self.numbered else 0  # tells the signs apart without colour
            shade = _shade(value, scale)
            colour = "positive" if value > 0 else "negative"
            canvas.rect(x + inset, y + inset, w - 2 * inset, h - 2 * inset, colour, shade=shade, says=says)
        if self.numbered:
            canvas.frame(x, y, w, h, "cluster_line")
            finite = math.isfinite(value)
            canvas.text(x + w / 2, y + h / 2 + 4, number_text(value), size=_SIZE, anchor="middle", bold=not finite)

    def _says(self, i: int, j: int) -> str:
        """The step of one weight in numbers."""
        if not self.numbered:
            return ""
        before, slope, after = (float(panel.cells[i, j]) for panel in self.panels)
        sign = self.panels[1].sign
        return f"{self.rows[i]}, {self.columns[j]}: {before!r} {sign} ({slope!r}) = {after!r}"

    def _legend(self, scale: float, x: float, y: float) -> None:
        """The shades from the lowest number to the highest."""
        canvas, steps, w = self.canvas, 10, 14
        for k in range(-steps // 2, steps // 2 + 1):
            place = x + (k + steps // 2) * w
            if k:
                canvas.rect(place, y, w, 10, "positive" if k > 0 else "negative", shade=_shade(k, steps // 2))
        right = x + (steps + 1) * w
        canvas.frame(x, y, right - x, 10, "cluster_line")
        for at, text, anchor in ((x, -scale, "start"), ((x + right) / 2, 0.0, "middle"), (right, scale, "end")):
            canvas.text(at, y + 22, number_text(text), size=10, anchor=anchor, colour="grey")  # type: ignore[arg-type]


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


def _shade(value: float, scale: float) -> float:
    return _DEEPEST * (0.08 + 0.92 * abs(value) / scale)


def _description(name: str, panels: Sequence[_Panel], rate: float, rows: list[str], columns: list[str]) -> str:
    height, width = panels[0].cells.shape
    size = f"{height} {'row' if height == 1 else 'rows'} and {width} {'column' if width == 1 else 'columns'}"
    text = f"Three heat maps of {size}: {name}, its gradient, and {name} minus {number_text(rate)} times the gradient."
    if height * width > 40:
        return f"{text} The largest gradient is {number_text(panels[1].scale)} in size."
    steps = [
        f"{row} {column}: {' '.join([number_text(float(p.cells[i, j])), then])}".strip()
        for i, row in enumerate(rows)
        for j, column in enumerate(columns)
        for p, then in [(panels[0], f"becomes {number_text(float(panels[2].cells[i, j]))}")]
    ]
    return f"{text} {'; '.join(steps)}."
