"""What derivatives of functions cost, in operations instead of seconds.

    python tests/benchmarks/derivatives.py

Every number is counted, so the output is the same on every machine. The functions are run on Values, results and
tangents included, and every node that comes into being is counted: an operation of one or two operands is one
operation, one of n operands is n - 1 (n numbers take n - 1 additions; a dot of n pairs n products and n - 1
additions). A gradient taken that way makes a node for each product and sum of the sweep and for each operation in
the rules, which are the operations that the same sweep carries out on floats. Plain copies of the inputs and
constants are not counted. A gradient's count includes the evaluation that it starts with.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

import autograd as ag
from autograd import Value, grad, hvp, jvp, ops
from autograd.engine import value

Function = Callable[[Sequence[Any]], Any]

GRADIENT = 5.0  # evaluations that a gradient may cost, whatever the number of inputs
HVP = 4.0  # gradients that a Hessian-vector product may cost


class Counter:
    """Operations since it was made."""

    def __init__(self) -> None:
        self.operations = 0


@contextmanager
def counting() -> Iterator[Counter]:
    """Count every node that is made inside."""
    counter, original = Counter(), value.node

    def node(data: float, op: Any, a: Any, b: Any = None) -> Value:
        made = original(data, op, a, b)
        if a is not None and op is not ops.IDENTITY:
            counter.operations += max(1, len(made.parents) - 1)
        return made

    value.node = node
    try:
        yield counter
    finally:
        value.node = original


class Cost(NamedTuple):
    """Operations of one function of n numbers."""

    n: int
    evaluation: int
    gradient: int
    jvp: int
    hvp: int


def cost(f: Function, n: int, seed: int = 3) -> Cost:
    """Count an evaluation, a gradient, a directional derivative and a Hessian-vector product at a random point."""
    draw = random.Random(seed)
    x = [Value(draw.uniform(0.5, 1.5)) for _ in range(n)]
    v = [Value(draw.uniform(0.5, 1.5)) for _ in range(n)]
    counts = []
    runs: list[Callable[[], Any]] = [
        lambda: f(x),
        lambda: grad(f)(x),
        lambda: jvp(f, (x,), (v,)),
        lambda: hvp(f, (x,), (v,)),
    ]
    for run in runs:
        with counting() as counter:
            run()
        counts.append(counter.operations)
    return Cost(n, *counts)


# --- functions -----------------------------------------------------------------------------------------------------


def rosenbrock(x: Sequence[Any]) -> Any:
    """The chained Rosenbrock function: sum over i of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2."""
    return ag.sum([100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in pairwise(x)])


def speelpenning(x: Sequence[Any]) -> Any:
    """x1 x2 ... xn by n - 1 products."""
    product = x[0]
    for factor in x[1:]:
        product = product * factor
    return product


def transcendental(x: Sequence[Any]) -> Any:
    """A sum of elementary functions, whose rules have operations of their own."""
    return ag.sum([ag.sin(a) * ag.exp(-a) + ag.tanh(a) / (1 + a**2) + ag.log(a) for a in x])


def activations(x: Sequence[Any]) -> Any:
    """Activations one behind another."""
    return ag.sum([ag.softplus(ag.sigmoid(a)) + ag.relu(a) + ag.gelu(a) + ag.silu(a) for a in x])


def quadratic(x: Sequence[Any]) -> Any:
    """x' x by one dot."""
    return ag.dot(x, x)


def log_of_sum(x: Sequence[Any]) -> Any:
    """log of a sum of exponentials."""
    return ag.log(ag.sum([ag.exp(a) for a in x]))


def network(x: Sequence[Any]) -> Any:
    """A hidden layer of 4 tanh neurons on n inputs that are also its weights, and a squared error."""
    hidden = [ag.tanh(ag.dot(x, [math.sin(i + k) for i in range(len(x))])) for k in range(4)]
    return (ag.dot(hidden, [0.5, -1.0, 2.0, 0.1]) - 1.0) ** 2


FUNCTIONS: dict[str, Function] = {
    "Rosenbrock": rosenbrock,
    "Speelpenning": speelpenning,
    "transcendental": transcendental,
    "activations": activations,
    "quadratic": quadratic,
    "log of sum": log_of_sum,
    "network": network,
}
SIZES = (2, 10, 100, 1000)
CHAIN = (10, 30, 100, 300, 1000)


def power(ns: Sequence[int], counts: Sequence[int]) -> float:
    """The power of n that counts grow with: the slope of the straight line through the logarithms."""
    xs, ys = [math.log(n) for n in ns], [math.log(c) for c in counts]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def per_variable(ns: Sequence[int], counts: Sequence[int]) -> list[float]:
    """Operations for each variable more, from one size to the next."""
    return [(d - c) / (m - n) for (n, m), (c, d) in zip(pairwise(ns), pairwise(counts), strict=True)]


def main() -> None:
    print(f"{'function':<16}{'n':>6}{'evaluation':>12}{'gradient':>10}{'jvp':>8}{'hvp':>8}   gradient/evaluation")
    for name, f in FUNCTIONS.items():
        for n in SIZES:
            c = cost(f, n)
            print(
                f"{name:<16}{n:>6}{c.evaluation:>12}{c.gradient:>10}{c.jvp:>8}{c.hvp:>8}"
                f"{c.gradient / c.evaluation:>10.2f}   hvp/gradient {c.hvp / c.gradient:.2f}"
            )
            assert c.gradient <= GRADIENT * c.evaluation
            assert c.hvp <= HVP * c.gradient
    chain = [cost(rosenbrock, n) for n in CHAIN]
    print("\nchained Rosenbrock, 10 to 1000 variables")
    for what in ("evaluation", "gradient", "hvp"):
        counts = [getattr(c, what) for c in chain]
        steps = per_variable(CHAIN, counts)
        print(f"{what:<12}grows with n to the {power(CHAIN, counts):.4f}; operations for each variable more: {steps}")


if __name__ == "__main__":
    main()
