"""A graph as rows, and the marks on numbers to look at first."""

import dataclasses
import math
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, atan2, dot, no_grad, primitive, relu, sigmoid, sqrt, tanh
from autograd import sum as total
from autograd.engine.graph import topological_order
from autograd.engine.value import literal
from autograd.errors import ArgumentError, AutogradError, GraphError, OperandError
from autograd.nn import MLP
from autograd.reading.trace import Trace
from autograd.render import to_dot
from autograd.render.rows import EdgeRow, Graph, NodeRow, first_not_finite, graph_rows, mark_of


@st.composite
def graphs(draw: st.DrawFn) -> Value:
    """Random graphs with shared nodes, shared numbers, and nodes used twice by one other."""
    nodes = [Value(draw(st.floats(-2, 2)), "leaf") for _ in range(draw(st.integers(1, 3)))]
    nodes.append(Value(0.5, "fixed", constant=True))
    for _ in range(draw(st.integers(1, 12))):
        a, b = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        make = draw(
            st.sampled_from(
                [
                    lambda a, b: a + b,
                    lambda a, b: a * b,
                    lambda a, b: a - 2.0,
                    lambda a, b: 2.0 * a,
                    lambda a, b: tanh(a),
                    lambda a, b: total([a, b, a, 1.0, 2.0]),
                ]
            )
        )
        nodes.append(make(a, b))
    return nodes[-1]


def test_a_node_is_a_row(expression: Value) -> None:
    expression.backward()
    rows = graph_rows(expression)
    assert rows.nodes == (
        NodeRow("n0", "a", "a", "", "", "leaf", 2.0, 2.0, "leaf", False),
        NodeRow("n1", "b", "b", "", "", "leaf", 1.0, 5.0, "leaf", False),
        NodeRow("n2", "c", "c", "+", "+", "a + b", 3.0, 2.0, "op", False),
        NodeRow("n3", "1", "", "", "", "constant", 1.0, None, "constant", False),
        NodeRow("n4", "d", "d", "+", "+", "b + 1", 2.0, 3.0, "op", False),
        NodeRow("n5", "e", "e", "*", "*", "c * d", 6.0, 1.0, "op", True),
    )


def test_a_use_is_an_edge_with_its_local_derivative_and_its_message(expression: Value) -> None:
    expression.backward()
    assert graph_rows(expression).edges == (
        EdgeRow("n0", "n2", 0, 1.0, 2.0),
        EdgeRow("n1", "n2", 1, 1.0, 2.0),
        EdgeRow("n1", "n4", 0, 1.0, 3.0),
        EdgeRow("n3", "n4", 1, 1.0, None),  # a constant is sent nothing
        EdgeRow("n2", "n5", 0, 2.0, 2.0),
        EdgeRow("n4", "n5", 1, 3.0, 3.0),
    )


def test_a_node_used_twice_has_two_edges(square: Value) -> None:
    edges = graph_rows(square).edges
    assert [(e.source, e.target, e.operand, e.local) for e in edges] == [("n0", "n1", 0, 3.0), ("n0", "n1", 1, 3.0)]


def test_before_any_backward_gradients_and_messages_are_none_and_not_0(expression: Value) -> None:
    rows = graph_rows(expression)
    assert {node.gradient for node in rows.nodes} == {None}
    assert {edge.message for edge in rows.edges} == {None}
    assert all(edge.local is not None for edge in rows.edges)


def test_a_gradient_of_0_is_0() -> None:
    x = Value(-1.0)
    y = relu(x)
    y.backward()
    assert graph_rows(y).nodes[0].gradient == 0.0


def test_a_gradient_that_is_a_value_reads_as_its_number(square: Value) -> None:
    square.backward(create_graph=True)
    rows = graph_rows(square)
    assert [(type(node.gradient), node.gradient) for node in rows.nodes] == [(float, 6.0), (float, 1.0)]
    assert [edge.message for edge in rows.edges] == [3.0, 3.0]
    square.parents[0].zero_grad()  # a gradient that is part of its own graph is a cycle; let it go


def test_a_shared_number_has_a_row_for_each_use() -> None:
    x = Value(1.0, "x")
    rows = graph_rows((x + 2) * (x - 2) + 2)
    twos = [node.id for node in rows.nodes if node.value == 2.0 and node.kind == "constant"]
    assert len(twos) == 3
    assert [sum(edge.source == two for edge in rows.edges) for two in twos] == [1, 1, 1]


