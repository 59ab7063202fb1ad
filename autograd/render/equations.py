"""A graph as LaTeX: an equation for every node going forward, and one for every derivative going back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ..engine.graph import is_constant
from ..engine.value import Value
from ..errors import GraphError
from ..reading.formulas import LATEX, aligned, latex_name, made_by, shortened
from ..reading.names import is_plain_number
from ..reading.trace import Trace
from .rows import Graph

__all__ = ["bare", "symbol", "to_latex"]

NODE_LIMIT = 150
_WIDEST = 75  # characters on a line, about; an equation that is longer is broken at its equals signs
_COMPOUND = re.compile(r"[-+*/=<>^ ]")
_UNSEEN = re.compile(r"\\left|\\right|\\partial|\\text|\\operatorname|\\frac|[{}_^ ]")


def to_latex(root: Value, *, backward: bool = True) -> str:
    r"""Write out the forward and the backward pass as equations in one ``aligned`` environment.

    Forward, every node that an operation made has its formula, in symbols and in numbers. Backward, every node but
    the constants has dL/dx = sum over the uses u of x of dL/du * du/dx, from the root to the inputs. The gradients
    are worked out for this: those that the nodes store are neither read nor changed.

    Args:
        root: the node to start from, usually a loss.
        backward: whether the backward pass is to be there too.

    Returns:
        Text for mathematics mode (between ``\[`` and ``\]``) that needs the package amsmath, and that KaTeX and
        MathJax take as it is.

    Raises:
        OperandError: `root` is not a Value.
        GraphError: the graph is too large to read as equations, or no operation made `root`.

    Example:
        >>> w, x = Value(2.0, "w"), Value(3.0, "x", constant=True)
        >>> z = w * x
        >>> z.label = "z"
        >>> print(to_latex(z))
        \begin{aligned}
        z &= w \cdot x = 2 \cdot 3 = 6 \\
        \frac{\partial z}{\partial z} &= 1 \\
        \frac{\partial z}{\partial w} &= \frac{\partial z}{\partial z} \cdot \frac{\partial z}{\partial w} = 1 \cdot 3 = 3
        \end{aligned}
    """  # noqa: E501  # a line of what is printed can't be broken
    nodes, _ = Graph(root).size()
    if nodes > NODE_LIMIT:
        raise GraphError(
            f"this graph has {nodes:,} nodes; up to {NODE_LIMIT} are written out as equations. Take a part of it, from "
            "a node nearer to the inputs, or one derivative alone: autograd.explain(root, wrt)"
        )
    trace = Trace(root)
    return aligned([*_forward(trace), *(_backward(trace) if backward else ())])


def _forward(trace: Trace) -> Iterator[str]:
    """Rows such as z = w x + b = 2 * 3 + 1 = 7."""
    symbols = {node: symbol(trace, node) for node in trace.order}
    numbers = {node: _number(value) for node, value in zip(trace.order, trace.values, strict=True)}
    for node, value in zip(trace.order, trace.values, strict=True):
        if node.parents:
            sides = [made_by(node._row, [text[p] for p in node.parents], LATEX) for text in (symbols, numbers)]
            yield from _equation(latex_name(trace.names[node]), [*sides, LATEX.number(value)])


def _backward(trace: Trace) -> Iterator[str]:
    """Rows such as dL/dx = dL/du * du/dx + dL/dv * dv/dx = 2 * 3 + 1 * 5 = 11."""

    def ratio(above: Any, below: Any, mark: str = "") -> str:
        return LATEX.ratio(symbol(trace, above), symbol(trace, below), mark)

    end = len(trace)
    yield from _equation(ratio(trace.root, trace.root), [LATEX.number(trace.seed)])
    for node in reversed(trace.order[:-1]):
        total = trace.gradient(node, end)
        if is_constant(node) or total is None:
            continue
        sent = trace.contributions(node, end)
        uses = Counter(sender for sender, _ in sent)
        symbols, numbers = [], []
        for sender, message in sent:
            mark = f"operand {message.operand + 1}" if uses[sender] > 1 else ""
            symbols.append(LATEX.star.join([ratio(trace.root, sender), ratio(sender, node, mark)]))
            numbers.append(LATEX.star.join([_number(message.upstream), _number(message.local)]))
        sides = [" + ".join(shortened(terms, LATEX.dots)) for terms in (symbols, numbers)]
        yield from _equation(ratio(trace.root, node), [*sides, LATEX.number(total)])


def _equation(left: str, sides: Sequence[str]) -> Iterator[str]:
    """One row, or one for each side where that would be too long; a side is written once."""
    before = [left, *sides]
    written = [side for side, other in zip(sides, before, strict=False) if bare(side) != bare(other)]
    left = f"{{}}{left}" if left[0] in "[*" else left  # behind a line break these would be its arguments
    if len(_UNSEEN.sub("", f"{left}={'='.join(written)}")) <= _WIDEST:
        yield f"{left} &= {' = '.join(written)}"
        return
    for i, side in enumerate(written):
        yield f"{'' if i else left} &= {side}".strip()


def bare(side: str) -> str:
    """Without its spaces: a label "yhat - y" is the formula that it stands for."""
    return side.replace("\\ ", "").replace(" ", "")


def symbol(trace: Trace, node: Any) -> str:
    """A node's name as one thing that can stand in a product; a plain number is its own name."""
    if is_plain_number(node):
        return _number(node._data)
    name = trace.names[node]
    return rf"\left({latex_name(name)}\right)" if _COMPOUND.search(name) else latex_name(name)


def _number(x: float) -> str:
    """A number as one thing that can stand in a product."""
    text = LATEX.number(x)
    return f"({text})" if text.startswith("-") or "^" in text else text
