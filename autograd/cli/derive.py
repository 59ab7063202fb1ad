"""The commands `check` and `derive`: text of at most 80 columns, or data."""

from __future__ import annotations

import argparse
import math
import textwrap
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from ..checking.check import Report, check_derivative
from ..checking.derivation_file import Derivation, read_derivations
from ..engine.value import Value, lift
from ..errors import ArgumentError, AutogradError, ExpressionError, shown
from ..functions.expressions import Expression, parse
from ..reading.text import WIDTH, many
from ..render.rows import graph_rows
from ..render.terminal import table_lines
from .output import complain, complain_with_place, one_line, print_data, print_lines

__all__ = ["build", "number", "run_check", "run_derive"]

_MOST_COMPLAINTS = 20  # about one file

_PYTHON = (
    "{path} is a Python file, which is not executed here: run its tests with `pytest {path}` "
    "(the fixture assert_derivative comes with this package)"
)


class CheckedFile:
    """A file of derivations (``-``: standard input), each checked when it is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.errors: list[ExpressionError] = []
        self._derivations = read_derivations(path, self.errors)
        nothing = not self._derivations
        if nothing and path.suffix == ".py":
            raise ArgumentError(_PYTHON.format(path=path))
        if nothing and not self.errors:
            raise ArgumentError(f"{path} holds no derivation")

    @cached_property
    def checked(self) -> list[tuple[Derivation, Report]]:
        """What came of each derivation."""
        return [(d, check_derivative(d.function, d.derivative, at=list(d.points))) for d in self._derivations]


def run_check(options: argparse.Namespace) -> int:
    """Check files; return the exit status."""
    files, status = [], 0
    for path in options.files:
        try:
            files.append(CheckedFile(path))
        except ArgumentError as error:
            status = complain(error)
    if options.json:
        print_data(check_data(files))
    else:
        print_lines(check_lines(files))
    for file in files:
        for wrong in file.errors[:_MOST_COMPLAINTS]:
            status = complain_with_place(wrong, str(file.path))
        if len(file.errors) > _MOST_COMPLAINTS:
            complain(f"{file.path}: {len(file.errors) - _MOST_COMPLAINTS} more lines that cannot be read")
    return status or int(any(report.verdict != "pass" for file in files for _, report in file.checked))


def check_lines(files: Sequence[CheckedFile]) -> Iterator[str]:
    """What came of each derivation, and a sum of the verdicts."""
    verdicts: Counter[str] = Counter()
    for file in files:
        if len(files) > 1:
            yield f"{file.path}:"
        for derivation, report in file.checked:
            verdicts[report.verdict] += 1
            yield from _checked_lines(derivation, report)
    if verdicts:
        yield ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in ("pass", "fail", "undefined"))


def _score(report: Report, variable: str) -> tuple[int, int]:
    """At how many points the derivative by one variable is right, and of how many."""
    verdicts = [entry.verdict for entry in report.entries if entry.variable == variable]
    return verdicts.count("pass"), len(verdicts)


def _checked_lines(derivation: Derivation, report: Report) -> Iterator[str]:
    function = derivation.function
    head = f"line {function.line}: {function}"
    result = f"{report.verdict}, {many(len(derivation.points), 'point')}"
    if len(head) + len(result) + 2 <= WIDTH:
        yield f"{head}{result:>{WIDTH - len(head)}}"
    else:
        yield from textwrap.wrap(head, WIDTH, subsequent_indent="  ")
        yield f"{result:>{WIDTH}}"
    if report.verdict != "pass":
        for name in dict.fromkeys(entry.variable for entry in report.entries if entry.verdict == "fail"):
            wrong = derivation.partials[name]
            yield from textwrap.wrap(f"  line {wrong.line} is wrong: {wrong}", WIDTH, subsequent_indent="    ")
        scores = {name: _score(report, name) for name in function.variables}
        score = ", ".join(f"d{function.__name__}/d{name} {right} of {of}" for name, (right, of) in scores.items())
        yield from textwrap.wrap(f"  points right: {score}", WIDTH, subsequent_indent="    ")
        yield from (f"  {line}" for line in str(report).splitlines())
        yield from (f"  {line}" for line in _obstacles(derivation))
        yield ""
    else:
        yield from str(report).splitlines()[1:]  # notes, such as that any slope passes at a kink


def check_data(files: Sequence[CheckedFile]) -> dict[str, Any]:
    """The same as data for JSON."""
    verdicts = Counter(report.verdict for file in files for _, report in file.checked)
    return {
        "score": {verdict: verdicts[verdict] for verdict in ("pass", "fail", "undefined")},
        "files": [
            {
                "file": str(file.path),
                "errors": [{"line": e.line, "column": e.position + 1, "reason": e.reason} for e in file.errors],
                "derivations": [_checked_data(*each) for each in file.checked],
            }
            for file in files
        ],
    }


def _checked_data(derivation: Derivation, report: Report) -> dict[str, Any]:
    slip = report.diagnosis
    return {
        "line": derivation.function.line,
        "function": str(derivation.function),
        "verdict": report.verdict,
        "slip": None if slip is None else {"kind": slip.kind, "text": slip.text},
        "components": [
            {
                "variable": name,
                "line": derivation.partials[name].line,
                "derivative": str(derivation.partials[name].expression),
                "right": _score(report, name)[0],
                "points": [
                    {
                        "at": entry.point,
                        "verdict": entry.verdict,
                        "yours": entry.yours,
                        "right": entry.numeric.value if entry.exact is None else entry.exact,
                        "note": entry.note,
                    }
                    for entry in report.entries
                    if entry.variable == name
                ],
            }
            for name in derivation.function.variables
        ],
    }


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


class Built(NamedTuple):
    """An expression at one point: a node for each variable, and the root of its graph."""

    expression: Expression
    inputs: dict[str, Value]
    root: Value


def run_derive(options: argparse.Namespace) -> int:
    """Compute an expression and its gradient; return the exit status."""
    built = build(options.expression, options.values)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        built.root.backward()
    notes = [str(warning.message) for warning in caught]
    if options.json:
        print_data(derived_data(built, notes))
    else:
        print_lines(derived_lines(built, notes))
    return 0


def build(text: str, assignments: Sequence[str]) -> Built:
    """Compute an expression, and no gradient yet; each assignment is as x=0.5, or x=2*pi."""
    values: dict[str, float] = {}
    for assignment in assignments:
        name, equals, typed = assignment.partition("=")
        name = name.strip()
        if not equals or not name:
            meant = name if name.isidentifier() else "x"
            raise ArgumentError(f"{shown(assignment)} gives no variable a value; write it as {meant}=0.5")
        if name in values:
            raise ArgumentError(f"{shown(name)} is given twice")
        values[name] = number(typed, f"{shown(name)}={shown(typed)}")
        if not math.isfinite(values[name]):
            raise ArgumentError(f"{shown(name)}={shown(typed)} is {values[name]!r}; a value must be finite")
    expression = parse(text)
    given = [name for name in values if name not in expression.names]
    if given:  # e and pi are variables where they are given a value
        expression = parse(text, variables={*expression.names, *given})
    _check_names(expression, values)
    inputs = {name: Value(values[name], name) for name in expression.names}
    return Built(expression, inputs, lift(expression.evaluate(inputs)))


def number(typed: str, name: str) -> float:
    """The number that an expression without variables makes; `name` is what an error calls it."""
    try:
        found: float = parse(typed, variables=()).evaluate({})
    except AutogradError as error:
        reason = error.reason if isinstance(error, ExpressionError) else one_line(error)
        raise ArgumentError(f"{name} is no number: {reason}") from None
    return found


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


def derived_lines(derived: Built, notes: Sequence[str]) -> Iterator[str]:
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
    for note in notes:
        yield from textwrap.wrap(f"note: {note}", WIDTH, subsequent_indent="  ")
    yield ""
    yield from table_lines(derived.root)


def derived_data(derived: Built, notes: Sequence[str]) -> dict[str, Any]:
    """The same as data for JSON."""
    rows = graph_rows(derived.root)
    operands: dict[str, list[dict[str, Any]]] = {node.id: [] for node in rows.nodes}
    for edge in rows.edges:
        operands[edge.target].append({"node": edge.source, "local_derivative": edge.local})
    return {
        "expression": str(derived.expression),
        "at": {name: node.data for name, node in derived.inputs.items()},
        "value": derived.root.data,
        "gradient": {name: node.grad for name, node in derived.inputs.items()},
        "notes": notes,
        "nodes": [
            {
                "node": node.id,
                "kind": node.kind,
                "label": node.label,
                "op": node.op,
                "operands": operands[node.id],
                "value": node.value,
                "gradient": node.gradient,
            }
            for node in rows.nodes
        ],
    }
