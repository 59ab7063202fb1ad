"""Writes that happen together: all of them or none, whatever interrupts.

Ctrl-C, and any other exception that a signal or a thread sends, comes in between two bytecodes. So numbers that belong
together are computed aside, and the writes, which `map` and `setattr` do in C, are handed to one call for all of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import chain, repeat
from typing import Any

__all__ = ["attributes", "commit"]

_walk = deque[None](maxlen=0).extend  # goes through an iterable in C, and keeps nothing of it


def attributes(owners: Iterable[Any], name: str, values: Iterable[Any]) -> Iterable[None]:
    """Writes for :func:`commit`: each owner's attribute of this name gets its value."""
    return map(setattr, owners, repeat(name), values)


def commit(*writes: Iterable[None]) -> None:
    """Do all writes; each is an iterable, made by functions written in C alone, that writes as it is walked through."""
    _walk(chain.from_iterable(writes))
