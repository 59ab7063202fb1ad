"""Whatever else one slip can do: factors from anywhere, any textbook function, slips on a single path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial as later
from typing import Any

import numpy as np

from ..engine import ops
from ..reading.formulas import local_derivative_text, written
from .evidence import MOST_EDGES, MOST_RUN, PASS_ON, Array, Edge, Evidence, Guess, bracketed, slip
from .slips import LEFT_OUT, TEXTBOOK, TWICE, Tier, constant_text, divisors, in_each, is_telling, told

__all__ = ["RARE"]


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
    by = divisors(e)
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
        for entry in TEXTBOOK:
            if "{o}" not in entry.text:
                change = np.sum((entry.of(u, u) - 1.0) * through, axis=0)
                text = f"a factor too much: {told(entry.text)}"
                guess = slip("extra factor", change, text, node, operand=later(written, node), u=later(_inside, node))
                yield in_each(guess, len(group))
    for i, node in enumerate(e.order):
        p = e.slopes_of(i)
        if np.ptp(p, axis=0).any():
            for factor, form in ((1.0 - p, "1 - p"), (p * (1.0 - p), "p*(1 - p)")):
                text = f"a factor too much: {form} with p the derivative of {{formula}}"
                yield slip("extra factor", e.right * (factor - 1.0), text, node)


def _inside(node: Any) -> str:
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
        for entry in TEXTBOOK:
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
    if b <= 0.0 or not is_telling(b):
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
        for entry in TEXTBOOK:
            function = scale * entry.of(operands[edge.k], e.value[edge.i])
            yield edge.slip("wrong function", f"{{slope}}, not {told(entry.text)}", function)
            yield edge.slip("wrong function", f"{{slope}}, not {told('-' + entry.text)}", -function)


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
            ("missing factor", product / edge.partial - product, LEFT_OUT),
            ("extra factor", product * edge.partial - product, TWICE),
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
