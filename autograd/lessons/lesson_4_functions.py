"""The claims of lesson 4 about functions: the loss on a sigmoid, activations and their slopes, and overflow."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.value import Value
from ..errors import DomainError, RangeError
from ..functions.arrays import array, data, grads
from ..functions.elementary import exp, leaky_relu, log, logsigmoid, logsumexp, relu, sigmoid, softmax, sum, tanh
from .claims import Figure, Graph, close, exactly, holds
from .paths import chain, named, worked

__all__ = ["claim_4", "claim_8", "claim_10", "composed", "log_sum_exp", "softmax_loss"]


# --- 4.4 ---------------------------------------------------------------------------------------------------


def composed(z: float = 0.7, y: float = 1.0) -> Graph:
    """-[y log a + (1-y) log(1-a)] of a = sigmoid(z), as the document composes it."""
    logit, target = Value(z, "z"), Value(y, "y", constant=True)
    a = sigmoid(logit)
    loss = -(target * log(a) + (1 - target) * log(1 - a))
    a.label, loss.label = "a", "L"
    return named(loss)


def on_logits(z: float, y: float) -> Graph:
    """The same loss with log a and log(1 - a) = log sigmoid(-z) as one operation each: it never sees a rounded a."""
    logit, target = Value(z, "z"), Value(y, "y", constant=True)
    loss = -(target * logsigmoid(logit) + (1 - target) * logsigmoid(-logit))
    loss.label = "L"
    return named(loss)


def last_value() -> tuple[float, str]:
    """The first z, to the last bit, at which the composed loss has no value for y = 0, and its error there."""
    low, high, message = 30.0, 40.0, ""
    while low < (middle := (low + high) / 2) < high:
        try:
            composed(middle, 0.0)
            low = middle
        except DomainError as error:
            high, message = middle, str(error)
    return high, message


def claim_4() -> list[Figure]:
    """a - y where the composed loss holds, then by the loss on logits, then where the composed one fails."""
    loss, n = worked(composed())
    a = n["a"].data
    to_a, to_z = chain(loss, n["a"]).product, chain(n["a"], n["z"]).product
    points = [(z, y) for z in (0.7, -0.7, 40.0, -40.0, 1000.0, -1000.0) for y in (0.0, 1.0)]
    stable = [worked(on_logits(z, y)) for z, y in points]
    apart = [abs(m["z"].grad - (sigmoid(z) - y)) for (z, y), (_, m) in zip(points, stable, strict=True)]
    wrong, m = worked(composed(30.0, 0.0))
    exact, k = worked(on_logits(30.0, 0.0))
    first, message = last_value()
    return [
        close("dL/da", "-y/a + (1-y)/(1-a)", to_a, -1.0 / a, 1e-15, note="At z = 0.7 and y = 1."),
        close("da/dz", "a (1 - a)", to_z, a * (1 - a), 1e-15),
        close("dL/dz", "a - y", n["z"].grad, a - 1.0, 1e-15),
        holds("on logits, off by", "a - y", max(apart), max(apart) <= 1e-15,
              note="The largest difference at z = 0.7, 40 and 1000, both signs, for y = 0 and 1, with the loss written "
              "as one function of z: y log sigmoid(z) + (1-y) log sigmoid(-z)."),
        exactly("L at z = +-1000", None, [v.data for (z, _), (v, _) in zip(points, stable, strict=True) if abs(z) > 40],
                [1000.0, 0.0, 0.0, 1000.0], note="z = 1000 with y = 0 and 1, then z = -1000: linear where it is wrong, "
                "0 where it is right."),
        close("composed, z=30, y=0", "a - y", m["z"].grad, sigmoid(30.0), should_agree=False,
              note="Followed step by step the simple result is lost: 1 - a has three digits left, and the slope of "
              "log(1 - a) inherits their error."),
        close("its loss", "-log(1 - a)", wrong, exact, should_agree=False,
              note="That is the loss on logits, whose gradient there is right:"),
        close("on logits, z=30, y=0", "a - y", k["z"].grad, sigmoid(30.0), 1e-15),
        holds("no value from z =", None, first, abs(first - 36.74) < 0.005,
              note="From here on a rounds to 1, and log(1 - a) asks for log(0)."),
        holds("its error", None, message, "log" in message),
    ]  # fmt: skip


# --- 4.8 ---------------------------------------------------------------------------------------------------

POINTS = [-2.0, -0.5, 0.0, 0.5, 2.0]
LOGITS = [1.0, -0.5, 2.0]


def slopes(function: Callable[[Any], Any]) -> list[float]:
    """The engine's derivative at each of the points."""
    z = array(POINTS)
    for v in z:
        function(v).backward()
    return [float(g) for g in grads(z)]


def softmax_loss(targets: tuple[float, ...] = (0.0, 1.0, 0.0)) -> Graph:
    """-sum y log a of a = softmax(z)."""
    z = array(LOGITS, "z")
    a = softmax(z)
    for i, node in enumerate(a):
        node.label = f"a[{i}]"
    loss = -sum([y * log(p) for y, p in zip(targets, a, strict=True)])
    loss.label = "L"
    return named(loss)


