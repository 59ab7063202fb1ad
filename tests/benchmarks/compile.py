"""Speed and memory of compiled graphs, beside NumPy written by hand and beside other libraries.

    pip install -e '.[bench]' && python tests/benchmarks/compile.py [--quick] [--only NAME]

Networks are recorded scalar by scalar over the whole batch, compiled, and trained for many steps a time; everyone else
trains the same network from the same weights. After two steps all must have reached the same loss and weights, or
nothing is timed. Every repeat then measures each competitor once, in turn; the medians are printed. One thread for all,
64-bit numbers for all, Python's collector on. Libraries that are not installed are left out, with a line that says so.
Measure on a machine that has nothing else to do.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"], "1"))
os.environ.update(JAX_ENABLE_X64="1", JAX_PLATFORMS="cpu", XLA_FLAGS="--xla_cpu_multi_thread_eigen=false")

import argparse
import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
import competitors
from autograd import Value, optim
from autograd.engine.graph import topological_order
from competitors import Missing, Writing, flattened, neurons, with_neurons, with_plus_and_times, written_out
from networks import L2, Array, Problem, Trainer, digits, moons, plain, regression, repeated, tuned, updater
from workloads import OURS, build_chain, machine, planned, random_graph, random_plan

Seconds = dict[str, float]  # of one step, by competitor
BUDGET = 0.1  # seconds that one measurement may take, if a step is shorter

verdicts: list[tuple[str, float, float, bool]] = []


def judge(what: str, reached: float | None, target: float, at_least: bool = False) -> None:
    """Keep a line for the summary; None: it was not measured."""
    if reached is not None:
        verdicts.append((what, reached, target, at_least))


# --- this engine ---------------------------------------------------------------------------------------------------


def numbers(parameters: list[Value]) -> Array:
    return np.array([p.data for p in parameters])


def optimiser_of(problem: Problem, parameters: list[Value]) -> Any:
    return (optim.Adam if problem.adam else optim.SGD)(parameters, lr=problem.lr)


def eager(problem: Problem) -> Trainer:
    """The graph is recorded anew in every step."""
    record, parameters = with_neurons(problem)
    optimiser = optimiser_of(problem, parameters)

    def step() -> float:
        loss = record()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.data

    return Trainer(repeated(step), lambda: numbers(parameters))


def compiled(writing: Callable[[Problem], Writing]) -> Callable[[Problem], Trainer]:
    def make(problem: Problem) -> Trainer:
        record, parameters = writing(problem)
        start = time.perf_counter()
        loss = record()
        middle = time.perf_counter()
        program = autograd.compile(loss)
        end = time.perf_counter()
        optimiser = optimiser_of(problem, parameters)
        size = len(topological_order(loss))
        note = f"{size:,} nodes recorded in {middle - start:.2f} s, compiled in {end - middle:.2f} s"
        return Trainer(lambda steps: float(program.run(optimiser, steps)[-1]), lambda: numbers(parameters), note)

    return make


def vectorised(problem: Problem) -> Trainer:
    """One sample traced; its point and its label differ from sample to sample."""
    layers, inputs, label = neurons(problem, Value), [Value(v) for v in problem.x[0].tolist()], Value(problem.y[0])
    parameters = flattened(layers)
    score = written_out(problem, layers, [inputs])[0][0]
    program = autograd.compile((1 + -label * score).relu() + L2 * sum(p * p for p in parameters))
    batch = program.vectorize([*inputs, label])
    batch.set([*inputs, label], np.column_stack([problem.x, problem.y]))
    optimiser = optimiser_of(problem, parameters)
    return Trainer(lambda steps: float(batch.run(optimiser, steps)[-1]), lambda: numbers(parameters))


def namespace(problem: Problem) -> Trainer:
    """The pure function that a program gives over an array namespace, here NumPy."""
    pure = autograd.compile(with_neurons(problem)[0]()).to(np)
    theta = pure.theta()
    update = updater(problem, len(theta))

    def step() -> float:
        value, gradient = pure.value_and_grad(theta)
        update(theta, gradient)
        return float(value)

    return Trainer(repeated(step), lambda: theta)


DOTS, PLUS, PURE = "compiled from neurons", "compiled from + and *", "Program.to(numpy)"
JAX, TORCH, CASADI, MICROGRAD = "JAX, jit", "PyTorch, nn.Sequential", "CasADi, SX", "micrograd"
EVERYONE: dict[str, Callable[[Problem], Trainer]] = {
    "plain NumPy": plain, "tuned NumPy": tuned, DOTS: compiled(with_neurons), PLUS: compiled(with_plus_and_times),
    PURE: namespace, JAX: competitors.jax_jit, TORCH: competitors.torch_layers,
    "PyTorch, 0-dim tensors": competitors.torch_scalars, CASADI: competitors.casadi_sx, "eager": eager,
    MICROGRAD: competitors.micrograd,
}  # fmt: skip


# --- the race ------------------------------------------------------------------------------------------------------


def timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def freeze() -> None:
    """Hide what is alive from the collector, so that no one's walks the graphs of the others."""
    gc.collect()
    gc.freeze()