def test_a_constant_input_is_one_row_however_often_it_is_used() -> None:
    x = Value(1.0, "x", constant=True)
    rows = graph_rows(x + x * 3)
    assert [(node.label, node.kind) for node in rows.nodes] == [
        ("x", "constant"),
        ("", "constant"),
        ("", "op"),
        ("", "op"),
    ]


def test_operands_of_a_neuron_are_weights_inputs_bias() -> None:
    w, x, b = [Value(1.0, "w1"), Value(2.0, "w2")], [Value(3.0, "x1"), Value(4.0, "x2")], Value(0.5, "b")
    rows = graph_rows(dot(w, x, b))
    labels = {node.id: node.label for node in rows.nodes}
    assert [labels[edge.source] for edge in rows.edges] == ["w1", "w2", "x1", "x2", "b"]
    assert [edge.local for edge in rows.edges] == [3.0, 4.0, 1.0, 2.0, 1.0]


def test_an_operation_has_its_name_and_its_symbol() -> None:
    x = Value(4.0)
    assert [(n.op, n.symbol) for n in graph_rows(sqrt(x) ** 3).nodes] == [("", ""), ("sqrt", "√"), ("power", "^3")]


def test_a_result_made_under_no_grad_is_a_constant() -> None:
    with no_grad():
        result = Value(2.0) * 3
    assert graph_rows(result).nodes == (NodeRow("n0", "6", "", "", "", "constant", 6.0, None, "constant", True),)


def test_a_number_alone_is_a_graph() -> None:
    assert graph_rows(literal(2.0)).nodes == (NodeRow("n0", "2", "", "", "", "constant", 2.0, None, "constant", True),)
    assert Graph(literal(2.0)).size() == (1, 0)


def test_where_the_rule_raises_there_is_no_local_derivative() -> None:
    y = atan2(Value(0.0, "p"), Value(0.0, "q"))
    assert [edge.local for edge in graph_rows(y).edges] == [None, None]


def test_a_faulty_rule_of_the_users_own_is_no_reason_not_to_draw() -> None:
    def rule(out: float, x: float) -> tuple[float]:
        raise TypeError("not finished")

    y = primitive("half_done", lambda x: x, rule)(Value(1.0))
    assert [edge.local for edge in graph_rows(y).edges] == [None]


def test_what_is_not_finite_stays_as_it_is() -> None:
    x = Value(0.0, "x")
    rows = graph_rows(sqrt(x) * float("nan"))
    assert rows.edges[0].local == math.inf
    assert math.isnan(rows.nodes[-1].value)


def test_rows_are_frozen_and_slotted(square: Value) -> None:
    rows = graph_rows(square)
    for row, field in ((rows, "nodes"), (rows.nodes[0], "value"), (rows.edges[0], "local")):
        assert not hasattr(row, "__dict__")
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(row, field, None)


def test_a_deep_graph_is_read_without_recursion() -> None:
    x = y = Value(1.0)
    for _ in range(50_000):
        y = y + x
    assert len(graph_rows(y).nodes) == 50_001


@pytest.mark.parametrize("thing", [None, 2.0, "x", [Value(1.0)]])
def test_what_is_no_value_is_refused_by_type(thing: object) -> None:
    with pytest.raises(OperandError, match=type(thing).__name__):
        graph_rows(thing)  # type: ignore[arg-type]


@given(graphs())
def test_size_is_that_of_the_rows(root: Value) -> None:
    rows = graph_rows(root)
    assert Graph(root).size() == (len(rows.nodes), len(rows.edges))


@given(graphs())
def test_rows_are_a_topological_order_in_operand_order(root: Value) -> None:
    rows = graph_rows(root)
    assert [node.id for node in rows.nodes] == [f"n{i}" for i in range(len(rows.nodes))]
    assert [node.root for node in rows.nodes].index(True) == len(rows.nodes) - 1
    place = {node.id: i for i, node in enumerate(rows.nodes)}
    assert all(place[edge.source] < place[edge.target] for edge in rows.edges)
    assert list(rows.edges) == sorted(rows.edges, key=lambda edge: (place[edge.target], edge.operand))
    plain = [node for node in topological_order(root) if node.parents or node.label]
    assert [n.value for n in rows.nodes if n.op or n.label] == [node.data for node in plain]


