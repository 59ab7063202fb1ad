"""Guesses at the one slip in a hand derivative: in the whole, in a part, in a rule.

Each guess says by how much the right derivative would change, at every point and for every variable; whether that fits
is for :class:`autograd.checking.evidence.Evidence` to say. By the chain rule, what reaches the variables through one
operand of one node is ``above * partial * below``, so a slip there replaces one of three factors: one line each.
They stand from the likely to the rare; which goes before which exactly is decided at the end.
"""

from __future__ import annotations

import ast
import functools
import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial as later
from typing import Any, NamedTuple

import numpy as np

from ..engine import ops
from ..engine.op import Op
from ..functions.expressions import Reading, Source
from ..reading.formulas import local_derivative_text, name_of, written
from ..reading.names import short_number
from .evidence import MOST_EDGES, MOST_RUN, PASS_ON, Array, Edge, Evidence, Guess, bracketed, slip

__all__ = ["RARE", "RULES", "TIERS", "Tier", "constant_text", "repeated", "usual_mistakes"]

Tier = Callable[[Evidence], Iterator[Guess]]

# --- the derivative as a whole ----------------------------------------------------------------------------------------

_DEGREE = math.pi / 180.0
_TURNS = (ops.SIN, ops.COS, ops.TAN, ops.ASIN, ops.ACOS, ops.ATAN)


def sign_of_the_whole(e: Evidence) -> Iterator[Guess]:
    """Minus the derivative."""
    yield slip("sign", -2.0 * e.right, "the sign is the wrong way round")


def degrees(e: Evidence) -> Iterator[Guess]:
    """A factor of pi/180 or 180/pi, on the whole or on the slope of an angle; or such a slope taken at degrees."""
    too_much = "a factor of {factor} too much: degrees in one place, radians in the other"
    at_degrees = "the slope of {formula} is taken at degrees where f takes radians, or the other way round"
    for factor, name in ((_DEGREE, "pi/180"), (1.0 / _DEGREE, "180/pi")):
        yield slip("degrees", (factor - 1.0) * e.right, too_much, factor=name)
        for edge in e.edges:
            if edge.op in _TURNS:
                taken = edge.partial_at(factor * e.value[edge.p])
                yield edge.slip("degrees", at_degrees, taken)
                yield edge.slip("degrees", at_degrees, factor * taken)
                yield edge.slip("degrees", too_much, factor * edge.partial, factor=name)


def transposed(e: Evidence) -> Iterator[Guess]:
    """The entries of a matrix column by column instead of row by row."""
    if len(e.columns) < 2:
        return
    places = np.arange(len(e.names))
    for start, rows, columns in _layouts(e.names):
        end = start + rows * columns
        for turned in (places[start:end].reshape(rows, columns).T, places[start:end].reshape(columns, rows).T):
            order = np.concatenate([places[:start], turned.ravel(), places[end:]])
            matrix = f"{rows} x {columns} matrix of the entries for {e.names[start]} to {e.names[end - 1]}"
            yield slip("transposed", e.right[:, order] - e.right, "the {matrix} is transposed", matrix=matrix)


def _layouts(names: tuple[str, ...]) -> Iterator[tuple[int, int, int]]:
    """(start, rows, columns) of everything among the variables that may be a matrix, laid out row by row."""
    indices = [_matrix_index(name) for name in names]
    for letter, group in itertools.groupby(range(len(names)), lambda i: indices[i][0]):
        block = list(group)
        width = len({indices[i][1] for i in block})
        if letter and width > 1 and len(block) > width and len(block) % width == 0:
            yield block[0], len(block) // width, width
    side = math.isqrt(len(names))
    if side >= 2 and side * side == len(names):
        yield 0, side, side
    for side in range(3, 9):
        for start in range(len(names) - side * side + 1):
            yield start, side, side


def _matrix_index(name: str) -> tuple[str, str]:
    """The letter and the column of a name such as w12, w_1_2, w[0][1] or W[0,1]; empty if it is none."""
    found = re.fullmatch(r"(\D*?)[\[_]*(\d+?)(?:\]\[|,|_)?(\d+)\]?", name)
    return (found[1], found[3]) if found else ("", "")


def swapped_entries(e: Evidence) -> Iterator[Guess]:
    """Entries that are right, but for another variable; or right for other values of the variables."""
    if len(e.columns) < 2:
        return
    order = list(range(len(e.names)))
    free = [int(c) for c in e.columns]
    for i in map(int, e.columns):
        fits = [j for j in free if j != i and np.all(np.abs(e.right[:, j] - e.yours[:, i]) <= e.slack[:, i])]
        if not fits:
            return
        order[i] = fits[0]
        free.remove(fits[0])
    names = [e.names[i] for i in e.columns]
    listed = " and ".join([", ".join(names[:-1]), names[-1]])
    how = "swapped" if len(names) == 2 else "in the wrong order"
    yield slip("swapped", e.right[:, order] - e.right, "the entries for {names} are {how}", names=listed, how=how)


def mean_for_sum(e: Evidence) -> Iterator[Guess]:
    """A factor of 1/n where f has a sum of n terms that are built alike; or n, where it has a mean."""
    for i, node in enumerate(e.order):
        if e.below[i] is None or not node.parents:
            continue
        through = e.above[i] * e.slopes_of(i)
        n, mean = _terms_alike(e, i), node._row is ops.MEAN
        text = "f takes the sum of {n} terms, your derivative their mean: a factor of 1/{n} too much"
        if mean:
            text = "f takes the mean of {n} terms, your derivative their sum: a factor of 1/{n} is missing"
        if n > 1:
            yield slip("mean for sum", ((float(n) if mean else 1.0 / n) - 1.0) * through, text, node, n=str(n))
        if n > 2 and (mean or any(np.all(v == n) for v in e.value)):
            text = f"your derivative divides by {n - 1} where f divides by {n}"
            yield slip("mean for sum", through / (n - 1.0), text, node)


