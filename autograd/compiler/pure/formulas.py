"""A row's formula over an array namespace: numbers folded in, nothing computed twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Mapping
from typing import Any

import numpy as np

from ...engine.op import Op
from ...errors import ArgumentError
from ..formulas.printing import expression
from ..formulas.symbols import ELEMENTS, FUNCTION, INPUT, REDUCTION, ArraySymbol, Symbol, Trace, applied, below
from .blocks import Blocks, Number, Term

__all__ = ["Formulas"]

_OF_ARRAYS = {"maximum", "minimum", "hypot", "arctan2"}  # not every namespace takes numbers here


class Formulas:
    """Writes formulas as expressions.

    Args:
        blocks: takes the lines for what an expression reads twice.
        space: the namespace.
        own: the names of those of its functions that the user gave: they stand for rows of their names.
    """

    def __init__(self, blocks: Blocks, space: Any, own: Container[str]) -> None:
        self._blocks, self._space, self._own = blocks, space, own

    def written(self, op: Op | None, symbol: Any, given: Mapping[str, Number]) -> Number:
        """An expression and its shape; where only numbers are given, a number.

        Args:
            op: the row that the formula is of, for errors; None: a product's.
            symbol: of :func:`.symbols.lowered` or :func:`.symbols.forward`, or a float.
            given: what the formula's inputs are.

        Raises:
            ArgumentError: the namespace has no function that is needed.
        """
        made: dict[Symbol, Any] = {}
        shapes: dict[Symbol, tuple[int, ...]] = {}
        trace = Trace()
        names = {name: number.text for name, number in given.items() if isinstance(number, Term)}
        for part in below([symbol]):
            number = given[part.fn] if part.kind == INPUT else None
            if part.kind == INPUT:
                made[part] = number if isinstance(number, float) else trace.array_input(part.fn, part.stacked)
                shapes[part] = number.shape if isinstance(number, Term) else ()
            else:
                operands = [made[x] if isinstance(x, Symbol) else x for x in part.operands]
                made[part] = self._applied(trace, part, operands)
                shape = np.broadcast_shapes(*[shapes[x] for x in part.operands if isinstance(x, Symbol)])
                shapes[part] = shape[1:] if part.kind == REDUCTION else shape
        result = made[symbol] if isinstance(symbol, Symbol) else symbol
        if not isinstance(result, Symbol):
            return float(result)
        return Term(self._text(op, trace, result, names), shapes[symbol])

    def _applied(self, trace: Trace, part: Symbol, operands: list[Any]) -> Any:
        """A part of a formula, on other operands."""
        op = part.fn
        if part.kind == FUNCTION:
            return applied(op, *operands)
        if part.kind != ELEMENTS:
            return trace.made(ArraySymbol, part.kind, op, tuple(operands))
        if not any(isinstance(x, Symbol) for x in operands):
            return op(*operands)
        if op.name not in self._own and (op.user or not hasattr(self._space, op.name)):
            raise ArgumentError(
                f"{op.name} is computed number by number, and the namespace has no function for it: give one, "
                f"functions={{{op.name!r}: ...}}, or use the program as it is"
            )
        return trace.made(ArraySymbol, FUNCTION, op.name, tuple(operands))

    def _text(self, op: Op | None, trace: Trace, result: Symbol, names: dict[str, str]) -> str:
        """An expression in which nothing is computed twice: what is read twice gets a line of its own."""
        order = below([result])
        readers = Counter(x for part in order for x in part.operands if isinstance(x, Symbol))
        made: dict[Symbol, Any] = {}

        def constant(x: float) -> Symbol:
            name = self._blocks.constant(np.array(x)).text
            names[name] = name
            return trace.array_input(name)

        for part in order:
            made[part] = part
            if part.kind == INPUT:
                continue
            operands = [made[x] if isinstance(x, Symbol) else x for x in part.operands]
            if part.fn in _OF_ARRAYS:
                operands = [x if isinstance(x, Symbol) else constant(x) for x in operands]
            elif part.fn == "where" and not any(isinstance(x, Symbol) for x in operands[1:]):
                operands[1] = constant(operands[1])  # two numbers would have the namespace's own type, not theta's
            made[part] = trace.made(ArraySymbol, part.kind, part.fn, tuple(operands))
            if readers[part] > 1:
                name = self._blocks.named(self._checked(op, expression(made[part], names)), "t")
                made[part] = trace.array_input(name, part.stacked)
                names[name] = name
        return self._checked(op, expression(made[result], names))

    def _checked(self, op: Op | None, text: str) -> str:
        """The text, if the namespace has the functions that it names."""
        for name in re.findall(r"\bxp\.(\w+)", text):
            if not hasattr(self._space, name):
                raise ArgumentError(
                    f"{op.name if op else 'the program'} needs the function {name}, which the namespace lacks: "
                    f"give one, functions={{{name!r}: ...}}, or use the program as it is"
                )
        return text
