"""Big graphs in boxes: which boxes, what flows between them, what `expand` opens, and in how little time."""

import math
import operator
import random
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from math import fsum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, array, detect_anomaly, dot, mean, no_grad, prod, tanh
from autograd import sum as total
from autograd.engine.ops import LITERAL
from autograd.errors import ArgumentError, GraphError, OperandError
from autograd.nn import MLP
from autograd.reading.trace import Trace
from autograd.render import to_svg
from autograd.render.overview import Overview, picture_rows
from autograd.render.parts import Part, Parts, Units, banded
from autograd.render.rows import EdgeRow, Graph, NodeRow, Rows, graph_rows


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


def test_neurons_where_they_are_asked_for() -> None:
    rows = picture_rows(batch(20, (4, 4, 1)), level="neuron")
    names = [row.name for row in rows.nodes]
    neurons = [f"layer {layer}, neuron {n}" for layer, size in ((1, 4), (2, 4), (3, 1)) for n in range(1, size + 1)]
    assert names[:10] == ["inputs", *neurons]
    assert by_name(rows)["layer 2, neuron 3"].cluster == ("layer 2",)
    assert by_name(rows)["layer 2, neuron 3"].label == "neuron 3"


def test_above_150_nodes_there_are_layers() -> None:
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


def test_a_picture_of_too_many_single_nodes_is_refused_with_the_way_out() -> None:
    with pytest.raises(GraphError, match='level="layer"'):
        picture_rows(batch(100), level="node")
    with pytest.raises(GraphError, match='level="layer"'):
        picture_rows(batch(1, (500, 1)), level="neuron")


def test_an_unknown_level_is_refused(square: Value) -> None:
    with pytest.raises(ArgumentError, match="node, neuron, layer"):
        picture_rows(square, level="neurons")  # type: ignore[arg-type]


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(OperandError):
        picture_rows(2.0)  # type: ignore[arg-type]


def test_a_number_alone_stays_what_it_is() -> None:
    with no_grad():
        constant = Value(2.0) * 3
    for leaf in (Value(1.0, "x"), constant):
        assert picture_rows(leaf, level="layer") == graph_rows(leaf)


def test_a_trace_of_another_root_is_refused(expression: Value) -> None:
    with pytest.raises(ArgumentError, match="another node"):
        picture_rows(batch(100), trace=Trace(expression))


# --- what is in the boxes ------------------------------------------------------------------------------------------


def test_members_add_up() -> None:
    for root in (batch(100), tangle(2000)):
        rows = picture_rows(root)
        assert sum(row.members for row in rows.nodes) == Graph(root).size()[0]
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
        h = tanh(dot([Value(0.5, f"w{i}")], [h]))
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


# === what flows between boxes is the exact sum of what flows between their nodes, whatever the boxes are ==============


@st.composite
def graphs(draw: st.DrawFn) -> Value:
    """Random graphs with neurons, shared numbers, constants, and nodes used twice by one other."""
    nodes = [Value(draw(st.floats(-2, 2)), "leaf") for _ in range(draw(st.integers(2, 4)))]
    nodes.append(Value(0.5, "fixed", constant=True))
    for _ in range(draw(st.integers(1, 14))):
        a, b, c = (draw(st.sampled_from(nodes)) for _ in range(3))
        make = draw(
            st.sampled_from(
                [
                    lambda a, b, c: a + b,
                    lambda a, b, c: a * a,
                    lambda a, b, c: 2.0 * a - 2.0,
                    lambda a, b, c: tanh(a),
                    lambda a, b, c: total([a, b, a, 1.0, 2.0]),
                    lambda a, b, c: tanh(dot([Value(0.3), Value(0.4)], [a, 1.0], Value(0.1))),
                    lambda a, b, c: dot([a, b], [c, 0.25], 0.25),
                    lambda a, b, c: mean([a, b, 3.0]),
                    lambda a, b, c: prod([a, b, c]),
                ]
            )
        )
        nodes.append(make(a, b, c))
    return nodes[-1]


