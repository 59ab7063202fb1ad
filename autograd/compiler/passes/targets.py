"""Where the messages of a backward pass go: stored by the first writer, added by later ones, scattered or summed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..planning.layout import Window
from ..planning.plan import Alike, Plan, Reduction, Single, Step
from ..planning.tape import Mask
from .arrays import Arrays, Scratch, operands_of
from .single import outside

__all__ = ["Target", "Targets", "wanted_places"]


def wanted_places(plan: Plan, leaves: Mask) -> Mask:
    """For which places a gradient is wanted: those of `leaves` and all that depend on them."""
    wanted = leaves.copy()
    for level in plan.levels:
        for step in level:
            if isinstance(step, Single):
                before = outside(step)
                known = dict(zip(before, wanted[before].tolist(), strict=True))
                for _, place, operands in step.nodes():
                    known[place] = any(known[p] for p in operands)
                wanted[step.out.places] = [known[p] for p in step.out.places.tolist()]
            elif isinstance(step, Alike):
                found = np.zeros(step.out.shape, dtype=bool)
                for window in operands_of(step):
                    found |= wanted[window.places]
                wanted[step.out.places] = found
            else:
                wanted[step.out.places] = any(wanted[window.places].any() for window in operands_of(step))
    return wanted


@dataclass
class Target:
    """Where a message is written first, and what is then done with it; {} stands for its name."""

    name: str
    then: Sequence[str] = ()
    adds: bool = False  # it only has to be added, so it may be any array that broadcasts

    def finish(self, name: str) -> list[str]:
        return [line.format(name) for line in self.then]


@dataclass
class Targets:
    """The state of a backward pass while it is written.

    Args:
        wanted: for which places a gradient is wanted.
        root: the place that the pass starts from.
    """

    plan: Plan
    arrays: Arrays
    scratch: Scratch
    wanted: Mask
    root: int
    written: Mask = field(init=False)
    zeroed: Mask = field(init=False)
    is_leaf: Mask = field(init=False)

    def __post_init__(self) -> None:
        size = self.plan.size
        self.written, self.zeroed = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
        self.written[self.root] = True
        self.is_leaf = np.ones(size, dtype=bool)
        self._senders = np.zeros(size, dtype=np.int32)
        self._outputs: dict[tuple[int, int], Step] = {}
        self._aliases: dict[Step, str] = {}
        self._scattered: list[tuple[Window, str]] = []
        self._scatters: list[tuple[str, int, int, tuple[int, ...]]] = []
        for level in self.plan.levels:
            for step in level:
                self.is_leaf[step.out.places] = False
                if isinstance(step, Single):
                    for column in (step.first, step.second):  # a node that is named twice here counts once
                        self._senders[column[column >= 0]] += 1
                    for operands in step.many.values():
                        self._senders[list(operands)] += 1
                else:
                    for window in operands_of(step):
                        np.add.at(self._senders, window.places.ravel(), 1)
                    if isinstance(step, Alike | Reduction):
                        self._outputs[int(step.out.places.flat[0]), step.out.places.size] = step
        self._senders[self.root] += 1

    def wants(self, window: Window) -> bool:
        return bool(self.wanted[window.places].any())

    def reached(self, window: Window) -> bool:
        """Whether any message has come here; then what has none yet is set to 0 before the pass."""
        step = self._outputs.get((int(window.places.flat[0]), window.places.size))
        if step is not None and step in self._aliases:
            return True
        written = self.written[window.places]
        if not written.any() or not self.wants(window):
            return False
        self._zero(window)
        return True

    def upstream(self, step: Step, name: str) -> str:
        """The name of a step's own gradients."""
        return self._aliases.get(step) or self.arrays.gradient(step.out, name)

    def alias(self, window: Window, name: str) -> bool:
        """Let a message that is just the step's own gradient stand for that of another step, where it is all of it."""
        step = self._outputs.get((int(window.places.flat[0]), window.places.size))
        if (
            step is None
            or step.out.shape != window.shape
            or not np.array_equal(step.out.places, window.places)
            or (self._senders[window.places] != 1).any()
        ):
            return False
        self._aliases[step] = name
        return True

    # --- one message ---------------------------------------------------------------------------------------------

    def send(self, window: Window, name: str, line: str) -> list[str]:
        """The lines for a message that `line` computes, {} being where to."""
        target = self.target(window, name)
        return [line.format(target.name), *target.finish(target.name)]

    def target(self, window: Window, name: str) -> Target:
        """Where a message to this window goes, and note that it has gone there."""
        spread = tuple(
            axis for axis, n in enumerate(window.shape) if n > 1 and window.strides and window.strides[axis] == 0
        )
        if spread:
            places = window.places[tuple(0 if axis in spread else slice(None) for axis in range(window.places.ndim))]
            inner = Window(places)
            if inner.unique:
                target = self.target(inner, name)
                t = self.scratch.take(window.shape)
                axes = spread[0] if len(spread) == 1 else spread
                then = [f"np.add.reduce({{}}, axis={axes}, out={target.name})", *target.finish(target.name)]
                return Target(t, then)
        if window.strides is None or not window.unique:
            return self._scatter(window)
        before = self.written[window.places]
        d = self.arrays.gradient(window, name)
        if not before.any():
            self.written[window.places] = True
            return Target(d) if d_contiguous(window) else self._via(window, f"np.copyto({d}, {{}})")
        self._zero(window)
        return self._via(window, f"np.add({d}, {{}}, out={d})", adds=True)

    def _via(self, window: Window, then: str, adds: bool = False) -> Target:
        return Target(self.scratch.take(window.shape), [then], adds)

    def _zero(self, window: Window) -> None:
        """What no message has reached before has to be 0 when the pass begins."""
        places = window.places
        self.zeroed[places[~self.written[places]]] = True
        self.written[places] = True

    def _scatter(self, window: Window) -> Target:
        self._zero(window)
        self._scattered.append((window, name := f"M{len(self._scattered)}_{len(self._scatters)}"))
        return Target(name)

    def flush(self, k: int) -> list[str]:
        """The line that scatters the messages of a level; `k`: no other flush has this number."""
        if not self._scattered:
            return []
        index = np.concatenate([window.places.ravel() for window, _ in self._scattered])
        start = 0
        for window, name in self._scattered:
            self._scatters.append((name, start, window.places.size, window.shape))
            start += window.places.size
        whole = f"M{k}"
        self._scatters.append((whole, 0, start, (start,)))
        self._scattered = []
        if np.array_equal(index, self.arrays.names.get(f"at{k}", ())):
            at = f"at{k}"
        else:
            at = f"to{k}"
            self.arrays.names[at] = index
        return [f"np.add.at(G, {at}, {whole})"]

    def first_lines(self) -> list[str]:
        """What comes before all messages: zeros where messages are only added."""
        store = np.zeros(max((start + size for _, start, size, _ in self._scatters), default=0))
        for name, start, size, shape in self._scatters:
            self.arrays.names[name] = store[start : start + size].reshape(shape)
        places = np.flatnonzero(self.zeroed)
        if not len(places):
            return []
        low, high = int(places[0]), int(places[-1]) + 1
        return [f"G[{low}:{high}].fill(0.0)"] if high - low > 1 else [f"G[{low}] = 0.0"]


def d_contiguous(window: Window) -> bool:
    """Whether NumPy's dot may write into the window."""
    expected = 1
    for n, stride in zip(window.shape[::-1], (window.strides or ())[::-1], strict=True):
        if n > 1 and stride != expected:
            return False
        expected *= n
    return True
