"""The op table: everything that the package knows of an operation, declared once.

A row holds the operation's value (`forward` on floats, `array` over an array namespace), its derivative rule
(`partials`), and how it is drawn and explained. The rule ``partials(out, *inputs)`` returns d out / d input for
each input, in operand order. It is written with plain operators and other rows only, so one rule serves floats
(backward), Values (``create_graph=True``, higher orders), duals (forward mode) and arrays (compiled programs).

To add an operation, add a row here; a public function for it goes into `functions.py`.

This module knows no `Value`. A row called with something that is not a float asks that something's type how it
is applied: a type with an ``op_level`` (Value 1, dual 2) gets the call through its ``apply_op``.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import math
import numbers
import operator
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import Any

import numpy as np

from . import special
from .errors import AutogradError, OperandError, shown, translated

__all__ = ["TABLE", "Op", "find", "number"]

Partials = Callable[..., tuple[Any, ...]]


@dataclass(frozen=True, eq=False, slots=True)
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
            {p1}, and {op}, which names the row in a refusal; see render/javascript.py; empty: a page keeps it as it is.
        because: one sentence on why the rule is what it is.
        domain: where the function is defined, in words; empty: everywhere.
        kink: what is returned where no derivative exists; empty: there is no such point.
        params: the numbers that a parametrised row is bound to.
        singular: the rule can give an infinite slope or nan at a legal point.
        flat: the rule is 0 almost everywhere, so the operation stops every gradient.
        activation: of one operand, beside constants, it is what a neuron makes of its weighted sum.
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
    user: bool = False
    float_partials: Partials = field(init=False, repr=False)
    remarkable: bool = field(init=False, repr=False)  # a backward may have something to say of a slope
    variadic: bool = field(init=False, repr=False)  # the rule takes any number of inputs

    def __post_init__(self) -> None:
        object.__setattr__(self, "float_partials", _on_floats(self.partials))
        object.__setattr__(self, "remarkable", self.singular or self.flat)
        object.__setattr__(self, "variadic", bool(self.partials.__code__.co_flags & inspect.CO_VARARGS))

    def __call__(self, *inputs: Any) -> Any:
        """Apply to floats, Values, duals or arrays, whichever the inputs are."""
        for x in inputs:
            if type(x) is not float:
                return self._dispatch(inputs)
        try:
            return self.forward(*inputs)
        except ArithmeticError as error:
            raise self.failure(error, inputs) from None
        except ValueError as error:
            raise self.failure(error, inputs) from None

    def _dispatch(self, inputs: tuple[Any, ...]) -> Any:
        level, owner = 0, None
        for x in inputs:
            if getattr(type(x), "op_level", 0) > level:
                level, owner = type(x).op_level, type(x)
        arrays = [x for x in inputs if isinstance(x, np.ndarray | list | tuple)]
        if arrays:
            return self._on_arrays(inputs)
        if owner is not None:
            return owner.apply_op(self, inputs)
        return self(*[number(x) for x in inputs])

    def _on_arrays(self, inputs: tuple[Any, ...]) -> Any:
        arrays = [np.asarray(x) if isinstance(x, list | tuple) else x for x in inputs]
        if any(getattr(type(x), "op_level", 0) or (isinstance(x, np.ndarray) and x.dtype.kind == "O") for x in arrays):
            for x in arrays:
                apply_elementwise = getattr(type(x), "apply_elementwise", None)  # an array class of Values
                if apply_elementwise is not None:
                    return apply_elementwise(self, arrays)
            return np.frompyfunc(self, len(arrays), 1)(*[boxed(x) for x in arrays])
        numeric = [
            x.astype(float, copy=False) if isinstance(x, np.ndarray) and x.dtype.kind in "biuf" else number(x)
            for x in arrays
        ]
        if self.array is not None:
            return self.array(np, *numeric)
        return np.frompyfunc(self.forward, len(numeric), 1)(*numeric).astype(float)

    def failure(self, error: Exception, inputs: tuple[Any, ...], labels: tuple[str, ...] = ()) -> Exception:
        """The exception of `error`'s kind whose message names the operation, the operands and the numbers."""
        if isinstance(error, AutogradError):
            return error  # it was named where it arose
        stand_ins = ["x"] if len(inputs) == 1 else [f"x{i}" for i in range(1, len(inputs) + 1)]
        names = [shown(label) or stand_in for label, stand_in in zip(labels or stand_ins, stand_ins, strict=True)]
        listed = ", ".join(f"{name} = {x!r}" for name, x in itertools.islice(zip(names, inputs, strict=True), 4))
        more = f", ... ({len(inputs)} operands)" if len(inputs) > 4 else ""
        too_large = isinstance(error, OverflowError)
        what = "the result is too large for a double" if too_large else error
        hint = f"; {self.name} is defined for {self.domain}" if self.domain and not too_large else ""
        return translated(error, f"{self.name} with {listed}{more}: {what}{hint}")

    def __reduce__(self) -> tuple[Any, ...]:
        if self.user:
            from .primitives import reduce_user_op

            return reduce_user_op(self)
        return find, (self.name, self.params)

    def __repr__(self) -> str:
        bound = f"({', '.join(map(repr, self.params))})" if self.params else ""
        return f"<op {self.name}{bound}>"


_float_globals: dict[str, Any] = {}  # this module's names, each row replaced by its `forward`; filled at the end


def _on_floats(rule: Partials) -> Partials:
    """The same rule, with the rows in it bound to their `forward`: nothing is left to dispatch on floats."""
    if getattr(rule, "__globals__", None) is not globals():
        return rule
    return FunctionType(rule.__code__, _float_globals, rule.__name__, rule.__defaults__, rule.__closure__)


