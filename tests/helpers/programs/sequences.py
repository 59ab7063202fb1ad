"""Recurrent networks, attention, and convolutions: one weight in many places."""

from __future__ import annotations

import math
from typing import Any

import autograd as ag
from tests.helpers.programs.making import Maker, flat, kind
from tests.helpers.programs.neurons import a_style, any_form, layer, weighted

# --- over time -------------------------------------------------------------------------------------------------


def first_state(m: Maker, h: int) -> list[Any]:
    return [m.pick(lambda: 0.0, m.constant, m.leaf)() for _ in range(h)] if m.flip() else [0.0] * h


@kind
def recurrent(m: Maker) -> Any:
    h, n, style = m.count(1, 4), m.count(1, 2), a_style(m, any_form(m))
    w, b = m.matrix(h, n + h), m.numbers(h)
    state, seen = first_state(m, h), []
    for x in m.rows(m.count(1, 5), n):
        state = layer(m, style, w, x + state, b, ag.tanh)
        seen += state
    return m.loss(seen if m.flip() else state)


@kind
def recurrent_in_two_sums(m: Maker) -> Any:
    """W x + U h + b, and the state's sum is written now one way, now the other."""
    h, n = m.count(1, 3), m.count(1, 3)
    one, two = a_style(m, any_form(m)), a_style(m, any_form(m))
    w, u, b, zero = m.matrix(h, n), m.matrix(h, h), m.numbers(h), [0.0] * h
    state, seen = first_state(m, h), []
    for x in m.rows(m.count(1, 5), n):
        from_x = [weighted(m, one, w[k], x, zero[k]) for k in range(h)]
        from_h = [weighted(m, two, u[k], state, b[k]) for k in range(h)]
        both = list(zip(from_x, from_h, strict=True))
        state = [ag.tanh(p + q) for p, q in both] if m.flip() else [ag.tanh(q + p) for p, q in both]
        seen += state
    return m.loss(seen)


@kind
def gated(m: Maker) -> Any:
    """An LSTM."""
    h, n, style = m.count(1, 3), m.count(1, 2), a_style(m, any_form(m))
    gates = [(m.matrix(h, n + h), m.numbers(h)) for _ in range(4)]
    state, cell, seen = first_state(m, h), first_state(m, h), []
    for x in m.rows(m.count(1, 3), n):
        acts = (ag.sigmoid, ag.sigmoid, ag.sigmoid, ag.tanh)
        i, f, o, g = (layer(m, style, w, x + state, b, act) for (w, b), act in zip(gates, acts, strict=True))
        cell = [f[k] * cell[k] + i[k] * g[k] for k in range(h)]
        state = [o[k] * ag.tanh(cell[k]) for k in range(h)]
        seen += state
    return m.loss(seen)


@kind
def gated_with_less(m: Maker) -> Any:
    """A GRU, with its 1 - z."""
    h, n, style = m.count(1, 3), m.count(1, 2), a_style(m, any_form(m))
    (wz, bz), (wr, br), (wh, bh) = ((m.matrix(h, n + h), m.numbers(h)) for _ in range(3))
    state = first_state(m, h)
    for x in m.rows(m.count(1, 3), n):
        z = layer(m, style, wz, x + state, bz, ag.sigmoid)
        r = layer(m, style, wr, x + state, br, ag.sigmoid)
        made = layer(m, style, wh, x + [a * b for a, b in zip(r, state, strict=True)], bh, ag.tanh)
        state = [(1 - z[k]) * state[k] + z[k] * made[k] for k in range(h)]
    return m.loss(state)


# --- attention ---------------------------------------------------------------------------------------------------


def shares_of(m: Maker, scores: list[Any]) -> list[Any]:
    form = m.count(0, 3)
    if form == 0:
        return list(ag.softmax(scores))
    if form == 1:
        total = ag.logsumexp(scores)
        return [ag.exp(s - total) for s in scores]
    raised = [ag.exp(s) for s in scores]
    total = sum(raised) if form == 2 else ag.sum(raised)
    return [r / total for r in raised]


