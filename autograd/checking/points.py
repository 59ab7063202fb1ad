"""The points of a check, as users write them, and what is known of a derivative at each.

A point is a number, an array, a tuple of arguments or a dict of them; any argument may be a structure of numbers. A
:class:`Problem` is a function and the derivative that was derived by hand. It says what the hand derivative gives at a
point, what the engine gives and what the function's values say, once each, for the verdict and for the diagnosis.
"""

from __future__ import annotations

import contextlib
import inspect
import math
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ..engine import graph, modes
from ..engine.op import is_node, number
from ..engine.ops import LITERAL
from ..engine.value import Value
from ..errors import ArgumentError, GradientWarning, OperandError
from ..functions.slopes import EPS, Slopes, slopes
from ..functions.trees import Tree, flatten
from ..reading.text import many

__all__ = [
    "Known",
    "NotANumberError",
    "Observation",
    "Point",
    "Problem",
    "argument_names",
    "entry_names",
    "in_order",
    "near",
    "numbers_of",
    "real",
    "structured_points",
    "variable_names",
]

Function = Callable[..., Any]
Known = dict[tuple[tuple[float, ...], int], Slopes]


# --- numbers, whoever made them ---------------------------------------------------------------------------------------


def real(y: Any) -> float:
    """A result as a float, a tensor or an array of one number too; nan for a complex number."""
    if isinstance(y, complex):
        return math.nan  # as a negative base with a fractional exponent gives
    if is_node(y):
        return float(y.data)
    try:
        return number(y)
    except OperandError:
        if isinstance(y, str | bytes) or not hasattr(y, "__float__") or math.prod(getattr(y, "shape", ())) != 1:
            raise
        return float(y.item() if hasattr(y, "item") else y)


def numbers_of(x: Any) -> list[Any]:
    """All numbers of a result in order: of an array or tensor row by row, of a dict by sorted keys."""
    if isinstance(x, dict):
        x = [x[key] for key in sorted(x, key=repr)]
    elif getattr(x := _as_array(x), "ndim", False):
        return list(x.ravel().tolist())
    return [entry for part in x for entry in numbers_of(part)] if isinstance(x, list | tuple) else [x]


def _as_array(x: Any) -> Any:
    """A tensor of another library as an array, a Decimal as a float; anything else as it is."""
    if isinstance(x, Decimal):
        return float(x)
    if isinstance(x, np.ndarray | np.generic) or not (hasattr(x, "__array__") and hasattr(x, "ndim")):
        return x
    return np.asarray(x.detach() if hasattr(x, "detach") else x)


