"""demos/rosenbrock.py: it runs, and walks where steps with the derivatives worked out by hand lead."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mpmath import lu_solve, matrix, mp, mpf, norm

if not os.environ.get("CI"):  # there it must run
    pytest.importorskip("matplotlib", reason="the demos need matplotlib")

DEMO = Path(__file__).parents[2] / "demos" / "rosenbrock.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(DEMO), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def newton() -> list[tuple[float, float]]:
    points = []
    with mp.workdps(50):
        x, y = mpf("-1.2"), mpf(1)
        while True:
            points.append((float(x), float(y)))
            g = matrix([-400 * x * (y - x**2) - 2 * (1 - x), 200 * (y - x**2)])
            if norm(g) < mpf("1e-10"):
                return points
            step = lu_solve(matrix([[1200 * x**2 - 400 * y + 2, -400 * x], [-400 * x, 200]]), g)
            x, y = x - step[0], y - step[1]


def descent(rate: float, tolerance: float) -> int:
    x, y, steps = -1.2, 1.0, 0
    while True:
        gx, gy = -400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)
        if math.hypot(gx, gy) < tolerance:
            return steps
        x, y, steps = x - rate * gx, y - rate * gy, steps + 1


def test_it_walks_where_derivatives_by_hand_lead(tmp_path: Path) -> None:
    done = run("--quick", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    points = [(float(x), float(y)) for x, y in re.findall(r"\(([+-][\d.]+), ([+-][\d.]+)\)", done.stdout)]
    expected = newton()
    assert len(points) == len(expected) == 8
    for point, right in zip(points, expected, strict=True):
        assert point == pytest.approx(right, abs=1e-9)
    [(rate, steps, goal)] = re.findall(r"rate ([\d.]+): (\d+) steps to \|grad\| < (\S+),", done.stdout)
    assert abs(int(steps) - descent(float(rate), float(goal))) <= 1
    assert (tmp_path / "rosenbrock.png").stat().st_size > 10_000
