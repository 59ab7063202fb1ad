"""Expressions typed by a user, such as ``2*x*cos(x**2)``: read by a small grammar of our own, never by Python.

The grammar, from what binds least to what binds most::

    + -                     from left to right
    * / // %                from left to right
    + - before an operand   -x**2 is -(x**2), as in Python
    **                      from right to left; 2**-x is fine
    number  name  function(argument, ...)  (expression)

A number is decimal, and always a float. A name is made of ASCII letters, digits and underscores and begins with a
letter; it is a variable unless it is ``pi`` or ``e``. A function is one of this package's functions of single
numbers, under the package's name (``abs``, ``max`` and ``min`` are understood too). There is nothing else: no
attributes, subscripts, strings, comparisons, assignments or words of Python.

Reading and running both go through lists, so nothing that can be typed exhausts the stack; text longer than
``MAX_LENGTH`` or nested deeper than ``MAX_DEPTH`` is refused. An expression runs on floats, Values and duals alike.
"""

from __future__ import annotations

import inspect
import keyword
import math
import re
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NamedTuple

from ..engine import op, ops
from ..engine.op import Op, is_node
from ..errors import ArgumentError, AutogradError, ExpressionError, OperandError, pointed
from . import elementary as functions
from . import elementary as reductions

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "Expression",
    "Formula",
    "Source",
    "parse",
    "parse_part",
]

# --- known --------------------------------------------------------------------------------------------------------
#
# What an expression may name: constants and functions.


CONSTANTS = {"pi": math.pi, "e": math.e}


class Known(NamedTuple):
    """A function that an expression may call, and how many arguments it takes."""

    function: Callable[..., Any]
    least: int
    most: int


