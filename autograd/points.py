"""The points of a check, as users write them: numbers, tuples, dicts by argument name, arrays, lists of these."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .engine.op import plain
from .errors import ArgumentError, OperandError

__all__ = ["argument_names", "by_name", "points_of", "variable_names"]

Function = Callable[..., Any]


def points_of(f: Function, at: Any) -> list[dict[str, float]]:
    """The points as dicts by argument name, in the order of f's arguments.

    Raises:
        ArgumentError: there is no point, or one does not fit f's arguments, or is not finite.

    Example:
        >>> points_of(lambda x, y: x * y, [(1.0, 2.0), {"y": 4.0, "x": 3.0}])
        [{'x': 1.0, 'y': 2.0}, {'x': 3.0, 'y': 4.0}]
    """
    several = isinstance(at, list | range) or (
        isinstance(at, np.ndarray) and (at.ndim > 1 or (at.ndim == 1 and len(_required(f)) == 1))
    )
    points = [_point(f, p) for p in (at if several else [at])]
    if not points or not all(points):
        raise ArgumentError("at needs at least one point, with one number for each variable")
    return points


def by_name(function: Function, point: Any, names: list[str]) -> Function:
    """A function of positional numbers that hands them on by name, where the point was given by name."""
    if not isinstance(point, dict):
        return function
    parameters = _parameters(function)
    kinds = {p.kind for p in parameters.values()}
    if inspect.Parameter.VAR_KEYWORD in kinds or set(names) <= set(parameters):
        return lambda *values: function(**dict(zip(names, values, strict=True)))
    return function


def argument_names(f: Function) -> list[str]:
    """The arguments that f names; none where it has no signature, as some built-in functions.

    Example:
        >>> argument_names(lambda x, *rest, y=1.0: x)
        ['x', 'y']
    """
    return [n for n, p in _parameters(f).items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def variable_names(arguments: list[str], count: int) -> list[str]:
    """How the first `count` arguments are called: by their own names if there are enough, else x or x1, x2, ...

    Example:
        >>> variable_names(["a", "b"], 1), variable_names([], 1), variable_names(["a"], 2)
        (['a'], ['x'], ['x1', 'x2'])
    """
    if count <= len(arguments):
        return arguments[:count]
    return ["x"] if count == 1 else [f"x{i}" for i in range(1, count + 1)]


def _parameters(f: Function) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(f).parameters)
    except (TypeError, ValueError):  # some built-in functions have no signature
        return {}


def _required(f: Function) -> list[str]:
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [n for n, p in _parameters(f).items() if p.kind in positional and p.default is p.empty] or ["x"]


def _point(f: Function, point: Any) -> dict[str, float]:
    named = argument_names(f)
    if isinstance(point, dict):
        parameters = _parameters(f)
        loose = any(p.kind is p.VAR_KEYWORD for p in parameters.values()) or not parameters
        unknown = [name for name in point if name not in named and not loose]
        if unknown:
            raise ArgumentError(f"f has no argument {unknown[0]!r}; it has {', '.join(named)}")
        names = [name for name in named if name in point] + [name for name in point if name not in named]
        values = [point[name] for name in names]
    else:
        values = point.tolist() if isinstance(point, np.ndarray) else point
        values = list(values) if isinstance(values, tuple | list) else [values]
        names = variable_names(named, len(values))
    try:
        numbers = [plain(v) for v in values]
    except OperandError as error:
        raise ArgumentError(f"a point holds one number for each variable of f: {error}") from None
    if not all(map(math.isfinite, numbers)):
        raise ArgumentError(f"a point is made of finite numbers, got {point!r}")
    return dict(zip(names, numbers, strict=True))
