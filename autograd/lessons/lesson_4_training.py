"""Claims 4.12 and 4.13: watching gradients, and the five steps of debugging, on planted errors."""

from __future__ import annotations

import math
import statistics
from functools import cache
from typing import Any

import numpy as np

from .. import nn
from ..checking.check import check_derivative, gradcheck
from ..engine.value import Value
from ..functions.arrays import grads
from ..functions.elementary import mean, sigmoid
from ..nn import losses, monitor
from ..reading.stepper import Stepper
from .claims import Figure, close, exactly, holds, shown

__all__ = ["claim_12", "claim_13", "small_example"]


# --- 4.12 --------------------------------------------------------------------------------------------------


@cache
def deep_net(scale: float = 1.0) -> tuple[Any, Value]:
    """Eight sigmoid layers of two nodes and a linear output, after one backward pass; `scale` multiplies weights."""
    layers: list[Any] = []
    for depth in range(8):
        layers += [nn.Linear(2, 2, seed=depth), nn.Sigmoid()]
    net = nn.Sequential(*layers, nn.Linear(2, 1, seed=8))
    for parameter in net.parameters():
        parameter.data *= scale
    x = np.array([[0.5, -1.0], [1.0, 0.25], [-0.75, 0.5]])
    loss = losses.mse(net(x), np.array([[1.0], [0.0], [0.5]]))
    loss.backward()
    return net, loss


def exploding_net() -> Any:
    """Eight linear layers with large weights."""
    net = nn.Sequential(*[nn.Linear(2, 2, seed=depth) for depth in range(8)])
    for parameter in net.parameters():
        parameter.data *= 20.0
    losses.mse(net(np.array([[0.5, -1.0]])), np.array([[1.0, 0.0]])).backward()
    return net


def claim_12() -> list[Figure]:
    """The document's line of mean and std per parameter, and what the monitor makes of it."""
    net, loss = deep_net()
    first, last = net.parameters()[:4], net.parameters()[-1:]
    g = [p.grad for p in first]
    average, spread = statistics.fmean(g), statistics.stdev(g)
    four = f"mean={average:.4f}, std={spread:.4f}"
    report, exploding = monitor.report(net, root=loss), monitor.report(exploding_net())
    broken = nn.Sequential(nn.Linear(2, 1, seed=0))
    for parameter in broken.parameters():
        parameter.grad = math.nan
    poisoned = monitor.report(broken)
    table = str(report)
    return [
        close("mean of a first gradient", "param.grad.mean()", grads(first).mean(), average, 1e-18,
              note="The weights of the first of nine layers, eight of them sigmoids."),
        close("its std", "param.grad.std()", grads(first).std(ddof=1), spread, 1e-18,
              note="PyTorch's std divides by n - 1."),
        exactly("to four decimals", "mean=...:.4f, std=...:.4f", four.replace("-", ""), "mean=0.0000, std=0.0000",
                note="The document prints four decimals: a gradient that has vanished looks like one that is 0. The "
                "monitor prints powers of ten."),
        shown("gradient of the last bias", grads(last).tolist(),
              note="One element has no standard deviation: n - 1 is 0, PyTorch warns and prints nan, and 'look for "
              "NaN' then finds trouble where there is none. The monitor has a dash there."),
        holds("monitor: dash, not nan", None, "  -  " in table, "  -  " in table and "nan" not in table),
        holds("monitor, eight sigmoids", "very small gradients", _verdicts(report),
              _verdicts(report)[0].endswith("vanishing"),
              note="A verdict for the first and the last group of parameters. The report names the cures, too."),
        holds("monitor, large weights", "very large gradients", _verdicts(exploding),
              _verdicts(exploding)[0].endswith("exploding")),
        holds("monitor, NaN planted", "NaN or Inf values", _verdicts(poisoned),
              _verdicts(poisoned)[0].endswith("not finite")),
    ]  # fmt: skip


def _verdicts(report: monitor.Report) -> list[str]:
    rows = report.rows
    return [f"{row.name}: {row.verdict}" for row in (rows[0], rows[-1])]


# --- 4.13 --------------------------------------------------------------------------------------------------

X = (0.5, -1.0, 2.0)
Y = (1.0, 0.0, 0.5)


