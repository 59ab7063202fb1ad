"""Guesses at the one slip in a hand derivative: in the whole, in a part, in a rule.

Each guess says by how much the right derivative would change, at every point and for every variable; whether that fits
is for :class:`autograd.checking.evidence.Evidence` to say. By the chain rule, what reaches the variables through one
operand of one node is ``above * partial * below``, so a slip there replaces one of three factors: one line each.
Which guess goes before which is decided in :mod:`autograd.checking.diagnosis`.
"""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import partial as later
from typing import Any, NamedTuple

import numpy as np

from ..engine import ops
from ..engine.op import Op
from ..functions.expressions import Reading, Source
from ..reading.formulas import local_derivative_text, name_of, term_text, written
from ..reading.names import short_number
from .evidence import MOST_EDGES, MOST_RUN, PASS_ON, Array, Evidence, Guess, column, edge_guess, value_and_partial

__all__ = [
    "TEXTBOOK",
    "any_constant",
    "constant_text",
    "counted_twice",
    "degrees",
    "divisors",
    "held_constant",
    "in_each",
    "is_telling",
    "left_out_factor",
    "left_out_part",
    "left_out_term",
    "left_out_text",
    "left_out_way",
    "mean_for_sum",
    "repeated",
    "rule_text",
    "sign_of_a_part",
    "sign_of_the_whole",
    "simple_constant",
    "swapped_entries",
    "transposed",
    "twice_text",
    "usual_mistakes",
    "wrong_place",
    "wrong_place_of_a_power",
    "wrong_rule",
]

# --- the derivative as a whole ----------------------------------------------------------------------------------------

_DEGREE = math.pi / 180.0
_TURNS = (ops.SIN, ops.COS, ops.TAN, ops.ASIN, ops.ACOS, ops.ATAN)


def sign_of_the_whole(e: Evidence) -> Iterator[Guess]:
    """Minus the derivative."""
    yield Guess("sign", -2.0 * e.right, None, lambda: "the sign is the wrong way round")


def degrees(e: Evidence) -> Iterator[Guess]:
    """A factor of pi/180 or 180/pi, on the whole or on the slope of an angle; or such a slope taken at degrees."""
    for factor, name in ((_DEGREE, "pi/180"), (1.0 / _DEGREE, "180/pi")):
        text = f"a factor of {name} too much: degrees in one place, radians in the other"
        yield Guess("degrees", (factor - 1.0) * e.right, None, text.__str__)
        for i, k, p in e.edges:
            node = e.order[i]
            if node._row not in _TURNS:
                continue
            taken = np.array([value_and_partial(node._row, (float(x),), 0)[1] for x in e.value[p] * factor])
            for numbers in (taken, factor * taken):
                yield edge_guess(e, i, k, numbers, "degrees", later(_degrees_text, node))
            yield edge_guess(e, i, k, factor * e.partial[i, k], "degrees", text.__str__)


def _degrees_text(node: Any) -> str:
    return f"the slope of {written(node, False)} is taken at degrees where f takes radians, or the other way round"


def transposed(e: Evidence) -> Iterator[Guess]:
    """The entries of a matrix column by column instead of row by row."""
    if len(e.columns) < 2:
        return
    places = np.arange(len(e.names))
    for start, rows, columns in _layouts(e.names):
        end = start + rows * columns
        for turned in (places[start:end].reshape(rows, columns).T, places[start:end].reshape(columns, rows).T):
            order = np.concatenate([places[:start], turned.ravel(), places[end:]])
            text = later(_transposed_text, rows, columns, e.names[start], e.names[end - 1])
            yield Guess("transposed", e.right[:, order] - e.right, None, text)


def _transposed_text(rows: int, columns: int, first: str, last: str) -> str:
    return f"the {rows} x {columns} matrix of the entries for {first} to {last} is transposed"


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
    yield Guess("swapped", e.right[:, order] - e.right, None, later(_entries_text, [e.names[i] for i in e.columns]))


