"""demos/curve_fitting.py: it runs, its tables are NIST's, and what it prints is what NIST certifies."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mpmath import exp, mp, mpf

if not os.environ.get("CI"):  # there it must run
    pytest.importorskip("matplotlib", reason="the demos need matplotlib")

DEMOS = Path(__file__).parents[2] / "demos"
OBSERVATIONS = {"misra1a": 14, "thurber": 37, "mgh09": 11}
MODELS = {
    "misra1a": lambda b, x: b[0] * (1 - exp(-b[1] * x)),
    "thurber": lambda b, x: sum(c * x**k for k, c in enumerate(b[:4])) / (1 + sum(b[k + 3] * x**k for k in (1, 2, 3))),
    "mgh09": lambda b, x: b[0] * (x**2 + b[1] * x) / (x**2 + b[2] * x + b[3]),
}


def rows(name: str) -> list[list[str]]:
    lines = (DEMOS / "data" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("name", MODELS)
def test_the_table_has_the_certified_residual_sum_of_squares(name: str) -> None:
    table = rows(name)
    b = [mpf(row[3]) for row in table if row[0].startswith("b")]
    [certified] = [mpf(row[1]) for row in table if row[0] == "rss"]
    points = [(mpf(row[0]), mpf(row[1])) for row in table if row[0][0] not in "br"]
    assert len(points) == OBSERVATIONS[name]
    with mp.workdps(40):  # a wrong digit anywhere in the table would show
        rss = sum((y - MODELS[name](b, x)) ** 2 for y, x in points)
    assert abs(rss / certified - 1) < mpf("1e-10")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(DEMOS / "curve_fitting.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_it_reaches_the_certified_values(tmp_path: Path) -> None:
    done = run("--quick", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    pairs = re.findall(r"b\d = (\S+) .* certified (\S+)", done.stdout)
    assert len(pairs) == 2 + 7 + 4
    for reached, certified in pairs:
        assert float(reached) == pytest.approx(float(certified), rel=1e-9)
    tables = [row[3] for name in MODELS for row in rows(name) if row[0].startswith("b")]
    assert [float(certified) for _, certified in pairs] == [float(value) for value in tables]
    assert (tmp_path / "curve_fitting.png").stat().st_size > 10_000


def test_it_reaches_them_from_the_hard_starts_too(tmp_path: Path) -> None:
    done = run("--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOT REACHED" not in done.stdout