@given(graphs())
def test_messages_add_up_to_gradients(root: Value) -> None:
    root.backward()
    rows = graph_rows(root)
    for node in rows.nodes:
        if node.kind != "constant" and not node.root:
            arrived = math.fsum(e.message for e in rows.edges if e.source == node.id and e.message is not None)
            assert node.gradient == pytest.approx(arrived, rel=1e-9, abs=1e-9)


# --- names -------------------------------------------------------------------------------------------------------


def test_every_node_has_the_name_that_the_trace_gives_it() -> None:
    x = Value(3.0, "x")
    root = (x * 2) ** 2 + 2 * x
    assert [(row.name, row.made_by) for row in graph_rows(root).nodes] == [
        ("x", "leaf"),
        ("2", "constant"),
        ("v1", "x * 2"),
        ("v2", "v1 ** 2"),
        ("2", "constant"),
        ("v3", "2 * x"),
        ("v4", "v2 + v3"),
    ]
    assert {row.name for row in graph_rows(root).nodes} == set(Trace(root).names.values())


# --- moments -----------------------------------------------------------------------------------------------------
# The expression's records: forward a b c 1 d e (1 to 6), the seed (7), backward e d c (8 to 10).


def states(root: Value, k: int) -> str:
    return " ".join(f"{row.name}:{row.state}" for row in graph_rows(root, at_step=k).nodes)


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        (0, "a:waiting b:waiting c:waiting 1:waiting d:waiting e:waiting"),
        (1, "a:current b:waiting c:waiting 1:waiting d:waiting e:waiting"),
        (4, "a:visited b:visited c:current 1:visited d:waiting e:waiting"),
        (6, "a:visited b:visited c:visited 1:visited d:visited e:current"),
        (7, "a:waiting b:waiting c:waiting 1:waiting d:waiting e:current"),
        (8, "a:waiting b:waiting c:reached 1:waiting d:reached e:current"),
        (9, "a:waiting b:reached c:reached 1:waiting d:current e:visited"),
        (10, "a:reached b:reached c:current 1:waiting d:visited e:visited"),
    ],
)
def test_states_of_nodes(expression: Value, k: int, expected: str) -> None:
    assert states(expression, k) == expected


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        (0, ["waiting"] * 6),
        (4, ["current", "current", "waiting", "waiting", "waiting", "waiting"]),
        (5, ["visited", "visited", "current", "current", "waiting", "waiting"]),
        (6, ["visited", "visited", "visited", "visited", "current", "current"]),
        (7, ["waiting"] * 6),
        (9, ["waiting", "waiting", "current", "visited", "visited", "visited"]),  # nothing is sent to the 1
        (10, ["current", "current", "visited", "visited", "visited", "visited"]),
    ],
)
def test_states_of_edges(expression: Value, k: int, expected: list[str]) -> None:
    assert [edge.state for edge in graph_rows(expression, at_step=k).edges] == expected


def test_numbers_are_there_when_they_are_computed(expression: Value) -> None:
    expression.backward()
    early = graph_rows(expression, at_step=4)
    assert [node.value for node in early.nodes] == [2.0, 1.0, 3.0, 1.0, None, None]
    assert {node.gradient for node in early.nodes} == {None}
    assert [edge.local for edge in early.edges] == [1.0, 1.0, None, None, None, None]
    late = graph_rows(expression, at_step=9)
    assert [node.value for node in late.nodes] == [2.0, 1.0, 3.0, 1.0, 2.0, 6.0]
    assert [node.gradient for node in late.nodes] == [None, 3.0, 2.0, None, 3.0, 1.0]
    assert [node.to_come for node in late.nodes] == [1, 1, 0, 0, 0, 0]
    assert [edge.local for edge in late.edges] == [1.0, 1.0, 1.0, 1.0, 2.0, 3.0]
    assert [edge.message for edge in late.edges] == [None, None, 3.0, None, 2.0, 3.0]


def test_a_moment_shows_the_numbers_that_the_trace_has_read(square: Value) -> None:
    trace = Trace(square)
    square.parents[0].data = 100.0
    rows = graph_rows(square, trace=trace)  # all of it
    assert [(node.value, node.gradient) for node in rows.nodes] == [(3.0, 6.0), (9.0, 1.0)]
    assert [edge.local for edge in rows.edges] == [3.0, 3.0]
    assert graph_rows(square, trace=trace, at_step=len(trace)) == rows
    assert graph_rows(square).nodes[0].value == 100.0


