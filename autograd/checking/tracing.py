"""Functions written with plain `math`, run on Values: a diagnosis then has the graph that the numbers alone don't show.

``math.exp(v)`` needs a float, so that a function that calls it cannot run on Values. A copy of the function can: one
whose globals, closures and default arguments hold this package's functions in the place of those of `math`, and copies
of the helpers that it calls. The user's modules, functions and objects stay as they are. What cannot be copied is used
as it is, and a copy that raises, or whose value is not the function's, is not used: the numbers then have to do.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import math
import types
from collections.abc import Callable, Iterator
from typing import Any

from ..engine.op import is_node, plain
from ..engine.value import Value
from ..functions import elementary
from ..functions.trees import changed

__all__ = ["traced"]

_MOST_COPIES = 2_000
_WRAPPERS = __name__.rpartition(".")[0]  # functions of this room that hold one of the user's
_OURS = __name__.partition(".")[0]
_LEFT_ALONE = (_OURS, "numpy", "scipy", "torch", "jax", "builtins", "mpmath", "sympy", "random")


def traced(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f`, which on Values gives the Value of its copy where it gives none itself.

    Example:
        >>> import math
        >>> from autograd import Value
        >>> traced(lambda x: 2 * math.exp(x))(Value(0.0))
        Value(2.0)
    """
    copies: list[Callable[..., Any]] = []

    @functools.wraps(f)
    def either(*args: Any, **kwargs: Any) -> Any:
        if not _has_values([args, kwargs]):
            return f(*args, **kwargs)
        try:
            own = f(*args, **kwargs)
        except Exception:  # math.exp(v), most often
            own = None
        if getattr(own, "shape", None) == ():  # as of np.where
            own = own.item()
        if isinstance(own, Value):
            return own
        try:
            copies[:] = copies or [_Copier().copy_of(f)]
            result = copies[0](*args, **kwargs)
            numbers, named = changed(lambda v: v._data, [args, kwargs])
            if isinstance(result, Value) and _same(result._data, plain(f(*numbers, **named))):
                return result
        except Exception:  # whatever it is that the copy cannot do, the numbers have to do
            pass
        return own

    return either


def _has_values(x: Any) -> bool:
    """Whether there is a Value in a structure."""
    if isinstance(x, dict):
        x = list(x.values())
    return any(map(_has_values, x)) if isinstance(x, list | tuple) or getattr(x, "ndim", False) else is_node(x)


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1e-300)


# --- what stands for what ---------------------------------------------------------------------------------------------


