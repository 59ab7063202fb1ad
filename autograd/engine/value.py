"""`Value`: a number that remembers how it was made.

Drawing, stepping, checking and differentiating functions live elsewhere and only read a graph.
"""

from __future__ import annotations

import functools
import math
import numbers
from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeAlias

import numpy as np

from .. import _from_above, _notebook_picture
from ..errors import ArgumentError, OperandError, warn
from . import backward as sweep
from . import copying, graph, messages, modes, ops
from .elsewhere import unknown_keyword
from .native import mypyc_attr
from .op import Op, number
from .operators import Operators

__all__ = ["Number", "Value", "failure", "lift", "literal", "node", "record"]

Number: TypeAlias = "Value | float"

LEAF: Final = ops.LEAF
CONSTANT: Final = ops.CONSTANT
LITERAL: Final = ops.LITERAL
ADD: Final = ops.ADD
SUB: Final = ops.SUB
MUL: Final = ops.MUL
DIV: Final = ops.DIV
NEG: Final = ops.NEG
EXP: Final = ops.EXP
TANH: Final = ops.TANH
RELU: Final = ops.RELU
_power: Final = ops.power
_entered: Final = modes.entered


@mypyc_attr(allow_interpreted_subclasses=True)
class Value(Operators):
    """A node of the graph: a float, the operation that made it, and the nodes that went in.

    Args:
        data: any real number.
        label: a name to show in drawings, traces and messages; any text.
        constant: an input that is never trained; no gradient is computed for it.

    Raises:
        OperandError: `data` is not a real number (a TypeError), or `label` is not text.

    Example:
        >>> a, b = Value(2.0, "a"), Value(1.0, "b")
        >>> e = (a + b) * (b + 1)
        >>> e.backward()
        >>> e.data, a.grad, b.grad
        (6.0, 2.0, 5.0)
        >>> a
        Value(2.0, label='a', grad=2.0)
    """

    __slots__ = ("__weakref__", "_a", "_b", "_data", "_grad", "_label", "_row")

    op_level: ClassVar[int] = 1  # see op.Op: a row called with a Value makes a node

    _data: float
    _grad: Any  # None: no backward has reached this node; a constant's stays None
    _label: str
    _row: Op
    _a: Any  # see ops.laid_out
    _b: Any

    def __init__(self, data: Any, label: Any = "", *, constant: bool | Any = False) -> None:
        self._data = data if type(data) is float else number(data)
        self._grad = None
        self._row = CONSTANT if constant else LEAF
        self._a = self._b = None
        self._label = label if type(label) is str else _text(label)

    # --- what a node holds ---------------------------------------------------------------------------------

    @property
    def data(self) -> float:
        """The number at this node."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        messages.refuse_shared(self, "changed")
        self._data = number(data)
        if self._a is not None:
            text = "was computed, and its data set by hand: what was computed from it is stale until that is run again"
            warn(f"{messages.name_of(self)} {text}")

    @property
    def grad(self) -> Any:
        """d root / d self of the last backward (leaves: the sum over all of them); 0.0 before any reached it.

        A float, or a Value after ``backward(create_graph=True)``.
        """
        return 0.0 if self._grad is None else self._grad

    @grad.setter
    def grad(self, gradient: Any) -> None:
        if graph.is_constant(self):
            raise ArgumentError(f"{messages.name_of(self)} is a constant and has no gradient")
        self._grad = None if gradient is None else gradient if type(gradient) is Value else number(gradient)

    @property
    def label(self) -> str:
        """The name shown in drawings, traces and messages."""
        return self._label

    @label.setter
    def label(self, label: Any) -> None:
        messages.refuse_shared(self, "labelled")
        self._label = _text(label)

    @property
    def parents(self) -> tuple[Value, ...]:
        """The operands, in order, repeats kept; () on leaves."""
        a = self._a
        if a is None:
            return ()
        b: Any = self._b
        if type(a) is not tuple:
            return (a,) if b is None else (a, b)
        return a if b is None else a[: len(b)] + b + a[len(b) :]

    @property
    def op(self) -> str:
        """The name of the table row that made this node; "" on leaves."""
        return self._row.name

    @property
    def constant(self) -> bool:
        """Whether this node is an input that is never trained."""
        return graph.is_constant(self)

    @property
    def local_derivative(self) -> Callable[..., tuple[Any, ...]]:
        """The closure ``(out, *inputs) -> partials``, over the operation's parameters alone."""
        return self._row.partials

    def local_derivatives(self) -> tuple[float, ...]:
        """d self / d parent for each parent, in operand order, at the stored values.

        Example:
            >>> (Value(3.0) * Value(4.0)).local_derivatives()
            (4.0, 3.0)
        """
        return tuple(float(p) for p in graph.local_partials(self))

    # --- gradients -------------------------------------------------------------------------------------------

    def backward(self, seed: Any = 1.0, create_graph: bool | Any = False, **unknown: Any) -> None:
        """Reverse-mode differentiation: for every node v below, v.grad = seed * d self / d v.

        Leaves add to the gradient that they hold; every interior node's gradient is that of this call. If
        anything raises, all gradients stay as they were.

        Args:
            seed: the gradient to start from.
            create_graph: make the gradients Values that can be differentiated, drawn and stepped themselves.
                Leaves then hold their gradient and the gradient its leaf, until ``zero_grad``.

        Raises:
            AutogradError: a derivative has no value, as atan2's at the origin.

        Warns:
            GradientWarning: a slope is infinite, as sqrt's at 0; the message names the node.

        Example:
            >>> x = Value(3.0, "x")
            >>> (x ** 2).backward(create_graph=True)
            >>> slope = x.grad
            >>> x.zero_grad(); slope.backward()
            >>> slope.data, x.grad
            (6.0, 2.0)
        """
        for name in unknown:
            raise unknown_keyword(name)
        start = lift(seed)
        sweep.backward(self, start if create_graph else start._data, bool(create_graph))

    def zero_grad(self) -> None:
        """Forget this node's own gradient; it reads 0.0 until the next backward."""
        self._grad = None

    def draw(self, path: Any = None, **options: Any) -> Any:
        """:func:`autograd.draw` of the graph behind this node."""
        return _from_above("draw")(self, path, **options)

    def explain(self, wrt: Any = None, **options: Any) -> Any:
        """:func:`autograd.explain` of d self / d `wrt`, or of that by every leaf."""
        return _from_above("explain")(self, wrt, **options)

    def detach(self) -> Value:
        """Return a constant with this node's number and label, and none of its history."""
        return Value(self._data, self._label, constant=True)

    # --- operators: the commonest without the detour through Op's dispatch; a test holds them against the table.
    # Beside an array the result is the array's, hence `| Any`.

    @classmethod
    def apply_op(cls, op: Op, inputs: tuple[Any, ...]) -> Value:
        """Apply a row to inputs of which at least one is a Value; the others become constants."""
        return record(op, tuple([x if type(x) is Value else lift(x) for x in inputs]))

    def __add__(self, other: Any) -> Value | Any:
        if type(other) is not Value and (other := _partner(other)) is None:
            return NotImplemented
        return node(self._data + other._data, ADD, self, other)

    def __radd__(self, other: Any) -> Value | Any:
        if (other := _partner(other)) is None:
            return NotImplemented
        return node(other._data + self._data, ADD, other, self)

    def __sub__(self, other: Any) -> Value | Any:
        if type(other) is not Value and (other := _partner(other)) is None:
            return NotImplemented
        return node(self._data - other._data, SUB, self, other)

    def __rsub__(self, other: Any) -> Value | Any:
        if (other := _partner(other)) is None:
            return NotImplemented
        return node(other._data - self._data, SUB, other, self)

    def __mul__(self, other: Any) -> Value | Any:
        if type(other) is not Value and (other := _partner(other)) is None:
            return NotImplemented
        return node(self._data * other._data, MUL, self, other)

    def __rmul__(self, other: Any) -> Value | Any:
        if (other := _partner(other)) is None:
            return NotImplemented
        return node(other._data * self._data, MUL, other, self)

    def __truediv__(self, other: Any) -> Value | Any:
        if type(other) is not Value and (other := _partner(other)) is None:
            return NotImplemented
        try:
            quotient = self._data / other._data
        except ZeroDivisionError as error:
            raise failure(DIV, (self, other), error) from None
        return node(quotient, DIV, self, other)

    def __rtruediv__(self, other: Any) -> Value | Any:
        if (other := _partner(other)) is None:
            return NotImplemented
        return Value.__truediv__(other, self)

    def __pow__(self, exponent: Any) -> Any:
        if type(exponent) is not float and type(exponent) is not int:
            return super().__pow__(exponent)
        op = _power(float(exponent))
        try:
            return node(op.forward(self._data), op, self)
        except (ArithmeticError, ValueError) as error:
            raise failure(op, (self,), error) from None

    def __neg__(self) -> Value:
        return node(-self._data, NEG, self)

    def relu(self) -> Value:
        """autograd.relu of this node."""
        return node(RELU.forward(self._data), RELU, self)

    def tanh(self) -> Value:
        """autograd.tanh of this node."""
        return node(TANH.forward(self._data), TANH, self)

    def exp(self) -> Value:
        """autograd.exp of this node."""
        try:
            return node(EXP.forward(self._data), EXP, self)
        except ArithmeticError as error:
            raise failure(EXP, (self,), error) from None

    # --- names that code written for micrograd reads -----------------------------------------------------------

    @property
    def _prev(self) -> set[Value]:
        """The parents as micrograd has them, a set; for code written for it, such as its `trace_graph`."""
        return set(self.parents)

    @property
    def _op(self) -> str:
        """The operation as micrograd writes it: '+', '*', '**3', 'ReLU', 'tanh', ...; "" on leaves."""
        row = self._row
        exponent = f"**{row.params[0]:g}" if row.name == "power" else ""
        return exponent or {"relu": "ReLU", "neg": "-"}.get(row.name, row.name)

    # --- text, copies ----------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        label = f", label={self._label!r}" if self._label else ""
        gradient = self._grad._data if isinstance(self._grad, Value) else self._grad
        grad = "" if gradient is None else f", grad={gradient!r}"
        return f"Value({self._data!r}{label}{grad})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return _notebook_picture(self, include, exclude)

    def __copy__(self) -> Any:
        return self if self._row is LITERAL else copying.shallow_copy(self)  # all graphs share a literal

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copying.deepcopy(self, memo)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return (literal, (self._data,)) if self._row is LITERAL else copying.reduce(self)


