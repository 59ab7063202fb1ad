"""Losses against PyTorch's numbers, closed forms in 50 digits, numeric slopes and their own refusals."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, gradcheck, losses, no_grad, value_and_grad
from autograd.engine.graph import topological_order
from autograd.errors import ArgumentError, AutogradError, DomainError
from autograd.functions import arrays
from tests.helpers.extremes import EXPONENTIAL, SCALED, USUAL, compare, expected

TORCH = json.loads((Path(__file__).parents[1] / "data" / "torch_parity.json").read_text())["losses"]
BY_TORCH_NAME: dict[str, Callable[..., Any]] = {
    "MSELoss": losses.mse,
    "HuberLoss": losses.huber,
    "BCELoss": losses.bce,
    "CrossEntropyLoss": losses.cross_entropy,
}

SCORES = [-3.0, -1.0, -0.5, 0.0, 0.3, 1.0, 2.5]
TARGETS = [-2.0, -1.0, 0.5, 0.0, 0.0, 2.0, -0.5]
CHANCES = [0.0, 1.0, 0.25, 1.0, 0.5, 0.0, 1.0]
ROWS = [[1.0, 2.0, 3.0], [1000.0, 0.0, -1000.0], [0.0, 0.5, 0.0], [-5.0, -5.0, 5.0]]
LABELS = [0, 1, 2, 2]

numbers = st.floats(-50, 50).map(lambda x: round(x, 6))
chances = st.floats(0.001, 0.999)

ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "mse": losses.mse,
    "mae": losses.mae,
    "huber": losses.huber,
    "smooth_l1": losses.smooth_l1,
    "bce": losses.bce,
    "bce_with_logits": losses.bce_with_logits,
    "hinge": losses.hinge,
}
OF_CLASSES: dict[str, Callable[..., Any]] = {
    "cross_entropy": losses.cross_entropy,
    "categorical_cross_entropy": losses.categorical_cross_entropy,
    "nll": losses.nll,
}
ALL = ELEMENTWISE | OF_CLASSES


def slopes(loss: Callable[[Any], Any], x: Any) -> tuple[float, Any]:
    """The value of a loss of an array, and its gradient."""
    leaves = ag.array(x)
    out = loss(leaves)
    out.backward()
    return out.data, ag.grads(leaves)


def close(got: float, exact: Any, relative: float = 4e-15) -> bool:
    return abs(mp.mpf(got) - exact) <= relative * abs(exact) + mp.mpf("1e-320")


def exact_bce_with_logit(z: Any, t: Any) -> Any:
    return t * mp.log1p(mp.exp(-z)) + (1 - t) * mp.log1p(mp.exp(z))


# --- extremes: to units in the last place times the condition number --------------------------------------------------

WANTED = [0.1, 2.5, -0.3]
SIDES = [1.0, 1.0, -1.0]
PROBABILITIES = [
    (0.3, 0.6, 0.9),
    (1e-9, 0.5, 1.0 - 1e-9),
    (1e-11, 1.0 - 1e-11, 0.25),
    (0.999, 1e-5, 0.5),
    (1.0, 1.0, 0.4),
]
SOFT, WEIGHTS, OTHER_ROW = [0.2, 0.3, 0.5], [1.0, 2.0, 0.5], [0.0, 1.0, -2.0]


def of_terms(term: Callable[..., Any], targets: list[float]) -> Callable[..., Any]:
    """The sum of a loss's terms in mpmath."""
    return lambda *xs: mp.fsum(term(x, mp.mpf(t)) for x, t in zip(xs, targets, strict=True))


def exact_bent(width: float) -> Callable[[Any, Any], Any]:
    def term(p: Any, t: Any) -> Any:
        d, w = abs(p - t), mp.mpf(width)
        return d * d / 2 if d <= w else w * (d - w / 2)

    return term


def exact_cross_entropy(shares: Sequence[Any]) -> Callable[..., Any]:
    def total(*zs: Any) -> Any:
        log_total = mp.log(mp.fsum(map(mp.exp, zs)))
        return mp.fsum(mp.mpf(share) * (log_total - z) for z, share in zip(zs, shares, strict=True))

    return total


