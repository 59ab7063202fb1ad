"""Lesson 4: forward and backward through a network."""

from __future__ import annotations

from collections.abc import Callable

from ..engine.value import Value
from ..functions.elementary import relu
from ..render.dot import Picture
from ..render.dot import arrows as drawn_arrows
from ..render.rows import graph_rows
from ..render.style import Look
from .claims import Claim, Figure, Graph, Lesson, exactly, holds
from .lesson_4_checks import claim_7, verdicts_at_a_kink
from .lesson_4_cost import claim_9
from .lesson_4_functions import claim_4, claim_8, claim_10, composed, log_sum_exp, softmax_loss
from .lesson_4_network import batch, claim_5, claim_6, example
from .lesson_4_torch import claim_11, two_outputs
from .lesson_4_training import claim_12, claim_13
from .paths import chain, named, worked

__all__ = ["LESSON"]


# --- 4.1, 4.3 ----------------------------------------------------------------------------------------------


def cube_of_a_sum(x: float = 2.0) -> Graph:
    """g = x^2, f = g + 1, y = f^3: the document's drawing, node by node."""
    g = Value(x, "x") ** 2
    f = g + 1
    y = f**3
    g.label, f.label, y.label = "g", "f", "y"
    return named(y)


def exact_up_to(agree: Callable[[int], bool]) -> int:
    """The last of the integers 0, 1, 2 ... before the first at which the two sides differ."""
    x = 0
    while agree(x + 1):
        x += 1
    return x


def claim_1() -> list[Figure]:
    """Value and derivative at 2, and the integers for which doubles hold both exactly."""
    y, n = worked(cube_of_a_sum())

    def same_value(x: int) -> bool:
        return cube_of_a_sum(x)[0].data == (x * x + 1) ** 3  # Python compares a float and an int exactly

    def same_slope(x: int) -> bool:
        slope: float = worked(cube_of_a_sum(x))[1]["x"].grad
        return slope == 3 * (x * x + 1) ** 2 * 2 * x

    value, slope = exact_up_to(same_value), exact_up_to(same_slope)
    return [
        exactly("y at x = 2", "(x^2 + 1)^3", y, (2**2 + 1) ** 3),
        exactly("dy/dx at x = 2", "3(x^2 + 1)^2 2x", n["x"].grad, 3 * (2**2 + 1) ** 2 * 2 * 2),
        exactly("dy/dg dg/dx", "3g^2 2x", chain(y, n["f"], n["x"]).product, n["x"].grad,
                note="The text calls x^2 + 1 g; the drawing (4.3) calls x^2 g and x^2 + 1 f. The names here are the "
                "drawing's, so the text's g is f."),
        holds("y exact up to x =", None, value, value >= 457,
              note="Compared with Python's whole numbers, one x after the other. At the next x, (x^2 + 1)^3 is odd and "
              "above 2^53, so no double holds it."),
        holds("dy/dx exact up to", None, slope, slope >= 1433),
    ]  # fmt: skip


def claim_3() -> list[Figure]:
    """The drawing's solid and dashed arrows, the local derivatives on them, and their product."""
    y, n = worked(cube_of_a_sum())
    rows = graph_rows(y, symbolic=True)
    names = {node.id: node.name for node in rows.nodes}
    arrows = [arrow for arrow in drawn_arrows(Picture(rows, Look(), rows)) if names[arrow.tail] in n]
    solid = [f"{names[a.tail]} -> {names[a.head]}" for a in arrows if not a.backward]
    dashed = {f"{names[a.tail]} -> {names[a.head]}": a.lines[0] for a in reversed(arrows) if a.backward}
    steps = chain(y, n["f"], n["g"], n["x"])
    x, f = n["x"].data, n["f"].data
    return [
        holds("solid arrows", "x -> g -> f -> y", ", ".join(solid), solid == ["x -> g", "g -> f", "f -> y"],
              note="The drawing that --svg writes has a fourth, from the 1 of f = g + 1."),
        holds("dashed arrows", "y -> f -> g -> x", ", ".join(dashed), list(dashed) == ["y -> f", "f -> g", "g -> x"]),
        holds("their labels", "3f^2, 1, 2x", list(dashed.values()),
              list(dashed.values()) == ["dy/df = 3f² = 75", "df/dg = 1", "dg/dx = 2x = 4"]),
        exactly("edge y to f", "dy/df = 3f^2", steps.derivatives[0], 3 * f**2),
        exactly("edge f to g", "df/dg = 1", steps.derivatives[1], 1.0),
        exactly("edge g to x", "dg/dx = 2x", steps.derivatives[2], 2 * x),
        exactly("along all three", None, steps.product, n["x"].grad,
                note="75 * 1 * 4: the gradient is the product of the numbers on the edges."),
    ]  # fmt: skip


# --- 4.2 ---------------------------------------------------------------------------------------------------


def two_paths() -> Graph:
    """z = x y with x = t^2 and y = 3t + 1, at t = 2: two ways from z to t."""
    t = Value(2.0, "t")
    x, y = t**2, 3 * t + 1
    z = x * y
    x.label, y.label, z.label = "x", "y", "z"
    return named(z)


