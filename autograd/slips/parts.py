"""Parts of a derivative turned round, left out or counted twice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial as later
from typing import Any

import numpy as np

from ..engine import ops
from ..reading.formulas import local_derivative_text, name_of, number_text, term_text, written
from .evidence import Array, Evidence
from .guesses import PASS_ON, Guess, column, edge_guess

__all__ = [
    "counted_twice",
    "left_out_factor",
    "left_out_part",
    "left_out_term",
    "left_out_text",
    "left_out_way",
    "sign_of_a_part",
    "twice_text",
]


def sign_of_a_part(e: Evidence) -> Iterator[Guess]:
    """Minus what comes through one operand, or through one node."""
    for i, k, p in e.edges():
        if len(set(e.parents[i])) > 1 or len(e.parents[i]) == 1:  # x*x with one sign turned is x*x left out
            yield Guess("sign", -2.0 * e.through(i, k), e.order[i], later(_sign_text, e.order[i], k))
        everything = -2.0 * column(e.above[p]) * e.slopes_of(p)
        yield Guess("sign", everything, e.order[p], later(_sign_of_node_text, e.order[p]))


def _sign_text(node: Any, k: int) -> str:
    if node._op in PASS_ON:
        return f"the sign of the term {term_text(node, k)} is the wrong way round"
    return f"the sign of {local_derivative_text(node, k)} is the wrong way round"


def _sign_of_node_text(node: Any) -> str:
    return f"the sign of what comes through {name_of(node)} is the wrong way round"


def left_out_way(e: Evidence) -> Iterator[Guess]:
    """One of several operands of a node that all depend on the wrong variable: a term, or a path."""
    return (guess for rank, guess in _parts(e) if rank == 0)


def left_out_term(e: Evidence) -> Iterator[Guess]:
    """The only way on which a variable reaches the root: a term of a sum that has other variables beside it."""
    return (guess for rank, guess in _parts(e) if rank == 1)


def left_out_part(e: Evidence) -> Iterator[Guess]:
    """The only way on which a variable reaches the root, wherever it lies."""
    return (guess for _, guess in sorted(_parts(e), key=lambda part: part[0]))


def _parts(e: Evidence) -> Iterator[tuple[int, Guess]]:
    """Every operand left out, with a rank: is anything left of its variable, is it a term, has it company?"""
    insides = {p for i, _, p in e.edges() if len(e.parents[i]) == 1}
    unlikely: list[Array] = []
    for i, k, p in e.edges():
        node = e.order[i]
        own = column(e.partial[i, k]) * e.slopes_of(p)
        others = [q for j, q in enumerate(e.parents[i]) if j != k and e.below[q] is not None]
        shared = [c for c in map(int, e.columns) if e.reaches(p, c) and any(e.reaches(q, c) for q in others)]
        if shared:
            rank = 0
        elif others:
            rank = 1 if node._op in PASS_ON else 2
        else:
            rank = 3
        change = -e.through(i, k)
        in_wrong = change[:, e.columns]
        if i in insides and np.allclose(e.slopes_of(i)[:, e.columns] - own[:, e.columns], 1.0, 1e-12, 1e-12):
            unlikely.append(in_wrong)  # rather the inner derivative as a whole is left out
        if any(np.allclose(in_wrong, other, 1e-12, 1e-12) for other in unlikely):
            continue
        wrong = int(shared[0] if shared else e.columns[0])
        kind = "dropped term" if node._op in PASS_ON else "missing path"
        yield rank, Guess(kind, change, node, later(_part_text, e, i, k, wrong))


def _part_text(e: Evidence, i: int, k: int, wrong: int) -> str:
    node = e.order[i]
    part = node.parents[k]
    if node._op in PASS_ON:
        return f"you dropped the term {term_text(node, k)} of {written(node, False)}"
    columns = [c for c in range(len(e.names)) if e.reaches(e.parents[i][k], c)]
    name = e.names[wrong if wrong in columns else columns[0]]
    whole = name_of(e.order[-1]) if e.order[-1]._label else "f"
    rule = {ops.MUL: ", the product rule's other term", ops.DIV: ", the quotient rule's other term"}.get(node._op, "")
    if not part.parents:
        on_the_way = "" if node is e.order[-1] else f" through {name_of(node)}"
        return f"{name} also reaches {whole}{on_the_way} directly, by {local_derivative_text(node, k)}{rule}"
    return f"{name} also reaches {whole} through {name_of(part)}{rule}"


def left_out_factor(e: Evidence) -> Iterator[Guess]:
    """A local derivative, everything inside it or everything outside it, or a quotient's divisor."""
    one = np.ones(len(e.points))
    for i, k, _ in e.edges():
        node = e.order[i]
        yield edge_guess(e, i, k, one, "missing factor", later(left_out_text, node, k))
        if node._op is ops.DIV and e.below[e.parents[i][1]] is not None:
            v = e.value[e.parents[i][1]]
            for power in (1, 2):
                change = column(e.above[i] * (v**power - 1.0)) * e.slopes_of(i)
                yield Guess("missing factor", change, node, later(_divisor_text, node, power))
        for factor in _base_factors(e, i, k):
            text = later(_base_text, node, k, float(factor[0]))
            yield edge_guess(e, i, k, e.partial[i, k] / factor, "missing factor", text)
    for i, k, p in e.edges():
        node, inner = e.order[i], e.order[p]
        if inner.parents and node._op not in (*PASS_ON, ops.MUL):
            reached = (e.slopes_of(p) != 0.0).any(axis=0) - e.slopes_of(p)
            change = column(e.above[i] * e.partial[i, k]) * reached
            yield Guess("missing factor", change, inner, later(_inner_text, inner))
        varies = np.any(np.ptp(e.slopes_of(p)[:, e.columns], axis=0))
        if inner.parents and varies:  # else this only says that the derivative is a constant
            change = column(1.0 - e.above[p]) * e.slopes_of(p)
            yield Guess("missing factor", change, node, later(_outer_text, inner))


