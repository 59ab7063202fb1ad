"""Mathematics as text: names, numbers, how a node is made, its local derivatives; in plain text, Unicode or LaTeX.

What differs between these is a `Style`. Another way to write, such as MathML, is one more class like `Latex`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from ..engine import graph, ops
from ..engine.op import Op
from ..engine.ops import LEAF
from ..engine.value import lift
from ..errors import AutogradError, shown
from ..functions.latex import GREEK
from .names import Names, is_name, is_plain_number, short_number
from .text import columns, cut, label_text

__all__ = [
    "LATEX",
    "TEXT",
    "UNICODE",
    "Style",
    "aligned",
    "definition",
    "derivative",
    "formula_over_labels",
    "in_one_line",
    "latex_name",
    "latex_number",
    "local_derivative_text",
    "made_by",
    "name_of",
    "point_text",
    "shortened",
    "shown_of_many",
    "slope_name",
    "slope_text",
    "term_text",
    "written",
]

LONGEST = 48  # characters of a formula in a sentence
_DEEPEST = 8
_LONGEST_NAME = 24  # columns
_MOST = 16  # factors of a product or terms of a sum, beyond which the middle is left out
_BETWEEN = frozenset({"+", "-", "*", "/", "//", "%", "**"})  # stand between their operands


# --- styles -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Style:
    """How mathematics is written; this class writes lines of text."""

    d: str  # the sign of a derivative
    times: str  # between the factors of a product
    dots: str  # for what is left out
    plus_minus: str  # before an error bound
    star: str = "*"  # between the factors of a formula, as in 2*sin(x)

    def word(self, text: str) -> str:
        """A label, or the name of a function."""
        return text

    def name(self, name: str) -> str:
        """A node's name, cut where it is too long for a line."""
        return name if columns(name) <= _LONGEST_NAME else cut(name, _LONGEST_NAME - 3 + len(self.dots), self.dots)

    def number(self, x: float) -> str:
        """A number, as short as `short_number`."""
        return short_number(x)

    def ratio(self, above: str, below: str, mark: str = "") -> str:
        """d above / d below; both as `name` writes them."""
        upper, lower = (n if is_name(n) else f"({n})" for n in (above, below))
        return f"{self.d}{upper}/{self.d}{lower}" + (f"|{mark}" if mark else "")

    def power(self, base: str, exponent: str) -> str:
        """base^exponent; both stand in brackets already where they need them."""
        return f"{base}^{exponent}"

    def call(self, function: str, operands: Iterable[str]) -> str:
        """function(operand, operand)."""
        return f"{self.word(function)}({', '.join(operands)})"

    def operation(self, op: Op, operands: Sequence[str]) -> str:
        """How an operation makes a node of operands."""
        if op.name in _BETWEEN and len(operands) == 2:
            return f" {op.name} ".join(map(_one_thing, operands))
        if op.name.removeprefix("_") == "power":
            return f"{_one_thing(operands[0])} ** {_one_thing(self.number(op.params[0]))}"
        if op.name == "neg":
            return f"-{_one_thing(operands[0])}" if operands[0] != "0" else "0"  # a zero has no sign
        return self.call(op.name.removeprefix("_"), [*operands, *map(self.number, op.params)])

    def product(self, factors: Sequence[str]) -> list[str]:
        """The factors, each but the first with the sign before it."""
        return [f"{self.times} {f}" if i else f for i, f in enumerate(factors)]

    def numbers(self, factors: Sequence[float]) -> list[str]:
        """The product of numbers, negative ones in brackets."""
        texts = self._visible(factors)
        return self.product([f"({x})" if i and x.startswith("-") else x for i, x in enumerate(texts)])

    def sum(self, terms: Sequence[float]) -> list[str]:
        """The sum of numbers, each but the first with its sign before it."""
        return [f"- {x[1:]}" if i and x[0] == "-" else f"+ {x}" if i else x for i, x in enumerate(self._visible(terms))]

    def _visible(self, numbers: Sequence[float]) -> list[str]:
        return [self.dots if x is None else self.number(x) for x in shown_of_many(numbers)]


