"""Write torch_optimisers.json: what PyTorch's optimisers and schedulers do, over all combinations of their options.

Run it with a Python that has PyTorch: ``python tests/data/make_torch_optimisers.py``. The project itself needs none.
"""

from __future__ import annotations

import itertools
import json
import math
import random
import warnings
from pathlib import Path
from typing import Any

import torch  # type: ignore[import-not-found, unused-ignore]

torch.set_default_dtype(torch.float64)

START = [0.8, -1.3, 0.02]
STEPS = 12
draw = random.Random(7)
GRADIENTS: list[list[float | None]] = [[round(draw.gauss(0, 1), 3) for _ in START] for _ in range(STEPS)]
# the second parameter joins late and misses a step, the third misses the first; once nobody has a gradient
MISSING = [[None if (t, i) in {(0, 1), (1, 1), (5, 1), (0, 2)} or t == 7 else g for i, g in enumerate(row)]
           for t, row in enumerate(GRADIENTS)]  # fmt: skip

OPTIONS: dict[str, dict[str, list[Any]]] = {
    "SGD": {"momentum": [0.0, 0.9], "dampening": [0.0, 0.5], "weight_decay": [0.0, 0.1], "nesterov": [False, True]},
    "Adam": {"betas": [[0.9, 0.999], [0.3, 0.6]], "weight_decay": [0.0, 0.1], "amsgrad": [False, True]},
    "AdamW": {"betas": [[0.9, 0.999], [0.3, 0.6]], "weight_decay": [0.0, 0.1], "amsgrad": [False, True]},
    "RMSprop": {
        "alpha": [0.99, 0.3],
        "weight_decay": [0.0, 0.1],
        "momentum": [0.0, 0.9],
        "centered": [False, True],
    },
    "Adagrad": {"lr_decay": [0.0, 0.1], "weight_decay": [0.0, 0.1], "initial_accumulator_value": [0.0, 0.1]},
}

SCHEDULES: list[list[tuple[str, dict[str, Any]]]] = [
    [("StepLR", {"step_size": 1})],
    [("StepLR", {"step_size": 4, "gamma": 1.5})],
    [("ExponentialLR", {"gamma": 0.3})],
    [("CosineAnnealingLR", {"T_max": 1})],
    [("CosineAnnealingLR", {"T_max": 3, "eta_min": 0.02})],
    [("CosineAnnealingLR", {"T_max": 7})],
    [("ExponentialLR", {"gamma": 0.9}), ("StepLR", {"step_size": 3, "gamma": 0.5})],
    [("CosineAnnealingLR", {"T_max": 4}), ("ExponentialLR", {"gamma": 0.9})],
    [("MultiStepLR", {"milestones": [0, 3, 3, 11], "gamma": 0.5})],
    [("MultiStepLR", {"milestones": []})],
    [("LinearLR", {})],
    [("LinearLR", {"start_factor": 0.25, "end_factor": 0.5, "total_iters": 7})],
    [("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 12})],
    [("LambdaLR", {"lr_lambda": ["falling"]})],
    [("LinearLR", {"total_iters": 3}), ("MultiStepLR", {"milestones": [5, 9]})],
    [("LinearLR", {"total_iters": 4}), ("CosineAnnealingLR", {"T_max": 6, "eta_min": 0.01})],
]
METRICS = [5.0, 4.0, 4.0, 3.9999, 3.9, 4.0, 4.1, 3.95, 3.9, 3.0, 3.0, 2.99, math.nan, 3.5, 3.0, 3.0, 3.0, 3.0, 3.0, 1.0]
PLATEAUS: list[dict[str, Any]] = [
    {},
    {"patience": 0},
    {"patience": 1, "factor": 0.5, "cooldown": 2},
    {"patience": 2, "threshold": 0.1},
    {"patience": 2, "threshold": 0.1, "threshold_mode": "abs"},
    {"patience": 1, "mode": "max", "threshold": 0.05},
    {"patience": 1, "mode": "max", "threshold_mode": "abs", "cooldown": 1},
    {"patience": 0, "factor": 0.2, "min_lr": 0.01},
    {"patience": 0, "factor": 0.2, "min_lr": [0.05, 0.001]},
    {"patience": 0, "factor": 0.5, "eps": 0.03},
]
LAMBDAS = {"falling": lambda epoch: 1.0 / (1.0 + epoch), "rising": lambda epoch: 0.5 + 0.1 * epoch}

# Options of two groups, the first of two parameters and the second of one; and of a third that joins after some steps.
GROUPS: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
    ("SGD", {}, [{}, {"lr": 0.5}, {"lr": 0.01}]),
    ("SGD", {"weight_decay": 0.1}, [{"momentum": 0.9}, {"weight_decay": 0.0}, {"momentum": 0.5, "dampening": 0.25}]),
    ("SGD", {"momentum": 0.9}, [{"nesterov": True}, {"maximize": True}, {"momentum": 0.0, "nesterov": False}]),
    ("Adam", {}, [{"amsgrad": True}, {"lr": 0.2, "betas": [0.5, 0.9]}, {"amsgrad": True, "maximize": True}]),
    ("AdamW", {"amsgrad": True}, [{"weight_decay": 0.3}, {"weight_decay": 0.0, "amsgrad": False}, {"eps": 1e-3}]),
    ("RMSprop", {"alpha": 0.9}, [{"centered": True}, {"momentum": 0.9}, {"centered": True, "momentum": 0.5}]),
    ("Adagrad", {}, [{"lr_decay": 0.1}, {"weight_decay": 0.1}, {"lr": 0.2, "eps": 1e-2}]),
]


def run(name: str, options: dict[str, Any], gradients: list[list[float | None]]) -> dict[str, Any]:
    weights = [torch.nn.Parameter(torch.tensor(x)) for x in START]
    optimiser = getattr(torch.optim, name)(weights, lr=0.05, **options)
    rows = []
    for row in gradients:
        for w, g in zip(weights, row, strict=True):
            w.grad = None if g is None else torch.tensor(g)
        optimiser.step()
        rows.append([w.item() for w in weights])
    return {"optimiser": name, "options": options, "second": rows[1], "last": rows[-1]}


def optimisers() -> list[dict[str, Any]]:
    made = []
    for name, choices in OPTIONS.items():
        for values in itertools.product(*choices.values(), [False, True]):
            options = dict(zip([*choices, "maximize"], values, strict=True))
            if options.get("nesterov") and not (options["momentum"] and not options["dampening"]):
                continue
            for missing in (False, True):
                case = run(name, options, MISSING if missing else GRADIENTS)
                made.append({**case, "missing": missing})
    return made


def scheduled(optimiser: Any, name: str, options: dict[str, Any]) -> Any:
    """A scheduler, made with functions for their names."""
    if "lr_lambda" in options:
        names = options["lr_lambda"]
        options = {"lr_lambda": LAMBDAS[names[0]] if len(names) == 1 else [LAMBDAS[name] for name in names]}
    return getattr(torch.optim.lr_scheduler, name)(optimiser, **options)


def rates(schedule: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.tensor(0.0))], lr=0.1)
    made = [scheduled(optimiser, name, options) for name, options in schedule]
    lr = []
    for _ in range(20):
        lr.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        for scheduler in made:
            scheduler.step()
    return {"schedule": schedule, "lr": lr}