def number(x: object) -> float:
    """Return a real number as a float; refuse everything else with an error that names the type.

    >>> number(3)
    3.0
    """
    if isinstance(x, numbers.Real | np.bool_):
        return float(x)
    if isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype.kind in "biuf":
        return float(x)
    kind = type(x).__name__
    hint = ""
    if isinstance(x, str):
        hint = "; convert it with float(...) first"
    elif isinstance(x, numbers.Complex):
        hint = "; complex numbers have no place in this graph, take .real"
    elif isinstance(x, np.ndarray | list | tuple):
        hint = "; for many numbers at once use autograd.array(...)"
    raise OperandError(f"expected a real number or a Value, got {kind} {_short(x)}{hint}")


def plain(x: Any) -> float:
    """The bare number of a Value or dual; any other real number as a float.

    >>> plain(3)
    3.0
    """
    return x.data if getattr(type(x), "op_level", 0) else number(x)


def boxed(x: Any) -> Any:
    """A Value as an array of no dimensions, which NumPy's loops take as it is."""
    if not getattr(type(x), "op_level", 0):
        return x
    box = np.empty((), dtype=object)
    box[()] = x
    return box


def _short(x: object) -> str:
    text = repr(x)
    return text if len(text) <= 40 else text[:37] + "..."


TABLE: dict[str, Op | Callable[..., Op]] = {}


def find(name: str, params: tuple[float, ...] = ()) -> Op:
    """The row of this name, bound to `params` if it takes any.

    Raises:
        KeyError: there is no such row.
    """
    row = TABLE[name]
    return row if isinstance(row, Op) else row(*params)


def _row(name: str, forward: Callable[..., float], partials: Partials, array: Any = None, **facts: Any) -> Op:
    op = Op(name, forward, partials, array, **facts)
    TABLE[name] = op
    return op


def _family(build: Callable[..., Op]) -> Callable[..., Op]:
    """Enter a row that takes parameters; each binding is made once and kept."""
    name = build.__name__

    @functools.lru_cache(maxsize=4096)
    def bind(*params: float) -> Op:
        return replace(build(*params), name=name, params=params)

    functools.update_wrapper(bind, build)
    TABLE[name] = bind
    return bind


def _nothing(*_: Any) -> Any:
    raise NotImplementedError("a leaf has no operation")  # reached only by a call on LEAF or CONSTANT themselves


# --- nodes without parents ---------------------------------------------------------------------------------

LEAF = Op("", _nothing, lambda out: ())  # an input that gradients flow to
CONSTANT = Op("", _nothing, lambda out: (), params=(1.0,))  # an input that is never trained
LITERAL = Op("", _nothing, lambda out: (), params=(2.0,))  # a plain number, shared by all graphs that use it
TABLE[""] = lambda *kind: CONSTANT if kind == (1.0,) else LITERAL if kind else LEAF


# --- private rows: what the public rules are made of ---------------------------------------------------------


@_family
def _divide(zero_over_zero: float) -> Op:
    """a / b, total: x / 0 is infinite with x's sign, 0 / 0 is the bound number."""

    def array(xp: Any, a: Any, b: Any) -> Any:
        at_zero = xp.where(a > 0, math.inf, xp.where(a < 0, -math.inf, xp.where(a == 0, zero_over_zero, a)))
        return xp.where(b == 0, at_zero, a / xp.where(b == 0, 1.0, b))

    return Op(
        "_divide",
        lambda a, b: special.divide_total(a, b, zero_over_zero),
        lambda out, a, b: (over(1.0, b), -over(out, b)),
        array=array,
        symbol="/",
        latex=r"\frac{{{0}}}{{{1}}}",
        js="ag.divideTotal({0}, {1}, {p0})",
        because="a quotient that has an infinite slope where it must",
        singular=True,
    )


over = _divide(math.nan)  # 0 / 0 is nan
over_or_zero = _divide(0.0)  # 0 / 0 is 0: the shortest subgradient


def _sigmoid(xp: Any, a: Any) -> Any:
    e = xp.exp(-abs(a))
    return xp.where(a >= 0, 1.0, e) / (1.0 + e)


def _sigmoid_slope(xp: Any, a: Any) -> Any:
    e = xp.exp(-abs(a))
    return e / (1.0 + e) / (1.0 + e)


