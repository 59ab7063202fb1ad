"""Operations as formulas: a row of the table is called with symbols, and what it returns is an expression to print.

A :class:`Symbol` is a formula as the table writes it, made of other rows. An :class:`ArraySymbol` is made of array
functions such as ``maximum``. :func:`partials` and :func:`forward` read a row; :func:`lowered` turns the first kind
into the second by calling each row's `array` form; :func:`messages` gives what a backward pass sends. The last part
reads a row of many operands as a formula over one stacked array: :func:`stack_of`.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Container, Iterable
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
    "lowered",
    "messages",
    "partials",
    "stack_of",
    "stacked",
    "weighted",
]

S = TypeVar("S", bound="Symbol")

INPUT, ROW, FUNCTION, REDUCTION, ELEMENTS = "input", "row", "function", "reduction", "elements"
_MASKS = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or"}
_MASKS |= {"isnan", "isinf", "isfinite"}
_NO_UFUNCS = {"where", "round", "clip"}  # what an array form may call besides NumPy's ufuncs


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
        if name not in _NO_UFUNCS and not isinstance(function, np.ufunc):
            raise ArgumentError(f"an array form is made of elementwise functions, and {name} is none")
        return lambda *operands: applied(name, *operands)


class Trace:
    """The expressions of one formula. Equal expressions are one object, so common parts are shared."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}  # by a key that has the level, too
        self.lowered: dict[Symbol, Any] = {}
        self._rule: tuple[Op, int] | None = None

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

    def read_rule(self, op: Op, count: int) -> tuple[Any, ...]:
        """A row's slopes as expressions; where the rule computes the row's own value anew, it says y."""
        inputs = [self.input(f"x{i}") for i in range(count)]
        y = self.input("y")
        self.rename(op(*inputs), y)
        self._rule = op, count
        return tuple([x if isinstance(x, Symbol) else number(x) for x in op.partials(y, *inputs)])

    def prepare(self) -> None:
        """Let the row's array form, too, be called y; needed before the first part of a rule is lowered."""
        if self._rule is not None:
            (op, count), self._rule = self._rule, None
            with contextlib.suppress(Exception):  # an array form that can't be read can't stand in the rule either
                value = op(*[self.array_input(f"x{i}") for i in range(count)])
                if value.kind != INPUT:
                    self.rename(value, self.array_input("y"))


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
    slopes: tuple[Any, ...] = _readable(op, lambda: Trace().read_rule(op, count))
    return slopes


def forward(op: Op, count: int) -> Any:
    """A row's value as an expression of array functions over x0, x1, ...

    Raises:
        ArgumentError: the array form of a user's row isn't made of operators and elementwise functions alone.
    """
    trace = Trace()
    return _readable(op, lambda: op(*[trace.array_input(f"x{i}") for i in range(count)]))


def lowered(symbol: Any) -> Any:
    """An expression of rows as one of array functions; what equals the row's own value is y. A float stays a float.

    Raises:
        ArgumentError: the array form of a user's row isn't made of operators and elementwise functions alone.
    """
    if not isinstance(symbol, Symbol):
        return symbol
    trace = symbol.trace
    trace.prepare()
    for part in below([symbol], trace.lowered):
        if part.kind == INPUT:
            trace.lowered[part] = trace.array_input(part.fn)
        else:
            operands = [trace.lowered[x] if isinstance(x, Symbol) else x for x in part.operands]
            trace.lowered[part] = _readable(part.fn, functools.partial(part.fn, *operands))
    return trace.lowered[symbol]


@kept
def messages(op: Op, count: int) -> tuple[Any, ...]:
    """What a node sends back to each of its operands: the formulas dy * slope, over dy, y and x0, x1, ...

    Raises:
        ArgumentError: the rule of a user's row can only be called.
    """
    slopes = [lowered(slope) for slope in partials(op, count)]
    trace = next((slope.trace for slope in slopes if isinstance(slope, Symbol)), None) or Trace()
    dy = trace.array_input("dy")
    return tuple([-dy if isinstance(slope, float) and slope == -1.0 else dy * slope for slope in slopes])


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


class _Part(NamedTuple):
    """What an expression of x0, x1, ... is when it is read on the stack.

    `formula` is over X and y, and may be a number. `reads` is the one operand that it reads. If the expression is a
    fold of the formula over the operands 0 to reach - 1, but not yet over all, `reach` is their number, `fold` the
    function and `start` what stands before the first operand; else `reach` is 0.
    """

    formula: Any
    reads: int | None = None
    reach: int = 0
    fold: str = ""
    start: tuple[float, ...] = ()