class Latex(Style):
    """LaTeX, for mathematics mode."""

    def word(self, text: str) -> str:
        return latex_name(text)

    def name(self, name: str) -> str:
        return latex_name(name)

    def number(self, x: float) -> str:
        return latex_number(short_number(x))

    def ratio(self, above: str, below: str, mark: str = "") -> str:
        fraction = rf"\frac{{\partial {above}}}{{\partial {below}}}"
        return rf"\left.{fraction}\right|_{{\text{{{mark}}}}}" if mark else fraction

    def power(self, base: str, exponent: str) -> str:
        return f"{{{base}}}^{{{exponent}}}" if "^" in base else f"{base}^{{{exponent}}}"

    def operation(self, op: Op, operands: Sequence[str]) -> str:
        """By the template of its row; a row of any number of operands has none."""
        if "{0}" in op.latex:
            return str(op.latex.format(*operands))
        if op in (ops.SUM, ops.MEAN):
            terms = " + ".join(shortened(operands, self.dots))
            return terms if op is ops.SUM else rf"\frac{{1}}{{{len(operands)}}} \left({terms}\right)"
        if op is ops.PROD:
            return self.star.join(shortened(operands, self.dots))
        if op is ops.DOT:
            half = len(operands) // 2
            pairs = zip(operands[:half], operands[half : 2 * half], strict=True)
            products = [(r" \, " if _is_symbol(w) and _is_symbol(x) else self.star).join((w, x)) for w, x in pairs]
            return " + ".join(shortened([*products, *operands[2 * half :]], self.dots))
        listed = ", ".join(shortened(operands, self.dots)) + "".join(f"; {self.number(x)}" for x in op.params)
        return rf"\operatorname{{{latex_name(op.latex or op.name.strip('_'))}}}({listed})"


TEXT = Style("d", "*", "...", "+-")
UNICODE = Style("∂", "·", "…", "±")
LATEX = Latex(r"\partial", r"\cdot", r"\cdots", r"\pm", star=r" \cdot ")


