from __future__ import annotations

import re
from pathlib import Path
from typing import Any


def test_the_network_tells_the_moons_apart(run_demo: Any, tmp_path: Path) -> None:
    done = run_demo("two_moons")
    assert (done.returncode, done.stderr) == (0, "")
    first, last = map(float, re.findall(r"loss (\S+) in the first epoch, (\S+) in the last", done.stdout)[0])
    assert last < first / 2
    after, before = map(float, re.findall(r"reached: (\S+)% .* \(before: (\S+)%\)", done.stdout)[0])
    assert after >= 90 > before
    assert (tmp_path / "two-moons.png").read_bytes().startswith(b"\x89PNG")
