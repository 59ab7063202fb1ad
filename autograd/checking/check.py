"""Checks of derivatives: a hand derivation, or the engine itself, against what the function's values say.

Three verdicts: pass, fail, and undefined where no derivative exists. Where the function runs on Values the engine's
exact derivative is looked at too; if it and the numbers disagree that is our defect or a kink, and never the user's.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..engine.op import plain
from ..engine.value import Value
from ..errors import ArgumentError, DerivativeError
from ..functions.slopes import Slopes, slopes
from ..functions.trees import flatten
from .points import along, by_engine, by_hand, by_name, points_of, real

if TYPE_CHECKING:
    from .diagnosis import Diagnosis

__all__ = ["Entry", "Report", "assert_derivative", "check_derivative", "gradcheck"]

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
    diagnosis: Diagnosis | None = None
    evaluations: int = 0

    @property
    def verdict(self) -> str:
        """ "pass", "fail" or "undefined" over all entries."""
        found = {entry.verdict for entry in self.entries}
        return next((v for v in ("fail", "undefined") if v in found), "pass")

    def __bool__(self) -> bool:
        return self.verdict == "pass"

    def __str__(self) -> str:
        return _report_text(self)

    __repr__ = __str__


def check_derivative(
    f: Function | str,
    derivative: Function | Any,
    at: Any,
    *,
    rtol: float = 1e-8,
    method: str = "intervals",
    diagnosed: bool = True,
) -> Report:
    """Compare a derivative derived by hand with the function, at one or several points.

    Args:
        f: a function of one or several numbers, written with this package's functions, operators, NumPy or `math`;
            or its text, as "x**2*sin(x)" or "f(x, y) = x y^2", in plain signs or LaTeX.
        derivative: takes the same arguments; returns a number for one variable, a tuple with one entry for each
            variable for several. Of a function that is text, text as well: one for each variable.
        at: a number, a tuple (one point of several variables), a dict by argument name, or a list of such points.
        rtol: how far off a derivative may be, relative to its size, beyond what rounding explains.
        method: "intervals", the robust check; or "central", the textbook formula: central differences with step
            1e-7, and ||g - gnum|| / (||g|| + ||gnum||) < 1e-7.
        diagnosed: whether to look for the slip where the check fails.

    Returns:
        A :class:`Report`; nothing is raised for a wrong derivative.

    Raises:
        ArgumentError: there is no point, a point has the wrong shape, or the method is unknown.

    Example:
        >>> check_derivative(lambda x: x**3, lambda x: 3 * x**2, at=[1.0, 2.0]).verdict
        'pass'
        >>> check_derivative(lambda x: x**3, lambda x: 2 * x**2, at=2.0).verdict
        'fail'
        >>> check_derivative(abs, lambda x: 3.0, at=0.0).verdict
        'fail'
        >>> check_derivative("x^2 sin(x)", "2x sin(x) + x^2 cos(x)", at=2).verdict
        'pass'
    """
    if method not in ("intervals", "central"):
        raise ArgumentError(f'method is "intervals" or "central", got {method!r}')
    if not rtol >= 0.0:
        raise ArgumentError(f"rtol is 0 or more, got {rtol!r}")
    if isinstance(f, str):
        from .derivation_file import typed  # only text needs the reader

        f, derivative = typed(f, derivative)
    points = points_of(f, at)
    entries: list[Entry] = []
    first = at[0] if isinstance(at, list) else at
    for point in points:
        called, told = (by_name(function, first, list(point)) for function in (f, derivative))
        entries += central(called, told, point) if method == "central" else at_point(called, told, point, rtol)
    found = _slip(called, told, points) if diagnosed and any(e.verdict == "fail" for e in entries) else None
    evaluations = sum(e.numeric.evaluations for e in entries)
    return Report(tuple(entries), getattr(f, "__name__", "f"), found, evaluations)


def _slip(f: Function, derivative: Function, points: list[dict[str, float]]) -> Diagnosis | None:
    """What the diagnosis finds; a failure of it must not hide the verdict."""
    from .diagnosis import diagnose  # only a wrong derivative needs it

    try:
        return diagnose(f, derivative, [tuple(p.values()) if len(p) > 1 else next(iter(p.values())) for p in points])
    except Exception:
        return None


def assert_derivative(
    f: Function | str, derivative: Function | Any, at: Any, *, rtol: float = 1e-8, method: str = "intervals"
) -> None:
    """Raise an AssertionError that explains itself unless a hand derivative is right; see :func:`check_derivative`.

    Raises:
        DerivativeError: the derivative is wrong, or there is none at a point (an AssertionError).

    Example:
        >>> assert_derivative(lambda x: x**3, lambda x: 3 * x**2, at=[1.0, 2.0])
        >>> assert_derivative(lambda x, y: x * y, lambda x, y: (y, x), at=[(2.0, 3.0)])
    """
    __tracebackhide__ = True  # pytest: the failure is the caller's
    report = check_derivative(f, derivative, at, rtol=rtol, method=method)
    if not report:
        raise DerivativeError(str(report))


def gradcheck(f: Function, *inputs: Any, rtol: float = 1e-8) -> bool:
    """Compare the engine's derivatives of `f` with what its values say, for every number in the inputs.

    Args:
        f: a function of numbers or structures of them, written with this package's functions, operators or NumPy.
        inputs: the arguments, structures as :func:`autograd.grad` takes them.
        rtol: as for :func:`check_derivative`.

    Returns:
        True. At a kink any slope between the one-sided slopes is right; where no derivative exists nothing is.

    Raises:
        DerivativeError: the engine and the numbers disagree, which is a defect of the engine or of a primitive's
            partials (an AssertionError).

    Example:
        >>> from autograd import tanh
        >>> gradcheck(lambda x, y: tanh(x) * y, 0.5, 2.0)
        True
    """
    numbers, tree = flatten(tuple(inputs))
    xs = [plain(x) for x in numbers]
    results = flatten(f(*tree.unflatten([Value(x) for x in xs])))[0]
    if not any(isinstance(y, Value) for y in results):
        raise ArgumentError("gradcheck needs a function that runs on Values; this one leaves the graph")
    outputs = len(results)
    entries = []
    for k in range(outputs):

        def output(*point: Any, k: int = k) -> Any:
            return flatten(f(*tree.unflatten(list(point))))[0][k]

        engine = by_engine(output, xs)
        names = [f"x{i}" for i in range(1, len(xs) + 1)] if len(xs) > 1 else ["x"]
        point = dict(zip(names, xs, strict=True))
        for i, name in enumerate(names):
            measured = slopes(along(output, xs, i), xs[i])
            slope = 0.0 if engine is None else engine.slopes[i]
            entries.append(
                judged(name, point, slope, measured, None, rtol, 0.0 if engine is None else engine.rounding[i])
            )
    report = Report(tuple(entries), getattr(f, "__name__", "f"))
    if report.verdict == "fail":
        why = "a defect of a rule, or kinks inside f that cancel"
        raise DerivativeError(f"the engine ('yours') disagrees with the function's values: {why}\n{report}")
    if report.verdict == "undefined":
        raise DerivativeError(f"there is no derivative here to compare with\n{report}")
    return True


# --- judging one point ------------------------------------------------------------------------------------------------


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
    """Hold one number against the slopes measured and, where there is one, against the engine's derivative."""

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
            return entry(right, tolerance, f"{_DISAGREE}: rounding in f, or our defect")
        else:
            return entry(right, tolerance, f"{_DISAGREE}: a kink inside f, or our defect")
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
    """Entries that all pass, unless f's slope in a slanted direction is not the one that they predict there."""
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


