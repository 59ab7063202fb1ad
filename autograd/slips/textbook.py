"""The functions that people write down in the place of a derivative."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..engine import ops
from ..engine.op import Op
from .evidence import Array

__all__ = ["TEXTBOOK", "Instead", "Mistake", "usual_mistakes"]


class Instead(NamedTuple):
    """A function of an operation's operand u and its result o, with a form of how it is written."""

    text: str
    of: Callable[[Array, Array], Array]


class Mistake(NamedTuple):
    """Numbers in the place of a local derivative, and what they are."""

    partial: Array
    text: str


def _sigmoid(u: Array) -> Array:
    s: Array = 0.5 + 0.5 * np.tanh(0.5 * u)
    return s


TEXTBOOK: tuple[Instead, ...] = (
    Instead("{o}", lambda u, o: o),
    Instead("{u}", lambda u, o: u),
    Instead("1/{u}", lambda u, o: 1.0 / u),
    Instead("{u}^2", lambda u, o: u**2),
    Instead("1/{u}^2", lambda u, o: u**-2.0),
    Instead("{u}^3", lambda u, o: u**3),
    Instead("sqrt({u})", lambda u, o: np.sqrt(u)),
    Instead("1/sqrt({u})", lambda u, o: 1.0 / np.sqrt(u)),
    Instead("exp({u})", lambda u, o: np.exp(u)),
    Instead("exp(-{u})", lambda u, o: np.exp(-u)),
    Instead("{u}*exp({u} - 1)", lambda u, o: u * np.exp(u - 1.0)),
    Instead("log({u})", lambda u, o: np.log(u)),
    Instead("sin({u})", lambda u, o: np.sin(u)),
    Instead("cos({u})", lambda u, o: np.cos(u)),
    Instead("tan({u})", lambda u, o: np.tan(u)),
    Instead("-sin({u})", lambda u, o: -np.sin(u)),
    Instead("-cos({u})", lambda u, o: -np.cos(u)),
    Instead("1/sin({u})", lambda u, o: 1.0 / np.sin(u)),
    Instead("1/cos({u})", lambda u, o: 1.0 / np.cos(u)),
    Instead("1/cos({u})^2", lambda u, o: np.cos(u) ** -2.0),
    Instead("1/sin({u})^2", lambda u, o: np.sin(u) ** -2.0),
    Instead("sinh({u})", lambda u, o: np.sinh(u)),
    Instead("cosh({u})", lambda u, o: np.cosh(u)),
    Instead("tanh({u})", lambda u, o: np.tanh(u)),
    Instead("1 - tanh({u})^2", lambda u, o: np.cosh(u) ** -2.0),
    Instead("sigmoid({u})", lambda u, o: _sigmoid(u)),
    Instead("1 - sigmoid({u})", lambda u, o: _sigmoid(-u)),
    Instead("sigmoid({u})*(1 - sigmoid({u}))", lambda u, o: _sigmoid(u) * _sigmoid(-u)),
    Instead("1 - {u}", lambda u, o: 1.0 - u),
    Instead("1 + {u}", lambda u, o: 1.0 + u),
    Instead("{u}*(1 - {u})", lambda u, o: u * (1.0 - u)),
    Instead("1 - {u}^2", lambda u, o: 1.0 - u * u),
    Instead("1 + {u}^2", lambda u, o: 1.0 + u * u),
    Instead("1/(1 + {u})", lambda u, o: 1.0 / (1.0 + u)),
    Instead("1/(1 + {u}^2)", lambda u, o: 1.0 / (1.0 + u * u)),
    Instead("1/(1 - {u}^2)", lambda u, o: 1.0 / (1.0 - u * u)),
    Instead("1/sqrt(1 - {u}^2)", lambda u, o: 1.0 / np.sqrt(1.0 - u * u)),
    Instead("1/sqrt(1 + {u}^2)", lambda u, o: 1.0 / np.sqrt(1.0 + u * u)),
    Instead("1/sqrt({u}^2 - 1)", lambda u, o: 1.0 / np.sqrt(u * u - 1.0)),
    Instead("exp(-{u}^2)", lambda u, o: np.exp(-u * u)),
    Instead("{u}*log({u}) - {u}", lambda u, o: u * np.log(u) - u),
    Instead("log(cosh({u}))", lambda u, o: np.log(np.cosh(u))),
    Instead("log(1 + exp({u}))", lambda u, o: np.logaddexp(0.0, u)),
    Instead("1 - {o}", lambda u, o: 1.0 - o),
    Instead("1 + {o}", lambda u, o: 1.0 + o),
    Instead("{o}^2", lambda u, o: o * o),
    Instead("1/{o}", lambda u, o: 1.0 / o),
    Instead("1/{o}^2", lambda u, o: o**-2.0),
    Instead("1 - {o}^2", lambda u, o: 1.0 - o * o),
    Instead("1 + {o}^2", lambda u, o: 1.0 + o * o),
    Instead("{o}*(1 - {o})", lambda u, o: o * (1.0 - o)),
    Instead("{o}*(1 + {o})", lambda u, o: o * (1.0 + o)),
    Instead("{u}*{o}", lambda u, o: u * o),
    Instead("{o}/{u}", lambda u, o: o / u),
    Instead("1/(2{u})", lambda u, o: 0.5 / u),
    Instead("1/(2{u}^2)", lambda u, o: 0.5 * u**-2.0),
    Instead("2/3*{u}^(3/2)", lambda u, o: u**1.5 / 1.5),
)
_BY_TEXT = {entry.text: entry for entry in TEXTBOOK}

