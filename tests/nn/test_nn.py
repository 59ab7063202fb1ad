"""`Neuron`, `Layer`, `MLP`: networks out of nodes, against the same network in NumPy."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value
from autograd.engine import graph
from autograd.errors import ShapeError
from autograd.nn import MLP, Layer, Module, Neuron


@pytest.fixture(autouse=True)
def seeded() -> None:
    random.seed(1337)


def weights_of(layer: Layer) -> tuple[np.ndarray, np.ndarray]:
    return ag.data([n.w for n in layer.neurons]), ag.data([n.b for n in layer.neurons])


def by_hand(model: MLP, x: np.ndarray) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """The output of a network, and the gradients of its sum: forward and backward in NumPy."""
    activations, pre = [x], []
    for layer in model.layers:
        W, b = weights_of(layer)
        pre.append(W @ activations[-1] + b)
        activations.append(np.maximum(pre[-1], 0) if layer is not model.layers[-1] else pre[-1])
    gradients = []
    delta = np.ones_like(pre[-1])
    for i in reversed(range(len(model.layers))):
        gradients.append((np.outer(delta, activations[i]), delta))
        if i:
            delta = (weights_of(model.layers[i])[0].T @ delta) * (pre[i - 1] > 0)
    return activations[-1], gradients[::-1]


def test_neuron_is_two_nodes() -> None:
    x = [Value(1.0), Value(-2.0), Value(0.5)]
    neuron = Neuron(3)
    a = neuron(x)
    z = a.parents[0]
    assert (a.op, z.op) == ("relu", "dot")
    assert list(map(id, z.parents)) == list(map(id, [*neuron.w, *x, neuron.b]))
    assert Neuron(3, nonlin=False)(x).op == "dot"


def test_network_counts_two_nodes_a_neuron() -> None:
    model = MLP(3, [4, 4, 1])
    root = model([1.0, 2.0, 3.0])
    inner = [v for v in graph.topological_order(root) if v.parents]
    assert len(inner) == 4 * 2 + 4 * 2 + 1


def test_parameters_come_in_a_fixed_order() -> None:
    model = MLP(3, [4, 4, 1])
    parameters = model.parameters()
    assert len(parameters) == (3 * 4 + 4) + (4 * 4 + 4) + (4 + 1) == len(set(parameters))
    assert all(a is b for a, b in zip(parameters, model.parameters(), strict=True))
    first = model.layers[0].neurons[0]
    assert [id(p) for p in parameters[:4]] == [id(p) for p in [*first.w, first.b]]
    assert Module().parameters() == []


def test_fresh_weights_lie_in_the_unit_interval_and_follow_the_seed() -> None:
    random.seed(3)
    once = [p.data for p in MLP(3, [4, 1]).parameters()]
    random.seed(3)
    assert [p.data for p in MLP(3, [4, 1]).parameters()] == once
    assert all(-1 <= x <= 1 for x in once)
    assert min(once) < -0.3
    assert max(once) > 0.3
    assert len(set(once)) > 15
    assert all(n.b.data == 0.0 for n in MLP(3, [4]).layers[0].neurons)


@pytest.mark.parametrize("sizes", [(2, [3]), (3, [4, 4, 1]), (1, [1]), (2, [5, 1, 3]), (2, [16, 16, 2])])
def test_outputs_and_gradients_are_those_of_numpy(sizes: tuple[int, list[int]]) -> None:
    model = MLP(*sizes)
    for p in model.parameters():
        p.data = random.uniform(-1, 1)
    x = np.array([random.uniform(-2, 2) for _ in range(sizes[0])])
    out = model(x.tolist())
    outputs = out if isinstance(out, list) else [out]
    expected, gradients = by_hand(model, x)
    assert [v.data for v in outputs] == pytest.approx(expected.tolist(), rel=1e-13, abs=1e-15)
    ag.sum(outputs).backward()
    for layer, (dW, db) in zip(model.layers, gradients, strict=True):
        np.testing.assert_allclose(ag.grads([n.w for n in layer.neurons]), dW, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(ag.grads([n.b for n in layer.neurons]), db, rtol=1e-12, atol=1e-14)


def test_layer_gives_what_its_neurons_give_one_by_one() -> None:
    layer = Layer(3, 5)
    x = [Value(0.3), 1.0, -2]
    assert [v.data.hex() for v in layer(x)] == [neuron(x).data.hex() for neuron in layer.neurons]
    assert [v.op for v in layer(x)] == ["relu"] * 5


def test_single_output_comes_bare_and_several_in_a_list() -> None:
    assert type(MLP(2, [3, 1])([1.0, 2.0])) is Value
    assert [type(v) for v in MLP(2, [3, 2])([1.0, 2.0])] == [Value, Value]


@pytest.mark.parametrize(
    "x",
    [[1.0, -0.5], (1, -0.5), np.array([1.0, -0.5]), [Value(1.0), np.float64(-0.5)], ag.array([1.0, -0.5])],
    ids=["list", "tuple", "array", "mixed", "values"],
)
def test_inputs_of_every_kind(x: Any) -> None:
    model = MLP(2, [3, 1])
    random.seed(5)
    for p in model.parameters():
        p.data = random.uniform(-1, 1)
    assert model(x).data == model([1.0, -0.5]).data


def test_gradients_reach_inputs_that_are_values() -> None:
    model = MLP(2, [3, 1])
    x = [Value(0.7), Value(0.4)]
    for p in model.parameters():
        p.data = abs(p.data) + 0.1
    model(x).backward()
    W1, W2 = weights_of(model.layers[0])[0], weights_of(model.layers[1])[0]
    assert [v.grad for v in x] == pytest.approx((W2 @ W1)[0].tolist(), rel=1e-14)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_wrong_number_of_inputs_is_a_clear_error(count: int) -> None:
    for thing in (Neuron(2), Layer(2, 3), MLP(2, [3, 1])):
        with pytest.raises(ShapeError, match=rf"2 weights, got {count} inputs"):
            thing([1.0] * count)


@pytest.mark.parametrize("bad", ["ab", [1.0, None], [1.0, "2"], [1j, 2.0]], ids=repr)
def test_inputs_that_are_no_numbers_are_refused(bad: Any) -> None:
    for thing in (Neuron(2), Layer(2, 3), MLP(2, [3, 1])):
        with pytest.raises(TypeError):
            thing(bad)


def test_zero_grad_forgets_every_parameters_gradient() -> None:
    model = MLP(2, [3, 1])
    model([1.0, 1.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert all(p.grad == 0.0 for p in model.parameters())


def test_layers_pass_through_when_only_one_neuron_wide() -> None:
    model = MLP(1, [1, 1, 1])
    for p in model.parameters():
        p.data = 2.0
    out = model([3.0])
    assert out.data == 2 * (2 * (2 * 3 + 2) + 2) + 2


def test_repr_shows_the_shape() -> None:
    assert repr(MLP(2, [2, 1])) == "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
