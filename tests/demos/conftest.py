from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

DEMOS = Path(__file__).parents[2] / "demos"


@pytest.fixture
def run_demo(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a demo as a reader does, shortened, with its pictures in `tmp_path`. In CI its packages must be there."""

    def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        for needed in ("matplotlib", "sklearn"):
            if not os.environ.get("CI") and importlib.util.find_spec(needed) is None:
                pytest.skip(f"the demos need {needed}: pip install -e '.[demos]'")
        command = [sys.executable, "-W", "error", DEMOS / f"{name}.py", "--quick", "--out", tmp_path, *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8", timeout=120)

    return run
