"""First values for weights: PyTorch's schemes under PyTorch's names.

A layer's weights must differ, or its neurons stay equal for ever; and their spread decides whether signals and
gradients grow or fade from layer to layer. Xavier's spread suits tanh and sigmoid, Kaiming's suits ReLU.

Every scheme takes weights to fill in place, or a shape and returns numbers. ``rng`` is a seed or a NumPy generator: the
same seed gives the same numbers, and no global random state is read or changed. PyTorch's names with an underscore
behind (``init.xavier_uniform_``) are the same functions.

>>> from autograd import array, init
>>> W = array([[0.0] * 3] * 2, label="W")
>>> init.xavier_uniform(W, rng=0) is W
True
>>> init.zeros((2,))
array([0., 0.])
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from ..engine.messages import name_of
from ..engine.op import number
from ..engine.value import Value
from ..errors import ArgumentError, OperandError, ShapeError
from ..functions.arrays import array
from .arguments import meant, whole

__all__ = [
    "Draws", "calculate_gain", "constant", "constant_", "fans", "fill", "first_weights", "kaiming_normal",
    "kaiming_normal_", "kaiming_std", "kaiming_uniform", "kaiming_uniform_", "kaiming_uniform_bound", "linear_bound",
    "normal", "normal_", "ones", "ones_", "source", "uniform", "uniform_", "xavier_normal", "xavier_normal_",
    "xavier_std", "xavier_uniform", "xavier_uniform_", "xavier_uniform_bound", "zeros", "zeros_",
]  # fmt: skip

Rng: TypeAlias = "int | np.random.Generator | None"
Mode: TypeAlias = Literal["fan_in", "fan_out"]

_GAINS = {"linear": 1.0, "identity": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3.0, "relu": math.sqrt(2.0), "selu": 0.75}


# --- what the spread is made of ------------------------------------------------------------------------------------


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """How much wider weights have to be spread so that this activation keeps the signal's size.

    1 for linear and sigmoid, 5/3 for tanh, sqrt(2) for relu, sqrt(2 / (1 + slope^2)) for leaky_relu, 3/4 for selu.

    Args:
        nonlinearity: the activation's name.
        param: leaky_relu's slope, 0.01 if not given.

    Raises:
        ArgumentError: an unknown name (a ValueError).

    Example:
        >>> calculate_gain("tanh"), calculate_gain("leaky_relu", 0.0)
        (1.6666666666666667, 1.4142135623730951)
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else number(param)
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        known = ", ".join([*_GAINS, "leaky_relu"])
        raise ArgumentError(f"no gain is known for {nonlinearity!r}; there is one for {known}")
    return _GAINS[nonlinearity]


def fans(target: Any) -> tuple[int, int]:
    """The numbers of inputs and of outputs of a weight of shape (outputs, inputs, ...), as (fan_in, fan_out).

    Further dimensions, a kernel's, count in both.

    Raises:
        ShapeError: fewer than two dimensions, as a bias has (a ValueError).

    Example:
        >>> fans((64, 10))
        (10, 64)
    """
    shape = _shape(target)
    if len(shape) < 2:
        raise ShapeError(f"shape {shape} has no fan_in and fan_out, it takes (outputs, inputs); a bias is best zeros")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def xavier_std(fan_in: int, fan_out: int, gain: float = 1.0) -> float:
    """The standard deviation gain sqrt(2 / (fan_in + fan_out)) of Xavier's schemes.

    Example:
        >>> xavier_std(3, 5)
        0.5
    """
    return gain * math.sqrt(2.0 / float(whole("a fan", fan_in) + whole("a fan", fan_out)))


def xavier_uniform_bound(fan_in: int, fan_out: int, gain: float = 1.0) -> float:
    """The bound gain sqrt(6 / (fan_in + fan_out)) of :func:`xavier_uniform`.

    Example:
        >>> xavier_uniform_bound(3, 3)
        1.0
    """
    return gain * math.sqrt(6.0 / float(whole("a fan", fan_in) + whole("a fan", fan_out)))


def kaiming_std(fan: int, a: float = 0.0, nonlinearity: str = "leaky_relu") -> float:
    """The standard deviation gain / sqrt(fan) of Kaiming's schemes.

    Args:
        fan: the number of inputs (or of outputs).
        a: leaky_relu's slope; 0 is a plain ReLU.
        nonlinearity: see :func:`calculate_gain`.

    Example:
        >>> kaiming_std(8)
        0.5
    """
    return calculate_gain(nonlinearity, a) / math.sqrt(whole("a fan", fan))


def kaiming_uniform_bound(fan: int, a: float = 0.0, nonlinearity: str = "leaky_relu") -> float:
    """The bound gain sqrt(3 / fan) of :func:`kaiming_uniform`; see :func:`kaiming_std`.

    Example:
        >>> kaiming_uniform_bound(3)
        1.4142135623730951
    """
    return calculate_gain(nonlinearity, a) * math.sqrt(3.0 / whole("a fan", fan))


