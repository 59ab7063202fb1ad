"""An exception before any bytecode, one after another: what a signal or another thread can do, and more often."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

__all__ = ["Interrupt", "cuts"]


class Interrupt(BaseException):
    """As KeyboardInterrupt, but from nowhere else."""


def cuts(action: Callable[[], object], stride: int = 1) -> Iterator[int]:
    """Call `action` again and again, each time cut off `stride` bytecodes later, until it ends before that."""
    place = 0
    while _cut_off(action, place):
        yield place
        place += stride


def _cut_off(action: Callable[[], object], place: int) -> bool:
    """Raise before the bytecode of this number, counted over all frames of this package; whether there was one."""
    left = place

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal left
        if event == "opcode":
            left -= 1
            if left < 0:
                raise Interrupt  # which ends the tracing, too
        elif event == "call":
            if not frame.f_globals.get("__name__", "autograd").startswith("autograd"):  # compiled passes have none
                return None
            frame.f_trace = trace  # 3.13 looks for it when it is asked for bytecodes
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return trace

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # or 3.12 tells of no bytecode until a second call
    sys.settrace(trace)
    try:
        action()
    except Interrupt:
        return True
    finally:
        sys.settrace(before)
    return False
