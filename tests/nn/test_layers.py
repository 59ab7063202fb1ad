"""`Linear`, `Sequential`, `Residual`, the activation modules, and `BatchNorm`, against NumPy and PyTorch's numbers."""

from __future__ import annotations

import copy
import json
import math
import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, nn
from autograd.engine.graph import topological_order
from autograd.errors import ArgumentError, GraphError, OperandError, ShapeError
from autograd.nn import MLP, BatchNorm, Dropout, LayerNorm, Linear, ReLU, Residual, Sequential, Softmax, Tanh
from autograd.nn.init import linear_bound
from autograd.reading.grouping import Grouping

TORCH = json.loads((Path(__file__).parents[1] / "data" / "torch_parity.json").read_text())
BATCH_NORM = TORCH["batch_norm"]
X = np.array([[0.5, -1.0], [2.0, 0.25], [1.0, 1.0]])


# --- Linear -------------------------------------------------------------------------------------------------------


def test_linear_is_x_w_t_plus_b() -> None:
    layer = Linear(2, 3, seed=0)
    x = ag.array(X)
    out = layer(x)
    W, b = ag.data(layer.weight), ag.data(layer.bias)
    assert (W.shape, b.shape, out.shape) == ((3, 2), (3,), (3, 3))
    np.testing.assert_allclose(ag.data(out), X @ W.T + b, rtol=1e-14)
    upstream = np.arange(9.0).reshape(3, 3)
    (out * upstream).sum().backward()
    np.testing.assert_allclose(ag.grads(layer.weight), upstream.T @ X, rtol=1e-13)
    np.testing.assert_allclose(ag.grads(layer.bias), upstream.sum(axis=0), rtol=1e-13)
    np.testing.assert_allclose(ag.grads(x), upstream @ W, rtol=1e-13)
    assert {v.op for v in out.ravel()} == {"dot"}


def test_linear_without_a_bias() -> None:
    layer = Linear(2, 3, bias=False, seed=0)
    assert layer.bias is None
    assert len(layer.parameters()) == 6
    np.testing.assert_allclose(ag.data(layer(X)), X @ ag.data(layer.weight).T, rtol=1e-14)
    assert repr(layer) == "Linear(2 -> 3, bias=False)"


@pytest.mark.parametrize("given", TORCH["init"]["bounds"], ids=lambda g: str(g["fan_in"]))
def test_first_values_lie_within_torchs_bounds(given: dict[str, Any]) -> None:
    assert linear_bound(given["fan_in"]) == given["linear_default_weight_bound"]
    layer = Linear(given["fan_in"], 200, seed=0)
    for numbers in (ag.data(layer.weight), ag.data(layer.bias)):
        assert 0.9 < np.abs(numbers).max() / given["linear_default_weight_bound"] <= 1.0


def test_one_sample_gives_a_list_or_a_bare_value() -> None:
    assert [v.label for v in Linear(2, 3)([1.0, 2.0])] == ["z[1]", "z[2]", "z[3]"]
    assert type(Linear(2, 1)(np.array([1.0, 2.0]))) is Value
    assert type(Linear(1, 1)(3.0)) is Value


def test_weights_set_in_the_array_are_used() -> None:
    layer = Linear(2, 1, seed=0)
    layer.weight[0, 1] = Value(7.0)
    layer.bias[0].data = 1.0
    layer.weight[0, 0].data = 0.0
    assert layer([5.0, 2.0]).data == 15.0


@pytest.mark.parametrize("bad", [0, -1, 2.0, "3", True, None])
def test_sizes_are_whole_numbers(bad: Any) -> None:
    with pytest.raises(ArgumentError, match="at least 1"):
        Linear(bad, 2)
    with pytest.raises(ArgumentError, match="out_features"):
        Linear(2, bad)


# --- Sequential ---------------------------------------------------------------------------------------------------


def test_sequential_is_one_behind_another_and_a_sequence() -> None:
    first, last = Linear(2, 3, seed=0), Linear(3, 1, seed=1)
    model = Sequential(first, Tanh(), last)
    hidden = np.tanh(X @ ag.data(first.weight).T + ag.data(first.bias))
    np.testing.assert_allclose(ag.data(model(X)), hidden @ ag.data(last.weight).T + ag.data(last.bias), rtol=1e-13)
    assert (len(model), model[0], model[-1], list(model)) == (3, first, last, [first, model[1], last])
    assert isinstance(model[:2], Sequential)
    assert len(model[:2](X)[0]) == 3
    assert repr(model) == "Sequential(Linear(2 -> 3), Tanh(), Linear(3 -> 1))"
    assert [v.data for v in map(model, X)] == ag.data(model(X)).ravel().tolist()