def test_a_moment_neither_reads_nor_writes_gradients(square: Value) -> None:
    square.backward(2.0)
    assert [node.gradient for node in graph_rows(square, at_step=4).nodes] == [6.0, 1.0]
    assert square.parents[0].grad == 12.0


def test_the_seed_of_a_trace_is_the_roots_gradient(square: Value) -> None:
    assert [node.gradient for node in graph_rows(square, trace=Trace(square, 10.0)).nodes] == [60.0, 10.0]


@pytest.mark.parametrize("k", [-1, 11, 10**30])
def test_a_step_out_of_range_is_refused_with_the_range(expression: Value, k: int) -> None:
    with pytest.raises(ArgumentError, match="from 0 to 10, not"):
        graph_rows(expression, at_step=k)


@pytest.mark.parametrize("k", [1.0, "1", []])
def test_a_step_is_a_whole_number(expression: Value, k: int) -> None:
    with pytest.raises(OperandError, match=type(k).__name__):
        graph_rows(expression, at_step=k)


def test_a_trace_of_another_root_is_refused(expression: Value, square: Value) -> None:
    with pytest.raises(ArgumentError, match="another node"):
        graph_rows(expression, trace=Trace(square))


def test_a_leaf_has_no_moments() -> None:
    with pytest.raises(GraphError, match="nothing to step through"):
        graph_rows(Value(1.0), at_step=0)


def test_a_rule_that_raises_is_met_at_its_visit_and_not_before() -> None:
    y = atan2(Value(0.0, "p"), Value(0.0, "q"))
    assert [edge.local for edge in graph_rows(y, at_step=4).edges] == [None, None]
    with pytest.raises(AutogradError):
        graph_rows(y, at_step=5)


@given(graphs())
def test_the_last_moment_is_what_backward_stores(root: Value) -> None:
    if not root.parents:
        return
    root.backward()
    stored, moment = graph_rows(root), graph_rows(root, at_step=len(Trace(root)))
    assert [dataclasses.replace(node, state="", to_come=0) for node in moment.nodes] == list(stored.nodes)
    assert [dataclasses.replace(edge, state="") for edge in moment.edges] == list(stored.edges)


@given(graphs())
def test_one_node_is_current_and_states_follow_the_numbers(root: Value) -> None:
    if not root.parents:
        return
    trace = Trace(root)
    for k in range(len(trace) + 1):
        rows = graph_rows(root, trace=trace, at_step=k)
        current = {node.name for node in rows.nodes if node.state == "current"}
        assert len(current) == (k > 0)
        backward = k > len(trace.order)
        by_id = {node.id: node for node in rows.nodes}
        for node in rows.nodes:
            if node.state == "waiting":
                assert (node.gradient if backward else node.value) is None
            else:
                assert node.value is not None
            assert (node.state == "reached") <= (backward and node.gradient is not None)
        for edge in rows.edges:
            assert (edge.message is not None) <= (by_id[edge.target].state in ("visited", "current"))
            assert (edge.state == "current") <= (by_id[edge.target].state == "current")


# --- what pictures add ----------------------------------------------------------------------------------------------


def test_symbols_are_there_when_asked_for(expression: Value) -> None:
    assert {edge.symbolic for edge in graph_rows(expression).edges} == {""}
    assert [edge.symbolic for edge in graph_rows(expression, symbolic=True).edges] == ["", "", "", "", "d", "c"]
    f = Value(5.0, "f")
    assert [edge.symbolic for edge in graph_rows(f**3, symbolic=True).edges] == ["3f²"]


def test_symbols_of_very_many_operands_are_left_out() -> None:
    ws = [Value(1.0, f"w{i}") for i in range(40)]
    assert {edge.symbolic for edge in graph_rows(dot(ws, ws), symbolic=True).edges} == {""}


def test_neurons_and_layers_are_clusters() -> None:
    root = MLP(2, [2, 1])([1.0, 2.0])
    assert {row.cluster for row in graph_rows(root).nodes} == {
        (),
        ("layer 1", "neuron 1"),
        ("layer 1", "neuron 2"),
        ("layer 2",),
    }


