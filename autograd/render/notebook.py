"""What a notebook shows for a Value, which `autograd/__init__.py` attaches so that imports keep pointing one way."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress

from ..engine.value import Value

__all__ = ["bundle", "mimebundle"]

_SVG, _TEXT = "image/svg+xml", "text/plain"


def mimebundle(
    value: Value, include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> dict[str, str]:
    """The picture of a graph and its text, by MIME type, as IPython asks for them; never raises.

    A large graph is drawn in boxes that stand for many nodes. Without ``dot``, or whenever anything fails, there is the
    text alone.

    Args:
        value: the root of the graph.
        include: the only types wanted; None: all.
        exclude: types not wanted.

    Example:
        >>> mimebundle(Value(2.0, "a"), exclude=["image/svg+xml"])
        {'text/plain': "Value(2.0, label='a')"}
    """

    def draw() -> str:
        from .svg import to_svg

        return to_svg(value)

    return bundle(repr(value), draw, include, exclude)


def bundle(
    text: str, draw: Callable[[], str], include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> dict[str, str]:
    """A picture and its text, by MIME type; the text alone if the picture can't be drawn, and nothing is raised.

    Args:
        text: what is shown where pictures can't be.
        draw: returns SVG.
        include, exclude: as for :func:`mimebundle`.

    Example:
        >>> bundle("a circle", lambda: "<svg/>")
        {'image/svg+xml': '<svg/>', 'text/plain': 'a circle'}
        >>> bundle("a circle", lambda: 1 / 0)
        {'text/plain': 'a circle'}
    """
    found: dict[str, str] = {}
    if _wanted(_SVG, include, exclude):
        with suppress(Exception):  # a cell that only shows a value must not fail because of its picture
            found[_SVG] = draw()
    if _wanted(_TEXT, include, exclude):
        found[_TEXT] = text
    return found


def _wanted(kind: str, include: Collection[str] | None, exclude: Collection[str] | None) -> bool:
    return (not include or kind in include) and kind not in (exclude or ())
