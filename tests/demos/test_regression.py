from __future__ import annotations

import re
from pathlib import Path
from typing import Any


def test_the_network_beats_a_straight_line_on_unseen_rows(run_demo: Any, tmp_path: Path) -> None:
    done = run_demo("regression")
    assert (done.returncode, done.stderr) == (0, "")
    # 10 * 64 + 64 + 64 + 1 parameters; 192 rows are 12 batches of 16, and 30 epochs of them 360 updates
    assert "parameters: 769; updates: 360" in done.stdout
    first, last = map(float, re.findall(r"(\S+) in epoch 1, (\S+) in epoch 30", done.stdout)[0])
    assert last < first / 2
    ours, line = map(float, re.findall(r"R\^2 (\S+) on unseen rows.* a straight line has (\S+)", done.stdout)[0])
    # Of the variance 1 + 1/4 + 1 (+ the noise) a line reaches all but the product's 1: 0.55, give or take the sample.
    assert ours > 0.6
    assert 0.4 < line < 0.7
    assert line < ours
    assert (tmp_path / "regression.png").read_bytes().startswith(b"\x89PNG")
