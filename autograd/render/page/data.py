"""What the page's script is given: the graph, its numbers, and the fixed parts of every sentence, as plain data.

The script does arithmetic only: upstream times local, and the sums, in the order of the trace. Wording comes from the
records themselves, so that the page says what the stepper says.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from ...engine.graph import is_constant, partials_at, sending_order
from ...engine.op import Op, number
from ...engine.operators import Operators
from ...reading.formulas import in_one_line, made_by
from ...reading.names import is_plain_number
from ...reading.text import as_json
from ...reading.trace import Step, Trace

__all__ = ["js_op", "json_text", "page_data"]


def page_data(trace: Trace) -> tuple[dict[str, Any], list[str]]:
    """The graph of a trace as the script reads it, and its operations as JavaScript.

    The field `js` of a node is the place of its operation among these.
    """
    operations: dict[str, int] = {}
    nodes = [_node(trace, i, operations) for i in range(len(trace.order))]
    _explain_fixed(trace, nodes)
    seed_sentence = _lines(trace[len(trace.order)])[0]
    return {"seed": trace.seed, "seedSentence": seed_sentence, "nodes": nodes}, list(operations)


def _explain_fixed(trace: Trace, nodes: list[dict[str, Any]]) -> None:
    """Say of each node whose number can't be changed on the page which operation stands in the way."""
    for node, told in zip(reversed(trace.order), reversed(nodes), strict=True):
        if node.parents and "js" not in told:
            told.setdefault("fixed", node._row.name)
        if "fixed" in told:
            for parent in node.parents:
                nodes[trace.place[parent]].setdefault("fixed", told["fixed"])


def _node(trace: Trace, i: int, operations: dict[str, int]) -> dict[str, Any]:
    """A node as the script reads it; its operation is added to `operations`, which have their places with them."""
    node, step, visited = trace.order[i], trace[i], trace.visited_at(trace.order[i])
    kind = "number" if is_plain_number(node) else "constant" if is_constant(node) else "leaf"
    said = _lines(step)
    told: dict[str, Any] = {
        "name": step.name,
        "kind": "op" if node.parents else kind,
        "value": trace.values[i],
        "parents": [trace.place[p] for p in node.parents],
        "forward": said[0],
    }
    if visited is None:
        return told
    inputs = [trace.values[trace.place[p]] for p in node.parents]
    kink = node._row.kink and f" ({node._row.kink})"  # the script says it where it is met
    told |= {
        "locals": list(partials_at(node, trace.values[i], inputs)),
        "sends": [k for k in sending_order(node) if not is_constant(node.parents[k])],
        "formula": _template(step),
        "backward": _lines(trace[visited - 1])[0].removesuffix(kink),
        "op": node._row.name.strip("_"),
    }
    stale = "\n".join(line for line in said[1:] if line.startswith("stale:"))
    source = js_op(node._row, len(node.parents))
    js = source and operations.setdefault(source, len(operations))
    optional = {"kink": kink, "domain": node._row.domain, "stale": stale, "js": js}
    return told | {key: value for key, value in optional.items() if value not in ("", None)}


def _lines(step: Step) -> list[str]:
    return [line.strip() for line in str(step).split("\n")]


def _template(step: Step) -> list[Any]:
    """How the node is made of numbers: text and, for an operand, [its place, whether brackets may come]."""
    stand_ins = in_one_line([f"\0{k}\0" for k in range(len(step.operands))])
    formula = made_by(step.op, stand_ins)
    # The style puts negative operands in brackets, all of them or none.
    brackets = made_by(step.op, [f"-{each}" for each in stand_ins]).count("(") > formula.count("(")
    parts = [[int(text), brackets] if k % 2 else text for k, text in enumerate(formula.split("\0"))]
    return [part for part in parts if part]


def json_text(data: Any) -> str:
    """JSON that can stand inside a script element; what it has no number for is text: "inf", "-inf", "nan"."""
    text = json.dumps(as_json(data), separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


# --- rows of the op table as JavaScript, so that the page can compute the graph again ---------------------------------


def js_op(op: Op, count: int) -> str | None:
    """A row of so many operands as a JavaScript object: ``f`` gives the value, ``d`` the partials in order; or None.

    A row's value comes from its `js` form. Its derivative is not written a second time: the row's own rule is called
    with symbols for operands, and every operation that the rule applies becomes one line of JavaScript, by that
    operation's `js` form. A line that is already there is used again, so a rule never grows beyond its own length. Both
    functions throw a RangeError, which names the operation and the numbers, where the row raises. What the sources
    call by ``ag.`` stands in arithmetic.js.
    """
    names = [f"x{i}" for i in range(1, count + 1)] if op.variadic or count > 2 else ["a", "b"][:count]
    lines: dict[str, str] = {}
    try:
        value = _javascript(op, names)
        partials = op.partials(*(_Symbol(name, lines) for name in ("out", *names)))
    except _NoForm:
        return None
    slopes = f"[{', '.join(map(_operand, partials))}]"
    if lines:
        slopes = f"{{ {' '.join(f'const {name} = {text};' for text, name in lines.items())} return {slopes}; }}"
    return f"{{f: ({', '.join(names)}) => {value}, d: ({', '.join(['out', *names])}) => {slopes}}}"


class _NoForm(Exception):
    """A row has no form in JavaScript."""


class _Symbol(Operators):
    """The name of a number in a program, whose lines are kept with the names of their results.

    A row applied to a symbol adds a line, unless it stands there already.
    """

    __slots__ = ("lines", "name")

    op_level = 2  # see engine.op.Op: a row called with a symbol is applied by the symbol

    def __init__(self, name: str, lines: dict[str, str]) -> None:
        self.name = name
        self.lines = lines

    @classmethod
    def apply_op(cls, op: Op, inputs: tuple[Any, ...]) -> _Symbol:
        lines = next(x.lines for x in inputs if isinstance(x, cls))
        operands = [_operand(x) for x in inputs]
        text = _javascript(op, operands)
        name = text if text in operands else lines.setdefault(text, f"t{len(lines) + 1}")
        return cls(name, lines)


def _javascript(op: Op, operands: Sequence[str]) -> str:
    """The value of a row by its `js` form."""
    if not op.js:
        raise _NoForm
    return op.js.format(
        *operands,
        xs=", ".join(operands),
        op=f"{json.dumps(op.name)}, {json.dumps(op.domain)}",
        **{f"p{i}": _operand(p) for i, p in enumerate(op.params)},
    )


def _operand(x: Any) -> str:
    """A symbol's name, or a number as a literal of the same double; a minus that would run into another in brackets."""
    if isinstance(x, _Symbol):
        return x.name
    x = number(x)
    if math.isnan(x):
        return "NaN"
    text = "Infinity" if math.isinf(x) else repr(abs(x))
    return f"(-{text})" if math.copysign(1.0, x) < 0.0 else text