STEP: Op = _row(
    "_step",
    special.step,
    lambda out, a: (0.0,),
    lambda xp, a: xp.sign(xp.maximum(a, 0.0)),  # two fast passes; nan stays nan
    symbol="step",
    latex=r"\operatorname{{step}}({0})",
    js="ag.step({0})",
    because="1 on the right of 0, else 0",
)
EQUAL: Op = _row(
    "_equal",
    special.equal,
    lambda out, a, b: (0.0, 0.0),
    lambda xp, a, b: xp.where(xp.isnan(a) | xp.isnan(b), math.nan, xp.where(a == b, 1.0, 0.0)),
    symbol="=",
    latex=r"[{0} = {1}]",
    js="ag.equal({0}, {1})",
    because="1 where the two are equal, else 0",
)
SECH2: Op = _row(
    "_sech2",
    special.sech2,
    lambda out, a: (-2.0 * TANH(a) * out,),
    lambda xp, a: 4.0 * _sigmoid_slope(xp, 2.0 * a),
    symbol="sech²",
    latex=r"\operatorname{{sech}}^2({0})",
    js="ag.sech2({0})",
    because="1 - tanh^2, without cancellation",
)
SIGMOID_SLOPE: Op = _row(
    "_sigmoid_slope",
    special.sigmoid_slope,
    lambda out, a: (-out * TANH(0.5 * a),),
    _sigmoid_slope,
    symbol="σ'",
    latex=r"\sigma'({0})",
    js="ag.sigmoidSlope({0})",
    because="s(x) s(-x), without cancellation",
)
SILU_SLOPE: Op = _row(
    "_silu_slope",
    special.silu_slope,
    lambda out, a: (SIGMOID_SLOPE(a) * (2.0 - a * TANH(0.5 * a)),),
    lambda xp, a: _sigmoid(xp, a) + xp.where(xp.isinf(a), 0.0, a) * _sigmoid_slope(xp, a),
    symbol="silu'",
    latex=r"\operatorname{{silu}}'({0})",
    js="ag.siluSlope({0})",
    because="s(x) + x s'(x)",
)
ONE_MINUS_SQUARE: Op = _row(
    "_one_minus_square",
    lambda a: (1.0 - a) * (1.0 + a),
    lambda out, a: (-2.0 * a,),
    lambda xp, a: (1.0 - a) * (1.0 + a),
    symbol="1-x²",
    latex=r"(1 - {0}^2)",
    js="(1 - {0}) * (1 + {0})",
    because="(1 - x)(1 + x), without cancellation",
)
SQRT_SQUARE_MINUS_ONE: Op = _row(
    "_sqrt_square_minus_one",
    special.sqrt_square_minus_one,
    lambda out, a: (over(a, out),),
    lambda xp, a: xp.sqrt(a - 1.0) * xp.sqrt(a + 1.0),
    symbol="√(x²-1)",
    latex=r"\sqrt{{{0}^2 - 1}}",
    js="ag.checked({op}, Math.sqrt({0} - 1) * Math.sqrt({0} + 1), {0})",
    because="without cancellation near 1",
    singular=True,
)
LOG_OR_ZERO: Op = _row(
    "_log_or_zero",
    special.log_or_zero,
    lambda out, a: (over_or_zero(1.0, a),),
    lambda xp, a: xp.where(a == 0, 0.0, xp.log(xp.where(a == 0, 1.0, xp.where(a < 0, math.nan, a)))),
    symbol="log",
    latex=r"\log {0}",
    js="ag.logOrZero({0})",
    because="log, but 0 at 0",
    singular=True,
)
IDENTITY: Op = _row(
    "_identity",
    lambda a: a,
    lambda out, a: (1.0,),
    lambda xp, a: a,
    symbol="=",
    latex="{0}",
    js="{0}",
    because="an input of its own, told apart from the node behind it",
)
SHIFTED_EXP: Op = _row(
    "_shifted_exp",
    special.shifted_exp,
    lambda out, a, b: (out, -out),
    lambda xp, a, b: xp.where(a == -math.inf, 0.0, xp.exp(a - xp.where(a == -math.inf, 0.0, b))),
    symbol="exp(a-b)",
    latex=r"e^{{{0} - {1}}}",
    js="ag.shiftedExp({op}, {0}, {1})",
    because="an exponential is its own slope",
)
POWER_TOTAL: Op = _row(
    "_power_total",
    special.power_total,
    lambda out, a, b: (POWER_SLOPE(a, b), out * LOG_OR_ZERO(a)),
    lambda xp, a, b: xp.power(a, b),
    symbol="^",
    latex=r"{0}^{{{1}}}",
    js="ag.powerTotal({0}, {1})",
    because="a power that returns inf or nan",
    singular=True,
)
POWER_SLOPE: Op = _row(
    "_power_slope",
    special.power_slope,
    lambda out, a, b: (b * POWER_SLOPE(a, b - 1.0), POWER_TOTAL(a, b - 1.0) * (1.0 + b * LOG_OR_ZERO(a))),
    lambda xp, a, b: xp.where(b == 0, 0.0, b * xp.power(a, xp.where(b == 0, 1.0, b - 1.0))),
    symbol="d^",
    latex=r"{1}\,{0}^{{{1}-1}}",
    js="ag.powerSlope({0}, {1})",
    because="b a^(b-1), 0 for b = 0",
    singular=True,
)


@_family
def _power(exponent: float) -> Op:
    """x ** exponent for a fixed exponent, total."""
    return Op(
        "_power",
        lambda a: special.power_total(a, exponent),
        lambda out, a: (_times_power(exponent, a),),
        lambda xp, a: _fixed_power(xp, a, exponent),
        symbol=f"^{exponent:g}",
        latex=f"{{0}}^{{{{{exponent:g}}}}}",
        js="ag.powerTotal({0}, {p0})",
        because="the power rule",
        singular=exponent < 1.0,
    )


def _fixed_power(xp: Any, a: Any, exponent: float) -> Any:
    return a * a if exponent == 2.0 else xp.power(a, exponent)


def _times_power(p: float, a: Any) -> Any:
    """d(a^p)/da = p a^(p-1) for a fixed p; which power stands there is settled when the row is bound."""
    if p == 0.0:
        return 0.0
    if p == 1.0:
        return 1.0
    return p * (a if p == 2.0 else _power(p - 1.0)(a))