def beside(exact: Callable[..., Any], other: Sequence[Any]) -> Callable[..., Any]:
    """A form of a first row, with that of a second one that stands still."""

    @functools.cache
    def still(digits: int) -> Any:
        return exact_cross_entropy(other)(*map(mp.mpf, OTHER_ROW))

    return lambda *xs: exact(*xs) + still(mp.mp.dps)


def smoothed(shares: list[float], e: float) -> list[Any]:
    return [(1 - mp.mpf(e)) * mp.mpf(share) + mp.mpf(e) / 3 for share in shares]


EXTREMES: dict[str, tuple[Callable[..., Any], Callable[..., Any], Any, float]] = {
    # the loss of scores and a reduction; the sum in mpmath; its points; what the mean divides by
    "mse": (lambda x, r: losses.mse(x, WANTED, r), of_terms(lambda p, t: (p - t) ** 2, WANTED), USUAL, 3.0),
    "mae": (lambda x, r: losses.mae(x, WANTED, r), of_terms(lambda p, t: abs(p - t), WANTED), USUAL, 3.0),
    "huber": (lambda x, r: losses.huber(x, WANTED, r, delta=1.5), of_terms(exact_bent(1.5), WANTED), USUAL, 3.0),
    "smooth_l1": (
        lambda x, r: losses.smooth_l1(x, WANTED, r, beta=0.5),
        lambda *xs: 2 * of_terms(exact_bent(0.5), WANTED)(*xs),
        USUAL,
        3.0,
    ),
    "hinge": (
        lambda x, r: losses.hinge(x, SIDES, r),
        of_terms(lambda s, t: max(1 - t * s, mp.mpf(0)), SIDES),
        [point for point in USUAL if all(t * s != 1.0 for s, t in zip(point, SIDES, strict=True))],
        3.0,
    ),
    "bce": (
        lambda x, r: losses.bce(x, [1.0, 0.0, 0.3], r),
        of_terms(lambda p, t: (-t * mp.log(p) if t else 0) - ((1 - t) * mp.log1p(-p) if t < 1 else 0), [1.0, 0.0, 0.3]),
        PROBABILITIES[:-1],
        3.0,
    ),
    "bce_with_logits": (
        lambda x, r: losses.bce_with_logits(x, [1.0, 0.0, 0.3], r),
        of_terms(exact_bce_with_logit, [1.0, 0.0, 0.3]),
        USUAL,
        3.0,
    ),
    **{
        f"cross_entropy {label}": (
            lambda x, r, label=label: losses.cross_entropy([x, OTHER_ROW], [label, 1], r),
            beside(exact_cross_entropy([float(c == label) for c in range(3)]), [0.0, 1.0, 0.0]),
            USUAL,
            2.0,
        )
        for label in range(3)
    },
    "cross_entropy of shares": (
        lambda x, r: losses.cross_entropy([x, OTHER_ROW], [SOFT, SOFT], r),
        beside(exact_cross_entropy(SOFT), SOFT),
        USUAL,
        2.0,
    ),
    "cross_entropy smoothed": (
        lambda x, r: losses.cross_entropy([x, OTHER_ROW], [0, 1], r, label_smoothing=0.25),
        beside(exact_cross_entropy(smoothed([1.0, 0.0, 0.0], 0.25)), smoothed([0.0, 1.0, 0.0], 0.25)),
        USUAL,
        2.0,
    ),
    "cross_entropy weighted": (
        lambda x, r: losses.cross_entropy([x, OTHER_ROW], [0, 1], r, weight=WEIGHTS),
        beside(exact_cross_entropy([1.0, 0.0, 0.0]), [0.0, 2.0, 0.0]),
        USUAL,
        3.0,
    ),
    "categorical_cross_entropy": (
        lambda x, r: losses.categorical_cross_entropy([x], [0], r),
        lambda p, *_: -mp.log(p),
        PROBABILITIES,
        1.0,
    ),
    "categorical_cross_entropy of shares": (
        lambda x, r: losses.categorical_cross_entropy([x], [SOFT], r),
        lambda *ps: -mp.fsum(mp.mpf(t) * mp.log(p) for p, t in zip(ps, SOFT, strict=True)),
        PROBABILITIES,
        1.0,
    ),
    "nll": (lambda x, r: losses.nll([x, OTHER_ROW], [2, 0], r, weight=WEIGHTS), lambda *z: -z[2] / 2, USUAL, 1.5),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_losses_keep_their_digits_at_extremes(name: str) -> None:
    loss, total, points, divisor = EXTREMES[name]
    precision = EXPONENTIAL if name.startswith(("cross_entropy", "bce_with", "nll")) else SCALED
    for point in points:
        exact = expected(total, point, precision)
        assert compare(lambda x: loss(x, "sum"), point, exact) >= 3
        assert compare(lambda x: loss(x, "mean"), point, exact, divisor) >= 3


# --- PyTorch -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", TORCH, ids=lambda case: case["name"])
def test_value_and_gradient_are_pytorchs(case: dict[str, Any]) -> None:
    name, reduction = case["name"].replace("delta=1 ", "").split()[:2]
    value, gradient = slopes(lambda x: BY_TORCH_NAME[name](x, case["target"], reduction=reduction), case["input"])
    assert value == pytest.approx(case["value"], rel=1e-13)
    np.testing.assert_allclose(gradient, case["grad"], rtol=1e-13, atol=1e-16)


# --- closed forms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("z", [-1000.0, -700.0, -40.0, -1.0, -1e-9, 0.0, 0.3, 30.0, 750.0, 1000.0])
@pytest.mark.parametrize("t", [0.0, 0.25, 1.0])
def test_bce_with_logits_has_all_digits_everywhere(z: float, t: float) -> None:
    with mp.workdps(700):
        value, gradient = slopes(lambda x: losses.bce_with_logits(x, t), z)
        assert close(value, exact_bce_with_logit(mp.mpf(z), mp.mpf(t)))
        assert close(float(gradient), 1 / (1 + mp.exp(-mp.mpf(z))) - mp.mpf(t), 1e-14)


@pytest.mark.parametrize(
    "row",
    [[1000.0, 999.0], [1000.0, -1000.0], [1000.0, 0.0, -1000.0], [1000.0, 999.5, 998.0], [-1000.0, -1001.0, -999.0],
     [30.0, 0.0, -5.0], [0.1, 0.2, 0.3, 0.4]],
)  # fmt: skip
def test_cross_entropy_has_all_digits_everywhere(row: list[float]) -> None:
    with mp.workdps(900):
        powers = [mp.exp(mp.mpf(z)) for z in row]
        for t in range(len(row)):
            value, gradient = slopes(lambda x, t=t: losses.cross_entropy(x, t), row)
            assert close(value, -mp.log(powers[t] / mp.fsum(powers)), 1e-13)
            for j, slope in enumerate(gradient.tolist()):
                others = [-p for i, p in enumerate(powers) if i != t]
                exact = mp.fsum(others if j == t else [powers[j]]) / mp.fsum(powers)
                assert close(slope, exact, 1e-13)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8), st.floats(0.1, 5.0))
