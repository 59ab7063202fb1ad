"""An expression that was read, and how it is run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..engine import op, ops
from ..errors import ArgumentError, AutogradError, OperandError, pointed
from .known import FUNCTIONS
from .reader import Reader, Step
from .tokens import Source, tokens

__all__ = ["Expression", "parse", "parse_part"]


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
            given[name] = x if getattr(type(x), "op_level", 0) else op.number(x)
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
