"""A compiled graph: the same numbers as the scalar graph gives, computed on arrays."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import modes
from ..errors import AnomalyError, ArgumentError, ShapeError
from ..graph import is_constant, name_of
from ..grouping import Grouping
from ..ops import LEAF, LITERAL, number
from ..value import Value
from .buffers import Layout, Window
from .describing import described
from .steps import BatchStep, GridStep, LoopStep, Step
from .tape import Batch, Grid, Tape

__all__ = ["Program"]

_KEPT = 64  # lists of leaves whose places are remembered


class Program:
    """The forward and backward pass of one recorded graph. Made by :func:`autograd.compile`."""

    def __init__(self, root: Value) -> None:
        self.root = root
        self._tape = tape = Tape(root)
        groups = tape.groups()
        self._layout = layout = Layout(tape, groups)
        n = len(tape.nodes)
        self._values = np.zeros(n)
        self._gradients = np.zeros(n)
        self._values[layout.place] = [node._data for node in tape.nodes]
        self._steps: list[Step] = []
        for k, group in enumerate(groups, 1):
            if isinstance(group, Grid):
                self._steps.append(GridStep(k, group, tape, self._window))
            elif isinstance(group, Batch):
                self._steps.append(BatchStep(k, group, tape, self._window))
            else:
                self._steps.append(LoopStep(k, group, tape, layout, self._values, self._gradients))
        self._run_forward, self._run_backward = self._compiled()
        leaves = [(node, int(place)) for node, place in zip(tape.nodes, layout.place, strict=True) if node._a is None]
        self._place = dict(leaves)
        self._own: set[Value] = set()  # leaves whose numbers were set here and are not read again
        self._read = [(node, place) for node, place in leaves if node._op is not LITERAL]
        self._trained = [(node, place) for node, place in leaves if node._op is LEAF]
        self._sources: Any = None
        self._at = int(layout.place[tape.root])
        self._known: dict[int, tuple[list[Any], Window]] = {}
        self._is_fresh = False

    def _window(self, nodes: NDArray[np.int64]) -> Window:
        return Window(self._layout.place[nodes], self._values, self._gradients)

    @property
    def source(self) -> str:
        """The NumPy code that runs, with what was found as comments.

        V holds every node's number and G its gradient; Z1, W1, x2_0, ... are views of V, dZ1, dW1, ... of G.
        """
        return self._written(list(described(self._steps, Grouping(self._tape.nodes))))

    def _written(self, comments: list[str] | None = None) -> str:
        lines: list[str] = []
        for name, steps in (("forward", self._steps), ("backward", self._steps[::-1])):
            lines += [f"def {name}():", "    pass" if not steps else ""]
            for step in steps:
                lines += [f"    # {comments[step.k - 1]}"] if comments else []
                lines += [f"    {line}" for line in (step.forward() if name == "forward" else step.backward())]
            lines += ["", ""]
        return "\n".join(lines)

    def _compiled(self) -> tuple[Callable[[], None], Callable[[], None]]:
        source = self._written()
        names: dict[str, Any] = {"np": np, "V": self._values, "G": self._gradients}
        for step in self._steps:
            names |= step.names
        exec(source, names)  # text made above from numbers and names of our own: no label stands in it
        return names["forward"], names["backward"]

    # --- one pass ------------------------------------------------------------------------------------------------

    def forward(self) -> float:
        """Read the leaves' numbers, compute, store the root's number in the root, and return it.

        The nodes between keep the numbers that they had, so a backward pass of the root itself would mix old and new.

        Raises:
            AutogradError: what the scalar graph raises at these numbers; the message names the operation.
        """
        if self._sources is None:
            self._sources = np.array([place for _, place in self._read], dtype=np.int64)
        self._values[self._sources] = [node._data for node, _ in self._read]
        self._forward()
        self.root._data = float(self._values[self._at])
        return self.root._data

    def backward(self, seed: float = 1.0) -> None:
        """Add d root / d leaf, times `seed`, to every leaf's gradient, at the numbers of the last `forward`.

        Infinite slopes pass without the warning that the scalar graph gives.
        """
        if not self._is_fresh:
            self.forward()
        self._backward(number(seed))
        gradients = self._gradients.tolist()
        for node, place in self._trained:
            found = gradients[place]
            node._grad = found if node._grad is None else node._grad + found

    def _forward(self) -> None:
        self._is_fresh = False  # stays so if a number has no value
        with np.errstate(all="ignore"):
            self._run_forward()
        self._is_fresh = True

    def _backward(self, seed: float) -> None:
        self._gradients.fill(0.0)
        if is_constant(self.root):
            return
        self._gradients[self._at] = seed
        with np.errstate(all="ignore"):
            self._run_backward()
        if modes.entered and modes.anomalies_raise():
            for node, place in self._trained:
                if not np.isfinite(self._gradients[place]):
                    raise AnomalyError(f"backward: the gradient of {name_of(node)} is {self._gradients[place]!r}")

    # --- many passes -----------------------------------------------------------------------------------------------

    def run(self, optimizer: Any, steps: int = 1) -> NDArray[np.float64]:
        """Take steps of an optimiser without leaving the arrays in between.

        Args:
            optimizer: of :mod:`autograd.optim`, over leaves of this graph.
            steps: how many.

        Returns:
            The loss before each step, of shape (steps,). When it returns, the parameters' ``data`` and ``grad`` are
            those after the last step.

        Raises:
            ArgumentError: a parameter is no leaf of this graph.
        """
        if steps < 0:
            raise ArgumentError(f"the number of steps is 0 or more, got {steps}")
        parameters = optimizer.parameters
        for p in parameters:
            if p._op is not LEAF or p not in self._place:
                raise ArgumentError(f"{name_of(p)} is no leaf of this program, so it can't be trained by it")
        self._values[[place for _, place in self._read]] = [node._data for node, _ in self._read]
        places = self._window_of([self._place[p] for p in parameters])
        losses = np.empty(steps)
        made = 0
        try:
            for k in range(steps):
                self._forward()
                losses[k] = self._values[self._at]
                self._backward(1.0)
                weights = self._values[places.places] if places.value is None else places.value
                optimizer.update(
                    weights, self._gradients[places.places] if places.gradient is None else places.gradient
                )
                if places.value is None:
                    self._values[places.places] = weights
                made += 1
        finally:  # after an error, too, the parameters are those that the optimiser has reached
            self._is_fresh = False
            if made:
                self.root._data = float(losses[made - 1])
                weights, gradients = (a[places.places].tolist() for a in (self._values, self._gradients))
                for p, weight, gradient in zip(parameters, weights, gradients, strict=True):
                    p._data, p._grad = weight, gradient
        return losses

    def _window_of(self, places: list[int]) -> Window:
        return Window(np.array(places, dtype=np.int64), self._values, self._gradients)

    # --- blocks of numbers -----------------------------------------------------------------------------------------

    def set(self, leaves: Any, numbers: Any) -> None:
        """Put numbers into leaves. From then on `forward` keeps them, whatever the leaves' ``data`` say.

        Args:
            leaves: an array or (nested) list of leaves.
            numbers: of the same shape.

        Raises:
            ShapeError: the shapes differ.
            ArgumentError: one is no leaf of this graph.
        """
        window = self._block(leaves)
        array = np.atleast_1d(np.asarray(numbers, dtype=float))
        if array.shape != window.places.shape:
            raise ShapeError(f"the leaves have shape {window.places.shape}, the numbers {array.shape}")
        flat = np.asarray(leaves, dtype=object).ravel().tolist()
        if not self._own.issuperset(flat):
            self._own.update(flat)
            self._read = [(node, place) for node, place in self._read if node not in self._own]
            self._sources = None
        if window.value is None:
            self._values[window.places] = array
        else:
            window.value[...] = array
        self._is_fresh = False

    def read(self, leaves: Any) -> NDArray[np.float64]:
        """The numbers of leaves as the program has them, in the shape of `leaves`."""
        return self._values[self._block(leaves).places]

    def gradients(self, leaves: Any) -> NDArray[np.float64]:
        """The gradients of the last backward pass, in the shape of `leaves`."""
        return self._gradients[self._block(leaves).places]

    def _block(self, leaves: Any) -> Window:
        nodes = np.asarray(leaves, dtype=object)
        flat = nodes.ravel().tolist()
        known = self._known.get(id(leaves))
        if known is not None and len(known[0]) == len(flat) and all(map(is_, known[0], flat)):
            return known[1]
        for node in flat:
            if not isinstance(node, Value) or node not in self._place or node._op is LITERAL:
                raise ArgumentError(f"{node!r} is no leaf of this program")
        if len(set(flat)) != len(flat):
            raise ArgumentError("a leaf is named twice")
        places = np.array([self._place[node] for node in flat], dtype=np.int64).reshape(nodes.shape)
        window = Window(np.atleast_1d(places), self._values, self._gradients)
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[id(leaves)] = flat, window
        return window

    def vectorize(self, inputs: Any) -> Program:
        """One sample's program run on a batch: its root is the mean of this one's root over the batch.

        Args:
            inputs: the leaves that differ from sample to sample; ``set(inputs, X)`` with X of shape
                (batch, number of inputs) then gives a row to each sample.

        Raises:
            ArgumentError: one is no leaf of the graph, or occurs twice.
        """
        from .batching import vectorized  # which builds on this class

        return vectorized(self.root, inputs)

    # --- what was found ----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        """What was found in the graph, in words and formulas, one line for each group."""
        return "\n".join(described(self._steps, Grouping(self._tape.nodes)))

    def __repr__(self) -> str:
        return f"Program({len(self._tape.nodes):,} nodes in {len(self._steps):,} groups)"
