"""Networks out of nodes: a neuron is one `dot` node and one activation."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from .errors import ArgumentError, ShapeError
from .reductions import dot, dot_rows
from .value import Value

__all__ = ["MLP", "Layer", "Module", "Neuron"]


class Module:
    """Something with parameters."""

    def parameters(self) -> list[Value]:
        """All trainable Values, in a fixed order."""
        return []

    def zero_grad(self) -> None:
        """Forget the gradient of every parameter."""
        for p in self.parameters():
            p.zero_grad()


class Neuron(Module):
    """activation(w . x + b): n weights and a bias; ReLU unless ``nonlin=False``.

    Args:
        nin: how many inputs.
        nonlin: whether a ReLU follows.

    Example:
        >>> neuron = Neuron(2)
        >>> len(neuron.parameters())
        3
    """

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        if not isinstance(nin, int) or nin < 1:
            raise ArgumentError(f"a neuron needs a whole number of inputs, at least 1, got {nin!r}")
        self.row = (*[Value(random.uniform(-1, 1)) for _ in range(nin)], Value(0.0))  # weights, then the bias
        self.nonlin = nonlin

    @property
    def w(self) -> tuple[Value, ...]:
        """The weights."""
        return self.row[:-1]

    @property
    def b(self) -> Value:
        """The bias."""
        return self.row[-1]

    def __call__(self, x: Sequence[Any]) -> Any:
        if len(x) != len(self.w):
            raise ShapeError(f"this neuron has {len(self.w)} weights, got {len(x)} inputs")
        return self.activate(dot(self.w, x, self.b))

    def activate(self, z: Any) -> Any:
        """What follows the weighted sum."""
        return z.relu() if self.nonlin else z

    def parameters(self) -> list[Value]:
        return list(self.row)

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons that see the same `nin` inputs; a single neuron's output comes without a list around it."""

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        self.nin = nin
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x: Sequence[Any]) -> Any:
        if len(x) != self.nin:
            raise ShapeError(f"this layer's neurons have {self.nin} weights, got {len(x)} inputs")
        zs = dot_rows([neuron.row for neuron in self.neurons], x)
        out = [neuron.activate(z) for neuron, z in zip(self.neurons, zs, strict=True)]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """Layers one behind another; ReLU everywhere but in the last.

    Args:
        nin: how many inputs.
        nouts: how many neurons in each layer.

    Example:
        >>> model = MLP(3, [4, 4, 1])
        >>> len(model.parameters())
        41
        >>> type(model([1.0, 2.0, 3.0])).__name__
        'Value'
    """

    def __init__(self, nin: int, nouts: Sequence[int]) -> None:
        if not isinstance(nouts, Sequence) or not nouts:
            raise ArgumentError(f"nouts lists the neurons of each layer, as in MLP(3, [4, 4, 1]); got {nouts!r}")
        sizes = [nin, *nouts]
        self.layers = [Layer(sizes[i], sizes[i + 1], nonlin=i != len(nouts) - 1) for i in range(len(nouts))]

    def __call__(self, x: Sequence[Any]) -> Any:
        for layer in self.layers:
            x = layer(x) if isinstance(x, Sequence) or hasattr(x, "__len__") else layer([x])
        return x

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"