def _entries_text(names: list[str]) -> str:
    listed = " and ".join([", ".join(names[:-1]), names[-1]])
    return f"the entries for {listed} are {'swapped' if len(names) == 2 else 'in the wrong order'}"


def mean_for_sum(e: Evidence) -> Iterator[Guess]:
    """A factor of 1/n where f has a sum of n terms that are built alike; or n, where it has a mean."""
    for i, node in enumerate(e.order):
        if e.below[i] is None or not node.parents:
            continue
        n = len(node.parents) if node._row in (ops.SUM, ops.MEAN) else _terms_alike(e, i)
        factor = float(n) if node._row is ops.MEAN else 1.0 / max(n, 1)
        if n > 1:
            change = (factor - 1.0) * column(e.above[i]) * e.slopes_of(i)
            yield Guess("mean for sum", change, node, later(_mean_text, n, node._row is ops.MEAN), everywhere=True)
        if n > 2 and (node._row is ops.MEAN or any(np.all(v == n) for v in e.value)):
            change = 1.0 / (n - 1.0) * column(e.above[i]) * e.slopes_of(i)
            yield Guess("mean for sum", change, node, later(_less_one_text, n), everywhere=True)


def _mean_text(n: int, mean: bool) -> str:
    if mean:
        return f"f takes the mean of {n} terms, your derivative their sum: a factor of 1/{n} is missing"
    return f"f takes the sum of {n} terms, your derivative their mean: a factor of 1/{n} too much"


def _less_one_text(n: int) -> str:
    return f"your derivative divides by {n - 1} where f divides by {n}"


def _terms_alike(e: Evidence, i: int) -> int:
    """How many terms a chain of additions has, if they are all built alike, as for the samples of a batch."""
    terms, unread = [], [i]
    while unread:
        j = unread.pop()
        if e.order[j]._row is ops.ADD:
            unread += e.parents[j]
        elif e.order[j].parents or e.order[j]._data != 0.0:  # Python's sum begins with 0
            terms.append(j)
    kinds = Counter(e.alike[j] for j in terms if e.below[j] is not None)
    n = min(kinds.values(), default=0)
    if n == 2:  # x^2 + y^2 is no batch
        return 0
    return n if set(kinds.values()) == {n} and all(e.parents[j] for j in terms if e.below[j] is not None) else 0


# --- parts turned round, left out or counted twice --------------------------------------------------------------------


def sign_of_a_part(e: Evidence) -> Iterator[Guess]:
    """Minus what comes through one operand, or through one node."""
    for i, k, p in e.edges:
        if len(set(e.parents[i])) > 1 or len(e.parents[i]) == 1:  # x*x with one sign turned is x*x left out
            yield edge_guess(e, i, k, -e.partial[i, k], "sign", later(_sign_text, e.order[i], k))
        everything = -2.0 * column(e.above[p]) * e.slopes_of(p)
        yield Guess("sign", everything, e.order[p], later(_sign_of_node_text, e.order[p]))


def _sign_text(node: Any, k: int) -> str:
    if node._row in PASS_ON:
        return f"the sign of the term {term_text(node, k)} is the wrong way round"
    return f"the sign of {local_derivative_text(node, k)} is the wrong way round"


def _sign_of_node_text(node: Any) -> str:
    return f"the sign of what comes through {name_of(node)} is the wrong way round"


def left_out_way(e: Evidence) -> Iterator[Guess]:
    """One of several operands of a node that all depend on the wrong variable: a term, or a path."""
    return (guess for rank, guess in e.kept(_parts) if rank == 0)


def left_out_term(e: Evidence) -> Iterator[Guess]:
    """The only way on which a variable reaches the root: a term of a sum that has other variables beside it."""
    return (guess for rank, guess in e.kept(_parts) if rank == 1)


def left_out_part(e: Evidence) -> Iterator[Guess]:
    """The only way on which a variable reaches the root, wherever it lies."""
    return (guess for _, guess in sorted(e.kept(_parts), key=lambda part: part[0]))


