"""`Op`, one operation: how it is applied, fails, is bound, found and pickled. The operations stand in `engine/ops.py`.

This module knows no `Value`. A row called with something that is not a float asks that something's type how it
is applied: a type with an ``op_level`` (Value 1, symbol 2) gets the call through its ``apply_op``, the highest level
first.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import numbers
import operator
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, TypeVar

import numpy as np

from ..errors import AutogradError, OperandError, shown, translated

__all__ = ["TABLE", "Op", "Partials", "boxed", "find", "is_node", "kept", "number", "on_floats", "plain"]

Partials = Callable[..., tuple[Any, ...]]

_Asked = TypeVar("_Asked", bound=Callable[..., Any])

_REAL = (float, int, numbers.Real, np.bool_)
_ARRAYS = (np.ndarray, list, tuple)


@dataclass(frozen=True, eq=False)
class Op:
    """One operation: a row of the table, or a row bound to parameters such as an exponent.

    Args:
        name: the row's name, unique in the table.
        forward: the value from floats; raises what Python's `math` raises.
        partials: the derivative rule, ``partials(out, *inputs)`` -> one partial per input.
        array: ``array(xp, *inputs)``, the value over an array namespace; None: element by element.
        symbol: how a node is marked in a drawing.
        latex: a format string of the operands.
        js: the value in JavaScript, a format string of the operands {0}, {1} or all of them {xs}, the parameters {p0},
            {p1}, and {op}, which names the row in a refusal; see render/page/data.py; empty: a page keeps it as it is.
        because: one sentence on why the rule is what it is.
        domain: where the function is defined, in words; empty: everywhere.
        kink: what is returned where no derivative exists; empty: there is no such point.
        params: the numbers that a parametrised row is bound to.
        singular: the rule can give an infinite slope or nan at a legal point.
        flat: the rule is 0 almost everywhere, so the operation stops every gradient.
        activation: of one operand, beside constants, it is what a neuron makes of its weighted sum.
        variadic: the rule takes any number of inputs.
        home: of a primitive of the user's own: the module and the name in it where pickle finds it.
    """

    name: str
    forward: Callable[..., float]
    partials: Partials
    array: Callable[..., Any] | None = None
    symbol: str = ""
    latex: str = ""
    js: str = ""
    because: str = ""
    domain: str = ""
    kink: str = ""
    params: tuple[float, ...] = ()
    singular: bool = False
    flat: bool = False
    activation: bool = False
    variadic: bool = False
    home: tuple[str, str] | None = None
    float_partials: Partials = field(init=False, repr=False)
    remarkable: bool = field(init=False, repr=False)  # a backward may have something to say of a slope
    derived: dict[Any, Any] = field(init=False, repr=False, default_factory=dict)  # see `kept`

    def __post_init__(self) -> None:
        object.__setattr__(self, "float_partials", _float_view(self.partials))
        object.__setattr__(self, "remarkable", self.singular or self.flat)

    @property
    def user(self) -> bool:
        """Whether this is a primitive of the user's own."""
        return self.home is not None

    @property
    def public_name(self) -> str:
        """What messages call the operation: nobody has written a private row, so it goes by its symbol."""
        if self.user or not self.name.startswith("_"):
            return self.name
        return self.name.lstrip("_") if self.symbol == "=" else self.symbol

    def __call__(self, *inputs: Any) -> Any:
        """Apply to floats, Values or arrays, whichever the inputs are."""
        for x in inputs:
            if type(x) is not float:
                return self._dispatch(inputs)
        try:
            return self.forward(*inputs)
        except (ArithmeticError, ValueError) as error:
            raise self.failure(error, inputs) from None

    def _dispatch(self, inputs: tuple[Any, ...]) -> Any:
        level, owner = 0, None
        for x in inputs:
            kind: Any = type(x)
            if kind is float:
                continue
            if isinstance(x, _ARRAYS):
                return self._on_arrays([np.asarray(y) if isinstance(y, list | tuple) else y for y in inputs])
            if getattr(kind, "op_level", 0) > level:
                level, owner = kind.op_level, kind
        if owner is not None:
            return owner.apply_op(self, inputs)
        return self(*[number(x) for x in inputs])

    def _on_arrays(self, inputs: list[Any]) -> Any:
        if any(is_node(x) or (isinstance(x, np.ndarray) and x.dtype.kind == "O") for x in inputs):
            for x in inputs:
                if hasattr(type(x), "apply_elementwise"):  # an array class of Values
                    return type(x).apply_elementwise(self, inputs)
            return np.frompyfunc(self, len(inputs), 1)(*[boxed(x) for x in inputs])
        numeric = [
            x.astype(float, copy=False) if isinstance(x, np.ndarray) and x.dtype.kind in "biuf" else number(x)
            for x in inputs
        ]
        if self.array is not None:
            return self.array(np, *numeric)
        with np.errstate(invalid="ignore"):  # Python's function raises; NumPy would warn of a comparison with nan
            return np.frompyfunc(self.forward, len(numeric), 1)(*numeric).astype(float)

    def failure(self, error: Exception, inputs: tuple[Any, ...], labels: tuple[str, ...] = ()) -> Exception:
        """The exception of `error`'s kind whose message names the operation, the operands and the numbers."""
        if isinstance(error, AutogradError) and self.user:
            return error  # it was named where it arose
        stand_ins = ["x"] if len(inputs) == 1 else [f"x{i}" for i in range(1, len(inputs) + 1)]
        names = [shown(label) or stand_in for label, stand_in in zip(labels or stand_ins, stand_ins, strict=True)]
        listed = ", ".join(f"{name} = {x!r}" for name, x in itertools.islice(zip(names, inputs, strict=True), 4))
        more = f", ... ({len(inputs)} operands)" if len(inputs) > 4 else ""
        too_large = isinstance(error, OverflowError)
        what = "the result is too large for a double" if too_large else error
        hint = f"; {self.public_name} is defined for {self.domain}" if self.domain and not too_large else ""
        return translated(error, f"{self.public_name} with {listed}{more}: {what}{hint}")

    def __reduce__(self) -> tuple[Any, ...]:
        if self.home is None:
            return find, (self.name, self.params)
        return _reduce_user_op(self, *self.home)

    def __repr__(self) -> str:
        bound = f"({', '.join(map(repr, self.params))})" if self.params else ""
        return f"<op {self.name}{bound}>"


