"""Nodes in words: an expression written out as a formula, and its local derivative by an operand.

Only for sentences: what is long is cut to the node's name. Drawing and LaTeX have writers of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine import graph, ops
from ..engine.op import Op
from ..engine.value import lift
from ..errors import AutogradError, shown

__all__ = ["local_derivative_text", "name_of", "number_text", "point_text", "term_text", "written"]

LONGEST = 48
_DEEPEST = 8
_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4  # how strongly a formula holds together

_INFIX: dict[Op, tuple[str, int]] = {
    ops.ADD: (" + ", _SUM),
    ops.SUB: (" - ", _SUM),
    ops.MUL: ("*", _PRODUCT),
    ops.DIV: ("/", _PRODUCT),
    ops.over: ("/", _PRODUCT),
    ops.over_or_zero: ("/", _PRODUCT),
    ops.POW: ("^", _POWER),
    ops.POWER_TOTAL: ("^", _POWER),
}
_WRITTEN_OUT: dict[Op, tuple[str, int]] = {
    ops.SECH2: ("1 - tanh({0})^2", _SUM),
    ops.SIGMOID_SLOPE: ("sigmoid({0})*(1 - sigmoid({0}))", _PRODUCT),
    ops.ONE_MINUS_SQUARE: ("1 - ({0})^2", _SUM),
    ops.STEP: ("step({0})", _ATOM),
    ops.LOG_OR_ZERO: ("log({0})", _ATOM),
    ops.POWER_SLOPE: ("{1}*({0})^({1} - 1)", _PRODUCT),
}


def number_text(x: float) -> str:
    """A number as a sentence has it.

    >>> number_text(3.0), number_text(0.1 + 0.2)
    ('3', '0.3')
    """
    return f"{x:.6g}"


def written(node: Any, by_name: bool = True) -> str:
    """The formula of a node over labelled nodes; its name if it has none and the formula is long.

    Args:
        node: a node, or a plain number.
        by_name: whether the node itself may be written as its label.

    Example:
        >>> from autograd import Value, sin
        >>> x = Value(2.0, "x")
        >>> written(3 * sin(x**2) + x), written(2 * (x + 1) ** 2)
        ('3*sin(x^2) + x', '2*(x + 1)^2')
    """
    text, _ = _formula(lift(node), by_name, 0)
    return text if len(text) <= LONGEST else name_of(node)


def name_of(node: Any) -> str:
    """A short name: the label, else the formula where it is short, else the operation and the number."""
    if node._label:
        return shown(node._label)
    text, _ = _formula(node, True, 0)
    return text if len(text) <= LONGEST else f"the {node._op.name} node ({number_text(node._data)})"


def term_text(node: Any, k: int) -> str:
    """The term that the k-th operand of a sum, a mean or a dot product stands in.

    Example:
        >>> from autograd import Value, dot
        >>> w, x, b = Value(2.0, "w"), Value(3.0, "x"), Value(1.0, "b")
        >>> [term_text(dot([w], [x], b), k) for k in range(3)]
        ['w*x', 'w*x', 'b']
    """
    half = len(node.parents) // 2
    if node._op is not ops.DOT or k >= 2 * half:
        return name_of(node.parents[k])
    return f"{name_of(node.parents[k % half])}*{name_of(node.parents[half + k % half])}"


def point_text(names: Sequence[str], numbers: Sequence[float]) -> str:
    """A point in words, cut after four variables.

    >>> point_text(["x", "y"], [0.5, 2.0])
    'x = 0.5, y = 2'
    """
    listed = [f"{name} = {number_text(x)}" for name, x in zip(names[:4], numbers[:4], strict=True)]
    return ", ".join(listed) + (", ..." if len(names) > 4 else "")


def local_derivative_text(node: Any, k: int, whole: bool = True) -> str:
    """The local derivative of a node by its k-th operand, written out.

    Args:
        node: a node that an operation made.
        k: which operand.
        whole: False leaves out what it is equal to.

    Example:
        >>> from autograd import Value, sin
        >>> x = Value(3.0, "x")
        >>> local_derivative_text(x**2, 0), local_derivative_text(sin(x**2), 0)
        ('d(x^2)/dx = 2x', 'd(sin(x^2))/d(x^2) = cos(x^2)')
    """
    parent = node.parents[k]
    above, below = (_in_fraction(n, by_name) for n, by_name in ((node, bool(node._label)), (parent, True)))
    name = f"d{above}/d{below}"
    if not whole:
        return name
    at = number_text(float(graph.local_partials(node)[k]))
    try:
        partial = graph.local_partials(node, create_graph=True)[k]
        text, _ = _formula(lift(-node.parents[0] / node.parents[1] ** 2 if node._op is ops.DIV and k else partial))
    except AutogradError:
        text = ""
    return f"{name} = {text}" if 0 < len(text) <= LONGEST and " node (" not in text else f"{name} = {at} here"


def _in_fraction(node: Any, by_name: bool) -> str:
    text = written(node, by_name) if by_name or node.parents else name_of(node)
    return text if text.isidentifier() else f"({text})"


def _formula(node: Any, by_name: bool = True, depth: int = 0) -> tuple[str, int]:
    op = node._op
    if by_name and node._label:
        label = shown(node._label)
        return label, _SUM if " " in label else _ATOM  # "yhat - y" is written in brackets
    if not node.parents:
        text = number_text(node._data)
        return text, _ATOM if node._data >= 0 else _SUM
    if depth > _DEEPEST or len(node.parents) > 6:
        return f"the {op.name} node ({number_text(node._data)})", _ATOM
    parts = [_formula(p, True, depth + 1) for p in node.parents]
    if op in _INFIX:
        return _infix(op, parts)
    if op is ops.NEG:
        return f"-{_held(parts[0], _PRODUCT)}", _SUM
    if len(op.params) == 1 and op in (ops.power(op.params[0]), ops._power(op.params[0])):
        exponent = number_text(op.params[0])
        if exponent == "1":
            return parts[0]
        return f"{_held(parts[0], _ATOM)}^{exponent if op.params[0] >= 0 else f'({exponent})'}", _POWER
    if op in _WRITTEN_OUT:
        form, strength = _WRITTEN_OUT[op]
        return form.format(*[text for text, _ in parts]), strength
    if op is ops.ABS:
        return f"|{parts[0][0]}|", _ATOM
    return f"{op.name.strip('_')}({', '.join(text for text, _ in parts)})", _ATOM


def _infix(op: Op, parts: list[tuple[str, int]]) -> tuple[str, int]:
    sign, strength = _INFIX[op]
    left, right = parts
    if op is ops.MUL and left[0] == "1":
        return right
    if strength == _PRODUCT and left[0][0] == "-" and _is_number(left[0][1:]):
        return f"-{_held(_infix(op, [(left[0][1:], _ATOM), right]), _PRODUCT)}", _SUM
    if op is ops.ADD and right[0].startswith("-") and right[1] == _SUM:
        return f"{left[0]} - {right[0][1:]}", _SUM
    if op is ops.MUL and _is_number(left[0]) and right[0][:1].isalpha() and right[0].replace("^", "").isalnum():
        return f"{left[0]}{right[0]}", _PRODUCT
    strict = op not in (ops.ADD, ops.MUL)  # a - (b + c)
    return f"{_held(left, strength)}{sign}{_held(right, strength + 1 if strict else strength)}", strength


def _held(part: tuple[str, int], strength: int) -> str:
    return part[0] if part[1] >= strength else f"({part[0]})"


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()
