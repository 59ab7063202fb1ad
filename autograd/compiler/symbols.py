"""Operations as formulas: a row of the table is called with symbols, and what it returns is an expression to print.

A :class:`Symbol` is a formula as the table writes it, made of other rows; :func:`partials` reads a row's rule so. An
:class:`ArraySymbol` is made of array functions such as ``maximum``, each row's `array` form: :func:`forward` and
:func:`slopes` read a row so, and :func:`messages` gives what a backward pass sends. The last part reads a row of many
operands as a formula over one stacked array: :func:`stack_of`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..engine.op import Op, kept, number
from ..engine.operators import Operators
from ..engine.ops import DIV, MUL, NEG
from ..errors import ArgumentError

__all__ = [
    "ArraySymbol",
    "Stacked",
    "Symbol",
    "Trace",
    "applied",
    "below",
    "forward",
    "messages",
    "partials",
    "slopes",
    "stack_of",
    "stacked",
    "weighted",
]

S = TypeVar("S", bound="Symbol")

INPUT, ROW, FUNCTION, REDUCTION, ELEMENTS = "input", "row", "function", "reduction", "elements"
_MASKS = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or"}
_MASKS |= {"isnan", "isinf", "isfinite"}
NO_UFUNCS = {"where", "round", "clip"}  # what an array form may call besides NumPy's ufuncs


class Symbol(Operators):
    """One node of an expression: an input, or something applied to symbols and floats. Made by a :class:`Trace`.

    `kind` is INPUT, ROW, FUNCTION, REDUCTION (over the first axis) or ELEMENTS (a row without array form). `fn` is the
    input's name, the row, or the name of the array function. A `stacked` symbol has the shape of the stacked operands,
    which have one more axis than the result.
    """

    __slots__ = ("fn", "kind", "operands", "stacked", "trace")

    op_level = 2  # see engine.op.Op: outside of Values
    __array_ufunc__ = None  # NumPy's scalars leave the operators to us

    def __init__(self, trace: Trace, kind: str, fn: Any, operands: tuple[Any, ...], stacked: bool) -> None:
        self.trace = trace
        self.kind = kind
        self.fn = fn
        self.operands = operands
        self.stacked = stacked

    @classmethod
    def apply_op(cls, op: Op, inputs: tuple[Any, ...]) -> Any:
        operands = tuple([x if isinstance(x, Symbol) else number(x) for x in inputs])
        return _traces(operands).made(cls, ROW, op, operands)

    @property
    def data(self) -> float:  # there is none: a symbol stands for any number
        raise ArgumentError("a formula has no number yet, so it can't be compared or branched on")

    def __bool__(self) -> bool:
        return bool(self.data)

    def __repr__(self) -> str:
        name = getattr(self.fn, "name", self.fn)
        return str(name) if self.kind == INPUT else f"{name}({', '.join(map(repr, self.operands))})"


def _of_two(name: str) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    return lambda self, other: applied(name, self, other), lambda self, other: applied(name, other, self)


class ArraySymbol(Symbol):
    """A symbol over an array namespace: its operators are array functions, and comparisons give masks."""

    __slots__ = ()

    @classmethod
    def apply_op(cls, op: Op, inputs: tuple[Any, ...]) -> Any:
        """A row's array form on symbols; a row without one is kept, to be applied element by element."""
        if op.array is not None:
            return op.array(_Namespace(), *inputs)
        return _traces(inputs).made(ArraySymbol, ELEMENTS, op, inputs)

    @property
    def is_mask(self) -> bool:
        """Whether its elements are truth values."""
        return self.fn in _MASKS

    __add__, __radd__ = _of_two("add")
    __sub__, __rsub__ = _of_two("subtract")
    __mul__, __rmul__ = _of_two("multiply")
    __truediv__, __rtruediv__ = _of_two("divide")
    __floordiv__, __rfloordiv__ = _of_two("floor_divide")
    __mod__, __rmod__ = _of_two("remainder")
    _pow, __rpow__ = _of_two("power")
    __and__, __rand__ = _of_two("logical_and")
    __or__, __ror__ = _of_two("logical_or")
    __lt__, __le__ = _of_two("less")[0], _of_two("less_equal")[0]
    __gt__, __ge__ = _of_two("greater")[0], _of_two("greater_equal")[0]
    __eq__, __ne__ = _of_two("equal")[0], _of_two("not_equal")[0]
    __hash__ = object.__hash__

    def __pow__(self, exponent: Any) -> Any:
        # NumPy's ** of a 2 is a square as well, which is faster than a power and not the same in the last place.
        return self * self if type(exponent) in (int, float) and exponent == 2 else self._pow(exponent)

    def __neg__(self) -> Any:
        return applied("negative", self)

    def __abs__(self) -> Any:
        return applied("absolute", self)