def test_sequential_takes_modules_only() -> None:
    for bad in (Tanh, ag.tanh, 3):
        with pytest.raises(ArgumentError, match=r"number 1 is"):
            Sequential(Linear(1, 1), bad)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="at least one"):
        Sequential()


def test_nested_layers_are_numbered_through_and_activations_follow_their_sums() -> None:
    relu = ReLU()
    model = Sequential(Sequential(Linear(1, 1, seed=0), relu), Residual(Sequential(Linear(1, 1, seed=1), relu)))
    assert [p.label for p in model.parameters()] == ["W1[1,1]", "b1[1]", "W2[1,1]", "b2[1]"]
    labels = {v.label for v in topological_order(model([1.0])) if v.parents}
    assert labels == {"z1[1]", "a1[1]", "z2[1]", "a2[1]", ""}  # the skip's sum has none


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (Sequential(Linear(3, 5)), r"Linear\(3 -> 5\), layer 1 of Sequential: expects inputs of shape \(n, 3\), got"),
        (Sequential(Linear(2, 4), ReLU(), Linear(3, 5)), r"Linear\(3 -> 5\), layer 2 of Sequential: .*got \(3, 4\)"),
        (Sequential(Linear(2, 4), BatchNorm(3)), r"BatchNorm\(3\), behind layer 1 of Sequential: .*got \(3, 4\)"),
        (Sequential(BatchNorm(3)), r"BatchNorm\(3\), before layer 1 of Sequential"),
        (
            Sequential(Linear(2, 4), Residual(Linear(4, 2))),
            r"Residual\(Linear\(4 -> 2\)\), behind layer 1 .* shape \(3, 4\) .* shape \(3, 2\)",
        ),
    ],
)
def test_wrong_shapes_are_named_with_the_layer(model: Sequential, text: str) -> None:
    with pytest.raises(ShapeError, match=text):
        model(X)


# --- Residual -----------------------------------------------------------------------------------------------------


def test_residual_adds_its_input() -> None:
    layer = Linear(2, 2, seed=0)
    block = Residual(layer)
    np.testing.assert_allclose(ag.data(block(X)), X + ag.data(layer(X)), rtol=1e-14)
    assert [v.data for v in block(X[0])] == ag.data(block(X))[0].tolist()
    assert type(Residual(Linear(1, 1))([2.0])) is Value
    assert type(Residual(Tanh())(Value(2.0))) is Value
    with pytest.raises(ArgumentError, match="takes a module"):
        Residual(ag.tanh)  # type: ignore[arg-type]


def test_a_residual_lets_the_gradient_past_a_dead_module() -> None:
    block = Residual(Sequential(Linear(1, 1), ReLU()))
    for p in block.parameters():
        p.data = -1.0
    x = Value(2.0)
    block([x]).backward()
    assert x.grad == 1.0


# --- activations --------------------------------------------------------------------------------------------------

ACTIVATIONS = {
    "ReLU": lambda x: np.maximum(x, 0), "LeakyReLU": lambda x: np.where(x > 0, x, 0.01 * x), "Tanh": np.tanh,
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)), "ELU": lambda x: np.where(x > 0, x, np.expm1(x)),
    "SiLU": lambda x: x / (1 + np.exp(-x)), "Softplus": lambda x: np.log1p(np.exp(x)),
    "Softsign": lambda x: x / (1 + abs(x)), "Identity": lambda x: x,
    "GELU": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
    "Softmax": lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_work_on_rows_samples_and_numbers(name: str) -> None:
    activation = getattr(nn, name)()
    expected = ACTIVATIONS[name](X)
    np.testing.assert_allclose(ag.data(activation(ag.array(X))), expected, rtol=1e-13)
    np.testing.assert_allclose(ag.data(activation(X)), expected, rtol=1e-13)
    assert ag.data(activation(list(ag.array(X)[1]))) == pytest.approx(expected[1], rel=1e-13)
    assert isinstance(activation([1.0, 2.0]), list)
    assert activation.parameters() == []
    if name != "Softmax":
        assert type(activation(Value(0.5))) is Value
        assert activation(0.5) == pytest.approx(float(ACTIVATIONS[name](np.array(0.5))), rel=1e-13)