class _Unreadable(Exception):
    """This expression has no form on the stack."""


def stacked(op: Op, count: int) -> Stacked | None:
    """A row of many operands as a reduction of their stack; None if it is none, as a product's rule."""
    try:
        value, slopes = forward(op, count), [lowered(slope) for slope in partials(op, count)]
    except ArgumentError:
        return None
    return _on_stack(value, slopes, 0) or (_on_stack(value, slopes, 1) if count > 1 else None)


def _on_stack(value: Any, slopes: list[Any], begin: int) -> Stacked | None:
    """As :func:`stacked`, of formulas; the stack begins with this operand, the first or the second."""
    reader = _Reader(len(slopes), begin)
    try:
        result = reader.read(value)
        if result.reads is not None:  # a fold of one operand leaves it as it is
            result = _Part(reader.reduced("add", result.formula))
        parts = [reader.read(slope) for slope in slopes]
    except _Unreadable:
        return None
    first, formula = parts[begin], parts[begin].formula
    if any(part.reach for part in (result, *parts)) or not isinstance(result.formula, ArraySymbol):
        return None
    for i, part in enumerate(parts[begin:], begin):
        if not _same(formula, part.formula) or part.reads != (None if first.reads is None else i):
            return None
    if not begin:
        return Stacked(result.formula, formula)
    apart = parts[0].formula if parts[0].reads is None else reader.reduced("add", parts[0].formula)
    return Stacked(result.formula, formula, apart)


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


class _Reader:
    """Reads expressions over x0, x1, ... as expressions over X."""

    def __init__(self, count: int, begin: int) -> None:
        self._count = count
        self._begin = begin
        self._trace = Trace()
        self._parts: dict[Symbol, _Part] = {}

    def reduced(self, fold: str, formula: Any, start: tuple[float, ...] = ()) -> Any:
        if fold == "add" and not start:
            start = (-0.0,)  # NumPy itself would start at 0.0, which turns a sum of -0.0 into 0.0
        return self._trace.made(ArraySymbol, REDUCTION, fold, (formula, *start))

    def read(self, expression: Any) -> _Part:
        for symbol in below([expression], self._parts):
            self._parts[symbol] = self._read_one(symbol)
        return self._parts[expression] if isinstance(expression, Symbol) else _Part(expression)

    def _read_one(self, symbol: Symbol) -> _Part:
        if symbol.kind == INPUT:
            if symbol.fn == "y":
                return _Part(self._trace.array_input("y"))
            if int(symbol.fn[1:]) < self._begin:
                return _Part(self._trace.array_input(symbol.fn))
            return _Part(self._trace.array_input("X", stacked=True), int(symbol.fn[1:]))
        parts = [self._parts[x] if isinstance(x, Symbol) else _Part(x) for x in symbol.operands]
        if symbol.kind == FUNCTION and symbol.fn in _FOLDS:
            fold = _folded(symbol.fn, self._begin, *parts)
            if fold is not None:
                return fold if fold.reach < self._count else _Part(self.reduced(fold.fold, fold.formula, fold.start))
        read = {part.reads for part in parts if part.reads is not None}
        if len(read) > 1 or any(part.reach for part in parts):
            raise _Unreadable
        formula = self._trace.made(ArraySymbol, symbol.kind, symbol.fn, tuple([part.formula for part in parts]))
        return _Part(formula, min(read, default=None))


def _folded(fold: str, begin: int, left: _Part, right: _Part) -> _Part | None:
    """A fold that is begun or goes on here: the right side is the next operand's formula."""
    formula = right.formula
    if right.reads is None or right.reach:
        return None
    if left.reach:
        fits = left.fold == fold and left.formula is formula and left.reach == right.reads
        return left._replace(reach=left.reach + 1) if fits else None
    if (left.reads, right.reads) != (begin, begin + 1):
        return None
    if left.formula is formula:
        return _Part(formula, None, begin + 2, fold)
    begun = left.formula  # Python's sum begins with 0 + x0, which is not x0 where x0 is -0.0
    if begun.fn == fold and type(begun.operands[0]) is float and begun.operands[1] is formula:
        return _Part(formula, None, begin + 2, fold, (begun.operands[0],))
    return None
