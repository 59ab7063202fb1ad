"""The networks of the benchmark of compiled graphs, and how one trains them by hand.

By hand twice: `plain` as one writes backpropagation in NumPy, `tuned` as well as NumPy lets one. Both keep all
parameters in one vector, of which the weights are views: the penalty and the optimiser are then a few calls instead of
a few for each matrix. `tuned` allocates nothing in a step, and keeps a row of ones below its activations, so that the
bias is a column of the weight matrix and its gradient comes with the matrix product.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from workloads import two_moons

Array = np.ndarray[Any, np.dtype[np.float64]]

L2 = 1e-4  # micrograd's demo
BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


class Problem(NamedTuple):
    """A network, its first weights, and the whole batch that it learns from."""

    name: str
    task: str  # hinge, mse, classes: which loss
    activation: str  # relu, tanh: a method of every library's scalars
    adam: bool  # else gradient descent
    lr: float
    x: Array  # (samples, inputs)
    y: Array  # labels -1 and 1, numbers, or class numbers: (samples,)
    weights: list[tuple[Array, Array]]  # of each layer: (outputs, inputs) and (outputs,)

    @property
    def sizes(self) -> list[int]:
        return [self.x.shape[1], *[len(b) for _, b in self.weights]]


class Trainer(NamedTuple):
    """One competitor, at its first weights."""

    run: Callable[[int], float]  # takes so many steps, and returns the loss before the last
    weights: Callable[[], Array]  # in an order of its own
    note: str = ""


def drawn(rng: np.random.Generator, sizes: list[int], bound: float | None = None) -> list[tuple[Array, Array]]:
    """Weights even in +-bound, else +-1 / sqrt(inputs)."""
    layers = []
    for i, o in pairwise(sizes):
        wide = i**-0.5 if bound is None else bound
        layers.append((rng.uniform(-wide, wide, (o, i)), rng.uniform(-wide, wide, o)))
    return layers


def moons(count: int = 100) -> Problem:
    """micrograd's demo: MLP(2, [16, 16, 1]), hinge loss, L2."""
    x, y = two_moons(count)
    weights = drawn(np.random.default_rng(1337), [2, 16, 16, 1], 1.0)
    return Problem(f"two moons: 2-16-16-1 x {count}, ReLU, SGD", "hinge", "relu", False, 0.01, x, y * 1.0, weights)


def regression() -> Problem:
    """A wide layer and few samples: little of the step is matrix products."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32, 10))
    y = np.sin(x).sum(axis=1)
    return Problem("10-64-1: x 32, tanh, Adam", "mse", "tanh", True, 1e-3, x, y, drawn(rng, [10, 64, 1]))


def digits() -> Problem:
    """Grey levels as scikit-learn's digits have them, 0 to 16 and half of them 0; drawn, as times depend on none."""
    rng = np.random.default_rng(0)
    x = rng.integers(-16, 17, (64, 64)).clip(0) / 16
    y = rng.integers(0, 10, 64) * 1.0
    return Problem("digits: 64-32-10 x 64, ReLU, SGD", "classes", "relu", False, 0.05, x, y, drawn(rng, [64, 32, 10]))


def updater(problem: Problem, size: int) -> Callable[[Array, Array], None]:
    """The optimiser on one vector, in place; the gradient is overwritten."""
    lr = problem.lr
    if not problem.adam:

        def descend(theta: Array, g: Array) -> None:
            np.multiply(g, lr, g)
            np.subtract(theta, g, theta)

        return descend

    m, v, a = np.zeros(size), np.zeros(size), np.empty(size)
    count = 0

    def adam(theta: Array, g: Array) -> None:
        """m and v without their factors 1 - beta, which go into the two numbers below."""
        nonlocal count
        count += 1
        scale = ((1 - BETA2**count) / (1 - BETA2)) ** 0.5
        np.multiply(m, BETA1, m)
        np.add(m, g, m)
        np.multiply(v, BETA2, v)
        np.multiply(g, g, g)
        np.add(v, g, v)
        np.sqrt(v, a)
        np.add(a, EPS * scale, a)
        np.divide(m, a, a)
        np.multiply(a, lr * scale * (1 - BETA1) / (1 - BETA1**count), a)
        np.subtract(theta, a, theta)

    return adam


