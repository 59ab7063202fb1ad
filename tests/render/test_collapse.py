"""Which boxes a big graph is drawn in."""

import operator
import random
import re
import subprocess
import sys
from itertools import pairwise

import pytest

from autograd import Value, array, dot, mean, no_grad, tanh
from autograd import sum as total
from autograd.errors import ArgumentError, GraphError, OperandError
from autograd.nn import MLP
from autograd.reading.trace import Trace
from autograd.render.overview import collapsed_rows, picture_rows
from autograd.render.rows import NodeRow, Rows, graph_rows, graph_size


def batch(samples: int, sizes: tuple[int, ...] = (16, 16, 1), inputs: int = 2, plain: bool = False) -> Value:
    """The mean squared error of a network on random points; plain numbers as its inputs, or Values."""
    random.seed(1)
    model, errors = MLP(inputs, sizes), []
    for _ in range(samples):
        x = [random.uniform(-1, 1) for _ in range(inputs)]
        y = random.choice([-1.0, 1.0])
        if plain:
            errors.append((model(x) - y) ** 2)
        else:
            errors.append((model([Value(v, constant=True) for v in x]) - Value(y, constant=True)) ** 2)
    return mean(errors)


def tangle(nodes: int, leaves: int = 40, near: int | None = None) -> Value:
    """A random graph without layers, all of it below one root; `near`: each node uses recent ones only."""
    r = random.Random(0)
    made = [Value(r.uniform(-1, 1), f"x{i}") for i in range(leaves)]
    while len(made) < nodes:
        first = 0 if near is None else max(0, len(made) - near)
        a, b = made[r.randrange(first, len(made))], made[r.randrange(first, len(made))]
        made.append(r.choice([operator.add, operator.sub, lambda a, b: tanh(a), lambda a, b: tanh(a) * b])(a, b))
    return total(made)


def by_name(rows: Rows) -> dict[str, NodeRow]:
    return {row.name: row for row in rows.nodes}


# --- the choice by size ------------------------------------------------------------------------------------------


def test_a_small_graph_is_drawn_node_by_node(expression: Value) -> None:
    assert picture_rows(expression) == graph_rows(expression)
    assert picture_rows(expression, at_step=8) == graph_rows(expression, at_step=8)
    assert picture_rows(expression, symbolic=True) == graph_rows(expression, symbolic=True)


def test_above_150_nodes_there_are_neurons() -> None:
    rows = picture_rows(batch(20, (4, 4, 1)))
    names = [row.name for row in rows.nodes]
    neurons = [f"layer {layer}, neuron {n}" for layer, size in ((1, 4), (2, 4), (3, 1)) for n in range(1, size + 1)]
    assert names[:10] == ["inputs", *neurons]
    assert by_name(rows)["layer 2, neuron 3"].cluster == ("layer 2",)
    assert by_name(rows)["layer 2, neuron 3"].label == "neuron 3"


def test_where_neurons_would_be_too_many_there_are_layers() -> None:
    rows = picture_rows(batch(100))
    assert [(row.id, row.name) for row in rows.nodes[:-1]] == [
        ("g_inputs", "inputs"),
        ("g_layer_1", "layer 1"),
        ("g_layer_2", "layer 2"),
        ("g_layer_3", "layer 3"),
        ("g_targets", "targets"),
        ("g_loss_step_1", "loss, step 1"),
        ("g_loss_step_2", "loss, step 2"),
    ]
    assert rows.nodes[-1].root
    assert rows.nodes[-1].op == "mean"
    assert {row.kind for row in rows.nodes[:-1]} == {"group"}


def test_the_limit_and_the_level_can_be_chosen() -> None:
    root = batch(2, (3, 1))
    assert picture_rows(root, limit=5).hidden > 0
    assert picture_rows(root, level="node", limit=5) == graph_rows(root)
    assert "layer 1" in by_name(picture_rows(root, level="layer"))
    assert "layer 1, neuron 2" in by_name(picture_rows(root, level="neuron"))
    assert collapsed_rows(root, level="layer") == picture_rows(root, level="layer")


def test_a_picture_of_too_many_single_nodes_is_refused_with_the_way_out() -> None:
    with pytest.raises(GraphError, match='level="layer"'):
        picture_rows(batch(100), level="node")
    with pytest.raises(GraphError, match='level="layer"'):
        picture_rows(batch(1, (500, 1)), level="neuron")


def test_an_unknown_level_is_refused(square: Value) -> None:
    with pytest.raises(ArgumentError, match="node, neuron, layer"):
        picture_rows(square, level="neurons")  # type: ignore[arg-type]


