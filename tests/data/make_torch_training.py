"""Training runs in PyTorch (float64, CPU), stored for tests/nn/test_torch_parity.py.

The tests read the stored numbers and need no PyTorch. To make the numbers again::

    python -m venv torch-env && torch-env/bin/pip install torch==2.13.0 numpy
    torch-env/bin/python tests/data/make_torch_training.py

Inputs and first weights are decimals of four places, so that they are stored exactly and briefly. Every run is
made twice, the second time from weights that differ in their last bits: a run in which that grows beyond a tenth of
the tests' tolerance says nothing about who computes rightly, and other first weights are drawn for it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).parent
ORIGIN = f"tests/data/make_torch_training.py with PyTorch {torch.__version__}, float64, CPU"
STEPS = 100
TOLERANCE = 1e-12  # of the tests, for losses and weights after all steps

ACTIVATIONS = ["Tanh", "Sigmoid", "ReLU", "LeakyReLU", "GELU", "SiLU", "ELU", "Softplus"]
LOSSES = {"mse": nn.MSELoss(), "bce_with_logits": nn.BCEWithLogitsLoss(), "cross_entropy": nn.CrossEntropyLoss()}
OPTIMISERS: list[list[tuple[str, dict[str, Any]]]] = [  # a row for each kind; the runs take its entries in turn
    [
        ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
        ("SGD", {"lr": 0.05, "momentum": 0.8, "dampening": 0.1, "weight_decay": 0.01}),
    ],
    [
        ("Adam", {"lr": 0.01}),
        ("Adam", {"lr": 0.02, "betas": [0.8, 0.99], "weight_decay": 0.01}),
        ("Adam", {"lr": 0.02, "amsgrad": True}),
    ],
    [("AdamW", {"lr": 0.02, "weight_decay": 0.05}), ("AdamW", {"lr": 0.01, "eps": 1e-6, "amsgrad": True})],
    [
        ("RMSprop", {"lr": 0.005}),
        ("RMSprop", {"lr": 0.002, "alpha": 0.9, "momentum": 0.5}),
        ("RMSprop", {"lr": 0.002, "centered": True, "eps": 1e-4, "weight_decay": 0.01}),
    ],
    [
        ("Adagrad", {"lr": 0.05}),
        ("Adagrad", {"lr": 0.1, "lr_decay": 0.01, "initial_accumulator_value": 0.1, "weight_decay": 0.01}),
    ],
]
SCHEDULERS: list[tuple[str, dict[str, Any]] | None] = [
    None,
    ("StepLR", {"step_size": 30, "gamma": 0.5}),
    ("ExponentialLR", {"gamma": 0.98}),
    ("CosineAnnealingLR", {"T_max": 80, "eta_min": 0.001}),  # turns and rises in the last 20 steps
]
CLIPPING: list[dict[str, float] | None] = [None, {"norm": 0.2}, {"value": 0.05}]


class Residual(nn.Module):
    """x + module(x)."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.module(x)


def build(network: list[list[Any]]) -> nn.Sequential:
    """A network from its description: rows of a class name and its arguments; Residual holds a description."""
    parts: list[nn.Module] = []
    for name, *arguments in network:
        if name == "Residual":
            parts.append(Residual(build(arguments[0])))
        else:
            parts.append(getattr(nn, "BatchNorm1d" if name == "BatchNorm" else name)(*arguments))
    return nn.Sequential(*parts)


def plain(state: dict[str, torch.Tensor]) -> dict[str, Any]:
    return {name: tensor.tolist() for name, tensor in state.items()}


def rounded(rng: np.random.Generator, shape: tuple[int, ...], spread: float = 1.0) -> list[Any]:
    """Uniform numbers in (-spread, spread), decimals of four places."""
    return np.round(rng.uniform(-spread, spread, shape), 4).tolist()


