"""Speed and memory of the eager engine, beside micrograd's.

    pip install -e '.[bench]' && python tests/benchmarks/eager.py [--quick]

Three workloads run the same code on both libraries, in turn, within one process, after a check that both
reach the same gradients. Each is measured with the garbage collector on, as users have it, and with it off
for both: micrograd's nodes refer to themselves, so the collector makes up most of its time. Every sample
starts from a collected heap. Then our own engine alone: time per node from small to large graphs, bytes per
node, and what a chain of a million nodes takes. Measure on a machine that has nothing else to do.
"""

from __future__ import annotations

import argparse
import copy
import gc
import importlib.metadata
import pickle
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd.engine import COMPILED
from workloads import (
    OURS,
    THEIRS,
    Workload,
    build_chain,
    machine,
    random_graph,
    random_plan,
    readme_expression,
    two_moons_step,
)

# --- both libraries, in turn ---


@contextmanager
def collector(on: bool) -> Iterator[None]:
    """The cycle collector on or off for a while."""
    (gc.enable if on else gc.disable)()
    try:
        yield
    finally:
        gc.enable()


def timed(run: Callable[[], object]) -> float:
    """Seconds that one run takes, from a collected heap; freeing what it returns is not counted."""
    gc.collect()
    start = time.perf_counter()
    result = run()
    seconds = time.perf_counter() - start
    del result
    return seconds


def race(workload: Workload, repeats: int) -> tuple[float, float]:
    """Median seconds of our library and of micrograd, measured in turn after one run each to warm up.

    Raises:
        SystemExit: where the warm-up's values or gradients differ, for then the times compare nothing.
    """
    runs = [workload(library) for library in (OURS, THEIRS)]
    ours, theirs = [
        [float(outcome.root.data), *(float(leaf.grad) for leaf in outcome.leaves)]
        for outcome in (run() for run in runs)
    ]
    if not np.allclose(ours, theirs, rtol=1e-9, atol=1e-12 * np.abs(theirs).max()):
        raise SystemExit(f"the libraries disagree: {ours[:3]}... against {theirs[:3]}...")
    samples = [[timed(run) for run in runs] for _ in range(repeats)]
    mine, other = (statistics.median(column) for column in zip(*samples, strict=True))
    return mine, other


def compare(quick: bool) -> None:
    """Print the ratios beside their targets, with the collector on and off."""
    size, repeats, times = (10_000, 3, 300) if quick else (100_000, 7, 2_000)
    plan = random_plan(size)
    workloads: list[tuple[str, Workload, float, float | None]] = [
        (f"random graph, {size:,} nodes", random_graph(plan), *((10, 4) if COMPILED else (4.5, 1.8))),
        (f"README expression, {times:,} times", readme_expression(times), *((9, 9) if COMPILED else (3.5, None))),
        ("two-moons step, NumPy scalars", two_moons_step(as_floats=False), 60, 8),
        ("two-moons step, plain floats", two_moons_step(as_floats=True), 60, 8),
    ]
    print("micrograd's release has no tanh: one was added to its Value for the random graph.")
    print(f"The random graph is {plan.depth} deep, within what micrograd's recursive sort can take.\n")
    print(f"{'':36}{'ours':>11}{'micrograd':>11}{'ratio':>8}{'target':>9}")
    for on in (True, False):
        print(f"collector {'on' if on else 'off'}")
        for what, workload, target_on, target_off in workloads:
            with collector(on):
                ours, theirs = race(workload, repeats)
            verdict = against(theirs / ours, target_on if on else target_off)
            print(f"  {what:34}{ours * 1e3:8.2f} ms{theirs * 1e3:8.1f} ms{theirs / ours:7.1f}x{verdict}")


def against(reached: float, target: float | None) -> str:
    """The last column of a ratio: its target, where there is one, and whether it was reached."""
    if target is None:
        return f"{'-':>9}"
    return f"{f'{target:g}x':>9}  {met(reached >= target)}"


# --- our own engine ---


