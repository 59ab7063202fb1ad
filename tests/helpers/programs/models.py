"""Models: functions that are recorded at some numbers and run at others, where they may take other branches.

They have losses, layers with state, softmax and attention, branches of the user's own, numbers that are cut off from
derivatives, derivatives within, and NumPy's functions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag
from autograd import Value, losses, nn
from tests.helpers.programs.making import Maker, flat, model, turned
from tests.helpers.programs.table import BINARY, UNARY

Model = Callable[[], Any]
ACTIVATIONS = (
    nn.ELU, nn.GELU, nn.Identity, nn.LeakyReLU, nn.ReLU, nn.SiLU, nn.Sigmoid, nn.Softmax, nn.Softplus, nn.Softsign,
    nn.Tanh,
)  # fmt: skip
ODD = (0.0, -0.0, 1.0, -1.0, 0.5, math.inf, -math.inf, math.nan, 1e-300, 1e300)


def weighed(outputs: Any) -> Any:
    """One number of many, each of which counts differently."""
    numbers = ag.array(outputs).ravel().tolist()
    return ag.sum([(1.0 + k / 8.0) * v for k, v in enumerate(numbers)])


def norm(values: list[Any]) -> Any:
    return np.linalg.norm(ag.array(values))


def squashed(m: Maker) -> Callable[[Any], Any]:
    """What an output goes through before a loss: often what makes it a probability."""
    return m.pick(
        ag.sigmoid, ag.sigmoid, lambda v: ag.clip(v, 0.0, 1.0), abs, ag.tanh, lambda v: v, ag.relu,
        lambda v: 0.5 + 0.5 * ag.sign(v), lambda v: ag.exp(-abs(v)),
    )  # fmt: skip


def activation(m: Maker) -> Any:
    return m.chance.choice(ACTIVATIONS)()


def linear(m: Maker, inputs: int, outputs: int) -> Any:
    return nn.Linear(inputs, outputs, bias=m.flip(0.7), seed=m.count(0, 10**6))


def batch(m: Maker, low: int = 1, high: int = 4, width: int = 1) -> list[list[Any]]:
    """Rows of data that change: constants mostly, as data are."""
    make = m.pick(m.constant, m.constant, m.leaf)
    return [[make() for _ in range(width)] for _ in range(m.count(low, high))]


# --- losses ----------------------------------------------------------------------------------------------------------

REDUCTIONS = ("mean", "sum", "none")
PAIRS: tuple[tuple[Any, tuple[float, ...], tuple[dict[str, float], ...]], ...] = (
    (losses.mse, (), ({},)),
    (losses.mae, (), ({},)),
    (losses.huber, (), ({}, {"delta": 0.5})),
    (losses.smooth_l1, (), ({}, {"beta": 0.25})),
    (losses.bce, (0.0, 1.0), ({},)),
    (losses.bce, (0.0, 0.25, 1.0), ({},)),
    (losses.bce_with_logits, (0.0, 1.0), ({}, {"pos_weight": 3.0})),
    (losses.hinge, (-1.0, 1.0), ({},)),
)


def loss_of_pairs(m: Maker, count: int) -> Callable[[list[Any]], Any]:
    """A loss of so many predictions, whose targets are numbers, constants or trained."""
    loss, targets, options = m.chance.choice(PAIRS)
    chosen, reduction = m.chance.choice(options), m.chance.choice(REDUCTIONS)
    style = m.pick("floats", "constants", "leaves")
    ts: list[Any] = []
    for _ in range(count):
        drawn: Any = m.chance.choice(targets) if targets else m.uniform()
        if style != "floats":
            drawn = m.one_of(*targets) if targets else m.leaf() if style == "leaves" else m.constant()
        ts.append(drawn)
    through = squashed(m) if loss is losses.bce else m.pick(lambda v: v, lambda v: v, squashed(m))
    return lambda outputs: weighed(loss([through(v) for v in outputs], ts, reduction=reduction, **chosen))


def loss_of_classes(m: Maker, count: int, classes: int) -> Callable[[list[list[Any]]], Any]:
    reduction = m.chance.choice(REDUCTIONS)
    labels = [m.chance.randrange(classes) for _ in range(count)]
    moving = [m.one_of(*map(float, range(classes))) for _ in range(count)] if m.flip(0.4) else labels
    shares = [m.numbers(classes, 0.0, 1.0) for _ in range(count)] if m.flip(0.3) else None
    weight = m.pick(None, None, [1.0, 3.0, 0.0, 0.5][:classes])
    smoothing = m.pick(0.0, 0.0, 0.1)
    inverse = m.pick(ag.softmax, lambda row: [ag.sigmoid(z) for z in row], lambda row: [ag.clip(z, 0, 1) for z in row])
    return m.pick(
        lambda rows: weighed(
            losses.cross_entropy(rows, moving, weight=weight, label_smoothing=smoothing, reduction=reduction)
        ),
        lambda rows: weighed(losses.cross_entropy(rows, shares or moving, reduction=reduction)),
        lambda rows: weighed(
            losses.categorical_cross_entropy([inverse(row) for row in rows], moving, reduction=reduction)
        ),
        lambda rows: weighed(losses.nll([[z - ag.logsumexp(row) for z in row] for row in rows], labels)),
        lambda rows: ag.mean([ag.logsumexp(row) - row[k] for row, k in zip(rows, labels, strict=True)]),
    )


@model
def loss_of_numbers(m: Maker) -> Model:
    xs = m.numbers(m.count(1, 4))
    loss = loss_of_pairs(m, len(xs))
    return lambda: loss(xs)


@model
def two_losses(m: Maker) -> Model:
    xs = m.numbers(m.count(1, 3))
    first, second = loss_of_pairs(m, len(xs)), loss_of_pairs(m, len(xs))
    return lambda: first(xs) + 0.5 * second(xs[::-1])


@model
def loss_of_scores(m: Maker) -> Model:
    rows = m.matrix(m.count(1, 3), m.count(2, 4))
    loss = loss_of_classes(m, len(rows), len(rows[0]))
    return lambda: loss(rows)


@model
def logistic_regression(m: Maker) -> Model:
    rows = batch(m, 1, 5, width=2)
    net = m.module(nn.Sequential(linear(m, 2, 1), m.pick(nn.Sigmoid(), nn.Identity(), nn.Sigmoid())))
    loss = loss_of_pairs(m, len(rows))
    return lambda: loss(flat(net(rows)))


@model
def network_and_loss(m: Maker) -> Model:
    width, hidden, rows = m.count(1, 3), m.count(2, 4), batch(m, 1, 3, width=2)
    net = m.module(nn.Sequential(linear(m, 2, hidden), activation(m), linear(m, hidden, width)))
    if width == 1:
        pairs = loss_of_pairs(m, len(rows))
        return lambda: pairs(flat(net(rows)))
    loss = loss_of_classes(m, len(rows), width)
    return lambda: loss([row.tolist() for row in net(rows)])


@model
def losses_by_hand(m: Maker) -> Model:
    """Focal, triplet, ranking, quantile: as they are written by users."""
    a, b, c, t = (m.numbers(2) for _ in range(4))

    def far(p: list[Any], q: list[Any]) -> Any:
        return norm([x - y for x, y in zip(p, q, strict=True)])

    probability = squashed(m)
    p = [lambda v=v: ag.clip(probability(v), 1e-7, 1 - 1e-7) for v in a]
    return m.pick(
        lambda: ag.sum([-((1 - v()) ** 2) * ag.log(v()) for v in p]),
        lambda: ag.relu(far(a, b) - far(a, c) + 0.2),
        lambda: ag.sum([ag.softplus(-(x - y)) * ag.sign(z) for x, y, z in zip(a, b, c, strict=True)]),
        lambda: ag.mean([ag.maximum(0.9 * (x - y), -0.1 * (x - y)) for x, y in zip(a, t, strict=True)]),
        lambda: -ag.dot(a, b) / (norm(a) * norm(b)),
        lambda: ag.sum([ag.xlogy(abs(x), abs(x) / abs(y)) for x, y in zip(a, b, strict=True)]),
        lambda: -ag.minimum(*[x * y for x, y in zip(a, b, strict=True)]) + np.var(ag.array(c)),
        lambda: ag.sum([ag.log(ag.cosh(x - y)) for x, y in zip(a, b, strict=True)]),
    )  # type: ignore[no-any-return]


# --- layers with state -----------------------------------------------------------------------------------------------


class Largest(nn.Module):
    """Divides by the largest size that it has seen, and counts its calls."""

    buffers = ("largest", "calls")

    def __init__(self, at_least: float) -> None:
        self.largest, self.calls = at_least, 0

    def forward(self, x: Any) -> Any:
        self.largest = ag.maximum(self.largest, *[abs(v) for v in self.for_buffer(x).ravel().tolist()])
        self.largest = self.for_buffer(self.largest)
        self.calls += 1
        return x / self.largest


class Shifted(nn.Module):
    """Takes away a moving average of each column, and is trained as well."""

    buffers = ("centre",)

    def __init__(self, width: int, share: float) -> None:
        self.centre, self.share = np.zeros(width), share
        self.scale = ag.array([1.0] * width)

    def forward(self, x: Any) -> Any:
        before = self.centre
        if self.training:
            self.centre = self.share * self.centre + (1.0 - self.share) * self.for_buffer(np.mean(x, axis=0))
        return (x - before) * self.scale


def normaliser(m: Maker, width: int) -> Any:
    kind = m.count(0, 3)
    if kind == 0:
        return Shifted(width, m.pick(0.9, 0.5, 0.0))
    return nn.BatchNorm(
        width, eps=m.pick(1e-5, 1e-5, 0.1, 0.0), momentum=m.pick(0.1, None, 0.5, 1.0, 0.0), affine=m.flip(0.7),
        track_running_stats=m.flip(0.8),
    )  # fmt: skip


@model
def normalised_network(m: Maker) -> Model:
    hidden, rows = m.count(1, 3), batch(m, 2, 4, width=2)
    norm = normaliser(m, hidden)
    net = m.module(nn.Sequential(linear(m, 2, hidden), norm, activation(m), linear(m, hidden, 1)))
    if m.flip(0.2):
        net.eval()
    loss = loss_of_pairs(m, len(rows))
    return lambda: loss(flat(net(rows)))


@model
def normalised_inputs(m: Maker) -> Model:
    rows = batch(m, 2, 4, width=m.count(1, 2))
    norm = m.module(normaliser(m, len(rows[0])))
    if m.flip(0.2):
        norm.eval()
    return lambda: weighed(ag.tanh(norm(ag.array(rows))))


@model
def normalised_twice(m: Maker) -> Model:
    """One module that is called twice in a pass, so that its state goes on within the pass."""
    width = m.count(1, 2)
    first, second, norm = batch(m, 2, 3, width), batch(m, 2, 3, width), m.module(normaliser(m, width))
    again, count = m.flip(), m.count(1, 3)

    def both() -> Any:
        out = weighed(norm(ag.array(first))) * 0.5
        for _ in range(count):
            out = out + weighed(norm(ag.array(second if again else first)))
        return out

    return both


@model
def state_of_the_user(m: Maker) -> Model:
    xs, seen, net = m.numbers(m.count(1, 4)), m.module(Largest(m.pick(0.1, 1.0))), m.leaf()
    after = m.flip()
    return lambda: weighed(seen(ag.array(xs) * net)) + (seen(ag.array([net]))[0] if after else 0.0)


# --- softmax and attention -------------------------------------------------------------------------------------------


@model
def softmax_of_scores(m: Maker) -> Model:
    xs, heat = m.numbers(m.count(1, 6)), m.leaf(0.5, 1.5)
    scale = m.pick(1.0, 1.0, 30.0, 1000.0)
    return m.pick(
        lambda: weighed(ag.softmax([scale * x for x in xs])),
        lambda: weighed(ag.softmax([x / heat for x in xs])),
        lambda: weighed([ag.log(p) for p in ag.softmax(xs)]),
        lambda: ag.sum([-ag.xlogy(p, p) for p in ag.softmax(xs)]),
        lambda: ag.dot(ag.softmax(xs), xs[::-1]),
        lambda: weighed(ag.softmax([*xs, heat, 0.0])) * ag.logsumexp(xs),
        lambda: weighed(ag.softmax(ag.softmax(xs))),
        lambda: ag.logsumexp([scale * x for x in xs]) - ag.maximum(*xs),
        lambda: weighed(ag.softmax(ag.array([xs, xs[::-1]]))),
    )  # type: ignore[no-any-return]


@model
def attention_with_a_mask(m: Maker) -> Model:
    t, d = m.pick(2, 2, 3), m.count(1, 2)
    queries, keys, values = m.matrix(t, d), m.matrix(t, d), m.matrix(t, d)
    mask: list[list[Any]] = [
        [m.pick(0.0, 0.0, -math.inf, -1e9, -1e4) if j > i else 0.0 for j in range(t)] for i in range(t)
    ]
    if m.flip(0.2):
        mask[0][-1] = m.constant()
    scale = m.pick(1.0 / math.sqrt(d), 1.0, 50.0)

    def attended() -> Any:
        q, k, v = ag.array(queries), ag.array(keys), ag.array(values)
        scores = q @ k.T * scale
        shares = [
            ag.softmax([s + w for s, w in zip(row, ms, strict=True)])
            for row, ms in zip(scores.tolist(), mask, strict=True)
        ]
        return weighed(ag.array(shares) @ v)

    return attended


@model
def attention_over_two_heads(m: Maker) -> Model:
    t, d = 2, m.count(1, 2)
    xs = batch(m, t, t, width=d)
    heads = [[ag.array(m.matrix(d, 1)) for _ in range(3)] for _ in range(2)]
    out, gain = ag.array(m.matrix(2, d)), m.numbers(d)

    def block() -> Any:
        x = ag.array(xs)
        made = []
        for wq, wk, wv in heads:
            q, k, v = x @ wq, x @ wk, x @ wv
            made.append(ag.array([ag.softmax(row) for row in (q @ k.T).tolist()]) @ v)
        y = x + np.concatenate(made, axis=1) @ out
        rows = []
        for row in y.tolist():
            centre = ag.mean(row)
            rows.append(
                [g * (v - centre) / ag.sqrt(np.var(ag.array(row)) + 1e-5) for g, v in zip(gain, row, strict=True)]
            )
        return weighed(rows)

    return block


@model
def mixture_of_experts(m: Maker) -> Model:
    xs, n = m.numbers(2), m.count(2, 3)
    gates = m.module(linear(m, 2, n))
    experts = [m.module(nn.Sequential(linear(m, 2, 1), activation(m))) for _ in range(n)]
    hard = m.flip(0.3)

    def mixed() -> Any:
        shares = ag.softmax(list(gates(xs)))
        outs = [expert(xs) for expert in experts]
        outs = [v[0] if isinstance(v, list) else v for v in outs]
        best = max(range(n), key=shares.__getitem__) if hard else 0
        return shares[best] * outs[best] if hard else ag.dot(shares, outs)

    return mixed


@model
def gated_cells(m: Maker) -> Model:
    steps, w = batch(m, 2, 3, width=1), m.numbers(8)

    def cell() -> Any:
        h: Any = 0.0
        c: Any = 0.0
        for (x,) in steps:
            i, f, o = (ag.sigmoid(w[2 * k] * x + w[2 * k + 1] * h) for k in range(3))
            c = f * c + i * ag.tanh(w[6] * x + w[7] * h)
            h = o * ag.tanh(c)
        return h * h + c

    return cell


# --- branches of the user's own --------------------------------------------------------------------------------------


def _hand_relu(x: Any) -> Any:
    return x if x > 0.0 else 0.1 * x


def _bubble(xs: list[Any]) -> list[Any]:
    xs = list(xs)
    for i, j in itertools.combinations(range(len(xs)), 2):
        if xs[j] < xs[i]:
            xs[i], xs[j] = xs[j], xs[i]
    return xs


def _halved(x: Any) -> Any:
    for _ in range(5):
        if not abs(x) > 0.3:
            break
        x = x * 0.5
    return x


@model
def branches(m: Maker) -> Model:
    a, b, c = m.leaf(), m.leaf(), m.leaf()
    d = m.one_of(0.0, 1.0, 2.0)
    forms: list[Model] = [
        lambda: _hand_relu(a) * b,
        lambda: a * b if a > b else b - a,
        lambda: max(a, b, c) * min(a, b),
        lambda: ag.dot(_bubble([a, b, c]), [1.0, 2.0, 4.0]),
        lambda: ag.dot(sorted([a, b, c]), [1.0, 2.0, 4.0]),
        lambda: _halved(a) + b,
        lambda: a if a else b,
        lambda: (a * 2.0 if d == 1.0 else b * 3.0) + c,
        lambda: a + [b, c, a][[0.0, 1.0, 2.0].index(d)] if d in (0.0, 1.0, 2.0) else b * 5.0,
        lambda: a * c if -0.5 <= a < 0.5 else c,
        lambda: ag.where(a >= b, a * b, c),
        lambda: ag.where(a != b, lambda: a / (a - b), lambda: c),
        lambda: (ag.sqrt(a) if a > 0.0 else ag.sqrt(-a)) * b,
        lambda: b if a != a else a * c,
        lambda: ag.sum([v for v in (a, b, c) if v > 0.0]) * 2.0 + a,
        lambda: (a - b) * _hand_relu(a * b - c),
    ]
    chosen = m.chance.sample(forms, m.count(1, 2))
    return lambda: chosen[0]() + (chosen[-1]() if len(chosen) > 1 else 0.0)


@model
def newton(m: Maker) -> Model:
    """A loop that ends when it is close enough."""
    a, start = m.leaf(0.5, 2.0), m.constant(0.5, 2.0)

    def root() -> Any:
        x = start
        for _ in range(8):
            if abs(x * x - a) < 1e-3:
                break
            x = 0.5 * (x + a / x)
        return x * a

    return root


# --- cut off from derivatives, and derivatives within ----------------------------------------------------------------


@model
def cut_off(m: Maker) -> Model:
    a, b, c = m.leaf(), m.leaf(), m.leaf()

    def quietly(function: Model) -> Any:
        with ag.no_grad():
            return function()

    forms: list[Model] = [
        lambda: a.detach() * a + b,
        lambda: a + (round(a) - a).detach(),
        lambda: quietly(lambda: a * b + c) * c,
        lambda: (a - ag.maximum(a, b, c).detach()) * ag.exp(b - ag.maximum(a, b).detach()),
        lambda: ag.relu((a * b).detach()) * a + ag.tanh(a * b),
        lambda: quietly(lambda: ag.softmax([a, b, c])[0]) * a * b,
        lambda: ag.dot([a.detach(), b], [b.detach(), a], c),
        lambda: (ag.sum([a, b]).detach() - c) ** 2,
        lambda: quietly(lambda: quietly(lambda: a * b).detach() * c) + a,
    ]
    chosen = m.chance.sample(forms, m.count(1, 3))
    return lambda: ag.sum([form() for form in chosen])


@model
def derivatives_within(m: Maker) -> Model:
    a, b, c = m.leaf(), m.leaf(), m.leaf()
    function: Any = m.pick(
        lambda x, y: x * abs(x) * y,
        lambda x, y: ag.relu(x * y) * x,
        lambda x, y: ag.maximum(x, y, x * y) ** 2,
        lambda x, y: ag.softmax([x, y])[0] * x,
        lambda x, y: losses.bce([ag.sigmoid(x)], [1.0]) * y,
        lambda x, y: losses.huber([x * y], [0.3]),
        lambda x, y: ag.logsumexp([x * x, y]),
        lambda x, y: ag.hypot(x, y) * x,
        lambda x, y: ag.clip(x * y, -0.5, 0.5) * x,
        lambda x, y: ag.gelu(x) * ag.sigmoid(y) * ag.softplus(x),
        lambda x, y: ag.prod([x, y, x]) + norm([x, y]),
        lambda x, y: ag.elu(x) * ag.leaky_relu(y) * ag.erf(x),
        lambda x, y: ag.atan2(x, y) * y,
        lambda x, y: ag.std([x, y, 0.5]),
        lambda x, y: ag.xlogy(abs(x), abs(y) + 1.0),
    )
    return m.pick(
        lambda: ag.grad(function)(a, b) * c,
        lambda: weighed(ag.grad(function, argnums=(0, 1))(a, b)),
        lambda: weighed(ag.hessian(lambda x: function(x[0], x[1]))([a, b])),
        lambda: ag.hvp(lambda x: function(x, b), (a,), (c,)),
        lambda: weighed(ag.jvp(function, (a, b), (c, 1.0))),
        lambda: (norm(ag.grad(function, argnums=(0, 1))(a, b)) - 1.0) ** 2 + c * function(a, b),
        lambda: a - 0.1 * ag.grad(function)(a, b) + c * b,
        lambda: function(a - 0.1 * ag.grad(function)(a, b), b),
    )  # type: ignore[no-any-return]


# --- NumPy's functions -----------------------------------------------------------------------------------------------


@model
def arrays(m: Maker) -> Model:
    """Functions of arrays that compare nothing."""
    n, k = m.count(1, 3), m.count(1, 3)
    a, b, row = ag.array(m.matrix(n, k)), ag.array(m.matrix(n, k)), ag.array(m.numbers(k))
    forms: list[Model] = [
        lambda: np.maximum(a, b), lambda: np.max(a, axis=0), lambda: np.clip(a, -0.5, row), lambda: a @ b.T,
        lambda: np.linalg.norm(a, axis=1), lambda: np.var(a, axis=0) + row, lambda: np.sign(a) * b,
        lambda: np.abs(a - b).sum(axis=1), lambda: np.outer(a, row), lambda: np.einsum("ij,ij->i", a, b),
        lambda: np.logaddexp(a, b), lambda: np.hypot(a, row), lambda: np.floor(a * 3) / 3, lambda: np.prod(a, axis=1),
        lambda: np.cumsum(a, axis=0) * b, lambda: np.tanh(a) ** 2, lambda: a / (1 + np.abs(a)), lambda: np.mean(a * b),
        lambda: np.arctan2(a, b), lambda: np.copysign(a, b), lambda: np.square(a) @ row,
        lambda: np.logaddexp.reduce(a, axis=1), lambda: np.minimum(0, a) + np.maximum(0, b), lambda: np.std(a),
        lambda: np.sinc(a), lambda: np.exp2(a) * row, lambda: np.trunc(a * 2) * b, lambda: np.cbrt(a) + np.log1p(b * b),
        lambda: np.where(np.eye(n, k) > 0, a, b), lambda: np.pad(a, 1), lambda: np.linalg.norm(a.ravel(), 3),
        lambda: np.linalg.norm(a.ravel(), np.inf), lambda: np.ptp(a, axis=0),
        lambda: np.average(a, weights=[2.0] * k, axis=1),
        lambda: np.nan_to_num(1.0) * a, lambda: np.kron(a, row), lambda: np.convolve(a.ravel(), row),
        lambda: np.heaviside(2.0, 0.5) * a, lambda: np.rint(a), lambda: np.ceil(a) * b, lambda: np.cumprod(a, axis=1),
    ]  # fmt: skip
    chosen = m.chance.sample(forms, m.count(1, 3))
    return lambda: ag.sum([weighed(form()) for form in chosen])


@model
def arrays_that_are_compared(m: Maker) -> Model:
    n = m.count(2, 4)
    a, b = ag.array(m.numbers(n)), ag.array(m.numbers(n))
    forms: list[Model] = [
        lambda: np.where(a > 0, a, 0.1 * a), lambda: np.sort(a), lambda: np.median(a), lambda: a[np.argmax(a)] * b,
        lambda: np.where(np.isfinite(a), a, b), lambda: np.nan_to_num(a), lambda: np.nansum(a), lambda: np.nanmax(a),
        lambda: np.interp(a, [-0.5, 0.0, 0.5], [1.0, 2.0, -1.0]), lambda: np.fmod(a, 0.3), lambda: np.heaviside(a, b),
        lambda: np.quantile(a, 0.3), lambda: a[a > b].sum() + b.sum(), lambda: np.fmax(a, b), lambda: a[np.argsort(b)],
        lambda: np.where(np.isclose(a, b), a, b * 2), lambda: a * (a != 0.0), lambda: b[np.argmin(a)] * a,
        lambda: a if np.all(a < b) else b, lambda: a * (1.0 if np.isinf(b).any() else 2.0),
        lambda: np.isnan(a) * 1.0 + b,
        lambda: np.where(a.max() > b.max(), a, b), lambda: np.linalg.norm(a, 1.5) if np.any(a) else b,
        lambda: a[np.nonzero(b)], lambda: np.count_nonzero(a) * b, lambda: np.round(a, 1) * np.sign(b),
        lambda: a * np.isclose(a.sum(), 0.0), lambda: a[np.flatnonzero(a > 0)], lambda: np.nanmean(a) * b,
        lambda: (b if np.array_equal(a, b) else a) * 2, lambda: np.argmax(a) * b,
        lambda: (a > b).sum() * a, lambda: np.nanmedian(a) + b,
        lambda: np.max(a, where=b > 0, initial=0.0),
    ]  # fmt: skip
    chosen = m.chance.sample(forms, m.count(1, 2))
    return lambda: ag.sum([weighed(form()) for form in chosen])


# --- zeros, ties and the ends of the doubles --------------------------------------------------------------------------


@model
def products_with_odd_numbers(m: Maker) -> Model:
    """Matrices of which some entries are written as 0, inf and nan."""
    n, k, p = m.pick(1, 1, 2, 3), m.pick(1, 1, 2, 3), m.pick(1, 1, 2, 5)
    share = m.pick(0.0, 0.2, 1.0)
    x = [[m.chance.choice(ODD) if m.flip(share) else m.constant() for _ in range(k)] for _ in range(n)]
    w, bias = m.matrix(k, p), m.pick(None, m.numbers(p))
    act = m.pick(lambda v: v, ag.relu, ag.tanh, ag.sigmoid)

    def product() -> Any:
        if bias is None:
            return weighed([act(v) for v in flat(ag.array(x) @ ag.array(w))])
        columns = turned(w)
        return weighed([act(ag.dot(c, row, b)) for row in x for c, b in zip(columns, bias, strict=True)])

    return product


@model
def two_layers_of_products(m: Maker) -> Model:
    n, k, p = m.pick(1, 2, 4), m.pick(1, 2, 3), m.pick(1, 2, 6)
    x, w, v = batch(m, n, n, width=k), m.matrix(p, k), m.numbers(p)
    act = m.pick(ag.relu, ag.tanh, ag.sigmoid, ag.gelu, abs, ag.softplus, lambda z: z)
    return lambda: weighed([ag.dot(v, [act(ag.dot(c, row)) for c in w]) for row in x])


@model
def signs_of_zero(m: Maker) -> Model:
    a, b, c = m.leaf(), m.leaf(), m.leaf()
    side = m.pick(-1.0, 1.0)
    inner: Any = m.pick(
        lambda: a, lambda: -a, lambda: a * b, lambda: a + b, lambda: a - b, lambda: ag.dot([a, b], [c, a]),
        lambda: ag.sum([a, b, c]), lambda: ag.maximum(a, b), lambda: ag.minimum(a, b), lambda: ag.relu(a),
        lambda: a * 0.0,
        lambda: ag.floor(a), lambda: ag.sign(a), lambda: a % 1.0, lambda: a / b, lambda: ag.prod([a, b, c]),
        lambda: abs(a),
        lambda: 0.0 - a, lambda: a + 0.0, lambda: a * -1.0, lambda: ag.clip(a, 0.0, 1.0), lambda: ag.leaky_relu(a),
        lambda: ag.tanh(a), lambda: ag.mean([a, b]), lambda: ag.softsign(a), lambda: a - 0.0, lambda: -0.0 + a,
        lambda: ag.dot([a], [b], c), lambda: ag.sum([a]), lambda: sum([a, b]), lambda: a // 1.0, lambda: round(a),
        lambda: ag.where(True, a, b), lambda: a * b + c, lambda: (a * b) * c, lambda: ag.cbrt(a), lambda: ag.expm1(a),
    )  # fmt: skip
    return m.pick(
        lambda: ag.atan2(inner(), side),
        lambda: np.copysign(1.0, inner()) * b,
        lambda: ag.atan2(inner(), c) + ag.atan2(b, inner()),
        lambda: np.copysign(b, inner()) + c,
    )  # type: ignore[no-any-return]


@model
def edges_of_two(m: Maker) -> Model:
    names = m.chance.sample(sorted(BINARY), m.count(1, 3))
    pairs = [(m.leaf(0.1, 0.9), m.leaf(0.1, 0.9)) for _ in range(m.pick(1, 2, 6))]
    return lambda: ag.sum([BINARY[name](a, b) * (1.0 + k) for k, name in enumerate(names) for a, b in pairs])


@model
def edges_of_one(m: Maker) -> Model:
    names = m.chance.sample(sorted(UNARY), m.count(1, 3))
    xs = m.numbers(m.pick(1, 3, 8), 0.1, 0.9)
    return lambda: ag.sum([UNARY[name](x) * (1.0 + k) for k, name in enumerate(names) for x in xs])


@model
def reductions(m: Maker) -> Model:
    xs = m.numbers(m.count(1, 6))
    forms: list[Model] = [
        lambda: ag.maximum(*xs), lambda: ag.minimum(*xs), lambda: ag.prod(xs), lambda: ag.logsumexp(xs),
        lambda: norm(xs),
        lambda: ag.std(xs), lambda: np.var(ag.array(xs)), lambda: ag.mean(xs), lambda: ag.sum(xs),
        lambda: ag.dot(xs, xs),
        lambda: ag.dot(xs, xs[::-1]), lambda: weighed(ag.softmax(xs)), lambda: sum(xs), lambda: ag.hypot(xs[0], xs[-1]),
        lambda: ag.maximum(*xs, 0.0), lambda: ag.minimum(0.5, *xs), lambda: ag.sum([abs(x) for x in xs]),
    ]  # fmt: skip
    chosen = m.chance.sample(forms, m.count(1, 3))
    outer: Any = m.pick(lambda v: v, lambda v: v, ag.tanh, lambda v: v * xs[0], ag.relu)
    return lambda: ag.sum([outer(form()) for form in chosen])


@model
def steps_and_jumps(m: Maker) -> Model:
    xs = m.numbers(m.pick(1, 2, 5))
    y = m.leaf(0.2, 0.9)
    form: Any = m.pick(
        lambda x: ag.floor(3 * x) * x, lambda x: round(x, 1) * y, lambda x: x % y, lambda x: x // y * x,
        lambda x: ag.sign(x) * y,
        lambda x: ag.clip(x, -y, y), lambda x: ag.where(True, x, y), lambda x: ag.relu(x) - ag.relu(x - y),
        lambda x: abs(x - y),
        lambda x: ag.maximum(x, y) * ag.minimum(x, y), lambda x: 1.0 // x, lambda x: divmod(x, y)[1],
        lambda x: x % -0.5,
    )  # fmt: skip
    return lambda: weighed([form(x) for x in xs])


@model
def activations_side_by_side(m: Maker) -> Model:
    """Wide enough for arrays, so that one odd number stands among tame ones."""
    xs, act = m.numbers(m.pick(2, 9, 40)), m.chance.choice(ACTIVATIONS[:7] + ACTIVATIONS[8:])()
    w = m.leaf()
    return m.pick(lambda: weighed(act(xs)), lambda: weighed([v * w for v in act(xs)]), lambda: ag.mean(list(act(xs))))  # type: ignore[no-any-return]


@model
def inputs_used_as_they_are(m: Maker) -> Model:
    a, b, c = m.leaf(), m.constant(), m.leaf()
    return m.pick(
        lambda: a, lambda: a * 1.0, lambda: +a, lambda: a + b, lambda: Value(2.0) * a + 0.0 * c, lambda: a * 0.0 + c,
        lambda: ag.dot([a], [0.0]) + c, lambda: ag.sum([a, -a]) * c, lambda: 0.0 * (a / b), lambda: a - a + c,
        lambda: ag.relu(-1.0 - abs(a)) * c, lambda: ag.where(False, lambda: ag.log(a), lambda: c), lambda: a**0.0 * b,
        lambda: a**1.0 + b,
        lambda: ag.mean([a, b, c]) * 0.0, lambda: a * (b * 0.0), lambda: ag.maximum(a, a), lambda: b * 2.0,
        lambda: a / a,
    )  # type: ignore[no-any-return]  # fmt: skip
