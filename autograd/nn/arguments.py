"""Checks of single arguments, which layers, optimisers, schedulers and data sets share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import numpy as np

from ..engine.op import number
from ..errors import ArgumentError

__all__ = ["at_least", "flag", "meant", "share", "whole"]


def whole(name: str, x: Any, low: int = 1) -> int:
    """A whole number that is at least `low`."""
    if isinstance(x, bool) or not isinstance(x, int | np.integer) or x < low:
        raise ArgumentError(f"{name} is a whole number, at least {low}, got {x!r}")
    return int(x)


def at_least(name: str, x: Any, low: float = 0.0, below: float = math.inf) -> float:
    """A finite number from `low` on and below `below`, as a float."""
    value = number(x)
    if not (math.isfinite(value) and low <= value < below):
        upper = "" if below == math.inf else f" and below {below:g}"
        lower = "finite" if low == -math.inf else f"finite, at least {low:g}{upper}"
        raise ArgumentError(f"{name} is {value!r}; it must be {lower}")
    return value


def share(name: str, x: Any) -> float:
    """A number from 0 to 1, as a float."""
    value = number(x)
    if not 0.0 <= value <= 1.0:
        raise ArgumentError(f"{name} is {value!r}; it must lie between 0 and 1")
    return value


def meant(name: Any, known: Iterable[str]) -> str:
    """What a misspelt name may have been, as a question with a space behind it; "" if nothing comes near."""
    near = get_close_matches(str(name), known, 1)
    return f"did you mean {near[0]!r}? " if near else ""


def flag(name: str, x: Any) -> bool:
    """True or False, and nothing that only looks like it."""
    if not isinstance(x, bool | np.bool_):
        raise ArgumentError(f"{name} is {x!r}; it must be True or False")
    return bool(x)
