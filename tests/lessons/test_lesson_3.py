"""Lesson 3 against numbers worked out apart from it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from autograd import lessons
from autograd.lessons import lesson_3
from autograd.lessons.claims import Figure
from autograd.lessons.examples import worked

LESSON = lessons.get(3)
CLOSE: dict[str, Any] = {"rel": 1e-14, "abs": 1e-15}


def figures(id: str) -> dict[str, Figure]:
    return {figure.name: figure for figure in LESSON.claim(id).run()}


def s(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def test_every_claim_is_listed_and_computed() -> None:
    assert [claim.id for claim in LESSON.claims] == [f"3.{i}" for i in range(1, 7)]
    assert {claim.status for claim in LESSON.claims} == {"computed"}


def test_nothing_disagrees_and_names_are_unique() -> None:
    for claim in LESSON.claims:
        found = claim.run()
        assert not [figure.name for figure in found if figure.failed]
        assert len({figure.name for figure in found}) == len(found)


@pytest.mark.parametrize("id", ["3.1", "3.3", "3.4"])
def test_graphs_are_labelled_and_take_a_backward_pass(id: str) -> None:
    root, node = worked(LESSON.graph(id))
    assert root.grad == 1.0
    assert node[root.label] is root


def test_3_1_three_losses() -> None:
    found = figures("3.1")
    assert found["MSE"].engine == 0.375
    assert found["dMSE/dp"].engine == [-0.25, 0.25, 0.0, -0.5]
    assert found["cross-entropy"].engine == pytest.approx(0.35667494393873245, **CLOSE)
    assert found["dCE/dp"].engine == pytest.approx([-10 / 7, 0.0, 0.0], **CLOSE)
    assert found["BCE, y = 1, p = 0.9"].engine == pytest.approx(0.10536051565782628, **CLOSE)
    assert found["BCE, y = 0, p = 0.9"].engine == pytest.approx(2.302585092994046, **CLOSE)
    assert found["dBCE/dp, y = 1"].engine == pytest.approx(-10 / 9, **CLOSE)
    assert found["dBCE/dp, y = 0"].engine == pytest.approx(10.0, **CLOSE)
    assert "log" in str(found["BCE, y = 1, p = 1"].engine)


def test_3_3_factor_by_factor() -> None:
    found = figures("3.3")
    h = s(0.8 * 1.5)
    p = s(-0.6 * h)
    factors = {
        "dLoss/dpredicted": p - 1, "dpredicted/dz2": p * (1 - p), "dz2/dhidden": -0.6, "dhidden/dz1": h * (1 - h),
        "dz1/dw1": 1.5,
    }  # fmt: skip
    for name, number in factors.items():
        assert found[name].engine == pytest.approx(number, **CLOSE), name
    assert found["their product"].engine == pytest.approx(math.prod(factors.values()), **CLOSE)
    assert found["gradient of w1"].engine == pytest.approx(math.prod(factors.values()), **CLOSE)
    assert found["with its own MSE"].engine == pytest.approx(2 * (p - 1), **CLOSE)
    assert found["with its own MSE"].verdict == "differs as noted"


def test_3_3_gradient_against_differences() -> None:
    h = 1e-5
    ahead, behind = (lesson_3.two_weights(w1=0.8 + step)[0].data for step in (h, -h))
    assert worked(LESSON.graph())[1]["w1"].grad == pytest.approx((ahead - behind) / (2 * h), rel=1e-8)


def test_3_4_sign_size_and_saturation() -> None:
    found = figures("3.4")
    up, down = found["dLoss/dw2, actual 0"].engine, found["dLoss/dw2, actual 1"].engine
    assert isinstance(up, float)
    assert isinstance(down, float)
    assert up > 0 > down
    assert all(
        found[f"Loss, actual {i}"].verdict == found[f"other way, actual {i}"].verdict == "agrees" for i in (0, 1)
    )
    saturated = found["saturated: dLoss/dw2"].engine
    assert isinstance(saturated, list)
    gradient, loss = saturated
    assert isinstance(gradient, float)
    assert 0 < gradient < 1e-18
    assert loss == 0.5


def test_3_5_two_ways_to_diverge() -> None:
    found = figures("3.5")
    assert found["first losses"].engine == [9.0, 3249.0, 1172889.0]
    assert "power with d = " in str(found["with d ** 2"].engine)
    assert found["with d ** 2"].verdict == "differs as noted"
    last = found["with d * d"].engine
    assert isinstance(last, float)
    assert math.isnan(last)
    # d = 3 * 19^n: its square passes the largest double, and then d itself does
    squared = next(n for n in range(400) if (3 * 19**n) ** 2 > int(1.7976931348623157e308))
    itself = next(n for n in range(400) if 3 * 19**n > int(1.7976931348623157e308))
    assert found["after how many steps"].engine == squared == 121
    engine = found["first inf, first NaN"].engine
    assert isinstance(engine, list)
    assert engine[0] == squared
    assert squared < itself <= int(str(engine[1])) <= itself + 2
    cured = found["learning rate 0.1"].engine
    assert cured == pytest.approx(9 * 0.8**98, rel=1e-9)


def test_3_3_one_path_is_the_whole_gradient() -> None:
    found = figures("3.3")
    (product,) = found["the one path to w1"].engine  # type: ignore[misc]
    hidden = s(0.8 * 1.5)
    p = s(-0.6 * hidden)
    assert product == pytest.approx((p - 1) * p * (1 - p) * -0.6 * hidden * (1 - hidden) * 1.5, rel=1e-14)
