"""The slopes of a function at a point, from its values alone, with an error bound that can be trusted.

A finite difference with one fixed step is wrong in two ways at once: too large a step follows the curve, too small
a step follows the rounding. Here steps over many octaves are looked at together. Each gives an interval: what
Richardson extrapolation says, plus or minus what it may still lack and what the noise of f does to it. Starting from
the smallest step, whose interval is wide and safe, the intervals are intersected until one no longer fits (Lepski's
rule), so that a spike or a kink further off does no harm.

Sums of floats go through `exact_sum`, since what the builtin `sum` gives depends on the version of Python.

Sources: Lepski, Theory of Probability and its Applications 35 (1990); More and Wild, SIAM J. Sci. Comput. 33 (2011),
for noise from differences; Ridders, Advances in Engineering Software 4 (1982), for extrapolated differences.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from ..engine.op import plain

__all__ = ["Side", "Slopes", "exact_sum", "slopes"]

EPS = 2.0**-52
_RATIO = 4.0  # between neighbouring steps
_LARGEST = 5.0 / 64.0  # of the scale of x; five is odd, so that no period that is a power of two is hit again and again
_STEPS = 19
_MOST_STEPS = 28
_COLUMNS = 5  # of a Richardson table


@dataclass(frozen=True)
class Side:
    """What one side of the point, or both together, say of the slope.

    Args:
        slope: the best estimate; infinite for a vertical tangent, nan if there is none.
        error: how far off it may be.
        kind: "slope", "jump", "vertical", "no limit", or "outside" where f has no values.
    """

    slope: float
    error: float
    kind: str

    @property
    def settled(self) -> bool:
        """Whether there is a finite slope."""
        return self.kind == "slope"


@dataclass(frozen=True)
class Slopes:
    """The slopes of a function at a point.

    Args:
        left, right: the one-sided slopes.
        both: the slope that the two agree on; None at a kink or where a side has none.
        kind: "smooth", "kink", "jump", "vertical", "no limit" or "edge".
        noise: the noise of f's values near the point.
        evaluations: how often f was called.
    """

    left: Side
    right: Side
    both: Side | None
    kind: str
    noise: float
    evaluations: int

    @classmethod
    def of(cls, slope: float) -> Slopes:
        """A single number that some other method measured with two calls, of unknown error."""
        side = Side(slope, math.inf, "slope")
        return cls(side, side, side, "smooth", 0.0, 2)

    @property
    def value(self) -> float | None:
        """The two-sided slope, if there is one."""
        return None if self.both is None else self.both.slope

    @property
    def error(self) -> float:
        """How far off `value` may be."""
        return math.inf if self.both is None else self.both.error


def slopes(f: Callable[[float], float], x: float) -> Slopes:
    """Measure the slopes of `f` at `x`.

    Args:
        f: a function of one number. Where it raises an ArithmeticError or ValueError, or gives nan, it has no value.
        x: where; f must have a value there.

    Returns:
        The slopes of both sides with error bounds, and what kind of point it is; under 60 calls of f.
    """
    here = _value(f, x)
    steps = _ladder(x)
    right = [_difference(f, x, here, h) for h in steps]
    left = [_difference(f, x, here, -h) for h in steps]
    noise = max(_noise(right), _noise(left))
    drowned = noise > 0.01 * _largest(left + right)
    right_side, left_side = _one_side(right, noise, drowned), _one_side(left, noise, drowned)
    both, kind = None, "smooth"
    if here != here:
        kind = "edge"
    elif right_side.settled and left_side.settled:
        gap = abs(right_side.slope - left_side.slope)
        if gap > 2.0 * (right_side.error + left_side.error):
            kind = "kink"
        else:
            both = _together(left, right, noise, left_side, right_side)
    else:
        kind = _trouble(left_side, right_side)
    return Slopes(left_side, right_side, both, kind, noise, 1 + 2 * len(steps))


def _value(f: Callable[[float], float], x: float) -> float:
    try:
        y = f(x)
        return math.nan if isinstance(y, complex) else plain(y)
    except (ArithmeticError, ValueError):
        return math.nan


def _ladder(x: float) -> list[float]:
    """Steps from the largest down, each a few bits long, so that x + h is exact."""
    size = abs(x)
    near_zero = size < 2.0**-10
    scale = 1.0 if near_zero else 2.0 ** math.floor(math.log2(size))
    count = _STEPS
    if near_zero and size > 0.0:
        count = min(_MOST_STEPS, max(_STEPS, math.ceil(-math.log(size, _RATIO)) + 12))
    return [_LARGEST * scale * _RATIO**-k for k in range(count)]


class _Difference(NamedTuple):
    step: float  # the step really taken, signed
    change: float  # f(x + step) - f(x); nan where f has no value
    size: float  # of the larger of the two values


def _difference(f: Callable[[float], float], x: float, here: float, step: float) -> _Difference:
    there = x + step
    y = _value(f, there)
    return _Difference(there - x, y - here, max(abs(y), abs(here)))


def _largest(differences: list[_Difference]) -> float:
    return max((d.size for d in differences if d.size == d.size), default=0.0)


def _noise(side: list[_Difference]) -> float:
    """The noise of f on one side, from what is left of its values when a smooth curve is taken away.

    The values at four neighbouring steps lie on a parabola as good as exactly where the steps are small: what their
    third divided difference leaves over is noise, unless it still shrinks with the step. Where values repeat, f is
    rounded more coarsely than doubles are, and the first change of value is a measure of that.
    """
    floor = EPS * _largest(side[-6:])
    windows = zip(side[3:], side[2:], side[1:], side, strict=False)
    rests = [abs(exact_sum([w * d.change for w, d in zip(_CUBIC, window, strict=True)])) for window in windows]
    samples = [r for r in rests[-9:] if math.isfinite(r)]
    measured = 3.0 * sorted(samples[-5:])[len(samples[-5:]) // 2] if samples else 0.0
    if measured > floor and _shrinks(samples[-8:]):
        measured = 0.0
    changed = [abs(d.change) for d in side if math.isfinite(d.change) and d.change != 0.0]
    repeated = len([d for d in side if d.change == 0.0])
    coarse = repeated >= 3 and len(changed) >= 6 and 8.0 * floor < changed[-1] < changed[0] / 64
    return max(floor, measured, changed[-1] if coarse else 0.0)


def _cubic_weights() -> list[float]:
    """The third divided difference over steps 1, 4, 16, 64, scaled so that noise passes with its own size."""
    steps = [_RATIO**k for k in range(4)]
    weights = [1.0 / math.prod(a - b for b in steps if b != a) for a in steps]
    return [w / math.hypot(*weights) for w in weights]


_CUBIC = _cubic_weights()


def _shrinks(samples: list[float]) -> bool:
    """Whether samples from larger to smaller steps follow a falling power law, as structure does and noise does not."""
    points = [(k, math.log(r)) for k, r in enumerate(samples) if r > 0.0]
    if len(points) < 5:
        return False
    mean_k = exact_sum([k for k, _ in points]) / len(points)
    mean_y = exact_sum([y for _, y in points]) / len(points)
    spread = exact_sum([(k - mean_k) ** 2 for k, _ in points])
    trend = exact_sum([(k - mean_k) * (y - mean_y) for k, y in points]) / spread
    scatter = exact_sum([(y - mean_y - trend * (k - mean_k)) ** 2 for k, y in points]) / (len(points) - 2)
    return trend < -0.02 and -trend > 4.5 * math.sqrt(scatter / spread)


class _Estimate(NamedTuple):
    slope: float
    error: float
    from_noise: float  # the part of the error that noise makes


def _table(rows: list[tuple[float, float]], order: int, noise: float) -> list[_Estimate]:
    """Richardson extrapolation: for every row (step, difference quotient) the entry with the smallest error bound.

    The rows go from the largest step down. The error of a quotient has the powers `order`, 2 `order`, ... of the step;
    `noise` is that of the values of f.
    """
    table = [[quotient] for _, quotient in rows]
    for k in range(1, len(rows)):
        for j in range(1, min(k, _COLUMNS) + 1):
            finer, coarser = table[k][j - 1], table[k - 1][j - 1]
            table[k].append(finer + (finer - coarser) / (_RATIO ** (order * j) - 1.0))
    estimates = []
    for k, (step, _) in enumerate(rows):
        noisy = 2.0 * noise / abs(step)
        best = None
        for j in range(1, len(table[k])):
            lack = abs(table[k][j] - table[k][j - 1])
            if k > 0 and j < len(table[k - 1]):
                lack = max(lack, abs(table[k][j] - table[k - 1][j]))
            if best is None or lack + noisy < best.error:
                best = _Estimate(table[k][j], lack + noisy, noisy)
        if best is not None and math.isfinite(best.error):
            estimates.append(best)
    return estimates


def _intersected(estimates: list[_Estimate]) -> _Estimate | None:
    """From the smallest step up, the intersection of the intervals as long as there is one."""
    low, high, noisy = -math.inf, math.inf, math.inf
    best: _Estimate | None = None
    for e in reversed(estimates):
        lower, upper = max(low, e.slope - e.error), min(high, e.slope + e.error)
        if lower > upper:
            break
        low, high = lower, upper
        if best is None or e.error < best.error:
            best, noisy = e, e.from_noise
    if best is None:
        return None
    slope = min(max(best.slope, low), high)
    return _Estimate(slope, max(high - slope, slope - low, EPS * abs(slope)), noisy)


def _runs(side: list[_Difference]) -> list[_Difference]:
    """The steps at which f has values, from the smallest up to the first without one."""
    usable: list[_Difference] = []
    for d in reversed(side):
        if math.isfinite(d.change):
            usable.append(d)
        elif usable:
            break
    return usable[::-1]


def _one_side(side: list[_Difference], noise: float, drowned: bool) -> Side:
    usable = _runs(side)
    estimate = _intersected(_table([(d.step, d.change / d.step) for d in usable], 1, noise))
    if estimate is None or not any(math.isfinite(d.change) for d in side[-3:]):
        return Side(math.nan, math.inf, "outside")
    growth = _growth(usable, noise)
    if growth is not None:
        rising = math.copysign(math.inf, usable[-1].change / usable[-1].step)
        return Side(rising, math.inf, "jump" if growth < -0.95 else "vertical")
    size = max(abs(d.change / d.step) for d in usable[-8:])
    if drowned or estimate.error > max(0.02 * size, 4.0 * estimate.from_noise):
        return Side(math.nan, math.inf, "no limit")
    return Side(estimate.slope, estimate.error, "slope")


def _growth(usable: list[_Difference], noise: float) -> float | None:
    """The power of the step that the quotients follow where they do not settle: -1 at a jump, -1/2 for a root.

    None where they settle: a power law has to hold over the smallest steps that noise does not drown.
    """
    clear = [d for d in usable if abs(d.change) > 64.0 * noise][-7:]
    if len(clear) < 5:
        return None
    powers = [
        math.log(abs(b.change / b.step) / abs(a.change / a.step)) / math.log(b.step / a.step)
        for a, b in pairwise(clear)
    ]
    tail = powers[-4:]
    middle = sorted(tail)[len(tail) // 2]
    steady = all(abs(p - middle) < 0.05 + 0.1 * abs(middle) for p in tail)
    return middle if steady and middle < -0.02 and abs(powers[-1]) >= 0.6 * abs(powers[0]) else None


def _together(left: list[_Difference], right: list[_Difference], noise: float, *sides: Side) -> Side:
    """Where the sides agree: central differences, whose error has even powers only, or a side where it is better."""
    rows = []
    for a, b in zip(left, right, strict=True):
        if math.isfinite(a.change) and math.isfinite(b.change):
            rows.append((b.step, (b.change - a.change) / (b.step - a.step)))
        else:
            rows.clear()
    estimate = _intersected(_table(rows, 2, noise / 2.0))
    best = min(sides, key=lambda side: side.error)
    if estimate is not None and estimate.error < best.error:
        return Side(estimate.slope, estimate.error, "slope")
    return best


def _trouble(left: Side, right: Side) -> str:
    """What kind of point it is where a side has no slope."""
    kinds = (left.kind, right.kind)
    return "edge" if "outside" in kinds else next(kind for kind in ("jump", "vertical", "no limit") if kind in kinds)


def exact_sum(numbers: Sequence[float]) -> float:
    """The sum, rounded once at the end: `math.fsum`, but with an answer where that raises."""
    try:
        return math.fsum(numbers)
    except ValueError:  # inf - inf
        return math.nan
    except OverflowError:  # on the way, or at the end
        total = sum(map(Fraction, numbers))
        try:
            return float(total)
        except OverflowError:
            return math.inf if total > 0 else -math.inf
