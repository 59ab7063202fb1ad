"""The points of a check, as users write them, and what is known of a derivative at each.

A point is a number, a tuple, a dict by argument name or an array. A check asks what the user's derivative says there
(:func:`by_hand`) and what the engine says (:func:`by_engine`). A diagnosis asks more: at a :class:`Point`, of which an
argument may also be a structure, a :class:`Problem` observes both and keeps the graph that was recorded.
"""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..engine import graph, modes
from ..engine.op import plain
from ..engine.ops import LITERAL
from ..engine.value import Value
from ..errors import ArgumentError, AutogradError, GradientWarning, OperandError
from ..functions.slopes import EPS, slopes
from ..functions.trees import Tree, flatten

__all__ = [
    "NotANumberError",
    "Observation",
    "Point",
    "Problem",
    "along",
    "argument_names",
    "by_engine",
    "by_hand",
    "by_name",
    "near",
    "points_of",
    "real",
    "structured_points",
    "variable_names",
]

Function = Callable[..., Any]


def points_of(f: Function, at: Any) -> list[dict[str, float]]:
    """The points as dicts by argument name, in the order of f's arguments."""
    several = isinstance(at, list | range) or (
        isinstance(at, np.ndarray) and (at.ndim > 1 or (at.ndim == 1 and len(_required(f)) == 1))
    )
    points = [_point(f, p) for p in (at if several else [at])]
    if not points or not all(points):
        raise ArgumentError("at needs at least one point, with one number for each variable")
    return points


def by_name(function: Function, point: Any, names: list[str]) -> Function:
    """A function of positional numbers that hands them on by name, where the point was given by name."""
    if not isinstance(point, dict):
        return function
    parameters = _parameters(function)
    kinds = {p.kind for p in parameters.values()}
    if inspect.Parameter.VAR_KEYWORD in kinds or set(names) <= set(parameters):
        return lambda *values: function(**dict(zip(names, values, strict=True)))
    return function


def argument_names(f: Function) -> list[str]:
    """The arguments that f names; none where it has no signature, as some built-in functions."""
    return [n for n, p in _parameters(f).items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def variable_names(arguments: list[str], count: int) -> list[str]:
    """How the first `count` arguments are called: by their own names if there are enough, else x or x1, x2, ..."""
    if count <= len(arguments):
        return arguments[:count]
    return ["x"] if count == 1 else [f"x{i}" for i in range(1, count + 1)]


def _parameters(f: Function) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(f).parameters)
    except (TypeError, ValueError):  # some built-in functions have no signature
        return {}


def _required(f: Function) -> list[str]:
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [n for n, p in _parameters(f).items() if p.kind in positional and p.default is p.empty] or ["x"]


def _point(f: Function, point: Any) -> dict[str, float]:
    named = argument_names(f)
    if isinstance(point, dict):
        parameters = _parameters(f)
        loose = any(p.kind is p.VAR_KEYWORD for p in parameters.values()) or not parameters
        unknown = [name for name in point if name not in named and not loose]
        if unknown:
            raise ArgumentError(f"f has no argument {unknown[0]!r}; it has {', '.join(named)}")
        names = [name for name in named if name in point] + [name for name in point if name not in named]
        values = [point[name] for name in names]
    else:
        values = point.tolist() if isinstance(point, np.ndarray) else point
        values = list(values) if isinstance(values, tuple | list) else [values]
        names = variable_names(named, len(values))
    try:
        numbers = [plain(v) for v in values]
    except OperandError as error:
        raise ArgumentError(f"a point holds one number for each variable of f: {error}") from None
    if not all(map(math.isfinite, numbers)):
        raise ArgumentError(f"a point is made of finite numbers, got {point!r}")
    return dict(zip(names, numbers, strict=True))


# --- what the user says, and what the engine says ---------------------------------------------------------------------

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
    """The engine's derivative for each variable."""

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
            weights = _weights(order)
    except (ArithmeticError, ValueError, TypeError, AttributeError, AutogradError):
        return None
    if root._row is LITERAL or not order:
        return Engine((0.0,) * len(nodes), (0.0,) * len(nodes), True)
    bounds = [8.0 * EPS * weights.get(v, 0.0) for v in nodes]
    return Engine(
        tuple(found.get(v, 0.0) for v in nodes),
        tuple(b if math.isfinite(b) else 0.0 for b in bounds),
        not branches and not any(node._row.kink or node._row.flat for node in order),
    )


def _weights(order: Sequence[Any]) -> dict[Any, float]:
    """For each node the sum over all paths of the absolute product along it: what rounding can add up to."""
    return graph.adjoints(order, {order[-1]: 1.0}, slopes=lambda node: [abs(d) for d in graph.local_partials(node)])


def along(f: Function, xs: Sequence[float], i: int) -> Callable[[float], float]:
    """f as a function of its i-th variable alone; nan where it turns complex."""

    def one(x: float) -> float:
        return real(f(*[*xs[:i], x, *xs[i + 1 :]]))

    return one


