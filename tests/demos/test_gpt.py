"""The GPT demo: its short run learns, and its model is the one that plain Values compute."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "demos" / "gpt.py"

needs_matplotlib = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None and not os.environ.get("CI"), reason="matplotlib is not installed"
)


def run(*options):
    return subprocess.run(
        [sys.executable, str(DEMO), *options], capture_output=True, text=True, timeout=300, check=False
    )


@needs_matplotlib
def test_the_short_run_beats_letter_counts_and_draws_its_curve(tmp_path):
    result = run("--quick", "--out", str(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "reached: loss on held-out names" in result.stdout
    assert (tmp_path / "gpt.png").read_bytes().startswith(b"\x89PNG")


@needs_matplotlib
def test_losses_and_gradients_agree_with_plain_values():
    result = run("--compare")  # ends without this line where they differ; how fast it is, a busy machine decides
    assert "all 4096 gradients agree" in result.stdout, result.stdout + result.stderr


def test_the_names_are_plain_and_distinct():
    names = (DEMO.parent / "names.txt").read_text(encoding="utf-8").split()
    assert names == sorted(set(names))
    assert all(name.isascii() and name.islower() and name.isalpha() and len(name) <= 11 for name in names)