class _Namespace:
    """What an array form gets as its `xp`: NumPy's names, as functions of symbols."""

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, name)
        if isinstance(function, float):
            return function  # inf, pi
        if name not in NO_UFUNCS and not isinstance(function, np.ufunc):
            raise ArgumentError(f"an array form is made of elementwise functions, and {name} is none")
        return lambda *operands: applied(name, *operands)


class Trace:
    """The expressions of one formula. Equal expressions are one object, so common parts are shared."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}  # the level is part of the key

    def input(self, name: str) -> Symbol:
        return self._kept(Symbol, INPUT, name, (), False)

    def array_input(self, name: str, stacked: bool = False) -> ArraySymbol:
        """An array that the formula is given; `stacked`: all operands, one behind the other on the first axis."""
        return self._kept(ArraySymbol, INPUT, name, (), stacked)

    def made(self, level: type[Symbol], kind: str, fn: Any, operands: tuple[Any, ...]) -> Any:
        """The expression of this kind, simplified only where that changes no bit, not even at inf, nan and -0."""
        if kind in (ROW, FUNCTION):
            if fn in (MUL, "multiply"):
                for one, other in (operands, operands[::-1]):
                    if type(one) is float and one == 1.0 and not getattr(other, "is_mask", False):
                        return other
            elif fn in (DIV, "divide") and type(operands[1]) is float and operands[1] == 1.0:
                return operands[0]
            elif fn in (NEG, "negative") and operands[0].fn is fn:
                return operands[0].operands[0]
        stacked = kind != REDUCTION and any(getattr(x, "stacked", False) for x in operands)
        return self._kept(level, kind, fn, operands, stacked)

    def _kept(self, level: type[S], kind: str, fn: Any, operands: tuple[Any, ...], stacked: bool) -> S:
        # Symbols go in by identity, since == of symbols is no bool; numbers by repr, which tells -0.0 from 0.0.
        key = level, kind, fn, tuple([id(x) if isinstance(x, Symbol) else repr(x) for x in operands])
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = level(self, kind, fn, operands, stacked)
        return found

    def rename(self, symbol: Symbol, other: Symbol) -> None:
        """From now on, `other` is handed out wherever `symbol` would be made."""
        self._known[next(key for key, known in self._known.items() if known is symbol)] = other

    def read_rule(self, op: Op, inputs: list[Any], y: Any) -> tuple[Any, ...]:
        """A row's slopes as expressions; where the rule computes the row's own value anew, it says y."""
        with contextlib.suppress(Exception):  # a value that can't be read can't stand in the rule either
            value = op(*inputs)
            if value.kind != INPUT:
                self.rename(value, y)
        return tuple([x if isinstance(x, Symbol) else number(x) for x in op.partials(y, *inputs)])


def _traces(operands: Iterable[Any]) -> Trace:
    return next(x.trace for x in operands if isinstance(x, Symbol))


def applied(name: str, *operands: Any) -> Any:
    """Apply the array function that NumPy calls `name`; where no operand is a symbol, the result is a number."""
    if name == "where" and not isinstance(operands[0], Symbol):
        return operands[1] if operands[0] else operands[2]
    if name != "round":
        operands = tuple([x if isinstance(x, Symbol | bool | np.bool_) else number(x) for x in operands])
    if not any(isinstance(x, Symbol) for x in operands):
        with np.errstate(all="ignore"):
            return getattr(np, name)(*operands).item()
    if name in ("logical_and", "logical_or"):
        for fixed, other in (operands, operands[::-1]):
            if not isinstance(fixed, Symbol):
                return other if bool(fixed) is (name == "logical_and") else bool(fixed)
    return _traces(operands).made(ArraySymbol, FUNCTION, name, operands)


def below(symbols: Iterable[Any], known: Container[Symbol] = ()) -> list[Any]:
    """Every symbol of these expressions once, operands first; what is `known` is left out, and all below it."""
    order: list[Any] = []
    seen: set[Symbol] = set()
    for symbol in symbols:
        stack = [(symbol, False)]
        while stack:
            top, done = stack.pop()
            if done:
                order.append(top)
            elif isinstance(top, Symbol) and top not in seen and top not in known:
                seen.add(top)
                stack.append((top, True))
                stack.extend((x, False) for x in reversed(top.operands))
    return order


def partials(op: Op, count: int) -> tuple[Any, ...]:
    """A row's rule: for each operand an expression of rows over y, the row's result, and x0, x1, ...; or a float.

    Raises:
        ArgumentError: the rule of a user's row isn't made of operators and functions alone.
    """
    trace = Trace()
    inputs = [trace.input(f"x{i}") for i in range(count)]
    slopes: tuple[Any, ...] = _readable(op, lambda: trace.read_rule(op, inputs, trace.input("y")))
    return slopes


def forward(op: Op, count: int) -> Any:
    """A row's value as an expression of array functions over x0, x1, ...

    Raises:
        ArgumentError: the array form of a user's row isn't made of operators and elementwise functions alone.
    """
    trace = Trace()
    return _readable(op, lambda: op(*[trace.array_input(f"x{i}") for i in range(count)]))


def slopes(op: Op, count: int) -> tuple[Any, ...]:
    """As :func:`partials`, but of array functions.

    Raises:
        ArgumentError: the rule of a user's row, or an array form in it, can only be called.
    """
    partials(op, count)  # refuses a rule that compares: sums and differences of masks are none of numbers
    trace = Trace()
    inputs = [trace.array_input(f"x{i}") for i in range(count)]
    found: tuple[Any, ...] = _readable(op, lambda: trace.read_rule(op, inputs, trace.array_input("y")))
    return found


@kept
def messages(op: Op, count: int) -> tuple[Any, ...]:
    """What a node sends back to each of its operands: the formulas dy * slope, over dy, y and x0, x1, ...

    Raises:
        ArgumentError: the rule of a user's row can only be called.
    """
    rule = slopes(op, count)
    trace = next((slope.trace for slope in rule if isinstance(slope, Symbol)), None) or Trace()
    dy = trace.array_input("dy")
    return tuple([-dy if isinstance(slope, float) and slope == -1.0 else dy * slope for slope in rule])


def _readable(op: Any, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:  # a user's row may do anything with its operands
        raise ArgumentError(
            f"{getattr(op, 'name', op)} cannot be read as a formula: {error}; "
            "write it with operators and autograd's functions (xp's in an array form), without if"
        ) from error


# --- rows of many operands -----------------------------------------------------------------------------------------
#
# X is an array with the operands X[0], X[1], ... one behind the other. Written out, a sum of g(X[0]), g(X[1]), g(X[2])
# is add(add(g(X[0]), g(X[1])), g(X[2])); recognised as such, it is one call of NumPy on all of g(X). The slopes of a
# rule are one formula over X if they differ in nothing but the operand that they read. The formulas are read for the
# actual number of operands, so whatever depends on it, as the 1/n of a mean, comes out right.
#
# A softmax's first operand has a slope of its own. Then X is the stack of the others, X[0] is x1, and x0 stays apart.


_MANY = 16  # operands
_FOLDS = frozenset({"add", "multiply", "maximum", "minimum"})


class Stacked(NamedTuple):
    """A row of many operands over their stack X.

    `forward` has one axis less than X. `partial` is the slopes to all operands at once, over X and y: of X's shape, or
    one slope for all of them. `apart` is the slope to x0 where that is not in the stack, else None.
    """

    forward: ArraySymbol
    partial: ArraySymbol | float
    apart: ArraySymbol | float | None = None


def stacked(op: Op, count: int) -> Stacked | None:
    """A row of many operands as a reduction of their stack; None if it is none, as a product's rule."""
    try:
        value, rule = forward(op, count), slopes(op, count)
    except ArgumentError:
        return None
    return _on_stack(value, rule, 0) or (_on_stack(value, rule, 1) if count > 1 else None)


