"""The claims of the five lessons against numbers worked out apart from them."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, grad, lessons, sigmoid, tanh
from autograd.lessons import lesson_1, lesson_2, lesson_3, lesson_4
from autograd.lessons.claims import Figure, worked
from autograd.lessons.lesson_3 import LOSSES

CLOSE: dict[str, Any] = {"rel": 1e-14, "abs": 1e-15}
GRAPHS = [claim.id for lesson in lessons.all() for claim in lesson.claims if claim.graph is not None]


@cache
def run(id: str) -> tuple[Figure, ...]:
    return lessons.get(int(id[0])).claim(id).run()


def figures(id: str) -> dict[str, Figure]:
    return {figure.name: figure for figure in run(id)}


@pytest.mark.parametrize(("number", "claims"), [(1, 16), (2, 12), (3, 7), (4, 17), (5, 4)])
def test_every_claim_is_listed_and_computed(number: int, claims: int) -> None:
    lesson = lessons.get(number)
    assert [claim.id for claim in lesson.claims] == [f"{number}.{i}" for i in range(1, claims + 1)]
    assert {claim.status for claim in lesson.claims} == {"computed"}


@pytest.mark.parametrize("id", [claim.id for lesson in lessons.all() for claim in lesson.claims])
def test_nothing_disagrees_and_names_are_unique(id: str) -> None:
    assert not [figure.name for figure in run(id) if figure.failed]
    assert len(figures(id)) == len(run(id))


@pytest.mark.parametrize("id", [claim.id for lesson in lessons.all() for claim in lesson.claims])
def test_a_claim_is_told_whole(id: str) -> None:
    """Each has an idea; where a figure differs, the verdict says why; no sentence is cut over rows."""
    claim = lessons.get(int(id[0])).claim(id)
    assert claim.idea.endswith((".", ".)"))
    assert not any(text.endswith(".") or text[:1].isspace() for text in (claim.errs, claim.omits))
    differing = [figure.name for figure in run(id) if figure.verdict == "differs as noted"]
    assert not differing or claim.errs or claim.omits, differing
    for figure in run(id):
        assert not figure.note or (figure.note.endswith((".", ".)")) and not figure.note.startswith("and ")), figure
        assert "the same" not in figure.name


def test_these_claims_have_a_graph() -> None:
    some = {"2.1", "2.2", "2.4", "2.5", "2.10", "3.1", "3.3", "3.4", "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.8"}
    assert some | {"4.10", "4.11", "4.14"} <= set(GRAPHS)


@pytest.mark.parametrize("id", GRAPHS)
def test_graphs_are_labelled_and_take_a_backward_pass(id: str) -> None:
    root, node = worked(lessons.get(int(id[0])).graph(id))
    assert root.grad == 1.0
    assert node[root.label] is root
    assert all(label == n.label for label, n in node.items())


# === lesson 1 =========================================================================================================


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
    assert found["dJ/da, J = (a-y)^2 / 2"].engine == pytest.approx(-0.154)
    assert found["dJ/da, J = (a-y)^2"].engine == pytest.approx(-0.308)
    assert found["dJ/da, J = (a-y)^2"].verdict == "differs as noted"
    assert found["weights, m=4, k=3"].engine == pytest.approx([1 / 6, 1 / 6])
    assert found["biases, m=4, k=3"].engine == pytest.approx([2 / 3, 2 / 3])
    assert found["weights, m=1, k=1"].engine == pytest.approx([2.0, 2.0])
    assert found["biases, m=1, k=1"].engine == pytest.approx([2.0, 2.0])


def test_1_3_slope_of_the_cross_entropy() -> None:
    assert figures("1.3")["dJ/da"].engine == pytest.approx(-0.8 / 0.646 + 0.2 / 0.354, **CLOSE)


def test_1_4_the_delta_rule_and_its_other_loss() -> None:
    found = figures("1.4")
    for name in (
        "delta2",
        "delta1",
        "dJ/dW2",
        "dJ/dW1",
        "dJ/db2",
        "dJ/db1",
        "largest difference",
        "delta2 is a2 - y there",
    ):
        assert found[name].verdict == "agrees"
    worst = found["largest difference"].engine
    assert isinstance(worst, float)
    assert 0.0 < worst < 1e-15
    assert found["delta2, cross-entropy"].verdict == "differs as noted"


def test_1_5_weights_get_sums_and_biases_means() -> None:
    found = figures("1.5")
    verdicts = {name: figure.verdict for name, figure in found.items()}
    assert verdicts["dJ_sum/dW1"] == verdicts["dJ_sum/dW2"] == "agrees"
    assert verdicts["dJ_sum/db1"] == verdicts["dJ_sum/db2"] == "differs as noted"
    assert verdicts["dJ_mean/db1"] == verdicts["dJ_mean/db2"] == "agrees"
    assert found["dJ_sum/db over its step"].engine == pytest.approx([4.0] * 4)


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
    assert "round" in dW1.note
    expected_rows = [[-0.007883395639205324, -0.003941697819602662], [-0.006905733110774763, -0.0034528665553873817]]
    for row, numbers in zip(list(dW1.engine), expected_rows, strict=True):  # type: ignore[arg-type]
        assert row == pytest.approx(numbers, **CLOSE)
    assert found["weights, ours"].engine == [[[0.4, 0.2], [0.2, 0.2]], [0.95, 0.8], -0.450890378091089]


def test_1_8_how_far_the_digits_fix_the_weights() -> None:
    found = figures("1.8")
    assert found["W2[1,1] lies in"].engine == pytest.approx([0.904, 1.024], abs=5e-4)
    assert found["W2[1,2] lies in"].engine == pytest.approx([0.753, 0.8109], abs=5e-5)
    assert found["b2 lies in"].engine == pytest.approx([-0.5034, -0.3951], abs=5e-5)
    assert found["delta1 from -0.154"].verdict == "differs as noted"
    assert found["W2 for that reading"].engine == pytest.approx([0.22, 0.18], abs=5e-3)


def test_1_8_is_the_main_graph() -> None:
    root, node = worked(lessons.get(1).graph())
    assert root.label == "J"
    assert root.data == pytest.approx(0.011910987903932729, **CLOSE)
    assert node["W2[1,1]"].grad == pytest.approx(-0.02197991338411345, **CLOSE)
    assert node["b2"].grad == node["z2"].grad
    assert node["W1[2,2]"].grad == pytest.approx(-0.0034528665553873817, **CLOSE)


def test_1_9_right_names_and_the_step() -> None:
    found = figures("1.9")
    assert found["W2 after the step"].engine == pytest.approx([0.9521979913384113, 0.8020284372216404], **CLOSE)
    assert found["b2 after the step"].engine == pytest.approx(-0.4473592376161484, **CLOSE)
    assert found["J before and after"].engine == pytest.approx([0.011910988, 0.011673504], abs=5e-10)
    assert found["dJ/da1"].engine == pytest.approx([0.95 * -0.03531140474940632, 0.8 * -0.03531140474940632], **CLOSE)
    assert found["dJ/da1 in its example"].verdict == "differs as noted"
    assert found["step of W2"].verdict == "differs as noted"


def test_1_13_the_drawing_the_right_way_round() -> None:
    found = figures("1.13")
    assert found["forward"].engine == "x -> z1 -> a1 -> z2 -> a2 -> J"
    assert found["backward"].engine == "x <- z1 <- a1 <- z2 <- a2 <- J"
    assert found["backward"].verdict == "differs as noted"
    _, node = worked(lessons.get(1).graph("1.13"))
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
    idea = lessons.get(1).claim("1.12").idea
    assert "autograd lesson 1.8 --svg" in idea
    assert "autograd lesson 1.12 --svg" in idea


def test_1_12_and_1_7_have_pictures() -> None:
    picture = lessons.get(1).claim("1.12").picture
    assert picture is not None
    svg = picture()
    for text in ("W1", "dJ/dW1", "W1 after the step", "0.4", "-0.007883", "0.4008", "to neuron 2", "from x1"):
        assert f">{text}</text>" in svg
    picture = lessons.get(1).claim("1.7").picture
    assert picture is not None
    svg = picture()
    for text in ("0.0016", "0.008", "0.04", "0.2", "dh4/dx"):
        assert f">{text}</text>" in svg


def test_1_14_the_second_drawing_points_the_wrong_way() -> None:
    found = figures("1.14")
    assert found["reached first and last"].engine == ["a2", "x[1]"]
    expected = [0.95 * -0.03531140474940632, 0.8 * -0.03531140474940632]
    assert found["dJ/da1"].engine == pytest.approx(expected, **CLOSE)
    assert found["delta1"].verdict == "differs as noted"
    delta1 = [-0.007883395639205324, -0.006905733110774763]
    assert found["W2^T delta2 * sigma'(z1)"].engine == pytest.approx(delta1, **CLOSE)
    through = [0.4 * delta1[0] + 0.2 * delta1[1], 0.2 * delta1[0] + 0.2 * delta1[1]]
    assert found["dJ/dx"].engine == pytest.approx(through, **CLOSE)


def test_1_15_two_functions_of_one_name() -> None:
    found = figures("1.15")
    right = 0.6456563062257954 * (1 - 0.6456563062257954)
    assert found["given z2 = 0.6"].engine == pytest.approx(right, **CLOSE)
    assert found["003's, given a2 = 0.646"].engine == pytest.approx(right, **CLOSE)
    assert found["003's, given z2"].engine == pytest.approx(0.24)
    a = 1 / (1 + math.exp(-0.6456563062257954))
    assert found["000's, given a2"].engine == pytest.approx(a * (1 - a), **CLOSE)
    assert found["the check of the latter"].engine == "fail"


def test_1_16_one_pass_walks_each_edge_once_at_any_depth() -> None:
    found = figures("1.16")
    assert found["gradients from one pass"].engine == 9
    # two dots of 5, one of 5, three sigmoids, and a - y, its square and its half with two operands at most
    assert found["steps of that pass"].engine == 23
    assert found["steps, path by path"].engine == 57
    assert found["10,000 layers"].engine == pytest.approx((1 + 2.0**-12) ** 10_000, rel=1e-9)


# === lesson 2 =========================================================================================================


def test_2_1_saved_values_in_order() -> None:
    root, node = lessons.get(2).graph()
    assert (node["x[1]"].data, node["x[2]"].data) == (1.0, 2.0)
    found = figures("2.1")
    assert found["2: z1"].engine == pytest.approx([1.1, -0.3], **CLOSE)
    assert found["3: a1"].engine == pytest.approx([1.1, 0.0], **CLOSE)
    assert found["4: z2"].engine == pytest.approx(0.27, **CLOSE)
    assert found["5: output"].engine == pytest.approx(1 / (1 + math.exp(-0.27)), **CLOSE)
    assert root.data == pytest.approx(0.5 * (1 / (1 + math.exp(-0.27)) - 1) ** 2, **CLOSE)
    order = found["order in the graph"].engine
    assert isinstance(order, list)
    assert set(order) == {"x[1]", "x[2]", "z1[1]", "z1[2]", "a1[1]", "a1[2]", "z2", "output"}
    assert order.index("z1[1]") < order.index("a1[1]") < order.index("z2") < order.index("output")


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
    assert "bias" in lessons.get(2).claim("2.2").omits


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
    assert peak == pytest.approx(1.25)
    assert grad(shifted)(peak) == pytest.approx(6.0)
    assert grad(sigmoid)(1.0) == pytest.approx(0.19661193324148185, rel=1e-15)


def test_2_4_chains_of_sigmoids() -> None:
    found = figures("2.4")
    assert found["2 layers"].engine == 0.0625
    assert found["5 layers"].engine == 0.0009765625
    assert found["10 layers"].engine == 9.5367431640625e-07
    assert [found[name].printed for name in ("2 layers", "5 layers", "10 layers")] == ["0.0625", "0.001", "0.000001"]
    assert found["10 layers, weight 8"].engine == 1024.0
    assert "at most" in found["2 layers"].note
    _, node = lessons.get(2).graph("2.4")
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
    X, Y, p = lesson_2.numbers()
    _, node = worked(lessons.get(2).graph("2.5"))

    def loss(w: float) -> float:
        W1 = p.W1.copy()
        W1[0, 1] = w
        passed = lesson_2.forward(X, p._replace(W1=W1))
        return float(0.5 * ((passed["A2"] - Y) ** 2).mean())

    w, h = float(p.W1[0, 1]), 1e-5
    assert node["W1[1,2]"].grad == pytest.approx((loss(w + h) - loss(w - h)) / (2 * h), rel=1e-7)


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
    _, node = lessons.get(2).graph("2.10")
    assert all(node[f"z{i}"].data < 0 for i in range(1, 5))
    leaking = found["with a leaky ReLU"].engine
    assert isinstance(leaking, list)
    assert all(g != 0.0 for g in leaking)


def test_2_10_the_same_neuron_lives_with_another_bias() -> None:
    _, node = worked(lesson_2.dead_neuron(bias=0.0))
    assert isinstance(node["b"], Value)
    assert node["b"].grad != 0.0


def test_2_8_each_way_to_debug_is_one_call() -> None:
    found = {figure.name: figure for figure in lessons.get(2).claim("2.8").run()}
    assert found["gradcheck(f, 0.3, -1)"].engine is True
    assert "(1, 2) and (3,)" in str(found["shapes that do not fit"].engine)
    assert "inf" in str(found["with detect_anomaly()"].engine)
    assert found["one layer, checked alone"].engine == "pass"


def test_2_4_has_a_picture_of_both_ends() -> None:
    picture = lessons.get(2).claim("2.4").picture
    assert picture is not None
    svg = picture()
    for text in ("layer 1", "layer 10", "9.537e-07", "128", "0.25"):  # 0.25 ** 10 and 2 ** 9 * 0.25
        assert f">{text}</text>" in svg


def test_2_11_the_waterfall_leaves_out_the_slopes() -> None:
    found = figures("2.11")
    h1 = s(0.8 * 1.5)
    h2 = s(-1.2 * h1)
    out = s(0.5 * h2)
    factors = (out - 1, out * (1 - out) * 0.5, h2 * (1 - h2) * -1.2, h1 * (1 - h1) * 1.5)
    names = ("dLoss/doutput", "doutput/dhidden2", "dhidden2/dhidden1", "dhidden1/dW1")
    for name, factor in zip(names, factors, strict=True):
        assert found[name].engine == pytest.approx(factor, **CLOSE)
    assert found["their product"].engine == pytest.approx(math.prod(factors), **CLOSE)
    assert found["reaches hidden1"].engine == pytest.approx(math.prod(factors[:3]), **CLOSE)
    assert found["reaches hidden1"].reference == pytest.approx((out - 1) * 0.5 * -1.2, **CLOSE)
    assert found["reaches hidden1"].verdict == found["reaches hidden2"].verdict == "differs as noted"


def test_2_12_tanh_vanishes_too() -> None:
    found = figures("2.12")

    def left(layers: int, weight: float) -> float:
        a, product = 1.0, 1.0
        for _ in range(layers):
            a = math.tanh(weight * a)
            product *= weight * (1 - a * a)
        return product

    assert found["10 layers at 0"].engine == 1.0
    assert found["10 layers from x = 1"].engine == pytest.approx(left(10, 1.0), rel=1e-13)
    assert found["100 layers from x = 1"].engine == pytest.approx(left(100, 1.0), rel=1e-12)
    assert found["10 layers, weight 3"].engine == pytest.approx(left(10, 3.0), rel=1e-9)
    assert found["10 layers, weight 0.5"].engine == 0.5**10


# === lesson 3 =========================================================================================================


def s(z: float) -> float:
    return 1 / (1 + math.exp(-z))


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
    assert worked(lessons.get(3).graph())[1]["w1"].grad == pytest.approx((ahead - behind) / (2 * h), rel=1e-8)


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


def test_3_7_the_gradient_goes_back_beside_the_weights() -> None:
    found = figures("3.7")
    assert found["backward"].engine == "input <- z1 <- hidden <- z2 <- predicted <- Loss"
    assert found["backward"].verdict == "differs as noted"
    h = s(0.8 * 1.5)
    p = s(-0.6 * h)
    dz2 = (p - 1) * p * (1 - p)
    assert found["dL/dhidden"].engine == pytest.approx(-0.6 * dz2, **CLOSE)
    assert found["dL/dw2"].engine == pytest.approx(h * dz2, **CLOSE)
    assert found["dL/dhidden by dL/dw2"].engine == pytest.approx(-0.6 / h, **CLOSE)


# === lesson 4 =========================================================================================================


def test_4_1_a_cube_and_how_far_it_is_exact() -> None:
    found = figures("4.1")
    assert found["y at x = 2"].engine == 125.0
    assert found["dy/dx at x = 2"].engine == 300.0
    assert found["y exact up to x ="].engine == 457
    assert found["dy/dx exact up to"].engine == 1433
    assert "drawing" in found["dy/dg dg/dx"].note


def test_4_2_two_paths_and_their_sum() -> None:
    found = figures("4.2")
    assert (found["path through x"].engine, found["path through y"].engine) == (28.0, 12.0)
    assert found["their sum"].engine == 40.0
    assert worked(lessons.get(4).graph("4.2"))[1]["t"].grad == 40.0


def test_4_3_the_drawings_edges() -> None:
    found = figures("4.3")
    assert [found[f"edge {edge}"].engine for edge in ("y to f", "f to g", "g to x")] == [75.0, 1.0, 4.0]
    assert found["along all three"].engine == 300.0
    assert found["solid arrows"].engine == "x -> g, g -> f, f -> y"
    assert found["dashed arrows"].engine == "y -> f, f -> g, g -> x"
    assert found["their labels"].engine == ["dy/df = 3f² = 75", "df/dg = 1", "dg/dx = 2x = 4"]
    _, node = lessons.get(4).graph("4.3")
    assert [node[label].data for label in "xgfy"] == [2.0, 4.0, 5.0, 125.0]


def test_4_4_a_minus_y_and_where_the_composed_form_fails() -> None:
    found = figures("4.4")
    assert found["dL/dz"].engine == pytest.approx(s(0.7) - 1, **CLOSE)
    worst = found["on logits, off by"].engine
    assert isinstance(worst, float)
    assert worst <= 1e-15
    assert found["L at z = +-1000"].engine == [1000.0, 0.0, 0.0, 1000.0]
    assert found["composed, z=30, y=0"].engine == pytest.approx(1.001021, abs=1e-6)
    assert found["composed, z=30, y=0"].verdict == found["L, composed, z=30, y=0"].verdict == "differs as noted"
    assert found["on logits, z=30, y=0"].engine == pytest.approx(s(30.0), **CLOSE)
    assert found["composed, no value from z ="].engine == pytest.approx(36.74, abs=0.005)
    assert "log" in str(found["the error there"].engine)


@pytest.mark.parametrize("y", [0.0, 1.0])
@pytest.mark.parametrize("z", [0.0, 3.0, -3.0, 40.0, -40.0, 1000.0, -1000.0])
def test_4_4_the_loss_on_logits_has_the_right_slope(z: float, y: float) -> None:
    a = 1 / (1 + math.exp(-z)) if z > -700 else 0.0
    assert worked(lesson_4.on_logits(z, y))[1]["z"].grad == pytest.approx(a - y, abs=1e-15)


def test_4_5_every_gradient_of_the_2_3_1_network() -> None:
    found = figures("4.5")
    assert found["layer 1"].engine == "(3 x 2)(2 x 1) + (3 x 1)"
    assert found["layer 2"].engine == "(1 x 3)(3 x 1) + (1 x 1)"
    # z1 = [0.2, -0.4, 1.1], so a1 = [0.2, 0, 1.1] and z2 = 0.14 + 0.99 - 0.3
    d = s(0.83) - 1
    _, node = worked(lessons.get(4).graph())
    assert [node[f"z1[{i}]"].data for i in (1, 2, 3)] == pytest.approx([0.2, -0.4, 1.1], **CLOSE)
    assert node["z2"].grad == pytest.approx(d, **CLOSE)
    assert [node[f"W2[1,{i}]"].grad for i in (1, 2, 3)] == pytest.approx([0.2 * d, 0.0, 1.1 * d], **CLOSE)
    assert [node[f"a1[{i}]"].grad for i in (1, 2, 3)] == pytest.approx([0.7 * d, -0.5 * d, 0.9 * d], **CLOSE)
    assert [node[f"b1[{i}]"].grad for i in (1, 2, 3)] == pytest.approx([0.7 * d, 0.0, 0.9 * d], **CLOSE)
    assert [node[f"W1[{i},2]"].grad for i in (1, 2, 3)] == pytest.approx([1.4 * d, 0.0, 1.8 * d], **CLOSE)
    assert node["b2"].grad == pytest.approx(d, **CLOSE)
    assert found["shapes of dW2, dW1"].engine == [[1, 3], [3, 2]]


def test_4_6_numpy_code_on_values() -> None:
    found = figures("4.6")
    for name in ("A2", "cost", "dW1", "db1", "dW2", "db2", "m * dJ/dZ2", "m * dJ/db2"):
        assert np.array(found[name].engine) == pytest.approx(np.array(found[name].reference), rel=1e-12, abs=1e-12)
    assert "initialize_parameters" in lessons.get(4).claim("4.6").omits
    costs = found["cost, first and last"].engine
    assert isinstance(costs, list)
    assert costs[0] == pytest.approx(0.8087003296114071)
    assert costs[1] == pytest.approx(0.19610976849160047, rel=1e-9)
    assert found["from zeros: W1, W2"].engine == [[[0.0, 0.0]] * 3, [[0.0] * 3]]
    stuck = found["from zeros: cost"].engine
    assert isinstance(stuck, list)
    assert stuck[0] == pytest.approx(math.log(2))


def test_4_6_the_compiler_finds_the_matrix_form() -> None:
    found = figures("4.6")
    assert found["layer 1, found"].engine == "Z1 = W1 X + b1, (3x2)(2x100)+(3x1)"
    assert found["layer 2, found"].engine == "Z2 = W2 A1 + b2, (1x3)(3x100)+(1x1)"
    backward = found["layer 2, backward"]
    assert backward.engine == "dW2 = dZ2 A1^T, dA1 = W2^T dZ2, db2 = sum of dZ2 over the batch"
    assert backward.verdict == found["through the ReLU"].verdict == found["layer 1, backward"].verdict == "agrees"
    for name in ("compiled vs graph", "compiled vs NumPy"):
        assert found[name].verdict == "agrees"


def test_4_6_gradients_against_differences() -> None:
    (X, Y), p = lesson_4.examples(), lesson_4.random_start()

    def cost(w: float) -> float:
        W1 = p.W1.copy()
        W1[2, 0] = w
        return float(lesson_4.cost(lesson_4.forward(X, p._replace(W1=W1))[-1], Y))

    engine = figures("4.6")["dW1"].engine
    w, h = float(p.W1[2, 0]), 1e-5
    assert np.array(engine)[2, 0] == pytest.approx((cost(w + h) - cost(w - h)) / (2 * h), rel=1e-7)


def test_4_8_activations() -> None:
    found = figures("4.8")
    assert found["sigmoid'"].engine == pytest.approx(
        [0.1049935854035065, 0.2350037122015945, 0.25, 0.2350037122015945, 0.1049935854035065], rel=1e-15
    )
    assert found["tanh"].engine == pytest.approx([math.tanh(z) for z in (-2, -0.5, 0, 0.5, 2)], rel=1e-15)
    assert found["ReLU'"].engine == [0.0, 0.0, 0.0, 1.0, 1.0]
    assert found["leaky ReLU"].engine == pytest.approx([-0.02, -0.005, 0.0, 0.5, 2.0], rel=1e-15)
    assert found["leaky ReLU'"].engine == [0.01, 0.01, 0.01, 1.0, 1.0]
    e = [math.exp(z) for z in (1.0, -0.5, 2.0)]
    a = [v / math.fsum(e) for v in e]
    assert found["softmax"].engine == pytest.approx(a, rel=1e-15)
    jacobian = found["its Jacobian"].engine
    assert np.array(jacobian) == pytest.approx(
        np.array([[a[i] * ((i == j) - a[j]) for j in range(3)] for i in range(3)]), **CLOSE
    )
    assert found["with cross-entropy"].engine == pytest.approx([a[0], a[1] - 1, a[2]], **CLOSE)
    assert found["y = [0.2, 0.3, 0.1]"].verdict == "differs as noted"
    assert found["a sum(y) - y, same y"].engine == pytest.approx(
        [0.6 * p - y for p, y in zip(a, (0.2, 0.3, 0.1), strict=True)], **CLOSE
    )


def test_4_9_operations_memory_and_paths() -> None:
    found = figures("4.9")
    assert found["forward, per weight"].engine == [1.0, 1.0, 1.0]
    assert found["backward, per weight"].engine == [2.0, 2.0, 2.0]
    assert found["forward, m examples"].engine == [1.0, 2.0, 4.0, 8.0]
    assert found["values kept"].engine == [20, 40, 80, 160]
    assert found["paths"].engine == [9, 27, 243, 19683, 129140163]
    assert found["edges per layer"].engine == [21.0] * 4  # three dots of six operands, three tanhs
    assert "81 paths" in found["one by one, depth 4"].note


def test_4_10_stable_softmax_and_what_a_sigmoid_needs() -> None:
    found = figures("4.10")
    expected = [0.09003057, 0.24472847, 0.66524096]
    for name in ("subtract the maximum", "the engine's softmax", "its gradient"):
        assert found[name].engine == pytest.approx(expected, abs=5e-9)
    assert found["log-sum-exp"].engine == 1002.4076059644444
    assert "exp" in str(found["naive softmax"].engine)
    assert found["sigmoid(z - max)"].verdict == "differs as noted"
    assert found["sigmoid(z - max)"].engine == pytest.approx([s(-2.0), s(-1.0), 0.5], **CLOSE)
    assert found["sigmoid(-1000) and z"].engine == [0.0, 1.0, 1.0, 1.0]


def test_4_11_the_pytorch_program() -> None:
    found = figures("4.11")
    assert found["z"].engine == [5.5, 11.5]
    assert found["a"].engine == pytest.approx([0.99592986, 0.99998987], abs=5e-9)
    assert found["loss"].engine == pytest.approx(0.991876290691851, rel=1e-15)
    assert np.array(found["w.grad"].engine) == pytest.approx(
        np.array([[8.07414620e-03, 1.61482924e-02], [-2.05231356e-10, -4.10462711e-10]]), rel=3e-9, abs=0
    )
    assert found["b.grad"].engine == pytest.approx([8.07414620e-03, -2.05231356e-10], rel=3e-9, abs=0)
    assert found["x.grad"].engine == pytest.approx([8.07414558e-03, 1.61482916e-02], rel=3e-9, abs=0)
    assert found["b.grad[1] in float32"].engine == pytest.approx(
        -2.0534e-10, rel=0.02, abs=0
    )  # one ulp of a moves it by 0.6 %


def test_4_14_a_kink_that_the_chain_rule_gets_wrong() -> None:
    found = figures("4.14")
    assert found["dy/dx there"].engine == [1.0] * 4
    assert found["y at 0"].engine == 0.0
    assert found["dy/dx at 0"].engine == 0.0
    assert found["dy/dx at 0"].verdict == "differs as noted"


def test_4_7_the_documents_check_is_wrong_both_ways_and_the_better_one_is_not() -> None:
    found = {figure.name: figure for figure in lessons.get(4).claim("4.7").run()}
    assert found["x^3 at 2"].engine == "pass"
    assert found["right, 8 sigmoids deep"].engine == "10 of 10 called wrong"
    assert found["the better check there"].engine == "10 of 10 pass"
    assert int(str(found["wrong sign, layer 1 of 12"].engine).split()[0]) >= 15
    assert found["the better check of it"].engine == "20 of 20 fail"
    assert "0/0" in str(found["a zero gradient"].engine)


def test_4_14_the_check_goes_by_the_values() -> None:
    found = {figure.name: figure.engine for figure in lessons.get(4).claim("4.14").run()}
    assert (found["the check, slope 1"], found["the check, slope 0"]) == ("pass", "fail")


def test_4_15_exploding_and_its_cures() -> None:
    found = figures("4.15")
    assert found["10 factors of 3"].engine == 59049.0
    large: Any = found["large weights"].engine
    for cure in ("proper initialisation", "batch normalisation"):
        engine: Any = found[cure].engine
        assert 0 < engine < 1e-6 * large
    assert found["clipped to norm 1"].engine == pytest.approx(1.0, rel=1e-6)
    step: Any = found["step, rate / 1000"].engine
    whole: Any = found["norm before clipping"].engine
    assert step == pytest.approx(1e-12 * whole)
    picture = lessons.get(4).claim("4.15").picture
    assert picture is not None
    assert "Xavier" in picture()


def test_4_16_the_loop_over_four_layers_against_differences() -> None:
    layers, x, y = lesson_4.four_layers()

    def loss(W: Any) -> float:
        a = lesson_4.loop_forward(x, [layers[0], (W, layers[1][1]), *layers[2:]])[-1][1]
        return -math.log(float(a[0, 0]))  # y is 1

    assert y == 1
    W, h = layers[1][0], 1e-5
    for i, j in ((0, 0), (3, 4)):
        step = np.zeros_like(W)
        step[i, j] = h
        slope = (loss(W + step) - loss(W - step)) / (2 * h)
        assert np.array(figures("4.16")["dL/dW2"].engine)[i, j] == pytest.approx(slope, rel=1e-6)
    assert len([name for name in figures("4.16") if name.startswith("dL/d")]) == 12
    assert figures("4.16")["parameters"].engine == 2 * 5 + 5 + 5 * 4 + 4 + 4 * 3 + 3 + 3 + 1


def test_4_17_memory_grows_with_the_batch_and_nobody_judges_speed() -> None:
    found = figures("4.17")
    assert found["values kept for an example"].engine == [8.0] * 5
    assert found["examples a second"].measured


# === lesson 5 =========================================================================================================


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
    assert "before" in lessons.get(5).claim("5.2").errs


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
    root, node = lessons.get(5).graph()
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
    root, node = worked(lessons.get(5).graph("5.4"))
    loss = 0.0
    for i in range(1, 11):
        z = sum(node[f"W[{i},{j}]"].data * node[f"a[{j}]"].data for j in range(1, 11)) + node[f"b[{i}]"].data
        assert node[f"z[{i}]"].data == pytest.approx(z, rel=1e-12)
        for j in range(1, 11):
            assert node[f"W[{i},{j}]"].grad == pytest.approx(node[f"z[{i}]"].grad * node[f"a[{j}]"].data, rel=1e-12)
        assert node[f"b[{i}]"].grad == node[f"z[{i}]"].grad
        loss += node[f"z[{i}]"].grad ** 2 / 2
    assert root.data == pytest.approx(loss, rel=1e-12)


def test_5_4_the_compiler_finds_the_matrix_form() -> None:
    found = figures("5.4")
    assert found["found in the graph"].engine == "Z1 = W1 X + b1, (10x10)(10x1)+(10x1)"
    assert found["backward"].engine == "dW1 = dZ1 X^T, db1 = dZ1"
    for name in ("compiled vs graph", "compiled vs NumPy"):
        assert found[name].verdict == "agrees"


# === training =========================================================================================================


TRAINING = ["1.10", "1.11", "2.6", "2.8", "2.9", "3.2", "3.4", "3.5", "3.6", "4.12", "4.13"]


def numbers(id: str, name: str) -> list[float]:
    found = figures(id)[name].engine
    assert isinstance(found, list)
    return [float(str(x)) for x in found]


@pytest.mark.parametrize("id", TRAINING)
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
    from autograd.nn import Tanh, losses

    x, y = lesson_1.samples()
    for switches in ({"residual": True}, {"norm": True}, {"xavier": True, "activation": Tanh}):
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
    assert lesson_3.one_weight(lesson_3.square, 10.0, 200, clip=0.01)[0] == pytest.approx(losses, abs=1e-9)


def test_3_6_numpy_finds_the_first_loss_and_pytorch_all() -> None:
    inputs, targets, (W1, b1, W2, b2) = lesson_3.numbers()
    predictions = np.maximum(inputs @ W1.T + b1, 0) @ W2.T + b2
    assert ((predictions - targets) ** 2).mean() == pytest.approx(LOSSES[0], rel=1e-14)
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
    assert "mean of 3 terms" in str(found["the check's guess at it"].engine)
