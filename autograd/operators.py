"""Python's operators for everything that stands for a number: each applies its row of the op table.

A class that mixes this in gives `data`, the bare number, and ``apply_op`` (see :class:`autograd.operation.Op`).
"""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from . import modes, ops
from .errors import OperandError
from .operation import Op, number

__all__ = ["Operators"]


def _binary(op: Op) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """The operator of a two-operand row, and its reflected form. An array operand goes element by element itself."""

    def operate(self: Any, other: Any) -> Any:
        return NotImplemented if isinstance(other, np.ndarray) else op(self, _operand(other))

    def reflected(self: Any, other: Any) -> Any:
        return NotImplemented if isinstance(other, np.ndarray) else op(_operand(other), self)

    return operate, reflected


def _operand(x: Any) -> Any:
    return x if isinstance(x, Operators) else number(x)


def _unary(op: Op) -> Callable[[Any], Any]:
    return lambda self: op(self)


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Any, object], bool]:
    """A comparison of bare numbers, as a plain bool."""

    def holds(self: Any, other: object) -> bool:
        theirs = other.data if isinstance(other, Operators) else other
        if not isinstance(theirs, numbers.Real):
            return NotImplemented  # type: ignore[no-any-return]  # mypy knows it in dunders only
        outcome = bool(compare(self.data, theirs))
        return modes.compared(outcome, compare, self, other) if modes.entered else outcome

    return holds


class Operators:
    """Arithmetic that stays in the graph, comparisons that give plain bools, and no silent way out to floats."""

    __slots__ = ()

    data: float

    __add__, __radd__ = _binary(ops.ADD)
    __sub__, __rsub__ = _binary(ops.SUB)
    __mul__, __rmul__ = _binary(ops.MUL)
    __truediv__, __rtruediv__ = _binary(ops.DIV)
    __floordiv__, __rfloordiv__ = _binary(ops.FLOORDIV)
    __mod__, __rmod__ = _binary(ops.MOD)
    _pow, __rpow__ = _binary(ops.POW)
    __neg__ = _unary(ops.NEG)
    __abs__ = _unary(ops.ABS)
    __floor__ = _unary(ops.FLOOR)

    # Methods for the functions that micrograd has as methods, and those that NumPy's loops over plain object
    # arrays look for. Everything else is a function of the package.
    relu = _unary(ops.RELU)
    tanh = _unary(ops.TANH)
    exp = _unary(ops.EXP)
    log = _unary(ops.LOG)
    sqrt = _unary(ops.SQRT)
    sin = _unary(ops.SIN)
    cos = _unary(ops.COS)

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, Operators | np.ndarray):
            return self._pow(exponent)
        return ops.power(number(exponent))(self)

    def __round__(self, digits: int | None = None) -> Any:
        return ops.rounded(float(operator.index(digits or 0)))(self)

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    def __pos__(self) -> Any:
        return self

    __hash__ = object.__hash__
    __eq__ = _comparison(operator.eq)
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)

    def __bool__(self) -> bool:
        outcome = self.data != 0.0
        return modes.compared(outcome, operator.truth, self) if modes.entered else outcome

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def __float__(self) -> float:
        raise OperandError(
            f"this would drop a {type(self).__name__} from the graph without a word: use autograd's own functions "
            "(autograd.exp for math.exp) to stay in the graph, or .data for the bare number"
        )

    def __int__(self) -> int:
        return int(self.__float__())
