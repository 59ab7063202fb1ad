"""Formulas as source text, in three ways.

:func:`float_code` writes plain Python on floats, :func:`expression` one expression over any array namespace, and
:func:`numpy_lines` lines of NumPy that write into arrays which are there already.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..engine.op import Op
from ..engine.ops import ADD, DIV, MUL, NEG, SUB
from ..errors import ArgumentError
from .symbols import ELEMENTS, INPUT, REDUCTION, ArraySymbol, Symbol, below

__all__ = ["expression", "float_code", "function_text", "numpy_lines"]

# How tightly Python's signs bind; an operand is put into brackets where it binds less than its place asks for.
_COMPARE, _OR, _AND, _SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(8)
_SIGNS: dict[Any, tuple[str, int]] = {
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


def _literal(x: float, xp: str) -> str:
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
    if fn not in _SIGNS:
        return None
    sign, binds = _SIGNS[fn]
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


def expression(symbol: Any, names: Mapping[str, str], xp: str = "xp") -> str:
    """An expression of array functions as one line over NumPy, jax.numpy or torch, whichever `xp` is when it runs.

    Raises:
        ArgumentError: a row has no array form.
    """
    return _expression(symbol, names, xp, lambda name, operands: f"{xp}.{_called(name, operands, xp)}")


def _expression(symbol: Any, names: Mapping[str, str], module: str, call: Callable[[Any, Sequence[_Text]], str]) -> str:
    """An expression as one line; `call` writes what Python has no sign for."""
    texts: dict[Symbol, _Text] = {}

    def text(x: Any) -> _Text:
        return texts[x] if isinstance(x, Symbol) else _source(_literal(x, module))

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


def _called(name: str, operands: Sequence[_Text], xp: str) -> str:
    """A function's call; where some namespaces take only arrays, numbers go in as arrays, or as a bound of clip."""
    texts = [x.text for x in operands]
    if name == "round":
        return f"round({texts[0]}, decimals={texts[1]})"
    if len(texts) == 2:
        number = [text.lstrip("-")[:1].isdigit() or text.endswith((".inf", ".nan")) for text in texts]
        if name in ("maximum", "minimum") and any(number):
            x, bound = texts if number[1] else texts[::-1]
            return f"clip({x}, {bound}, None)" if name == "maximum" else f"clip({x}, None, {bound})"
        texts = [f"{xp}.asarray({text})" if plain else text for text, plain in zip(texts, number, strict=True)]
    return f"{_STANDARD.get(name, name)}({', '.join(texts)})"


def numpy_lines(
    wanted: Sequence[tuple[Any, str | None]],
    names: Mapping[str, str],
    scratch: Callable[[str], str],
    bind: Callable[[Op], str] | None = None,
    number: Callable[[float], str] | None = None,
) -> tuple[list[str], list[str]]:
    """Expressions of array functions as lines of NumPy, each of one call that writes into an array that is there.

    What the expressions share is computed once, and a scratch array is used again as soon as its last reader is done.

    Args:
        wanted: expressions (or floats) of one trace, each with the array to write it into; None: wherever it is.
        names: for each input its name in the source. A target may be an input's own array.
        scratch: hands out names: of an array of the result's shape for "item", of the stacked operands' shape for
            "stack", and for "local" a name that is only assigned to (masks and what `where` returns).
        bind: hands out the name of a function that applies a row to arrays element by element.
        number: hands out the name of an array of no dimensions that holds a number, which NumPy's functions take faster
            than a float; None: numbers stand as they are.

    Returns:
        The lines, and for each wanted expression where it is: its target, or a name or literal.

    Raises:
        ArgumentError: a row has no array form, and there is no `bind`.
    """
    return _Lines(wanted, names, scratch, bind, number).written()


class _Lines:
    def __init__(
        self,
        wanted: Sequence[tuple[Any, str | None]],
        names: Mapping[str, str],
        scratch: Callable[[str], str],
        bind: Callable[[Op], str] | None,
        number: Callable[[float], str] | None,
    ) -> None:
        self._wanted, self._names, self._scratch, self._bind = wanted, names, scratch, bind
        self._number = number or (lambda x: _literal(x, "np"))
        self._order = below([symbol for symbol, _ in wanted])
        self._readers: dict[Symbol, int] = dict.fromkeys(self._order, 0)
        self._targets: dict[Symbol, str] = {}
        taken = {names[part.fn] for part in self._order if part.kind == INPUT}
        for symbol, target in wanted:
            if isinstance(symbol, Symbol):
                self._readers[symbol] += 1  # one reader more than there is, so its place is never used again
                if target is not None and symbol.kind != INPUT and target not in taken:
                    self._targets.setdefault(symbol, target)
        for part in self._order:
            for x in part.operands:
                if isinstance(x, Symbol):
                    self._readers[x] += 1
        self._place: dict[Symbol, str] = {}
        self._kind: dict[Symbol, str] = {}  # of those whose place is ours
        self._free: dict[str, list[str]] = {"item": [], "stack": [], "local": []}

    def written(self) -> tuple[list[str], list[str]]:
        lines = [self._line(part) for part in self._order if part.kind != INPUT]
        places = [target or self._text(symbol) for symbol, target in self._wanted]
        late = [
            (getattr(symbol, "kind", "") != INPUT, f"{target}[...] = {self._text(symbol)}")
            for symbol, target in self._wanted
            if target is not None and self._text(symbol) != target
        ]
        # Copies come last, those of inputs first: a target may be the array of an input that was still read.
        return lines + [line for _, line in sorted(late, key=lambda pair: pair[0])], places

    def _text(self, x: Any) -> str:
        if not isinstance(x, Symbol):
            return self._number(x)
        return self._names[x.fn] if x.kind == INPUT else self._place[x]

    def _line(self, part: ArraySymbol) -> str:
        operands = [self._text(x) for x in part.operands]
        for x in part.operands:
            if isinstance(x, Symbol):
                self._readers[x] -= 1
                if not self._readers[x] and x in self._kind:
                    self._free[self._kind[x]].append(self._place[x])
        assigned = part.is_mask or part.fn == "where"
        place = self._targets.get(part)
        if place is None:
            kind = self._kind[part] = "local" if assigned else "stack" if part.stacked else "item"
            place = self._free[kind].pop() if self._free[kind] else self._scratch(kind)
        elif assigned:
            self._place[part] = place
            return f"{place}[...] = {_value(part.fn, operands)}"
        self._place[part] = place
        if assigned:
            return f"{place} = {_value(part.fn, operands)}"
        if part.kind == ELEMENTS:
            if self._bind is None:
                raise ArgumentError(f"{part.fn.name} has no array form; give bind=..., which names a function for it")
            return f"{place}[...] = {self._bind(part.fn)}({', '.join(operands)})"
        if part.kind == REDUCTION:
            start = f", initial={_literal(part.operands[1], 'np')}" if len(operands) > 1 else ""
            return f"np.{part.fn}.reduce({operands[0]}, axis=0, out={place}{start})"
        return f"np.{part.fn}({', '.join(operands)}, out={place})"


def _value(fn: str, operands: Sequence[str]) -> str:
    """A mask or a choice, as a value."""
    called = _infix(fn, [_source(x) for x in operands])
    return called.text if called is not None else f"np.{fn}({', '.join(operands)})"