def test_losses_of_differences_are_their_formulas(pairs: list[tuple[float, float]], width: float) -> None:
    p, t = [a for a, _ in pairs], [b for _, b in pairs]
    with mp.workdps(50):
        ds = [abs(mp.mpf(a - b)) for a, b in pairs]
        w, n = mp.mpf(width), len(pairs)
        bent = [d * d / 2 if d <= w else w * (d - w / 2) for d in ds]
        assert close(losses.mse(p, t), mp.fsum(d * d for d in ds) / n)
        assert close(losses.mae(p, t), mp.fsum(ds) / n)
        assert close(losses.huber(p, t, delta=width), mp.fsum(bent) / n)
        assert close(losses.smooth_l1(p, t, beta=width), mp.fsum(bent) / n / w)


@given(st.lists(st.tuples(chances, chances), min_size=1, max_size=8))
def test_bce_is_its_formula(pairs: list[tuple[float, float]]) -> None:
    p, t = [a for a, _ in pairs], [b for _, b in pairs]
    with mp.workdps(50):
        exact = [-(b * mp.log(a) + (1 - b) * mp.log1p(-a)) for a, b in [(mp.mpf(a), mp.mpf(b)) for a, b in pairs]]
        assert close(losses.bce(p, t, reduction="sum"), mp.fsum(exact))


