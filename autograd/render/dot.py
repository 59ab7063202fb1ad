"""A graph as a `graphviz.Digraph`: boxes, solid arrows forward, dashed arrows back, layers as clusters, a legend."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ..engine.value import Value
from ..reading.text import label_text, markup
from ..reading.trace import Trace
from .arrows import arrows
from .boxes import node_label, node_look
from .cells import FONT, SIZE, SMALL
from .collapse import Level, picture_rows
from .legend import legend_label
from .look import Look, look_of
from .picture import Picture
from .rows import Rows

if TYPE_CHECKING:
    import graphviz

__all__ = [
    "EDGE_LIMIT",
    "NODE_LIMIT",
    "cluster_id",
    "cluster_title",
    "picture_of",
    "picture_to_dot",
    "to_dot",
]

NODE_LIMIT = 400
EDGE_LIMIT = 2000

_MOST_STEMS = 6  # names in the title of a layer


def to_dot(
    root: Value,
    *,
    rankdir: str | None = None,
    at_step: int | None = None,
    trace: Trace | None = None,
    level: Level | None = None,
    expand: Any = (),
    **options: Any,
) -> graphviz.Digraph:
    """Draw the graph that `root` depends on, as a Digraph to read, change, or render.

    Solid arrows go from operands to results. Once a backward has run, dashed ones go back, each with its local
    derivative and with what flowed along it: blue if that is positive and red if it is negative, the wider and the more
    saturated the larger it is. What is less than a millionth of the root's gradient is dotted with a hollow head.

    With `at_step` the graph is drawn as it stands in the middle of stepping: what is not computed then says so, and
    gradients are those so far (a "+ …" says that more is to come).

    Args:
        root: the node to draw from, usually a loss.
        rankdir: where the solid arrows point, Graphviz's name for `direction`.
        at_step: how many records of the trace have happened, see :func:`autograd.steps`. None: no moment, but what
            the nodes store; or the end of `trace`.
        trace: a trace of `root` to take the numbers from.
        level: what a box is: "node", "neuron" or "layer". None: a node, while there are few.
        expand: parts of a large graph to open all the same, see :func:`autograd.render.collapse.picture_rows`.
        options: `show`, `direction`, `number_format`, `theme` and `legend`, see :class:`autograd.render.look.Look`.

    Returns:
        A Digraph. Its nodes are n0, n1, ... in topological order; ``.source`` is the same for the same graph in every
        run; ``.render(...)`` and ``.pipe(...)`` use the ``dot`` program that :func:`autograd.render.to_svg` uses.

    Raises:
        OperandError: `root` is not a Value, or `at_step` no whole number.
        ArgumentError: there is no such choice, no such step, or the trace is one of another root.
        GraphError: what is asked for is too large for a picture, or nothing in the graph is computed by steps.

    Example:
        >>> x = Value(3.0, "x")
        >>> drawing = to_dot(x * x)
        >>> drawing.source.count("n0 -> n1"), ">not computed<" in drawing.source
        (2, True)
        >>> ">6<" in to_dot(x * x, at_step=3).source, ">6<" in to_dot(x * x, at_step=4).source
        (False, True)
    """
    look = look_of(rankdir, **options)
    return picture_to_dot(picture_of(root, look, trace=trace, at_step=at_step, level=level, expand=expand))


def picture_of(
    root: Value,
    look: Look,
    *,
    trace: Trace | None = None,
    at_step: int | None = None,
    level: Level | None = None,
    expand: Any = (),
) -> Picture:
    """The rows to draw, and for a moment those at its end.

    Raises:
        OperandError, ArgumentError, GraphError: as :func:`to_dot`.
    """
    if at_step is not None and trace is None:
        trace = Trace(root)
    what: dict[str, Any] = {"level": level, "expand": expand, "trace": trace, "symbolic": True}
    rows = picture_rows(root, at_step=at_step, **what)
    final = rows if at_step is None else picture_rows(root, **what)
    return Picture(rows, look, final)


def picture_to_dot(picture: Picture, tooltips: bool = True) -> graphviz.Digraph:
    """Write a picture as DOT; `tooltips` are for viewers that show them."""
    drawing = _empty(picture)
    frames = _Frames(drawing, picture)
    for node, final in picture.nodes():
        look = {**node_look(node, picture.palette), **_tooltip(picture.say.node(node), tooltips)}
        frames.of(node.cluster).node(node.id, node_label(node, final, picture), **look)
    frames.close()
    for arrow in arrows(picture):
        look = {"id": arrow.id, **arrow.look, **_tooltip(arrow.tooltip, tooltips)}
        if arrow.backward:  # written from its head, which keeps `dot` from laying out a graph that runs in circles
            drawing.edge(arrow.head, arrow.tail, arrow.label or None, dir="back", **look)
        else:
            drawing.edge(arrow.tail, arrow.head, arrow.label or None, **look)
    if label := legend_label(picture):
        drawing.node("legend", label, id="legend", shape="plain", **{"class": "legend"})
    return drawing


def _empty(picture: Picture) -> graphviz.Digraph:
    from .digraph import FoundDigraph

    palette = picture.palette
    return FoundDigraph(
        "gradients",
        graph_attr={
            "rankdir": picture.look.direction,
            "nodesep": "0.3",
            "ranksep": "0.45",
            "ordering": "in",
            "bgcolor": palette.paper,
        },
        node_attr={
            "shape": "box",
            "fontname": FONT,
            "fontsize": str(SIZE),
            "fontcolor": palette.ink,
            "margin": "0.08,0.04",
        },
        edge_attr={
            "fontname": FONT,
            "fontsize": str(SMALL),
            "fontcolor": palette.ink,
            "color": palette.line,
            "arrowsize": "0.7",
        },
    )


def cluster_id(path: tuple[str, ...]) -> str:
    """The id of a cluster in the picture.

    >>> cluster_id(("layer 1", "neuron 2"))
    'cluster_layer_1_neuron_2'
    """
    return "_".join(["cluster", *(part.replace(" ", "_") for part in path)])


def cluster_title(path: tuple[str, ...], rows: Rows) -> str:
    """What stands at a cluster: a layer with the names of what is in it, as the documents write them.

    Example:
        >>> from autograd.nn import MLP
        >>> from autograd.render.rows import graph_rows
        >>> rows = graph_rows(MLP(2, [1, 1])([1.0, 2.0]))
        >>> cluster_title(("layer 1",), rows)
        'layer 1: W1, b1, z1, a1'
    """
    if len(path) > 1:
        return path[-1]
    labels = [node.label for node in rows.nodes if node.cluster[: len(path)] == path and node.kind in ("leaf", "op")]
    stems = list(dict.fromkeys(label.partition("[")[0].strip() for label in labels))
    named = [stem for stem in stems if stem]
    return f"{path[-1]}: {', '.join(named)}" if 0 < len(named) <= _MOST_STEMS and "" not in stems else path[-1]


class _Frames:
    """The clusters of a drawing, one within the other, opened as nodes need them."""

    def __init__(self, drawing: graphviz.Digraph, picture: Picture) -> None:
        self._open: dict[tuple[str, ...], graphviz.Digraph] = {(): drawing}
        self._picture = picture

    def of(self, path: tuple[str, ...]) -> graphviz.Digraph:
        """The drawing that a node of this cluster goes into."""
        for outer in accumulate(((part,) for part in path), lambda a, b: a + b):
            if outer not in self._open:
                self._open[outer] = self._new(outer)
        return self._open[path]

    def close(self) -> None:
        """Put each into the one around it, the innermost first."""
        for path in sorted(self._open, key=len, reverse=True):
            if path:
                self._open[path[:-1]].subgraph(self._open[path])

    def _new(self, path: tuple[str, ...]) -> graphviz.Digraph:
        import graphviz

        palette, id_ = self._picture.palette, cluster_id(path)
        title = markup(label_text(cluster_title(path, self._picture.rows), 64))
        look = {
            "label": f'<<FONT POINT-SIZE="{SMALL}" COLOR="{palette.grey}">{title}</FONT>>',
            "id": id_,
            "style": "rounded,filled",
            "fillcolor": palette.cluster_fill if len(path) == 1 else palette.inner_fill,
            "color": palette.cluster_line,
            "fontname": FONT,
            "labeljust": "l",
        }
        return graphviz.Digraph(id_, graph_attr=look)


def _tooltip(text: str, wanted: bool) -> Mapping[str, str]:
    import graphviz

    return {"tooltip": graphviz.escape(text)} if wanted else {}
