"""Modes that change how nodes are made, `no_grad` and `detect_anomaly`; and who watches a program while it runs.

A node is made millions of times and a mode is entered seldom, so the hot path asks one cheap question, whether
any thread or task is inside any mode (`entered`), and only then which mode this one is in.
"""

from __future__ import annotations

import functools
import inspect
import math
import types
from collections.abc import Callable, Generator, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar
from weakref import ref

from ..errors import AnomalyError, OperandError, shown
from .notes import Note
from .op import Op
from .ops import CONSTANT, IDENTITY

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])


class Comparison(NamedTuple):
    """One comparison that a program made, as :class:`comparisons` collects them."""

    outcome: bool
    relation: Callable[..., bool]
    left: Any
    right: Any = None


class _Block:
    """A ``with`` block that some thread or task is inside, and what it sets; it ends when this object dies."""

    __slots__ = ("__weakref__", "value")

    def __init__(self, value: Any) -> None:
        self.value = value


class _Mark(ref[_Block]):
    """A weak reference to a block, told apart by itself: a plain one has no hash any more where its block is gone."""

    __slots__ = ()
    __hash__ = object.__hash__
    __eq__ = object.__eq__


_ENDED = object()
_Marks = tuple[_Mark, ...]

entered: set[_Mark] = set()  # every block that some thread or task is inside

_recording: ContextVar[_Marks] = ContextVar("recording", default=())
_anomaly: ContextVar[_Marks] = ContextVar("detect_anomaly", default=())
_comparisons: ContextVar[_Marks] = ContextVar("comparisons", default=())
_watcher: ContextVar[_Marks] = ContextVar("watcher", default=())


class Follower(Note):
    """On a node of which a module has computed its state: what gives the module, if it still lives."""

    __slots__ = ()


def _now(variable: ContextVar[_Marks], default: Any) -> Any:
    """What the innermost block that has not ended sets."""
    for mark in reversed(variable.get()):
        # The block itself gets no name here: after Ctrl-C, a traceback would keep it.
        if (value := getattr(mark(), "value", _ENDED)) is not _ENDED:
            return value
    return default


def recording() -> bool:
    """Whether operations on Values record their parents here and now."""
    return _now(_recording, True)  # type: ignore[no-any-return]  # modes hold Any; this one a bool


def differentiating() -> bool:
    """Whether a derivative is being taken around us."""
    return True in [getattr(mark(), "value", False) for mark in _recording.get()]


def anomalies_raise() -> bool:
    """Whether the first inf or NaN raises here and now."""
    return bool(entered) and _now(_anomaly, False)


class _Mode:
    """Sets something for one thread and one task, from the beginning of a block to its end.

    The object alone keeps the blocks that it began, and a context only weak references to them. So one object may serve
    several threads, tasks and generators at once, blocks may end in any order and anywhere, and where Ctrl-C comes
    before the first line of `__exit__`, the block ends as soon as nobody holds the object any more.
    """

    __slots__ = ("_blocks",)

    _variable: ContextVar[_Marks]
    _value: Any = True
    _counts = True  # nodes made inside are not made as usual

    def __init__(self, *wrongly: Any) -> None:
        if wrongly:
            name = type(self).__name__
            raise OperandError(f"{name} takes no argument: write @{name}() above a function, or with {name}(): ...")
        self._blocks: dict[_Mark, _Block] = {}

    def __enter__(self) -> Any:
        self._begin(self._value)

    def __exit__(self, *_: object) -> None:
        mark = None
        try:
            mark = self._innermost()
            self._blocks.pop(mark, None)
        except BaseException:  # Ctrl-C
            self._blocks.pop(mark or self._innermost(), None)
            raise

    def _begin(self, value: Any) -> None:
        block = _Block(value)
        mark = _Mark(block, entered.discard)
        try:
            self._blocks[mark] = block
            del block
            if self._counts:
                entered.add(mark)
            self._variable.set((*[m for m in self._variable.get() if m() is not None], mark))
        except BaseException:  # Ctrl-C
            self._blocks.pop(mark, None)
            raise

    def _innermost(self) -> Any:
        """The block to end: the latest of this context, else the latest of all, as of a generator dropped elsewhere."""
        for mark in reversed(self._variable.get()):
            if mark in self._blocks:
                return mark
        return next(reversed(self._blocks), None)

    def __call__(self, function: _Decorated) -> _Decorated:
        """The function with its body inside the mode; a generator is inside while it runs, not while it waits."""
        mode = type(self)
        if inspect.isasyncgenfunction(function):
            raise OperandError(_ASYNC_GENERATOR.format(function.__qualname__, mode.__name__))
        decorated: Any
        if inspect.iscoroutinefunction(function):

            async def decorated(*args: Any, **kwargs: Any) -> Any:
                return await _awaited(mode, function(*args, **kwargs))

        else:

            def decorated(*args: Any, **kwargs: Any) -> Any:
                with mode():
                    result = function(*args, **kwargs)
                if inspect.isasyncgen(result):
                    raise OperandError(_ASYNC_GENERATOR.format(result.__qualname__, mode.__name__))
                if inspect.iscoroutine(result):
                    return _awaited(mode, result)
                return _stepped(mode, result) if inspect.isgenerator(result) else result

        return functools.wraps(function)(decorated)  # type: ignore[return-value]  # it takes and gives what `function` does


