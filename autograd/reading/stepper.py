"""Step through a forward and backward pass, forwards and backwards, and stop where something happens."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, overload

from .. import _notebook_picture
from ..engine import graph
from ..engine.ops import LEAF
from ..errors import ArgumentError
from .conditions import Condition, parse_condition
from .formulas import made_by
from .grouping import Grouping
from .names import number_beside, short_number
from .text import many
from .trace import Message, Step, Trace

__all__ = ["Records", "Stepper", "steps"]

_SHOWN = 4  # records in a repr; str has them all
_MOST = 8  # contributions, or nodes, in one answer


# --- what the stepper answers: views of a trace, each with a text that depends on the position alone ---------------


@dataclass(frozen=True, repr=False)
class Records(Sequence[Step]):
    """Records of a trace from one position to another; `repr` shows the first and the last few, `str` all of them.

    Args:
        source: the trace.
        start, stop: the positions.
        notes: why it stopped there, and what a watched node did.
    """

    source: Trace
    start: int
    stop: int
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __len__(self) -> int:
        return self.stop - self.start

    @overload
    def __getitem__(self, k: int) -> Step: ...
    @overload
    def __getitem__(self, k: slice) -> list[Step]: ...
    def __getitem__(self, k: int | slice) -> Step | list[Step]:
        found = range(self.start, self.stop)[k]
        return [self.source[i] for i in found] if isinstance(found, range) else self.source[found]

    def __str__(self) -> str:
        return "\n".join([*self._lines(self.start, self.stop), *self.notes])

    def __repr__(self) -> str:
        if len(self) <= _SHOWN + 1:
            return str(self)
        hidden = f"({len(self) - _SHOWN:,} records not shown)"
        first, last = self._lines(self.start, self.start + 1), self._lines(self.stop - _SHOWN + 1, self.stop)
        return "\n".join([*first, hidden, *last, *self.notes])

    def _lines(self, start: int, stop: int) -> list[str]:
        if not len(self):
            return [f"still after {self.stop} of {len(self.source)} records"]
        return [_numbered(self.source, k) for k in range(start, stop)]


@dataclass(frozen=True, repr=False)
class Moment:
    """A position in a trace: the record before it, the one behind it, and the gradients that are on their way."""

    source: Trace
    position: int

    def __repr__(self) -> str:
        trace, k = self.source, self.position
        lines = [f"after {k} of {len(trace)} records"]
        if k:
            lines.append(_numbered(trace, k - 1))
        lines.append(f"next: {trace.announced(k)}" if k < len(trace) else "the pass is over")
        under_way = trace.under_way(k, _MOST + 1)
        if under_way:
            lines += ["on the way:", *[f"  {Reading(trace, node, k)}" for node in under_way[:_MOST]]]
        if len(under_way) > _MOST:
            lines.append("  ...")
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return _notebook_picture(self, include, exclude)


@dataclass(frozen=True, repr=False)
class Reading:
    """A node's value and gradient after some records."""

    source: Trace
    node: Any = field(compare=False)
    position: int

    @property
    def value(self) -> float | None:
        """The number at the node; None: not computed yet."""
        return self.source.value(self.node, self.position)

    @property
    def gradient(self) -> float | None:
        """The gradient so far; None: nothing has reached it."""
        return None if graph.is_constant(self.node) else self.source.gradient(self.node, self.position)

    def __repr__(self) -> str:
        name = self.source.names[self.node]
        if self.value is None:
            return f"{name}: not computed yet"
        text = f"{name} = {short_number(self.value)}"
        if graph.is_constant(self.node):
            return f"{text}, a constant"
        waiting = self.source.waiting(self.node, self.position)
        if self.gradient is None:
            return f"{text}, gradient not computed yet"
        state = f"{waiting} more to come" if waiting else "complete"
        return f"{text}, gradient {short_number(self.gradient)} ({state})"