def real(y: Any) -> float:
    """A result as a float; nan for a complex number, which a negative base with a fractional exponent gives."""
    return math.nan if isinstance(y, complex) else plain(y)


# --- both at one point, for a diagnosis -------------------------------------------------------------------------------

_STEP = 3.0 * 2.0**-20
NOT_HERE = (ArithmeticError, ValueError, TypeError, AttributeError, LookupError, AutogradError)


class NotANumberError(Exception):
    """A hand derivative gave something that is not one finite real number for each variable."""


class Point(NamedTuple):
    """One place: the numbers in a flat tuple, and how a function is called with them."""

    numbers: tuple[float, ...]
    tree: Tree
    names: tuple[str, ...]
    keyword: bool

    def call(self, f: Function, numbers: Sequence[Any]) -> Any:
        """f at other numbers, given in the form of this point."""
        arguments = self.tree.unflatten(list(numbers))
        return f(**arguments) if self.keyword else f(*arguments)


def structured_points(f: Function, at: Any) -> list[Point]:
    """The points; each argument of a function may be a structure of numbers."""
    given = at if isinstance(at, list) else [at]
    if not given:
        raise ArgumentError("at needs at least one point")
    return [_structured_point(argument_names(f), p) for p in given]


def _structured_point(arguments: list[str], point: Any) -> Point:
    if isinstance(point, dict):
        order = [name for name in arguments if name in point] if arguments else list(point)
        if len(order) != len(point):
            raise ArgumentError(f"f has no argument {next(n for n in point if n not in order)!r}")
        keyword = order != arguments[: len(order)]
        values: Any = {name: point[name] for name in order} if keyword else tuple(point[name] for name in order)
        order = sorted(order, key=repr) if keyword else order  # as the flat list has them
        parts = [point[name] for name in order]
    else:
        values = point if isinstance(point, tuple) else (point,)
        keyword, parts = False, list(values)
        order = variable_names(arguments, len(values))
    numbers, tree = flatten(values)
    names = [entry for name, part in zip(order, parts, strict=True) for entry in _entries(name, part)]
    return Point(tuple(plain(x) for x in numbers), tree, tuple(names), keyword)


def _entries(name: str, part: Any) -> list[str]:
    """The names of the numbers in one argument: w, or w[0], w[1], or w[0,0] and so on."""
    if isinstance(part, np.ndarray) and part.ndim:
        return [f"{name}[{','.join(map(str, place))}]" for place in np.ndindex(part.shape)]
    if isinstance(part, list | tuple):
        return [f"{name}[{i}]{rest}" for i, inner in enumerate(part) for rest in _entries("", inner)]
    return [name]


@dataclass(frozen=True)
class Observation:
    """What the hand derivative and the right one give at one point.

    The right one comes from the graph where the function runs on Values, else from the function's values.
    """

    point: Point
    yours: tuple[float, ...]
    right: tuple[float, ...]
    slack: tuple[float, ...]
    rounding: tuple[float, ...]
    order: tuple[Any, ...]
    inputs: tuple[Any, ...]

    @property
    def is_right(self) -> bool:
        """Whether every entry is right here."""
        return all(abs(y - r) <= s for y, r, s in zip(self.yours, self.right, self.slack, strict=True))

    @property
    def shape(self) -> tuple[Any, ...]:
        """Which operations on which operands: what two points must share to be compared node by node."""
        place = {node: i for i, node in enumerate(self.order)}
        return tuple((node._row, tuple(place[p] for p in node.parents)) for node in self.order)


