"""Exact sums of many numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

__all__ = ["exact_sum"]


def exact_sum(numbers: Sequence[float]) -> float:
    """The sum, rounded once at the end: :func:`math.fsum`, but with an answer where that raises.

    Example:
        >>> exact_sum([0.1] * 10), exact_sum([1e308, 1e308, -1e308]), exact_sum([math.inf, -math.inf])
        (1.0, 1e+308, nan)
    """
    try:
        return math.fsum(numbers)
    except ValueError:  # inf - inf
        return math.nan
    except OverflowError:  # on the way, or at the end
        total = sum(map(Fraction, numbers))
        try:
            return float(total)
        except OverflowError:
            return math.inf if total > 0 else -math.inf
