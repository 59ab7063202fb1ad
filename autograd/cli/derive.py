"""What the commands `check` and `derive` print: text of at most 80 columns, or data."""

from __future__ import annotations

import math
import textwrap
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..checking.derivation_file import Derivation, read_derivations
from ..engine.value import Value, lift
from ..errors import ArgumentError, AutogradError, ExpressionError, shown
from ..functions.expressions import Expression, parse
from ..render.rows import graph_rows
from ..render.terminal import table_lines

__all__ = ["Derived", "build", "check_lines", "derivations_of", "derive", "derived_data", "derived_lines"]

WIDTH = 80

_PYTHON = (
    "{path} is a Python file, which is not executed here: run its tests with `pytest {path}` "
    "(the fixture assert_derivative comes with this package)"
)


def derivations_of(path: Path) -> list[Derivation]:
    """The derivations of a file in the text form."""
    try:
        found = read_derivations(path)
    except ExpressionError:
        if path.suffix == ".py":
            raise ArgumentError(_PYTHON.format(path=path)) from None
        raise
    if not found:
        way_out = _PYTHON.format(path=path) if path.suffix == ".py" else f"{path} holds no derivation"
        raise ArgumentError(way_out)
    return found


def check_lines(derivations: Sequence[Derivation], verdicts: Counter[str]) -> Iterator[str]:
    """Check each derivation and say what came of it; `verdicts` counts the verdicts."""
    from ..checking.check import check_derivative

    for derivation in derivations:
        function = derivation.function
        report = check_derivative(function, derivation.derivative, at=list(derivation.points))
        verdicts[report.verdict] += 1
        points = f"{len(derivation.points)} point{'s' * (len(derivation.points) != 1)}"
        head = f"line {function.line}: {function}"
        result = f"{report.verdict}, {points}"
        if len(head) + len(result) + 2 <= WIDTH:
            yield f"{head}{result:>{WIDTH - len(head)}}"
        else:
            yield from textwrap.wrap(head, WIDTH, subsequent_indent="  ")
            yield f"{result:>{WIDTH}}"
        if report.verdict != "pass":
            for name in dict.fromkeys(entry.variable for entry in report.entries if entry.verdict == "fail"):
                wrong = derivation.partials[name]
                yield from textwrap.wrap(f"  line {wrong.line} is wrong: {wrong}", WIDTH, subsequent_indent="    ")
            yield from (f"  {line}" for line in str(report).splitlines())
            yield from (f"  {line}" for line in _obstacles(derivation))
            yield ""
    yield ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in ("pass", "fail", "undefined"))


def _obstacles(derivation: Derivation) -> Iterator[str]:
    """Why the function or its derivative has no value at a point, for the first such point of each."""
    for formula in (derivation.function, *derivation.partials.values()):
        for point in derivation.points:
            try:
                formula(*(point if isinstance(point, tuple) else (point,)))
            except AutogradError as error:
                yield from textwrap.wrap(f"line {formula.line}: {error}", WIDTH - 2)
                yield from "\n".join(getattr(error, "__notes__", ())).splitlines()
                break


class Derived:
    """An expression at one point: a node for each variable, the root of its graph, and what backward warned of."""

    def __init__(self, expression: Expression, inputs: dict[str, Value], root: Value) -> None:
        self.expression = expression
        self.inputs = inputs
        self.root = root
        self.notes: list[str] = []


def derive(text: str, assignments: Sequence[str]) -> Derived:
    """Compute an expression and its gradient; each assignment is as x=0.5, or x=2*pi."""
    built = build(text, assignments)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        built.root.backward()
    built.notes += [str(warning.message) for warning in caught]
    return built


def build(text: str, assignments: Sequence[str]) -> Derived:
    """Compute an expression, and no gradient yet."""
    values: dict[str, float] = {}
    for assignment in assignments:
        name, equals, number = assignment.partition("=")
        name = name.strip()
        if not equals or not name:
            meant = name if name.isidentifier() else "x"
            raise ArgumentError(f"{shown(assignment)} gives no variable a value; write it as {meant}=0.5")
        if name in values:
            raise ArgumentError(f"{shown(name)} is given twice")
        values[name] = _number(name, number)
    expression = parse(text)
    given = [name for name in values if name not in expression.names]
    if given:  # e and pi are variables where they are given a value
        expression = parse(text, variables={*expression.names, *given})
    _check_names(expression, values)
    inputs = {name: Value(values[name], name) for name in expression.names}
    return Derived(expression, inputs, lift(expression.evaluate(inputs)))


def _number(name: str, text: str) -> float:
    try:
        number: float = parse(text, variables=()).evaluate({})
    except AutogradError as error:
        reason = error.reason if isinstance(error, ExpressionError) else str(error)
        raise ArgumentError(f"{shown(name)}={shown(text)} is no number: {reason}") from None
    if not math.isfinite(number):
        raise ArgumentError(f"{shown(name)}={shown(text)} is {number!r}; a value must be finite")
    return number


def _check_names(expression: Expression, values: dict[str, float]) -> None:
    missing = [name for name in expression.names if name not in values]
    if missing:
        example = " ".join(f"{shown(name)}=0.5" for name in missing[:4])
        raise ArgumentError(f"{', '.join(map(shown, missing[:4]))} needs a value: add {example}")
    for name in values:
        if name not in expression.names:
            known = (
                f"its variables are {', '.join(map(shown, expression.names[:6]))}"
                if expression.names
                else "it has none"
            )
            raise ArgumentError(f"{shown(name)} is no variable of the expression; {known}")


def derived_lines(derived: Derived) -> Iterator[str]:
    """The value, the gradient and the graph as text."""
    yield from textwrap.wrap(str(derived.expression), WIDTH, subsequent_indent="  ")
    for name, node in derived.inputs.items():
        yield from textwrap.wrap(f"at {name} = {node.data!r}", WIDTH, subsequent_indent="  ")
    yield ""
    entries = {"value": derived.root.data, **{f"d/d{name}": node.grad for name, node in derived.inputs.items()}}
    width = min(max(map(len, entries)), WIDTH - 26)
    for name, number in entries.items():
        *above, last = textwrap.wrap(name, width)
        yield from above
        yield f"{last:<{width}}  {number!r}"
    for note in derived.notes:
        yield from textwrap.wrap(f"note: {note}", WIDTH, subsequent_indent="  ")
    yield ""
    yield from table_lines(derived.root)


def derived_data(derived: Derived) -> dict[str, Any]:
    """The same as what JSON can hold: numbers at full precision, inf and nan as text."""
    rows = graph_rows(derived.root)
    operands: dict[str, list[dict[str, Any]]] = {node.id: [] for node in rows.nodes}
    for edge in rows.edges:
        operands[edge.target].append({"node": edge.source, "local_derivative": _plain(edge.local)})
    return {
        "expression": str(derived.expression),
        "at": {name: _plain(node.data) for name, node in derived.inputs.items()},
        "value": _plain(derived.root.data),
        "gradient": {name: _plain(node.grad) for name, node in derived.inputs.items()},
        "notes": derived.notes,
        "nodes": [
            {
                "node": node.id,
                "kind": node.kind,
                "label": node.label,
                "op": node.op,
                "operands": operands[node.id],
                "value": _plain(node.value),
                "gradient": _plain(node.gradient),
            }
            for node in rows.nodes
        ],
    }


def _plain(x: float | None) -> float | str | None:
    return x if x is None or math.isfinite(x) else repr(x)
