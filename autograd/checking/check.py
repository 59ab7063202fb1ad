"""Checks of derivatives: a hand derivation, or the engine itself, against what the function's values say.

Three verdicts: pass, fail, and undefined where no derivative exists, or where the values cannot tell. Where the
function runs on Values the engine's exact derivative is looked at too; if it and the numbers disagree that is our
defect or a kink, and never the user's.
"""

from __future__ import annotations

import contextlib
import functools
import html
import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..engine.op import is_node
from ..engine.value import Value
from ..errors import ArgumentError, DerivativeError
from ..functions.slopes import EPS, Side, Slopes, exact_sum
from ..functions.trees import changed, flatten
from ..reading.formulas import point_text
from ..reading.text import as_json, many
from .points import Known, NotANumberError, Point, Problem, entry_names, in_order, numbers_of, real, structured_points

if TYPE_CHECKING:
    from .diagnosis import Diagnosis

__all__ = ["Entry", "Report", "assert_derivative", "check_derivative", "diagnose", "gradcheck"]

Function = Callable[..., Any]
_MOST_ENTRIES = 3  # that the text of a report shows


@dataclass(frozen=True)
class Entry:
    """One partial derivative at one point.

    Args:
        variable: its name: x, or w[2], or W[1,3].
        point: the numbers by name.
        verdict: "pass", "fail" or "undefined".
        yours: the hand derivative; nan if it is no number.
        numeric: the slopes measured; of many entries that pass, those in one direction through all of them.
        exact: the engine's derivative, if f runs on Values.
        tolerance: how far `yours` may be off.
        note: what else there is to say, in a sentence.
        output: which output of f, as f[1]; empty for a function of one output.
    """

    variable: str
    point: dict[str, float]
    verdict: str
    yours: float
    numeric: Slopes
    exact: float | None
    tolerance: float
    note: str = ""
    output: str = ""

    @property
    def right(self) -> float | None:
        """What the derivative is: the engine's number, else the measured one; None if there is none."""
        return self.numeric.value if self.exact is None or not math.isfinite(self.exact) else self.exact

    @property
    def _name(self) -> str:
        return f"d{self.output}/d{self.variable}"

    @property
    def _where(self) -> str:
        return point_text([*self.point], [*self.point.values()], repr)

    @property
    def _ratio(self) -> str:
        """Yours over right; never -0."""
        return f"{self.yours / self.right + 0.0:.10g}" if self.right and math.isfinite(self.yours) else ""

    @property
    def _lines(self) -> list[str]:
        """What a report says of it."""
        measured = self.numeric
        sides = (f"{s.slope:.6g}" if s.settled else s.kind for s in (measured.left, measured.right))
        lines = [f"  {self._name} at {self._where}: {self.verdict}", f"    yours    {self.yours!r}"]
        if measured.both is not None:
            lines.append(f"    numeric  {measured.both.slope!r} +- {measured.both.error:.1e}")
        else:
            lines.append("    slopes   left {}, right {}".format(*sides))
        if self.exact is not None:
            lines.append(f"    engine   {self.exact!r}")
        if self._ratio:
            lines.append(f"    ratio    yours / right = {self._ratio}")
        return [*lines, f"    {self.note}"] if self.note else lines


