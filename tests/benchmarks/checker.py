"""How often checkers of derivatives are wrong: this one on random expressions, and all there are on hand derivations.

    pip install -e '.[test,bench]' && python tests/benchmarks/checker.py [COUNT] [--only derivations | expressions]

Random expressions: each is checked once with its true derivative (from mpmath at 40 digits) and once with one that is
off by 1e-7 to 1, relative (log-uniform); once written with plain `math`, where only values are known, and once with
this package's functions, where the engine's derivative is known too.

Hand derivations: those of ``tests/data/derivations.py`` in plain `math`, the same points for all, one process. Each
checker is handed the functions as float64 in the form that it takes, and judges with its documented tolerance,
which the table names; SciPy's check_grad and numdifftools' Gradient measure only, and what they measure counts as right
up to 1e-6 of its size. Real sources stand apart from hard numerics, which not every method is made for. Derivations
without a derivative at their point are judged by this checker alone. Who is not installed is left out.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "data"))

import derivations

from autograd import check_derivative
from tests.helpers.checked_expressions import ENGINE, PLAIN, tally

Function = Callable[..., float]
Gradient = Callable[..., Any]
Point = tuple[float, ...]
Checker = Callable[[Function, Gradient, list[Point]], bool]  # whether the derivative is right at all points


def entries(df: Gradient, point: Point) -> np.ndarray[Any, Any]:
    return np.asarray(df(*point), float).reshape(len(point))


def ours(f: Function, df: Gradient, points: list[Point]) -> bool:
    at = [p if len(p) > 1 else p[0] for p in points]
    return check_derivative(f, df, at=at, diagnosed=False).verdict == "pass"


def torch() -> Checker:
    torch: Any = importlib.import_module("torch")

    def check(f: Function, df: Gradient, points: list[Point]) -> bool:
        class Hand(torch.autograd.Function):  # type: ignore[misc]
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                return torch.tensor(f(*x.tolist()), dtype=torch.float64)

            @staticmethod
            def backward(ctx: Any, upstream: Any) -> Any:
                (x,) = ctx.saved_tensors
                return upstream * torch.tensor(entries(df, tuple(x.tolist())))

        tensors = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in points]
        return all(torch.autograd.gradcheck(Hand.apply, (x,), raise_exception=False) for x in tensors)

    return check


def jax() -> Checker:
    check_vjp: Any = importlib.import_module("jax.test_util").check_vjp
    importlib.import_module("jax").config.update("jax_enable_x64", True)

    def check(f: Function, df: Gradient, points: list[Point]) -> bool:
        def value(x: Any) -> Any:
            return np.float64(f(*map(float, x)))

        def vjp(x: Any) -> Any:
            return value(x), lambda upstream: (np.asarray(upstream) * entries(df, tuple(map(float, x))),)

        try:
            for point in points:
                check_vjp(value, vjp, (np.array(point),))
        except AssertionError:
            return False
        return True

    return check


def scipy() -> Checker:
    check_grad: Any = importlib.import_module("scipy.optimize").check_grad

    def check(f: Function, df: Gradient, points: list[Point]) -> bool:
        def close(point: Point) -> bool:
            size = float(np.linalg.norm(entries(df, point)))
            far = check_grad(lambda x: f(*map(float, x)), lambda x: entries(df, tuple(map(float, x))), np.array(point))
            return bool(far <= 1e-6 * max(size, 1.0))

        return all(map(close, points))

    return check


def numdifftools() -> Checker:
    gradient: Any = importlib.import_module("numdifftools").Gradient

    def check(f: Function, df: Gradient, points: list[Point]) -> bool:
        return all(
            np.allclose(gradient(lambda x: f(*map(float, x)))(np.array(p)), entries(df, p), 1e-6, 1e-6) for p in points
        )

    return check


CHECKERS: dict[str, tuple[Callable[[], Checker], str]] = {
    "this one": (lambda: ours, "1e-8 of its size beyond what f's rounding explains"),
    "torch gradcheck": (torch, "its own: eps 1e-6, atol 1e-5, rtol 1e-3"),
    "JAX check_vjp": (jax, "its own for float64"),
    "SciPy check_grad": (scipy, "its own step; 1e-6 of the gradient's size, at least 1e-6"),
    "numdifftools": (numdifftools, "its own steps; 1e-6 relative or absolute"),
}


class Result(NamedTuple):
    """How a checker did: of right and wrong derivations those judged wrongly, and what it took."""

    alarms: int
    missed: int
    calls: int
    seconds: float


def judged(checker: Checker, cases: list[Any]) -> Result:
    """A checker on all cases; one that raises has not said that the derivation is right."""
    alarms = missed = calls = 0
    began = time.perf_counter()
    for case in cases:

        def f(*x: float, case: Any = case) -> float:
            nonlocal calls
            calls += 1
            value: float = case.f(*x)
            return value

        f.__wrapped__ = case.f  # type: ignore[attr-defined]  # the names of the variables
        try:
            right = checker(f, case.df, case.points)
        except Exception:
            right = False
        alarms += case.verdict == "pass" and not right
        missed += case.verdict == "fail" and right
    return Result(alarms, missed, calls, time.perf_counter() - began)


def table() -> Iterator[str]:
    """A line for each checker."""
    derivations.use("math")
    cases = [case for case in derivations.CASES if case.verdict != "undefined"]
    right = sum(case.verdict == "pass" for case in cases)
    count = sum(len(case.points) * len(case.points[0]) for case in cases)
    yield f"{right} right and {len(cases) - right} wrong hand derivations in plain math; real sources + hard numerics"
    yield f"  {'':18}{'false alarms':>14}{'missed':>10}{'calls per derivative':>23}{'seconds':>10}   tolerance"
    for name, (build, tolerance) in CHECKERS.items():
        try:
            checker = build()
        except ImportError as error:
            yield f"  {name:18}{error}"
            continue
        parts = [judged(checker, [c for c in cases if (c.area == "numerics") is hard]) for hard in (False, True)]
        alarms, missed = (" + ".join(str(part[i]) for part in parts) for i in (0, 1))
        calls, seconds = sum(part.calls for part in parts) / count, sum(part.seconds for part in parts)
        yield f"  {name:18}{alarms:>14}{missed:>10}{calls:23.0f}{seconds:10.1f}   {tolerance}"


def slips() -> Iterator[str]:
    """How many of the slips in the wrong derivations are named."""
    for mode in ("math", "engine"):
        derivations.use(mode)
        named = wrongly = every = 0
        for case in derivations.CASES:
            if case.verdict == "fail" and mode in case.modes and case.accept and "*" not in case.accept:
                at = [p if len(p) > 1 else p[0] for p in case.points]
                found = check_derivative(case.f, case.df, at=at).diagnosis
                every += 1
                named += found is not None and found.kind in case.accept
                wrongly += found is not None and found.kind not in {*case.accept, "unexplained"}
        yield f"  slips in {mode:8} {named} of {every} named, {wrongly} wrongly"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    parser.add_argument("--only", choices=("derivations", "expressions"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.only != "expressions":
        for line in (*table(), *slips()):
            print(line, flush=True)
    if options.only != "derivations":
        count = options.count
        print(f"{count:,} random expressions   target: 0.05% false alarms, 0.1% misses, fewer than 60 evaluations")
        for name, kind in (("plain math", PLAIN), ("the engine's functions", ENGINE)):
            tallied = tally(count, kind)
            alarms, misses = len(tallied.false_alarms) / count, len(tallied.misses) / count
            print(f"  {name:24} false alarms {alarms:.2%}   misses {misses:.2%}   evaluations {tallied.evaluations}")
