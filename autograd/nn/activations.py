"""Activations as modules: on a number, one sample, or rows of samples.

>>> ReLU()([-1.0, 2.0]), Tanh()(0.0), Sigmoid()(0.0), Softplus()(1000.0), Softsign()(1.0)
([0.0, 2.0], 0.0, 0.5, 1000.0, 0.5)
>>> GELU()(0.0), SiLU()(0.0), Identity()(3.0)
(0.0, 0.0, 3.0)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..engine.op import number
from ..engine.ops import LITERAL
from ..engine.value import Value
from ..errors import ArgumentError, ShapeError
from ..functions import elementary
from .arguments import meant
from .layers import BatchNorm
from .module import Module, sample_by_sample

__all__ = [
    "ELU",
    "GELU",
    "Activation",
    "Identity",
    "LeakyReLU",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "activation_named",
]

_PRE_ACTIVATION = re.compile(r"z(\d*(\[\d+\])?)")


class Activation(Module):
    """A function of one number, applied to each.

    A number gives a number and a Value a Value; one sample (a list or 1-D array) gives a list, rows give an array.
    What is made of a node labelled z1[2] is labelled a1[2].
    """

    apply: Any  # the function of one number or Value

    def __init_subclass__(cls, function: Callable[[Any], Any] | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if function is not None:
            cls.apply = staticmethod(function)

    def forward(self, x: Any) -> Any:
        return sample_by_sample(self, x, self._named)

    def _named(self, zs: list[Any]) -> list[Any]:
        results = self.on_sample(zs)
        for z, a in zip(zs, results, strict=True):
            if type(z) is Value and z.label and (known := _PRE_ACTIVATION.fullmatch(z.label)):
                name_if_new(a, "a" + known[1])
        return results

    def on_sample(self, xs: list[Any]) -> list[Any]:
        """The results for the numbers of one sample."""
        return list(map(self.apply, xs))

    def __repr__(self) -> str:
        options = [f"{name}={it!r}" for name, it in vars(self).items() if name != "training" and name[0] != "_"]
        return f"{type(self).__name__}({', '.join(options)})"


class ReLU(Activation, function=elementary.relu):
    """max(x, 0)."""


class Tanh(Activation, function=elementary.tanh):
    """The hyperbolic tangent."""


class Sigmoid(Activation, function=elementary.sigmoid):
    """1 / (1 + e^-x)."""


class GELU(Activation, function=elementary.gelu):
    """x times the standard normal distribution function."""


class SiLU(Activation, function=elementary.silu):
    """x sigmoid(x), also called swish."""


class Softplus(Activation, function=elementary.softplus):
    """log(1 + e^x)."""


class Softsign(Activation, function=elementary.softsign):
    """x / (1 + |x|)."""


class Identity(Activation, function=lambda x: x):
    """x itself."""


class LeakyReLU(Activation):
    """x for x > 0, else negative_slope x.

    Example:
        >>> LeakyReLU(0.1)(-2.0)
        -0.2
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = number(negative_slope)

    def apply(self, x: Any) -> Any:
        return elementary.leaky_relu(x, self.negative_slope)


class ELU(Activation):
    """x for x > 0, else alpha (e^x - 1).

    Example:
        >>> ELU()(-1000.0)
        -1.0
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = number(alpha)

    def apply(self, x: Any) -> Any:
        return elementary.elu(x, self.alpha)


class Softmax(Activation):
    """e^xi / sum_j e^xj over the outputs of each sample, which then add up to 1.

    Args:
        dim: over what the sum runs: -1 or 1, the features of a row, which is how the rest of the package has them.

    Example:
        >>> Softmax()([0.0, 0.0])
        [0.5, 0.5]
    """

    def __init__(self, dim: int = -1) -> None:
        if dim not in (-1, 1):
            raise ArgumentError(f"Softmax runs over the features of a row, dim=-1 (or 1), got dim={dim!r}")
        self.dim = dim

    @staticmethod
    def apply(x: Any) -> Any:
        raise ShapeError("softmax needs all outputs of a layer at once, not a single neuron's")

    def on_sample(self, xs: list[Any]) -> list[Any]:
        shares: list[Any] = elementary.softmax(xs)
        return shares


_BY_NAME: dict[str, type[Activation]] = {
    "relu": ReLU, "leaky_relu": LeakyReLU, "tanh": Tanh, "sigmoid": Sigmoid, "elu": ELU, "gelu": GELU, "silu": SiLU,
    "softplus": Softplus, "softsign": Softsign, "softmax": Softmax, "identity": Identity, "linear": Identity,
}  # fmt: skip
KNOWN = frozenset(_BY_NAME.values())


class Function(Activation):
    """Any function of one number as an activation."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def apply(self, x: Any) -> Any:
        return self.function(x)

    def __repr__(self) -> str:
        return getattr(self.function, "__name__", repr(self.function))


def activation_named(choice: Any) -> Module:
    """The activation of this name; a module stays itself, a function is applied to each number, None does nothing."""
    if choice is None:
        return Identity()
    if isinstance(choice, Module):
        if any(isinstance(module, BatchNorm) for module in choice.modules()):
            raise ArgumentError(
                f"{choice!r} works on a whole batch, and an activation on one sample at a time; "
                "write Sequential(Linear(...), BatchNorm(...), ReLU(), ...)"
            )
        return choice
    if isinstance(choice, str):
        if choice in _BY_NAME:
            return _BY_NAME[choice]()
        hint = meant(choice.lower(), _BY_NAME)
        raise ArgumentError(f"there is no activation {choice!r}; {hint}There are {', '.join(_BY_NAME)}")
    if isinstance(choice, type) and issubclass(choice, Module):
        raise ArgumentError(f"an activation is a module, not its class: write {choice.__name__}()")
    if callable(choice):
        return Function(choice)
    raise ArgumentError(f"an activation is a name, a module or a function, got {choice!r}")


def name_if_new(node: Any, label: str) -> None:
    """Label a node that an activation made; not one that it passed on, nor a number that graphs share."""
    if type(node) is Value and not node._label and node._row is not LITERAL:
        node._label = label
