"""The parameters of a model, gathered into weight matrices and bias vectors, and their statistics."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.value import Value
from ..errors import ArgumentError, OperandError
from ..reading.grouping import Grouping

__all__ = ["Group", "Statistics", "groups_of", "parameters_of", "plain", "snapshot"]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a group of numbers looks like.

    Args:
        mean: their mean.
        std: their standard deviation, over n - 1; None for a single number, which has none.
        norm: the root of the sum of their squares.
        low: the smallest.
        high: the largest.
        zeros: which part of them is exactly 0.
    """

    mean: float
    std: float | None
    norm: float
    low: float
    high: float
    zeros: float

    @classmethod
    def of(cls, numbers: Iterable[float]) -> Statistics:
        """The statistics of at least one number. Large numbers don't overflow, small ones don't underflow.

        Example:
            >>> Statistics.of([3.0, -4.0]).norm, Statistics.of([0.5]).std
            (5.0, None)
        """
        x = np.array(list(numbers), dtype=np.float64)
        with np.errstate(all="ignore"):  # inf and nan are what a monitor is for
            largest = float(np.max(np.abs(x)))
            scale = math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0 < largest < math.inf else 1.0  # loses no bit
            unit = x / scale
            return cls(
                mean=float(np.mean(unit)) * scale,
                std=float(np.std(unit, ddof=1)) * scale if len(x) > 1 else None,
                norm=math.hypot(*x.tolist()),
                low=float(np.min(x)),
                high=float(np.max(x)),
                zeros=float(np.mean(x == 0)),
            )


@dataclass(frozen=True, slots=True)
class Group:
    """A weight matrix or a bias vector.

    Args:
        name: such as "W1".
        bias: whether it is a bias.
        members: its parameters, each with its own name.
    """

    name: str
    bias: bool
    members: tuple[tuple[str, Value], ...]

    def weights(self) -> NDArray[np.float64]:
        """The numbers as they stand now."""
        return np.array([p._data for _, p in self.members], dtype=np.float64)

    def gradients(self) -> list[float | None]:
        """The gradients; None where no backward pass has arrived."""
        return [None if p._grad is None else plain(p._grad) for _, p in self.members]


def groups_of(model: Any, grouping: Grouping | None = None) -> list[Group]:
    """The groups of a model, from its inputs to its outputs.

    Names that differ in what stands in brackets alone belong together ("W1[2,1]" is of W1), or in numbers at the end.
    A module's groups are called as its nodes are labelled, where labels tell them apart: "W1", not "layers.0.weight".
    Parameters without a name are told apart by the layers of the graph, if there is one.

    Args:
        model: a module, a mapping of names to Values or arrays of them, pairs of the two, or Values.
        grouping: the layers of a graph that they are part of.

    Raises:
        ArgumentError: there are no parameters.
        OperandError: something in there is no Value.
    """
    found: dict[tuple[str, bool], list[tuple[str, Value]]] = {}
    for name, p in _named(model):
        head = _head(name)
        bias = head.rpartition(".")[2][:1] in ("b", "B")
        part = grouping.of(p) if grouping is not None and not head else None
        if part is not None:
            bias = part.role == "bias"
            head = f"layer {part.layer}, {'biases' if bias else 'weights'}"
            name = f"{'a bias' if bias else 'a weight'} of layer {part.layer}, neuron {part.neuron}"
        found.setdefault((head or "parameters", bias), []).append((name or f"an unnamed parameter ({p._data!r})", p))
    groups = [Group(name, bias, tuple(members)) for (name, bias), members in found.items()]
    return _labelled(groups) if hasattr(model, "named_parameters") else groups


def snapshot(model: Any) -> dict[Any, float]:
    """The weights as they stand, for a report after the next step: ``report(model, before=snapshot(model))``.

    Example:
        >>> w = Value(2.0, "w")
        >>> list(snapshot([w]).values())
        [2.0]
    """
    return {p: p._data for p in parameters_of(model)}


def parameters_of(model: Any) -> list[Value]:
    """Every parameter of what :func:`groups_of` takes, without its name, which takes a module longer to tell.

    Example:
        >>> parameters_of({"w": Value(2.0)})
        [Value(2.0)]
    """
    return [p for _, p in _named(model.parameters() if callable(getattr(model, "parameters", None)) else model)]


def _named(model: Any) -> list[tuple[str, Value]]:
    named = list(_pairs(model))
    for _, p in named:
        if not isinstance(p, Value):
            raise OperandError(
                f"a monitor looks at Values, got {type(p).__name__}; autograd.array makes them of numbers"
            )
    if not named:
        raise ArgumentError("there are no parameters to look at; give a module, or names with Values")
    return named


def _pairs(model: Any) -> Iterator[tuple[str, Any]]:
    if callable(getattr(model, "named_parameters", None)):
        pairs: Iterable[Any] = model.named_parameters()
    elif callable(getattr(model, "parameters", None)):
        pairs = model.parameters()
    elif isinstance(model, Mapping):
        pairs = model.items()
    elif isinstance(model, Value):
        pairs = [model]
    elif isinstance(model, Iterable) and not isinstance(model, str):
        pairs = model
    else:
        raise OperandError(f"give a module, or names with Values, got {type(model).__name__}")
    for pair in pairs:
        name, thing = pair if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) else ("", pair)
        if isinstance(thing, np.ndarray):
            for place, p in np.ndenumerate(thing):
                yield f"{name}[{','.join(map(str, place))}]" if name else getattr(p, "label", ""), p
        else:
            yield name or getattr(thing, "label", ""), thing


def _labelled(groups: list[Group]) -> list[Group]:
    """The groups under the names that pictures give them; one whose labels differ, or are another's too, as before."""
    heads = [{_head(p.label) for _, p in group.members} for group in groups]
    return [
        Group(name, group.bias, tuple((p.label, p) for _, p in group.members))
        if len(own) == 1 and heads.count(own) == 1 and (name := min(own))
        else group
        for group, own in zip(groups, heads, strict=True)
    ]


def _head(name: str) -> str:
    """What the names of a group have in common.

    >>> _head("W1[2,1]"), _head("layers.0.weight[3]"), _head("layers.1.neurons.4.w.2")
    ('W1', 'layers.0.weight', 'layers.1.w')
    """
    parts = name.partition("[")[0].split(".")
    while len(parts) > 1 and parts[-1].isdecimal():
        parts.pop()
    kept: list[str] = []
    for part in parts:
        if part.isdecimal() and kept and kept[-1] == "neurons":
            kept.pop()
        else:
            kept.append(part)
    return ".".join(kept)


def plain(x: Any) -> float:
    """The number of a gradient, which is a Value after ``create_graph=True``."""
    return float(x._data if isinstance(x, Value) else x)
