"""Formulas as source text, in three ways.

:func:`float_code` writes plain Python on floats, :func:`expression` one expression over any array namespace, and
:func:`numpy_lines` lines of NumPy that write into arrays which are there already.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..engine.op import Op
from ..engine.ops import ADD, DIV, MUL, NEG, SUB
from ..errors import ArgumentError
from .symbols import ELEMENTS, INPUT, REDUCTION, ArraySymbol, Symbol, below

__all__ = ["SIGNS", "expression", "float_code", "function_text", "literal", "numpy_lines"]

# How tightly Python's signs bind; an operand is put into brackets where it binds less than its place asks for.
_COMPARE, _OR, _AND, _SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(8)
SIGNS: dict[Any, tuple[str, int]] = {
    **{"equal": ("==", _COMPARE), "not_equal": ("!=", _COMPARE), "less": ("<", _COMPARE), "greater": (">", _COMPARE)},
    **{"less_equal": ("<=", _COMPARE), "greater_equal": (">=", _COMPARE), "logical_or": ("|", _OR)},
    **{"logical_and": ("&", _AND), "add": ("+", _SUM), "subtract": ("-", _SUM), "multiply": ("*", _PRODUCT)},
    **{"divide": ("/", _PRODUCT), "remainder": ("%", _PRODUCT), "floor_divide": ("//", _PRODUCT)},
    **{"power": ("**", _POWER), ADD: ("+", _SUM), SUB: ("-", _SUM), MUL: ("*", _PRODUCT), DIV: ("/", _PRODUCT)},
}
_STANDARD = {  # the array API's names, where NumPy had others first; both are in NumPy since 2.0 and in jax.numpy
    **{"absolute": "abs", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh"},
    **{"arccosh": "acosh", "arctanh": "atanh", "arctan2": "atan2"},
}
_REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "amax", "minimum": "amin"}


class _Text(NamedTuple):
    text: str
    binds: int = _ATOM

    def within(self, place: int) -> str:
        return self.text if self.binds >= place else f"({self.text})"


def literal(x: float, xp: str) -> str:
    """A number as source; what has no literal is looked up in the module `xp`."""
    if isinstance(x, int) or math.isfinite(x):
        return repr(x)
    return f"{xp}.nan" if x != x else f"{'-' * (x < 0.0)}{xp}.inf"


def function_text(head: str, lines: Sequence[str]) -> str:
    """The source of a function of these lines."""
    return "\n".join([f"def {head}:", *(f"    {line}" for line in lines or ["pass"])]) + "\n"


def _source(text: str) -> _Text:
    return _Text(text, _UNARY if text.startswith("-") else _ATOM)


def _infix(fn: Any, operands: Sequence[_Text]) -> _Text | None:
    """The operator form of a row or function, with the brackets that it needs; None: it has none."""
    if fn in (NEG, "negative"):
        return _Text(f"-{operands[0].within(_UNARY)}", _UNARY)
    if fn not in SIGNS:
        return None
    sign, binds = SIGNS[fn]
    left, right = binds, binds + 1
    if binds == _COMPARE:
        left = right
    elif binds == _POWER:
        left, right = _ATOM, _UNARY
    return _Text(f"{operands[0].within(left)} {sign} {operands[1].within(right)}", binds)


def float_code(symbol: Any, names: Mapping[str, str], bind: Callable[[Op], str]) -> str:
    """An expression of rows as Python on floats, bit for bit what the rows give.

    `names` has the name of each input in the source; `bind` hands out the name under which a row's `forward` will be
    found there. Infinities stand as math.inf.
    """

    def call(row: Op, operands: Sequence[_Text]) -> str:
        return f"{bind(row)}({', '.join(x.text for x in operands)})"

    return _expression(symbol, names, "math", call)


def expression(symbol: Any, names: Mapping[str, str]) -> str:
    """An expression of array functions as one line over NumPy, jax.numpy or torch, whichever `xp` is when it runs.

    Raises:
        ArgumentError: a row has no array form.
    """

    def call(name: str, operands: Sequence[_Text]) -> str:
        texts = [x.text for x in operands]
        if name == "round":
            texts[1] = f"decimals={texts[1]}"
        return f"xp.{_STANDARD.get(name, name)}({', '.join(texts)})"

    return _expression(symbol, names, "xp", call)


def _expression(symbol: Any, names: Mapping[str, str], module: str, call: Callable[[Any, Sequence[_Text]], str]) -> str:
    """An expression as one line; `call` writes what Python has no sign for."""
    texts: dict[Symbol, _Text] = {}

    def text(x: Any) -> _Text:
        return texts[x] if isinstance(x, Symbol) else _source(literal(x, module))

    for part in below([symbol]):
        operands = [text(x) for x in part.operands]
        if part.kind == INPUT:
            texts[part] = _source(names[part.fn])
        elif part.kind == ELEMENTS:
            raise ArgumentError(
                f"{part.fn.name} is computed number by number: array namespaces have no such function; "
                "give the row an array form, or use the program as it is"
            )
        elif part.kind == REDUCTION:
            texts[part] = _Text(f"{module}.{_REDUCTIONS[part.fn]}({operands[0].text}, axis=0)")
        else:
            texts[part] = _infix(part.fn, operands) or _Text(call(part.fn, operands))
    return text(symbol).text


def numpy_lines(
    wanted: Sequence[tuple[Any, str]],
    names: Mapping[str, str],
    scratch: Callable[[str], str],
    bind: Callable[[Op], str],
    number: Callable[[float], str],
) -> list[str]:
    """Expressions of array functions as lines of NumPy, each of one call that writes into an array that is there.

    What the expressions share is computed once, and a scratch array is used again as soon as its last reader is done.

    Args:
        wanted: expressions (or floats) of one trace, each with the array to write it into, which may be an input's own.
        names: for each input its name in the source.
        scratch: hands out names: of an array of the result's shape for "item", of the stacked operands' shape for
            "stack", and for "local" a name that is only assigned to (masks and what `where` returns).
        bind: hands out the name of a function that applies a row to arrays element by element.
        number: hands out the name of an array of no dimensions that holds a number, which NumPy's functions take faster
            than a float.
    """
    lines = _Lines(wanted, names, scratch, bind, number)
    return [*map(lines.line, lines.computed), *lines.copies(wanted)]


class _Lines:
    """The state of :func:`numpy_lines`: where each expression is, and which scratch arrays are free."""

    def __init__(
        self,
        wanted: Sequence[tuple[Any, str]],
        names: Mapping[str, str],
        scratch: Callable[[str], str],
        bind: Callable[[Op], str],
        number: Callable[[float], str],
    ) -> None:
        self._scratch, self._bind, self._number = scratch, bind, number
        order = below([symbol for symbol, _ in wanted])
        self.computed = [part for part in order if part.kind != INPUT]
        self._place: dict[Symbol, str] = {part: names[part.fn] for part in order if part.kind == INPUT}
        self._targets: dict[Symbol, str] = {}
        taken = set(self._place.values())
        for symbol, target in wanted:
            if isinstance(symbol, Symbol) and symbol.kind != INPUT and target not in taken:
                self._targets.setdefault(symbol, target)
        # What is wanted has one reader more than there is, so its place is never used again.
        read = [*(symbol for symbol, _ in wanted), *(x for part in order for x in part.operands)]
        self._readers = Counter(x for x in read if isinstance(x, Symbol))
        self._kind: dict[Symbol, str] = {}  # of those whose place is ours
        self._free: dict[str, list[str]] = {"item": [], "stack": [], "local": []}

    def copies(self, wanted: Sequence[tuple[Any, str]]) -> list[str]:
        """The last lines, copies of inputs first: a target may be the array of an input that was still read."""
        late = [(target, symbol) for symbol, target in wanted if self._text(symbol) != target]
        late.sort(key=lambda pair: getattr(pair[1], "kind", "") != INPUT)
        return [f"{target}[...] = {self._text(symbol)}" for target, symbol in late]

    def _text(self, x: Any) -> str:
        return self._place[x] if isinstance(x, Symbol) else self._number(x)

    def line(self, part: ArraySymbol) -> str:
        """The line that computes one expression."""
        operands = [self._text(x) for x in part.operands]
        for x in part.operands:
            if isinstance(x, Symbol):
                self._readers[x] -= 1
                if not self._readers[x] and x in self._kind:
                    self._free[self._kind[x]].append(self._place[x])
        assigned = part.is_mask or part.fn == "where"
        place = self._targets.get(part)
        is_ours = place is None
        if place is None:
            kind = self._kind[part] = "local" if assigned else "stack" if part.stacked else "item"
            place = self._free[kind].pop() if self._free[kind] else self._scratch(kind)
        self._place[part] = place
        if assigned:
            value = _infix(part.fn, [_source(x) for x in operands])
            text = f"np.{part.fn}({', '.join(operands)})" if value is None else value.text
            return f"{place} = {text}" if is_ours else f"{place}[...] = {text}"
        if part.kind == ELEMENTS:
            return f"{place}[...] = {self._bind(part.fn)}({', '.join(operands)})"
        if part.kind == REDUCTION:
            start = f", initial={literal(part.operands[1], 'np')}" if len(operands) > 1 else ""
            return f"np.{part.fn}.reduce({operands[0]}, axis=0, out={place}{start})"
        return f"np.{part.fn}({', '.join(operands)}, out={place})"
