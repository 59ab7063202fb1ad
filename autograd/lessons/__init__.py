"""The five documents as running lessons: what each says beside what the engine computes.

A lesson is a module ``lesson_N`` here with a `LESSON`; nothing else needs to know of it.

>>> from autograd import lessons
>>> root, node = lessons.get(5).graph()
>>> node["m1"].grad
2.0
"""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module

from ..errors import ArgumentError
from .claims import Claim, Figure, Lesson

__all__ = ["Claim", "Figure", "Lesson", "all", "get"]


def get(n: int) -> Lesson:
    """Return lesson `n`.

    Raises:
        ArgumentError: there is no such lesson; the message names those there are.
    """
    numbers = _numbers()
    if n not in numbers:
        raise ArgumentError(f"there is no lesson {n!r}; the lessons are {', '.join(map(str, numbers))}")
    lesson: Lesson = import_module(f"{__name__}.lesson_{n}").LESSON
    return lesson


def all() -> tuple[Lesson, ...]:
    """Return every lesson, in order."""
    return tuple([get(n) for n in _numbers()])


def _numbers() -> list[int]:
    names = [re.fullmatch(r"lesson_(\d+)", module.name) for module in pkgutil.iter_modules(__path__)]
    return sorted([int(name[1]) for name in names if name])
