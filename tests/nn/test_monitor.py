"""The monitor: statistics against NumPy, each trouble planted and found, healthy networks left alone."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

from autograd import Value, dot, monitor, sigmoid
from autograd.errors import ArgumentError, OperandError
from autograd.functions.arrays import array
from autograd.nn import MLP, BatchNorm, Linear, Module, Sequential
from autograd.nn.monitor import Limits, Statistics


def parameters(*rows: tuple[str, list[float], list[float] | None]) -> dict[str, Any]:
    """Named arrays with gradients set by hand."""
    made = {}
    for name, weights, gradients in rows:
        made[name] = array(np.array(weights), name)
        for p, g in zip(made[name], gradients or [], strict=gradients is not None):
            p.grad = g
    return made


def deep(activation: Any, layers: int = 8, width: int = 4, scale: float = 1.0) -> tuple[dict[str, Any], Value]:
    """A network of full layers, its weights and the mean of its outputs over three samples."""
    rng = np.random.default_rng(0)
    named: dict[str, Any] = {}
    h = rng.normal(size=(3, width))
    for k in range(1, layers + 1):
        W = array(scale * rng.normal(size=(width, width)) / math.sqrt(width), f"W{k}")
        b = array(np.zeros(width), f"b{k}")
        named |= {f"W{k}": W, f"b{k}": b}
        h = h @ W.T + b
        if k < layers:
            h = h.apply_elementwise(activation, [h])
    return named, h.mean()


def test_statistics_are_numpys() -> None:
    x = [0.0, 1.5, -2.0, 0.0, 7.25]
    s = Statistics.of(x)
    assert s.mean == pytest.approx(np.mean(x), rel=1e-15)
    assert s.std == pytest.approx(np.std(x, ddof=1), rel=1e-15)  # as torch's std
    assert s.norm == pytest.approx(np.linalg.norm(x), rel=1e-15)
    assert (s.low, s.high, s.zeros) == (-2.0, 7.25, 0.4)


def test_statistics_of_extremes() -> None:
    small = Statistics.of([3e-200, 4e-200])
    assert small.norm == pytest.approx(5e-200, rel=1e-15)
    assert small.std == pytest.approx(1e-200 / math.sqrt(2), rel=1e-14)
    assert Statistics.of([0.0, 0.0]).std == 0
    assert Statistics.of([2.0]).std is None
    assert math.isnan(Statistics.of([1.0, math.nan]).mean)
    assert Statistics.of([1.0, math.inf]).norm == math.inf


def test_one_element_has_no_std_and_powers_of_ten_are_shown() -> None:
    text = str(monitor.report(parameters(("W1", [1.0, 2.0], [1e-5, 2e-5]), ("b1", [0.5], [1.25e-5]))))
    bias = next(line for line in text.splitlines() if line.startswith("b1"))
    assert bias.split() == ["b1", "1", "gradient", "1.25e-05", "-", "1.25e-05", "1.25e-05", "1.25e-05", "0%", "healthy"]
    assert "nan" not in text
    assert "0.0000" not in text


def test_groups_come_from_names() -> None:
    w = [Value(float(i), name) for i, name in enumerate(["W1[1,1]", "W1[1,2]", "b1[1]", "W2[1,1]", "b2[1]"])]
    report = monitor.report(w)
    assert [(row.name, row.size, row.bias) for row in report.rows] == [
        ("W1", 2, False),
        ("b1", 1, True),
        ("W2", 1, False),
        ("b2", 1, True),
    ]
    assert set(report.verdicts.values()) == {"no gradient"}


def test_parameters_without_names_are_told_apart_by_the_graph() -> None:
    w = [Value(0.5) for _ in range(6)]
    h = sigmoid(dot(w[:2], [1.0, 2.0], w[2]))
    loss = sigmoid(dot([w[3]], [h], w[4])) - 1
    loss.backward()
    report = monitor.report(w[:5], root=loss)
    assert [(row.name, row.size) for row in report.rows] == [
        ("layer 1, weights", 2),
        ("layer 1, biases", 1),
        ("layer 2, weights", 1),
        ("layer 2, biases", 1),
    ]


def test_a_module_gives_a_row_for_each_matrix_and_vector() -> None:
    model = MLP(2, [5, 1])
    loss = sum((model(x) - 1) ** 2 for x in ([1.0, 2.0], [-1.0, 0.5]))
    loss.backward()
    report = monitor.report(model, root=loss)
    assert sorted(row.size for row in report.rows) == [1, 5, 5, 10]
    row = report.rows[0]
    assert row.gradient is not None
    assert row.weight.norm > 0


def test_a_modules_groups_are_called_as_its_nodes_are_labelled() -> None:
    model = Sequential(Linear(2, 3, seed=0), BatchNorm(3), Linear(3, 1, seed=1))
    names = ["W1", "b1", "gamma1", "beta1", "W2", "b2"]
    report = monitor.report(model)
    assert [row.name for row in report.rows] == names
    assert [row.bias for row in report.rows] == [False, True] * 3
    with pytest.raises(ArgumentError, match=r"no group '0.weight'; there are W1, b1, gamma1"):
        report["0.weight"]
    model(np.zeros((2, 2))).sum().backward()
    model[0].weight[2, 1].grad = math.inf
    assert monitor.report(model)["W1"].findings[0].why == "the gradient of W1[3,2] is inf"
    by_path = monitor.report(model.named_parameters())  # names that somebody gives stay
    assert [row.name for row in by_path.rows] == ["0.weight", "0.bias", "1.weight", "1.bias", "2.weight", "2.bias"]


def test_a_group_whose_labels_are_not_its_own_keeps_its_path() -> None:
    class Two(Module):
        def __init__(self) -> None:
            self.a, self.b = Linear(1, 1), Linear(1, 1)  # both W and b until a first call numbers them
            self.scale = array(np.ones(2))
            self.offset = [Value(0.0, "c1"), Value(0.0, "c2")]

    model = Two()
    alone = ["scale", "offset"]
    assert [row.name for row in monitor.report(model).rows] == [*alone, "a.weight", "a.bias", "b.weight", "b.bias"]
    model.parameters()
    assert [row.name for row in monitor.report(model).rows] == [*alone, "W1", "b1", "W2", "b2"]


def test_vanishing_in_a_deep_sigmoid_network() -> None:
    model, root = deep(sigmoid)
    root.backward()
    report = monitor.report(model, root=root)
    assert report["W1"].verdict == "vanishing"
    assert report["W8"].verdict == "healthy"
    assert "ReLU" in report["W1"].cure
    assert "W1: vanishing" in str(report)
    assert str(report).count("cure for vanishing: use ReLU instead of sigmoid") == 1
    assert not report.healthy


def test_tiny_and_zero_gradients_vanish() -> None:
    report = monitor.report(parameters(("W1", [1.0], [0.0]), ("W2", [1.0], [1e-12])))
    assert report.verdicts == {"W1": "vanishing", "W2": "vanishing"}


def test_exploding() -> None:
    model, root = deep(lambda z: z, scale=8.0)
    root.backward()
    report = monitor.report(model, root=root)
    assert report["W1"].verdict == "exploding"
    assert "clip the gradients" in report["W1"].cure
    alone = monitor.report(parameters(("W1", [1.0, 1.0], [3e3, 4e3])))
    assert alone["W1"].findings[0].why == "the norm of its gradient is 5.00e+03"


def test_a_healthy_network_is_left_alone() -> None:
    model, root = deep(lambda z: z.tanh(), layers=3)
    root.backward()
    report = monitor.report(model, root=root)
    assert report.healthy, str(report)


def dead_layer(samples: int) -> tuple[list[Value], Value]:
    """Three ReLU neurons of one input from 1 on; the second is off for all."""
    w = [Value(x, f"W1[{i},1]") for i, x in enumerate([1.0, 1.0, 1.5], 1)]
    b = [Value(x, f"b1[{i}]") for i, x in enumerate([0.0, -100.0, 0.5], 1)]
    v = [Value(0.7, f"W2[1,{i}]") for i in (1, 2, 3)]
    loss: Any = 0.0
    for n in range(samples):
        x = [Value(1.0 + n, constant=True)]
        a = [dot([wi], x, bi).relu() for wi, bi in zip(w, b, strict=True)]
        loss = loss + (dot(v, a) - 1) ** 2
    loss.backward()
    return [*w, *b, *v], loss


def test_dead_relu() -> None:
    model, loss = dead_layer(4)
    report = monitor.report(model, root=loss)
    assert report.verdicts == {"W1": "dead ReLU", "b1": "dead ReLU", "W2": "healthy"}
    assert report["W1"].dead == (2,)
    assert report["W1"].findings[0].why == "1 of 3 neurons is off for all 4 samples"
    assert "leaky ReLU" in report["W1"].cure
    assert report["W1"].gradient is not None
    assert report["W1"].gradient.zeros == pytest.approx(1 / 3)
    assert monitor.report(model)["W1"].dead is None


def test_a_bias_that_batch_normalisation_subtracts_has_not_vanished() -> None:
    model = Sequential(Linear(2, 3, seed=0), BatchNorm(3), Linear(3, 1, seed=1))
    loss = (model(np.random.default_rng(0).normal(size=(8, 2))) ** 2).mean()
    loss.backward()
    report = monitor.report(model, root=loss)
    assert report.verdicts == {name: "cancelled" if name == "b1" else "healthy" for name in report.verdicts}


def test_one_sample_says_nothing_about_death() -> None:
    model, loss = dead_layer(1)
    assert monitor.report(model, root=loss)["W1"].verdict == "healthy"
    assert monitor.report(model, root=loss, limits=Limits(samples=1))["W1"].verdict == "dead ReLU"


def test_not_finite_names_the_first() -> None:
    model = parameters(("W1", [1.0, 2.0], [0.5, 0.25]), ("W2", [1.0, 2.0], [0.5, math.nan]))
    report = monitor.report(model)
    assert report["W2"].findings[0].why == "the gradient of W2[1] is nan"
    w = Value(1e200, "w")
    root = (w * w) * Value(2.0, "v")
    loss = root - root
    found = monitor.report([w], root=loss)
    assert found.findings[0].verdict == "not finite"
    assert "'*'" in found.findings[0].why


def test_update_ratio() -> None:
    model = parameters(("W1", [3.0, 4.0], [1.0, 1.0]))
    before = monitor.snapshot(model)
    for p in model["W1"]:
        p.data += 0.01
    row = monitor.report(model, before=before)["W1"]
    assert row.update == pytest.approx(0.01 * math.sqrt(2) / 5, rel=1e-12)
    assert "last step 2.8e-03 of it" in str(monitor.report(model, before=before))


def test_pictures_and_html() -> None:
    model = {"W1<b>": array([1.0, 2.0]), "b1": Value(1.0)}
    for p in [*model["W1<b>"], model["b1"]]:
        p.grad = 0.04
    report = monitor.report(model)
    assert "<svg" in report.to_svg()
    assert ">0.04<" in report.to_svg()
    assert "W1&lt;b&gt;" in report._repr_html_()
    assert "<b>" not in report._repr_html_()


def test_what_is_no_model() -> None:
    for nothing in ([], {}):
        with pytest.raises(ArgumentError, match="no parameters"):
            monitor.report(nothing)
    for wrong in (3.0, "W1", [1.0]):
        with pytest.raises(OperandError):
            monitor.report(wrong)
    with pytest.raises(OperandError, match="root"):
        monitor.report([Value(1.0)], root=2.0)  # type: ignore[arg-type]


def run(losses: list[float]) -> monitor.History:
    history = monitor.History()
    for loss in losses:
        history.record(loss)
    return history


def test_history_of_descents() -> None:
    """Gradient descent on a parabola's square root: too fast, too slow, and right."""
    assert run([0.9**k for k in range(50)]).verdict == "healthy"
    assert run([1 - 1e-6 * k for k in range(50)]).verdict == "crawling"
    assert run([1 + 0.3 * (-1) ** k for k in range(50)]).verdict == "oscillating"
    assert run([2.0**k for k in range(50)]).verdict == "exploding"
    assert run([1.0, math.inf, math.nan]).findings[0].why == "the loss is inf in step 2"
    assert run([0.0] * 30).verdict == "converged"
    assert run([1.0] * 5).verdict == "healthy"
    assert run([]).verdict == "healthy"


