"""Two moons: a network of scalars bends a line around two half circles.

Belongs to lesson 3, claim 3.2 (the training loop, with its epochs, batches and iterations).

A 2-16-16-1 network learns which of two interleaved half circles a point belongs to. The left picture is what it
believes everywhere, with its boundary at probability 1/2, the right one the loss of every epoch. Half of the points
are kept out of training, and it is on these that the accuracy is measured.

    python demos/two_moons.py [--quick] [--out DIR]
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from _shared import BLUE, ORANGE, figure_of, parser, progress, reached, save

from autograd import data, datasets, losses, no_grad, optim
from autograd.nn import MLP


def logits(net: MLP, x: Any) -> Any:
    with no_grad():
        return data(net(x)).ravel()


def accuracy(net: MLP, x: Any, y: Any) -> float:
    return float(np.mean((logits(net, x) > 0) == (y.ravel() > 0.5)))


def train(net: MLP, x: Any, y: Any, epochs: int) -> list[float]:
    """Returns the mean loss of each epoch."""
    optimiser = optim.Adam(net.parameters(), lr=0.02)
    loader = datasets.batches(x, y, 25, seed=0)
    curve: list[float] = []
    for _ in progress(range(epochs), text=lambda: f"loss {curve[-1]:.4f}"):
        total = 0.0
        for inputs, targets in loader:
            loss = losses.bce_with_logits(net(inputs), targets)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.data * len(inputs)
        curve.append(total / len(x))
    return curve


def draw(net: MLP, x: Any, y: Any, curve: list[float], cells: int) -> Any:
    figure, (left, right) = figure_of(1, 2)
    horizontal, vertical = np.linspace(-1.6, 2.6, cells), np.linspace(-1.1, 1.6, cells)
    grid = np.array([[a, b] for b in vertical for a in horizontal])
    believed = 1 / (1 + np.exp(-logits(net, grid).reshape(cells, cells)))
    shades = left.contourf(horizontal, vertical, believed, levels=np.linspace(0, 1, 11), cmap="PuOr_r", alpha=0.45)
    left.contour(horizontal, vertical, believed, levels=[0.5], colors="black", linewidths=1.5)
    # Shapes as well as colours say which moon a point is of.
    for moon, colour, marker, name in ((0.0, BLUE, "o", "upper moon"), (1.0, ORANGE, "^", "lower moon")):
        points = x[y.ravel() == moon]
        left.scatter(*points.T, c=colour, marker=marker, s=24, edgecolors="black", linewidths=0.5, label=name)
    left.set(title="Belief, its boundary, and the points kept out", xlabel="first input", ylabel="second input")
    left.grid(False)
    left.legend(loc="upper right", fontsize=8)
    figure.colorbar(shades, ax=left, label="probability of the lower moon", ticks=[0, 0.5, 1])
    figure.get_layout_engine().set(wspace=0.08)
    right.semilogy(range(1, len(curve) + 1), curve)
    right.set(title="Loss of every epoch", xlabel="epoch", ylabel="binary cross-entropy")
    return figure


def main() -> int:
    options = parser(__doc__).parse_args()
    x, y = datasets.two_moons(200, noise=0.15)
    train_x, train_y, test_x, test_y = x[::2], y[::2], x[1::2], y[1::2]
    net = MLP(2, [16, 16, 1], init="kaiming_uniform", seed=0)

    start = accuracy(net, test_x, test_y)
    curve = train(net, train_x, train_y, 20 if options.quick else 100)
    save(draw(net, test_x, test_y, curve, 20 if options.quick else 60), options.out, "two-moons.png")
    share, goal = accuracy(net, test_x, test_y), 0.9 if options.quick else 0.97
    print(f"loss {curve[0]:.3f} in the first epoch, {curve[-1]:.4f} in the last")
    return reached(
        share >= goal, f"{share:.1%} of the points kept out are right (before: {start:.1%}), wanted {goal:.0%}"
    )


if __name__ == "__main__":
    sys.exit(main())
