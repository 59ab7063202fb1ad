"""Small data sets to learn on, and mini-batches: the same numbers on every machine.

Whatever is random comes from ``random.Random.random()``, the one generator whose numbers Python promises to keep,
and is rounded to six decimals, so that the last bit of a cosine makes no difference.
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, ShapeError
from .arguments import whole

__all__ = ["Batches", "batches", "regression", "spirals", "two_moons", "xor"]

_DECIMALS = 6


def xor() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The four rows of exclusive or: the smallest problem that no single neuron solves.

    Returns:
        Inputs of shape (4, 2) and targets of shape (4, 1), 0.0 or 1.0.

    Example:
        >>> x, y = xor()
        >>> x.tolist(), y.ravel().tolist()
        ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0])
    """
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return x, (x[:, :1] != x[:, 1:]).astype(np.float64)


def two_moons(n: int = 100, noise: float = 0.1, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two half circles that reach into each other, each with the radius 1.

    The upper is (cos t, sin t), the lower (1 - cos t, 0.5 - sin t), t from 0 to pi.

    Args:
        n: how many points; the upper moon has the odd one less.
        noise: the standard deviation of what is added to each coordinate.
        seed: of the noise.

    Returns:
        Inputs of shape (n, 2) and targets of shape (n, 1): 0.0 for the upper moon and 1.0 for the lower. The moons
        come one behind the other; :func:`batches` shuffles.

    Raises:
        ArgumentError: `n` is less than 2, or `noise` is negative.

    Example:
        >>> x, y = two_moons(4, noise=0)
        >>> x.tolist()
        [[1.0, 0.0], [-1.0, 0.0], [0.0, 0.5], [2.0, 0.5]]
    """
    n, noise = whole("n", n, 2), _noise(noise)
    sizes = (n // 2, n - n // 2)
    angles = [[math.pi * i / max(1, size - 1) for i in range(size)] for size in sizes]
    points = [(math.cos(t), math.sin(t)) for t in angles[0]] + [(1 - math.cos(t), 0.5 - math.sin(t)) for t in angles[1]]
    return _noisy(points, noise, random.Random(seed)), np.repeat([[0.0], [1.0]], sizes, axis=0)


def spirals(
    n: int = 100, classes: int = 2, noise: float = 0.05, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """As many arms of a spiral as there are classes, each one and a quarter of a turn, out to the radius 1.

    Args:
        n: how many points in total; the first arms have one more where they cannot be equal.
        classes: how many arms, from 2.
        noise: the standard deviation of what is added to each coordinate.
        seed: of the noise.

    Returns:
        Inputs of shape (n, 2) and the number of each point's arm, whole numbers from 0, of shape (n,): what a
        cross-entropy takes.

    Raises:
        ArgumentError: `classes` is less than 2, `n` is less than `classes`, or `noise` is negative.

    Example:
        >>> x, y = spirals(6, classes=3)
        >>> x.shape, y.tolist()
        ((6, 2), [0, 0, 1, 1, 2, 2])
    """
    classes = whole("classes", classes, 2)
    n, noise = whole("n", n, classes), _noise(noise)
    sizes = [n // classes + (k < n % classes) for k in range(classes)]
    points = []
    for k, size in enumerate(sizes):
        for i in range(size):
            radius = (i + 1) / size
            angle = 2 * math.pi * (k / classes + 1.25 * radius)
            points.append((radius * math.cos(angle), radius * math.sin(angle)))
    return _noisy(points, noise, random.Random(seed)), np.repeat(np.arange(classes, dtype=np.int64), sizes)


def regression(
    n: int = 32, features: int = 10, noise: float = 0.1, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Targets that are a weighted sum of their inputs, and noise: y = w . x / sqrt(features) + 0.5 + noise.

    Inputs and weights are drawn from the standard normal distribution, so that a target's size does not grow with
    the number of features.

    Args:
        n: how many rows.
        features: how many inputs each row has.
        noise: the standard deviation of what is added to each target.
        seed: of all that is random.

    Returns:
        Inputs of shape (n, features) and targets of shape (n, 1), the shape in which a layer with one output gives
        its predictions.

    Raises:
        ArgumentError: `n` or `features` is less than 1, or `noise` is negative.

    Example:
        >>> x, y = regression()
        >>> x.shape, y.shape
        ((32, 10), (32, 1))
    """
    n, features, noise = whole("n", n, 1), whole("features", features, 1), _noise(noise)
    rng = random.Random(seed)
    weights = [_normal(rng) / math.sqrt(features) for _ in range(features)]
    x = _rounded([[_normal(rng) for _ in range(features)] for _ in range(n)])
    targets = [math.fsum(map(operator.mul, weights, row)) + 0.5 + noise * _normal(rng) for row in x.tolist()]
    return x, _rounded([[t] for t in targets])


@dataclass(eq=False, repr=False)
class Batches:
    """Mini-batches of rows and their targets; each walk through it is an epoch, in an order of its own.

    Made by :func:`batches`. ``len()`` is the number of iterations that an epoch takes.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    batch_size: int
    shuffle: bool
    rng: Any
    drop_last: bool

    def __len__(self) -> int:
        full, rest = divmod(len(self.x), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        order = np.arange(len(self.x))
        if self.shuffle:
            order = np.argsort([self.rng.random() for _ in order], kind="stable")
        for i in range(len(self)):
            rows = order[i * self.batch_size : (i + 1) * self.batch_size]
            yield self.x[rows], self.y[rows]

    def __repr__(self) -> str:
        return f"Batches of {self.batch_size} of {len(self.x)} rows: {len(self)} iterations an epoch"


def batches(
    x: Any, y: Any, batch_size: int, shuffle: bool = True, seed: Any = None, drop_last: bool = False
) -> Batches:
    """Cut a data set into mini-batches: n rows are ceil(n / batch_size) iterations.

    Args:
        x: the inputs, one row for each sample.
        y: the targets, as many.
        batch_size: how many samples an update sees; the last batch of an epoch may have fewer.
        shuffle: whether every epoch has a new order.
        seed: of the order: a whole number, or anything with a ``random()`` method (``random.Random``, a NumPy
            Generator), which goes on from where it is; None: Python's global generator.
        drop_last: leave out a last batch that is not full.

    Returns:
        What a ``for`` loop takes, once for each epoch: pairs of NumPy arrays, of shapes (batch_size, ...).

    Raises:
        ShapeError: `x` and `y` differ in length, or are empty.
        ArgumentError: `batch_size` is no whole number from 1, or `seed` is no seed.

    Example:
        >>> x, y = regression(100)
        >>> loader = batches(x, y, 32, seed=0)
        >>> len(loader), [len(inputs) for inputs, targets in loader]
        (4, [32, 32, 32, 4])
        >>> len(batches(range(10_000), range(10_000), batch_size=32))
        313
    """
    rows, targets = np.asarray(x), np.asarray(y)
    if rows.ndim == 0 or targets.ndim == 0 or len(rows) != len(targets) or not len(rows):
        raise ShapeError(
            f"every input needs its target: got inputs of shape {rows.shape} and targets of shape {targets.shape}"
        )
    rng: Any = random if seed is None else seed
    if not hasattr(rng, "random"):
        if not isinstance(seed, int | np.integer):
            raise ArgumentError(f"seed is a whole number, or a generator with a random() method, got {seed!r}")
        rng = random.Random(int(seed))
    return Batches(rows, targets, whole("batch_size", batch_size, 1), bool(shuffle), rng, bool(drop_last))


def _noise(noise: float) -> float:
    if not 0 <= noise < math.inf:
        raise ArgumentError(f"noise is a standard deviation, 0 or more, got {noise!r}")
    return float(noise)


def _normal(rng: random.Random) -> float:
    """One number of the standard normal distribution, by Box and Muller; 1 - u is never 0."""
    return math.sqrt(-2 * math.log(1 - rng.random())) * math.cos(2 * math.pi * rng.random())


def _noisy(points: list[tuple[float, float]], noise: float, rng: random.Random) -> NDArray[np.float64]:
    return _rounded([[c + noise * _normal(rng) for c in point] for point in points])


def _rounded(rows: list[list[float]]) -> NDArray[np.float64]:
    return np.array([[round(c, _DECIMALS) + 0.0 for c in row] for row in rows])  # + 0.0: no -0.0
