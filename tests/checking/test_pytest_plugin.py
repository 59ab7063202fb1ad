"""The pytest plugin, as a test run of its own sees it."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from autograd.pytest_plugin import sample

TESTS = """
import pytest

@pytest.mark.derivative_domain(x=(-2, 2), y=(0.1, 3), points=10, seed=3)
def test_domain(assert_derivative, sampled_points):
    assert len(sampled_points) == 10
    assert all(-2 < p["x"] < 2 and 0.1 < p["y"] < 3 for p in sampled_points)
    assert_derivative(lambda x, y: x / y, lambda x, y: (1 / y, -x / y**2), at=sampled_points)

def test_engine(gradcheck):
    assert gradcheck(lambda x: x * x, 3.0)

def test_wrong(assert_derivative):
    assert_derivative(lambda x: x**2, lambda x: 3 * x, at=[1.0, 2.0])

def test_jump(assert_derivative):
    assert_derivative(lambda x: x // 1, lambda x: 0.0, at=1.0)

def test_without_a_domain(sampled_points):
    pass

def test_uncounted():
    pass
"""


def test_what_a_run_says(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("--strict-markers", "-W", "error")
    result.assert_outcomes(passed=3, failed=2, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*sampled_points needs a domain: mark the test with @pytest.mark.derivative_domain(*",
            "*test_wrong*",
            "E *DerivativeError: fail: d(x^2)/dx = 2x, not 3x (wrong function): 2 of 2 derivatives *",
            "*test_jump*",
            "E *DerivativeError: undefined: 1 of 1 derivative *",
            "*= derivatives checked =*",
            "21 passed, 2 failed, 1 undefined",
        ]
    )
    result.stdout.no_fnmatch_line("*def check_derivative*")  # the text explains itself; our own lines would bury it


def test_the_slip_stands_in_the_summary_and_each_derivative_in_the_xml(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    pytester.makepyfile("""
        import math

        def test_it(assert_derivative):
            df = lambda x, y: (math.cos(2 * x) * y, math.sin(2 * x))
            assert_derivative(lambda x, y: math.sin(2 * x) * y, df, at=(1, 3))
    """)
    result = pytester.runpytest_subprocess("--junit-xml=out.xml", "-rf", "--tb=no")
    result.stdout.fnmatch_lines(["FAILED *fail: *"])
    case = ElementTree.parse(pytester.path / "out.xml").find(".//testcase")
    assert case is not None
    found = {p.get("name"): p.get("value") for p in case.iter("property")}
    assert found["d<lambda>/dy at x = 1.0, y = 3.0"] == "pass"
    assert str(found["d<lambda>/dx at x = 1.0, y = 3.0"]).startswith("fail: yours -1.248")
    slip = "you left out d(2x)/dx = 2"
    assert found["the slip in d<lambda>"] == f"missing factor: {slip}"
    failure = case.find("failure")
    assert failure is not None
    assert str(failure.get("message")).startswith(f"autograd.errors.DerivativeError: fail: {slip} (missing factor)")


def test_a_run_without_derivatives_says_nothing_of_them(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*derivatives checked*")


def test_a_run_without_derivatives_imports_neither_numpy_nor_the_engine(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # what other plugins import is their affair
    pytester.makepyfile("""
        import sys

        def test_it():
            ours = {name for name in sys.modules if name.split(".")[0] in ("autograd", "numpy")}
            assert ours == {"autograd", "autograd.pytest_plugin"}
    """)
    pytester.runpytest_subprocess("-p", "autograd.pytest_plugin").assert_outcomes(passed=1)


def test_it_can_be_left_out(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(gradcheck): pass")
    result = pytester.runpytest_inprocess("-p", "no:autograd")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'gradcheck' not found*"])


def test_marker_and_fixtures_are_listed_with_their_text(pytester: pytest.Pytester) -> None:
    pytester.runpytest_inprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.derivative_domain(x=(low, high)*"])
    fixtures = pytester.runpytest_inprocess("--fixtures").stdout
    fixtures.fnmatch_lines_random(["assert_derivative*", "gradcheck*", "sampled_points*"])


@pytest.mark.parametrize(
    ("marker", "arguments", "complaint"),
    [
        ("x=(-2, 2)", "", "*test_it*does not use the fixture sampled_points*"),
        ("", "sampled_points", "*no variable is given; write @pytest.mark.derivative_domain(x=(-2, 2)*"),
        ("x=(2, -2)", "sampled_points", "*x takes (low, high) with low < high*"),
        ("'x'", "sampled_points", "*the variables of derivative_domain are given by name*"),
    ],
)
def test_a_wrong_marker_stops_the_run(pytester: pytest.Pytester, marker: str, arguments: str, complaint: str) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.mark.derivative_domain({marker})\ndef test_it({arguments}): pass\n")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([complaint])


# --- points ------------------------------------------------------------------------------------------------------


def test_points_are_spread_and_the_same_in_every_run() -> None:
    domain = {"x": (-2.0, 2.0), "y": (10.0, 30.0)}
    points = sample(domain, 20)
    assert points == sample(domain, 20)
    assert points != sample(domain, 20, seed=1)
    assert sorted(int((p["x"] + 2.0) * 5) for p in points) == list(range(20))
    assert sorted(int(p["y"] - 10.0) for p in points) == list(range(20))
    assert [p["x"] for p in points] != sorted(p["x"] for p in points)
    assert sample({"x": (-2.0, 2.0)}) == [p["x"] for p in points]


@pytest.mark.parametrize(
    ("domain", "points", "complaint"),
    [
        ({}, 1, "no variable"),
        ({"x": (0, 1)}, 0, "whole number from 1"),
        ({"x": (0, 1)}, 1.5, "whole number from 1"),
        ({"x": (0, 1)}, True, "whole number from 1"),
        ({"x": (1, 1)}, 1, "low < high"),
        ({"x": (0, float("inf"))}, 1, "finite"),
        ({"x": (float("nan"), 1)}, 1, "low < high"),
        ({"x": (-1e308, 1e308)}, 1, "finite"),
        ({"x": 3}, 1, "a pair of numbers"),
        ({"x": (1, 2, 3)}, 1, "a pair of numbers"),
        ({"x": "ab"}, 1, "a pair of numbers"),
    ],
)
def test_domains_that_make_no_sense(domain: Any, points: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        sample(domain, points)
