"""What a notebook shows for a Value. `autograd/__init__.py` attaches it, so that imports keep pointing one way."""

from __future__ import annotations

from collections.abc import Collection

from ..value import Value

__all__ = ["mimebundle"]

_SVG, _TEXT = "image/svg+xml", "text/plain"


def mimebundle(
    value: Value, include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> dict[str, str]:
    """The picture of a graph and its text, by MIME type, as IPython asks for them; never raises.

    Without ``dot``, for a graph too large to draw, or whenever anything fails, there is the text alone.

    Args:
        value: the root of the graph.
        include: the only types wanted; None: all.
        exclude: types not wanted.

    Example:
        >>> mimebundle(Value(2.0, "a"), exclude=["image/svg+xml"])
        {'text/plain': "Value(2.0, label='a')"}
    """
    bundle: dict[str, str] = {}
    if _wanted(_SVG, include, exclude):
        try:
            from .svg import to_svg

            bundle[_SVG] = to_svg(value)
        except Exception:  # a cell that only shows a value must not fail because of its picture
            pass
    if _wanted(_TEXT, include, exclude):
        bundle[_TEXT] = repr(value)
    return bundle


def _wanted(kind: str, include: Collection[str] | None, exclude: Collection[str] | None) -> bool:
    return (not include or kind in include) and kind not in (exclude or ())