def _coarsest(x: Any) -> float:
    """The rounding of the least precise number in a result, where that is less precise than a double; else 0."""
    if isinstance(x, list | tuple | dict):
        return max(map(_coarsest, x.values() if isinstance(x, dict) else x), default=0.0)
    kind = str(getattr(x, "dtype", "")).rpartition(".")[2]
    return {"float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}.get(kind, 0.0)


# --- points -----------------------------------------------------------------------------------------------------------


class Point(NamedTuple):
    """One place: the numbers in a flat tuple, and how a function is called with them."""

    numbers: tuple[float, ...]
    tree: Tree
    names: tuple[str, ...]
    keyword: bool
    arguments: tuple[str, ...] = ()

    def call(self, f: Function, numbers: Sequence[Any]) -> Any:
        """f at other numbers, given in the form of this point: by name where the point is, if f has those names."""
        arguments = self.tree.unflatten(list(numbers))
        if self.keyword and _takes(f, self.arguments):
            return f(**dict(zip(self.arguments, arguments, strict=True)))
        return f(*arguments)

    def some(self, every: Sequence[int]) -> Point:
        """The same place with some of its numbers as the only variables; the others stay as they are."""

        def fill(places: Any) -> Any:
            numbers: list[Any] = list(self.numbers)
            for i, x in zip(every, places, strict=True):
                numbers[i] = x
            return self.tree.unflatten(numbers)

        chosen = [self.numbers[i] for i in every]
        tree = Tree((None,) * len(every), "some", fill)
        return self._replace(numbers=tuple(chosen), tree=tree, names=tuple(self.names[i] for i in every))

    def values(self) -> tuple[Value, ...]:
        """A leaf of a graph for each of the numbers."""
        return tuple(Value(x, name) for x, name in zip(self.numbers, self.names, strict=True))

    def named(self) -> dict[str, float]:
        """The numbers by name."""
        return dict(zip(self.names, self.numbers, strict=True))


def _takes(f: Function, names: Sequence[str]) -> bool:
    parameters = _parameters(f)
    return set(names) <= set(parameters) or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def structured_points(f: Function, at: Any, derivative: Function | None = None) -> list[Point]:
    """The points; each argument of a function may be a structure of numbers.

    A list holds several points. An array is one point for a function that takes it whole; where the function works
    entry by entry, or takes as many numbers as the array has columns, the entries or rows are points.
    """
    given: Sequence[Any] = [at]
    if isinstance(at, list | range):
        given = at
        if given and all(isinstance(p, Point) for p in given):
            return list(given)
    elif isinstance(at, np.ndarray) and at.ndim:
        several = len(_required(f)) > 1
        if several if at.ndim > 1 else not several and _is_elementwise(f, derivative, at):
            given = list(at)
    points = [_structured_point(f, p) for p in given]
    if not points or not all(p.numbers for p in points):
        raise ArgumentError("at needs at least one point, with one number for each variable")
    return points


def _is_elementwise(f: Function, derivative: Function | None, at: Any) -> bool:
    """Whether f of an array is an array of what f is for each entry, and the derivative likewise."""
    try:
        whole = f(at)
    except Exception:  # a function of one number, as those of `math`
        return True
    try:
        if len(numbers_of(whole)) != at.size or (at.size == 1 and not np.ndim(whole)):
            return False
        alone = [real(f(float(x))) for x in at]
        if derivative is not None and len(numbers_of(derivative(at))) not in (1, at.size):
            return False
        return bool(np.allclose([real(y) for y in numbers_of(whole)], alone, equal_nan=True))
    except Exception:  # one that takes arrays only
        return False


def _structured_point(f: Function, point: Any) -> Point:
    arguments = argument_names(f)
    single = [p.kind is not p.VAR_POSITIONAL for p in _positional(f)] == [True]
    keyword = isinstance(point, dict) and not (single and _is_taken_whole(f, point))
    if keyword:
        unknown = [name for name in point if name not in arguments]
        if unknown and arguments and not _takes(f, list(point)):
            raise ArgumentError(f"f has no argument {unknown[0]!r}; it has {', '.join(arguments)}")
        order = [name for name in arguments if name in point] + unknown
        values = [point[name] for name in order]
    else:
        several = isinstance(point, tuple | list) and not (single and (isinstance(point, list) or len(point) > 1))
        several = several or (isinstance(point, np.ndarray) and point.ndim == 1 and len(_required(f)) > 1)
        values = list(point) if several else [point]
        order = variable_names(arguments, len(values))
    try:
        numbers, tree = flatten(tuple(_as_array(v) for v in values))
        xs = tuple(real(x) for x in numbers)
    except (OperandError, TypeError) as error:
        raise ArgumentError(f"a point holds one number for each variable of f: {error}") from None
    if not all(map(math.isfinite, xs)):
        raise ArgumentError(f"a point is made of finite numbers, got {point!r}")
    if any(not isinstance(v, np.ndarray | np.generic) and hasattr(v, "ndim") for v in values):
        fill, makers = tree.fill, [_like(v) for v in values]
        tree = Tree(
            tree.shapes, tree.form, lambda places: tuple(m(v) for m, v in zip(makers, fill(places), strict=True))
        )
    names = [entry for name, part in zip(order, values, strict=True) for entry in entry_names(name, part)]
    return Point(xs, tree, tuple(names), keyword, tuple(order))


def _is_taken_whole(f: Function, point: dict[Any, Any]) -> bool:
    """Whether a dict is the one argument of f, and not its arguments by name."""
    if not point or _takes(f, [str(name) for name in point]):
        return False
    try:
        value = f(point)
        return value is not point and len(numbers_of(value)) > 0
    except Exception:
        return False


def _like(x: Any) -> Callable[[Any], Any]:
    """What makes of an array of doubles what the user gave: a tensor of PyTorch, an array of JAX."""
    library = sys.modules.get(type(x).__module__.partition(".")[0])
    if not hasattr(x, "ndim") or isinstance(x, np.ndarray | np.generic):
        return lambda numbers: numbers
    make = getattr(library, "as_tensor", None) or getattr(sys.modules.get("jax.numpy"), "asarray", None)
    return make or (lambda numbers: numbers)


def entry_names(name: str, part: Any) -> list[str]:
    """The names of the numbers in one argument: w, or w[0], w[1], or w[0,0] and so on; those of a dict by its keys."""
    if getattr(part, "ndim", 0):
        return [f"{name}[{','.join(map(str, place))}]" for place in np.ndindex(tuple(part.shape))]
    if isinstance(part, list | tuple):
        return [f"{name}[{i}]{rest}" for i, inner in enumerate(part) for rest in entry_names("", inner)]
    if isinstance(part, dict):
        return [entry for key in sorted(part, key=repr) for entry in entry_names(str(key), part[key])]
    return [name]


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


def _positional(f: Function) -> list[inspect.Parameter]:
    return [p for p in _parameters(f).values() if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]


def _required(f: Function) -> list[str]:
    one = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in _positional(f) if p.kind in one and p.default is p.empty] or ["x"]


