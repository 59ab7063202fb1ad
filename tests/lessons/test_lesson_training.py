"""The claims about training against numbers worked out apart from them."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import lessons
from autograd.lessons import lesson_1, lesson_2, lesson_3
from autograd.lessons.claims import Figure
from autograd.lessons.lesson_3 import LOSSES

CLAIMS = ["1.10", "1.11", "2.6", "2.8", "2.9", "3.2", "3.4", "3.5", "3.6", "4.12", "4.13"]


@cache
def run(id: str) -> tuple[Figure, ...]:
    return lessons.get(int(id[0])).claim(id).run()


def figures(id: str) -> dict[str, Figure]:
    return {figure.name: figure for figure in run(id)}


def numbers(id: str, name: str) -> list[float]:
    found = figures(id)[name].engine
    assert isinstance(found, list)
    return [float(str(x)) for x in found]


@pytest.mark.parametrize("id", CLAIMS)
def test_computed_and_nothing_disagrees(id: str) -> None:
    claim = lessons.get(int(id[0])).claim(id)
    assert claim.status == "computed"
    assert not [figure.name for figure in figures(id).values() if figure.failed]


@pytest.mark.parametrize("id", CLAIMS)
def test_the_same_at_every_run(id: str) -> None:
    assert list(map(repr, run.__wrapped__(id))) == list(map(repr, run(id)))


@pytest.mark.parametrize("id", ["1.10", "1.11", "2.9", "3.2"])
def test_the_pictures_of_curves(id: str) -> None:
    picture = lessons.get(int(id[0])).claim(id).picture
    assert picture is not None
    assert picture().lstrip().startswith("<svg")


def test_1_10_every_cure_helps_and_the_strong_ones_much() -> None:
    won = dict(zip([name for name, *_ in lesson_1.CURES], numbers("1.10", "powers of ten won"), strict=True))
    assert min(won.values()) > 0.5
    assert min(won[name] for name in ("ReLU", "Xavier and tanh", "residual", "batch normalisation")) > 4


def test_1_10_a_gradient_of_the_cured_nets_is_that_of_finite_differences() -> None:
    from autograd import losses

    x, y = lesson_1.samples()
    for switches in ({"residual": True}, {"normalise": True}, {"start": "xavier", "activation": "tanh"}):
        net = lesson_1.deep_net(**switches)  # type: ignore[arg-type]
        losses.mse(net(x), y).backward()
        weight, h = net.parameters()[0], 1e-5
        slope, start, loss = weight.grad, weight.data, []
        for moved in (start + h, start - h):
            weight.data = moved
            loss.append(losses.mse(net(x), y).data)
        assert slope == pytest.approx((loss[0] - loss[1]) / (2 * h), rel=1e-5), switches


def test_1_11_three_curves() -> None:
    assert numbers("1.11", "loss, rate 1.05")[1] == pytest.approx(9 * 1.1**20, rel=1e-12)
    assert numbers("1.11", "loss, rate 1e-05")[-1] == pytest.approx(9 * 0.99998**100, rel=1e-12)
    assert numbers("1.11", "loss, rate 0.3")[1] == pytest.approx(9 * 0.4**20, rel=1e-9)


def test_2_6_clipping_side_by_side() -> None:
    clipped = numbers("2.6", "clipped by norm, 5")
    assert math.hypot(*clipped) == pytest.approx(5.0, rel=1e-8)
    assert clipped[1] / clipped[0] == pytest.approx(4 / 300)
    assert numbers("2.6", "clipped by value, 5") == [5.0, 4.0]
    assert figures("2.6")["direction, by value"].verdict == "differs as noted"


def test_2_9_adam_by_hand_is_adam() -> None:
    """One weight of curvature 1: the first step is the rate, and the published formulas go on from there."""
    assert lesson_2.adam_by_hand(1.0, 0.05, 1) == pytest.approx(0.95, abs=1e-9)
    assert figures("2.9")["stretched bowl, Adam"].verdict == "agrees"
    assert figures("2.9")["round bowl, SGD, Adam"].verdict == "differs as noted"
    sgd = figures("2.9")["stretched bowl, SGD"].engine
    assert sgd == pytest.approx(0.005 * (1 - 0.01 * 0.019) ** 400, rel=1e-9)


def test_3_2_the_arithmetic_of_epochs() -> None:
    assert figures("3.2")["10,000 images by 32"].engine == 313 == math.ceil(10_000 / 32)
    assert figures("3.2")["the last batch"].engine == 16
    assert numbers("3.2", "batch") == [16, 16, 8]


def test_3_4_adams_first_step() -> None:
    assert numbers("3.4", "Adam, first steps") == pytest.approx([0.001 / (1 + 1e-8 / g) for g in (1e-4, 1.0, 1e4)])
    assert numbers("3.4", "Adam, first steps") == pytest.approx([0.001] * 3, rel=2e-4)
    assert numbers("3.4", "SGD, first steps") == pytest.approx([1e-7, 1e-3, 10.0], rel=1e-14)


def test_3_5_troubles_and_cures() -> None:
    first, last = numbers("3.5", "vanishing: first, last")
    assert first < 1e-4 * last
    for cure in ("with ReLU", "with batch normalisation"):
        assert numbers("3.5", cure)[0] > 1000 * first
    assert figures("3.5")["slow: rate 0.00001"].engine == pytest.approx(9 * 0.99998**200, rel=1e-12)
    w, trace = 0.0, []
    for _ in range(41):
        trace.append(abs(w - 3))
        w -= 0.7 * math.copysign(1.0, w - 3)
    assert numbers("3.5", "oscillating: |w - 3|") == pytest.approx(trace[-4:], abs=1e-12)


def test_3_5_clipping_by_plain_floats() -> None:
    w = 0.0
    losses = []
    for _ in range(201):
        losses.append((w - 3) ** 2)
        w -= 10.0 * max(-0.01, min(0.01, 2 * (w - 3)))
    run = lesson_3.descend(lesson_3.square, 10.0, 200, clip=0.01)
    assert run.losses == pytest.approx(losses, abs=1e-9)


def test_3_6_numpy_finds_the_first_loss_and_pytorch_all() -> None:
    given = lesson_3.numbers()
    W1, b1, W2, b2 = given.parameters
    predictions = np.maximum(given.inputs @ W1.T + b1, 0) @ W2.T + b2
    assert ((predictions - given.targets) ** 2).mean() == pytest.approx(LOSSES[0], rel=1e-14)
    assert len(LOSSES) == 100
    worst: Any = figures("3.6")["all 100, off by"].engine
    assert worst < 1e-12


def test_3_6_the_rule_of_the_script_is_the_rule_of_the_lesson() -> None:
    script = (Path(__file__).parents[1] / "data/make_lesson_3_torch.py").read_text()
    lesson = Path(str(lesson_3.__file__)).read_text()
    rules = [line.strip() for line in script.splitlines() if "state >> 16" in line or "1103515245" in line]
    assert len(rules) == 2
    assert all(rule in lesson for rule in rules)


def test_4_12_a_report_that_four_decimals_would_hide() -> None:
    found = figures("4.12")
    assert found["to four decimals"].engine == "mean=0.0000, std=0.0000"
    mean: Any = found["mean of a first gradient"].engine
    assert 0 < abs(mean) < 5e-5
    for name, verdict in (
        ("eight sigmoids", "vanishing"),
        ("large weights", "exploding"),
        ("NaN planted", "not finite"),
    ):
        engine = found[f"monitor, {name}"].engine
        assert isinstance(engine, list)
        assert str(engine[0]).endswith(verdict)


def test_4_13_planted_errors_are_named() -> None:
    found = figures("4.13")
    assert found["not averaged"].engine == found["sigma' left out"].engine == "fail"
    assert "mean of 3 terms" in str(found["its slip"].engine)