@pytest.mark.parametrize("p", [0.0, 5e-324, 1e-50, 1e-20, 1e-13, 1 - 2**-53, 1.0])
@pytest.mark.parametrize("t", [0.0, 0.5, 1.0])
def test_bce_at_its_ends_is_pytorchs(p: float, t: float) -> None:
    left = max(math.log(p), -100.0) if p else -100.0
    right = max(math.log1p(-p), -100.0) if p < 1 else -100.0
    value, gradient = slopes(lambda x: losses.bce(x, t), p)
    assert value == pytest.approx((t - 1) * right - t * left, rel=1e-14)
    assert float(gradient) == pytest.approx((p - t) / float(np.float32(1e-12)), rel=1e-14)  # PyTorch's own EPSILON


@given(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=4), st.data())
def test_cross_entropy_of_logits_is_that_of_their_softmax(rows: list[list[float]], data: st.DataObject) -> None:
    labels = data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)))
    logarithms = [[z - ag.logsumexp(row) for z in row] for row in rows]
    expected = losses.nll(logarithms, labels)
    assert losses.cross_entropy(rows, labels) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    one_hot = np.eye(3)[labels]
    assert losses.cross_entropy(rows, one_hot) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    shares = [[max(p, 1e-30) for p in ag.softmax(row)] for row in rows]
    assert losses.categorical_cross_entropy(shares, one_hot) == losses.categorical_cross_entropy(shares, labels)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weight", [None, [1.0, 2.0, 0.5]])
@pytest.mark.parametrize("shares", [False, True])
def test_smoothed_and_weighted_cross_entropy_is_pytorchs_formula(
    smoothing: float, weight: list[float] | None, shares: bool
) -> None:
    w = weight or [1.0] * 3
    total, divisor = mp.mpf(0), mp.mpf(0)
    soft = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.6, 0.4, 0.0]]
    for row, t, q in zip(ROWS, LABELS, soft, strict=True):
        with mp.workdps(900):
            log_total = mp.log(mp.fsum(mp.exp(mp.mpf(z)) for z in row))
            for c, z in enumerate(row):
                share = mp.mpf(q[c]) if shares else mp.mpf(c == t)
                total += w[c] * ((1 - mp.mpf(smoothing)) * share + mp.mpf(smoothing) / 3) * (log_total - z)
        divisor += 1 if shares else w[t]
    got = losses.cross_entropy(ROWS, soft if shares else LABELS, label_smoothing=smoothing, weight=weight)
    assert close(got, total / divisor, 1e-13)


def test_weighted_nll_divides_by_the_weights() -> None:
    rows = [[-0.5, -1.0], [-2.0, -0.25], [-3.0, -1.5]]
    assert losses.nll(rows, [0, 1, 1], weight=[3.0, 1.0]) == (3 * 0.5 + 0.25 + 1.5) / 5
    assert losses.nll(rows, [0, 1, 1], "sum", weight=[3.0, 1.0]) == 3 * 0.5 + 0.25 + 1.5


def test_pos_weight_counts_the_ones_more() -> None:
    z, t = [0.3, -2.0, 1.0], [1.0, 0.0, 0.25]
    terms = losses.bce_with_logits(z, t, "none", pos_weight=3.0)
    with mp.workdps(50):
        for got, x, y in zip(terms, map(mp.mpf, z), map(mp.mpf, t), strict=True):
            assert close(got, 3 * y * mp.log1p(mp.exp(-x)) + (1 - y) * mp.log1p(mp.exp(x)))


