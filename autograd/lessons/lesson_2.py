"""Lesson 2: the learning engine: what the forward pass saves, what the backward pass makes of it, what vanishes."""

from __future__ import annotations

import numpy as np

from ..engine.graph import topological_order
from ..engine.value import Value
from ..functions.arrays import array, data, grads
from ..functions.elementary import relu, sigmoid
from .claims import Claim, Figure, Graph, Lesson, close, exactly, holds
from .lesson_2_batch import batch, claim_5, claim_6
from .lesson_2_cost import claim_7
from .lesson_2_debugging import claim_8
from .lesson_2_slopes import claim_3, claim_4, claim_10, dead_neuron, picture_4, sigmoid_chain
from .lesson_2_training import claim_9, picture_9
from .networks import layer
from .paths import named, worked

__all__ = ["LESSON"]


# --- 2.1, 2.2 ----------------------------------------------------------------------------------------------


def two_layers() -> Graph:
    """x -> z1 -> ReLU -> z2 -> sigmoid -> half the squared error; the second hidden node is off. Our numbers.

    The inputs are ordinary leaves, so that the backward pass reaches them too.
    """
    x, y = array([1.0, 2.0], "x"), Value(1.0, "y", constant=True)
    W1, b1 = array([[0.5, 0.25], [-1.0, 0.25]], "W1"), array([0.1, 0.2], "b1")
    W2, b2 = array([0.7, -0.4], "W2"), Value(-0.5, "b2")
    _, a1 = layer(W1, x, b1, relu, 1)
    _, (output,) = layer([W2], a1, [b2], sigmoid, 2)
    loss = 0.5 * (output - y) ** 2
    output.label, loss.label = "output", "L"
    return named(loss)


def claim_1() -> list[Figure]:
    """The saved values of the document's list, in the order in which the graph holds them."""
    _, n = two_layers()
    x = data([n["x[0]"], n["x[1]"]])
    W1, b1 = data([[n[f"W1[{i},{j}]"] for j in (0, 1)] for i in (0, 1)]), data([n["b1[0]"], n["b1[1]"]])
    z1 = W1 @ x + b1
    a1 = np.maximum(z1, 0.0)
    z2 = float(data([n["W2[0]"], n["W2[1]"]]) @ a1) + n["b2"].data
    order = [v.label for v in topological_order(n["output"]) if v.parents or v.label.startswith("x")]
    place = {label: order.index(label) for label in order}
    steps = [["x[0]", "x[1]"], ["z1[0]", "z1[1]"], ["a1[0]", "a1[1]"], ["z2"], ["output"]]
    sorted_out = all(place[p.label] < place[label] for label in order for p in n[label].parents if p.label in place)
    return [
        exactly("1: x", "x -> [save]", [n[label] for label in steps[0]], [1.0, 2.0]),
        close("2: z1", "W1 x + b1 -> [save]", [n[label] for label in steps[1]], z1, 1e-15,
              note="A node keeps its value and its parents: the recorded graph is the document's list of saved "
              "values, and nothing else has to be cached."),
        close("3: a1", "ReLU(z1) -> [save]", [n[label] for label in steps[2]], a1, 1e-15),
        close("4: z2", "W2 a1 + b2 -> [save]", n["z2"], z2, 1e-15),
        close("5: output", "sigmoid(z2) -> [save]", n["output"], 1 / (1 + np.exp(-z2)), 1e-15),
        holds("order in the graph", "each after its inputs", order, sorted_out,
              note="The list goes layer by layer, the graph's own order neuron by neuron. Both are topological: "
              "every value comes after all that it is made from, and backward walks the order in reverse."),
    ]  # fmt: skip


