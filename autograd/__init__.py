"""A scalar reverse-mode autograd engine whose graph can be read, stepped through, drawn, checked and compiled.

>>> from autograd import Value
>>> a, b = Value(2.0, "a"), Value(1.0, "b")
>>> e = (a + b) * (b + 1)
>>> e.backward()
>>> b.grad
5.0

What there is; help(autograd.explain) says more of each.

Numbers that remember     Value, constants beside it; array, data, grads for NumPy arrays of them
Functions of them         exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan asin acos atan atan2
                          sinh cosh tanh asinh acosh atanh erf erfc sigmoid logsigmoid softplus softsign
                          relu leaky_relu elu gelu silu absolute sign floor clip where hypot xlogy
Functions of many         sum prod dot mean std maximum minimum logsumexp softmax
Read a graph              explain, steps, Stepper, paths, draw; render has to_svg, to_html, to_latex ...
Check what you derived    assert_derivative, check_derivative, gradcheck, diagnose
Derivatives of functions  grad, value_and_grad, jacobian, hessian, hvp, vjp, jvp
Networks                  nn, losses, optim, init, datasets, monitor, saving
Faster                    compile: a graph as NumPy code
Other rules               primitive, no_grad, detect_anomaly, ops, errors
Five documents            lessons: what each says beside what this engine computes
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Where the public names stand. A module is imported when one of its names is first asked for, so that
# `import autograd` itself costs nothing: pytest does it at every start, wherever this package is installed.
_NAMES = {
    "engine.value": "Value",
    "engine.modes": "detect_anomaly no_grad",
    "engine.primitives": "primitive",
    "functions.elementary": "absolute acos acosh asin asinh atan atan2 atanh cbrt clip cos cosh dot elu erf erfc exp "
    "exp2 expm1 floor gelu hypot leaky_relu log log10 log1p log2 logsigmoid logsumexp maximum mean minimum prod relu "
    "sigmoid sign silu sin sinh softmax softplus softsign sqrt std sum tan tanh where xlogy",
    "functions.arrays": "array data grads",
    "functions.derivatives": "grad hessian hvp jacobian jvp value_and_grad vjp",
    "reading.stepper": "Stepper steps",
    "reading.explain": "explain",
    "checking.check": "assert_derivative check_derivative diagnose gradcheck",
    "compiler": "compile",
    "render": "draw",
}
_MODULES = (
    "errors engine engine.ops functions reading reading.paths checking compiler render "
    "nn nn.datasets nn.init nn.losses nn.monitor nn.optim nn.saving lessons"
)

_home = {name: module for module, names in _NAMES.items() for name in names.split()}
_modules = {path.rpartition(".")[2]: path for path in _MODULES.split()}

__all__ = sorted(_home)

_INSTEAD = {  # names that people know from other packages
    **dict.fromkeys(("Tensor", "tensor", "Variable", "Parameter"), "write Value(2.0, 'w'), or array(...) for many"),
    **dict.fromkeys(("enable_grad", "set_grad_enabled", "inference_mode"), "write with no_grad(): ..."),
    **dict.fromkeys(("backward", "zero_grad"), "it is a method of a Value"),
    **dict.fromkeys(("jit", "function"), "write autograd.compile"),
    **dict.fromkeys(("vmap", "numpy"), "write autograd.array(...): NumPy's own functions take it"),
    **dict.fromkeys(("elementwise_grad", "gradient", "derivative"), "write autograd.grad or autograd.jacobian"),
    **dict.fromkeys(("abs", "max", "min", "pow"), "Python's own takes Values"),
}


def _notebook_picture(shown: Any, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """What a notebook shows for a node or a moment of stepping: its picture and its text, by MIME type.

    The classes `Value` and `Moment` call this, since neither may know the room `render`.
    """
    from .render.svg import mimebundle

    return mimebundle(shown, include, exclude)


def _from_above(name: str) -> Any:
    """A public function of a room that the engine may not know, for a method of `Value` that hands on to it."""
    return getattr(import_module(__name__), name)


if TYPE_CHECKING:
    # fmt: off
    # isort: off
    from . import checking as checking, compiler as compiler, engine as engine, errors as errors, functions as functions
    from . import lessons as lessons, nn as nn, reading as reading, render as render
    from .engine import ops as ops
    from .nn import datasets as datasets, init as init, losses as losses, monitor as monitor, optim as optim
    from .nn import saving as saving
    from .reading import paths as paths
    from .engine.value import Value as Value
    from .engine.modes import detect_anomaly as detect_anomaly, no_grad as no_grad
    from .engine.primitives import primitive as primitive
    from .functions.elementary import absolute as absolute, acos as acos, acosh as acosh, asin as asin, asinh as asinh
    from .functions.elementary import atan as atan, atan2 as atan2, atanh as atanh, cbrt as cbrt, clip as clip
    from .functions.elementary import cos as cos, cosh as cosh, dot as dot, elu as elu, erf as erf, erfc as erfc
    from .functions.elementary import exp as exp, exp2 as exp2, expm1 as expm1, floor as floor, gelu as gelu
    from .functions.elementary import hypot as hypot, leaky_relu as leaky_relu, log as log, log10 as log10
    from .functions.elementary import log1p as log1p, log2 as log2, logsigmoid as logsigmoid, logsumexp as logsumexp
    from .functions.elementary import maximum as maximum, mean as mean, minimum as minimum, prod as prod, relu as relu
    from .functions.elementary import sigmoid as sigmoid, sign as sign, silu as silu, sin as sin, sinh as sinh
    from .functions.elementary import softmax as softmax, softplus as softplus, softsign as softsign, sqrt as sqrt
    from .functions.elementary import std as std, sum as sum, tan as tan, tanh as tanh, where as where, xlogy as xlogy
    from .functions.arrays import array as array, data as data, grads as grads
    from .functions.derivatives import grad as grad, hessian as hessian, hvp as hvp, jacobian as jacobian, jvp as jvp
    from .functions.derivatives import value_and_grad as value_and_grad, vjp as vjp
    from .reading.stepper import Stepper as Stepper, steps as steps
    from .reading.explain import explain as explain
    from .checking.check import assert_derivative as assert_derivative, check_derivative as check_derivative
    from .checking.check import diagnose as diagnose, gradcheck as gradcheck
    from .compiler import compile as compile
    from .render import draw as draw
    # fmt: on

    __version__: str
else:

    def __getattr__(name):
        """Import the public name `name`, and keep it."""
        if name in _home:
            found = getattr(import_module(f".{_home[name]}", __name__), name)
        elif name in _modules:
            found = import_module(f".{_modules[name]}", __name__)
        elif name == "__version__":
            from importlib import metadata

            try:
                found = metadata.version("scalar-autograd")
            except metadata.PackageNotFoundError:  # run from a source tree that was never installed
                found = "0+unknown"
        else:
            hint = "" if name.startswith("_") else _hint(name)
            message = f"module {__name__!r} has no attribute {name!r}{hint}"
            raise AttributeError(message, name=name, obj=import_module(__name__))
        globals()[name] = found
        return found

    def _hint(name):
        """Where else the package has this name, or what it has in its place."""
        for short, path in _modules.items():
            if name in getattr(import_module(f".{path}", __name__), "__all__", ()):
                return f"; it is autograd.{short}.{name}"
        return f"; {_INSTEAD[name]}" if name in _INSTEAD else ""

    def __dir__():
        return sorted([*__all__, *_modules, "__version__"])
