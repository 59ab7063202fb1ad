"""What is wrong with a derivative derived by hand: the one slip that explains it at every point.

Guesses come from the graph of the function and are tested at the points given and at some more near them. What no
guess can say is added here: right on one side and wrong on the other, and no number at all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..reading.formulas import name_of, point_text
from ..reading.names import short_number
from . import rare_slips, slips
from .evidence import Evidence, Guess
from .points import Known, NotANumberError, Observation, Point, Problem, near, structured_points

__all__ = ["KINDS", "Diagnosis", "diagnose"]

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


def diagnose(
    f: Callable[..., Any], derivative: Callable[..., Any], at: Any, *, known: Known | None = None
) -> Diagnosis | None:
    """Name the slip in a derivative derived by hand.

    By the chain rule df/dx is the sum over all paths from x to f of the product of the local derivatives along each;
    a slip leaves out, repeats, turns round or replaces one of these.

    Args:
        f: a function of one or several numbers, written with this package's functions, operators, NumPy or `math`.
        derivative: takes the same arguments; returns a number for one variable, and for several a tuple, list or
            array with one entry for each, or a dict by argument name.
        at: a number, a tuple (one point of several variables), a dict by argument name, or a list of such points.
        known: slopes of f that have been measured already.

    Returns:
        None if the derivative is right at all these points, else what is wrong with it. A slip is named only if it
        explains every point and some more near them; otherwise the kind is "unexplained".

    Raises:
        ArgumentError: `at` is an empty list.

    Example:
        >>> import math
        >>> from autograd import sin
        >>> diagnose(lambda x: sin(x**2), lambda x: math.cos(x**2), at=[0.75, 1.0])
        Diagnosis(kind='missing factor', node=Value(0.5625), text='you left out d(x^2)/dx = 2x')
        >>> diagnose(lambda x: sin(x**2), lambda x: 2 * x * math.cos(x**2), at=[0.7, 1.0]) is None
        True
    """
    problem = Problem(f, derivative, known)
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


# The order of the tiers is the ranking: a guess that fits hides all later ones. So where two descriptions give the very
# same numbers, the more likely one has to come first.
_TIERS: tuple[Callable[[Evidence], Iterator[Guess]], ...] = (
    # The whole. Minus the derivative is "sign" and not the constant -1, even where (1, -1) for (-1, 1) might be two
    # entries swapped.
    slips.sign_of_the_whole,
    slips.degrees,
    slips.transposed,
    slips.swapped_entries,
    slips.mean_for_sum,
    # Something left out: one of several ways from a variable to the root, then the sign of one of them, then the only
    # way, then a factor. What is lost at a sum is a "dropped term", elsewhere a "missing path". A local derivative is a
    # "missing factor" whether it varies or not: forgetting d(3x)/dx = 3 is not the constant 1/3. Where a term left out
    # leaves an inner derivative of 1, as in sin(x + x^2), the inner derivative is the one left out.
    slips.left_out_way,
    slips.sign_of_a_part,
    slips.left_out_term,
    slips.left_out_part,
    slips.left_out_factor,
    # A wrong rule. Powers taken at the wrong place often differ by a constant only, so a simple constant goes first.
    slips.wrong_place,
    slips.wrong_rule,
    slips.counted_twice,
    slips.simple_constant,
    slips.wrong_place_of_a_power,
    slips.any_constant,
    # Anything else that one slip can do.
    rare_slips.swapped_operands,
    rare_slips.factor_of_any_node,
    rare_slips.textbook_function,
    rare_slips.factor_of_the_variables,
    rare_slips.single_path,
)

# A kink's slope left out also leaves one side right, and that says more.
_YIELD_TO_SIDES = ("missing factor", "extra factor", "wrong function", "wrong point", "swapped")

_ENOUGH = 10  # observations near the points given
_FEWEST = 4  # with fewer observations, chance may explain them


def _named(problem: Problem, seen: list[Observation]) -> Diagnosis:
    every = seen + _look(problem, _spread(seen))
    e = Evidence(every)
    if len(every) < _FEWEST:
        return _unexplained(e)
    if not e.is_right.any():
        mirrored = _mirrored(problem, seen)
        if mirrored:
            e = Evidence([*every, *mirrored])
    found = _search(e) or _entry_by_entry(e)
    if (found is None or found.kind in _YIELD_TO_SIDES) and e.is_right.any():
        found = _one_side(e) or found
    return found or _unexplained(e)


def _spread(seen: Sequence[Observation]) -> list[Point]:
    """Points near those that are wrong first, and near the others."""
    wrong = [s.point for s in seen if not s.is_right][:3]
    right = [s.point for s in seen if s.is_right][:2]
    found = [p for point in wrong for p in near(point, _ENOUGH // len(wrong) + 1)]
    return found + [p for point in right for p in near(point, 3)]


def _look(problem: Problem, points: list[Point]) -> list[Observation]:
    found = []
    for point in points:
        with contextlib.suppress(NotANumberError):
            found.append(problem.observe(point))
    return [seen for seen in found if seen is not None]


def _mirrored(problem: Problem, seen: Sequence[Observation]) -> list[Observation]:
    """Observations on the other side of 0, if the derivative is right everywhere there."""
    points = [p for s in seen[:2] for p in (s.point, *near(s.point, 3))]
    for i in range(min(len(seen[0].point.numbers), 6)):
        turned = [
            p._replace(numbers=(*p.numbers[:i], -p.numbers[i], *p.numbers[i + 1 :])) for p in points if p.numbers[i]
        ]
        found = _look(problem, turned)
        if len(found) > 2 and all(o.is_right for o in found):
            return found
    return []


def _search(e: Evidence, wanted: Any = None) -> Diagnosis | None:
    """The first guess that fits; one that fits all entries goes before one that is made in the wrong entries only."""
    for tier in _TIERS:
        partly = None
        for guess in tier(e):
            everywhere, here = e.explains(guess.change)
            if everywhere:
                return Diagnosis(guess.kind, guess.node, guess.text())
            if here and partly is None and not guess.everywhere:
                partly = guess
        if partly is not None:
            return _in_entries(e, partly)
    return None


def _in_entries(e: Evidence, guess: Guess) -> Diagnosis:
    names = [e.names[c] for c in e.columns]
    entries = f"entry for {names[0]}" if len(names) == 1 else f"entries for {', '.join(names)}"
    return Diagnosis(guess.kind, guess.node, f"in the {entries}: {guess.text()}")


def _entry_by_entry(e: Evidence) -> Diagnosis | None:
    """The same kind of slip in several entries, each with its own sentence."""
    if not 2 <= len(e.columns) <= 8:
        return None
    columns, found = e.columns, []
    try:
        for c in columns:
            e.columns = np.array([c])
            found.append(_search(e))
    finally:
        e.columns = columns
    if any(d is None for d in found) or len({d.kind for d in found if d}) > 1:
        return None
    texts = [d.text for d in found if d]
    assert found[0] is not None
    return Diagnosis(found[0].kind, found[0].node, "; ".join(texts))


def _one_side(e: Evidence) -> Diagnosis | None:
    """Right on one side of a kink or of a number, wrong on the other."""
    for i, node in enumerate(e.order):
        if node._row.kink and node.parents and e.same.all():
            first = e.value[e.parents[i][0]]
            second = e.value[e.parents[i][1]] if len(node.parents) == 2 else np.zeros(len(first))
            names = (name_of(node.parents[0]), name_of(node.parents[1]) if len(node.parents) == 2 else "0")
            if found := _split(e, first - second, *names, node):
                return found
    for c, name in enumerate(e.names):
        if found := _split(e, e.points[:, c], name, "0", None):
            return found
    for c, name in enumerate(e.names):
        x = e.points[:, c]
        right, wrong = x[e.is_right], x[~e.is_right]
        if min(len(right), len(wrong)) > 1 and (right.max() < wrong.min() or wrong.max() < right.min()):
            edge = 0.5 * (max(right.min(), wrong.min()) + min(right.max(), wrong.max()))
            return _split(e, x - edge, name, f"about {short_number(edge)}", None)
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
        ratio = f"ratio {short_number(yours / right)}, " if right else ""
        entry = f"d/d{e.names[c]} at " if len(e.names) > 1 else "at "
        lines.append(
            f"{entry}{where}: yours {short_number(yours)}, right {short_number(right)}, "
            f"{ratio}difference {short_number(yours - right)}"
        )
    return Diagnosis("unexplained", None, "\n".join(lines))
