"""The slopes of a function at a point, from its values alone, with an error bound that can be trusted.

A finite difference with one fixed step is wrong in two ways at once: too large a step follows the curve, too small
a step follows the rounding. Here steps over many octaves are looked at together. Each gives an interval: what
Richardson extrapolation says, plus or minus what it may still lack and what the noise of f does to it. Starting from
the smallest step, whose interval is wide and safe, the intervals are intersected until one no longer fits (Lepski's
rule), so that a spike or a kink further off does no harm. A smooth function is settled after a few steps; only where
it is not are more of them taken.

Sums of floats go through `exact_sum`, since what the builtin `sum` gives depends on the version of Python.

Sources: Lepski, Theory of Probability and its Applications 35 (1990); More and Wild, SIAM J. Sci. Comput. 33 (2011),
for noise from differences; Ridders, Advances in Engineering Software 4 (1982), for extrapolated differences; Neville's
scheme for steps whose ratio is not always the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from ..engine.op import plain

__all__ = ["EPS", "Side", "Slopes", "exact_sum", "slopes"]

EPS = 2.0**-52
_RATIO = 4.0  # between neighbouring steps
# Of the scale of x. All 53 bits are in use: values on a coarse grid would be free of rounding by chance, and a period
# that is a power of two would be hit again and again.
_LARGEST = 0.078418703492917
_FIRST = range(3, 8)  # the steps that settle what is smooth, 0 being the largest
_KINKED = (12, 15, 18)  # steps that show whether what looks like a kink is at the point itself
_STEPS = 19
_MOST_STEPS = 25
_SIDES = (-1.0, 1.0)
_COLUMNS = 5  # of a Richardson table
_AT_BEST = 1e-3  # what a column of it leaves of the error of the one before
_SETTLED = 4e-9  # of the size of the quotients
_KINK = 1e-6  # of the slopes: two sides that differ by less may differ by rounding that has not been seen


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
        span: the largest change of f that was seen.
        flat: up to which distance f stays exactly as it is, if it changes further off; else 0.
        quantum: what f's values are whole multiples of, where f is rounded so much; else 0.
        reach: the largest step.
        size: the largest of f's values that were seen.
    """

    left: Side
    right: Side
    both: Side | None
    kind: str
    noise: float
    evaluations: int
    span: float = math.inf
    flat: float = 0.0
    quantum: float = 0.0
    reach: float = 0.0
    size: float = 0.0

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


def slopes(f: Callable[[float], Any], x: float, *, brief: bool = False) -> Slopes:
    """Measure the slopes of `f` at `x`.

    Args:
        f: a function of one number. Where it raises an ArithmeticError or ValueError, or gives nan, it has no value.
        x: where; f must have a value there.
        brief: whether to stop after 17 calls, with what error there may be.

    Returns:
        The slopes of both sides with error bounds, and what kind of point it is; about 11 calls of f where it is
        smooth, at most 40 nearly everywhere.
    """
    calls = 0

    def value(place: float) -> float:
        nonlocal calls
        calls += 1
        try:
            y = f(place)
            return math.nan if isinstance(y, complex) else plain(y)
        except (ArithmeticError, ValueError):
            return math.nan

    here = value(x)
    ladder = _ladder(x)
    seen: dict[int, list[_Difference]] = {}
    inside = [0, 0]  # for each side the largest step at which f has values

    def look(steps: Sequence[int]) -> Slopes:
        for k in sorted(set(steps) & set(range(len(ladder))) - set(seen)):
            seen[k] = []
            for sign, first in zip(_SIDES, inside, strict=True):
                there = x + sign * ladder[k]
                y = value(there) if k >= first else math.nan
                seen[k].append(_Difference(there - x, y - here, max(abs(y), abs(here))))
        pairs = [seen[k] for k in sorted(seen)]
        return _found([left for left, _ in pairs], [right for _, right in pairs], here, calls)

    if not math.isfinite(here):
        return _found([], [], math.nan, calls)
    found = look(_FIRST)
    if brief and not _is_settled(found):
        return look(range(max(_FIRST) + 1))
    for side, sign in enumerate(_SIDES):
        if not _is_settled(found) and not any(math.isfinite(pair[side].change) for pair in seen.values()):
            inside[side] = _boundary(value, x, [sign * h for h in ladder])
    empty = max(inside) == len(ladder)
    for steps in (
        _KINKED if found.kind == "kink" else (),
        range(8, 11),
        range(11, 14),
        range(_STEPS),
        range(_STEPS, len(ladder)),
    ):
        if _is_settled(found) or (found.kind == "kink" and set(_KINKED) <= set(seen)):
            break
        if len(seen) >= _STEPS and found.kind not in ("no limit", "" if empty else "edge"):
            break
        found = look(steps)
    return found


