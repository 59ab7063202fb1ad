"""Nodes in words: an expression written out as a formula, and its local derivative by an operand.

Only for sentences: what is long is cut to the node's name. Drawing and LaTeX have writers of their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from ..engine import graph, ops
from ..engine.op import Op, is_node
from ..engine.ops import LEAF
from ..engine.value import lift
from ..errors import AutogradError, shown
from .chains import is_name
from .names import Names, is_plain_number, made_by, short_number
from .text import TEXT, Style, label_text

__all__ = [
    "definition",
    "formula",
    "kinks",
    "latex_name",
    "latex_number",
    "local_derivative_text",
    "name_of",
    "number_text",
    "point_text",
    "term_text",
    "written",
]

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
    return text if len(text) <= LONGEST else f"the {node._row.name} node ({number_text(node._data)})"


def term_text(node: Any, k: int) -> str:
    """The term that the k-th operand of a sum, a mean or a dot product stands in.

    Example:
        >>> from autograd import Value, dot
        >>> w, x, b = Value(2.0, "w"), Value(3.0, "x"), Value(1.0, "b")
        >>> [term_text(dot([w], [x], b), k) for k in range(3)]
        ['w*x', 'w*x', 'b']
    """
    half = len(node.parents) // 2
    if node._row is not ops.DOT or k >= 2 * half:
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
        text, _ = _formula(lift(-node.parents[0] / node.parents[1] ** 2 if node._row is ops.DIV and k else partial))
    except AutogradError:
        text = ""
    return f"{name} = {text}" if 0 < len(text) <= LONGEST and " node (" not in text else f"{name} = {at} here"


def _in_fraction(node: Any, by_name: bool) -> str:
    text = written(node, by_name) if by_name or node.parents else name_of(node)
    return text if text.isidentifier() else f"({text})"


def _formula(node: Any, by_name: bool = True, depth: int = 0) -> tuple[str, int]:
    op = node._row
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


# --- reasons ------------------------------------------------------------------------------------------------------
#
# Why a factor is what it is: the local derivative as a formula, the rule's own sentence, how a node is made.


_MOST = 6  # operands that are written out
_SEEN = 64  # nodes of a formula that are looked at


def formula(node: Any, place: int, names: Names) -> str:
    """The derivative of a node by one operand over names; empty where it is a number or too long to write.

    Example:
        >>> from autograd import Value
        >>> from autograd.engine.graph import topological_order
        >>> x, y = Value(3.0, "x"), Value(2.0, "y")
        >>> z = x * y
        >>> formula(z, 0, Names(topological_order(z)))
        'y'
    """
    try:
        partial = graph.local_partials(node, create_graph=True)[place]
    except AutogradError:
        return ""
    if not is_node(partial) or not _legible(partial, names):
        return ""
    head = local_derivative_text(node, place, whole=False)
    text = local_derivative_text(node, place)[len(head) + 3 :]
    number = short_number(float(graph.local_partials(node)[place]))
    return "" if text in (number, f"{number} here") else text


def _legible(partial: Any, names: Names) -> bool:
    """Whether every node in the formula has a name of its own, which stands in no need of brackets."""
    stack, seen = [partial], 0
    while stack and seen < _SEEN:
        node = stack.pop()
        seen += 1
        if not node.label and (node.parents or is_plain_number(node)):
            stack += node.parents
        elif not is_name(node.label) or names.get(node, node.label) != node.label:
            return False
    return not stack


def definition(node: Any, names: Names, style: Style = TEXT) -> str:
    """How a node is made of its operands.

    Example:
        >>> from autograd import Value
        >>> from autograd.engine.graph import topological_order
        >>> x = Value(3.0, "x")
        >>> y = 2 * x
        >>> definition(y, Names(topological_order(y)))
        'v1 = 2 * x'
    """
    name = style.name(names[node])
    if not node.parents:
        return f"{name} = {short_number(node._data)} ({'an input' if node._row is LEAF else 'a constant'})"
    shown: list[Any] = list(node.parents)
    if len(shown) > _MOST:
        shown[_MOST // 2 : 1 - _MOST // 2] = [None]
    operands = [style.dots if p is None else style.name(names[p]) for p in shown]
    return f"{name} = {made_by(node._row, operands)}"


def kinks(nodes: Iterable[Any]) -> list[str]:
    """What the operations among the nodes take for a derivative where they have none."""
    found = {f"{node._row.name}: {node._row.kink}": None for node in nodes if node._row.kink}
    return list(found)


# --- latex --------------------------------------------------------------------------------------------------------
#
# Names as LaTeX mathematics: subscripts, hats and Greek letters, and nothing that a label could do harm with.


_GREEK = frozenset(
    re.findall(
        "[A-Za-z]+",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
        "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega",
    )
)
_ACCENTS = {"hat": r"\hat", "bar": r"\bar", "tilde": r"\tilde", "dot": r"\dot"}
_MARKS = {"\u0302": r"\hat", "\u0304": r"\bar", "\u0303": r"\tilde", "\u0307": r"\dot"}
_SIGNS = {
    "\\": r"\backslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "^": r"\hat{}",
    "~": r"\sim{}",
    " ": r"\ ",
    "<": "{<}",  # a notebook's page would take `<` and a letter for a tag
    ">": "{>}",
    "`": r"\grave{}",
    "@": "{@}",  # KaTeX takes it for a letter of the command before it
}
_TOKEN = re.compile(r"[^\W\d_]+\d*(?:_[^\W_]+)*|\d+|.", re.DOTALL)
_NAME = re.compile(r"([^\W\d_]+)(\d*)((?:_[^\W_]+)*)")


def latex_name(label: str) -> str:
    r"""A label in mathematics mode.

    Digits at the end and what follows an underscore become subscripts, yhat gets its hat, and the name of a Greek
    letter becomes that letter. Whatever LaTeX would take for a command, a group or a comment is written so that it
    stands for itself; what would not show is written as in :func:`~autograd.reading.text.label_text`.

    Args:
        label: any text.

    Example:
        >>> print(latex_name("m1"), latex_name("yhat"), latex_name("delta2"), latex_name("loss"), latex_name("w_ij"))
        m_{1} \hat{y} \delta_{2} \mathrm{loss} w_{ij}
        >>> print(latex_name("yhat - y"), latex_name(r"\end{x}$"))
        \hat{y}\ -\ y \backslash{}\mathrm{end}\{x\}\$
    """
    return "".join(map(_token, _TOKEN.findall(label_text(unicodedata.normalize("NFC", label))))) or "{}"


def latex_number(text: str) -> str:
    r"""A number as Python prints it, in mathematics mode.

    Example:
        >>> print(latex_number("0.5"), latex_number("1e-07"), latex_number("-2.5e+20"), latex_number("-inf"))
        0.5 10^{-7} -2.5 \times 10^{20} -\infty
    """
    if "inf" in text:
        return text.replace("inf", r"\infty")
    if "nan" in text:
        return r"\mathrm{nan}"
    digits, _, exponent = text.partition("e")
    if not exponent:
        return digits
    power = f"10^{{{int(exponent)}}}"
    return {"1": power, "-1": f"-{power}"}.get(digits, rf"{digits} \times {power}")


def _token(token: str) -> str:
    match = _NAME.fullmatch(token)
    if match is not None:
        word, digits, rest = match.groups()
        below = [part for part in (digits, *rest.split("_")[1:]) if part]
        subscripts = ",".join(part if part.isascii() else rf"\text{{{part}}}" for part in below)
        return _word(word) + (f"_{{{subscripts}}}" if below else "")
    if token in _SIGNS:
        return _SIGNS[token]
    if unicodedata.category(token[0]) in ("Mn", "Me"):
        token = f"\u25cc{token}"  # an accent needs a letter below it; this circle stands for one
    return token if token.isascii() else rf"\text{{{token}}}"


def _word(word: str) -> str:
    for ending, accent in _ACCENTS.items():
        letter = word.removesuffix(ending)
        if letter != word and (len(letter) == 1 or letter in _GREEK):
            return f"{accent}{{{_letters(letter)}}}"
    return _letters(word)


def _letters(word: str) -> str:
    if word in _GREEK:
        return f"\\{word}"
    if len(word) == 1:
        taken_apart = unicodedata.normalize("NFD", word)
        if len(taken_apart) == 2 and taken_apart[1] in _MARKS:
            return f"{_MARKS[taken_apart[1]]}{{{_letters(taken_apart[0])}}}"
        kind, _, name = unicodedata.name(word, "").rpartition(" LETTER ")
        name = name.lower() if kind == "GREEK SMALL" else name.capitalize()
        if kind in ("GREEK SMALL", "GREEK CAPITAL") and name in _GREEK:
            return f"\\{name}"
    if not word.isascii():
        return rf"\text{{{word}}}"
    return word if len(word) == 1 else rf"\mathrm{{{word}}}"