def softmax_jacobian() -> list[list[float]]:
    """d a_i / d z_j, a backward pass for each row."""
    rows = []
    for i in range(len(LOGITS)):
        z = array(LOGITS, "z")
        softmax(z)[i].backward()
        rows.append([float(g) for g in grads(z)])
    return rows


def claim_8() -> list[Figure]:
    """Values and slopes of the five activations."""
    z = np.array(POINTS)
    s, t, on = 1 / (1 + np.exp(-z)), (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)), z > 0
    e = np.exp(LOGITS)
    a = e / e.sum()
    _, n = worked(softmax_loss())
    soft = (0.2, 0.3, 0.1)
    _, m = worked(softmax_loss(soft))
    dz, dm = (grads([nodes[f"z[{i}]"] for i in range(3)]) for nodes in (n, m))
    return [
        close("sigmoid", "1/(1 + e^-z)", sigmoid(z), s, 1e-15, note="All at z = -2, -0.5, 0, 0.5 and 2."),
        close("sigmoid'", "a (1 - a)", slopes(sigmoid), s * (1 - s), 1e-15,
              note="0.25 at 0. Where the document blames vanishing gradients on slopes below 0.25, read at most 0.25."),
        close("tanh", "(e^z - e^-z)/(e^z + e^-z)", tanh(z), t, 1e-15),
        close("tanh'", "1 - a^2", slopes(tanh), 1 - t * t, 1e-15),
        exactly("ReLU", "max(0, z)", relu(z), np.maximum(0, z)),
        exactly("ReLU'", "1 if z > 0, else 0", slopes(relu), on.astype(float),
                note="At 0 the document allows 0 or 1; the engine takes 0."),
        close("leaky ReLU", "max(0.01 z, z)", leaky_relu(z), np.maximum(0.01 * z, z), 1e-15),
        exactly("leaky ReLU'", "1 if z > 0, else 0.01", slopes(leaky_relu), np.where(on, 1.0, 0.01)),
        close("softmax", "e^z_i / sum e^z_j", [float(p) for p in softmax(LOGITS)], a, 1e-15,
              note="Of z = [1, -0.5, 2]."),
        close("its Jacobian", "a_i (delta_ij - a_j)", softmax_jacobian(), np.diag(a) - np.outer(a, a), 1e-15),
        close("with cross-entropy", "a - y", dz, a - [0.0, 1.0, 0.0], 1e-15, note="y = [0, 1, 0]."),
        close("y = [0.2, 0.3, 0.1]", "a - y", dm, a - np.array(soft), 1e-15, should_agree=False,
              note="a - y holds for targets that sum to 1. In general the gradient is a sum(y) - y:"),
        close("and in general", None, dm, a * np.sum(soft) - np.array(soft), 1e-15),
    ]  # fmt: skip


# --- 4.10 --------------------------------------------------------------------------------------------------

LARGE = [1000.0, 1001.0, 1002.0]


def log_sum_exp() -> Graph:
    """log(e^1000 + e^1001 + e^1002)."""
    root = logsumexp(array(LARGE, "z"))
    root.label = "logsumexp"
    return named(root)


def _failure(naive: Callable[[], object]) -> str:
    try:
        naive()
    except RangeError as error:
        return str(error)
    return ""


def claim_10() -> list[Figure]:
    """The naive softmax failing, the stable one, and why a sigmoid needs another cure."""
    z = array(LARGE, "z")
    shifted = np.exp(z - np.max(z, axis=0, keepdims=True))
    stable = data(shifted / np.sum(shifted, axis=0, keepdims=True))
    root, n = worked(log_sum_exp())
    naive = _failure(lambda: np.exp(z) / np.sum(np.exp(z)))
    low = Value(-1000.0, "z")
    naive_sigmoid = _failure(lambda: 1 / (1 + exp(-low)))
    terms = np.exp([-2.0, -1.0, 0.0])
    tails = [sigmoid(low), *sigmoid(z)]
    return [
        holds("naive softmax", "overflow", naive, "exp" in naive,
              note="Of z = [1000, 1001, 1002]; the numbers are ours."),
        close("subtract the maximum", "stable_softmax(z)", stable, terms / terms.sum(), 1e-15,
              note="The document's way in NumPy, on an array of Values; axis 0, as a column of W X."),
        close("the engine's softmax", None, [p.data for p in softmax(z)], stable, 1e-15),
        close("log-sum-exp", "log-sum-exp trick", root, 1002 + math.log(math.fsum(terms)), 1e-15),
        close("its gradient", None, grads([n[f"z[{i}]"] for i in range(3)]), stable, 1e-15,
              note="The softmax again."),
        holds("naive sigmoid(-1000)", "overflow", naive_sigmoid, "exp" in naive_sigmoid),
        close("sigmoid(z - max)", "subtract max before softmax/sigmoid", [sigmoid(v) for v in z - 1002.0],
              [1.0, 1.0, 1.0], should_agree=False,
              note="Wrong for a sigmoid. A softmax stays the same if all z are shifted; a sigmoid looks at one z and "
              "does not: at 1000, 1001 and 1002 it is 1."),
        exactly("sigmoid(-1000) and z", None, tails, [0.0, 1.0, 1.0, 1.0],
                note="What a sigmoid needs instead: e to negative powers only, that is 1/(1 + e^-z) for z >= 0 and "
                "e^z/(1 + e^z) below."),
    ]  # fmt: skip
