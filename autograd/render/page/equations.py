"""The records as equations: LaTeX with its parts marked for the script, typeset as MathML.

A part that speaks of a node or an arrow has the attribute data-of: "3" is node 3, "5.1" the second operand of node 5.
A number that changes with the inputs has data-slot: "v3" is the value of node 3; of the record's m-th message, "um" is
the upstream gradient, "lm" the local derivative, "bm" the sum before and "tm" the sum after it; "g" is the seed. What
must stand in brackets where it is negative ends in "-".
"""

from __future__ import annotations

from typing import Any

from ...reading.formulas import LATEX, derivative, formula_over_labels, latex_name, made_by
from ...reading.names import is_plain_number
from ...reading.text import number_text
from ...reading.trace import Message, Step, Trace
from ..equations import bare, symbol
from .drawing import escaped
from .mathml import mathml

__all__ = ["model_equations", "record_html"]

_MOST_OF_A_MODEL = 8
_MOST_MESSAGES = 6  # equations of one record; a sentence tells as many


def model_equations(trace: Trace) -> list[str]:
    """How the graph's labelled nodes are made of each other; nothing of a graph that is too large to read so.

    Each is the inside of a ``<math>`` element.
    """
    made = [node for node in trace.order if node.parents and (node._label or node is trace.root)]
    found = []
    for node in made if len(made) <= _MOST_OF_A_MODEL else []:
        if all(parent._label for parent in node.parents):
            text = made_by(node._row, [symbol(trace, parent) for parent in node.parents], LATEX)
        else:
            text = formula_over_labels(node, LATEX)
        name = latex_name(trace.names[node])
        if text and bare(text) != bare(name):
            found.append(mathml(f"{_of(trace, node, name)} = {text}"))
    return found


def record_html(trace: Trace, step: Step) -> str:
    """One record as an item of the page's list: its equations, and what else there is to say of it."""
    if step.kind == "forward":
        equations = [_forward(trace, step.node)]
    elif step.kind == "seed":
        equations = [f"{_gradient(trace, step.node)} = {_slot('g', trace.seed)}"]
    else:
        sent = enumerate(step.messages[:_MOST_MESSAGES])
        equations = [_backward(trace, step.node, n, message) for n, message in sent]
    said = [f"<math>{mathml(equation)}</math>" for equation in equations]
    if len(step.messages) > _MOST_MESSAGES:
        said.append(f"<span>and {len(step.messages) - _MOST_MESSAGES} more in the same way</span>")
    if not equations:
        said.append("<span>nothing is sent: its operands are constants</span>")
    note = "\n".join(line.strip() for line in str(step).split("\n")[2:])
    return f'<li data-step="{step.index}">{"".join(said)}<span class="note">{escaped(note)}</span></li>'


def _forward(trace: Trace, node: Any) -> str:
    """z = w x + b = 2 * 3 + 1 = 7, or the value alone."""
    value = _value(trace, node)
    if is_plain_number(node):
        return value
    name = latex_name(trace.names[node])
    sides = [_of(trace, node, name)]
    if node.parents:
        symbols = [symbol(trace, p) for p in node.parents]
        if bare(made_by(node._row, symbols, LATEX)) != bare(name):
            marked = [_of(trace, p, text) for p, text in zip(node.parents, symbols, strict=True)]
            sides.append(made_by(node._row, marked, LATEX))
        sides.append(made_by(node._row, [_value(trace, p, "-") for p in node.parents], LATEX))
    return " = ".join([*sides, value])


def _backward(trace: Trace, node: Any, n: int, message: Message) -> str:
    """dL/dx = (so far +) dL/dz * dz/dx = total, each with its number below it."""
    target = node.parents[message.operand]
    upstream = f"\\underset{{{_slot(f'u{n}', message.upstream)}}}{{{_gradient(trace, node)}}}"
    mark = f"operand {message.operand + 1}" if sum(p is target for p in node.parents) > 1 else ""
    ratio = LATEX.ratio(symbol(trace, node), symbol(trace, target), mark)
    local = _slot(f"l{n}", message.local)
    if formula := derivative(node, message.operand, trace.names, LATEX):
        local = f"{formula} = {local}"
    use = f"\\data{{{trace.place[node]}.{message.operand}}}{{\\underset{{{local}}}{{{ratio}}}}}"
    before = ""
    if message.before is not None:
        before = f"\\underset{{\\text{{so far}}}}{{{_slot(f'b{n}', message.before)}}} + "
    return f"{_gradient(trace, target)} = {before}{upstream} {LATEX.star} {use} = {_slot(f't{n}', message.total)}"


def _gradient(trace: Trace, node: Any) -> str:
    return _of(trace, node, LATEX.ratio(symbol(trace, trace.root), symbol(trace, node)))


def _value(trace: Trace, node: Any, sign: str = "") -> str:
    place = trace.place[node]
    return f"{{{_of(trace, node, _slot(f'v{place}{sign}', trace.values[place]))}}}"


def _of(trace: Trace, node: Any, latex: str) -> str:
    return f"\\data{{{trace.place[node]}}}{{{latex}}}"


def _slot(key: str, number: float) -> str:
    return f"\\slot{{{key}}}{{{number_text(number)}}}"
