"""Whatever else one slip can do: factors from anywhere, any textbook function, slips on a single path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial as later
from typing import Any

import numpy as np

from ..engine import ops
from ..reading.formulas import local_derivative_text, name_of, term_text, written
from .evidence import MOST_EDGES, MOST_RUN, PASS_ON, Array, Evidence, Guess, column, edge_guess, value_and_partial
from .slips import TEXTBOOK, constant_text, divisors, in_each, is_telling, left_out_text, rule_text, twice_text

__all__ = [
    "another_inside",
    "factor_at_a_node",
    "factor_of_any_node",
    "factor_of_the_variables",
    "kept_term",
    "single_path",
    "swapped_operands",
    "textbook_function",
]


def swapped_operands(e: Evidence) -> Iterator[Guess]:
    """The two local derivatives of a node in each other's place, or both taken with the operands exchanged."""
    for i, node in enumerate(e.order):
        if len(node.parents) != 2 or e.below[i] is None:
            continue
        u, v = (e.slopes_of(p) for p in e.parents[i])
        first, second = (e.value[p] for p in e.parents[i])
        at = [(float(b), float(a)) for a, b in zip(first, second, strict=True)]
        by_first, by_second = (np.array([value_and_partial(node._row, pair, k)[1] for pair in at]) for k in (0, 1))
        text = later(_operands_text, node)
        for left, right in ((e.partial[i, 1], e.partial[i, 0]), (by_second, by_first), (by_first, by_second)):
            crossed = column(left) * u + column(right) * v
            yield Guess("swapped", column(e.above[i]) * (crossed - e.slopes_of(i)), node, text)


def _operands_text(node: Any) -> str:
    first, second = (name_of(p) for p in node.parents)
    return f"in the derivative of {written(node, False)} the operands {first} and {second} are swapped"


def another_inside(e: Evidence) -> Iterator[Guess]:
    """The derivative of f(v) for that of f(u), with u = 3v or v + 1 or any other u of v: a part of f was overlooked."""
    if len(e.order) > MOST_RUN:
        return
    alike: dict[tuple[int, int], dict[int, int]] = {}
    for i, k, p in e.edges:
        if i != len(e.order) - 1:
            alike.setdefault((e.alike[i], k), {})[i] = p
    every = [group for group in alike.values() if len(group) > 1]
    for inside in [*({i: p} for group in alike.values() for i, p in group.items()), *every]:
        i, p = next(iter(inside.items()))
        text = later(_inside_text, e.order[i], e.order[p])
        for gradient in e.taken_at(inside):
            yield Guess("wrong point", gradient - e.slopes_of(-1), e.order[i], text)


def _inside_text(node: Any, instead: Any) -> str:
    return f"the derivative is taken with {written(instead)} in the place of {written(node, False)}"


def factor_of_any_node(e: Evidence) -> Iterator[Guess]:
    """The whole, or what comes through one operand, times or divided by some number of the graph."""
    by = divisors(e)
    for j, node in enumerate(e.order):
        if e.below[j] is not None:
            yield from _times(e.right, e.value[j], node, later(written, node), j in by)
    for i, k, _ in e.edges:
        yield from _times(e.right, e.partial[i, k], e.order[i], later(local_derivative_text, e.order[i], k))
    for i, k, _ in e.edges[:MOST_EDGES]:
        for q in dict.fromkeys((*e.parents[i], i)):
            yield from _times(e.through(i, k), e.value[q], e.order[i], later(written, e.order[q]), q in by)


def _times(part: Array, factor: Array, node: Any, text: Callable[[], str], divides: bool = False) -> Iterator[Guess]:
    if divides:  # then it is rather a division that is missing
        yield Guess(
            "missing factor", part * (column(factor) - 1.0), node, lambda: f"you left out the division by {text()}"
        )
    yield Guess("extra factor", part * (column(factor) - 1.0), node, lambda: f"a factor too much: {text()}")
    without = part * (1.0 / column(factor) - 1.0)
    yield Guess("missing factor", without, node, lambda: f"you left out the factor {text()}")


def factor_at_a_node(e: Evidence) -> Iterator[Guess]:
    """A textbook function of a node as a factor too much on all that comes through it, and through all of its kind."""
    for group in e.kinds:
        through = np.array([column(e.above[i]) * e.slopes_of(i) for i in group])
        u = np.array([e.value[i] for i in group])
        for entry in TEXTBOOK:
            if "{o}" not in entry.text:
                change = np.sum((entry.of(u, u) - 1.0)[:, :, None] * through, axis=0)
                text = later(in_each, later(_factor_text, entry.text, e.order[group[0]]), len(group))
                yield Guess("extra factor", change, e.order[group[0]], text)
    for i, node in enumerate(e.order):
        p = e.slopes_of(i)
        if np.ptp(p, axis=0).any():
            for factor, form in ((1.0 - p, "1 - p"), (p * (1.0 - p), "p*(1 - p)")):
                yield Guess("extra factor", e.right * (factor - 1.0), node, later(_slope_text, form, node))


def _factor_text(form: str, node: Any) -> str:
    u = written(node)
    return f"a factor too much: {form.replace('({u})', '{u}').format(u=u if u.isidentifier() else f'({u})')}"


def _slope_text(form: str, node: Any) -> str:
    return f"a factor too much: {form} with p the derivative of {written(node, False)}"


