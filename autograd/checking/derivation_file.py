"""A text file of derivatives derived by hand, read by a small grammar; nothing in it is executed.

The form, by example::

    # What stands behind a # is a comment.
    f(x) = sin(x**2)
    f'(x) = 2*x*cos(x**2)
    at x = 0.5, 1, pi/4

    g(x, y) = x*y + y**2
    dg/dx = y
    dg/dy = x + 2*y
    at (1, 2), (3, 4)
    at x = 1, y = 2

- A line ``name(variables) = expression`` begins a function; the lines below belong to it up to the next such line.
  Blank lines separate for the eye only. A name may be used again further down.
- Its derivative is one line ``f'(x) = ...`` where there is one variable, or a line ``df/dx = ...`` for each.
- ``at`` gives the points, in as many lines as one likes. One variable: numbers, ``at x = 0.5, 1``. Several: points in
  the order of the variables, ``at (1, 2), (3, 4)``, or one point by name, ``at x = 1, y = 2``. A number may be any
  expression without variables, as ``pi/4``.
- Expressions are those of :mod:`autograd.functions.expressions`; a function's variables may be called ``e`` and ``pi``.
"""

from __future__ import annotations

import keyword
import math
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from ..errors import ArgumentError, AutogradError, ExpressionError
from ..functions.expressions import FUNCTIONS, MAX_LENGTH, NAME, Formula, Source, parse, parse_part

__all__ = ["MAX_FILE", "MAX_POINTS", "Derivation", "parse_derivations", "read_derivations", "typed"]

MAX_FILE = 200_000  # bytes
MAX_POINTS = 100  # of one function

_HEAD = re.compile(rf"\s*({NAME})\s*(['′’]?)\s*\(([^()]*)\)\s*=")
_PARTIAL = re.compile(rf"\s*[d∂]({NAME})\s*/\s*[d∂]({NAME})\s*=")
_AT = re.compile(r"\s*at\b")
_NAMED = re.compile(rf"\s*({NAME})\s*=")
_FORMS = "a line is f(x) = ..., f'(x) = ..., df/dx = ... or at x = ..."


