"""Steps of a long computation, joined into a few bands of about equal size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

__all__ = ["banded", "chunked"]


def banded(sizes: Sequence[int], most: int) -> list[tuple[int, int]]:
    """Join neighbours into at most `most` bands of about equal size.

    Args:
        sizes: how much there is at each step.
        most: how many bands there may be, at least 2.

    Returns:
        The first step of each band, and the step behind its last. With two steps or more there are two bands or more.

    Example:
        >>> banded([1, 1, 1, 1, 9, 1], 3)
        [(0, 4), (4, 5), (5, 6)]
    """
    if len(sizes) <= most:
        return [(i, i + 1) for i in range(len(sizes))]
    bands: list[tuple[int, int]] = []
    start, held, rest = 0, 0, sum(sizes)
    for i, size in enumerate(sizes):
        left = most - len(bands)  # bands, the one under way included
        if held and left > 1 and (held + size) * left > rest:
            bands.append((start, i))
            start, rest, held = i, rest - held, 0
        held += size
    return [*bands, (start, len(sizes))]


def chunked(count: int, largest: int, most: int) -> list[tuple[int, int]]:
    """Cut things that stand side by side into even chunks: as few as fit `largest`, and at most `most`.

    Example:
        >>> chunked(200, 60, 20)
        [(0, 50), (50, 100), (100, 150), (150, 200)]
    """
    pieces = min(most, -(-count // largest))
    edges = [count * i // pieces for i in range(pieces + 1)]
    return list(pairwise(edges))