@_family
def _gaussian(rate: float) -> Op:
    """e^(-rate x^2)."""
    return Op(
        "_gaussian",
        lambda a: special.gaussian(a, rate),
        lambda out, a: (-2.0 * rate * a * out,),
        lambda xp, a: xp.exp(-rate * a * a),
        symbol=f"exp(-{rate:g}x²)",
        latex=f"e^{{{{-{rate:g} {{0}}^2}}}}",
        js="ag.gaussian({0}, {p0})",
        because="the bell curve's slope is -2 rate x times itself",
    )


DENSITY: Op = _row(
    "_normal_density",
    special.normal_density,
    lambda out, a: (-a * out,),
    lambda xp, a: xp.exp(-0.5 * a * a) / math.sqrt(math.tau),
    symbol="φ",
    latex=r"\varphi({0})",
    js="ag.density({0})",
    because="the normal density's slope is -x times itself",
)
GELU_SLOPE: Op = _row(
    "_gelu_slope",
    special.gelu_slope,
    lambda out, a: (DENSITY(a) * (2.0 - a * a),),
    symbol="gelu'",
    latex=r"\operatorname{{gelu}}'({0})",
    js="ag.geluSlope({0})",
    because="cdf(x) + x density(x)",
)


@_family
def _inside(low: float, high: float) -> Op:
    """1 between the bounds, both included, else 0."""
    return Op(
        "_inside",
        lambda a: (1.0 if low <= a <= high else 0.0) if a == a else a,
        lambda out, a: (0.0,),
        lambda xp, a: xp.where(xp.isnan(a), a, xp.where((a >= low) & (a <= high), 1.0, 0.0)),
        symbol="inside",
        latex=r"[{0} \text{{ inside}}]",
        js="ag.inside({0}, {p0}, {p1})",
        because="1 between the bounds, else 0",
    )


# --- arithmetic ----------------------------------------------------------------------------------------------

ADD: Op = _row(
    "+",
    operator.add,
    lambda out, a, b: (1.0, 1.0),
    lambda xp, a, b: a + b,
    symbol="+",
    latex="{0} + {1}",
    js="{0} + {1}",
    because="a sum passes the gradient on to both terms unchanged",
)
SUB: Op = _row(
    "-",
    operator.sub,
    lambda out, a, b: (1.0, -1.0),
    lambda xp, a, b: a - b,
    symbol="-",
    latex="{0} - {1}",
    js="{0} - {1}",
    because="a difference passes the gradient on to the first term, and its negative to the second",
)
MUL: Op = _row(
    "*",
    operator.mul,
    lambda out, a, b: (b, a),
    lambda xp, a, b: a * b,
    symbol="*",
    latex=r"{0} \cdot {1}",
    js="{0} * {1}",
    because="a product passes to each factor the other factor",
)
DIV: Op = _row(
    "/",
    operator.truediv,
    lambda out, a, b: (1.0 / b, -out / b),
    lambda xp, a, b: a / b,
    symbol="/",
    latex=r"\frac{{{0}}}{{{1}}}",
    js="ag.divide({op}, {0}, {1})",
    domain="a divisor other than 0",
    because="a quotient's slope is 1/b on top and -(a/b)/b below",
)
NEG: Op = _row(
    "neg",
    operator.neg,
    lambda out, a: (-1.0,),
    lambda xp, a: -a,
    symbol="-",
    latex="-{0}",
    js="-{0}",
    because="a negation turns the gradient round",
)
MOD: Op = _row(
    "%",
    operator.mod,
    lambda out, a, b: (1.0, -FLOORDIV(a, b)),
    lambda xp, a, b: xp.remainder(a, b),
    symbol="%",
    latex=r"{0} \bmod {1}",
    js="ag.mod({op}, {0}, {1})",
    domain="a divisor other than 0",
    kink="the slope from inside the period",
    because="a % b is a - floor(a / b) b",
)
FLOORDIV: Op = _row(
    "//",
    operator.floordiv,
    lambda out, a, b: (0.0, 0.0),
    lambda xp, a, b: xp.floor_divide(a, b),
    symbol="//",
    latex=r"\lfloor {0} / {1} \rfloor",
    js="ag.floordiv({op}, {0}, {1})",
    domain="a divisor other than 0",
    kink="0 at the jumps",
    because="a staircase is flat wherever it has a slope",
    flat=True,
)
POW: Op = _row(
    "**",
    special.power,
    lambda out, a, b: (POWER_SLOPE(a, b), out * LOG_OR_ZERO(a)),
    lambda xp, a, b: xp.power(a, b),
    symbol="^",
    latex=r"{0}^{{{1}}}",
    js="ag.power({op}, {0}, {1})",
    domain="a base above 0, or a whole exponent (not below 0 for base 0)",
    kink="0 in the exponent for base 0, nan in the exponent for a base below 0",
    because="b a^(b-1) for the base, a^b log a for the exponent",
    singular=True,
)


@_family
def power(exponent: float) -> Op:
    """x ** exponent for a fixed exponent, which is a parameter and not a parent."""
    return Op(
        "power",
        lambda a: special.power(a, exponent),
        lambda out, a: (_times_power(exponent, a),),
        lambda xp, a: _fixed_power(xp, a, exponent),
        symbol=f"^{exponent:g}",
        latex=f"{{0}}^{{{{{exponent:g}}}}}",
        js="ag.power({op}, {0}, {p0})",
        domain="a base above 0, or a whole exponent (not below 0 for base 0)",
        because="the power rule: the exponent comes down and drops by one",
        kink="inf at 0 for an exponent between 0 and 1" if 0.0 < exponent < 1.0 else "",
        singular=exponent < 1.0,
    )


# --- exponentials and logarithms -----------------------------------------------------------------------------

