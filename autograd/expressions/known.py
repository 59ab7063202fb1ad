"""What an expression may name: constants and functions."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, NamedTuple

from .. import functions, reductions

__all__ = ["CONSTANTS", "FUNCTIONS", "Known", "nearest", "short", "unknown_function", "wrong_count"]

CONSTANTS = {"pi": math.pi, "e": math.e}


class Known(NamedTuple):
    """A function that an expression may call, and how many arguments it takes."""

    function: Callable[..., Any]
    least: int
    most: int


def _of_list(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a list, called with its entries one by one."""
    return lambda *values: function(list(values))


_UNARY = (
    "exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh "
    "erf erfc sigmoid logsigmoid softplus softsign relu gelu silu absolute sign floor"
)
_MANY = sys.maxsize
FUNCTIONS: dict[str, Known] = {
    **{name: Known(getattr(functions, name), 1, 1) for name in _UNARY.split()},
    **{name: Known(getattr(functions, name), 2, 2) for name in ("hypot", "atan2", "xlogy")},
    **{name: Known(getattr(functions, name), 1, 2) for name in ("leaky_relu", "elu")},
    "clip": Known(functions.clip, 3, 3),
    **{name: Known(_of_list(getattr(reductions, name)), 1, _MANY) for name in ("sum", "prod", "mean", "logsumexp")},
    "std": Known(_of_list(reductions.std), 2, _MANY),
    "maximum": Known(reductions.maximum, 2, _MANY),
    "minimum": Known(reductions.minimum, 2, _MANY),
    "abs": Known(functions.absolute, 1, 1),
    "max": Known(reductions.maximum, 2, _MANY),
    "min": Known(reductions.minimum, 2, _MANY),
}

_ELSEWHERE = {  # what other books and programs call it
    "ln": "the natural logarithm is log(x)",
    "lg": "the logarithm to base 10 is log10(x)",
    "arcsin": "it is asin(x)",
    "arccos": "it is acos(x)",
    "arctan": "it is atan(x)",
    "arctan2": "it is atan2(y, x)",
    "arcsinh": "it is asinh(x)",
    "arccosh": "it is acosh(x)",
    "arctanh": "it is atanh(x)",
    "logistic": "it is sigmoid(x)",
    "sgn": "it is sign(x)",
    "swish": "it is silu(x)",
    "pow": "powers are written x**n",
    "sec": "write 1/cos(x)",
    "csc": "write 1/sin(x)",
    "cot": "write 1/tan(x)",
    "ceil": "write -floor(-x)",
}


def nearest(name: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names that look like this one, the likeliest first.

    Example:
        >>> nearest("sinn", FUNCTIONS)
        ['sin', 'sinh', 'sign']
    """
    return get_close_matches(name, list(names), most)


def unknown_function(name: str) -> str:
    """What to say of a call of something that is no function here.

    Example:
        >>> unknown_function("ln")
        'there is no function ln here: the natural logarithm is log(x)'
    """
    if name in _ELSEWHERE:
        return f"there is no function {name} here: {_ELSEWHERE[name]}"
    near = nearest(name, FUNCTIONS)
    way_out = f"; did you mean {' or '.join(near)}?" if near else f"; a product is written {short(name)}*(...)"
    return f"there is no function {short(name)}{way_out}"


def wrong_count(name: str, got: int) -> str | None:
    """What to say of a call with so many arguments, if anything.

    Example:
        >>> wrong_count("hypot", 1)
        'hypot takes 2 arguments, not 1'
    """
    _, least, most = FUNCTIONS[name]
    if least <= got <= most:
        return None
    takes = f"{least} or more" if most == _MANY else f"{least} or {most}" if most > least else f"{least}"
    return f"{name} takes {takes} argument{'s' * (takes != '1')}, not {got}"


def short(name: str) -> str:
    """A name as a message shows it."""
    return name if len(name) <= 24 else name[:23] + "…"