def _of_list(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a list, called with its entries one by one."""
    return lambda *values: function(list(values))


_UNARY = (
    "exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh "
    "erf erfc sigmoid logsigmoid softplus softsign relu gelu silu absolute sign floor"
)
_MANY = sys.maxsize
FUNCTIONS: dict[str, Known] = {
    **{name: Known(getattr(functions, name), 1, 1) for name in _UNARY.split()},
    **{name: Known(getattr(functions, name), 2, 2) for name in ("hypot", "atan2", "xlogy")},
    **{name: Known(getattr(functions, name), 1, 2) for name in ("leaky_relu", "elu")},
    "clip": Known(functions.clip, 3, 3),
    **{name: Known(_of_list(getattr(reductions, name)), 1, _MANY) for name in ("sum", "prod", "mean", "logsumexp")},
    "std": Known(_of_list(reductions.std), 2, _MANY),
    "maximum": Known(reductions.maximum, 2, _MANY),
    "minimum": Known(reductions.minimum, 2, _MANY),
    "abs": Known(functions.absolute, 1, 1),
    "max": Known(reductions.maximum, 2, _MANY),
    "min": Known(reductions.minimum, 2, _MANY),
}

_ELSEWHERE = {  # what other books and programs call it
    "ln": "the natural logarithm is log(x)",
    "lg": "the logarithm to base 10 is log10(x)",
    "arcsin": "it is asin(x)",
    "arccos": "it is acos(x)",
    "arctan": "it is atan(x)",
    "arctan2": "it is atan2(y, x)",
    "arcsinh": "it is asinh(x)",
    "arccosh": "it is acosh(x)",
    "arctanh": "it is atanh(x)",
    "logistic": "it is sigmoid(x)",
    "sgn": "it is sign(x)",
    "swish": "it is silu(x)",
    "pow": "powers are written x**n",
    "sec": "write 1/cos(x)",
    "csc": "write 1/sin(x)",
    "cot": "write 1/tan(x)",
    "ceil": "write -floor(-x)",
}


def nearest(name: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names that look like this one, the likeliest first.

    Example:
        >>> nearest("sinn", FUNCTIONS)
        ['sin', 'sinh', 'sign']
    """
    return get_close_matches(name, list(names), most)


def unknown_function(name: str) -> str:
    """What to say of a call of something that is no function here.

    Example:
        >>> unknown_function("ln")
        'there is no function ln here: the natural logarithm is log(x)'
    """
    if name in _ELSEWHERE:
        return f"there is no function {name} here: {_ELSEWHERE[name]}"
    near = nearest(name, FUNCTIONS)
    way_out = f"; did you mean {' or '.join(near)}?" if near else f"; a product is written {short(name)}*(...)"
    return f"there is no function {short(name)}{way_out}"


def wrong_count(name: str, got: int) -> str | None:
    """What to say of a call with so many arguments, if anything.

    Example:
        >>> wrong_count("hypot", 1)
        'hypot takes 2 arguments, not 1'
    """
    _, least, most = FUNCTIONS[name]
    if least <= got <= most:
        return None
    takes = f"{least} or more" if most == _MANY else f"{least} or {most}" if most > least else f"{least}"
    return f"{name} takes {takes} argument{'s' * (takes != '1')}, not {got}"


def short(name: str) -> str:
    """A name as a message shows it."""
    return name if len(name) <= 24 else name[:23] + "…"


# --- tokens -------------------------------------------------------------------------------------------------------
#
# A line of text cut into the numbers, names and signs of an expression, or refused at the place that does not fit.


MAX_LENGTH = 2_000  # characters of a line

_PIECE = re.compile(
    r"(?P<space>[ \t]+)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<sign>\*\*|//|[-+*/%(),])"
)

_COMPARISON = "comparisons are no part of an expression; relu, max, min, abs and sign are"
_BRACKET = "only ( ) group; a vector's entries are variables of their own, as x1, x2"
_QUOTE = "text in quotes is no part of an expression"
_MEANT = {
    "^": "^ is not a power here: write **",
    "=": "an expression holds no =",
    "<": _COMPARISON,
    ">": _COMPARISON,
    "!": _COMPARISON,
    "[": _BRACKET,
    "]": _BRACKET,
    "{": _BRACKET,
    "}": _BRACKET,
    "'": _QUOTE,
    '"': _QUOTE,
    ".": "a dot stands only within a number: there are no attributes",
    "_": "a name begins with a letter",
    "|": "write abs(x) for |x|",
    "\n": "an expression is a single line",
    "\r": "an expression is a single line",
    "\0": "a NUL byte is no part of an expression",
    "−": "this is a minus sign of print: write -",
    "–": "this is a dash: write -",
    "×": "write * for a product",
    "·": "write * for a product",
    "⋅": "write * for a product",
    "÷": "write / for a quotient",
    "²": "write **2",
    "³": "write **3",
    "√": "write sqrt(x)",
    "π": "write pi",
    "\xa0": "this is a space of print: type a plain one",
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

    def check_length(self) -> None:
        """Refuse a line that is too long to be read."""
        if len(self.text) > MAX_LENGTH:
            reason = f"the text is {len(self.text):,} characters long; at most {MAX_LENGTH:,} are read"
            raise self.error(reason, MAX_LENGTH)


class Token(NamedTuple):
    """A number, a name, a sign or the end, and where it begins."""

    kind: str  # "number", "name", "sign" or "end"
    text: str
    position: int


def tokens(source: Source, start: int, stop: int) -> Iterator[Token]:
    """The tokens between two places of a line, and one of the kind "end".

    Raises:
        ExpressionError: there is something that no expression holds, or the line is too long.

    Example:
        >>> [token.text for token in tokens(Source("2.5*x**3"), 0, 8)]
        ['2.5', '*', 'x', '**', '3', '']
    """
    source.check_length()
    position = start
    while position < stop:
        found = _PIECE.match(source.text, position, stop)
        if found is None:
            raise source.error(_complaint(source.text[position]), position)
        kind, text = found.lastgroup or "", found.group()
        if kind == "number":
            _check_number(source, found)
        if kind == "name" and keyword.iskeyword(text):
            raise source.error(f"{text} is a word of Python, which is not what is read here", position)
        if kind != "space":
            yield Token(kind, text, position)
        position = found.end()
    yield Token("end", "", stop)


def _check_number(source: Source, found: re.Match[str]) -> None:
    rest = source.text[found.end() : found.end() + 1]
    if rest == "_":
        raise source.error("digits are written without _ between them", found.end())
    if found.group() == "0" and rest in ("x", "X", "b", "B", "o", "O") and source.text[found.end() + 1 :][:1].isdigit():
        raise source.error("only decimal numbers are read", found.start())
    if rest == ".":
        raise source.error("a number has one decimal point", found.end())


def _complaint(character: str) -> str:
    if character in _MEANT:
        return _MEANT[character]
    name = unicodedata.name(character, "") or "a character without a name"
    code = f"U+{ord(character):04X}"
    if not character.isascii():
        what = "only ASCII letters, digits and signs are" if character.isalnum() else "it is"
        return f"{name} ({code}) cannot stand here: {what.replace('it is', 'it is no sign that is')} read"
    return f"{character} is no sign of an expression" if character.isprintable() else f"{code} cannot stand here"


# --- reader -------------------------------------------------------------------------------------------------------
#
# Tokens put into the order in which they are computed.


MAX_DEPTH = 100  # parentheses within parentheses

_BINARY: dict[str, tuple[int, Op]] = {
    "+": (1, ops.ADD),
    "-": (1, ops.SUB),
    "*": (2, ops.MUL),
    "/": (2, ops.DIV),
    "//": (2, ops.FLOORDIV),
    "%": (2, ops.MOD),
    "**": (4, ops.POW),
}
_SIGN = 3  # how strongly a sign before an operand binds


class Step(NamedTuple):
    """One step of an expression that runs on a stack: put something on it, or apply something to its top."""

    kind: str  # "number", "name", "sign", "binary" or "call"
    what: Any
    operands: int
    position: int


class Reader:
    """Dijkstra's shunting yard: operators wait on a list until one that binds less follows."""

    def __init__(self, source: Source, variables: Collection[str] | None) -> None:
        self.source = source
        self.variables = variables
        self.names: dict[str, None] = {}  # in order of appearance
        self.steps: list[Step] = []
        self._waiting: list[tuple[int, Step]] = []  # how strongly each binds; 0: an open parenthesis
        self._function: Token | None = None  # a function's name, whose parenthesis must come next
        self._wants_operand = True
        self._depth = 0
        self._last = Token("end", "", 0)

    def take(self, token: Token) -> None:
        """Go on by one token; the last has the kind "end"."""
        if self._function is not None and token.text != "(":
            name = self._function.text
            raise self.source.error(f"{name} is a function: write {name}(...)", self._function.position)
        if self._wants_operand:
            self._operand(token)
        else:
            self._operator(token)
        self._last = token

    # --- where an operand is wanted --------------------------------------------------------------------------

    def _operand(self, token: Token) -> None:
        if token.kind == "number":
            self.steps.append(Step("number", self._number(token), 0, token.position))
            self._wants_operand = False
        elif token.kind == "name":
            self._name(token)
        elif token.text == "(":
            self._open(token)
        elif token.text in ("+", "-"):
            if token.text == "-":  # a plus sign does nothing
                self._waiting.append((_SIGN, Step("sign", ops.NEG, 1, token.position)))
        else:
            raise self._no_operand(token)

    def _number(self, token: Token) -> float:
        number = float(token.text)
        if number == math.inf:
            raise self.source.error("this number is too large for a double", token.position)
        return number

    def _name(self, token: Token) -> None:
        name = token.text
        if self.variables is not None and name in self.variables:
            pass
        elif name in FUNCTIONS:
            self._function = token
            return
        elif name in CONSTANTS:
            self.steps.append(Step("number", CONSTANTS[name], 0, token.position))
            self._wants_operand = False
            return
        elif not self._is_called(token) and self.variables is not None:
            raise self.source.error(self._unknown_variable(name), token.position)
        self.names.setdefault(name)
        self.steps.append(Step("name", name, 0, token.position))
        self._wants_operand = False

    def _is_called(self, token: Token) -> bool:
        return self.source.text[token.position + len(token.text) :].lstrip(" \t").startswith("(")

    def _unknown_variable(self, name: str) -> str:
        known = list(self.variables or ())
        near = nearest(name, [*known, *CONSTANTS], 2) or known
        return f"there is no variable {short(name)} here" + (f"; known: {', '.join(near[:6])}" if near else "")

    def _no_operand(self, token: Token) -> Exception:
        last = self._last
        if token.kind == "end" and last.kind == "end":
            return self.source.error("there is no expression here", token.position)
        if token.text in ("*", "/", "%") and last.text == token.text:
            return self.source.error(f"{token.text} {token.text} is no operator", token.position)
        what = "the expression ends" if token.kind == "end" else f"{token.text} stands"
        if last.text == "(" and token.text == ")":
            return self.source.error("there is nothing between these parentheses", last.position)
        return self.source.error(f"{what} where a number, a name or ( is wanted", token.position)

    # --- where an operator is wanted -------------------------------------------------------------------------

    def _operator(self, token: Token) -> None:
        if token.text in _BINARY:
            binds, op = _BINARY[token.text]
            self._release(binds + 1 if token.text == "**" else binds)
            self._waiting.append((binds, Step("binary", op, 2, token.position)))
            self._wants_operand = True
        elif token.text == ")":
            self._close(token)
        elif token.text == ",":
            self._next_argument(token)
        elif token.kind == "end":
            self._release(1)
            if self._waiting:
                raise self.source.error("this parenthesis is never closed", self._waiting[-1][1].position)
        else:
            raise self._no_operator(token)

    def _no_operator(self, token: Token) -> Exception:
        last = self._last
        if token.text == "(" and last.kind == "name" and last.text not in CONSTANTS:
            if self.variables is not None and last.text in self.variables:
                reason = f"{short(last.text)} is a variable, not a function; a product is written with *"
                return self.source.error(reason, token.position)
            return self.source.error(unknown_function(last.text), last.position)
        left, right = short(last.text), short(token.text)
        left, right = ("(...)" if left == ")" else left), ("(...)" if right == "(" else right)
        return self.source.error(f"an operator is missing; a product is written {left}*{right}", token.position)

    def _release(self, binds: int) -> None:
        """Apply the waiting operators that bind at least so much."""
        while self._waiting and self._waiting[-1][0] >= binds:
            self.steps.append(self._waiting.pop()[1])

    def _open(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.source.error(f"more than {MAX_DEPTH} parentheses within one another", token.position)
        function, self._function = self._function, None
        kind, name, at = ("call", function.text, function.position) if function else ("group", "", token.position)
        self._waiting.append((0, Step(kind, name, 1, at)))

    def _next_argument(self, token: Token) -> None:
        self._release(1)
        if not self._waiting or self._waiting[-1][1].kind != "call":
            raise self.source.error("a comma stands only between the arguments of a function", token.position)
        call = self._waiting[-1][1]
        self._waiting[-1] = (0, call._replace(operands=call.operands + 1))
        self._wants_operand = True

    def _close(self, token: Token) -> None:
        self._release(1)
        if not self._waiting:
            raise self.source.error("this parenthesis was never opened", token.position)
        self._depth -= 1
        opened = self._waiting.pop()[1]
        if opened.kind == "call":
            if complaint := wrong_count(opened.what, opened.operands):
                raise self.source.error(complaint, opened.position)
            self.steps.append(opened)


# --- expression ---------------------------------------------------------------------------------------------------
#
# An expression that was read, and how it is run.


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
            values: a number, Value or dual for each variable; others are left unused.

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
                try:
                    stack.append(_apply(step, operands))
                except AutogradError as error:
                    error.add_note(pointed(self._source.text, step.position))
                    raise
        return stack[0]


def _apply(step: Step, operands: list[Any]) -> Any:
    if step.kind == "call":
        return FUNCTIONS[step.what].function(*operands)
    if step.what is ops.POW and type(operands[1]) is float and type(operands[0]) is not float:
        return operands[0] ** operands[1]  # a fixed exponent is a parameter of the node, not a parent
    return step.what(*operands)


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
        >>> parse("sin(x**2)")(x=0.5)
        0.24740395925452294
        >>> parse("x^2")
        Traceback (most recent call last):
        ...
        autograd.errors.ExpressionError: column 2: ^ is not a power here: write **
          x^2
           ^
    """
    if not isinstance(text, str):
        raise OperandError(f"an expression is text, got {type(text).__name__}")
    return parse_part(Source(text, line), 0, len(text), variables)


def parse_part(source: Source, start: int, stop: int, variables: Collection[str] | None = None) -> Expression:
    """Read the expression that stands between two places of a line; messages show the whole line."""
    reader = Reader(source, variables)
    for token in tokens(source, start, stop):
        reader.take(token)
    return Expression(source.text[start:stop].strip(), tuple(reader.names), tuple(reader.steps), source)


# --- formula ------------------------------------------------------------------------------------------------------
#
# An expression as a function that can be called like any other.


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
        self.__name__ = name
        self.__signature__ = _signature(variables)
        self.variables = variables
        self.expression = expression
        self.line = line

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.expression.evaluate(self.__signature__.bind(*args, **kwargs).arguments)

    def __str__(self) -> str:
        return f"{self.__name__}({', '.join(self.variables)}) = {self.expression}"


def _signature(variables: tuple[str, ...]) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature([inspect.Parameter(name, kind) for name in variables])
