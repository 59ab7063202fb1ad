"""What the page's script is given: the graph, its numbers, and the fixed parts of every sentence, as plain data.

The script does arithmetic only: upstream times local, and the sums, in the order of the trace. Wording comes from the
records themselves, so that the page says what the stepper says.
"""

from __future__ import annotations

import importlib.resources
import inspect
import json
import math
import re
from dataclasses import replace
from typing import Any

from ... import errors
from ...engine.graph import is_constant, partials_at, sending_order
from ...engine.op import Op, number
from ...engine.operators import Operators
from ...reading.names import is_plain_number
from ...reading.trace import Step, Trace

__all__ = ["js_op", "js_prelude", "json_text", "page_data", "script_of_ops", "without_signed_zeros"]

_SIGNED_ZERO = re.compile(r"(?<![\w.])-0(?![\w.])")


def page_data(trace: Trace) -> dict[str, Any]:
    """The graph of a trace as the script reads it."""
    places = _places(trace)
    reasons = _why_fixed(trace, places)
    visit_of = {trace.outline(k)[1]: k for k in range(len(trace.order) + 1, len(trace))}
    nodes = [
        _node(trace, i, places[i], trace[visit_of[node]] if node in visit_of else None)
        | ({"fixed": reasons[i]} if i in reasons else {})
        for i, node in enumerate(trace.order)
    ]
    return {"seed": trace.seed, "seedSentence": _lines(trace[len(trace.order)])[0], "nodes": nodes}


def _places(trace: Trace) -> list[int | None]:
    """For each node the place of its operation in the list that `script_of_ops` writes."""
    places: dict[str, int] = {}
    sources = map(_source, trace.order)
    return [None if source is None else places.setdefault(source, len(places)) for source in sources]


def _why_fixed(trace: Trace, places: list[int | None]) -> dict[int, str]:
    """For nodes whose number can't be changed on the page: the operation that stands in the way."""
    found: dict[int, str] = {}
    for i in range(len(trace.order) - 1, -1, -1):
        node = trace.order[i]
        if node.parents and places[i] is None:
            found.setdefault(i, node._row.name)
        if i in found:
            for parent in node.parents:
                found.setdefault(trace.place[parent], found[i])
    return found


def _node(trace: Trace, i: int, js: int | None, visit: Step | None) -> dict[str, Any]:
    node, step = trace.order[i], trace[i]
    plain = is_plain_number(node)
    kind = "op" if node.parents else "number" if plain else "constant" if is_constant(node) else "leaf"
    said = _lines(step)
    data: dict[str, Any] = {
        "name": without_signed_zeros(step.name) if plain else step.name,
        "kind": kind,
        "value": trace.values[i],
        "parents": [trace.place[p] for p in node.parents],
        "forward": said[0],
    }
    if visit is None:
        return data
    inputs = [trace.values[trace.place[p]] for p in node.parents]
    sentence, kink = _lines(visit)[0], f" ({node._row.kink})"
    data |= {
        "locals": list(partials_at(node, trace.values[i], inputs)),
        "sends": [k for k in sending_order(node) if not is_constant(node.parents[k])],
        "formula": _template(step),
        "backward": sentence.removesuffix(kink) if node._row.kink else sentence,
        "op": node._row.name.strip("_"),
    }
    optional = {
        "kink": node._row.kink and kink,
        "domain": node._row.domain,
        "stale": "\n".join(line for line in said[1:] if line.startswith("stale:")),
        "js": js,
    }
    return data | {key: value for key, value in optional.items() if value not in ("", None)}


def _lines(step: Step) -> list[str]:
    return [line.strip() for line in without_signed_zeros(str(step)).split("\n")]


def without_signed_zeros(text: str) -> str:
    """The text with 0 for -0, which would look like a slip."""
    return _SIGNED_ZERO.sub("0", text.replace("(-0)", "0"))


def _template(step: Step) -> list[Any]:
    """How the node is made of its operands' numbers: text and, for an operand, [its place, whether brackets may come].

    The record writes the formula itself: once over stand-ins that never need brackets, once over negative ones.
    """
    plain, negative = (_formula(step, sign).split("\0") for sign in ("", "-"))
    parts: list[Any] = [plain[0]]
    for n in range(1, len(plain), 2):
        before = negative[n - 1].removesuffix("-")
        parts += [[int(plain[n]), before.endswith(plain[n - 1] + "(")], plain[n + 1]]
    return [part for part in parts if part]


def _formula(step: Step, sign: str) -> str:
    operands = tuple(f"{sign}\0{k}\0" for k in range(len(step.operands)))
    said = _lines(replace(step, operands=operands))[0]
    return said.removeprefix(f"Forward: {step.name} = ").removesuffix(".")


def json_text(data: Any) -> str:
    """JSON that can stand inside a script element; what it has no number for is text: "inf", "-inf", "nan"."""
    text = json.dumps(_written(data), separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _written(data: Any) -> Any:
    """The data with numbers that are not finite as text; it is three levels deep, and never as deep as a graph."""
    if isinstance(data, float):
        return data if math.isfinite(data) else f"{data}"
    if isinstance(data, dict):
        return {key: _written(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_written(value) for value in data]
    return data


# --- rows of the op table as JavaScript, so that the page can compute the graph again ---------------------------------


def script_of_ops(trace: Trace) -> str:
    """JavaScript for the operations of the graph: an array, in the order that the nodes' `js` counts in."""
    sources = dict.fromkeys(source for node in trace.order if (source := _source(node)) is not None)
    return "const OPS = [\n" + "".join(f"  {source},\n" for source in sources) + "];\n"


def _source(node: Any) -> str | None:
    """The JavaScript of a node's operation; None for a leaf and for an operation without one."""
    return js_op(node._row, len(node.parents)) if node.parents else None


def js_prelude() -> str:
    """The JavaScript that the sources of :func:`js_op` need before them: one constant, ``ag``, with their functions."""
    return importlib.resources.files(__package__).joinpath("arithmetic.js").read_text("utf-8")


def js_op(op: Op, count: int | None = None) -> str | None:
    """A row as a JavaScript object: ``f`` gives the value, ``d`` the partials in operand order; or None.

    A row's value comes from its `js` form. Its derivative is not written a second time: the row's own rule is called
    with symbols for operands, and every operation that the rule applies becomes one line of JavaScript, by that
    operation's `js` form. A line that is already there is used again, so a rule never grows beyond its own length. Both
    functions throw a RangeError, which names the operation and the numbers, where the row raises.
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

    op_level = 2  # see engine.op.Op: a row called with a symbol is applied by the symbol

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
