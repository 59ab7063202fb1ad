"""The many ways to write a neuron's weighted sum, and networks written in each of them."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import autograd as ag
from autograd import Value
from tests.helpers.programs.making import Maker, flat, kind, register

Form = Callable[[list[Any], Any], Any]


def added(products: list[Any], start: Any) -> Any:
    for product in products:
        start += product
    return start


def added_in_front(products: list[Any], start: Any) -> Any:
    for product in products:
        start = product + start
    return start


def in_pairs(terms: list[Any]) -> Any:
    while len(terms) > 1:
        terms = [operator.add(*terms[i : i + 2]) if i + 1 < len(terms) else terms[i] for i in range(0, len(terms), 2)]
    return terms[0]


FORMS: dict[str, Form] = {
    "sum + b": lambda p, b: sum(p) + b,
    "b + sum": lambda p, b: b + sum(p),
    "sum from b": lambda p, b: sum(p, b),
    "one sum node + b": lambda p, b: ag.sum(p) + b,
    "b + one sum node": lambda p, b: b + ag.sum(p),
    "one sum node with b": lambda p, b: ag.sum([*p, b]),
    "one sum node, b first": lambda p, b: ag.sum([b, *p]),
    "one sum node from b": lambda p, b: ag.sum(p, b),
    "left to right": lambda p, b: functools.reduce(operator.add, p) + b,
    "added to b": added,
    "added in front of b": added_in_front,
    "added to a zero": lambda p, b: added(p, Value(0.0, constant=True)) + b,
    "in pairs": lambda p, b: in_pairs([*p, b]),
    "in halves": lambda p, b: sum(p[: len(p) // 2]) + (sum(p[len(p) // 2 :]) + b),
    "less the opposite": lambda p, b: b - sum(-q for q in p),
    "no bias": lambda p, b: sum(p),
}
DOTS: dict[str, Callable[[list[Any], list[Any], Any], Any]] = {
    "dot with b": lambda w, x, b: ag.dot(w, x, b),
    "dot + b": lambda w, x, b: ag.dot(w, x) + b,
    "b + dot": lambda w, x, b: b + ag.dot(w, x),
    "dot of inputs and weights": lambda w, x, b: ag.dot(x, w, b),
    "dot without b": lambda w, x, b: ag.dot(w, x),
    "two dots": lambda w, x, b: ag.dot(w, x) + ag.dot(w[:1], x[:1], b),
    "dot with the bias as a weight": lambda w, x, b: ag.dot([*w, b], [*x, 1.0]),
}


class Style(NamedTuple):
    """How a network is written: the form, and what differs from neuron to neuron."""

    form: str
    swapped: float  # share of products written x * w
    shuffled: bool
    missing: float  # share of terms left out
    scaled: float  # share of products with a factor


def a_style(m: Maker, form: str) -> Style:
    return Style(form, m.pick(0.0, 0.0, 1.0, 0.5), m.flip(0.25), m.pick(0.0, 0.0, 0.4), m.pick(0.0, 0.0, 0.0, 0.4))


def product(m: Maker, style: Style, w: Any, x: Any) -> Any:
    if m.flip(style.scaled):
        return m.pick(lambda: 2 * w * x, lambda: w * (x * 0.5), lambda: w * x * -1.0)()
    return x * w if m.flip(style.swapped) else w * x


def weighted(m: Maker, style: Style, ws: list[Any], xs: list[Any], b: Any) -> Any:
    """One neuron's weighted sum, in the style."""
    if style.form in DOTS and not (style.missing or style.shuffled):
        return DOTS[style.form](ws, xs, b)
    pairs = list(zip(ws, xs, strict=True))
    if style.missing:
        pairs = [pair for pair in pairs if not m.flip(style.missing)] or pairs[:1]
    if style.shuffled:
        m.chance.shuffle(pairs)
    if style.form in DOTS:
        return DOTS[style.form]([w for w, _ in pairs], [x for _, x in pairs], b)
    return FORMS[style.form]([product(m, style, w, x) for w, x in pairs], b)


ACTIVATIONS: list[Callable[[Any], Any]] = [
    ag.tanh, ag.relu, ag.sigmoid, ag.gelu, ag.silu, ag.leaky_relu, ag.elu, ag.softplus, ag.softsign, lambda z: z,
]  # fmt: skip


def layer(m: Maker, style: Style, w: list[list[Any]], xs: list[Any], b: list[Any], act: Callable[[Any], Any]) -> Any:
    """The neurons of a layer, made in order or in any other."""
    order = list(range(len(w)))
    if style.shuffled:
        m.chance.shuffle(order)
    made: list[Any] = [None] * len(w)
    for k in order:
        made[k] = act(weighted(m, style, w[k], xs, b[k]))
    return made


def network(m: Maker, form: str) -> Any:
    wide = m.flip(0.12)
    sizes = [m.count(4, 6) if wide else m.count(1, 4) for _ in range(m.count(2, 4))]
    style = a_style(m, form)
    layers = [(m.matrix(o, i), m.numbers(o)) for i, o in itertools.pairwise(sizes)]
    parameters = list(m.leaves)
    acts = [m.chance.choice(ACTIVATIONS) for _ in layers]
    outputs: list[Any] = []
    for sample in m.rows(m.count(6, 9) if wide else m.pick(1, 1, 2, 3, 4), sizes[0]):
        xs = sample
        for (w, b), act in zip(layers, acts, strict=True):
            xs = layer(m, style, w, xs, b, act)
        outputs += xs
    if m.flip(0.3):
        m.chance.shuffle(outputs)
    return m.loss(outputs) + m.penalty(parameters)