@dataclass(frozen=True)
class Report:
    """All entries of a check, and what is wrong.

    ``report.verdict`` is "fail" if any entry fails, else "undefined" if any is, else "pass"; ``bool(report)`` is
    whether it is "pass"; ``str(report)`` is the text of at most 25 lines, ``repr(report)`` one line, and a notebook
    shows a table. ``report.evaluations`` is how often f was called, by the check and by the diagnosis.
    """

    entries: tuple[Entry, ...]
    function: str = "f"
    diagnosis: Diagnosis | None = None
    evaluations: int = 0

    @property
    def verdict(self) -> str:
        """ "pass", "fail" or "undefined" over all entries."""
        found = {entry.verdict for entry in self.entries}
        return next((v for v in ("fail", "undefined") if v in found), "pass")

    def __bool__(self) -> bool:
        return self.verdict == "pass"

    @property
    def _headline(self) -> str:
        """The verdict in one line, the slip first: pytest's summary shows its beginning only."""
        bad = sum(e.verdict != "pass" for e in self.entries)
        checked = many(len(self.entries), "derivative")
        if not bad:
            return f"pass: {checked} of {self.function} checked"
        slip = self.diagnosis
        named = f"{slip.text.splitlines()[0]} ({slip.kind}): " if slip and slip.kind != "unexplained" else ""
        return f"{self.verdict}: {named}{bad} of {checked} of {self.function}"

    def __repr__(self) -> str:
        return f"<{self._headline}>"

    def __str__(self) -> str:
        lines = [self._headline]
        bad = [e for e in self.entries if e.verdict != "pass"]
        if not bad:
            notes = sorted({e.note for e in self.entries if e.note})
            return "\n".join([*lines, *(f"  note: {n}" for n in notes[:3])])
        lines += itertools.chain.from_iterable(e._lines for e in bad[:_MOST_ENTRIES])
        if len(bad) > _MOST_ENTRIES:
            lines.append(f"  ... and {len(bad) - _MOST_ENTRIES} more")
        if self.diagnosis is not None:
            first = 1 if self.diagnosis.kind != "unexplained" else 0
            lines += [f"  {line}" for line in self.diagnosis.text.splitlines()[first:4]]
        lines = lines[:24]
        place = bad[0].point
        if len(place) <= 8 and not any("[" in name for name in place):
            numbers = ", ".join(map(repr, place.values()))
            at = f"({numbers})" if len(place) > 1 else numbers
            lines.append(f"  to reproduce: check_derivative(f, df, at=[{at}])")
        return "\n".join(line if len(line) <= 160 else line[:157] + "..." for line in lines)

    def _repr_html_(self) -> str:
        """A table of what is wrong, for a notebook."""
        bad = [e for e in self.entries if e.verdict != "pass"][:10]
        colour = {"pass": "#1a7f37", "fail": "#cf222e", "undefined": "#9a6700"}[self.verdict]
        text = f'<div><b style="color: {colour}">{html.escape(self._headline)}</b></div>'
        if not bad:
            return text
        rows = [("derivative", "at", "verdict", "yours", "right", "yours / right", "")]
        for e in bad:
            right = "" if e.right is None else repr(e.right)
            rows.append((e._name, e._where, e.verdict, repr(e.yours), right, e._ratio, e.note))
        cells = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
        return f"{text}<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"

    def to_dict(self) -> dict[str, Any]:
        """The report as what JSON can hold: each point once, numbers at full precision, inf and nan as text.

        Example:
            >>> found = check_derivative(lambda x: x**2, lambda x: 2 * x, at=3.0).to_dict()
            >>> found["verdict"], found["entries"][0]["yours"], found["points"]
            ('pass', 6.0, [{'x': 3.0}])
        """
        points: list[dict[str, float]] = []
        entries = []
        for e in self.entries:
            if not points or points[-1] is not e.point:
                points.append(e.point)
            both = e.numeric.both
            entries.append({
                "variable": e.variable, "output": e.output, "point": len(points) - 1, "verdict": e.verdict,
                "yours": e.yours, "measured": None if both is None else both.slope,
                "error": None if both is None else both.error, "engine": e.exact,
                "tolerance": e.tolerance, "note": e.note,
            })  # fmt: skip
        slip = self.diagnosis
        data: dict[str, Any] = as_json({
            "verdict": self.verdict,
            "function": self.function,
            "evaluations": self.evaluations,
            "diagnosis": None if slip is None else {"kind": slip.kind, "text": slip.text},
            "points": points,
            "entries": entries,
        })  # fmt: skip
        return data


def check_derivative(
    f: Function | str,
    derivative: Function | Any,
    at: Any,
    *,
    rtol: float = 1e-8,
    method: str = "intervals",
    diagnosed: bool = True,
) -> Report:
    """Compare a derivative derived by hand with the function, at one or several points.

    Args:
        f: a function of numbers or arrays, written with this package's functions, operators, NumPy, `math` or anything
            else that gives numbers. One number comes out, or an array of m: then the derivative is the Jacobian. Or its
            text, as "x**2*sin(x)" or "f(x, y) = x*y^2", in plain signs or LaTeX; then the derivative is text as well.
        derivative: takes the same arguments; returns for each argument what has its shape: a number for one variable, a
            tuple with one entry for each argument, or a dict by their names. A Jacobian has shape (m, n): row i is
            output i, column j variable j. To check a Hessian, give the gradient as f.
        at: a number or an array, a tuple (one point of several arguments), a dict by argument name, or a list of such
            points. An array is one point unless f works entry by entry, as ``np.sin`` does.
        rtol: how far off a derivative may be, relative to its size, beyond what rounding explains.
        method: "intervals", the robust check; or "central", the textbook formula: central differences with step
            1e-7, and ||g - gnum|| / (||g|| + ||gnum||) < 1e-7.
        diagnosed: whether to look for the slip where the check fails.

    Returns:
        A :class:`Report`; nothing is raised for a wrong derivative. Of more than a dozen variables, a direction
        through all is checked, and single ones only where it fails.

    Raises:
        ArgumentError: there is no point, a point has the wrong shape, f cannot be called with it, or the method is
            unknown.

    Example:
        >>> check_derivative(lambda x: x**3, lambda x: 3 * x**2, at=[1.0, 2.0]).verdict
        'pass'
        >>> check_derivative(lambda x: x**3, lambda x: 2 * x**2, at=2.0).verdict
        'fail'
        >>> import numpy as np
        >>> w = np.array([1.0, -2.0, 0.5])
        >>> check_derivative(lambda w: (w**2).sum(), lambda w: 2 * w, at=w).verdict
        'pass'
        >>> A = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0]])
        >>> check_derivative(lambda w: A @ w, lambda w: A, at=w).verdict
        'pass'
        >>> check_derivative("x^2 sin(x)", "2x sin(x) + x^2 cos(x)", at=2).verdict
        'pass'
    """
    if method not in ("intervals", "central"):
        raise ArgumentError(f'method is "intervals" or "central", got {method!r}')
    if not rtol >= 0.0:
        raise ArgumentError(f"rtol is 0 or more, got {rtol!r}")
    if isinstance(f, str):
        from .derivation_file import typed  # only text needs the reader

        f, derivative = typed(f, derivative)
    counted, calls = _counted(f)
    points = structured_points(counted, at, derivative)
    known: Known = {}
    entries: list[Entry] = []
    slip: Diagnosis | None = None
    wrong: tuple[Problem, Point] | None = None
    for point in points:
        rows = []
        for name, problem in _problems(counted, derivative, point, _value(counted, point), known):
            row = central(problem, point) if method == "central" else _AtPoint(problem, point, rtol).entries()
            row = [replace(e, output=name) for e in row] if name else row
            if wrong is None and any(e.verdict == "fail" for e in row):
                wrong = problem, point
            rows.append(row)
        slip = slip or _transposed(rows, len(point.numbers))
        entries += itertools.chain.from_iterable(rows)
    if diagnosed and slip is None and wrong is not None:
        problem, point = wrong
        every = points if problem.f is counted else [point]
        slip = _slip(problem, every, {e.variable for e in entries if e.verdict == "fail"})
    return Report(tuple(entries), getattr(f, "__name__", "f"), slip if diagnosed else None, calls[0])