def _parts(e: Evidence) -> Iterator[tuple[int, Guess]]:
    """Every operand left out, ranked: 0 if its variable has another way, 1 for a term, 2 for a factor, 3 alone."""
    insides = {p for i, _, p in e.edges if len(e.parents[i]) == 1}
    unlikely: list[Array] = []
    for i, k, p in e.edges:
        node = e.order[i]
        own = column(e.partial[i, k]) * e.slopes_of(p)
        others = [q for j, q in enumerate(e.parents[i]) if j != k and e.below[q] is not None]
        shared = [c for c in map(int, e.columns) if e.reaches(p, c) and any(e.reaches(q, c) for q in others)]
        if shared:
            rank = 0
        elif others:
            rank = 1 if node._row in PASS_ON else 2
        else:
            rank = 3
        in_wrong = -e.through(i, k)[:, e.columns]
        nothing_left = np.abs(e.right[:, e.columns] + in_wrong) <= 1e-12 * np.abs(e.right[:, e.columns])
        if np.any(nothing_left & (np.abs(e.yours) > 1e-25 * np.abs(e.right))[:, e.columns]):
            continue  # then the derivative is exactly 0, and not only very small beside the right one
        if i in insides and np.allclose(e.slopes_of(i)[:, e.columns] - own[:, e.columns], 1.0, 1e-12, 1e-12):
            unlikely.append(in_wrong)  # rather the inner derivative as a whole is left out
        if any(np.allclose(in_wrong, other, 1e-12, 1e-12) for other in unlikely):
            continue
        wrong = int(shared[0] if shared else e.columns[0])
        kind = "dropped term" if node._row in PASS_ON else "missing path"
        nothing = np.zeros(len(e.points))
        yield rank, edge_guess(e, i, k, nothing, kind, later(_part_text, e, i, k, wrong))


def _part_text(e: Evidence, i: int, k: int, wrong: int) -> str:
    node = e.order[i]
    part = node.parents[k]
    if node._row in PASS_ON:
        return f"you dropped the term {term_text(node, k)} of {written(node, False)}"
    columns = [c for c in range(len(e.names)) if e.reaches(e.parents[i][k], c)]
    name = e.names[wrong if wrong in columns else columns[0]]
    whole = name_of(e.order[-1]) if e.order[-1]._label else "f"
    rule = {ops.MUL: ", the product rule's other term", ops.DIV: ", the quotient rule's other term"}.get(node._row, "")
    if not part.parents:
        on_the_way = "" if node is e.order[-1] else f" through {name_of(node)}"
        return f"{name} also reaches {whole}{on_the_way} directly, by {local_derivative_text(node, k)}{rule}"
    return f"{name} also reaches {whole} through {name_of(part)}{rule}"


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
    return Guess("missing path", change, nodes[0], later(_held_text, nodes))


def _held_text(nodes: list[Any]) -> str:
    return f"you held {' and '.join(written(node, False) for node in nodes)} constant, but the variables go into it"


def left_out_factor(e: Evidence) -> Iterator[Guess]:
    """A local derivative, everything inside it or everything outside it, or a quotient's divisor."""
    one = np.ones(len(e.points))
    for i, k, _ in e.edges:
        node = e.order[i]
        yield edge_guess(e, i, k, one, "missing factor", later(left_out_text, node, k))
        if node._row is ops.DIV and e.below[e.parents[i][1]] is not None:
            v = e.value[e.parents[i][1]]
            for power in (1, 2):
                change = column(e.above[i] * (v**power - 1.0)) * e.slopes_of(i)
                yield Guess("missing factor", change, node, later(_divisor_text, node, power))
        for factor, text in _rule_factors(e, i, k):
            guess = edge_guess(e, i, k, e.partial[i, k] / factor, "missing factor", later(text, node, k, factor))
            yield guess._replace(same=str(text))
    for group in e.shared:
        ones: dict[int, Array | None] = {i: (e.slopes_of(i) != 0.0) * 1.0 for i in group}
        inner = e.order[group[0]]
        text = later(in_each, later(_inner_text, inner), len(group))
        yield Guess("missing factor", e.gradient(nodes=ones) - e.slopes_of(-1), inner, text)
    for i, k, p in e.edges:
        node, inner = e.order[i], e.order[p]
        if inner.parents and node._row not in (*PASS_ON, ops.MUL):
            reached = np.ones_like(e.gap) * (e.slopes_of(p) != 0.0).any(axis=0)
            guess = edge_guess(e, i, k, None, "missing factor", later(_inner_text, inner), reached)
            yield guess._replace(node=inner)
        varies = np.any(np.ptp(e.slopes_of(p)[:, e.columns], axis=0)) and np.ptp(e.above[p])
        if inner.parents and varies:  # else this only says that one of them is a constant
            change = column(1.0 - e.above[p]) * e.slopes_of(p)
            yield Guess("missing factor", change, node, later(_outer_text, inner))


