"""demos/iris.py: every digit that it prints is the maximum's, found again with 40 digits and derivatives by hand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mpmath import diag, exp, inverse, matrix, mp, mpf, norm, nstr, sqrt

if not os.environ.get("CI"):  # there it must run
    for package in ("matplotlib", "sklearn"):
        pytest.importorskip(package, reason="the demo needs matplotlib and scikit-learn")

DEMO = Path(__file__).parents[2] / "demos" / "iris.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(DEMO), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def maximum_likelihood() -> list[tuple[str, str]]:
    """Coefficients and standard errors to 8 digits, from X^T (y - p) and X^T diag(p (1 - p)) X."""
    from sklearn.datasets import load_iris

    iris = load_iris()
    chosen = [(row, kind) for row, kind in zip(iris.data.tolist(), iris.target.tolist(), strict=True) if kind]
    with mp.workdps(40):  # the table's decimals, not the doubles nearest to them
        x = matrix([[mpf(1), mpf(str(row[2])), mpf(str(row[3]))] for row, _ in chosen])
        y = matrix([kind - 1 for _, kind in chosen])
        w = matrix([0, 0, 0])
        for _ in range(30):
            p = (x * w).apply(lambda z: 1 / (1 + exp(-z)))
            covariance = inverse(x.T * diag([a * (1 - a) for a in p]) * x)
            step = covariance * (x.T * (y - p))
            w += step
            if norm(step) < mpf("1e-30"):
                break
        assert norm(step) < mpf("1e-30")
        errors = [sqrt(covariance[i, i]) for i in range(3)]
        return [(nstr(a, 8, strip_zeros=False), nstr(b, 8, strip_zeros=False)) for a, b in zip(w, errors, strict=True)]


def test_all_8_digits_are_right(tmp_path: Path) -> None:
    done = run("--quick", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    printed = re.findall(r"^(?:1|petal \w+) +(-?[\d.]+) +([\d.]+) +-?[\d.]+$", done.stdout, re.MULTILINE)
    assert printed == maximum_likelihood()
    assert (tmp_path / "iris.png").stat().st_size > 10_000
