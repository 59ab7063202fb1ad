"""What the demos share: their options, the look of their pictures, where these are saved, a counter, and the last line.

options = parser(__doc__).parse_args()      # --quick and --out
for step in progress(range(300)):           # in a terminal, a line that counts the rounds
figure, axes = figure_of(1, 2)              # Agg: pictures are files, no window opens
save(figure, options.out, "moons.png")
sys.exit(reached(accuracy >= 0.95, "accuracy 0.97, at least 0.95"))
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt

# Okabe and Ito's colours, which people who confuse red and green can tell apart.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"
OUT = Path(__file__).parent / "out"
T = TypeVar("T")

plt.rcParams.update(
    {
        "axes.grid": True,
        "grid.alpha": 0.3,
        "axes.prop_cycle": plt.cycler(color=[BLUE, ORANGE, GREEN, RED, PURPLE, SKY]),
        "figure.constrained_layout.use": True,
        "font.size": 10,
    }
)


def parser(doc: str | None) -> argparse.ArgumentParser:
    """A demo's options, with its docstring as the help; a demo may add its own."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--quick", action="store_true", help="a shortened run, which still checks")
    made.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="where pictures go (default: demos/out)")
    return made


def progress(rounds: Iterable[T], text: Callable[[], str] = str) -> Iterator[T]:
    """Go through `rounds`; in a terminal, a line on stderr counts them, adds `text()`, and is gone at the end."""
    if not sys.stderr.isatty():
        yield from rounds
        return
    last = time.monotonic()
    try:
        for count, it in enumerate(rounds, 1):
            yield it
            if time.monotonic() - last > 0.1:
                last = time.monotonic()
                print(f"\r\x1b[K{count} {text()}"[:79], end="", file=sys.stderr, flush=True)
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def figure_of(rows: int = 1, columns: int = 1, width: float = 4.8, height: float = 3.8) -> tuple[Any, Any]:
    """A figure and its axes (an array of them if there are several), each `width` by `height` inches."""
    return plt.subplots(rows, columns, figsize=(columns * width, rows * height))


def save(picture: Any, out: Path, name: str) -> Path:
    """Save a figure, or the text of an SVG, under `out`, and say where."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / name
    if isinstance(picture, str):
        path.write_text(picture, encoding="utf-8")
    else:
        picture.savefig(path, dpi=120)
        plt.close(picture)
    print(f"picture: {path}")
    return path


def reached(goal: bool, text: str) -> int:
    """Print what was reached against the goal; returns the exit code, 1 if it was missed."""
    print(f"{'reached' if goal else 'NOT REACHED'}: {text}")
    return 0 if goal else 1
