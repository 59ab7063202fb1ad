"""`BatchNorm` against PyTorch's stored numbers and against NumPy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.errors import ArgumentError, ShapeError
from autograd.nn import BatchNorm

TORCH = json.loads((Path(__file__).parents[1] / "data" / "torch_parity.json").read_text())["batch_norm"]
X = np.array([[1.0, 2.0], [2.0, 2.0], [4.0, 2.5]])


def test_training_and_evaluation_give_torchs_numbers() -> None:
    norm = BatchNorm(2, eps=TORCH["eps"], momentum=TORCH["momentum"])
    norm.load_state_dict({**norm.state_dict(), "weight": TORCH["weight"], "bias": TORCH["bias"]})
    for step in TORCH["steps"]:
        norm.train(step["mode"] == "train")
        x = ag.array(TORCH["x"])
        norm.zero_grad()
        y = norm(x)
        (y * np.array(TORCH["upstream"])).sum().backward()
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


@pytest.mark.parametrize("x", [X[:1], [1.0, 2.0], np.ones((0, 2))], ids=["one row", "one sample", "no rows"])
def test_a_single_row_in_training_is_a_value_error_and_changes_nothing(x: Any) -> None:
    norm = BatchNorm(2)
    with pytest.raises(ValueError, match=r"BatchNorm\(2\): expected more than 1 row in training.*\.eval\(\)"):
        norm(x)
    assert (norm.num_batches_tracked, norm.running_mean.tolist()) == (0, [0.0, 0.0])


def test_evaluation_takes_single_rows_and_leaves_the_running_numbers() -> None:
    norm = BatchNorm(2)
    norm(X)
    norm.eval()
    before = norm.state_dict()
    expected = (X - norm.running_mean) / np.sqrt(norm.running_var + 1e-5)
    np.testing.assert_allclose(ag.data(norm(X)), expected, rtol=1e-14)
    assert [v.data for v in norm(X[0])] == ag.data(norm(X))[0].tolist()
    assert all(np.array_equal(before[name], it) for name, it in norm.state_dict().items())


def test_without_running_numbers_the_batch_counts_always() -> None:
    norm = BatchNorm(2, affine=False, track_running_stats=False)
    expected = (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + 1e-5)
    for model in (norm, norm.eval()):
        np.testing.assert_allclose(ag.data(model(X)), expected, rtol=1e-13)
    with pytest.raises(ShapeError):
        norm(X[:1])


def test_no_momentum_averages_over_all_batches() -> None:
    norm = BatchNorm(2, momentum=None)
    norm(X)
    norm(X + 3.0)
    np.testing.assert_allclose(norm.running_mean, X.mean(axis=0) + 1.5, rtol=1e-14)
    np.testing.assert_allclose(norm.running_var, X.var(axis=0, ddof=1), rtol=1e-14)


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
