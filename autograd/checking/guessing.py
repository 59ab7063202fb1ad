"""A reader's guess at one gradient, before it is shown: right or not, and what went wrong.

Whether it is right is for `check.py` to say, which holds it against the recorded graph, computed again as a function
of the one node. What went wrong is found among the slips that a diagnosis knows, but a single number says far less than
a derivative at many points: any constant and any function in a table could be made to fit it. So those are not tried,
and where several slips give the number, all of them are found.
"""

from __future__ import annotations

import itertools
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import partial as later
from typing import Any

import numpy as np

from ..engine import graph, ops
from ..engine.op import number
from ..engine.value import Value
from ..errors import ArgumentError, GradientWarning, OperandError
from ..functions.trees import flatten
from ..reading.names import Names, is_plain_number, short_number
from ..reading.paths import Path, count_paths, path_products, replayed
from . import slips
from .check import Entry, check_derivative
from .evidence import Evidence, Guess, slip
from .points import Observation, Point

__all__ = ["GuessVerdict", "judge_guess"]

_RTOL = 1e-8
_EXACTLY = 1e-9  # how far off a slip's number may be, relative to the guess, if that is not a rounded number


@dataclass(frozen=True)
class GuessVerdict:
    """A guess at a gradient, judged."""

    right: bool
    guess: float
    truth: float
    text: str
    kind: str

    def __str__(self) -> str:
        return self.text


def judge_guess(root: Any, node: Any, guess: float, *, typed: str | None = None, reveal: bool = False) -> GuessVerdict:
    """Judge a guess at d root / d node."""
    for what in (root, node):
        if not isinstance(what, Value):
            raise OperandError(f"a gradient is that of one Value by another, got {type(what).__name__}")
    guess = number(guess)
    if not math.isfinite(guess):
        raise ArgumentError(f"a guess is a finite number, got {guess!r}")
    digits = _digits(guess, typed)
    order = graph.topological_order(root)
    names: Mapping[Any, str] = Names(order)
    if node not in names:
        names = Names([*order, node])
    if graph.is_constant(node):
        return GuessVerdict(guess == 0.0, guess, 0.0, f"no gradient flows to {names[node]}, a constant", "constant")
    if not math.isfinite(node._data):
        raise ArgumentError(f"{names[node]} is {node._data!r}: there is no slope to guess there")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GradientWarning)
        gradients = graph.adjoints(order, {root: 1.0})
        truth = gradients.get(node, 0.0)
        checked = check_derivative(replayed(root, node), lambda x: guess, at=node._data, rtol=_RTOL, diagnosed=False)
    entry = checked.entries[0]
    what = fraction(names[root], names[node])
    if praise := _praise(entry, guess, truth, digits, what):
        return GuessVerdict(True, guess, truth, praise, "right")
    kind, slip = "unexplained", ""
    if math.isfinite(truth):
        slack = _EXACTLY * max(abs(guess), abs(truth))
        kind, slip = _slip(Case(order, node, names, gradients, guess, slack), digits)
    text = f"{typed.strip() if typed else short_number(guess)} is not {what}{_hidden(slip, truth)}"
    if entry.verdict == "undefined":
        text += f" ({entry.note}, and backward takes a convention)"
    return GuessVerdict(False, guess, truth, text + f"; it is {short_number(truth)}" * reveal, kind)


def _praise(entry: Entry, guess: float, truth: float, digits: Decimal | None, what: str) -> str:
    """What to say of a guess that is right; nothing if it is not."""
    told = f"{what} = {short_number(truth)}"
    backwards = math.isfinite(truth) and abs(guess - truth) <= _RTOL * max(abs(guess), abs(truth))
    numeric = entry.numeric
    if entry.note.startswith("a kink:"):
        ends = (numeric.left.slope, numeric.right.slope, truth)
        if backwards or entry.verdict == "pass" or any(_rounds_to(end, digits) for end in ends):
            return f"right: {entry.note}, and backward takes {short_number(truth)}"
    elif backwards and entry.verdict == "undefined":
        return f"right by backward's convention: {told}; there is no derivative, for {entry.note}"
    elif backwards or (entry.verdict == "pass" and abs(guess - truth) <= entry.tolerance):
        return f"right: {told}"
    elif entry.verdict == "pass":
        return f"right by the function's values; backward gives {told} here, where kinks or rounding part the two"
    elif _rounds_to(truth, digits):
        return f"right to the digits you typed: {told}"
    return ""