_ASYNC_GENERATOR = (
    "{0} is an async generator, which {1} does not decorate; write with {1}(): around what it computes between yields"
)


def _stepped(mode: type[_Mode], body: Any) -> Generator[Any, Any, Any]:
    """Run a generator or a coroutine inside the mode, and what it is waiting for outside."""
    step, argument = body.send, None
    while True:
        with mode():
            try:
                made = step(argument)
            except StopIteration as done:
                return done.value
            finally:
                argument = None  # an exception's traceback holds this frame
        try:
            step, argument = body.send, (yield made)
        except GeneratorExit:
            with mode():
                body.close()
            raise
        except BaseException as error:
            step, argument = body.throw, error


async def _awaited(mode: type[_Mode], body: Any) -> Any:
    return await types.coroutine(_stepped)(mode, body)


class no_grad(_Mode):
    """Inside, results are constants: operations on Values record nothing and no gradient flows through them.

    Works as a context manager and as a decorator, also of generators and async functions. It holds for the thread and
    the task that enters it; a task that is begun inside is inside until the block ends.

    Example:
        >>> from autograd import Value, no_grad
        >>> x = Value(3.0)
        >>> with no_grad():
        ...     y = x * x
        >>> y.data, y.parents
        (9.0, ())
    """

    _variable = _recording
    _value = False


class recorded(_Mode):
    """Inside a derivative is taken: operations are recorded, for its own graph, whatever `no_grad` stands around."""

    _variable = _recording
    _counts = False


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
    return AnomalyError(f"forward: {op.public_name} of {operands} made {result!r} from {', '.join(shown_numbers)}")


def applied(made: Any) -> Any:
    """A node made while some thread is inside a mode: check it, or cut it off from its parents."""
    if made._a is None or made._row is IDENTITY:  # an input, given and not made
        return made
    if _anomaly.get() and anomalies_raise() and not math.isfinite(made._data):
        parents = made.parents
        raise made_badly(made._row, [p._label for p in parents], [p._data for p in parents], made._data)
    if _recording.get() and not recording():
        if (watch := watcher()) is not None:
            return watch.detached(made)
        made._row = CONSTANT
        made._a = made._b = None
    return made


class comparisons(_Mode):
    """Collect every comparison made on a Value inside, in order: where a program branches, f may have a kink."""

    _variable = _comparisons

    def __enter__(self) -> list[Comparison]:
        seen: list[Comparison] = []
        self._begin(seen)
        return seen


def compared(outcome: bool, relation: Callable[..., bool], left: Any, right: Any = None) -> bool:
    """Note a comparison on a Value for whoever watches, and return its outcome."""
    seen = _now(_comparisons, None)
    if seen is not None:
        seen.append(Comparison(outcome, relation, left, right))
    return outcome


class watched_by(_Mode):
    """Inside, `watch` hears of what leaves the graph and of the modules that are called."""

    _variable = _watcher

    def __init__(self, watch: Any) -> None:
        super().__init__()
        self._value = watch


def watcher() -> Any:
    """What watches the function that a program is being made of here and now, a `compiler.recording.Recorder`; or None.

    Whoever asks looks at `entered` first.
    """
    return _now(_watcher, None)