def grouped(name: str, options: dict[str, Any], groups: list[dict[str, Any]], missing: bool) -> dict[str, Any]:
    """Three parameters in two groups, whose rates change after 6 steps; a fourth joins after 4."""
    weights = [torch.nn.Parameter(torch.tensor(x)) for x in [*START, 0.3]]
    members = [weights[:2], weights[2:3], weights[3:]]
    given = [{"params": some, **own} for some, own in zip(members, groups, strict=True)]
    optimiser = getattr(torch.optim, name)(given[:2], lr=0.05, **options)
    for t, row in enumerate(MISSING if missing else GRADIENTS):
        if t == 4:
            optimiser.add_param_group(given[2])
        if t == 6:
            for group in optimiser.param_groups:
                group["lr"] *= 0.5
        for w, g in zip(weights, [*row, row[0]], strict=True):
            w.grad = None if g is None else torch.tensor(g)
        optimiser.step()
    last = [w.item() for w in weights]
    return {"optimiser": name, "options": options, "groups": groups, "missing": missing, "last": last}


def two_groups() -> Any:
    weights = [torch.nn.Parameter(torch.tensor(0.0)) for _ in range(2)]
    return torch.optim.SGD([{"params": weights[:1]}, {"params": weights[1:], "lr": 0.02}], lr=0.1)


def grouped_rates(schedule: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    optimiser = two_groups()
    made = [scheduled(optimiser, name, options) for name, options in schedule]
    lr = []
    for _ in range(20):
        lr.append([group["lr"] for group in optimiser.param_groups])
        optimiser.step()
        for scheduler in made:
            scheduler.step()
    return {"schedule": schedule, "lr": lr}


def plateau(options: dict[str, Any]) -> dict[str, Any]:
    optimiser = two_groups()
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, **options)
    lr = []
    for metric in METRICS:
        scheduler.step(metric)
        lr.append(scheduler.get_last_lr())
    return {"options": options, "lr": lr}


def main() -> None:
    warnings.simplefilter("ignore")
    content = {
        "origin": f"tests/data/make_torch_optimisers.py with PyTorch {torch.__version__}, float64, CPU",
        "start": START,
        "lr": 0.05,
        "gradients": GRADIENTS,
        "missing": MISSING,
        "optimisers": optimisers(),
        "schedules": [rates(schedule) for schedule in SCHEDULES],
        "groups": [grouped(*case, missing) for case in GROUPS for missing in (False, True)],
        "group_schedules": [grouped_rates(it) for it in [*SCHEDULES, [("LambdaLR", {"lr_lambda": [*LAMBDAS]})]]],
        "metrics": METRICS,
        "plateaus": [plateau(options) for options in PLATEAUS],
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()]
    Path(__file__).with_name("torch_optimisers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
