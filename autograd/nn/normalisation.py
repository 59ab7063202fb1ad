"""`BatchNorm`: each feature brought to mean 0 and variance 1 over the rows of a batch."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..engine.op import number
from ..engine.value import Value
from ..errors import ArgumentError, ShapeError
from ..functions.arrays import array, data
from ..functions.elementary import mean, sqrt
from .inputs import as_rows, stacked
from .places import Placed, indexed, whole

__all__ = ["BatchNorm"]


class BatchNorm(Placed):
    """y = gamma (x - mean) / sqrt(variance + eps) + beta, for each feature over the rows of a batch.

    In training the mean and the (biased) variance are those of the batch, and gradients flow through them too. The
    running mean and the running variance (of the unbiased one) follow with ``momentum``; after ``.eval()`` they take
    the place of the batch's.

    Args:
        num_features: how many columns the inputs have.
        eps: keeps the root away from 0.
        momentum: how much of each batch goes into the running numbers; None: the average over all batches.
        affine: whether there are a gamma (``weight``, first 1) and a beta (``bias``, first 0) to be trained.
        track_running_stats: whether there are running numbers; without them the batch's are used always.

    Raises:
        ShapeError: when it is called on a single row in training, which has no spread (a ValueError).

    Example:
        >>> norm = BatchNorm(1)
        >>> out = norm([[1.0], [3.0]])
        >>> [f"{y.data:.4f}" for y in out[:, 0]], norm.running_mean.tolist()
        (['-1.0000', '1.0000'], [0.2])

    Source: S. Ioffe, C. Szegedy, Batch Normalization (2015); numbers as in PyTorch's BatchNorm1d.
    """

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True,
    ) -> None:  # fmt: skip
        self.num_features = whole("num_features", num_features)
        self.eps = number(eps)
        self.momentum = None if momentum is None else number(momentum)
        self.affine, self.track_running_stats = affine, track_running_stats
        if not self.eps >= 0.0 or self.eps == math.inf:
            raise ArgumentError(f"eps is a number of at least 0, got {eps!r}")
        if self.momentum is not None and not 0.0 <= self.momentum <= 1.0:
            raise ArgumentError(f"momentum is a share from 0 to 1, or None for an average, got {momentum!r}")
        self.weight = array(np.ones(self.num_features)) if affine else None
        self.bias = array(np.zeros(self.num_features)) if affine else None
        self.running_mean: Any = np.zeros(self.num_features) if track_running_stats else None
        self.running_var: Any = np.ones(self.num_features) if track_running_stats else None
        self.num_batches_tracked = 0
        self.buffers = ("running_mean", "running_var", "num_batches_tracked") if track_running_stats else ()
        self.settle(0, "")

    def forward(self, x: Any) -> Any:
        rows, batch = as_rows(x, self.num_features, self.who, "features")
        if self.training or not self.track_running_stats:
            result = self._by_the_batch(rows)
        else:
            scales = np.sqrt(self.running_var + self.eps).tolist()
            columns = zip(zip(*rows, strict=True), self.running_mean.tolist(), scales, strict=True)
            result = [[(v - centre) / scale for v in column] for column, centre, scale in columns]
        if self.weight is not None and self.bias is not None:
            gammas, betas = self.weight.tolist(), self.bias.tolist()
            result = [[g * v + b for v in column] for column, g, b in zip(result, gammas, betas, strict=True)]
        out = stacked(list(zip(*result, strict=True)), self.num_features)
        if batch:
            return out
        return out[0].tolist() if self.num_features > 1 else out[0, 0]

    def _by_the_batch(self, rows: list[Any]) -> list[list[Any]]:
        """The columns, each with its own mean and variance; the running numbers follow."""
        if len(rows) < 2:
            raise ShapeError(
                f"{self.who()}: expected more than 1 row in training, got inputs of shape "
                f"({len(rows)}, {self.num_features}); one row has no spread: take larger batches, or call .eval() first"
            )
        columns, centres, variances = [], [], []
        for column in zip(*rows, strict=True):
            centre = mean(column)
            distances = [v - centre for v in column]
            variance = mean([d**2 for d in distances])
            scale = sqrt(variance + self.eps)
            columns.append([d / scale for d in distances])
            centres.append(centre)
            variances.append(variance)
        if self.training and self.track_running_stats:
            self._follow(data(centres), data(variances) * (len(rows) / (len(rows) - 1)))
        return columns

    def _follow(self, means: Any, unbiased: Any) -> None:
        self.num_batches_tracked += 1
        share = 1.0 / self.num_batches_tracked if self.momentum is None else self.momentum
        self.running_mean = share * means + (1.0 - share) * self.running_mean
        self.running_var = share * unbiased + (1.0 - share) * self.running_var

    def _check_buffer(self, name: str, short: str, numbers: Any) -> None:
        if short == "running_var" and (numbers < 0.0).any():
            raise ArgumentError(f"{name!r} of the state holds a negative variance")
        if short == "num_batches_tracked" and (numbers < 0.0 or numbers % 1.0):
            raise ArgumentError(f"{name!r} of the state is a count, got {float(numbers)!r}")

    def _label(self, number: int) -> Iterable[tuple[Value, str]]:
        for letter, values in (("gamma", self.weight), ("beta", self.bias)):
            if values is not None:
                yield from ((v, indexed(letter, number, i)) for i, v in enumerate(values.tolist(), 1))

    def __repr__(self) -> str:
        usual = {"eps": 1e-5, "momentum": 0.1, "affine": True, "track_running_stats": True}
        options = [
            f", {name}={getattr(self, name)!r}" for name, default in usual.items() if getattr(self, name) != default
        ]
        return f"BatchNorm({self.num_features}{''.join(options)})"
