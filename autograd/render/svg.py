"""SVG text of a drawing."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from ..errors import GraphError
from ..value import Value
from .dot import to_dot

__all__ = ["to_svg"]


def to_svg(root: Value, **options: Any) -> str:
    """Draw the graph that `root` depends on, as SVG.

    The text is one ``<svg>`` element, fit to be saved as a file (in UTF-8) or put into a page as it is; it is the same
    for the same graph in every run with the same ``dot``.

    Args:
        root: the node to draw from, usually a loss.
        options: as :func:`autograd.render.to_dot` takes them: `rankdir`, and for a moment of stepping `at_step` and
            `trace`.

    Raises:
        GraphvizMissingError: there is no ``dot`` program; the message says what to install.
        GraphError: the graph is too large, or ``dot`` failed.
        OperandError, ArgumentError: as `to_dot`.

    Example:
        >>> x = Value(3.0, "x")
        >>> svg = to_svg(x * x)
        >>> svg.startswith("<svg"), ">not computed<" in svg
        (True, True)
    """
    return _bare(to_dot(root, **options).pipe(format="svg", quiet=True))


def _bare(output: bytes) -> str:
    """What ``dot`` wrote, without prolog, doctype and comments: they hold its version, and a page can't hold them.

    A comment can't be part of a label here: ``dot`` writes a label's ``<`` as an entity.
    """
    try:
        text = output.decode("utf-8")
        bare = re.sub(r"<!--.*?-->\n?|<\?xml.*?\?>\s*|<!DOCTYPE[^>]*>\s*", "", text, flags=re.DOTALL).strip() + "\n"
        tag = ElementTree.fromstring(bare).tag
    except (UnicodeDecodeError, ElementTree.ParseError) as error:
        raise GraphError(f"`dot` gave something that is not well-formed SVG: {error}") from error
    if tag != "{http://www.w3.org/2000/svg}svg":
        raise GraphError(f"`dot` gave something that is not SVG but a <{tag}>")
    return bare