def _boundary(value: Callable[[float], float], x: float, steps: Sequence[float]) -> int:
    """The place of the largest step at which f has a value; the number of steps if f has none at the smallest."""
    without, with_value = _FIRST[-1], len(steps)
    looked_at = len(steps) - 1
    while with_value - without > 1:
        if math.isnan(value(x + steps[looked_at])):
            without = looked_at
        else:
            with_value = looked_at
        looked_at = (without + with_value) // 2
    return with_value


def _is_settled(found: Slopes) -> bool:
    if found.both is None or not (found.left.settled and found.right.settled) or found.flat:
        return False
    if found.error > 1e-6 * abs(found.both.slope):  # a slope of 0, or steps of another scale than that of f
        return False
    size = max(found.span / found.reach, abs(found.left.slope)) if found.reach else 0.0
    gap = abs(found.right.slope - found.left.slope)
    return max(found.error, gap, 1e-4 * found.left.error, 1e-4 * found.right.error) <= _SETTLED * size


def _ladder(x: float) -> list[float]:
    """Steps from the largest down: of the scale of x and, where that is tiny, of the scale 1 before."""
    size = abs(x)
    near_zero = size < 2.0**-10
    scale = 1.0 if near_zero else 2.0 ** math.floor(math.log2(size))
    steps = [_LARGEST * scale * _RATIO**-k for k in range(_MOST_STEPS)]
    if near_zero and size > 0.0 and steps[12] > size:  # the scale of x comes too late, or never
        steps[7:] = [_LARGEST * size * _RATIO**-k for k in range(_MOST_STEPS - 7)]
    return [h for h in steps if h > 16.0 * math.ulp(x)]


class _Difference(NamedTuple):
    step: float  # the step really taken, signed
    change: float  # f(x + step) - f(x); nan where f has no value
    size: float  # of the larger of the two values


def _found(left: list[_Difference], right: list[_Difference], here: float, calls: int) -> Slopes:
    """What the differences say, from the largest step down."""
    finite = [d for d in left + right if math.isfinite(d.change)]
    span = max((abs(d.change) for d in finite), default=0.0)
    reach = max((abs(d.step) for d in finite), default=0.0)
    quantum, flat = _staircase(left, right)
    noises = [max(_noise(side, other), quantum) for side, other in ((left, right), (right, left))]
    noise = max(noises)
    if noise < 1e3 * min(noises):  # else one side alone is rough
        noises = [noise, noise]
    size = max((d.size for d in finite), default=0.0)
    drowned = not quantum and noise > 0.01 * size
    left_side, right_side = (_one_side(side, n, drowned) for side, n in zip((left, right), noises, strict=True))
    both, kind = None, "smooth"
    if here != here:
        kind = "edge"
    elif right_side.settled and left_side.settled:
        gap = abs(right_side.slope - left_side.slope)
        both = _together(left, right, noise, left_side, right_side)
        if gap > 2.0 * (right_side.error + left_side.error):
            if gap > _KINK * max(abs(right_side.slope), abs(left_side.slope)):
                both, kind = None, "kink"
            else:
                both = Side(both.slope, max(both.error, gap), "slope")
    else:
        kinds = (left_side.kind, right_side.kind)
        kind = "edge" if "outside" in kinds else next(k for k in ("jump", "vertical", "no limit") if k in kinds)
    return Slopes(left_side, right_side, both, kind, noise, calls, span, flat, quantum, reach, size)


# --- noise, and what looks like it ------------------------------------------------------------------------------------


def _noise(side: list[_Difference], other: list[_Difference]) -> float:
    """The noise of f on one side: what is left of its values when a smooth curve is taken away."""
    usable = _runs(side)
    still, first = _still(side), next((d for d in reversed(usable) if d.change), None)
    if still and first:  # f is rounded, and the first change says how much; not before a jump or beside a constant
        jump = all(math.isclose(d.change, first.change, rel_tol=1e-9) for d in usable if d.change)
        if jump or not any(d.change for d in _runs(other)):
            return 0.0
        near = abs(first.step) < 2.0 * _RATIO * still
        return abs(first.change) if near else EPS * max(1.0, first.size)  # a number near 1 is mostly part of f
    # At small steps four neighbouring values lie almost on a parabola: their third divided difference is noise.
    rests = [_rest(window) for window in zip(side[3:], side[2:], side[1:], side, strict=False)][::-1]
    rests = [r for r in rests if math.isfinite(r)][:5]
    if not rests:
        return 0.0
    smallest = 4.0 * max(rests[:2])  # of five the middle one counts, unless these are clearly smaller
    noise = smallest if len(rests) < 5 else min(2.0 * smallest, max(smallest, 3.0 * sorted(rests)[2]))
    return min(noise, 4.0 * max(abs(d.change) for d in usable[-2:]))