@dataclass
class Derivation:
    """A function, its derivative by hand for each variable, and where to check it."""

    function: Formula
    source: Source
    partials: dict[str, Formula] = field(default_factory=dict)
    points: list[float | tuple[float, ...]] = field(default_factory=list)

    @property
    def derivative(self) -> Callable[..., Any]:
        """The hand derivation as one function: of one variable it returns a number, of several a tuple."""
        partials = [self.partials[name] for name in self.function.variables]
        if len(partials) == 1:
            return partials[0]

        def gradient(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
            return tuple(partial(*args, **kwargs) for partial in partials)

        gradient.__name__ = f"grad_{self.function.__name__}"
        gradient.__signature__ = self.function.__signature__  # type: ignore[attr-defined]  # inspect reads it
        return gradient


def read_derivations(path: Path, errors: list[ExpressionError] | None = None) -> list[Derivation]:
    """Read a file of derivations; ``-`` is what comes by standard input.

    Raises:
        ArgumentError: the file cannot be read, is no UTF-8 text, or is larger than ``MAX_FILE``.
        ExpressionError: a line of it is wrong and there is no list of `errors`, as for :func:`parse_derivations`.
    """
    try:
        with open(path, "rb") if str(path) != "-" else nullcontext(sys.stdin.buffer) as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ArgumentError(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError as error:  # a NUL byte in the name
        raise ArgumentError(f"cannot read {str(path)!r}: {error}") from None
    if len(data) > MAX_FILE:
        raise ArgumentError(f"{path} is larger than {MAX_FILE:,} bytes: split it into several files")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ArgumentError(f"{path}, line {line}: byte {data[error.start]:#04x} is no UTF-8 text") from None
    return parse_derivations(text, errors)


def parse_derivations(text: str, errors: list[ExpressionError] | None = None) -> list[Derivation]:
    """Read the text of a file of derivations.

    Args:
        text: all of it.
        errors: where to put what is wrong with a line, to read on behind it; None: it is raised.

    Returns:
        The derivations in order, each with a derivative for every variable and at least one point; those of which a
        line is wrong are left out.

    Raises:
        ExpressionError: a line is wrong; the message shows the line and the place (a ValueError).

    Example:
        >>> [square] = parse_derivations("f(x) = x**2\\nf'(x) = 2*x\\nat x = 1, -3")
        >>> square.function(3.0), square.derivative(3.0), square.points
        (9.0, 6.0, [1.0, -3.0])
    """
    found: list[Derivation] = []
    broken: set[int] = set()  # places among those found
    lost = False  # whether the lines belong to a function that could not be read

    def tell(error: ExpressionError) -> None:
        if errors is None:
            raise error
        errors.append(error)

    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        source = Source(line.partition("#")[0].rstrip(), number)
        head = _HEAD.match(source.text)
        begins = head is not None and not head[2]
        if not source.text.strip() or (lost and not begins):
            continue
        lost = False
        try:
            _read_line(found, source, head)
        except ExpressionError as error:
            tell(error)
            lost = begins or not found
            if not begins:
                broken.add(len(found) - 1)
    whole = []
    for place, derivation in enumerate(found):
        try:
            if place not in broken:
                _check_complete(derivation)
                whole.append(derivation)
        except ExpressionError as error:
            tell(error)
    return whole


def _read_line(found: list[Derivation], source: Source, head: re.Match[str] | None) -> None:
    if len(source.text) > MAX_LENGTH:
        raise source.error(f"the line is longer than {MAX_LENGTH:,} characters", MAX_LENGTH)
    at, head = _AT.match(source.text), _PARTIAL.match(source.text) or head
    if not (at or head):
        raise source.error(f"this is no line of a derivation: {_FORMS}", _first_sign(source, 0))
    if head and not (head[2] or at):  # neither a stroke nor a variable to differentiate by
        found.append(_definition(source, head))
    elif not found:
        raise source.error("a function comes first, as f(x) = sin(x)", 0)
    elif at:
        found[-1].points += _points(source, at.end(), found[-1].function)
        if len(found[-1].points) > MAX_POINTS:
            raise source.error(f"more than {MAX_POINTS} points for one function", 0)
    elif head:
        _add_derivative(found[-1], source, head)


def _first_sign(source: Source, start: int) -> int:
    """The place of the first sign that is no blank."""
    return start + len(source.text[start:]) - len(source.text[start:].lstrip())


def typed(f: str, derivative: Any) -> tuple[Formula, Callable[..., Any]]:
    """A function and its derivative, typed as text.

    Args:
        f: an expression, as "x**2*sin(x)", whose variables are taken in the order in which they appear; or with its
            variables in the order wanted, as "f(y, x) = x/y".
        derivative: an expression; for several variables a tuple or list of them, or a dict by variable. A function
            stays as it is.

    Raises:
        ArgumentError: there are more or fewer derivatives than variables (a ValueError).
        ExpressionError: the text is no expression (a ValueError).

    Example:
        >>> f, df = typed("x^2 sin(x)", "2x sin(x) + x^2 cos(x)")
        >>> f(2.0), df(2.0) == 4.0 * math.sin(2.0) + 4.0 * math.cos(2.0)
        (3.637189707302727, True)
    """
    source = Source(f)
    if head := _HEAD.match(f):
        function = _definition(source, head).function
    else:
        expression = parse(f)
        function = Formula("f", expression.names or ("x",), expression)
    if callable(derivative):
        return function, derivative
    derivation = Derivation(function, source)
    names = function.variables
    given = derivative if isinstance(derivative, dict) else [derivative] if isinstance(derivative, str) else derivative
    parts = given if isinstance(given, dict) else dict(zip(names, given, strict=False))
    if set(parts) != set(names) or len(given) != len(names):
        raise ArgumentError(f"{f} has the variables {', '.join(names)}: write a derivative for each of them")
    for name in names:
        derivation.partials[name] = Formula(f"df_d{name}", names, parse(parts[name], variables=names))
    return function, derivation.derivative


def _definition(source: Source, head: re.Match[str]) -> Derivation:
    variables: list[str] = []
    position = head.start(3)
    for piece in head[3].split(","):
        name = piece.strip()
        place = position + len(piece) - len(piece.lstrip())
        if not re.fullmatch(NAME, name):
            raise source.error("the variables are names with commas between them, as in f(x, y) = ...", place)
        if name in variables:
            raise source.error(f"{name} stands twice among the variables", place)
        if keyword.iskeyword(name):
            raise source.error(f"{name} is a word of Python: call the variable something else", place)
        if name in FUNCTIONS:
            raise source.error(f"{name} is the name of a function: call the variable something else", place)
        variables.append(name)
        position += len(piece) + 1
    expression = parse_part(source, head.end(), len(source.text), variables)
    return Derivation(Formula(head[1], tuple(variables), expression, source.line or 0), source)


def _add_derivative(derivation: Derivation, source: Source, head: re.Match[str]) -> None:
    """Read f'(x) = ... or df/dx = ..., whose beginning is `head`."""
    function = derivation.function
    name, variables = function.__name__, function.variables
    if head.re is _HEAD and len(variables) > 1:
        forms = ", ".join(f"d{name}/d{v} = ..." for v in variables[:3])
        raise source.error(f"{name} has {len(variables)} variables; write a line for each: {forms}", head.start(2))
    variable = variables[0] if head.re is _HEAD else head[2]
    if head.re is _HEAD and head[3].strip() != variable:
        raise source.error(f"{name} is a function of {variable}", head.start(3))
    if head[1] == name and variable not in variables:
        raise source.error(f"{name} has no variable {variable}; it has {', '.join(variables)}", head.start(2))
    if head[1] != name:
        raise source.error(f"this stands below {name}, not below a function {head[1]}", head.start(1))
    if variable in derivation.partials:
        line = derivation.partials[variable].line
        raise source.error(f"the derivative with respect to {variable} stands in line {line} already", head.start(1))
    expression = parse_part(source, head.end(), len(source.text), variables)
    derivation.partials[variable] = Formula(f"d{name}_d{variable}", variables, expression, source.line or 0)


def _points(source: Source, start: int, function: Formula) -> list[Any]:
    variables = function.variables
    pieces = list(_split(source, start, len(source.text)))
    if len(variables) == 1:
        named = _NAMED.match(source.text, *pieces[0])
        if named and named[1] != variables[0]:
            raise source.error(f"{function.__name__} has no variable {named[1]}; it has {variables[0]}", named.start(1))
        pieces[0] = (named.end() if named else pieces[0][0], pieces[0][1])
        return [_constant(source, *piece) for piece in pieces]
    if _NAMED.match(source.text, *pieces[0]):
        return [_named_point(source, pieces, function)]
    return [_listed_point(source, *piece, function) for piece in pieces]


def _named_point(source: Source, pieces: list[tuple[int, int]], function: Formula) -> tuple[float, ...]:
    point: dict[str, float] = {}
    for start, stop in pieces:
        named = _NAMED.match(source.text, start, stop)
        if named is None or named[1] not in function.variables or named[1] in point:
            _no_point(source, start, function)
        point[named[1]] = _constant(source, named.end(), stop)
    for name in function.variables:
        if name not in point:
            raise source.error(f"this point has no value for {name}", len(source.text))
    return tuple(point[name] for name in function.variables)


def _listed_point(source: Source, start: int, stop: int, function: Formula) -> tuple[float, ...]:
    piece = source.text[start:stop]
    if not (piece.strip().startswith("(") and piece.strip().endswith(")")):
        _no_point(source, start, function)
    first, last = start + piece.index("(") + 1, start + piece.rindex(")")
    entries = list(_split(source, first, last))
    if len(entries) != len(function.variables):
        reason = f"this point has {len(entries)} of the {len(function.variables)} numbers: {function.__name__} is a "
        raise source.error(f"{reason}function of {', '.join(function.variables)}", first - 1)
    return tuple(_constant(source, *entry) for entry in entries)


def _no_point(source: Source, start: int, function: Formula) -> NoReturn:
    named = ", ".join(f"{name} = ..." for name in function.variables[:3])
    listed = ", ".join(function.variables[:3])
    raise source.error(f"a point of {function.__name__} is written {named}, or ({listed})", _first_sign(source, start))


def _split(source: Source, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The places between the commas that stand in no parentheses."""
    depth = 0
    for place in range(start, stop):
        sign = source.text[place]
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            yield start, place
            start = place + 1
    yield start, stop


def _constant(source: Source, start: int, stop: int) -> float:
    expression = parse_part(source, start, stop, ())
    place = _first_sign(source, start)
    try:
        value: float = expression.evaluate({})
    except AutogradError as error:
        raise source.error(f"this number cannot be computed: {error}", place) from None
    if not math.isfinite(value):
        raise source.error(f"this number is {value!r}", place)
    return value


def _check_complete(derivation: Derivation) -> None:
    function, source = derivation.function, derivation.source
    name, variables = function.__name__, function.variables
    for variable in variables:
        if variable not in derivation.partials:
            form = f"{name}'({variable}) = ..." if len(variables) == 1 else f"d{name}/d{variable} = ..."
            raise source.error(f"the derivative is missing: write {form} below", 0)
    if not derivation.points:
        form = f"at {variables[0]} = ..." if len(variables) == 1 else f"at ({', '.join(variables)})"
        raise source.error(f"there is no point to check it at: write {form} below, with numbers", 0)
