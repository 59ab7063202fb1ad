"""An expression as a function that can be called like any other."""

from __future__ import annotations

import inspect
from typing import Any

from .expression import Expression

__all__ = ["Formula"]


class Formula:
    """An expression as a function of positional arguments, with the signature that was written.

    Args:
        name: what it is called.
        variables: its arguments, in order.
        expression: what it computes.
        line: where it stands in its file; 0: in none.

    Example:
        >>> from autograd.expressions import parse
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
