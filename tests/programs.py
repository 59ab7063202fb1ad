"""Graphs of many shapes for the compiler's tests, each made from a seeded source of chance.

A kind is a function of that source which returns a recorded graph: its root, and the leaves and constants whose
numbers may be changed. Everything is at points where the numbers are safe to compute with.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import autograd as ag
from autograd import Value


class Recorded(NamedTuple):
    """A graph, and its inputs; a leaf that the root doesn't depend on may be among them."""

    root: Value
    leaves: list[Value]
    constants: list[Value] = []  # noqa: RUF012  (never changed)


Chance = random.Random
Kind = Callable[[Chance], Recorded]
KINDS: dict[str, Kind] = {}


def kind(make: Kind) -> Kind:
    KINDS[make.__name__] = make
    return make


def numbers(chance: Chance, count: int, constant: bool = False) -> list[Value]:
    return [Value(chance.uniform(-1.0, 1.0), constant=constant) for _ in range(count)]


def matrix(chance: Chance, rows: int, columns: int, constant: bool = False) -> list[list[Value]]:
    return [numbers(chance, columns, constant) for _ in range(rows)]


def flat(rows: list[list[Value]]) -> list[Value]:
    return [v for row in rows for v in row]


def dot_by_hand(chance: Chance, weights: list[Any], xs: list[Any]) -> Any:
    products = [w * x if chance.random() < 0.8 else x * w for w, x in zip(weights, xs, strict=True)]
    return sum(products) if chance.random() < 0.5 else ag.sum(products)


def a_loss(chance: Chance, outputs: list[Any]) -> Any:
    if chance.random() < 0.5:
        return ag.mean([(o - chance.uniform(-1, 1)) ** 2 for o in outputs])
    return sum(ag.softplus(o) - o * chance.choice([0.0, 1.0]) for o in outputs) / len(outputs)


ACTIVATIONS: list[Callable[[Any], Any]] = [ag.tanh, ag.relu, ag.sigmoid, ag.gelu, ag.silu, ag.leaky_relu, ag.elu]


def network(chance: Chance, dots: bool) -> Recorded:
    sizes = [chance.randint(1, 5) for _ in range(chance.randint(2, 4))]
    layers = [(matrix(chance, o, i), numbers(chance, o)) for i, o in itertools.pairwise(sizes)]
    leaves = [v for w, b in layers for v in flat(w) + b]
    activation = chance.choice(ACTIVATIONS)
    as_values = chance.random() < 0.5
    constants: list[Value] = []
    outputs: list[Any] = []
    samples = [[chance.uniform(-1, 1) for _ in range(sizes[0])] for _ in range(chance.randint(1, 6))]
    for sample in samples:
        xs: list[Any] = list(sample)
        if as_values:
            xs = [Value(x, constant=True) for x in sample]
            constants += xs
        for w, b in layers:
            order = list(range(len(w)))
            chance.shuffle(order)
            made: list[Any] = [None] * len(w)
            for k in order:
                total = ag.dot(w[k], xs, b[k]) if dots else dot_by_hand(chance, w[k], xs) + b[k]
                made[k] = activation(total)
            xs = made
        outputs += xs
    chance.shuffle(outputs)
    loss = a_loss(chance, outputs)
    if chance.random() < 0.4:
        shuffled = chance.sample(leaves, len(leaves))
        loss = loss + 1e-2 * sum(p * p for p in shuffled)
    return Recorded(loss, leaves, constants)


@kind
def mlp_of_dots(chance: Chance) -> Recorded:
    return network(chance, dots=True)


@kind
def mlp_by_hand(chance: Chance) -> Recorded:
    return network(chance, dots=False)


@kind
def tied_weights(chance: Chance) -> Recorded:
    n, m = chance.randint(1, 4), chance.randint(1, 4)
    w = matrix(chance, m, n)
    xs = matrix(chance, chance.randint(1, 4), n, constant=chance.random() < 0.5)
    turned = [list(column) for column in zip(*w, strict=True)]
    total: Any = 0
    for x in xs:
        code = [ag.tanh(ag.dot(row, x)) for row in w]
        back = [ag.dot(row, code) for row in turned]
        total = total + sum((a - b) ** 2 for a, b in zip(back, x, strict=True))
    inputs = flat(xs)
    return Recorded(total, flat(w) + [v for v in inputs if not v.constant], [v for v in inputs if v.constant])


