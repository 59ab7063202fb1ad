"""Newton's method and gradient descent in Rosenbrock's curved valley, each path drawn over the contours.

Belongs to lesson 1, claim 1.11, and lesson 3, claim 3.5 (learning rates): no one rate suits this function. At the
minimum it curves 2508 times as much across the valley as along it, so a step that is safe across crawls along. The
gradient alone does not know this; the second derivatives do. `autograd.grad` and `autograd.hessian` are given the
function as it is written, nothing else.

    python demos/rosenbrock.py [--quick] [--out DIR]
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from _shared import BLUE, RED, figure_of, parser, progress, reached, save
from matplotlib.colors import LogNorm

from autograd import grad, hessian

START = [-1.2, 1.0]  # where Rosenbrock started
MINIMUM = [1.0, 1.0]
RATE = 0.0015  # near the minimum anything above 2 / 1001.6 = 0.001997 diverges
TOLERANCE = 1e-10
MOST = 200_000


def rosenbrock(v: Any) -> Any:
    """A valley along y = x^2, steep across and almost flat along; 0 at (1, 1) and nowhere else."""
    x, y = v
    return 100 * (y - x**2) ** 2 + (1 - x) ** 2


slope = grad(rosenbrock)
curvature = hessian(rosenbrock)


def newton(v: list[float], g: list[float]) -> list[float]:
    """To the minimum of the parabola that has this slope and this curvature."""
    return [float(a) for a in np.array(v) - np.linalg.solve(curvature(v), g)]


def descent(v: list[float], g: list[float]) -> list[float]:
    """A little way downhill."""
    return [a - RATE * b for a, b in zip(v, g, strict=True)]


def walk(step: Callable[..., list[float]], tolerance: float) -> tuple[list[list[float]], list[float]]:
    """Step until the gradient is shorter than `tolerance`: the points, and the gradient's length at each."""
    path, g = [START], slope(START)
    lengths = [math.hypot(*g)]
    for _ in progress(itertools.count(), text=lambda: f"{step.__name__}, |grad| {lengths[-1]:.1e}"):
        if not tolerance <= lengths[-1] < 1e6 or len(path) > MOST:
            break
        path.append(step(path[-1], g))
        g = slope(path[-1])
        lengths.append(math.hypot(*g))
    return path, lengths


def draw(paths: list[Any], lengths: list[list[float]], names: list[str]) -> Any:
    """Left the paths over the contours, right how fast the gradient shrinks."""
    figure, (left, right) = figure_of(1, 2, width=6.2, height=4.9)
    x, y = np.meshgrid(np.linspace(-1.6, 1.6, 300), np.linspace(-3.6, 2.1, 300))
    levels = np.logspace(-1, 3.5, 10)
    left.contour(x, y, rosenbrock([x, y]), levels=levels, norm=LogNorm(), cmap="Greys", linewidths=0.8)
    for path, norms, name, colour, mark in zip(paths, lengths, names, (RED, BLUE), ("", "o"), strict=True):
        points = np.array(path)
        label = f"{name}: {len(path) - 1:,} steps"
        left.plot(points[:, 0], points[:, 1], color=colour, marker=mark, markersize=5, linewidth=1.8, label=label)
        right.plot(norms, color=colour, marker=mark, markersize=5, label=label)
    for i in (1, 2, 3):  # later points lie on top of one another
        beside = {"xytext": (8, -3), "textcoords": "offset points"}
        left.annotate(str(i), paths[1][i], color=BLUE, **beside)
    left.plot(*START, "ks", markersize=7)
    left.annotate("start", START, xytext=(-6, -16), textcoords="offset points")
    left.plot(*MINIMUM, "k*", markersize=14)
    left.annotate("minimum", MINIMUM, xytext=(-24, 14), textcoords="offset points")
    left.set(title="Paths over the contours of f", xlabel="x", ylabel="y")
    left.legend(loc="lower left")
    if lengths[1][-1] == 0:
        last = (len(lengths[1]) - 1, 2e-12)
        right.annotate(f"step {last[0]}: exactly 0", last, xytext=(12, 0), textcoords="offset points", color=BLUE)
    right.axhline(TOLERANCE, color="black", linestyle=":", label=f"goal {TOLERANCE:.0e}")
    right.set_xscale("symlog", linthresh=1)
    right.set(title="Length of the gradient", xlabel="steps", ylabel="|grad f|", yscale="log", ylim=(1e-12, 1e5))
    right.set_xlim(-0.2, 1.5 * max(map(len, lengths)))
    right.legend(loc="upper right")
    return figure


def main() -> int:
    options = parser(__doc__).parse_args()
    # Near the minimum each step of descent wins the same small share: a shortened run only stops sooner.
    goals = {descent: 1e-2 if options.quick else TOLERANCE, newton: TOLERANCE}
    names = [f"gradient descent, rate {RATE}", "Newton"]
    walks = [walk(step, goal) for step, goal in goals.items()]
    for name, (path, norms), goal in zip(names, walks, goals.values(), strict=True):
        x, y = path[-1]
        print(f"{name}: {len(path) - 1} steps to |grad| < {goal:.0e}, now {norms[-1]:.1e}, at ({x:.12f}, {y:.12f})")
    flat, steep = np.linalg.eigvalsh(curvature(MINIMUM))
    print(f"curvatures at the minimum: {steep:.1f} across the valley, {flat:.4f} along it, ratio {steep / flat:.0f}")
    print("Newton's points:")
    for i, (point, length) in enumerate(zip(*walks[1], strict=True)):
        print(f"  {i}  ({point[0]:+.12f}, {point[1]:+.12f})  f = {rosenbrock(point):.3e}  |grad| = {length:.3e}")
    save(draw([w[0] for w in walks], [w[1] for w in walks], names), options.out, "rosenbrock.png")
    done = [norms[-1] < goal for (_, norms), goal in zip(walks, goals.values(), strict=True)]
    near = math.dist(walks[1][0][-1], MINIMUM) < 1e-9
    return reached(all(done) and near, f"Newton {len(walks[1][0]) - 1} steps, descent {len(walks[0][0]) - 1}")


if __name__ == "__main__":
    sys.exit(main())
