"""The claim of lesson 4 about a PyTorch program's numbers."""

from __future__ import annotations

import numpy as np

from ..functions.arrays import array, data, grads
from ..functions.elementary import sigmoid, sum
from .claims import Figure, Graph, close, exactly, shown
from .paths import named, worked

__all__ = ["claim_11", "two_outputs"]


def two_outputs() -> Graph:
    """loss = sum((sigmoid(w x + b) - [0, 1])^2) for the document's x, w and b."""
    x, w, b = array([1.0, 2.0], "x"), array([[1.0, 2.0], [3.0, 4.0]], "w"), array([0.5, 0.5], "b")
    z = w @ x + b
    a = sigmoid(z)
    for name, nodes in (("z", z), ("a", a)):
        for i, node in enumerate(nodes):
            node.label = f"{name}[{i}]"
    loss = sum((a - np.array([0.0, 1.0])) ** 2)
    loss.label = "loss"
    return named(loss)


def claim_11() -> list[Figure]:
    """The numbers that the program would print."""
    loss, n = worked(two_outputs())
    x, b, z, a = ([n[f"{name}[{i}]"] for i in (0, 1)] for name in "xbza")
    w = [[n[f"w[{i},{j}]"] for j in (0, 1)] for i in (0, 1)]
    outputs = data(a)
    dz = 2 * (outputs - [0.0, 1.0]) * outputs * (1 - outputs)
    single = np.float32(1) / (np.float32(1) + np.exp(-data(z).astype(np.float32)))
    last = 2 * (single[1] - 1) * (1 - single[1]) * single[1]
    note = "The document prints no numbers; ours are compared with its formulas in NumPy."
    return [
        exactly("z", "matmul(w, x) + b", data(z), data(w) @ data(x) + data(b), note="W x: x is a column."),
        close("a", "sigmoid(z)", outputs, 1 / (1 + np.exp(-data(z))), 1e-15),
        close("loss", "((a - [0, 1])^2).sum()", loss, ((outputs - [0.0, 1.0]) ** 2).sum(), 1e-15, note=note),
        close("w.grad", None, grads(w), np.outer(dz, data(x)), 1e-14),
        close("b.grad", None, grads(b), dz, 1e-14),
        close("x.grad", None, grads(x), data(w).T @ dz, 1e-14,
              note="Asked for by requires_grad, and never printed."),
        shown("b.grad[1] in float32", float(last),
              note="NumPy in single precision, which is what the program computes in: only three digits of the "
              "gradient are right, since 1 - a has so few left."),
    ]  # fmt: skip
