"""Corner cases: roots that are almost nothing, one leaf in many places, ties, zeros, infinities, a user's own rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd as ag
from autograd import Value
from tests.helpers.programs.making import Maker, kind


def one_of(m: Maker, forms: list[Callable[[], Any]], most: int = 1) -> Any:
    return sum(form() for form in m.chance.sample(forms, m.count(1, most))) if most > 1 else m.chance.choice(forms)()


@kind
def bare_root(m: Maker) -> Any:
    a, c = m.leaf(), m.constant()
    m.leaf()  # the root doesn't depend on it
    return one_of(m, [
        lambda: a, lambda: a, lambda: c, lambda: c, lambda: -a, lambda: a + 0, lambda: a * 1, lambda: a * c,
        lambda: a * 0, lambda: c + a - c, lambda: ag.floor(a + 5) * 0.0 + a, lambda: c * 2, lambda: ag.dot([a], [a]),
        lambda: ag.sum([a]), lambda: ag.mean([c]), lambda: ag.exp(c) + 1, lambda: Value(3.0) + 0 * a, lambda: +a,
        lambda: ag.sum([c, c]) * 2, lambda: ag.maximum(a), lambda: ag.dot([c], [2.0]), lambda: a + a,
    ])  # fmt: skip


@kind
def single_op(m: Maker) -> Any:
    a, b, c = m.leaf(0.2, 0.9), m.leaf(0.2, 0.9), m.constant(0.2, 0.9)
    x, y = m.pick((a, b), (a, a), (a, c), (c, a), (a, 0.5), (0.5, a))
    return one_of(m, [
        lambda: x + y, lambda: x - y, lambda: x * y, lambda: x / y, lambda: x**y, lambda: ag.hypot(x, y),
        lambda: ag.dot([x, y], [y, x]), lambda: ag.maximum(x, y), lambda: ag.logsumexp([x, y]), lambda: ag.std([x, y]),
        lambda: ag.prod([x, y]), lambda: ag.mean([x, y]), lambda: ag.tanh(a), lambda: ag.log(a), lambda: a**3,
    ])  # fmt: skip


@kind
def one_leaf_in_many_places(m: Maker) -> Any:
    a, b = m.leaf(), m.leaf(0.5, 1.0)
    return one_of(m, [
        lambda: a * a + a, lambda: ag.dot([a, a, b], [a, b, a], a), lambda: ag.sum([a] * 7),
        lambda: ag.prod([a, b, a, a]), lambda: ag.maximum(a, a, b, a), lambda: a - a, lambda: b**b + b / b,
        lambda: ag.logsumexp([a, a, a]), lambda: ag.mean([a, b, a]), lambda: ag.std([a, b, a, a]),
        lambda: ag.hypot(a, a) + ag.atan2(b, b), lambda: a * a * a * a + a * b * a, lambda: (a + a) * (a + b) * a,
        lambda: ag.dot([a] * 4, [a] * 4, a), lambda: ag.dot([a, b], [a, b]) + ag.dot([b, a], [a, b]),
    ], most=4)  # fmt: skip


@kind
def ties(m: Maker) -> Any:
    a, b = m.leaf(), m.leaf()
    equal = [m.leaf() for _ in range(3)]
    for v in equal:
        v.data = a.data
    zero = m.leaf()
    zero.data = 0.0
    return one_of(m, [
        lambda: ag.maximum(a, *equal), lambda: ag.minimum(*equal, b), lambda: ag.maximum(equal[0], equal[1]) * b,
        lambda: ag.maximum(0.0, zero) + ag.relu(zero) + abs(zero), lambda: ag.maximum(zero, -zero) * b,
        lambda: ag.std([a, *equal]) + ag.hypot(zero, zero * b), lambda: ag.leaky_relu(zero) + ag.elu(zero, 2.0),
        lambda: ag.clip(zero, 0.0, 1.0) * 3 + ag.clip(a, None, a.data), lambda: ag.maximum(*[zero * b] * 3, b * zero),
    ], most=4)  # fmt: skip


@kind
def dead_paths(m: Maker) -> Any:
    leaves = m.numbers(5)
    zero = m.pick(0.0, -0.0)
    leaves[0].data = zero
    terms = [ag.relu(-abs(v) - 1.0) * v for v in leaves] + [v * zero for v in leaves]
    terms += [abs(leaves[0]), ag.relu(leaves[0]), ag.maximum(leaves[0], -leaves[0]), ag.sign(leaves[1])]
    terms += [ag.dot([0.0, 0.0], leaves[1:3]), ag.floor(leaves[3]) * leaves[4]]
    m.chance.shuffle(terms)
    return ag.sum(terms) + ag.clip(leaves[2], -0.5, 0.5)


@kind
def not_finite(m: Maker) -> Any:
    leaves = m.numbers(4)
    leaves[0].data = m.pick(math.inf, -math.inf, math.nan)
    m.chance.shuffle(leaves)
    a, b, c, d = leaves
    return one_of(m, [
        lambda: ag.tanh(a) + b * c + d, lambda: ag.relu(a) + ag.relu(b) + ag.relu(c) + ag.relu(d),
        lambda: ag.sigmoid(a) * ag.sigmoid(b) * ag.sigmoid(c) + d, lambda: ag.dot([a, b], [c, d]),
        lambda: ag.maximum(a, b, c, d) + ag.minimum(a, b), lambda: ag.exp(-abs(a)) + abs(b) + c * c - d,
        lambda: ag.relu(-1.0 - ag.dot([a], [a], 0.0)) * b + c, lambda: a * b + c * d + a, lambda: ag.sum([a, b, c, d]),
        lambda: ag.sum([ag.dot(p, q) for p in ([a, b], [c, d]) for q in ([b, c], [d, a])]),
        lambda: sum(ag.tanh(p * a + q * b + c) for p in (0.5, d) for q in (c, 2.0)),
    ])  # fmt: skip


@kind
def huge_and_tiny(m: Maker) -> Any:
    leaves = m.numbers(6, 1.0, 2.0)
    for v in leaves:
        v.data *= m.pick(1e-200, 1e-30, 1.0, 1e30, 1e150)
    a, b, c, d, e, f = leaves
    return one_of(m, [
        lambda: (a - a) * b + c, lambda: ag.sum(leaves), lambda: ag.mean(leaves),
        lambda: ag.hypot(a, b) + ag.hypot(c, d),
        lambda: ag.logsumexp(leaves), lambda: ag.softmax(leaves)[0] + ag.softmax(leaves)[1] * e,
        lambda: ag.dot([a, 0.5], [1e-150, b]), lambda: ag.tanh(a) * ag.sigmoid(b) * ag.softplus(c) + ag.log(d) * f,
        lambda: ag.atan2(a, b), lambda: ag.maximum(*leaves) - ag.minimum(*leaves), lambda: ag.log1p(a * 1e-10) + b,
        lambda: ag.softplus(-a) + ag.logsigmoid(b) + ag.erfc(c), lambda: ag.silu(-a) + ag.gelu(b) + ag.elu(-c),
    ])  # fmt: skip


@kind
def chosen_branches(m: Maker) -> Any:
    xs = [ag.tanh(v) for v in m.numbers(m.count(1, 8))]
    made = [ag.where(x > 0, lambda x=x: ag.sqrt(x) * x, lambda x=x: m.pick(-x, 0.0, x * x)) for x in xs]
    return m.loss(made)


@kind
def sorted_values(m: Maker) -> Any:
    xs = m.numbers(m.count(2, 8))
    ranked = sorted((x * m.uniform() for x in xs), key=lambda v: v.data)
    return ag.dot(ranked, [0.5**i for i in range(len(ranked))]) + ranked[0] * ranked[-1]


cube = ag.primitive("cube", lambda x: x * x * x, lambda out, x: (3 * x**2,))
swish = ag.primitive(
    "swish", lambda x: x / (1 + math.exp(-x)), lambda out, x: (ag.sigmoid(x) + out * (1 - ag.sigmoid(x)),)
)
blend = ag.primitive("blend", lambda a, b, t: a + t * (b - a), lambda out, a, b, t: (1 - t, t, b - a))
scaled = ag.primitive(
    "scaled", lambda a, b: a * math.sin(b), lambda out, a, b: (ag.sin(b), a * ag.cos(b)),
    array=lambda xp, a, b: a * xp.sin(b),
)  # fmt: skip


@kind
def primitives(m: Maker) -> Any:
    n = m.pick(1, 3, 12, 70)
    xs, ys = m.numbers(n), m.numbers(n)
    t, c = m.leaf(), m.constant()
    made: list[Any] = []
    for form in m.chance.sample(range(4), 2):
        made += [
            (cube(x), swish(x), blend(x, y, m.pick(t, c, 0.5)), scaled(x, m.pick(y, t)))[form]
            for x, y in zip(xs, ys, strict=True)
        ]
    return m.loss(made)