class Boxed:
    """Rows with the n-th node in the box of that number, going round; with no numbers, each in a box of its own."""

    def __init__(self, graph: Graph, numbers: list[int]) -> None:
        order, units = graph.order, Units(graph.order, graph.grouping)
        parts = Parts(units)
        held: dict[int, list[int]] = defaultdict(list)
        for k, i in enumerate(i for i, node in enumerate(order) if node._row is not LITERAL):
            held[numbers[k % len(numbers)] if numbers else k].append(i)
        boxes = [parts.single(us[0]) if len(us) == 1 else Part("steps", f"box {b}", us) for b, us in held.items()]
        boxes += [parts.single(u, ()) for u in range(len(order), len(units.node))]  # plain numbers that are inputs
        made = Overview(parts, boxes, graph)
        self.rows = made.rows()
        self.of_node = {f"n{units.number[u]}": b for b, part in enumerate(boxes) for u in part.units}
        self.of_row = {id_: b for b, id_ in enumerate(made.ids)}


def flow_between(edges: tuple[EdgeRow, ...], box: dict[str, int]) -> dict[tuple[int, int], list[EdgeRow]]:
    """The edges of single nodes by the boxes of their ends; a plain number is in the box of its user."""
    found = defaultdict(list)
    for edge in edges:
        target = box[edge.target]
        source = box.get(edge.source, target)
        if source != target:
            found[source, target].append(edge)
    return found


@given(graphs(), st.lists(st.integers(0, 4), min_size=1, max_size=20))
def test_every_edge_between_boxes_is_the_exact_sum_of_the_edges_between_their_nodes(
    root: Value, boxes: list[int]
) -> None:
    if not root.parents:
        return
    root.backward()
    boxed = Boxed(Graph(root), boxes)
    expected = flow_between(graph_rows(root).edges, boxed.of_node)
    drawn = defaultdict(list)
    for edge in boxed.rows.edges:
        if edge.source in boxed.of_row:  # else it is a plain number beside its user
            drawn[boxed.of_row[edge.source], boxed.of_row[edge.target]].append(edge)
    assert set(drawn) == set(expected)
    for pair, edges in expected.items():
        messages = [edge.message for edge in edges if edge.message is not None]
        shown = [edge.message for edge in drawn[pair] if edge.message is not None]
        assert sum(edge.count for edge in drawn[pair]) == len(edges)
        assert math.fsum(shown) == math.fsum(messages)
        assert bool(shown) == bool(messages)


def nodes_in_order(rows: Rows) -> list[NodeRow]:
    """The rows of nodes by number. A plain number may be a bias here and not there, so its frame is left out."""
    ordered = sorted(rows.nodes, key=lambda row: int(row.id[1:]))
    return [replace(row, cluster=()) if row.kind == "constant" else row for row in ordered]


@given(graphs(), st.integers(0, 1000))
def test_with_every_node_in_a_box_of_its_own_the_rows_are_those_of_the_graph(root: Value, k: int) -> None:
    if not root.parents:
        return
    root.backward()
    rows, known = Boxed(Graph(root), []).rows, graph_rows(root)
    assert (nodes_in_order(rows), rows.edges) == (nodes_in_order(known), known.edges)
    trace = Trace(root)
    k %= len(trace) + 1
    rows, known = Boxed(Graph(root, trace, k), []).rows, graph_rows(root, trace=trace, at_step=k)
    assert (nodes_in_order(rows), rows.edges) == (nodes_in_order(known), known.edges)


NETWORK = MLP(4, [6, 5, 1])


