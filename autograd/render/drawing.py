"""A picture of a graph as a file, of the kind that the file's name ends in."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, overload

from ..engine.value import Value
from ..errors import ArgumentError, GraphError, GraphvizMissingError, OperandError
from .dot import to_dot
from .engine import find_dot
from .equations import to_latex
from .mermaid import to_mermaid
from .page import to_html
from .svg import to_svg

__all__ = ["draw", "kind_of", "rendered", "replace_file"]


@overload
def draw(root: Value, path: None = None, **options: Any) -> None: ...
@overload
def draw(root: Value, path: str | os.PathLike[str], **options: Any) -> Path: ...
def draw(root: Value, path: str | os.PathLike[str] | None = None, **options: Any) -> Path | None:
    """Draw the graph that `root` depends on into a file, or in a notebook below the cell.

    The end of its name says what it becomes: ``.svg``; ``.png``, ``.pdf`` or whatever else the ``dot`` program makes;
    ``.dot`` or ``.gv``, the source for that program; ``.html``, a page that plays the passes; ``.mmd``, the text for
    Mermaid; ``.tex``, equations to ``\\input`` into a document. Nothing is written if the drawing fails, and a file
    that is there is replaced in one piece.

    Args:
        root: the node to draw from, usually a loss.
        path: the file; None: show the picture in the notebook that this runs in.
        options: as :func:`autograd.render.to_svg` takes them; for ``.html``, ``.mmd`` and ``.tex`` as `to_html`,
            `to_mermaid` and `to_latex` do.

    Returns:
        The path; None if the picture was shown.

    Raises:
        ArgumentError: there is no such kind of file, or it can't be written there; or no path, and no notebook.
        GraphvizMissingError: there is no ``dot`` program, or it does not make this kind of file; the message says what
            to install. PDF needs Graphviz itself: the `dot` that pip installs makes SVG, PNG and JPEG.
        OperandError: `root` is not a Value, or `path` no path.
        GraphError, and others: as the function that draws.

    Example:
        >>> import tempfile
        >>> x = Value(3.0, "x")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = draw(x * x, Path(folder) / "square.mmd")
        ...     print(path.name, path.read_text(encoding="utf-8")[:12])
        square.mmd flowchart LR
    """
    if path is None:
        _show(root, options)
        return None
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise OperandError(f"a file is named by text or a Path, got {type(path).__name__}")
    path = Path(path)
    replace_file(path, rendered(root, kind_of(path), **options))
    return path


def _show(root: Value, options: dict[str, Any]) -> None:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if getattr(shell, "kernel", None) is None:  # a terminal, even if it is IPython's
        raise ArgumentError('a picture goes into a file here: draw(root, "graph.svg"), or .png, .html to play it')
    sys.modules["IPython"].display.display(to_svg(root, **options))


def _source(root: Value, **options: Any) -> str:
    return str(to_dot(root, **options).source)


_TEXTS: dict[str, Callable[..., str]] = {
    "svg": to_svg,
    "dot": _source,
    "gv": _source,
    "html": to_html,
    "mmd": to_mermaid,
    "mermaid": to_mermaid,
    "tex": lambda root, **options: f"\\[\n{to_latex(root, **options)}\n\\]\n",
}


def kind_of(path: Path) -> str:
    """What the end of a picture's name says that it becomes: "svg", "png", ..."""
    kind = path.suffix.lower().removeprefix(".")
    if kind in _TEXTS:
        return kind
    import graphviz  # costs time that somebody who draws none of these should not pay

    if kind not in set(graphviz.FORMATS) - {"x11", "xlib", "gtk"}:  # which open a window
        known = ", ".join(f".{known}" for known in [*_TEXTS, "png", "pdf"])
        raise ArgumentError(
            f"the end of a picture's name says what it becomes: {known}, or another format of `dot`; got {path.name!r}"
        )
    return kind


def rendered(root: Value, kind: str, **options: Any) -> bytes:
    """What stands in a file of a kind that :func:`kind_of` knows."""
    if kind in _TEXTS:
        return _TEXTS[kind](root, **options).encode("utf-8")
    drawing = to_dot(root, **options)
    try:
        return bytes(drawing.pipe(format=kind, quiet=True))
    except GraphError as error:
        _, told, formats = str(error).partition("not recognized. Use one of: ")
        if not told:
            raise
        raise GraphvizMissingError(
            f"{find_dot()} makes no .{kind} files; it makes {', '.join(formats.split())}. Graphviz itself makes more: "
            "apt install graphviz, brew install graphviz or winget install graphviz. If it is installed, name its "
            "program with autograd.render.set_dot(path)"
        ) from error


def replace_file(path: Path, content: bytes) -> None:
    """Write a file beside it, and then put that in its place."""
    try:
        target = Path(os.path.realpath(path))  # the file that a link points to is replaced, not the link
        beside = target.with_name(f".autograd-{os.getpid()}-{threading.get_ident()}.tmp")
        try:
            beside.write_bytes(content)
            beside.replace(target)
        finally:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
    except (OSError, ValueError) as error:  # the latter for a null character in the name
        raise ArgumentError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from None