def _rule_factors(e: Evidence, i: int, k: int) -> Iterator[tuple[Any, Callable[[Any, int, Any], str]]]:
    """The exponent of a power, and the logarithm of the base in the derivatives of 2^x, a^x, log2 and log10."""
    op, operands = e.order[i]._row, [e.value[p] for p in e.parents[i]]
    if _is_fixed_power(op) or (op is ops.POW and k == 0):
        yield op.params[0] if op.params else operands[1], _exponent_text
    elif op in _BASES:
        yield np.log(_BASES[op]) if op is ops.EXP2 else 1.0 / np.log(_BASES[op]), _base_text
    elif op is ops.POW:
        yield np.log(operands[0]), _base_text


_BASES = {ops.EXP2: 2.0, ops.LOG2: 2.0, ops.LOG10: 10.0}


def _is_fixed_power(op: Op) -> bool:
    return len(op.params) == 1 and op is ops.power(op.params[0])


def _exponent_text(node: Any, k: int, factor: Any) -> str:
    return f"you left out the exponent as a factor: {local_derivative_text(node, k)}"


def _base_text(node: Any, k: int, factor: Any) -> str:
    number = short_number(float(np.ravel(factor)[0]))
    return f"you left out the factor {number} that the base brings into {local_derivative_text(node, k)}"


def left_out_text(node: Any, k: int) -> str:
    """The sentence for a local derivative that was left out."""
    return f"you left out {local_derivative_text(node, k)}"


def divisors(e: Evidence) -> set[int]:
    """The nodes that some local derivative is divided by, and the factors of these."""
    unread = []
    for i, k, p in e.edges:
        op = e.order[i]._row
        power = op.params[0] if _is_fixed_power(op) else 1.0
        if (op is ops.DIV and k == 1) or op in (ops.LOG, ops.LOG2, ops.LOG10, ops.LOG1P) or power < 1.0:
            unread.append(p)
        elif op in (ops.SQRT, ops.CBRT, ops.HYPOT):
            unread.append(i)
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


def _divisor_text(node: Any, power: int) -> str:
    by = written(node.parents[1] ** power)
    return f"you left out the division by {by} in the quotient rule for {written(node, False)}"


def _inner_text(inner: Any) -> str:
    return f"you left out the inner derivative, that of {written(inner, False)}"


def _outer_text(inner: Any) -> str:
    return f"you left out the outer derivative, that of f by {written(inner, False)}"


def counted_twice(e: Evidence) -> Iterator[Guess]:
    """A local derivative, or everything inside it, squared."""
    for i, k, p in e.edges:
        node, inner = e.order[i], e.order[p]
        yield edge_guess(e, i, k, e.partial[i, k] ** 2, "extra factor", later(twice_text, node, k))
    for i, k, p in e.edges:
        inner = e.order[p]
        if inner.parents:
            squared = e.slopes_of(p) ** 2
            guess = edge_guess(e, i, k, None, "extra factor", later(_inner_twice_text, inner), squared)
            yield guess._replace(node=inner)