@pytest.mark.parametrize("read", [picture_rows, collapsed_rows])
def test_what_is_no_value_is_refused(read: type) -> None:
    with pytest.raises(OperandError):
        read(2.0)


def test_a_number_alone_stays_what_it_is() -> None:
    with no_grad():
        constant = Value(2.0) * 3
    for leaf in (Value(1.0, "x"), constant):
        assert picture_rows(leaf, level="layer") == collapsed_rows(leaf) == graph_rows(leaf)


def test_a_trace_of_another_root_is_refused(expression: Value) -> None:
    with pytest.raises(ArgumentError, match="another node"):
        picture_rows(batch(100), trace=Trace(expression))


# --- what is in the boxes ------------------------------------------------------------------------------------------


def test_members_add_up() -> None:
    for root in (batch(100), tangle(2000)):
        rows = picture_rows(root)
        assert sum(row.members for row in rows.nodes) == graph_size(root)[0]
        assert rows.hidden == sum(row.members for row in rows.nodes if row.kind == "group")


def test_plain_numbers_are_inputs_too_and_counted_once() -> None:
    rows = by_name(picture_rows(batch(100, plain=True)))
    assert rows["inputs"].detail == "200 numbers"
    assert rows["inputs"].members == 200
    assert "targets" not in rows  # each is part of the subtraction that uses it


def test_details_say_what_is_inside() -> None:
    root = batch(100)
    rows = by_name(picture_rows(root))
    assert rows["layer 2"].detail == "W2, b2, z2, a2: 16 neurons, 256 weights, 16 biases"
    assert rows["layer 3"].detail == "W3, b3, z3: 1 neuron, 16 weights, 1 bias"
    assert rows["targets"].detail == "100 numbers"
    assert rows["loss, step 2"].detail == "100 nodes: ^2"
    root.backward()
    parameters = [row.gradient for row in graph_rows(root).nodes if row.kind == "leaf" and row.cluster == ("layer 3",)]
    norm = sum(g * g for g in parameters if g is not None) ** 0.5
    assert by_name(picture_rows(root))["layer 3"].detail.endswith(f"1 bias, |dW| = {norm:.3g}")


def test_names_of_matrices_are_those_of_their_labels() -> None:
    W, b = array([[0.5, 0.1], [0.2, 0.3]], "W1"), array([0.1, 0.2], "b1")
    z = [dot(W[i], [1.0, 2.0], b[i]) for i in range(2)]
    for i, node in enumerate(z):
        node.label = f"z1[{i}]"
    rows = picture_rows(total([tanh(node) for node in z]), level="layer")
    assert by_name(rows)["layer 1"].detail == "W1, b1, z1: 2 neurons, 4 weights, 2 biases"


def test_what_stands_between_layers_has_a_box_of_its_own() -> None:
    w = [[Value(0.1 * i + 0.2 * j, f"w{i}{j}") for j in range(3)] for i in range(3)]
    x = [Value(v, constant=True) * 2.0 - 1.0 for v in (0.1, 0.2, 0.3)]
    hidden = [tanh(dot(row, x)) for row in w]
    scaled = [(h - mean(hidden)) / 2.0 for h in hidden]
    root = dot([Value(0.1, "v0"), Value(0.2, "v1"), Value(0.3, "v2")], scaled)
    names = [row.name for row in picture_rows(root, level="layer").nodes if row.kind == "group"]
    assert names == ["before layer 1", "layer 1", "between layers 1 and 2", "layer 2"]


def test_a_deep_network_has_several_layers_in_one_box() -> None:
    h = Value(1.0, "x", constant=True)
    for i in range(200):
        h = tanh(Value(0.5, f"w{i}") * h)
    rows = picture_rows(h)
    assert len(rows.nodes) <= 60
    assert by_name(rows)["layers 1 to 5"].members == 15
    opened = picture_rows(h, expand="layer 3, neuron 1")
    assert {"layer 2", "layer 4", "layers 6 to 10", "w2"} <= set(by_name(opened))


def test_marks_of_boxes() -> None:
    h = Value(1.0, "x", constant=True)
    for i in range(100):
        h = tanh(dot([Value(0.5, f"w{i}")], [h], Value(0.5, f"b{i}")))
    h.backward()
    rows = by_name(picture_rows(h))
    assert rows["layers 1 to 2"].notes == ("vanishing",)
    assert rows["layers 98 to 100"].notes == ()
    for _ in range(20):
        h = h * 10.0
    h.backward()
    rows = by_name(picture_rows(h))
    assert rows["layers 98 to 100"].notes == ("exploding",)


