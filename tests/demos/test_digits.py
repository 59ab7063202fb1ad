from __future__ import annotations

import re
from pathlib import Path
from typing import Any


def test_the_network_reads_digits_that_it_has_not_seen(run_demo: Any, tmp_path: Path) -> None:
    done = run_demo("digits")
    assert (done.returncode, done.stderr) == (0, "")
    # 64 * 32 + 32 weights and biases in the first layer, 32 * 10 + 10 in the second; 1797 images, 1437 for training.
    assert "2,410 parameters, 600 images to learn from, 360 to be tested on" in done.stdout
    epochs = [float(loss) for loss in re.findall(r"epoch +\d+: loss (\S+),", done.stdout)]
    assert len(epochs) == 4
    assert epochs == sorted(epochs, reverse=True)
    assert float(re.findall(r"reached: (\S+)% of unseen digits", done.stdout)[0]) >= 85
    assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")