def _slip(case: Case, digits: Decimal | None) -> tuple[str, str]:
    """The kind of the slip that gives the guess, or gives it when rounded; and the end of the sentence."""
    found = explanations(case)
    if not found and digits is not None and len(digits.as_tuple().digits) > 1:
        unit = 10.0 ** int(digits.as_tuple().exponent)
        found = explanations(replace(case, slack=0.5 * unit))
    if not found:
        return "unexplained", ", and no single slip explains it"
    texts = [slip.text() for slip in found[:2]]
    return found[0].kind, f": {texts[0]}" if len(texts) == 1 else f": perhaps {texts[0]}, or {texts[1]}"


def _hidden(text: str, truth: float) -> str:
    """A sentence without the numbers in it that are the truth."""

    def shorter(found: re.Match[str]) -> str:
        return "" if found[1] == short_number(truth) else found[0]

    return re.sub(r" = (-?[0-9.]+(?:e[+-][0-9]+)?)(?: here)?(?=[ ,:;)]|$)", shorter, text)


def _digits(guess: float, typed: str | None) -> Decimal | None:
    """The number that was typed, with as many digits as were typed; None if it was none, as 1/3."""
    try:
        digits = Decimal(typed or "")
    except InvalidOperation:
        return None
    if not digits.is_finite() or float(digits) != guess:
        raise ArgumentError(f"the guess is {guess!r}, but {typed} was typed")
    return digits


def _rounds_to(x: float, digits: Decimal | None) -> bool:
    """Whether x is what was typed, a decimal of two digits or more, when it is rounded to as many digits."""
    if digits is None or not digits or not math.isfinite(x):
        return False
    count = len(digits.as_tuple().digits)
    if count < 2 or int(digits.as_tuple().exponent) >= 0:
        return False  # "2" means 2, not anything from 1.5 to 2.5
    return any(Context(count, way).create_decimal_from_float(x) == digits for way in (ROUND_HALF_UP, ROUND_HALF_EVEN))


# --- where a wrong number may come from -------------------------------------------------------------------------------

_MOST_PATHS = 64
_MOST_STEPS = 2_000  # on all paths together


@dataclass(frozen=True)
class Case:
    """A wrong number, and the graph that it was guessed from."""

    order: Sequence[Any]
    node: Any
    names: Mapping[Any, str]
    gradients: Mapping[Any, float]
    guess: float
    slack: float

    @property
    def right(self) -> float:
        """The gradient."""
        return self.gradients.get(self.node, 0.0)

    def evidence(self) -> Evidence:
        """The one observation, laid out as the guesses at derivatives want it."""
        numbers = (self.node._data,)
        point = Point(numbers, flatten(numbers)[1], (self.names[self.node],), False)
        seen = Observation(point, (self.guess,), (self.right,), (0.0,), tuple(self.order), (self.node,))
        e = Evidence([seen], merged=False)
        e.slack = np.array([[self.slack]])
        return e

    def paths(self) -> list[Path]:
        """All ways from the root to the node; none if there are too many to be told apart."""
        root = self.order[-1]
        if count_paths(root, self.node) > _MOST_PATHS:
            return []
        found = path_products(root, self.node, _MOST_PATHS)
        return found if sum(len(path.nodes) for path in found) <= _MOST_STEPS else []

    def slip(self, kind: str, number: float, node: Any, text: str) -> Guess:
        """A guess that gives this number."""
        return slip(kind, np.array([[number - self.right]]), "{text}", node, text=text)


