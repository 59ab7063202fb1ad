"""Claim 1.12: the two scripts that the document promises, as commands, and the numbers that they show."""

from __future__ import annotations

import math

import numpy as np

from ..functions.arrays import data, grads
from .claims import Figure, close, holds, shown
from .lesson_1_example import ALPHA, X, network
from .networks import TwoLayer

__all__ = ["claim_12", "picture_12"]


def worked_network() -> TwoLayer:
    """The network of 1.8 after a backward pass."""
    net = network()
    net.J.backward()
    return net


def picture_12() -> str:
    """W1, its gradient, and W1 after one step, as heat maps."""
    from ..render import matrix_svg  # costs time that the numbers alone need not pay

    return matrix_svg(worked_network().W1, rate=ALPHA, name="W1", title="How W1 is updated in one step")


def claim_12() -> list[Figure]:
    """What the pictures show: the flow of 1.8, and its matrices before and after a step."""
    from ..render.rows import graph_rows  # as above

    net = worked_network()
    rows = graph_rows(net.J)
    arrived: dict[str, list[float]] = {node.id: [] for node in rows.nodes}
    for edge in rows.edges:
        if edge.message is not None:
            arrived[edge.source].append(edge.message)
    gradients = [(math.fsum(arrived[node.id]), node.gradient) for node in rows.nodes if arrived[node.id]]
    delta1, delta2 = data(grads(net.z1)), net.z2[0].grad
    dW1, dW2 = grads(net.W1), grads(net.W2)[0]
    W1, W2 = data(net.W1), data(net.W2)[0]
    picture = picture_12()
    numbers = [f"{x:.4g}" for x in np.concatenate([W1, dW1, W1 - ALPHA * dW1]).flat]
    return [
        holds("arrows into a node", None, f"its gradient, {len(gradients)} times",
              all(math.isclose(total, gradient or 0.0, rel_tol=1e-15) for total, gradient in gradients),
              note="The visualisation is a command: autograd lesson 1 1.8 --svg FILE draws the graph with what flows "
              "back along each arrow, --html FILE writes a page that plays it, and autograd step 1.8 goes through it "
              "in a terminal. What the arrows bring to a node adds up to its gradient."),
        shown("W1", W1, note="The explanation of an update is one, too: autograd lesson 1 1.12 --svg FILE draws W1, "
              "its gradient, and W1 after a step, with a row for each hidden node and a column for each input."),
        close("dJ/dW1", None, dW1, np.outer(delta1, X), 1e-15, note="delta1 x^T, as in 1.4."),
        close("W1 after the step", None, W1 - ALPHA * dW1, W1 - ALPHA * np.outer(delta1, X), 1e-15,
              note="With alpha = 0.1, as in 1.9. Every gradient is below 0, so every weight grows."),
        close("dJ/dW2", None, dW2, delta2 * data(net.a1), 1e-15,
              note="The other matrix in the same way: the larger an input of a neuron, the more its weight moves."),
        close("W2 after the step", None, W2 - ALPHA * dW2, W2 - ALPHA * delta2 * data(net.a1), 1e-15),
        holds("in the picture", None, f"{len(numbers)} numbers", all(f">{x}</text>" in picture for x in numbers),
              note="Each of the twelve numbers stands in its cell."),
    ]  # fmt: skip