EXP: Op = _row(
    "exp",
    math.exp,
    lambda out, a: (out,),
    lambda xp, a: xp.exp(a),
    symbol="exp",
    latex="e^{{{0}}}",
    js="ag.checked({op}, Math.exp({0}), {0})",
    because="e^x is its own slope",
)
EXP2: Op = _row(
    "exp2",
    math.exp2,
    lambda out, a: (out * special.LN2,),
    lambda xp, a: xp.exp2(a),
    symbol="exp2",
    latex="2^{{{0}}}",
    js="ag.checked({op}, Math.pow(2, {0}), {0})",
    because="2^x is e^(x log 2)",
)
EXPM1: Op = _row(
    "expm1",
    math.expm1,
    lambda out, a: (EXP(a),),
    lambda xp, a: xp.expm1(a),
    symbol="expm1",
    latex="(e^{{{0}}} - 1)",
    js="ag.checked({op}, Math.expm1({0}), {0})",
    because="taking 1 away leaves the slope e^x as it is",
)
LOG: Op = _row(
    "log",
    math.log,
    lambda out, a: (1.0 / a,),
    lambda xp, a: xp.log(a),
    symbol="log",
    latex=r"\log {0}",
    js="ag.checked({op}, Math.log({0}), {0})",
    domain="x > 0",
    because="log's slope is 1/x",
)
LOG2: Op = _row(
    "log2",
    math.log2,
    lambda out, a: (1.0 / (a * special.LN2),),
    lambda xp, a: xp.log2(a),
    symbol="log2",
    latex=r"\log_2 {0}",
    js="ag.checked({op}, Math.log2({0}), {0})",
    domain="x > 0",
    because="log2 is log / log 2",
)
LOG10: Op = _row(
    "log10",
    math.log10,
    lambda out, a: (1.0 / (a * special.LN10),),
    lambda xp, a: xp.log10(a),
    symbol="log10",
    latex=r"\log_{{10}} {0}",
    js="ag.checked({op}, Math.log10({0}), {0})",
    domain="x > 0",
    because="log10 is log / log 10",
)
LOG1P: Op = _row(
    "log1p",
    math.log1p,
    lambda out, a: (1.0 / (1.0 + a),),
    lambda xp, a: xp.log1p(a),
    symbol="log1p",
    latex=r"\log(1 + {0})",
    js="ag.checked({op}, Math.log1p({0}), {0})",
    domain="x > -1",
    because="log's slope, one further on",
)
SQRT: Op = _row(
    "sqrt",
    math.sqrt,
    lambda out, a: (over(0.5, out),),
    lambda xp, a: xp.sqrt(a),
    symbol="√",
    latex=r"\sqrt{{{0}}}",
    js="ag.checked({op}, Math.sqrt({0}), {0})",
    domain="x >= 0",
    kink="inf at 0",
    singular=True,
    because="a root's slope is 1 / (2 root)",
)
CBRT: Op = _row(
    "cbrt",
    special.cbrt,
    lambda out, a: (over(1.0, 3.0 * out * out),),
    lambda xp, a: xp.cbrt(a),
    symbol="∛",
    latex=r"\sqrt[3]{{{0}}}",
    js="Math.cbrt({0})",
    kink="inf at 0",
    singular=True,
    because="a cube root's slope is 1 / (3 root^2)",
)
XLOGY: Op = _row(
    "xlogy",
    special.xlogy,
    lambda out, x, y: (LOG_OR_ZERO(y), over(x, y)),
    lambda xp, x, y: xp.where(x == 0, xp.where(xp.isnan(y), y, 0.0), x * xp.log(xp.where(x == 0, 1.0, y))),
    symbol="x·log y",
    latex=r"{0} \log {1}",
    js="ag.xlogy({op}, {0}, {1})",
    domain="y > 0, or x = 0",
    kink="0 in x and nan in y at (0, 0)",
    because="log y for x, x / y for y",
    singular=True,
)

# --- trigonometric and hyperbolic functions --------------------------------------------------------------------