# --- slopes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "points", "targets"),
    [
        (losses.mse, SCORES, TARGETS),
        (losses.mae, [-3.0, 0.7, 2.0], [0.0, 1.0, 1.0]),
        (losses.huber, [-3.0, 0.7, 2.5], [0.0, 1.0, 1.0]),
        (losses.smooth_l1, [-3.0, 0.7, 2.5], [0.0, 1.0, 1.0]),
        (losses.bce, [0.1, 0.5, 0.9], [0.0, 0.4, 1.0]),
        (losses.bce_with_logits, SCORES, CHANCES),
        (losses.hinge, SCORES, [1, -1, 1, -1, 1, 1, -1]),
        (losses.cross_entropy, [1.0, 2.0, 3.0], 1),
        (losses.cross_entropy, [1.0, 2.0, 3.0], [0.2, 0.3, 0.5]),
        (losses.categorical_cross_entropy, [0.2, 0.3, 0.5], [0.5, 0.5, 0.0]),
        (losses.nll, [-1.0, -2.0, -0.5], 2),
    ],
)
def test_slopes_are_those_of_numbers(loss: Callable[..., Any], points: list[float], targets: Any) -> None:
    for reduction in ("mean", "sum"):
        assert gradcheck(lambda *xs, r=reduction: loss(list(xs), targets, r), *points)


def test_textbook_slopes() -> None:
    p = Value(0.3)
    losses.bce(p, 1.0).backward()
    assert p.grad == pytest.approx(-1 / 0.3, rel=4e-16)
    _, gradient = slopes(lambda z: losses.bce_with_logits(z, CHANCES, "sum"), SCORES)
    np.testing.assert_allclose(gradient, [ag.sigmoid(z) - t for z, t in zip(SCORES, CHANCES, strict=True)], rtol=1e-13)
    _, gradient = slopes(lambda z: losses.cross_entropy(z, 1), ROWS[0])
    np.testing.assert_allclose(gradient, np.array(ag.softmax(ROWS[0])) - [0, 1, 0], rtol=1e-13)


def test_second_derivatives_and_forward_mode() -> None:
    assert ag.hessian(lambda z: losses.bce_with_logits(z, 1.0))(0.5) == pytest.approx(ops_slope(0.5), rel=1e-14)
    assert ag.jvp(lambda z: losses.cross_entropy([z, 0.0, 1.0], 0), (2.0,), (1.0,))[1] == pytest.approx(
        ag.softmax([2.0, 0.0, 1.0])[0] - 1, rel=1e-13
    )
    assert ag.jvp(lambda p: losses.bce(p, 1.0), (0.0,), (1.0,))[1] == pytest.approx(-1e12, rel=1e-8)


def ops_slope(z: float) -> float:
    """sigmoid'."""
    s = 1 / (1 + math.exp(-z))
    return s * (1 - s)


# --- symmetries ----------------------------------------------------------------------------------------------------


@given(numbers, numbers)
def test_losses_of_differences_do_not_mind_an_exchange(p: float, t: float) -> None:
    for loss in (losses.mse, losses.mae, losses.huber, losses.smooth_l1):
        assert loss(p, t) == loss(t, p) == loss(-p, -t) >= 0.0
        assert loss(p, p) == 0.0


@given(numbers, st.sampled_from([0.0, 0.25, 1.0]))
def test_two_classes_are_exchanged_by_a_sign(z: float, t: float) -> None:
    assert losses.bce_with_logits(z, t) == pytest.approx(losses.bce_with_logits(-z, 1 - t), rel=1e-15)
    assert losses.bce_with_logits(z, t) == pytest.approx(losses.cross_entropy([0.0, z], [1 - t, t]), rel=1e-13)


@given(st.lists(numbers, min_size=3, max_size=3), st.integers(0, 2), st.integers(-1000, 1000))
def test_cross_entropy_sees_differences_only(row: list[float], t: int, shift: int) -> None:
    z = [math.ldexp(round(x * 1024), -10) for x in row]
    assert losses.cross_entropy([x + shift for x in z], t) == losses.cross_entropy(z, t)
    assert sum(slopes(lambda x: losses.cross_entropy(x, t), z)[1]) == pytest.approx(0.0, abs=1e-15)


