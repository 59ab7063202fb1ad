"""One point of a check: what is measured, what the hand derivative says, what the engine says, and the verdict."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .errors import ArgumentError
from .functions.slopes import Slopes, slopes
from .report import report_text
from .testimony import along, by_engine, by_hand, real

__all__ = ["Entry", "Report", "at_point", "central", "judged"]

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

    __repr__ = __str__


def at_point(f: Function, derivative: Function, point: dict[str, float], rtol: float) -> list[Entry]:
    """Judge every partial derivative at one point, and then whether they make up a derivative."""
    xs = list(point.values())
    yours, noises, problem = by_hand(derivative, point)
    engine = by_engine(f, xs)
    entries = []
    for i, name in enumerate(point):
        measured = slopes(along(f, xs, i), xs[i])
        exact = engine.slopes[i] if engine and math.isfinite(engine.slopes[i]) else None
        rounding = noises[i] + (engine.rounding[i] if engine else 0.0)
        smooth = engine is not None and engine.smooth and exact is not None and not _at_a_pole(f, xs, i, exact)
        entry = judged(name, point, yours[i], measured, exact, rtol, rounding, smooth)
        entries.append(replace(entry, note=problem) if problem and entry.verdict == "fail" else entry)
    certain = engine is not None and engine.smooth and engine.finite
    if len(xs) > 1 and not certain and all(e.verdict == "pass" for e in entries):
        entries = _slanted(f, xs, entries)
    return entries


def _at_a_pole(f: Function, xs: list[float], i: int, slope: float) -> bool:
    """Whether f changes by its own size from one double to the next, as tan does at the double next to pi/2."""
    return abs(slope) * math.ulp(xs[i]) > 0.1 * abs(along(f, xs, i)(xs[i]))


def judged(
    name: str,
    point: dict[str, float],
    yours: float,
    measured: Slopes,
    exact: float | None,
    rtol: float,
    rounding: float,
    smooth: bool = False,
) -> Entry:
    """Hold one number against the slopes measured and, where there is one, against the engine's derivative.

    Args:
        name, point: what for.
        yours: the number to judge.
        measured: the slopes from f's values.
        exact: the engine's derivative.
        rtol: what is forgiven, relative.
        rounding: what is forgiven, absolute: the noise of `yours` and of `exact`.
        smooth: f is made of operations without kinks, so that the engine is right where numbers cannot tell.
    """

    def entry(verdict: bool | str, tolerance: float, note: str = "") -> Entry:
        verdict = verdict if isinstance(verdict, str) else "pass" if verdict else "fail"
        return Entry(name, point, verdict, yours, measured, exact, tolerance, note)

    def relative(truth: float) -> float:
        return rtol * max(abs(truth), abs(yours) if math.isfinite(yours) else 0.0) + 3.0 * rounding

    if exact is not None and smooth and measured.kind != "smooth":
        unsure = "the numbers alone cannot tell here; judged by the engine's derivative"
        return entry(abs(yours - exact) <= relative(exact), relative(exact), unsure)
    if measured.kind == "kink":
        low, high = sorted((measured.left.slope, measured.right.slope))
        slack = 3.0 * max(measured.left.error, measured.right.error) + rtol * max(abs(low), abs(high)) + rounding
        note = f"a kink: any slope from {low:.6g} to {high:.6g} is a subgradient"
        return entry(low - slack <= yours <= high + slack, slack, note)
    if measured.both is None:
        return entry("undefined", math.nan, _WHY[measured.kind])
    truth, error = measured.both.slope, 3.0 * measured.both.error
    tolerance = error + relative(truth)
    right = abs(yours - truth) <= tolerance
    if exact is not None:
        if abs(exact - truth) <= error + rtol * max(abs(exact), abs(truth)) + rounding:
            truth, tolerance = exact, relative(exact)
            right = abs(yours - exact) <= tolerance
        elif smooth:  # nothing in f can jump, so the numbers are at fault: rounding near 0/0, say
            right = right or abs(yours - exact) <= relative(exact)
            return entry(
                right, tolerance, "the engine's derivative and f's values disagree: rounding in f, or our defect"
            )
        else:
            return entry(
                right, tolerance, "the engine's derivative and f's values disagree: a kink inside f, or our defect"
            )
    vague = truth != 0.0 and tolerance > 1e-3 * abs(truth)
    return entry(right, tolerance, f"f's values cannot tell it better than +- {tolerance:.1e}" if vague else "")


_DISAGREE = "the engine's derivative and f's values disagree"
_WHY = {
    "jump": "f jumps here",
    "vertical": "the tangent is vertical here",
    "no limit": "the difference quotients have no limit here",
    "edge": "f has no values on one side, or none at all",
}


def _slanted(f: Function, xs: list[float], entries: list[Entry]) -> list[Entry]:
    """Partials can exist, or lie between the slopes of a kink, where f has no such derivative.

    Along a slanted direction the slope must be their combination. Only what is large against the partials counts:
    these points and steps are less exact than those along the axes.
    """
    if sum(e.numeric.evaluations for e in entries) * (len(xs) + 1) / len(xs) > 60 * len(xs):
        return entries
    chance = random.Random(repr(xs))
    kinked = any(e.numeric.kind == "kink" for e in entries)
    signs = [1.0 if kinked else chance.choice((-1.0, 1.0)) for _ in xs]
    direction = [s * 2.0 ** math.floor(math.log2(abs(x) or 1.0)) for s, x in zip(signs, xs, strict=True)]
    largest = 0.0

    def along_it(t: float) -> float:
        nonlocal largest
        y = real(f(*[x + t * d for x, d in zip(xs, direction, strict=True)]))
        largest = max(largest, abs(y)) if y == y else largest
        return y

    measured = slopes(along_it, 0.0)
    if not (measured.left.settled and measured.right.settled):
        return entries
    expected = sum(e.yours * d for e, d in zip(entries, direction, strict=True))
    terms = sum(abs(e.yours * d) for e, d in zip(entries, direction, strict=True))
    low, high = sorted((measured.left.slope, measured.right.slope))
    slack = 3.0 * max(measured.left.error, measured.right.error) + 1e-3 * terms + 1e-5 * largest
    if kinked:
        if low - slack <= expected <= high + slack:
            return entries
        note = (
            f"no subgradient: along {_shown(direction)} the slopes are {low:.6g} to {high:.6g}, yours is {expected:.6g}"
        )
        return [replace(e, verdict="fail", note=note) for e in entries]
    if max(abs(low - expected), abs(high - expected)) <= slack:
        return entries
    note = "each partial exists, but the slope in a slanted direction is not their combination: f is not differentiable"
    return [replace(e, verdict="undefined", note=note) for e in entries]


def _shown(direction: list[float]) -> str:
    return f"({', '.join(f'{d:g}' for d in direction[:4])}{', ...' if len(direction) > 4 else ''})"


def central(f: Function, derivative: Function, point: dict[str, float]) -> list[Entry]:
    """The textbook formula, as it is usually printed."""
    xs = list(point.values())
    yours, _, problem = by_hand(derivative, point)
    numeric = []
    for i, (name, x) in enumerate(point.items()):
        one = along(f, xs, i)
        try:
            numeric.append((one(x + 1e-7) - one(x - 1e-7)) / 2e-7)
        except (ArithmeticError, ValueError) as error:
            raise ArgumentError(f"the textbook formula needs f on both sides of {name} = {x!r}: {error}") from None
    distance = math.dist(yours, numeric)
    size = math.hypot(*yours) + math.hypot(*numeric)
    ratio = distance / size if size else math.nan
    verdict = "pass" if ratio < 1e-7 else "fail"
    note = problem or f"||g - gnum|| / (||g|| + ||gnum||) = {ratio:.3g}"
    return [
        Entry(name, point, verdict, y, Slopes.of(n), None, 1e-7, note)
        for name, y, n in zip(point, yours, numeric, strict=True)
    ]
