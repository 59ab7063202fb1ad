"""The op table: everything that the package knows of an operation, declared once.

A row holds the operation's value (`forward` on floats, `array` over an array namespace), its derivative rule
(`partials`), and how it is drawn and explained; see :class:`autograd.engine.op.Op`. The rule
``partials(out, *inputs)`` returns d out / d input for each input, in operand order. It is written with plain operators
and other rows only, so one rule serves floats (both modes), Values (``create_graph=True``, higher orders) and
arrays (compiled programs).

A row leaves unsaid what its name says: "sinh" is drawn as sinh, is \\sinh in LaTeX, ``xp.sinh`` on arrays and
``Math.sinh`` in JavaScript; see :func:`described`.

To add an operation, add a row here; a public function for it goes into `functions/elementary.py`.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import math
import operator
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from . import array_forms, special
from .op import TABLE, Op, Partials, boxed, find, number, on_floats, plain

__all__ = ["TABLE", "Op", "Partials", "boxed", "find", "number", "plain"]

_LATEX_COMMANDS = ("log", "sin", "cos", "tan", "sinh", "cosh", "tanh")  # names of rows that LaTeX knows as well


def described(name: str, forward: Callable[..., float], partials: Partials, array: Any = "", **facts: Any) -> Op:
    """An operation; what is not said of it follows from its name.

    `array` may be the name of a function of the array namespace, if that is not the row's own; None: there is no such
    function, and the operation is applied element by element.
    """
    bare = name.lstrip("_")
    variadic = bool(partials.__code__.co_flags & inspect.CO_VARARGS)  # its rule is `out, *xs`
    count = 0 if variadic else partials.__code__.co_argcount - 1
    operands = ", ".join([f"{{{place}}}" for place in range(count)]) or "{xs}"
    latex = rf"\{bare} {{0}}" if bare in _LATEX_COMMANDS else rf"\operatorname{{{{{bare}}}}}({operands})"
    if forward.__module__ == "math":
        script = f"ag.checked({{op}}, Math.{bare}({operands}), {operands})"  # raises where Python's function raises
    else:
        script = f"ag.{re.sub('_(.)', lambda found: found[1].upper(), bare)}({operands})"
    defaults = {"symbol": bare, "latex": bare if variadic else latex, "js": script, "variadic": variadic}
    form = (lambda xp, *inputs: getattr(xp, array or bare)(*inputs)) if isinstance(array, str) else array
    return Op(name, forward, partials, form, **{**defaults, **facts})


def row(name: str, forward: Callable[..., float], partials: Partials, array: Any = "", **facts: Any) -> Op:
    """Enter an operation into the table."""
    op = TABLE[name] = described(name, forward, partials, array, **facts)
    return op


def family(build: Callable[..., Op]) -> Callable[..., Op]:
    """Enter an operation that takes parameters, such as an exponent; each binding is made once and kept."""

    @functools.lru_cache(maxsize=4096)
    def bind(*params: float) -> Op:
        return replace(build(*params), params=params)

    functools.update_wrapper(bind, build)
    TABLE[build.__name__] = bind
    return bind


def _nothing(*_: Any) -> Any:
    raise NotImplementedError("a leaf has no operation")  # reached only by a call on LEAF or CONSTANT themselves


# The rows are set by hand, so that each is seen as a whole: its value, rule and array form; its looks; what is said.
# fmt: off

# --- nodes without parents ---------------------------------------------------------------------------------------

LEAF = Op("", _nothing, lambda out: ())  # an input that gradients flow to
CONSTANT = Op("", _nothing, lambda out: (), params=(1.0,))  # an input that is never trained
LITERAL = Op("", _nothing, lambda out: (), params=(2.0,))  # a plain number, shared by all graphs that use it
# A number that the program of a function follows, and a constant to all derivatives.
DETACHED = Op("", lambda a: a, lambda out, a: (0.0,), lambda xp, a: a,
    symbol="detached", latex="{0}", js="{0}", params=(3.0,))
TABLE[""] = lambda *kind: {(): LEAF, (1.0,): CONSTANT, (2.0,): LITERAL, (3.0,): DETACHED}[kind]

# --- private rows: what the public rules are made of -------------------------------------------------------------

@family
def _divide(zero_over_zero: float) -> Op:
    """a / b, total: x / 0 is infinite with x's sign, 0 / 0 is the bound number."""
    return described("_divide", lambda a, b: special.divide_total(a, b, zero_over_zero),
        lambda out, a, b: (over(1.0, b), -over(out, b)),
        lambda xp, a, b: array_forms.divide_total(xp, a, b, zero_over_zero),
        symbol="/", latex=r"\frac{{{0}}}{{{1}}}", js="ag.divideTotal({0}, {1}, {p0})",
        because="a quotient that has an infinite slope where it must", singular=True)