def _terms_alike(e: Evidence, i: int) -> int:
    """How many terms a sum or a mean has; or a chain of additions, if they are all built alike, as in a batch."""
    if e.order[i]._row in (ops.SUM, ops.MEAN):
        return len(e.parents[i])
    terms, unread = [], [i]
    while unread:
        j = unread.pop()
        if e.order[j]._row is ops.ADD:
            unread += e.parents[j]
        elif e.order[j].parents or e.order[j]._data != 0.0:  # Python's sum begins with 0
            terms.append(j)
    moving = [j for j in terms if e.below[j] is not None]
    counts = set(Counter(e.alike[j] for j in moving).values())
    n = min(counts, default=0)
    return n if n != 2 and counts == {n} and all(e.parents[j] for j in moving) else 0  # x^2 + y^2 is no batch


# --- parts turned round, left out or counted twice --------------------------------------------------------------------


def sign_of_a_part(e: Evidence) -> Iterator[Guess]:
    """Minus what comes through one operand, or through one node."""
    for edge in e.edges:
        operands = e.parents[edge.i]
        if len(set(operands)) > 1 or len(operands) == 1:  # x*x with one sign turned is x*x left out
            what = "the term {term}" if edge.op in PASS_ON else "{slope}"
            yield edge.slip("sign", f"the sign of {what} is the wrong way round", -edge.partial)
        everything = -2.0 * e.above[edge.p] * edge.below
        yield slip("sign", everything, "the sign of what comes through {name} is the wrong way round", edge.inner)


def left_out(e: Evidence, ranks: Sequence[int] = (0,)) -> Iterator[Guess]:
    """An operand left out with all that is inside it: a term, a path or a factor, of some of the ranks of `_parts`."""
    parts = sorted(e.kept(_parts), key=lambda part: part[0])
    return (guess for rank, guess in parts if rank in ranks)


def _parts(e: Evidence) -> Iterator[tuple[int, Guess]]:
    """Every operand left out, ranked: 0 if its variable has another way, 1 for a term, 2 for a factor, 3 alone."""
    insides = {edge.p for edge in e.edges if len(e.parents[edge.i]) == 1}
    unlikely: list[Array] = []
    right = e.right[:, e.columns]
    for edge in e.edges:
        term = edge.op in PASS_ON
        others = [q for j, q in enumerate(e.parents[edge.i]) if j != edge.k and e.below[q] is not None]
        shared = [c for c in map(int, e.columns) if e.reaches(edge.p, c) and any(e.reaches(q, c) for q in others)]
        rank = 0 if shared else 3 if not others else 1 if term else 2
        in_wrong = -edge.through[:, e.columns]
        nothing_left = np.abs(right + in_wrong) <= 1e-12 * np.abs(right)
        if np.any(nothing_left & (np.abs(e.yours) > 1e-25 * np.abs(e.right))[:, e.columns]):
            continue  # then the derivative is exactly 0, and not only very small beside the right one
        rest = (e.slopes_of(edge.i) - edge.partial * edge.below)[:, e.columns]
        if edge.i in insides and np.allclose(rest, 1.0, 1e-12, 1e-12):
            unlikely.append(in_wrong)  # rather the inner derivative as a whole is left out
        if any(np.allclose(in_wrong, other, 1e-12, 1e-12) for other in unlikely):
            continue
        text = later(_way_text, edge, int(shared[0] if shared else e.columns[0]))
        if term:
            yield rank, edge.slip("dropped term", "you dropped the term {term} of {formula}", 0.0 * edge.partial)
        else:
            yield rank, edge.slip("missing path", "{way}", 0.0 * edge.partial, way=text)


def _way_text(edge: Edge, wrong: int) -> str:
    e, node, part = edge.e, edge.node, edge.inner
    columns = [c for c in range(len(e.names)) if e.reaches(edge.p, c)]
    name = e.names[wrong if wrong in columns else columns[0]]
    whole = name_of(e.order[-1]) if e.order[-1]._label else "f"
    rule = {ops.MUL: ", the product rule's other term", ops.DIV: ", the quotient rule's other term"}.get(edge.op, "")
    if part.parents:
        return f"{name} also reaches {whole} through {name_of(part)}{rule}"
    on_the_way = "" if node is e.order[-1] else f" through {name_of(node)}"
    return f"{name} also reaches {whole}{on_the_way} directly, by {local_derivative_text(node, edge.k)}{rule}"


def held_constant(e: Evidence) -> Iterator[Guess]:
    """A node taken for a constant wherever it is used, as the mean in a variance; or two, one of them in the other."""
    for group in e.shared:
        yield _held(e, group)
    if len(set(e.alike)) <= _MOST_PAIRED:
        for one in e.shared:
            for other in e.kinds:
                if other[-1] not in one and _inside(e, one[0], other[-1]):
                    yield _held(e, one, other)


_MOST_PAIRED = 40


