"""Where a module stands in a network: layers are numbered, and their parameters labelled as documents write them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..engine.value import Value
from ..errors import ArgumentError
from .modules import Module

__all__ = ["Placed", "indexed", "whole"]


class Placed(Module):
    """A module that knows which layer of a network it is, and labels its parameters accordingly."""

    number: int = 0  # 0: it stands alone
    place: str = ""
    counts: bool = False  # when the layers of a network are numbered

    def _label(self, number: int) -> Iterable[tuple[Value, str]]:
        """The parameters, and what each is called in a layer of this number."""
        return []

    def settle(self, number: int, place: str) -> None:
        """Take a place in a network; a label that somebody else wrote stays."""
        before = [name for _, name in self._label(self.number)]
        for (v, name), old in zip(self._label(number), before, strict=True):
            if v.label in ("", old):
                v.label = name
        self.number, self.place = number, place

    def _take_place(self, before: int, network: str) -> int:
        number = before + self.counts
        where = f"layer {number}" if self.counts else f"behind layer {number}" if number else "before layer 1"
        self.settle(number, f"{where} of {network}")
        return number

    def who(self) -> str:
        """How messages call it: what it is, and where."""
        return f"{self._short()}, {self.place}" if self.place else self._short()

    def _short(self) -> str:
        return repr(self)


def indexed(letter: str, number: int, *indices: int) -> str:
    """A label as the documents write it: of neuron 2 in layer 1 z1[2], of its weight for input 3 W1[2,3].

    Example:
        >>> indexed("W", 1, 2, 3), indexed("z", 0, 2)
        ('W1[2,3]', 'z[2]')
    """
    return f"{letter}{number or ''}[{','.join(map(str, indices))}]"


def whole(what: str, count: Any) -> int:
    """A whole number of at least 1.

    Raises:
        ArgumentError: it is none.
    """
    if not isinstance(count, int | np.integer) or isinstance(count, bool) or count < 1:
        raise ArgumentError(f"{what} is a whole number, at least 1, got {count!r}")
    return int(count)
