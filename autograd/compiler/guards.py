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
    recorded: tuple[Any, Any]

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
                found[key] = Guard(left, relation, right, outcome, (_number(left), _number(right)))
    return list(found.values())


def checker(guards: Sequence[Guard], place_of: Mapping[Value, int]) -> Callable[..., None]:
    """A function of the array of all numbers that raises `BranchError` if a guard does not hold.

    Given the places of those that are known, too, it looks at the guards of these alone: where the graph fails, the
    function would not have come to what it compares after that.

    `place_of` says where in that array a node's number stands. All guards of one relation are checked at once. Of those
    that fail, the one that was made first is named: the function would not have come to the others.
    """
    by_relation: dict[Any, list[int]] = defaultdict(list)
    for i, guard in enumerate(guards):
        by_relation[guard.relation].append(i)
    groups = [_Together([guards[i] for i in order], order, place_of) for order in by_relation.values()]

    def check(numbers: NDArray[np.float64], known: NDArray[np.int64] | None = None) -> None:
        failing = [found for group in groups if (found := group.first_failing(numbers, known)) is not None]
        if failing:
            i, left, right = min(failing, key=operator.itemgetter(0))
            raise guards[i].error(left, right)

    return check


class _Together:
    """Guards of one relation."""

    def __init__(self, guards: list[Guard], order: list[int], place_of: Mapping[Value, int]) -> None:
        self._order = order
        self._relation = guards[0].relation
        self._left = _Column([guard.left for guard in guards], place_of)
        self._right = None if guards[0].right is None else _Column([guard.right for guard in guards], place_of)
        self._outcomes = np.array([guard.outcome for guard in guards])

    def first_failing(
        self, numbers: NDArray[np.float64], known: NDArray[np.int64] | None
    ) -> tuple[int, Any, Any] | None:
        """The place in recorded order of the first guard that fails, and its operands' numbers."""
        left = self._left.at(numbers)
        right: Any = 0.0 if self._right is None else self._right.at(numbers)
        relation = operator.ne if self._right is None else self._relation  # an array has no one truth
        with np.errstate(invalid="ignore"):
            failing = relation(left, right) != self._outcomes
        if known is not None:
            for column in (self._left, self._right):
                failing &= True if column is None else column.among(known)
        i = int(failing.argmax())
        if not failing[i]:
            return None
        return self._order[i], left[i], None if self._right is None else right[i]


class _Column:
    """The left or the right operands of many guards."""

    def __init__(self, operands: list[Any], place_of: Mapping[Value, int]) -> None:
        nodes = [i for i, x in enumerate(operands) if isinstance(x, Value)]
        self._places = np.array([place_of[operands[i]] for i in nodes], dtype=np.int64)
        self._nodes: Any = slice(None) if len(nodes) == len(operands) else np.array(nodes, dtype=np.int64)
        plain = [0.0 if isinstance(x, Value) else x for x in operands]
        # A whole number that no double holds is compared as Python does it, which objects do.
        self._numbers = np.array(plain, dtype=float if all(type(x) is float for x in plain) else object)

    def at(self, numbers: NDArray[np.float64]) -> NDArray[Any]:
        """Every operand's number."""
        self._numbers[self._nodes] = numbers.take(self._places)
        return self._numbers

    def among(self, known: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each operand is one of the known numbers; plain ones are."""
        found = np.ones(len(self._numbers), dtype=bool)
        found[self._nodes] = np.isin(self._places, known)
        return found


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


def _number(operand: Any) -> Any:
    return operand._data if isinstance(operand, Value) else operand


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
