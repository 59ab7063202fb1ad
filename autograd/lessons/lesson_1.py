"""Lesson 1: the chain rule and the delta rule."""

from __future__ import annotations

from ..engine.graph import topological_order
from ..engine.value import Value
from ..functions.elementary import dot, log, sigmoid
from .claims import Claim, Figure, Graph, Lesson, close, exactly, holds, printed
from .lesson_1_batch import claim_2, claim_4, claim_5, delta_rule
from .lesson_1_cures import claim_10, picture_10
from .lesson_1_example import claim_8, claim_9, example
from .lesson_1_mistakes import claim_11
from .lesson_1_rates import picture_11
from .lesson_1_scripts import claim_12, picture_12
from .networks import half_squared_error
from .paths import chain, named, worked

__all__ = ["LESSON"]


# --- 1.1, 1.3: one neuron ------------------------------------------------------------------------------------


def one_neuron() -> Graph:
    """x -> z = w x + b -> a = sigmoid(z) -> J = (a - y)^2 / 2; the numbers are ours."""
    x, y = Value(1.5, "x", constant=True), Value(1.0, "y", constant=True)
    w, b = Value(0.8, "w"), Value(-0.2, "b")
    z = dot([w], [x], b)
    a = sigmoid(z)
    z.label, a.label = "z", "a"
    return named(half_squared_error([a], [y]))


def claim_1() -> list[Figure]:
    """The three factors and their product, read off the path from J to w."""
    J, n = worked(one_neuron())
    (dJ_da, da_dz, dz_dw), product = chain(J, n["a"], n["z"], n["w"])
    a = n["a"].data
    return [
        close("dJ/da", None, dJ_da, a - 1.0, 1e-15, note="With J = (a - y)^2 / 2 and y = 1."),
        close("da/dz", None, da_dz, a * (1 - a), 1e-15),
        exactly("dz/dw", None, dz_dw, 1.5, note="The input x."),
        exactly("product", "dJ/da da/dz dz/dw", product, n["w"].grad,
                note="The gradient that the backward pass left in w is the same product, to the last bit."),
    ]  # fmt: skip


def cross_entropy() -> Graph:
    """J = -y log a - (1 - y) log(1 - a) at a = 0.646 and y = 0.8."""
    y, a = Value(0.8, "y", constant=True), Value(0.646, "a")
    J = -y * log(a) - (1 - y) * log(1 - a)
    J.label = "J"
    return named(J)


def claim_3() -> list[Figure]:
    """The slope of the cross-entropy, as the document writes it and as the graph has it."""
    _, n = worked(cross_entropy())
    a, y = n["a"].data, n["y"].data
    return [close("dJ/da", "-y/a + (1-y)/(1-a)", n["a"].grad, -y / a + (1 - y) / (1 - a), 1e-14)]


# --- 1.6, 1.7: slopes ------------------------------------------------------------------------------------------


def sigmoid_at_1() -> Graph:
    """a = sigmoid(z) at z = 1."""
    a = sigmoid(Value(1.0, "z"))
    a.label = "a"
    return named(a)


def slope_at(z: float, order: int = 1) -> float:
    """The first or second derivative of the sigmoid."""
    v = Value(z, "z")
    sigmoid(v).backward(create_graph=True)
    slope: Value = v.grad
    v.zero_grad()  # leaf and slope hold each other until this
    if order == 1:
        return slope.data
    slope.backward()
    return float(v.grad)


def claim_6() -> list[Figure]:
    """The table of slopes, and the maximum found rather than believed."""
    root, _ = sigmoid_at_1()
    slopes = [slope_at(k / 10) for k in range(-100, 101)]
    return [
        printed("sigmoid'(0)", "0.25", slope_at(0.0)),
        exactly("sigmoid''(0)", None, slope_at(0.0, order=2), 0.0,
                note="Called the maximum. The slope's own slope, found by differentiating the gradient's graph, is 0 "
                "there,"),
        holds("largest slope", "0.25", max(slopes), max(slopes) == 0.25,
              note="and of 201 slopes from z = -10 to 10 none is larger."),
        printed("sigmoid(1)", "0.7311", root, note="Rounded."),
        printed("sigmoid'(1)", "0.1966", slope_at(1.0), note="Rounded."),
        printed("sigmoid'(3)", "0.045", slope_at(3.0), note="Rounded; 0.0452 with one digit more."),
    ]  # fmt: skip