def _inside(e: Evidence, p: int, i: int) -> bool:
    """Whether node p goes into node i."""
    unread, found = [i], set()
    while unread:
        j = unread.pop()
        if j not in found and j >= p:
            found.add(j)
            unread += e.parents[j]
    return p in found


def _held(e: Evidence, *groups: list[int]) -> Guess:
    nodes = [e.order[group[0]] for group in groups]
    change = e.gradient(nodes={i: None for group in groups for i in group}) - e.slopes_of(-1)
    text = "you held {parts} constant, but the variables go into it"
    return slip(
        "missing path", change, text, nodes[0], parts=lambda: " and ".join(written(node, False) for node in nodes)
    )


_LEFT_OUT = "you left out {slope}"
_INNER = "you left out the inner derivative, that of {formula}"


def left_out_factor(e: Evidence) -> Iterator[Guess]:
    """A local derivative, everything inside it or everything outside it, or a quotient's divisor."""
    for edge in e.edges:
        yield edge.slip("missing factor", _LEFT_OUT, np.ones_like(edge.partial))
        divisor = e.parents[edge.i][-1]
        if edge.op is ops.DIV and e.below[divisor] is not None:
            for power in (1, 2):
                change = edge.above * (e.value[divisor] ** power - 1.0) * e.slopes_of(edge.i)
                text = "you left out the division by {divisor} in the quotient rule for {formula}"
                by = later(_power_text, e.order[divisor], power)
                yield slip("missing factor", change, text, edge.node, divisor=by)
        for factor, text in _rule_factors(edge):
            number = later(_number_text, factor)
            yield edge.slip("missing factor", text, edge.partial / factor, number=number)._replace(same=text)
    for group in e.shared:
        ones: dict[int, Array | None] = {i: (e.slopes_of(i) != 0.0) * 1.0 for i in group}
        guess = slip("missing factor", e.gradient(nodes=ones) - e.slopes_of(-1), _INNER, e.order[group[0]])
        yield _in_each(guess, len(group))
    for edge in e.edges:
        inner = edge.inner
        if inner.parents and edge.op not in (*PASS_ON, ops.MUL):
            reached = np.ones_like(e.gap) * (edge.below != 0.0).any(axis=0)
            yield edge.slip("missing factor", _INNER, below=reached, node=inner)
        varies = np.any(np.ptp(edge.below[:, e.columns], axis=0)) and np.ptp(e.above[edge.p])
        if inner.parents and varies:  # else this only says that one of them is a constant
            change = (1.0 - e.above[edge.p]) * edge.below
            text = "you left out the outer derivative, that of f by {formula}"
            yield slip("missing factor", change, text, inner)._replace(node=edge.node)


def _power_text(node: Any, power: int) -> str:
    return written(node**power)


def _number_text(x: Any) -> str:
    return short_number(float(np.ravel(x)[0]))


def _rule_factors(edge: Edge) -> Iterator[tuple[Any, str]]:
    """The exponent of a power, and the logarithm of the base in the derivatives of 2^x, a^x, log2 and log10."""
    op = edge.op
    exponent = "you left out the exponent as a factor: {slope}"
    base = "you left out the factor {number} that the base brings into {slope}"
    if _is_fixed_power(op) or (op is ops.POW and edge.k == 0):
        yield op.params[0] if op.params else edge.operands[1], exponent
    elif op in _BASES:
        yield np.log(_BASES[op]) if op is ops.EXP2 else 1.0 / np.log(_BASES[op]), base
    elif op is ops.POW:
        yield np.log(edge.operands[0]), base


_BASES = {ops.EXP2: 2.0, ops.LOG2: 2.0, ops.LOG10: 10.0}


def _is_fixed_power(op: Op) -> bool:
    return len(op.params) == 1 and op is ops.power(op.params[0])


def _divisors(e: Evidence) -> set[int]:
    """The nodes that some local derivative is divided by, and the factors of these."""
    unread = []
    for edge in e.edges:
        op = edge.op
        power = op.params[0] if _is_fixed_power(op) else 1.0
        if (op is ops.DIV and edge.k == 1) or op in (ops.LOG, ops.LOG2, ops.LOG10, ops.LOG1P) or power < 1.0:
            unread.append(edge.p)
        elif op in (ops.SQRT, ops.CBRT, ops.HYPOT):
            unread.append(edge.i)
    found: set[int] = set()
    while unread:
        j = unread.pop()
        if j not in found:
            found.add(j)
            unread += e.parents[j][: 1 if e.order[j]._row is ops.DIV else None] if _is_product(e.order[j]) else ()
    return found


def _is_product(node: Any) -> bool:
    op = node._row
    return op in (ops.MUL, ops.DIV, ops.NEG) or _is_fixed_power(op)


_TWICE = "the factor {slope} stands there twice"


def counted_twice(e: Evidence) -> Iterator[Guess]:
    """A local derivative, or everything inside it, squared."""
    for edge in e.edges:
        yield edge.slip("extra factor", _TWICE, edge.partial**2)
    for edge in e.edges:
        if edge.inner.parents:
            text = "the inner derivative, that of {formula}, stands there twice"
            yield edge.slip("extra factor", text, below=edge.below**2, node=edge.inner)


# --- what people write down in the place of a derivative --------------------------------------------------------------


class Instead(NamedTuple):
    """A function of an operation's operand u and its result o, and how it is written."""

    text: str
    of: Callable[[Array, Array], Array]


class Mistake(NamedTuple):
    """Numbers in the place of a local derivative, and what they are."""

    partial: Array
    text: str