SIN: Op = _row(
    "sin",
    math.sin,
    lambda out, a: (COS(a),),
    lambda xp, a: xp.sin(a),
    symbol="sin",
    latex=r"\sin {0}",
    js="ag.checked({op}, Math.sin({0}), {0})",
    domain="finite x",
    because="sin's slope is cos",
)
COS: Op = _row(
    "cos",
    math.cos,
    lambda out, a: (-SIN(a),),
    lambda xp, a: xp.cos(a),
    symbol="cos",
    latex=r"\cos {0}",
    js="ag.checked({op}, Math.cos({0}), {0})",
    domain="finite x",
    because="cos's slope is -sin",
)
TAN: Op = _row(
    "tan",
    math.tan,
    lambda out, a: (1.0 + out * out,),
    lambda xp, a: xp.tan(a),
    symbol="tan",
    latex=r"\tan {0}",
    js="ag.checked({op}, Math.tan({0}), {0})",
    domain="finite x",
    because="tan's slope is 1 + tan^2",
)
ASIN: Op = _row(
    "asin",
    math.asin,
    lambda out, a: (over(1.0, SQRT(ONE_MINUS_SQUARE(a))),),
    lambda xp, a: xp.arcsin(a),
    symbol="asin",
    latex=r"\arcsin {0}",
    js="ag.checked({op}, Math.asin({0}), {0})",
    domain="-1 <= x <= 1",
    kink="inf at -1 and 1",
    singular=True,
    because="asin's slope is 1 / sqrt(1 - x^2)",
)
ACOS: Op = _row(
    "acos",
    math.acos,
    lambda out, a: (-over(1.0, SQRT(ONE_MINUS_SQUARE(a))),),
    lambda xp, a: xp.arccos(a),
    symbol="acos",
    latex=r"\arccos {0}",
    js="ag.checked({op}, Math.acos({0}), {0})",
    domain="-1 <= x <= 1",
    kink="-inf at -1 and 1",
    singular=True,
    because="acos's slope is -1 / sqrt(1 - x^2)",
)
ATAN: Op = _row(
    "atan",
    math.atan,
    lambda out, a: (1.0 / (1.0 + a * a),),
    lambda xp, a: xp.arctan(a),
    symbol="atan",
    latex=r"\arctan {0}",
    js="Math.atan({0})",
    because="atan's slope is 1 / (1 + x^2)",
)
SINH: Op = _row(
    "sinh",
    math.sinh,
    lambda out, a: (COSH(a),),
    lambda xp, a: xp.sinh(a),
    symbol="sinh",
    latex=r"\sinh {0}",
    js="ag.checked({op}, Math.sinh({0}), {0})",
    because="sinh's slope is cosh",
)
COSH: Op = _row(
    "cosh",
    math.cosh,
    lambda out, a: (SINH(a),),
    lambda xp, a: xp.cosh(a),
    symbol="cosh",
    latex=r"\cosh {0}",
    js="ag.checked({op}, Math.cosh({0}), {0})",
    because="cosh's slope is sinh",
)
TANH: Op = _row(
    "tanh",
    math.tanh,
    lambda out, a: (SECH2(a),),
    lambda xp, a: xp.tanh(a),
    symbol="tanh",
    latex=r"\tanh {0}",
    js="Math.tanh({0})",
    because="tanh's slope is 1 - tanh^2, steepest at 0",
    activation=True,
)
ASINH: Op = _row(
    "asinh",
    math.asinh,
    lambda out, a: (1.0 / HYPOT(1.0, a),),
    lambda xp, a: xp.arcsinh(a),
    symbol="asinh",
    latex=r"\operatorname{{arsinh}} {0}",
    js="Math.asinh({0})",
    because="asinh's slope is 1 / sqrt(1 + x^2)",
)
ACOSH: Op = _row(
    "acosh",
    math.acosh,
    lambda out, a: (over(1.0, SQRT_SQUARE_MINUS_ONE(a)),),
    lambda xp, a: xp.arccosh(a),
    symbol="acosh",
    latex=r"\operatorname{{arcosh}} {0}",
    js="ag.checked({op}, Math.acosh({0}), {0})",
    domain="x >= 1",
    kink="inf at 1",
    singular=True,
    because="acosh's slope is 1 / sqrt(x^2 - 1)",
)
ATANH: Op = _row(
    "atanh",
    math.atanh,
    lambda out, a: (1.0 / ONE_MINUS_SQUARE(a),),
    lambda xp, a: xp.arctanh(a),
    symbol="atanh",
    latex=r"\operatorname{{artanh}} {0}",
    js="ag.checked({op}, Math.atanh({0}), {0})",
    domain="-1 < x < 1",
    because="atanh's slope is 1 / (1 - x^2)",
)
ATAN2: Op = _row(
    "atan2",
    math.atan2,
    lambda out, y, x: (x / HYPOT(y, x) / HYPOT(y, x), -y / HYPOT(y, x) / HYPOT(y, x)),
    lambda xp, y, x: xp.arctan2(y, x),
    symbol="atan2",
    latex=r"\operatorname{{atan2}}({0}, {1})",
    js="Math.atan2({0}, {1})",
    kink="no slope at (0, 0): backward raises",
    because="the angle turns fastest near the origin",
)
HYPOT: Op = _row(
    "hypot",
    math.hypot,
    lambda out, a, b: (over_or_zero(a, out), over_or_zero(b, out)),
    lambda xp, a, b: xp.hypot(a, b),
    symbol="hypot",
    latex=r"\sqrt{{{0}^2 + {1}^2}}",
    js="Math.hypot({0}, {1})",
    kink="(0, 0) at (0, 0)",
    because="a length's slope is the direction it points in",
)

# --- the error function and activations --------------------------------------------------------------------------

