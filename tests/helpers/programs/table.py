"""Every row of the op table, on few nodes and on many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd as ag
from tests.helpers.programs.making import Maker, kind

UNARY: dict[str, Callable[[Any], Any]] = {
    name: getattr(ag, name)
    for name in (  # noqa: SIM905
        "absolute acos asin asinh atan atanh cbrt cos cosh elu erf erfc exp exp2 expm1 floor gelu leaky_relu log log1p "
        "log2 log10 logsigmoid relu sigmoid sign silu sin sinh softplus softsign sqrt tan tanh"
    ).split()
} | {
    "acosh": lambda a: ag.acosh(a + 1.5),
    "clip": lambda a: ag.clip(a, 0.3, 0.6),
    "clip above": lambda a: ag.clip(a, None, 0.6),
    "elu 0.7": lambda a: ag.elu(a - 0.5, 0.7),
    "leaky 0.2": lambda a: ag.leaky_relu(a - 0.5, 0.2),
    "square": lambda a: a**2,
    "cube": lambda a: a**3,
    "fourth": lambda a: a**4,
    "first": lambda a: a**1,
    "zeroth": lambda a: a**0,
    "inverse": lambda a: 1 / a,
    "inverse square": lambda a: a**-2,
    "root": lambda a: a**-0.5,
    "half": lambda a: a / 2,
    "negative": lambda a: -a,
    "positive": lambda a: +a,
    "from one": lambda a: 1 - a,
    "less one": lambda a: a - 1,
    "base": lambda a: 2**a,
    "round": lambda a: round(a, 1) * 0.5,
    "method relu": lambda a: (a - 0.5).relu(),
    "of itself": lambda a: a * a,
    "floor of three": lambda a: 3.7 // a,
    "remainder": lambda a: a % 0.25,
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "%": lambda a, b: a % b,
    "//": lambda a, b: a // b,
    "atan2": ag.atan2,
    "hypot": ag.hypot,
    "xlogy": ag.xlogy,
    "maximum": ag.maximum,
    "minimum": ag.minimum,
    "maximum of three": lambda a, b: ag.maximum(a, b, 0.5),
    "logsumexp": lambda a, b: ag.logsumexp([a, b]),
    "softmax": lambda a, b: ag.softmax([a, b, 0.3])[1],
    "dot": lambda a, b: ag.dot([a, b], [b, 2.0], a),
    "dot with one": lambda a, b: ag.dot([a], [b]),
    "mean": lambda a, b: ag.mean([a, b, 1.0]),
    "std": lambda a, b: ag.std([a, b, 3.0]),
    "std of all": lambda a, b: ag.std([a, b, 3.0], ddof=0),
    "prod": lambda a, b: ag.prod([a, b, a]),
    "sum": lambda a, b: ag.sum([a, b, a, 1.0]),
    "multiply and add": lambda a, b: a * b + a,
    "multiply twice": lambda a, b: a * b * 2.0,
}


def totalled(m: Maker, terms: list[Any]) -> Any:
    return ag.sum([t * m.uniform(0.5, 1) for t in terms])


@kind
def some_of_every_op(m: Maker) -> Any:
    leaves = m.numbers(4, 0.1, 0.9)
    terms: list[Any] = [ag.Value(0.0) * 0.0]
    for name in m.chance.sample(sorted(UNARY), 14):
        terms += [UNARY[name](m.chance.choice(leaves)) for _ in range(m.count(1, 3))]
    for name in m.chance.sample(sorted(BINARY), 8):
        terms += [BINARY[name](*m.chance.sample(leaves, 2)) for _ in range(m.count(1, 3))]
    return totalled(m, terms)


@kind
def ops_on_ops(m: Maker) -> Any:
    """Each op above another: what follows what decides how they may be computed together."""
    leaves = m.numbers(3, 0.2, 0.8)
    terms = []
    for _ in range(m.count(2, 6)):
        a: Any = m.chance.choice(leaves)
        for name in m.chance.sample(sorted(UNARY), 2):
            try:
                a = UNARY[name](a)
            except (ArithmeticError, ValueError):
                break
        terms.append(a)
        terms.append(BINARY[m.pick("+", "-", "*", "maximum", "hypot", "dot", "mean")](a, m.chance.choice(leaves)))
    return ag.sum([ag.tanh(t) for t in terms])


def wide(m: Maker, n: int, unary: list[str], binary: list[str]) -> Any:
    """Many nodes of one row, over operands in order, gathered, repeated, strided and shared."""
    leaves, shared = m.numbers(n, 0.1, 0.9), m.leaf(0.5, 0.9)
    picks = [
        leaves,
        leaves[::-1],
        [m.chance.choice(leaves) for _ in range(n)],
        [shared] * n,
        [leaves[i // 2] for i in range(n)],
        [*leaves[1:], leaves[0]],
        [0.5] * n,
        [m.pick(0.25, 0.5, 0.75) for _ in range(n)],
    ]
    terms: list[Any] = []
    for name in unary:
        terms += [UNARY[name](a) for a in m.chance.choice(picks[:6])]
    for name in binary:
        chosen = m.chance.choice(picks[:6]), m.chance.choice(picks)
        terms += [BINARY[name](a, b) for a, b in zip(*chosen, strict=True)]
    if m.flip(0.3):
        m.chance.shuffle(terms)
    return totalled(m, terms)


@kind
def wide_maps(m: Maker) -> Any:
    return wide(m, m.count(24, 40), m.chance.sample(sorted(UNARY), 2), m.chance.sample(sorted(BINARY), 2))


@kind
def very_wide_maps(m: Maker) -> Any:
    return wide(m, m.count(64, 80), m.chance.sample(sorted(UNARY), 1), m.chance.sample(sorted(BINARY), 1))


@kind
def wide_maps_on_maps(m: Maker) -> Any:
    n = m.count(5, 30)
    xs: list[Any] = m.numbers(n)
    for _ in range(m.count(1, 4)):
        name = m.pick("tanh", "sin", "sigmoid", "gelu", "negative", "from one", "of itself", "half", "square")
        xs = [UNARY[name](x) for x in xs]
        if m.flip():
            other = m.pick(xs[::-1], [xs[0]] * n, m.numbers(n))
            op = BINARY[m.pick("+", "-", "*", "maximum", "multiply and add", "dot with one")]
            xs = [ag.tanh(op(x, y)) for x, y in zip(xs, other, strict=True)]
    return m.loss(xs)
