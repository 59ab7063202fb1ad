"""What users hand to a program, looked at before it is used: numbers, leaves, optimisers, steps, namespaces."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..engine.value import Value
from ..errors import ArgumentError, OperandError, ShapeError
from .passes.arrays import Floats

__all__ = ["blocks_of", "functions_of", "namespace", "no_leaf", "numbers_of", "parameters_of", "steps_of"]


def numbers_of(numbers: Any) -> Floats:
    """Numbers as an array of floats.

    Raises:
        OperandError: there is something among them that is no real number.
        ShapeError: the rows have different lengths.

    Example:
        >>> numbers_of([1, 2.5]).tolist()
        [1.0, 2.5]
    """
    try:
        array = np.asarray(numbers)
    except ValueError:
        raise ShapeError("the numbers make no array: their rows have different lengths") from None
    if array.dtype.kind not in "biufO":
        raise OperandError(
            f"expected real numbers, got {array.dtype.type.__name__}; convert them with float(...) first"
        )
    if array.dtype.kind == "O" and any(x is None for x in array.ravel().tolist()):  # NumPy would make it nan
        raise OperandError("expected real numbers, got None")
    return array.astype(float, copy=False)


def parameters_of(optimizer: Any) -> Sequence[Value]:
    """The parameters of an optimiser.

    Raises:
        OperandError: it is none.
    """
    if not hasattr(optimizer, "prepare_update"):
        kind = type(optimizer).__name__
        raise OperandError(f"run takes an optimiser, as optim.SGD(net.parameters(), lr=0.1), got {kind}")
    parameters: Sequence[Value] = optimizer.parameters
    return parameters


def steps_of(steps: Any) -> int:
    """A number of steps.

    Raises:
        OperandError: it is no whole number.
        ArgumentError: it is negative.

    Example:
        >>> steps_of(100)
        100
    """
    try:
        count = operator.index(steps)
    except TypeError:
        raise OperandError(f"the number of steps is a whole number, got {steps!r}") from None
    if count < 0:
        raise ArgumentError(f"the number of steps is 0 or more, got {count}")
    return count


def no_leaf(x: Any) -> ArgumentError:
    """The error that something is no leaf of a program.

    Example:
        >>> print(no_leaf("W1"))
        'W1' is no leaf of this program; name leaves by their Values, in an array or nested lists of equal lengths
    """
    if not isinstance(x, Value):
        name = repr(x) if isinstance(x, str) else f"something of type {type(x).__name__}"
        way = "; name leaves by their Values, in an array or nested lists of equal lengths"
    else:
        name = repr(x)
        way = (
            "; it was computed from others, so set those" if x.parents else ": the compiled graph does not depend on it"
        )
    return ArgumentError(f"{name} is no leaf of this program{way}")


def namespace(xp: Any) -> Any:
    """An array namespace.

    Raises:
        ArgumentError: it is none.
    """
    if not hasattr(xp, "asarray"):
        name = getattr(xp, "__name__", None) or repr(xp)
        raise ArgumentError(f"to takes an array namespace, a module such as numpy or jax.numpy; {name} is none")
    return xp


def blocks_of(inputs: Any) -> list[Any]:
    """Blocks of leaves.

    Raises:
        ArgumentError: they stand in no list.
    """
    if isinstance(inputs, Value | str) or not hasattr(inputs, "__iter__"):
        raise ArgumentError(f"inputs is a list of blocks of leaves, as inputs=[X], got {type(inputs).__name__}")
    return list(inputs)


def functions_of(functions: Any) -> Mapping[str, Any]:
    """Functions by name.

    Raises:
        ArgumentError: they are something else.
    """
    if functions is None:
        return {}
    if not isinstance(functions, Mapping) or not all(map(callable, functions.values())):
        raise ArgumentError(f"functions is a dict of functions, as {{'erf': jax.scipy.special.erf}}, got {functions!r}")
    return functions
