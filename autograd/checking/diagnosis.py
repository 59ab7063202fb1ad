"""What is wrong with a derivative derived by hand: the one slip that explains it at every point.

Guesses come from the graph of the function and are tested at the points given and at some more near them. What no
guess can say is added here: right on one side and wrong on the other, and no number at all.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..reading.formulas import name_of, point_text
from ..reading.names import short_number
from . import slips
from .evidence import LARGE, MOST_RUN, Evidence, Guess, value_and_partials
from .points import Function, Known, NotANumberError, Observation, Point, Problem, near, structured_points
from .slips import RARE, RULES, TIERS, Tier
from .spelled import respelled
from .tracing import traced

__all__ = ["KINDS", "Diagnosis", "diagnosis_of"]

KINDS = (
    "sign", "missing factor", "extra factor", "constant factor", "missing path", "dropped term", "swapped",
    "wrong point", "wrong function", "one side", "degrees", "transposed", "mean for sum", "not a number",
    "unexplained",
)  # fmt: skip


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a hand derivative.

    Args:
        kind: one of KINDS.
        node: the node of f's graph where the slip sits; None if it concerns the whole, or f has no graph.
        text: the sentence.
    """

    kind: str
    node: Any
    text: str

    def __str__(self) -> str:
        return self.text


def diagnosis_of(f: Function, derivative: Function, at: Any, known: Known | None = None) -> Diagnosis | None:
    """What `diagnose` says of a function of one output; `known` are slopes of f that have been measured already."""
    problem = Problem(traced(f), derivative, known)
    seen = []
    for point in structured_points(f, at, derivative):
        try:
            observed = problem.observe(point)
        except NotANumberError as error:
            return Diagnosis("not a number", None, f"{error} at {point_text(point.names, point.numbers)}")
        if observed is not None and (observed.is_right or not problem.between(observed)):
            seen.append(observed)
    if all(s.is_right for s in seen):
        return None
    with np.errstate(all="ignore"):
        return _named(problem, seen)


# A kink's slope left out also leaves one side right, and that says more.
_YIELD_TO_SIDES = ("missing factor", "extra factor", "wrong function", "wrong point", "swapped")

_ENOUGH = 10  # observations near the points given
_MOST_CALLS = 75  # calls of f for measuring slopes, where f has no graph
_FEWEST = 4  # with fewer numbers, chance may explain them


def _named(problem: Problem, seen: list[Observation]) -> Diagnosis:
    """The slip, from points as far off as they may be, else from near ones: a formula may hold on one branch only."""
    far = seen + _look(problem, _spread(seen, 0.3))
    found = _explained(problem, seen, far, sides=True)
    if found is None and max(len(s.order) for s in far) <= 4 * MOST_RUN:
        found = _explained(problem, seen, seen + _look(problem, _spread(seen, 0.02)), sides=False)
    return found or _unexplained(Evidence(far))


def _explained(problem: Problem, seen: list[Observation], every: list[Observation], sides: bool) -> Diagnosis | None:
    if len(every) < 2 or len(every) * len(every[0].point.names) < _FEWEST:
        return None
    e = Evidence(every)
    smooth = e.order and e.same.all() and not any(map(_bends, e.order))
    if sides and not smooth and not e.is_right.any() and (mirrored := _mirrored(problem, seen)):
        every = [*every, *mirrored]
        e = Evidence(every)
    found = _searched(every, e) or _entry_by_entry(e) or _branch_by_branch(every)
    shows = np.any(e.right[e.is_right][:, e.columns])  # a slip in a derivative of 0 is no slip
    if not (sides and e.is_right.any()) or (found and not shows):
        return found
    if found is None or found.kind in _YIELD_TO_SIDES:
        bent = not e.same.all() or any(node._row.kink for node in e.order)
        return _one_side(e, bent or found is None) or found
    if not e.same.all() and (side := _one_side(e, True)):  # f has another graph there
        return replace(side, text=f"{side.text}: {found.text}")
    return found


def _searched(every: list[Observation], e: Evidence) -> Diagnosis | None:
    """What was left out first, then wrong rules; a function that is spelled out is taken for what it is, too."""
    spelled = respelled(every)
    as_one = Evidence(spelled) if spelled else None
    for tiers, one_first in ((TIERS, False), (RULES, True), (RARE, False)):
        for evidence in (as_one, e) if one_first else (e, as_one):
            if evidence is not None and (found := _search(evidence, tiers)):
                return found
    return None