ERF: Op = _row(
    "erf",
    math.erf,
    lambda out, a: (special.TWO_OVER_SQRT_PI * _gaussian(1.0)(a),),
    symbol="erf",
    latex=r"\operatorname{{erf}} {0}",
    js="ag.erf({0})",
    because="erf's slope is the bell curve 2/sqrt(pi) e^(-x^2)",
)
ERFC: Op = _row(
    "erfc",
    math.erfc,
    lambda out, a: (-special.TWO_OVER_SQRT_PI * _gaussian(1.0)(a),),
    symbol="erfc",
    latex=r"\operatorname{{erfc}} {0}",
    js="ag.erfc({0})",
    because="erfc is 1 - erf",
)
SIGMOID: Op = _row(
    "sigmoid",
    special.sigmoid,
    lambda out, a: (SIGMOID_SLOPE(a),),
    _sigmoid,
    symbol="σ",
    latex=r"\sigma({0})",
    js="ag.sigmoid({0})",
    because="sigmoid's slope is s (1 - s), at most 1/4",
    activation=True,
)
LOGSIGMOID: Op = _row(
    "logsigmoid",
    special.logsigmoid,
    lambda out, a: (SIGMOID(-a),),
    lambda xp, a: xp.where(a < 0, a, 0.0) - xp.log1p(xp.exp(-abs(a))),
    symbol="log σ",
    latex=r"\log\sigma({0})",
    js="-ag.softplus(-{0})",
    because="the slope of log s is 1 - s",
)
SOFTPLUS: Op = _row(
    "softplus",
    special.softplus,
    lambda out, a: (SIGMOID(a),),
    lambda xp, a: xp.where(a > 0, a, 0.0) + xp.log1p(xp.exp(-abs(a))),
    symbol="softplus",
    latex=r"\operatorname{{softplus}}({0})",
    js="ag.softplus({0})",
    because="softplus's slope is the sigmoid",
    activation=True,
)
SOFTSIGN: Op = _row(
    "softsign",
    special.softsign,
    lambda out, a: (_power(-2.0)(1.0 + ABS(a)),),
    lambda xp, a: xp.where(xp.isinf(a), xp.sign(a), a / (1.0 + abs(xp.where(xp.isinf(a), 0.0, a)))),
    symbol="softsign",
    latex=r"\operatorname{{softsign}}({0})",
    js="ag.softsign({0})",
    because="softsign's slope is 1 / (1 + |x|)^2",
    activation=True,
)
SILU: Op = _row(
    "silu",
    special.silu,
    lambda out, a: (SILU_SLOPE(a),),
    lambda xp, a: xp.where(a == -math.inf, 0.0, a) * _sigmoid(xp, a),
    symbol="silu",
    latex=r"\operatorname{{silu}}({0})",
    js="ag.silu({0})",
    because="silu's slope is s + x s (1 - s)",
    activation=True,
)
GELU: Op = _row(
    "gelu",
    special.gelu,
    lambda out, a: (GELU_SLOPE(a),),
    symbol="gelu",
    latex=r"\operatorname{{gelu}}({0})",
    js="ag.gelu({0})",
    because="gelu's slope is cdf(x) + x density(x)",
    activation=True,
)
RELU: Op = _row(
    "relu",
    lambda a: a if a > 0.0 or a != a else 0.0,
    lambda out, a: (STEP(a),),
    lambda xp, a: xp.maximum(a, 0.0),
    symbol="ReLU",
    latex=r"\operatorname{{ReLU}}({0})",
    js="({0} <= 0 ? 0 : {0})",
    kink="0 at 0",
    because="a ReLU passes the gradient on where its input is above 0, and stops it elsewhere",
    activation=True,
)


@_family
def leaky_relu(slope: float) -> Op:
    """x for x > 0, slope x below."""
    return Op(
        "leaky_relu",
        lambda a: a if a > 0.0 else slope * a,
        lambda out, a: (STEP(a) + slope * (1.0 - STEP(a)),),
        lambda xp, a: xp.where(a > 0, a, slope * a),
        symbol="leaky ReLU",
        latex=r"\operatorname{{LeakyReLU}}({0})",
        js="({0} > 0 ? {0} : {p0} * {0})",
        kink=f"{slope:g} at 0",
        because="a leaky ReLU lets a small part of the gradient through below 0",
        activation=True,
    )


@_family
def elu(alpha: float) -> Op:
    """x for x > 0, alpha (e^x - 1) below."""
    return Op(
        "elu",
        lambda a: a if a > 0.0 else alpha * math.expm1(a),
        lambda out, a: (STEP(a) + alpha * (1.0 - STEP(a)) * EXP(-RELU(-a)),),
        lambda xp, a: xp.where(a > 0, a, alpha * xp.expm1(xp.minimum(a, 0.0))),
        symbol="elu",
        latex=r"\operatorname{{ELU}}({0})",
        js="({0} > 0 ? {0} : {p0} * Math.expm1({0}))",
        kink="" if alpha == 1.0 else f"{alpha:g} at 0",
        because="elu's slope is 1 above 0 and alpha e^x below",
        activation=True,
    )


# --- kinks and steps -------------------------------------------------------------------------------------------

ABS: Op = _row(
    "abs",
    abs,
    lambda out, a: (SIGN(a),),
    lambda xp, a: abs(a),
    symbol="|x|",
    latex=r"\left|{0}\right|",
    js="Math.abs({0})",
    kink="0 at 0",
    because="|x| rises or falls with slope 1",
)
SIGN: Op = _row(
    "sign",
    special.sign,
    lambda out, a: (0.0,),
    lambda xp, a: xp.sign(a),
    symbol="sign",
    latex=r"\operatorname{{sign}}({0})",
    js="ag.sign({0})",
    kink="0 at 0",
    because="a step is flat",
    flat=True,
)
FLOOR: Op = _row(
    "floor",
    special.floor,
    lambda out, a: (0.0,),
    lambda xp, a: xp.floor(a),
    symbol="floor",
    latex=r"\lfloor {0} \rfloor",
    js="ag.floor({op}, {0})",
    kink="0 at the jumps",
    because="a staircase is flat",
    flat=True,
)


@_family
def rounded(digits: float) -> Op:
    """Python's round, ties to even."""
    return Op(
        "rounded",
        lambda a: special.rounded(a, digits),
        lambda out, a: (0.0,),
        lambda xp, a: xp.round(a, int(digits)),
        symbol="round",
        latex=r"\operatorname{{round}}({0})",
        js="ag.rounded({0}, {p0})",
        kink="0 at the jumps",
        because="a staircase is flat",
        flat=True,
    )