def four_slopes() -> Graph:
    """A chain of four nodes, each 0.2 times the one before it."""
    node = Value(1.0, "x")
    for i in range(1, 5):
        node = 0.2 * node
        node.label = f"h{i}"
    return named(node)


def claim_7() -> list[Figure]:
    """The gradient after one to four layers, walking back from the output."""
    _, n = worked(four_slopes())
    note = "No double is exactly 0.2, so its powers are off in the last place."
    order = (
        "Layers are numbered from the output here; everywhere else the document numbers them from the input, where "
        "layer 1 is the one with the smallest gradient."
    )
    return [
        printed("layer 1: dh4/dh3", "0.2", n["h3"].grad),
        printed("layer 2: dh4/dh2", "0.04", n["h2"].grad, note=note),
        printed("layer 3: dh4/dh1", "0.008", n["h1"].grad),
        printed("layer 4: dh4/dx", "0.0016", n["x"].grad, note=order),
    ]


def picture_7() -> str:
    """What is left of the gradient at each node."""
    from ..render import norms_svg  # costs time that the numbers alone need not pay

    _, n = worked(four_slopes())
    norms = {f"dh4/d{name}": abs(n[name].grad) for name in ("x", "h1", "h2", "h3", "h4")}
    return norms_svg(norms, title="A gradient that shrinks to a fifth per layer", note="from the input to the output")


# --- 1.13: the drawing -----------------------------------------------------------------------------------------


def flow() -> Graph:
    """x -> z1 -> a1 -> z2 -> a2 -> J with w1 and w2 beside the path; the numbers are ours."""
    x, y = Value(1.0, "x"), Value(0.8, "y", constant=True)
    w1, w2 = Value(0.5, "w1"), Value(1.2, "w2")
    z1 = w1 * x
    a1 = sigmoid(z1)
    z2 = w2 * a1
    a2 = sigmoid(z2)
    z1.label, a1.label, z2.label, a2.label = "z1", "a1", "z2", "a2"
    return named(half_squared_error([a2], [y]))


def claim_13() -> list[Figure]:
    """Which nodes lie on the path between x and J, and which only beside it."""
    J, n = worked(flow())
    path = [node.label for node in n.values() if _feeds(n["x"], node)]
    backward = " <- ".join([label for label in path if label != "J"] + ["J"])
    return [
        holds("forward", "x -> z1 -> a1 -> z2 -> a2 -> J", " -> ".join(path),
              " -> ".join(path) == "x -> z1 -> a1 -> z2 -> a2 -> J", note="The nodes that x reaches, in order."),
        holds("backward", "x <- w1 <- a1 <- w2 <- a2 <- error", backward, "w1" in path, should_agree=False,
              note="The gradient goes back along the very path that the values came, through z2 and z1. The drawing "
              "puts w2 and w1 in their places, but nothing flows on from a weight: it is a leaf."),
        exactly("nodes below w1, w2", None, [len(n["w1"].parents), len(n["w2"].parents)], [0, 0]),
        exactly("dJ/dw2", None, chain(J, n["a2"], n["z2"], n["w2"]).product, n["w2"].grad,
                note="The path to w2 leaves the main path at z2,"),
        exactly("dJ/dw1", None, chain(J, n["a2"], n["z2"], n["a1"], n["z1"], n["w1"]).product, n["w1"].grad,
                note="and the path to w1 at z1."),
        exactly("dz2/da1, dz1/dx", None, [chain(n["z2"], n["a1"]).product, chain(n["z1"], n["x"]).product],
                [n["w2"].data, n["w1"].data],
                note="On the path itself the weights occur as what the gradient is multiplied by."),
    ]  # fmt: skip