over = _divide(math.nan)  # 0 / 0 is nan
over_or_zero = _divide(0.0)  # 0 / 0 is 0: the shortest subgradient

RECIPROCAL_OR_ZERO: Op = row("_reciprocal_or_zero", lambda a: 1.0 / a if a else 0.0,
    lambda out, a: (-out * out,), array_forms.reciprocal_or_zero,
    symbol="1/x", latex=r"\frac{{1}}{{{0}}}", js="({0} === 0 ? 0 : 1 / {0})",
    because="1/x, but 0 at 0, for a share of nothing", singular=True)
STEP: Op = row("_step", special.step, lambda out, a: (0.0,),
    lambda xp, a: xp.sign(xp.maximum(a, 0.0)),  # two fast passes; nan stays nan
    because="1 on the right of 0, else 0")
EQUAL: Op = row("_equal", lambda a, b: 1.0 if a == b else 0.0 if a == a and b == b else math.nan,
    lambda out, a, b: (0.0, 0.0),
    lambda xp, a, b: xp.where(xp.isnan(a) | xp.isnan(b), math.nan, xp.where(a == b, 1.0, 0.0)),
    symbol="=", latex=r"[{0} = {1}]", because="1 where the two are equal, else 0")
SECH2: Op = row("_sech2", special.sech2, lambda out, a: (-2.0 * TANH(a) * out,), array_forms.sech2,
    symbol="sech²", latex=r"\operatorname{{sech}}^2({0})", because="1 - tanh^2, without cancellation")
SIGMOID_SLOPE: Op = row("_sigmoid_slope", special.sigmoid_slope, lambda out, a: (-out * TANH(0.5 * a),),
    array_forms.sigmoid_slope,
    symbol="σ'", latex=r"\sigma'({0})", because="s(x) s(-x), without cancellation")
SILU_SLOPE: Op = row("_silu_slope", special.silu_slope, lambda out, a: (SIGMOID_SLOPE(a) * (2.0 - a * TANH(0.5 * a)),),
    lambda xp, a: array_forms.sigmoid(xp, a) + xp.where(xp.isinf(a), 0.0, a) * array_forms.sigmoid_slope(xp, a),
    symbol="silu'", latex=r"\operatorname{{silu}}'({0})", because="s(x) + x s'(x)")
ONE_MINUS_SQUARE: Op = row("_one_minus_square", lambda a: (1.0 - a) * (1.0 + a), lambda out, a: (-2.0 * a,),
    lambda xp, a: (1.0 - a) * (1.0 + a),
    symbol="1-x²", latex=r"(1 - {0}^2)", js="(1 - {0}) * (1 + {0})", because="(1 - x)(1 + x), without cancellation")
SQRT_SQUARE_MINUS_ONE: Op = row("_sqrt_square_minus_one", lambda a: math.sqrt(a - 1.0) * math.sqrt(a + 1.0),
    lambda out, a: (over(a, out),), lambda xp, a: xp.sqrt(a - 1.0) * xp.sqrt(a + 1.0),
    symbol="√(x²-1)", latex=r"\sqrt{{{0}^2 - 1}}",
    js="ag.checked({op}, Math.sqrt({0} - 1) * Math.sqrt({0} + 1), {0})",
    because="without cancellation near 1", singular=True)
LOG_OR_ZERO: Op = row("_log_or_zero", lambda a: math.log(a) if a > 0.0 else 0.0 if a == 0.0 else math.nan,
    lambda out, a: (over_or_zero(1.0, a),),
    lambda xp, a: xp.where(a == 0, 0.0, xp.log(xp.where(a == 0, 1.0, xp.where(a < 0, math.nan, a)))),
    symbol="log", latex=r"\log {0}", because="log, but 0 at 0", singular=True)
IDENTITY: Op = row("_identity", lambda a: a, lambda out, a: (1.0,), lambda xp, a: a,
    symbol="=", latex="{0}", js="{0}", because="an input of its own, told apart from the node behind it")
SHIFTED_EXP: Op = row("_shifted_exp", special.shifted_exp, lambda out, a, b: (out, -out),
    lambda xp, a, b: xp.exp(a - xp.maximum(b, -sys.float_info.max)),  # where both are -inf, a - b would be nan
    symbol="exp(a-b)", latex=r"e^{{{0} - {1}}}", js="ag.shiftedExp({op}, {0}, {1})",
    because="an exponential is its own slope")
