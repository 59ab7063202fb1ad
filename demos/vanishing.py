"""Vanishing gradients in a deep network, and what each of four cures does: the gradient's norm layer by layer.

Belongs to lesson 1, claims 1.6 (a sigmoid passes on at most a quarter), 1.7 (layer by layer) and 1.10 (ReLU, Xavier
initialisation, residual connections, batch normalisation), and to lesson 3, claim 3.5 (early layers don't learn). Ten
layers of eight sigmoids with small weights; each cure is switched on by itself. Xavier's rule takes an activation of
slope 1 for granted, which a sigmoid is not, so it is shown with tanh as well. Then all of them train with the same
optimiser.

The monitor judges each layer beside the largest, so that it calls small but trainable layers dead or vanishing too.

    python demos/vanishing.py [--quick] [--out DIR]
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from _shared import BLUE, GREEN, ORANGE, PURPLE, SKY, figure_of, parser, progress, reached, save

from autograd import init, losses, monitor, nn, optim

DEPTH, WIDTH, SAMPLES = 10, 8, 32
STEPS, RATE = 100, 0.01


class Cure(NamedTuple):
    """What is switched on, how it is drawn, and how much more must reach the first layer."""

    switches: dict[str, Any]
    panel: str
    style: dict[str, Any]
    gain: float


NONE = "no cure"
CURES = {
    NONE: Cure({}, "", {"color": "0.35", "linestyle": "--", "marker": "o"}, 1),
    "ReLU": Cure({"activation": nn.ReLU}, "ReLU", {"color": ORANGE, "marker": "s"}, 1e3),
    "Xavier": Cure({"xavier": True}, "Xavier initialisation", {"color": SKY, "marker": "v"}, 3),
    "Xavier and tanh": Cure({"xavier": True, "activation": nn.Tanh}, "Xavier initialisation",
                            {"color": BLUE, "marker": "^"}, 1e3),
    "residual": Cure({"residual": True}, "Residual connections", {"color": GREEN, "marker": "D"}, 1e3),
    "batch norm": Cure({"normalise": True}, "Batch normalisation", {"color": PURPLE, "marker": "X"}, 1e3),
}  # fmt: skip


def deep_net(
    activation: Any = nn.Sigmoid, xavier: bool = False, residual: bool = False, normalise: bool = False
) -> Any:
    """Ten layers and a linear output; every cure is one switch."""
    rng = np.random.default_rng(0)

    def linear(outputs: int) -> nn.Linear:
        layer = nn.Linear(WIDTH, outputs)
        if xavier:
            init.xavier_uniform(layer.weight, rng=rng)
        else:
            init.uniform(layer.weight, -0.5, 0.5, rng=rng)
        init.zeros(layer.bias)
        return layer

    blocks: list[Any] = []
    for _ in range(DEPTH):
        block = nn.Sequential(linear(WIDTH), *([nn.BatchNorm(WIDTH)] if normalise else []), activation())
        blocks.append(nn.Residual(block) if residual else block)
    return nn.Sequential(*blocks, linear(1))


def main() -> int:
    options = parser(__doc__).parse_args()
    steps = 20 if options.quick else STEPS
    rng = np.random.default_rng(1)
    x = rng.uniform(-1.0, 1.0, (SAMPLES, WIDTH))
    y = x[:, :1] - x[:, 1:2]

    norms: dict[str, list[float]] = {}
    curves: dict[str, list[float]] = {}
    verdicts: dict[str, Counter[str]] = {}
    for name, cure in CURES.items():
        net = deep_net(**cure.switches)
        loss = losses.mse(net(x), y)
        loss.backward()
        rows = [row for row in monitor.report(net, root=loss).rows if row.name.startswith("W")]
        norms[name] = [row.gradient.norm for row in rows]
        verdicts[name] = Counter(row.verdict for row in rows)

        optimiser = optim.Adam(net.parameters(), lr=RATE)
        curve = curves[name] = [loss.data]
        for _ in progress(range(steps), text=lambda name=name, curve=curve: f"{name}, loss {curve[-1]:.4f}"):
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            loss = losses.mse(net(x), y)
            curve.append(loss.data)

    print("the norm of dL/dW, the monitor's verdicts on the 11 weight matrices, and the loss after training")
    for name in CURES:
        found = ", ".join(f"{count} {verdict}" for verdict, count in verdicts[name].most_common())
        print(
            f"{name:15}  first layer {norms[name][0]:.1e}  last {norms[name][-1]:.1e}  "
            f"loss {curves[name][-1]:.1e}  verdicts: {found}"
        )
    print(f"cure for vanishing: {monitor.CURES['vanishing']}")
    draw(options.out, norms, curves, float(np.var(y)))

    gains = {name: norms[name][0] / norms[NONE][0] for name in CURES}
    told = ", ".join(f"{name} {gain:.1e}" for name, gain in gains.items() if name != NONE)
    won = all(gains[name] >= cure.gain for name, cure in CURES.items())
    learnt = all(curve[-1] < curves[NONE][-1] for name, curve in curves.items() if name not in (NONE, "Xavier"))
    return reached(
        won and learnt and verdicts[NONE]["vanishing"] > DEPTH / 2,
        f"vanishing is named, and the first layer's gradient is so many times as large: {told}",
    )


def draw(out: Any, norms: dict[str, list[float]], curves: dict[str, list[float]], variance: float) -> None:
    figure, axes = figure_of(2, 3, width=4.3, height=3.5)
    panels = dict(
        zip(dict.fromkeys(cure.panel for cure in CURES.values() if cure.panel), axes[:, :2].flat, strict=True)
    )
    layers = range(1, DEPTH + 2)
    for title, panel in panels.items():
        for name, cure in CURES.items():
            if cure.panel == title or name == NONE:
                label = {
                    NONE: "before: no cure",
                    "Xavier": "after, still sigmoid",
                    "Xavier and tanh": "after, with tanh",
                }
                panel.plot(layers, norms[name], markersize=5, label=label.get(name, "after"), **cure.style)
        panel.set(yscale="log", ylim=(1e-9, 1e3), xticks=layers, title=title)
        panel.legend(fontsize=8, loc="lower right")
    for panel in axes[1, :2]:
        panel.set_xlabel("layer, from the input to the output")
    for panel in axes[:, 0]:
        panel.set_ylabel("norm of dL/dW")

    grid = axes[0, 2].get_gridspec()
    for panel in axes[:, 2]:
        panel.remove()
    right = figure.add_subplot(grid[:, 2])
    for name, curve in curves.items():
        right.plot(curve, label=name, markevery=len(curve) // 6, markersize=5, **CURES[name].style)
    right.axhline(variance, color="black", linestyle=":", linewidth=1, label="always the mean of y")
    right.set(yscale="log", xlabel=f"step of Adam, rate {RATE}", ylabel="loss", title="What it means for training")
    right.legend(fontsize=8, loc="lower left")
    figure.suptitle("Ten layers of eight: what reaches each of them, before and after each cure")
    save(figure, out, "vanishing.png")


if __name__ == "__main__":
    sys.exit(main())
