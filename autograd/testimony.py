"""What is known of a derivative at a point besides f's values: what the user says, and what the engine says."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .engine import graph, modes
from .engine.op import plain
from .engine.ops import LITERAL
from .engine.value import Value
from .errors import AutogradError, GradientWarning
from .functions.slopes import EPS
from .functions.trees import flatten

__all__ = ["Engine", "along", "by_engine", "by_hand"]

Function = Callable[..., Any]

# A hand derivative's rounding stays as it is when the step shrinks; its curvature does not.
_STEPS = (2.0**-18, 2.0**-24, 2.0**-30)


def by_hand(derivative: Function, point: dict[str, float]) -> tuple[list[float], list[float], str]:
    """The hand derivative for each variable, the noise of each, and what is wrong with it as a number."""
    xs = list(point.values())

    def entries(at: Sequence[float]) -> list[float]:
        result = derivative(*at)
        if isinstance(result, dict):
            result = [result[name] for name in point]
        return [plain(v) for v in flatten(result)[0]]

    nothing, silent = [math.nan] * len(xs), [0.0] * len(xs)
    try:
        yours = entries(xs)
    except Exception as error:  # it is the user's code, and its failure is the answer
        what = f"{type(error).__name__}: {error}".splitlines()[0][:100]
        return nothing, silent, f"your derivative gives no number here: {what}"
    if len(yours) != len(xs):
        return nothing, silent, f"your derivative gives {len(yours)} numbers for {len(xs)} variables"
    noises = silent
    sides = [side for side in (_roughness(entries, xs, sign) for sign in (-1.0, 1.0)) if side]
    if len(sides) == 2:  # a kink of the derivative spoils one side only
        noises = [min(a, b, 1e-3 * abs(y)) for a, b, y in zip(*sides, yours, strict=True)]
    return yours, noises, "" if all(map(math.isfinite, yours)) else "your derivative gives no finite number here"


def _roughness(entries: Callable[[Sequence[float]], list[float]], xs: Sequence[float], sign: float) -> list[float]:
    """The noise of a hand derivative on one side, from third differences; empty where it has no values there."""
    rough = [math.inf] * len(xs)
    for step in _STEPS:
        try:
            rows = [entries([x + sign * k * step * (abs(x) or 1.0) for x in xs]) for k in range(1, 6)]
        except Exception:  # as in by_hand
            return []
        for i, (a, b, c, d, e) in enumerate(zip(*rows, strict=True)):
            third = max(abs(a - 3.0 * b + 3.0 * c - d), abs(b - 3.0 * c + 3.0 * d - e)) / 2.0
            rough[i] = min(rough[i], third if math.isfinite(third) else 0.0)
    return rough


@dataclass(frozen=True)
class Engine:
    """The engine's derivative for each variable.

    Args:
        slopes: by variable; not finite where a rule has an infinite slope.
        rounding: a bound on what rounding adds up to, by variable.
        smooth: no operation in the graph has a kink or a step anywhere, and f compared no Value on its way.
    """

    slopes: tuple[float, ...]
    rounding: tuple[float, ...]
    smooth: bool

    @property
    def finite(self) -> bool:
        """Whether all slopes are numbers."""
        return all(map(math.isfinite, self.slopes))


def by_engine(f: Function, xs: Sequence[float]) -> Engine | None:
    """Run `f` on Values and differentiate; None where it leaves the graph or has no value."""
    nodes = [Value(x) for x in xs]
    try:
        with warnings.catch_warnings(), modes.comparisons() as branches:
            warnings.simplefilter("ignore", GradientWarning)
            root = f(*nodes)
            if not isinstance(root, Value):
                return None
            order = graph.topological_order(root)
            found = graph.adjoints(order, {root: 1.0})
            weights = _weights(order, root)
    except (ArithmeticError, ValueError, TypeError, AttributeError, AutogradError):
        return None
    if root._op is LITERAL or not order:
        return Engine((0.0,) * len(nodes), (0.0,) * len(nodes), True)
    bounds = [8.0 * EPS * weights.get(v, 0.0) for v in nodes]
    return Engine(
        tuple(found.get(v, 0.0) for v in nodes),
        tuple(b if math.isfinite(b) else 0.0 for b in bounds),
        not branches and not any(node._op.kink or node._op.flat for node in order),
    )


def _weights(order: list[Any], root: Any) -> dict[Any, float]:
    """For each node the sum over all paths of the absolute product along it: what rounding can add up to."""
    found = {root: 1.0}
    for node in reversed(order):
        weight = found.get(node)
        if weight is None or not node.parents:
            continue
        for parent, partial in zip(node.parents, graph.local_partials(node), strict=True):
            found[parent] = found.get(parent, 0.0) + weight * abs(partial)
    return found


def along(f: Function, xs: Sequence[float], i: int) -> Callable[[float], float]:
    """f as a function of its i-th variable alone; nan where it turns complex."""

    def one(x: float) -> float:
        return real(f(*[*xs[:i], x, *xs[i + 1 :]]))

    return one


def real(y: Any) -> float:
    """A result as a float; nan for a complex number, which a negative base with a fractional exponent gives."""
    return math.nan if isinstance(y, complex) else plain(y)