POWER_TOTAL: Op = row(
    "_power_total", special.power_total, lambda out, a, b: (POWER_SLOPE(a, b), out * LOG_OR_ZERO(a)), "power",
    symbol="^", latex=r"{0}^{{{1}}}", because="a power that returns inf or nan", singular=True)
POWER_SLOPE: Op = row("_power_slope", lambda a, b: b * special.power_total(a, b - 1.0) if b else 0.0,
    lambda out, a, b: (b * POWER_SLOPE(a, b - 1.0), POWER_TOTAL(a, b - 1.0) * (1.0 + b * LOG_OR_ZERO(a))),
    lambda xp, a, b: xp.where(b == 0, 0.0, b * xp.power(a, xp.where(b == 0, 1.0, b - 1.0))),
    symbol="d^", latex=r"{1}\,{0}^{{{1}-1}}", because="b a^(b-1), 0 for b = 0", singular=True)

@family
def _power(exponent: float) -> Op:
    """x ** exponent for a fixed exponent, total."""
    return described("_power", lambda a: special.power_total(a, exponent), lambda out, a: (_times_power(exponent, a),),
        lambda xp, a: a * a if exponent == 2.0 else xp.power(a, exponent),
        symbol=f"^{exponent:g}", latex=f"{{0}}^{{{{{exponent:g}}}}}", js="ag.powerTotal({0}, {p0})",
        because="the power rule", singular=exponent < 1.0)

def _times_power(p: float, a: Any) -> Any:
    """d(a^p)/da = p a^(p-1) for a fixed p; which power stands there is settled when the row is bound."""
    if p == 0.0:
        return 0.0
    if p == 1.0:
        return 1.0
    return p * (a if p == 2.0 else _power(p - 1.0)(a))

@family
def _gaussian(rate: float) -> Op:
    """e^(-rate x^2)."""
    return described("_gaussian", lambda a: special.gaussian(a, rate), lambda out, a: (-2.0 * rate * a * out,),
        lambda xp, a: xp.exp(-rate * a * a),
        symbol=f"exp(-{rate:g}x²)", latex=f"e^{{{{-{rate:g} {{0}}^2}}}}", js="ag.gaussian({0}, {p0})",
        because="the bell curve's slope is -2 rate x times itself")

DENSITY: Op = row("_normal_density", special.normal_density, lambda out, a: (-a * out,),
    lambda xp, a: xp.exp(-0.5 * a * a) / math.sqrt(math.tau),
    symbol="φ", latex=r"\varphi({0})", js="ag.density({0})", because="the normal density's slope is -x times itself")
GELU_SLOPE: Op = row("_gelu_slope", special.gelu_slope, lambda out, a: (2.0 * DENSITY(a) - a * (a * DENSITY(a)),),
    None, symbol="gelu'", latex=r"\operatorname{{gelu}}'({0})", because="cdf(x) + x density(x)")

@family
def _inside(low: float, high: float) -> Op:
    """1 between the bounds, both included, else 0."""
    return described("_inside", lambda a: (1.0 if low <= a <= high else 0.0) if a == a else a, lambda out, a: (0.0,),
        lambda xp, a: xp.where(xp.isnan(a), a, xp.where((a >= low) & (a <= high), 1.0, 0.0)),
        latex=r"[{0} \text{{ inside}}]", js="ag.inside({0}, {p0}, {p1})", because="1 between the bounds, else 0")

# --- arithmetic --------------------------------------------------------------------------------------------------

ADD: Op = row("+", operator.add, lambda out, a, b: (1.0, 1.0), lambda xp, a, b: a + b,
    latex="{0} + {1}", js="{0} + {1}", because="a sum passes the gradient on to both terms unchanged")
SUB: Op = row("-", operator.sub, lambda out, a, b: (1.0, -1.0), lambda xp, a, b: a - b,
    latex="{0} - {1}", js="{0} - {1}",
    because="a difference passes the gradient on to the first term, and its negative to the second")
MUL: Op = row("*", operator.mul, lambda out, a, b: (b, a), lambda xp, a, b: a * b,
    latex=r"{0} \cdot {1}", js="{0} * {1}", because="a product passes to each factor the other factor")
DIV: Op = row("/", operator.truediv, lambda out, a, b: (1.0 / b, -out / b), lambda xp, a, b: a / b,
    latex=r"\frac{{{0}}}{{{1}}}", js="ag.divide({op}, {0}, {1})",
    because="a quotient's slope is 1/b on top and -(a/b)/b below", domain="a divisor other than 0")
NEG: Op = row("neg", operator.neg, lambda out, a: (-1.0,), lambda xp, a: -a,
    symbol="-", latex="-{0}", js="-{0}", because="a negation turns the gradient round")
