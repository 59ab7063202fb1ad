"""Write torch_layers.json: PyTorch's losses over classes in all combinations of their options, and its LayerNorm.

Run it with a Python that has PyTorch: ``python tests/data/make_torch_layers.py``. The project itself needs none.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import torch  # type: ignore[import-not-found, unused-ignore]
from torch.nn import functional  # type: ignore[import-not-found, unused-ignore]

torch.set_default_dtype(torch.float64)

LOGITS = [[0.3, -1.2, 2.0], [1.5, 1.5, 1.5], [-30.0, 4.0, 25.0], [0.1, 0.2, -0.4]]
CLASSES = [2, 0, 1, 2]
SHARES = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.4, 0.6], [0.25, 0.0, 0.25]]  # the last is no distribution
UPSTREAM = [1.0, -0.5, 2.0, 0.25]  # of the terms, where there are several
WEIGHTS = [None, [0.5, 2.0, 1.25], [0.0, 3.0, 1.0]]
SMOOTHINGS = [0.0, 0.1, 1.0]
REDUCTIONS = ["mean", "sum", "none"]

ROWS = [[0.5, -1.0, 2.0, 0.25], [3.0, 3.0, 3.0, 3.0], [1e-3, 0.0, -1e-3, 2e-3], [100.0, 101.0, 99.0, 100.5]]
GAMMA, BETA = [1.5, -0.5, 1.0, 2.0], [0.1, 0.0, -0.2, 0.3]
OUTWARD = [[0.3, -1.0, 0.7, 0.2], [1.0, 2.0, -1.0, 0.5], [-0.4, 0.1, 0.9, 1.1], [0.6, -0.2, 0.8, -1.5]]


def over_classes(loss: Any, scores: Any, targets: Any, **options: Any) -> dict[str, Any]:
    x = torch.tensor(scores, requires_grad=True)
    weight = options.pop("weight")
    value = loss(x, torch.tensor(targets), weight=None if weight is None else torch.tensor(weight), **options)
    (value * torch.tensor(UPSTREAM) if value.ndim else value).sum().backward()
    return {"value": value.tolist(), "grad": x.grad.tolist()}


def losses() -> list[dict[str, Any]]:
    made = []
    for reduction, weight, smoothing in itertools.product(REDUCTIONS, WEIGHTS, SMOOTHINGS):
        options = {"reduction": reduction, "weight": weight, "label_smoothing": smoothing}
        for targets in (CLASSES, SHARES):
            for scores, wanted in ((LOGITS, targets), (LOGITS[0], targets[0])):
                case = {"loss": "cross_entropy", "scores": scores, "targets": wanted, "options": options}
                made.append({**case, **over_classes(functional.cross_entropy, scores, wanted, **options)})
    for reduction, weight in itertools.product(REDUCTIONS, WEIGHTS):
        options = {"reduction": reduction, "weight": weight}
        case = {"loss": "nll", "scores": LOGITS, "targets": CLASSES, "options": options}
        made.append({**case, **over_classes(functional.nll_loss, LOGITS, CLASSES, **options)})
    return made


def layer_norm(options: dict[str, Any]) -> dict[str, Any]:
    layer = torch.nn.LayerNorm(4, **options)
    with torch.no_grad():
        for parameter, numbers in zip(layer.parameters(), (GAMMA, BETA), strict=False):
            parameter.copy_(torch.tensor(numbers))
    x = torch.tensor(ROWS, requires_grad=True)
    y = layer(x)
    (y * torch.tensor(OUTWARD)).sum().backward()
    grads = {name: parameter.grad.tolist() for name, parameter in layer.named_parameters()}

    def of_squares(row: Any) -> Any:
        return (layer(row) ** 2 * torch.tensor(OUTWARD[0])).sum()

    hessians = [torch.autograd.functional.hessian(of_squares, torch.tensor(row)).tolist() for row in ROWS]
    return {"options": options, "y": y.tolist(), "x": x.grad.tolist(), "grads": grads, "hessians": hessians}


def main() -> None:
    options = [{}, {"eps": 0.1}, {"bias": False}, {"elementwise_affine": False}]
    content = {
        "origin": f"tests/data/make_torch_layers.py with PyTorch {torch.__version__}, float64, CPU",
        "upstream": UPSTREAM,
        "losses": losses(),
        "rows": ROWS,
        "gamma": GAMMA,
        "beta": BETA,
        "outward": OUTWARD,
        "layer_norm": [layer_norm(it) for it in options],
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()]
    Path(__file__).with_name("torch_layers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