def claim_2() -> list[Figure]:
    """Each path on its own, and both."""
    z, n = worked(two_paths())
    through_x, through_y = chain(z, n["x"], n["t"]), chain(z, n["y"], n["t"])
    t = n["t"].data
    return [
        exactly("dz/dx, dx/dt", "dz/dx dx/dt", through_x.derivatives, [3 * t + 1, 2 * t],
                note="z = x y, x = t^2, y = 3t + 1 at t = 2: our functions, the document leaves them open."),
        exactly("path through x", None, through_x.product, (3 * t + 1) * 2 * t),
        exactly("dz/dy, dy/dt", "dz/dy dy/dt", through_y.derivatives, [t**2, 3.0]),
        exactly("path through y", None, through_y.product, t**2 * 3),
        exactly("their sum", "dz/dt", through_x.product + through_y.product, n["t"].grad,
                note="The gradient that backward leaves in t: messages that meet in a node are added."),
        exactly("9t^2 + 2t", None, n["t"].grad, 9 * t**2 + 2 * t, note="z = 3t^3 + t^2, differentiated by hand."),
    ]  # fmt: skip


# --- 4.14 --------------------------------------------------------------------------------------------------


def identity_by_relus(x: float = 0.0) -> Graph:
    """relu(x) - relu(-x), which is x."""
    v = Value(x, "x")
    up, down = relu(v), relu(-v)
    y = up - down
    up.label, down.label, y.label = "relu(x)", "relu(-x)", "y"
    return named(y)


def claim_14() -> list[Figure]:
    """A function that is the identity, and its gradient around and at 0."""
    points = [-2.0, -1e-300, 1e-300, 2.0]
    around = [worked(identity_by_relus(x)) for x in points]
    y, n = worked(identity_by_relus())
    return [
        exactly("y at -2 ... 2", None, [v for v, _ in around], points, note="relu(x) - relu(-x) is x."),
        exactly("dy/dx there", "correct gradients", [m["x"].grad for _, m in around], [1.0] * 4),
        exactly("y at 0", None, y, 0.0),
        holds("dy/dx at 0", "guaranteed", n["x"].grad, n["x"].grad == 1.0, should_agree=False,
              note="The function is x, so its derivative at 0 is 1. Both ReLUs take slope 0 at their kink, and the "
              "gradient is 0, here and in every framework with that convention. What is guaranteed is the chain rule; "
              "at a kink it need not give the derivative."),
        *verdicts_at_a_kink(),
    ]  # fmt: skip


LESSON = Lesson(
    4,
    "Forward and backward through a network",
    "003_696c4c6bfcb783dd.txt",
    main="4.5",
    about=(
        "From the chain rule in one variable to a 2-3-1 network trained on a batch, with a gradient check of every "
        "number."
    ),
    claims=(
        Claim(
            "4.1",
            "The chain rule in one variable",
            "y = (x^2 + 1)^3 has dy/dx = 3(x^2 + 1)^2 2x.",
            claim_1,
            cube_of_a_sum,
        ),
        Claim(
            "4.2",
            "The chain rule along two paths",
            "For z = f(x, y) with x = g(t) and y = h(t), dz/dt adds what comes through x and what comes through y.",
            claim_2,
            two_paths,
        ),
        Claim(
            "4.3",
            "Its drawing of a graph",
            "x -> g = x^2 -> f = g + 1 -> y = f^3 in solid arrows; dashed ones back, each with its local derivative.",
            claim_3,
            cube_of_a_sum,
        ),
        Claim(
            "4.4",
            "Cross-entropy behind a sigmoid",
            "dL/da = -y/a + (1-y)/(1-a) times da/dz = a(1-a) is simply dL/dz = a - y.",
            claim_4,
            composed,
        ),
        Claim(
            "4.5",
            "A 2-3-1 network, one example",
            "ReLU, sigmoid, cross-entropy; z1 is (3 x 2)(2 x 1) + (3 x 1) and z2 (1 x 3)(3 x 1) + (1 x 1), as W x with "
            "columns; and the gradient of every part.",
            claim_5,
            example,
        ),
        Claim(
            "4.6",
            "The same in NumPy, on a batch",
            "Forward, backward with averages over the batch, and update, as W X with an example in each column.",
            claim_6,
            batch,
        ),
        Claim(
            "4.7",
            "Its gradient check",
            "Central differences with a step of 1e-7; the check passes if |g - gnum| / (|g| + |gnum|) < 1e-7.",
            claim_7,
        ),
        Claim(
            "4.8",
            "Activations and their derivatives",
            "Sigmoid, tanh, ReLU, leaky ReLU and softmax; softmax's Jacobian is a_i (delta_ij - a_j), and with "
            "cross-entropy the gradient is a - y.",
            claim_8,
            softmax_loss,
        ),
        Claim(
            "4.9",
            "What both passes cost",
            "Both take O(W) operations, and O(sum n_l m) memory; backpropagation brings the cost of all gradients from "
            "exponential to linear in depth.",
            claim_9,
        ),
        Claim(
            "4.10",
            "Exponentials that overflow",
            "Subtract the maximum before a softmax or sigmoid; use log-sum-exp.",
            claim_10,
            log_sum_exp,
        ),
        Claim(
            "4.11",
            "The PyTorch program",
            "x = [1, 2], w = [[1, 2], [3, 4]], b = [0.5, 0.5]: the gradients of sum((sigmoid(w x + b) - [0, 1])^2).",
            claim_11,
            two_outputs,
        ),
        Claim(
            "4.12",
            "Watching gradients",
            "Print each parameter's gradient mean and standard deviation; look for very small, very large, NaN and "
            "infinite ones.",
            claim_12,
        ),
        Claim(
            "4.13",
            "How to debug, in five steps",
            "Forward pass, a small example, backward pass, a gradient check on it, then the full network; the common "
            "errors are shapes, transposes, averages and wrong derivatives.",
            claim_13,
        ),
        Claim(
            "4.14",
            "Correct gradients guaranteed",
            "Frameworks that differentiate automatically guarantee correct gradients.",
            claim_14,
            identity_by_relus,
        ),
    ),
)
