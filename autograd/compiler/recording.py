"""One call of a function, and what it does that its graph does not keep: it compares, reads numbers, changes modules.

Comparisons become guards. What `detach` and `no_grad` make stays in the graph, for the program to follow, and is a
constant to derivatives alone. Numbers that are read stay those of the recording, and `Recorder.warn` says so. While the
function runs, the buffers of the modules that it calls are leaves; what a call makes of them is then a formula, and a
part of the program. At the end the modules are put back as they were: recording a function is no step of its training.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import random
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import is_
from types import FrameType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine import modes
from ..engine.copying import restore
from ..engine.graph import topological_order
from ..engine.messages import name_of
from ..engine.ops import DETACHED, LITERAL
from ..engine.value import Value
from ..errors import CompileWarning, GraphError, is_own, warn
from ..functions.arrays import ValueArray, data

__all__ = ["Buffer", "Recorder", "changes_of", "roots_of", "warn_of_state"]


@dataclass(eq=False)
class Buffer:
    """An attribute of a module that is no parameter and yet belongs to its state, as BatchNorm's running mean.

    A pass reads it into `leaves` and, if there are `results`, leaves the numbers of these in it.
    """

    owner: Any
    name: str
    leaves: list[Value]
    results: list[Value]

    def read(self) -> None:
        """Give the leaves the numbers that the buffer has now."""
        numbers = data(getattr(self.owner, self.name)).ravel().tolist()
        if len(numbers) != len(self.leaves):
            raise GraphError(f"{self} had {len(self.leaves)} numbers when the program was made, now {len(numbers)}")
        for leaf, x in zip(self.leaves, numbers, strict=True):
            leaf._data = x

    def holding(self, numbers: NDArray[np.float64]) -> Any:
        """What the attribute is with the first of these numbers in the place of its own."""
        before = getattr(self.owner, self.name)
        if not np.ndim(before):
            return type(before)(numbers[0])
        return numbers[: len(self.leaves)].reshape(before.shape).copy()

    def __str__(self) -> str:
        return f"{self.name!r} of {self.owner._who()}"


def changes_of(buffers: Iterable[Buffer]) -> dict[Value, Value]:
    """Of each leaf of a buffer that is changed, what its number becomes."""
    return {leaf: result for buffer in buffers for leaf, result in zip(buffer.leaves, buffer.results, strict=False)}


def roots_of(buffers: Iterable[Buffer]) -> list[Value]:
    """What a program has to have a place for, so that buffers can be changed."""
    changes = changes_of(buffers)
    return list(dict.fromkeys([*changes.values(), *changes]))


def warn_of_state(root: Value) -> None:
    """Say so if a module has changed its state when this result was computed, which a program of it can't do again.

    Raises:
        GraphError: a module drew random numbers.
    """
    followers = [modes.Follower.of(node) for node in topological_order(root)]
    owners = [module for follower in followers if follower and (module := follower())]
    for owner in owners:
        if hasattr(owner, "why_not_compiled"):
            raise GraphError(owner.why_not_compiled())
    if owners:
        warn(
            f"when this result was computed, {owners[0]._who()} changed {', '.join(owners[0].buffers)}, which a "
            "program of a result leaves alone; compile the function, compile(lambda: ...), and each pass changes them",
            CompileWarning,
        )


class Recorder:
    """Watches the one call of a function of which a program is made.

    Attributes:
        comparisons: those that it made on Values, in order.
        buffers: of the modules that it called, once the call is over.
    """

    def __init__(self) -> None:
        self.comparisons: list[modes.Comparison] = []
        self.buffers: list[Buffer] = []
        self._drew = False  # whether a random number was drawn
        self._read: dict[Value, str] = {}  # what was read, and where that was first
        self._calls: list[Any] = []  # the modules that are being called
        self._readers: dict[Any, str] = {}  # modules that read a number during a call
        self._before: dict[Any, dict[str, _Attribute]] = {}  # the state of each module
        self._lent: list[tuple[Any, str, list[Value]]] = []  # a module, a buffer's name, the leaves that stand for it

    def record(self, function: Callable[[], Any]) -> Any:
        """What the function returns.

        Raises:
            GraphError: a call of a module changes what a program cannot change.
        """
        with modes.comparisons() as self.comparisons, modes.watched_by(self), _reads_watched():
            before = _random_state()
            try:
                result = function()
                self.buffers = [self._buffer(*lent) for lent in self._lent]
                self._refuse_other_state()
                self._drew = _random_state() != before
            finally:
                self._put_back()
        return result

    # --- numbers that are read ------------------------------------------------------------------------------------

    def read(self, nodes: Iterable[Any], frame: FrameType) -> None:
        """Note that the numbers of nodes were asked for from this frame; what this package reads, it reads rightly."""
        if is_own(frame):
            return
        place = f"line {frame.f_lineno} of {os.path.basename(frame.f_code.co_filename)}"
        for node in nodes:
            if not isinstance(node, Value) or node in self._read:
                continue
            if any(not below.parents and below._row is not LITERAL for below in topological_order(node)):
                self._read[node] = place  # it depends on a leaf that is no plain number
                if self._calls:
                    self._readers.setdefault(self._calls[-1], place)

    def detached(self, node: Value) -> Value:
        """A node with the number of this one, and a constant to derivatives: what `detach` and `no_grad` make."""
        made: Value = restore(Value, node._data, node._label, DETACHED, (node,), None)
        return made

    def warn(self) -> None:
        """Say once that numbers were read, and that some were drawn at random."""
        if self._drew:
            warn(
                "random numbers were drawn while the function was recorded; the program repeats these at every pass. "
                "Draw them outside, into constants that the function uses, n = Value(0.0, constant=True), and give "
                "n.data a new number before each pass",
                CompileWarning,
            )
        if not self._read:
            return
        (node, place), count = next(iter(self._read.items())), len(self._read)
        first = name_of(node)
        was = f"{first} was read as a plain number" if count == 1 else f"{count} nodes were read as plain numbers"
        where = f"({place})" if count == 1 else f"(the first: {first}, {place})"
        warn(
            f"{was} while the function was recorded {where}; the program can't follow that and keeps the number of the "
            "recording at every pass. Stay in the graph with autograd's functions, compile again where the number has "
            "changed, or compile the function's result, compile(f()), if it is meant to stay",
            CompileWarning,
        )

    # --- state ----------------------------------------------------------------------------------------------------

    def call(self, module: Any, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call a module's function; numbers that are read meanwhile are read by the module."""
        self.lend(module)
        self._calls.append(module)
        try:
            return function(*args, **kwargs)
        finally:
            self._calls.pop()

    def lend(self, module: Any) -> None:
        """Put leaves in the place of the buffers of a module and of all modules in it."""
        if module in self._before:
            return
        module.parameters()  # numbers the layers, which is no state
        for inner in module.modules():
            if inner not in self._before:
                self._before[inner] = _state_of(inner)
                for name in inner.buffers:
                    if name in self._before[inner]:
                        leaves = _leaves(getattr(inner, name), name)
                        self._lent.append((inner, name, _flat(leaves)))
                        setattr(inner, name, leaves)

    def _put_back(self) -> None:
        for module, state in self._before.items():
            for name, attribute in state.items():
                if attribute.is_own:
                    setattr(module, name, attribute.it)
                elif name in vars(module):
                    delattr(module, name)
                if isinstance(attribute.it, np.ndarray) and attribute.it.flags.writeable:
                    attribute.it[...] = attribute.numbers

    def _buffer(self, owner: Any, name: str, old: list[Value]) -> Buffer:
        """What became of a buffer during the call."""
        new = _flat(getattr(owner, name))
        buffer = Buffer(owner, name, old, [])
        if len(new) == len(old) and all(map(is_, old, new)):
            return buffer
        place = self._readers.get(owner)
        if place is None and not all(isinstance(v, Value) for v in new):
            place = "it is set to what is no node"
        if place is not None:
            raise GraphError(
                f"a call changes {buffer} by numbers that are read out of the graph ({place}), which a program can't "
                "do again; compute them of nodes, self.for_buffer(x) in the place of data(x), or call .eval() first"
            )
        if len(new) != len(old):
            raise GraphError(f"a call changes the number of numbers in {buffer}, which a program can't do")
        buffer.results = list(map(self.detached, new))
        return buffer

    def _refuse_other_state(self) -> None:
        for module, state in self._before.items():
            for name, attribute in state.items():
                if name not in module.buffers and not attribute.is_still(getattr(module, name, None)):
                    raise GraphError(
                        f"a call changes {name!r} of {module._who()}, which a program can't do again; name it in the "
                        f"module's `buffers`, buffers = ({name!r},), and it becomes a part of the program"
                    )