def test_a_smooth_run_with_noise_is_healthy() -> None:
    rng = random.Random(0)
    for _ in range(20):
        assert run([0.93**k * rng.uniform(0.97, 1.03) for k in range(60)]).verdict == "healthy"


def descent(lr: float, steps: int, start: float = 1.0) -> monitor.History:
    w, history = Value(start, "w"), monitor.History()
    for _ in range(steps):
        w.zero_grad()
        loss = (w - 3) ** 2 + 1
        loss.backward()
        w.data -= lr * w.grad
        history.record(loss, [w])
    return history


def test_arriving_is_told_from_crawling() -> None:
    assert descent(0.3, 100).verdict == "converged"
    assert descent(1e-7, 100).verdict == "crawling"
    assert descent(1e-7, 100).findings[0].cure == "raise the learning rate, or use Adam"


def test_a_report_takes_the_history() -> None:
    w, history = Value(1.0, "w"), monitor.History()
    for _ in range(2):
        w.grad = 2.0
        w.data *= 1.1
        history.record(w.data, [w])
    assert monitor.report([w], history=history)["w"].update == pytest.approx(0.1)
    history.record(math.nan)
    report = monitor.report([w], history=history)
    assert report.findings[0].verdict == "not finite"
    assert "the run: not finite" in str(report)
    assert repr(history) == "History of 3 steps, the last loss nan: not finite"