# --- plain ---------------------------------------------------------------------------------------------------------


def laid_out(problem: Problem) -> tuple[Array, list[Any]]:
    """One vector, and the views of it that are each layer's weights, of shape (inputs, outputs), and biases."""
    theta = np.concatenate([part.ravel() for w, b in problem.weights for part in (w.T, b)])
    return theta, views(theta, problem.sizes)


def views(theta: Any, sizes: list[int]) -> list[Any]:
    """Weights and biases, layer by layer, out of a vector: an array of any library."""
    found, start = [], 0
    for i, o in pairwise(sizes):
        found += [theta[start : start + i * o].reshape(i, o), theta[start + i * o : start + i * o + o]]
        start += i * o + o
    return found


def flat(*parts: Array) -> Array:
    return np.concatenate([part.ravel() for part in parts])


def plain(problem: Problem) -> Trainer:
    """Ordinary NumPy: forward, backward line by line, the optimiser."""
    theta, parts = laid_out(problem)
    x, n, lr = problem.x, len(problem.x), problem.lr
    m, v, t = np.zeros_like(theta), np.zeros_like(theta), 0
    labels, rows = problem.y.astype(int), np.arange(n)
    y = problem.y[:, None]

    def hinge() -> Any:
        W1, b1, W2, b2, W3, b3 = parts
        h1 = np.maximum(x @ W1 + b1, 0)
        h2 = np.maximum(h1 @ W2 + b2, 0)
        margins = np.maximum(1 - y * (h2 @ W3 + b3), 0)
        loss = margins.sum() / n + L2 * (theta @ theta)
        d3 = np.where(margins > 0, -y / n, 0)
        d2 = d3 @ W3.T * (h2 > 0)
        d1 = d2 @ W2.T * (h1 > 0)
        g = flat(x.T @ d1, d1.sum(0), h1.T @ d2, d2.sum(0), h2.T @ d3, d3.sum(0)) + 2 * L2 * theta
        theta[:] -= lr * g
        return loss

    def mse() -> Any:
        nonlocal m, v, t
        W1, b1, W2, b2 = parts
        h = np.tanh(x @ W1 + b1)
        error = h @ W2 + b2 - y
        loss = (error**2).sum() / n
        d2 = 2 / n * error
        d1 = d2 @ W2.T * (1 - h**2)
        g = flat(x.T @ d1, d1.sum(0), h.T @ d2, d2.sum(0))
        t += 1
        m = BETA1 * m + (1 - BETA1) * g
        v = BETA2 * v + (1 - BETA2) * g**2
        theta[:] -= lr / (1 - BETA1**t) * m / (np.sqrt(v / (1 - BETA2**t)) + EPS)
        return loss

    def classes() -> Any:
        W1, b1, W2, b2 = parts
        h = np.maximum(x @ W1 + b1, 0)
        z = h @ W2 + b2
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(p[rows, labels]).sum() / n
        p[rows, labels] -= 1
        d2 = p / n
        d1 = d2 @ W2.T * (h > 0)
        W1 -= lr * (x.T @ d1)  # views of theta; with matrices of this size faster than one long gradient
        b1 -= lr * d1.sum(0)
        W2 -= lr * (h.T @ d2)
        b2 -= lr * d2.sum(0)
        return loss

    return Trainer(repeated({"hinge": hinge, "mse": mse, "classes": classes}[problem.task]), lambda: theta)


def repeated(step: Callable[[], Any]) -> Callable[[int], float]:
    """A step that returns its loss, as often as it is asked for."""

    def run(steps: int) -> float:
        for _ in range(steps):
            loss = step()
        return float(loss)

    return run


# --- tuned ---------------------------------------------------------------------------------------------------------