def _counted(f: Function) -> tuple[Function, list[int]]:
    """`f`, and how often it was called."""
    calls = [0]

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        return f(*args, **kwargs)

    try:
        functools.update_wrapper(counted, f)
    except (AttributeError, TypeError):  # an object that is called, with attributes of its own kind
        counted.__wrapped__ = f  # type: ignore[attr-defined]  # inspect reads it; a function's type lacks it
    return counted, calls


def _value(f: Function, point: Point) -> Any:
    """What f gives at a point; nan where it has no value; an error where it cannot be called so."""
    try:
        value = point.call(f, point.numbers)
        for y in numbers_of(value):
            real(y)
    except ArithmeticError:
        return math.nan
    except Exception as error:
        if (
            isinstance(error, ValueError)
            and not isinstance(error, TypeError)
            and len(point.numbers) == len(point.arguments)
        ):
            return math.nan  # outside the domain, as log(-1)
        at = ", ".join(f"{name} = {x!r}" for name, x in list(point.named().items())[:3])
        hint = ""
        if len(point.numbers) == 1 and isinstance(error, AttributeError | TypeError | IndexError):
            hint = "; a list is several points: give one point of several numbers as an array, at=np.array([...])"
        raise ArgumentError(f"f gives no number at {at}: {type(error).__name__}: {error}{hint}") from error
    return value


_MOST_NAMED = 2  # of many variables, those in which a slip is looked for
_LARGE = 2_000  # nodes of a graph that is not recorded again at every point near


def _slip(problem: Problem, points: list[Point], wrong: set[str]) -> Diagnosis | None:
    """What the diagnosis finds; a failure of it must not hide the verdict. Of many variables, some wrong ones are
    looked at and the others stay as they are.
    """
    from .diagnosis import diagnosis_of  # only a wrong derivative needs it

    f, derivative, known, names = problem.f, problem.derivative, problem.known, points[0].names
    if len(names) > _SINGLY:
        some = [i for i, name in enumerate(names) if name in wrong][:_MOST_NAMED]
        points, known = [point.some(some) for point in points if point.names == names], {}

        @functools.wraps(problem.derivative)
        def derivative(*args: Any, **kwargs: Any) -> Any:
            result = problem.derivative(*args, **kwargs)
            result = numbers_of(in_order(names, result) if isinstance(result, dict) else result)
            return [result[i] for i in some]

        engine = problem.by_engine(points[0])
        if engine is not None and len(engine.order) > _LARGE:

            @functools.wraps(problem.f)
            def f(*args: Any, **kwargs: Any) -> Any:
                args, kwargs = changed(lambda v: float(v.data), (args, kwargs))
                return problem.f(*args, **kwargs)

    try:
        return diagnosis_of(f, derivative, points, known)
    except Exception:
        return None


