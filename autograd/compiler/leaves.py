"""The inputs of a program: where its leaves are, and what a user hands to it.

:class:`Leaves` knows which leaves are read anew at every pass and which keep what was set; :class:`Training` serves an
optimiser's parameters, and :class:`Carried` modules' buffers. The functions at the end look at what a user hands in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain
from operator import is_
from typing import Any

import numpy as np

from ..engine.together import attributes
from ..engine.value import Value
from ..errors import ArgumentError, OperandError, ShapeError
from .arrays import Floats
from .numpy_source import Source
from .recording import Buffer, changes_of
from .tape import Numbers

__all__ = ["Carried", "Leaves", "Training", "numbers_of"]

_KEPT = 64  # blocks of leaves whose places are remembered


class Leaves:
    """The leaves of a graph, each with its place.

    The numbers of the leaves in `own` were set in the program and are not read anew; :meth:`keep` adds to them.
    `buffers` of modules have leaves, too.
    """

    def __init__(self, leaves: Sequence[tuple[Value, int]], own: set[Value], buffers: Sequence[Buffer] = ()) -> None:
        self.place = dict(leaves)
        self._own = own
        self._buffers = buffers
        self._known: dict[int, tuple[list[Any], Numbers]] = {}
        self._choose()

    def _choose(self) -> None:
        self._read = [node for node in self.place if node not in self._own]
        self._places: Numbers = np.array([self.place[node] for node in self._read], dtype=np.int64)

    def refresh(self, values: Floats) -> None:
        """Read the leaves' numbers anew."""
        for buffer in self._buffers:
            buffer.read()
        values[self._places] = np.fromiter([node._data for node in self._read], float, len(self._read))

    def keep(self, leaves: Any) -> None:
        """From now on these are not read."""
        nodes = np.asarray(leaves, dtype=object).ravel().tolist()
        if not self._own.issuperset(nodes):
            self._own.update(nodes)
            self._choose()

    def places(self, leaves: Any) -> Numbers:
        """Where the leaves of a block are, in its shape.

        Raises:
            ArgumentError: one is no leaf of the graph, or is named twice.
        """
        nodes = np.asarray(leaves, dtype=object)
        flat = nodes.ravel().tolist()
        known = self._known.get(id(leaves))  # another list may have had this id before
        if known is not None and known[1].shape == (nodes.shape or (1,)) and all(map(is_, known[0], flat)):
            return known[1]
        for node in flat:
            if not isinstance(node, Value) or node not in self.place:
                raise no_leaf(node)
        if len(set(flat)) != len(flat):
            raise ArgumentError("a leaf is named twice")
        places = np.atleast_1d(np.array([self.place[node] for node in flat], dtype=np.int64).reshape(nodes.shape))
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[id(leaves)] = flat, places
        return places


class Carried:
    """The buffers that a pass changes: where it finds their numbers, and where it leaves the new ones.

    The numbers after a step are put aside before the step counts, so the last two steps' are there.
    """

    def __init__(self, buffers: Sequence[Buffer], place_of: Callable[[Value], int], values: Floats) -> None:
        self._buffers = [buffer for buffer in buffers if buffer.results]
        self._values = values
        pairs = [(place_of(leaf), place_of(result)) for leaf, result in changes_of(buffers).items()]
        self._olds, self._news = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        self._aside = np.empty(len(pairs)), np.empty(len(pairs))

    def __bool__(self) -> bool:
        return bool(self._buffers)

    def hold(self, step: int) -> None:
        """Put aside what the pass has left, as the numbers after this step."""
        self._values.take(self._news, out=self._aside[step % 2])

    def along(self, training: Training) -> Callable[[], None]:
        """A step of the optimiser, and with it one of the buffers."""
        train = training.stepper()
        if not self._buffers:
            return train

        def step() -> None:
            self.hold(training.made + 1)
            train()
            self._values[self._olds] = self._aside[training.made % 2]

        return step

    def writes(self, step: int) -> Iterator[None]:
        """Bring the modules to where this step has left them; for `commit`."""
        starts = accumulate([len(buffer.leaves) for buffer in self._buffers], initial=0)
        after = [buffer.holding(self._aside[step % 2][i:]) for buffer, i in zip(self._buffers, starts, strict=False)]
        return map(setattr, [b.owner for b in self._buffers], [b.name for b in self._buffers], after)

    def refuse(self, what: str) -> None:
        """Raise if there are any."""
        if self._buffers:
            raise ArgumentError(
                f"each pass changes {self._buffers[0]}, and {what}; compile the function after .eval(), or make the "
                "module without that state"
            )