def _random_state() -> Any:
    """The state of the random generators that all code shares, Python's and NumPy's."""
    of_numpy = pickle.dumps(np.random.get_state(legacy=False)) if "numpy.random" in sys.modules else None
    return random.getstate(), of_numpy


class _Attribute(NamedTuple):
    """A number or an array of numbers on a module."""

    it: Any
    numbers: Any  # an array's as a copy
    is_own: bool  # on the module itself, not on its class

    def is_still(self, it: Any) -> bool:
        return _is_number(it) and np.array_equal(self.numbers, it, equal_nan=True)


def _state_of(module: Any) -> dict[str, _Attribute]:
    """The attributes of a module that are numbers, by name."""
    own = vars(module)
    names = {name: it for kind in reversed(type(module).__mro__) for name, it in vars(kind).items()} | own
    return {name: _Attribute(it, np.copy(it), name in own) for name, it in names.items() if _is_number(it)}


def _is_number(it: Any) -> bool:
    if isinstance(it, np.ndarray):
        return it.dtype.kind in "biuf"
    return isinstance(it, bool | int | float | np.number | np.bool_)


def _leaves(numbers: Any, label: str) -> Any:
    """Constants with these numbers, in the same shape."""
    made = np.empty(np.shape(numbers), dtype=object)
    for index, x in np.ndenumerate(np.asarray(numbers)):
        place = f"[{','.join(str(i + 1) for i in index)}]" if index else ""
        made[index] = Value(x, label + place, constant=True)
    return made.view(ValueArray) if made.ndim else made[()]