_NUMPY = {name: getattr(np, name) for name in ("sqrt", "exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh")}
_NUMPY["sigmoid"] = lambda u: 0.5 + 0.5 * np.tanh(0.5 * u)


def _instead(text: str) -> Instead:
    """A form as it is written, and as a function."""
    formula = text.replace("{", "").replace("}", "")
    tree = ast.Expression(Reading(Source(formula), 0, len(formula)).tree)
    code = compile(tree, "<textbook>", "eval")
    return Instead(text, lambda u, o: eval(code, _NUMPY, {"u": u, "o": o}))  # only texts of `_FORMS`


_FORMS = """
    {o}; {u}; 1/{u}; {u}^2; 1/{u}^2; {u}^3; sqrt({u}); 1/sqrt({u}); exp({u}); exp(-{u});
    {u}*exp({u} - 1); log({u}); sin({u}); cos({u}); tan({u}); -sin({u}); -cos({u}); 1/sin({u});
    1/cos({u}); 1/cos({u})^2; 1/sin({u})^2; sinh({u}); cosh({u}); tanh({u}); 1 - tanh({u})^2;
    sigmoid({u}); 1 - sigmoid({u}); sigmoid({u})*(1 - sigmoid({u})); 1 - {u}; 1 + {u}; {u}*(1 - {u});
    1 - {u}^2; 1 + {u}^2; 1/(1 + {u}); 1/(1 + {u}^2); 1/(1 - {u}^2); 1/sqrt(1 - {u}^2);
    1/sqrt(1 + {u}^2); 1/sqrt({u}^2 - 1); exp(-{u}^2); {u}*log({u}) - {u}; log(cosh({u}));
    log(1 + exp({u})); 1 - {o}; 1 + {o}; {o}^2; 1/{o}; 1/{o}^2; 1 - {o}^2; 1 + {o}^2; {o}*(1 - {o});
    {o}*(1 + {o}); {o} - (1 - {o}); {u}*{o}; {o}/{u}; 1/(2{u}); 1/(2{u}^2); 2/3*{u}^(3/2)
"""
_TEXTBOOK = tuple(_instead(text.strip()) for text in _FORMS.split(";"))
_BY_TEXT = {entry.text: entry for entry in _TEXTBOOK}

# What is written so often that it stands before a constant factor, beside the function itself.
_USUAL: dict[Op, tuple[str, ...]] = {
    ops.SIN: ("-sin({u})",),
    ops.COS: ("-cos({u})",),
    ops.TANH: ("1 - {u}^2", "{o}*(1 - {o})", "1 + {o}^2", "1 - {o}", "sigmoid({u})*(1 - sigmoid({u}))"),
    ops.SIGMOID: ("{u}*(1 - {u})", "1 - {o}^2", "{o}*(1 + {o})", "1 - tanh({u})^2", "{o} - (1 - {o})"),
    ops.TAN: ("1/cos({u})", "1 - {o}^2"),
    ops.SQRT: ("1/(2{u})", "1/(2{u}^2)", "2/3*{u}^(3/2)"),
    ops.ASIN: ("1/(1 - {u}^2)", "1/sqrt(1 + {u}^2)"),
    ops.ACOS: ("1/(1 - {u}^2)", "1/sqrt(1 - {u}^2)"),
    ops.ATAN: ("1/(1 - {u}^2)", "1/sqrt(1 + {u}^2)", "1/sqrt(1 - {u}^2)"),
    ops.ATANH: ("1/(1 + {u}^2)", "1/sqrt(1 - {u}^2)"),
    ops.EXP: ("{u}*exp({u} - 1)", "exp(-{u})"),
    ops.LOG: ("{u}", "exp({u})"),
}


def usual_mistakes(op: Op, k: int, operands: Sequence[Array], out: Array) -> Iterator[Mistake]:
    """The common wrong rules for the k-th operand of an operation."""
    u = operands[k]
    if len(operands) == 1 and op is not ops.NEG:
        yield Mistake(out, "{o}")
        for text in _USUAL.get(op, ()):
            yield Mistake(_BY_TEXT[text].of(u, out), text)
    if op is ops.SQRT:
        yield from _power_mistakes(0.5, u)
    elif _is_fixed_power(op):
        yield from _power_mistakes(op.params[0], u)
    elif op is ops.DIV and k == 1:
        top = operands[0]
        yield Mistake(out, "{o}")
        yield Mistake(-out, "-{o}")
        yield Mistake(top * np.log(np.abs(u)), "the numerator times log({u})")
    elif op is ops.POW and k == 1:
        base = operands[0]
        yield Mistake(u * base ** (u - 1.0), "what the power rule for the base gives")
    elif op is ops.POW:
        exponent = operands[1]
        yield Mistake(exponent * out, "{o} times the exponent")
        yield Mistake(out, "{o}")


def _power_mistakes(n: float, u: Array) -> Iterator[Mistake]:
    """A wrong factor, a wrong exponent, or the integral; but no slip that is a constant factor, which others find."""
    for factor, m in ((n, n), (n + 1.0, n - 1.0), (n - 1.0, n - 1.0), (n + 1.0, n), (n, n + 1.0), (1.0, n + 1.0),
                      (n - 1.0, n), (n, n - 2.0)):  # fmt: skip
        if factor and m and (m != n - 1.0 or n >= (2.0 if factor > n else 3.0)):
            number = {1.0: "", -1.0: "-"}.get(factor, f"{factor:g}")
            yield Mistake(factor * u**m, number + ("{u}" if m == 1.0 else f"{{u}}^{m:g}"))
    if n != -1.0:
        yield Mistake(u ** (n + 1.0) / (n + 1.0), f"{{u}}^{n + 1:g}/{n + 1:g}")


