"""Every public name that computes something, as functions of a few numbers, for tests over the whole surface.

A name without a case here is a failure of tests/properties/test_compile_surface.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
from autograd import Value, losses, nn
from autograd.engine.operators import Operators
from autograd.functions import arrays
from autograd.functions.arrays import ValueArray


class Case(NamedTuple):
    """A function of a list of Values, and the numbers at which it is recorded."""

    name: str
    function: Callable[[list[Any]], Any]
    at: tuple[float, ...]


Written = dict[str, list[tuple[Callable[[list[Any]], Any], tuple[float, ...]]]]

# No number stands by chance at the mean of others, where a slope is what rounding has left.
ONE, TWO, THREE, FOUR = (0.3,), (0.3, 0.6), (0.37, 0.66, 0.2), (0.3, 0.6, 0.2, 0.9)

# --- autograd's functions --------------------------------------------------------------------------------------------

_UNARY = (
    "absolute acos acosh asin asinh atan atanh cbrt cos cosh elu erf erfc exp exp2 expm1 floor gelu leaky_relu log "
    "log10 log1p log2 logsigmoid relu sigmoid sign silu sin sinh softplus softsign sqrt tan tanh"
)
_BINARY = "atan2 hypot xlogy"
_OF_MANY = "logsumexp mean norm prod softmax std sum var"


def _square_of_norm(v: Sequence[Any]) -> Any:
    return v[0] * v[0] * v[1] + ag.relu(v[1])


def _cube(v: Any) -> Any:
    return v * abs(v) * ag.softplus(v)


@ag.primitive(partials=lambda out, x: (3.0 * x * x,), array=lambda xp, x: x * x * x)
def _declared(x: float) -> float:
    return x * x * x


FUNCTIONS: Written = {
    **{name: [(lambda x, name=name: getattr(ag, name)(x[0]), ONE)] for name in _UNARY.split()},
    **{name: [(lambda x, name=name: getattr(ag, name)(*x), TWO)] for name in _BINARY.split()},
    "acosh": [(lambda x: ag.acosh(x[0]), (1.5,))],
    **{
        name: [(lambda x, name=name: getattr(ag, name)(x), at) for at in (TWO, FOUR)]
        + [(lambda x, name=name: getattr(ag, name)([x[0], 0.5, x[0]]), ONE)]
        for name in _OF_MANY.split()
    },
    "leaky_relu": [(lambda x: ag.leaky_relu(x[0]) + ag.leaky_relu(x[0], 0.5), ONE)],
    "elu": [(lambda x: ag.elu(x[0], 0.5), ONE)],
    "logsumexp": [(ag.logsumexp, ONE), (ag.logsumexp, FOUR), (lambda x: ag.logsumexp(ag.array(x)), TWO)],
    "softmax": [(ag.softmax, ONE), (ag.softmax, TWO), (lambda x: ag.softmax(ag.array(x).reshape(2, 2)), FOUR)],
    "std": [(ag.std, THREE), (lambda x: ag.std(x, ddof=0), TWO)],
    "dot": [
        (lambda x: ag.dot(x[:2], x[2:]), FOUR),
        (lambda x: ag.dot(x[:1], x[1:2], bias=x[2]), THREE),
        (lambda x: ag.dot(x, [2.0, 0.0], 1.0), TWO),
    ],
    "maximum": [(lambda x: ag.maximum(*x), TWO), (lambda x: ag.maximum(*x, 0.0), FOUR)],
    "minimum": [(lambda x: ag.minimum(*x), TWO), (lambda x: ag.minimum(*x, 0.0), FOUR)],
    "clip": [(lambda x: ag.clip(x[0], -0.5, 0.5), ONE), (lambda x: ag.clip(x[0], 0.0, None), ONE)],
    "where": [(lambda x: ag.where(True, x[0], x[1]), TWO)],
    "array": [(lambda x: ag.array(x) * ag.array([x[1], x[0]]), TWO)],
    "primitive": [(lambda x: _declared(x[0]), ONE)],
    "Value": [(lambda x: x[0], ONE)],
    "no_grad": [(lambda x: x[0] * ag.no_grad()(ag.exp)(x[0] * x[1]), TWO)],
    "grad": [(lambda x: ag.grad(_cube)(x[0]), ONE), (lambda x: ag.grad(_square_of_norm)(x), TWO)],
    "value_and_grad": [(lambda x: list(ag.value_and_grad(_cube)(x[0])), ONE)],
    "hessian": [(lambda x: ag.hessian(lambda v: v * v * ag.sigmoid(v))(x[0]), ONE)],
    "jacobian": [(lambda x: ag.jacobian(lambda v: [v[0] * v[1], ag.tanh(v[0])])(x), TWO)],
    "hvp": [(lambda x: ag.hvp(lambda v: v * v * ag.sigmoid(v), (x[0],), (x[1],)), TWO)],
    "jvp": [(lambda x: list(ag.jvp(_cube, (x[0],), (x[1],))), TWO)],
    "vjp": [(lambda x: ag.vjp(_cube, x[0])[1](x[1]), TWO)],
}  # fmt: skip

NO_FUNCTIONS = {  # they compute no number of a graph
    "data": "reads numbers out of the graph, of which `compile` warns",
    "grads": "reads numbers out of the graph, of which `compile` warns",
    "detect_anomaly": "a mode that raises",
    "compile": "what is tested",
    "draw": "shows a graph", "explain": "tells of a graph", "steps": "tells of a graph", "Stepper": "tells of a graph",
    "assert_derivative": "judges", "check_derivative": "judges", "gradcheck": "judges", "diagnose": "judges",
}  # fmt: skip

# --- losses: predictions and targets are both inputs -----------------------------------------------------------------


def _pairs(loss: Any, **options: Any) -> Callable[[list[Any]], Any]:
    return lambda x: loss(x[:2], x[2:], **options)


_REGRESSION: dict[str, dict[str, float]] = {
    "mse": {}, "mae": {}, "huber": {"delta": 0.5}, "smooth_l1": {"beta": 0.5},
}  # fmt: skip

LOSSES: Written = {
    **{
        name: [(_pairs(getattr(losses, name), **given), FOUR) for given in ({}, {"reduction": "none", **options})]
        for name, options in _REGRESSION.items()
    },
    "bce": [
        (_pairs(losses.bce), FOUR),
        (lambda x: losses.bce(x, [1.0, 0.0]), TWO),
        (lambda x: losses.bce(x, [1.0, 0.0]), (0.0, 1.0)),
        (lambda x: losses.bce(x[0], 0.25, reduction="sum"), (1.0,)),
    ],
    "bce_with_logits": [
        (_pairs(losses.bce_with_logits, pos_weight=2.0), FOUR),
        (lambda x: losses.bce_with_logits(x, [1.0, 0.0]), TWO),
    ],
    "hinge": [
        (_pairs(losses.hinge), (0.3, -0.6, 1.0, -1.0)),
        (lambda x: losses.hinge(x, [1, -1]), TWO),
    ],
    "cross_entropy": [
        (lambda x: losses.cross_entropy(x, 1), TWO),
        (lambda x: losses.cross_entropy([x[:2], x[2:]], [0, 1], weight=[1.0, 3.0], reduction="none"), FOUR),
        (lambda x: losses.cross_entropy(x, 2, label_smoothing=0.1), THREE),
        (lambda x: losses.cross_entropy([x[:2]], [x[2:]]), FOUR),
    ],
    "categorical_cross_entropy": [
        (lambda x: losses.categorical_cross_entropy(x, 1), TWO),
        (lambda x: losses.categorical_cross_entropy([x[:2]], [x[2:]]), FOUR),
    ],
    "nll": [(lambda x: losses.nll([x[:2], x[2:]], [0, 1]), FOUR)],
}  # fmt: skip

# --- layers: the input and a parameter are inputs ---------------------------------------------------------------------


def _layer(module: Any, inputs: int) -> Callable[[list[Any]], Any]:
    return lambda x: module([x[:inputs], x[inputs : 2 * inputs]])


def _single(module: Any) -> Callable[[list[Any]], Any]:
    return lambda x: module(x)


def _activation(kind: Any, *args: Any) -> list[Any]:
    deep = nn.Sequential(nn.Linear(1, 1, seed=0), kind(*args))
    neuron = nn.Neuron(1, activation=kind(*args), seed=0) if kind is not nn.Softmax else deep
    return [(_single(kind(*args)), TWO), (_layer(kind(*args), 2), FOUR), (lambda x: [deep(x), neuron(x)], ONE)]


_ACTIVATIONS = "ELU GELU Identity LeakyReLU ReLU SiLU Sigmoid Softmax Softplus Softsign Tanh"

LAYERS: Written = {
    **{name: _activation(getattr(nn, name)) for name in _ACTIVATIONS.split()},
    "BatchNorm": [
        (_layer(nn.BatchNorm(2, track_running_stats=False), 2), FOUR),
        (_layer(nn.BatchNorm(1, track_running_stats=False, affine=False), 1), TWO),
        (_layer(nn.BatchNorm(2).eval(), 2), FOUR),
    ],
    "BatchNorm1d": [(_layer(nn.BatchNorm1d(1, eps=0.0, track_running_stats=False), 1), TWO)],
    "Dropout": [(_layer(nn.Dropout(seed=0).eval(), 2), FOUR), (_single(nn.Dropout(0.0)), TWO)],
    "LayerNorm": [
        (_layer(nn.LayerNorm(2), 2), FOUR),
        (_single(nn.LayerNorm(3, eps=0.0, elementwise_affine=False)), THREE),
        (lambda x: nn.LayerNorm(3)([x[0], x[0], x[0]]), ONE),
    ],
    "Linear": [(_layer(nn.Linear(2, 2, seed=0), 2), FOUR), (_single(nn.Linear(3, 1, bias=False, seed=0)), THREE)],
    "Neuron": [(_single(nn.Neuron(2, seed=0)), TWO)],
    "Layer": [(_single(nn.Layer(2, 2, activation="softmax", seed=0)), TWO), (_layer(nn.Layer(2, 2, seed=0), 2), FOUR)],
    "MLP": [
        (_layer(nn.MLP(2, [3, 1], seed=0), 2), FOUR),
        (_single(nn.MLP(2, [2, 2], activation="gelu", output_activation="softmax", seed=0)), TWO),
    ],
    "Residual": [(_layer(nn.Residual(nn.Linear(2, 2, seed=0)), 2), FOUR)],
    "Sequential": [(_layer(nn.Sequential(nn.Linear(2, 3, seed=0), nn.ReLU(), nn.Linear(3, 2, seed=0)), 2), FOUR)],
}  # fmt: skip

NO_LAYERS = {"Module": "computes what a subclass does"}

# --- arrays, NumPy's functions, operators -----------------------------------------------------------------------------

METHODS: Written = {
    **{
        name: [
            (lambda x, name=name: getattr(ag.array(x), name)(), THREE),
            (lambda x, name=name: getattr(ag.array(x).reshape(2, 2), name)(axis=0), FOUR),
        ]
        for name in ("sum", "mean", "prod", "std", "var", "max", "min")
    },
    "clip": [(lambda x: ag.array(x).clip(-0.5, 0.5), TWO)],
    "round": [(lambda x: ag.array(x).round(1), TWO)],
    "dot": [(lambda x: ag.array(x[:2]).dot(ag.array(x[2:])), FOUR)],
    "apply_elementwise": [(lambda x: ValueArray.apply_elementwise(ag.hypot, x), TWO)],
}

# These move elements, give no Values, or are refused; tests/functions/test_numpy_walk.py calls them all.
NO_METHODS = """
    imag argmax argmin argsort argpartition byteswap choose fill getfield partition put resize searchsorted
    setfield tobytes tofile tostring"""

UFUNCS: Written = {
    ufunc.__name__: [(lambda x, ufunc=ufunc: ufunc(*[ag.array([v]) for v in x]), TWO[: ufunc.nin])]
    for ufunc in arrays._UFUNCS
    if ufunc not in arrays._PREDICATES
} | {
    "arccosh": [(lambda x: np.arccosh(x[0]), (1.5,))],
    "matmul": [(lambda x: ag.array(x[:2]) @ ag.array(x[2:]), FOUR), (lambda x: np.outer(x, x) @ ag.array(x), TWO)],
    **{
        f"{ufunc.__name__}.reduce": [(lambda x, ufunc=ufunc: ufunc.reduce(ag.array(x)), THREE)]
        for ufunc in arrays._REDUCTIONS
    },
}


def _square(x: list[Any]) -> Any:
    return ag.array(x).reshape(2, 2)


_OF_ONE = """
    sum mean prod max min std var round sinc amax amin ptp average cumsum cumprod around fix diff ediff1d
    trapezoid vander nansum nanprod nancumsum nancumprod"""
_OF_TWO = """
    inner vdot outer kron convolve correlate polyadd polysub polyval"""

NUMPY: Written = {
    **{name: [(lambda x, name=name: getattr(np, name)(ag.array(x)), THREE)] for name in _OF_ONE.split()},
    **{name: [(lambda x, name=name: getattr(np, name)(_square(x)), FOUR)] for name in ("trace", "cumsum")},
    **{
        name: [(lambda x, name=name: getattr(np, name)(ag.array(x[:2]), ag.array(x[2:])), FOUR)]
        for name in _OF_TWO.split()
    },
    "norm": [(lambda x: np.linalg.norm(ag.array(x)), TWO), (lambda x: np.linalg.norm(_square(x), 1), FOUR)],
    "matrix_norm vector_norm": [(lambda x: np.linalg.norm(ag.array(x), np.inf), TWO)],
    "clip": [(lambda x: np.clip(ag.array(x), -0.5, 0.5), TWO)],
    "dot": [(lambda x: np.dot(_square(x), ag.array(x[:2])), FOUR)],
    "where": [(lambda x: np.where([True, False], ag.array(x), 0.5), TWO)],
    "nan_to_num": [(lambda x: np.nan_to_num(ag.array(x), nan=0.5) / 1e9, TWO)],  # a sum of the largest overflows
    "pad": [(lambda x: np.pad(ag.array(x), 1), TWO)],
    "cross": [(lambda x: np.cross(ag.array(x), ag.array([1.0, 2.0, 3.0])), THREE)],
    "einsum": [(lambda x: np.einsum("ij,jk->ik", _square(x), _square(x)), FOUR)],
    "tensordot matmul vecdot multi_dot": [(lambda x: np.tensordot(_square(x), _square(x), 1), FOUR)],
    "matrix_power": [(lambda x: np.linalg.matrix_power(_square(x), 2), FOUR)],
    "polyder polyint": [(lambda x: np.polyint(np.polyder(ag.array(x))), THREE)],
    "apply_along_axis apply_over_axes": [(lambda x: np.apply_along_axis(np.sum, 0, _square(x)), FOUR)],
}

_CHOOSING = """
    sort median nanmax nanmin nanmean nanstd nanvar nanmedian"""

# What follows compares Values to choose among them: a program gives eager's number, or says which comparison came out
# another way.
STEERED: Written = {
    **{name: [(lambda x, name=name: getattr(np, name)(ag.array(x)), THREE)] for name in _CHOOSING.split()},
    "interp": [(lambda x: np.interp(ag.array(x), [-1.0, 0.0, 2.0], [1.0, 0.5, 3.0]), TWO)],
    "quantile percentile nanquantile nanpercentile": [(lambda x: np.quantile(ag.array(x), 0.3), THREE)],
    "linspace": [(lambda x: np.linspace(x[0], x[1], 3), TWO)],
    "polymul": [(lambda x: np.polymul(ag.array(x[:2]), ag.array(x[2:])), FOUR)],
    "piecewise": [(lambda x: np.piecewise(ag.array(x), [ag.array(x) > 0.0], [lambda v: v**2, 0.0]), TWO)],
}

# These give no Values, or are as others.
NO_NUMPY = """
    isclose allclose array_equal isposinf isneginf empty_like all any array2string array_repr array_str diagonal
    matrix_transpose cumulative_prod cumulative_sum argmax argmin argsort"""


def _floor_and_rest(x: list[Any]) -> list[Any]:
    return [*divmod(x[0], x[1]), *divmod(2.0, x[0])]


OPERATORS: Written = {
    "add radd": [(lambda x: [x[0] + x[1], 2.0 + x[0], x[1] + 2.0], TWO)],
    "sub rsub": [(lambda x: [x[0] - x[1], 2.0 - x[0], x[1] - 2.0], TWO)],
    "mul rmul": [(lambda x: [x[0] * x[1], 2.0 * x[0], x[1] * 0.0], TWO)],
    "truediv rtruediv": [(lambda x: x[0] / x[1], TWO), (lambda x: 2.0 / x[0] + x[0] / 2.0, ONE)],
    "floordiv rfloordiv": [(lambda x: x[0] // x[1], TWO), (lambda x: 2.0 // x[0] + x[0] // 2.0, ONE)],
    "mod rmod": [(lambda x: x[0] % x[1], TWO), (lambda x: 2.0 % x[0] + x[0] % 2.0, ONE)],
    "pow rpow": [(lambda x: x[0] ** x[1], TWO), (lambda x: 2.0 ** x[0], ONE), (lambda x: x[0] ** 3 + x[0] ** 0.5, ONE),
                 (lambda x: x[0] ** -1, ONE), (lambda x: x[0] ** 2, ONE), (lambda x: x[0] ** 0, ONE)],
    "divmod rdivmod": [(_floor_and_rest, TWO)],
    "neg pos abs": [(lambda x: [-x[0], +x[0], abs(x[0])], ONE)],
    "floor round": [(lambda x: [x[0].__floor__(), round(x[0]), round(x[0], 1)], ONE)],
    "relu tanh exp log sqrt sin cos": [
        (lambda x, name=name: getattr(x[0], name)(), ONE)
        for name in ("relu", "tanh", "exp", "log", "sqrt", "sin", "cos")
    ],
}  # fmt: skip

NO_OPERATORS = ["conjugate", "dir", "hash", "eq", "lt", "le", "gt", "ge", "bool", "format", "float", "int"]
NO_OPERATORS += ["ne", "new", "getstate", "setstate", "internal_mypyc_setup"]  # what mypyc gives every class

# --- what there is ----------------------------------------------------------------------------------------------------


def surface() -> dict[str, tuple[set[str], set[str]]]:
    """By part: the names that there are, and those that have a case or a reason why not."""
    operators = {name.strip("_") for name, it in vars(Operators).items() if callable(it)}
    predicates = {ufunc.__name__ for ufunc in arrays._PREDICATES}
    ufuncs = {ufunc.__name__ for ufunc in arrays._UFUNCS} - predicates | {"matmul"}
    reductions = {f"{ufunc.__name__}.reduce" for ufunc in arrays._REDUCTIONS}
    moving = (arrays._moved, arrays._joined, arrays._stored)  # these compute nothing
    computing = {f.__name__ for f, how in arrays._FUNCTIONS.items() if getattr(how, "func", None) not in moving}
    return {
        "autograd": (set(ag.__all__), {*FUNCTIONS, *NO_FUNCTIONS}),
        "losses": (set(losses.__all__), {*LOSSES}),
        "nn": (set(nn.__all__), {*LAYERS, *NO_LAYERS}),
        "array methods": (
            {name for name in vars(ValueArray) if name[0] != "_"},
            {*METHODS, *STEERED, *NO_METHODS.split()},
        ),
        "ufuncs": (ufuncs | reductions, {*UFUNCS, *STEERED}),
        "NumPy functions": (computing, {*" ".join([*NUMPY, *STEERED]).split(), *NO_NUMPY.split()}),
        "operators": (operators, {*" ".join(OPERATORS).split(), *NO_OPERATORS}),
    }


def cases() -> Iterator[Case]:
    """All cases of names that there are."""
    parts = (FUNCTIONS, LOSSES, LAYERS, METHODS, UFUNCS, NUMPY, OPERATORS)
    for (part, (names, _)), written in zip(surface().items(), parts, strict=True):
        for name, tries in written.items():
            if part in ("operators", "NumPy functions") or name in names:
                for k, (function, at) in enumerate(tries):
                    yield Case(f"{part}: {name} {k}", function, at)


def steered_cases() -> Iterator[Case]:
    """All cases of what compares."""
    for name, tries in STEERED.items():
        for k, (function, at) in enumerate(tries):
            yield Case(f"{name} {k}", function, at)


def summed(out: Any) -> Value:
    """One number of whatever a function gives: each of its numbers counts, and differently."""
    numbers = ag.array(out).ravel().tolist() if not isinstance(out, Value) else [out]
    total = numbers[0]
    for k, number in enumerate(numbers[1:], 1):
        total = total + (1.0 + k / 8.0) * number
    return total if isinstance(total, Value) else Value(total)