@kind
def recurrent(chance: Chance) -> Recorded:
    h = chance.randint(1, 4)
    w, u, b = matrix(chance, h, 1), matrix(chance, h, h), numbers(chance, h)
    by_hand = chance.random() < 0.5
    state: list[Any] = [0.0] * h if chance.random() < 0.5 else numbers(chance, h, constant=True)
    first = [v for v in state if isinstance(v, Value)]
    seen = []
    for _ in range(chance.randint(1, 5)):
        x = [chance.uniform(-1, 1)]
        state = [
            ag.tanh(dot_by_hand(chance, u[k], state) + w[k][0] * x[0] + b[k])
            if by_hand
            else ag.tanh(ag.dot(w[k] + u[k], x + state, b[k]))
            for k in range(h)
        ]
        seen += state
    return Recorded(a_loss(chance, seen), flat(w) + flat(u) + b, first)


@kind
def convolution(chance: Chance) -> Recorded:
    n, k, stride, channels = chance.randint(4, 10), chance.randint(1, 4), chance.randint(1, 3), chance.randint(1, 3)
    xs = numbers(chance, n, constant=chance.random() < 0.5)
    filters, biases = matrix(chance, channels, k), numbers(chance, channels)
    outputs = [
        ag.relu(ag.dot(f, xs[i : i + k], b))
        for f, b in zip(filters, biases, strict=True)
        for i in range(0, n - k + 1, stride)
    ]
    pooled = [ag.maximum(*outputs[i : i + 2]) for i in range(0, len(outputs), 2)]
    leaves = flat(filters) + biases
    return Recorded(a_loss(chance, pooled), leaves + [x for x in xs if not x.constant], [x for x in xs if x.constant])


@kind
def convolution_2d(chance: Chance) -> Recorded:
    n, m, k, stride = chance.randint(3, 5), chance.randint(3, 5), chance.randint(1, 3), chance.randint(1, 2)
    image = matrix(chance, n, m)
    f = numbers(chance, k * k)
    dots = chance.random() < 0.5
    outputs = []
    for i in range(0, n - k + 1, stride):
        for j in range(0, m - k + 1, stride):
            patch = [image[i + a][j + b] for a in range(k) for b in range(k)]
            outputs.append(ag.tanh(ag.dot(f, patch) if dots else dot_by_hand(chance, f, patch)))
    return Recorded(a_loss(chance, outputs), flat(image) + f)


@kind
def attention(chance: Chance) -> Recorded:
    t, d = chance.randint(1, 4), chance.randint(1, 3)
    xs = matrix(chance, t, d)
    q, k, v = (matrix(chance, d, d) for _ in range(3))
    queries, keys, values = ([[ag.dot(row, x) for row in w] for x in xs] for w in (q, k, v))
    outputs = []
    for i in range(t):
        seen = range(i + 1) if t > 2 else range(t)
        scores = [ag.dot(queries[i], keys[j]) / math.sqrt(d) for j in seen]
        if chance.random() < 0.5:
            shares = ag.softmax(scores)
        else:
            total = ag.logsumexp(scores)
            shares = [ag.exp(s - total) for s in scores]
        outputs += [ag.dot(shares, [values[j][c] for j in seen]) for c in range(d)]
    return Recorded(a_loss(chance, outputs), flat(xs) + flat(q) + flat(k) + flat(v))


@kind
def residual_and_norm(chance: Chance) -> Recorded:
    n, d = chance.randint(3, 5), chance.randint(2, 4)
    rows = matrix(chance, n, d)
    w, scale, shift = matrix(chance, d, d), numbers(chance, d), numbers(chance, d)
    rest: list[Any] = [[x + ag.tanh(ag.dot(row, xs)) for x, row in zip(xs, w, strict=True)] for xs in rows]
    columns = [list(c) for c in zip(*rest, strict=True)]
    outputs = []
    for c, g, b in zip(columns, scale, shift, strict=True):
        centre, spread = ag.mean(c), ag.std(c) if chance.random() < 0.5 else None
        if spread is None:
            spread = (ag.mean([(x - centre) ** 2 for x in c]) + 1e-5) ** 0.5
        outputs += [g * (x - centre) / spread + b for x in c]
    return Recorded(a_loss(chance, outputs), flat(rows) + flat(w) + scale + shift)


@kind
def embedding(chance: Chance) -> Recorded:
    words, d, classes = chance.randint(1, 5), chance.randint(1, 3), chance.randint(2, 4)
    table, w, b = matrix(chance, words, d), matrix(chance, classes, d), numbers(chance, classes)
    total: Any = 0.0
    for _ in range(chance.randint(1, 6)):
        x = table[chance.randrange(words)]
        logits = [ag.dot(row, x, c) for row, c in zip(w, b, strict=True)]
        total = total + ag.logsumexp(logits) - logits[chance.randrange(classes)]
    return Recorded(total, flat(table) + flat(w) + b)


