"""Where the ``dot`` program comes from, and running it through the `graphviz` package.

In this order: the program set with :func:`set_dot`; the one that the environment variable ``AUTOGRAD_DOT`` names;
``dot`` on the PATH; the program of the `graphviz-pure` package, a port of Graphviz that pip installs. The last is
found through that package's own list of files, so it works in an environment that was never activated.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

from ..errors import GraphError, GraphvizMissingError

__all__ = ["find_dot", "found_dot", "set_dot"]

VARIABLE = "AUTOGRAD_DOT"
PACKAGE = "graphviz-pure"

_chosen: str | None = None
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


def find_dot() -> Path:
    """The ``dot`` program that pictures are drawn with."""
    if _chosen is not None:
        return _program(_chosen, "set_dot was given")
    if named := os.environ.get(VARIABLE):
        return _program(named, f"the environment variable {VARIABLE} names")
    if on_path := shutil.which("dot"):
        return Path(on_path)
    if installed := _from_package():
        return installed
    raise GraphvizMissingError(
        "no `dot` program was found to draw with. Either `pip install graphviz-pure`, or install Graphviz with the "
        "system's package manager (apt install graphviz, brew install graphviz, winget install graphviz). "
        f"One that is elsewhere can be named with autograd.render.set_dot(path) or the variable {VARIABLE}"
    )


@contextlib.contextmanager
def found_dot() -> Iterator[Path]:
    """While inside, the `graphviz` package runs the program that :func:`find_dot` finds; it yields its path."""
    import graphviz
    from graphviz.backend import dot_command

    # The package keeps the program's name in a module variable. It is put back on leaving, and a lock keeps threads
    # that draw at the same time from meeting each other's setting.
    path = find_dot()
    with _lock:
        before = dot_command.DOT_BINARY
        dot_command.DOT_BINARY = path
        try:
            yield path
        except graphviz.ExecutableNotFound as error:
            raise GraphvizMissingError(f"{path} could not be run: {error}") from error
        except graphviz.CalledProcessError as error:
            raise GraphError(f"{path} {_ending(error.returncode)}{_said(error.stderr)}") from error
        except OSError as error:
            if str(error.filename) != str(path):
                raise  # a file that the caller named, not the program
            raise GraphError(f"{path} could not be run: {error.strerror}") from error
        finally:
            dot_command.DOT_BINARY = before


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


def _said(stderr: bytes | str | None) -> str:
    text = stderr.decode("utf-8", "replace") if isinstance(stderr, bytes) else stderr or ""
    return f": {text.strip()[:2000]}" if text.strip() else " and said nothing about it"