@pytest.mark.parametrize(
    "expand",
    [
        (),
        ("layer 1",),
        ("layer 2", "inputs"),
        ("layer 1, neuron 3", "layer 2, neuron 1"),
        ("layer 1", "layer 2", "layer 3, neuron 1", "inputs"),
    ],
)
def test_flow_is_conserved_whatever_is_open(expand: tuple[str, ...]) -> None:
    """What arrives at the inputs is their gradients, and what goes through any cut between layers is the same."""
    inputs = [Value(0.1 * i, f"x{i}") for i in range(12)]
    root = total([(NETWORK(inputs[4 * k : 4 * k + 4]) - 1.0) ** 2 for k in range(3)])
    root.backward()
    rows = picture_rows(root, level="layer", expand=expand)
    single = graph_rows(root)
    at_inputs = {row.id for row in rows.nodes if row.name == "inputs" or row.label.startswith("x")}
    arrived = math.fsum(e.message for e in rows.edges if e.source in at_inputs and e.message is not None)
    leaves = {row.id for row in single.nodes if row.label.startswith("x")}
    assert arrived == pytest.approx(math.fsum(e.message or 0.0 for e in single.edges if e.source in leaves), rel=1e-13)
    assert arrived == pytest.approx(math.fsum(x.grad for x in inputs), rel=1e-13)
    assert all((edge.local is None) == (edge.count > 1) for edge in rows.edges)


def test_parts_of_an_open_layer_add_up_to_the_closed_one() -> None:
    inputs = [Value(0.1 * i, f"x{i}") for i in range(8)]
    root = (NETWORK(inputs[:4]) - NETWORK(inputs[4:])) ** 2
    root.backward()
    closed, opened = (picture_rows(root, level="layer", expand=e) for e in ((), "layer 1"))
    messages = defaultdict(list)
    for edge in graph_rows(root).edges:
        messages[edge.target].append(edge.message)
    neurons = [row.id for row in opened.nodes if row.cluster == ("layer 1",)]
    for rows, ids in ((closed, ["g_layer_1"]), (opened, neurons)):
        into = [edge for edge in rows.edges if edge.source == "g_inputs" and edge.target in ids]
        assert sum(edge.count for edge in into) == 2 * 4 * 6
    whole = next(e.message for e in closed.edges if (e.source, e.target) == ("g_inputs", "g_layer_1"))
    pieces = [e.message for e in opened.edges if e.source == "g_inputs" and e.target in neurons]
    assert math.fsum(m for m in pieces if m is not None) == pytest.approx(whole, rel=1e-14)


def test_one_edge_alone_keeps_its_local_derivative() -> None:
    root = (NETWORK([0.1, 0.2, 0.3, 0.4]) - 1.0) ** 2
    root.backward()
    rows = picture_rows(root, level="layer", symbolic=True)
    edge = next(edge for edge in rows.edges if edge.source == "g_layer_3")
    known = next(e for e in graph_rows(root, symbolic=True).edges if e.target == edge.target and e.operand == 0)
    assert replace(edge, source=known.source) == known


def test_before_any_backward_nothing_flows() -> None:
    rows = picture_rows((MLP(4, [6, 1])([0.1, 0.2, 0.3, 0.4]) - 1.0) ** 2, level="layer")
    assert {edge.message for edge in rows.edges} == {None}
    assert all("dW" not in row.detail for row in rows.nodes)


def test_the_constants_get_nothing() -> None:
    x = [Value(0.1 * i, constant=True) for i in range(8)]
    root = NETWORK(x[:4]) * NETWORK(x[4:])
    root.backward()
    assert {e.message for e in picture_rows(root, level="layer").edges if e.source == "g_inputs"} == {None}


def test_bands_are_of_about_equal_size() -> None:
    assert banded([1, 1, 1, 1, 9, 1], 3) == [(0, 4), (4, 5), (5, 6)]
    assert banded([5, 5], 3) == [(0, 1), (1, 2)]
    assert banded([1] * 200, 4) == [(0, 50), (50, 100), (100, 150), (150, 200)]