for name in (*FORMS, *DOTS):
    register(f"network: {name}", functools.partial(network, form=name))


def any_form(m: Maker) -> str:
    return str(m.pick(*FORMS, *DOTS))


@kind
def layers_in_different_forms(m: Maker) -> Any:
    n = m.count(2, 4)
    layers = [(m.matrix(n, n), m.numbers(n), a_style(m, any_form(m))) for _ in range(m.count(2, 3))]
    outputs: list[Any] = []
    for xs in m.rows(m.count(1, 4), n):
        for w, b, style in layers:
            xs = layer(m, style, w, xs, b, ag.tanh)
        outputs += xs
    return m.loss(outputs)


@kind
def neurons_in_different_forms(m: Maker) -> Any:
    n, k = m.count(1, 4), m.count(2, 5)
    w, b, styles = m.matrix(k, n), m.numbers(k), [a_style(m, any_form(m)) for _ in range(k)]
    outputs = [
        ag.tanh(weighted(m, style, row, xs, c))
        for xs in m.rows(m.count(1, 4), n)
        for row, c, style in zip(w, b, styles, strict=True)
    ]
    return m.loss(outputs)


@kind
def samples_in_different_forms(m: Maker) -> Any:
    """The same weights, but the graph was written differently for each sample."""
    n, k = m.count(1, 4), m.count(1, 4)
    w, b = m.matrix(k, n), m.numbers(k)
    outputs: list[Any] = []
    for xs in m.rows(m.count(2, 5), n):
        outputs += layer(m, a_style(m, any_form(m)), w, xs, b, ag.tanh)
    return m.loss(outputs)


@kind
def one_weight_in_many_places(m: Maker) -> Any:
    n, k = m.count(2, 4), m.count(1, 4)
    pool = m.numbers(m.count(1, 3))
    style = a_style(m, any_form(m))
    w = [[m.chance.choice(pool) for _ in range(n)] for _ in range(k)]
    b = [m.chance.choice(pool) for _ in range(k)]
    outputs: list[Any] = []
    for xs in m.rows(m.count(1, 4), n):
        outputs += layer(m, style, w, xs, b, ag.tanh)
    return m.loss(outputs)


@kind
def layers_with_tied_weights(m: Maker) -> Any:
    n, style = m.count(1, 4), a_style(m, any_form(m))
    w, b = m.matrix(n, n), m.numbers(n)
    columns = [list(c) for c in zip(*w, strict=True)]
    outputs: list[Any] = []
    for xs in m.rows(m.count(1, 4), n):
        for table in (w, m.pick(w, columns), columns):
            xs = layer(m, style, table, xs, b, ag.tanh)
        outputs += xs
    return m.loss(outputs)


@kind
def autoencoder(m: Maker) -> Any:
    n, k = m.count(1, 4), m.count(1, 4)
    style = a_style(m, any_form(m))
    w, b, c = m.matrix(k, n), m.numbers(k), m.numbers(n)
    turned = [list(column) for column in zip(*w, strict=True)]
    total: Any = 0
    for xs in m.rows(m.count(1, 4), n):
        code = layer(m, style, w, xs, b, ag.sigmoid)
        back = layer(m, style, turned, code, c, lambda z: z)
        total = total + sum((r - x) ** 2 for r, x in zip(back, xs, strict=True))
    return total


@kind
def inputs_multiplied_by_inputs(m: Maker) -> Any:
    n = m.count(1, 4)
    w, v, b = m.numbers(n), m.numbers(n), m.leaf()
    outputs = []
    for xs in m.rows(m.count(1, 5), n):
        terms = [p * x for p, x in zip(w, xs, strict=True)] + [p * (x * x) for p, x in zip(v, xs, strict=True)]
        terms += [x * y for x, y in itertools.combinations(xs, 2) if isinstance(x, Value)]
        terms += [w[0] * v[0], w[0] * w[0]]
        m.chance.shuffle(terms)
        outputs.append(ag.tanh(FORMS[m.pick(*FORMS)](terms, b)))
    return m.loss(outputs)


@kind
def skips_and_residuals(m: Maker) -> Any:
    n, style = m.count(1, 4), a_style(m, any_form(m))
    layers = [(m.matrix(n, n), m.numbers(n)) for _ in range(m.count(1, 3))]
    outputs: list[Any] = []
    for first in m.rows(m.count(1, 4), n):
        xs = first
        for w, b in layers:
            made = layer(m, style, w, xs, b, ag.tanh)
            xs = [m.pick(lambda z=z, x=x: z + x, lambda z=z, x=x: x + z)() for z, x in zip(made, xs, strict=True)]
        outputs += [x * y for x, y in zip(xs, first, strict=True)]
    return m.loss(outputs)


@kind
def densely_connected(m: Maker) -> Any:
    """Every layer sees all that came before it."""
    n, style = m.count(1, 3), a_style(m, any_form(m))
    widths = [m.count(1, 3) for _ in range(m.count(1, 3))]
    layers, seen = [], n
    for width in widths:
        layers.append((m.matrix(width, seen), m.numbers(width)))
        seen += width
    outputs: list[Any] = []
    for xs in m.rows(m.count(1, 4), n):
        for w, b in layers:
            xs = xs + layer(m, style, w, xs, b, ag.relu)
        outputs += xs
    return m.loss(outputs) + m.penalty(flat(flat(w) for w, _ in layers))