def _on_stack(value: Any, rule: Sequence[Any], begin: int) -> Stacked | None:
    """As :func:`stacked`, of formulas; the stack begins with this operand, the first or the second."""
    reader = _Reader(len(rule), begin)
    result, *parts = map(reader.read, (value, *rule))
    if result is None or None in parts or not isinstance(result.formula, ArraySymbol):
        return None
    if result.reads is not None:  # a fold of one operand leaves it as it is
        result = _Part(reader.reduced("add", result.formula))
    first = parts[begin]
    for i, part in enumerate(parts[begin:], begin):
        if not _same(first.formula, part.formula) or part.reads != (None if first.reads is None else i):
            return None
    if not begin:
        return Stacked(result.formula, first.formula)
    apart = parts[0].formula if parts[0].reads is None else reader.reduced("add", parts[0].formula)
    return Stacked(result.formula, first.formula, apart)


@kept
def stack_of(op: Op, count: int) -> Stacked | None:
    """As :func:`stacked`, but kept: layers and batches ask for the same again and again."""
    if count > _MANY and not op.user:
        # Reading takes as long as there are operands. A row whose formula is the same for seven operands and for nine
        # does not depend on their number.
        few, more = stacked(op, 7), stacked(op, 9)
        if repr(few) == repr(more):
            return few
    return stacked(op, count)