def twice_text(node: Any, k: int) -> str:
    """The sentence for a local derivative that is there twice."""
    return f"the factor {local_derivative_text(node, k)} stands there twice"


def _inner_twice_text(inner: Any) -> str:
    return f"the inner derivative, that of {written(inner, False)}, stands there twice"


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
    return Instead(text, lambda u, o: eval(code, _NUMPY, {"u": u, "o": o}))  # of the lines below


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
TEXTBOOK = tuple(_instead(text.strip()) for text in _FORMS.split(";"))
_BY_TEXT = {entry.text: entry for entry in TEXTBOOK}

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
    """A wrong factor, a wrong exponent, or the integral; what is a constant factor only is left to those."""
    for factor, m in ((n, n), (n + 1.0, n - 1.0), (n - 1.0, n - 1.0), (n + 1.0, n), (n, n + 1.0), (1.0, n + 1.0),
                      (n - 1.0, n), (n, n - 2.0)):  # fmt: skip
        if factor and m and (m != n - 1.0 or n >= 3.0):
            number = {1.0: "", -1.0: "-"}.get(factor, f"{factor:g}")
            yield Mistake(factor * u**m, number + ("{u}" if m == 1.0 else f"{{u}}^{m:g}"))
    if n != -1.0:
        yield Mistake(u ** (n + 1.0) / (n + 1.0), f"{{u}}^{n + 1:g}/{n + 1:g}")


# --- wrong rules, wrong constants, rules taken at the wrong place -----------------------------------------------------


def wrong_rule(e: Evidence) -> Iterator[Guess]:
    """The mistakes that are made often: the function itself, the exponent kept, the product of the derivatives."""
    for i, k, _ in e.edges:
        node = e.order[i]
        operands = [e.value[q] for q in e.parents[i]]
        for mistake in usual_mistakes(node._row, k, operands, e.value[i]):
            yield edge_guess(e, i, k, mistake.partial, "wrong function", later(rule_text, node, k, mistake.text))
        if node._row in (ops.MUL, ops.DIV) and all(e.below[q] is None for q in e.parents[i][:k]):
            yield from _factor_by_factor(e, i)
        if k == 0 and _is_fixed_power(node._row):
            powers = e.slopes_of(e.parents[i][0]) ** node._row.params[0]
            text = later(_power_of_slope_text, node)
            yield edge_guess(e, i, k, np.ones(len(e.points)), "wrong function", text, powers)
    products = [i for i, node in enumerate(e.order) if node._row is ops.MUL and e.below[i] is not None]
    if len(products) > 1:
        slopes: dict[int, Array | None] = {}
        for i in products:  # each is looked at with the ones inside it turned already
            u, v = (slopes.get(p, e.below[p]) for p in e.parents[i])
            slopes[i] = e.below[i] if u is None or v is None else u * v
        text = later(_factor_by_factor_text, e.order[products[-1]], "product")
        yield Guess("wrong function", e.gradient(nodes=slopes) - e.slopes_of(-1), e.order[products[-1]], text)


def rule_text(node: Any, k: int, instead: str) -> str:
    """The sentence for a wrong local derivative; `instead` is a form of the operand u and the result o."""
    u, o = written(node.parents[k]), written(node, False)
    if instead not in ("{u}", "{o}"):
        u, o = (text if text.isidentifier() else f"({text})" for text in (u, o))
    form = instead.replace("({u})", "{v}")
    return f"{local_derivative_text(node, k)}, not {form.format(u=u, o=o, v=u if u[0] == '(' else f'({u})')}"


def _power_of_slope_text(node: Any) -> str:
    return f"the derivative of the power {written(node, False)} is not the power of the derivative"


