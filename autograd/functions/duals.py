"""Dual numbers: forward mode over the op table's own rules.

A dual carries a value and its derivative along one direction (its tangent). A row applied to duals gives
``out = op(primals)`` and ``tangent = sum(partial * tangent)``, from the very partials that backward multiplies by
upstream gradients. The parts may be floats, Values, or duals of an outer derivative, which is how the modes nest:
a dual is always outside, a Value inside.
"""

from __future__ import annotations

import itertools
from math import isfinite
from typing import Any

from ..engine.graph import no_slope, product, slope_text
from ..engine.op import Op, is_node, number
from ..engine.operators import Operators
from ..engine.ops import FLOOR
from ..errors import AutogradError, warn

__all__ = ["Dual", "innermost", "new_level"]

_levels = itertools.count(1)


def new_level() -> int:
    """A level above every level in use, so that nested derivatives are never mixed up."""
    return next(_levels)


def innermost(x: Any) -> Any:
    """The float or Value at the bottom of a dual; anything else as it is."""
    while type(x) is Dual:
        x = x.primal
    return x


class Dual(Operators):
    """primal + tangent * epsilon, where epsilon^2 = 0.

    Args:
        primal: the value: a float, a Value, or a dual of a lower level.
        tangent: the derivative along this level's direction.
        level: which derivative is meant where several are taken at once.
    """

    __slots__ = ("level", "primal", "tangent")

    op_level = 2  # see engine.op.Op: a row called with a dual and a Value is applied by the dual

    def __init__(self, primal: Any, tangent: Any, level: int) -> None:
        self.primal = primal
        self.tangent = tangent
        self.level = level

    @classmethod
    def apply_op(cls, op: Op, inputs: tuple[Any, ...]) -> Any:
        """Apply a row to inputs of which at least one is a dual: the one forward-mode rule there is."""
        level = max(x.level for x in inputs if type(x) is Dual)
        at_level = [type(x) is Dual and x.level == level for x in inputs]
        parts = zip(inputs, at_level, strict=True)
        primals = [x.primal if here else x if is_node(x) else number(x) for x, here in parts]
        out = op(*primals)
        tangent: Any = 0.0
        for x, here, partial in zip(inputs, at_level, _partials(op, out, primals), strict=True):
            if here and not (type(x.tangent) is float and x.tangent == 0.0):
                _warn_of_partial(op, partial, primals)
                change = product(partial, x.tangent)
                tangent = change if type(tangent) is float and tangent == 0.0 else tangent + change
        return Dual(out, tangent, level)

    @property
    def data(self) -> float:  # type: ignore[override]  # read-only here, since a dual never changes; a Value's data may
        """The number at the bottom."""
        return _plain(self)

    def __repr__(self) -> str:
        return f"Dual({self.primal!r}, {self.tangent!r})"


def _partials(op: Op, out: Any, primals: list[Any]) -> tuple[Any, ...]:
    try:
        return op.partials(out, *primals)
    except AutogradError:
        raise
    except (ArithmeticError, ValueError) as error:
        raise no_slope(op, [repr(_plain(x)) for x in primals], error) from error


def _warn_of_partial(op: Op, partial: Any, primals: list[Any]) -> None:
    """Say what backward says of an infinite slope, or of a step that stops everything."""
    if op.singular and not isfinite(_plain(partial)) and all(isfinite(_plain(x)) for x in primals):
        warn(slope_text(op, _plain(partial), [repr(_plain(x)) for x in primals]))
    elif op is FLOOR:
        warn("floor is flat almost everywhere: no derivative passes through it")


def _plain(x: Any) -> float:
    bottom = innermost(x)
    plain: float = getattr(bottom, "data", bottom)
    return plain
