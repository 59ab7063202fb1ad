"""What the stepper answers: frozen views of a trace, each with a text that depends on the position alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from .conditions import Condition
from .engine import graph
from .grouping import Grouping
from .naming import made_by, number_beside, short_number
from .records import Step
from .render import to_svg
from .render.notebook import bundle
from .trace import Trace

__all__ = ["Break", "Moment", "Reading", "Reasons", "Records"]

_SHOWN = 4  # records in a repr; str has them all
_MOST = 8  # contributions, or nodes, in one answer


@dataclass(frozen=True, repr=False)
class Records(Sequence[Step]):
    """Records of a trace from one position to another; `repr` shows the first and the last few, `str` all of them.

    Args:
        source: the trace.
        start, stop: the positions.
        grouping: the neurons and layers that the nodes belong to.
        notes: why it stopped there, and what a watched node did.
    """

    source: Trace
    start: int
    stop: int
    grouping: Grouping = field(compare=False)
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
        return "\n".join(self._lines(range(self.start, self.stop)))

    def __repr__(self) -> str:
        if len(self) <= _SHOWN + 1:
            return str(self)
        hidden = len(self) - _SHOWN
        lines = [*self._lines(range(self.start, self.start + 1), notes=False), f"({hidden:,} records not shown)"]
        return "\n".join([*lines, *self._lines(range(self.stop - _SHOWN + 1, self.stop))])

    def _lines(self, places: range, notes: bool = True) -> Iterator[str]:
        if not len(self):
            yield f"still after {self.stop} of {len(self.source)} records"
        for k in places:
            yield _numbered(self.source, k, self.grouping)
        if notes:
            yield from self.notes


@dataclass(frozen=True, repr=False)
class Moment:
    """A position in a trace: the record before it, the one behind it, and the gradients that are on their way."""

    source: Trace
    position: int
    grouping: Grouping = field(compare=False)

    def __repr__(self) -> str:
        trace, k = self.source, self.position
        lines = [f"after {k} of {len(trace)} records"]
        if k:
            lines.append(_numbered(trace, k - 1, self.grouping))
        if k < len(trace):
            kind, node = trace.outline(k)
            what = {"forward": "the value of", "seed": "the seed, at", "backward": "the backward visit of"}[kind]
            lines.append(f"next: {what} {trace.names[node]}")
        else:
            lines.append("the pass is over")
        under_way = trace.under_way(k, _MOST + 1)
        if under_way:
            parts = [str(Reading(trace, node, k)) for node in under_way[:_MOST]]
            lines += ["on the way:"] + [f"  {part}" for part in parts] + ["  ..."] * (len(under_way) > _MOST)
        return "\n".join(lines)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """The graph as it stands at this moment, where a notebook shows pictures."""

        def draw() -> str:
            return to_svg(self.source.root, trace=self.source, at_step=self.position)

        return bundle(repr(self), draw, include, exclude)


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


@dataclass(frozen=True, repr=False)
class Reasons:
    """Every contribution to a node's gradient after some records, and how many are to come."""

    source: Trace
    node: Any = field(compare=False)
    position: int

    def __repr__(self) -> str:
        trace, node, k = self.source, self.node, self.position
        name = trace.names[node]
        if graph.is_constant(node):
            return f"{name} is a constant: no gradient flows to it"
        waiting, gradient = trace.waiting(node, k), trace.gradient(node, k)
        if gradient is None:
            return f"nothing has reached {name} yet; {_contributions(waiting, '')} to come"
        if node is trace.root:
            return f"gradient of {name} = {short_number(gradient)}: the pass starts here"
        found = trace.contributions(node, k)
        head = f"gradient of {name} = {short_number(gradient)}"
        lines = [f"{head} ({f'so far; {_contributions(waiting)} to come' if waiting else 'complete'})"]
        for sender, message in found[:_MOST]:
            how = made_by(sender._op, [trace.names[p] for p in sender.parents[: _MOST + 1]])
            factors = (
                f"{number_beside(message.upstream)} * {number_beside(message.local)} = {short_number(message.product)}"
            )
            lines.append(f"  from {trace.names[sender]} = {how}: {factors}")
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


def _numbered(trace: Trace, k: int, grouping: Grouping) -> str:
    step = trace[k]
    place = grouping.text(step.node)
    return f"[{k + 1}/{len(trace)}] {f'({place}) ' if place else ''}{step}"


def _contributions(n: int, more: str = "more ") -> str:
    return f"{n} {more}contribution{'s' * (n != 1)}"
