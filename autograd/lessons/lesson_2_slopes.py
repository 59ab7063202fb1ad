"""The claims of lesson 2 about activations: how steep they are, and what is left of a gradient behind many of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ..engine.value import Value
from ..functions.elementary import dot, leaky_relu, mean, relu, sigmoid, tanh
from .claims import Figure, Graph, close, exactly, holds, printed, shown
from .paths import named, worked

__all__ = ["claim_3", "claim_4", "claim_10", "dead_neuron", "picture_4", "sigmoid_chain"]


# --- 2.3 ---------------------------------------------------------------------------------------------------


class Peak(NamedTuple):
    """Where a slope is largest."""

    x: float
    output: float
    slope: float


def slope(function: Callable[[Any], Any], x: float) -> float:
    """The engine's derivative of a function of one number."""
    v = Value(x)
    function(v).backward()
    return float(v.grad)


def curvature(function: Callable[[Any], Any], x: float) -> float:
    """The derivative of the derivative."""
    v = Value(x)
    function(v).backward(create_graph=True)
    first = v.grad
    v.zero_grad()
    first.backward()
    return float(v.grad)


def steepest(function: Callable[[Any], Any], low: float = -7.3, high: float = 9.1) -> Peak:
    """Search for the largest slope: a grid to find the hill, then bisection on the curvature, which is 0 at its top."""
    grid = np.linspace(low, high, 83)
    top = int(np.argmax([slope(function, float(x)) for x in grid]))
    left, right = float(grid[top - 1]), float(grid[top + 1])
    for _ in range(80):
        middle = (left + right) / 2
        left, right = (middle, right) if curvature(function, middle) > 0 else (left, middle)
    return Peak(right, float(function(right)), slope(function, right))


def claim_3() -> list[Figure]:
    """The three derivatives at some points, and the largest slopes, found by search."""
    points = [-2.0, -0.5, 0.0, 0.5, 2.0]
    s, t = [float(sigmoid(x)) for x in points], [float(tanh(x)) for x in points]
    of_sigmoid, of_tanh = steepest(sigmoid), steepest(tanh)
    return [
        exactly("ReLU' at -2 ... 2", "1 if input > 0, else 0", [slope(relu, x) for x in points], [0, 0, 0, 1, 1],
                note="At -2, -0.5, 0, 0.5 and 2. At 0 there is no derivative; 0 is the document's convention and the "
                "engine's."),
        close("sigmoid'", "output (1 - output)", [slope(sigmoid, x) for x in points], [v * (1 - v) for v in s], 1e-15),
        printed("sigmoid, steepest", "0.25", of_sigmoid.slope,
                note="Found by search: a grid over [-7.3, 9.1], then the zero of the second derivative."),
        printed("its output there", "0.5", of_sigmoid.output),
        close("tanh'", "1 - output^2", [slope(tanh, x) for x in points], [1 - v * v for v in t], 1e-15),
        printed("tanh, steepest", "1", of_tanh.slope),
        printed("tanh's output there", "0", of_tanh.output, note="Zero but for the last step of the bisection."),
    ]  # fmt: skip


# --- 2.4 ---------------------------------------------------------------------------------------------------


def sigmoid_chain(layers: int = 10, weight: float = 1.0) -> Graph:
    """`layers` sigmoids in a row, each held at z = 0: after the first, the bias takes away weight * 0.5."""
    a = x = Value(0.0, "x")
    for i in range(1, layers + 1):
        bias = Value(0.0 if a is x else -0.5 * weight, f"b{i}")
        z = dot([Value(weight, f"w{i}")], [a], bias)
        a = sigmoid(z)
        z.label, a.label = f"z{i}", f"a{i}"
    return named(a)