MOD: Op = row("%", operator.mod, lambda out, a, b: (1.0, -FLOORDIV(a, b)), "remainder",
    latex=r"{0} \bmod {1}", js="ag.mod({op}, {0}, {1})",
    because="a % b is a - floor(a / b) b", domain="a divisor other than 0", kink="the slope from inside the period")
FLOORDIV: Op = row("//", operator.floordiv, lambda out, a, b: (0.0, 0.0), "floor_divide",
    latex=r"\lfloor {0} / {1} \rfloor", js="ag.floordiv({op}, {0}, {1})", flat=True,
    because="a staircase is flat wherever it has a slope", domain="a divisor other than 0", kink="0 at the jumps")
POW: Op = row("**", special.power, lambda out, a, b: (POWER_SLOPE(a, b), out * LOG_OR_ZERO(a)), "power",
    symbol="^", latex=r"{0}^{{{1}}}", js="ag.power({op}, {0}, {1})",
    because="b a^(b-1) for the base, a^b log a for the exponent",
    domain="a base above 0, or a whole exponent (not below 0 for base 0)",
    kink="0 in the exponent for base 0, nan in the exponent for a base below 0", singular=True)

@family
def power(exponent: float) -> Op:
    """x ** exponent for a fixed exponent, which is a parameter and not a parent."""
    return described("power", lambda a: special.power(a, exponent), lambda out, a: (_times_power(exponent, a),),
        lambda xp, a: a * a if exponent == 2.0 else xp.power(a, exponent),
        symbol=f"^{exponent:g}", latex=f"{{0}}^{{{{{exponent:g}}}}}", js="ag.power({op}, {0}, {p0})",
        because="the power rule: the exponent comes down and drops by one",
        domain="a base above 0, or a whole exponent (not below 0 for base 0)",
        kink="inf at 0 for an exponent between 0 and 1" if 0.0 < exponent < 1.0 else "", singular=exponent < 1.0)

# --- exponentials and logarithms ---------------------------------------------------------------------------------

EXP: Op = row("exp", math.exp, lambda out, a: (out,), latex="e^{{{0}}}", because="e^x is its own slope")
EXP2: Op = row("exp2", math.exp2, lambda out, a: (out * special.LN2,),
    latex="2^{{{0}}}", js="ag.checked({op}, Math.pow(2, {0}), {0})", because="2^x is e^(x log 2)")
EXPM1: Op = row("expm1", math.expm1, lambda out, a: (EXP(a),),
    latex="(e^{{{0}}} - 1)", because="taking 1 away leaves the slope e^x as it is")
LOG: Op = row("log", math.log, lambda out, a: (1.0 / a,), because="log's slope is 1/x", domain="x > 0")
LOG2: Op = row("log2", math.log2, lambda out, a: (1.0 / (a * special.LN2),),
    latex=r"\log_2 {0}", because="log2 is log / log 2", domain="x > 0")
LOG10: Op = row("log10", math.log10, lambda out, a: (1.0 / (a * special.LN10),),
    latex=r"\log_{{10}} {0}", because="log10 is log / log 10", domain="x > 0")
LOG1P: Op = row("log1p", math.log1p, lambda out, a: (1.0 / (1.0 + a),),
    latex=r"\log(1 + {0})", because="log's slope, one further on", domain="x > -1")
SQRT: Op = row("sqrt", math.sqrt, lambda out, a: (over(0.5, out),), symbol="√", latex=r"\sqrt{{{0}}}",
    because="a root's slope is 1 / (2 root)", domain="x >= 0", kink="inf at 0", singular=True)
CBRT: Op = row("cbrt", special.cbrt, lambda out, a: (over(1.0, 3.0 * out * out),),
    symbol="∛", latex=r"\sqrt[3]{{{0}}}", js="Math.cbrt({0})",
    because="a cube root's slope is 1 / (3 root^2)", kink="inf at 0", singular=True)
XLOGY: Op = row("xlogy", lambda x, y: 0.0 if x == 0.0 and y == y else x * math.log(y),
    lambda out, x, y: (LOG_OR_ZERO(y), over(x, y)),
    lambda xp, x, y: xp.where(x == 0, xp.where(xp.isnan(y), y, 0.0), x * xp.log(xp.where(x == 0, 1.0, y))),
    symbol="x·log y", latex=r"{0} \log {1}", js="ag.xlogy({op}, {0}, {1})",
    because="log y for x, x / y for y", domain="y > 0, or x = 0", kink="0 in x and nan in y at (0, 0)", singular=True)

# --- trigonometric and hyperbolic functions ----------------------------------------------------------------------