def diagnose(f: Function | str, derivative: Function | Any, at: Any) -> Diagnosis | None:
    """Name the slip in a derivative derived by hand.

    By the chain rule df/dx is the sum over all paths from x to f of the product of the local derivatives along each;
    a slip leaves out, repeats, turns round or replaces one of these.

    Args:
        f: a function of one or several numbers, written with this package's functions, operators, NumPy or `math`;
            or its text, as for :func:`autograd.check_derivative`.
        derivative: takes the same arguments; returns a number for one variable, and for several a tuple, list or
            array with one entry for each, or a dict by argument name; the Jacobian of an f that returns an array.
        at: a number, a tuple (one point of several variables), a dict by argument name, or a list of such points.

    Returns:
        None if the derivative is right at all these points, else what is wrong with it. A slip is named only if it
        explains every point and some more near them; otherwise the kind is "unexplained".

    Raises:
        ArgumentError: `at` is an empty list.

    Example:
        >>> import math
        >>> from autograd import sin
        >>> diagnose(lambda x: sin(x**2), lambda x: math.cos(x**2), at=[0.75, 1.0])
        Diagnosis(kind='missing factor', node=Value(0.5625), text='you left out d(x^2)/dx = 2x')
        >>> diagnose(lambda x: sin(x**2), lambda x: 2 * x * math.cos(x**2), at=[0.7, 1.0]) is None
        True
    """
    if isinstance(f, str):
        from .derivation_file import typed

        f, derivative = typed(f, derivative)
    point = structured_points(f, at, derivative)[0]
    with contextlib.suppress(ArgumentError):
        if len(numbers_of(_value(f, point))) > 1:  # the check takes them one by one
            return check_derivative(f, derivative, at).diagnosis
    from .diagnosis import diagnosis_of

    return diagnosis_of(f, derivative, at)


def assert_derivative(
    f: Function | str, derivative: Function | Any, at: Any, *, rtol: float = 1e-8, method: str = "intervals"
) -> None:
    """Raise an AssertionError that explains itself unless a hand derivative is right; see :func:`check_derivative`.

    Raises:
        DerivativeError: the derivative is wrong, or there is none at a point (an AssertionError).

    Example:
        >>> assert_derivative(lambda x: x**3, lambda x: 3 * x**2, at=[1.0, 2.0])
        >>> assert_derivative(lambda x, y: x * y, lambda x, y: (y, x), at=[(2.0, 3.0)])
    """
    __tracebackhide__ = True  # pytest: the failure is the caller's
    report = check_derivative(f, derivative, at, rtol=rtol, method=method)
    if not report:
        raise DerivativeError(str(report))


def gradcheck(f: Function, *inputs: Any, rtol: float = 1e-8) -> bool:
    """Compare the engine's derivatives of `f` with what its values say, for every number in the inputs.

    Args:
        f: a function of numbers or structures of them, written with this package's functions, operators or NumPy.
        inputs: the arguments, structures as :func:`autograd.grad` takes them.
        rtol: as for :func:`check_derivative`.

    Returns:
        True. At a kink any slope between the one-sided slopes is right; where no derivative exists nothing is.

    Raises:
        DerivativeError: the engine and the numbers disagree, which is a defect of the engine or of a primitive's
            partials (an AssertionError).

    Example:
        >>> from autograd import tanh
        >>> gradcheck(lambda x, y: tanh(x) * y, 0.5, 2.0)
        True
    """
    numbers, tree = flatten(tuple(inputs))
    xs = tuple(real(x) for x in numbers)
    value = f(*tree.unflatten([Value(x) for x in xs]))
    if not any(is_node(y) for y in numbers_of(value)):
        raise ArgumentError("gradcheck needs a function that runs on Values; this one leaves the graph")
    names = tuple(f"x{i}" for i in range(1, len(xs) + 1)) if len(xs) > 1 else ("x",)
    point = Point(xs, tree, names, False)
    entries = []
    for _, problem in _problems(f, lambda *_: (), point, value, {}):
        engine = problem.by_engine(point)
        for i, name in enumerate(names):
            slope, rounding = (0.0, 0.0) if engine is None else (engine.slopes[i], engine.rounding[i])
            judge = _Judge(name, point.named(), problem.slopes(point, i), None, False, rounding, rtol)
            entries.append(judge.judged(slope))
    report = Report(tuple(entries), getattr(f, "__name__", "f"))
    if report.verdict == "fail":
        why = "a defect of a rule, or kinks inside f that cancel"
        raise DerivativeError(f"the engine ('yours') disagrees with the function's values: {why}\n{report}")
    if report.verdict == "undefined":
        raise DerivativeError(f"there is no derivative here to compare with\n{report}")
    return True


# --- functions of several outputs -------------------------------------------------------------------------------------