def kept(function: _Asked) -> _Asked:
    """Let a function of an operation work out its result once; it is kept with the operation, and dies with it."""

    @functools.wraps(function)
    def known(op: Op, *arguments: Any) -> Any:
        key: Any = function, *arguments
        if key not in op.derived:
            op.derived[key] = function(op, *arguments)
        return op.derived[key]

    return known  # type: ignore[return-value]  # it takes and gives what `function` does


def number(x: object) -> float:
    """A real number as a float; everything else is refused with an error that names its type."""
    if isinstance(x, _REAL) or (isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype.kind in "biuf"):
        return float(x)
    text = repr(x)
    hint = ""
    if isinstance(x, str):
        hint = "; convert it with float(...) first"
    elif is_node(x):
        hint = "; .data is its bare number"
    elif isinstance(x, numbers.Complex):
        hint = "; complex numbers have no place in this graph, take .real"
    elif isinstance(x, _ARRAYS):
        hint = "; for many numbers at once use autograd.array(...)"
    shortened = text if len(text) <= 40 else text[:37] + "..."
    raise OperandError(f"expected a real number or a Value, got {type(x).__name__} {shortened}{hint}")


def is_node(x: object) -> bool:
    """Whether this is a node of a graph or stands for one: a Value, a symbol."""
    return getattr(type(x), "op_level", 0) > 0


def plain(x: Any) -> float:
    """The bare number of a Value; any other real number as a float."""
    return x if type(x) is float else x.data if is_node(x) else number(x)


def boxed(x: Any) -> Any:
    """A Value as an array of no dimensions, which NumPy's loops take as it is."""
    if not is_node(x):
        return x
    box = np.empty((), dtype=object)
    box[()] = x
    return box


# --- the table ---------------------------------------------------------------------------------------------------

TABLE: dict[str, Op | Callable[..., Op]] = {}  # `engine/ops.py` fills it


def find(name: str, params: tuple[float, ...] = ()) -> Op:
    """The row of this name, bound to `params` if it takes any; pickles name this function."""
    entry = TABLE[name]
    return entry if isinstance(entry, Op) else entry(*params)


_ROWS = f"{__package__}.ops"  # the module whose rules are seen
_float_globals: dict[str, Any] = {}  # that module's names, each row replaced by its `forward`


def _float_view(rule: Partials) -> Partials:
    """The same rule, with the rows in it bound to their `forward`: nothing is left to dispatch on floats."""
    if getattr(rule, "__globals__", {}).get("__name__") != _ROWS:
        return rule
    return FunctionType(rule.__code__, _float_globals, rule.__name__, rule.__defaults__, rule.__closure__)


def on_floats(names: dict[str, Any]) -> None:
    """Tell the float views of rules what the names in them mean, once all rows are there."""
    _float_globals.update({name: x.forward if isinstance(x, Op) else x for name, x in names.items()})


def _reduce_user_op(op: Op, module: str, path: str) -> tuple[Any, ...]:
    """Pickle a primitive as the place where it can be imported from; refuse one that is not found there."""
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
    """The row of the primitive at ``module.path``; pickles name this function."""
    op = operator.attrgetter(f"{path}.op")(importlib.import_module(module))
    if not isinstance(op, Op):
        raise AttributeError(f"{module}.{path} is no primitive")
    return op
