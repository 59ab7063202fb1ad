"""Programs as one writes them for micrograd, with only the import line changed."""

from __future__ import annotations

import random

import pytest

from autograd import Value
from autograd.nn import MLP, Layer, Module, Neuron


def test_the_expression_of_its_readme_gives_the_numbers_of_its_readme() -> None:
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    g = e**2 / 2.0
    g += 10.0 / e**2
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def test_values_have_the_names_that_programs_use() -> None:
    x = Value(2.0, label="x")
    assert (x.data, x.grad, x.label) == (2.0, 0.0, "x")
    y = x.tanh() + x.exp() - x.relu() / 2
    y.label = "y"
    y.backward()
    assert x.grad == pytest.approx(0.07065082485316447 + 7.38905609893065 - 0.5, rel=1e-15)
    x.grad = 0
    assert x.grad == 0.0
    x.data = 3
    assert x.data == 3.0
    assert "data" in dir(x)


def test_reflected_and_mixed_operators() -> None:
    x = Value(3.0)
    results = [1 + x, 1 - x, 2 * x, 6 / x, x - 1, x / 2, -x, x**2, x**-1, sum([x, x])]
    assert [r.data for r in results] == [4.0, -2.0, 6.0, 2.0, 2.0, 1.5, -3.0, 9.0, 1 / 3, 6.0]


def test_a_node_used_twice_and_a_deep_product() -> None:
    x = Value(-2.0)
    y = x + x
    z = y * x
    z.backward()
    assert x.grad == 4 * -2.0


def test_neuron_layer_and_network() -> None:
    assert issubclass(MLP, Module)
    assert len(Neuron(3).parameters()) == 4
    assert len(Layer(3, 2).parameters()) == 8
    model = MLP(3, [4, 4, 1])
    assert len(model.parameters()) == 41
    assert isinstance(model([2.0, 3.0, -1.0]), Value)
    assert "ReLU" in repr(model)


def rings(count: int) -> tuple[list[list[float]], list[int]]:
    """Two clouds that no straight line separates: a ring around a disc."""
    rng = random.Random(7)
    xs, ys = [], []
    for i in range(count):
        x, y = rng.gauss(0, 1), rng.gauss(0, 1)
        norm = (x * x + y * y) ** 0.5
        radius = rng.uniform(0, 0.7) if i % 2 else rng.uniform(1.3, 2.0)
        xs.append([radius * x / norm, radius * y / norm])
        ys.append(1 if i % 2 else -1)
    return xs, ys


def test_training_loop_with_max_margin_loss_learns() -> None:
    random.seed(1)
    xs, ys = rings(40)
    model = MLP(2, [8, 8, 1])

    def loss() -> tuple[Value, float]:
        inputs = [list(map(Value, row)) for row in xs]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * score).relu() for yi, score in zip(ys, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        accuracy = [(yi > 0) == (score.data > 0) for yi, score in zip(ys, scores, strict=True)]
        return data_loss + reg_loss, sum(accuracy) / len(accuracy)

    history = []
    for k in range(40):
        total, accuracy = loss()
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= (0.5 - 0.4 * k / 40) * p.grad
        history.append((total.data, accuracy))
    assert history[0][0] > 0.5
    assert history[-1][0] < 0.1
    assert history[-1][1] == 1.0


def test_training_loop_with_squared_error_and_gradients_reset_by_hand() -> None:
    random.seed(3)
    model = MLP(3, [4, 4, 1])
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    losses = []
    for _ in range(60):
        predictions = [model(x) for x in xs]
        loss = sum((out - wanted) ** 2 for wanted, out in zip(ys, predictions, strict=True))
        for p in model.parameters():
            p.grad = 0.0
        loss.backward()
        for p in model.parameters():
            p.data += -0.02 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.05 * losses[0]


def test_gradients_add_up_over_backward_calls_until_they_are_reset() -> None:
    model = MLP(2, [3, 1])
    for p in model.parameters():
        p.data = 0.5
    x = [1.0, 2.0]
    model(x).backward()
    once = [p.grad for p in model.parameters()]
    model(x).backward()
    assert [p.grad for p in model.parameters()] == [2 * g for g in once]
    model.zero_grad()
    model(x).backward()
    assert [p.grad for p in model.parameters()] == once