def test_a_node_taken_apart_has_the_gradients_inside() -> None:
    z = dot([Value(2.0, "w1"), Value(3.0, "w2")], [5.0, 7.0], Value(1.0, "b"))
    z.label = "z"
    root = z * 0.5
    root.backward()
    rows = picture_rows(root, expand="z")
    assert [(row.name, row.value, row.gradient) for row in rows.nodes if row.op][:-1] == [
        ("w1*5", 10.0, 0.5),
        ("w2*7", 21.0, 0.5),
        ("w1*5 + w2*7", 31.0, 0.5),
        ("z", 32.0, 0.5),
    ]


# === what `expand` opens, and what is inside a dot, a sum or a mean ===================================================


@pytest.fixture
def neuron() -> Value:
    """L = tanh(0.5 * 1 - 1.5 * 2 + 0.25)"""
    z = dot([Value(0.5, "w1"), Value(-1.5, "w2")], [Value(1.0, "x1"), Value(2.0, "x2")], Value(0.25, "b"))
    z.label = "z1"
    a = tanh(z)
    a.label = "a1"
    return a


def links(rows: Rows) -> list[tuple[str, str, float | None, float | None]]:
    names = {row.id: row.name for row in rows.nodes}
    return [(names[e.source], names[e.target], e.local, e.message) for e in rows.edges]


# --- boxes ---------------------------------------------------------------------------------------------------------


def test_a_layer_opens_to_its_neurons_and_a_neuron_to_its_nodes() -> None:
    root = batch(1, (16, 16, 1))
    layer = by_name(picture_rows(root, level="layer", expand="layer 2"))
    assert [name for name in layer if name.startswith("layer")] == [
        "layer 1",
        *(f"layer 2, neuron {n}" for n in range(1, 17)),
        "layer 3",
    ]
    rows = picture_rows(root, level="layer", expand=("layer 2, neuron 3",))
    nodes = [row for row in rows.nodes if row.cluster == ("layer 2", "neuron 3")]
    assert [row.kind for row in nodes] == ["leaf"] * 17 + ["op", "op"]
    assert {"layer 1", "layer 2, neuron 2", "layer 2, neuron 4", "layer 3"} <= set(by_name(rows))
    assert "layer 2" not in by_name(rows)


def test_several_parts_open_at_once() -> None:
    rows = by_name(picture_rows(batch(20), expand=["layer 1, neuron 3", "layer 3", "inputs"]))
    assert {"layer 1, neuron 2", "layer 2", "layer 3, neuron 1"} <= set(rows)
    assert len([row for row in rows.values() if row.cluster == ("inputs",)]) == 40


def test_a_big_band_opens_to_smaller_ones_and_these_to_nodes() -> None:
    root = tangle(8000, near=30)
    band = next(row.name for row in picture_rows(root).nodes if row.name.startswith("steps"))
    rows = picture_rows(root, expand=band)
    inner = [row for row in rows.nodes if row.cluster == (band,)]
    assert 1 < len(inner) <= 20
    groups = [row for row in inner if row.kind == "group"]
    assert sum(row.members for row in inner) == by_name(picture_rows(root))[band].members
    deeper = picture_rows(root, expand=[band, groups[0].name])
    assert sum(row.cluster == (band, groups[0].name) for row in deeper.nodes) == groups[0].members


def test_a_node_comes_with_what_is_around_it() -> None:
    root = batch(1, (16, 16, 1))
    z = next(row for row in graph_rows(root).nodes if row.cluster == ("layer 2", "neuron 5") and row.op == "relu")
    rows = by_name(picture_rows(root, level="layer", expand=z.name))
    assert rows[z.name] == z
    assert {"layer 1", "layer 2, neuron 4", "layer 3"} <= set(rows)
    assert sum(row.cluster == ("layer 2", "neuron 5") for row in rows.values()) == 19


def test_a_node_of_a_large_box_comes_out_alone() -> None:
    root = tangle(3000)
    rows = picture_rows(root, expand=["v100", "v101"])
    closed = picture_rows(root)
    assert {"v100", "v101"} <= set(by_name(rows))
    assert len(rows.nodes) == len(closed.nodes) + 2
    assert rows.hidden == closed.hidden - 2