def claim_2() -> list[Figure]:
    """All gradients of both layers, and the biases', against the four steps done by hand."""
    _, n = worked(two_layers())
    W1 = [[n[f"W1[{i},{j}]"] for j in (0, 1)] for i in (0, 1)]
    x, b1, z1, a1, W2 = ([n[f"{name}[{i}]"] for i in (0, 1)] for name in ("x", "b1", "z1", "a1", "W2"))
    output, target = n["output"].data, n["y"].data
    d_output = output - target
    d_z2 = d_output * output * (1 - output)
    d_a1 = data(W2) * d_z2
    d_z1 = d_a1 * (data(z1) > 0)
    return [
        close("layer 2: output", "step 1", n["output"].grad, d_output, 1e-15,
              note="The document names no loss; with half the squared error this is output - y."),
        close("layer 2: z2", "step 2", n["z2"].grad, d_z2, 1e-15),
        close("layer 2: W2", "step 3", grads(W2), d_z2 * data(a1), 1e-15),
        close("layer 2: b2", None, n["b2"].grad, d_z2, 1e-15,
              note="The four steps leave the biases out. dz/db is 1, so a bias has the gradient of its z."),
        close("layer 2: inputs a1", "step 4", grads(a1), d_a1, 1e-15),
        close("layer 1: output a1", "step 1", grads(a1), data(W2) * d_z2, 1e-15,
              note="Step 4 of layer 2 is step 1 of layer 1: the same nodes. That is the propagation."),
        close("layer 1: z1", "step 2", grads(z1), d_z1, 1e-15,
              note="The second ReLU is off and stops what reached it."),
        close("layer 1: W1", "step 3", grads(W1), np.outer(d_z1, data(x)), 1e-15),
        close("layer 1: b1", None, grads(b1), d_z1, 1e-15),
        close("layer 1: inputs x", "step 4", grads(x), data(W1).T @ d_z1, 1e-15),
    ]  # fmt: skip


LESSON = Lesson(
    2,
    "The learning engine",
    "001_4791f67009255572.txt",
    main="2.1",
    about=(
        "What a forward pass saves and what the backward pass makes of it, layer by layer and on a batch; what it "
        "costs, what goes wrong, and how to find out."
    ),
    claims=(
        Claim(
            "2.1",
            "The forward pass saves every value",
            "x, z1 = W1 x + b1, a1 = ReLU(z1), z2 = W2 a1 + b2 and output = sigmoid(z2) are all saved. One example "
            "here, as a column: W1 x; its batches below are X W1^T.",
            claim_1,
            two_layers,
        ),
        Claim(
            "2.2",
            "Four gradients for each layer",
            "With respect to the layer's output, its activation's input, its weights, and its inputs.",
            claim_2,
            two_layers,
        ),
        Claim(
            "2.3",
            "The derivatives of the activations",
            "ReLU passes all or nothing; the sigmoid's slope is at most 0.25, where its output is 0.5; tanh's is at "
            "most 1, where its output is 0.",
            claim_3,
        ),
        Claim(
            "2.4",
            "The gradient vanishes through sigmoids",
            "Each sigmoid multiplies the gradient by at most 0.25: by 0.0625 in 2 layers, 0.001 in 5, 0.000001 in 10.",
            claim_4,
            sigmoid_chain,
            picture=picture_4,
        ),
        Claim(
            "2.5",
            "A batch in matrix form",
            "Z1 = X W1^T + b1, A1 = ReLU(Z1), Z2 = A1 W2^T + b2 for m examples at once; gradients have the same "
            "shapes and are averaged over the batch. One example after the other is slow.",
            claim_5,
            batch,
        ),
        Claim(
            "2.6",
            "Troubles and their cures",
            "Exploding gradients: clip them. Dying ReLU: a leaky one, or better initial weights. Shapes that do not "
            "fit: print them. Overflow: stable functions and normalised inputs.",
            claim_6,
        ),
        Claim(
            "2.7",
            "What one pass costs",
            "All gradients in one backward pass take O(n) operations; each on its own, O(n^2).",
            claim_7,
        ),
        Claim(
            "2.8",
            "How to debug backpropagation",
            "Check gradients against numbers, print shapes, look for NaN, infinity and zeros, test each layer alone.",
            claim_8,
        ),
        Claim(
            "2.9",
            "What comes next: Adam",
            "Optimisers such as Adam train much faster and more reliably than plain gradient descent.",
            claim_9,
            picture=picture_9,
        ),
        Claim(
            "2.10",
            "ReLU and the vanishing gradient",
            "A ReLU passes gradients or stops them, and has no vanishing gradient problem.",
            claim_10,
            dead_neuron,
        ),
    ),
)