def test_activations_options_are_torchs() -> None:
    assert nn.LeakyReLU(negative_slope=0.2)(-1.0) == -0.2
    assert nn.ELU(alpha=2.0)(-1000.0) == -2.0
    assert repr(nn.LeakyReLU()) == "LeakyReLU(negative_slope=0.01)"
    assert Softmax(dim=1).dim == 1
    with pytest.raises(ArgumentError, match="dim=0"):
        Softmax(dim=0)
    with pytest.raises(ShapeError, match=r"got \(2, 2, 2\)"):
        ReLU()(np.ones((2, 2, 2)))
    with pytest.raises(OperandError):
        ReLU()(None)


# --- what the drawing and the stepping read off the graph ---------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "sizes"),
    [
        (MLP(2, [3, 1], seed=0), (3, 1)),
        (Sequential(Linear(2, 3, seed=0), ReLU(), Linear(3, 1, seed=1)), (3, 1)),
        (Sequential(Linear(2, 3, seed=0), BatchNorm(3), ReLU(), Linear(3, 1, seed=1)), (3, 1)),
        (Sequential(Linear(2, 3, seed=0), Residual(Sequential(Linear(3, 3, seed=1), ReLU())), Linear(3, 1)), (3, 3, 1)),
    ],
    ids=["mlp", "sequential", "batch norm", "residual"],
)
def test_grouping_finds_the_layers(model: Any, sizes: tuple[int, ...]) -> None:
    found = Grouping(topological_order(model(X).sum()))
    assert found.sizes == sizes
    for p in model.parameters():
        if p.label[0] in "Wb" and not p.label.startswith("beta"):
            part = found.of(p)
            assert part is not None
            assert part.role == ("weight" if p.label[0] == "W" else "bias")
            assert p.label[1:].split("[")[0] == str(part.layer)
        else:
            assert found.of(p) is None


# ---- `BatchNorm` against PyTorch's stored numbers and against NumPy

ROWS = np.array([[1.0, 2.0], [2.0, 2.0], [4.0, 2.5]])


def test_training_and_evaluation_give_torchs_numbers() -> None:
    norm = BatchNorm(2, eps=BATCH_NORM["eps"], momentum=BATCH_NORM["momentum"])
    norm.load_state_dict({**norm.state_dict(), "weight": BATCH_NORM["weight"], "bias": BATCH_NORM["bias"]})
    for step in BATCH_NORM["steps"]:
        norm.train(step["mode"] == "train")
        x = ag.array(BATCH_NORM["x"])
        norm.zero_grad()
        y = norm(x)
        (y * np.array(BATCH_NORM["upstream"])).sum().backward()
        np.testing.assert_allclose(ag.data(y), step["y"], rtol=1e-13)
        np.testing.assert_allclose(ag.grads(x), step["grad_x"], rtol=1e-13)
        np.testing.assert_allclose(ag.grads(norm.weight), step["grad_weight"], rtol=1e-13)
        np.testing.assert_allclose(ag.grads(norm.bias), step["grad_bias"], rtol=1e-13)
        if step["mode"] == "train":
            np.testing.assert_allclose(norm.running_mean, step["running_mean"], rtol=1e-13)
            np.testing.assert_allclose(norm.running_var, step["running_var"], rtol=1e-13)
            assert norm.num_batches_tracked == step["batches"]


def test_state_has_torchs_names() -> None:
    assert list(BatchNorm(2).state_dict()) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert list(BatchNorm(2, affine=False).state_dict()) == ["running_mean", "running_var", "num_batches_tracked"]
    assert list(BatchNorm(2, track_running_stats=False).state_dict()) == ["weight", "bias"]
    assert [p.label for p in BatchNorm(2).parameters()] == ["gamma[1]", "gamma[2]", "beta[1]", "beta[2]"]


@pytest.mark.parametrize("x", [ROWS[:1], [1.0, 2.0], np.ones((0, 2))], ids=["one row", "one sample", "no rows"])
def test_a_single_row_in_training_is_a_value_error_and_changes_nothing(x: Any) -> None:
    norm = BatchNorm(2)
    with pytest.raises(ValueError, match=r"BatchNorm\(2\): expected more than 1 row in training.*\.eval\(\)"):
        norm(x)
    assert (norm.num_batches_tracked, norm.running_mean.tolist()) == (0, [0.0, 0.0])