def _base_factors(e: Evidence, i: int, k: int) -> Iterator[Any]:
    """The logarithm of the base in the derivatives of 2^x, a^x, log2 and log10."""
    op, count = e.order[i]._op, len(e.points)
    if op in (ops.EXP2, ops.LOG2):
        yield np.full(count, np.log(2.0)) if op is ops.EXP2 else np.full(count, 1.0 / np.log(2.0))
    elif op is ops.LOG10:
        yield np.full(count, 1.0 / np.log(10.0))
    elif op is ops.POW and k == 1:
        yield np.log(e.value[e.parents[i][0]])


def _base_text(node: Any, k: int, factor: float) -> str:
    return f"you left out the factor {number_text(factor)} that the base brings into {local_derivative_text(node, k)}"


def left_out_text(node: Any, k: int) -> str:
    """The sentence for a local derivative that is not there."""
    return f"you left out {local_derivative_text(node, k)}"


def _divisor_text(node: Any, power: int) -> str:
    by = written(node.parents[1] ** power)
    return f"you left out the division by {by} in the quotient rule for {written(node, False)}"


def _inner_text(inner: Any) -> str:
    return f"you left out the inner derivative, that of {written(inner, False)}"


def _outer_text(inner: Any) -> str:
    return f"you left out the outer derivative, that of f by {written(inner, False)}"


def counted_twice(e: Evidence) -> Iterator[Guess]:
    """A local derivative, or everything inside it, squared."""
    for i, k, p in e.edges():
        node, inner = e.order[i], e.order[p]
        yield edge_guess(e, i, k, e.partial[i, k] ** 2, "extra factor", later(twice_text, node, k))
    for i, k, p in e.edges():
        inner = e.order[p]
        if inner.parents:
            change = e.through(i, k) * (e.slopes_of(p) - 1.0)
            yield Guess("extra factor", change, inner, later(_inner_twice_text, inner))


def twice_text(node: Any, k: int) -> str:
    """The sentence for a local derivative that is there twice."""
    return f"the factor {local_derivative_text(node, k)} stands there twice"


def _inner_twice_text(inner: Any) -> str:
    return f"the inner derivative, that of {written(inner, False)}, stands there twice"
