"""What `expand` opens, and what is inside a dot, a sum or a mean."""

import random
from math import fsum

import pytest

from autograd import Value, detect_anomaly, dot, mean, no_grad, tanh
from autograd import sum as total
from autograd.errors import ArgumentError, GraphError
from autograd.nn import MLP
from autograd.reading.trace import Trace
from autograd.render.overview import picture_rows
from autograd.render.rows import Rows, graph_rows

from .test_collapse import batch, by_name, tangle


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


def test_a_neuron_that_works_on_many_samples_opens_to_parameters_and_boxes() -> None:
    rows = by_name(picture_rows(batch(100), expand="layer 1, neuron 2"))
    inside = [row for row in rows.values() if row.cluster == ("layer 1", "neuron 2")]
    assert [(row.kind, row.label) for row in inside] == [
        ("leaf", "W1[2,1]"),
        ("leaf", "W1[2,2]"),
        ("leaf", "b1[2]"),
        ("group", "z"),
        ("group", "a"),
    ]
    assert rows["layer 1, neuron 2, z"].detail == "100 nodes: w·x"
    once_more = by_name(picture_rows(batch(100), expand=["layer 1, neuron 2, z", "layer 1, neuron 2"]))
    assert once_more["layer 1, neuron 2, z, 51 to 100"].members == 50


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


def test_in_a_big_picture_products_are_fed_by_boxes() -> None:
    root = batch(1, (16, 16, 1))
    root.backward()
    z = next(row for row in graph_rows(root).nodes if row.cluster == ("layer 2", "neuron 1") and row.op == "dot")
    rows = picture_rows(root, level="layer", expand=z.name)
    fed = [edge for edge in rows.edges if edge.source == "g_layer_1" and edge.target.startswith(f"{z.id}_")]
    assert len(fed) == 16
    whole = [edge for edge in graph_rows(root).edges if edge.target == z.id]
    assert fsum(e.message or 0.0 for e in fed) == fsum(e.message or 0.0 for e in whole[16:32])
    assert {row.cluster for row in rows.nodes if row.id.startswith(f"{z.id}_")} == {("layer 2", "neuron 1")}


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


def test_in_a_wide_neuron_the_weights_have_a_box() -> None:
    random.seed(0)
    root = MLP(200, [3, 1])([Value(0.1, constant=True) for _ in range(200)])
    rows = by_name(picture_rows(root, expand="layer 1, neuron 1"))
    assert rows["layer 1, neuron 1, weights"].detail.startswith("200 numbers")
