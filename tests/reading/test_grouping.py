"""Neurons and layers, found in graphs that never recorded them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, array, dot, lessons, tanh
from autograd.engine.graph import topological_order
from autograd.engine.op import TABLE, Op
from autograd.errors import ArgumentError
from autograd.nn import MLP
from autograd.reading.grouping import Grouping, Part
from tests.properties.test_random_graphs import Program, build, programs


def grouped(root: Value) -> Grouping:
    return Grouping(topological_order(root))


def constant(data: float, label: str = "") -> Value:
    return Value(data, label, constant=True)


def test_neurons_count_as_their_weights_are_named_whichever_a_loss_takes_first() -> None:
    logits = MLP(2, [3, 12])([0.5, -1.0])
    found = grouped(ag.losses.cross_entropy([logits], [3]))
    parts = [found.of(z) for z in logits]
    assert [part.neuron for part in parts if part is not None] == list(range(1, 13))  # z2[10] after z2[9]


# --- dot nodes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("samples", [1, 100])
def test_layers_of_a_network(samples: int) -> None:
    model = MLP(2, [16, 16, 1])
    outputs = [model([0.1 * i, 1.0 - i]) for i in range(samples)]
    found = grouped(ag.sum([(y - 1.0) ** 2 for y in outputs]))
    assert found.sizes == (16, 16, 1)
    assert found.layers == 3
    for k, layer in enumerate(model.layers, 1):
        for i, neuron in enumerate(layer.neurons, 1):
            assert {found.of(w) for w in neuron.w} == {Part(k, i, "weight")}
            assert found.of(neuron.b) == Part(k, i, "bias")
            roles = [found.of(node).role for node in found.nodes(k, i)]  # type: ignore[union-attr]
            assert (roles.count("z"), roles.count("a")) == (samples, 0 if k == 3 else samples)
    assert all(found.of(y) == Part(3, 1, "z") for y in outputs)


def test_words_and_names() -> None:
    w, b = Value(1.0), Value(0.0)
    z = dot([w], [3.0], b)
    found = grouped(z.relu() - 1.0)
    assert [found.text(node) for node in (z, w, b)] == [
        f"layer 1, neuron 1: {role}" for role in ("z", "weight", "bias")
    ]
    assert found.text(Value(1.0)) == ""
    assert found.of(Value(1.0)) is None
    assert found.layer_name(1) == "layer 1"


def test_weights_may_stand_second() -> None:
    w = [Value(0.5), Value(0.25)]
    x = [constant(1.0), constant(2.0)]
    hidden = dot(x, w, bias=Value(0.0)).tanh()
    found = grouped(dot([hidden], [Value(1.0)]))
    assert [found.text(node) for node in w] == ["layer 1, neuron 1: weight"] * 2
    assert found.of(x[0]) is None
    assert found.sizes == (1, 1)


def test_where_both_sides_can_be_trained_the_first_holds_the_weights_unless_labels_say_otherwise() -> None:
    a, b = Value(1.0), Value(2.0)
    assert grouped(dot([a], [b])).of(a) == Part(1, 1, "weight")
    x, w = Value(1.0, "x"), Value(2.0, "w")
    found = grouped(dot([x], [w]))
    assert (found.of(x), found.of(w)) == (None, Part(1, 1, "weight"))


def test_a_dot_of_computed_values_or_constants_is_no_neuron() -> None:
    x = [constant(1.0), constant(2.0)]
    queries = [dot([Value(0.1), Value(0.2)], x) for _ in range(2)]
    keys = [dot([Value(0.3), Value(0.4)], x) for _ in range(2)]
    score = dot(queries, keys)
    found = grouped(dot([score], [constant(1.0)]))
    assert found.sizes == (4,)
    assert found.text(score) == ""
    assert grouped(dot(x, x)).layers == 0
    weights = [Value(0.1, "w1"), Value(0.2, "w2")]
    assert grouped(dot(weights, list(weights))).layers == 0  # the square of a norm


def test_arrays() -> None:
    W, V = array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]), array([[0.1, 0.2, 0.3]])
    x = array([1.0, 2.0])
    assert grouped((W @ x).sum()).sizes == (3,)
    b = array([0.0, 0.0, 0.0])
    hidden = W @ x + b
    out = (V @ ag.sigmoid(hidden))[0]
    found = grouped((out - 1) ** 2)
    assert found.sizes == (3, 1)
    assert found.of(hidden[2]) == Part(1, 3, "z")
    assert found.of(hidden[2].parents[0]) == Part(1, 3, "inner")
    assert found.of(b[2]) == Part(1, 3, "bias")


def test_an_addition_of_neurons_is_none_of_them() -> None:
    x = [constant(1.0), constant(2.0)]
    z, y = dot([Value(1.0), Value(2.0)], x), dot([Value(3.0), Value(4.0)], x)
    for total in (z + y, ag.sum([z, y])):
        found = grouped(total)
        assert found.sizes == (2,)
        assert found.of(total) is None


# --- what is written with + and * ----------------------------------------------------------------------------------


def test_a_bias_may_be_added_to_a_dot() -> None:
    w, x, b = Value(0.5), constant(2.0), Value(0.1)
    for z in (dot([w], [x]) + b, b + dot([w], [x])):
        found = grouped(tanh(z))
        assert (found.of(z), found.of(b)) == (Part(1, 1, "z"), Part(1, 1, "bias"))
        assert [(t.weights, t.bias) for t in [found.terms(z)]] == [((w,), b)]
    inside = dot([w], [x], Value(0.2)) + b  # it has a bias already
    assert grouped(inside).of(inside) is None


x, y, t = Value(2.0, "x"), Value(3.0, "y"), Value(0.5)


@pytest.mark.parametrize(
    "root",
    [
        (x + y) * (y + 1),
        x * y + t,
        (x * y + t) * y,
        (x * y + t).relu() * y + t * x,
        (x * x + 1).tanh() * x,
        Value(2.0, "w1") * constant(1.0) + Value(1.0, "w2") * constant(3.0) + Value(0.5, "b"),
        ((t * 1.1).tanh() * 1.1).tanh(),
        3 * t + 1,
        (t * 2) ** 2,
        t * t + ag.sin(t),
        tanh(2 * t),
        x * y + ag.sin(x),
        -(y * ag.log(x) + (1 - y) * ag.log(1 - ag.exp(-x))),
        ag.sigmoid(x),
        constant(1.0) * constant(2.0) + constant(3.0),
        ag.mean([x, y, t]),
        x,
    ],
)
def test_expressions_without_layers(root: Value) -> None:
    found = grouped(root)
    assert (found.layers, found.sizes) == (0, ())
    assert all(found.of(node) is None for node in topological_order(root))
    with pytest.raises(ArgumentError, match="this graph has none"):
        found.layer_name(1)


def test_the_gradient_of_a_neuron_is_none() -> None:
    w, b, x = Value(0.1, "w"), Value(0.2, "b"), Value(0.4, "x")
    z = dot([w], [x], b)
    tanh(z).backward(create_graph=True)
    found = grouped(x.grad)
    assert found.of(w) == Part(1, 1, "weight")
    assert [node for node in topological_order(x.grad) if (part := found.of(node)) and part.role == "z"] == [z]


def test_scale_and_shift_of_a_batch_is_no_neuron() -> None:
    w, gamma, beta = Value(0.5), Value(1.0, "gamma"), Value(0.0, "beta")
    z = [dot([w], [data]) for data in (1.0, 2.0, 4.0)]
    centre, spread = ag.mean(z), ag.std(z)
    normal = [(gamma * ((v - centre) / spread) + beta).relu() for v in z]
    found = grouped(ag.sum([dot([Value(2.0)], [v]) for v in normal]))
    assert found.sizes == (1, 3)
    assert found.of(gamma) is None


# --- activations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f", [ag.tanh, ag.sigmoid, ag.relu, ag.leaky_relu, ag.elu, ag.gelu, ag.silu, ag.softplus, ag.softsign]
)
def test_activations(f: Callable[[Value], Value]) -> None:
    a = f(dot([Value(1.0)], [2.0]))
    assert grouped(a).of(a) == Part(1, 1, "a")


def test_maximum_with_a_number_is_an_activation_and_with_a_node_is_none() -> None:
    z, other = (dot([Value(1.0)], [2.0]) for _ in range(2))
    a = ag.maximum(0, z)
    assert grouped(a).of(a) == Part(1, 1, "a")
    pooled = ag.maximum(z, other)
    assert grouped(pooled).of(pooled) is None


def test_losses_are_no_activations() -> None:
    for loss in (ag.log, ag.exp, ag.logsigmoid, ag.erf, ag.sin, lambda z: z**2, lambda z: z - 1.0):
        root = loss(dot([Value(1.0)], [2.0]))
        assert grouped(root).of(root) is None


def test_a_chain_of_activations_ends_where_several_nodes_use_it() -> None:
    z = dot([Value(1.0)], [2.0])
    first = z.relu()
    second = first.tanh()
    third = ag.sigmoid(second)
    found = grouped(third * second)
    assert [found.text(n) for n in (z, first, second)] == [f"layer 1, neuron 1: {role}" for role in "zaa"]
    assert found.of(third) is None
    z = dot([Value(1.0)], [2.0])
    gate = ag.sigmoid(z)
    assert grouped(z * gate).of(gate) is None


def test_rows_that_are_activations() -> None:
    rows = [
        row if isinstance(row, Op) else row(1.0)
        for row in TABLE.values()
        if isinstance(row, Op) or row.__name__ in ("leaky_relu", "elu")
    ]
    assert {row.name for row in rows if row.activation} == {
        "tanh", "sigmoid", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "softsign", "maximum"
    }  # fmt: skip


# --- depth ---------------------------------------------------------------------------------------------------------


def test_depth_counts_through_anything() -> None:
    first = dot([Value(1.0)], [2.0])
    second = dot([Value(1.0)], [ag.exp(-first) + 1])
    branch = dot([Value(1.0)], [3.0])
    third = dot([Value(1.0), Value(1.0)], [second, branch])
    found = grouped(third)
    assert [found.of(n) for n in (first, branch, second, third)] == [
        Part(1, 1, "z"), Part(1, 2, "z"), Part(2, 1, "z"), Part(3, 1, "z")
    ]  # fmt: skip


def test_skip_connection() -> None:
    inputs = [Value(1.0, "x1"), Value(2.0, "x2")]
    z = [dot([Value(0.1), Value(0.2)], inputs) for _ in range(2)]
    added = [v + u for v, u in zip(z, inputs, strict=True)]
    out = dot([Value(0.3), Value(0.4)], [v.relu() for v in added], Value(0.0))
    found = grouped(out)
    assert found.sizes == (2, 1)
    assert [found.of(u) for u in inputs] == [None, None]


def test_recurrent_cell_is_the_layer_where_it_stands_first() -> None:
    W, b = array([[0.1, 0.2, 0.5, 0.6], [0.3, 0.4, 0.7, 0.8]], "W"), array([0.0, 0.1])
    state: Any = [Value(0.0, "h0"), Value(0.0, "h1")]
    for t in range(5):
        state = list(ag.tanh(W @ array([constant(float(t)), constant(1.0), *state]) + b))
    out = dot([Value(1.0), Value(2.0)], list(state), Value(0.0))
    found = grouped(out)
    assert found.sizes == (2, 1)
    assert found.of(state[1]) == Part(1, 2, "a")
    assert found.of(W[1, 2]) == Part(1, 2, "weight")
    assert found.of(b[1]) == Part(1, 2, "bias")
    assert found.of(out) == Part(2, 1, "z")


# --- the lessons ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "sizes"),
    [
        ("1.1", (1,)), ("1.3", ()), ("1.4", (3, 2)), ("1.7", ()), ("1.8", (2, 1)), ("1.13", ()), ("2.1", (2, 1)),
        ("2.4", (1,) * 10), ("2.5", (3, 1)), ("2.10", (1,)), ("3.3", ()), ("4.2", ()), ("4.4", ()), ("4.5", (3, 1)),
        ("4.6", (3, 1)), ("4.8", ()), ("4.11", (2,)), ("4.16", (5, 4, 3, 1)),
        ("5.1", ()), ("5.2", (1, 1)), ("5.3", ()), ("5.4", (10,)),
    ],
)  # fmt: skip
def test_lessons(claim: str, sizes: tuple[int, ...]) -> None:
    root, nodes = lessons.get(int(claim.split(".")[0])).graph(claim)
    found = grouped(root)
    assert found.sizes == sizes
    for label, node in nodes.items():
        part = found.of(node)
        if part is not None and label[0] in "zZ":
            assert part.role == "z"


def test_what_the_documents_call_a_layer() -> None:
    root, nodes = lessons.get(1).graph("1.8")
    found = grouped(root)
    parts = {"z1[2]": Part(1, 2, "z"), "a1[2]": Part(1, 2, "a"), "W1[2,1]": Part(1, 2, "weight"),
             "b2": Part(2, 1, "bias"), "z2": Part(2, 1, "z"), "a2": Part(2, 1, "a"),
             "J": None, "x[1]": None}  # fmt: skip
    assert {label: found.of(nodes[label]) for label in parts} == parts


# --- any graph -----------------------------------------------------------------------------------------------------


@given(programs())
def test_every_node_of_any_graph_has_at_most_one_part(program: Program) -> None:
    root, _ = build(program)
    order = topological_order(root)
    found = Grouping(order)
    parts = [part for node in order if (part := found.of(node))]
    assert {part.layer for part in parts} == set(range(1, found.layers + 1))
    assert all(1 <= part.neuron <= found.sizes[part.layer - 1] for part in parts)
    listed = [node for layer in range(1, found.layers + 1) for node in found.nodes(layer)]
    assert len(listed) == len(set(map(id, listed))) == len(parts)


def in_one(w: list[Value], inputs: list[Any], b: Value) -> Value:
    z: Value = dot(w, inputs, b)
    return z


def with_a_bias_added(w: list[Value], inputs: list[Any], b: Value) -> Value:
    z: Value = dot(inputs, w) + b
    return z


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(1, 3), st.randoms(use_true_random=False))
def test_shape_of_any_network_however_it_is_written(shape: list[int], samples: int, chance: random.Random) -> None:
    layers, fan_in = [], 2
    for nout in shape:
        write, f = chance.choice([in_one, with_a_bias_added]), chance.choice([ag.tanh, ag.relu, ag.leaky_relu])
        neurons = [([Value(chance.uniform(-1, 1)) for _ in range(fan_in)], Value(0.0)) for _ in range(nout)]
        layers.append((write, f, neurons))
        fan_in = nout
    expected: dict[Value, Part | None] = {}
    outputs: list[Value] = []
    for _ in range(samples):
        values: list[Value] = [constant(chance.uniform(-1, 1)) for _ in range(2)]
        expected.update(dict.fromkeys(values))
        for k, (write, f, neurons) in enumerate(layers, 1):
            below, values = values, []
            for i, (w, b) in enumerate(neurons, 1):
                z = write(w, below, b)
                values.append(f(z))
                expected.update({z: Part(k, i, "z"), values[-1]: Part(k, i, "a"), b: Part(k, i, "bias")})
                expected.update(dict.fromkeys(w, Part(k, i, "weight")))
        outputs += [(v - 1) ** 2 for v in values]
    expected.update(dict.fromkeys(outputs))
    found = grouped(ag.sum(outputs))
    assert found.sizes == tuple(shape)
    assert {node: found.of(node) for node in expected} == expected


def test_no_such_layer_or_neuron() -> None:
    found = grouped(MLP(2, [3, 1])([1.0, 2.0]))
    with pytest.raises(ArgumentError, match="no layer 3; the layers are 1 to 2"):
        found.nodes(3)
    with pytest.raises(ArgumentError, match="no layer 0"):
        found.layer_name(0)
    with pytest.raises(ArgumentError, match="no neuron 4 in layer 1; it has 3"):
        found.nodes(1, 4)


@pytest.mark.parametrize(
    ("follow", "times", "part"),
    [
        (lambda h, w, x: h.tanh(), 1_000_000, Part(1, 1, "a")),
        (lambda h, w, x: h * w, 1_000_000, None),
        (lambda h, w, x: h + w * x, 500_000, None),
    ],
    ids=["activations", "products", "a sum"],
)
def test_a_million_nodes(follow: Callable[[Value, Value, Value], Value], times: int, part: Part | None) -> None:
    w, x = Value(0.5), constant(0.5)
    h: Value = dot([w], [x])
    for _ in range(times):
        h = follow(h, w, x)
    order = topological_order(h)
    start = time.process_time()
    found = Grouping(order)
    assert time.process_time() - start < 60.0  # linear
    assert found.sizes == (1,)
    assert found.of(h) == part
