"""Modes that change how nodes are made: `no_grad` and `detect_anomaly`.

A node is made millions of times and a mode is entered seldom, so the hot path asks one cheap question, whether
any thread is inside any mode (`entered`), and only then which mode this thread is in.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from .errors import AnomalyError, shown
from .ops import CONSTANT

entered: list[ContextVar[bool]] = []  # one entry for every mode that some thread is inside

_no_grad: ContextVar[bool] = ContextVar("no_grad", default=False)
_anomaly: ContextVar[bool] = ContextVar("detect_anomaly", default=False)
_watched: ContextVar[bool] = ContextVar("comparisons", default=False)
_seen: ContextVar[list[bool] | None] = ContextVar("comparisons seen", default=None)


def recording() -> bool:
    """Whether operations on Values record their parents here and now."""
    return not _no_grad.get()


def anomalies_raise() -> bool:
    """Whether the first inf or NaN raises here and now."""
    return _anomaly.get()


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


def applied(made: Any) -> Any:
    """A node made while some thread is inside a mode: check it, or cut it off from its parents."""
    if made._a is None:
        return made
    if anomalies_raise() and not math.isfinite(made._data):
        operands = ", ".join(shown(p._label) or repr(p._data) for p in made.parents[:4])
        numbers = ", ".join(repr(p._data) for p in made.parents[:4])
        raise AnomalyError(f"forward: {made._op.name} of {operands} made {made._data!r} from {numbers}")
    if not recording():
        made._op = CONSTANT
        made._a = made._b = None
    return made


@contextlib.contextmanager
def comparisons() -> Iterator[list[bool]]:
    """Collect the outcome of every comparison made on a Value inside: where a program branches, f may have a kink."""
    seen: list[bool] = []
    before, was = _seen.get(), _watched.get()
    _seen.set(seen)
    _watched.set(True)
    entered.append(_watched)
    try:
        yield seen
    finally:
        entered.remove(_watched)
        _watched.set(was)
        _seen.set(before)


def compared(outcome: bool) -> bool:
    """Note the outcome of a comparison on a Value, and return it."""
    seen = _seen.get()
    if seen is not None:
        seen.append(outcome)
    return outcome