def test_evaluation_takes_single_rows_and_leaves_the_running_numbers() -> None:
    norm = BatchNorm(2)
    norm(ROWS)
    norm.eval()
    before = norm.state_dict()
    expected = (ROWS - norm.running_mean) / np.sqrt(norm.running_var + 1e-5)
    np.testing.assert_allclose(ag.data(norm(ROWS)), expected, rtol=1e-14)
    assert [v.data for v in norm(ROWS[0])] == ag.data(norm(ROWS))[0].tolist()
    assert all(np.array_equal(before[name], it) for name, it in norm.state_dict().items())


def test_without_running_numbers_the_batch_counts_always() -> None:
    norm = BatchNorm(2, affine=False, track_running_stats=False)
    expected = (ROWS - ROWS.mean(axis=0)) / np.sqrt(ROWS.var(axis=0) + 1e-5)
    for model in (norm, norm.eval()):
        np.testing.assert_allclose(ag.data(model(ROWS)), expected, rtol=1e-13)
    with pytest.raises(ShapeError):
        norm(ROWS[:1])


def test_no_momentum_averages_over_all_batches() -> None:
    norm = BatchNorm(2, momentum=None)
    norm(ROWS)
    norm(ROWS + 3.0)
    np.testing.assert_allclose(norm.running_mean, ROWS.mean(axis=0) + 1.5, rtol=1e-14)
    np.testing.assert_allclose(norm.running_var, ROWS.var(axis=0, ddof=1), rtol=1e-14)


def test_a_constant_column_is_no_trouble() -> None:
    norm = BatchNorm(1)
    x = ag.array([[2.0], [2.0], [2.0]])
    y = norm(x)
    y[0, 0].backward()
    assert ag.data(y).tolist() == [[0.0]] * 3
    np.testing.assert_allclose(ag.grads(x)[:, 0] * np.sqrt(1e-5), [2 / 3, -1 / 3, -1 / 3], rtol=1e-13)


def test_gradients_go_through_mean_and_variance() -> None:
    norm = BatchNorm(2)

    def f(a: Any, b: Any) -> Any:
        return (norm([[a, 1.0], [b, 2.0], [0.5, 4.0]])[:, 0] * np.array([1.0, 2.0, -0.5])).sum()

    assert ag.gradcheck(f, 0.3, -1.2)


@pytest.mark.parametrize(
    "options", [{"num_features": 0}, {"eps": -1.0}, {"eps": float("nan")}, {"momentum": 1.5}, {"momentum": -0.1}]
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        BatchNorm(**{"num_features": 2, **options})


def test_repr_shows_what_is_unusual() -> None:
    assert repr(BatchNorm(3)) == "BatchNorm(3)"
    assert repr(BatchNorm(3, momentum=None, affine=False)) == "BatchNorm(3, momentum=None, affine=False)"


# ---- LayerNorm and Dropout. LayerNorm's numbers are in test_torch_parity.py


def test_layer_norm_treats_each_sample_alone() -> None:
    norm = LayerNorm(2, eps=0.1)
    one = [v.data for v in norm([1.0, 3.0])]
    assert one == [v.data for v in norm(np.array([[1.0, 3.0], [5.0, 5.0]]))[0]]
    assert one == [v.data for v in norm.eval()([1.0, 3.0])]
    assert one == pytest.approx([-1.0 / math.sqrt(1.1), 1.0 / math.sqrt(1.1)], rel=1e-15)
    assert isinstance(LayerNorm(1)(2.0), Value)
    with pytest.raises(ShapeError, match=r"LayerNorm\(2, eps=0.1\): expects inputs of shape \(n, 2\)"):
        norm([[1.0, 2.0, 3.0]])


def test_layer_norm_has_parameters_with_labels() -> None:
    model = Sequential(Linear(1, 2, seed=0), LayerNorm(2))
    assert [p.label for p in model[1].parameters()] == ["gamma1[1]", "gamma1[2]", "beta1[1]", "beta1[2]"]
    assert list(LayerNorm(2, bias=False).state_dict()) == ["weight"]
    assert not LayerNorm((3,), elementwise_affine=False).parameters()
    assert repr(LayerNorm([3], bias=False)) == "LayerNorm(3, bias=False)"
    assert repr(LayerNorm(3, 0.1, False)) == "LayerNorm(3, eps=0.1, elementwise_affine=False)"


def test_the_hessian_of_layer_norm_is_finite_at_a_constant_row() -> None:
    # y = (x - mean) / sqrt(var + eps), so sum(c y^2) = sum(c d^2) / eps to second order, with d = x - mean
    share = np.eye(3) - 1.0 / 3.0
    c = np.array([1.0, 2.0, -0.5])
    found = ag.hessian(lambda x: ag.dot(c, [y * y for y in LayerNorm(3, eps=0.25)(x)]))([7.0, 7.0, 7.0])
    np.testing.assert_allclose(found, 2.0 * share @ np.diag(c) @ share / 0.25, rtol=1e-13)


@pytest.mark.parametrize("options", [
    {"normalized_shape": 0}, {"normalized_shape": (2, 3)}, {"normalized_shape": []}, {"eps": -1.0},
    {"eps": math.inf}, {"bias": 1}, {"elementwise_affine": None},
])  # fmt: skip
def test_options_of_layer_norm_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="LayerNorm"):
        LayerNorm(**{"normalized_shape": 2, **options})