def _problems(f: Function, derivative: Function, point: Point, value: Any, known: Known) -> list[tuple[str, Problem]]:
    """A problem for each output of f, with its name; the only output has none. Several share what f gives."""
    outputs = numbers_of(value)
    if len(outputs) == 1:
        in_something = isinstance(value, dict | list | tuple) or getattr(value, "ndim", False)
        alone = functools.wraps(f)(lambda *args, **kwargs: numbers_of(f(*args, **kwargs))[0]) if in_something else f
        problem = Problem(alone, derivative, known)
        problem.values[point.numbers] = real(outputs[0])
        return [("", problem)]
    cache: dict[tuple[Any, ...], list[Any]] = {}

    def numbers(*args: Any, **kwargs: Any) -> list[Any]:
        key = tuple(numbers_of([*args, *kwargs.values()]))
        if key not in cache:
            cache[key] = numbers_of(f(*args, **kwargs))
        return cache[key]

    def rows(*args: Any, **kwargs: Any) -> list[list[Any]]:
        return _rows(derivative(*args, **kwargs), point, len(outputs))

    def one(whole: Function, of: Function, k: int) -> Function:
        return functools.wraps(of)(lambda *args, **kwargs: whole(*args, **kwargs)[k])

    inputs = point.values()
    problems = []
    for k, name in enumerate(entry_names("f", value)):
        problems.append((name, Problem(one(numbers, f, k), one(rows, derivative, k))))
        problems[-1][1].inputs = {point.numbers: inputs}
    return problems


def _rows(result: Any, point: Point, outputs: int) -> list[list[Any]]:
    """The Jacobian row by row, from one matrix or from one for each argument."""
    variables = len(point.numbers)
    if isinstance(result, dict):
        result = [result.get(a, result) for a in point.arguments]
    in_parts = isinstance(result, list | tuple)
    parts = [numbers_of(part) for part in result] if in_parts else [numbers_of(result)]
    numbers = [x for part in parts for x in part]
    if len(numbers) != outputs * variables:
        shape = f"{len(numbers)} numbers" if in_parts else f"shape {tuple(getattr(result, 'shape', ()))}"
        raise NotANumberError(
            f"your Jacobian has {shape}; f has {outputs} outputs of {variables} variables, so its shape is "
            f"({outputs}, {variables}): one row for each output"
        )
    sizes = [sum(name.partition("[")[0] == a for name in point.names) for a in point.arguments]
    if max(sizes) > 1 and [len(part) for part in parts] == [outputs * size for size in sizes]:
        blocks = list(zip(parts, sizes, strict=True))
        return [[x for part, n in blocks for x in part[k * n : (k + 1) * n]] for k in range(outputs)]
    return [numbers[k * variables : (k + 1) * variables] for k in range(outputs)]


def _transposed(rows: list[list[Entry]], variables: int) -> Diagnosis | None:
    """Whether rows and columns of a Jacobian were exchanged, which no row alone can tell."""
    entries = list(itertools.chain.from_iterable(rows))
    whole = len(rows) > 1 and len(entries) == len(rows) * variables
    if not whole or all(e.verdict != "fail" for e in entries):
        return None
    given = [e.yours for e in entries]
    for j, column in enumerate(zip(*rows, strict=True)):  # what was written as row j, read in yours one after another
        for e, yours in zip(column, given[j * len(rows) :], strict=False):
            if e.right is None or not abs(yours - e.right) <= e.tolerance + 1e-6 * abs(e.right):
                return None
    from .diagnosis import Diagnosis

    text = "your Jacobian is transposed: row i is output i of f, column j its j-th variable"
    return Diagnosis("transposed", None, text)


# --- judging one point ------------------------------------------------------------------------------------------------

_SINGLY = 12  # variables that are checked one by one; of more, a direction through all is
_COUNTS = 0.01  # a term below this share of the largest is too small to be judged in that direction
_MOST_WRONG = 4  # entries that are measured one by one, where a direction through many fails: a report shows 3


