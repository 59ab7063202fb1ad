"""Whether a program's source computes by itself, or the scalar graph does in its place and hides what it raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def second_looks(program: Any) -> list[None]:
    """A list that from now on grows whenever the scalar graph computes in the place of the program's source."""
    found: list[None] = []
    original = program._scalar._replay

    def replay() -> Any:
        found.append(None)
        return original()

    program._scalar._replay = replay
    return found


@contextmanager
def silent(program: Any) -> Iterator[None]:
    """Inside, the source is what computes although there is a floor: as in `run` from the second step on."""
    scalar = program._scalar
    before, scalar._has_floor = scalar._has_floor, False
    try:
        yield
    finally:
        scalar._has_floor = before


def run_source(program: Any) -> None:
    """Both passes of the source at the leaves' numbers, and never the scalar graph, to which an error would lead."""
    program._leaves.refresh(program._values)
    program._source.forward()
    program._source.to_all.run(1.0)


def why(program: Any) -> Exception | None:
    """What the source raises, which a program hides."""
    try:
        with np.errstate(all="ignore"):
            run_source(program)
    except (ArithmeticError, ValueError) as error:
        return error
    return None
