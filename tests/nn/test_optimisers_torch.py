"""Every combination of options against what PyTorch computed, gradients missing or not, and the schedules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autograd import Value, optim

STORED = json.loads((Path(__file__).parents[1] / "data" / "torch_optimisers.json").read_text())


def close(got: list[float], expected: list[float]) -> bool:
    return all(abs(g - e) <= 1e-12 * max(abs(e), 1e-3) for g, e in zip(got, expected, strict=True))


@pytest.mark.parametrize(
    "case", STORED["optimisers"], ids=lambda c: f"{c['optimiser']}-{c['options']}-missing={c['missing']}"
)
def test_weights_are_pytorchs(case: dict[str, Any]) -> None:
    weights = [Value(x) for x in STORED["start"]]
    optimiser = getattr(optim, case["optimiser"])(weights, lr=STORED["lr"], **case["options"])
    for t, row in enumerate(STORED["missing" if case["missing"] else "gradients"]):
        for w, g in zip(weights, row, strict=True):
            w.grad = g
        optimiser.step()
        if t == 1:
            assert close([w.data for w in weights], case["second"])
    assert close([w.data for w in weights], case["last"])


@pytest.mark.parametrize("case", STORED["schedules"], ids=lambda c: "+".join(name for name, _ in c["schedule"]))
def test_rates_are_pytorchs(case: dict[str, Any]) -> None:
    optimiser = optim.SGD([Value(0.0)], lr=0.1)
    schedulers = [getattr(optim.lr_scheduler, name)(optimiser, **options) for name, options in case["schedule"]]
    rates = []
    for _ in case["lr"]:
        rates.append(optimiser.lr)
        for scheduler in schedulers:
            scheduler.step()
            assert scheduler.get_last_lr() == [optimiser.lr]
    assert rates == pytest.approx(case["lr"], rel=1e-15, abs=1e-18)