@_family
def clip(low: float, high: float) -> Op:
    """x held between two bounds."""
    return Op(
        "clip",
        lambda a: (low if a < low else high if a > high else a) if a == a else a,
        lambda out, a: (_inside(low, high)(a),),
        lambda xp, a: xp.clip(a, low, high),
        symbol="clip",
        latex=r"\operatorname{{clip}}({0})",
        js="({0} < {p0} ? {p0} : {0} > {p1} ? {p1} : {0})",
        kink="1 at both bounds",
        because="a clip passes the gradient on inside its bounds, and stops it outside",
    )


# --- operations of many operands ---------------------------------------------------------------------------------


def _others(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """For each value the product of all others, from products of what stands before and behind it."""
    before = list(itertools.accumulate(values[:-1], operator.mul, initial=1.0))
    behind = list(itertools.accumulate(values[:0:-1], operator.mul, initial=1.0))[::-1]
    return tuple(b * e for b, e in zip(before, behind, strict=True))


def _dot(*operands: float) -> float:
    half, biased = divmod(len(operands), 2)
    product = special.inner(operands[:half], operands[half : 2 * half])
    return product + operands[-1] if biased else product


def _dot_partials(out: Any, *operands: Any) -> tuple[Any, ...]:
    half, biased = divmod(len(operands), 2)
    return operands[half : 2 * half] + operands[:half] + ((1.0,) if biased else ())


def _tied(out: Any, *values: Any) -> tuple[Any, ...]:
    ties = [EQUAL(v, out) for v in values]
    count = SUM(*ties)
    return tuple(t / count for t in ties)


SUM: Op = _row(
    "sum",
    lambda *xs: special.total(xs),
    lambda out, *xs: (1.0,) * len(xs),
    lambda xp, *xs: special.total(xs),
    symbol="Σ",
    latex="sum",
    js="ag.sum({xs})",
    because="a sum passes the gradient on to every term unchanged",
)
PROD: Op = _row(
    "prod",
    lambda *xs: functools.reduce(operator.mul, xs),
    lambda out, *xs: _others(xs),
    lambda xp, *xs: functools.reduce(operator.mul, xs),
    symbol="Π",
    latex="prod",
    js="ag.prod({xs})",
    because="a product passes to each factor the product of the others",
)
DOT: Op = _row(
    "dot",
    _dot,
    _dot_partials,
    lambda xp, *xs: _dot(*xs),
    symbol="w·x",
    latex="dot",
    js="ag.dot({xs})",
    because="a weight gets its input, an input its weight, the bias 1",
)
MEAN: Op = _row(
    "mean",
    special.mean,
    lambda out, *xs: (1.0 / len(xs),) * len(xs),
    lambda xp, *xs: special.total(xs) / len(xs),
    symbol="mean",
    latex="mean",
    js="ag.mean({xs})",
    because="each of n values moves the mean by 1/n",
)
MAXIMUM: Op = _row(
    "maximum",
    special.maximum,
    _tied,
    lambda xp, *xs: functools.reduce(xp.maximum, xs),
    symbol="max",
    latex="max",
    js="ag.maximum({xs})",
    kink="ties share the slope evenly",
    because="only the largest value moves the maximum",
    activation=True,
)
MINIMUM: Op = _row(
    "minimum",
    special.minimum,
    _tied,
    lambda xp, *xs: functools.reduce(xp.minimum, xs),
    symbol="min",
    latex="min",
    js="ag.minimum({xs})",
    kink="ties share the slope evenly",
    because="only the smallest value moves the minimum",
)


def _softmax(out: Any, *xs: Any) -> tuple[Any, ...]:
    shares = [SHIFTED_EXP(x, out) for x in xs]
    total = SUM(*shares)  # 1, but for the rounding of `out`, which at 1000 is already 1e-13
    return tuple(over_or_zero(share, total) for share in shares)


LOGSUMEXP: Op = _row(
    "logsumexp",
    special.logsumexp,
    _softmax,
    lambda xp, *xs: functools.reduce(xp.logaddexp, xs),
    symbol="logsumexp",
    latex="logsumexp",
    js="ag.logsumexp({xs})",
    kink="0 where all are -inf",
    because="logsumexp's slopes are the softmax",
)


@_family
def std(ddof: float) -> Op:
    """The standard deviation with n - ddof in the denominator."""

    def partials(out: Any, *xs: Any) -> tuple[Any, ...]:
        centre, weight = MEAN(*xs), (len(xs) - ddof) * out
        return tuple(over_or_zero(x - centre, weight) for x in xs)

    def array(xp: Any, *xs: Any) -> Any:
        centre = special.total(xs) / len(xs)
        return xp.sqrt(special.total((x - centre) ** 2 for x in xs) / (len(xs) - ddof))

    return Op(
        "std",
        lambda *xs: special.std(*xs, ddof=ddof),
        partials,
        array,
        symbol="std",
        latex="std",
        js="ag.std({op}, {p0}, {xs})",
        kink="0 where all values are equal",
        because="each value pulls in proportion to its distance",
    )


def laid_out(op: Op, parents: tuple[Any, ...]) -> tuple[Any, Any]:
    """How a node keeps its parents, as its `_a` and `_b`.

    One or two operands as they are; those of a variadic row as one tuple; those of a dot as the tuple of the weights,
    with the bias behind them if there is one, and the tuple of the inputs.
    """
    if op is DOT:
        half = len(parents) >> 1
        return parents[:half] + parents[2 * half :], parents[half : 2 * half]
    if op.variadic:
        return parents, None
    return (parents[0] if parents else None), (parents[1] if len(parents) > 1 else None)


_float_globals.update({name: thing.forward if isinstance(thing, Op) else thing for name, thing in globals().items()})