def _in_place_of(original: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    """The original on numbers, and ours where there is a Value."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return ours(*args, **kwargs) if _has_values(args) else original(*args, **kwargs)

    function.__name__ = original.__name__
    return function


def _log(x: Any, base: Any = math.e) -> Any:
    return elementary.log(x) if base == math.e else elementary.log(x) / elementary.log(base)


def _largest(choose: Callable[..., Any]) -> Callable[..., Any]:
    """maximum or minimum as Python's max and min are called, without a key."""
    return lambda *args: choose(*(args if len(args) > 1 else args[0]))


_SAME_NAME = (
    "exp exp2 expm1 log2 log10 log1p sqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc "
    "atan2 floor prod"
)
_BY_NAME: dict[str, Callable[..., Any]] = {
    **{name: getattr(elementary, name) for name in _SAME_NAME.split() if hasattr(elementary, name)},
    "log": _log,
    "fabs": elementary.absolute,
    "hypot": lambda *xs: (
        elementary.hypot(*xs) if len(xs) == 2 else elementary.sqrt(elementary.sum([x * x for x in xs]))
    ),
    "fsum": lambda xs: elementary.sum(list(xs)),
    "pow": lambda x, y: x**y,
    "ceil": lambda x: -elementary.floor(-x),
    "radians": lambda x: x * (math.pi / 180.0),
    "degrees": lambda x: x * (180.0 / math.pi),
    "dist": lambda p, q: elementary.sqrt(elementary.sum([(a - b) ** 2 for a, b in zip(p, q, strict=True)])),
    "sumprod": lambda p, q: elementary.dot(list(p), list(q)),
}
_SUBSTITUTES: dict[Any, Callable[..., Any]] = {
    getattr(math, name): _in_place_of(getattr(math, name), ours)
    for name, ours in _BY_NAME.items()
    if hasattr(math, name)
}
_BUILTINS: dict[str, Callable[..., Any]] = {
    "max": _in_place_of(max, _largest(elementary.maximum)),
    "min": _in_place_of(min, _largest(elementary.minimum)),
    "float": _in_place_of(float, lambda x: x),
}


class _View:
    """A module whose functions are copied when they are asked for."""

    def __init__(self, module: types.ModuleType, copier: _Copier) -> None:
        self._module = module
        self._copier = copier

    def __getattr__(self, name: str) -> Any:
        return self._copier.copied(getattr(self._module, name))


# --- the copies -------------------------------------------------------------------------------------------------------


class _Copier:
    """Copies of everything that one function reaches, each made once."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}
        self._kept: list[Any] = []  # the originals, so that no id is given twice
        self._globals: dict[int, dict[str, Any]] = {}

    def copy_of(self, f: Any) -> Any:
        """The copy of the function that is to be traced, wherever it was written."""
        return self._function(f) if isinstance(f, types.FunctionType) else self.copied(f)

    def copied(self, x: Any) -> Any:
        """The copy of an object, or the object where it holds nothing that has one."""
        if isinstance(x, types.BuiltinFunctionType) and x in _SUBSTITUTES:
            return _SUBSTITUTES[x]
        if id(x) in self._made:
            return self._made[id(x)]
        make = self._maker(x)
        if make is None or len(self._made) > _MOST_COPIES:
            return x
        self._kept.append(x)
        self._made[id(x)] = x  # for what holds itself
        self._made[id(x)] = result = make(x)
        return result

    def _maker(self, x: Any) -> Callable[[Any], Any] | None:
        """How a kind of object is copied; None: it is not."""
        if isinstance(x, types.ModuleType):
            return None if _is_left_alone(x.__name__) else lambda module: _View(module, self)
        if isinstance(x, list | tuple | dict) and len(x) <= 1_000:
            return self._container
        if isinstance(x, staticmethod | classmethod):
            return lambda wrapped: type(wrapped)(self.copied(wrapped.__func__))
        if isinstance(x, property):
            return lambda p: property(*(self.copied(part) for part in (p.fget, p.fset, p.fdel)))
        if isinstance(x, types.MethodType):
            return lambda method: types.MethodType(self.copied(method.__func__), self.copied(method.__self__))
        if isinstance(x, functools.partial):
            return lambda p: functools.partial(
                self.copied(p.func), *map(self.copied, p.args), **{k: self.copied(v) for k, v in p.keywords.items()}
            )
        if isinstance(x, functools._lru_cache_wrapper):  # a Value in a cache of the user's would stay there
            return lambda cached: self.copied(cached.__wrapped__)
        wraps = isinstance(x, types.FunctionType) and x.__module__.startswith(_WRAPPERS) and x.__closure__
        if _is_left_alone(getattr(x, "__module__", None) or "builtins") and not wraps:
            return None
        if isinstance(x, types.FunctionType):
            return self._function
        if type(x) is type:
            return self._class if "__slots__" not in x.__dict__ and not issubclass(x, BaseException | tuple) else None
        return self._instance if type(type(x)) is type and hasattr(x, "__dict__") else None

    def _container(self, x: Any) -> Any:
        """A list, tuple or dict; itself if all in it stays as it is, so that what counts calls goes on counting."""
        entries = list(x.values()) if isinstance(x, dict) else list(x)
        copies = [self.copied(entry) for entry in entries]
        if all(a is b for a, b in zip(entries, copies, strict=True)):
            return x
        if isinstance(x, dict):
            return dict(zip(x, copies, strict=True))
        return type(x)(*copies) if hasattr(x, "_fields") else type(x)(copies)

    def _function(self, f: types.FunctionType) -> types.FunctionType:
        around = self._globals.setdefault(id(f.__globals__), dict(f.__globals__))
        new_cells = [cell for cell in f.__closure__ or () if id(cell) not in self._made]
        self._kept += new_cells
        self._made |= {id(cell): types.CellType() for cell in new_cells}
        cells = tuple(self._made[id(cell)] for cell in f.__closure__ or ())
        new = types.FunctionType(f.__code__, around, f.__name__, None, cells or None)
        self._made[id(f)] = new  # before it is filled: a function may call itself
        new.__kwdefaults__ = self.copied(f.__kwdefaults__) if f.__kwdefaults__ else None
        new.__defaults__ = self.copied(f.__defaults__) if f.__defaults__ else None
        new.__dict__.update(f.__dict__)
        for name in _names_in(f.__code__):
            if name in f.__globals__:
                around[name] = self.copied(f.__globals__[name])
            elif name in _BUILTINS:
                around[name] = _BUILTINS[name]
        for cell in new_cells:
            with contextlib.suppress(ValueError):  # an empty cell
                self._made[id(cell)].cell_contents = self.copied(cell.cell_contents)
        return new

    def _class(self, x: type) -> type:
        bases = tuple(self.copied(base) for base in x.__bases__)
        left_out = ("__dict__", "__weakref__")
        body = {name: entry for name, entry in x.__dict__.items() if name not in left_out}
        self._made[id(x)] = new = type(x.__name__, bases, body)
        for name, entry in body.items():
            if (copy := self.copied(entry)) is not entry:
                setattr(new, name, copy)
        return new

    def _instance(self, x: Any) -> Any:
        kind = self.copied(type(x))
        if kind is type(x):
            return x
        self._made[id(x)] = new = object.__new__(kind)
        new.__dict__.update({name: self.copied(entry) for name, entry in vars(x).items()})
        return new


def _names_in(code: types.CodeType) -> Iterator[str]:
    """The global names that a function may ask for, and the functions within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if inspect.iscode(constant):
            yield from _names_in(constant)


def _is_left_alone(module: str) -> bool:
    return module.partition(".")[0] in _LEFT_ALONE and module != "math"