# --- wrong rules, wrong constants, rules taken at the wrong place -----------------------------------------------------


def wrong_rule(e: Evidence) -> Iterator[Guess]:
    """The mistakes that are made often: the function itself, the exponent kept, the product of the derivatives."""
    for edge in e.edges:
        for mistake in usual_mistakes(edge.op, edge.k, edge.operands, e.value[edge.i]):
            yield edge.slip("wrong function", f"{{slope}}, not {_told(mistake.text)}", mistake.partial)
        if edge.op in (ops.MUL, ops.DIV) and all(e.below[q] is None for q in e.parents[edge.i][: edge.k]):
            yield from _factor_by_factor(edge)
        if edge.k == 0 and _is_fixed_power(edge.op):
            powers = edge.below ** edge.op.params[0]
            text = "the derivative of the power {formula} is not the power of the derivative"
            yield edge.slip("wrong function", text, np.ones_like(edge.partial), powers)
    products = [i for i, node in enumerate(e.order) if node._row is ops.MUL and e.below[i] is not None]
    if len(products) > 1:
        slopes: dict[int, Array | None] = {}
        for i in products:  # each is looked at with the ones inside it turned already
            u, v = (slopes.get(p, e.below[p]) for p in e.parents[i])
            slopes[i] = e.below[i] if u is None or v is None else u * v
        change = e.gradient(nodes=slopes) - e.slopes_of(-1)
        yield slip("wrong function", change, _FACTOR_BY_FACTOR, e.order[products[-1]], rule="product")


_FACTOR_BY_FACTOR = "the derivative of the {rule} {formula} is not the {rule} of the derivatives"


@functools.cache
def _told(form: str) -> str:
    """A form of the operand u and the result o as a part of a sentence, without brackets in brackets."""
    alone = {"{u}": "{operand}", "{o}": "{formula}"}
    return alone.get(form, form.replace("({u})", "({operand})"))


def _factor_by_factor(edge: Edge) -> Iterator[Guess]:
    e, product = edge.e, edge.op is ops.MUL
    top, bottom = e.parents[edge.i]
    each = e.slopes_of(top), e.slopes_of(bottom)
    if not product and e.below[top] is None:  # 1/v' for the derivative of 1/v
        each = e.value[top] + np.zeros_like(e.gap), each[1]
    whole = e.slopes_of(edge.i)
    for u, v in (each, tuple(slopes.sum(axis=1, keepdims=True) for slopes in each)):  # then all variables vary at once
        replaced = u * v if product else np.divide(u, v, out=np.zeros_like(u), where=v != 0.0)
        if np.any(replaced):
            change = edge.above * (replaced * (whole != 0.0) - whole)
            rule = "product" if product else "quotient"
            yield slip("wrong function", change, _FACTOR_BY_FACTOR, edge.node, rule=rule)


def repeated(e: Evidence, guesses: Iterable[Guess]) -> Iterator[Guess]:
    """The same slip wherever the same is done: in every term of a sum, in every copy of a part, in every layer."""
    alike: dict[Hashable, dict[tuple[int, int], Guess]] = {}
    for guess in guesses:
        if (edge := guess.edge) is not None:
            keys: list[Hashable] = [(guess.same, edge.k, e.alike[edge.i])]
            if len(e.order) <= MOST_RUN:
                keys.append((guess.same, edge.k, edge.op))
                if isinstance(guess.same, str):
                    keys.append(guess.same)
            if edge.op is ops.DOT:  # in every term of every dot product
                keys.append((guess.same, e.alike[edge.i]))
            for key in keys:
                alike.setdefault(key, {})[edge.i, edge.k] = guess
    done = set()
    for group in alike.values():
        first = next(iter(group.values()))
        if len(group) < 2 or (places := (first.same, *group)) in done:
            continue
        done.add(places)
        if len({e.alike[i] for i, _ in group}) == 1:  # then none of them is inside another
            change = np.sum([guess.change for guess in group.values()], axis=0)
        else:
            change = e.gradient({place: guess.instead for place, guess in group.items()}) - e.slopes_of(-1)
        yield _in_each(Guess(first.kind, change, first.node, first.text), len(group))


def _in_each(guess: Guess, places: int) -> Guess:
    """A guess that is said of several places."""
    return guess if places == 1 else guess._replace(text=replace(guess.text, places=places))


def constant_factor(e: Evidence, simple: bool = False) -> Iterator[Guess]:
    """A constant factor of the whole or of a part; or a whole number or simple fraction only."""
    return (guess for factor, guess in _constants(e) if not simple or _simple(factor))


