"""Networks of the package's own layers, normalisation, embeddings, and the losses that end them."""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd import losses, nn
from tests.helpers.programs.making import Maker, flat, kind, turned


def seed_of(m: Maker) -> int:
    return m.count(0, 10**6)


def called(m: Maker, model: nn.Module, rows: list[list[Any]]) -> list[Any]:
    """The outputs, over all rows at once or one by one."""
    if m.flip():
        return list(model(rows).ravel().tolist()) if m.flip(0.8) else flat(model(rows))
    outputs: list[Any] = []
    for row in rows:
        made = model(row)
        outputs += made if isinstance(made, list) else [made]
    return outputs


@kind
def nn_mlp(m: Maker) -> Any:
    n = m.count(1, 3)
    sizes = [m.count(1, 6) for _ in range(m.count(1, 3))]
    activation = m.pick("relu", "tanh", "sigmoid", "gelu")
    model = nn.MLP(n, sizes, activation=activation, seed=seed_of(m))
    parameters = m.own(model.parameters())
    return m.loss(called(m, model, m.rows(m.pick(1, 2, 5, 9), n))) + m.penalty(parameters)


@kind
def nn_neurons_and_layers(m: Maker) -> Any:
    n = m.count(1, 4)
    layer, neuron = nn.Layer(n, m.count(2, 4), seed=seed_of(m)), nn.Neuron(n, nonlin=m.flip(), seed=seed_of(m))
    m.own([*layer.parameters(), *neuron.parameters()])
    rows = m.rows(m.count(1, 5), n)
    return m.loss([v for row in rows for v in layer(row)] + [neuron(row) for row in rows])


@kind
def nn_sequential(m: Maker) -> Any:
    n, h = m.count(1, 4), m.count(1, 5)
    middle = m.pick(nn.ReLU(), nn.Tanh(), nn.SiLU(), nn.LeakyReLU(0.1), nn.ELU(0.7), nn.Softplus(), nn.Identity())
    model = nn.Sequential(
        nn.Linear(n, h, bias=m.flip(0.7), seed=seed_of(m)), middle, nn.Linear(h, m.count(2, 3), seed=seed_of(m)),
        m.pick(nn.Softmax(), nn.Sigmoid(), nn.Identity()),
    )  # fmt: skip
    parameters = m.own(model.parameters())
    return m.loss(called(m, model, m.rows(m.count(1, 6), n))) + m.penalty(parameters)


@kind
def nn_residual(m: Maker) -> Any:
    n = m.count(1, 4)
    block = nn.Residual(nn.Sequential(nn.Linear(n, n, seed=seed_of(m)), nn.Tanh()))
    model = nn.Sequential(block, nn.Linear(n, n, seed=seed_of(m)), block)  # a block used twice
    m.own(dict.fromkeys(model.parameters()))
    return m.loss(called(m, model, m.rows(m.count(1, 5), n)))


@kind
def nn_batch_norm(m: Maker) -> Any:
    n, h = m.count(1, 3), m.count(1, 4)
    model = nn.Sequential(
        nn.Linear(n, h, seed=seed_of(m)),
        nn.BatchNorm(h, track_running_stats=False),
        nn.Tanh(),
        nn.Linear(h, 2, seed=seed_of(m)),
    )
    m.own(model.parameters())
    rows = [m.numbers(n) for _ in range(m.count(3, 6))]
    return m.loss(flat(model(rows)))


@kind
def package_losses(m: Maker) -> Any:
    n, classes = m.count(1, 6), m.count(2, 4)
    scores = [ag.tanh(v) * m.leaf() for v in m.numbers(n)]
    logits = [[w * 2 for w in m.numbers(classes)] for _ in range(n)]
    goals, signs = [m.pick(0.0, 1.0) for _ in range(n)], [m.pick(-1.0, 1.0) for _ in range(n)]
    labels = [m.chance.randrange(classes) for _ in range(n)]
    made = [
        lambda: losses.mse(scores, goals),
        lambda: losses.mae(scores, goals),
        lambda: losses.bce([ag.sigmoid(s) for s in scores], goals),
        lambda: losses.bce_with_logits(scores, goals),
        lambda: losses.hinge(scores, signs),
        lambda: losses.cross_entropy(logits, labels),
        lambda: losses.nll([[ag.log(p) for p in ag.softmax(row)] for row in logits], labels),
        lambda: losses.huber(scores, goals, reduction="sum"),
        lambda: losses.smooth_l1(scores, goals),
    ]
    return sum(make() for make in m.chance.sample(made, m.count(1, 3)))


