"""One point of a check: what is measured, what the hand derivative says, what the engine says, and the verdict."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import graph
from .errors import AutogradError, GradientWarning
from .numeric import EPS, Slopes, slopes
from .ops import plain
from .report import report_text
from .trees import flatten
from .value import Value

__all__ = ["Entry", "Report", "along", "at_point", "central", "exact_derivatives", "judged"]

Function = Callable[..., Any]


@dataclass(frozen=True)
class Entry:
    """One partial derivative at one point.

    Args:
        variable: its name.
        point: the arguments by name.
        verdict: "pass", "fail" or "undefined".
        yours: the hand derivative; nan if it is no number.
        numeric: the slopes measured.
        exact: the engine's derivative, if f runs on Values.
        tolerance: how far `yours` may be off.
        note: what else there is to say, in a sentence.
    """

    variable: str
    point: dict[str, float]
    verdict: str
    yours: float
    numeric: Slopes
    exact: float | None
    tolerance: float
    note: str = ""


@dataclass(frozen=True)
class Report:
    """All entries of a check, and what is wrong.

    ``report.verdict`` is "fail" if any entry fails, else "undefined" if any is, else "pass"; ``bool(report)`` is
    whether it is "pass"; ``str(report)`` is the text of at most 25 lines.
    """

    entries: tuple[Entry, ...]
    function: str = "f"
    diagnosis: Any = None
    evaluations: int = 0

    @property
    def verdict(self) -> str:
        """ "pass", "fail" or "undefined" over all entries."""
        found = {entry.verdict for entry in self.entries}
        return next((v for v in ("fail", "undefined") if v in found), "pass")

    def __bool__(self) -> bool:
        return self.verdict == "pass"

    def __str__(self) -> str:
        return report_text(self)


def at_point(f: Function, derivative: Function, point: dict[str, float], rtol: float) -> list[Entry]:
    xs = list(point.values())
    yours, noises, problem = _hand(derivative, xs)
    exact = exact_derivatives(f, xs)
    entries = []
    for i, name in enumerate(point):
        measured = slopes(along(f, xs, i), xs[i])
        rounding = noises[i] + (exact[i][1] if exact else 0.0)
        entry = judged(name, point, yours[i], measured, exact[i][0] if exact else None, rtol, rounding)
        if problem and entry.verdict == "fail":
            entry = Entry(*(entry.variable, point, "fail", yours[i], measured, entry.exact, entry.tolerance, problem))
        entries.append(entry)
    if len(xs) > 1 and all(e.verdict == "pass" and e.numeric.kind == "smooth" for e in entries):
        entries = _along_a_direction(f, xs, entries, rtol)
    return entries


def judged(
    name: str,
    point: dict[str, float],
    yours: float,
    measured: Slopes,
    exact: float | None,
    rtol: float,
    rounding: float,
) -> Entry:
    """Hold one number against the slopes measured and, where there is one, against the engine's derivative."""
    note = ""
    if measured.kind == "kink":
        low, high = sorted((measured.left.slope, measured.right.slope))
        slack = 3.0 * max(measured.left.error, measured.right.error) + rtol * max(abs(low), abs(high)) + rounding
        inside = low - slack <= yours <= high + slack
        note = f"a kink: any slope from {low:.6g} to {high:.6g} is a subgradient"
        return Entry(name, point, "pass" if inside else "fail", yours, measured, exact, slack, note)
    if measured.both is None:
        note = {
            "jump": "f jumps here",
            "vertical": "the tangent is vertical here",
            "no limit": "the difference quotients have no limit here",
            "edge": "f has no values on one side, or none at all",
        }[measured.kind]
        return Entry(name, point, "undefined", yours, measured, exact, math.nan, note)
    truth, error = measured.both.slope, 3.0 * measured.both.error
    if exact is not None:
        if abs(exact - truth) <= error + rtol * max(abs(exact), abs(truth)) + rounding:
            truth, error = exact, 0.0
        else:
            note = "the engine's derivative and f's values disagree: a kink inside f, or a defect of ours"
    tolerance = error + rtol * max(abs(truth), abs(yours) if math.isfinite(yours) else 0.0) + 3.0 * rounding
    right = abs(yours - truth) <= tolerance
    return Entry(name, point, "pass" if right else "fail", yours, measured, exact, tolerance, note)


