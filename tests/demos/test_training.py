"""The demos that train a network: they run, and what they print is so."""

from __future__ import annotations

import importlib.util
import io
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest


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


# ---- demos/regression.py


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


# ---- demos/two_moons.py


def test_the_network_tells_the_moons_apart(run_demo: Any, tmp_path: Path) -> None:
    done = run_demo("two_moons")
    assert (done.returncode, done.stderr) == (0, "")
    first, last = map(float, re.findall(r"loss (\S+) in the first epoch, (\S+) in the last", done.stdout)[0])
    assert last < first / 2
    after, before = map(float, re.findall(r"reached: (\S+)% .* \(before: (\S+)%\)", done.stdout)[0])
    assert after >= 90 > before
    assert (tmp_path / "two-moons.png").read_bytes().startswith(b"\x89PNG")


# ---- demos/vanishing.py


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


# ---- demos/xor.py


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


# ---- The counter that the demos show in a terminal, and only there

if not os.environ.get("CI"):  # there it must run
    pytest.importorskip("matplotlib", reason="the demos need matplotlib")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def shared() -> Any:
    path = Path(__file__).parents[2] / "demos" / "_shared.py"
    spec = importlib.util.spec_from_file_location("_shared_of_the_demos", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_is_written_where_there_is_no_terminal(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(shared.progress(range(3))) == [0, 1, 2]
    assert stream.getvalue() == ""


def test_the_line_counts_and_goes_even_when_the_loop_is_left(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stream, clock = Terminal(), iter(range(99))
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(shared, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    loop = shared.progress(iter("abc"), text=lambda: "loss 0.5")
    assert [next(loop), next(loop)] == ["a", "b"]
    assert stream.getvalue() == "\r\x1b[K1 loss 0.5"
    loop.close()
    assert stream.getvalue().endswith("\r\x1b[K")
