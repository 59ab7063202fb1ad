"""Lesson 1 against numbers worked out apart from it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd import array, lessons
from autograd.lessons.claims import Figure
from autograd.lessons.examples import worked

LESSON = lessons.get(1)
CLOSE = {"rel": 1e-14}


def figures(id: str) -> dict[str, Figure]:
    return {figure.name: figure for figure in LESSON.claim(id).run()}


def test_nothing_is_to_come() -> None:
    assert [claim.id for claim in LESSON.claims if claim.status != "computed"] == []


def test_1_11_planted_mistakes_are_caught_and_named() -> None:
    found = figures("1.11")
    assert [found[name].engine for name in ("wrong derivative", "right gradient", "forgotten transpose")] == [
        "fail",
        "pass",
        "fail",
    ]
    assert "do not fit" in str(found["wrong shapes"].engine)
    square = array([[1.0, 2.0], [3.0, 4.0]])
    assert (square @ array([1.0, 1.0])).shape == (square.T @ array([1.0, 1.0])).shape, "no shape error to be had"


def test_1_1_three_factors() -> None:
    found = figures("1.1")
    a = 1 / (1 + math.exp(-1.0))
    assert found["dJ/da"].engine == pytest.approx(a - 1, **CLOSE)
    assert found["da/dz"].engine == pytest.approx(a * (1 - a), **CLOSE)
    assert found["dz/dw"].engine == 1.5
    assert found["product"].engine == pytest.approx((a - 1) * a * (1 - a) * 1.5, **CLOSE)


def test_1_2_factors_of_the_squared_error() -> None:
    found = figures("1.2")
    assert found["J = (a-y)^2 / 2"].engine == pytest.approx(-0.154)
    assert found["J = (a-y)^2"].engine == pytest.approx(-0.308)
    assert found["J = (a-y)^2"].verdict == "differs as noted"
    assert found["weights, m=4, k=3"].engine == pytest.approx([1 / 6, 1 / 6])
    assert found["biases, m=4, k=3"].engine == pytest.approx([2 / 3, 2 / 3])
    assert found["weights, m=1, k=1"].engine == pytest.approx([2.0, 2.0])
    assert found["biases, m=1, k=1"].engine == pytest.approx([2.0, 2.0])


def test_1_3_slope_of_the_cross_entropy() -> None:
    assert figures("1.3")["dJ/da"].engine == pytest.approx(-0.8 / 0.646 + 0.2 / 0.354, **CLOSE)


def test_1_4_the_delta_rule_and_its_other_loss() -> None:
    found = figures("1.4")
    for name in ("delta2", "delta1", "dJ/dW2", "dJ/dW1", "dJ/db2", "dJ/db1", "largest difference", "the same"):
        assert found[name].verdict == "agrees"
    worst = found["largest difference"].engine
    assert isinstance(worst, float)
    assert 0.0 < worst < 1e-15
    assert found["delta2, other loss"].verdict == "differs as noted"


def test_1_5_weights_get_sums_and_biases_means() -> None:
    found = figures("1.5")
    verdicts = {name: figure.verdict for name, figure in found.items()}
    assert verdicts["d sum/dW1"] == verdicts["d sum/dW2"] == "agrees"
    assert verdicts["d sum/db1"] == verdicts["d sum/db2"] == "differs as noted"
    assert verdicts["d mean/db1"] == verdicts["d mean/db2"] == "agrees"
    assert found["d sum/db : update"].engine == pytest.approx([4.0] * 4)


def test_1_6_slopes_of_the_sigmoid() -> None:
    found = figures("1.6")
    assert found["sigmoid'(0)"].engine == 0.25
    assert found["sigmoid''(0)"].engine == 0.0
    assert found["sigmoid(1)"].engine == pytest.approx(0.7310585786300049, **CLOSE)
    assert found["sigmoid'(1)"].engine == pytest.approx(0.19661193324148185, **CLOSE)
    assert found["sigmoid'(3)"].engine == pytest.approx(0.045176659730912, **CLOSE)


def test_1_7_four_factors_of_a_fifth() -> None:
    engine = [figure.engine for figure in figures("1.7").values()]
    assert engine == [0.2, 0.04000000000000001, 0.008000000000000002, 0.0016000000000000005]


def test_1_8_every_number_of_the_worked_example() -> None:
    found = figures("1.8")
    expected = {
        "a1": [0.6224593312018546, 0.574442516811659],
        "z2": 0.6,
        "a2": 0.6456563062257954,
        "a2 - y": 0.6456563062257954 - 0.8,
        "sigma'(z2)": 0.6456563062257954 * (1 - 0.6456563062257954),
        "delta2 = dJ/dz2": -0.03531140474940632,
        "dJ/dW2": [-0.02197991338411345, -0.020284372216404136],
        "delta1 = dJ/dz1": [-0.007883395639205324, -0.006905733110774763],
    }
    for name, number in expected.items():
        assert found[name].engine == pytest.approx(number, **CLOSE)
        assert found[name].verdict == "agrees"
    dW1 = found["dJ/dW1"]
    assert dW1.verdict == "agrees"
    assert "ounded" in dW1.note
    expected_rows = [[-0.007883395639205324, -0.003941697819602662], [-0.006905733110774763, -0.0034528665553873817]]
    for row, numbers in zip(list(dW1.engine), expected_rows, strict=True):  # type: ignore[arg-type]
        assert row == pytest.approx(numbers, **CLOSE)
    assert found["weights, ours"].engine == [[[0.4, 0.2], [0.2, 0.2]], [0.95, 0.8], -0.450890378091089]


def test_1_8_how_far_the_digits_fix_the_weights() -> None:
    found = figures("1.8")
    assert found["W2[0] lies in"].engine == pytest.approx([0.904, 1.024], abs=5e-4)
    assert found["W2[1] lies in"].engine == pytest.approx([0.753, 0.8109], abs=5e-5)
    assert found["b2 lies in"].engine == pytest.approx([-0.5034, -0.3951], abs=5e-5)
    assert found["delta1 from -0.154"].verdict == "differs as noted"
    assert found["W2 for that reading"].engine == pytest.approx([0.22, 0.18], abs=5e-3)


def test_1_8_is_the_main_graph() -> None:
    root, node = worked(LESSON.graph())
    assert root.label == "J"
    assert root.data == pytest.approx(0.011910987903932729, **CLOSE)
    assert node["W2[0]"].grad == pytest.approx(-0.02197991338411345, **CLOSE)
    assert node["b2"].grad == node["z2"].grad
    assert node["W1[1,1]"].grad == pytest.approx(-0.0034528665553873817, **CLOSE)


def test_1_9_right_names_and_the_step() -> None:
    found = figures("1.9")
    assert found["W2 after the step"].engine == pytest.approx([0.9521979913384113, 0.8020284372216404], **CLOSE)
    assert found["b2 after the step"].engine == pytest.approx(-0.4473592376161484, **CLOSE)
    assert found["J before and after"].engine == pytest.approx([0.011910988, 0.011673504], abs=5e-10)
    assert found["dJ/da1"].engine == pytest.approx([0.95 * -0.03531140474940632, 0.8 * -0.03531140474940632], **CLOSE)
    assert found["dJ/da1 again"].verdict == "differs as noted"
    assert found["step of W2"].verdict == "differs as noted"


def test_1_13_the_drawing_the_right_way_round() -> None:
    found = figures("1.13")
    assert found["forward"].engine == "x -> z1 -> a1 -> z2 -> a2 -> J"
    assert found["backward"].engine == "x <- z1 <- a1 <- z2 <- a2 <- J"
    assert found["backward"].verdict == "differs as noted"
    _, node = worked(LESSON.graph("1.13"))
    assert node["w1"].parents == node["w2"].parents == ()
    assert any(parent is node["w1"] for parent in node["z1"].parents)
    assert node["x"].grad == pytest.approx(node["z1"].grad * 0.5)


def test_1_12_the_promised_scripts_are_there_and_show_the_update_of_1_8() -> None:
    found = figures("1.12")
    delta2 = (0.6456563062257954 - 0.8) * 0.6456563062257954 * (1 - 0.6456563062257954)  # a2 = sigmoid(0.6)
    delta1 = [
        w * delta2 * a * (1 - a) for w, a in ((0.95, 0.6224593312018546), (0.8, 0.574442516811659))
    ]  # a1 = sigmoid(0.5), sigmoid(0.3)
    expected = [[d * x for x in (1.0, 0.5)] for d in delta1]
    assert np.allclose(found["dJ/dW1"].engine, expected, rtol=1e-13)
    after = np.array([[0.4, 0.2], [0.2, 0.2]]) - 0.1 * np.array(expected)
    assert np.allclose(found["W1 after the step"].engine, after, rtol=1e-15)
    assert "autograd lesson 1 1.8 --svg" in found["arrows into a node"].note
    assert "autograd lesson 1 1.12 --svg" in found["W1"].note


def test_1_12_and_1_7_have_pictures() -> None:
    picture = LESSON.claim("1.12").picture
    assert picture is not None
    svg = picture()
    for text in ("W1", "dJ/dW1", "W1 after the step", "0.4", "-0.007883", "0.4008", "to neuron 2", "from x1"):
        assert f">{text}</text>" in svg
    picture = LESSON.claim("1.7").picture
    assert picture is not None
    svg = picture()
    for text in ("0.0016", "0.008", "0.04", "0.2", "dh4/dx"):
        assert f">{text}</text>" in svg