def _factor_by_factor(e: Evidence, i: int) -> Iterator[Guess]:
    node = e.order[i]
    top, bottom = e.parents[i]
    each = e.slopes_of(top), e.slopes_of(bottom)
    product = node._row is ops.MUL
    if not product and e.below[top] is None:  # 1/v' for the derivative of 1/v
        each = column(e.value[top]) + np.zeros_like(e.gap), each[1]
    text = later(_factor_by_factor_text, node, "product" if product else "quotient")
    for u, v in (each, tuple(column(slopes.sum(axis=1)) for slopes in each)):  # the second: all variables vary at once
        instead = u * v if product else np.divide(u, v, out=np.zeros_like(u), where=v != 0.0)
        if np.any(instead):
            instead = instead * (e.slopes_of(i) != 0.0)
            yield Guess("wrong function", column(e.above[i]) * (instead - e.slopes_of(i)), node, text)


def _factor_by_factor_text(node: Any, rule: str) -> str:
    return f"the derivative of the {rule} {written(node, False)} is not the {rule} of the derivatives"


def repeated(e: Evidence, guesses: Iterable[Guess]) -> Iterator[Guess]:
    """The same slip wherever the same is done: in every term of a sum, in every copy of a part, in every layer."""
    alike: dict[Hashable, dict[tuple[int, int], Guess]] = {}
    for guess in guesses:
        if guess.edge is not None:
            (i, k), node = guess.edge, e.order[guess.edge[0]]
            alike.setdefault((guess.same, k, e.alike[i]), {})[guess.edge] = guess
            if len(e.order) <= MOST_RUN:
                alike.setdefault((guess.same, k, node._row), {})[guess.edge] = guess
                if isinstance(guess.same, str):  # of powers with any exponents
                    alike.setdefault(guess.same, {})[guess.edge] = guess
            if node._row is ops.DOT:  # in every term of every dot product
                alike.setdefault((guess.same, e.alike[i]), {})[guess.edge] = guess
    done = set()
    for group in alike.values():
        if len(group) < 2 or (places := (next(iter(group.values())).same, *group)) in done:
            continue
        done.add(places)
        if len({e.alike[i] for i, _ in group}) == 1:  # then none of them is inside another
            change = np.sum([guess.change for guess in group.values()], axis=0)
        else:
            change = e.gradient({edge: guess.instead for edge, guess in group.items()}) - e.slopes_of(-1)
        first = next(iter(group.values()))
        yield Guess(first.kind, change, first.node, later(in_each, first.text, len(group)))


def simple_constant(e: Evidence) -> Iterator[Guess]:
    """A whole number or a simple fraction as a factor of the whole or of a part."""
    return (guess for factor, guess in _constants(e) if _simple(factor))


def any_constant(e: Evidence) -> Iterator[Guess]:
    """Any other constant factor."""
    return (guess for _, guess in _constants(e))


def _constants(e: Evidence) -> Iterator[tuple[float, Guess]]:
    """The constant factor, on the whole or on what comes through one operand, that would explain the largest gap."""
    row, wrong = (int(n) for n in np.unravel_index(int(np.argmax(np.abs(e.gap))), e.gap.shape))
    gap, right = float(e.gap[row, wrong]), float(e.right[row, wrong])
    if right != 0.0:
        factor = 1.0 + gap / right
        if abs(factor) > 1e-9:
            yield factor, Guess("constant factor", gap / right * e.right, None, later(_constant_text, factor))
    parts: dict[tuple[int, int], list[tuple[int, Array]]] = {}
    for i, k, _ in e.edges:
        part = e.through(i, k)
        parts.setdefault((e.alike[i], k), []).append((i, part))
        yield from _constant_of(e, part, (row, wrong), i, k)
    for (_, k), several in parts.items():
        if len(several) > 1:
            total = np.sum([part for _, part in several], axis=0)
            for factor, guess in _constant_of(e, total, (row, wrong), several[0][0], k):
                yield factor, guess._replace(text=later(in_each, guess.text, len(several)))


def _constant_of(e: Evidence, part: Array, at: tuple[int, int], i: int, k: int) -> Iterator[tuple[float, Guess]]:
    """The constant factor on a part of the derivative, unless that is not there at all."""
    there, gap = float(part[at]), float(e.gap[at])
    factor = 1.0 + gap / there if there else 0.0
    varies = np.ptp(part[:, at[1]]) > 1e-6 * abs(there)  # else any slip by a constant would fit
    if factor > 1e-9 and (varies or _simple(factor)):  # a turned sign as well would be two slips
        text = later(_constant_text, factor, e.order[i], k)
        yield factor, Guess("constant factor", gap / there * part, e.order[i], text)