SIN: Op = row("sin", math.sin, lambda out, a: (COS(a),), because="sin's slope is cos", domain="finite x")
COS: Op = row("cos", math.cos, lambda out, a: (-SIN(a),), because="cos's slope is -sin", domain="finite x")
TAN: Op = row("tan", math.tan, lambda out, a: (1.0 + out * out,), because="tan's slope is 1 + tan^2", domain="finite x")
ASIN: Op = row("asin", math.asin, lambda out, a: (over(1.0, SQRT(ONE_MINUS_SQUARE(a))),), "arcsin",
    latex=r"\arcsin {0}",
    because="asin's slope is 1 / sqrt(1 - x^2)", domain="-1 <= x <= 1", kink="inf at -1 and 1", singular=True)
ACOS: Op = row("acos", math.acos, lambda out, a: (-over(1.0, SQRT(ONE_MINUS_SQUARE(a))),), "arccos",
    latex=r"\arccos {0}",
    because="acos's slope is -1 / sqrt(1 - x^2)", domain="-1 <= x <= 1", kink="-inf at -1 and 1", singular=True)
ATAN: Op = row("atan", math.atan, lambda out, a: (1.0 / (1.0 + a * a),), "arctan",
    latex=r"\arctan {0}", js="Math.atan({0})", because="atan's slope is 1 / (1 + x^2)")
SINH: Op = row("sinh", math.sinh, lambda out, a: (COSH(a),), because="sinh's slope is cosh")
COSH: Op = row("cosh", math.cosh, lambda out, a: (SINH(a),), because="cosh's slope is sinh")
TANH: Op = row("tanh", math.tanh, lambda out, a: (SECH2(a),), js="Math.tanh({0})",
    because="tanh's slope is 1 - tanh^2, steepest at 0", activation=True)
ASINH: Op = row("asinh", math.asinh, lambda out, a: (1.0 / HYPOT(1.0, a),), "arcsinh",
    latex=r"\operatorname{{arsinh}} {0}", js="Math.asinh({0})", because="asinh's slope is 1 / sqrt(1 + x^2)")
ACOSH: Op = row("acosh", math.acosh, lambda out, a: (over(1.0, SQRT_SQUARE_MINUS_ONE(a)),), "arccosh",
    latex=r"\operatorname{{arcosh}} {0}",
    because="acosh's slope is 1 / sqrt(x^2 - 1)", domain="x >= 1", kink="inf at 1", singular=True)
ATANH: Op = row("atanh", math.atanh, lambda out, a: (1.0 / ONE_MINUS_SQUARE(a),), "arctanh",
    latex=r"\operatorname{{artanh}} {0}", because="atanh's slope is 1 / (1 - x^2)", domain="-1 < x < 1")
ATAN2: Op = row(
    "atan2", math.atan2, lambda out, y, x: (x / HYPOT(y, x) / HYPOT(y, x), -y / HYPOT(y, x) / HYPOT(y, x)), "arctan2",
    js="Math.atan2({0}, {1})",
    because="the angle turns fastest near the origin", kink="no slope at (0, 0): backward raises")
HYPOT: Op = row("hypot", math.hypot, lambda out, a, b: (over_or_zero(a, out), over_or_zero(b, out)),
    latex=r"\sqrt{{{0}^2 + {1}^2}}", js="Math.hypot({0}, {1})",
    because="a length's slope is the direction it points in", kink="(0, 0) at (0, 0)")

@family
def sinc(order: float) -> Op:
    """sin(pi x) / (pi x), 1 at 0, or its derivative of some order."""
    marks = "'" * int(order)
    return described("sinc", lambda a: special.sinc(a, int(order)), lambda out, a: (sinc(order + 1.0)(a),),
        lambda xp, a: array_forms.sinc(xp, a, int(order)),
        symbol=f"sinc{marks}", latex=rf"\operatorname{{{{sinc}}}}{marks}({{0}})", js="ag.sinc({0}, {p0})",
        because="sinc is smooth, at 0 too, and so is its every derivative")

# --- the error function and activations --------------------------------------------------------------------------

ERF: Op = row("erf", math.erf, lambda out, a: (special.TWO_OVER_SQRT_PI * _gaussian(1.0)(a),), None,
    latex=r"\operatorname{{erf}} {0}", js="ag.erf({0})", because="erf's slope is the bell curve 2/sqrt(pi) e^(-x^2)")
ERFC: Op = row("erfc", math.erfc, lambda out, a: (-special.TWO_OVER_SQRT_PI * _gaussian(1.0)(a),), None,
    latex=r"\operatorname{{erfc}} {0}", js="ag.erfc({0})", because="erfc is 1 - erf")
