"""What an optimiser is given: the parameters that it may change, and numbers that make sense."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..engine.graph import is_constant, name_of
from ..engine.op import number
from ..engine.value import Value
from ..errors import ArgumentError, OperandError

__all__ = ["at_least", "flag", "same_names", "trainable", "whole"]


def trainable(params: Any, who: str) -> list[Value]:
    """The parameters as a flat list, each a leaf that is trained, none twice.

    Args:
        params: an iterable of Values and of arrays of Values.
        who: who asks, for the messages.

    Raises:
        OperandError: something is not a Value (a TypeError).
        ArgumentError: a constant, the result of an operation, or a parameter that comes twice.
    """
    if isinstance(params, Value) or not isinstance(params, Iterable) or isinstance(params, str | bytes | dict):
        hint = f"; write {who}([w], ...)" if isinstance(params, Value) else ", such as model.parameters()"
        raise OperandError(f"{who} takes a list of Values, got a {type(params).__name__}{hint}")
    found: list[Value] = []
    for i, p in enumerate(params):
        members = p.ravel().tolist() if isinstance(p, np.ndarray) else [p]
        for member in members:
            if not isinstance(member, Value):
                raise OperandError(
                    f"{who}: parameter {i} is a {type(member).__name__}, not a Value; "
                    "pass model.parameters(), or Values such as Value(0.5, 'w')"
                )
        found += members
    _check_leaves(found, who)
    return found


def _check_leaves(found: list[Value], who: str) -> None:
    seen: dict[Value, int] = {}
    for i, p in enumerate(found):
        if is_constant(p):
            raise ArgumentError(
                f"{who}: parameter {i}, {name_of(p)}, is a constant and is never trained; make it with Value(x, label)"
            )
        if p.op:
            raise ArgumentError(
                f"{who}: parameter {i}, {name_of(p)}, is the result of an operation, and the next forward pass "
                "computes it anew; pass the leaves that it is made of"
            )
        if p in seen:
            raise ArgumentError(
                f"{who}: parameters {seen[p]} and {i} are the same Value, {name_of(p)}, "
                "which would be changed twice in a step; pass it once"
            )
        seen[p] = i


def at_least(name: str, x: Any, low: float = 0.0, below: float = math.inf) -> float:
    """A finite number with low <= x < below, as a float.

    Raises:
        OperandError: not a number.
        ArgumentError: outside the range, infinite or NaN.
    """
    value = number(x)
    if not (math.isfinite(value) and low <= value < below):
        upper = "" if below == math.inf else f" and below {below:g}"
        lower = "finite" if low == -math.inf else f"finite, at least {low:g}{upper}"
        raise ArgumentError(f"{name} is {value!r}; it must be {lower}")
    return value


def whole(name: str, x: Any, low: int) -> int:
    """A whole number that is at least `low`."""
    if isinstance(x, bool | np.bool_) or not isinstance(x, int | np.integer) or x < low:
        raise ArgumentError(f"{name} is {x!r}; it must be a whole number, at least {low}")
    return int(x)


def flag(name: str, x: Any) -> bool:
    """True or False, and nothing that only looks like it."""
    if not isinstance(x, bool | np.bool_):
        raise ArgumentError(f"{name} is {x!r}; it must be True or False")
    return bool(x)


def same_names(got: set[str], expected: set[str], who: str) -> None:
    """Refuse a state that lacks a name or has one too many."""
    missing, unknown = sorted(expected - got), sorted(got - expected)
    if missing or unknown:
        wrong = [f"without {', '.join(missing)}"] * bool(missing) + [f"with {', '.join(unknown)}"] * bool(unknown)
        raise ArgumentError(f"{who} cannot go on from a state {' and '.join(wrong)}")
