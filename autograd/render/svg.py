"""A picture as SVG, which can be read out as well as seen, and what a notebook shows of a graph."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from ..engine.value import Value
from ..errors import GraphError
from ..reading.stepper import Moment
from ..reading.trace import Trace
from .dot import Picture, label_widths, picture_of, picture_to_dot
from .labels import free_labels
from .overview import Level
from .style import dark_style, look_of

if TYPE_CHECKING:
    from .tables import NetworkPicture

__all__ = ["mimebundle", "to_svg"]

_NAMESPACE = "http://www.w3.org/2000/svg"

# Other distances, between boxes side by side and between ranks, in inches, for a layout without room for its texts.
_SPACINGS: tuple[dict[str, str], ...] = ({"nodesep": "0.4", "ranksep": "0.55"}, {"nodesep": "0.5", "ranksep": "0.45"})
_DENSE: tuple[dict[str, str], ...] = ({"nodesep": "0.6"}, {"nodesep": "0.8"}, {"nodesep": "0.3"})
_MOST_TEXTS = 150  # in a picture that is laid out more than once


class Svg(str):
    """SVG text that a notebook shows as the picture it is."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)


def to_svg(
    root: Value,
    *,
    rankdir: str | None = None,
    at_step: int | None = None,
    trace: Trace | None = None,
    level: Level | None = None,
    expand: Any = (),
    **options: Any,
) -> Svg:
    """Draw the graph that `root` depends on, as SVG, which a notebook shows as a picture.

    The text is one ``<svg>`` element, fit to be saved as a file (in UTF-8) or put into a page as it is; it is the same
    for the same graph in every run with the same ``dot``. The whole, and each node and arrow, has a title in plain
    words, which browsers show as a tooltip and screen readers read out.

    Args:
        root: the node to draw from, usually a loss.
        rankdir, at_step, trace, level, expand, options: as :func:`autograd.render.to_dot` takes them.

    Raises:
        GraphvizMissingError: there is no ``dot`` program; the message says what to install.
        GraphError: the graph is too large, or ``dot`` failed.
        OperandError, ArgumentError: as `to_dot`.

    Example:
        >>> x = Value(3.0, "x")
        >>> svg = to_svg(x * x)
        >>> svg.startswith("<svg"), ">not computed<" in svg, "<title>x = 3, gradient not computed</title>" in svg
        (True, True, True)
    """
    look = look_of(rankdir, **options)
    picture = picture_of(root, look, trace=trace, at_step=at_step, level=level, expand=expand)
    drawing, tree = _laid_out(picture)
    for element in tree.iter():
        element.tag = element.tag.removeprefix(f"{{{_NAMESPACE}}}")
    _say(tree, picture.titles())
    # Two pictures may stand in one page, so the ids of the title and the description are made from the content.
    _head(tree, picture, hashlib.sha256(drawing.source.encode()).hexdigest()[:10])
    return Svg(ElementTree.tostring(tree, encoding="unicode").strip() + "\n")


def _laid_out(picture: Picture | NetworkPicture) -> tuple[Any, ElementTree.Element]:
    """The first of a few layouts in which no line strikes through a text, or the one with the fewest."""
    drawing = picture_to_dot(picture, tooltips=False)
    if not isinstance(picture, Picture) or picture.places:  # which come with their places
        return drawing, _parsed(drawing.pipe(format="svg", quiet=True))
    widths = label_widths(picture)
    found: list[tuple[int, Any, ElementTree.Element]] = []
    for spacing in ({}, *(_DENSE if picture.dense else _SPACINGS)):
        drawing = drawing.copy()
        drawing.graph_attr.update(spacing)
        tree = _parsed(drawing.pipe(format="svg", quiet=True))
        found.append((free_labels(tree, widths), drawing, tree))
        if not found[-1][0] or len(widths) > _MOST_TEXTS:
            break
    return min(found, key=lambda each: each[0])[1:]


def _parsed(output: bytes) -> ElementTree.Element:
    """What ``dot`` wrote, without prolog, doctype and comments: they hold its version, and a page can't hold them."""
    # A comment can't be part of a label here: `dot` writes a label's < as an entity.
    try:
        text = output.decode("utf-8")
        tree = ElementTree.fromstring(re.sub(r"<!--.*?-->\n?|<!DOCTYPE[^>]*>\s*", "", text, flags=re.DOTALL))
    except (UnicodeDecodeError, ElementTree.ParseError) as error:
        raise GraphError(f"`dot` gave something that is not well-formed SVG: {error}") from error
    if tree.tag != f"{{{_NAMESPACE}}}svg":
        raise GraphError(f"`dot` gave something that is not SVG but a <{tree.tag}>")
    return tree


def _say(tree: ElementTree.Element, titles: Mapping[str, str]) -> None:
    """Put plain words in the place of the titles that ``dot`` gives."""
    for group in tree.iter("g"):
        title = group.find("title")
        if title is None:
            continue
        said = titles.get(group.get("id", ""))
        if said is None:
            group.remove(title)  # the whole gets its own title in _head
        else:
            title.text = said
            group.set("role", "group" if "cluster" in group.get("class", "").split() else "img")


def _head(tree: ElementTree.Element, picture: Picture | NetworkPicture, key: str) -> None:
    """The title, description and style sheet of the whole."""
    head = {"title": picture.say.title(), "desc": picture.say.description()}
    if picture.look.theme == "auto":
        head["style"] = dark_style(".autograd")
    for place, (tag, text) in enumerate(head.items()):
        element = ElementTree.Element(tag, {} if tag == "style" else {"id": f"{tag}-{key}"})
        element.text = text
        tree.insert(place, element)
    tree.attrib = {
        "xmlns": _NAMESPACE,
        **tree.attrib,
        "class": "autograd",
        "style": "max-width:100%;height:auto",  # as wide as it is by itself, or as its room allows
        "role": "graphics-document document",
        "aria-labelledby": f"title-{key}",
        "aria-describedby": f"desc-{key}",
    }


def mimebundle(
    shown: Value | Moment, include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> dict[str, str]:
    """The picture of a graph or of a moment, and its text, by MIME type, as IPython asks for them; never raises."""

    def draw() -> str:
        if isinstance(shown, Moment):
            return to_svg(shown.source.root, trace=shown.source, at_step=shown.position)
        return to_svg(shown)

    found: dict[str, str] = {}
    for kind, make in {"image/svg+xml": draw, "text/plain": shown.__repr__}.items():
        if (not include or kind in include) and kind not in (exclude or ()):
            with suppress(Exception):  # a cell that only shows a value must not fail because of its picture
                found[kind] = make()
    return found
