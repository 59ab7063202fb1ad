"""Compiled programs as JAX's: jitted, and with the batch spread over several devices. The numbers are the graph's."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.interop.two_moons import recorded, trained_here

ROOT = Path(__file__).parents[2]
DEVICES = 4

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None and not os.environ.get("CI"),  # there it must run
    reason="jax is not installed: pip install -e '.[interop]'",
)


@pytest.fixture(scope="module")
def found() -> Any:
    """What a process of its own says that has so many devices, and JAX's 64-bit numbers."""
    env = os.environ | {
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={DEVICES}",
        "JAX_ENABLE_X64": "1",
        "JAX_PLATFORMS": "cpu",
    }
    command = [sys.executable, "-m", "tests.interop.two_moons"]
    ran = subprocess.run(
        command, check=False, cwd=ROOT, env=env, capture_output=True, text=True, encoding="utf-8", timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_each_device_has_its_share_of_the_batch(found: Any) -> None:
    assert found["devices"] == DEVICES
    assert found["rows on each device"] == [10] * DEVICES


def test_only_sums_go_between_devices(found: Any) -> None:
    assert found["sums over devices"] > 0
    assert found["gathers"] == 0


@pytest.mark.parametrize("way", ["jitted", "sharded", "their derivative"])
def test_value_and_gradient_are_the_scalar_graphs(found: Any, way: str) -> None:
    moons = recorded()
    moons.loss.backward()
    result = found["results"][way]
    assert result["value"] == pytest.approx(moons.loss.data, rel=1e-12)
    assert result["gradient"] == pytest.approx([p.grad for p in moons.parameters], rel=1e-12, abs=1e-13)


def test_training_on_all_devices_is_the_programs_own(found: Any) -> None:
    told, trained = trained_here()
    assert found["told"] == pytest.approx(told, rel=1e-10)
    assert found["told"][-1] < 0.6 * found["told"][0]
    assert found["trained"] == pytest.approx(trained, rel=1e-10, abs=1e-12)
