"""Operations of the user's own, which are then drawn, stepped and checked like the table's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError, OperandError, visible
from .op import Op, Partials, is_node, number

__all__ = ["primitive"]


def primitive(
    *positional: Any,
    forward: Any = None,
    partials: Any = None,
    name: str = "",
    symbol: str = "",
    latex: str = "",
    because: str = "",
    domain: str = "",
    kink: str = "",
    array: Any = None,
) -> Any:
    """Declare an operation by its value and its partial derivatives.

    Use it as a decorator, ``@primitive(partials=...)``, or call it, ``primitive(forward, partials)`` or
    ``primitive("name", forward, partials)``.

    Args:
        forward: the value, from one float for each operand.
        partials: ``partials(out, *inputs)`` -> one partial per input (a bare number for one input). Write it with
            operators and autograd's functions rather than `math`, and it serves every order of derivative.
        name: how messages and drawings call it; the function's own name if not given. In this and in the texts below,
            what would not show is written as its escape.
        symbol, latex, because, domain, kink: as in a row of the op table.
        array: ``array(xp, *inputs)``, the value over an array namespace, for compiled programs.

    Returns:
        A function of floats, Values or arrays.

    Raises:
        ArgumentError: `partials` is missing, or gives another number of partials than there are operands.

    Example:
        >>> from autograd import Value
        >>> @primitive(partials=lambda out, x: (3 * x**2,))
        ... def cube(x):
        ...     return x * x * x
        >>> x = Value(2.0)
        >>> y = cube(x); y.backward()
        >>> y.data, x.grad, y.op
        (8.0, 12.0, 'cube')
    """
    given = list(positional)
    if given and isinstance(given[0], str):
        name = given.pop(0)
    if given:
        forward = given.pop(0)
    if given:
        partials = given.pop(0)
    if given or (partials is not None and not callable(partials)) or (forward is not None and not callable(forward)):
        raise ArgumentError("primitive takes a forward function and its partials")
    if partials is None:
        raise ArgumentError("primitive needs partials=..., a function (out, *inputs) -> one partial per input")

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        called = visible(name or getattr(function, "__name__", "primitive").replace("<lambda>", "primitive"))
        home = getattr(function, "__module__", __name__), getattr(function, "__qualname__", called)
        op = Op(
            called,
            lambda *inputs: number(function(*inputs)),
            _checked_rule(called, partials),
            array,
            symbol=visible(symbol) or called,
            latex=latex,
            because=visible(because) or f"{called} is an operation of your own",
            domain=visible(domain),
            kink=visible(kink),
            singular=True,
            variadic=True,
            home=home,
        )

        def apply(*operands: Any) -> Any:
            if not operands:
                raise OperandError(f"{called} needs at least one operand")
            return op(*operands)

        apply.__name__, apply.__doc__ = called, function.__doc__
        apply.__module__, apply.__qualname__ = home
        apply.op = op  # type: ignore[attr-defined]  # where pickle finds the row again
        return apply

    return declare if forward is None else declare(forward)


def _checked_rule(name: str, partials: Callable[..., Any]) -> Partials:
    """The user's rule, held to one number for each operand."""

    def rule(out: Any, *inputs: Any) -> tuple[Any, ...]:
        slopes = partials(out, *inputs)
        slopes = tuple(slopes) if isinstance(slopes, tuple | list) else (slopes,)
        if len(slopes) != len(inputs):
            raise ArgumentError(f"the partials of {name} gave {len(slopes)} numbers for {len(inputs)} operands")
        if not any(getattr(x, "ndim", 0) for x in inputs):
            slopes = tuple(s if is_node(s) else number(s) for s in slopes)
        return slopes

    return rule
