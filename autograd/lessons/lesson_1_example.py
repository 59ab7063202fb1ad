"""Lesson 1's worked example: two inputs, two hidden nodes, one output, every printed digit met."""

from __future__ import annotations

import numpy as np

from ..functions.arrays import data, grads
from ..functions.elementary import dot, sigmoid
from .claims import Figure, Graph, close, exactly, holds, printed, shown
from .networks import TwoLayer, two_layer
from .paths import chain, named

__all__ = ["claim_8", "claim_9", "example"]

W1, W2 = [[0.4, 0.2], [0.2, 0.2]], [0.95, 0.8]
X, Y, ALPHA = [1.0, 0.5], 0.8, 0.1
B2 = 0.6 - dot(W2, [sigmoid(dot(row, X)) for row in W1])  # what makes z2 = 0.6


def network() -> TwoLayer:
    """The example's network, with weights of ours that meet every digit that the document prints."""
    return two_layer(W1, [0.0, 0.0], [W2], [B2], X, [Y])


def example() -> Graph:
    """The example's graph and its nodes by label."""
    return named(network().J)


def claim_8() -> list[Figure]:
    """Every printed number of the example."""
    net = network()
    net.J.backward()
    J, z2, a2 = net.J, net.z2[0], net.a2[0]
    error, sigma = chain(J, a2).product, chain(a2, z2).product
    rounded = "Rounded."
    weights = [data(net.W1), data(net.W2)[0], data(net.b2)[0]]
    return [
        exactly("weights, ours", None, weights, [W1, W2, 0.6 - float(data(net.W2 @ net.a1)[0])],
                note="W1, W2 and b2 (b1 = 0). The document gives no weights, so its numbers can't be recomputed from "
                "what it says; these are one choice of many that give all of them."),
        printed("z1", "[0.5, 0.3]", net.z1),
        printed("a1", "[0.622, 0.574]", net.a1, note=rounded),
        printed("z2", "0.6", z2),
        printed("a2", "0.646", a2, note=rounded),
        printed("a2 - y", "-0.154", error, note="Rounded. The document calls this delta2, and its next line, the one "
                "that its formula for delta2 means, the output delta."),
        printed("sigma'(z2)", "0.229", sigma, note=rounded),
        printed("delta2 = dJ/dz2", "-0.035", z2.grad, note=rounded),
        printed("delta1 = dJ/dz1", "[-0.008, -0.007]", grads(net.z1), note=rounded),
        printed("dJ/dW2", "[-0.022, -0.020]", grads(net.W2)[0],
                note="Rounded; called Delta W2, but it is the gradient: the step has the other sign and a factor "
                "alpha (1.9)."),
        printed("dJ/dW1", "[[-0.008, -0.004], [-0.007, -0.003]]", grads(net.W1),
                note="Rounded: the last one is -0.00345, half of -0.0069, so it prints as -0.003 although half of the "
                "printed -0.007 would be -0.0035. A row for each hidden node: delta1 x^T."),
        *_freedom(net, error),
    ]  # fmt: skip


def _freedom(net: TwoLayer, error: float) -> list[Figure]:
    """How far the printed digits fix the weights, and what the text read to the letter would need."""
    delta2, slopes = float(net.z2[0].grad), [chain(a, z).product for a, z in zip(net.a1, net.z1, strict=True)]
    # delta1 = W2 delta2 sigma'(z1): its printed digits bound it, and so W2. The -0.003 of dW1, half of delta1[1],
    # must not reach -0.0035, which is the tighter bound for the second weight.
    bounds = [(-0.0075, -0.0085), (-0.0065, -0.007)]
    low, high = ([ends[side] / (delta2 * slope) for ends, slope in zip(bounds, slopes, strict=True)] for side in (0, 1))
    biases = [0.6 - dot(end, data(net.a1)) for end in (high, low)]
    literal = [w * error * slope for w, slope in zip(W2, slopes, strict=True)]
    needed = [d / (error * slope) for d, slope in zip(data(grads(net.z1)), slopes, strict=True)]
    return [
        holds("W2[0] lies in", None, [low[0], high[0]], low[0] <= W2[0] <= high[0],
              note="Every W2[0] in this range, with W2[1] and b2 in theirs, prints the same digits for delta1 and dW1 "
              "once b2 is set to make z2 = 0.6."),
        holds("W2[1] lies in", None, [low[1], high[1]], low[1] <= W2[1] <= high[1]),
        holds("b2 lies in", None, biases, biases[0] <= B2 <= biases[1]),
        printed("delta1 from -0.154", "[-0.008, -0.007]", literal, should_agree=False,
                note="Read to the letter, with -0.154 as delta2 in the line for delta1, the same weights give four "
                "times as much. The formula section says delta2 = (a2 - y) a2 (1 - a2), and that decides."),
        shown("W2 for that reading", needed, note="What W2 would have to be near for the line to come out that way."),
    ]  # fmt: skip


def claim_9() -> list[Figure]:
    """The same numbers under their right names, and the step they lead to."""
    net = network()
    net.J.backward()
    delta2, slopes = float(net.z2[0].grad), np.array([chain(a, z).product for a, z in zip(net.a1, net.z1, strict=True)])
    step = -ALPHA * grads(net.W2)[0]
    W2_after, b2_after = data(net.W2)[0] + step, float(data(net.b2)[0] - ALPHA * grads(net.b2)[0])
    after = two_layer(data(net.W1) - ALPHA * grads(net.W1), -ALPHA * grads(net.b1), [W2_after], [b2_after], X, [Y])
    return [
        close("dJ/da1", "W2^T delta2", grads(net.a1), np.array(W2) * delta2, 1e-15,
              note="This is what the document's code calls hidden_error: no sigma' in it yet."),
        printed("dJ/da1 again", "[-0.008, -0.007]", grads(net.a1), should_agree=False,
                note="And this is what its example prints as the hidden error: that one has sigma' in it, and is "
                "delta1 = dJ/dz1, the code's hidden_delta."),
        close("delta1 = dJ/dz1", "W2^T delta2 sigma'(z1)", grads(net.z1), np.array(W2) * delta2 * slopes, 1e-15),
        printed("step of W2", "[-0.022, -0.020]", step, should_agree=False,
                note="The example heads its Delta W with 'weight updates'. They are gradients; a weight moves by "
                "-alpha times that, here with alpha = 0.1, the other way."),
        close("W2 after the step", "W2 - alpha dJ/dW2", W2_after, np.array(W2) - ALPHA * delta2 * data(net.a1), 1e-15),
        close("b2 after the step", "b2 - alpha dJ/db2", b2_after, B2 - ALPHA * delta2, 1e-15),
        holds("J before and after", None, [net.J.data, after.J.data], after.J < net.J,
              note="One step of all four, W1, b1, W2 and b2. The document stops before it."),
    ]  # fmt: skip