def small_example(w: Any, b: Any) -> Any:
    """The mean of half the squared errors of one sigmoid neuron on three examples."""
    return mean([0.5 * (sigmoid(w * x + b) - y) ** 2 for x, y in zip(X, Y, strict=True)])


def by_hand(w: float, b: float, average: bool = True, slope: str = "a (1 - a)") -> tuple[float, float]:
    """Its gradient by the delta rule; two switches plant an error each."""
    dw = db = 0.0
    for x, y in zip(X, Y, strict=True):
        a = 1 / (1 + math.exp(-(w * x + b)))
        delta = (a - y) * {"a (1 - a)": a * (1 - a), "none": 1.0}[slope]
        dw, db = dw + delta * x, db + delta
    m = len(X) if average else 1
    return dw / m, db / m


def claim_13() -> list[Figure]:
    """Each of the five steps, and the command for it; then four planted errors, and what finds each."""
    w, b = Value(0.4, "w"), Value(-0.2, "b")
    loss = small_example(w, b)
    plain = sum(0.5 * (1 / (1 + math.exp(-(0.4 * x - 0.2))) - y) ** 2 for x, y in zip(X, Y, strict=True)) / 3
    loss.backward()
    steps = len(Stepper(small_example(Value(0.4, "w"), Value(-0.2, "b"))))
    at = [(0.4, -0.2), (-1.0, 0.5)]
    right = check_derivative(small_example, by_hand, at=at)
    return [
        close("1: forward pass", "Implement forward pass", loss, plain, 1e-15,
              note="Written with Values; here against plain floats. autograd derive shows the graph of a formula."),
        holds("2: small example, steps", "Test on small example", steps, steps > 10,
              note="One neuron, three examples. autograd step 4.5 walks through a network, number by number."),
        close("3: backward pass", "Implement backward pass", [w.grad, b.grad], by_hand(0.4, -0.2), 1e-15,
              note="Yours, against the engine's."),
        holds("4: gradient check", "Gradient check on small example", right.verdict, right.verdict == "pass",
              note="check_derivative(f, yours, at=...), or autograd check FILE."),
        *_full_network(),
        *_planted(at),
    ]  # fmt: skip


def _full_network() -> list[Figure]:
    net = nn.MLP(3, [4, 4, 1], activation="tanh", seed=2)
    start = [p.data for p in net.parameters()]
    x, y = np.array([[0.5, -1.0, 0.25], [1.0, 0.5, -0.5]]), np.array([[1.0], [0.0]])
    direction = np.random.default_rng(7).normal(size=len(start))

    def along(t: float) -> float:
        for p, value, step in zip(net.parameters(), start, direction, strict=True):
            p.data = value + t * float(step)
        return float(losses.mse(net(x), y).data)

    h = 1e-5
    slope = (along(h) - along(-h)) / (2 * h)
    along(0.0)
    losses.mse(net(x), y).backward()
    engine = gradcheck(lambda a, c: sigmoid(a) * c, 0.3, 2.0)
    return [
        close("5: the full network", "Scale to full network", float(grads(net.parameters()) @ direction), slope, 1e-8,
              note="41 parameters and one random direction: two forward passes check them all at once, where one "
              "after the other takes 82."),
        holds("and the engine itself", None, engine, engine, note="gradcheck(f, inputs)."),
    ]  # fmt: skip


def _planted(at: list[tuple[float, float]]) -> list[Figure]:
    summed = check_derivative(small_example, lambda w, b: by_hand(w, b, average=False), at=at)
    missing = check_derivative(small_example, lambda w, b: by_hand(w, b, slope="none"), at=at)
    slip = summed.diagnosis.text.splitlines()[0] if summed.diagnosis is not None else ""
    return [
        holds("not averaged", "Not averaging over batch", summed.verdict, summed.verdict == "fail"),
        holds("its slip", None, slip, "mean of 3 terms" in slip),
        holds("sigma' left out", "Incorrect activation derivatives", missing.verdict, missing.verdict == "fail"),
        shown("shapes and transposes", "claim 1.11",
              note="Wrong matrix dimensions and a forgotten transpose are planted there."),
    ]  # fmt: skip