def _flat(values: Any) -> list[Any]:
    return np.asarray(values, dtype=object).ravel().tolist() if np.ndim(values) else [values]


# --- reading, watched ----------------------------------------------------------------------------------------------

_plain = {name: vars(Value)[name] for name in ("data", "grad", "detach", "local_derivatives")}
_lock = threading.Lock()
_watching = 0  # how many functions are being recorded now, in all threads


@contextlib.contextmanager
def _reads_watched() -> Iterator[None]:
    """Inside, whoever reads a Value's number tells the recorder of his thread; outside it costs nothing at all."""
    global _watching
    with _lock:
        _watching += 1
        if _watching == 1:
            _put(_watched)
    try:
        yield
    finally:
        with _lock:
            _watching -= 1
            if not _watching:
                _put(_plain)


def _put(attributes: dict[str, Any]) -> None:
    for name, attribute in attributes.items():
        setattr(Value, name, attribute)


def _tell(node: Value) -> None:
    watch = modes.watcher() if modes.entered else None  # None: another thread's function is being recorded
    if watch is not None:
        watch.read([node], sys._getframe(2))


def _read_data(self: Value) -> float:
    _tell(self)
    return self._data


def _read_gradient(self: Value) -> Any:
    if not isinstance(self._grad, Value):  # else it is a node itself, made with create_graph=True
        _tell(self)
    return 0.0 if self._grad is None else self._grad


@functools.wraps(Value.detach)
def _detach(self: Value) -> Value:
    watch = modes.watcher() if modes.entered else None
    constant: Value = _plain["detach"](self) if watch is None else watch.detached(self)
    return constant


@functools.wraps(Value.local_derivatives)
def _local_derivatives(self: Value) -> tuple[float, ...]:
    _tell(self)
    slopes: tuple[float, ...] = _plain["local_derivatives"](self)
    return slopes


_watched = {
    "data": property(_read_data, _plain["data"].__set__, doc=_plain["data"].__doc__),
    "grad": property(_read_gradient, _plain["grad"].__set__, doc=_plain["grad"].__doc__),
    "detach": _detach,
    "local_derivatives": _local_derivatives,
}
