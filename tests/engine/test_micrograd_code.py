"""Programs as one writes them for micrograd, with only the import line changed."""

from __future__ import annotations

import math
import random
from typing import Any

import graphviz
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


def walked(root: Value) -> tuple[set[Value], set[tuple[Value, Value]]]:
    """All nodes and arrows of a graph, by the names that micrograd's notebook walks."""
    nodes: set[Value] = set()
    arrows: set[tuple[Value, Value]] = set()

    def visit(node: Value) -> None:
        if node not in nodes:
            nodes.add(node)
            for operand in node._prev:
                arrows.add((operand, node))
                visit(operand)

    visit(root)
    return nodes, arrows


def drawn_by_hand(root: Value) -> Any:
    """A picture of records and circles, as programs for micrograd draw it themselves."""
    picture = graphviz.Digraph(graph_attr={"rankdir": "LR"})
    nodes, arrows = walked(root)
    for node in nodes:
        picture.node(str(id(node)), f"{{ {node.label} | data {node.data:.4f} | grad {node.grad:.4f} }}", shape="record")
        if node._op:
            picture.node(str(id(node)) + node._op, node._op)
            picture.edge(str(id(node)) + node._op, str(id(node)))
    for operand, result in arrows:
        picture.edge(str(id(operand)), str(id(result)) + result._op)
    return picture


def test_graph_is_walked_and_drawn_by_the_names_of_its_notebook() -> None:
    x, y = Value(1.0, label="x"), Value(2.0, label="y")
    z = (x * y + 1).relu()
    z.backward()
    nodes, arrows = walked(z)
    assert sorted(node._op for node in nodes) == ["", "", "", "*", "+", "ReLU"]
    assert (len(arrows), z._prev) == (5, {z.parents[0]})
    source = drawn_by_hand(z).source
    assert "{ x | data 1.0000 | grad 2.0000 }" in source
    assert source.count("->") == 8


def test_neuron_is_walked_by_the_names_of_its_notebook() -> None:
    n = Neuron(2)
    x = [Value(1.0), Value(-2.0)]
    y = n(x)
    y.backward()
    nodes, _ = walked(y)
    assert nodes >= {*x, *n.parameters()}
    assert drawn_by_hand(y).source.startswith("digraph")


def test_names_of_operations_and_parents_are_those_of_micrograd() -> None:
    a, b = Value(2.0), Value(4.0)
    made = [a + b, a * b, a**3, a**-0.5, a.relu(), a.tanh(), a.exp(), a - b, a / b]
    assert [v._op for v in made] == ["+", "*", "**3", "**-0.5", "ReLU", "tanh", "exp", "-", "/"]
    assert (a._op, a._prev) == ("", set())
    assert (a + b)._prev == {a, b}
    assert (a * a)._prev == {a}
    for name in ("_prev", "_op"):
        with pytest.raises(AttributeError):
            setattr(a, name, ())


def test_every_operator_at_once_agrees_with_the_derivative_by_hand() -> None:
    for start in (-3.0, -0.5, 2.5):
        x = Value(start)
        z = 3 * x + 1 - x
        y = z.relu() * x + (x * x).relu() - z / 4 + x**3 + (x / 2).tanh()
        y.backward()
        inner, on = 2 * start + 1, float(2 * start + 1 > 0)
        t = math.tanh(start / 2)
        assert y.data == pytest.approx(on * inner * start + start**2 - inner / 4 + start**3 + t, rel=1e-14)
        slope = on * (2 * start + inner) + 2 * start - 0.5 + 3 * start**2 + (1 - t * t) / 2
        assert x.grad == pytest.approx(slope, rel=1e-13)


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
    grid = [[model([Value(0.75 * i), Value(0.75 * j)]).data > 0 for i in range(-2, 3)] for j in range(-2, 3)]
    assert grid[2][2]  # the middle of the disc
    assert not any(grid[0][0::4] + grid[4][0::4])  # the corners, outside of the ring


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
