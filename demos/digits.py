"""Handwritten digits: a network of scalars reads scikit-learn's 8 by 8 images.

Belongs to lesson 3, claim 3.2 (epochs, batches, iterations) and lesson 4, claim 4.8 (softmax with cross-entropy).

A 64-32-10 network (2,410 parameters, each a Value) is trained on 1,437 images with mini-batches and Adam, and tested on
the 360 that it has not seen. The picture shows accuracy by epoch, what is taken for what, and test images, the mistaken
ones first.

    python demos/digits.py [--quick] [--out DIR]
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
from _shared import parser, plt, progress, reached, save
from sklearn.datasets import load_digits

from autograd import data, datasets, losses, no_grad, optim
from autograd.nn import MLP

TRAIN = 1437  # of 1797: four fifths


def split() -> tuple[Any, Any, Any, Any]:
    """Training images and labels, test images and labels; pixels from 0 to 1."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order] / 16, y[order]
    return x[:TRAIN], y[:TRAIN], x[TRAIN:], y[TRAIN:]


def read(net: MLP, x: Any) -> Any:
    """The digit that the network sees in each image."""
    with no_grad():
        return data(net(x)).argmax(axis=1)


def train(net: MLP, x: Any, y: Any, test_x: Any, test_y: Any, epochs: int) -> list[float]:
    """Returns the accuracy on the test images after each epoch."""
    optimiser = optim.Adam(net.parameters(), lr=0.01)
    schedule = optim.CosineAnnealingLR(optimiser, T_max=epochs)
    loader = datasets.batches(x, y, 32, seed=0)
    curve: list[float] = []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for images, labels in progress(loader, text=lambda epoch=epoch: f"epoch {epoch} of {epochs}"):
            loss = losses.cross_entropy(net(images), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.data * len(images)
        schedule.step()
        curve.append(float(np.mean(read(net, test_x) == test_y)))
        print(f"epoch {epoch:2}: loss {total / len(x):.4f}, test accuracy {curve[-1]:.1%}", flush=True)
    return curve


def draw(curve: list[float], goal: float, x: Any, y: Any, seen: Any) -> Any:
    figure = plt.figure(figsize=(12, 4.2))
    left, middle, right = figure.subfigures(1, 3, width_ratios=(1, 1.05, 1.15))

    axes = left.subplots()
    axes.plot(range(1, len(curve) + 1), [100 * a for a in curve], marker="o", markersize=4)
    axes.axhline(100 * goal, color="black", linestyle="--", linewidth=1, label=f"goal: {goal:.0%}")
    axes.set(title="Accuracy on unseen images", xlabel="epoch", ylabel="right, in percent")
    axes.legend(loc="lower right")
    axes.xaxis.get_major_locator().set_params(integer=True)

    axes = middle.subplots()
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (y, seen), 1)
    axes.imshow(counts, cmap="Blues")
    for row, column in np.argwhere(counts):
        many = counts[row, column] > counts.max() / 2
        axes.text(
            column, row, counts[row, column], ha="center", va="center", fontsize=8, color="white" if many else "black"
        )
    axes.set(title="What is taken for what", xlabel="digit seen", ylabel="digit written")
    axes.set_xticks(range(10))
    axes.set_yticks(range(10))
    axes.grid(False)

    right.suptitle("Images, and what is seen in them")
    order = np.argsort(seen == y, kind="stable")[:20]  # mistakes come first
    for axes, i in zip(right.subplots(4, 5).flat, order, strict=True):
        axes.imshow(x[i].reshape(8, 8), cmap="gray_r")
        axes.set_axis_off()
        axes.set_title(f"{seen[i]}" if seen[i] == y[i] else f"{seen[i]}, not {y[i]}", fontsize=8)
    return figure


def main() -> int:
    options = parser(__doc__).parse_args()
    x, y, test_x, test_y = split()
    if options.quick:
        x, y = x[:600], y[:600]
    net = MLP(64, [32, 10], init="kaiming_uniform", seed=0)
    print(f"{len(net.parameters()):,} parameters, {len(x):,} images to learn from, {len(test_x)} to be tested on")

    start = time.perf_counter()
    curve = train(net, x, y, test_x, test_y, 4 if options.quick else 15)
    seconds = time.perf_counter() - start
    goal = 0.85 if options.quick else 0.95
    save(draw(curve, goal, test_x, test_y, read(net, test_x)), options.out, "digits.png")
    return reached(curve[-1] >= goal, f"{curve[-1]:.1%} of unseen digits right, wanted {goal:.0%}, in {seconds:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