def claim_4() -> list[Figure]:
    """d output / d input of real chains, and what the weights do to it."""
    notes = {
        2: "Each sigmoid sits at z = 0 where its slope is 0.25, between weights of 1. The document says at most 0.25 "
        "and then computes as if every slope were 0.25 and every weight 1.",
        5: "Exactly 0.0009765625; the document prints three decimals.",
        10: "Exactly 0.00000095367431640625; the document prints six decimals.",
    }
    figures = [
        printed(f"{layers} layers", text, worked(sigmoid_chain(layers))[1]["x"].grad, note=notes[layers])
        for layers, text in ((2, "0.0625"), (5, "0.001"), (10, "0.000001"))
    ]
    heavy, n = worked(sigmoid_chain(10, weight=8.0))
    return [
        *figures,
        exactly("the same as powers", "0.25^2, 0.25^5, 0.25^10", [f.engine for f in figures],
                [0.25**2, 0.25**5, 0.25**10]),
        exactly("10 layers, weight 8", None, n["x"].grad, 2.0**10,
                note="A layer's factor is weight * slope. With weights of 8, still at z = 0, it is 2, and the gradient "
                "explodes: the sigmoid alone does not decide."),
        holds("a10, z = 0 held", None, heavy, heavy.data == 0.5 and all(n[f"z{i}"].data == 0 for i in range(1, 11))),
    ]  # fmt: skip


def picture_4() -> str:
    """The gradient at each of ten sigmoids, with weights that let it vanish and with weights that let it explode."""
    from ..render import layer_norms, norms_svg  # costs time that the numbers alone need not pay

    norms = {
        f"weights of {weight:g}, each layer times {weight / 4:g}": layer_norms(worked(sigmoid_chain(10, weight))[0])[
            "|dL/dz|"
        ]
        for weight in (1.0, 8.0)
    }
    return norms_svg(
        norms, title="The gradient behind ten sigmoids", note="d output / dz, each sigmoid where it is steepest: z = 0"
    )


# --- 2.10 --------------------------------------------------------------------------------------------------


def dead_neuron(bias: float = -3.0, activation: Callable[[Any], Any] = relu) -> Graph:
    """One neuron and four examples; the bias is so low that no example gets through the ReLU."""
    w, b = Value(0.5, "w"), Value(bias, "b")
    losses = []
    for i, (x, y) in enumerate(((-1.0, 0.0), (0.5, 1.0), (1.0, 1.5), (2.0, 2.5)), 1):
        z = dot([w], [Value(x, f"x{i}", constant=True)], b)
        a = activation(z)
        z.label, a.label = f"z{i}", f"a{i}"
        losses.append((a - y) ** 2)
    loss = mean(losses)
    loss.label = "L"
    return named(loss)


def relu_chain(layers: int = 10, weight: float = 0.5) -> Graph:
    """ReLUs in a row, all of them on, with a weight between one and the next."""
    a = Value(1.0, "x")
    for i in range(1, layers + 1):
        a = relu(a * Value(weight, f"w{i}"))
        a.label = f"a{i}"
    return named(a)


def claim_10() -> list[Figure]:
    """A ReLU whose gradient has vanished altogether, and a chain of live ones whose gradient fades."""
    loss, n = worked(dead_neuron())
    losses = []
    for _ in range(5):
        losses.append(loss.data)
        for p in (n["w"], n["b"]):
            p.data -= 0.1 * p.grad
        loss, n = worked(dead_neuron(n["b"].data))
    _, leaking = worked(dead_neuron(activation=leaky_relu))
    gradient = worked(relu_chain())[1]["x"].grad
    return [
        holds("gradient of w and b", "no vanishing gradient problem", [n["w"].grad, n["b"].grad],
              n["w"].grad != 0 or n["b"].grad != 0, should_agree=False,
              note="Every example has z < 0, so every local derivative is 0. The document's own list of troubles calls "
              "this a dying ReLU; it is a gradient that has vanished completely."),
        holds("L over 5 steps", None, losses, all(a == b for a, b in pairwise(losses)),
              note="Nothing moves: no number of steps brings this neuron back."),
        shown("with a leaky ReLU", [leaking["w"].grad, leaking["b"].grad],
              note="The document's cure: with slope 0.01 below 0 a small gradient is left."),
        exactly("10 live ReLUs, w 0.5", "pass through", gradient, 0.5**10,
                note="Each ReLU passes all of it through, as the document says, and still the gradient fades, since "
                "each layer multiplies it by its weight too. What is right: the ReLU itself adds no factor below 1 "
                "where it is on."),
    ]  # fmt: skip
