"""Exclusive or: the smallest problem that no single neuron solves, and how its gradients flow.

Belongs to lesson 1, claim 1.13 (the flow of a backward pass, drawn), and lesson 4, claim 4.3 (arrows forward and back).

A 2-3-1 network learns the four rows. One row's loss is drawn before and after training: solid arrows are the forward
pass, dashed ones the backward pass, and the wider one of those is, the more gradient it carries. The scale is each
picture's own: read the numbers. Before training the loss sends 0.5 into the network; afterwards the prediction is right
and some 290 times less flows back, least of all through a tanh that has gone flat. The first
input of this row is 0, so its weights hear nothing at any time.

    python demos/xor.py [--quick] [--out DIR]
"""

from __future__ import annotations

import math
import sys
from typing import Any

from _shared import figure_of, parser, progress, reached, save

from autograd import Value, data, datasets, losses, no_grad, optim
from autograd.nn import MLP
from autograd.render import to_svg

ROW = 1  # the row to draw: inputs 0 and 1, target 1


def probabilities(net: MLP, x: Any) -> list[float]:
    with no_grad():
        return [1 / (1 + math.exp(-z)) for z in data(net(x)).ravel()]


def gradient_flow(net: MLP, x: Any, y: Any) -> tuple[str, float]:
    """The picture of one row's loss, and the length of its gradient."""
    inputs = [Value(x[ROW, i], f"x{i + 1}", constant=True) for i in range(2)]
    loss = losses.bce_with_logits(net(inputs), float(y[ROW, 0]))
    loss.label = "loss"
    net.zero_grad()
    loss.backward()
    norm = math.hypot(*(p.grad for p in net.parameters()))
    picture = to_svg(loss, show=("values", "gradients", "messages"), number_format=".3g")
    net.zero_grad()
    return picture, norm


def train(net: MLP, x: Any, y: Any, steps: int) -> list[float]:
    optimiser = optim.Adam(net.parameters(), lr=0.05)
    curve = []
    for _ in progress(range(steps), text=lambda: f"loss {curve[-1]:.4f}"):
        loss = losses.bce_with_logits(net(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        curve.append(loss.data)
    return curve


def main() -> int:
    options = parser(__doc__).parse_args()
    x, y = datasets.xor()
    net = MLP(2, [3, 1], activation="tanh", seed=1)

    picture, before = gradient_flow(net, x, y)
    save(picture, options.out, "xor-before.svg")
    curve = train(net, x, y, 200 if options.quick else 600)
    picture, after = gradient_flow(net, x, y)
    save(picture, options.out, "xor-after.svg")

    figure, axes = figure_of()
    axes.semilogy(range(1, len(curve) + 1), curve)
    axes.set(title="Exclusive or, a 2-3-1 network", xlabel="step", ylabel="loss (binary cross-entropy)")
    save(figure, options.out, "xor-loss.png")

    found = probabilities(net, x)
    for row, target, p in zip(x, y, found, strict=True):
        print(f"{row[0]:.0f} xor {row[1]:.0f} = {target[0]:.0f}, the network says {p:.3f}")
    print(f"length of the drawn row's gradient: {before:.3g} before training, {after:.3g} after")
    worst = max(abs(p - t) for p, t in zip(found, y.ravel(), strict=True))
    goal = 0.1 if options.quick else 0.02
    return reached(worst < goal and after < before / 10, f"every row within {worst:.4f}, wanted {goal}")


if __name__ == "__main__":
    sys.exit(main())
