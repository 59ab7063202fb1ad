"""`Module`: parameters by name, state that comes and goes, modes, copies."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, optim
from autograd.errors import ArgumentError, OperandError, ShapeError
from autograd.nn import MLP, BatchNorm, Layer, Linear, Module, Neuron, ReLU, Residual, Sequential, Tanh


class Network(Module):
    """Attributes of every kind that is looked into, and of kinds that are not."""

    def __init__(self) -> None:
        self.first = Linear(2, 3, seed=0)
        self.blocks = [Linear(3, 3, seed=1), {"inner": Linear(3, 1, bias=False, seed=2)}]
        self.scale = Value(2.0)
        self.pair = (Value(3.0), [Value(4.0)])
        self.fixed = Value(5.0, constant=True)
        self.made = self.scale * 2.0
        self.name, self.table = "network", np.zeros(3)
        self.again = self.first

    def forward(self, x: Any) -> Any:
        return self.scale * self.blocks[1]["inner"](self.blocks[0](self.first(x)))  # type: ignore[index]


NAMES = [
    "scale", "pair.0", "pair.1.0",
    "first.weight[0,0]", "first.weight[0,1]", "first.weight[1,0]", "first.weight[1,1]", "first.weight[2,0]",
    "first.weight[2,1]", "first.bias[0]", "first.bias[1]", "first.bias[2]",
]  # fmt: skip


def test_parameters_are_found_in_attributes_lists_and_dicts_in_the_order_of_definition() -> None:
    model = Network()
    named = model.named_parameters()
    names = [name for name, _ in named]
    assert names[:12] == NAMES
    assert names[12] == "blocks.0.weight[0,0]"
    assert names[-1] == "blocks.1.inner.weight[0,2]"
    assert len(set(names)) == len(names) == 3 + 9 + 12 + 3
    assert [id(v) for _, v in named] == [id(v) for v in model.parameters()]


def test_what_is_shared_counts_once() -> None:
    shared = Linear(2, 2, seed=0)
    model = Sequential(shared, Tanh(), shared)
    assert len(model.parameters()) == 6
    assert list(model.state_dict()) == ["0.weight", "0.bias"]
    first, second = Neuron(2), Neuron(2)
    second.row = first.row

    class Tied(Module):
        def __init__(self) -> None:
            self.a, self.b = first, second

    assert len(Tied().parameters()) == 3


def test_cycles_end() -> None:
    class Node(Module):
        def __init__(self) -> None:
            self.other: Any = None
            self.w = Value(1.0)
            self.rest: list[Any] = []

    a, b = Node(), Node()
    a.other, b.other = b, a
    a.rest.append(a.rest)
    assert len(a.parameters()) == len(a.modules()) == 2
    assert not a.eval().training
    assert not b.training
    assert "..." in repr(a)


def test_thousands_of_modules_one_in_another_are_no_recursion() -> None:
    class Chain(Module):
        def __init__(self, inner: Any) -> None:
            self.inner, self.w = inner, Value(1.0)

    model = Chain(None)
    for _ in range(20_000):
        model = Chain(model)
    assert len(model.parameters()) == 20_001
    assert not model.eval().inner.training
    while model.inner is not None:  # so that nothing is freed by recursion
        inner, model.inner = model.inner, None
        model = inner


def test_train_and_eval_reach_everything_and_return_the_model() -> None:
    model = Sequential(Linear(2, 2), Residual(Sequential(BatchNorm(2), ReLU())))
    assert model.training
    assert model.eval() is model
    assert {m.training for m in model.modules()} == {False}
    assert {m.training for m in model.train().modules()} == {True}
    with pytest.raises(ArgumentError, match="True or False"):
        model.train("yes")  # type: ignore[arg-type]


def test_a_module_without_forward_says_so() -> None:
    with pytest.raises(NotImplementedError, match="forward"):
        Module()(1.0)


def test_zero_grad_reaches_every_parameter() -> None:
    model = Network()
    model([1.0, 2.0]).backward()
    assert model.scale.grad != 0.0
    model.zero_grad()
    assert all(p.grad == 0.0 for p in model.parameters())


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (Linear(2, 3), ["weight", "bias"]),
        (Linear(2, 3, bias=False), ["weight"]),
        (Neuron(2), ["w", "b"]),
        (Layer(2, 2), ["weight", "bias"]),
        (MLP(2, [3, 1]), ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]),
        (
            Sequential(Linear(2, 2), Residual(BatchNorm(2))),
            ["0.weight", "0.bias"]
            + [f"1.module.{n}" for n in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")],
        ),
    ],
    ids=repr,
)
def test_states_have_torchs_names_and_come_back(model: Module, names: list[str]) -> None:
    state = model.state_dict()
    assert list(state) == names
    before = copy.deepcopy(state)
    for p in model.parameters():
        p.data = p.data + 1.0
    assert state.keys() == before.keys()  # a copy: it did not follow
    assert all(np.array_equal(state[n], before[n]) for n in names)
    model.load_state_dict(state)
    assert all(np.array_equal(model.state_dict()[n], before[n]) for n in names)


def changed(name: str, it: Any) -> Any:
    def change(state: dict[str, Any]) -> None:
        state[name] = it

    return change


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        (lambda s: s.pop("0.bias"), ArgumentError, "lacks '0.bias'"),
        (changed("0.wieght", 1.0), ArgumentError, r"unknown '0.wieght' \(did you mean '0.weight'\?\)"),
        (changed("0.weight", np.zeros((2, 3))), ShapeError, r"\(3, 2\) in the model and \(2, 3\) in the state"),
        (changed("0.bias", [0.0, float("nan"), 0.0]), ArgumentError, "'0.bias'.*not finite"),
        (changed("0.bias", ["a", "b", "c"]), OperandError, "not real numbers"),
        (changed("0.bias", np.array([1.0, None, "x"], dtype=object)), OperandError, "not real numbers"),
        (changed("1.running_var", [1.0, -1.0, 1.0]), ArgumentError, "negative variance"),
        (changed("1.num_batches_tracked", 1.5), ArgumentError, "count"),
    ],
)
def test_a_wrong_state_is_refused_and_changes_nothing(change: Any, error: type[Exception], text: str) -> None:
    model = Sequential(Linear(2, 3, seed=0), BatchNorm(3))
    before = model.state_dict()
    state = {name: np.asarray(numbers) + 1.0 for name, numbers in before.items()}
    change(state)
    with pytest.raises(error, match=text):
        model.load_state_dict(state)
    assert all(np.array_equal(before[name], numbers) for name, numbers in model.state_dict().items())
    with pytest.raises(OperandError, match="dict"):
        model.load_state_dict([1.0])  # type: ignore[arg-type]


def test_a_loaded_count_is_a_whole_number() -> None:
    model = BatchNorm(2)
    model.load_state_dict({**model.state_dict(), "num_batches_tracked": np.float64(3.0)})
    assert model.num_batches_tracked == 3
    assert isinstance(model.num_batches_tracked, int)


MODELS = [
    MLP(2, [3, 1], activation="tanh", seed=0),
    Sequential(Linear(2, 2, seed=0), BatchNorm(2), Residual(Tanh()), Linear(2, 1, seed=1)),
    Sequential(MLP(2, [3, 2], output_activation="softmax", seed=0)),
]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_copies_compute_the_same_and_share_nothing(model: Module, copied: Any) -> None:
    x = np.array([[0.5, -1.0], [1.5, 2.0], [0.0, 1.0]])
    twin = copied(model)
    assert np.array_equal(ag.data(twin(x)), ag.data(copied(model)(x)))
    assert repr(twin) == repr(model)
    assert [p.label for p in twin.parameters()] == [p.label for p in model.parameters()]
    assert {id(p) for p in twin.parameters()}.isdisjoint(map(id, model.parameters()))
    before = model.parameters()[0].data
    twin.parameters()[0].data = 99.0
    assert model.parameters()[0].data == before


def test_in_no_grad_nothing_is_recorded() -> None:
    for model in MODELS:
        model.eval()
        with ag.no_grad():
            out = model([1.0, 2.0])
            rows = model([[1.0, 2.0], [0.0, 1.0]])
        assert all(v.parents == () for v in (out if isinstance(out, list) else [out]))
        assert all(v.parents == () for v in rows.ravel())
        model.train()


class Pair(Module):
    """A network as a reader writes it."""

    def __init__(self) -> None:
        self.a, self.b = Linear(2, 3, seed=0), Linear(3, 1, seed=1)

    def forward(self, x: Any) -> Any:
        return self.b(self.a(x))


def test_the_layers_of_a_users_network_are_numbered() -> None:
    called, listed, inner = Pair(), Pair(), Pair()
    assert called([1.0, 2.0]).label == "z2[1]"
    labels = [p.label for p in listed.parameters()]
    assert len(set(labels)) == len(labels) == 13
    assert [p.label for p in called.parameters()] == labels
    assert called.b.weight[0, 2].label == "W2[1,3]"
    inner.b.weight[0, 2].label = "mine"
    inner([1.0, 2.0])
    outer = Sequential(Linear(2, 2), inner)
    outer([1.0, 2.0])
    assert (inner.a.weight[0, 0].label, inner.b.weight[0, 2].label) == ("W2[1,1]", "mine")
    with pytest.raises(ShapeError, match="layer 3 of Sequential"):
        inner.b([1.0])


def test_forward_is_what_a_call_is() -> None:
    for module in (Sequential(Linear(2, 1, seed=0), Tanh()), MLP(2, [3, 1]), Linear(2, 2), Residual(Linear(2, 2))):
        assert ag.data(module.forward([1.0, 2.0])).tolist() == ag.data(module([1.0, 2.0])).tolist()
    assert repr(MLP(1, [1], activation="tanh")) == "MLP of [Layer of [LinearNeuron(1)]]"
    tanh = Tanh()
    tanh(0.5)
    assert repr(tanh) == "Tanh()"


def test_gradients_are_forgotten_or_made_zero() -> None:
    model = Linear(1, 1, seed=1)
    for owner in (model, optim.SGD(model.parameters(), lr=0.1)):
        for none, found in ((True, None), (False, 0.0)):
            model([2.0]).backward()
            owner.zero_grad(set_to_none=none)
            assert [p._grad for p in model.parameters()] == [found, found]
            assert [p.grad for p in model.parameters()] == [0.0, 0.0]


def test_dead_ends_for_those_who_know_pytorch_say_what_to_write() -> None:
    class Net(Module):
        def __init__(self) -> None:
            self.layer = Linear(1, 1, seed=1)

        @property
        def broken(self) -> Any:
            return self.layer.nothing

    for name, said in (("children", r"loop over model.modules\(\)"), ("to", "leave it out"), ("append", "Sequential")):
        with pytest.raises(AttributeError, match=rf"^Net.* has no '{name}': .*{said}"):
            getattr(Net(), name)
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'nothing'"):
        str(Net().broken)
    assert not hasattr(copy.deepcopy(Net()), "nothing")
    assert [name for name in ("MSELoss", "Parameter", "ModuleList") if hasattr(ag.nn, name)] == []
    with pytest.raises(AttributeError, match=r"'autograd.nn' has no attribute 'MSELoss': use autograd.losses.mse$"):
        _ = ag.nn.MSELoss