def tuned(problem: Problem) -> Trainer:
    """No allocation, biases as a column of the weights, samples in columns."""
    sizes, n = problem.sizes, len(problem.x)
    theta = flat(*[np.column_stack([w, b]) for w, b in problem.weights])
    g = np.empty_like(theta)
    W, G, start = [], [], 0
    for i, o in pairwise(sizes):
        place = slice(start, start + o * (i + 1))
        W.append(theta[place].reshape(o, i + 1))
        G.append(g[place].reshape(o, i + 1))
        start = place.stop
    A = [np.ones((size + 1, n)) for size in sizes[:-1]]
    H = [a[:-1] for a in A]
    H[0][...] = problem.x.T
    T = [a.T for a in A]
    back = [w[:, :-1].T for w in W]
    D = [np.empty((o, n)) for o in sizes[1:]]
    S = [np.empty((o, n)) for o in sizes[1:]]  # slopes; in the last place the scores
    update = updater(problem, len(theta))
    dot, multiply, maximum = np.dot, np.multiply, np.maximum
    total = np.add.reduce
    zero, one = np.array(0.0), np.array(1.0)
    y = problem.y[None, :]
    against, share = -y, -y / n
    shrink, row = 1 - 2 * L2 * problem.lr, np.empty(n)
    ones, most, ready = np.ones(sizes[-1]), np.empty((1, n)), np.array(1 / n)
    hot = np.zeros((sizes[-1], n))
    if problem.task == "classes":
        hot[problem.y.astype(int), np.arange(n)] = 1.0

    def hinge() -> Any:
        dot(W[0], A[0], H[1])
        maximum(H[1], zero, out=H[1])
        dot(W[1], A[1], H[2])
        maximum(H[2], zero, out=H[2])
        dot(W[2], A[2], S[2])
        multiply(S[2], against, S[2])
        np.add(S[2], one, S[2])
        maximum(S[2], zero, out=S[2])
        loss = total(S[2][0]) / n + L2 * dot(theta, theta)
        np.sign(S[2], D[2])
        multiply(D[2], share, D[2])
        dot(D[2], T[2], G[2])
        multiply(back[2], D[2], D[1])
        np.sign(H[2], S[1])
        multiply(D[1], S[1], D[1])
        dot(D[1], T[1], G[1])
        dot(back[1], D[1], D[0])
        np.sign(H[1], S[0])
        multiply(D[0], S[0], D[0])
        dot(D[0], T[0], G[0])
        multiply(theta, shrink, theta)  # the penalty's share of the step
        update(theta, g)
        return loss

    def mse() -> Any:
        dot(W[0], A[0], H[1])
        np.tanh(H[1], H[1])
        dot(W[1], A[1], S[1])
        np.subtract(S[1], y, S[1])
        loss = dot(S[1][0], S[1][0]) / n
        multiply(S[1], 2 / n, D[1])
        dot(D[1], T[1], G[1])
        multiply(H[1], H[1], S[0])
        np.subtract(one, S[0], S[0])
        multiply(S[0], back[1], S[0])
        multiply(S[0], D[1], D[0])
        dot(D[0], T[0], G[0])
        update(theta, g)
        return loss

    def classes() -> Any:
        dot(W[0], A[0], H[1])
        maximum(H[1], zero, out=H[1])
        dot(W[1], A[1], S[1])
        maximum.reduce(S[1], 0, None, most, True)
        np.subtract(S[1], most, S[1])
        np.exp(S[1], D[1])
        dot(ones, D[1], row)
        np.divide(D[1], row, D[1])
        np.log(row, row)
        loss = (total(row) - np.vdot(hot, S[1])) / n
        np.subtract(D[1], hot, D[1])
        multiply(D[1], ready, D[1])
        dot(D[1], T[1], G[1])
        dot(back[1], D[1], D[0])
        np.sign(H[1], S[0])
        multiply(D[0], S[0], D[0])
        dot(D[0], T[0], G[0])
        update(theta, g)
        return loss

    return Trainer(repeated({"hinge": hinge, "mse": mse, "classes": classes}[problem.task]), lambda: theta)
