"""Regression with the network of the third document: 10 inputs, 64 ReLUs, one output, Adam at rate 0.001, 100 epochs.

Belongs to lesson 3, claim 3.6 (the program), and to 3.2 (epoch, batch, iteration): unlike that program's, an epoch here
is many mini-batches. The document leaves inputs and targets undefined. Here y = x1 - x2 / 2 + x3 x4 and a little noise:
no straight line follows a product, so the network has to beat least squares on rows that neither has seen.

    python demos/regression.py [--quick] [--out DIR]
"""

from __future__ import annotations

import sys

import numpy as np
from _shared import BLUE, ORANGE, figure_of, parser, progress, reached, save

from autograd import data, datasets, losses, nn, no_grad, optim

NOISE = 0.1
EPOCHS, BATCH = 100, 16


def main() -> int:
    options = parser(__doc__).parse_args()
    epochs, rows, goal = (30, 192, 0.6) if options.quick else (EPOCHS, 384, 0.95)
    rng = np.random.default_rng(0)
    x, y = made(rows, rng)
    unseen, truth = made(200, rng)

    model = nn.Sequential(nn.Linear(10, 64, seed=0), nn.ReLU(), nn.Linear(64, 1, seed=1))
    optimizer = optim.Adam(model.parameters(), lr=0.001)
    batches = datasets.batches(x, y, BATCH, seed=0)
    curve: list[float] = []
    checks: dict[int, float] = {}  # the loss on unseen rows, now and then
    for epoch in progress(range(1, epochs + 1), text=lambda: f"loss {curve[-1]:.4f}"):
        seen = 0.0
        for inputs, targets in batches:
            loss = losses.mse(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += loss.data * len(inputs)
        curve.append(seen / rows)
        if epoch == 1 or epoch % 5 == 0 or epoch == epochs:
            checks[epoch] = squared_error(predictions(model, unseen), truth)

    predicted, line = predictions(model, unseen), least_squares(x, y, unseen)
    ours, straight = explained(predicted, truth), explained(line, truth)
    print(f"parameters: {len(model.parameters())}; updates: {epochs * len(batches)}")
    print(f"mean squared error on {rows} rows: {curve[0]:.4f} in epoch 1, {curve[-1]:.4f} in epoch {epochs}")
    print(f"on 200 unseen rows: {checks[epochs]:.4f}; least squares {squared_error(line, truth):.4f}")
    draw(options.out, curve, checks, squared_error(line, truth), (predicted, line, truth), (ours, straight))
    return reached(
        ours >= goal and ours > straight,
        f"R^2 {ours:.3f} on unseen rows, at least {goal} wanted; a straight line has {straight:.3f}",
    )


def made(rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of shape (rows, 10), six columns of which mean nothing, and targets of shape (rows, 1)."""
    x = rng.normal(size=(rows, 10))
    return x, x[:, :1] - x[:, 1:2] / 2 + x[:, 2:3] * x[:, 3:4] + NOISE * rng.normal(size=(rows, 1))


def predictions(model: nn.Module, inputs: np.ndarray) -> np.ndarray:
    """What the network says of some rows, without a graph: no gradient is wanted."""
    with no_grad():
        return data(model(inputs))


def least_squares(x: np.ndarray, y: np.ndarray, unseen: np.ndarray) -> np.ndarray:
    """The predictions of the best line, plane, ... through the same rows."""

    def with_one(inputs: np.ndarray) -> np.ndarray:
        return np.hstack([inputs, np.ones((len(inputs), 1))])

    return with_one(unseen) @ np.linalg.lstsq(with_one(x), y, rcond=None)[0]


def squared_error(predicted: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean((predicted - truth) ** 2))


def explained(predicted: np.ndarray, truth: np.ndarray) -> float:
    """R^2: 1 is perfect, 0 no better than the mean."""
    return 1 - squared_error(predicted, truth) / float(np.var(truth))


def draw(out, curve, checks, straight_error, points, scores) -> None:
    figure, (left, right) = figure_of(1, 2, width=5.0, height=4.4)
    left.plot(range(1, len(curve) + 1), curve, color=BLUE, label="network, training rows")
    left.plot(list(checks), list(checks.values()), "o--", markersize=3.5, color=BLUE, alpha=0.6,
              label="network, unseen rows")  # fmt: skip
    left.axhline(straight_error, color=ORANGE, linewidth=1.5, label="least squares, unseen rows")
    left.axhline(NOISE**2, color="0.4", linestyle=":", label=f"the noise, {NOISE**2:g}")
    left.set(yscale="log", xlabel="epoch", ylabel="mean squared error", title="Loss")
    left.legend(fontsize=8)

    predicted, line, truth = points
    ends = [min(truth.min(), predicted.min()) - 0.3, max(truth.max(), predicted.max()) + 0.3]
    right.plot(ends, ends, color="0.4", linewidth=1, label="prediction = target")
    right.scatter(
        truth, line, s=14, marker="x", color=ORANGE, linewidth=0.9, label=f"least squares, R² {scores[1]:.2f}"
    )
    right.scatter(truth, predicted, s=14, color=BLUE, label=f"network 10-64-1, R² {scores[0]:.2f}")
    right.set(xlabel="target", ylabel="prediction", title="200 unseen rows", aspect="equal", xlim=ends, ylim=ends)
    right.legend(fontsize=8, loc="upper left")
    save(figure, out, "regression.png")


if __name__ == "__main__":
    sys.exit(main())
