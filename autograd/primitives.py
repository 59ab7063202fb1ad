"""`primitive`: an operation of the user's own, which is then drawn, stepped and checked like the table's."""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Callable
from typing import Any

from .errors import ArgumentError, OperandError
from .operation import Op, number

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
        name: how messages and drawings call it; the function's own name if not given.
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
    facts = {
        "name": name,
        "symbol": symbol,
        "latex": latex,
        "because": because,
        "domain": domain,
        "kink": kink,
        "array": array,
    }
    if forward is None:
        return lambda function: _declare(function, partials, facts)
    return _declare(forward, partials, facts)


def _declare(forward: Callable[..., Any], partials: Callable[..., Any], facts: dict[str, Any]) -> Callable[..., Any]:
    name = facts.pop("name") or getattr(forward, "__name__", "primitive").replace("<lambda>", "primitive")

    def value(*inputs: float) -> float:
        return number(forward(*inputs))

    def rule(out: Any, *inputs: Any) -> tuple[Any, ...]:
        slopes = partials(out, *inputs)
        slopes = tuple(slopes) if isinstance(slopes, tuple | list) else (slopes,)
        if len(slopes) != len(inputs):
            raise ArgumentError(f"the partials of {name} gave {len(slopes)} numbers for {len(inputs)} operands")
        if not any(getattr(x, "ndim", 0) for x in inputs):
            slopes = tuple(s if getattr(type(s), "op_level", 0) else number(s) for s in slopes)
        return slopes

    facts["symbol"] = facts["symbol"] or name
    facts["because"] = facts["because"] or f"{name} is an operation of your own"
    op = Op(name, value, rule, singular=True, user=True, **facts)

    def function(*operands: Any) -> Any:
        if not operands:
            raise OperandError(f"{name} needs at least one operand")
        return op(*operands)

    function.__name__ = name
    function.__qualname__ = getattr(forward, "__qualname__", name)
    function.__module__ = getattr(forward, "__module__", __name__)
    function.__doc__ = forward.__doc__
    function.op = op  # type: ignore[attr-defined]  # where pickle finds the row again
    _homes[op] = function
    return function


_homes: dict[Op, Callable[..., Any]] = {}


def reduce_user_op(op: Op) -> tuple[Any, ...]:
    """Pickle a primitive as the place where it can be imported from.

    Raises:
        pickle.PicklingError: it cannot be imported from anywhere; the message names it.
    """
    function = _homes[op]
    module, path = function.__module__, function.__qualname__
    try:
        if find_user_op(module, path) is op:
            return find_user_op, (module, path)
    except (ImportError, AttributeError):
        pass
    raise pickle.PicklingError(
        f"the primitive {op.name!r} cannot be pickled: it is not found as {module}.{path}; "
        "declare it at the top level of a module"
    )


def find_user_op(module: str, path: str) -> Op:
    """The op of the primitive at ``module.path``."""
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    op = found.op
    if not isinstance(op, Op):
        raise AttributeError(f"{module}.{path} is no primitive")
    return op
