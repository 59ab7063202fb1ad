"""Python's operators, each as its row of the op table, for whatever stands for a number: a Value, a symbol."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import OperandError
from . import modes, ops
from .elsewhere import INSTEAD, give_hints
from .native import mypyc_attr
from .op import Op, number

__all__ = ["Operators"]

_REAL = (float, int, numbers.Real)  # the first two need no look at the third, which is slow


@mypyc_attr(allow_interpreted_subclasses=True)
class Operators:
    """Arithmetic that stays in the graph, comparisons that give plain bools, and no silent way out to floats.

    A class that mixes this in stands for a number. It gives `data`, the bare number, and ``apply_op``, by which the
    rows of the op table are applied to it; see :class:`autograd.engine.op.Op`.
    """

    __slots__ = ()

    @property
    def data(self) -> float:
        """The bare number."""
        raise NotImplementedError  # each class that mixes this in has its own

    def __add__(self, other: Any) -> Any:
        return _applied(ops.ADD, self, other)

    def __radd__(self, other: Any) -> Any:
        return _applied(ops.ADD, other, self)

    def __sub__(self, other: Any) -> Any:
        return _applied(ops.SUB, self, other)

    def __rsub__(self, other: Any) -> Any:
        return _applied(ops.SUB, other, self)

    def __mul__(self, other: Any) -> Any:
        return _applied(ops.MUL, self, other)

    def __rmul__(self, other: Any) -> Any:
        return _applied(ops.MUL, other, self)

    def __truediv__(self, other: Any) -> Any:
        return _applied(ops.DIV, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _applied(ops.DIV, other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _applied(ops.FLOORDIV, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _applied(ops.FLOORDIV, other, self)

    def __mod__(self, other: Any) -> Any:
        return _applied(ops.MOD, self, other)

    def __rmod__(self, other: Any) -> Any:
        return _applied(ops.MOD, other, self)

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, Operators | np.ndarray):
            return _applied(ops.POW, self, exponent)
        return ops.power(number(exponent))(self)

    def __rpow__(self, base: Any) -> Any:
        return _applied(ops.POW, base, self)

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    def __neg__(self) -> Any:
        return ops.NEG(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return ops.ABS(self)

    def __floor__(self) -> Any:
        return ops.FLOOR(self)

    def __round__(self, digits: int | None = None) -> Any:
        return ops.rounded(float(operator.index(digits or 0)))(self)

    # Methods for the functions that micrograd has as methods, and those that NumPy's loops over plain object
    # arrays look for. Everything else is a function of the package.

    def relu(self) -> Any:
        """autograd.relu of this."""
        return ops.RELU(self)

    def tanh(self) -> Any:
        """autograd.tanh of this."""
        return ops.TANH(self)

    def exp(self) -> Any:
        """autograd.exp of this."""
        return ops.EXP(self)

    def log(self) -> Any:
        """autograd.log of this."""
        return ops.LOG(self)

    def sqrt(self) -> Any:
        """autograd.sqrt of this."""
        return ops.SQRT(self)

    def sin(self) -> Any:
        """autograd.sin of this."""
        return ops.SIN(self)

    def cos(self) -> Any:
        """autograd.cos of this."""
        return ops.COS(self)

    # What Python's `numbers` and NumPy ask of a number.

    @property
    def real(self) -> Any:
        """This itself."""
        return self

    @property
    def imag(self) -> float:
        """0.0."""
        return 0.0

    def conjugate(self) -> Any:
        """This itself: it is real."""
        return self

    def __eq__(self, other: object) -> bool:
        return _compared(operator.eq, self, other)

    def __lt__(self, other: object) -> bool:
        return _compared(operator.lt, self, other)

    def __le__(self, other: object) -> bool:
        return _compared(operator.le, self, other)

    def __gt__(self, other: object) -> bool:
        return _compared(operator.gt, self, other)

    def __ge__(self, other: object) -> bool:
        return _compared(operator.ge, self, other)

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

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in INSTEAD or hasattr(self, name)]


Operators.__hash__ = object.__hash__  # type: ignore[method-assign]  # the fastest there is
give_hints(Operators)


def _applied(op: Op, a: Any, b: Any) -> Any:
    """A row of two operands, of which one has this operator; an array goes element by element itself."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return NotImplemented
    return op(a if isinstance(a, Operators) else number(a), b if isinstance(b, Operators) else number(b))


def _compared(relation: Callable[[Any, Any], Any], left: Operators, right: object) -> bool | Any:
    """A comparison of bare numbers, as a plain bool."""
    theirs = right.data if isinstance(right, Operators) else right
    if not isinstance(theirs, _REAL):
        return NotImplemented
    outcome = bool(relation(left.data, theirs))
    return modes.compared(outcome, relation, left, right) if modes.entered else outcome