def test_dropout_keeps_the_mean_and_has_the_mask_as_slope() -> None:
    x = ag.array(np.ones((200, 50)))
    y = Dropout(0.2, seed=1)(x)
    numbers = ag.data(y)
    assert set(np.unique(numbers)) == {0.0, 1.25}
    assert numbers.mean() == pytest.approx(1.0, abs=0.02)  # its standard deviation is 0.005
    y.sum().backward()
    assert (ag.grads(x) == numbers).all()


def test_dropout_draws_anew_in_each_call_and_the_seed_repeats_the_masks() -> None:
    def masks(seed: int) -> list[list[float]]:
        drop = Dropout(seed=seed)
        return [[v.data for v in drop([1.0] * 30)] for _ in range(3)]

    first = masks(3)
    assert first == masks(3)
    assert first != masks(4)
    assert first[0] != first[1] != first[2]
    random.seed(5)
    unseeded = [v.data for v in Dropout()([1.0] * 30)]
    random.seed(5)
    assert unseeded == [v.data for v in Dropout()([1.0] * 30)]


def test_dropout_goes_on_in_copies() -> None:
    drop = Dropout(seed=0)
    drop([1.0])
    for again in (copy.deepcopy(drop), pickle.loads(pickle.dumps(drop))):
        twin = copy.deepcopy(drop)
        assert [v.data for v in again([1.0] * 30)] == [v.data for v in twin([1.0] * 30)]
    pickle.loads(pickle.dumps(Dropout()))


def test_dropout_passes_in_evaluation_and_where_nothing_is_dropped() -> None:
    x = [Value(1.0), 2.0]
    assert Dropout().eval()(x) is x
    assert Dropout(0.0)(x) is x
    assert [v.data for v in Dropout(1.0)(x)] == [0.0, 0.0]
    assert Dropout(1.0)(Value(3.0)).data == 0.0
    model = Sequential(Linear(1, 1, seed=0), Dropout())
    assert not model.eval()[1].training
    assert repr(Dropout(0.25)) == "Dropout(0.25)"
    assert model.state_dict().keys() == {"0.weight", "0.bias"}
    for wrong in (-0.1, 1.1, math.nan):
        with pytest.raises(ArgumentError, match="Dropout: p is"):
            Dropout(wrong)
    with pytest.raises(OperandError):
        Dropout()({1.0: 2.0})


def test_a_program_refuses_a_random_mask_by_name() -> None:
    model = Sequential(Linear(2, 2, seed=0), Dropout(0.5, seed=0), Linear(2, 1, seed=1))
    x = [Value(1.0), Value(2.0)]
    says = r"Dropout\(0.5\), behind layer 1 of Sequential draws a mask at random"
    with pytest.raises(GraphError, match=says):
        ag.compile(lambda: model(x))
    out = model(x)
    with pytest.raises(GraphError, match=says):
        ag.compile(out * 2.0)
    with pytest.raises(GraphError, match="draws a mask"):  # of plain numbers, too
        ag.compile(x[0] * Dropout(seed=0)([1.0, 1.0])[1])
    assert ag.compile(lambda: model.eval()(x)).forward() == model(x).data
    assert ag.compile(ag.sum(x)).forward() == 3.0
