"""copy, deepcopy and pickle: everything arrives, what is shared stays shared, and the original stays as it was."""

from __future__ import annotations

import copy
import io
import math
import pickle
import random
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
from autograd import Value, detect_anomaly, nn, no_grad
from autograd.engine import copying, graph


def pickled_in_python(thing: Any) -> Any:
    """By the pickler that the standard library also has in Python, which fetches a list's items ahead."""
    buffer = io.BytesIO()
    pickle._Pickler(buffer).dump(thing)  # type: ignore[attr-defined]
    return pickle.loads(buffer.getvalue())


WAYS: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    "python pickle": pickled_in_python,
    **{
        f"pickle {protocol}": lambda thing, protocol=protocol: pickle.loads(pickle.dumps(thing, protocol))
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)

LABELS = ["", "plain", "'\"`<&>", "a\nb\x00\x1b[0m", "数 🎲", "\ud800", "x" * 10_000]


def sketch(*roots: Value) -> list[tuple[Any, ...]]:
    """Everything that nodes hold, with places for nodes: equal for equal graphs."""
    order = graph.topological_order(*roots)
    place = {v: i for i, v in enumerate(order)}
    return [
        (v.data.hex(), v.label, v.op, v._row.params, v.constant, v._grad, tuple(place[p] for p in v.parents))
        for v in order
    ]


def graph_of_many_kinds() -> Value:
    a, b, c = Value(0.5, "a"), Value(-2.0), Value(3.0, "c", constant=True)
    z = ag.dot([a, b, a], [b, 2.5, a], c)
    y = ag.sum([a * a, z.tanh() / 2, a**3, 2**a, ag.leaky_relu(b, 0.1), ag.maximum(a, b, 0.0), ag.clip(a, 0, 1)])
    y.label = "y"
    y.backward()
    return y


@every_way
def test_graph_arrives_as_it_was(way: Callable[[Any], Any]) -> None:
    root = graph_of_many_kinds()
    before = sketch(root)
    arrived = way(root)
    assert sketch(arrived) == before == sketch(root)
    assert not {v for v in graph.topological_order(arrived) if v.parents} & set(graph.topological_order(root))
    arrived.backward()
    assert sketch(root) == before


@every_way
@pytest.mark.parametrize("label", LABELS, ids=lambda s: ascii(s)[:12])
def test_label_of_any_kind_survives(way: Callable[[Any], Any], label: str) -> None:
    x = Value(1.0, label)
    y = x * x
    y.label = label
    arrived = way(y)
    assert (arrived.label, arrived.parents[0].label) == (label, label)


@every_way
@pytest.mark.parametrize("number", [-0.0, math.inf, -math.inf, 5e-324, 0.1])
def test_number_survives_to_the_bit(way: Callable[[Any], Any], number: float) -> None:
    assert way(Value(number)).data.hex() == number.hex()
    assert way(Value(1.0) + number).parents[1].data.hex() == number.hex()


@every_way
def test_nan_survives(way: Callable[[Any], Any]) -> None:
    assert math.isnan(way(Value(math.nan) * 1.0).data)


@every_way
def test_sharing_within_what_is_given_is_kept(way: Callable[[Any], Any]) -> None:
    x = Value(2.0)
    y = x * x
    arrived = way([y, x, y + x, {"y": y}])
    assert arrived[0].parents[0] is arrived[0].parents[1] is arrived[1]
    assert list(map(id, arrived[2].parents)) == [id(arrived[0]), id(arrived[1])]
    assert arrived[3]["y"] is arrived[0]
    assert arrived[1] is not x


@every_way
def test_leaf_given_before_its_graph_is_the_same_leaf(way: Callable[[Any], Any]) -> None:
    x = Value(2.0)
    x2, y2 = way((x, x * 3))
    y2.backward()
    assert (x2.grad, x.grad) == (3.0, 0.0)


@every_way
def test_plain_numbers_stay_the_shared_ones(way: Callable[[Any], Any]) -> None:
    x = Value(2.0)
    y = x + 7.0
    assert way(y).parents[1] is y.parents[1]


@every_way
def test_gradient_not_yet_computed_stays_not_computed(way: Callable[[Any], Any]) -> None:
    assert repr(way(Value(1.0) * 2)) == "Value(2.0)"


@every_way
def test_recorded_gradients_arrive_and_belong_to_the_copy(way: Callable[[Any], Any]) -> None:
    x = Value(2.0, "x")
    y = ag.exp(x**3)
    y.backward(create_graph=True)
    arrived = way(y)
    x2 = graph.topological_order(arrived)[0]
    assert x2.label == "x"
    gradient = x2.grad
    assert gradient.data == x.grad.data
    assert x2 in set(graph.topological_order(gradient))
    assert x not in set(graph.topological_order(gradient))
    x2.zero_grad()
    gradient.backward()
    assert x2.grad == pytest.approx(math.exp(8.0) * (12.0**2 + 12.0), rel=1e-14)


@every_way
def test_model_arrives_with_its_own_parameters(way: Callable[[Any], Any]) -> None:
    random.seed(0)
    model = nn.MLP(3, [4, 1])
    x = [1.0, -2.0, 0.5]
    arrived = way(model)
    assert arrived(x).data == model(x).data
    arrived(x).backward()
    assert any(p.grad for p in arrived.parameters())
    assert not any(p.grad for p in model.parameters())


@every_way
def test_array_of_values_arrives(way: Callable[[Any], Any]) -> None:
    A = ag.array([[1.0, 2.0], [3.0, 4.0]], "A")
    B = way(A @ A)
    assert type(B) is type(A)
    B.sum().backward()
    assert ag.grads(A).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert ag.data(B).tolist() == [[7.0, 10.0], [15.0, 22.0]]


