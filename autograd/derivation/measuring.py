"""The derivative measured on the recorded graph: its operations are run again with one node moved a little."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from ..functions.slopes import EPS, Side, Slopes, slopes
from ..paths import replayed

__all__ = ["measured", "measured_text", "stale"]

_THOROUGH = 50_000  # operands; in a larger graph a few runs have to do
_UNDEFINED = {
    "jump": "the value jumps here, so that there is no slope to measure",
    "vertical": "the slope grows without bound towards this point",
    "no limit": "the differences settle on no slope",
    "edge": "there are no values on one side of this point at least",
}


def measured(root: Any, wrt: Any, operands: int) -> Slopes | None:
    """The slope of a recorded graph by one of its nodes; None where there is no finite number to start from.

    Args:
        root, wrt: nodes of one graph.
        operands: how many there are on the way, which decides how much work is done.

    Example:
        >>> from autograd import Value
        >>> x = Value(3.0, "x")
        >>> round(measured(x * x, x, 2).value, 9)
        6.0
    """
    if not math.isfinite(wrt._data):
        return None
    replay = replayed(root, wrt)
    return slopes(replay, wrt._data) if operands <= _THOROUGH else _central(replay, wrt._data, operands)


def _central(f: Callable[[float], float], x: float, operands: int) -> Slopes:
    """Central differences with two steps; what they differ by, and the rounding of every operation, is the error."""
    step = 2.0 ** round(math.log2(math.cbrt(EPS) * max(1.0, abs(x))))
    wide = narrow = noise = math.nan
    try:
        wide = (f(x + step) - f(x - step)) / (2.0 * step)
        up, down = f(x + step / 2.0), f(x - step / 2.0)
        narrow, noise = (up - down) / step, EPS * operands * max(abs(up), abs(down))
    except (ArithmeticError, ValueError):
        pass  # what has no value has no slope
    error = abs(wide - narrow) + 4.0 * noise / step
    settled = math.isfinite(error)
    side = Side(narrow, error, "slope") if settled else Side(math.nan, math.inf, "no limit")
    return Slopes(side, side, side if settled else None, "smooth" if settled else "no limit", noise, 4)


def stale(order: Iterable[Any]) -> tuple[Any, float] | None:
    """The first node that stores something else than its operands now give, and what they give; None: there is none."""
    for node in order:
        try:
            now: float = node._op.forward(*[p._data for p in node.parents])
        except (ArithmeticError, ValueError):
            now = math.nan
        if now != node._data and (now == now or node._data == node._data):
            return node, now
    return None


def measured_text(found: Slopes | None, total: float, plus_minus: str = "+-") -> str:
    """What was measured, in words, and whether it is what was derived.

    Example:
        >>> from autograd.functions.slopes import slopes
        >>> measured_text(slopes(lambda x: 2 * x, 1.0), 2.0)[:22]
        'measured: 2.0000000 +-'
        >>> measured_text(slopes(abs, 0.0), 0.0)
        'measured: -1.0000000 from the left and 1.0000000 from the right, a kink; derived is 0'
    """
    if found is None:
        return "not measured: there is no finite number to start from"
    if found.both is not None:
        off = abs(found.both.slope - total)
        text = f"measured: {_digits(found.both, plus_minus)}"
        if off <= 4.0 * found.both.error + 1e-9 * abs(total):
            return text
        return f"{text}, which is not the {total:.8g} derived"
    if found.kind == "kink":
        left, right = (_digits(side, "") for side in (found.left, found.right))
        return f"measured: {left} from the left and {right} from the right, a kink; derived is {total:.6g}"
    return f"not measured: {_UNDEFINED[found.kind]}"


def _digits(side: Side, plus_minus: str) -> str:
    """The digits that the error bound leaves, eight at the most."""
    size, error = abs(side.slope), side.error
    digits = 8 if not size or not error else max(1, min(8, math.ceil(math.log10(size / error)) if size > error else 1))
    text = f"{side.slope:#.{digits}g}".removesuffix(".")
    if not plus_minus or not error:
        return text
    mantissa, _, exponent = f"{error:.0e}".partition("e")
    return f"{text} {plus_minus} {mantissa}e{int(exponent)}"
