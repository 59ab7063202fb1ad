"""What a program says that it found: formulas forwards and backwards, and the same names in its source."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, compile, datasets, leaky_relu, losses, relu, sigmoid, sum, tanh
from autograd.compiler.describe import Names
from autograd.nn import MLP
from tests.helpers.programs import KINDS
from tests.helpers.replaying import LOW, forced, seeded


def lines(root: Value) -> list[str]:
    return compile(root).describe().splitlines()


def code(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines() if not line.strip().startswith("#")]


def network(rows: int = 40, sizes: tuple[int, ...] = (8, 5, 1), **options: Any) -> Value:
    x, y = datasets.two_moons(rows)
    return losses.mse(MLP(2, list(sizes), seed=3, **options)(x), y)


def test_each_layer_forwards_and_backwards() -> None:
    assert lines(network())[:10] == [
        "layer 1: Z1 = W1 X + b1, (8x2)(2x40)+(8x1)",
        "  backward: dW1 = dZ1 X^T, db1 = sum of dZ1 over the batch",
        "layer 1: A1 = relu(Z1), 320 nodes at once",
        "  backward: dZ1 = dA1 * relu'(Z1)",
        "layer 2: Z2 = W2 A1 + b2, (5x8)(8x40)+(5x1)",
        "  backward: dW2 = dZ2 A1^T, dA1 = W2^T dZ2, db2 = sum of dZ2 over the batch",
        "layer 2: A2 = relu(Z2), 200 nodes at once",
        "  backward: dZ2 = dA2 * relu'(Z2)",
        "layer 3: Z3 = W3 A2 + b3, (1x5)(5x40)+(1x1)",
        "  backward: dW3 = dZ3 A2^T, dA2 = W3^T dZ3, db3 = sum of dZ3 over the batch",
    ]


def test_the_formulas_are_the_gradients() -> None:
    x, _ = datasets.two_moons(30)
    W1, b1, W2 = (
        array(np.full((4, 2), 0.3), "W1"),
        array(np.array([0.1, -0.2, 0.3, 0.0]), "b1"),
        array([[0.5] * 4], "W2"),
    )
    loss = sum((W2 @ tanh(W1 @ x.T + b1[:, None])).ravel())
    program = compile(loss)
    assert [line for line in program.describe().splitlines() if "backward" in line] == [
        "  backward: dW1 = dZ1 X^T, db1 = sum of dZ1 over the batch",
        "  backward: dZ1 = dA1 * tanh'(Z1)",
        "  backward: dW2 = dZ2 A1^T, dA1 = W2^T dZ2",
    ]
    program.forward()
    program.backward()
    A1 = np.tanh(np.full((4, 2), 0.3) @ x.T + np.array([[0.1], [-0.2], [0.3], [0.0]]))
    dZ2 = np.ones((1, 30))
    dA1 = np.full((1, 4), 0.5).T @ dZ2
    dZ1 = dA1 * (1 - A1**2)
    np.testing.assert_allclose(program.gradients(W2), dZ2 @ A1.T, rtol=1e-13)
    np.testing.assert_allclose(program.gradients(W1), dZ1 @ x, rtol=1e-12)
    np.testing.assert_allclose(program.gradients(b1), dZ1.sum(axis=1), rtol=1e-12)


def test_one_column_is_no_batch() -> None:
    W, b = array(np.eye(5), "W"), array(np.ones(5), "b")
    assert lines(sum(tanh(W @ np.arange(5.0) + b)))[:2] == [
        "layer 1: Z1 = W1 X + b1, (5x5)(5x1)+(5x1)",
        "  backward: dW1 = dZ1 X^T, db1 = dZ1",
    ]


def test_only_what_is_trained_gets_a_gradient() -> None:
    W = np.array([[Value(0.1 * i + j, constant=True) for j in range(5)] for i in range(5)])
    x = array(np.arange(5.0), "x")
    assert lines(sum(W @ x))[1] == "  backward: dX = W1^T dZ1"
    fixed = np.array([Value(1.0, constant=True) for _ in range(5)])
    assert "backward" not in compile(sum(W @ fixed)).describe()


def test_an_operand_that_more_than_one_step_sends_to_gets_plus() -> None:
    W, x = array(np.eye(6) + 0.1, "W"), array(np.arange(6.0), "x")
    assert lines(sum(W @ x))[1] == "  backward: dW1 = dZ1 X^T, dX = W1^T dZ1"
    assert lines(sum(W @ x) + sum((W**2).ravel()))[1] == "  backward: dW1 += dZ1 X^T, dX = W1^T dZ1"


def test_a_residual_is_not_the_activation_of_the_layer_before() -> None:
    W1, W2 = array(np.eye(6) + 0.1, "W1"), array(np.eye(6) - 0.1, "W2")
    x = np.random.default_rng(1).normal(size=(6, 10))
    a = relu(W1 @ x)
    found = lines(sum((W2 @ (a + x)).ravel()))
    assert "layer 2: Z2 = W2 X2, (6x6)(6x10)" in found
    assert "layer 2: Z2 = W2 A1, (6x6)(6x10)" in lines(sum((W2 @ a).ravel()))


def test_two_products_of_one_layer_are_told_apart_by_their_steps() -> None:
    W1, W2 = array(np.eye(6) + 0.1, "W1"), array(np.eye(6) - 0.1, "W2")
    x, y = np.random.default_rng(1).normal(size=(2, 6, 10))
    program = compile(sum((tanh(W1 @ x) * sigmoid(W2 @ y)).ravel()))
    found = program.describe().splitlines()
    assert found[:4] == [
        "layer 1: Z_1 = W_1 X_1, (6x6)(6x10)",
        "  backward: dW_1 = dZ_1 X_1^T",
        "layer 1: Z_2 = W_2 X_2, (6x6)(6x10)",
        "  backward: dW_2 = dZ_2 X_2^T",
    ]
    assert {"np.dot(W_1, X_1, out=Z_1)", "np.dot(W_2, X_2, out=Z_2)"} <= set(code(program.source))


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_the_source_has_the_names_of_the_description(activation: str) -> None:
    source = code(compile(network(activation=activation)).source)
    assert [line for line in source if line.startswith("np.dot(")] == [
        "np.dot(W1, X, out=Z1)",
        "np.dot(W2, A1, out=Z2)",
        "np.dot(W3, A2, out=Z3)",
        "np.dot(dZ3, A2.T, out=dW3)",
        "np.dot(W3_.T, dZ3, out=dA2)",
        "np.dot(dZ2, A1.T, out=dW2)",
        "np.dot(W2_.T, dZ2, out=dA1)",
        "np.dot(dZ1, X.T, out=dW1)",
    ]
    read = next(i for i, line in enumerate(source) if "z1" in line)
    made = next(i for i, line in enumerate(source) if "a1" in line)
    assert 1 <= read <= made < source.index("np.dot(W2, A1, out=Z2)")


def test_backward_comments_are_the_backward_formulas() -> None:
    forward, backward = compile(network()).source.split("def backward")
    formula = "# layer 2: dW2 = dZ2 A1^T, dA1 = W2^T dZ2, db2 = sum of dZ2 over the batch"
    assert formula not in forward
    assert formula in backward
    assert "# layer 2: Z2 = W2 A1 + b2, (5x8)(8x40)+(5x1)" in forward


def test_an_activation_of_two_operands_shows_both() -> None:
    W, x = array(np.eye(6) + 0.1, "W"), np.random.default_rng(1).normal(size=(6, 10))
    found = lines(sum(np.maximum(0, W @ x).ravel()))
    assert "layer 1: A1 = maximum(0, Z1), 60 nodes at once" in found
    assert "  backward: dZ1 = dA1 * maximum'(0, Z1)" in found


def test_a_long_dot_by_itself() -> None:
    w, x = array(np.ones(40), "w"), array(np.arange(40.0), "x")
    found = lines(tanh(w @ x))
    assert found[0] == "layer 1: z1 = w1·X, 40 products"
    assert found[1] == "  backward: dw1 = dz1 X, dX = dz1 w1"


@pytest.mark.parametrize("name", KINDS)
def test_the_source_computes_what_runs_whatever_its_names_are(name: str) -> None:
    for seed in range(2):
        with forced(LOW):
            program = compile(KINDS[name](seeded(name, seed)).root)
        assert program.describe()
        source = program._source
        text, to = program.source, Names(program._plan).in_lines
        arrays = {to([old])[0]: array for old, array in source._arrays.names.items()}
        assert len(arrays) == len(source._arrays.names), "two arrays have one name"
        with np.errstate(all="ignore"):
            try:
                program.forward()
                source.forward()
            except ArithmeticError:
                continue  # has no value there
            expected = source.values.copy()
            for level in program._plan.levels:
                for step in level:
                    source.values[step.out.places] = 0.5
            exec(text, arrays)
            arrays["forward"]()
        np.testing.assert_array_equal(source.values, expected)


def test_numbers_that_an_operation_is_bound_to_are_shown() -> None:
    found = lines(losses.mse(MLP(2, [8, 8, 1], seed=3)(datasets.two_moons(40)[0]), datasets.two_moons(40)[1]))
    assert "power 2 of 40 nodes at once" in found
    W, x = array(np.eye(6) + 0.1, "W"), np.random.default_rng(1).normal(size=(6, 10))
    found = lines(sum(leaky_relu(W @ x, 0.2).ravel()))
    assert "layer 1: A1 = leaky_relu(Z1, 0.2), 60 nodes at once" in found
    assert "  backward: dZ1 = dA1 * leaky_relu'(Z1, 0.2)" in found
    assert "v1 = power_0_5(v0)" in code(compile(Value(4.0) ** 0.5).source)


def test_nodes_one_by_one_belong_to_a_layer_only_if_all_do() -> None:
    x, y = datasets.xor()
    found = lines(losses.bce_with_logits(MLP(2, [3, 1], activation="tanh", seed=1)(x), y))
    assert found[-1] == "23 nodes one by one"


def test_lines_that_add_messages_up_have_a_comment_of_their_own() -> None:
    xs = [Value(k / 100, f"x{k}") for k in range(200)]
    source = compile(sum([(b - a**2) ** 2 for a, b in itertools.pairwise(xs)])).source
    told = [line.strip() for line in source.splitlines()]
    scatters = [i for i, line in enumerate(told) if line.startswith("np.add.at(")]
    assert scatters
    assert {told[i - 1] for i in scatters} == {"# messages are added up where they go"}