def race(problem: Problem, makers: dict[str, Callable[[Problem], Trainer]], quick: bool) -> Seconds:
    """Train everyone in turn, print the table, and return the medians.

    Raises:
        SystemExit: after two steps someone has another loss or other weights than plain NumPy.
    """
    print(f"\n{problem.name}")
    entries: dict[str, Trainer] = {}
    for name, make in makers.items():
        try:
            entries[name] = make(problem)
        except Missing as why:
            print(f"  {name + ':':34} left out, {why}")
    reached = {name: (trainer.run(2), np.sort(trainer.weights())) for name, trainer in entries.items()}
    for name, (loss, weights) in reached.items():  # sorted: each keeps them in an order of its own
        if not np.allclose(loss, reached["plain NumPy"][0], 1e-10) or not np.allclose(
            weights, reached["plain NumPy"][1], 1e-9, 1e-12
        ):
            raise SystemExit(f"{name} disagrees: loss {loss!r}, plain NumPy {reached['plain NumPy'][0]!r}")
    first = {name: timed(lambda t=trainer: t.run(1)) for name, trainer in entries.items()}  # type: ignore[misc]
    most = 200
    steps = {name: max(1, min(most, int(BUDGET / seconds))) for name, seconds in first.items()}
    freeze()
    samples: dict[str, list[float]] = {name: [] for name in entries}
    for k in range(5 if quick else 21):
        for name, trainer in entries.items():
            if k < 3 or first[name] < BUDGET:  # whoever takes longer sits out the later rounds
                samples[name].append(timed(lambda t=trainer, n=steps[name]: t.run(n)) / steps[name])  # type: ignore[misc]
    gc.unfreeze()
    medians = {name: statistics.median(found) for name, found in samples.items()}
    print(f"{'':36}{'us per step':>13}{'x plain':>11}{'x tuned':>11}")
    for name, seconds in medians.items():
        ratios = "".join(f"{seconds / medians[by]:11.2f}" for by in ("plain NumPy", "tuned NumPy"))
        print(f"  {name:34}{1e6 * seconds:13.1f}{ratios}   {entries[name].note}".rstrip())
    return medians


def ratio(medians: Seconds, one: str, other: str) -> float | None:
    return medians[one] / medians[other] if one in medians and other in medians else None


def network(problem: Problem, quick: bool) -> None:
    """A race, and what it was to reach."""
    medians = race(problem, EVERYONE, quick)
    name = problem.name.partition(":")[0]
    large = problem.task == "classes"
    for ours in (DOTS, PLUS):
        judge(f"{name}, {ours}: x plain", ratio(medians, ours, "plain NumPy"), 1.0 if large else 0.8)
        if not large:
            judge(f"{name}, {ours}: x tuned", ratio(medians, ours, "tuned NumPy"), 1.15)
            for other, times in ((JAX, 2), (TORCH, 10), (CASADI, 10), (MICROGRAD, 20_000)):
                judge(f"{name}, {ours}: times faster than {other}", ratio(medians, other, ours), times, True)
    judge(f"{name}, {PURE}: x plain", ratio(medians, PURE, "plain NumPy"), 1.2)


def batch(quick: bool) -> None:
    """One sample traced, run on a thousand."""
    race(moons(1000), {"plain NumPy": plain, "tuned NumPy": tuned, "compiled one sample, vectorize": vectorised}, quick)


# --- graphs without matrices ---------------------------------------------------------------------------------------


