"""The arrays of a program in NumPy, and the names under which its source finds them.

All numbers stand in one array V, all gradients in another, G; most names of the source are views of these two.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.op import Op
from .plan import Plan
from .steps import Window

__all__ = ["Arrays", "Floats", "Scratch", "word"]

Floats = NDArray[np.float64]

_WORDS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "**": "power", "%": "mod", "//": "floordiv"}


def word(op: Op) -> str:
    """A row's name as part of a name in the source."""
    name = "_".join([_WORDS.get(op.name, op.name), *[f"{x:g}" for x in op.params]])
    return "".join(c for c in name.replace(".", "_").replace("-", "m") if (c.isascii() and c.isalnum()) or c == "_")


class Arrays:
    """V and G of a plan, and the names of all that its source uses: views of both, constants and functions."""

    def __init__(self, plan: Plan) -> None:
        self.values: Floats = plan.values()
        self.gradients: Floats = np.zeros(plan.size)
        self.names: dict[str, Any] = {"np": np, "math": math, "V": self.values, "G": self.gradients}
        self._gathered: dict[Window, Floats] = {}
        self._known: dict[Any, str] = {}
        self.numbers: dict[str, float] = {}  # what stands in the source under a name

    def gather(self, k: int, windows: list[Window]) -> list[str]:
        """The line that fetches the numbers of windows that are no views, for a whole level at once."""
        windows = list(dict.fromkeys(window for window in windows if window.strides is None))
        if not windows:
            return []
        index = np.concatenate([window.places.ravel() for window in windows])
        fetched = np.empty(len(index))
        self.names |= {f"at{k}": index, f"T{k}": fetched}
        start = 0
        for window in windows:
            stop = start + window.places.size
            window.share(index[start:stop])
            self._gathered[window] = fetched[start:stop].reshape(window.shape)
            start = stop
        return [f'V.take(at{k}, out=T{k}, mode="clip")']

    def value(self, window: Window, name: str) -> str:
        """The name of a window's numbers."""
        found = self._gathered.get(window)
        return self._named((window, "V"), name, view(self.values, window) if found is None else found)

    def gradient(self, window: Window, name: str) -> str:
        """The name of a window's gradients; it is a view."""
        return self._named((window, "G"), name, view(self.gradients, window))

    def _named(self, key: Any, name: str, it: Any) -> str:
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = name
            self.names[name] = it
        return found

    def index(self, places: list[int]) -> str:
        """The name of an index."""
        name = f"at_{len(self.names)}"
        self.names[name] = np.array(places, dtype=np.int64)
        return name

    def number(self, x: float) -> str:
        """The name of an array of no dimensions that holds a number: NumPy's functions take it faster than a float."""
        name = self._named(repr(x), f"c{len(self.numbers)}", np.array(x))
        self.numbers[name] = x
        return name

    def bind(self, op: Op, function: Any, prefix: str = "") -> str:
        """The name of a row's function; a user may have called his as something else here is called."""
        found = self._known.get((op, prefix))
        if found is None:
            own = "user_" if op.user and not prefix else ""
            found = self._named((op, prefix), self.unique(f"{prefix}{own}{word(op)}"), function)
        return found

    def unique(self, name: str) -> str:
        """A name that nothing has yet."""
        while name in self.names:
            name += "_"
        return name


class Scratch:
    """Arrays that hold something for the length of one step; all steps share them."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names
        self._used = 0
        self._wanted: list[tuple[str, int, tuple[int, ...]]] = []

    def release(self) -> None:
        """The step is over, and its arrays are free again."""
        self._used = 0

    def take(self, shape: tuple[int, ...]) -> str:
        """The name of an array of this shape, which nothing else uses during this step."""
        self._used += 1
        name = f"t{self._used}" + "".join(f"_{n}" for n in shape)
        self._wanted.append((name, self._used - 1, shape))
        return name

    def local(self) -> str:
        """A name that is only assigned to."""
        self._used += 1
        return f"m{self._used}"

    def allocate(self) -> None:
        """Make the arrays, as large as the largest step needs them."""
        sizes: dict[int, int] = {}
        for _, at, shape in self._wanted:
            sizes[at] = max(sizes.get(at, 0), math.prod(shape))
        stores = {at: np.empty(size) for at, size in sizes.items()}
        for name, at, shape in self._wanted:
            self._names[name] = stores[at][: math.prod(shape)].reshape(shape)


def view(array: Floats, window: Window) -> Floats:
    """A window of an array; its places must lie evenly."""
    assert window.strides is not None
    strides = [8 * stride for stride in window.strides]
    return np.ndarray(window.shape, np.float64, array, 8 * window.start, strides)  # as_strided keeps an object more
