"""Curve fitting on the engine's Jacobians: three reference problems of NIST, each parameter to nine digits or more.

It belongs to lesson 4's claim that a derivative is to be checked against something independent (4.7). Here that is a
table of certified values: Levenberg-Marquardt with `autograd.jacobian` starts from both of NIST's starting points and
has to arrive at them. It stops by the size of its own step; the certified values are only compared with at the end.

    python demos/curve_fitting.py [--quick] [--out DIR]

Writes curve_fitting.png. Exits 1 if a parameter, its standard deviation or a residual sum of squares has
fewer than nine right digits. `--quick` takes start 2 only.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _shared import BLUE, ORANGE, figure_of, parser, progress, reached, save

from autograd import jacobian

DATA = Path(__file__).parent / "data"
DIGITS = 9  # what the demo has to reach; the certified values have eleven

# Written once, with plain operators: `b` holds floats when residuals are wanted, and the engine's numbers for slopes.
MODELS: dict[str, Callable[[Any, Any], Any]] = {
    "Misra1a": lambda b, x: b[0] * (1 - np.exp(-b[1] * x)),
    "Thurber": lambda b, x: (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3) / (1 + b[4] * x + b[5] * x**2 + b[6] * x**3),
    "MGH09": lambda b, x: b[0] * (x**2 + b[1] * x) / (x**2 + b[2] * x + b[3]),
}


@dataclass(frozen=True)
class Problem:
    """The measurements, the two starting points, and what NIST certifies."""

    name: str
    x: np.ndarray
    y: np.ndarray
    starts: tuple[np.ndarray, np.ndarray]
    certified: np.ndarray
    deviations: np.ndarray
    rss: float


def read(name: str) -> Problem:
    """A table of demos/data: rows of parameters (b1 ...), the residual sum of squares, then pairs y x."""
    lines = (DATA / f"{name.lower()}.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    first, second, certified, deviations = np.array([row[1:] for row in rows if row[0].startswith("b")], float).T
    [rss] = [float(row[1]) for row in rows if row[0] == "rss"]
    y, x = np.array([row for row in rows if row[0][0] not in "br"], float).T
    return Problem(name, x, y, (first, second), certified, deviations, rss)


def fit(problem: Problem, start: np.ndarray) -> tuple[list[np.ndarray], np.ndarray, float]:
    """Levenberg-Marquardt: the accepted points from start to end; there, the standard deviations and |r|^2.

    The step s minimises |J s + r|^2 + damping |D s|^2, D the largest length so far of each column of J. A step that
    lowers |r|^2 is taken and damping falls, else it rises. Without damping it is a Gauss-Newton step.
    """

    def residuals(b: Any) -> Any:
        return MODELS[problem.name](b, problem.x) - problem.y

    slopes = jacobian(residuals)
    path, damping, scale = [start], 1e-2, np.zeros(len(start))
    r, J = residuals(start), slopes(start)
    for _ in progress(range(3000)):
        b = path[-1]
        scale = np.maximum(scale, np.linalg.norm(J, axis=0))
        # As one least-squares problem, not as J^T J s = -J^T r, which would lose half of the digits.
        rows = np.vstack([J / scale, np.sqrt(damping) * np.eye(len(b))])
        step = np.linalg.lstsq(rows, np.concatenate([-r, np.zeros(len(b))]), rcond=None)[0] / scale
        after = residuals(b + step)
        # Near the end |r|^2 is flat and only its rounding is seen, which comes from y - model: both far larger than r.
        rounding = 8 * np.finfo(float).eps * np.abs(r) @ np.abs(problem.y)
        if after @ after <= r @ r + rounding:
            path.append(b + step)
            r, J = after, slopes(path[-1])
            if damping == 0 and np.all(np.abs(step) <= 1e-11 * np.abs(path[-1])):
                break
            damping = damping / 10 if damping > 1e-12 else 0.0
        else:
            damping = max(10 * damping, 1e-12)
    else:
        raise RuntimeError(f"{problem.name}: the steps have not become small in 3000 trials; last point {path[-1]}")
    _, triangle = np.linalg.qr(J)
    inverse = np.linalg.inv(triangle)  # (J^T J)^-1 is inverse @ inverse.T
    rss = float(r @ r)
    return path, np.sqrt(rss / (len(r) - len(start)) * np.sum(inverse**2, axis=1)), rss


def digits(reached: np.ndarray, certified: np.ndarray) -> float:
    """How many digits are right in the worst of the numbers; eleven at most, as no more are certified."""
    worst = float(np.max(np.abs(reached - certified) / np.abs(certified)))
    return 11.0 if worst == 0 else min(11.0, -float(np.log10(worst)))


def draw(column: Any, problem: Problem, paths: dict[int, list[np.ndarray]]) -> None:
    """Above: measurements and the fitted curve. Below: right digits, accepted step by accepted step."""
    above, below = column
    x = np.linspace(min(problem.x.min(), 0), problem.x.max(), 400)
    above.plot(x, MODELS[problem.name](paths[2][-1], x), color=BLUE, label="fit")
    above.plot(x, MODELS[problem.name](problem.starts[1], x), ":", color=ORANGE, label="start 2")
    above.plot(problem.x, problem.y, "o", color="black", ms=4, mfc="none", label="measured")
    above.set(title=f"{problem.name}: {len(problem.certified)} parameters", xlabel="x", ylabel="y")
    for number, path in paths.items():
        right = [max(0.0, digits(b, problem.certified)) for b in path]
        style = {1: {"color": BLUE, "marker": "o"}, 2: {"color": ORANGE, "marker": "s", "ls": "--"}}[number]
        below.plot(right, ms=4, label=f"start {number}", **style)
    below.axhline(DIGITS, color="grey", lw=0.8)
    below.set(xlabel="accepted steps", ylabel="right digits, worst parameter", ylim=(-0.4, 11.6))


def main() -> int:
    options = parser(__doc__).parse_args()
    figure, axes = figure_of(2, len(MODELS), width=4.2, height=3.3)
    fewest = 11.0
    for column, name in zip(axes.T, MODELS, strict=True):
        problem = read(name)
        paths = {}
        for number in (2,) if options.quick else (1, 2):
            paths[number], deviations, rss = fit(problem, problem.starts[number - 1])
            end = paths[number][-1]
            right = digits(
                np.array([*end, *deviations, rss]), np.array([*problem.certified, *problem.deviations, problem.rss])
            )
            fewest = min(fewest, right)
            print(f"{name} from start {number}: {right:.1f} right digits after {len(paths[number]) - 1} accepted steps")
            for k, (value, deviation, known) in enumerate(zip(end, deviations, problem.certified, strict=True), 1):
                print(f"  b{k} = {value:.10E} +- {deviation:.4E}   certified {known:.10E}")
        draw(column, problem, paths)
    for axis, place in zip(axes[:, 0], ("upper left", "lower right"), strict=True):  # the others look the same
        axis.legend(frameon=False, loc=place)
    save(figure, options.out, "curve_fitting.png")
    return reached(fewest >= DIGITS, f"{fewest:.1f} right digits at least, wanted {DIGITS}")


if __name__ == "__main__":
    sys.exit(main())
