"""A scalar reverse-mode autograd engine whose graph can be read, stepped through, drawn, checked and compiled.

>>> from autograd import Value
>>> a, b = Value(2.0, "a"), Value(1.0, "b")
>>> e = (a + b) * (b + 1)
>>> e.backward()
>>> b.grad
5.0
"""

import importlib
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from . import nn as nn
from .checking.check import assert_derivative, check_derivative, gradcheck
from .checking.diagnosis import diagnose
from .compiler import compile
from .engine.modes import detect_anomaly, no_grad
from .engine.op import primitive
from .engine.value import Value
from .functions.arrays import array, data, grads
from .functions.derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .functions.elementary import (
    absolute,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    clip,
    cos,
    cosh,
    dot,
    elu,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    gelu,
    hypot,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    logsigmoid,
    logsumexp,
    maximum,
    mean,
    minimum,
    prod,
    relu,
    sigmoid,
    sign,
    silu,
    sin,
    sinh,
    softmax,
    softplus,
    softsign,
    sqrt,
    std,
    sum,
    tan,
    tanh,
    where,
    xlogy,
)
from .reading.explain import explain
from .reading.stepper import Moment as _Moment
from .reading.stepper import Stepper
from .reading.trace import steps
from .render.svg import mimebundle as _mimebundle

# Notebook pictures are attached here, since neither the engine nor the stepper may know `render`.
Value._repr_mimebundle_ = _mimebundle  # type: ignore[attr-defined]
_Moment._repr_mimebundle_ = _mimebundle  # type: ignore[attr-defined]

try:
    __version__ = version("scalar-autograd")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"

__all__ = [
    "Stepper",
    "Value",
    "absolute",
    "acos",
    "acosh",
    "array",
    "asin",
    "asinh",
    "assert_derivative",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "check_derivative",
    "clip",
    "compile",
    "cos",
    "cosh",
    "data",
    "detect_anomaly",
    "diagnose",
    "dot",
    "elu",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "explain",
    "expm1",
    "floor",
    "gelu",
    "grad",
    "gradcheck",
    "grads",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "leaky_relu",
    "log",
    "log1p",
    "log2",
    "log10",
    "logsigmoid",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "no_grad",
    "primitive",
    "prod",
    "relu",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "softsign",
    "sqrt",
    "std",
    "steps",
    "sum",
    "tan",
    "tanh",
    "value_and_grad",
    "vjp",
    "where",
    "xlogy",
]  # fmt: skip


# Modules that not every program needs, and names of modules that stand in a room of their own.
_MODULES = {
    "datasets": "nn.datasets",
    "init": "nn.init",
    "lessons": "lessons",
    "losses": "nn.losses",
    "monitor": "nn.monitor",
    "ops": "engine.ops",
    "optim": "nn.optim",
    "paths": "reading.paths",
    "render": "render",
    "saving": "nn.saving",
}


def __getattr__(name: str) -> Any:
    """Import what not every program needs when it is first asked for: `import autograd` stays fast."""
    if name in _MODULES:
        return importlib.import_module(f".{_MODULES[name]}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
