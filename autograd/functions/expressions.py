"""Expressions typed by a user, such as ``2x cos(x^2)``: written out as Python, parsed, and never executed.

A :class:`Reading` goes through the text once. It writes what people type as Python would have it, refuses what does not
fit at its place in the text, and leaves to :func:`ast.parse` what binds more than what. The tree is then turned into
steps by a white list of nodes, and our own code runs the steps, on floats and Values alike. What may be typed:

- ``+ - * / // % **`` and parentheses, which mean and bind what they do in Python: ``-x**2`` is ``-(x**2)``.
- ``^`` and raised digits for powers, ``|x|`` for ``abs(x)``, and the signs of print: ``− × · ÷``.
- A product without its sign, as ``2x``, ``2(x+1)``, ``(x+1)(x-1)``, ``x sin(x)`` and ``2πr``; not between two
  variables, and not where it could be meant in two ways, as in ``1/2x`` and ``e^2x``.
- Numbers in decimals, always floats; ``pi``, ``π`` and ``e``; names of ASCII and Greek letters, digits and ``_``.
- LaTeX, as ``\\frac{x}{1 + x^2}``; see :mod:`autograd.functions.latex`.
- A name before a parenthesis calls a function of single numbers of this package, or one by another name of it
  (``ln``, ``arctan``, ``sec``).

Nothing that can be typed exhausts the stack: text longer than ``MAX_LENGTH`` or nested deeper than ``MAX_DEPTH`` is
refused.
"""

from __future__ import annotations

import ast
import inspect
import keyword
import math
import re
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, NamedTuple

from ..engine import op, ops
from ..engine.op import is_node
from ..errors import ArgumentError, AutogradError, ExpressionError, OperandError, pointed
from . import elementary
from .latex import MAX_DEPTH, is_latex, plain_text

__all__ = ["FUNCTIONS", "MAX_LENGTH", "NAME", "Expression", "Formula", "Reading", "Source", "parse", "parse_part"]

MAX_LENGTH = 2_000  # characters of a line

# --- what may be named ------------------------------------------------------------------------------------------------

CONSTANTS = {"pi": math.pi, "π": math.pi, "e": math.e}

# The Greek letters that no Latin one looks like; π is a number, so that 2πr is a product.
_LETTERS = "A-Za-zΓΔΘΛΞΠΣΦΨΩα-νξρ-ω"
NAME = rf"(?:π|[{_LETTERS}][{_LETTERS}0-9_]*)"


class Known(NamedTuple):
    """A function that an expression may call, and how many arguments it takes."""

    function: Callable[..., Any]
    least: int
    most: int


