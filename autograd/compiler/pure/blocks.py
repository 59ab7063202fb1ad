"""Places as arrays of their own: for a program that is one expression after the other and writes into no array.

Each step's result is a block, and so is each argument; a window is read as a view of a block wherever it is one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ..formulas.printing import expression
from ..planning.tape import Numbers
from .views import collapsed, is_run, viewed

__all__ = ["Block", "Blocks", "Number", "Term"]

_RUNS = 12  # pieces of several blocks that are put together one by one; more are gathered


class Term(NamedTuple):
    """A name in the source, and the shape of what it stands for; it may have to be broadcast."""

    text: str
    shape: tuple[int, ...]


Number = Term | float


@dataclass(eq=False)
class Block:
    """An array of the emitted program: its name there, and its shape."""

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return math.prod(self.shape)


class Blocks:
    """Where each place is found in the emitted program.

    Args:
        numbers: of each place that belongs to no block: what never changes.

    Attributes:
        lines: the lines so far.
        names: the arrays that they name.
    """

    def __init__(self, numbers: Any) -> None:
        self.names: dict[str, Any] = {}
        self.lines: list[str] = []
        self._numbers = numbers
        self._blocks: list[Block] = []
        self._of: Numbers = np.full(len(numbers), -1, dtype=np.int64)
        self._at: Numbers = np.zeros(len(numbers), dtype=np.int64)
        self._known: dict[Any, Number] = {}
        self._indices: dict[Any, str] = {}
        self._count = 0

    def add(self, places: Numbers, name: str) -> Block:
        """An array of these places, in order and in their shape."""
        self._of[places] = len(self._blocks)
        self._at[places] = np.arange(places.size).reshape(places.shape)
        self._blocks.append(Block(name, places.shape))
        return self._blocks[-1]

    def block_of(self, places: Numbers) -> Block:
        """The block in which the first of these places lies."""
        return self._blocks[int(self._of[places.flat[0]])]

    def parts(self, places: Numbers, wanted: Any) -> list[tuple[Block, Numbers, Numbers]]:
        """The blocks of wanted places: of each the block, which of the places lie in it, and where in it."""
        of, at = np.where(wanted, self._of[places], -1).ravel(), self._at[places].ravel()
        chosen = [(i, np.flatnonzero(of == i)) for i in np.unique(of[of >= 0]).tolist()]
        return [(self._blocks[i], here, at[here]) for i, here in chosen]

    def named(self, text: str, prefix: str) -> str:
        """A name for the value of this expression."""
        if text.isidentifier():
            return text
        self._count += 1
        name = f"{prefix}_{self._count}"
        self.lines.append(f"{name} = {text}")
        return name

    # --- numbers that stay -------------------------------------------------------------------------------------------

    def constant(self, array: Any) -> Term:
        """An array that never changes, of theta's type."""
        key = "constant", array.shape, array.tobytes()
        found = self._known.get(key)
        if found is None:
            kept = expression(array.item(), {}) if array.ndim == 0 else self._kept("C", array)
            found = self._known[key] = Term(self.named(f"xp.asarray({kept}, dtype=theta.dtype)", "c"), array.shape)
        assert isinstance(found, Term)
        return found

    def index(self, index: Numbers) -> str:
        """The name of an array of indices."""
        key = index.shape, index.tobytes()
        if key not in self._indices:
            self._indices[key] = self._kept("I", index)
        return self._indices[key]

    def _kept(self, prefix: str, array: Any) -> str:
        name = f"{prefix}{len(self.names)}"
        self.names[name] = array
        return name

    def full(self, number: Number, shape: tuple[int, ...]) -> str:
        """An array of just this shape."""
        if isinstance(number, float):
            return self.named(f"xp.full({shape}, {expression(number, {})}, dtype=theta.dtype)", "f")
        return number.text if number.shape == shape else self.named(f"xp.broadcast_to({number.text}, {shape})", "f")

    # --- reading -----------------------------------------------------------------------------------------------------

    def fixed(self, places: Numbers) -> Any:
        """The numbers of these places, if they never change, else None."""
        return self._numbers[places] if (self._of[places] < 0).all() else None

    def shape_of(self, places: Numbers) -> tuple[int, ...] | None:
        """The shape of the block that these places are, all of it and in order; None: they are none."""
        if not self.is_matrix(places) or places.size != self.block_of(places).size:
            return None
        return self.block_of(places).shape

    def is_matrix(self, places: Numbers) -> bool:
        """Whether these places lie in one block, one after the other."""
        of = self._of[places]
        return bool(of.flat[0] >= 0 and (of == of.flat[0]).all()) and is_run(self._at[places].ravel())

    def read(self, places: Numbers, prefix: str) -> Number:
        """The numbers of these places; what broadcasting restores is left out."""
        key = places.shape, places.tobytes()
        found = self._known.get(key)
        if found is None:
            places = collapsed(places)
            if places.size == 1 and len(key[0]) and math.prod(key[0]) > 1:
                places = places.reshape(())
            found = self._known[key] = self._read(places, prefix)
        return found

    def _read(self, places: Numbers, prefix: str) -> Number:
        of, numbers = self._of[places], self.fixed(places)
        if numbers is not None:
            same = len(set(map(repr, numbers.ravel().tolist()))) == 1
            return float(numbers.flat[0]) if same else self.constant(numbers)
        if (of == of.flat[0]).all():
            block = self._blocks[int(of.flat[0])]
            at = self._at[places]
            text = viewed(block.name, block.shape, at) or f"{block.name}.reshape(({block.size},))[{self.index(at)}]"
            return Term(self.named(text, prefix), places.shape)
        flat, kinds = places.ravel(), self._kinds(of.ravel())
        cuts = [0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist(), len(flat)]
        if len(cuts) > max(_RUNS, len(np.unique(kinds)) + 1):  # sorted by blocks, then picked out of that
            order = np.argsort(kinds, kind="stable")
            back = np.argsort(order, kind="stable")
            together = self.read(flat[order], prefix)
            assert isinstance(together, Term)
            text = f"{together.text}[{self.index(back.reshape(places.shape))}]"
            return Term(self.named(text, prefix), places.shape)
        parts = [self._piece(flat[a:b], prefix) for a, b in pairwise(cuts)]
        joined = f"xp.concatenate([{', '.join(parts)}])" if len(parts) > 1 else parts[0]
        if places.ndim != 1:
            joined += f".reshape({places.shape})"
        return Term(self.named(joined, prefix), places.shape)

    def _kinds(self, of: Numbers) -> Numbers:
        """The block of each, but single numbers all count as one."""
        scalar = np.array([block.shape == () for block in self._blocks] + [False])  # the last: of none
        return np.where(scalar[of], len(self._blocks), of)

    def _piece(self, places: Numbers, prefix: str) -> str:
        """A part of one block, of single numbers, or of what never changes, as one axis."""
        of = int(self._of[places[0]])
        if of >= 0 and self._blocks[of].shape == ():
            names = [self._blocks[i].name for i in self._of[places].tolist()]
            return f"xp.stack([{', '.join(names)}])"
        return self.full(self.read(places, prefix), places.shape)