def weighted(dy: Any, slope: Any) -> Any:
    """dy * slope; where one of two factors of the slope is stacked, dy goes to the other one, which is smaller."""
    if getattr(slope, "fn", None) == "multiply":
        large = [x for x in slope.operands if getattr(x, "stacked", False)]
        if len(large) == 1:
            (small,) = [x for x in slope.operands if x is not large[0]]
            return dy * small * large[0]
    return dy * slope


def _same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is float and repr(a) == repr(b))


class _Part(NamedTuple):
    """An expression of x0, x1, ... on the stack: a formula (or number) over X, y and the one operand that it reads."""

    formula: Any
    reads: int | None = None


class _Reader:
    """Reads expressions over x0, x1, ... as expressions over X."""

    def __init__(self, count: int, begin: int) -> None:
        self._count, self._begin = count, begin
        self._trace = Trace()
        self._parts: dict[Symbol, _Part | None] = {}

    def reduced(self, fold: str, formula: Any, start: tuple[float, ...] = ()) -> Any:
        if fold == "add" and not start:
            start = (-0.0,)  # NumPy itself would start at 0.0, which turns a sum of -0.0 into 0.0
        return self._trace.made(ArraySymbol, REDUCTION, fold, (formula, *start))

    def read(self, expression: Any) -> Any:
        """The expression on the stack; None: it has no form there, as what reads two operands outside of a fold."""
        for symbol in below([expression], self._parts):
            self._parts[symbol] = self._input(symbol.fn) if symbol.kind == INPUT else self._applied(symbol)
        return self._part(expression)

    def _part(self, x: Any) -> _Part | None:
        return self._parts[x] if isinstance(x, Symbol) else _Part(x)

    def _input(self, name: str) -> _Part:
        if name == "y" or int(name[1:]) < self._begin:
            return _Part(self._trace.array_input(name))
        return _Part(self._trace.array_input("X", stacked=True), int(name[1:]))

    def _applied(self, symbol: Symbol) -> _Part | None:
        fold = self._fold(symbol) if symbol.fn in _FOLDS else None
        if fold is not None:
            return fold
        parts = [part for part in map(self._part, symbol.operands) if part is not None]
        read = {part.reads for part in parts if part.reads is not None}
        if len(parts) < len(symbol.operands) or len(read) > 1:
            return None
        formula = self._trace.made(ArraySymbol, symbol.kind, symbol.fn, tuple([part.formula for part in parts]))
        return _Part(formula, min(read, default=None))

    def _fold(self, symbol: Symbol) -> _Part | None:
        """The symbol as one reduction, if it folds one formula of each operand, from the first to the last."""
        formula, left = None, symbol
        for i in range(self._count - 1, self._begin, -1):
            if getattr(left, "fn", None) != symbol.fn:
                return None
            left, right = left.operands
            part = self._part(right)
            if part is None or part.reads != i or not (formula is None or formula is part.formula):
                return None
            formula = part.formula
        begun = None if formula is None else self._part(left)
        if begun is None or begun.reads != self._begin:
            return None
        if begun.formula is formula:
            return _Part(self.reduced(symbol.fn, formula))
        if begun.formula.fn == symbol.fn:  # Python's sum begins with 0 + x0, which is not x0 where x0 is -0.0
            start, first = begun.formula.operands
            if type(start) is float and first is formula:
                return _Part(self.reduced(symbol.fn, formula, (start,)))
        return None