SIGMOID: Op = row("sigmoid", special.sigmoid, lambda out, a: (SIGMOID_SLOPE(a),), array_forms.sigmoid,
    symbol="σ", latex=r"\sigma({0})", because="sigmoid's slope is s (1 - s), at most 1/4", activation=True)
LOGSIGMOID: Op = row("logsigmoid", lambda a: -special.softplus(-a), lambda out, a: (SIGMOID(-a),),
    lambda xp, a: xp.minimum(a, 0.0) - xp.log1p(xp.exp(-abs(a))),
    symbol="log σ", latex=r"\log\sigma({0})", js="-ag.softplus(-{0})", because="the slope of log s is 1 - s")
SOFTPLUS: Op = row("softplus", special.softplus, lambda out, a: (SIGMOID(a),),
    lambda xp, a: xp.maximum(a, 0.0) + xp.log1p(xp.exp(-abs(a))),
    because="softplus's slope is the sigmoid", activation=True)
SOFTSIGN: Op = row("softsign", lambda a: a / (1.0 + abs(a)) if abs(a) != math.inf else math.copysign(1.0, a),
    lambda out, a: (_power(-2.0)(1.0 + ABS(a)),),
    lambda xp, a: xp.where(xp.isinf(a), xp.sign(a), a / (1.0 + abs(xp.where(xp.isinf(a), 0.0, a)))),
    because="softsign's slope is 1 / (1 + |x|)^2", activation=True)
SILU: Op = row("silu", lambda a: a * special.sigmoid(a) if a != -math.inf else -0.0, lambda out, a: (SILU_SLOPE(a),),
    lambda xp, a: xp.where(a == -math.inf, 0.0, a) * array_forms.sigmoid(xp, a),
    because="silu's slope is s + x s (1 - s)", activation=True)
GELU: Op = row(
    "gelu", lambda a: a * special.normal_cdf(a) if a != -math.inf else -0.0, lambda out, a: (GELU_SLOPE(a),), None,
    because="gelu's slope is cdf(x) + x density(x)", activation=True)
RELU: Op = row("relu", lambda a: a if a > 0.0 or a != a else 0.0, lambda out, a: (STEP(a),),
    lambda xp, a: xp.maximum(a, 0.0),
    symbol="ReLU", latex=r"\operatorname{{ReLU}}({0})", js="({0} <= 0 ? 0 : {0})", kink="0 at 0", activation=True,
    because="a ReLU passes the gradient on where its input is above 0, and stops it elsewhere")

@family
def leaky_relu(slope: float) -> Op:
    """x for x > 0, slope x below."""
    return described(
        "leaky_relu", lambda a: a if a > 0.0 else slope * a, lambda out, a: (STEP(a) + slope * (1.0 - STEP(a)),),
        lambda xp, a: xp.where(a > 0, a, slope * a),
        symbol="leaky ReLU", latex=r"\operatorname{{LeakyReLU}}({0})", js="({0} > 0 ? {0} : {p0} * {0})",
        because="a leaky ReLU lets a small part of the gradient through below 0",
        kink=f"{slope:g} at 0", activation=True)

@family
def elu(alpha: float) -> Op:
    """x for x > 0, alpha (e^x - 1) below."""
    return described("elu", lambda a: a if a > 0.0 else alpha * math.expm1(a),
        lambda out, a: (STEP(a) + alpha * (1.0 - STEP(a)) * EXP(-RELU(-a)),),
        lambda xp, a: xp.where(a > 0, a, alpha * xp.expm1(xp.minimum(a, 0.0))),
        latex=r"\operatorname{{ELU}}({0})", js="({0} > 0 ? {0} : {p0} * Math.expm1({0}))",
        because="elu's slope is 1 above 0 and alpha e^x below",
        kink="" if alpha == 1.0 else f"{alpha:g} at 0", activation=True)

# --- kinks and steps ---------------------------------------------------------------------------------------------

ABS: Op = row("abs", abs, lambda out, a: (SIGN(a),), lambda xp, a: abs(a),
    symbol="|x|", latex=r"\left|{0}\right|", js="Math.abs({0})",
    because="|x| rises or falls with slope 1", kink="0 at 0")
SIGN: Op = row("sign", special.sign, lambda out, a: (0.0,), because="a step is flat", kink="0 at 0", flat=True)
COPYSIGN: Op = row("copysign", math.copysign, lambda out, a, b: (SIGN(a) * COPYSIGN(1.0, b), 0.0),
    js="({1} < 0 || Object.is({1}, -0) ? -Math.abs({0}) : Math.abs({0}))",
    because="|a| rises or falls with slope 1, and takes the sign of b", kink="0 in a at 0; 0 in b")