def first_state(network: list[list[Any]], rng: np.random.Generator) -> dict[str, Any]:
    """Uniform weights within 1/sqrt(fan_in), as PyTorch's Linear has; what is not a Linear's stays as it is."""
    model, state = build(network), {}
    for name, tensor in model.state_dict().items():
        owner = model.get_submodule(name.rpartition(".")[0])
        if isinstance(owner, nn.Linear):
            state[name] = rounded(rng, tuple(tensor.shape), owner.in_features**-0.5)
        else:
            state[name] = tensor.tolist()
    return state


def train(run: dict[str, Any], dataset: dict[str, Any], change: float = 0.0) -> dict[str, Any]:
    """Run the loop that a run describes; `change` is a relative change of its first weights."""
    model = build(run["network"])
    first = {name: torch.tensor(values) for name, values in run["state"].items()}
    model.load_state_dict({k: v * (1 + change) if v.is_floating_point() else v for k, v in first.items()})
    x, y = torch.tensor(dataset["inputs"]), torch.tensor(dataset["targets"])
    optimiser = getattr(torch.optim, run["optimiser"])(model.parameters(), **run["options"])
    scheduler = None
    if run.get("scheduler"):
        name, options = run["scheduler"]
        scheduler = getattr(torch.optim.lr_scheduler, name)(optimiser, **options)
    clip = run.get("clip") or {}
    batches = run.get("batches") or [list(range(len(x)))]
    out: dict[str, Any] = {"losses": []}
    for step in range(STEPS):
        rows = batches[step % len(batches)]
        loss = LOSSES[run["loss"]](model(x[rows]), y[rows])
        out["losses"].append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        if "norm" in clip:
            nn.utils.clip_grad_norm_(model.parameters(), clip["norm"])
        if "value" in clip:
            nn.utils.clip_grad_value_(model.parameters(), clip["value"])
        optimiser.step()
        if scheduler:
            scheduler.step()
    out["rate"] = optimiser.param_groups[0]["lr"]
    out["final"] = plain(model.state_dict())
    if any(isinstance(part, nn.BatchNorm1d) for part in model.modules()):
        out["evaluated"] = model.eval()(x).tolist()
    return out


def flat(out: dict[str, Any]) -> np.ndarray:
    return np.concatenate([np.ravel(out["losses"]), *[np.ravel(v) for v in out["final"].values()]])


def growth(run: dict[str, Any], dataset: dict[str, Any], out: dict[str, Any]) -> float:
    """How far a change in the last bits of the first weights has grown at the end, in units of the tests' tolerance."""
    a, b = flat(out), flat(train(run, dataset, change=4e-16))
    return float(np.max(np.abs(a - b) / np.maximum(np.abs(a), 1e-3))) / TOLERANCE


