"""Checks of derivatives: a hand derivation, or the engine itself, against what the function's values say.

Three verdicts: pass, fail, and undefined where no derivative exists. Where the function runs on Values the engine's
exact derivative is looked at too; if it and the numbers disagree that is our defect or a kink, and never the user's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .diagnosis import diagnose
from .engine.op import plain
from .engine.value import Value
from .errors import ArgumentError, DerivativeError
from .functions.slopes import slopes
from .functions.trees import flatten
from .judging import Entry, Report, at_point, central, judged
from .points import by_name, points_of
from .testimony import along, by_engine

__all__ = ["Entry", "Report", "assert_derivative", "check_derivative", "gradcheck"]

Function = Callable[..., Any]


def check_derivative(
    f: Function, derivative: Function, at: Any, *, rtol: float = 1e-8, method: str = "intervals", diagnosed: bool = True
) -> Report:
    """Compare a derivative derived by hand with the function, at one or several points.

    Args:
        f: a function of one or several numbers, written with this package's functions, operators, NumPy or `math`.
        derivative: takes the same arguments; returns a number for one variable, a tuple with one entry for each
            variable for several.
        at: a number, a tuple (one point of several variables), a dict by argument name, or a list of such points.
        rtol: how far off a derivative may be, relative to its size, beyond what rounding explains.
        method: "intervals", the robust check; or "central", the textbook formula: central differences with step
            1e-7, and ||g - gnum|| / (||g|| + ||gnum||) < 1e-7.
        diagnosed: whether to look for the slip where the check fails.

    Returns:
        A :class:`Report`; nothing is raised for a wrong derivative.

    Raises:
        ArgumentError: there is no point, a point has the wrong shape, or the method is unknown.

    Example:
        >>> check_derivative(lambda x: x**3, lambda x: 3 * x**2, at=[1.0, 2.0]).verdict
        'pass'
        >>> check_derivative(lambda x: x**3, lambda x: 2 * x**2, at=2.0).verdict
        'fail'
        >>> check_derivative(abs, lambda x: 3.0, at=0.0).verdict
        'fail'
    """
    if method not in ("intervals", "central"):
        raise ArgumentError(f'method is "intervals" or "central", got {method!r}')
    if not rtol >= 0.0:
        raise ArgumentError(f"rtol is 0 or more, got {rtol!r}")
    points = points_of(f, at)
    entries: list[Entry] = []
    first = at[0] if isinstance(at, list) else at
    for point in points:
        called, told = (by_name(function, first, list(point)) for function in (f, derivative))
        entries += central(called, told, point) if method == "central" else at_point(called, told, point, rtol)
    found = _slip(called, told, points) if diagnosed and any(e.verdict == "fail" for e in entries) else None
    evaluations = sum(e.numeric.evaluations for e in entries)
    return Report(tuple(entries), getattr(f, "__name__", "f"), found, evaluations)


def _slip(f: Function, derivative: Function, points: list[dict[str, float]]) -> Any:
    """What the diagnosis finds; a failure of it must not hide the verdict."""
    try:
        return diagnose(f, derivative, [tuple(p.values()) if len(p) > 1 else next(iter(p.values())) for p in points])
    except Exception:
        return None


def assert_derivative(
    f: Function, derivative: Function, at: Any, *, rtol: float = 1e-8, method: str = "intervals"
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
    xs = [plain(x) for x in numbers]
    results = flatten(f(*tree.unflatten([Value(x) for x in xs])))[0]
    if not any(isinstance(y, Value) for y in results):
        raise ArgumentError("gradcheck needs a function that runs on Values; this one leaves the graph")
    outputs = len(results)
    entries = []
    for k in range(outputs):

        def output(*point: Any, k: int = k) -> Any:
            return flatten(f(*tree.unflatten(list(point))))[0][k]

        engine = by_engine(output, xs)
        names = [f"x{i}" for i in range(1, len(xs) + 1)] if len(xs) > 1 else ["x"]
        point = dict(zip(names, xs, strict=True))
        for i, name in enumerate(names):
            measured = slopes(along(output, xs, i), xs[i])
            slope = 0.0 if engine is None else engine.slopes[i]
            entries.append(
                judged(name, point, slope, measured, None, rtol, 0.0 if engine is None else engine.rounding[i])
            )
    report = Report(tuple(entries), getattr(f, "__name__", "f"))
    if report.verdict == "fail":
        why = "a defect of a rule, or kinks inside f that cancel"
        raise DerivativeError(f"the engine ('yours') disagrees with the function's values: {why}\n{report}")
    if report.verdict == "undefined":
        raise DerivativeError(f"there is no derivative here to compare with\n{report}")
    return True