FMOD: Op = row("fmod", math.fmod, lambda out, a, b: (1.0, (out - a) / b),
    symbol="%", js="ag.checked({op}, {0} % {1}, {0}, {1})",
    because="fmod(a, b) is a - trunc(a / b) b", domain="a finite dividend and a divisor other than 0",
    kink="the slope from inside the period")
HEAVISIDE: Op = row("heaviside", lambda a, b: special.step(a) if a else b, lambda out, a, b: (0.0, EQUAL(a, 0.0)),
    js="({0} === 0 ? {1} : ag.step({0}))", because="a step is flat, and b stands where it jumps", kink="0 in a at 0")
BESIDES: Op = row("_besides", lambda a, b: a if a == a else b,
    lambda out, a, b: (BESIDES(0.0 * SIGN(a) + 1.0, 0.0), 1.0 - BESIDES(0.0 * SIGN(a) + 1.0, 0.0)),
    lambda xp, a, b: xp.where(xp.isnan(a), b, a),
    symbol="besides nan", js="({0} === {0} ? {0} : {1})", because="b stands where a is nan, else a")
FLOOR: Op = row("floor", lambda a: float(math.floor(a)), lambda out, a: (0.0,), latex=r"\lfloor {0} \rfloor",
    js="ag.floor({op}, {0})", because="a staircase is flat", kink="0 at the jumps", flat=True)

@family
def rounded(digits: float) -> Op:
    """Python's round, ties to even."""
    return described("rounded", lambda a: float(round(a, int(digits))) if math.isfinite(a) else a,
        lambda out, a: (0.0,), lambda xp, a: xp.round(a, int(digits)),
        symbol="round", latex=r"\operatorname{{round}}({0})", js="ag.rounded({0}, {p0})",
        because="a staircase is flat", kink="0 at the jumps", flat=True)

@family
def clip(low: float, high: float) -> Op:
    """x held between two bounds."""
    return described("clip", lambda a: (low if a < low else high if a > high else a) if a == a else a,
        lambda out, a: (_inside(low, high)(a),), lambda xp, a: xp.clip(a, low, high),
        js="({0} < {p0} ? {p0} : {0} > {p1} ? {p1} : {0})",
        because="a clip passes the gradient on inside its bounds, and stops it outside", kink="1 at both bounds")

# --- operations of many operands ---------------------------------------------------------------------------------