def shown_of_many(things: Sequence[Any], gap: Any = None) -> list[Any]:
    """The factors or terms that are written out, with the gap in the middle where there are too many."""
    return shortened(things, gap, _MOST, _MOST // 2, 3)


def shortened(things: Sequence[Any], gap: Any, most: int = 8, first: int = 6, last: int = 1) -> list[Any]:
    """The things if there are `most` at the most; else the first few, the gap, and the last few."""
    return list(things) if len(things) <= most else [*things[:first], gap, *things[-last:]]


def _one_thing(operand: str) -> str:
    """An operand in brackets if it is a negative number, or a label such as "yhat - y"."""
    return f"({operand})" if operand.startswith("-") or " " in operand else operand


def _is_symbol(text: str) -> bool:
    return text[0].isalpha() or text[0] == "\\"


# --- how nodes are made -------------------------------------------------------------------------------------------


def made_by(op: Op, operands: Sequence[str], style: Style = TEXT) -> str:
    """How a node of this row is made of its operands, which are given by their names.

    Example:
        >>> from autograd import ops
        >>> made_by(ops.SIN, ["x"]), made_by(ops.ADD, ["a", "b"]), made_by(ops.power(2.0), ["x"])
        ('sin(x)', 'a + b', 'x ** 2')
        >>> made_by(ops.power(2.0), ["yhat - y"]), made_by(ops.SUB, ["a", "-1"])
        ('(yhat - y) ** 2', 'a - (-1)')
    """
    if op is LEAF:
        return "leaf"
    return style.operation(op, operands) if operands else "constant"


def in_one_line(operands: Sequence[str], dots: str = "...") -> list[str]:
    """The operands, without those in the middle where there are more than six."""
    return shortened(operands, dots, 6, 3, 2)


def definition(node: Any, names: Names, style: Style = TEXT) -> str:
    """How a node is made, with its name: v1 = 2 * x."""
    name = style.name(names[node])
    if not node.parents:
        return f"{name} = {style.number(node._data)} ({'an input' if node._row is LEAF else 'a constant'})"
    operands = in_one_line([style.name(names[p]) for p in node.parents], style.dots)
    return f"{name} = {made_by(node._row, operands, style)}"


# --- nodes as formulas over labelled nodes ------------------------------------------------------------------------


_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4  # how strongly a formula holds together


class _Part(NamedTuple):
    """A formula, how strongly it holds together, and whether a number can stand before it with no sign: 2x, 2x^2."""

    text: str
    strength: int
    follows: bool = False

    def held(self, strength: int) -> str:
        """In brackets if it holds together less strongly than that."""
        return self.text if self.strength >= strength else f"({self.text})"


_Infix: TypeAlias = tuple[str, int, int]  # the sign; how strongly the whole holds together, and the right side must
_DIVIDED: _Infix = ("/", _PRODUCT, _POWER)
_INFIX: dict[Op, _Infix] = {
    ops.ADD: (" + ", _SUM, _SUM),
    ops.SUB: (" - ", _SUM, _PRODUCT),  # a - (b + c)
    ops.MUL: ("*", _PRODUCT, _PRODUCT),
    ops.DIV: _DIVIDED,
    ops.over: _DIVIDED,
    ops.over_or_zero: _DIVIDED,
}
# Derivatives have operations of their own, which a reader has never heard of.
_WRITTEN_OUT: dict[Op, tuple[int, Callable[[Style, Sequence[str]], str]]] = {
    ops.SECH2: (_SUM, lambda s, x: f"1 - {s.power(s.call('tanh', x), '2')}"),
    ops.SIGMOID_SLOPE: (_PRODUCT, lambda s, x: f"{s.call('sigmoid', x)}{s.star}(1 - {s.call('sigmoid', x)})"),
    ops.ONE_MINUS_SQUARE: (_SUM, lambda s, x: f"1 - {s.power(f'({x[0]})', '2')}"),
    ops.LOG_OR_ZERO: (_ATOM, lambda s, x: s.call("log", x[:1])),
    ops.POWER_SLOPE: (_PRODUCT, lambda s, x: f"{x[1]}{s.star}{s.power(f'({x[0]})', f'({x[1]} - 1)')}"),
}


def written(node: Any, by_name: bool = True) -> str:
    """The formula of a node over labelled nodes, itself as its label if `by_name`; a short name if that is long."""
    text = _formula(lift(node), TEXT, by_name).text
    return text if len(text) <= LONGEST else name_of(node)


def formula_over_labels(node: Any, style: Style, by_name: bool = False) -> str:
    """The same, but empty where it is too long or holds a node without a label."""
    text = _formula(lift(node), TEXT, by_name).text
    return "" if len(text) > LONGEST or " node (" in text else _formula(lift(node), style, by_name).text


def name_of(node: Any) -> str:
    """A short name: the label, else the formula where it is short, else the operation and the number."""
    if node._label:
        return shown(node._label)
    text = _formula(node).text
    return text if len(text) <= LONGEST else _node_text(node)


def term_text(node: Any, k: int) -> str:
    """The term that the k-th operand of a sum, a mean or a dot product stands in."""
    half = len(node.parents) // 2
    if node._row is not ops.DOT or k >= 2 * half:
        return name_of(node.parents[k])
    return f"{name_of(node.parents[k % half])}*{name_of(node.parents[half + k % half])}"


def point_text(names: Sequence[str], numbers: Sequence[float], text: Callable[[float], str] = short_number) -> str:
    """A point in words, cut after four variables: x = 0.5, y = 2."""
    listed = [f"{name} = {text(x)}" for name, x in zip(names[:4], numbers[:4], strict=True)]
    return ", ".join(listed) + (", ..." if len(names) > 4 else "")


def slope_name(node: Any, k: int) -> str:
    """What the local derivative of a node by its k-th operand is called: d(x^2)/dx."""
    texts = (written(node), written(node.parents[k]))
    return "/".join(f"d{text}" if text.isidentifier() else f"d({text})" for text in texts)


def slope_text(node: Any, k: int) -> str:
    """Its formula over labels: 2x; empty where it has none that is short enough to write."""
    slope = _slope(node, k)
    return "" if slope is None else formula_over_labels(slope, TEXT, by_name=True)


def local_derivative_text(node: Any, k: int) -> str:
    """The local derivative of a node by its k-th operand: d(x^2)/dx = 2x, or what it is here."""
    formula = slope_text(node, k) or f"{short_number(float(graph.local_partials(node)[k]))} here"
    return f"{slope_name(node, k)} = {formula}"


def derivative(node: Any, k: int, names: Names, style: Style = TEXT) -> str:
    """The derivative of a node by its k-th operand over names; empty where it is a number or too long to write."""
    slope = _slope(node, k)
    if slope is None or not _legible(slope, names):
        return ""
    text = formula_over_labels(slope, TEXT, by_name=True)
    if not text or text == short_number(slope._data):
        return ""
    if style is LATEX:
        return "" if "^(" in text else formula_over_labels(slope, LATEX, by_name=True)  # rows leave out x^(-2)
    return text


def _slope(node: Any, k: int) -> Any:
    """The local derivative by the k-th operand as a node; None: it has no value."""
    try:
        slope = lift(graph.local_partials(node, create_graph=True)[k])
        return -node.parents[0] / node.parents[1] ** 2 if node._row is ops.DIV and k else slope
    except AutogradError:
        return None


def _legible(slope: Any, names: Names) -> bool:
    """Whether every node in the formula has a name of its own that needs no brackets; a large one is not looked at."""
    stack = [slope]
    for _ in range(64):
        if not stack:
            return True
        node = stack.pop()
        if not node.label and (node.parents or is_plain_number(node)):
            stack += node.parents
        elif not is_name(node.label) or names.get(node, node.label) != node.label:
            return False
    return not stack


def _formula(node: Any, style: Style = TEXT, by_name: bool = True, depth: int = 0) -> _Part:
    op = node._row
    if by_name and node._label:
        label = shown(node._label)
        return _Part(style.word(label), _SUM if " " in label else _ATOM, _is_word(label.replace("^", "")))
    if not node.parents:
        return _number(node._data, style)
    if depth > _DEEPEST or len(node.parents) > 6:
        return _Part(_node_text(node), _ATOM)
    parts = [_formula(p, style, True, depth + 1) for p in node.parents]
    if op in _INFIX:
        return _infix(op, style, *parts)
    if op in (ops.POW, ops.POWER_TOTAL):
        return _raised(style, *parts)
    if op is ops.NEG:
        return _Part(f"-{parts[0].held(_PRODUCT)}", _SUM)
    if len(op.params) == 1 and op in (ops.power(op.params[0]), ops._power(op.params[0])):
        return parts[0] if short_number(op.params[0]) == "1" else _raised(style, parts[0], _number(op.params[0], style))
    texts = [part.text for part in parts]
    if op in _WRITTEN_OUT:
        strength, write = _WRITTEN_OUT[op]
        return _Part(write(style, texts), strength)
    return _Part(f"|{texts[0]}|" if op is ops.ABS else style.call(op.name.strip("_"), texts), _ATOM)


def _number(x: float, style: Style) -> _Part:
    return _Part(style.number(x), _ATOM if x >= 0 else _SUM, _is_word(short_number(x)))


def _raised(style: Style, base: _Part, exponent: _Part) -> _Part:
    follows = base.follows and base.strength == exponent.strength == _ATOM and exponent.text.isalnum()
    return _Part(style.power(base.held(_ATOM), exponent.held(_ATOM)), _POWER, follows)


def _infix(op: Op, style: Style, left: _Part, right: _Part) -> _Part:
    sign, strength, inner = _INFIX[op]
    if op is ops.MUL and left.text == "1":
        return right
    if strength == _PRODUCT and left.text[0] == "-" and _is_number(left.text[1:]):
        return _Part(f"-{_infix(op, style, _Part(left.text[1:], _ATOM), right).held(_PRODUCT)}", _SUM)
    if op is ops.ADD and right.text.startswith("-") and right.strength == _SUM:
        return _Part(f"{left.text} - {right.text[1:]}", _SUM)
    if op is ops.MUL and _is_number(left.text) and right.follows:
        return _Part(f"{left.text}{right.text}", _PRODUCT)
    return _Part(f"{left.held(strength)}{style.star if op is ops.MUL else sign}{right.held(inner)}", strength)


def _node_text(node: Any) -> str:
    return f"the {node._row.name} node ({short_number(node._data)})"


def _is_word(text: str) -> bool:
    return text[:1].isalpha() and text.isalnum()


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


# --- LaTeX --------------------------------------------------------------------------------------------------------


_GREEK_NAMES = {letter: name for name, letter in GREEK.items()}
_ACCENTS = {"hat": r"\hat", "bar": r"\bar", "tilde": r"\tilde", "dot": r"\dot"}
_MARKS = {"\u0302": r"\hat", "\u0304": r"\bar", "\u0303": r"\tilde", "\u0307": r"\dot"}
_SIGNS = {sign: f"\\{sign}" for sign in "{}$&%#_ "} | {
    "\\": r"\backslash{}",
    "^": r"\hat{}",
    "~": r"\sim{}",
    "`": r"\grave{}",
    "<": "{<}",  # a notebook's page would take `<` and a letter for a tag
    ">": "{>}",
    "@": "{@}",  # KaTeX takes it for a letter of the command before it
}
_TOKEN = re.compile(r"(?P<word>[^\W\d_]+)(?P<digits>\d*)(?P<rest>(?:_[^\W_]+)*)|\d+|.", re.DOTALL)


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
    return _TOKEN.sub(_token, label_text(unicodedata.normalize("NFC", label))) or "{}"


def aligned(rows: Iterable[str]) -> str:
    """One ``aligned`` environment of these rows."""
    body = " \\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


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


def _token(match: re.Match[str]) -> str:
    token = match[0]
    if match["word"]:
        below = [part for part in (match["digits"], *match["rest"].split("_")[1:]) if part]
        subscripts = ",".join(part if part.isascii() else rf"\text{{{part}}}" for part in below)
        return _word(match["word"]) + (f"_{{{subscripts}}}" if below else "")
    if token in _SIGNS:
        return _SIGNS[token]
    if unicodedata.category(token[0]) in ("Mn", "Me"):
        token = f"\u25cc{token}"  # an accent needs a letter below it; this circle stands for one
    return token if token.isascii() else rf"\text{{{token}}}"


def _word(word: str) -> str:
    for ending, accent in _ACCENTS.items():
        letter = word.removesuffix(ending)
        if letter != word and (len(letter) == 1 or letter in GREEK):
            return f"{accent}{{{_letters(letter)}}}"
    return _letters(word)


def _letters(word: str) -> str:
    if word in GREEK:
        return f"\\{word}"
    if len(word) == 1:
        taken_apart = unicodedata.normalize("NFD", word)
        if len(taken_apart) == 2 and taken_apart[1] in _MARKS:
            return f"{_MARKS[taken_apart[1]]}{{{_letters(taken_apart[0])}}}"
        if word in _GREEK_NAMES:
            return f"\\{_GREEK_NAMES[word]}"
    if not word.isascii():
        return rf"\text{{{word}}}"
    return word if len(word) == 1 else rf"\mathrm{{{word}}}"
