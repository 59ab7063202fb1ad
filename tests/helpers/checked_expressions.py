"""Random expressions of one variable with a derivative from elsewhere: mpmath at 40 digits.

Used by the tests of the checker and by ``tests/benchmarks/checker.py``.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from mpmath import mp, mpc, mpf

import autograd as ag
from autograd import check_derivative

Tree = tuple[Any, ...]

FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sin": (math.sin, ag.sin, mp.sin),
    "cos": (math.cos, ag.cos, mp.cos),
    "exp": (math.exp, ag.exp, mp.exp),
    "tanh": (math.tanh, ag.tanh, mp.tanh),
    "log": (math.log, ag.log, mp.log),
    "sqrt": (math.sqrt, ag.sqrt, mp.sqrt),
    "atan": (math.atan, ag.atan, mp.atan),
    "square": (lambda v: v * v,) * 3,
    "reciprocal": (lambda v: 1 / v,) * 3,
}
PLAIN, ENGINE, EXACT = range(3)


class Case(NamedTuple):
    tree: Tree
    x: float
    slope: float


class Tally(NamedTuple):
    false_alarms: list[Case]
    misses: list[tuple[Case, float]]
    evaluations: int  # the most that a check needed


def random_tree(chance: random.Random, depth: int) -> Tree:
    if depth == 0 or chance.random() < 0.15:
        return ("x",) if chance.random() < 0.7 else ("c", round(chance.uniform(-3, 3), 2))
    if chance.random() < 0.5:
        return ("f", chance.choice(list(FUNCTIONS)), random_tree(chance, depth - 1))
    return ("op", chance.choice("+-*/"), random_tree(chance, depth - 1), random_tree(chance, depth - 1))


def value(tree: Tree, x: Any, kind: int) -> Any:
    if tree[0] == "x":
        return x
    if tree[0] == "c":
        return mpf(tree[1]) if kind == EXACT else tree[1]
    if tree[0] == "f":
        return FUNCTIONS[tree[1]][kind](value(tree[2], x, kind))
    a, b = value(tree[2], x, kind), value(tree[3], x, kind)
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[tree[1]]()


def cases(count: int, seed: int) -> Iterator[Case]:
    """Expressions that have a moderate value and slope at a random point."""
    chance = random.Random(seed)
    made = 0
    while made < count:
        tree, x = random_tree(chance, chance.randint(1, 5)), round(chance.uniform(-3, 3), 3)
        if "'x'" not in repr(tree):
            continue
        try:
            y = value(tree, x, PLAIN)
            with mp.workdps(40):
                slope = mp.diff(lambda z, t=tree: value(t, z, EXACT), mpf(x), h=mpf(10) ** -15)
        except (ArithmeticError, ValueError):
            continue
        if isinstance(slope, mpc) or not math.isfinite(y) or abs(y) > 1e6 or not 1e-8 < abs(slope) < 1e8:
            continue
        made += 1
        yield Case(tree, x, float(slope))


def tally(count: int, kind: int, seed: int = 0) -> Tally:
    """Check each expression once with its derivative and once with one that is off by 1e-7 to 1, relative."""
    chance = random.Random(seed + 1)
    false_alarms, misses, most = [], [], 0
    for case in cases(count, seed):

        def f(z: Any, tree: Tree = case.tree) -> Any:
            return value(tree, z, kind)

        report = check_derivative(f, lambda z, d=case.slope: d, at=case.x, diagnosed=False)
        most = max(most, report.evaluations)
        if report.verdict != "pass":
            false_alarms.append(case)
        off = chance.choice((-1, 1)) * 10 ** chance.uniform(-7, 0)
        wrong = case.slope * (1 + off)
        if check_derivative(f, lambda z, d=wrong: d, at=case.x, diagnosed=False).verdict == "pass":
            misses.append((case, off))
    return Tally(false_alarms, misses, most)
