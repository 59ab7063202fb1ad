"""A graph as LaTeX: an equation for every node going forward, and one for every derivative going back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from ..engine import ops
from ..engine.graph import is_constant
from ..engine.op import Op
from ..engine.value import Value
from ..errors import GraphError
from ..reading.formulas import latex_name, latex_number
from ..reading.names import is_plain_number, short_number
from ..reading.trace import Trace
from .rows import graph_size

__all__ = ["to_latex"]

NODE_LIMIT = 150
_MOST = 8  # terms or operands, beyond which the middle is left out
_WIDEST = 75  # characters on a line, about; an equation that is longer is broken at its equals signs
_TIMES, _DOTS = r" \cdot ", r"\cdots"
_COMPOUND = re.compile(r"[-+*/=<>^ ]")
_UNSEEN = re.compile(r"\\left|\\right|\\partial|\\text|\\operatorname|\\frac|[{}_^ ]")

Terms: TypeAlias = Sequence[str]


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
    """  # noqa: E501
    nodes, _ = graph_size(root)
    if nodes > NODE_LIMIT:
        raise GraphError(
            f"this graph has {nodes:,} nodes; up to {NODE_LIMIT} are written out as equations. Take a part of it, from "
            "a node nearer to the inputs, or one derivative alone: autograd.explain(root, wrt)"
        )
    trace = Trace(root)
    rows = [*_Forward(trace).rows(), *(_Backward(trace).rows() if backward else ())]
    body = " \\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


class _Forward:
    """z = w x + b = 2 * 3 + 1 = 7."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.symbols = {node: _symbol(trace, node) for node in trace.order}
        values = zip(trace.order, trace.values, strict=True)
        self.numbers = {node: _bracketed(_number(value)) for node, value in values}

    def rows(self) -> Iterator[str]:
        for node, value in zip(self.trace.order, self.trace.values, strict=True):
            if node.parents:
                sides = [_formula(node, [text[p] for p in node.parents]) for text in (self.symbols, self.numbers)]
                yield from _equation(latex_name(self.trace.names[node]), [*sides, _number(value)])


class _Backward:
    """dL/dx = dL/du * du/dx + dL/dv * dv/dx = 2 * 3 + 1 * 5 = 11."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def rows(self) -> Iterator[str]:
        trace, end = self.trace, len(self.trace)
        yield from _equation(self.ratio(trace.root, trace.root), [_number(trace.seed)])
        for node in reversed(trace.order[:-1]):
            if is_constant(node):
                continue
            sent = trace.contributions(node, end)
            uses = Counter(sender for sender, _ in sent)
            symbols, numbers = [], []
            for sender, message in sent:
                mark = f"operand {message.operand + 1}" if uses[sender] > 1 else ""
                symbols.append(f"{self.ratio(trace.root, sender)}{_TIMES}{self.ratio(sender, node, mark)}")
                factors = [_bracketed(_number(x)) for x in (message.upstream, message.local)]
                numbers.append(_TIMES.join(factors))
            total = trace.gradient(node, end)
            if total is not None:
                sides = [" + ".join(_shortened(terms)) for terms in (symbols, numbers)]
                yield from _equation(self.ratio(trace.root, node), [*sides, _number(total)])

    def ratio(self, above: Any, below: Any, mark: str = "") -> str:
        upper, lower = (_symbol(self.trace, node) for node in (above, below))
        fraction = rf"\frac{{\partial {upper}}}{{\partial {lower}}}"
        return rf"\left.{fraction}\right|_{{\text{{{mark}}}}}" if mark else fraction


def _formula(node: Any, operands: Terms) -> str:
    """How a node is made, by the template of its row; a row of any number of operands has none."""
    op = node._row
    if "{0}" in op.latex:
        return str(op.latex.format(*operands))
    write = _VARIADIC.get(op)
    if write is not None:
        return write(operands)
    listed = ", ".join(_shortened(operands)) + "".join(f"; {_number(x)}" for x in op.params)
    return rf"\operatorname{{{latex_name(op.latex or op.name.strip('_'))}}}({listed})"


def _dot(operands: Terms) -> str:
    """The weights, the inputs, and mostly a bias."""
    half = len(operands) // 2
    products = [rf"{w} \, {x}" if _is_name(w) and _is_name(x) else f"{w}{_TIMES}{x}" for w, x in _pairs(operands, half)]
    return " + ".join(_shortened([*products, *operands[2 * half :]]))


def _pairs(operands: Terms, half: int) -> Iterator[tuple[str, str]]:
    return zip(operands[:half], operands[half : 2 * half], strict=True)


def _mean(operands: Terms) -> str:
    return rf"\frac{{1}}{{{len(operands)}}} \left({' + '.join(_shortened(operands))}\right)"


_VARIADIC: dict[Op, Callable[[Terms], str]] = {
    ops.SUM: lambda operands: " + ".join(_shortened(operands)),
    ops.PROD: lambda operands: _TIMES.join(_shortened(operands)),
    ops.MEAN: _mean,
    ops.DOT: _dot,
}


def _equation(left: str, sides: Terms) -> Iterator[str]:
    """One row, or one for each side where that would be too long; a side is written once."""
    before = [left, *sides]
    written = [side for side, other in zip(sides, before, strict=False) if _bare(side) != _bare(other)]
    left = f"{{}}{left}" if left[0] in "[*" else left  # behind a line break these would be its arguments
    if len(_UNSEEN.sub("", f"{left}={'='.join(written)}")) <= _WIDEST:
        yield f"{left} &= {' = '.join(written)}"
        return
    for i, side in enumerate(written):
        yield f"{'' if i else left} &= {side}".strip()


def _bare(side: str) -> str:
    """Without its spaces: a label "yhat - y" is the formula that it stands for."""
    return side.replace("\\ ", "").replace(" ", "")


def _shortened(terms: Terms) -> list[str]:
    """The terms, without those in the middle where there are many."""
    return [*terms[: _MOST - 2], _DOTS, terms[-1]] if len(terms) > _MOST else list(terms)


def _symbol(trace: Trace, node: Any) -> str:
    """A node's name as one thing that can stand in a product; a plain number is its own name."""
    if is_plain_number(node):
        return _bracketed(_number(node._data))
    name = trace.names[node]
    return rf"\left({latex_name(name)}\right)" if _COMPOUND.search(name) else latex_name(name)


def _number(x: float) -> str:
    return latex_number(short_number(x))


def _bracketed(number: str) -> str:
    return f"({number})" if number.startswith("-") or "^" in number else number


def _is_name(text: str) -> bool:
    return not text[0].isdecimal() and text[0] != "("
