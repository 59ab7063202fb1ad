"""Wrong rules, wrong constants, and rules taken at the wrong place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import partial as later
from typing import Any

import numpy as np

from ..engine import op as operation
from ..engine import ops
from ..reading.formulas import local_derivative_text, term_text, written
from .evidence import Array, Evidence
from .guesses import MOST_EDGES, PASS_ON, Guess, column, edge_guess, value_and_partial
from .textbook import usual_mistakes

__all__ = [
    "any_constant",
    "constant_text",
    "rule_text",
    "simple_constant",
    "wrong_place",
    "wrong_place_of_a_power",
    "wrong_rule",
]


def wrong_rule(e: Evidence) -> Iterator[Guess]:
    """The mistakes that are made often: the function itself, the exponent kept, the product of the derivatives."""
    for i, k, _ in e.edges():
        node = e.order[i]
        operands = [e.value[q] for q in e.parents[i]]
        for mistake in usual_mistakes(node._op, k, operands, e.value[i]):
            yield edge_guess(e, i, k, mistake.partial, "wrong function", later(rule_text, node, k, mistake.text))
        if k == 0 and node._op in (ops.MUL, ops.DIV):
            yield from _factor_by_factor(e, i)


def rule_text(node: Any, k: int, instead: str) -> str:
    """The sentence for a wrong local derivative; `instead` is a form of the operand u and the result o."""
    u, o = written(node.parents[k]), written(node, False)
    if instead not in ("{u}", "{o}"):
        u, o = (text if text.isidentifier() else f"({text})" for text in (u, o))
    form = instead.replace("({u})", "{v}")
    return f"{local_derivative_text(node, k)}, not {form.format(u=u, o=o, v=u if u[0] == '(' else f'({u})')}"


def _factor_by_factor(e: Evidence, i: int) -> Iterator[Guess]:
    node = e.order[i]
    u, v = (e.slopes_of(p) for p in e.parents[i])
    product = node._op is ops.MUL
    instead = u * v if product else np.divide(u, v, out=np.zeros_like(u), where=v != 0.0)
    if np.any(instead):
        text = later(_factor_by_factor_text, node, "product" if product else "quotient")
        yield Guess("wrong function", column(e.above[i]) * (instead - e.slopes_of(i)), node, text)


def _factor_by_factor_text(node: Any, rule: str) -> str:
    return f"the derivative of the {rule} {written(node, False)} is not the {rule} of the derivatives"


def simple_constant(e: Evidence) -> Iterator[Guess]:
    """A whole number or a simple fraction as a factor of the whole or of a part."""
    return (guess for factor, guess in _constants(e) if _simple(factor))


def any_constant(e: Evidence) -> Iterator[Guess]:
    """Any other constant factor."""
    return (guess for _, guess in _constants(e))


def _constants(e: Evidence) -> Iterator[tuple[float, Guess]]:
    """The constant by which the whole, or what comes through one operand, would have been multiplied."""
    row, wrong = (int(n) for n in np.unravel_index(int(np.argmax(np.abs(e.gap))), e.gap.shape))
    gap, right = float(e.gap[row, wrong]), float(e.right[row, wrong])
    if right != 0.0:
        factor = 1.0 + gap / right
        if abs(factor) > 1e-9:
            yield factor, Guess("constant factor", gap / right * e.right, None, later(_constant_text, factor))
    for i, k, _ in e.edges():
        part = e.through(i, k)
        at = float(part[row, wrong])
        if at == 0.0:
            continue
        factor = 1.0 + gap / at
        if abs(factor) <= 1e-9:
            continue  # it is not there at all
        varies = np.ptp(part[:, wrong]) > 1e-6 * abs(at)  # else any slip by a constant would fit
        if varies or _simple(factor):
            text = later(_constant_text, factor, e.order[i], k)
            yield factor, Guess("constant factor", gap / at * part, e.order[i], text)


def _constant_text(factor: float, node: Any = None, k: int = 0) -> str:
    if node is None:
        what = "your derivative"
    elif node._op in PASS_ON:
        what = f"the derivative of the term {term_text(node, k)}"
    else:
        what = f"your {local_derivative_text(node, k, False)}"
    return f"{what} is {constant_text(factor)} times what it should be"


def _simple(factor: float) -> bool:
    if not 1e-3 < abs(factor) < 1e3:
        return False
    near = Fraction(factor).limit_denominator(12)
    return near != 0 and abs(near.numerator) <= 100 and abs(factor - near) <= 1e-7 * abs(factor)


_NAMED = {
    "pi": math.pi,
    "2 pi": math.tau,
    "e": math.e,
    "sqrt(2)": math.sqrt(2.0),
    "sqrt(pi)": math.sqrt(math.pi),
    "log(2)": math.log(2.0),
    "log(10)": math.log(10.0),
}


def constant_text(factor: float) -> str:
    """A constant as a fraction or by its name, where it has one.

    >>> constant_text(1.5), constant_text(3.141592653589793)
    ('3/2', 'pi')
    """
    near = Fraction(factor).limit_denominator(12)
    if _simple(factor) and abs(factor - near) <= 1e-9 * abs(factor):
        return str(near)
    sign = "" if factor > 0 else "-"
    for name, number in _NAMED.items():
        if math.isclose(abs(factor), number, rel_tol=1e-7):
            return sign + name
        if math.isclose(abs(factor), 1.0 / number, rel_tol=1e-7):
            return f"{sign}1/({name})"
    return f"{factor:.10g}"


def wrong_place(e: Evidence) -> Iterator[Guess]:
    """A node's rule at some other node's number: sigma'(a) for sigma'(z), cos(x) for cos(x^2)."""
    return _wrong_place(e, powers=False)


def wrong_place_of_a_power(e: Evidence) -> Iterator[Guess]:
    """The same for powers, roots, quotients and logarithms, where it is often the same as a constant factor."""
    return _wrong_place(e, powers=True)


def _is_power(op: operation.Op) -> bool:
    bound = len(op.params) == 1 and op is ops.power(op.params[0])
    return bound or op in (ops.SQRT, ops.CBRT, ops.DIV, ops.POW, ops.LOG, ops.LOG2, ops.LOG10)


def _wrong_place(e: Evidence, powers: bool) -> Iterator[Guess]:
    row = int(np.argmax(np.abs(e.gap).max(axis=1) * e.same))
    for i, k, p in e.edges()[:MOST_EDGES]:
        op = e.order[i]._op
        if (
            _is_power(op) != powers
            or op in PASS_ON
            or op in (ops.MUL, ops.NEG)
            or op.variadic
            or (op is ops.DIV and k == 0)
        ):
            continue
        yield from _at_inner_slope(e, i, k, p)
        places = [j for j in range(len(e.order)) if j != p and e.below[j] is not None]
        for j in sorted(places, key=lambda j: (j != i, j > p, abs(p - j))):
            if _fits_in_row(e, i, k, j, row):
                taken = np.array([_rule_at(e, i, k, j, r) if same else 0.0 for r, same in enumerate(e.same)])
                yield edge_guess(e, i, k, taken, "wrong point", later(_place_text, e, i, k, j))


def _at_inner_slope(e: Evidence, i: int, k: int, p: int) -> Iterator[Guess]:
    """f'(g'(x)) for f'(g(x)), with the factor g'(x) or without it."""
    if len(e.parents[i]) != 1 or not e.parents[p]:
        return
    node, inner = e.order[i], e.order[p]
    for c in e.columns[:2]:
        at = e.slopes_of(p)[:, c]
        taken = np.array([value_and_partial(node._op, (float(x),), 0)[1] for x in at])
        text = later(_inner_slope_text, node, k)
        yield edge_guess(e, i, k, taken, "wrong point", text)
        reached = (e.slopes_of(p) != 0.0).any(axis=0)
        change = column(e.above[i] * taken) * reached - e.through(i, k)
        yield Guess("wrong point", change, inner, text)


def _inner_slope_text(node: Any, k: int) -> str:
    inner = written(node.parents[k])
    return f"{local_derivative_text(node, k, False)} is taken at the derivative of {inner} instead of at {inner}"


def _rule_at(e: Evidence, i: int, k: int, j: int, row: int) -> float:
    operands = [float(e.value[q][row]) for q in e.parents[i]]
    operands[k] = float(e.value[j][row])
    return value_and_partial(e.order[i]._op, tuple(operands), k)[1]


def _fits_in_row(e: Evidence, i: int, k: int, j: int, row: int) -> bool:
    """Whether it is worth while to look at all other points."""
    excess = _rule_at(e, i, k, j, row) - e.partial[i, k][row]
    change: Array = e.above[i][row] * excess * e.slopes_of(e.parents[i][k])[row]
    return bool(np.all((np.abs(change - e.gap[row]) <= e.slack[row])[e.columns]))


def _place_text(e: Evidence, i: int, k: int, j: int) -> str:
    node, there = e.order[i], e.order[j]
    its_own = ", the node's own output," if i == j else ""
    return (
        f"{local_derivative_text(node, k, False)} is taken at {written(there)}{its_own} "
        f"instead of at {written(node.parents[k])}"
    )