class _AtPoint:
    """Judges every partial derivative at one point, and then whether they make up a derivative."""

    def __init__(self, problem: Problem, point: Point, rtol: float) -> None:
        self.problem = problem
        self.point = point
        self.rtol = rtol
        self.named = point.named()
        self.trouble = ""
        try:
            self.yours = problem.entries(point, point.numbers)
        except NotANumberError as error:
            self.yours, self.trouble = (math.nan,) * len(point.numbers), str(error)
        if not self.trouble and not all(map(math.isfinite, self.yours)):
            self.trouble = "your derivative gives no finite number here"
        self.engine = problem.by_engine(point)
        self.was_single = False  # whether entries were measured one by one

    @functools.cached_property
    def noises(self) -> tuple[float, ...]:
        """The rounding of the hand derivative, which only what seems wrong asks for."""
        try:
            return self.problem.noise(self.point)
        except NotANumberError:
            return (0.0,) * len(self.yours)

    def entries(self) -> list[Entry]:
        """An entry for each variable; of many that are wrong, for the first ones."""
        every = list(range(len(self.yours)))
        if self.trouble and len(every) > _SINGLY:  # no number at all: the first entry stands for the others
            return [replace(self.one(0), verdict="fail", note=self.trouble)]
        if self.trouble or len(every) == 1:
            return [self.one(i) for i in every]
        certain = self.is_certain()
        if certain and (found := self._by_engine()) is not None:
            return found
        entries = self._in_groups(every)
        if entries is None:
            entries = [self.one(i) for i in every]
        if self.was_single and not certain and all(e.verdict == "pass" for e in entries):
            return self._slanted(entries)  # each entry is right, but not all together
        return entries

    def is_certain(self) -> bool:
        """Whether the engine's derivative is that of f wherever f has one: nothing in f can jump or bend."""
        found = self.engine
        exact = found is not None and found.smooth and all(map(math.isfinite, found.slopes))
        return exact and not any(map(self._is_a_pole, range(len(self.yours))))

    def _is_a_pole(self, i: int) -> bool:
        """Whether f changes by its own size from one double to the next, as tan does at the double next to pi/2."""
        assert self.engine is not None
        change = abs(self.engine.slopes[i]) * math.ulp(self.point.numbers[i])
        return change > 0.1 * abs(self.problem.at(self.point, self.point.numbers))

    def one(self, i: int) -> Entry:
        """Judge one entry by its own slopes."""
        exact, smooth, rounding = None, False, 0.0
        if self.engine is not None:
            rounding = self.engine.rounding[i]
            if math.isfinite(self.engine.slopes[i]):
                exact, smooth = self.engine.slopes[i], self.engine.smooth and not self._is_a_pole(i)
        measured = self.problem.slopes(self.point, i)
        judge = _Judge(self.point.names[i], self.named, measured, exact, smooth, rounding, self.rtol)
        found = judge.judged(self.yours[i])
        if found.verdict == "fail" and self.trouble:
            return replace(found, note=self.trouble)
        if found.verdict == "fail" and self.noises[i]:
            return replace(judge, rounding=rounding + self.noises[i]).judged(self.yours[i])
        return found

    # --- directions: a slope along many variables at once

    def direction(self, every: Sequence[int], upwards: bool = False) -> list[float]:
        """A direction through some of the variables, each moved on its own scale; the same one at every call."""
        chance = random.Random(repr((self.point.numbers[:8], every[0], len(every))))
        d = [0.0] * len(self.yours)
        for i in every:
            sign = 1.0 if upwards else chance.choice((-1.0, 1.0))
            d[i] = sign * chance.uniform(0.6, 1.0) * 2.0 ** math.floor(math.log2(abs(self.point.numbers[i]) or 1.0))
        return d

    def _predicted(self, slopes: Sequence[float], d: Sequence[float]) -> tuple[float, float]:
        """What slopes by the single variables add up to in a direction, and the sum of their sizes."""
        terms = [slope * h for slope, h in zip(slopes, d, strict=True)]
        return exact_sum(terms), exact_sum([abs(t) for t in terms])

    def _by_engine(self) -> list[Entry] | None:
        """Hold every entry against the engine's, if the values confirm those in one direction; else None."""
        assert self.engine is not None
        right, rounding = self.engine.slopes, self.engine.rounding
        d = self.direction(range(len(right)))
        measured, _ = self.problem.along(self.point, d)
        if measured.both is not None:
            expected, size = self._predicted(right, d)
            slack = 3.0 * measured.both.error + self.rtol * size + self._predicted(rounding, d)[1]
            if abs(expected - measured.both.slope) > slack:
                return None
        found = []
        wrong = 0
        for i, (name, y, r) in enumerate(zip(self.point.names, self.yours, right, strict=True)):
            tolerance = self.rtol * max(abs(y), abs(r)) + 3.0 * rounding[i]
            if abs(y - r) > tolerance:
                tolerance += 3.0 * self.noises[i]
            if abs(y - r) <= tolerance:
                found.append(Entry(name, self.named, "pass", y, measured, r, tolerance))
            elif wrong < 3:  # as many as a report shows
                wrong += 1
                found.append(self.one(i))
            else:
                found.append(Entry(name, self.named, "fail", y, Slopes.of(r), r, tolerance))
        return found

    def _agrees(self, every: Sequence[int]) -> tuple[Slopes, list[int], list[int]]:
        """The slope of f in a direction through some variables; the entries that it confirms, and the others.

        If the entries together predict another slope, it confirms none. An entry whose term is small in this direction
        is left for another direction.
        """
        d = self.direction(every)
        largest = max(abs(self.yours[i] * d[i]) for i in every)
        for i in every:  # a variable whose term is small is moved further
            if term := abs(self.yours[i] * d[i]):
                d[i] *= min(max(0.1 * largest / term, 1.0), 16.0)
        measured, _ = self.problem.along(self.point, d)
        expected, size = self._predicted(self.yours, d)
        sides = [measured.both] if measured.both else [measured.left, measured.right]
        off = max(min(s.slope for s in sides) - expected, expected - max(s.slope for s in sides))
        slack = 3.0 * max(s.error for s in sides) + self.rtol * size
        agree = all(side.settled for side in sides) and (
            off <= slack or off <= slack + 3.0 * self._predicted(self.noises, d)[1]
        )
        least = _COUNTS * largest if agree else math.inf
        terms = {i: abs(self.yours[i] * d[i]) for i in every}
        return measured, [i for i in every if terms[i] >= least], [i for i in every if terms[i] < least]

    def _in_groups(self, every: list[int]) -> list[Entry] | None:
        """The entries that a direction confirms pass; if it confirms none, each half is looked at.

        Returns None if there are few entries and f has a kink or a jump: then each is measured by itself.
        """
        found: dict[int, Entry] = {}
        groups, singly, left = [every], 0, 0
        while groups:
            group = groups.pop()
            if singly >= _MOST_WRONG and len(every) > _SINGLY:
                left += len(group)
            elif len(group) == 1:
                singly += 1
                found[group[0]] = self.one(group[0])
            else:
                measured, right, rest = self._agrees(group)
                if len(every) <= _SINGLY and (measured.kind != "smooth" or not right):
                    self.was_single = True
                    return None
                for i in right:
                    found[i] = Entry(self.point.names[i], self.named, "pass", self.yours[i], measured, None, math.nan)
                middle = 0 if right else len(rest) // 2
                groups += [part for part in (rest[middle:], rest[:middle]) if part]
        entries = [found[i] for i in sorted(found)]
        if left:
            more = f"{left} more entries of wrong directions were not looked at one by one"
            entries[-1] = replace(entries[-1], note="; ".join(filter(None, (entries[-1].note, more))))
        self.was_single = singly > 0
        return entries

    def _slanted(self, entries: list[Entry]) -> list[Entry]:
        """Entries that all pass, unless f's slope in a slanted direction is not the one that they predict there."""
        kinked = any(e.numeric.kind == "kink" for e in entries)
        d = self.direction(range(len(entries)), upwards=kinked)
        measured, largest = self.problem.along(self.point, d)
        if not (measured.left.settled and measured.right.settled):
            return entries
        expected, size = self._predicted(self.yours, d)
        low, high = sorted((measured.left.slope, measured.right.slope))
        slack = 3.0 * max(measured.left.error, measured.right.error) + 1e-3 * size + 1e-5 * largest
        if kinked:
            if low - slack <= expected <= high + slack:
                return entries
            where = f"({', '.join(f'{h:g}' for h in d[:4])}{', ...' if len(d) > 4 else ''})"
            note = f"no subgradient: along {where} the slopes are {low:.6g} to {high:.6g}, yours is {expected:.6g}"
            return [replace(e, verdict="fail", note=note) for e in entries]
        if max(abs(low - expected), abs(high - expected)) <= slack:
            return entries
        note = "each partial exists, but the slope in a slanted direction is not their combination: no derivative"
        return [replace(e, verdict="undefined", note=note) for e in entries]