class Problem:
    """A function and its hand derivative, which can be observed at any point."""

    def __init__(self, f: Function, derivative: Function) -> None:
        self.f = f
        self.derivative = derivative

    def observe(self, point: Point) -> Observation | None:
        """Look at one point; None where f has no derivative, or no value."""
        try:
            right, rounding, order, inputs = self._exact(point) or self._measured(point)
        except NOT_HERE:
            right, rounding, order, inputs = (), (), (), ()
        if not right or not all(map(math.isfinite, right)):
            return None
        yours = self._entries(point, point.numbers)
        noise = self._noise(point, yours)
        rounding = tuple(r + 4.0 * n for r, n in zip(rounding, noise, strict=True))
        sizes = [max(abs(y), abs(r)) for y, r in zip(yours, right, strict=True)]
        slack = tuple(1e-9 * s + 4.0 * r for s, r in zip(sizes, rounding, strict=True))
        return Observation(point, yours, right, slack, rounding, order, inputs)

    def _entries(self, point: Point, numbers: Sequence[float]) -> tuple[float, ...]:
        """The hand derivative as one number for each variable."""
        try:
            result = point.call(self.derivative, numbers)
        except Exception as error:  # whatever it is, it is not a number
            raise NotANumberError(f"your derivative raises {type(error).__name__}: {error}") from error
        if isinstance(result, dict):
            unknown = [key for key in result if key not in _arguments_of(point)]
            if unknown:
                raise NotANumberError(f"your derivative has an entry for {unknown[0]!r}, which f does not take")
            result = [result[name] for name in _arguments_of(point) if name in result]
        try:
            entries = tuple(plain(x) for x in flatten(result)[0])
        except TypeError:
            raise NotANumberError(f"your derivative gives {_kind(result)}, not a number") from None
        if len(entries) != len(point.names):
            wanted = f"{len(point.names)} variable{'s' if len(point.names) != 1 else ''}"
            raise NotANumberError(
                f"your derivative gives {len(entries)} number{'s' if len(entries) != 1 else ''} for {wanted}"
            )
        for name, x in zip(point.names, entries, strict=True):
            if not math.isfinite(x):
                entry = f" for {name}" if len(entries) > 1 else ""
                raise NotANumberError(f"your derivative gives {x!r}{entry}")
        return entries

    def _noise(self, point: Point, yours: Sequence[float]) -> tuple[float, ...]:
        """How much the hand derivative jumps about between neighbouring points: its own rounding errors."""
        found = [math.inf] * len(yours)
        largest = [0.0] * len(yours)
        for side in (-_STEP, _STEP):
            try:
                rows = [self._entries(point, [x + k * side * (x or 1.0) for x in point.numbers]) for k in (1, 2, 3)]
            except NotANumberError:
                continue
            for i, (a, b, c, d) in enumerate(zip(yours, *rows, strict=True)):
                rough = abs(a - 3.0 * b + 3.0 * c - d) / 4.0
                found[i], largest[i] = min(found[i], rough), max(largest[i], rough)
        noises = []
        for y, low, high in zip(yours, found, largest, strict=True):
            noises.append(next((n for n in (high, low) if n <= 1e-3 * abs(y)), 0.0))
        return tuple(noises)

    def _exact(self, point: Point) -> tuple[tuple[float, ...], tuple[float, ...], tuple[Any, ...], Any] | None:
        inputs = tuple(Value(x, name) for x, name in zip(point.numbers, point.names, strict=True))
        try:
            root = point.call(self.f, inputs)
            if not isinstance(root, Value):
                return None
            order = graph.topological_order(root)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", GradientWarning)
                found = graph.adjoints(order, {root: 1.0})
        except NOT_HERE:
            return None
        weights = _weights(order)
        right = tuple(found.get(x, 0.0) for x in inputs)
        return right, tuple(16.0 * EPS * weights.get(x, 0.0) for x in inputs), tuple(order), inputs

    def _measured(self, point: Point) -> tuple[tuple[float, ...], tuple[float, ...], tuple[Any, ...], Any]:
        right, errors = [], []
        for i, x in enumerate(point.numbers):
            measured = slopes(self._along(point, i), x)
            right.append(math.nan if measured.value is None else measured.value)
            errors.append(measured.error)
        return tuple(right), tuple(errors), (), ()

    def _along(self, point: Point, i: int) -> Callable[[float], float]:
        """f as a function of its i-th variable alone; nan where it has no value."""

        def one(x: float) -> float:
            try:
                return plain(point.call(self.f, [*point.numbers[:i], x, *point.numbers[i + 1 :]]))
            except NOT_HERE:
                return math.nan

        return one

    def between(self, seen: Observation) -> bool:
        """Whether the hand derivative lies between the one-sided slopes of a kink, where any slope is as good."""
        if seen.order and not any(node._row.kink for node in seen.order):
            return False
        for i, (x, yours, right, slack) in enumerate(
            zip(seen.point.numbers, seen.yours, seen.right, seen.slack, strict=True)
        ):
            if abs(yours - right) <= slack:
                continue
            measured = slopes(self._along(seen.point, i), x)
            low, high = sorted((measured.left.slope, measured.right.slope))
            error = 3.0 * max(measured.left.error, measured.right.error) + slack
            if measured.kind != "kink" or not low - error <= yours <= high + error:
                return False
        return True


def _arguments_of(point: Point) -> list[str]:
    return list(dict.fromkeys(name.partition("[")[0] for name in point.names))


def _kind(x: Any) -> str:
    if x is None:
        return "None"
    return f"the {type(x).__name__} {x!r}" if isinstance(x, str | complex) else f"a {type(x).__name__}"


def near(point: Point, count: int, reach: float = 0.3) -> list[Point]:
    """Points around a point, the same ones at every call; no number changes its sign."""
    found = []
    for k in range(1, count + 1):
        shifts = [2.0 * (k * _STRIDES[i % 8] % 1.0) - 1.0 for i in range(len(point.numbers))]
        moved = [x + reach * t * (abs(x) or 1.0) for x, t in zip(point.numbers, shifts, strict=True)]
        found.append(point._replace(numbers=tuple(moved)))
    return found


_STRIDES = [math.sqrt(p) % 1.0 for p in (5, 2, 3, 7, 11, 13, 17, 19)]  # no two of them, and no sum, fall into step
