"""Rows of the op table as JavaScript, so that a page can compute a graph again when its reader changes an input.

A row's value comes from its `js` form. Its derivative is not written a second time: the row's own rule is called
with symbols for operands, and every operation that the rule applies becomes one line of JavaScript, by that
operation's `js` form. A line that is already there is used again, so a rule never grows beyond its own length.
"""

from __future__ import annotations

import importlib.resources
import inspect
import json
import math
from typing import Any

from .. import errors
from ..engine.op import Op, number
from ..engine.value import Operators

__all__ = ["js_op", "js_prelude"]


def js_prelude() -> str:
    """The JavaScript that the sources of :func:`js_op` need before them: one constant, ``ag``, with their functions.

    Returns:
        JavaScript source, safe inside a ``<script>`` element.

    Example:
        >>> "const ag = " in js_prelude()
        True
    """
    return importlib.resources.files(__package__).joinpath("arithmetic.js").read_text("utf-8")


def js_op(op: Op, count: int | None = None) -> str | None:
    """A row as a JavaScript object: ``f`` gives the value, ``d`` the partials in operand order.

    Both throw a RangeError, which names the operation and the numbers, where the row raises.

    Args:
        op: the row, bound to its parameters if it takes any.
        count: how many operands the node has; needed for a row that takes any number of them.

    Returns:
        ``{f: (a, b) => ..., d: (out, a, b) => [...]}``, or None for what has no form in JavaScript: a leaf, a
        primitive of the user's own.

    Raises:
        ArgumentError: the row takes any number of operands and `count` is missing, or `count` is not what it takes.

    Example:
        >>> from autograd import ops
        >>> print(js_op(ops.MUL))
        {f: (a, b) => a * b, d: (out, a, b) => [b, a]}
        >>> print(js_op(ops.SIGMOID))
        {f: (a) => ag.sigmoid(a), d: (out, a) => { const t1 = ag.sigmoidSlope(a); return [t1]; }}
    """
    if not op.js:
        return None
    names = _operand_names(op, count)
    value, slopes = _Program(), _Program()
    out = value.apply(op, names)
    partials = op.partials(_Symbol("out", slopes), *(_Symbol(name, slopes) for name in names))
    listed = ", ".join(map(slopes.text, partials))
    if not slopes.complete:
        return None
    f = f"({', '.join(names)}) => {value.lines.get(out, out)}"
    d = f"({', '.join(('out', *names))}) => "
    if slopes.lines:
        lines = " ".join(f"const {name} = {text};" for name, text in slopes.lines.items())
        d += f"{{ {lines} return [{listed}]; }}"
    else:
        d += f"[{listed}]"
    return f"{{f: {f}, d: {d}}}"


def _operand_names(op: Op, count: int | None) -> tuple[str, ...]:
    if not op.variadic:
        takes = len(inspect.signature(op.partials).parameters) - 1
        if count is not None and count != takes:
            raise errors.ArgumentError(f"{op.name} takes {takes} operands, not {count}")
        return ("a", "b")[:takes] if takes <= 2 else tuple(f"x{i}" for i in range(1, takes + 1))
    if count is None:
        raise errors.ArgumentError(f"{op.name} takes any number of operands; say how many: js_op(op, count)")
    return tuple(f"x{i}" for i in range(1, count + 1))


class _Program:
    """Lines of JavaScript, each the value of one operation: ``lines[name]`` is what `name` stands for."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}
        self.complete = True  # every operation so far has a form in JavaScript
        self._names: dict[str, str] = {}

    def apply(self, op: Op, operands: tuple[str, ...]) -> str:
        """The name of the operation's value; its line is added unless it stands there already."""
        if not op.js:
            self.complete = False
            return "NaN"
        text = op.js.format(
            *operands,
            xs=", ".join(operands),
            op=f"{json.dumps(op.name)}, {json.dumps(op.domain)}",
            **{f"p{i}": _literal(p) for i, p in enumerate(op.params)},
        )
        if text in operands:
            return text
        if text not in self._names:
            self._names[text] = f"t{len(self.lines) + 1}"
            self.lines[self._names[text]] = text
        return self._names[text]

    def text(self, x: Any) -> str:
        """A symbol's name, or a number as a literal."""
        return x.name if isinstance(x, _Symbol) else _literal(number(x))


class _Symbol(Operators):
    """The name of a number in a program. A row applied to it adds a line to the program."""

    __slots__ = ("name", "program")

    op_level = 3  # see operation.Op: a row called with a symbol is applied by the symbol

    def __init__(self, name: str, program: _Program) -> None:
        self.name = name
        self.program = program

    @classmethod
    def apply_op(cls, op: Op, inputs: tuple[Any, ...]) -> _Symbol:
        program = next(x.program for x in inputs if isinstance(x, cls))
        return cls(program.apply(op, tuple(map(program.text, inputs))), program)


def _literal(x: float) -> str:
    """A number that JavaScript reads as the same double, in parentheses where a minus would run into another."""
    if math.isnan(x):
        return "NaN"
    text = "Infinity" if math.isinf(x) else repr(abs(x))
    return f"(-{text})" if math.copysign(1.0, x) < 0.0 else text
