"""Networks, losses, optimisers and schedulers against PyTorch's stored numbers (none of these tests needs PyTorch)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, init, losses, nn, optim

DATA = Path(__file__).parents[1] / "data"
TRAINING = json.loads((DATA / "torch_training.json").read_text())
GIVEN = json.loads((DATA / "mlp_training_parity.json").read_text())
PARTS = json.loads((DATA / "torch_parity.json").read_text())


def agree(ours: Any, theirs: Any, tolerance: float = 1e-13, floor: float = 1e-3) -> None:
    """Fail unless all of `ours` is within the tolerance, relative to max(|theirs|, floor)."""
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    assert a.shape == b.shape
    worst = float(np.max(np.abs(a - b) / np.maximum(np.abs(b), floor), initial=0.0))
    assert worst <= tolerance, (
        f"off by {worst:.2e}, at most {tolerance:.0e} is allowed: {a.ravel()[:5]}, {b.ravel()[:5]}"
    )


@pytest.mark.parametrize("wrong", [1 + 1e-11, 1 - 1e-11, float("nan"), float("inf")])
def test_the_comparison_can_fail(wrong: float) -> None:
    with pytest.raises(AssertionError, match="off by"):
        agree([0.5, wrong], [0.5, 1.0], 1e-12)


# --- whole runs of 100 steps -------------------------------------------------------------------------------------


def build(network: list[list[Any]]) -> Any:
    parts = []
    for name, *arguments in network:
        parts.append(nn.Residual(build(arguments[0])) if name == "Residual" else getattr(nn, name)(*arguments))
    return nn.Sequential(*parts)


def put(model: Any, state: dict[str, Any]) -> None:
    model.load_state_dict({name: np.array(values, dtype=float) for name, values in state.items()})


def train(run: dict[str, Any], model: Any) -> tuple[list[float], Any]:
    """The loop of a run: the losses before each step, and the optimiser."""
    data = TRAINING["datasets"][run["dataset"]]
    x, y = np.array(data["inputs"]), np.array(data["targets"])
    optimiser = getattr(optim, run["optimiser"])(model.parameters(), **run["options"])
    scheduler = None
    if run.get("scheduler"):
        name, options = run["scheduler"]
        scheduler = getattr(optim, name)(optimiser, **options)
    clip = run.get("clip") or {}
    batches = run.get("batches") or [list(range(len(x)))]
    seen = []
    for step in range(TRAINING["steps"]):
        rows = batches[step % len(batches)]
        loss = getattr(losses, run["loss"])(model(x[rows]), y[rows])
        seen.append(loss.data)
        optimiser.zero_grad()
        loss.backward()
        if "norm" in clip:
            optim.clip_grad_norm(model.parameters(), clip["norm"])
        if "value" in clip:
            optim.clip_grad_value(model.parameters(), clip["value"])
        optimiser.step()
        if scheduler:
            scheduler.step()
    return seen, optimiser


@pytest.mark.parametrize("run", TRAINING["runs"], ids=[run["name"] for run in TRAINING["runs"]])
def test_a_training_run_goes_where_torch_goes(run: dict[str, Any]) -> None:
    model = build(run["network"])
    put(model, run["state"])
    seen, optimiser = train(run, model)
    agree(seen, run["losses"], 1e-12, floor=0.0)
    agree(optimiser.lr, run["rate"], floor=0.0)
    final = model.state_dict()
    assert list(final) == list(run["final"])  # PyTorch's names, in its order
    for name, values in run["final"].items():
        agree(final[name], values, 1e-12)
    if "evaluated" in run:
        model.eval()
        agree(ag.data(model(np.array(TRAINING["datasets"][run["dataset"]]["inputs"]))), run["evaluated"], 1e-12)


def test_the_runs_cover_what_they_should() -> None:
    runs = TRAINING["runs"]
    activations = {part[0] for run in runs for part in run["network"]} - {"Linear", "BatchNorm", "Residual"}
    assert activations == {"Tanh", "Sigmoid", "ReLU", "LeakyReLU", "GELU", "SiLU", "ELU", "Softplus"}
    assert {run["optimiser"] for run in runs} == {"SGD", "Adam", "AdamW", "RMSprop", "Adagrad"}
    assert {run["loss"] for run in runs} == {"mse", "bce_with_logits", "cross_entropy"}
    pairs = {(run["network"][1][0], run["optimiser"]) for run in runs}
    assert len(pairs & {(a, run["optimiser"]) for a in activations for run in runs}) == 8 * 5
    assert all(len(run["losses"]) == 100 for run in runs)


def given_loss(kind: str, scores: Any, y: Any) -> Any:
    if kind == "bce_logits":
        return losses.bce_with_logits(scores, (y + 1) / 2)
    return getattr(losses, kind)(scores, y)


def rows_of(matrices: list[Any]) -> list[float]:
    """W1, b1, W2, b2, ... neuron by neuron: its weights, then its bias, as MLP.parameters() lists them."""
    pairs = zip(matrices[::2], matrices[1::2], strict=True)
    return [number for W, b in pairs for w, bias in zip(W, b, strict=True) for number in [*w, bias]]


@pytest.mark.parametrize("run", GIVEN["runs"], ids=lambda r: f"{r['activation']} {r['loss']} {r['optimiser']}")
def test_an_mlp_trains_as_the_design_lists(run: dict[str, Any]) -> None:
    model = nn.MLP(2, [4, 3, 1], activation=run["activation"])
    first = rows_of([GIVEN["init"][name] for name in ("W1", "b1", "W2", "b2", "W3", "b3")])
    for p, number in zip(model.parameters(), first, strict=True):
        p.data = number
    optimiser = getattr(optim, run["optimiser"])(model.parameters(), **run["options"])
    x, y = np.array(GIVEN["x"]), np.array(GIVEN["y"])[:, None]
    seen = []
    for step in range(100):
        loss = given_loss(run["loss"], model(x), y)
        seen.append(loss.data)
        optimiser.zero_grad()
        loss.backward()
        if not step:
            agree([p.grad for p in model.parameters()], rows_of(run["first_gradients"]))
        optimiser.step()
    agree(seen, run["losses"], 1e-12, floor=0.0)
    agree([p.data for p in model.parameters()], rows_of(run["final"]), 1e-12)


# --- the parts, one by one ---------------------------------------------------------------------------------------


def rosenbrock(x: Any, y: Any) -> Any:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def quadratic(x: Any, y: Any) -> Any:
    return 0.5 * (x - 3) ** 2 + 5 * (y + 2) ** 2 + 0.3 * x * y


def row_name(row: dict[str, Any]) -> str:
    return f"{row['problem']} {row['optimiser']} {row['options']}"


@pytest.mark.parametrize("row", PARTS["optimisers"], ids=row_name)
def test_an_optimiser_walks_torchs_way(row: dict[str, Any]) -> None:
    weights = [Value(number) for number in row["x0"]]
    optimiser = getattr(optim, row["optimiser"])(weights, lr=row["lr"], **row["options"])
    problems = {"rosenbrock": rosenbrock, "quadratic": quadratic}
    for step, expected in enumerate(row["trajectory"]):
        optimiser.zero_grad()
        if row["problem"] in problems:
            problems[row["problem"]](*weights).backward()
        else:
            for w, g in zip(weights, np.broadcast_to(row["gradients"][step], len(weights)), strict=True):
                w.grad = float(g)
        optimiser.step()
        agree([w.data for w in weights], expected, 1e-12)


@pytest.mark.parametrize("row", PARTS["schedulers"], ids=lambda row: row["name"])
def test_a_scheduler_gives_torchs_rates(row: dict[str, Any]) -> None:
    optimiser = optim.SGD([Value(1.0)], lr=row["lr"][0])
    scheduler = getattr(optim, row["name"])(optimiser, **row["options"])
    rates = []
    for _ in row["lr"]:
        rates.append(optimiser.lr)
        optimiser.step()
        scheduler.step()
    agree(rates, row["lr"], floor=0.0)


@pytest.mark.parametrize("row", PARTS["clip_grad_norm"], ids=lambda row: str(row["grad"]))
def test_clipping_by_norm_is_torchs(row: dict[str, Any]) -> None:
    weights = [Value(0.0) for _ in row["grad"]]
    for w, g in zip(weights, row["grad"], strict=True):
        w.grad = g
    agree(optim.clip_grad_norm(weights, row["max_norm"]), row["norm"])
    agree([w.grad for w in weights], row["clipped"])


LOSSES = {"MSELoss": losses.mse, "BCELoss": losses.bce, "CrossEntropyLoss": losses.cross_entropy}
LOSSES |= {"HuberLoss": losses.huber}


@pytest.mark.parametrize("row", PARTS["losses"], ids=lambda row: row["name"])
def test_a_loss_is_torchs(row: dict[str, Any]) -> None:
    x = ag.array(row["input"])
    reduction = "sum" if " sum" in row["name"] else "mean"
    loss = LOSSES[row["name"].split()[0]](x, np.array(row["target"]), reduction=reduction)
    loss.backward()
    agree(loss.data, row["value"])
    agree(ag.grads(x), row["grad"])  # not closer: PyTorch's softmax(x) - 1 loses four digits of -9.08e-05, ours none


def test_batch_norm_is_torchs_in_training_and_after() -> None:
    rows = PARTS["batch_norm"]
    layer = nn.BatchNorm(2, eps=rows["eps"], momentum=rows["momentum"])
    put(layer, {**layer.state_dict(), "weight": rows["weight"], "bias": rows["bias"]})
    expected = rows["steps"][0]
    for step in rows["steps"]:
        layer.train(step["mode"] == "train")
        layer.zero_grad()
        x = ag.array(rows["x"])
        y = layer(x)
        (y * np.array(rows["upstream"])).sum().backward()
        agree(ag.data(y), step["y"])
        agree(ag.grads(x), step["grad_x"])
        agree(ag.grads(layer.weight), step["grad_weight"])
        agree(ag.grads(layer.bias), step["grad_bias"])
        if step["mode"] == "train":
            expected = step
        state = layer.state_dict()  # in evaluation these stay as training left them
        agree(state["running_mean"], expected["running_mean"])
        agree(state["running_var"], expected["running_var"])
        assert state["num_batches_tracked"] == expected["batches"]


@pytest.mark.parametrize(("name", "gain"), PARTS["init"]["gains"].items())
def test_a_gain_is_torchs(name: str, gain: float) -> None:
    nonlinearity, *parameter = name.split()
    assert init.calculate_gain(nonlinearity, *map(float, parameter)) == gain


# ---- Every combination of options against what PyTorch computed, gradients missing or not, and the schedules

STORED = json.loads((Path(__file__).parents[1] / "data" / "torch_optimisers.json").read_text())


def close(got: list[float], expected: list[float]) -> bool:
    return all(abs(g - e) <= 1e-12 * max(abs(e), 1e-3) for g, e in zip(got, expected, strict=True))


@pytest.mark.parametrize(
    "case", STORED["optimisers"], ids=lambda c: f"{c['optimiser']}-{c['options']}-missing={c['missing']}"
)
def test_weights_are_pytorchs(case: dict[str, Any]) -> None:
    weights = [Value(x) for x in STORED["start"]]
    optimiser = getattr(optim, case["optimiser"])(weights, lr=STORED["lr"], **case["options"])
    for t, row in enumerate(STORED["missing" if case["missing"] else "gradients"]):
        for w, g in zip(weights, row, strict=True):
            w.grad = g
        optimiser.step()
        if t == 1:
            assert close([w.data for w in weights], case["second"])
    assert close([w.data for w in weights], case["last"])


LAMBDAS: dict[str, Any] = {"falling": lambda epoch: 1.0 / (1.0 + epoch), "rising": lambda epoch: 0.5 + 0.1 * epoch}


def scheduled(optimiser: optim.Optimizer, name: str, options: dict[str, Any]) -> Any:
    if "lr_lambda" in options:
        functions = [LAMBDAS[name] for name in options["lr_lambda"]]
        options = {"lr_lambda": functions if len(functions) > 1 else functions[0]}
    return getattr(optim.lr_scheduler, name)(optimiser, **options)


@pytest.mark.parametrize("case", STORED["schedules"], ids=lambda c: "+".join(name for name, _ in c["schedule"]))
def test_rates_are_pytorchs(case: dict[str, Any]) -> None:
    optimiser = optim.SGD([Value(0.0)], lr=0.1)
    schedulers = [scheduled(optimiser, name, options) for name, options in case["schedule"]]
    rates = []
    for _ in case["lr"]:
        rates.append(optimiser.lr)
        for scheduler in schedulers:
            scheduler.step()
            assert scheduler.get_last_lr() == [optimiser.lr]
    assert rates == pytest.approx(case["lr"], rel=1e-15, abs=1e-18)


# ---- Parameter groups: weights, and the rates that schedulers give each of them


@pytest.mark.parametrize("case", STORED["groups"], ids=lambda c: f"{c['optimiser']}-{c['groups']}-{c['missing']}")
def test_groups_go_where_pytorchs_go(case: dict[str, Any]) -> None:
    weights = [Value(x) for x in [*STORED["start"], 0.3]]
    members = [weights[:2], weights[2:3], weights[3:]]
    given = [{"params": some, **own} for some, own in zip(members, case["groups"], strict=True)]
    optimiser = getattr(optim, case["optimiser"])(given[:2], lr=STORED["lr"], **case["options"])
    for t, row in enumerate(STORED["missing" if case["missing"] else "gradients"]):
        if t == 4:
            optimiser.add_param_group(given[2])
        if t == 6:
            for group in optimiser.param_groups:
                group["lr"] *= 0.5
        for w, g in zip(weights, [*row, row[0]], strict=True):
            w.grad = g
        optimiser.step()
    agree([w.data for w in weights], case["last"], 1e-12)


def two_groups() -> optim.Optimizer:
    return optim.SGD([{"params": [Value(0.0)]}, {"params": [Value(0.0)], "lr": 0.02}], lr=0.1)


@pytest.mark.parametrize("case", STORED["group_schedules"], ids=lambda c: "+".join(name for name, _ in c["schedule"]))
def test_rates_of_groups_are_pytorchs(case: dict[str, Any]) -> None:
    optimiser = two_groups()
    schedulers = [scheduled(optimiser, name, options) for name, options in case["schedule"]]
    rates = []
    for _ in case["lr"]:
        rates.append([group["lr"] for group in optimiser.param_groups])
        for scheduler in schedulers:
            scheduler.step()
            assert scheduler.get_last_lr() == [group["lr"] for group in optimiser.param_groups]
    assert np.ravel(rates).tolist() == pytest.approx(np.ravel(case["lr"]).tolist(), rel=1e-15, abs=1e-18)


@pytest.mark.parametrize("case", STORED["plateaus"], ids=lambda c: str(c["options"]))
def test_a_plateau_lowers_the_rates_when_pytorch_does(case: dict[str, Any]) -> None:
    optimiser = two_groups()
    scheduler = optim.ReduceLROnPlateau(optimiser, **case["options"])
    for metric, expected in zip(STORED["metrics"], case["lr"], strict=True):
        scheduler.step(metric)
        assert scheduler.get_last_lr() == pytest.approx(expected, rel=1e-15)
        assert [group["lr"] for group in optimiser.param_groups] == scheduler.get_last_lr()


# ---- Losses over classes, and LayerNorm

LAYERS = json.loads((DATA / "torch_layers.json").read_text())


def loss_name(case: dict[str, Any]) -> str:
    return f"{case['loss']}-{np.shape(case['scores'])}-{np.shape(case['targets'])}-{case['options']}"


@pytest.mark.parametrize("case", LAYERS["losses"], ids=loss_name)
def test_a_loss_over_classes_is_torchs(case: dict[str, Any]) -> None:
    x = ag.array(case["scores"])
    loss = getattr(losses, case["loss"])(x, np.array(case["targets"]), **case["options"])
    agree(ag.data(loss), case["value"], 1e-12)
    (np.dot(loss, LAYERS["upstream"]) if np.ndim(loss) else loss).backward()
    agree(ag.grads(x), case["grad"], 1e-12)


@pytest.mark.parametrize("case", LAYERS["layer_norm"], ids=lambda c: str(c["options"]))
def test_layer_norm_is_torchs(case: dict[str, Any]) -> None:
    layer = nn.LayerNorm(4, **case["options"])
    assert list(layer.state_dict()) == list(case["grads"])
    put(layer, dict(zip(case["grads"], (LAYERS["gamma"], LAYERS["beta"]), strict=False)))
    x = ag.array(LAYERS["rows"])
    y = layer(x)
    (y * np.array(LAYERS["outward"])).sum().backward()
    agree(ag.data(y), case["y"], 1e-12)
    agree(ag.grads(x), case["x"], 1e-12, floor=0.1)  # what cancels has lost digits in PyTorch too
    for name, expected in case["grads"].items():
        agree(ag.grads(getattr(layer, name)), expected, 1e-12)
    for row, hessian in zip(LAYERS["rows"], case["hessians"], strict=True):
        found = ag.hessian(lambda v: ag.dot(LAYERS["outward"][0], [y * y for y in layer(v)]))(row)
        agree(np.array(found) / np.max(np.abs(hessian)), np.array(hessian) / np.max(np.abs(hessian)), 1e-12, floor=1.0)
