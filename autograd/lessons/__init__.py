"""The five documents as running lessons: what each says beside what the engine computes.

A lesson is a module ``lesson_N`` here with a `LESSON`; nothing else needs to know of it.

>>> from autograd import lessons
>>> root, node = lessons.get(5).graph()
>>> root.backward()
>>> node["m1"].grad, node["m2"].grad
(2.0, 12.0)
"""

from __future__ import annotations

import operator
import pkgutil
import re
from importlib import import_module

from ..errors import ArgumentError
from .claims import Claim, Figure, Lesson
from .report import Table

__all__ = ["Claim", "Figure", "Lesson", "Table", "all", "get", "table"]


def get(n: int) -> Lesson:
    """Return lesson `n`.

    Raises:
        ArgumentError: `n` is no int, or there is no such lesson; the message names those there are.
    """
    numbers = _numbers()
    known = f"the lessons are {', '.join(map(str, numbers))}"
    try:
        number = operator.index(n)
    except TypeError:
        number = None
    if number is None or isinstance(n, bool):
        raise ArgumentError(f"the number of a lesson is an int such as 5, got {n!r}; {known}")
    if number not in numbers:
        raise ArgumentError(f"there is no lesson {n!r}; {known}")
    lesson: Lesson = import_module(f"{__name__}.lesson_{number}").LESSON
    return lesson


def all() -> tuple[Lesson, ...]:
    """Return every lesson, in order."""
    return tuple([get(n) for n in _numbers()])


def table(claim: str, measured: bool = False) -> Table:
    """Compute a claim and show its figures as a table.

    Args:
        claim: its id, as "5.3".
        measured: whether to show figures that differ from run to run, such as times.

    Raises:
        ArgumentError: there is no such claim; the message names the nearest.

    Example:
        >>> table("4.1").figures[0].engine
        125.0
    """
    number = re.match(r"[0-9]+(?=\.)", claim) if isinstance(claim, str) else None
    if number is None:
        raise ArgumentError(f'the id of a claim is text such as "5.3", got {claim!r}')
    return Table.of(get(int(number[0])).claim(claim), measured)


def _numbers() -> list[int]:
    names = [re.fullmatch(r"lesson_(\d+)", module.name) for module in pkgutil.iter_modules(__path__)]
    return sorted([int(name[1]) for name in names if name])