def stored(run: dict[str, Any], dataset: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The run with its results, from the first of ten draws of weights that does not hang on the last bits."""
    for _ in range(10):
        run = {**run, "state": first_state(run["network"], rng)}
        out = train(run, dataset)
        worst = growth(run, dataset, out)
        print(f"{run['name']:60} loss {out['losses'][0]:.4f} -> {out['losses'][-1]:.4f}, last bits grow to {worst:.2f}")
        if worst <= 0.1:
            return {**run, **out}
    raise SystemExit(f"{run['name']}: every draw hangs on the last bits")


def datasets(rng: np.random.Generator) -> dict[str, Any]:
    x = rounded(rng, (12, 2), 1.5)
    classes = [int(abs(a) + abs(b) > 1.2) + int(a * b > 0) for a, b in x]
    wide = rounded(rng, (32, 10), 2.0)
    return {
        "mse": {"inputs": x, "targets": [[round(float(np.sin(2 * a) + a * b), 4)] for a, b in x]},
        "bce_with_logits": {"inputs": x, "targets": [[float(a * b > 0)] for a, b in x]},
        "cross_entropy": {"inputs": x, "targets": classes},
        "document": {"inputs": wide, "targets": [[round(float(np.sin(r[0]) + r[1] * r[2]), 4)] for r in wide]},
    }


def all_runs(rng: np.random.Generator, data: dict[str, Any]) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []

    def add(name: str, network: list[list[Any]], loss: str, optimiser: tuple[str, dict[str, Any]], **more: Any) -> None:
        run = {"name": name, "dataset": loss, "network": network, "loss": loss, "optimiser": optimiser[0]}
        run |= {"options": optimiser[1], **more}
        runs.append(stored(run, data[run["dataset"]], rng))

    document = [["Linear", 10, 64], ["ReLU"], ["Linear", 64, 1]]
    add("document", document, "mse", ("Adam", {"lr": 0.001}), dataset="document")
    for i, activation in enumerate(ACTIVATIONS):
        for j, kinds in enumerate(OPTIMISERS):
            loss = list(LOSSES)[(i + j) % 3]
            ends = 3 if loss == "cross_entropy" else 1
            network = [["Linear", 2, 5], [activation], ["Linear", 5, 4], [activation], ["Linear", 4, ends]]
            kind, scheduler, clip = kinds[i % len(kinds)], SCHEDULERS[(i + j) % 4], CLIPPING[(2 * i + j) % 3]
            name = f"{activation} {loss} {kind[0]}{' ' + scheduler[0] if scheduler else ''}"
            name += f" clip {next(iter(clip))}" if clip else ""
            add(name, network, loss, kind, scheduler=scheduler, clip=clip)
    ends = {"mse": 1, "bce_with_logits": 1, "cross_entropy": 3}
    for loss, kind in zip(LOSSES, (OPTIMISERS[0][0], OPTIMISERS[1][0], OPTIMISERS[2][0]), strict=True):
        # no bias before BatchNorm: its gradient is 0 but for rounding, which Adam divides by its own size
        normed = [["Linear", 2, 5, False], ["BatchNorm", 5], ["Tanh"], ["Linear", 5, ends[loss]]]
        add(f"BatchNorm {loss} {kind[0]}", normed, loss, kind)
        block = [["Linear", 4, 4], ["SiLU"], ["Linear", 4, 4]]
        residual = [["Linear", 2, 4], ["Residual", block], ["Tanh"], ["Linear", 4, ends[loss]]]
        add(f"Residual {loss} {kind[0]}", residual, loss, kind)
        orders = [rng.permutation(12).tolist() for _ in range(4)]
        batches = [order[k : k + 5] for order in orders for k in (0, 5, 10)]  # the last of an epoch is of two rows
        small = [["Linear", 2, 5], ["Sigmoid"], ["Linear", 5, ends[loss]]]
        add(f"mini-batches {loss} {kind[0]}", small, loss, kind, batches=batches)
    block = [["Linear", 4, 4, False], ["BatchNorm", 4], ["ELU"]]
    both = [["Linear", 2, 4, False], ["BatchNorm", 4], ["Residual", block]]
    batches = [[0, 3, 6, 9, 1], [2, 5, 8, 11, 4], [7, 10, 0, 1]]
    add("all together", [*both, ["Linear", 4, 1]], "mse", ("Adam", {"lr": 0.01}), batches=batches, clip={"norm": 0.5})
    return runs


def written(path: Path, header: dict[str, Any], runs: list[dict[str, Any]]) -> None:
    """JSON with a run to a line."""
    lines = ",\n".join(json.dumps(run, separators=(",", ":")) for run in runs)
    head = json.dumps(header, separators=(",", ":"))[:-1]
    path.write_text(f'{head},"runs":[\n{lines}\n]}}\n')


def main() -> None:
    rng = np.random.default_rng(2013)
    data = datasets(rng)
    runs = all_runs(rng, data)
    written(HERE / "torch_training.json", {"origin": ORIGIN, "steps": STEPS, "datasets": data}, runs)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)  # also of what torch.tensor makes of decimals
    main()