def explanations(case: Case) -> list[Guess]:
    """The slips that give the number: those of the first group, from likely to unlikely, in which there are any."""
    with np.errstate(all="ignore"):
        e = case.evidence()
        paths = case.paths()
        for group in (_likely(case, e, paths), _less_likely(case, e)):
            if found := _distinct(guess for guess in group if e.explains(guess.change)[0]):
                return found
        first = (next((g for g in tier(e) if e.explains(g.change)[0]), None) for tier in _OF_DERIVATIVES)
        return _distinct(guess for guess in first if guess is not None)


# The guesses at whole derivatives that a number can bear out; of each only the first that fits is told.
_OF_DERIVATIVES: tuple[slips.Tier, ...] = (
    slips.degrees,
    slips.left_out,
    slips.sign_of_a_part,
    slips.left_out_factor,
    slips.wrong_place,
    slips.wrong_rule,
    later(slips.wrong_place, powers=True),
    slips.swapped_operands,
    slips.single_path,
)


def _distinct(guesses: Iterator[Guess]) -> list[Guess]:
    return list({guess.text(): guess for guess in guesses}.values())


def _likely(case: Case, e: Evidence, paths: list[Path]) -> Iterator[Guess]:
    """What is forgotten or mixed up at first sight, the likeliest first."""
    yield from slips.sign_of_the_whole(e)
    yield from _forgotten_paths(case, paths)
    # what a mean divides by has a sentence of its own
    yield from (g for g in _factors(case, e, twice=False, on_every_path=True) if g.node._row is not ops.MEAN)
    yield from _local_derivative(case, e)
    yield from slips.mean_for_sum(e)
    yield from _another_gradient(case)
    text = f"that is the value of {case.names[case.node]}, not its gradient"
    yield case.slip("value", case.node._data, case.node, text)
    yield from _factors(case, e, twice=True, on_every_path=True)


def _less_likely(case: Case, e: Evidence) -> Iterator[Guess]:
    """The chain not followed to its end, and factors on some of the paths only."""
    yield from _stopped(case)
    yield from _factors(case, e, twice=False, on_every_path=False)
    yield from _factors(case, e, twice=True, on_every_path=False)
    value = case.node._data
    text = f"a factor too much: {case.names[case.node]} = {short_number(value)}"
    yield case.slip("extra factor", case.right * value, case.node, text)


# --- paths ------------------------------------------------------------------------------------------------------------


def _forgotten_paths(case: Case, paths: list[Path]) -> Iterator[Guess]:
    """Paths that were left out, or the only ones that were taken."""
    if not paths:
        return
    ways = _told_apart(case, paths)
    every = frozenset(range(len(paths)))
    yield case.slip("missing path", 0.0, case.order[-1], f"you forgot {_all_of(case, paths)}")
    for places, (node, text) in ways.items():
        taken = sum(paths[i].product for i in places)
        yield case.slip("missing path", case.right - taken, node, f"you forgot {text}")
        if every - places not in ways:
            rest = f"you took only {text}; there are {len(paths)} paths"
            yield case.slip("missing path", taken, node, rest)


def _all_of(case: Case, paths: list[Path]) -> str:
    if len(paths) > 1:
        return "both paths" if len(paths) == 2 else f"all {len(paths)} paths"
    inner = paths[0].nodes[1:-1]
    through = f" through {case.names[inner[-1]]}" if inner else ""
    return f"the path from {case.names[case.order[-1]]} to {case.names[case.node]}{through}"


def _told_apart(case: Case, paths: list[Path]) -> dict[frozenset[int], tuple[Any, str]]:
    """Groups of paths that a reader can name: by a node that these go through and the others do not."""
    through: dict[Any, list[int]] = {}
    for i, path in enumerate(paths):
        for node in reversed(path.nodes[1:-1]):
            through.setdefault(node, []).append(i)
    ways: dict[frozenset[int], tuple[Any, str]] = {}
    for node, places in through.items():
        if len(places) < len(paths):
            how_many = "the path" if len(places) == 1 else f"the {len(places)} paths"
            ways.setdefault(frozenset(places), (node, f"{how_many} through {case.names[node]}"))
    for i, path in enumerate(paths if len(paths) > 1 else []):
        ways.setdefault(frozenset([i]), (path.nodes[-2], _whole_path(case, path)))
    return ways