def _rest(window: Sequence[_Difference]) -> float:
    """The third divided difference of four values, scaled so that noise passes with its own size."""
    steps = [d.step / window[0].step for d in window]
    weights = [1.0 / math.prod(a - b for b in steps if b != a) for a in steps]
    size = math.hypot(*weights)
    if size == 0.0:  # the steps lie too far apart
        return math.nan
    return abs(exact_sum([w / size * d.change for w, d in zip(weights, window, strict=True)]))


def _staircase(left: list[_Difference], right: list[_Difference]) -> tuple[float, float]:
    """What f's values are whole multiples of, and up to which step f stays as it is; 0 where there is no such thing."""
    flat = min(_still(left), _still(right))
    changes = sorted(abs(d.change) for d in left + right if math.isfinite(d.change) and d.change != 0.0)
    if not flat or not changes:
        return 0.0, 0.0
    size = max(d.size for d in left + right if math.isfinite(d.size))
    tolerance = 4.0 * EPS * size
    quantum = changes[0]
    for change in changes[1:9]:
        while change > tolerance + 1e-9 * quantum:  # Euclid's algorithm
            quantum, change = change, quantum % change
            change = min(change, abs(quantum - change))
        if quantum <= 16.0 * tolerance:
            return 0.0, flat
    levels = {round(d.change / quantum) for d in left + right if math.isfinite(d.change)}
    return (quantum, flat) if len(levels) > 2 else (0.0, flat)  # two values only are a jump further off


def _still(side: list[_Difference]) -> float:
    """The largest step up to which f does not change, if at least two do not change it."""
    still = 0
    while still < len(side) and side[-1 - still].change == 0.0:
        still += 1
    return abs(side[-still].step) if still > 1 else 0.0


# --- estimates of a slope, with intervals -----------------------------------------------------------------------------


class _Estimate(NamedTuple):
    slope: float
    error: float
    from_noise: float  # the part of the error that noise makes
    step: float = 0.0
    agreeing: int = 1  # how many intervals have this in common


def _table(rows: list[tuple[float, float, float]], order: int) -> list[_Estimate]:
    """Richardson extrapolation: for every row (step, difference quotient) the entry with the smallest error bound.

    The rows go from the largest step down. The error of a quotient has the powers `order`, 2 `order`, ... of the step;
    the last entry of a row is what noise does to the quotient.
    """
    table = [[quotient] for _, quotient, _ in rows]
    for k in range(1, len(rows)):
        for j in range(1, min(k, _COLUMNS) + 1):
            finer, coarser = table[k][j - 1], table[k - 1][j - 1]
            ratio = rows[k - j][0] / rows[k][0]
            power = ratio if order == 1 else ratio * ratio  # not **, which raises where this is inf
            table[k].append(finer + (finer - coarser) / (power - 1.0))
    estimates = []
    for k in range(len(rows)):
        best = None
        noisy, lack = rows[k][2], 0.0
        for j in range(1, len(table[k])):
            noisy = max(noisy, rows[k - j][2])
            lack = max(abs(table[k][j] - table[k][j - 1]), _AT_BEST * lack)  # what agrees better agrees by chance
            if k > 0 and j < len(table[k - 1]):
                lack = max(lack, abs(table[k][j] - table[k - 1][j]))
            if best is None or lack + noisy < best.error:
                best = _Estimate(table[k][j], lack + noisy, noisy, rows[k][0])
        if best is not None and math.isfinite(best.error):
            estimates.append(best)
    return estimates


