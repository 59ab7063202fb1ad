"""Samples' graphs for programs on batches: each a function of the inputs, with its parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd as ag
from autograd import Value, compile
from autograd.nn import MLP

Function = Callable[[Sequence[Any]], Any]
Case = tuple[Function, list[Value], int]


def parameters(count: int) -> list[Value]:
    return [Value(0.3 + 0.2 * k, f"w{k}") for k in range(count)]


def network() -> Case:
    net = MLP(2, [8, 8, 1], seed=1)
    return lambda x: (1 - x[2] * net(x[:2])).relu(), list(net.parameters()), 3


def written_out() -> Case:
    w = parameters(20)
    return lambda x: sum(w[k] * x[k % 4] + x[k % 3] for k in range(20)) ** 2 + w[0] * w[1], w, 4


def neurons_written_out() -> Case:
    w = parameters(40)

    def sample(x: Sequence[Any]) -> Any:
        hidden = [(sum(w[4 * j + k] * x[k] for k in range(4)) + w[4 * j + 3]).tanh() for j in range(8)]
        return sum((w[32 + j] * hidden[j] for j in range(8)), 0.5 * x[4])

    return sample, w, 5


def computed_bias() -> Case:
    w = parameters(6)
    return lambda x: ag.dot(w[:3], x, w[3] * x[0]) + ag.dot([x[1], w[5]], [x[2], w[5]], w[4].exp()), w, 3


def all_kinds() -> Case:
    w, c = parameters(3), Value(1.5, constant=True)

    def sample(x: Sequence[Any]) -> Any:
        shared = (w[0] * w[1]).exp() + 2.0
        return ag.maximum(x[0] * 0.5 - c, shared, ag.sum([x[1], w[2], 3.0])) / ag.sum([shared, c]) + x[0] - 0.5 / shared

    return sample, w, 2


def input_alone() -> Case:
    return lambda x: x[0], [], 1


def parameter_beside() -> Case:
    w = parameters(1)
    return lambda x: x[0] * w[0] + w[0], w, 1


CASES: dict[str, Callable[[], Case]] = {
    "network": network,
    "sum of products": written_out,
    "neurons with + and *": neurons_written_out,
    "computed bias": computed_bias,
    "all kinds": all_kinds,
    "an input alone": input_alone,
    "a parameter": parameter_beside,
}
COUNTS = (1, 2, 7, 40)


def rows_of(count: int, width: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(count, width))


def one_by_one(function: Function, rows: Any) -> Value:
    """The mean, with a graph for each sample."""
    return ag.mean([ag.sum([function([Value(x, constant=True) for x in row])]) for row in rows.tolist()])


def leaves(width: int, constant: bool = False) -> list[Value]:
    return [Value(0.5 + k, f"x{k}", constant=constant) for k in range(width)]


def batch_of(function: Function, inputs: list[Value]) -> Any:
    return compile(function(inputs)).vectorize(inputs)