def _along_a_direction(f: Function, xs: list[float], entries: list[Entry], rtol: float) -> list[Entry]:
    """Partials can exist where f has no derivative; along a random direction the slope must be their combination."""
    if sum(e.numeric.evaluations for e in entries) * (len(xs) + 1) / len(xs) > 60 * len(xs):
        return entries
    chance = random.Random(repr(xs))
    direction = [chance.choice((-1, 1)) * chance.uniform(0.5, 1.0) * (abs(x) or 1.0) for x in xs]

    def slanted(t: float) -> Any:
        return f(*[x + t * d for x, d in zip(xs, direction, strict=True)])

    measured = slopes(slanted, 0.0)
    expected = sum(e.yours * d for e, d in zip(entries, direction, strict=True))
    terms = sum(abs(e.yours * d) for e, d in zip(entries, direction, strict=True))
    slack = sum(e.tolerance * abs(d) for e, d in zip(entries, direction, strict=True))
    if (
        measured.both is not None
        and abs(measured.both.slope - expected) <= 3.0 * measured.both.error + slack + 1e-6 * terms
    ):
        return entries
    if measured.both is not None and measured.both.error > 1e-3 * (terms or 1.0):
        return entries
    note = "each partial exists, but the slope in a slanted direction is not their combination: f is not differentiable"
    return [Entry(e.variable, e.point, "undefined", e.yours, e.numeric, e.exact, e.tolerance, note) for e in entries]


def _hand(derivative: Function, xs: list[float]) -> tuple[list[float], list[float], str]:
    """The hand derivative, the noise of each entry, and what is wrong with it as a number."""

    def entries(point: Sequence[float]) -> list[float]:
        result = derivative(*point)
        if isinstance(result, dict):
            result = list(result.values())
        several = flatten(result)[0]
        return [plain(v) for v in several]

    nothing = [math.nan] * len(xs)
    try:
        yours = entries(xs)
    except (ArithmeticError, ValueError, AutogradError, TypeError) as error:
        return nothing, [0.0] * len(xs), f"your derivative gives no number here: {error}"
    if len(yours) != len(xs):
        return nothing, [0.0] * len(xs), f"your derivative gives {len(yours)} numbers for {len(xs)} variables"
    noises = [0.0] * len(xs)
    sides = [_roughness(entries, xs, sign) for sign in (-1.0, 1.0)]
    if all(sides):
        noises = [min(pair) for pair in zip(*sides, strict=True)]  # a kink of the derivative spoils one side only
    return yours, noises, "" if all(map(math.isfinite, yours)) else "your derivative gives no finite number here"


def _roughness(entries: Callable[[Sequence[float]], list[float]], xs: Sequence[float], sign: float) -> list[float]:
    """The noise of a hand derivative on one side, from third differences; empty where it has no values there."""
    try:
        rows = [entries([x + sign * k * 2.0**-18 * (abs(x) or 1.0) for x in xs]) for k in range(1, 6)]
    except (ArithmeticError, ValueError, AutogradError, TypeError):
        return []
    rough = []
    for column in zip(*rows, strict=True):
        thirds = [
            abs(a - 3.0 * b + 3.0 * c - d)
            for a, b, c, d in zip(column, column[1:], column[2:], column[3:], strict=False)
        ]
        rough.append(max(thirds) / 2.0 if all(map(math.isfinite, thirds)) else 0.0)
    return rough


def exact_derivatives(f: Function, xs: Sequence[float]) -> list[tuple[float, float]] | None:
    """The engine's derivative for each variable with a bound on its rounding; None where f leaves the graph."""
    nodes = [Value(x) for x in xs]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GradientWarning)
            root = f(*nodes)
            if not isinstance(root, Value):
                return None
            order = graph.topological_order(root)
            found = graph.adjoints(order, {root: 1.0})
            weights = _weights(order, root)
    except (ArithmeticError, ValueError, TypeError, AttributeError, AutogradError):
        return None
    slopes_found = [found.get(v, 0.0) for v in nodes]
    if not all(map(math.isfinite, slopes_found)):
        return None  # an infinite slope times zero, as at sqrt(0): the numbers must do
    return [(slope, 8.0 * EPS * weights.get(v, 0.0)) for slope, v in zip(slopes_found, nodes, strict=True)]


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


def central(f: Function, derivative: Function, point: dict[str, float]) -> list[Entry]:
    """The textbook formula, as it is usually printed."""
    xs = list(point.values())
    yours, _, problem = _hand(derivative, xs)
    numeric = []
    for i, x in enumerate(xs):
        one = along(f, xs, i)
        numeric.append((one(x + 1e-7) - one(x - 1e-7)) / 2e-7)
    distance = math.dist(yours, numeric)
    size = math.hypot(*yours) + math.hypot(*numeric)
    ratio = distance / size if size else math.nan
    verdict = "pass" if ratio < 1e-7 else "fail"
    note = problem or f"||g - gnum|| / (||g|| + ||gnum||) = {ratio:.3g}"
    return [
        Entry(name, point, verdict, y, Slopes.of(n), None, 1e-7, note)
        for name, y, n in zip(point, yours, numeric, strict=True)
    ]


def along(f: Function, xs: Sequence[float], i: int) -> Callable[[float], float]:
    """f as a function of its i-th variable alone."""

    def one(x: float) -> float:
        return plain(f(*[*xs[:i], x, *xs[i + 1 :]]))

    return one
