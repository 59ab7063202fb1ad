"""Whether the engine was compiled ahead of time, and what the compiler is told.

mypyc compiles the very same modules that Python runs otherwise; `.ci/native.py` names them. Nothing needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from . import special

__all__ = ["COMPILED", "listen", "mypyc_attr"]

COMPILED = not special.__file__.endswith(".py")

EVERY: Final = 4096  # how many nodes a loop goes on for before it listens; so many stay in the cache


def listen() -> None:
    """Do nothing: Ctrl-C and other threads get their turn where Python code runs, and compiled loops run none."""


if TYPE_CHECKING:
    from mypy_extensions import mypyc_attr as mypyc_attr
else:

    def mypyc_attr(**_: Any) -> Any:
        """A hint for the compiler, which does nothing at run time."""
        return lambda kind: kind