def _feeds(source: Value, node: Value) -> bool:
    return any(below is source for below in topological_order(node))


LESSON = Lesson(
    1,
    "The chain rule and the delta rule",
    "000_19022d00cf7f13e9.txt",
    main="1.8",
    about=(
        "How the chain rule gives the gradient of each weight of a network with one hidden layer, in symbols and in "
        "numbers, and what the vanishing gradient does to it."
    ),
    claims=(
        Claim(
            "1.1",
            "One neuron: the chain rule as three factors",
            "The gradient of a weight is the loss's slope in the activation, times the activation's slope in z, "
            "times z's slope in the weight: dJ/dw = dJ/da da/dz dz/dw.",
            claim_1,
            one_neuron,
        ),
        Claim(
            "1.2",
            "The slope of the mean squared error",
            "For mean squared error dJ/da = a - y; its function returns the mean of the squared errors.",
            claim_2,
        ),
        Claim(
            "1.3",
            "The slope of the cross-entropy",
            "For cross-entropy dJ/da = -y/a + (1-y)/(1-a).",
            claim_3,
            cross_entropy,
        ),
        Claim(
            "1.4",
            "The delta rule for two layers",
            "With a sigmoid at the output delta2 = (a2-y) a2 (1-a2) and delta1 = W2^T delta2 * g'(z1); the gradients "
            "are dW2 = delta2 a1^T, dW1 = delta1 x^T, db2 = delta2 and db1 = delta1.",
            claim_4,
            delta_rule,
        ),
        Claim(
            "1.5",
            "Its function on a batch",
            "Its NumPy function updates weights with a matrix product over the batch, and biases with a mean over it.",
            claim_5,
        ),
        Claim(
            "1.6",
            "The sigmoid and its slope",
            "The slope sigma(z) (1 - sigma(z)) is 0.25 at 0, where it is largest, 0.1966 at 1 and 0.045 at 3; "
            "sigma(1) = 0.7311.",
            claim_6,
            sigmoid_at_1,
        ),
        Claim(
            "1.7",
            "A gradient that shrinks to a fifth per layer",
            "Four layers with a factor of 0.2 each leave 0.2, 0.04, 0.008 and 0.0016 of a gradient.",
            claim_7,
            four_slopes,
            picture=picture_7,
        ),
        Claim(
            "1.8",
            "The worked example: two inputs, two hidden nodes, one output",
            "With x = [1, 0.5] and y = 0.8 it prints the forward values z1, a1, z2 and a2, the two deltas, and the "
            "gradients of W2 and W1, to three decimals.",
            claim_8,
            example,
        ),
        Claim(
            "1.9",
            "What its names mean, and the step it leads to",
            "W2^T delta2 * sigma'(z1) is called the hidden error, and the gradients are called weight updates; with "
            "alpha = 0.1 every parameter moves by -alpha times its gradient.",
            claim_9,
        ),
        Claim(
            "1.10",
            "Cures for vanishing gradients",
            "ReLU, Xavier initialisation, residual connections and batch normalisation each help.",
            claim_10,
            picture=picture_10,
        ),
        Claim(
            "1.11",
            "Four common mistakes",
            "A wrong derivative, a forgotten transpose, shapes that do not fit, and a learning rate too large or too "
            "small.",
            claim_11,
            picture=picture_11,
        ),
        Claim(
            "1.12",
            "Two promised scripts",
            "A visualisation of backpropagation and an explanation of how a weight matrix is updated, which the "
            "document lists and does not contain.",
            claim_12,
            picture=picture_12,
        ),
        Claim(
            "1.13",
            "The flow of values and gradients, drawn",
            "Values flow x -> z1 -> a1 -> z2 -> a2 -> J; gradients are drawn flowing back through w2 and w1.",
            claim_13,
            flow,
        ),
    ),
)
