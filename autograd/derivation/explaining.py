"""`explain`, and what it returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..engine import graph
from ..errors import ArgumentError, OperandError
from ..functions.slopes import Slopes
from ..naming import Names
from ..paths import Path
from .account import account
from .chains import Count
from .gathering import Group
from .plain import plain
from .typeset import typeset
from .writing import TEXT, UNICODE

__all__ = ["Derivation", "explain"]

_PLAIN = {"text": TEXT, "unicode": UNICODE}


@dataclass(frozen=True, repr=False)
class Derivation:
    """How a derivative comes about; ``str()`` is the text, and a notebook shows it typeset.

    Args:
        root, wrt: the nodes.
        paths: the paths from `root` down to `wrt`, with the factors along each; empty if they are too many.
        groups: what the paths add up to by the nodes next to `wrt`, if they are too many.
        count: how many paths there are; a float where there are more than 2^64.
        total: the derivative, d root / d wrt, the same to the last bit as ``wrt.grad`` after ``root.backward()``.
        numeric: the measured slopes; None: there was nothing to measure.
        text: the derivation.
        latex: the same in LaTeX, for mathematics mode.
    """

    root: Any = field(repr=False)
    wrt: Any
    paths: tuple[Path, ...]
    groups: tuple[Group, ...]
    count: Count
    total: float
    numeric: Slopes | None
    text: str
    latex: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"


def explain(root: Any, wrt: Any, *, style: str = "text", merge: bool = True, within: Any = None) -> Derivation:
    """Derive d root / d wrt: every path, the product of the factors along it, the sum, and the measured slope.

    d root / d wrt = the sum over all paths of the product of the local derivatives along each. Where there are more
    than twelve paths they are gathered by the nodes c next to `wrt`, which is exact too: the sum over all c of
    (d root / d c) (d c / d wrt). The gradients of the nodes are neither read nor written.

    Args:
        root: a node, or its name if `within` is given.
        wrt: a node, which may be a leaf, a constant or a result; or its name. Nodes without a label are called v1,
            v2, ... in topological order.
        style: "text" (ASCII), "unicode" or "latex".
        merge: whether a factor leads from one named node to the next, past nodes that have no label, or a formula for
            a label. If no named node lies between, all are listed.
        within: a node whose graph the names belong to; None: `root`.

    Returns:
        The derivation. If `root` does not depend on `wrt` it has no paths, and the derivative is 0.

    Raises:
        ArgumentError: there is no such style, or no node of that name.
        OperandError: `root` is not a Value.
        AutogradError: a rule has no derivative at its point.

    Example:
        >>> from autograd import Value, explain
        >>> a, b = Value(2.0, "a"), Value(1.0, "b")
        >>> print(explain((a + b) * (b + 1), "b"))  # doctest: +ELLIPSIS
        dv3/db is the sum over 2 paths:
          dv3/dv1 * dv1/db = 2 * 1 = 2
          dv3/dv2 * dv2/db = 3 * 1 = 3
        dv3/db = 2 + 3 = 5
        <BLANKLINE>
          dv3/dv1 = b + 1 = 2 (a product passes to each factor the other factor)
          dv1/db = 1 (a sum passes the gradient on to both terms unchanged)
          dv3/dv2 = a + b = 3
          where v1 = a + b, v2 = b + 1, v3 = v1 * v2
        <BLANKLINE>
        measured: 5.0000000 +- ...
    """
    if style not in (*_PLAIN, "latex"):
        raise ArgumentError(f"style is 'text', 'unicode' or 'latex', got {style!r}")
    base = root if within is None else within
    if getattr(type(base), "op_level", 0) != 1:
        hint = "; to give a name, say in which graph: within=loss" if isinstance(base, str) else ""
        raise OperandError(f"a derivation starts from a Value, got {type(base).__name__}{hint}")
    is_elsewhere = within is None and getattr(type(wrt), "op_level", 0) == 1
    order = graph.topological_order(base, wrt) if is_elsewhere else graph.topological_order(base)
    names = Names(order)
    start = names.find(root)
    below = order if start is order[-1] else graph.topological_order(start)
    told = account(start, names.find(wrt), below, names, merge)
    found = told.groups
    latex = typeset(told)
    return Derivation(
        root=told.root,
        wrt=told.wrt,
        paths=tuple(Path(chain.nodes, chain.partials) for chain in told.chains),
        groups=tuple(found.groups or [found.shared]) if found is not None else (),
        count=told.count,
        total=told.total,
        numeric=told.numeric,
        text=latex if style == "latex" else plain(told, _PLAIN[style]),
        latex=latex,
    )