@dataclass(frozen=True)
class _Judge:
    """Holds one number against the slopes measured and, where there is one, against the engine's derivative.

    Args:
        name: of the variable.
        point: the numbers by name.
        measured: the slopes.
        exact: the engine's derivative.
        smooth: whether nothing in f can jump or bend.
        rounding: of the engine's derivative and of the hand derivative.
        rtol: how far off a derivative may be, relative to its size.
    """

    name: str
    point: dict[str, float]
    measured: Slopes
    exact: float | None
    smooth: bool
    rounding: float
    rtol: float

    def entry(self, yours: float, verdict: bool | str, tolerance: float, note: str = "") -> Entry:
        """The entry with a verdict, or with the one that a comparison gave."""
        verdict = verdict if isinstance(verdict, str) else "pass" if verdict else "fail"
        return Entry(self.name, self.point, verdict, yours, self.measured, self.exact, tolerance, note)

    def relative(self, yours: float, truth: float) -> float:
        """How far a number of this size may be off."""
        return self.rtol * max(abs(truth), abs(yours) if math.isfinite(yours) else 0.0) + 3.0 * self.rounding

    def judged(self, yours: float) -> Entry:
        """The verdict on one number."""
        measured, exact = self.measured, self.exact
        lost = exact is not None and not measured.span and abs(exact) * measured.reach <= EPS * max(1.0, measured.size)
        if exact is not None and (lost or (self.smooth and measured.kind != "smooth")):
            tolerance = self.relative(yours, exact)
            unsure = "the numbers alone cannot tell here; judged by the engine's derivative"
            return self.entry(yours, abs(yours - exact) <= tolerance, tolerance, unsure)
        if measured.kind == "kink":
            return self._at_a_kink(yours)
        side, note = measured.both, ""
        if side is None and measured.kind == "edge":
            side = next((s for s in (measured.left, measured.right) if s.settled), None)
            note = "f has values on one side only, and is judged by its slope there"
        if side is None:
            return self.entry(yours, "undefined", math.nan, _WHY[measured.kind])
        if exact is None:
            return self._by_values(yours, side, note)
        truth, error = side.slope, 3.0 * side.error
        tolerance = error + self.relative(yours, truth)
        right = abs(yours - truth) <= tolerance
        if abs(exact - truth) <= error + self.rtol * max(abs(exact), abs(truth)) + self.rounding:
            tolerance = self.relative(yours, exact)
            return self.entry(yours, abs(yours - exact) <= tolerance, tolerance, note)
        if self.smooth:  # nothing in f can jump, so the numbers are at fault: rounding near 0/0, say
            right = right or abs(yours - exact) <= self.relative(yours, exact)
            return self.entry(yours, right, tolerance, f"{_DISAGREE}: rounding in f, or our defect")
        return self.entry(yours, right, tolerance, f"{_DISAGREE}: a kink inside f, or our defect")

    def _at_a_kink(self, yours: float) -> Entry:
        left, right = self.measured.left, self.measured.right
        low, high = sorted((left.slope, right.slope))
        slack = 3.0 * max(left.error, right.error) + self.rtol * max(abs(low), abs(high)) + self.rounding
        note = f"a kink: any slope from {low:.6g} to {high:.6g} is a subgradient"
        return self.entry(yours, low - slack <= yours <= high + slack, slack, note)

    def _by_values(self, yours: float, side: Side, note: str) -> Entry:
        """Judge by the values alone, where they can tell."""
        measured, truth = self.measured, side.slope
        tolerance = 3.0 * side.error + self.relative(yours, truth)
        right = abs(yours - truth) <= tolerance
        predicted = abs(yours) * measured.reach  # how much f should change
        if yours == 0.0 and measured.flat > 1e-5 * measured.reach and measured.span > 1e-9 * measured.size:
            return self.entry(yours, True, tolerance, "f is constant here, up to its next step")
        if measured.span <= 16.0 * max(measured.noise, EPS * measured.size) and predicted > EPS * measured.size:
            hidden = predicted <= 64.0 * EPS * max(1.0, measured.size) if not measured.span else right
            if hidden:
                return self.entry(yours, "undefined", tolerance, _cannot_tell(measured))
        if right and tolerance > 1e-3 * abs(truth) and truth:
            told = f"f's values cannot tell it better than +- {tolerance:.1e}"
            coarse = f", since they are rounded to steps of {measured.quantum:.3g}" if measured.quantum else ""
            note = "; ".join(filter(None, (note, told + coarse)))
        return self.entry(yours, right, tolerance, note)