def _intersected(estimates: list[_Estimate]) -> _Estimate | None:
    """From the smallest step up, the intersection of the intervals as long as there is one."""
    low, high, agreeing = -math.inf, math.inf, 0
    best = finer = None
    for e in reversed(estimates):
        error = e.error
        # An interval reaches as far as the next finer estimate, and is at best narrower by as much as its step is
        # larger: what agrees better agrees by chance.
        if finer and abs(e.step) < 2.0 * _RATIO * abs(finer.step):
            error = max(error, abs(e.slope - finer.slope), finer.error / _RATIO)
        lower, upper = max(low, e.slope - error), min(high, e.slope + error)
        if lower > upper:
            break
        low, high, finer, agreeing = lower, upper, e, agreeing + 1
        if best is None or error < best.error:
            best = e._replace(error=error)
    if best is None:
        return None
    slope = min(max(best.slope, low), high)
    return best._replace(slope=slope, error=max(best.error, EPS * abs(slope)), agreeing=agreeing)


def _runs(side: list[_Difference]) -> list[_Difference]:
    """The steps at which f has values, from the smallest up to the first without one."""
    usable: list[_Difference] = []
    for d in reversed(side):
        if math.isfinite(d.change):
            usable.append(d)
        elif usable:
            break
    return usable[::-1]


def _rounding(d: _Difference, largest: float) -> float:
    """How far off a value of f may be; where it has not changed, what it is rounded to is unknown."""
    return EPS * (d.size if d.change else max(d.size, largest))


def _one_side(side: list[_Difference], noise: float, drowned: bool) -> Side:
    usable = _runs(side)
    largest = max((d.size for d in usable), default=0.0)
    rows = [(d.step, d.change / d.step, max(noise, 2.0 * _rounding(d, largest)) / abs(d.step)) for d in usable]
    estimate = _intersected(_table(rows, 1))
    if estimate is None or not any(math.isfinite(d.change) for d in side[-3:]):
        return Side(math.nan, math.inf, "outside")
    growth = _growth(usable, max(noise, EPS * usable[-1].size))
    if growth is not None and growth > 0.0:  # the quotients are a power of the step, and go to 0 with it
        return Side(0.0, min(abs(d.change / d.step) for d in usable if d.change), "slope")
    if growth is not None:
        rising = math.copysign(math.inf, usable[-1].change / usable[-1].step)
        return Side(rising, math.inf, "jump" if growth < -0.95 else "vertical")
    size = max((abs(d.change / d.step) for d in usable[-8:] if d.change), default=math.inf)
    by_chance = estimate.agreeing < min(3, len(usable) - 1)
    if drowned or by_chance or estimate.error > max(0.01 * size, 4.0 * estimate.from_noise):
        return Side(math.nan, math.inf, "no limit")
    return Side(estimate.slope, estimate.error, "slope")


def _growth(usable: list[_Difference], noise: float) -> float | None:
    """The power of the step that the quotients follow: -1 at a jump, -1/2 for a root, 1/2 for x sqrt(x).

    None where they settle in another way: a power law has to hold over the smallest steps that noise does not drown,
    and what it says of the next smaller one must be drowned.
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
    slack = 0.05 + 0.1 * abs(middle) if middle < 0.0 else 0.1 * middle
    steady = all(abs(p - middle) < slack for p in tail)
    if not (steady and (middle < -0.02 or 0.02 < middle < 0.9) and abs(powers[-1]) >= 0.6 * abs(powers[0])):
        return None
    last = clear[-1]
    drowned = usable[usable.index(last) + 1 :]
    ends = drowned and abs(last.change) * (drowned[0].step / last.step) ** (middle + 1.0) > 256.0 * noise
    return None if ends else middle


def _together(left: list[_Difference], right: list[_Difference], noise: float, *sides: Side) -> Side:
    """Where the sides agree: central differences, whose error has even powers only, or a side where it is better."""
    rows = []
    largest = max((d.size for d in _runs(left) + _runs(right)), default=0.0)
    for a, b in zip(left, right, strict=True):
        if math.isfinite(a.change) and math.isfinite(b.change):
            wide = b.step - a.step
            noisy = max(noise, 2.0 * _rounding(a, largest), 2.0 * _rounding(b, largest))
            rows.append((wide, (b.change - a.change) / wide, noisy / wide))
        else:
            rows.clear()
    estimate = _intersected(_table(rows, 2))
    best = min(sides, key=lambda side: side.error)
    if estimate is not None and estimate.error < best.error:
        return Side(estimate.slope, estimate.error, "slope")
    return best


def exact_sum(numbers: Sequence[float]) -> float:
    """The sum, rounded once at the end: `math.fsum`, but with an answer where that raises."""
    try:
        return math.fsum(numbers)
    except ValueError:  # inf - inf
        return math.nan
    except OverflowError:  # on the way, or at the end; a power of two changes no digits
        return math.fsum([x * 2.0**-60 for x in numbers]) * 2.0**60