class Training:
    """Steps in the arrays for an optimiser's parameters: their places, and the backward pass to them alone.

    The steps are made aside. No Value and no optimiser hears of them before :meth:`writes`, so whatever interrupts, all
    of them stand where the same number of steps leaves them.
    """

    def __init__(self, parameters: Sequence[Value], places: Numbers, source: Source) -> None:
        self._parameters = list(parameters)
        self._values, self._gradients = source.values, source.gradients
        self.backward = source.backward(parameters)
        order = np.argsort(places)
        together = bool((np.diff(places[order]) == 1).all())
        self._order = order if together and (np.diff(order) != 1).any() else None
        self._back = None if self._order is None else np.argsort(order)
        self._block: Any = slice(int(places.min()), int(places.max()) + 1) if together else places
        self._slopes = np.empty(len(places)), np.empty(len(places))  # those of the last step, and of the next

    def is_of(self, parameters: Sequence[Value]) -> bool:
        """Whether these are the parameters, in the same order."""
        return len(parameters) == len(self._parameters) and all(map(is_, parameters, self._parameters))

    def begin(self, optimizer: Any) -> tuple[Any, Floats]:
        """Start from the numbers in the arrays; returns where the parameters are and what stands there."""
        self._optimizer, self._state = optimizer, optimizer.arranged(self._order)
        self._start = self._state[2]
        weights = self._state[0]["weights"]
        weights[:] = self._values[self._block]
        return self._block, weights.copy()

    @property
    def made(self) -> int:
        """The steps made since :meth:`begin`."""
        made: int = self._state[2] - self._start
        return made

    def stepper(self) -> Callable[[], None]:
        """A function that makes one step, from the gradients that are in the arrays."""
        advance, kept, places = self._optimizer.advance, self._slopes, self._block
        weights, slopes = self._values[places], self._gradients[places]  # of a slice: views

        def step() -> None:
            state = self._state
            mine = kept[state[2] % 2]
            mine[...] = slopes
            self._state = state = advance(state, state[0]["weights"], mine)  # now the step is made, and not before
            weights[...] = state[0]["weights"]

        def scattered() -> None:
            self._gradients.take(places, out=slopes)
            step()
            self._values[places] = weights

        return step if isinstance(places, slice) else scattered

    def writes(self) -> Iterator[None]:
        """Bring the Values, the optimiser and the arrays to where the steps have come; for `commit`."""
        state, weights = self._state, self._state[0]["weights"]
        slopes = self._slopes[(state[2] - 1) % 2]
        back: Any = ... if self._back is None else self._back
        return chain(
            attributes(self._parameters, "_data", weights[back].tolist()),
            attributes(self._parameters, "_grad", slopes[back].tolist()),
            self._optimizer.writes(state if self._back is None else self._optimizer.arranged(self._back, state)),
            map(np.ndarray.__setitem__, [self._values], [self._block], [weights]),
        )


# --- users' arguments -------------------------------------------------------------------------------------------------


def numbers_of(numbers: Any) -> Floats:
    """Numbers as an array of floats; `OperandError` for what is no real number, `ShapeError` for uneven rows."""
    try:
        array = np.asarray(numbers)
    except ValueError:
        raise ShapeError("the numbers make no array: their rows have different lengths") from None
    if array.dtype.kind not in "biufO":
        raise OperandError(
            f"expected real numbers, got {array.dtype.type.__name__}; convert them with float(...) first"
        )
    if array.dtype.kind == "O" and any(x is None for x in array.ravel().tolist()):  # NumPy would make it nan
        raise OperandError("expected real numbers, got None")
    return array.astype(float, copy=False)


def no_leaf(x: Any) -> ArgumentError:
    """The error that something is no leaf of a program."""
    if not isinstance(x, Value):
        name = repr(x) if isinstance(x, str) else f"something of type {type(x).__name__}"
        way = "; name leaves by their Values, in an array or nested lists of equal lengths"
    else:
        name = repr(x)
        way = (
            "; it was computed from others, so set those" if x.parents else ": the compiled graph does not depend on it"
        )
    return ArgumentError(f"{name} is no leaf of this program{way}")
