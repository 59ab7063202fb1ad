"""`Linear`, `Sequential` and `Residual`: PyTorch's names and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, overload

import numpy as np

from ..engine.value import Value
from ..errors import ArgumentError, ShapeError
from ..functions.arrays import ValueArray, array
from ..functions.elementary import dot, dot_rows
from .inputs import as_rows, is_batch, shape_of, stacked
from .modules import Module, settle
from .places import Placed, indexed, whole
from .weights import linear_bound, source

__all__ = ["Linear", "Residual", "Sequential"]


class Linear(Placed):
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

    counts = True

    def __init__(self, in_features: int, out_features: int, bias: bool = True, *, seed: int | None = None) -> None:
        self.in_features = whole("in_features", in_features)
        self.out_features = whole("out_features", out_features)
        bound, draws = linear_bound(self.in_features), source(seed)

        def drawn(*shape: int) -> Any:
            return array(np.array([draws.uniform(-bound, bound) for _ in range(int(np.prod(shape)))]).reshape(shape))

        self.weight = drawn(self.out_features, self.in_features)
        self.bias = drawn(self.out_features) if bias else None
        self.settle(0, "")

    def forward(self, x: Any) -> Any:
        samples, batch = as_rows(x, self.in_features, self.who)
        weights = self.weight.tolist()
        if self.bias is None:
            results = [[dot(row, sample) for row in weights] for sample in samples]
        else:
            rows = [(*row, b) for row, b in zip(weights, self.bias.tolist(), strict=True)]
            results = [dot_rows(rows, sample) for sample in samples]
        if batch:
            return stacked(results, self.out_features)
        for i, z in enumerate(results[0], 1):
            if type(z) is Value:
                z._label = indexed("z", self.number, i)
        return results[0][0] if self.out_features == 1 else results[0]

    def _label(self, number: int) -> Iterable[tuple[Value, str]]:
        for (i, j), w in np.ndenumerate(self.weight.view(np.ndarray)):
            yield w, indexed("W", number, i + 1, j + 1)
        if self.bias is not None:
            yield from ((b, indexed("b", number, i)) for i, b in enumerate(self.bias.tolist(), 1))

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
        settle(self)

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
        part._settled = True
        return part

    def _members(self) -> Iterable[tuple[str, Any]]:
        return [(str(i), module) for i, module in enumerate(self._modules)]

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self._modules))})"


class Residual(Placed):
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
                f"{self.who()}: cannot add its input of shape {before} to its module's output of shape {after}"
            )
        if is_batch(x):
            return stacked([[a + b for a, b in zip(*pair, strict=True)] for pair in zip(x, out, strict=True)], after[1])
        sums = [a + b for a, b in zip(_listed(x), _listed(out), strict=True)]
        return sums if after else sums[0]

    def _members(self) -> Iterable[tuple[str, Any]]:
        return [("module", self.module)]

    def __repr__(self) -> str:
        return f"Residual({self.module!r})"


def _listed(x: Any) -> list[Any]:
    if isinstance(x, ValueArray | np.ndarray):
        return np.ravel(x.view(np.ndarray)).tolist()
    return list(x) if isinstance(x, list | tuple) else [x]