_DISAGREE = "the engine's derivative and f's values disagree"
_WHY = {
    "jump": "f jumps here",
    "vertical": "the tangent is vertical here",
    "no limit": "the difference quotients have no limit here",
    "edge": "f has no values on one side, or none at all",
}


def _cannot_tell(measured: Slopes) -> str:
    """Why f's values say nothing of a slope, and what to try."""
    if not measured.span:
        why = f"f's values do not change within {measured.reach:.1g} of it; f may lose the change to rounding"
        way_out = "a point further off, or a form of f that subtracts no nearly equal numbers"
    elif measured.quantum:
        why = f"f's values are a staircase with steps of {measured.quantum:.3g}"
        way_out = "f without rounding"
    else:
        why = f"f's values change by {measured.span:.1e} only, and {measured.noise:.1e} of it is noise"
        way_out = "a point further off, or a form of f with less rounding"
    return f"cannot tell at this point, because {why}; try {way_out}"


def central(problem: Problem, point: Point) -> list[Entry]:
    """The textbook formula, as it is usually printed."""
    trouble, xs = "", point.numbers
    try:
        yours = problem.entries(point, xs)
    except NotANumberError as error:
        yours, trouble = (math.nan,) * len(xs), str(error)
    numeric = []
    for i, (name, x) in enumerate(zip(point.names, xs, strict=True)):
        sides = [problem.at(point, [*xs[:i], x + h, *xs[i + 1 :]]) for h in (1e-7, -1e-7)]
        if not all(map(math.isfinite, sides)):
            raise ArgumentError(f"the textbook formula needs f on both sides of {name} = {x!r}, where it has no value")
        numeric.append((sides[0] - sides[1]) / 2e-7)
    distance = math.dist(yours, numeric)
    size = math.hypot(*yours) + math.hypot(*numeric)
    ratio = distance / size if size else math.nan
    verdict = "pass" if ratio < 1e-7 else "fail"
    note = trouble or f"||g - gnum|| / (||g|| + ||gnum||) = {ratio:.3g}"
    named = point.named()
    return [
        Entry(name, named, verdict, y, Slopes.of(n), None, 1e-7, note)
        for name, y, n in zip(point.names, yours, numeric, strict=True)
    ]