def _of_list(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a list, called with its entries one by one."""
    return lambda *values: function(list(values))


def _power(base: Any, exponent: Any) -> Any:
    """A fixed exponent is a parameter of the node, not a parent."""
    if type(exponent) is float and type(base) is not float:
        return base**exponent
    return ops.POW(base, exponent)


_MANY = sys.maxsize
FUNCTIONS: dict[str, Known] = {
    **{name: Known(function, 1, 1) for name, function in elementary.UNARY.items()},
    **{name: Known(function, 2, 2) for name, function in elementary.BINARY.items()},
    **{name: Known(getattr(elementary, name), 1, 2) for name in ("leaky_relu", "elu")},
    "clip": Known(elementary.clip, 3, 3),
    **{name: Known(_of_list(getattr(elementary, name)), 1, _MANY) for name in ("sum", "prod", "mean", "logsumexp")},
    "std": Known(_of_list(elementary.std), 2, _MANY),
    "maximum": Known(elementary.maximum, 2, _MANY),
    "minimum": Known(elementary.minimum, 2, _MANY),
    "abs": Known(elementary.absolute, 1, 1),
    "max": Known(elementary.maximum, 2, _MANY),
    "min": Known(elementary.minimum, 2, _MANY),
}
_INVERSE = ("sin", "cos", "tan", "sinh", "cosh", "tanh")
# What other books and programs have. These names are free for variables, and functions only where they are called.
ALSO_CALLED: dict[str, Known] = {
    "ln": FUNCTIONS["log"],
    "lg": FUNCTIONS["log10"],
    **{f"arc{name}": FUNCTIONS[f"a{name}"] for name in _INVERSE},
    "arctan2": FUNCTIONS["atan2"],
    "logistic": FUNCTIONS["sigmoid"],
    "σ": FUNCTIONS["sigmoid"],
    "sgn": FUNCTIONS["sign"],
    "swish": FUNCTIONS["silu"],
    "pow": Known(_power, 2, 2),
    "sec": Known(lambda x: ops.DIV(1.0, elementary.cos(x)), 1, 1),
    "csc": Known(lambda x: ops.DIV(1.0, elementary.sin(x)), 1, 1),
    "cot": Known(lambda x: ops.DIV(1.0, elementary.tan(x)), 1, 1),
    "ceil": Known(lambda x: ops.NEG(elementary.floor(ops.NEG(x))), 1, 1),
}
_CALLED = FUNCTIONS | ALSO_CALLED


def _short(name: str) -> str:
    return name if len(name) <= 24 else name[:23] + "…"


# --- the text ---------------------------------------------------------------------------------------------------------

_PYTHON = {"^": "**", "−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!="}
_RAISED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_WORDS = ("and", "or", "not")
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_PIECE = re.compile(
    r"(?P<space>[ \t\xa0]+)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    rf"|(?P<call>{NAME}(?=[ \t\xa0]*\())"
    rf"|(?P<name>{NAME})"
    r"|(?P<power>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    rf"|(?P<sign>\*\*|//|[<>=!]=|[-+*/%(),|<>{''.join(_PYTHON)}])"
)
_EXPONENT = re.compile(r"(?:\^|\*\*)[ \t]*[-+−–]?[0-9.]+$")  # in 2^3x

_COMPARISON = "comparisons are no part of an expression; relu, max, min, abs and sign are"
_BRACKET = "only ( ) group; a vector's entries are variables of their own, as x1, x2"
_QUOTE = "quotes are no part of an expression, neither around text nor as in f'"
_MEANT = {
    "=": "an expression holds no =",
    **dict.fromkeys("<>!≤≥≠", _COMPARISON),
    **dict.fromkeys("[]{}", _BRACKET),
    **dict.fromkeys("'\"′’", _QUOTE),
    **dict.fromkeys("\n\r", "an expression is a single line"),
    ".": "a dot stands only within a number: there are no attributes",
    "_": "a name begins with a letter",
    "\0": "a NUL byte is no part of an expression",
    "√": "write sqrt(x)",
}


class Source(NamedTuple):
    """A line, and where it comes from.

    Args:
        text: all of it.
        line: its number in its file, from 1; None: it comes from no file.
    """

    text: str
    line: int | None = None

    def error(self, reason: str, position: int) -> ExpressionError:
        """What to raise for something wrong at a place of this line."""
        return ExpressionError(reason, self.text, position, self.line)


class _Token(NamedTuple):
    kind: str  # "number", "name", "call" (a name before a parenthesis), "power" (raised digits), "sign" or "end"
    text: str  # of a sign: as Python writes it
    place: int


def _tokens(source: Source, start: int, stop: int, words: Collection[str]) -> Iterator[_Token]:
    """The tokens between two places of a line, and one of the kind "end"; `words` are signs as well."""
    while start < stop:
        found = _PIECE.match(source.text, start, stop)
        kind, text = (str(found.lastgroup), found[0]) if found else ("", "")
        text = _PYTHON.get(text, text)
        if found is None or (text in _COMPARISONS and not words):
            raise source.error(_complaint(source.text[start]), start)
        if kind == "number":
            _check_number(source, found)
        if text in words:
            kind = "sign"
        elif keyword.iskeyword(text):
            way_out = ": call the variable λ or lam" if text == "lambda" else ""
            raise source.error(f"{text} is a word of Python, which is not what is read here{way_out}", start)
        if kind != "space":
            yield _Token(kind, text, start)
        start = found.end()
    yield _Token("end", "", stop)


def _check_number(source: Source, found: re.Match[str]) -> None:
    """Refuse what Python or another program reads as one number, before it is taken for a product."""
    rest = source.text[found.end() :]
    product = f"a product is written {_short(found[0])}*{rest[:1]}"
    if rest.startswith("_"):
        raise source.error("digits are written without _ between them", found.end())
    if rest.startswith("."):
        raise source.error("a number has one decimal point", found.end())
    if found[0] == "0" and re.match(r"[xXbBoO][0-9a-fA-F]", rest):
        raise source.error("only decimal numbers are read", found.start())
    if re.match(r"[jJ]\b", rest):
        raise source.error(f"complex numbers are not read; {product}", found.end())
    if re.match(r"[eE][ \t]*[-+−–]", rest):
        raise source.error(f"the exponent of a number is digits, as in 1e-3; {product}", found.end())


def _complaint(character: str) -> str:
    if character in _MEANT:
        return _MEANT[character]
    name = unicodedata.name(character, "") or "a character without a name"
    code = f"U+{ord(character):04X}"
    if not character.isascii():
        what = "only ASCII and Greek letters and ASCII digits are" if character.isalnum() else "it is no sign that is"
        return f"{name} ({code}) cannot stand here: {what} read"
    return f"{character} is no sign of an expression" if character.isprintable() else f"{code} cannot stand here"


# --- reading ----------------------------------------------------------------------------------------------------------

_OPERATORS: dict[type[ast.operator], Callable[..., Any]] = {
    ast.Add: ops.ADD,
    ast.Sub: ops.SUB,
    ast.Mult: ops.MUL,
    ast.Div: ops.DIV,
    ast.FloorDiv: ops.FLOORDIV,
    ast.Mod: ops.MOD,
    ast.Pow: _power,
}


class Step(NamedTuple):
    """One step of an expression that runs on a stack: put something on it, or apply something to its top."""

    kind: str  # "number", "name", "operator" or "call"
    what: Any
    operands: int
    place: int


class Reading:
    """What was typed, as a tree of Python's; the tree's places lead back to the text.

    Args:
        source: the line.
        start: where in it to begin.
        stop: where in it to end.
        variables: the names that may be used, which may then include the constants; None: any.
        tests: names of functions that are true or false; with some of them a condition is read, which may
            hold comparisons and the words ``and``, ``or`` and ``not``.

    Raises:
        ExpressionError: something does not fit where it stands.

    Example:
        >>> Reading(Source("2x² + |y|"), 0, 9).python
        '2.0*x**2.0 + abs(y)'
    """

    def __init__(
        self,
        source: Source,
        start: int,
        stop: int,
        variables: Collection[str] | None = None,
        tests: Collection[str] = (),
    ) -> None:
        if len(source.text) > MAX_LENGTH:
            reason = f"the text is {len(source.text):,} characters long; at most {MAX_LENGTH:,} are read"
            raise source.error(reason, MAX_LENGTH)
        self.source = source
        self.text = source.text[start:stop].strip()
        self._variables = variables
        self._constants = CONSTANTS.keys() - set(variables or ())
        self._tests = tests
        self._code = bytearray()  # bytes, as the tree counts its columns in them
        self._places: list[int] = []  # of each byte of the code: where in the text is what it was written for
        self._left_out: set[int] = set()  # where in the code a * stands that was not typed
        self._open: list[_Token] = []  # parentheses and bars, of the kind of what stands before them
        self._last = _Token("end", "", start)
        self._wants_operand = True
        for token in _tokens(source, start, stop, _WORDS if tests else ()):
            if self._wants_operand:
                self._operand(token)
            else:
                self._operator(token)
            self._last = token
        try:
            self.tree = ast.parse(bytes(self._code), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise source.error("this is nested too deeply to be read", start) from None

    @property
    def python(self) -> str:
        """As Python writes it."""
        return self._code.decode()

    def _write(self, python: str, place: int) -> None:
        code = python.encode()
        self._code += code
        self._places += [place] * len(code)

    def _write_number(self, text: str, place: int) -> None:
        if abs(float(text)) == math.inf:
            raise self.source.error("this number is too large for a double", place)
        self._write(repr(float(text)), place)

    # --- where an operand is wanted ---

    def _operand(self, token: _Token) -> None:
        kind, text, place = token
        self._wants_operand = kind not in ("number", "name")
        if kind == "number":
            self._write_number(text, place)
        elif kind == "name":
            self._check_name(text, place)
            self._write(text, place)
        elif kind == "call":
            self._check_call(text, place)
            self._write(text, place)
        elif text in ("(", "|"):
            self._open.append(token._replace(kind=self._last.kind))
            if len(self._open) > MAX_DEPTH:
                raise self.source.error(f"more than {MAX_DEPTH} parentheses within one another", place)
            self._write("(" if text == "(" else "abs(", place)
        elif text == "-":
            self._write("-", place)
        elif text == "not" and self._last.text in ("", "(", *_WORDS):
            self._write("not ", place)
        elif text != "+":  # a plus sign before an operand does nothing
            raise self._no_operand(token)

    def _check_name(self, name: str, place: int) -> None:
        known = self._variables
        if name in self._constants or name in (known or ()):
            return
        if name in FUNCTIONS or name in self._tests or (known is not None and name in ALSO_CALLED):
            what = "test" if name in self._tests else "function"
            raise self.source.error(f"{name} is a {what}: write {name}(...)", place)
        if known is not None:
            near = get_close_matches(name, [*known, *CONSTANTS], 2) or list(known)
            hint = f"; known: {', '.join(near[:6])}" if near else ""
            raise self.source.error(f"there is no variable {_short(name)} here{hint}", place)

    def _check_call(self, name: str, place: int) -> None:
        product = f"a product is written {_short(name)}*(...)"
        if name in (self._variables or ()):
            raise self.source.error(f"{_short(name)} is a variable, not a function; {product}", place)
        if name in CONSTANTS:
            raise self.source.error(f"{name} is a number, not a function; {product}", place)
        if name not in _CALLED and name not in self._tests:
            near = get_close_matches(name, _CALLED)
            way_out = f"did you mean {' or '.join(near)}?" if near else product
            raise self.source.error(f"there is no function {_short(name)}; {way_out}", place)

    def _no_operand(self, token: _Token) -> ExpressionError:
        last = self._last
        if token.text == "not" and last.text not in _COMPARISONS:
            return self.source.error("a condition stands here where a number is wanted", token.place)
        for side, sign in ("after", last), ("before", token):
            if sign.text in _COMPARISONS or sign.text in _WORDS:
                what = "a condition" if sign.text in _WORDS else "a number"
                return self.source.error(f"{what} is missing {side} {sign.text}", sign.place)
        if last.kind == token.kind == "end":
            return self.source.error("there is no expression here", token.place)
        if last.text == "(" and token.text == ")":
            return self.source.error("there is nothing between these parentheses", last.place)
        what = "the expression ends" if token.kind == "end" else f"{token.text} stands"
        return self.source.error(f"{what} where a number, a name or ( is wanted", token.place)

    # --- where an operator is wanted ---

    def _operator(self, token: _Token) -> None:
        kind, text, place = token
        opened = self._open[-1] if self._open else None
        if kind == "power" and self._last.kind != "power":
            self._write("**", place)
            self._write_number(text.translate(_RAISED), place)
        elif text == ")" or (text == "|" and opened and opened.text == "|"):
            self._close(token)
        elif kind == "end":
            if opened:
                what = "bar" if opened.text == "|" else "parenthesis"
                raise self.source.error(f"this {what} is never closed", opened.place)
        elif text == "," and (not opened or opened.kind != "call"):
            raise self.source.error("a comma stands only between the arguments of a function", place)
        elif kind != "sign" or text in ("(", "|", "not"):
            self._product(token)
        else:
            self._write(f" {text} ", place)
            self._wants_operand = True

    def _close(self, token: _Token) -> None:
        if not self._open:
            raise self.source.error("this parenthesis was never opened", token.place)
        opened = self._open.pop()
        if opened.text == "|" != token.text:
            raise self.source.error("this bar is never closed", opened.place)
        self._write(")", token.place)

    def _product(self, token: _Token) -> None:
        """Two operands stand side by side: write the * that was left out, where no other sign can be meant."""
        last, place = self._last, token.place
        if self.source.text.startswith("||", place):
            raise self.source.error("write or for ||, and * before a |", place)
        if self._tests and (token.text == "not" or self.source.text[place - 1].isspace()):
            raise self.source.error("and or or is missing here, or a sign as *", place)
        if token.kind != "sign" and _EXPONENT.search(self.source.text, 0, place):
            raise self.source.error("is this factor in the exponent? write x^2*y or x^(2*y)", place)
        variables = last.kind == token.kind == "name" and not {last.text, token.text} & self._constants
        named = last.kind == "name" and last.text in _CALLED and last.text not in (self._variables or ())
        if token.kind == "number" or variables or named:
            for function in (last, token):
                if function.text in _CALLED:
                    raise self.source.error(
                        f"{function.text} is a function: write {function.text}(...)", function.place
                    )
            left = {")": "(...)", "|": "|...|"}.get(last.text, _short(last.text))
            reason = f"an operator is missing; a product is written {left}*{_short(token.text)}"
            raise self.source.error(reason, place)
        self._left_out.add(len(self._code))
        self._write("*", place)
        self._operand(token)

    # --- from the tree to steps ---

    def place(self, node: ast.expr) -> int:
        """Where in the text a part of the tree begins."""
        return self._places[node.col_offset]

    def expression(self, tree: ast.expr) -> Expression:
        """A part of the tree as an expression, which computes a number.

        Raises:
            ExpressionError: it is a condition, or holds one.
        """
        steps: list[Step] = []
        waiting = [tree]
        while waiting:  # an operator comes before its operands, the last of them first: backwards the order to run in
            step, operands = self._step(waiting.pop())
            steps.append(step)
            waiting += operands
        steps.reverse()
        names = dict.fromkeys(step.what for step in steps if step.kind == "name")
        return Expression(self.text, tuple(names), tuple(steps), self.source)

    def _step(self, node: ast.expr) -> tuple[Step, list[ast.expr]]:
        """What to do for a node, and the nodes of its operands. No other kinds of nodes are read than these."""
        place = self.place(node)
        match node:
            case ast.Constant(value=float(number)):
                return Step("number", number, 0, place), []
            case ast.Name(id=name) if name in self._constants:
                return Step("number", CONSTANTS[name], 0, place), []
            case ast.Name(id=name):
                return Step("name", name, 0, place), []
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Step("operator", ops.NEG, 1, place), [operand]
            case ast.BinOp(left=left, op=sign, right=right):
                return Step("operator", _OPERATORS[type(sign)], 2, self._place_of_operator(left)), [left, right]
            case ast.Call(func=ast.Name(id=name), args=args) if name in _CALLED:
                _, least, most = _CALLED[name]
                if not least <= len(args) <= most:
                    more = "" if least == most else " or more" if most == _MANY else f" or {most}"
                    takes = f"{least}{more} argument{'s' * (most > 1)}"
                    raise self.source.error(f"{name} takes {takes}, not {len(args)}", place)
                return Step("call", name, len(args), place), args
        raise self.source.error("a condition stands here where a number is wanted", place)

    def _place_of_operator(self, left: ast.expr) -> int:
        """Where in the text the operator behind an operand stands."""
        end = at = left.end_col_offset or 0
        while self._code[at : at + 1] == b")":
            at += 1
        divides = isinstance(left, ast.BinOp) and isinstance(left.op, ast.Div | ast.FloorDiv | ast.Mod)
        if at in self._left_out and divides and at == end:  # else the division is in parentheses
            reason = "is this factor in the denominator? write a/b*c or a/(b*c)"
            raise self.source.error(reason, self._places[at])
        return self._places[at]


# --- what was read ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Expression:
    """A formula that was read and can be run. Made by :func:`parse`.

    Args:
        text: as it was typed.
        names: its free variables, in the order in which they first appear.

    Example:
        >>> area = parse("pi * r**2")
        >>> area.names, area(r=2.0)
        (('r',), 12.566370614359172)
    """

    text: str
    names: tuple[str, ...]
    _steps: tuple[Step, ...] = field(repr=False)
    _source: Source = field(repr=False)

    def __call__(self, /, **values: Any) -> Any:
        """The value for these values of the variables."""
        return self.evaluate(values)

    def __str__(self) -> str:
        return self.text

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The value for these values of the variables: a float for floats, a Value if any is one, and so on.

        Args:
            values: a number or Value for each variable; others are left unused.

        Raises:
            ArgumentError: a variable has no value (a ValueError).
            AutogradError: of the kind that Python raises in the same place, as for ``1/0``; a note of the exception
                shows the place in the expression.

        Example:
            >>> from autograd import Value
            >>> x = Value(3.0, "x")
            >>> y = parse("x**2 + 1").evaluate({"x": x})
            >>> y.backward()
            >>> y.data, x.grad
            (10.0, 6.0)
        """
        given: dict[str, Any] = {}
        for name in self.names:
            if name not in values:
                raise ArgumentError(f"{self.text} needs a value for {name}")
            x = values[name]
            given[name] = x if is_node(x) else op.number(x)
        stack: list[Any] = []
        for step in self._steps:
            if step.kind == "number":
                stack.append(step.what)
            elif step.kind == "name":
                stack.append(given[step.what])
            else:
                operands = stack[len(stack) - step.operands :]
                del stack[len(stack) - step.operands :]
                apply = _CALLED[step.what].function if step.kind == "call" else step.what
                try:
                    stack.append(apply(*operands))
                except AutogradError as error:
                    error.add_note(pointed(self._source.text, step.place))
                    raise
        return stack[0]


def parse(text: str, *, line: int | None = None, variables: Collection[str] | None = None) -> Expression:
    """Read one expression.

    Args:
        text: what was typed, one line.
        line: its line in a file, for messages.
        variables: the names that it may use, which may then include ``pi`` and ``e``; None: any.

    Raises:
        ExpressionError: the text is no expression; the message shows the place and the way out (a ValueError).
        OperandError: `text` is no text (a TypeError).

    Example:
        >>> parse("sin(x^2)")(x=0.5)
        0.24740395925452294
        >>> parse("x y")
        Traceback (most recent call last):
        ...
        autograd.errors.ExpressionError: column 3: an operator is missing; a product is written x*y
          x y
            ^
    """
    if not isinstance(text, str):
        raise OperandError(f"an expression is text, got {type(text).__name__}")
    return parse_part(Source(text, line), 0, len(text), variables)


def parse_part(source: Source, start: int, stop: int, variables: Collection[str] | None = None) -> Expression:
    """Read the expression that stands between two places of a line; messages show the whole line."""
    typed = source.text[start:stop]
    if len(source.text) <= MAX_LENGTH and is_latex(typed):
        plain = plain_text(typed, lambda reason, place: source.error(reason, start + place))
        inside = Source(plain, source.line)
        reading = Reading(inside, 0, len(plain), variables)
        return replace(reading.expression(reading.tree), text=typed.strip())
    reading = Reading(source, start, stop, variables)
    return reading.expression(reading.tree)


class Formula:
    """An expression as a function of positional arguments, with the signature that was written.

    Args:
        name: what it is called.
        variables: its arguments, in order.
        expression: what it computes.
        line: where it stands in its file; 0: in none.

    Example:
        >>> from autograd.functions.expressions import parse
        >>> f = Formula("f", ("x", "y"), parse("x - y"))
        >>> f(5.0, 2.0), str(f)
        (3.0, 'f(x, y) = x - y')
    """

    def __init__(self, name: str, variables: tuple[str, ...], expression: Expression, line: int = 0) -> None:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        self.__name__ = name
        self.__signature__ = inspect.Signature([inspect.Parameter(variable, kind) for variable in variables])
        self.variables = variables
        self.expression = expression
        self.line = line

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.expression.evaluate(self.__signature__.bind(*args, **kwargs).arguments)

    def __str__(self) -> str:
        return f"{self.__name__}({', '.join(self.variables)}) = {self.expression}"