def dag(quick: bool) -> None:
    """A random graph, forward and backward."""
    size = 100_000
    plan = random_plan(size)
    root, leaves = planned(plan, OURS)
    program, called = autograd.compile(root), autograd.compile(root)
    still = optim.SGD(leaves, lr=0.0)
    outcome = random_graph(plan)(OURS)()
    expected = [leaf.grad for leaf in outcome.leaves]
    program.run(still, 1)
    found = {"compiled": [leaf.grad for leaf in leaves]}

    def once() -> None:
        called.forward()
        called.backward()

    once()
    runs: dict[str, tuple[Callable[[], object], int]] = {
        "compiled, run(optimizer, 20)": (lambda: program.run(still, 20), 20),
        "compiled, forward() and backward()": (once, 1),
        "eager, recorded anew": (random_graph(plan)(OURS), 1),
    }
    print(f"\nrandom graph of {size:,} + * tanh nodes, forward and backward")
    try:
        evaluate, gradient, took = competitors.casadi_graph(plan)
        evaluate()
        found["CasADi"] = gradient.tolist()
        runs[f"{CASADI} (built in {took:.2f} s)"] = (evaluate, 1)
    except Missing as why:
        print(f"  {CASADI + ':':34} left out, {why}")
    for who, gradients in found.items():
        if not np.allclose(gradients, expected, 1e-9, 1e-12 * np.abs(expected).max()):
            raise SystemExit(f"{who} disagrees with the eager gradients")
    freeze()
    samples = [[timed(run) / times for run, times in runs.values()] for _ in range(5 if quick else 21)]
    gc.unfreeze()
    medians = [1e9 * statistics.median(column) / size for column in zip(*samples, strict=True)]
    print(f"{'':46}{'ns per node':>12}")
    for what, ns in zip(runs, medians, strict=True):
        print(f"  {what:44}{ns:12.1f}")
    judge(f"random graph of {size:,} nodes: ns per node", medians[0], 15)


def each(do: Callable[[], object], size: int) -> float:
    """Microseconds for each of `size` nodes, freeing what is made included."""
    times = max(1, 10_000 // size)
    samples = []
    for _ in range(3):
        gc.collect()
        samples.append(timed(lambda: [do() for _ in range(times)]) / times)
    return 1e6 * statistics.median(samples) / size


def costs(quick: bool) -> None:
    """What it takes to record and to compile, per node, from small graphs to large ones; and the memory."""
    sizes = [1_000, 10_000, 100_000] + ([] if quick else [1_000_000])
    plans = {size: random_plan(size) for size in sizes}
    shapes: dict[str, Callable[[int], Value]] = {
        "chain": build_chain,
        "random": lambda size: planned(plans[size], OURS).root,
    }
    print(f"\n{'us per node':36}" + "".join(f"{size:>11,}" for size in sizes))
    freeze()  # the plans
    for name, record in shapes.items():
        rows: dict[str, list[float]] = {"recorded": [], "compiled": []}
        for size in sizes:
            rows["recorded"].append(each(lambda n=size, f=record: f(n), size))  # type: ignore[misc]
            root = record(size)
            rows["compiled"].append(each(lambda r=root: autograd.compile(r), size))  # type: ignore[misc]
            del root
        for act, row in rows.items():
            print(f"  {f'{name}, {act}':34}" + "".join(f"{us:11.2f}" for us in row))
        both = [a + b for a, b in zip(*rows.values(), strict=True)]
        judge(f"{name}: us per node, recorded and compiled, at worst", max(both), 5)
        judge(f"{name}: the same, slowest / fastest size", max(both) / min(both), 2)
    gc.unfreeze()
    size = 100_000
    print(f"\n{f'bytes per node, {size:,} nodes':36}{'peak':>11}{'kept':>11}")
    for name, record in shapes.items():
        root = record(size)
        gc.collect()
        tracemalloc.start()
        program = autograd.compile(root)
        peak = tracemalloc.get_traced_memory()[1] / size
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] / size
        tracemalloc.stop()
        print(f"  {name:34}{peak:11.1f}{kept:11.1f}")
        judge(f"{name}: bytes per node while compiling", peak, 200)
        judge(f"{name}: bytes per node that the program keeps", kept, 40)
        del program


PARTS: dict[str, Callable[[bool], None]] = {
    "moons": lambda quick: network(moons(), quick),
    "regression": lambda quick: network(regression(), quick),
    "dag": dag,
    "costs": costs,
    "digits": lambda quick: network(digits(), quick),
    "vectorize": batch,
}


def main() -> None:
    """Run everything, or what is asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few repeats, no graph of a million nodes")
    parser.add_argument("--only", choices=PARTS, help="one part instead of all")
    asked = parser.parse_args()
    print(f"scalar-autograd {autograd.__version__}, NumPy {np.__version__}, {machine()}")
    for name, part in PARTS.items():
        if asked.only in (None, name):
            part(asked.quick)
    print(f"\n{'summary':76}{'reached':>10}{'target':>11}")
    for what, reached, target, at_least in verdicts:
        met = reached >= target if at_least else reached <= target
        sign = ">=" if at_least else "<="
        figure = f"{reached:,.3g}" if reached < 1000 else f"{reached:,.0f}"
        print(f"  {what:74}{figure:>10} {sign:>3}{target:7,g}  {'met' if met else 'MISSED'}")


if __name__ == "__main__":
    main()
