from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree


def test_the_network_learns_and_its_gradients_fade(run_demo: Any, tmp_path: Path) -> None:
    done = run_demo("xor")
    assert (done.returncode, done.stderr) == (0, "")
    rows = re.findall(r"(\d) xor (\d) = (\d), the network says (\d\.\d+)", done.stdout)
    assert [(int(a), int(b)) for a, b, *_ in rows] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for a, b, target, said in rows:
        assert int(target) == (int(a) != int(b)) == (float(said) > 0.5)
    before, after = map(float, re.findall(r"gradient: (\S+) before training, (\S+) after", done.stdout)[0])
    assert after < before / 10


def test_the_pictures_show_the_same_graph_with_different_numbers(run_demo: Any, tmp_path: Path) -> None:
    assert run_demo("xor").returncode == 0
    assert (tmp_path / "xor-loss.png").read_bytes().startswith(b"\x89PNG")
    texts = [(tmp_path / f"xor-{when}.svg").read_text(encoding="utf-8") for when in ("before", "after")]
    shapes = [[group.get("id") for group in ElementTree.fromstring(text).iter() if group.get("id")] for text in texts]
    assert len(shapes[0]) == len(shapes[1]) > 20
    assert texts[0] != texts[1]