class Reasons(Reading):
    """Every contribution to a node's gradient after some records, and how many are to come."""

    def __repr__(self) -> str:
        trace, node, k = self.source, self.node, self.position
        name = trace.names[node]
        if graph.is_constant(node):
            return f"{name} is a constant: no gradient flows to it"
        waiting, gradient = trace.waiting(node, k), self.gradient
        if gradient is None:
            return f"nothing has reached {name} yet; {many(waiting, 'contribution')} to come"
        head = f"gradient of {name} = {short_number(gradient)}"
        if node is trace.root:
            return f"{head}: the pass starts here"
        state = f"so far; {many(waiting, 'more contribution')} to come" if waiting else "complete"
        lines, found = [f"{head} ({state})"], trace.contributions(node, k)
        for sender, message in found[:_MOST]:
            how = made_by(sender._row, [trace.names[p] for p in sender.parents[: _MOST + 1]])
            lines.append(f"  from {trace.names[sender]} = {how}: {message.arithmetic}")
        if len(found) > _MOST:
            lines.append(f"  ... and {len(found) - _MOST:,} more")
        elif len(found) > 1:
            terms = " + ".join(number_beside(message.product) for _, message in found)
            lines.append(f"  sum: {terms} = {short_number(gradient)}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Break:
    """A condition that stops the stepper."""

    number: int
    condition: Condition

    def __repr__(self) -> str:
        return f"break {self.number}: {self.condition.text}"


def _numbered(trace: Trace, k: int) -> str:
    step = trace[k]
    place = trace.grouping.text(step.node)
    return f"[{k + 1}/{len(trace)}] {f'({place}) ' if place else ''}{step}"


# --- the stepper --------------------------------------------------------------------------------------------------


class Stepper:
    """Stands between two records of a pass through a graph; at first before them all.

    The records are those of :func:`autograd.steps`. What is shown depends on the position alone, however it was
    reached, and nothing is written to the graph before :meth:`apply`. Every method returns something that reads well
    in a REPL. Nodes are given by name (a label, or v1, v2, ... for nodes without one) or as Values.

    Args:
        root: where the backward pass starts, usually a loss.
        seed: the gradient that it starts from.

    Raises:
        OperandError: `root` is not a Value.
        GraphError: no operation made `root`.

    Example:
        >>> from autograd import Value
        >>> a, b = Value(2.0, "a"), Value(1.0, "b")
        >>> s = Stepper((a + b) * (b + 1))
        >>> s.until("b")
        [1/10] a is a leaf; it gets a gradient.
          a = 2
        (6 records not shown)
        [8/10] Backward through v3 = v1 * v2: a product passes to each factor the other factor.
          to v1: 1 * 2 = 2 (complete); to v2: 1 * 3 = 3 (complete)
        [9/10] Backward through v2 = b + 1: a sum passes the gradient on to both terms unchanged.
          to b: 3 * 1 = 3 (1 more to come)
        [10/10] Backward through v1 = a + b: a sum passes the gradient on to both terms unchanged.
          to a: 2 * 1 = 2 (complete); to b: 2 * 1 = 2, sum 3 + 2 = 5 (complete)
        stopped: the gradient of b is complete
        >>> s.why("b")
        gradient of b = 5 (complete)
          from v2 = b + 1: 3 * 1 = 3
          from v1 = a + b: 2 * 1 = 2
          sum: 3 + 2 = 5
    """

    def __init__(self, root: Any, seed: float = 1.0) -> None:
        self._trace = Trace(root, seed)
        self._position = 0
        self._watched: list[Any] = []
        self._breaks: list[Break] = []
        self._written: dict[Any, tuple[Any, Any]] = {}

    # --- where it stands ------------------------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """How many records have happened."""
        return self._position

    @property
    def records(self) -> Trace:
        """All records of the pass, whatever the position."""
        return self._trace

    @property
    def grouping(self) -> Grouping:
        """The neurons and layers of the graph."""
        return self._trace.grouping

    def __len__(self) -> int:
        return len(self._trace)

    def __iter__(self) -> Iterator[Step]:
        """Step through the rest, one record at a time."""
        while self._position < len(self):
            record = self._trace[self._position]
            self._position += 1
            yield record

    def __repr__(self) -> str:
        return f"Stepper({self._trace.names[self._trace.root]}, after {self._position} of {len(self)} records)"

    def where(self) -> Moment:
        """The last record, what comes next, and the gradients that are on their way."""
        return Moment(self._trace, self._position)

    def trace(self) -> Records:
        """The records up to the position."""
        return Records(self._trace, 0, self._position)

    def look(self, node: Any) -> Reading:
        """A node's value and gradient as they stand now; `.value` and `.gradient` are None where there is none yet."""
        return Reading(self._trace, self._trace.names.find(node), self._position)

    def why(self, node: Any) -> Reasons:
        """Where a node's gradient comes from: every contribution so far, and how many are to come."""
        return Reasons(self._trace, self._trace.names.find(node), self._position)

    # --- moving ---------------------------------------------------------------------------------------------------

    def step(self, n: int = 1) -> Records:
        """Let the next `n` records happen.

        Raises:
            ArgumentError: `n` is negative, or there are not so many.
        """
        return self._move(self._position + self._records(n, len(self) - self._position, "left"))

    def back(self, n: int = 1) -> Moment:
        """Undo the last `n` records.

        Raises:
            ArgumentError: `n` is negative, or there are not so many.
        """
        return self.goto(self._position - self._records(n, self._position, "behind"))

    def goto(self, k: int) -> Moment:
        """Stand after `k` records.

        Raises:
            ArgumentError: `k` is not between 0 and the number of records.
        """
        k = _whole(k, "goto(k) takes")
        if not 0 <= k <= len(self):
            raise ArgumentError(f"there are {len(self)} records: goto(k) takes 0 to {len(self)}, got {k}")
        self._stand(k)
        return self.where()

    def next(self, what: str = "node") -> Records:
        """Go on to the next backward visit.

        Args:
            what: "node": of any node; "neuron" or "layer": of a node in another neuron or layer than the last one.

        Raises:
            ArgumentError: there is none, or no such kind.
        """
        if what not in ("node", "neuron", "layer"):
            raise ArgumentError(f'next goes to the next "node", "neuron" or "layer", not {what!r}')
        if what != "node" and not self.grouping.layers:
            raise ArgumentError("this graph has no neurons with weights, so there are no layers to go to; use next()")
        here = self._place(self._position - 1, what)
        for k in range(max(self._position, len(self._trace.order) + 1), len(self)):
            if self._place(k, what) not in (None, here):
                return self._run_to(k + 1)
        if self._position == len(self):
            raise ArgumentError("the pass is over; back(), goto(k) or goto(0) lead back into it")
        raise ArgumentError(f"no other {what} comes behind this one; run() goes to the end")

    def until(self, node: Any) -> Records:
        """Go on until the node's gradient is complete; for a constant, until its value is there.

        Raises:
            ArgumentError: no node has that name, or it is complete already.
        """
        found = self._trace.names.find(node)
        k, what = self._trace.complete_at(found), f"the gradient of {self._trace.names[found]} is complete"
        if k is None:
            k = self._trace.place[found] + 1
            what = f"{self._trace.names[found]}, a constant, has its value and gets no gradient"
        if k <= self._position:
            raise ArgumentError(f"{what} since record {k}; goto({k}) leads back there")
        return self._run_to(k, what)

    def run(self) -> Records:
        """Go on to the end, or to the first record at which a condition of :meth:`break_when` holds."""
        return self._run_to(len(self))

    # --- watching -------------------------------------------------------------------------------------------------

    def watch(self, node: Any) -> Reading:
        """Tell, after each move forwards, what a node's gradient has become if the move changed it."""
        found = self._trace.names.find(node)
        if found not in self._watched:
            self._watched.append(found)
        return self.look(found)

    def break_when(self, condition: str) -> Break:
        """Stop `run`, `until` and `next` where a condition holds.

        Args:
            condition: comparisons of ``value``, ``grad`` (complete), and of the parts of a message ``upstream``,
                ``local`` and ``message``, as "abs(grad) < 1e-6 and value > 0"; it is parsed, never executed, and looked
                at where everything that it names is known.

        Raises:
            ExpressionError: it does not parse.
        """
        self._breaks.append(Break(len(self._breaks) + 1, parse_condition(condition)))
        return self._breaks[-1]

    def clear(self) -> None:
        """Forget every condition and every watched node."""
        self._breaks.clear()
        self._watched.clear()

    @property
    def breaks(self) -> tuple[Break, ...]:
        """The conditions."""
        return tuple(self._breaks)

    @property
    def watched(self) -> tuple[Any, ...]:
        """The watched nodes, in the order in which they were named."""
        return tuple(self._watched)

    # --- the graph's own gradients ------------------------------------------------------------------------------------

    def apply(self) -> str:
        """Write the gradients so far to the graph, as a backward pass that ends here would.

        Leaves add them to what they hold. Another `apply` replaces what the one before it wrote, as long as nobody else
        has changed that gradient in between.

        Returns:
            A sentence that says how many nodes were written.
        """
        for node, (before, written) in self._written.items():
            if node._grad is written:  # nobody else has changed it since
                node._grad = before
        self._written.clear()
        for node in self._trace.order:
            gradient = Reading(self._trace, node, self._position).gradient
            if gradient is not None:
                before = node._grad
                node._grad = gradient + before if node._row is LEAF and before is not None else gradient
                self._written[node] = before, node._grad
        nodes = many(len(self._written), "node")
        return f"wrote the gradients of {nodes}, after {self._position} of {len(self)} records"

    # --- helpers ----------------------------------------------------------------------------------------------------

    def _records(self, n: int, limit: int, side: str) -> int:
        n = _whole(n, "the number of records is")
        if n < 0:
            raise ArgumentError(f"the number of records is 0 or more, got {n}; step goes on and back goes back")
        if n > limit:
            there = f"{limit or 'no'} record{'s are' if limit > 1 else ' is'} {side}"
            raise ArgumentError(f"{there}, got {n} (this is after {self._position} of {len(self)})")
        return n

    def _stand(self, k: int) -> None:
        if k:
            self._trace[k - 1]  # a rule that has no value there raises before anything moves
        self._position = k

    def _place(self, k: int, what: str) -> Any:
        """What node, neuron or layer record `k` (from 0) visits in the backward pass; None: it visits none."""
        if k <= len(self._trace.order):
            return None
        if what == "node":
            return k  # each is visited once
        part = self.grouping.of(self._trace.outline(k)[1])
        return part and (part.layer if what == "layer" else (part.layer, part.neuron))

    def _run_to(self, stop: int, reason: str = "") -> Records:
        if self._breaks:
            for k in range(self._position, stop):
                for each in self._breaks:
                    if name := _holding(each.condition, self._trace[k]):
                        return self._move(k + 1, f"{each} holds at {name}")
        return self._move(stop, reason)

    def _move(self, stop: int, reason: str = "") -> Records:
        start = self._position
        self._stand(stop)
        notes = [f"stopped: {reason}"] if reason else []
        for node in self._watched:
            before, now = (Reading(self._trace, node, k) for k in (start, stop))
            if before.gradient != now.gradient:
                notes.append(f"watching {now}")
        return Records(self._trace, start, stop, tuple(notes))


def _whole(n: Any, what: str) -> int:
    try:
        if isinstance(n, bool):
            raise TypeError
        return operator.index(n)
    except TypeError:
        raise ArgumentError(f"{what} a whole number, got {n!r}") from None


def _holding(condition: Condition, step: Step) -> str:
    """The name of the node at which a condition holds, "" if at none; a gradient counts once it is complete."""
    if step.kind != "forward" and condition.names <= {"value"}:
        return ""  # it was looked at when the value was computed
    known = {"value": step.value} if step.gradient is None else {"value": step.value, "grad": step.gradient}
    places = [(step.name, known)]
    if step.kind == "backward":
        places = [(m.target, _known(m)) for m in step.messages]
    return next((name for name, known in places if condition.names <= set(known) and condition.holds(known)), "")


def _known(m: Message) -> dict[str, float]:
    known = {"value": m.value, "upstream": m.upstream, "local": m.local, "message": m.product}
    return known if m.waiting else known | {"grad": m.total}


# --- a pass as an iterator ----------------------------------------------------------------------------------------


class Steps(Records, Iterator[Step]):
    """The records of a pass, one at a time; printed and indexed it has them all, whatever has been taken from it."""

    @cached_property
    def _left(self) -> Iterator[Step]:
        return iter(self.source)

    def __iter__(self) -> Iterator[Step]:
        return self

    def __next__(self) -> Step:
        return next(self._left)


def steps(root: Any, seed: float = 1.0) -> Steps:
    """Return the records of one forward and one backward pass, to iterate over or to print.

    First every node's forward value: the inputs and weights, then what operations make of them; then the seed; then
    the backward visit of every node that an operation made, with each message that it sends.

    Args:
        root: where the backward pass starts, usually a loss.
        seed: the gradient that it starts from.

    Raises:
        OperandError, GraphError: as :class:`autograd.reading.trace.Trace`.
        AutogradError: while iterating, at a node whose rule has no derivative there.

    Example:
        >>> from autograd import Value
        >>> x = Value(3.0, "x")
        >>> for step in steps(x * x):
        ...     print(step.index, step.kind, step.name, [(m.product, m.total, m.waiting) for m in step.messages])
        1 forward x []
        2 forward v1 []
        3 seed v1 []
        4 backward v1 [(3.0, 3.0, 1), (3.0, 6.0, 0)]
        >>> print(steps(x * x))
        [1/4] x is a leaf; it gets a gradient.
          x = 3
        [2/4] Forward: v1 = x * x.
          v1 = 3 * 3 = 9
        [3/4] The backward pass starts at v1: dv1/dv1 = 1.
          gradient of v1 = 1
        [4/4] Backward through v1 = x * x: a product passes to each factor the other factor.
          to x: 1 * 3 = 3 (1 more to come); to x: 1 * 3 = 3, sum 3 + 3 = 6 (complete)
    """
    trace = Trace(root, seed)
    return Steps(trace, 0, len(trace))
