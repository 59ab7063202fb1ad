"""Parts of an array as source text: slices, reshapes and transposes, which copy nothing."""

from __future__ import annotations

import math

import numpy as np

from ..planning.tape import Numbers

__all__ = ["collapsed", "is_run", "viewed"]


def is_run(index: Numbers) -> bool:
    """Whether it counts up by one."""
    return index.size > 0 and bool((np.diff(index) == 1).all())


def collapsed(places: Numbers) -> Numbers:
    """Without what broadcasting restores: an axis along which nothing changes has length 1."""
    for axis, n in enumerate(places.shape):
        if n > 1 and (places == places.take([0], axis)).all():
            places = places.take([0], axis)
    return places


def viewed(name: str, shape: tuple[int, ...], at: Numbers) -> str | None:
    """Some elements of an array as slices and reshapes of it.

    Args:
        name, shape: the array.
        at: of each element its number in the array, of any shape.

    Returns:
        The expression; None: they have to be gathered.

    Example:
        >>> viewed("W", (2, 3), np.array([[3, 4, 5]])), viewed("w", (6,), np.array([[0, 1], [3, 4]]))
        ('W[1:2]', 'w[0:6].reshape((2, 3))[:, :2]')
        >>> viewed("w", (6,), np.array([5, 0]))
    """
    size = math.prod(shape)
    flat = name if len(shape) == 1 else f"{name}.reshape(({size},))"
    if at.ndim == 0:
        index = ", ".join(str(int(i)) for i in np.unravel_index(int(at), shape))
        return f"{name}[{index}]" if index else name
    first, last = int(at.flat[0]), int(at.flat[-1])
    if is_run(at.ravel()):
        if at.size == size:
            return name if at.shape == shape else f"{name}.reshape({at.shape})"
        if len(shape) == 2 and first % shape[1] == 0 and at.shape[1:] == shape[1:]:
            return f"{name}[{first // shape[1]}:{last // shape[1] + 1}]"
        return f"{flat}[{first}:{last + 1}]" + (f".reshape({at.shape})" if at.ndim > 1 else "")
    places = np.arange(size).reshape(shape)
    if at.ndim == 2 and np.array_equal(at.T, places):
        return f"{name}.T"
    if at.ndim == 2 and len(shape) == 1 and is_run(at[0]):  # weights beside their biases
        row = int(at[1, 0] - at[0, 0])
        if row >= at.shape[1] and first + row * len(at) <= size:
            lines = places[first : first + row * len(at)].reshape(len(at), row)
            if np.array_equal(lines[:, : at.shape[1]], at):
                return f"{flat}[{first}:{first + row * len(at)}].reshape({lines.shape})[:, :{at.shape[1]}]"
    if len(shape) == 2:
        sliced = _sliced(name, places, at)
        if sliced is not None:
            return sliced
    step = int(at.flat[1]) - first
    if at.ndim == 1 and step > 0 and (np.diff(at) == step).all():
        return f"{flat}[{first}:{last + 1}:{step}]"
    return None


def _sliced(name: str, places: Numbers, at: Numbers) -> str | None:
    """A rectangle of a matrix, a row or a column of it, or a rectangle on its side; None: it is none."""
    for turned in (False, True):
        wanted = at.T if turned else at
        rows, columns = np.divmod(wanted, places.shape[1])
        if at.ndim == 1:
            if (rows == rows[0]).all() and is_run(columns):
                return f"{name}[{rows[0]}, {columns[0]}:{columns[-1] + 1}]"
            if (columns == columns[0]).all() and is_run(rows):
                return f"{name}[{rows[0]}:{rows[-1] + 1}, {columns[0]}]"
            return None
        a, b, c, d = rows[0, 0], rows[-1, 0] + 1, columns[0, 0], columns[0, -1] + 1
        if np.array_equal(places[a:b, c:d], wanted):
            return f"{name}[{a}:{b}, {c}:{d}]" + (".T" if turned else "")
    return None
