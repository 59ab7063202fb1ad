"""A pytest plugin, loaded wherever this package is installed: derivatives checked within tests.

Fixtures:

- ``assert_derivative`` and ``gradcheck`` are the functions of that name; what they check is counted, and a section
  at the end of the run says how many derivatives were checked and how they came out. With ``--junit-xml=FILE`` each
  derivative is a property of its test there, with its verdict, and so is the slip that was found.
- ``sampled_points`` holds points of a domain that the test states with the marker ``derivative_domain``.

A hand derivation checked at 20 points of a domain::

    @pytest.mark.derivative_domain(x=(-2, 2), y=(0.1, 3), points=20, seed=0)
    def test_quotient_rule(assert_derivative, sampled_points):
        f = lambda x, y: x / y
        df = lambda x, y: (1 / y, -x / y**2)
        assert_derivative(f, df, at=sampled_points)

The marker takes a pair (low, high) for each variable; ``points`` (20) and ``seed`` (0) may be left out. A variable that
is itself called ``points`` or ``seed`` goes into a dict: ``derivative_domain({"seed": (0, 1)})``. The points are the
same in every run. They are spread: each variable's interval is cut into as many parts as there are points, and
exactly one point falls into each part, never onto the ends. For one variable they are numbers, for several dicts by
name. A marked test that does not use ``sampled_points`` is an error: it would check nothing.

``pytest -p no:autograd`` leaves the plugin out.
"""

from __future__ import annotations

import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .checking.check import Report

__all__ = ["sample"]

_MARKER = "derivative_domain"
_EXAMPLE = f"@pytest.mark.{_MARKER}(x=(-2, 2), points=20)"
_PROPERTY = "autograd_derivatives"  # of a report: plain numbers, so that it survives the way from a worker of xdist

_MOST_PROPERTIES = 200  # of one check

_counts = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(x=(low, high), ..., points=20, seed=0): the domain from which the fixture sampled_points draws "
        "points to check derivatives at",
    )
    if "autograd.checking.check" not in sys.modules:
        pytest.register_assert_rewrite("autograd.checking.check")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if (marker := item.get_closest_marker(_MARKER)) is None:
            continue
        _sampled(marker, item.nodeid)
        if "sampled_points" not in getattr(item, "fixturenames", ()):
            raise pytest.UsageError(
                f"{item.nodeid} is marked {_MARKER} but does not use the fixture sampled_points, so nothing would be "
                "checked there"
            )


# --- points ------------------------------------------------------------------------------------------------------


def sample(domain: Mapping[str, tuple[float, float]], points: int = 20, seed: int = 0) -> list[Any]:
    """Points of a domain, the same for the same arguments, one in each part of each variable's interval.

    Args:
        domain: the interval (low, high) of each variable.
        points: how many.
        seed: another one gives other points.

    Returns:
        Numbers for one variable, else dicts by name.

    Raises:
        ValueError: there is no variable, no point, or an interval is not low < high, both finite.

    Example:
        >>> first, second = sample({"x": (0.0, 2.0)}, points=2)
        >>> sorted([int(first), int(second)])
        [0, 1]
    """
    if not domain:
        raise ValueError(f"no variable is given; write {_EXAMPLE}")
    if isinstance(points, bool) or not isinstance(points, int) or points < 1:
        raise ValueError(f"points is a whole number from 1, got {points!r}")
    columns = {}
    for name, interval in domain.items():
        low, high = _interval(name, interval)
        draw = random.Random(f"{seed} {name}")
        parts = draw.sample(range(points), points)
        columns[name] = [low + (high - low) * ((part + draw.uniform(0.05, 0.95)) / points) for part in parts]
    if len(columns) == 1:
        return next(iter(columns.values()))
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _interval(name: str, interval: Any) -> tuple[float, float]:
    try:
        low, high = (float(end) for end in interval)
    except (TypeError, ValueError):
        raise ValueError(f"{name} takes a pair of numbers (low, high), got {interval!r}") from None
    if not (low < high and math.isfinite(high - low)):
        raise ValueError(f"{name} takes (low, high) with low < high, both finite, got {interval!r}")
    return low, high


