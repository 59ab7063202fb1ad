"""The records as equations: LaTeX with its parts marked for the script, typeset as MathML.

A part that speaks of a node or an arrow has the attribute data-of: "3" is node 3, "5.1" the second operand of node 5.
A number that changes with the inputs has data-slot: "v3" is the value of node 3; of the record's m-th message, "um" is
the upstream gradient, "lm" the local derivative, "bm" the sum before and "tm" the sum after it; "g" is the seed. What
must stand in brackets where it is negative ends in "-".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...reading.formulas import LATEX, derivative, formula_over_labels, latex_name, made_by
from ...reading.names import is_plain_number
from ...reading.text import number_text
from ...reading.trace import Message, Step, Trace
from ..equations import bare, symbol
from .mathml import mathml

__all__ = ["MOST_MESSAGES", "model_equations", "record_equations"]

_MOST_OF_A_MODEL = 8
MOST_MESSAGES = 6  # equations of one record; a sentence tells as many


def record_equations(trace: Trace, step: Step) -> list[str]:
    """One record's equations, each the inside of a ``<math>`` element."""
    return [mathml(text) for text in _Equations(trace).of(step)]


def model_equations(trace: Trace) -> list[str]:
    """How the graph's labelled nodes are made of each other; nothing of a graph that is too large to read so."""
    made = [node for node in trace.order if node.parents and (node._label or node is trace.root)]
    found = []
    for node in made if len(made) <= _MOST_OF_A_MODEL else []:
        if all(parent._label for parent in node.parents):
            text = made_by(node._row, [symbol(trace, parent) for parent in node.parents], LATEX)
        else:
            text = formula_over_labels(node, LATEX)
        name = latex_name(trace.names[node])
        if text and bare(text) != bare(name):
            found.append(mathml(f"\\data{{{trace.place[node]}}}{{{name}}} = {text}"))
    return found


class _Equations:
    """Equations of one trace, as LaTeX with marks."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.place = trace.place

    def of(self, step: Step) -> Iterator[str]:
        if step.kind == "forward":
            yield self.forward(step.node)
        elif step.kind == "seed":
            yield f"{self.gradient(step.node)} = {_slot('g', self.trace.seed)}"
        for n, message in enumerate(step.messages[:MOST_MESSAGES]):
            yield self.backward(step.node, n, message)

    def forward(self, node: Any) -> str:
        value = self.value(node)
        if is_plain_number(node):
            return value
        name = latex_name(self.trace.names[node])
        sides = [f"\\data{{{self.place[node]}}}{{{name}}}"]
        if node.parents:
            plain = made_by(node._row, [symbol(self.trace, p) for p in node.parents], LATEX)
            if bare(plain) != bare(name):
                sides.append(made_by(node._row, [self.named(p) for p in node.parents], LATEX))
            sides.append(made_by(node._row, [self.value(p, "-") for p in node.parents], LATEX))
        return " = ".join([*sides, value])

    def backward(self, node: Any, n: int, message: Message) -> str:
        target = node.parents[message.operand]
        upstream = f"\\underbrace{{{self.gradient(node)}}}_{{{_slot(f'u{n}', message.upstream)}}}"
        mark = f"operand {message.operand + 1}" if sum(p is target for p in node.parents) > 1 else ""
        ratio = LATEX.ratio(symbol(self.trace, node), symbol(self.trace, target), mark)
        local = _slot(f"l{n}", message.local)
        if formula := derivative(node, message.operand, self.trace.names, LATEX):
            local = f"{formula} = {local}"
        where = f"{self.place[node]}.{message.operand}"
        product = f"{upstream} {LATEX.star} \\data{{{where}}}{{\\underbrace{{{ratio}}}_{{{local}}}}}"
        if message.before is not None:
            product = f"\\underbrace{{{_slot(f'b{n}', message.before)}}}_{{\\text{{so far}}}} + {product}"
        return f"{self.gradient(target)} = {product} = {_slot(f't{n}', message.total)}"

    def gradient(self, node: Any) -> str:
        ratio = LATEX.ratio(symbol(self.trace, self.trace.root), symbol(self.trace, node))
        return f"\\data{{{self.place[node]}}}{{{ratio}}}"

    def named(self, node: Any) -> str:
        return f"\\data{{{self.place[node]}}}{{{symbol(self.trace, node)}}}"

    def value(self, node: Any, sign: str = "") -> str:
        place = self.place[node]
        return f"{{\\data{{{place}}}{{{_slot(f'v{place}{sign}', self.trace.values[place])}}}}}"


def _slot(key: str, number: float) -> str:
    return f"\\slot{{{key}}}{{{number_text(number)}}}"
