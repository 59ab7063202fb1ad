"""Claims 2.6, 2.8 and 2.9 where they belong to training: clipping, initialisation, inputs, the monitor, Adam."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from .. import nn
from ..engine.value import Value
from ..errors import RangeError
from ..functions.arrays import grads
from ..functions.elementary import dot, exp, sigmoid
from ..nn import init, losses, monitor, optim
from .claims import Figure, close, exactly, holds, shown
from .curves import loss_svg

__all__ = ["claim_9", "clipping", "first_layers", "inputs", "picture_9", "watched"]


# --- 2.6 ---------------------------------------------------------------------------------------------------


def steep() -> list[Value]:
    """Two weights whose gradient is (300, 4)."""
    w = [Value(1.0, "w1"), Value(1.0, "w2")]
    dot(w, [300.0, 4.0]).backward()
    return w


def clipping() -> list[Figure]:
    """One gradient clipped by its norm, and by value."""
    whole, by_norm, by_value = steep(), steep(), steep()
    norm = optim.clip_grad_norm(by_norm, max_norm=5.0)
    optim.clip_grad_value(by_value, clip_value=5.0)
    scale = 5.0 / (math.hypot(300.0, 4.0) + 1e-6)
    return [
        exactly("gradient", "gradients become huge", grads(whole), [300.0, 4.0]),
        close("its norm", None, norm, math.hypot(300.0, 4.0), 1e-15),
        close("clipped by norm, 5", "cap maximum gradient", grads(by_norm), [300.0 * scale, 4.0 * scale], 1e-15,
              note="The whole gradient times 5/(norm + 1e-6), as PyTorch does it: shorter, and in the same direction."),
        exactly("clipped by value, 5", "cap maximum gradient", grads(by_value), [5.0, 4.0],
                note="Each entry for itself: now it points elsewhere, and w2 moves nearly as far as w1. The document's "
                "words fit both."),
        close("direction, by norm", None, _slope(by_norm), 4.0 / 300.0, 1e-15),
        close("direction, by value", None, _slope(by_value), 4.0 / 300.0, 1e-15, should_agree=False,
              note="The ratio of the entries, w2 to w1."),
    ]  # fmt: skip


def _slope(w: list[Value]) -> float:
    return float(w[1].grad / w[0].grad)


def first_layers() -> list[Figure]:
    """Sixteen ReLUs on 20 inputs: how many are off for every input, by the weights that they start from."""
    x = np.random.default_rng(2).uniform(-1.0, 1.0, (20, 4))
    dead = {}
    for name, bias in (("careless", -3.0), ("careful", 0.0)):
        linear = nn.Linear(4, 16)
        init.kaiming_uniform(linear.weight, nonlinearity="relu", rng=np.random.default_rng(3))
        init.constant(linear.bias, bias)
        a = nn.Sequential(linear, nn.ReLU())(x)
        dead[name] = sum(all(node.data == 0 for node in a[:, neuron]) for neuron in range(16))
    return [
        holds("dead of 16, biases -3", "outputs 0 always", dead["careless"], dead["careless"] > 8,
              note="ReLUs that are off for each of 20 inputs, and so get no gradient."),
        exactly("dead of 16, biases 0", "careful initialization", dead["careful"], 0,
                note="The same weights, drawn by Kaiming's rule, with biases of 0."),
    ]  # fmt: skip


def inputs() -> list[Figure]:
    """Body heights in millimetres, and the same ones normalised."""
    heights = np.array([1560.0, 1630.0, 1720.0, 1790.0])
    w = Value(-1.0, "w")
    try:
        1.0 / (1.0 + exp(-(w * heights[0])))
        raw = "no error"
    except RangeError as error:
        raw = str(error)
    sigmoid(w * heights[0]).backward()
    saturated, scaled = w.grad, (heights - heights.mean()) / heights.std()
    w = Value(-1.0, "w")
    outputs = [1.0 / (1.0 + exp(-(w * height))) for height in scaled]
    outputs[0].backward()
    expected = [1 / (1 + math.exp(height)) for height in scaled]
    return [
        holds("inputs near 1700", "overflow", raw, "exp" in raw,
              note="1/(1 + e^-z) on body heights in millimetres, weight -1."),
        exactly("stable sigmoid's slope", None, saturated, 0.0,
                note="The stable form has a value there and no gradient: it hides the trouble."),
        close("normalised inputs", "normalize inputs", outputs, expected, 1e-15,
              note="Minus their mean, over their standard deviation: z lies within 2 of 0."),
        holds("and the slope", None, w.grad, abs(w.grad) > 0.1),
    ]  # fmt: skip


# --- 2.8 ---------------------------------------------------------------------------------------------------


def watched() -> list[Figure]:
    """What the monitor says of a healthy network, and of one whose hidden ReLUs are all off."""
    x, y = np.array([[0.5, -1.0], [1.0, 0.25]]), np.array([[1.0], [0.0]])
    verdicts = {}
    for name, bias in (("healthy", 2.5), ("dead", -9.0)):
        net = nn.MLP(2, [3, 1], seed=4)
        for parameter in net.layers[0].parameters():
            if parameter.label.startswith("b"):
                parameter.data = bias
        loss = losses.mse(net(x), y)
        loss.backward()
        verdicts[name] = [f"{row.name}: {row.verdict}" for row in monitor.report(net, root=loss).rows]
    return [
        holds("monitor.report(net)", "Look for zeros", verdicts["dead"], "dead ReLU" in verdicts["dead"][0],
              note="Three ReLUs that no input switches on. The report has two lines for each weight matrix and each "
              "bias, and names the cure."),
        holds("the same, healthy", None, verdicts["healthy"], all("healthy" in row for row in verdicts["healthy"])),
    ]  # fmt: skip


# --- 2.9 ---------------------------------------------------------------------------------------------------

STRETCHED = (100.0, 0.01)
ROUND = (1.0, 1.0)


@cache
def bowl(curvatures: tuple[float, float], optimizer: str, rate: float, steps: int = 200) -> tuple[float, ...]:
    """The loss (c1 w1^2 + c2 w2^2)/2 before each step from (1, 1), and after the last."""
    w = [Value(1.0, "w1"), Value(1.0, "w2")]
    kinds: dict[str, Callable[..., Any]] = {"SGD": optim.SGD, "Adam": optim.Adam}
    chosen = kinds[optimizer](w, lr=rate)
    curve = []
    for _ in range(steps + 1):
        loss = 0.5 * dot(curvatures, [w[0] ** 2, w[1] ** 2])
        curve.append(loss.data)
        chosen.zero_grad()
        loss.backward()
        chosen.step()
    return tuple(curve)


def adam_by_hand(curvature: float, rate: float, steps: int = 200) -> float:
    """Where Adam brings one weight, from its published formulas in plain floats."""
    w, m, v = 1.0, 0.0, 0.0
    for t in range(1, steps + 1):
        g = curvature * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= rate * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


@cache
def xor(optimizer: str, rate: float, steps: int = 150) -> tuple[float, ...]:
    """The losses of a small network on exclusive or."""
    x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])
    net = nn.MLP(2, [6, 1], activation="tanh", seed=1)
    chosen = {"SGD": optim.SGD, "Adam": optim.Adam}[optimizer](net.parameters(), lr=rate)
    curve = []
    for _ in range(steps):
        loss = losses.mse(net(x), y)
        curve.append(loss.data)
        chosen.zero_grad()
        loss.backward()
        chosen.step()
    return tuple(curve)


def claim_9() -> list[Figure]:
    """A stretched bowl, where Adam is right; a round one, where it is not; and a network."""
    sgd, adam = bowl(STRETCHED, "SGD", 0.019), bowl(STRETCHED, "Adam", 0.05)
    a, b = ((1 - c * 0.019) ** 200 for c in STRETCHED)
    end = [adam_by_hand(c, 0.05) for c in STRETCHED]
    plain, other = bowl(ROUND, "SGD", 0.5, 50), bowl(ROUND, "Adam", 0.05, 50)
    return [
        close("stretched bowl, SGD", "plain gradient descent", sgd[-1], 0.5 * (100 * a * a + 0.01 * b * b), 1e-12,
              note="(100 w1^2 + 0.01 w2^2)/2 from (1, 1) after 200 steps at rate 0.019: from 0.02 on w1 diverges, and "
              "at that rate w2 hardly moves. Against its closed form."),
        close("stretched bowl, Adam", "train much faster", adam[-1], 0.5 * (100 * end[0] ** 2 + 0.01 * end[1] ** 2),
              1e-12, note="Rate 0.05, against Adam's formulas in plain floats."),
        holds("Adam / SGD", "much faster", adam[-1] / sgd[-1], adam[-1] < 0.01 * sgd[-1],
              note="Adam divides each gradient by its own size, so that both weights move alike."),
        holds("round bowl, SGD, Adam", "much faster", [plain[-1], other[-1]], other[-1] < plain[-1],
              should_agree=False,
              note="(w1^2 + w2^2)/2, 50 steps, rates 0.5 and 0.05: plain descent halves the weights at every step and "
              "wins by far. Faster depends on the problem and on both rates."),
        *_network(),
    ]  # fmt: skip


def _network() -> list[Figure]:
    reached = {(kind, rate): xor(kind, rate)[-1] for kind in ("SGD", "Adam") for rate in (0.01, 0.1)}
    return [
        shown("first loss of a network", xor("SGD", 0.1)[0], note="Exclusive or, 2-6-1, tanh, mean squared error."),
        *[
            holds(f"after 150 steps, rate {rate:g}", "faster and more reliably",
                  [reached["SGD", rate], reached["Adam", rate]], reached["Adam", rate] < reached["SGD", rate],
                  note="SGD, then Adam, from the same weights." if rate == 0.01 else "")
            for rate in (0.01, 0.1)
        ],
    ]  # fmt: skip


def picture_9() -> str:
    """The loss curves of SGD and Adam on a logarithmic scale."""
    curves = {f"{kind}, rate 0.1": xor(kind, 0.1) for kind in ("SGD", "Adam")}
    return loss_svg(curves, (*range(0, 150, 25), 149), "SGD and Adam on exclusive or", "the mean squared error", "step")