def _sampled(marker: pytest.Mark, where: str) -> list[Any]:
    domain: dict[str, Any] = {}
    for given in marker.args:
        if not isinstance(given, Mapping):
            raise pytest.UsageError(f"{where}: the variables of {_MARKER} are given by name: {_EXAMPLE}")
        domain |= given
    options = {key: value for key, value in marker.kwargs.items() if key in ("points", "seed")}
    domain |= {key: value for key, value in marker.kwargs.items() if key not in options}
    try:
        return sample(domain, **options)
    except ValueError as error:
        raise pytest.UsageError(f"{where}: {_MARKER}: {error}") from None


@pytest.fixture
def sampled_points(request: pytest.FixtureRequest) -> list[Any]:
    """Points of the domain that the test states with ``@pytest.mark.derivative_domain(x=(-2, 2), points=20)``."""
    marker = request.node.get_closest_marker(_MARKER)
    if marker is None:
        pytest.fail(f"sampled_points needs a domain: mark the test with {_EXAMPLE}", pytrace=False)
    return _sampled(marker, request.node.nodeid)


# --- checks that count -------------------------------------------------------------------------------------------


@pytest.fixture(name="assert_derivative")
def _assert_derivative(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`assert_derivative`, counted: the test fails unless the hand derivation is right."""
    counted = _counter(request)

    def assert_derivative(f: Callable[..., Any], derivative: Callable[..., Any], at: Any, **options: Any) -> None:
        __tracebackhide__ = True
        from .checking.check import check_derivative
        from .errors import DerivativeError

        report = check_derivative(f, derivative, at, **options)
        counted.update(entry.verdict for entry in report.entries)
        request.node.user_properties += _properties(report)
        if report.verdict != "pass":
            raise DerivativeError(str(report))

    return assert_derivative


@pytest.fixture(name="gradcheck")
def _gradcheck(request: pytest.FixtureRequest) -> Callable[..., bool]:
    """:func:`autograd.checking.check.gradcheck`, counted as one check for each call."""
    counted = _counter(request)

    def gradcheck(f: Callable[..., Any], *inputs: Any, **options: Any) -> bool:
        __tracebackhide__ = True
        from .checking import check

        try:
            result = check.gradcheck(f, *inputs, **options)
        except AssertionError:
            counted["fail"] += 1
            raise
        counted["pass"] += 1
        return result

    return gradcheck


def _properties(report: Report) -> list[tuple[str, str]]:
    """The result of each derivative, for JUnit XML (``--junit-xml=FILE``) and other reports."""
    found = []
    for entry in report.entries[:_MOST_PROPERTIES]:
        where = ", ".join(f"{name} = {x!r}" for name, x in entry.point.items())
        told = "" if entry.verdict == "pass" else f": yours {entry.yours!r}, right {entry.right!r}"
        found.append((f"d{report.function}/d{entry.variable} at {where}", f"{entry.verdict}{told}"))
    if report.diagnosis is not None:
        found.append((f"the slip in d{report.function}", f"{report.diagnosis.kind}: {report.diagnosis}"))
    return found


def _counter(request: pytest.FixtureRequest) -> Counter[str]:
    counted: Counter[str] = request.node.stash.setdefault(_counts, Counter())
    return counted


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "teardown" and (counted := item.stash.get(_counts, None)):
        setattr(report, _PROPERTY, dict(counted))
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    totals: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            totals.update(getattr(report, _PROPERTY, {}))
    if totals:
        terminalreporter.section("derivatives checked")
        failed, undefined = totals["fail"], totals["undefined"]
        text = f"{totals['pass']} passed, {failed} failed, {undefined} undefined"
        terminalreporter.write_line(text, green=not failed + undefined, red=bool(failed + undefined))
