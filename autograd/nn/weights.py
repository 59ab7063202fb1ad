"""First values: which numbers the weights of a new layer hold."""

from __future__ import annotations

import difflib
import math
import random
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from .. import init as schemes
from ..errors import ArgumentError, ShapeError

__all__ = ["Draws", "fill", "linear_bound", "source"]

_BY_NAME: dict[str, Callable[..., Any]] = {
    name: getattr(schemes, name)
    for name in ("xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "normal", "zeros", "ones")
}
_WITHOUT_CHANCE = ("zeros", "ones")


class Draws(Protocol):
    """Where random numbers come from: the module `random`, or a generator of its own."""

    def uniform(self, a: float, b: float) -> float: ...
    def getrandbits(self, k: int) -> int: ...


def source(seed: int | None) -> Draws:
    """A generator of its own for a seed, the same on every machine; without one Python's global `random`.

    Example:
        >>> source(1).uniform(-1, 1) == source(1).uniform(-1, 1)
        True
    """
    if seed is None:
        return random
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool):
        raise ArgumentError(f"a seed is a whole number or None, got {seed!r}")
    return random.Random(int(seed))


def linear_bound(fan_in: int) -> float:
    """The bound of a new `Linear`'s weights and biases: Kaiming's for a = sqrt(5), which is 1 / sqrt(fan_in).

    Example:
        >>> linear_bound(4)
        0.5
    """
    return 1.0 / math.sqrt(fan_in)


def is_default(scheme: Any) -> bool:
    """Whether each weight is drawn as its neuron is made, evenly from -1 to 1.

    Raises:
        ArgumentError: `scheme` is neither a known name nor a function.
    """
    if isinstance(scheme, str) and scheme == "uniform":
        return True
    if isinstance(scheme, str) and scheme not in _BY_NAME:
        nearest = difflib.get_close_matches(scheme.rstrip("_").lower(), _BY_NAME, 1)
        hint = f"did you mean {nearest[0]!r}? " if nearest else ""
        raise ArgumentError(f"there is no initialisation {scheme!r}; {hint}There are uniform, {', '.join(_BY_NAME)}")
    if not isinstance(scheme, str) and not callable(scheme):
        raise ArgumentError(f"init is a name or a function of the weight array, got {scheme!r}")
    return False


def fill(weight: Any, scheme: Any, draws: Draws) -> None:
    """Give the weights of a layer their first values.

    Args:
        weight: an array of Values of shape (outputs, inputs).
        scheme: a name in `autograd.init`, or a function that fills the array it is given, or returns the numbers.
        draws: chooses the numbers; a function has its own chance.

    Raises:
        ShapeError: a function returns numbers of another shape.
    """
    if isinstance(scheme, str):
        _BY_NAME[scheme](weight, **({} if scheme in _WITHOUT_CHANCE else {"rng": draws.getrandbits(63)}))
        return
    returned = scheme(weight)
    if returned is None or returned is weight:
        return
    numbers = np.asarray(returned, dtype=float)
    if numbers.shape != weight.shape:
        raise ShapeError(f"init returned numbers of shape {numbers.shape} for weights of shape {weight.shape}")
    for v, number in zip(weight.ravel().tolist(), numbers.ravel().tolist(), strict=True):
        v.data = number