def test_the_node_itself_can_be_given() -> None:
    root = batch(1, (16, 16, 1))
    last = next(node for node in Trace(root).order if node.op == "relu")
    assert picture_rows(root, expand=last) == picture_rows(root, expand=[Trace(root).names[last]])


def test_what_is_open_already_can_be_asked_for(neuron: Value) -> None:
    assert picture_rows(neuron, expand=("layer 1", "layer 1, neuron 1", "inputs", "w1", "a1")) == graph_rows(neuron)


@pytest.mark.parametrize(
    ("name", "hint"), [("layr 2", "layer 2"), ("input", "inputs"), ("v30x", "v30"), ("loss, step 7", "loss, step")]
)
def test_an_unknown_name_is_refused_with_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(ArgumentError, match=f"did you mean .*{hint}"):
        picture_rows(batch(30), expand=name)


@pytest.mark.parametrize("thing", [Value(1.0, "elsewhere"), 7, None])
def test_what_is_no_part_of_the_graph_is_refused(thing: object) -> None:
    with pytest.raises(ArgumentError):
        picture_rows(batch(30), expand=[thing])


def test_a_plain_number_has_nothing_to_open(square: Value) -> None:
    root = square + 3.0
    with pytest.raises(ArgumentError, match="nothing to open"):
        picture_rows(root, expand=[root.parents[1]])


def test_opening_too_much_is_refused_with_the_way_out() -> None:
    root = batch(1, (30, 30, 1))
    with pytest.raises(GraphError, match="open less"):
        picture_rows(root, expand=[f"layer 2, neuron {n}" for n in range(1, 31)])


# --- a node that is taken apart -------------------------------------------------------------------------------------


def test_a_dot_opens_to_its_products_and_their_sum(neuron: Value) -> None:
    neuron.backward()
    slope = neuron.parents[0].grad
    rows = picture_rows(neuron, expand="z1")
    inside = rows.nodes[5:9]
    assert [(row.name, row.op, row.value, row.gradient) for row in inside] == [
        ("w1*x1", "*", 0.5, slope),
        ("w2*x2", "*", -3.0, slope),
        ("w1*x1 + w2*x2", "sum", -2.5, slope),
        ("z1", "+", -2.25, slope),
    ]
    assert [row.made_by for row in inside] == ["w1 * x1", "w2 * x2", "sum(w1*x1, w2*x2)", "(w1*x1 + w2*x2) + b"]
    assert links(rows)[:9] == [
        ("w1", "w1*x1", 1.0, slope * 1.0),
        ("x1", "w1*x1", 0.5, slope * 0.5),
        ("w2", "w2*x2", 2.0, slope * 2.0),
        ("x2", "w2*x2", -1.5, slope * -1.5),
        ("w1*x1", "w1*x1 + w2*x2", 1.0, slope),
        ("w2*x2", "w1*x1 + w2*x2", 1.0, slope),
        ("w1*x1 + w2*x2", "z1", 1.0, slope),
        ("b", "z1", 1.0, slope),
        ("z1", "a1", graph_rows(neuron).edges[-1].local, slope),
    ]


def test_all_else_stays_as_it_was(neuron: Value) -> None:
    neuron.backward()
    before, after = by_name(graph_rows(neuron)), by_name(picture_rows(neuron, expand="z1"))
    assert all(after[name] == row for name, row in before.items() if name != "z1")
    assert after["z1"].id == before["z1"].id
    assert len({row.id for row in after.values()}) == len(after)


def test_a_sum_and_a_mean_open_to_their_running_sums() -> None:
    p, q, r = Value(1.0, "p"), Value(2.0, "q"), Value(6.0, "r")
    for make, extra in ((total, []), (mean, [("m", "/", 3.0, 2.0)])):
        m = make([p, q, r])
        m.label = "m"
        m.backward(2.0)
        rows = [row for row in picture_rows(m, expand=[m]).nodes if row.op]
        g = 2.0 * m.local_derivatives()[0]
        last = ("p + ... + r" if extra else "m", "+", 9.0, g)
        assert [(row.name, row.op, row.value, row.gradient) for row in rows] == [("p + q", "+", 3.0, g), last, *extra]
        assert m.parents[0].grad != 0.0


