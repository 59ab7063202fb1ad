"""Logistic regression on two kinds of iris: maximum-likelihood coefficients to 8 digits, with their standard errors.

Belongs to lesson 4, claim 4.4 (the loss on scores, whose slope is a - y) and lesson 1, claim 1.3 (cross-entropy): the
one neuron sigmoid(w . x) of those documents, trained not by small steps but until its digits settle. `autograd.hessian`
of the loss gives Newton's steps, and at the minimum its inverse is the covariance of the coefficients.

    python demos/iris.py [--quick] [--out DIR]        # --quick changes nothing: the whole run takes seconds
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from _shared import BLUE, ORANGE, figure_of, parser, reached, save
from sklearn.datasets import load_iris

from autograd import dot, grad, hessian, losses

NAMES = ["1", "petal length", "petal width"]
KINDS = ["versicolor", "virginica"]
MOST = 30
SETTLED = 1e-11  # of a coefficient: the last correction, which says that at least 8 digits stand


def irises() -> tuple[np.ndarray, np.ndarray]:
    """Rows (1, petal length, petal width) in cm, and 0 for versicolor, 1 for virginica."""
    iris = load_iris()
    two = iris.target > 0
    x = np.column_stack([np.ones(two.sum()), iris.data[two][:, 2:]])
    return x, iris.target[two] - 1.0


def fit(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Newton's method from zero: the coefficients, their covariance, and how large each correction was."""
    rows, targets = x.tolist(), y.tolist()

    def loss(w: Any) -> Any:  # minus the logarithm of the likelihood
        return losses.bce_with_logits([dot(w, row) for row in rows], targets, reduction="sum")

    slope, curvature = grad(loss), hessian(loss)
    w = np.zeros(x.shape[1])
    corrections: list[float] = []
    for _ in range(MOST):
        step = np.linalg.solve(curvature(w), slope(w))
        w = w - step
        corrections.append(float(np.max(np.abs(step / w))))
        print(f"  step {len(corrections):2}: loss {loss(w.tolist()):.12f}, largest correction {corrections[-1]:.1e}")
        if corrections[-1] < SETTLED:
            break
    return w, np.linalg.inv(curvature(w)), corrections


def draw(x: np.ndarray, y: np.ndarray, w: np.ndarray, covariance: np.ndarray) -> Any:
    """Left the flowers and the chance of virginica, right which pairs of slopes the data cannot tell apart."""
    figure, (left, right) = figure_of(1, 2, width=6.2, height=4.9)
    a, b = np.meshgrid(np.linspace(2.8, 7.7, 300), np.linspace(0.9, 2.65, 300))
    chance = 1 / (1 + np.exp(-(w[0] + w[1] * a + w[2] * b)))
    lines = left.contour(a, b, chance, levels=[0.1, 0.5, 0.9], colors="black", linestyles=[":", "-", "--"])
    left.clabel(lines, fmt=lambda p: f"{p:.0%}", manual=[(3.5, 2.2), (3.9, 2.2), (4.3, 2.2)])
    # Triangles are hollow: one virginica has the very petals of a versicolor.
    for kind, mark, look in ((0, "o", {"c": ORANGE}), (1, "^", {"facecolors": "none", "edgecolors": BLUE})):
        points, times = np.unique(x[y == kind][:, 1:], axis=0, return_counts=True)
        left.scatter(*points.T, s=45 * times, marker=mark, label=KINDS[kind], **look)
    left.set(
        title="Chance of virginica (larger mark: more flowers)", xlabel="petal length, cm", ylabel="petal width, cm"
    )
    left.legend(loc="upper right")

    circle = np.exp(1j * np.linspace(0, 2 * np.pi, 200))
    shape = np.linalg.cholesky(covariance[1:, 1:]) @ np.array([circle.real, circle.imag])
    radius = np.sqrt(-2 * np.log(0.05))  # holds 95% of a normal distribution in the plane
    right.fill(w[1] + radius * shape[0], w[2] + radius * shape[1], color=BLUE, alpha=0.15, label="95% region")
    error = np.sqrt(np.diag(covariance))
    right.errorbar(w[1], w[2], error[2], error[1], "o", color=BLUE, capsize=5, label="estimate ± standard error")
    right.axhline(0, color="black", linewidth=0.8)
    right.axvline(0, color="black", linewidth=0.8)
    right.set(title="What the Hessian's inverse says", xlabel=f"slope of {NAMES[1]}", ylabel=f"slope of {NAMES[2]}")
    right.set_ylim(-1, 25)
    right.legend(loc="upper right")
    return figure


def main() -> int:
    options = parser(__doc__).parse_args()
    x, y = irises()
    print(f"{len(y)} flowers, {KINDS[0]} 0, {KINDS[1]} 1; Newton's method from (0, 0, 0):")
    w, covariance, corrections = fit(x, y)
    errors = np.sqrt(np.diag(covariance))
    print(f"{'':14}{'coefficient':>14}{'standard error':>17}{'ratio':>8}")
    for name, value, error in zip(NAMES, w, errors, strict=True):
        print(f"{name:14}{value:#14.8g}{error:#17.8g}{value / error:8.2f}")
    right = int(np.sum((x @ w > 0) == (y > 0.5)))
    print(f"on the right side of the line: {right} of {len(y)}")
    save(draw(x, y, w, covariance), options.out, "iris.png")
    last = corrections[-1]
    return reached(
        last < SETTLED, f"8 digits: step {len(corrections)} corrects no coefficient by more than {last:.0e} of it"
    )


if __name__ == "__main__":
    sys.exit(main())