def _constants(e: Evidence) -> Iterator[tuple[float, Guess]]:
    """The constant factor, on the whole or on what comes through one operand, that would explain the largest gap."""
    at = np.unravel_index(int(np.argmax(np.abs(e.gap))), e.gap.shape)
    gap, right = float(e.gap[at]), float(e.right[at])
    if right != 0.0 and abs(1.0 + gap / right) > 1e-9:
        yield _scaled(e.right, gap / right, "your derivative")
    parts: dict[tuple[int, int], list[Edge]] = {}
    for edge in e.edges:
        parts.setdefault((e.alike[edge.i], edge.k), []).append(edge)
    for edges in [*([edge] for edge in e.edges), *(edges for edges in parts.values() if len(edges) > 1)]:
        edge, part = edges[0], np.sum([edge.through for edge in edges], axis=0)
        there = float(part[at])
        more = gap / there if there else -1.0
        varies = np.ptp(part[:, at[1]]) > 1e-6 * abs(there)  # else any slip by a constant would fit
        if 1.0 + more > 1e-9 and (varies or _simple(1.0 + more)):  # a turned sign as well would be two slips
            what = "the derivative of the term {term}" if edge.op in PASS_ON else "your {slope_name}"
            factor, guess = _scaled(part, more, what, edge.node, edge.k)
            yield factor, _in_each(guess, len(edges))


def _scaled(part: Array, more: float, what: str, node: Any = None, k: int = 0) -> tuple[float, Guess]:
    """A part of the derivative that is as much larger as `more` says, and the factor that it is larger by."""
    factor, text = 1.0 + more, f"{what} is {{factor}} times what it should be"
    return factor, slip("constant factor", more * part, text, node, k, factor=later(constant_text, factor))


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
_NAMED |= {f"1/({name})": 1.0 / number for name, number in _NAMED.items()}


def _name_of(factor: float) -> str:
    """The name of a constant, without its sign; empty if it has none."""
    return next((name for name, number in _NAMED.items() if math.isclose(abs(factor), number, rel_tol=1e-7)), "")


def _is_telling(factor: float) -> bool:
    """Whether a constant is one that people write: a simple fraction, a decimal of few digits, or one with a name."""
    return _simple(factor) or math.isclose(factor, float(f"{factor:.3g}"), rel_tol=1e-7) or bool(_name_of(factor))


def constant_text(factor: float) -> str:
    """A constant as a fraction or by its name, where it has one."""
    near = Fraction(factor).limit_denominator(12)
    if _simple(factor) and abs(factor - near) <= 1e-9 * abs(factor):
        return str(near)
    name = _name_of(factor)
    return f"{'-' if factor < 0 else ''}{name}" if name else f"{factor:.10g}"


def _is_power(op: Op) -> bool:
    return _is_fixed_power(op) or op in (ops.SQRT, ops.CBRT, ops.DIV, ops.POW, ops.LOG, ops.LOG2, ops.LOG10)


def wrong_place(e: Evidence, powers: bool = False) -> Iterator[Guess]:
    """A node's rule at some other node's number: sigma'(a) for sigma'(z), cos(x) for cos(x^2).

    For `powers`, roots, quotients and logarithms this is often the same as a constant factor.
    """
    row = int(np.argmax(np.abs(e.gap).max(axis=1) * e.same))
    for n, edge in enumerate(e.edges):
        op = edge.op
        flat = op in (*PASS_ON, ops.MUL, ops.NEG) or op.variadic or (op is ops.DIV and edge.k == 0)
        if flat or _is_power(op) != powers:
            continue
        yield from _at_relatives(edge)
        if n >= MOST_EDGES:
            continue
        yield from _at_inner_slope(edge)
        places = [j for j in range(len(e.order)) if j != edge.p and e.below[j] is not None]
        for j in sorted(places, key=lambda j: (j != edge.i, j > edge.p, abs(edge.p - j))):
            if _fits_in_row(edge, j, row):
                yield _taken_at(edge, j)


def _taken_at(edge: Edge, j: int) -> Guess:
    """The local derivative at the number of node j."""
    text = "{slope_name} is taken at {there} instead of at {operand}"
    return edge.slip("wrong point", text, edge.partial_at(edge.e.value[j]), there=later(_there, edge, j))


def _there(edge: Edge, j: int) -> str:
    return written(edge.e.order[j]) + (", the node's own output," if edge.i == j else "")


def _at_relatives(edge: Edge) -> Iterator[Guess]:
    """At the node's own output, or at an operand of its operand, where it may be the same for others of its kind."""
    e = edge.e
    if e.alike.count(e.alike[edge.i]) > 1:
        for which, j in enumerate((edge.i, *e.parents[edge.p])):
            yield _taken_at(edge, j)._replace(same=("wrong point", which))


def _at_inner_slope(edge: Edge) -> Iterator[Guess]:
    """f'(g'(x)) for f'(g(x)), with the factor g'(x) or without it."""
    e, inner = edge.e, edge.inner
    if len(edge.operands) != 1 or not inner.parents:
        return
    slopes = [edge.below[:, [c]] for c in e.columns[:2]]
    if len(inner.parents) == 1 and np.ptp(e.partial[edge.p, 0]):
        slopes.append(e.partial[edge.p, 0])
    text = "{slope_name} is taken at the derivative of {operand} instead of at {operand}"
    for taken in map(edge.partial_at, slopes):
        yield edge.slip("wrong point", text, taken)
        change = edge.above * taken * (edge.below != 0.0).any(axis=0) - edge.through
        yield slip("wrong point", change, text, edge.node, edge.k)._replace(node=inner)


def _fits_in_row(edge: Edge, j: int, row: int) -> bool:
    """Whether this place explains the point that is furthest off; if not, no other point need be looked at."""
    e = edge.e
    taken = edge.partial_at(e.value[j], [row])
    change = (edge.above * (taken - edge.partial) * edge.below)[row]
    return bool(np.all((np.abs(change - e.gap[row]) <= e.slack[row])[e.columns]))


# --- whatever else one slip can do: factors from anywhere, any textbook function, slips on a single path --------------


