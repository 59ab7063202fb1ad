"""Guards: what must hold at every replay for a compiled function to take the branches that were recorded.

A graph keeps no trace of the comparisons that shaped it. `guards_of` makes guards of those that were seen while it was
recorded, and `checker` checks thousands of them with a few calls of NumPy.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.messages import behind
from ..engine.modes import Comparison
from ..engine.ops import LITERAL
from ..engine.value import Value
from ..errors import BranchError, shown
from ..reading.formulas import made_by

__all__ = ["Guard", "checker", "guards_of"]

_SIGNS: dict[Any, str] = {operator.lt: "<", operator.le: "<=", operator.eq: "==", operator.gt: ">", operator.ge: ">="}
_SHOWN = 3  # operands of an unlabelled node that a message spells out


@dataclass(frozen=True, eq=False)
class Guard:
    """One comparison that a function made while it was recorded.

    The operands are nodes or plain numbers; `right` is None where the truth of `left` was asked for. `relation` is a
    function of the module `operator`: lt, le, eq, gt, ge or truth. `outcome` is how it came out, with the numbers
    `recorded` for the operands.
    """

    left: Any
    relation: Callable[..., Any]
    right: Any
    outcome: bool
    recorded: tuple[Any, ...]

    def holds(self, left: Any, right: Any = None) -> bool:
        """Whether the comparison comes out as it did, at these numbers of its operands."""
        found = self.relation(left) if self.right is None else self.relation(left, right)
        return bool(found) is self.outcome

    def error(self, left: Any, right: Any = None) -> BranchError:
        """What to raise where the guard does not hold, at these numbers of its operands."""
        was, now = ("true", "false") if self.outcome else ("false", "true")
        return BranchError(
            f"the function was recorded where {self._written(*map(_name, (self.left, self.right)))} was {was} "
            f"({self._written(*map(_digits, self.recorded))}); now it is {now} "
            f"({self._written(_digits(left), _digits(right))}), so the function would take another branch: compile it "
            "again at these numbers, or write the choice with relu, maximum, minimum or clip"
        )

    def _written(self, left: str, right: str) -> str:
        return f"bool({left})" if self.right is None else f"{left} {_SIGNS[self.relation]} {right}"


def guards_of(seen: Iterable[Comparison]) -> list[Guard]:
    """The guards of the comparisons that a function made, in order; the nodes still have the numbers of that time.

    What can never come out another way, a comparison of plain numbers, is dropped; so are repeats.
    """
    found: dict[Any, Guard] = {}
    for outcome, relation, *operands in seen:
        left, right = map(_operand, operands)
        if isinstance(left, Value) or isinstance(right, Value):
            key = relation, outcome, _key(left), _key(right)
            if key not in found:
                recorded = [x._data if isinstance(x, Value) else x for x in (left, right)]
                found[key] = Guard(left, relation, right, outcome, tuple(recorded))
    return list(found.values())


def checker(guards: Sequence[Guard], place_of: Mapping[Value, int]) -> Callable[..., None]:
    """A function of the array of all numbers that raises `BranchError` for the first guard that does not hold.

    Given the places of those that are known, too, it looks at the guards of these alone: where the graph fails, the
    function would not have come to what it compares after that. `place_of` says where in the array a node's number is.
    """
    by_relation: dict[Any, list[Guard]] = defaultdict(list)
    for guard in guards:
        by_relation[guard.relation].append(guard)
    groups = [_all_at_once(alike, place_of) for alike in by_relation.values()]

    def check(numbers: NDArray[np.float64], known: NDArray[np.int64] | None = None) -> None:
        if known is None and all(hold(numbers) for hold in groups):
            return
        for guard in guards:
            operands = guard.left, guard.right
            if known is not None and not np.isin([place_of[x] for x in operands if isinstance(x, Value)], known).all():
                continue
            left, right = [float(numbers[place_of[x]]) if isinstance(x, Value) else x for x in operands]
            if not guard.holds(left, right):
                raise guard.error(left, right)

    return check


def _all_at_once(guards: list[Guard], place_of: Mapping[Value, int]) -> Callable[[NDArray[np.float64]], bool]:
    """A function that tells whether guards of one relation all hold."""
    outcomes = np.array([guard.outcome for guard in guards])
    left, right = (_column([getattr(guard, side) for guard in guards], place_of) for side in ("left", "right"))
    of_one = guards[0].right is None  # whether it is true: an array has no one truth
    relation = operator.ne if of_one else guards[0].relation

    def hold(numbers: NDArray[np.float64]) -> bool:
        with np.errstate(invalid="ignore"):
            found = relation(left(numbers), 0.0 if of_one else right(numbers)) == outcomes
        return bool(found[found.argmin()])

    return hold


def _column(operands: list[Any], place_of: Mapping[Value, int]) -> Callable[[NDArray[np.float64]], NDArray[Any]]:
    """A function that gives the numbers of one side of many guards."""
    nodes = np.array([i for i, x in enumerate(operands) if isinstance(x, Value)], dtype=np.int64)
    places = np.array([place_of[operands[i]] for i in nodes.tolist()], dtype=np.int64)
    if len(nodes) == len(operands):
        return lambda numbers: numbers.take(places)
    plain = [0.0 if isinstance(x, Value) else x for x in operands]
    # A whole number that no double holds is compared as Python does it, which objects do.
    column = np.array(plain, dtype=float if all(type(x) is float for x in plain) else object)

    def at(numbers: NDArray[np.float64]) -> NDArray[Any]:
        column[nodes] = numbers.take(places)
        return column

    return at


def _operand(x: Any) -> Any:
    """A node as it is; a plain number as a float, if a float holds it exactly; or None."""
    if isinstance(x, Value):
        x = behind(x)
        return x._data if x._row is LITERAL else x
    if x is None or type(x) is float:
        return x
    try:
        return float(x) if float(x) == x or x != x else x
    except OverflowError:
        return x


def _key(operand: Any) -> Any:
    """What tells operands apart: nodes by identity, where == would compare their numbers."""
    return ("node", id(operand)) if isinstance(operand, Value) else operand


def _name(operand: Any) -> str:
    """How a message calls an operand: its label; else how it was made of what has one."""
    if not isinstance(operand, Value):
        return _digits(operand)
    if operand._label:
        return shown(operand._label)
    if not operand.parents:
        return "a leaf without a label"
    names = [_part(parent) for parent in operand.parents[:_SHOWN]]
    return made_by(operand._row, names if len(operand.parents) <= _SHOWN else [*names, "..."])


def _part(operand: Value) -> str:
    if operand._label:
        return shown(operand._label)
    return _digits(operand._data) if operand._row is LITERAL else "..."


def _digits(x: Any) -> str:
    """A number with all its digits: two that differ in the last one look different."""
    text = repr(float(x)) if isinstance(x, float) else str(x)
    return text.removesuffix(".0")