@kind
def second_order(chance: Chance) -> Recorded:
    leaves = numbers(chance, chance.randint(1, 4))
    inner = ag.tanh(ag.dot(leaves, leaves[::-1])) + sum(ag.sin(v) * v for v in leaves)
    inner = inner * ag.exp(leaves[0]) + ag.relu(leaves[-1] + 0.3)
    inner.backward(create_graph=True)
    slopes = [v.grad for v in leaves]
    for v in leaves:
        v.zero_grad()
    return Recorded(ag.sum([s * s for s in slopes]) + inner, leaves)


@kind
def fan_out(chance: Chance) -> Recorded:
    a, b = Value(chance.uniform(-1, 1)), Value(chance.uniform(-1, 1))
    shared = ag.tanh(a) if chance.random() < 0.5 else a
    count = chance.choice([1, 2, 40, 2000])
    terms = [shared * chance.uniform(-1, 1) + b for _ in range(count)]
    return Recorded(ag.mean(terms) * shared if chance.random() < 0.5 else sum(terms), [a, b])


@kind
def same_leaf(chance: Chance) -> Recorded:
    a, b = Value(chance.uniform(-1, 1)), Value(chance.uniform(0.5, 1))
    forms: list[Callable[[], Any]] = [
        lambda: a * a + a,
        lambda: ag.dot([a, a, b], [a, b, a], a),
        lambda: ag.sum([a] * 7),
        lambda: ag.prod([a, b, a, a]),
        lambda: ag.maximum(a, a, b, a),
        lambda: a - a,
        lambda: b**b + b / b,
        lambda: ag.logsumexp([a, a, a]),
        lambda: ag.mean([a, b, a]),
        lambda: ag.std([a, b, a, a]),
        lambda: ag.hypot(a, a) + ag.atan2(b, b),
    ]
    return Recorded(sum(f() for f in chance.sample(forms, chance.randint(1, 4))), [a, b])


@kind
def bare(chance: Chance) -> Recorded:
    a, unused, c = Value(chance.uniform(-1, 1)), Value(2.0), Value(0.5, constant=True)
    root: Any = chance.choice([a, -a, a + 0, a * 1, a * c, a * 0, c + a - c, ag.floor(a + 5) * 0.0 + a, c * 2, c])
    return Recorded(root, [a, unused], [c])


@kind
def dead(chance: Chance) -> Recorded:
    leaves = numbers(chance, 5)
    zero = chance.choice([0.0, -0.0])
    leaves[0].data = zero
    terms = [ag.relu(-abs(v) - 1.0) * v for v in leaves] + [v * zero for v in leaves]
    terms += [abs(leaves[0]), ag.relu(leaves[0]), ag.maximum(leaves[0], -leaves[0]), ag.sign(leaves[1])]
    chance.shuffle(terms)
    return Recorded(ag.sum(terms) + ag.clip(leaves[2], -0.5, 0.5), leaves)


@kind
def not_finite(chance: Chance) -> Recorded:
    bad = chance.choice([math.inf, -math.inf, math.nan])
    leaves = [Value(bad), *numbers(chance, 3)]
    chance.shuffle(leaves)
    a, b, c, d = leaves
    forms: list[Callable[[], Any]] = [
        lambda: ag.tanh(a) + b * c + d,
        lambda: ag.relu(a) + ag.relu(b) + ag.relu(c) + ag.relu(d),
        lambda: ag.sigmoid(a) * ag.sigmoid(b) * ag.sigmoid(c) + d,
        lambda: ag.dot([a, b], [c, d]),
        lambda: ag.maximum(a, b, c, d) + ag.minimum(a, b),
        lambda: ag.exp(-abs(a)) + abs(b) + c * c - d,
    ]
    return Recorded(chance.choice(forms)(), leaves)


@kind
def deep(chance: Chance) -> Recorded:
    x, scale, shift = Value(0.5), Value(0.99), Value(0.01)
    y: Any = x
    for i in range(chance.choice([3, 50, 300])):
        y = y * scale + shift if i % 7 else ag.tanh(y)
    return Recorded(y, [x, scale, shift])


@kind
def every_op(chance: Chance) -> Recorded:
    leaves = [Value(chance.uniform(0.1, 0.9)) for _ in range(4)]
    terms = [Value(0.0) * 0.0]
    for name in chance.sample(sorted(UNARY), 12):
        terms += [UNARY[name](chance.choice(leaves)) for _ in range(chance.randint(1, 3))]
    for name in chance.sample(sorted(BINARY), 6):
        terms += [BINARY[name](*chance.sample(leaves, 2)) for _ in range(chance.randint(1, 3))]
    return Recorded(ag.sum([t * chance.uniform(0.5, 1) for t in terms]), leaves)