def swapped_operands(e: Evidence) -> Iterator[Guess]:
    """The two local derivatives of a node in each other's place, or both taken with the operands exchanged."""
    text = "in the derivative of {formula} the operands {first} and {second} are swapped"
    for i, node in enumerate(e.order):
        if len(node.parents) != 2 or e.below[i] is None:
            continue
        first, second = e.parents[i]
        _, (by_first, by_second) = e.rule_at(node._row, [e.value[second], e.value[first]])
        for left, right in ((e.partial[i, 1], e.partial[i, 0]), (by_second, by_first), (by_first, by_second)):
            crossed = left * e.slopes_of(first) + right * e.slopes_of(second)
            change = e.above[i] * (crossed - e.slopes_of(i))
            yield slip("swapped", change, text, node)


def another_inside(e: Evidence) -> Iterator[Guess]:
    """The derivative of f(v) for that of f(u), with u = 3v or v + 1 or any other u of v: a part of f was overlooked."""
    if len(e.order) > MOST_RUN:
        return
    alike: dict[tuple[int, int], dict[int, int]] = {}
    for edge in e.edges:
        if edge.node is not e.order[-1]:
            alike.setdefault((e.alike[edge.i], edge.k), {})[edge.i] = edge.p
    every = [group for group in alike.values() if len(group) > 1]
    for inside in [*({i: p} for group in alike.values() for i, p in group.items()), *every]:
        i, p = next(iter(inside.items()))
        text = "the derivative is taken with {there} in the place of {formula}"
        for gradient in e.taken_at(inside):
            change = gradient - e.slopes_of(-1)
            yield slip("wrong point", change, text, e.order[i], there=later(written, e.order[p]))


def factor_of_any_node(e: Evidence) -> Iterator[Guess]:
    """The whole, or what comes through one operand, times or divided by some number of the graph."""
    by = _divisors(e)
    for j, node in enumerate(e.order):
        if e.below[j] is not None:
            yield from _times(e.right, e.value[j], node, later(written, node), j in by)
    for edge in e.edges:
        yield from _times(e.right, edge.partial, edge.node, later(local_derivative_text, edge.node, edge.k))
    for edge in e.edges[:MOST_EDGES]:
        for q in dict.fromkeys((*e.parents[edge.i], edge.i)):
            yield from _times(edge.through, e.value[q], edge.node, later(written, e.order[q]), q in by)


def _times(part: Array, factor: Array, node: Any, text: Callable[[], str], divides: bool = False) -> Iterator[Guess]:
    if divides:  # then it is rather a division that is missing
        yield slip("missing factor", part * (factor - 1.0), "you left out the division by {it}", node, it=text)
    yield slip("extra factor", part * (factor - 1.0), "a factor too much: {it}", node, it=text)
    yield slip("missing factor", part * (1.0 / factor - 1.0), "you left out the factor {it}", node, it=text)


def factor_at_a_node(e: Evidence) -> Iterator[Guess]:
    """A factor too much, a textbook function of a node, on all paths through that node or through all built alike."""
    for group in e.kinds:
        node = e.order[group[0]]
        through = np.array([e.above[i] * e.slopes_of(i) for i in group])
        u = np.array([e.value[i] for i in group])
        for entry in _TEXTBOOK:
            if "{o}" not in entry.text:
                change = np.sum((entry.of(u, u) - 1.0) * through, axis=0)
                text = f"a factor too much: {_told(entry.text)}"
                guess = slip(
                    "extra factor", change, text, node, operand=later(written, node), u=later(_in_brackets, node)
                )
                yield _in_each(guess, len(group))
    for i, node in enumerate(e.order):
        p = e.slopes_of(i)
        if np.ptp(p, axis=0).any():
            for factor, form in ((1.0 - p, "1 - p"), (p * (1.0 - p), "p*(1 - p)")):
                text = f"a factor too much: {form} with p the derivative of {{formula}}"
                yield slip("extra factor", e.right * (factor - 1.0), text, node)


def _in_brackets(node: Any) -> str:
    return bracketed(written(node))


def kept_term(e: Evidence) -> Iterator[Guess]:
    """A term that was copied instead of differentiated; or the sum of all partial derivatives in place of each one."""
    text = "the term {term} of {formula} stands in your derivative as it is"
    for i, node in enumerate(e.order):
        if node._row in PASS_ON and e.below[i] is not None:
            for k, p in enumerate(e.parents[i]):
                change = e.above[i] * e.partial[i, k] * (e.value[p] - e.slopes_of(p))
                yield slip("wrong function", change, text, node, k)
    if len(e.names) > 1 and np.ptp(e.right, axis=0).any():
        total = e.right.sum(axis=1, keepdims=True) - e.right
        yield slip("wrong function", total, "all partial derivatives are added up: hold the other variables constant")


def factor_of_the_variables(e: Evidence) -> Iterator[Guess]:
    """The whole times or divided by a textbook function of a variable; all that there is for f without a graph."""
    for c, name in enumerate(e.names[:6]):
        yield from _power_of(e, c, name)
        for entry in _TEXTBOOK:
            if "{o}" not in entry.text and "/" not in entry.text:
                x = e.points[:, [c]]
                yield from _times(e.right, entry.of(x, x), None, later(entry.text.format, u=name))