@kind
def attention(m: Maker) -> Any:
    t, d = m.count(1, 4), m.count(1, 3)
    style = a_style(m, any_form(m)) if m.flip() else a_style(m, "dot without b")
    xs, none = m.rows(t, d), [0.0] * d
    q, k, v = ([layer(m, style, w, x, none, lambda z: z) for x in xs] for w in (m.matrix(d, d) for _ in range(3)))
    outputs = []
    causal = m.flip()
    for i in range(t):
        seen = range(i + 1) if causal else range(t)
        shares = shares_of(m, [weighted(m, style, q[i], k[j], 0.0) / math.sqrt(d) for j in seen])
        outputs += [weighted(m, style, shares, [v[j][c] for j in seen], 0.0) for c in range(d)]
    return m.loss(outputs)


@kind
def attention_on_itself(m: Maker) -> Any:
    """Dots of computed nodes with themselves; the same dot feeds many."""
    t, d = m.count(1, 4), m.count(1, 3)
    xs = [[ag.tanh(v) for v in m.numbers(d)] for _ in range(t)]
    scores = [[ag.dot(a, b) for b in xs] for a in xs]
    outputs = []
    for row in scores:
        shares = shares_of(m, row)
        outputs += [ag.dot(shares, [x[c] for x in xs]) for c in range(d)]
    return m.loss(outputs) + scores[0][0] * scores[-1][0]


# --- convolutions ------------------------------------------------------------------------------------------------


@kind
def convolution(m: Maker) -> Any:
    n, k, stride, channels = m.count(4, 10), m.count(1, 4), m.count(1, 3), m.count(1, 3)
    style = a_style(m, any_form(m))
    padding = [0.0] * m.pick(0, 0, 1, k - 1)
    xs = [*padding, *m.rows(1, n)[0], *padding]
    filters, biases = m.matrix(channels, k), m.numbers(channels)
    outputs = [
        ag.relu(weighted(m, style, f, xs[i : i + k], b))
        for f, b in zip(filters, biases, strict=True)
        for i in range(0, len(xs) - k + 1, stride)
    ]
    return m.loss([ag.maximum(*outputs[i : i + 2]) for i in range(0, len(outputs), 2)] if m.flip() else outputs)


@kind
def two_convolutions(m: Maker) -> Any:
    n, k, style = m.count(5, 9), m.count(2, 3), a_style(m, any_form(m))
    f, g = m.numbers(k), m.numbers(k)
    hidden = [ag.tanh(weighted(m, style, f, xs, 0.0)) for xs in windows([*m.rows(1, n)[0]], k)]
    return m.loss([weighted(m, style, g, xs, 0.0) for xs in windows(hidden, k)])


def windows(xs: list[Any], k: int) -> list[list[Any]]:
    return [xs[i : i + k] for i in range(len(xs) - k + 1)]


@kind
def convolution_2d(m: Maker) -> Any:
    n, k, stride, pad = m.count(3, 5), m.count(1, 3), m.count(1, 2), m.pick(0, 0, 1)
    style = a_style(m, any_form(m))
    image, f, b = m.rows(n, m.count(3, 5)), m.numbers(k * k), m.leaf()
    wide = [0.0] * (len(image[0]) + 2 * pad)
    image = [wide] * pad + [[0.0] * pad + row + [0.0] * pad for row in image] + [wide] * pad
    outputs = []
    for i in range(0, len(image) - k + 1, stride):
        for j in range(0, len(wide) - k + 1, stride):
            patch = [image[i + a][j + c] for a in range(k) for c in range(k)]
            outputs.append(ag.tanh(weighted(m, style, f, patch, b)))
    return m.loss(outputs)


@kind
def convolution_and_pooling(m: Maker) -> Any:
    n, k = m.count(4, 5), 2
    channels, style = m.count(1, 2), a_style(m, any_form(m))
    image = m.rows(n, n)
    filters, b = m.matrix(channels, k * k), m.numbers(channels)
    features: list[Any] = []
    for f, c in zip(filters, b, strict=True):
        made = [
            [ag.relu(weighted(m, style, f, image[i][j : j + k] + image[i + 1][j : j + k], c)) for j in range(n - 1)]
            for i in range(n - 1)
        ]
        pool = m.pick(ag.maximum, ag.minimum, lambda *xs: ag.mean(xs), lambda *xs: sum(xs) / len(xs))
        features += [
            pool(made[i][j], made[i][j + 1], made[i + 1][j], made[i + 1][j + 1])
            for i in range(0, n - 2, 2)
            for j in range(0, n - 2, 2)
        ]
    return m.loss([ag.dot(row, features) for row in m.matrix(2, len(features))]) + m.penalty(flat(filters))
