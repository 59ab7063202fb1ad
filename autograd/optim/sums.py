"""Steps that several rules share, on arrays that exist already."""

from __future__ import annotations

from typing import Any

import numpy as np

from .optimiser import Array

__all__ = ["towards", "uphill_or_decayed"]


def uphill_or_decayed(weights: Array, gradients: Array, maximize: bool, weight_decay: float, out: Array) -> Array:
    """The gradient that a rule sees: negated to go up, the L2 penalty's slope added; in `out` if it is a new one."""
    if weight_decay:
        np.multiply(weights, weight_decay, out)
        (np.subtract if maximize else np.add)(out, gradients, out)
        return out
    return np.negative(gradients, out) if maximize else gradients


def towards(mean: Array, g: Array, kept: Any, share: Any, scratch: Array) -> None:
    """Move a running mean towards g by its share, in the order of operations that rounds least."""
    np.subtract(g, mean, scratch)
    if share < 0.5:
        np.multiply(scratch, share, scratch)
        np.add(mean, scratch, mean)
    else:
        np.multiply(scratch, kept, scratch)
        np.subtract(g, scratch, mean)
