"""Simulations, polynomials, rational functions, chains, wide sums, and second derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd as ag
from tests.helpers.programs.making import Maker, flat, kind


@kind
def euler_steps(m: Maker) -> Any:
    """A pendulum, or a planet."""
    x, v, k, drag, dt = m.leaf(), m.leaf(), m.leaf(0.5, 2.0), m.leaf(0.0, 0.2), m.pick(0.01, m.constant(0.01, 0.1))
    seen = []
    pendulum = m.flip()
    for _ in range(m.count(1, 12)):
        force = -k * ag.sin(x) - drag * v if pendulum else -k * x / (1.0 + x * x) ** 1.5
        v = v + dt * force
        x = x + dt * v
        seen.append(x)
    return m.loss(seen if m.flip() else [x, v])


@kind
def many_bodies(m: Maker) -> Any:
    n = m.count(2, 4)
    at, speed, mass = m.matrix(n, 2), m.matrix(n, 2), m.numbers(n, 0.1, 1.0)
    for _ in range(m.count(1, 2)):
        for i in range(n):
            pull: list[Any] = [0.0, 0.0]
            for j in range(n):
                if i != j:
                    gap = [b - a for a, b in zip(at[i], at[j], strict=True)]
                    cubed = (gap[0] ** 2 + gap[1] ** 2 + 0.3) ** 1.5
                    pull = [p + mass[j] * g / cubed for p, g in zip(pull, gap, strict=True)]
            speed[i] = [s + 0.05 * p for s, p in zip(speed[i], pull, strict=True)]
        at = [[a + 0.05 * s for a, s in zip(p, q, strict=True)] for p, q in zip(at, speed, strict=True)]
    return m.loss(flat(at))


@kind
def kalman(m: Maker) -> Any:
    x, p, q, r = m.leaf(), m.leaf(0.5, 1.5), m.leaf(0.1, 0.3), m.leaf(0.2, 0.5)
    errors = []
    for z in m.rows(1, m.count(1, 8))[0]:
        p = p + q
        gain = p / (p + r)
        errors.append(z - x)
        x = x + gain * (z - x)
        p = (1 - gain) * p
    return ag.mean([e * e for e in errors]) + p


@kind
def heat(m: Maker) -> Any:
    """A bar whose ends are held: the same three-point sum everywhere."""
    n, k = m.count(3, 8), m.leaf(0.1, 0.3)
    bar: list[Any] = [0.0, *m.numbers(n), 1.0]
    for _ in range(m.count(1, 4)):
        inner = [bar[i] + k * (bar[i - 1] - 2 * bar[i] + bar[i + 1]) for i in range(1, len(bar) - 1)]
        bar = [0.0, *inner, 1.0]
    return m.loss(bar[1:-1])


@kind
def polynomials(m: Maker) -> Any:
    c, outputs = m.numbers(m.count(1, 6)), []
    for x in m.rows(1, m.count(1, 8))[0]:
        if m.flip():
            y: Any = 0.0
            for a in c:
                y = y * x + a
        else:
            y = sum(a * x**i for i, a in enumerate(c)) if m.flip() else ag.sum([a * x**i for i, a in enumerate(c)])
        outputs.append(y)
    return m.loss(outputs)


@kind
def power_towers(m: Maker) -> Any:
    a, b, c = m.leaf(0.3, 1.2), m.leaf(0.3, 1.2), m.leaf(0.3, 1.2)
    forms: list[Callable[[], Any]] = [
        lambda: a**b**c, lambda: (a**b) ** c, lambda: a**a**a, lambda: 2.0**a**2, lambda: (a + b) ** (b * c),
        lambda: (a**2 + b**2) ** 0.5, lambda: a**-1.5 * b**3, lambda: a**0.0 + b**1.0, lambda: ag.exp(c * ag.log(a)),
    ]  # fmt: skip
    return sum(make() for make in m.chance.sample(forms, m.count(1, 4)))


@kind
def rational(m: Maker) -> Any:
    p, q = m.numbers(m.count(1, 4)), m.numbers(m.count(1, 4), 0.1, 0.5)
    outputs = []
    for x in m.rows(1, m.count(1, 6))[0]:
        top = sum(a * x**i for i, a in enumerate(p))
        bottom = 1.0 + abs(sum(a * x**i for i, a in enumerate(q)))
        outputs.append(
            m.pick(lambda t=top, b=bottom: t / b, lambda t=top, b=bottom: t * (1 / b))() / m.pick(1, 2.0, -4)
        )
    return m.loss(outputs)


@kind
def continued_fraction(m: Maker) -> Any:
    parts = m.numbers(m.count(1, 10), 0.5, 2.0)
    y: Any = parts[-1]
    for a in reversed(parts):
        y = a + 1 / y
    return y


@kind
def long_chain(m: Maker) -> Any:
    x, scale, shift = m.leaf(), m.leaf(0.9, 1.0), m.leaf(-0.1, 0.1)
    y: Any = x
    form = m.count(0, 3)
    for i in range(m.pick(3, 30, 150)):
        if form == 0:
            y = y * scale + shift if i % 7 else ag.tanh(y)
        elif form == 1:
            y = ag.sin(y) if i % 2 else ag.cos(y)
        elif form == 2:
            y = y + x if i % 3 else y * 0.5
        else:
            y = -(y - shift) * scale
    return y


@kind
def wide_sum(m: Maker) -> Any:
    xs = m.numbers(m.pick(1, 2, 30, 120))
    terms = [m.pick(lambda x=x: x, lambda x=x: ag.sin(x), lambda x=x: x * x, lambda x=x: 0.1 * x)() for x in xs]
    form = m.pick(sum, ag.sum, ag.mean, lambda ts: ag.sum(ts) + ag.sum(ts[::-1]), lambda ts: ag.logsumexp(ts))
    return form(terms)


@kind
def products_of_many(m: Maker) -> Any:
    xs: list[Any] = [1 + 0.1 * x for x in m.numbers(m.pick(1, 3, 20, 30))]
    if m.flip(0.3):
        xs[0] = xs[0] * 0.0
    return ag.prod(xs) if m.flip() else ag.prod(xs) * math.pi + xs[0] * xs[-1]


@kind
def used_many_times(m: Maker) -> Any:
    a, b = m.leaf(), m.leaf()
    shared = ag.tanh(a) if m.flip() else a
    terms = [shared * m.uniform() + b for _ in range(m.pick(1, 2, 40, 100, 300))]
    return ag.mean(terms) * shared if m.flip() else sum(terms)


@kind
def second_order(m: Maker) -> Any:
    leaves = m.numbers(m.count(1, 4))
    inner = ag.tanh(ag.dot(leaves, leaves[::-1])) + sum(ag.sin(v) * v for v in leaves)
    inner = inner * ag.exp(leaves[0]) + ag.relu(leaves[-1] + 0.3)
    inner.backward(create_graph=True)
    slopes = [v.grad for v in leaves]
    for v in leaves:
        v.zero_grad()
    return ag.sum([s * s for s in slopes]) + inner


@kind
def second_order_network(m: Maker) -> Any:
    """A network's slope in its input, which a loss then holds to something."""
    w, b, v, x = m.numbers(3), m.numbers(3), m.numbers(3), m.leaf()
    y = sum(c * ag.tanh(a * x + d) for a, c, d in zip(w, v, b, strict=True))
    y.backward(create_graph=True)
    slope = x.grad
    for leaf in m.leaves:
        leaf.zero_grad()
    return (slope + y) ** 2
