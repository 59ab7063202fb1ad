"""Matrices: products, transposes, forms, distances, and what is solved with them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

import autograd as ag
from tests.helpers.programs.making import Maker, flat, kind


def a_matrix(m: Maker, rows: int, columns: int) -> Any:
    """An array of leaves, of computed nodes, or of bare numbers among them."""
    form = m.count(0, 3)
    made = ag.array([[0.0] * columns for _ in range(rows)])
    for i in range(rows):
        for j in range(columns):
            entry = m.leaf()
            made[i, j] = (
                entry if form < 2 else ag.tanh(entry) if form == 2 else m.pick(entry, ag.Value(0.0, constant=True))
            )
    return made


@kind
def matrix_product(m: Maker) -> Any:
    n, k, p = m.count(1, 5), m.count(1, 4), m.count(1, 5)
    a, b = a_matrix(m, n, k), a_matrix(m, k, p)
    c = a @ b
    return m.loss(flat(ag.tanh(c) + m.leaf() if m.flip() else c))


@kind
def chain_of_products(m: Maker) -> Any:
    sizes = [m.count(1, 3) for _ in range(m.count(3, 5))]
    product = a_matrix(m, sizes[0], sizes[1])
    for n, p in itertools.pairwise(sizes[1:]):
        product = product @ a_matrix(m, n, p)
        if m.flip(0.3):
            product = ag.tanh(product)
    return m.loss(flat(product))


@kind
def powers_and_transposes(m: Maker) -> Any:
    n = m.count(1, 3)
    a = a_matrix(m, n, n)
    forms = [
        lambda: a @ a, lambda: a.T @ a, lambda: a @ a.T, lambda: a @ a @ a, lambda: a.T @ a.T, lambda: (a @ a).T @ a,
    ]  # fmt: skip
    return m.loss(flat(m.chance.choice(forms)()))


@kind
def product_with_numbers(m: Maker) -> Any:
    n, k, p = m.count(1, 5), m.count(1, 4), m.count(1, 4)
    numbers = np.array([[m.pick(0.0, 1.0, m.uniform()) for _ in range(k)] for _ in range(n)])
    w, b = a_matrix(m, k, p), ag.array([0.0] * p)
    m.own(b.tolist())
    return m.loss(flat(ag.relu(numbers @ w + b))) + m.loss(flat(w.T @ numbers.T))


@kind
def bilinear(m: Maker) -> Any:
    n = m.count(1, 4)
    a, x, y = m.matrix(n, n), m.numbers(n), m.numbers(n)
    forms = [
        lambda: ag.dot(x, [ag.dot(row, x) for row in a]),
        lambda: sum(x[i] * a[i][j] * y[j] for i in range(n) for j in range(n)),
        lambda: ag.sum([a[i][j] * (x[i] * x[j]) for i in range(n) for j in range(n)]),
        lambda: ag.dot(y, [ag.dot(row, x, y[0]) for row in a]),
    ]
    return sum(make() for make in m.chance.sample(forms, m.count(1, 3)))


@kind
def outer_product(m: Maker) -> Any:
    x, y = m.numbers(m.count(1, 6)), m.numbers(m.count(1, 6))
    shared = m.flip(0.3)
    made = [[a * b for b in (x if shared else y)] for a in x]
    rows = [ag.sum(row) if m.flip() else sum(row) for row in made]
    return m.loss([ag.tanh(r) for r in rows] + flat(made))


@kind
def gram(m: Maker) -> Any:
    n, d = m.count(1, 5), m.count(1, 4)
    xs = m.matrix(n, d)
    half = m.flip(0.3)
    made = [ag.dot(xs[i], xs[j]) for i in range(n) for j in range(i if half else 0, n)]
    return m.loss([ag.exp(-v) for v in made] if m.flip() else made)


@kind
def distances(m: Maker) -> Any:
    """From points to centres, and the smallest of them: as in k-means."""
    n, k, d = m.count(1, 5), m.count(1, 4), m.count(1, 3)
    points, centres = m.rows(n, d), m.matrix(k, d)
    total: Any = 0.0
    for x in points:
        far = [sum((a - b) ** 2 for a, b in zip(x, c, strict=True)) for c in centres]
        far = [ag.sqrt(v + 1e-3) for v in far] if m.flip() else far
        total = total + m.pick(lambda f=far: ag.minimum(*f), lambda f=far: -ag.logsumexp([-v for v in f]))()
    return total / n


@kind
def cosines(m: Maker) -> Any:
    n, d = m.count(2, 4), m.count(2, 3)
    xs = m.matrix(n, d)
    lengths = [ag.sqrt(ag.dot(x, x) + 0.1) for x in xs]
    made = [ag.dot(xs[i], xs[j]) / (lengths[i] * lengths[j]) for i in range(n) for j in range(i)]
    return m.loss(made)


@kind
def solved_by_elimination(m: Maker) -> Any:
    n = m.count(1, 4)
    a: list[list[Any]] = m.matrix(n, n)
    for i in range(n):
        a[i][i] = a[i][i] + 3.0
    x: list[Any] = list(m.numbers(n))
    for i in range(n):
        for j in range(i + 1, n):
            factor = a[j][i] / a[i][i]
            a[j] = [q - factor * p for p, q in zip(a[i], a[j], strict=True)]
            x[j] = x[j] - factor * x[i]
    for i in reversed(range(n)):
        x[i] = (x[i] - sum(a[i][j] * x[j] for j in range(i + 1, n))) / a[i][i]
    return m.loss(x)


@kind
def determinant(m: Maker) -> Any:
    (a, b, c), (d, e, f), (g, h, i) = m.matrix(3, 3)
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


@kind
def wide_grid(m: Maker) -> Any:
    """A full matrix product whose weights and inputs may overlap, repeat, or be one."""
    n, rows, columns = m.count(1, 4), m.count(4, 7), m.count(6, 8)
    line, other = m.numbers(3 * (rows + columns)), m.numbers(3 * rows)
    stride = m.count(1, 2)
    sliding = [line[i * stride : i * stride + n] for i in range(columns)]
    w = m.pick(m.matrix(rows, n), [other[i : i + n] for i in range(rows)], sliding[:rows])
    xs = sliding if m.flip(0.7) else [[m.chance.choice(line) for _ in range(n)] for _ in range(columns)]
    bias = m.pick(None, m.numbers(rows), [line[0]] * rows)
    return m.loss([ag.tanh(ag.dot(row, x, bias[k] if bias else None)) for x in xs for k, row in enumerate(w)])


@kind
def grid_with_holes(m: Maker) -> Any:
    """Some rows meet some columns; some pairs twice."""
    n = m.count(1, 3)
    w, xs = m.matrix(m.count(2, 5), n), m.matrix(m.count(2, 6), n)
    pairs = [(row, x) for row in w for x in xs if not m.flip(0.2)] or [(w[0], xs[0])]
    pairs += m.chance.sample(pairs, min(len(pairs), 2))
    m.chance.shuffle(pairs)
    made = [ag.dot(row, x) if m.flip(0.9) else ag.dot(x, row) for row, x in pairs]
    return m.loss(made)


@kind
def the_same_dot_twice(m: Maker) -> Any:
    w, x, b = m.numbers(3), m.numbers(3), m.leaf()
    z = ag.dot(w, x, b)
    again = ag.dot(w, x, b)
    return m.pick(
        lambda: z * z, lambda: z + z, lambda: z * again, lambda: z - again, lambda: ag.dot([z, z], [z, again]),
        lambda: ag.sum([z, z, again]), lambda: ag.maximum(z, again), lambda: ag.dot(w, w) * ag.dot(x, x, x[0]),
    )()  # fmt: skip