def _others(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """For each value the product of all others, from products of what stands before and behind it."""
    before = list(itertools.accumulate(values[:-1], operator.mul, initial=1.0))
    behind = list(itertools.accumulate(values[:0:-1], operator.mul, initial=1.0))[::-1]
    return tuple(b * e for b, e in zip(before, behind, strict=True))

def _dot(*operands: Any) -> Any:
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

def _logsumexp_partials(out: Any, *xs: Any) -> tuple[Any, ...]:
    shares = [SHIFTED_EXP(x, out) for x in xs]
    total = SUM(*shares)  # 1, but for the rounding of `out`, which at 1000 is already 1e-13
    once = RECIPROCAL_OR_ZERO(total)
    return tuple(share * once for share in shares)

def _share_partials(out: Any, x: Any, *rest: Any) -> tuple[Any, ...]:
    others = SUM(*rest)
    total = x + others
    return ((others / total) / total,) + (-out / total,) * len(rest)

def _cross_entropy_partials(out: Any, x: Any, *rest: Any) -> tuple[Any, ...]:
    largest = MAXIMUM(x, MAXIMUM(*rest))
    powers = [SHIFTED_EXP(v, largest) for v in rest]
    others = SUM(*powers)
    once = over(1.0, SHIFTED_EXP(x, largest) + others)
    return (-others * once, *[power * once for power in powers])

SUM: Op = row(
    "sum", lambda *xs: special.total(xs), lambda out, *xs: (1.0,) * len(xs), lambda xp, *xs: special.total(xs),
    symbol="Σ", because="a sum passes the gradient on to every term unchanged")
PROD: Op = row("prod", lambda *xs: functools.reduce(operator.mul, xs), lambda out, *xs: _others(xs),
    lambda xp, *xs: functools.reduce(operator.mul, xs),
    symbol="Π", because="a product passes to each factor the product of the others")
DOT: Op = row("dot", _dot, _dot_partials, lambda xp, *xs: _dot(*xs),
    symbol="w·x", because="a weight gets its input, an input its weight, the bias 1")
MEAN: Op = row(
    "mean", special.mean, lambda out, *xs: (1.0 / len(xs),) * len(xs), lambda xp, *xs: special.total(xs) / len(xs),
    because="each of n values moves the mean by 1/n")
MAXIMUM: Op = row(
    "maximum", special.maximum, _tied, lambda xp, *xs: functools.reduce(xp.maximum, xs), symbol="max", latex="max",
    because="only the largest value moves the maximum", kink="ties share the slope evenly", activation=True)
MINIMUM: Op = row(
    "minimum", special.minimum, _tied, lambda xp, *xs: functools.reduce(xp.minimum, xs), symbol="min", latex="min",
    because="only the smallest value moves the minimum", kink="ties share the slope evenly")
LOGSUMEXP: Op = row("logsumexp", special.logsumexp, _logsumexp_partials, array_forms.logsumexp,
    because="logsumexp's slopes are the softmax", kink="0 where all are -inf")
NORM: Op = row("norm", special.norm, lambda out, *xs: tuple([over_or_zero(x, out) for x in xs]), array_forms.norm,
    symbol="‖x‖",
    because="a length's slope is the direction it points in", kink="0 where all are 0")
SHARE: Op = row("share", special.share, _share_partials, lambda xp, x, *rest: x / (x + special.total(rest)),
    js="ag.share({op}, {xs})", because="a share grows with its own part and shrinks with each of the others",
    domain="parts that are not all 0")

@family
def var(ddof: float) -> Op:
    """The variance with n - ddof in the denominator."""

    def partials(out: Any, *xs: Any) -> tuple[Any, ...]:
        centre, weight = MEAN(*xs), 2.0 / (len(xs) - ddof)
        return tuple([weight * (x - centre) for x in xs])

    return described(
        "var", lambda *xs: special.var(*xs, ddof=ddof), partials, lambda xp, *xs: array_forms.var(xp, *xs, ddof=ddof),
        js="ag.variance({op}, {p0}, {xs})", because="each value pulls in proportion to its distance")

@family
def std(ddof: float) -> Op:
    """The standard deviation with n - ddof in the denominator."""

    def partials(out: Any, *xs: Any) -> tuple[Any, ...]:
        centre, weight = MEAN(*xs), 1.0 / (len(xs) - ddof)
        return tuple([weight * over_or_zero(x - centre, out) for x in xs])

    return described(
        "std", lambda *xs: special.std(*xs, ddof=ddof), partials, lambda xp, *xs: array_forms.std(xp, *xs, ddof=ddof),
        js="ag.std({op}, {p0}, {xs})",
        because="each value pulls in proportion to its distance", kink="0 where all values are equal")

# --- losses that have digits to lose, and what they check at every number ----------------------------------------

CROSS_ENTROPY: Op = row("cross_entropy", special.cross_entropy, _cross_entropy_partials, array_forms.cross_entropy,
    js="ag.crossEntropy({xs})",
    because="-log of the first value's softmax falls by the others' shares, and grows by each one's own share")
BCE: Op = row("bce", special.bce,
    lambda out, p, t: ((p - t) / MAXIMUM(p * (1.0 - p), special.LEAST_SPREAD), BCE(p, 1.0) - BCE(p, 0.0)),
    array_forms.bce, js="ag.bce({op}, {0}, {1})",
    because="the slope of -[t log p + (1 - t) log(1 - p)] is (p - t) / (p (1 - p))",
    domain="p and t from 0 to 1 (bce_with_logits takes scores before the sigmoid)",
    kink="(p - t) / 1e-12 where p (1 - p) is smaller")
LOG_CHANCE: Op = row("_log_chance", special.log_chance,
    lambda out, x, *others: (1.0 / x,) + (0.0,) * len(others), array_forms.log_chance,
    symbol="log", js="ag.logChance({op}, {xs})", because="log's slope is 1/x; the other chances are checked",
    domain="chances from 0 to 1, the first above 0 (cross_entropy takes scores before the softmax)")
CHANCE: Op = row("_chance", special.chance, lambda out, a: (1.0,),
    lambda xp, a: xp.where((a >= 0.0) & (a <= 1.0), a, math.nan),
    symbol="=", latex="{0}", js="ag.chance({op}, {0})", because="a chance, which is checked to be one",
    domain="numbers from 0 to 1")
SIDE: Op = row("_side", special.side, lambda out, a: (1.0,), lambda xp, a: xp.where(abs(a) == 1.0, a, math.nan),
    symbol="=", latex="{0}", js="ag.side({op}, {0})", because="a side, which is checked to be one", domain="-1 or 1")
ENTRY: Op = row("_entry", special.entry,
    lambda out, place, *entries: (0.0, *[EQUAL(place, float(k)) for k in range(len(entries))]), array_forms.entry,
    symbol="[i]", js="ag.entry({op}, {xs})", because="the entry at a place gets the whole slope",
    domain="the number of an entry, counted from 0")

# fmt: on


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


on_floats(globals())