# --- the schemes -----------------------------------------------------------------------------------------------------


def uniform(target: Any, a: float = 0.0, b: float = 1.0, rng: Rng = None) -> Any:
    """Numbers spread evenly from `a` to `b`.

    Args:
        target: an array, a list or nested lists of Values, to be filled in place; or a shape.
        a, b: the bounds.
        rng: a seed or a NumPy generator; None: different numbers every time.

    Returns:
        The weights that were given, or new numbers of the given shape.

    Raises:
        OperandError: `target` is neither weights nor a shape (a TypeError).
        ShapeError: there is nothing to fill (a ValueError).
        ArgumentError: the bounds are in the wrong order, or a Value is no weight (a ValueError).

    Example:
        >>> from autograd import Value
        >>> weights = [Value(0.0), Value(0.0)]
        >>> uniform(weights, -1.0, 1.0, rng=0) is weights
        True
    """
    if not a <= b:
        raise ArgumentError(f"uniform: a = {a!r} is above b = {b!r}")
    return _filled(target, lambda shape: _generator(rng).uniform(a, b, shape))


def normal(target: Any, mean: float = 0.0, std: float = 1.0, rng: Rng = None) -> Any:
    """Normally distributed numbers. For `target`, `rng` and what it returns and raises see :func:`uniform`.

    Example:
        >>> normal((2, 3), std=0.1, rng=0).shape
        (2, 3)
    """
    if not std >= 0.0:
        raise ArgumentError(f"normal: std is a width and at least 0, got {std!r}")
    return _filled(target, lambda shape: _generator(rng).normal(mean, std, shape))


def constant(target: Any, value: float) -> Any:
    """The same number everywhere. For `target` and what it returns and raises see :func:`uniform`.

    Example:
        >>> constant((2,), 0.5)
        array([0.5, 0.5])
    """
    return _filled(target, lambda shape: np.full(shape, number(value)))


def zeros(target: Any) -> Any:
    """0 everywhere: right for biases. (Weights that are all equal stay so.) See :func:`constant`."""
    return constant(target, 0.0)


def ones(target: Any) -> Any:
    """1 everywhere. See :func:`constant`."""
    return constant(target, 1.0)


def xavier_uniform(target: Any, gain: float = 1.0, rng: Rng = None) -> Any:
    """Evenly spread up to +-gain sqrt(6 / (fan_in + fan_out)): for tanh and sigmoid.

    Args:
        target: weights of shape (outputs, inputs), to be filled in place; or such a shape.
        gain: see :func:`calculate_gain`.
        rng: a seed or a NumPy generator; None: different numbers every time.

    Returns, Raises: see :func:`uniform`; a ShapeError too if there are fewer than two dimensions.

    Example:
        >>> float(abs(xavier_uniform((64, 10), rng=0)).max()) < xavier_uniform_bound(10, 64)
        True

    Source: X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward neural networks (2010).
    """
    bound = xavier_uniform_bound(*fans(target), gain)
    return uniform(target, -bound, bound, rng)


def xavier_normal(target: Any, gain: float = 1.0, rng: Rng = None) -> Any:
    """Normally distributed, standard deviation gain sqrt(2 / (fan_in + fan_out)). See :func:`xavier_uniform`."""
    return normal(target, 0.0, xavier_std(*fans(target), gain), rng)


def kaiming_uniform(
    target: Any, a: float = 0.0, mode: Mode = "fan_in", nonlinearity: str = "leaky_relu", rng: Rng = None
) -> Any:
    """Evenly spread up to +-gain sqrt(3 / fan): for ReLU, which lets only half of the signal through.

    Args:
        target: weights of shape (outputs, inputs), to be filled in place; or such a shape.
        a: leaky_relu's slope; 0 is a plain ReLU.
        mode: "fan_in" keeps the size of signals going forward, "fan_out" that of gradients going back.
        nonlinearity: see :func:`calculate_gain`.
        rng: a seed or a NumPy generator; None: different numbers every time.

    Returns, Raises: see :func:`uniform`; a ShapeError too if there are fewer than two dimensions.

    Example:
        >>> float(abs(kaiming_uniform((64, 10), rng=0)).max()) < kaiming_uniform_bound(10)
        True

    Source: K. He, X. Zhang, S. Ren, J. Sun, Delving Deep into Rectifiers (2015).
    """
    bound = kaiming_uniform_bound(_chosen_fan(target, mode), a, nonlinearity)
    return uniform(target, -bound, bound, rng)


def kaiming_normal(
    target: Any, a: float = 0.0, mode: Mode = "fan_in", nonlinearity: str = "leaky_relu", rng: Rng = None
) -> Any:
    """Normally distributed, standard deviation gain / sqrt(fan). See :func:`kaiming_uniform`."""
    return normal(target, 0.0, kaiming_std(_chosen_fan(target, mode), a, nonlinearity), rng)