def test_a_dot_without_bias_and_with_one_product() -> None:
    w, x = Value(2.0, "w"), Value(3.0, "x")
    plain, biased = dot([w], [x]), dot([w], [x], 1.0)
    assert [row.op for row in picture_rows(plain, expand=[plain]).nodes] == ["", "", "*"]
    assert [row.op for row in picture_rows(biased, expand=[biased]).nodes] == ["", "", "", "*", "+"]


def test_in_a_big_picture_a_sum_stands_by_itself_and_is_not_taken_apart() -> None:
    root = batch(1, (16, 16, 1))
    root.backward()
    z = next(row for row in graph_rows(root).nodes if row.cluster == ("layer 2", "neuron 1") and row.op == "dot")
    rows = picture_rows(root, level="layer", expand=z.name)
    assert [row for row in rows.nodes if row.id == z.id] == [z]
    (fed,) = [edge for edge in rows.edges if edge.source == "g_layer_1" and edge.target == z.id]
    whole = [edge for edge in graph_rows(root).edges if edge.target == z.id]
    assert (fed.count, fed.message) == (16, fsum(e.message or 0.0 for e in whole[16:32]))


def test_opening_leaves_the_graph_alone_and_works_in_every_mode(neuron: Value) -> None:
    neuron.backward()
    known = picture_rows(neuron, expand="z1")
    grads = [node.grad for node in Trace(neuron).order]
    with no_grad():
        assert picture_rows(neuron, expand="z1") == known
    with detect_anomaly():
        assert picture_rows(neuron, expand="z1") == known
    assert [node.grad for node in Trace(neuron).order] == grads


def test_at_a_moment_products_come_with_their_node(neuron: Value) -> None:
    trace = Trace(neuron)
    z = neuron.parents[0]
    made, visited = trace.place[z] + 1, trace.visited_at(z)
    assert visited is not None
    for k in range(len(trace) + 1):
        row = by_name(picture_rows(neuron, trace=trace, at_step=k, expand="z1"))["w2*x2"]
        assert (row.value is not None) == (k >= made)
        assert (row.gradient is not None) == (k >= visited)
        forward = k <= len(trace.order)
        assert row.state == ("visited" if k >= visited or (forward and k >= made) else "waiting")


def test_numbers_inside_are_those_of_the_trace(neuron: Value) -> None:
    trace = Trace(neuron)
    next(node for node in trace.order if node.label == "w1").data = 100.0
    assert by_name(picture_rows(neuron, trace=trace, expand="z1"))["w1*x1"].value == 0.5


def test_symbols_inside(neuron: Value) -> None:
    rows = picture_rows(neuron, expand="z1", symbolic=True)
    assert [edge.symbolic for edge in rows.edges][:4] == ["x1", "w1", "x2", "w2"]


# === big graphs in little time ========================================================================================


@pytest.mark.parametrize("make", [lambda: batch(735), lambda: tangle(50_000), lambda: tangle(50_000, near=50)])
def test_fifty_thousand_nodes_make_a_picture_of_at_most_60_boxes_in_a_few_seconds(
    dot: Path, make: Callable[[], Value]
) -> None:
    root = make()
    root.backward()
    assert Graph(root).size()[0] >= 50_000
    assert len(picture_rows(root).nodes) <= 60
    start = time.process_time()  # of this process: what `dot` takes for so few boxes is little, and its own affair
    to_svg(root)
    assert time.process_time() - start < 4.0  # 1 s where nothing else runs


def test_a_long_chain_is_read_without_recursion() -> None:
    y = x = Value(1.0, "x")
    for _ in range(50_000):
        y = y + x
    assert len(picture_rows(y).nodes) <= 60