# --- what goes in and comes out ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_reductions_belong_together(name: str) -> None:
    loss = ALL[name]
    x = [0.25, 0.5, 0.75] if name in ELEMENTWISE else [[0.25, 0.5], [0.75, 0.125], [0.5, 0.5]]
    t = [1, 1, 1] if name in ELEMENTWISE else [0, 1, 1]
    terms = loss(x, t, "none")
    assert isinstance(terms, list)
    assert len(terms) == 3
    assert all(type(term) is float for term in terms)
    assert loss(x, t, "sum") == pytest.approx(sum(terms), rel=1e-15)
    assert loss(x, t) == loss(x, t, reduction="mean") == pytest.approx(sum(terms) / 3, rel=1e-15)
    assert type(loss(x, t)) is float
    assert isinstance(loss(np.array(x), np.array(t), "none"), np.ndarray)
    assert loss(np.array(x), np.array(t), "none").dtype == float
    of_values = loss(ag.array(x), np.array(t), "none")
    assert isinstance(of_values, arrays.ValueArray)
    assert ag.data(of_values).tolist() == terms
    assert loss(ag.array(x), t).data == loss(x, t)
    assert loss(tuple(map(tuple, x)) if name in OF_CLASSES else tuple(x), tuple(t)) == loss(x, t)
    single = loss(x[0], t[0], "none")
    assert single == loss(x[0], t[0]) == loss(x[0], t[0], "sum") == terms[0]


