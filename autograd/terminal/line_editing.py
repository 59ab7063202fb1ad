"""Completion and history, where the platform has readline."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["answer", "history_file", "line_editing"]

_LONGEST = 1000  # lines of history


@contextmanager
def line_editing() -> Iterator[None]:
    """Set readline up for names of nodes, and keep the history; whatever fails leaves plain reading of lines."""
    try:
        import readline
    except ImportError:
        yield
        return
    delimiters = readline.get_completer_delims()
    readline.set_completer_delims(" \t\n")  # a label may hold any other sign
    readline.parse_and_bind("set enable-bracketed-paste off")  # pasted lines are commands, each of them
    if "libedit" in (readline.__doc__ or ""):  # which does not understand how `cmd` binds the key
        readline.parse_and_bind("bind ^I rl_complete")
    readline.set_history_length(_LONGEST)
    file = history_file()
    if file is not None:
        with suppress(OSError):
            readline.read_history_file(file)
    try:
        yield
    finally:
        readline.set_completer_delims(delimiters)
        if file is not None:
            with suppress(OSError):
                file.parent.mkdir(parents=True, exist_ok=True)
                readline.write_history_file(file)


def answer(question: str) -> str:
    """The line typed after a question; it is no command, so the history leaves it out.

    Raises:
        EOFError: there is none.
    """
    try:
        import readline
    except ImportError:
        return input(question)
    readline.set_auto_history(False)
    try:
        return input(question)
    finally:
        readline.set_auto_history(True)


def history_file(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where the history is kept; None: there is no such place.

    Example:
        >>> history_file({"XDG_STATE_HOME": "/var/state"}).as_posix()
        '/var/state/autograd/step_history'
    """
    state = environment.get("XDG_STATE_HOME", "")
    if os.path.isabs(state):  # the convention has other paths ignored
        return Path(state, "autograd", "step_history")
    try:
        return Path.home() / ".local" / "state" / "autograd" / "step_history"
    except RuntimeError:  # nobody knows this user's home
        return None