def _whole_path(case: Case, path: Path) -> str:
    pairs = itertools.pairwise(path.nodes)
    twice = next(((n, p) for n, p in pairs if sum(other is p for other in n.parents) > 1), None)  # values may be equal
    if twice is not None:
        return f"one of the times that {case.names[twice[1]]} goes into {case.names[twice[0]]}"
    names = [case.names[node] for node in path.nodes]
    if len(names) == 2:
        return f"the direct path from {names[0]} to {names[1]}"
    return f"the path {', '.join(names[:6])}{', ...' if len(names) > 6 else ''}"


# --- factors ----------------------------------------------------------------------------------------------------------


def fraction(above: str, below: str) -> str:
    """The derivative of one name by another."""
    first, second = (f"({name})" if " " in name else name for name in (above, below))
    return f"d{first}/d{second}"


def _factors(case: Case, e: Evidence, twice: bool, on_every_path: bool) -> Iterator[Guess]:
    """Each local derivative left out, or squared, of those that lie on every path or of the others."""
    for edge in e.edges:
        partial, through = float(edge.partial[0, 0]), float(edge.through[0, 0])
        if math.isclose(through, case.right, rel_tol=1e-9) is not on_every_path:
            continue
        local = f"{fraction(case.names[edge.node], case.names[edge.inner])} = {short_number(partial)}"
        if twice:
            number = case.right + through * (partial - 1.0)
            yield case.slip("extra factor", number, edge.node, f"{local} stands there twice")
        else:
            number = case.right - through + float((edge.above * edge.below)[0, 0])
            yield case.slip("missing factor", number, edge.node, f"you left out {local}")


def _local_derivative(case: Case, e: Evidence) -> Iterator[Guess]:
    """A local derivative by the node alone, without the factors that lie between it and the root."""
    root = case.names[case.order[-1]]
    from_root = {edge.p for edge in e.edges if edge.node is case.order[-1]}
    for edge in e.edges:
        name = case.names[edge.node]
        # by the root's own operand a factor left out says the same
        if edge.inner is case.node and edge.node is not case.order[-1] and edge.i not in from_root:
            local = fraction(name, case.names[case.node])
            text = f"that is only the local derivative {local}, not times {fraction(root, name)}"
            yield case.slip("missing factor", float(edge.partial[0, 0]), edge.node, text)


# --- other gradients --------------------------------------------------------------------------------------------------


def _another_gradient(case: Case) -> Iterator[Guess]:
    """The gradient of another leaf, or of another node with a label, that is not on the way."""
    on_the_way = set(graph.dependents(case.order[-1], [case.node]))
    others = [
        node
        for node, gradient in case.gradients.items()
        if node not in on_the_way
        and node is not case.node
        and (node._label or not node.parents)
        and not is_plain_number(node)
        and gradient != 0.0
        and abs(gradient - case.guess) <= case.slack
    ]
    if len(others) <= 2:  # a number that many share is nobody's in particular
        for node in others:
            yield case.slip("another node", case.gradients[node], node, f"that is the gradient of {case.names[node]}")


def _stopped(case: Case) -> Iterator[Guess]:
    """The gradient of a node on the way, the one that is nearest to the end."""
    for node in graph.dependents(case.order[-1], [case.node]):
        gradient = case.gradients.get(node, 0.0)
        if node is not case.node and abs(gradient - case.guess) <= case.slack:
            text = f"that is the gradient of {case.names[node]}: go on from there to {case.names[case.node]}"
            yield case.slip("missing factor", gradient, node, text)
            return