@kind
def normalised_over_the_batch(m: Maker) -> Any:
    n, d = m.count(3, 6), m.count(1, 4)
    w, scale, shift = m.matrix(d, d), m.numbers(d), m.numbers(d)
    xs = m.matrix(n, d)
    rows = [[x + ag.tanh(ag.dot(row, x_row)) for x, row in zip(x_row, w, strict=True)] for x_row in xs]
    return m.loss(flat(normalised(m, c, [g] * n, [b] * n) for c, g, b in zip(turned(rows), scale, shift, strict=True)))


@kind
def normalised_over_the_features(m: Maker) -> Any:
    n, d = m.count(1, 5), m.count(3, 5)
    w, scale, shift = m.matrix(d, 2), m.numbers(d), m.numbers(d)
    rows = [[ag.dot(row, xs) for row in w] for xs in m.matrix(n, 2)]
    return m.loss(flat(normalised(m, row, scale, shift) for row in rows))


def normalised(m: Maker, xs: list[Any], scale: list[Any], shift: list[Any]) -> list[Any]:
    centre = m.pick(lambda: ag.mean(xs), lambda: sum(xs) / len(xs), lambda: ag.sum(xs) * (1 / len(xs)))()
    spread = m.pick(
        lambda: ag.std(xs) + 1e-2,
        lambda: (ag.mean([(x - centre) ** 2 for x in xs]) + 1e-2) ** 0.5,
        lambda: ag.sqrt(sum((x - centre) * (x - centre) for x in xs) / len(xs) + 1e-2),
    )()
    return [g * (x - centre) / spread + b for x, g, b in zip(xs, scale, shift, strict=True)]


def cross_entropy(m: Maker, logits: list[Any], label: int) -> Any:
    form = m.count(0, 4)
    if form == 0:
        return ag.logsumexp(logits) - logits[label]
    if form == 1:
        return -ag.log(ag.softmax(logits)[label])
    raised = [ag.exp(z) for z in logits]
    if form == 2:
        return -ag.log(raised[label] / sum(raised))
    if form == 3:
        return ag.log(ag.sum(raised)) - logits[label]
    top = ag.maximum(*logits)
    shifted = [ag.exp(z - top) for z in logits]
    return -(logits[label] - top - ag.log(sum(shifted)))


@kind
def classifier(m: Maker) -> Any:
    n, classes = m.count(1, 3), m.count(2, 4)
    w, b = m.matrix(classes, n), m.numbers(classes)
    total: Any = 0.0
    rows = m.rows(m.count(1, 6), n)
    for xs in rows:
        logits = [ag.dot(row, xs, c) for row, c in zip(w, b, strict=True)]
        total = total + cross_entropy(m, logits, m.chance.randrange(classes))
    return total / len(rows) + m.penalty(flat(w))


@kind
def embedding(m: Maker) -> Any:
    words, d, classes = m.count(1, 5), m.count(1, 3), m.count(2, 4)
    table, w, b = m.matrix(words, d), m.matrix(classes, d), m.numbers(classes)
    total: Any = 0.0
    for _ in range(m.count(1, 6)):
        x = table[m.chance.randrange(words)]
        logits = [ag.dot(row, x, c) for row, c in zip(w, b, strict=True)]
        total = total + cross_entropy(m, logits, m.chance.randrange(classes))
    return total


@kind
def bag_of_words(m: Maker) -> Any:
    words, d = m.count(2, 6), m.count(1, 3)
    table, w = m.matrix(words, d), m.numbers(d)
    scores = []
    for _ in range(m.count(1, 5)):
        rows = [m.chance.choice(table) for _ in range(m.count(1, 4))]
        scores.append(ag.dot(w, [ag.mean(column) if m.flip() else sum(column) for column in turned(rows)]))
    return m.loss(scores)


@kind
def hinges(m: Maker) -> Any:
    """A support vector machine, as it is written by hand."""
    n = m.count(1, 4)
    w, b = m.numbers(n), m.leaf()
    rows = m.rows(m.count(1, 8), n)
    margins = [(sum(p * x for p, x in zip(w, xs, strict=True)) + b) * m.pick(-1, 1) for xs in rows]
    slack = [(1 + -s).relu() if m.flip() else ag.maximum(0.0, 1 - s) for s in (v * 1 for v in margins)]
    return sum(slack) * (1.0 / len(rows)) + 1e-4 * sum(p * p for p in w)