# What is written so often that it stands before a constant factor, beside the function itself.
_USUAL: dict[Op, tuple[str, ...]] = {
    ops.SIN: ("-sin({u})",),
    ops.COS: ("-cos({u})",),
    ops.TANH: ("1 - {u}^2", "{o}*(1 - {o})", "1 + {o}^2", "1 - {o}", "sigmoid({u})*(1 - sigmoid({u}))"),
    ops.SIGMOID: ("{u}*(1 - {u})", "1 - {o}^2", "{o}*(1 + {o})", "1 - tanh({u})^2"),
    ops.TAN: ("1/cos({u})", "1 - {o}^2"),
    ops.SQRT: ("1/(2{u})", "1/(2{u}^2)", "2/3*{u}^(3/2)"),
    ops.EXP: ("{u}*exp({u} - 1)", "exp(-{u})"),
    ops.LOG: ("{u}", "exp({u})"),
}


def usual_mistakes(op: Op, k: int, operands: Sequence[Array], out: Array) -> Iterator[Mistake]:
    """The common wrong rules for the k-th operand of an operation.

    Args:
        op: the operation.
        k: the operand.
        operands, out: the numbers of the operands and of the result at every point.

    Example:
        >>> x = np.array([2.0])
        >>> [(m.text, m.partial.item()) for m in usual_mistakes(ops.power(3.0), 0, [x], x**3)][:3]
        [('{o}', 8.0), ('3{u}^3', 24.0), ('4{u}^2', 16.0)]
    """
    u = operands[k]
    if len(operands) == 1 and op is not ops.NEG:
        yield Mistake(out, "{o}")
        for text in _USUAL.get(op, ()):
            yield Mistake(_BY_TEXT[text].of(u, out), text)
    if op is ops.SQRT:
        yield from _power_mistakes(0.5, u)
    elif len(op.params) == 1 and op is ops.power(op.params[0]):
        yield from _power_mistakes(op.params[0], u)
    elif op is ops.DIV and k == 1:
        top = operands[0]
        yield Mistake(out, "{o}")
        yield Mistake(-out, "-{o}")
        yield Mistake(top * np.log(np.abs(u)), "the numerator times log({u})")
    elif op is ops.POW and k == 1:
        base = operands[0]
        yield Mistake(u * base ** (u - 1.0), "what the power rule for the base gives")
    elif op is ops.POW:
        exponent = operands[1]
        yield Mistake(exponent * out, "{o} times the exponent")
        yield Mistake(out, "{o}")


def _power_mistakes(n: float, u: Array) -> Iterator[Mistake]:
    m = f"{n:g}"
    times = "-" if n == -1.0 else m
    yield Mistake(n * u**n, f"{times}{{u}}^{m}")
    if n >= 2.0:
        yield Mistake((n + 1.0) * u ** (n - 1.0), f"{n + 1:g}{{u}}^{n - 1:g}")
    if n >= 3.0:
        yield Mistake((n - 1.0) * u ** (n - 1.0), f"{n - 1:g}{{u}}^{n - 1:g}")
    if n != -1.0:
        yield Mistake((n + 1.0) * u**n, f"{n + 1:g}{{u}}^{m}")
        yield Mistake(u ** (n + 1.0) / (n + 1.0), f"{{u}}^{n + 1:g}/{n + 1:g}")
    yield Mistake(n * u ** (n + 1.0), f"{times}{{u}}^{n + 1:g}")
    yield Mistake(u ** (n + 1.0), f"{{u}}^{n + 1:g}")
    if n not in (1.0, 2.0):
        yield Mistake((n - 1.0) * u**n, f"{n - 1:g}{{u}}^{m}")
        yield Mistake(n * u ** (n - 2.0), f"{times}{{u}}^{n - 2:g}")