def test_shapes_are_kept_without_a_reduction() -> None:
    x, t = [[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [1.0, 1.0]]
    assert losses.mse(x, t, "none") == [[1.0, 4.0], [4.0, 9.0]]
    assert losses.mse(np.array(x), t, "none").tolist() == [[1.0, 4.0], [4.0, 9.0]]
    assert losses.mse(ag.array(x), t, "none").shape == (2, 2)
    assert losses.mse(x, t) == 4.5


def test_few_nodes_are_made() -> None:
    def made(loss: Callable[..., Any], x: list[Any], t: Any) -> int:
        leaves = ag.array(x)
        return sum(1 for node in topological_order(loss(leaves, t)) if node.parents)

    n = 10
    xs = [0.1 * i + 0.05 for i in range(n)]
    assert made(losses.mse, xs, [0.0] * n) == 2 * n + 1
    assert made(losses.mae, xs, [0.0] * n) == 2 * n + 1
    assert made(losses.huber, xs, [0.0] * n) == 5 * n + 1
    assert made(losses.bce, xs, [1.0] * n) == n + 1
    assert made(losses.bce_with_logits, xs, [0.0] * n) == n + 1
    assert made(losses.bce_with_logits, xs, [1.0] * n) == 2 * n + 1
    assert made(losses.hinge, xs, [1.0] * n) == 2 * n + 1
    assert made(losses.cross_entropy, [[x, 0.0] for x in xs], [0] * n) == n + 1
    assert made(losses.nll, [[-x, -1.0] for x in xs], [0] * n) == n + 1


def test_targets_may_be_values_with_slopes_of_their_own() -> None:
    t = Value(0.25)
    losses.bce_with_logits(2.0, t).backward()
    assert t.grad == pytest.approx(-2.0, rel=1e-14)
    t.zero_grad()
    losses.cross_entropy([3.0, 1.0], [t, 0.75]).backward()
    assert t.grad == pytest.approx(ag.softplus(-2.0), rel=1e-14)


def test_micrograd_style_training_lowers_a_loss() -> None:
    w = Value(0.0, "w")
    for _ in range(50):
        loss = losses.mse([w * x for x in (1.0, 2.0)], [3.0, 6.0])
        w.zero_grad()
        loss.backward()
        w.data -= 0.1 * w.grad
    assert w.data == pytest.approx(3.0, abs=1e-9)


def test_no_grad_and_transforms() -> None:
    with no_grad():
        assert not losses.mse([Value(1.0)], [0.0]).parents
    assert value_and_grad(lambda x: losses.mse(x, 1.0))(3.0) == (4.0, 4.0)


# --- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ELEMENTWISE.values(), ids=ELEMENTWISE)
def test_shapes_that_would_broadcast_are_refused(loss: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"\(3,\) and targets \(3, 1\).*broadcasting would give \(3, 3\), 9 terms"):
        loss([0.5, 0.5, 0.5], [[1], [1], [1]])
    with pytest.raises(ValueError, match=r"\(2,\) and targets \(\)"):
        loss([0.5, 0.5], 1.0)
    with pytest.raises(ValueError, match=r"\(2,\) and targets \(3,\), which must be equal$"):
        loss([0.5, 0.5], [1, 1, 1])


@pytest.mark.parametrize("loss", ALL.values(), ids=ALL)
def test_nothing_and_ragged_rows_and_other_reductions_are_refused(loss: Callable[..., Any]) -> None:
    for empty in ([], np.zeros((0, 2)), [[]]):
        with pytest.raises(ValueError, match="predictions are empty"):
            loss(empty, [])
    with pytest.raises(ValueError, match="rows of predictions have different lengths"):
        loss([[Value(0.5), Value(0.5)], [Value(0.5)]], [0, 1])
    with pytest.raises(ValueError, match="reduction is 'mean', 'sum' or 'none', got 'average'"):
        loss([0.5], [1.0], reduction="average")
    with pytest.raises(TypeError, match="str"):
        loss(["0.5"], [1.0])


@pytest.mark.parametrize("target", [-1, 3, 0.5, math.nan, math.inf])
@pytest.mark.parametrize("loss", OF_CLASSES.values(), ids=OF_CLASSES)
def test_numbers_of_no_class_are_refused(loss: Callable[..., Any], target: float) -> None:
    with pytest.raises(ValueError, match=r"target 1 = .* 3 classes are counted from 0 to 2"):
        loss([[0.2, 0.3, 0.5]] * 2, [0, target])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: losses.cross_entropy([[1.0, 2.0]] * 3, [[0], [1], [1]]),
            r"targets \(3, 1\); targets have shape \(3,\)",
        ),
        (lambda: losses.cross_entropy(1.0, 0), r"predictions have shape \(\)"),
        (lambda: losses.cross_entropy([[1.0], [2.0]], [0, 0]), "bce_with_logits"),
        (lambda: losses.cross_entropy([1.0, 2.0], [2.0, -1.0]), "target 0 = 2.0 does not lie between 0 and 1"),
        (lambda: losses.cross_entropy([1.0, 2.0], 0, label_smoothing=1.5), "label_smoothing"),
        (lambda: losses.cross_entropy([1.0, 2.0], 0, weight=[1.0]), "weight holds 1 numbers for 2 classes"),
        (lambda: losses.cross_entropy([1.0, 2.0], 0, weight=[1.0, -1.0]), "at least 0"),
        (lambda: losses.categorical_cross_entropy([1.5, 2.0], 0), "cross_entropy takes scores"),
        (lambda: losses.nll([-1.0, -2.0], [0.5, 0.5]), r"targets have shape \(\) for the numbers of classes$"),
        (lambda: losses.bce([Value(1.2, "yhat")], [1.0]), r"yhat = 1\.2, .* bce_with_logits"),
        (lambda: losses.bce([math.nan], [1.0]), "nan does not lie"),
        (lambda: losses.bce([0.5], [2.0]), "target 0 = 2.0"),
        (lambda: losses.bce_with_logits([0.5], [-1.0]), "target 0 = -1.0"),
        (lambda: losses.bce_with_logits([0.5], [1.0], pos_weight=-1.0), "pos_weight"),
        (lambda: losses.hinge([0.5], [0]), r"2 \* t - 1"),
        (lambda: losses.hinge([0.5], [3]), "target 0 = 3.0, but targets are -1 or 1$"),
        (lambda: losses.huber([0.5], [0.0], delta=0.0), "delta"),
        (lambda: losses.smooth_l1([0.5], [0.0], beta=-1.0), "beta"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        call()
    assert isinstance(caught.value, AutogradError)


def test_a_probability_of_0_for_the_class_that_came_is_refused_by_name() -> None:
    with pytest.raises(DomainError, match="p0"):
        losses.categorical_cross_entropy([Value(0.0, "p0"), 1.0], 0)
    assert losses.categorical_cross_entropy([0.0, 1.0], [0.0, 1.0]) == 0.0


def test_infinite_and_missing_numbers_pass_on() -> None:
    assert math.isnan(losses.mse([math.nan], [0.0]))
    assert losses.mse([math.inf], [0.0]) == math.inf
    assert losses.cross_entropy([0.0, -math.inf, 0.0], 0) == pytest.approx(math.log(2), rel=1e-15)


def test_there_is_no_ignore_index() -> None:
    with pytest.raises(ArgumentError, match="no ignore_index: leave out"):
        losses.cross_entropy([[1.0, 2.0], [0.0, 1.0]], [1, -100])