def test_the_first_number_that_is_not_finite_is_named() -> None:
    y = x = Value(2.0, "x")
    for i in range(300):
        y = y * y if i == 250 else y + x if i < 100 else y * 100.0
        if i == 253:
            y.label = "culprit"
    rows = picture_rows(y)
    bad = [row for row in rows.nodes if row.notes]
    assert [row.notes for row in bad] == [("not finite",)] * len(bad)
    first = next(row.name for row in graph_rows(y).nodes if row.value == float("inf"))
    assert bad[0].detail.endswith(f"inf first at {first}")


# --- graphs without layers -----------------------------------------------------------------------------------------


def test_a_graph_without_layers_is_cut_into_bands_of_steps() -> None:
    root = tangle(5000, near=30)
    rows = picture_rows(root)
    assert len(rows.nodes) <= 60
    bands = [row.name for row in rows.nodes if row.name.startswith("steps")]
    ends = [tuple(map(int, re.findall(r"\d+", name))) for name in bands]
    assert ends[0][0] == 1
    assert all(after[0] == before[1] + 1 for before, after in pairwise(ends))
    assert {row.id for row in rows.nodes if row.kind == "group"} == {
        "g_inputs",
        *(f"g_steps_{a}_to_{b}" for a, b in ends),
    }


@pytest.mark.parametrize("near", [None, 5, 200])
def test_bands_feed_forward_only(near: int | None) -> None:
    rows = picture_rows(tangle(3000, near=near))
    place = {row.id: i for i, row in enumerate(rows.nodes)}
    assert all(place[edge.source] < place[edge.target] for edge in rows.edges)


def test_a_recurrent_network_may_have_cycles_between_its_neurons() -> None:
    random.seed(2)
    rows_, h = [[Value(random.uniform(-1, 1)) for _ in range(4)] for _ in range(2)], [Value(0.1), Value(0.2)]
    for step in range(40):
        x = [Value(0.1 * step, constant=True), Value(0.2, constant=True)]
        h = [tanh(dot(row, [*x, *h])) for row in rows_]
    edges = {(edge.source, edge.target) for edge in picture_rows(h[0] + h[1], level="neuron").edges}
    one, two = "g_layer_1_neuron_1", "g_layer_1_neuron_2"
    assert {(one, two), (two, one)} <= edges
    assert (one, one) not in edges


# --- ids ---------------------------------------------------------------------------------------------------------


def test_ids_are_unique_and_plain_and_a_node_keeps_its_own() -> None:
    root = batch(1, (6, 6, 1), 3)
    single = {row.name: row.id for row in graph_rows(root).nodes if row.kind != "constant"}
    for expand in ((), ("layer 2",), ("layer 2, neuron 1", "inputs"), ("layer 1", "layer 3, neuron 1")):
        rows = picture_rows(root, level="layer", expand=expand)
        ids = [row.id for row in rows.nodes]
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch("[a-z0-9_]+", id_) for id_ in ids)
        assert all(single[row.name] == row.id for row in rows.nodes if row.kind in ("leaf", "op"))
        assert len({(e.source, e.target, e.operand) for e in rows.edges}) == len(rows.edges)


def test_the_rows_are_the_same_in_every_run() -> None:
    program = (
        "from autograd.render.overview import picture_rows; import random; random.seed(1); from autograd.nn import MLP;"
        "from autograd import Value; m = MLP(9, [20, 20, 1]); r = m([Value(i / 9) for i in range(9)]) ** 2;"
        "r.backward(); print(picture_rows(r, expand=['layer 2', 'inputs']))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


# --- moments -------------------------------------------------------------------------------------------------------


def test_at_a_moment_boxes_have_states() -> None:
    root = batch(30, (3, 1))
    trace = Trace(root)
    start = by_name(picture_rows(root, trace=trace, at_step=0, level="layer"))
    assert {row.state for row in start.values()} == {"waiting"}
    seeded = by_name(picture_rows(root, trace=trace, at_step=len(trace.order) + 1, level="layer"))
    assert [name for name, row in seeded.items() if row.state == "current"] == [trace.names[root]]
    middle = picture_rows(root, trace=trace, at_step=len(trace.order) + 20, level="layer")
    assert "current" in {row.state for row in middle.nodes}
    assert {edge.state for edge in middle.edges} <= {"waiting", "current", "visited"}
    assert by_name(middle)["layer 1"].to_come > 0
    end = by_name(picture_rows(root, trace=trace, level="layer"))
    assert {row.to_come for row in end.values()} == {0}