def test_shallow_copy_shares_the_parents() -> None:
    x = Value(2.0, "x")
    y = x * x
    y.label = "y"
    y.backward()
    twin = copy.copy(y)
    assert twin is not y
    assert (twin.data, twin.label, twin.op, twin.grad) == (4.0, "y", "*", 1.0)
    assert [p is x for p in twin.parents] == [True, True]
    twin.backward()
    assert x.grad == 8.0


@pytest.mark.parametrize("mode", [no_grad, detect_anomaly])
@every_way
def test_copy_made_inside_a_mode_is_a_whole_copy(way: Callable[[Any], Any], mode: Any) -> None:
    x = Value(2.0)
    y = x * x + x * math.inf  # copying is not computing: no anomaly is made here
    with mode():
        arrived = way(y)
    assert sketch(arrived) == sketch(y)


def test_op_that_cannot_be_pickled_names_itself_and_leaves_pickling_intact() -> None:
    secret = ag.primitive("secret", lambda x: x, lambda out, x: 1.0)
    x = Value(1.0)
    deep = x
    for _ in range(50):
        deep = deep * x
    with pytest.raises(pickle.PicklingError, match="'secret'"):
        pickle.dumps(secret(deep) * deep)
    assert copying._expected.ids == set()
    assert pickle.loads(pickle.dumps(deep * 2)).data == 2.0
    assert copy.deepcopy(secret(deep)).op == "secret"


def test_two_graphs_in_one_pickler_share_across_dumps() -> None:
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer)
    x = Value(2.0)
    y = x * x
    pickler.dump(x)
    pickler.dump(y + 1)
    buffer.seek(0)
    unpickler = pickle.Unpickler(buffer)
    x2 = unpickler.load()
    z2 = unpickler.load()
    z2.backward()
    assert x2.grad == 4.0


def test_pickle_is_small() -> None:
    x = Value(0.5)
    root = x
    for _ in range(1000):
        root = root * x
    assert len(pickle.dumps(root)) < 60 * 1000


def test_deepcopy_of_many_nodes_of_one_graph_walks_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    visited = 0
    walk = graph.topological_order

    def counted(*roots: Any, stop: Any = ()) -> list[Any]:
        nonlocal visited
        order = walk(*roots, stop=stop)
        visited += len(order)
        return order

    monkeypatch.setattr(graph, "topological_order", counted)
    nodes = [Value(1.0)]
    for _ in range(300):
        nodes.append(nodes[-1] * 1.0)
    copied = copy.deepcopy(nodes)
    assert copied[-1].parents[0] is copied[-2]
    assert visited < 20 * len(nodes)


# --- subclasses, which may have attributes of their own -----------------------------------------------------------


class Parameter(Value):
    """With a `__dict__`, and an `__init__` that copies must not call."""

    def __init__(self, data: float, label: str, rate: float) -> None:
        super().__init__(data, label)
        self.rate = rate


class Slotted(Value):
    __slots__ = ("__hidden", "rate", "unset")

    def __init__(self, data: float, label: str, rate: Any) -> None:
        super().__init__(data, label)
        self.rate, self.__hidden = rate, "hidden"

    @property
    def hidden(self) -> str:
        return self.__hidden


class Both(Slotted):
    """Slots from its base, and a `__dict__`."""


WAYS_AND_COPY = pytest.mark.parametrize("way", [*WAYS.values(), copy.copy], ids=[*WAYS, "copy"])


@WAYS_AND_COPY
@pytest.mark.parametrize("kind", [Parameter, Slotted, Both])
def test_subclass_arrives_as_itself_with_its_own_attributes(way: Callable[[Any], Any], kind: Any) -> None:
    p = kind(2.0, "p", 0.1)
    if kind is Both:
        p.note = ["a", "b"]
    (p * p).backward()
    made = way(p)
    assert (type(made), made.data, made.label, made.grad, made.rate) == (kind, 2.0, "p", 4.0, 0.1)
    assert getattr(made, "hidden", "hidden") == "hidden"
    assert not hasattr(made, "unset")
    if kind is Both:
        assert made.note == ["a", "b"]
        assert (made.note is p.note) == (way is copy.copy)
    made.rate = 0.5
    assert p.rate == 0.1


@every_way
def test_subclass_within_a_graph_arrives_and_stays_shared(way: Callable[[Any], Any]) -> None:
    p, q = Parameter(2.0, "p", 0.1), Slotted(3.0, "q", 0.2)
    p.rate = 0.4
    root = p * q + p
    root.backward(create_graph=True)
    root_copy, p_copy, q_copy = way([root, p, q])
    assert (type(p_copy), type(q_copy), p_copy.rate, q_copy.rate) == (Parameter, Slotted, 0.4, 0.2)
    assert root_copy.parents[1] is p_copy
    assert root_copy.parents[0].parents[0] is p_copy
    assert root_copy.parents[0].parents[1] is q_copy
    assert p_copy.grad.data == 4.0
    assert any(v is q_copy for v in graph.topological_order(p_copy.grad))


@every_way
def test_attribute_may_be_a_node_of_the_graph_or_the_node_itself(way: Callable[[Any], Any]) -> None:
    p = Slotted(2.0, "p", None)
    above = p * 3
    p.rate = [p, above]
    for given, found in ((above, lambda made: made.parents[0]), (p, lambda made: made)):
        made = found(way(given))
        assert made.rate[0] is made
        assert made.rate[1].parents[0] is made
        assert made.rate[1].data == 6.0
