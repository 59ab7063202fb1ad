"""Write torch_optimisers.json: what PyTorch's optimisers and schedulers do, over all combinations of their options.

Run it with a Python that has PyTorch: ``python tests/data/make_torch_optimisers.py``. The project itself needs none.
"""

from __future__ import annotations

import itertools
import json
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


def rates(schedule: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.tensor(0.0))], lr=0.1)
    made = [getattr(torch.optim.lr_scheduler, name)(optimiser, **options) for name, options in schedule]
    lr = []
    for _ in range(20):
        lr.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        for scheduler in made:
            scheduler.step()
    return {"schedule": schedule, "lr": lr}


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
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()]
    Path(__file__).with_name("torch_optimisers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
