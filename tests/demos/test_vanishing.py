from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np


def by_hand() -> tuple[float, float]:
    """The norms of the first and the last layer's gradient without a cure: the delta rule in plain NumPy."""
    weights = np.random.default_rng(0)
    layers = [weights.uniform(-0.5, 0.5, (8, 8)) for _ in range(10)]
    last = weights.uniform(-0.5, 0.5, (1, 8))
    x = np.random.default_rng(1).uniform(-1.0, 1.0, (32, 8))
    a = [x]
    for W in layers:
        a.append(1 / (1 + np.exp(-a[-1] @ W.T)))
    delta = 2 / 32 * (a[-1] @ last.T - (x[:, :1] - x[:, 1:2]))
    final = np.linalg.norm(delta.T @ a[-1])
    error = delta @ last
    for W, below, above in zip(layers[::-1], a[-2::-1], a[:0:-1], strict=True):
        delta = error * above * (1 - above)
        error, gradient = delta @ W, delta.T @ below
    return float(np.linalg.norm(gradient)), float(final)


def test_gradients_vanish_and_every_cure_brings_them_back(run_demo: Any, tmp_path: Path) -> None:
    done = run_demo("vanishing")
    assert (done.returncode, done.stderr) == (0, "")
    lines = re.findall(
        r"^(\S.*?) +first layer (\S+)  last (\S+)  loss (\S+)  verdicts: (.+)$", done.stdout, re.MULTILINE
    )
    found = {name: (float(first), float(last), float(loss), told) for name, first, last, loss, told in lines}
    assert list(found) == ["no cure", "ReLU", "Xavier", "Xavier and tanh", "residual", "batch norm"]
    first, last = by_hand()
    assert found["no cure"][:2] == (float(f"{first:.1e}"), float(f"{last:.1e}"))
    assert int(re.findall(r"(\d+) vanishing", found["no cure"][3])[0]) > 5
    for name in ("Xavier and tanh", "batch norm"):
        assert found[name][3] == "11 healthy"
    for name in ("ReLU", "Xavier and tanh", "residual", "batch norm"):
        assert found[name][0] > 1000 * first
        assert found[name][2] < found["no cure"][2]
    assert found["Xavier"][0] > 3 * first
    assert (tmp_path / "vanishing.png").read_bytes().startswith(b"\x89PNG")
