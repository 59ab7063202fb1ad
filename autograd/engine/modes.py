"""Modes that change how nodes are made, `no_grad` and `detect_anomaly`; and who watches a program while it runs.

A node is made millions of times and a mode is entered seldom, so the hot path asks one cheap question, whether
any thread is inside any mode (`entered`), and only then which mode this thread is in.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple
from weakref import ReferenceType, WeakKeyDictionary

from ..errors import AnomalyError, shown
from .op import Op
from .ops import CONSTANT


class Comparison(NamedTuple):
    """One comparison that a program made, as :func:`comparisons` collects them."""

    outcome: bool
    relation: Callable[..., bool]
    left: Any
    right: Any = None


entered: list[ContextVar[Any]] = []  # one entry for every mode that some thread is inside

_no_grad: ContextVar[bool] = ContextVar("no_grad", default=False)
_anomaly: ContextVar[bool] = ContextVar("detect_anomaly", default=False)
_seen: ContextVar[list[Comparison] | None] = ContextVar("comparisons", default=None)
_watcher: ContextVar[Any] = ContextVar("watcher", default=None)
_watchers: list[Any] = []  # of all threads


# Nodes of which a module has computed its state, and the module: what is compiled of their graph can't do it again.
followed: WeakKeyDictionary[Any, ReferenceType[Any]] = WeakKeyDictionary()


def recording() -> bool:
    """Whether operations on Values record their parents here and now."""
    return not _no_grad.get()


def anomalies_raise() -> bool:
    """Whether the first inf or NaN raises here and now."""
    return bool(entered) and _anomaly.get()


@contextlib.contextmanager
def recorded() -> Iterator[None]:
    """Inside, operations are recorded although a `no_grad` stands around: a derivative needs its own graph."""
    token = _no_grad.set(False)
    try:
        yield
    finally:
        _no_grad.reset(token)


class _Mode(contextlib.ContextDecorator):
    _variable: ContextVar[bool]

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(self._variable.get())
        self._variable.set(True)
        entered.append(self._variable)

    def __exit__(self, *_: object) -> None:
        entered.remove(self._variable)
        self._variable.set(self._before.pop())


class no_grad(_Mode):
    """Inside, results are constants: operations on Values record nothing and no gradient flows through them.

    Works as a context manager and as a decorator.

    Example:
        >>> from autograd import Value, no_grad
        >>> x = Value(3.0)
        >>> with no_grad():
        ...     y = x * x
        >>> y.data, y.parents
        (9.0, ())
    """

    _variable = _no_grad


class detect_anomaly(_Mode):
    """Inside, the first inf or NaN raises, forward or backward, and the message names the node that made it.

    A backward pass also compares every stored value with what its parents give now, so that data changed after
    the forward pass is found.

    Raises:
        AnomalyError: at the first such node.

    Example:
        >>> from autograd import Value, detect_anomaly
        >>> x = Value(1e200, label="x")
        >>> with detect_anomaly():
        ...     y = x * x
        Traceback (most recent call last):
        ...
        autograd.errors.AnomalyError: forward: * of x, x made inf from 1e+200, 1e+200
    """

    _variable = _anomaly


def made_badly(op: Op, labels: Sequence[str], numbers: Sequence[float], result: float) -> AnomalyError:
    """What to raise where an operation made inf or nan from these operands."""
    shown_numbers = [repr(x) for x in numbers[:4]]
    operands = ", ".join(shown(label) or x for label, x in zip(labels, shown_numbers, strict=False))
    return AnomalyError(f"forward: {op.name} of {operands} made {result!r} from {', '.join(shown_numbers)}")


def applied(made: Any) -> Any:
    """A node made while some thread is inside a mode: check it, or cut it off from its parents."""
    if made._a is None:
        return made
    if anomalies_raise() and not math.isfinite(made._data):
        parents = made.parents
        raise made_badly(made._row, [p._label for p in parents], [p._data for p in parents], made._data)
    if not recording():
        if _watchers and (watch := _watcher.get()) is not None:
            return watch.detached(made)
        made._row = CONSTANT
        made._a = made._b = None
    return made


@contextlib.contextmanager
def comparisons() -> Iterator[list[Comparison]]:
    """Collect every comparison made on a Value inside, in order: where a program branches, f may have a kink."""
    seen: list[Comparison] = []
    before = _seen.get()
    _seen.set(seen)
    entered.append(_seen)
    try:
        yield seen
    finally:
        entered.remove(_seen)
        _seen.set(before)


def compared(outcome: bool, relation: Callable[..., bool], left: Any, right: Any = None) -> bool:
    """Note a comparison on a Value for whoever watches, and return its outcome."""
    seen = _seen.get()
    if seen is not None:
        seen.append(Comparison(outcome, relation, left, right))
    return outcome


def watcher() -> Any:
    """What watches the function that a program is being made of here and now, a `compiler.recording.Recorder`; or None.

    Whoever asks looks at `entered` first.
    """
    return _watcher.get()


@contextlib.contextmanager
def watched_by(watch: Any) -> Iterator[None]:
    """Inside, `watch` hears of what leaves the graph and of the modules that are called."""
    before = _watcher.get()
    _watcher.set(watch)
    entered.append(_watcher)
    _watchers.append(watch)
    try:
        yield
    finally:
        _watchers.remove(watch)
        entered.remove(_watcher)
        _watcher.set(before)
