"""`Linear`, `Sequential`, `Residual`, `BatchNorm`, `LayerNorm` and `Dropout`: PyTorch's names and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, overload

import numpy as np

from ..engine import modes
from ..engine.value import Value
from ..errors import ArgumentError, GraphError, ShapeError
from ..functions.arrays import array
from ..functions.elementary import dot, dot_rows, mean, sqrt, var
from .arguments import at_least, flag, share, whole
from .init import linear_bound, source
from .module import Module, as_given, as_rows, indexed, number_layers, sample_by_sample, shape_of, stacked

__all__ = ["BatchNorm", "Dropout", "LayerNorm", "Linear", "Residual", "Sequential"]


class Linear(Module):
    """y = x W^T + b: every output is one `dot` node of a row of W, the inputs, and a bias.

    Weights and biases start evenly spread up to +-1 / sqrt(in_features), as in PyTorch.

    Args:
        in_features, out_features: how many inputs and outputs.
        bias: whether there is a b.
        seed: the same seed gives the same weights; None draws from Python's global `random`.

    Attributes:
        weight: an array of Values of shape (out_features, in_features).
        bias: an array of shape (out_features,), or None.

    Called on rows of shape (n, in_features) it gives an array of shape (n, out_features); on one sample a list, or a
    bare Value for a single output.

    Example:
        >>> layer = Linear(2, 3, seed=0)
        >>> layer
        Linear(2 -> 3)
        >>> layer([[1.0, 2.0], [3.0, 4.0]]).shape
        (2, 3)
    """

    _letters = (("weight", "W"), ("bias", "b"))
    _is_layer = True

    def __init__(self, in_features: int, out_features: int, bias: bool = True, *, seed: int | None = None) -> None:
        self.in_features = whole("in_features", in_features)
        self.out_features = whole("out_features", out_features)
        bound, draws = linear_bound(self.in_features), source(seed)

        def drawn(*shape: int) -> Any:
            return array(np.array([draws.uniform(-bound, bound) for _ in range(int(np.prod(shape)))]).reshape(shape))

        self.weight = drawn(self.out_features, self.in_features)
        self.bias = drawn(self.out_features) if bias else None
        self._take_number(0)

    def forward(self, x: Any) -> Any:
        samples, batch = as_rows(self, x, self.in_features)
        weights = self.weight.tolist()
        if self.bias is None:
            results = [[dot(row, sample) for row in weights] for sample in samples]
        else:
            rows = [(*row, b) for row, b in zip(weights, self.bias.tolist(), strict=True)]
            results = [dot_rows(rows, sample) for sample in samples]
        names = [indexed("z", self._number, i) for i in range(1, self.out_features + 1)]
        for zs in results:
            for z, name in zip(zs, names, strict=True):
                if type(z) is Value:
                    z._label = name
        return as_given(results, batch, self.out_features)

    def __repr__(self) -> str:
        return f"Linear({self.in_features} -> {self.out_features}{'' if self.bias is not None else ', bias=False'})"


class Sequential(Module):
    """Modules one behind another, each fed with what the one before gave.

    Args:
        modules: at least one; their linear layers are numbered from 1, and labelled W1, b1, z1, a1 and so on.

    Example:
        >>> from autograd.nn import Tanh
        >>> model = Sequential(Linear(2, 3, seed=0), Tanh(), Linear(3, 1, seed=1))
        >>> len(model), model[0], model[2].weight[0, 1].label
        (3, Linear(2 -> 3), 'W2[1,2]')
    """

    def __init__(self, *modules: Module) -> None:
        for i, module in enumerate(modules):
            if not isinstance(module, Module):
                hint = f"write {module.__name__}()" if isinstance(module, type) else "make it a Module"
                raise ArgumentError(f"Sequential takes modules, and number {i} is {module!r}; {hint}")
        if not modules:
            raise ArgumentError("Sequential needs at least one module")
        self._modules = modules
        number_layers(self)

    def forward(self, x: Any) -> Any:
        for module in self._modules:
            x = module(x)
        return x

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules)

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Module:
        """A module, or for a slice a Sequential of the same modules, which keep their labels."""
        if not isinstance(index, slice):
            return self._modules[index]
        part = Sequential.__new__(Sequential)
        part._modules = self._modules[index]
        part._numbered = True
        return part

    def _members(self) -> Iterable[tuple[str, Any]]:
        return [(str(i), module) for i, module in enumerate(self._modules)]

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self._modules))})"


class Residual(Module):
    """x + module(x): a connection that skips the module, so that the gradient has a way past it.

    Args:
        module: anything whose outputs have the shape of its inputs.

    Raises:
        ShapeError: when it is called and they have not (a ValueError).

    Example:
        >>> block = Residual(Linear(2, 2, seed=0))
        >>> block([[1.0, 2.0]]).shape
        (1, 2)
    """

    def __init__(self, module: Module) -> None:
        if not isinstance(module, Module):
            raise ArgumentError(f"Residual takes a module, got {module!r}")
        self.module = module

    def forward(self, x: Any) -> Any:
        out = self.module(x)
        before, after = shape_of(x), shape_of(out)
        if before != after and not {before, after} <= {(), (1,)}:  # one feature may come bare
            raise ShapeError(
                f"{self._who()}: cannot add its input of shape {before} to its module's output of shape {after}"
            )
        (rows, batch), (results, _) = as_rows(self, x), as_rows(self, out)
        sums = [[a + b for a, b in zip(*pair, strict=True)] for pair in zip(rows, results, strict=True)]
        if batch:
            return stacked(sums, after[1])
        return sums[0] if after else sums[0][0]

    def __repr__(self) -> str:
        return f"Residual({self.module!r})"


class _Norm(Module):
    """What is normalised is scaled and shifted: by a gamma and a beta for each feature, if there are any."""

    _letters = (("weight", "gamma"), ("bias", "beta"))
    weight: Any
    bias: Any

    def _scaled(self, row: Iterable[Any]) -> list[Any]:
        results = list(row)
        if self.weight is not None:
            results = [g * v for g, v in zip(self.weight.tolist(), results, strict=True)]
        return results if self.bias is None else [v + b for v, b in zip(results, self.bias.tolist(), strict=True)]


class BatchNorm(_Norm):
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
        self.eps = at_least("BatchNorm: eps", eps)
        self.momentum = None if momentum is None else share("BatchNorm: momentum", momentum)
        self.affine = flag("BatchNorm: affine", affine)
        self.track_running_stats = flag("BatchNorm: track_running_stats", track_running_stats)
        self.weight = array(np.ones(self.num_features)) if affine else None
        self.bias = array(np.zeros(self.num_features)) if affine else None
        self.running_mean: Any = np.zeros(self.num_features) if track_running_stats else None
        self.running_var: Any = np.ones(self.num_features) if track_running_stats else None
        self.num_batches_tracked = 0
        self.buffers = ("running_mean", "running_var", "num_batches_tracked") if track_running_stats else ()
        self._take_number(0)

    def forward(self, x: Any) -> Any:
        rows, batch = as_rows(self, x, self.num_features, "features")
        if self.training or not self.track_running_stats:
            result = self._by_the_batch(rows)
        else:
            scales = np.sqrt(self.running_var + self.eps).tolist()
            columns = zip(zip(*rows, strict=True), self.running_mean.tolist(), scales, strict=True)
            result = [[(v - centre) / scale for v in column] for column, centre, scale in columns]
        return as_given([self._scaled(row) for row in zip(*result, strict=True)], batch, self.num_features)

    def _by_the_batch(self, rows: list[Any]) -> list[list[Any]]:
        """The columns, each with its own mean and variance; the running numbers follow."""
        if len(rows) < 2:
            raise ShapeError(
                f"{self._who()}: expected more than 1 row in training, got inputs of shape "
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
            means, unbiased = self.for_buffer(centres), self.for_buffer(variances) * (len(rows) / (len(rows) - 1))
            self.num_batches_tracked += 1
            share = 1.0 / self.num_batches_tracked if self.momentum is None else self.momentum
            self.running_mean = share * means + (1.0 - share) * self.running_mean
            self.running_var = share * unbiased + (1.0 - share) * self.running_var
        return columns

    def _check_buffer(self, name: str, short: str, numbers: Any) -> None:
        if short == "running_var" and (numbers < 0.0).any():
            raise ArgumentError(f"{name!r} of the state holds a negative variance")
        if short == "num_batches_tracked" and (numbers < 0.0 or numbers % 1.0):
            raise ArgumentError(f"{name!r} of the state is a count, got {float(numbers)!r}")

    def __repr__(self) -> str:
        usual = {"eps": 1e-5, "momentum": 0.1, "affine": True, "track_running_stats": True}
        return f"BatchNorm({self.num_features}{_unusual(self, usual)})"


class LayerNorm(_Norm):
    """y = gamma (x - mean) / sqrt(variance + eps) + beta, over the features of each sample; training changes nothing.

    Args:
        normalized_shape: how many features a sample has.
        eps: keeps the root away from 0.
        elementwise_affine: whether there are a gamma (``weight``, first 1) and a beta (``bias``, first 0), one of each
            for every feature, to be trained.
        bias: whether there is a beta beside the gamma.

    Example:
        >>> [f"{y.data:.4f}" for y in LayerNorm(2)([1.0, 3.0])]
        ['-1.0000', '1.0000']

    Source: J. L. Ba, J. R. Kiros, G. E. Hinton, Layer Normalization (2016); numbers as in PyTorch's LayerNorm.
    """

    def __init__(
        self, normalized_shape: int | list[int] | tuple[int, ...], eps: float = 1e-5,
        elementwise_affine: bool = True, bias: bool = True,
    ) -> None:  # fmt: skip
        shape = normalized_shape if isinstance(normalized_shape, list | tuple) else [normalized_shape]
        if len(shape) != 1:
            raise ArgumentError(f"LayerNorm: a sample is one row of features; its shape cannot be {normalized_shape!r}")
        self.normalized_shape = (whole("LayerNorm: normalized_shape", shape[0]),)
        self.eps = at_least("LayerNorm: eps", eps)
        self.elementwise_affine = flag("LayerNorm: elementwise_affine", elementwise_affine)
        has_bias = flag("LayerNorm: bias", bias) and elementwise_affine
        self.weight = array(np.ones(self.normalized_shape)) if elementwise_affine else None
        self.bias = array(np.zeros(self.normalized_shape)) if has_bias else None
        self._take_number(0)

    def forward(self, x: Any) -> Any:
        rows, batch = as_rows(self, x, *self.normalized_shape, "features")
        return as_given([self._normed(list(row)) for row in rows], batch, *self.normalized_shape)

    def _normed(self, row: list[Any]) -> list[Any]:
        centre, scale = mean(row), sqrt(var(row, ddof=0) + self.eps)
        return self._scaled((v - centre) / scale for v in row)

    def __repr__(self) -> str:
        lacks_bias = ", bias=False" if self.weight is not None and self.bias is None else ""
        unusual = _unusual(self, {"eps": 1e-5, "elementwise_affine": True})
        return f"LayerNorm({self.normalized_shape[0]}{unusual}{lacks_bias})"


class Dropout(Module):
    """In training each number is 0 with chance p, and 1 / (1 - p) times itself else; after ``.eval()`` it passes.

    So its mean stays, and no neuron can count on another one. The mask is drawn anew in each call, and is a constant to
    derivatives. A compiled program repeats one recording and would repeat the mask too, so `compile` refuses it.

    Args:
        p: the chance, from 0 to 1.
        seed: the same seed gives the same masks; None draws from Python's global `random`.

    Raises:
        GraphError: it is compiled in training, with p above 0.

    Example:
        >>> drop = Dropout(0.5, seed=2)
        >>> [y.data for y in drop([1.0, 2.0, 3.0, 4.0])]
        [2.0, 4.0, 0.0, 0.0]
        >>> drop.eval()([1.0, 2.0, 3.0, 4.0])
        [1.0, 2.0, 3.0, 4.0]

    Source: N. Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (2014).
    """

    def __init__(self, p: float = 0.5, *, seed: int | None = None) -> None:
        self.p = share("Dropout: p", p)
        self._draws = None if seed is None else source(seed)

    def forward(self, x: Any) -> Any:
        if not self.training or not self.p:
            return x
        if modes.entered and modes.watcher() is not None:
            raise GraphError(self.why_not_compiled())
        draw = (self._draws or source(None)).uniform
        keep, drop = (Value(factor, constant=True) for factor in (1.0 / (1.0 - self.p) if self.p < 1.0 else 0.0, 0.0))
        for factor in keep, drop:
            modes.Follower.put(factor, lambda: self)  # holds on to the module until it is compiled

        def masked(xs: list[Any]) -> list[Any]:
            return [v * (drop if draw(0.0, 1.0) < self.p else keep) for v in xs]

        return sample_by_sample(self, x, masked)

    def why_not_compiled(self) -> str:
        """What `compile` says."""
        return (
            f"{self._who()} draws a mask at random in each call, and a program would repeat one and the same; "
            "compile after .eval(), or train without compiling"
        )

    def __repr__(self) -> str:
        return f"Dropout({self.p!r})"


def _unusual(module: Module, usual: dict[str, Any]) -> str:
    """The options that are not the usual ones, as they are written."""
    return "".join([f", {k}={getattr(module, k)!r}" for k, x in usual.items() if getattr(module, k) != x])
