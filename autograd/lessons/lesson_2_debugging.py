"""Claim 2.8: ways to debug a backward pass, each one call."""

from __future__ import annotations

from typing import Any

from ..checking.check import check_derivative, gradcheck
from ..engine.modes import detect_anomaly
from ..engine.value import Value
from ..errors import AnomalyError, ShapeError
from ..functions.arrays import array
from ..functions.elementary import dot, exp, relu, sigmoid
from .claims import Figure, holds
from .lesson_2_training import watched

__all__ = ["claim_8"]


def layer(w1: Any, w2: Any, b: Any) -> Any:
    """One neuron of a layer by itself, on the input (0.5, -1)."""
    return relu(dot([w1, w2], [0.5, -1.0], b))


def layer_gradient(w1: float, w2: float, b: float) -> tuple[float, float, float]:
    """Its gradient by hand: the input, and 1 for the bias, where the ReLU is active."""
    active = 1.0 if 0.5 * w1 - w2 + b > 0 else 0.0
    return 0.5 * active, -active, active


def message_of(kind: type[Exception], act: Any) -> str:
    """What an act that should raise says."""
    try:
        act()
    except kind as error:
        return str(error)
    return "no error"


def overflowing() -> None:
    """A product that a double cannot hold, met by `detect_anomaly`."""
    with detect_anomaly():
        x = Value(1e200, "x")
        (x * x).backward()


def claim_8() -> list[Figure]:
    """A gradient check, a shape check, a check for infinities and zeros, and a test of one layer."""
    engine = gradcheck(lambda x, y: sigmoid(x) * exp(y), 0.3, -1.0)
    by_hand = check_derivative(layer, layer_gradient, at=[(1.0, -0.2, 0.1), (-1.0, 0.4, 0.1)])
    shapes = message_of(ShapeError, lambda: array([[1.0, 2.0]]) @ array([1.0, 2.0, 3.0]))
    infinite = message_of(AnomalyError, overflowing)
    return [
        holds("gradcheck(f, 0.3, -1)", "Gradient checking", engine, engine),
        holds("shapes that do not fit", "Shape checking", shapes, "do not fit" in shapes),
        holds("with detect_anomaly()", "Value checking", infinite, "inf" in infinite),
        *watched(),
        holds("one layer, checked alone", "Unit tests", by_hand.verdict, by_hand.verdict == "pass"),
    ]