def near(point: Point, count: int, reach: float = 0.3) -> list[Point]:
    """Points around a point, the same ones at every call; no number changes its sign."""
    found = []
    for k in range(1, count + 1):
        shifts = [2.0 * (k * _STRIDES[i % 8] % 1.0) - 1.0 for i in range(len(point.numbers))]
        moved = [x + reach * t * (abs(x) or 1.0) for x, t in zip(point.numbers, shifts, strict=True)]
        found.append(point._replace(numbers=tuple(moved)))
    return found


_STRIDES = [math.sqrt(p) % 1.0 for p in (5, 2, 3, 7, 11, 13, 17, 19)]  # no two of them, and no sum, fall into step


# --- what the user says, what the engine says, and what the values say ------------------------------------------------

_STEPS = tuple(0.94 * 2.0**-k for k in (18, 21, 24, 27, 30))  # relative ones, of full mantissas


class NotANumberError(Exception):
    """A hand derivative gave something that is not one finite real number for each variable."""


@dataclass(frozen=True)
class Engine:
    """The engine's derivative for each variable, and the graph that it came from."""

    slopes: tuple[float, ...]
    rounding: tuple[float, ...]
    smooth: bool
    order: tuple[Any, ...]
    inputs: tuple[Any, ...]


@dataclass(frozen=True)
class Observation:
    """What the hand derivative and the right one give at one point.

    The right one comes from the graph where the function runs on Values, else from the function's values.
    """

    point: Point
    yours: tuple[float, ...]
    right: tuple[float, ...]
    rounding: tuple[float, ...]
    order: tuple[Any, ...]
    inputs: tuple[Any, ...]

    @property
    def slack(self) -> tuple[float, ...]:
        """How far off each entry may be."""
        entries = zip(self.yours, self.right, self.rounding, strict=True)
        return tuple(1e-9 * max(abs(yours), abs(right)) + 4.0 * rounding for yours, right, rounding in entries)

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
    """A function and its hand derivative, which can be observed at any point.

    Args:
        f: the function, of one output.
        derivative: the hand derivative.
        known: slopes that have been measured already, by the numbers of a point and the place of a variable.
    """

    def __init__(self, f: Function, derivative: Function, known: Known | None = None) -> None:
        self.f = f
        self.derivative = derivative
        self.known = {} if known is None else known
        self.values: dict[tuple[float, ...], float] = {}
        self.inputs: dict[tuple[float, ...], tuple[Value, ...]] = {}  # where several problems share a graph
        self.measured = 0  # how often f was called for slopes at points that only the diagnosis asked for

    # --- by hand

    def entries(self, point: Point, numbers: Sequence[float]) -> tuple[float, ...]:
        """The hand derivative as one number for each variable, which may be inf or nan."""
        try:
            result = point.call(self.derivative, numbers)
        except NotANumberError:
            raise
        except Exception as error:  # whatever it is, it is not a number
            what = f"{type(error).__name__}: {error}".splitlines()[0][:100]
            raise NotANumberError(f"your derivative raises {what}") from error
        if isinstance(result, dict):
            result = in_order(point.names, result)
        if isinstance(result, complex | str) or result is None:
            raise NotANumberError(f"your derivative gives {_kind(result)}, not a number")
        try:
            entries = tuple(math.nan if isinstance(x, complex) else real(x) for x in numbers_of(result))
        except (TypeError, ValueError):
            raise NotANumberError(f"your derivative gives {_kind(result)}, not a number") from None
        if len(entries) != len(point.names):
            count, wanted = many(len(entries), "number"), many(len(point.names), "variable")
            way_out = ""
            if len(entries) == len(point.names) ** 2:
                way_out = "; to check a Hessian, give the gradient as f and the Hessian as its derivative"
            raise NotANumberError(f"your derivative gives {count} for {wanted}{way_out}")
        return entries

    def noise(self, point: Point) -> tuple[float, ...]:
        """How far the hand derivative may be off for its own rounding, for each variable."""
        yours = self.entries(point, point.numbers)
        coarsest = _coarsest(point.call(self.derivative, point.numbers))
        sides = [side for sign in (-1.0, 1.0) if (side := self._roughness(point, sign))]
        if len(sides) < 2:  # a kink of the derivative spoils one side only
            sides = [[0.0] * len(yours)]
        return tuple(
            max(8.0 * coarsest * abs(y), min(*rough, 1e-3 * abs(y))) for y, *rough in zip(yours, *sides, strict=True)
        )

    def _roughness(self, point: Point, sign: float) -> list[float]:
        """The noise of a hand derivative on one side, from third differences; empty where it has no values there."""
        rough: list[list[float]] = [[] for _ in point.numbers]
        for step in _STEPS:
            moved = [[x + sign * k * step * (abs(x) or 1.0) for x in point.numbers] for k in range(1, 6)]
            try:
                rows = [self.entries(point, xs) for xs in moved]
            except NotANumberError:
                return []
            for found, (a, b, c, d, e) in zip(rough, zip(*rows, strict=True), strict=True):
                third = max(abs(a - 3.0 * b + 3.0 * c - d), abs(b - 3.0 * c + 3.0 * d - e)) / 2.0
                found.append(third if math.isfinite(third) else 0.0)
        return [_plateau(found) for found in rough]

    # --- by the engine

    def by_engine(self, point: Point) -> Engine | None:
        """Run `f` on Values and differentiate; None where it leaves the graph or has no value."""
        inputs = self.inputs.get(point.numbers) or point.values()
        try:
            with warnings.catch_warnings(), modes.comparisons() as branches:
                warnings.simplefilter("ignore", GradientWarning)
                root = point.call(self.f, inputs)
                if getattr(root, "shape", None) == ():
                    root = root.item()
                if not isinstance(root, Value):
                    return None
                order = graph.topological_order(root)
                found = graph.adjoints(order, {root: 1.0})
                # what rounding can add up to: for each node the sum over all paths of the absolute product along it
                weights = graph.adjoints(order, {root: 1.0}, slopes=lambda x: list(map(abs, graph.local_partials(x))))
        except Exception:  # whatever f cannot do on Values, it can do on floats
            return None
        if root._row is LITERAL or not order:
            nothing = (0.0,) * len(inputs)
            return Engine(nothing, nothing, True, tuple(order), inputs)
        bounds = [8.0 * EPS * weights.get(x, 0.0) for x in inputs]
        return Engine(
            tuple(found.get(x, 0.0) for x in inputs),
            tuple(b if math.isfinite(b) else 0.0 for b in bounds),
            not branches and not any(node._row.kink or node._row.flat for node in order),
            tuple(order),
            inputs,
        )

    # --- by the values

    def at(self, point: Point, numbers: Sequence[float]) -> float:
        """f as a float; nan where it has no value."""
        if (key := tuple(numbers)) in self.values:
            return self.values[key]
        try:
            return real(point.call(self.f, numbers))
        except Exception:  # a table ends, a root is not found: there is no value there
            return math.nan

    def slopes(self, point: Point, i: int, *, brief: bool = False) -> Slopes:
        """What f's values say of its slope by the i-th variable."""
        key = (point.numbers, i)
        if key not in self.known:
            xs = point.numbers
            self.known[key] = slopes(lambda x: self.at(point, [*xs[:i], x, *xs[i + 1 :]]), xs[i], brief=brief)
        return self.known[key]

    def along(self, point: Point, direction: Sequence[float]) -> tuple[Slopes, float]:
        """What f's values say of its slope in a direction, and the largest value seen."""
        largest = 0.0

        def along_it(t: float) -> float:
            nonlocal largest
            y = self.at(point, [x + t * d for x, d in zip(point.numbers, direction, strict=True)])
            largest = max(largest, abs(y)) if y == y else largest
            return y

        return slopes(along_it, 0.0), largest

    # --- together

    def observe(self, point: Point, *, most: int | None = None) -> Observation | None:
        """Look at one point; None where f has no derivative, or no value.

        With `most` nothing is measured precisely, and f is called about so often for all such observations together.
        """
        count = len(point.numbers)
        if most is not None and self.measured and self.measured + 11 * count > most:
            return None
        engine = self.by_engine(point)
        if engine is not None and 0.0 in engine.slopes and any(node._row.flat for node in engine.order):
            engine = None  # each step is flat, but rounded values as a whole rise or fall: that is measured
        if engine is not None:
            right, rounding = engine.slopes, tuple(2.0 * r for r in engine.rounding)
        else:
            measured = [self.slopes(point, i, brief=most is not None) for i in range(count)]
            self.measured += sum(m.evaluations for m in measured) if most else 0
            right = tuple(math.nan if m.value is None else m.value for m in measured)
            rounding = tuple(m.error for m in measured)
        if not all(map(math.isfinite, right)):
            return None
        yours = self.entries(point, point.numbers)
        for name, x in zip(point.names, yours, strict=True):
            if not math.isfinite(x):
                raise NotANumberError(f"your derivative gives {x!r}{f' for {name}' if count > 1 else ''}")
        order, inputs = ((), ()) if engine is None else (engine.order, engine.inputs)
        seen = Observation(point, yours, right, rounding, order, inputs)
        if not seen.is_right:
            with contextlib.suppress(NotANumberError):
                noisy = tuple(r + 4.0 * n for r, n in zip(rounding, self.noise(point), strict=True))
                return replace(seen, rounding=noisy)
        return seen

    def between(self, seen: Observation) -> bool:
        """Whether the hand derivative lies between the one-sided slopes of a kink, where any slope is as good."""
        if seen.order and not any(node._row.kink for node in seen.order):
            return False
        for i, (yours, right, slack) in enumerate(zip(seen.yours, seen.right, seen.slack, strict=True)):
            if abs(yours - right) <= slack:
                continue
            measured = self.slopes(seen.point, i)
            low, high = sorted((measured.left.slope, measured.right.slope))
            error = 3.0 * max(measured.left.error, measured.right.error) + slack
            if measured.kind != "kink" or not low - error <= yours <= high + error:
                return False
        return True


def _plateau(rough: Sequence[float]) -> float:
    """Where third differences stop shrinking with the step: curvature shrinks by 512 from one step to the next."""
    for coarse, fine in pairwise(rough):
        if fine == 0.0 or fine > coarse / 8.0:
            return max(coarse, fine)
    return rough[-1]


def in_order(names: Sequence[str], result: dict[Any, Any]) -> list[Any]:
    """A dict by the names of the arguments, or by the keys of the one argument, in the order of a point's names."""
    known = list(dict.fromkeys(name.partition("[")[0] for name in names))
    if unknown := [key for key in result if str(key) not in known]:
        raise NotANumberError(f"your derivative has an entry for {unknown[0]!r}, which f does not take")
    by_text = {str(key): entry for key, entry in result.items()}
    return [by_text[name] for name in known if name in by_text]


def _kind(x: Any) -> str:
    if x is None:
        return "None"
    return f"the {type(x).__name__} {x!r}" if isinstance(x, str | complex) else f"a {type(x).__name__}"