def _branch_by_branch(every: list[Observation]) -> Diagnosis | None:
    """The same kind of slip on every branch of f, where its graph is another one."""
    branches: dict[Any, list[Observation]] = {}
    for observed in every:
        branches.setdefault(observed.shape, []).append(observed)
    if not 1 < len(branches) <= 4 or () in branches:
        return None
    found = []
    for branch in branches.values():
        inside = Evidence(branch)
        if inside.columns.size and len(branch) >= _FEWEST - 1:
            found.append(_searched(branch, inside))
    return _together(found, "; on another branch: ")


def _together(found: list[Diagnosis | None], between: str) -> Diagnosis | None:
    """Slips of the same kind as one, if one was found everywhere."""
    named = [d for d in found if d is not None]
    if not named or len(named) < len(found) or len({d.kind for d in named}) > 1:
        return None
    return Diagnosis(named[0].kind, named[0].node, between.join(dict.fromkeys(d.text for d in named)))


def _spread(seen: Sequence[Observation], reach: float) -> list[Point]:
    """Points near those that are wrong and near the others, in turns."""
    wrong = [s.point for s in seen if not s.is_right][:3]
    right = [s.point for s in seen if s.is_right][:2]
    around = [near(point, _ENOUGH // len(wrong) + 1, reach) for point in wrong] + [near(p, 3, reach) for p in right]
    return [p for turn in itertools.zip_longest(*around) for p in turn if p is not None]


def _look(problem: Problem, points: list[Point]) -> list[Observation]:
    """Observations at more points, until f has been called too often for them."""
    found = []
    for point in points:
        with contextlib.suppress(NotANumberError):
            found.append(problem.observe(point, most=_MOST_CALLS))
    return [seen for seen in found if seen is not None]


def _mirrored(problem: Problem, seen: Sequence[Observation]) -> list[Observation]:
    """Observations on the other side of 0, if the derivative is right everywhere there."""
    points = [p for s in seen[:2] for p in (s.point, *near(s.point, 3))]
    for i in range(min(len(seen[0].point.numbers), 6)):
        turned = [
            p._replace(numbers=(*p.numbers[:i], -p.numbers[i], *p.numbers[i + 1 :])) for p in points if p.numbers[i]
        ]
        found = _look(problem, turned[:1])
        if found and found[0].is_right:
            found += _look(problem, turned[1:])
            if len(found) > 2 and all(o.is_right for o in found):
                return found
    return []


def _search(e: Evidence, tiers: Sequence[Tier]) -> Diagnosis | None:
    """The first guess that fits; one that fits all entries goes before one that is made in the wrong entries only."""
    for place, tier in enumerate(tiers):
        partly = None
        for guess in _guesses(e, tier):
            everywhere, here = e.explains(guess.change)
            if everywhere:
                rival = _rival(e, guess, (*tiers[place:], *RULES)) if _is_weak(e, guess) else None
                text = f"perhaps {guess.text()}, or {rival.text()}" if rival else guess.text()
                return Diagnosis(guess.kind, guess.node, text)
            if here and partly is None and guess.kind != "mean for sum":  # no slip of single entries
                partly = guess
        if partly is not None:
            return _in_entries(e, partly)
    return None


def _guesses(e: Evidence, tier: Tier) -> Iterator[Guess]:
    singles = list(tier(e))
    yield from singles if len(e.order) <= LARGE else (guess for guess in singles if guess.edge is None)
    yield from slips.repeated(e, singles)


def _is_weak(e: Evidence, guess: Guess) -> bool:
    """Whether one number was all that there was to explain: 1/2 for a mean of two, or the slope of a linear term."""
    if guess.kind == "mean for sum":
        return np.allclose(e.yours, 0.5 * e.right) or np.allclose(e.yours, 2.0 * e.right)
    operands = e.parents[guess.edge.i] if guess.edge else ()
    if len(operands) == 2 and operands[0] == operands[1]:
        return True  # half of the derivative of x*x
    varies = np.ptp(e.right[e.same], axis=0).any() if e.same.any() else False
    flat = np.all(np.ptp(guess.change, axis=0) <= 1e-9 * np.abs(guess.change).max(axis=0))
    return bool(guess.node is not None and varies and flat)


def _rival(e: Evidence, found: Guess, tiers: Sequence[Tier]) -> Guess | None:
    """Another kind of slip that gives the same numbers."""
    said = (found.kind, *(_LEFT_OUT if found.kind in _LEFT_OUT else ()))
    for guess in itertools.chain.from_iterable(_guesses(e, tier) for tier in tiers):
        in_place = guess.edge is not None and guess.edge == found.edge  # the same slip in other words
        if guess.kind not in said and not in_place and e.explains(guess.change)[0]:
            return guess
    return None


_LEFT_OUT = ("missing path", "dropped term")


def _in_entries(e: Evidence, guess: Guess) -> Diagnosis:
    names = [e.names[c] for c in e.columns]
    entries = f"entry for {names[0]}" if len(names) == 1 else f"entries for {', '.join(names)}"
    return Diagnosis(guess.kind, guess.node, f"in the {entries}: {guess.text()}")


def _entry_by_entry(e: Evidence) -> Diagnosis | None:
    """The same kind of slip in several entries, each with its own sentence."""
    if not 2 <= len(e.columns) <= 8 or len(e.order) > LARGE:
        return None
    columns, found = e.columns, []
    try:
        for c in columns:
            e.columns = np.array([c])
            found.append(_search(e, (*TIERS, *RULES, *RARE)))
    finally:
        e.columns = columns
    return _together(found, "; ")


def _bends(node: Any) -> bool:
    """Whether the slope of an operation jumps where its operand is 0, or where its two operands are equal."""
    if not node._row.kink or len(node.parents) not in (1, 2):
        return False
    sides = [(1.0 + step, 1.0) if len(node.parents) == 2 else (step,) for step in (-1e-6, 1e-6)]
    left, right = (value_and_partials(node._row, side)[1][0] for side in sides)
    return abs(left - right) > 1e-3


def _one_side(e: Evidence, anywhere: bool) -> Diagnosis | None:
    """Right on one side of a kink, of 0 or (if `anywhere`) of some other number, and wrong on the other side."""
    for i, node in enumerate(e.order):
        if e.same.all() and _bends(node):
            first = e.value[e.parents[i][0]][:, 0]
            second = e.value[e.parents[i][1]][:, 0] if len(node.parents) == 2 else np.zeros(len(first))
            names = (name_of(node.parents[0]), name_of(node.parents[1]) if len(node.parents) == 2 else "0")
            if found := _split(e, first - second, *names, node):
                return found
    for c, name in enumerate(e.names):
        if found := _split(e, e.points[:, c], name, "0", None):
            return found
    for c, name in enumerate(e.names if anywhere else ()):
        x = e.points[:, c]
        right, wrong = x[e.is_right], x[~e.is_right]
        if min(len(right), len(wrong)) > 1 and (right.max() < wrong.min() or wrong.max() < right.min()):
            edge = 0.5 * (max(right.min(), wrong.min()) + min(right.max(), wrong.max()))
            return _split(e, x - edge, name, f"about {short_number(edge)}", None)
        for inner, outer, words in (right, wrong, ("right", "wrong")), (wrong, right, ("wrong", "right")):
            low, high = outer[outer < inner.min()], outer[outer > inner.max()]
            if min(len(low), len(high)) and len(low) + len(high) == len(outer) and len(inner) > 1:
                ends = (0.5 * (low.max() + inner.min()), 0.5 * (inner.max() + high.min()))
                span = " and ".join(map(short_number, ends))
                text = f"{words[0]} for {name} between about {span}, {words[1]} outside"
                return Diagnosis("one side", None, text)
    return None


def _split(e: Evidence, side: Any, left: str, right: str, node: Any) -> Diagnosis | None:
    above = side > 0.0
    clear = side != 0.0
    for sign, other, agrees in ((">", "<", above), ("<", ">", ~above)):
        if np.array_equal(agrees[clear], e.is_right[clear]) and min(np.sum(e.is_right), np.sum(~e.is_right)) > 1:
            text = f"right for {left} {sign} {right}, wrong for {left} {other} {right}"
            return Diagnosis("one side", node, text)
    return None


def _unexplained(e: Evidence) -> Diagnosis:
    lines = ["no simple slip explains it"]
    wrong = [(r, c) for c in e.columns for r in range(len(e.seen)) if not e.is_right[r]]
    for r, c in wrong[:4]:
        where = point_text(e.names, e.points[r].tolist())
        yours, right = e.yours[r, c], e.right[r, c]
        ratio = f"ratio {short_number(yours / right + 0.0)}, " if right else ""
        entry = f"d/d{e.names[c]} at " if len(e.names) > 1 else "at "
        lines.append(
            f"{entry}{where}: yours {short_number(yours)}, right {short_number(right)}, "
            f"{ratio}difference {short_number(yours - right)}"
        )
    return Diagnosis("unexplained", None, "\n".join(lines))
