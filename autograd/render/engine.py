"""Where the ``dot`` program comes from, and running it through the `graphviz` package.

In this order: the program set with :func:`set_dot`; the one that the environment variable ``AUTOGRAD_DOT`` names;
``dot`` on the PATH; the program of the `graphviz-pure` package, a port of Graphviz that pip installs. The last is
found through that package's own list of files, so it works in an environment that was never activated. It also takes
the place of a ``dot`` on the PATH that cannot lay out the smallest graph, as a half-configured one.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from ..errors import GraphError, GraphvizMissingError, visible, warn

__all__ = ["drawn", "find_dot", "set_dot"]

VARIABLE = "AUTOGRAD_DOT"
PACKAGE = "graphviz-pure"
SECONDS = 60.0  # that a program may take for one picture
SECONDS_FOR_A_DOT = 10.0  # that it may take for the smallest one

_Drawn = TypeVar("_Drawn")

_chosen: str | None = None
_set_aside: set[Path] = set()  # programs on the PATH that cannot draw
_lock = threading.RLock()


def set_dot(path: str | os.PathLike[str] | None) -> None:
    """Draw with this ``dot`` program from now on.

    Args:
        path: the program's path, or its name on the PATH; None: go back to looking for one.

    Raises:
        GraphvizMissingError: there is no such program; the setting stays as it was.

    Example:
        >>> set_dot("no-such-dot")
        Traceback (most recent call last):
        ...
        autograd.errors.GraphvizMissingError: set_dot was given 'no-such-dot', which is not a program that can be run
        >>> set_dot(None)
    """
    global _chosen
    _chosen = None if path is None else str(_program(os.fspath(path), "set_dot was given"))
    _set_aside.clear()


def find_dot() -> Path:
    """The ``dot`` program that pictures are drawn with."""
    if _chosen is not None:
        return _program(_chosen, "set_dot was given")
    if named := os.environ.get(VARIABLE):
        return _program(named, f"the environment variable {VARIABLE} names")
    on_path = shutil.which("dot")
    if on_path and Path(on_path) not in _set_aside:
        return Path(on_path)
    if installed := _from_package():
        return installed
    raise GraphvizMissingError(
        "no `dot` program was found to draw with. Either `pip install graphviz-pure`, or install Graphviz with the "
        "system's package manager (apt install graphviz, brew install graphviz, winget install graphviz). "
        f"One that is elsewhere can be named with autograd.render.set_dot(path) or the variable {VARIABLE}"
    )


def drawn(draw: Callable[[], _Drawn]) -> _Drawn:
    """What `draw` returns while the `graphviz` package runs the program that :func:`find_dot` finds.

    Raises:
        GraphvizMissingError: there is none, or it cannot be run.
        GraphError: it failed, drew nothing, or took longer than `SECONDS`.

    Warns:
        RuntimeWarning: a ``dot`` on the PATH cannot draw, and the one of the package takes its place from now on.
    """
    path = find_dot()
    try:
        with _running(path):
            return draw()
    except (GraphError, GraphvizMissingError) as error:
        spare = _from_package()
        is_on_path = _chosen is None and not os.environ.get(VARIABLE)
        if spare is None or spare == path or not is_on_path or _lays_out(path):
            raise
        reason = str(error).partition("\n")[0]
    _set_aside.add(path)
    warn(f"{path} cannot lay out a graph, so {spare} draws from now on ({reason})", RuntimeWarning)
    return drawn(draw)


def _lays_out(path: Path) -> bool:
    """Whether a program can draw the smallest graph: if not, the fault is not the picture's."""
    try:
        return b"<svg" in _ran([path, "-Tsvg"], input_lines=[b"digraph {a}"], seconds=SECONDS_FOR_A_DOT).stdout
    except (GraphError, OSError):
        return False


@contextlib.contextmanager
def _running(path: Path) -> Iterator[None]:
    """While inside, the `graphviz` package runs this program."""
    from graphviz.backend import dot_command, execute

    # The package keeps the program's name, and what runs it, in variables of its modules. They are put back on leaving,
    # and a lock keeps threads that draw at the same time from meeting each other's setting.
    with _lock:
        before = dot_command.DOT_BINARY, execute.run_check
        dot_command.DOT_BINARY, execute.run_check = path, _ran
        try:
            yield
        except OSError as error:
            if str(error.filename) != str(path):
                raise  # a file that the caller named, not the program
            # The program was found: where a file is missing, it is the interpreter that a script names.
            kind = GraphvizMissingError if isinstance(error, FileNotFoundError) else GraphError
            raise kind(f"{path} could not be run: {error.strerror}") from error
        finally:
            dot_command.DOT_BINARY, execute.run_check = before


def _ran(
    command: list[Any],
    *,
    input_lines: Iterable[Any] | None = None,
    encoding: str | None = None,
    cwd: Any = None,
    quiet: bool = True,
    seconds: float | None = None,
    **_: Any,
) -> subprocess.CompletedProcess[Any]:
    """What `run_check` of the `graphviz` package does, but for a limited time; an empty picture is an error."""
    seconds = seconds or SECONDS
    lines = list(input_lines or ())
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # on Windows
    with subprocess.Popen(
        command, cwd=cwd, encoding=encoding, start_new_session=True, creationflags=no_window, **pipes
    ) as running:
        try:
            out, said = running.communicate(("" if encoding else b"").join(lines), seconds)
        except BaseException as error:
            _stop(running)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            limit = f"after {seconds:g} seconds (autograd.render.engine.SECONDS)"
            raise GraphError(f"{command[0]} had drawn nothing {limit} and was stopped") from None
    if running.returncode:
        raise GraphError(f"{command[0]} {_ending(running.returncode)}{_said(said)}")
    if lines and not out:
        raise GraphError(f"{command[0]} gave an empty picture{_said(said)}")
    if said and not quiet:
        sys.stderr.write(_text(said))
    return subprocess.CompletedProcess(command, 0, out, said)


def _stop(running: subprocess.Popen[Any]) -> None:
    """End a program, and what it started itself, which would hold its pipes open."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
    else:
        running.kill()


def _program(name: str, origin: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise GraphvizMissingError(f"{origin} {name!r}, which is not a program that can be run")
    return Path(found).absolute()  # a relative one would change its meaning with the working directory


def _from_package() -> Path | None:
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.name in (PACKAGE, f"{PACKAGE}.exe"):
            # The list leads out of site-packages by `..`; that is tidied here so that messages show a plain path.
            path = Path(os.path.normpath(str(file.locate())))
            if path.is_file():
                return path
    return None


def _ending(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"was stopped by {signal.Signals(-code).name}"
    return f"failed with exit status {code}"


def _said(stderr: bytes | str) -> str:
    text = _text(stderr).strip()
    return f": {text[:2000]}" if text else " and said nothing about it"


def _text(stderr: bytes | str) -> str:
    text = stderr.decode("utf-8", "replace") if isinstance(stderr, bytes) else stderr
    return "\n".join(map(visible, text.splitlines()))
