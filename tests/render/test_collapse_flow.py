"""What flows between boxes is the exact sum of what flows between their nodes, whatever the boxes are."""

import math
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, dot, mean, prod, tanh
from autograd import sum as total
from autograd.engine.graph import topological_order
from autograd.engine.ops import LITERAL
from autograd.functions.slopes import exact_sum
from autograd.nn import MLP
from autograd.reading.names import Names
from autograd.reading.trace import Trace
from autograd.render.overview import Overview, picture_rows
from autograd.render.parts import Part, Parts, Units
from autograd.render.rows import AtStep, EdgeRow, NodeRow, Rows, Stored, graph_rows


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

    def __init__(self, root: Value, numbers: list[int], source: Stored | None = None) -> None:
        order = topological_order(root)
        parts = Parts(Units(order, shared_numbers=False))
        held: dict[int, list[int]] = defaultdict(list)
        for k, i in enumerate(i for i, node in enumerate(order) if node._row is not LITERAL):
            held[numbers[k % len(numbers)] if numbers else k].append(i)
        boxes = [parts.single(us[0]) if len(us) == 1 else Part("steps", f"box {b}", us) for b, us in held.items()]
        made = Overview(parts, boxes, Names(order), source or Stored())
        self.rows = made.rows()
        self.of_node = {f"n{made.numbering.number[u]}": b for b, part in enumerate(boxes) for u in part.units}
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
    boxed = Boxed(root, boxes)
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
    rows, known = Boxed(root, []).rows, graph_rows(root)
    assert (nodes_in_order(rows), rows.edges) == (nodes_in_order(known), known.edges)
    trace = Trace(root)
    k %= len(trace) + 1
    rows, known = Boxed(root, [], AtStep(trace, k)).rows, graph_rows(root, trace=trace, at_step=k)
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


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([0.1] * 10, 1.0),
        ([1e16, 1.0, -1e16], 1.0),
        ([1e308, 1e308, -1e308, 0.5], 1e308),
        ([1e308, 1e308], math.inf),
        ([-1e308, -1e308], -math.inf),
        ([math.inf, 1.0], math.inf),
        ([], 0.0),
    ],
)
def test_exact_sums(numbers: list[float], expected: float) -> None:
    assert exact_sum(numbers) == expected


def test_a_sum_of_opposite_infinities_is_nan() -> None:
    assert math.isnan(exact_sum([math.inf, -math.inf]))
