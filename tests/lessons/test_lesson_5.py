"""Lesson 5 against numbers worked out apart from it."""

from __future__ import annotations

import math

import pytest

from autograd import lessons
from autograd.lessons.claims import Figure
from autograd.lessons.examples import worked

LESSON = lessons.get(5)


def figures(id: str) -> dict[str, Figure]:
    return {figure.name: figure for figure in LESSON.claim(id).run()}


def test_nothing_is_to_come() -> None:
    assert [claim.status for claim in LESSON.claims] == ["computed"] * 4


def test_5_1_the_loss_of_one_prediction() -> None:
    found = figures("5.1")
    assert found["L(1, 0.8)"].engine == pytest.approx(0.22314355131420976, rel=1e-15)
    assert found["L(0, 0.8)"].engine == pytest.approx(1.6094379124341005, rel=1e-15)
    assert found["L(1, 0.25)"].engine == pytest.approx(math.log(4), rel=1e-15)
    assert found["dL/dyhat at (1, 0.8)"].engine == -1.25
    assert found["dL/dyhat at (0, 0.8)"].engine == pytest.approx(5.0)


def test_5_2_path_products_and_the_order_of_updates() -> None:
    found = figures("5.2")
    assert found["the one path to each"].engine == pytest.approx(found["dL/dW2, dL/dW1"].engine, rel=1e-14)
    a1 = math.tanh(0.4 * 1.5 + 0.1)
    yhat = 1 / (1 + math.exp(0.6 * a1 - 0.2))
    delta2 = (yhat - 1) * yhat * (1 - yhat)
    delta1 = -0.6 * delta2 * (1 - a1**2)
    expected = {"delta2": delta2, "dL/dW2": delta2 * a1, "delta1": delta1, "dL/dW1": delta1 * 1.5}
    for name, number in expected.items():
        assert found[name].engine == pytest.approx(number, rel=1e-14)
    assert found["dL/db2, dL/db1"].engine == pytest.approx([delta2, delta1], rel=1e-14)
    moved = found["dL/dW1, W2 moved first"]
    assert moved.engine == pytest.approx((-0.6 - 0.1 * delta2 * a1) / -0.6 * delta1 * 1.5, rel=1e-14)
    assert (moved.agrees, moved.should_agree) == (False, False)
    assert "before" in moved.note or "first" in moved.note


def test_5_3_every_number_of_the_worked_example() -> None:
    found = figures("5.3")
    expected = {
        "a1": 6.0,
        "z2": 3.0,
        "yhat": 3.0,
        "L": 2.0,
        "dL/dyhat": 2.0,
        "dyhat/dm2": 6.0,
        "dL/dm2": 12.0,
        "factors of dL/dm1": [2.0, 1.0, 0.5, 2.0],
        "dL/dm1": 2.0,
        "m2 after the step": -0.7000000000000002,
        "m1 after the step": 2.8,
        "gradients there": [0.0, 0.0],
        "L, 3 steps of 0.1": [2.0, 0.5, 0.5, 0.5],
    }
    for name, number in expected.items():
        assert found[name].engine == number
        assert found[name].verdict == "agrees"
    assert found["m1, had m2 moved first"].engine == pytest.approx(3.28)
    assert found["m1, had m2 moved first"].verdict == "differs as noted"
    assert found["z2 after the step"].engine == pytest.approx(-3.92)
    lower = found["L, 3 steps of 0.04"].engine
    assert isinstance(lower, list)
    assert lower[1] == pytest.approx((2.92 * 2 * 0.02 - 1) ** 2 / 2)
    assert lower == sorted(lower, reverse=True)


def test_5_3_is_the_main_graph() -> None:
    root, node = LESSON.graph()
    assert root.data == 2.0
    assert (node["m1"].grad, node["m2"].grad) == (0.0, 0.0)
    root.backward()
    assert set(node) == {"x", "y", "m1", "m2", "a1", "z2", "yhat", "yhat - y", "L"}
    assert (node["m1"].grad, node["m2"].grad) == (2.0, 12.0)
    assert node["x"].constant
    assert node["y"].constant


def test_5_4_ten_to_ten() -> None:
    found = figures("5.4")
    assert found["weights that moved"].engine == 100
    assert found["parameters"].engine == 110
    root, node = worked(LESSON.graph("5.4"))
    loss = 0.0
    for i in range(1, 11):
        z = sum(node[f"w{i},{j}"].data * node[f"a{j}"].data for j in range(1, 11)) + node[f"b{i}"].data
        assert node[f"z{i}"].data == pytest.approx(z, rel=1e-12)
        for j in range(1, 11):
            assert node[f"w{i},{j}"].grad == pytest.approx(node[f"z{i}"].grad * node[f"a{j}"].data, rel=1e-12)
        assert node[f"b{i}"].grad == node[f"z{i}"].grad
        loss += node[f"z{i}"].grad ** 2 / 2
    assert root.data == pytest.approx(loss, rel=1e-12)


def test_5_4_the_compiler_finds_the_matrix_form() -> None:
    found = figures("5.4")
    assert found["found in the graph"].engine == "Z1 = W1 X + b1, (10x10)(10x1)+(10x1)"
    assert found["backward"].engine == "dW1 = dZ1 X^T, db1 = dZ1"
    for name in ("compiled vs graph", "compiled vs NumPy"):
        assert found[name].verdict == "agrees"