def in_each(text: Callable[[], str], count: int) -> str:
    """A sentence of one place, said of several."""
    return text() + (f", and so in each of {count} such places" if count > 1 else "")


def _constant_text(factor: float, node: Any = None, k: int = 0) -> str:
    if node is None:
        what = "your derivative"
    elif node._row in PASS_ON:
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


def is_telling(factor: float) -> bool:
    """Whether a constant is one that people write: a simple fraction, a decimal of few digits, or one with a name."""
    known = itertools.chain(_NAMED.values(), (1.0 / number for number in _NAMED.values()))
    short = float(f"{factor:.3g}")
    return _simple(factor) or any(math.isclose(abs(factor), n, rel_tol=1e-7) for n in (*known, abs(short)))


def constant_text(factor: float) -> str:
    """A constant as a fraction or by its name, where it has one."""
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


def _is_power(op: Op) -> bool:
    return _is_fixed_power(op) or op in (ops.SQRT, ops.CBRT, ops.DIV, ops.POW, ops.LOG, ops.LOG2, ops.LOG10)


def _wrong_place(e: Evidence, powers: bool) -> Iterator[Guess]:
    row = int(np.argmax(np.abs(e.gap).max(axis=1) * e.same))
    for n, (i, k, p) in enumerate(e.edges):
        op = e.order[i]._row
        if (
            _is_power(op) != powers
            or op in PASS_ON
            or op in (ops.MUL, ops.NEG)
            or op.variadic
            or (op is ops.DIV and k == 0)
        ):
            continue
        yield from _at_relatives(e, i, k, p)
        if n >= MOST_EDGES:
            continue
        yield from _at_inner_slope(e, i, k, p)
        places = [j for j in range(len(e.order)) if j != p and e.below[j] is not None]
        for j in sorted(places, key=lambda j: (j != i, j > p, abs(p - j))):
            if _fits_in_row(e, i, k, j, row):
                taken = np.array([_rule_at(e, i, k, j, r) if same else 0.0 for r, same in enumerate(e.same)])
                yield edge_guess(e, i, k, taken, "wrong point", later(_place_text, e, i, k, j))


def _at_relatives(e: Evidence, i: int, k: int, p: int) -> Iterator[Guess]:
    """At the node's own output, or at an operand of its operand, where it may be the same for others of its kind."""
    if sum(other == e.alike[i] for other in e.alike) > 1:
        for j, which in [(i, "itself"), *((q, str(m)) for m, q in enumerate(e.parents[p]))]:
            taken = np.array([_rule_at(e, i, k, j, r) if same else 0.0 for r, same in enumerate(e.same)])
            text = later(_place_text, e, i, k, j)
            yield edge_guess(e, i, k, taken, "wrong point", text)._replace(same=("wrong point", which))


def _at_inner_slope(e: Evidence, i: int, k: int, p: int) -> Iterator[Guess]:
    """f'(g'(x)) for f'(g(x)), with the factor g'(x) or without it."""
    if len(e.parents[i]) != 1 or not e.parents[p]:
        return
    node, inner = e.order[i], e.order[p]
    slopes = [e.slopes_of(p)[:, c] for c in e.columns[:2]]
    if len(e.parents[p]) == 1 and np.ptp(e.partial[p, 0]):
        slopes.append(e.partial[p, 0])
    for at in slopes:
        taken = np.array([value_and_partial(node._row, (float(x),), 0)[1] for x in at])
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
    return value_and_partial(e.order[i]._row, tuple(operands), k)[1]


def _fits_in_row(e: Evidence, i: int, k: int, j: int, row: int) -> bool:
    """Whether this place explains the point that is furthest off; if not, no other point need be looked at."""
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