def _power_of(e: Evidence, c: int, name: str) -> Iterator[Guess]:
    """The whole times b x^n, with b and n from the two points that are furthest apart."""
    x, ratio = np.abs(e.points[:, c]), e.yours[:, e.columns[0]] / e.right[:, e.columns[0]]
    one, two = int(np.argmax(x)), int(np.argmin(x))
    n = float(np.round(2.0 * np.log(abs(ratio[one] / ratio[two])) / np.log(x[one] / x[two])) / 2.0)
    if not 0.0 < abs(n) <= 4.0:
        return
    power = (e.points[:, c] if n % 1.0 == 0.0 else x) ** abs(n)
    b = float((ratio[one] if n > 0.0 else 1.0 / ratio[one]) / power[one])  # of b x^|n|, too much or left out
    if b <= 0.0 or not _is_telling(b):
        return
    number, text = constant_text(b), name if abs(n) == 1.0 else f"{name}^{abs(n):g}"
    text = text if number == "1" else f"{number}*{text}"
    factor = b * power[:, None]
    if n > 0.0:
        yield slip("extra factor", e.right * (factor - 1.0), "a factor too much: {it}", it=text)
    else:
        yield slip("missing factor", e.right * (1.0 / factor - 1.0), "you left out the factor {it}", it=text)


def textbook_function(e: Evidence) -> Iterator[Guess]:
    """Any function that stands in a table in the place of a local derivative."""
    for edge in e.edges[:MOST_EDGES]:
        operands = edge.operands
        if len(operands) != 1 and edge.op is not ops.DIV:
            continue
        scale = operands[0] if edge.k == 1 else 1.0  # a quotient is its numerator times a function
        for entry in _TEXTBOOK:
            function = scale * entry.of(operands[edge.k], e.value[edge.i])
            yield edge.slip("wrong function", f"{{slope}}, not {_told(entry.text)}", function)
            yield edge.slip("wrong function", f"{{slope}}, not {_told('-' + entry.text)}", -function)


def single_path(e: Evidence) -> Iterator[Guess]:
    """Slips on one path from the root to a variable, where a shared node makes several out of one operand."""
    for wrong in map(int, e.columns):
        for path in _paths(e, wrong):
            yield from _slips_on(e, path, wrong)


def _slips_on(e: Evidence, path: list[Edge], wrong: int) -> Iterator[Guess]:
    product = np.prod([e.same[:, None] * 1.0, *(edge.partial for edge in path)], axis=0)
    there = np.arange(len(e.names)) == wrong
    last = path[-1].node
    words = {"x": e.names[wrong], "way": ", ".join(written(edge.node) for edge in path[1:4]) or "the root itself"}
    rest = product - e.right[:, [wrong]] * e.same[:, None]
    yield slip("missing path", -product * there, "{x} also reaches f through {way}", last, **words)
    yield slip("missing path", rest * there, "{x} reaches f not only through {way}", last, **words)
    text = "the sign of the path of {x} through {way} is the wrong way round"
    yield slip("sign", -2.0 * product * there, text, last, **words)
    for edge in path:
        for kind, change, text in (
            ("missing factor", product / edge.partial - product, _LEFT_OUT),
            ("extra factor", product * edge.partial - product, _TWICE),
        ):
            yield slip(kind, change * there, f"{text} on the path through {{way}}", edge.node, edge.k, **words)


_MOST_PATHS = 64


def _paths(e: Evidence, wrong: int) -> list[list[Edge]]:
    """The paths from the root to a variable; none if there are too many, or only one."""
    unfinished: list[list[Edge]] = [[]] if e.order else []
    found = []
    while unfinished:
        path = unfinished.pop()
        i = path[-1].p if path else len(e.order) - 1
        if not e.parents[i] and path:
            found.append(path)
        unfinished += [[*path, Edge(e, i, k, p)] for k, p in enumerate(e.parents[i]) if e.reaches(p, wrong)]
        if len(found) + len(unfinished) > _MOST_PATHS:
            return []
    return found if len(found) > 1 else []


# --- the ranking ------------------------------------------------------------------------------------------------------

# The order of the tiers is the ranking: a guess that fits hides all later ones. So where two descriptions give the very
# same numbers, the more likely one has to come first.
TIERS: tuple[Tier, ...] = (
    # The whole. Minus the derivative is "sign" and not the constant -1, even where (1, -1) for (-1, 1) might be two
    # entries swapped.
    sign_of_the_whole,
    degrees,
    transposed,
    swapped_entries,
    mean_for_sum,
    # Something left out: one of several ways from a variable to the root, then the sign of one of them, then the only
    # way, then a factor. What is lost at a sum is a "dropped term", elsewhere a "missing path". A local derivative is a
    # "missing factor" whether it varies or not: forgetting d(3x)/dx = 3 is not the constant 1/3. Where a term left out
    # leaves an inner derivative of 1, as in sin(x + x^2), the inner derivative is the one left out.
    left_out,
    sign_of_a_part,
    later(left_out, ranks=(1,)),
    later(left_out, ranks=(0, 1, 2, 3)),
    left_out_factor,
    held_constant,
)

# A wrong rule.
RULES: tuple[Tier, ...] = (
    # Powers taken at the wrong place often differ by a constant only, so a simple constant goes first.
    wrong_place,
    wrong_rule,
    counted_twice,
    later(constant_factor, simple=True),
    later(wrong_place, powers=True),
    constant_factor,
)

# Anything else that one slip can do.
RARE: tuple[Tier, ...] = (
    swapped_operands,
    factor_of_any_node,
    kept_term,
    factor_at_a_node,
    another_inside,
    textbook_function,
    factor_of_the_variables,
    single_path,
)