uniform_, normal_, constant_, zeros_, ones_ = uniform, normal, constant, zeros, ones
xavier_uniform_, xavier_normal_ = xavier_uniform, xavier_normal
kaiming_uniform_, kaiming_normal_ = kaiming_uniform, kaiming_normal


# --- what they share -------------------------------------------------------------------------------------------------


def _chosen_fan(target: Any, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ArgumentError(f"mode is 'fan_in' or 'fan_out', got {mode!r}")
    return fans(target)[mode == "fan_out"]


def _generator(rng: Any) -> np.random.Generator:
    if rng is None or isinstance(rng, int | np.integer | np.random.Generator):
        return np.random.default_rng(rng)
    raise OperandError(f"rng is a seed or a numpy.random.Generator, got {type(rng).__name__}")


def _is_shape(target: Any) -> bool:
    return isinstance(target, tuple) and all(isinstance(n, int | np.integer) for n in target)


def _shape(target: Any) -> tuple[int, ...]:
    shape = tuple(target) if _is_shape(target) else np.shape(np.asarray(target, dtype=object))
    if not shape or min(shape) < 1:
        raise ShapeError(f"shape {shape} holds nothing to initialise")
    return shape


def _filled(target: Any, draw: Any) -> Any:
    """Numbers of a shape, or the weights with these numbers in them; on an error the weights are as before."""
    shape = _shape(target)
    if _is_shape(target):
        return draw(shape)
    weights = np.asarray(target, dtype=object).ravel().tolist()
    for weight in weights:
        if not isinstance(weight, Value):
            raise OperandError(
                f"weights to fill are Values, got {type(weight).__name__}; a shape to draw is a tuple such as (4, 3)"
            )
        if weight.parents or weight.constant:
            raise ArgumentError(f"{name_of(weight)} is no weight: it is a constant, or the result of an operation")
    for weight, x in zip(weights, draw(shape).ravel().tolist(), strict=True):
        weight.data = x
    return target


# --- the weights of a new layer --------------------------------------------------------------------------------------

_SCHEMES: dict[str, Callable[..., Any]] = {
    scheme.__name__: scheme
    for scheme in (xavier_uniform, xavier_normal, kaiming_uniform, kaiming_normal, normal, zeros, ones)
}


class Draws(Protocol):
    """Where random numbers come from: the module `random`, or a generator of its own."""

    def uniform(self, a: float, b: float) -> float: ...
    def getrandbits(self, k: int) -> int: ...


def source(seed: int | None) -> Draws:
    """A generator of its own for a seed, the same on every machine; without one Python's global `random`."""
    if seed is None:
        return random
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool):
        raise ArgumentError(f"a seed is a whole number or None, got {seed!r}")
    return random.Random(int(seed))


def linear_bound(fan_in: int) -> float:
    """The bound of a new `Linear`'s weights and biases: Kaiming's for a = sqrt(5), which is 1 / sqrt(fan_in)."""
    return 1.0 / math.sqrt(fan_in)


def first_weights(outputs: int, inputs: int, scheme: Any, draws: Draws) -> list[list[Value]]:
    """A new weight matrix: each weight evenly from -1 to 1 as micrograd has it, or as :func:`fill` gives them."""
    if isinstance(scheme, str) and scheme == "uniform":
        return [[Value(draws.uniform(-1, 1)) for _ in range(inputs)] for _ in range(outputs)]
    weight = array(np.zeros((outputs, inputs)))
    rows: list[list[Value]] = weight.tolist()
    fill(weight, scheme, draws)
    return rows


def fill(weight: Any, scheme: Any, draws: Draws) -> None:
    """Give an array of weights its first values: by a scheme's name, or a function that fills it or returns numbers."""
    if isinstance(scheme, str):
        if scheme not in _SCHEMES:
            hint = meant(scheme.rstrip("_").lower(), _SCHEMES)
            there_are = f"There are uniform, {', '.join(_SCHEMES)}"
            raise ArgumentError(f"there is no initialisation {scheme!r}; {hint}{there_are}")
        _SCHEMES[scheme](weight, **({} if scheme in ("zeros", "ones") else {"rng": draws.getrandbits(63)}))
        return
    if not callable(scheme):
        raise ArgumentError(f"init is a name or a function of the weight array, got {scheme!r}")
    returned = scheme(weight)
    if returned is None or returned is weight:
        return
    numbers = np.asarray(returned, dtype=float)
    if numbers.shape != weight.shape:
        raise ShapeError(f"init returned numbers of shape {numbers.shape} for weights of shape {weight.shape}")
    for w, x in zip(weight.ravel().tolist(), numbers.ravel().tolist(), strict=True):
        w.data = x