@pytest.mark.parametrize("what", ["grad", "data"])
def test_a_run_names_the_first_parameter_that_is_not_finite(what: str) -> None:
    model, history = MLP(2, [3, 1], seed=0), monitor.History()
    history.record(0.5, model)
    assert history.findings == ()
    for weight in (model.layers[0].weight[1, 0], model.layers[1].bias[0]):
        setattr(weight, what, math.inf)
    history.record(0.25, model)
    assert history.findings[0].why == "W1[2,1] or its gradient is inf in step 2"
    before = history.before
    assert before is not None
    assert list(before) == model.parameters()


def test_layers_beside_a_dead_one_name_it() -> None:
    model = MLP(2, [3, 3, 2, 1], seed=0)
    for layer, bias in ((1, -100.0), (2, 1.0)):
        for neuron in model.layers[layer].neurons:
            neuron.b.data = bias
    loss = (model(np.random.default_rng(0).normal(size=(8, 2))) ** 2).sum()
    loss.backward()
    report = monitor.report(model, root=loss)
    for name in ("W1", "b1", "W3"):
        assert report[name].findings[0].why == "its gradient is exactly 0: layer 2 is dead, and nothing passes it"
    assert "sigmoid" not in report["W3"].cure


def test_a_last_bias_has_not_vanished_because_its_gradient_is_small() -> None:
    small = parameters(("W1", [1.0], [0.5]), ("b1", [1.0], [0.0]), ("W2", [1.0], [0.5]), ("b2", [1.0], [1e-15]))
    assert monitor.report(small)["b2"].verdict == "healthy"
    assert monitor.report(small)["b1"].verdict == "cancelled"