# --- the text of a report: short enough for a failing test, long enough to learn from ------------------------------

_MOST_ENTRIES = 3


def _report_text(report: Report) -> str:
    """The text of a report, at most 25 lines."""
    entries = report.entries
    bad = [e for e in entries if e.verdict != "pass"]
    many = f"{len(entries)} derivative{'s' if len(entries) != 1 else ''}"
    if not bad:
        notes = sorted({e.note for e in entries if e.note})
        return "\n".join([f"pass: {many} of {report.function} checked", *(f"  note: {n}" for n in notes[:3])])
    head = f"{len(bad)} of {many} of {report.function}"
    slip = report.diagnosis  # it stands first: pytest's summary shows the beginning of one line
    named = f"{slip.text.splitlines()[0]} ({slip.kind}): " if slip is not None and slip.kind != "unexplained" else ""
    lines = [f"{report.verdict}: {named}{head}"]
    for entry in bad[:_MOST_ENTRIES]:
        lines += _entry_lines(entry)
    if len(bad) > _MOST_ENTRIES:
        lines.append(f"  ... and {len(bad) - _MOST_ENTRIES} more")
    if slip is not None and not named:
        lines += [f"  {line}" for line in slip.text.splitlines()[:4]]
    point = ", ".join(f"{x!r}" for x in bad[0].point.values())
    lines = lines[:24]
    lines.append(f"  to reproduce: check_derivative(f, df, at=[{f'({point})' if len(bad[0].point) > 1 else point}])")
    return "\n".join(line if len(line) <= 160 else line[:157] + "..." for line in lines[:25])


def _entry_lines(entry: Entry) -> list[str]:
    """The lines of one partial derivative."""
    shown = list(entry.point.items())[:4]
    where = ", ".join(f"{name} = {x!r}" for name, x in shown) + (", ..." if len(entry.point) > 4 else "")
    measured = entry.numeric
    lines = [f"  d/d{entry.variable} at {where}: {entry.verdict}", f"    yours    {entry.yours!r}"]
    if measured.both is not None:
        lines.append(f"    numeric  {measured.both.slope!r} +- {measured.both.error:.1e}")
    else:
        lines.append(f"    slopes   left {_side(measured.left)}, right {_side(measured.right)}")
    if entry.exact is not None:
        lines.append(f"    engine   {entry.exact!r}")
    truth = measured.value if entry.exact is None or not math.isfinite(entry.exact) else entry.exact
    if truth and math.isfinite(entry.yours):
        lines.append(f"    ratio    yours / right = {entry.yours / truth + 0.0:.10g}")
    if entry.note:
        lines.append(f"    {entry.note}")
    return lines


def _side(side: Any) -> str:
    return f"{side.slope:.6g}" if side.settled else side.kind
