"""Lesson 2 against numbers worked out apart from it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from autograd import Value, lessons, sigmoid, tanh
from autograd.lessons import lesson_2
from autograd.lessons.claims import Figure
from autograd.lessons.examples import worked

LESSON = lessons.get(2)
CLOSE: dict[str, Any] = {"rel": 1e-14, "abs": 1e-15}


def figures(id: str) -> dict[str, Figure]:
    return {figure.name: figure for figure in LESSON.claim(id).run()}


def test_every_claim_is_listed_and_computed() -> None:
    assert [claim.id for claim in LESSON.claims] == [f"2.{i}" for i in range(1, 11)]
    assert {claim.status for claim in LESSON.claims} == {"computed"}


def test_nothing_disagrees_and_names_are_unique() -> None:
    for claim in LESSON.claims:
        found = claim.run()
        assert not [figure.name for figure in found if figure.failed]
        assert len({figure.name for figure in found}) == len(found)


@pytest.mark.parametrize("id", ["2.1", "2.2", "2.4", "2.5", "2.10"])
def test_graphs_are_labelled_and_take_a_backward_pass(id: str) -> None:
    root, node = worked(LESSON.graph(id))
    assert root.grad == 1.0
    assert node[root.label] is root
    assert all(label == n.label for label, n in node.items())


def test_2_1_saved_values_in_order() -> None:
    root, node = LESSON.graph()
    assert (node["x[0]"].data, node["x[1]"].data) == (1.0, 2.0)
    found = figures("2.1")
    assert found["2: z1"].engine == pytest.approx([1.1, -0.3], **CLOSE)
    assert found["3: a1"].engine == pytest.approx([1.1, 0.0], **CLOSE)
    assert found["4: z2"].engine == pytest.approx(0.27, **CLOSE)
    assert found["5: output"].engine == pytest.approx(1 / (1 + math.exp(-0.27)), **CLOSE)
    assert root.data == pytest.approx(0.5 * (1 / (1 + math.exp(-0.27)) - 1) ** 2, **CLOSE)
    order = found["order in the graph"].engine
    assert isinstance(order, list)
    assert set(order) == {"x[0]", "x[1]", "z1[0]", "z1[1]", "a1[0]", "a1[1]", "z2", "output"}
    assert order.index("z1[0]") < order.index("a1[0]") < order.index("z2") < order.index("output")


def test_2_2_four_gradients_for_each_layer_and_the_biases() -> None:
    found = figures("2.2")
    s = 1 / (1 + math.exp(-0.27))
    dz2 = (s - 1) * s * (1 - s)
    expected: dict[str, Any] = {
        "layer 2: output": s - 1, "layer 2: z2": dz2, "layer 2: W2": [1.1 * dz2, 0.0], "layer 2: b2": dz2,
        "layer 2: inputs a1": [0.7 * dz2, -0.4 * dz2], "layer 1: output a1": [0.7 * dz2, -0.4 * dz2],
        "layer 1: z1": [0.7 * dz2, 0.0], "layer 1: b1": [0.7 * dz2, 0.0],
        "layer 1: inputs x": [0.5 * 0.7 * dz2, 0.25 * 0.7 * dz2],
    }  # fmt: skip
    for name, number in expected.items():
        assert found[name].engine == pytest.approx(number, **CLOSE), name
    rows = found["layer 1: W1"].engine
    assert isinstance(rows, list)
    assert rows[0] == pytest.approx([0.7 * dz2, 1.4 * dz2], **CLOSE)
    assert rows[1] == [0.0, 0.0]
    assert "biases" in found["layer 2: b2"].note


def test_2_3_largest_slopes_are_found() -> None:
    found = figures("2.3")
    assert found["ReLU' at -2 ... 2"].engine == [0.0, 0.0, 0.0, 1.0, 1.0]
    assert (found["sigmoid, steepest"].engine, found["its output there"].engine) == (0.25, 0.5)
    assert found["tanh, steepest"].engine == 1.0
    assert found["tanh's output there"].engine == pytest.approx(0.0, abs=1e-12)


def test_2_3_the_search_finds_a_maximum_that_is_elsewhere() -> None:
    def shifted(x: Any) -> Any:
        return 3.0 * tanh(2.0 * (x - 1.25))

    peak = lesson_2.steepest(shifted)
    assert peak.x == pytest.approx(1.25)
    assert peak.slope == pytest.approx(6.0)
    assert lesson_2.slope(sigmoid, 1.0) == pytest.approx(0.19661193324148185, rel=1e-15)


def test_2_4_chains_of_sigmoids() -> None:
    found = figures("2.4")
    assert found["2 layers"].engine == 0.0625
    assert found["5 layers"].engine == 0.0009765625
    assert found["10 layers"].engine == 9.5367431640625e-07
    assert [found[name].printed for name in ("2 layers", "5 layers", "10 layers")] == ["0.0625", "0.001", "0.000001"]
    assert found["10 layers, weight 8"].engine == 1024.0
    assert "at most" in found["2 layers"].note
    _, node = LESSON.graph("2.4")
    assert [node[f"z{i}"].data for i in range(1, 11)] == [0.0] * 10


def test_2_5_scalar_graph_and_matrix_form() -> None:
    found = figures("2.5")
    for name in ("Z1", "A1", "Z2", "A2", "dW2, averaged", "db2, averaged", "dW1, averaged", "db1, averaged"):
        assert found[name].verdict == "agrees", name
        assert found[name].engine == pytest.approx(found[name].reference, rel=1e-12, abs=1e-12)
    assert found["shape of Z1"].engine == [4, 3]
    assert found["shape of Z2"].engine == found["shape of A2"].engine == [4, 1]
    assert found["shape of dW1"].engine == [3, 2]
    assert "X W^T" in found["shape of Z1"].note
    worst = found["all, from an array"].engine
    assert isinstance(worst, float)
    assert worst < 1e-12


def test_2_5_the_compiler_finds_the_matrix_form() -> None:
    found = figures("2.5")
    assert found["layer 1, found"].engine == "Z1 = W1 X + b1, (3x2)(2x100)+(3x1)"
    assert found["layer 2, found"].engine == "Z2 = W2 A1 + b2, (1x3)(3x100)+(1x1)"
    assert found["layer 2, found"].printed == "Z2 = A1 W2^T + b2"
    assert found["layer 1, backward"].engine == "dW1 = dZ1 X^T, db1 = sum of dZ1 over the batch"
    assert "X^T" in found["layer 1, found"].note
    for name in ("compiled vs graph", "compiled vs NumPy"):
        assert found[name].verdict == "agrees"


def test_2_5_time_is_shown_and_judged_by_nobody() -> None:
    found = figures("2.5")
    for name in ("time, 256 one by one", "time, scalar graph"):
        assert found[name].agrees is None
        assert found[name].measured
        assert str(found[name].engine).endswith(" times")


def test_2_5_gradients_against_differences() -> None:
    given = lesson_2.numbers()
    _, node = worked(LESSON.graph("2.5"))

    def loss(w: float) -> float:
        W1 = given.W1.copy()
        W1[0, 1] = w
        passed = lesson_2.forward(given._replace(W1=W1))
        return float(0.5 * ((passed["A2"] - given.Y) ** 2).mean())

    w, h = float(given.W1[0, 1]), 1e-5
    assert node["W1[0,1]"].grad == pytest.approx((loss(w + h) - loss(w - h)) / (2 * h), rel=1e-7)


def test_2_6_the_part_that_the_engine_alone_can_show() -> None:
    found = figures("2.6")
    assert found["sigmoid(-1000)"].engine == [0.0, 0.0]
    assert "(4, 2) and (3, 2)" in str(found["X W1 for X W1^T"].engine)
    assert (found["ReLU' at -2"].engine, found["leaky ReLU' at -2"].engine) == (0.0, 0.01)


def test_2_7_operations_counted() -> None:
    found = figures("2.7")
    assert found["parameters n"].engine == [25, 49, 97, 193]
    # h dots of 2 * 4 + 1 operands, h sigmoids of 1, and a dot of 2 h + 1
    assert found["one backward pass"].engine == [12 * h + 1 for h in (4, 8, 16, 32)]
    assert found["n + 1 forward passes"].engine == [(6 * h + 2) * (12 * h + 1) for h in (4, 8, 16, 32)]
    assert found["one pass: n to the"].engine == pytest.approx(1.0, abs=0.02)
    assert found["n + 1 passes: n to the"].engine == pytest.approx(2.0, abs=0.02)


def test_2_10_a_dead_relu_and_fading_weights() -> None:
    found = figures("2.10")
    assert found["gradient of w and b"].engine == [0.0, 0.0]
    assert found["gradient of w and b"].verdict == "differs as noted"
    assert found["L over 5 steps"].engine == [2.375] * 5
    assert found["10 live ReLUs, w 0.5"].engine == 0.0009765625
    _, node = LESSON.graph("2.10")
    assert all(node[f"z{i}"].data < 0 for i in range(1, 5))
    leaking = found["with a leaky ReLU"].engine
    assert isinstance(leaking, list)
    assert all(g != 0.0 for g in leaking)


def test_2_10_the_same_neuron_lives_with_another_bias() -> None:
    _, node = worked(lesson_2.dead_neuron(bias=0.0))
    assert isinstance(node["b"], Value)
    assert node["b"].grad != 0.0


def test_2_8_each_way_to_debug_is_one_call() -> None:
    found = {figure.name: figure for figure in LESSON.claim("2.8").run()}
    assert found["gradcheck(f, 0.3, -1)"].engine is True
    assert "(1, 2) and (3,)" in str(found["shapes that do not fit"].engine)
    assert "inf" in str(found["with detect_anomaly()"].engine)
    assert found["one layer, checked alone"].engine == "pass"


def test_2_4_has_a_picture_of_both_ends() -> None:
    picture = LESSON.claim("2.4").picture
    assert picture is not None
    svg = picture()
    for text in ("layer 1", "layer 10", "9.537e-07", "128", "0.25"):  # 0.25 ** 10 and 2 ** 9 * 0.25
        assert f">{text}</text>" in svg
