"""What the commands `check` and `derive` print: text of at most 80 columns, or data."""

from __future__ import annotations

import functools
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

__all__ = ["CheckedFile", "Derived", "build", "check_data", "check_lines", "derive", "derived_data", "derived_lines"]

WIDTH = 80

_PYTHON = (
    "{path} is a Python file, which is not executed here: run its tests with `pytest {path}` "
    "(the fixture assert_derivative comes with this package)"
)


class Checked:
    """One derivation, and what came of it.

    Args:
        derivation: as it was read.
        report: of its check.
    """

    def __init__(self, derivation: Derivation) -> None:
        from ..checking.check import check_derivative

        self.derivation = derivation
        self.report = check_derivative(derivation.function, derivation.derivative, at=list(derivation.points))

    def score(self, variable: str) -> tuple[int, int]:
        """At how many points the derivative by one variable is right, and of how many."""
        verdicts = [entry.verdict for entry in self.report.entries if entry.variable == variable]
        return verdicts.count("pass"), len(verdicts)


class CheckedFile:
    """A file of derivations, checked one after the other.

    Args:
        path: the file; ``-``: standard input.

    Raises:
        ArgumentError: it cannot be read, or holds nothing to check.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.errors: list[ExpressionError] = []
        self._derivations = read_derivations(path, self.errors)
        nothing = not self._derivations
        if nothing and path.suffix == ".py":
            raise ArgumentError(_PYTHON.format(path=path))
        if nothing and not self.errors:
            raise ArgumentError(f"{path} holds no derivation")

    @functools.cached_property
    def checked(self) -> list[Checked]:
        """What came of each derivation."""
        return list(map(Checked, self._derivations))


def check_lines(files: Sequence[CheckedFile]) -> Iterator[str]:
    """What came of each derivation, and a sum of the verdicts."""
    verdicts: Counter[str] = Counter()
    for file in files:
        if len(files) > 1:
            yield f"{file.path}:"
        for checked in file.checked:
            verdicts[checked.report.verdict] += 1
            yield from _checked_lines(checked)
    if verdicts:
        yield ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in ("pass", "fail", "undefined"))


def _checked_lines(checked: Checked) -> Iterator[str]:
    derivation, report = checked.derivation, checked.report
    function = derivation.function
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
        scores = {name: checked.score(name) for name in function.variables}
        score = ", ".join(f"d{function.__name__}/d{name} {right} of {of}" for name, (right, of) in scores.items())
        yield from textwrap.wrap(f"  points right: {score}", WIDTH, subsequent_indent="    ")
        yield from (f"  {line}" for line in str(report).splitlines())
        yield from (f"  {line}" for line in _obstacles(derivation))
        yield ""
    else:
        yield from str(report).splitlines()[1:]  # notes, such as that any slope passes at a kink


def check_data(files: Sequence[CheckedFile]) -> dict[str, Any]:
    """The same as what JSON can hold."""
    verdicts = Counter(checked.report.verdict for file in files for checked in file.checked)
    return {
        "score": {verdict: verdicts[verdict] for verdict in ("pass", "fail", "undefined")},
        "files": [
            {
                "file": str(file.path),
                "errors": [{"line": e.line, "column": e.position + 1, "reason": e.reason} for e in file.errors],
                "derivations": [_checked_data(checked) for checked in file.checked],
            }
            for file in files
        ],
    }


def _checked_data(checked: Checked) -> dict[str, Any]:
    derivation, report = checked.derivation, checked.report
    slip = report.diagnosis
    return {
        "line": derivation.function.line,
        "function": str(derivation.function),
        "verdict": report.verdict,
        "slip": None if slip is None else {"kind": slip.kind, "text": slip.text},
        "components": [
            {
                "variable": name,
                "line": partial.line,
                "derivative": str(partial.expression),
                "right": checked.score(name)[0],
                "points": [
                    {
                        "at": {key: _plain(x) for key, x in entry.point.items()},
                        "verdict": entry.verdict,
                        "yours": _plain(entry.yours),
                        "right": _plain(entry.numeric.value if entry.exact is None else entry.exact),
                        "note": entry.note,
                    }
                    for entry in report.entries
                    if entry.variable == name
                ],
            }
            for name, partial in ((name, derivation.partials[name]) for name in derivation.function.variables)
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