def repeated(once: Callable[[], object], times: int) -> Callable[[], None]:
    """`once`, called `times` times, what it makes freed at once."""

    def run() -> None:
        for _ in range(times):
            once()

    return run


def flatness(quick: bool) -> None:
    """Print nanoseconds per node to build, back-propagate and free graphs of growing size."""
    sizes = [1_000, 10_000, 100_000] if quick else [1_000, 10_000, 100_000, 1_000_000]
    shapes: list[tuple[str, Callable[[int], Callable[[], object]]]] = [
        ("chain", lambda size: lambda: build_chain(size).backward()),
        ("random graph", lambda size: random_graph(random_plan(size))(OURS)),
    ]
    print(f"\n{'ns per node, freeing included':36}" + "".join(f"{size:>11,}" for size in sizes))
    for name, shape in shapes:
        loops = [max(1, 100_000 // size) for size in sizes]
        runs = [repeated(shape(size), times) for size, times in zip(sizes, loops, strict=True)]
        for on in (True, False):
            with collector(on):
                samples = [[timed(run) for run in runs] for _ in range(3 if quick else 5)]
            medians = [statistics.median(column) for column in zip(*samples, strict=True)]
            each = [m / (size * times) for m, size, times in zip(medians, sizes, loops, strict=True)]
            spread = max(each) / min(each)
            what = f"{name}, collector {'on' if on else 'off'}"
            print(f"  {what:34}" + "".join(f"{1e9 * seconds:11.0f}" for seconds in each))
            print(f"  {'  slowest / fastest':34}{spread:10.2f}x{'1.5x':>9}  {met(spread <= 1.5)}")


def memory(quick: bool) -> None:
    """Print bytes per binary operation, its float included, by tracemalloc."""
    size = 10_000 if quick else 100_000
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    root = build_chain(size)
    built = tracemalloc.get_traced_memory()[0]
    root.backward()
    gc.collect()
    swept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(f"\nbytes per binary node, {size:,} nodes")
    for when, total in (("built", built), ("with its gradient", swept)):
        each = (total - before) / size
        print(f"  {when:34}{each:11.1f}{200:>9}  {met(each <= 200)}")


def long_chain(quick: bool) -> None:
    """Print what a very long chain takes to build, use, copy, store and free, with no setting changed."""
    size = 100_000 if quick else 1_000_000
    holder: dict[str, Any] = {}

    def pickled() -> None:
        stored = pickle.dumps(holder["root"])
        holder["bytes"] = len(stored)
        holder["restored"] = pickle.loads(stored)

    acts: list[tuple[str, Callable[[], object]]] = [
        ("build", lambda: holder.update(root=build_chain(size))),
        ("backward", lambda: holder["root"].backward()),
        ("copy.deepcopy", lambda: holder.update(copied=copy.deepcopy(holder["root"]))),
        ("pickle, there and back", pickled),
        ("delete", lambda: holder.update(root=None)),
    ]
    print(f"\na chain of {size:,} nodes")
    for name, act in acts:
        print(f"  {name:34}{timed(act):9.2f} s")
    copied, restored = holder["copied"], holder["restored"]
    if not copied.data == restored.data or not copied.grad == restored.grad:
        raise SystemExit(f"the copies differ: {copied!r}, {restored!r}")
    print(f"  {'bytes per node, pickled':34}{holder['bytes'] / size:9.1f}")


def met(reached: bool) -> str:
    """How a target is reported."""
    return "met" if reached else "MISSED"


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small graphs, few repeats: a check of the program")
    quick = parser.parse_args().quick
    version = importlib.metadata.version
    build = "compiled" if COMPILED else "pure"
    print(f"scalar-autograd {version('scalar-autograd')}, engine {build}, micrograd {version('micrograd')}")
    print(f"{platform.python_implementation()} {platform.python_version()}, {machine()}")
    compare(quick)
    flatness(quick)
    memory(quick)
    long_chain(quick)


if __name__ == "__main__":
    main()