Value.__hash__ = Operators.__hash__  # type: ignore[method-assign]  # a compiled class does not inherit it
# Whoever asks whether this is a number, as pytest.approx does before it compares, is told yes. It is no numbers.Real:
# those may be taken for floats.
numbers.Complex.register(Value)

_literals: Final[dict[float, Value]] = {}
_LITERALS_KEPT: Final = 4096


def literal(x: float) -> Value:
    """The one constant node for a plain number, shared by all graphs that use the number now."""
    shared = _literals.get(x)
    if shared is None or (x == 0.0 and math.copysign(1.0, x) != math.copysign(1.0, shared._data)):
        shared = node(x, LITERAL, None)
        if len(_literals) >= _LITERALS_KEPT:
            _literals.clear()
        _literals[x] = shared
    return shared


def _text(label: Any) -> str:
    if not isinstance(label, str):
        raise OperandError(f"a label is text, got {type(label).__name__}; write str(...) around it")
    return label


def lift(x: Any) -> Value:
    """A Value as it is, any other real number as a constant."""
    return x if isinstance(x, Value) else literal(number(x))


def _partner(x: Any) -> Value | None:
    """The other operand as a Value; None if it knows better how to go on: a symbol, an array."""
    if type(x) is float:
        return literal(x)
    if type(x) is int:
        return literal(float(x))
    return None if isinstance(x, np.ndarray) or getattr(type(x), "op_level", 0) > 1 else lift(x)


_blank: Final = functools.partial(Value.__new__, Value)  # the quickest way to an object without its `__init__`


def node(data: float, op: Op, a: Any, b: Any = None) -> Value:
    """A node without the checks of `__init__`: this runs once for every operation.

    `a` and `b` are the operands as `ops.laid_out` has them: a pair has no tuple of its own, and the neurons of a layer
    share the tuple of their inputs, so the collector has fewer objects to walk.
    """
    made: Value = _blank()
    made._data = data
    made._grad = None
    made._label = ""
    made._row = op
    made._a = a
    made._b = b
    return modes.applied(made) if _entered else made


def record(op: Op, parents: tuple[Value, ...]) -> Value:
    """Apply a row to Values; what Python raises for floats is raised with the operation, its operands and numbers."""
    try:
        data = op.forward(*[p._data for p in parents])
    except (ArithmeticError, ValueError) as error:
        raise failure(op, parents, error) from None
    return node(data, op, *ops.laid_out(op, parents))


def failure(op: Op, parents: tuple[Value, ...], error: Exception) -> Exception:
    """The exception of `error`'s kind that names the operation, its operands and their numbers."""
    return op.failure(error, tuple(p._data for p in parents), tuple(p._label for p in parents))