UNARY: dict[str, Callable[[Any], Any]] = {
    name: getattr(ag, name)
    for name in (  # noqa: SIM905
        "absolute acos asin asinh atan atanh cbrt cos cosh elu erf erfc exp exp2 expm1 gelu leaky_relu log log1p log2 "
        "log10 logsigmoid relu sigmoid sign silu sin sinh softplus softsign sqrt tan tanh"
    ).split()
} | {
    "acosh": lambda a: ag.acosh(a + 1.5),
    "clip": lambda a: ag.clip(a, 0.3, 0.6),
    "square": lambda a: a**2,
    "cube": lambda a: a**3,
    "inverse": lambda a: 1 / a,
    "root": lambda a: a**-0.5,
    "negative": lambda a: -a,
    "from one": lambda a: 1 - a,
    "base": lambda a: 2**a,
    "round": lambda a: round(a, 1) * 0.5,
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "%": lambda a, b: a % b,
    "atan2": ag.atan2,
    "hypot": ag.hypot,
    "xlogy": ag.xlogy,
    "maximum": ag.maximum,
    "minimum": ag.minimum,
    "logsumexp": lambda a, b: ag.logsumexp([a, b]),
    "dot": lambda a, b: ag.dot([a, b], [b, 2.0], a),
    "mean": lambda a, b: ag.mean([a, b, 1.0]),
    "std": lambda a, b: ag.std([a, b, 3.0]),
    "prod": lambda a, b: ag.prod([a, b, a]),
}


@kind
def wide_maps(chance: Chance) -> Recorded:
    """Many nodes of one row, over operands in order, gathered, repeated, strided and shared."""
    n = chance.randint(24, 40)
    leaves = [Value(chance.uniform(0.1, 0.9)) for _ in range(n)]
    shared = Value(0.7)
    picks = [
        leaves,
        leaves[::-1],
        [chance.choice(leaves) for _ in range(n)],
        [shared] * n,
        [leaves[i // 2] for i in range(n)],
        [0.5] * n,
    ]
    terms: list[Any] = []
    for name in chance.sample(sorted(UNARY), 3):
        terms += [UNARY[name](a) for a in chance.choice(picks[:5])]
    for name in chance.sample(sorted(BINARY), 3):
        chosen = chance.choice(picks[:5]), chance.choice(picks)
        terms += [BINARY[name](a, b) for a, b in zip(*chosen, strict=True)]
    return Recorded(ag.sum([t * chance.uniform(0.5, 1) for t in terms]), [*leaves, shared])


@kind
def wide_grid(chance: Chance) -> Recorded:
    """A full matrix product whose weights and inputs may overlap, repeat, or be one."""
    n, rows, columns = chance.randint(1, 4), chance.randint(4, 7), chance.randint(6, 8)
    line = numbers(chance, 3 * (rows + columns))
    stride = chance.randint(1, 2)
    sliding = [line[i * stride : i * stride + n] for i in range(columns)]
    other = numbers(chance, 3 * rows)
    w = chance.choice([matrix(chance, rows, n), [other[i : i + n] for i in range(rows)], sliding[:rows]])
    xs = sliding if chance.random() < 0.7 else [[chance.choice(line) for _ in range(n)] for _ in range(columns)]
    bias = chance.choice([None, numbers(chance, rows), [line[0]] * rows])
    outputs = [ag.tanh(ag.dot(row, x, bias[k] if bias else None)) for x in xs for k, row in enumerate(w)]
    return Recorded(a_loss(chance, outputs), list(dict.fromkeys(line + flat(w) + (bias or []))))


TAME = ("tanh", "sin", "sigmoid", "softsign", "relu", "absolute", "gelu", "silu", "negative", "from one", "atan")
TAME_PAIRS = ("+", "-", "*", "maximum", "minimum", "hypot", "logsumexp", "dot", "mean")


def small_graph(chance: Chance) -> Recorded:
    """A random graph of 3 to about 60 nodes, all of whose nodes stay small."""
    leaves = numbers(chance, chance.randint(1, 6))
    constants = numbers(chance, chance.randint(0, 2), constant=True)
    nodes: list[Any] = [*leaves, *constants]
    ops = chance.sample(TAME, 3) + chance.sample(TAME_PAIRS, 3)
    for _ in range(chance.randint(1, 30)):
        op = chance.choice(ops)
        a, b = chance.choice(nodes), chance.choice(nodes)
        if chance.random() < 0.15:
            b = chance.choice([0.0, 1.0, -1.0, 2.0, 0.5])
        made = UNARY[op](a) if op in UNARY else BINARY[op](a, b)
        nodes.append(ag.tanh(made) if abs(made.data) > 4.0 else made)
    root = nodes[-1] if chance.random() < 0.5 else ag.sum(chance.sample(nodes, chance.randint(1, len(nodes))))
    return Recorded(root, leaves, constants)