def test_an_expression_has_no_frames(lesson_5: Value) -> None:
    a, b, c, d, e = [Value(float(i), name) for i, name in enumerate("abcde", 1)]
    for root in (lesson_5, (a * b + c).relu() * d + e * a, (a * a + 1).tanh() * a):
        assert {row.cluster for row in graph_rows(root).nodes} == {()}


def test_a_single_neuron_has_no_frame() -> None:
    w, x = Value(1.0, "w"), Value(2.0, "x", constant=True)
    assert {row.cluster for row in graph_rows(tanh(dot([w], [x]))).nodes} == {()}


def test_nodes_are_marked(square: Value) -> None:
    square.parents[0].data = 1e8
    square = square.parents[0] * square.parents[0]
    square.backward()
    assert [row.notes for row in graph_rows(square).nodes] == [("exploding",), ()]
    assert {row.notes for row in graph_rows(square, at_step=2).nodes} == {()}


# === marks ============================================================================================================


@pytest.mark.parametrize(
    ("gradient", "seed", "mark"),
    [
        (1e-7, 1.0, "vanishing"),
        (-1e-7, 1.0, "vanishing"),
        (1e-7, 1e-3, ""),
        (1e-6, 1.0, ""),
        (0.0, 1.0, ""),
        (None, 1.0, ""),
        (1e7, 1.0, "exploding"),
        (1e7, 100.0, ""),
        (1e7, 0.0, "exploding"),
        (math.inf, 1.0, "not finite"),
        (math.nan, 1.0, "not finite"),
    ],
)
def test_a_mark_is_by_the_gradient_of_the_root(gradient: float | None, seed: float, mark: str) -> None:
    assert mark_of((1.0, gradient), seed) == mark


def test_a_chain_of_sigmoids_vanishes_from_the_place_where_it_does() -> None:
    y = x = Value(2.0, "x")
    for i in range(12):
        y = sigmoid(y)
        y.label = f"a{i + 1}"
    y.backward()
    marked = {row.name: row.notes for row in graph_rows(y).nodes}
    gradients = {row.name: row.gradient for row in graph_rows(y).nodes}
    for name, gradient in gradients.items():
        assert gradient is not None
        assert marked[name] == (("vanishing",) if gradient < 1e-6 else ())
    assert marked["x"] == ("vanishing",)
    assert x.grad < 1e-6


def bad_row(root: Value) -> tuple[NodeRow, str, float] | None:
    return first_not_finite(graph_rows(root).nodes, attrgetter("value"), attrgetter("gradient"))


def test_the_first_number_that_is_not_finite_is_found() -> None:
    x = Value(1e200, "x")
    big = x * x
    big.label = "big"
    y = big - big
    assert bad_row(x) is None
    found = bad_row(y)
    assert found is not None
    assert (found[0].name, found[1], found[2]) == ("big", "value", math.inf)


def test_gradients_come_after_values_and_from_the_root() -> None:
    x = Value(0.0, "x")
    y = (x * 1e300) * 1e300
    y.backward()
    found = bad_row(y)
    assert found is not None
    assert (found[0].name, found[1]) == ("x", "gradient")


# --- gradients that contradict the arrows ------------------------------------------------------------------------


def kept(root: Value) -> list[str]:
    return [row.name for row in graph_rows(root).nodes if "kept from before" in row.notes]


def test_a_gradient_kept_from_an_earlier_backward_is_marked() -> None:
    x = Value(3.0, "x")
    y = x * x + 2 * x
    y.backward()
    assert kept(y) == []
    y.backward()
    assert x.grad == 16.0
    assert kept(y) == ["x"]
    assert ">⚠ kept from before<" in to_dot(y).source
    x.zero_grad()
    y.backward()
    assert kept(y) == []


def test_a_gradient_from_elsewhere_is_marked_in_the_middle_of_a_graph_too() -> None:
    x = Value(3.0, "x")
    h = x * x
    h.label = "h"
    y, other = h * 2, h * 5
    y.backward()
    other.backward()
    assert kept(y) == ["x", "h"]


def test_rounding_is_no_contradiction() -> None:
    x = Value(0.1, "x")
    y = sum((x * (0.1 * i) for i in range(1, 12)), Value(0.0, "zero"))
    y.backward()
    assert kept(y) == []
    assert [row.notes for row in graph_rows(y, at_step=3).nodes if row.notes] == []
