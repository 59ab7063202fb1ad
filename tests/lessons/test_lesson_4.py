"""Lesson 4 against numbers worked out apart from it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autograd import lessons
from autograd.lessons import lesson_4
from autograd.lessons.claims import Figure
from autograd.lessons.examples import worked

LESSON = lessons.get(4)
CLOSE: dict[str, Any] = {"rel": 1e-14, "abs": 1e-15}


def figures(id: str) -> dict[str, Figure]:
    return {figure.name: figure for figure in LESSON.claim(id).run()}


def s(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def test_every_claim_is_listed_and_computed() -> None:
    assert [claim.id for claim in LESSON.claims] == [f"4.{i}" for i in range(1, 15)]
    assert {claim.status for claim in LESSON.claims} == {"computed"}


def test_nothing_disagrees_and_names_are_unique() -> None:
    for claim in LESSON.claims:
        found = claim.run()
        assert not [figure.name for figure in found if figure.failed]
        assert len({figure.name for figure in found}) == len(found)


@pytest.mark.parametrize("id", ["4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.8", "4.10", "4.11", "4.14"])
def test_graphs_are_labelled_and_take_a_backward_pass(id: str) -> None:
    root, node = worked(LESSON.graph(id))
    assert root.grad == 1.0
    assert node[root.label] is root


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
    assert worked(LESSON.graph("4.2"))[1]["t"].grad == 40.0


def test_4_3_the_drawings_edges() -> None:
    found = figures("4.3")
    assert [found[f"edge {edge}"].engine for edge in ("y to f", "f to g", "g to x")] == [75.0, 1.0, 4.0]
    assert found["along all three"].engine == 300.0
    assert found["solid arrows"].engine == "x -> g, g -> f, f -> y"
    assert found["dashed arrows"].engine == "y -> f, f -> g, g -> x"
    assert found["their labels"].engine == ["dy/df = 3f² = 75", "df/dg = 1", "dg/dx = 2x = 4"]
    _, node = LESSON.graph("4.3")
    assert [node[label].data for label in "xgfy"] == [2.0, 4.0, 5.0, 125.0]


def test_4_4_a_minus_y_and_where_the_composed_form_fails() -> None:
    found = figures("4.4")
    assert found["dL/dz"].engine == pytest.approx(s(0.7) - 1, **CLOSE)
    worst = found["on logits, off by"].engine
    assert isinstance(worst, float)
    assert worst <= 1e-15
    assert found["L at z = +-1000"].engine == [1000.0, 0.0, 0.0, 1000.0]
    assert found["composed, z=30, y=0"].engine == pytest.approx(1.001021, abs=1e-6)
    assert found["composed, z=30, y=0"].verdict == found["its loss"].verdict == "differs as noted"
    assert found["on logits, z=30, y=0"].engine == pytest.approx(s(30.0), **CLOSE)
    assert found["no value from z ="].engine == pytest.approx(36.74, abs=0.005)
    assert "log" in str(found["its error"].engine)


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
    _, node = worked(LESSON.graph())
    assert [node[f"z1[{i}]"].data for i in range(3)] == pytest.approx([0.2, -0.4, 1.1], **CLOSE)
    assert node["z2"].grad == pytest.approx(d, **CLOSE)
    assert [node[f"W2[{i}]"].grad for i in range(3)] == pytest.approx([0.2 * d, 0.0, 1.1 * d], **CLOSE)
    assert [node[f"a1[{i}]"].grad for i in range(3)] == pytest.approx([0.7 * d, -0.5 * d, 0.9 * d], **CLOSE)
    assert [node[f"b1[{i}]"].grad for i in range(3)] == pytest.approx([0.7 * d, 0.0, 0.9 * d], **CLOSE)
    assert [node[f"W1[{i},1]"].grad for i in range(3)] == pytest.approx([1.4 * d, 0.0, 1.8 * d], **CLOSE)
    assert node["b2"].grad == pytest.approx(d, **CLOSE)
    assert found["shapes of dW2, dW1"].engine == [[1, 3], [3, 2]]


def test_4_6_numpy_code_on_values() -> None:
    found = figures("4.6")
    for name in ("A2", "cost", "dW1", "db1", "dW2", "db2", "m * dJ/dZ2", "m * dJ/db2"):
        assert np.array(found[name].engine) == pytest.approx(np.array(found[name].reference), rel=1e-12, abs=1e-12)
    assert "initialize_parameters" in found["cost"].note
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
    given, p = lesson_4.examples(), lesson_4.random_start()

    def cost(w: float) -> float:
        W1 = p.W1.copy()
        W1[2, 0] = w
        return float(lesson_4.cost(lesson_4.forward(given.X, p._replace(W1=W1)).A2, given.Y))

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
    assert found["and in general"].engine == pytest.approx(
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
    found = {figure.name: figure for figure in LESSON.claim("4.7").run()}
    assert found["x^3 at 2"].engine == "pass"
    assert found["right, 8 sigmoids deep"].engine == "10 of 10 called wrong"
    assert found["the better check there"].engine == "10 of 10 pass"
    assert int(str(found["wrong sign, layer 1 of 12"].engine).split()[0]) >= 15
    assert found["the better check of it"].engine == "20 of 20 fail"
    assert "0/0" in str(found["a zero gradient"].engine)


def test_4_14_the_check_goes_by_the_values() -> None:
    found = {figure.name: figure.engine for figure in LESSON.claim("4.14").run()}
    assert (found["the check, slope 1"], found["the check, slope 0"]) == ("pass", "fail")
