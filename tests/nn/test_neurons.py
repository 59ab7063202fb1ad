"""`Neuron`, `Layer`, `MLP`: networks out of nodes against the same in NumPy, and what they have beyond micrograd."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Stepper, Value, nn
from autograd.engine import graph
from autograd.engine.graph import topological_order
from autograd.errors import ArgumentError, OperandError, ShapeError
from autograd.nn import MLP, Layer, Module, Neuron, Tanh
from autograd.reading.grouping import Grouping


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


# ---- What `Neuron`, `Layer` and `MLP` have beyond micrograd: batches, activations, first values, labels


def weights(model: nn.Module) -> list[float]:
    return [p.data for p in model.parameters()]


# --- seeds and first values ---------------------------------------------------------------------------------------


def test_a_seed_gives_the_network_that_the_global_seed_gives_and_leaves_it_alone() -> None:
    random.seed(5)
    expected = weights(MLP(3, [4, 1]))
    random.seed(8)
    state, of_numpy = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    assert weights(MLP(3, [4, 1], seed=5)) == expected
    for scheme in ("uniform", "xavier_uniform", "kaiming_normal"):
        assert weights(MLP(3, [4, 1], init=scheme, seed=1)) == weights(MLP(3, [4, 1], init=scheme, seed=1))
        assert weights(MLP(3, [4, 1], init=scheme, seed=1)) != weights(MLP(3, [4, 1], init=scheme, seed=2))
    assert random.getstate() == state
    assert np.random.get_state()[1].tolist() == of_numpy  # type: ignore[index, union-attr]


def test_a_seed_means_the_same_numbers_everywhere() -> None:
    generator = random.Random(42)
    assert weights(Neuron(2, seed=42))[:2] == [generator.uniform(-1, 1), generator.uniform(-1, 1)]
    assert weights(Neuron(2, seed=42))[:2] == [0.2788535969157675, -0.9499784895546661]


def test_named_schemes_without_a_seed_follow_the_global_seed() -> None:
    random.seed(5)
    once = weights(MLP(3, [4, 1], init="xavier_uniform"))
    random.seed(5)
    assert weights(MLP(3, [4, 1], init="xavier_uniform")) == once


@pytest.mark.parametrize(
    ("scheme", "bound"),
    [("xavier_uniform", math.sqrt(6 / 60)), ("kaiming_uniform", math.sqrt(6 / 20)), ("uniform", 1.0), ("zeros", 0.0)],
)
def test_first_values_fill_their_interval(scheme: str, bound: float) -> None:
    layer = Layer(20, 40, init=scheme, seed=0)
    largest = np.abs(ag.data(layer.weight)).max()
    assert bound * 0.98 <= largest <= bound
    assert not ag.data(layer.bias).any()


def test_a_function_may_fill_the_weights_or_return_them() -> None:
    assert ag.data(Layer(2, 3, init=lambda W: np.ones(W.shape)).weight).tolist() == [[1, 1]] * 3
    assert set(weights(MLP(2, [2, 1], init=lambda W: ag.init.constant(W, 0.5)))) == {0.5, 0.0}
    with pytest.raises(ShapeError, match=r"\(2,\) for weights of shape \(3, 2\)"):
        Layer(2, 3, init=lambda W: np.ones(2))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: MLP(2, [1], init="xavier"), "did you mean 'xavier_"),
        (lambda: MLP(2, [1], init=3), "name or a function"),
        (lambda: MLP(2, [1], activation="rellu"), "did you mean 'relu'"),
        (lambda: MLP(2, [1], activation=Tanh), r"write Tanh\(\)"),
        (lambda: MLP(2, [1], output_activation=3), "a name, a module or a function"),
        (lambda: MLP(2, [1], seed=1.5), "seed is a whole number"),
        (lambda: MLP(2, [0]), "neurons a layer has"),
        (lambda: MLP(0, [1]), "at least 1"),
        (lambda: Neuron(2, activation="softmax"), "all outputs"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        make()


# --- activations --------------------------------------------------------------------------------------------------

REFERENCE = {
    "relu": lambda z: max(z, 0.0),
    "tanh": math.tanh,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "elu": lambda z: z if z > 0 else math.expm1(z),
    "gelu": lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2,
    "silu": lambda z: z / (1 + math.exp(-z)),
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "softsign": lambda z: z / (1 + abs(z)),
    "identity": lambda z: z,
}


@pytest.mark.parametrize("name", REFERENCE)
@pytest.mark.parametrize("z", [-1.25, 0.5])
def test_each_activation_is_what_it_is_called(name: str, z: float) -> None:
    layer = Layer(1, 2, activation=name, init="ones")
    assert [a.data for a in layer([z])] == pytest.approx([REFERENCE[name](z)] * 2, rel=1e-14)
    assert MLP(1, [1], output_activation=name, init="ones")([z]).data == pytest.approx(REFERENCE[name](z), rel=1e-14)


def test_activations_may_be_modules_functions_or_none() -> None:
    x = [0.3, -0.7]
    named = MLP(2, [3, 2], activation="tanh", seed=0)
    for activation in (Tanh(), ag.tanh, lambda z: z.tanh()):
        assert [v.data for v in MLP(2, [3, 2], activation=activation, seed=0)(x)] == [v.data for v in named(x)]
    assert MLP(2, [1], output_activation=None, seed=0)(x).op == "dot"
    assert Neuron(2, activation=None)(x).op == "dot"


def test_a_whole_layer_can_be_activated_at_once() -> None:
    model = MLP(2, [4, 3], output_activation="softmax", seed=0)
    shares = model([1.0, 2.0])
    assert math.fsum(p.data for p in shares) == pytest.approx(1.0, rel=1e-15)
    assert np.sum(ag.data(model([[1.0, 2.0], [3.0, 4.0]])), axis=1) == pytest.approx([1.0, 1.0])
    own = MLP(2, [3, 2], output_activation=nn.Linear(2, 2, seed=0), seed=0)
    assert len(own.parameters()) == 9 + 8 + 6
    assert len(own([1.0, 2.0])) == 2


# --- batches and shapes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.array, ag.array, list], ids=["numbers", "values", "lists"])
def test_rows_give_what_the_samples_give_one_by_one(kind: Any) -> None:
    rows = [[0.5, -1.0], [2.0, 0.25], [0.0, 0.0]]
    model = MLP(2, [4, 3, 2], seed=0)
    out = model(kind(rows))
    assert out.shape == (3, 2)
    assert ag.data(out).tolist() == [[v.data for v in model(row)] for row in rows]
    assert ag.data(Layer(2, 1, seed=0)(kind(rows))).shape == (3, 1)
    neuron = Neuron(2, seed=0)
    assert ag.data(neuron(kind(rows))).tolist() == [[neuron(row).data] for row in rows]
    assert model(np.zeros((0, 2))).shape == (0, 2)


def test_dots_of_a_batch_share_their_inputs() -> None:
    z = Layer(2, 3, nonlin=False, seed=0)(np.ones((2, 2)))
    assert z[0, 0]._b is z[0, 1]._b is z[0, 2]._b
    assert z[0, 0]._a is z[1, 0]._a


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (np.ones((7, 4)), r"Layer\(2 -> 3\), layer 1 of MLP: expects inputs of shape \(n, 2\), got \(7, 4\)"),
        (np.ones((7, 2, 1)), r"expects inputs of shape \(n, 2\), got \(7, 2, 1\)"),
        ([[1.0, 2.0], [3.0]], "different lengths: 1, 2"),
        ([1.0, 2.0, 3.0], "layer 1 of MLP: 2 weights, got 3 inputs"),
        (1.0, "2 weights, got 1 inputs"),
    ],
)
def test_wrong_shapes_are_named_with_the_layer(x: Any, text: str) -> None:
    with pytest.raises(ShapeError, match=text):
        MLP(2, [3, 1])(x)


def test_layers_that_do_not_fit_are_named() -> None:
    model = MLP(2, [3, 1])
    model.layers[1] = Layer(4, 1)
    with pytest.raises(ShapeError, match=r"4 weights, got 3 inputs"):
        model([1.0, 2.0])
    with pytest.raises(ShapeError, match=r"4 weights, got 3 inputs"):
        model([[1.0, 2.0]])


# --- labels -------------------------------------------------------------------------------------------------------


def test_parameters_and_nodes_are_labelled_as_one_writes_them() -> None:
    model = MLP(2, [2, 1], activation="tanh", seed=0)
    assert [p.label for p in model.parameters()] == [
        "W1[1,1]", "W1[1,2]", "b1[1]", "W1[2,1]", "W1[2,2]", "b1[2]", "W2[1,1]", "W2[1,2]", "b2[1]",
    ]  # fmt: skip
    root = model([1.0, 2.0])
    assert {v.label for v in topological_order(root) if v.parents} == {"z1[1]", "a1[1]", "z1[2]", "a1[2]", "z2[1]"}
    assert root.label == "z2[1]"
    assert MLP(2, [2, 1], output_activation="sigmoid")([1.0, 2.0]).label == "a2[1]"
    assert "Forward: z1[2] = dot(W1[2,1], W1[2,2], 1, 2, b1[2])." in "\n".join(map(str, Stepper(root)))


def test_nodes_of_a_batch_are_labelled_as_those_of_one_sample() -> None:
    rows = [[1.0, 2.0], [3.0, 4.0]]
    linear = nn.Sequential(nn.Linear(2, 2, seed=0), nn.Tanh(), nn.Linear(2, 1, seed=1))
    for model in (MLP(2, [2, 1], seed=0), linear):
        root = model(rows).sum()
        labels = [v.label for v in topological_order(root) if v.parents and v is not root]
        assert sorted(labels) == sorted(["z1[1]", "a1[1]", "z1[2]", "a1[2]", "z2[1]"] * 2)
    assert [a.label for a in Neuron(2)(rows).ravel()] == ["a", "a"]


def test_alone_there_is_no_number_and_own_labels_stay() -> None:
    assert [p.label for p in Neuron(2).parameters()] == ["w[1]", "w[2]", "b"]
    assert Neuron(2)([1.0, 2.0]).label == "a"
    assert [p.label for p in Layer(1, 2).parameters()] == ["W[1,1]", "b[1]", "W[2,1]", "b[2]"]
    layer = nn.Linear(1, 1)
    layer.bias[0].label = "offset"
    model = nn.Sequential(nn.Linear(1, 1), layer)
    assert [p.label for p in model.parameters()] == ["W1[1,1]", "b1[1]", "W2[1,1]", "offset"]


def test_an_activation_that_makes_no_node_labels_none() -> None:
    kept = Value(1.0, "kept")
    layer = Layer(1, 2, activation=lambda z: kept)
    assert {a.label for a in layer([1.0])} == {"kept"}
    assert Layer(1, 2, activation=lambda z: 0.0)([1.0]) == [0.0, 0.0]


def test_a_neuron_made_linear_later_keeps_its_sums_label() -> None:
    layer = Layer(1, 2, seed=0)
    layer.neurons[0].nonlin = False
    assert [v.label for v in layer([1.0])] == ["z[1]", "a[2]"]
    assert [v.op for v in layer([1.0])] == ["dot", "relu"]


def test_forward_mode_goes_through() -> None:
    model = MLP(2, [3, 1], activation="tanh", seed=0)
    _, slope = ag.jvp(lambda x: model(x), ([0.5, -1.0],), ([1.0, 0.0],))
    assert slope == pytest.approx(ag.grad(lambda x: model(x))([0.5, -1.0])[0], rel=1e-13)


def test_grouping_finds_the_layers_whatever_the_activation() -> None:
    for name in REFERENCE:
        root = MLP(2, [3, 2, 1], activation=name, seed=0)([1.0, 2.0])
        assert Grouping(topological_order(root)).sizes == (3, 2, 1)


# --- the training runs of torch -----------------------------------------------------------------------------------

GIVEN = json.loads((Path(__file__).parents[1] / "data" / "mlp_training_parity.json").read_text())


def test_the_first_loss_is_torchs() -> None:
    run = next(r for r in GIVEN["runs"] if r["activation"] == "tanh" and r["loss"] == "mse")
    model = MLP(2, [4, 3, 1], activation="tanh")
    state = GIVEN["init"]
    model.load_state_dict(
        {
            f"layers.{k}.{n}": np.array(state[f"{s}{k + 1}"])
            for k in range(3)
            for n, s in (("weight", "W"), ("bias", "b"))
        }
    )
    errors = ag.data(model(np.array(GIVEN["x"]))).ravel() - np.ravel(GIVEN["y"])
    assert float(np.mean(errors**2)) == pytest.approx(run["losses"][0], rel=1e-13)


def test_an_activation_with_one_output_gives_a_bare_value() -> None:
    assert isinstance(Layer(2, 3, activation=nn.Linear(3, 1))([0.5, -1.0]), Value)


def test_batch_normalisation_is_no_activation() -> None:
    for norm in (nn.BatchNorm(4), nn.Sequential(nn.BatchNorm1d(4), nn.ReLU())):
        with pytest.raises(ArgumentError, match=r"write Sequential\(Linear\(...\), BatchNorm"):
            MLP(2, [4, 1], activation=norm)


@pytest.mark.parametrize(
    "x", [{0: 1.0, 1: 2.0}, {1.0, 2.0}, frozenset({1.0, 2.0}), [[1.0, 2.0], {1.0, 2.0}], "ab", b"ab", iter([1.0, 2.0])]
)
def test_what_has_no_order_or_no_numbers_is_no_sample(x: Any) -> None:
    for module in (MLP(2, [3, 1]), nn.Linear(2, 1), nn.BatchNorm(2), nn.Tanh()):
        with pytest.raises(OperandError, match="list the features in their order"):
            module(x)
