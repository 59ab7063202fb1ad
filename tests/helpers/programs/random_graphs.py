"""Random graphs: free ones, and ones in layers, whose nodes stand together as those of networks do."""

from __future__ import annotations

from typing import Any

import autograd as ag
from tests.helpers.programs.making import Chance, Maker, Recorded
from tests.helpers.programs.table import BINARY, UNARY

TAME = (
    "tanh", "sin", "sigmoid", "softsign", "relu", "absolute", "gelu", "silu", "negative", "from one", "atan", "square",
    "half", "of itself", "positive", "less one", "leaky 0.2",
)  # fmt: skip
TAME_PAIRS = (
    "+", "-", "*", "maximum", "minimum", "hypot", "logsumexp", "dot", "mean", "sum", "dot with one", "multiply and add",
    "multiply twice", "prod", "+", "*", "*",
)  # fmt: skip
NUMBERS = (0.0, 1.0, -1.0, 2.0, 0.5)


def calmed(made: Any) -> Any:
    return ag.tanh(made) if abs(made.data) > 4.0 else made


def recorded(m: Maker, root: Any) -> Recorded:
    return Recorded(root if isinstance(root, ag.Value) else m.leaf() * root, m.leaves, m.constants)


def small_graph(chance: Chance) -> Recorded:
    """A random graph of 1 to about 60 nodes, all of whose nodes stay small."""
    m = Maker(chance)
    m.numbers(m.count(1, 6))
    for _ in range(m.count(0, 2)):
        m.constant()
    nodes: list[Any] = [*m.leaves, *m.constants]
    ops = chance.sample(TAME, 3) + chance.sample(TAME_PAIRS, 3)
    for _ in range(m.count(1, 40)):
        op = chance.choice(ops)
        a, b = chance.choice(nodes), chance.choice(nodes)
        if m.flip(0.15):
            b = chance.choice(NUMBERS)
        nodes.append(calmed(UNARY[op](a) if op in UNARY else BINARY[op](a, b)))
    root = nodes[-1] if m.flip(0.3) else ag.sum(chance.sample(nodes, m.count(1, len(nodes))))
    return recorded(m, root)


def layered_graph(chance: Chance) -> Recorded:
    """Levels of like nodes over the level before, over earlier ones, and over inputs; 10 to about 300 nodes."""
    m = Maker(chance)
    m.numbers(m.count(2, 8))
    for _ in range(m.count(0, 3)):
        m.constant()
    pool: list[Any] = [*m.leaves, *m.constants]
    last = list(pool)
    for _ in range(m.count(1, 4)):
        last = [calmed(v) for v in a_level(m, last, pool, m.pick(1, 2, 3, 4, 6, 9))]
        if m.flip(0.2):
            m.chance.shuffle(last)
        pool += last
    extra = chance.sample(pool, m.count(0, 3))
    total = m.pick(ag.sum, ag.mean, sum, lambda vs: ag.dot(vs, vs), lambda vs: vs[-1])
    return recorded(m, total(extra + last))


def picked(m: Maker, last: list[Any], pool: list[Any], n: int) -> list[Any]:
    """n operands, as a level may find them."""
    form = m.count(0, 7)
    if form == 0:
        return [last[i % len(last)] for i in range(n)]
    if form == 1:
        return [last[-1 - i % len(last)] for i in range(n)]
    if form == 2:
        return [m.chance.choice(last)] * n
    if form == 3:
        return [m.chance.choice(pool) for _ in range(n)]
    if form == 4:
        return [pool[(3 * i) % len(pool)] for i in range(n)]
    if form == 5:
        return [m.leaf() for _ in range(n)]
    if form == 6:
        return [m.chance.choice(NUMBERS) if m.flip(0.3) else m.chance.choice(last) for _ in range(n)]
    return [last[i // 2 % len(last)] for i in range(n)]


def a_level(m: Maker, last: list[Any], pool: list[Any], n: int) -> list[Any]:
    form = m.count(0, 6)
    if form == 0:
        op = UNARY[m.chance.choice(TAME)]
        return [op(m.chance.choice(last) if not isinstance(v, ag.Value) else v) for v in picked(m, last, pool, n)]
    if form == 1:
        op = BINARY[m.chance.choice(TAME_PAIRS)]
        firsts = [v if isinstance(v, ag.Value) else last[0] for v in picked(m, last, pool, n)]
        return [op(a, b) for a, b in zip(firsts, picked(m, last, pool, n), strict=True)]
    if form == 2:
        many = m.pick(ag.sum, ag.mean, ag.prod, ag.logsumexp, lambda vs: ag.maximum(*vs), sum)
        return [many([last[0], *picked(m, last, pool, m.count(1, 4))]) for _ in range(n)]
    return neurons(m, last, pool, n)


def neurons(m: Maker, last: list[Any], pool: list[Any], n: int) -> list[Any]:
    """Rows of weights on columns of inputs, as dots or by hand, some rows with holes."""
    k = m.count(1, 4)
    rows = [picked(m, last, pool, k) for _ in range(n)] if m.flip(0.3) else [m.numbers(k) for _ in range(n)]
    columns = [picked(m, last, pool, k) for _ in range(m.pick(1, 1, 2, 3))]
    bias = m.pick(None, m.numbers(n), [m.leaf()] * n)
    by_hand, front, holes, swapped = m.flip(), m.flip(), m.pick(0.0, 0.0, 0.3), m.pick(0.0, 1.0, 0.3)
    made: list[Any] = []
    pairs = [(i, xs) for i in range(n) for xs in columns] if m.flip() else [(i, xs) for xs in columns for i in range(n)]
    for i, xs in pairs:
        terms = [(w, x) for w, x in zip(rows[i], xs, strict=True) if not m.flip(holes)]
        terms = [(w, x) for w, x in terms if isinstance(w, ag.Value) or isinstance(x, ag.Value)] or [(last[0], 0.5)]
        if by_hand:
            total: Any = sum(x * w if m.flip(swapped) else w * x for w, x in terms)
            if bias is not None:
                total = bias[i] + total if front else total + bias[i]
        else:
            total = ag.dot([w for w, _ in terms], [x for _, x in terms], None if bias is None else bias[i])
        made.append(ag.tanh(total) if m.flip(0.7) else total)
    return made