def kept_term(e: Evidence) -> Iterator[Guess]:
    """A term that stands in the derivative as it is; and the sum of all partial derivatives as each of them."""
    for i, node in enumerate(e.order):
        if node._row in PASS_ON and e.below[i] is not None:
            for k, p in enumerate(e.parents[i]):
                change = column(e.above[i] * e.partial[i, k]) * (column(e.value[p]) - e.slopes_of(p))
                yield Guess("wrong function", change, node, later(_kept_text, node, k))
    if len(e.names) > 1 and np.ptp(e.right, axis=0).any():
        total = column(e.right.sum(axis=1)) - e.right
        text = "all partial derivatives are added up: hold the other variables constant"
        yield Guess("wrong function", total, None, lambda: text)


def _kept_text(node: Any, k: int) -> str:
    return f"the term {term_text(node, k)} of {written(node, False)} stands in your derivative as it is"


def factor_of_the_variables(e: Evidence) -> Iterator[Guess]:
    """The whole times or divided by a textbook function of a variable; all that there is for f without a graph."""
    for c, name in enumerate(e.names[:6]):
        yield from _power_of(e, c, name)
        for entry in TEXTBOOK:
            if "{o}" not in entry.text and "/" not in entry.text:
                factor = entry.of(e.points[:, c], e.points[:, c])
                yield from _times(e.right, factor, None, later(entry.text.format, u=name))


def _power_of(e: Evidence, c: int, name: str) -> Iterator[Guess]:
    """The whole times b x^n, with b and n from the two points that are furthest apart."""
    x, ratio = np.abs(e.points[:, c]), e.yours[:, e.columns[0]] / e.right[:, e.columns[0]]
    one, two = int(np.argmax(x)), int(np.argmin(x))
    n = float(np.round(2.0 * np.log(abs(ratio[one] / ratio[two])) / np.log(x[one] / x[two])) / 2.0)
    if not 0.0 < abs(n) <= 4.0:
        return
    power = e.points[:, c] ** abs(n) if n % 1.0 == 0.0 else x ** abs(n)
    b = float(ratio[one] / power[one] if n > 0.0 else ratio[one] * power[one])
    if b <= 0.0 or not is_telling(b if n > 0.0 else 1.0 / b):
        return
    factor = constant_text(b if n > 0.0 else 1.0 / b)
    power_text = name if abs(n) == 1.0 else f"{name}^{abs(n):g}"
    text = power_text if factor == "1" else f"{factor}*{power_text}"
    if n > 0.0:
        change = e.right * (b * column(power) - 1.0)
        yield Guess("extra factor", change, None, lambda: f"a factor too much: {text}")
    else:
        change = e.right * (b / column(power) - 1.0)
        yield Guess("missing factor", change, None, lambda: f"you left out the factor {text}")


def textbook_function(e: Evidence) -> Iterator[Guess]:
    """Any function that stands in a table in the place of a local derivative."""
    for i, k, p in e.edges[:MOST_EDGES]:
        node = e.order[i]
        if len(node.parents) != 1 and node._row is not ops.DIV:
            continue
        scale = e.value[e.parents[i][0]] if k == 1 else 1.0  # a quotient is its numerator times a function
        for entry in TEXTBOOK:
            instead = scale * entry.of(e.value[p], e.value[i])
            for sign, form in ((1.0, entry.text), (-1.0, f"-{entry.text}")):
                yield edge_guess(e, i, k, sign * instead, "wrong function", later(rule_text, node, k, form))


def single_path(e: Evidence) -> Iterator[Guess]:
    """Slips on one path from the root to a variable, where a shared node makes several out of one operand."""
    for wrong in map(int, e.columns):
        for path in _paths(e, wrong):
            yield from _slips_on(e, path, wrong)


def _slips_on(e: Evidence, path: list[tuple[int, int]], wrong: int) -> Iterator[Guess]:
    factors = [e.partial[i, k] for i, k in path]
    product = np.prod([e.same.astype(float), *factors], axis=0)
    name, last = e.names[wrong], e.order[path[-1][0]]
    way = ", ".join(written(e.order[i]) for i, _ in path[1:4]) or "the root itself"

    def change(by: Array) -> Array:
        whole: Array = np.zeros_like(e.gap)
        whole[:, wrong] = by
        return whole

    yield Guess("missing path", change(-product), last, lambda: f"{name} also reaches f through {way}")
    rest = change(product - e.right[:, wrong] * e.same)
    yield Guess("missing path", rest, last, lambda: f"{name} reaches f not only through {way}")
    sign = change(-2.0 * product)
    yield Guess("sign", sign, last, lambda: f"the sign of the path of {name} through {way} is the wrong way round")
    for (i, k), factor in zip(path, factors, strict=True):
        node = e.order[i]
        on_path = f" on the path through {way}"
        without, twice = (later(f, node, k) for f in (left_out_text, twice_text))
        yield Guess("missing factor", change(product / factor - product), node, later(_joined, without, on_path))
        yield Guess("extra factor", change(product * factor - product), node, later(_joined, twice, on_path))


def _joined(text: Callable[[], str], more: str) -> str:
    return text() + more


def _paths(e: Evidence, wrong: int, most: int = 64) -> list[list[tuple[int, int]]]:
    """The paths from the root to a variable as lists of (node, operand); none if there are too many, or only one."""
    unfinished: list[tuple[int, list[tuple[int, int]]]] = [(len(e.order) - 1, [])] if e.order else []
    found = []
    while unfinished:
        i, path = unfinished.pop()
        if not e.parents[i] and path:
            found.append(path)
        unfinished += [(p, [*path, (i, k)]) for k, p in enumerate(e.parents[i]) if e.reaches(p, wrong)]
        if len(found) + len(unfinished) > most:
            return []
    return found if len(found) > 1 else []
